//! The interface, for people who write programs: an index of everything that can be called, and a page for each call with
//! its fields, an example of each answer, and a command to try. Made from the same document that programs read, so that
//! there is nothing to keep in step; served from here, without a script and without any other host. In English, as the
//! interface is.

pub(super) mod alerts;
mod operation;
mod schema;

use std::sync::LazyLock;

use askama::Template;
use catalog::Language;
use hyper::StatusCode;
use serde_json::Value;

use self::operation::{Operation, OperationPage};
use super::frame::{Frame, Keeping, page};
use crate::app::{App, SharedApp};
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::Response;

/// The document, read once.
static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(crate::api::DOCUMENT).expect("the document is JSON, as tests have found")
});

/// Every call, in the order of the document.
static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| operation::all(&DOCUMENT));

/// `GET /docs`.
pub(super) async fn show(app: SharedApp, _request: Request<App>) -> Result<Response, Problem> {
    let shown = DocsPage {
        frame: Frame::new(&app, Language::En, None),
        about: text(&DOCUMENT["info"]["description"]),
        groups: groups(),
    };
    page(StatusCode::OK, Keeping::ForAnHour, &shown)
}

/// `GET /docs/{operation}`.
pub(super) async fn show_operation(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let asked = request.head.parameter("operation");
    let found = OPERATIONS.iter().find(|operation| operation.id == asked);
    let operation =
        found.ok_or_else(|| Problem::new(Code::NotFound, "Nothing that can be called has this name."))?;
    let shown =
        OperationPage::new(Frame::new(&app, Language::En, None), &DOCUMENT, operation, &app.public_url);
    page(StatusCode::OK, Keeping::ForAnHour, &shown)
}

/// The index.
#[derive(Template)]
#[template(path = "docs.html")]
struct DocsPage {
    frame: Frame,
    about: String,
    groups: Vec<Group>,
}

/// Calls about one thing.
struct Group {
    name: String,
    about: String,
    operations: Vec<&'static Operation>,
}

fn groups() -> Vec<Group> {
    let tags = DOCUMENT["tags"].as_array().into_iter().flatten();
    let group = |tag: &Value| {
        let name = text(&tag["name"]);
        let operations = OPERATIONS.iter().filter(|operation| operation.tag == name).collect();
        Group { about: text(&tag["description"]), operations, name }
    };
    tags.map(group).collect()
}

/// A text of the document; nothing where it has none.
fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The value, or what it refers to.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let target = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    target.and_then(|pointer| document.pointer(pointer)).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame() -> Frame {
        Frame {
            root: String::new(),
            language: Language::En,
            is_demonstration: false,
            in_other_language: None,
            help: None,
        }
    }

    #[test]
    fn everything_that_can_be_called_is_in_the_index_once_and_has_a_page() {
        let groups = groups();
        let listed: Vec<_> =
            groups.iter().flat_map(|group| group.operations.iter().map(|of| &of.id)).collect();
        assert_eq!(listed.len(), OPERATIONS.len(), "every call has a known tag, and one");
        for operation in OPERATIONS.iter() {
            let shown = OperationPage::new(frame(), &DOCUMENT, operation, "http://127.0.0.1:8080");
            let html = shown.render().unwrap();
            assert!(html.contains(operation.path.as_str()), "{}", operation.id);
            assert!(html.len() < 60_000, "{} has {} bytes", operation.id, html.len());
        }
    }

    #[test]
    fn a_call_is_shown_with_its_fields_its_example_and_a_command() {
        let operation = OPERATIONS.iter().find(|operation| operation.id == "bill_create").unwrap();
        let shown = OperationPage::new(frame(), &DOCUMENT, operation, "http://127.0.0.1:8080");
        let html = shown.render().unwrap();
        for expected in [
            "curl -X POST http://127.0.0.1:8080/v1/bills",
            "Authorization: Bearer $KEY",
            "Idempotency-Key: $(uuidgen)",
            "agency_reference",
            "kws-amboseli-entry",
            "order.visitors[].count",
        ] {
            assert!(html.contains(expected), "{expected}");
        }
    }
}
