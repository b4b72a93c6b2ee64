//! Entries: sets of postings that balance in every currency, because nothing else can be constructed.

use std::sync::Arc;

use crate::account::AccountCode;
use crate::money::{Currency, Money};

/// The longest reason or memo in bytes.
pub const TEXT_LEN_MAX: usize = 255;
/// The most postings in one entry.
pub const POSTING_COUNT_MAX: usize = 255;

/// Which column a posting stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Left.
    Debit,
    /// Right.
    Credit,
}

/// One line of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    /// The account.
    pub account: AccountCode,
    /// The column.
    pub side: Side,
    /// Always more than nothing; the side says which way.
    pub money: Money,
    /// What the owner of the account wants to read here, empty where nothing is to be said: for revenue the service,
    /// the fee version and its legal basis. At most 255 bytes.
    pub memo: Arc<str>,
}

/// Where an entry stands between being promised and being final. The ledger keeps promised money in columns of its
/// own, so that a limit can count it and a balance need not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Final at once.
    Final,
    /// Promised; a later entry settles or releases it.
    Pending,
    /// Makes final what the record with this sequence promised, in part or in whole.
    Settles {
        /// Sequence of the promise.
        pending: u64,
    },
    /// Gives back what the record with this sequence promised and nobody settled (voided or expired).
    Releases {
        /// Sequence of the promise.
        pending: u64,
    },
}

/// A balanced set of postings. Immutable; a correction is another entry that names this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    reason: Arc<str>,
    phase: Phase,
    corrects: Option<u64>,
    postings: Vec<Posting>,
}

/// Why postings are no entry. Each of these is a mistake of ours, never of the world.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Debits and credits of a currency differ.
    #[error("debits exceed credits by {difference} minor units of {currency}")]
    Unbalanced {
        /// The currency that does not balance.
        currency: Currency,
        /// Debits minus credits in minor units.
        difference: i128,
    },
    /// A posting of nothing or of less.
    #[error("posting {index} is not of more than nothing: {money}")]
    NotPositive {
        /// Position of the posting, from 0.
        index: usize,
        /// Its amount.
        money: Money,
    },
    /// Fewer than two postings or more than 255.
    #[error("an entry has 2 to {POSTING_COUNT_MAX} postings, this one has {count}")]
    PostingCount {
        /// How many there are.
        count: usize,
    },
    /// A reason or a memo is longer than the journal can write.
    #[error("a reason or memo has {len} bytes, {TEXT_LEN_MAX} at most are allowed")]
    TextTooLong {
        /// Its length in bytes.
        len: usize,
    },
}

impl Posting {
    /// A line in the left column.
    pub fn debit(account: AccountCode, money: Money) -> Self {
        Self { account, side: Side::Debit, money, memo: Arc::default() }
    }

    /// A line in the right column.
    pub fn credit(account: AccountCode, money: Money) -> Self {
        Self { account, side: Side::Credit, money, memo: Arc::default() }
    }

    /// The same line with something to read in it.
    pub fn with_memo(self, memo: impl Into<Arc<str>>) -> Self {
        Self { memo: memo.into(), ..self }
    }
}

impl Entry {
    /// An entry that is final at once. Refuses whatever does not balance in each currency on its own.
    pub fn new(reason: impl Into<Arc<str>>, postings: Vec<Posting>) -> Result<Self, EntryError> {
        Self::with_phase(reason, Phase::Final, postings)
    }

    /// An entry in a phase.
    pub fn with_phase(
        reason: impl Into<Arc<str>>,
        phase: Phase,
        postings: Vec<Posting>,
    ) -> Result<Self, EntryError> {
        let entry = Self { reason: reason.into(), phase, corrects: None, postings };
        entry.check()?;
        Ok(entry)
    }

    /// The same entry, said to correct the record with this sequence.
    pub fn correcting(self, sequence: u64) -> Self {
        Self { corrects: Some(sequence), ..self }
    }

    /// Why this was booked: a short code that an auditor can group by.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Final, promised, settling or releasing.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Sequence of the record that this entry corrects.
    pub fn corrects(&self) -> Option<u64> {
        self.corrects
    }

    /// The lines, in the order they were written.
    pub fn postings(&self) -> &[Posting] {
        &self.postings
    }

    fn check(&self) -> Result<(), EntryError> {
        if !(2..=POSTING_COUNT_MAX).contains(&self.postings.len()) {
            return Err(EntryError::PostingCount { count: self.postings.len() });
        }
        let texts = self.postings.iter().map(|posting| posting.memo.len());
        if let Some(len) = texts.chain([self.reason.len()]).find(|len| *len > TEXT_LEN_MAX) {
            return Err(EntryError::TextTooLong { len });
        }
        let mut difference = [0_i128; Currency::ALL.len()];
        for (index, posting) in self.postings.iter().enumerate() {
            if !posting.money.is_positive() {
                return Err(EntryError::NotPositive { index, money: posting.money });
            }
            let minor = i128::from(posting.money.minor());
            difference[posting.money.currency() as usize] += match posting.side {
                Side::Debit => minor,
                Side::Credit => -minor,
            };
        }
        for currency in Currency::ALL {
            let difference = difference[currency as usize];
            if difference != 0 {
                return Err(EntryError::Unbalanced { currency, difference });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn account(text: &str) -> AccountCode {
        AccountCode::parse(text).unwrap()
    }

    fn kes(minor: i64) -> Money {
        Money::new(minor, Currency::Kes)
    }

    fn usd(minor: i64) -> Money {
        Money::new(minor, Currency::Usd)
    }

    #[test]
    fn currencies_balance_each_on_its_own() {
        let clearing = || account("1000.mpesa.222222");
        let payable = || account("2000.kws.park");
        let across = vec![Posting::debit(clearing(), kes(100)), Posting::credit(payable(), usd(100))];
        assert!(matches!(Entry::new("x", across), Err(EntryError::Unbalanced { .. })));
        let through_positions = vec![
            Posting::debit(clearing(), kes(2_900_000)),
            Posting::credit(account("3000.kes"), kes(2_900_000)),
            Posting::debit(account("3000.usd"), usd(22_500)),
            Posting::credit(payable(), usd(22_500)),
        ];
        assert!(Entry::new("quote", through_positions).is_ok());
    }

    #[test]
    fn nothing_less_than_something_is_posted() {
        let zero = vec![Posting::debit(account("1000"), kes(0)), Posting::credit(account("2000"), kes(0))];
        assert!(matches!(Entry::new("x", zero), Err(EntryError::NotPositive { index: 0, .. })));
        assert!(matches!(Entry::new("x", vec![]), Err(EntryError::PostingCount { count: 0 })));
        let long = Posting::debit(account("1000"), kes(1)).with_memo("m".repeat(256));
        let entry = Entry::new("x", vec![long, Posting::credit(account("2000"), kes(1))]);
        assert!(matches!(entry, Err(EntryError::TextTooLong { len: 256 })));
    }

    proptest! {
        #[test]
        fn an_entry_exists_exactly_when_it_balances(lines in prop::collection::vec((any::<bool>(), any::<bool>(), 1_i64..1000), 2..8)) {
            let postings: Vec<_> = lines
                .iter()
                .map(|(is_debit, is_kes, minor)| {
                    let money = if *is_kes { kes(*minor) } else { usd(*minor) };
                    if *is_debit { Posting::debit(account("1000"), money) } else { Posting::credit(account("2000"), money) }
                })
                .collect();
            let sum = |want_kes: bool| -> i64 {
                lines.iter().filter(|line| line.1 == want_kes).map(|line| if line.0 { line.2 } else { -line.2 }).sum()
            };
            prop_assert_eq!(Entry::new("x", postings).is_ok(), sum(true) == 0 && sum(false) == 0);
        }
    }
}
