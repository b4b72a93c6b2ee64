//! The page of a receipt says what it proves, carries its own proof, and names nobody.

use catalog::{Language, Text};

use super::{after, bill, frame, kes, rendered};
use crate::pages::receipt::ReceiptPage;
use crate::payments::BillState;
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

fn shown(language: Language, outcome: &str, evidence: &str) -> String {
    let bill = after(bill(Text::new("Park entry", "Kiingilio")), kes(3_050), BillState::Paid);
    // As long as a short form gets.
    let short_form = format!("MLP1:{}.{}", "x".repeat(260), "y".repeat(86));
    let page = ReceiptPage::new(
        frame(language),
        receipt(outcome, evidence),
        &short_form,
        (&bill.latest_payments[0], &bill),
        None,
    );
    rendered(&page.unwrap())
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
