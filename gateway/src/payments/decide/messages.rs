//! Messages: what is settled before a provider is asked, what it answers, what it reports. Of a list, what changes nothing
//! is left out: an answer or a report that comes twice is one.

use std::collections::BTreeSet;

use ledger::table::RunError;
use ledger::{Claim, Decision, ShortKey, View};

use super::{Payments, draft};
use crate::payments::archive;
use crate::payments::command::{Answer, Command};
use crate::payments::event::Event;
use crate::payments::message::{Message, MessageHappening as On, MessageId, MessageState};
use crate::payments::message_event::{
    FollowedBy, FollowedMessage, MESSAGES_PER_RECORD_MAX, MessageAnswer, MessageAsk, MessageEvent,
    MessageFate, MessageReport, ProviderAnswer,
};
use crate::payments::number::PaymentNumber;

/// Decides about messages.
pub(super) fn decide(
    view: &View<'_, Payments>,
    command: &Command,
    ask: &MessageAsk,
) -> Result<Decision<Payments>, RunError> {
    let event = match ask {
        MessageAsk::Follow { next_sequence, messages } => follow(view, *next_sequence, messages)?,
        MessageAsk::TellHolder { outage, bill } => {
            let is_told = view.claimed(&ShortKey::of(&holder_key(*outage, *bill)))?.is_some();
            let is_open = Payments::bill(view, *bill)?.is_some_and(|bill| bill.state.is_open());
            (!is_told && is_open).then_some(MessageEvent::HolderToBeTold { outage: *outage, bill: *bill })
        }
        MessageAsk::Note(answers) => {
            let moves = |answer: &MessageAnswer| (answer.message, answer.answer.happening());
            let answers = those_that_change(view, answers, moves)?;
            Some(answers)
                .filter(|answers| !answers.is_empty())
                .map(|answers| MessageEvent::Answered { answers })
        }
        MessageAsk::Report(reports) => {
            let reports = reports_that_tell(view, reports)?;
            Some(reports)
                .filter(|reports| !reports.is_empty())
                .map(|reports| MessageEvent::Reported { reports })
        }
        MessageAsk::GiveUp(messages) => {
            let messages = those_that_change(view, messages, |message| (*message, Some(On::GivenUp)))?;
            Some(messages)
                .filter(|messages| !messages.is_empty())
                .map(|messages| MessageEvent::GivenUp { messages })
        }
        MessageAsk::OptOut(_) => Some(MessageEvent::OptedOut),
        MessageAsk::OptIn { records } => Some(MessageEvent::OptedIn { records: records.clone() }),
        MessageAsk::LetOptOutsLapse { records } => {
            let lapsed = view.state().messages.lapsed_opt_outs(view.now(), MESSAGES_PER_RECORD_MAX);
            let records: Vec<u64> = records.iter().copied().filter(|it| lapsed.contains(it)).collect();
            // Only the outbox asks, one thing after the other: nothing of it is in the batch.
            Some(records)
                .filter(|records| !records.is_empty())
                .map(|records| MessageEvent::OptOutsLapsed { records })
        }
        MessageAsk::GiveFeedback { message, agency, service, score } => {
            let known = Payments::message(view, *message)?;
            if known.is_none_or(|known| known.score.is_some()) || !(1..=5).contains(score) {
                return Ok(Decision::answer(Answer::Nothing));
            }
            let (agency, service) = (agency.clone(), service.clone());
            Some(MessageEvent::FeedbackGiven { message: *message, agency, service, score: *score })
        }
    };
    let Some(event) = event else { return Ok(Decision::answer(Answer::Nothing)) };
    let mut draft = draft(command, Event::Message(event));
    if let MessageAsk::TellHolder { outage, bill } = ask {
        draft.claims.push(Claim { key: holder_key(*outage, *bill).into(), detail: [0; 24] });
    }
    if let MessageAsk::OptOut(sealed) = ask {
        draft.sealed = Some(sealed.clone());
    }
    Ok(Decision::record(draft, Answer::Done { sequence: view.next_sequence() }))
}

/// The key by which whoever has a bill is told of an outage once.
fn holder_key(outage: u64, bill: PaymentNumber) -> String {
    format!("holder told of outage {outage} bill {bill}")
}

fn follow(
    view: &View<'_, Payments>,
    next_sequence: u64,
    messages: &[FollowedMessage],
) -> Result<Option<MessageEvent>, RunError> {
    let before = Payments::messages_followed_to(view);
    let mut seen = BTreeSet::new();
    let mut settled = Vec::new();
    for followed in messages.iter().take(MESSAGES_PER_RECORD_MAX) {
        let is_possible = match Payments::message(view, followed.message)? {
            // Known messages that waited are settled again; a message is found in its record once.
            Some(known) => {
                let on = followed.then.happening();
                on.is_some_and(|on| known.state.after(on).is_some())
            }
            None => true,
        };
        if is_possible && seen.insert(followed.message) {
            settled.push(followed.clone());
        }
    }
    if settled.is_empty() && next_sequence <= before {
        return Ok(None);
    }
    let next_sequence = next_sequence.max(before);
    Ok(Some(MessageEvent::Followed { next_sequence, messages: settled }))
}

/// Those of a list that change the message that they are about. Of several about one message, the first.
fn those_that_change<T: Clone>(
    view: &View<'_, Payments>,
    list: &[T],
    about: impl Fn(&T) -> (MessageId, Option<On>),
) -> Result<Vec<T>, RunError> {
    let mut seen = BTreeSet::new();
    let mut changing = Vec::new();
    for one in list.iter().take(MESSAGES_PER_RECORD_MAX) {
        let (id, on) = about(one);
        let known = Payments::message(view, id)?;
        let changes = known.zip(on).is_some_and(|(known, on)| known.state.after(on).is_some());
        if changes && seen.insert(id) {
            changing.push(one.clone());
        }
    }
    Ok(changing)
}

/// Reports of the provider that has the message, under the name that it gave it: one of an earlier hand-over says nothing
/// about a later one.
fn reports_that_tell(
    view: &View<'_, Payments>,
    reports: &[MessageReport],
) -> Result<Vec<MessageReport>, RunError> {
    let mut telling = Vec::new();
    for report in those_that_change(view, reports, |report| (report.message, Some(report.fate.happening())))?
    {
        let known = Payments::message(view, report.message)?;
        if let Some(known) = known
            && is_about(view, &known, &report)?
        {
            telling.push(report);
        }
    }
    Ok(telling)
}

fn is_about(view: &View<'_, Payments>, known: &Message, report: &MessageReport) -> Result<bool, RunError> {
    if known.provider.as_ref() != Some(&report.provider) {
        return Ok(false);
    }
    if known.provider_id.as_ref() == Some(&report.id) {
        return Ok(true);
    }
    // The provider was asked and has not said how it calls the message: any name that nobody knows yet may be it. One that
    // is known was given to an earlier hand-over.
    let is_name_open = matches!(known.state, MessageState::Intended | MessageState::Unanswered);
    Ok(is_name_open && view.archived(&archive::message_of_provider(&report.provider, &report.id))?.is_none())
}

impl FollowedBy {
    /// What this does to a message that waits; nothing if it goes on waiting.
    pub(in crate::payments) fn happening(&self) -> Option<On> {
        match self {
            Self::Intended { .. } => Some(On::Intended),
            Self::Dropped { .. } => Some(On::Dropped),
            Self::Waiting { .. } => None,
        }
    }
}

impl ProviderAnswer {
    /// What this does to a message.
    pub(in crate::payments) fn happening(&self) -> Option<On> {
        Some(match self {
            Self::Taken { .. } => On::Taken,
            Self::PutOff { .. } => On::PutOff,
            Self::Refused { .. } => On::Refused,
            Self::None => On::NoAnswer,
        })
    }
}

impl MessageFate {
    /// What this does to a message.
    pub(in crate::payments) fn happening(&self) -> On {
        match self {
            Self::UnderWay => On::Taken,
            Self::Delivered => On::ReportedDelivered,
            Self::Failed { .. } => On::ReportedFailed,
            Self::Undeliverable { .. } => On::ReportedUndeliverable,
        }
    }
}
