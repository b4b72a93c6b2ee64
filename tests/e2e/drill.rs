//! The 3 January drill in small: the paybill goes silent, prompts fail, the gateway is killed twice, and everything comes
//! back at once with what was held up. Who has a plan keeps collecting, nobody is asked to pay twice, and the books have to
//! the cent what moved. In large: `tests/long drill`.

use std::path::{Path, PathBuf};

use loadtest::drill::{DrillPlan, drill};

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
    };
    let report = runtime().block_on(drill(plan)).unwrap_or_else(|error| panic!("{error}"));
    eprintln!("{report}");
    assert!(report.held(), "{:#?}", report.wrong);

    assert!(report.silence_found_after.is_some() && report.first_fallback_after.is_some());
    assert_eq!(report.gone_for.len(), 2, "it was killed twice, and came back");
    let came_back: Vec<_> = report.back_after.keys().map(String::as_str).collect();
    assert_eq!(came_back, ["mpesa_paybill", "mpesa_prompt"]);
    for code in ["222222", "572572", "600000"] {
        let (moved, booked) = report.accounts[code];
        assert!(moved == booked && moved.minor() > 0, "{code}: {moved} moved, {booked} booked");
    }
    let drawn = std::fs::read_to_string(picture).unwrap();
    for named in
        ["The paybill goes silent", "The gateway is killed again", "agency_till.kws", "ways of a plan"]
    {
        assert!(drawn.contains(named), "{named} is in the picture");
    }
}
