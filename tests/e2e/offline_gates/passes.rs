//! Somebody who cannot pay comes to a gate that has nobody to ask: they are given one pass, whatever is clicked or killed, within
//! limits, and later the gateway knows of all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};

use super::aim::Aim;
use super::views_have_everything;
use crate::harness::{Agency, GateDevice, Gateway, eventually, get, malipo, run, together, try_to_issue};

const PARK: &str = "kws-lake-nakuru-entry";
/// Two adults and a child: 1,500 shillings each, and 750.
const FAMILY: &str =
    "n.east_african_citizen.adult=2&n.east_african_citizen.child=1&n.kenya_resident.adult=&settlement=later";
/// How often the program is killed while passes are issued, unless the environment says otherwise.
const KILLS: usize = 10;
/// Families who come in each of its lives.
const FAMILIES: usize = 5;
/// After so many kills the gateway is back for a while, is told of everything, and keeps more payment numbers.
const KILLS_ALONE: usize = 8;

#[test]
fn a_family_that_cannot_pay_is_given_one_pass_and_the_gateway_hears_of_it() {
    let mut gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let [mut elsa, mut olkaria] = ["Elsa Gate", "Olkaria Gate"].map(|gate| GateDevice::enrol(&gateway, gate));
    let keys = gateway.public_keys();
    elsa.prepares();
    olkaria.prepares();
    gateway.kill();
    elsa.start();
    olkaria.start();

    let list = get(format!("{}/en/passes", elsa.url())).send().expect(200).text();
    assert!(list.contains(&format!("/en/passes/{PARK}\"")) && list.contains("None yet."), "{list}");
    let form = format!("wish={}&{FAMILY}", wish(&elsa));
    let priced = posts(&elsa, "price", &form);
    assert!(priced.contains("data-price=\"KES 3,750.00\""), "{priced}");
    assert!(elsa.passes().is_empty(), "looking at a price issues nothing");

    let agreed = format!("{form}&agreed=KES%203750.00");
    let issued = together(6, |_| try_to_issue(&elsa.url(), PARK, &agreed).expect("its page answers"));
    assert!(issued.iter().all(|answer| *answer == Ok("/en/pass/1".to_owned())), "{issued:?}");
    assert_eq!(elsa.passes().len(), 1, "six clicks are one pass");
    let token = token(&elsa, 1);
    for language in ["en", "sw"] {
        let printed = get(format!("{}/{language}/pass/1", elsa.url())).send().expect(200).text();
        let bill = elsa.passes()[0]["bill"].to_string();
        let grouped = format!("{} {} {}", &bill[..4], &bill[4..8], &bill[8..]);
        for shown in ["KES 3,750.00", "222222", "Elsa Gate", &grouped, "/pass/1/code.svg"] {
            assert!(printed.contains(shown), "{shown}: {printed}");
        }
    }

    let code = get(format!("{}/pass/1/code.svg", elsa.url())).send().expect(200);
    assert_eq!(code.header("content-type"), Some("image/svg+xml"));
    get(format!("{}/pass/2/code.svg", elsa.url())).send().expect(404);

    assert_eq!(elsa.lets_in(&token), "issued_here");
    assert_eq!(olkaria.lets_in(&token), "provisional");
    assert_eq!(olkaria.checks(&token.replacen('.', "A.", 1)), "not_genuine");
    let verified = run(malipo(["verify", &token]).arg("--keys").arg(&keys)).expect(0).stdout;
    assert!(
        verified.contains("Elsa Gate at hells-gate of KWS") && verified.ends_with("genuine\n"),
        "{verified}"
    );
    let altered = token.replacen("MPP1:b", "MPP1:c", 1);
    run(malipo(["verify", &altered]).arg("--keys").arg(&keys)).expect(3);
    assert!(elsa.page("en").contains("1 let in here, 1 not yet told"));

    gateway.start_again();
    is_told(&mut elsa);
    let told = told(&gateway, &kws);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["price"], json!({"amount": 375_000, "currency": "KES"}));
    assert_eq!((&told[0]["gate"], &told[0]["number"]), (&json!("Elsa Gate"), &json!(1)));
    gateway.books().expect_balanced();
}

#[test]
fn beyond_its_limits_a_gate_issues_nothing() {
    let mut gateway = Gateway::demo()
        .set("gates.pass_count_max", "3")
        .set("gates.pass_value_max_shillings", "6000")
        .set("gates.pass_total_max_shillings", "8000")
        .start();
    let mut elsa = GateDevice::enrol(&gateway, "Elsa Gate");
    elsa.prepares();
    gateway.kill();
    elsa.start();
    let issues = |what: &str| {
        let form = format!("wish={}&{what}", wish(&elsa));
        try_to_issue(&elsa.url(), PARK, &form).expect("its page answers")
    };
    let refused = |what: &str, why: &str| {
        let page = issues(what).expect_err("there is no pass");
        assert!(page.contains("data-verdict=\"no_pass\"") && page.contains(why), "{page}");
    };
    refused("n.east_african_citizen.adult=5&settlement=later", "KES 6,000.00 at most");
    refused("n.non_resident.adult=1&settlement=later", "KES 6,000.00 at most");
    refused("n.non_resident.adult=1&n.kenya_resident.child=1&settlement=exit", "a pass for each");
    refused("n.kenya_resident.child=0&settlement=exit", "Say how many");
    refused("n.kenya_resident.child=1&settlement=operator&operator=OP-NOBODY", "no such tour operator");
    refused(&format!("{FAMILY}&agreed=KES%201.00"), "The price has changed");
    assert_eq!(issues(FAMILY), Ok("/en/pass/1".to_owned()));
    assert_eq!(issues(FAMILY), Ok("/en/pass/2".to_owned()));
    refused(FAMILY, "KES 8,000.00 together at most");
    assert!(issues("n.east_african_citizen.adult=0&n.east_african_citizen.child=x&settlement=exit").is_err());
    let used = format!("wish={}&{FAMILY}", wish(&elsa));
    assert_eq!(elsa.passes().len(), 2);
    gateway.set_for_next_start("gates.pass_total_max_shillings", "80000");
    gateway.start_again();
    is_told(&mut elsa);
    gateway.kill();
    let again = try_to_issue(&elsa.url(), PARK, &used).expect("its page answers");
    assert_eq!(again, Ok("/en/pass/3".to_owned()), "the gateway has heard of the others");
}

#[test]
fn kill_9_between_keeping_and_printing_repeats_no_pass_and_loses_none() {
    let kills = std::env::var("E2E_GATE_KILLS").map_or(KILLS, |text| text.parse().unwrap());
    let mut gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let mut elsa = GateDevice::enrol(&gateway, "Elsa Gate");
    elsa.prepares();
    gateway.kill();
    let mut printed = Printed::default();
    let mut aim = Aim::new();
    for round in 0..kills {
        if round > 0 && round % KILLS_ALONE == 0 {
            is_told_and_has_numbers(&mut gateway, &mut elsa);
        }
        elsa.start();
        let families: Vec<_> = (0..FAMILIES).map(|_| format!("wish={}&{FAMILY}", wish(&elsa))).collect();
        let kept_before = elsa.passes().len();
        let told = crowd(&mut elsa, &families, aim.wait());
        elsa.start();
        let kept = elsa.passes().len();
        let shown: BTreeSet<_> = told.iter().map(|(form, _)| form).collect();
        aim.note(FAMILIES, kept - kept_before, shown.len());
        for (form, path) in told {
            let number: usize = path.rsplit('/').next().unwrap().parse().unwrap();
            assert!(number <= kept, "{path} was shown, and {kept} were kept");
            printed.note(form, path);
        }
        // Whoever was told nothing sends the form again.
        for form in families {
            let path = try_to_issue(&elsa.url(), PARK, &form).expect("its page answers").expect("a pass");
            printed.note(form, path);
        }
        elsa.stop();
    }
    aim.proves("a pass was kept and before it was shown");

    let passes = elsa.passes();
    assert_eq!(
        (passes.len(), printed.count()),
        (kills * FAMILIES, kills * FAMILIES),
        "each family has its own"
    );
    let numbers: Vec<_> = passes.iter().map(|pass| pass["number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=passes.len() as u64).collect::<Vec<_>>(), "none is left out");
    let bills: BTreeSet<_> = passes.iter().map(|pass| pass["bill"].as_u64().unwrap()).collect();
    assert_eq!(bills.len(), passes.len(), "no payment number is handed out twice");
    gateway.start_again();
    is_told(&mut elsa);
    let books = gateway.books();
    let batches = books.events("gate").into_iter().map(|record| record["event"].clone());
    let batches = batches.filter(|event| event["gate"] == "batch_taken");
    let known = batches.flat_map(|batch| batch["passes"].as_array().unwrap().clone());
    let known: Vec<_> = known.map(|pass| (pass["bill"].as_u64().unwrap(), pass["outcome"].clone())).collect();
    assert_eq!(known.len(), passes.len(), "each is in one batch");
    assert!(known.iter().all(|(_, outcome)| outcome == "issued"), "{known:?}");
    assert_eq!(known.iter().map(|(bill, _)| *bill).collect::<BTreeSet<_>>(), bills);
    let listed = told(&gateway, &kws).len();
    assert_eq!(listed, passes.len().min(100), "a page of the list has a hundred");
    books.expect_balanced();
}

/// Where the pass of each form was found: one form, one pass, however often and in which life of the program it is sent.
#[derive(Default)]
struct Printed {
    of_form: BTreeMap<String, String>,
    paths: BTreeSet<String>,
}

impl Printed {
    #[track_caller]
    fn note(&mut self, form: String, path: String) {
        match self.of_form.get(&form) {
            Some(before) => assert_eq!(*before, path, "one form, one pass"),
            None => {
                assert!(self.paths.insert(path.clone()), "{path} is another's");
                self.of_form.insert(form, path);
            }
        }
    }

    fn count(&self) -> usize {
        self.of_form.len()
    }
}

/// Each family clicks twice, all at the same time, and after a while the program is killed. What each was told, if anything.
fn crowd(gate: &mut GateDevice, families: &[String], wait: Duration) -> Vec<(String, String)> {
    let (url, told) = (gate.url(), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for form in families.iter().chain(families) {
            let (url, told) = (&url, &told);
            scope.spawn(move || {
                if let Ok(answer) = try_to_issue(url, PARK, form) {
                    told.lock().unwrap().push((form.clone(), answer.expect("a pass")));
                }
            });
        }
        std::thread::sleep(wait);
        gate.kill();
    });
    told.into_inner().unwrap()
}

/// The gateway is back, hears of every pass, and keeps more payment numbers for those who come; then it is gone again.
fn is_told_and_has_numbers(gateway: &mut Gateway, gate: &mut GateDevice) {
    gateway.start_again();
    is_told(gate);
    let enough = KILLS_ALONE * FAMILIES;
    eventually("it has numbers", || {
        let list = get(format!("{}/en/passes", gate.url())).send().expect(200).text();
        let (before, _) = list.split_once(" payment numbers are left").expect("it says so");
        let left: usize = before.rsplit('>').next()?.trim().parse().ok()?;
        (left >= enough).then_some(())
    });
    gate.stop();
    gateway.kill();
}

#[test]
fn a_gate_that_is_asked_to_stop_the_moment_it_is_ready_ends_and_says_so() {
    let mut gateway = Gateway::demo().start();
    let mut elsa = GateDevice::enrol(&gateway, "Elsa Gate");
    gateway.kill();
    for _ in 0..40 {
        elsa.start();
        elsa.stop();
    }
}

/// What makes the form of a family one wish.
#[track_caller]
fn wish(gate: &GateDevice) -> String {
    let form = get(format!("{}/en/passes/{PARK}", gate.url())).send().expect(200).text();
    let (_, rest) = form.split_once("name=\"wish\" value=\"").unwrap_or_else(|| panic!("no wish in {form}"));
    rest.split('"').next().unwrap().to_owned()
}

#[track_caller]
fn posts(gate: &GateDevice, what: &str, form: &str) -> String {
    crate::harness::post_form(&format!("{}/en/passes/{PARK}/{what}", gate.url()), form).expect(200).text()
}

/// The text in the code of this pass.
#[track_caller]
fn token(gate: &GateDevice, number: u64) -> String {
    let page = get(format!("{}/en/pass/{number}", gate.url())).send().expect(200).text();
    let (_, rest) = page.split_once("data-token=\"").unwrap_or_else(|| panic!("no pass in {page}"));
    rest.split('"').next().unwrap().to_owned()
}

fn is_told(gate: &mut GateDevice) {
    if gate.is_running() {
        gate.stop();
    }
    gate.start();
    eventually("it is told", || gate.page("en").contains(", 0 not yet told").then_some(()));
}

/// Every pass of which the gateway knows, once its views have them.
fn told(gateway: &Gateway, kws: &Agency) -> Vec<Value> {
    views_have_everything(gateway);
    let listed = kws.get("/v1/gates/passes?limit=100").expect(200).json();
    listed["data"].as_array().unwrap().clone()
}
