//! Catalogue files as they lie on disk: rows, where each came from, and what is wrong with them.
//!
//! `FORMAT.md` describes the file. Rows hold texts as they were written; the builder makes them into services and
//! says what does not hold.

mod fee_rows;
mod lines;
mod place;
mod problem;
mod read;
mod rows;

pub use fee_rows::{
    AssessedReferenceRow, BandRow, BundlePartRow, FeeRow, FixedPartRow, PenaltyRow, RuleRow, SeasonRow,
    SurchargeRow, TimesRow, UrgencyRow, VariantRow, VisitorAgesRow, VisitorAmountsRow, WaiverRow,
};
pub use problem::{Problem, Problems};
pub use rows::{
    AccountFormRow, AgencyRow, BackEndRow, BasisRow, CatalogueRows, ConvenienceBandRow, ConvenienceRow,
    ConvenienceScheduleRow, FORMAT_VERSION, FallbackRow, HolidayRow, HoursRow, ServiceRow, TextRow,
};

pub(crate) use place::{ColumnNames, Place, RowOrigin, RowText};
pub(crate) use problem::ProblemSink;
pub(crate) use read::{FILE_BYTES_MAX, Located, LocatedRows, read_rows};
