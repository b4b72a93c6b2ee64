//! Catalogues on the command line: a list is taken in whole or not at all, and what it changes is said before.

use std::path::Path;

use crate::harness::{Finished, malipo, run};

const DIFFERENT: i32 = 3;

/// Runs `malipo catalogue` with these words, in a folder.
fn catalogue(folder: &Path, words: &[&str]) -> Finished {
    run(malipo(["catalogue"]).args(words).current_dir(folder))
}

/// A folder with a list of two services, and a mapping for it.
fn folder_with_a_list() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write(
        "mapping.toml",
        "[columns]\nid = \"id\"\nname = \"service\"\nagency = \"office\"\nfee = \"fee\"\nlegal_basis = \"law\"\n\
         valid_from = \"from\"\nrevenue_code = \"revenue\"\n[defaults]\ndelivery = \"online\"\n",
    );
    write(
        "list.csv",
        "id,service,office,fee,law,from,revenue\n\
         1,Hive inspection,Beekeeping Institute,,,,\n\
         2,Hall hire,Kenya Wildlife Service,KES 1500,kws-ln-160-2025,2027-01-01,KWS/HALL\n",
    );
    write(
        "broken.csv",
        "id,service,office,fee,law,from,revenue\n1,,Beekeeping Institute,KES 20,,,\n2,Forms\n",
    );
    folder
}

#[test]
fn a_dry_run_says_what_changes_and_writes_nothing() {
    let folder = folder_with_a_list();
    let before = files_of(folder.path());
    let words = ["import", "list.csv", "--mapping", "mapping.toml", "--dry-run"];
    let finished = catalogue(folder.path(), &words).expect(0);
    assert!(
        finished.stderr.contains("2 services added, 1 of them without a fee; 1 new agencies"),
        "{}",
        finished.said()
    );
    for line in [
        "$ kws-hall-hire: new and payable",
        "    from 2027-01-01\n      not offered -> KES 1,500.00\n",
        ": 1 new and payable\n",
        "+ agency BI\n",
        "+ service bi-hive-inspection\n",
    ] {
        assert!(finished.stdout.contains(line), "{line}: {}", finished.stdout);
    }
    assert_eq!(files_of(folder.path()), before);
}

#[test]
fn a_list_becomes_a_draft_that_stays_until_it_is_forced_away() {
    let folder = folder_with_a_list();
    let draft = folder.path().join("draft.json");
    let import = ["import", "list.csv", "--mapping", "mapping.toml", "--output", "draft.json"];
    let written = catalogue(folder.path(), &import).expect(0);
    let bytes = std::fs::read(&draft).unwrap();
    assert!(written.stdout.ends_with(" draft.json\n"), "{}", written.said());
    let valid = catalogue(folder.path(), &["validate", "draft.json"]).expect(0);
    let hash = written.stdout.split(' ').next().unwrap();
    assert!(valid.stdout.trim_end().ends_with(hash), "{}", valid.said());

    let again = catalogue(folder.path(), &import).expect(1);
    assert!(again.stderr.contains("draft.json is there already; --force writes over it"), "{}", again.said());
    std::fs::write(&draft, "something else").unwrap();
    catalogue(folder.path(), &import).expect(1);
    assert_eq!(std::fs::read(&draft).unwrap(), b"something else");
    catalogue(folder.path(), &[&import[..], &["--force"]].concat()).expect(0);
    assert_eq!(std::fs::read(&draft).unwrap(), bytes);
    let names = files_of(folder.path());
    assert!(names.iter().all(|name| !name.contains("unfinished")), "{names:?}");
}

#[test]
fn a_broken_list_is_told_of_row_by_row_and_leaves_everything_as_it_is() {
    let folder = folder_with_a_list();
    std::fs::write(folder.path().join("draft.json"), "the draft of yesterday").unwrap();
    let before = files_of(folder.path());
    let words = ["import", "broken.csv", "--mapping", "mapping.toml", "--output", "draft.json", "--force"];
    let said = catalogue(folder.path(), &words).expect(1).stderr;
    for line in [
        "broken.csv:2: service: the name is missing",
        "broken.csv:2: law: the fee has no legal basis",
        "broken.csv:3: 2 columns, where the header has 7",
    ] {
        assert!(said.contains(line), "{line}: {said}");
    }
    assert_eq!(std::fs::read_to_string(folder.path().join("draft.json")).unwrap(), "the draft of yesterday");
    assert_eq!(files_of(folder.path()), before);

    catalogue(folder.path(), &["import", "list.csv"]).expect(2);
    let said = catalogue(folder.path(), &["validate", "draft.json", "mapping.toml"]).expect(1).stderr;
    assert!(said.contains("draft.json:1: ") && said.contains("mapping.toml:1: "), "{said}");
}

#[test]
fn two_catalogues_are_compared_with_the_money_first() {
    let folder = folder_with_a_list();
    catalogue(folder.path(), &["export", "--format", "json", "--output", "old.json"]).expect(0);
    let same = catalogue(folder.path(), &["diff", "old.json", "old.json"]).expect(0);
    assert!(same.stdout.contains("nobody pays anything else\nnothing changed\n"), "{}", same.said());

    let old = std::fs::read_to_string(folder.path().join("old.json")).unwrap();
    std::fs::write(folder.path().join("new.json"), old.replace("\"USD 90\"", "\"USD 95\"")).unwrap();
    let different = catalogue(folder.path(), &["diff", "old.json", "new.json"]).expect(DIFFERENT).stdout;
    assert!(different.starts_with("WARNING: "), "{different}");
    assert!(different.contains("non_resident.adult: USD 90.00 -> USD 95.00"), "{different}");
    assert!(different.contains("~ service kws-amboseli-entry: fee "), "{different}");
    catalogue(folder.path(), &["diff", "old.json", "nowhere.json"]).expect(1);
}

#[test]
fn a_catalogue_is_written_for_other_programs() {
    let folder = folder_with_a_list();
    let lines = catalogue(folder.path(), &["export", "--format", "ndjson"]).expect(0).stdout;
    assert!(lines.lines().all(|line| line.starts_with("{\"slug\":\"")), "{lines}");
    let csv = catalogue(folder.path(), &["export", "--format", "csv"]).expect(0).stdout;
    assert!(csv.starts_with("slug,agency_code,agency,"), "{csv}");
    assert!(csv.contains("\nkws-amboseli-entry,KWS,Kenya Wildlife Service,"), "{csv}");
}

fn files_of(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> =
        names.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
