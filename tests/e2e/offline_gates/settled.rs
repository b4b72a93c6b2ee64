//! Passes that a gate wrote with nobody to ask are brought and paid: early, late, twice, under a slip of the finger, by a tour
//! operator. Each shilling is in the books once, and nothing of a pass waits when all have told.

use std::collections::BTreeSet;

use gateway::gates::batch::{Batch, UsedHere};
use gateway::gates::pass::{Pass, PassLine, Settlement, SignedCard};
use gateway::gates::signed::Moment;
use gateway::receipts::KeySet;
use ledger::{Currency, Money, SigningKey, VerifyingKey};
use serde_json::{Value, json};

use super::views_have_everything;
use crate::harness::{Agency, Answer, Bill, Gateway, Order, Payment, check_books, fresh_key, malipo, run};

const SERVICE: &str = "kws-hells-gate-entry";

/// A device of Hell's Gate whose program is this test.
pub(crate) struct Device {
    pub(crate) id: String,
    key: SigningKey,
    api: Agency,
    made: u64,
    batches: u64,
    numbers: Vec<u64>,
    card: String,
    pub(crate) now: Moment,
}

impl Device {
    pub(crate) fn enrol(gateway: &Gateway, gate: &str) -> Self {
        let (key, _) = SigningKey::generate("hells-gate/device").unwrap();
        let wish = json!({"gate": gate, "key": key.verifying_key().to_string()});
        let certified = gateway.agency("kws").post("/v1/gates/hells-gate/devices", &wish).send().expect(201);
        let text = |name: &str| certified.json()[name].as_str().unwrap().to_owned();
        let api = Agency::new(gateway.public(), text("api_key"));
        let mut device = Self {
            id: text("device"),
            key,
            api,
            made: 0,
            batches: 0,
            numbers: Vec::new(),
            card: text("card"),
            now: now_of(&gateway.agency("kws")),
        };
        device.numbers = device.kept();
        device
    }

    /// The numbers that are kept for it, as the gateway signs them.
    fn kept(&self) -> Vec<u64> {
        let note = self.api.post("/v1/gates/hells-gate/numbers", &json!({})).send().expect(200).text();
        let (title, content) = note.split_once('\n').unwrap();
        assert_eq!(title, "malipo gate numbers");
        let content: Value = serde_json::from_str(content.lines().next().unwrap()).unwrap();
        assert_eq!(content["device"], self.id.as_str());
        content["numbers"].as_array().unwrap().iter().map(|number| number.as_u64().unwrap()).collect()
    }

    /// A pass for one citizen, under the next number.
    pub(crate) fn writes(&mut self, price_minor: i64, settlement: Settlement) -> Pass {
        self.made += 1;
        let number = usize::try_from(self.made).unwrap();
        Pass {
            device: self.id.clone(),
            number: self.made,
            bill: format!("{:012}", self.numbers[number]).parse().unwrap(),
            issued_at: self.now,
            valid_until: Moment(self.now.0 + 86_400_000_000),
            service: SERVICE.to_owned(),
            lines: vec![PassLine { item: "east_african_citizen.adult".to_owned(), quantity: 1 }],
            price: Money::new(price_minor, Currency::Kes),
            settlement,
            catalogue: 1,
        }
    }

    /// The signed text of its next batch.
    pub(crate) fn batch(&mut self, passes: &[Pass]) -> String {
        self.batch_with(Vec::new(), passes)
    }

    /// The same, which tells of bills too that it let somebody in for.
    pub(crate) fn batch_with(&mut self, uses: Vec<UsedHere>, passes: &[Pass]) -> String {
        self.batches += 1;
        let batch = Batch {
            version: 1,
            device: self.id.clone(),
            site: "hells-gate".to_owned(),
            number: self.batches,
            made_at: self.now,
            uses,
            passes: passes.to_vec(),
        };
        batch.sign(&self.key)
    }

    pub(crate) fn brings(&self, batch: &str) -> Answer {
        self.api.post("/v1/gates/hells-gate/batches", &json!({"batch": batch})).send()
    }

    fn signed_card(&self) -> SignedCard {
        serde_json::from_value(self.card.clone().into()).unwrap()
    }

    /// What the gateway says to the code of a pass.
    fn shows(&self, kws: &Agency, pass: &Pass) -> Value {
        let code = pass.sign(&self.key, &self.signed_card());
        kws.post("/v1/lookups", &json!({"q": code})).send().expect(200).json()
    }

    fn claims(&self, pass: &Pass, code: &str) -> Answer {
        let path = format!("/v1/gates/passes/{}/claims", pass.bill);
        self.api.post(&path, &json!({"channel_receipt": code})).send()
    }
}

/// By the gateway's clock, which is the only one here.
fn now_of(agency: &Agency) -> Moment {
    let as_of = agency.get("/v1/gates").expect(200).json()["as_of"].as_str().unwrap().to_owned();
    Moment(as_of.parse::<jiff::Timestamp>().unwrap().as_microsecond())
}

pub(crate) fn outcomes(answer: &Answer) -> Vec<String> {
    let text = |pass: &Value| pass["outcome"].as_str().unwrap().to_owned();
    answer.json()["passes"].as_array().unwrap().iter().map(text).collect()
}

#[track_caller]
pub(crate) fn bill_of(kws: &Agency, pass: &Pass) -> Bill {
    Bill::read(kws.get(&format!("/v1/bills?payment_number={}", pass.bill)).expect(200).json())
}

#[track_caller]
pub(crate) fn pays(gateway: &Gateway, pass: &Pass, amount: &str) -> Payment {
    let payment = Payment::of(amount, &pass.bill.to_string());
    assert_eq!(gateway.safaricom().asks_about(&payment).result_code(), "0", "any amount may be right");
    gateway.safaricom().confirms(&payment).expect_success();
    payment
}

/// What one citizen pays, in shillings with two decimals and in cents.
pub(crate) fn price(kws: &Agency) -> (String, i64) {
    let bill = kws.bills(&Order::hells_gate(1));
    kws.cancels(&bill);
    (bill.amount(), bill.json["amount"]["amount"].as_i64().unwrap())
}

fn suspense(kws: &Agency) -> Vec<Value> {
    kws.get("/v1/suspense").expect(200).json()["data"].as_array().unwrap().clone()
}

#[test]
fn money_before_and_after_the_batch_is_posted_once_and_nothing_waits_in_the_end() {
    let mut gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let (amount, minor) = price(&kws);
    let mut device = Device::enrol(&gateway, "Elsa Gate");
    assert_eq!(device.numbers.len(), 300);
    assert_eq!(device.kept(), device.numbers, "asking again changes nothing");
    let keys: KeySet = serde_json::from_slice(&std::fs::read(gateway.public_keys()).unwrap()).unwrap();
    let keys: Vec<_> = keys.receipt_keys.iter().map(|key| VerifyingKey::parse(key).unwrap()).collect();
    let card = SignedCard::open(&device.card, &keys).unwrap();
    assert_eq!((card.device, card.gate), (device.id.clone(), "Elsa Gate".to_owned()));

    let [early, late, twice, dear, unknown] =
        [minor, minor, minor, minor + 10_000, minor].map(|asked| device.writes(asked, Settlement::Later));
    // A gate makes no prices: a catalogue that never was binds nobody, and what no catalogue has is no bill.
    let unknown = Pass { catalogue: 4_071, price: Money::new(100, Currency::Kes), ..unknown };
    let unsold = Pass { service: "kws-moon-entry".into(), ..device.writes(100, Settlement::Later) };
    let paid_early = pays(&gateway, &early, &amount);
    gateway.safaricom().confirms(&paid_early).expect_success();
    let paid_twice = [pays(&gateway, &twice, &amount), pays(&gateway, &twice, &amount)];
    views_have_everything(&gateway);
    let waiting = suspense(&kws);
    assert_eq!(waiting.len(), 3);
    assert!(waiting.iter().all(|row| row["reason"] == "provisional_pass" && row["agency"] == "KWS"));
    assert!(suspense(&gateway.agency("kra")).is_empty());

    let first = device.batch(&[early.clone(), late.clone(), twice.clone(), dear.clone()]);
    let second = device.batch(&[unknown.clone(), unsold.clone(), early.clone()]);
    assert_eq!(device.brings(&second).expect(409).problem(), "conflict", "the first comes first");
    let told = device.brings(&first).expect(201);
    assert_eq!(outcomes(&told), ["issued", "issued", "issued", "price_differs"]);
    assert_eq!(told.json()["passes"][3]["gazetted"]["amount"], minor);
    let made = |gateway: &Gateway| {
        let books = gateway.books();
        ["bill_created", "payment_received", "visit", "gate"].map(|event| books.events(event).len())
    };
    let before = made(&gateway);
    assert_eq!(outcomes(&device.brings(&first).expect(200)), outcomes(&told));
    assert_eq!(made(&gateway), before, "nothing comes of it twice");
    let never = ["not_gazetted", "not_gazetted", "repeated"];
    let named = device.brings(&second).expect(201);
    assert_eq!(outcomes(&named), never);
    let named = named.json();
    let gazetted = |index: usize| &named["passes"][index]["gazetted"]["amount"];
    assert_eq!((gazetted(0), gazetted(1)), (&json!(minor), &Value::Null));
    gateway.kill();
    gateway.start_again();
    assert_eq!(outcomes(&device.brings(&second).expect(200)), never);
    assert_eq!(bill_of(&kws, &unknown).json["amount"]["amount"], minor);
    let unbilled = kws.get(&format!("/v1/bills?payment_number={}", unsold.bill));
    assert_eq!(unbilled.expect(404).problem(), "not_found");

    assert_eq!(bill_of(&kws, &early).json["status"], "paid");
    assert_eq!(bill_of(&kws, &twice).json["status"], "overpaid");
    let open = bill_of(&kws, &late);
    assert_eq!(open.json["status"], "unpaid");
    let by_prompt = kws.prompts(&open, "0700000001").expect(202).json()["id"].as_str().unwrap().to_owned();
    kws.sees_attempt(&by_prompt, "succeeded");
    kws.sees(&open, "paid");
    pays_exactly(&gateway, &kws, &dear);
    gateway.safaricom().confirms(&paid_early).expect_success();

    // Everything that follows a payment follows these.
    let receipt = kws.receipt(&bill_of(&kws, &early));
    let file = gateway.folder().join("receipt.json");
    std::fs::write(&file, &receipt).unwrap();
    run(malipo(["verify"]).arg(&file).arg("--keys").arg(gateway.public_keys())).expect(0);
    let looked_up = kws.post("/v1/lookups", &json!({"q": paid_early.receipt})).send().expect(200).json();
    assert_eq!(looked_up["bill"]["payment_number"], early.bill.to_string());
    let feed = kws.get("/v1/events?limit=500").expect(200).json();
    let told_of = |kind: &str, number: &str| {
        let events = feed["data"].as_array().unwrap().iter();
        events.filter(|event| event["type"] == kind && event.to_string().contains(number)).count()
    };
    assert_eq!(told_of("payment.succeeded", &paid_early.receipt), 1, "{feed}");
    views_have_everything(&gateway);
    assert!(suspense(&kws).is_empty());
    let passes = |state: &str| {
        kws.get(&format!("/v1/gates/passes?state={state}")).expect(200).json()["data"]
            .as_array()
            .unwrap()
            .len()
    };
    assert_eq!((passes("all"), passes("paid"), passes("unpaid")), (7, 4, 1));

    let books = gateway.books();
    books.expect_balanced();
    assert_eq!(books.balance("2100.suspense"), 0);
    let revenue = books.balance(&format!("2000.kws.{SERVICE}"));
    assert_eq!(revenue.abs(), 4 * minor, "each once");
    assert_eq!(books.balance("2110.duplicate-refundable").abs(), minor, "{paid_twice:?}");
    assert_eq!(books.events("visit").len(), 5, "whoever has a bill is inside");
    check_books(&books, &[], &[]).expect(0);
}

/// Pays a bill of a pass at what it asks for.
fn pays_exactly(gateway: &Gateway, kws: &Agency, pass: &Pass) {
    let bill = bill_of(kws, pass);
    gateway.safaricom().confirms(&Payment::of_bill(&bill)).expect_success();
    kws.sees(&bill, "paid");
}

#[test]
fn money_under_a_slip_is_found_by_its_code_and_an_operator_pays_for_many() {
    let gateway = Gateway::demo().start();
    let (kws, kra) = (gateway.agency("kws"), gateway.agency("kra"));
    let (amount, minor) = price(&kws);
    let named = |name: &str, key: &str| {
        kws.post("/v1/gates/operators", &json!({"name": name})).idempotency_key(key).send()
    };
    let key = fresh_key();
    let operator = named("Savanna Tours", &key).expect(201).json();
    assert_eq!(named("Savanna Tours", &key).expect(201).json(), operator, "one wish, one operator");
    let code = operator["code"].as_str().unwrap().to_owned();
    assert!(kra.get("/v1/gates/operators").expect(200).json()["data"].as_array().unwrap().is_empty());

    let mut device = Device::enrol(&gateway, "Elsa Gate");
    let at_exit = device.writes(minor, Settlement::Exit);
    let slipped = device.writes(minor, Settlement::Later);
    let of_operator: Vec<_> =
        (0..3).map(|_| device.writes(minor, Settlement::Operator(code.clone()))).collect();
    let mut passes = vec![at_exit.clone(), slipped.clone()];
    passes.extend(of_operator.iter().cloned());
    let batch = device.batch(&passes);
    assert_eq!(outcomes(&device.brings(&batch).expect(201)), ["issued"; 5]);
    // At the exit its code says what is due, and nothing after that.
    let owed = device.shows(&kws, &at_exit);
    assert_eq!((&owed["verdict"], &owed["bill"]["due"]["amount"]), (&json!("already_used"), &json!(minor)));
    pays_exactly(&gateway, &kws, &at_exit);
    assert_eq!(device.shows(&kws, &at_exit)["bill"]["due"]["amount"], 0);
    let altered = Pass { price: Money::new(100, Currency::Kes), ..at_exit.clone() };
    let (other, _) = SigningKey::generate("hells-gate/device").unwrap();
    let forged = kws.post("/v1/lookups", &json!({"q": altered.sign(&other, &device.signed_card())})).send();
    assert_eq!(forged.expect(200).json()["verdict"], "not_genuine");

    // The last digit was taken for another.
    let mut typed = slipped.bill.to_string();
    let last = typed.pop().and_then(|digit| digit.to_digit(10)).unwrap();
    let slip = Payment::of(&amount, &format!("{typed}{}", (last + 1) % 10));
    gateway.safaricom().confirms(&slip).expect_success();
    // This one came to the till of another agency, under nothing that says whose it is.
    let elsewhere = Payment::of(&amount, "VISIT").at("572572");
    gateway.safaricom().confirms(&elsewhere).expect_success();
    views_have_everything(&gateway);
    assert_eq!(device.claims(&slipped, &elsewhere.receipt).expect(409).problem(), "conflict");
    let refused = device.claims(&at_exit, &slip.receipt).expect(409);
    assert_eq!(refused.problem(), "bill_not_open", "it is paid");
    assert_eq!(device.claims(&slipped, "TKE9999999").expect(409).problem(), "conflict");
    let claimed = device.claims(&slipped, &slip.receipt.to_lowercase()).expect(200).json();
    assert_eq!((&claimed["status"], &claimed["due"]["amount"]), (&json!("paid"), &json!(0)));
    assert_eq!(device.claims(&slipped, &slip.receipt).expect(200).json(), claimed);
    assert!(!claimed.to_string().contains("ASHA") && !claimed.to_string().contains("712345678"));
    assert_eq!(device.claims(&of_operator[0], &slip.receipt).expect(409).problem(), "conflict");

    // One of the operator's visitors pays meanwhile.
    pays_exactly(&gateway, &kws, &of_operator[0]);
    let invoice = |agency: &Agency, key: &str| {
        agency.post(&format!("/v1/gates/operators/{code}/invoice"), &json!({})).idempotency_key(key).send()
    };
    assert_eq!(invoice(&kra, &fresh_key()).expect(404).problem(), "not_found");
    let key = fresh_key();
    let made = invoice(&kws, &key).expect(201).json();
    assert_eq!(invoice(&kws, &key).expect(201).json(), made, "one wish, one bill");
    assert_eq!(invoice(&kws, &fresh_key()).expect(409).problem(), "conflict", "each pass is on one invoice");
    let on_it: BTreeSet<_> = made["passes"].as_array().unwrap().iter().map(ToString::to_string).collect();
    let expected = of_operator[1..].iter().map(|pass| format!("\"{}\"", pass.bill)).collect();
    assert_eq!((on_it, &made["amount"]["amount"]), (expected, &json!(2 * minor)));
    let bill = Bill::read(kws.get(&format!("/v1/bills/{}", made["id"].as_str().unwrap())).expect(200).json());
    gateway.safaricom().confirms(&Payment::of_bill(&bill)).expect_success();
    // And one who did not know pays after that: it is given back.
    gateway.safaricom().confirms(&Payment::of(&amount, &of_operator[1].bill.to_string())).expect_success();

    views_have_everything(&gateway);
    let listed = kws.get("/v1/gates/passes?state=paid").expect(200).json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 5);
    let invoiced = listed["data"].as_array().unwrap().iter().filter(|pass| pass["state"] == "invoiced");
    assert!(invoiced.clone().all(|pass| pass["invoice_state"] == "paid"));
    assert_eq!(invoiced.count(), 2);
    assert!(kra.get("/v1/gates/passes").expect(200).json()["data"].as_array().unwrap().is_empty());
    let books = gateway.books();
    books.expect_balanced();
    assert_eq!(books.balance("2100.suspense").abs(), minor, "what came to the other till is still nobody's");
    assert_eq!(books.balance(&format!("2000.kws.{SERVICE}")).abs(), 5 * minor);
    assert_eq!(books.balance("2140.late").abs(), minor);

    // A device that is trusted no more gets no numbers; what it brings is kept and marked.
    let revoke = format!("/v1/gates/hells-gate/devices/{}/revoke", device.id);
    kws.post(&revoke, &json!({})).send().expect(200);
    let numbers = device.api.post("/v1/gates/hells-gate/numbers", &json!({})).send();
    assert_eq!(numbers.expect(403).problem(), "forbidden");
    assert_eq!(
        kws.post("/v1/gates/hells-gate/numbers", &json!({})).send().expect(403).problem(),
        "forbidden",
        "numbers are kept for devices"
    );
    let afterwards = device.writes(minor, Settlement::Later);
    let batch = device.batch(&[afterwards]);
    let told = device.brings(&batch).expect(201);
    assert_eq!((outcomes(&told), &told.json()["untrusted"]), (vec!["issued".to_owned()], &json!(true)));
}

#[test]
fn a_batch_that_no_device_makes_is_refused_and_the_lists_go_on() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let (_, minor) = price(&kws);
    let mut device = Device::enrol(&gateway, "Elsa Gate");
    let good = device.writes(minor, Settlement::Later);
    let beyond = Pass { number: u64::MAX, ..good.clone() };
    let many: Vec<_> = (0..9).map(|_| device.writes(minor, Settlement::Later)).collect();
    for wrong in [&[beyond][..], &many] {
        let batch = device.batch(wrong);
        device.batches -= 1;
        assert_eq!(device.brings(&batch).expect(422).problem(), "validation_failed");
    }
    let batch = device.batch(&[good]);
    assert_eq!(outcomes(&device.brings(&batch).expect(201)), ["issued"]);
    views_have_everything(&gateway);
    assert_eq!(kws.get("/v1/gates/passes").expect(200).json()["data"].as_array().unwrap().len(), 1);
}
