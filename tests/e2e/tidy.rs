//! Habits worth keeping, kept.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;

/// What may be seen at the top: nothing else.
const TOP: [&str; 9] =
    ["Cargo.toml", "Cargo.lock", "README.md", "gateway", "catalog", "ledger", "benches", "loadtest", "tests"];
const LINES_MAX: usize = 600;
/// Files that may be longer, and why.
const LONGER: [(&str, &str); 1] = [(
    "tests/check_books.py",
    "one file on purpose: it is handed to auditors, who read it from top to bottom",
)];

/// A file of ours.
pub(crate) struct Source {
    /// Where it is, from the top.
    pub(crate) name: String,
    pub(crate) text: String,
}

impl Source {
    /// Its lines, without those that are comments.
    pub(crate) fn code(&self) -> impl Iterator<Item = &str> {
        self.text.lines().filter(|line| !line.trim_start().starts_with("//"))
    }

    /// Its code as far as it is no test.
    pub(crate) fn product(&self) -> impl Iterator<Item = &str> {
        self.code().take_while(|line| !line.contains("#[cfg(test)]"))
    }
}

/// The sources in Rust below a folder of the repository.
pub(crate) fn sources(folder: &str) -> Vec<&'static Source> {
    static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| {
        let names = tracked().into_iter().filter(|name| name.ends_with(".rs"));
        names.map(|name| Source { text: std::fs::read_to_string(top().join(&name)).unwrap(), name }).collect()
    });
    let found: Vec<_> = SOURCES.iter().filter(|source| source.name.starts_with(folder)).collect();
    assert!(!found.is_empty(), "there are no sources below {folder}");
    found
}

fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file that belongs to the repository and is there.
fn tracked() -> Vec<String> {
    let output =
        Command::new("git").arg("-C").arg(top()).args(["ls-files", "-z"]).output().expect("git is there");
    assert!(output.status.success(), "this is a checkout: {}", String::from_utf8_lossy(&output.stderr));
    let names = String::from_utf8(output.stdout).expect("names are text");
    let names: Vec<_> =
        names.split_terminator('\0').map(str::to_owned).filter(|name| top().join(name).is_file()).collect();
    assert!(names.len() > 100, "{names:?}");
    names
}

#[test]
fn nothing_else_is_seen_at_the_top() {
    let seen: BTreeSet<_> = tracked().iter().map(|name| name.split('/').next().unwrap().to_owned()).collect();
    for name in seen.iter().filter(|name| !name.starts_with('.')) {
        assert!(TOP.contains(&name.as_str()), "{name} does not belong at the top");
    }
}

#[test]
fn every_idea_has_a_place_with_a_name() {
    for name in tracked() {
        let stem = Path::new(&name).file_stem().unwrap().to_str().unwrap();
        let nameless = ["util", "utils", "helper", "helpers", "common", "misc", "shared_code", "stuff"];
        assert!(!nameless.contains(&stem), "{name} says nothing about what is in it");
    }
}

#[test]
fn nothing_is_left_for_later_in_the_code() {
    let marks = ["todo", "unimplemented"].map(|mark| format!("{mark}!("));
    for source in sources("") {
        for mark in &marks {
            assert!(!source.text.contains(mark.as_str()), "{} has a {mark}", source.name);
        }
    }
}

#[test]
fn a_file_is_read_in_one_sitting() {
    for name in tracked().iter().filter(|name| [".rs", ".py", ".sh"].iter().any(|end| name.ends_with(end))) {
        let lines = std::fs::read_to_string(top().join(name)).unwrap().lines().count();
        let may_be_longer = LONGER.iter().any(|(longer, _)| longer == name);
        assert_eq!(lines > LINES_MAX, may_be_longer, "{name} has {lines} lines");
    }
}

#[test]
fn no_file_names_a_machine_or_a_registry() {
    // Put together here, so that this file does not contain them.
    let banned = [
        ["crates", ".io"],
        ["index.crates", ".io"],
        ["static.crates", ".io"],
        ["py", "pi.org"],
        ["npm", "js.com"],
        ["docker", ".io"],
        ["/wo", "rk/"],
        ["/ho", "me/"],
        ["/ro", "ot/"],
    ]
    .map(|parts| parts.concat());
    for name in tracked().iter().filter(|name| *name != "Cargo.lock") {
        let bytes = std::fs::read(top().join(name)).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        for word in &banned {
            assert!(!text.contains(word.as_str()), "{name} contains {word}");
        }
    }
}
