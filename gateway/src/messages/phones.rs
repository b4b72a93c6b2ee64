//! What has to be known of the phones that messages go to: who wants none, how much each has had today, which came last. It is
//! known by hashes under a key that this process draws for itself and never writes down, and is gone with the process; what must
//! survive it is sealed in the journal, and read again at the next start. Why: `decisions/messages.md`.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_lc_rs::hmac;

use crate::channels::mpesa::subscriber::Subscriber;
use crate::payments::{MessageId, MessageKind};

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
    /// Whom each of them is of.
    opted_out_by: HashMap<u64, Tag>,
    had: HashMap<Tag, Had>,
    went_to: HashMap<MessageId, Tag>,
    in_order: VecDeque<MessageId>,
}

/// What a phone has had.
struct Had {
    last: MessageId,
    /// The last that told of a bill that is paid.
    last_receipt: Option<MessageId>,
    /// A revenue day, and how many on it that tell of no money.
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
        let tag = self.tag(phone);
        let mut known = self.known();
        known.opted_out.entry(tag).or_default().insert(record);
        known.opted_out_by.insert(record, tag);
    }

    /// It wants some again.
    pub(super) fn opt_in(&self, phone: Subscriber) {
        let records = self.records_against(phone);
        self.forget_opt_outs(&records);
    }

    /// What these records said is over, whoever they are of.
    pub(super) fn forget_opt_outs(&self, records: &[u64]) {
        let mut known = self.known();
        for record in records {
            let Some(tag) = known.opted_out_by.remove(record) else { continue };
            if let Some(against) = known.opted_out.get_mut(&tag) {
                against.remove(record);
                if against.is_empty() {
                    known.opted_out.remove(&tag);
                }
            }
        }
    }

    /// The records by which it wants none: nothing if it takes messages.
    pub(super) fn records_against(&self, phone: Subscriber) -> Vec<u64> {
        let known = self.known();
        known.opted_out.get(&self.tag(phone)).into_iter().flatten().copied().collect()
    }

    /// Whether it has had so many messages on this day that it gets no further one of this kind. What tells of money neither
    /// counts nor is held back: whoever floods a phone with news of documents silences no receipt, and the other way round.
    pub(super) fn has_had_enough(&self, phone: Subscriber, kind: MessageKind, day: i32, most: u32) -> bool {
        !kind.is_about_money() && self.count_on(phone, day) >= most
    }

    /// How many messages it has had on this day that tell of no money.
    fn count_on(&self, phone: Subscriber, day: i32) -> u32 {
        let known = self.known();
        known.had.get(&self.tag(phone)).filter(|had| had.day == day).map_or(0, |had| had.count)
    }

    /// A message goes to it on this day. Handed over again, it is the same message.
    pub(super) fn note(&self, phone: Subscriber, message: MessageId, kind: MessageKind, day: i32) {
        let tag = self.tag(phone);
        let mut known = self.known();
        if known.went_to.contains_key(&message) {
            return;
        }
        if known.in_order.len() == REMEMBERED_MAX
            && let Some(oldest) = known.in_order.pop_front()
        {
            known.forget(oldest);
        }
        known.in_order.push_back(message);
        known.went_to.insert(message, tag);
        let had = known.had.entry(tag).or_insert(Had { last: message, last_receipt: None, day, count: 0 });
        if had.day != day {
            had.count = 0;
        }
        had.count = had.count.saturating_add(u32::from(!kind.is_about_money()));
        (had.last, had.day) = (message, day);
        if kind == MessageKind::Receipt {
            had.last_receipt = Some(message);
        }
    }

    /// Whether a message went to this phone; nothing if it is not remembered.
    pub(super) fn is_for(&self, message: MessageId, phone: Subscriber) -> Option<bool> {
        let tag = self.tag(phone);
        self.known().went_to.get(&message).map(|known| *known == tag)
    }

    /// The receipt that it had last.
    pub(super) fn last_receipt(&self, phone: Subscriber) -> Option<MessageId> {
        self.known().had.get(&self.tag(phone)).and_then(|had| had.last_receipt)
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

impl Known {
    fn forget(&mut self, message: MessageId) {
        if let Some(tag) = self.went_to.remove(&message)
            && self.had.get(&tag).is_some_and(|had| had.last == message)
        {
            self.had.remove(&tag);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phone(text: &str) -> Subscriber {
        Subscriber::parse(text).unwrap()
    }

    #[test]
    fn a_phone_is_counted_by_the_day_and_known_by_its_messages() {
        let phones = Phones::new();
        let (asha, baraka) = (phone("0712345678"), phone("0712345679"));
        for number in 0..3 {
            phones.note(asha, MessageId(number), MessageKind::Receipt, 7);
            phones.note(asha, MessageId(number + 20), MessageKind::Ready, 7);
        }
        phones.note(baraka, MessageId(9), MessageKind::Ready, 7);
        phones.note(baraka, MessageId(9), MessageKind::Ready, 7);
        assert_eq!((phones.count_on(asha, 7), phones.count_on(baraka, 7)), (3, 1));
        assert_eq!(phones.count_on(asha, 8), 0);
        phones.note(asha, MessageId(10), MessageKind::Delayed, 8);
        assert_eq!(phones.count_on(asha, 8), 0);
        phones.note(asha, MessageId(11), MessageKind::Ready, 8);
        assert_eq!(phones.count_on(asha, 8), 1);
        assert_eq!((phones.last_receipt(asha), phones.last_receipt(baraka)), (Some(MessageId(2)), None));
        assert_eq!(phones.is_for(MessageId(10), asha), Some(true));
        assert_eq!(phones.is_for(MessageId(9), asha), Some(false));
        assert_eq!(phones.is_for(MessageId(12), asha), None);
    }

    #[test]
    fn a_flood_of_notices_silences_no_receipt_and_payments_silence_no_notice() {
        let phones = Phones::new();
        let asha = phone("0712345678");
        let most = 10;
        for number in 0..u64::from(most) {
            assert!(!phones.has_had_enough(asha, MessageKind::Ready, 7, most), "after {number}");
            phones.note(asha, MessageId(number), MessageKind::Ready, 7);
            phones.note(asha, MessageId(number + 100), MessageKind::Receipt, 7);
        }
        for kind in MessageKind::ALL {
            let is_notice = !kind.is_about_money();
            assert_eq!(phones.has_had_enough(asha, kind, 7, most), is_notice, "{kind:?}");
            assert!(!phones.has_had_enough(asha, kind, 8, most), "{kind:?} on the next day");
        }
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
        phones.opt_out(asha, 9);
        phones.opt_out(asha, 12);
        phones.opt_out(phone("0712345679"), 10);
        phones.forget_opt_outs(&[9, 10, 11]);
        assert_eq!(phones.records_against(asha), [12]);
        assert!(phones.records_against(phone("0712345679")).is_empty());
        phones.forget_opt_outs(&[12]);
        let known = phones.known();
        assert!(known.opted_out.is_empty() && known.opted_out_by.is_empty(), "nothing is left of them");
    }

    #[test]
    fn memory_has_an_end() {
        let phones = Phones::new();
        let first = phone("0700000000");
        for number in 0..=REMEMBERED_MAX as u64 {
            phones.note(phone(&format!("07{number:08}")), MessageId(number), MessageKind::Receipt, 1);
        }
        let known = phones.known();
        assert_eq!((known.had.len(), known.went_to.len()), (REMEMBERED_MAX, REMEMBERED_MAX));
        drop(known);
        assert_eq!(phones.last_receipt(first), None);
    }
}
