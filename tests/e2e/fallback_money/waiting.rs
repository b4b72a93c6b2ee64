//! Money whose first teller could not say what it is for, and whoever may say it: the books are the same whichever of them comes first,
//! also when they come at the same moment.

use serde_json::json;

use crate::harness::{BANK_ACCOUNT, Call, Gateway, Order, eventually, fresh_key, taken, together};

const PAIRS: usize = 15;

#[test]
fn a_statement_and_its_slip_that_come_at_the_same_moment_pay_the_bill() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let key = gateway.create_key("treasury", None);
    let send = |kind: &str, channel: &str, text: String| {
        let url = format!("{}/v1/statements/{kind}?channel={channel}", gateway.public());
        let call = Call::new(hyper::Method::POST, url).key(&key).body(text);
        call.header("content-type", "text/csv").send().expect(200).json()
    };
    let bills: Vec<_> = (0..PAIRS).map(|_| kws.bills(&Order::hells_gate(1))).collect();
    for (pair, bill) in bills.iter().enumerate() {
        let row = format!("FT26324PAIR{pair}");
        let told = together(2, |number| {
            if number == 0 {
                let heading = "Date,Reference,Narration,Amount";
                send(
                    "bank",
                    "bank.kcb",
                    format!("{heading}\n2026-11-20,{row},CASH DEPOSIT,{}\n", bill.amount()),
                )
            } else {
                let heading = "Bank,Slip Number,Amount,Date,Payment Number";
                let slip = format!("kcb,{row},{},2026-11-20,{}", bill.amount(), bill.number);
                send("slips", "bank_slip.kcb", format!("{heading}\n{slip}\n"))
            }
        });
        for answer in told {
            assert_eq!(answer["differ"], json!([]), "neither says anything against the other");
        }
        kws.sees(bill, "paid");
    }
    let books = gateway.books();
    assert_eq!(books.balance(BANK_ACCOUNT), 50_000 * i64::try_from(PAIRS).unwrap());
    assert_eq!(books.balance("2100.suspense"), 0);
    assert!(books.events("payment_quarantined").is_empty());
    books.expect_balanced();
}

#[test]
fn a_row_without_the_name_of_its_attempt_pays_the_bill_once_its_provider_says_which_it_is() {
    let gateway = Gateway::demo().speed(40).start();
    let (airtel, kws) = (gateway.airtel(), gateway.agency("kws"));
    gateway.operator_says("mpesa_paybill", "start");
    gateway.operator_says("mpesa_prompt", "start");
    airtel.breaks(&json!({"callbacks_lost": true, "query_down": true}));
    let bill = kws.bills(&Order::hells_gate(1));
    let body = json!({"method": "airtel_money", "phone": "0733000001"});
    let call = kws.post(&format!("/v1/bills/{}/attempts", bill.id), &body);
    let attempt = call.idempotency_key(&fresh_key()).send().expect(202).json();
    let id = attempt["id"].as_str().unwrap();
    eventually("the money moves", || (airtel.statement().matches("Charge").count() == 1).then_some(()));
    // Somebody has emptied the column.
    let statement = airtel.statement();
    let emptied = statement.replace(id.trim_start_matches("att_"), "");
    assert_ne!(emptied, statement);
    assert_eq!(taken(&gateway.imports("airtel_money", &emptied, &[]).expect(0)), [1, 1, 0, 0]);
    assert_eq!(kws.looks_at(&bill)["status"], "unpaid");
    assert_eq!(gateway.books().balance("2100.suspense"), -50_000);

    airtel.breaks(&json!({}));
    kws.sees_attempt(id, "succeeded");
    assert_eq!(kws.looks_at(&bill)["status"], "paid");
    for file in [&emptied, &statement] {
        assert_eq!(taken(&gateway.imports("airtel_money", file, &[]).expect(0)), [1, 0, 1, 0]);
    }
    let books = gateway.books();
    assert_eq!(books.balance("2100.suspense"), 0);
    assert_eq!(books.balance("1000.airtel.900900"), 50_000);
    assert!(books.events("payment_quarantined").is_empty());
    books.expect_balanced();
}
