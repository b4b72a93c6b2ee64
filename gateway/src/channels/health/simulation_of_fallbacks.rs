//! Ways of plans, simulated: they are shown to payers in outages alone, so other hours say nothing of how many should come.

use super::judge::Comes;
use super::meter::Outcome;
use super::simulation::{BEGIN, Chance, DAY, HOUR, Simulated, milli_per_hour};
use super::usual::Profile;
use crate::payments::channels::{ChannelHappening, ChannelState};

/// A bank to which three payments come in a quiet day, as its weeks say.
fn bank() -> Simulated {
    let mut usual = Profile::default();
    for hour in BEGIN / HOUR - 4 * 168..BEGIN / HOUR {
        usual.note(hour, u64::from(hour % 8 == 0));
    }
    let mut channel = Simulated::new(true, Some(usual));
    (channel.comes, channel.sent) = (Comes::WhenShown, Some(None));
    channel
}

#[test]
fn the_silence_of_a_fallback_is_found_in_an_outage_whatever_came_in_quiet_weeks() {
    for a_day in [120_000, 12_000, 1_000] {
        let mut waits = Vec::new();
        for seed in 1..=5 {
            let mut chance = Chance(seed * 7_919);
            let mut channel = bank();
            let (shown, stops) = (BEGIN + 6 * HOUR, BEGIN + 10 * HOUR);
            channel.is_shown_from(shown);
            for now in shown..stops {
                for _ in 0..chance.arrivals(milli_per_hour(a_day, now)) {
                    channel.meter.note(Outcome::Worked, now);
                }
                channel.look(now);
            }
            assert_eq!(channel.changes, [], "nothing is wrong yet");
            let found = (stops..stops + DAY).find(|now| {
                channel.look(*now);
                !channel.is_offered()
            });
            waits.push(found.expect("it is found within a day") - stops);
        }
        waits.sort_unstable();
        eprintln!(
            "fallback, {a_day} a day, silent from 10:00: {} s ({} to {})",
            waits[2], waits[0], waits[4]
        );
        let should = 80 * HOUR * 1_000 / i64::try_from(milli_per_hour(a_day, BEGIN + 10 * HOUR)).unwrap();
        assert!(waits[4] <= (2 * should).max(61), "{waits:?}, {should}");
    }
}

#[test]
fn a_fallback_that_is_shown_again_at_night_is_not_silent_by_what_came_in_a_busier_outage() {
    let mut channel = bank();
    channel.is_shown_from(BEGIN + 10 * HOUR);
    for now in BEGIN + 10 * HOUR..BEGIN + 12 * HOUR {
        channel.meter.note(Outcome::Worked, now);
        channel.look(now);
    }
    channel.sent = Some(None);
    for now in BEGIN + 12 * HOUR..BEGIN + 22 * HOUR {
        channel.look(now);
    }
    channel.is_shown_from(BEGIN + 22 * HOUR);
    for now in BEGIN + 22 * HOUR..BEGIN + 30 * HOUR {
        if now % 600 == 0 {
            channel.meter.note(Outcome::Worked, now);
        }
        channel.look(now);
    }
    assert_eq!(channel.changes, []);
    // By morning it is busy again, and then nothing comes.
    for now in BEGIN + 30 * HOUR..BEGIN + 31 * HOUR {
        if now % 3 == 0 {
            channel.meter.note(Outcome::Worked, now);
        }
        channel.look(now);
    }
    assert_eq!(channel.changes, []);
    let stops = BEGIN + 31 * HOUR;
    let found = (stops..stops + HOUR).find(|now| {
        channel.look(*now);
        !channel.is_offered()
    });
    let after = found.expect("now it is silent") - stops;
    assert!((60..=300).contains(&after), "by what came since it is shown: {after}");
}

#[test]
fn a_fallback_that_fell_silent_is_tried_again_less_and_less_often_and_comes_back() {
    let mut chance = Chance(31);
    let mut channel = bank();
    let (shown, stops, returns) = (BEGIN + 6 * HOUR, BEGIN + 10 * HOUR, BEGIN + 14 * HOUR);
    channel.is_shown_from(shown);
    let (mut in_vain, mut back) = (0, None);
    for now in shown..returns + 3 * HOUR {
        let share = match channel.state {
            // Nobody is shown it, and nobody comes.
            ChannelState::Down => None,
            ChannelState::Probing => Some(10),
            ChannelState::Up | ChannelState::Degraded => Some(1),
        };
        let Some(share) = share else {
            channel.look(now);
            continue;
        };
        for _ in 0..chance.arrivals(milli_per_hour(12_000, now) / share) {
            if (stops..returns).contains(&now) {
                in_vain += 1;
            } else {
                channel.meter.note(Outcome::Worked, now);
            }
        }
        channel.look(now);
        if now > returns && channel.state == ChannelState::Up && back.is_none() {
            back = Some(now - returns);
        }
    }
    let of = |wanted| channel.changes.iter().filter(|(_, on)| *on == wanted).count();
    let (silent, tried) = (of(ChannelHappening::FellSilent), of(ChannelHappening::Rested));
    let back = back.expect("it comes back");
    eprintln!(
        "fallback, 12,000 a day, silent for four hours: {tried} tries, {in_vain} paid without being heard, back after {back} s"
    );
    assert!((2..=6).contains(&tried) && silent == tried, "{:?}", channel.changes);
    assert!(back <= 5_400 + 600, "{back}");
    assert!(in_vain <= 400, "{in_vain}");
}

#[test]
fn nothing_is_silent_where_nobody_is_sent_and_a_bank_that_was_never_heard_is_not_known() {
    let mut channel = bank();
    for now in (BEGIN..BEGIN + DAY).step_by(10) {
        channel.look(now);
    }
    channel.is_shown_from(BEGIN + DAY);
    for now in (BEGIN + DAY..BEGIN + 2 * DAY).step_by(10) {
        channel.look(now);
    }
    assert_eq!(channel.changes, []);
}
