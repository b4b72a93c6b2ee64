//! Passwords, hashed with argon2id: slow on purpose, and each takes 19 MiB, so only few are hashed at a time.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The shortest password in characters. There is a second factor; what counts here is that it is not guessed by list.
pub const PASSWORD_LEN_MIN: usize = 12;
/// The longest in characters.
pub const PASSWORD_LEN_MAX: usize = 128;

/// What OWASP recommends: 19 MiB, two passes, one lane.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
/// Hashes at a time: 40 MiB, and two processors for some tens of milliseconds.
const AT_ONCE: usize = 2;
/// How long somebody waits for their turn.
const WAIT_MAX: Duration = Duration::from_secs(3);

/// Not a password that may be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAPassword {
    /// Too short.
    #[error("a password has at least {PASSWORD_LEN_MIN} characters")]
    TooShort,
    /// Too long.
    #[error("a password has at most {PASSWORD_LEN_MAX} characters")]
    TooLong,
    /// The name is in it, or it is one letter again and again.
    #[error("the password is too easy to guess")]
    Guessable,
}

/// No password could be hashed.
#[derive(Debug, thiserror::Error)]
pub enum HasherError {
    /// Too many sign in at the same time.
    #[error("too many passwords are being checked")]
    Crowded,
    /// Memory or chance is lacking.
    #[error("a password could not be hashed: {0}")]
    Failed(String),
}

/// Whether a password may be chosen.
pub(super) fn check(password: &str, login: &str) -> Result<(), NotAPassword> {
    let length = password.chars().count();
    if length < PASSWORD_LEN_MIN {
        return Err(NotAPassword::TooShort);
    }
    if length > PASSWORD_LEN_MAX {
        return Err(NotAPassword::TooLong);
    }
    let mut letters: Vec<char> = password.chars().collect();
    letters.sort_unstable();
    letters.dedup();
    if letters.len() < 5 || password.to_lowercase().contains(login) {
        return Err(NotAPassword::Guessable);
    }
    Ok(())
}

/// Turns at hashing.
#[derive(Debug)]
pub(super) struct Turns(Arc<Semaphore>);

impl Turns {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }

    /// A turn, to be held while one password is hashed.
    pub(super) async fn take(&self) -> Result<OwnedSemaphorePermit, HasherError> {
        let turn = tokio::time::timeout(WAIT_MAX, Arc::clone(&self.0).acquire_owned()).await;
        turn.map_err(|_| HasherError::Crowded)?.map_err(|_| HasherError::Crowded)
    }
}

fn argon2() -> Argon2<'static> {
    let params =
        Params::new(MEMORY_KIB, PASSES, 1, None).expect("the parameters are within the bounds of argon2");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The hash of a password, with its salt and parameters. Takes tens of milliseconds of a processor.
pub(super) fn hash(password: &str) -> Result<String, HasherError> {
    let salt: [u8; 16] = rand::random();
    let failed = |error: argon2::password_hash::Error| HasherError::Failed(error.to_string());
    let salt = SaltString::encode_b64(&salt).map_err(failed)?;
    Ok(argon2().hash_password(password.as_bytes(), &salt).map_err(failed)?.to_string())
}

/// A hash of nothing that anybody knows, for names that nobody has: a stranger must not learn from the time that an
/// answer takes who works here. Drawn once, like salt and hash of a password that was forgotten; nobody signs in with it in
/// any case. Making one at each start would take 19 MiB when everything else is made as well.
const OF_NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$x/Ax7lSLTShbgkLUqhuEEA$L8E+G8/OMYAH8H7IRBRROUl6pg0fm+P5mCpfIgJd6r4";

/// Whether this is the password of the hash. Without a hash it is not, and takes as long.
pub(super) fn verify(password: &str, hash: Option<&str>) -> bool {
    let expected = hash.unwrap_or(OF_NOBODY);
    let Ok(parsed) = PasswordHash::new(expected) else { return false };
    argon2().verify_password(password.as_bytes(), &parsed).is_ok() && hash.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_recognised_and_nothing_else() {
        let hashed = hash("correct horse battery").unwrap();
        assert!(hashed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hashed}");
        assert!(verify("correct horse battery", Some(&hashed)));
        assert!(!verify("correct horse batterz", Some(&hashed)));
        assert!(!verify("correct horse battery", None));
        assert!(!verify("", Some("not a hash")));
        assert_ne!(hash("correct horse battery").unwrap(), hashed, "each has a salt of its own");
    }

    #[test]
    fn a_name_that_nobody_has_takes_the_same_work() {
        let hashed = hash("correct horse battery").unwrap();
        fn terms(hash: &str) -> impl PartialEq + std::fmt::Debug {
            let parsed = PasswordHash::new(hash).unwrap();
            let lengths = (parsed.salt.unwrap().as_str().len(), parsed.hash.unwrap().len());
            (parsed.algorithm.to_string(), parsed.version, parsed.params, lengths)
        }
        assert_eq!(terms(OF_NOBODY), terms(&hashed));
    }

    #[test]
    fn what_is_guessed_first_is_not_chosen() {
        assert_eq!(check("short", "kws-gate"), Err(NotAPassword::TooShort));
        assert_eq!(check(&"long ".repeat(30), "kws-gate"), Err(NotAPassword::TooLong));
        assert_eq!(check("aaaaaaaaaaaaaaa", "kws-gate"), Err(NotAPassword::Guessable));
        assert_eq!(check("my KWS-Gate 2026!", "kws-gate"), Err(NotAPassword::Guessable));
        assert_eq!(check("tembo watatu mlimani", "kws-gate"), Ok(()));
    }
}
