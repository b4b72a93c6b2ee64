//! What records about messages make of the state, and what decisions and staging see of it.

use std::sync::Arc;

use ledger::table::RunError;
use ledger::{Record, Staging, View};

use super::archive::{self, Archived};
use super::event::Event;
use super::message::{MESSAGES_OF_BILL_MAX, Message, MessageHappening, MessageId, MessageState};
use super::message_event::{
    FollowedBy, FollowedMessage, MessageAnswer, MessageEvent, MessageFate, MessageReport, ProviderAnswer,
};
use super::state::Payments;

impl Payments {
    /// The message with this identifier, wherever it is.
    pub(super) fn message(view: &View<'_, Self>, id: MessageId) -> Result<Option<Arc<Message>>, RunError> {
        let in_memory = view.pending().messages.messages.get(&id).or_else(|| view.state().messages.open(id));
        match in_memory {
            Some(message) => Ok(Some(Arc::clone(message))),
            None => Ok(view.archived(&archive::message(id))?.and_then(Archived::message)),
        }
    }

    /// The first record that was not looked through for messages.
    pub(super) fn messages_followed_to(view: &View<'_, Self>) -> u64 {
        view.pending().messages.next_sequence.unwrap_or(view.state().messages.next_sequence())
    }
}

pub(super) fn stage(
    staging: &mut Staging<'_, Payments>,
    record: &Record<Event>,
    event: &MessageEvent,
) -> Result<(), RunError> {
    match event {
        MessageEvent::Followed { next_sequence, messages } => {
            staging.pending().messages.next_sequence = Some(*next_sequence);
            for followed in messages {
                follow(staging, record, followed)?;
            }
        }
        MessageEvent::Answered { answers } => {
            for MessageAnswer { message, answer } in answers {
                let on = answer.happening();
                change(staging, record, *message, on, |message| answer.tell(message))?;
            }
        }
        MessageEvent::Reported { reports } => {
            for report in reports {
                let on = Some(report.fate.happening());
                change(staging, record, report.message, on, |message| report.tell(message))?;
            }
        }
        MessageEvent::GivenUp { messages } => {
            for message in messages {
                change(staging, record, *message, Some(MessageHappening::GivenUp), |_| {})?;
            }
        }
        MessageEvent::OptedOut => {
            staging.pending().messages.opted_out.push((record.sequence, Some(record.time)));
        }
        MessageEvent::OptedIn { records } | MessageEvent::OptOutsLapsed { records } => {
            let over = records.iter().map(|sequence| (*sequence, None));
            staging.pending().messages.opted_out.extend(over);
        }
        // The message follows from the record, when the outbox comes to it.
        MessageEvent::HolderToBeTold { .. } => {}
        MessageEvent::FeedbackGiven { message, agency, service, score } => {
            if let Some(mut known) = staged(staging, *message)? {
                Arc::make_mut(&mut known).score = Some(*score);
                put(staging, known);
            }
            let given = (Arc::clone(agency), Arc::clone(service), *score);
            staging.pending().messages.feedback.push(given);
        }
    }
    Ok(())
}

fn follow(
    staging: &mut Staging<'_, Payments>,
    record: &Record<Event>,
    followed: &FollowedMessage,
) -> Result<(), RunError> {
    let id = followed.message;
    let known = staged(staging, id)?;
    if known.is_none()
        && let Some(bill) = followed.bill
    {
        let place = archive::messages_of_bill(bill);
        let listed = staging.archived(&place)?.and_then(Archived::messages_of_bill);
        let mut listed = listed.map_or_else(Vec::new, Arc::unwrap_or_clone);
        if listed.len() == MESSAGES_OF_BILL_MAX {
            listed.remove(0);
        }
        listed.push(id);
        staging.archive(place, Archived::MessagesOfBill(Arc::new(listed)));
    }
    let mut message = known.unwrap_or_else(|| {
        Arc::new(Message {
            id,
            kind: followed.kind,
            bill: followed.bill,
            state: MessageState::Waiting,
            happened: followed.happened,
            due: record.time,
            tries: 0,
            provider: None,
            provider_id: None,
            reason: None,
            score: None,
            changed: record.time,
            changed_by: record.sequence,
        })
    });
    let changed = Arc::make_mut(&mut message);
    match &followed.then {
        FollowedBy::Waiting { until } => changed.due = *until,
        FollowedBy::Dropped { reason } => changed.reason = Some(Arc::clone(reason)),
        FollowedBy::Intended { provider } => {
            let is_first = changed.tries == 0;
            changed.tries = changed.tries.saturating_add(1);
            changed.provider = Some(Arc::clone(provider));
            changed.provider_id = None;
            changed.reason = None;
            if is_first {
                staging.pending().messages.begun.push(id);
            }
        }
    }
    let on = followed.then.happening();
    settle(staging, record, message, on);
    Ok(())
}

fn change(
    staging: &mut Staging<'_, Payments>,
    record: &Record<Event>,
    id: MessageId,
    on: Option<MessageHappening>,
    tell: impl FnOnce(&mut Message),
) -> Result<(), RunError> {
    if let Some(mut message) = staged(staging, id)? {
        let changed = Arc::make_mut(&mut message);
        tell(changed);
        if let (Some(provider), Some(named)) = (&changed.provider, &changed.provider_id) {
            let place = archive::message_of_provider(provider, named);
            staging.archive(place, Archived::MessageId(id));
        }
        settle(staging, record, message, on);
    }
    Ok(())
}

fn settle(
    staging: &mut Staging<'_, Payments>,
    record: &Record<Event>,
    mut message: Arc<Message>,
    on: Option<MessageHappening>,
) {
    let changed = Arc::make_mut(&mut message);
    if let Some(state) = on.and_then(|on| changed.state.after(on)) {
        changed.state = state;
    }
    changed.changed = record.time;
    changed.changed_by = record.sequence;
    put(staging, message);
}

impl ProviderAnswer {
    fn tell(&self, message: &mut Message) {
        match self {
            Self::Taken { id } => message.provider_id = Some(Arc::clone(id)),
            Self::PutOff { reason, until } => {
                message.reason = Some(Arc::clone(reason));
                message.due = *until;
            }
            Self::Refused { reason } => message.reason = Some(Arc::clone(reason)),
            Self::None => {}
        }
    }
}

impl MessageReport {
    fn tell(&self, message: &mut Message) {
        message.provider_id = Some(Arc::clone(&self.id));
        match &self.fate {
            MessageFate::UnderWay | MessageFate::Delivered => {}
            MessageFate::Failed { reason, until } => {
                message.reason = Some(Arc::clone(reason));
                message.due = *until;
            }
            MessageFate::Undeliverable { reason } => message.reason = Some(Arc::clone(reason)),
        }
    }
}

fn staged(staging: &mut Staging<'_, Payments>, id: MessageId) -> Result<Option<Arc<Message>>, RunError> {
    if let Some(message) = staging.pending().messages.messages.get(&id) {
        return Ok(Some(Arc::clone(message)));
    }
    if let Some(message) = staging.state().messages.open(id) {
        return Ok(Some(Arc::clone(message)));
    }
    Ok(staging.archived(&archive::message(id))?.and_then(Archived::message))
}

fn put(staging: &mut Staging<'_, Payments>, message: Arc<Message>) {
    if !message.state.is_open() {
        staging.archive(archive::message(message.id), Archived::Message(Arc::clone(&message)));
    }
    staging.pending().messages.messages.insert(message.id, message);
}
