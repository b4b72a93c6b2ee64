//! What cashiers do, whether they come by the API or with a browser: find a counter of theirs, begin, take cash, count.

use ledger::{Evidence, LedgerTime, Money};

use crate::api::{Principal, trouble};
use crate::app::App;
use crate::channels::terms::CounterTerms;
use crate::channels::{SaidFor, Told};
use crate::http::problem::{FieldError, MoneyMoved, Problem};
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::payments::channels::{ChannelKind, ChannelName, ChannelState, WhyDown};
use crate::payments::{
    Answer, Ask, Bill, BillState, BookNumber, COUNTED_MAX, CashNumber, CashTaking, Command, CountFault,
    Counted, CounterAsk, CounterEvent, CounterRefusal, Event, Idempotency, MoneyIn, PartPaymentRule,
    PaymentNumber, PaymentReceived, Placement, Refusal, ToldBy, change,
};
use crate::receiving;

/// Clocks of machines at counters are believed as far as this.
const AHEAD_SECONDS_MAX: i64 = 300;

/// Cash that somebody wants to pay with, or has paid with.
#[derive(Clone, Debug)]
pub(crate) struct CashWish {
    /// What the payer says that it is for.
    pub(crate) number: String,
    /// How much; all that is due, if nothing is said.
    pub(crate) amount: Option<Money>,
    /// What lies on the counter, from which change is given.
    pub(crate) tendered: Option<Money>,
    /// The number of a receipt that is written by hand.
    pub(crate) receipt: Option<String>,
    /// When it was taken, if that was before: then it is on a receipt on paper, and the payer has gone.
    pub(crate) taken_at: Option<LedgerTime>,
}

/// Cash that was booked.
pub(crate) struct CashTaken {
    /// Sequence of its record.
    pub(crate) sequence: u64,
    /// Where it was put.
    pub(crate) payment: PaymentReceived,
    /// Whether it was booked by another request before.
    pub(crate) is_known: bool,
}

/// The counter of this name, if the caller sees it; otherwise the same problem as for one that does not exist.
pub(crate) fn counter_of<'a>(
    app: &'a App,
    principal: &Principal,
    named: &str,
) -> Result<&'a CounterTerms, Problem> {
    let name = ChannelName::one_of(ChannelKind::Counter, named).ok();
    let found = name.and_then(|name| app.channels.find(&name)).and_then(|channel| channel.counter());
    let seen = found.filter(|terms| principal.sees_counter(terms.counter(), &terms.agency));
    seen.ok_or_else(|| Problem::new(Code::NotFound, "There is no such counter, or it is not yours."))
}

/// The counters that the caller sees.
pub(crate) fn counters_of<'a>(
    app: &'a App,
    principal: &'a Principal,
) -> impl Iterator<Item = &'a CounterTerms> {
    let all = app.channels.iter().filter_map(|channel| channel.counter());
    all.filter(|terms| principal.sees_counter(terms.counter(), &terms.agency))
}

/// The bill of this number, whoever's it is: who pays in cash says its number, and nothing more than what is due is told.
pub(crate) fn bill_to_pay(app: &App, typed: &str) -> Result<std::sync::Arc<Bill>, Problem> {
    let number = payment_number(typed).ok_or_else(not_a_number)?;
    let bill = app.books.bill(number).map_err(|error| trouble::lookup(&error))?;
    bill.ok_or_else(|| Problem::new(Code::NotFound, "No bill has this payment number."))
}

/// Whether cash may be taken for a bill now; the books decide again when it is.
pub(crate) fn can_take(app: &App, terms: &CounterTerms, bill: &Bill) -> bool {
    bill.state.is_open()
        && why_down(app, &terms.name, &bill.terms.agency).is_none()
        && bill.due().currency() == terms.limit.currency()
        && (bill.terms.part_payment == PartPaymentRule::Allowed || bill.due().minor() <= terms.limit.minor())
}

/// Why a counter takes no cash for this agency now, if it is said to be down. What was taken on paper is booked all the same.
pub(crate) fn why_down(app: &App, counter: &ChannelName, agency: &str) -> Option<Problem> {
    let known = app.books.readers().channels().of_channel(counter, agency);
    if known.state != ChannelState::Down {
        return None;
    }
    let (en, sw) = match &known.why {
        Some(WhyDown::Said { reason, .. } | WhyDown::Work { reason, .. }) => {
            (format!(" {}", reason.en()), format!(" {}", reason.sw()))
        }
        Some(WhyDown::Found { .. }) | None => (String::new(), String::new()),
    };
    let detail = "This counter is said to be down: give the cash back, nothing was booked. Once it works again, whoever said so \
                  takes it back (malipo outage stop, POST /v1/outages/end).";
    let problem = Problem::new(Code::ChannelDown, detail).money_moved(MoneyMoved::No);
    Some(problem.user_message(
        format!("This counter takes no cash at the moment.{en} Give the cash back: nothing was booked."),
        format!("Kaunta hii haipokei pesa taslimu kwa sasa.{sw} Rudisha pesa: hakuna kilichoandikwa."),
    ))
}

/// A shift begins.
pub(crate) async fn open(
    app: &App,
    request: &Request<App>,
    terms: &CounterTerms,
    float: Money,
    idempotency: Idempotency,
) -> Result<u64, Problem> {
    if float.currency() != terms.limit.currency() || float.minor() < 0 {
        let detail = "A float is an amount in shillings, or nothing.";
        return Err(wrong("/float", "wrong", detail));
    }
    if float.minor() > terms.float_limit.minor() {
        let detail = format!("At most {} may lie at this counter.", terms.float_limit);
        return Err(wrong("/float", "over_the_limit", &detail));
    }
    let ask = CounterAsk::Open { counter: terms.counter().into(), float, idempotency: Some(idempotency) };
    asked(app, request, ask).await
}

/// A shift ends with a count.
pub(crate) async fn close(
    app: &App,
    request: &Request<App>,
    terms: &CounterTerms,
    shift: u64,
    counted: Counted,
    for_others: bool,
    idempotency: Idempotency,
) -> Result<u64, Problem> {
    let ask = CounterAsk::Close {
        counter: terms.counter().into(),
        shift,
        counted,
        alone_up_to: terms.difference,
        for_others,
        idempotency: Some(idempotency),
    };
    asked(app, request, ask).await
}

/// A second person agrees to a difference.
pub(crate) async fn approve(
    app: &App,
    request: &Request<App>,
    terms: &CounterTerms,
    shift: u64,
    idempotency: Idempotency,
) -> Result<u64, Problem> {
    let ask = CounterAsk::Approve { counter: terms.counter().into(), shift, idempotency: Some(idempotency) };
    asked(app, request, ask).await
}

/// A second person wants the drawer counted again. Nothing of the count was booked.
pub(crate) async fn refuse(
    app: &App,
    request: &Request<App>,
    terms: &CounterTerms,
    shift: u64,
    fault: CountFault,
    idempotency: Idempotency,
) -> Result<u64, Problem> {
    let counter = terms.counter().into();
    let ask = CounterAsk::Refuse { counter, shift, fault, idempotency: Some(idempotency) };
    asked(app, request, ask).await
}

/// Asks the books about a shift; gives which one it is.
async fn asked(app: &App, request: &Request<App>, ask: CounterAsk) -> Result<u64, Problem> {
    let answer = app.books.ask(command(request, ask)).await.map_err(|error| trouble::books(&error))?;
    let sequence = match answer {
        Answer::Done { sequence } | Answer::Repeated { sequence } => sequence,
        Answer::Refused(refusal) => return Err(trouble::refusal(&refusal)),
        other => return Err(trouble::internal(format!("{other:?} answers nothing about counters"))),
    };
    match app.books.event(sequence).map_err(|error| trouble::lookup(&error))? {
        Some(Event::Counter(CounterEvent::Opened { .. })) => Ok(sequence),
        Some(Event::Counter(
            CounterEvent::Closed { shift, .. }
            | CounterEvent::Approved { shift, .. }
            | CounterEvent::Refused { shift, .. },
        )) => Ok(shift),
        other => Err(trouble::internal(format!("{other:?} is no earlier answer"))),
    }
}

/// Takes cash. What lies on the counter is refused where the bill does not want it; what was taken before is booked.
pub(crate) async fn take(
    app: &App,
    request: &Request<App>,
    terms: &CounterTerms,
    shift: u64,
    wish: &CashWish,
    idempotency: Idempotency,
) -> Result<CashTaken, Problem> {
    let book_number = wish.receipt.as_deref().map(book_number).transpose()?;
    let numbered = match (book_number, wish.taken_at) {
        (None, Some(_)) => return Err(wrong("/receipt", "missing", "Say which receipt on paper it is.")),
        (Some(number), Some(_)) => CashNumber::OnPaper(number),
        (Some(number), None) => CashNumber::Given(number),
        (None, None) => CashNumber::Ours,
    };
    let told = told_of(app, terms, wish)?;
    let taking = CashTaking {
        counter: terms.counter().into(),
        shift,
        money_in: receiving::read(app, told)?,
        numbered,
        held_max: terms.float_limit,
        idempotency: Some(idempotency),
    };
    let money_in = taking.money_in.clone();
    let asked = command(request, CounterAsk::Take(Box::new(taking)));
    let mut answer = app.books.take_money(asked.clone()).await.map_err(|error| trouble::books(&error))?;
    if let Answer::Waits { sequence } = answer {
        answer = name_what_waits(app, asked, money_in, sequence).await?;
    }
    let (sequence, is_known) = match answer {
        Answer::Booked { sequence } => (sequence, false),
        Answer::Known { sequence } | Answer::Repeated { sequence } => (sequence, true),
        Answer::Refused(Refusal::Counter(CounterRefusal::NumberUsed { payment })) => {
            return Err(number_used(app, payment)?);
        }
        Answer::Refused(refusal @ Refusal::ChannelDown { .. }) => {
            let down = bill_to_pay(app, &wish.number)
                .ok()
                .and_then(|bill| why_down(app, &terms.name, &bill.terms.agency));
            return Err(down.unwrap_or_else(|| trouble::refusal(&refusal)));
        }
        Answer::Refused(refusal) => return Err(trouble::refusal(&refusal)),
        Answer::Quarantined { stands, .. } => return Err(in_quarantine(app, stands)?),
        other => return Err(trouble::internal(format!("{other:?} answers no cash"))),
    };
    match app.books.event(sequence).map_err(|error| trouble::lookup(&error))? {
        Some(Event::PaymentReceived(payment)) => {
            Ok(where_it_is(app, CashTaken { sequence, payment, is_known })?)
        }
        other => Err(trouble::internal(format!("{other:?} is no cash"))),
    }
}

/// A paper that was typed without a payment number is typed again with one: its cash waits in suspense, and is put to the bill.
async fn name_what_waits(
    app: &App,
    asked: Command,
    money_in: MoneyIn,
    sequence: u64,
) -> Result<Answer, Problem> {
    let waiting = receiving::waiting_at(app, sequence)?;
    // The first may have been typed with zeros before the number of the paper.
    let money_in = MoneyIn { receipt: waiting.receipt.clone(), ..money_in };
    let ask = Ask::ReceiveWaiting(Box::new(money_in), Box::new(waiting));
    app.books.take_money(Command { ask, ..asked }).await.map_err(|error| trouble::books(&error))
}

/// The cash with where it lies now: what waited was put to a bill by a record of its own.
fn where_it_is(app: &App, mut taken: CashTaken) -> Result<CashTaken, Problem> {
    let lost = |error| trouble::lookup(&error);
    if matches!(taken.payment.placement, Placement::Suspense { .. })
        && let Some(applied) = app.books.applied(&taken.payment.receipt).map_err(lost)?
        && let Some(Event::PaymentReceived(payment)) = app.books.event(applied).map_err(lost)?
    {
        taken.payment = payment;
    }
    Ok(taken)
}

/// The number of the book is that of another payment, which is named: the cash lies on the counter and is kept out of the drawer.
fn number_used(app: &App, payment: u64) -> Result<Problem, Problem> {
    let [en, sw] = holder(app, payment)?;
    Ok(wrong(
        "/receipt",
        "used_before",
        &format!("{en} Take the next paper of the book. Nothing was booked."),
    )
    .user_message(
        format!("{en} Take the next paper of the book. Nothing was booked."),
        format!("{sw} Tumia karatasi inayofuata ya kitabu. Hakuna kilichoandikwa."),
    ))
}

/// What was taken on paper under the number of another payment: that stands, and this is for people to look at.
fn in_quarantine(app: &App, stands: u64) -> Result<Problem, Problem> {
    let [en, sw] = holder(app, stands)?;
    let en = format!("{en} It stands, and what was typed now is kept in quarantine. Check the number.");
    let sw = format!("{sw} Hayo yanabaki, na yaliyoandikwa sasa yamewekwa kando. Angalia nambari.");
    Ok(Problem::new(Code::Conflict, en.clone()).user_message(en, sw).money_moved(MoneyMoved::Yes))
}

/// Which payment has the number of the book, in both languages.
fn holder(app: &App, payment: u64) -> Result<[String; 2], Problem> {
    let event = app.books.event(payment).map_err(|error| trouble::lookup(&error))?;
    let Some(Event::PaymentReceived(first)) = event else {
        return Err(trouble::internal(format!("record {payment} has a receipt and is no payment")));
    };
    let (number, money) = (&first.receipt.number, first.money);
    let whose = match &first.placement {
        Placement::Bill { bill, .. } => {
            [format!(" for {}", bill.grouped()), format!(" ya {}", bill.grouped())]
        }
        Placement::Suspense { .. } => [String::new(), String::new()],
    };
    let [en, sw] = whose;
    Ok([
        format!(
            "This number of the counter's book of receipts is that of {number}: {money}{en}, record {payment}."
        ),
        format!("Nambari hii ya kitabu cha risiti cha kaunta ni ya {number}: {money}{sw}, rekodi {payment}."),
    ])
}

/// The cash, as money that somebody tells of. The books number it.
fn told_of(app: &App, terms: &CounterTerms, wish: &CashWish) -> Result<Told<'static>, Problem> {
    // The same request again, whose cash has paid the bill, is for the books to know: nothing of it is judged by what is due now.
    let (amount, may_be_again) = match (wish.amount, wish.taken_at) {
        (Some(amount), _) => (amount, false),
        (None, Some(_)) => return Err(wrong("/amount", "missing", "Say how much was taken.")),
        (None, None) => due_of(app, &wish.number)?,
    };
    if !may_be_again && wish.tendered.is_some_and(|tendered| change(tendered, amount).is_none()) {
        return Err(wrong("/tendered", "too_little", "Less lies on the counter than is to be taken."));
    }
    let moved = wish.taken_at.unwrap_or_else(|| app.now());
    if moved > app.now().plus_seconds(AHEAD_SECONDS_MAX) {
        return Err(wrong("/taken_at", "out_of_range", "This time has not come yet."));
    }
    if wish.taken_at.is_none() && !may_be_again {
        let payable = app.channels.find(&terms.name).map(|channel| channel.amounts().check(amount));
        if let Some(Err(reason)) = payable {
            return Err(trouble::not_payable(&terms.title, reason));
        }
    }
    if !amount.is_positive() || amount.currency() != terms.limit.currency() {
        return Err(wrong("/amount", "wrong", "Cash is an amount in shillings, and more than nothing."));
    }
    // What was taken on paper is booked whatever its bill became, and a slip of the finger would fill the drawer for ever: no
    // count could agree with it.
    let refused = |problem: Problem| match wish.taken_at {
        Some(_) => problem.money_moved(MoneyMoved::Yes),
        None => problem,
    };
    if amount.minor() > COUNTED_MAX.minor() {
        return Err(refused(wrong("/amount", "too_large", "It is more than any drawer has.")));
    }
    if amount.minor() % 100 != 0 {
        return Err(refused(wrong("/amount", "wrong", "There are no cents in a drawer.")));
    }
    // A slip that the check digit finds is typed again. What really stands on the paper without a number is in suspense.
    let typed = match payment_number(&wish.number) {
        Some(number) => number.to_string(),
        None if wish.taken_at.is_some() && wish.number.trim().is_empty() => String::new(),
        None => return Err(not_a_number()),
    };
    Ok(Told {
        receipt: terms.account().receipt(""),
        money: amount,
        said_for: SaidFor::Typed(typed.into()),
        told_by: ToldBy::Counter,
        evidence: Evidence::CallbackOnly,
        moved: Some(moved),
        phone: None,
        name: None,
    })
}

/// All that is due, and whether nothing is any more: then it is what the bill came to, and the books say that it is paid.
fn due_of(app: &App, typed: &str) -> Result<(Money, bool), Problem> {
    let bill = bill_to_pay(app, typed)?;
    if matches!(bill.state, BillState::Unpaid | BillState::PartPaid) {
        Ok((bill.due(), false))
    } else {
        Ok((bill.terms.payable, true))
    }
}

/// The payment number that somebody typed, in groups or without.
fn payment_number(typed: &str) -> Option<PaymentNumber> {
    typed.chars().filter(|letter| !matches!(letter, ' ' | '-')).collect::<String>().parse().ok()
}

fn book_number(text: &str) -> Result<BookNumber, Problem> {
    text.parse().map_err(|error| wrong("/receipt", "wrong", &format!("It is {error}.")))
}

fn command(request: &Request<App>, ask: CounterAsk) -> Command {
    Command {
        principal: request.principal.name(),
        cause: request.head.id().as_str().into(),
        ask: Ask::Counter(ask),
    }
}

fn not_a_number() -> Problem {
    wrong("/payment_number", "not_a_payment_number", "Twelve digits, the last a check digit.")
}

pub(crate) fn wrong(pointer: &'static str, code: &'static str, detail: &str) -> Problem {
    Problem::validation(vec![FieldError::new(pointer, code, detail.to_owned())]).money_moved(MoneyMoved::No)
}
