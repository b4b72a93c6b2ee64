//! The list of services that e-Citizen publishes, all the way: taken in on the command line, drafted by one person, put into
//! force by another, and every service of it found by its name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::change_control::{Person, drafted};
use crate::harness::{Gateway, get, malipo, run, together};

/// Services on the list.
const LISTED: usize = 5_489;
/// Who search at once.
const SEARCHERS: usize = 4;

/// Bar: the real list imports and all 5,489 are found by name. The list stays outside: `SERVICE_LIST_DIR` names its folder,
/// and without it there is nothing to do.
#[test]
fn the_published_list_is_taken_in_put_into_force_and_found_by_name() {
    let Some(folder) = std::env::var_os("SERVICE_LIST_DIR").map(PathBuf::from) else {
        eprintln!("skipped: SERVICE_LIST_DIR does not name the folder of the published service list");
        return;
    };
    let gateway = Gateway::serve().start();
    let (maker, checker) = (Person::with_role(&gateway, "maker"), Person::with_role(&gateway, "checker"));
    let draft = gateway.folder().join("draft.json");
    let mut import = malipo(["catalogue", "import"]);
    let imported = run(import.arg(folder.join("services.csv")).arg("--output").arg(&draft)).expect(0);
    assert!(imported.stderr.contains(&format!("{LISTED} rows")), "{}", imported.said());

    let document = std::fs::read(&draft).unwrap();
    let hash = drafted(maker.posts("/v1/catalogue/drafts?note=The%20published%20list", document.clone()));
    assert!(imported.stdout.contains(&hash), "{}", imported.said());
    checker.posts(&format!("/v1/catalogue/drafts/{hash}/publish"), "{}").expect(200);

    let slugs = slugs_by_name(&serde_json::from_slice(&document).unwrap());
    let names = names_of_the_list(&folder);
    assert_eq!(names.len(), LISTED);
    let next = AtomicUsize::new(0);
    let not_found = together(SEARCHERS, |_| {
        let mut not_found = Vec::new();
        while let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) {
            if !is_found(&gateway.public(), name, &slugs[&name.to_lowercase()], &hash) {
                not_found.push(name.clone());
            }
        }
        not_found
    });
    assert_eq!(not_found.concat(), [""; 0], "of {LISTED}");
}

/// Whether one of the services that have this name is among as many as there are of them, or the first ten.
fn is_found(public: &str, name: &str, meant: &BTreeSet<String>, hash: &str) -> bool {
    let limit = meant.len().max(10).to_string();
    let query: String = [("q", name), ("limit", &limit)]
        .map(|(field, value)| format!("{field}={}", percent_encoded(value)))
        .join("&");
    let found = get(format!("{public}/v1/services?{query}")).send().expect(200).json();
    assert_eq!(found["catalogue"]["hash"], hash);
    let rows = found["data"].as_array().unwrap();
    rows.iter().any(|row| meant.contains(row["slug"].as_str().unwrap()))
}

fn percent_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// The services of a catalogue by the names that the list and that we give them, in small letters.
fn slugs_by_name(document: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let mut slugs = BTreeMap::<_, BTreeSet<_>>::new();
    for service in document["services"].as_array().unwrap() {
        let names = [&service["published_name"], &service["name"], &service["name"]["en"]];
        for name in names.into_iter().filter_map(Value::as_str) {
            let slug = service["slug"].as_str().unwrap().to_owned();
            slugs.entry(name.to_lowercase()).or_default().insert(slug);
        }
    }
    slugs
}

fn names_of_the_list(folder: &std::path::Path) -> Vec<String> {
    let mut reader = csv::Reader::from_path(folder.join("services.csv")).unwrap();
    reader
        .deserialize()
        .map(|row| row.map(|row: BTreeMap<String, String>| row["service_name"].clone()).unwrap())
        .collect()
}
