//! What the console of an agency says.

use super::{Both, grouped};

pub(in crate::pages) struct ConsoleWords {
    pub(in crate::pages) choose_agency: &'static str,
    pub(in crate::pages) today: &'static str,
    pub(in crate::pages) yesterday: &'static str,
    pub(in crate::pages) this_month: &'static str,
    pub(in crate::pages) this_year: &'static str,
    pub(in crate::pages) collected: &'static str,
    pub(in crate::pages) suspense: &'static str,
    pub(in crate::pages) suspense_about: &'static str,
    pub(in crate::pages) see_transactions: &'static str,
    pub(in crate::pages) payments: fn(count: u64) -> String,
    pub(in crate::pages) since: fn(moment: &str) -> String,
    pub(in crate::pages) as_of: fn(moment: &str, sequence: u64) -> String,
}

fn count(number: u64) -> String {
    grouped(usize::try_from(number).unwrap_or(usize::MAX))
}

pub(in crate::pages) static CONSOLE: Both<ConsoleWords> = Both {
    en: ConsoleWords {
        choose_agency: "Choose an agency",
        today: "Today",
        yesterday: "Yesterday",
        this_month: "This month",
        this_year: "This financial year, from 1 July",
        collected: "Collected",
        suspense: "In suspense",
        suspense_about: "Money that was meant for you and matched no bill.",
        see_transactions: "See the transactions",
        payments: |number| {
            if number == 1 { "1 payment".to_owned() } else { format!("{} payments", count(number)) }
        },
        since: |moment| format!("The oldest since {moment}."),
        as_of: |moment, sequence| {
            format!("As of {moment}, East Africa Time. The books up to record {sequence}.")
        },
    },
    sw: ConsoleWords {
        choose_agency: "Chagua shirika",
        today: "Leo",
        yesterday: "Jana",
        this_month: "Mwezi huu",
        this_year: "Mwaka huu wa fedha, tangu 1 Julai",
        collected: "Zilizokusanywa",
        suspense: "Zinazosubiri",
        suspense_about: "Pesa zilizokusudiwa kwenu na ambazo hazikulingana na bili yoyote.",
        see_transactions: "Ona miamala",
        payments: |number| format!("malipo {}", count(number)),
        since: |moment| format!("Ya zamani zaidi tangu {moment}."),
        as_of: |moment, sequence| {
            format!("Kufikia {moment}, saa za Afrika Mashariki. Vitabu hadi rekodi {sequence}.")
        },
    },
};
