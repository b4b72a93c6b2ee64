//! The page of a bill tells its payer what to do, in every state, and never invites to pay twice.

use std::sync::Arc;

use catalog::{Catalogue, Language, Text};
use ledger::LedgerTime;

use super::{after, bill, frame, kes, rendered};
use crate::channels::mpesa::adapters::account_of_paybill;
use crate::channels::offer::{Wanted, offers};
use crate::channels::{Channels, CollectionAccount, terms};
use crate::pages::bill::{BillPage, Context, PromptForm};
use crate::payments::channels::Board;
use crate::payments::{Attempt, AttemptId, AttemptState, Bill, BillState, Counters, Method};

/// 2026-11-21 09:14:05 in Nairobi, a Saturday. Attempts here were made long before.
const NOW: LedgerTime = LedgerTime::from_micros(1_795_241_645_000_000);

fn home() -> CollectionAccount {
    account_of_paybill("222222")
}

fn entry() -> Text {
    Text::new("Park entry", "Kiingilio cha hifadhi")
}

fn shown(bill: &Bill, attempt: Option<Attempt>, language: Language, form: PromptForm) -> String {
    shown_by(&Board::default(), bill, attempt, language, form)
}

/// The page, as channels are.
fn shown_by(
    board: &Board,
    bill: &Bill,
    attempt: Option<Attempt>,
    language: Language,
    form: PromptForm,
) -> String {
    let (now, catalogue) = (NOW, Catalogue::embedded());
    let wanted = Wanted {
        channels: &Channels::of_tests(&terms::of_demonstration(&home(), "http://127.0.0.1:9").unwrap()),
        board,
        counters: &Counters::default(),
        plan: &catalogue.agency("KWS").unwrap().fallback,
        agency: "KWS",
        bill: Some((bill.terms.number, bill.due())),
        prompt_may_live: attempt.as_ref().is_some_and(|attempt| attempt.can_live(now)),
        now,
    };
    let context = Context {
        attempt: attempt.map(Arc::new),
        agency: Some(Text::new("Wildlife Service", "Shirika la Wanyamapori")),
        offers: bill.state.is_open().then(|| offers(&wanted)),
        now,
    };
    rendered(&BillPage::new(frame(language), bill, &context, form))
}

fn plain(bill: &Bill, language: Language) -> String {
    shown(bill, None, language, PromptForm::fresh())
}

fn attempt(bill: &Bill, state: AttemptState, code: Option<&str>) -> Option<Attempt> {
    Some(Attempt {
        id: AttemptId::from_uuid(9),
        bill: bill.terms.number,
        agency: bill.terms.agency.clone(),
        method: Method::MpesaPrompt,
        money: bill.due(),
        state,
        code: code.map(Into::into),
        prompt_record: None,
        channel_receipt: None,
        phone_record: None,
        said_paid: false,
        created: LedgerTime::from_micros(0),
        changed_by: 2,
    })
}

#[test]
fn an_open_bill_offers_a_prompt_and_the_five_lines_in_order() {
    let bill = bill(entry());
    let number = bill.terms.number;
    let page = plain(&bill, Language::En);
    assert!(page.contains(r#"<html lang="en">"#) && page.contains("Pay KES 3,050.00"));
    let account = format!("Account number: {number}");
    let lines =
        ["Lipa na M-PESA", "Business number: 222222", &account, "Amount: 3050", "Enter your M-PESA PIN"];
    let places = lines.map(|line| page.find(line).expect(line));
    assert!(places.is_sorted(), "{places:?}");
    assert!(page.contains("Ruling of the sample") && page.contains("None"), "the fee that is not charged");

    let page = plain(&bill, Language::Sw);
    assert!(page.contains(r#"<html lang="sw">"#) && page.contains("Lipa KES 3,050.00"));
    assert!(
        page.contains(r#"<span lang="en">Legal Notice of the sample</span>"#),
        "English is marked as such"
    );
}

#[test]
fn each_state_says_what_it_means_and_only_an_open_bill_can_be_paid() {
    use BillState::{Cancelled, Expired, Overpaid, Paid, PartPaid, Refunded, Unpaid};
    for (state, collected, en, sw) in [
        (Unpaid, 0, "Unpaid", "Haijalipwa"),
        (PartPaid, 3_000, "KES 50.00 is still to be paid", "Bado KES 50.00"),
        (Paid, 3_050, "There is nothing more to pay", "Hakuna kingine cha kulipa"),
        (Overpaid, 3_100, "KES 50.00 more than was asked for", "KES 50.00 zaidi"),
        (Expired, 0, "ask Wildlife Service for a new bill", "omba Shirika la Wanyamapori bili mpya"),
        (Expired, 3_000, "We have KES 3,000.00 that was paid", "Tuna KES 3,000.00"),
        (Cancelled, 0, "Do not pay it", "Usiilipe"),
        (Refunded, 3_050, "has been returned", "zimerudishwa"),
    ] {
        let bill = after(bill(entry()), kes(collected), state);
        for (language, expected) in [(Language::En, en), (Language::Sw, sw)] {
            let page = plain(&bill, language);
            assert!(page.contains(expected), "{state:?} {language}: {expected}");
            assert_eq!(page.contains(r#"method="post""#), state.is_open(), "{state:?}");
            assert_eq!(page.contains("222222"), state.is_open(), "{state:?}");
            let receipt = format!("/{language}/receipts/ZZZZ-ZZZZ");
            assert_eq!(page.contains(&receipt), collected > 0, "{state:?}");
        }
    }
}

#[test]
fn while_a_prompt_may_be_answered_nobody_is_asked_again() {
    let bill = bill(entry());
    for state in [AttemptState::Created, AttemptState::PromptSent, AttemptState::Processing] {
        let page = shown(&bill, attempt(&bill, state, None), Language::En, PromptForm::fresh());
        assert!(page.contains("Check your phone and enter your M-PESA PIN"), "{state:?}");
        assert!(!page.contains(r#"method="post""#) && page.contains("Check payment"), "{state:?}");
        assert!(page.contains("<summary>I did not get a request on my phone</summary>"), "{state:?}");
    }
}

#[test]
fn while_nobody_knows_the_page_says_not_to_pay_before_anything_else() {
    let bill = bill(entry());
    let attempt = attempt(&bill, AttemptState::Unknown, Some("1032"));
    let en = shown(&bill, attempt.clone(), Language::En, PromptForm::fresh());
    let sw = shown(&bill, attempt, Language::Sw, PromptForm::fresh());
    for (page, warning, condition) in [
        (en, "Do not pay again.", "no money left your account"),
        (sw, "Usilipe tena.", "hakuna pesa iliyotoka"),
    ] {
        let way_to_pay = page.find(r#"method="post""#).expect("there is a way on for who was not charged");
        let place = |text| page.find(text).expect(text);
        assert!(place(warning) < place("<details>") && place("<details>") < place(condition));
        assert!(place(condition) < way_to_pay, "the condition stands before the form");
    }
}

#[test]
fn an_attempt_that_failed_says_that_no_money_was_taken_and_lets_the_payer_try_again() {
    let bill = bill(entry());
    let failed = attempt(&bill, AttemptState::Failed, Some("1"));
    let page = shown(&bill, failed.clone(), Language::En, PromptForm::fresh());
    assert!(page.contains("not enough money in your M-PESA. No money has been taken."));
    assert!(page.contains(r#"method="post""#));
    let paid = after(bill, kes(3_050), BillState::Paid);
    let page = shown(&paid, failed, Language::En, PromptForm::fresh());
    assert!(!page.contains("not enough money"), "what became of it is said by the payment");
}

#[test]
fn an_amount_that_mpesa_cannot_take_is_said_instead_of_tried() {
    let mut bill = bill(entry());
    let terms = Arc::make_mut(&mut bill.terms);
    (terms.total, terms.payable) = (kes(2_000_000), kes(2_000_000));
    let page = plain(&bill, Language::En);
    let said = "M-PESA paybill allows up to KES 250,000 in one payment.";
    assert_eq!(
        page.matches("allows up to").count(),
        6,
        "the agency's own paybill, the bank, Airtel Money, cards and card terminals say it too"
    );
    assert!(page.contains(said) && page.contains("No way to pay takes this amount"));
    assert!(!page.contains(r#"method="post""#) && !page.contains("222222"));
}

#[test]
fn a_form_with_an_error_keeps_what_was_typed_and_nothing_typed_becomes_markup() {
    let hostile = r#""><script>alert(1)</script>"#;
    let bill = bill(Text::english(hostile));
    let form = PromptForm {
        token: hostile.to_owned(),
        method: Some(Method::MpesaPrompt),
        phone: hostile.to_owned(),
        phone_error: Some("Phone number must be a Kenyan mobile number"),
        form_error: None,
    };
    let page = shown(&bill, None, Language::En, form);
    assert!(page.contains("There is a problem") && page.contains(r##"<a href="#phone">"##));
    assert!(page.contains(r#"aria-invalid="true""#) && page.contains("<title>Error: "));
    assert!(page.contains("&#34;&#62;&#60;script&#62;") && !page.contains("alert(1)</script>"));
}

#[test]
fn each_form_is_a_wish_of_its_own() {
    let (one, other) = (PromptForm::fresh(), PromptForm::fresh());
    assert_ne!(one.token, other.token);
    assert_eq!(one.token.len(), 32, "128 bits in hex");
}
