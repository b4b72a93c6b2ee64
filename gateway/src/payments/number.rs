//! Payment numbers: what a payer types as the account number. Twelve digits, the last of which is a Damm check digit:
//! it catches every single wrong digit and every swap of neighbours.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The quasigroup of order ten that Damm's thesis gives (2004); totally anti-symmetric, zero on its diagonal.
const DAMM: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

const DIGIT_COUNT: usize = 12;
/// Numbers begin with 1 to 9, so that nothing is lost where they are taken for a number and not for text.
const PAYLOAD_MIN: u64 = 10_000_000_000;
const PAYLOAD_COUNT: u64 = 90_000_000_000;

/// A payment number whose check digit is right.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct PaymentNumber(u64);

/// Why digits are no payment number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAPaymentNumber {
    /// Not twelve digits.
    #[error("a payment number has 12 digits and does not begin with 0")]
    Form,
    /// Twelve digits that do not belong together.
    #[error("the last digit does not fit the others: one of them is wrong")]
    CheckDigit,
}

impl PaymentNumber {
    /// The number that a random word stands for. Guessing a live one is a matter of one in ninety thousand million
    /// times the number of open bills.
    pub fn from_random(random: u64) -> Self {
        let payload = PAYLOAD_MIN + random % PAYLOAD_COUNT;
        let interim = payload.to_string().bytes().fold(0, damm_step);
        Self(payload * 10 + u64::from(interim))
    }

    /// The twelve digits as a number.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// `4071 5520 1831`: how people see it.
    pub fn grouped(self) -> String {
        let digits = self.to_string();
        format!("{} {} {}", &digits[..4], &digits[4..8], &digits[8..])
    }
}

/// True if the last of these digits fits the others.
pub(super) fn has_check_digit(digits: &str) -> bool {
    digits.bytes().fold(0, damm_step) == 0
}

fn damm_step(interim: u8, digit: u8) -> u8 {
    DAMM[usize::from(interim)][usize::from(digit - b'0')]
}

/// The twelve digits without spaces: how it is typed.
impl fmt::Display for PaymentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

impl fmt::Debug for PaymentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PaymentNumber({self})")
    }
}

impl FromStr for PaymentNumber {
    type Err = NotAPaymentNumber;

    /// Reads twelve digits, with nothing between them.
    fn from_str(text: &str) -> Result<Self, NotAPaymentNumber> {
        let is_form = text.len() == DIGIT_COUNT
            && text.bytes().all(|byte| byte.is_ascii_digit())
            && !text.starts_with('0');
        if !is_form {
            return Err(NotAPaymentNumber::Form);
        }
        if text.bytes().fold(0, damm_step) != 0 {
            return Err(NotAPaymentNumber::CheckDigit);
        }
        text.parse().map(Self).map_err(|_| NotAPaymentNumber::Form)
    }
}

impl TryFrom<u64> for PaymentNumber {
    type Error = NotAPaymentNumber;

    fn try_from(number: u64) -> Result<Self, NotAPaymentNumber> {
        number.to_string().parse()
    }
}

impl From<PaymentNumber> for u64 {
    fn from(number: PaymentNumber) -> Self {
        number.0
    }
}

/// What a payer typed, if it is a payment number, was meant to be one, or is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypedAccount {
    /// A payment number, right to its check digit.
    Number(PaymentNumber),
    /// Twelve digits with a slip in them.
    BadCheckDigit,
    /// Nothing that we know.
    Other,
    /// The message had none.
    Missing,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damms_own_example_holds() {
        // The check digit of 572 is 4.
        assert_eq!("5724".bytes().fold(0, damm_step), 0);
    }

    #[test]
    fn every_single_slip_and_every_swap_of_neighbours_is_caught() {
        for random in 0..500_u64 {
            let number = PaymentNumber::from_random(random.wrapping_mul(0x9e37_79b9_7f4a_7c15)).to_string();
            assert!(number.parse::<PaymentNumber>().is_ok());
            for at in 0..DIGIT_COUNT {
                for digit in b'0'..=b'9' {
                    let mut slipped = number.clone().into_bytes();
                    if slipped[at] != digit {
                        slipped[at] = digit;
                        let slipped = String::from_utf8(slipped).unwrap();
                        assert!(slipped.parse::<PaymentNumber>().is_err(), "{number} {slipped}");
                    }
                }
                let mut swapped = number.clone().into_bytes();
                if at > 0 && swapped[at - 1] != swapped[at] {
                    swapped.swap(at - 1, at);
                    let swapped = String::from_utf8(swapped).unwrap();
                    assert!(swapped.parse::<PaymentNumber>().is_err(), "{number} {swapped}");
                }
            }
        }
    }
}
