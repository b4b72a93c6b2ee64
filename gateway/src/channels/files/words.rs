//! What words beside an amount say of it: whether money moved, in which currency, and which way. The lists are short, and a word
//! that is in none of them is a fault of its line: what has to be guessed is not booked.

use ledger::Currency;

/// What a file's account is in.
const SHILLINGS: &[&str] = &["KES", "KSH"];

/// Money moved.
const MOVED: &[&str] = &[
    "success",
    "successful",
    "succeeded",
    "completed",
    "complete",
    "paid",
    "settled",
    "approved",
    "processed",
    "posted",
    "ts",
    "ok",
    "0",
    "00",
    "000",
];
/// It moved, and was given back.
const UNDONE: &[&str] = &["reversed", "reversal", "voided", "refunded"];
/// None did, or not yet. The digits are what card networks answer (ISO 8583).
const DID_NOT_MOVE: &[&str] = &[
    "failed",
    "failure",
    "fail",
    "declined",
    "rejected",
    "refused",
    "error",
    "pending",
    "processing",
    "in progress",
    "initiated",
    "authorised",
    "authorized",
    "ambiguous",
    "cancelled",
    "canceled",
    "expired",
    "timeout",
    "timed out",
    "unsuccessful",
    "tf",
    "tip",
    "ta",
    "te",
    "05",
    "12",
    "13",
    "14",
    "41",
    "43",
    "51",
    "54",
    "55",
    "57",
    "61",
    "62",
    "91",
    "96",
];

/// It came in.
const CAME_IN: &[&str] = &["sale", "payment", "purchase", "deposit", "merchant payment"];
/// It came in, where the word is not the kind of a card.
const CREDITS: &[&str] = &["cr", "credit", "c"];
/// It went out, or was kept.
const WENT_OUT: &[&str] = &["refund", "chargeback", "charge", "charges", "fee", "commission", "withdrawal"];
/// It went out, where the word is not the kind of a card.
const DEBITS: &[&str] = &["dr", "debit", "d"];
/// It takes another row back.
const TAKES_BACK: &[&str] = &["void", "reversal", "sale void"];

/// What became of the money of a row, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    /// It moved.
    Moved,
    /// It moved, and whoever has it gave it back.
    Undone,
    /// It did not move, or not yet.
    DidNotMove,
}

/// Which way the money of a row went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// To us.
    In,
    /// From us, or kept by who has it.
    Out,
    /// It takes back what came in.
    Back,
}

/// What became of the money of a row, by the word in a column of states.
pub(super) fn state(word: &str) -> Option<State> {
    if is_one_of(MOVED, word) {
        Some(State::Moved)
    } else if is_one_of(UNDONE, word) {
        Some(State::Undone)
    } else if is_one_of(DID_NOT_MOVE, word) {
        Some(State::DidNotMove)
    } else {
        None
    }
}

/// Which way it went, by the word in a column of kinds. Beside sales by card, `debit` and `credit` may be the kind of the card,
/// and say nothing.
pub(super) fn way(word: &str, is_of_cards: bool) -> Option<Way> {
    if is_one_of(CAME_IN, word) || (!is_of_cards && is_one_of(CREDITS, word)) {
        Some(Way::In)
    } else if is_one_of(WENT_OUT, word) || (!is_of_cards && is_one_of(DEBITS, word)) {
        Some(Way::Out)
    } else if is_one_of(TAKES_BACK, word) {
        Some(Way::Back)
    } else {
        None
    }
}

/// Whether this is the currency of our accounts, or none is said.
pub(super) fn is_our_currency(word: &str) -> bool {
    word.is_empty() || is_one_of(SHILLINGS, word)
}

/// The currency that all amounts of a file are in.
pub(super) const OURS: Currency = Currency::Kes;

fn is_one_of(words: &[&str], word: &str) -> bool {
    let word = word.replace('_', " ");
    words.iter().any(|known| known.eq_ignore_ascii_case(&word))
}
