//! A file of reports: CSV with a heading, or one JSON object a line. Every line is judged, and whatever is wrong with any of
//! them is said of all at once.

use super::report::{NewsFault, Written};
use crate::payments::{ApplicationReport, REPORTS_TOGETHER_MAX as LINES_MAX};

/// What a file is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// CSV with a heading.
    Csv,
    /// One JSON object a line.
    JsonLines,
}

/// A line that can be read.
#[derive(Debug)]
pub(crate) struct Line {
    /// Its number in the file, from 1.
    pub(crate) number: u64,
    /// What it says.
    pub(crate) report: ApplicationReport,
}

/// What is wrong with a line. Nothing says what stands there: it may be somebody's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LineFault {
    /// It is no CSV.
    #[error("it is not a row of CSV")]
    NotARow,
    /// It has other columns than the heading.
    #[error("its columns are not those of the heading")]
    Columns,
    /// It is no JSON of ours.
    #[error("at column {column} it is not an object of payment_number, status, centre and reason")]
    NotAnObject {
        /// Where, from 1.
        column: usize,
    },
    /// What should be a payment number is none.
    #[error("payment_number is none")]
    NotANumber,
    /// The reason is none of the known words.
    #[error("reason is not one of the known words")]
    UnknownReason,
    /// What is reported means nothing.
    #[error("{}: {}", .0.field(), .0)]
    News(NewsFault),
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FileFault {
    /// It is no text in UTF-8.
    NotUtf8,
    /// It has no lines, or more than are taken together.
    LineCount,
    /// Its heading cannot be read.
    Heading,
    /// Its heading lacks this column.
    ColumnMissing(&'static str),
    /// These lines are wrong.
    Lines(Vec<(u64, LineFault)>),
}

/// Reads a file, wholly or not at all.
pub(crate) fn read(kind: FileKind, bytes: &[u8]) -> Result<Vec<Line>, FileFault> {
    let text = std::str::from_utf8(bytes).map_err(|_| FileFault::NotUtf8)?;
    // Spreadsheets begin their files with a mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let written = match kind {
        FileKind::Csv => read_csv(text)?,
        FileKind::JsonLines => read_json_lines(text),
    };
    if written.is_empty() || written.len() > LINES_MAX {
        return Err(FileFault::LineCount);
    }
    let (mut lines, mut faults) = (Vec::new(), Vec::new());
    for (number, outcome) in written {
        match outcome.and_then(Written::report) {
            Ok(report) => lines.push(Line { number, report }),
            Err(fault) => faults.push((number, fault)),
        }
    }
    if faults.is_empty() { Ok(lines) } else { Err(FileFault::Lines(faults)) }
}

type Read = (u64, Result<Written, LineFault>);

fn read_csv(text: &str) -> Result<Vec<Read>, FileFault> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let heading = reader.headers().map_err(|_| FileFault::Heading)?.clone();
    for needed in ["payment_number", "status"] {
        if !heading.iter().any(|name| name == needed) {
            return Err(FileFault::ColumnMissing(needed));
        }
    }
    let mut rows = Vec::new();
    for row in reader.records().take(LINES_MAX + 1) {
        rows.push(match row {
            Ok(row) => {
                let number = row.position().map_or(0, csv::Position::line);
                let blank_is_none = |text: Option<String>| text.filter(|text| !text.is_empty());
                let written = row.deserialize::<Written>(Some(&heading)).map(|written| Written {
                    centre: blank_is_none(written.centre),
                    reason: blank_is_none(written.reason),
                    ..written
                });
                (number, written.map_err(|_| LineFault::Columns))
            }
            Err(error) => (error.position().map_or(0, csv::Position::line), Err(LineFault::NotARow)),
        });
    }
    Ok(rows)
}

fn read_json_lines(text: &str) -> Vec<Read> {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let read = |line: &str| {
        // serde's words may repeat what stands there.
        serde_json::from_str(line).map_err(|error| LineFault::NotAnObject { column: error.column() })
    };
    lines.take(LINES_MAX + 1).map(|(number, line)| (number, read(line))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::payments::PaymentNumber;

    fn read_as(kind: FileKind, text: &str) -> Result<usize, FileFault> {
        read(kind, text.as_bytes()).map(|lines| lines.len())
    }

    #[test]
    fn every_line_that_is_wrong_is_named_and_nothing_is_repeated() {
        let good = PaymentNumber::from_random(7).grouped();
        let csv = format!(
            "payment_number,status,centre,reason\n{good},ready,Nyeri,\n12,ready,Nyeri,\n{good},lost,,\n{good},ready,,\n\
             {good},query_raised,,photo\n{good},query_raised,,Jane\n"
        );
        let wrong = FileFault::Lines(vec![
            (3, LineFault::NotANumber),
            (4, LineFault::News(NewsFault::UnknownStatus)),
            (5, LineFault::News(NewsFault::CentreMissing)),
            (7, LineFault::UnknownReason),
        ]);
        assert_eq!(read_as(FileKind::Csv, &csv), Err(wrong));
        let only_good: String = csv
            .lines()
            .enumerate()
            .filter(|(at, _)| [0, 1, 5].contains(at))
            .fold("\u{feff}".to_owned(), |text, (_, line)| text + line + "\r\n");
        assert_eq!(read_as(FileKind::Csv, &only_good), Ok(2));
        let json =
            format!("{{\"payment_number\":\"{good}\",\"status\":\"collected\"}}\n\n{{\"phone\":\"0712\"}}\n");
        let Err(FileFault::Lines(faults)) = read_as(FileKind::JsonLines, &json) else {
            panic!("it was taken")
        };
        assert!(matches!(faults[..], [(3, LineFault::NotAnObject { .. })]), "{faults:?}");
        assert_eq!(read(FileKind::Csv, b"payment_number,status\n\xff,x\n").unwrap_err(), FileFault::NotUtf8);
    }

    #[test]
    fn a_file_without_lines_or_with_too_many_is_refused_whole() {
        let row = format!("{},collected\n", PaymentNumber::from_random(7));
        assert_eq!(read_as(FileKind::Csv, "payment_number,status\n"), Err(FileFault::LineCount));
        let missing = FileFault::ColumnMissing("payment_number");
        assert_eq!(read_as(FileKind::Csv, "number,status\n"), Err(missing));
        let heading = "payment_number,status\n".to_owned();
        assert_eq!(read_as(FileKind::Csv, &(heading.clone() + &row.repeat(LINES_MAX))), Ok(LINES_MAX));
        let too_many = heading + &row.repeat(LINES_MAX + 1);
        assert_eq!(read_as(FileKind::Csv, &too_many), Err(FileFault::LineCount));
    }
}
