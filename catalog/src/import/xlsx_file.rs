//! XLSX: the cells of one sheet. Formulas count with the value that was saved with them.
//!
//! A workbook is a compressed archive, so a small file can hold a very large one. It is unpacked once for nothing but
//! its size before anything is read from it, and its cells are then read one by one: the dense table that the reader
//! could make of a sheet would be as large as the sheet claims to be.

use std::io::Cursor;

use calamine::{Data, DataRef, ExcelDateTime, Reader as _, Xlsx};
use jiff::civil::Date;
use zip::ZipArchive;

use super::table::{Cell, Reading};

/// The most that a workbook may hold unpacked, in bytes, and in how many parts.
const UNPACKED_BYTES_MAX: u64 = 256 * 1024 * 1024;
const PARTS_MAX: usize = 10_000;
/// The most columns of a sheet; a position beyond them is of a broken file.
const COLUMNS_MAX: usize = 16_384;
/// A spreadsheet keeps this many digits of a number; what has more is not what anybody typed.
const DIGITS_MAX: usize = 15;

/// Reads the rows below the header.
pub(super) fn read(reading: &mut Reading<'_>) {
    if let Err(message) = fits_unpacked(reading.bytes) {
        return reading.fault(message);
    }
    let mut workbook: Xlsx<_> = match Xlsx::new(Cursor::new(reading.bytes)) {
        Ok(workbook) => workbook,
        Err(error) => return reading.fault(format!("not a workbook that can be read: {error}")),
    };
    let sheets = workbook.sheet_names();
    let sheet = match &reading.format.sheet {
        Some(wanted) => sheets.iter().find(|name| *name == wanted),
        None => sheets.first(),
    };
    let Some(sheet) = sheet.cloned() else {
        return reading.fault(format!("there is no such sheet; there are: {}", sheets.join(", ")));
    };
    let mut cells = match workbook.worksheet_cells_reader(&sheet) {
        Ok(cells) => cells,
        Err(error) => return reading.fault(format!("the sheet {sheet} cannot be read: {error}")),
    };
    let mut rows = Rows::new();
    loop {
        match cells.next_cell() {
            Ok(Some(found)) => {
                let (row, column) = found.get_position();
                let (Ok(row), Ok(column)) = (usize::try_from(row), usize::try_from(column)) else { continue };
                if !rows.take(reading, row.saturating_add(1), column, found.get_value()) {
                    return;
                }
            }
            Ok(None) => break,
            Err(error) => {
                return reading
                    .fault_of_line(rows.line, format!("the sheet {sheet} breaks off here: {error}"));
            }
        }
    }
    if rows.finish_row(reading) && rows.positions.is_none() && !rows.is_hopeless {
        reading.fault(format!(
            "line {}, which should name the columns, is not there",
            reading.format.header_row
        ));
    }
}

/// Unpacks every part into nothing and counts. This also checks the sums that the archive keeps of its parts.
fn fits_unpacked(bytes: &[u8]) -> Result<(), String> {
    let broken = |error: &dyn std::fmt::Display| format!("not a workbook that can be read: {error}");
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    if archive.len() > PARTS_MAX {
        return Err(format!("the workbook has more than {PARTS_MAX} parts"));
    }
    let mut room = UNPACKED_BYTES_MAX;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|error| broken(&error))?;
        let mut bounded = std::io::Read::take(part, room + 1);
        let unpacked = std::io::copy(&mut bounded, &mut std::io::sink()).map_err(|error| broken(&error))?;
        room = room
            .checked_sub(unpacked)
            .ok_or_else(|| format!("the workbook is larger than {UNPACKED_BYTES_MAX} bytes when unpacked"))?;
    }
    Ok(())
}

/// The rows of a sheet while its cells arrive, row by row.
struct Rows {
    /// The row that is being read, from 1; 0 before the first.
    line: usize,
    /// The names in the header so far.
    header: Vec<String>,
    /// Where the wanted columns are, once the header is whole.
    positions: Option<Vec<usize>>,
    /// The wanted cells of the row.
    cells: Vec<Cell>,
    /// True if the header does not have what is wanted, which was reported.
    is_hopeless: bool,
}

impl Rows {
    const fn new() -> Self {
        Self { line: 0, header: Vec::new(), positions: None, cells: Vec::new(), is_hopeless: false }
    }

    /// Takes a cell. False if no more of them are wanted.
    fn take(&mut self, reading: &mut Reading<'_>, line: usize, column: usize, value: &DataRef<'_>) -> bool {
        if line != self.line {
            if !self.finish_row(reading) {
                return false;
            }
            self.line = line;
        }
        if line < reading.format.header_row || matches!(value, DataRef::Empty) {
            return true;
        }
        match &self.positions {
            None if line == reading.format.header_row && column < COLUMNS_MAX => {
                self.header.resize(self.header.len().max(column + 1), String::new());
                self.header[column] = Data::from(value.clone()).to_string().trim().to_owned();
            }
            None => {}
            Some(positions) => {
                if self.cells.is_empty() {
                    self.cells = vec![Cell::Empty; positions.len()];
                }
                for (cell, position) in self.cells.iter_mut().zip(positions) {
                    if *position == column {
                        *cell = cell_of(value);
                    }
                }
                if self.header.get(column).is_none_or(String::is_empty) {
                    let message = format!("something stands in column {}, which has no name", column + 1);
                    reading.fault_of_line(line, message);
                }
            }
        }
        true
    }

    /// The row has ended. False if no more of them are wanted.
    fn finish_row(&mut self, reading: &mut Reading<'_>) -> bool {
        if self.line == reading.format.header_row && self.positions.is_none() {
            self.positions = reading.find_columns(self.line, &self.header);
            self.is_hopeless = self.positions.is_none();
            return !self.is_hopeless;
        }
        if self.cells.iter().all(|cell| *cell == Cell::Empty) {
            self.cells.clear();
            return true;
        }
        reading.push(self.line, std::mem::take(&mut self.cells))
    }
}

fn cell_of(value: &DataRef<'_>) -> Cell {
    let text = |text: &str| if text.is_empty() { Cell::Empty } else { Cell::Text(text.to_owned()) };
    match value {
        DataRef::String(found) => text(found),
        DataRef::SharedString(found) => text(found),
        DataRef::Int(number) => Cell::Number(number.to_string()),
        DataRef::Float(number) => number_of(*number),
        DataRef::DateTime(moment) => day_of(moment),
        DataRef::DateTimeIso(found) => match found.parse::<Date>() {
            Ok(day) => Cell::Day(day),
            Err(_) => Cell::Unreadable(format!("{found:?} is not a day")),
        },
        DataRef::Bool(truth) => Cell::Unreadable(format!("{truth} stands where a text belongs")),
        DataRef::Error(error) => Cell::Unreadable(format!("the formula of the cell gives {error}")),
        DataRef::DurationIso(found) => Cell::Unreadable(format!("{found:?} is not a day")),
        DataRef::Empty => Cell::Empty,
    }
}

/// The shortest decimal that is this number: what was typed, as long as it had no more digits than a spreadsheet keeps.
fn number_of(number: f64) -> Cell {
    let text = number.to_string();
    if !number.is_finite() || text.bytes().filter(u8::is_ascii_digit).count() > DIGITS_MAX {
        return Cell::Unreadable(format!("{text} is not exact; write it as text"));
    }
    Cell::Number(text)
}

fn day_of(moment: &ExcelDateTime) -> Cell {
    let (year, month, day, hour, minute, second, millisecond) = moment.to_ymd_hms_milli();
    let is_midnight = (hour, minute, second, millisecond) == (0, 0, 0, 0);
    let small = |number: u8| i8::try_from(number).ok();
    let day = i16::try_from(year).ok().zip(small(month)).zip(small(day));
    match day.and_then(|((year, month), day)| Date::new(year, month, day).ok()) {
        Some(day) if is_midnight && moment.is_datetime() => Cell::Day(day),
        _ => Cell::Unreadable("the cell holds a time, not a day".to_owned()),
    }
}
