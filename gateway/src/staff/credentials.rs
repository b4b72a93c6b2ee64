//! What staff sign in with: a file for each account in the folder of keys, which its owner alone can read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::{fs, io};

use ledger::Hash;
use serde::{Deserialize, Serialize};

use super::totp::TotpSecret;
use crate::config::sign_in::NamingClaim;
use crate::process::{FolderError, make_folder, read_secret, write_secret};

/// Shortest and longest name to sign in with.
const LOGIN_LEN: std::ops::RangeInclusive<usize> = 3..=40;

/// Not a name to sign in with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a name has 3 to 40 small letters, digits, full stops and hyphens, and begins with a letter")]
pub struct NotALogin;

/// Reads a name as people type it.
pub fn read_login(text: &str) -> Result<String, NotALogin> {
    let login = text.trim().to_lowercase();
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'-');
    let begins = login.bytes().next().is_some_and(|first| first.is_ascii_lowercase());
    if begins && LOGIN_LEN.contains(&login.len()) && login.bytes().all(fits) {
        Ok(login)
    } else {
        Err(NotALogin)
    }
}

/// The longest name at an identity provider, in characters.
const PROVIDER_NAME_LEN_MAX: usize = 255;

/// Not a name at an identity provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a name at the identity provider has 1 to {PROVIDER_NAME_LEN_MAX} characters and no control characters"
)]
pub struct NotAProviderName;

/// Reads what an identity provider calls somebody.
pub fn read_provider_name(text: &str) -> Result<String, NotAProviderName> {
    let name = text.trim();
    let fits = (1..=PROVIDER_NAME_LEN_MAX).contains(&name.chars().count());
    if fits && !name.chars().any(char::is_control) { Ok(name.to_owned()) } else { Err(NotAProviderName) }
}

/// What one account signs in with.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credentials {
    /// The name to sign in with.
    pub login: String,
    /// What the identity provider calls them; nothing if they do not come through it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_name: Option<String>,
    /// The hash of the password; none until the account is set up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) password_hash: Option<String>,
    /// What their app shares with us.
    pub(super) totp: TotpSecret,
    /// The step of the newest code that was used: none up to it is taken again.
    pub(super) last_step: u64,
    /// How the account can be set up; none once it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) invitation: Option<Invitation>,
}

/// A code with which an account is set up once.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Invitation {
    /// SHA-256 of the code, in hex.
    pub(super) code_hash: String,
    /// Until when it can be used, in seconds since 1970.
    pub(super) ends: u64,
}

impl Credentials {
    /// Whether the person has chosen a password.
    pub fn is_set_up(&self) -> bool {
        self.password_hash.is_some()
    }
}

/// The files cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    /// A file or the folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Somebody else has this name.
    #[error("somebody has this name already")]
    LoginTaken,
    /// Somebody else is called so by the identity provider.
    #[error("the identity provider calls somebody else so already")]
    ProviderNameTaken,
    /// The name of an account is none of ours.
    #[error("there are no credentials of this account")]
    NoSuchAccount,
    /// What writes files panicked.
    #[error("{0}")]
    Ended(String),
}

/// Whether every file in this folder can be read. Changes nothing; a folder that is not there will be made.
pub fn check_credentials(folder: &Path) -> Result<(), FolderError> {
    if !folder.is_dir() {
        return Ok(());
    }
    files_of_accounts(folder)?.iter().try_for_each(|(_, path)| read_credentials(path).map(drop))
}

/// The accounts that have a file in this folder.
fn files_of_accounts(folder: &Path) -> Result<Vec<(String, PathBuf)>, FolderError> {
    let io = |source: io::Error| FolderError::Io { path: folder.to_path_buf(), source };
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(io)? {
        let path = entry.map_err(io)?.path();
        let is_of_account = path.extension().is_some_and(|extension| extension == "json");
        if let Some(account) = path.file_stem().and_then(|stem| stem.to_str()).filter(|_| is_of_account) {
            files.push((account.to_owned(), path));
        }
    }
    Ok(files)
}

/// What a file says; nothing if there is none.
fn read_credentials(path: &Path) -> Result<Option<Credentials>, FolderError> {
    let Some(text) = read_secret(path)? else { return Ok(None) };
    serde_json::from_str(&text).map(Some).map_err(|_| FolderError::Form(path.to_path_buf()))
}

/// The credentials of all accounts: the files, and the same in memory.
pub(super) struct CredentialStore {
    folder: PathBuf,
    by_account: Mutex<BTreeMap<String, Credentials>>,
}

impl CredentialStore {
    /// Reads what is in the folder, which is made if there is none. Files of accounts that are not in force are of an
    /// addition that a crash cut off, or of somebody who left: they go.
    pub(super) fn open(
        folder: PathBuf,
        is_in_force: impl Fn(&str) -> bool,
    ) -> Result<Self, CredentialsError> {
        make_folder(&folder)?;
        let mut by_account = BTreeMap::new();
        for (account, path) in files_of_accounts(&folder)? {
            if !is_in_force(&account) {
                fs::remove_file(&path).map_err(|source| FolderError::Io { path, source })?;
                continue;
            }
            if let Some(credentials) = read_credentials(&path)? {
                by_account.insert(account, credentials);
            }
        }
        Ok(Self { folder, by_account: Mutex::new(by_account) })
    }

    /// The account and credentials of whoever signs in with this name.
    pub(super) fn of_login(&self, login: &str) -> Option<(String, Credentials)> {
        let known = self.known();
        let found = known.iter().find(|(_, credentials)| credentials.login == login);
        found.map(|(account, credentials)| (account.clone(), credentials.clone()))
    }

    /// The account of whom the identity provider calls so. Addresses are the same in small and capital letters.
    pub(super) fn of_provider_name(&self, name: &str, claim: NamingClaim) -> Option<String> {
        let is_it = |known: &str| match claim {
            NamingClaim::Email => known.eq_ignore_ascii_case(name),
            NamingClaim::Subject | NamingClaim::PreferredUsername => known == name,
        };
        let known = self.known();
        let found =
            known.iter().find(|(_, credentials)| credentials.provider_name.as_deref().is_some_and(is_it));
        found.map(|(account, _)| account.clone())
    }

    /// Sets what the identity provider calls somebody, or takes it back.
    pub(super) fn set_provider_name(
        &self,
        account: &str,
        name: Option<String>,
    ) -> Result<(), CredentialsError> {
        let mut known = self.known();
        let is_taken = known.iter().any(|(other, credentials)| {
            let theirs = credentials.provider_name.as_deref();
            other != account
                && theirs.zip(name.as_deref()).is_some_and(|(one, two)| one.eq_ignore_ascii_case(two))
        });
        if is_taken {
            return Err(CredentialsError::ProviderNameTaken);
        }
        let mut changed = known.get(account).cloned().ok_or(CredentialsError::NoSuchAccount)?;
        changed.provider_name = name;
        self.write(account, &changed)?;
        known.insert(account.to_owned(), changed);
        Ok(())
    }

    /// The account and credentials that can be set up with this code. Looked up by hash: how long it takes says nothing
    /// about any code.
    pub(super) fn of_invitation(&self, code: &str, now_seconds: u64) -> Option<(String, Credentials)> {
        let hash = Hash::of(code.trim().as_bytes()).to_string();
        let known = self.known();
        let found = known.iter().find(|(_, credentials)| {
            let invitation = credentials.invitation.as_ref();
            invitation.is_some_and(|invited| invited.code_hash == hash && now_seconds < invited.ends)
        });
        found.map(|(account, credentials)| (account.clone(), credentials.clone()))
    }

    /// The credentials of an account.
    pub(super) fn of_account(&self, account: &str) -> Option<Credentials> {
        self.known().get(account).cloned()
    }

    /// Keeps the credentials of a new account.
    pub(super) fn add(&self, account: &str, credentials: Credentials) -> Result<(), CredentialsError> {
        let mut known = self.known();
        if known.values().any(|other| other.login == credentials.login) {
            return Err(CredentialsError::LoginTaken);
        }
        self.write(account, &credentials)?;
        known.insert(account.to_owned(), credentials);
        Ok(())
    }

    /// Changes the credentials of an account, on the disk first. `change` says what comes of it, and whether anything
    /// has changed: two who come at once go one after the other.
    pub(super) fn change<T>(
        &self,
        account: &str,
        change: impl FnOnce(&mut Credentials) -> Option<T>,
    ) -> Result<Option<T>, CredentialsError> {
        let mut known = self.known();
        let mut changed = known.get(account).cloned().ok_or(CredentialsError::NoSuchAccount)?;
        let Some(outcome) = change(&mut changed) else { return Ok(None) };
        self.write(account, &changed)?;
        known.insert(account.to_owned(), changed);
        Ok(Some(outcome))
    }

    /// Takes the code of this step, unless it or a later one was taken before. Where the disk has no room it is remembered
    /// in memory alone: whoever has to look at what is wrong gets in, and a restart within a minute would take it again.
    pub(super) fn use_step(&self, account: &str, step: u64) -> Result<bool, CredentialsError> {
        let mut known = self.known();
        let mut changed = known.get(account).cloned().ok_or(CredentialsError::NoSuchAccount)?;
        if step <= changed.last_step {
            return Ok(false);
        }
        changed.last_step = step;
        match self.write(account, &changed) {
            Err(CredentialsError::Folder(error)) if error.is_lack_of_room() => {
                tracing::error!(%error, account, "There is no room to keep which code was used last.");
            }
            outcome => outcome?,
        }
        known.insert(account.to_owned(), changed);
        Ok(true)
    }

    /// Forgets the credentials of an account.
    pub(super) fn remove(&self, account: &str) -> Result<(), CredentialsError> {
        let mut known = self.known();
        let path = self.path(account);
        match fs::remove_file(&path) {
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(FolderError::Io { path, source }.into());
            }
            _ => {}
        }
        known.remove(account);
        Ok(())
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Credentials>> {
        // Nothing in here is half changed when it panics: a whole value is put in, or none.
        self.by_account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self, account: &str, credentials: &Credentials) -> Result<(), CredentialsError> {
        let text = zeroize::Zeroizing::new(
            serde_json::to_string_pretty(credentials).expect("credentials can be written as JSON"),
        );
        Ok(write_secret(&self.path(account), &text)?)
    }

    fn path(&self, account: &str) -> PathBuf {
        self.folder.join(format!("{account}.json"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(login: &str) -> Credentials {
        Credentials {
            login: login.to_owned(),
            provider_name: None,
            password_hash: None,
            totp: TotpSecret::from_random(&[1; 20]),
            last_step: 0,
            invitation: None,
        }
    }

    #[test]
    fn names_are_small_and_plain() {
        assert_eq!(read_login(" KWS-Gate.2 ").as_deref(), Ok("kws-gate.2"));
        for wrong in ["", "ab", "2kws", "kws gate", "kws/../x", "läufer", &"k".repeat(41)] {
            assert!(read_login(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_identity_provider_calls_one_person_so() {
        let folder = tempfile::tempdir().unwrap();
        let store = CredentialStore::open(folder.path().join("staff"), |_| true).unwrap();
        store.add("stf_1", credentials("one")).unwrap();
        store.add("stf_2", credentials("two")).unwrap();
        let name = |text: &str| Some(read_provider_name(text).unwrap());
        store.set_provider_name("stf_1", name(" Asha@kws.go.ke ")).unwrap();
        let taken = store.set_provider_name("stf_2", name("asha@KWS.go.ke"));
        assert!(matches!(taken, Err(CredentialsError::ProviderNameTaken)));
        store.set_provider_name("stf_1", name("asha@kws.go.ke")).unwrap();

        let of = |name: &str, claim| store.of_provider_name(name, claim);
        assert_eq!(of("ASHA@kws.go.ke", NamingClaim::Email).as_deref(), Some("stf_1"));
        assert_eq!(of("ASHA@kws.go.ke", NamingClaim::Subject), None);
        assert_eq!(of("asha@kws.go.ke", NamingClaim::PreferredUsername).as_deref(), Some("stf_1"));
        assert_eq!(of("one", NamingClaim::PreferredUsername), None, "the name to sign in with is another");
        store.set_provider_name("stf_1", None).unwrap();
        assert_eq!(of("asha@kws.go.ke", NamingClaim::Email), None);
        for wrong in ["", "  ", "a\nb", &"x".repeat(256)] {
            assert!(read_provider_name(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn credentials_are_there_again_and_those_of_nobody_go() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("staff");
        let store = CredentialStore::open(path.clone(), |_| true).unwrap();
        store.add("stf_1", credentials("one")).unwrap();
        store.add("stf_2", credentials("two")).unwrap();
        assert!(matches!(store.add("stf_3", credentials("two")), Err(CredentialsError::LoginTaken)));
        let used = |one: &mut Credentials| {
            one.last_step = 7;
            Some(())
        };
        store.change("stf_1", used).unwrap();
        store
            .change("stf_1", |one| {
                one.last_step = 9;
                None::<()>
            })
            .unwrap();

        assert!(store.use_step("stf_2", 5).unwrap());
        assert!(!store.use_step("stf_2", 5).unwrap() && !store.use_step("stf_2", 4).unwrap());

        let again = CredentialStore::open(path.clone(), |account| account == "stf_1").unwrap();
        assert_eq!(again.of_login("one").unwrap().1.last_step, 7);
        assert!(again.of_login("two").is_none());
        let files: Vec<_> = fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(files, [path.join("stf_1.json")]);
        assert_eq!(fs::metadata(&files[0]).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
