//! How the ways to pay are, what is said of them and planned for them. Everybody may ask; operators and the Treasury say it
//! for everybody or for one agency, an agency for itself.

use std::sync::Arc;

use catalog::{Text, is_unseen};
use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, HeaderValue};
use ledger::LedgerTime;
use serde::{Deserialize, Serialize};

use super::bills::command;
use super::next_ways::NextWaysBody;
use super::{Principal, SharedApp, trouble};
use crate::access::Role;
use crate::app::App;
use crate::clock::{format_rfc3339, parse_rfc3339};
use crate::http::problem::{FieldError, Problem};
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::payments::channels::{
    Board, ChannelAsk, ChannelName, ChannelScope, Outage, PinTerms, PinnedTo, WhyDown, WindowTerms,
};
use crate::payments::{Answer, Ask};

/// Longest reason in characters, in each language.
const REASON_LEN_MAX: usize = 500;
/// So many outages that are over are listed of each channel.
const ENDED_LISTED: usize = 20;

/// What is said of a channel.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutageRequest {
    /// Which channel.
    pub channel: ChannelName,
    /// For which agency only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
    /// What it is.
    pub to: PinnedTo,
    /// Why, for everybody to read.
    pub reason: ReasonBody,
    /// Until when, as RFC 3339.
    pub until: String,
}

/// Which channel, for whom.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScopeRequest {
    /// Which channel.
    pub channel: ChannelName,
    /// For which agency only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
}

/// Work that is planned.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WindowRequest {
    channel: ChannelName,
    #[serde(default)]
    agency: Option<String>,
    reason: ReasonBody,
    from: String,
    until: String,
}

/// Why, in both languages.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReasonBody {
    /// In English.
    pub en: String,
    /// In Swahili.
    pub sw: String,
}

/// How all ways to pay are.
#[derive(Debug, Serialize, Deserialize)]
pub struct StatusBody {
    /// When this was so.
    pub as_of: String,
    /// Every channel, as it is for everybody; and for single agencies where it is not as for everybody.
    pub channels: Vec<ChannelBody>,
    /// Outages that go on, drills among them.
    pub outages: Vec<OutageBody>,
    /// Outages that are over, the latest first; the latest twenty of each channel.
    pub ended: Vec<OutageBody>,
    /// Work that is planned or done.
    pub windows: Vec<WindowBody>,
    /// How those are paid now for whom the first choice is not as usual.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub next_ways: Vec<NextWaysBody>,
}

/// How a channel is for somebody.
#[derive(Debug, Serialize, Deserialize)]
pub struct ChannelBody {
    /// Which.
    pub channel: String,
    /// For which agency only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
    /// `up`, `degraded`, `probing` or `down`.
    pub state: String,
    /// Since when, if it was ever anything else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// True while the other ways are rehearsed.
    pub drill: bool,
    /// Until when what an operator says of it holds, or work on it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Why it is not up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<WhyBody>,
}

/// Why a channel is not up.
#[derive(Debug, Serialize, Deserialize)]
pub struct WhyBody {
    /// `found`, `said` or `work`.
    pub by: String,
    /// At which step it was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Why, where somebody says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<ReasonBody>,
    /// Until when, where somebody says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// An outage.
#[derive(Debug, Serialize, Deserialize)]
pub struct OutageBody {
    /// Sequence of the record with which it began.
    pub id: u64,
    /// Which channel.
    pub channel: String,
    /// For which agency only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
    /// True if it is a rehearsal.
    pub drill: bool,
    /// When it began.
    pub since: String,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
}

/// Work that is planned or done.
#[derive(Debug, Serialize, Deserialize)]
pub struct WindowBody {
    /// Sequence of the record that planned it: its name.
    pub id: u64,
    /// Which channel.
    pub channel: String,
    /// For which agency only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
    /// Why.
    pub reason: ReasonBody,
    /// From when.
    pub from: String,
    /// Until when.
    pub until: String,
    /// True once it has begun.
    pub in_force: bool,
}

/// `GET /v1/status`: public, and never older than it says.
pub(super) async fn status(app: SharedApp, _request: Request<App>) -> Result<Response, Problem> {
    let body = StatusBody::of(&app, &app.books.readers().channels());
    let mut response = response::json(StatusCode::OK, &body);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

/// `POST /v1/outages`: what a channel is from now on, whatever is found, until its time is over.
pub(super) async fn begin(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let wanted: OutageRequest = request.json()?;
    let scope = read_scope(&app, &request, wanted.channel, wanted.agency)?;
    if app.channels.find(&scope.channel).is_none() {
        return Err(wrong("/channel", "unknown", "There is no such way to pay here."));
    }
    let terms = PinTerms {
        to: wanted.to,
        reason: read_reason(&wanted.reason)?,
        until: read_moment("/until", &wanted.until)?,
    };
    ask(&app, &request, ChannelAsk::Pin { scope: scope.clone(), terms }).await?;
    answer_scope(&app, &scope)
}

/// `POST /v1/outages/end`: what was said of a channel holds no more.
pub(super) async fn end(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let ScopeRequest { channel, agency } = request.json()?;
    let scope = read_scope(&app, &request, channel, agency)?;
    ask(&app, &request, ChannelAsk::Unpin { scope: scope.clone() }).await?;
    answer_scope(&app, &scope)
}

/// `POST /v1/channel_windows`: work on a channel that is known before.
pub(super) async fn plan(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let wanted: WindowRequest = request.json()?;
    let scope = read_scope(&app, &request, wanted.channel, wanted.agency)?;
    if app.channels.find(&scope.channel).is_none() {
        return Err(wrong("/channel", "unknown", "There is no such way to pay here."));
    }
    let terms = WindowTerms {
        scope,
        reason: read_reason(&wanted.reason)?,
        from: read_moment("/from", &wanted.from)?,
        until: read_moment("/until", &wanted.until)?,
    };
    ask(&app, &request, ChannelAsk::PlanWindow(terms.clone())).await?;
    let board = app.books.readers().channels();
    let planned = board.windows().find(|(_, window)| *window.terms == terms);
    let (id, window) = planned.ok_or_else(|| trouble::internal("a plan that was written is not found"))?;
    Ok(response::json(StatusCode::CREATED, &WindowBody::of(id, &window.terms, window.in_force)))
}

/// `POST /v1/channel_windows/{id}/end`: a plan is given up, or work is over before its time.
pub(super) async fn end_window(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let no_such = || Problem::new(Code::NotFound, "There is no such plan, or it is not yours.");
    let window = request.head.parameter("id").parse().map_err(|_| no_such())?;
    let board = app.books.readers().channels();
    let known = board.window(window).ok_or_else(no_such)?;
    if !may_speak_of(&request, known.terms.scope.agency.as_deref()) {
        return Err(no_such());
    }
    ask(&app, &request, ChannelAsk::EndWindow { window }).await?;
    Ok(response::no_content())
}

/// Whether a caller may say how a channel is for this agency, or for everybody.
fn may_speak_of(request: &Request<App>, agency: Option<&str>) -> bool {
    match &request.principal {
        Principal::Operator => true,
        Principal::Key(key) if matches!(key.role, Role::Operator | Role::Treasury) => true,
        principal => agency.is_some_and(|agency| principal.scope().covers(agency)),
    }
}

fn read_scope(
    app: &App,
    request: &Request<App>,
    channel: ChannelName,
    agency: Option<String>,
) -> Result<ChannelScope, Problem> {
    let agency = agency.map(|code| code.to_uppercase());
    if !may_speak_of(request, agency.as_deref()) {
        return Err(Problem::new(Code::Forbidden, "This key says how a way to pay is for its own agency."));
    }
    let Some(code) = agency else { return Ok(ChannelScope::for_all(channel)) };
    let served = app.catalogue.current();
    let known = served.catalogue().agency(&code).map(|agency| Arc::from(agency.code.as_str()));
    let agency =
        known.ok_or_else(|| wrong("/agency", "unknown", "The catalogue has no agency of this code."))?;
    Ok(ChannelScope::for_agency(channel, agency))
}

/// What is published as it is, also to feed readers and programs: it says something, on one line, and nothing in it is hidden,
/// turns what stands around it, or is no sign at all.
fn read_reason(reason: &ReasonBody) -> Result<Text, Problem> {
    let wrong = wrong_in(reason);
    if wrong.is_empty() {
        return Ok(Text::new(reason.en.trim(), reason.sw.trim()));
    }
    Err(Problem::validation(wrong))
}

/// What keeps it from being published, by its fields.
fn wrong_in(reason: &ReasonBody) -> Vec<FieldError> {
    let wrong = |(field, text): (&'static str, &String)| {
        if !(1..=REASON_LEN_MAX).contains(&text.trim().chars().count()) {
            let detail = format!(
                "Say why to everybody, in English and Kiswahili, in 1 to {REASON_LEN_MAX} characters."
            );
            return Some(FieldError::new(field, "missing", detail));
        }
        let is_hidden = text.chars().any(|sign| sign.is_control() || is_unseen(sign));
        let detail = "It stands on one line, and every sign of it can be seen.";
        is_hidden.then(|| FieldError::new(field, "hidden_sign", detail))
    };
    [("/reason/en", &reason.en), ("/reason/sw", &reason.sw)].into_iter().filter_map(wrong).collect()
}

fn read_moment(pointer: &'static str, text: &str) -> Result<LedgerTime, Problem> {
    let micros = parse_rfc3339(text).map_err(|error| wrong(pointer, "not_a_time", &error.to_string()))?;
    Ok(LedgerTime::from_micros(micros))
}

fn wrong(pointer: &'static str, code: &'static str, detail: &str) -> Problem {
    Problem::validation(vec![FieldError::new(pointer, code, detail.to_owned())])
}

async fn ask(app: &App, request: &Request<App>, ask: ChannelAsk) -> Result<(), Problem> {
    match app.books.ask(command(request, Ask::Channel(ask))).await {
        Ok(Answer::Done { .. } | Answer::Nothing) => Ok(()),
        Ok(Answer::Refused(refusal)) => Err(trouble::refusal(&refusal)),
        Ok(other) => Err(trouble::internal(format!("{other:?} answers nothing about channels"))),
        Err(error) => Err(trouble::books(&error)),
    }
}

fn answer_scope(app: &App, scope: &ChannelScope) -> Result<Response, Problem> {
    let board = app.books.readers().channels();
    Ok(response::json(StatusCode::OK, &ChannelBody::of(scope, &board)))
}

impl StatusBody {
    fn of(app: &App, board: &Board) -> Self {
        let for_all = app.channels.iter().map(|channel| ChannelScope::for_all(channel.name().clone()));
        let scopes = for_all.chain(board.unusual_of_agencies());
        Self {
            as_of: moment(app.now()),
            channels: scopes.map(|scope| ChannelBody::of(&scope, board)).collect(),
            outages: board.open_outages().map(OutageBody::of).collect(),
            ended: board.latest_ended(ENDED_LISTED, |_| true).into_iter().map(OutageBody::of).collect(),
            windows: board
                .windows()
                .map(|(id, window)| WindowBody::of(id, &window.terms, window.in_force))
                .collect(),
            next_ways: NextWaysBody::all(app),
        }
    }
}

impl ChannelBody {
    fn of(scope: &ChannelScope, board: &Board) -> Self {
        let effective = board.of_scope(scope);
        let until = match (board.pin(scope), &effective.why) {
            (Some(pin), _) => Some(pin.terms.until),
            (None, Some(WhyDown::Work { until, .. })) => Some(*until),
            (None, _) => None,
        };
        Self {
            until: until.map(moment),
            channel: scope.channel.to_string(),
            agency: agency_of(scope),
            state: effective.state.word().to_owned(),
            since: effective.since.map(moment),
            drill: effective.is_drill,
            why: effective.why.as_ref().map(WhyBody::of),
        }
    }
}

impl WhyBody {
    fn of(why: &WhyDown) -> Self {
        let said = |by: &str, reason: &Text, until: LedgerTime| Self {
            by: by.to_owned(),
            step: None,
            reason: Some(ReasonBody::of(reason)),
            until: Some(moment(until)),
        };
        match why {
            WhyDown::Found { step } => {
                let step = Some(step.word().to_owned());
                Self { by: "found".to_owned(), step, reason: None, until: None }
            }
            WhyDown::Said { reason, until } => said("said", reason, *until),
            WhyDown::Work { reason, until } => said("work", reason, *until),
        }
    }
}

impl ReasonBody {
    fn of(text: &Text) -> Self {
        Self { en: text.en().to_owned(), sw: text.sw().to_owned() }
    }
}

impl OutageBody {
    pub(super) fn of(outage: &Outage) -> Self {
        Self {
            id: outage.id,
            channel: outage.scope.channel.to_string(),
            agency: agency_of(&outage.scope),
            drill: outage.is_drill,
            since: moment(outage.since),
            ended: outage.ended.map(|(time, _)| moment(time)),
        }
    }
}

impl WindowBody {
    fn of(id: u64, terms: &WindowTerms, in_force: bool) -> Self {
        Self {
            id,
            channel: terms.scope.channel.to_string(),
            agency: agency_of(&terms.scope),
            reason: ReasonBody::of(&terms.reason),
            from: moment(terms.from),
            until: moment(terms.until),
            in_force,
        }
    }
}

fn agency_of(scope: &ChannelScope) -> Option<String> {
    scope.agency.as_deref().map(str::to_owned)
}

fn moment(time: LedgerTime) -> String {
    format_rfc3339(time.micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(en: &str, sw: &str) -> Vec<String> {
        let reason = ReasonBody { en: en.to_owned(), sw: sw.to_owned() };
        assert!(read_reason(&reason).is_err());
        wrong_in(&reason).iter().map(|error| format!("{} {}", error.pointer, error.code)).collect()
    }

    #[test]
    fn a_reason_with_a_sign_that_nobody_sees_or_that_breaks_a_feed_is_refused_by_the_name_of_its_field() {
        let hidden = [
            '\u{FFFE}', '\u{FFFF}', '\u{FDD0}', '\u{2028}', '\u{2029}', '\u{200E}', '\u{200F}', '\u{202A}',
            '\u{202E}', '\u{2066}', '\u{2069}', '\u{200B}', '\u{0}', '\u{85}', '\n', '\u{1b}',
        ];
        for sign in hidden {
            let text = format!("Cable{sign}cut");
            assert_eq!(refused(&text, "Kebo imekatika"), ["/reason/en hidden_sign"], "{sign:?}");
            assert_eq!(refused("Cable cut", &text), ["/reason/sw hidden_sign"], "{sign:?}");
        }
        assert_eq!(refused("", &"x".repeat(501)), ["/reason/en missing", "/reason/sw missing"]);
        let fit = ReasonBody {
            en: " Cable cut – \"fibre\" & <power> ".to_owned(),
            sw: "Kebo imekatika".to_owned(),
        };
        assert_eq!(read_reason(&fit).unwrap().en(), "Cable cut – \"fibre\" & <power>");
    }
}
