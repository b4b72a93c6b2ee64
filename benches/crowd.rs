//! A crowd of callers: so many connections that stay open, each with one request under way. Closed loop: this finds out
//! what the server can do and what it costs; what payers feel at a given rate is `loadtest`'s business.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const HEAD_END: &[u8] = b"\r\n\r\n";

/// Open connections to one server.
pub(crate) struct Crowd {
    connections: Vec<TcpStream>,
}

/// What a server said.
pub(crate) struct Answer<'b> {
    /// Status line and header lines.
    pub(crate) head: &'b str,
    pub(crate) body: &'b [u8],
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

    /// Sends all requests and shows each answer.
    pub(crate) async fn send(
        &mut self,
        requests: Vec<Vec<u8>>,
        seen: impl Fn(&Answer<'_>) + Clone + Send + 'static,
    ) -> Duration {
        let requests = Arc::new(requests);
        let next = Arc::new(AtomicUsize::new(0));
        let mut speakers = JoinSet::new();
        let started = Instant::now();
        for mut stream in self.connections.drain(..) {
            let (requests, next, seen) = (Arc::clone(&requests), Arc::clone(&next), seen.clone());
            speakers.spawn(async move {
                let mut buffer = Vec::with_capacity(16 * 1024);
                while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                    stream.write_all(request).await.expect("the server reads");
                    let answer = read_answer(&mut stream, &mut buffer).await;
                    seen(&answer);
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

async fn read_answer<'b>(stream: &mut TcpStream, buffer: &'b mut Vec<u8>) -> Answer<'b> {
    buffer.clear();
    let mut looked_at = 0;
    let head_length = loop {
        read_more(stream, buffer).await;
        let found = buffer[looked_at..].windows(HEAD_END.len()).position(|window| window == HEAD_END);
        if let Some(found) = found {
            break looked_at + found;
        }
        looked_at = buffer.len().saturating_sub(HEAD_END.len() - 1);
    };
    let length = body_length(&buffer[..head_length]);
    while buffer.len() < head_length + HEAD_END.len() + length {
        read_more(stream, buffer).await;
    }
    let (head, rest) = buffer.split_at(head_length);
    Answer { head: text_of(head), body: &rest[HEAD_END.len()..] }
}

async fn read_more(stream: &mut TcpStream, buffer: &mut Vec<u8>) {
    let read = stream.read_buf(buffer).await.expect("the server answers");
    assert!(read > 0, "the server hung up");
}

/// What the head says; an answer that says nothing has none, as a 304.
fn body_length(head: &[u8]) -> usize {
    let length = text_of(head).lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse().expect("a length is a number"))
    });
    length.unwrap_or(0)
}

fn text_of(head: &[u8]) -> &str {
    std::str::from_utf8(head).expect("a head is text")
}
