//! Why a gateway does not start.

use std::io;
use std::sync::Arc;

use ledger::OpenError;
use ledger::personal::VaultError;

use super::folder::FolderError;
use super::take_over::TakeOverError;
use crate::books::BooksError;
use crate::catalogue::{NoHostForAgencies, files};
use crate::config::problems::Problems;
use crate::http::router::RouteTableError;
use crate::outbound::AuthoritiesError;
use crate::personal::LookupKeysError;
use crate::server::tls::CertificateError;
use crate::staff::CredentialsError;

/// Why a gateway did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The books.
    #[error("the books cannot be opened: {0}")]
    Ledger(#[from] OpenError),
    /// Keys of personal data.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// Keys of keyed hashes.
    #[error(transparent)]
    LookupKeys(#[from] LookupKeysError),
    /// The catalogue.
    #[error(transparent)]
    Catalogue(#[from] files::CatalogueFileError),
    /// The document of the catalogue in force.
    #[error(
        "catalogue {number} is in force, and its document cannot be read: {source}. Put it back from a copy, or name a copy of \
         it as catalogue.file: it is known by its hash {hash}"
    )]
    CatalogueInForce {
        /// Its number.
        number: u64,
        /// Its hash, and so the name of its file.
        hash: Arc<str>,
        /// What is wrong with the file.
        source: files::CatalogueFileError,
    },
    /// Pages of agencies would share an origin with ours.
    #[error(transparent)]
    NoHostForAgencies(#[from] NoHostForAgencies),
    /// The catalogue could not be put into force.
    #[error("the catalogue cannot be put into force: {0}")]
    Publish(#[from] BooksError),
    /// A certificate.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// A socket.
    #[error("cannot listen: {address} ({listener}): {source}")]
    Listen {
        /// Which listener.
        listener: &'static str,
        /// Its address.
        address: std::net::SocketAddr,
        /// The error underneath.
        source: io::Error,
    },
    /// Nobody could ask it to stop.
    #[error("the system's signals cannot be received: {0}")]
    Signals(io::Error),
    /// The tables of routes contradict themselves.
    #[error("the table of routes is none: {0}")]
    Routes(#[from] RouteTableError),
    /// Certificates of further authorities.
    #[error(transparent)]
    Authorities(#[from] AuthoritiesError),
    /// Metrics.
    #[error("metrics: {0}")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
    /// The books know of no catalogue after one was published.
    #[error("no catalogue is in force")]
    NoCatalogue,
    /// The paybill.
    #[error("the paybill: {0}")]
    Paybill(String),
    /// The ways to pay beside the paybill.
    #[error("the ways to pay:\n{0}")]
    Channels(Problems),
    /// The keys of a demonstration.
    #[error("the keys of the demonstration: {0}")]
    DemoKeys(String),
    /// What staff sign in with.
    #[error("accounts of staff: {0}")]
    Staff(#[from] CredentialsError),
    /// The accounts of a demonstration.
    #[error("the staff of the demonstration: {0}")]
    DemoStaff(String),
    /// Another gateway goes on serving, or has not ended.
    #[error(transparent)]
    TakeOver(#[from] TakeOverError),
    /// The operating system.
    #[error(transparent)]
    System(#[from] io::Error),
}

impl StartError {
    /// True if the configuration is wrong, or a file that it names and an operator writes.
    pub const fn is_configuration(&self) -> bool {
        matches!(self, Self::Certificate(_) | Self::Authorities(_) | Self::Paybill(_) | Self::Channels(_))
    }
}
