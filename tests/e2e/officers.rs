//! The room for applications: officers report one by one, together and by the file; others look; and an agency that has left
//! the catalogue keeps its rows.

use hyper::Method;
use serde_json::{Value, json};

use crate::harness::{Bill, Call, Gateway, Order, Payment, SignedIn, eventually};

/// Certificates that are paid for.
fn paid_bills(gateway: &Gateway, count: usize) -> Vec<Bill> {
    let dci = gateway.agency("dci");
    let bills: Vec<_> =
        (0..count).map(|_| dci.bills(&Order::of("police-clearance-certificate", &json!({})))).collect();
    for bill in &bills {
        gateway.safaricom().confirms(&Payment::of_bill(bill)).expect_success();
    }
    bills
}

fn grouped(bill: &Bill) -> String {
    format!("{} {} {}", &bill.number[..4], &bill.number[4..8], &bill.number[8..])
}

fn caught_up(gateway: &Gateway) {
    eventually("the views have everything", || {
        (gateway.metric("malipo_views_lag_records") == 0).then_some(())
    });
}

fn page_of(bill: &Bill) -> String {
    format!("/en/agency/applications/{}", bill.number)
}

#[test]
fn an_officer_reports_one_by_one_together_and_by_the_file() {
    let gateway = Gateway::demo().start();
    let bills = paid_bills(&gateway, 4);
    let officer = gateway.staff("an.officer", "agency_officer", Some("dci"));

    // One that nothing was reported on yet is opened by its number.
    let room = officer.opens("/en/agency/applications");
    room.says("There are no applications");
    let opened = room.send(&room.form("/agency/applications").with("number", &grouped(&bills[0])));
    opened.says("Paid").says("On time").says("Promised by").says("We have it");
    assert_eq!(opened.address, page_of(&bills[0]));
    let asked = opened.form("/applications/").with("status", "query_raised");
    let without = opened.send(&asked);
    assert_eq!(without.status, 422);
    without.says("There is a problem").says("Choose what the question is about");
    let asked = opened.send(&asked.with("reason", "photo"));
    asked.says("The agency has a question").says("the photograph cannot be used");
    let wrong =
        asked.send(&asked.form("/applications/").with("status", "ready").with("centre", "0712345678"));
    wrong.says("Centre must be the name of a place");
    assert!(!wrong.html.contains("0712345678"), "what is no place is not said again");
    let follows_not = asked.send(&asked.form("/applications/").with("status", "collected"));
    assert_eq!(follows_not.status, 409);
    follows_not.says("This does not follow");
    assert_eq!(gateway.books().events("application").len(), 1);

    // A file: every line that is wrong is named, and nothing is taken.
    let file = format!(
        "payment_number,status,centre,reason\n{},at_agency,,\n12,ready,Nyeri,\n{},collected,,\n",
        bills[1].number, bills[2].number
    );
    let sends = |text: &str| officer.uploads("/en/agency/applications/file", &officer.token, text).send();
    assert!(sends(&file).expect(422).text().contains("Line 3: payment_number is no payment number"));
    let refused = sends(&file.replace("12,ready,Nyeri,\n", "")).expect(422).text();
    assert!(refused.contains("Line 3: This does not follow") && !refused.contains("Line 2"), "{refused}");
    assert!(sends("").expect(422).text().contains("Choose a file"));
    assert!(sends("number\n1\n").expect(422).text().contains("The heading has no column payment_number"));
    assert_eq!(gateway.books().events("application").len(), 1);
    let rows: String = bills[1..].iter().map(|bill| format!("{},at_agency\n", bill.number)).collect();
    assert!(
        sends(&format!("payment_number,status\n{rows}"))
            .expect(200)
            .text()
            .contains("3 reports were recorded.")
    );
    // Another site's form has no token.
    let forged = officer.uploads("/en/agency/applications/file", "", "payment_number,status\n").send();
    assert_eq!(forged.status, 403);

    // Those that were chosen are ready together.
    caught_up(&gateway);
    let list = officer.opens("/en/agency/applications?state=at_agency");
    for bill in &bills[1..] {
        list.says(&grouped(bill));
    }
    assert!(!list.text().contains(&grouped(&bills[0])));
    let none = list.send(&list.form("/applications/ready"));
    none.says("Nothing was recorded").says("Choose at least one").says("Enter the centre");
    let chosen = list.form("/applications/ready").with("centre", "Huduma Centre Nyeri");
    let chosen =
        chosen.with(&format!("n{}", bills[1].number), "on").with(&format!("n{}", bills[2].number), "on");
    list.send(&chosen).says("2 reports were recorded.");
    officer.opens(&page_of(&bills[1])).says("Ready at Huduma Centre Nyeri").says("It was collected");

    // What waits, for everybody who sees the agency's rows; nobody else reports.
    caught_up(&gateway);
    let viewer = gateway.staff("an.office", "agency_viewer", Some("dci"));
    let waits = viewer.opens("/en/agency/applications").follow("Uncollected documents");
    waits.says("Huduma Centre Nyeri 2 0 days 2 0 0 0");
    waits.follow("Kiswahili").says("Hati zisizochukuliwa").says("siku 0");
    let one = viewer.opens(&page_of(&bills[1]));
    assert!(!one.html.contains("name=\"status\""), "who looks has no forms");
    one.follow("The bill and its payments").says("Money arrived");
    viewer.posts(&page_of(&bills[1]), "status=collected").expect(403);
    assert_eq!(officer.opens("/en/agency/transactions").status, 403, "officers see no money");
    let stranger = gateway.staff("other.officer", "agency_officer", Some("kra"));
    assert_eq!(stranger.opens(&page_of(&bills[1])).status, 404);
    stranger.opens("/en/agency/applications").says("There are no applications");
    files_add_up(&viewer);
}

fn files_add_up(viewer: &SignedIn) {
    let text = viewer.gets("/en/agency/applications/uncollected.csv").expect(200).text();
    let lines: Vec<_> = text.trim_start_matches('\u{feff}').split("\r\n").collect();
    assert!(lines[0].starts_with("agency,centre,uncollected,oldest_days,up_to_7_days,"), "{text}");
    assert_eq!(lines[1..3], ["DCI,Huduma Centre Nyeri,2,0,2,0,0,0", "CONTROL,1,2"]);
    let text = viewer.gets("/sw/agency/applications/promises.csv").expect(200).text();
    assert!(text.contains("\r\nDCI,police-clearance-certificate,"), "{text}");
    assert!(text.ends_with(",2,2,\r\nCONTROL,1,2,2\r\n"), "{text}");
    viewer.opens("/en/agency/applications/promises").says("Not enough data");
    for table in ["uncollected", "promises"] {
        let workbook = viewer.gets(&format!("/en/agency/applications/{table}.xlsx")).expect(200);
        assert_eq!(workbook.body[..2], *b"PK");
    }
}

#[test]
fn an_agency_that_left_the_catalogue_keeps_its_rows() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("catalogue.json");
    let embedded: Value = serde_json::from_slice(&catalog::Catalogue::embedded().to_json()).unwrap();
    std::fs::write(&file, embedded.to_string()).unwrap();
    let gateway = Gateway::demo().set("catalogue.file", file.to_str().unwrap()).start();
    let bill = paid_bills(&gateway, 1).remove(0);
    let (office, treasury) = (
        gateway.staff("an.office", "agency_viewer", Some("dci")),
        gateway.staff("the.treasury", "treasury", None),
    );
    let mut without = embedded.clone();
    let leave = |list: &mut Value, field: &str| {
        list.as_array_mut().unwrap().retain(|row| row[field] != "DCI");
    };
    leave(&mut without["services"], "agency");
    leave(&mut without["agencies"], "code");
    std::fs::write(&file, without.to_string()).unwrap();
    let reload = |admin: &str| Call::new(Method::POST, format!("{admin}/admin/catalogue/reload"));
    assert_eq!(gateway.operator(reload).expect(200).json()["outcome"], "in_force");
    caught_up(&gateway);

    let chosen = treasury.opens("/en/agency/transactions").follow("DCI");
    chosen.says("1 payment, ").follow(&grouped(&bill)).says("Money arrived");
    treasury.opens("/en/agency/?agency=DCI").says("1 payment");
    treasury.gets("/en/agency/transactions.csv?agency=DCI").expect(200);
    office.opens("/en/agency/transactions").says("1 payment, ");
    assert_eq!(treasury.opens("/en/agency/?agency=NOBODY").status, 404);
    assert_eq!(office.opens("/en/agency/?agency=KRA").status, 404);
}
