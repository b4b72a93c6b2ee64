//! What pages for more than one bill say while the first choice does not work.

use super::Both;

pub(in crate::pages) struct NextWaysWords {
    pub(in crate::pages) title: &'static str,
    /// An agency is paid in no way now.
    pub(in crate::pages) none: &'static str,
    /// Of agencies that are not named.
    pub(in crate::pages) others: fn(ways: &str) -> String,
    pub(in crate::pages) others_none: &'static str,
}

pub(in crate::pages) static NEXT_WAYS: Both<NextWaysWords> = Both {
    en: NextWaysWords {
        title: "How bills can be paid now",
        none: "Cannot be paid at the moment",
        others: |ways| format!("Bills of agencies that are not named here: {ways}."),
        others_none: "Bills of agencies that are not named here cannot be paid at the moment.",
    },
    sw: NextWaysWords {
        title: "Jinsi bili zinavyoweza kulipwa sasa",
        none: "Haziwezi kulipwa kwa sasa",
        others: |ways| format!("Bili za wakala wasiotajwa hapa: {ways}."),
        others_none: "Bili za wakala wasiotajwa hapa haziwezi kulipwa kwa sasa.",
    },
};
