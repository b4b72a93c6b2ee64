//! The page of a receipt says what it proves, carries its own proof, and names nobody.

use std::sync::Arc;

use catalog::{Language, Text};

use super::{after, bill, frame, kes, rendered};
use crate::pages::qr::QrRuns;
use crate::pages::receipt::{ReceiptPage, pdf};
use crate::payments::{Bill, BillLine, BillState};
use crate::receipts::{Receipt, ReceiptLine};

fn receipt(outcome: &str, evidence: &str) -> Receipt {
    let line = ReceiptLine {
        text: "Park entry".into(),
        quantity: 1,
        unit: kes(3_050),
        amount: kes(3_050),
        legal_basis: "Legal Notice of the sample".into(),
    };
    Receipt {
        receipt_number: "ZZZZ-ZZZZ".into(),
        outcome: outcome.into(),
        paid: kes(3_050),
        booked_at: "1970-01-01T00:00:00.5Z".into(),
        channel: "mpesa".into(),
        short_code: "222222".into(),
        channel_receipt: "TKM0000001".into(),
        payment_number: "4071 5520 1831".into(),
        agency: "KWS".into(),
        service: "entry".into(),
        service_name: "Park entry".into(),
        lines: vec![line],
        bill_total: kes(3_050),
        convenience_fee_basis: "Ruling of the sample".into(),
        evidence: evidence.into(),
        sequence: 3,
    }
}

/// As long as a short form gets.
fn short_form() -> String {
    format!("MLP1:{}.{}", "x".repeat(260), "y".repeat(86))
}

fn page_of(language: Language, outcome: &str, evidence: &str, bill: &Bill) -> ReceiptPage {
    let payment = (&bill.latest_payments[0], bill);
    ReceiptPage::new(frame(language), receipt(outcome, evidence), &short_form(), payment, None).unwrap()
}

fn shown(language: Language, outcome: &str, evidence: &str) -> String {
    let bill = after(bill(Text::new("Park entry", "Kiingilio")), kes(3_050), BillState::Paid);
    rendered(&page_of(language, outcome, evidence, &bill))
}

#[test]
fn a_receipt_shows_number_amount_code_and_how_to_check_it_without_leading_to_the_bill() {
    for (language, expected) in [(Language::En, "Payment received"), (Language::Sw, "Malipo yamepokelewa")] {
        let page = shown(language, "completed", "callback_only");
        for text in
            [expected, "ZZZZ-ZZZZ", "KES 3,050.00", "TKM0000001", "4071 5520 1831", "/r/ZZZZ-ZZZZ", "<svg"]
        {
            assert!(page.contains(text), "{language}: {text}");
        }
        assert!(!page.contains("bil_"), "who knows a receipt is not thereby shown the bill");
    }
}

#[test]
fn what_became_of_the_money_and_how_sure_we_are_is_said_in_words() {
    let outcomes = ["completed", "held_for_rest", "completed_with_excess", "duplicate", "late"];
    let evidence = ["callback_only", "confirmed_by_query", "confirmed_by_statement"];
    for language in Language::ALL {
        let lead =
            |page: &str| page.split_once(r#"class="lead">"#).unwrap().1.split_once('<').unwrap().0.to_owned();
        let mut said: Vec<_> =
            outcomes.iter().map(|outcome| lead(&shown(language, outcome, "none"))).collect();
        said.sort_unstable();
        said.dedup();
        assert_eq!(said.len(), outcomes.len(), "{said:?}");
        let pages = evidence.map(|word| shown(language, "completed", word));
        assert!(pages[0] != pages[1] && pages[1] != pages[2]);
    }
}

/// A bill of so many lines, each with a name and a legal basis as long as they get.
fn long_bill(lines: usize) -> Bill {
    let name = "Renewal of the licence of a dealer in explosives for quarrying within a county ".repeat(4);
    let mut bill = after(bill(Text::new(name.trim(), name.trim())), kes(3_050), BillState::Paid);
    let terms = Arc::make_mut(&mut bill.terms);
    let line =
        BillLine { legal_basis: "Legal Notice 160 of 2025, ".repeat(8).into(), ..terms.lines[0].clone() };
    terms.lines = vec![line; lines];
    bill
}

#[test]
fn whatever_the_bill_is_its_receipt_is_one_page() {
    for (lines, is_whole) in [(1, true), (3, true), (40, false), (300, false)] {
        for language in Language::ALL {
            let page =
                page_of(language, "completed_with_excess", "confirmed_by_statement", &long_bill(lines));
            let laid_out = pdf::lay_out(&page, &QrRuns::of(&short_form()).unwrap());
            assert!(laid_out.end <= pdf::BOTTOM, "{lines} lines end at {}", laid_out.end);
            let is_cut =
                ["further lines", "Mistari mingine"].into_iter().any(|said| laid_out.sheet.says(said));
            assert_eq!(is_cut, !is_whole, "{lines} lines");
            let document = pdf::document(&page, &short_form()).unwrap();
            assert!(document.starts_with(b"%PDF-") && document.len() < 100_000, "{} bytes", document.len());
        }
    }
}
