//! Numbers of receipts: ten digits that no other payment has.

use std::sync::atomic::{AtomicU64, Ordering};

const NUMBERS: u64 = 10_000_000_000;

/// Hands them out, from a random one on. Of numbers that are only drawn at random, one in seven days of ten times the national rate has
/// two that are the same.
#[derive(Debug)]
pub(crate) struct Numbers {
    next: AtomicU64,
}

impl Numbers {
    pub(crate) fn from_anywhere() -> Self {
        Self { next: AtomicU64::new(rand::random_range(0..NUMBERS)) }
    }

    /// The next one, with its zeros.
    pub(crate) fn next(&self) -> String {
        format!("{:010}", self.next.fetch_add(1, Ordering::Relaxed) % NUMBERS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_are_the_same_also_where_they_begin_again() {
        let numbers = Numbers { next: AtomicU64::new(NUMBERS - 2) };
        let handed: Vec<String> = (0..4).map(|_| numbers.next()).collect();
        assert_eq!(handed, ["9999999998", "9999999999", "0000000000", "0000000001"]);
    }
}
