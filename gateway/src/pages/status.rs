//! How the ways to pay are, for everybody to see: what does not work, since when, why, and what to do.

use askama::Template;
use catalog::{Catalogue, Text};
use hyper::StatusCode;
use ledger::LedgerTime;

use super::frame::{Frame, Keeping, Shown, language_of, other, page};
use super::moment::spoken;
use super::next_ways::NextWays;
use super::words::{STATUS, StatusWords};
use crate::app::{App, SharedApp};
use crate::channels::Channels;
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::offering;
use crate::payments::channels::{Board, ChannelName, ChannelScope, ChannelState, Effective, WhyDown};

/// So many single agencies are listed, so many plans, and so many outages of each way that are over: a page that loads at once.
/// More of them are in `GET /v1/status`.
const AGENCIES_LISTED: usize = 25;
const WORK_LISTED: usize = 10;
const EARLIER_LISTED: usize = 3;

/// `GET /{lang}/status`.
pub(super) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let language = language_of(&request)?;
    let frame = Frame::new(&app, language, Some(format!("/{}/status", other(language).code())));
    let served = app.catalogue.current();
    let seen = Seen {
        channels: &app.channels,
        board: &app.books.readers().channels(),
        unattended: app
            .channels
            .iter()
            .filter(|channel| offering::is_unattended(&app, &***channel))
            .map(|channel| channel.name().clone())
            .collect(),
        catalogue: served.catalogue(),
        now: app.now(),
    };
    let next = NextWays::of_all(&app, &frame).and_then(NextWays::without_troubles);
    page(StatusCode::OK, Keeping::Never, &StatusPage::new(frame, &seen, next))
}

/// What the page is made from.
struct Seen<'a> {
    channels: &'a Channels,
    board: &'a Board,
    /// Counters at which no cashier works now.
    unattended: Vec<ChannelName>,
    catalogue: &'a Catalogue,
    now: LedgerTime,
}

/// The page.
#[derive(Template)]
#[template(path = "status.html")]
struct StatusPage {
    frame: Frame,
    words: &'static StatusWords,
    is_well: bool,
    /// How agencies are paid while the first choice does not work.
    next: Option<NextWays>,
    ways: Vec<Way>,
    planned: Vec<Stretch>,
    earlier: Vec<Stretch>,
    as_of: String,
}

/// A way to pay, as it is.
struct Way {
    title: Shown,
    agency: Option<String>,
    state: &'static str,
    tone: &'static str,
    why: Option<Shown>,
    since: Option<String>,
    until: Option<String>,
    is_drill: bool,
}

/// A time in which a way to pay did not work, or will not.
struct Stretch {
    title: Shown,
    agency: Option<String>,
    time: String,
    why: Option<Shown>,
}

impl StatusPage {
    fn new(frame: Frame, seen: &Seen<'_>, next: Option<NextWays>) -> Self {
        let words = STATUS.of(frame.language);
        let time = |at| spoken(at, frame.language);
        let for_all = seen.channels.iter().map(|channel| ChannelScope::for_all(channel.name().clone()));
        let of_agencies = seen.board.unusual_of_agencies().into_iter().take(AGENCIES_LISTED);
        let scopes: Vec<_> = for_all.chain(of_agencies).collect();
        let is_well = scopes.iter().all(|scope| seen.board.of_scope(scope).state == ChannelState::Up);
        let ways = scopes.iter().map(|scope| seen.way(&frame, scope, &seen.board.of_scope(scope)));
        let planned = seen.board.windows().filter(|(_, window)| !window.in_force).take(WORK_LISTED);
        let planned = planned.map(|(_, window)| Stretch {
            time: (words.from_until)(&time(window.terms.from), &time(window.terms.until)),
            why: Some(frame.shown(&window.terms.reason)),
            ..seen.stretch(&frame, &window.terms.scope)
        });
        let ended = seen.board.latest_ended(EARLIER_LISTED, |outage| !outage.is_drill);
        let earlier = ended.into_iter().filter_map(|outage| {
            let (ended, _) = outage.ended?;
            let time = (words.from_until)(&time(outage.since), &time(ended));
            Some(Stretch { time, ..seen.stretch(&frame, &outage.scope) })
        });
        Self {
            words,
            is_well,
            next,
            ways: ways.collect(),
            planned: planned.collect(),
            earlier: earlier.collect(),
            as_of: (words.as_of)(&time(seen.now)),
            frame,
        }
    }
}

impl Seen<'_> {
    fn way(&self, frame: &Frame, scope: &ChannelScope, now: &Effective) -> Way {
        let words = STATUS.of(frame.language);
        let time = |at| spoken(at, frame.language);
        let (why, until) = match &now.why {
            None => (None, None),
            Some(WhyDown::Found { step }) => {
                (Some(Shown { text: (words.found)(*step).to_owned(), lang: None }), None)
            }
            Some(WhyDown::Said { reason, until } | WhyDown::Work { reason, until }) => {
                (Some(frame.shown(reason)), Some((words.until)(&time(*until))))
            }
        };
        let Stretch { title, agency, .. } = self.stretch(frame, scope);
        // It works as soon as somebody is there.
        let is_unattended = now.state != ChannelState::Down && self.unattended.contains(&scope.channel);
        Way {
            title,
            agency,
            state: if is_unattended { words.unattended } else { (words.state)(now.state) },
            tone: match now.state {
                _ if is_unattended => "todo",
                ChannelState::Up => "good",
                ChannelState::Degraded | ChannelState::Probing => "todo",
                ChannelState::Down => "failed",
            },
            why,
            since: now
                .since
                .filter(|_| now.state != ChannelState::Up)
                .map(|since| (words.since)(&time(since))),
            until,
            is_drill: now.is_drill,
        }
    }

    fn stretch(&self, frame: &Frame, scope: &ChannelScope) -> Stretch {
        let words = STATUS.of(frame.language);
        let agency = scope.agency.as_deref().map(|code| {
            let known = self.catalogue.agency(code).map(|agency| &agency.name);
            (words.for_agency)(&frame.shown_or(known, code).text)
        });
        Stretch { title: self.title(frame, &scope.channel), agency, time: String::new(), why: None }
    }

    /// What people call it; a channel that is no more has its word.
    fn title(&self, frame: &Frame, name: &ChannelName) -> Shown {
        let known: Option<&Text> = self.channels.find(name).map(|channel| channel.title());
        frame.shown_or(known, &name.to_string())
    }
}
