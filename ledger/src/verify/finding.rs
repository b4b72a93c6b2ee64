//! What a check has found: where, what, and which records it touches.

use std::fmt;

/// How many findings of each gravity a report keeps; the rest are counted.
pub const KEPT_PER_GRAVITY_MAX: usize = 1000;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gravity {
    /// What a crash may leave behind. Nothing is lost, and the next start puts it in order by itself.
    Harmless,
    /// Something that follows from the records is missing or wrong. The records are whole; it can be made again.
    Derived,
    /// Records, or what proves them, are missing, altered or against the rules.
    Damage,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub gravity: Gravity,
    /// The file, under the directory that was checked.
    pub file: String,
    /// Byte in the file, where there is one to point at.
    pub offset: Option<u64>,
    /// What is wrong there.
    pub what: String,
    /// Which records it touches, in words; empty where it touches none.
    pub affected: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(offset) = self.offset {
            write!(f, " at byte {offset}")?;
        }
        write!(f, ": {}", self.what)?;
        if self.affected.is_empty() { Ok(()) } else { write!(f, "; affected: {}", self.affected) }
    }
}

impl Finding {
    /// A finding in a file; place and records are added where they are known.
    pub(crate) fn new(gravity: Gravity, file: impl Into<String>, what: impl Into<String>) -> Self {
        Self { gravity, file: file.into(), offset: None, what: what.into(), affected: String::new() }
    }

    pub(crate) fn at(self, offset: u64) -> Self {
        Self { offset: Some(offset), ..self }
    }

    pub(crate) fn affecting(self, affected: impl Into<String>) -> Self {
        Self { affected: affected.into(), ..self }
    }
}

/// Everything that a check has found, in the order it was found. Bounded: of each gravity the first
/// [`KEPT_PER_GRAVITY_MAX`] are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    kept: Vec<Finding>,
    counts: [u64; 3],
}

impl Findings {
    /// The findings that were kept.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.kept.iter()
    }

    /// How many findings of this gravity there were, kept or not.
    pub fn count(&self, gravity: Gravity) -> u64 {
        self.counts[gravity as usize]
    }

    /// True if nothing at all was found.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// True if no record is missing, altered or against the rules.
    pub fn is_sound(&self) -> bool {
        self.count(Gravity::Damage) == 0
    }

    pub(crate) fn push(&mut self, finding: Finding) {
        let count = &mut self.counts[finding.gravity as usize];
        *count += 1;
        if *count <= KEPT_PER_GRAVITY_MAX as u64 {
            self.kept.push(finding);
        }
    }
}

/// `record 7` or `records 7 to 9`, of a range that has something in it.
pub(crate) fn records(first: u64, end: u64) -> String {
    let last = end.saturating_sub(1);
    if first >= last { format!("record {first}") } else { format!("records {first} to {last}") }
}
