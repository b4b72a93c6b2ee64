//! Personal data at the edge: sealed before it reaches the books, opened for who may see it, and compared by keyed
//! hashes. Nothing else in the gateway holds it longer than a request.

mod lookup;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger::personal::{DataKey, OpenSealError, PersonalField, TakenKey, Vault, VaultError, open, seal};
use ledger::{RawRecord, Sealed};

pub use lookup::{LookupKeys, LookupKeysError, ReferenceHasher};

/// The kinds of personal data, by the number that records carry. Numbers are never given twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Field {
    /// The payer's phone in digits, `254…`.
    Phone = 1,
    /// The payer's name.
    Name = 2,
    /// A national identity or passport number.
    Identity = 3,
    /// What the payer typed as the account number.
    TypedAccount = 4,
    /// The payer's number as the provider tells it: digits, masked, or hashed.
    ProviderPhone = 5,
    /// The reference of an assessment, such as a tax payment registration number.
    AssessmentReference = 6,
    /// The provider's name for a prompt, which ends in the payer's number.
    PromptName = 7,
    /// A provider's message that could not be read, as it came, in base64.
    Message = 8,
    /// The secret that signs what is sent to an endpoint of an agency. Nothing personal, and nobody's to read either.
    SigningSecret = 9,
}

impl Field {
    const ALL: [Self; 9] = [
        Self::Phone,
        Self::Name,
        Self::Identity,
        Self::TypedAccount,
        Self::ProviderPhone,
        Self::AssessmentReference,
        Self::PromptName,
        Self::Message,
        Self::SigningSecret,
    ];

    /// The field with this number.
    fn of(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|field| *field as u8 == number)
    }

    /// What it is called where people see it.
    const fn name(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Name => "name",
            Self::Identity => "identity number",
            Self::TypedAccount => "typed account",
            Self::ProviderPhone => "phone, as told",
            Self::AssessmentReference => "assessment",
            Self::PromptName => "name of the prompt",
            Self::Message => "message",
            Self::SigningSecret => "signing secret",
        }
    }
}

/// Personal data of one message, to be sealed.
#[derive(Debug, Default)]
pub struct Personal {
    fields: Vec<PersonalField>,
}

impl Personal {
    /// Adds a value, if there is one.
    #[must_use]
    pub fn with(mut self, field: Field, value: Option<&str>) -> Self {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.fields.push(PersonalField { field: field as u8, value: value.as_bytes().to_vec() });
        }
        self
    }

    /// True if there is nothing to seal.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Seals it under a key of a bill that exists.
    pub fn seal_in(&self, vault: &Vault, slot: u64) -> Result<Option<Sealed>, VaultError> {
        if self.is_empty() {
            return Ok(None);
        }
        match vault.key(slot)? {
            Some(key) => seal(slot, &key, &self.fields).map(Some),
            // The person has been forgotten: what still comes about them is not written down again.
            None => Ok(None),
        }
    }

    /// Seals it under a key of its own.
    pub fn seal_with(&self, taken: &TakenKey) -> Result<Option<Sealed>, VaultError> {
        if self.is_empty() { Ok(None) } else { seal(taken.slot, &taken.key, &self.fields).map(Some) }
    }
}

/// One field of a record, opened; nothing if the record has none, or its key has been destroyed.
pub fn opened(vault: &Vault, record: &RawRecord, field: Field) -> Result<Option<String>, VaultError> {
    let Some(sealed) = &record.draft.sealed else { return Ok(None) };
    let Some(key) = vault.key(sealed.slot)? else { return Ok(None) };
    Ok(opened_with(&key, sealed, field))
}

/// Every field that is sealed, by its name, for people who may see it.
pub fn shown(key: &DataKey, sealed: &Sealed) -> Result<Vec<(&'static str, String)>, OpenSealError> {
    let fields = open(sealed, key)?.into_iter().map(|found| match Field::of(found.field) {
        Some(Field::Message) => {
            let message = STANDARD.decode(&found.value).unwrap_or(found.value);
            (Field::Message.name(), String::from_utf8_lossy(&message).into_owned())
        }
        field => (field.map_or("unknown", Field::name), String::from_utf8_lossy(&found.value).into_owned()),
    });
    Ok(fields.collect())
}

fn opened_with(key: &DataKey, sealed: &Sealed, field: Field) -> Option<String> {
    let fields = open(sealed, key)
        .inspect_err(|error| tracing::error!(%error, slot = sealed.slot, "Sealed data does not open."))
        .ok()?;
    let value = fields.into_iter().find(|found| found.field == field as u8)?.value;
    String::from_utf8(value).ok()
}
