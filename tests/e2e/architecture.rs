//! The sentences about who knows what, held: by the graph of dependencies and by the text of the sources.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::LazyLock;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};

use crate::tidy::sources;

#[test]
fn ledger_and_catalog_are_pure() {
    for library in ["ledger", "catalog"] {
        let reached = reached_by(library);
        for banned in ["hyper", "http", "rustls", "sqlx", "metrics", "tokio"] {
            let is_of_it = |name: &&String| **name == *banned || name.starts_with(&format!("{banned}-"));
            let found = reached.iter().find(is_of_it);
            assert!(found.is_none(), "{library} reaches {found:?}");
        }
        assert!(!reached.contains("gateway") && !reached.contains("loadtest"), "{library} knows too much");
    }
    assert!(!reached_by("ledger").contains("catalog"), "the ledger knows no service");
    // The graph is really walked: what must be reached is.
    assert!(reached_by("gateway").contains("hyper") && reached_by("gateway").contains("ledger"));
}

#[test]
fn the_outside_world_uses_none_of_our_crates() {
    let reached = reached_by("loadtest");
    for ours in ["ledger", "catalog", "gateway", "malipo"] {
        assert!(!reached.contains(ours), "loadtest reaches {ours}");
    }
    for source in sources("loadtest/src/") {
        for ours in ["ledger::", "catalog::", "gateway::"] {
            let used = source.code().any(|line| line.trim_start().starts_with(&format!("use {ours}")));
            assert!(!used, "{} uses {ours}", source.name);
        }
    }
}

#[test]
fn the_catalogue_takes_nothing_but_money_from_the_ledger() {
    const TAKEN: [&str; 3] = ["Money", "Currency", "MoneyError"];
    let mut taken = BTreeSet::new();
    for source in sources("catalog/src/") {
        for (at, _) in source.text.match_indices("ledger::") {
            let rest = &source.text[at + "ledger::".len()..];
            let end = if rest.starts_with('{') {
                rest.find('}')
            } else {
                rest.find(|c: char| !c.is_alphanumeric() && c != '_')
            };
            let names = rest[..end.unwrap_or(rest.len())].trim_start_matches('{');
            for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
                assert!(TAKEN.contains(&name), "{} takes {name} from the ledger", source.name);
                taken.insert(name.to_owned());
            }
        }
    }
    assert!(taken.contains("Money"), "{taken:?}");
}

#[test]
fn only_the_gateway_speaks_http_or_html_or_knows_an_agency_in_the_ledger() {
    for source in sources("ledger/src/") {
        for word in ["agency", "Agency", "mpesa", "paybill", "http::", "html"] {
            let said = source.product().find(|line| line.contains(word));
            assert!(said.is_none(), "{} knows {word}: {said:?}", source.name);
        }
    }
    for source in sources("catalog/src/") {
        for word in ["http::", "<html", "AccountCode", "sqlx"] {
            let said = source.product().find(|line| line.contains(word));
            assert!(said.is_none(), "{} knows {word}: {said:?}", source.name);
        }
    }
}

#[test]
fn sql_is_in_the_views_and_in_yardsticks_alone() {
    const SPEAKS_SQL: [&str; 2] = ["gateway/src/views/", "benches/"];
    let mut seen = 0;
    for source in sources("").iter().filter(|source| !source.name.starts_with("tests/")) {
        let sql = source.code().find(|line| {
            ["SELECT ", "INSERT INTO ", "CREATE TABLE ", "DELETE FROM ", "sqlx::"]
                .iter()
                .any(|word| line.contains(word))
        });
        if SPEAKS_SQL.iter().any(|folder| source.name.starts_with(folder)) {
            seen += usize::from(sql.is_some());
        } else {
            assert!(sql.is_none(), "{} speaks SQL: {sql:?}", source.name);
        }
    }
    assert!(seen > 5, "SQL is found where it is");
}

#[test]
fn the_clock_is_read_in_one_place_of_the_gateway_and_one_of_the_outside() {
    let readers: BTreeSet<_> = sources("")
        .iter()
        .filter(|source| {
            let reads = |line: &str| {
                ["SystemTime", "Timestamp", "Zoned"].iter().any(|of| line.contains(&format!("{of}::now")))
            };
            source.code().any(reads)
        })
        .map(|source| source.name.clone())
        .collect();
    let expected = ["gateway/src/clock/mod.rs", "loadtest/src/clock.rs"].map(str::to_owned);
    assert_eq!(readers, BTreeSet::from(expected));
}

#[test]
fn what_blocks_is_done_in_one_way() {
    let mut ways = sources("gateway/src/");
    ways.retain(|source| source.code().any(|line| line.contains("spawn_blocking")));
    let names: Vec<_> = ways.iter().map(|source| source.name.as_str()).collect();
    // What runs for as long as the gateway does has a thread of its own.
    assert_eq!(names, ["gateway/src/away.rs", "gateway/src/process/tasks.rs"]);
}

#[test]
fn only_the_executable_knows_both_the_gateway_and_the_simulated_outside() {
    assert!(!reached_by("gateway").contains("loadtest"));
    let mut knows_both = sources("gateway/");
    knows_both.retain(|source| source.code().any(|line| line.contains("loadtest::")));
    let names: Vec<_> = knows_both.iter().map(|source| source.name.as_str()).collect();
    assert_eq!(names, ["gateway/src/main.rs"]);
}

/// What kind of machine this is, in the words of the compiler.
fn host() -> String {
    let output = Command::new("rustc").arg("-vV").output().expect("the compiler is there");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    said.lines().find_map(|line| line.strip_prefix("host: ")).expect("it knows where it runs").to_owned()
}

/// The names of all packages that one of ours is built from, tests and benches left aside.
fn reached_by(name: &str) -> BTreeSet<String> {
    static METADATA: LazyLock<Metadata> = LazyLock::new(|| {
        let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        // Of this machine alone: what others would need may never have been downloaded.
        let options = ["--locked", "--offline", "--filter-platform", &host()].map(str::to_owned).to_vec();
        MetadataCommand::new()
            .manifest_path(manifest)
            .other_options(options)
            .exec()
            .expect("cargo knows the graph")
    });
    let nodes: BTreeMap<&PackageId, _> = METADATA
        .resolve
        .as_ref()
        .expect("the graph is resolved")
        .nodes
        .iter()
        .map(|node| (&node.id, node))
        .collect();
    let start = METADATA.packages.iter().find(|package| *package.name == *name).expect("it is one of ours");
    let (mut reached, mut to_visit) = (BTreeSet::new(), vec![&start.id]);
    while let Some(id) = to_visit.pop() {
        for dependency in &nodes[id].deps {
            let is_built_in =
                dependency.dep_kinds.iter().any(|kind| kind.kind != DependencyKind::Development);
            if is_built_in && reached.insert(METADATA[&dependency.pkg].name.to_string()) {
                to_visit.push(&dependency.pkg);
            }
        }
    }
    reached
}
