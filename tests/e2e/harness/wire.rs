//! A socket on which a story says and hears exact bytes, at either end.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};

use super::patience::PATIENCE;

/// One end of a connection.
pub(crate) struct Wire {
    stream: TcpStream,
    /// Heard, and not yet looked at.
    heard: Vec<u8>,
}

/// The head of a request or an answer, and as much of its body as was announced.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// The first line.
    pub(crate) first_line: String,
    /// Names in small letters, in the order that they came.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Wire {
    /// Connects to the host of an address.
    #[track_caller]
    pub(crate) fn to(url: &str) -> Self {
        let authority = url.strip_prefix("http://").expect("a plain address").split('/').next().unwrap();
        Self::on(TcpStream::connect(authority).expect("somebody takes the connection"))
    }

    pub(crate) fn on(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket has a timeout");
        stream.set_nodelay(true).expect("a socket sends at once");
        Self { stream, heard: Vec::new() }
    }

    /// From now on it hears for as long as the other side stays.
    pub(crate) fn waits_for_ever(&mut self) {
        self.stream.set_read_timeout(None).expect("a socket needs no timeout");
    }

    #[track_caller]
    pub(crate) fn says(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).expect("the other side listens");
    }

    /// Says something to somebody who may not listen. False if it goes away meanwhile.
    pub(crate) fn try_says(&mut self, text: &str) -> bool {
        self.stream.write_all(text.as_bytes()).is_ok()
    }

    /// Waits until something is heard that ends like this, and gives everything up to there.
    #[track_caller]
    pub(crate) fn hears_up_to(&mut self, end: &str) -> String {
        loop {
            if let Some(at) = position(&self.heard, end.as_bytes()) {
                let rest = self.heard.split_off(at + end.len());
                let said = std::mem::replace(&mut self.heard, rest);
                return String::from_utf8(said).expect("it is text");
            }
            let more = self.hears_more();
            assert!(more, "it ended with {:?} instead", String::from_utf8_lossy(&self.heard));
        }
    }

    /// Everything until the other side has no more to say.
    pub(crate) fn hears_to_the_end(&mut self) -> String {
        while self.hears_more() {}
        String::from_utf8_lossy(&std::mem::take(&mut self.heard)).into_owned()
    }

    /// The next message, or none if the other side goes away before it.
    #[track_caller]
    pub(crate) fn hears_message(&mut self) -> Option<Message> {
        let mut message = self.hears_head()?;
        let length = message.header("content-length").map_or(0, |length| length.parse().unwrap());
        while self.heard.len() < length {
            if !self.hears_more() {
                return None;
            }
        }
        let rest = self.heard.split_off(length);
        message.body = std::mem::replace(&mut self.heard, rest);
        Some(message)
    }

    /// The head of the next message, or none if the other side goes away before it.
    #[track_caller]
    pub(crate) fn hears_head(&mut self) -> Option<Message> {
        while position(&self.heard, b"\r\n\r\n").is_none() {
            if !self.hears_more() {
                return None;
            }
        }
        let head = self.hears_up_to("\r\n\r\n");
        let mut lines = head.trim_end().split("\r\n");
        let first_line = lines.next().unwrap().to_owned();
        let headers = lines
            .map(|line| line.split_once(':').expect("a header has a colon"))
            .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
            .collect();
        Some(Message { first_line, headers, body: Vec::new() })
    }

    /// Goes away.
    pub(crate) fn leaves(self) {
        // Fails if the other side went first.
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    /// False if the other side has no more to say.
    fn hears_more(&mut self) -> bool {
        let mut buffer = [0; 4096];
        match self.stream.read(&mut buffer) {
            Ok(0) => false,
            Ok(length) => {
                self.heard.extend_from_slice(&buffer[..length]);
                true
            }
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => false,
            Err(error) => panic!("nothing came: {error}"),
        }
    }
}

impl Message {
    /// The only header of this name.
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut values =
            self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let value = values.next();
        assert_eq!(values.next(), None, "{name} is there twice");
        value
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

fn position(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
