//! One call: who may make it, what goes in, what comes out, and a command to try.

use std::fmt::Write as _;

use askama::Template;
use serde_json::Value;

use super::schema::{Field, fields, fields_but_of_objects, kind, referred_to};
use super::{resolved, slug_of, text};
use crate::pages::frame::Frame;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// A call of the interface.
#[derive(Debug)]
pub(super) struct Operation {
    /// Its name, which is also the address of its page.
    pub(super) id: String,
    /// What it is about.
    pub(super) tag: String,
    /// `GET`, `POST`.
    pub(super) method: String,
    /// With its parameters in braces.
    pub(super) path: String,
    /// What it does, in a few words.
    pub(super) summary: String,
}

/// Every call of the document, in its order.
pub(super) fn all(document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().into_iter().flatten();
    let calls = paths.flat_map(|(path, item)| METHODS.map(|method| (path, method, &item[method])));
    let operation = |(path, method, call): (&String, &str, &Value)| Operation {
        id: text(&call["operationId"]),
        tag: text(&call["tags"][0]),
        method: method.to_uppercase(),
        path: path.clone(),
        summary: text(&call["summary"]),
    };
    calls.filter(|(_, _, call)| call.is_object()).map(operation).collect()
}

/// The page of a call.
#[derive(Template)]
#[template(path = "docs_operation.html")]
pub(super) struct OperationPage {
    frame: Frame,
    /// The address and the name of its group.
    group: (String, String),
    method: String,
    path: String,
    summary: String,
    about: String,
    caller: &'static str,
    /// Already written as markup.
    command: String,
    parameters: Vec<Parameter>,
    body_fields: Vec<Field>,
    answers: Vec<AnswerView>,
}

struct Parameter {
    name: String,
    place: String,
    kind: String,
    is_required: bool,
    about: String,
}

struct AnswerView {
    status: String,
    about: String,
    /// The object that it is, if that has a page of its own.
    object: Option<String>,
    fields: Vec<Field>,
    /// Already written as markup.
    example: Option<String>,
}

impl OperationPage {
    pub(super) fn new(frame: Frame, document: &Value, of: &Operation, public_url: &str) -> Self {
        let item = &document["paths"][&of.path];
        let call = &item[of.method.to_lowercase()];
        let body = &call["requestBody"]["content"];
        let media = body.as_object().and_then(|kinds| kinds.iter().next());
        let base = item["servers"][0]["url"].as_str().unwrap_or(public_url);
        let body_example = media.and_then(|(_, media)| example_of(media));
        let scheme =
            call["security"][0].as_object().and_then(|known| known.keys().next()).map(String::as_str);
        let parameters: Vec<_> =
            call["parameters"].as_array().into_iter().flatten().map(|one| resolved(document, one)).collect();
        let answers = call["responses"].as_object().into_iter().flatten();
        Self {
            frame,
            group: (slug_of(&of.tag), of.tag.clone()),
            method: of.method.clone(),
            path: of.path.clone(),
            summary: of.summary.clone(),
            about: text(&call["description"]),
            caller: match scheme {
                Some("bearer") => "With a key: Authorization: Bearer.",
                Some("operator") => "With the operator's token, on the admin listener.",
                Some(_) => "Signed in, with a browser.",
                None => "Without a key.",
            },
            command: verbatim(&command(
                of,
                base,
                scheme,
                &parameters,
                media.map(|(kind, _)| kind.as_str()),
                body_example.as_deref(),
            )),
            parameters: parameters.iter().map(|one| parameter(document, one)).collect(),
            body_fields: media.map(|(_, media)| fields(document, &media["schema"])).unwrap_or_default(),
            answers: answers.map(|(status, answer)| answer_view(document, status, answer)).collect(),
        }
    }
}

fn parameter(document: &Value, one: &Value) -> Parameter {
    Parameter {
        name: text(&one["name"]),
        place: text(&one["in"]),
        kind: kind(document, &one["schema"]),
        is_required: one["required"].as_bool().unwrap_or(false),
        about: text(&one["description"]),
    }
}

fn answer_view(document: &Value, status: &str, answer: &Value) -> AnswerView {
    let is_shared = answer.get("$ref").is_some();
    let answer = resolved(document, answer);
    // What problems look like is said once, in the document; their codes have pages of their own.
    let media = answer["content"].as_object().and_then(|kinds| kinds.values().next()).filter(|_| !is_shared);
    let object = media.and_then(|media| referred_to(&media["schema"]));
    let written_out = media.filter(|_| object.is_none());
    AnswerView {
        status: if status == "default" { "Any other".to_owned() } else { status.to_owned() },
        about: text(&answer["description"]),
        fields: written_out
            .map(|media| fields_but_of_objects(document, &media["schema"]))
            .unwrap_or_default(),
        example: media.and_then(example_of).as_deref().map(verbatim),
        object,
    }
}

/// A text as it stands between marks. Quotes need nothing there, and examples have hundreds.
fn verbatim(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

fn example_of(media: &Value) -> Option<String> {
    match media.get("example")? {
        Value::String(text) => Some(text.clone()),
        example => serde_json::to_string_pretty(example).ok(),
    }
}

/// A command that makes the call, with what is to be filled in as shell variables.
fn command(
    of: &Operation,
    base: &str,
    scheme: Option<&str>,
    parameters: &[&Value],
    media: Option<&str>,
    body: Option<&str>,
) -> String {
    let path = of.path.replace('{', "$").replace('}', "");
    let verb = if of.method == "GET" { String::new() } else { format!("-X {} ", of.method) };
    let mut command = format!("curl {verb}{}{path}", base.trim_end_matches('/'));
    // Writing to a String cannot fail.
    match scheme {
        Some("operator") => {
            let _ = write!(command, " \\\n  -H \"Authorization: Bearer $(cat malipo-data/operator-token)\"");
        }
        Some("bearer") => {
            let _ = write!(command, " \\\n  -H \"Authorization: Bearer $KEY\"");
        }
        _ => {}
    }
    if parameters.iter().any(|one| one["name"] == "Idempotency-Key") {
        let _ = write!(command, " \\\n  -H \"Idempotency-Key: $(uuidgen)\"");
    }
    if let Some(media) = media {
        let _ = write!(command, " \\\n  -H \"Content-Type: {media}\"");
        let shown = body.unwrap_or("…").replace('\'', "'\\''");
        let _ = write!(command, " \\\n  -d '{shown}'");
    }
    command
}
