//! What must be whole in the end, of every payment that was acknowledged: it is booked once, for its bill; its receipt can be had;
//! lists show the bill as paid; its agency was told of all of it, and its payer once.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};

use crate::harness::{
    Agency, Carriers, Gateway, NoticeTally, Payment, TakenNotice, get, made_up_for, send_all,
};

/// What an agency is told of a bill that was made and paid, each once.
const TOLD: [&str; 3] = ["bill.created", "bill.paid", "payment.succeeded"];

/// Payments that were acknowledged, by the channel's receipt: the number that each was for.
pub(super) type Acknowledged = BTreeMap<String, String>;

/// What a load has noted as acknowledged.
pub(super) fn acknowledged(logs: &[PathBuf]) -> Acknowledged {
    let mut acknowledged = Acknowledged::new();
    for log in logs {
        let file = BufReader::new(File::open(log).expect("a load keeps a log"));
        for line in file.lines() {
            let line: Value = serde_json::from_str(&line.unwrap()).expect("each line is an object");
            if line["kind"] == "ack" && line["acknowledged"] == true {
                let text = |name: &str| line[name].as_str().expect("an answer has it").to_owned();
                acknowledged.insert(text("receipt"), text("account"));
            }
        }
    }
    acknowledged
}

/// A log as a load would keep it, of payments that the story itself made.
pub(super) fn note_own(log: &Path, payments: &[Payment]) {
    let lines = payments.iter().flat_map(|payment| {
        let (shillings, cents) = payment.amount.split_once('.').expect("an amount has two decimals");
        let minor = shillings.parse::<i64>().unwrap() * 100 + cents.parse::<i64>().unwrap();
        ["attempt", "ack"].map(|kind| {
            let line = json!({
                "kind": kind, "at": "2026-11-21T06:14:05Z", "id": payment.receipt, "receipt": payment.receipt,
                "amount_minor": minor, "currency": "KES", "account": payment.account,
                "acknowledged": true, "http_status": 200, "result_code": "0",
            });
            format!("{line}\n")
        })
    });
    std::fs::write(log, lines.collect::<String>()).unwrap();
}

/// Everything that a story holds against what was acknowledged.
pub(super) struct Whole<'a> {
    pub(super) gateway: &'a Gateway,
    pub(super) kws: &'a Agency,
    pub(super) told: &'a NoticeTally,
    pub(super) carriers: &'a Carriers,
    /// Logs of the load, and of what the story itself paid.
    pub(super) logs: Vec<PathBuf>,
    /// Those of the load alone: each pays all of a fresh bill of KWS.
    pub(super) fresh: Acknowledged,
}

impl Whole<'_> {
    /// Nothing was lost. Gives what there was, in words.
    pub(super) fn is_there(&self) -> String {
        let receipts = self.are_booked_once();
        self.have_receipts(&receipts);
        let phones = self.are_listed_as_paid();
        let (notices, repeated) = self.were_told_to_the_agency();
        self.were_told_to_payers_once(&receipts, &phones);
        format!(
            "{} payments with their receipts and texts, {notices} notices ({repeated} came more than once)",
            self.fresh.len()
        )
    }

    /// By the checker that shares no code with us, and by the records: of each channel receipt the number of our own.
    fn are_booked_once(&self) -> HashMap<String, String> {
        let export = self.gateway.export();
        let logs: Vec<_> = self.logs.iter().map(PathBuf::as_path).collect();
        export.checked(&logs, &[]).expect(0);
        let mut receipts = HashMap::new();
        for record in export.records() {
            let event = &record["event"];
            let Some(number) = event["receipt"]["number"].as_str() else { continue };
            let Some(bill) = self.fresh.get(number).filter(|_| event["event"] == "payment_received") else {
                continue;
            };
            let placement = &event["placement"];
            let bill: u64 = bill.parse().expect("a payment number has digits");
            assert_eq!(placement["bill"], bill, "{record}");
            assert_eq!(placement["share"], "completed", "{record}");
            let ours = placement["receipt"].as_str().expect("a payment has a receipt").to_owned();
            assert_eq!(receipts.insert(number.to_owned(), ours), None, "{number} is booked twice");
        }
        let missing = self.fresh.keys().find(|number| !receipts.contains_key(*number));
        assert_eq!(missing, None, "it was acknowledged and is not booked");
        receipts
    }

    fn have_receipts(&self, receipts: &HashMap<String, String>) {
        let public = self.gateway.public();
        let calls = receipts
            .iter()
            .map(|(number, ours)| (number.clone(), get(format!("{public}/v1/receipts/{ours}"))));
        send_all(calls, |number, answer| {
            let text = answer.expect(200).text();
            assert!(text.contains(&number), "{number} is not in its receipt: {text}");
        });
    }

    /// In the lists, which are made from the views. Gives the phone of each bill.
    fn are_listed_as_paid(&self) -> HashMap<String, String> {
        made_up_for("the views have everything", || {
            self.gateway.metric("malipo_views_lag_records").try_into().unwrap()
        });
        let mut listed = HashMap::new();
        let mut next = Some(String::new());
        while let Some(cursor) = next {
            let page = self.kws.get(&format!("/v1/bills?limit=500{cursor}")).expect(200).json();
            for bill in page["data"].as_array().expect("a page has bills") {
                let phone = bill["agency_reference"].as_str().unwrap_or_default().to_owned();
                let number = bill["payment_number"].as_str().expect("a bill has a number").to_owned();
                let is_paid = bill["status"] == "paid" && bill["collected"] == bill["amount"];
                let is_new = listed.insert(number, (is_paid, phone)).is_none();
                assert!(is_new, "it is listed twice: {bill}");
            }
            next = page["next_cursor"].as_str().map(|cursor| format!("&cursor={cursor}"));
        }
        let paid = self.fresh.values().map(|number| match listed.remove(number) {
            Some((true, phone)) => (number.clone(), phone),
            Some((false, _)) => panic!("{number} is paid and not listed as paid"),
            None => panic!("{number} is paid and not listed"),
        });
        paid.collect()
    }

    /// Of each bill that it was made and paid, and of each payment, under one identifier each; and of everything that the feed has.
    /// Gives how many there were and how many of them came more than once.
    fn were_told_to_the_agency(&self) -> (usize, usize) {
        let promised = self.feed();
        made_up_for("the agency is told of everything", || {
            // What is told of twice is told of all the same; only in the end it is looked which they are.
            promised.len().saturating_sub(self.told.count())
        });
        let taken = self.told.taken();
        let of_one = |notice: &TakenNotice| (notice.kind.clone(), notice.number.clone());
        let mut kinds: HashMap<(String, String), u32> = HashMap::new();
        for (id, notice) in &promised {
            let heard =
                taken.get(id).unwrap_or_else(|| panic!("{id} is in the feed and was never told: {notice:?}"));
            assert_eq!(of_one(heard), of_one(notice), "{id}");
            *kinds.entry(of_one(notice)).or_default() += 1;
        }
        let strange = taken.iter().find(|(id, _)| !promised.contains_key(*id));
        assert_eq!(strange, None, "it was told, and is not in the feed");
        for number in self.fresh.values() {
            for kind in TOLD {
                let times = kinds.get(&(kind.to_owned(), number.clone()));
                assert_eq!(times, Some(&1), "{number}: {kind}");
            }
        }
        (taken.len(), taken.values().filter(|notice| notice.times > 1).count())
    }

    /// Everything that the agency is to be told, by identifier.
    fn feed(&self) -> HashMap<String, TakenNotice> {
        let mut feed = HashMap::new();
        let mut cursor = String::new();
        loop {
            let page = self.kws.get(&format!("/v1/events?limit=500{cursor}")).expect(200).json();
            for event in page["data"].as_array().expect("a page has events") {
                let id = event["id"].as_str().expect("an event has an identifier").to_owned();
                assert_eq!(feed.insert(id, TakenNotice::of(event)), None, "the feed gives it twice: {event}");
            }
            if page["has_more"] == false {
                return feed;
            }
            cursor = format!("&cursor={}", page["next_cursor"].as_str().expect("a page has a cursor"));
        }
    }

    /// Each payer was sent the receipt, to their own phone, and once.
    fn were_told_to_payers_once(&self, receipts: &HashMap<String, String>, phones: &HashMap<String, String>) {
        let ours = |receipt: &str| receipt.replace('-', "");
        let phone_of = self.fresh.iter().map(|(number, bill)| {
            let phone = format!("254{}", phones[bill]);
            (ours(&receipts[number]), hex_of(digest(&SHA256, phone.as_bytes()).as_ref()))
        });
        let mut missing: HashMap<String, String> = phone_of.collect();
        let mut sent: HashMap<String, String> = HashMap::new();
        let mut record = BufReader::new(File::open(self.carriers.record()).expect("carriers keep a record"));
        let mut line = String::new();
        made_up_for("every payer is told", || {
            // Half a line is read on when the rest of it is there.
            while record.read_line(&mut line).unwrap() > 0 && line.ends_with('\n') {
                let said: Value = serde_json::from_str(&std::mem::take(&mut line)).unwrap();
                let text = said["text"].as_str().filter(|_| said["kind"] == "taken").unwrap_or_default();
                let Some((_, after)) = text.split_once(" Receipt ") else { continue };
                let receipt = ours(after.split('.').next().unwrap());
                let phone = said["msisdn_sha256"].as_str().expect("a text goes to a phone").to_owned();
                if let Some(wanted) = missing.remove(&receipt) {
                    assert_eq!(phone, wanted, "somebody else was sent {receipt}");
                    sent.insert(receipt, phone);
                } else {
                    assert!(!sent.contains_key(&receipt), "{receipt} was sent twice");
                }
            }
            missing.len()
        });
    }
}

fn hex_of(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
