//! What the day has to show: the books against what really moved, what payers were asked, and who kept collecting.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::StatusCode;
use hyper::header::{self, HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::payer::{is_offered, is_paid, with_plan};
use super::processes::{check, run};
use super::report::{DrillReport, Happened, Moved};
use super::script::{RETURNS, SILENT, Stage};
use super::world::{AGENCIES, Control, SeenBill, World};
use super::{DrillError, day::Day};
use crate::kes::Kes;
use crate::sandbox::Fault;
use crate::sandbox::record::{Entry, How, Line, RECORD_FILE};

/// How long what is on its way may still be on its way, and what is listed may take to be booked.
const QUIET_WITHIN: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Bills that are looked at at once.
const LOOKS_AT_ONCE: usize = 32;
/// The outage is looked at in parts of half an hour of the day, but never shorter ones than this: the gateway is gone for
/// ten minutes of it.
const PART_SECONDS_MIN: i64 = 900;
/// In each part an agency with a plan collects at least one payment for so many people who set out.
const COLLECTS_ONE_OF: u64 = 5;
/// The paybill of the day.
const PAYBILL: &str = "222222";

/// What the record of the simulated Safaricom says.
struct Recorded {
    moved: Vec<(String, Moved)>,
    wrong: Vec<String>,
}

/// Judges the day. The gateway still runs.
pub(crate) async fn judge(stage: &mut Stage, stragglers: usize) -> Result<DrillReport, DrillError> {
    let world = Arc::clone(&stage.world);
    is_quiet(&world).await?;
    let mut report = DrillReport { payers: world.plan.payers(), ..DrillReport::default() };
    if stragglers > 0 {
        report.wrong.push(format!("{stragglers} payers did not come to an end"));
    }
    let record = stage.folder.join("sandbox").join(RECORD_FILE);
    let recorded = read_record(&record, &world)?;
    report.wrong.extend(recorded.wrong);
    if world.plan.expect_healing {
        report.found_by_statement = heal(&world, &recorded.moved).await?;
        all_bills_say_so(&world, &recorded.moved, &mut report).await;
    }
    let export = stage.folder.join("export");
    let data = stage.folder.join("data").display().to_string();
    let out = export.display().to_string();
    run(&world.plan.malipo, &["export", "--data", &data, "--out", &out]).await?;
    compare_money(&export, &world, &recorded.moved, &mut report)?;
    stage.gateway.kill().await;
    report.checkers.push(run(&world.plan.malipo, &["verify", &data]).await?);
    if let Some(checker) = &world.plan.check_books {
        report.checkers.push(check(checker, &export, &record).await?);
    }
    stage.sandbox.kill().await;
    report.moved = recorded.moved.into_iter().map(|(_, moved)| moved).collect();
    tell(&world, &mut report);
    Ok(report)
}

/// Waits until nothing is on its way any more.
async fn is_quiet(world: &World) -> Result<(), DrillError> {
    let began = Instant::now();
    loop {
        let summary = world.control(Control::Get, "/control/summary", &json!({})).await?;
        if summary["tasks_under_way"] == 0 || began.elapsed() > QUIET_WITHIN {
            return Ok(());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn read_record(path: &Path, world: &World) -> Result<Recorded, DrillError> {
    let text =
        std::fs::read_to_string(path).map_err(|error| DrillError::File(path.display().to_string(), error))?;
    let seen = world.seen();
    let mut recorded = Recorded { moved: Vec::new(), wrong: Vec::new() };
    // Prompts that may be answered, by the bill.
    let mut ringing = HashMap::<String, String>::new();
    let mut bills_of_prompts = HashMap::<String, String>::new();
    let mut paid = HashSet::<String>::new();
    for line in text.lines() {
        let Ok(Entry { at, line }) = serde_json::from_str(line) else { continue };
        match line {
            Line::Moved { amount_minor, account, shortcode, how, faults, .. } => {
                if !paid.insert(account.clone()) {
                    recorded.wrong.push(format!("{account} was paid twice"));
                }
                let moved = Moved {
                    second: world.day.second_at(at),
                    amount: amount_minor,
                    short_code: shortcode,
                    by_prompt: how == How::Stk,
                    was_told: how == How::Stk || !faults.contains(&Fault::ConfirmationWithheld),
                    agency: seen.bills.get(&account).map(|bill| bill.agency),
                };
                recorded.moved.push((account, moved));
            }
            Line::StkPrompted { checkout_request_id, account, .. } => {
                if ringing.insert(account.clone(), checkout_request_id.clone()).is_some() {
                    recorded.wrong.push(format!("{account} had two prompts at once"));
                }
                bills_of_prompts.insert(checkout_request_id, account);
            }
            Line::StkFinished { checkout_request_id, .. } => {
                if let Some(bill) = bills_of_prompts.remove(&checkout_request_id) {
                    ringing.remove(&bill);
                }
            }
            _ => {}
        }
    }
    Ok(recorded)
}

/// Sends the statement of each account on which money moved, and gives what nobody had told.
async fn heal(world: &World, moved: &[(String, Moved)]) -> Result<u64, DrillError> {
    let codes: HashSet<&str> = moved.iter().map(|(_, moved)| &*moved.short_code).collect();
    let mut found = 0;
    for code in codes {
        let url = world.sandbox.join(&format!("/control/statement?short_code={code}"));
        let failed = |what: String| DrillError::Answer(format!("the statement of {code}: {what}"));
        let statement = world.client.get_long(&url, QUIET_WITHIN).await.map_err(|e| failed(e.to_string()))?;
        let url = world.public.join(&format!("/v1/statements/mpesa?short_code={code}"));
        let once = HeaderValue::from_str(&format!("drill-statement-{}-{code:0>12}", world.plan.seed));
        let headers = [
            (header::AUTHORIZATION, world.treasury.clone()),
            (header::CONTENT_TYPE, HeaderValue::from_static("text/csv")),
            (HeaderName::from_static("idempotency-key"), once.map_err(|error| failed(error.to_string()))?),
        ];
        let answer = world.client.post(&url, &headers, statement.body, QUIET_WITHIN).await;
        let answer = answer.map_err(|error| failed(error.to_string()))?;
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        if answer.status != StatusCode::OK {
            return Err(failed(format!("{}: {body}", answer.status)));
        }
        found += body["found"].as_u64().unwrap_or(0);
    }
    Ok(found)
}

/// Every bill for which money moved is paid, and asks for nothing.
async fn all_bills_say_so(world: &Arc<World>, moved: &[(String, Moved)], report: &mut DrillReport) {
    let bills: Vec<SeenBill> = {
        let seen = world.seen();
        moved.iter().filter_map(|(number, _)| seen.bills.get(number)).cloned().collect()
    };
    let places = Arc::new(Semaphore::new(LOOKS_AT_ONCE));
    let mut looking = tokio::task::JoinSet::new();
    for bill in bills {
        let (world, places) = (Arc::clone(world), Arc::clone(&places));
        looking.spawn(async move {
            let _place = places.acquire().await;
            let body = world.get(&format!("/v1/bills/{}", bill.id), &world.keys[bill.agency]).await;
            let is_well = matches!(&body, Some((StatusCode::OK, body)) if is_paid(body) && !is_offered(body));
            (!is_well).then(|| format!("money moved for {}, and it says {body:?}", bill.id))
        });
    }
    while let Some(looked) = looking.join_next().await {
        report.wrong.extend(looked.ok().flatten());
    }
}

/// The books, account by account and agency by agency, against what moved.
fn compare_money(
    export: &Path,
    world: &World,
    moved: &[(String, Moved)],
    report: &mut DrillReport,
) -> Result<(), DrillError> {
    let booked = balances(&export.join("records.ndjson"))?;
    let add = |sums: &mut BTreeMap<String, u64>, name: String, amount: Kes| {
        *sums.entry(name).or_default() += amount.minor();
    };
    let (mut by_code, mut by_agency) = (BTreeMap::new(), BTreeMap::new());
    for (_, moved) in moved {
        add(&mut by_code, moved.short_code.clone(), moved.amount);
        match moved.agency {
            Some(agency) => add(&mut by_agency, AGENCIES[agency].code.to_owned(), moved.amount),
            None => add(&mut by_agency, "nobody's".to_owned(), moved.amount),
        }
    }
    let of = |prefix: &str| -> i64 {
        booked.iter().filter(|(account, _)| account.starts_with(prefix)).map(|(_, minor)| minor).sum()
    };
    let kes = |minor: i64| Kes::from_minor(u64::try_from(minor).unwrap_or(0));
    for (code, minor) in by_code {
        let in_books = of(&format!("1000.mpesa.{code}"));
        report.accounts.insert(code, (Kes::from_minor(minor), kes(in_books)));
    }
    for agency in AGENCIES {
        let minor = by_agency.remove(agency.code).unwrap_or(0);
        let in_books = -of(&format!("2000.{}.", agency.code.to_lowercase()));
        report.agencies.insert(agency.code.to_owned(), (Kes::from_minor(minor), kes(in_books)));
    }
    if world.plan.expect_healing {
        let named = report.accounts.iter().chain(&report.agencies);
        let differing: Vec<String> = named
            .filter(|(_, (moved, booked))| moved != booked)
            .map(|(name, (moved, booked))| {
                format!("{name}: KES {moved} moved, and KES {booked} is in the books")
            })
            .collect();
        report.wrong.extend(differing);
    }
    // Nobody paid for nothing, twice, too much or too late: what is owed to others than agencies has no explanation.
    for (account, minor) in booked {
        let is_explained = account.starts_with("1000.") || account.starts_with("2000.");
        if !is_explained && minor != 0 {
            report.wrong.push(format!("{account} has {minor} cents that nothing explains"));
        }
    }
    Ok(())
}

/// Debit less credit of each account, in cents.
fn balances(records: &Path) -> Result<BTreeMap<String, i64>, DrillError> {
    let text = std::fs::read_to_string(records)
        .map_err(|error| DrillError::File(records.display().to_string(), error))?;
    let mut balances = BTreeMap::new();
    for line in text.lines() {
        let record: Value = serde_json::from_str(line)
            .map_err(|error| DrillError::Answer(format!("a record of the export: {error}")))?;
        let entries = record["entries"].as_array().into_iter().flatten();
        for posting in entries.flat_map(|entry| entry["postings"].as_array().into_iter().flatten()) {
            let text = |name: &str| posting[name].as_str().unwrap_or_default();
            let amount = Kes::parse(text("amount")).and_then(|amount| i64::try_from(amount.minor()).ok());
            let amount =
                amount.ok_or_else(|| DrillError::Answer(format!("no amount of shillings: {posting}")))?;
            let signed = if text("side") == "debit" { amount } else { -amount };
            *balances.entry(text("account").to_owned()).or_default() += signed;
        }
    }
    Ok(balances)
}

/// What happened when, and how long it took.
fn tell(world: &World, report: &mut DrillReport) {
    let day = &world.day;
    let (silent, returns) = (day.second_of(SILENT), day.second_of(RETURNS));
    let mut seen = world.seen();
    report.wrong.append(&mut seen.wrong);
    (report.waited, report.unpaid) = (seen.waited, seen.unpaid);
    report.gone = seen.gone.clone();
    report.gone_for = seen.gone.iter().filter_map(|(gone, back)| back.map(|back| back - gone)).collect();
    report.states = seen.states.clone();
    let down = |channel: &str| {
        let mut of_channel = report.states.iter().filter(|(at, name, _)| *at >= silent && name == channel);
        of_channel.find(|(_, _, state)| state == "down").map(|(at, _, _)| *at)
    };
    report.silence_found_after = down("mpesa_paybill").map(|found| found - silent);
    let fallback = report.moved.iter().filter(|moved| moved.short_code != PAYBILL && moved.second >= silent);
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
    if report.silence_found_after.is_none() {
        report.wrong.push("nobody was told that the paybill is down".to_owned());
    }
    let happened = |second: i64, what: String, is_change: bool| Happened {
        second,
        said: day.said(second),
        what,
        is_change,
    };
    let done = seen.happened.iter().map(|(second, what)| happened(*second, what.clone(), false));
    let changes = seen.states.iter().filter(|(second, _, state)| *second > 0 || state != "up");
    let changes = changes.map(|(second, name, state)| happened(*second, format!("{name} is {state}"), true));
    report.timeline = done.chain(changes).collect();
    if let Some(second) = first_fallback {
        report.timeline.push(happened(second, "The first payment in a way of a plan".to_owned(), false));
    }
    report.timeline.sort_by_key(|happened| happened.second);
    let arrivals: Vec<(i64, usize)> = seen.bills.values().map(|bill| (bill.second, bill.agency)).collect();
    drop(seen);
    kept_collecting(day, &arrivals, report);
}

/// Every agency with a plan keeps collecting through the outage, and is told of it.
fn kept_collecting(day: &Day, arrivals: &[(i64, usize)], report: &mut DrillReport) {
    let (from, until) = (day.second_of(SILENT), day.second_of(RETURNS));
    let half_hour = day.second_of(SILENT + 30) - from;
    let part = half_hour.max(PART_SECONDS_MIN);
    for agency in with_plan() {
        let code = AGENCIES[agency].code;
        let mut counts = Vec::new();
        for begins in (from..until).step_by(usize::try_from(part).unwrap_or(1)) {
            let ends = (begins + part).min(until);
            let within = |second: i64| (begins..ends).contains(&second);
            let came = arrivals.iter().filter(|(second, of)| *of == agency && within(*second)).count();
            let told = report
                .moved
                .iter()
                .filter(|moved| moved.agency == Some(agency) && moved.was_told && within(moved.second));
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
