//! The pages as their readers find them, rendered from bills and receipts made here.

mod bill_page;
mod receipt_page;

use std::sync::Arc;

use askama::Template;
use catalog::{Language, Text};
use ledger::{Currency, LedgerTime, Money};

use super::frame::Frame;
use crate::payments::{
    Bill, BillId, BillLine, BillPayment, BillState, BillTerms, CatalogueVersion, PartPaymentRule,
    PaymentNumber, ReceiptNumber, agency_payable,
};

/// The most that the first answer of a page may weigh, in bytes: what a slow network carries in its first round.
pub(super) const PAGE_BYTES_MAX: usize = 14 * 1024;

const fn kes(shillings: i64) -> Money {
    Money::new(shillings * 100, Currency::Kes)
}

fn frame(language: Language) -> Frame {
    Frame {
        root: String::new(),
        language,
        is_demonstration: false,
        in_other_language: Some("/other".to_owned()),
        help: None,
    }
}

/// A bill of KES 3,050 for a service with this name.
fn bill(service_name: Text) -> Bill {
    let line = BillLine {
        code: "fee".into(),
        text: service_name.clone(),
        quantity: 1,
        unit: kes(3_050),
        amount: kes(3_050),
        agency: Some("KWS".into()),
        revenue_code: Some("SAMPLE/ENTRY".into()),
        account: agency_payable("KWS", "entry"),
        legal_basis: "Legal Notice of the sample".into(),
        fee_version: "2025-10-01".into(),
    };
    let terms = BillTerms {
        id: BillId::from_uuid(7),
        number: PaymentNumber::from_random(11),
        agency: "KWS".into(),
        service: "entry".into(),
        service_name,
        lines: vec![line],
        total: kes(3_050),
        payable: kes(3_050),
        quote: None,
        convenience_basis: "Ruling of the sample".into(),
        waived: None,
        part_payment: PartPaymentRule::Exact,
        promised_working_days: Some(10),
        catalogue: CatalogueVersion { number: 1, hash: "0".into() },
        assessment: None,
        agency_reference: Some("seen by the agency alone".into()),
        visit_day: None,
        references: Vec::new(),
        language: None,
        created: LedgerTime::from_micros(0),
        expires: LedgerTime::from_micros(1_000_000),
        vault_slot: 0,
    };
    Bill::new(Arc::new(terms), 1)
}

/// The bill after so much has arrived for it and it has become this.
fn after(mut bill: Bill, collected: Money, state: BillState) -> Bill {
    bill.state = state;
    bill.collected = collected;
    if collected.is_positive() {
        bill.payment_count = 1;
        bill.latest_payments = vec![BillPayment {
            sequence: 3,
            receipt: ReceiptNumber::from_random(u64::MAX),
            channel_receipt: "TKM0000001".into(),
            money: collected,
            booked: LedgerTime::from_micros(500_000),
        }];
    }
    bill
}

/// What every page owes its readers. Spaces are given back as plain ones, also where no line may end.
fn rendered(page: &impl Template) -> String {
    let html = page.render().unwrap();
    assert!(html.len() <= PAGE_BYTES_MAX, "{} bytes", html.len());
    let tags = html.split('<').skip(1).filter_map(|rest| rest.split('>').next());
    for tag in tags {
        // Our one script, beside pages that work without it; its name says what is in it.
        if tag.starts_with("script defer src=\"/assets/wait-") && tag.len() < 60 {
            continue;
        }
        assert!(!tag.starts_with("script"), "{tag}");
        for banned in ["style=", "http-equiv", " on", "http:", "https:", "src="] {
            assert!(!tag.contains(banned), "{banned} in {tag}");
        }
    }
    assert_eq!(html.matches("<h1").count(), 1);
    assert!(!html.contains("seen by the agency alone"));
    html.replace('\u{a0}', " ")
}
