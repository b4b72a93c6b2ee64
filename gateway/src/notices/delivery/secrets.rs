//! The secrets of endpoints: sealed in records, under keys that lie outside the journal. What is over is destroyed; what is
//! lost silences nobody who has another.

use std::time::Duration;

use ledger::LedgerTime;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::app::{App, SharedApp};
use crate::away::{EndedEarly, away};
use crate::books::{BooksError, LookupError};
use crate::notices::signature::SigningKey;
use crate::payments::{Ask, Command, Endpoint, NoticeAsk, SECRETS_PER_RECORD_MAX, SecretInForce};
use crate::personal::{Field, opened};

/// How often it is looked whether the time of a secret is over.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// The pause after one could not be destroyed.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(60);

/// What signs for an endpoint.
#[derive(Default)]
pub(super) struct Secrets {
    in_force: Vec<(SigningKey, Option<LedgerTime>)>,
    /// How many do not open.
    pub(super) lost_count: usize,
    /// Whether all of them open.
    pub(super) is_whole: bool,
}

/// A secret that cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LostSecret {
    /// The one that signs.
    Current,
    /// The one before it, which signs as well for a time.
    Previous,
}

/// A secret that cannot be had, or whose key cannot be destroyed.
#[derive(Debug, thiserror::Error)]
enum SecretError {
    /// The journal.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// Its key.
    #[error(transparent)]
    Vault(#[from] ledger::personal::VaultError),
    /// It is not there, or none.
    #[error("record {0} has no secret that can be opened")]
    Lost(u64),
}

/// The keys of secrets that are over are still there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotDestroyed {
    /// So many could not be destroyed, each of which is in the log. The others were.
    #[error("{0} keys could not be destroyed")]
    Some(usize),
    /// They are gone, and no record says so.
    #[error("no record says so: {0}")]
    Books(#[from] BooksError),
    /// Whoever destroyed them panicked.
    #[error(transparent)]
    Ended(#[from] EndedEarly),
}

impl Secrets {
    /// Opens those that open. Reads from the disk.
    pub(super) fn open(app: &App, endpoint: &Endpoint) -> Self {
        let mut found = Self::default();
        for secret in endpoint.secrets_at(app.now()) {
            match open(app, secret) {
                Ok(key) => found.in_force.push((key, secret.until)),
                Err(error) => {
                    let (id, which) = (endpoint.terms.id, LostSecret::of(secret));
                    tracing::error!(%error, endpoint = %id, ?which, "A secret of an endpoint cannot be opened. What opens signs; rotate the secret.");
                    found.lost_count += 1;
                }
            }
        }
        found.is_whole = found.lost_count == 0;
        found
    }

    /// The header with the signatures of all that are in force, the newest first; nothing where none is.
    pub(super) fn sign(
        &self,
        now: LedgerTime,
        id: &str,
        timestamp_seconds: i64,
        body: &[u8],
    ) -> Option<String> {
        let in_force = self.in_force.iter().filter(|(_, until)| until.is_none_or(|until| now < until));
        let signatures = in_force.filter_map(|(key, _)| key.sign(id, timestamp_seconds, body).ok());
        let signatures: Vec<_> = signatures.collect();
        (!signatures.is_empty()).then(|| signatures.join(" "))
    }
}

impl LostSecret {
    fn of(secret: SecretInForce) -> Self {
        if secret.until.is_some() { Self::Previous } else { Self::Current }
    }
}

/// Which secrets of an endpoint cannot be opened. Reads from the disk.
pub(crate) fn lost_of(app: &App, endpoint: &Endpoint) -> Vec<LostSecret> {
    let lost = endpoint.secrets_at(app.now()).filter(|secret| open(app, *secret).is_err());
    lost.map(LostSecret::of).collect()
}

fn open(app: &App, secret: SecretInForce) -> Result<SigningKey, SecretError> {
    let lost = || SecretError::Lost(secret.record);
    let record = app.books.ledger().record(secret.record).map_err(LookupError::from)?.ok_or_else(lost)?;
    let text = opened(&app.vault, &record, Field::SigningSecret)?.ok_or_else(lost)?;
    SigningKey::parse(&text).map_err(|_| lost())
}

/// Destroys what is over, as soon as it is.
pub(super) async fn keep_destroying(app: SharedApp, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let pause = match destroy_what_is_over(&app).await {
            Ok(()) => LOOK_EVERY,
            Err(error) => {
                tracing::error!(%error, "The secret of an endpoint is over and its key is not destroyed; it is tried again.");
                PAUSE_AFTER_FAILURE
            }
        };
        let _ = stop.run_until_cancelled(tokio::time::sleep(pause)).await;
    }
}

/// Destroys the keys of secrets that sign for nobody any more, and then has a record say so: what is said has been done.
/// A crash between the two does it again. One that cannot be destroyed is in nobody's way.
pub(crate) async fn destroy_what_is_over(app: &SharedApp) -> Result<(), NotDestroyed> {
    // All of them: those that cannot be destroyed come first again every time.
    let over = app.books.readers().notices().secrets_over(app.now(), usize::MAX);
    let mut failed_count = 0;
    for secrets in over.chunks(SECRETS_PER_RECORD_MAX) {
        let (of_vault, secrets) = (SharedApp::clone(app), secrets.to_vec());
        let asked_count = secrets.len();
        let destroyed = away(move || destroyed_of(secrets, |secret| destroy(&of_vault, secret))).await?;
        failed_count += asked_count - destroyed.len();
        if destroyed.is_empty() {
            continue;
        }
        let ask = Ask::Notice(NoticeAsk::NoteSecretsDestroyed { secrets: destroyed });
        let command = Command { principal: "system".into(), cause: "secrets".into(), ask };
        // Nothing to note: somebody else has just done it.
        app.books.ask_patiently(command).await?;
    }
    if failed_count == 0 { Ok(()) } else { Err(NotDestroyed::Some(failed_count)) }
}

/// Destroys each, and says which of them are gone. Those that are not are in the log.
fn destroyed_of(secrets: Vec<u64>, destroy: impl Fn(u64) -> Result<(), SecretError>) -> Vec<u64> {
    let is_gone = |record: &u64| match destroy(*record) {
        Ok(()) => true,
        Err(error) => {
            tracing::error!(%error, record, "The key of a secret that is over cannot be destroyed.");
            false
        }
    };
    secrets.into_iter().filter(is_gone).collect()
}

fn destroy(app: &App, record: u64) -> Result<(), SecretError> {
    let record = app.books.ledger().record(record).map_err(LookupError::from)?;
    match record.and_then(|record| record.draft.sealed) {
        Some(sealed) => Ok(app.vault.destroy(sealed.slot)?),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_cannot_be_destroyed_is_in_the_way_of_no_other() {
        let refuse = |record| if record % 3 == 0 { Err(SecretError::Lost(record)) } else { Ok(()) };
        assert_eq!(destroyed_of(vec![3, 4, 5, 6, 7], refuse), [4, 5, 7]);
        assert!(destroyed_of(vec![3, 6], refuse).is_empty());
    }
}
