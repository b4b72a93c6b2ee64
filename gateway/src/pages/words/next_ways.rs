//! What pages for more than one bill say while the first choice does not work.

use super::Both;

pub(in crate::pages) struct NextWaysWords {
    pub(in crate::pages) title: &'static str,
    /// An agency is paid in no way now.
    pub(in crate::pages) none: &'static str,
    /// Of agencies that are not named.
    pub(in crate::pages) others: fn(ways: &str) -> String,
    pub(in crate::pages) others_none: &'static str,
    /// So many agencies with plans are not named; where all of them are follows.
    pub(in crate::pages) more: fn(count: usize) -> String,
    /// Of agencies that are named neither here nor there.
    pub(in crate::pages) others_than_all: fn(ways: &str) -> String,
    pub(in crate::pages) others_than_all_none: &'static str,
}

impl NextWaysWords {
    /// What is said of agencies without a plan of their own, which are paid in these ways; `is_cut` if some with one are named
    /// elsewhere.
    pub(in crate::pages) fn of_others(&self, ways: &str, is_cut: bool) -> String {
        match (ways.is_empty(), is_cut) {
            (true, false) => self.others_none.to_owned(),
            (true, true) => self.others_than_all_none.to_owned(),
            (false, false) => (self.others)(ways),
            (false, true) => (self.others_than_all)(ways),
        }
    }
}

pub(in crate::pages) static NEXT_WAYS: Both<NextWaysWords> = Both {
    en: NextWaysWords {
        title: "How bills can be paid now",
        none: "Cannot be paid at the moment",
        others: |ways| format!("Bills of agencies that are not named here: {ways}."),
        others_none: "Bills of agencies that are not named here cannot be paid at the moment.",
        more: |count| {
            format!("Agencies with ways of their own that are not named here: {count}. All of them:")
        },
        others_than_all: |ways| format!("Bills of agencies that are named neither here nor there: {ways}."),
        others_than_all_none: "Bills of agencies that are named neither here nor there cannot be paid at the moment.",
    },
    sw: NextWaysWords {
        title: "Jinsi bili zinavyoweza kulipwa sasa",
        none: "Haziwezi kulipwa kwa sasa",
        others: |ways| format!("Bili za wakala wasiotajwa hapa: {ways}."),
        others_none: "Bili za wakala wasiotajwa hapa haziwezi kulipwa kwa sasa.",
        more: |count| format!("Wakala wenye njia zao wasiotajwa hapa: {count}. Wote:"),
        others_than_all: |ways| format!("Bili za wakala wasiotajwa hapa wala pale: {ways}."),
        others_than_all_none: "Bili za wakala wasiotajwa hapa wala pale haziwezi kulipwa kwa sasa.",
    },
};
