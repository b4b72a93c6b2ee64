//! The screen of a gate that has nobody to ask: one field, and a verdict that is read from three steps away. It is served by the
//! program at the gate, not by the gateway, and looks as the gateway's own does.

use askama::Template;
use catalog::Language;
use hyper::StatusCode;
use hyper::header::{CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use ledger::LedgerTime;

use super::assets::{PAGES_CSS, STAFF_CSS};
use super::frame::other;
use super::gate_passes::first_way;
use super::moment::{day_spoken, spoken};
use super::words::{GATE_ALONE, GATE_PASSES, GateAloneWords};
use crate::gates::device::{Attendant, Judged, Owed, Verdict};
use crate::gates::pack::{Prepaid, Words};
use crate::gates::signed::Moment;
use crate::http::problem::Problem;
use crate::http::response::{self, Response};

/// Only what the program itself serves.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// What passes look like, on a screen and on narrow paper.
const PASS_CSS: &str = include_str!("../../assets/pass.css");

#[derive(Template)]
#[template(path = "gate_alone.html")]
struct GateAlonePage {
    frame: GateFrame,
    words: &'static GateAloneWords,
    issue_a_pass: &'static str,
    shown: Option<Shown>,
    facts: Vec<String>,
}

/// What the pages of this program share.
pub(super) struct GateFrame {
    pub(super) language: Language,
    pub(super) words: &'static GateAloneWords,
    /// The name of the gate.
    pub(super) at: String,
    /// Where this page is found after its language.
    pub(super) path: String,
}

impl GateFrame {
    pub(super) fn new(attendant: &Attendant, language: Language, path: String) -> Self {
        Self::named(attendant.terms().gate.clone(), language, path)
    }

    /// The same, of the gate of this name.
    pub(super) fn named(at: String, language: Language, path: String) -> Self {
        Self { language, words: GATE_ALONE.of(language), at, path }
    }

    /// The other language.
    pub(super) fn twin(&self) -> Language {
        other(self.language)
    }
}

struct Shown {
    class: &'static str,
    icon: &'static str,
    /// For programs.
    word: &'static str,
    headline: &'static str,
    about: Vec<String>,
    /// How a number can be paid that the list does not have.
    how_to_pay: Option<String>,
    /// What was shown, if whoever showed it may be let in.
    may_let_in: Option<String>,
}

/// The page, with what was found in what was shown, if anything was; and what time it is here, which is said where the machine's
/// clock is not believed.
pub(crate) fn gate_alone_page(
    attendant: &Attendant,
    language: Language,
    (now, is_doubted): (Moment, bool),
    found: Option<(&Judged, &str)>,
) -> Result<Response, Problem> {
    let words = GATE_ALONE.of(language);
    let clock = is_doubted.then(|| (words.clock_is_wrong)(&moment(now, language)));
    let list = attendant
        .pack()
        .map_or_else(|| words.no_list.to_owned(), |pack| (words.list_of)(&moment(pack.made_at, language)));
    let (let_in, untold) = attendant.counts();
    let page = GateAlonePage {
        frame: GateFrame::new(attendant, language, "/".to_owned()),
        words,
        issue_a_pass: GATE_PASSES.of(language).issue_a_pass,
        shown: found.map(|(judged, text)| Shown {
            how_to_pay: how_to_pay(attendant, judged, now, language),
            ..Shown::of(judged, text, language)
        }),
        facts: [list, (words.counts)(let_in, untold)].into_iter().chain(clock).collect(),
    };
    answer(StatusCode::OK, &page)
}

/// A page of this program.
pub(super) fn answer(status: StatusCode, page: &impl Template) -> Result<Response, Problem> {
    let html = page.render().map_err(Problem::internal_error)?;
    let mut response = response::not_stored(response::html(status, html));
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}

/// What it looks like.
pub(crate) fn gate_alone_style() -> Response {
    let style = format!("{}\n{}\n{PASS_CSS}", PAGES_CSS.content(), STAFF_CSS.content());
    response::bytes(StatusCode::OK, "text/css; charset=utf-8", style)
}

pub(super) fn moment(at: Moment, language: Language) -> String {
    spoken(LedgerTime::from_micros(at.0), language)
}

impl GateAlonePage {
    /// Whether the next Enter lets somebody in, and does not check.
    fn may_let_in(&self) -> bool {
        self.shown.as_ref().is_some_and(|shown| shown.may_let_in.is_some())
    }
}

impl Shown {
    fn of(judged: &Judged, text: &str, language: Language) -> Self {
        let words = GATE_ALONE.of(language);
        let (class, icon) = match judged.verdict {
            Verdict::Valid | Verdict::LetIn => ("good", "✓"),
            Verdict::NotFound
            | Verdict::NotOurs
            | Verdict::BeforeList
            | Verdict::Provisional { .. }
            | Verdict::PassNotYet(_) => ("wait", "?"),
            _ => ("bad", "✕"),
        };
        let said = |(headline, about): (&'static str, &'static str)| (headline, Some(about.to_owned()));
        let (headline, first) = match &judged.verdict {
            Verdict::Valid => (words.valid, None),
            Verdict::LetIn => (words.let_in_done, None),
            Verdict::AlreadyUsed { gate, at } => {
                (words.already_used, Some(format!("{}, {gate}", moment(*at, language))))
            }
            Verdict::WrongDay(day) => (words.wrong_day, Some((words.for_day)(&day_spoken(*day, language)))),
            Verdict::GivenBack => said(words.given_back),
            Verdict::NotPaid => said(words.not_paid),
            Verdict::NotOnList => said(words.not_on_list),
            Verdict::BeforeList => said(words.before_list),
            Verdict::NotForGates => said(words.not_for_gates),
            Verdict::NotOurs => said(words.not_ours),
            Verdict::NotGenuine(_) => said(words.not_genuine),
            Verdict::NotFound => said(words.not_found),
            Verdict::PackTooOld => said(words.pack_too_old),
            Verdict::DeviceRevoked => said(words.device_revoked),
            Verdict::DeviceBehind => said(words.device_behind),
            of_pass => said_of_pass(of_pass, language),
        };
        let is_good = matches!(judged.verdict, Verdict::Valid | Verdict::LetIn);
        let owed = judged.owed.as_ref().map(|owed| said_of_owed(owed, language));
        let mut about: Vec<_> = first.into_iter().chain(owed).collect();
        match (&judged.prepaid, &judged.receipt) {
            (Some(prepaid), _) => about.extend(who_and_where(prepaid, language)),
            (None, Some(receipt)) if is_good => {
                about.push((words.by_receipt)(&receipt.service, &receipt.paid))
            }
            (None, Some(receipt)) if judged.verdict == Verdict::NotForGates => {
                about.push(format!("{}, {}", receipt.service, receipt.paid));
            }
            _ => {}
        }
        let may_let_in = (judged.verdict == Verdict::Valid).then(|| text.trim().to_owned());
        Self { class, icon, word: judged.verdict.word(), headline, about, how_to_pay: None, may_let_in }
    }
}

/// How a number that nobody knows here can be paid now, as far as the list knows: it may be of a bill that is not paid.
fn how_to_pay(attendant: &Attendant, judged: &Judged, now: Moment, language: Language) -> Option<String> {
    let bill = judged.bill.filter(|_| judged.verdict == Verdict::NotFound)?;
    let way = first_way(attendant.pack()?, now, None, &bill.grouped(), language)?;
    Some((GATE_ALONE.of(language).not_paid_yet)(&way))
}

/// What is owed for a pass, as far as the list knows, and who pays it.
fn said_of_owed(owed: &Owed, language: Language) -> String {
    let words = GATE_ALONE.of(language);
    match &owed.operator {
        _ if owed.is_paid => (words.owed_paid)(owed.price),
        Some(operator) => format!("{}. {}", owed.price, (GATE_PASSES.of(language).operator_pays)(operator)),
        None => (words.owed)(owed.price, &moment(owed.listed_at, language)),
    }
}

/// The headline and what follows it, of what was found in a provisional pass.
fn said_of_pass(verdict: &Verdict, language: Language) -> (&'static str, Option<String>) {
    let words = GATE_ALONE.of(language);
    match verdict {
        Verdict::IssuedHere(pass) => {
            let about = (words.issued_here)(&moment(pass.issued_at, language));
            (words.already_used, Some(about))
        }
        Verdict::Provisional { gate, pass } => {
            let about = (words.let_in_elsewhere)(gate, &moment(pass.issued_at, language));
            (words.provisional, Some(about))
        }
        Verdict::PassNotYet(at) => {
            (words.pass_not_yet.0, Some((words.pass_not_yet.1)(&moment(*at, language))))
        }
        Verdict::PassExpired(until) => {
            (words.pass_expired.0, Some((words.pass_expired.1)(&moment(*until, language))))
        }
        Verdict::OtherSite(site) => (words.other_site.0, Some((words.other_site.1)(site))),
        Verdict::PassOfRevoked { gate } => (words.pass_of_revoked.0, Some((words.pass_of_revoked.1)(gate))),
        _ => (words.not_genuine.0, Some(words.pass_not_genuine.to_owned())),
    }
}

/// `2 × East African citizen, adult` of each line, then what they visit: lines begin with the name of their service, which is
/// said once.
fn who_and_where(prepaid: &Prepaid, language: Language) -> Vec<String> {
    let service = in_language(&prepaid.service, language);
    let people =
        prepaid.lines.iter().map(|line| counted(line.quantity, &who(&prepaid.service, &line.text, language)));
    let people: Vec<_> = people.collect();
    people.into_iter().chain([service.to_owned()]).collect()
}

/// `2 × adult`.
pub(super) fn counted(quantity: u32, who: &str) -> String {
    if who.is_empty() { format!("{quantity} ×") } else { format!("{quantity} × {who}") }
}

/// What the text of a line says beyond the name of its service, with which it begins.
pub(super) fn who(service: &Words, line: &Words, language: Language) -> String {
    let (service, line) = (in_language(service, language), in_language(line, language));
    line.strip_prefix(service).unwrap_or(line).trim_start_matches([':', ',', ' ']).to_owned()
}

pub(super) fn in_language(words: &Words, language: Language) -> &str {
    match language {
        Language::En => &words.en,
        Language::Sw => &words.sw,
    }
}
