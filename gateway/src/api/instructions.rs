//! How to pay a bill now, as the API says it: the best way by hand first, as it always was, and then all ways with their state.

use catalog::{Language, Text};
use ledger::LedgerTime;
use serde::Serialize;

use crate::app::App;
use crate::channels::offer::Way;
use crate::offering;
use crate::pages::why_not;
use crate::payments::Bill;
use crate::payments::channels::ChannelName;

/// How to pay a bill.
#[derive(Serialize)]
pub(super) struct InstructionsBody {
    /// The best way by hand; why there is none, where there is none.
    en: Vec<String>,
    sw: Vec<String>,
    /// The first choice works, and the others are rehearsed.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_drill: bool,
    /// All ways, those that can be used now first, the best first among them.
    ways: Vec<WayBody>,
}

#[derive(Serialize)]
struct WayBody {
    channel: ChannelName,
    title: Text,
    state: &'static str,
    payable: bool,
    /// Why it cannot be used now.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Text>,
    /// What the agency says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<Text>,
    en: Vec<String>,
    sw: Vec<String>,
}

impl InstructionsBody {
    pub(super) fn of(app: &App, bill: &Bill) -> Self {
        if !bill.state.is_open() {
            return Self { en: Vec::new(), sw: Vec::new(), is_drill: false, ways: Vec::new() };
        }
        let attempt = bill.latest_attempt.and_then(|id| app.books.readers().unfinished_attempt(id));
        let offers = offering::of_bill(app, bill, attempt.as_deref());
        let now = app.now();
        let ways: Vec<_> = offers.ways().iter().map(|way| WayBody::of(way, now)).collect();
        // By hand, because that is what whoever reads these two has always been told.
        let best = offers.payable().zip(&ways).find(|(way, _)| !way.asks_payer()).map(|(_, body)| body);
        let home = ways.iter().find(|way| way.channel == *app.channels.home().name());
        let (en, sw) = match (best, home) {
            (Some(best), _) => (best.en.clone(), best.sw.clone()),
            (None, Some(home)) => {
                let why = |text: fn(&Text) -> &str| {
                    home.reason.iter().map(|reason| text(reason).to_owned()).collect()
                };
                (why(Text::en), why(Text::sw))
            }
            (None, None) => (Vec::new(), Vec::new()),
        };
        Self { en, sw, is_drill: offers.is_drill, ways }
    }
}

impl WayBody {
    fn of(way: &Way, now: LedgerTime) -> Self {
        let steps = |language| way.how.as_ref().map(|steps| steps.in_language(language)).unwrap_or_default();
        let reason = way.how.as_ref().err();
        let reason = reason.map(|why| {
            let [en, sw] = Language::ALL.map(|language| why_not(&way.title, why, language, now));
            Text::new(en, sw)
        });
        Self {
            channel: way.channel.clone(),
            title: way.title.clone(),
            state: way.state.word(),
            payable: reason.is_none(),
            reason,
            note: way.note.clone(),
            en: steps(Language::En),
            sw: steps(Language::Sw),
        }
    }
}
