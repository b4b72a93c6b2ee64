//! Malipo: the catalogue.
//!
//! What the state offers, what it costs and on what law: services, agencies, effective-dated fees, pricing and search,
//! as immutable snapshots in memory. It knows no account, no payment, no protocol, no page and no table; whoever asks takes
//! one [`Catalogue`] and uses it to the end.
//!
//! ```
//! use catalog::{Catalogue, Order, Policy};
//! use jiff::civil::date;
//!
//! let catalogue = Catalogue::embedded();
//! let order: Order = serde_json::from_str(
//!     r#"{"visitors": [{"category": "non_resident", "age_class": "adult", "count": 2},
//!                      {"category": "non_resident", "age_class": "child", "count": 1}]}"#,
//! )?;
//! let price = catalogue.price("kws-amboseli-entry", &order, date(2026, 11, 21), Policy::LIVE)?;
//! assert_eq!(price.total.to_string(), "USD 225.00");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The modules, in the order to read them: what a service is (`code`, `text`, `back_end`, `fallback`, `agency`, `county`,
//! `service`), what people type as an account number (`account_form`), what it costs (`fee`, `price`), how files become a
//! snapshot (`source`, `builder`, `snapshot`, `embedded`), what fills a demonstration ([`sample`]), what is asked of it
//! (`search`, `diff`, `charge`, `impact`), and how it goes out and lists come in (`export`, `import`). `FORMAT.md` describes
//! the files.

mod code;
mod text;

mod back_end;
mod fallback;

mod agency;
mod county;
mod service;

mod account_form;

mod fee;
mod price;

mod holiday;

mod builder;
mod embedded;
pub mod sample;
mod snapshot;
pub mod source;

mod search;

mod charge;
mod diff;
mod impact;

mod export;
pub mod import;

pub use account_form::{AccountCharacters, AccountForm, AccountMeaning, without_look_alikes};
pub use agency::Agency;
pub use back_end::BackEnd;
pub use builder::{CatalogueBuilder, SERVICES_MAX};
pub use charge::{Charge, ChargeItem, Cost};
pub use code::{
    AccountFormCode, AgencyCode, BasisCode, CodeError, FeeVersion, RevenueCode, ServiceSlug, VariantCode,
};
pub use county::{County, UnknownCounty};
pub use diff::{Aspect, Changes, ServiceChange};
pub use fallback::{FallbackWay, Hours, OpeningTimes};
pub use fee::{
    Additions, AgeClass, AmountRange, Band, BundlePart, ConvenienceBand, ConvenienceFee, ConvenienceSchedule,
    Exemption, FeeRule, FeeSchedule, FixedPart, LegalBasis, PartPayment, PayerCategory, Penalty,
    PenaltyAmount, Rate, ReferenceCharacters, ReferenceShape, Rounding, Season, SeasonDays, Standing,
    Surcharge, Times, Urgency, Validity, Variant, VisitorFees, Waiver,
};
pub use holiday::{Holiday, HolidayDay, Holidays};
pub use impact::{ImpactKind, ImpactSpan, MoneyImpact, ServiceImpact};
pub use price::{
    AnswerFault, AnswerProblem, Assessment, ConvenienceCharge, Order, PenaltyAnswer, Policy, Price,
    PriceError, PriceLine, VISITOR_GROUPS_MAX, VISITORS_MAX, VisitorGroup, Waived,
};
pub use search::{
    Contribution, Explanation, FACET_COUNTS_MAX, FacetCount, Facets, Filters, Hit, HitExplanation, Hits,
    MatchReason, ScoreParts, WordExplanation, WordReading, WordRole, folded_text,
};
pub use service::{Billing, Delivery, Service};
pub use snapshot::{Catalogue, CatalogueHash, ServiceIndex};
pub use source::{Problem, Problems};
pub use text::{Language, Text, UnknownLanguage, is_unseen};
