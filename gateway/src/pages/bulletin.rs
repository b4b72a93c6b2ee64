//! The bulletin for people: one page without anything beside it, in both languages, to be handed out by any web server.

use askama::Template;
use catalog::Language;

use super::moment::spoken;
use super::words::{BULLETIN, BulletinWords, STATUS};
use crate::bulletin::{Bulletin, Way};
use crate::config::sections::HelpLine;
use crate::payments::channels::ChannelState;

/// The page.
#[derive(Template)]
#[template(path = "bulletin.html")]
struct BulletinPage<'a> {
    halves: [Half<'a>; 2],
    gateway: &'a str,
    help: Option<&'a HelpLine>,
}

/// What it says in one language.
struct Half<'a> {
    language: Language,
    words: &'static BulletinWords,
    as_of: String,
    first_choice: ShownWay,
    agencies: Vec<ShownPlan<'a>>,
    /// The other ways of every agency that is not among them.
    others: Vec<ShownWay>,
    /// What leads there, if the first choice is not the same for all of them.
    differs: Option<&'static str>,
}

/// The other ways of one agency.
struct ShownPlan<'a> {
    name: &'a str,
    /// The first choice, where it is not for this agency what it is for everybody.
    first_choice: Option<ShownWay>,
    ways: Vec<ShownWay>,
}

struct ShownWay {
    title: String,
    state: &'static str,
    works: bool,
    pay_to: Option<String>,
    terms: Vec<String>,
    note: Option<String>,
}

/// The page of this bulletin.
pub(crate) fn bulletin_page(bulletin: &Bulletin, help: Option<&HelpLine>) -> String {
    let halves = Language::ALL.map(|language| Half::of(bulletin, language));
    let page = BulletinPage { halves, gateway: &bulletin.gateway, help };
    page.render().expect("a template of texts can be rendered")
}

impl<'a> Half<'a> {
    fn of(bulletin: &'a Bulletin, language: Language) -> Self {
        let words = BULLETIN.of(language);
        let for_all = &bulletin.first_choice;
        let agencies = bulletin.agencies.iter().map(|plan| {
            let ways = plan.ways.iter().map(|way| ShownWay::of(way, language));
            let own = Way { state: plan.first_choice, ..for_all.clone() };
            let differs = own.state != for_all.state;
            ShownPlan {
                name: plan.name.in_language(language),
                first_choice: differs.then(|| ShownWay::of(&own, language)),
                ways: ways.collect(),
            }
        });
        let agencies: Vec<_> = agencies.collect();
        let differs = agencies.iter().any(|plan| plan.first_choice.is_some());
        Self {
            language,
            words,
            as_of: (words.as_of)(&spoken(bulletin.at, language)),
            first_choice: ShownWay::of(for_all, language),
            agencies,
            others: bulletin.others.ways.iter().map(|way| ShownWay::of(way, language)).collect(),
            differs: differs.then_some(words.differs),
        }
    }
}

impl ShownWay {
    fn of(way: &Way, language: Language) -> Self {
        let words = BULLETIN.of(language);
        let limit = match (way.least, way.most) {
            (Some(least), Some(most)) => Some((words.between)(&least.to_string(), &most.to_string())),
            (None, Some(most)) => Some((words.up_to)(&most.to_string())),
            (Some(least), None) => Some((words.from)(&least.to_string())),
            (None, None) => None,
        };
        let days: Vec<_> = way.days.iter().map(|day| (words.day)(*day)).collect();
        let open = match (&way.hours, days.is_empty()) {
            (Some(hours), true) => Some(hours.clone()),
            (Some(hours), false) => Some(format!("{}, {hours}", days.join(", "))),
            (None, false) => Some(days.join(", ")),
            (None, true) => None,
        };
        Self {
            title: way.title.in_language(language).to_owned(),
            state: (STATUS.of(language).state)(way.state),
            works: matches!(way.state, ChannelState::Up | ChannelState::Degraded),
            pay_to: way.pay_to.clone(),
            terms: limit.into_iter().chain(open).collect(),
            note: way.note.as_ref().map(|note| note.in_language(language).to_owned()),
        }
    }
}
