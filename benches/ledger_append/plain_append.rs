//! The yardstick of the ledger: as many bytes, made durable as often, and nothing else done with them.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::in_flight::InFlight;
use crate::scene::IN_FLIGHT;
use crate::stopwatch::{Run, Stopwatch};

/// A file of zeros that are on the disk: writing over them changes no books of the file system.
fn zeroed_file(path: &Path, byte_count: usize) -> File {
    let file = OpenOptions::new().write(true).create(true).truncate(true).open(path).expect("a file is made");
    let zeros = vec![0; 1 << 20];
    for offset in (0..byte_count).step_by(zeros.len()) {
        file.write_all_at(&zeros, offset as u64).expect("the disk has room");
    }
    file.sync_all().expect("the disk syncs");
    file
}

/// Writes frames of these lengths, each with one write and one sync; nobody asks and nobody is answered.
pub(crate) fn bare(folder: &Path, frame_lens: &[usize]) -> Duration {
    let file = zeroed_file(&folder.join("bare"), frame_lens.iter().sum());
    let frame = vec![0xa5; frame_lens.iter().copied().max().unwrap_or(0)];
    let started = Instant::now();
    let mut offset = 0;
    for len in frame_lens {
        file.write_all_at(&frame[..*len], offset).expect("the disk takes what it has room for");
        file.sync_data().expect("the disk syncs");
        offset += *len as u64;
    }
    started.elapsed()
}

struct Waiting {
    bytes: Arc<[u8]>,
    reply: Box<dyn FnOnce() + Send>,
}

#[derive(Default)]
struct Lane {
    waiting: Mutex<(VecDeque<Waiting>, bool)>,
    arrived: Condvar,
}

impl Lane {
    fn lock(&self) -> MutexGuard<'_, (VecDeque<Waiting>, bool)> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread that appends.
pub(crate) const THREAD: &str = "plain-append";

/// Has `count` records of `record_len` bytes appended by a thread that takes whatever waits, writes it at once, syncs
/// once and answers each, with as many under way as the ledger has.
pub(crate) fn with_answers(folder: &Path, count: usize, record_len: usize) -> Run {
    let file = zeroed_file(&folder.join("answered"), count * record_len);
    let lane = Arc::new(Lane::default());
    let for_writer = Arc::clone(&lane);
    let writer = std::thread::Builder::new()
        .name(THREAD.to_owned())
        .spawn(move || write_what_waits(&file, &for_writer))
        .expect("a thread starts");
    let record: Arc<[u8]> = vec![0xa5; record_len].into();
    let in_flight = InFlight::at_most(IN_FLIGHT);
    let stopwatch = Stopwatch::start(THREAD);
    for _ in 0..count {
        in_flight.enter();
        let back = in_flight.clone();
        let mut waiting = lane.lock();
        let was_idle = waiting.0.is_empty();
        waiting.0.push_back(Waiting { bytes: Arc::clone(&record), reply: Box::new(move || back.leave()) });
        drop(waiting);
        if was_idle {
            lane.arrived.notify_one();
        }
    }
    in_flight.wait_for_all();
    let run = stopwatch.stop();
    lane.lock().1 = true;
    lane.arrived.notify_one();
    writer.join().expect("the writer ends well");
    run
}

fn write_what_waits(file: &File, lane: &Lane) {
    let mut offset = 0;
    let mut frame = Vec::new();
    loop {
        let mut waiting = lane.lock();
        while waiting.0.is_empty() && !waiting.1 {
            waiting = lane.arrived.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        let batch = std::mem::take(&mut waiting.0);
        drop(waiting);
        if batch.is_empty() {
            return;
        }
        frame.clear();
        batch.iter().for_each(|waiting| frame.extend_from_slice(&waiting.bytes));
        file.write_all_at(&frame, offset).expect("the disk takes what it has room for");
        file.sync_data().expect("the disk syncs");
        offset += frame.len() as u64;
        batch.into_iter().for_each(|waiting| (waiting.reply)());
    }
}
