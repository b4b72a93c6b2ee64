//! Prompts on phones and pages of acquirers: payers are asked once, and that is followed until somebody says what became of
//! it. A call that got no answer is never made again; it is asked about.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use catalog::{Language, Text};
use ledger::Evidence;
use ledger::personal::VaultError;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::app::{App, SharedApp};
use crate::books::{BooksError, LookupError};
use crate::channels::contract::{AskWish, Asked as CameOf, AsksPayer, Channel, Paid};
use crate::channels::health::meter::Outcome;
use crate::channels::mpesa::subscriber::Subscriber;
use crate::channels::offer::WhyNot;
use crate::channels::{NotPayable, SaidFor, Told};
use crate::limits::TooOften;
use crate::offering;
use crate::payments::channels::{ChannelKind, ChannelName, Step};
use crate::payments::{
    Answer, Ask, Attempt, AttemptEvent, AttemptId, AttemptNews, Bill, CARD_LIFE_SECONDS, Command, Earlier,
    Event, Idempotency, Method, NewAttempt, Refusal, ToldBy,
};
use crate::personal::{Field, Personal, opened};
use crate::receiving;

/// When an attempt is asked about, in seconds after it was made: once what it asks with cannot live any more, then at growing
/// distances, then no more; the provider's statement has the last word.
const QUERY_AFTER_SECONDS: [i64; 3] = [90, 300, 1800];
/// Airtel lists nothing that came in. Its answer to this question is the only way to money of which it did not tell, so it is
/// asked for three days: longer than a question can be in vain.
const QUERY_AIRTEL_AFTER_SECONDS: [i64; 7] = [90, 300, 1_800, 3_600, 21_600, 86_400, 259_200];
/// So with an acquirer. A page lives longer, and payers leave it before: whoever did is asked in another way as soon as that is
/// known.
const QUERY_PAGE_AFTER_SECONDS: [i64; 9] =
    [90, 180, 300, CARD_LIFE_SECONDS, 1_800, 3_600, 21_600, 86_400, 259_200];

/// So many attempts are asked about at once.
const ASKED_AT_ONCE_MAX: usize = 16;

/// A provider that takes so long to say that a payer is asked is slow.
const ASK_SLOW: Duration = Duration::from_secs(8);

/// News is told to the books so many times, so far apart, before it is given up.
const TOLD_TIMES_MAX: u32 = 20;
const TELL_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// A wish to ask a payer, from the API or from a page.
pub(crate) struct Wish<'a> {
    /// The bill that is to be paid.
    pub(crate) bill: &'a Bill,
    /// Whose phone, where a phone is asked.
    pub(crate) phone: Option<Subscriber>,
    /// In which language the payer comes back to the bill.
    pub(crate) language: Language,
    /// How.
    pub(crate) method: Method,
    /// Who wishes it.
    pub(crate) principal: Arc<str>,
    /// Where from, if nobody in particular wishes it.
    pub(crate) guest: Option<IpAddr>,
    /// The request that it came with.
    pub(crate) cause: Arc<str>,
    /// One wish has one effect, however often it is sent.
    pub(crate) idempotency: Idempotency,
}

/// The attempt that a wish led to.
pub(crate) struct Asked {
    /// What it is now.
    pub(crate) attempt: Arc<Attempt>,
    /// True if the same wish had led to it before, and nobody was asked this time.
    pub(crate) is_repeated: bool,
    /// Where the payer's browser is to go, if the payer is asked on a page.
    pub(crate) page: Option<Arc<str>>,
}

/// Nobody was asked, or it cannot be told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    /// The channel cannot take the amount.
    #[error("{}: {reason}", title.en())]
    NotPayable {
        /// What people call the channel.
        title: Text,
        /// Why.
        reason: NotPayable,
    },
    /// Bills of this agency are not to be paid on this channel now.
    #[error("{channel} is not offered now")]
    NotOffered {
        /// Which.
        channel: ChannelName,
        /// Why, where that is known.
        why: Option<(Text, WhyNot)>,
    },
    /// The payer was sent to a page before, and may still pay there.
    #[error("attempt {attempt} sent the payer to a page that is open for {seconds_left} more seconds")]
    OnAPage {
        /// The attempt.
        attempt: AttemptId,
        /// For so long.
        seconds_left: u32,
    },
    /// The channel is being tried, by few.
    #[error("{0} is being tried, and enough have been sent there")]
    BeingTried(ChannelName),
    /// The books refuse.
    #[error(transparent)]
    Refused(Refusal),
    /// The phone, or the guest's address, has had its share.
    #[error(transparent)]
    TooOften(#[from] TooOften),
    /// The books gave no answer.
    #[error(transparent)]
    Books(#[from] BooksError),
    /// The books could not be read.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The payer's number could not be sealed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The books answered what cannot be.
    #[error("{0}")]
    Impossible(String),
}

/// Records the intention to ask, and asks. From the record on the attempt exists, whatever becomes of the call.
pub(crate) async fn ask_payer(app: &App, wish: Wish<'_>) -> Result<Asked, AskError> {
    let Wish { bill, phone, method, language, principal, guest, cause, idempotency } = wish;
    // A wish that was granted before stays granted, whatever is due by now: nobody is asked again, and it does not count.
    match app.books.earlier(&idempotency)? {
        Earlier::Same { sequence } => return granted_before(app, sequence).await,
        Earlier::Other => return Err(AskError::Refused(Refusal::OtherRequest)),
        Earlier::None => {}
    }
    is_offered(app, bill, method)?;
    let channel = channel(app, method)?;
    let asker = asker(channel)?;
    // A bill that is not open is left to the books, which refuse.
    if bill.state.is_open() {
        let title = || channel.title().clone();
        let is_payable = channel.amounts().check(bill.due());
        is_payable.map_err(|reason| AskError::NotPayable { title: title(), reason })?;
        if let Some(client) = guest {
            app.limits.guest_wants_prompt(client)?;
        }
        if let Some(phone) = phone {
            app.limits.phone_is_asked(phone)?;
        }
        let board = app.books.readers().channels();
        if !app.health.may_be_asked(channel.name(), &bill.terms.agency, &board, app.now()) {
            return Err(AskError::BeingTried(channel.name().clone()));
        }
    }
    let digits = phone.map(Subscriber::digits);
    let personal = Personal::default().with(Field::Phone, digits.as_deref());
    let id = app.new_attempt_id();
    let new = NewAttempt {
        id,
        bill: bill.terms.number,
        method,
        sealed: personal.seal_in(&app.vault, bill.terms.vault_slot)?,
        idempotency: Some(idempotency),
    };
    let command = Command { principal, cause, ask: Ask::CreateAttempt(Box::new(new)) };
    match app.books.ask(command).await? {
        Answer::Done { .. } => {
            let attempt = find(app, id)?;
            let page = match channel.amounts().check(attempt.money) {
                Ok(()) => {
                    let return_url =
                        format!("{}/{}/bills/{}", app.public_url, language.code(), bill.terms.id);
                    let wish = AskWish { attempt: &attempt, bill, phone, return_url: &return_url };
                    send(app, (channel, asker), wish).await
                }
                Err(reason) => {
                    tracing::warn!(attempt = %id, %reason, "What is due has changed; nobody was asked.");
                    let on = AttemptEvent::Refused;
                    tell(app, AttemptNews { attempt: id, on, code: None, sealed: None }).await;
                    None
                }
            };
            Ok(Asked { attempt: find(app, id)?, is_repeated: false, page })
        }
        Answer::Repeated { sequence } => granted_before(app, sequence).await,
        Answer::Refused(Refusal::PromptMayLive { attempt, .. }) => {
            on_its_way(app, bill, method, find(app, attempt)?).await
        }
        Answer::Refused(refusal) => Err(AskError::Refused(refusal)),
        other => Err(AskError::Impossible(format!("{other:?} answers no attempt"))),
    }
}

/// What becomes of a wish while an earlier attempt may still be answered. Who wishes for the page that is open already, and has lost
/// the way there, is sent to it again; nobody is asked twice.
async fn on_its_way(
    app: &App,
    bill: &Bill,
    method: Method,
    earlier: Arc<Attempt>,
) -> Result<Asked, AskError> {
    let until = earlier.lives_until();
    if earlier.method.asks_on_phone() {
        return Err(AskError::Refused(Refusal::PromptMayLive { attempt: earlier.id, until }));
    }
    if earlier.method == method
        && earlier.money == bill.due()
        && let Some(page) = page_of(app, &earlier).await
    {
        return Ok(Asked { attempt: earlier, is_repeated: true, page: Some(page) });
    }
    let seconds_left = (until.micros() - app.now().micros()).max(0) / 1_000_000 + 1;
    let seconds_left = u32::try_from(seconds_left).unwrap_or(u32::MAX);
    Err(AskError::OnAPage { attempt: earlier.id, seconds_left })
}

/// Whether a bill is to be paid in this way now: prompts of the first choice always are, others where the plan of the
/// agency says so. That a prompt may live, the amount, and a bill that is not open are left to those who know more.
fn is_offered(app: &App, bill: &Bill, method: Method) -> Result<(), AskError> {
    if method.kind() == ChannelKind::MpesaPrompt || !bill.state.is_open() {
        return Ok(());
    }
    let (channel, offers) = (method.channel(), offering::of_bill(app, bill, None));
    match offers.ways().iter().find(|way| way.channel == channel) {
        Some(way) => match &way.how {
            Ok(_) | Err(WhyNot::PromptMayLive | WhyNot::Down { .. }) => Ok(()),
            Err(WhyNot::Amount(reason)) => {
                Err(AskError::NotPayable { title: way.title.clone(), reason: *reason })
            }
            Err(why @ WhyNot::Closed { .. }) => {
                Err(AskError::NotOffered { channel, why: Some((way.title.clone(), why.clone())) })
            }
        },
        None => Err(AskError::NotOffered { channel, why: None }),
    }
}

/// The channel on which a method asks.
fn channel(app: &App, method: Method) -> Result<&dyn Channel, AskError> {
    let name = method.channel();
    let channel = app.channels.find(&name).map(AsRef::as_ref);
    channel.ok_or_else(|| AskError::Impossible(format!("there is no channel {name}")))
}

fn asker(channel: &dyn Channel) -> Result<&dyn AsksPayer, AskError> {
    let name = channel.name();
    channel.asks_payer().ok_or_else(|| AskError::Impossible(format!("{name} asks nobody")))
}

/// The attempt that this very wish led to before, by the sequence of its record. Who is asked on a page, and may have lost
/// the answer that led there, is sent to it again.
async fn granted_before(app: &App, sequence: u64) -> Result<Asked, AskError> {
    match app.books.event(sequence)? {
        Some(Event::AttemptCreated { attempt, .. }) => {
            let attempt = find(app, attempt)?;
            let page = page_of(app, &attempt).await;
            Ok(Asked { attempt, is_repeated: true, page })
        }
        other => Err(AskError::Impossible(format!("{other:?} is no earlier attempt"))),
    }
}

/// The page on which the payer of an attempt is asked already. The provider is asked where it is, and asks nobody.
async fn page_of(app: &App, attempt: &Attempt) -> Option<Arc<str>> {
    let asker = app.channels.find(&attempt.method.channel())?.asks_payer()?;
    asker.pages().filter(|_| attempt.can_live(app.now()))?;
    let page = asker.page_of(&asker.name_given(attempt.id)?).await;
    page.unwrap_or_else(|error| {
        tracing::warn!(attempt = %attempt.id, %error, "The page of an attempt could not be asked for.");
        None
    })
}

fn find(app: &App, id: AttemptId) -> Result<Arc<Attempt>, AskError> {
    let attempt = app.books.attempt(id)?;
    attempt.ok_or_else(|| AskError::Impossible("an attempt that was written is not found".to_owned()))
}

/// Sends the prompt of an attempt that is recorded, and records what the provider says.
async fn send(
    app: &App,
    (channel, asker): (&dyn Channel, &dyn AsksPayer),
    wish: AskWish<'_>,
) -> Option<Arc<str>> {
    let AskWish { attempt, bill, .. } = wish;
    let began = Instant::now();
    let outcome = asker.ask(wish).await;
    let seen = seen_of(&outcome, began.elapsed());
    app.health.note_asked(channel.name(), &bill.terms.agency, seen, app.now());
    let on = outcome.news();
    let (code, prompt_name, page) = match outcome {
        CameOf::Accepted { name, page } => (None, name, page),
        CameOf::Refused { code, why, is_failure } => {
            tracing::warn!(attempt = %attempt.id, why, is_failure, "A prompt was refused; nobody was asked.");
            (Some(code), None, None)
        }
        CameOf::Unknown { why } => {
            tracing::warn!(attempt = %attempt.id, why, "Whether a prompt was sent is not known.");
            (None, None, None)
        }
    };
    let personal = Personal::default().with(Field::PromptName, prompt_name.as_deref());
    let sealed = personal.seal_in(&app.vault, bill.terms.vault_slot).unwrap_or_else(|error| {
        tracing::error!(%error, "The name of a prompt cannot be sealed; it cannot be asked about.");
        None
    });
    tell(app, AttemptNews { attempt: attempt.id, on, code, sealed }).await;
    page
}

/// What the channel has shown by this. That a payer cannot be asked is none of its failures.
fn seen_of(outcome: &CameOf, took: Duration) -> Outcome<'_> {
    match outcome {
        CameOf::Refused { code, is_failure: true, .. } => Outcome::Failed(code),
        CameOf::Unknown { .. } => Outcome::Failed("unknown"),
        CameOf::Accepted { .. } | CameOf::Refused { .. } if took > ASK_SLOW => Outcome::Slow,
        CameOf::Accepted { .. } | CameOf::Refused { .. } => Outcome::Worked,
    }
}

/// What a channel has shown by how an attempt ended: what a payer does wrong works.
pub(crate) fn seen_of_end<'a>(channel: &dyn Channel, code: Option<&'a str>) -> Outcome<'a> {
    let is_failure = |code: &&str| channel.asks_payer().is_some_and(|asker| asker.is_failure(code));
    code.filter(is_failure).map_or(Outcome::Worked, Outcome::Failed)
}

/// Asks about every unfinished attempt whose time for it came between two moments, several at a time. What was asked before
/// this process began may have been answered while nobody was here to hear it, and says nothing of a channel.
pub(crate) async fn follow_up(app: SharedApp, (after_micros, until_micros): (i64, i64), began_micros: i64) {
    let is_due = |attempt: &Attempt| {
        let dues = query_after(attempt.method).iter();
        let mut dues = dues.map(|seconds| attempt.created.plus_seconds(*seconds).micros());
        dues.any(|due| after_micros < due && due <= until_micros)
    };
    let mut due = app.books.readers().unfinished_attempts();
    due.retain(|attempt| is_due(attempt));
    let mut asking = JoinSet::new();
    for attempt in due {
        if asking.len() >= ASKED_AT_ONCE_MAX {
            asking.join_next().await;
        }
        let app = Arc::clone(&app);
        let was_here = attempt.created.micros() >= began_micros;
        asking.spawn(async move { ask_about(&app, &attempt, was_here).await });
    }
    while asking.join_next().await.is_some() {}
}

/// In how many seconds after it was made an attempt is asked about.
const fn query_after(method: Method) -> &'static [i64] {
    match method {
        Method::MpesaPrompt => &QUERY_AFTER_SECONDS,
        Method::AirtelMoney => &QUERY_AIRTEL_AFTER_SECONDS,
        Method::Card => &QUERY_PAGE_AFTER_SECONDS,
    }
}

async fn ask_about(app: &App, attempt: &Attempt, was_here: bool) {
    // Its result should be here by now, whatever it is. Who leaves a page open leaves no result, and that is nobody's fault.
    let is_phone = attempt.method.asks_on_phone();
    if was_here && is_phone && app.now() < attempt.created.plus_seconds(QUERY_AFTER_SECONDS[1]) {
        app.health.note(&attempt.method.channel(), Step::Confirm, Outcome::Failed("no_result"), app.now());
    }
    let learned = look(app, attempt).await;
    // What failed half an hour ago and longer says nothing of now.
    let is_of_now = was_here && app.now() < attempt.created.plus_seconds(QUERY_AFTER_SECONDS[2]);
    if let Some(Learned::Failed(code)) = learned.filter(|_| is_of_now) {
        app.health.note(&attempt.method.channel(), Step::Confirm, Outcome::Failed(&code), app.now());
    }
}

/// Asks what became of an attempt of which a message hints that something did. The provider's word counts, not the
/// message's; so many at once, and the rest is asked about when its time comes.
pub(crate) fn look_soon(app: &SharedApp, attempt: Arc<Attempt>) {
    static PLACES: Semaphore = Semaphore::const_new(ASKED_AT_ONCE_MAX);
    let name = attempt.method.channel();
    let Ok(place) = PLACES.try_acquire() else { return };
    let app = Arc::clone(app);
    tokio::spawn(async move {
        // A hint that was true came from the provider. Of others nothing can be told, whoever sends them, nor of one that is
        // repeated.
        match look(&app, &attempt).await {
            Some(_) if attempt.state.is_finished() => {}
            Some(Learned::Worked) => app.health.note(&name, Step::Confirm, Outcome::Worked, app.now()),
            Some(Learned::Failed(code)) => {
                app.health.note(&name, Step::Confirm, Outcome::Failed(&code), app.now());
            }
            None => {}
        }
        drop(place);
    });
}

/// That an attempt has ended, and what its channel has shown by that.
enum Learned {
    /// It was paid, or its payer did not pay.
    Worked,
    /// The channel failed, with this code.
    Failed(Arc<str>),
}

/// Asks the provider what became of an attempt, and records what it says.
async fn look(app: &App, attempt: &Attempt) -> Option<Learned> {
    let channel = channel(app, attempt.method).ok()?;
    let asker = asker(channel).ok()?;
    let name =
        match asker.name_given(attempt.id).map_or_else(|| prompt_name(app, attempt), |name| Ok(Some(name))) {
            Ok(Some(name)) => name,
            // Never named, or forgotten on request: only money or a statement can tell.
            Ok(None) => return None,
            Err(error) => {
                tracing::error!(attempt = %attempt.id, error, "The name of a prompt cannot be read.");
                return None;
            }
        };
    let answer = asker.query(&name).await;
    let seen = if answer.is_ok() { Outcome::Worked } else { Outcome::Failed("no_answer") };
    app.health.note(channel.name(), Step::Query, seen, app.now());
    match answer {
        Ok(answer) => {
            if let Some(paid) = answer.paid {
                take_paid(app, channel, attempt, paid, (ToldBy::Query, Evidence::ConfirmedByQuery)).await;
                return Some(Learned::Worked);
            } else if let Some(on) = answer.news {
                let failed = answer.code.clone().filter(|code| asker.is_failure(code));
                tell(app, AttemptNews { attempt: attempt.id, on, code: answer.code, sealed: None }).await;
                let is_over = on != AttemptEvent::StillProcessing;
                return is_over.then(|| failed.map_or(Learned::Worked, Learned::Failed));
            }
        }
        Err(error) => tracing::warn!(attempt = %attempt.id, %error, "An attempt could not be asked about."),
    }
    None
}

/// Books what paid an attempt, as its own provider tells it.
async fn take_paid(
    app: &App,
    channel: &dyn Channel,
    attempt: &Attempt,
    paid: Paid,
    (told_by, evidence): (ToldBy, Evidence),
) {
    let told = told_of(channel, attempt, paid, told_by, evidence);
    let principal = channel.account().provider.principal();
    // Why it was not booked is said where it was not; it is asked about again.
    let _ = receiving::take(app, told, principal, &attempt.id.to_string()).await;
}

/// Money that paid an attempt: what was asked for, where the provider does not repeat how much.
pub(crate) fn told_of(
    channel: &dyn Channel,
    attempt: &Attempt,
    paid: Paid,
    told_by: ToldBy,
    evidence: Evidence,
) -> Told<'static> {
    Told {
        receipt: channel.account().receipt(&paid.receipt),
        money: paid.money.unwrap_or(attempt.money),
        said_for: SaidFor::Attempt(attempt.id),
        told_by,
        evidence,
        moved: paid.moved,
        phone: None,
        name: None,
    }
}

/// The provider's name for the prompt of an attempt, if it gave one and it was not forgotten on request.
pub(crate) fn prompt_name(app: &App, attempt: &Attempt) -> Result<Option<String>, String> {
    let Some(sequence) = attempt.prompt_record else { return Ok(None) };
    let record = app.books.ledger().record(sequence).map_err(|error| error.to_string())?;
    let Some(record) = record else { return Ok(None) };
    opened(&app.vault, &record, Field::PromptName).map_err(|error| error.to_string())
}

/// Records news of an attempt. The provider's name for a prompt is told to us once, so this does not give up soon.
async fn tell(app: &App, news: AttemptNews) {
    let attempt = news.attempt;
    let command = Command {
        principal: "system".into(),
        cause: attempt.to_string().into(),
        ask: Ask::MoveAttempt(news),
    };
    for _ in 0..TOLD_TIMES_MAX {
        match app.books.ask_patiently(command.clone()).await {
            Ok(_) => return,
            Err(error @ (BooksError::Stopped | BooksError::TooLarge)) => {
                tracing::error!(%attempt, %error, "News of an attempt could not be recorded.");
                return;
            }
            Err(error) => tracing::warn!(%attempt, %error, "News of an attempt waits to be recorded."),
        }
        tokio::time::sleep(TELL_AGAIN_AFTER).await;
    }
    tracing::error!(%attempt, "News of an attempt was not recorded: only money or a statement can tell what became of it.");
}
