//! What operators see of requests: a measure of each, a line about each, and nothing that a citizen sent.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use gateway::telemetry::metrics;
use tracing_subscriber::fmt::MakeWriter;

use super::harness::{TestGateway, get, post};

#[tokio::test]
async fn a_request_is_measured_under_its_route_and_never_under_its_path() {
    let handle = metrics::install().unwrap();
    let gateway = TestGateway::usual().await;
    gateway.ask(&get("/hello")).await;
    gateway.ask(&post("/pay/panic", "")).await;
    gateway.ask(&get("/0712345678")).await;
    let scraped = handle.render();
    // Without their values: other tests of this process are measured as well.
    for expected in [
        "# HELP malipo_http_request_duration_seconds Time from a request's head being read",
        "# TYPE malipo_http_request_duration_seconds histogram",
        "malipo_http_request_duration_seconds_bucket{route=\"hello\",method=\"GET\",code=\"200\",le=\"0.001\"}",
        "malipo_http_request_duration_seconds_count{route=\"pay_panic\",method=\"POST\",code=\"500\"}",
        "malipo_http_request_duration_seconds_count{route=\"unrouted\",method=\"GET\",code=\"404\"}",
        "malipo_connections_open{listener=\"test\"}",
    ] {
        assert!(scraped.contains(expected), "{expected}\nis not in\n{scraped}");
    }
    assert!(!scraped.contains("0712345678"));
}

#[tokio::test]
async fn a_line_about_a_request_names_it_and_holds_nothing_that_was_sent() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(log.clone())
        .finish();
    let _here = tracing::subscriber::set_default(subscriber);
    let gateway = TestGateway::usual().await;
    let canary = "0712345678";
    let answered = gateway.ask(&get(&format!("/hello?phone={canary}"))).await;
    let nowhere = gateway.ask(&get(&format!("/{canary}"))).await;
    let body = format!("{{\"phone\":\"{canary}\"}}");
    let echoed = gateway.ask(&post("/echo", &body)).await;
    let secret =
        get("/hello").replace("Host", &format!("Authorization: Bearer {canary}\r\nCookie: {canary}\r\nHost"));
    gateway.ask(&secret).await;
    gateway.ask(&post(&format!("/keyed?q={canary}"), canary)).await;
    gateway.ask(&post(&format!("/pay/panic?q={canary}"), canary)).await;
    gateway
        .ask(&format!("POST /{canary} HTTP/1.1\r\nHost: {canary}\r\nTransfer-Encoding: {canary}\r\n\r\n"))
        .await;

    let lines = log.text();
    for answer in [&answered, &nowhere, &echoed] {
        let id = answer.header("request-id").unwrap();
        let of_request: Vec<_> = lines.lines().filter(|line| line.contains(id)).collect();
        assert_eq!(of_request.len(), 1, "one line for {id}:\n{lines}");
    }
    assert!(lines.contains("\"route\":\"hello\"") && lines.contains("\"code\":404"), "{lines}");
    assert!(!lines.contains(canary), "{lines}");
}

/// Where a test's log lines go.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Our own lines: those of libraries at this level are not what runs in production.
    fn text(&self) -> String {
        let all = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        all.lines()
            .filter(|line| line.contains("\"target\":\"gateway"))
            .map(|line| format!("{line}\n"))
            .collect()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
