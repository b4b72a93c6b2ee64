//! M-PESA receipt numbers: ten capital letters and digits, `TKL3A7Q9ZD`.
//!
//! The first three tell the day, as on real receipts: the year as a letter (A is 2007), the month as a letter
//! (A is January), the day as 1–9 and then A–V. The other seven are a serial number in base 36, stirred so
//! that neighbours do not look alike. Stirring is a bijection, so no two serials ever share seven characters,
//! whatever the day.

use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;

use crate::clock::east_africa_time;
use crate::synced_log::QUEUED_LINES_MAX;

const DIGITS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const SERIAL_CHARACTERS: usize = 7;
/// 36 to the seventh.
const SERIALS: u64 = 78_364_164_096;
/// Odd and not a multiple of three, hence invertible modulo 36 to the seventh.
const STIR: u64 = 30_517_578_125;

/// After a crash the record may lack the lines that were still queued; their receipts were in the world all
/// the same. Skipping more numbers than the queue holds lines keeps the next ones unique.
const SKIPPED_AT_START: u64 = 8 * QUEUED_LINES_MAX as u64;

/// Hands out receipt numbers, each once.
#[derive(Debug)]
pub(crate) struct Receipts {
    next: AtomicU64,
    offset: u64,
}

impl Receipts {
    /// Numbers of a record whose stirring begins at `offset` and in which `used` serials have been seen.
    pub(crate) fn continuing(offset: u64, highest_used: Option<u64>) -> Self {
        let next = highest_used.map_or(0, |highest| highest + SKIPPED_AT_START);
        Self { next: AtomicU64::new(next), offset: offset % SERIALS }
    }

    /// The next receipt, for a payment at `at`.
    pub(crate) fn next(&self, at: Timestamp) -> String {
        let serial = self.next.fetch_add(1, Ordering::Relaxed) % SERIALS;
        let stirred = u128::from(serial) * u128::from(STIR) + u128::from(self.offset);
        let mut rest = (stirred % u128::from(SERIALS)) as u64;
        let mut characters = [b'0'; 3 + SERIAL_CHARACTERS];
        characters[..3].copy_from_slice(&day_letters(at));
        for character in characters[3..].iter_mut().rev() {
            *character = DIGITS[(rest % 36) as usize];
            rest /= 36;
        }
        String::from_utf8_lossy(&characters).into_owned()
    }

    /// The serial from which a receipt was made; `None` where it is not one of ours.
    pub(crate) fn serial_of(receipt: &str, offset: u64) -> Option<u64> {
        let characters = receipt.as_bytes();
        if characters.len() != 3 + SERIAL_CHARACTERS {
            return None;
        }
        let mut stirred = 0_u64;
        for character in &characters[3..] {
            let digit = DIGITS.iter().position(|digit| digit == character)?;
            stirred = stirred * 36 + digit as u64;
        }
        let difference = (stirred + SERIALS - offset % SERIALS) % SERIALS;
        Some((u128::from(difference) * u128::from(unstir()) % u128::from(SERIALS)) as u64)
    }
}

fn day_letters(at: Timestamp) -> [u8; 3] {
    let day = at.to_zoned(east_africa_time());
    let year = (i32::from(day.year()) - 2007).rem_euclid(26) as usize;
    let month = usize::from(day.month().unsigned_abs()) - 1;
    let day = usize::from(day.day().unsigned_abs());
    [DIGITS[10 + year], DIGITS[10 + month], DIGITS[day]]
}

/// The inverse of [`STIR`] modulo [`SERIALS`], by Euclid's algorithm.
fn unstir() -> u64 {
    let (mut old, mut now) = (i128::from(STIR), i128::from(SERIALS));
    let (mut old_factor, mut factor) = (1_i128, 0_i128);
    while now != 0 {
        let quotient = old / now;
        (old, now) = (now, old - quotient * now);
        (old_factor, factor) = (factor, old_factor - quotient * factor);
    }
    old_factor.rem_euclid(i128::from(SERIALS)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at() -> Timestamp {
        "2026-11-20T22:30:00Z".parse().unwrap()
    }

    #[test]
    fn a_receipt_begins_with_its_day_in_nairobi() {
        // Half past ten at night in London is already the 21st in Nairobi, and L is the 21st day.
        let receipt = Receipts::continuing(0, None).next(at());
        assert!(receipt.starts_with("TKL"), "{receipt}");
        assert_eq!(receipt.len(), 10);
        assert!(receipt.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()));
    }

    #[test]
    fn no_two_receipts_are_alike() {
        let receipts = Receipts::continuing(12_345, None);
        let many: std::collections::HashSet<String> = (0..50_000).map(|_| receipts.next(at())).collect();
        assert_eq!(many.len(), 50_000);
    }

    #[test]
    fn a_restart_continues_beyond_everything_the_record_may_lack() {
        let offset = 77_777_777_777;
        let first = Receipts::continuing(offset, None);
        let last = (0..1_000).map(|_| first.next(at())).last().unwrap();
        let highest = Receipts::serial_of(&last, offset).unwrap();
        assert_eq!(highest, 999);
        let again = Receipts::continuing(offset, Some(highest)).next(at());
        assert_eq!(Receipts::serial_of(&again, offset), Some(999 + SKIPPED_AT_START));
    }
}
