//! Cash at a Huduma counter: a shift with its float, payments that are booked at once and once, a count at the end with a second
//! person where cash lacks, and the way to the bank.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

use super::report::{on_account, outage_of, report};
use crate::harness::{
    Agency, Answer, Bill, Gateway, Order, Page, Payment, fresh_key, get, malipo, post, run,
};

const COUNTER: &str = "huduma-gpo-3";
const TAKINGS: &str = "1000.counter.huduma-gpo-3";
const FLOAT: &str = "1010.counter.huduma-gpo-3";
const SHORT_AND_OVER: &str = "5000.cash-short-and-over.huduma-gpo-3";

/// Somebody with a key, at the counter.
struct AtCounter<'a> {
    gateway: &'a Gateway,
    key: String,
}

fn kes(cents: i64) -> Value {
    json!({"amount": cents, "currency": "KES"})
}

/// Somebody's key, of those who work at this counter alone where they are cashiers.
fn key_of(gateway: &Gateway, role: &str, counter: Option<&str>) -> String {
    let mut command = malipo(["keys", "create", "--role", role, "--agency", "huduma"]);
    if let Some(counter) = counter {
        command.args(["--counter", counter]);
    }
    run(command.arg("--data").arg(gateway.data())).expect(0).stdout.trim().to_owned()
}

impl<'a> AtCounter<'a> {
    fn cashier(gateway: &'a Gateway) -> Self {
        Self { gateway, key: key_of(gateway, "cashier", Some(COUNTER)) }
    }

    fn supervisor(gateway: &'a Gateway) -> Self {
        Self { gateway, key: key_of(gateway, "counter_supervisor", None) }
    }

    fn posts(&self, path: &str, body: &Value) -> Answer {
        self.posts_as(path, body, &fresh_key())
    }

    fn posts_as(&self, path: &str, body: &Value, wish: &str) -> Answer {
        let url = format!("{}/v1/counters/{COUNTER}{path}", self.gateway.public());
        post(url, body).key(&self.key).idempotency_key(wish).send()
    }

    fn opens(&self, float_cents: i64) -> u64 {
        let shift = self.posts("/shifts", &json!({"float": kes(float_cents)})).expect(201).json();
        assert_eq!((&shift["state"], &shift["expected"]["amount"]), (&json!("open"), &json!(float_cents)));
        shift["id"].as_u64().unwrap()
    }

    fn takes(&self, shift: u64, body: &Value) -> Answer {
        self.posts(&format!("/shifts/{shift}/payments"), body)
    }

    fn sees(&self) -> Value {
        let url = format!("{}/v1/counters/{COUNTER}", self.gateway.public());
        get(url).key(&self.key).send().expect(200).json()
    }
}

fn all_of(bill: &Bill) -> Value {
    json!({"payment_number": bill.number})
}

/// Cash that was taken before, against a receipt of a book.
fn on_paper(bill: &Bill, cents: i64, receipt: &str) -> Value {
    json!({"payment_number": bill.number, "amount": kes(cents), "receipt": receipt,
           "taken_at": "2026-11-20T06:30:00Z"})
}

fn bills(kws: &Agency, count: usize) -> Vec<Bill> {
    (0..count).map(|_| kws.bills(&Order::hells_gate(1))).collect()
}

/// Cash goes to the bank: one of the Treasury sends, another says that it arrived.
fn goes_to_the_bank(gateway: &Gateway, cents: i64) {
    let [one, other] = [(), ()].map(|()| gateway.create_key("treasury", None));
    let sends = |cents: i64| {
        let body = json!({"channel": "counter.huduma-gpo-3", "amount": kes(cents)});
        post(format!("{}/v1/sweeps", gateway.public()), &body).key(&one).idempotency_key(&fresh_key()).send()
    };
    assert_eq!(sends(cents + 1).expect(422).problem(), "validation_failed");
    let sweep = sends(cents).expect(201).json();
    let url = format!("{}/v1/sweeps/{}/confirmation", gateway.public(), sweep["id"]);
    let arrives = |key: &str| post(&url, &json!({})).key(key).idempotency_key(&fresh_key()).send();
    arrives(&one).expect(403);
    arrives(&other).expect(200);
}

#[test]
fn a_shift_takes_cash_is_counted_and_its_money_comes_home_to_the_cent() {
    let mut gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    gateway.operator_says("mpesa_paybill", "start");
    let outage = outage_of(&gateway, "mpesa_paybill");
    let all = bills(&kws, 5);
    let shift = {
        let amina = AtCounter::cashier(&gateway);
        let shift = amina.opens(500_000);
        assert_eq!(amina.posts("/shifts", &json!({"float": kes(0)})).expect(409).problem(), "conflict");

        // Three payments: change is computed, and what is due is booked.
        let wish = fresh_key();
        let path = format!("/shifts/{shift}/payments");
        let with_change = json!({"payment_number": all[0].number, "tendered": kes(100_000)});
        let first = amina.posts_as(&path, &with_change, &wish).expect(201).json();
        assert_eq!((&first["amount"], &first["change"]), (&kes(50_000), &kes(50_000)));
        assert_eq!(first["bill"]["status"], "paid");
        let again = amina.posts_as(&path, &with_change, &wish).expect(200);
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!(again.json()["sequence"], first["sequence"]);
        for bill in &all[1..3] {
            let taken = amina.takes(shift, &all_of(bill)).expect(201).json();
            assert_eq!(taken["bill"]["refundable"], false);
        }
        let receipt = kws.looks_at(&all[0])["payments"][0]["receipt_number"].clone();
        assert_eq!(receipt, first["bill"]["receipt_number"]);
        let asked = json!({"receipt": kws.receipt(&all[0])});
        let url = format!("{}/v1/receipts/verify", gateway.public());
        assert_eq!(post(url, &asked).send().expect(200).json()["genuine"], true);

        // Paid online meanwhile: the cash on the counter is given back.
        gateway.safaricom().confirms(&Payment::of_bill(&all[3])).expect_success();
        kws.sees(&all[3], "paid");
        let due = amina.posts("/lookups", &all_of(&all[3])).expect(200).json();
        assert_eq!((&due["can_take"], &due["status"]), (&json!(false), &json!("paid")));
        let booked = || {
            let books = gateway.books();
            ["payment_received", "counter"].map(|event| books.events(event).len())
        };
        let before = booked();
        assert_eq!(amina.takes(shift, &all_of(&all[3])).expect(409).problem(), "already_paid");
        assert_eq!(booked(), before, "nothing was booked");
        shift
    };

    gateway.kill();
    gateway.start_again();
    let amina = AtCounter { gateway: &gateway, key: key_of(&gateway, "cashier", Some(COUNTER)) };
    let open = amina.sees()["open"].clone();
    assert_eq!((&open["id"], &open["payments"], &open["taken"]), (&json!(shift), &json!(3), &kes(150_000)));
    assert_eq!(amina.takes(shift, &all_of(&all[4])).expect(403).problem(), "forbidden", "another's shift");
    assert_eq!(gateway.books().balance(FLOAT), 500_000);

    // A supervisor ends it in the place of who has gone: 5,000 float, 1,500 taken, 50 lack.
    let chebet = AtCounter::supervisor(&gateway);
    let close = format!("/shifts/{shift}/close");
    let count = json!({"denominations": {"1000": 6, "200": 2, "50": 1}});
    assert_eq!(chebet.posts(&close, &json!({})).expect(422).problem(), "validation_failed");
    chebet.posts(&close, &json!({"denominations": {"25": 1}})).expect(422);
    chebet.posts(&close, &json!({"denominations": {"50": 1}, "total": kes(1)})).expect(422);
    let counted = chebet.posts(&close, &count).expect(200).json();
    assert_eq!(counted["state"], "waits_for_approval");
    assert_eq!((&counted["expected"], &counted["cash_up"]["difference"]), (&kes(650_000), &kes(-5_000)));
    assert_eq!(chebet.posts(&close, &count).expect(409).problem(), "conflict");
    let approve = format!("/shifts/{shift}/approve");
    assert_eq!(amina.posts(&approve, &json!({})).expect(403).problem(), "forbidden");
    assert_eq!(chebet.posts(&approve, &json!({})).expect(403).problem(), "forbidden", "who counted");
    assert_eq!(gateway.books().balance(SHORT_AND_OVER), 0);
    let daudi = AtCounter::supervisor(&gateway);
    let agreed = daudi.posts(&approve, &json!({})).expect(200).json();
    assert_eq!((&agreed["state"], agreed["cash_up"]["approved_by"].is_string()), (&json!("closed"), true));
    assert_eq!(amina.takes(shift, &all_of(&all[4])).expect(403).problem(), "forbidden");

    // Typed in later, from the book of receipts: always booked, each once, and what was too much is refundable.
    let next = amina.opens_with(&kes(0), 145_000);
    for no_cash in [1_000_000_000_100, i64::MAX, 50_050, 0] {
        amina.takes(next, &on_paper(&all[3], no_cash, "0017")).expect(422);
    }
    let late = amina.takes(next, &on_paper(&all[3], 50_000, "0017")).expect(201).json();
    assert_eq!((&late["bill"]["refundable"], &late["bill"]["status"]), (&json!(true), &json!("overpaid")));
    let again = amina.takes(next, &on_paper(&all[3], 50_000, "0017")).expect(200).json();
    assert_eq!(again["sequence"], late["sequence"]);
    amina.takes(next, &on_paper(&all[4], 50_000, "0018")).expect(201);
    kws.sees(&all[4], "paid");
    let closed = format!("/shifts/{next}/close");
    let counted = amina.posts(&closed, &json!({"total": kes(245_000)})).expect(200).json();
    assert_eq!((&counted["state"], &counted["cash_up"]["difference"]), (&json!("closed"), &kes(0)));
    assert_eq!(amina.takes(next, &all_of(&all[4])).expect(409).problem(), "conflict", "it is over");

    goes_to_the_bank(&gateway, 245_000);
    let books = gateway.books();
    books.expect_balanced();
    assert_eq!([TAKINGS, FLOAT, SHORT_AND_OVER].map(|account| books.balance(account)), [0, 0, 5_000]);
    assert_eq!(books.balance("2200.counter-floats"), 0);
    assert_eq!(books.balance("2110.duplicate-refundable"), -50_000);
    let treasury = gateway.create_key("treasury", None);
    let after = report(&gateway, &treasury, outage);
    let counter = on_account(&after, COUNTER);
    assert_eq!(counter["channels"], json!(["counter.huduma-gpo-3"]));
    let sums = &counter["sums"][0];
    let of = |name: &str| sums[name]["amount"].as_i64().unwrap();
    assert_eq!(sums["collected"]["amount"], kes(250_000));
    assert_eq!(
        ["short_and_over", "swept", "in_transit", "held", "difference"].map(of),
        [-5_000, 245_000, 0, 0, 0]
    );
    let printed = run(malipo(["outage", "report", &outage.to_string()]).arg("--data").arg(gateway.data()));
    let printed = printed.expect(0).stdout;
    assert!(printed.ends_with("It adds up: every difference is zero.\n"), "{printed}");
    assert_eq!(gateway.metric("malipo_fallback_difference_cents{currency=\"KES\"}"), 0);
}

impl AtCounter<'_> {
    /// A shift at a counter where something lies of earlier ones.
    fn opens_with(&self, float: &Value, carried: i64) -> u64 {
        let shift = self.posts("/shifts", &json!({ "float": float })).expect(201).json();
        assert_eq!(shift["carried"], kes(carried));
        shift["id"].as_u64().unwrap()
    }
}

/// A gateway whose clock shows a coming Wednesday at this hour in Nairobi.
fn on_wednesday_at(hour: i64) -> (tempfile::TempDir, Gateway) {
    let folder = tempfile::tempdir().unwrap();
    let offset = folder.path().join("offset");
    std::fs::write(&offset, "+0").unwrap();
    // It is now when the file was written.
    let now = Timestamp::try_from(std::fs::metadata(&offset).unwrap().modified().unwrap()).unwrap();
    let today = now.to_zoned(TimeZone::fixed(jiff::tz::offset(3)));
    let wednesday = today.nth_weekday(1, Weekday::Wednesday).unwrap().start_of_day().unwrap();
    let then = wednesday.checked_add(hour.hours()).unwrap().timestamp();
    std::fs::write(&offset, format!("+{}", then.as_second() - now.as_second())).unwrap();
    let gateway = Gateway::demo().clock(&offset).start();
    (folder, gateway)
}

/// What a bill says of a way to pay it.
fn way_of(agency: &Agency, bill: &Bill, channel: &str) -> Value {
    let seen = agency.looks_at(bill);
    let ways = seen["instructions"]["ways"].as_array().unwrap();
    ways.iter().find(|way| way["channel"] == channel).cloned().unwrap_or_default()
}

#[test]
fn at_night_nobody_is_sent_to_a_counter_and_other_ways_of_the_plan_take_the_money() {
    let (_folder, gateway) = on_wednesday_at(3);
    let dci = gateway.agency("dci");
    let certificate = dci.bills(&Order::of("police-clearance-certificate", &json!({})));
    AtCounter::cashier(&gateway).opens(0);
    gateway.operator_says("mpesa_paybill", "start");
    gateway.operator_says("mpesa_prompt", "start");
    let counter = way_of(&dci, &certificate, "counter.huduma-gpo-3");
    assert_eq!(counter["payable"], false, "{counter}");
    let reason = counter["reason"]["en"].as_str().unwrap();
    assert!(reason.contains("is closed. It opens on"), "{reason}");
    for open in ["bank.kcb", "airtel_money"] {
        assert_eq!(way_of(&dci, &certificate, open)["payable"], true, "{open}");
    }
}

#[test]
fn a_counter_is_offered_while_the_paybill_is_down_and_is_its_own_peoples_alone() {
    let (_folder, gateway) = on_wednesday_at(10);
    let kws = gateway.agency("kws");
    let bill = kws.bills(&Order::hells_gate(1));
    let kra = gateway.create_key("cashier", Some("kra"));
    let mine = AtCounter::cashier(&gateway);
    let url = format!("{}/v1/counters/{COUNTER}", gateway.public());
    let mut stranger = get(&url).key(&kra).send().expect(404).json();
    let taken = post(format!("{url}/shifts"), &json!({"float": kes(0)})).key(&kra);
    taken.idempotency_key(&fresh_key()).send().expect(404);
    let mut nobodys = get(url.replace("gpo-3", "gpo-9")).key(&mine.key).send().expect(404).json();
    for body in [&mut stranger, &mut nobodys] {
        body.as_object_mut().unwrap().remove("request_id");
    }
    assert_eq!(stranger, nobodys, "somebody else's is told like one that does not exist");
    for role in ["agency_integrator", "agency_viewer", "maker"] {
        let key = gateway.create_key(role, (role != "maker").then_some("huduma"));
        get(&url).key(&key).send().expect(403);
    }
    for role in ["treasury", "auditor", "operator"] {
        get(&url).key(&gateway.create_key(role, None)).send().expect(200);
    }

    // Nobody works there yet: nobody is sent there.
    let dci = gateway.agency("dci");
    let certificate = dci.bills(&Order::of("police-clearance-certificate", &json!({})));
    gateway.operator_says("mpesa_paybill", "start");
    gateway.operator_says("mpesa_prompt", "start");
    let unattended = way_of(&dci, &certificate, "counter.huduma-gpo-3");
    assert_eq!(unattended["payable"], false, "{unattended}");
    let reason = unattended["reason"].to_string();
    assert!(reason.contains("no cashier is there") && reason.contains("hakuna mpokeaji pesa"), "{reason}");

    let status = |language: &str| Page::open(&gateway.public(), &format!("/{language}/status"));
    status("en").says("No cashier is there at the moment");
    status("sw").says("Hakuna mpokeaji pesa kwa sasa");

    let shift = mine.opens(0);
    assert!(!status("en").text().contains("No cashier is there"), "somebody is");
    let path = format!("/shifts/{shift}/payments");
    for (body, problem) in [
        (json!({"payment_number": "407155201832"}), 422),
        (json!({"payment_number": "407155201831"}), 404),
        (json!({"payment_number": bill.number, "amount": kes(50_001)}), 422),
        (json!({"payment_number": bill.number, "amount": kes(40_000)}), 422),
        (json!({"payment_number": bill.number, "tendered": kes(49_900)}), 422),
        (json!({"payment_number": bill.number, "receipt": "x y"}), 422),
        (json!({"payment_number": bill.number, "taken_at": "2026-11-20T06:30:00Z", "receipt": "1"}), 422),
        (
            json!({"payment_number": bill.number, "amount": kes(50_000), "taken_at": "2099-01-01T00:00:00Z", "receipt": "1"}),
            422,
        ),
    ] {
        mine.posts(&path, &body).expect(problem);
    }
    assert_eq!(kws.looks_at(&bill)["status"], "unpaid");
    assert_eq!(gateway.books().events("payment_received").len(), 0);
    let way = way_of(&dci, &certificate, "counter.huduma-gpo-3");
    assert_eq!(way["payable"], true, "{way}");
    assert!(way["en"].to_string().contains("Ask for the receipt"), "{way}");
    assert!(way["sw"].to_string().contains("Omba risiti"), "{way}");
    // Said to be down, it takes nothing: the cash is given back, and why is said.
    gateway.operator_says("counter.huduma-gpo-3", "start");
    assert_eq!(mine.posts("/lookups", &all_of(&certificate)).expect(200).json()["can_take"], false);
    let down = mine.takes(shift, &all_of(&certificate)).expect(503);
    assert_eq!(down.problem(), "channel_down");
    let said = down.json()["user_message"].clone();
    assert!(said["en"].as_str().unwrap().contains("A cable is cut. Give the cash back"), "{said}");
    assert!(said["sw"].as_str().unwrap().contains("Kebo imekatika."), "{said}");
    assert_eq!(dci.looks_at(&certificate)["status"], "unpaid");
    gateway.operator_takes_back("counter.huduma-gpo-3");
    let by_book = json!({"payment_number": certificate.number, "receipt": "0042"});
    let taken = mine.takes(shift, &by_book).expect(201).json();
    dci.sees(&certificate, "paid");

    // A number of the book of receipts is one payment, which is named.
    let used = mine.takes(shift, &json!({"payment_number": bill.number, "receipt": "42"})).expect(422);
    let named = used.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
    assert!(named.contains(&format!("record {}", taken["sequence"])), "{named}");
    let on_paper = mine.takes(shift, &on_paper(&bill, 50_000, "0042")).expect(409);
    assert!(on_paper.text().contains(&format!("record {}", taken["sequence"])), "{}", on_paper.text());
    assert_eq!(kws.looks_at(&bill)["status"], "unpaid");
}

#[test]
fn a_supervisor_refuses_a_count_and_the_cashier_counts_again() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let bill = kws.bills(&Order::hells_gate(1));
    let amina = AtCounter::cashier(&gateway);
    let [chebet, daudi] = [(), ()].map(|()| AtCounter::supervisor(&gateway));
    let shift = amina.opens(500_000);
    amina.takes(shift, &all_of(&bill)).expect(201);
    let [close, refuse, approve] =
        ["close", "refuse", "approve"].map(|what| format!("/shifts/{shift}/{what}"));

    // What no drawer can have is refused, and the field is named.
    for total in [kes(10_000_000_001), kes(-1), json!({"amount": 1, "currency": "USD"})] {
        let answer = amina.posts(&close, &json!({"total": total})).expect(422).json();
        assert_eq!(answer["errors"][0]["pointer"], "/total", "{answer}");
    }
    let waiting = |direction: &str| {
        let labels = format!("{{counter=\"{COUNTER}\",direction=\"{direction}\"}}");
        gateway.metric(&format!("malipo_counter_difference_waiting_cents{labels}"))
    };
    let before = gateway.books();
    let counted = amina.posts(&close, &json!({"total": kes(450_000)})).expect(200).json();
    assert_eq!(
        (&counted["state"], &counted["cash_up"]["difference"]),
        (&json!("waits_for_approval"), &kes(-100_000))
    );
    assert_eq!((waiting("short"), waiting("over")), (100_000, 0));

    let why = |reason: &str| json!({"reason": reason});
    assert_eq!(amina.posts(&refuse, &why("miscounted")).expect(403).problem(), "forbidden");
    let answer = chebet.posts(&refuse, &why("they are lying")).expect(422).json();
    assert_eq!(answer["errors"][0]["pointer"], "/reason", "{answer}");
    let wish = fresh_key();
    let refused = chebet.posts_as(&refuse, &why("miscounted"), &wish).expect(200).json();
    assert_eq!(chebet.posts_as(&refuse, &why("miscounted"), &wish).expect(200).json(), refused, "one wish");
    assert_eq!((&refused["state"], &refused["cash_up"]), (&json!("count_again"), &Value::Null));
    assert_eq!(refused["refused"][0]["difference"], kes(-100_000));
    assert_eq!(refused["refused"][0]["reason"], "miscounted");
    assert_eq!(chebet.posts(&approve, &json!({})).expect(409).problem(), "conflict");
    let after = gateway.books();
    for account in [TAKINGS, FLOAT, SHORT_AND_OVER] {
        assert_eq!(after.balance(account), before.balance(account), "{account}: nothing was booked");
    }
    assert_eq!(waiting("short"), 0);
    let other = kws.bills(&Order::hells_gate(1));
    assert_eq!(
        amina.takes(shift, &all_of(&other)).expect(409).problem(),
        "conflict",
        "it is to be counted first"
    );
    let elsewhere = AtCounter::cashier(&gateway).posts("/shifts", &json!({"float": kes(0)}));
    assert_eq!(elsewhere.expect(409).problem(), "conflict", "nobody else has the drawer");

    let counted = amina.posts(&close, &json!({"total": kes(545_000)})).expect(200).json();
    assert_eq!(counted["cash_up"]["difference"], kes(-5_000));
    daudi.posts(&approve, &json!({})).expect(200);
    let next = amina.posts("/shifts", &json!({"float": kes(0)})).expect(201).json();
    assert_eq!((&next["carried"], waiting("short")), (&kes(45_000), 0));
    let books = gateway.books();
    books.expect_balanced();
    assert_eq!([TAKINGS, FLOAT, SHORT_AND_OVER].map(|account| books.balance(account)), [45_000, 0, 5_000]);
    assert_eq!(books.balance("2200.counter-floats"), 0);
    assert_eq!(books.events("counter").len(), 7, "each step is a record");
}

#[test]
fn a_paper_that_was_typed_without_its_number_pays_its_bill_once_it_is_typed_with_it() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let all = bills(&kws, 2);
    let amina = AtCounter::cashier(&gateway);
    let shift = amina.opens(0);
    let mut nameless = on_paper(&all[0], 50_000, "0042");
    nameless["payment_number"] = json!("");
    assert_eq!(amina.takes(shift, &nameless).expect(201).json()["reason"], "no_account");
    assert_eq!(gateway.books().balance("2100.suspense"), -50_000);
    // With its number now, and without the zeros of the book.
    let named = amina.takes(shift, &on_paper(&all[0], 50_000, "42")).expect(200).json();
    assert_eq!(named["bill"]["status"], "paid", "{named}");
    kws.sees(&all[0], "paid");
    for receipt in ["42", "0042"] {
        amina.takes(shift, &on_paper(&all[0], 50_000, receipt)).expect(200);
        let other = amina.takes(shift, &on_paper(&all[1], 50_000, receipt));
        assert_eq!(other.expect(409).problem(), "conflict", "it is named once");
    }
    let books = gateway.books();
    assert_eq!((books.balance("2100.suspense"), amina.sees()["held"].clone()), (0, kes(50_000)));
    assert_eq!(books.balance("1000.counter.huduma-gpo-3"), 50_000);
    books.expect_balanced();
}
