//! The screen at a gate: one field, and a verdict that is read from three steps away. Without scripts, for one hand on a
//! keyboard: Enter checks, Enter lets in, and the field is ready for the next.

use askama::Template;
use catalog::Language;
use hyper::StatusCode;

use super::frame::{Frame, language_of, other, staff_page};
use super::moment::{clock_spoken, day_spoken, spoken};
use super::staff::{Bar, Room};
use super::ways::why_not;
use super::words::{GATE, GateWords, unbroken};
use crate::api::{let_in, no_verdict, read_gate};
use crate::app::{App, SharedApp};
use crate::bulletin::is_paid_to_a_number;
use crate::clock::east_africa_date;
use crate::gate::{Found, Verdict, look_up};
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::offering;
use crate::payments::channels::ChannelKind;
use crate::payments::{Bill, GATE_LEN_MAX, PaymentNumber, Visit};

/// `GET /{lang}/gate?at=`: which gate this is, and then the field.
pub(super) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let query = request.head.query()?;
    let at = query.get("at").and_then(read_gate).unwrap_or_default();
    staff_page(StatusCode::OK, &GatePage::new(&app, &request, at)?)
}

/// `POST /{lang}/gate`: what somebody shows is looked up.
pub(super) async fn check(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let form = request.form()?;
    let at = form.get("at").and_then(read_gate).unwrap_or_default();
    let mut page = GatePage::new(&app, &request, at)?;
    let typed = form.get("q").unwrap_or_default().trim().to_owned();
    if !typed.is_empty() {
        let found = look_up(&app, &request.principal.scope(), &typed).await.map_err(no_verdict)?;
        page.shown = Some(Shown::of(&app, page.frame.language, &found));
    }
    staff_page(StatusCode::OK, &page)
}

/// `POST /{lang}/gate/visits`: whoever showed it is let in, once.
pub(super) async fn visit(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let form = request.form()?;
    let at = form.get("at").and_then(read_gate).unwrap_or_default();
    let number: Option<PaymentNumber> = form.get("number").and_then(|text| text.parse().ok());
    let mut page = GatePage::new(&app, &request, at.clone())?;
    let (Some(number), false) = (number, at.is_empty()) else { return staff_page(StatusCode::OK, &page) };
    let language = page.frame.language;
    let outcome = let_in(&app, &request, number, at).await;
    let scope = request.principal.scope();
    let found = look_up(&app, &scope, &number.to_string()).await.map_err(no_verdict)?;
    page.shown = Some(match outcome {
        Ok(visit) => Shown::let_in(language, &found, &visit),
        // Somebody was quicker, or the books say otherwise by now: what they say is shown.
        Err(problem)
            if matches!(
                problem.code(),
                Code::AlreadyUsed | Code::NotPaid | Code::WrongDay | Code::NotFound
            ) =>
        {
            Shown::of(&app, language, &found)
        }
        Err(problem) => return Err(problem),
    });
    staff_page(StatusCode::OK, &page)
}

/// The page.
#[derive(Template)]
#[template(path = "gate.html")]
struct GatePage {
    frame: Frame,
    bar: Bar,
    words: &'static GateWords,
    /// Which gate; empty before somebody has said so.
    at: String,
    at_len_max: usize,
    shown: Option<Shown>,
}

/// A verdict.
struct Shown {
    class: &'static str,
    icon: &'static str,
    word: &'static str,
    /// Who and where, when, or what is missing.
    about: Vec<String>,
    /// The payment number of whom to let in, if they may be.
    number: Option<String>,
}

impl GatePage {
    fn new(app: &App, request: &Request<App>, at: String) -> Result<Self, Problem> {
        let language = language_of(request)?;
        let session = request.principal.session();
        let session = session.ok_or_else(|| Problem::new(Code::Unauthenticated, "Sign in first."))?;
        let query = if at.is_empty() { String::new() } else { format!("?at={}", super::escaped(&at)) };
        Ok(Self {
            frame: Frame::new(app, language, Some(format!("/{}/gate{query}", other(language).code()))),
            bar: Bar::new(session, language, Room::Gate),
            words: GATE.of(language),
            at,
            at_len_max: GATE_LEN_MAX,
            shown: None,
        })
    }
}

impl GatePage {
    /// Whether the next Enter lets somebody in, and does not check.
    fn may_let_in(&self) -> bool {
        self.shown.as_ref().is_some_and(|shown| shown.number.is_some())
    }
}

impl Shown {
    fn of(app: &App, language: Language, found: &Found) -> Self {
        let words = GATE.of(language);
        let (class, icon) = match found.verdict {
            Verdict::Valid => ("good", "✓"),
            Verdict::NotFound | Verdict::NotOurs => ("wait", "?"),
            _ => ("bad", "✕"),
        };
        let today = east_africa_date(app.now().micros());
        let mut about = found.bill.as_deref().map(|bill| who_and_where(bill, language)).unwrap_or_default();
        match (found.verdict, &found.bill, &found.visit) {
            (Verdict::Valid, ..) => about.push((words.today)(&day_spoken(today, language))),
            (Verdict::AlreadyUsed, _, Some(visit)) => about.insert(0, used(visit, today, language)),
            (Verdict::WrongDay, Some(bill), _) => {
                let day = bill.terms.visit_day.map(|day| day_spoken(day, language)).unwrap_or_default();
                about.insert(0, (words.for_day)(&day));
            }
            (Verdict::NotOurs, ..) => about.push(words.not_ours_about.to_owned()),
            (Verdict::NotFound, ..) => about.push(words.not_found_about.to_owned()),
            (Verdict::NotGenuine, ..) => about.push(words.not_genuine_about.to_owned()),
            _ => {}
        }
        // At the exit too, from whoever was let in on a provisional pass.
        let owing = found.bill.as_ref().filter(|bill| bill.state.is_open() && bill.due().is_positive());
        if let (Verdict::NotPaid | Verdict::AlreadyUsed, Some(bill)) = (found.verdict, owing) {
            about.insert(0, (words.due)(&unbroken(bill.due())));
            about.extend(pay_instead(app, bill, language));
        }
        let number = found.bill.as_ref().filter(|_| found.verdict == Verdict::Valid);
        let number = number.map(|bill| bill.terms.number.to_string());
        Self { class, icon, word: (words.verdict)(found.verdict), about, number }
    }

    fn let_in(language: Language, found: &Found, visit: &Visit) -> Self {
        let words = GATE.of(language);
        let mut about = found.bill.as_deref().map(|bill| who_and_where(bill, language)).unwrap_or_default();
        about.push(format!("{}, {}", clock_spoken(visit.at, language), visit.gate));
        Self { class: "good", icon: "✓", word: words.let_in_done, about, number: None }
    }
}

/// Where to pay what is still due while the paybill cannot be used. Whoever stands at the gate has a phone and no time.
fn pay_instead(app: &App, bill: &Bill, language: Language) -> Vec<String> {
    let attempt = bill.latest_attempt.and_then(|id| app.books.readers().unfinished_attempt(id));
    let offers = offering::of_bill(app, bill, attempt.as_deref());
    let home = app.channels.home().name();
    let Some((way, why)) = offers.not_now().find(|(way, _)| way.channel == *home) else { return Vec::new() };
    let mut said = vec![why_not(&way.title, why, language, app.now())];
    if let Some(way) = offers.payable().find(|way| !way.asks_payer())
        && let Some(channel) = app.channels.find(&way.channel)
    {
        let (title, kind) = (way.title.in_language(language), way.channel.kind());
        let number = bill.terms.number.grouped();
        said.push(pay_now(kind, title, channel.pay_to(), &number, language));
    }
    said
}

/// What is paid to, and where the payment number goes: M-PESA has a field for it, a bank a reference, and whoever takes a card
/// or cash asks for it.
fn pay_now(kind: ChannelKind, title: &str, pay_to: &str, number: &str, language: Language) -> String {
    let words = GATE.of(language);
    match kind {
        ChannelKind::MpesaPaybill | ChannelKind::AgencyTill => (words.pay_as_account)(title, pay_to, number),
        kind if is_paid_to_a_number(kind) => (words.pay_with_reference)(title, pay_to, number),
        _ => (words.pay_there)(title, number),
    }
}

/// `Hell's Gate National Park entry`, and `2 × East African citizen, adult` of each line: lines begin with the name of
/// their service, which is said once.
fn who_and_where(bill: &Bill, language: Language) -> Vec<String> {
    let service = bill.terms.service_name.in_language(language);
    let lines = bill.terms.lines.iter().filter(|line| line.agency.is_some());
    let people = lines.map(|line| {
        let text = line.text.in_language(language);
        let who = text.strip_prefix(service).map_or(text, |rest| rest.trim_start_matches([':', ',', ' ']));
        if who.is_empty() { format!("{} ×", line.quantity) } else { format!("{} × {who}", line.quantity) }
    });
    people.chain([service.to_owned()]).collect()
}

/// When and where: the time alone if it was today.
fn used(visit: &Visit, today: jiff::civil::Date, language: Language) -> String {
    let is_today = east_africa_date(visit.at.micros()) == today;
    let when = if is_today { clock_spoken(visit.at, language) } else { spoken(visit.at, language) };
    format!("{when}, {}", visit.gate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_nobody_types_a_number_none_is_said_but_the_one_that_is_asked_for() {
        let said =
            |kind| Language::ALL.map(|language| pay_now(kind, "X", "600000", "1234 5678 9012", language));
        let there = [
            "Pay now with X, for payment number 1234 5678 9012",
            "Lipa sasa kwa X, nambari ya malipo 1234 5678 9012",
        ];
        let with_reference = [
            "Pay now with X: pay to 600000, with 1234 5678 9012 as the reference",
            "Lipa sasa kwa X: lipa kwa 600000, kumbukumbu 1234 5678 9012",
        ];
        let as_account = [
            "Pay now with X: pay to 600000, account number 1234 5678 9012",
            "Lipa sasa kwa X: lipa kwa 600000, nambari ya akaunti 1234 5678 9012",
        ];
        for kind in ChannelKind::ALL {
            match kind {
                ChannelKind::MpesaPaybill | ChannelKind::AgencyTill => assert_eq!(said(kind), as_account),
                ChannelKind::Bank | ChannelKind::BankSlip => assert_eq!(said(kind), with_reference),
                _ => assert_eq!(said(kind), there, "{}", kind.word()),
            }
        }
    }
}
