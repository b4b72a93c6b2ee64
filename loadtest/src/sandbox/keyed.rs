//! Somebody types for a payer: the attendant at a card terminal, the payer at the counter of a bank. What they type is what
//! moves, and is what the money is for, right or wrong.

use super::chance::{chance, one_digit_wrong, strikes};
use crate::kes::Kes;

/// The most by which an amount is too little or too much, in shillings.
const WRONG_BY_MAX: u64 = 50;
/// The longest account that can be typed.
pub(super) const ACCOUNT_CHARACTERS_MAX: usize = 20;

/// How often they err, of a thousand each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Errs {
    /// A digit of the account is another.
    pub(super) account: u16,
    /// The amount is too little.
    pub(super) short: u16,
    /// The amount is too much.
    pub(super) over: u16,
}

/// What was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Keyed {
    pub(super) account: String,
    pub(super) amount: Kes,
    /// The names of what went wrong.
    pub(super) faults: Vec<String>,
}

impl Errs {
    /// What is typed for a payer who means this. `whom` tells this payment from all others of the seed.
    pub(super) fn key(self, seed: u64, whom: &str, account: &str, amount: Kes) -> Keyed {
        let mut keyed = Keyed { account: account.to_owned(), amount, faults: Vec::new() };
        if strikes(seed, "wrong_account", self.account, whom) {
            keyed.account = one_digit_wrong(account, chance(seed, "wrong_account_digit", whom));
            keyed.faults.push("wrong_account".to_owned());
        }
        let by = 1 + chance(seed, "wrong_amount", whom) % WRONG_BY_MAX;
        let by = Kes::from_shillings(u32::try_from(by).expect("it is at most the maximum"));
        // Who pays a shilling cannot pay less.
        let less = amount.minus(by).filter(|less| *less > Kes::ZERO);
        if let Some(less) = less.filter(|_| strikes(seed, "amount_short", self.short, whom)) {
            keyed.amount = less;
            keyed.faults.push("amount_short".to_owned());
        } else if let Some(more) = amount.plus(by).filter(|_| strikes(seed, "amount_over", self.over, whom)) {
            keyed.amount = more;
            keyed.faults.push("amount_over".to_owned());
        }
        keyed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_wrongly_is_named_and_the_rest_is_what_the_payer_meant() {
        let amount = Kes::from_shillings(500);
        let errs = Errs { account: 200, short: 200, over: 200 };
        let mut wrong = [0; 3];
        for number in 0..2_000 {
            let keyed = errs.key(7, &number.to_string(), "123456789012", amount);
            let named = |fault: &str| keyed.faults.iter().any(|name| name == fault);
            assert_eq!(named("wrong_account"), keyed.account != "123456789012");
            assert_eq!(named("amount_short"), keyed.amount < amount);
            assert_eq!(named("amount_over"), keyed.amount > amount);
            for (count, fault) in wrong.iter_mut().zip(["wrong_account", "amount_short", "amount_over"]) {
                *count += u32::from(named(fault));
            }
        }
        assert!(wrong.iter().all(|count| (250..500).contains(count)), "{wrong:?}");
        let never = Errs { account: 0, short: 0, over: 0 };
        assert_eq!(never.key(7, "1", "A", amount).faults, Vec::<String>::new());
        let shilling = Errs { account: 0, short: 1_000, over: 0 };
        assert_eq!(shilling.key(7, "1", "A", Kes::from_shillings(1)).amount, Kes::from_shillings(1));
    }
}
