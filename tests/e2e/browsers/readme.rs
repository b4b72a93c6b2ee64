//! The pictures that the README shows. They are made again by `E2E_README_PICTURES=.pictures`; that each is made here, is
//! light and is shown is held, and not that it is of the pages as they are today.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::look::cookie;
use crate::harness::{Browser, Gateway, Order, Payment, SignedIn, eventually};

/// The most that a picture may weigh, in bytes.
const PICTURE_BYTES_MAX: u64 = 100_000;

#[test]
fn every_picture_of_the_readme_is_made_by_its_story_and_is_light() {
    let made = tempfile::tempdir().unwrap();
    let folder =
        std::env::var_os("E2E_README_PICTURES").map_or_else(|| made.path().to_owned(), PathBuf::from);
    take_pictures(&folder);
    let names = |folder: &Path| -> BTreeSet<String> {
        let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap());
        let files = files.inspect(|file| {
            let bytes = file.metadata().unwrap().len();
            assert!(bytes <= PICTURE_BYTES_MAX, "{:?} has {bytes} bytes", file.path());
        });
        files.map(|file| file.file_name().into_string().unwrap()).collect()
    };
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let kept = names(&top.join(".pictures"));
    assert_eq!(kept, names(&folder), "what is kept is what is made");
    let readme = std::fs::read_to_string(top.join("README.md")).unwrap();
    for name in &kept {
        assert!(readme.contains(&format!("\".pictures/{name}\" alt=\"")), "the README shows no {name}");
    }
}

/// An afternoon in a demonstration, and what people see of it.
fn take_pictures(folder: &Path) {
    let gateway = Gateway::demo().start();
    let (kws, kra, dci) = (gateway.agency("kws"), gateway.agency("kra"), gateway.agency("dci"));
    let paying = |payment: &Payment| gateway.safaricom().confirms(payment).expect_success();
    let certificate = || dci.bills(&Order::of("police-clearance-certificate", &json!({})));
    for number in 1..6 {
        paying(&Payment::of_bill(&kws.bills(&Order::hells_gate(number))));
        paying(&Payment::of_bill(&kra.bills(&Order::assessment(3_700 * number, "202611210001234"))));
        paying(&Payment::of_bill(&certificate()));
    }
    paying(&Payment::of("450.00", "SCHOOL FEES"));
    let family = [("east_african_citizen", "adult", 2), ("east_african_citizen", "child", 3)];
    let (unpaid, paid) = (certificate(), kws.bills(&Order::visit("kws-amboseli-entry", &family)));
    paying(&Payment::of_bill(&paid));
    let receipt = kws.sees(&paid, "paid")["payments"][0]["receipt_number"].as_str().unwrap().to_owned();
    let treasury = gateway.staff("the.treasury", "treasury", None);
    eventually("the Treasury sees it", || {
        treasury.opens("/en/treasury/live").text().contains("17 payments").then_some(())
    });
    let guard = gateway.staff("kimana-gate", "agency_gate", Some("kws"));
    let shown = format!("session={}&at=Kimana+Gate&q={}", guard.token, paid.number);
    let telephone = json!([{"width": 360, "height": 740}]);
    let take = |who: Option<&SignedIn>, screens: &Value, looks: &Value| {
        let asked = json!({
            "origin": gateway.public(), "cookie": who.map(cookie), "pictures": folder, "screens": screens,
            "looks": looks,
        });
        for page in Browser::start("look.mjs", &asked).leads_to_the_end() {
            assert_eq!(page["status"], 200, "{page}");
        }
    };
    let of_citizens = json!([
        {"name": "find", "path": "/en/services?q=park"},
        {"name": "pay", "path": format!("/sw/bills/{}", unpaid.id)},
        {"name": "receipt", "path": format!("/en/receipts/{receipt}")},
    ]);
    take(None, &telephone, &of_citizens);
    take(Some(&guard), &telephone, &json!([{"name": "gate", "path": "/en/gate", "form": shown}]));
    let desk = json!([{"width": 1280, "height": 900}]);
    take(Some(&treasury), &desk, &json!([{"name": "treasury", "path": "/en/treasury/live"}]));
}
