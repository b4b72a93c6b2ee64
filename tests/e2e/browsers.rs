//! What only a real browser sees: pages that everybody can use, on a small screen and a large one, and figures that move by
//! themselves.

use std::time::Instant;

use serde_json::{Value, json};

use crate::harness::{Browser, Gateway, Order, Payment, SignedIn, eventually};

/// The most that a page of citizens may weigh with everything that it loads.
const CITIZENS_PAGE_BYTES_MAX: u64 = 50 * 1024;

/// What a browser found on these pages that it should not find. Every page is looked at on a telephone and on a desk.
fn wrong(gateway: &Gateway, who: Option<&SignedIn>, paths: &[String], bytes_max: u64) -> Vec<String> {
    let pictures = std::env::var("E2E_PICTURES").ok();
    let asked = json!({
        "origin": gateway.public(),
        "cookie": who.map(cookie),
        "paths": paths,
        "pictures": pictures,
    });
    let seen = Browser::start("look.mjs", &asked).leads_to_the_end();
    assert_eq!(seen.len(), 2 * paths.len(), "every page was looked at twice");
    let heaviest = seen.iter().filter_map(|page| page["bytes"].as_u64()).max();
    eprintln!("{} pages looked at on two screens, the heaviest has {heaviest:?} bytes", paths.len());
    seen.iter().filter(|page| !is_well(page, bytes_max)).map(Value::to_string).collect()
}

fn is_well(page: &Value, bytes_max: u64) -> bool {
    let is_empty = |list: &str| page[list].as_array().is_some_and(Vec::is_empty);
    page["wide"].as_u64() <= page["width"].as_u64()
        && page["bytes"].as_u64().is_some_and(|bytes| bytes <= bytes_max)
        && is_empty("violations")
        && is_empty("elsewhere")
}

fn cookie(who: &SignedIn) -> Value {
    let (name, value) = who.cookie.split_once('=').expect("a cookie has a name and a value");
    json!({"name": name, "value": value})
}

/// The pages in both languages.
fn in_both(paths: &[&str]) -> Vec<String> {
    paths.iter().flat_map(|path| ["en", "sw"].map(|language| path.replace("{lang}", language))).collect()
}

#[test]
fn every_page_of_citizens_can_be_used_by_everybody_on_any_screen() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let unpaid = kws.bills(&Order::hells_gate(1));
    let paid = kws.bills(&Order::hells_gate(2));
    gateway.safaricom().confirms(&Payment::of_bill(&paid)).expect_success();
    let paid = kws.sees(&paid, "paid");
    let receipt = paid["payments"][0]["receipt_number"].as_str().unwrap().to_owned();
    let mut paths = in_both(&[
        "/{lang}/",
        "/{lang}/services?q=park",
        "/{lang}/services?q=zzqq",
        "/{lang}/services?q=passprt",
        "/{lang}/services/kws-amboseli-entry",
        "/{lang}/services/passport-application",
        "/{lang}/services/kra-prn-payment",
        "/{lang}/services/police-misconduct-complaint",
        "/{lang}/services/none",
        "/{lang}/services/kws-amboseli-entry/start",
        "/{lang}/services/kws-amboseli-entry/start?non_resident.adult=x",
        "/{lang}/services/passport-application/start",
        "/{lang}/services/kws-amboseli-entry/check?non_resident.adult=2&non_resident.child=1",
        "/{lang}/agencies?letter=K",
        "/{lang}/find-payment",
        "/{lang}/track",
        "/{lang}/status",
        "/{lang}/errors/amount_above_channel_limit",
        "/{lang}/staff/sign-in",
        "/{lang}/staff/set-up",
        &format!("/{{lang}}/bills/{}", unpaid.id),
        &format!("/{{lang}}/bills/{}", paid["id"].as_str().unwrap()),
        &format!("/{{lang}}/receipts/{receipt}"),
    ]);
    paths.extend(["/demo/phone", "/demo/staff", "/demo/sms"].map(str::to_owned));
    let wrong = wrong(&gateway, None, &paths, CITIZENS_PAGE_BYTES_MAX);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_pages_of_an_outage_can_be_used_by_everybody_on_any_screen() {
    let gateway = Gateway::demo().start();
    let of_kra = gateway.agency("kra").bills(&Order::assessment(1_200, "2027000123456"));
    let of_kws = gateway.agency("kws").bills(&Order::hells_gate(1));
    let of_ntsa = gateway.agency("NTSA").bills(&Order::of("motor-vehicle-search", &json!({})));
    let page = |bill: &crate::harness::Bill| format!("/{{lang}}/bills/{}", bill.id);
    gateway.operator_says("mpesa_paybill", "drill");
    let mut paths = in_both(&[&page(&of_kws)]);
    let mut all = wrong(&gateway, None, &paths, CITIZENS_PAGE_BYTES_MAX);
    gateway.operator_says("mpesa_paybill", "start");
    paths = in_both(&[&page(&of_kra), "/{lang}/services/kws-hells-gate-entry"]);
    all.extend(wrong(&gateway, None, &paths, CITIZENS_PAGE_BYTES_MAX));
    gateway.operator_says("mpesa_prompt", "start");
    paths = in_both(&[&page(&of_ntsa)]);
    all.extend(wrong(&gateway, None, &paths, CITIZENS_PAGE_BYTES_MAX));
    assert!(all.is_empty(), "{all:#?}");
}

#[test]
fn every_page_of_staff_and_of_developers_can_be_used_by_everybody_on_any_screen() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let paid = kws.bills(&Order::hells_gate(2));
    gateway.safaricom().confirms(&Payment::of_bill(&paid)).expect_success();
    gateway.safaricom().confirms(&Payment::of("70.00", "SCHOOL FEES")).expect_success();
    kws.sees(&paid, "paid");
    eventually("the views have everything", || {
        (gateway.metric("malipo_views_lag_records") == 0).then_some(())
    });
    let of_agency = in_both(&[
        "/{lang}/agency/",
        "/{lang}/agency/live",
        "/{lang}/agency/transactions",
        "/{lang}/agency/transactions?amount=x",
        &format!("/{{lang}}/agency/bills/{}", paid.number),
    ]);
    let of_gate = in_both(&["/{lang}/gate"]);
    let of_treasury = in_both(&["/{lang}/treasury/live", "/{lang}/agency/", "/{lang}/agency/?agency=KWS"]);
    let mut all = Vec::new();
    for (role, agency, paths) in [
        ("agency_viewer", Some("kws"), of_agency),
        ("agency_gate", Some("kws"), of_gate),
        ("treasury", None, of_treasury),
    ] {
        let person = gateway.staff(&format!("person.{}", role.replace('_', "-")), role, agency);
        all.extend(wrong(&gateway, Some(&person), &paths, 100 * 1024));
    }
    let for_developers = ["/docs", "/docs/bill_create", "/docs/bill_list", "/docs/alerts"].map(str::to_owned);
    all.extend(wrong(&gateway, None, &for_developers, 100 * 1024));
    assert!(all.is_empty(), "{all:#?}");
}

#[test]
fn the_treasury_sees_a_payment_at_once_can_pause_and_is_told_when_the_feed_is_lost() {
    let mut gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let treasury = gateway.staff("person.treasury", "treasury", None);
    // Without a script the page says the same, and is asked again.
    let plain = treasury.opens("/en/treasury/live");
    plain.says("Collected today").says("KES 0.00");

    let origin = gateway.public();
    let asked =
        json!({"origin": origin, "url": format!("{origin}/en/treasury/live"), "cookie": cookie(&treasury)});
    let mut browser = Browser::start("watch.mjs", &asked);
    assert_eq!(browser.hears().unwrap()["shown"], "KES 0.00");
    let pay = |adults| {
        let bill = kws.bills(&Order::hells_gate(adults));
        gateway.safaricom().confirms(&Payment::of_bill(&bill)).expect_success();
    };
    pay(1);
    let paid = Instant::now();
    assert_eq!(browser.hears().unwrap()["shown"], "KES 500.00");
    eprintln!("the page showed a payment {} ms after it was acknowledged", paid.elapsed().as_millis());

    assert_eq!(browser.hears().unwrap()["paused"], "true");
    pay(2);
    browser.tell(&json!("paid"));
    assert_eq!(browser.hears().unwrap()["shown"], "KES 500.00", "nothing moves while it is paused");
    assert_eq!(browser.hears().unwrap()["shown"], "KES 1,500.00");

    gateway.kill();
    let cut = Instant::now();
    let said = browser.hears().unwrap();
    eprintln!("the page said that the feed is lost {} ms after it was cut", cut.elapsed().as_millis());
    assert!(said["stale"].as_str().unwrap().starts_with("The live feed is lost."), "{said}");
    browser.leads_to_the_end();
}
