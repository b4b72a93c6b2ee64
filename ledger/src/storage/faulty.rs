//! A disk in memory that fails on request, by seed: it forgets what was not synced, tears the write that a power cut
//! interrupts, fills up, and reports errors. The tests of this and other crates run the real journal on it.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::storage::{Storage, StorageFile};

/// Unit in which a power cut keeps or loses what was written and not synced, as disks do.
const SECTOR_LEN: usize = 512;

/// A disk in memory. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct FaultyStorage {
    disk: Arc<Mutex<Disk>>,
}

#[derive(Debug, Default)]
struct Disk {
    files: BTreeMap<String, Arc<Mutex<Content>>>,
    /// Names as a power cut would leave them.
    durable_names: BTreeMap<String, Arc<Mutex<Content>>>,
    faults: Faults,
    sync_count: u64,
    /// Raised by every power cut; files opened before it are dead.
    life: u64,
}

#[derive(Debug, Default)]
struct Content {
    now: Vec<u8>,
    durable: Vec<u8>,
}

/// What the disk does wrong. The default is nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faults {
    /// The sync with this number (from 0) and all later ones report an error and sync nothing.
    pub sync_fails_from: Option<u64>,
    /// Creating a file or growing one reports that the disk is full.
    pub is_full: bool,
}

impl FaultyStorage {
    /// Changes what the disk does wrong from now on.
    pub fn set_faults(&self, faults: Faults) {
        self.disk().faults = faults;
    }

    /// How many syncs have been asked for.
    pub fn sync_count(&self) -> u64 {
        self.disk().sync_count
    }

    /// The power fails: of everything written and not synced each sector stays or goes by itself, as `seed` has it.
    /// The faults are gone too. Returns the disk as the next start finds it.
    pub fn power_cut(&self, seed: u64) -> Self {
        let mut disk = self.disk();
        disk.life += 1;
        let mut random = seed;
        let files: BTreeMap<_, _> = disk
            .durable_names
            .iter()
            .map(|(name, content)| {
                let content = content.lock().expect("no test panics while it holds a file");
                let survived = content.after_power_cut(&mut random);
                let content = Content { now: survived.clone(), durable: survived };
                (name.clone(), Arc::new(Mutex::new(content)))
            })
            .collect();
        let survived = Disk { durable_names: files.clone(), files, ..Disk::default() };
        Self { disk: Arc::new(Mutex::new(survived)) }
    }

    /// Changes one byte of a file on the disk: rot.
    pub fn flip_byte(&self, name: &str, offset: usize) {
        let disk = self.disk();
        let mut content = disk.files[name].lock().expect("no test panics while it holds a file");
        content.now[offset] ^= 0xff;
        content.durable[offset] ^= 0xff;
    }

    /// The content of a file.
    pub fn read(&self, name: &str) -> Vec<u8> {
        let disk = self.disk();
        let content = disk.files[name].lock().expect("no test panics while it holds a file");
        content.now.clone()
    }

    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().expect("no test panics while it holds the disk")
    }

    fn file(&self, content: Arc<Mutex<Content>>, life: u64) -> Arc<dyn StorageFile> {
        Arc::new(FaultyFile { disk: self.clone(), content, life })
    }
}

impl Content {
    fn after_power_cut(&self, random: &mut u64) -> Vec<u8> {
        let len = self.now.len().max(self.durable.len());
        let padded = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            bytes.resize(len, 0);
            bytes
        };
        let (now, mut survived) = (padded(&self.now), padded(&self.durable));
        for start in (0..len).step_by(SECTOR_LEN) {
            let sector = start..len.min(start + SECTOR_LEN);
            if now[sector.clone()] != survived[sector.clone()] && next_random(random).is_multiple_of(2) {
                survived[sector.clone()].copy_from_slice(&now[sector]);
            }
        }
        survived
    }
}

/// SplitMix64: enough chance for a fault, and the same from every seed for ever.
fn next_random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl Storage for FaultyStorage {
    fn open(&self, name: &str) -> io::Result<Option<Arc<dyn StorageFile>>> {
        let disk = self.disk();
        let content = disk.files.get(name).cloned();
        Ok(content.map(|content| self.file(content, disk.life)))
    }

    fn create(&self, name: &str) -> io::Result<Arc<dyn StorageFile>> {
        let mut disk = self.disk();
        if disk.faults.is_full {
            return Err(ErrorKind::StorageFull.into());
        }
        let content = Arc::new(Mutex::new(Content::default()));
        disk.files.insert(name.to_owned(), Arc::clone(&content));
        Ok(self.file(content, disk.life))
    }

    fn publish(&self, from: &str, to: &str) -> io::Result<()> {
        let mut disk = self.disk();
        let content = disk.files.remove(from).ok_or(ErrorKind::NotFound)?;
        disk.files.insert(to.to_owned(), Arc::clone(&content));
        disk.durable_names.remove(from);
        disk.durable_names.insert(to.to_owned(), content);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let mut disk = self.disk();
        disk.files.remove(name);
        disk.durable_names.remove(name);
        Ok(())
    }

    fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let prefix = format!("{folder}/");
        let disk = self.disk();
        let names = disk.files.keys().filter_map(|name| name.strip_prefix(&prefix));
        Ok(names.filter(|name| !name.contains('/')).map(str::to_owned).collect())
    }
}

#[derive(Debug)]
struct FaultyFile {
    disk: FaultyStorage,
    content: Arc<Mutex<Content>>,
    life: u64,
}

impl FaultyFile {
    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().expect("no test panics while it holds a file")
    }

    fn alive(&self) -> io::Result<MutexGuard<'_, Disk>> {
        let disk = self.disk.disk();
        if disk.life == self.life { Ok(disk) } else { Err(io::Error::other("the power is off")) }
    }
}

impl StorageFile for FaultyFile {
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let content = self.content();
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let bytes = content.now.get(start..start + buffer.len()).ok_or(ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let disk = self.alive()?;
        let mut content = self.content();
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let end = start + bytes.len();
        if content.now.len() < end {
            if disk.faults.is_full {
                return Err(ErrorKind::StorageFull.into());
            }
            content.now.resize(end, 0);
        }
        content.now[start..end].copy_from_slice(bytes);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut disk = self.alive()?;
        let number = disk.sync_count;
        disk.sync_count += 1;
        if disk.faults.sync_fails_from.is_some_and(|from| number >= from) {
            return Err(io::Error::other("the disk does not sync"));
        }
        let mut content = self.content();
        content.durable = content.now.clone();
        Ok(())
    }

    fn byte_count(&self) -> io::Result<u64> {
        Ok(self.content().now.len() as u64)
    }
}
