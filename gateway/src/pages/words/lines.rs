//! What the table of lines says, on bills and receipts.

use super::Both;

pub(in crate::pages) struct LineWords {
    pub(in crate::pages) what_for: &'static str,
    pub(in crate::pages) amount: &'static str,
    pub(in crate::pages) legal_basis: &'static str,
    pub(in crate::pages) convenience_fee: &'static str,
    pub(in crate::pages) none: &'static str,
    pub(in crate::pages) total: &'static str,
}

pub(in crate::pages) static LINES: Both<LineWords> = Both {
    en: LineWords {
        what_for: "What for",
        amount: "Amount",
        legal_basis: "Legal basis:",
        convenience_fee: "Convenience fee",
        none: "None",
        total: "Total",
    },
    sw: LineWords {
        what_for: "Cha kulipia",
        amount: "Kiasi",
        legal_basis: "Msingi wa kisheria:",
        convenience_fee: "Ada ya urahisi",
        none: "Hakuna",
        total: "Jumla",
    },
};
