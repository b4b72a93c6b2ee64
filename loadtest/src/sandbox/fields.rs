//! The fields of a request in Safaricom's style: a flat object whose numbers may come as numbers or as text.

use serde_json::{Map, Value};

use super::answer::DarajaError;
use crate::kes::Kes;
use crate::loopback::LoopbackUrl;
use crate::phone::Phone;

/// A parsed request body.
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// Parses a body.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, DarajaError> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => Ok(Self(fields)),
            _ => Err(DarajaError::new("400.002.05", "Invalid Request Payload")),
        }
    }

    /// A field as text; a whole number is taken as its digits. Not empty.
    pub(crate) fn text(&self, name: &str) -> Result<String, DarajaError> {
        let text = match self.0.get(name) {
            Some(Value::String(text)) => text.trim().to_owned(),
            Some(Value::Number(number)) if number.is_u64() => number.to_string(),
            _ => return Err(DarajaError::bad_field(name)),
        };
        if text.is_empty() { Err(DarajaError::bad_field(name)) } else { Ok(text) }
    }

    /// Text of at most `characters_max` characters.
    pub(crate) fn short_text(&self, name: &str, characters_max: usize) -> Result<String, DarajaError> {
        let text = self.text(name)?;
        if text.chars().count() <= characters_max { Ok(text) } else { Err(DarajaError::bad_field(name)) }
    }

    /// A subscriber's number.
    pub(crate) fn phone(&self, name: &str) -> Result<Phone, DarajaError> {
        Phone::parse(&self.text(name)?).ok_or_else(|| DarajaError::bad_field(name))
    }

    /// A whole number of shillings, at least one.
    pub(crate) fn whole_shillings(&self, name: &str) -> Result<Kes, DarajaError> {
        let text = self.text(name)?;
        match text.parse::<u32>() {
            Ok(shillings) if shillings >= 1 && !text.starts_with('+') => Ok(Kes::from_shillings(shillings)),
            _ => Err(DarajaError::bad_field(name)),
        }
    }

    /// A callback address. The sandbox calls nobody but this machine, whatever it is told.
    pub(crate) fn callback(&self, name: &str) -> Result<LoopbackUrl, DarajaError> {
        let text = self.text(name)?;
        text.parse().map_err(|reason| {
            DarajaError::new("400.002.02", format!("Bad Request - Invalid {name}: {reason}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_as_numbers_or_as_text() {
        let fields =
            Fields::parse(br#"{"ShortCode":222222,"Amount":"7550","Fraction":7550.5,"Zero":0}"#).unwrap();
        assert_eq!(fields.text("ShortCode").unwrap(), "222222");
        assert_eq!(fields.whole_shillings("Amount").unwrap(), Kes::from_shillings(7550));
        for wrong in ["Fraction", "Zero", "Missing"] {
            assert_eq!(fields.whole_shillings(wrong).unwrap_err(), DarajaError::bad_field(wrong));
        }
    }

    #[test]
    fn a_callback_on_another_machine_is_refused() {
        let fields = Fields::parse(br#"{"CallBackURL":"http://example.test/cb"}"#).unwrap();
        assert_eq!(fields.callback("CallBackURL").unwrap_err().code(), "400.002.02");
    }
}
