//! The report of each outage against the records of the simulated outside: what was collected on each account for each
//! agency, to the cent.
//!
//! A report counts what was booked while the outage lasted. So what is expected is what the outside has written down of each
//! payment that was booked then; of those it is told how many had moved before. What was booked later of money that had moved
//! before its end stands apart, by the providers' clocks: it has to be what the outside moved then, give or take what moved so
//! close to the end that clocks may differ, and slips, which name a day and no time.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use hyper::StatusCode;
use jiff::Timestamp;
use serde_json::Value;

use super::DrillError;
use super::books::Books;
use super::gate::{AGENCY, GateSeen};
use super::records::HOME;
use super::report::{Findings, Kind, Moved, OutageJudged};
use super::world::{AGENCIES, World};
use crate::kes::Kes;

/// How long a report is waited for, and the lists from which it is made: a thousand payments take them a second at worst.
const REPORT_WITHIN: Duration = Duration::from_secs(120);
const LISTS_WITHIN: Duration = Duration::from_secs(60);
const LISTED_A_SECOND: u64 = 1_000;
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// So often a report is asked for that does not come, and how far apart: the lists may be busy.
const ASKS_MAX: u32 = 10;
const ASKS_EVERY: Duration = Duration::from_secs(3);
/// Whom a gate let in so close to the beginning or the end of an outage may count or not: clocks differ by the time that a
/// message takes, many times as fast as life.
const CLOCKS_DIFFER_SECONDS: i64 = 120;

/// How long the page for cards lives.
const CARD_LIFE_SECONDS: i64 = 600;

/// By account and agency, `-` for nobody's.
type Sums = BTreeMap<(String, String), (Kes, u64)>;

/// A report, as it was given.
pub(crate) struct Report {
    id: u64,
    channel: String,
    body: Value,
}

/// Asks for the report of every outage.
pub(crate) async fn ask(world: &World, wrong: &mut Findings) -> Result<Vec<Report>, DrillError> {
    let outages: BTreeMap<u64, (String, String)> =
        world.seen().outages.iter().map(|(id, known)| (*id, known.clone())).collect();
    let Some(last) = outages.keys().next_back() else { return Ok(Vec::new()) };
    wait_for_lists(world, *last).await?;
    let mut reports = Vec::new();
    for (id, (channel, _)) in outages {
        let mut answered = report(world, id).await;
        for _ in 1..ASKS_MAX {
            if matches!(answered, Some((StatusCode::OK | StatusCode::NOT_FOUND, _))) {
                break;
            }
            tokio::time::sleep(ASKS_EVERY).await;
            answered = report(world, id).await;
        }
        match answered {
            Some((StatusCode::OK, body)) => reports.push(Report { id, channel, body }),
            other => wrong.push(format!("the report of outage {id} of {channel}: {other:?}")),
        }
    }
    Ok(reports)
}

/// The outage of the morning is one of the paybill, known within two hours of the silence and over when everything is back.
pub(crate) fn judge_the_silence(
    judged: &[OutageJudged],
    (silent, prompts_fail, returns): (i64, i64, i64),
) -> Option<String> {
    let of_paybill = || judged.iter().filter(|outage| outage.channel == "mpesa_paybill");
    let known = of_paybill().filter(|outage| outage.since >= silent).map(|outage| outage.since).min();
    let over = of_paybill().map(|outage| outage.ended.unwrap_or(i64::MAX)).max();
    let is_told = known.is_some_and(|since| since < prompts_fail)
        && over.is_some_and(|ended| (returns..i64::MAX).contains(&ended));
    let said = || {
        format!(
            "the outages of the paybill are from {known:?} to {over:?}, and it was silent from {silent} to {returns}"
        )
    };
    (!is_told).then(said)
}

async fn report(world: &World, id: u64) -> super::world::Answered {
    world.get_within(&format!("/v1/outages/{id}/report"), &world.treasury, REPORT_WITHIN).await
}

/// Waits until the lists know of what the books know now.
async fn wait_for_lists(world: &World, outage: u64) -> Result<(), DrillError> {
    let Some((id, _)) = world.never_paid.first() else { return Ok(()) };
    let place = AGENCIES.iter().position(|agency| agency.code == AGENCY).unwrap_or(0);
    let bill = world.get(&format!("/v1/bills/{id}"), &world.keys[place]).await;
    let head = bill.and_then(|(_, bill)| bill["as_of_sequence"].as_u64()).unwrap_or(0);
    let within = LISTS_WITHIN + Duration::from_secs(world.plan.payers() / LISTED_A_SECOND);
    let began = Instant::now();
    while began.elapsed() < within {
        if let Some((StatusCode::OK, body)) = report(world, outage).await
            && body["as_of_sequence"].as_u64().is_some_and(|known| known >= head)
        {
            return Ok(());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Err(DrillError::Answer(format!("the lists do not come up to record {head}")))
}

/// Holds every report against what moved.
pub(crate) fn judge(
    reports: &[Report],
    moved: &[Moved],
    books: &Books,
    world: &World,
    wrong: &mut Findings,
) -> Vec<OutageJudged> {
    let fallback: Vec<(&Moved, u64)> = moved.iter().filter_map(|moved| booked_at(moved, books)).collect();
    reports.iter().map(|report| judge_one(report, &fallback, world, wrong)).collect()
}

/// A payment that did not come home, with the sequence of the record that books it.
fn booked_at<'a>(moved: &'a Moved, books: &Books) -> Option<(&'a Moved, u64)> {
    let receipt = moved.receipt.as_ref()?;
    let sequence = books.booked.get(format!("{} {receipt}", moved.account).as_str())?;
    Some((moved, *sequence))
}

fn judge_one(
    report: &Report,
    fallback: &[(&Moved, u64)],
    world: &World,
    wrong: &mut Findings,
) -> OutageJudged {
    let Report { id, channel, body } = report;
    let as_of = body["as_of_sequence"].as_u64().unwrap_or(0);
    let end = body["period"]["until_sequence"].as_u64().unwrap_or(0);
    let since = second_of(world, &body["outage"]["since"]).unwrap_or(0);
    let ended = second_of(world, &body["outage"]["ended"]);
    if body["period"]["from_sequence"] != id + 1 || (ended.is_none() && end != as_of) {
        wrong.push(format!("outage {id} of {channel}: its report is of another time: {}", body["period"]));
    }
    let (mut expected, mut moved_before) = (Sums::new(), 0_u64);
    for (moved, _) in fallback.iter().filter(|(_, sequence)| (*id..end).contains(sequence)) {
        add(&mut expected, moved);
        moved_before += u64::from(moved.second < since);
    }
    let collected = rows(body, "collected");
    let keys: BTreeSet<_> = expected.keys().chain(collected.keys()).cloned().collect();
    let none = (Kes::ZERO, 0);
    for key in keys {
        let (expected, collected) =
            (expected.get(&key).unwrap_or(&none), collected.get(&key).unwrap_or(&none));
        if expected != collected {
            wrong.push(format!(
                "outage {id} of {channel}: {} for {} took {expected:?}, and the report has {collected:?}",
                key.0, key.1
            ));
        }
    }
    let later =
        fallback.iter().filter(|(_, sequence)| (end..as_of).contains(sequence)).map(|(moved, _)| *moved);
    let known_later = rows(body, "known_later");
    let reported = known_later.values().map(|(_, count)| count).sum();
    for problem in judge_known_later(later, &known_later, (since, ended.unwrap_or(i64::MAX))) {
        wrong.push(format!("outage {id} of {channel}: {problem}"));
    }
    let differing = accounts(body).filter(|(_, account)| {
        let sums = account["sums"].as_array().map(Vec::as_slice).unwrap_or_default();
        sums.iter().any(|sums| sums["difference"]["amount"] != 0)
    });
    for (name, account) in differing {
        wrong.push(format!("outage {id} of {channel}: {name} does not add up: {}", account["sums"]));
    }
    let let_in = admitted(body);
    if !may_be(&world.seen().gate, (since, ended), let_in) {
        wrong.push(format!(
            "outage {id} of {channel}: the gate let in others than the {let_in} of the report"
        ));
    }
    let total = expected.values().fold(Kes::ZERO, |sum, (amount, _)| sum.plus(*amount).unwrap_or(sum));
    let payments = expected.values().map(|(_, count)| count).sum();
    OutageJudged {
        id: *id,
        channel: channel.clone(),
        since,
        ended,
        payments,
        total,
        moved_before,
        known_later: reported,
        let_in,
    }
}

fn add(sums: &mut Sums, moved: &Moved) {
    let agency = moved.agency.map_or("-", |agency| AGENCIES[agency].code);
    let sum = sums.entry((moved.account.to_string(), agency.to_owned())).or_default();
    *sum = (sum.0.plus(moved.amount).unwrap_or(sum.0), sum.1 + 1);
}

/// So long after the end of an outage money may have moved that counts as of it. Of what Airtel and an acquirer tell, the
/// moment counts at which the payer was asked, and the page for cards lives for ten minutes; a slip names its day alone.
fn edge_seconds(kind: Kind) -> i64 {
    match kind {
        Kind::Slip => i64::MAX,
        Kind::Card | Kind::Airtel => CLOCKS_DIFFER_SECONDS + CARD_LIFE_SECONDS,
        _ => CLOCKS_DIFFER_SECONDS,
    }
}

/// What is wrong with what became known after an outage: for nobody less than what surely moved in it, nor more than what may
/// have.
fn judge_known_later<'a>(
    later: impl Iterator<Item = &'a Moved>,
    reported: &Sums,
    (since, ended): (i64, i64),
) -> Vec<String> {
    let (mut surely, mut at_most) = (Sums::new(), Sums::new());
    for moved in later {
        if moved.second <= ended.saturating_add(edge_seconds(moved.kind)) {
            add(&mut at_most, moved);
        }
        let from = since.saturating_add(CLOCKS_DIFFER_SECONDS);
        if (from..=ended.saturating_sub(CLOCKS_DIFFER_SECONDS)).contains(&moved.second) {
            add(&mut surely, moved);
        }
    }
    let none = (Kes::ZERO, 0);
    let keys: BTreeSet<_> = surely.keys().chain(reported.keys()).collect();
    let outside = |key: &&(String, String)| {
        let of = |sums: &Sums| *sums.get(*key).unwrap_or(&none);
        let (least, known, most) = (of(&surely), of(reported), of(&at_most));
        let is_within = (least.0..=most.0).contains(&known.0) && (least.1..=most.1).contains(&known.1);
        (!is_within)
            .then(|| format!("{} for {}: {known:?} known later, of {least:?} to {most:?}", key.0, key.1))
    };
    keys.iter().filter_map(outside).collect()
}

fn accounts(report: &Value) -> impl Iterator<Item = (String, &Value)> {
    let named = |account: &Value| {
        let text = |name: &str| account[name].as_str().unwrap_or_default().to_owned();
        format!("{} {}", text("provider"), text("account"))
    };
    let accounts = report["accounts"].as_array().into_iter().flatten();
    accounts.map(move |account| (named(account), account)).filter(|(name, _)| name != HOME)
}

fn rows(report: &Value, list: &str) -> Sums {
    let mut sums = Sums::new();
    for (name, account) in accounts(report) {
        for row in account[list].as_array().into_iter().flatten() {
            let agency = row["agency"].as_str().unwrap_or("-").to_owned();
            let amount = row["collected"]["amount"]["amount"].as_u64().unwrap_or(0);
            let count = row["collected"]["count"].as_u64().unwrap_or(0);
            sums.insert((name.clone(), agency), (Kes::from_minor(amount), count));
        }
    }
    sums
}

fn admitted(report: &Value) -> u64 {
    let rows = report["admitted"].as_array().into_iter().flatten();
    rows.filter(|row| row["agency"] == AGENCY).filter_map(|row| row["count"].as_u64()).sum()
}

/// Whether a gate can have let in so many meanwhile.
fn may_be(gate: &GateSeen, (since, ended): (i64, Option<i64>), let_in: u64) -> bool {
    let count = |grown: i64| {
        let from = since - grown;
        let until = ended.map_or(i64::MAX, |ended| ended + grown);
        gate.let_in.values().filter(|second| (from..=until).contains(*second)).count() as u64
    };
    (count(-CLOCKS_DIFFER_SECONDS)..=count(CLOCKS_DIFFER_SECONDS)).contains(&let_in)
}

fn second_of(world: &World, moment: &Value) -> Option<i64> {
    let moment: Timestamp = moment.as_str()?.parse().ok()?;
    Some(world.day.second_at(moment))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::drill::report::Kind;

    /// What is wrong with a report that has these cents, payments and difference, where the outside took 500 cents of which
    /// the books heard in the record after it began.
    fn wrong_with(cents: u64, count: u64, difference: i64, booked: u64) -> u64 {
        let moved = Moved {
            second: 10,
            amount: Kes::from_minor(500),
            account: "bank kcb-1".into(),
            kind: Kind::Bank,
            bill: Some(12),
            agency: Some(1),
            receipt: Some("FT1".into()),
        };
        let mut books = Books::default();
        books.booked.insert("bank kcb-1 FT1".into(), booked);
        let row = json!({"agency": "KWS", "collected": {"amount": {"amount": cents}, "count": count}});
        let rows = if count == 0 { json!([]) } else { json!([row]) };
        let sums = json!([{"difference": {"amount": difference}}]);
        let period = json!({"from_sequence": 51, "until_sequence": 100});
        let body = json!({"as_of_sequence": 100, "period": period, "outage": {}, "admitted": [], "accounts": [
            {"provider": "bank", "account": "kcb-1", "collected": rows, "sums": sums}]});
        let report = Report { id: 50, channel: "mpesa_paybill".to_owned(), body };
        let mut wrong = Findings::default();
        judge(&[report], &[moved], &books, &World::nowhere(), &mut wrong);
        wrong.count()
    }

    #[test]
    fn a_report_that_is_a_cent_or_a_payment_off_or_does_not_add_up_is_wrong() {
        assert_eq!(wrong_with(500, 1, 0, 51), 0);
        assert_eq!(wrong_with(499, 1, 0, 51), 1);
        assert_eq!(wrong_with(500, 2, 0, 51), 1);
        assert_eq!(wrong_with(0, 0, 0, 51), 1, "it is not in the report");
        assert_eq!(wrong_with(500, 1, -1, 51), 1);
        assert_eq!(wrong_with(500, 1, 0, 49), 1, "it was booked before the outage");
        assert_eq!(wrong_with(0, 0, 0, 49), 0);
    }

    #[test]
    fn what_becomes_known_later_is_what_moved_in_the_outage_give_or_take_its_edges() {
        let moved = |second: i64, kind: Kind, cents: u64| Moved {
            second,
            amount: Kes::from_minor(cents),
            account: "bank kcb-1".into(),
            kind,
            bill: Some(12),
            agency: Some(1),
            receipt: Some("FT1".into()),
        };
        let all = [
            moved(500, Kind::Bank, 1),
            moved(5_000, Kind::Bank, 10),
            moved(9_950, Kind::Bank, 100),
            moved(20_000, Kind::Slip, 1_000),
            moved(20_000, Kind::Bank, 10_000),
        ];
        let wrong_with = |cents: u64, count: u64| {
            let row =
                (("bank kcb-1".to_owned(), AGENCIES[1].code.to_owned()), (Kes::from_minor(cents), count));
            judge_known_later(all.iter(), &Sums::from([row]), (1_000, 10_000)).len()
        };
        assert_eq!(wrong_with(10, 1), 0);
        assert_eq!(wrong_with(1_111, 4), 0, "before it on its day, at its edge, and a slip of some hour");
        assert_eq!(wrong_with(9, 1), 1);
        assert_eq!(wrong_with(10, 0), 1);
        assert_eq!(wrong_with(1_112, 4), 1);
        assert_eq!(wrong_with(11_111, 5), 1, "it moved after the outage");
        assert_eq!(judge_known_later(all.iter(), &Sums::new(), (1_000, 10_000)).len(), 1, "it is not there");
    }

    #[test]
    fn a_report_is_read_account_by_account_without_the_home_of_money() {
        let row =
            json!({"agency": "KWS", "collected": {"amount": {"amount": 500, "currency": "KES"}, "count": 2}});
        let report = json!({"accounts": [
            {"provider": "bank", "account": "kcb-1", "collected": [row]},
            {"provider": "mpesa", "account": "222222", "collected": [row]},
        ], "admitted": [{"agency": "KWS", "count": 3, "offline": 3}, {"agency": "KRA", "count": 9}]});
        let expected = (("bank kcb-1".to_owned(), "KWS".to_owned()), (Kes::from_minor(500), 2));
        assert_eq!(rows(&report, "collected").into_iter().collect::<Vec<_>>(), [expected]);
        assert_eq!(admitted(&report), 3);
    }

    #[test]
    fn the_outage_of_the_morning_is_found_in_time_and_lasts_until_everything_is_back() {
        let outage = |channel: &str, since, ended| OutageJudged {
            id: 1,
            channel: channel.to_owned(),
            since,
            ended,
            payments: 1,
            total: Kes::ZERO,
            moved_before: 0,
            known_later: 0,
            let_in: 0,
        };
        let is_told = |judged: &[OutageJudged]| judge_the_silence(judged, (100, 200, 1_000)).is_none();
        let whole = outage("mpesa_paybill", 130, Some(1_010));
        assert!(is_told(&[whole.clone(), outage("mpesa_prompt", 210, Some(300))]));
        assert!(is_told(&[
            outage("mpesa_paybill", 130, Some(500)),
            outage("mpesa_paybill", 520, Some(1_010))
        ]));
        assert!(!is_told(&[]) && !is_told(&[outage("mpesa_prompt", 130, Some(1_010))]));
        assert!(!is_told(&[outage("mpesa_paybill", 201, Some(1_010))]), "found too late");
        assert!(!is_told(&[outage("mpesa_paybill", 130, Some(990))]), "over too soon");
        assert!(!is_told(&[outage("mpesa_paybill", 130, None)]), "not over");
    }

    #[test]
    fn whom_a_gate_let_in_at_the_very_edge_of_an_outage_may_count_or_not() {
        let mut gate = GateSeen::default();
        gate.let_in.extend([(1, 1_000), (2, 2_000), (3, 2_950)]);
        let may = |count| may_be(&gate, (1_500, Some(3_000)), count);
        assert_eq!([0, 1, 2, 3].map(may), [false, true, true, false]);
    }
}
