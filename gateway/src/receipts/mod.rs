//! Receipts that anybody can check without asking us: every field signed, a short form for the QR code, and a proof
//! that the books contain the payment.

mod issue;
mod short_form;
mod verify;

use ledger::Money;
use serde::{Deserialize, Serialize};

pub use issue::{IssueError, ReceiptSigner};
pub use short_form::{ShortForm, ShortFormError};
pub use verify::{Finding, KeySet, KeySetError, verify_short_form, verify_text};

/// A receipt as it is handed out, in JSON: what it says, who signed it, and how to prove it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedReceipt {
    /// What it says.
    pub receipt: Receipt,
    /// A line for each field of `receipt`, in order: its name, a space, and SHA-256 in hex of its value as compact JSON.
    pub signed_fields: String,
    /// Ed25519 over `signed_fields`, in base64.
    pub signature: String,
    /// Name of the key that signed.
    pub signed_by: String,
    /// The short form, as the QR code has it.
    pub short_form: String,
    /// That the books contain it.
    pub proof: Proof,
}

/// What a receipt says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Our number, as people see it.
    pub receipt_number: String,
    /// What became of the money: `completed`, `held_for_rest`, `completed_with_excess`, `duplicate` or `late`.
    pub outcome: String,
    /// The money that moved.
    pub paid: Money,
    /// When it was booked, RFC 3339 in UTC.
    pub booked_at: String,
    /// The provider.
    pub channel: String,
    /// The short code that it came to.
    pub short_code: String,
    /// The provider's own receipt.
    pub channel_receipt: String,
    /// The bill that it came for.
    pub payment_number: String,
    /// Whose revenue.
    pub agency: String,
    /// What for.
    pub service: String,
    /// What the service is called, in English.
    pub service_name: String,
    /// The lines of the bill.
    pub lines: Vec<ReceiptLine>,
    /// Their sum.
    pub bill_total: Money,
    /// Under what there is, or is not, a convenience fee.
    pub convenience_fee_basis: String,
    /// How well it is established that the money moved.
    pub evidence: String,
    /// Sequence of its record, which is also its leaf in the tree.
    pub sequence: u64,
}

/// A line of a bill, as a receipt shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptLine {
    /// What it is for, in English.
    pub text: String,
    /// How many.
    pub quantity: u32,
    /// Price of one.
    pub unit: Money,
    /// Price of all.
    pub amount: Money,
    /// Under what it is charged.
    pub legal_basis: String,
}

/// That the books contain a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    /// The record's leaf, in base64: see the ledger's format for its fields.
    pub leaf: String,
    /// Size of the tree that the proof is for.
    pub tree_size: u64,
    /// The hashes beside the path from the leaf to the root, in base64, leaf side first.
    pub hashes: Vec<String>,
    /// The signed checkpoint of that tree.
    pub checkpoint: String,
}
