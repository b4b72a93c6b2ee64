//! Records for reading: one JSON object a line. Convenient and without authority: what counts is the leaf, and
//! verification renders the leaf again and compares.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::entry::{Entry, Phase, Posting, Side};
use crate::hash::Hash;
use crate::record::{Claim, Commitment, Evidence, Fingerprint, LedgerTime, RawRecord, Sealed};

#[derive(Serialize)]
struct RecordLine<'a> {
    sequence: u64,
    time: Cow<'static, str>,
    /// Hexadecimal: readers of JSON keep 53 bits of a number.
    writer: String,
    principal: &'a str,
    cause: &'a str,
    evidence: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
    claims: Vec<ClaimLine<'a>>,
    entries: Vec<EntryLine<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sealed: Option<SealedLine>,
    #[serde(flatten)]
    event: EventLine<'a>,
    leaf_hash: String,
}

#[derive(Serialize)]
struct ClaimLine<'a> {
    key: &'a str,
    detail: String,
}

#[derive(Serialize)]
struct EntryLine<'a> {
    reason: &'a str,
    phase: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pending: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    corrects: Option<u64>,
    postings: Vec<PostingLine<'a>>,
}

#[derive(Serialize)]
struct PostingLine<'a> {
    account: &'a str,
    side: &'static str,
    amount: String,
    currency: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    memo: &'a str,
}

#[derive(Serialize)]
struct SealedLine {
    slot: u64,
    commitments: Vec<CommitmentLine>,
}

#[derive(Serialize)]
struct CommitmentLine {
    field: u8,
    hash: String,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum EventLine<'a> {
    /// The event as it was written, if it is JSON.
    Event(Cow<'a, RawValue>),
    /// Its bytes, if it is not.
    EventHex(String),
}

/// The line of a record, with its line ending.
pub(crate) fn line(record: &RawRecord, leaf_hash: &Hash) -> Vec<u8> {
    let draft = &record.draft;
    let line = RecordLine {
        sequence: record.sequence,
        time: time(record.time),
        writer: format!("{:016x}", record.writer),
        principal: &draft.principal,
        cause: &draft.cause,
        evidence: evidence(draft.evidence),
        fingerprint: draft.fingerprint.map(|Fingerprint(hash)| hex::encode(hash)),
        claims: draft.claims.iter().map(claim).collect(),
        entries: draft.entries.iter().map(entry).collect(),
        sealed: draft.sealed.as_ref().map(sealed),
        event: event(&draft.event),
        leaf_hash: leaf_hash.to_string(),
    };
    let mut bytes = serde_json::to_vec(&line).expect("a record can be written as JSON");
    bytes.push(b'\n');
    bytes
}

/// A time as RFC 3339 writes it, in UTC, with microseconds; one that lies outside the calendar, as its number.
pub(crate) fn time(time: LedgerTime) -> Cow<'static, str> {
    match jiff::Timestamp::from_microsecond(time.micros()) {
        Ok(timestamp) => Cow::Owned(format!("{timestamp:.6}")),
        Err(_) => Cow::Owned(format!("{} microseconds", time.micros())),
    }
}

fn evidence(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::None => "none",
        Evidence::CallbackOnly => "callback_only",
        Evidence::ConfirmedByQuery => "confirmed_by_query",
        Evidence::ConfirmedByStatement => "confirmed_by_statement",
    }
}

fn claim(claim: &Claim) -> ClaimLine<'_> {
    ClaimLine { key: &claim.key, detail: hex::encode(claim.detail) }
}

fn entry(entry: &Entry) -> EntryLine<'_> {
    let (phase, pending) = match entry.phase() {
        Phase::Final => ("final", None),
        Phase::Pending => ("pending", None),
        Phase::Settles { pending } => ("settles", Some(pending)),
        Phase::Releases { pending } => ("releases", Some(pending)),
    };
    EntryLine {
        reason: entry.reason(),
        phase,
        pending,
        corrects: entry.corrects(),
        postings: entry.postings().iter().map(posting).collect(),
    }
}

fn posting(posting: &Posting) -> PostingLine<'_> {
    PostingLine {
        account: posting.account.as_str(),
        side: match posting.side {
            Side::Debit => "debit",
            Side::Credit => "credit",
        },
        amount: posting.money.to_decimal(),
        currency: posting.money.currency().code(),
        memo: &posting.memo,
    }
}

fn sealed(sealed: &Sealed) -> SealedLine {
    let commitment = |commitment: &Commitment| CommitmentLine {
        field: commitment.field,
        hash: commitment.hash.to_string(),
    };
    SealedLine { slot: sealed.slot, commitments: sealed.commitments.iter().map(commitment).collect() }
}

fn event(bytes: &[u8]) -> EventLine<'_> {
    let raw = serde_json::from_slice::<&RawValue>(bytes).map_err(drop);
    match raw {
        Ok(raw) if !raw.get().contains(['\n', '\r']) => EventLine::Event(Cow::Borrowed(raw)),
        Ok(raw) => {
            // Line breaks in JSON stand between its tokens only: a space there says the same on one line.
            let one_line = raw.get().replace(['\n', '\r'], " ");
            RawValue::from_string(one_line).map_or_else(
                |_| EventLine::EventHex(hex::encode(bytes)),
                |raw| EventLine::Event(Cow::Owned(raw)),
            )
        }
        Err(()) => EventLine::EventHex(hex::encode(bytes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Draft;

    fn line_of(event: &[u8]) -> String {
        let draft = Draft::of(event.to_vec(), "tester", "cause");
        let time = LedgerTime::from_micros(1_800_000_000_000_001);
        String::from_utf8(line(&RawRecord { sequence: 3, writer: 0xab, time, draft }, &Hash::ZERO)).unwrap()
    }

    #[test]
    fn an_event_that_is_json_is_shown_as_it_is_and_on_one_line() {
        assert!(
            line_of(b"{\"amount\":12345678901234567890123}")
                .contains(r#""event":{"amount":12345678901234567890123}"#)
        );
        let broken = line_of(b"{\n\"a\": \"x\\ny\"\r\n}");
        assert_eq!(broken.matches('\n').count(), 1, "{broken}");
        assert!(broken.contains(r#""event":{ "a": "x\ny"  }"#), "{broken}");
        assert!(line_of(&[0xff]).contains(r#""event_hex":"ff""#));
        assert!(line_of(b"").contains(r#""event_hex":"""#));
        assert!(line_of(b"1").starts_with(
            r#"{"sequence":3,"time":"2027-01-15T08:00:00.000001Z","writer":"00000000000000ab","principal":"tester""#
        ));
    }

    #[test]
    fn a_time_outside_the_calendar_is_still_a_time() {
        assert_eq!(time(LedgerTime::from_micros(i64::MAX)), "9223372036854775807 microseconds");
    }
}
