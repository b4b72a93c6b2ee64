//! One thing beside payments is off while payers pay: the views, the webhooks, the text messages, an agency's own system, the
//! file of the catalogue; or all at once. Each costs only itself: every payment is acknowledged and booked, everything else
//! works, and what was off is made up for: each payer pays all of a bill of their own, is sent a receipt, and the agency is told
//! of both; in the end all of that is looked for. `tests/long off` says what it costs in time.

mod all;
mod beside;
mod views;
mod whole;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use self::whole::{Whole, acknowledged, note_own};
use crate::harness::{Agency, Carriers, Gateway, Load, NoticeTally, Order, Page, Payment, get};

/// Payments a second, and seconds for which something is off, unless the environment says otherwise.
const RATE: u32 = 30;
const SECONDS: u32 = 2;
/// What is usual is known after so many seconds.
const USUAL_SECONDS_MAX: u32 = 120;
/// The phones of payers, national numbers without their zero: those of each part begin so far from those before.
const FIRST_PHONE: u64 = 710_000_000;
const PHONES_OF_A_PART: u64 = 1_000_000;

/// A gateway at which payers pay, part by part.
struct Payers<'a> {
    gateway: &'a Gateway,
    kws: Agency,
    /// Whom the agency has named to be told of everything.
    told: Arc<NoticeTally>,
    carriers: Carriers,
    /// What each part noted.
    logs: Vec<PathBuf>,
    /// What p99 was in each part, in microseconds; of payments too few for one, their middle.
    p99: Vec<u64>,
    /// Whether they were enough.
    is_p99: bool,
}

impl<'a> Payers<'a> {
    fn of(gateway: &'a Gateway) -> Self {
        let (kws, told) = (gateway.agency("kws"), Arc::new(NoticeTally::start()));
        kws.post("/v1/webhook_endpoints", &json!({"url": told.url()})).send().expect(201);
        let carriers = gateway.carriers();
        Self { gateway, kws, told, carriers, logs: Vec::new(), p99: Vec::new(), is_p99: true }
    }

    /// Whom the agency has named to be told of everything.
    fn told(&self) -> Arc<NoticeTally> {
        Arc::clone(&self.told)
    }

    /// They pay for so many seconds while something happens. Each payment is acknowledged.
    fn pay(&mut self, seconds: u32, meanwhile: impl FnOnce()) {
        let part = self.p99.len();
        let log = self.gateway.folder().join(format!("load-{part}.ndjson"));
        let first_phone = FIRST_PHONE + PHONES_OF_A_PART * part as u64;
        let rate = number("E2E_OFF_RATE", RATE);
        let duration = Duration::from_secs(seconds.into());
        let load = Load::of_fresh_bills(self.gateway, &self.kws.key, first_phone, &log, rate, duration);
        let report = load.run(meanwhile);
        let figures = serde_json::to_value(&report).unwrap();
        assert_eq!(figures["wrong"], 0, "{report}");
        assert_eq!(figures["money"]["difference_minor"], 0, "{report}");
        self.logs.push(log);
        let percentiles = &figures["routes"]["confirm"]["latency"]["percentiles"];
        // Few payments have no p99 that means anything.
        self.is_p99 &= percentiles["p99"].is_u64();
        self.p99.push(percentiles["p99"].as_u64().or(percentiles["p50"].as_u64()).unwrap_or(0));
    }

    /// Usual, off, and on again; in the end nothing of what was acknowledged is lost, and nothing else is booked but what the
    /// story itself paid.
    fn while_off(mut self, name: &str, off: impl FnOnce(), on: impl FnOnce(), own: &[Payment]) {
        let seconds = number("E2E_OFF_SECONDS", SECONDS);
        let usual = seconds.min(USUAL_SECONDS_MAX);
        self.pay(usual, || ());
        off();
        let (gateway, kws) = (self.gateway, self.kws.clone());
        self.pay(seconds, || everything_else_works(gateway, &kws));
        on();
        self.pay(usual, || ());
        let fresh = acknowledged(&self.logs);
        let own_log = self.gateway.folder().join("load-own.ndjson");
        note_own(&own_log, own);
        self.logs.push(own_log);
        let whole =
            Whole { gateway, kws: &kws, told: &self.told, carriers: &self.carriers, logs: self.logs, fresh };
        eprintln!("{name}: whole are {}", whole.is_there());
        let [usual, off, after] = self.p99[..] else { panic!("three parts") };
        let hundredths = off * 100 / usual.max(1);
        let figure = if self.is_p99 { "p99" } else { "p50 (too few for a p99)" };
        eprintln!(
            "{name}: {figure} usual {usual} us, off {off} us, {}.{:02} times its usual; on again {after} us",
            hundredths / 100,
            hundredths % 100
        );
    }
}

/// What citizens and agencies need while something else is off.
fn everything_else_works(gateway: &Gateway, kws: &Agency) {
    let bill = kws.bills(&Order::hells_gate(1));
    assert_eq!(kws.looks_at(&bill)["status"], "unpaid");
    Page::open(&gateway.public(), &format!("/en/bills/{}", bill.id)).says("Business number: 222222");
    for path in ["/v1/services/kws-hells-gate-entry", "/v1/status", "/v1/collections/summary"] {
        get(format!("{}{path}", gateway.public())).key(&kws.key).send().expect(200);
    }
}

fn number(name: &str, otherwise: u32) -> u32 {
    std::env::var(name)
        .map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}
