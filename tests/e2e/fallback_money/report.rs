//! What an outage did is reported while it lasts and after it, agrees with those who hold the money, and adds up.

use serde_json::{Value, json};

use crate::harness::{
    Acquirer, Agency, Finished, Gateway, Order, Payment, eventually, fresh_key, get, malipo, post, run, taken,
};

/// The outage that goes on, or the last one that ended, of this channel.
pub(super) fn outage_of(gateway: &Gateway, channel: &str) -> u64 {
    let status = get(format!("{}/v1/status", gateway.public())).send().expect(200).json();
    let both = ["outages", "ended"].into_iter().flat_map(|list| status[list].as_array().unwrap().clone());
    let found = both.into_iter().find(|outage| outage["channel"] == channel).unwrap();
    found["id"].as_u64().unwrap()
}

/// The report, once the views have all that is in the books.
pub(super) fn report(gateway: &Gateway, key: &str, outage: u64) -> Value {
    eventually("the views have everything", || {
        (gateway.metric("malipo_views_lag_records") == 0).then_some(())
    });
    get(format!("{}/v1/outages/{outage}/report", gateway.public())).key(key).send().expect(200).json()
}

pub(super) fn on_account<'a>(report: &'a Value, account: &str) -> &'a Value {
    let accounts = report["accounts"].as_array().unwrap();
    accounts.iter().find(|one| one["account"] == account).unwrap_or(&Value::Null)
}

/// What came in on an account for somebody, and how much of it is matched and not, in cents.
fn collected(report: &Value, account: &str, agency: Option<&str>) -> [i64; 3] {
    let rows = on_account(report, account)["collected"].as_array().cloned().unwrap_or_default();
    let row = rows.into_iter().find(|row| row["agency"].as_str() == agency).unwrap_or_default();
    ["collected", "matched", "unmatched"].map(|name| row[name]["amount"]["amount"].as_i64().unwrap_or(0))
}

/// What an account ever collected, what was swept, is in transit and is held, and the difference, in cents.
fn sums(report: &Value, account: &str) -> [i64; 5] {
    let sums = &on_account(report, account)["sums"][0];
    let of = |name: &str| sums[name]["amount"].as_i64().unwrap();
    let collected = sums["collected"]["amount"]["amount"].as_i64().unwrap();
    [collected, of("swept"), of("in_transit"), of("held"), of("difference")]
}

fn sends(gateway: &Gateway, key: &str, cents: i64) -> Value {
    let body = json!({"channel": "bank.kcb", "amount": {"amount": cents, "currency": "KES"}});
    let call = post(format!("{}/v1/sweeps", gateway.public()), &body).key(key);
    call.idempotency_key(&fresh_key()).send().expect(201).json()
}

fn prints(gateway: &Gateway, outage: u64, flags: &[&str]) -> Finished {
    let mut command = malipo(["outage", "report", &outage.to_string()]);
    run(command.args(flags).arg("--data").arg(gateway.data()))
}

/// Somebody pays a bill by Airtel Money.
fn pays_by_airtel(agency: &Agency) {
    let bill = agency.bills(&Order::hells_gate(1));
    let body = json!({"method": "airtel_money", "phone": "0733000007"});
    let call = agency.post(&format!("/v1/bills/{}/attempts", bill.id), &body);
    call.idempotency_key(&fresh_key()).send().expect(202);
    agency.sees(&bill, "paid");
}

/// Somebody pays a bill on the page of the acquirer.
fn pays_by_card(agency: &Agency, acquirer: &Acquirer) {
    let bill = agency.bills(&Order::hells_gate(1));
    let call = agency.post(&format!("/v1/bills/{}/attempts", bill.id), &json!({"method": "card"}));
    let attempt = call.idempotency_key(&fresh_key()).send().expect(202).json();
    acquirer.payer_presses(attempt["redirect_url"].as_str().unwrap(), "pay");
    agency.sees(&bill, "paid");
}

#[test]
fn the_report_of_an_outage_agrees_to_the_cent_with_those_who_hold_the_money() {
    let gateway = Gateway::demo().start();
    let (kws, kra, bank) = (gateway.agency("kws"), gateway.agency("kra"), gateway.bank());
    let airtel = gateway.airtel();
    // Before the outage: on the accounts, and none of its report's rows.
    let earlier = kws.bills(&Order::hells_gate(1));
    bank.is_paid_for(&earlier);
    kws.sees(&earlier, "paid");
    gateway.operator_says("mpesa_paybill", "start");
    gateway.operator_says("mpesa_prompt", "start");
    let outage = outage_of(&gateway, "mpesa_paybill");

    let at_till = kws.bills(&Order::hells_gate(1));
    gateway.safaricom().confirms(&Payment::of_bill(&at_till).at("600000")).expect_success();
    gateway.safaricom().confirms(&Payment::of("70.00", "SCHOOL FEES").at("600000")).expect_success();
    let assessed = kra.bills(&Order::assessment(1_200, "2026001234567"));
    gateway.safaricom().confirms(&Payment::of_bill(&assessed).at("572572")).expect_success();
    let told = kws.bills(&Order::hells_gate(2));
    bank.is_paid_for(&told);
    kws.sees(&told, "paid");
    bank.breaks(&json!({"silent_per_mille": 1000}));
    let [typed, late] = [1, 3].map(|people| kws.bills(&Order::hells_gate(people)));
    let [slip, _] = [&typed, &late].map(|bill| bank.is_paid_for(bill));
    pays_by_airtel(&kws);
    let by_airtel: i64 =
        airtel.lines("moved").iter().map(|line| line["amount_minor"].as_i64().unwrap()).sum();
    let slips = format!(
        "Bank,Slip Number,Amount,Date,Payment Number\nkcb,{slip},{},2026-11-20,{}\n",
        typed.amount(),
        typed.number
    );
    // Twice: who told of a payment does not confirm it by saying it again.
    for found in [1, 0] {
        assert_eq!(taken(&gateway.imports("bank_slip.kcb", &slips, &[]).expect(0))[1], found);
    }
    let treasury = gateway.create_key("treasury", None);
    let before = report(&gateway, &treasury, outage);
    assert_eq!(collected(&before, "kcb-1100220033", Some("KWS")), [150_000, 0, 150_000]);

    let statement = bank.statement();
    // The third says what the second said, and leaves no record.
    for (found, known) in [(1, 3), (0, 4), (0, 4)] {
        assert_eq!(taken(&gateway.imports("bank.kcb", &statement, &[]).expect(0)), [4, found, known, 0]);
    }
    let other = gateway.create_key("treasury", None);
    let arrived = sends(&gateway, &treasury, 60_000);
    let url = format!("{}/v1/sweeps/{}/confirmation", gateway.public(), arrived["id"]);
    post(url, &json!({})).key(&other).idempotency_key(&fresh_key()).send().expect(200);
    sends(&gateway, &treasury, 25_000);

    let after = report(&gateway, &treasury, outage);
    assert_eq!(after["outage"].get("ended"), None);
    assert_eq!(collected(&after, "kcb-1100220033", Some("KWS")), [300_000, 300_000, 0]);
    assert_eq!(collected(&after, "600000", Some("KWS")), [50_000, 0, 50_000]);
    assert_eq!(collected(&after, "600000", None), [7_000, 0, 7_000]);
    assert_eq!(collected(&after, "572572", Some("KRA")), [120_000, 0, 120_000]);
    assert_eq!((collected(&after, "900900", Some("KWS"))[0], by_airtel), (50_000, 50_000));
    assert_eq!(on_account(&after, "222222"), &Value::Null, "home is no fallback");
    assert_eq!(on_account(&after, "kcb-1100220033")["channels"], json!(["bank.kcb", "bank_slip.kcb"]));
    assert_eq!(sums(&after, "kcb-1100220033"), [bank.sum(), 60_000, 25_000, bank.sum() - 85_000, 0]);
    assert_eq!(sums(&after, "600000"), [57_000, 0, 0, 57_000, 0]);
    assert_eq!(sums(&after, "900900"), [by_airtel, 0, 0, by_airtel, 0]);
    assert_eq!(gateway.metric("malipo_fallback_difference_cents{currency=\"KES\"}"), 0);

    // Each agency its own, and no sums.
    let of_kra = gateway.create_key("agency_viewer", Some("kra"));
    let seen = report(&gateway, &of_kra, outage);
    assert_eq!(collected(&seen, "572572", Some("KRA")), [120_000, 0, 120_000]);
    assert_eq!(seen["accounts"].as_array().unwrap().len(), 1, "{seen}");
    assert_eq!(seen["accounts"][0].get("sums"), None);
    assert!(!seen.to_string().contains("KWS"), "{seen}");
    // What the bank's statement confirmed is confirmed to its own agency too, without anybody else's rows beside it.
    let of_kws = gateway.create_key("agency_viewer", Some("kws"));
    let seen = report(&gateway, &of_kws, outage);
    assert_eq!(collected(&seen, "kcb-1100220033", Some("KWS")), [300_000, 300_000, 0]);
    assert_eq!(collected(&seen, "600000", Some("KWS")), [50_000, 0, 50_000]);
    let rows = seen["accounts"].as_array().unwrap().iter();
    let rows = rows.flat_map(|account| account["collected"].as_array().unwrap());
    assert_eq!(rows.map(|row| row["agency"].clone()).collect::<Vec<_>>(), ["KWS"; 3], "{seen}");
    assert!(!seen.to_string().contains("KRA"), "{seen}");

    gateway.operator_takes_back("mpesa_paybill");
    assert_eq!(outage_of(&gateway, "mpesa_paybill"), outage);
    let table = prints(&gateway, outage, &[]).expect(0).stdout;
    for said in ["of mpesa_paybill for everybody", "bank kcb-1100220033", "KES 3000.00", "(suspense)"] {
        assert!(table.contains(said), "{said} in {table}");
    }
    assert!(table.ends_with("It adds up: every difference is zero.\n"), "{table}");
    let printed: Value =
        serde_json::from_str(&prints(&gateway, outage, &["--json"]).expect(0).stdout).unwrap();
    assert_eq!(printed["accounts"], after["accounts"]);
    assert!(printed["outage"]["ended"].is_string());
    let records = gateway.books();
    assert_eq!(records.events("payments_listed").len(), 2, "one for each statement that said more");
    assert!(!gateway.log().contains("is not what was sent home"));
}

#[test]
fn what_airtel_and_the_acquirer_took_is_matched_by_their_statements_and_what_they_did_not_tell_is_found() {
    let gateway = Gateway::demo().start();
    let (kws, airtel, acquirer) = (gateway.agency("kws"), gateway.airtel(), gateway.acquirer());
    let treasury = gateway.create_key("treasury", None);
    gateway.operator_says("mpesa_paybill", "start");
    gateway.operator_says("mpesa_prompt", "start");
    let outage = outage_of(&gateway, "mpesa_paybill");
    pays_by_airtel(&kws);
    pays_by_card(&kws, &acquirer);
    let before = report(&gateway, &treasury, outage);
    for account in ["900900", "mkt-0001"] {
        assert_eq!(collected(&before, account, Some("KWS")), [50_000, 0, 50_000], "{account}");
    }
    // Of these nothing is told, and nothing is answered.
    airtel.breaks(&json!({"callbacks_lost": true, "query_down": true}));
    let bill = kws.bills(&Order::hells_gate(2));
    let body = json!({"method": "airtel_money", "phone": "0733000007"});
    let call = kws.post(&format!("/v1/bills/{}/attempts", bill.id), &body);
    let attempt = call.idempotency_key(&fresh_key()).send().expect(202).json();
    eventually("the money moves", || (airtel.statement().matches("Charge").count() == 2).then_some(()));
    assert_eq!(kws.looks_at(&bill)["status"], "unpaid");

    for (channel, statement, found, known) in
        [("airtel_money", airtel.statement(), 1, 1), ("card", acquirer.statement(), 0, 1)]
    {
        let taken = taken(&gateway.imports(channel, &statement, &[]).expect(0));
        assert_eq!(taken, [found + known, found, known, 0], "{channel}");
        let again = self::taken(&gateway.imports(channel, &statement, &[]).expect(0));
        assert_eq!(again, [found + known, 0, found + known, 0], "{channel}, once more");
    }
    kws.sees(&bill, "paid");
    kws.sees_attempt(attempt["id"].as_str().unwrap(), "succeeded");
    let after = report(&gateway, &treasury, outage);
    assert_eq!(collected(&after, "900900", Some("KWS")), [150_000, 150_000, 0]);
    assert_eq!(collected(&after, "mkt-0001", Some("KWS")), [50_000, 50_000, 0]);
    assert_eq!(sums(&after, "900900"), [150_000, 0, 0, 150_000, 0]);
    assert_eq!(gateway.books().events("payment_received").len(), 3);

    // A line that is wrong is named, and nothing is taken.
    let wrong = airtel.statement().replacen("Total,,,1500.00", "Total,,,1500.01", 1);
    let said = gateway.imports("airtel_money", &wrong, &[]).expect(1).said();
    assert!(said.contains("the sum is not that of the rows above"), "{said}");
    let said = gateway.imports("card", "Date,Reference\n", &[]).expect(1).said();
    assert!(said.contains("a column Transaction ID"), "{said}");
}

#[test]
fn a_report_is_of_one_time_and_what_became_known_later_stands_apart() {
    let gateway = Gateway::demo().start();
    let (kws, bank) = (gateway.agency("kws"), gateway.bank());
    let treasury = gateway.create_key("treasury", None);
    gateway.operator_says("mpesa_paybill", "start");
    let outage = outage_of(&gateway, "mpesa_paybill");
    let let_in = |number: &str| {
        let body = json!({"payment_number": number, "gate": "Elsa"});
        kws.post("/v1/visits", &body).idempotency_key(&fresh_key()).send().expect(201);
    };
    let told = kws.bills(&Order::hells_gate(1));
    bank.is_paid_for(&told);
    kws.sees(&told, "paid");
    let_in(&told.number);
    // The bank says nothing of these: one is paid in the outage, and one after it.
    bank.breaks(&json!({"silent_per_mille": 1000}));
    let [meanwhile, after] = [2, 3].map(|people| kws.bills(&Order::hells_gate(people)));
    bank.is_paid_for(&meanwhile);
    let lasting = report(&gateway, &treasury, outage);
    assert_eq!(lasting["period"]["from"], lasting["outage"]["since"]);
    assert_eq!(lasting["period"]["until"], lasting["as_of"]);
    gateway.operator_takes_back("mpesa_paybill");
    // The bank writes whole seconds.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    bank.is_paid_for(&after);
    let at_till = kws.bills(&Order::hells_gate(1));
    gateway.safaricom().confirms(&Payment::of_bill(&at_till).at("600000")).expect_success();
    kws.sees(&at_till, "paid");
    let_in(&at_till.number);
    assert_eq!(taken(&gateway.imports("bank.kcb", &bank.statement(), &[]).expect(0))[1], 2);
    kws.sees(&after, "paid");

    let over = report(&gateway, &treasury, outage);
    assert_eq!(over["period"]["until"], over["outage"]["ended"]);
    assert_eq!(over["admitted"], json!([{"agency": "KWS", "count": 1, "offline": 0}]));
    assert_eq!(collected(&over, "kcb-1100220033", Some("KWS")), [50_000, 50_000, 0]);
    assert_eq!(collected(&over, "600000", Some("KWS")), [0, 0, 0], "it came when the outage was over");
    let later = &on_account(&over, "kcb-1100220033")["known_later"];
    assert_eq!(later.as_array().map(Vec::len), Some(1), "{over}");
    assert_eq!(later[0]["matched"]["amount"]["amount"], 100_000);
    assert_eq!((&later[0]["agency"], &later[0]["matched"]["count"]), (&json!("KWS"), &json!(1)));
    assert_eq!(on_account(&over, "600000").get("known_later"), None);
    assert_eq!(sums(&over, "kcb-1100220033"), [300_000, 0, 0, 300_000, 0]);
    assert_eq!(sums(&over, "600000"), [50_000, 0, 0, 50_000, 0]);
    let table = prints(&gateway, outage, &[]).expect(0).stdout;
    assert!(table.contains("Known later") && table.contains("KES 1000.00"), "{table}");
    assert!(table.ends_with("It adds up: every difference is zero.\n"), "{table}");
}

#[test]
fn whom_a_gate_let_in_meanwhile_is_reported_and_what_is_no_outage_is_not_found() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let bills = [1, 1].map(|people| kws.bills(&Order::hells_gate(people)));
    for bill in &bills {
        gateway.safaricom().confirms(&Payment::of_bill(bill)).expect_success();
        kws.sees(bill, "paid");
    }
    let let_in = |number: &str| {
        let body = json!({"payment_number": number, "gate": "Elsa"});
        kws.post("/v1/visits", &body).idempotency_key(&fresh_key()).send()
    };
    let_in(&bills[0].number).expect(201);
    gateway.operator_says("mpesa_prompt", "start");
    let outage = outage_of(&gateway, "mpesa_prompt");
    let_in(&bills[1].number).expect(201);
    let auditor = gateway.create_key("auditor", None);
    assert_eq!(
        report(&gateway, &auditor, outage)["admitted"],
        json!([{"agency": "KWS", "count": 1, "offline": 0}])
    );
    let of_kra = gateway.create_key("agency_viewer", Some("kra"));
    assert_eq!(report(&gateway, &of_kra, outage)["admitted"], json!([]));

    for none in ["0", "x", "18446744073709551616"] {
        let url = format!("{}/v1/outages/{none}/report", gateway.public());
        assert_eq!(get(url).key(&auditor).send().expect(404).problem(), "not_found");
    }
    get(format!("{}/v1/outages/{outage}/report", gateway.public())).send().expect(401);
    prints(&gateway, 0, &[]).expect(4);
}
