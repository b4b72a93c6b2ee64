//! Agencies are told what happens: signed, again until it is taken, and with nothing left out.

mod dead;
mod feed;
mod killed;
mod published_libraries;
mod secrets;
mod sent;
mod tools;

use serde_json::{Value, json};

use crate::harness::{Agency, Call, NoticeTaker};

/// Asks to be told here, of everything.
#[track_caller]
fn told_at(agency: &Agency, taker: &NoticeTaker) -> Value {
    told(agency, &json!({"url": taker.url()}))
}

#[track_caller]
fn told(agency: &Agency, wish: &Value) -> Value {
    agency.post("/v1/webhook_endpoints", wish).send().expect(201).json()
}

fn path_of(endpoint: &Value) -> String {
    format!("/v1/webhook_endpoints/{}", endpoint["id"].as_str().unwrap())
}

fn patch(agency: &Agency, path: &str, change: &Value) -> Call {
    Call::new(hyper::Method::PATCH, agency.url(path)).body(change.to_string()).key(&agency.key)
}

/// Every event of the feed from its beginning on, page by page.
#[track_caller]
fn whole_feed(agency: &Agency, page: usize) -> Vec<Value> {
    let mut events = Vec::new();
    let mut cursor = String::new();
    loop {
        let answer = agency.get(&format!("/v1/events?limit={page}{cursor}")).expect(200).json();
        let data = answer["data"].as_array().unwrap();
        assert!(data.len() <= page, "{answer}");
        events.extend(data.iter().cloned());
        cursor = format!("&cursor={}", answer["next_cursor"].as_str().unwrap());
        if answer["has_more"] == false {
            return events;
        }
    }
}

fn ids(events: &[Value]) -> Vec<String> {
    events.iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
}
