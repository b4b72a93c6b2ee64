//! The bulletin for people: one page without anything beside it, in both languages, to be handed out by any web server.

use askama::Template;
use catalog::Language;

use super::moment::spoken;
use super::words::{BULLETIN, BulletinWords, NEXT_WAYS, STATUS};
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
    /// What is said of those, if they cannot be paid.
    others_none: Option<&'static str>,
}

/// The other ways of one agency.
struct ShownPlan<'a> {
    name: &'a str,
    /// The first choice, where it is not for this agency what it is for everybody.
    first_choice: Option<ShownWay>,
    ways: Vec<ShownWay>,
    /// Said where none of them can be used.
    none: Option<&'static str>,
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
        let (words, next) = (BULLETIN.of(language), NEXT_WAYS.of(language));
        let for_all = &bulletin.first_choice;
        let agencies = bulletin.agencies.iter().map(|plan| {
            let ways = plan.ways.iter().map(|way| ShownWay::of(way, language));
            let own = Way { state: plan.first_choice, ..for_all.clone() };
            let differs = own.state != for_all.state;
            ShownPlan {
                name: plan.name.in_language(language),
                first_choice: differs.then(|| ShownWay::of(&own, language)),
                ways: ways.collect(),
                none: (!plan.can_be_paid()).then_some(next.none),
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
            others_none: (!bulletin.others_can_be_paid).then_some(next.others_none),
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
            state: match way.state {
                ChannelState::Down => (STATUS.of(language).state)(way.state),
                _ if way.is_unattended => STATUS.of(language).unattended,
                state => (STATUS.of(language).state)(state),
            },
            works: matches!(way.state, ChannelState::Up | ChannelState::Degraded) && !way.is_unattended,
            pay_to: way.pay_to.clone(),
            terms: limit.into_iter().chain(open).collect(),
            note: way.note.as_ref().map(|note| note.in_language(language).to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use catalog::Text;
    use ledger::LedgerTime;

    use super::*;
    use crate::bulletin::{Others, Plan};

    fn way(channel: &str, state: ChannelState) -> Way {
        Way {
            channel: channel.parse().unwrap(),
            title: Text::new(channel, channel),
            state,
            is_unattended: false,
            pay_to: None,
            least: None,
            most: None,
            hours: None,
            days: Vec::new(),
            note: None,
        }
    }

    fn bulletin(first: ChannelState, ways: Vec<Way>) -> Bulletin {
        let name = Text::new("Kenya Wildlife Service", "Shirika la Wanyamapori");
        Bulletin {
            as_of: "2026-11-23T09:00:00Z".to_owned(),
            gateway: "https://pay.example.go.ke".to_owned(),
            first_choice: way("mpesa_paybill", first),
            agencies: vec![Plan { agency: "KWS".to_owned(), name, first_choice: first, ways }],
            others: Others { ways: Vec::new() },
            others_can_be_paid: first != ChannelState::Down,
            at: LedgerTime::from_micros(1_795_155_245_000_000),
        }
    }

    fn page(first: ChannelState, ways: Vec<Way>) -> String {
        bulletin_page(&bulletin(first, ways), None)
    }

    #[test]
    fn agencies_that_are_not_named_cannot_be_paid_while_the_first_choice_is_down_and_the_page_says_so() {
        let said = NEXT_WAYS.of(Language::En).others_none;
        let also = NEXT_WAYS.of(Language::Sw).others_none;
        for state in [ChannelState::Up, ChannelState::Degraded, ChannelState::Probing] {
            assert!(!page(state, Vec::new()).contains(said), "{state:?}");
        }
        let down = page(ChannelState::Down, vec![way("bank.kcb", ChannelState::Up)]);
        assert!(down.contains(said) && down.contains(also), "{down}");
        let none = format!("<p><strong>{}</strong></p>", NEXT_WAYS.of(Language::En).none);
        assert!(!down.contains(&none), "this one can be: {down}");
        assert!(page(ChannelState::Down, vec![way("bank.kcb", ChannelState::Down)]).contains(&none));
    }

    #[test]
    fn agencies_that_are_not_named_have_the_ways_of_the_national_plan() {
        let mut plain = bulletin(ChannelState::Down, vec![way("agency_till.kws", ChannelState::Up)]);
        let heading = |language: Language| format!("<h3>{}</h3>", BULLETIN.of(language).others);
        let headings = |bulletin: &Bulletin| {
            let page = bulletin_page(bulletin, None);
            Language::ALL.map(|language| page.split(&heading(language)).nth(1).map(str::to_owned))
        };
        assert_eq!(headings(&plain), [None, None], "there is no such plan");
        plain.others = Others { ways: vec![way("bank.kcb", ChannelState::Up)] };
        plain.others_can_be_paid = true;
        for (said, language) in headings(&plain).into_iter().zip(Language::ALL) {
            let said = said.unwrap();
            let of_bank = said.split("</div>").next().unwrap();
            assert!(of_bank.contains("bank.kcb"), "{of_bank}");
            assert!(!said.contains(NEXT_WAYS.of(language).others_none), "{said}");
        }
        plain.agencies.clear();
        let page = bulletin_page(&plain, None);
        assert!(page.contains(BULLETIN.of(Language::En).otherwise), "also where no agency is named: {page}");
    }

    #[test]
    fn a_counter_without_a_cashier_is_not_said_to_work() {
        let counter = way("counter.gpo", ChannelState::Up);
        let works = page(ChannelState::Degraded, vec![counter.clone()]);
        let unattended = page(ChannelState::Degraded, vec![Way { is_unattended: true, ..counter.clone() }]);
        for language in Language::ALL {
            let (state, nobody) = (STATUS.of(language).state, STATUS.of(language).unattended);
            assert!(works.contains(state(ChannelState::Up)) && !works.contains(nobody));
            assert!(!unattended.contains(state(ChannelState::Up)) && unattended.contains(nobody));
        }
        let down = Way { is_unattended: true, state: ChannelState::Down, ..counter };
        assert!(!page(ChannelState::Degraded, vec![down]).contains(STATUS.of(Language::En).unattended));
    }
}
