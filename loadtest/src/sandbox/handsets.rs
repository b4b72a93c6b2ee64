//! What phones show: the prompt that waits and the messages that came.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::Serialize;

use crate::phone::Phone;

/// How many phones are remembered; the one first seen makes room.
const HANDSETS_MAX: usize = 10_000;
/// How many messages a phone keeps.
const MESSAGES_MAX: usize = 50;

/// A text message in a phone's inbox.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Message {
    pub(crate) at: Timestamp,
    pub(crate) sender: String,
    pub(crate) text: String,
}

/// All phones that have shown something.
#[derive(Debug, Default)]
pub(crate) struct Handsets {
    inboxes: Mutex<Inboxes>,
}

#[derive(Debug, Default)]
struct Inboxes {
    by_phone: HashMap<Phone, VecDeque<Message>>,
    in_order_of_arrival: VecDeque<Phone>,
}

impl Handsets {
    /// A message arrives.
    pub(crate) fn receive(&self, phone: &Phone, message: Message) {
        let mut inboxes = self.lock();
        if !inboxes.by_phone.contains_key(phone) {
            if inboxes.in_order_of_arrival.len() == HANDSETS_MAX
                && let Some(oldest) = inboxes.in_order_of_arrival.pop_front()
            {
                inboxes.by_phone.remove(&oldest);
            }
            inboxes.in_order_of_arrival.push_back(phone.clone());
        }
        let inbox = inboxes.by_phone.entry(phone.clone()).or_default();
        if inbox.len() == MESSAGES_MAX {
            inbox.pop_front();
        }
        inbox.push_back(message);
    }

    /// The messages of a phone, oldest first.
    pub(crate) fn messages(&self, phone: &Phone) -> Vec<Message> {
        self.lock().by_phone.get(phone).map(|inbox| inbox.iter().cloned().collect()).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Inboxes> {
        self.inboxes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inboxes_and_their_number_are_bounded() {
        let handsets = Handsets::default();
        let message = |text: String| Message { at: Timestamp::UNIX_EPOCH, sender: "MPESA".into(), text };
        let first = Phone::parse("254100000100").unwrap();
        for n in 0..60 {
            handsets.receive(&first, message(n.to_string()));
        }
        let kept = handsets.messages(&first);
        assert_eq!((kept.len(), kept[0].text.as_str()), (50, "10"));
        for n in 0..HANDSETS_MAX {
            handsets.receive(&Phone::parse(&format!("2547{n:08}")).unwrap(), message(String::new()));
        }
        assert!(handsets.messages(&first).is_empty(), "the oldest phone made room");
    }
}
