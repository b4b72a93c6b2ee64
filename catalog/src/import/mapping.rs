//! Which column of a list is which field of a service: a small TOML file, so that another list needs no other code.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::code::AgencyCode;
use crate::source::{Problem, ProblemSink, Problems};

/// The mapping of the list that e-Citizen publishes.
const PUBLISHED_LIST: &str = include_str!("../../mappings/published-list.toml");

/// How a list, and the files that are joined to it, become services. `FORMAT.md` explains every key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// How the files of the list are to be read.
    #[serde(default)]
    pub(super) list: TableFormat,
    /// Where each field stands.
    pub(super) columns: BTreeMap<Field, ColumnPlace>,
    /// What holds where the list says nothing.
    #[serde(default)]
    pub(super) defaults: BTreeMap<Field, String>,
    /// Files that say more about what a row names by a key.
    #[serde(default)]
    pub(super) joined: BTreeMap<String, Joined>,
    /// Codes of agencies by the names that the list has for them.
    #[serde(default)]
    pub(super) agency_codes: BTreeMap<String, String>,
}

/// How one file is to be read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct TableFormat {
    /// What kind of file it is; its name says so if this does not.
    pub(super) kind: Option<TableKind>,
    /// What stands between two columns of a CSV file.
    pub(super) delimiter: Option<char>,
    /// The sheet of a workbook; the first, if not said.
    pub(super) sheet: Option<String>,
    /// The line that holds the names of the columns, from 1.
    pub(super) header_row: usize,
    /// What stands between the items of a cell that holds several.
    pub(super) separator: String,
}

impl Default for TableFormat {
    fn default() -> Self {
        Self { kind: None, delimiter: None, sheet: None, header_row: 1, separator: ";".to_owned() }
    }
}

/// The kinds of files that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum TableKind {
    /// Rows of text.
    Csv,
    /// A workbook of a spreadsheet.
    Xlsx,
    /// One array of objects.
    Json,
    /// One object a line.
    Ndjson,
}

/// Where a field stands.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged, expecting = "a column name, or { from = \"a joined file\", column = \"its column\" }")]
pub(super) enum ColumnPlace {
    /// In this column of the list.
    List(String),
    /// In a file that is joined to it.
    Joined(JoinedColumn),
}

/// A column of a joined file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JoinedColumn {
    /// The name under `joined`.
    pub(super) from: String,
    /// The column there.
    pub(super) column: String,
}

/// A file, or another sheet of the list's own file, that says more about what a row names by a key.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Joined {
    /// Its file name; the list's own file, if not said.
    pub(super) file: Option<String>,
    /// The column of the list that names one of its rows.
    pub(super) by: String,
    /// Its own column of those names.
    pub(super) key: String,
    kind: Option<TableKind>,
    delimiter: Option<char>,
    sheet: Option<String>,
    header_row: Option<usize>,
}

impl Joined {
    /// How it is to be read.
    pub(super) fn format(&self) -> TableFormat {
        TableFormat {
            kind: self.kind,
            delimiter: self.delimiter,
            sheet: self.sheet.clone(),
            header_row: self.header_row.unwrap_or(1),
            ..TableFormat::default()
        }
    }
}

/// What a column can say about a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Field {
    /// The list's own name for the row.
    Id,
    /// The slug of the service.
    Slug,
    /// Its name in English.
    Name,
    /// Its name in Kiswahili.
    NameSw,
    /// The list's own name for the agency.
    AgencyId,
    /// The code of the agency.
    AgencyCode,
    /// The name of the agency in English.
    Agency,
    /// The name of the agency in Kiswahili.
    AgencySw,
    /// The ministry of the agency.
    Ministry,
    /// The state department of the agency.
    Department,
    /// What the service is, in English.
    Description,
    /// What the service is, in Kiswahili.
    DescriptionSw,
    /// What the applicant must have, several in a cell.
    Requirements,
    /// The county that the service is confined to.
    County,
    /// Words to find it by, several in a cell.
    Keywords,
    /// The promised time.
    PromisedWorkingDays,
    /// Where it can be had, several in a cell.
    Delivery,
    /// Where its money belongs.
    RevenueCode,
    /// What it costs: `KES 200`, or `200` beside a currency.
    Fee,
    /// The currency of the fee.
    Currency,
    /// The code of the legal basis of the fee.
    LegalBasis,
    /// The version of the fee.
    FeeVersion,
    /// The first day of the fee.
    ValidFrom,
    /// The last day of the fee.
    ValidTo,
    /// Why there is no fee, in English.
    NotBillable,
    /// Why there is no fee, in Kiswahili.
    NotBillableSw,
}

impl Mapping {
    /// The mapping of the list that e-Citizen publishes.
    ///
    /// # Panics
    /// If the file within the product is broken; a test reads it.
    pub fn published_list() -> Self {
        Self::parse("published-list.toml", PUBLISHED_LIST).unwrap_or_else(|problems| panic!("{problems}"))
    }

    /// Reads a mapping; `name` is what problems call it.
    ///
    /// # Errors
    /// What is wrong with it, with its line.
    pub fn parse(name: &str, text: &str) -> Result<Self, Problems> {
        let sink = ProblemSink::default();
        let mapping: Option<Self> = match toml::from_str(text) {
            Ok(mapping) => Some(mapping),
            Err(error) => {
                let line = error.span().map(|span| 1 + text[..span.start].matches('\n').count());
                let problem = Problem::of_file(name, error.message().replace('\n', ", "));
                sink.report(Problem { line, ..problem });
                None
            }
        };
        if let Some(mapping) = &mapping {
            let report = |path: &str, message: String| {
                sink.report(Problem { path: path.to_owned(), ..Problem::of_file(name, message) });
            };
            mapping.check(&report);
        }
        sink.finish()?;
        Ok(mapping.expect("a mapping that could not be read was reported"))
    }

    /// What the text of one key cannot say by itself.
    fn check(&self, report: &dyn Fn(&str, String)) {
        let is_given = |field| self.columns.contains_key(&field) || self.defaults.contains_key(&field);
        if !is_given(Field::Name) {
            report("columns", "name is missing: a service has a name".to_owned());
        }
        if !is_given(Field::Agency) && !is_given(Field::AgencyCode) {
            report("columns", "agency or agency_code is missing: a service has an agency".to_owned());
        }
        if !is_given(Field::Delivery) {
            let message =
                "delivery is missing: name its column, or say under defaults where services are had";
            report("columns", message.to_owned());
        }
        for (field, place) in &self.columns {
            if let ColumnPlace::Joined(JoinedColumn { from, .. }) = place
                && !self.joined.contains_key(from)
            {
                report("columns", format!("{field:?} is from {from}, which is not among the joined files"));
            }
        }
        let formats = std::iter::once(("list".to_owned(), self.list.clone()))
            .chain(self.joined.iter().map(|(name, joined)| (format!("joined.{name}"), joined.format())));
        for (path, format) in formats {
            if format.header_row == 0 {
                report(&format!("{path}.header_row"), "lines are counted from 1".to_owned());
            }
            let delimits = |delimiter: char| delimiter.is_ascii() && !"\"\r\n".contains(delimiter);
            if format.delimiter.is_some_and(|delimiter| !delimits(delimiter)) {
                let message = "a delimiter is one ASCII character, and no quote or line break";
                report(&format!("{path}.delimiter"), message.to_owned());
            }
            if format.separator.is_empty() {
                report(&format!("{path}.separator"), "a separator is not empty".to_owned());
            }
        }
        for (name, code) in &self.agency_codes {
            if let Err(error) = code.parse::<AgencyCode>() {
                report(&format!("agency_codes.{name:?}"), error.to_string());
            }
        }
    }

    /// The names of the files that are joined to the list.
    pub fn joined_files(&self) -> impl Iterator<Item = &str> {
        self.joined.values().filter_map(|joined| joined.file.as_deref())
    }
}
