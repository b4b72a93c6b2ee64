//! Safaricom's callbacks. A confirmation says that money has moved: it is durable before it is answered, and nothing
//! within 16 KiB is refused; of what cannot be read, the message itself is kept. A validation asks before money moves
//! and is answered from memory, unless the account is that of a bill that is not open, or a reference: those lie in the
//! archive, where filters in memory say what is not there, and a block is read for what may be.

use std::borrow::Cow;
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::StatusCode;
use ledger::{Evidence, LedgerTime};
use metrics::{Histogram, histogram};

use super::{SharedApp, trouble};
use crate::accounts;
use crate::app::App;
use crate::channels::mpesa::sources::Caller;
use crate::channels::mpesa::wire::c2b_answer::{CONFIRMED, Rejection, ValidationAnswer};
use crate::channels::mpesa::wire::prompt::PromptEnding;
use crate::channels::mpesa::wire::{Msisdn, WireError, c2b, prompt};
use crate::http::problem::{MoneyMoved, Problem};
use crate::http::problem_codes::Code;
use crate::http::request::{Request, RequestHead};
use crate::http::response::{self, Response};
use crate::payments::{
    AccountFact, Addressed, Answer, Ask, AttemptId, AttemptNews, Bill, ChannelReceipt, Command, MoneyIn,
    PartPaymentRule, Provider, SuspenseReason, ToldBy, TypedAccount, UnreadableMessage, normalise,
};
use crate::personal::{Field, Personal};
use crate::telemetry::metrics as names;

/// How records name who told us.
const PRINCIPAL: &str = "safaricom";

/// `POST /cb/{token}/c2b/validate`: may this payment be made? Read-only; any doubt is a yes.
pub(super) async fn validate(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let outcome = match c2b::parse(request.bytes()) {
        Ok(message) => judge(&app, &message),
        Err(error) => {
            // We cannot read the question. The payer should not suffer for it.
            tracing::warn!(%error, "A validation could not be read and is answered with yes.");
            ValidationAnswer::Accept
        }
    };
    metrics::counter!(names::VALIDATIONS_TOTAL.name, "outcome" => word(outcome)).increment(1);
    Ok(response::bytes(StatusCode::OK, "application/json", outcome.body()))
}

fn judge(app: &App, message: &c2b::C2bMessage<'_>) -> ValidationAnswer {
    let reject = ValidationAnswer::Reject;
    if message.short_code != app.paybill.short_code() {
        return reject(Rejection::ShortCode);
    }
    let is_closed = |bill: &Bill| !bill.state.is_open();
    let (addressed, lead) = accounts::read(app, &message.account, message.money, is_closed);
    let found = match addressed {
        Addressed::Typed(TypedAccount::Number(number)) => match app.books.bill(number) {
            Ok(Some(bill)) => Ok(bill),
            Ok(None) => return reject(Rejection::Account),
            Err(error) => Err(error),
        },
        Addressed::Typed(TypedAccount::BadCheckDigit) => return reject(Rejection::Account),
        // Without a table of forms nobody can say what is none.
        Addressed::Typed(TypedAccount::Other) if accounts::knows_forms(app) => {
            return reject(Rejection::Account);
        }
        Addressed::Reference(typed) => match lead {
            Some(Ok(Ok(bill))) if !is_closed(&bill) => Ok(bill),
            // It is paid or has ended. Another one, a slip away, may be meant.
            Some(Ok(Ok(_))) => match accounts::find_bill(app, &typed, message.money) {
                Ok(Ok(bill)) => Ok(bill),
                Ok(Err(_)) => return ValidationAnswer::Accept,
                Err(error) => Err(error),
            },
            Some(Ok(Err(held))) if held.reason == SuspenseReason::AmountDiffers => {
                return reject(Rejection::Amount);
            }
            // A bill of another month or another gateway may have it: people will look.
            Some(Ok(Err(_))) | None => return ValidationAnswer::Accept,
            Some(Err(error)) => Err(error),
        },
        Addressed::Held(held) if held.reason == SuspenseReason::PosterSample => {
            return reject(Rejection::Account);
        }
        Addressed::Held(_) | Addressed::Typed(_) | Addressed::Attempt(_) | Addressed::OtherShortCode => {
            return ValidationAnswer::Accept;
        }
    };
    match found {
        Ok(bill) => judge_amount(&bill, message),
        Err(error) => {
            tracing::warn!(%error, "A bill cannot be looked up; the validation is answered with yes.");
            ValidationAnswer::Accept
        }
    }
}

fn judge_amount(bill: &Bill, message: &c2b::C2bMessage<'_>) -> ValidationAnswer {
    if !bill.state.is_open() {
        return ValidationAnswer::Reject(Rejection::Other);
    }
    let exact = bill.terms.part_payment == PartPaymentRule::Exact;
    if exact && message.money != bill.due() {
        ValidationAnswer::Reject(Rejection::Amount)
    } else {
        ValidationAnswer::Accept
    }
}

fn word(answer: ValidationAnswer) -> &'static str {
    match answer {
        ValidationAnswer::Accept => "accepted",
        ValidationAnswer::Reject(Rejection::Account) => "wrong_account",
        ValidationAnswer::Reject(Rejection::Amount) => "wrong_amount",
        ValidationAnswer::Reject(Rejection::ShortCode) => "wrong_short_code",
        ValidationAnswer::Reject(Rejection::Msisdn | Rejection::Kyc | Rejection::Other) => "not_payable",
    }
}

/// `POST /cb/{token}/c2b/confirm`: money has moved.
pub(super) async fn confirm(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let message = match c2b::parse(request.bytes()) {
        Ok(message) => message,
        Err(error) => return keep_unreadable(&app, &request, ToldBy::Confirmation, None, &error).await,
    };
    if !message.oddities.is_empty() {
        tracing::warn!(oddities = ?message.oddities, "A confirmation has fields that cannot be read; it is booked without them.");
    }
    let (typed, lead) = accounts::read(&app, &message.account, message.money, |_| true);
    let personal = Personal::default()
        .with(Field::TypedAccount, Some(&message.account))
        .with(Field::ProviderPhone, provider_phone(&message.msisdn).as_deref())
        .with(Field::Name, Some(message.names.join(" ").trim()));
    let money_in = MoneyIn {
        receipt: channel_receipt(&message.short_code, &message.receipt),
        money: message.money,
        account_fact: account_fact(&app, &typed, &message.account),
        told_by: ToldBy::Confirmation,
        evidence: Evidence::CallbackOnly,
        moved: message.time,
        sealed: seal(&app, bill_slot(&app, &typed, lead), &personal)?,
        addressed: if message.short_code == app.paybill.short_code() {
            typed
        } else {
            tracing::error!("A confirmation is for a short code that is not ours: its money is in suspense.");
            Addressed::OtherShortCode
        },
        random: rand::random(),
    };
    take(&app, &request, money_in).await?;
    Ok(response::bytes(StatusCode::OK, "application/json", CONFIRMED))
}

/// `POST /cb/{token}/stk/{attempt}`: a prompt has its result.
pub(super) async fn prompt(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    // The path may have been cut on its way. Money is taken all the same, for an attempt that nobody made.
    let attempt: AttemptId =
        request.head.parameter("attempt").parse().unwrap_or_else(|_| AttemptId::from_uuid(0));
    let result = match prompt::parse(request.bytes()) {
        Ok(result) => result,
        Err(error) => {
            return keep_unreadable(&app, &request, ToldBy::PromptResult, Some(attempt), &error).await;
        }
    };
    match result.ending {
        PromptEnding::Paid(paid) => {
            let phone = provider_phone(&paid.msisdn);
            let personal = Personal::default().with(Field::ProviderPhone, phone.as_deref());
            let slot = bill_slot_of(&app, attempt);
            let money_in = MoneyIn {
                receipt: channel_receipt(app.paybill.short_code(), &paid.receipt),
                money: paid.money,
                addressed: Addressed::Attempt(attempt),
                account_fact: AccountFact::Unsaid,
                told_by: ToldBy::PromptResult,
                evidence: Evidence::CallbackOnly,
                moved: paid.time,
                sealed: seal(&app, slot, &personal)?,
                random: rand::random(),
            };
            take(&app, &request, money_in).await?;
        }
        ending => match ending.news() {
            Some(on) => {
                let news = AttemptNews { attempt, on, code: Some(result.code.as_ref().into()), sealed: None };
                let command = command(&request, Ask::MoveAttempt(news));
                let answer = app.books.take_money(command).await;
                if let Answer::Refused(refusal) =
                    answer.map_err(|error| trouble::books_for_callback(&error))?
                {
                    tracing::warn!(%refusal, "The result of a prompt is for no attempt of ours.");
                }
            }
            // Not known: the attempt stays as it is, and is asked about when its time has come.
            // What stands there is not ours, so only digits are repeated.
            None if result.code.len() <= CODE_LEN_MAX
                && result.code.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                tracing::warn!(code = %result.code, "The result code of a prompt is not one we know.");
            }
            None => tracing::warn!("The result code of a prompt is no number."),
        },
    }
    Ok(response::bytes(StatusCode::OK, "application/json", CONFIRMED))
}

/// A code of more digits may be a telephone number: it does not go to the log.
const CODE_LEN_MAX: usize = 6;

/// The payer's number as the provider tells it.
fn provider_phone<'a>(msisdn: &'a Msisdn<'_>) -> Option<Cow<'a, str>> {
    match msisdn {
        Msisdn::Missing => None,
        Msisdn::Plain(text) | Msisdn::Masked(text) | Msisdn::Other(text) => Some(Cow::Borrowed(text)),
        Msisdn::Hashed(hash) => Some(Cow::Owned(hex::encode(hash))),
    }
}

/// Lets the books take money, and says aloud what people have to look at.
async fn take(app: &App, request: &Request<App>, money_in: MoneyIn) -> Result<(), Problem> {
    let (provider, moved) = (money_in.receipt.provider, money_in.moved);
    let command = command(request, Ask::Receive(Box::new(money_in)));
    let answer = app.books.take_money(command).await.map_err(|error| {
        metrics::counter!(names::CONFIRMATIONS_TOTAL.name, "outcome" => "not_booked").increment(1);
        tracing::error!(%error, "A confirmation of money that has moved was not booked.");
        trouble::books_for_callback(&error)
    })?;
    let outcome = match answer {
        Answer::Booked { .. } => {
            note_delay(app, provider, moved);
            "booked"
        }
        Answer::Known { .. } => "known",
        Answer::Quarantined { stands, differs, is_new } => {
            if is_new {
                tracing::error!(
                    stands,
                    ?differs,
                    "A receipt came again with other facts: in quarantine, the first stands."
                );
            }
            "quarantined"
        }
        other => {
            return Err(trouble::internal(format!("{other:?} answers no money")).money_moved(MoneyMoved::Yes));
        }
    };
    metrics::counter!(names::CONFIRMATIONS_TOTAL.name, "outcome" => outcome).increment(1);
    Ok(())
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
/// confirmation: it is found once.
fn delays_of(provider: Provider) -> &'static Histogram {
    static OF_MPESA: OnceLock<Histogram> = OnceLock::new();
    let handle = match provider {
        Provider::Mpesa => &OF_MPESA,
    };
    handle.get_or_init(|| histogram!(names::PAYMENT_CONFIRMATION_SECONDS.name, "channel" => provider.word()))
}

fn command(request: &Request<App>, ask: Ask) -> Command {
    Command { principal: PRINCIPAL.into(), cause: request.head.id().as_str().into(), ask }
}

/// Secret path and source address: they filter, they prove nothing. Judged before a place is taken and the body is read, so
/// that a stranger cannot hold up a confirmation.
pub(crate) fn check_caller(app: &App, head: &RequestHead) -> Result<(), Problem> {
    let (caller, is_taken) = app.paybill.judge_caller(head.parameter("token"), head.client());
    let reason = match caller {
        Caller::Expected => return Ok(()),
        Caller::FromElsewhere => "address",
        Caller::Stranger => "token",
    };
    metrics::counter!(names::CALLBACKS_UNEXPECTED_TOTAL.name, "reason" => reason).increment(1);
    if app.limits.may_log_stranger() {
        tracing::error!(reason, is_taken, client = %head.client(), "A callback comes from where none is expected.");
    }
    if is_taken {
        return Ok(());
    }
    Err(Problem::new(Code::CallbackRefused, "This address does not take callbacks from you."))
}

/// Keeps a message of which nothing can be booked, and answers as if it could: money has moved, and sending the same again
/// would make it no more readable. People are told.
async fn keep_unreadable(
    app: &App,
    request: &Request<App>,
    told_by: ToldBy,
    attempt: Option<AttemptId>,
    error: &WireError,
) -> Result<Response, Problem> {
    metrics::counter!(names::CONFIRMATIONS_TOTAL.name, "outcome" => "unreadable").increment(1);
    let message = STANDARD.encode(request.bytes());
    let personal = Personal::default().with(Field::Message, Some(&message));
    // Without a name the message would be kept as often as it is sent; under the request's own it is.
    let content = app.lookup_keys.name_message(app.month().0, &message).unwrap_or_else(|error| {
        tracing::error!(%error, "A message cannot be named; it is kept each time it comes.");
        request.head.id().as_str().to_owned()
    });
    let kept = UnreadableMessage {
        provider: Provider::Mpesa,
        told_by,
        attempt,
        reason: error.to_string().into(),
        byte_count: request.bytes().len() as u64,
        content: content.into(),
        sealed: seal(app, None, &personal)?,
    };
    let command = command(request, Ask::KeepUnreadable(Box::new(kept)));
    match app.books.take_money(command).await.map_err(|error| trouble::books_for_callback(&error))? {
        Answer::Done { sequence } => {
            tracing::error!(sequence, %error, "A callback could not be read: nothing was booked from it, it is kept.");
        }
        Answer::Known { .. } => {}
        other => {
            let problem = trouble::internal(format!("{other:?} answers no message"));
            return Err(problem.money_moved(MoneyMoved::Yes));
        }
    }
    Ok(response::bytes(StatusCode::OK, "application/json", CONFIRMED))
}

fn channel_receipt(short_code: &str, number: &str) -> ChannelReceipt {
    ChannelReceipt { provider: Provider::Mpesa, short_code: short_code.into(), number: number.into() }
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
fn seal(app: &App, slot: Option<u64>, personal: &Personal) -> Result<Option<ledger::Sealed>, Problem> {
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
