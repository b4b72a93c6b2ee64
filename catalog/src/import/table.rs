//! What every kind of file becomes first: rows of cells, each row with its line.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::civil::Date;

use super::mapping::{TableFormat, TableKind};
use super::{csv_file, json_file, xlsx_file};
use crate::builder::SERVICES_MAX;
use crate::source::{Problem, ProblemSink};

/// The largest file that is read, in bytes: a hundred times the published list.
const FILE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// A file of a list, as it was found.
#[derive(Clone, Copy, Debug)]
pub struct SourceFile<'a> {
    /// What problems call it; its last part says what kind of file it is, and which joined file.
    pub name: &'a str,
    /// What it holds.
    pub bytes: &'a [u8],
}

impl SourceFile<'_> {
    /// Its name without the folders.
    pub(super) fn file_name(&self) -> &str {
        self.name.rsplit(['/', '\\']).next().unwrap_or(self.name)
    }
}

/// What a cell holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Cell {
    /// Nothing.
    Empty,
    /// A text, exactly as it stands there.
    Text(String),
    /// A number, in its exact decimal text.
    Number(String),
    /// A day.
    Day(Date),
    /// Several texts.
    Texts(Vec<String>),
    /// Something that is none of these, and why; it is told only if a field needs the cell.
    Unreadable(String),
}

impl Cell {
    /// True if nobody has written anything there.
    pub(super) fn is_blank(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(text) => {
                text.chars().all(|character| character.is_whitespace() && !character.is_control())
            }
            Self::Texts(texts) => texts.is_empty(),
            Self::Number(_) | Self::Day(_) | Self::Unreadable(_) => false,
        }
    }
}

/// The rows of a file, with the wanted columns alone.
#[derive(Debug)]
pub(super) struct Table {
    /// The file, as problems name it.
    pub(super) file: Arc<str>,
    /// Its columns, in the order of the cells.
    columns: HashMap<String, usize>,
    /// Its rows, in the order of the file.
    pub(super) rows: Vec<TableRow>,
}

/// One row.
#[derive(Debug)]
pub(super) struct TableRow {
    /// The line on which it begins, from 1.
    pub(super) line: usize,
    /// A cell for each wanted column.
    pub(super) cells: Vec<Cell>,
}

impl Table {
    /// Reads the wanted columns of a file. What is wrong with the file is reported; a file that cannot be understood as
    /// a whole has no rows.
    pub(super) fn read(
        file: SourceFile<'_>,
        format: &TableFormat,
        wanted: &[&str],
        problems: &ProblemSink,
    ) -> Self {
        let name: Arc<str> = match &format.sheet {
            Some(sheet) => Arc::from(format!("{} ({sheet})", file.name)),
            None => Arc::from(file.name),
        };
        let mut reading =
            Reading { file: &name, bytes: file.bytes, format, wanted, problems, rows: Vec::new() };
        if file.bytes.len() > FILE_BYTES_MAX {
            reading.fault(format!("the file is larger than {FILE_BYTES_MAX} bytes"));
        } else {
            match format.kind.or_else(|| kind_of(file.file_name())) {
                Some(TableKind::Csv) => csv_file::read(&mut reading, file.file_name().ends_with(".tsv")),
                Some(TableKind::Xlsx) => xlsx_file::read(&mut reading),
                Some(TableKind::Json) => json_file::read_array(&mut reading),
                Some(TableKind::Ndjson) => json_file::read_lines(&mut reading),
                None => reading.fault(
                    "its name does not say whether it is CSV, XLSX, JSON or NDJSON; the mapping can, by kind",
                ),
            }
        }
        let rows = reading.rows;
        let columns =
            wanted.iter().enumerate().map(|(index, column)| ((*column).to_owned(), index)).collect();
        Self { file: name, columns, rows }
    }

    /// The cell of a row in a column that was wanted.
    pub(super) fn cell<'t>(&self, row: &'t TableRow, column: &str) -> &'t Cell {
        &row.cells[self.columns[column]]
    }
}

fn kind_of(file_name: &str) -> Option<TableKind> {
    let (_, ending) = file_name.rsplit_once('.')?;
    match ending.to_ascii_lowercase().as_str() {
        "csv" | "tsv" => Some(TableKind::Csv),
        "xlsx" => Some(TableKind::Xlsx),
        "json" => Some(TableKind::Json),
        "ndjson" | "jsonl" => Some(TableKind::Ndjson),
        _ => None,
    }
}

/// A file while it is read.
pub(super) struct Reading<'a> {
    pub(super) file: &'a Arc<str>,
    pub(super) bytes: &'a [u8],
    pub(super) format: &'a TableFormat,
    pub(super) wanted: &'a [&'a str],
    problems: &'a ProblemSink,
    rows: Vec<TableRow>,
}

impl Reading<'_> {
    /// Something is wrong with the file as a whole.
    pub(super) fn fault(&self, message: impl Into<String>) {
        self.problems.report(Problem::of_file(self.file, message));
    }

    /// Something is wrong with a line.
    pub(super) fn fault_of_line(&self, line: usize, message: impl Into<String>) {
        self.problems.report(Problem::of_line(self.file, line, message));
    }

    /// Something is wrong with a column in a line.
    pub(super) fn fault_of_cell(&self, line: usize, column: &str, message: impl Into<String>) {
        self.problems.report(Problem::of_cell(self.file, line, column, message));
    }

    /// Where the wanted columns are among these names. None if one of them is missing or there twice.
    pub(super) fn find_columns(&self, line: usize, header: &[String]) -> Option<Vec<usize>> {
        let mut found = Vec::with_capacity(self.wanted.len());
        for wanted in self.wanted {
            let mut positions = header.iter().enumerate().filter(|(_, name)| name == wanted);
            match (positions.next(), positions.next()) {
                (Some((position, _)), None) => found.push(position),
                (Some(_), Some(_)) => self.fault_of_cell(line, wanted, "the column is there twice"),
                (None, _) => {
                    let names = header.iter().filter(|name| !name.is_empty()).take(40);
                    let names = names.map(String::as_str).collect::<Vec<_>>().join(", ");
                    let names: String = names.chars().take(400).collect();
                    self.fault_of_cell(line, wanted, format!("there is no such column; there are: {names}"));
                }
            }
        }
        (found.len() == self.wanted.len()).then_some(found)
    }

    /// Takes a row. False if there are too many, which is reported.
    pub(super) fn push(&mut self, line: usize, cells: Vec<Cell>) -> bool {
        if self.rows.len() >= SERVICES_MAX {
            self.fault_of_line(line, format!("a list has at most {SERVICES_MAX} rows"));
            return false;
        }
        self.rows.push(TableRow { line, cells });
        true
    }

    /// True if no row has anything in this column.
    pub(super) fn is_blank(&self, position: usize) -> bool {
        self.rows.iter().all(|row| row.cells[position] == Cell::Empty)
    }

    pub(super) fn has_rows(&self) -> bool {
        !self.rows.is_empty()
    }
}

/// How many lines end within these bytes. A line ends with LF, CR LF or CR.
pub(super) fn line_ends(bytes: &[u8]) -> usize {
    let ends = |(index, byte): &(usize, &u8)| match byte {
        b'\n' => true,
        b'\r' => bytes.get(index + 1) != Some(&b'\n'),
        _ => false,
    };
    bytes.iter().enumerate().filter(ends).count()
}
