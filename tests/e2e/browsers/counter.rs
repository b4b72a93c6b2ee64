//! The room of those who take cash at a counter, and of who agrees to what lacks there.

use super::look::{Gallery, Look};
use crate::harness::{Gateway, Keyboard, Order, PASSWORD, Payment};

/// Every page of theirs, with something in each.
pub(super) fn looks(gateway: &Gateway, gallery: &mut Gallery) {
    let kws = gateway.agency("kws");
    let [open, paid] = [1, 2].map(|adults| kws.bills(&Order::hells_gate(adults)));
    gateway.safaricom().confirms(&Payment::of_bill(&paid)).expect_success();
    kws.sees(&paid, "paid");
    let cashier = gateway.staff("gpo.cashier", "cashier", Some("huduma"));
    let session = ("session", &*cashier.token);
    let at = |name: &str, room: &str, wish: &str, fields: &[(&str, &str)]| {
        let known = [session, ("counter", "huduma-gpo-3"), ("wish", wish)];
        let fields = [&known, fields].concat();
        Look::at(&format!("counter-{name}"), &format!("/{{lang}}/counter/{room}")).sending(&fields)
    };
    gallery.look(
        gateway,
        Some(&cashier),
        &[
            Look::at("counter", "/{lang}/counter").says("Begin your shift"),
            at("float-refused", "open", "a-wish-of-the-cashier-1", &[("float", "x")])
                .answered(422)
                .says("There is a problem"),
            at("open", "open", "a-wish-of-the-cashier-2", &[("float", "5000")]).says("Find the bill"),
        ],
    );
    let shift = shift_of(&cashier.opens("/en/counter").html);
    let shift = ("shift", &*shift);
    let [number, of_paid] = [&open, &paid].map(|bill| ("number", &*bill.number));
    let paper = [
        shift,
        of_paid,
        ("on_paper", "1"),
        ("amount", "1000"),
        ("receipt", "0017"),
        ("taken_at", "2026-11-20T09:14"),
    ];
    let count = [shift, ("n1000", "6"), ("n200", "2"), ("n50", "1")];
    gallery.look(
        gateway,
        Some(&cashier),
        &[
            at("find", "find", "", &[number]).says("What lies on the counter"),
            at("find-wrong", "find", "", &[("number", "407155201832")]).answered(422),
            at("find-none", "find", "", &[("number", "407155201831")]).answered(404),
            at("find-paid", "find", "", &[of_paid]).answered(409).says("Give the cash back"),
            at("too-little", "take", "a-wish-of-the-cashier-3", &[shift, number, ("tendered", "499")])
                .answered(422),
            at("take", "take", "a-wish-of-the-cashier-4", &[shift, number, ("tendered", "1,000")])
                .says("Give change"),
            at("paper", "take", "a-wish-of-the-cashier-5", &paper).says("to be given back"),
            at("count-wrong", "close", "a-wish-of-the-cashier-6", &[shift]).answered(422),
            at("close", "close", "a-wish-of-the-cashier-7", &count).says("A supervisor has to agree"),
            Look::at("counter-nobodys", "/{lang}/counter?counter=x").answered(404),
        ],
    );
    let supervisor = gateway.staff("gpo.supervisor", "counter_supervisor", Some("huduma"));
    let decides = |name: &str, room: &str, wish: &str, more: &[(&str, &str)]| {
        let known = [("session", &*supervisor.token), ("counter", "huduma-gpo-3"), ("wish", wish), shift];
        Look::at(&format!("counter-{name}"), &format!("/{{lang}}/counter/{room}"))
            .sending(&[&known, more].concat())
    };
    let miscounted = [("reason", "miscounted")];
    gallery.look(
        gateway,
        Some(&supervisor),
        &[
            Look::at("counter-waiting", "/{lang}/counter").says("Differences that wait"),
            decides("refused-why", "refuse", "a-wish-of-the-supervisor-1", &[]).answered(422),
            decides("refused", "refuse", "a-wish-of-the-supervisor-2", &miscounted)
                .says("nothing of it was booked"),
        ],
    );
    gallery.look(
        gateway,
        Some(&cashier),
        &[
            Look::at("counter-again", "/{lang}/counter").says("Count the drawer again"),
            at("close-again", "close", "a-wish-of-the-cashier-8", &count).says("A supervisor has to agree"),
        ],
    );
    gallery.look(
        gateway,
        Some(&supervisor),
        &[decides("agreed", "approve", "a-wish-of-the-supervisor-3", &[]).says("Nobody works here")],
    );
    let elsewhere = gateway.staff("kra.supervisor", "counter_supervisor", Some("kra"));
    let none = [Look::at("counter-none", "/{lang}/counter").says("No counter is yours")];
    gallery.look(gateway, Some(&elsewhere), &none);
    let books = gateway.books();
    assert_eq!(books.balance("5000.cash-short-and-over.huduma-gpo-3"), 5_000, "each was done once");
    assert_eq!(books.balance("1000.counter.huduma-gpo-3"), 145_000);
}

fn shift_of(html: &str) -> String {
    let after = html.split("name=\"shift\" value=\"").nth(1).expect("a form names the shift");
    after.split('"').next().unwrap().to_owned()
}

#[test]
fn a_cashier_with_a_keyboard_alone_begins_finds_takes_and_goes_on() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let [one, other] = [1, 2].map(|adults| kws.bills(&Order::hells_gate(adults)));
    let invitation = gateway.invites("gpo.cashier", "cashier", Some("huduma"));
    let (person, _) = gateway.sets_up("gpo.cashier", &invitation);
    let mut cashier = Keyboard::at(&gateway.public(), false);
    cashier.opens("/en/counter").reads("Sign in");
    cashier.tabs_to("Name").types("gpo.cashier").tabs_to("Password").types(PASSWORD);
    cashier.tabs_to("Code").types(&person.next_code()).enters().reads("Begin your shift");
    cashier.tabs_to("Float").types("5000").enters().reads("Find the bill");
    // From here on typing and Enter are all that a cashier does.
    cashier.types(&one.number).enters().reads("To be paid").types("1000").enters().reads("Give change");
    cashier.types(&one.number).enters().reads("This bill is paid already");
    cashier.tabs_to("Payment number").types(&other.number).enters().enters().reads("No change");
    assert_eq!(gateway.books().balance("1000.counter.huduma-gpo-3"), 150_000);

    // The drawer is counted wrong; a supervisor, with a keyboard too, wants it counted again.
    cashier.tabs_to("Count the drawer and end the shift").presses("Enter");
    cashier
        .tabs_to("1000 shillings")
        .types("6")
        .enters()
        .reads("A supervisor has to agree")
        .reads("Cash-up slip");
    let invitation = gateway.invites("gpo.supervisor", "counter_supervisor", Some("huduma"));
    let (person, _) = gateway.sets_up("gpo.supervisor", &invitation);
    let mut supervisor = Keyboard::at(&gateway.public(), false);
    supervisor.opens("/en/counter").reads("Sign in");
    supervisor.tabs_to("Name").types("gpo.supervisor").tabs_to("Password").types(PASSWORD);
    supervisor.tabs_to("Code").types(&person.next_code()).enters().reads("Differences that wait");
    supervisor.tabs_to("Refuse: count again").enters().reads("Choose why");
    assert!(supervisor.focus_is_on().starts_with("There is a problem"), "{}", supervisor.focus_is_on());
    supervisor.tabs_to("Why it has to be counted again").presses("ArrowDown");
    supervisor.tabs_to("Refuse: count again").enters().reads("Count the drawer again");
    cashier.opens("/en/counter").reads("Notes or coins were counted or typed wrong");
    cashier.tabs_to("1000 shillings").types("6").tabs_to("500 shillings").types("1").enters();
    cashier.reads("The shift has ended");
    assert!(!cashier.text().contains("A supervisor has to agree"), "{}", cashier.text());
    let books = gateway.books();
    assert_eq!(books.balance("5000.cash-short-and-over.huduma-gpo-3"), 0);
    assert_eq!(books.balance("1010.counter.huduma-gpo-3"), 0);
}
