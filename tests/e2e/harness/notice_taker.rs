//! What an agency runs to be told of events: it keeps what it hears and answers as the story wants.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::agency::fresh_key;
use super::agency_system::{AgencySystem, Conversation};
use super::patience::eventually;
use super::wire::Message;

/// One that takes notices, at a path that no other has: a port that one story leaves may be that of the next, and the gateway of
/// the first still speaks to it.
pub(crate) struct NoticeTaker {
    system: AgencySystem,
    path: String,
    kept: Arc<Kept>,
}

#[derive(Default)]
struct Kept {
    manner: Mutex<Manner>,
    heard: Mutex<Vec<HeardNotice>>,
}

/// How it answers.
#[derive(Clone, Copy, Default)]
enum Manner {
    /// 200.
    #[default]
    Takes,
    /// Always this.
    Answers(u16),
    /// Never.
    Silent,
    /// Nothing to this type, 200 to others.
    Ignores(&'static str),
    /// 500 to this type, 200 to others.
    Refuses(&'static str),
    /// 500 to every seventh.
    TakesMost,
}

/// A notice as it came.
#[derive(Clone, Debug)]
pub(crate) struct HeardNotice {
    pub(crate) message: Message,
    /// Whether it was answered 200.
    pub(crate) is_taken: bool,
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

impl Kept {
    /// Keeps a notice; gives what it is answered with.
    fn hears(&self, message: Message) -> Option<u16> {
        let manner = *self.manner.lock().unwrap();
        let mut heard = self.heard.lock().unwrap();
        let mut notice = HeardNotice { message, is_taken: false };
        let status = match manner {
            Manner::Takes => Some(200),
            Manner::Answers(status) => Some(status),
            Manner::Silent => None,
            Manner::Ignores(kind) => (notice.kind() != kind).then_some(200),
            Manner::Refuses(kind) => Some(if notice.kind() == kind { 500 } else { 200 }),
            Manner::TakesMost => Some(if heard.len() % 7 == 6 { 500 } else { 200 }),
        };
        notice.is_taken = status == Some(200);
        heard.push(notice);
        status
    }
}

impl NoticeTaker {
    /// One that answers 200.
    pub(crate) fn start() -> Self {
        Self::listening("127.0.0.1:0".parse().unwrap(), format!("/hook-{}", fresh_key()))
    }

    /// One where there was one before.
    pub(crate) fn start_at(url: &str) -> Self {
        let (authority, path) = url.trim_start_matches("http://").split_once('/').expect("it has a path");
        Self::listening(authority.parse().expect("an address and a port"), format!("/{path}"))
    }

    fn listening(address: SocketAddr, path: String) -> Self {
        let kept = Arc::<Kept>::default();
        let keeps = Arc::clone(&kept);
        // Behind it there may be a query: paths are of one length.
        let own = format!("POST {path}");
        let converse = move |mut conversation: Conversation| {
            while let Some(message) = conversation.hears() {
                let status =
                    if message.first_line.starts_with(&own) { keeps.hears(message) } else { Some(404) };
                let Some(status) = status else { continue };
                let answer = format!("HTTP/1.1 {status} Heard\r\nContent-Length: 0\r\n\r\n");
                if !conversation.wire.try_says(&answer) {
                    return;
                }
            }
        };
        Self { system: AgencySystem::start_at(address, converse), path, kept }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.system.address()
    }

    /// Where notices are to be sent.
    pub(crate) fn url(&self) -> String {
        format!("{}{}", self.system.url(), self.path)
    }

    /// From now on it takes everything.
    pub(crate) fn takes(&self) {
        *self.kept.manner.lock().unwrap() = Manner::Takes;
    }

    /// From now on it answers with this status.
    pub(crate) fn answers(&self, status: u16) {
        *self.kept.manner.lock().unwrap() = Manner::Answers(status);
    }

    /// From now on it hears and says nothing.
    pub(crate) fn is_silent(&self) {
        *self.kept.manner.lock().unwrap() = Manner::Silent;
    }

    /// From now on it hears this type and says nothing to it, and takes everything else.
    pub(crate) fn ignores(&self, kind: &'static str) {
        *self.kept.manner.lock().unwrap() = Manner::Ignores(kind);
    }

    /// From now on it takes everything but this type.
    pub(crate) fn refuses(&self, kind: &'static str) {
        *self.kept.manner.lock().unwrap() = Manner::Refuses(kind);
    }

    /// From now on it fails at every seventh.
    pub(crate) fn takes_most(&self) {
        *self.kept.manner.lock().unwrap() = Manner::TakesMost;
    }

    /// Everything that it has heard, in the order in which it came.
    pub(crate) fn heard(&self) -> Vec<HeardNotice> {
        self.kept.heard.lock().unwrap().clone()
    }

    /// How often it has heard this.
    pub(crate) fn times(&self, id: &str) -> usize {
        self.heard().iter().filter(|notice| notice.id() == id).count()
    }

    /// The identifiers of what it has taken.
    pub(crate) fn taken(&self) -> BTreeSet<String> {
        self.heard().iter().filter(|notice| notice.is_taken).map(HeardNotice::id).collect()
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
