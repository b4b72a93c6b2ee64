//! Tour operators: their lists and invoices, also of invoices that nobody pays.

use gateway::gates::pass::Settlement;
use serde_json::{Value, json};

use super::settled::{Device, bill_of, outcomes, price};
use super::views_have_everything;
use crate::harness::{Agency, Answer, Bill, Gateway, Payment, fresh_key};

fn named(kws: &Agency, name: &str) -> String {
    let wish = json!({"name": name});
    let made = kws.post("/v1/gates/operators", &wish).idempotency_key(&fresh_key()).send().expect(201);
    made.json()["code"].as_str().unwrap().to_owned()
}

fn invoice(kws: &Agency, code: &str) -> Answer {
    let path = format!("/v1/gates/operators/{code}/invoice");
    kws.post(&path, &json!({})).idempotency_key(&fresh_key()).send()
}

fn the_bill(kws: &Agency, invoice: &Value) -> Bill {
    Bill::read(kws.get(&format!("/v1/bills/{}", invoice["id"].as_str().unwrap())).expect(200).json())
}

/// What is still to be paid on the account of an operator, as the list of passes has it: numbers, states and invoices.
fn unpaid(gateway: &Gateway, kws: &Agency, code: &str) -> Vec<[Value; 3]> {
    views_have_everything(gateway);
    let page = kws.get(&format!("/v1/gates/passes?state=unpaid&operator={code}")).expect(200).json();
    let fields = |row: &Value| ["payment_number", "state", "invoice_state"].map(|name| row[name].clone());
    page["data"].as_array().unwrap().iter().map(fields).collect()
}

#[test]
fn passes_of_an_invoice_that_ended_unpaid_are_asked_for_again_and_late_money_lands_once() {
    let mut gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let (_, minor) = price(&kws);
    let code = named(&kws, "Savanna Tours");
    let mut device = Device::enrol(&gateway, "Elsa Gate");
    let on_account: Vec<_> =
        (0..3).map(|_| device.writes(minor, Settlement::Operator(code.clone()))).collect();
    let batch = device.batch(&on_account);
    assert_eq!(outcomes(&device.brings(&batch).expect(201)), ["issued"; 3]);
    assert_eq!(bill_of(&kws, &on_account[0]).json["agency_reference"], code.as_str());
    let account = |gateway: &Gateway| {
        let listed = gateway.agency("kws").get("/v1/gates/operators").expect(200).json();
        let known = &listed["data"][0];
        ["passes", "owed", "in_packs"].map(|name| known[name].clone())
    };
    assert_eq!(account(&gateway), [json!(3), json!(3), json!(true)]);

    let first = invoice(&kws, &code).expect(201).json();
    assert_eq!((first["passes"].as_array().unwrap().len(), &first["passes_left"]), (3, &json!(0)));
    assert_eq!(account(&gateway), [json!(0), json!(3), json!(true)]);
    let invoiced = unpaid(&gateway, &kws, &code);
    assert!(invoiced.iter().all(|[_, state, paying]| state == "invoiced" && paying == "unpaid"));
    let ended = the_bill(&kws, &first);
    kws.cancels(&ended);
    gateway.kill();
    gateway.start_again();
    assert_eq!(account(&gateway), [json!(3), json!(3), json!(true)]);
    let again = unpaid(&gateway, &kws, &code);
    assert_eq!(again.len(), 3);
    assert!(again.iter().all(|[_, state, paying]| state == "unpaid" && paying == "cancelled"), "{again:?}");

    let second = invoice(&kws, &code).expect(201).json();
    assert_eq!((&second["passes"], &second["amount"]), (&first["passes"], &first["amount"]));
    assert_eq!(invoice(&kws, &code).expect(409).problem(), "conflict", "each pass is on one");
    // Somebody pays the first all the same, and Safaricom says so twice.
    let late = Payment::of_bill(&ended);
    for _ in 0..2 {
        gateway.safaricom().confirms(&late).expect_success();
    }
    let due = the_bill(&kws, &second);
    gateway.safaricom().confirms(&Payment::of_bill(&due)).expect_success();
    kws.sees(&due, "paid");
    assert_eq!(account(&gateway), [json!(0), json!(0), json!(true)]);
    assert_eq!(unpaid(&gateway, &kws, &code), Vec::<[Value; 3]>::new());
    let books = gateway.books();
    books.expect_balanced();
    assert_eq!(books.balance("2140.late").abs(), 3 * minor, "to be given back");
    assert_eq!(books.balance("2000.kws.kws-hells-gate-entry").abs(), 3 * minor, "each pass is paid once");
}

#[test]
fn lists_of_operators_and_passes_come_in_pages_and_strange_questions_are_refused() {
    let gateway = Gateway::demo().start();
    let (kws, kra) = (gateway.agency("kws"), gateway.agency("kra"));
    let mut codes: Vec<_> = ["Savanna", "Rift", "Coast"].map(|name| named(&kws, name)).to_vec();
    named(&kra, "Another agency's");
    codes.sort();
    let page = |query: &str| kws.get(&format!("/v1/gates/operators?limit=2{query}")).expect(200).json();
    let codes_of = |page: &Value| -> Vec<_> {
        page["data"].as_array().unwrap().iter().map(|row| row["code"].as_str().unwrap().to_owned()).collect()
    };
    let first = page("");
    assert_eq!((codes_of(&first), &first["has_more"]), (codes[..2].to_vec(), &json!(true)));
    let rest = page(&format!("&cursor={}", first["next_cursor"].as_str().unwrap()));
    assert_eq!((codes_of(&rest), &rest["has_more"]), (codes[2..].to_vec(), &json!(false)));
    assert!(rest.get("next_cursor").is_none());
    for wrong in [
        "/v1/gates/operators?cursor=savanna",
        "/v1/gates/operators?limit=0",
        "/v1/gates/operators?limit=501",
        "/v1/gates/passes?operator=savanna",
        "/v1/gates/passes?state=lost",
    ] {
        assert_eq!(kws.get(wrong).expect(422).problem(), "validation_failed", "{wrong}");
    }

    let (_, minor) = price(&kws);
    let mut device = Device::enrol(&gateway, "Elsa Gate");
    let settlements = [Settlement::Exit, Settlement::Operator(codes[0].clone()), Settlement::Later];
    let passes = settlements.map(|settlement| device.writes(minor, settlement));
    let batch = device.batch(&passes);
    device.brings(&batch).expect(201);
    views_have_everything(&gateway);
    let listed = kws.get(&format!("/v1/gates/passes?operator={}", codes[0])).expect(200).json();
    let [one] = &listed["data"].as_array().unwrap()[..] else { panic!("{listed}") };
    assert_eq!(one["payment_number"], passes[1].bill.to_string());
    let half = kws.get("/v1/gates/passes?limit=2").expect(200).json();
    assert_eq!((half["data"].as_array().unwrap().len(), &half["has_more"]), (2, &json!(true)));
}
