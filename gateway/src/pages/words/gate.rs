//! What the screen at a gate says.

use super::Both;
use crate::gate::Verdict;

pub(in crate::pages) struct GateWords {
    pub(in crate::pages) gate: &'static str,
    pub(in crate::pages) which_gate: &'static str,
    pub(in crate::pages) gate_name: &'static str,
    pub(in crate::pages) gate_name_hint: &'static str,
    pub(in crate::pages) go_on: &'static str,
    pub(in crate::pages) what_is_shown: &'static str,
    pub(in crate::pages) what_is_shown_hint: &'static str,
    pub(in crate::pages) check: &'static str,
    pub(in crate::pages) let_in: &'static str,
    pub(in crate::pages) let_in_done: &'static str,
    pub(in crate::pages) other_gate: &'static str,
    /// The link to the page that checks codes with the network off.
    pub(in crate::pages) offline_page: &'static str,
    pub(in crate::pages) not_ours_about: &'static str,
    pub(in crate::pages) not_found_about: &'static str,
    pub(in crate::pages) not_genuine_about: &'static str,
    pub(in crate::pages) today: fn(day: &str) -> String,
    pub(in crate::pages) due: fn(amount: &str) -> String,
    /// Into M-PESA, where the payment number is typed as the account number.
    pub(in crate::pages) pay_as_account: fn(title: &str, pay_to: &str, number: &str) -> String,
    /// To an account, where the payment number is written as the reference.
    pub(in crate::pages) pay_with_reference: fn(title: &str, pay_to: &str, number: &str) -> String,
    /// At a terminal or a counter, where somebody asks for the payment number.
    pub(in crate::pages) pay_there: fn(title: &str, number: &str) -> String,
    pub(in crate::pages) for_day: fn(day: &str) -> String,
    pub(in crate::pages) verdict: fn(Verdict) -> &'static str,
}

pub(in crate::pages) static GATE: Both<GateWords> = Both {
    en: GateWords {
        gate: "Gate",
        which_gate: "Which gate is this?",
        gate_name: "Name of the gate",
        gate_name_hint: "Such as Main Gate. It is kept with everybody who is let in here.",
        go_on: "Continue",
        what_is_shown: "What does the visitor show?",
        what_is_shown_hint: "Payment number, M-PESA code, receipt number, or scan the code of the receipt or pass",
        check: "Check",
        let_in: "Let in",
        let_in_done: "LET IN",
        other_gate: "Another gate",
        offline_page: "A page that checks codes with the network off",
        not_ours_about: "It was paid to somebody else.",
        not_found_about: "Check the letters and digits, and try again.",
        not_genuine_about: "It was altered, or it is not ours.",
        today: |day| format!("Today, {day}"),
        due: |amount| format!("{amount} still to be paid"),
        pay_as_account: |title, pay_to, number| {
            format!("Pay now with {title}: pay to {pay_to}, account number {number}")
        },
        pay_with_reference: |title, pay_to, number| {
            format!("Pay now with {title}: pay to {pay_to}, with {number} as the reference")
        },
        pay_there: |title, number| format!("Pay now with {title}, for payment number {number}"),
        for_day: |day| format!("It is for {day}"),
        verdict: |verdict| match verdict {
            Verdict::Valid => "VALID",
            Verdict::AlreadyUsed => "ALREADY USED",
            Verdict::NotPaid => "NOT PAID",
            Verdict::WrongDay => "WRONG DAY",
            Verdict::NotOurs => "NOT OURS",
            Verdict::NotGenuine => "NOT GENUINE",
            Verdict::NotFound => "NOT FOUND",
        },
    },
    sw: GateWords {
        gate: "Lango",
        which_gate: "Hili ni lango gani?",
        gate_name: "Jina la lango",
        gate_name_hint: "Kama vile Lango Kuu. Huhifadhiwa pamoja na kila anayeruhusiwa hapa.",
        go_on: "Endelea",
        what_is_shown: "Mgeni anaonyesha nini?",
        what_is_shown_hint: "Nambari ya malipo, msimbo wa M-PESA, nambari ya risiti, au changanua msimbo wa risiti au pasi",
        check: "Angalia",
        let_in: "Mruhusu aingie",
        let_in_done: "AMERUHUSIWA",
        other_gate: "Lango lingine",
        offline_page: "Ukurasa unaokagua misimbo bila mtandao",
        not_ours_about: "Yalilipwa kwa shirika lingine.",
        not_found_about: "Angalia herufi na tarakimu, kisha ujaribu tena.",
        not_genuine_about: "Ilibadilishwa, au si yetu.",
        today: |day| format!("Leo, {day}"),
        due: |amount| format!("{amount} bado hazijalipwa"),
        pay_as_account: |title, pay_to, number| {
            format!("Lipa sasa kwa {title}: lipa kwa {pay_to}, nambari ya akaunti {number}")
        },
        pay_with_reference: |title, pay_to, number| {
            format!("Lipa sasa kwa {title}: lipa kwa {pay_to}, kumbukumbu {number}")
        },
        pay_there: |title, number| format!("Lipa sasa kwa {title}, nambari ya malipo {number}"),
        for_day: |day| format!("Ni ya {day}"),
        verdict: |verdict| match verdict {
            Verdict::Valid => "HALALI",
            Verdict::AlreadyUsed => "IMESHATUMIKA",
            Verdict::NotPaid => "HAIJALIPWA",
            Verdict::WrongDay => "SIKU SIYO",
            Verdict::NotOurs => "SI YETU",
            Verdict::NotGenuine => "SI HALISI",
            Verdict::NotFound => "HAIPATIKANI",
        },
    },
};
