//! The figures of a live page: the part that is replaced while it is watched, and that is whole without a script.

use askama::Template;
use catalog::Catalogue;
use ledger::{Currency, LedgerTime, Sum};

use super::chart::{Chart, HEIGHT, WIDTH, shilling};
use crate::clock::east_africa_time;
use crate::live::{Collected, Detail, Doubt, Figures};
use crate::pages::frame::{Frame, Shown};
use crate::pages::leaves::{Leaves, Turn};
use crate::pages::next_ways::NextWays;
use crate::pages::words::{LIVE, LiveWords};
use crate::payments::Total;

/// The figures.
#[derive(Template)]
#[template(path = "live_figures.html")]
pub(in crate::pages) struct FiguresView {
    words: &'static LiveWords,
    as_of: String,
    /// What does not work, and how agencies are paid instead.
    next: Option<NextWays>,
    headlines: Vec<Headline>,
    chart: Option<Chart>,
    /// Rows by agency, those of this page; nothing for an agency, which sees its own alone.
    owners: Option<Vec<Row>>,
    leaves: Leaves,
    turn: Turn,
    channels: Vec<Row>,
    services: Vec<ServiceRow>,
    doubt: DoubtView,
    /// What is to be said about minutes and services.
    about_detail: Option<String>,
}

/// What came in of a currency.
struct Headline {
    sum: String,
    payments: String,
    last_minute: Option<String>,
    last_week_by_now: Option<String>,
    last_week: String,
    difference: Option<String>,
}

struct Row {
    name: Shown,
    count: u64,
    sum: String,
}

struct ServiceRow {
    name: Shown,
    /// Its page for citizens.
    address: String,
    agency: String,
    paid: u64,
    sums: Vec<String>,
}

struct DoubtView {
    /// How much, and how many payments.
    suspense: Vec<(String, String)>,
    oldest: Option<String>,
    unknown_attempt_count: usize,
    quarantine_count: Option<u64>,
    unreadable_count: Option<u64>,
}

impl FiguresView {
    /// Agencies may be too many for one page: the others are on the next ones. What they fill is counted after what
    /// stands on the first page alone.
    pub(super) fn of(
        frame: &Frame,
        catalogue: &Catalogue,
        figures: &Figures,
        (of_all, next): (bool, Option<NextWays>),
        mut leaves: Leaves,
    ) -> Self {
        let words = LIVE.of(frame.language);
        let owner = |agency: &Option<std::sync::Arc<str>>| match agency {
            Some(code) => frame.shown_or(catalogue.agency(code).map(|agency| &agency.name), code),
            None => Shown { text: words.nobodys.to_owned(), lang: None },
        };
        let owners = figures.owners.iter().map(|of| row(owner(&of.agency), of.currency, of.total));
        let channels = figures.channels.iter().map(|of| {
            row(Shown { text: channel_name(&of.channel).to_owned(), lang: None }, of.currency, of.total)
        });
        let about_detail = match (&figures.detail, figures.views_lag_records) {
            (None, _) => Some(words.no_detail.to_owned()),
            (Some(_), 0) => None,
            (Some(_), records) => Some((words.detail_behind)(records)),
        };
        if let Some(next) = &next {
            leaves.hold(&next.texts());
        }
        let detail = figures.detail.as_ref();
        let chart = detail.and_then(|known| Chart::of(shilling(&known.curves)?));
        let services = detail.map(|known| services(frame, catalogue, known)).unwrap_or_default();
        if let Some(chart) = &chart {
            leaves.hold(&[&chart.today, &chart.last_week]);
        }
        for row in &services {
            leaves.hold(&[&row.name.text, &row.address, &row.agency, &row.sums.concat(), "class and scope"]);
        }
        let owners: Vec<_> = owners.filter(|row| leaves.hold(&[&row.name.text, &row.sum, "count"])).collect();
        Self {
            words,
            next,
            as_of: (words.as_of)(&time_of_day(figures.as_of), figures.sequence),
            headlines: figures.collected.iter().map(|of| headline(words, of, detail)).collect(),
            chart,
            owners: of_all.then_some(owners),
            channels: channels.collect(),
            services,
            turn: leaves
                .turn(frame.language, |number| format!("/{}/treasury/live?page={number}", frame.code())),
            leaves,
            doubt: doubt(words, &figures.doubt),
            about_detail,
        }
    }

    fn width(&self) -> usize {
        WIDTH
    }

    fn height(&self) -> usize {
        HEIGHT
    }
}

fn headline(words: &LiveWords, of: &Collected, detail: Option<&Detail>) -> Headline {
    let curve = detail.and_then(|known| known.curves.iter().find(|curve| curve.currency == of.currency));
    let sum = |total: Total| Sum::new(total.minor, of.currency).to_string();
    Headline {
        sum: sum(of.today),
        payments: (words.payments)(of.today.payments()),
        last_minute: curve
            .map(|curve| (words.last_minute)(curve.last_minute.payments(), &sum(curve.last_minute))),
        last_week_by_now: curve.map(|curve| sum(curve.last_week_by_now)),
        last_week: sum(of.last_week),
        difference: curve.and_then(|curve| difference(of.today.minor, curve.last_week_by_now.minor)),
    }
}

/// How much more or less it is, in whole per cent; nothing where there is nothing to compare with.
fn difference(today: i128, then: i128) -> Option<String> {
    if then <= 0 {
        return None;
    }
    let per_cent = (today - then).saturating_mul(100) / then;
    Some(format!("{}{per_cent}%", if per_cent > 0 { "+" } else { "" }))
}

fn row(name: Shown, currency: Currency, total: Total) -> Row {
    Row { name, count: total.payments(), sum: Sum::new(total.minor, currency).to_string() }
}

fn services(frame: &Frame, catalogue: &Catalogue, known: &Detail) -> Vec<ServiceRow> {
    let rows = known.services.iter().map(|row| ServiceRow {
        name: frame.shown_or(catalogue.service(&row.service).map(|service| &service.name), &row.service),
        address: format!("/{}/services/{}", frame.code(), row.service),
        agency: row.agency.to_string(),
        paid: row.paid,
        sums: row.collected.iter().map(|(currency, minor)| Sum::new(*minor, *currency).to_string()).collect(),
    });
    rows.collect()
}

fn doubt(words: &LiveWords, known: &Doubt) -> DoubtView {
    let suspense = known.suspense.iter().map(|(currency, total)| {
        (Sum::new(total.minor, *currency).to_string(), (words.payments)(total.payments()))
    });
    DoubtView {
        suspense: suspense.collect(),
        oldest: known.suspense_oldest_age_seconds.map(words.age),
        unknown_attempt_count: known.unknown_attempt_count,
        quarantine_count: known.quarantine_count,
        unreadable_count: known.unreadable_count,
    }
}

/// What people call a channel.
fn channel_name(word: &str) -> &str {
    match word {
        "mpesa" => "M-PESA",
        other => other,
    }
}

/// `19:42:05`, in either language: a wall clock.
fn time_of_day(time: LedgerTime) -> String {
    let moment = east_africa_time(time.micros());
    format!("{:02}:{:02}:{:02}", moment.hour(), moment.minute(), moment.second())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::live::OwnerTotal;

    #[test]
    fn agencies_that_are_too_many_for_a_page_are_on_the_next_ones_and_nothing_else_is() {
        let catalogue = Catalogue::demonstration(400, 222_222);
        let owner = |number: i128| OwnerTotal {
            agency: Some(format!("AGENCY-{number}").into()),
            currency: Currency::Kes,
            total: Total { minor: 1_000_000 - number, count: 1 },
        };
        let figures = Figures {
            as_of: LedgerTime::from_micros(0),
            sequence: 1,
            day: 0,
            collected: Vec::new(),
            owners: (0..300).map(owner).collect(),
            channels: Vec::new(),
            doubt: Doubt {
                suspense: Vec::new(),
                suspense_oldest_age_seconds: None,
                quarantine_count: None,
                unreadable_count: None,
                unknown_attempt_count: 0,
            },
            detail: None,
            views_lag_records: 0,
        };
        let frame = Frame {
            root: String::new(),
            language: catalog::Language::En,
            is_demonstration: false,
            in_other_language: None,
            help: None,
        };
        let (mut listed, mut leaves) = (0, Leaves::first());
        loop {
            let view = FiguresView::of(&frame, &catalogue, &figures, (true, None), leaves);
            let html = view.render().unwrap();
            listed += html.matches("AGENCY-").count();
            assert!(html.len() < 14 * 1024 - 3_000, "{} bytes, and the frame comes around it", html.len());
            assert_eq!(html.contains(view.words.by_channel), leaves.is_first());
            match view.turn.next {
                Some(address) => leaves = Leaves::at(address.rsplit('=').next().unwrap().parse().unwrap()),
                None => break,
            }
        }
        assert_eq!(listed, 300);
    }

    #[test]
    fn a_difference_is_said_where_there_is_something_to_compare_with() {
        assert_eq!(difference(150, 100).as_deref(), Some("+50%"));
        assert_eq!(difference(50, 100).as_deref(), Some("-50%"));
        assert_eq!(difference(100, 100).as_deref(), Some("0%"));
        assert_eq!(difference(100, 0), None);
    }
}
