//! All messages that something is still to be done about, how far the records were looked through for them, who wants none,
//! and what receivers said of services. What has ended is in the archive.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use ledger::LedgerTime;
use serde::{Deserialize, Serialize};

use super::message::{Message, MessageId, MessageState};

/// So many messages are remembered as the latest, so that a restart knows whom they went to: for the limit of each phone,
/// and for what is answered to them.
pub const RECENT_MESSAGES_MAX: usize = 20_000;

/// How long somebody who wants no messages gets none, in seconds: two years. Who then is sent one can say so again.
pub const OPT_OUT_SECONDS: i64 = 2 * 365 * 86_400;
/// The most phones that are known to want none; beyond that the oldest wishes lapse sooner. Each takes some three hundred bytes
/// of memory, and is opened at every start.
pub const OPT_OUTS_MAX: usize = 1_000_000;
/// From so many on it is said that the bound comes near: while every wish still holds its two years.
pub const OPT_OUTS_WARNED_FROM: usize = OPT_OUTS_MAX / 5 * 4;

/// How often each score was given to a service: from 1 to 5.
pub type Scores = [u64; 5];

/// What the records have made of messages.
#[derive(Clone, Debug, Default)]
pub struct Messages {
    next_sequence: u64,
    open: BTreeMap<MessageId, Arc<Message>>,
    /// Those that wait, by when they are due.
    waiting: BTreeSet<(LedgerTime, MessageId)>,
    /// Records that say that a phone wants none, and since when.
    opted_out: BTreeMap<u64, LedgerTime>,
    recent: VecDeque<MessageId>,
    /// By agency and service.
    feedback: BTreeMap<(Arc<str>, Arc<str>), Scores>,
}

/// What the records of a batch would change.
#[derive(Clone, Debug, Default)]
pub(super) struct MessageChanges {
    pub(super) next_sequence: Option<u64>,
    /// As they become, open or not.
    pub(super) messages: BTreeMap<MessageId, Arc<Message>>,
    /// Those that are handed over for the first time, in order.
    pub(super) begun: Vec<MessageId>,
    /// Records about phones that want no messages: since when, or nothing if that is over. In order.
    pub(super) opted_out: Vec<(u64, Option<LedgerTime>)>,
    /// Agency, service, score.
    pub(super) feedback: Vec<(Arc<str>, Arc<str>, u8)>,
}

/// The same, as a snapshot has it: maps with keys that are no texts are lists there.
#[derive(Serialize, Deserialize)]
pub(super) struct MessageParts {
    next_sequence: u64,
    open: Vec<Arc<Message>>,
    opted_out: Vec<(u64, LedgerTime)>,
    recent: VecDeque<MessageId>,
    feedback: Vec<(Arc<str>, Arc<str>, Scores)>,
}

impl MessageChanges {
    /// Whether a batch has nothing to do with messages.
    pub(super) fn is_empty(&self) -> bool {
        let Self { next_sequence, messages, begun, opted_out, feedback } = self;
        next_sequence.is_none()
            && messages.is_empty()
            && begun.is_empty()
            && opted_out.is_empty()
            && feedback.is_empty()
    }
}

impl Messages {
    /// The first record that has not been looked at.
    pub fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// The message with this identifier, if something is still to be done about it.
    pub fn open(&self, id: MessageId) -> Option<&Arc<Message>> {
        self.open.get(&id)
    }

    /// Every such message.
    pub fn all_open(&self) -> impl Iterator<Item = &Arc<Message>> {
        self.open.values()
    }

    /// How many there are.
    pub fn open_count(&self) -> usize {
        self.open.len()
    }

    /// How many of them wait to be handed over.
    pub fn waiting_count(&self) -> usize {
        self.waiting.len()
    }

    /// Those that are due, the oldest first, so many at most.
    pub fn due(&self, now: LedgerTime, limit: usize) -> Vec<Arc<Message>> {
        let due = self.waiting.iter().take_while(|(due, _)| *due <= now);
        due.filter_map(|(_, id)| self.open.get(id).cloned()).take(limit).collect()
    }

    /// Records in which the phones are sealed that want no messages.
    pub fn opted_out(&self) -> impl Iterator<Item = u64> {
        self.opted_out.keys().copied()
    }

    /// How many such records there are.
    pub fn opted_out_count(&self) -> usize {
        self.opted_out.len()
    }

    /// Those of them that have lapsed, by their age or because there are too many: the oldest, so many at most.
    pub fn lapsed_opt_outs(&self, now: LedgerTime, limit: usize) -> Vec<u64> {
        let too_many = self.opted_out.len().saturating_sub(OPT_OUTS_MAX);
        let in_order = self.opted_out.iter().enumerate();
        let lapsed = in_order.take_while(|(index, (_, since))| {
            *index < too_many || since.plus_seconds(OPT_OUT_SECONDS) <= now
        });
        lapsed.map(|(_, (record, _))| *record).take(limit).collect()
    }

    /// The latest messages that a provider was chosen for, the oldest first.
    pub fn recent(&self) -> impl DoubleEndedIterator<Item = MessageId> {
        self.recent.iter().copied()
    }

    /// What was said of services: agency, service, how often each score.
    pub fn feedback(&self) -> impl Iterator<Item = (&Arc<str>, &Arc<str>, Scores)> {
        self.feedback.iter().map(|((agency, service), scores)| (agency, service, *scores))
    }

    pub(super) fn apply(&mut self, changes: &MessageChanges) {
        self.next_sequence = changes.next_sequence.unwrap_or(self.next_sequence);
        for (id, message) in &changes.messages {
            self.put(*id, Arc::clone(message));
        }
        for id in &changes.begun {
            if self.recent.len() == RECENT_MESSAGES_MAX {
                self.recent.pop_front();
            }
            self.recent.push_back(*id);
        }
        for (record, since) in &changes.opted_out {
            match since {
                Some(since) => self.opted_out.insert(*record, *since),
                None => self.opted_out.remove(record),
            };
        }
        for (agency, service, score) in &changes.feedback {
            let scores = self.feedback.entry((Arc::clone(agency), Arc::clone(service))).or_default();
            if let Some(count) = scores.get_mut(usize::from(*score).saturating_sub(1)) {
                *count = count.saturating_add(1);
            }
        }
    }

    fn put(&mut self, id: MessageId, message: Arc<Message>) {
        if let Some(before) = self.open.remove(&id) {
            self.waiting.remove(&(before.due, id));
        }
        if message.state == MessageState::Waiting {
            self.waiting.insert((message.due, id));
        }
        if message.state.is_open() {
            self.open.insert(id, message);
        }
    }

    pub(super) fn parts(&self) -> MessageParts {
        let feedback = self.feedback.iter();
        MessageParts {
            next_sequence: self.next_sequence,
            open: self.open.values().cloned().collect(),
            opted_out: self.opted_out.iter().map(|(record, since)| (*record, *since)).collect(),
            recent: self.recent.clone(),
            feedback: feedback
                .map(|((agency, service), scores)| (Arc::clone(agency), Arc::clone(service), *scores))
                .collect(),
        }
    }

    pub(super) fn of_parts(parts: MessageParts) -> Self {
        let feedback = parts.feedback.into_iter();
        let mut messages = Self {
            next_sequence: parts.next_sequence,
            opted_out: parts.opted_out.into_iter().collect(),
            recent: parts.recent,
            feedback: feedback.map(|(agency, service, scores)| ((agency, service), scores)).collect(),
            ..Self::default()
        };
        for message in parts.open {
            messages.put(message.id, message);
        }
        messages
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payments::message::MessageKind;

    fn message(id: u64, state: MessageState) -> (MessageId, Arc<Message>) {
        let (id, time) = (MessageId(id), LedgerTime::from_micros(i64::try_from(id).unwrap()));
        let message = Message {
            id,
            kind: MessageKind::Receipt,
            bill: None,
            state,
            happened: time,
            due: time,
            tries: 0,
            provider: None,
            provider_id: None,
            reason: None,
            score: None,
            changed: time,
            changed_by: 9,
        };
        (id, Arc::new(message))
    }

    fn at(micros: i64) -> LedgerTime {
        LedgerTime::from_micros(micros)
    }

    #[test]
    fn a_snapshot_has_all_of_it() {
        let mut messages = Messages::default();
        let states =
            [MessageState::Waiting, MessageState::Intended, MessageState::Unanswered, MessageState::Dropped];
        messages.apply(&MessageChanges {
            next_sequence: Some(90),
            messages: (1..).zip(states).map(|(id, state)| message(id, state)).collect(),
            begun: vec![MessageId(2), MessageId(3)],
            opted_out: vec![(5, Some(at(5))), (6, Some(at(6))), (5, None)],
            feedback: vec![("KWS".into(), "entry".into(), 5), ("KWS".into(), "entry".into(), 1)],
        });
        let bytes = serde_json::to_vec(&messages.parts()).unwrap();
        let again = Messages::of_parts(serde_json::from_slice(&bytes).unwrap());
        assert_eq!(again.next_sequence(), 90);
        assert_eq!((again.open_count(), again.waiting_count()), (3, 1), "what was dropped is in the archive");
        assert_eq!(again.due(at(9), 9)[0].id, MessageId(1));
        assert_eq!(again.recent().collect::<Vec<_>>(), [MessageId(2), MessageId(3)]);
        assert_eq!(again.opted_out().collect::<Vec<_>>(), [6]);
        assert_eq!(again.feedback().next().unwrap().2, [1, 0, 0, 0, 1]);
    }

    #[test]
    fn what_is_due_comes_in_its_order_and_what_is_settled_comes_no_more() {
        let mut messages = Messages::default();
        let changes = |messages: Vec<_>| MessageChanges {
            messages: messages.into_iter().collect(),
            ..MessageChanges::default()
        };
        messages.apply(&changes([4, 2, 3].map(|id| message(id, MessageState::Waiting)).to_vec()));
        let due = |messages: &Messages, now, limit| {
            messages.due(at(now), limit).iter().map(|message| message.id.0).collect::<Vec<_>>()
        };
        assert_eq!(due(&messages, 3, 9), [2, 3]);
        assert_eq!(due(&messages, 9, 2), [2, 3]);
        messages.apply(&changes(vec![message(2, MessageState::Intended), message(3, MessageState::Dropped)]));
        assert_eq!(due(&messages, 9, 9), [4]);
        assert_eq!(messages.open_count(), 2);
    }

    #[test]
    fn who_wants_no_messages_gets_none_for_two_years_and_memory_has_an_end() {
        let mut messages = Messages::default();
        let opt_out = |records: std::ops::Range<u64>| MessageChanges {
            opted_out: records.map(|record| (record, Some(at(record as i64)))).collect(),
            ..MessageChanges::default()
        };
        let (max, years) = (OPT_OUTS_MAX as u64, OPT_OUT_SECONDS * 1_000_000);
        messages.apply(&opt_out(0..max));
        assert!(messages.lapsed_opt_outs(at(years - 1), 9).is_empty());
        assert_eq!(messages.lapsed_opt_outs(at(years), 9), [0]);
        assert_eq!(messages.lapsed_opt_outs(at(years + 2), 9), [0, 1, 2]);
        assert_eq!(messages.lapsed_opt_outs(at(i64::MAX / 2), 9).len(), 9);
        messages.apply(&opt_out(max..max + 3));
        assert_eq!(messages.lapsed_opt_outs(at(1), 9), [0, 1, 2], "the oldest make room");
        let lapsed = vec![(0, None), (1, None), (2, None)];
        messages.apply(&MessageChanges { opted_out: lapsed, ..MessageChanges::default() });
        assert!(messages.lapsed_opt_outs(at(1), 9).is_empty());
        assert_eq!(messages.opted_out_count(), OPT_OUTS_MAX);
    }

    #[test]
    fn the_latest_messages_have_an_end() {
        let mut messages = Messages::default();
        let begun = (0..=RECENT_MESSAGES_MAX as u64).map(MessageId).collect();
        messages.apply(&MessageChanges { begun, ..MessageChanges::default() });
        assert_eq!(messages.recent().count(), RECENT_MESSAGES_MAX);
        assert_eq!(messages.recent().next(), Some(MessageId(1)));
    }
}
