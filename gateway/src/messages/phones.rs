//! What has to be known of the phones that messages go to: who wants none, how many each has had today, which came last. It is
//! known by hashes under a key that this process draws for itself and never writes down, and is gone with the process; what must
//! survive it is sealed in the journal, and read again at the next start. Why: `decisions/messages.md`.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_lc_rs::hmac;

use crate::channels::mpesa::subscriber::Subscriber;
use crate::payments::MessageId;

/// So many messages are remembered with the phone that they went to; the oldest make room.
const REMEMBERED_MAX: usize = 200_000;

/// A phone, as this process knows it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Tag([u8; 16]);

/// What is known of phones.
pub(super) struct Phones {
    key: hmac::Key,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// The records that say that a phone wants none.
    opted_out: HashMap<Tag, BTreeSet<u64>>,
    had: HashMap<Tag, Had>,
    in_order: VecDeque<(Tag, MessageId)>,
}

/// What a phone has had.
struct Had {
    last: MessageId,
    /// A revenue day, and how many on it.
    day: i32,
    count: u32,
}

impl Phones {
    /// Nothing is known of anybody.
    pub(super) fn new() -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &rand::random::<[u8; 32]>());
        Self { key, known: Mutex::default() }
    }

    /// A phone wants no messages, by this record.
    pub(super) fn opt_out(&self, phone: Subscriber, record: u64) {
        self.known().opted_out.entry(self.tag(phone)).or_default().insert(record);
    }

    /// It wants some again.
    pub(super) fn opt_in(&self, phone: Subscriber) {
        self.known().opted_out.remove(&self.tag(phone));
    }

    /// The records by which it wants none: nothing if it takes messages.
    pub(super) fn records_against(&self, phone: Subscriber) -> Vec<u64> {
        let known = self.known();
        known.opted_out.get(&self.tag(phone)).into_iter().flatten().copied().collect()
    }

    /// How many messages it has had on this day.
    pub(super) fn count_on(&self, phone: Subscriber, day: i32) -> u32 {
        let known = self.known();
        known.had.get(&self.tag(phone)).filter(|had| had.day == day).map_or(0, |had| had.count)
    }

    /// A message goes to it on this day.
    pub(super) fn note(&self, phone: Subscriber, message: MessageId, day: i32) {
        let tag = self.tag(phone);
        let mut known = self.known();
        if known.in_order.len() == REMEMBERED_MAX
            && let Some((oldest, its_message)) = known.in_order.pop_front()
            && known.had.get(&oldest).is_some_and(|had| had.last == its_message)
        {
            known.had.remove(&oldest);
        }
        known.in_order.push_back((tag, message));
        let had = known.had.entry(tag).or_insert(Had { last: message, day, count: 0 });
        had.count = if had.day == day { had.count.saturating_add(1) } else { 1 };
        (had.last, had.day) = (message, day);
    }

    /// The message that it had last.
    pub(super) fn last_message(&self, phone: Subscriber) -> Option<MessageId> {
        self.known().had.get(&self.tag(phone)).map(|had| had.last)
    }

    fn tag(&self, phone: Subscriber) -> Tag {
        let tag = hmac::sign(&self.key, phone.digits().as_bytes());
        let mut short = [0; 16];
        short.copy_from_slice(&tag.as_ref()[..16]);
        Tag(short)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(text: &str) -> Subscriber {
        Subscriber::parse(text).unwrap()
    }

    #[test]
    fn a_phone_is_counted_by_the_day_and_known_by_its_last_message() {
        let phones = Phones::new();
        let (asha, baraka) = (phone("0712345678"), phone("0712345679"));
        for number in 0..3 {
            phones.note(asha, MessageId(number), 7);
        }
        phones.note(baraka, MessageId(9), 7);
        assert_eq!((phones.count_on(asha, 7), phones.count_on(baraka, 7)), (3, 1));
        assert_eq!(phones.count_on(asha, 8), 0);
        phones.note(asha, MessageId(10), 8);
        assert_eq!((phones.count_on(asha, 8), phones.last_message(asha)), (1, Some(MessageId(10))));
    }

    #[test]
    fn whoever_wants_none_gets_none_until_they_want_some_again() {
        let phones = Phones::new();
        let asha = phone("0712345678");
        phones.opt_out(asha, 5);
        phones.opt_out(asha, 8);
        assert_eq!(phones.records_against(phone("+254 712 345 678")), [5, 8]);
        phones.opt_in(asha);
        assert!(phones.records_against(asha).is_empty());
    }

    #[test]
    fn memory_has_an_end() {
        let phones = Phones::new();
        let first = phone("0700000000");
        for number in 0..=REMEMBERED_MAX as u64 {
            phones.note(phone(&format!("07{number:08}")), MessageId(number), 1);
        }
        assert_eq!(phones.known().had.len(), REMEMBERED_MAX);
        assert_eq!(phones.last_message(first), None);
    }
}
