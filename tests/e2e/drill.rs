//! The 3 January drill in small: the paybill goes silent, prompts fail, the gateway is killed twice, and everything comes
//! back at once with what was held up. Every agency, by a plan of its own or by the national one, keeps collecting, nobody is
//! asked to pay twice, a gate goes on letting in, and the books and the reports of the outages have to the cent what moved. In large: `tests/long drill`, where a gate
//! that takes more than a second for a decision fails the day; here it is told how long it took.

use std::path::{Path, PathBuf};

use loadtest::drill::{DrillPlan, Kind, drill};

use crate::harness::{executable, runtime};

/// One payment in so many of ten times the national rate, unless the environment says otherwise.
const SCALE: u32 = 400;

fn number(name: &str, otherwise: u32) -> u32 {
    std::env::var(name)
        .map_or(otherwise, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

#[test]
fn on_the_third_of_january_whoever_has_a_plan_keeps_collecting_and_nobody_pays_twice() {
    let folder = tempfile::tempdir().unwrap();
    let keep = std::env::var_os("E2E_DRILL_FOLDER").map(PathBuf::from);
    let folder = keep.as_deref().unwrap_or(folder.path());
    let picture = folder.join("day.svg");
    let plan = DrillPlan {
        malipo: executable().to_path_buf(),
        rate_times: 10,
        scale: number("E2E_DRILL_SCALE", SCALE),
        // The whole day in less than a minute and a half.
        speed: number("E2E_DRILL_SPEED", 100),
        day_scale: number("E2E_DRILL_DAY_SCALE", 10),
        seed: u64::from(number("E2E_DRILL_SEED", 42)),
        folder: Some(folder.to_path_buf()),
        picture: Some(picture.clone()),
        check_books: Some(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check_books.py")),
        expect_healing: true,
        judges_time: std::env::var_os("E2E_DRILL_JUDGES_TIME").is_some(),
    };
    let report = runtime().block_on(drill(plan)).unwrap_or_else(|error| panic!("{error}"));
    eprintln!("{report}");
    std::fs::write(folder.join("report.txt"), report.to_string()).unwrap();
    assert!(report.held(), "{:#?}", report.wrong);

    assert!(report.silence_found_after.is_some() && report.first_fallback_after.is_some());
    assert_eq!(report.gone_for.len(), 2, "it was killed twice, and came back");
    let came_back: Vec<_> = report.back_after.keys().map(String::as_str).collect();
    assert_eq!(came_back, ["mpesa_paybill", "mpesa_prompt"]);
    assert!(
        Kind::ALL.iter().all(|kind| report.by_kind[kind] > 0),
        "every way was gone: {:?}",
        report.by_kind
    );
    for account in [
        "mpesa 222222",
        "mpesa 572572",
        "mpesa 600000",
        "bank kcb-1100220033",
        "airtel 900900",
        "acquirer mkt-0001",
        "terminal 880012",
    ] {
        let (moved, booked) = report.accounts[account];
        assert!(moved == booked && moved.minor() > 0, "{account}: {moved} moved, {booked} booked");
    }
    for channel in ["mpesa_paybill", "mpesa_prompt"] {
        let judged = report.outages.iter().find(|outage| outage.channel == channel);
        assert!(judged.is_some_and(|outage| outage.payments > 0), "{channel}: {judged:?}");
    }
    assert!(report.gate.in_the_dark > 0 && report.gate.let_in > 0, "{:?}", report.gate);
    assert_eq!(report.gate.let_in, report.gate.booked);
    assert!(report.next_way_after.is_some(), "the page of a bill showed the next way");
    let drawn = std::fs::read_to_string(picture).unwrap();
    for named in [
        "The paybill goes silent",
        "The gateway is killed again",
        "agency_till.kws",
        "Airtel Money",
        "card terminal",
        "gate: already used",
    ] {
        assert!(drawn.contains(named), "{named} is in the picture");
    }
}
