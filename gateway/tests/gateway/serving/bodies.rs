//! Bodies have a bound, a pace and a plain form.

use std::time::Duration;

use gateway::http::pipeline::ChunkedBodies;

use super::harness::{Setup, TestGateway, get, post};

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_before_it_is_sent() {
    let gateway = TestGateway::usual().await;
    let mut wire = gateway.connect().await;
    wire.send(
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10000000\r\nExpect: 100-continue\r\n\r\n",
    )
    .await;
    let answer = wire.answer().await;
    assert_eq!((answer.status, answer.code().as_str()), (413, "body_too_large"));
    assert_eq!(answer.header("connection"), Some("close"));
    wire.closed().await;
}

#[tokio::test]
async fn an_upload_under_way_learns_why_it_was_refused() {
    let gateway = TestGateway::usual().await;
    let mut wire = gateway.connect().await;
    wire.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 600000\r\n\r\n").await;
    wire.try_send(&"x".repeat(600_000)).await;
    assert_eq!(wire.answer().await.status, 413);
}

#[tokio::test]
async fn the_bound_itself_is_still_within() {
    let gateway = TestGateway::usual().await;
    assert_eq!(gateway.ask(&post("/echo", &"x".repeat(1_000))).await.body.len(), 1_000);
    assert_eq!(gateway.ask(&post("/echo", &"x".repeat(1_001))).await.status, 413);
    assert_eq!(gateway.ask(&post("/echo", "")).await.body, "");
}

#[tokio::test]
async fn chunks_are_counted_as_they_come() {
    let mut setup = Setup::default();
    setup.rules.chunked = ChunkedBodies::TakenThenClosed;
    let gateway = setup.start().await;
    let chunk = format!("1f4\r\n{}\r\n", "x".repeat(500));
    let head = "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(gateway.ask(&[head, &chunk, &chunk, "0\r\n\r\n"].concat()).await.body.len(), 1_000);
    assert_eq!(gateway.ask(&[head, &chunk, &chunk, &chunk, "0\r\n\r\n"].concat()).await.status, 413);
}

#[tokio::test]
async fn a_compressed_body_is_not_unfolded() {
    let gateway = TestGateway::usual().await;
    let request =
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc";
    let answer = gateway.ask(request).await;
    assert_eq!((answer.status, answer.code().as_str()), (415, "compressed_body"));
    let plain = request.replace("gzip", "identity");
    assert_eq!(gateway.ask(&plain).await.body, "abc");
}

#[tokio::test]
async fn a_body_where_none_is_taken_is_refused() {
    let gateway = TestGateway::usual().await;
    let answer = gateway.ask(&post("/hello", "x").replace("POST", "GET")).await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn a_body_that_stays_away_is_given_up() {
    let mut setup = Setup::default();
    setup.rules.body_deadline = Duration::from_millis(50);
    let gateway = setup.start().await;
    let mut wire = gateway.connect().await;
    wire.send("POST /pay HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf of it").await;
    let answer = wire.answer().await;
    assert_eq!((answer.status, answer.code().as_str()), (408, "body_too_slow"));
    assert_eq!(answer.problem()["money_moved"], "no");
    wire.closed().await;
    assert_eq!(gateway.ask(&get("/hello")).await.status, 200);
}

#[tokio::test]
async fn a_slow_body_takes_nobodys_place() {
    let mut setup = Setup::default();
    setup.rules.requests_max = 1;
    let gateway = setup.start().await;
    let mut slow = Vec::new();
    for _ in 0..20 {
        let mut wire = gateway.connect().await;
        wire.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhal").await;
        slow.push(wire);
    }
    assert_eq!(gateway.ask(&get("/hello")).await.status, 200);
    for mut wire in slow {
        wire.send("f!").await;
        let answer = wire.answer().await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "half!"));
    }
}

#[tokio::test]
async fn a_body_that_breaks_off_is_nobodys_payment() {
    let gateway = TestGateway::usual().await;
    let mut wire = gateway.connect().await;
    wire.send("POST /pay HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf of it").await;
    drop(wire);
    assert_eq!(gateway.ask(&get("/hello")).await.status, 200);
    assert_eq!(gateway.app.entered.available_permits(), 0, "the handler never began");
}

#[tokio::test]
async fn a_stranger_is_turned_away_before_the_body_is_read() {
    let gateway = TestGateway::usual().await;
    let mut wire = gateway.connect().await;
    wire.send("POST /keyed HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n").await;
    assert_eq!(wire.answer().await.code(), "unauthenticated");
    let request = post("/keyed", "12345").replace("Host:", "Authorization: Bearer test_key\r\nHost:");
    assert_eq!(gateway.ask(&request).await.body, "kws");
}
