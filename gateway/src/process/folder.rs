//! The data directory: who holds it, where its parts are, and the secrets that live beside it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::hmac;
use ledger::storage::is_lack_of_room;
use ledger::{KeyError, SigningKey};
use zeroize::Zeroizing;

use super::{IDENTITY_KEY_FILE, IN_FLIGHT_KEY_FILE, LEDGER_KEY_FILE, RECEIPT_KEY_FILE};
use crate::access::{KeyMode, KeySecret};
use crate::config::sections::DataConfig;

/// Where the admin listener is, in the data directory.
pub const ADMIN_ADDRESS_FILE: &str = "admin-address";
/// What commands of this machine show to it.
pub const OPERATOR_TOKEN_FILE: &str = "operator-token";
/// The folder of keys, in the data directory, unless the configuration names another.
const KEYS_FOLDER: &str = "keys";
/// The folder of keys of keyed hashes, in the folder of keys.
pub const LOOKUP_FOLDER: &str = "lookup";
/// Where wrapped keys of personal data lie, in the folder of keys.
pub const VAULT_FOLDER: &str = "vault";

/// Where catalogue files are, in the data directory.
pub const CATALOGUES_FOLDER: &str = "catalogues";

/// Where it lies what staff sign in with, in the folder of keys.
const STAFF_FOLDER: &str = "staff";

/// Words that Safaricom refuses in an address, of those that our alphabet can spell.
const REFUSED_WORDS: [&str; 3] = ["mpesa", "exe", "cmd"];

/// The data directory of one gateway, held by this process alone.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    keys: PathBuf,
    /// Whether there were books when it was taken: then there were keys as well.
    has_books: bool,
    /// Removed with everything in it when dropped.
    _ephemeral: Option<EphemeralFolder>,
    _lock: File,
}

/// The data directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The disk.
    #[error("{}: {source}", path.display())]
    Io {
        /// File or folder.
        path: PathBuf,
        /// The error underneath.
        source: io::Error,
    },
    /// Another process holds it.
    #[error("{} is held by another gateway that is running; stop it, or use another --data", .0.display())]
    Held(PathBuf),
    /// A key in it is none.
    #[error("{}: {source}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: KeyError,
    },
    /// A file that holds a secret does not have its form.
    #[error("{}: this is not what was written there; restore it from a backup", .0.display())]
    Form(PathBuf),
}

impl FolderError {
    /// Whether the disk has no room, by itself or by a quota.
    pub(crate) fn is_lack_of_room(&self) -> bool {
        matches!(self, Self::Io { source, .. } if is_lack_of_room(source))
    }
}

/// A folder that lives as long as the process.
#[derive(Debug)]
struct EphemeralFolder(PathBuf);

impl Drop for EphemeralFolder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Where keys lie that are folders of their own.
pub(super) struct KeyFolders {
    pub(super) vault: PathBuf,
    pub(super) lookup: PathBuf,
    pub(super) staff: PathBuf,
}

impl KeyFolders {
    fn within(keys: &Path) -> Self {
        Self {
            vault: keys.join(VAULT_FOLDER),
            lookup: keys.join(LOOKUP_FOLDER),
            staff: keys.join(STAFF_FOLDER),
        }
    }
}

/// The folder of keys that a configuration names; nothing if it names no data directory either.
fn keys_directory(config: &DataConfig) -> Option<PathBuf> {
    let beside = config.directory.as_ref().map(|root| root.join(KEYS_FOLDER));
    config.keys_directory.clone().or(beside)
}

impl Folder {
    /// Where the folders of keys are or will be; nothing if the data directory is one that goes away with the process.
    pub(super) fn keys_of(config: &DataConfig) -> Option<KeyFolders> {
        keys_directory(config).map(|keys| KeyFolders::within(&keys))
    }

    /// The keys and secrets that are there and cannot be read. Takes nothing and makes nothing.
    pub(super) fn damaged_keys(config: &DataConfig) -> Vec<FolderError> {
        let Some(keys) = keys_directory(config) else { return Vec::new() };
        let signing = [LEDGER_KEY_FILE, RECEIPT_KEY_FILE, IDENTITY_KEY_FILE].map(|file| keys.join(file));
        let token = config.directory.as_ref().map(|root| root.join(OPERATOR_TOKEN_FILE));
        let damaged = signing.iter().filter_map(|path| read_signing_key(path).err());
        damaged
            .chain(read_hash_key(&keys.join(IN_FLIGHT_KEY_FILE)).err())
            .chain(token.and_then(|path| read_key_secret(&path).err()))
            .collect()
    }

    /// Takes the data directory that the configuration names, or one that goes away with the process.
    pub fn take(config: &DataConfig) -> Result<Self, FolderError> {
        let (root, ephemeral) = match &config.directory {
            Some(root) => (root.clone(), None),
            None => {
                let root = std::env::temp_dir().join(format!("malipo-{:016x}", rand::random::<u64>()));
                (root.clone(), Some(EphemeralFolder(root)))
            }
        };
        make_folder(&root)?;
        let root = fs::canonicalize(&root).map_err(|source| FolderError::Io { path: root, source })?;
        let keys = config.keys_directory.clone().unwrap_or_else(|| root.join(KEYS_FOLDER));
        make_folder(&keys)?;
        let lock_path = root.join("lock");
        let io = |source| FolderError::Io { path: lock_path.clone(), source };
        let lock = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&lock_path)
            .map_err(io)?;
        match lock.try_lock() {
            Ok(()) => {
                let has_books = root.join("journal").is_dir();
                Ok(Self { root, keys, has_books, _ephemeral: ephemeral, _lock: lock })
            }
            Err(TryLockError::WouldBlock) => Err(FolderError::Held(root)),
            Err(TryLockError::Error(source)) => Err(io(source)),
        }
    }

    /// Lets nobody else have the folder for as long as this process lives.
    pub(super) fn hold_until_the_end(self) {
        let Self { _lock, .. } = self;
        std::mem::forget(_lock);
    }

    /// The folder itself, where the ledger is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where catalogue files are, each named by the hash of its bytes.
    pub fn catalogues(&self) -> PathBuf {
        self.root.join(CATALOGUES_FOLDER)
    }

    /// Where the SQL views are.
    pub fn views(&self) -> PathBuf {
        self.root.join("views")
    }

    /// Where the wrapped keys of personal data are.
    pub fn vault(&self) -> PathBuf {
        KeyFolders::within(&self.keys).vault
    }

    /// Where the keys of keyed hashes are.
    pub fn lookup_keys(&self) -> PathBuf {
        KeyFolders::within(&self.keys).lookup
    }

    /// Where it lies what staff sign in with.
    pub fn staff(&self) -> PathBuf {
        KeyFolders::within(&self.keys).staff
    }

    /// The signing key in the file of this name; made, and named `name`, where there is none. A key keeps the name that it
    /// was made with, whatever the gateway is called later: proofs in people's hands name it.
    pub fn signing_key(&self, file: &str, name: &str) -> Result<SigningKey, FolderError> {
        let path = self.keys.join(file);
        if let Some(key) = read_signing_key(&path)? {
            return Ok(key);
        }
        let (key, seed) =
            SigningKey::generate(name).map_err(|source| FolderError::Key { path: path.clone(), source })?;
        write_secret(&path, &Zeroizing::new(format!("{name}\n{}", hex::encode(*seed))))?;
        self.note_new_key(&path);
        Ok(key)
    }

    /// The key of keyed hashes in the file of this name; made where there is none.
    pub fn hash_key(&self, file: &str) -> Result<hmac::Key, FolderError> {
        let path = self.keys.join(file);
        if let Some(key) = read_hash_key(&path)? {
            return Ok(key);
        }
        let mut bytes = Zeroizing::new([0; 32]);
        aws_lc_rs::rand::fill(&mut *bytes)
            .map_err(|_| FolderError::Key { path: path.clone(), source: KeyError::NoRandomness })?;
        write_secret(&path, &Zeroizing::new(hex::encode(*bytes)))?;
        self.note_new_key(&path);
        Ok(hmac::Key::new(hmac::HMAC_SHA256, &*bytes))
    }

    /// The part of a demonstration's callback path that nobody can guess. Safaricom refuses addresses with certain words in
    /// them, which letters drawn by chance may spell.
    pub fn callback_token(&self) -> Result<KeySecret, FolderError> {
        let path = self.keys.join("callback-token");
        loop {
            let token = self.secret(&path, KeyMode::Test)?;
            if !REFUSED_WORDS.iter().any(|word| token.reveal().contains(word)) {
                return Ok(token);
            }
            fs::remove_file(&path).map_err(|source| FolderError::Io { path: path.clone(), source })?;
        }
    }

    /// The same for the simulated carriers of text messages.
    pub fn messages_token(&self) -> Result<KeySecret, FolderError> {
        self.secret(&self.keys.join("messages-token"), KeyMode::Test)
    }

    /// What commands of this machine show to the admin listener.
    pub fn operator_token(&self) -> PathBuf {
        self.root.join(OPERATOR_TOKEN_FILE)
    }

    /// The secret in this file; made where there is none.
    pub fn secret(&self, path: &Path, mode: KeyMode) -> Result<KeySecret, FolderError> {
        if let Some(secret) = read_key_secret(path)? {
            return Ok(secret);
        }
        let mut random = Zeroizing::new([0; 32]);
        aws_lc_rs::rand::fill(&mut *random)
            .map_err(|_| FolderError::Key { path: path.to_path_buf(), source: KeyError::NoRandomness })?;
        let secret = KeySecret::from_random(mode, &random);
        write_secret(path, secret.reveal())?;
        self.note_new_key(path);
        Ok(secret)
    }

    /// A key that is made beside books that exist takes the place of one that was lost, unless this program is newer than
    /// the books: what was signed or hashed with the old one is not recognised any more.
    fn note_new_key(&self, path: &Path) {
        if self.has_books {
            tracing::error!(
                path = %path.display(),
                "There are books and this key was not there: a new one was made. If it was lost, stop and restore it."
            );
        }
    }
}

/// Reads a signing key: a line with its name, and one with its seed in hex. Nothing if there is no such file.
pub fn read_signing_key(path: &Path) -> Result<Option<SigningKey>, FolderError> {
    let Some(text) = read_secret(path)? else { return Ok(None) };
    let form = || FolderError::Form(path.to_path_buf());
    let (name, hex_seed) = text.trim().split_once('\n').ok_or_else(form)?;
    let mut seed = Zeroizing::new([0; 32]);
    hex::decode_to_slice(hex_seed, &mut *seed).map_err(|_| form())?;
    let key = SigningKey::from_seed(name, &seed);
    key.map(Some).map_err(|source| FolderError::Key { path: path.to_path_buf(), source })
}

/// Reads a key of keyed hashes. Nothing if there is no such file.
fn read_hash_key(path: &Path) -> Result<Option<hmac::Key>, FolderError> {
    let Some(text) = read_secret(path)? else { return Ok(None) };
    let mut bytes = Zeroizing::new([0; 32]);
    hex::decode_to_slice(text.trim(), &mut *bytes).map_err(|_| FolderError::Form(path.to_path_buf()))?;
    Ok(Some(hmac::Key::new(hmac::HMAC_SHA256, &*bytes)))
}

/// Reads a secret that is shown to somebody. Nothing if there is no such file.
fn read_key_secret(path: &Path) -> Result<Option<KeySecret>, FolderError> {
    let Some(text) = read_secret(path)? else { return Ok(None) };
    KeySecret::parse(text.trim()).map(Some).map_err(|_| FolderError::Form(path.to_path_buf()))
}

/// Makes a folder that its owner alone can open, unless it is there.
pub(crate) fn make_folder(path: &Path) -> Result<(), FolderError> {
    let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(|source| FolderError::Io { path: path.to_path_buf(), source })
}

/// Reads a file that holds a secret; nothing if there is none.
pub(crate) fn read_secret(path: &Path) -> Result<Option<Zeroizing<String>>, FolderError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(Zeroizing::new(text))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(FolderError::Io { path: path.to_path_buf(), source }),
    }
}

/// Writes a file that its owner alone can read, whole or not at all, into a folder that is ours alone.
pub(crate) fn write_secret(path: &Path, text: &str) -> Result<(), FolderError> {
    let unfinished = path.with_extension("unfinished");
    let mut options = OpenOptions::new();
    let opened = options.write(true).create(true).truncate(true).mode(0o600).open(&unfinished);
    let written = opened.and_then(|file| put_in_place(path, &unfinished, file, text));
    written.map_err(|source| FolderError::Io { path: path.to_path_buf(), source })
}

/// Writes what is to be kept, and gives it its name when it is whole and on the disk.
pub(super) fn put_in_place(path: &Path, unfinished: &Path, mut file: File, text: &str) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    fs::rename(unfinished, path)?;
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}
