//! Making connections to one place: its name is resolved, each address is judged, and only then is one connected to.
//! What is judged is what is connected to, so a name whose meaning changes in between gains nothing.

use std::error::Error;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::addresses::{AddressPolicy, AddressRefused};
use super::base::Base;

/// How long the addresses of a name are kept. Each is judged whenever it is connected to.
const ADDRESSES_KEPT: Duration = Duration::from_secs(10);
/// Addresses of one name that are tried.
const ADDRESSES_MAX: usize = 8;

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    /// The name leads nowhere.
    #[error("the name cannot be resolved: {0}")]
    Name(io::Error),
    /// It may not be connected to.
    #[error(transparent)]
    Refused(#[from] AddressRefused),
    /// Nobody takes the connection.
    #[error("no connection: {0}")]
    Tcp(io::Error),
    /// The handshake failed: another certificate, another protocol.
    #[error("the TLS handshake failed: {0}")]
    Tls(io::Error),
    /// It took too long.
    #[error("no connection in time")]
    TooSlow,
}

/// Why the certificates of further authorities cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("routing.authorities: {}: {reason}", file.display())]
pub struct AuthoritiesError {
    file: std::path::PathBuf,
    reason: String,
}

/// How TLS is spoken to others: the public authorities are believed, and those in this file.
pub(crate) fn tls_config(authorities: Option<&Path>) -> Result<Arc<ClientConfig>, AuthoritiesError> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(file) = authorities {
        add_authorities(&mut roots, file)?;
    }
    let mut config = ClientConfig::builder_with_provider(crate::server::tls::provider())
        .with_safe_default_protocol_versions()
        .expect("the provider knows TLS 1.2 and 1.3")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn add_authorities(roots: &mut RootCertStore, file: &Path) -> Result<(), AuthoritiesError> {
    let wrong = |reason: String| AuthoritiesError { file: file.to_owned(), reason };
    let before = roots.len();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| wrong(error.to_string()))? {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    if roots.len() == before {
        return Err(wrong("there is no certificate in it".to_owned()));
    }
    Ok(())
}

/// Makes connections to one place.
#[derive(Clone)]
pub(crate) struct Connector(Arc<Inner>);

struct Inner {
    base: Base,
    policy: Arc<AddressPolicy>,
    tls: TlsConnector,
    timeout: Duration,
    /// Locked while the name is resolved: a name that hangs takes up one thread, however many wait for it.
    resolved: Mutex<Option<(Instant, Vec<IpAddr>)>>,
}

impl Connector {
    pub(crate) fn new(
        base: Base,
        policy: Arc<AddressPolicy>,
        tls: Arc<ClientConfig>,
        timeout: Duration,
    ) -> Self {
        Self(Arc::new(Inner { base, policy, tls: tls.into(), timeout, resolved: Mutex::new(None) }))
    }
}

impl tower_service::Service<Uri> for Connector {
    type Response = TokioIo<OutboundStream>;
    type Error = ConnectError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, ConnectError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), ConnectError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        let inner = Arc::clone(&self.0);
        Box::pin(async move {
            let connecting = timeout(inner.timeout, inner.connect());
            connecting.await.unwrap_or(Err(ConnectError::TooSlow)).map(TokioIo::new)
        })
    }
}

impl Inner {
    async fn connect(&self) -> Result<OutboundStream, ConnectError> {
        let stream = self.connect_to_any(&self.addresses().await?).await?;
        // Fails only for a connection that has already gone; the next write says so.
        let _ = stream.set_nodelay(true);
        if !self.base.is_encrypted {
            return Ok(OutboundStream::new(Transport::Plain(stream)));
        }
        let name = ServerName::try_from(self.base.host.clone())
            .map_err(|error| ConnectError::Tls(io::Error::other(error)))?;
        let stream = self.tls.connect(name, stream).await.map_err(ConnectError::Tls)?;
        Ok(OutboundStream::new(Transport::Encrypted(Box::new(stream))))
    }

    /// Connects to the first of these addresses that is allowed and answers, each having its share of the time.
    async fn connect_to_any(&self, addresses: &[IpAddr]) -> Result<TcpStream, ConnectError> {
        let until = Instant::now() + self.timeout;
        let mut trouble = ConnectError::Name(io::Error::other("the name has no address"));
        for (index, address) in addresses.iter().enumerate() {
            if let Err(refused) = self.policy.check(*address, self.base.is_encrypted) {
                trouble = refused.into();
                continue;
            }
            let left = until.saturating_duration_since(Instant::now());
            let others = u32::try_from(addresses.len() - index).unwrap_or(1).max(1);
            let attempt = TcpStream::connect(SocketAddr::new(*address, self.base.port));
            match timeout_at(Instant::now() + left / others, attempt).await {
                Ok(Ok(stream)) => return Ok(stream),
                Ok(Err(error)) => trouble = ConnectError::Tcp(error),
                Err(_) => trouble = ConnectError::TooSlow,
            }
        }
        Err(trouble)
    }

    async fn addresses(&self) -> Result<Vec<IpAddr>, ConnectError> {
        if let Ok(address) = self.base.host.parse() {
            return Ok(vec![address]);
        }
        let mut resolved = self.resolved.lock().await;
        if let Some((since, addresses)) = &*resolved
            && since.elapsed() < ADDRESSES_KEPT
        {
            return Ok(addresses.clone());
        }
        let found = tokio::net::lookup_host((self.base.host.as_str(), self.base.port))
            .await
            .map_err(ConnectError::Name)?;
        let addresses: Vec<IpAddr> = found.map(|address| address.ip()).take(ADDRESSES_MAX).collect();
        *resolved = Some((Instant::now(), addresses.clone()));
        Ok(addresses)
    }
}

/// A connection to somebody else, which knows whether anything was heard since something was last said.
pub(crate) struct OutboundStream {
    transport: Transport,
    heard: Heard,
}

enum Transport {
    Plain(TcpStream),
    Encrypted(Box<TlsStream<TcpStream>>),
}

/// Whether the other side has said anything since we last did. Goes with errors of the connection: a request that was
/// answered by not a single byte may be asked again, if asking again is harmless.
#[derive(Clone, Debug, Default)]
pub(crate) struct Heard(Arc<AtomicBool>);

impl Heard {
    /// Whether anything was heard before this error. An error that no connection is known of counts as heard.
    pub(crate) fn anything_before(error: &hyper_util::client::legacy::Error) -> bool {
        let mut extras = hyper::http::Extensions::new();
        if let Some(connected) = error.connect_info() {
            connected.get_extras(&mut extras);
        }
        extras.get::<Self>().is_none_or(|heard| heard.0.load(Ordering::Relaxed))
    }
}

impl OutboundStream {
    fn new(transport: Transport) -> Self {
        Self { transport, heard: Heard::default() }
    }

    fn with<T>(&mut self, act: impl FnOnce(Pin<&mut dyn Both>) -> T) -> T {
        match &mut self.transport {
            Transport::Plain(stream) => act(Pin::new(stream)),
            Transport::Encrypted(stream) => act(Pin::new(&mut **stream)),
        }
    }
}

trait Both: AsyncRead + AsyncWrite + Unpin {}
impl<T: AsyncRead + AsyncWrite + Unpin> Both for T {}

impl Connection for OutboundStream {
    fn connected(&self) -> Connected {
        Connected::new().extra(self.heard.clone())
    }
}

impl AsyncRead for OutboundStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = self.with(|stream| stream.poll_read(context, buffer));
        if buffer.filled().len() > before {
            self.heard.0.store(true, Ordering::Relaxed);
        }
        read
    }
}

impl AsyncWrite for OutboundStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.heard.0.store(false, Ordering::Relaxed);
        self.with(|stream| stream.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.heard.0.store(false, Ordering::Relaxed);
        self.with(|stream| stream.poll_write_vectored(context, pieces))
    }

    fn is_write_vectored(&self) -> bool {
        match &self.transport {
            Transport::Plain(stream) => stream.is_write_vectored(),
            Transport::Encrypted(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_flush(context))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_shutdown(context))
    }
}

/// The error of ours within one of a client.
pub(crate) fn connect_error(error: &hyper_util::client::legacy::Error) -> Option<&ConnectError> {
    let mut cause: Option<&(dyn Error + 'static)> = error.source();
    while let Some(error) = cause {
        if let Some(ours) = error.downcast_ref() {
            return Some(ours);
        }
        cause = error.source();
    }
    None
}
