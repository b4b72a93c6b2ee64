//! What does not work now and how agencies are paid instead, for whoever looks at more than one bill: an agency at its own,
//! the Treasury and the public at those of every agency with a plan of its own, and
//! of all others.

use catalog::{Agency, Catalogue, Language, Text};

use super::frame::{Frame, Shown};
use super::ways::PayingNow;
use super::words::{NEXT_WAYS, NextWaysWords};
use crate::app::App;
use crate::channels::offer::Offers;
use crate::offering::{self, is_as_usual, unusual};

/// So many agencies are named on a page, which loads at once, and in an entry of the feed. Where there are more it says how many,
/// and that all of them are in [`ALL_OF_THEM`].
pub(super) const AGENCIES_LISTED: usize = 12;
/// Where every agency stands with how it is paid now.
pub(super) const ALL_OF_THEM: &str = "/v1/status";

/// What does not work, and what does instead; only while the first choice is not as usual.
pub(super) struct NextWays {
    pub(super) words: &'static NextWaysWords,
    pub(super) troubles: Vec<String>,
    pub(super) plans: Vec<PlanNow>,
    /// That there are more than are named, and where all are.
    pub(super) more: Option<More>,
    /// What is said of agencies that are not named.
    pub(super) others: Option<String>,
}

/// More agencies with plans than a page names.
pub(super) struct More {
    /// How many.
    pub(super) text: String,
    /// Where all of them are.
    pub(super) address: String,
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
        let offers = offering::of_agency(app, served.catalogue(), agency);
        let troubles = troubles(app, frame, &offers);
        let is_usual = troubles.is_empty() && is_as_usual(app, &offers);
        (!is_usual).then(|| Self {
            words: NEXT_WAYS.of(frame.language),
            troubles,
            plans: vec![PlanNow::of(frame, agency, &offers)],
            more: None,
            others: None,
        })
    }

    /// Of all bills.
    pub(super) fn of_all(app: &App, frame: &Frame) -> Option<Self> {
        let words = NEXT_WAYS.of(frame.language);
        let served = app.catalogue.current();
        let for_everybody = offering::of_others(app, served.catalogue());
        let plans = unusual(app, served.catalogue());
        let plans = plans.map(|(agency, offers)| PlanNow::of(frame, agency, &offers)).collect();
        let others = (!is_as_usual(app, &for_everybody)).then(|| titles(&for_everybody, frame.language));
        let troubles = troubles(app, frame, &for_everybody);
        let all = Self { words, troubles, plans, more: None, others: None };
        let said = all.cut_to_size(&frame.root, others.as_deref());
        let is_usual = said.plans.is_empty() && said.troubles.is_empty() && said.others.is_none();
        (!is_usual).then_some(said)
    }

    /// Names so many agencies as there is room for, says where the rest are, and how those without a plan of their own are paid, if that is
    /// not as usual.
    fn cut_to_size(mut self, root: &str, others: Option<&str>) -> Self {
        let more_count = self.plans.len().saturating_sub(AGENCIES_LISTED);
        self.plans.truncate(AGENCIES_LISTED);
        self.more = (more_count > 0)
            .then(|| More { text: (self.words.more)(more_count), address: format!("{root}{ALL_OF_THEM}") });
        self.others = others.map(|ways| self.words.of_others(ways, more_count > 0));
        self
    }

    /// The same where what does not work is listed already.
    pub(super) fn without_troubles(self) -> Option<Self> {
        let says_more = !self.plans.is_empty() || self.others.is_some();
        says_more.then(|| Self { troubles: Vec::new(), ..self })
    }

    /// All that it says, for whoever counts the bytes of a page.
    pub(super) fn texts(&self) -> Vec<&str> {
        let plans = self.plans.iter().flat_map(|plan| [&*plan.name.text, &*plan.ways]);
        let more = self.more.iter().flat_map(|more| [&*more.text, &*more.address]);
        plans.chain(more).chain(self.troubles.iter().chain(&self.others).map(String::as_str)).collect()
    }
}

impl PlanNow {
    fn of(frame: &Frame, agency: &Agency, offers: &Offers) -> Self {
        let ways = titles(offers, frame.language);
        let none = NEXT_WAYS.of(frame.language).none;
        Self { name: frame.shown(&agency.name), ways: if ways.is_empty() { none.to_owned() } else { ways } }
    }
}

/// How each agency with a plan of its own is paid now, where that is not as usual, in both languages: its code and a line.
pub(super) fn lines(app: &App, catalogue: &Catalogue) -> Vec<(String, Text)> {
    let lines = unusual(app, catalogue).map(|(agency, offers)| {
        let said = Language::ALL.map(|language| {
            let ways = titles(&offers, language);
            let ways = if ways.is_empty() { NEXT_WAYS.of(language).none } else { &ways };
            format!("{}: {ways}", agency.name.in_language(language))
        });
        let [en, sw] = said;
        (agency.code.to_string(), Text::new(en, sw))
    });
    lines.collect()
}

/// How all others are paid now; nothing while that is as usual.
pub(super) fn of_others(app: &App, catalogue: &Catalogue) -> Option<Offers> {
    let offers = offering::of_others(app, catalogue);
    (!is_as_usual(app, &offers)).then_some(offers)
}

/// So many of these lines that an entry of the feed has room for, that there are more, with the address where all are, and how
/// the others are paid whom it concerns too.
pub(super) fn shortened(mut lines: Vec<Text>, others: Option<&Offers>, origin: &str) -> Vec<Text> {
    let more_count = lines.len().saturating_sub(AGENCIES_LISTED);
    lines.truncate(AGENCIES_LISTED);
    let more = |language| format!("{} {origin}{ALL_OF_THEM}", (NEXT_WAYS.of(language).more)(more_count));
    lines.extend((more_count > 0).then(|| Text::new(more(Language::En), more(Language::Sw))));
    lines.extend(others.map(|offers| {
        let [en, sw] = Language::ALL
            .map(|language| NEXT_WAYS.of(language).of_others(&titles(offers, language), more_count > 0));
        Text::new(en, sw)
    }));
    lines
}

fn troubles(app: &App, frame: &Frame, offers: &Offers) -> Vec<String> {
    PayingNow::of(frame, offers, app.now()).map(|paying| paying.troubles).unwrap_or_default()
}

/// What people call the ways that can be used now.
fn titles(offers: &Offers, language: Language) -> String {
    let titles: Vec<_> = offers.payable().map(|way| way.title.in_language(language)).collect();
    titles.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_of_the_feed_says_how_many_agencies_it_does_not_name_and_where_they_are() {
        let lines = |count: usize| -> Vec<Text> {
            (0..count).map(|at| Text::new(format!("Agency {at}: KCB"), format!("Wakala {at}: KCB"))).collect()
        };
        for count in [0, 1, AGENCIES_LISTED] {
            let said = shortened(lines(count), None, "https://pay.example.go.ke");
            assert_eq!(said, lines(count), "all are named");
        }
        let said = shortened(lines(AGENCIES_LISTED + 2), None, "https://pay.example.go.ke");
        assert_eq!(said[..AGENCIES_LISTED], lines(AGENCIES_LISTED));
        let more = said[AGENCIES_LISTED..].iter().map(|more| (more.en(), more.sw())).collect::<Vec<_>>();
        let expected = (
            "Agencies with ways of their own that are not named here: 2. All of them: https://pay.example.go.ke/v1/status",
            "Wakala wenye njia zao wasiotajwa hapa: 2. Wote: https://pay.example.go.ke/v1/status",
        );
        assert_eq!(more, [expected]);
    }

    #[test]
    fn a_page_says_of_the_others_what_is_true_and_how_many_agencies_it_does_not_name() {
        let page = |count: usize, others: Option<&str>| {
            let words = NEXT_WAYS.of(Language::En);
            let plan = |at: usize| PlanNow {
                name: Shown { text: format!("Agency {at}"), lang: None },
                ways: "KCB".to_owned(),
            };
            let plans = (0..count).map(plan).collect();
            let all = NextWays { words, troubles: Vec::new(), plans, more: None, others: None };
            all.cut_to_size("", others)
        };
        for count in [1, AGENCIES_LISTED] {
            let said = page(count, Some(""));
            assert_eq!((said.plans.len(), said.more.is_none()), (count, true), "all of them are named");
            assert_eq!(said.others.unwrap(), NEXT_WAYS.of(Language::En).others_none, "{count}");
        }
        let said = page(AGENCIES_LISTED + 3, Some(""));
        assert_eq!(said.plans.len(), AGENCIES_LISTED);
        let texts = said.texts().join(" ");
        assert!(texts.contains("not named here: 3.") && texts.contains("/v1/status"), "{texts}");
        assert!(texts.contains("named neither here nor there cannot be paid"), "{texts}");
        assert!(page(AGENCIES_LISTED + 3, None).others.is_none(), "those are paid as usual");
    }

    #[test]
    fn what_is_said_of_the_others_is_not_said_of_those_who_are_cut() {
        for language in Language::ALL {
            let words = NEXT_WAYS.of(language);
            for ways in ["", "KCB"] {
                assert_ne!(words.of_others(ways, true), words.of_others(ways, false), "{ways}");
            }
        }
        let said = NEXT_WAYS.of(Language::En).of_others("", true);
        assert_eq!(
            said,
            "Bills of agencies that are named neither here nor there cannot be paid at the moment."
        );
    }
}
