//! Checkpoints: the size and the root of the tree, signed, as C2SP tlog-checkpoint writes them in a signed note.
//!
//! ```text
//! ORIGIN
//! SIZE
//! ROOT in base64
//!
//! — KEY NAME base64(key id || signature)
//! ```

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::hash::Hash;
use crate::note::{NoteError, open_note, sign_note};
use crate::signature::{SigningKey, VerifyingKey};

/// What a checkpoint says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which tree this is of: a name that is unique among all logs.
    pub origin: String,
    /// How many leaves the tree has.
    pub size: u64,
    /// Its root.
    pub root: Hash,
}

/// Why a note is no checkpoint that can be trusted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// The text does not have the form of a checkpoint.
    #[error("the checkpoint does not have the form of one: {0}")]
    Form(&'static str),
    /// The note cannot be trusted.
    #[error("the checkpoint: {0}")]
    Note(#[from] NoteError),
}

impl Checkpoint {
    /// The text that is signed, with its line ending.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root.0))
    }

    /// The signed note.
    pub fn sign(&self, key: &SigningKey) -> String {
        sign_note(&self.text(), key)
    }

    /// Reads a signed note, having checked its signature by `key`. Lines by other keys are passed over.
    pub fn open(note: &str, key: &VerifyingKey) -> Result<Self, CheckpointError> {
        Self::parse(&open_note(note, key)?)
    }

    /// Reads the first lines of a note without asking who signed it.
    pub(crate) fn parse(text: &str) -> Result<Self, CheckpointError> {
        let mut lines = text.lines();
        let origin = lines.next().filter(|origin| !origin.is_empty());
        let origin = origin.ok_or(CheckpointError::Form("the origin is missing"))?;
        let size = lines.next().filter(|size| *size == "0" || !size.starts_with(['0', '+']));
        let size =
            size.and_then(|size| size.parse().ok()).ok_or(CheckpointError::Form("the size is no number"))?;
        let root = lines.next().and_then(|root| STANDARD.decode(root).ok());
        let root = root.and_then(|root| root.try_into().ok()).map(Hash);
        let root = root.ok_or(CheckpointError::Form("the root is not 32 bytes in base64"))?;
        Ok(Self { origin: origin.to_owned(), size, root })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_read_back_and_every_altered_character_is_found() {
        let (key, _) = SigningKey::generate("books.example/ledger").unwrap();
        let checkpoint =
            Checkpoint { origin: "books.example/ledger".to_owned(), size: 7, root: Hash::of(b"root") };
        let note = checkpoint.sign(&key);
        let verifying_key = VerifyingKey::parse(&key.verifying_key().to_string()).unwrap();
        assert_eq!(Checkpoint::open(&note, &verifying_key), Ok(checkpoint));
        for (at, letter) in note.char_indices() {
            let replacement = if letter == 'A' { 'B' } else { 'A' };
            let mut altered = note.clone();
            altered.replace_range(at..at + letter.len_utf8(), &replacement.to_string());
            // The last line may end with or without a line ending.
            if at + letter.len_utf8() < note.len() {
                assert!(Checkpoint::open(&altered, &verifying_key).is_err(), "{altered}");
            }
        }
        let (other, _) = SigningKey::generate("books.example/ledger").unwrap();
        let refused = Checkpoint::open(&note, &other.verifying_key());
        assert_eq!(refused, Err(NoteError::NotSigned("books.example/ledger".to_owned()).into()));
    }

    #[test]
    fn the_verifier_key_of_the_signed_note_specification_has_the_hash_it_is_published_with() {
        // The example key of the Go implementation of signed notes.
        let text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        assert_eq!(VerifyingKey::parse(text).unwrap().to_string(), text);
    }
}
