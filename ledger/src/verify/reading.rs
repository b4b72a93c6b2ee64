//! The file of records for reading: every line has to be what its record says.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::export::layout;
use crate::hash::Hash;
use crate::verify::finding::{Finding, Findings, Gravity, records};

/// The file of records for reading, compared line by line.
pub(crate) struct Reading {
    file: io::Result<BufReader<File>>,
    /// False once a line differed or a record was missing: from there on lines cannot be told apart.
    pub(crate) is_in_step: bool,
    sum: Sha256,
}

impl Reading {
    pub(crate) fn begin(folder: &Path) -> Self {
        let file = File::open(folder.join(layout::RECORDS));
        Self {
            file: file.map(|file| BufReader::with_capacity(1 << 20, file)),
            is_in_step: true,
            sum: Sha256::new(),
        }
    }

    pub(crate) fn compare(&mut self, sequence: u64, line: &[u8], findings: &mut Findings) {
        if !self.is_in_step {
            return;
        }
        let Ok(file) = &mut self.file else { return };
        let mut found = vec![0; line.len()];
        let is_read = file.read_exact(&mut found).is_ok();
        if is_read {
            self.sum.update(&found);
        }
        if !is_read || found != line {
            self.is_in_step = false;
            let finding =
                Finding::new(Gravity::Damage, layout::RECORDS, "the line is not what the record says");
            findings.push(finding.affecting(records(sequence, sequence + 1)));
        }
    }

    /// After the last record nothing may follow.
    pub(crate) fn end(&mut self, findings: &mut Findings) {
        if self.is_in_step
            && let Ok(file) = &mut self.file
        {
            let mut byte = [0];
            if file.read(&mut byte).is_ok_and(|count| count > 0) {
                self.sum.update(byte);
                let what = "it goes on after the last record";
                findings.push(Finding::new(Gravity::Damage, layout::RECORDS, what));
            }
        }
    }

    /// The hash of the whole file, what was compared and what was not.
    pub(crate) fn sum_of_all(&mut self) -> io::Result<Hash> {
        let file = match &mut self.file {
            Ok(file) => file,
            Err(error) => return Err(io::Error::new(error.kind(), error.to_string())),
        };
        let mut buffer = vec![0; 1 << 16];
        loop {
            match file.read(&mut buffer)? {
                0 => return Ok(Hash(std::mem::take(&mut self.sum).finalize().into())),
                count => self.sum.update(&buffer[..count]),
            }
        }
    }
}
