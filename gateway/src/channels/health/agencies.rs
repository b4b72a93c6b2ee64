//! Whether one agency is judged by itself, and by what. Asking its payers goes the same way as asking everybody's; what fails
//! for all of them says nothing of one. But an agency that is tried, or known to be weak, has evidence of its own, whether
//! others come meanwhile or not: a small one would otherwise stay what it is for as long as nobody else pays.

use super::meter::Reading;
use crate::payments::channels::ChannelState;

/// An agency that works until now is looked at by itself while so many others come through.
const OTHERS_THROUGH_MIN: u32 = 3;

/// What an agency in this state is judged by, of what was counted of it and of everybody; nothing if what fails there may
/// fail for everybody.
pub(super) fn judged_by(state: ChannelState, own: Reading, all: &Reading) -> Option<Reading> {
    match state {
        ChannelState::Up => stands_out(&own, all).then_some(own),
        // It is tried, or failed before: what its own payers meet counts.
        ChannelState::Probing | ChannelState::Degraded => Some(own),
        // Nobody is asked for it, so it hears of others: of what came through in a row, asked or probed, for everybody.
        ChannelState::Down => Some(Reading { in_a_row: own.in_a_row.max(all.in_a_row), ..own }),
    }
}

/// Whether it fails there and not elsewhere: enough others come through, or all who fail are its own.
fn stands_out(own: &Reading, all: &Reading) -> bool {
    let others_worked = all.minute.worked.saturating_sub(own.minute.worked);
    let others_failed = all.minute.failed.saturating_sub(own.minute.failed);
    others_worked >= OTHERS_THROUGH_MIN || (others_worked > 0 && others_failed == 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::health::judge::{Case, Comes};
    use crate::channels::health::meter::{Meter, Outcome};
    use crate::payments::channels::ChannelHappening;

    const SINCE: i64 = 10_000;

    /// An agency, and everybody.
    #[derive(Default)]
    struct Counted {
        own: Meter,
        all: Meter,
    }

    impl Counted {
        fn pays(&self, outcome: Outcome<'_>, now: i64) {
            self.own.note(outcome, now);
            self.all.note(outcome, now);
        }

        /// What is said of the agency when it has been this since [`SINCE`].
        fn judge(&self, state: ChannelState, now: i64) -> Option<ChannelHappening> {
            let reading = judged_by(state, self.own.read(now), &self.all.read(now))?;
            let case = Case {
                state,
                since: SINCE,
                looked_since: 0,
                relapses: 0,
                reading: &reading,
                tells_of_money: false,
                sent_since: None,
                is_behind: false,
                comes: Comes::WhenAsked,
                usual: None,
            };
            case.judge(now).map(|(on, _)| on)
        }
    }

    #[test]
    fn an_agency_that_is_tried_alone_fails_the_try_by_its_own_payers() {
        let counted = Counted::default();
        for second in 1..=4 {
            assert_eq!(counted.judge(ChannelState::Probing, SINCE + second), None);
            counted.pays(Outcome::Failed("busy"), SINCE + second);
        }
        assert_eq!(counted.judge(ChannelState::Probing, SINCE + 5), Some(ChannelHappening::Failed));
    }

    #[test]
    fn an_agency_that_is_tried_alone_recovers_by_its_own_payers() {
        let counted = Counted::default();
        for payer in 1..=10 {
            assert_eq!(counted.judge(ChannelState::Probing, SINCE + payer * 300), None);
            counted.pays(Outcome::Worked, SINCE + payer * 300);
        }
        assert_eq!(counted.judge(ChannelState::Probing, SINCE + 3_001), Some(ChannelHappening::Recovered));
    }

    #[test]
    fn an_agency_that_is_down_is_tried_when_others_come_through_or_the_provider_answers() {
        let quiet = Counted::default();
        quiet.pays(Outcome::Failed("busy"), SINCE);
        for minute in 1..=3 {
            assert_eq!(quiet.judge(ChannelState::Down, SINCE + minute * 60), None);
            quiet.all.note_probe(Ok(()), SINCE + minute * 60);
        }
        assert_eq!(quiet.judge(ChannelState::Down, SINCE + 181), Some(ChannelHappening::CameThrough));

        // One after the other, however long that takes.
        let slow = Counted::default();
        slow.pays(Outcome::Failed("busy"), SINCE);
        for hour in 1..=3 {
            assert_eq!(slow.judge(ChannelState::Down, SINCE + hour * 3_600), None);
            slow.all.note(Outcome::Worked, SINCE + hour * 3_600);
        }
        assert_eq!(slow.judge(ChannelState::Down, SINCE + 10_801), Some(ChannelHappening::CameThrough));
    }

    #[test]
    fn an_agency_that_worked_is_judged_where_it_alone_fails_and_not_where_all_do() {
        let down_for_all = Counted::default();
        let alone = Counted::default();
        for second in 0..6 {
            for counted in [&down_for_all, &alone] {
                counted.pays(Outcome::Failed("busy"), SINCE + second);
            }
            down_for_all.all.note(Outcome::Failed("busy"), SINCE + second);
        }
        down_for_all.all.note(Outcome::Worked, SINCE + 6);
        assert_eq!(down_for_all.judge(ChannelState::Up, SINCE + 7), None);
        assert_eq!(alone.judge(ChannelState::Up, SINCE + 7), None, "nobody else came: it may be everybody");
        alone.all.note(Outcome::Worked, SINCE + 6);
        assert_eq!(alone.judge(ChannelState::Up, SINCE + 7), Some(ChannelHappening::Failed));
        for _ in 0..2 {
            down_for_all.all.note(Outcome::Worked, SINCE + 7);
        }
        assert_eq!(
            down_for_all.judge(ChannelState::Up, SINCE + 8),
            Some(ChannelHappening::Failed),
            "enough others come through, though some fail"
        );
    }
}
