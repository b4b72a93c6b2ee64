//! Where one request ends and the next begins must never be a matter of opinion.

use gateway::http::pipeline::ChunkedBodies;

use super::harness::{Setup, TestGateway, get, post, soon};

#[tokio::test]
async fn a_connection_serves_one_request_after_another() {
    let gateway = TestGateway::usual().await;
    let mut wire = gateway.connect().await;
    for _ in 0..3 {
        wire.send(&get("/hello")).await;
        let answer = wire.answer().await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "habari"));
    }
    wire.send(&post("/echo", "mwisho")).await;
    assert_eq!(wire.answer().await.body, "mwisho");
}

#[tokio::test]
async fn requests_sent_together_are_answered_in_order() {
    let gateway = TestGateway::usual().await;
    let mut wire = gateway.connect().await;
    let together = [post("/echo", "moja"), get("/hello"), post("/echo", "tatu")].concat();
    wire.send(&together).await;
    assert_eq!(wire.answer().await.body, "moja");
    assert_eq!(wire.answer().await.body, "habari");
    assert_eq!(wire.answer().await.body, "tatu");
}

#[tokio::test]
async fn a_length_beside_chunks_is_refused_and_nothing_behind_it_is_answered() {
    let gateway = TestGateway::usual().await;
    let smuggled = "0\r\n\r\nGET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";
    for (first, second) in [
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked", "Content-Length: 5"),
        ("Transfer-Encoding: chunked", "X-Nothing: here"),
    ] {
        let mut wire = gateway.connect().await;
        let head = format!("POST /echo HTTP/1.1\r\nHost: localhost\r\n{first}\r\n{second}\r\n\r\n");
        wire.send(&(head + smuggled)).await;
        let answer = wire.answer().await;
        assert_eq!(answer.status, 400, "{first}, {second}");
        assert_eq!(answer.code(), "framing_refused");
        assert_eq!(answer.header("connection"), Some("close"));
        assert_eq!(wire.closed().await, "", "{first}, {second}: there is one answer");
    }
}

#[tokio::test]
async fn a_listener_for_callbacks_reads_chunks_and_closes_after_its_answer() {
    let mut setup = Setup::default();
    setup.rules.chunked = ChunkedBodies::TakenThenClosed;
    let gateway = setup.start().await;
    for extra in ["", "Content-Length: 3\r\n"] {
        let mut wire = gateway.connect().await;
        wire.send(&format!(
            "POST /confirm HTTP/1.1\r\nHost: localhost\r\n{extra}Transfer-Encoding: chunked\r\n\r\n\
             5\r\nQKRTW\r\n1\r\nX\r\n0\r\n\r\n{}",
            get("/hello")
        ))
        .await;
        let answer = wire.answer().await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "QKRTWX"));
        assert_eq!(answer.header("connection"), Some("close"));
        assert_eq!(wire.closed().await, "", "what follows is not taken for a request");
    }
}

#[tokio::test]
async fn other_codings_than_chunks_are_taken_nowhere() {
    let mut setup = Setup::default();
    setup.rules.chunked = ChunkedBodies::TakenThenClosed;
    let gateway = setup.start().await;
    for coding in ["gzip, chunked", "chunked\r\nTransfer-Encoding: chunked"] {
        let mut wire = gateway.connect().await;
        let head =
            format!("POST /confirm HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: {coding}\r\n\r\n");
        wire.try_send(&(head + "1\r\nX\r\n0\r\n\r\n")).await;
        assert_eq!(wire.answer().await.status, 400, "{coding}");
    }
}

#[tokio::test]
async fn a_head_that_can_be_read_in_two_ways_gets_one_refusal_and_a_closed_connection() {
    let gateway = TestGateway::usual().await;
    let many_headers = (0..80).map(|number| format!("X-{number}: y\r\n")).collect::<String>();
    let long_header = format!("X-Long: {}\r\n", "y".repeat(64 * 1024));
    for (extra, expected) in [
        ("Content-Length: 5\r\nContent-Length: 6\r\n", 400),
        ("Content-Length: +5\r\n", 400),
        ("Content-Length: 5, 6\r\n", 400),
        ("Transfer-Encoding: xchunked\r\n", 400),
        ("Transfer-Encoding: gzip, chunked\r\n", 400),
        ("Transfer-Encoding: chunked, identity\r\n", 400),
        ("Host: other\r\n", 400),
        ("Bad Name: x\r\n", 400),
        ("X-Folded: a\r\n b\r\n", 400),
        ("X-Nul: a\0b\r\n", 400),
        (many_headers.as_str(), 431),
        (long_header.as_str(), 431),
    ] {
        let shown = extra.get(..40).unwrap_or(extra);
        let mut wire = gateway.connect().await;
        let head = format!("POST /echo HTTP/1.1\r\nHost: localhost\r\n{extra}\r\n");
        wire.try_send(&(head + "aaaaaa" + &get("/hello"))).await;
        let answer = wire.answer().await;
        assert_eq!(answer.status, expected, "{shown}");
        assert_eq!(wire.closed().await, "", "{shown}: there is one answer");
    }
}

#[tokio::test]
async fn chunks_that_are_not_well_formed_end_the_request() {
    let mut setup = Setup::default();
    setup.rules.chunked = ChunkedBodies::TakenThenClosed;
    let gateway = setup.start().await;
    for chunks in [
        "\r\nabc\r\n0\r\n\r\n",
        "5;a=\nb\r\nabcde\r\n0\r\n\r\n",
        "-1\r\n\r\n",
        "ffffffffffffffff1\r\nx",
        "zz\r\n",
    ] {
        let mut wire = gateway.connect().await;
        let head = "POST /confirm HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
        wire.send(&[head, chunks, &get("/hello")].concat()).await;
        let answer = wire.answer().await;
        assert_eq!(answer.status, 400, "{chunks:?}");
        assert_eq!(answer.problem()["money_moved"], "unknown");
        assert_eq!(wire.closed().await, "", "{chunks:?}: there is one answer");
    }
}

#[tokio::test]
async fn a_request_names_its_host_unless_it_is_too_old_to_know_of_hosts() {
    let gateway = TestGateway::usual().await;
    assert_eq!(gateway.ask("GET /hello HTTP/1.1\r\n\r\n").await.code(), "framing_refused");
    let mut wire = gateway.connect().await;
    wire.send("GET /hello HTTP/1.0\r\n\r\n").await;
    assert_eq!(wire.answer().await.status, 200);
    wire.closed().await;
}

#[tokio::test]
async fn what_is_not_http_is_told_so_once() {
    let gateway = TestGateway::usual().await;
    for garbage in
        ["\x16\x03\x01\x02\x00\x01\x00", "GET\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "hello\r\n\r\n"]
    {
        let mut wire = gateway.connect().await;
        wire.send(garbage).await;
        let said = soon(wire.closed()).await;
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 400"), "{garbage:?}: {said}");
    }
}
