//! Strangers come in crowds: with connections that say nothing, with numbers of receipts to try, with phones to ring.

use std::net::SocketAddr;

use rcgen::CertifiedKey;
use tokio::net::{TcpSocket, TcpStream};

use crate::harness::{Agency, Call, Gateway, Order, Payment, fresh_key, get, runtime, write_secret};
use crate::tls::trusting;

#[test]
fn connections_that_say_nothing_keep_no_confirmation_out() {
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (chain, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));
    std::fs::write(&chain, cert.pem()).unwrap();
    write_secret(&key, &signing_key.serialize_pem());
    let gateway = Gateway::serve()
        .unset("callback.plain_behind_proxy")
        .set("callback.tls_certificate", chain.to_str().unwrap())
        .set("callback.tls_key", key.to_str().unwrap())
        .set("callback.connections_max", "20")
        .set("callback.connections_per_address_max", "8")
        .set("paybill.source_addresses", "127.0.0.1")
        .start();
    let callbacks: SocketAddr = gateway.callbacks().split('/').nth(2).unwrap().parse().unwrap();

    // Sixty from one address, more than the listener has; and each is there for as long as it may.
    let from_elsewhere = || async {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.2:0".parse().unwrap()).unwrap();
        socket.connect(callbacks).await.unwrap()
    };
    let crowd: Vec<TcpStream> = runtime().block_on(async {
        let mut crowd = Vec::new();
        for _ in 0..60 {
            crowd.push(from_elsewhere().await);
        }
        crowd
    });

    let mut roots = rustls::RootCertStore::empty();
    roots.add(cert.der().clone()).unwrap();
    let safaricom = trusting(roots);
    let payment = Payment::of("5.00", "INVOICE 7");
    let confirm = format!("{}/c2b/confirm", gateway.callbacks());
    let (status, body) = safaricom(hyper::Method::POST, &confirm, &payment.message().to_string()).unwrap();
    assert_eq!((status, body.as_str()), (200, r#"{"ResultCode":0,"ResultDesc":"Success"}"#));
    gateway.books().booking(&payment.receipt);
    let refused =
        gateway.metric("malipo_connections_refused_total{listener=\"callback\",reason=\"per_address\"}");
    assert!(refused >= 52 - 8, "{refused}");
    drop(crowd);
}

#[test]
fn whoever_tries_numbers_of_receipts_is_stopped_and_the_holder_of_one_is_not() {
    let gateway = Gateway::serve().set("public.trusted_proxies", "127.0.0.1").start();
    let kws = Agency::new(gateway.public(), gateway.create_key("agency_integrator", Some("kws")));
    let bill = kws.bills(&Order::hells_gate(1));
    gateway.safaricom().confirms(&Payment::of_bill(&bill)).expect_success();
    let paid = kws.sees(&bill, "paid");
    let receipt = paid["payments"][0]["receipt_number"].as_str().unwrap();
    let looks = |from: &str, path: &str, number: &str| {
        get(format!("{}{path}{number}", gateway.public())).header("x-forwarded-for", from).send()
    };

    let mut statuses = Vec::new();
    for number in 0..400 {
        let path = ["/v1/receipts/", "/r/", "/sw/receipts/"][number % 3];
        statuses.push(looks("203.0.113.7", path, &format!("0000{number:04}")).status);
    }
    assert!(statuses[..300].iter().all(|status| *status == 404), "{statuses:?}");
    assert!(statuses.ends_with(&[429]), "{statuses:?}");
    let refused = looks("203.0.113.7", "/v1/receipts/", receipt).expect(429);
    assert_eq!(refused.problem(), "rate_limited");
    assert!(refused.header("retry-after").is_some());
    looks("203.0.113.8", "/v1/receipts/", receipt).expect(200);
}

#[test]
fn a_phone_does_not_ring_without_end_whoever_asks() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let form = |phone: &str| {
        let bill = kws.bills(&Order::hells_gate(1));
        let page = format!("{}/en/bills/{}/prompt", gateway.public(), bill.id);
        let token = fresh_key();
        Call::new(hyper::Method::POST, page)
            .body(format!("token={token}&phone={phone}"))
            .header("content-type", "application/x-www-form-urlencoded")
            .send()
    };
    let statuses: Vec<_> = (0..12).map(|_| form("0799000001").status).collect();
    assert_eq!(statuses, [[303; 10].as_slice(), &[429, 429]].concat());
    form("0799000002").expect(303);
    // By the API as well: what matters is the phone.
    let bill = kws.bills(&Order::hells_gate(1));
    let refused = kws.prompts(&bill, "+254799000001").expect(429);
    assert_eq!(
        (refused.problem(), refused.json()["money_moved"].clone()),
        ("rate_limited".to_owned(), "no".into())
    );
}
