//! What is wrong with a configuration: all of it, each with its place and its remedy.

use std::fmt;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigProblem {
    /// What is wrong.
    pub what: String,
    /// Where: the flag, the variable, or the file and line; or the key that is missing everywhere.
    pub at: String,
    /// What to do about it.
    pub remedy: String,
}

/// Everything that is wrong, in the order found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(Vec<ConfigProblem>);

impl Problems {
    /// Adds one.
    pub(crate) fn add(&mut self, what: impl Into<String>, at: impl fmt::Display, remedy: impl Into<String>) {
        self.0.push(ConfigProblem { what: what.into(), at: at.to_string(), remedy: remedy.into() });
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each problem, in the order found.
    pub fn iter(&self) -> impl Iterator<Item = &ConfigProblem> {
        self.0.iter()
    }
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "error: {}\n  at: {}\n  try: {}", self.what, self.at, self.remedy)
    }
}

/// Three lines per problem, as they are printed before the process ends with code 78.
impl fmt::Display for Problems {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.0.iter().enumerate() {
            if index > 0 {
                formatter.write_str("\n")?;
            }
            problem.fmt(formatter)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}
