//! The yardstick of a look-up: hyper, which gives the answers that the gateway gave, from memory, by path.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::{Request, Response, StatusCode};
use serde_json::{Value, json};
use tokio::runtime::Builder;

use crate::bare_hyper;
use crate::questions::{Question, asked};

/// What hyper writes by itself.
const OF_HYPER: [&str; 3] = ["content-length", "date", "connection"];

/// How the yardstick runs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Threads {
    /// On a runtime with a thread for each processor.
    AsTheGateway,
    /// On one thread.
    One,
}

/// What a server is told that is to give the answers in this file.
pub(crate) fn what(threads: Threads, file: &Path) -> String {
    format!("{threads:?} {}", file.display())
}

/// Writes the answers to these questions into a file.
pub(crate) async fn keep(file: &Path, questions: &[Question], gateway: SocketAddr) {
    let answers = asked(questions, gateway, |answer| {
        let mut lines = answer.head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("an answer has a status");
        let headers =
            lines.filter_map(|line| line.split_once(": ")).filter(|(name, _)| !OF_HYPER.contains(name));
        let headers: Vec<_> = headers.collect();
        json!({"status": status, "headers": headers, "body": STANDARD.encode(answer.body)})
    })
    .await;
    let by_path: Vec<_> = questions.iter().map(|question| &question.path).zip(answers).collect();
    std::fs::write(file, json!(by_path).to_string()).expect("answers are kept");
}

/// Serves what a server was told, until the process is killed.
pub(crate) fn serve(what: &str) {
    let (threads, file) = what.split_once(' ').expect("threads and file");
    let answers = Arc::new(read(Path::new(file)));
    let mut builder =
        if threads == "One" { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    let runtime = builder.enable_all().build().expect("a runtime starts");
    bare_hyper::serve(&runtime, move |request: Request<_>| {
        let answers = Arc::clone(&answers);
        async move {
            let asked = request.uri().path_and_query().map_or("", |asked| asked.as_str());
            answers.get(asked).map(Kept::again).unwrap_or_default()
        }
    });
}

/// An answer that the gateway gave.
struct Kept {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

impl Kept {
    fn again(&self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(self.body.clone()));
        *response.status_mut() = self.status;
        let headers: &mut HeaderMap = response.headers_mut();
        for (name, value) in &self.headers {
            headers.insert(name.clone(), value.clone());
        }
        response
    }
}

fn read(file: &Path) -> HashMap<String, Kept> {
    let text = std::fs::read(file).expect("the answers are there");
    let answers: Vec<(String, Value)> = serde_json::from_slice(&text).expect("the answers are JSON");
    answers.into_iter().map(|(path, answer)| (path, kept(&answer))).collect()
}

fn kept(answer: &Value) -> Kept {
    let text = |value: &Value| value.as_str().expect("it is a text").to_owned();
    let header = |pair: &Value| {
        let name = text(&pair[0]).parse().expect("a header has a name");
        (name, text(&pair[1]).parse().expect("a header has a value"))
    };
    Kept {
        status: text(&answer["status"]).parse().expect("a status is a number"),
        headers: answer["headers"].as_array().expect("there are headers").iter().map(header).collect(),
        body: STANDARD.decode(text(&answer["body"])).expect("a body was kept").into(),
    }
}
