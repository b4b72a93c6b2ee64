//! What the day has to show: the books against what really moved, what payers were asked, what the gate did, and who kept
//! collecting.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use hyper::StatusCode;
use serde_json::json;

use super::DrillError;
use super::bars::{self, DECIDES_WITHIN};
use super::books::Books;
use super::gate::{self, Decided, Decision, GATE};
use super::processes::{check, run};
use super::records::{self, Recorded};
use super::report::{DrillReport, Findings, GateDay, Moved};
use super::script::Stage;
use super::ways::{is_offered, is_paid};
use super::world::{AGENCIES, AgencyOfDay, Control, SeenBill, World};
use super::{healing, outages, telling};
use crate::kes::Kes;

/// How long what is on its way may still be on its way.
const QUIET_WITHIN: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Each time that the gateway is gone the gate decides so often.
const DECISIONS_IN_THE_DARK_MIN: usize = 6;
/// Bills that are looked at at once, and how often one is whose page does not come.
const LOOKS_AT_ONCE: usize = 32;
const LOOKS_MAX: u32 = 20;

/// Judges the day. The gateway still runs.
pub(crate) async fn judge(stage: &mut Stage) -> Result<DrillReport, DrillError> {
    let world = Arc::clone(&stage.world);
    let mut report = DrillReport { payers: world.plan.payers(), ..DrillReport::default() };
    if !is_quiet(&world).await? {
        report.wrong.push("the outside did not come to an end".to_owned());
    }
    if !gate::has_told_all(&world, QUIET_WITHIN).await {
        report.wrong.push("the gate has not told all that it did".to_owned());
    }
    let outside = stage.folder.join("sandbox");
    let Recorded { moved, delivered_late, wrong } = records::read(&outside, &world)?;
    report.wrong.append(wrong);
    report.delivered_late = delivered_late;
    if world.plan.expect_healing {
        // What the gateway has said yes to is in the books before any statement can say it again.
        nothing_told_is_lost(stage, &world, &outside, &mut report).await?;
        match healing::heal(&world, &moved).await {
            Ok(found) => report.found_by_statement = found,
            Err(error) => report.wrong.push(error.to_string()),
        }
        all_bills_say_so(&world, &moved, &mut report).await;
    }
    let reports = outages::ask(&world, &mut report.wrong).await.unwrap_or_else(|error| {
        report.wrong.push(error.to_string());
        Vec::new()
    });
    let export = stage.folder.join("export");
    let data = stage.folder.join("data").display().to_string();
    let out = export.display().to_string();
    run(&world.plan.malipo, &["export", "--data", &data, "--out", &out]).await?;
    let books = Books::read(&export.join("records.ndjson"))?;
    compare_money(&books, &world, &moved, &mut report);
    report.outages = outages::judge(&reports, &moved, &books, &world, &mut report.wrong);
    judge_gate(&world, &books, &mut report);
    let ended = [
        ("gateway", stage.gateway.kill().await),
        ("program at the gate", stage.gate.kill().await),
        ("outside", stage.sandbox.kill().await),
    ];
    for (what, status) in ended.into_iter().filter_map(|(what, status)| Some((what, status?))) {
        report.wrong.push(format!("the {what} had ended by itself with {status}"));
    }
    checked(run(&world.plan.malipo, &["verify", &data]).await, &mut report);
    if let Some(checker) = &world.plan.check_books {
        checked(check(checker, &export, &records::paths(&outside)).await, &mut report);
    }
    report.moved = moved;
    telling::tell(&world, &mut report);
    bars::judge(&world.plan, &mut report);
    Ok(report)
}

/// What a checker said, or that it was not content.
fn checked(said: Result<String, DrillError>, report: &mut DrillReport) {
    match said {
        Ok(said) => report.checkers.push(said),
        Err(error) => report.wrong.push(error.to_string()),
    }
}

/// Has the books checked against the records of the outside as they are in the evening, before anything is healed.
async fn nothing_told_is_lost(
    stage: &Stage,
    world: &World,
    outside: &Path,
    report: &mut DrillReport,
) -> Result<(), DrillError> {
    let Some(checker) = &world.plan.check_books else { return Ok(()) };
    let export = stage.folder.join("export-before-healing");
    let (data, out) = (stage.folder.join("data").display().to_string(), export.display().to_string());
    run(&world.plan.malipo, &["export", "--data", &data, "--out", &out]).await?;
    checked(check(checker, &export, &records::paths(outside)).await, report);
    std::fs::remove_dir_all(&export).map_err(|error| DrillError::File(out, error))
}

/// Waits until nothing is on its way any more, and says whether it came to that.
async fn is_quiet(world: &World) -> Result<bool, DrillError> {
    let began = Instant::now();
    loop {
        let summary = world.control(Control::Get, "/control/summary", &json!({})).await?;
        let is_quiet = summary["tasks_under_way"] == 0;
        if is_quiet || began.elapsed() > QUIET_WITHIN {
            return Ok(is_quiet);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Every bill for which money moved is paid, and asks for nothing.
async fn all_bills_say_so(world: &Arc<World>, moved: &[Moved], report: &mut DrillReport) {
    let bills: Vec<SeenBill> = {
        let seen = world.seen();
        moved.iter().filter_map(|moved| seen.bills.get(&moved.bill?)).cloned().collect()
    };
    let bills = Arc::new(Mutex::new(bills));
    let mut looking = tokio::task::JoinSet::new();
    for _ in 0..LOOKS_AT_ONCE {
        looking.spawn(look_at(Arc::clone(world), Arc::clone(&bills)));
    }
    while let Some(looked) = looking.join_next().await {
        report.wrong.append(looked.unwrap_or_default());
    }
}

/// Looks at one bill after the other until there is none left.
async fn look_at(world: Arc<World>, bills: Arc<Mutex<Vec<SeenBill>>>) -> Findings {
    let mut wrong = Findings::default();
    loop {
        let next = bills.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let Some(bill) = next else { return wrong };
        let path = format!("/v1/bills/{}", bill.id);
        let mut body = world.get(&path, &world.keys[bill.agency]).await;
        for _ in 1..LOOKS_MAX {
            if matches!(body, Some((StatusCode::OK, _))) {
                break;
            }
            tokio::time::sleep(LOOK_EVERY).await;
            body = world.get(&path, &world.keys[bill.agency]).await;
        }
        let is_well = matches!(&body, Some((StatusCode::OK, body)) if is_paid(body) && !is_offered(body));
        if !is_well {
            wrong.push(format!("money moved for {}, and it says {body:?}", bill.id));
        }
    }
}

/// The books, account by account and agency by agency, against what moved.
fn compare_money(books: &Books, world: &World, moved: &[Moved], report: &mut DrillReport) {
    let (mut by_account, mut by_agency) = (BTreeMap::<&str, u64>::new(), BTreeMap::<&str, u64>::new());
    for moved in moved {
        *by_account.entry(&moved.account).or_default() += moved.amount.minor();
        let agency = moved.agency.map_or("nobody's", |agency| AGENCIES[agency].code);
        *by_agency.entry(agency).or_default() += moved.amount.minor();
        *report.by_kind.entry(moved.kind).or_default() += 1;
    }
    let of = |prefix: &str| -> i64 {
        let within = books.balances.iter().filter(|(account, _)| account.starts_with(prefix));
        within.map(|(_, minor)| minor).sum()
    };
    let kes = |minor: i64| Kes::from_minor(u64::try_from(minor).unwrap_or(0));
    // Money on other accounts, or for others, would be money that nobody paid.
    let is_known = |account: &str| {
        let moved_to = by_account.keys().any(|name| account == format!("1000.{}", name.replace(' ', ".")));
        let for_whom =
            |agency: &AgencyOfDay| account.starts_with(&format!("2000.{}.", agency.code.to_lowercase()));
        moved_to || AGENCIES.iter().any(for_whom)
    };
    for (account, minor) in
        books.balances.iter().filter(|(account, minor)| **minor != 0 && !is_known(account))
    {
        report.wrong.push(format!("{account} has {minor} cents that nothing explains"));
    }
    for (account, minor) in by_account {
        let booked = of(&format!("1000.{}", account.replace(' ', ".")));
        report.accounts.insert(account.to_owned(), (Kes::from_minor(minor), kes(booked)));
    }
    for agency in AGENCIES {
        let minor = by_agency.remove(agency.code).unwrap_or(0);
        let booked = -of(&format!("2000.{}.", agency.code.to_lowercase()));
        report.agencies.insert(agency.code.to_owned(), (Kes::from_minor(minor), kes(booked)));
    }
    if world.plan.expect_healing {
        for (name, (moved, booked)) in report.accounts.iter().chain(&report.agencies) {
            if moved != booked {
                report.wrong.push(format!("{name}: KES {moved} moved, and KES {booked} is in the books"));
            }
        }
    }
}

/// Whom the gate let in is in the books, and nobody else; each decision was one; and they were made in time, or it is told.
fn judge_gate(world: &World, books: &Books, report: &mut DrillReport) {
    let seen = world.seen();
    let decisions = &seen.gate.decisions;
    let dark = || decisions.iter().filter(|decision| decision.is_dark);
    report.gate = GateDay {
        decisions: decisions.len(),
        in_the_dark: dark().count(),
        slowest: decisions.iter().map(|decision| decision.took).max().unwrap_or_default(),
        slowest_in_the_dark: dark().map(|decision| decision.took).max().unwrap_or_default(),
        beyond_a_second: decisions.iter().filter(|decision| decision.took > DECIDES_WITHIN).count(),
        let_in: seen.gate.let_in.len(),
        booked: books.visits.len(),
    };
    for (gone, back) in &seen.gone {
        let within = |decision: &&Decision| (*gone..=back.unwrap_or(i64::MAX)).contains(&decision.second);
        let let_in = dark().filter(within).filter(|decision| decision.what == Decided::In).count();
        if dark().filter(within).count() < DECISIONS_IN_THE_DARK_MIN || let_in == 0 {
            let said = world.day.said(*gone);
            report.wrong.push(format!("the gate let {let_in} in while the gateway was gone from {said} on"));
        }
    }
    report.wrong.append(books.disputed.clone());
    let mut booked = HashMap::<u64, u32>::new();
    for (number, gate) in &books.visits {
        *booked.entry(*number).or_default() += 1;
        if &**gate != GATE || !seen.gate.let_in.contains_key(number) {
            report.wrong.push(format!("the books let {number:012} in at {gate}, and the guard did not"));
        }
    }
    for number in seen.gate.let_in.keys() {
        if booked.get(number) != Some(&1) {
            report.wrong.push(format!("the gate let {number:012} in, and the books do not say so, once"));
        }
    }
    report.decisions.clone_from(decisions);
}
