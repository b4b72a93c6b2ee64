//! What a payer is told to do.

use catalog::{Language, Text};

/// How to pay by hand: steps in the order in which they are done, short enough to be read aloud. Numbers stand in them as
/// they are typed, without marks between the digits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instructions {
    steps: Vec<Text>,
}

impl Instructions {
    /// Instructions of these steps.
    pub const fn of(steps: Vec<Text>) -> Self {
        Self { steps }
    }

    /// The steps.
    pub fn steps(&self) -> &[Text] {
        &self.steps
    }

    /// The steps in one language.
    pub fn in_language(&self, language: Language) -> Vec<String> {
        self.steps.iter().map(|step| step.in_language(language).to_owned()).collect()
    }
}
