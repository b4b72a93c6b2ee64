//! Writes a catalogue as one document: the same rows give the same bytes, whatever files they came from.

use std::sync::Arc;

use serde::Serialize;

use crate::source::{FORMAT_VERSION, Located, LocatedRows};

/// One JSON text with one row a line, rows in the order of their codes: it can be hashed, and compared line by line.
pub(super) fn written(rows: LocatedRows) -> Arc<[u8]> {
    let mut document = format!("{{\"format\":{FORMAT_VERSION}");
    push_list(&mut document, "legal_bases", rows.legal_bases, |row| row.code.clone());
    if let Some(fee) = rows.convenience_fees.first() {
        document.push_str(",\n\"convenience_fee\":");
        document.push_str(&line(&fee.row));
    }
    push_list(&mut document, "agencies", rows.agencies, |row| row.code.clone());
    push_list(&mut document, "services", rows.services, |row| row.slug.clone());
    document.push_str("}\n");
    Arc::from(document.into_bytes())
}

fn push_list<Row: Serialize>(
    document: &mut String,
    name: &str,
    mut rows: Vec<Located<Row>>,
    code: impl Fn(&Row) -> String,
) {
    rows.sort_by_cached_key(|located| code(&located.row));
    document.push_str(&format!(",\n\"{name}\":["));
    for (index, located) in rows.iter().enumerate() {
        document.push_str(if index == 0 { "\n" } else { ",\n" });
        document.push_str(&line(&located.row));
    }
    document.push_str("\n]");
}

fn line(row: &impl Serialize) -> String {
    serde_json::to_string(row).expect("rows hold texts, numbers and lists of them")
}
