//! The own system of an agency, to which the gateway hands requests on: each connection is a conversation that the story
//! writes.

use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use serde_json::{Value, json};

use super::patience::eventually;
use super::wire::{Message, Wire};

/// One that takes connections, until it is dropped: then all of them end, and nobody is there any more.
pub(crate) struct AgencySystem {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    heard: Arc<Mutex<Vec<Message>>>,
    ends: Arc<AtomicBool>,
    streams: Arc<Mutex<Vec<TcpStream>>>,
    takes: Option<JoinHandle<()>>,
}

/// A connection to it.
pub(crate) struct Conversation {
    pub(crate) wire: Wire,
    /// Which connection this is, from 1.
    pub(crate) number: usize,
    heard: Arc<Mutex<Vec<Message>>>,
}

impl AgencySystem {
    /// One that holds every conversation like this, each on a thread of its own.
    pub(crate) fn start(converse: impl Fn(Conversation) + Send + Sync + 'static) -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap(), converse)
    }

    /// One that answers every request with 200 and this text.
    pub(crate) fn answering(text: &'static str) -> Self {
        Self::start(move |conversation| conversation.answers_everything(text))
    }

    /// One at an address where there was one before.
    pub(crate) fn start_at(
        address: SocketAddr,
        converse: impl Fn(Conversation) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).expect("it can listen");
        listener.set_nonblocking(true).expect("it can look without waiting");
        let address = listener.local_addr().expect("it has an address");
        let (connections, ends) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
        let (heard, converse) = (Arc::default(), Arc::new(converse));
        let streams: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
        let takes = std::thread::spawn({
            let (connections, ends, heard) =
                (Arc::clone(&connections), Arc::clone(&ends), Arc::clone(&heard));
            let streams = Arc::clone(&streams);
            move || {
                while !ends.load(Ordering::Relaxed) {
                    let Ok((stream, _)) = listener.accept() else {
                        std::thread::sleep(std::time::Duration::from_millis(2));
                        continue;
                    };
                    stream.set_nonblocking(false).expect("it can wait");
                    let own = stream.try_clone().expect("a second handle");
                    streams.lock().unwrap().push(stream.try_clone().expect("a third handle"));
                    let number = connections.fetch_add(1, Ordering::Relaxed) + 1;
                    let conversation =
                        Conversation { wire: Wire::on(stream), number, heard: Arc::clone(&heard) };
                    let converse = Arc::clone(&converse);
                    std::thread::spawn(move || {
                        converse(conversation);
                        // Fails if the gateway went first.
                        let _ = own.shutdown(Shutdown::Both);
                    });
                }
            }
        });
        Self { address, connections, heard, ends, streams, takes: Some(takes) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections that were ever made to it.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// Every message that was heard in a conversation, in the order in which they were complete.
    pub(crate) fn heard(&self) -> Vec<Message> {
        self.heard.lock().unwrap().clone()
    }

    /// The only message that it has heard.
    #[track_caller]
    pub(crate) fn heard_once(&self) -> Message {
        let heard = eventually("it hears something", || Some(self.heard()).filter(|heard| !heard.is_empty()));
        assert_eq!(heard.len(), 1, "{heard:?}");
        heard.into_iter().next().unwrap()
    }
}

impl Drop for AgencySystem {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(takes) = self.takes.take() {
            let _ = takes.join();
        }
        for stream in self.streams.lock().unwrap().iter() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Conversation {
    /// The next request, whole.
    pub(crate) fn hears(&mut self) -> Option<Message> {
        let message = self.wire.hears_message()?;
        self.heard.lock().unwrap().push(message.clone());
        Some(message)
    }

    /// Answers with 200 and this text.
    pub(crate) fn answers(&mut self, text: &str) {
        self.wire.says(&format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{text}",
            text.len()
        ));
    }

    /// Answers every request on this connection like this.
    pub(crate) fn answers_everything(mut self, text: &str) {
        while self.hears().is_some() {
            self.answers(text);
        }
    }
}

/// The catalogue that comes with the product, in which these agencies have systems of their own; each by the agency's code
/// and the fields of its back end.
pub(crate) fn catalogue_with(folder: &Path, back_ends: &[(&str, Value)]) -> PathBuf {
    let document = catalog::Catalogue::embedded().to_json();
    let mut document: Value = serde_json::from_slice(&document).expect("a catalogue is JSON");
    for (code, back_end) in back_ends {
        let agencies = document["agencies"].as_array_mut().expect("a catalogue has agencies");
        let agency = agencies.iter_mut().find(|agency| agency["code"] == json!(code)).expect("it is known");
        agency["back_end"] = back_end.clone();
    }
    let path = folder.join("catalogue.json");
    std::fs::write(&path, document.to_string()).expect("a catalogue can be written");
    path
}
