//! Checking a receipt with nothing but public keys. Everything that is wrong is named, not only the first thing.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger::tree::verify_inclusion;
use ledger::{Checkpoint, EncodedRecord, Hash, NoteError, VerifyingKey};
use serde::{Deserialize, Serialize};

use super::issue::field_digests;
use super::{Receipt, ShortForm, ShortFormError, SignedReceipt};
use crate::payments::{ChannelReceipt, Event, Placement, Provider};

/// The public keys that receipts and checkpoints are verified with, as `GET /v1/keys` hands them out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeySet {
    /// Keys that sign receipts, as `NAME+HASH+KEY`.
    pub receipt_keys: Vec<String>,
    /// Keys that sign checkpoints of the books, as `NAME+HASH+KEY`.
    pub checkpoint_keys: Vec<String>,
    /// Keys that sign who is calling, for the systems of agencies, as `NAME+HASH+KEY`. Sets of earlier releases have none.
    #[serde(default)]
    pub identity_keys: Vec<String>,
}

/// The keys cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key:?} in the set of keys is none: {reason}")]
pub struct KeySetError {
    key: String,
    reason: String,
}

/// One thing that was checked, and how it came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What was checked.
    pub what: String,
    /// What is wrong with it, if anything.
    pub wrong: Option<String>,
}

impl Finding {
    fn good(what: impl Into<String>) -> Self {
        Self { what: what.into(), wrong: None }
    }

    fn wrong(what: impl Into<String>, wrong: impl Into<String>) -> Self {
        Self { what: what.into(), wrong: Some(wrong.into()) }
    }

    fn of<E: std::fmt::Display>(what: &str, outcome: Result<(), E>) -> Self {
        match outcome {
            Ok(()) => Self::good(what),
            Err(error) => Self::wrong(what, error.to_string()),
        }
    }
}

impl KeySet {
    /// The keys that sign receipts, and with them the bulletin.
    pub(crate) fn receipt_keys(&self) -> Result<Vec<VerifyingKey>, KeySetError> {
        read_keys(&self.receipt_keys)
    }

    fn checkpoint_keys(&self) -> Result<Vec<VerifyingKey>, KeySetError> {
        read_keys(&self.checkpoint_keys)
    }
}

fn read_keys(texts: &[String]) -> Result<Vec<VerifyingKey>, KeySetError> {
    let read = |text: &String| {
        VerifyingKey::parse(text)
            .map_err(|error| KeySetError { key: text.clone(), reason: error.to_string() })
    };
    texts.iter().map(read).collect()
}

/// Checks whatever this text is: a receipt in JSON or a short form.
pub fn verify_text(text: &str, keys: &KeySet) -> Result<Vec<Finding>, KeySetError> {
    if text.trim_start().starts_with("MLP") {
        return verify_short_form(text, keys);
    }
    match serde_json::from_str::<SignedReceipt>(text) {
        Ok(receipt) => verify_receipt(&receipt, keys),
        Err(error) => Ok(vec![Finding::wrong(
            "the form of a receipt",
            format!("at line {}, column {}: {error}", error.line(), error.column()),
        )]),
    }
}

/// Checks a short form.
pub fn verify_short_form(text: &str, keys: &KeySet) -> Result<Vec<Finding>, KeySetError> {
    let findings = match ShortForm::open(text, &keys.receipt_keys()?) {
        Ok(short) => {
            let says = short.values().map(|(name, value)| format!("{name} {value}")).join(", ");
            vec![Finding::good(format!("the signature of the short form, which says: {says}"))]
        }
        Err(error) => vec![Finding::wrong("the short form", error.to_string())],
    };
    Ok(findings)
}

fn verify_receipt(signed: &SignedReceipt, keys: &KeySet) -> Result<Vec<Finding>, KeySetError> {
    let receipt_keys = keys.receipt_keys()?;
    let mut findings = vec![check_signature(signed, &receipt_keys)];
    findings.extend(check_fields(signed));
    findings.push(check_short_form(signed, &receipt_keys));
    findings.extend(check_proof(signed, &keys.checkpoint_keys()?));
    Ok(findings)
}

fn check_signature(signed: &SignedReceipt, keys: &[VerifyingKey]) -> Finding {
    const WHAT: &str = "the signature over the list of fields";
    let Some(key) = keys.iter().find(|key| key.name() == signed.signed_by) else {
        return Finding::wrong(WHAT, format!("signed_by: no key is named {:?}", signed.signed_by));
    };
    match STANDARD.decode(&signed.signature) {
        Ok(signature) if key.verifies(signed.signed_fields.as_bytes(), &signature) => Finding::good(WHAT),
        Ok(_) => Finding::wrong(WHAT, "signature or signed_fields: one of them was altered"),
        Err(_) => Finding::wrong(WHAT, "signature: it is not base64"),
    }
}

/// Compares each field with the digest that was signed for it.
fn check_fields(signed: &SignedReceipt) -> Vec<Finding> {
    let expected = field_digests(&signed.receipt);
    if expected == signed.signed_fields {
        let outcome = outcome_meaning(&signed.receipt.outcome);
        return vec![Finding::good(format!("every field of the receipt, which says: {outcome}"))];
    }
    let signed_lines: Vec<_> = signed.signed_fields.lines().collect();
    let altered = expected.lines().enumerate().filter(|(at, line)| signed_lines.get(*at) != Some(line));
    let names: Vec<_> = altered.filter_map(|(_, line)| line.split(' ').next()).map(str::to_owned).collect();
    if names.is_empty() {
        return vec![Finding::wrong("the list of fields", "signed_fields: there is more in it than fields")];
    }
    names
        .into_iter()
        .map(|name| {
            Finding::wrong(format!("field {name}"), format!("receipt.{name}: it is not what was signed"))
        })
        .collect()
}

/// What it means for whoever is shown the receipt. A receipt of money is not always one of a paid bill.
fn outcome_meaning(outcome: &str) -> &str {
    match outcome {
        "completed" => "the bill was paid in full",
        "completed_with_excess" => "the bill was paid in full, and more arrived than was due",
        "held_for_rest" => "a PART was paid; this receipt does not show that the bill was paid in full",
        "duplicate" => "money that arrived after the bill had been paid, to be given back",
        "late" => "money that arrived after the bill had ended; the bill was NOT paid by it",
        other => other,
    }
}

fn check_short_form(signed: &SignedReceipt, keys: &[VerifyingKey]) -> Finding {
    const WHAT: &str = "the short form";
    match ShortForm::open(&signed.short_form, keys) {
        Err(ShortFormError::Form(reason)) => Finding::wrong(WHAT, format!("short_form: {reason}")),
        Err(error) => Finding::wrong(WHAT, format!("short_form: {error}")),
        Ok(short) => {
            let expected = ShortForm::of(&signed.receipt);
            let differing: Vec<_> = short
                .values()
                .into_iter()
                .zip(expected.values())
                .filter(|((_, signed), (_, shown))| signed != shown)
                .map(|((name, signed), (_, shown))| {
                    format!("{name} is {signed:?} there and {shown:?} in the receipt")
                })
                .collect();
            if differing.is_empty() {
                Finding::good(WHAT)
            } else {
                Finding::wrong(WHAT, differing.join("; "))
            }
        }
    }
}

fn check_proof(signed: &SignedReceipt, keys: &[VerifyingKey]) -> Vec<Finding> {
    let proof = &signed.proof;
    let leaf = STANDARD.decode(&proof.leaf);
    let Ok(leaf) = leaf else { return vec![Finding::wrong("the record", "proof.leaf: it is not base64")] };
    let mut findings =
        vec![Finding::of("the record says what the receipt says", check_leaf(&signed.receipt, &leaf))];
    let checkpoint = keys
        .iter()
        .map(|key| Checkpoint::open(&proof.checkpoint, key))
        .reduce(|first, other| first.or(other))
        .unwrap_or(Err(NoteError::NotSigned("any key: there is none in the set".to_owned()).into()));
    let checkpoint = match checkpoint {
        Ok(checkpoint) => checkpoint,
        Err(error) => {
            findings.push(Finding::wrong("the checkpoint", format!("proof.checkpoint: {error}")));
            return findings;
        }
    };
    findings.push(Finding::good(format!("the checkpoint of {} records", checkpoint.size)));
    findings.push(Finding::of(
        "the proof that the books contain the record",
        check_inclusion(signed, &leaf, &checkpoint),
    ));
    findings
}

fn check_inclusion(signed: &SignedReceipt, leaf: &[u8], checkpoint: &Checkpoint) -> Result<(), String> {
    let proof = &signed.proof;
    if proof.tree_size != checkpoint.size {
        return Err(format!(
            "proof.tree_size: {} is not the checkpoint's {}",
            proof.tree_size, checkpoint.size
        ));
    }
    let hashes = proof.hashes.iter().enumerate().map(|(at, text)| {
        let bytes = STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Hash).ok_or_else(|| format!("proof.hashes[{at}]: it is not 32 bytes in base64"))
    });
    let hashes = hashes.collect::<Result<Vec<_>, _>>()?;
    let leaf = Hash::of_leaf(leaf);
    verify_inclusion(&leaf, signed.receipt.sequence, checkpoint.size, &hashes, &checkpoint.root)
        .map_err(|error| format!("proof.hashes, proof.leaf or receipt.sequence: {error}"))
}

/// Whether the record is of this payment.
fn check_leaf(receipt: &Receipt, leaf: &[u8]) -> Result<(), String> {
    let record = EncodedRecord::decode(leaf, &[]).map_err(|error| format!("proof.leaf: {error}"))?;
    if record.sequence != receipt.sequence {
        return Err(format!("proof.leaf: it is record {}, not {}", record.sequence, receipt.sequence));
    }
    let event =
        serde_json::from_slice(&record.draft.event).map_err(|error| format!("proof.leaf: {error}"))?;
    let Event::PaymentReceived(payment) = event else {
        return Err("proof.leaf: the record is not of a payment".to_owned());
    };
    let named = Provider::ALL.into_iter().find(|provider| provider.word() == receipt.channel);
    let provider = named.ok_or_else(|| format!("receipt.channel: {:?} is no provider", receipt.channel))?;
    let told = ChannelReceipt {
        provider,
        short_code: receipt.short_code.as_str().into(),
        number: receipt.channel_receipt.as_str().into(),
    };
    if payment.receipt != told {
        return Err("proof.leaf: the record is of another channel receipt".to_owned());
    }
    if payment.money != receipt.paid {
        return Err(format!("proof.leaf: the record is of {}, not {}", payment.money, receipt.paid));
    }
    match payment.placement {
        Placement::Bill { receipt: number, .. } if number.grouped() == receipt.receipt_number => Ok(()),
        Placement::Bill { .. } | Placement::Suspense { .. } => {
            Err("proof.leaf: the record has another receipt number".to_owned())
        }
    }
}
