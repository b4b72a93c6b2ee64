//! The inbox: what providers report of messages, and what subscribers answer. Gathered for a moment, so that one record tells of
//! many reports, and acknowledged once it is durable.
//!
//! A report names its message as the provider does. A message that was handed over without an answer has no such name here;
//! if exactly one of those went to the same phone by the same provider, it is that one. A report may also be faster than
//! the answer about its message, so what cannot be placed is looked at again for a while.

use std::sync::Arc;
use std::time::Duration;

use metrics::counter;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::incoming::{Meaning, read};
use super::letter::{LetterError, receiver};
use super::opt_outs::destroy_keys;
use super::outbox::{again_after_failure, tell};
use super::wire::{Report, ReportStatus, SubscribersText};
use crate::app::SharedApp;
use crate::books::{BooksError, LookupError};
use crate::channels::mpesa::subscriber::Subscriber;
use crate::payments::{
    Answer, MESSAGES_PER_RECORD_MAX, MessageAsk, MessageFate, MessageId, MessageReport, MessageState,
};
use crate::personal::{Field, Personal};
use crate::telemetry::metrics::{SMS_REPLIES_TOTAL, SMS_REPORTS_TOTAL};

/// What may wait to be looked at. More are turned away; a provider that is not answered sends again, or the message stays as
/// it is.
pub(super) const ARRIVED_MAX: usize = 4_096;
/// How long reports are gathered for one record.
const GATHERED_FOR: Duration = Duration::from_millis(20);
/// How long and how often a report is looked at again that cannot be placed: as long as a call may take.
const PLACED_WITHIN: Duration = Duration::from_secs(30);
const LOOKED_AT_AGAIN_AFTER: Duration = Duration::from_millis(500);
/// So many reports wait to be placed.
const UNPLACED_MAX: usize = 1_024;

/// Something that a provider has told us.
pub(super) struct Arrived {
    /// Which provider.
    pub(super) provider: Arc<str>,
    /// What.
    pub(super) what: What,
    /// Told once it is durable, or was found to need no record.
    pub(super) done: oneshot::Sender<Result<(), BooksError>>,
}

/// What a provider tells us.
pub(super) enum What {
    /// What became of a message.
    Report(Report),
    /// What a subscriber answers.
    Text(SubscribersText),
}

/// A report that cannot be placed yet.
struct Unplaced {
    provider: Arc<str>,
    report: Report,
    until: Instant,
}

struct Inbox {
    app: SharedApp,
    unplaced: Vec<Unplaced>,
}

/// Takes in what arrives until it is told to stop.
pub(super) async fn run(app: SharedApp, arrived: &mut mpsc::Receiver<Arrived>, stop: CancellationToken) {
    let mut inbox = Inbox { app, unplaced: Vec::new() };
    loop {
        let again = Instant::now() + LOOKED_AT_AGAIN_AFTER;
        let next = async {
            if inbox.unplaced.is_empty() {
                arrived.recv().await.map(Some)
            } else {
                timeout_at(again, arrived.recv())
                    .await
                    .unwrap_or(None)
                    .map_or(Some(None), |it| Some(Some(it)))
            }
        };
        let Some(Some(first)) = stop.run_until_cancelled(next).await else { return };
        let mut gathered: Vec<_> = first.into_iter().collect();
        let until = Instant::now() + GATHERED_FOR;
        while !gathered.is_empty() && gathered.len() < MESSAGES_PER_RECORD_MAX {
            match timeout_at(until, arrived.recv()).await {
                Ok(Some(more)) => gathered.push(more),
                Ok(None) | Err(_) => break,
            }
        }
        inbox.take_in(gathered).await;
    }
}

impl Inbox {
    async fn take_in(&mut self, gathered: Vec<Arrived>) {
        let (mut reports, mut waiting) = (Vec::new(), Vec::new());
        let now = Instant::now();
        for unplaced in std::mem::take(&mut self.unplaced) {
            match self.place(&unplaced.provider, &unplaced.report) {
                Ok(Some(placed)) => reports.push(placed),
                _ if now < unplaced.until => self.unplaced.push(unplaced),
                _ => counter!(SMS_REPORTS_TOTAL.name, "outcome" => "unknown").increment(1),
            }
        }
        for Arrived { provider, what, done } in gathered {
            match what {
                What::Text(text) => {
                    let outcome = self.hear(&provider, text).await;
                    // Whoever asked may have gone.
                    let _ = done.send(outcome);
                }
                What::Report(report) => match self.place(&provider, &report) {
                    Ok(Some(placed)) => {
                        reports.push(placed);
                        waiting.push(done);
                    }
                    Ok(None) => {
                        if self.unplaced.len() < UNPLACED_MAX {
                            self.unplaced.push(Unplaced { provider, report, until: now + PLACED_WITHIN });
                        }
                        let _ = done.send(Ok(()));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "A report on a message cannot be placed now.");
                        let _ = done.send(Err(BooksError::Crowded));
                    }
                },
            }
        }
        let mut outcome = Ok(());
        for chunk in reports.chunks(MESSAGES_PER_RECORD_MAX) {
            let told = tell(&self.app, MessageAsk::Report(chunk.to_vec())).await;
            let word = match &told {
                Ok(Answer::Done { .. }) => "noted",
                Ok(_) => "known",
                Err(_) => "not_noted",
            };
            counter!(SMS_REPORTS_TOTAL.name, "outcome" => word).increment(chunk.len() as u64);
            outcome = outcome.and(told.map(drop));
        }
        for done in waiting {
            let told = match &outcome {
                Ok(()) => Ok(()),
                Err(_) => Err(BooksError::Crowded),
            };
            let _ = done.send(told);
        }
    }

    /// Finds the message that a report is about.
    fn place(&self, provider: &Arc<str>, report: &Report) -> Result<Option<MessageReport>, LetterError> {
        let named = self.app.books.message_of_provider(provider, &report.id)?;
        let id = match (named, report.phone) {
            (Some(id), _) => id,
            (None, Some(phone)) => match self.only_one_without_name(provider, phone)? {
                Some(id) => id,
                None => return Ok(None),
            },
            (None, None) => return Ok(None),
        };
        let tries = self.app.books.message(id)?.map_or(1, |message| message.tries);
        let fate = match &report.status {
            ReportStatus::UnderWay => MessageFate::UnderWay,
            ReportStatus::Delivered => MessageFate::Delivered,
            ReportStatus::Failed(reason) => MessageFate::Failed {
                reason: Arc::clone(reason),
                until: again_after_failure(tries, self.app.now()),
            },
            ReportStatus::Undeliverable(reason) => MessageFate::Undeliverable { reason: Arc::clone(reason) },
        };
        let (provider, name) = (Arc::clone(provider), Arc::clone(&report.id));
        Ok(Some(MessageReport { message: id, provider, id: name, fate }))
    }

    /// The one message to this phone that this provider may have without our knowing its name.
    fn only_one_without_name(
        &self,
        provider: &Arc<str>,
        phone: Subscriber,
    ) -> Result<Option<MessageId>, LetterError> {
        let nameless: Vec<_> = self.app.books.readers().with_messages(|messages| {
            let nameless = messages.all_open().filter(|message| {
                matches!(message.state, MessageState::Intended | MessageState::Unanswered)
                    && message.provider.as_ref() == Some(provider)
                    && message.provider_id.is_none()
            });
            nameless.map(|message| message.id).collect()
        });
        let mut only = None;
        for id in nameless {
            let is_for = match self.app.messages.phones.is_for(id, phone) {
                Some(is_for) => is_for,
                None => receiver(&self.app, id)? == Some(phone),
            };
            if is_for && only.replace(id).is_some() {
                return Ok(None);
            }
        }
        Ok(only)
    }

    /// Does what a subscriber wants.
    async fn hear(&self, provider: &str, text: SubscribersText) -> Result<(), BooksError> {
        let SubscribersText { from, text } = text;
        let meaning = read(&text);
        let word = match meaning {
            Meaning::Stop => "stop",
            Meaning::Start => "start",
            Meaning::Score(_) => "score",
            Meaning::Other => "other",
        };
        counter!(SMS_REPLIES_TOTAL.name, "meaning" => word).increment(1);
        let phones = &self.app.messages.phones;
        match meaning {
            Meaning::Stop if phones.records_against(from).is_empty() => self.opt_out(from).await,
            Meaning::Start => {
                let records = phones.records_against(from);
                if !records.is_empty() {
                    // Whoever is not told that this was heard says it again.
                    if let Err(error) = destroy_keys(&self.app, &records) {
                        tracing::error!(%error, "The key of a phone that wants messages again is not destroyed.");
                        return Err(BooksError::Crowded);
                    }
                    tell(&self.app, MessageAsk::OptIn { records }).await?;
                    phones.opt_in(from);
                }
                Ok(())
            }
            Meaning::Score(score) => match self.feedback(from, score) {
                Ok(Some(ask)) => tell(&self.app, ask).await.map(drop),
                Ok(None) => Ok(()),
                Err(error) => {
                    tracing::warn!(%error, provider, "What somebody says of a service cannot be placed.");
                    Ok(())
                }
            },
            Meaning::Stop | Meaning::Other => Ok(()),
        }
    }

    async fn opt_out(&self, phone: Subscriber) -> Result<(), BooksError> {
        // Under a key of its own: whoever has a bill forgotten does not want to hear from us again.
        let sealed = self.app.vault.take().and_then(|taken| {
            Personal::default().with(Field::Phone, Some(&phone.digits())).seal_with(&taken)
        });
        let sealed = match sealed {
            Ok(Some(sealed)) => sealed,
            Ok(None) => return Ok(()),
            Err(error) => {
                tracing::error!(%error, "That a phone wants no messages cannot be sealed.");
                return Err(BooksError::Crowded);
            }
        };
        if let Answer::Done { sequence } = tell(&self.app, MessageAsk::OptOut(sealed)).await? {
            self.app.messages.phones.opt_out(phone, sequence);
        }
        Ok(())
    }

    /// A score is for the service of the receipt that came last.
    fn feedback(&self, from: Subscriber, score: u8) -> Result<Option<MessageAsk>, LookupError> {
        let books = &self.app.books;
        let Some(id) = self.app.messages.phones.last_receipt(from) else { return Ok(None) };
        let Some(number) = books.message(id)?.and_then(|message| message.bill) else { return Ok(None) };
        let Some(bill) = books.bill(number)? else { return Ok(None) };
        let (agency, service) = (Arc::clone(&bill.terms.agency), Arc::clone(&bill.terms.service));
        Ok(Some(MessageAsk::GiveFeedback { message: id, agency, service, score }))
    }
}
