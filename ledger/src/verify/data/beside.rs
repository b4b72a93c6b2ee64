//! The files beside the segments: the spare, and what nobody knows.

use std::fmt::Display;
use std::sync::Arc;

use crate::hash::Hash;
use crate::journal::recovery::written_byte_count;
use crate::journal::segment::{FOLDER, SEGMENT_HEADER_LEN, SPARE, Segment, SegmentHeader};
use crate::journal::{head, places};
use crate::storage::{Storage, StorageFile};
use crate::verify::finding::{Finding, Findings, Gravity};

/// Checks them. `segment_len` is that of the newest segment, if there is one.
pub(crate) fn files(storage: &dyn Storage, segment_len: Option<u64>, findings: &mut Findings) {
    match storage.open(SPARE) {
        Ok(Some(spare)) => {
            if let Err((gravity, what)) = check_spare(spare, segment_len) {
                findings.push(Finding::new(gravity, SPARE, what));
            }
        }
        Ok(None) if segment_len.is_some() => {
            let what = "the spare segment is missing; the writer makes a new one";
            findings.push(Finding::new(Gravity::Harmless, SPARE, what));
        }
        Ok(None) => {}
        Err(error) => {
            findings.push(Finding::new(Gravity::Derived, SPARE, format!("it cannot be read: {error}")));
        }
    }
    for name in storage.list(FOLDER).unwrap_or_default() {
        let full = format!("{FOLDER}/{name}");
        let is_known = name.ends_with(".seg") || [SPARE, head::NAME, places::NAME].contains(&full.as_str());
        if !is_known {
            let what = "the journal does not know this file";
            findings.push(Finding::new(Gravity::Harmless, full, what));
        }
    }
}

/// A spare becomes the next segment as it is: anything behind its header would look like a torn batch there. A header
/// is what the end of the process may leave between writing it and giving the segment its name.
fn check_spare(spare: Arc<dyn StorageFile>, segment_len: Option<u64>) -> Result<(), (Gravity, String)> {
    let unreadable = |error: &dyn Display| (Gravity::Derived, format!("it cannot be read: {error}"));
    let byte_count = spare.byte_count().map_err(|error| unreadable(&error))?;
    let header =
        SegmentHeader { journal: [0; 16], number: 0, first_sequence: 0, previous: Hash::ZERO, byte_count };
    let spare = Segment { name: SPARE.to_owned(), header, file: spare };
    match written_byte_count(&spare, 0) {
        Ok(0) if segment_len.is_none_or(|segment_len| segment_len == byte_count) => Ok(()),
        Ok(0) => {
            let what = format!(
                "it has {byte_count} bytes, unlike the segment before it; the next start looks again"
            );
            Err((Gravity::Harmless, what))
        }
        Ok(written) if written <= SEGMENT_HEADER_LEN as u64 => {
            Err((Gravity::Harmless, "it has a header already; the next start makes it again".to_owned()))
        }
        Ok(written) => {
            let what = format!(
                "something stands at byte {}; remove the file while the writer is stopped, it is made again",
                written - 1
            );
            Err((Gravity::Derived, what))
        }
        Err(error) => Err(unreadable(&error)),
    }
}
