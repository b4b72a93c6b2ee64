//! What a payer is told to type into M-PESA, and what M-PESA can move.

use std::fmt;

use catalog::Text;
use ledger::{Currency, Money};

use crate::channels::{AmountTerms, Instructions, NotPayable};
use crate::payments::PaymentNumber;

/// What M-PESA takes in one payment, unless it is configured otherwise: KES 250,000, since 15 August 2023. Sources
/// disagree and the figure has changed before.
pub const LIMIT_PER_PAYMENT: Money = Money::new(25_000_000, Currency::Kes);

/// The least that M-PESA moves: a shilling.
const LEAST: Money = Money::new(100, Currency::Kes);

/// What M-PESA takes in one payment, where it takes so much at most.
pub const fn amount_terms(limit: Money) -> AmountTerms {
    AmountTerms { least: LEAST, most: Some(limit), whole_units: true }
}

/// An amount that M-PESA can move: whole shillings, at least one, at most the limit it was checked against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WholeShillings(u32);

impl WholeShillings {
    /// The amount, if M-PESA can take it in one payment of at most `limit`.
    pub fn of(money: Money, limit: Money) -> Result<Self, NotPayable> {
        amount_terms(limit).check(money)?;
        let shillings = money.minor() / money.currency().minor_per_major();
        u32::try_from(shillings).map(Self).map_err(|_| NotPayable::AboveLimit { limit })
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

/// How to pay by hand at a paybill: five lines, always in this order, because people read them aloud.
pub fn paybill_steps(short_code: &str, number: PaymentNumber, amount: WholeShillings) -> Instructions {
    let step = |en: &str, sw: &str, what: &str| Text::new(format!("{en}{what}"), format!("{sw}{what}"));
    Instructions::of(vec![
        step("M-PESA > Lipa na M-PESA > Pay Bill", "M-PESA > Lipa na M-PESA > Lipa Bili", ""),
        step("Business number: ", "Nambari ya biashara: ", short_code),
        step("Account number: ", "Nambari ya akaunti: ", &number.to_string()),
        step("Amount: ", "Kiasi: ", &amount.to_string()),
        step("Enter your M-PESA PIN", "Weka PIN yako ya M-PESA", ""),
    ])
}

#[cfg(test)]
mod tests {
    use catalog::Language;

    use super::*;

    fn kes(minor: i64) -> Money {
        Money::new(minor, Currency::Kes)
    }

    #[test]
    fn the_five_lines_say_what_to_type() {
        let number = PaymentNumber::from_random(7);
        let amount = WholeShillings::of(kes(305_000), LIMIT_PER_PAYMENT).unwrap();
        let steps = paybill_steps("222222", number, amount);
        assert_eq!(
            steps.in_language(Language::En),
            [
                "M-PESA > Lipa na M-PESA > Pay Bill",
                "Business number: 222222",
                &format!("Account number: {}", number.grouped().replace(' ', "")),
                "Amount: 3050",
                "Enter your M-PESA PIN"
            ]
        );
        assert_eq!(
            steps.in_language(Language::Sw),
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
    fn mpesa_moves_whole_shillings_up_to_its_limit() {
        let of = |minor| WholeShillings::of(kes(minor), LIMIT_PER_PAYMENT).map(WholeShillings::get);
        assert_eq!(of(100), Ok(1));
        assert_eq!(of(25_000_000), Ok(250_000));
        assert_eq!(of(25_000_001), Err(NotPayable::AboveLimit { limit: LIMIT_PER_PAYMENT }));
        assert_eq!(of(305_050), Err(NotPayable::Cents));
        assert_eq!(of(0), Err(NotPayable::Nothing));
    }
}
