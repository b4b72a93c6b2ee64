//! Money that comes under a reference goes to the one bill that it can be for, or is held for whom it seems to be meant.

use catalog::{AccountForm, Catalogue};

use super::desk::{Desk, kes, line, new_reference};
use crate::payments::{
    Answer, Ask, BillState, PaymentNumber, Placement, ReferenceKind, Refusal, Share, SuspenseReason,
};

const PRN: &str = "2027000123456";

fn forms() -> Vec<AccountForm> {
    Catalogue::embedded().account_forms().to_vec()
}

struct Scene {
    desk: Desk,
    forms: Vec<AccountForm>,
    paid: u32,
}

impl Scene {
    fn new() -> Self {
        Self { desk: Desk::open(), forms: forms(), paid: 0 }
    }

    /// A bill of KRA over the assessment of a PRN.
    fn prn(&mut self, reference: &str, shillings: i64) -> PaymentNumber {
        self.named("KRA", "kra-prn-payment", ReferenceKind::Assessment, reference, shillings).unwrap()
    }

    fn named(
        &mut self,
        agency: &str,
        service: &str,
        kind: ReferenceKind,
        reference: &str,
        shillings: i64,
    ) -> Result<PaymentNumber, Answer> {
        self.desk.referenced_bill(agency, service, kind, reference, shillings)
    }

    /// An agency's bill under its own reference.
    fn invoice(&mut self, agency: &str, reference: &str, shillings: i64) -> PaymentNumber {
        self.named(agency, "some-service", ReferenceKind::Agency, reference, shillings).unwrap()
    }

    fn pays(&mut self, typed: &str, shillings: i64) -> Placement {
        self.paid += 1;
        self.desk.typed(typed, &self.forms, &format!("R{}", self.paid), kes(shillings))
    }

    #[track_caller]
    fn lands(&mut self, typed: &str, shillings: i64, on: PaymentNumber, as_what: Share) {
        match self.pays(typed, shillings) {
            Placement::Bill { bill, share, .. } => assert_eq!((bill, share), (on, as_what), "{typed}"),
            other => panic!("{typed}: {other:?}"),
        }
    }

    #[track_caller]
    fn is_held(&mut self, typed: &str, shillings: i64, why: SuspenseReason, agency: Option<&str>) {
        match self.pays(typed, shillings) {
            Placement::Suspense { reason, agency: owner, .. } => {
                assert_eq!((reason, owner.as_deref()), (why, agency), "{typed}");
            }
            other => panic!("{typed}: {other:?}"),
        }
    }
}

use SuspenseReason::{AmbiguousForm, AmountDiffers, MemberAccount, ReferenceAmbiguous, UnknownReference};

#[test]
fn the_exact_amount_under_a_reference_pays_its_bill_and_paying_again_is_a_duplicate() {
    let mut scene = Scene::new();
    let bill = scene.prn(PRN, 12_500);
    scene.is_held(PRN, 12_499, AmountDiffers, Some("KRA"));
    scene.is_held("2027000123999", 12_500, UnknownReference, Some("KRA"));
    scene.lands("2027-0001-23456", 12_500, bill, Share::Completed);
    assert_eq!(scene.desk.see(bill).state, BillState::Paid);
    scene.desk.reopen();
    scene.lands("PRN 2O27OOO12345 6", 12_500, bill, Share::Duplicate);
    scene.is_held(PRN, 100, AmountDiffers, Some("KRA"));
}

#[test]
fn what_is_left_of_a_part_paid_bill_is_its_exact_amount() {
    let mut scene = Scene::new();
    let bill = scene.prn(PRN, 12_500);
    scene.desk.confirm(bill, "PART", 500);
    scene.is_held(PRN, 12_500, AmountDiffers, Some("KRA"));
    scene.lands(PRN, 12_000, bill, Share::Completed);
}

#[test]
fn no_money_follows_a_reference_beside_another_that_waits_for_as_much() {
    for beside in ["2027000123457", "2027000123465", "20270001234560", "2027000123356"] {
        let mut scene = Scene::new();
        let (bill, _) = (scene.prn(PRN, 700), scene.prn(beside, 700));
        scene.is_held(PRN, 700, ReferenceAmbiguous, Some("KRA"));
        scene.desk.confirm(bill, "BY-NUMBER", 700);
        // Whoever pays what is paid already may as well have meant the other.
        scene.is_held(PRN, 700, ReferenceAmbiguous, Some("KRA"));
        scene.is_held(beside, 700, ReferenceAmbiguous, Some("KRA"));
    }
    let mut scene = Scene::new();
    let bill = scene.prn(PRN, 700);
    scene.prn("2027000123457", 701);
    scene.prn("2027000123467", 700);
    scene.lands(PRN, 700, bill, Share::Completed);
}

#[test]
fn an_assessment_has_one_open_bill_and_the_open_one_is_what_is_owed() {
    let mut scene = Scene::new();
    let first = scene.prn(PRN, 700);
    let refused = scene.named("KRA", "kra-prn-payment", ReferenceKind::Assessment, "2027 000 123456", 700);
    assert_eq!(refused, Err(Answer::Refused(Refusal::AssessmentHasBill { bill: first })));
    // What another agency calls the same is in nobody's way: numbers of this form are KRA's.
    scene.named("CITY", "land-rates", ReferenceKind::Assessment, PRN, 700).unwrap();
    scene.named("CITY", "land-rates", ReferenceKind::Agency, "2027000123457", 700).unwrap();
    scene.lands(PRN, 700, first, Share::Completed);

    let mut scene = Scene::new();
    let first = scene.prn(PRN, 700);
    scene.desk.ask(Ask::CancelBill { bill: first, idempotency: None });
    let second = scene.prn(PRN, 700);
    scene.lands(PRN, 700, second, Share::Completed);
    assert_eq!(scene.desk.see(first).state, BillState::Cancelled);
    // Two closed bills: for which of them this is, people have to say.
    scene.is_held(PRN, 700, ReferenceAmbiguous, Some("KRA"));
}

#[test]
fn an_agency_may_call_several_bills_the_same_and_then_the_name_leads_to_none() {
    let mut scene = Scene::new();
    let first = scene.invoice("KWS", "WQBGPWRR", 500);
    scene.lands("wqbg pwrr", 500, first, Share::Completed);
    let second = scene.invoice("KWS", "WQBGPWRR", 500);
    // This may be the first payer, paying twice.
    scene.is_held("WQBGPWRR", 500, ReferenceAmbiguous, None);
    assert_eq!(scene.desk.see(second).state, BillState::Unpaid);
    let third = scene.invoice("KWS", "QKRTWX", 600);
    scene.is_held("QKRTWX", 500, AmountDiffers, Some("KWS"));
    scene.lands("Invoice no: QKRTWX", 600, third, Share::Completed);
}

#[test]
fn an_agency_may_call_a_bill_what_its_assessment_is_called() {
    let mut scene = Scene::new();
    let mut bill = scene.desk.new_bill(vec![line("KRA", kes(700))], kes(700), None);
    (bill.agency, bill.service) = ("KRA".into(), "kra-prn-payment".into());
    let of_kind = |kind| new_reference("KRA", kind, PRN);
    bill.references = [ReferenceKind::Assessment, ReferenceKind::Agency].map(of_kind).to_vec();
    let bill = scene.desk.make(bill).unwrap();
    scene.lands(PRN, 700, bill, Share::Completed);
}

#[test]
fn look_alikes_are_one_character() {
    let mut scene = Scene::new();
    let bill = scene.invoice("KWS", "X0VJM3", 500);
    scene.lands("XOVJM3", 500, bill, Share::Completed);
    scene.invoice("KWS", "ILVJM3", 500);
    scene.invoice("KWS", "1IVJM3", 600);
    scene.is_held("IIVJM3", 500, ReferenceAmbiguous, None);
}

#[test]
fn members_and_bare_identity_numbers_are_held_and_members_for_their_agency() {
    let mut scene = Scene::new();
    scene.is_held("NHIF M 12345678", 500, MemberAccount, Some("SHA"));
    scene.is_held("nhifp-12345678", 500, MemberAccount, Some("SHA"));
    scene.is_held("12345678", 500, AmbiguousForm, None);
}

#[test]
fn names_that_others_give_their_bills_crowd_no_assessment_and_an_agency_s_own_open_no_second() {
    let mut scene = Scene::new();
    let bill = scene.prn(PRN, 700);
    for _ in 0..40 {
        scene.invoice("CITY", PRN, 700);
    }
    let again =
        |scene: &mut Scene| scene.named("KRA", "kra-prn-payment", ReferenceKind::Assessment, PRN, 700);
    let refused = Err(Answer::Refused(Refusal::AssessmentHasBill { bill }));
    assert_eq!(again(&mut scene), refused);
    scene.lands(PRN, 700, bill, Share::Completed);

    let mut scene = Scene::new();
    let bill = scene.prn(PRN, 700);
    for _ in 0..40 {
        scene.invoice("KRA", PRN, 700);
    }
    let refused = Err(Answer::Refused(Refusal::AssessmentHasBill { bill }));
    assert_eq!(again(&mut scene), refused);
    // Its bill is forgotten among the agency's own, and found by its number alone.
    scene.is_held(PRN, 700, UnknownReference, Some("KRA"));
}

#[test]
fn money_under_a_reference_whose_bill_was_made_after_it_was_read_is_held() {
    let mut scene = Scene::new();
    let read_before = scene.desk.read(PRN, &scene.forms, kes(700));
    let bill = scene.prn(PRN, 700);
    scene.prn("2027000123457", 700);
    let held = scene.desk.placed(read_before, "EARLY", kes(700));
    assert!(
        matches!(&held, Placement::Suspense { reason: ReferenceAmbiguous, .. }),
        "what is beside it was not looked up: {held:?}"
    );
    assert_eq!(scene.desk.see(bill).state, BillState::Unpaid);
}

#[test]
fn a_reference_that_very_many_bills_had_leads_to_none() {
    let mut scene = Scene::new();
    for _ in 0..40 {
        let bill = scene.invoice("KWS", "WALKIN", 500);
        scene.desk.ask(Ask::CancelBill { bill, idempotency: None });
    }
    scene.invoice("KWS", "WALKIN", 600);
    scene.is_held("WALKIN", 600, ReferenceAmbiguous, None);
}
