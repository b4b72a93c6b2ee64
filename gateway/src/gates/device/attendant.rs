//! Whoever attends the gate: judges, keeps a use or a pass on the disk and only then opens, and puts batches together.

use ledger::{SigningKey, VerifyingKey};

use super::folder::{DeviceFolder, DeviceFolderError, DeviceTerms};
use super::journal::{Journal, JournalError, Line};
use super::judge::{Judged, Known, Uses, Verdict, judge};
use super::passes::{Desk, NoPass, PassWish, Passes};
use crate::gates::batch::{Batch, UsedHere};
use crate::gates::numbers::Numbers;
use crate::gates::pack::Pack;
use crate::gates::pass::{DeviceCard, Pass, PassError, SignedCard};
use crate::gates::signed::{Moment, Untrusted};
use crate::payments::{GATE_BATCH_PASSES_MAX, GATE_BATCH_USES_MAX, PaymentNumber};

/// With fewer unused payment numbers than this, more are asked for.
const NUMBERS_MIN: usize = 150;

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
    /// Whom it let in, in order.
    in_order: Vec<(PaymentNumber, Moment)>,
    uses: Uses,
    passes: Passes,
    /// No moment of it is before this.
    latest: Option<Moment>,
    /// How many uses are in batches.
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
        let mut attendant = Self {
            folder,
            terms,
            key,
            trusted,
            pack: None,
            card,
            numbers: None,
            journal,
            in_order: Vec::new(),
            uses: Uses::new(),
            passes: Passes::default(),
            latest: None,
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
        let untold = self.in_order.len() - self.told_count + self.passes.untold_count();
        (self.in_order.len() + self.passes.all().len(), untold)
    }

    /// No moment of this device is before one that it has seen: its clock may have been set back, and a pack says when it was
    /// made.
    pub fn not_before(&self, clock_micros: i64) -> Moment {
        let made = self.pack().map(|pack| pack.made_at);
        let known = [Some(Moment(clock_micros)), made, self.latest];
        known.into_iter().flatten().max().unwrap_or(Moment(clock_micros))
    }

    /// Judges what is shown.
    pub fn look(&self, shown: &str, now: Moment) -> Judged {
        let nothing = Judged::without_bill;
        match &self.pack {
            None => nothing(Verdict::PackTooOld),
            Some((pack, _)) if pack.revoked_devices.contains(&self.terms.device) => {
                nothing(Verdict::DeviceRevoked)
            }
            Some((pack, keys)) => {
                let (uses, passes, terms) = (&self.uses, &self.passes, &self.terms);
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
            card: self.card.as_ref().map(|(_, card)| card),
            pack: self.pack(),
            numbers: self.numbers.as_ref().map_or(&[], |numbers| &numbers.numbers),
            passes: &self.passes,
        }
    }

    /// The passes that it has issued.
    pub fn passes(&self) -> &Passes {
        &self.passes
    }

    /// Issues the pass that is wished for, and gives its number. It is printed when it is on the disk, and not before; the same
    /// wish leads to the same pass.
    pub fn issue(&mut self, wish: &PassWish, now: Moment) -> Result<Result<u64, NoPass>, GateError> {
        if let Some(before) = self.passes.of_wish(wish) {
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
        self.folder.keep_pack(note)?;
        self.pack = Some(read);
        Ok(())
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
        let (uses, passes) = (&self.in_order[self.batched_count..], self.passes.not_batched());
        if self.waiting.is_none() && (!uses.is_empty() || !passes.is_empty()) {
            let uses = uses.iter().take(GATE_BATCH_USES_MAX);
            let uses: Vec<_> = uses.map(|(bill, at)| UsedHere { bill: *bill, at: *at }).collect();
            let room = GATE_BATCH_PASSES_MAX.min(GATE_BATCH_USES_MAX - uses.len());
            let passes: Vec<_> = passes.iter().take(room).cloned().collect();
            let (number, use_count, pass_count) = (self.batch_count + 1, uses.len(), passes.len());
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
                self.latest = self.latest.max(Some(at));
            }
            Line::Pass { wish, pass } => {
                self.uses.entry(pass.bill).or_insert(pass.issued_at);
                self.latest = self.latest.max(Some(pass.issued_at));
                self.passes.add(wish, pass);
            }
            Line::Batch { number, use_count, pass_count, note } => {
                self.batched_count += use_count;
                self.passes.batched_count += pass_count;
                self.batch_count = number;
                self.waiting = Some((number, note));
            }
            Line::Taken { .. } => {
                self.told_count = self.batched_count;
                self.passes.told_count = self.passes.batched_count;
                self.waiting = None;
            }
        }
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
