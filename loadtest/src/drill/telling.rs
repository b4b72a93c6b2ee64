//! What happened when on the day, how long it took, and whether every agency kept collecting.

use std::collections::{BTreeMap, HashSet};

use super::day::Day;
use super::outages::judge_the_silence;
use super::records::HOME;
use super::report::{DrillReport, Findings, Happened};
use super::script::{PROMPTS_FAIL, RETURNS, SILENT};
use super::world::{AGENCIES, AgencyOfDay, Seen, World};

/// The outage is looked at in parts of half an hour of the day, but never shorter ones than this: the gateway is gone for
/// ten minutes of it.
const PART_SECONDS_MIN: i64 = 900;
/// In each part an agency collects at least one payment for so many people who set out, less what the time was too short for in which
/// the gateway was gone; where few set out, chance has its say.
const COLLECTS_ONE_OF: usize = 2;
const COLLECTS_ONE_OF_FEW: usize = 5;
const FEW: usize = 100;
/// At most one payer in so many goes home unpaid.
const UNPAID_ONE_IN: u64 = 100;

/// Tells it in the report.
pub(crate) fn tell(world: &World, report: &mut DrillReport) {
    let day = &world.day;
    let mut seen = world.seen();
    report.wrong.append(std::mem::take(&mut seen.wrong));
    (report.waited, report.unpaid, report.in_doubt) = (seen.waited, seen.unpaid, seen.in_doubt);
    report.looked_too_soon = seen.looked_too_soon;
    report.held_up = seen.held_up;
    let moved: HashSet<u64> = report.moved.iter().filter_map(|moved| moved.bill).collect();
    report.wrong.append(nobody_is_lost(report.payers, &seen, moved.len() as u64));
    report.gone = seen.gone.clone();
    report.gone_for = seen.gone.iter().filter_map(|(gone, back)| back.map(|back| back - gone)).collect();
    report.states = seen.states.clone();
    tell_of_channels(day, &seen, report);
    let set_out = std::mem::take(&mut seen.set_out);
    drop(seen);
    kept_collecting(day, &set_out, report);
    let moments = [SILENT, PROMPTS_FAIL, RETURNS].map(|minute| day.second_of(minute));
    if let Some(problem) = judge_the_silence(&report.outages, moments.into()) {
        report.wrong.push(problem);
    }
}

/// Every payer came to an end, hardly any without having paid; and those who say that they have paid are those whose money moved.
fn nobody_is_lost(payers: u64, seen: &Seen, moved: u64) -> Findings {
    let mut wrong = Findings::default();
    if seen.paid + seen.unpaid != payers {
        wrong.push(format!("of {payers} payers {} paid and {} did not", seen.paid, seen.unpaid));
    }
    if seen.unpaid * UNPAID_ONE_IN > payers {
        wrong.push(format!("{} of {payers} payers went home unpaid", seen.unpaid));
    }
    if !(seen.paid.saturating_sub(seen.in_doubt)..=seen.paid).contains(&moved) {
        let (paid, in_doubt) = (seen.paid, seen.in_doubt);
        wrong.push(format!(
            "{paid} payers say that they paid, {in_doubt} are in doubt, and money moved for {moved} bills"
        ));
    }
    wrong
}

fn tell_of_channels(day: &Day, seen: &Seen, report: &mut DrillReport) {
    let (silent, returns) = (day.second_of(SILENT), day.second_of(RETURNS));
    let down = |channel: &str| {
        let mut of_channel = report.states.iter().filter(|(at, name, _)| *at >= silent && name == channel);
        of_channel.find(|(_, _, state)| state == "down").map(|(at, _, _)| *at)
    };
    report.silence_found_after = down("mpesa_paybill").map(|found| found - silent);
    if report.silence_found_after.is_none() {
        report.wrong.push("nobody was told that the paybill is down".to_owned());
    }
    report.next_way_after = seen
        .prompt_failed
        .zip(seen.next_way_shown)
        .map(|((failed, then), (shown, now))| ((shown - failed).max(0), now.saturating_duration_since(then)));
    let fallback = report.moved.iter().filter(|moved| &*moved.account != HOME && moved.second >= silent);
    let first_fallback = fallback.map(|moved| moved.second).min();
    report.first_fallback_after = first_fallback.map(|first| first - silent);
    for channel in ["mpesa_paybill", "mpesa_prompt"] {
        let last = report.states.iter().rfind(|(_, name, _)| name == channel);
        if let Some((at, _, state)) = last
            && state == "up"
        {
            report.back_after.insert(channel.to_owned(), (at - returns).max(0));
        }
    }
    let last: BTreeMap<&str, &str> =
        report.states.iter().map(|(_, channel, state)| (&**channel, &**state)).collect();
    for (channel, state) in last {
        if state != "up" {
            report.wrong.push(format!("{channel} is {state} at the end of the day"));
        }
    }
    report.timeline = timeline(day, seen, first_fallback);
}

/// So many payments are enough of so many who came in a part of the day, for so much of which the gateway was there.
fn enough(came: usize, there: i64, part: i64) -> u64 {
    let one_of = if came < FEW { COLLECTS_ONE_OF_FEW } else { COLLECTS_ONE_OF };
    let (came, there, part) =
        ((came / one_of) as u64, there.max(0).unsigned_abs(), part.max(1).unsigned_abs());
    (came * there / part).max(1)
}

/// For how long the gateway was gone between two moments.
fn gone_within(gone: &[(i64, Option<i64>)], from: i64, until: i64) -> i64 {
    gone.iter().map(|(left, back)| (back.unwrap_or(until).min(until) - (*left).max(from)).max(0)).sum()
}

fn timeline(day: &Day, seen: &Seen, first_fallback: Option<i64>) -> Vec<Happened> {
    let happened = |second: i64, what: String, is_change: bool| Happened {
        second,
        said: day.said(second),
        what,
        is_change,
    };
    let done = seen.happened.iter().map(|(second, what)| happened(*second, what.clone(), false));
    let changes = seen.states.iter().filter(|(second, _, state)| *second > 0 || state != "up");
    let changes = changes.map(|(second, name, state)| happened(*second, format!("{name} is {state}"), true));
    let first = first_fallback
        .into_iter()
        .map(|second| happened(second, "The first payment in a way of a plan".to_owned(), false));
    let mut timeline: Vec<_> = done.chain(changes).chain(first).collect();
    timeline.sort_by_key(|happened| happened.second);
    timeline
}

/// Every agency, by its own plan or by the national one, keeps collecting through the outage, and is told of it.
fn kept_collecting(day: &Day, set_out: &[(i64, usize)], report: &mut DrillReport) {
    let (from, until) = (day.second_of(SILENT), day.second_of(RETURNS));
    let half_hour = day.second_of(SILENT + 30) - from;
    let part = half_hour.max(PART_SECONDS_MIN);
    for (agency, AgencyOfDay { code }) in AGENCIES.into_iter().enumerate() {
        let mut counts = Vec::new();
        for begins in (from..until).step_by(usize::try_from(part).unwrap_or(1)) {
            let ends = (begins + part).min(until);
            let within = |second: i64| (begins..ends).contains(&second);
            let came = set_out.iter().filter(|(second, of)| *of == agency && within(*second)).count();
            let told = report
                .moved
                .iter()
                .filter(|moved| moved.agency == Some(agency) && moved.was_told() && within(moved.second));
            let collected = told.count() as u64;
            counts.push(collected);
            if ends - begins == part
                && collected < enough(came, part - gone_within(&report.gone, begins, ends), part)
            {
                let said = day.said(begins);
                report.wrong.push(format!("{code} collected {collected} from {said} on, where {came} came"));
            }
        }
        report.collected.insert(code.to_owned(), counts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_those_who_come_are_enough_where_many_do_and_less_while_the_gateway_is_gone() {
        assert_eq!(
            [enough(1_000, 1_800, 1_800), enough(99, 1_800, 1_800), enough(0, 1_800, 1_800)],
            [500, 19, 1]
        );
        let gone = [(900, Some(1_200)), (1_300, None)];
        assert_eq!(gone_within(&gone, 0, 1_800), 800);
        assert_eq!([gone_within(&gone, 0, 900), gone_within(&gone, 1_000, 1_100)], [0, 100]);
        assert_eq!(enough(900, 1_800 - gone_within(&gone, 0, 1_800), 1_800), 250);
    }

    #[test]
    fn who_paid_is_whose_money_moved_and_who_is_neither_home_nor_paid_is_found() {
        let wrong = |paid, unpaid, in_doubt, moved| {
            nobody_is_lost(1_000, &Seen { paid, unpaid, in_doubt, ..Seen::default() }, moved).count()
        };
        assert_eq!(wrong(995, 5, 0, 995), 0);
        assert_eq!(wrong(995, 5, 2, 993), 0, "two do not know");
        assert_eq!(wrong(995, 5, 1, 993), 1, "money of one who paid did not move");
        assert_eq!(wrong(995, 5, 0, 996), 1, "money moved of one who went home");
        assert_eq!(wrong(994, 5, 0, 994), 1, "one is neither");
        assert_eq!(wrong(989, 11, 0, 989), 1, "too many went home");
    }
}
