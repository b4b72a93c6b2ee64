//! A gateway with certificates of its own speaks TLS, and nothing else, to the public and to Safaricom.

use std::sync::Arc;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use rustls::{ClientConfig, RootCertStore};

use crate::harness::{Gateway, Payment, get, post, runtime, write_secret};

#[test]
fn public_and_callbacks_are_reached_over_tls_alone() {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (chain, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
    std::fs::write(&chain, made.cert.pem()).unwrap();
    write_secret(&key, &made.signing_key.serialize_pem());
    let gateway = ["public", "callback"]
        .into_iter()
        .fold(Gateway::serve(), |setup, listener| {
            setup
                .unset(&format!("{listener}.plain_behind_proxy"))
                .set(&format!("{listener}.tls_certificate"), chain.to_str().unwrap())
                .set(&format!("{listener}.tls_key"), key.to_str().unwrap())
        })
        .start();

    let mut roots = RootCertStore::empty();
    roots.add(made.cert.der().clone()).unwrap();
    let trusting = trusting(roots);
    let services = format!("{}/v1/services", gateway.public());
    assert!(services.starts_with("https://") && gateway.callbacks().starts_with("https://"));
    assert_eq!(trusting(hyper::Method::GET, &services, "").unwrap().0, 200);
    let payment = Payment::of("5.00", "INVOICE 7");
    let confirm = format!("{}/c2b/confirm", gateway.callbacks());
    let (status, body) = trusting(hyper::Method::POST, &confirm, &payment.message().to_string()).unwrap();
    assert_eq!((status, body.as_str()), (200, r#"{"ResultCode":0,"ResultDesc":"Success"}"#));
    gateway.books().booking(&payment.receipt);

    // Whoever does not know the certificate goes away, and plain HTTP gets no answer.
    let strangers = self::trusting(RootCertStore::empty());
    assert!(strangers(hyper::Method::GET, &services, "").is_err());
    assert!(get(services.replace("https", "http")).try_send().is_err());
    assert!(post(confirm.replace("https", "http"), &payment.message()).try_send().is_err());
}

/// Somebody who trusts these certificates.
pub(crate) fn trusting(
    roots: RootCertStore,
) -> impl Fn(hyper::Method, &str, &str) -> Result<(u16, String), String> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = config.with_root_certificates(roots).with_no_client_auth();
    let connector = HttpsConnectorBuilder::new().with_tls_config(config).https_only().enable_http1().build();
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build(connector);
    move |method, url, body| {
        let request =
            hyper::Request::builder().method(method).uri(url).header("content-type", "application/json");
        let request = request.body(Full::new(Bytes::copy_from_slice(body.as_bytes()))).unwrap();
        runtime().block_on(async {
            let response = client.request(request).await.map_err(|error| error.to_string())?;
            let status = response.status().as_u16();
            let body = response.into_body().collect().await.map_err(|error| error.to_string())?.to_bytes();
            Ok((status, String::from_utf8_lossy(&body).into_owned()))
        })
    }
}
