//! What is found wrong: all of it counted, and the first of it kept, because one mistake may show a million times.

/// So many are kept.
const KEPT_MAX: usize = 100;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    kept: Vec<String>,
    count: u64,
}

impl Findings {
    /// Notes one.
    pub(crate) fn push(&mut self, what: String) {
        self.count += 1;
        if self.kept.len() < KEPT_MAX {
            self.kept.push(what);
        }
    }

    /// Notes all of another's.
    pub(crate) fn append(&mut self, other: Self) {
        self.count += other.count;
        let room = KEPT_MAX - self.kept.len();
        self.kept.extend(other.kept.into_iter().take(room));
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Whether there is nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Those that are kept.
    pub fn kept(&self) -> impl Iterator<Item = &str> {
        self.kept.iter().map(String::as_str)
    }

    /// How many are not.
    #[must_use]
    pub fn more(&self) -> u64 {
        self.count - self.kept.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_counted_and_the_first_are_kept() {
        let mut findings = Findings::default();
        assert!(findings.is_empty());
        for number in 0..150 {
            findings.push(number.to_string());
        }
        let mut others = Findings::default();
        others.push("another".to_owned());
        findings.append(others);
        assert_eq!((findings.count(), findings.more(), findings.kept().last()), (151, 51, Some("99")));
    }
}
