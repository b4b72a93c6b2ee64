//! QR codes as the path of an inline SVG: one stroke for each run of dark modules, so that the code of a receipt takes
//! some eight kilobytes of page instead of fifty; and as the runs themselves, for paper.

use std::fmt::Write as _;

use qrcode::{Color, EcLevel, QrCode};

/// Modules of white that a reader needs around the code.
const QUIET_MODULES: usize = 4;

/// A QR code as its runs of dark modules, row by row.
#[derive(Debug)]
pub(super) struct QrRuns {
    /// Side of the square in modules, white edge included.
    pub(super) side: usize,
    /// Every run.
    pub(super) runs: Vec<Run>,
}

/// Dark modules beside each other. Counted from the corner of the white edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) row: usize,
    pub(super) column: usize,
    pub(super) length: usize,
}

/// A QR code, ready to be drawn with strokes one module wide.
#[derive(Debug)]
pub(super) struct QrPath {
    /// Side of the square in modules, white edge included.
    pub(super) side: usize,
    /// What goes into the `d` of the path.
    pub(super) path: String,
}

impl QrRuns {
    /// The code of a text; nothing if it is too long for any.
    pub(super) fn of(text: &str) -> Option<Self> {
        // A quarter may be lost on a printed sheet that was folded and rained on; more would make the modules too small
        // for the camera of a cheap phone.
        let code = QrCode::with_error_correction_level(text, EcLevel::M).ok()?;
        let (width, modules) = (code.width(), code.to_colors());
        let mut runs = Vec::new();
        for (row, modules) in modules.chunks(width).enumerate() {
            let mut column = 0;
            for run in modules.chunk_by(|left, right| left == right) {
                if run[0] == Color::Dark {
                    let (row, column) = (row + QUIET_MODULES, column + QUIET_MODULES);
                    runs.push(Run { row, column, length: run.len() });
                }
                column += run.len();
            }
        }
        Some(Self { side: width + 2 * QUIET_MODULES, runs })
    }
}

impl QrPath {
    /// The code of a text; nothing if it is too long for any.
    pub(super) fn of(text: &str) -> Option<Self> {
        let QrRuns { side, runs } = QrRuns::of(text)?;
        let mut path = format!("M{QUIET_MODULES} {QUIET_MODULES}.5");
        let (mut row, mut column) = (QUIET_MODULES, QUIET_MODULES);
        for run in runs {
            let across = i64::try_from(run.column).ok()? - i64::try_from(column).ok()?;
            if run.row > row || across != 0 {
                write!(path, "m{across} {}", run.row - row).ok()?;
            }
            write!(path, "h{}", run.length).ok()?;
            (row, column) = (run.row, run.column + run.length);
        }
        Some(Self { side, path })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Draws the strokes again.
    fn drawn(qr: &QrPath) -> Vec<Color> {
        let width = qr.side - 2 * QUIET_MODULES;
        let mut modules = vec![Color::Light; width * width];
        let (_, steps) = qr.path.split_once(".5").unwrap();
        let (mut x, mut y) = (0_usize, 0_usize);
        for step in steps.replace('h', "\nh").replace('m', "\nm").lines().skip(1) {
            let (letter, numbers) = step.split_at(1);
            if letter == "h" {
                let length: usize = numbers.parse().unwrap();
                modules[y * width + x..][..length].fill(Color::Dark);
                x += length;
            } else {
                let (across, down) = numbers.split_once(' ').unwrap();
                x = x.checked_add_signed(across.parse().unwrap()).unwrap();
                y += down.parse::<usize>().unwrap();
            }
        }
        modules
    }

    #[test]
    fn the_strokes_draw_the_code_and_are_small() {
        let text = format!("MLP1:{}", "RTdLMS1ETlRXCjQ5MDUgNjYx".repeat(12));
        let qr = QrPath::of(&text).unwrap();
        let code = QrCode::with_error_correction_level(&text, EcLevel::M).unwrap();
        assert_eq!(drawn(&qr), code.to_colors());
        assert!(qr.path.len() < 9_000, "{} bytes", qr.path.len());
    }

    #[test]
    fn what_no_code_can_hold_has_none() {
        assert!(QrPath::of(&"x".repeat(4_000)).is_none());
    }
}
