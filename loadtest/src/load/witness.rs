//! The generator's own synced log of what it sent and what was acknowledged: one JSON object a line.
//!
//! A payment may leave only after its `attempt` line is on disk. After a complete reply an `ack` line
//! follows, synced soon after; its `at` is the moment the reply was complete. Where there is no complete
//! reply, an `unknown` line follows: whether the gateway acted on the payment cannot be known from here, and
//! it is to be sent again with the same receipt. A payment that was logged but never sent, because the run
//! ended first, gets a `not_sent` line. A log may hold several runs.
//!
//! An independent checker reads this file: every payment with `acknowledged: true` must be in the books once,
//! nothing may be there that has no `attempt`, and the rest may be there once or not at all.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::kes::Kes;
use crate::synced_log::{LogFailure, SyncedLog};

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// About to be sent.
    Attempt,
    /// A complete reply has come.
    Ack,
    /// No complete reply has come.
    Unknown,
    /// Was not sent after all.
    NotSent,
}

/// A line of the log.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) kind: Kind,
    pub(crate) at: Timestamp,
    /// The payment's identity in this log: the receipt where the generator gives it, its own number where the
    /// sandbox does.
    pub(crate) id: String,
    pub(crate) receipt: Option<String>,
    pub(crate) amount_minor: Kes,
    pub(crate) currency: String,
    pub(crate) account: String,
    pub(crate) bill_id: Option<String>,
    /// Whether the merchant took it: status 200 and result code zero.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) acknowledged: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) http_status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) result_code: Option<String>,
    /// What was wrong with the reply, or why there was none.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) problem: Option<String>,
    /// The confirmation as it is posted, so that it can be posted again unchanged.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) message: Option<Box<RawValue>>,
}

/// The open log.
pub(crate) struct Witness {
    log: SyncedLog,
}

/// An attempt that nobody has acknowledged yet.
#[derive(Debug)]
pub(crate) struct Unacknowledged {
    pub(crate) attempts: Vec<Line>,
    /// How many attempts the log holds, each counted once.
    pub(crate) attempted: u64,
}

impl Witness {
    /// Opens a log to append to.
    pub(crate) fn open(path: &Path) -> Result<Self, LogFailure> {
        let log = SyncedLog::open(path, |text| {
            serde_json::from_str::<Line>(text).map(drop).map_err(|error| error.to_string())
        })?;
        Ok(Self { log })
    }

    /// Opens a log and finds what is not acknowledged in it.
    pub(crate) fn reopen(path: &Path) -> Result<(Self, Unacknowledged), LogFailure> {
        let mut open = BTreeMap::new();
        let mut attempted = 0;
        let log = SyncedLog::open(path, |text| {
            let line: Line = serde_json::from_str(text).map_err(|error| error.to_string())?;
            match line.kind {
                Kind::Attempt => {
                    attempted += 1;
                    open.insert(line.id.clone(), line);
                }
                Kind::Ack if line.acknowledged == Some(true) => {
                    open.remove(&line.id);
                }
                Kind::NotSent => {
                    attempted -= u64::from(open.remove(&line.id).is_some());
                }
                Kind::Ack | Kind::Unknown => {}
            }
            Ok(())
        })?;
        Ok((Self { log }, Unacknowledged { attempts: open.into_values().collect(), attempted }))
    }

    /// Writes the attempts and returns once they are on disk: from then on they may be sent.
    pub(crate) async fn attempts(&self, lines: &[Line]) -> Result<(), LogFailure> {
        for line in lines {
            self.log.note(line).await;
        }
        self.log.flush().await
    }

    /// Writes a line that is synced soon after.
    pub(crate) async fn note(&self, line: &Line) {
        self.log.note(line).await;
    }

    /// Returns once everything is on disk.
    pub(crate) async fn flush(&self) -> Result<(), LogFailure> {
        self.log.flush().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(kind: Kind, id: &str, acknowledged: Option<bool>) -> Line {
        Line {
            kind,
            at: Timestamp::UNIX_EPOCH,
            id: id.into(),
            receipt: Some(id.into()),
            amount_minor: Kes::from_shillings(50),
            currency: "KES".into(),
            account: "QKRTWX".into(),
            bill_id: None,
            acknowledged,
            http_status: None,
            result_code: None,
            problem: None,
            message: (kind == Kind::Attempt)
                .then(|| RawValue::from_string(r#"{"TransID":"x"}"#.into()).unwrap()),
        }
    }

    #[tokio::test]
    async fn an_attempt_that_cannot_be_logged_may_not_be_sent() {
        let witness = Witness { log: SyncedLog::on_a_full_disk() };
        assert!(witness.attempts(&[line(Kind::Attempt, "A", None)]).await.is_err());
    }

    #[tokio::test]
    async fn what_was_not_acknowledged_is_found_again_with_its_message() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.ndjson");
        let witness = Witness::open(&path).unwrap();
        let attempts: Vec<Line> =
            ["A", "B", "C", "D", "E"].iter().map(|id| line(Kind::Attempt, id, None)).collect();
        witness.attempts(&attempts).await.unwrap();
        witness.note(&line(Kind::Ack, "A", Some(true))).await;
        witness.note(&line(Kind::Ack, "B", Some(false))).await;
        witness.note(&line(Kind::Unknown, "C", None)).await;
        witness.note(&line(Kind::NotSent, "E", None)).await;
        drop(witness);

        let (_, found) = Witness::reopen(&path).unwrap();
        let ids: Vec<&str> = found.attempts.iter().map(|line| line.id.as_str()).collect();
        assert_eq!((ids, found.attempted), (vec!["B", "C", "D"], 4));
        assert_eq!(found.attempts[0].message.as_ref().unwrap().get(), r#"{"TransID":"x"}"#);
    }
}
