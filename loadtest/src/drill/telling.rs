//! What happened when on the day, how long it took, and whether every agency kept collecting.

use std::collections::BTreeMap;

use super::day::Day;
use super::records::HOME;
use super::report::{DrillReport, Happened};
use super::script::{RETURNS, SILENT};
use super::world::{AGENCIES, AgencyOfDay, Seen, World};

/// The outage is looked at in parts of half an hour of the day, but never shorter ones than this: the gateway is gone for
/// ten minutes of it.
const PART_SECONDS_MIN: i64 = 900;
/// In each part an agency collects at least one payment for so many people who set out.
const COLLECTS_ONE_OF: u64 = 5;

/// Tells it in the report.
pub(crate) fn tell(world: &World, report: &mut DrillReport) {
    let day = &world.day;
    let mut seen = world.seen();
    report.wrong.append(std::mem::take(&mut seen.wrong));
    (report.waited, report.unpaid, report.in_doubt) = (seen.waited, seen.unpaid, seen.in_doubt);
    report.gone = seen.gone.clone();
    report.gone_for = seen.gone.iter().filter_map(|(gone, back)| back.map(|back| back - gone)).collect();
    report.states = seen.states.clone();
    tell_of_channels(day, &seen, report);
    let arrivals: Vec<(i64, usize)> = seen.bills.values().map(|bill| (bill.second, bill.agency)).collect();
    drop(seen);
    kept_collecting(day, &arrivals, report);
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
fn kept_collecting(day: &Day, arrivals: &[(i64, usize)], report: &mut DrillReport) {
    let (from, until) = (day.second_of(SILENT), day.second_of(RETURNS));
    let half_hour = day.second_of(SILENT + 30) - from;
    let part = half_hour.max(PART_SECONDS_MIN);
    for (agency, AgencyOfDay { code }) in AGENCIES.into_iter().enumerate() {
        let mut counts = Vec::new();
        for begins in (from..until).step_by(usize::try_from(part).unwrap_or(1)) {
            let ends = (begins + part).min(until);
            let within = |second: i64| (begins..ends).contains(&second);
            let came = arrivals.iter().filter(|(second, of)| *of == agency && within(*second)).count();
            let told = report
                .moved
                .iter()
                .filter(|moved| moved.agency == Some(agency) && moved.was_told() && within(moved.second));
            let collected = told.count() as u64;
            counts.push(collected);
            let enough = came as u64 / COLLECTS_ONE_OF;
            if ends - begins == part && collected < enough.max(1) {
                let said = day.said(begins);
                report.wrong.push(format!("{code} collected {collected} from {said} on, where {came} came"));
            }
        }
        report.collected.insert(code.to_owned(), counts);
    }
}
