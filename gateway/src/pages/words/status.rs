//! What the page says on which people see how the ways to pay are.

use super::Both;
use crate::payments::channels::{ChannelState, Step};

pub(in crate::pages) struct StatusWords {
    pub(in crate::pages) title: &'static str,
    pub(in crate::pages) all_work: &'static str,
    pub(in crate::pages) some_do_not: &'static str,
    /// What somebody who has a bill does.
    pub(in crate::pages) what_to_do: &'static str,
    pub(in crate::pages) paid_already: &'static str,
    pub(in crate::pages) state: fn(ChannelState) -> &'static str,
    /// The state of a counter that would work if somebody were there.
    pub(in crate::pages) unattended: &'static str,
    pub(in crate::pages) found: fn(Step) -> &'static str,
    pub(in crate::pages) drill: &'static str,
    pub(in crate::pages) since: fn(time: &str) -> String,
    pub(in crate::pages) until: fn(time: &str) -> String,
    pub(in crate::pages) for_agency: fn(name: &str) -> String,
    pub(in crate::pages) planned: &'static str,
    pub(in crate::pages) earlier: &'static str,
    pub(in crate::pages) from_until: fn(from: &str, until: &str) -> String,
    pub(in crate::pages) as_of: fn(time: &str) -> String,
    /// What leads to the feed.
    pub(in crate::pages) feed: &'static str,
}

pub(in crate::pages) static STATUS: Both<StatusWords> = Both {
    en: StatusWords {
        title: "Ways to pay now",
        all_work: "All ways to pay work.",
        some_do_not: "Not every way to pay works at the moment.",
        what_to_do: "If you have a bill, open its page: it shows how you can pay now.",
        paid_already: "If you have paid already, do not pay again: your payment is not lost.",
        state: |state| match state {
            ChannelState::Up => "Works",
            ChannelState::Degraded => "Fails for some, or is slow",
            ChannelState::Probing => "Being tried again",
            ChannelState::Down => "Does not work",
        },
        unattended: "No cashier is there at the moment",
        found: |step| match step {
            Step::Validate => "Payments are not checked before they are made.",
            Step::Start => "Requests to phones do not get through.",
            Step::Confirm => "We are not told of payments.",
            Step::Query => "We cannot ask what became of a payment.",
        },
        drill: "This is an exercise: it works, and other ways are shown beside it.",
        since: |time| format!("Since {time}."),
        until: |time| format!("Expected until {time}."),
        for_agency: |name| format!("For {name}"),
        planned: "Planned work",
        earlier: "Earlier outages",
        from_until: |from, until| format!("{from} to {until}"),
        as_of: |time| format!("As of {time}, East Africa Time."),
        feed: "Follow what changes (feed)",
    },
    sw: StatusWords {
        title: "Njia za kulipa sasa",
        all_work: "Njia zote za kulipa zinafanya kazi.",
        some_do_not: "Si njia zote za kulipa zinafanya kazi kwa sasa.",
        what_to_do: "Ikiwa una bili, fungua ukurasa wake: unaonyesha jinsi unavyoweza kulipa sasa.",
        paid_already: "Ikiwa umeshalipa, usilipe tena: malipo yako hayajapotea.",
        state: |state| match state {
            ChannelState::Up => "Inafanya kazi",
            ChannelState::Degraded => "Inashindwa kwa baadhi, au ni polepole",
            ChannelState::Probing => "Inajaribiwa tena",
            ChannelState::Down => "Haifanyi kazi",
        },
        unattended: "Hakuna mpokeaji pesa kwa sasa",
        found: |step| match step {
            Step::Validate => "Malipo hayakaguliwi kabla ya kufanywa.",
            Step::Start => "Maombi kwa simu hayafiki.",
            Step::Confirm => "Hatuarifiwi kuhusu malipo.",
            Step::Query => "Hatuwezi kuuliza kilichotokea kwa malipo.",
        },
        drill: "Hili ni zoezi: inafanya kazi, na njia nyingine zinaonyeshwa pamoja nayo.",
        since: |time| format!("Tangu {time}."),
        until: |time| format!("Inatarajiwa hadi {time}."),
        for_agency: |name| format!("Kwa {name}"),
        planned: "Kazi iliyopangwa",
        earlier: "Hitilafu za awali",
        from_until: |from, until| format!("{from} hadi {until}"),
        as_of: |time| format!("Hali ya {time}, saa za Afrika Mashariki."),
        feed: "Fuatilia mabadiliko (feed)",
    },
};
