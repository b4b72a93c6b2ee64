//! The law that a charge rests on. No fee is charged without one.

use std::fmt::Write as _;
use std::sync::Arc;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// How well we know the instrument behind a fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// We can cite it by its number: `Legal Notice 160 of 2025`.
    Numbered,
    /// Reports describe it, but its number is not known to us.
    Reported,
    /// The authority assessed the amount in a document that the payer holds, such as a payment slip.
    Assessed,
    /// Reports give the figure and name no instrument. Such a fee can be shown; only a demonstration charges it.
    Unnamed,
    /// Generated for demonstrations, cited as `SAMPLE/…`; only a demonstration charges it.
    Sample,
}

/// The instrument that sets a fee.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegalBasis {
    /// How well we know it.
    pub standing: Standing,
    /// What it is: the title of a notice, or its description as reported.
    pub instrument: Arc<str>,
    /// Its number, `Legal Notice 160 of 2025`; present for [`Standing::Numbered`] and [`Standing::Sample`] only,
    /// because a number that we do not know is not made up.
    pub reference: Option<Arc<str>>,
    /// The section or schedule within it.
    pub section: Option<Arc<str>>,
    /// The first day it was in force, if a source gives it.
    pub in_force_since: Option<Date>,
    /// Where we have this from, and where sources disagree.
    pub source_note: Arc<str>,
}

impl LegalBasis {
    /// How the number of a generated basis begins.
    pub const SAMPLE_PREFIX: &'static str = "SAMPLE/";

    /// True for a generated basis, which only a demonstration accepts.
    pub fn is_sample(&self) -> bool {
        self.standing == Standing::Sample
    }

    /// True if an instrument in force on `day` stands behind the fee, so that it may be charged in earnest.
    pub fn supports_charging_on(&self, day: Date) -> bool {
        let is_law = matches!(self.standing, Standing::Numbered | Standing::Reported | Standing::Assessed);
        is_law && self.is_in_force_on(day)
    }

    /// True unless the instrument is known to begin after `day`.
    pub fn is_in_force_on(&self, day: Date) -> bool {
        self.in_force_since.is_none_or(|since| since <= day)
    }

    /// The full citation, as bills and receipts print it. It is a quotation of law and stays in English.
    pub fn citation(&self) -> String {
        let mut citation = match &self.reference {
            Some(reference) => format!("{reference} ({})", self.instrument),
            None => self.instrument.to_string(),
        };
        if let Some(section) = &self.section {
            push(&mut citation, format_args!(", {section}"));
        }
        if let Some(since) = self.in_force_since {
            push(&mut citation, format_args!(", in force since {}", since.strftime("%-d %B %Y")));
        }
        match self.standing {
            Standing::Reported => citation.push_str("; number not known to us"),
            Standing::Unnamed => citation.push_str("; instrument not known to us"),
            Standing::Numbered | Standing::Assessed | Standing::Sample => {}
        }
        citation
    }
}

/// As its citation.
impl Serialize for LegalBasis {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.citation())
    }
}

fn push(text: &mut String, part: std::fmt::Arguments<'_>) {
    text.write_fmt(part).expect("writing to a string cannot fail");
}
