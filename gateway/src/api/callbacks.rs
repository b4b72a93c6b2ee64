//! What providers tell us. A confirmation says that money has moved: it is durable before it is answered, and nothing
//! within the bounds of a message is refused; of what cannot be read, the message itself is kept. A question about a bill
//! is answered before money moves; see [`inquiries`](super::inquiries).

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger::Evidence;

use super::prompt_results::{Stray, stray};
use super::{SharedApp, inquiries, trouble};
use crate::app::App;
use crate::channels::bank::adapters::{INQUIRY, NOTIFY};
use crate::channels::contract::{BillAnswer, Heard, Listens, Reply, SentTo, Unheard};
use crate::channels::health::meter::Outcome;
use crate::channels::mpesa::adapters::{CONFIRM, RESULT, VALIDATE};
use crate::channels::sources::Caller;
use crate::channels::{AttemptTold, airtel, card};
use crate::http::problem::{MoneyMoved, Problem};
use crate::http::problem_codes::Code;
use crate::http::request::{Request, RequestHead};
use crate::http::response::{self, Response};
use crate::payments::channels::{ChannelKind, ChannelName, Step};
use crate::payments::{
    Answer, Ask, Attempt, AttemptId, AttemptNews, Command, Provider, ToldBy, UnreadableMessage,
};
use crate::personal::{Field, Personal};
use crate::prompts;
use crate::receiving;
use crate::telemetry::metrics as names;

/// A question that we take so long to answer may be answered without us: money moves unvalidated then.
const QUESTION_SLOW: Duration = Duration::from_secs(1);

/// `POST /cb/{token}/c2b/validate`: may this payment be made? Read-only; any doubt is a yes.
pub(super) async fn validate(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    hear(&app, &request, &ChannelName::only(ChannelKind::MpesaPaybill), to(VALIDATE)).await
}

/// `POST /cb/{token}/c2b/confirm`: money has moved.
pub(super) async fn confirm(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    hear(&app, &request, &ChannelName::only(ChannelKind::MpesaPaybill), to(CONFIRM)).await
}

/// `POST /cb/{token}/stk/{attempt}`: a prompt has its result.
pub(super) async fn prompt(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    // The path may have been cut on its way. Money is taken all the same, for an attempt that nobody made.
    let attempt = request.head.parameter("attempt").parse().unwrap_or_else(|_| AttemptId::from_uuid(0));
    let to = SentTo { kind: RESULT, attempt: Some(attempt) };
    hear(&app, &request, &ChannelName::only(ChannelKind::MpesaPrompt), to).await
}

/// `POST /cb/{token}/bank/{name}/inquiry`: a bank asks about a bill. It has signed what it says.
pub(super) async fn bank_inquiry(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    hear(&app, &request, &bank_of(&request)?, to(INQUIRY)).await
}

/// `POST /cb/{token}/bank/{name}/notify`: a bank tells of money. It has signed what it says.
pub(super) async fn bank_notify(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    hear(&app, &request, &bank_of(&request)?, to(NOTIFY)).await
}

fn bank_of(request: &Request<App>) -> Result<ChannelName, Problem> {
    let name = ChannelName::one_of(ChannelKind::Bank, request.head.parameter("name"));
    name.map_err(|_| no_such_channel())
}

/// `POST /cb/{token}/airtel`: something became of an attempt by Airtel Money, which the message names.
pub(super) async fn airtel(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    hear(&app, &request, &ChannelName::only(ChannelKind::AirtelMoney), to(airtel::RESULT)).await
}

/// `POST /cb/{token}/card`: something became of a session at the acquirer, which the message names.
pub(super) async fn card(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    hear(&app, &request, &ChannelName::only(ChannelKind::Card), to(card::RESULT)).await
}

/// An address that names no attempt.
const fn to(kind: &str) -> SentTo<'_> {
    SentTo { kind, attempt: None }
}

/// Hears what a provider says, and does what has to be done about it before it is answered.
async fn hear(
    app: &SharedApp,
    request: &Request<App>,
    name: &ChannelName,
    to: SentTo<'_>,
) -> Result<Response, Problem> {
    let channel = app.channels.find(name).map(AsRef::as_ref).ok_or_else(no_such_channel)?;
    let listens = channel.listens().ok_or_else(no_such_channel)?;
    let body = request.bytes();
    let provider = channel.account().provider;
    let heard = listens.read(to, request.head.headers(), body);
    if let (Some(attempt), Ok(heard)) = (to.attempt, &heard)
        && let Some(stray) = stray(app, (name, listens), attempt, (heard, body))?
    {
        keep_stray(app, request, provider, stray).await?;
        return Ok(json(listens.taken(to, body)));
    }
    match heard {
        Ok(Heard::Money(told)) => {
            let (cause, moved) = (request.head.id(), told.moved);
            let came_over = app.channels.of_money(name, &told.receipt);
            receiving::take(app, told, provider.principal(), cause.as_str()).await?;
            app.health.note_money(came_over, moved, app.now());
        }
        Ok(Heard::News(news)) => {
            if is_asked_on(app, name, news.attempt)?.is_some() {
                let code = news.code.clone();
                take_news(app, request, provider, news).await?;
                let seen = prompts::seen_of_end(channel, code.as_deref());
                app.health.note(name, Step::Confirm, seen, app.now());
            }
        }
        Ok(Heard::Paid(attempt, paid)) => match is_asked_on(app, name, attempt)? {
            Some(attempt) => {
                let moved = paid.moved;
                let evidence = Evidence::CallbackOnly;
                let told = prompts::told_of(channel, &attempt, paid, ToldBy::Notification, evidence);
                receiving::take(app, told, provider.principal(), request.head.id().as_str()).await?;
                app.health.note_money(name, moved, app.now());
            }
            None => {
                let reason =
                    "it tells of money for an attempt that this provider was not asked for".to_owned();
                keep_unreadable(app, request, provider, (ToldBy::Notification, Some(attempt)), reason)
                    .await?;
            }
        },
        Ok(Heard::Hint(attempt)) => {
            if let Some(attempt) = is_asked_on(app, name, attempt)? {
                prompts::look_soon(app, attempt);
            }
        }
        Ok(Heard::Question { account, typed, money }) => {
            let began = Instant::now();
            let answer = if app.channels.collects_on(&account) {
                inquiries::about_bill(app, &typed, money)
            } else {
                BillAnswer::OtherAccount
            };
            let is_slow = began.elapsed() > QUESTION_SLOW;
            let outcome = if is_slow { Outcome::Slow } else { Outcome::Worked };
            app.health.note(name, Step::Validate, outcome, app.now());
            return Ok(answer_question(listens, body, &answer));
        }
        Ok(Heard::Nothing) => {}
        // We cannot read the question. The payer should not suffer for it.
        Err(Unheard::UnreadableQuestion { reason }) => {
            tracing::warn!(reason, "A question about a bill could not be read and is answered with yes.");
            app.health.note(name, Step::Validate, Outcome::Failed("unreadable"), app.now());
            return Ok(answer_question(listens, body, &BillAnswer::InDoubt));
        }
        Err(Unheard::Unreadable { reason, told_by }) => {
            keep_unreadable(app, request, provider, (told_by, to.attempt), reason).await?;
            app.health.note(name, Step::Confirm, Outcome::Failed("unreadable"), app.now());
        }
        // Anybody may have sent it: that says nothing of the channel.
        Err(Unheard::NotSigned) => return Err(not_signed(app, name)),
        Err(Unheard::NoSuchKind) => return Err(no_such_channel()),
    }
    Ok(json(listens.taken(to, body)))
}

/// What is done about a result of no prompt of ours: the provider is asked, as after any hint, and what tells of money is kept for
/// people. Money that moved is told of by its confirmation too.
async fn keep_stray(
    app: &SharedApp,
    request: &Request<App>,
    provider: Provider,
    stray: Stray,
) -> Result<(), Problem> {
    let Stray { attempt, reason, is_of_money } = stray;
    metrics::counter!(names::CALLBACKS_UNEXPECTED_TOTAL.name, "reason" => "prompt").increment(1);
    if is_of_money {
        let whose = (ToldBy::PromptResult, Some(attempt.id));
        keep_unreadable(app, request, provider, whose, reason.to_owned()).await?;
    } else if app.limits.may_log_stranger() {
        tracing::error!(attempt = %attempt.id, reason, "The result of a prompt is not believed.");
    }
    if !attempt.state.is_finished() {
        prompts::look_soon(app, attempt);
    }
    Ok(())
}

/// The attempt, if the payer was asked on this channel: nobody else says what became of it.
fn is_asked_on(app: &App, name: &ChannelName, id: AttemptId) -> Result<Option<Arc<Attempt>>, Problem> {
    let attempt = app.books.attempt(id).map_err(|error| trouble::lookup(&error))?;
    let attempt = attempt.filter(|attempt| attempt.method.channel() == *name);
    if attempt.is_none() {
        tracing::warn!(channel = %name, attempt = %id, "A provider tells of an attempt that it was not asked for.");
    }
    Ok(attempt)
}

fn no_such_channel() -> Problem {
    Problem::new(Code::NotFound, "No channel takes such messages.")
}

fn not_signed(app: &App, channel: &ChannelName) -> Problem {
    metrics::counter!(names::CALLBACKS_UNEXPECTED_TOTAL.name, "reason" => "signature").increment(1);
    if app.limits.may_log_stranger() {
        tracing::error!(%channel, "A message in the name of a provider does not have its signature.");
    }
    Problem::new(Code::CallbackRefused, "The signature does not fit the message.")
}

fn json(reply: Reply) -> Response {
    response::bytes(reply.status, "application/json", reply.body)
}

fn answer_question(listens: &dyn Listens, body: &[u8], answer: &BillAnswer) -> Response {
    let outcome = match answer {
        BillAnswer::Open { .. } | BillAnswer::InDoubt => "accepted",
        BillAnswer::Unknown => "wrong_account",
        BillAnswer::OtherAmount => "wrong_amount",
        BillAnswer::OtherAccount => "wrong_short_code",
        BillAnswer::NotOpen => "not_payable",
    };
    metrics::counter!(names::VALIDATIONS_TOTAL.name, "outcome" => outcome).increment(1);
    json(listens.about_bill(body, answer))
}

async fn take_news(
    app: &App,
    request: &Request<App>,
    provider: Provider,
    news: AttemptTold,
) -> Result<(), Problem> {
    let AttemptTold { attempt, on, code } = news;
    let ask = Ask::MoveAttempt(AttemptNews { attempt, on, code, sealed: None });
    let answer = app.books.take_money(command(request, provider, ask)).await;
    if let Answer::Refused(refusal) = answer.map_err(|error| trouble::books_for_callback(&error))? {
        tracing::warn!(%refusal, "The result of a prompt is for no attempt of ours.");
    }
    Ok(())
}

fn command(request: &Request<App>, provider: Provider, ask: Ask) -> Command {
    Command { principal: provider.principal().into(), cause: request.head.id().as_str().into(), ask }
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

/// Whether somebody who is no Safaricom knows the secret path. Where the providers of other channels call from is published
/// nowhere; what they say is proved by a signature, or asked for.
pub(crate) fn check_other_provider(app: &App, head: &RequestHead) -> Result<(), Problem> {
    if app.paybill.judge_caller(head.parameter("token"), head.client()).0 != Caller::Stranger {
        return Ok(());
    }
    metrics::counter!(names::CALLBACKS_UNEXPECTED_TOTAL.name, "reason" => "token").increment(1);
    if app.limits.may_log_stranger() {
        tracing::error!(client = %head.client(), "A callback comes from somebody who does not know its path.");
    }
    Err(Problem::new(Code::CallbackRefused, "This address does not take callbacks from you."))
}

/// Keeps a message of which nothing can be booked, and answers as if it could: money has moved, and sending the same again
/// would make it no more readable. People are told.
async fn keep_unreadable(
    app: &App,
    request: &Request<App>,
    provider: Provider,
    (told_by, attempt): (ToldBy, Option<AttemptId>),
    reason: String,
) -> Result<(), Problem> {
    metrics::counter!(names::CONFIRMATIONS_TOTAL.name, "outcome" => "unreadable").increment(1);
    let message = STANDARD.encode(request.bytes());
    let personal = Personal::default().with(Field::Message, Some(&message));
    // Without a name the message would be kept as often as it is sent; under the request's own it is.
    let content = app.lookup_keys.name_message(app.month().0, &message).unwrap_or_else(|error| {
        tracing::error!(%error, "A message cannot be named; it is kept each time it comes.");
        request.head.id().as_str().to_owned()
    });
    let kept = UnreadableMessage {
        provider,
        told_by,
        attempt,
        reason: reason.as_str().into(),
        byte_count: request.bytes().len() as u64,
        content: content.into(),
        sealed: receiving::seal(app, None, &personal)?,
    };
    let command = command(request, provider, Ask::KeepUnreadable(Box::new(kept)));
    match app.books.take_money(command).await.map_err(|error| trouble::books_for_callback(&error))? {
        Answer::Done { sequence } => {
            tracing::error!(
                sequence,
                error = reason,
                "A callback could not be read: nothing was booked from it, it is kept."
            );
        }
        Answer::Known { .. } => {}
        other => {
            let problem = trouble::internal(format!("{other:?} answers no message"));
            return Err(problem.money_moved(MoneyMoved::Yes));
        }
    }
    Ok(())
}
