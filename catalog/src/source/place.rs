//! Where in a catalogue file a value stands, so that a problem can name the line.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::lines::FileText;
use super::problem::{Problem, ProblemSink};

/// The row of a file that a value belongs to.
#[derive(Clone, Debug)]
pub(crate) struct RowOrigin {
    /// The file, as it was named to the builder.
    pub(crate) file: Arc<str>,
    /// What is known of the row within the file.
    pub(crate) row: RowText,
    /// The row within the file: `services[3]`.
    pub(crate) path: String,
}

/// What is known of a row within its file.
#[derive(Clone, Debug)]
pub(crate) enum RowText {
    /// The whole text of a catalogue file, and where in it the row starts.
    Catalogue(Arc<FileText>, usize),
    /// The line of a foreign list, and which of its columns hold the fields of the row.
    List(usize, Arc<ColumnNames>),
    /// Nothing: the row was made.
    Made,
}

/// What a foreign list calls the fields of its rows: by the path of the field within the row, without the positions in
/// lists (`name.en`, `fees.valid_from`).
#[derive(Debug, Default)]
pub(crate) struct ColumnNames(BTreeMap<&'static str, String>);

impl ColumnNames {
    pub(crate) fn new(columns: BTreeMap<&'static str, String>) -> Self {
        Self(columns)
    }

    /// The column of the field, or of what the field is part of.
    fn of(&self, steps: &[Step]) -> Option<&str> {
        let fields = steps.iter().filter_map(|step| match step {
            Step::Field(name) => Some(*name),
            Step::Item(_) => None,
        });
        let fields: Vec<_> = fields.collect();
        let paths = (1..=fields.len()).rev().map(|length| fields[..length].join("."));
        paths.filter_map(|path| self.0.get(path.as_str())).map(String::as_str).next()
    }
}

/// A value within a row. Places are made on the way down and cost nothing until a problem is reported.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    sink: &'a ProblemSink,
    origin: &'a RowOrigin,
    step: Option<(&'a Place<'a>, Step)>,
}

#[derive(Clone, Copy)]
enum Step {
    Field(&'static str),
    Item(usize),
}

impl<'a> Place<'a> {
    /// The row itself.
    pub(crate) fn row(sink: &'a ProblemSink, origin: &'a RowOrigin) -> Self {
        Self { sink, origin, step: None }
    }

    /// A field of the object at this place.
    pub(crate) fn field<'b>(&'b self, name: &'static str) -> Place<'b> {
        Place { sink: self.sink, origin: self.origin, step: Some((self, Step::Field(name))) }
    }

    /// An item of the list at this place.
    pub(crate) fn item<'b>(&'b self, index: usize) -> Place<'b> {
        Place { sink: self.sink, origin: self.origin, step: Some((self, Step::Item(index))) }
    }

    /// Says what is wrong here, unless the document is kept from before: for rules that came after documents without them
    /// were in use. Such a rule may make nothing impossible that a document of before can hold.
    pub(crate) fn report_if_new(&self, message: impl Into<String>) {
        if !self.sink.is_of_kept() {
            self.report(message);
        }
    }

    /// Says what is wrong here.
    pub(crate) fn report(&self, message: impl Into<String>) {
        // Finding a place takes a walk through the row: not for a problem that is only counted.
        if self.sink.is_full() {
            return self.sink.leave_off();
        }
        let mut steps = Vec::new();
        let mut place = self;
        while let Some((parent, step)) = place.step {
            steps.push(step);
            place = parent;
        }
        steps.reverse();
        let (line, path) = match &self.origin.row {
            RowText::Catalogue(text, start) => {
                let offset = offset_of(text.bytes(), *start, &steps);
                (Some(text.line_of(offset)), self.path(&steps))
            }
            RowText::List(line, columns) => {
                (Some(*line), columns.of(&steps).map_or_else(|| self.path(&steps), str::to_owned))
            }
            RowText::Made => (None, self.path(&steps)),
        };
        let file = self.origin.file.to_string();
        self.sink.report(Problem { file, line, path, message: message.into() });
    }

    fn path(&self, steps: &[Step]) -> String {
        let mut path = self.origin.path.clone();
        for step in steps {
            match step {
                Step::Field(name) if path.is_empty() => path.push_str(name),
                Step::Field(name) => path.push_str(&format!(".{name}")),
                Step::Item(index) => path.push_str(&format!("[{index}]")),
            }
        }
        path
    }
}

/// Where the value at the end of `steps` starts, or the last value on the way that is there. The text has been read
/// as JSON before, so this only has to find its way and never has to complain.
fn offset_of(text: &[u8], start: usize, steps: &[Step]) -> usize {
    let mut found = skip_space(text, start);
    for step in steps {
        let inner = match step {
            Step::Field(name) => field_value(text, found, name.as_bytes()),
            Step::Item(index) => item_value(text, found, *index),
        };
        match inner {
            Some(offset) => found = offset,
            None => break,
        }
    }
    found
}

fn field_value(text: &[u8], object: usize, name: &[u8]) -> Option<usize> {
    let mut at = entry_after(text, object, b'{')?;
    loop {
        let key_end = skip_value(text, at);
        let key = text.get(at + 1..key_end.checked_sub(1)?)?;
        let value = skip_space(text, skip_space(text, key_end) + 1);
        if key == name {
            return Some(value);
        }
        at = next_entry(text, skip_value(text, value))?;
    }
}

fn item_value(text: &[u8], list: usize, index: usize) -> Option<usize> {
    let mut at = entry_after(text, list, b'[')?;
    for _ in 0..index {
        at = next_entry(text, skip_value(text, at))?;
    }
    Some(at)
}

/// The first entry of the object or list that opens at `at`, if it is one and has one.
fn entry_after(text: &[u8], at: usize, opening: u8) -> Option<usize> {
    if text.get(at) != Some(&opening) {
        return None;
    }
    let entry = skip_space(text, at + 1);
    (!matches!(text.get(entry)?, b'}' | b']')).then_some(entry)
}

/// The entry after the comma that follows a value, if there is one.
fn next_entry(text: &[u8], value_end: usize) -> Option<usize> {
    let at = skip_space(text, value_end);
    (text.get(at) == Some(&b',')).then(|| skip_space(text, at + 1))
}

fn skip_space(text: &[u8], at: usize) -> usize {
    let space = text.get(at..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_whitespace());
    at + space.count()
}

/// Just after the value that starts at `at`.
fn skip_value(text: &[u8], at: usize) -> usize {
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    for (offset, byte) in text.iter().enumerate().skip(at) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => {
                in_string = !in_string;
                if !in_string && depth == 0 {
                    return offset + 1;
                }
            }
            _ if in_string => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return offset,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return offset + 1;
                }
            }
            b',' if depth == 0 => return offset,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "{\n  \"slug\": \"a, \\\"b\\\" }\",\n  \"fees\": [\n    { \"version\": 1 },\n    {\n      \"version\": 2\n    }\n  ],\n  \"last\": []\n}";

    fn line_at(steps: &[Step]) -> usize {
        FileText::new(FILE).line_of(offset_of(FILE.as_bytes(), 0, steps))
    }

    #[test]
    fn a_value_is_found_on_its_line() {
        assert_eq!(line_at(&[]), 1);
        assert_eq!(line_at(&[Step::Field("slug")]), 2);
        assert_eq!(line_at(&[Step::Field("fees")]), 3);
        assert_eq!(line_at(&[Step::Field("fees"), Step::Item(0), Step::Field("version")]), 4);
        assert_eq!(line_at(&[Step::Field("fees"), Step::Item(1)]), 5);
        assert_eq!(line_at(&[Step::Field("fees"), Step::Item(1), Step::Field("version")]), 6);
        assert_eq!(line_at(&[Step::Field("last")]), 9);
    }

    #[test]
    fn a_value_that_is_not_there_is_looked_for_at_its_parent() {
        assert_eq!(line_at(&[Step::Field("absent")]), 1);
        assert_eq!(line_at(&[Step::Field("fees"), Step::Item(7)]), 3);
        assert_eq!(line_at(&[Step::Field("fees"), Step::Item(1), Step::Field("absent")]), 5);
        assert_eq!(line_at(&[Step::Field("last"), Step::Item(0)]), 9);
        assert_eq!(line_at(&[Step::Field("slug"), Step::Item(0)]), 2);
    }
}
