//! Whoever attends the gate: judges, keeps a use or a pass on the disk and only then opens, and puts batches together.

use ledger::{SigningKey, VerifyingKey};

use super::folder::{DeviceFolder, DeviceFolderError, DeviceTerms};
use super::journal::{Journal, JournalError, Line};
use super::judge::{Judged, Known, Verdict, judge};
use super::memory::Memory;
use super::passes::{Desk, NoPass, PassWish, Passes};
use crate::clock::format_rfc3339;
use crate::gates::batch::{Batch, UsedHere};
use crate::gates::numbers::Numbers;
use crate::gates::pack::Pack;
use crate::gates::pass::{DeviceCard, Pass, PassError, SignedCard};
use crate::gates::signed::{Moment, Untrusted};
use crate::payments::{GATE_BATCH_PASSES_MAX, GATE_BATCH_USES_MAX};

/// With fewer unused payment numbers than this, more are asked for.
const NUMBERS_MIN: usize = 150;
/// How late it is, and how new the list, is written down so often: a clock that is set back, or a list that is put back, gains at
/// most as much once.
const SEEN_EVERY_MICROS: i64 = 10 * 60 * 1_000_000;
/// The same while the clock of the machine is not believed: whoever sets it back can also turn the machine off and on.
const DOUBTED_EVERY_MICROS: i64 = 60 * 1_000_000;

/// A device at work.
#[derive(Debug)]
pub struct Attendant {
    folder: DeviceFolder,
    terms: DeviceTerms,
    key: SigningKey,
    trusted: Vec<VerifyingKey>,
    pack: Option<(Pack, Vec<VerifyingKey>)>,
    card: Option<(SignedCard, DeviceCard)>,
    numbers: Option<Numbers>,
    journal: Journal,
    memory: Memory,
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
    /// The journal is of another device.
    #[error("its journal is of {0}: put back what belongs here, or make a new device (malipo gate enrol)")]
    OtherJournal(String),
    /// Payment numbers that are not for it.
    #[error("the payment numbers are refused: {0}")]
    Numbers(String),
    /// Its card.
    #[error("its card is refused: {0}")]
    Card(#[from] PassError),
}

impl Attendant {
    /// Opens the device in this folder, as it was left.
    pub fn open(folder: DeviceFolder) -> Result<Self, GateError> {
        let (terms, key, trusted) = (folder.terms()?, folder.key()?, folder.trusted_keys()?);
        let card = folder.card()?.map(|written| SignedCard::read(&written, &trusted)).transpose()?;
        let (journal, lines) = Journal::open(&folder.journal())?;
        let memory = Memory::of(lines);
        if let Some(other) = memory.device.as_ref().filter(|device| **device != terms.device) {
            return Err(GateError::OtherJournal(other.clone()));
        }
        let (pack, numbers) = (None, None);
        let mut attendant = Self { folder, terms, key, trusted, pack, card, numbers, journal, memory };
        if let Some(note) = attendant.folder.pack()? {
            let read = attendant.read_pack(&note)?;
            match attendant.use_pack(read, 1) {
                Err(GateError::OtherPack(reason)) => {
                    tracing::warn!(reason, "The list in the folder is not used.");
                }
                used => used?,
            }
        }
        if let Some(note) = attendant.folder.numbers()? {
            attendant.numbers = Some(attendant.read_numbers(&note)?);
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

    /// How many people it let in, by bills and by passes, and how many of these the gateway has not been told of.
    pub fn counts(&self) -> (usize, usize) {
        (self.memory.in_order.len() + self.passes().all().len(), self.memory.untold_count())
    }

    /// Whether the gateway knows of more that this device did than the device itself. It does nothing new then.
    pub fn is_behind(&self) -> bool {
        self.memory.is_behind
    }

    /// The latest moment of which this device knows: of what it did, of when its list was made, and of how late it has been.
    pub fn latest(&self) -> Option<Moment> {
        self.memory.latest_with(self.pack().map(|pack| pack.made_at))
    }

    /// No moment of this device is before one that it has seen: its clock may have been set back, and a pack says when it was
    /// made.
    pub fn not_before(&self, clock_micros: i64) -> Moment {
        let clock = Moment(clock_micros);
        self.latest().map_or(clock, |latest| latest.max(clock))
    }

    /// Writes down how late it is, if that was not done for a while. After the end of its list nobody is let in: that it is later
    /// than that need not be known.
    pub fn keep_time(&mut self, now: Moment, is_doubted: bool) -> Result<(), GateError> {
        let Some(pack) = self.pack() else { return Ok(()) };
        let (at, list) = (now.min(pack.valid_until), pack.made_at);
        let every = if is_doubted { DOUBTED_EVERY_MICROS } else { SEEN_EVERY_MICROS };
        let is_new = self.latest().is_none_or(|latest| latest.0.saturating_add(every) <= at.0);
        // The end itself is not left for later.
        let is_over = at == pack.valid_until && self.latest() < Some(at);
        if is_new || is_over { self.note(Line::Seen { at, list }) } else { Ok(()) }
    }

    /// Judges what is shown.
    pub fn look(&self, shown: &str, now: Moment) -> Judged {
        let nothing = Judged::without_bill;
        match &self.pack {
            _ if self.memory.is_behind => nothing(Verdict::DeviceBehind),
            None => nothing(Verdict::PackTooOld),
            Some((pack, _)) if pack.revoked_devices.contains(&self.terms.device) => {
                nothing(Verdict::DeviceRevoked)
            }
            Some((pack, keys)) => {
                let (uses, passes, terms) = (&self.memory.uses, self.passes(), &self.terms);
                judge(&Known { pack, keys, uses, passes, terms }, shown, now)
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

    /// What passes are decided by.
    pub fn desk(&self) -> Desk<'_> {
        Desk {
            device: &self.terms.device,
            is_behind: self.memory.is_behind,
            card: self.card.as_ref().map(|(_, card)| card),
            pack: self.pack(),
            numbers: self.numbers.as_ref().map_or(&[], |numbers| &numbers.numbers),
            passes: self.passes(),
        }
    }

    /// The passes that it has issued.
    pub fn passes(&self) -> &Passes {
        &self.memory.passes
    }

    /// Issues the pass that is wished for, and gives its number. It is printed when it is on the disk, and not before; the same
    /// wish leads to the same pass.
    pub fn issue(&mut self, wish: &PassWish, now: Moment) -> Result<Result<u64, NoPass>, GateError> {
        if let Some(before) = self.passes().of_wish(wish) {
            return Ok(before.map(|pass| pass.number));
        }
        let pass = match self.desk().write(wish, now) {
            Ok(pass) => pass,
            Err(why) => return Ok(Err(why)),
        };
        let number = pass.number;
        self.note(Line::Pass { wish: wish.id.clone(), pass })?;
        Ok(Ok(number))
    }

    /// The text that is printed of a pass: the same each time.
    pub fn printed(&self, pass: &Pass) -> Option<String> {
        self.card.as_ref().map(|(card, _)| pass.sign(&self.key, card))
    }

    /// Takes a newer pack.
    pub fn take_pack(&mut self, note: &str) -> Result<(), GateError> {
        let read = self.read_pack(note)?;
        if self.pack().is_some_and(|known| read.0.made_at < known.made_at) {
            return Err(GateError::OtherPack("it is older than the one that is here".to_owned()));
        }
        self.is_not_older(&read.0)?;
        self.folder.keep_pack(note)?;
        self.use_pack(read, SEEN_EVERY_MICROS)
    }

    /// Works with this pack, and with no older one from now on: that is written down when it is so much newer than what was.
    fn use_pack(&mut self, read: (Pack, Vec<VerifyingKey>), newer_by: i64) -> Result<(), GateError> {
        self.is_not_older(&read.0)?;
        let list = read.0.made_at;
        let told = read.0.told.iter().find(|told| told.device == self.terms.device).cloned();
        self.pack = Some(read);
        if self.memory.newest_list().is_none_or(|newest| newest.0.saturating_add(newer_by) <= list.0) {
            self.note(Line::Seen { at: list, list })?;
        }
        if let Some(told) = told.filter(|told| self.memory.stands_behind(told)) {
            tracing::error!(
                batches = told.batches,
                "The gateway knows of more than the journal of this device: it is an older copy, or another program has worked \
                 with this device. Nobody is let in here any more; what is in it is still told. Make a new device in another folder \
                 (malipo gate enrol --data FOLDER), and trust this one no more (malipo gate revoke)."
            );
            self.note(Line::Behind { batches: told.batches })?;
        }
        Ok(())
    }

    fn is_not_older(&self, pack: &Pack) -> Result<(), GateError> {
        match self.memory.newest_list().filter(|newest| pack.made_at < *newest) {
            None => Ok(()),
            Some(newest) => {
                let (made, newest) = (format_rfc3339(pack.made_at.0), format_rfc3339(newest.0));
                let reason = format!("it is of {made}, and this device has had one of {newest}");
                Err(GateError::OtherPack(reason))
            }
        }
    }

    /// Whether the gateway is to be asked for payment numbers.
    pub fn wants_numbers(&self) -> bool {
        self.card.is_some() && self.desk().unused_numbers().take(NUMBERS_MIN).count() < NUMBERS_MIN
    }

    /// Takes payment numbers. Those that were handed out stay so, whatever the gateway knows of it.
    pub fn take_numbers(&mut self, note: &str) -> Result<(), GateError> {
        let read = self.read_numbers(note)?;
        if self.numbers.as_ref().is_some_and(|known| read.made_at < known.made_at) {
            return Err(GateError::Numbers("they are older than those that are here".to_owned()));
        }
        self.folder.keep_numbers(note)?;
        self.numbers = Some(read);
        Ok(())
    }

    /// The batch that is to be sent: the one that was not taken, or a new one of what has been done since. Nothing if
    /// everything was told.
    pub fn batch(&mut self, now: Moment) -> Result<Option<(u64, String)>, GateError> {
        let memory = &self.memory;
        let (uses, passes) = (&memory.in_order[memory.batched_count..], memory.passes.not_batched());
        if memory.waiting.is_none() && (!uses.is_empty() || !passes.is_empty()) {
            let uses = uses.iter().take(GATE_BATCH_USES_MAX);
            let uses: Vec<_> = uses.map(|(bill, at)| UsedHere { bill: *bill, at: *at }).collect();
            let room = GATE_BATCH_PASSES_MAX.min(GATE_BATCH_USES_MAX - uses.len());
            let passes: Vec<_> = passes.iter().take(room).cloned().collect();
            let (number, use_count, pass_count) = (memory.batch_count + 1, uses.len(), passes.len());
            let batch = Batch {
                version: 1,
                device: self.terms.device.clone(),
                site: self.terms.site.clone(),
                number,
                made_at: now,
                uses,
                passes,
            };
            self.note(Line::Batch { number, use_count, pass_count, note: batch.sign(&self.key) })?;
        }
        Ok(self.memory.waiting.clone())
    }

    /// The gateway has taken a batch.
    pub fn batch_was_taken(&mut self, number: u64) -> Result<(), GateError> {
        if self.memory.waiting.as_ref().is_some_and(|(waiting, _)| *waiting == number) {
            self.note(Line::Taken { number })?;
        }
        Ok(())
    }

    fn note(&mut self, line: Line) -> Result<(), GateError> {
        self.journal.append(&line)?;
        self.memory.apply(line);
        Ok(())
    }

    fn read_numbers(&self, note: &str) -> Result<Numbers, GateError> {
        let refused = |reason: String| GateError::Numbers(reason);
        let numbers = Numbers::open(note, &self.trusted).map_err(|error| refused(error.to_string()))?;
        if numbers.device != self.terms.device {
            return Err(refused(format!("they are for {}", numbers.device)));
        }
        if numbers.version != 1 {
            return Err(refused(format!("this program reads version 1, not {}", numbers.version)));
        }
        Ok(numbers)
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
