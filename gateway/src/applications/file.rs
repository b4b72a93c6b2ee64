//! A file of reports: CSV with a heading, or one JSON object a line. Every line is judged, and whatever is wrong with any of
//! them is said of all at once.

use bytes::Bytes;
use serde::Deserialize;

use super::ReportBody;
use crate::http::problem::{FieldError, Problem};
use crate::http::problem_codes::Code;
use crate::payments::{ApplicationReport, PaymentNumber, REPORTS_TOGETHER_MAX as LINES_MAX};

/// A line that can be read.
#[derive(Debug)]
pub(super) struct Line {
    /// Its number in the file, from 1.
    pub(super) number: u64,
    /// What it says.
    pub(super) report: ApplicationReport,
}

/// A line as it stands there.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    payment_number: String,
    status: String,
    #[serde(default)]
    centre: Option<String>,
    #[serde(default)]
    reason: Option<String>,
}

/// Reads a file of this type, wholly or not at all.
pub(super) fn read(content_type: &[u8], bytes: &Bytes) -> Result<Vec<Line>, Problem> {
    let essence = content_type.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    let text = std::str::from_utf8(bytes).map_err(|_| {
        Problem::validation(vec![FieldError::new("", "not_utf8", "The file is not text in UTF-8.")])
    })?;
    // Spreadsheets begin their files with a mark.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let written = match essence {
        essence if essence.eq_ignore_ascii_case(b"text/csv") => read_csv(text)?,
        essence if essence.eq_ignore_ascii_case(b"application/x-ndjson") => read_json_lines(text),
        _ => {
            let detail = "Send Content-Type: text/csv or application/x-ndjson.";
            return Err(Problem::new(Code::UnsupportedMediaType, detail));
        }
    };
    if written.is_empty() || written.len() > LINES_MAX {
        let detail = format!("A file has 1 to {LINES_MAX} lines; send larger ones in parts.");
        let error = FieldError::new("", "too_many_lines", detail);
        return Err(refused(vec![error]));
    }
    let (mut lines, mut errors) = (Vec::new(), Vec::new());
    for (number, outcome) in written {
        match outcome.and_then(|written| written.report()) {
            Ok(report) => lines.push(Line { number, report }),
            Err(reason) => errors.push(wrong(number, &reason)),
        }
    }
    if errors.is_empty() { Ok(lines) } else { Err(refused(errors)) }
}

/// What is wrong with a line.
pub(super) fn wrong(number: u64, reason: &impl ToString) -> FieldError {
    FieldError::new(format!("/lines/{number}"), "line_refused", reason.to_string())
}

/// A file with these errors, of which nothing was taken.
pub(super) fn refused(errors: Vec<FieldError>) -> Problem {
    Problem::validation(errors)
}

type Read = (u64, Result<Written, String>);

fn read_csv(text: &str) -> Result<Vec<Read>, Problem> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let heading_error = |what: String| refused(vec![FieldError::new("/lines/1", "heading", what)]);
    let heading = reader.headers().map_err(|error| heading_error(error.to_string()))?.clone();
    for needed in ["payment_number", "status"] {
        if !heading.iter().any(|name| name == needed) {
            return Err(heading_error(format!("The heading has no column {needed}.")));
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
                (number, written.map_err(|_| "its columns are not those of the heading".to_owned()))
            }
            Err(error) => {
                (error.position().map_or(0, csv::Position::line), Err("it is not a row of CSV".to_owned()))
            }
        });
    }
    Ok(rows)
}

fn read_json_lines(text: &str) -> Vec<Read> {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let read = |line: &str| {
        // serde's words may repeat what stands there.
        serde_json::from_str(line).map_err(|error| {
            format!(
                "at column {} it is not an object of payment_number, status, centre and reason",
                error.column()
            )
        })
    };
    lines.take(LINES_MAX + 1).map(|(number, line)| (number, read(line))).collect()
}

impl Written {
    fn report(self) -> Result<ApplicationReport, String> {
        let number = self.payment_number.replace(' ', "");
        let bill: PaymentNumber = number.parse().map_err(|_| "payment_number is none".to_owned())?;
        let reason = self.reason.map(|word| serde_json::from_value(word.into()));
        let reason = reason.transpose().map_err(|_| "reason is not one of the known words".to_owned())?;
        let body = ReportBody { status: self.status, centre: self.centre, reason };
        let news = body.news().map_err(|error| format!("{}: {}", &error.pointer[1..], error.detail))?;
        Ok(ApplicationReport { bill, news })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_as(kind: &str, text: &str) -> Result<usize, Vec<String>> {
        let read = read(kind.as_bytes(), &Bytes::from(text.to_owned()));
        read.map(|lines| lines.len()).map_err(|problem| {
            let errors = problem.errors().iter();
            errors.map(|error| format!("{} {}", error.pointer, error.detail)).collect()
        })
    }

    #[test]
    fn every_line_that_is_wrong_is_named_and_nothing_is_repeated() {
        let good = PaymentNumber::from_random(7).grouped();
        let csv = format!(
            "payment_number,status,centre,reason\n{good},ready,Nyeri,\n12,ready,Nyeri,\n{good},lost,,\n{good},ready,,\n\
             {good},query_raised,,photo\n{good},query_raised,,Jane\n"
        );
        let errors = read_as("text/csv; charset=utf-8", &csv).unwrap_err();
        let lines: Vec<_> = errors.iter().map(|error| error.split(' ').next().unwrap()).collect();
        assert_eq!(lines, ["/lines/3", "/lines/4", "/lines/5", "/lines/7"]);
        assert!(!errors.concat().contains("Jane"), "{errors:?}");
        let only_good: String = csv
            .lines()
            .enumerate()
            .filter(|(at, _)| [0, 1, 5].contains(at))
            .fold("\u{feff}".to_owned(), |text, (_, line)| text + line + "\r\n");
        assert_eq!(read_as("text/csv", &only_good), Ok(2));
        let json =
            format!("{{\"payment_number\":\"{good}\",\"status\":\"collected\"}}\n\n{{\"phone\":\"0712\"}}\n");
        let errors = read_as("application/x-ndjson", &json).unwrap_err();
        assert!(errors.len() == 1 && errors[0].starts_with("/lines/3 "), "{errors:?}");
        assert!(read_as("text/plain", &json).is_err());
    }

    #[test]
    fn a_file_without_lines_or_with_too_many_is_refused_whole() {
        let row = format!("{},collected\n", PaymentNumber::from_random(7));
        assert!(read_as("text/csv", "payment_number,status\n").is_err());
        assert!(read_as("text/csv", "number,status\n").unwrap_err()[0].contains("payment_number"));
        let heading = "payment_number,status\n".to_owned();
        assert_eq!(read_as("text/csv", &(heading.clone() + &row.repeat(LINES_MAX))), Ok(LINES_MAX));
        assert!(read_as("text/csv", &(heading + &row.repeat(LINES_MAX + 1))).is_err());
    }
}
