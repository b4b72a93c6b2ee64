//! Between the closed sets of the domain and the words that columns hold. Serde's words are those of the journal and
//! the API, and are for ever; there is no second list of them here.

use ledger::Evidence;
use serde::Serialize;
use serde::de::value::{Error, StrDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};

/// The word of a value that serde writes as one.
pub(super) fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        other => unreachable!("only values that are one word are given here, not {other:?}"),
    }
}

/// The value of a word; says in words why it is none.
pub(super) fn value_of<T: DeserializeOwned>(word: &str) -> Result<T, String> {
    let words: StrDeserializer<'_, Error> = word.into_deserializer();
    T::deserialize(words).map_err(|error| error.to_string())
}

/// What the column for evidence holds.
pub(super) fn evidence_number(evidence: Evidence) -> i64 {
    i64::from(evidence.byte())
}
