//! What a device has done, in a file that is only added to. A line is sixteen digits, a space and JSON; the digits begin the
//! SHA-256 of those of the line before and the JSON, so that a line that was altered, lost or moved is found.
//!
//! A line that the power went out over is cut at the next start: it was never synced, so nobody was let in for it. Anything
//! else that does not fit stops the start. The file is made when the device is enrolled and at no other time: one that is gone is
//! lost, and with it which numbers were handed out and who was let in.

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
    /// The first line: a device was enrolled.
    Begun {
        /// Which.
        device: String,
    },
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
    /// How late it has been, and how new the newest list was: neither goes back.
    Seen {
        /// The time. It has been no later than the end of the list, for after that nobody is let in by it.
        at: Moment,
        /// When the newest list was made.
        list: Moment,
    },
    /// The gateway knows of more than this file does: it is an older copy, or another program has worked with this device. What
    /// it has that the gateway did not take is told after what the gateway has; and nothing new is done.
    Behind {
        /// Number of the newest batch that the gateway has.
        batches: u64,
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
    /// It is not there, or there is nothing in it.
    #[error(
        "{} is lost: numbers that this device has handed out would be used again, so it cannot go on. Trust it no more \
         (malipo gate revoke), and make a new device in another folder (malipo gate enrol --data FOLDER)", path.display()
    )]
    Lost {
        /// Which file.
        path: PathBuf,
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
    /// Makes the journal of a device that was enrolled just now. None may be there.
    pub fn create(path: &Path, device: &str) -> Result<(), JournalError> {
        let disk = |source| JournalError::Disk { path: path.to_path_buf(), source };
        let mut options = OpenOptions::new();
        let file = options.append(true).create_new(true).mode(0o600).open(path).map_err(disk)?;
        let mut journal = Self::at(path, file);
        journal.append(&Line::Begun { device: device.to_owned() })?;
        journal.sync_folder()
    }

    fn at(path: &Path, file: File) -> Self {
        let latest = "0".repeat(DIGITS);
        Self { file, path: path.to_path_buf(), latest, line_count: 0, is_broken: false }
    }

    fn sync_folder(&self) -> Result<(), JournalError> {
        let Some(folder) = self.path.parent() else { return Ok(()) };
        let synced = File::open(folder).and_then(|folder| folder.sync_all());
        synced.map_err(|source| JournalError::Disk { path: self.path.clone(), source })
    }

    /// Opens the journal at this path, and gives its lines.
    pub fn open(path: &Path) -> Result<(Self, Vec<Line>), JournalError> {
        let disk = |source| JournalError::Disk { path: path.to_path_buf(), source };
        let lost = || JournalError::Lost { path: path.to_path_buf() };
        let file = match OpenOptions::new().read(true).append(true).open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(lost()),
            opened => opened.map_err(disk)?,
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(JournalError::Held { path: path.to_path_buf() }),
            Err(TryLockError::Error(source)) => return Err(disk(source)),
        }
        let mut journal = Self::at(path, file);
        journal.sync_folder()?;
        let bytes = std::fs::read(path).map_err(disk)?;
        let (lines, whole_len) = journal.read(&bytes)?;
        if lines.is_empty() {
            return Err(lost());
        }
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
    use std::fmt::Write as _;

    use super::super::memory::Memory;
    use super::*;
    use crate::gates::batch::{Batch, UsedHere};
    use crate::payments::GATE_BATCH_USES_MAX;

    fn used(number: u64) -> Line {
        let bill = PaymentNumber::from_random(number);
        Line::Use { bill, at: Moment(1_795_155_245_000_000) }
    }

    fn begun() -> Line {
        Line::Begun { device: "gat_elsa".to_owned() }
    }

    #[test]
    fn what_was_written_is_there_and_what_was_torn_never_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let lines: Vec<_> = [begun()].into_iter().chain((1..4).map(used)).collect();
        Journal::create(&path, "gat_elsa").unwrap();
        let (mut journal, found) = Journal::open(&path).unwrap();
        assert_eq!(found, [begun()]);
        for line in &lines[1..] {
            journal.append(line).unwrap();
        }
        drop(journal);
        let whole = std::fs::read(&path).unwrap();
        let last = whole[..whole.len() - 1].iter().rposition(|byte| *byte == b'\n').unwrap() + 1;
        for end in last..whole.len() {
            std::fs::write(&path, &whole[..end]).unwrap();
            let (mut journal, found) = Journal::open(&path).unwrap();
            assert_eq!(found, lines[..3], "{end}");
            journal.append(&lines[3]).unwrap();
            assert_eq!(std::fs::read(&path).unwrap(), whole, "{end}");
        }
    }

    #[test]
    fn an_altered_byte_before_the_last_line_stops_the_start_and_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        Journal::create(&path, "gat_elsa").unwrap();
        let (mut journal, _) = Journal::open(&path).unwrap();
        for number in 1..3 {
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

    #[test]
    fn a_journal_that_is_gone_is_lost_and_none_is_made_in_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let is_lost = || {
            let error = Journal::open(&path).unwrap_err();
            assert!(matches!(error, JournalError::Lost { .. }), "{error}");
            assert!(error.to_string().contains("malipo gate enrol --data"), "it says what to do: {error}");
        };
        is_lost();
        assert!(!path.exists());
        Journal::create(&path, "gat_elsa").unwrap();
        assert!(Journal::create(&path, "gat_elsa").is_err(), "there is one");
        let whole = std::fs::read(&path).unwrap();
        // The power went out while the device was enrolled, or somebody has emptied the file.
        for end in 0..whole.len() {
            std::fs::write(&path, &whole[..end]).unwrap();
            is_lost();
        }
    }

    /// The lines of so many uses, told in batches as a device tells them.
    fn lines_of(use_count: u64) -> Vec<Line> {
        let (key, _) = ledger::SigningKey::generate("malipo-gate").unwrap();
        let mut lines = vec![begun()];
        for (number, first) in (1..).zip((0..use_count).step_by(GATE_BATCH_USES_MAX)) {
            let of_batch = first..use_count.min(first + GATE_BATCH_USES_MAX as u64);
            let uses = of_batch.map(|at| UsedHere {
                bill: PaymentNumber::from_random(at),
                at: Moment(1_795_155_245_123_456 + i64::try_from(at).unwrap() * 30_000_017),
            });
            let uses: Vec<_> = uses.collect();
            lines.extend(uses.iter().map(|used| Line::Use { bill: used.bill, at: used.at }));
            let made_at = uses[0].at;
            let (use_count, pass_count) = (uses.len(), 0);
            let (device, site) = ("gat_0123456789ab".to_owned(), "hells-gate".to_owned());
            let batch = Batch { version: 1, device, site, number, made_at, uses, passes: Vec::new() };
            lines.push(Line::Batch { number, use_count, pass_count, note: batch.sign(&key) });
            lines.push(Line::Taken { number });
        }
        lines
    }

    /// What a device has done in a season is read as at a start. `tests/long gate-journal` says how long that takes for how many.
    #[test]
    fn a_long_journal_is_read_to_its_end() {
        let count = std::env::var("GATE_JOURNAL_USES").map_or(1_000, |text| text.parse().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("journal");
        let (mut text, mut latest) = (String::new(), "0".repeat(DIGITS));
        let lines = lines_of(count);
        for line in &lines {
            let json = serde_json::to_string(line).unwrap();
            latest = digits(&latest, &json);
            writeln!(text, "{latest} {json}").unwrap();
        }
        std::fs::write(&path, &text).unwrap();
        let began = std::time::Instant::now();
        let (_, found) = Journal::open(&path).unwrap();
        let memory = Memory::of(found);
        let took = began.elapsed();
        assert_eq!((memory.uses.len() as u64, memory.untold_count()), (count, 0));
        eprintln!("{count} uses, {} bytes each, are read in {took:?}", text.len() as u64 / count);
    }
}
