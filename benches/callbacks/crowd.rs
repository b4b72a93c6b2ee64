//! Those who call: so many connections that stay open, each with one request under way. Closed loop: this finds out
//! what the server can do and what it costs; what payers feel at a given rate is `loadtest`'s business.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Open connections to one server.
pub(crate) struct Crowd {
    connections: Vec<TcpStream>,
}

impl Crowd {
    pub(crate) async fn connect(address: SocketAddr, count: usize) -> Self {
        let mut connections = Vec::with_capacity(count);
        for _ in 0..count {
            let stream = TcpStream::connect(address).await.expect("the server takes connections");
            stream.set_nodelay(true).expect("an open connection can be set up");
            connections.push(stream);
        }
        Self { connections }
    }

    /// Sends all requests and shows each answer's body. Every answer must have a status from 200 to 299.
    pub(crate) async fn send(
        &mut self,
        requests: Vec<Vec<u8>>,
        seen: impl Fn(&[u8]) + Clone + Send + 'static,
    ) -> Duration {
        let requests = Arc::new(requests);
        let next = Arc::new(AtomicUsize::new(0));
        let mut speakers = JoinSet::new();
        let started = Instant::now();
        for mut stream in self.connections.drain(..) {
            let (requests, next, seen) = (Arc::clone(&requests), Arc::clone(&next), seen.clone());
            speakers.spawn(async move {
                let mut buffer = Vec::with_capacity(4096);
                while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                    stream.write_all(request).await.expect("the server reads");
                    let body = read_answer(&mut stream, &mut buffer).await;
                    seen(body);
                }
                stream
            });
        }
        while let Some(stream) = speakers.join_next().await {
            self.connections.push(stream.expect("every connection lasts"));
        }
        started.elapsed()
    }
}

/// Reads one answer and returns its body.
async fn read_answer<'b>(stream: &mut TcpStream, buffer: &'b mut Vec<u8>) -> &'b [u8] {
    buffer.clear();
    loop {
        let read = stream.read_buf(buffer).await.expect("the server answers");
        assert!(read > 0, "the server hung up");
        let Some(head_len) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = std::str::from_utf8(&buffer[..head_len]).expect("a head is text");
        let body_len: usize = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())
            .expect("the answer says its length");
        if buffer.len() >= head_len + 4 + body_len {
            assert!(head.starts_with("HTTP/1.1 2"), "{}", String::from_utf8_lossy(buffer));
            return &buffer[head_len + 4..];
        }
    }
}

/// A POST as it goes over the wire.
pub(crate) fn post(host: &str, path: &str, more_headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nAccept: */*\r\n\
         {more_headers}Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}
