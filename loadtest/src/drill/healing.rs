//! What nobody told of is found: slips and the batches of card terminals are brought, and the statements of the day are sent, of
//! every paybill and till on which money moved, of the bank, of Airtel, of the acquirer of cards, and of who settles for the
//! terminals. Long ones go in parts, each with the lines that every statement begins with, and without the sum of the whole.

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{self, HeaderName, HeaderValue};
use serde_json::Value;

use super::DrillError;
use super::report::Moved;
use super::world::World;
use crate::loopback::{Answer, NoAnswer};

/// How long a statement may take to be made, and a part of it to be booked.
const DONE_WITHIN: Duration = Duration::from_secs(300);
/// So often somebody tries to be heard, with so much between.
const TRIES_MAX: u32 = 60;
const BETWEEN_TRIES: Duration = Duration::from_secs(1);
/// So often a file is sent of which nobody says what became of it.
const UPLOADS_MAX: u32 = 3;
/// Who hands files over in the outside, and where they are sent.
const BROUGHT: [(&str, &str); 2] = [
    ("/control/terminals/kws/close", "/v1/statements/terminal?channel=card_terminal.kws"),
    ("/control/banks/kcb/slips/collect", "/v1/statements/slips?channel=bank_slip.kcb"),
];
/// What the line of the sum begins with.
const SUM: &[u8] = b"Total,";
/// So long is a part at most.
const PART_BYTES_MAX: usize = 16 << 20;

/// Sends the statement of each account on which money moved, and gives how many payments nobody had told of.
pub(crate) async fn heal(world: &World, moved: &[Moved]) -> Result<u64, DrillError> {
    let accounts: BTreeSet<&str> = moved.iter().map(|moved| &*moved.account).collect();
    let mut found = 0;
    // What is lost or late at first is there the second time.
    for time in ["evening", "night"] {
        found += bring(world, time).await?;
    }
    for account in accounts {
        found += match account.split_once(' ') {
            Some(("mpesa", code)) => {
                let from = format!("/control/statement?short_code={code}");
                // The title lines and the header.
                send(world, &from, &format!("/v1/statements/mpesa?short_code={code}"), 3).await?
            }
            Some(("bank", _)) => {
                let from = "/control/banks/kcb/statement";
                send(world, from, "/v1/statements/bank?channel=bank.kcb", 1).await?
            }
            Some(("terminal", _)) => {
                let from = "/control/terminals/kws/settlement";
                send(world, from, "/v1/statements/settlement?channel=card_terminal.kws", 1).await?
            }
            // What these took the gateway asks for itself, attempt by attempt; that the money is there, they say here.
            Some(("airtel", _)) => {
                let from = "/control/airtel/statement";
                send(world, from, "/v1/statements/merchant?channel=airtel_money", 1).await?
            }
            Some(("acquirer", _)) => {
                let from = "/control/acquirer/statement";
                send(world, from, "/v1/statements/merchant?channel=card", 1).await?
            }
            _ => 0,
        };
    }
    Ok(found)
}

/// Brings the slips and batches that are there by now, which is done each time once, and gives how many payments nobody had told of.
pub(crate) async fn bring(world: &World, time: &str) -> Result<u64, DrillError> {
    let mut found = 0;
    for (from, to) in BROUGHT {
        let failed = |what: String| DrillError::Answer(format!("{from}: {what}"));
        let url = world.sandbox.join(from);
        let handed = connected(|| world.client.post_long(&url, Bytes::new(), DONE_WITHIN)).await;
        let handed = handed.map_err(|error| failed(error.to_string()))?;
        let body: Value = serde_json::from_slice(&handed.body).map_err(|error| failed(error.to_string()))?;
        let files = body["files"].as_array().ok_or_else(|| failed(format!("{}: {body}", handed.status)))?;
        for (number, file) in files.iter().enumerate() {
            let text = file["text"].as_str().unwrap_or_default().to_owned();
            found += upload(world, to, &format!("{time}-{number}"), text.into()).await?;
        }
    }
    Ok(found)
}

async fn send(world: &World, from: &str, to: &str, head_lines: usize) -> Result<u64, DrillError> {
    let failed = |what: String| DrillError::Answer(format!("{to}: {what}"));
    let url = world.sandbox.join(from);
    let statement = connected(|| world.client.get_long(&url, DONE_WITHIN)).await;
    let statement = statement.map_err(|error| failed(error.to_string()))?;
    let mut found = 0;
    for (number, part) in parts(&statement.body, head_lines, PART_BYTES_MAX).enumerate() {
        found += upload(world, to, &number.to_string(), part).await?;
    }
    Ok(found)
}

/// Sends a file until somebody says what became of it: one name has one effect.
async fn answered<F>(mut ask: impl FnMut() -> F) -> Result<Answer, NoAnswer>
where
    F: Future<Output = Result<Answer, NoAnswer>>,
{
    for _ in 1..UPLOADS_MAX {
        if let Ok(answer) = connected(&mut ask).await {
            return Ok(answer);
        }
    }
    connected(ask).await
}

/// Asks until somebody is there: whoever brings a file comes again when there is a queue at the door.
async fn connected<F>(mut ask: impl FnMut() -> F) -> Result<Answer, NoAnswer>
where
    F: Future<Output = Result<Answer, NoAnswer>>,
{
    for _ in 1..TRIES_MAX {
        match ask().await {
            Err(NoAnswer::NotConnected) => tokio::time::sleep(BETWEEN_TRIES).await,
            answered => return answered,
        }
    }
    ask().await
}

/// Sends a file, and gives how many payments nobody had told of.
async fn upload(world: &World, to: &str, name: &str, file: Bytes) -> Result<u64, DrillError> {
    let failed = |what: String| DrillError::Answer(format!("{to}: {what}"));
    let once = format!("drill-statement-{}-{name}-{to}", world.plan.seed).replace(['/', '?', '='], "-");
    let once = HeaderValue::from_str(&once).map_err(|error| failed(error.to_string()))?;
    let headers = [
        (header::AUTHORIZATION, world.treasury.clone()),
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv")),
        (HeaderName::from_static("idempotency-key"), once),
    ];
    let url = world.public.join(to);
    let answer = answered(|| world.client.post(&url, &headers, file.clone(), DONE_WITHIN)).await;
    let answer = answer.map_err(|error| failed(error.to_string()))?;
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
    if answer.status != StatusCode::OK {
        return Err(failed(format!("{}: {body}", answer.status)));
    }
    Ok(body["found"].as_u64().unwrap_or(0))
}

/// The parts of a statement, each with its first lines before it. The sum at the end of it is that of no part.
fn parts(statement: &Bytes, head_lines: usize, bytes_max: usize) -> impl Iterator<Item = Bytes> {
    let ends = statement.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    let head = statement.slice(..ends.take(head_lines).last().unwrap_or(0));
    let mut rest = statement.slice(head.len()..);
    if rest.len() > bytes_max {
        let last = rest[..rest.len() - 1].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        if rest[last..].starts_with(SUM) {
            rest.truncate(last);
        }
    }
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = if rest.len() <= bytes_max {
            rest.len()
        } else {
            // A line longer than a part does not exist; if it did, the rest would be one part.
            rest[..bytes_max].iter().rposition(|byte| *byte == b'\n').map_or(rest.len(), |at| at + 1)
        };
        let part = rest.split_to(end);
        Some([&head[..], &part[..]].concat().into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_statement_goes_in_parts_that_each_begin_as_the_whole_does() {
        let whole = Bytes::from_static(b"Title\nHeader\none\ntwo\nthree\n");
        let of = |bytes_max| {
            let parts = parts(&whole, 2, bytes_max).map(|part| String::from_utf8(part.to_vec()).unwrap());
            parts.collect::<Vec<_>>()
        };
        assert_eq!(of(8), ["Title\nHeader\none\ntwo\n", "Title\nHeader\nthree\n"]);
        assert_eq!(of(100), ["Title\nHeader\none\ntwo\nthree\n"]);
        let summed = Bytes::from_static(b"Header\none\ntwo\nTotal,3\n");
        let of = |bytes_max| parts(&summed, 1, bytes_max).collect::<Vec<_>>();
        assert_eq!(of(100), [&summed[..]], "it is the sum of these");
        assert_eq!(of(5), [&b"Header\none\n"[..], b"Header\ntwo\n"], "it is that of no part");
    }
}
