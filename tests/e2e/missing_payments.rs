//! "I have paid, and the bill does not show it." By the code in the message of M-PESA, or by phone, day and amount together;
//! and nobody learns anything who knows less.

use crate::harness::{EarlierDay, Gateway, Order, Page, Payment, eventually, together};

fn by_code(origin: &str, code: &str) -> Page {
    let page = Page::open(origin, "/en/find-payment");
    page.send(&page.form("/find-payment").with("code", code))
}

/// The second form of the page.
fn by_payer(origin: &str, phone: &str, amount: &str) -> Page {
    by_payer_of(&EarlierDay::yesterday(), origin, phone, amount)
}

fn by_payer_of(day: &EarlierDay, origin: &str, phone: &str, amount: &str) -> Page {
    let page = Page::open(origin, "/en/find-payment");
    let form = page.nth_form("/find-payment", 1).with("phone", phone).with("amount", amount);
    page.send(&day.as_typed().iter().fold(form, |form, (name, value)| form.with(name, value)))
}

#[test]
fn a_payment_is_found_wherever_it_landed_and_says_nothing_of_who_paid() {
    let mut gateway = Gateway::demo().start();
    let origin = gateway.public();
    let kws = gateway.agency("kws");
    let bill = kws.bills(&Order::hells_gate(1));
    let paid = Payment { phone: "254711222333".to_owned(), ..Payment::of_bill(&bill) };
    let strayed = Payment { phone: "254711222444".to_owned(), ..Payment::of("3050.00", "407155201830") };
    let hashed = Payment {
        // SHA-256 of 254711222555.
        phone: "HASH".to_owned(),
        ..Payment::of("777.00", "NYUMBA KUMI")
    };
    let hashed = Payment { phone: sha256_of("254711222555"), ..hashed };
    let [paid, strayed, hashed] =
        [paid, strayed, hashed].map(|payment| Payment { moved: EarlierDay::yesterday().moved(), ..payment });
    for payment in [&paid, &strayed, &hashed] {
        gateway.safaricom().confirms(payment).expect_success();
    }

    // By the code: what, when, and the receipt.
    let found = by_code(&origin, &format!(" {} ", paid.receipt.to_lowercase()));
    found.says("We have your payment").says("KES 500.00").says("Hell");
    for personal in ["711222333", "711 222 333", "ASHA"] {
        assert!(!found.html.contains(personal), "{personal}");
    }
    assert_eq!(found.address, "/en/find-payment", "nothing of it stands in the address");
    found.follow("Open the receipt").says("Payment received").says(&paid.receipt);

    // In suspense: why, what was typed as far as whoever typed it knows it, and what happens next.
    let held = by_code(&origin, &strayed.receipt);
    held.says("do not know what it is for").says("KES 3,050.00").says("407*******30").says("Two officers");
    assert!(!held.html.contains("407155201830"));
    let held = by_code(&origin, &hashed.receipt);
    held.says("leads to no bill").says("NYU*****MI");

    // By phone, day and amount: all three, in every form in which a phone is told.
    eventually("the views have everything", || {
        (gateway.metric("malipo_views_lag_records") == 0).then_some(())
    });
    let found = eventually("the views have it", || {
        let page = by_payer(&origin, "0711 222 333", "500");
        page.text().contains("We have your payment").then_some(page)
    });
    found.follow("Open the receipt");
    by_payer(&origin, "+254 711 222 555", "777").says("KES 777.00").says("do not know what it is for");
    by_payer(&origin, "0711 222 444", "3,050.00").says("do not know what it is for");
    for (phone, amount) in [("0711222334", "500"), ("0711222333", "501"), ("0711222333", "777")] {
        by_payer(&origin, phone, amount).says("has not told us of this payment yet").says("Do not pay again");
    }
    by_code(&origin, "TKZZZZZZZZ").says("has not told us of this payment yet");

    // A second message with another amount: what stands is said to stand.
    gateway.safaricom().confirms(&paid.but_of("501.00")).expect_success();
    eventually("the contradiction shows", || {
        by_code(&origin, &paid.receipt).text().contains("another amount or account").then_some(())
    });
    gateway.stop();
    for personal in ["711222", "NYUMBA"] {
        assert!(!gateway.log().contains(personal), "{personal}");
    }
}

#[test]
fn what_is_not_there_comes_with_what_is_usual_and_who_guesses_is_stopped() {
    let gateway = Gateway::demo().start();
    let origin = gateway.public();
    let bill = gateway.agency("kws").bills(&Order::hells_gate(1));
    let unsaid = by_code(&origin, "TKZZZZZZZZ");
    assert!(
        !unsaid.text().contains("in 100 reached us"),
        "of no payment nothing is usual: {}",
        unsaid.text()
    );
    for _ in 0..30 {
        gateway.safaricom().confirms(&Payment::of("1.00", &bill.number)).expect_success();
    }
    eventually("thirty payments tell what is usual", || {
        by_code(&origin, "TKZZZZZZZZ").text().contains("Of the last 30 payments, 95 in 100").then_some(())
    });
    // Mistakes stay on the form.
    let wrong = by_payer(&origin, "12", "none");
    assert_eq!(wrong.status, 422);
    wrong.says("There is a problem").says("Phone number must be").says("Amount must be a number");
    for no_code in ["x!", "254712345678"] {
        by_code(&origin, no_code).says("M-PESA code must be letters and digits");
    }
    // Who tries amounts with somebody's phone is stopped, wherever the trials come from.
    let answers: Vec<_> =
        (0..6).map(|amount| by_payer(&origin, "0711999888", &format!("{}", 100 + amount)).status).collect();
    assert_eq!(answers, [200, 200, 200, 200, 200, 429]);
    assert_eq!(by_payer(&origin, "0711999887", "100").status, 200);
    let swahili = Page::open(&origin, "/sw/find-payment");
    swahili.says("Tafuta malipo yangu").says("Usilipe tena");
}

#[test]
fn what_came_to_an_account_that_is_not_ours_is_said_to_be_held_and_contradicts_nothing_of_ours() {
    let gateway = Gateway::demo().start();
    let origin = gateway.public();
    let bill = gateway.agency("kws").bills(&Order::hells_gate(1));
    let elsewhere = |payment: &Payment| Payment { short_code: "888888".to_owned(), ..payment.clone() };
    let ours = Payment::of_bill(&bill);
    let strayed = elsewhere(&Payment::of_bill(&bill));
    gateway.safaricom().confirms(&strayed).expect_success();
    let held = eventually("the views have it", || {
        let page = by_code(&origin, &strayed.receipt);
        page.text().contains("do not know what it is for").then_some(page)
    });
    held.says("KES 500.00").says("another business number than ours");
    assert!(!held.text().contains("has not told us"), "{}", held.text());
    // The same number on two accounts is two payments: what contradicts one says nothing of the other.
    gateway.safaricom().confirms(&elsewhere(&ours)).expect_success();
    gateway.safaricom().confirms(&elsewhere(&ours).but_of("7.00")).expect_success();
    gateway.safaricom().confirms(&ours).expect_success();
    eventually("the views have everything", || {
        (gateway.metric("malipo_views_lag_records") == 0).then_some(())
    });
    let found = by_code(&origin, &ours.receipt);
    found.says("We have your payment").says("KES 500.00");
    assert!(!found.text().contains("another amount or account"), "{}", found.text());
    gateway.safaricom().confirms(&ours.but_of("7.00")).expect_success();
    eventually("the contradiction of ours shows", || {
        by_code(&origin, &ours.receipt).text().contains("another amount or account").then_some(())
    });
}

/// A confirmation that was lost is found days later, in a list or a statement. Payers look for the day on which they paid.
#[test]
fn a_payment_that_became_known_days_later_is_found_by_the_day_on_which_it_moved() {
    let gateway = Gateway::demo().start();
    let origin = gateway.public();
    let bill = gateway.agency("kws").bills(&Order::hells_gate(1));
    for (days, amount) in [(2, "612.00"), (3, "613.00"), (39, "639.00"), (41, "641.00")] {
        let moved = EarlierDay::days_ago(days).moved();
        let late = Payment { phone: "254711222333".to_owned(), moved, ..Payment::of(amount, &bill.number) };
        gateway.safaricom().confirms(&late).expect_success();
    }
    eventually("the views have everything", || {
        (gateway.metric("malipo_views_lag_records") == 0).then_some(())
    });
    for (days, amount) in [(2, "612"), (3, "613"), (39, "639")] {
        by_payer_of(&EarlierDay::days_ago(days), &origin, "0711222333", amount).says("We have your payment");
    }
    let other_day = by_payer_of(&EarlierDay::days_ago(4), &origin, "0711222333", "613");
    other_day.says("has not told us of this payment yet");
    // Each phone has five searches; the code finds what is older.
    let too_late = by_payer_of(&EarlierDay::days_ago(41), &origin, "0711222333", "641");
    too_late.says("has not told us of this payment yet");
}

/// More payments of one amount than are read for one search: the oldest of them is found by going on.
#[test]
fn among_thousands_of_payments_of_one_amount_a_search_has_an_end_and_goes_on_from_there() {
    let gateway = Gateway::demo().start();
    let origin = gateway.public();
    let bill = gateway.agency("kws").bills(&Order::hells_gate(1));
    let paid = |phone: &str| Payment {
        phone: phone.to_owned(),
        moved: EarlierDay::yesterday().moved(),
        ..Payment::of("0.05", &bill.number)
    };
    gateway.safaricom().confirms(&paid("254711222333")).expect_success();
    together(8, |_| {
        for _ in 0..650 {
            gateway.safaricom().confirms(&paid("254711222334")).expect_success();
        }
    });
    eventually("the views have everything", || {
        (gateway.metric("malipo_views_lag_records") == 0).then_some(())
    });
    let page = by_payer(&origin, "0711222333", "0.05");
    page.says("there are more payments to look through").says("We have looked through 5,000 payments");
    page.says("Do not pay again");
    let page = page.send(&page.form("/find-payment"));
    page.says("We have your payment");
    // What nobody was given is the beginning.
    let page = by_payer(&origin, "0711222333", "0.05");
    let page = page.send(&page.form("/find-payment").with("go_on", "same.AAAA"));
    page.says("We have looked through 5,000 payments");
}

fn sha256_of(text: &str) -> String {
    let digest = ledger::Hash::of(text.as_bytes());
    digest.to_string()
}
