//! Somebody with a keyboard and nothing else gets everything done: Tab leads everywhere and out again, what has the focus can
//! be seen, and what is wrong is where the focus is.

use crate::harness::{Gateway, Keyboard, Order, PASSWORD, Payment};

const SKIP: &str = "Skip to the content";

/// Tab leads from the link that skips everything through the whole page, and comes round.
#[track_caller]
fn walks_from_the_skip_link(person: &mut Keyboard, skip: &str, stops_min: usize) {
    let stops = person.walks();
    assert_eq!(stops[0], skip, "on {}", person.address());
    assert!(stops.len() >= stops_min, "{stops:?}");
}

#[test]
fn a_payer_with_a_keyboard_alone_finds_a_service_pays_for_it_and_has_the_receipt() {
    let gateway = Gateway::demo().start();
    gateway.sandbox().knows(&gateway);
    let mut payer = Keyboard::at(&gateway.public(), true);
    payer.opens("/en/");
    walks_from_the_skip_link(&mut payer, SKIP, 14);
    // Who skips the head of a page is at its content: the search is next.
    payer.opens("/en/").tabs_to(SKIP).presses_without_sight("Enter");
    payer.tabs_to("What do you need?").types("amboseli").enters().reads("Amboseli National Park entry");
    walks_from_the_skip_link(&mut payer, SKIP, 6);
    payer.tabs_to("Amboseli National Park entry").enters().reads("Legal basis:");
    payer.tabs_to("Start now").enters().reads("Who enters?");
    walks_from_the_skip_link(&mut payer, SKIP, 15);

    // Nobody is said to enter. The focus is on what is wrong, and its link leads to where it is put right.
    payer.tabs_to("Continue").enters();
    assert!(payer.focus_is_on().starts_with("There is a problem"), "{}", payer.focus_is_on());
    payer.tabs_to("Enter how many people enter").presses("Enter").types("0");
    payer.tabs_to("Adult USD 90.00").types("2").enters().reads("Check your answers");
    walks_from_the_skip_link(&mut payer, SKIP, 6);
    payer.tabs_to("Continue to pay").enters().reads("Unpaid").reads("USD 180.00");

    walks_from_the_skip_link(&mut payer, SKIP, 7);
    payer.tabs_to("M-PESA phone number").types("12").enters().reads("Phone number must be");
    assert!(payer.focus_is_on().starts_with("There is a problem"), "{}", payer.focus_is_on());
    payer.tabs_to("Phone number must be").presses("Enter").presses("Control+A").types("0700000001");
    // The phone pays, and the page leads to the receipt by itself.
    payer.enters().is_led_to("/en/receipts/").reads("Payment received").reads("USD 180.00");
    walks_from_the_skip_link(&mut payer, SKIP, 6);
}

#[test]
fn the_same_is_done_in_swahili_where_no_script_runs_with_arrows_for_a_choice() {
    let gateway = Gateway::demo().start();
    gateway.sandbox().knows(&gateway);
    let mut payer = Keyboard::at(&gateway.public(), false);
    let skip = "Ruka hadi kwenye maudhui";
    payer.opens("/en/").tabs_to("Kiswahili").enters();
    payer.tabs_to("Unahitaji nini?").types("pasipoti").enters();
    payer.tabs_to("pasipoti").enters().tabs_to("Anza sasa").enters();
    walks_from_the_skip_link(&mut payer, skip, 5);
    payer.tabs_to("Endelea").enters().reads("Kuna tatizo");
    assert!(payer.focus_is_on().starts_with("Kuna tatizo"), "{}", payer.focus_is_on());
    // Tab leads to a choice, and arrows through it.
    payer.tabs_to("KES").presses("ArrowDown");
    assert!(payer.has_chosen(), "{}", payer.focus_is_on());
    payer.enters();
    while !payer.text().contains("Utakacholipa") {
        payer.tabs_to("Endelea").enters();
    }
    payer.tabs_to("Endelea kulipa").enters().reads("Haijalipwa");
    payer.tabs_to("Nambari ya simu ya M-PESA").types("0700000001").enters();
    // Nothing moves by itself; the button tells. It is pressed until the money is there.
    let presses = (0..200).find(|_| {
        std::thread::sleep(std::time::Duration::from_millis(50));
        let is_paid = payer.text().contains("Bili hii imelipwa");
        if !is_paid {
            payer.tabs_to("Angalia malipo").enters();
        }
        is_paid
    });
    assert!(presses.is_some(), "{}", payer.text());
    payer.tabs_to("Risiti ").enters().reads("Malipo yamepokelewa");
    walks_from_the_skip_link(&mut payer, skip, 6);
}

#[test]
fn a_guard_with_a_keyboard_alone_signs_in_checks_and_lets_in() {
    let gateway = Gateway::demo().start();
    let bill = gateway.agency("kws").bills(&Order::hells_gate(2));
    gateway.safaricom().confirms(&Payment::of_bill(&bill)).expect_success();
    let invitation = gateway.invites("main-gate", "agency_gate", Some("kws"));
    let (person, _) = gateway.sets_up("main-gate", &invitation);
    let mut guard = Keyboard::at(&gateway.public(), false);
    guard.opens("/en/gate").reads("Sign in");
    walks_from_the_skip_link(&mut guard, SKIP, 7);
    guard.tabs_to("Name").types("main-gate").tabs_to("Password").types("no such password").enters();
    assert!(guard.focus_is_on().starts_with("There is a problem"), "{}", guard.focus_is_on());
    guard.tabs_to("Name").types("main-gate").tabs_to("Password").types(PASSWORD);
    guard.tabs_to("Code").types(&person.next_code()).enters().reads("Which gate is this?");
    // From here on the focus is where it is needed: typing and Enter are all that a guard does.
    guard.types("Elsa Gate").enters().types(&bill.number).enters().reads("VALID");
    assert_eq!(guard.focus_is_on(), "Let in");
    assert!(!guard.has_scrolled(), "the verdict is in sight beside the button");
    guard.enters().reads("LET IN").reads("Elsa Gate").types(&bill.number).enters().reads("ALREADY USED");
    let stops = guard.walks();
    assert!(
        stops.iter().any(|stop| stop == SKIP) && stops.iter().any(|stop| stop == "Sign out"),
        "{stops:?}"
    );
    guard.tabs_to("Sign out").enters().reads("Sign in");
}
