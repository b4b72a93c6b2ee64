//! A yardstick: the same payments booked in PostgreSQL, in a cluster of its own that goes with this process. Without
//! PostgreSQL on the machine the yardstick is left out, and says so.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use sqlx::postgres::PgConnectOptions;
use sqlx::{Connection as _, PgConnection};

use crate::receipts::receipt;

const SCHEMA: &str = "
    DROP TABLE IF EXISTS payments, postings;
    CREATE TABLE payments (receipt text PRIMARY KEY, minor bigint NOT NULL, rest bytea NOT NULL);
    CREATE TABLE postings (receipt text NOT NULL, account text NOT NULL, minor bigint NOT NULL);
";
const PER_TRANSACTION: usize = 500;
const CONNECTIONS: usize = 2;
/// PostgreSQL refuses to run as root; this is whom its packages make.
const USER: &str = "postgres";

/// A running cluster.
pub(crate) struct Cluster {
    programs: PathBuf,
    folder: PathBuf,
    as_other_user: bool,
}

impl Cluster {
    /// Makes and starts a cluster in this folder, reached by a socket there and by no network.
    pub(crate) fn start(parent: &Path) -> Option<Self> {
        let Some(programs) = programs() else {
            println!("PostgreSQL is left out: there is no initdb on this machine.");
            return None;
        };
        let folder = parent.join("postgres");
        std::fs::create_dir(&folder).expect("a folder is made");
        let as_other_user = text_of(Command::new("id").arg("-u")) == "0";
        if as_other_user {
            let id = |flag: &str| text_of(Command::new("id").args([flag, USER])).parse().ok();
            let Some((user, group)) = id("-u").zip(id("-g")) else {
                println!("PostgreSQL is left out: it does not run as root, and there is no user {USER}.");
                return None;
            };
            std::os::unix::fs::chown(&folder, Some(user), Some(group)).expect("root gives folders away");
        }
        let cluster = Self { programs, folder, as_other_user };
        let data = cluster.data();
        cluster.run("initdb", &["--auth=trust", "--username=bench", "--encoding=UTF8", "-D", &data]);
        let socket = cluster.folder.display().to_string();
        let settings =
            format!("-c listen_addresses='' -c unix_socket_directories='{socket}' -c max_wal_size=4GB");
        let log = format!("{socket}/log");
        cluster.run("pg_ctl", &["start", "--wait", "-D", &data, "-l", &log, "-o", &settings]);
        Some(cluster)
    }

    /// Where it is.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Books `count` payments, each with a receipt that is held once, two postings and `rest_len` more bytes.
    pub(crate) fn book(&self, count: usize, rest_len: usize) -> Duration {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
        runtime.block_on(async {
            let options = PgConnectOptions::new_without_pgpass()
                .socket(&self.folder)
                .username("bench")
                .database("postgres");
            let mut connections = Vec::new();
            for _ in 0..CONNECTIONS {
                connections.push(PgConnection::connect_with(&options).await.expect("PostgreSQL answers"));
            }
            sqlx::raw_sql(SCHEMA).execute(&mut connections[0]).await.expect("tables are made");
            let receipts: Vec<_> = (0..count).map(|_| receipt()).collect();
            let started = Instant::now();
            let shares = receipts.chunks(count.div_ceil(CONNECTIONS));
            let booked = connections.into_iter().zip(shares).map(|(connection, share)| {
                let share = share.to_vec();
                tokio::spawn(book_share(connection, share, rest_len))
            });
            // Both are under way before either is waited for.
            for share in booked.collect::<Vec<_>>() {
                share.await.expect("a share is booked");
            }
            started.elapsed()
        })
    }

    fn data(&self) -> String {
        self.folder.join("data").display().to_string()
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let status = self.command(program, arguments).status();
        assert!(status.is_ok_and(|status| status.success()), "{program} {arguments:?} failed");
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let program = self.programs.join(program);
        let mut command = if self.as_other_user {
            let mut command = Command::new("runuser");
            command.args(["-u", USER, "--"]).arg(&program);
            command
        } else {
            Command::new(&program)
        };
        // Where we are may be no place for the other user. The server inherits what its starter has: pipes would stay
        // open as long as it runs.
        command.args(arguments).current_dir("/").stdin(Stdio::null()).stdout(Stdio::null());
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Whoever waits for this may be giving up already; a server that cannot be stopped is no reason for more.
        self.command("pg_ctl", &["stop", "--mode=immediate", "-D", &self.data()]).status().ok();
    }
}

async fn book_share(mut connection: PgConnection, receipts: Vec<String>, rest_len: usize) {
    let rest = vec![vec![0xa5_u8; rest_len]; PER_TRANSACTION];
    for batch in receipts.chunks(PER_TRANSACTION) {
        let mut transaction = connection.begin().await.expect("a transaction begins");
        sqlx::query("INSERT INTO payments SELECT receipt, 375000, rest FROM UNNEST($1::text[], $2::bytea[]) AS p (receipt, rest)")
            .bind(batch)
            .bind(&rest[..batch.len()])
            .execute(&mut *transaction)
            .await
            .expect("payments are inserted");
        sqlx::query("INSERT INTO postings SELECT receipt, account, minor FROM UNNEST($1::text[]) AS p (receipt), \
                     (VALUES ('1000.mpesa.222222', 375000), ('2000.kws.kws-amboseli-entry', -375000)) AS l (account, minor)")
            .bind(batch)
            .execute(&mut *transaction)
            .await
            .expect("postings are inserted");
        transaction.commit().await.expect("a transaction is durable");
    }
}

/// The newest of the places where packages put PostgreSQL, or where the path leads.
fn programs() -> Option<PathBuf> {
    let by_version = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<_> = by_version.map(|entry| entry.path().join("bin")).collect();
    folders.sort();
    folders.reverse();
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    folders.extend(std::env::split_paths(&on_path));
    folders.into_iter().find(|folder| folder.join("initdb").is_file())
}

fn text_of(command: &mut Command) -> String {
    let Ok(Output { stdout, .. }) = command.output() else { return String::new() };
    String::from_utf8_lossy(&stdout).trim().to_owned()
}
