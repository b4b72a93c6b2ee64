//! Money that a channel tells of, on its way into the books: what the payer typed is read, personal data is sealed, and the
//! books take it, once. One way, whoever tells of it.

use std::sync::OnceLock;

use ledger::{LedgerTime, Sealed};
use metrics::{Histogram, histogram};

use crate::accounts;
use crate::api::trouble;
use crate::app::App;
use crate::books::LookupError;
use crate::channels::{SaidFor, Told};
use crate::http::problem::{MoneyMoved, Problem};
use crate::payments::{
    AccountFact, Addressed, Answer, Ask, AttemptId, ChannelReceipt, Command, Difference, Event, MoneyIn,
    PaymentFacts, Provider, SweepReference, ToldBy, TypedAccount, WaitingMoney, normalise, read_event,
};
use crate::personal::{Field, Personal};
use crate::telemetry::metrics as names;

/// What became of money that was told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It was booked, by the record with this sequence.
    Booked(u64),
    /// It was booked before, by the record with this sequence.
    Known(u64),
    /// It was taken back, by the record with this sequence: nothing moved, or nothing is left of it.
    Withdrawn(u64),
    /// Its receipt was booked before with other facts, by the record with this sequence. The first stands.
    Differs(u64, Difference),
}

/// Takes money that has moved. `principal` is who tells of it, `cause` the request or file.
pub(crate) async fn take(app: &App, told: Told<'_>, principal: &str, cause: &str) -> Result<Taken, Problem> {
    let (provider, moved) = (told.receipt.provider, told.moved);
    let money_in = Box::new(read(app, told)?);
    let asked = |ask| Command { principal: principal.into(), cause: cause.into(), ask };
    let mut answer = booked(app, asked(Ask::Receive(money_in.clone()))).await?;
    if let Answer::Waits { sequence } = answer {
        let waiting = waiting_at(app, sequence)?;
        answer = booked(app, asked(Ask::ReceiveWaiting(money_in, Box::new(waiting)))).await?;
    }
    let (outcome, taken) = match answer {
        Answer::Booked { sequence } => {
            note_delay(app, provider, moved);
            ("booked", Taken::Booked(sequence))
        }
        Answer::Known { sequence } => ("known", Taken::Known(sequence)),
        Answer::TakenBack { sequence } => ("taken_back", Taken::Withdrawn(sequence)),
        Answer::Quarantined { stands, differs, is_new } => {
            if is_new {
                tracing::error!(
                    stands,
                    ?differs,
                    "A receipt came again with other facts: in quarantine, the first stands."
                );
            }
            ("quarantined", Taken::Differs(stands, differs))
        }
        other => {
            return Err(trouble::internal(format!("{other:?} answers no money")).money_moved(MoneyMoved::Yes));
        }
    };
    metrics::counter!(names::CONFIRMATIONS_TOTAL.name, "outcome" => outcome).increment(1);
    Ok(taken)
}

/// Asks the books about money that has moved.
async fn booked(app: &App, command: Command) -> Result<Answer, Problem> {
    app.books.take_money(command).await.map_err(|error| {
        metrics::counter!(names::CONFIRMATIONS_TOTAL.name, "outcome" => "not_booked").increment(1);
        tracing::error!(%error, "A confirmation of money that has moved was not booked.");
        trouble::books_for_callback(&error)
    })
}

/// Whether this money is booked, with the same facts: then nothing becomes of telling it again. An attempt that waits for what
/// answers it, or is answered by other money, still has to hear of it.
pub(crate) fn is_booked(app: &App, told: &Told<'_>) -> Result<bool, LookupError> {
    let Some(standing) = app.books.booked(&told.receipt)? else { return Ok(false) };
    let account = match &told.said_for {
        SaidFor::Typed(account) => {
            let (typed, _) = accounts::read(app, account, told.money, |_| true);
            account_fact(app, &typed, account)
        }
        SaidFor::Around(_) => AccountFact::Unsaid,
        SaidFor::Attempt(attempt) => {
            let attempt = app.books.attempt(*attempt)?;
            let answered = attempt.as_ref().and_then(|attempt| attempt.channel_receipt.as_ref());
            if answered != Some(&told.receipt.number) {
                return Ok(false);
            }
            AccountFact::Unsaid
        }
    };
    let facts = PaymentFacts { money: told.money, account };
    // A slip may say what the statement of its bank did not, and the statement what the slip did not: then the money waits for it.
    let names = matches!(account, AccountFact::Number(_)) && told.receipt.provider == Provider::Bank;
    if names || told.told_by == ToldBy::Slip {
        return Ok(facts.to_detail() == standing.detail);
    }
    Ok(facts.difference(&standing.detail).is_none())
}

/// The money that this record put into suspense.
pub(crate) fn waiting_at(app: &App, sequence: u64) -> Result<WaitingMoney, Problem> {
    let record = app.books.ledger().record(sequence);
    let record = record.map_err(|error| trouble::lookup(&error.into()))?;
    let waiting = record.and_then(|record| match read_event(&record.draft.event) {
        Some(Event::PaymentReceived(payment)) => {
            Some(WaitingMoney::of(sequence, record.time, record.draft.evidence, &payment))
        }
        _ => None,
    });
    waiting.ok_or_else(|| trouble::internal(format!("record {sequence} has no money that waits")))
}

/// What is asked of the books with it: what stands as the account is read, personal data is sealed.
pub(crate) fn read(app: &App, told: Told<'_>) -> Result<MoneyIn, Problem> {
    let personal = Personal::default()
        .with(Field::ProviderPhone, told.phone.as_deref())
        .with(Field::Name, told.name.as_deref());
    let (addressed, account_fact, sealed) = match &told.said_for {
        SaidFor::Attempt(attempt) => {
            let sealed = seal(app, bill_slot_of(app, *attempt), &personal)?;
            (Addressed::Attempt(*attempt), AccountFact::Unsaid, sealed)
        }
        SaidFor::Typed(account) | SaidFor::Around(account) => {
            let (typed, lead) = accounts::read(app, account, told.money, |_| true);
            let fact = match (&told.said_for, account_fact(app, &typed, account)) {
                (SaidFor::Around(_), AccountFact::Hashed { epoch, hash }) => {
                    AccountFact::Around { epoch, hash }
                }
                (_, fact) => fact,
            };
            let personal = personal.with(Field::TypedAccount, Some(account));
            let sealed = seal(app, bill_slot(app, &typed, lead), &personal)?;
            if let Some(reference) = sweep_reference(app, &told.receipt, account) {
                (Addressed::Sweep(reference), fact, sealed)
            } else if app.channels.collects(&told.receipt) {
                (typed, fact, sealed)
            } else {
                tracing::error!(
                    "A confirmation is for a short code that is not ours: its money is in suspense."
                );
                (Addressed::OtherShortCode, fact, sealed)
            }
        }
    };
    Ok(MoneyIn {
        receipt: told.receipt,
        money: told.money,
        addressed,
        account_fact,
        told_by: told.told_by,
        evidence: told.evidence,
        moved: told.moved,
        sealed,
        random: rand::random(),
    })
}

/// The sweep whose arrival on the consolidated paybill this may be, by what stands as the account.
fn sweep_reference(app: &App, receipt: &ChannelReceipt, account: &str) -> Option<SweepReference> {
    let home = app.channels.home().account();
    let is_home = home.provider == receipt.provider && home.number == receipt.short_code;
    if is_home { normalise(account).parse().ok() } else { None }
}

/// Notes how late this money became known. The channel tells whole seconds and its clock is not ours: a moment that has
/// not come yet is one that has just passed.
#[expect(clippy::float_arithmetic, clippy::cast_precision_loss, reason = "a metric; no money is in it")]
fn note_delay(app: &App, provider: Provider, moved: Option<LedgerTime>) {
    let Some(moved) = moved else { return };
    let seconds = (app.now().micros() - moved.micros()).max(0) as f64 / 1e6;
    delays_of(provider).record(seconds);
}

/// The histogram of a provider's delays. Finding it by its label costs a hash and an allocation, on the way of every
/// confirmation: each is found once.
fn delays_of(provider: Provider) -> &'static Histogram {
    static OF_PROVIDERS: [OnceLock<Histogram>; Provider::ALL.len()] =
        [const { OnceLock::new() }; Provider::ALL.len()];
    OF_PROVIDERS[provider as usize]
        .get_or_init(|| histogram!(names::PAYMENT_CONFIRMATION_SECONDS.name, "channel" => provider.word()))
}

/// What the message says of the account, to be compared later. That no hash can be made of what was typed is no reason to
/// turn money away: then nothing is compared.
fn account_fact(app: &App, typed: &Addressed, account: &str) -> AccountFact {
    match typed {
        Addressed::Typed(TypedAccount::Number(number)) => AccountFact::Number(*number),
        Addressed::Typed(TypedAccount::Missing) => AccountFact::Unsaid,
        _ => {
            let hashed = app.lookup_keys.hash_account(app.month().0, &normalise(account));
            hashed.unwrap_or_else(|error| {
                tracing::error!(%error, "What a payer typed cannot be hashed; its payment is booked without.");
                AccountFact::Unsaid
            })
        }
    }
}

/// Seals personal data under the key of the bill that the money is for, or under a key of its own. That a bill's data
/// was erased meanwhile, or its key cannot be read, is no reason to turn money away.
pub(crate) fn seal(app: &App, slot: Option<u64>, personal: &Personal) -> Result<Option<Sealed>, Problem> {
    if let Some(slot) = slot {
        match personal.seal_in(&app.vault, slot) {
            Ok(sealed) => return Ok(sealed),
            Err(error) => tracing::error!(%error, slot, "A key cannot be read; another one is taken."),
        }
    }
    let no_key = |error| trouble::vault(&error).money_moved(MoneyMoved::Yes);
    let taken = app.vault.take().map_err(no_key)?;
    personal.seal_with(&taken).map_err(no_key)
}

/// The slot of the bill that money was sent for. Money that leads to no bill has a key of its own. What is held because
/// another bill is a slip away was typed under the reference of this one all the same, and has its key.
fn bill_slot(app: &App, typed: &Addressed, lead: Option<accounts::Lead>) -> Option<u64> {
    let bill = match (typed, lead) {
        (Addressed::Typed(TypedAccount::Number(number)), _) => app.books.bill(*number),
        (_, Some(lead)) => lead.map(Result::ok),
        _ => return None,
    };
    let bill = bill.unwrap_or_else(|error| {
        tracing::error!(%error, "A bill cannot be looked up; its payment is sealed under a key of its own.");
        None
    });
    bill.map(|bill| bill.terms.vault_slot)
}

/// The slot of the bill that an attempt is for. That it cannot be found is no reason to turn money away.
fn bill_slot_of(app: &App, attempt: AttemptId) -> Option<u64> {
    let attempt = app.books.attempt(attempt);
    let bill = attempt.and_then(|attempt| attempt.map_or(Ok(None), |attempt| app.books.bill(attempt.bill)));
    bill.unwrap_or_else(|error| {
        tracing::error!(%error, "An attempt cannot be looked up; its payment is sealed under a key of its own.");
        None
    })
    .map(|bill| bill.terms.vault_slot)
}
