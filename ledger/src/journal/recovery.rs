//! Reading a journal back after anything. The tail is cut only if nothing valid follows it and nobody knows of a
//! later head; everything else stops the start and says which file, which offset and which records.

use std::io;
use std::sync::Arc;

use crate::hash::Hash;
use crate::journal::JournalError;
use crate::journal::batch::{
    BatchError, FRAME_ALIGNMENT, FRAME_HEADER_LEN, FRAME_MAGIC, HashedBatch, StoredBatch,
};
use crate::journal::segment::{FOLDER, SEGMENT_HEADER_LEN, Segment, SegmentHeader};
use crate::storage::{Storage, StorageFile};

/// Bytes read at once while looking for the end of what was written.
const WINDOW_LEN: usize = 1 << 20;

/// Somebody who remembers how far the journal had come: the head file, a snapshot, a signed checkpoint, a witness.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownHead {
    /// Who remembers, in words.
    pub who: String,
    /// The sequence that the next record had then.
    pub next_sequence: u64,
}

/// The journal is not what it was. The start stops; nothing is changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the journal is damaged: {file} at byte {offset}: {what}; affected: {affected}")]
pub struct Damage {
    /// File, under the data directory.
    pub file: String,
    /// Byte in the file.
    pub offset: u64,
    /// What is wrong there.
    pub what: String,
    /// Which records cannot be vouched for.
    pub affected: String,
}

/// Where the journal ends.
#[derive(Debug)]
pub(crate) struct End {
    /// The segment that is being written, unless there is none yet.
    pub(crate) segment: Option<Segment>,
    /// Where in it the next frame belongs.
    pub(crate) offset: u64,
    pub(crate) next_sequence: u64,
    pub(crate) chain: Hash,
    /// How many bytes of an unfinished batch follow, which the writer has to zero before it writes.
    pub(crate) torn_byte_count: u64,
    /// The last batch, and the file it stands in.
    pub(crate) last: Option<(Arc<dyn StorageFile>, StoredBatch)>,
}

/// Where reading starts: right after the records that are known already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Start {
    pub(crate) sequence: u64,
    pub(crate) chain: Hash,
}

/// The segments from the one that begins with or contains `sequence` on, in order, headers checked.
pub(crate) fn segments_from(storage: &dyn Storage, sequence: u64) -> Result<Vec<Segment>, JournalError> {
    let mut segments = Vec::new();
    let names = segment_names(storage)?;
    let first =
        names.iter().rposition(|name| name.as_str() <= format!("{sequence:020}.seg").as_str()).unwrap_or(0);
    for name in &names[first..] {
        segments.push(open_segment(storage, format!("{FOLDER}/{name}"))?);
    }
    Ok(segments)
}

/// The segment that contains `sequence`, if there is one.
pub(crate) fn segment_of(storage: &dyn Storage, sequence: u64) -> Result<Option<Segment>, JournalError> {
    let names = segment_names(storage)?;
    match names.iter().rfind(|name| name.as_str() <= format!("{sequence:020}.seg").as_str()) {
        Some(name) => open_segment(storage, format!("{FOLDER}/{name}")).map(Some),
        None => Ok(None),
    }
}

pub(crate) fn segment_names(storage: &dyn Storage) -> Result<Vec<String>, JournalError> {
    let names = storage.list(FOLDER).map_err(|source| io_error(FOLDER, source))?;
    Ok(names.into_iter().filter(|name| name.ends_with(".seg")).collect())
}

fn open_segment(storage: &dyn Storage, name: String) -> Result<Segment, JournalError> {
    let file = storage
        .open(&name)
        .map_err(|source| io_error(&name, source))?
        .ok_or_else(|| io_error(&name, io::ErrorKind::NotFound.into()))?;
    let mut bytes = [0; SEGMENT_HEADER_LEN];
    file.read_exact_at(&mut bytes, 0).map_err(|source| io_error(&name, source))?;
    let header = SegmentHeader::from_bytes(&bytes).map_err(|what| Damage {
        file: name.clone(),
        offset: 0,
        what,
        affected: format!("every record from {} on", name_sequence(&name)),
    })?;
    Ok(Segment { name, header, file })
}

/// Reads everything from `start` on, checking checksums, places and links, and shows each batch to `visit` (which may
/// end the reading by saying false). Changes nothing.
pub(crate) fn read(
    segments: &[Segment],
    start: Start,
    known_heads: &[KnownHead],
    visit: &mut dyn FnMut(&StoredBatch, HashedBatch) -> bool,
) -> Result<End, JournalError> {
    let mut end = End {
        segment: None,
        offset: 0,
        next_sequence: start.sequence,
        chain: start.chain,
        torn_byte_count: 0,
        last: None,
    };
    for (index, segment) in segments.iter().enumerate() {
        check_link(segment, index.checked_sub(1).map(|previous| &segments[previous]), &end)?;
        end.offset = SEGMENT_HEADER_LEN as u64;
        end.segment = Some(segment.clone());
        loop {
            match read_frame(segment, end.offset)? {
                Ok(batch) => {
                    let hashed = batch
                        .follow(end.next_sequence, &end.chain)
                        .map_err(|error| damage(segment, end.offset, &error, end.next_sequence))?;
                    end.offset += batch.byte_count();
                    end.next_sequence = batch.next_sequence();
                    end.chain = hashed.chain;
                    let goes_on = visit(&batch, hashed);
                    end.last = Some((Arc::clone(&segment.file), batch));
                    if !goes_on {
                        return Ok(end);
                    }
                }
                Err(error) => match judge_end(segment, &end, &error, segments.get(index + 1)) {
                    Ok(torn_byte_count) => {
                        end.torn_byte_count = torn_byte_count;
                        break;
                    }
                    // A reader beside the writer may have met a batch half written: is it whole by now?
                    Err(_) if read_frame(segment, end.offset)?.is_ok() => {}
                    Err(damage) => return Err(damage),
                },
            }
        }
    }
    match known_heads.iter().find(|known| known.next_sequence > end.next_sequence) {
        Some(known) => Err(missing_tail(&end, known).into()),
        None => Ok(end),
    }
}

fn check_link(segment: &Segment, previous: Option<&Segment>, end: &End) -> Result<(), JournalError> {
    let header = &segment.header;
    let what = if header.first_sequence != end.next_sequence {
        format!("the segment begins with record {}, but {} is next", header.first_sequence, end.next_sequence)
    } else if header.previous != end.chain {
        "the segment's link to what precedes it is wrong".to_owned()
    } else if previous.is_some_and(|previous| previous.header.journal != header.journal) {
        "the segment belongs to another journal".to_owned()
    } else if previous.is_some_and(|previous| previous.header.number + 1 != header.number) {
        "a segment before it is missing".to_owned()
    } else {
        return Ok(());
    };
    let affected = format!("every record from {} on", end.next_sequence);
    Err(Damage { file: segment.name.clone(), offset: 0, what, affected }.into())
}

/// The frame at `offset`, or why there is none.
pub(crate) fn read_frame(
    segment: &Segment,
    offset: u64,
) -> Result<Result<StoredBatch, BatchError>, JournalError> {
    let rest = segment.header.byte_count.saturating_sub(offset);
    if rest < FRAME_HEADER_LEN as u64 {
        return Ok(Err(BatchError::Nothing));
    }
    let read = |buffer: &mut [u8]| {
        segment.file.read_exact_at(buffer, offset).map_err(|source| io_error(&segment.name, source))
    };
    let mut header = [0; FRAME_HEADER_LEN];
    read(&mut header)?;
    let len = match StoredBatch::frame_len(&header) {
        Ok(len) if len as u64 <= rest => len,
        Ok(_) => return Ok(Err(BatchError::Checksum)),
        Err(error) => return Ok(Err(error)),
    };
    let mut frame = vec![0; len];
    read(&mut frame)?;
    Ok(StoredBatch::from_frame(frame).and_then(|batch| {
        if batch.offset() == offset {
            Ok(batch)
        } else {
            Err(BatchError::Misplaced(format!("it says that it stands at byte {}", batch.offset())))
        }
    }))
}

/// Decides what the end of a segment is: a clean end, a torn tail (its length is returned), or damage.
fn judge_end(
    segment: &Segment,
    end: &End,
    error: &BatchError,
    next: Option<&Segment>,
) -> Result<u64, JournalError> {
    let torn_byte_count = written_byte_count(segment, end.offset)?;
    if torn_byte_count == 0 {
        return Ok(0);
    }
    if let Some(found) = find_frame(segment, end.offset, end.offset + torn_byte_count)? {
        let last = found.first_sequence().saturating_sub(1);
        return Err(Damage {
            file: segment.name.clone(),
            offset: end.offset,
            what: format!("{error}, yet a whole batch follows at byte {}", found.offset()),
            affected: format!("records {} to {last}", end.next_sequence),
        }
        .into());
    }
    if next.is_some() {
        return Err(damage(segment, end.offset, error, end.next_sequence));
    }
    Ok(torn_byte_count)
}

/// How many bytes from `offset` on have anything but zeros, to the last of them.
pub(crate) fn written_byte_count(segment: &Segment, offset: u64) -> Result<u64, JournalError> {
    let mut written_end = offset;
    walk(segment, offset, segment.header.byte_count, 0, |start, window| {
        if let Some(last) = window.iter().rposition(|byte| *byte != 0) {
            written_end = start + last as u64 + 1;
        }
        None::<()>
    })?;
    Ok(written_end - offset)
}

/// A whole batch that stands somewhere behind `offset` where it says it stands.
pub(crate) fn find_frame(
    segment: &Segment,
    offset: u64,
    end: u64,
) -> Result<Option<StoredBatch>, JournalError> {
    let mut from = offset + FRAME_ALIGNMENT as u64;
    loop {
        let candidate = walk(segment, from, end, FRAME_MAGIC.len(), |start, window| {
            (0..window.len().saturating_sub(FRAME_MAGIC.len() - 1))
                .filter(|at| (start + *at as u64).is_multiple_of(FRAME_ALIGNMENT as u64))
                .find(|at| window[*at..].starts_with(&FRAME_MAGIC))
                .map(|at| start + at as u64)
        })?;
        let Some(candidate) = candidate else { return Ok(None) };
        if let Ok(batch) = read_frame(segment, candidate)? {
            return Ok(Some(batch));
        }
        from = candidate + FRAME_ALIGNMENT as u64;
    }
}

/// Shows the bytes from `start` to `end` in windows that overlap by `overlap`, until `look` has found something.
fn walk<T>(
    segment: &Segment,
    start: u64,
    end: u64,
    overlap: usize,
    mut look: impl FnMut(u64, &[u8]) -> Option<T>,
) -> Result<Option<T>, JournalError> {
    let mut buffer = vec![0; WINDOW_LEN + overlap];
    let mut offset = start;
    while offset < end {
        let len = buffer.len().min(usize::try_from(end - offset).unwrap_or(usize::MAX));
        let window = &mut buffer[..len];
        segment.file.read_exact_at(window, offset).map_err(|source| io_error(&segment.name, source))?;
        if let Some(found) = look(offset, window) {
            return Ok(Some(found));
        }
        offset += WINDOW_LEN as u64;
    }
    Ok(None)
}

fn missing_tail(end: &End, known: &KnownHead) -> Damage {
    Damage {
        file: end.segment.as_ref().map_or_else(|| FOLDER.to_owned(), |segment| segment.name.clone()),
        offset: end.offset,
        what: format!(
            "{} knows that the next record was {}, but the journal ends earlier",
            known.who, known.next_sequence
        ),
        affected: format!("records {} to {}", end.next_sequence, known.next_sequence - 1),
    }
}

fn damage(segment: &Segment, offset: u64, error: &BatchError, sequence: u64) -> JournalError {
    Damage {
        file: segment.name.clone(),
        offset,
        what: error.to_string(),
        affected: format!("every record from {sequence} on"),
    }
    .into()
}

/// Writes the last batch once more and syncs it. The process before this one may have stopped because a sync failed;
/// then the kernel may hold pages that it believes to be on the disk and that are not, and nothing short of
/// writing them again makes them so.
pub(crate) fn write_again(file: &Arc<dyn StorageFile>, batch: &StoredBatch) -> io::Result<()> {
    file.write_all_at(batch.frame(), batch.offset())?;
    file.sync()
}

pub(crate) fn io_error(what: &str, source: io::Error) -> JournalError {
    JournalError::Io { what: what.to_owned(), source }
}

pub(crate) fn name_sequence(name: &str) -> u64 {
    let digits = name.rsplit('/').next().and_then(|name| name.strip_suffix(".seg"));
    digits.and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// Zeroes an unfinished batch, durably, so that the next batch that is written there cannot be mistaken.
pub(crate) fn cut_torn_tail(file: &Arc<dyn StorageFile>, offset: u64, byte_count: u64) -> io::Result<()> {
    let zeros = vec![0; WINDOW_LEN];
    let mut done = 0;
    while done < byte_count {
        let len = usize::try_from(byte_count - done).unwrap_or(usize::MAX).min(zeros.len());
        file.write_all_at(&zeros[..len], offset + done)?;
        done += len as u64;
    }
    file.sync()
}
