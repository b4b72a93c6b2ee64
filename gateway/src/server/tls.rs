//! TLS: what we offer, and certificates that change while connections stay open.
//!
//! One certificate pair per listener, read from two files. When the files change, or on SIGHUP, the new pair is
//! checked and swapped in; handshakes that start afterwards use it, connections that are open never notice. A pair
//! that cannot be used (half-written, key of another certificate, not valid now) changes nothing but the log.
//!
//! rustls is moving its providers to crates of their own, so the provider is named in this file only.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use metrics::{counter, gauge};
use rustls::ServerConfig;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::tls_validity::{self, Validity};
use crate::clock::Clock;
use crate::telemetry::metrics::{TLS_CERTIFICATE_EXPIRY_SECONDS, TLS_RELOADS_TOTAL};

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// A certificate this close to its end is mentioned in the log each day.
const WARN_BEFORE_MICROS: i64 = 30 * 24 * 60 * 60 * 1_000_000;

/// The cryptography that TLS is spoken with, in either direction.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

/// The files of one certificate pair.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFiles {
    /// The chain in PEM, our own certificate first.
    pub chain: PathBuf,
    /// Its private key in PEM.
    pub key: PathBuf,
}

/// Why a certificate pair cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read or is not PEM of what it should hold.
    #[error("{}: {reason}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The key does not belong to the certificate, or its kind is not supported.
    #[error("{} does not fit {}: {reason}", key.display(), chain.display())]
    Mismatch {
        /// The chain.
        chain: PathBuf,
        /// The key.
        key: PathBuf,
        /// What rustls says.
        reason: rustls::Error,
    },
    /// The certificate is not valid at present.
    #[error("{} is not valid now: {validity}", chain.display())]
    NotValidNow {
        /// The chain.
        chain: PathBuf,
        /// When it is.
        validity: Validity,
    },
}

/// How a listener speaks TLS: share it between the listener and [`keep_fresh`].
#[derive(Clone)]
pub struct TlsTerms {
    config: Arc<ServerConfig>,
    pair: Arc<ServedPair>,
}

impl TlsTerms {
    /// Reads a certificate pair and makes terms of it: TLS 1.2 and 1.3, HTTP/1.1 only, tickets for resumption.
    ///
    /// A certificate that has expired is accepted here, with an error in the log: at the start, a gateway that some
    /// clients still reach is better than none. `listener` is the label in metrics and logs.
    pub fn from_files(
        listener: &'static str,
        files: CertificateFiles,
        clock: &Clock,
    ) -> Result<Self, CertificateError> {
        let provider = provider();
        // The marks are taken before the files are read, so that a change in between is noticed later.
        let marks = Marks::of(&files);
        let (key, validity) = read_pair(&files, &provider)?;
        let now = clock.now_micros();
        if !validity.holds_at(now) {
            tracing::error!(listener, file = %files.chain.display(), %validity, "the certificate is not valid now");
        }
        let pair = Arc::new(ServedPair {
            listener,
            files,
            provider: Arc::clone(&provider),
            current: ArcSwap::from_pointee(key),
            state: Mutex::new(PairState { marks, validity, warned_at_micros: i64::MIN }),
        });
        pair.publish_expiry(validity);
        let tickets = aws_lc_rs::Ticketer::new().expect("the provider makes ticket keys");
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider supports the default versions")
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&pair) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config.ticketer = tickets;
        Ok(Self { config: Arc::new(config), pair })
    }

    /// Whether terms can be made of a certificate pair. Changes nothing.
    pub fn check(files: &CertificateFiles) -> Result<(), CertificateError> {
        read_pair(files, &provider()).map(drop)
    }

    /// Takes the pair from its files again. On an error the old pair stays.
    pub fn reload(&self, clock: &Clock) -> Result<(), CertificateError> {
        let pair = &self.pair;
        let marks = Marks::of(&pair.files);
        let outcome = read_pair(&pair.files, &pair.provider).and_then(|(key, validity)| {
            if !validity.holds_at(clock.now_micros()) {
                return Err(CertificateError::NotValidNow { chain: pair.files.chain.clone(), validity });
            }
            Ok((key, validity))
        });
        let mut state = pair.state.lock().unwrap_or_else(PoisonError::into_inner);
        // A bad pair is complained of once, not at every look.
        state.marks = marks;
        let label = if outcome.is_ok() { "taken" } else { "kept_old" };
        counter!(TLS_RELOADS_TOTAL.name, "listener" => pair.listener, "outcome" => label).increment(1);
        match outcome {
            Ok((key, validity)) => {
                pair.current.store(Arc::new(key));
                state.validity = validity;
                pair.publish_expiry(validity);
                tracing::info!(listener = pair.listener, %validity, "a new certificate is served from now on");
                Ok(())
            }
            Err(error) => {
                tracing::error!(listener = pair.listener, %error, "the new certificate cannot be used; the old one stays");
                Err(error)
            }
        }
    }

    /// Takes the pair from its files if they have changed, and warns when its end is near. An error has been logged.
    pub fn reload_if_changed(&self, clock: &Clock) {
        let changed = {
            let state = self.pair.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.marks != Marks::of(&self.pair.files)
        };
        if changed {
            // Both outcomes are in the log and in the metrics.
            let _ = self.reload(clock);
        }
        self.pair.warn_of_end(clock.now_micros());
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.config))
    }
}

impl std::fmt::Debug for TlsTerms {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("TlsTerms").field("files", &self.pair.files).finish_non_exhaustive()
    }
}

/// Looks at the files of every pair regularly, and at once on SIGHUP. Runs until dropped.
pub async fn keep_fresh(all: Vec<TlsTerms>, clock: Clock) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hang_up = signal(SignalKind::hangup())?;
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let asked = tokio::select! {
            _ = look.tick() => false,
            _ = hang_up.recv() => true,
        };
        for terms in &all {
            // Two small files: reading them does not hold the runtime up noticeably.
            if asked {
                let _ = terms.reload(&clock);
            } else {
                terms.reload_if_changed(&clock);
            }
        }
    }
}

/// The pair that is served at present. rustls asks it at each handshake.
struct ServedPair {
    listener: &'static str,
    files: CertificateFiles,
    provider: Arc<CryptoProvider>,
    current: ArcSwap<CertifiedKey>,
    state: Mutex<PairState>,
}

struct PairState {
    marks: Marks,
    validity: Validity,
    warned_at_micros: i64,
}

impl ResolvesServerCert for ServedPair {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current.load_full())
    }
}

impl std::fmt::Debug for ServedPair {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ServedPair").field("files", &self.files).finish_non_exhaustive()
    }
}

impl ServedPair {
    fn publish_expiry(&self, validity: Validity) {
        let seconds = validity.not_after_micros.div_euclid(1_000_000);
        #[expect(
            clippy::cast_precision_loss,
            reason = "a metric of seconds since 1970 fits a float exactly"
        )]
        gauge!(TLS_CERTIFICATE_EXPIRY_SECONDS.name, "listener" => self.listener).set(seconds as f64);
    }

    fn warn_of_end(&self, now_micros: i64) {
        const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let near = state.validity.not_after_micros.saturating_sub(now_micros) < WARN_BEFORE_MICROS;
        if near && now_micros.saturating_sub(state.warned_at_micros) >= DAY_MICROS {
            state.warned_at_micros = now_micros;
            let validity = state.validity;
            tracing::warn!(listener = self.listener, %validity, "the certificate ends soon; renew it");
        }
    }
}

/// By what a file is known to have changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Marks {
    chain: Option<(SystemTime, u64)>,
    key: Option<(SystemTime, u64)>,
}

impl Marks {
    fn of(files: &CertificateFiles) -> Self {
        let mark = |path: &Path| {
            let about = fs::metadata(path).ok()?;
            Some((about.modified().ok()?, about.len()))
        };
        Self { chain: mark(&files.chain), key: mark(&files.key) }
    }
}

fn read_pair(
    files: &CertificateFiles,
    provider: &CryptoProvider,
) -> Result<(CertifiedKey, Validity), CertificateError> {
    let unreadable =
        |file: &Path, reason: String| CertificateError::Unreadable { file: file.to_owned(), reason };
    let chain = CertificateDer::pem_file_iter(&files.chain)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| unreadable(&files.chain, error.to_string()))?;
    let first = chain.first().ok_or_else(|| unreadable(&files.chain, "holds no certificate".to_owned()))?;
    let validity = tls_validity::of_certificate(first)
        .ok_or_else(|| unreadable(&files.chain, "holds a certificate without readable dates".to_owned()))?;
    let key = PrivateKeyDer::from_pem_file(&files.key)
        .map_err(|error| unreadable(&files.key, error.to_string()))?;
    let pair = CertifiedKey::from_der(chain, key, provider).map_err(|reason| CertificateError::Mismatch {
        chain: files.chain.clone(),
        key: files.key.clone(),
        reason,
    })?;
    Ok((pair, validity))
}
