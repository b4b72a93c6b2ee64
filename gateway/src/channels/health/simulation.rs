//! Channels simulated for days: how soon a failure and a silence are found, how often a quiet week raises a false alarm,
//! and whether a channel that fails every other time flaps. Chance is seeded; the tables are printed, and stand in
//! `gateway/decisions/channels.md`.

use super::judge::{Case, Comes, is_probe_due, is_relapse};
use super::meter::{Meter, Outcome};
use super::usual::Profile;
use crate::payments::channels::{ChannelHappening, ChannelState, dwell_seconds};

pub(super) const HOUR: i64 = 3_600;
pub(super) const DAY: i64 = 24 * HOUR;
const WEEK: i64 = 7 * DAY;
/// Midnight in East Africa, some weeks after the beginning of time.
pub(super) const BEGIN: i64 = 10 * WEEK - 3 * HOUR;
/// Payments a day: ten times the national level, the level, and channels that are used less and less.
const LEVELS: [u64; 5] = [1_200_000, 120_000, 12_000, 1_000, 50];

/// A generator of chance that is the same everywhere (xorshift64*).
pub(super) struct Chance(pub(super) u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32
    }

    /// True so many times in a thousand million.
    fn strikes(&mut self, in_1e9: u64) -> bool {
        (self.next() * 1_000_000_000) >> 32 < in_1e9
    }

    /// How many of a stream come in a second, of which so many thousandths come in an hour: sixteen throws, nearly Poisson.
    pub(super) fn arrivals(&mut self, milli_per_hour: u64) -> u64 {
        let in_1e9 = milli_per_hour * 1_000_000 / 3_600 / 16;
        (0..16).filter(|_| self.strikes(in_1e9)).count() as u64
    }

    /// A count with this mean, in thousandths, that varies as much as counts do.
    fn count(&mut self, milli: u64) -> u64 {
        let throws: u64 = (0..12).map(|_| (self.next() * 1_000) >> 32).sum();
        let off = (i64::try_from(throws).unwrap() - 6_000) * i64::try_from((milli * 1_000).isqrt()).unwrap()
            / 1_000;
        (milli.saturating_add_signed(off) + 500) / 1_000
    }
}

/// What comes in this hour of the day, East Africa Time, in thousandths: seven tenths of a day in nine hours.
pub(super) fn milli_per_hour(a_day: u64, now: i64) -> u64 {
    let hour = (now + 3 * HOUR).rem_euclid(DAY) / HOUR;
    if (8..17).contains(&hour) { a_day * 700 / 9 } else { a_day * 300 / 15 }
}

/// What four weeks have taught.
fn learned(a_day: u64, chance: &mut Chance) -> Profile {
    let mut profile = Profile::default();
    for hour in BEGIN / HOUR - 4 * 168..BEGIN / HOUR {
        profile.note(hour, chance.count(milli_per_hour(a_day, hour * HOUR)));
    }
    profile
}

/// One step of a channel, and the books that believe what is found or do not.
pub(super) struct Simulated {
    pub(super) meter: Meter,
    began: i64,
    pub(super) state: ChannelState,
    since: i64,
    relapses: u32,
    tells_of_money: bool,
    pub(super) comes: Comes,
    /// Since when payers are sent there, if it is no first choice; a first choice sends them while it is not down.
    pub(super) sent: Option<Option<i64>>,
    usual: Option<Profile>,
    pub(super) changes: Vec<(i64, ChannelHappening)>,
}

impl Simulated {
    pub(super) fn new(tells_of_money: bool, usual: Option<Profile>) -> Self {
        Self::since(BEGIN, tells_of_money, usual)
    }

    fn since(began: i64, tells_of_money: bool, usual: Option<Profile>) -> Self {
        Self {
            meter: Meter::default(),
            began,
            state: ChannelState::Up,
            since: began,
            relapses: 0,
            tells_of_money,
            comes: Comes::Anyway,
            sent: None,
            usual,
            changes: Vec::new(),
        }
    }

    pub(super) fn look(&mut self, now: i64) {
        let reading = self.meter.read(now);
        let case = Case {
            state: self.state,
            since: self.since,
            looked_since: self.began,
            relapses: self.relapses,
            reading: &reading,
            tells_of_money: self.tells_of_money,
            sent_since: self.sent.unwrap_or((self.state != ChannelState::Down).then_some(self.since)),
            is_behind: self.state == ChannelState::Probing,
            comes: self.comes,
            usual: self.usual.as_ref(),
        };
        let Some((on, _)) = case.judge(now) else { return };
        let Some(to) = self.state.after(on) else { return };
        if now - self.since < dwell_seconds(self.state, on) && !self.changes.is_empty() {
            return;
        }
        self.relapses += u32::from(is_relapse(self.state, on));
        (self.state, self.since) = (to, now);
        self.meter.begin_anew();
        self.changes.push((now, on));
    }

    /// Payers are sent there from now on, who were not before.
    pub(super) fn is_shown_from(&mut self, now: i64) {
        self.sent = Some(Some(now));
        self.meter.begin_to_be_shown();
    }

    pub(super) fn is_offered(&self) -> bool {
        self.state != ChannelState::Down
    }
}

/// How prompts end in an ordinary week, in thousandths, and whether that is a failure of the channel. No shares are published;
/// these are more than what integrators write of.
const ENDS: [(u64, &str, bool); 7] = [
    (80, "1", false),
    (100, "1032", false),
    (70, "1037", false),
    (50, "2001", false),
    (3, "26", true),
    (1, "no_answer", true),
    (1, "no_result", true),
];

/// How one ends: what a payer does wrong works.
fn end_of_prompt(chance: &mut Chance) -> Outcome<'static> {
    let mut left = (chance.next() * 1_000) >> 32;
    for (share, code, is_failure) in ENDS {
        if left < share {
            return if is_failure { Outcome::Failed(code) } else { Outcome::Worked };
        }
        left -= share;
    }
    Outcome::Worked
}

/// What was found in a week in which nothing is wrong: of a paybill, of prompts of which we are told, or of asking.
fn found_in_a_quiet_week(a_day: u64, mut channel: Simulated, chance: &mut Chance) -> usize {
    let is_asked = channel.comes == Comes::WhenAsked;
    let (mut last, mut failed) = (BEGIN, BEGIN - HOUR);
    for now in BEGIN..BEGIN + WEEK {
        for _ in 0..chance.arrivals(milli_per_hour(a_day, now)) {
            let outcome = if is_asked { end_of_prompt(chance) } else { Outcome::Worked };
            channel.meter.note(outcome, now);
            match outcome {
                Outcome::Failed(_) => failed = now,
                Outcome::Worked | Outcome::Slow => last = now,
            }
        }
        // Nothing is silent within a minute, and nothing is weak a minute after the last failure.
        if now - last >= 60 || now - failed <= 61 || channel.state != ChannelState::Up {
            channel.look(now);
        }
    }
    let alarms = channel.changes.iter().filter(|(_, on)| *on != ChannelHappening::Recovered);
    alarms.count()
}

#[test]
fn a_quiet_week_with_the_usual_mistakes_of_payers_raises_at_most_one_false_alarm_at_any_level_of_traffic() {
    for (number, a_day) in LEVELS.into_iter().skip(1).enumerate() {
        let mut chance = Chance(4_711 + number as u64);
        let usual = learned(a_day, &mut chance);
        let prompts =
            |tells_of_money| Simulated { comes: Comes::WhenAsked, ..Simulated::new(tells_of_money, None) };
        for (name, channel) in [
            ("paybill, usual known", Simulated::new(true, Some(usual))),
            ("paybill, usual not known", Simulated::new(true, None)),
            ("asking payers", prompts(false)),
            ("ends of prompts", prompts(true)),
        ] {
            let alarms = found_in_a_quiet_week(a_day, channel, &mut chance);
            eprintln!("{a_day} a day, {name}: {alarms} false alarms");
            assert!(alarms <= 1, "{a_day} a day, {name}");
        }
    }
}

#[test]
fn silence_is_found_after_what_the_traffic_allows() {
    for a_day in LEVELS {
        for (name, hour) in [("10:00", 10), ("03:00", 3)] {
            let mut waits = Vec::new();
            for seed in 1..=5 {
                let mut chance = Chance(seed * 7_919);
                let usual = learned(a_day, &mut chance);
                let stops = BEGIN + DAY + hour * HOUR;
                let begins = stops - 12 * HOUR;
                let mut channel = Simulated::since(begins, true, Some(usual));
                for now in begins..stops {
                    for _ in 0..chance.arrivals(milli_per_hour(a_day, now)) {
                        channel.meter.note(Outcome::Worked, now);
                    }
                }
                let found = (stops..stops + 3 * DAY).find(|now| {
                    channel.look(*now);
                    !channel.is_offered()
                });
                waits.push(found.expect("it is found within three days") - stops);
            }
            waits.sort_unstable();
            eprintln!("{a_day} a day, silent from {name}: {} s ({} to {})", waits[2], waits[0], waits[4]);
            // Twenty that should have come, and never less than a minute after the last.
            let should =
                20 * HOUR * 1_000 / i64::try_from(milli_per_hour(a_day, BEGIN + hour * HOUR)).unwrap();
            assert!(waits[4] <= (3 * should).max(61), "{waits:?}, {should}");
            assert!(waits[0] >= 45.min(should / 2), "{waits:?}");
        }
    }
}

/// Seconds from the first try that fails to the moment at which the channel is down, with everything failing from then on.
fn hard_failure_found(every: i64, probes_fail: bool) -> i64 {
    let mut channel = Simulated::new(false, None);
    let (fails, mut probed) = (BEGIN + 2 * HOUR, None);
    for now in BEGIN..fails + DAY {
        if now % every == fails % every {
            let outcome = if now < fails { Outcome::Worked } else { Outcome::Failed("not_sent") };
            channel.meter.note(outcome, now);
        }
        channel.look(now);
        if !channel.is_offered() {
            return now - fails;
        }
        if is_probe_due(channel.state, &channel.meter.read(now), probed, BEGIN, now) {
            let is_well = now < fails || !probes_fail;
            channel.meter.note_probe(if is_well { Ok(()) } else { Err("no_answer") }, now);
            probed = Some(now);
        }
    }
    panic!("it is not found within a day");
}

#[test]
fn hard_failure_is_found_within_seconds_also_where_few_come() {
    for every in [1, 10, 60, 600] {
        let (reached, unreached) = (hard_failure_found(every, false), hard_failure_found(every, true));
        eprintln!("a try every {every} s: down after {unreached} s, {reached} s if probes are answered");
        assert!(unreached < 5, "{unreached}");
        assert!(reached <= 4 * every, "{reached}: five tries");
    }
}

#[test]
fn a_channel_that_fails_every_other_time_for_a_day_does_not_flap() {
    for a_day in [500_000, 50_000, 5_000, 500] {
        for seed in 1..=3 {
            let mut chance = Chance(seed * 104_729);
            let mut channel = Simulated::new(false, None);
            let mut offered = 0;
            for now in BEGIN..BEGIN + DAY {
                for _ in 0..chance.arrivals(milli_per_hour(a_day, now)) {
                    if channel.is_offered() {
                        let fails = now > BEGIN + 9 * HOUR && chance.strikes(500_000_000);
                        channel
                            .meter
                            .note(if fails { Outcome::Failed("busy") } else { Outcome::Worked }, now);
                    }
                }
                if !channel.is_offered() && now % 10 == 0 {
                    channel.meter.note_probe(Ok(()), now);
                }
                channel.look(now);
                offered += i64::from(channel.is_offered());
            }
            let changes: Vec<_> = channel.changes.iter().map(|(_, on)| *on).collect();
            eprintln!("{a_day} tries a day, half fail from 09:00: {changes:?}, offered {offered} of {DAY} s");
            assert!(changes.len() <= 8, "{changes:?}");
            assert_ne!(channel.state, ChannelState::Up, "it is known to fail");
        }
    }
}

#[test]
fn what_fails_and_works_again_is_tried_and_comes_back_and_what_goes_on_failing_is_tried_less_and_less() {
    let mut channel = Simulated::new(false, None);
    let (fails, works) = (BEGIN + HOUR, BEGIN + 5 * HOUR);
    let (mut tried_in_vain, mut back) = (0, None);
    for now in BEGIN..works + 2 * HOUR {
        if channel.is_offered() && now % 5 == 0 {
            let is_well = !(fails..works).contains(&now);
            channel.meter.note(if is_well { Outcome::Worked } else { Outcome::Failed("busy") }, now);
            tried_in_vain += u32::from(!is_well);
        }
        if !channel.is_offered() && now % 10 == 0 {
            channel.meter.note_probe(Ok(()), now);
        }
        channel.look(now);
        if now > works && channel.state == ChannelState::Up && back.is_none() {
            back = Some(now - works);
        }
    }
    let back = back.expect("it comes back");
    eprintln!("asked in vain in four hours: {tried_in_vain}; up {back} s after it works again");
    assert!(tried_in_vain <= 5 + 4 * 35, "{tried_in_vain}");
    assert!(back <= 480 + 120, "{back}");
}

#[test]
fn nothing_is_concluded_from_the_silence_of_a_channel_that_nobody_knows() {
    let mut channel = Simulated::new(true, None);
    channel.meter.note(Outcome::Worked, BEGIN);
    for now in (BEGIN..BEGIN + WEEK).step_by(60) {
        channel.look(now);
    }
    assert_eq!(channel.changes, []);
    let mut channel = Simulated::new(false, Some(learned(120_000, &mut Chance(1))));
    for now in (BEGIN..BEGIN + WEEK).step_by(60) {
        channel.look(now);
    }
    assert_eq!(channel.changes, [], "a step that tells of no money is never silent");
}

#[test]
fn slow_answers_weaken_a_channel_until_they_are_quick_again() {
    let mut channel = Simulated::new(false, None);
    for now in BEGIN..BEGIN + HOUR {
        let is_slow = (BEGIN + 600..BEGIN + 1_200).contains(&now);
        channel.meter.note(if is_slow { Outcome::Slow } else { Outcome::Worked }, now);
        channel.look(now);
    }
    let changes: Vec<_> = channel.changes.iter().map(|(_, on)| *on).collect();
    assert_eq!(changes, [ChannelHappening::Weakened, ChannelHappening::Recovered]);
}

#[test]
fn a_silent_channel_is_tried_only_when_somebody_has_come_through_and_is_back_within_minutes() {
    let mut chance = Chance(31);
    let mut channel = Simulated::new(true, Some(learned(120_000, &mut chance)));
    let (stops, returns) = (BEGIN + 10 * HOUR, BEGIN + 19 * HOUR);
    let mut back = None;
    for now in BEGIN + 9 * HOUR..returns + 2 * HOUR {
        // Some pay there whatever they are told; behind what works a tenth does.
        let share = match channel.state {
            ChannelState::Down => 25,
            ChannelState::Probing => 10,
            ChannelState::Up | ChannelState::Degraded => 1,
        };
        for _ in 0..chance.arrivals(milli_per_hour(120_000, now) / share) {
            if !(stops..returns).contains(&now) {
                channel.meter.note(Outcome::Worked, now);
            }
        }
        channel.look(now);
        if (stops..returns).contains(&now) {
            assert!(channel.changes.len() <= 1, "time alone says nothing: {:?}", channel.changes);
        } else if now > returns && channel.state == ChannelState::Up && back.is_none() {
            back = Some(now - returns);
        }
    }
    let changes: Vec<_> = channel.changes.iter().map(|(_, on)| *on).collect();
    let expected = [ChannelHappening::FellSilent, ChannelHappening::CameThrough, ChannelHappening::Recovered];
    assert_eq!(changes, expected);
    let back = back.expect("it comes back");
    eprintln!("a silent channel is up again {back} s after it works");
    assert!(back <= 600, "{back}");
}

#[test]
fn prompts_that_fell_silent_are_tried_again_soon() {
    let mut channel = Simulated::new(true, None);
    channel.comes = Comes::WhenAsked;
    let (stops, returns) = (BEGIN + HOUR, BEGIN + 4 * HOUR);
    for now in BEGIN..returns + HOUR {
        let is_told = !(stops..returns).contains(&now);
        if channel.is_offered() && is_told && now % 5 == 0 {
            channel.meter.note(Outcome::Worked, now);
        }
        channel.look(now);
    }
    assert_eq!(channel.state, ChannelState::Up, "{:?}", channel.changes);
    let back = channel.changes.last().unwrap().0 - returns;
    assert!(back <= 900, "{back}");
}
