//! What is counted in a drawer, by how much it differs from what should be there, and why somebody wants it counted again.

use std::collections::BTreeMap;
use std::sync::Arc;

use ledger::{Currency, LedgerTime, Money};
use serde::{Deserialize, Serialize};

/// Notes and coins that a drawer is counted by, in shillings.
pub const DENOMINATIONS: [u32; 10] = [1_000, 500, 200, 100, 50, 40, 20, 10, 5, 1];
/// The most that a drawer is believed to have: a hundred million shillings.
pub const COUNTED_MAX: Money = Money::new(10_000_000_000, Currency::Kes);
/// The most of one note or coin that a drawer is believed to have.
const PIECES_MAX: u32 = 1_000_000;
/// So many counts of one shift that were refused are kept in memory; all of them are in the journal.
const REFUSED_KEPT: usize = 5;
const CENTS_PER_SHILLING: i64 = 100;

/// What somebody counted in a drawer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// How much.
    pub total: Money,
    /// Notes and coins in shillings, and how many of each, where it was counted so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pieces: Vec<(u32, u32)>,
}

/// What was counted cannot be that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CountError {
    /// There is no such note or coin.
    #[error("there is no note or coin of {0} shillings")]
    NoSuchPiece(u32),
    /// Nobody has so many.
    #[error("more than {PIECES_MAX} of {0} shillings")]
    TooMany(u32),
    /// No drawer has so much.
    #[error("more than {COUNTED_MAX} in one drawer")]
    TooMuch,
    /// A count is an amount in shillings, or nothing.
    #[error("a count that is no amount in shillings")]
    NotShillings,
}

impl Counted {
    /// So many of each note and coin.
    pub fn of_pieces(pieces: BTreeMap<u32, u32>) -> Result<Self, CountError> {
        let mut shillings = 0_i64;
        for (piece, count) in &pieces {
            if !DENOMINATIONS.contains(piece) {
                return Err(CountError::NoSuchPiece(*piece));
            }
            if *count > PIECES_MAX {
                return Err(CountError::TooMany(*piece));
            }
            // Ten kinds of a million pieces at most: far from the end of the numbers.
            shillings += i64::from(*piece) * i64::from(*count);
        }
        let pieces = pieces.into_iter().rev().filter(|(_, count)| *count > 0).collect();
        let Self { total, .. } = Self::of_total(Money::new(shillings * CENTS_PER_SHILLING, Currency::Kes))?;
        Ok(Self { total, pieces })
    }

    /// An amount that somebody says, without saying in which notes.
    pub fn of_total(total: Money) -> Result<Self, CountError> {
        if total.currency() != COUNTED_MAX.currency() || total.minor() < 0 {
            return Err(CountError::NotShillings);
        }
        if total.minor() > COUNTED_MAX.minor() {
            return Err(CountError::TooMuch);
        }
        Ok(Self { total, pieces: Vec::new() })
    }
}

/// What a payer gets back, of what was put on the counter; nothing if that is less than what is taken.
pub fn change(tendered: Money, taken: Money) -> Option<Money> {
    tendered.checked_sub(taken).ok().filter(|change| change.minor() >= 0)
}

/// By how much a drawer differs from what it should have. Less than nothing is short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Apart {
    /// Of what bills were paid with.
    pub takings: Money,
    /// Of the float. Only what the takings cannot bear lacks here, so it is never more than nothing.
    pub float: Money,
}

impl Apart {
    /// What lacks or is too much, of a drawer that should have these takings beside its float.
    pub fn of(counted: Money, float: Money, takings: Money) -> Option<Self> {
        let currency = counted.currency();
        let whole = counted.checked_sub(float).ok()?.checked_sub(takings).ok()?;
        let of_takings = whole.minor().max(-takings.minor().max(0));
        Some(Self {
            takings: Money::new(of_takings, currency),
            float: Money::new(whole.minor() - of_takings, currency),
        })
    }

    /// Both together.
    pub fn whole(self) -> Money {
        // Both are parts of one difference of amounts that fit.
        self.takings.checked_add(self.float).unwrap_or(self.takings)
    }
}

/// How a shift ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CashUp {
    /// What was counted.
    pub counted: Counted,
    /// What should have been there.
    pub expected: Money,
    /// By how much it differs.
    pub apart: Apart,
    /// Who counted.
    pub by: Arc<str>,
    /// When.
    pub at: LedgerTime,
    /// Whether the float waits with the difference: nothing of this count is booked yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub float_waits: bool,
    /// Who agreed to the difference, and when, where that was needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved: Option<(Arc<str>, LedgerTime)>,
}

/// Why a count is refused. The words are ours: a record is no place for what one person writes about another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CountFault {
    /// Notes and coins were counted or typed wrong.
    Miscounted,
    /// Something that lies at the counter was left out: the float, or another box.
    LeftOut,
    /// Nobody else was there when it was counted.
    NotWitnessed,
    /// What lacks or is too much has to be explained first.
    NotExplained,
}

impl CountFault {
    /// Every reason.
    pub const ALL: [Self; 4] = [Self::Miscounted, Self::LeftOut, Self::NotWitnessed, Self::NotExplained];

    /// The word that the API uses.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Miscounted => "miscounted",
            Self::LeftOut => "left_out",
            Self::NotWitnessed => "not_witnessed",
            Self::NotExplained => "not_explained",
        }
    }

    /// The reason of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.word() == word)
    }
}

/// A count that was refused. Nothing of it was booked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedCount {
    /// The count.
    pub cash_up: CashUp,
    /// Why.
    pub fault: CountFault,
    /// Who refused it.
    pub by: Arc<str>,
    /// When.
    pub at: LedgerTime,
}

/// Adds one to those that are kept; the oldest goes.
pub(super) fn keep_refused(kept: &mut Vec<RefusedCount>, refused: RefusedCount) {
    if kept.len() >= REFUSED_KEPT {
        kept.remove(0);
    }
    kept.push(refused);
}
