//! Why a channel cannot take an amount. It is said before anybody tries, and where else to pay stands beside it.

use catalog::{Language, Text};
use ledger::{Currency, Money};

/// Why a channel cannot take a payment of this amount. The bill can be paid in another way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPayable {
    /// The bill is to be paid in another currency.
    #[error("it takes {takes}, and this is {given}")]
    OtherCurrency {
        /// What it takes.
        takes: Currency,
        /// What this is.
        given: Currency,
    },
    /// There is nothing to pay.
    #[error("there is nothing to pay")]
    Nothing,
    /// It takes whole shillings only.
    #[error("it takes whole shillings, and this amount has cents")]
    Cents,
    /// More than it takes in one payment.
    #[error("it takes up to {limit} in one payment")]
    AboveLimit {
        /// The most it takes.
        limit: Money,
    },
    /// Less than it takes in one payment.
    #[error("it takes {least} or more in one payment")]
    BelowLimit {
        /// The least it takes.
        least: Money,
    },
}

/// What a channel takes in one payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AmountTerms {
    /// The least; its currency is the one that it takes.
    pub least: Money,
    /// The most, if there is one.
    pub most: Option<Money>,
    /// True if it takes no cents.
    pub whole_units: bool,
}

impl AmountTerms {
    /// Whether it can take this in one payment.
    pub fn check(&self, money: Money) -> Result<(), NotPayable> {
        let currency = self.least.currency();
        if money.currency() != currency {
            return Err(NotPayable::OtherCurrency { takes: currency, given: money.currency() });
        }
        if !money.is_positive() {
            return Err(NotPayable::Nothing);
        }
        if let Some(limit) = self.most.filter(|most| money.minor() > most.minor()) {
            return Err(NotPayable::AboveLimit { limit });
        }
        if self.whole_units && money.minor() % currency.minor_per_major() != 0 {
            return Err(NotPayable::Cents);
        }
        if money.minor() < self.least.minor() {
            return Err(NotPayable::BelowLimit { least: self.least });
        }
        Ok(())
    }
}

impl NotPayable {
    /// What the payer reads of a channel that people know by this title.
    pub fn text(self, title: &Text, language: Language) -> String {
        let name = title.in_language(language);
        match (self, language) {
            (Self::AboveLimit { limit }, Language::En) => {
                format!("{name} allows up to {} in one payment.", whole(limit))
            }
            (Self::AboveLimit { limit }, Language::Sw) => {
                format!("{name} huruhusu hadi {} kwa malipo moja.", whole(limit))
            }
            (Self::BelowLimit { least }, Language::En) => {
                format!("{name} takes {} or more in one payment.", whole(least))
            }
            (Self::BelowLimit { least }, Language::Sw) => {
                format!("{name} hupokea {} au zaidi kwa malipo moja.", whole(least))
            }
            (Self::Cents, Language::En) => format!("{name} takes whole shillings only."),
            (Self::Cents, Language::Sw) => format!("{name} hupokea shilingi kamili pekee."),
            (Self::OtherCurrency { takes, .. }, Language::En) => {
                format!("{name} takes {} only.", currency_name(takes, language))
            }
            (Self::OtherCurrency { takes, .. }, Language::Sw) => {
                format!("{name} hupokea {} pekee.", currency_name(takes, language))
            }
            (Self::Nothing, Language::En) => "There is nothing to pay.".to_owned(),
            (Self::Nothing, Language::Sw) => "Hakuna cha kulipa.".to_owned(),
        }
    }
}

const fn currency_name(currency: Currency, language: Language) -> &'static str {
    match (currency, language) {
        (Currency::Kes, Language::En) => "Kenya shillings",
        (Currency::Kes, Language::Sw) => "shilingi za Kenya",
        (Currency::Usd, Language::En) => "US dollars",
        (Currency::Usd, Language::Sw) => "dola za Marekani",
    }
}

/// `KES 250,000`: a limit without cents is said without them.
fn whole(limit: Money) -> String {
    let shown = limit.to_string();
    shown.strip_suffix(".00").map_or_else(|| shown.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kes(minor: i64) -> Money {
        Money::new(minor, Currency::Kes)
    }

    #[test]
    fn what_a_channel_cannot_move_is_said_before_anybody_tries() {
        let terms = AmountTerms { least: kes(1_000), most: Some(kes(25_000_000)), whole_units: true };
        assert_eq!(terms.check(kes(1_000)), Ok(()));
        assert_eq!(terms.check(kes(25_000_000)), Ok(()));
        assert_eq!(terms.check(kes(25_000_001)), Err(NotPayable::AboveLimit { limit: kes(25_000_000) }));
        assert_eq!(terms.check(kes(305_050)), Err(NotPayable::Cents));
        assert_eq!(terms.check(kes(900)), Err(NotPayable::BelowLimit { least: kes(1_000) }));
        assert_eq!(terms.check(kes(0)), Err(NotPayable::Nothing));
        assert_eq!(terms.check(kes(-100)), Err(NotPayable::Nothing));
        let dollars = Money::new(8_000, Currency::Usd);
        let other = NotPayable::OtherCurrency { takes: Currency::Kes, given: Currency::Usd };
        assert_eq!(terms.check(dollars), Err(other));
        let title = Text::new("M-PESA", "M-PESA");
        assert_eq!(
            NotPayable::AboveLimit { limit: kes(25_000_000) }.text(&title, Language::Sw),
            "M-PESA huruhusu hadi KES 250,000 kwa malipo moja."
        );
    }
}
