//! An endpoint of an agency that counts: of each notice it keeps what it was about and how often it came, so that it can hear a
//! day of them.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value;

use super::agency::fresh_key;
use super::agency_system::{AgencySystem, Conversation};
use super::wire::Message;

/// One that takes notices, at a path that no other has.
pub(crate) struct NoticeTally {
    system: AgencySystem,
    path: String,
    kept: Arc<Kept>,
}

#[derive(Default)]
struct Kept {
    is_silent: AtomicBool,
    taken: Mutex<HashMap<String, TakenNotice>>,
}

/// What was taken under one identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TakenNotice {
    pub(crate) kind: String,
    /// The payment number that it is about; empty if it is about none.
    pub(crate) number: String,
    pub(crate) times: u32,
}

impl TakenNotice {
    /// As an event says it.
    pub(crate) fn of(event: &Value) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Self { kind: text(&event["type"]), number: text(&event["data"]["payment_number"]), times: 1 }
    }
}

impl Kept {
    /// Keeps a notice. The same identifier is the same notice.
    fn takes(&self, message: &Message) {
        let id = message.header("webhook-id").expect("a notice has an identifier").to_owned();
        let event: Value = serde_json::from_slice(&message.body).expect("a notice is JSON");
        assert_eq!(event["id"], *id, "header and body name the same notice");
        let now = TakenNotice::of(&event);
        let mut taken = self.taken.lock().unwrap();
        let known = taken.entry(id).or_insert_with(|| TakenNotice { times: 0, ..now.clone() });
        assert_eq!((&known.kind, &known.number), (&now.kind, &now.number), "one identifier, one notice");
        known.times += 1;
    }
}

impl NoticeTally {
    /// One that answers 200.
    pub(crate) fn start() -> Self {
        let (path, kept) = (format!("/hook-{}", fresh_key()), Arc::<Kept>::default());
        let (own, keeps) = (format!("POST {path}"), Arc::clone(&kept));
        let system = AgencySystem::start(move |mut conversation: Conversation| {
            conversation.wire.waits_for_ever();
            while let Some(message) = conversation.wire.hears_message() {
                if keeps.is_silent.load(Ordering::Relaxed) {
                    continue;
                }
                let is_for_us = message.first_line.starts_with(&own);
                if is_for_us {
                    keeps.takes(&message);
                }
                let status = if is_for_us { "200 Heard" } else { "404 Nobody" };
                if !conversation.wire.try_says(&format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n")) {
                    return;
                }
            }
        });
        Self { system, path, kept }
    }

    /// Where notices are to be sent.
    pub(crate) fn url(&self) -> String {
        format!("{}{}", self.system.url(), self.path)
    }

    /// From now on it hears, says nothing and keeps nothing.
    pub(crate) fn is_silent(&self) {
        self.kept.is_silent.store(true, Ordering::Relaxed);
    }

    /// From now on it takes everything.
    pub(crate) fn takes(&self) {
        self.kept.is_silent.store(false, Ordering::Relaxed);
    }

    /// How many it has taken, each identifier once.
    pub(crate) fn count(&self) -> usize {
        self.kept.taken.lock().unwrap().len()
    }

    /// What it has taken, by identifier.
    pub(crate) fn taken(&self) -> HashMap<String, TakenNotice> {
        self.kept.taken.lock().unwrap().clone()
    }
}
