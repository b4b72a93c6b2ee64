//! JSON: an array of objects, or an object a line. Numbers keep the digits that they are written with.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::table::{Cell, Reading, line_ends};

/// Reads one array.
pub(super) fn read_array(reading: &mut Reading<'_>) {
    let Some(text) = utf8(reading) else { return };
    let records: Vec<&RawValue> = match serde_json::from_str(text) {
        Ok(records) => records,
        Err(error) => return reading.fault_of_line(error.line(), without_position(&error)),
    };
    let (mut counted, mut line) = (0, 1);
    for record in records {
        let start = record.get().as_ptr().addr() - text.as_ptr().addr();
        line += line_ends(&text.as_bytes()[counted..start]);
        counted = start;
        if !take(reading, line, record.get()) {
            return;
        }
    }
    columns_are_somewhere(reading);
}

/// Reads one object a line.
pub(super) fn read_lines(reading: &mut Reading<'_>) {
    let Some(text) = utf8(reading) else { return };
    for (index, record) in text.lines().enumerate() {
        if !record.trim().is_empty() && !take(reading, index + 1, record) {
            return;
        }
    }
    columns_are_somewhere(reading);
}

fn utf8<'a>(reading: &Reading<'a>) -> Option<&'a str> {
    let bytes: &'a [u8] = reading.bytes;
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) => {
            let line = 1 + line_ends(&bytes[..error.valid_up_to()]);
            reading.fault_of_line(line, format!("not UTF-8: byte {} cannot be read", error.valid_up_to()));
            None
        }
    }
}

/// An absent field is an empty cell, so a name that is wrong in the mapping would be seen nowhere else.
fn columns_are_somewhere(reading: &Reading<'_>) {
    for (position, wanted) in reading.wanted.iter().enumerate() {
        if reading.has_rows() && reading.is_blank(position) {
            reading.fault(format!("no row has the field {wanted}"));
        }
    }
}

/// Takes one object. False if there are too many.
fn take(reading: &mut Reading<'_>, line: usize, text: &str) -> bool {
    match serde_json::from_str::<Object<'_>>(text) {
        Ok(object) => {
            let cells = reading.wanted.iter().map(|wanted| cell(&object, wanted)).collect();
            reading.push(line, cells)
        }
        Err(error) => {
            reading.fault_of_line(line + error.line().saturating_sub(1), without_position(&error));
            true
        }
    }
}

/// The cell of a field, or of a place within it if the column is written as a path: `/agency/name`.
fn cell(object: &Object<'_>, column: &str) -> Cell {
    let Some(path) = column.strip_prefix('/') else {
        return object.0.get(column).map_or(Cell::Empty, |value| cell_of(value.get()));
    };
    let (first, rest) = path.split_once('/').map_or((path, None), |(first, rest)| (first, Some(rest)));
    match (object.0.get(first), rest) {
        (None, _) => Cell::Empty,
        (Some(value), None) => cell_of(value.get()),
        (Some(value), Some(_)) if value.get() == "null" => Cell::Empty,
        (Some(value), Some(rest)) => match serde_json::from_str::<Object<'_>>(value.get()) {
            Ok(inner) => cell(&inner, &format!("/{rest}")),
            Err(error) => Cell::Unreadable(without_position(&error)),
        },
    }
}

fn cell_of(value: &str) -> Cell {
    match value.as_bytes().first() {
        Some(b'"') => match serde_json::from_str(value) {
            Ok(text) => Cell::Text(text),
            Err(error) => Cell::Unreadable(without_position(&error)),
        },
        Some(b'-' | b'0'..=b'9') => Cell::Number(value.to_owned()),
        Some(b'[') => match serde_json::from_str(value) {
            Ok(texts) => Cell::Texts(texts),
            Err(_) => Cell::Unreadable("a list of texts is expected".to_owned()),
        },
        Some(b'n') => Cell::Empty,
        Some(b'{') => Cell::Unreadable("an object stands where a text belongs".to_owned()),
        _ => Cell::Unreadable(format!("{value} stands where a text belongs")),
    }
}

/// The fields of an object as they are written. A field that is there twice is refused: nobody can say which is meant.
struct Object<'a>(BTreeMap<String, &'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = BTreeMap<String, &'de RawValue>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object for each service")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = BTreeMap::new();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    if fields.contains_key(&name) {
                        return Err(A::Error::custom(format!("the field {name:?} is there twice")));
                    }
                    fields.insert(name, value);
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(Fields).map(Object)
    }
}

/// The parser's own words without the position that it appends.
fn without_position(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message.split(" at line ").next().unwrap_or(&message).to_owned()
}
