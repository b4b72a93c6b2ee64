//! The rules of the ledger that any run of records has to keep, wherever they were read from.

use std::collections::BTreeMap;

use crate::book::{Balance, Balances};
use crate::entry::{Entry, Phase};
use crate::money::Currency;
use crate::record::{LedgerTime, RawRecord};
use crate::verify::claims::ClaimLog;

/// What the records so far amount to. That entries balance, each in each currency, needs no rule here: a leaf with
/// one that does not cannot be decoded.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    pub(crate) time: Option<LedgerTime>,
    pub(crate) balances: Balances,
    pub(crate) claims: ClaimLog,
    pub(crate) entry_count: u64,
}

impl Rules {
    /// Takes the next record in; `broken` is told each rule that it breaks.
    pub(crate) fn record(&mut self, record: &RawRecord, mut broken: impl FnMut(String)) {
        if let Some(time) = self.time.filter(|time| record.time < *time) {
            broken(format!(
                "its time, {} microseconds, is before that of the record before it, {}",
                record.time.micros(),
                time.micros()
            ));
        }
        self.time = Some(self.time.map_or(record.time, |time| time.max(record.time)));
        for claim in &record.draft.claims {
            self.claims.note(claim, record.sequence);
        }
        for entry in &record.draft.entries {
            self.entry(record.sequence, entry, &mut broken);
        }
    }

    fn entry(&mut self, sequence: u64, entry: &Entry, broken: &mut impl FnMut(String)) {
        self.entry_count += 1;
        let named = match entry.phase() {
            Phase::Final | Phase::Pending => None,
            Phase::Settles { pending } | Phase::Releases { pending } => Some(pending),
        };
        for later in named.into_iter().chain(entry.corrects()).filter(|named| *named >= sequence) {
            broken(format!("an entry of it names record {later}, which does not come before it"));
        }
        for posting in entry.postings() {
            let balances = self.balances.entry(posting.account.clone()).or_default();
            let minor = i128::from(posting.money.minor());
            balances[posting.money.currency() as usize].post(entry.phase(), posting.side, minor);
        }
    }

    /// The rules that show only at the end: keys claimed once, promises not settled beyond what was promised, a trial
    /// balance of nothing.
    pub(crate) fn end(&mut self, mut broken: impl FnMut(String)) {
        self.claims.find_repeats(|first, second| {
            broken(format!("records {first} and {second} claim the same key"));
        });
        for ((account, currency), balance) in self.trial_balance() {
            if balance.pending_debit < 0 || balance.pending_credit < 0 {
                broken(format!("more was settled or released on {account} in {currency} than was promised"));
            }
        }
        for currency in Currency::ALL {
            let net: i128 = self.balances.values().map(|of| of[currency as usize].net_debit()).sum();
            if net != 0 {
                broken(format!("debits exceed credits by {net} minor units of {currency}"));
            }
        }
    }

    /// Every account that was posted to, with its balances.
    pub(crate) fn trial_balance(&self) -> BTreeMap<(String, Currency), Balance> {
        trial_balance(&self.balances)
    }
}

/// Every account and currency with anything in it.
pub(crate) fn trial_balance(balances: &Balances) -> BTreeMap<(String, Currency), Balance> {
    let mut lines = BTreeMap::new();
    for (account, by_currency) in balances {
        for (currency, balance) in Currency::ALL.into_iter().zip(by_currency) {
            if *balance != Balance::default() {
                lines.insert((account.as_str().to_owned(), currency), *balance);
            }
        }
    }
    lines
}
