//! Money of which nobody told us is found: in what Safaricom lists when it is asked, and in the statement that an operator
//! sends. Each payment is booked once, whoever tells of it, how often, and whatever happens meanwhile.

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{
    Agency, Bill, Call, Finished, Gateway, Order, Payment, Sandbox, eventually, malipo, run, together,
};

/// How often a gateway is killed while it lists.
const ROUNDS: u64 = 6;

/// Nothing of what moves is confirmed.
fn silence() -> Value {
    json!({"confirmation_lost_per_mille": 1000, "stk_callback_lost_per_mille": 1000})
}

/// So many bills, each paid by somebody; with the receipt.
fn pay_for(gateway: &Gateway, agency: &Agency, count: usize) -> Vec<(Bill, String)> {
    (0..count)
        .map(|number| {
            let bill = agency.bills(&Order::hells_gate(1));
            let payer = gateway.sandbox().payer(&format!("07120{number:05}"));
            let receipt = payer.pays(&bill.number, &bill.amount());
            (bill, receipt)
        })
        .collect()
}

fn upload(gateway: &Gateway, statement: &str, flags: &[&str]) -> Finished {
    let path = gateway.folder().join("statement.csv");
    std::fs::write(&path, statement).unwrap();
    let mut command = malipo(["statement", "import", "--json"]);
    run(command.args(flags).arg(&path).arg("--data").arg(gateway.data()))
}

fn uploaded(finished: &Finished) -> Value {
    serde_json::from_str(&finished.stdout).unwrap()
}

#[test]
fn what_was_paid_while_the_paybill_was_silent_is_found_by_itself_when_it_is_back() {
    // A quarter of an hour is three seconds here. Pages are short, rows repeat, and some come late.
    let gateway = Gateway::demo().speed(300).start();
    gateway.sandbox().knows(&gateway);
    let kws = gateway.agency("kws");
    let mut faults = silence();
    gateway.operator_says("mpesa_paybill", "start");
    faults["pull_down_per_mille"] = json!(1000);
    gateway.sandbox().breaks(&faults);
    let paid = pay_for(&gateway, &kws, 25);
    assert_eq!(kws.looks_at(&paid[0].0)["status"], "unpaid", "nobody told us");
    eventually("it is asked in vain", || {
        (gateway.metric("malipo_lists_total{outcome=\"failed\"}") >= 2).then_some(())
    });
    gateway.sandbox().breaks(&json!({
        "pull_page_rows": 4, "pull_row_repeated_per_mille": 300, "pull_row_missing_per_mille": 300,
        "confirmation_repeated_per_mille": 500,
    }));
    gateway.operator_takes_back("mpesa_paybill");
    eventually("most are found", || {
        let found = gateway.metric("malipo_listed_payments_total{source=\"pull\",outcome=\"found\"}");
        (found >= 10).then_some(())
    });
    // What was missing stands in a later list.
    gateway.sandbox().breaks(&json!({"pull_page_rows": 4, "pull_row_repeated_per_mille": 300}));
    for (bill, _) in &paid {
        kws.sees(bill, "paid");
    }
    assert!(kws.receipt(&paid[3].0).contains(&paid[3].1));
    let books = gateway.books();
    for (_, receipt) in &paid {
        assert_eq!(books.booking(receipt)["event"]["told_by"], "pull");
    }
    books.expect_balanced();
    assert!(gateway.metric("malipo_listed_payments_total{source=\"pull\",outcome=\"known\"}") > 0);
}

#[test]
fn a_gateway_that_is_killed_over_and_over_while_it_lists_books_everything_once() {
    let sandbox = Sandbox::start();
    let mut gateway = Gateway::demo().beside(&sandbox).start();
    sandbox.knows(&gateway);
    let kws = gateway.agency("kws");
    // A list of 60 payments takes a second.
    let mut faults = silence();
    (faults["pull_slow_ms"], faults["pull_page_rows"]) = (json!(50), json!(3));
    sandbox.breaks(&faults);
    let paid = pay_for(&gateway, &kws, 60);
    let mut booked = Vec::new();
    for round in 0..ROUNDS {
        gateway.kill();
        gateway.start_again();
        std::thread::sleep(Duration::from_millis(100 * round));
        gateway.kill();
        booked.push(gateway.books().events("payment_received").len());
        gateway.start_again();
    }
    eprintln!("booked at each kill: {booked:?}");
    assert!(booked.iter().any(|count| (1..60).contains(count)), "no kill fell into a list: {booked:?}");
    for (bill, _) in &paid {
        kws.sees(bill, "paid");
    }
    let books = gateway.books();
    for (_, receipt) in &paid {
        books.booking(receipt);
    }
    books.expect_balanced();
}

#[test]
fn a_statement_finds_what_was_lost_and_a_repeat_changes_nothing() {
    let gateway = Gateway::demo().start();
    gateway.sandbox().knows(&gateway);
    let kws = gateway.agency("kws");
    let mut faults = silence();
    faults["pull_down_per_mille"] = json!(1000);
    gateway.sandbox().breaks(&faults);
    let paid = pay_for(&gateway, &kws, 5);
    let bill = kws.bills(&Order::hells_gate(1));
    let different = Payment::of_bill(&bill);
    gateway.safaricom().confirms(&different).expect_success();
    let whole = gateway.sandbox().statement();
    let row = format!(
        "{},21-11-2026 09:14:05,21-11-2026 09:14:05,Pay Bill Online,Completed,\"1,000.00\",,\"1,000.00\",true,Pay Bill \
         Online,2547******01 - ASHA,,{}\n",
        different.receipt, bill.number
    );

    // A bad file changes nothing, and every fault is named with its line.
    let broken =
        format!("{whole}{}{}", row.replace("\"1,000.00\",,", "none,,"), row.replace("21-11-2026", "?"));
    let refused = upload(&gateway, &broken, &[]).expect(1);
    let line = whole.lines().count() + 1;
    for line in [line, line + 1] {
        assert!(refused.stderr.contains(&format!("/lines/{line}")), "{}", refused.stderr);
    }
    assert!(!refused.stderr.contains("ASHA"), "{}", refused.stderr);
    assert_eq!(kws.looks_at(&paid[0].0)["status"], "unpaid");

    // Nobody knows what one of them is for.
    let for_nothing = row.replace(&different.receipt, "TKL3A7Q9ZD").replace(&bill.number, "MAMA BOGA");
    let first = uploaded(&upload(&gateway, &format!("{whole}{row}{for_nothing}"), &[]).expect(3));
    let counts = ["found", "in_suspense", "known"].map(|name| first[name].as_u64());
    assert_eq!(counts, [Some(6), Some(1), Some(0)], "{first}");
    assert_eq!(first["differ"], json!([{"line": line, "receipt": different.receipt, "differs": "amount"}]));
    for (bill, _) in &paid {
        kws.sees(bill, "paid");
    }
    assert_eq!(kws.looks_at(&bill)["payments"].as_array().unwrap().len(), 1, "the first stands");
    let again = uploaded(&upload(&gateway, &whole, &["--short-code", "222222"]).expect(0));
    assert_eq!((&again["found"], &again["known"], &again["differ"]), (&json!(0), &json!(5), &json!([])));
    upload(&gateway, &whole, &["--short-code", "572572"]).expect(1);
    upload(&gateway, &whole.replace("222222", "888888"), &[]).expect(1);

    // The confirmations arrive after all.
    let late =
        paid.iter().map(|(bill, receipt)| Payment { receipt: receipt.clone(), ..Payment::of_bill(bill) });
    late.for_each(|payment| gateway.safaricom().confirms(&payment).expect_success());
    let books = gateway.books();
    for (_, receipt) in &paid {
        let booking = books.booking(receipt);
        assert_eq!(booking["event"]["told_by"], "statement");
        assert_eq!(booking["evidence"], "confirmed_by_statement", "{booking}");
    }
    assert_eq!(books.events("payment_quarantined").len(), 1);
    books.expect_balanced();
}

#[test]
fn treasury_and_operators_send_statements_and_nobody_else() {
    let gateway = Gateway::demo().start();
    let send = |key: &str| {
        let call = Call::new(hyper::Method::POST, format!("{}/v1/statements/mpesa", gateway.public()));
        call.key(key).body(gateway.sandbox().statement()).header("content-type", "text/csv").send()
    };
    for (role, agency, status) in [
        ("treasury", None, 200),
        ("operator", None, 200),
        ("auditor", None, 403),
        ("agency_integrator", Some("kws"), 403),
    ] {
        send(&gateway.create_key(role, agency)).expect(status);
    }
}

/// Lists, statements and confirmations at once, each several times: one booking each.
#[test]
fn lists_statements_and_confirmations_at_once_book_each_payment_once() {
    let gateway = Gateway::demo().speed(300).start();
    gateway.sandbox().knows(&gateway);
    let kws = gateway.agency("kws");
    let mut faults = silence();
    faults["pull_down_per_mille"] = json!(1000);
    gateway.sandbox().breaks(&faults);
    let paid = pay_for(&gateway, &kws, 40);
    let statement = gateway.sandbox().statement();
    gateway.sandbox().breaks(&json!({"pull_page_rows": 7, "pull_row_repeated_per_mille": 500}));
    let key = gateway.create_key("treasury", None);
    together(4, |number| {
        if number % 2 == 0 {
            let call = Call::new(hyper::Method::POST, format!("{}/v1/statements/mpesa", gateway.public()));
            call.key(&key).body(statement.clone()).header("content-type", "text/csv").send().expect(200);
        } else {
            for (bill, receipt) in paid.iter().rev() {
                let payment = Payment { receipt: receipt.clone(), ..Payment::of_bill(bill) };
                gateway.safaricom().confirms(&payment).expect_success();
            }
        }
    });
    for (bill, _) in &paid {
        kws.sees(bill, "paid");
    }
    eventually("they were listed too", || {
        (gateway.metric("malipo_listed_payments_total{source=\"pull\",outcome=\"known\"}") >= 40)
            .then_some(())
    });
    let books = gateway.books();
    for (_, receipt) in &paid {
        books.booking(receipt);
    }
    assert!(books.events("payment_quarantined").is_empty());
    books.expect_balanced();
}
