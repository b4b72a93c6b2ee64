//! What callers ask a catalogue, in the forms that the answers differ by.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use catalog::Catalogue;

use crate::crowd::{Answer, Crowd};

/// Services that are asked for in turn.
const SLUGS: usize = 200;
/// Words in turn: names, beginnings, slips, both languages, a county, an acronym.
const WORDS: [&str; 8] = [
    "passport+application",
    "kibali+cha+biashara",
    "business+permit+kisumu",
    "pasport+aplication",
    "nhif",
    "land+rates+homa+bay",
    "cheti+cha+kuzaliwa",
    "good+con",
];
const SUCCESS: &str = "HTTP/1.1 200 ";
const NOT_MODIFIED: &str = "HTTP/1.1 304 ";
/// Look-ups in one round, and searches, each of which takes longer.
const LOOKUPS: usize = 60_000;
const SEARCHES: usize = 3_000;

/// Questions of one form.
pub(crate) struct Questions {
    pub(crate) name: &'static str,
    pub(crate) questions: Vec<Question>,
    /// How every answer begins.
    pub(crate) status: &'static str,
    /// How many are asked in one round.
    pub(crate) count: usize,
}

/// One of them.
#[derive(Clone)]
pub(crate) struct Question {
    pub(crate) path: String,
    /// As it goes over the wire.
    pub(crate) request: Vec<u8>,
}

impl Questions {
    /// As many as that, in turn.
    pub(crate) fn so_many(&self, count: usize) -> Vec<Vec<u8>> {
        self.questions.iter().map(|question| question.request.clone()).cycle().take(count).collect()
    }
}

/// Every form.
pub(crate) async fn all(catalogue: &Catalogue, host: &str, gateway: SocketAddr) -> [Questions; 4] {
    let question =
        |path: &String, header: &str| Question { path: path.clone(), request: get(host, path, header) };
    let services = catalogue.services();
    let every_so_many = services.iter().step_by((services.len() / SLUGS).max(1)).take(SLUGS);
    let paths: Vec<String> = every_so_many.map(|service| format!("/v1/services/{}", service.slug)).collect();
    let plain: Vec<_> = paths.iter().map(|path| question(path, "")).collect();
    let tags = tags_of(&plain, gateway).await;
    let if_changed = |(path, tag): (&String, String)| question(path, &format!("If-None-Match: {tag}\r\n"));
    let known = paths.iter().zip(tags).map(if_changed).collect();
    let compressed = paths.iter().map(|path| question(path, "Accept-Encoding: gzip, br\r\n")).collect();
    let words = WORDS.iter().map(|words| question(&format!("/v1/services?q={words}"), "")).collect();
    let of = |name, questions, status, count| Questions { name, questions, status, count };
    [
        of("A service", plain, SUCCESS, LOOKUPS),
        of("A service that the caller has", known, NOT_MODIFIED, LOOKUPS),
        of("A service, gzip", compressed, SUCCESS, LOOKUPS),
        of("Search", words, SUCCESS, SEARCHES),
    ]
}

/// Asks each question, in order, and returns what was made of the answers.
pub(crate) async fn asked<Seen: Send + 'static>(
    questions: &[Question],
    server: SocketAddr,
    see: impl Fn(&Answer<'_>) -> Seen + Clone + Send + 'static,
) -> Vec<Seen> {
    let seen = Arc::new(Mutex::new(Vec::with_capacity(questions.len())));
    let sees = Arc::clone(&seen);
    let requests = questions.iter().map(|question| question.request.clone()).collect();
    let note =
        move |answer: &Answer<'_>| sees.lock().unwrap_or_else(PoisonError::into_inner).push(see(answer));
    Crowd::connect(server, 1).await.send(requests, note).await;
    std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner))
}

/// The validator of each answer.
async fn tags_of(questions: &[Question], server: SocketAddr) -> Vec<String> {
    asked(questions, server, |answer| {
        let tag = answer.head.lines().find_map(|line| line.strip_prefix("etag: "));
        tag.expect("a service has a validator").to_owned()
    })
    .await
}

/// A GET as a program sends it.
fn get(host: &str, path: &str, more_headers: &str) -> Vec<u8> {
    format!(
        "GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: bench\r\nAccept: application/json\r\n{more_headers}\r\n"
    )
    .into_bytes()
}
