//! `GET /openapi.json`: the description of everything that the three listeners answer, kept by hand in
//! `openapi.json` because it is written for people. Tests hold it to the route tables, so that neither can change
//! without the other; its examples are answers that a demonstration gave.

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, HeaderValue};

use super::SharedApp;
use crate::app::App;
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::{self, Response};

pub(crate) const DOCUMENT: &str = include_str!("openapi.json");

/// `GET /openapi.json`.
pub(super) async fn show(_app: SharedApp, _request: Request<App>) -> Result<Response, Problem> {
    let document = Bytes::from_static(DOCUMENT.as_bytes());
    let mut response = response::bytes(StatusCode::OK, "application/json", document);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::api::{Access, admin_routes, callback_routes, public_routes};
    use crate::http::hosts::Site;
    use crate::http::problem_codes::Code;
    use crate::http::router::{Route, Routes};
    use crate::receipts::{KeySet, verify_text};

    fn document() -> Value {
        serde_json::from_str(DOCUMENT).unwrap()
    }

    /// The three tables, each with the server that its operations must name; the public one is the document's own.
    fn tables() -> [(Routes<App>, Option<&'static str>); 3] {
        [
            (public_routes().unwrap(), None),
            (callback_routes().unwrap(), Some("http://127.0.0.1:8081")),
            (admin_routes().unwrap(), Some("http://127.0.0.1:9090")),
        ]
    }

    fn method_of(route: &Route<App>) -> String {
        route.method.as_str().to_lowercase()
    }

    /// The names of an operation's parameters in the path.
    fn path_parameters(operation: &Value) -> BTreeSet<String> {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let in_path = parameters.filter(|parameter| parameter["in"] == "path");
        in_path.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn every_route_is_described_and_nothing_else_is() {
        let document = document();
        let methods = ["get", "post", "put", "delete", "patch"];
        let described: BTreeSet<_> = document["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, item)| {
                item.as_object().unwrap().keys().map(move |key| (key.clone(), path.clone()))
            })
            .filter(|(key, _)| methods.contains(&key.as_str()))
            .collect();
        let routed: BTreeSet<_> = tables()
            .iter()
            .flat_map(|(routes, _)| routes.iter().map(|route| (method_of(route), route.pattern.to_owned())))
            .collect();
        assert_eq!(described, routed);
    }

    #[test]
    fn a_description_says_who_may_call_where_and_with_which_names() {
        let document = document();
        for (routes, server) in tables() {
            for route in routes.iter() {
                let item = &document["paths"][route.pattern];
                let operation = &item[method_of(route)];
                let name = route.name;
                assert_eq!(operation["operationId"], name);
                let server = match route.site {
                    Site::Ours => server,
                    Site::Agencies => Some("http://localhost:8080"),
                };
                assert_eq!(item["servers"][0]["url"].as_str(), server, "{name}");
                let scheme = match route.access {
                    Access::Roles(_) => Some("bearer"),
                    Access::Operator => Some("operator"),
                    Access::Staff(_) => Some("session"),
                    Access::Anyone
                    | Access::WhoeverHasTheAddress
                    | Access::Provider
                    | Access::OtherProvider
                    | Access::MessageProvider
                    | Access::ThisMachine => None,
                };
                let named = operation["security"].as_array().unwrap().first();
                assert_eq!(
                    named.and_then(|named| named.as_object()?.keys().next()).map(String::as_str),
                    scheme
                );
                let in_pattern: BTreeSet<_> = route
                    .pattern
                    .split('{')
                    .skip(1)
                    .map(|part| part.split('}').next().unwrap().to_owned())
                    .collect();
                assert_eq!(path_parameters(operation), in_pattern, "{name}");
                let asks_for_key = operation["parameters"].to_string().contains("IdempotencyKey");
                assert_eq!(asks_for_key, route.about_money && scheme == Some("bearer"), "{name}");
            }
        }
    }

    #[test]
    fn every_code_of_a_problem_is_listed() {
        let listed = document()["components"]["schemas"]["Problem"]["properties"]["code"]["enum"].clone();
        let codes: Vec<_> = Code::ALL.iter().map(|code| code.text()).collect();
        assert_eq!(listed, serde_json::json!(codes));
    }

    #[test]
    fn references_lead_somewhere() {
        let document = document();
        let mut rest = DOCUMENT;
        while let Some((_, after)) = rest.split_once(r##""$ref": "#"##) {
            let (pointer, after) = after.split_once('"').unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
            rest = after;
        }
    }

    #[test]
    fn the_receipt_in_the_examples_is_genuine_by_the_keys_in_the_examples() {
        let document = document();
        let example = |path: &str, content: &str| {
            let answer = &document["paths"][path]["get"]["responses"]["200"]["content"][content];
            answer["example"].clone()
        };
        let keys: KeySet = serde_json::from_value(example("/v1/keys", "application/json")).unwrap();
        let receipt = example("/v1/receipts/{number}", "application/json").to_string();
        let findings = verify_text(&receipt, &keys).unwrap();
        let wrong: Vec<_> = findings.iter().filter(|finding| finding.wrong.is_some()).collect();
        assert!(wrong.is_empty() && findings.len() >= 5, "{findings:?}");
    }
}
