//! The chart of accounts, and the entries that money makes in it. The only place where an agency becomes an account.

use std::sync::Arc;

use ledger::{AccountCode, Entry, Money, Posting};

use super::bill::{Bill, BillLine};
use super::channel_receipt::{ChannelReceipt, Provider};
use super::counts::Apart;
use super::event::{Share, SuspenseReason};
use super::sweeps::CollectedOn;

/// What the channel says that it holds for us: `1000.mpesa.222222`.
pub(super) fn channel_clearing(receipt: &ChannelReceipt) -> AccountCode {
    code(&format!("1000.{}.{}", receipt.provider.word(), receipt.short_code.to_ascii_lowercase()))
}

/// The same, of an account without a payment.
pub(super) fn collection_account(account: &CollectedOn) -> AccountCode {
    code(&format!("1000.{}.{}", account.provider.word(), account.short_code.to_ascii_lowercase()))
}

/// What has left a fallback account and has not arrived: `1050.bank.kcb-1100220033`.
pub(super) fn in_transit(account: &CollectedOn) -> AccountCode {
    code(&format!("1050.{}.{}", account.provider.word(), account.short_code.to_ascii_lowercase()))
}

/// Revenue owed to an agency, by service: `2000.kws.amboseli-entry`.
pub fn agency_payable(agency: &str, service: &str) -> AccountCode {
    code(&format!("2000.{}.{service}", agency.to_ascii_lowercase()))
}

/// The convenience fee, its own leg: collected and held until it may be released.
pub fn convenience_fee() -> AccountCode {
    code("2400.convenience-fee")
}

/// Money that matched no bill.
pub(super) fn suspense() -> AccountCode {
    code("2100.suspense")
}

/// A second payment of a paid bill, to be given back.
pub(super) fn duplicate_refundable() -> AccountCode {
    code("2110.duplicate-refundable")
}

/// What a payment exceeded its bill by.
pub(super) fn overpayment() -> AccountCode {
    code("2120.overpayment")
}

/// Parts that wait for the rest.
pub(super) fn part_payment_held() -> AccountCode {
    code("2130.part-payment-held")
}

/// Money that came for a bill that had ended unpaid.
pub(super) fn late_money() -> AccountCode {
    code("2140.late")
}

/// Currencies bought and sold by quotes: one side in each.
pub(super) fn position() -> AccountCode {
    code("3000.position")
}

fn code(text: &str) -> AccountCode {
    AccountCode::parse(text).expect("the chart's codes have the form of account codes")
}

/// The entry of money that came for a bill, by what becomes of it: from the channel, or from suspense if it waited there.
pub(super) fn entry_for_bill(from: AccountCode, money: Money, bill: &Bill, share: Share) -> Entry {
    let clearing = Posting::debit(from, money);
    let number = bill.terms.number;
    let held_in = |account: AccountCode| Posting::credit(account, money).with_memo(format!("bill {number}"));
    let (reason, postings) = match share {
        Share::HeldForRest => ("part_payment", vec![clearing, held_in(part_payment_held())]),
        Share::Duplicate => ("duplicate_payment", vec![clearing, held_in(duplicate_refundable())]),
        Share::Late => ("late_payment", vec![clearing, held_in(late_money())]),
        Share::Completed | Share::CompletedWithExcess => ("bill_paid", completion(clearing, money, bill)),
    };
    Entry::new(reason, postings).expect("the entry of a payment balances")
}

/// The bill is complete: what was held and what came now become the agency's, line by line; the excess is the payer's.
fn completion(clearing: Posting, money: Money, bill: &Bill) -> Vec<Posting> {
    let terms = &bill.terms;
    let mut postings = vec![clearing];
    if bill.held.is_positive() {
        postings
            .push(Posting::debit(part_payment_held(), bill.held).with_memo(format!("bill {}", terms.number)));
    }
    if terms.quote.is_some() {
        postings.push(Posting::credit(position(), terms.payable));
        postings.push(Posting::debit(position(), terms.total));
    }
    postings.extend(terms.lines.iter().filter(|line| line.amount.is_positive()).map(revenue_leg));
    let excess = bill
        .held
        .checked_add(money)
        .and_then(|available| available.checked_sub(terms.payable))
        .expect("amounts of one bill are of one currency and fit");
    if excess.is_positive() {
        postings.push(Posting::credit(overpayment(), excess).with_memo(format!("bill {}", terms.number)));
    }
    postings
}

fn revenue_leg(line: &BillLine) -> Posting {
    let memo: Arc<str> = revenue_memo(line).into();
    Posting::credit(line.account.clone(), line.amount).with_memo(memo)
}

/// What a revenue leg names: line, revenue code, fee version and legal basis; as much of the last as there is room for.
/// The account names the owner and the service.
fn revenue_memo(line: &BillLine) -> String {
    let revenue = line.revenue_code.as_ref().map_or_else(String::new, |code| format!(" revenue={code}"));
    let mut memo = format!("{}{revenue} fee={} basis={}", line.code, line.fee_version, line.legal_basis);
    if memo.len() > ledger::TEXT_LEN_MAX {
        let end = (0..=ledger::TEXT_LEN_MAX).rev().find(|at| memo.is_char_boundary(*at)).unwrap_or(0);
        memo.truncate(end);
    }
    memo
}

/// The entry of fallback money that moves on.
pub(super) fn entry_for_sweep(
    reason: &'static str,
    to: AccountCode,
    from: AccountCode,
    money: Money,
) -> Entry {
    let postings = vec![Posting::debit(to, money), Posting::credit(from, money)];
    Entry::new(reason, postings).expect("two lines of one amount balance")
}

/// What a cashier gives change from. It is nobody's revenue and lies on an account of its own: `1010.counter.huduma-gpo-3`.
fn float_at(counter: &str) -> AccountCode {
    code(&format!("1010.counter.{counter}"))
}

/// What was handed out as floats and is to come back.
fn floats() -> AccountCode {
    code("2200.counter-floats")
}

/// What lacked, or was too much, when a counter was counted.
fn cash_short_and_over(counter: &str) -> AccountCode {
    code(&format!("5000.cash-short-and-over.{counter}"))
}

/// Which way a float goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FloatMoves {
    /// To the cashier.
    Issued,
    /// Back to where it came from.
    Returned,
}

/// The entry of a float.
pub(super) fn entry_for_float(moves: FloatMoves, counter: &str, money: Money) -> Entry {
    let (at_counter, owed) = (float_at(counter), floats());
    match moves {
        FloatMoves::Issued => entry_for_sweep("counter_float_issued", at_counter, owed, money),
        FloatMoves::Returned => entry_for_sweep("counter_float_returned", owed, at_counter, money),
    }
}

/// The entry of what a count found too little or too much; none where it found what should be there.
pub(super) fn entry_for_count(counter: &str, shift: u64, apart: Apart) -> Option<Entry> {
    let takings =
        collection_account(&CollectedOn { provider: Provider::Counter, short_code: counter.into() });
    let of_drawer = [(takings, apart.takings), (float_at(counter), apart.float)];
    let whole = apart.whole();
    let postings: Vec<_> = of_drawer
        .into_iter()
        .map(|(account, money)| (account, money.minor()))
        .chain([(cash_short_and_over(counter), -whole.minor())])
        .filter(|(_, minor)| *minor != 0)
        .map(|(account, minor)| {
            let money = Money::new(minor.abs(), whole.currency());
            let posting =
                if minor > 0 { Posting::debit(account, money) } else { Posting::credit(account, money) };
            posting.with_memo(format!("shift {shift}"))
        })
        .collect();
    let reason = if whole.is_positive() { "cash_over" } else { "cash_short" };
    (!postings.is_empty()).then(|| Entry::new(reason, postings).expect("a difference balances its parts"))
}

/// The entry of money that matched no bill.
pub(super) fn entry_for_suspense(receipt: &ChannelReceipt, money: Money, reason: SuspenseReason) -> Entry {
    let postings = vec![
        Posting::debit(channel_clearing(receipt), money),
        Posting::credit(suspense(), money).with_memo(reason.word()),
    ];
    Entry::new("unmatched_payment", postings).expect("two lines of one amount balance")
}
