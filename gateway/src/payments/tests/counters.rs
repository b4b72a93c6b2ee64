//! Cash at counters, on real books: what may be taken, what is booked whatever has become of its bill, and what a count finds.

use std::sync::mpsc::sync_channel;

use catalog::Text;
use ledger::{Evidence, Lane, LedgerTime, Money, Outcome};
use proptest::prelude::*;

use super::desk::{Desk, kes, usd};
use crate::payments::channels::{ChannelAsk, ChannelKind, ChannelName, ChannelScope, PinTerms, PinnedTo};
use crate::payments::{
    AccountFact, Addressed, Answer, Apart, Ask, BillState, COUNTED_MAX, CashNumber, CashTaking,
    ChannelReceipt, CollectedOn, Command, CountError, CountFault, Counted, CounterAsk, CounterRefusal,
    MoneyIn, PaymentNumber, Provider, ReferenceKind, Refusal, ShiftState, SweepAsk, SweepReference,
    SweepRefusal, ToldBy, TypedAccount, change, read_event,
};

pub(super) const COUNTER: &str = "huduma-gpo-3";
const TAKINGS: &str = "1000.counter.huduma-gpo-3 KES";
const FLOAT: &str = "1010.counter.huduma-gpo-3 KES";
const FLOATS: &str = "2200.counter-floats KES";
const SHORT_AND_OVER: &str = "5000.cash-short-and-over.huduma-gpo-3 KES";

impl Desk {
    fn asks(&self, principal: &str, ask: Ask) -> Answer {
        let command = Command { principal: principal.into(), cause: "test".into(), ask };
        let (reply, outcome) = sync_channel(1);
        self.ledger().submit(Lane::MoneyIn, command, move |outcome| drop(reply.send(outcome))).unwrap();
        match outcome.recv().unwrap() {
            Outcome::Done(answer) => answer,
            other => panic!("the books said {other:?}"),
        }
    }

    fn opens(&self, cashier: &str, counter: &str, float: i64) -> Answer {
        let ask = CounterAsk::Open { counter: counter.into(), float: kes(float), idempotency: None };
        self.asks(cashier, Ask::Counter(ask))
    }

    pub(super) fn shift(&self, cashier: &str, float: i64) -> u64 {
        match self.opens(cashier, COUNTER, float) {
            Answer::Done { sequence } => sequence,
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn takes(
        &self,
        cashier: &str,
        shift: u64,
        bill: PaymentNumber,
        money: Money,
        number: &Number<'_>,
    ) -> Answer {
        let said = (Addressed::Typed(TypedAccount::Number(bill)), AccountFact::Number(bill));
        self.takes_said(cashier, shift, said, money, number)
    }

    /// Cash for which nobody wrote down what it is for.
    pub(super) fn takes_for_nobody(
        &self,
        cashier: &str,
        shift: u64,
        money: Money,
        number: &Number<'_>,
    ) -> Answer {
        let said = (Addressed::Typed(TypedAccount::Missing), AccountFact::Unsaid);
        self.takes_said(cashier, shift, said, money, number)
    }

    fn takes_said(
        &self,
        cashier: &str,
        shift: u64,
        (addressed, account_fact): (Addressed, AccountFact),
        money: Money,
        number: &Number<'_>,
    ) -> Answer {
        let receipt =
            ChannelReceipt { provider: Provider::Counter, short_code: COUNTER.into(), number: "".into() };
        let numbered = match number {
            Number::Ours => CashNumber::Ours,
            Number::Given(number) => CashNumber::Given(number.parse().unwrap()),
            Number::OnPaper(number) => CashNumber::OnPaper(number.parse().unwrap()),
        };
        let taking = CashTaking {
            counter: COUNTER.into(),
            shift,
            money_in: MoneyIn {
                receipt,
                money,
                addressed,
                account_fact,
                told_by: ToldBy::Counter,
                evidence: Evidence::CallbackOnly,
                moved: None,
                sealed: None,
                random: rand::random(),
            },
            numbered,
            held_max: kes(2_000),
            idempotency: None,
        };
        self.asks(cashier, Ask::Counter(CounterAsk::Take(Box::new(taking))))
    }

    pub(super) fn counts(&self, who: &str, shift: u64, shillings: i64, for_others: bool) -> Answer {
        let ask = CounterAsk::Close {
            counter: COUNTER.into(),
            shift,
            counted: Counted::of_total(kes(shillings)).unwrap(),
            alone_up_to: kes(20),
            for_others,
            idempotency: None,
        };
        self.asks(who, Ask::Counter(ask))
    }

    fn agrees(&self, who: &str, shift: u64) -> Answer {
        let ask = CounterAsk::Approve { counter: COUNTER.into(), shift, idempotency: None };
        self.asks(who, Ask::Counter(ask))
    }

    fn refuses(&self, who: &str, shift: u64, fault: CountFault) -> Answer {
        let ask = CounterAsk::Refuse { counter: COUNTER.into(), shift, fault, idempotency: None };
        self.asks(who, Ask::Counter(ask))
    }

    pub(super) fn sends_to_bank(&self, shillings: i64, random: u64) -> Answer {
        let account = CollectedOn { provider: Provider::Counter, short_code: COUNTER.into() };
        let reference = SweepReference::from_random(random);
        let ask = SweepAsk::Send { account, money: kes(shillings), reference, idempotency: None };
        self.asks("treasury", Ask::Sweep(ask))
    }

    pub(super) fn held(&self) -> Money {
        self.ledger().readers().counters().held_at(COUNTER)
    }

    fn state_of_shift(&self, shift: u64) -> ShiftState {
        self.ledger().readers().counters().shift(shift).unwrap().state
    }

    fn net(&self, account: &str) -> i128 {
        // Of assets, debit less credit.
        -self.balances().get(account).copied().unwrap_or(0)
    }
}

pub(super) enum Number<'a> {
    Ours,
    Given(&'a str),
    OnPaper(&'a str),
}

fn refused(answer: Answer) -> CounterRefusal {
    match answer {
        Answer::Refused(Refusal::Counter(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

fn booked(answer: &Answer) -> bool {
    matches!(answer, Answer::Booked { .. })
}

#[test]
fn cash_on_the_counter_is_refused_where_the_bill_does_not_want_it_and_nothing_is_booked() {
    let mut desk = Desk::open();
    let shift = desk.shift("amina", 500);
    let (paid, dollars) = (desk.bill(100), desk.quoted_bill(10, 1_293, 60));
    let open = desk.referenced_bill("KWS", "park-entry", ReferenceKind::Assessment, "A1", 300).unwrap();
    assert!(booked(&desk.takes("amina", shift, paid, kes(100), &Number::Ours)));
    let before = desk.balances();
    let take = |bill, money, number: &Number<'_>| refused(desk.takes("amina", shift, bill, money, number));
    assert_eq!(take(paid, kes(100), &Number::Ours), CounterRefusal::AlreadyPaid(BillState::Paid));
    assert_eq!(take(open, kes(301), &Number::Ours), CounterRefusal::MoreThanIsDue { due: kes(300) });
    assert_eq!(take(open, kes(299), &Number::Ours), CounterRefusal::NoParts { due: kes(300) });
    assert_eq!(take(open, usd(3), &Number::Ours), CounterRefusal::OtherCurrency);
    let nobodys = PaymentNumber::from_random(99);
    let answer = desk.takes("amina", shift, nobodys, kes(5), &Number::Ours);
    assert_eq!(answer, Answer::Refused(Refusal::NoSuchBill));
    assert_eq!(refused(desk.takes("brian", shift, open, kes(300), &Number::Ours)), CounterRefusal::NotYours);
    assert_eq!(desk.balances(), before);
    assert!(
        booked(&desk.takes("amina", shift, dollars, kes(1_293), &Number::Ours)),
        "its quote is in shillings"
    );

    // The drawer may have 2,000 besides its float, and has 1,393.
    let much = desk.bill(700);
    let full = CounterRefusal::DrawerFull { held_max: kes(2_000), held: kes(1_393) };
    assert_eq!(refused(desk.takes("amina", shift, much, kes(700), &Number::Ours)), full);
    assert!(matches!(desk.sends_to_bank(1_393, 1), Answer::Done { .. }));
    assert!(booked(&desk.takes("amina", shift, much, kes(700), &Number::Ours)), "it was emptied");
    assert_eq!((desk.held(), desk.net(TAKINGS), desk.net(FLOAT)), (kes(700), 70_000, 50_000));
}

#[test]
fn one_receipt_is_one_payment_and_what_was_taken_on_paper_is_booked_whatever_its_bill_became() {
    let mut desk = Desk::open();
    let shift = desk.shift("amina", 0);
    let (one, other) = (desk.bill(100), desk.bill(100));
    let first = desk.takes("amina", shift, one, kes(100), &Number::Given("A1"));
    let Answer::Booked { sequence } = first else { panic!("{first:?}") };
    assert_eq!(desk.takes("amina", shift, one, kes(100), &Number::Given("A1")), Answer::Known { sequence });
    let used = CounterRefusal::NumberUsed { payment: sequence };
    assert_eq!(refused(desk.takes("amina", shift, other, kes(100), &Number::Given("A1"))), used);

    let again = desk.takes("amina", shift, one, kes(100), &Number::OnPaper("0077"));
    let Answer::Booked { sequence } = again else { panic!("{again:?}") };
    assert_eq!(desk.see(one).state, BillState::Overpaid);
    assert_eq!(desk.balances().get("2110.duplicate-refundable KES"), Some(&10_000));
    desk.power_cut(3);
    assert_eq!(
        desk.takes("amina", shift, one, kes(100), &Number::OnPaper("0077")),
        Answer::Known { sequence }
    );
    assert!(matches!(
        desk.takes("amina", shift, other, kes(100), &Number::OnPaper("0077")),
        Answer::Quarantined { is_new: true, .. }
    ));
    assert_eq!(desk.held(), kes(200), "each is there once");
    let nobodys = PaymentNumber::from_random(99);
    assert!(booked(&desk.takes("amina", shift, nobodys, kes(30), &Number::OnPaper("0078"))));
    assert_eq!(desk.balances().get("2100.suspense KES"), Some(&3_000));

    // Past the limit of the drawer too: it lies there already.
    assert!(booked(&desk.takes("amina", shift, nobodys, kes(9_000), &Number::OnPaper("0079"))));
    assert!(matches!(desk.counts("amina", shift, 9_230, false), Answer::Done { .. }));
    let closed = CounterRefusal::Is(ShiftState::Closed);
    assert_eq!(refused(desk.takes("amina", shift, other, kes(100), &Number::Ours)), closed);
    assert_eq!(refused(desk.takes("amina", shift, other, kes(100), &Number::OnPaper("0080"))), closed);
    // The same paper again, in the next shift, is no second payment.
    let next = desk.shift("brian", 0);
    assert_eq!(
        desk.takes("brian", next, one, kes(100), &Number::OnPaper("0077")),
        Answer::Known { sequence }
    );
}

#[test]
fn one_number_of_a_book_of_receipts_is_one_payment_in_all_shifts_live_and_on_paper() {
    let mut desk = Desk::open();
    let first = desk.shift("amina", 0);
    let (one, other) = (desk.bill(100), desk.bill(100));
    let Answer::Booked { sequence } = desk.takes("amina", first, one, kes(100), &Number::Given("0042"))
    else {
        panic!("it was refused")
    };
    let used = CounterRefusal::NumberUsed { payment: sequence };
    // On paper it is the same cash, or a number that was typed wrongly: that is kept for people to look at.
    let on_paper = |desk: &Desk, who, shift, bill, number| {
        desk.takes(who, shift, bill, kes(100), &Number::OnPaper(number))
    };
    assert_eq!(on_paper(&desk, "amina", first, one, "0042"), Answer::Known { sequence });
    assert!(matches!(
        on_paper(&desk, "amina", first, other, "42"),
        Answer::Quarantined { is_new: true, stands, .. } if stands == sequence
    ));
    assert!(booked(&on_paper(&desk, "amina", first, other, "0043")));
    let claimed = desk.takes("amina", first, other, kes(100), &Number::Given("0043"));
    assert!(matches!(refused(claimed), CounterRefusal::NumberUsed { .. }));
    assert!(matches!(desk.counts("amina", first, 200, false), Answer::Done { .. }));

    // In the next shift the cash lies on the counter: it is given back, also for the same bill.
    desk.power_cut(3);
    let next = desk.shift("brian", 0);
    for bill in [one, desk.bill(100)] {
        for number in ["0042", "42"] {
            let answer = desk.takes("brian", next, bill, kes(100), &Number::Given(number));
            assert_eq!(refused(answer), used, "{number}");
        }
    }
    assert_eq!(on_paper(&desk, "brian", next, one, "0042"), Answer::Known { sequence });
    assert_eq!(desk.held(), kes(200), "each is there once");
}

#[test]
fn a_counter_that_is_said_to_be_down_takes_nothing_that_can_be_given_back() {
    let mut desk = Desk::open();
    let shift = desk.shift("amina", 0);
    let (one, other) = (desk.bill(100), desk.bill(100));
    let Answer::Booked { sequence } = desk.takes("amina", shift, one, kes(100), &Number::Given("1")) else {
        panic!("it works")
    };
    let channel = ChannelName::one_of(ChannelKind::Counter, COUNTER).unwrap();
    let down = Answer::Refused(Refusal::ChannelDown { channel: channel.clone() });
    let until = LedgerTime::from_micros(desk.clock.now_micros()).plus_seconds(3_600);
    for scope in [ChannelScope::for_all(channel.clone()), ChannelScope::for_agency(channel, "KWS".into())] {
        let reason = Text::new("False receipts", "Risiti bandia");
        let terms = PinTerms { to: PinnedTo::Down, reason, until };
        assert!(matches!(
            desk.ask(Ask::Channel(ChannelAsk::Pin { scope: scope.clone(), terms })),
            Answer::Done { .. }
        ));
        assert_eq!(desk.takes("amina", shift, other, kes(100), &Number::Ours), down, "{scope:?}");
        // What was booked before is booked, and what was taken on paper has moved.
        let again = desk.takes("amina", shift, one, kes(100), &Number::Given("1"));
        assert_eq!(again, Answer::Known { sequence });
        let number = format!("7-{}", u8::from(scope.agency.is_some()));
        assert!(booked(&desk.takes("amina", shift, one, kes(100), &Number::OnPaper(&number))));
        assert!(matches!(desk.ask(Ask::Channel(ChannelAsk::Unpin { scope })), Answer::Done { .. }));
    }
    assert!(booked(&desk.takes("amina", shift, other, kes(100), &Number::Ours)));
    assert_eq!(desk.held(), kes(400));
}

#[test]
fn one_works_at_a_counter_and_nobody_at_two() {
    let desk = Desk::open();
    let shift = desk.shift("amina", 500);
    assert_eq!(refused(desk.opens("amina", COUNTER, 0)), CounterRefusal::ShiftIsOpen(shift));
    assert_eq!(refused(desk.opens("brian", COUNTER, 0)), CounterRefusal::ShiftIsOpen(shift));
    assert_eq!(refused(desk.opens("amina", "huduma-gpo-4", 0)), CounterRefusal::WorksElsewhere(shift));
    assert!(matches!(desk.opens("brian", "huduma-gpo-4", 0), Answer::Done { .. }));
    assert_eq!(refused(desk.counts("brian", shift, 500, false)), CounterRefusal::NotYours);
    // A supervisor ends it in the place of who has gone; and cannot agree to what lacks then.
    assert!(matches!(desk.counts("chebet", shift, 450, true), Answer::Done { .. }));
    for nobody in ["amina", "chebet"] {
        assert_eq!(refused(desk.agrees(nobody, shift)), CounterRefusal::SamePrincipal);
    }
    assert!(matches!(desk.agrees("daudi", shift), Answer::Done { .. }));
    assert_eq!(refused(desk.agrees("daudi", shift)), CounterRefusal::Is(ShiftState::Closed));
    // There were no takings, so it was the float that lacked.
    assert_eq!((desk.net(TAKINGS), desk.net(FLOAT), desk.net(FLOATS)), (0, 0, -5_000));
}

#[test]
fn what_lacks_is_booked_under_its_shift_and_beyond_the_limit_by_a_second_person() {
    let mut desk = Desk::open();
    let first = desk.shift("amina", 500);
    let bill = desk.bill(300);
    assert!(booked(&desk.takes("amina", first, bill, kes(300), &Number::Ours)));
    assert!(matches!(desk.counts("amina", first, 750, false), Answer::Done { .. }));
    assert_eq!(desk.state_of_shift(first), ShiftState::Waits);
    let nothing_yet = (30_000, 0, 50_000);
    assert_eq!((desk.net(TAKINGS), desk.net(SHORT_AND_OVER), desk.net(FLOAT)), nothing_yet);
    // What lacks does not lie there, also while nobody has agreed.
    let too_much = Answer::Refused(Refusal::Sweep(SweepRefusal::MoreThanIsThere));
    assert_eq!(desk.sends_to_bank(251, 1), too_much);
    let second = desk.shift("amina", 500);
    assert!(matches!(desk.agrees("chebet", first), Answer::Done { .. }));
    assert_eq!((desk.net(TAKINGS), desk.net(SHORT_AND_OVER)), (25_000, 5_000));
    assert_eq!(desk.ledger().readers().counters().shift(second).unwrap().carried, kes(250));

    // Twenty too much is booked at once; and all of it can go home.
    assert!(matches!(desk.counts("amina", second, 770, false), Answer::Done { .. }));
    assert_eq!(desk.state_of_shift(second), ShiftState::Closed);
    assert_eq!((desk.net(TAKINGS), desk.net(SHORT_AND_OVER)), (27_000, 3_000));
    assert!(matches!(desk.sends_to_bank(270, 2), Answer::Done { .. }));
    desk.reopen();
    assert_eq!((desk.held(), desk.net(TAKINGS), desk.net(FLOATS)), (kes(0), 0, 0));
}

#[test]
fn a_count_that_is_refused_books_nothing_and_the_drawer_is_counted_again() {
    let mut desk = Desk::open();
    let shift = desk.shift("amina", 500);
    let bill = desk.bill(300);
    assert!(booked(&desk.takes("amina", shift, bill, kes(300), &Number::Ours)));
    let before = desk.balances();
    let lied = CountFault::Miscounted;
    assert_eq!(refused(desk.refuses("chebet", shift, lied)), CounterRefusal::Is(ShiftState::Open));
    assert!(matches!(desk.counts("amina", shift, 700, false), Answer::Done { .. }));
    assert_eq!(refused(desk.refuses("amina", shift, lied)), CounterRefusal::SamePrincipal);
    assert!(matches!(desk.refuses("chebet", shift, lied), Answer::Done { .. }));
    assert_eq!((desk.balances(), desk.held()), (before.clone(), kes(300)), "nothing was booked");
    let again = CounterRefusal::Is(ShiftState::ToCountAgain);
    assert_eq!(refused(desk.agrees("chebet", shift)), again);
    assert_eq!(refused(desk.refuses("chebet", shift, lied)), again);

    // No cash is taken before it is counted, and nobody else has the drawer; nor has the cashier another.
    desk.power_cut(3);
    let other = desk.bill(100);
    assert_eq!(refused(desk.takes("amina", shift, other, kes(100), &Number::Ours)), again);
    assert_eq!(refused(desk.opens("brian", COUNTER, 0)), CounterRefusal::ShiftIsOpen(shift));
    assert_eq!(refused(desk.opens("amina", "huduma-gpo-4", 0)), CounterRefusal::WorksElsewhere(shift));
    assert!(matches!(desk.sends_to_bank(100, 1), Answer::Done { .. }), "it is emptied meanwhile");
    assert!(matches!(desk.counts("amina", shift, 600, false), Answer::Done { .. }));
    assert!(matches!(desk.refuses("daudi", shift, CountFault::NotExplained), Answer::Done { .. }));
    assert!(matches!(desk.counts("amina", shift, 700, false), Answer::Done { .. }));
    assert_eq!(desk.state_of_shift(shift), ShiftState::Closed, "nothing lacks");
    let counters = desk.ledger().readers().counters();
    let told: Vec<_> =
        counters.shift(shift).unwrap().refused.iter().map(|count| (count.fault, &*count.by)).collect();
    assert_eq!(told, [(lied, "chebet"), (CountFault::NotExplained, "daudi")]);
    desk.reopen();
    assert_eq!((desk.held(), desk.net(TAKINGS), desk.net(FLOAT)), (kes(200), 20_000, 0));
    assert_eq!((desk.net(SHORT_AND_OVER), desk.net(FLOATS)), (0, 0));
}

#[test]
fn once_the_next_shift_has_the_drawer_an_earlier_count_is_agreed_to_or_waits() {
    let desk = Desk::open();
    let first = desk.shift("amina", 100);
    assert!(matches!(desk.counts("amina", first, 50, false), Answer::Done { .. }));
    let second = desk.shift("brian", 0);
    let too_late = CounterRefusal::LaterShift(second);
    assert_eq!(refused(desk.refuses("chebet", first, CountFault::LeftOut)), too_late);
    assert!(matches!(desk.agrees("chebet", first), Answer::Done { .. }));
    assert_eq!((desk.net(FLOAT), desk.net(FLOATS)), (0, -5_000), "what lacked of the float is not there");
}

#[test]
fn small_differences_of_one_day_do_not_add_up_to_large_ones_that_nobody_saw() {
    let desk = Desk::open();
    let counts = |found: i64, state| {
        let shift = desk.shift("amina", 100);
        assert!(matches!(desk.counts("amina", shift, found, false), Answer::Done { .. }));
        assert_eq!(desk.state_of_shift(shift), state, "{found}");
        shift
    };
    counts(112, ShiftState::Closed);
    assert_eq!(desk.held(), kes(12));
    // Twenty may be apart on one day: twelve too much were, and nine more are one too many.
    let waits = counts(103, ShiftState::Waits);
    let waiting = || desk.ledger().readers().counters().waiting_at(COUNTER);
    assert_eq!(waiting(), (900, 0));
    assert!(matches!(desk.refuses("chebet", waits, CountFault::LeftOut), Answer::Done { .. }));
    assert_eq!(waiting(), (0, 0));
    assert!(matches!(desk.counts("amina", waits, 112, false), Answer::Done { .. }));
    counts(112, ShiftState::Closed);
    counts(104, ShiftState::Closed);
    counts(103, ShiftState::Waits);
}

#[test]
fn a_drawer_is_counted_by_notes_and_coins_that_there_are() {
    let counted = |pieces: &[(u32, u32)]| Counted::of_pieces(pieces.iter().copied().collect());
    assert_eq!(counted(&[]).unwrap().total, kes(0));
    assert_eq!(counted(&[(1_000, 3), (40, 2), (1, 7), (5, 0)]).unwrap().total, kes(3_087));
    assert_eq!(counted(&[(5, 0), (40, 2), (50, 1)]).unwrap().pieces, [(50, 1), (40, 2)]);
    assert_eq!(counted(&[(25, 1)]), Err(CountError::NoSuchPiece(25)));
    assert_eq!(counted(&[(1, 1_000_001)]), Err(CountError::TooMany(1)));
    assert_eq!(counted(&[(1_000, 100_001)]), Err(CountError::TooMuch));
    assert_eq!(
        counted(&[(1_000, 100_000)]),
        Counted::of_total(COUNTED_MAX).map(|count| Counted { pieces: vec![(1_000, 100_000)], ..count })
    );
    assert_eq!(Counted::of_total(kes(100_000_001)), Err(CountError::TooMuch));
    assert_eq!(Counted::of_total(kes(-1)), Err(CountError::NotShillings));
    assert_eq!(Counted::of_total(usd(1)), Err(CountError::NotShillings));
    assert_eq!(change(kes(1_000), kes(550)), Some(kes(450)));
    assert_eq!(change(kes(500), kes(500)), Some(kes(0)));
    assert_eq!((change(kes(499), kes(500)), change(usd(9), kes(5))), (None, None));
}

/// Records as the first release that had them wrote them.
#[test]
fn what_was_written_first_is_read_and_written_as_it_was() {
    for bytes in include_str!("fixtures/fallback.ndjson").lines() {
        let event = read_event(bytes.as_bytes()).unwrap_or_else(|| panic!("{bytes}"));
        assert_eq!(serde_json::to_string(&event).unwrap(), bytes);
    }
}

proptest! {
    #[test]
    fn the_parts_of_a_difference_are_the_difference_and_the_float_bears_only_what_the_takings_cannot(
        counted in 0_i64..1_000_000, float in 0_i64..500_000, takings in -1_000_i64..500_000,
    ) {
        let apart = Apart::of(kes(counted), kes(float), kes(takings)).unwrap();
        prop_assert_eq!(apart.whole(), kes(counted - float - takings));
        prop_assert!(apart.float.minor() <= 0 && apart.float.minor() >= -kes(float).minor() - 100_000);
        prop_assert!(apart.float.is_zero() || apart.takings == kes(-takings.max(0)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever is done at a counter in whatever order: what it is believed to hold is what the books have and what counts found,
    /// and floats come back.
    #[test]
    fn what_lies_at_a_counter_is_what_the_books_and_the_counts_say(
        steps in prop::collection::vec((0_u8..7, 0_i64..900), 1..40)
    ) {
        let mut desk = Desk::open();
        let mut paper = 0;
        for (step, shillings) in steps {
            let counters = desk.ledger().readers().counters();
            let open = counters.open_at(COUNTER).map(|shift| (shift.id, counters.expected(shift).unwrap()));
            let waiting = counters.shifts_of(COUNTER).find(|shift| shift.state == ShiftState::Waits);
            let waiting = waiting.map(|shift| shift.id);
            match (step, open) {
                (0 | 1, None) => drop(desk.opens("amina", COUNTER, shillings)),
                (0 | 1, Some((shift, _))) => {
                    let bill = desk.bill(shillings + 1);
                    drop(desk.takes("amina", shift, bill, kes(shillings + 1), &Number::Ours));
                }
                (2, Some((shift, _))) => {
                    paper += 1;
                    let nobodys = PaymentNumber::from_random(5);
                    let number = format!("{}", paper / 2);
                    drop(desk.takes("amina", shift, nobodys, kes(50), &Number::OnPaper(&number)));
                }
                (3, Some((shift, expected))) => {
                    let there = (expected.minor() / 100 + shillings - 450).max(0);
                    drop(desk.counts("amina", shift, there, false));
                }
                (4, _) => drop(desk.sends_to_bank(shillings, paper as u64 * 1_000 + shillings as u64)),
                (6, _) => drop(waiting.map(|shift| desk.refuses("chebet", shift, CountFault::LeftOut))),
                _ => drop(waiting.map(|shift| desk.agrees("chebet", shift))),
            }
        }
        desk.reopen();
        let counters = desk.ledger().readers().counters();
        let waiting: i64 = counters
            .shifts_of(COUNTER)
            .filter(|shift| shift.state == ShiftState::Waits)
            .map(|shift| shift.cash_up.as_ref().unwrap().apart.takings.minor())
            .sum();
        prop_assert_eq!(desk.net(TAKINGS), i128::from(desk.held().minor() - waiting));
        // The float of a shift that waits for a second person is booked as being there.
        let floats: i64 = counters
            .shifts_of(COUNTER)
            .filter(|shift| shift.state != ShiftState::Closed)
            .map(|shift| shift.float.minor())
            .sum();
        let lacked: i128 = counters
            .shifts_of(COUNTER)
            .filter(|shift| shift.state == ShiftState::Closed)
            .map(|shift| i128::from(shift.cash_up.as_ref().unwrap().apart.float.minor()))
            .sum();
        prop_assert_eq!(desk.net(FLOATS), lacked - i128::from(floats));
        prop_assert_eq!(desk.net(FLOAT), i128::from(floats));
    }
}
