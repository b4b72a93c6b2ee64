//! Chance that falls the same way on every machine and in every version of the libraries.
//!
//! The generator is SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014; the
//! constants are those of Vigna's public-domain `splitmix64.c`). It is written out here because a catalogue is named
//! by the hash of its bytes: a library that one day draws differently would rename every demonstration.

/// The odd number nearest to 2^64 divided by the golden ratio, by which the sequence steps.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// One sequence of numbers.
pub(super) struct Dice {
    state: u64,
}

impl Dice {
    /// The sequence that this seed starts.
    const fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// The dice of the sample at `position`. Each sample has its own, started by one number of the sequence of `seed`,
    /// so that no sample depends on how often the dice fell for another.
    pub(super) fn of_sample(seed: u64, position: u64) -> Self {
        Self::new(Self::new(seed.wrapping_add(STEP.wrapping_mul(position))).next())
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `bound` - 1. The upper half of a product is a little uneven, by less than one in 2^32, which
    /// is nothing to an invented fee.
    pub(super) fn below(&mut self, bound: u32) -> u32 {
        let product = u128::from(self.next()) * u128::from(bound);
        u32::try_from(product >> 64).expect("the upper half of the product is below the bound")
    }

    /// One of these, of which there is at least one.
    pub(super) fn one_of<Item: Copy>(&mut self, items: &[Item]) -> Item {
        let count = u32::try_from(items.len()).expect("the tables are short");
        items[self.below(count) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_that_of_the_published_generator() {
        let mut dice = Dice::new(1_234_567);
        let drawn: Vec<u64> = (0..5).map(|_| dice.next()).collect();
        assert_eq!(
            drawn,
            [
                6_457_827_717_110_365_317,
                3_203_168_211_198_807_973,
                9_817_491_932_198_370_423,
                4_593_380_528_125_082_431,
                16_408_922_859_458_223_821,
            ]
        );
        assert_eq!(Dice::new(0).next(), 0xE220_A839_7B1D_CDAF);
    }

    #[test]
    fn the_dice_of_a_sample_start_at_its_number_of_the_sequence() {
        let mut sequence = Dice::new(7);
        for position in 0..4 {
            let started_by = sequence.next();
            assert_eq!(Dice::of_sample(7, position).next(), Dice::new(started_by).next());
        }
    }

    #[test]
    fn numbers_stay_below_their_bound_and_reach_all_of_it() {
        let mut dice = Dice::new(7);
        let mut seen = [false; 6];
        for _ in 0..200 {
            seen[dice.below(6) as usize] = true;
        }
        assert_eq!(seen, [true; 6]);
        assert_eq!(dice.below(1), 0);
    }
}
