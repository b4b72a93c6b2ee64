//! Signing in: who somebody is, by a password that they know and an app that they have or because an identity provider
//! says so ([`IdentityProvider`]), and for how long that is believed.
//!
//! An account has two halves. What it may do is in the books ([`crate::access::StaffAccount`]) and changes by records.
//! What it signs in with ([`Credentials`]) lies among the keys, a file for each account, and is in no record: a name and
//! a hash of a password would stay in a journal for ever. [`StaffDoor`] brings both together, and hands out
//! [`Session`]s, which live in memory alone.

mod credentials;
mod door;
mod password;
mod provider;
mod sessions;
mod totp;

pub use credentials::{
    Credentials, CredentialsError, NotALogin, check_credentials, read_login, read_provider_name,
};
pub use door::{INVITATION_SECONDS, Invited, SetUpError, SignInError, StaffDoor, TypedSetUp, TypedSignIn};
pub use password::{HasherError, NotAPassword, PASSWORD_LEN_MAX, PASSWORD_LEN_MIN};
pub use provider::{
    Begun, Finished, IdentityProvider, Known, PENDING_SECONDS, ProviderError, RETURN_PATH, Returned,
};
pub use sessions::{Session, SessionToken, SessionsFull};
pub use totp::{CODE_SECONDS, TotpSecret};
