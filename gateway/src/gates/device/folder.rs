//! Where a device keeps what it is, what it was given, and what it did.

use std::path::{Path, PathBuf};

use ledger::{SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};

use super::journal::{Journal, JournalError};
use crate::gates::certificate::Certificate;
use crate::gates::pass::SignedCard;
use crate::gates::signed::Untrusted;
use crate::process::{FolderError, make_folder, read_secret, read_signing_key, write_secret};
use crate::receipts::KeySet;

const TERMS_FILE: &str = "device.json";
const CERTIFICATE_FILE: &str = "certificate.note";
const KEYS_FILE: &str = "gateway-keys.json";
const PACK_FILE: &str = "pack.note";
const DEVICE_KEY_FILE: &str = "device-key";
const API_KEY_FILE: &str = "api-key";
const CARD_FILE: &str = "card";
const NUMBERS_FILE: &str = "numbers.note";
const JOURNAL_FILE: &str = "journal";
/// Name of the keys of devices, in the lines of their signatures.
const KEY_NAME: &str = "malipo-gate";

/// What a device is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceTerms {
    /// Where the gateway is when it is there.
    pub gateway: String,
    /// Its name.
    pub device: String,
    /// The site.
    pub site: String,
    /// Whose.
    pub agency: String,
    /// Which gate.
    pub gate: String,
}

/// The folder of a device.
#[derive(Clone, Debug)]
pub struct DeviceFolder(PathBuf);

/// The folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DeviceFolderError {
    /// Something that must be there is not.
    #[error("{} has no {file}: run `malipo gate enrol` first", folder.display())]
    Missing {
        /// Which folder.
        folder: PathBuf,
        /// Which file.
        file: &'static str,
    },
    /// A device was made here before.
    #[error("{} has a device already, or what is left of one: each has a folder of its own (--data)", .0.display())]
    Taken(PathBuf),
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FolderError),
    /// A file is not what it should be.
    #[error("{}: {reason}", path.display())]
    Form {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The journal cannot be made.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The certificate is none.
    #[error("its certificate is refused: {0}")]
    Certificate(#[from] Untrusted),
    /// No key could be made.
    #[error("no key could be made: {0}")]
    Key(#[from] ledger::KeyError),
}

impl DeviceFolder {
    /// The folder at this path.
    pub fn at(path: &Path) -> Self {
        Self(path.to_path_buf())
    }

    /// Makes the folder and the key of a device. A key without a device is of an enrolment that came to nothing; a journal
    /// without one may be all that is left of a device, and is not written over.
    pub fn make_key(&self) -> Result<SigningKey, DeviceFolderError> {
        make_folder(&self.0)?;
        if self.0.join(TERMS_FILE).exists() || self.journal().exists() {
            return Err(DeviceFolderError::Taken(self.0.clone()));
        }
        let (key, seed) = SigningKey::generate(KEY_NAME)?;
        let text = zeroize::Zeroizing::new(format!("{KEY_NAME}\n{}", hex::encode(*seed)));
        write_secret(&self.0.join(DEVICE_KEY_FILE), &text)?;
        Ok(key)
    }

    /// Keeps what the gateway has certified, and begins the journal, which is never begun again. The terms come last: with them
    /// the device exists.
    pub fn keep_certified(
        &self,
        terms: &DeviceTerms,
        certificate: &str,
        keys: &KeySet,
        api_key: &str,
        card: Option<&SignedCard>,
    ) -> Result<(), DeviceFolderError> {
        let json = |value: serde_json::Result<String>| value.expect("texts can be written as JSON");
        write_secret(&self.0.join(CERTIFICATE_FILE), certificate.trim_end_matches('\n'))?;
        write_secret(&self.0.join(KEYS_FILE), &json(serde_json::to_string(keys)))?;
        write_secret(&self.0.join(API_KEY_FILE), api_key)?;
        if let Some(card) = card {
            write_secret(&self.0.join(CARD_FILE), card.as_text())?;
        }
        Journal::create(&self.journal(), &terms.device)?;
        write_secret(&self.0.join(TERMS_FILE), &json(serde_json::to_string(terms)))?;
        Ok(())
    }

    /// What the device is.
    pub fn terms(&self) -> Result<DeviceTerms, DeviceFolderError> {
        let text = self.read(TERMS_FILE)?;
        serde_json::from_str(&text).map_err(|error| self.form(TERMS_FILE, &error))
    }

    /// What the gateway has certified.
    pub fn certificate(&self) -> Result<Certificate, DeviceFolderError> {
        Ok(Certificate::open(&self.read(CERTIFICATE_FILE)?, &self.trusted_keys()?)?)
    }

    /// The key that it signs with.
    pub fn key(&self) -> Result<SigningKey, DeviceFolderError> {
        let key = read_signing_key(&self.0.join(DEVICE_KEY_FILE))?;
        key.ok_or_else(|| self.missing(DEVICE_KEY_FILE))
    }

    /// The keys that it trusts for packs.
    pub fn trusted_keys(&self) -> Result<Vec<VerifyingKey>, DeviceFolderError> {
        let text = self.read(KEYS_FILE)?;
        let set: KeySet = serde_json::from_str(&text).map_err(|error| self.form(KEYS_FILE, &error))?;
        set.receipt_keys().map_err(|error| self.form(KEYS_FILE, &error))
    }

    /// What it shows to the gateway.
    pub fn api_key(&self) -> Result<String, DeviceFolderError> {
        Ok(self.read(API_KEY_FILE)?.trim().to_owned())
    }

    /// The newest pack; nothing before the first.
    pub fn pack(&self) -> Result<Option<String>, DeviceFolderError> {
        Ok(read_secret(&self.0.join(PACK_FILE))?.map(|text| text.to_string()))
    }

    /// Keeps a pack, whole or not at all.
    pub fn keep_pack(&self, note: &str) -> Result<(), DeviceFolderError> {
        Ok(write_secret(&self.0.join(PACK_FILE), note.trim_end_matches('\n'))?)
    }

    /// The card that its passes end with; nothing if it was enrolled before there were any.
    pub fn card(&self) -> Result<Option<String>, DeviceFolderError> {
        Ok(read_secret(&self.0.join(CARD_FILE))?.map(|text| text.trim().to_owned()))
    }

    /// The payment numbers that are kept for it; nothing before the first.
    pub fn numbers(&self) -> Result<Option<String>, DeviceFolderError> {
        Ok(read_secret(&self.0.join(NUMBERS_FILE))?.map(|text| text.to_string()))
    }

    /// Keeps numbers, whole or not at all.
    pub fn keep_numbers(&self, note: &str) -> Result<(), DeviceFolderError> {
        Ok(write_secret(&self.0.join(NUMBERS_FILE), note.trim_end_matches('\n'))?)
    }

    /// Where the journal is.
    pub fn journal(&self) -> PathBuf {
        self.0.join(JOURNAL_FILE)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.0
    }

    fn read(&self, file: &'static str) -> Result<String, DeviceFolderError> {
        let text = read_secret(&self.0.join(file))?;
        text.map(|text| text.to_string()).ok_or_else(|| self.missing(file))
    }

    fn missing(&self, file: &'static str) -> DeviceFolderError {
        DeviceFolderError::Missing { folder: self.0.clone(), file }
    }

    fn form(&self, file: &'static str, error: &dyn std::fmt::Display) -> DeviceFolderError {
        DeviceFolderError::Form { path: self.0.join(file), reason: error.to_string() }
    }
}
