//! Writes a catalogue as one document: the same rows give the same bytes, whatever files they came from.

use std::sync::Arc;

use serde::Serialize;

use crate::source::{FORMAT_VERSION, HolidayRow, Located, LocatedRows};

/// One JSON text with one row a line, rows in the order of their codes: it can be hashed, and compared line by line.
pub(super) fn written(rows: LocatedRows) -> Arc<[u8]> {
    let mut document = format!("{{\"format\":{FORMAT_VERSION}").into_bytes();
    push_list(&mut document, "legal_bases", rows.legal_bases, |row| row.code.clone());
    if let Some(fee) = rows.convenience_fees.first() {
        document.extend_from_slice(b",\n\"convenience_fee\":");
        push_row(&mut document, &fee.row);
    }
    // A catalogue without holidays has the bytes, and so the name, that it had before there were any.
    if !rows.public_holidays.is_empty() {
        push_list(&mut document, "public_holidays", rows.public_holidays, HolidayRow::code);
    }
    push_list(&mut document, "agencies", rows.agencies, |row| row.code.clone());
    // The like of one without a national plan, whose ways stay in their order.
    if let Some(Located { row: ways, .. }) = rows.fallbacks.into_iter().next() {
        push_rows(&mut document, "fallback", ways);
    }
    // The like of one without forms.
    if !rows.account_forms.is_empty() {
        push_list(&mut document, "account_forms", rows.account_forms, |row| row.code.clone());
    }
    push_list(&mut document, "services", rows.services, |row| row.slug.clone());
    document.extend_from_slice(b"}\n");
    Arc::from(document)
}

/// Each row is dropped once it is written: tens of thousands of them would otherwise lie in memory beside their
/// document and the services that were made of them.
fn push_list<Row: Serialize>(
    document: &mut Vec<u8>,
    name: &str,
    mut rows: Vec<Located<Row>>,
    code: impl Fn(&Row) -> String,
) {
    rows.sort_by_cached_key(|located| code(&located.row));
    push_rows(document, name, rows.into_iter().map(|located| located.row));
}

fn push_rows<Row: Serialize>(document: &mut Vec<u8>, name: &str, rows: impl IntoIterator<Item = Row>) {
    document.extend_from_slice(format!(",\n\"{name}\":[").as_bytes());
    for (index, row) in rows.into_iter().enumerate() {
        document.extend_from_slice(if index == 0 { b"\n" } else { b",\n" });
        push_row(document, &row);
    }
    document.extend_from_slice(b"\n]");
}

fn push_row(document: &mut Vec<u8>, row: &impl Serialize) {
    serde_json::to_writer(document, row).expect("rows hold texts, numbers and lists of them");
}
