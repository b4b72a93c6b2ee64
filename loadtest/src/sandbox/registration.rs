//! Where the merchant wants to be called: `POST /mpesa/c2b/v1/registerurl` and `/v2/`.

use serde::{Deserialize, Serialize};

use super::answer::DarajaError;
use super::fields::Fields;
use crate::loopback::LoopbackUrl;

/// Words that Safaricom does not accept anywhere in an address.
const REFUSED_WORDS: [&str; 8] = ["mpesa", "m-pesa", "safaricom", "exe", "exec", "cmd", "sql", "query"];

/// A registration that is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Registration {
    /// Version 1 sends the payer's number and names, version 2 the hashed number and the first name.
    pub(crate) version: u8,
    pub(crate) default_action: DefaultAction,
    #[serde(with = "as_text")]
    pub(crate) confirmation_url: LoopbackUrl,
    #[serde(with = "as_text")]
    pub(crate) validation_url: LoopbackUrl,
}

/// What becomes of a payment when the merchant's validation cannot be had in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum DefaultAction {
    /// The money moves.
    Completed,
    /// The payer is refused.
    Cancelled,
}

impl Registration {
    /// Reads a registration request for this paybill.
    pub(crate) fn read(fields: &Fields, shortcode: &str, version: u8) -> Result<Self, DarajaError> {
        if fields.text("ShortCode")? != shortcode {
            return Err(DarajaError::bad_field("ShortCode"));
        }
        let default_action = match fields.text("ResponseType")?.as_str() {
            "Completed" => DefaultAction::Completed,
            "Cancelled" => DefaultAction::Cancelled,
            _ => return Err(DarajaError::bad_field("ResponseType")),
        };
        Ok(Self {
            version,
            default_action,
            confirmation_url: permitted_url(fields, "ConfirmationURL")?,
            validation_url: permitted_url(fields, "ValidationURL")?,
        })
    }

    /// Whether this may follow `earlier`. Registering the same again changes nothing and is fine.
    pub(crate) fn may_follow(
        &self,
        earlier: Option<&Self>,
        allow_overwrite: bool,
    ) -> Result<(), DarajaError> {
        match earlier {
            Some(earlier) if earlier != self && !allow_overwrite => {
                Err(DarajaError::new("500.003.1001", "URLs are already registered"))
            }
            _ => Ok(()),
        }
    }
}

fn permitted_url(fields: &Fields, name: &str) -> Result<LoopbackUrl, DarajaError> {
    let url = fields.callback(name)?;
    let lower = url.to_string().to_ascii_lowercase();
    match REFUSED_WORDS.iter().find(|word| lower.contains(**word)) {
        Some(word) => Err(DarajaError::new(
            "400.002.02",
            format!("Bad Request - Invalid {name}: an address must not contain {word:?}"),
        )),
        None => Ok(url),
    }
}

/// Addresses are kept as text in the record.
mod as_text {
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    use crate::loopback::LoopbackUrl;

    pub(super) fn serialize<S: Serializer>(url: &LoopbackUrl, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(url)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<LoopbackUrl, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(response_type: &str, confirmation: &str) -> Result<Registration, DarajaError> {
        let body = json!({"ShortCode": 222222, "ResponseType": response_type,
            "ConfirmationURL": confirmation, "ValidationURL": "http://127.0.0.1:1/cb/t/c2b/validate"});
        Registration::read(&Fields::parse(body.to_string().as_bytes()).unwrap(), "222222", 2)
    }

    #[test]
    fn the_response_type_is_exact() {
        assert!(read("Completed", "http://127.0.0.1:1/cb/t/c2b/confirm").is_ok());
        assert!(read("Cancelled", "http://127.0.0.1:1/cb/t/c2b/confirm").is_ok());
        for wrong in ["completed", "Canceled", "cancelled", ""] {
            assert_eq!(
                read(wrong, "http://127.0.0.1:1/c").unwrap_err(),
                DarajaError::bad_field("ResponseType")
            );
        }
    }

    #[test]
    fn some_words_are_refused_wherever_they_stand() {
        for word in REFUSED_WORDS {
            assert!(
                read("Completed", &format!("http://127.0.0.1:1/x{}y", word.to_uppercase())).is_err(),
                "{word}"
            );
        }
    }

    #[test]
    fn another_registration_is_refused_unless_allowed() {
        let first = read("Completed", "http://127.0.0.1:1/a").unwrap();
        let other = read("Completed", "http://127.0.0.1:1/b").unwrap();
        assert!(first.may_follow(None, false).is_ok());
        assert!(first.may_follow(Some(&first), false).is_ok());
        assert_eq!(other.may_follow(Some(&first), false).unwrap_err().code(), "500.003.1001");
        assert!(other.may_follow(Some(&first), true).is_ok());
    }
}
