//! Payments that were taken back: by the terminal, in its own file, or by who keeps the account. Whichever file comes first: what was
//! taken back is not booked afterwards, and what was booked before stands and is for a person to look at.

use ledger::table::RunError;
use ledger::{Claim, Decision, Evidence, Money, ShortKey, View};

use super::{Payments, draft};
use crate::payments::channel_receipt::Provider;
use crate::payments::command::{Answer, Command, MoneyIn};
use crate::payments::event::{Difference, Event, ToldBy};
use crate::payments::taken_back::SaleTakenBack;

/// Remembers that nothing moved, once.
pub(super) fn keep(
    view: &View<'_, Payments>,
    command: &Command,
    sale: &SaleTakenBack,
    evidence: Evidence,
) -> Result<Decision<Payments>, RunError> {
    if let Some(booked) = view.claimed(&ShortKey::of(&sale.receipt.credit_key()))? {
        return contradict(view, command, sale, evidence, booked.sequence);
    }
    if remembered(view, sale)?.is_some() {
        return Ok(Decision::answer(Answer::Nothing));
    }
    let detail = SaleTakenBack::facts(sale.money).to_detail();
    let mut draft = draft(command, Event::SaleTakenBack(sale.clone()));
    draft.evidence = evidence;
    draft.claims.push(Claim { key: sale.key().into(), detail });
    Ok(Decision::record(draft, Answer::Done { sequence: view.next_sequence() }))
}

/// The record that says of this very payment that it was taken back. Of terminals' sales only the terminal is believed that they
/// are: what their acquirer says that it settled has moved.
pub(super) fn before(view: &View<'_, Payments>, money_in: &MoneyIn) -> Result<Option<u64>, RunError> {
    if money_in.receipt.provider == Provider::Terminal && money_in.told_by != ToldBy::TerminalBatch {
        return Ok(None);
    }
    remembered(view, &SaleTakenBack { receipt: money_in.receipt.clone(), money: money_in.money })
}

/// The record that remembers this very sale.
fn remembered(view: &View<'_, Payments>, sale: &SaleTakenBack) -> Result<Option<u64>, RunError> {
    if let Some(this) = view.claimed(&ShortKey::of(&sale.key()))? {
        return Ok(Some(this.sequence));
    }
    // Journals of before have one sale for each receipt.
    let earlier = view.claimed(&ShortKey::of(&SaleTakenBack::key_of_receipt(&sale.receipt)))?;
    let facts = SaleTakenBack::facts(sale.money);
    let this = earlier.filter(|earlier| facts.difference(&earlier.detail).is_none());
    Ok(this.map(|this| this.sequence))
}

/// The payment is booked: that stands, and that it is said to be nothing is kept for people to look at, once.
fn contradict(
    view: &View<'_, Payments>,
    command: &Command,
    sale: &SaleTakenBack,
    evidence: Evidence,
    stands: u64,
) -> Result<Decision<Payments>, RunError> {
    let (differs, nothing) = (Difference::TakenBack, Money::new(0, sale.money.currency()));
    let facts = SaleTakenBack::facts(nothing);
    let key = sale.receipt.quarantine_key(&facts);
    if view.claimed(&ShortKey::of(&key))?.is_some() {
        return Ok(Decision::answer(Answer::Quarantined { stands, differs, is_new: false }));
    }
    let receipt = sale.receipt.clone();
    let mut draft = draft(command, Event::PaymentQuarantined { receipt, money: nothing, stands, differs });
    draft.evidence = evidence;
    draft.claims.push(Claim { key: key.into(), detail: facts.to_detail() });
    Ok(Decision::record(draft, Answer::Quarantined { stands, differs, is_new: true }))
}
