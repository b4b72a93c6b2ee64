//! What the books are told of agencies' systems. A breaker changes its mind from one second to the next; a record is for
//! ever and every reader's. So a change is told once it has lasted, and no system is told of more often than every
//! [`DWELL`], however it flaps: four records a minute at most. Pure: time and states are brought in.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// A system that has not been well for so long is down.
const DOWN_AFTER: Duration = Duration::from_secs(2);
/// One that has been well for so long is up again.
const UP_AFTER: Duration = Duration::from_secs(5);
/// The least between two records about one system.
pub const DWELL: Duration = Duration::from_secs(15);

/// An agency's system: the agency's code, and its host and port.
pub type System = (Arc<str>, Arc<str>);

/// Decides what the books are told.
#[derive(Debug, Default)]
pub struct Watch {
    systems: BTreeMap<System, Watched>,
}

#[derive(Debug, Default)]
struct Watched {
    /// When the books were last told of it, as far as we know.
    told: Option<Duration>,
    /// Since when it has not been what the books say.
    differs_since: Option<Duration>,
}

impl Watch {
    /// One look: whether each system is down as its line sees it, and which are down as the books have it. What the books
    /// are to be told: which system, and whether it is down. A system that the books hold for down and nobody has asked
    /// since the start is given time, and then the benefit of the doubt: whoever asks next finds out.
    pub fn look(
        &mut self,
        now: Duration,
        seen: &BTreeMap<System, bool>,
        told_down: &BTreeSet<System>,
    ) -> Vec<(System, bool)> {
        let mut news = Vec::new();
        let all: BTreeSet<_> = seen.keys().chain(told_down).cloned().collect();
        self.systems.retain(|system, _| all.contains(system));
        for system in all {
            let (is_down, is_told_down) =
                (seen.get(&system).is_some_and(|is_down| *is_down), told_down.contains(&system));
            let watched = self.systems.entry(system.clone()).or_default();
            if is_told_down {
                watched.told.get_or_insert(now);
            }
            if is_down == is_told_down {
                watched.differs_since = None;
                continue;
            }
            let since = *watched.differs_since.get_or_insert(now);
            let has_lasted = now.saturating_sub(since) >= if is_down { DOWN_AFTER } else { UP_AFTER };
            if has_lasted && watched.told.is_none_or(|told| now.saturating_sub(told) >= DWELL) {
                *watched = Watched { told: Some(now), differs_since: None };
                news.push((system, is_down));
            }
        }
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kra() -> System {
        ("KRA".into(), "itax.example.go.ke".into())
    }

    /// Books that believe what they are told, and a system that is down in these seconds.
    fn told(seconds: u64, is_down: impl Fn(u64) -> bool) -> Vec<(u64, bool)> {
        let (mut watch, mut books, mut told) = (Watch::default(), BTreeSet::new(), Vec::new());
        for second in 0..seconds {
            let seen = BTreeMap::from([(kra(), is_down(second))]);
            for (system, is_down) in watch.look(Duration::from_secs(second), &seen, &books) {
                if is_down {
                    books.insert(system)
                } else {
                    books.remove(&system)
                };
                told.push((second, is_down));
            }
        }
        told
    }

    #[test]
    fn what_lasts_is_told_and_what_does_not_is_not() {
        assert_eq!(told(60, |second| second == 10), [], "one second is nothing");
        assert_eq!(told(60, |second| second >= 10), [(12, true)]);
        assert_eq!(told(90, |second| (10..40).contains(&second)), [(12, true), (45, false)]);
        assert_eq!(told(90, |second| (10..14).contains(&second)), [(12, true), (27, false)]);
    }

    #[test]
    fn after_a_start_what_nobody_asks_is_believed_to_be_up_after_a_while() {
        let (mut watch, books) = (Watch::default(), BTreeSet::from([kra()]));
        for second in 0..DWELL.as_secs() {
            assert_eq!(watch.look(Duration::from_secs(second), &BTreeMap::new(), &books), []);
        }
        assert_eq!(watch.look(DWELL, &BTreeMap::new(), &books), [(kra(), false)]);
    }

    proptest! {
        #[test]
        fn however_it_flaps_the_books_are_told_four_times_a_minute_at_most(
            flaps in proptest::collection::vec(any::<bool>(), 600)
        ) {
            let told = told(600, |second| flaps[usize::try_from(second).unwrap()]);
            for pair in told.windows(2) {
                prop_assert!(pair[1].0 - pair[0].0 >= DWELL.as_secs());
                prop_assert_ne!(pair[0].1, pair[1].1);
            }
        }
    }
}
