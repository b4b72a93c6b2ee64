//! What a device has done, in a file that is only added to. A line is sixteen digits, a space and JSON; the digits begin the
//! SHA-256 of those of the line before and the JSON, so that a line that was altered, lost or moved is found.
//!
//! A line that the power went out over is cut at the next start: it was never synced, so nobody was let in for it. Anything
//! else that does not fit stops the start.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use ledger::Hash;
use serde::{Deserialize, Serialize};

use crate::gates::pass::Pass;
use crate::gates::signed::Moment;
use crate::payments::PaymentNumber;

const DIGITS: usize = 16;

/// Something that a device did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "noted", rename_all = "snake_case", deny_unknown_fields)]
pub enum Line {
    /// Somebody is let in, as soon as this is on the disk.
    Use {
        /// For this bill.
        bill: PaymentNumber,
        /// When.
        at: Moment,
    },
    /// A provisional pass is issued and whoever it is for let in, as soon as this is on the disk.
    Pass {
        /// The wish that it came of. A form that is sent again leads to the same pass.
        wish: String,
        /// The pass.
        pass: Pass,
    },
    /// A batch was put together. From here on it is this text, however often it is sent.
    Batch {
        /// Which.
        number: u64,
        /// How many uses are in it.
        use_count: usize,
        /// How many passes are in it.
        #[serde(default, skip_serializing_if = "is_zero")]
        pass_count: usize,
        /// The signed note.
        note: String,
    },
    /// The gateway has taken a batch.
    Taken {
        /// Which.
        number: u64,
    },
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_zero(count: &usize) -> bool {
    *count == 0
}

/// The file.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    /// The digits of the newest line.
    latest: String,
    /// How many lines there are.
    line_count: usize,
    /// A write or sync has failed: what is on the disk is known after a restart.
    is_broken: bool,
}

/// The journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The disk.
    #[error("{}: {source}", path.display())]
    Disk {
        /// Which file.
        path: PathBuf,
        /// What it said.
        source: io::Error,
    },
    /// A line does not fit the one before it.
    #[error("{}: line {line} was altered, or one before it is missing", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
    },
    /// Another program has it open.
    #[error("{}: another program runs with this device", path.display())]
    Held {
        /// Which file.
        path: PathBuf,
    },
    /// A write has failed before.
    #[error("{}: a write has failed before; start again", path.display())]
    Broken {
        /// Which file.
        path: PathBuf,
    },
}

impl Journal {
    /// Opens the journal at this path, and gives its lines.
    pub fn open(path: &Path) -> Result<(Self, Vec<Line>), JournalError> {
        let disk = |source| JournalError::Disk { path: path.to_path_buf(), source };
        let mut options = OpenOptions::new();
        let file = options.read(true).append(true).create(true).mode(0o600).open(path).map_err(disk)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(JournalError::Held { path: path.to_path_buf() }),
            Err(TryLockError::Error(source)) => return Err(disk(source)),
        }
        if let Some(folder) = path.parent() {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(disk)?;
        }
        let bytes = std::fs::read(path).map_err(disk)?;
        let mut journal = Self {
            file,
            path: path.to_path_buf(),
            latest: "0".repeat(DIGITS),
            line_count: 0,
            is_broken: false,
        };
        let (lines, whole_len) = journal.read(&bytes)?;
        if whole_len < bytes.len() {
            let whole_len = u64::try_from(whole_len).unwrap_or(u64::MAX);
            journal.file.set_len(whole_len).map_err(disk)?;
        }
        // What a program wrote that was killed before it synced is shown from now on.
        journal.file.sync_all().map_err(disk)?;
        Ok((journal, lines))
    }

    /// Writes a line and waits until it is on the disk.
    pub fn append(&mut self, line: &Line) -> Result<(), JournalError> {
        if self.is_broken {
            return Err(JournalError::Broken { path: self.path.clone() });
        }
        let json = serde_json::to_string(line).expect("texts and numbers can be written as JSON");
        let digits = digits(&self.latest, &json);
        let written =
            self.file.write_all(format!("{digits} {json}\n").as_bytes()).and_then(|()| self.file.sync_data());
        if let Err(source) = written {
            self.is_broken = true;
            return Err(JournalError::Disk { path: self.path.clone(), source });
        }
        self.latest = digits;
        self.line_count += 1;
        Ok(())
    }

    /// The lines that are whole, and how long they are together. Only the last may be torn.
    fn read(&mut self, bytes: &[u8]) -> Result<(Vec<Line>, usize), JournalError> {
        let (mut lines, mut whole_len) = (Vec::new(), 0);
        while whole_len < bytes.len() {
            let rest = &bytes[whole_len..];
            let end = rest.iter().position(|byte| *byte == b'\n');
            let read = end.and_then(|end| self.read_line(&rest[..end]));
            match (read, end) {
                (Some((line, digits)), Some(end)) => {
                    lines.push(line);
                    self.latest = digits;
                    self.line_count += 1;
                    whole_len += end + 1;
                }
                // The power went out over it: its end is missing, or a part of it was never written.
                (None, None) => break,
                (None, Some(end)) if end + 1 == rest.len() && rest.contains(&0) => break,
                _ => {
                    let line = self.line_count + 1;
                    return Err(JournalError::Damaged { path: self.path.clone(), line });
                }
            }
        }
        Ok((lines, whole_len))
    }

    fn read_line(&self, bytes: &[u8]) -> Option<(Line, String)> {
        let (said, json) = std::str::from_utf8(bytes).ok()?.split_once(' ')?;
        let expected = digits(&self.latest, json);
        let line = serde_json::from_str(json).ok()?;
        (said == expected).then_some((line, expected))
    }
}

fn digits(before: &str, json: &str) -> String {
    let hash = Hash::of_parts(&[before.as_bytes(), b"\n", json.as_bytes()]).to_string();
    hash[..DIGITS].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn used(number: u64) -> Line {
        let bill = PaymentNumber::from_random(number);
        Line::Use { bill, at: Moment(1_795_155_245_000_000) }
    }

    #[test]
    fn what_was_written_is_there_and_what_was_torn_never_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let lines: Vec<_> = (0..3).map(used).collect();
        let (mut journal, found) = Journal::open(&path).unwrap();
        assert_eq!(found, []);
        for line in &lines {
            journal.append(line).unwrap();
        }
        drop(journal);
        let whole = std::fs::read(&path).unwrap();
        let last = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
        for end in last..whole.len() {
            std::fs::write(&path, &whole[..end]).unwrap();
            let (mut journal, found) = Journal::open(&path).unwrap();
            assert_eq!(found, lines[..2], "{end}");
            journal.append(&lines[2]).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), whole, "{end}");
        }
    }

    #[test]
    fn an_altered_byte_before_the_last_line_stops_the_start_and_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (mut journal, _) = Journal::open(&path).unwrap();
        for number in 0..3 {
            journal.append(&used(number)).unwrap();
        }
        drop(journal);
        let whole = std::fs::read(&path).unwrap();
        let first_len = whole.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        for at in 0..first_len {
            let mut altered = whole.clone();
            altered[at] ^= 1;
            std::fs::write(&path, &altered).unwrap();
            let error = Journal::open(&path).unwrap_err();
            assert!(matches!(error, JournalError::Damaged { line: 1, .. }), "{at}: {error}");
        }
        let mut altered = whole.clone();
        *altered.iter_mut().rev().nth(1).unwrap() ^= 1;
        std::fs::write(&path, &altered).unwrap();
        assert!(
            Journal::open(&path).unwrap_err().to_string().contains("line 3"),
            "somebody was let in by it"
        );
        std::fs::write(&path, &whole[first_len..]).unwrap();
        assert!(Journal::open(&path).unwrap_err().to_string().contains("line 1"));
    }
}
