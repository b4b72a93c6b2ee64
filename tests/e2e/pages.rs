//! Somebody without an account, without scripts, finds a service, answers what it asks, sees what it costs under which
//! law, and pays. In both languages, with links and forms only.

use crate::harness::{Gateway, Order, Page, Payment, eventually, get};

/// The payment number that a page shows.
pub(crate) fn number_on(page: &Page) -> String {
    let digits: String =
        page.text().chars().filter(|letter| letter.is_ascii_digit() || *letter == ' ').collect();
    let words: Vec<_> = digits.split_whitespace().collect();
    let groups = words.windows(3).find(|words| words.iter().all(|word| word.len() == 4));
    groups.expect("a payment number is shown in three groups").concat()
}

#[test]
fn a_guest_finds_a_park_answers_two_questions_and_pays_with_forms_alone() {
    let gateway = Gateway::demo().start();
    let origin = gateway.public();
    let home = Page::open(&origin, "/");
    assert_eq!(home.address, "/en/");
    let found = home.send(&home.form("/en/services").with("q", "amboseli"));
    found.says("Amboseli");
    let service = found.follow("Amboseli National Park");
    service.says("Legal basis:").says("USD 90.00");

    let question = service.follow("Start now");
    question.says("Who enters?");
    let refused = question.send(&question.form("/start"));
    assert_eq!(refused.status, 422);
    refused.says("There is a problem").says("Enter how many people enter");
    let check =
        refused.send(&refused.form("/start").with("non_resident.adult", "2").with("non_resident.child", "1"));
    check.says("Check your answers").says("2 × non-resident").says("USD 225.00").says("Convenience fee");

    let wish = check.form("/bill");
    let bill = check.send(&wish);
    assert!(bill.address.starts_with("/en/bills/bil_"), "{}", bill.address);
    bill.says("Unpaid").says("KES 29,");
    // The button pressed twice makes one bill.
    assert_eq!(check.send(&wish).address, bill.address);

    let number = number_on(&bill);
    let shillings = bill.text().split("Amount: ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    gateway.safaricom().confirms(&Payment::of(&shillings, &number)).expect_success();
    let paid = eventually("the page shows the payment", || {
        let page = Page::open(&origin, &bill.address);
        page.text().contains("This bill is paid").then_some(page)
    });
    let receipt = paid.follow("Receipt ");
    receipt.says("USD 225.00").says("What this receipt proves");
    gateway.books().expect_balanced();
}

#[test]
fn the_same_way_leads_to_a_bill_in_swahili_and_the_switch_keeps_the_answers() {
    let gateway = Gateway::demo().start();
    let origin = gateway.public();
    let found = Page::open(&origin, "/sw/services?q=pasipoti");
    found.says("Pasipoti");
    let service = Page::open(&origin, "/sw/services/passport-application");
    let question = service.follow("Anza sasa");
    let english = question.follow("English");
    assert!(english.address.starts_with("/en/services/"), "{}", english.address);

    let form = question.form("/start");
    let first = question.html.split("type=\"radio\"").nth(1).expect("the passports are choices");
    let code = first.split("value=\"").nth(1).unwrap().split('"').next().unwrap();
    let mut page = question.send(&form.with("variant", code));
    // A second question, about haste, is answered as it stands.
    if page.html.contains("name=\"urgency\"") {
        page = page.send(&page.form("/start"));
    }
    page.says("Utakacholipa").says("Msingi wa kisheria");
    let twin = page.follow("English");
    twin.says("What you will pay");
    let bill = page.send(&page.form("/bill"));
    bill.says("Haijalipwa").says("Nambari ya akaunti");
}

#[test]
fn what_is_assessed_is_copied_from_the_slip_and_stands_in_no_address() {
    let mut gateway = Gateway::demo().start();
    let origin = gateway.public();
    let question = Page::open(&origin, "/en/services/kra-prn-payment/start");
    let wrong = question.send(&question.form("/check").with("reference", "12").with("assessed", "twelve"));
    assert_eq!(wrong.status, 422);
    wrong.says("The amount must be a number");
    let filled = wrong.form("/check").with("reference", "2026 1121 0001 2345").with("assessed", "12,345");
    let check = wrong.send(&filled);
    check.says("KES 12,345.00").says("2026 1121 0001 2345");
    assert!(!check.html.contains("?reference="), "an address with a reference would leak it");
    let bill = check.send(&check.form("/bill"));
    bill.says("KES 12,345.00");
    // Everything that was to be written is written by then.
    gateway.stop();
    assert!(!gateway.log().contains("2026112100012345"));
}

#[test]
fn nothing_found_spelled_wrongly_or_sent_by_strangers_ends_in_a_page_that_helps() {
    let gateway = Gateway::demo().services(2_000).start();
    let origin = gateway.public();
    Page::open(&origin, "/en/services?q=zzzzqqqq").says("No services match").says("All agencies");
    let misspelt = Page::open(&origin, "/en/services?q=driving+lisense");
    misspelt.says("driving licence");
    let many = Page::open(&origin, "/en/services");
    many.says("page 1 of");
    many.follow("Next page").says("page 2 of").follow("Previous page").says("page 1 of");
    Page::open(&origin, "/en/services?page=99999&agency=%3Cscript%3E&county=x").says("page 50 of");
    let agencies = Page::open(&origin, "/en/agencies").follow("K");
    agencies.follow("Kenya Wildlife Service").says("Amboseli");
    assert_eq!(Page::open(&origin, "/en/services/no-such-service").status, 404);
    assert_eq!(Page::open(&origin, "/xx/services").status, 404);

    // A form that nobody was shown: nothing is made of it.
    let before = gateway.books().events("bill_created").len();
    let check = Page::open(&origin, "/en/services/kws-amboseli-entry/check?non_resident.adult=1");
    let page = check.send(&check.form("/bill").with("token", "short"));
    assert_eq!(page.status, 422);
    let page = check.send(&check.form("/bill").with("non_resident.adult", "100000"));
    assert_eq!(page.status, 422);
    page.says("The number must be from 1 to 500");
    // A fee that changed between the page and the button: nobody gets a bill over an amount that was not shown.
    let page = check.send(&check.form("/bill").with("agreed", "USD 80.00"));
    assert_eq!(page.status, 422);
    page.says("The price has changed since you looked").says("USD 90.00");
    assert_eq!(gateway.books().events("bill_created").len(), before);
}

/// What a page may weigh with everything that it loads, in bytes, and how many requests it may take.
const WEIGHT_MAX: usize = 50 * 1024;
const REQUESTS_MAX: usize = 4;

#[test]
fn every_page_is_light_and_loads_nothing_from_elsewhere() {
    let gateway = Gateway::demo().services(2_000).start();
    let origin = gateway.public();
    let kws = gateway.agency("kws");
    let (open, paid) = (kws.bills(&Order::hells_gate(1)), kws.bills(&Order::hells_gate(2)));
    gateway.safaricom().confirms(&Payment::of_bill(&paid)).expect_success();
    let receipt = kws.looks_at(&paid)["payments"][0]["receipt_number"].as_str().unwrap().to_owned();
    let (mut heaviest, mut looked_at) = (0, 0);
    for language in ["en", "sw"] {
        for path in [
            "".to_owned(),
            "services?q=leseni".to_owned(),
            "services".to_owned(),
            "services/kws-amboseli-entry".to_owned(),
            "services/kws-amboseli-entry/start".to_owned(),
            "services/kws-amboseli-entry/check?non_resident.adult=2".to_owned(),
            format!("bills/{}", open.id),
            format!("bills/{}", paid.id),
            format!("receipts/{receipt}"),
            "find-payment".to_owned(),
            "track".to_owned(),
            "agencies".to_owned(),
            "no-such-page".to_owned(),
        ] {
            let page = Page::open(&origin, &format!("/{language}/{path}"));
            let loaded: Vec<_> = page
                .html
                .split(['"', '\''])
                .filter(|value| value.starts_with("/assets/"))
                .map(|asset| get(format!("{origin}{asset}")).send().expect(200).body.len())
                .collect();
            let weight = page.html.len() + loaded.iter().sum::<usize>();
            assert!(
                weight <= WEIGHT_MAX && loaded.len() < REQUESTS_MAX,
                "/{language}/{path}: {weight} bytes"
            );
            assert!(!page.html.contains("http-equiv"), "/{language}/{path} refreshes itself");
            let foot = page.html.split_once("<footer>").expect("every page has a foot").1;
            assert!(
                foot.contains("tel:") && foot.contains(&format!("/{language}/find-payment")),
                "/{language}/{path}"
            );
            heaviest = heaviest.max(weight);
            looked_at += 1;
        }
    }
    eprintln!("{looked_at} pages, {heaviest} bytes the heaviest with all that it loads, uncompressed");
}
