//! Why there is no price.

use std::fmt;

use jiff::civil::Date;
use ledger::{Currency, Money};

use crate::code::{FeeVersion, ServiceSlug};
use crate::fee::{AgeClass, PayerCategory};
use crate::text::Text;

/// Why a service could not be priced.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PriceError {
    /// No such service in this catalogue.
    #[error("the catalogue has no service {slug:?}")]
    UnknownService {
        /// What was asked for.
        slug: String,
    },
    /// The service exists but is not charged through the catalogue.
    #[error("{slug} cannot be billed: {}", reason.en())]
    NotBillable {
        /// The service.
        slug: ServiceSlug,
        /// Why, for people.
        reason: Text,
    },
    /// The service has fees, but none for this day.
    #[error("{slug} has no fee in force on {day}")]
    NoFeeInForce {
        /// The service.
        slug: ServiceSlug,
        /// The day that was asked for.
        day: Date,
    },
    /// The fee of this day rests on nothing that may be charged on.
    #[error(
        "{slug}: fee {fee_version} cannot be charged on {day}, because no legal basis in force supports it: {citation}"
    )]
    NoLegalBasis {
        /// The service.
        slug: ServiceSlug,
        /// Its fee.
        fee_version: FeeVersion,
        /// The day that was asked for.
        day: Date,
        /// What the fee rests on.
        citation: String,
    },
    /// The answers do not fit the rule; every one that does not is listed.
    #[error("the order for {slug} cannot be priced: {}", Listed(.problems))]
    Answers {
        /// The service.
        slug: ServiceSlug,
        /// What is wrong and where; never empty.
        problems: Vec<AnswerProblem>,
    },
    /// The price does not fit into the books.
    #[error("the price of {slug} is too large")]
    TooLarge {
        /// The service.
        slug: ServiceSlug,
    },
}

/// One answer that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnswerProblem {
    /// Which answer, as a path within the order: `visitors[1].count`.
    pub path: String,
    /// What is wrong with it.
    pub fault: AnswerFault,
}

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerFault {
    /// The rule asks for it and it is not there.
    #[error("is needed")]
    Missing,
    /// The rule does not ask for it.
    #[error("is not asked for by this service")]
    NotAskedFor,
    /// Not one of the variants.
    #[error("is none of {}", known.join(", "))]
    UnknownVariant {
        /// The codes that would do.
        known: Vec<String>,
    },
    /// Not one of the urgencies, penalties or waivers that the fee has.
    #[error("is none of {}", known.join(", "))]
    UnknownCode {
        /// The codes that would do.
        known: Vec<String>,
    },
    /// Named before.
    #[error("is there twice")]
    Twice,
    /// A day too early or too late.
    #[error("must be from {first} to {last}")]
    DayOutOfRange {
        /// The first that would do.
        first: Date,
        /// The last that would do.
        last: Date,
    },
    /// A number out of its bounds.
    #[error("must be from {min} to {max}")]
    OutOfRange {
        /// The least that would do.
        min: u32,
        /// The most that would do.
        max: u32,
    },
    /// An amount out of its bounds.
    #[error("must be from {min} to {max}")]
    AmountOutOfRange {
        /// The least that would do.
        min: Money,
        /// The most that would do.
        max: Money,
    },
    /// An amount in another currency than the rule's.
    #[error("must be in {wanted}")]
    WrongCurrency {
        /// The currency of the rule.
        wanted: Currency,
    },
    /// A reference that cannot be one.
    #[error("does not look like a {}", name.en())]
    BadReference {
        /// What the reference is called.
        name: Text,
    },
    /// No source gives the fee for such a visitor.
    #[error("the fee for {category}, {age_class} is not known to us")]
    FeeNotKnown {
        /// Who they are.
        category: PayerCategory,
        /// How old they are.
        age_class: AgeClass,
    },
    /// One bill has one currency; these answers would bring in several.
    #[error("one bill has one currency, and these differ: {}", Currencies(.currencies))]
    MixedCurrencies {
        /// Each answer that brings a currency in, by its path.
        currencies: Vec<(String, Currency)>,
    },
}

impl AnswerProblem {
    pub(crate) fn new(path: impl Into<String>, fault: AnswerFault) -> Self {
        Self { path: path.into(), fault }
    }

    /// The path as a JSON pointer (RFC 6901) within the order: `/visitors/1/count`.
    pub fn pointer(&self) -> String {
        let mut pointer = String::with_capacity(self.path.len() + 1);
        for step in self.path.split(['.', '[']) {
            pointer.push('/');
            pointer.push_str(step.trim_end_matches(']'));
        }
        pointer
    }

    /// A word for machines.
    pub const fn code(&self) -> &'static str {
        match self.fault {
            AnswerFault::Missing => "missing",
            AnswerFault::NotAskedFor => "not_asked_for",
            AnswerFault::UnknownVariant { .. } => "unknown_variant",
            AnswerFault::UnknownCode { .. } => "unknown_code",
            AnswerFault::Twice => "twice",
            AnswerFault::DayOutOfRange { .. } => "day_out_of_range",
            AnswerFault::OutOfRange { .. } => "out_of_range",
            AnswerFault::AmountOutOfRange { .. } => "amount_out_of_range",
            AnswerFault::WrongCurrency { .. } => "wrong_currency",
            AnswerFault::BadReference { .. } => "bad_reference",
            AnswerFault::FeeNotKnown { .. } => "fee_not_known",
            AnswerFault::MixedCurrencies { .. } => "mixed_currencies",
        }
    }
}

impl fmt::Display for AnswerProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.path, self.fault)
    }
}

impl PriceError {
    /// A word for machines.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownService { .. } => "unknown_service",
            Self::NotBillable { .. } => "not_billable",
            Self::NoFeeInForce { .. } => "no_fee_in_force",
            Self::NoLegalBasis { .. } => "no_legal_basis",
            Self::Answers { .. } => "answers_do_not_fit",
            Self::TooLarge { .. } => "price_too_large",
        }
    }
}

struct Listed<'a>(&'a [AnswerProblem]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

struct Currencies<'a>(&'a [(String, Currency)]);

impl fmt::Display for Currencies<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (path, currency)) in self.0.iter().enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{path} in {currency}")?;
        }
        Ok(())
    }
}
