//! What does not work now and how agencies are paid instead, for whoever looks at more than one bill: an agency at its own,
//! the Treasury and the public at those of every agency with a plan.

use catalog::{Agency, Language, Text};

use super::frame::{Frame, Shown};
use super::ways::PayingNow;
use super::words::{NEXT_WAYS, NextWaysWords};
use crate::app::App;
use crate::channels::offer::Offers;
use crate::offering::{self, is_as_usual, unusual};

/// So many agencies are named on a page, which loads at once; all of them are in the bulletin.
const AGENCIES_LISTED: usize = 12;

/// What does not work, and what does instead; only while the first choice is not as usual.
pub(super) struct NextWays {
    pub(super) words: &'static NextWaysWords,
    pub(super) troubles: Vec<String>,
    pub(super) plans: Vec<PlanNow>,
    /// What is said of agencies that are not named.
    pub(super) others: Option<String>,
}

/// How one agency is paid now.
pub(super) struct PlanNow {
    pub(super) name: Shown,
    /// What people call the ways, the best first.
    pub(super) ways: String,
}

impl NextWays {
    /// Of the bills of one agency; nothing of one that has left the catalogue.
    pub(super) fn of_agency(app: &App, frame: &Frame, code: &str) -> Option<Self> {
        let served = app.catalogue.current();
        let agency = served.catalogue().agency(code)?;
        let offers = offering::of_agency(app, agency);
        let troubles = troubles(app, frame, &offers);
        let is_usual = troubles.is_empty() && is_as_usual(app, &offers);
        (!is_usual).then(|| Self {
            words: NEXT_WAYS.of(frame.language),
            troubles,
            plans: vec![PlanNow::of(frame, agency, &offers)],
            others: None,
        })
    }

    /// Of all bills.
    pub(super) fn of_all(app: &App, frame: &Frame) -> Option<Self> {
        let words = NEXT_WAYS.of(frame.language);
        let served = app.catalogue.current();
        let for_everybody = offering::without_plan(app);
        let unusual = unusual(app, served.catalogue().agencies());
        let plans = unusual.take(AGENCIES_LISTED).map(|(agency, offers)| PlanNow::of(frame, agency, &offers));
        let plans: Vec<_> = plans.collect();
        let troubles = troubles(app, frame, &for_everybody);
        // Where not all agencies with a plan of their own are named, nothing true can be said of the rest in one sentence.
        let are_all_named = plans.len() < AGENCIES_LISTED;
        let others = (are_all_named && !is_as_usual(app, &for_everybody)).then(|| {
            let ways = titles(&for_everybody, frame.language);
            if ways.is_empty() { words.others_none.to_owned() } else { (words.others)(&ways) }
        });
        let is_usual = plans.is_empty() && troubles.is_empty() && others.is_none();
        (!is_usual).then_some(Self { words, troubles, plans, others })
    }

    /// The same where what does not work is listed already.
    pub(super) fn without_troubles(self) -> Option<Self> {
        let says_more = !self.plans.is_empty() || self.others.is_some();
        says_more.then(|| Self { troubles: Vec::new(), ..self })
    }

    /// All that it says, for whoever counts the bytes of a page.
    pub(super) fn texts(&self) -> Vec<&str> {
        let plans = self.plans.iter().flat_map(|plan| [&*plan.name.text, &*plan.ways]);
        plans.chain(self.troubles.iter().chain(&self.others).map(String::as_str)).collect()
    }
}

impl PlanNow {
    fn of(frame: &Frame, agency: &Agency, offers: &Offers) -> Self {
        let ways = titles(offers, frame.language);
        let none = NEXT_WAYS.of(frame.language).none;
        Self { name: frame.shown(&agency.name), ways: if ways.is_empty() { none.to_owned() } else { ways } }
    }
}

/// How each agency with a plan is paid now, where that is not as usual, in both languages: its code and a line.
pub(super) fn lines(app: &App) -> Vec<(String, Text)> {
    let served = app.catalogue.current();
    let lines = unusual(app, served.catalogue().agencies()).map(|(agency, offers)| {
        let said = Language::ALL.map(|language| {
            let ways = titles(&offers, language);
            let ways = if ways.is_empty() { NEXT_WAYS.of(language).none } else { &ways };
            format!("{}: {ways}", agency.name.in_language(language))
        });
        let [en, sw] = said;
        (agency.code.to_string(), Text::new(en, sw))
    });
    lines.take(AGENCIES_LISTED).collect()
}

fn troubles(app: &App, frame: &Frame, offers: &Offers) -> Vec<String> {
    PayingNow::of(frame, offers, app.now()).map(|paying| paying.troubles).unwrap_or_default()
}

/// What people call the ways that can be used now.
fn titles(offers: &Offers, language: Language) -> String {
    let titles: Vec<_> = offers.payable().map(|way| way.title.in_language(language)).collect();
    titles.join(", ")
}
