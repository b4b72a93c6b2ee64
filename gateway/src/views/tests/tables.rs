//! What holds for every table: strict, no floating point, no personal data, and a version that follows the schema.

use std::path::Path;

use ledger::Hash;
use sqlx::{Connection, Row, SqliteConnection};

use super::world::{World, columns, newest_file, tables};
use crate::payments::{AttemptEvent, TypedAccount};
use crate::views::file::{MIGRATIONS, SCHEMA_VERSION, reading};

#[test]
fn every_table_is_strict_and_no_column_can_hold_a_fraction() {
    let mut world = World::new();
    world.live(1, 30);
    world.catch_up();
    world.ask(async {
        let file = newest_file(&world.views_folder());
        let mut connection = SqliteConnection::connect_with(&reading(&file)).await.unwrap();
        let tables = tables(&mut connection).await;
        assert_eq!(tables.len(), 21, "{tables:?}");
        for table in tables {
            let strict = sqlx::query("SELECT strict FROM pragma_table_list WHERE name = ?1").bind(&table);
            assert!(strict.fetch_one(&mut connection).await.unwrap().get::<bool, _>("strict"), "{table}");
            for (column, kind) in columns(&mut connection, &table).await {
                assert!(matches!(&*kind, "INTEGER" | "TEXT" | "BLOB"), "{table}.{column} is {kind}");
                if column.ends_with("minor") {
                    assert_eq!(kind, "INTEGER", "{table}.{column}");
                }
            }
        }
    });
}

#[test]
fn what_records_seal_is_in_no_file_of_the_views() {
    let mut world = World::new();
    world.live(2, 60);
    let bill = world.bill("KWS", 1_000);
    let attempt = world.attempt(bill);
    world.hear(attempt, AttemptEvent::Accepted, Some("ws_CO_254700000000"));
    world.pay(TypedAccount::Number(bill), "TKL1", 1_000);
    world.catch_up();
    let mut looked_at = 0;
    for entry in std::fs::read_dir(world.views_folder()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        looked_at += bytes.len();
        for sealed in ["NJERI", "254700000000", "ws_CO"] {
            let is_there = bytes.windows(sealed.len()).any(|window| window == sealed.as_bytes());
            assert!(!is_there, "{sealed}");
        }
    }
    assert!(looked_at > 8192, "the rows were looked at");
}

#[test]
fn sql_is_spoken_in_this_folder_and_nowhere_else_in_the_gateway() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![source.clone()];
    let mut speakers = 0;
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::read_to_string(&path).unwrap_or_default().contains(concat!("sq", "lx::")) {
                assert!(path.starts_with(source.join("views")), "{} speaks SQL", path.display());
                speakers += 1;
            }
        }
    }
    assert!(speakers > 0);
}

#[test]
fn nobody_but_the_owner_can_read_the_files() {
    use std::os::unix::fs::PermissionsExt;
    let world = World::new();
    world.wait(|health| health.answers_at.is_some());
    for path in [world.views_folder(), newest_file(&world.views_folder())] {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", path.display());
    }
}

/// A file of an older program must not be taken for one of this: the version has to follow every change.
#[test]
fn the_version_is_raised_when_the_schema_changes() {
    let Hash(hash) = Hash::of(MIGRATIONS.concat().as_bytes());
    let known = (SCHEMA_VERSION, hex::encode(&hash[..8]));
    assert_eq!(
        known,
        (10, "25298fbe34d0e753".to_owned()),
        "raise SCHEMA_VERSION, and write the new pair here"
    );
}
