//! The text of a file, and the numbers of its lines: where they start is found once, and only if there is a problem to place.

use std::sync::OnceLock;

/// The text of a file.
#[derive(Debug)]
pub(crate) struct FileText {
    text: Box<str>,
    /// Where each line after the first starts.
    line_starts: OnceLock<Vec<usize>>,
}

impl FileText {
    pub(crate) fn new(text: &str) -> Self {
        Self { text: text.into(), line_starts: OnceLock::new() }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// The number of the line that holds this byte, counted from 1.
    pub(crate) fn line_of(&self, offset: usize) -> usize {
        let starts = self.line_starts.get_or_init(|| {
            let ends = self.bytes().iter().enumerate().filter(|(_, byte)| **byte == b'\n');
            ends.map(|(at, _)| at + 1).collect()
        });
        1 + starts.partition_point(|start| *start <= offset)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_on_the_line_that_counting_says() {
        for text in ["", "a", "\n", "a\nbb\n\nccc", "\n\na\n"] {
            let file = FileText::new(text);
            for offset in 0..=text.len() {
                let counted = 1 + text.as_bytes()[..offset].iter().filter(|byte| **byte == b'\n').count();
                assert_eq!(file.line_of(offset), counted, "{offset} in {text:?}");
            }
        }
    }
}
