//! What an agency's people do about provisional passes, on pages and on the command line: they see what is open, settled and ended,
//! put money to a pass by the code that a payer shows, and have tour operators pay for many passes with one bill.

use serde_json::{Value, json};

use super::views_have_everything;
use crate::harness::{
    Agency, Bill, Finished, GateDevice, Gateway, Page, Payment, SignedIn, eventually, fresh_key, get, malipo,
    run, try_to_issue,
};

const PARK: &str = "kws-lake-nakuru-entry";

/// A gate whose guard has issued passes of one child of Kenya each, and which the gateway has heard of.
pub(crate) struct Issued {
    pub(crate) gate: GateDevice,
    /// The payment numbers: two that the payers pay themselves, two of the operator.
    pub(crate) numbers: Vec<String>,
    pub(crate) operator: String,
}

impl Issued {
    pub(crate) fn new(gateway: &Gateway) -> Self {
        let kws = gateway.agency("kws");
        let operator = kws.post("/v1/gates/operators", &json!({"name": "Savanna Tours"}));
        let operator = operator.idempotency_key(&fresh_key()).send().expect(201).json()["code"].clone();
        let operator = operator.as_str().unwrap().to_owned();
        let mut gate = GateDevice::enrol(gateway, "Elsa Gate");
        gate.prepares();
        gate.start();
        let by_operator = format!("settlement=operator&operator={operator}");
        for (at, settlement) in
            ["settlement=later", "settlement=exit", &by_operator, &by_operator].iter().enumerate()
        {
            let form = format!("wish=d{at}d{at}&n.kenya_resident.child=1&{settlement}");
            try_to_issue(&gate.url(), PARK, &form).expect("its page answers").expect("there is a pass");
        }
        let numbers =
            gate.passes().iter().map(|pass| format!("{:012}", pass["bill"].as_u64().unwrap())).collect();
        gate.stop();
        gate.start();
        eventually("it is told", || gate.page("en").contains(", 0 not yet told").then_some(()));
        views_have_everything(gateway);
        Self { gate, numbers, operator }
    }
}

/// Money that came under a wrong last digit of this number.
pub(crate) fn slipped(gateway: &Gateway, kws: &Agency, number: &str) -> Payment {
    let bill = kws.get(&format!("/v1/bills?payment_number={number}")).expect(200).json();
    let cents = bill["amount"]["amount"].as_i64().unwrap();
    let last = number[11..].parse::<u8>().unwrap();
    let slip = format!("{}{}", &number[..11], (last + 1) % 10);
    let payment = Payment::of(&format!("{}.{:02}", cents / 100, cents % 100), &slip);
    gateway.safaricom().confirms(&payment).expect_success();
    views_have_everything(gateway);
    payment
}

fn grouped(number: &str) -> String {
    format!("{} {} {}", &number[..4], &number[4..8], &number[8..])
}

fn room(who: &SignedIn) -> Page {
    who.opens("/en/agency/passes")
}

#[test]
fn an_officer_finds_a_pass_puts_money_to_it_and_invoices_an_operator() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let officer = gateway.staff("gate.officer", "agency_officer", Some("kws"));
    room(&officer).says("There are no such passes");
    officer.opens("/en/agency/passes/operators").says("There are no tour operators");
    officer.opens("/en/agency/passes/invoices").says("There are no invoices");
    let Issued { numbers, operator, .. } = Issued::new(&gateway);

    // Open, of a site, of an operator, by its number.
    let list = room(&officer);
    for number in &numbers {
        list.says(&grouped(number));
    }
    list.says("Savanna Tours").says("Elsa Gate");
    let with = |name: &str, value: &str| list.send(&list.form("/agency/passes").with(name, value));
    let counts = |page: &Page| numbers.iter().filter(|number| page.text().contains(&grouped(number))).count();
    assert_eq!(counts(&with("state", "unpaid")), 4);
    assert_eq!(counts(&with("state", "paid")) + counts(&with("state", "ended")), 0);
    assert_eq!((counts(&with("site", "Hells-Gate")), counts(&with("site", "nairobi"))), (4, 0));
    assert_eq!(counts(&with("operator", &operator.to_lowercase())), 2);
    assert_eq!(with("state", "lost").status, 422);
    let one = with("number", &grouped(&numbers[0]));
    one.says("Still to pay")
        .says("Nothing has come for it")
        .says("Elsa Gate, hells-gate")
        .says("As the gate asked");

    // The payer has a code.
    let slip = slipped(&gateway, &kws, &numbers[0]);
    let claims = |page: &Page, code: &str| page.send(&page.form(&numbers[0]).with("code", code));
    let wrong = claims(&one, "?!");
    assert_eq!(wrong.status, 422);
    wrong.says("letters and digits");
    let unknown = claims(&one, "TKE9999999");
    assert_eq!(unknown.status, 409);
    unknown.says("No payment with this code waits");
    let settled = claims(&one, &slip.receipt.to_lowercase());
    settled.says("Paid").says(&slip.receipt).says("Put to it from suspense");
    assert!(!settled.text().contains("Put the money to this pass"), "there is nothing more to claim");
    settled.follow_to("/en/receipts/").says("Payment received");
    gateway.books().expect_balanced();
    assert_eq!(gateway.books().balance("2100.suspense"), 0);

    // The operator's two are on one bill.
    let operators = officer.opens("/en/agency/passes/operators");
    operators.says("Savanna Tours").says(&operator).says("On no invoice 2");
    let form = operators.form("/agency/passes/operators");
    let invoice = operators.send(&form);
    invoice
        .says("Invoice: Savanna Tours")
        .says(&grouped(&numbers[2]))
        .says(&grouped(&numbers[3]))
        .says("Unpaid");
    assert_eq!(operators.send(&form).text(), invoice.text(), "one wish, one bill");
    let none = operators.send(&form.clone().with("wish", &"a".repeat(32)));
    assert_eq!(none.status, 409);
    none.says("can be put on an invoice");
    let nobodys = operators.send(&form.with("wish", &"b".repeat(32)).with("operator", "OP-NOBODY"));
    assert_eq!(nobodys.status, 404);
    views_have_everything(&gateway);
    let made = officer.opens("/en/agency/passes/invoices");
    made.says("Savanna Tours").says("Unpaid");
    let number = kws.get("/v1/gates/invoices").expect(200).json()["data"][0]["payment_number"].clone();
    let number = number.as_str().unwrap().to_owned();
    let amount =
        kws.get(&format!("/v1/bills?payment_number={number}")).expect(200).json()["amount"]["amount"].clone();
    let cents = amount.as_i64().unwrap();
    let payment = Payment::of(&format!("{}.{:02}", cents / 100, cents % 100), &number);
    gateway.safaricom().confirms(&payment).expect_success();
    views_have_everything(&gateway);
    officer.opens(&format!("/en/agency/passes/invoices/{number}")).says("Paid").says("Passes 2");
    officer
        .opens(&format!("/en/agency/passes/{}", numbers[2]))
        .says("On an invoice: paid")
        .says(&format!("on the invoice {}", grouped(&number)));
    assert_eq!(counts(&room(&officer).follow("Tour operators").follow_to("/passes?operator=")), 2);
    assert_eq!(counts(&officer.opens("/en/agency/passes?state=paid")), 3);

    others_look_and_strangers_find_nothing(&gateway, &numbers, &number);
}

/// The office sees the same and changes nothing; another agency's people are told that there is no such thing.
fn others_look_and_strangers_find_nothing(gateway: &Gateway, numbers: &[String], invoice: &str) {
    let pass = format!("/en/agency/passes/{}", numbers[1]);
    let office = gateway.staff("head.office", "agency_viewer", Some("kws"));
    let seen = office.opens(&pass);
    seen.says("Nothing has come for it").follow("Everything about the bill").says("Everything that happened");
    assert!(!seen.text().contains("Put the money to this pass"));
    assert!(!office.opens("/en/agency/passes/operators").html.contains("name=\"operator\""));
    office.posts(&pass, "code=TKE1234567").expect(403);
    office.posts("/en/agency/passes/operators", "operator=OP-ABCDEF").expect(403);
    let treasury = gateway.staff("hazina", "treasury", None);
    treasury.opens("/en/agency/passes").says("Choose an agency");
    treasury.opens(&pass).says("Elsa Gate");
    let stranger = gateway.staff("kra.officer", "agency_officer", Some("kra"));
    room(&stranger).says("There are no such passes");
    for path in [pass.clone(), format!("/en/agency/passes/invoices/{invoice}")] {
        stranger.gets(&path).expect(404);
    }
    stranger.posts(&pass, "code=TKE1234567").expect(404);
    let guard = gateway.staff("main-gate", "agency_gate", Some("kws"));
    guard.gets("/en/agency/passes").expect(403);
}

#[test]
fn the_same_is_done_on_the_command_line() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let Issued { numbers, operator, .. } = Issued::new(&gateway);
    let gate = |arguments: &[&str]| -> Finished {
        let mut command = malipo(["gate"]);
        run(command.args(arguments).arg("--data").arg(gateway.data()))
    };
    let listed = gate(&["passes", "--state", "unpaid", "--site", "hells-gate"]).expect(0).stdout;
    assert!(numbers.iter().all(|number| listed.contains(number)), "{listed}");
    let of_operator = gate(&["passes", "--operator", &operator, "--limit", "1", "--json"]).expect(0).stdout;
    let page: Value = serde_json::from_str(&of_operator).unwrap();
    assert_eq!((page["data"].as_array().unwrap().len(), &page["has_more"]), (1, &json!(true)));
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = gate(&["passes", "--operator", &operator, "--cursor", cursor, "--json"]).expect(0).stdout;
    assert_eq!(serde_json::from_str::<Value>(&rest).unwrap()["data"].as_array().unwrap().len(), 1);
    gate(&["passes", "--state", "lost"]).expect(2);

    let slip = slipped(&gateway, &kws, &numbers[0]);
    let unknown = gate(&["claim", &numbers[0], "TKE9999999"]).expect(1);
    assert!(unknown.stderr.contains("does not wait for a bill"), "{}", unknown.stderr);
    let no_code = gate(&["claim", &numbers[0], "?"]).expect(1);
    assert!(no_code.stderr.contains("/channel_receipt: It is the code"), "{}", no_code.stderr);
    let claimed = gate(&["claim", &grouped(&numbers[0]), &slip.receipt]).expect(0).stdout;
    assert!(claimed.contains("It is paid; KES 0.00 is due."), "{claimed}");

    let operators = gate(&["operators"]).expect(0).stdout;
    assert!(operators.contains(&operator) && operators.contains("Savanna Tours"), "{operators}");
    let made = gate(&["invoice", &operator]).expect(0).stdout;
    assert!(made.contains("for 2 passes"), "{made}");
    gate(&["invoice", &operator]).expect(1);
    views_have_everything(&gateway);
    let invoices = gate(&["invoices", "--operator", &operator, "--json"]).expect(0).stdout;
    let invoices: Value = serde_json::from_str(&invoices).unwrap();
    let number = invoices["data"][0]["payment_number"].as_str().unwrap();
    assert!(made.contains(number) && gate(&["invoices"]).expect(0).stdout.contains(number), "{made}");
    assert!(gate(&["passes", "--invoice", number]).expect(0).stdout.contains("invoiced (unpaid)"));
    run(malipo(["gate", "passes", "--api", "http://127.0.0.1:9", "--data"]).arg(gateway.data())).expect(69);
}

#[test]
fn a_pass_names_the_first_way_that_could_be_used_when_it_was_issued() {
    let mut gateway = Gateway::demo().start();
    let mut elsa = GateDevice::enrol(&gateway, "Elsa Gate");
    let form = |wish: &str| format!("wish={wish}&n.kenya_resident.child=1&settlement=later");
    let printed = |gate: &GateDevice, number: u64| {
        get(format!("{}/en/pass/{number}", gate.url())).send().expect(200).text()
    };
    elsa.prepares();
    elsa.start();
    try_to_issue(&elsa.url(), PARK, &form("aa01")).unwrap().unwrap();
    let first = printed(&elsa, 1);
    assert!(first.contains("business number 222222") && !first.contains("600000"), "{first}");

    gateway.operator_says("mpesa_paybill", "start");
    elsa.stop();
    elsa.start();
    eventually("the pack says that the paybill is down", || {
        let pack = std::fs::read_to_string(elsa.folder().join("pack.note")).ok()?;
        pack.contains("\"state\":\"down\"").then_some(())
    });
    gateway.kill();
    try_to_issue(&elsa.url(), PARK, &form("aa02")).unwrap().unwrap();
    let second = printed(&elsa, 2);
    let paybill = second.find("222222").expect("the paybill is named for later");
    let till = second.find("600000").expect("the first way of the plan is named");
    assert!(till < paybill && second.contains("when the paybill works again"), "{second}");
}

#[test]
fn at_the_exit_a_pass_that_was_paid_since_is_paid_by_the_next_list() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let Issued { mut gate, numbers, .. } = Issued::new(&gateway);
    let says = |gate: &GateDevice, said: [&str; 2]| {
        for (language, said) in ["en", "sw"].iter().zip(said) {
            let page = gate.says_of(language, &grouped(&numbers[1]));
            assert!(page.contains(said), "{said}: {page}");
        }
    };
    says(&gate, ["to be paid, as far as the list of", "za kulipwa, kwa kadiri ya orodha ya"]);

    let bill = Bill::read(kws.get(&format!("/v1/bills?payment_number={}", numbers[1])).expect(200).json());
    gateway.safaricom().confirms(&Payment::of_bill(&bill)).expect_success();
    kws.sees(&bill, "paid");
    views_have_everything(&gateway);
    gate.stop();
    gate.start();
    eventually("the next list has it as paid", || {
        let pack = std::fs::read_to_string(gate.folder().join("pack.note")).ok()?;
        pack.contains("\"is_paid\":true").then_some(())
    });
    says(&gate, [": paid", ": imelipwa"]);
    for language in ["en", "sw"] {
        let page = gate.says_of(language, &grouped(&numbers[0]));
        assert!(!page.contains(": paid") && !page.contains(": imelipwa"), "another is not: {page}");
    }
}
