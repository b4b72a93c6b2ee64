//! Sending again what nobody has acknowledged, with the same receipts, until somebody does.
//!
//! After a crash of the gateway the log holds attempts without a reply. Each may have been booked or not;
//! sent again unchanged, it must end up booked exactly once.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::Serialize;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::exchange::confirmation_reply;
use super::run::LoadError;
use super::tally::{Sum, Verdict};
use super::witness::{Kind, Line, Witness};
use crate::clock::Clock;
use crate::kes::{Kes, grouped};
use crate::loopback::{Client, LoopbackUrl};

/// What is sent again, where to, and how stubbornly.
#[derive(Debug, Clone)]
pub struct ResendPlan {
    /// The witness log; replies are appended to it.
    pub log: PathBuf,
    /// The callback base.
    pub callbacks: LoopbackUrl,
    /// How many at once.
    pub connections: usize,
    /// How long an answer is waited for.
    pub timeout: Duration,
    /// How often everything unacknowledged is sent.
    pub rounds: u32,
    /// The pause between two rounds.
    pub pause: Duration,
}

/// What came of it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Resent {
    /// Payments in the log, each counted once.
    pub attempted: u64,
    /// Payments without acknowledgement at the beginning.
    pub unacknowledged_before: u64,
    /// Their sum, in cents.
    pub unacknowledged_before_minor: Kes,
    /// Payments without acknowledgement at the end.
    pub unacknowledged_after: u64,
    /// Their sum, in cents.
    pub unacknowledged_after_minor: Kes,
    /// Messages sent.
    pub messages: u64,
    /// Rounds made.
    pub rounds: u32,
    /// Stopped before the end.
    pub interrupted: bool,
}

/// Sends every unacknowledged confirmation of a log again until all are acknowledged, the rounds are used up,
/// or `stop`.
///
/// # Errors
///
/// When the log cannot be read or kept.
pub async fn resend(plan: ResendPlan, clock: &Clock, stop: CancellationToken) -> Result<Resent, LoadError> {
    let (witness, found) = Witness::reopen(&plan.log)?;
    let witness = Arc::new(witness);
    let url = plan.callbacks.join("/c2b/confirm");
    let client = Client::new(plan.connections);
    // An attempt that the sandbox was to carry out has no message: it is the sandbox that resends, or its
    // statement that tells.
    let mut open: Vec<Arc<Line>> =
        found.attempts.into_iter().filter(|line| line.message.is_some()).map(Arc::new).collect();
    let before = sum(&open);
    let mut resent = Resent {
        attempted: found.attempted,
        unacknowledged_before: before.count,
        unacknowledged_before_minor: before.amount,
        ..Resent::default()
    };
    while !open.is_empty() && resent.rounds < plan.rounds && !stop.is_cancelled() {
        if resent.rounds > 0 {
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(plan.pause) => {}
            }
        }
        resent.rounds += 1;
        resent.messages += open.len() as u64;
        let places = Arc::new(Semaphore::new(plan.connections));
        let mut posts = JoinSet::new();
        for line in open.drain(..) {
            let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
            let (client, url, witness, clock) =
                (client.clone(), url.clone(), Arc::clone(&witness), clock.clone());
            let timeout = plan.timeout;
            posts.spawn(async move {
                let acknowledged = send_again(&client, &url, &witness, &clock, &line, timeout).await;
                drop(place);
                (!acknowledged).then_some(line)
            });
        }
        while let Some(post) = posts.join_next().await {
            open.extend(post.ok().flatten());
        }
    }
    witness.flush().await?;
    let after = sum(&open);
    resent.unacknowledged_after = after.count;
    resent.unacknowledged_after_minor = after.amount;
    resent.interrupted = stop.is_cancelled();
    Ok(resent)
}

async fn send_again(
    client: &Client,
    url: &LoopbackUrl,
    witness: &Witness,
    clock: &Clock,
    attempt: &Line,
    timeout: Duration,
) -> bool {
    let Some(message) = &attempt.message else { return false };
    let body = Bytes::from(message.get().to_owned());
    let reply = confirmation_reply(client.post(url, &[], body, timeout).await);
    let acknowledged = reply.verdict == Verdict::Right;
    let (kind, problem) = match reply.verdict {
        Verdict::Right | Verdict::Status(_) => (Kind::Ack, None),
        Verdict::Wrong(what) => (Kind::Ack, Some(what)),
        Verdict::Lost(why) => (Kind::Unknown, Some(why)),
        Verdict::TooLate => (Kind::Unknown, Some("no answer in time".to_owned())),
    };
    let line = Line {
        kind,
        at: clock.now(),
        id: attempt.id.clone(),
        receipt: attempt.receipt.clone(),
        amount_minor: attempt.amount_minor,
        currency: attempt.currency.clone(),
        account: attempt.account.clone(),
        bill_id: attempt.bill_id.clone(),
        acknowledged: (kind == Kind::Ack).then_some(acknowledged),
        http_status: reply.http_status,
        result_code: reply.result_code,
        problem,
        message: None,
    };
    witness.note(&line).await;
    acknowledged
}

fn sum(lines: &[Arc<Line>]) -> Sum {
    let mut sum = Sum::default();
    lines.iter().for_each(|line| sum.add(line.amount_minor));
    sum
}

impl fmt::Display for Resent {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.interrupted {
            writeln!(out, " INTERRUPTED")?;
        }
        writeln!(
            out,
            " RESENT    {} messages in {} rounds, of {} payments in the log",
            grouped(self.messages),
            self.rounds,
            grouped(self.attempted)
        )?;
        writeln!(
            out,
            " MONEY     unacknowledged before KES {} in {} payments, after KES {} in {}",
            self.unacknowledged_before_minor.grouped(),
            grouped(self.unacknowledged_before),
            self.unacknowledged_after_minor.grouped(),
            grouped(self.unacknowledged_after)
        )
    }
}
