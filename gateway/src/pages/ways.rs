//! The ways to pay, as a page shows them: those that can be used, in their order, and what is said of those that cannot.

use catalog::{Language, Text};
use ledger::LedgerTime;

use super::frame::{Frame, Shown};
use super::moment::{clock_spoken, spoken};
use super::words::{AskWords, BillWords, WAYS, WayWords, asking, unbroken};
use crate::channels::offer::{Closed, Offers, Way, WhyNot};
use crate::clock::east_africa_date;
use crate::payments::Method;
use crate::payments::channels::{ChannelKind, ChannelState, WhyDown};

/// All of it.
pub(super) struct ShownWays {
    /// What does not work now, which somebody may look for.
    pub(super) troubles: Vec<String>,
    /// What leads from there to the ways below, or says that there are none.
    pub(super) lead: Option<&'static str>,
    /// Whom to call where there are none.
    pub(super) help: Option<String>,
    /// Said while the other ways are rehearsed.
    pub(super) drill: Option<&'static str>,
    /// The ways that can be used, the best first.
    pub(super) ways: Vec<ShownWay>,
}

/// How bills of an agency can be paid now, while that is not as usual.
pub(super) struct PayingNow {
    pub(super) troubles: Vec<String>,
    pub(super) lead: &'static str,
    pub(super) titles: Vec<String>,
}

impl PayingNow {
    pub(super) fn of(frame: &Frame, offers: &Offers, now: LedgerTime) -> Option<Self> {
        let words = WAYS.of(frame.language);
        let troubles = troubles(offers, frame.language, now);
        let titles = offers.payable().map(|way| way.title.in_language(frame.language).to_owned());
        let titles: Vec<_> = titles.collect();
        let lead = if titles.is_empty() { words.no_bill_now } else { words.bills_in_these_ways };
        (!troubles.is_empty()).then_some(Self { troubles, lead, titles })
    }
}

/// One way that can be used.
pub(super) struct ShownWay {
    /// The form that asks the payer, if this way does.
    pub(super) asks: Option<AskForm>,
    pub(super) heading: String,
    /// What the agency says of it.
    pub(super) note: Option<Shown>,
    /// What to expect.
    pub(super) expect: Option<&'static str>,
    pub(super) steps: Vec<String>,
}

/// A form that asks a payer.
pub(super) struct AskForm {
    /// How.
    pub(super) method: Method,
    /// What it says.
    pub(super) words: &'static AskWords,
    /// Names its field on the page.
    pub(super) field: &'static str,
}

impl AskForm {
    fn of(method: Method, language: Language) -> Self {
        let field = match method {
            Method::MpesaPrompt => "phone",
            Method::AirtelMoney => "airtel-phone",
            Method::Card => "card",
        };
        Self { method, words: asking(method).of(language), field }
    }
}

impl ShownWays {
    pub(super) fn of(frame: &Frame, bill_words: &BillWords, offers: &Offers, now: LedgerTime) -> Self {
        let language = frame.language;
        let words = WAYS.of(language);
        let ways = offers.payable().enumerate();
        let ways: Vec<_> =
            ways.map(|(index, way)| ShownWay::of(frame, bill_words, way, index == 0)).collect();
        let troubles = troubles(offers, language, now);
        let is_stuck = ways.is_empty() && !offers.not_now().any(|(_, why)| *why == WhyNot::PromptMayLive);
        let is_too_much = is_stuck && offers.not_now().all(|(_, why)| matches!(why, WhyNot::Amount(_)));
        let lead = match ways.len() {
            _ if is_too_much => Some(words.nothing_takes_it),
            _ if is_stuck => Some(words.nothing_now),
            _ if troubles.is_empty() => None,
            0 => None,
            1 => Some(words.pay_in_this_way),
            _ => Some(words.pay_in_these_ways),
        };
        let help = frame.help.as_ref().filter(|_| is_stuck);
        Self {
            troubles,
            lead,
            help: help.map(|help| (words.nothing_now_help)(&help.phone)),
            drill: offers.is_drill.then_some(words.drill),
            ways,
        }
    }

    /// The form that asks in this way, if it is there.
    pub(super) fn form(&self, method: Method) -> Option<&AskForm> {
        self.ways.iter().filter_map(|way| way.asks.as_ref()).find(|form| form.method == method)
    }
}

impl ShownWay {
    fn of(frame: &Frame, bill_words: &BillWords, way: &Way, is_first: bool) -> Self {
        let words = WAYS.of(frame.language);
        let asks = Method::of_kind(way.channel.kind()).map(|method| AskForm::of(method, frame.language));
        let steps = way.how.as_ref().map(|steps| steps.in_language(frame.language)).unwrap_or_default();
        Self {
            heading: match way.channel.kind() {
                ChannelKind::MpesaPaybill if is_first => bill_words.by_paybill_first.to_owned(),
                ChannelKind::MpesaPaybill => bill_words.by_paybill.to_owned(),
                _ => match &asks {
                    Some(form) => form.words.heading.to_owned(),
                    None => way.title.in_language(frame.language).to_owned(),
                },
            },
            note: way.note.as_ref().map(|note| frame.shown(note)),
            expect: expectation(words, way.state),
            steps,
            asks,
        }
    }
}

fn expectation(words: &WayWords, state: ChannelState) -> Option<&'static str> {
    match state {
        ChannelState::Degraded => Some(words.degraded),
        ChannelState::Probing => Some(words.probing),
        ChannelState::Up | ChannelState::Down => None,
    }
}

/// What is said of the ways that cannot be used. A prompt that may be answered has its own place on the page, and what
/// the paybill and its prompts have in common is said once.
fn troubles(offers: &Offers, language: Language, now: LedgerTime) -> Vec<String> {
    let home_takes = |why: &WhyNot| {
        let home = ChannelKind::MpesaPaybill;
        offers.not_now().any(|(way, other)| way.channel.kind() == home && other == why)
    };
    let said = offers.not_now().filter(|(way, why)| match why {
        WhyNot::PromptMayLive => false,
        WhyNot::Amount(_) if way.channel.kind() == ChannelKind::MpesaPrompt => !home_takes(why),
        _ => true,
    });
    said.map(|(way, why)| why_not(&way.title, why, language, now)).collect()
}

/// Why a way that people know by this title cannot be used now.
pub(crate) fn why_not(title: &Text, why: &WhyNot, language: Language, now: LedgerTime) -> String {
    let words = WAYS.of(language);
    let name = title.in_language(language);
    let moment = |time: LedgerTime| {
        let is_today = east_africa_date(time.micros()) == east_africa_date(now.micros());
        if is_today { clock_spoken(time, language) } else { spoken(time, language) }
    };
    match why {
        WhyNot::Down { why: Some(WhyDown::Work { reason, until }), .. } => {
            format!("{} {}", (words.work)(name, &moment(*until)), reason.in_language(language))
        }
        WhyNot::Down { since, why } => {
            let said = (words.down)(name, since.map(moment).as_deref());
            match why {
                Some(WhyDown::Said { reason, .. }) => format!("{said} {}", reason.in_language(language)),
                _ => said,
            }
        }
        WhyNot::Amount(reason) => reason.text(title, language),
        WhyNot::Closed(Closed::Until(opens)) => (words.closed)(name, &moment(*opens)),
        WhyNot::Closed(Closed::Unattended) => (words.unattended)(name),
        WhyNot::Closed(Closed::Full { room }) => (words.full)(name, room.map(unbroken).as_deref()),
        WhyNot::PromptMayLive => words.prompt_may_live.to_owned(),
    }
}
