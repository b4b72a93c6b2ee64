//! What we answer to a validation and to a confirmation. Every body is a constant: an answer costs nothing to make
//! and cannot fail.

/// The answer to every confirmation that is booked, now or before. It cannot undo anything; the code is a number
/// here and a text in a validation's answer, as Safaricom's own samples have it.
pub const CONFIRMED: &[u8] = br#"{"ResultCode":0,"ResultDesc":"Success"}"#;

/// The answer to a validation: whether the money may move. Any other answer, or none, is decided by the default that
/// was registered with the addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValidationAnswer {
    /// It may.
    Accept,
    /// It may not.
    Reject(Rejection),
}

/// Why money may not move. Safaricom turns the code into a fixed text message for the payer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// The payer's number.
    Msisdn,
    /// The account that was typed.
    Account,
    /// The amount.
    Amount,
    /// What is known of the payer.
    Kyc,
    /// The short code.
    ShortCode,
    /// Something else.
    Other,
}

impl ValidationAnswer {
    /// The whole body. A text as the code, even for zero: some of Safaricom's readers take nothing else.
    pub const fn body(self) -> &'static [u8] {
        match self {
            Self::Accept => br#"{"ResultCode":"0","ResultDesc":"Accepted"}"#,
            Self::Reject(Rejection::Msisdn) => {
                br#"{"ResultCode":"C2B00011","ResultDesc":"Invalid phone number"}"#
            }
            Self::Reject(Rejection::Account) => {
                br#"{"ResultCode":"C2B00012","ResultDesc":"Invalid account number"}"#
            }
            Self::Reject(Rejection::Amount) => br#"{"ResultCode":"C2B00013","ResultDesc":"Invalid amount"}"#,
            Self::Reject(Rejection::Kyc) => {
                br#"{"ResultCode":"C2B00014","ResultDesc":"Invalid KYC details"}"#
            }
            Self::Reject(Rejection::ShortCode) => {
                br#"{"ResultCode":"C2B00015","ResultDesc":"Invalid business number"}"#
            }
            Self::Reject(Rejection::Other) => br#"{"ResultCode":"C2B00016","ResultDesc":"Rejected"}"#,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::strict_json::StrictJson;

    /// The longest description that Safaricom takes.
    const DESCRIPTION_LEN_MAX: usize = 90;

    #[test]
    fn every_answer_is_json_with_its_code_and_a_short_description() {
        use Rejection::{Account, Amount, Kyc, Msisdn, Other, ShortCode};
        let rejections = [Msisdn, Account, Amount, Kyc, ShortCode, Other].map(ValidationAnswer::Reject);
        let codes = ["0", "C2B00011", "C2B00012", "C2B00013", "C2B00014", "C2B00015", "C2B00016"];
        let answers = std::iter::once(ValidationAnswer::Accept).chain(rejections);
        for (answer, code) in answers.zip(codes) {
            let json = StrictJson::parse(answer.body()).unwrap();
            assert_eq!(json.get("ResultCode").unwrap().as_text(), Some(code));
            let description = json.get("ResultDesc").unwrap().as_text().unwrap();
            assert!((1..=DESCRIPTION_LEN_MAX).contains(&description.len()), "{description}");
            assert_eq!(json.as_object().unwrap().iter().count(), 2);
        }
        let confirmed = StrictJson::parse(CONFIRMED).unwrap();
        assert_eq!(confirmed.get("ResultCode"), Some(&StrictJson::Number("0")));
    }
}
