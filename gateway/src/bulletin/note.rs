//! What makes the files of a bulletin trustworthy wherever they lie: a signed note with their hashes, by the key that signs
//! receipts.
//!
//! ```text
//! malipo bulletin
//! AS OF, RFC 3339 in UTC
//! SHA-256 in hex, two spaces, NAME    (a line for each file, as sha256sum writes it)
//!
//! — KEY NAME base64(key id || signature)
//! ```

use ledger::{Hash, SigningKey, VerifyingKey, open_note, sign_note};

/// The first line, which no other text has that the key signs.
const TITLE: &str = "malipo bulletin";

/// The note of these files, by name.
pub fn sign(as_of: &str, files: &[(&str, String)], key: &SigningKey) -> String {
    let lines = files.iter().map(|(name, text)| format!("{}  {name}\n", Hash::of(text.as_bytes())));
    sign_note(&format!("{TITLE}\n{as_of}\n{}", lines.collect::<String>()), key)
}

/// What a note says that one of these keys has signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedFiles {
    /// Since when.
    pub as_of: String,
    /// Hash in hex and name of each file.
    pub files: Vec<(String, String)>,
}

impl SignedFiles {
    /// Reads a note, having checked its signature; why it cannot be trusted, if it cannot.
    pub fn open(note: &str, keys: &[VerifyingKey]) -> Result<Self, String> {
        let opened = keys.iter().map(|key| open_note(note, key).map_err(|error| error.to_string()));
        let text = opened.reduce(|first, next| first.or(next));
        let text = text.unwrap_or_else(|| Err("there is no key to check it with".to_owned()))?;
        let mut lines = text.lines();
        if lines.next() != Some(TITLE) {
            return Err("it is signed, and is no bulletin".to_owned());
        }
        let as_of = lines.next().ok_or("it does not say since when")?.to_owned();
        let file = |line: &str| {
            let (hash, name) = line.split_once("  ")?;
            let is_plain = !name.is_empty() && !name.contains(['/', '\\']) && !name.starts_with('.');
            is_plain.then(|| (hash.to_owned(), name.to_owned()))
        };
        let files: Option<Vec<_>> = lines.map(file).collect();
        let files = files.filter(|files| !files.is_empty()).ok_or("it does not name its files")?;
        Ok(Self { as_of, files })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_altered_character_of_a_note_is_found_and_another_kind_of_note_is_none() {
        let (key, _) = SigningKey::generate("pay.example/receipts").unwrap();
        let keys = [key.verifying_key()];
        let note = sign("2027-01-03T03:00:00Z", &[("bulletin.json", "{}".to_owned())], &key);
        let signed = SignedFiles::open(&note, &keys).unwrap();
        assert_eq!(signed.files, [(Hash::of(b"{}").to_string(), "bulletin.json".to_owned())]);
        for (at, letter) in note.char_indices() {
            let replacement = if letter == 'A' { 'B' } else { 'A' };
            let mut altered = note.clone();
            altered.replace_range(at..at + letter.len_utf8(), &replacement.to_string());
            assert!(SignedFiles::open(&altered, &keys).is_err(), "{altered:?}");
        }
        let other = sign_note("something else\n", &key);
        assert_eq!(SignedFiles::open(&other, &keys).unwrap_err(), "it is signed, and is no bulletin");
        let outside = sign_note(&format!("{TITLE}\nnow\n00  ../keys\n"), &key);
        assert!(SignedFiles::open(&outside, &keys).is_err(), "a name leads nowhere else");
    }
}
