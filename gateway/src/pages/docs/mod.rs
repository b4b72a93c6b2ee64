//! The interface, for people who write programs: an index of what calls are about, a page for each such group of calls, one
//! for each call with its fields, an example of each answer and a command to try, and one for each object that is too long to
//! be written out wherever it stands. Made from the same document that programs read, so that there is nothing to keep in
//! step; served from here, without a script and without any other host. In English, as the interface is.

pub(super) mod alerts;
mod operation;
mod schema;

use std::sync::LazyLock;

use askama::Template;
use catalog::Language;
use hyper::StatusCode;
use serde_json::Value;

use self::operation::{Operation, OperationPage};
use self::schema::Field;
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

/// Calls by what they are about, in the order of the document.
static GROUPS: LazyLock<Vec<Group>> = LazyLock::new(|| {
    let tags = DOCUMENT["tags"].as_array().into_iter().flatten();
    let group = |tag: &Value| {
        let name = text(&tag["name"]);
        let operations = OPERATIONS.iter().filter(|operation| operation.tag == name).collect();
        Group { slug: slug_of(&name), about: text(&tag["description"]), operations, name }
    };
    tags.map(group).filter(|group| !group.operations.is_empty()).collect()
});

/// Calls about one thing.
struct Group {
    name: String,
    /// Its name in addresses.
    slug: String,
    about: String,
    operations: Vec<&'static Operation>,
}

/// `GET /docs`.
pub(super) async fn show(app: SharedApp, _request: Request<App>) -> Result<Response, Problem> {
    let about = text(&DOCUMENT["info"]["description"]);
    let shown = DocsPage { frame: Frame::new(&app, Language::En, None), about };
    page(StatusCode::OK, Keeping::ForAnHour, &shown)
}

/// `GET /docs/groups/{group}`.
pub(super) async fn show_group(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let asked = request.head.parameter("group");
    let found = GROUPS.iter().find(|group| group.slug == asked);
    let group = found.ok_or_else(|| Problem::new(Code::NotFound, "No group of calls has this name."))?;
    let shown = GroupPage { frame: Frame::new(&app, Language::En, None), group };
    page(StatusCode::OK, Keeping::ForAnHour, &shown)
}

/// `GET /docs/objects/{object}`.
pub(super) async fn show_object(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let name = request.head.parameter("object");
    let shown = ObjectPage::of(Frame::new(&app, Language::En, None), name);
    let shown = shown.ok_or_else(|| Problem::new(Code::NotFound, "No object that is long has this name."))?;
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
}

impl DocsPage {
    fn objects(&self) -> impl Iterator<Item = &'static str> {
        schema::long_objects()
    }
}

/// The calls of a group.
#[derive(Template)]
#[template(path = "docs_group.html")]
struct GroupPage {
    frame: Frame,
    group: &'static Group,
}

/// The fields of an object.
#[derive(Template)]
#[template(path = "docs_object.html")]
struct ObjectPage {
    frame: Frame,
    name: String,
    about: String,
    fields: Vec<Field>,
}

impl ObjectPage {
    fn of(frame: Frame, name: &str) -> Option<Self> {
        let object = schema::long_object(name)?;
        Some(Self {
            frame,
            name: name.to_owned(),
            about: text(&object["description"]),
            fields: schema::fields_but_of_objects(&DOCUMENT, object),
        })
    }
}

/// A name as it stands in addresses.
fn slug_of(name: &str) -> String {
    name.to_lowercase().replace(' ', "-")
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
    use crate::pages::tests::PAGE_BYTES_MAX;

    fn frame() -> Frame {
        Frame {
            root: String::new(),
            language: Language::En,
            is_demonstration: false,
            in_other_language: None,
            help: None,
        }
    }

    /// The addresses that a page leads to and that begin so.
    fn links<'a>(html: &'a str, begin: &'a str) -> impl Iterator<Item = &'a str> {
        html.split("href=\"").skip(1).filter_map(move |rest| rest.strip_prefix(begin)?.split('"').next())
    }

    #[test]
    fn everything_that_can_be_called_is_in_one_group_and_has_a_light_page_that_leads_on() {
        let index = DocsPage { frame: frame(), about: String::new() }.render().unwrap();
        assert_eq!(links(&index, "/docs/groups/").count(), GROUPS.len());
        assert_eq!(links(&index, "/docs/objects/").count(), schema::long_objects().count());
        let listed = GROUPS.iter().flat_map(|group| &group.operations).count();
        assert_eq!(listed, OPERATIONS.len(), "every call has a known tag, and one");
        let groups = GROUPS.iter().map(|group| GroupPage { frame: frame(), group }.render().unwrap());
        let groups = groups.chain([index]);
        let operations = OPERATIONS.iter().map(|operation| {
            let shown = OperationPage::new(frame(), &DOCUMENT, operation, "http://127.0.0.1:8080");
            let html = shown.render().unwrap();
            assert!(html.contains(operation.path.as_str()), "{}", operation.id);
            html
        });
        let objects = schema::long_objects()
            .map(|name| ObjectPage::of(frame(), name).expect("it has a page").render().unwrap());
        let pages: Vec<_> = groups.chain(operations).chain(objects).collect();
        for html in &pages {
            let title = html.split("<title>").nth(1).unwrap().split('<').next().unwrap();
            assert!(html.len() <= PAGE_BYTES_MAX, "{title} has {} bytes", html.len());
            for name in links(html, "/docs/objects/") {
                assert!(schema::long_object(name).is_some(), "{title} leads to {name}, which has no page");
            }
            for slug in links(html, "/docs/groups/") {
                assert!(GROUPS.iter().any(|group| group.slug == slug), "{title} leads to {slug}");
            }
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
