//! Places for requests, and who waits for one.
//!
//! A listener serves a bounded number of requests at a time. When every place is taken, most requests are turned away
//! at once: an answer in a millisecond that says when to come back serves people better than a queue that everybody
//! sits out. Money that has already moved is different: its confirmation waits for a place for as long as its route
//! says, because a refused confirmation must be found again later, by query or statement.

use std::sync::Arc;
use std::time::Duration;

use metrics::counter;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::problem::Problem;
use super::problem_codes::Code;
use crate::telemetry::metrics::HTTP_REQUESTS_SHED_TOTAL;

/// How a request waits for its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Money that has moved: wait this long, then 503 and an alarm.
    MoneyIn {
        /// The longest wait for a place.
        wait_max: Duration,
    },
    /// Everything else: turned away at once when every place is taken.
    Other,
    /// Takes no place: what is waited for is somebody else's work, bounded elsewhere. Agencies that are slow must not take
    /// the places of those who pay.
    Apart,
}

/// A place, held from admission until the answer is ready, or none for who needs none.
pub(super) type Place = Option<OwnedSemaphorePermit>;

/// The places of one listener.
#[derive(Debug)]
pub(super) struct Places {
    listener: &'static str,
    free: Arc<Semaphore>,
}

impl Places {
    pub(super) fn new(listener: &'static str, requests_max: usize) -> Self {
        Self { listener, free: Arc::new(Semaphore::new(requests_max)) }
    }

    /// A place, or the problem to answer with.
    pub(super) async fn admit(&self, lane: Lane) -> Result<Place, Problem> {
        if lane == Lane::Apart {
            return Ok(None);
        }
        if let Ok(place) = Arc::clone(&self.free).try_acquire_owned() {
            return Ok(Some(place));
        }
        let lane_name = match lane {
            Lane::Other | Lane::Apart => "other",
            Lane::MoneyIn { wait_max } => {
                let waiting = Arc::clone(&self.free).acquire_owned();
                if let Ok(Ok(place)) = tokio::time::timeout(wait_max, waiting).await {
                    return Ok(Some(place));
                }
                tracing::error!(
                    listener = self.listener,
                    waited_ms = wait_max.as_millis() as u64,
                    "a money request found no place in time; query and statement must find its payment"
                );
                "money_in"
            }
        };
        counter!(HTTP_REQUESTS_SHED_TOTAL.name, "listener" => self.listener, "lane" => lane_name)
            .increment(1);
        Err(Problem::new(Code::Overloaded, "Every place for a request is taken. Nothing was begun.")
            .retry_after_seconds(rand::random_range(RETRY_AFTER_SECONDS)))
    }
}

/// Spread, so that those turned away together do not come back together.
const RETRY_AFTER_SECONDS: std::ops::RangeInclusive<u32> = 1..=5;
