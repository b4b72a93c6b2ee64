//! Applications: what agencies may report, and that it survives whatever happens to the machine.

use catalog::{Catalogue, Holidays};
use ledger::{LedgerTime, StateMachine as _};

use super::desk::{Desk, kes, line};
use crate::payments::{
    Answer, Application, ApplicationAsk, ApplicationNews, ApplicationRefusal, ApplicationReport,
    ApplicationState, Archived, Ask, BillState, PaymentNumber, Payments, Promise, QueryReason,
    REPORTS_TOGETHER_MAX, Refusal, archive,
};

fn ready(centre: &str) -> ApplicationNews {
    ApplicationNews::Ready { centre: centre.parse().unwrap() }
}

impl Desk {
    fn paid_bill(&mut self, receipt: &str, working_days: Option<u16>) -> PaymentNumber {
        let mut bill = self.new_bill(vec![line("KWS", kes(500))], kes(500), None);
        bill.promised_working_days = working_days;
        let bill = self.make(bill).unwrap();
        self.confirm(bill, receipt, 500);
        bill
    }

    fn reports(&self, agency: &str, reports: &[(PaymentNumber, ApplicationNews)]) -> Answer {
        let reports = reports
            .iter()
            .map(|(bill, news)| ApplicationReport { bill: *bill, news: news.clone() })
            .collect();
        self.reports_with(agency, reports, Holidays::default())
    }

    fn reports_with(&self, agency: &str, reports: Vec<ApplicationReport>, holidays: Holidays) -> Answer {
        self.ask(Ask::Application(ApplicationAsk::Report { agency: agency.into(), reports, holidays }))
    }

    fn application(&self, bill: PaymentNumber) -> Option<Application> {
        let archived = self.ledger().archived(&archive::application(bill)).unwrap();
        archived.and_then(Archived::application).map(|application| (*application).clone())
    }

    /// Why the only report that was refused was.
    fn refused(&self, agency: &str, bill: PaymentNumber, news: ApplicationNews) -> ApplicationRefusal {
        match self.reports(agency, &[(bill, news)]) {
            Answer::Refused(Refusal::Reports(refused)) if refused.len() == 1 => refused[0].reason,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn only_the_agency_of_a_paid_bill_reports_and_only_what_follows() {
    let mut desk = Desk::open();
    let bill = desk.paid_bill("TKA1", Some(10));
    let unpaid = desk.bill(500);
    assert_eq!(desk.refused("KRA", bill, ApplicationNews::AtAgency), ApplicationRefusal::NoSuchBill);
    let state = BillState::Unpaid;
    assert_eq!(desk.refused("KWS", unpaid, ApplicationNews::AtAgency), ApplicationRefusal::BillIs { state });
    let state = ApplicationState::Paid;
    assert_eq!(desk.refused("KWS", bill, ApplicationNews::Collected), ApplicationRefusal::NotFrom { state });
    assert!(desk.application(bill).is_none());

    let query = ApplicationNews::QueryRaised { reason: QueryReason::Photo };
    for news in [ApplicationNews::AtAgency, query, ApplicationNews::AtAgency, ready("Nyeri"), ready("Nakuru")]
    {
        assert!(matches!(desk.reports("KWS", &[(bill, news.clone())]), Answer::Done { .. }), "{news:?}");
        assert_eq!(desk.reports("KWS", &[(bill, news)]), Answer::Nothing, "the same again");
    }
    let application = desk.application(bill).unwrap();
    assert_eq!((application.state, application.steps.len()), (ApplicationState::Ready, 5));
    assert_eq!(application.centre().unwrap().to_string(), "Nakuru");
    let paid_day = crate::payments::revenue_day(application.paid);
    assert_eq!(application.promise(paid_day), Promise::OnTime);
    assert_eq!(application.promise(paid_day + 100), Promise::OnTime, "it was ready in time");
}

#[test]
fn the_first_report_fixes_the_promise_and_holidays_of_later_move_it_no_more() {
    let mut desk = Desk::open();
    let bill = desk.paid_bill("TKA1", Some(30));
    let report = |news| vec![ApplicationReport { bill, news }];
    let law = Catalogue::embedded().holidays().clone();
    let paid = LedgerTime::from_micros(desk.clock.now_micros());
    let without = crate::payments::due_day(paid, 30, &Holidays::default());
    let with = crate::payments::due_day(paid, 30, &law);
    assert_eq!(with - without, 4, "it ends on New Year's Day, a Friday, and Christmas is one before");
    assert!(matches!(desk.reports_with("KWS", report(ApplicationNews::AtAgency), law), Answer::Done { .. }));
    assert_eq!(desk.application(bill).unwrap().due_day, Some(with));
    desk.reports_with("KWS", report(ready("Nyeri")), Holidays::default());
    assert_eq!(desk.application(bill).unwrap().due_day, Some(with));
}

#[test]
fn reports_that_come_together_are_recorded_together_or_not_at_all() {
    let mut desk = Desk::open();
    let (first, second) = (desk.paid_bill("TKA1", None), desk.paid_bill("TKA2", None));
    let size = desk.ledger().head().size;
    // The second follows from the first; the third from nothing.
    let wrong = [
        (first, ready("Nyeri")),
        (first, ApplicationNews::Collected),
        (second, ApplicationNews::Returned),
        (first, ready("Nyeri")),
    ];
    let Answer::Refused(Refusal::Reports(refused)) = desk.reports("KWS", &wrong) else { panic!() };
    assert_eq!(refused.iter().map(|refused| refused.index).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(desk.ledger().head().size, size, "nothing was written");
    assert!(matches!(desk.reports("KWS", &wrong[..2]), Answer::Done { .. }));
    assert_eq!(desk.application(first).unwrap().state, ApplicationState::Collected);
}

/// What is in memory, and in every snapshot. Documents that nobody collects are not among it, however many they are.
#[test]
fn applications_are_not_in_memory() {
    let state: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(&Payments::initial().encode()).unwrap();
    let mut parts: Vec<_> = state.keys().map(String::as_str).collect();
    parts.sort_unstable();
    assert_eq!(
        parts,
        [
            "attempts",
            "availability",
            "bills",
            "catalogues",
            "channels",
            "counters",
            "day",
            "gates", // devices alone, of which there is a most
            "keys",
            "messages",
            "notices",
            "staff",
            "sweeps",
            "totals"
        ],
        "whoever adds a part says what bounds it"
    );
}

#[test]
fn as_many_reports_as_may_come_together_have_room_in_one_batch() {
    let mut desk = Desk::open();
    let mut bill = desk.new_bill(vec![line("KWS", kes(500))], kes(500), None);
    (bill.service, bill.promised_working_days) = ("s".repeat(80).into(), Some(10));
    let bill = desk.make(bill).unwrap();
    desk.confirm(bill, "TKA1", 500);
    let before = desk.ledger().head().size;
    // A document that is sent to and fro between two centres with names as long as they get.
    let centre = |letter: &str| ready(&letter.repeat(60));
    let reports: Vec<_> =
        (0..REPORTS_TOGETHER_MAX).map(|at| (bill, centre(if at % 2 == 0 { "a" } else { "b" }))).collect();
    assert!(matches!(desk.reports("KWS", &reports), Answer::Done { .. }));
    let size = desk.ledger().head().size;
    assert_eq!(size - before, REPORTS_TOGETHER_MAX as u64);
    let bytes: usize = (before..size).map(|at| desk.ledger().leaf(at).unwrap().unwrap().len()).sum();
    // A quarter of a MiB, less what principals and causes are longer in life, and what frames add.
    assert!(bytes + REPORTS_TOGETHER_MAX * 100 < 256 << 10, "{bytes} bytes");
}

#[test]
fn what_was_reported_outlives_restarts_and_power_cuts() {
    let mut desk = Desk::open();
    let (waiting, returned) = (desk.paid_bill("TKA1", Some(1)), desk.paid_bill("TKA2", None));
    desk.reports(
        "KWS",
        &[(waiting, ready("Nyeri")), (returned, ready("Nyeri")), (returned, ApplicationNews::Returned)],
    );
    let before = [waiting, returned].map(|bill| desk.application(bill).unwrap());
    for seed in 0..3 {
        desk.power_cut(seed);
        desk.reopen();
        assert_eq!([waiting, returned].map(|bill| desk.application(bill).unwrap()), before);
    }
    // The applicant came after all.
    assert!(matches!(desk.reports("KWS", &[(returned, ApplicationNews::Collected)]), Answer::Done { .. }));
    assert_eq!(desk.application(returned).unwrap().steps.len(), 3);
    // What was late to be ready stays late.
    desk.wait_seconds(10 * 86_400);
    let late = desk.paid_bill("TKA3", Some(1));
    desk.wait_seconds(10 * 86_400);
    desk.reports("KWS", &[(late, ready("Nyeri"))]);
    let application = desk.application(late).unwrap();
    let ready_day = application.ready_day.unwrap();
    assert!(matches!(application.promise(ready_day + 30), Promise::Late { days: 7..=9 }), "{application:?}");
}
