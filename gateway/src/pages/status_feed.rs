//! `GET /status.atom`: what changed about the ways to pay, for whoever follows it with a feed reader or a program. In both
//! languages, because a feed has one address.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use askama::Template;
use catalog::{Language, Text};
use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, HeaderValue};
use ledger::LedgerTime;

use super::moment::spoken;
use super::next_ways;
use crate::app::{App, SharedApp};
use crate::channels::Channels;
use crate::clock::format_rfc3339;
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::payments::channels::{Board, ChannelScope, Outage, WhyDown, WindowTerms};

/// So many changes are in the feed: outages that go on, and the newest.
const ENTRIES_MAX: usize = 50;
/// The record with which the books began.
const FIRST_RECORD: u64 = 1;
/// So many plans at most are among them; each costs a look into the journal.
const WORK_MAX: usize = 10;

/// The feed.
#[derive(Template)]
#[template(path = "status_feed.xml")]
struct StatusFeed {
    origin: String,
    updated: String,
    entries: Vec<Entry>,
}

/// A change.
struct Entry {
    /// Names it for ever.
    id: String,
    at: LedgerTime,
    /// When what it says changed last.
    updated: LedgerTime,
    title: Text,
    /// How each agency with a plan of its own, and all others, are paid while it goes on.
    next: Vec<Text>,
}

/// `GET /status.atom`.
pub(super) async fn show(app: SharedApp, _request: Request<App>) -> Result<Response, Problem> {
    let board = app.books.readers().channels();
    let mut planned = Vec::new();
    for (id, window) in board.windows().filter(|(_, window)| !window.in_force).take(WORK_MAX) {
        let record = app.books.ledger().record(id).map_err(Problem::internal_error)?;
        // What was planned has its record; when, stands nowhere else.
        planned.extend(record.map(|record| Entry::of_work(&app.channels, id, record.time, &window.terms)));
    }
    let mut feed = StatusFeed::new(&app.public_url, &app.channels, &board, planned);
    feed.say_what_is_next(&app, &board);
    if feed.entries.is_empty() {
        // Nothing has changed since the books began.
        let first = app.books.ledger().record(FIRST_RECORD).map_err(Problem::internal_error)?;
        feed.updated = format_rfc3339(first.map_or_else(|| app.now(), |record| record.time).micros());
    }
    let xml = readable(feed.render().map_err(Problem::internal_error)?);
    let mut response = response::bytes(StatusCode::OK, "application/atom+xml; charset=utf-8", xml);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=15"));
    Ok(response)
}

/// Without what XML 1.0 has no way to write. Reasons are without it since they are checked; older books, the catalogue and
/// the file of channels may have it in a name, and one such sign would take the whole feed from everybody.
fn readable(mut xml: String) -> String {
    xml.retain(is_of_xml);
    xml
}

/// `Char` of XML 1.0.
const fn is_of_xml(sign: char) -> bool {
    matches!(sign, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

impl StatusFeed {
    fn new(origin: &str, channels: &Channels, board: &Board, planned: Vec<Entry>) -> Self {
        let outages = real_outages(board).flat_map(|outage| Entry::of_outage(channels, board, outage));
        let mut entries: Vec<Entry> = outages.chain(planned).collect();
        // A way to pay that comes and goes all day pushes nothing out that goes on.
        let go_on: BTreeSet<_> = board.open_outages().map(outage_id).collect();
        entries.sort_by_key(|entry| Reverse((go_on.contains(&entry.id), entry.at)));
        entries.truncate(ENTRIES_MAX);
        entries.sort_by_key(|entry| Reverse(entry.at));
        let updated = entries.iter().map(|entry| entry.updated).max();
        let updated = updated.map_or_else(String::new, |updated| format_rfc3339(updated.micros()));
        Self { origin: origin.to_owned(), updated, entries }
    }

    /// Adds to each outage of the first choice that goes on how those whom it concerns are paid meanwhile. That changes with
    /// every change of a channel, so each of them is a change of the entry too.
    fn say_what_is_next(&mut self, app: &App, board: &Board) {
        let served = app.catalogue.current();
        let catalogue = served.catalogue();
        let (lines, others) = (next_ways::lines(app, catalogue), next_ways::of_others(app, catalogue));
        let home = app.channels.home().name();
        let latest = real_outages(board).map(|outage| outage.ended.map_or(outage.since, |(ended, _)| ended));
        let found = board.standings().map(|(_, standing)| standing.since);
        let said = board.pins().map(|(_, pin)| pin.since);
        let changed = latest.chain(found).chain(said).max();
        for outage in board.open_outages().filter(|outage| outage.scope.channel == *home) {
            let id = outage_id(outage);
            let concerns = |code: &str| outage.scope.agency.as_deref().is_none_or(|agency| agency == code);
            let of_outage = lines.iter().filter(|(code, _)| concerns(code)).map(|(_, line)| line.clone());
            if let Some(entry) = self.entries.iter_mut().find(|entry| entry.id == id) {
                let others = others.as_ref().filter(|_| outage.scope.agency.is_none());
                entry.next = next_ways::shortened(of_outage.collect(), others, &app.public_url);
                if !entry.next.is_empty() {
                    entry.updated = entry.updated.max(changed.unwrap_or(entry.updated));
                }
            }
        }
        if let Some(updated) = self.entries.iter().map(|entry| entry.updated).max() {
            self.updated = format_rfc3339(updated.micros());
        }
    }
}

/// Outages that are no drills.
fn real_outages(board: &Board) -> impl Iterator<Item = &Outage> {
    board.open_outages().chain(board.ended_outages()).filter(|outage| !outage.is_drill)
}

/// Names the entry that an outage began.
fn outage_id(outage: &Outage) -> String {
    format!("outage-{}", outage.id)
}

impl Entry {
    fn new(id: String, at: LedgerTime, title: Text) -> Self {
        Self { id, at, updated: at, title, next: Vec::new() }
    }

    fn published(&self) -> String {
        format_rfc3339(self.at.micros())
    }

    fn changed(&self) -> String {
        format_rfc3339(self.updated.micros())
    }

    /// That work is planned.
    fn of_work(channels: &Channels, id: u64, planned: LedgerTime, terms: &WindowTerms) -> Self {
        let (en, sw) = name_of(channels, &terms.scope);
        let [from_en, from_sw] = Language::ALL.map(|language| spoken(terms.from, language));
        let [until_en, until_sw] = Language::ALL.map(|language| spoken(terms.until, language));
        let title = Text::new(
            format!("Work is planned on {en} from {from_en} until {until_en}: {}", terms.reason.en()),
            format!("Kazi imepangwa, {sw}, kuanzia {from_sw} hadi {until_sw}: {}", terms.reason.sw()),
        );
        Self::new(format!("work-{id}"), planned, title)
    }

    /// That it began, and that it is over.
    fn of_outage(channels: &Channels, board: &Board, outage: &Outage) -> Vec<Self> {
        let (en, sw) = name_of(channels, &outage.scope);
        let why = match board.of_scope(&outage.scope).why {
            Some(WhyDown::Said { reason, .. } | WhyDown::Work { reason, .. }) if outage.ended.is_none() => {
                (format!(": {}", reason.en()), format!(": {}", reason.sw()))
            }
            _ => (".".to_owned(), ".".to_owned()),
        };
        let began = Text::new(
            format!("{en} is not working{}", why.0),
            format!("{sw}: njia hii haifanyi kazi{}", why.1),
        );
        let mut began = Self::new(outage_id(outage), outage.since, began);
        // Why it did not work is no longer said once it works.
        began.updated = outage.ended.map_or(outage.since, |(ended, _)| ended);
        let mut entries = vec![began];
        if let Some((ended, sequence)) = outage.ended {
            let over = over((&en, &sw), board, outage, ended);
            entries.push(Self::new(format!("outage-{}-ended-{sequence}", outage.id), ended, over));
        }
        entries
    }
}

/// What is said when an outage ends: a channel can be used again, unless it is still down for everybody, or for single agencies.
fn over((en, sw): (&str, &str), board: &Board, outage: &Outage, ended: LedgerTime) -> Text {
    let goes_on = |other: &&Outage| {
        let is_open = other.since <= ended && other.ended.is_none_or(|(end, _)| end > ended);
        is_open && other.id != outage.id && other.scope.channel == outage.scope.channel
    };
    let mut others = real_outages(board).filter(goes_on);
    match &outage.scope.agency {
        Some(_) if others.any(|other| other.scope.agency.is_none()) => Text::new(
            format!("{en}: what was wrong there alone is over. It still does not work for anybody."),
            format!("{sw}: tatizo la hapo peke yake limeisha. Njia hii bado haifanyi kazi kwa yeyote."),
        ),
        None if others.any(|other| other.scope.agency.is_some()) => Text::new(
            format!("{en} can be used again, but not for every agency yet."),
            format!("{sw}: njia hii inaweza kutumika tena, ila bado si kwa kila wakala."),
        ),
        _ => Text::new(format!("{en} can be used again."), format!("{sw}: njia hii inaweza kutumika tena.")),
    }
}

/// What people call a channel, and for which agency it is meant, in both languages.
fn name_of(channels: &Channels, scope: &ChannelScope) -> (String, String) {
    let known = channels.find(&scope.channel).map(|channel| channel.title());
    let word = scope.channel.to_string();
    let whom = scope.agency.as_ref().map_or_else(String::new, |agency| format!(" ({agency})"));
    let named = |title: Option<&str>| format!("{}{whom}", title.unwrap_or(&word));
    (named(known.map(Text::en)), named(known.map(Text::sw)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_have_is_left_out_and_all_else_stays() {
        let whole = "<p>Kebo – “fibre”\t\u{FFFD}\u{1F1F0}\u{D7FF}\u{E000}</p>\n";
        assert_eq!(readable(whole.to_owned()), whole);
        assert_eq!(readable("a\u{FFFE}b\u{FFFF}c\u{0}d\u{b}e\u{1f}f".to_owned()), "abcdef");
    }
}
