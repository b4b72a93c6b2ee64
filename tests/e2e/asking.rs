//! What every way that asks a payer has to keep, whoever its provider is: the same stories for each.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::{Acquirer, Agency, Airtel, Bill, Gateway, Order, Sandbox, eventually, fresh_key, get};

/// A way that asks, and who is asked: phones, as their simulated provider takes them, or who presses a button on a page.
struct Way {
    method: &'static str,
    /// Whether the payer is asked on a page, and not on a phone.
    is_page: bool,
    /// Pays, and is told of twice or more.
    pays: &'static str,
    /// Says no.
    refuses: &'static str,
    /// Never answers, and never pays.
    is_silent: &'static str,
    /// The record of its provider, and how a request to ask begins there.
    record: &'static str,
    asked: &'static str,
}

const WAYS: [Way; 3] = [
    Way {
        method: "mpesa_prompt",
        is_page: false,
        pays: "0700000007",
        refuses: "0700000003",
        is_silent: "0700000004",
        record: "sandbox-ledger.ndjson",
        asked: "\"kind\":\"stk_prompted\"",
    },
    Way {
        method: "airtel_money",
        is_page: false,
        pays: "0733000007",
        refuses: "0733000003",
        is_silent: "0733000004",
        record: "sandbox-airtel.ndjson",
        asked: "\"kind\":\"asked\"",
    },
    Way {
        method: "card",
        is_page: true,
        pays: "pay",
        refuses: "abandon",
        is_silent: "",
        record: "sandbox-acquirer.ndjson",
        asked: "\"kind\":\"session_wanted\"",
    },
];

impl Way {
    /// Asks this payer, with this idempotency key.
    fn asks(&self, at: &At, bill: &Bill, payer: &str, key: &str) -> Value {
        let mut body = json!({"method": self.method});
        if !self.is_page {
            body["phone"] = payer.into();
        }
        let call = at.agency.post(&format!("/v1/bills/{}/attempts", bill.id), &body);
        let attempt = call.idempotency_key(key).send().expect(202).json();
        let page = attempt["redirect_url"].as_str();
        if let Some(page) = page.filter(|_| !payer.is_empty()) {
            at.acquirer.payer_presses(page, payer);
        }
        attempt
    }

    fn attempt(&self, at: &At, bill: &Bill, payer: &str) -> String {
        self.asks(at, bill, payer, &fresh_key())["id"].as_str().unwrap().to_owned()
    }

    /// How often its provider was asked to ask.
    fn times_asked(&self, sandbox: &Sandbox) -> usize {
        let record = sandbox.ledger().with_file_name(self.record);
        std::fs::read_to_string(record).unwrap_or_default().matches(self.asked).count()
    }
}

/// Who makes the bills, and where payers are asked who are asked on a page.
struct At {
    agency: Agency,
    acquirer: Acquirer,
}

impl At {
    /// That of this gateway.
    fn of(gateway: &Gateway, sandbox: &Sandbox) -> Self {
        Self { agency: gateway.agency("kws"), acquirer: Acquirer::of(sandbox, gateway) }
    }

    fn bills(&self) -> Bill {
        self.agency.bills(&Order::hells_gate(1))
    }
}

/// Every way is offered: the paybill does not work.
fn offering_all(gateway: &Gateway, sandbox: &Sandbox) -> At {
    sandbox.knows(gateway);
    Airtel::of(sandbox, gateway);
    gateway.operator_says("mpesa_paybill", "start");
    let at = At::of(gateway, sandbox);
    at.acquirer.breaks(&json!({"webhooks_twice": true}));
    at
}

/// The ways that the API knows are those of these stories.
#[test]
fn no_way_that_asks_is_left_out() {
    let gateway = Gateway::demo().start();
    let document = get(format!("{}/openapi.json", gateway.public())).send().expect(200).json();
    let methods = &document["components"]["schemas"]["AttemptRequest"]["properties"]["method"]["enum"];
    let known: BTreeSet<_> = methods.as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(known, WAYS.iter().map(|way| way.method).collect());
}

#[test]
fn one_wish_asks_once_and_its_money_is_booked_once_however_often_it_is_told() {
    let gateway = Gateway::demo().start();
    let at = offering_all(&gateway, &gateway.sandbox());
    for way in &WAYS {
        let bill = at.bills();
        let key = fresh_key();
        let first = way.asks(&at, &bill, way.pays, &key);
        let again = way.asks(&at, &bill, way.pays, &key);
        assert_eq!(first["id"], again["id"], "{}", way.method);
        at.agency.sees_attempt(first["id"].as_str().unwrap(), "succeeded");
        let seen = at.agency.sees(&bill, "paid");
        assert_eq!(seen["payments"].as_array().unwrap().len(), 1, "{}", way.method);
        assert_eq!(way.asks(&at, &bill, way.pays, &key)["id"], first["id"], "granted before");
        gateway.sandbox().is_quiet();
        assert_eq!(way.times_asked(&gateway.sandbox()), 1, "{}", way.method);
    }
    let books = gateway.books();
    assert_eq!(books.events("payment_received").len(), WAYS.len());
    books.expect_balanced();
}

#[test]
fn a_no_is_safe_and_the_payer_may_be_asked_again() {
    let gateway = Gateway::demo().start();
    let at = offering_all(&gateway, &gateway.sandbox());
    for way in &WAYS {
        let bill = at.bills();
        let id = way.attempt(&at, &bill, way.refuses);
        let ended = eventually("the payer's no is known", || {
            let attempt = at.agency.get(&format!("/v1/attempts/{id}")).expect(200).json();
            Some(attempt).filter(|attempt| attempt["state"]["finished"] == true)
        });
        assert_eq!(ended["state"]["money_moved"], "no", "{}: {ended}", way.method);
        assert_eq!(at.agency.looks_at(&bill)["status"], "unpaid");
        way.attempt(&at, &bill, way.is_silent);
        assert_eq!(way.times_asked(&gateway.sandbox()), 2);
    }
    assert!(gateway.books().events("payment_received").is_empty());
}

#[test]
fn whoever_is_killed_while_a_payer_is_asked_asks_nobody_again_and_says_so_while_it_does_not_know() {
    for way in &WAYS {
        let sandbox = Sandbox::start();
        let mut gateway = Gateway::demo().beside(&sandbox).speed(20).start();
        let at = offering_all(&gateway, &sandbox);
        let bill = at.bills();
        let id = way.attempt(&at, &bill, way.is_silent);
        gateway.kill();
        gateway.start_again();
        let at = At::of(&gateway, &sandbox);
        let attempt = at.agency.get(&format!("/v1/attempts/{id}")).expect(200).json();
        assert_ne!(attempt["state"]["money_moved"], "yes", "{}: {attempt}", way.method);
        // The provider knows, and is asked; what it says is believed, and nothing else.
        at.acquirer.breaks(&json!({"sessions_run_out": true}));
        at.agency.sees_attempt(&id, "expired");
        assert_eq!(way.times_asked(&sandbox), 1, "{}", way.method);
        assert!(gateway.books().events("payment_received").is_empty());
    }
}

#[test]
fn asking_whether_a_provider_is_there_asks_no_payer_and_leaves_no_trace_of_one() {
    let gateway = Gateway::demo().speed(40).start();
    let at = offering_all(&gateway, &gateway.sandbox());
    let mut personal = Vec::new();
    for way in &WAYS {
        let probes =
            format!("malipo_channel_probes_total{{channel=\"{}\",outcome=\"answered\"}}", way.method);
        eventually("the provider was asked whether it is there", || {
            (gateway.metric(&probes) > 0).then_some(())
        });
        assert_eq!(way.times_asked(&gateway.sandbox()), 0, "{}", way.method);
        let attempt = way.asks(&at, &at.bills(), way.pays, &fresh_key());
        at.agency.sees_attempt(attempt["id"].as_str().unwrap(), "succeeded");
        let session = attempt["redirect_url"].as_str().and_then(|page| page.rsplit('/').next());
        personal.push(session.unwrap_or(&way.pays[1..]).to_owned());
    }
    assert_eq!(gateway.books().events("payment_received").len(), WAYS.len());
    let metrics = get(format!("{}/metrics", gateway.admin())).send().expect(200).text();
    for (way, of_payer) in WAYS.iter().zip(&personal) {
        assert!(!gateway.log().contains(of_payer) && !metrics.contains(of_payer), "{}", way.method);
    }
}
