//! From the text of a catalogue file to rows. Each row is read by itself, so a mistake in one leaves the others to be
//! checked as well.

use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::lines::FileText;
use super::place::{RowOrigin, RowText};
use super::problem::{Problem, ProblemSink};
use super::rows::{
    AccountFormRow, AgencyRow, BasisRow, CatalogueRows, ConvenienceRow, FORMAT_VERSION, FallbackRow,
    HolidayRow, ServiceRow,
};

/// The largest file that is read, in bytes; about three times what 22,000 services take.
pub(crate) const FILE_BYTES_MAX: usize = 128 * 1024 * 1024;

/// A row and where it came from.
#[derive(Debug)]
pub(crate) struct Located<Row> {
    pub(crate) row: Row,
    pub(crate) origin: RowOrigin,
}

/// Rows of one or several files.
#[derive(Debug, Default)]
pub(crate) struct LocatedRows {
    pub(crate) legal_bases: Vec<Located<BasisRow>>,
    pub(crate) convenience_fees: Vec<Located<ConvenienceRow>>,
    pub(crate) public_holidays: Vec<Located<HolidayRow>>,
    pub(crate) agencies: Vec<Located<AgencyRow>>,
    /// National plans, each as a whole: its ways are an order. Empty ones are none.
    pub(crate) fallbacks: Vec<Located<Vec<FallbackRow>>>,
    pub(crate) account_forms: Vec<Located<AccountFormRow>>,
    pub(crate) services: Vec<Located<ServiceRow>>,
}

impl LocatedRows {
    pub(crate) fn extend(&mut self, more: Self) {
        self.legal_bases.extend(more.legal_bases);
        self.convenience_fees.extend(more.convenience_fees);
        self.public_holidays.extend(more.public_holidays);
        self.agencies.extend(more.agencies);
        self.fallbacks.extend(more.fallbacks);
        self.account_forms.extend(more.account_forms);
        self.services.extend(more.services);
    }

    /// Rows that an importer made; `name` says which one.
    pub(crate) fn made(name: &str, rows: CatalogueRows) -> Self {
        let file: Arc<str> = Arc::from(name);
        Self {
            legal_bases: placed(&file, "legal_bases", rows.legal_bases),
            convenience_fees: placed(&file, "convenience_fee", rows.convenience_fee),
            public_holidays: placed(&file, "public_holidays", rows.public_holidays),
            agencies: placed(&file, "agencies", rows.agencies),
            fallbacks: plans(placed(&file, "fallback", Some(rows.fallback))),
            account_forms: placed(&file, "account_forms", rows.account_forms),
            services: placed(&file, "services", rows.services),
        }
    }
}

/// Without those that name no way.
fn plans(mut plans: Vec<Located<Vec<FallbackRow>>>) -> Vec<Located<Vec<FallbackRow>>> {
    plans.retain(|plan| !plan.row.is_empty());
    plans
}

fn placed<Row>(
    file: &Arc<str>,
    list: &'static str,
    rows: impl IntoIterator<Item = Row>,
) -> Vec<Located<Row>> {
    rows.into_iter()
        .enumerate()
        .map(|(index, row)| {
            let origin =
                RowOrigin { file: Arc::clone(file), row: RowText::Made, path: format!("{list}[{index}]") };
            Located { row, origin }
        })
        .collect()
}

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "an object with format, legal_bases, convenience_fee, public_holidays, agencies, fallback, account_forms, services"
)]
struct FileFields<'a> {
    format: u32,
    #[serde(borrow, default)]
    legal_bases: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    convenience_fee: Option<&'a RawValue>,
    #[serde(borrow, default)]
    public_holidays: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    agencies: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    fallback: Option<&'a RawValue>,
    #[serde(borrow, default)]
    account_forms: Vec<&'a RawValue>,
    #[serde(borrow, default)]
    services: Vec<&'a RawValue>,
}

/// Reads the rows of one file; what cannot be read is reported and left out.
pub(crate) fn read_rows(name: &str, text: &str, sink: &ProblemSink) -> LocatedRows {
    let file_problem = |line: Option<usize>, message: String| {
        sink.report(Problem { line, ..Problem::of_file(name, message) });
        LocatedRows::default()
    };
    if text.len() > FILE_BYTES_MAX {
        return file_problem(None, format!("the file is larger than {FILE_BYTES_MAX} bytes"));
    }
    if text.starts_with('\u{FEFF}') {
        // Not taken off: the document is named by the hash of its bytes, and other programs read it too.
        let message = "the file begins with a byte order mark; save it as UTF-8 without one".to_owned();
        return file_problem(Some(1), message);
    }
    let fields: FileFields<'_> = match serde_json::from_str(text) {
        Ok(fields) => fields,
        Err(error) => return file_problem(Some(error.line()), without_position(&error)),
    };
    if fields.format != FORMAT_VERSION {
        let message =
            format!("format {} is not one that this version reads: {FORMAT_VERSION}", fields.format);
        sink.report(Problem { path: "format".to_owned(), ..Problem::of_file(name, message) });
        return LocatedRows::default();
    }
    let file = Reading { name: Arc::from(name), text: Arc::new(FileText::new(text)), source: text, sink };
    let convenience_fee: Vec<&RawValue> = fields.convenience_fee.into_iter().collect();
    let fallback: Vec<&RawValue> = fields.fallback.into_iter().collect();
    LocatedRows {
        legal_bases: file.rows(&fields.legal_bases, |index| format!("legal_bases[{index}]")),
        convenience_fees: file.rows(&convenience_fee, |_| "convenience_fee".to_owned()),
        public_holidays: file.rows(&fields.public_holidays, |index| format!("public_holidays[{index}]")),
        agencies: file.rows(&fields.agencies, |index| format!("agencies[{index}]")),
        fallbacks: plans(file.rows(&fallback, |_| "fallback".to_owned())),
        account_forms: file.rows(&fields.account_forms, |index| format!("account_forms[{index}]")),
        services: file.rows(&fields.services, |index| format!("services[{index}]")),
    }
}

struct Reading<'a> {
    name: Arc<str>,
    text: Arc<FileText>,
    /// The text that the raw rows are slices of; `text` is a copy of it that outlives this reading.
    source: &'a str,
    sink: &'a ProblemSink,
}

impl Reading<'_> {
    fn rows<Row: DeserializeOwned>(
        &self,
        raw_rows: &[&RawValue],
        path: impl Fn(usize) -> String,
    ) -> Vec<Located<Row>> {
        let read = |(index, raw): (usize, &&RawValue)| {
            let start = raw.get().as_ptr().addr() - self.source.as_ptr().addr();
            match serde_json::from_str(raw.get()) {
                Ok(row) => {
                    let text = RowText::Catalogue(Arc::clone(&self.text), start);
                    Some(Located {
                        row,
                        origin: RowOrigin { file: Arc::clone(&self.name), row: text, path: path(index) },
                    })
                }
                // To look for the line of each of a million broken rows would take longer than anybody waits.
                Err(_) if self.sink.is_full() => {
                    self.sink.leave_off();
                    None
                }
                Err(error) => {
                    self.sink.report(Problem {
                        file: self.name.to_string(),
                        line: Some(self.text.line_of(start) + error.line().saturating_sub(1)),
                        path: path(index),
                        message: without_position(&error),
                    });
                    None
                }
            }
        };
        raw_rows.iter().enumerate().filter_map(read).collect()
    }
}

/// The parser's own words without the position that it appends, which is relative to the row.
fn without_position(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message.split(" at line ").next().unwrap_or(&message).to_owned()
}
