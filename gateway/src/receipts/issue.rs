//! Receipts are written from the books whenever they are asked for: nothing about them is kept that could differ.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger::tree::verify_inclusion;
use ledger::{Evidence, Hash, RawRecord, SigningKey, VerifyingKey};
use serde::Serialize;

use super::{Proof, Receipt, ReceiptLine, ShortForm, SignedReceipt};
use crate::books::{Books, LookupError};
use crate::bulletin;
use crate::clock::format_rfc3339;
use crate::gates::pass::{DeviceCard, SignedCard};
use crate::payments::{Bill, Event, Placement, ReceiptNumber, Share, read_event};

/// Writes and signs receipts.
#[derive(Debug)]
pub struct ReceiptSigner {
    key: SigningKey,
}

/// A receipt could not be written.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// There is no such receipt.
    #[error("there is no such receipt")]
    NoSuchReceipt,
    /// The stored hashes of the tree do not prove the record.
    #[error(
        "tree/hashes is damaged; stop the gateway and remove the file, it is written again at the next start"
    )]
    NoProof,
    /// The books could not be read.
    #[error(transparent)]
    Lookup(#[from] LookupError),
}

impl ReceiptSigner {
    /// A signer with this key.
    pub fn new(key: SigningKey) -> Self {
        Self { key }
    }

    /// The key that verifies receipts.
    pub fn verifying_key(&self) -> VerifyingKey {
        self.key.verifying_key()
    }

    /// The signed note of the files of a bulletin.
    pub fn sign_bulletin(&self, as_of: &str, files: &[(&str, String)]) -> String {
        bulletin::note::sign(as_of, files, &self.key)
    }

    /// A note with this text, whose first line says what it is: no text of another kind passes for it.
    pub fn sign_note(&self, text: &str) -> String {
        ledger::sign_note(text, &self.key)
    }

    /// The card of a device at a gate, as its provisional passes end.
    pub fn sign_card(&self, card: &DeviceCard) -> SignedCard {
        card.sign(|text| self.key.sign(text).to_vec())
    }

    /// What a receipt says.
    pub fn receipt(&self, books: &Books, number: ReceiptNumber) -> Result<Receipt, IssueError> {
        self.read(books, number).map(|(receipt, _)| receipt)
    }

    /// A receipt with its signatures and its proof.
    pub fn issue(&self, books: &Books, number: ReceiptNumber) -> Result<SignedReceipt, IssueError> {
        let (receipt, sequence) = self.read(books, number)?;
        let signed_fields = field_digests(&receipt);
        let signature = STANDARD.encode(self.key.sign(signed_fields.as_bytes()));
        let short_form = ShortForm::of(&receipt).sign(&self.key);
        let proof = prove(books, sequence)?;
        let signed_by = self.key.verifying_key().name().to_owned();
        Ok(SignedReceipt { receipt, signed_fields, signature, signed_by, short_form, proof })
    }

    /// The signed short form of a receipt.
    pub fn short_form(&self, receipt: &Receipt) -> String {
        ShortForm::of(receipt).sign(&self.key)
    }

    fn read(&self, books: &Books, number: ReceiptNumber) -> Result<(Receipt, u64), IssueError> {
        let (payment, bill) = books.payment_of_receipt(number)?.ok_or(IssueError::NoSuchReceipt)?;
        let sequence = payment.sequence;
        let record = books.ledger().record(sequence).map_err(LookupError::from)?;
        let record = record.ok_or(IssueError::NoSuchReceipt)?;
        let receipt = write(number, &bill, &record).ok_or(IssueError::NoSuchReceipt)?;
        Ok((receipt, sequence))
    }
}

fn write(number: ReceiptNumber, bill: &Bill, record: &RawRecord) -> Option<Receipt> {
    let Event::PaymentReceived(payment) = read_event(&record.draft.event)? else { return None };
    let Placement::Bill { share, .. } = payment.placement else { return None };
    let terms = &bill.terms;
    let lines = terms.lines.iter().map(|line| ReceiptLine {
        text: line.text.en().to_owned(),
        quantity: line.quantity,
        unit: line.unit,
        amount: line.amount,
        legal_basis: line.legal_basis.to_string(),
    });
    Some(Receipt {
        receipt_number: number.grouped(),
        outcome: outcome_word(share).to_owned(),
        paid: payment.money,
        booked_at: format_rfc3339(record.time.micros()),
        channel: payment.receipt.provider.word().to_owned(),
        short_code: payment.receipt.short_code.to_string(),
        channel_receipt: payment.receipt.number.to_string(),
        payment_number: terms.number.grouped(),
        agency: terms.agency.to_string(),
        service: terms.service.to_string(),
        service_name: terms.service_name.en().to_owned(),
        lines: lines.collect(),
        bill_total: terms.total,
        convenience_fee_basis: terms.convenience_basis.to_string(),
        evidence: evidence_word(record.draft.evidence).to_owned(),
        sequence: record.sequence,
    })
}

fn outcome_word(share: Share) -> &'static str {
    match share {
        Share::HeldForRest => "held_for_rest",
        Share::Completed => "completed",
        Share::CompletedWithExcess => "completed_with_excess",
        Share::Duplicate => "duplicate",
        Share::Late => "late",
    }
}

fn evidence_word(evidence: Evidence) -> &'static str {
    match evidence {
        Evidence::None => "none",
        Evidence::CallbackOnly => "callback_only",
        Evidence::ConfirmedByQuery => "confirmed_by_query",
        Evidence::ConfirmedByStatement => "confirmed_by_statement",
    }
}

fn prove(books: &Books, sequence: u64) -> Result<Proof, IssueError> {
    let (head, checkpoint) = books.checkpoint();
    let leaf = books.ledger().leaf(sequence).map_err(LookupError::from)?;
    let leaf = leaf.ok_or(IssueError::NoSuchReceipt)?;
    let hashes = books.ledger().hashes().inclusion_proof(sequence, head.size).map_err(LookupError::from)?;
    // A proof that does not lead to the root would make a genuine receipt look forged.
    verify_inclusion(&Hash::of_leaf(&leaf), sequence, head.size, &hashes, &head.root)
        .map_err(|_| IssueError::NoProof)?;
    Ok(Proof {
        leaf: STANDARD.encode(leaf),
        tree_size: head.size,
        hashes: hashes.iter().map(|Hash(hash)| STANDARD.encode(hash)).collect(),
        checkpoint,
    })
}

/// A line for each field of a receipt, in the order in which they are declared.
pub(super) fn field_digests(receipt: &Receipt) -> String {
    let line = |name: &str, value: &dyn erased::Json| format!("{name} {}\n", Hash::of(&value.to_json()));
    let Receipt {
        receipt_number,
        outcome,
        paid,
        booked_at,
        channel,
        short_code,
        channel_receipt,
        payment_number,
        agency,
        service,
        service_name,
        lines,
        bill_total,
        convenience_fee_basis,
        evidence,
        sequence,
    } = receipt;
    [
        line("receipt_number", receipt_number),
        line("outcome", outcome),
        line("paid", paid),
        line("booked_at", booked_at),
        line("channel", channel),
        line("short_code", short_code),
        line("channel_receipt", channel_receipt),
        line("payment_number", payment_number),
        line("agency", agency),
        line("service", service),
        line("service_name", service_name),
        line("lines", lines),
        line("bill_total", bill_total),
        line("convenience_fee_basis", convenience_fee_basis),
        line("evidence", evidence),
        line("sequence", sequence),
    ]
    .concat()
}

/// Values that can be written as compact JSON, whatever their type.
mod erased {
    use super::Serialize;

    pub(super) trait Json {
        fn to_json(&self) -> Vec<u8>;
    }

    impl<T: Serialize> Json for T {
        fn to_json(&self) -> Vec<u8> {
            serde_json::to_vec(self).expect("the fields of a receipt can be written as JSON")
        }
    }
}
