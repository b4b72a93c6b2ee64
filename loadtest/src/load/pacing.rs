//! When payments leave: at their appointed times, or as fast as answers come. And before that: their attempt
//! is on disk.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::exchange::Exchange;
use super::payment::{Maker, Payment};
use super::witness::{Kind, Line, Witness};
use crate::clock::Clock;
use crate::synced_log::LogFailure;

/// How many payments are made up and logged with one sync.
const BATCH: usize = 128;
/// How many logged payments wait for their time.
const READY_MAX: usize = 2_048;
/// How many appointed times may wait for a free connection.
const TICKS_MAX: usize = 4_096;
/// How long after the planned end payments that should have left long ago are still sent.
const GIVE_UP_AFTER: Duration = Duration::from_secs(10);
/// The longest sleep between two looks at whether the run was stopped.
const LOOK_UP_AFTER: Duration = Duration::from_millis(100);

/// Payments that are logged and may be sent.
pub(crate) type Ready = mpsc::Receiver<Payment>;

/// A place for payments that are made and logged ahead.
pub(crate) fn ready() -> (mpsc::Sender<Payment>, Ready) {
    mpsc::channel(READY_MAX)
}

/// Makes payments up and logs their attempts, ahead of their times, until there are enough, nobody wants more, or there is
/// nothing more to pay.
pub(crate) async fn prepare(
    mut maker: Maker,
    total: Option<u64>,
    witnessed: bool,
    witness: Arc<Witness>,
    clock: Clock,
    ready: mpsc::Sender<Payment>,
) -> Result<(), LogFailure> {
    let mut left = total.unwrap_or(u64::MAX);
    while left > 0 && !ready.is_closed() {
        let size_max = usize::try_from(left).unwrap_or(BATCH).min(BATCH);
        let batch = maker.batch(size_max).await;
        if batch.is_empty() {
            break;
        }
        left -= batch.len() as u64;
        if witnessed {
            let lines: Vec<Line> = batch.iter().map(|payment| payment.line(Kind::Attempt, &clock)).collect();
            witness.attempts(&lines).await?;
        }
        for payment in batch {
            if let Err(mpsc::error::SendError(unsent)) = ready.send(payment).await
                && witnessed
            {
                witness.note(&unsent.line(Kind::NotSent, &clock)).await;
            }
        }
    }
    Ok(())
}

/// Waits until a second's worth of payments may be sent, where bills are made meanwhile: the first payments are not to be late
/// because the first bills were not there.
pub(crate) async fn filled(ready: &Ready, rate: u32, total: u64, stop: &CancellationToken) {
    let wanted = usize::try_from(total.min(rate.into())).unwrap_or(READY_MAX).min(READY_MAX);
    while ready.len() < wanted && !ready.is_closed() && !stop.is_cancelled() {
        tokio::time::sleep(LOOK_UP_AFTER / 10).await;
    }
}

/// Notes of every payment that was logged but whose time never came that it was not sent.
pub(crate) async fn withdraw(mut ready: Ready, exchange: &Exchange) {
    ready.close();
    while let Some(unsent) = ready.recv().await {
        if exchange.kind.sends_money() {
            exchange.witness.note(&unsent.line(Kind::NotSent, &exchange.clock)).await;
        }
    }
}

/// When an open loop sends.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schedule {
    /// The first payment's time.
    pub(crate) start: Instant,
    /// Payments a second.
    pub(crate) rate: u32,
    /// How many payments.
    pub(crate) count: u64,
}

impl Schedule {
    /// The appointed time of a payment, counted from zero.
    pub(crate) fn due(&self, number: u64) -> Instant {
        let nanos = u128::from(number) * 1_000_000_000 / u128::from(self.rate.max(1));
        self.start + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }
}

/// Sends each payment at its time, or as soon after as a connection is free. Returns how many were sent, when
/// all have been answered.
pub(crate) async fn open_loop(
    exchange: &Arc<Exchange>,
    schedule: Schedule,
    connections: usize,
    ready: &mut Ready,
    stop: &CancellationToken,
) -> u64 {
    let mut ticks = ticks(schedule, stop.clone());
    let places = Arc::new(Semaphore::new(connections));
    let under_way = TaskTracker::new();
    let give_up = tokio::time::sleep_until((schedule.due(schedule.count) + GIVE_UP_AFTER).into());
    tokio::pin!(give_up);
    let mut sent = 0;
    loop {
        let next = async {
            let due = ticks.recv().await?;
            let place = Arc::clone(&places).acquire_owned().await.ok()?;
            let payment = ready.recv().await?;
            Some((due, place, payment))
        };
        let (due, place, payment) = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            () = &mut give_up => break,
            next = next => match next {
                Some(next) => next,
                None => break,
            },
        };
        sent += 1;
        let exchange = Arc::clone(exchange);
        under_way.spawn(async move {
            exchange.run(&payment, due).await;
            drop(place);
        });
    }
    under_way.close();
    under_way.wait().await;
    sent
}

/// A thread that wakes for each appointed time. The runtime's own timer is a millisecond coarse, which would
/// be read as latency.
fn ticks(schedule: Schedule, stop: CancellationToken) -> mpsc::Receiver<Instant> {
    let (sender, receiver) = mpsc::channel(TICKS_MAX);
    let pace = move || {
        for number in 0..schedule.count {
            let due = schedule.due(number);
            loop {
                let left = due.saturating_duration_since(Instant::now());
                if stop.is_cancelled() {
                    return;
                }
                if left.is_zero() {
                    break;
                }
                std::thread::sleep(left.min(LOOK_UP_AFTER));
            }
            if sender.blocking_send(due).is_err() {
                return;
            }
        }
    };
    if let Err(error) = std::thread::Builder::new().name("pacer".into()).spawn(pace) {
        // Without ticks nothing is sent, and the report says so.
        tracing::error!(%error, "cannot start the pacing thread");
    }
    receiver
}

/// Keeps every connection busy until `end`, or until there are no more payments. Returns how many were sent.
pub(crate) async fn closed_loop(
    exchange: &Arc<Exchange>,
    end: Instant,
    connections: usize,
    ready: Ready,
    stop: &CancellationToken,
) -> (u64, Ready) {
    let ready = Arc::new(Mutex::new(ready));
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..connections {
        let (exchange, ready, stop) = (Arc::clone(exchange), Arc::clone(&ready), stop.clone());
        workers.spawn(async move {
            let mut sent = 0;
            while !stop.is_cancelled() && Instant::now() < end {
                let Some(payment) = ready.lock().await.recv().await else { break };
                sent += 1;
                exchange.run(&payment, Instant::now()).await;
            }
            sent
        });
    }
    let mut sent = 0;
    while let Some(worker) = workers.join_next().await {
        sent += worker.unwrap_or(0);
    }
    let ready = Arc::into_inner(ready).expect("every worker has ended").into_inner();
    (sent, ready)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn appointed_times_do_not_drift() {
        let schedule = Schedule { start: Instant::now(), rate: 3, count: 10 };
        assert_eq!(schedule.due(0), schedule.start);
        assert_eq!(schedule.due(3), schedule.start + Duration::from_secs(1));
        assert_eq!(schedule.due(3_000_000), schedule.start + Duration::from_secs(1_000_000));
    }
}
