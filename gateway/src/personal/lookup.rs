//! Keyed hashes by which personal data is compared without being kept. The key changes every month; hashes of two months
//! cannot be compared, and those of a month whose key was destroyed say nothing to anybody.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::{hmac, rand};
use ledger::personal::{KEY_LEN, key_file_of, key_in_file};
use zeroize::Zeroizing;

use crate::payments::{AccountFact, ReferenceKey};

/// What a key of a month that passed takes along when it is damaged.
const LOST_WITH_KEY: &str = "A key of references is damaged: bills of its month are found by their numbers alone, and money for \
                             their references is held. Restore it from a copy and start again.";

/// The keys of all months that are in use, each in a file of its own.
#[derive(Debug)]
pub struct LookupKeys {
    folder: PathBuf,
    /// By month. Nothing for a month that passed and left no key: none can appear later.
    keys: Mutex<BTreeMap<u32, Option<hmac::Key>>>,
}

/// A key could not be read or made.
#[derive(Debug, thiserror::Error)]
pub enum LookupKeysError {
    /// The disk.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The error underneath.
        source: io::Error,
    },
    /// A key is not as it was written.
    #[error("{}: this key is damaged; restore it from a copy", .0.display())]
    Damaged(PathBuf),
    /// The operating system gave no random numbers.
    #[error("the operating system gave no random numbers")]
    NoRandomness,
}

impl LookupKeys {
    /// Keys in this folder, in this month. Without the month's own key no reference could be looked up, so if that one is
    /// damaged there are none; of one of a month that passed somebody is told, and what was hashed in it is not found.
    pub fn open(folder: &Path, month: u32) -> Result<Self, LookupKeysError> {
        fs::create_dir_all(folder)
            .map_err(|source| LookupKeysError::Io { path: folder.to_path_buf(), source })?;
        let keys = Self { folder: folder.to_path_buf(), keys: Mutex::default() };
        for damaged in Self::damaged(folder)? {
            if damaged == keys.path(month) {
                return Err(LookupKeysError::Damaged(damaged));
            }
            tracing::error!(key = %damaged.display(), "{LOST_WITH_KEY}");
        }
        Ok(keys)
    }

    /// Whether [`open`](Self::open) would take this folder. Changes nothing; a folder that is not there will be made.
    pub fn check(folder: &Path, month: u32) -> Result<(), LookupKeysError> {
        if !folder.is_dir() {
            return Ok(());
        }
        let of_month = path_in(folder, month);
        match Self::damaged(folder)?.into_iter().find(|damaged| *damaged == of_month) {
            Some(damaged) => Err(LookupKeysError::Damaged(damaged)),
            None => Ok(()),
        }
    }

    /// The keys in this folder that are not as they were written.
    pub fn damaged(folder: &Path) -> Result<Vec<PathBuf>, LookupKeysError> {
        let io = |source| LookupKeysError::Io { path: folder.to_path_buf(), source };
        let mut damaged = Vec::new();
        for entry in fs::read_dir(folder).map_err(io)? {
            let path = entry.map_err(io)?.path();
            let is_key = path.extension().is_some_and(|extension| extension == "key");
            match is_key.then(|| read_key(path)) {
                Some(Err(LookupKeysError::Damaged(path))) => damaged.push(path),
                Some(Err(error)) => return Err(error),
                Some(Ok(_)) | None => {}
            }
        }
        damaged.sort_unstable();
        Ok(damaged)
    }

    /// The keyed hash of what a payer typed as the account, in this month.
    pub fn hash_account(&self, month: u32, normalised: &str) -> Result<AccountFact, LookupKeysError> {
        let key = self.key(month)?;
        let tag = hmac::sign(&key, normalised.as_bytes());
        let mut hash = [0; 8];
        hash.copy_from_slice(&tag.as_ref()[..8]);
        Ok(AccountFact::Hashed { epoch: month, hash })
    }

    /// What hashes references in this month. The month's key is made if there is none.
    pub fn references(&self, month: u32) -> Result<ReferenceHasher, LookupKeysError> {
        Ok(ReferenceHasher { epoch: month, key: self.key(month)? })
    }

    /// What hashed references in a month that has passed; nothing if it left no key, or one that is damaged.
    pub fn earlier_references(&self, month: u32) -> Result<Option<ReferenceHasher>, LookupKeysError> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let key = match keys.get(&month) {
            Some(known) => known.clone(),
            None => {
                let read = match read_key(self.path(month)) {
                    // New bills and those of other months do not wait for somebody who has a copy.
                    Err(LookupKeysError::Damaged(path)) => {
                        tracing::error!(key = %path.display(), "{LOST_WITH_KEY}");
                        None
                    }
                    read => read?,
                };
                keys.insert(month, read.clone());
                read
            }
        };
        Ok(key.map(|key| ReferenceHasher { epoch: month, key }))
    }

    /// A name for a message by which it is known again within this month, and which says nothing of it.
    pub fn name_message(&self, month: u32, message: &str) -> Result<String, LookupKeysError> {
        let tag = hmac::sign(&self.key(month)?, format!("message {message}").as_bytes());
        Ok(format!("{month} {}", hex::encode(&tag.as_ref()[..16])))
    }

    fn key(&self, month: u32) -> Result<hmac::Key, LookupKeysError> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Some(key)) = keys.get(&month) {
            return Ok(key.clone());
        }
        let key = match read_key(self.path(month))? {
            Some(key) => key,
            None => hmac::Key::new(hmac::HMAC_SHA256, &*make_key(&self.path(month))?),
        };
        keys.insert(month, Some(key.clone()));
        Ok(key)
    }

    fn path(&self, month: u32) -> PathBuf {
        path_in(&self.folder, month)
    }
}

/// The file of a month's key.
fn path_in(folder: &Path, month: u32) -> PathBuf {
    folder.join(format!("{:04}-{:02}.key", month / 12, month % 12 + 1))
}

/// Hashes references under the key of one month.
#[derive(Clone, Debug)]
pub struct ReferenceHasher {
    epoch: u32,
    key: hmac::Key,
}

impl ReferenceHasher {
    /// How the books know this reference, written as they write references: among those of an agency, or among all if
    /// nobody can say whose it is.
    pub fn hash(&self, agency: Option<&str>, canonical: &str) -> ReferenceKey {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(b"reference ");
        // Codes of agencies have no spaces, nor have references.
        context.update(agency.unwrap_or_default().as_bytes());
        context.update(b" ");
        context.update(canonical.as_bytes());
        let mut hash = [0; 8];
        hash.copy_from_slice(&context.sign().as_ref()[..8]);
        ReferenceKey { epoch: self.epoch, hash }
    }
}

/// The key in a file, if there is one.
fn read_key(path: PathBuf) -> Result<Option<hmac::Key>, LookupKeysError> {
    let bytes = match fs::read(&path).map(Zeroizing::new) {
        Ok(content) => key_in_file(&content).ok_or(LookupKeysError::Damaged(path))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(LookupKeysError::Io { path, source }),
    };
    Ok(Some(hmac::Key::new(hmac::HMAC_SHA256, &*bytes)))
}

/// A new key, whole in its file or not there at all: half a key would be taken for damage.
fn make_key(path: &Path) -> Result<Zeroizing<[u8; KEY_LEN]>, LookupKeysError> {
    let mut key = Zeroizing::new([0; KEY_LEN]);
    rand::fill(&mut *key).map_err(|_| LookupKeysError::NoRandomness)?;
    let unfinished = path.with_extension("unfinished");
    let write = || {
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
        file.write_all(&key_file_of(&key)[..])?;
        file.sync_all()?;
        fs::rename(&unfinished, path)?;
        path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all())
    };
    write().map_err(|source| LookupKeysError::Io { path: path.to_path_buf(), source })?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOVEMBER: u32 = 2026 * 12 + 10;

    #[test]
    fn hashes_agree_within_a_month_and_across_restarts_only() {
        let folder = tempfile::tempdir().unwrap();
        let keys = LookupKeys::open(folder.path(), NOVEMBER).unwrap();
        let november = 2026 * 12 + 10;
        let hash = keys.hash_account(november, "NHIFM12345678").unwrap();
        let restarted = LookupKeys::open(folder.path(), NOVEMBER).unwrap();
        assert_eq!(restarted.hash_account(november, "NHIFM12345678").unwrap(), hash);
        assert_ne!(keys.hash_account(november, "NHIFM12345679").unwrap(), hash);
        assert_ne!(keys.hash_account(november + 1, "NHIFM12345678").unwrap(), hash);
    }

    #[test]
    fn references_are_hashed_apart_from_accounts_and_no_key_is_made_for_a_month_that_passed() {
        let folder = tempfile::tempdir().unwrap();
        let keys = LookupKeys::open(folder.path(), NOVEMBER).unwrap();
        let november = 2026 * 12 + 10;
        assert!(keys.earlier_references(november).unwrap().is_none());
        let number = "2027000123456";
        let reference = keys.references(november).unwrap().hash(None, number);
        let account = keys.hash_account(november, "2027000123456").unwrap();
        assert_ne!(AccountFact::Hashed { epoch: reference.epoch, hash: reference.hash }, account);
        let restarted = LookupKeys::open(folder.path(), NOVEMBER).unwrap();
        let again = restarted.earlier_references(november).unwrap().unwrap();
        assert_eq!(again.hash(None, number), reference);
        assert_ne!(keys.references(november + 1).unwrap().hash(None, number).hash, reference.hash);
        let (kra, city) = (again.hash(Some("KRA"), number), again.hash(Some("CITY"), number));
        assert!(kra != city && kra != reference && city != reference);
        assert_eq!(restarted.references(november).unwrap().hash(Some("KRA"), number), kra);
    }

    #[test]
    fn the_key_of_a_month_that_passed_and_left_none_is_looked_for_once() {
        let folder = tempfile::tempdir().unwrap();
        let keys = LookupKeys::open(folder.path(), NOVEMBER).unwrap();
        let october = 2026 * 12 + 9;
        assert!(keys.earlier_references(october).unwrap().is_none());
        let other = LookupKeys::open(folder.path(), NOVEMBER).unwrap().references(october).unwrap();
        assert!(keys.earlier_references(october).unwrap().is_none(), "the disk is not asked again");
        // Whoever needs a key gets the one that is there.
        assert_eq!(keys.references(october).unwrap().hash(None, "X"), other.hash(None, "X"));
        assert!(keys.earlier_references(october).unwrap().is_some());
    }

    #[test]
    fn a_key_that_rots_makes_no_hashes() {
        let folder = tempfile::tempdir().unwrap();
        LookupKeys::open(folder.path(), NOVEMBER).unwrap().hash_account(2026 * 12 + 10, "X").unwrap();
        let path = folder.path().join("2026-11.key");
        let mut content = fs::read(&path).unwrap();
        content[9] ^= 1;
        fs::write(&path, content).unwrap();
        let refused = LookupKeys::open(folder.path(), NOVEMBER).unwrap_err();
        assert!(refused.to_string().contains("2026-11.key"), "{refused}");
        // In December it is missed and nothing else.
        let keys = LookupKeys::open(folder.path(), NOVEMBER + 1).unwrap();
        assert!(keys.earlier_references(NOVEMBER).unwrap().is_none());
        keys.references(NOVEMBER + 1).unwrap();
        assert_eq!(LookupKeys::damaged(folder.path()).unwrap(), [path]);
    }
}
