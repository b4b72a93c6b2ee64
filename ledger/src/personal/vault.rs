//! The vault: wrapped data keys in slots of one file. Slots are made ahead, many with one sync, so that taking a key
//! never waits for the disk; slots that were made ahead and not used when the process ends stay unused.
//! `FORMAT.md` has the bytes.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand;
use zeroize::Zeroizing;

use super::key_file::{KEY_LEN, key_file_of, key_in_file};
use crate::storage::{Storage, StorageFile, is_lack_of_room, read_whole, write_whole};

const SLOTS: &str = "slots";
const SLOT_LEN: usize = 80;
const WRAPPED_LEN: usize = KEY_LEN + 16;
/// Slots made at once.
const MADE_AHEAD_COUNT: usize = 1024;
/// More slots are made when fewer than this are left.
const LOW_COUNT: usize = 512;
const STATE_LIVE: u8 = 1;
const STATE_DESTROYED: u8 = 2;

/// A key of one bill. Forgotten when dropped.
#[derive(Clone)]
pub struct DataKey {
    bytes: Zeroizing<[u8; KEY_LEN]>,
}

impl DataKey {
    pub(crate) fn new(bytes: [u8; KEY_LEN]) -> Self {
        Self { bytes: Zeroizing::new(bytes) }
    }

    pub(crate) fn bytes(&self) -> &[u8; KEY_LEN] {
        &self.bytes
    }
}

impl std::fmt::Debug for DataKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DataKey(..)")
    }
}

/// A calendar month, counted from January of the year 0: `year * 12 + month - 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month(pub u32);

/// A key that nobody else has, and where it lies.
#[derive(Debug)]
pub struct TakenKey {
    /// The slot.
    pub slot: u64,
    /// The key.
    pub key: DataKey,
}

/// The vault could not be read or written, or what lies in it is wrong.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The disk.
    #[error("the vault of personal keys: {0}")]
    Io(#[from] io::Error),
    /// A slot is not as it was written.
    #[error("slot {0} of the vault of personal keys is damaged")]
    Damaged(u64),
    /// The key of the month that wraps a slot has gone.
    #[error("the key of month {0} has gone, and with it the keys that it wraps")]
    MonthGone(u32),
    /// The key of a month is not as it was written.
    #[error("months/{:04}-{:02}.key of the vault of personal keys is damaged; restore it from a copy", .0 / 12, .0 % 12 + 1)]
    MonthDamaged(u32),
    /// The operating system gave no random numbers.
    #[error("the operating system gave no random numbers")]
    NoRandomness,
    /// A field is longer than can be written.
    #[error("a personal field is longer than 65,535 bytes")]
    FieldTooLong,
}

/// The vault. Shared by everything that seals or opens.
pub struct Vault {
    shared: Arc<Shared>,
    maker: Option<JoinHandle<()>>,
}

struct Shared {
    storage: Arc<dyn Storage>,
    file: Arc<dyn StorageFile>,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    month: Month,
    /// None until there is room for it.
    month_key: Option<Arc<LessSafeKey>>,
    older: Vec<(Month, Arc<LessSafeKey>)>,
    next_slot: u64,
    made_ahead: Vec<TakenKey>,
    failure: Option<String>,
    is_closed: bool,
}

impl Vault {
    /// Whether the key of this month is as it was written, if there is one. Changes nothing.
    pub fn check(storage: &dyn Storage, month: Month) -> Result<(), VaultError> {
        match month_key(storage, month, false) {
            Ok(_) | Err(VaultError::MonthGone(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Opens the vault in this storage, which should be no part of the journal's backups. `month` is the current one.
    ///
    /// A disk without room for more keys does not stop this: what was sealed before can be opened, and who wants a new
    /// key is told.
    pub fn open(storage: Arc<dyn Storage>, month: Month) -> Result<Self, VaultError> {
        let file = match storage.open(SLOTS)? {
            Some(file) => file,
            None => {
                write_whole(&*storage, SLOTS, &[])?;
                storage.open(SLOTS)?.ok_or_else(|| io::Error::other("the vault has gone"))?
            }
        };
        let slot_count = file.byte_count()?.div_ceil(SLOT_LEN as u64);
        let state = State {
            month,
            month_key: None,
            older: Vec::new(),
            next_slot: slot_count,
            made_ahead: Vec::new(),
            failure: None,
            is_closed: false,
        };
        let shared = Arc::new(Shared { storage, file, state: Mutex::new(state), changed: Condvar::new() });
        let is_failing = match shared.make_ahead() {
            Ok(()) => false,
            Err(VaultError::Io(error)) if is_lack_of_room(&error) => {
                shared.fail(&error.into());
                true
            }
            Err(error) => return Err(error),
        };
        let for_maker = Arc::clone(&shared);
        let maker = std::thread::Builder::new()
            .name("vault".to_owned())
            .spawn(move || for_maker.keep_making(is_failing))
            .expect("a thread can be started while the program starts");
        Ok(Self { shared, maker: Some(maker) })
    }

    /// Takes a key that nobody has had. Waits only when more keys are wanted at once than were made ahead.
    pub fn take(&self) -> Result<TakenKey, VaultError> {
        let mut state = self.shared.lock();
        loop {
            if let Some(taken) = state.made_ahead.pop() {
                if state.made_ahead.len() < LOW_COUNT {
                    // Whatever was in the way before may have gone.
                    state.failure = None;
                    self.shared.changed.notify_all();
                }
                return Ok(taken);
            }
            if let Some(what) = state.failure.take() {
                self.shared.changed.notify_all();
                return Err(io::Error::other(what).into());
            }
            self.shared.changed.notify_all();
            state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The key in a slot; nothing if it was destroyed.
    pub fn key(&self, slot: u64) -> Result<Option<DataKey>, VaultError> {
        unwrap_key(&*self.shared.file, slot, |month| self.shared.key_of(month))
    }

    /// Destroys the key in a slot, durably. What it sealed cannot be read by anybody any more.
    pub fn destroy(&self, slot: u64) -> Result<(), VaultError> {
        let mut bytes = [0; SLOT_LEN];
        bytes[8] = STATE_DESTROYED;
        let checksum = crc32c::crc32c(&bytes[4..]);
        bytes[..4].copy_from_slice(&checksum.to_le_bytes());
        self.shared.file.write_all_at(&bytes, slot * SLOT_LEN as u64)?;
        self.shared.file.sync()?;
        Ok(())
    }

    /// From now on keys are wrapped by this month's key. Keys made ahead in an older month are let go.
    pub fn begin_month(&self, month: Month) -> Result<(), VaultError> {
        let mut state = self.shared.lock();
        if state.month == month {
            return Ok(());
        }
        let new = month_key(&*self.shared.storage, month, true)?;
        let old = state.month_key.replace(new);
        let old_month = std::mem::replace(&mut state.month, month);
        state.older.extend(old.map(|old| (old_month, old)));
        state.made_ahead.clear();
        state.failure = None;
        self.shared.changed.notify_all();
        Ok(())
    }
}

/// A vault that is only read, beside whoever has it open: makes no keys and changes nothing.
pub struct VaultReader {
    storage: Arc<dyn Storage>,
    file: Arc<dyn StorageFile>,
}

impl VaultReader {
    /// Opens the vault in this storage, which has to be there.
    pub fn open(storage: Arc<dyn Storage>) -> Result<Self, VaultError> {
        let file = storage.open(SLOTS)?.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        Ok(Self { storage, file })
    }

    /// The key in a slot; nothing if it was destroyed.
    pub fn key(&self, slot: u64) -> Result<Option<DataKey>, VaultError> {
        unwrap_key(&*self.file, slot, |month| month_key(&*self.storage, month, false))
    }
}

fn unwrap_key(
    file: &dyn StorageFile,
    slot: u64,
    key_of: impl FnOnce(Month) -> Result<Arc<LessSafeKey>, VaultError>,
) -> Result<Option<DataKey>, VaultError> {
    let mut bytes = [0; SLOT_LEN];
    file.read_exact_at(&mut bytes, slot * SLOT_LEN as u64)?;
    let checksum = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
    if crc32c::crc32c(&bytes[4..]) != checksum {
        return Err(VaultError::Damaged(slot));
    }
    if bytes[8] == STATE_DESTROYED {
        return Ok(None);
    }
    let month = Month(u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]));
    let nonce: [u8; NONCE_LEN] = bytes[12..12 + NONCE_LEN].try_into().expect("as many bytes as a nonce has");
    let mut wrapped = Zeroizing::new([0; WRAPPED_LEN]);
    wrapped.copy_from_slice(&bytes[24..24 + WRAPPED_LEN]);
    let nonce = Nonce::assume_unique_for_key(nonce);
    let key = key_of(month)?
        .open_in_place(nonce, Aad::from(slot.to_le_bytes()), &mut wrapped[..])
        .map_err(|_| VaultError::Damaged(slot))?;
    Ok(Some(DataKey::new((&*key).try_into().map_err(|_| VaultError::Damaged(slot))?)))
}

impl Drop for Vault {
    fn drop(&mut self) {
        self.shared.lock().is_closed = true;
        self.shared.changed.notify_all();
        if let Some(maker) = self.maker.take() {
            let _ = maker.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes keys whenever few are left. Says when that begins to fail, and when it works again; not each time between.
    fn keep_making(&self, mut is_failing: bool) {
        loop {
            let mut state = self.lock();
            while !state.is_closed && (state.made_ahead.len() >= LOW_COUNT || state.failure.is_some()) {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            if state.is_closed {
                return;
            }
            drop(state);
            match self.make_ahead() {
                Ok(()) if std::mem::replace(&mut is_failing, false) => {
                    tracing::info!("Keys for personal data can be made again.");
                }
                Ok(()) => {}
                Err(error) => {
                    if !std::mem::replace(&mut is_failing, true) {
                        tracing::error!(%error, "No keys for personal data can be made.");
                    }
                    // Somebody who wants a key takes this away, and it is tried again.
                    self.fail(&error);
                }
            }
        }
    }

    fn fail(&self, error: &VaultError) {
        self.lock().failure = Some(error.to_string());
        self.changed.notify_all();
    }

    fn make_ahead(&self) -> Result<(), VaultError> {
        let (month, cipher, first_slot) = {
            let state = self.lock();
            (state.month, state.month_key.clone(), state.next_slot)
        };
        let cipher = match cipher {
            Some(cipher) => cipher,
            None => {
                let made = month_key(&*self.storage, month, true)?;
                let mut state = self.lock();
                if state.month == month {
                    state.month_key = Some(Arc::clone(&made));
                }
                made
            }
        };
        let mut randomness = Zeroizing::new(vec![0; MADE_AHEAD_COUNT * (KEY_LEN + NONCE_LEN)]);
        rand::fill(&mut randomness).map_err(|_| VaultError::NoRandomness)?;
        let mut bytes = Vec::with_capacity(MADE_AHEAD_COUNT * SLOT_LEN);
        let mut made = Vec::with_capacity(MADE_AHEAD_COUNT);
        for (slot, chunk) in (first_slot..).zip(randomness.chunks_exact(KEY_LEN + NONCE_LEN)) {
            let (key, nonce) = chunk.split_at(KEY_LEN);
            bytes.extend_from_slice(&slot_bytes(&cipher, month, slot, key, nonce));
            let key = DataKey::new(key.try_into().expect("as many bytes as a key has"));
            made.push(TakenKey { slot, key });
        }
        self.file.write_all_at(&bytes, first_slot * SLOT_LEN as u64)?;
        self.file.sync()?;
        let mut state = self.lock();
        state.next_slot = first_slot + MADE_AHEAD_COUNT as u64;
        if state.month == month {
            // Taken from the end: the lowest slot goes first.
            made.reverse();
            made.append(&mut state.made_ahead);
            state.made_ahead = made;
        }
        self.changed.notify_all();
        Ok(())
    }

    fn key_of(&self, month: Month) -> Result<Arc<LessSafeKey>, VaultError> {
        let mut state = self.lock();
        if state.month == month
            && let Some(key) = &state.month_key
        {
            return Ok(Arc::clone(key));
        }
        if let Some((_, key)) = state.older.iter().find(|(older, _)| *older == month) {
            return Ok(Arc::clone(key));
        }
        let key = month_key(&*self.storage, month, false)?;
        state.older.push((month, Arc::clone(&key)));
        Ok(key)
    }
}

fn slot_bytes(cipher: &LessSafeKey, month: Month, slot: u64, key: &[u8], nonce: &[u8]) -> [u8; SLOT_LEN] {
    let nonce: [u8; NONCE_LEN] = nonce.try_into().expect("as many bytes as a nonce has");
    let mut wrapped = [0; KEY_LEN];
    wrapped.copy_from_slice(key);
    let tag = cipher
        .seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(slot.to_le_bytes()),
            &mut wrapped,
        )
        .expect("wrapping 32 bytes has no way to fail");
    let mut bytes = [0; SLOT_LEN];
    bytes[4..8].copy_from_slice(&month.0.to_le_bytes());
    bytes[8] = STATE_LIVE;
    bytes[12..24].copy_from_slice(&nonce);
    bytes[24..56].copy_from_slice(&wrapped);
    bytes[56..72].copy_from_slice(tag.as_ref());
    let checksum = crc32c::crc32c(&bytes[4..]);
    bytes[..4].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

/// The wrapping key of a month, in a file of its own.
fn month_key(storage: &dyn Storage, month: Month, make: bool) -> Result<Arc<LessSafeKey>, VaultError> {
    let name = format!("months/{:04}-{:02}.key", month.0 / 12, month.0 % 12 + 1);
    let key = match storage.open(&name)? {
        Some(file) => {
            let content = Zeroizing::new(read_whole(&*file)?);
            key_in_file(&content).ok_or(VaultError::MonthDamaged(month.0))?
        }
        None if make => {
            let mut key = Zeroizing::new([0; KEY_LEN]);
            rand::fill(&mut *key).map_err(|_| VaultError::NoRandomness)?;
            write_whole(storage, &name, &key_file_of(&key)[..])?;
            key
        }
        None => return Err(VaultError::MonthGone(month.0)),
    };
    let key = UnboundKey::new(&AES_256_GCM, &*key).map_err(|_| VaultError::MonthDamaged(month.0))?;
    Ok(Arc::new(LessSafeKey::new(key)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::faulty::{Faults, FaultyStorage};

    const MONTH: Month = Month(2026 * 12 + 10);

    #[test]
    fn keys_are_found_again_after_a_power_cut_until_they_are_destroyed() {
        let storage = FaultyStorage::default();
        let vault = Vault::open(Arc::new(storage.clone()), MONTH).unwrap();
        let taken: Vec<_> = (0..3000).map(|_| vault.take().unwrap()).collect();
        let mut slots: Vec<_> = taken.iter().map(|taken| taken.slot).collect();
        slots.sort_unstable();
        slots.dedup();
        assert_eq!(slots.len(), 3000, "no slot was given out twice");
        vault.destroy(taken[7].slot).unwrap();
        drop(vault);

        let cut = storage.power_cut(9);
        let vault = Vault::open(Arc::new(cut), Month(MONTH.0 + 1)).unwrap();
        for (index, taken) in taken.iter().enumerate() {
            let found = vault.key(taken.slot).unwrap();
            let expected = (index != 7).then_some(taken.key.bytes());
            assert_eq!(found.as_ref().map(DataKey::bytes), expected);
        }
        let fresh = vault.take().unwrap();
        assert!(!slots.contains(&fresh.slot), "a slot of an earlier life was given out again");
    }

    #[test]
    fn a_destroyed_month_takes_its_keys_along_and_says_so() {
        let storage = FaultyStorage::default();
        let vault = Vault::open(Arc::new(storage.clone()), MONTH).unwrap();
        let taken = vault.take().unwrap();
        drop(vault);
        storage.remove("months/2026-11.key").unwrap();
        let vault = Vault::open(Arc::new(storage), Month(MONTH.0 + 1)).unwrap();
        assert!(matches!(vault.key(taken.slot), Err(VaultError::MonthGone(_))));
    }

    #[test]
    fn a_shortage_that_has_passed_turns_nobody_away_later() {
        let storage = FaultyStorage::default();
        let vault = Vault::open(Arc::new(storage.clone()), MONTH).unwrap();
        storage.set_faults(Faults { is_full: true, ..Faults::default() });
        for _ in 0..MADE_AHEAD_COUNT - LOW_COUNT + 1 {
            vault.take().unwrap();
        }
        while vault.shared.lock().failure.is_none() {
            std::thread::yield_now();
        }
        storage.set_faults(Faults::default());
        for number in 0..3 * MADE_AHEAD_COUNT {
            vault.take().unwrap_or_else(|error| panic!("key {number}: {error}"));
        }
    }

    #[test]
    fn a_vault_without_room_opens_what_it_holds_and_makes_keys_once_there_is() {
        let storage = FaultyStorage::default();
        let vault = Vault::open(Arc::new(storage.clone()), MONTH).unwrap();
        let taken = vault.take().unwrap();
        drop(vault);
        storage.set_faults(Faults { is_full: true, ..Faults::default() });
        // In the next month, whose key there is no room for either.
        let vault = Vault::open(Arc::new(storage.clone()), Month(MONTH.0 + 1)).unwrap();
        assert_eq!(vault.key(taken.slot).unwrap().as_ref().map(DataKey::bytes), Some(taken.key.bytes()));
        assert!(vault.take().is_err());
        storage.set_faults(Faults::default());
        let made = (0..100).find_map(|_| vault.take().ok());
        assert!(made.is_some(), "it heals by itself");
    }

    #[test]
    fn a_key_of_a_month_that_rots_is_named_and_nothing_is_wrapped_by_it() {
        let storage = FaultyStorage::default();
        drop(Vault::open(Arc::new(storage.clone()), MONTH).unwrap());
        storage.flip_byte("months/2026-11.key", 17);
        let refused = Vault::open(Arc::new(storage), MONTH).err().expect("it does not open");
        assert!(refused.to_string().contains("months/2026-11.key"), "{refused}");
    }

    #[test]
    fn a_month_that_ends_while_the_vault_is_open_ends_for_new_keys() {
        let storage = FaultyStorage::default();
        let vault = Vault::open(Arc::new(storage), MONTH).unwrap();
        let old = vault.take().unwrap();
        vault.begin_month(Month(MONTH.0 + 1)).unwrap();
        let new = vault.take().unwrap();
        assert!(vault.key(old.slot).unwrap().is_some());
        assert!(vault.key(new.slot).unwrap().is_some());
        assert_eq!(vault.shared.lock().month, Month(MONTH.0 + 1));
    }
}
