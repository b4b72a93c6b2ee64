//! What a payer is told to type, and whether M-PESA can take the payment at all.

use std::fmt;

use catalog::Language;
use ledger::{Currency, Money};

use crate::payments::PaymentNumber;

/// What M-PESA takes in one payment, unless it is configured otherwise: KES 250,000, since 15 August 2023. Sources
/// disagree and the figure has changed before.
pub const LIMIT_PER_PAYMENT: Money = Money::new(25_000_000, Currency::Kes);

/// An amount that M-PESA can move: whole shillings, at least one, at most the limit it was checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WholeShillings(u32);

/// Why M-PESA cannot take a payment of this amount. The bill can be paid in another way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPayable {
    /// The bill is to be paid in another currency.
    #[error("M-PESA takes Kenya shillings, and this is {0}")]
    OtherCurrency(Currency),
    /// There is nothing to pay.
    #[error("there is nothing to pay")]
    Nothing,
    /// M-PESA takes whole shillings only.
    #[error("M-PESA takes whole shillings, and this amount has cents")]
    Cents,
    /// More than M-PESA takes in one payment.
    #[error("M-PESA allows up to {limit} in one payment")]
    AboveLimit {
        /// The most it takes.
        limit: Money,
    },
}

impl WholeShillings {
    /// The amount, if M-PESA can take it in one payment of at most `limit`.
    pub fn of(money: Money, limit: Money) -> Result<Self, NotPayable> {
        let currency = money.currency();
        if currency != Currency::Kes {
            return Err(NotPayable::OtherCurrency(currency));
        }
        if !money.is_positive() {
            return Err(NotPayable::Nothing);
        }
        if money.minor() > limit.minor() {
            return Err(NotPayable::AboveLimit { limit });
        }
        let per_major = currency.minor_per_major();
        if money.minor() % per_major != 0 {
            return Err(NotPayable::Cents);
        }
        u32::try_from(money.minor() / per_major).map(Self).map_err(|_| NotPayable::AboveLimit { limit })
    }

    /// The number of shillings.
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// Without grouping: how it is typed.
impl fmt::Display for WholeShillings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl NotPayable {
    /// What the payer reads.
    pub fn text(self, language: Language) -> String {
        match (self, language) {
            (Self::AboveLimit { limit }, Language::En) => {
                format!(
                    "M-PESA allows up to {} in one payment. Ask the agency how else to pay.",
                    whole(limit)
                )
            }
            (Self::AboveLimit { limit }, Language::Sw) => {
                format!(
                    "M-PESA inaruhusu hadi {} kwa malipo moja. Uliza wakala njia nyingine ya kulipa.",
                    whole(limit)
                )
            }
            (Self::Cents, Language::En) => {
                "M-PESA takes whole shillings only. Ask the agency how else to pay.".to_owned()
            }
            (Self::Cents, Language::Sw) => {
                "M-PESA hupokea shilingi kamili pekee. Uliza wakala njia nyingine ya kulipa.".to_owned()
            }
            (Self::OtherCurrency(_), Language::En) => {
                "M-PESA takes Kenya shillings only. Ask the agency how else to pay.".to_owned()
            }
            (Self::OtherCurrency(_), Language::Sw) => {
                "M-PESA hupokea shilingi za Kenya pekee. Uliza wakala njia nyingine ya kulipa.".to_owned()
            }
            (Self::Nothing, Language::En) => "There is nothing to pay.".to_owned(),
            (Self::Nothing, Language::Sw) => "Hakuna cha kulipa.".to_owned(),
        }
    }
}

/// `KES 250,000`: a limit without cents is said without them.
fn whole(limit: Money) -> String {
    let shown = limit.to_string();
    shown.strip_suffix(".00").map_or_else(|| shown.clone(), str::to_owned)
}

/// How to pay by hand at the paybill: five lines, always in this order, because people read them aloud.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaybillSteps {
    /// In English.
    pub en: [String; 5],
    /// In Kiswahili.
    pub sw: [String; 5],
}

impl PaybillSteps {
    /// The steps for one payment. Number and amount stand as they are typed, without marks between the digits.
    pub fn of(short_code: &str, number: PaymentNumber, amount: WholeShillings) -> Self {
        Self {
            en: [
                "M-PESA > Lipa na M-PESA > Pay Bill".to_owned(),
                format!("Business number: {short_code}"),
                format!("Account number: {number}"),
                format!("Amount: {amount}"),
                "Enter your M-PESA PIN".to_owned(),
            ],
            sw: [
                "M-PESA > Lipa na M-PESA > Lipa Bili".to_owned(),
                format!("Nambari ya biashara: {short_code}"),
                format!("Nambari ya akaunti: {number}"),
                format!("Kiasi: {amount}"),
                "Weka PIN yako ya M-PESA".to_owned(),
            ],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kes(minor: i64) -> Money {
        Money::new(minor, Currency::Kes)
    }

    #[test]
    fn the_five_lines_say_what_to_type() {
        let number = PaymentNumber::from_random(7);
        let amount = WholeShillings::of(kes(305_000), LIMIT_PER_PAYMENT).unwrap();
        let steps = PaybillSteps::of("222222", number, amount);
        assert_eq!(
            steps.en,
            [
                "M-PESA > Lipa na M-PESA > Pay Bill",
                "Business number: 222222",
                &format!("Account number: {}", number.grouped().replace(' ', "")),
                "Amount: 3050",
                "Enter your M-PESA PIN"
            ]
        );
        assert_eq!(
            steps.sw,
            [
                "M-PESA > Lipa na M-PESA > Lipa Bili",
                "Nambari ya biashara: 222222",
                &format!("Nambari ya akaunti: {}", number.grouped().replace(' ', "")),
                "Kiasi: 3050",
                "Weka PIN yako ya M-PESA"
            ]
        );
    }

    #[test]
    fn what_mpesa_cannot_move_is_said_before_anybody_tries() {
        let of = |minor| WholeShillings::of(kes(minor), LIMIT_PER_PAYMENT).map(WholeShillings::get);
        assert_eq!(of(100), Ok(1));
        assert_eq!(of(25_000_000), Ok(250_000));
        assert_eq!(of(25_000_001), Err(NotPayable::AboveLimit { limit: LIMIT_PER_PAYMENT }));
        assert_eq!(of(305_050), Err(NotPayable::Cents));
        assert_eq!(of(99), Err(NotPayable::Cents));
        assert_eq!(of(0), Err(NotPayable::Nothing));
        assert_eq!(of(-100), Err(NotPayable::Nothing));
        let dollars = Money::new(8_000, Currency::Usd);
        assert_eq!(
            WholeShillings::of(dollars, LIMIT_PER_PAYMENT),
            Err(NotPayable::OtherCurrency(Currency::Usd))
        );
        let no_limit = kes(i64::MAX);
        let (largest, beyond) = (i64::from(u32::MAX) * 100, (i64::from(u32::MAX) + 1) * 100);
        assert_eq!(WholeShillings::of(kes(largest), no_limit).map(WholeShillings::get), Ok(u32::MAX));
        assert!(WholeShillings::of(kes(beyond), no_limit).is_err());
    }

    #[test]
    fn the_payer_reads_why_and_what_instead() {
        let above = NotPayable::AboveLimit { limit: LIMIT_PER_PAYMENT };
        assert_eq!(
            above.text(Language::En),
            "M-PESA allows up to KES 250,000 in one payment. Ask the agency how else to pay."
        );
        assert!(above.text(Language::Sw).contains("KES 250,000 "));
        let odd = NotPayable::AboveLimit { limit: kes(15_050) };
        assert!(odd.text(Language::En).contains("KES 150.50 "));
        for reason in
            [above, NotPayable::Cents, NotPayable::Nothing, NotPayable::OtherCurrency(Currency::Usd)]
        {
            assert_ne!(reason.text(Language::En), reason.text(Language::Sw));
        }
    }
}
