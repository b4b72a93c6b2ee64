//! Whoever attends the gate: judges, keeps a use on the disk and only then opens, and puts batches together.

use ledger::{SigningKey, VerifyingKey};

use super::folder::{DeviceFolder, DeviceFolderError, DeviceTerms};
use super::journal::{Journal, JournalError, Line};
use super::judge::{Judged, Known, Uses, Verdict, judge};
use crate::gates::batch::{Batch, UsedHere};
use crate::gates::pack::Pack;
use crate::gates::signed::{Moment, Untrusted};
use crate::payments::{GATE_BATCH_USES_MAX, PaymentNumber};

/// A device at work.
#[derive(Debug)]
pub struct Attendant {
    folder: DeviceFolder,
    terms: DeviceTerms,
    key: SigningKey,
    trusted: Vec<VerifyingKey>,
    pack: Option<(Pack, Vec<VerifyingKey>)>,
    journal: Journal,
    /// Whom it let in, in order.
    in_order: Vec<(PaymentNumber, Moment)>,
    uses: Uses,
    /// How many of them are in batches.
    batched_count: usize,
    /// How many of them are in batches that the gateway has taken.
    told_count: usize,
    /// Number of the newest batch.
    batch_count: u64,
    /// The newest batch, if the gateway has not taken it.
    waiting: Option<(u64, String)>,
}

/// A device cannot work.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// Its folder.
    #[error(transparent)]
    Folder(#[from] DeviceFolderError),
    /// Its journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The pack.
    #[error("the pack is refused: {0}")]
    Pack(#[from] Untrusted),
    /// The pack is somebody else's, or older than the one that is here.
    #[error("the pack is refused: {0}")]
    OtherPack(String),
}

impl Attendant {
    /// Opens the device in this folder, as it was left.
    pub fn open(folder: DeviceFolder) -> Result<Self, GateError> {
        let (terms, key, trusted) = (folder.terms()?, folder.key()?, folder.trusted_keys()?);
        let (journal, lines) = Journal::open(&folder.journal())?;
        let mut attendant = Self {
            folder,
            terms,
            key,
            trusted,
            pack: None,
            journal,
            in_order: Vec::new(),
            uses: Uses::new(),
            batched_count: 0,
            told_count: 0,
            batch_count: 0,
            waiting: None,
        };
        for line in lines {
            attendant.apply(line);
        }
        if let Some(note) = attendant.folder.pack()? {
            attendant.pack = Some(attendant.read_pack(&note)?);
        }
        Ok(attendant)
    }

    /// What it is.
    pub fn terms(&self) -> &DeviceTerms {
        &self.terms
    }

    /// The pack that it works with.
    pub fn pack(&self) -> Option<&Pack> {
        self.pack.as_ref().map(|(pack, _)| pack)
    }

    /// How many people it let in, and how many of them the gateway has not been told of.
    pub fn counts(&self) -> (usize, usize) {
        (self.in_order.len(), self.in_order.len().saturating_sub(self.told_count))
    }

    /// No moment of this device is before one that it has seen: its clock may have been set back, and a pack says when it was
    /// made.
    pub fn not_before(&self, clock_micros: i64) -> Moment {
        let made = self.pack().map(|pack| pack.made_at);
        let latest = self.in_order.last().map(|(_, at)| *at);
        [Some(Moment(clock_micros)), made, latest].into_iter().flatten().max().unwrap_or(Moment(clock_micros))
    }

    /// Judges what is shown.
    pub fn look(&self, shown: &str, now: Moment) -> Judged {
        match &self.pack {
            None => Judged { verdict: Verdict::PackTooOld, bill: None, prepaid: None },
            Some((pack, _)) if pack.revoked_devices.contains(&self.terms.device) => {
                Judged { verdict: Verdict::DeviceRevoked, bill: None, prepaid: None }
            }
            Some((pack, keys)) => {
                let known = Known { pack, keys, uses: &self.uses, gate: &self.terms.gate };
                judge(&known, shown, now)
            }
        }
    }

    /// Judges what is shown, and lets in whoever may come in: they are told so when it is on the disk, and not before.
    pub fn let_in(&mut self, shown: &str, now: Moment) -> Result<Judged, GateError> {
        let judged = self.look(shown, now);
        let (Verdict::Valid, Some(bill)) = (&judged.verdict, judged.bill) else { return Ok(judged) };
        self.note(Line::Use { bill, at: now })?;
        Ok(Judged { verdict: Verdict::LetIn, ..judged })
    }

    /// Takes a newer pack.
    pub fn take_pack(&mut self, note: &str) -> Result<(), GateError> {
        let read = self.read_pack(note)?;
        if self.pack().is_some_and(|known| read.0.made_at < known.made_at) {
            return Err(GateError::OtherPack("it is older than the one that is here".to_owned()));
        }
        self.folder.keep_pack(note)?;
        self.pack = Some(read);
        Ok(())
    }

    /// The batch that is to be sent: the one that was not taken, or a new one of what has been done since. Nothing if
    /// everything was told.
    pub fn batch(&mut self, now: Moment) -> Result<Option<(u64, String)>, GateError> {
        if self.waiting.is_none() && self.batched_count < self.in_order.len() {
            let uses = self.in_order[self.batched_count..].iter().take(GATE_BATCH_USES_MAX);
            let uses: Vec<_> = uses.map(|(bill, at)| UsedHere { bill: *bill, at: *at }).collect();
            let (number, use_count) = (self.batch_count + 1, uses.len());
            let batch = Batch {
                version: 1,
                device: self.terms.device.clone(),
                site: self.terms.site.clone(),
                number,
                made_at: now,
                uses,
                passes: Vec::new(),
            };
            self.note(Line::Batch { number, use_count, note: batch.sign(&self.key) })?;
        }
        Ok(self.waiting.clone())
    }

    /// The gateway has taken a batch.
    pub fn batch_was_taken(&mut self, number: u64) -> Result<(), GateError> {
        if self.waiting.as_ref().is_some_and(|(waiting, _)| *waiting == number) {
            self.note(Line::Taken { number })?;
        }
        Ok(())
    }

    fn note(&mut self, line: Line) -> Result<(), GateError> {
        self.journal.append(&line)?;
        self.apply(line);
        Ok(())
    }

    fn apply(&mut self, line: Line) {
        match line {
            Line::Use { bill, at } => {
                self.uses.entry(bill).or_insert(at);
                self.in_order.push((bill, at));
            }
            Line::Batch { number, use_count, note } => {
                self.batched_count += use_count;
                self.batch_count = number;
                self.waiting = Some((number, note));
            }
            Line::Taken { .. } => {
                self.told_count = self.batched_count;
                self.waiting = None;
            }
        }
    }

    fn read_pack(&self, note: &str) -> Result<(Pack, Vec<VerifyingKey>), GateError> {
        let pack = Pack::open(note, &self.trusted)?;
        if (pack.site.as_str(), pack.agency.as_str())
            != (self.terms.site.as_str(), self.terms.agency.as_str())
        {
            let reason = format!("it is for {} of {}", pack.site, pack.agency);
            return Err(GateError::OtherPack(reason));
        }
        if pack.version != 1 {
            return Err(GateError::OtherPack(format!("this program reads version 1, not {}", pack.version)));
        }
        let keys = pack.receipt_keys.iter().map(|key| VerifyingKey::parse(key));
        let keys = keys.collect::<Result<_, _>>().map_err(|error| GateError::OtherPack(error.to_string()))?;
        Ok((pack, keys))
    }
}
