//! Chance that is the same for the same seed, on every machine: a hash decides whom a fault strikes. So a run can be explained
//! from its record alone, and played again.

use sha2::{Digest as _, Sha256};

/// A number that depends on the seed, on what is decided and for whom, and on nothing else.
pub(super) fn chance(seed: u64, what: &str, whom: &str) -> u64 {
    let digest =
        Sha256::new().chain_update(seed.to_be_bytes()).chain_update(what).chain_update(whom).finalize();
    u64::from_be_bytes(digest[..8].try_into().expect("a digest has 32 bytes"))
}

/// Whether a fault of this name and rate strikes.
pub(super) fn strikes(seed: u64, fault: &str, per_mille: u16, whom: &str) -> bool {
    chance(seed, fault, whom) % 1_000 < u64::from(per_mille)
}

/// The same with one digit taken for another; what has no digit stays as it is.
pub(super) fn one_digit_wrong(text: &str, chance: u64) -> String {
    let places: Vec<usize> =
        text.char_indices().filter(|(_, letter)| letter.is_ascii_digit()).map(|(at, _)| at).collect();
    let Some(count) = u64::try_from(places.len()).ok().filter(|count| *count > 0) else {
        return text.to_owned();
    };
    let at = places[usize::try_from(chance % count).expect("it is less than a length")];
    let (digit, other_by) = (text.as_bytes()[at] - b'0', 1 + (chance / count % 9) as u8);
    let other = char::from(b'0' + (digit + other_by) % 10);
    format!("{}{other}{}", &text[..at], &text[at + 1..])
}

/// In another order.
pub(super) fn shuffle<T>(seed: u64, whom: &str, rows: &mut [T]) {
    for end in (1..rows.len()).rev() {
        let other = chance(seed, "shuffle", &format!("{whom} {end}")) % (end as u64 + 1);
        rows.swap(end, usize::try_from(other).expect("it is less than a length"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_digit_is_another_and_nothing_else_changes() {
        for chance in 0..500 {
            let wrong = one_digit_wrong("632409812345", chance);
            let differing = wrong.bytes().zip("632409812345".bytes()).filter(|(one, other)| one != other);
            assert_eq!((wrong.len(), differing.count()), (12, 1), "{wrong}");
            assert!(wrong.bytes().all(|byte| byte.is_ascii_digit()));
        }
        assert_eq!(one_digit_wrong("FTA", 7), "FTA");
    }

    #[test]
    fn a_seed_shuffles_always_the_same_and_loses_nothing() {
        let shuffled = |seed| {
            let mut rows: Vec<u32> = (0..50).collect();
            shuffle(seed, "rows", &mut rows);
            rows
        };
        assert_eq!(shuffled(7), shuffled(7));
        assert_ne!(shuffled(7), shuffled(8));
        let mut sorted = shuffled(7);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..50).collect::<Vec<_>>());
    }
}
