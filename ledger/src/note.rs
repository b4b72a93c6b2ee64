//! Signed notes: a text that people can read, and who signed it (C2SP signed-note).
//!
//! ```text
//! TEXT, any lines
//!
//! — KEY NAME base64(key id || signature)
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::signature::{SigningKey, VerifyingKey};

/// Why a note cannot be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It has no signatures.
    #[error("there is no empty line before the signatures")]
    Form,
    /// No signature line is by the key asked for.
    #[error("it has no signature by {0}")]
    NotSigned(String),
    /// There is a line by the key, and it is not its signature of this text.
    #[error("the signature of {0} does not fit: the text or the signature was altered")]
    BadSignature(String),
}

/// The note with this text, which ends in a line ending and has no empty line.
pub fn sign_note(text: &str, key: &SigningKey) -> String {
    let verifying_key = key.verifying_key();
    let signature = [&verifying_key.id()[..], &key.sign(text.as_bytes())].concat();
    format!("{text}\n\u{2014} {} {}\n", verifying_key.name(), STANDARD.encode(signature))
}

/// The text of a note, having checked its signature by `key`. Lines by other keys are passed over.
pub fn open_note(note: &str, key: &VerifyingKey) -> Result<String, NoteError> {
    let (text, signatures) = note.split_once("\n\n").ok_or(NoteError::Form)?;
    let text = format!("{text}\n");
    let prefix = format!("\u{2014} {} ", key.name());
    let by_key = signatures.lines().filter_map(|line| line.strip_prefix(&prefix)).filter_map(|line| {
        let bytes = STANDARD.decode(line).ok()?;
        bytes.strip_prefix(&key.id()).map(<[u8]>::to_vec)
    });
    let by_key: Vec<_> = by_key.collect();
    if by_key.is_empty() {
        return Err(NoteError::NotSigned(key.name().to_owned()));
    }
    if by_key.iter().any(|signature| key.verifies(text.as_bytes(), signature)) {
        Ok(text)
    } else {
        Err(NoteError::BadSignature(key.name().to_owned()))
    }
}
