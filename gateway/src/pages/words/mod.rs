//! What pages say. Each page has a struct of its sentences and one value of it for each language, so that a sentence
//! that exists in one language only does not compile. The Swahili is a draft for a speaker of it to review.

mod applications;
mod asking;
mod bill;
mod bulletin;
mod catalogue;
mod console;
mod counter;
mod fees;
mod find_payment;
mod gate;
mod gate_alone;
mod gate_passes;
mod lines;
mod live;
mod next_ways;
mod order;
mod passes;
mod problem;
mod provider;
mod receipt;
mod staff;
mod status;
mod told;
mod track;
mod verifier;
mod ways;

use std::fmt::Display;

use catalog::Language;

pub(super) use applications::{APPLICATIONS, ApplicationWords};
pub(super) use asking::{AskWords, asking};
pub(super) use bill::{BILL, BillWords};
pub(super) use bulletin::{BULLETIN, BulletinWords};
pub(super) use catalogue::{CATALOGUE, CatalogueWords};
pub(super) use console::{CONSOLE, ConsoleWords};
pub(super) use counter::{COUNTER, CounterWords};
pub(super) use fees::{FEES, FeeWords};
pub(super) use find_payment::{FIND_PAYMENT, FindPaymentWords};
pub(super) use gate::{GATE, GateWords};
pub(super) use gate_alone::{GATE_ALONE, GateAloneWords};
pub(super) use gate_passes::{GATE_PASSES, GatePassWords};
pub(super) use lines::{LINES, LineWords};
pub(super) use live::{LIVE, LiveWords};
pub(super) use next_ways::{NEXT_WAYS, NextWaysWords};
pub(super) use order::{ORDER, OrderWords};
pub(super) use passes::{PASSES, PassWords};
pub(super) use problem::{PROBLEM, ProblemWords};
pub(super) use provider::{PROVIDER, ProviderWords};
pub(super) use receipt::{RECEIPT, ReceiptWords, TellerWords};
pub(super) use staff::{STAFF, StaffWords};
pub(super) use status::{STATUS, StatusWords};
pub(super) use told::{TOLD, ToldWords};
pub(super) use track::{TRACK, TrackWords};
pub(super) use verifier::{VERIFIER, VerifierWords};
pub(super) use ways::{WAYS, WayWords};

/// The same in both languages.
pub(super) struct Both<T> {
    en: T,
    sw: T,
}

impl<T> Both<T> {
    /// That of this language.
    pub(super) fn of(&'static self, language: Language) -> &'static T {
        match language {
            Language::En => &self.en,
            Language::Sw => &self.sw,
        }
    }
}

/// A text as it stands at the beginning of a line.
pub(super) fn first_upper(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// An amount within a sentence: no line ends between the currency and its digits.
pub(super) fn unbroken(amount: impl Display) -> String {
    amount.to_string().replace(' ', "\u{a0}")
}

/// A number as people read it: `22,000`.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join(",")
}

/// What stands on every page.
pub(super) struct FrameWords {
    pub(super) skip: &'static str,
    pub(super) owner: &'static str,
    pub(super) demonstration: &'static str,
    /// The name of the other language, in that language.
    pub(super) other_language: &'static str,
    pub(super) east_africa_time: &'static str,
    /// Before the number that people call.
    pub(super) help: &'static str,
    pub(super) find_payment: &'static str,
    pub(super) track: &'static str,
    /// How the ways to pay are.
    pub(super) status: &'static str,
}

pub(super) static FRAME: Both<FrameWords> = Both {
    en: FrameWords {
        skip: "Skip to the content",
        owner: "Government payments",
        demonstration: "Demo: no real money",
        other_language: "Kiswahili",
        east_africa_time: "East Africa Time",
        help: "Help:",
        find_payment: "Find my payment",
        track: "Track my application",
        status: "Ways to pay now",
    },
    sw: FrameWords {
        skip: "Ruka hadi kwenye maudhui",
        owner: "Malipo ya Serikali",
        demonstration: "Onyesho: hakuna pesa halisi",
        other_language: "English",
        east_africa_time: "saa za Afrika Mashariki",
        help: "Msaada:",
        find_payment: "Tafuta malipo yangu",
        track: "Fuatilia ombi langu",
        status: "Njia za kulipa sasa",
    },
};
