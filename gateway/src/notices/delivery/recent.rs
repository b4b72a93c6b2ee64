//! What has lately happened, read from the journal once for all lines. A line that is further behind reads for itself.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use ledger::journal::file::Trail;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::app::{App, SharedApp};
use crate::away::away;
use crate::notices::NoticeError;
use crate::notices::feed::FeedPlace;
use crate::notices::happening::happenings_if_sound;
use crate::payments::{EndpointTerms, NoticeId, NoticeKind};

/// Happenings that are held.
const HELD_MAX: usize = 20_000;
/// Records that are read before the lines are told.
const RECORDS_PER_TURN: usize = 2_048;
/// How often it is looked for new records.
const POLL_INTERVAL: Duration = Duration::from_millis(20);
/// The pause after a failure.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(5);

/// What has lately happened.
pub(super) struct Recent {
    held: RwLock<Held>,
    /// The sequence up to which it is known what happened.
    end: watch::Sender<u64>,
}

struct Held {
    /// Everything from this place on is here.
    start: FeedPlace,
    /// Up to this record.
    end: u64,
    happenings: VecDeque<Light>,
}

/// A happening without its object.
struct Light {
    place: FeedPlace,
    id: NoticeId,
    kind: NoticeKind,
    agency: Arc<str>,
}

impl Recent {
    /// Nothing yet, from this record on.
    pub(super) fn from(sequence: u64) -> Self {
        let start = FeedPlace::before_record(sequence);
        Self {
            held: RwLock::new(Held { start, end: sequence, happenings: VecDeque::new() }),
            end: watch::Sender::new(sequence),
        }
    }

    /// Told whenever more is known.
    pub(super) fn watch(&self) -> watch::Receiver<u64> {
        self.end.subscribe()
    }

    /// So many at most of what an endpoint wants from this place on, and where to go on. Nothing if it is not held that far
    /// back.
    pub(super) fn take(
        &self,
        from: FeedPlace,
        terms: &EndpointTerms,
        limit: usize,
    ) -> Option<(Vec<NoticeId>, FeedPlace)> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        if from < held.start {
            return None;
        }
        let mut found = Vec::new();
        let begin = held.happenings.partition_point(|light| light.place < from);
        for light in held.happenings.range(begin..) {
            if terms.wants(&light.agency, light.kind) {
                if found.len() == limit {
                    return Some((found, light.place));
                }
                found.push(light.id);
            }
        }
        Some((found, from.max(FeedPlace::before_record(held.end))))
    }

    fn add(&self, lights: Vec<Light>, end: u64) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.happenings.extend(lights);
        held.end = end;
        while held.happenings.len() > HELD_MAX {
            held.happenings.pop_front();
            held.start = held.happenings.front().map_or(FeedPlace::before_record(end), |light| light.place);
        }
        drop(held);
        self.end.send_replace(end);
    }
}

/// Follows the journal until told to stop.
pub(super) async fn follow(app: SharedApp, recent: Arc<Recent>, stop: CancellationToken) {
    let mut trail = app.books.ledger().trail();
    trail.go_to(*recent.end.borrow());
    while !stop.is_cancelled() {
        let head = app.books.readers().sequence();
        let pause = if *recent.end.borrow() < head {
            let (app, from) = (Arc::clone(&app), *recent.end.borrow());
            let mut moved = trail.clone();
            let turn = away(move || {
                let read = read_ahead(&app, &mut moved, from, head);
                (moved, read)
            });
            match turn.await {
                Ok((moved, Ok((lights, end)))) => {
                    trail = moved;
                    recent.add(lights, end);
                    continue;
                }
                Ok((_, Err(error))) => {
                    tracing::error!(%error, "What happened cannot be read; no agency is told of it for now.");
                    PAUSE_AFTER_FAILURE
                }
                Err(error) => {
                    tracing::error!(%error, "What reads what happened panicked; it goes on from there.");
                    PAUSE_AFTER_FAILURE
                }
            }
        } else {
            POLL_INTERVAL
        };
        let _ = stop.run_until_cancelled(tokio::time::sleep(pause)).await;
    }
}

/// What records from `from` on tell, as far as readers are shown them: a bill is looked up there.
fn read_ahead(app: &App, trail: &mut Trail, from: u64, head: u64) -> Result<(Vec<Light>, u64), NoticeError> {
    let (mut lights, mut end, mut record_count) = (Vec::new(), from, 0);
    while trail.next_sequence() < head && record_count < RECORDS_PER_TURN {
        let Some(batch) = trail.next_batch()? else { break };
        for record in batch.records() {
            let record = record.map_err(|_| NoticeError::Contradiction)?;
            record_count += 1;
            if record.sequence < end {
                continue;
            }
            for (index, happening) in happenings_if_sound(&app.books, &record)?.into_iter().enumerate() {
                lights.push(Light {
                    place: FeedPlace::within_record(record.sequence, index),
                    id: happening.id,
                    kind: happening.kind,
                    agency: happening.agency,
                });
            }
        }
        end = batch.next_sequence();
    }
    Ok((lights, end))
}

#[cfg(test)]
mod tests {
    use ledger::LedgerTime;

    use super::*;
    use crate::payments::{EndpointId, SigningScheme};

    fn light(sequence: u64, index: usize, agency: &str) -> Light {
        let kind = NoticeKind::ALL[index];
        let id = NoticeId::of_record(sequence, LedgerTime::from_micros(0), kind as u8);
        Light { place: FeedPlace::within_record(sequence, index), id, kind, agency: agency.into() }
    }

    fn kws() -> EndpointTerms {
        EndpointTerms {
            id: EndpointId::from_uuid(1),
            agency: "KWS".into(),
            url: "https://hooks.example".into(),
            kinds: Vec::new(),
            label: None,
            signing: SigningScheme::HmacSha256,
        }
    }

    #[test]
    fn an_endpoint_takes_what_is_its_own_in_portions_and_misses_nothing() {
        let recent = Recent::from(10);
        let lights = vec![light(10, 0, "KWS"), light(10, 1, "KWS"), light(11, 0, "KRA"), light(12, 0, "KWS")];
        recent.add(lights, 20);
        let mut from = FeedPlace::before_record(10);
        let mut taken = Vec::new();
        for _ in 0..4 {
            let (ids, next) = recent.take(from, &kws(), 1).unwrap();
            taken.extend(ids.iter().map(|id| (id.sequence(), id.kind_number())));
            from = next;
        }
        assert_eq!(taken, [(10, 1), (10, 2), (12, 1)]);
        assert_eq!(from, FeedPlace::before_record(20));
        assert!(
            recent.take(FeedPlace::before_record(9), &kws(), 1).is_none(),
            "that is in the journal alone"
        );
    }

    #[test]
    fn no_more_is_held_than_there_is_room_for() {
        let recent = Recent::from(0);
        let count = u64::try_from(HELD_MAX).unwrap() + 5;
        recent.add((0..count).map(|sequence| light(sequence, 0, "KWS")).collect(), count);
        assert!(recent.take(FeedPlace::before_record(4), &kws(), 1).is_none());
        let (ids, _) = recent.take(FeedPlace::before_record(5), &kws(), 1).unwrap();
        assert_eq!(ids[0].sequence(), 5);
    }
}
