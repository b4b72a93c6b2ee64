//! What strangers, and names that lead elsewhere, cannot do.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::json;

use super::{HOST, Scene};
use crate::harness::{AgencySystem, eventually, get};

#[test]
fn an_address_that_nobody_allowed_is_never_connected_to() {
    let here = AgencySystem::answering("inside");
    let port = here.address().port();
    for host in
        ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "169.254.169.254", "10.0.0.1", "[::1]", "0.0.0.0"]
    {
        for scheme in ["http", "https"] {
            let address = format!("{scheme}://{host}:{port}");
            let scene = Scene::of_back_ends(&[("KRA", json!({"address": address}))], &[]);
            let answer = get(scene.kra("/")).send().expect(502);
            assert_eq!(answer.problem(), "back_end_failed", "{address}");
            assert!(!answer.text().contains("127.0.0.1"), "what we know of our network stays with us");
            eventually("the log says why", || scene.log().contains("is not a public address").then_some(()));
        }
    }
    assert_eq!(here.connections(), 0);
}

#[test]
fn a_path_does_not_climb_out_of_the_base() {
    let kra = AgencySystem::answering("");
    let scene = Scene::with(&[("KRA", &kra, json!({"address": format!("{}/malipo", kra.url())}))]);
    for path in [
        "/..",
        "/../admin",
        "/%2e%2e/admin",
        "/a/..%2f..%2fadmin",
        "/..;/admin",
        "/.",
        "/a/./b",
        "/..\\admin",
    ] {
        let mut caller = scene.caller();
        caller.says(&format!("GET /s/kra-pin-registration{path} HTTP/1.1\r\n{HOST}\r\n"));
        let answer = caller.hears_message().unwrap();
        assert_eq!(answer.first_line, "HTTP/1.1 400 Bad Request", "{path}");
    }
    assert_eq!(kra.connections(), 0);
}

#[test]
fn a_request_that_two_readers_would_cut_differently_reaches_nobody() {
    let kra = AgencySystem::answering("");
    let scene = Scene::new(&kra);
    let smuggled = "GET /s/kra-pin-registration/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for framing in [
        format!("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}"),
        format!("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n{smuggled}"),
        format!("Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}"),
        format!("Transfer-Encoding: identity\r\nContent-Length: 0\r\n\r\n{smuggled}"),
        format!("Content-Length: 0\r\nContent-Length: {}\r\n\r\n{smuggled}", smuggled.len()),
        format!("Content-Length: +0\r\n\r\n{smuggled}"),
        format!("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n{smuggled}"),
    ] {
        let mut caller = scene.caller();
        caller.says(&format!("POST /s/kra-pin-registration/x HTTP/1.1\r\n{HOST}{framing}"));
        let all = caller.hears_to_the_end();
        assert!(all.starts_with("HTTP/1.1 400"), "{framing:?}: {all}");
        assert_eq!(all.matches("HTTP/1.1 ").count(), 1, "{framing:?}: {all}");
    }
    assert_eq!(kra.heard().len(), 0);
}

#[test]
fn http_in_disguise_is_no_other_protocol() {
    let kra = AgencySystem::answering("plain");
    let scene = Scene::new(&kra);
    let mut caller = scene.caller();
    let asks = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n";
    caller.says(&format!("GET /s/kra-pin-registration/x HTTP/1.1\r\n{HOST}{asks}\r\n"));
    assert_eq!(caller.hears_message().unwrap().text(), "plain");
    let heard = kra.heard_once();
    for name in ["upgrade", "connection", "http2-settings"] {
        assert_eq!(heard.header(name), None, "{name}");
    }
}

#[test]
fn an_upload_beyond_the_limit_is_refused_by_its_head() {
    let kra = AgencySystem::answering("");
    let scene = Scene::set_up(
        &[("KRA", &kra, json!({}))],
        &[("routing.private_networks", "127.0.0.0/8"), ("routing.body_bytes_max", "1KiB")],
    );
    let mut caller = scene.caller();
    caller.says(&format!("POST /s/kra-pin-registration/x HTTP/1.1\r\n{HOST}Content-Length: 1025\r\n\r\n"));
    assert_eq!(caller.hears_message().unwrap().first_line, "HTTP/1.1 413 Payload Too Large");
    assert_eq!(kra.connections(), 0);
}

#[test]
fn an_address_that_leads_back_to_us_is_not_followed_in_circles() {
    let kra = AgencySystem::answering("");
    let scene = Scene::new(&kra);
    let answer = get(scene.kra("/x")).header("via", "1.1 malipo").send().expect(502);
    assert_eq!(answer.problem(), "back_end_failed");
    assert_eq!(kra.connections(), 0);
}

#[test]
fn a_system_is_believed_by_its_certificate_alone() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let authorities = folder.path().join("authorities.pem");
    std::fs::write(&authorities, made.cert.pem()).unwrap();
    let port = encrypted(&made);
    let believed = [
        ("routing.private_networks", "127.0.0.0/8,::1"),
        ("routing.authorities", authorities.to_str().unwrap()),
    ];
    let back_ends = [("KRA", json!({"address": format!("https://localhost:{port}")}))];
    let scene = Scene::of_back_ends(&back_ends, &believed);
    assert_eq!(get(scene.kra("/x")).send().expect(200).text(), "sealed");

    let scene = Scene::of_back_ends(&back_ends, &believed[..1]);
    assert_eq!(get(scene.kra("/x")).send().expect(502).problem(), "back_end_failed");
    let elsewhere = [("KRA", json!({"address": format!("https://127.0.0.1:{port}")}))];
    let scene = Scene::of_back_ends(&elsewhere, &believed);
    assert_eq!(get(scene.kra("/x")).send().expect(502).problem(), "back_end_failed", "it is not who it says");
}

/// Somebody who answers `sealed` over TLS with this certificate, on this port.
fn encrypted(made: &rcgen::CertifiedKey<rcgen::KeyPair>) -> u16 {
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("localhost:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let session = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = rustls::StreamOwned::new(session, stream.unwrap());
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|length| length > 0) {
                head.push(byte[0]);
            }
            // Fails if the caller did not believe the certificate.
            let _ =
                stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nsealed");
            stream.conn.send_close_notify();
            let _ = stream.flush();
        }
    });
    port
}
