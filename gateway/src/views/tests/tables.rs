//! What holds for every table: strict, no floating point, no personal data, and a version that follows the schema.

use ledger::Hash;
use sqlx::{Connection, Row, SqliteConnection};

use super::world::{World, columns, newest_file, tables};
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
        assert_eq!(tables.len(), 9, "{tables:?}");
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
        (1, "7cbedce802e9931a".to_owned()),
        "raise SCHEMA_VERSION, and write the new pair here"
    );
}
