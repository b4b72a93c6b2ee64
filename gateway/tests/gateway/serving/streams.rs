//! Streams of events: the state first, never too often, and never in the way of the end.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use gateway::http::event_stream::StreamTerms;

use super::harness::{COUNTED, Setup, TestGateway, get};

async fn with_terms(streams: StreamTerms) -> TestGateway {
    Setup { streams, ..Setup::default() }.start().await
}

fn quick() -> StreamTerms {
    StreamTerms { look_interval: Duration::from_millis(20), ..StreamTerms::default() }
}

#[tokio::test]
async fn a_stream_begins_with_the_state_and_ends_when_it_is_final() {
    let gateway = with_terms(quick()).await;
    gateway.app.counting.store(7, Ordering::SeqCst);
    let mut wire = gateway.connect().await;
    wire.send(&get("/count")).await;
    let head = wire.answer_without_body().await;
    assert_eq!(head.header("content-type"), Some("text/event-stream"));
    assert_eq!(head.header("cache-control"), Some("no-store"));
    let first = wire.until("\n\n").await;
    assert!(
        first.ends_with("retry: 3000\nid: 7\nevent: count\ndata: so far\ndata: 7\n\n"),
        "the first message is the whole state: {first:?}"
    );
    gateway.app.counting.store(8, Ordering::SeqCst);
    let second = wire.until("\n\n").await;
    assert!(second.contains("id: 8\n") && !second.contains("retry:"), "{second:?}");
    gateway.app.counting.store(COUNTED, Ordering::SeqCst);
    wire.until("data: 100\n\n").await;
    wire.until("0\r\n\r\n").await;
    // The connection is as good as before.
    wire.send(&get("/hello")).await;
    assert_eq!(wire.answer().await.body, "habari");
}

#[tokio::test]
async fn messages_are_half_a_second_apart_however_fast_the_state_changes() {
    let gateway = TestGateway::usual().await;
    let mut wire = gateway.connect().await;
    wire.send(&get("/count")).await;
    wire.until("\n\n").await;
    let began = Instant::now();
    let app = std::sync::Arc::clone(&gateway.app);
    let changing = tokio::spawn(async move {
        for count in 1..COUNTED {
            app.counting.store(count, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(12)).await;
        }
    });
    let told = wire.until("data: 99\n\n").await;
    let messages = told.matches("event: count").count() as u128;
    let messages_max = began.elapsed().as_millis() / 500 + 1;
    assert!((2..=messages_max).contains(&messages), "{messages} in {:?}", began.elapsed());
    changing.await.unwrap();
}

#[tokio::test]
async fn who_comes_back_is_told_only_what_is_new() {
    let gateway = with_terms(quick()).await;
    gateway.app.counting.store(7, Ordering::SeqCst);
    let again =
        |known: &str| format!("GET /count HTTP/1.1\r\nHost: localhost\r\nLast-Event-ID: {known}\r\n\r\n");
    let mut wire = gateway.connect().await;
    wire.send(&again("7")).await;
    let first = wire.until("\n\n").await;
    assert!(first.ends_with("retry: 3000\n:\n\n") && !first.contains("data:"), "{first:?}");
    gateway.app.counting.store(9, Ordering::SeqCst);
    assert!(wire.until("\n\n").await.contains("id: 9\n"));
    let mut other = gateway.connect().await;
    other.send(&again("7")).await;
    other.until("id: 9\n").await;
}

#[tokio::test]
async fn a_silent_stream_is_heard_of_and_ends_in_time() {
    let terms =
        StreamTerms { heartbeat: Duration::from_millis(60), life_max: Duration::from_millis(400), ..quick() };
    let gateway = with_terms(terms).await;
    let mut wire = gateway.connect().await;
    wire.send(&get("/count")).await;
    wire.until("data: 0\n\n").await;
    wire.until(":\n\n").await;
    wire.until(":\n\n").await;
    wire.until("0\r\n\r\n").await;
}

#[tokio::test]
async fn streams_end_at_once_when_the_gateway_stops() {
    let gateway = TestGateway::usual().await;
    let mut wire = gateway.connect().await;
    wire.send(&get("/count")).await;
    wire.until("data: 0\n\n").await;
    let asked = Instant::now();
    gateway.stop.cancel();
    assert!(wire.closed().await.ends_with("0\r\n\r\n"), "a proper end, so that the browser comes back");
    assert!(gateway.drained().await.is_clean());
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
}

#[tokio::test]
async fn there_are_so_many_streams_and_each_is_given_back() {
    let gateway = with_terms(StreamTerms { streams_max: 1, ..quick() }).await;
    let mut first = gateway.connect().await;
    first.send(&get("/count")).await;
    first.until("data: 0\n\n").await;
    let refused = gateway.ask(&get("/count")).await;
    assert_eq!((refused.status, refused.header("retry-after")), (503, Some("30")));
    assert_eq!(gateway.ask(&get("/hello")).await.status, 200);
    drop(first);
    let next = async {
        while gateway.ask_for_head(&get("/count")).await != 200 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    super::harness::soon(next).await;
}

#[tokio::test]
async fn one_stranger_cannot_have_them_all() {
    let mut setup = Setup { streams: StreamTerms { per_address_max: 1, ..quick() }, ..Setup::default() };
    setup.rules.trusted_proxies =
        gateway::http::client_address::TrustedProxies::new(vec!["127.0.0.1".parse().unwrap()]);
    let gateway = setup.start().await;
    let of =
        |client: &str| format!("GET /count HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: {client}\r\n\r\n");
    let mut first = gateway.connect().await;
    first.send(&of("203.0.113.7")).await;
    first.until("data: 0\n\n").await;
    assert_eq!(gateway.ask_for_head(&of("203.0.113.7")).await, 503);
    assert_eq!(gateway.ask_for_head(&of("203.0.113.8")).await, 200);
    assert_eq!(gateway.ask_for_head(&get("/count")).await, 200, "a proxy of ours is nobody's address");
}
