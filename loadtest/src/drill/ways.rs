//! The ways to pay that a bill offers, and which of them a payer goes.

use serde_json::Value;

/// What payers type who pay where they always have.
pub(crate) const PAYBILL: &str = "222222";

/// A way to pay that is offered and that this simulation can go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Way {
    /// M-PESA asks on the phone.
    Prompt,
    /// Typed into M-PESA, with this short code.
    Typed { short_code: String },
    /// Paid in at the bank of this name.
    Bank { name: String },
    /// Paid in at a branch of this bank, which tells nobody.
    Slip { name: String },
    /// Airtel Money asks on the phone.
    Airtel,
    /// The page of an acquirer.
    Card,
    /// A terminal at the gates of this site takes the card, and tells nobody.
    Terminal { site: String },
}

/// How somebody would rather pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Habit {
    Prompt,
    Typed,
    Bank,
    Slip,
    Airtel,
    Card,
    Terminal,
}

impl Habit {
    /// Half of all would rather be asked than type; the others differ.
    pub(crate) fn by_chance(chance: u64) -> Self {
        match chance % 20 {
            0..=9 => Self::Prompt,
            10..=12 => Self::Typed,
            13 => Self::Slip,
            14..=15 => Self::Bank,
            16..=17 => Self::Airtel,
            18 => Self::Card,
            _ => Self::Terminal,
        }
    }
}

impl Way {
    pub(crate) fn habit(&self) -> Habit {
        match self {
            Self::Prompt => Habit::Prompt,
            Self::Typed { .. } => Habit::Typed,
            Self::Bank { .. } => Habit::Bank,
            Self::Slip { .. } => Habit::Slip,
            Self::Airtel => Habit::Airtel,
            Self::Card => Habit::Card,
            Self::Terminal { .. } => Habit::Terminal,
        }
    }

    /// Whether the gateway asks the payer.
    pub(crate) fn asks_payer(&self) -> bool {
        matches!(self, Self::Prompt | Self::Airtel | Self::Card)
    }

    /// Which of these somebody goes: what they would rather, or else the best. Whoever was asked in vain is not asked in the
    /// same way at once again.
    pub(crate) fn choose(ways: &[Self], rather: Habit, asked_in_vain: Option<Habit>) -> Option<Self> {
        let usable = |way: &&Self| asked_in_vain != Some(way.habit());
        let found = ways.iter().filter(usable).find(|way| way.habit() == rather);
        found.or_else(|| ways.iter().find(usable)).cloned()
    }
}

/// The ways that are offered and can be gone here, the best first. Kinds that nobody plays here are left out.
pub(crate) fn ways_of(body: &Value) -> Vec<Way> {
    let ways = body["instructions"]["ways"].as_array();
    let offered = ways.into_iter().flatten().filter(|way| way["payable"] == true);
    let known = offered.flat_map(|way| {
        let channel = way["channel"].as_str().unwrap_or_default();
        let (kind, name) = channel.split_once('.').unwrap_or((channel, ""));
        let name = name.to_owned();
        match kind {
            "mpesa_prompt" => vec![Way::Prompt],
            "mpesa_paybill" | "agency_till" => typed(way).into_iter().collect(),
            // In the app or at an agent, which the bank tells of; or in a branch, of which the payer has a slip.
            "bank" => vec![Way::Bank { name: name.clone() }, Way::Slip { name }],
            "airtel_money" => vec![Way::Airtel],
            "card" => vec![Way::Card],
            "card_terminal" => vec![Way::Terminal { site: name }],
            _ => Vec::new(),
        }
    });
    known.collect()
}

fn typed(way: &Value) -> Option<Way> {
    let steps = way["en"].as_array()?.iter().filter_map(Value::as_str);
    let code = steps.filter_map(|step| step.strip_prefix("Business number: ")).next()?;
    Some(Way::Typed { short_code: code.trim().to_owned() })
}

/// Whether nothing is left to pay.
pub(crate) fn is_paid(body: &Value) -> bool {
    matches!(body["status"].as_str(), Some("paid" | "overpaid"))
}

/// Whether a bill still says how to pay it.
pub(crate) fn is_offered(body: &Value) -> bool {
    !ways_of(body).is_empty()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body() -> Value {
        json!({"status": "unpaid", "instructions": {"ways": [
            {"channel": "agency_till.kws", "payable": true, "en": ["Go to M-PESA.", "Business number: 600000"]},
            {"channel": "bank.kcb", "payable": true, "en": ["Account 1234"]},
            {"channel": "card", "payable": true, "en": []},
            {"channel": "counter.huduma-gpo-3", "payable": true, "en": []},
            {"channel": "card_terminal.kws", "payable": true, "en": []},
            {"channel": "mpesa_prompt", "payable": false, "en": []},
        ]}})
    }

    fn till() -> Way {
        Way::Typed { short_code: "600000".into() }
    }

    #[test]
    fn what_is_offered_and_can_be_gone_is_gone() {
        let (name, site) = ("kcb".to_owned(), "kws".to_owned());
        let at_bank = [Way::Bank { name: name.clone() }, Way::Slip { name }];
        assert_eq!(
            ways_of(&body()),
            [&[till()][..], &at_bank, &[Way::Card, Way::Terminal { site }]].concat()
        );
        assert!(is_offered(&body()) && !is_paid(&body()));
    }

    #[test]
    fn people_go_the_way_they_would_rather_or_the_best_and_are_not_asked_in_the_same_way_at_once_again() {
        let ways = ways_of(&body());
        assert_eq!(Way::choose(&ways, Habit::Card, None), Some(Way::Card));
        assert_eq!(Way::choose(&ways, Habit::Card, Some(Habit::Card)), Some(till()));
        assert_eq!(Way::choose(&ways, Habit::Prompt, None), Some(till()));
        assert_eq!(Way::choose(&[], Habit::Typed, None), None);
        assert_eq!(Way::choose(&[Way::Prompt], Habit::Prompt, Some(Habit::Prompt)), None);
    }
}
