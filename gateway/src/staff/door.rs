//! The door: invitations, setting up, signing in and out.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use data_encoding::BASE32_NOPAD;
use ledger::Hash;
use zeroize::Zeroizing;

use super::credentials::{CredentialStore, Credentials, CredentialsError, Invitation};
use super::password::{self, HasherError, NotAPassword, Turns};
use super::sessions::{Session, SessionToken, Sessions, SessionsFull};
use super::totp::{CODE_SECONDS, TotpSecret};
use crate::away::away;
use crate::config::sign_in::NamingClaim;
use crate::payments::StaffRoll;

/// How long an invitation can be used, in seconds: over a long weekend.
pub const INVITATION_SECONDS: u64 = 4 * 24 * 60 * 60;
/// The secret of an app that nobody has, for names that nobody has.
const TOTP_OF_NOBODY: [u8; 20] = [0x5a; 20];

/// Where staff come in.
pub struct StaffDoor {
    credentials: Arc<CredentialStore>,
    sessions: Sessions,
    turns: Turns,
}

/// What somebody who wants to sign in has typed.
pub struct TypedSignIn {
    /// Their name.
    pub login: String,
    /// Their password.
    pub password: Zeroizing<String>,
    /// What their app shows.
    pub code: String,
}

/// What somebody who was invited has typed.
pub struct TypedSetUp {
    /// The code of the invitation.
    pub invitation: String,
    /// The password that they choose.
    pub password: Zeroizing<String>,
    /// What their app shows.
    pub code: String,
}

/// Somebody was invited.
pub struct Invited {
    /// The code that is handed to them, once.
    pub code: Zeroizing<String>,
}

/// Nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The name, the password or the code is wrong, or the code was used. Which, is not said.
    #[error("name, password or code is wrong")]
    Wrong,
    /// Too many at a time.
    #[error(transparent)]
    Hasher(#[from] HasherError),
    /// Too many altogether.
    #[error(transparent)]
    Full(#[from] SessionsFull),
    /// The files.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
}

/// No account was set up.
#[derive(Debug, thiserror::Error)]
pub enum SetUpError {
    /// There is no such invitation, or not any more.
    #[error("there is no such invitation")]
    NoInvitation,
    /// The password may not be chosen.
    #[error(transparent)]
    Password(#[from] NotAPassword),
    /// The code is not that of the app.
    #[error("the code is not that of the app")]
    WrongCode,
    /// Too many at a time.
    #[error(transparent)]
    Hasher(#[from] HasherError),
    /// The files.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
}

impl StaffDoor {
    /// A door with the credentials of this folder.
    pub fn open(folder: PathBuf, roll: &StaffRoll) -> Result<Self, CredentialsError> {
        let credentials = CredentialStore::open(folder, |account| roll.member(account).is_some())?;
        Ok(Self { credentials: Arc::new(credentials), sessions: Sessions::default(), turns: Turns::new() })
    }

    /// What an account signs in with, for those who administer it.
    pub fn credentials(&self, account: &str) -> Option<Credentials> {
        self.credentials.of_account(account)
    }

    /// The account of this name.
    pub fn account_of(&self, login: &str) -> Option<String> {
        self.credentials.of_login(login).map(|(account, _)| account)
    }

    /// The account of whom the identity provider calls so.
    pub fn account_at_provider(&self, name: &str, claim: NamingClaim) -> Option<String> {
        self.credentials.of_provider_name(name, claim)
    }

    /// Sets what the identity provider calls somebody, or takes it back.
    pub async fn set_provider_name(
        &self,
        account: &str,
        name: Option<String>,
    ) -> Result<(), CredentialsError> {
        let account = account.to_owned();
        self.on_disk(move |store| store.set_provider_name(&account, name)).await
    }

    /// Invites somebody to a new account. To be done before the books know of it: of an account without credentials
    /// nobody could ever sign in, and credentials without an account are removed at the next start.
    pub async fn invite(
        &self,
        account: &str,
        login: &str,
        now_seconds: u64,
    ) -> Result<Invited, CredentialsError> {
        let (credentials, invited) = invitation(login, now_seconds);
        let account = account.to_owned();
        self.on_disk(move |store| store.add(&account, credentials)).await?;
        Ok(invited)
    }

    /// Takes everything back that an account signs in with, and invites again.
    pub async fn invite_again(&self, account: &str, now_seconds: u64) -> Result<Invited, CredentialsError> {
        let account = account.to_owned();
        let again = move |store: &CredentialStore| {
            store.change(&account, |credentials| {
                let (fresh, invited) = invitation(&credentials.login, now_seconds);
                *credentials = fresh;
                Some(invited)
            })
        };
        self.on_disk(again).await?.ok_or(CredentialsError::NoSuchAccount)
    }

    /// Forgets what an account signed in with.
    pub async fn forget_account(&self, account: &str) -> Result<(), CredentialsError> {
        let account = account.to_owned();
        self.on_disk(move |store| store.remove(&account)).await
    }

    /// Writes what people sign in with, which waits for the disk.
    async fn on_disk<T: Send + 'static>(
        &self,
        change: impl FnOnce(&CredentialStore) -> Result<T, CredentialsError> + Send + 'static,
    ) -> Result<T, CredentialsError> {
        let store = Arc::clone(&self.credentials);
        away(move || change(&store)).await.map_err(|error| CredentialsError::Ended(error.to_string()))?
    }

    /// Who may set up with this code, and the secret for their app.
    pub fn invited(&self, code: &str, now_seconds: u64) -> Option<(String, TotpSecret)> {
        let (_, credentials) = self.credentials.of_invitation(code, now_seconds)?;
        Some((credentials.login, credentials.totp))
    }

    /// Sets an account up, and says whose it is.
    pub async fn set_up(&self, typed: TypedSetUp, now_seconds: u64) -> Result<String, SetUpError> {
        let found = self.credentials.of_invitation(&typed.invitation, now_seconds);
        let (account, credentials) = found.ok_or(SetUpError::NoInvitation)?;
        password::check(&typed.password, &credentials.login)?;
        let step = credentials.totp.step_of(&typed.code, now_seconds).ok_or(SetUpError::WrongCode)?;
        let turn = self.turns.take().await?;
        let store = Arc::clone(&self.credentials);
        let work = move || {
            let hash = password::hash(&typed.password)?;
            drop(turn);
            let done = store.change(&account, |credentials| {
                // Whoever comes second with the same invitation finds it used.
                credentials.invitation.take()?;
                credentials.password_hash = Some(hash);
                credentials.last_step = step;
                Some(())
            })?;
            done.map(|()| account).ok_or(SetUpError::NoInvitation)
        };
        away(work).await.map_err(|error| HasherError::Failed(error.to_string()))?
    }

    /// Whether this is the password and a code that was not used before, and whose. The same work is done whether or
    /// not there is such a name.
    pub async fn check(&self, typed: TypedSignIn, now_seconds: u64) -> Result<String, SignInError> {
        let turn = self.turns.take().await?;
        let store = Arc::clone(&self.credentials);
        let work = move || {
            let found = store.of_login(&typed.login);
            let hash = found.as_ref().and_then(|(_, credentials)| credentials.password_hash.as_deref());
            let knows = password::verify(&typed.password, hash);
            drop(turn);
            let totp = found.as_ref().map(|(_, credentials)| credentials.totp.clone());
            let totp = totp.unwrap_or_else(|| TotpSecret::from_random(&TOTP_OF_NOBODY));
            let step = totp.step_of(&typed.code, now_seconds);
            let (Some((account, _)), true, Some(step)) = (found, knows, step) else {
                return Err(SignInError::Wrong);
            };
            if store.use_step(&account, step)? { Ok(account) } else { Err(SignInError::Wrong) }
        };
        away(work).await.map_err(|error| HasherError::Failed(error.to_string()))?
    }

    /// Begins a session of an account that has shown who it is.
    pub fn begin(
        &self,
        account: &str,
        roll: &StaffRoll,
    ) -> Result<(SessionToken, Arc<Session>), SignInError> {
        let member = roll.member(account).ok_or(SignInError::Wrong)?;
        let login = self.credentials.of_account(account).ok_or(SignInError::Wrong)?.login;
        Ok(self.sessions.begin(member, &login, roll, Instant::now())?)
    }

    /// The session of a token, if it is in force.
    pub fn session(&self, token: &str, roll: &StaffRoll) -> Option<Arc<Session>> {
        self.sessions.find(token, roll, Instant::now())
    }

    /// Ends the session of a token.
    pub fn end(&self, token: &str) {
        self.sessions.end(token);
    }

    /// Lets go of sessions that have ended. Asked regularly.
    pub fn forget(&self, roll: &StaffRoll) {
        self.sessions.forget(roll, Instant::now());
    }

    /// How many are signed in.
    pub fn session_count(&self) -> usize {
        self.sessions.len()
    }

    /// What the app of this account shows: for the page of a demonstration that plays the app. A code that was used is
    /// followed by the next one that is taken already.
    pub fn code_of(&self, account: &str, now_seconds: u64) -> Option<String> {
        let credentials = self.credentials.of_account(account)?;
        let step = (now_seconds / CODE_SECONDS).max(credentials.last_step.saturating_add(1));
        Some(credentials.totp.code(step))
    }
}

/// Credentials of somebody who is invited, and what they are handed.
fn invitation(login: &str, now_seconds: u64) -> (Credentials, Invited) {
    let code = Zeroizing::new(BASE32_NOPAD.encode(&rand::random::<[u8; 20]>()).to_lowercase());
    let invitation = Invitation {
        code_hash: Hash::of(code.as_bytes()).to_string(),
        ends: now_seconds.saturating_add(INVITATION_SECONDS),
    };
    let credentials = Credentials {
        login: login.to_owned(),
        provider_name: None,
        password_hash: None,
        totp: TotpSecret::from_random(&rand::random()),
        last_step: 0,
        invitation: Some(invitation),
    };
    (credentials, Invited { code })
}
