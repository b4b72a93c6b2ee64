//! The configured catalogue is read again while everybody is at work, more often than it can be built.

use std::path::Path;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use hyper::Method;
use serde_json::{Value, json};

use crate::harness::{Call, Gateway, Work, eventually, get, malipo, run, together};

const PER_SECOND: u32 = 10;
const FOR_SECONDS: u32 = 10;
/// Reading so many takes a while.
const SERVICES: usize = 3_000;
/// More than there are places for requests at the admin listener.
const AT_ONCE: usize = 80;
/// There is another price for each so many reloads.
const RELOADS_PER_PRICE: u32 = 5;

/// Writes a catalogue in which Hell's Gate costs so much, whole or not at all.
fn write(file: &Path, catalogue: &Value, shillings: u32) {
    let mut catalogue = catalogue.clone();
    let services = catalogue["services"].as_array_mut().unwrap();
    let park = services.iter_mut().find(|service| service["slug"] == "kws-hells-gate-entry").unwrap();
    let fee = &mut park["fees"][0];
    fee["version"] = json!(format!("at-{shillings}"));
    fee["rule"]["amounts"]["east_african_citizen"]["adult"] = json!(format!("KES {shillings}"));
    let unfinished = file.with_extension("unfinished");
    std::fs::write(&unfinished, catalogue.to_string()).unwrap();
    std::fs::rename(unfinished, file).unwrap();
}

/// Bar: ten reload requests a second under load, coalesced into one rebuild at a time: no error, no mixed answer.
#[test]
fn ten_reloads_a_second_under_load_are_one_rebuild_at_a_time_and_nobody_notices() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("catalogue.json");
    let catalogue = catalog::Catalogue::demonstration(SERVICES, 1).to_json();
    let catalogue: Value = serde_json::from_slice(&catalogue).unwrap();
    write(&file, &catalogue, 600);
    let gateway = Gateway::demo().set("catalogue.file", file.to_str().unwrap()).start();
    let kws = gateway.agency("kws");
    let work = Work::default();
    let in_force = || {
        let url = format!("{}/v1/services/kws-hells-gate-entry", gateway.public());
        get(url).send().expect(200).json()["catalogue"]["number"].as_u64().unwrap()
    };
    let reload = |admin: &str| Call::new(Method::POST, format!("{admin}/admin/catalogue/reload"));
    let longest = Mutex::new(Duration::ZERO);
    let asked = PER_SECOND * FOR_SECONDS;

    std::thread::scope(|scope| {
        let _until_the_end = work.begins(scope, &gateway, &kws);
        let began = Instant::now();
        std::thread::scope(|reloads| {
            for number in 0..asked {
                std::thread::sleep((began + number * Duration::from_secs(1) / PER_SECOND) - Instant::now());
                if number.is_multiple_of(RELOADS_PER_PRICE) {
                    write(&file, &catalogue, 601 + number / RELOADS_PER_PRICE);
                }
                reloads.spawn(|| {
                    let called = Instant::now();
                    let told = gateway.operator(reload).expect(200).json();
                    assert_eq!(told["outcome"], "in_force");
                    // Whoever asks after the answer sees that catalogue, or a newer one.
                    assert!(in_force() >= told["catalogue"]["number"].as_u64().unwrap());
                    let mut longest = longest.lock().unwrap();
                    *longest = called.elapsed().max(*longest);
                });
            }
        });
        eventually("the newest is seen", || work.fees_seen().contains_key(&in_force()).then_some(()));
    });
    let rebuilds = rebuilds_of(&gateway, asked.into());
    together(AT_ONCE, |_| {
        gateway.operator(reload).expect(200);
        get(format!("{}/readyz", gateway.admin())).send().expect(200);
    });
    let of_the_crowd = rebuilds_of(&gateway, u64::from(asked) + AT_ONCE as u64) - rebuilds;
    assert!((1..=AT_ONCE / 4).contains(&of_the_crowd), "{AT_ONCE} at once were {of_the_crowd} rebuilds");

    let last = 600 + asked / RELOADS_PER_PRICE;
    let fees = work.fees_seen();
    let newest = fees.last_key_value().unwrap();
    assert_eq!((*newest.0, newest.1), (in_force(), &format!("at-{last}")), "{fees:?}");
    for (number, price) in work.prices_seen() {
        let fee = fees.get(&number).map_or(price.clone(), |fee| format!("{}.00", fee.replace("at-", "")));
        assert_eq!(price, fee, "a bill of catalogue {number} has the price of another");
    }
    eprintln!(
        "{asked} reloads were {rebuilds} rebuilds and {} catalogues, the longest took {:?}; {AT_ONCE} at once were \
         {of_the_crowd} rebuilds; {work}",
        newest.0,
        longest.lock().unwrap()
    );
    work.expect_all_well(&gateway);
}

/// How often the configured file was read again, one after the other, once so many have asked for it.
fn rebuilds_of(gateway: &Gateway, asked: u64) -> usize {
    const BEGINS: &str = "A reload of the configured catalogue begins.";
    const HAS_ENDED: &str = "A reload of the configured catalogue has ended.";
    eventually("the log tells of all of them", || {
        let log = gateway.log();
        let lines = log.lines().filter(|line| line.contains(BEGINS) || line.contains(HAS_ENDED));
        let told: Vec<Value> = lines.map(|line| serde_json::from_str(line).unwrap()).collect();
        let answered: u64 = told.iter().filter_map(|line| line["asked"].as_u64()).sum();
        let is_complete = answered == asked && told.len().is_multiple_of(2);
        is_complete.then(|| {
            let one_at_a_time =
                told.chunks(2).all(|two| two[0]["message"] == BEGINS && two[1]["message"] == HAS_ENDED);
            assert!(one_at_a_time, "{told:#?}");
            told.len() / 2
        })
    })
}

#[test]
fn a_reload_on_the_command_line_takes_the_file_or_says_what_is_wrong_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("catalogue.json");
    let catalogue: Value = serde_json::from_slice(&catalog::Catalogue::embedded().to_json()).unwrap();
    write(&file, &catalogue, 600);
    let gateway = Gateway::demo().set("catalogue.file", file.to_str().unwrap()).start();
    let reload = || run(malipo(["catalogue", "reload"]).arg("--data").arg(gateway.data()));
    let served = || {
        let url = format!("{}/v1/services/kws-hells-gate-entry", gateway.public());
        let body = get(url).send().expect(200).json();
        (
            body["catalogue"]["number"].as_u64().unwrap(),
            body["fees"][0]["version"].as_str().unwrap().to_owned(),
        )
    };
    for (number, shillings) in [(2, 601), (3, 602)] {
        write(&file, &catalogue, shillings);
        together(5, |_| reload().expect(0));
        assert_eq!(served(), (number, format!("at-{shillings}")), "five reloads were one catalogue");
    }
    // A broken file changes nothing.
    std::fs::write(&file, "{\"format\": 1, \"services\": [{}]}").unwrap();
    let said = reload().expect(1).stderr;
    assert!(said.contains("line 1"), "{said}");
    std::fs::remove_file(&file).unwrap();
    let said = reload().expect(1).stderr;
    assert!(said.contains("catalogue.json cannot be read: No such file"), "{said}");
    assert_eq!(served(), (3, "at-602".to_owned()));
}
