//! TLS: handshakes that end, certificates that change.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use gateway::clock::Clock;
use gateway::server::Limits;
use gateway::server::tls::{CertificateError, CertificateFiles, TlsTerms};
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::harness::{Setup, TestGateway, Wire, get, soon};

/// 2026-11-21, well within the years of [`certificate`].
fn clock() -> Clock {
    Clock::held_at(gateway::clock::parse_rfc3339("2026-11-21T12:00:00Z").unwrap())
}

/// Writes a new pair for `localhost`, valid in these years, and returns the certificate.
fn certificate(files: &CertificateFiles, years: (i32, i32)) -> CertificateDer<'static> {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut terms = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    terms.not_before = rcgen::date_time_ymd(years.0, 1, 1);
    terms.not_after = rcgen::date_time_ymd(years.1, 1, 1);
    let certificate = terms.self_signed(&key).unwrap();
    std::fs::write(&files.chain, certificate.pem()).unwrap();
    std::fs::write(&files.key, key.serialize_pem()).unwrap();
    certificate.der().clone()
}

fn files_in(folder: &Path) -> CertificateFiles {
    CertificateFiles { chain: folder.join("chain.pem"), key: folder.join("key.pem") }
}

/// A gateway that speaks TLS, its terms, its files, and the certificate it starts with.
struct Encrypted {
    gateway: TestGateway,
    terms: TlsTerms,
    files: CertificateFiles,
    first: CertificateDer<'static>,
    _folder: tempfile::TempDir,
}

async fn encrypted(limits: Limits) -> Encrypted {
    let folder = tempfile::tempdir().unwrap();
    let files = files_in(folder.path());
    let first = certificate(&files, (2020, 2120));
    let terms = TlsTerms::from_files("test", files.clone(), &clock()).unwrap();
    let gateway = Setup { tls: Some(terms.clone()), limits, ..Setup::default() }.start().await;
    Encrypted { gateway, terms, files, first, _folder: folder }
}

/// Connects as a client that trusts exactly this certificate.
async fn trusting(
    gateway: &TestGateway,
    certificate: &CertificateDer<'static>,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let stream = TcpStream::connect(gateway.address).await.unwrap();
    soon(TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), stream))
        .await
}

#[tokio::test]
async fn a_request_over_tls_is_answered_in_http_1() {
    let tls = encrypted(Limits::default()).await;
    let stream = trusting(&tls.gateway, &tls.first).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    let mut wire = Wire::new(stream);
    wire.send(&get("/hello")).await;
    assert_eq!(wire.answer().await.body, "habari");
}

#[tokio::test]
async fn a_handshake_that_stalls_is_ended() {
    let limits = Limits { handshake_deadline: Duration::from_millis(50), ..Limits::default() };
    let tls = encrypted(limits).await;
    let mut silent = tls.gateway.connect().await;
    assert_eq!(silent.closed().await, "");
    let mut begun = tls.gateway.connect().await;
    begun.send("\x16\x03\x01\x02\x00\x01").await;
    begun.closed().await;
    let mut confused = tls.gateway.connect().await;
    confused.send(&get("/hello")).await;
    assert!(!confused.closed().await.contains("HTTP/1.1 200"), "plain HTTP is not spoken on this port");
}

#[tokio::test]
async fn a_new_certificate_is_served_while_old_connections_live_on() {
    let tls = encrypted(Limits::default()).await;
    let mut old = Wire::new(trusting(&tls.gateway, &tls.first).await.unwrap());
    old.send(&get("/hello")).await;
    old.answer().await;

    let second = certificate(&tls.files, (2021, 2121));
    tls.terms.reload_if_changed(&clock());
    assert!(trusting(&tls.gateway, &second).await.is_ok());
    assert!(trusting(&tls.gateway, &tls.first).await.is_err(), "the old certificate is no longer shown");
    old.send(&get("/hello")).await;
    assert_eq!(old.answer().await.status, 200, "the open connection did not notice");
}

#[tokio::test]
async fn a_bad_pair_changes_nothing() {
    let tls = encrypted(Limits::default()).await;
    let good_key = std::fs::read(&tls.files.key).unwrap();

    certificate(&tls.files, (2021, 2121));
    std::fs::write(&tls.files.key, &good_key).unwrap();
    assert!(matches!(tls.terms.reload(&clock()), Err(CertificateError::Mismatch { .. })));

    certificate(&tls.files, (2020, 2025));
    assert!(matches!(tls.terms.reload(&clock()), Err(CertificateError::NotValidNow { .. })));

    std::fs::write(&tls.files.chain, "-----BEGIN CERTIFICATE-----\nhalf of i").unwrap();
    assert!(matches!(tls.terms.reload(&clock()), Err(CertificateError::Unreadable { .. })));

    std::fs::remove_file(&tls.files.chain).unwrap();
    assert!(matches!(tls.terms.reload(&clock()), Err(CertificateError::Unreadable { .. })));

    assert!(trusting(&tls.gateway, &tls.first).await.is_ok(), "the first certificate is still served");
}
