//! The secrets of endpoints: sealed in records, under keys that lie outside the journal.

use ledger::LedgerTime;

use crate::app::App;
use crate::books::LookupError;
use crate::notices::signature::SigningKey;
use crate::payments::SecretInForce;
use crate::personal::{Field, opened};

/// What signs for an endpoint.
pub(super) struct Secrets(Vec<(SigningKey, Option<LedgerTime>)>);

/// A secret that cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretError {
    /// The journal.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// Its key.
    #[error(transparent)]
    Vault(#[from] ledger::personal::VaultError),
    /// It is not there, or none.
    #[error("record {0} has no secret that can be opened; rotate the secret of the endpoint")]
    Lost(u64),
}

impl Secrets {
    /// Opens them.
    pub(super) fn open(app: &App, secrets: &[SecretInForce]) -> Result<Self, SecretError> {
        let open = |secret: &SecretInForce| {
            let lost = || SecretError::Lost(secret.record);
            let record =
                app.books.ledger().record(secret.record).map_err(LookupError::from)?.ok_or_else(lost)?;
            let text = opened(&app.vault, &record, Field::SigningSecret)?.ok_or_else(lost)?;
            Ok((SigningKey::parse(&text).map_err(|_| lost())?, secret.until))
        };
        secrets.iter().map(open).collect::<Result<_, SecretError>>().map(Self)
    }

    /// The header with the signatures of all that are in force, the newest first.
    pub(super) fn sign(&self, now: LedgerTime, id: &str, timestamp_seconds: i64, body: &[u8]) -> String {
        let in_force = self.0.iter().filter(|(_, until)| until.is_none_or(|until| now < until));
        let signatures = in_force.filter_map(|(key, _)| key.sign(id, timestamp_seconds, body).ok());
        signatures.collect::<Vec<_>>().join(" ")
    }
}

/// Destroys the key under which the secret in this record is sealed.
pub(crate) fn forget_secret(app: &App, record: u64) -> Result<(), SecretError> {
    let record = app.books.ledger().record(record).map_err(LookupError::from)?;
    match record.and_then(|record| record.draft.sealed) {
        Some(sealed) => Ok(app.vault.destroy(sealed.slot)?),
        None => Ok(()),
    }
}
