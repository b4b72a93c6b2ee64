//! Making bills, ahead of their payments or while others are paid, through the gateway's public API, as an agency does.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::header::{self, HeaderName, HeaderValue};
use serde::Deserialize;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};
use tokio_util::sync::CancellationToken;

use super::run::LoadError;
use super::tally::{Tally, Timing};
use crate::kes::Kes;
use crate::loopback::{Answer, Client, LoopbackUrl, NoAnswer};

/// Why bills are made no more, once they are not.
pub(crate) type Making = JoinHandle<Result<(), LoadError>>;

/// How many bills that nobody has taken yet are made ahead.
const AHEAD_MAX: usize = 512;
/// How many bills are made at once.
const MAKERS: u64 = 16;
/// How often one bill is tried.
const TRIES: u32 = 5;

/// What is needed of a bill to pay it.
#[derive(Debug, Clone)]
pub(crate) struct Bill {
    pub(crate) id: String,
    pub(crate) payment_number: String,
    pub(crate) amount: Kes,
}

/// The gateway's answer, as far as it matters here.
#[derive(Debug, Deserialize)]
struct BillAnswer {
    id: String,
    payment_number: String,
    amount: AmountAnswer,
}

#[derive(Debug, Deserialize)]
struct AmountAnswer {
    amount: u64,
    currency: String,
}

/// How bills are made.
#[derive(Debug, Clone)]
pub(crate) struct BillRequest {
    pub(crate) url: LoopbackUrl,
    pub(crate) authorization: HeaderValue,
    pub(crate) body: String,
    pub(crate) timeout: Duration,
}

impl BillRequest {
    /// Makes `number` bills; each counts as a step of the tally.
    pub(crate) async fn make(
        &self,
        client: &Client,
        number: u64,
        tally: &Arc<Tally>,
        stop: &CancellationToken,
    ) -> Result<Arc<[Bill]>, LoadError> {
        let (mut made, making) = self.make_meanwhile(client, 1..number.saturating_add(1), tally, stop);
        let mut bills = Vec::new();
        while let Some(bill) = made.recv().await {
            bills.push(bill);
        }
        ended(making).await?;
        Ok(bills.into())
    }

    /// Makes a bill for each of these numbers while others are taken and paid, a few ahead; and says in the end why it made
    /// no more. It ends early where nobody takes them any more.
    pub(crate) fn make_meanwhile(
        &self,
        client: &Client,
        numbers: Range<u64>,
        tally: &Arc<Tally>,
        stop: &CancellationToken,
    ) -> (mpsc::Receiver<Bill>, Making) {
        let (sender, made) = mpsc::channel(AHEAD_MAX);
        let next = Arc::new(AtomicU64::new(numbers.start));
        let mut makers = JoinSet::new();
        for _ in 0..MAKERS.min(numbers.end.saturating_sub(numbers.start)) {
            let (request, client, tally) = (self.clone(), client.clone(), Arc::clone(tally));
            let (sender, next, stop) = (sender.clone(), Arc::clone(&next), stop.clone());
            let end = numbers.end;
            makers.spawn(async move {
                loop {
                    let this = next.fetch_add(1, Ordering::Relaxed);
                    if this >= end {
                        return Ok(());
                    }
                    let bill = tokio::select! {
                        () = stop.cancelled() => return Err(LoadError::Interrupted),
                        bill = request.make_one(&client, this, &tally) => bill?,
                    };
                    if sender.send(bill).await.is_err() {
                        return Ok(());
                    }
                }
            });
        }
        // Where one of them fails the others end with it.
        let making = tokio::spawn(async move {
            while let Some(maker) = makers.join_next().await {
                maker.map_err(|error| LoadError::Bills(error.to_string()))??;
            }
            Ok(())
        });
        (made, making)
    }

    async fn make_one(&self, client: &Client, this: u64, tally: &Tally) -> Result<Bill, LoadError> {
        // One key for all tries: a bill whose answer was lost must not be made twice.
        let key =
            HeaderValue::from_str(&hex::encode(rand::random::<[u8; 16]>())).expect("hex is a header value");
        let headers = [
            (header::AUTHORIZATION, self.authorization.clone()),
            (HeaderName::from_static("idempotency-key"), key),
        ];
        let body = Bytes::from(self.body.replace("{n}", &this.to_string()));
        let mut problem = String::new();
        for tried in 0..TRIES {
            tokio::time::sleep(Duration::from_millis(200) * tried).await;
            let sent = Instant::now();
            match client.post(&self.url, &headers, body.clone(), self.timeout).await {
                Ok(answer) if answer.status.is_success() => {
                    tally.step("bill", Timing { due: sent, sent, done: Instant::now() });
                    return bill_in(&answer);
                }
                Ok(answer) if answer.status.is_client_error() && answer.status.as_u16() != 429 => {
                    return Err(LoadError::Bills(described(&answer)));
                }
                Ok(answer) => problem = described(&answer),
                Err(NoAnswer::NotConnected) => {
                    return Err(LoadError::Unreachable(self.url.authority().to_owned()));
                }
                Err(error) => problem = error.to_string(),
            }
        }
        Err(LoadError::Bills(problem))
    }
}

/// Waits until no more bills are made.
pub(crate) async fn ended(making: Making) -> Result<(), LoadError> {
    making.await.map_err(|error| LoadError::Bills(error.to_string()))?
}

fn bill_in(answer: &Answer) -> Result<Bill, LoadError> {
    let bill: BillAnswer = serde_json::from_slice(&answer.body)
        .map_err(|error| LoadError::Bills(format!("{error} in {}", described(answer))))?;
    if bill.amount.currency != "KES" || bill.amount.amount == 0 {
        return Err(LoadError::Bills(format!(
            "M-PESA pays amounts in KES above zero, not {}",
            described(answer)
        )));
    }
    Ok(Bill { id: bill.id, payment_number: bill.payment_number, amount: Kes::from_minor(bill.amount.amount) })
}

/// The status and the beginning of the body, for a person.
fn described(answer: &Answer) -> String {
    let text: String = String::from_utf8_lossy(&answer.body).chars().take(400).collect();
    format!("{}: {text}", answer.status)
}
