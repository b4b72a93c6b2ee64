//! What was done with the rows of a list.

use std::fmt;

/// Counts of an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Rows of the list.
    pub rows: usize,
    /// Rows whose service the base catalogue has already.
    pub matched: usize,
    /// Services that are new.
    pub added: usize,
    /// New services of which no fee is known: they can be found, not paid for.
    pub added_without_fee: usize,
    /// Services of the base catalogue that no row speaks of.
    pub left_alone: usize,
    /// Fees that services of the base catalogue got.
    pub fees_added: usize,
    /// Agencies that are new.
    pub agencies_added: usize,
}

impl fmt::Display for ImportReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rows, matched, added, added_without_fee, left_alone, fees_added, agencies_added } = self;
        writeln!(f, "{rows} rows")?;
        writeln!(
            f,
            "  {matched} name services that the catalogue has; {fees_added} fees were added to them"
        )?;
        writeln!(
            f,
            "  {added} services added, {added_without_fee} of them without a fee; {agencies_added} new agencies"
        )?;
        writeln!(f, "  {left_alone} services of the catalogue are in no row and were left alone")
    }
}
