//! The outbox: looks through the records for messages, settles in a record what happens to them, asks the providers, and
//! records what they answer. The journal is the queue: while no provider can be asked, the place in it does not move, and
//! nothing is kept but a look ahead.
//!
//! A message is recorded as intended before its provider is asked, and what came of that afterwards. Whoever finds an
//! intention without an outcome does not know whether the message was handed over; it is not handed over again before its
//! provider reports that it failed.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use ledger::LedgerTime;
use ledger::journal::JournalError;
use ledger::journal::file::Trail;
use metrics::{counter, gauge};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::health::Health;
use super::letter::{Found, Letter, LetterError, Plan, found_again, phone_in, receiver};
use super::opt_outs::{Crowding, let_lapse};
use super::provider::Outcome;
use crate::app::App;
use crate::app::SharedApp;
use crate::books::{BooksError, LookupError};
use crate::payments::{
    Answer, Ask, Command, FollowedBy, FollowedMessage, MESSAGES_PER_RECORD_MAX, Message, MessageAnswer,
    MessageAsk, MessageId, MessageState, ProviderAnswer, revenue_day,
};
use crate::telemetry::metrics::{SMS_OLDEST_AGE_SECONDS, SMS_QUEUE_LENGTH, SMS_SENDS_TOTAL};

/// Records that are looked at ahead of what can be sent, as far as messages follow from them.
const AHEAD_MAX: usize = 2_048;
/// So many batches are looked through at once: a gateway that sends its first message has years to look through, and is asked
/// to stop meanwhile.
const BATCHES_PER_TURN: usize = 16;
/// How long the outbox rests when there is nothing to do, and after something failed.
const REST: Duration = Duration::from_millis(50);
const REST_AFTER_FAILURE: Duration = Duration::from_secs(1);
/// The place in the journal is recorded after so many records in which there was no message.
const PLACE_EVERY_RECORDS: u64 = 20_000;
/// After so many days nobody says any more what became of a message: reports come within a day.
const GIVEN_UP_AFTER_SECONDS: i64 = 3 * 86_400;
/// So many messages may be without an answer; the oldest are given up beyond that.
const UNANSWERED_MAX: usize = 10_000;
/// How long a message waits that was put off while another provider can be asked, in seconds.
const ELSEWHERE_AFTER_SECONDS: i64 = 1;
/// How long it waits otherwise, the first time and at most, in seconds.
const AGAIN_AFTER_SECONDS: i64 = 30;
const AGAIN_AFTER_SECONDS_MAX: i64 = 1_800;

/// Why the outbox cannot go on now.
#[derive(Debug, thiserror::Error)]
pub(super) enum OutboxError {
    #[error("the journal: {0}")]
    Journal(#[from] JournalError),
    #[error("the books: {0}")]
    Books(#[from] BooksError),
    #[error(transparent)]
    Letter(#[from] LetterError),
}

impl From<LookupError> for OutboxError {
    fn from(error: LookupError) -> Self {
        Self::Letter(error.into())
    }
}

struct Outbox {
    app: SharedApp,
    trail: Trail,
    /// Found, and not settled yet.
    ahead: VecDeque<Found>,
    health: Vec<Health>,
    crowding: Crowding,
}

/// One turn's worth of messages, as it is gathered.
#[derive(Default)]
struct Round {
    followed: Vec<FollowedMessage>,
    letters: Vec<(MessageId, usize, Letter)>,
    /// Those that were found in this round, so that they are not lost if it cannot be recorded.
    found: Vec<Found>,
}

/// Runs until it is told to stop. Whatever fails here costs messages their time and nothing else.
pub(super) async fn run(app: SharedApp, stop: CancellationToken) {
    let prepared = async {
        loop {
            match prepare(&app).await {
                Ok(()) => return,
                Err(error) => tracing::warn!(%error, "Messages cannot begin yet."),
            }
            tokio::time::sleep(REST_AFTER_FAILURE).await;
        }
    };
    if stop.run_until_cancelled(prepared).await.is_none() {
        return;
    }
    let mut trail = app.books.ledger().trail();
    trail.go_to(app.books.readers().with_messages(crate::payments::Messages::next_sequence));
    let health = vec![Health::default(); app.messages.providers.len()];
    let mut outbox = Outbox { app, trail, ahead: VecDeque::new(), health, crowding: Crowding::default() };
    while !stop.is_cancelled() {
        let rest = match outbox.turn().await {
            Ok(true) => continue,
            Ok(false) => REST,
            Err(OutboxError::Books(BooksError::Stopped)) => return,
            Err(error) => {
                tracing::warn!(%error, "Messages cannot go on now. They try again; the books are not concerned.");
                REST_AFTER_FAILURE
            }
        };
        let _ = stop.run_until_cancelled(tokio::time::sleep(rest)).await;
    }
}

/// What a start owes to the life before: intentions without an outcome are in doubt, and phones are known again.
async fn prepare(app: &App) -> Result<(), OutboxError> {
    let (intended, opted_out, recent) = app.books.readers().with_messages(|messages| {
        let intended = messages.all_open().filter(|message| message.state == MessageState::Intended);
        let intended: Vec<_> = intended.map(|message| message.id).collect();
        (intended, messages.opted_out().collect::<Vec<_>>(), messages.recent().collect::<Vec<_>>())
    });
    for record in opted_out {
        match phone_in(app, record)? {
            Some(phone) => app.messages.phones.opt_out(phone, record),
            None => tracing::error!(record, "A phone that wants no messages cannot be read any more."),
        }
    }
    for id in recent {
        if let Some(phone) = receiver(app, id)?
            && let Some(message) = app.books.message(id)?
        {
            app.messages.phones.note(phone, id, message.kind, revenue_day(message.changed));
        }
    }
    for chunk in intended.chunks(MESSAGES_PER_RECORD_MAX) {
        tracing::warn!(
            count = chunk.len(),
            "Whether messages were handed over before the last end is not known."
        );
        let answers = chunk.iter().map(|id| MessageAnswer { message: *id, answer: ProviderAnswer::None });
        tell(app, MessageAsk::Note(answers.collect())).await?;
    }
    Ok(())
}

impl Outbox {
    /// One turn. True if there may be more to do at once.
    async fn turn(&mut self) -> Result<bool, OutboxError> {
        let has_read = self.read_ahead()?;
        self.measure();
        self.give_up().await?;
        let_lapse(&self.app, &mut self.crowding).await?;
        let mut round = self.gather()?;
        let next_sequence = self.next_sequence();
        let recorded = self.app.books.readers().with_messages(crate::payments::Messages::next_sequence);
        if round.followed.is_empty() && next_sequence < recorded + PLACE_EVERY_RECORDS {
            return Ok(has_read);
        }
        let messages = std::mem::take(&mut round.followed);
        let settled = match tell(&self.app, MessageAsk::Follow { next_sequence, messages }).await {
            Ok(answer) => answer,
            Err(error) => {
                for found in round.found.into_iter().rev() {
                    self.ahead.push_front(found);
                }
                return Err(error.into());
            }
        };
        if let Answer::Done { sequence } = settled {
            self.hand_over(round.letters, sequence).await?;
        }
        Ok(true)
    }

    /// The first record that has not been settled.
    fn next_sequence(&self) -> u64 {
        self.ahead.front().map_or(self.trail.next_sequence(), |found| found.record.sequence)
    }

    /// Looks through a few batches. True if there were any.
    fn read_ahead(&mut self) -> Result<bool, OutboxError> {
        let now = self.app.now();
        // What a record tells is looked up where readers look: a moment after the journal has it.
        let head = self.app.books.readers().sequence();
        let mut has_read = false;
        for _ in 0..BATCHES_PER_TURN {
            if self.ahead.len() >= AHEAD_MAX || self.trail.next_sequence() >= head {
                break;
            }
            let Some(batch) = self.trail.next_batch()? else { break };
            has_read = true;
            for record in batch.records() {
                let Ok(record) = record else {
                    tracing::error!(
                        batch = batch.first_sequence(),
                        "A record cannot be read; it gets no message."
                    );
                    continue;
                };
                // Of a batch that was settled in part before the last end, only the rest is new.
                if record.sequence < self.settled_before() {
                    continue;
                }
                self.ahead.extend(Found::of(record).filter(|found| !found.is_out_of_date(now)));
            }
        }
        Ok(has_read)
    }

    fn settled_before(&self) -> u64 {
        self.app.books.readers().with_messages(crate::payments::Messages::next_sequence)
    }

    /// Settles what happens to those that are due and to those that were found, as far as providers have room.
    fn gather(&mut self) -> Result<Round, OutboxError> {
        let now = self.app.now();
        let mut round = Round::default();
        let mut room: Vec<usize> =
            self.health.iter().map(|health| health.room(now.micros(), MESSAGES_PER_RECORD_MAX)).collect();
        let due =
            self.app.books.readers().with_messages(|messages| messages.due(now, MESSAGES_PER_RECORD_MAX));
        for message in due {
            if room.iter().all(|room| *room == 0) {
                return Ok(round);
            }
            let plan = match found_again(&self.app, message.id)? {
                Some(found) if !found.is_out_of_date(now) => {
                    found.plan(&self.app, now, &self.app.messages.around)?
                }
                Some(_) => Plan::Drop("out_of_date"),
                None => Plan::Drop("unreadable"),
            };
            self.settle(&mut round, &mut room, Subject::of(&message), plan, now);
        }
        while round.followed.len() < MESSAGES_PER_RECORD_MAX && room.iter().any(|room| *room > 0) {
            let Some(found) = self.ahead.pop_front() else { break };
            let planned = found.plan(&self.app, now, &self.app.messages.around);
            let planned = planned.and_then(|plan| Ok((plan, found.bill(&self.app)?)));
            let (plan, bill) = match planned {
                Ok(planned) => planned,
                Err(error) => {
                    self.ahead.push_front(found);
                    for earlier in round.found.into_iter().rev() {
                        self.ahead.push_front(earlier);
                    }
                    return Err(error.into());
                }
            };
            if !matches!(plan, Plan::Nothing) {
                let subject = Subject {
                    id: found.id(),
                    kind: found.kind,
                    bill,
                    happened: found.record.time,
                    tried: None,
                };
                self.settle(&mut round, &mut room, subject, plan, now);
                round.found.push(found);
            }
        }
        Ok(round)
    }

    fn settle(&self, round: &mut Round, room: &mut [usize], subject: Subject, plan: Plan, now: LedgerTime) {
        let then = match plan {
            Plan::Nothing => FollowedBy::Dropped { reason: "no_phone".into() },
            Plan::Wait(until) => FollowedBy::Waiting { until },
            Plan::Drop(reason) => FollowedBy::Dropped { reason: reason.into() },
            Plan::Send(letter) => {
                let (phones, today) = (&self.app.messages.phones, revenue_day(now));
                let most = self.app.messages.per_phone_per_day;
                if !phones.records_against(letter.phone).is_empty() {
                    FollowedBy::Dropped { reason: "opted_out".into() }
                } else if phones.is_for(subject.id, letter.phone).is_none()
                    && phones.has_had_enough(letter.phone, subject.kind, today, most)
                {
                    FollowedBy::Dropped { reason: "too_many".into() }
                } else {
                    let is_slow = |provider: usize| self.health[provider].is_slow(now.micros());
                    let provider = choose(room, self.place_of(subject.tried.as_deref()), is_slow);
                    room[provider] -= 1;
                    phones.note(letter.phone, subject.id, subject.kind, today);
                    round.letters.push((subject.id, provider, letter));
                    FollowedBy::Intended { provider: Arc::clone(&self.app.messages.providers[provider].name) }
                }
            }
        };
        round.followed.push(FollowedMessage {
            message: subject.id,
            kind: subject.kind,
            bill: subject.bill,
            happened: subject.happened,
            then,
        });
    }

    fn place_of(&self, provider: Option<&str>) -> Option<usize> {
        let provider = provider?;
        self.app.messages.providers.iter().position(|known| *known.name == *provider)
    }

    /// Asks the providers, all at once, and records what they answer.
    async fn hand_over(
        &mut self,
        letters: Vec<(MessageId, usize, Letter)>,
        sequence: u64,
    ) -> Result<(), OutboxError> {
        let mut calls = JoinSet::new();
        let mut without_outcome = BTreeSet::new();
        for (id, provider, letter) in letters {
            // Only what the record says: the books leave out what no longer fits.
            let is_intended = self.app.books.readers().with_messages(|messages| {
                messages.open(id).is_some_and(|message| {
                    message.state == MessageState::Intended && message.changed_by == sequence
                })
            });
            if is_intended {
                without_outcome.insert(id);
                let app = Arc::clone(&self.app);
                calls.spawn(async move {
                    let began = Instant::now();
                    let outcome = app.messages.providers[provider].send(&letter).await;
                    (id, provider, outcome, began.elapsed())
                });
            }
        }
        let mut answers = Vec::new();
        while let Some(called) = calls.join_next().await {
            // A call that panicked has no outcome.
            let Ok((id, provider, outcome, took)) = called else { continue };
            self.health[provider].took(took, self.app.now().micros());
            without_outcome.remove(&id);
            answers.push(MessageAnswer { message: id, answer: self.hear(id, provider, outcome) });
        }
        let in_doubt = without_outcome.into_iter();
        answers.extend(in_doubt.map(|message| MessageAnswer { message, answer: ProviderAnswer::None }));
        self.record(answers).await
    }

    /// Learns from an outcome how the provider is, and says when a message that was put off is due again.
    fn hear(&mut self, id: MessageId, provider: usize, outcome: Outcome) -> ProviderAnswer {
        let name = Arc::clone(&self.app.messages.providers[provider].name);
        counter!(SMS_SENDS_TOTAL.name, "provider" => name.to_string(), "outcome" => outcome.word())
            .increment(1);
        let now = self.app.now();
        if !outcome.is_failure() {
            self.health[provider].answered();
        } else if self.health[provider].failed(now.micros()) {
            tracing::warn!(provider = %name, "A provider of messages fails; new messages go to others, or wait.");
        }
        match outcome {
            Outcome::Taken(id) => ProviderAnswer::Taken { id },
            Outcome::Refused(reason) => ProviderAnswer::Refused { reason },
            Outcome::NoAnswer => ProviderAnswer::None,
            Outcome::PutOff(reason) => {
                let intended = self.app.books.readers().with_messages(|messages| messages.open(id).cloned());
                let tries = intended.map_or(1, |message| message.tries);
                let is_other_well = (0..self.health.len())
                    .any(|other| other != provider && !self.health[other].rests(now.micros()));
                ProviderAnswer::PutOff {
                    reason,
                    until: now.plus_seconds(seconds_until_again(tries, is_other_well)),
                }
            }
        }
    }

    /// Records answers. The provider gives them once, so this does not give up.
    async fn record(&self, answers: Vec<MessageAnswer>) -> Result<(), OutboxError> {
        if answers.is_empty() {
            return Ok(());
        }
        loop {
            match tell(&self.app, MessageAsk::Note(answers.clone())).await {
                Ok(_) => return Ok(()),
                Err(error @ (BooksError::Stopped | BooksError::TooLarge)) => return Err(error.into()),
                Err(error) => tracing::warn!(%error, "Answers about messages wait to be recorded."),
            }
            tokio::time::sleep(REST_AFTER_FAILURE).await;
        }
    }

    /// Gives up what nobody will say anything of any more.
    async fn give_up(&self) -> Result<(), OutboxError> {
        let long_ago = self.app.now().plus_seconds(-GIVEN_UP_AFTER_SECONDS);
        let over = self.app.books.readers().with_messages(|messages| {
            let unanswered =
                || messages.all_open().filter(|message| message.state == MessageState::Unanswered);
            let too_many = messages.open_count().saturating_sub(UNANSWERED_MAX);
            let crowded_out =
                if too_many > 0 { unanswered().count().saturating_sub(UNANSWERED_MAX) } else { 0 };
            let numbered = unanswered().enumerate();
            let over =
                numbered.filter(|(number, message)| *number < crowded_out || message.changed < long_ago);
            over.map(|(_, message)| message.id).take(MESSAGES_PER_RECORD_MAX).collect::<Vec<_>>()
        });
        if !over.is_empty() {
            tracing::warn!(count = over.len(), "What became of messages will not be known any more.");
            tell(&self.app, MessageAsk::GiveUp(over)).await?;
        }
        Ok(())
    }

    #[expect(clippy::cast_precision_loss, reason = "metrics are floats; these counts stay far below 2^53")]
    fn measure(&self) {
        let now = self.app.now();
        let (waiting, oldest) = self.app.books.readers().with_messages(|messages| {
            let waiting = messages.all_open().filter(|message| message.state == MessageState::Waiting);
            (messages.waiting_count(), waiting.map(|message| message.happened).min())
        });
        let oldest = self.ahead.front().map(|found| found.record.time).into_iter().chain(oldest).min();
        let age_micros = oldest.map_or(0, |oldest| (now.micros() - oldest.micros()).max(0));
        gauge!(SMS_QUEUE_LENGTH.name).set((waiting + self.ahead.len()) as f64);
        gauge!(SMS_OLDEST_AGE_SECONDS.name).set((age_micros / 1_000_000) as f64);
    }
}

/// A message to be settled.
struct Subject {
    id: MessageId,
    kind: crate::payments::MessageKind,
    bill: Option<crate::payments::PaymentNumber>,
    happened: LedgerTime,
    /// The provider that was chosen last, if one was.
    tried: Option<Arc<str>>,
}

impl Subject {
    fn of(message: &Message) -> Self {
        Self {
            id: message.id,
            kind: message.kind,
            bill: message.bill,
            happened: message.happened,
            tried: message.provider.clone(),
        }
    }
}

/// The provider for a message: the first with room that is not slow, and another than the one that has just had it, as far as
/// there is one.
fn choose(room: &[usize], tried: Option<usize>, is_slow: impl Fn(usize) -> bool) -> usize {
    let with_room = (0..room.len()).filter(|provider| room[*provider] > 0);
    let chosen = with_room.min_by_key(|provider| (Some(*provider) == tried, is_slow(*provider)));
    chosen.expect("nobody asks where nobody has room")
}

fn seconds_until_again(tries: u32, is_other_well: bool) -> i64 {
    if tries <= 1 && is_other_well {
        return ELSEWHERE_AFTER_SECONDS;
    }
    let doublings = tries.saturating_sub(1).min(6);
    (AGAIN_AFTER_SECONDS << doublings).min(AGAIN_AFTER_SECONDS_MAX)
}

/// When a message that failed at its provider is tried again.
pub(super) fn again_after_failure(tries: u32, now: LedgerTime) -> LedgerTime {
    now.plus_seconds(seconds_until_again(tries, false))
}

pub(super) async fn tell(app: &App, ask: MessageAsk) -> Result<Answer, BooksError> {
    let command = Command { principal: "system".into(), cause: "messages".into(), ask: Ask::Message(ask) };
    app.books.ask_patiently(command).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_failed_last_is_asked_again_only_if_nobody_else_can_be() {
        let quick = |_| false;
        assert_eq!(choose(&[64, 64], None, quick), 0);
        assert_eq!(choose(&[64, 64], Some(0), quick), 1);
        assert_eq!(choose(&[64, 0], Some(0), quick), 0);
        assert_eq!(choose(&[0, 1], None, quick), 1);
        assert_eq!(choose(&[64, 64], None, |provider| provider == 0), 1);
        assert_eq!(choose(&[64, 0], None, |provider| provider == 0), 0, "slow is better than nobody");
        assert_eq!(choose(&[64, 64], Some(1), |provider| provider == 0), 0, "or than who has just failed");
    }

    #[test]
    fn a_message_that_was_put_off_comes_again_soon_and_then_ever_later() {
        assert_eq!(seconds_until_again(1, true), 1);
        let later: Vec<_> = (1..9).map(|tries| seconds_until_again(tries, false)).collect();
        assert_eq!(later, [30, 60, 120, 240, 480, 960, 1_800, 1_800]);
        assert_eq!(seconds_until_again(u32::MAX, true), AGAIN_AFTER_SECONDS_MAX);
    }
}
