//! What is wrong with a catalogue file: every problem, each with its place.

use std::cell::{Cell, RefCell};
use std::fmt;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file, as it was named to the builder.
    pub file: String,
    /// The line, counted from 1, if the row was read from text.
    pub line: Option<usize>,
    /// The place within the file, `services[3].fees[0].valid_to`; empty for the file as a whole.
    pub path: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl Problem {
    /// Of a file as a whole.
    pub(crate) fn of_file(file: &str, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line: None, path: String::new(), message: message.into() }
    }

    /// Of a line of a file.
    pub(crate) fn of_line(file: &str, line: usize, message: impl Into<String>) -> Self {
        Self { line: Some(line), ..Self::of_file(file, message) }
    }

    /// Of a column in a line of a list.
    pub(crate) fn of_cell(file: &str, line: usize, column: &str, message: impl Into<String>) -> Self {
        Self { path: column.to_owned(), ..Self::of_line(file, line, message) }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if !self.path.is_empty() {
            write!(f, ": {}", self.path)?;
        }
        write!(f, ": {}", self.message)
    }
}

/// Everything that is wrong, in the order of files and lines. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    problems: Vec<Problem>,
    left_off: usize,
}

impl Problems {
    /// The most problems that are listed; a file with more of them is broken as a whole.
    pub const LISTED_MAX: usize = 1000;

    /// The problems that are listed.
    pub fn listed(&self) -> &[Problem] {
        &self.problems
    }

    /// How many there are, also those that are not listed.
    pub fn count(&self) -> usize {
        self.problems.len() + self.left_off
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let noun = if self.count() == 1 { "problem" } else { "problems" };
        write!(f, "the catalogue has {} {noun}", self.count())?;
        for problem in &self.problems {
            write!(f, "\n  {problem}")?;
        }
        if self.left_off > 0 {
            write!(f, "\n  and {} more", self.left_off)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// Where problems gather while rows are checked.
#[derive(Debug, Default)]
pub(crate) struct ProblemSink {
    problems: RefCell<Vec<Problem>>,
    left_off: Cell<usize>,
    /// Whether the rows are those of a document that was in use before: rules that came after it do not hold for it.
    is_of_kept: bool,
}

impl ProblemSink {
    /// For the rows of a document that was in use before.
    pub(crate) fn of_kept() -> Self {
        Self { is_of_kept: true, ..Self::default() }
    }

    /// Whether rules that came after the first documents do not hold.
    pub(crate) fn is_of_kept(&self) -> bool {
        self.is_of_kept
    }

    pub(crate) fn report(&self, problem: Problem) {
        if self.is_full() {
            self.leave_off();
        } else {
            self.problems.borrow_mut().push(problem);
        }
    }

    /// Whether further problems are only counted.
    pub(crate) fn is_full(&self) -> bool {
        self.problems.borrow().len() >= Problems::LISTED_MAX
    }

    /// Counts a problem that is not listed.
    pub(crate) fn leave_off(&self) {
        self.left_off.set(self.left_off.get() + 1);
    }

    /// The problems that gathered, if there are any.
    pub(crate) fn finish(self) -> Result<(), Problems> {
        let mut problems = self.problems.into_inner();
        if problems.is_empty() {
            return Ok(());
        }
        problems.sort();
        Err(Problems { problems, left_off: self.left_off.get() })
    }
}
