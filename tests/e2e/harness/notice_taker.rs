//! What an agency runs to be told of events: it keeps what it hears and answers as the story wants.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::agency_system::{AgencySystem, Conversation};
use super::patience::eventually;
use super::wire::Message;

/// One that takes notices.
pub(crate) struct NoticeTaker {
    system: AgencySystem,
    status: Arc<AtomicU16>,
    heard: Arc<Mutex<Vec<HeardNotice>>>,
}

/// A notice as it came.
#[derive(Clone, Debug)]
pub(crate) struct HeardNotice {
    pub(crate) message: Message,
    /// What it was answered with.
    pub(crate) answered: u16,
}

impl HeardNotice {
    pub(crate) fn id(&self) -> String {
        self.header("webhook-id")
    }

    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> String {
        self.message.header(name).unwrap_or_else(|| panic!("it has no {name}: {:?}", self.message)).to_owned()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.message.body).expect("a notice is JSON")
    }

    pub(crate) fn kind(&self) -> String {
        self.json()["type"].as_str().expect("an event has a type").to_owned()
    }
}

impl NoticeTaker {
    /// One that answers 200.
    pub(crate) fn start() -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap())
    }

    /// One at an address where there was one before.
    pub(crate) fn start_at(address: SocketAddr) -> Self {
        let (status, heard) = (Arc::new(AtomicU16::new(200)), Arc::<Mutex<Vec<HeardNotice>>>::default());
        let (answers, hears) = (Arc::clone(&status), Arc::clone(&heard));
        let converse = move |mut conversation: Conversation| {
            while let Some(message) = conversation.hears() {
                let answered = answers.load(Ordering::Relaxed);
                hears.lock().unwrap().push(HeardNotice { message, answered });
                let answer = format!("HTTP/1.1 {answered} Heard\r\nContent-Length: 0\r\n\r\n");
                if !conversation.wire.try_says(&answer) {
                    return;
                }
            }
        };
        Self { system: AgencySystem::start_at(address, converse), status, heard }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.system.address()
    }

    /// Where notices are to be sent.
    pub(crate) fn url(&self) -> String {
        format!("{}/hook", self.system.url())
    }

    /// What it answers from now on.
    pub(crate) fn answers(&self, status: u16) {
        self.status.store(status, Ordering::Relaxed);
    }

    /// Everything that it has heard, in the order in which it came.
    pub(crate) fn heard(&self) -> Vec<HeardNotice> {
        self.heard.lock().unwrap().clone()
    }

    /// Waits until it has heard of all these types, each once at least, and gives what it heard.
    #[track_caller]
    pub(crate) fn hears_of(&self, kinds: &[&str]) -> Vec<HeardNotice> {
        eventually(&format!("it hears of {kinds:?}"), || {
            let heard = self.heard();
            let has = |kind: &&str| heard.iter().any(|notice| notice.kind() == **kind);
            kinds.iter().all(has).then_some(heard)
        })
    }
}
