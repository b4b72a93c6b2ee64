//! CSV: rows of text, each with the line on which it really begins.

use csv::{ByteRecord, ReaderBuilder};

use super::table::{Cell, Reading, line_ends};

/// Reads the rows below the header.
pub(super) fn read(reading: &mut Reading<'_>, is_tsv: bool) {
    let bytes = reading.bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(reading.bytes);
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        reading.fault("the file is UTF-16; save it as CSV UTF-8");
        return;
    }
    let usual = if is_tsv { '\t' } else { ',' };
    let delimiter = u8::try_from(reading.format.delimiter.unwrap_or(usual));
    let delimiter = delimiter.expect("the mapping was checked: a delimiter is ASCII");
    let mut reader =
        ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(bytes);
    let mut record = ByteRecord::new();
    let mut lines = Lines { bytes, counted: 0, line: 1 };
    let mut header: Option<Header> = None;
    loop {
        match reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                reading.fault(error.to_string());
                return;
            }
        }
        let start = record.position().map_or(0, |position| position.byte());
        let line = lines.of_record(usize::try_from(start).unwrap_or(usize::MAX));
        match &header {
            None if line < reading.format.header_row => {}
            None => match Header::read(reading, line, &record) {
                Some(found) => header = Some(found),
                None => return,
            },
            Some(header) => {
                if let Some(cells) = cells(reading, header, line, &record)
                    && !reading.push(line, cells)
                {
                    return;
                }
            }
        }
    }
    if header.is_none() {
        reading.fault(format!(
            "line {}, which should name the columns, is not there",
            reading.format.header_row
        ));
    }
}

struct Header {
    names: Vec<String>,
    /// Where the wanted columns are.
    positions: Vec<usize>,
}

impl Header {
    fn read(reading: &Reading<'_>, line: usize, record: &ByteRecord) -> Option<Self> {
        let names: Vec<_> =
            record.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
        let positions = reading.find_columns(line, &names)?;
        Some(Self { names, positions })
    }
}

/// The wanted cells of a row. None if it has more or fewer columns than the header: then nobody knows which is which.
fn cells(reading: &Reading<'_>, header: &Header, line: usize, record: &ByteRecord) -> Option<Vec<Cell>> {
    if record.len() != header.names.len() {
        let message = format!("{} columns, where the header has {}", record.len(), header.names.len());
        reading.fault_of_line(line, message);
        return None;
    }
    for (name, field) in header.names.iter().zip(record.iter()) {
        if let Err(error) = std::str::from_utf8(field) {
            let message = format!("not UTF-8: byte {} of the cell cannot be read", error.valid_up_to());
            reading.fault_of_cell(line, name, message);
        }
    }
    let cell = |position: &usize| match record.get(*position) {
        None | Some([]) => Cell::Empty,
        // What is not UTF-8 has been reported; the rest of the row is checked all the same.
        Some(field) => Cell::Text(String::from_utf8_lossy(field).into_owned()),
    };
    Some(header.positions.iter().map(cell).collect())
}

/// Counts lines as an editor does. The reader's own count stops before the empty lines that it skips.
struct Lines<'a> {
    bytes: &'a [u8],
    /// Up to here lines are counted.
    counted: usize,
    line: usize,
}

impl Lines<'_> {
    /// The line of the record that begins at this byte, or after the empty lines there.
    fn of_record(&mut self, start: usize) -> usize {
        let rest = self.bytes.get(start..).unwrap_or_default();
        let skipped = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let start = (start + skipped).min(self.bytes.len());
        self.line += line_ends(self.bytes.get(self.counted..start).unwrap_or_default());
        self.counted = self.counted.max(start);
        self.line
    }
}
