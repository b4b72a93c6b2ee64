//! Statements of a bank, slips and batches of card terminals: late, repeated, shuffled and overlapping, and of bills that were
//! paid online meanwhile. Each payment is booked once.

use serde_json::{Value, json};

use crate::harness::{BANK_ACCOUNT, Bill, Call, Gateway, Order, Payment, malipo, run, taken, together};

const SLIPS: &str = "Bank,Slip Number,Amount,Date,Payment Number\n";
const BATCH: &str = "Terminal,Batch,RRN,Authorization Code,Amount,Payment Number,Time\n";

fn slip(bill: &Bill, reference: &str) -> String {
    format!("kcb,{reference},{},2026-11-20,{}\n", bill.amount(), bill.number)
}

fn swipe(bill: &Bill, rrn: u32) -> String {
    format!("KWS00001,000017,{rrn:012},A1B2C3,{},{},2026-11-20 09:14:31\n", bill.amount(), bill.number)
}

#[test]
fn a_notification_its_slip_and_its_statement_line_are_one_payment_in_any_order() {
    let gateway = Gateway::demo().start();
    let (kws, bank) = (gateway.agency("kws"), gateway.bank());
    bank.breaks(&json!({"silent_per_mille": 1000}));
    let bills: Vec<_> = (0..6).map(|_| kws.bills(&Order::hells_gate(1))).collect();
    let silent: Vec<_> = bills[..3].iter().map(|bill| bank.is_paid_for(bill)).collect();
    bank.breaks(&json!({}));
    let told: Vec<_> = bills[3..].iter().map(|bill| bank.is_paid_for(bill)).collect();
    for bill in &bills[3..] {
        kws.sees(bill, "paid");
    }

    // An officer types slips of one that nobody told of, and of one that the bank told of.
    let slips = format!("{SLIPS}{}{}", slip(&bills[0], &silent[0]), slip(&bills[3], &told[0]));
    assert_eq!(taken(&gateway.imports("bank_slip.kcb", &slips, &[]).expect(0)), [2, 1, 1, 0]);
    kws.sees(&bills[0], "paid");
    let statement = bank.statement();
    assert_eq!(taken(&gateway.imports("bank.kcb", &statement, &[]).expect(0)), [6, 2, 4, 0]);
    for bill in &bills {
        kws.sees(bill, "paid");
    }
    // Again, the other way around, and half of it.
    let mut lines: Vec<_> = statement.lines().filter(|line| !line.starts_with("Total")).collect();
    lines[1..].reverse();
    assert_eq!(taken(&gateway.imports("bank.kcb", &lines[..4].join("\n"), &[]).expect(0)), [3, 0, 3, 0]);
    let all_slips: String =
        bills.iter().zip(silent.iter().chain(&told)).map(|(bill, reference)| slip(bill, reference)).collect();
    assert_eq!(
        taken(&gateway.imports("bank_slip.kcb", &format!("{SLIPS}{all_slips}"), &[]).expect(0)),
        [6, 0, 6, 0]
    );

    let books = gateway.books();
    for (reference, by) in [(&silent[0], "slip"), (&silent[1], "statement"), (&told[0], "notification")] {
        assert_eq!(books.booking(reference)["event"]["told_by"], by);
    }
    assert_eq!(books.balance(BANK_ACCOUNT), bank.sum(), "to the cent what the bank has");
    assert!(books.events("payment_quarantined").is_empty());
    books.expect_balanced();
}

#[test]
fn a_terminal_is_emptied_twice_and_a_bill_that_was_paid_online_meanwhile_is_refundable() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let bills: Vec<_> = (0..4).map(|_| kws.bills(&Order::hells_gate(1))).collect();
    gateway.safaricom().confirms(&Payment::of_bill(&bills[0])).expect_success();
    let rows: Vec<_> = bills.iter().zip(1..).map(|(bill, rrn)| swipe(bill, rrn)).collect();
    let first = format!("{BATCH}{}{}{}", rows[0], rows[1], rows[2]);
    let second = format!("{BATCH}{}{}{}", rows[3], rows[2], rows[2]).replace("000017", "17");
    assert_eq!(taken(&gateway.imports("card_terminal.kws", &first, &[]).expect(0)), [3, 3, 0, 0]);
    assert_eq!(taken(&gateway.imports("card_terminal.kws", &second, &[]).expect(0)), [2, 1, 1, 0]);
    let settled =
        gateway.imports("card_terminal.kws", &format!("{BATCH}{}", rows.concat()), &["--settlement"]);
    assert_eq!(taken(&settled.expect(0)), [4, 0, 4, 0]);
    for bill in &bills[1..] {
        kws.sees(bill, "paid");
    }
    let books = gateway.books();
    assert_eq!(
        books.postings("KWS00001-17-1"),
        ["debit 1000.terminal.880012 KES 500.00", "credit 2110.duplicate-refundable KES 500.00"]
    );
    assert_eq!(books.booking("KWS00001-17-2")["event"]["told_by"], "terminal_batch");
    assert_eq!(books.balance("1000.terminal.880012"), 200_000);
    books.expect_balanced();
}

#[test]
fn a_sale_that_its_terminal_took_back_is_no_payment_in_a_file_that_has_it_alone() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let bill = kws.bills(&Order::hells_gate(1));
    let (kept, gone) = (swipe(&bill, 1), swipe(&bill, 2));
    let batch = format!("{BATCH}{kept}{gone}{}", gone.replace(",500.00,", ",-500.00,"));
    assert_eq!(taken(&gateway.imports("card_terminal.kws", &batch, &[]).expect(0)), [1, 1, 0, 0]);
    // Somebody cut the file, an earlier one of the same batch turns up, and both come again.
    let earlier = format!("{BATCH}{gone}{kept}");
    for file in [&earlier, &batch, &earlier] {
        assert_eq!(taken(&gateway.imports("card_terminal.kws", file, &[]).expect(0)), [1, 0, 1, 0]);
    }
    let books = gateway.books();
    assert!(books.bookings("KWS00001-17-2").is_empty(), "nothing moved");
    assert_eq!(books.events("sale_taken_back").len(), 1);
    assert_eq!(books.balance("1000.terminal.880012"), 50_000);

    // The other way around it is booked before anybody knows better: that stands, and a person looks.
    let late = swipe(&bill, 3);
    assert_eq!(
        taken(&gateway.imports("card_terminal.kws", &format!("{BATCH}{late}"), &[]).expect(0)),
        [1, 1, 0, 0]
    );
    let back = format!("{BATCH}{late}{}", late.replace(",500.00,", ",-500.00,"));
    for _ in 0..2 {
        assert_eq!(taken(&gateway.imports("card_terminal.kws", &back, &[]).expect(3)), [0, 0, 0, 1]);
    }
    let books = gateway.books();
    assert_eq!(books.events("payment_quarantined").len(), 1);
    assert_eq!(books.balance("1000.terminal.880012"), 100_000);
    books.expect_balanced();
}

#[test]
fn a_statement_whose_text_names_nobody_and_the_slip_that_does_pay_the_bill_in_either_order() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let bills: Vec<_> = (0..2).map(|_| kws.bills(&Order::hells_gate(1))).collect();
    let rows = ["FT26324ABCD1", "FT26324ABCD2"];
    let statement = "Date,Reference,Narration,Amount\n2026-11-20,FT26324ABCD1,CASH DEPOSIT,500\n\
                     2026-11-20,FT26324ABCD2,CASH DEPOSIT,500\nTotal,,,\"1,000\"\n";
    let slips = format!("{SLIPS}{}{}", slip(&bills[0], rows[0]), slip(&bills[1], rows[1]));
    // The first has its slip before the statement, the second after it.
    let first = format!("{SLIPS}{}", slip(&bills[0], rows[0]));
    assert_eq!(taken(&gateway.imports("bank_slip.kcb", &first, &[]).expect(0)), [1, 1, 0, 0]);
    assert_eq!(taken(&gateway.imports("bank.kcb", statement, &[]).expect(0)), [2, 1, 1, 0]);
    assert_eq!(kws.looks_at(&bills[1])["status"], "unpaid");
    assert_eq!(gateway.books().balance("2100.suspense"), -50_000);
    assert_eq!(taken(&gateway.imports("bank_slip.kcb", &slips, &[]).expect(0)), [2, 0, 2, 0]);
    for bill in &bills {
        assert_eq!(kws.sees(bill, "paid")["payments"].as_array().unwrap().len(), 1);
        kws.receipt(bill);
    }
    // Everything again: nothing comes of it, and a slip that names another bill under the same reference is for a person.
    assert_eq!(taken(&gateway.imports("bank.kcb", statement, &[]).expect(0)), [2, 0, 2, 0]);
    assert_eq!(taken(&gateway.imports("bank_slip.kcb", &slips, &[]).expect(0)), [2, 0, 2, 0]);
    let other = format!("{SLIPS}{}", slip(&bills[0], rows[1]));
    assert_eq!(taken(&gateway.imports("bank_slip.kcb", &other, &[]).expect(3)), [1, 0, 0, 1]);
    let books = gateway.books();
    assert_eq!(books.balance(BANK_ACCOUNT), 100_000, "what the bank has");
    assert_eq!(books.balance("2100.suspense"), 0);
    assert_eq!(books.events("payment_received").len(), 3, "one of them moved on from suspense");
    books.expect_balanced();
}

#[test]
fn who_sends_a_file_is_told_how_much_of_what_was_found_waits_in_suspense() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let bills: Vec<_> = (0..3).map(|_| kws.bills(&Order::hells_gate(1))).collect();
    // The last digit of one is written wrong.
    let [right, other, wrong] = [0, 1, 2].map(|at| slip(&bills[at], &format!("FT26324ABCD{at}")));
    let last = bills[2].number.chars().last().expect("a payment number has digits");
    let miswritten = format!("{}{}", &bills[2].number[..11], if last == '9' { '0' } else { '9' });
    let file = format!("{SLIPS}{right}{other}{}", wrong.replace(&bills[2].number, &miswritten));
    let path = gateway.folder().join("slips.csv");
    std::fs::write(&path, &file).unwrap();
    let mut command = malipo(["statement", "import", "--channel", "bank_slip.kcb"]);
    let said = run(command.arg(&path).arg("--data").arg(gateway.data())).expect(0).stdout;
    let found = "3 payments to bank_slip.kcb: 3 found and booked (1 of them in suspense), 0 known";
    assert!(said.starts_with(found), "{said}");
    assert_eq!(gateway.books().balance("2100.suspense"), -50_000);

    // What is known is not told again as if it were new.
    let again: Value =
        serde_json::from_str(&gateway.imports("bank_slip.kcb", &file, &[]).expect(0).stdout).unwrap();
    assert_eq!((&again["found"], &again["in_suspense"], &again["known"]), (&json!(0), &json!(0), &json!(3)));
}

#[test]
fn a_bad_file_changes_nothing_and_every_wrong_line_is_named() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let bill = kws.bills(&Order::hells_gate(1));
    let good = slip(&bill, "S1");
    let bad = format!(
        "{SLIPS}{good}{}{}{}",
        good.replace("kcb", "ASHA"),
        good.replace("S1,500", "S2,1e9"),
        good.replace("S1,500", "S1,501"),
    );
    let refused = gateway.imports("bank_slip.kcb", &bad, &[]).expect(1);
    for line in 3..=5 {
        assert!(refused.stderr.contains(&format!("/lines/{line}")), "{}", refused.stderr);
    }
    assert!(!refused.stderr.contains("ASHA"), "{}", refused.stderr);
    let wrong_sum =
        format!("Date,Reference,Narration,Amount\n2026-11-20,FT1,{},500\nTotal,,,501\n", bill.number);
    assert!(gateway.imports("bank.kcb", &wrong_sum, &[]).expect(1).stderr.contains("/lines/3"));
    gateway.imports("bank.equity", &good, &[]).expect(1);
    gateway
        .imports("card_terminal.kws", &format!("{BATCH}{}", swipe(&bill, 1).replace("KWS00001", "X")), &[])
        .expect(1);
    assert_eq!(kws.looks_at(&bill)["status"], "unpaid");
    assert!(gateway.books().events("payment_received").is_empty(), "no trace in the books");
}

#[test]
fn files_at_once_book_each_payment_once_and_only_treasury_and_operators_send_them() {
    let gateway = Gateway::demo().start();
    let (kws, bank) = (gateway.agency("kws"), gateway.bank());
    bank.breaks(&json!({"shuffled_ms": 400, "repeated_per_mille": 500}));
    let bills: Vec<_> = (0..20).map(|_| kws.bills(&Order::hells_gate(1))).collect();
    let paid: Vec<_> = bills.iter().map(|bill| bank.is_paid_for(bill)).collect();
    let statement = bank.statement();
    let slips: String = bills.iter().zip(&paid).map(|(bill, reference)| slip(bill, reference)).collect();
    let key = gateway.create_key("treasury", None);
    let send = |key: &str, kind: &str, channel: &str, text: String| {
        let url = format!("{}/v1/statements/{kind}?channel={channel}", gateway.public());
        Call::new(hyper::Method::POST, url).key(key).body(text).header("content-type", "text/csv").send()
    };
    together(4, |number| {
        if number % 2 == 0 {
            send(&key, "bank", "bank.kcb", statement.clone()).expect(200);
        } else {
            send(&key, "slips", "bank_slip.kcb", format!("{SLIPS}{slips}")).expect(200);
        }
    });
    gateway.sandbox().is_quiet();
    let books = gateway.books();
    for reference in &paid {
        books.booking(reference);
    }
    assert_eq!(books.balance(BANK_ACCOUNT), bank.sum());
    for (role, agency, status) in
        [("operator", None, 200), ("auditor", None, 403), ("agency_integrator", Some("kws"), 403)]
    {
        send(&gateway.create_key(role, agency), "bank", "bank.kcb", statement.clone()).expect(status);
    }
    send(&key, "napkin", "bank.kcb", statement.clone()).expect(404);
    send(&key, "bank", "card_terminal.kws", statement).expect(422);
}
