//! A gateway at work: somebody looks services up, somebody searches, somebody pays, all the while that a story goes on.
//! Each of them insists on right answers.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::Scope;
use std::time::Duration;

use serde_json::Value;

use super::agency::{Agency, Order};
use super::gateway::Gateway;
use super::http::{Answer, get};
use super::safaricom::Payment;

/// The load is light: it is there to notice, not to wear down.
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);
const BETWEEN_PAYMENTS: Duration = Duration::from_millis(50);

/// What goes on beside a story, until it ends.
#[derive(Default)]
pub(crate) struct Work {
    ends: AtomicBool,
    looked_up: AtomicUsize,
    searched: AtomicUsize,
    receipts: Mutex<Vec<String>>,
    seen: Mutex<BTreeMap<u64, Seen>>,
    prices: Mutex<BTreeMap<u64, String>>,
}

/// What was ever answered under one number of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    hash: String,
    tag: String,
    body: Vec<u8>,
}

/// Ends the work, also where the story fails.
pub(crate) struct EndOfWork<'a>(&'a Work);

impl Drop for EndOfWork<'_> {
    fn drop(&mut self) {
        self.0.ends.store(true, Ordering::Relaxed);
    }
}

impl Work {
    /// Begins looking Hell's Gate up, searching for it, and paying for it.
    pub(crate) fn begins<'scope, 'env>(
        &'env self,
        scope: &'scope Scope<'scope, 'env>,
        gateway: &'env Gateway,
        kws: &'env Agency,
    ) -> EndOfWork<'env> {
        scope.spawn(|| self.goes_on(BETWEEN_LOOKS, || self.looks_up(&gateway.public())));
        scope.spawn(|| self.goes_on(BETWEEN_LOOKS, || self.searches(&gateway.public())));
        scope.spawn(|| self.goes_on(BETWEEN_PAYMENTS, || self.pays(gateway, kws)));
        EndOfWork(self)
    }

    fn goes_on(&self, pause: Duration, act: impl Fn()) {
        while !self.ends.load(Ordering::Relaxed) {
            act();
            std::thread::sleep(pause);
        }
    }

    fn looks_up(&self, public: &str) {
        let url = format!("{public}/v1/services/kws-hells-gate-entry");
        let answer = get(&url).send().expect(200);
        self.expect_of_one_catalogue(&answer);
        let known = get(&url).header("if-none-match", answer.header("etag").expect("a validator")).send();
        // Another catalogue may have come into force since.
        assert!([200, 304].contains(&known.status), "{}", known.text());
        self.looked_up.fetch_add(1, Ordering::Relaxed);
    }

    /// A number of the catalogue has one hash, one body and one validator, whoever asks and whenever.
    fn expect_of_one_catalogue(&self, answer: &Answer) {
        let body = answer.json();
        let number = body["catalogue"]["number"].as_u64().expect("an answer names its catalogue");
        let seen = Seen {
            hash: body["catalogue"]["hash"].as_str().expect("by its hash").to_owned(),
            tag: answer.header("etag").expect("a validator").to_owned(),
            body: answer.body.to_vec(),
        };
        let mut all = self.seen.lock().expect("nobody panicked");
        let first = all.entry(number).or_insert_with(|| seen.clone());
        assert_eq!(*first, seen, "two answers of catalogue {number}");
    }

    fn searches(&self, public: &str) {
        let found = get(format!("{public}/v1/services?q=hells%20gate&limit=3")).send().expect(200).json();
        assert_eq!(found["data"][0]["slug"], "kws-hells-gate-entry", "{found}");
        self.searched.fetch_add(1, Ordering::Relaxed);
    }

    fn pays(&self, gateway: &Gateway, kws: &Agency) {
        let bill = kws.bills(&Order::hells_gate(1));
        let number = bill.json["catalogue"]["number"].as_u64().expect("a bill names its catalogue");
        let price = self
            .prices
            .lock()
            .expect("nobody panicked")
            .entry(number)
            .or_insert_with(|| bill.amount())
            .clone();
        assert_eq!(bill.amount(), price, "two prices of catalogue {number}");
        let payment = Payment::of_bill(&bill);
        gateway.safaricom().confirms(&payment).expect_success();
        let paid = kws.sees(&bill, "paid");
        assert_eq!(paid["catalogue"], bill.json["catalogue"], "a bill keeps the catalogue that priced it");
        self.receipts.lock().expect("nobody panicked").push(payment.receipt);
    }

    /// The numbers of the catalogues that bills were made by, and what each of them asked for.
    pub(crate) fn prices_seen(&self) -> BTreeMap<u64, String> {
        self.prices.lock().expect("nobody panicked").clone()
    }

    /// The numbers of the catalogues that were seen, and the version of the newest fee of each.
    pub(crate) fn fees_seen(&self) -> BTreeMap<u64, String> {
        let all = self.seen.lock().expect("nobody panicked");
        let fee = |seen: &Seen| {
            let body: Value = serde_json::from_slice(&seen.body).expect("it was read before");
            let fees = body["fees"].as_array().expect("it has fees").clone();
            fees.last().expect("at least one")["version"].as_str().expect("a name").to_owned()
        };
        all.iter().map(|(number, seen)| (*number, fee(seen))).collect()
    }

    /// Everybody had something to do, nobody was answered with a failure of ours, and what was paid is booked once.
    #[track_caller]
    pub(crate) fn expect_all_well(&self, gateway: &Gateway) {
        let receipts = self.receipts.lock().expect("nobody panicked");
        let done = [&self.looked_up, &self.searched].map(|count| count.load(Ordering::Relaxed));
        assert!(done.iter().all(|count| *count > 0) && !receipts.is_empty(), "{done:?}");
        let books = gateway.books();
        books.expect_balanced();
        for receipt in &*receipts {
            books.booking(receipt);
        }
        let log = gateway.log();
        assert!(!log.contains("panicked"), "{log}");
        let metrics = get(format!("{}/metrics", gateway.admin())).send().expect(200).text();
        let counted = "malipo_http_request_duration_seconds_count{";
        let mut counts = metrics.lines().filter(|line| line.starts_with(counted)).peekable();
        assert!(counts.peek().is_some(), "requests are counted");
        let failed = counts.find(|line| line.contains("code=\"5"));
        assert_eq!(failed, None, "somebody was answered with a failure of ours");
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        write!(
            f,
            "{} look-ups, {} searches, {} bills paid",
            count(&self.looked_up),
            count(&self.searched),
            self.receipts.lock().map_or(0, |receipts| receipts.len())
        )
    }
}
