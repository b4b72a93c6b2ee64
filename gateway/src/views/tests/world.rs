//! A country with two agencies: books, views, and somebody to pay.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use ledger::journal::file::SEGMENT_LEN_MIN;
use ledger::storage::DiskStorage;
use ledger::{Currency, Evidence, Lane, Ledger, LedgerTime, Money, Options, Outcome, Sealed};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, Row, SqliteConnection};
use tempfile::TempDir;

use crate::clock::Clock;
use crate::payments::{
    AccountFact, Addressed, Answer, Ask, AttemptEvent, AttemptId, AttemptNews, BillId, BillLine,
    CatalogueVersion, ChannelReceipt, Command, Method, MoneyIn, NewAttempt, NewBill, PartPaymentRule,
    PaymentNumber, Payments, Provider, Readers, ToldBy, TypedAccount, agency_payable,
};
use crate::views::file::reading;
use crate::views::{Views, ViewsHealth, ViewsReader, ViewsState};

/// 2026-11-20 09:14:05 in Nairobi.
pub(super) const MORNING: i64 = 1_795_155_245_000_000;
pub(super) const AGENCIES: [&str; 2] = ["KWS", "NTSA"];
/// Long enough for the slowest machine; nothing is expected to take it.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) struct World {
    folder: TempDir,
    pub(super) clock: Clock,
    pub(super) ledger: Ledger<Payments>,
    pub(super) views: Option<Views>,
    runtime: tokio::runtime::Runtime,
    next_random: u64,
}

pub(super) fn kes(minor: i64) -> Money {
    Money::new(minor, Currency::Kes)
}

/// A little generator of our own, so that a seed means the same for ever.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        (self.0 >> 33) % bound
    }
}

impl World {
    /// Books and views with nothing in them.
    pub(super) fn new() -> Self {
        let mut world = Self::without_views();
        world.start_views();
        world
    }

    pub(super) fn without_views() -> Self {
        Self::in_folder(TempDir::new().unwrap(), Clock::held_at(MORNING))
    }

    /// The books of this folder, as they were left.
    pub(super) fn in_folder(folder: TempDir, clock: Clock) -> Self {
        let ledger = open_ledger(folder.path(), &clock);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        Self { folder, clock, ledger, views: None, runtime, next_random: rand::random() }
    }

    pub(super) fn views_folder(&self) -> PathBuf {
        self.folder.path().join("views")
    }

    pub(super) fn start_views(&mut self) {
        self.views = Some(Views::start(self.views_folder(), self.ledger.trail()).unwrap());
    }

    /// Ends the follower after the transaction at hand, and waits until SQLite has let go of the files: connections close on
    /// threads of their own, and the last one writes its log back into a file that a test may be about to spoil.
    pub(super) fn stop_views(&mut self) {
        self.views = None;
        let is_open = |folder: &Path| {
            let names = std::fs::read_dir(folder).map(|names| names.flatten().collect::<Vec<_>>());
            names.unwrap_or_default().iter().any(|name| name.file_name().to_string_lossy().ends_with("-wal"))
        };
        let patience = Instant::now() + Duration::from_secs(10);
        while is_open(&self.views_folder()) {
            assert!(Instant::now() < patience, "somebody keeps a file of the views open");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Closes the books and returns the directory.
    pub(super) fn close(mut self) -> TempDir {
        self.stop_views();
        drop(self.ledger);
        self.folder
    }

    pub(super) fn health(&self) -> ViewsHealth {
        self.views.as_ref().unwrap().health()
    }

    pub(super) fn reader(&self) -> ViewsReader {
        self.views.as_ref().unwrap().reader()
    }

    /// Waits until the views are as `until` wants them.
    pub(super) fn wait(&self, until: impl Fn(&ViewsHealth) -> bool) -> ViewsHealth {
        let begin = Instant::now();
        loop {
            let health = self.health();
            if until(&health) {
                return health;
            }
            assert!(begin.elapsed() < PATIENCE, "the views stay as {health:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until the views have everything that the books have.
    pub(super) fn catch_up(&self) {
        let head = self.ledger.head().size;
        self.wait(|health| health.state == ViewsState::Following && health.answers_at == Some(head));
    }

    /// Waits for the answer to a question.
    pub(super) fn ask<T>(&self, question: impl Future<Output = T>) -> T {
        self.runtime.block_on(question)
    }

    pub(super) fn tell(&self, ask: Ask) -> Answer {
        let command = Command { principal: "tester".into(), cause: "test".into(), ask };
        let (reply, outcome) = sync_channel(1);
        self.ledger.submit(Lane::Rest, command, move |outcome| drop(reply.send(outcome))).unwrap();
        match outcome.recv().unwrap() {
            Outcome::Done(answer) => answer,
            other => panic!("the books answer {other:?}"),
        }
    }

    fn random(&mut self) -> u64 {
        self.next_random = self.next_random.wrapping_add(1);
        self.next_random.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    /// A bill of two lines.
    pub(super) fn bill(&mut self, agency: &str, minor: i64) -> PaymentNumber {
        self.bill_called(agency, minor, None)
    }

    pub(super) fn bill_called(&mut self, agency: &str, minor: i64, reference: Option<&str>) -> PaymentNumber {
        self.make_bill(agency, minor, reference, None)
    }

    /// A bill whose agency promises something within so many working days.
    pub(super) fn promised_bill(&mut self, agency: &str, minor: i64, days: Option<u16>) -> PaymentNumber {
        self.make_bill(agency, minor, None, days)
    }

    fn make_bill(
        &mut self,
        agency: &str,
        minor: i64,
        reference: Option<&str>,
        promised_working_days: Option<u16>,
    ) -> PaymentNumber {
        let bill = self.new_bill(agency, minor, reference, promised_working_days);
        match self.tell(Ask::CreateBill(Box::new(bill))) {
            Answer::BillCreated { bill, .. } => bill,
            other => panic!("the bill was {other:?}"),
        }
    }

    pub(super) fn new_bill(
        &mut self,
        agency: &str,
        minor: i64,
        reference: Option<&str>,
        promised_working_days: Option<u16>,
    ) -> NewBill {
        let random = self.random();
        let line = |code: &str, minor| BillLine {
            code: code.into(),
            text: catalog::Text::english("Entry"),
            quantity: 1,
            unit: kes(minor),
            amount: kes(minor),
            agency: Some(agency.into()),
            revenue_code: Some("SAMPLE/ENTRY".into()),
            account: agency_payable(agency, "park-entry"),
            legal_basis: "SAMPLE/1".into(),
            fee_version: "2026-1".into(),
        };
        NewBill {
            id: BillId::from_uuid(u128::from(random) << 60),
            random,
            agency: agency.into(),
            service: "park-entry".into(),
            service_name: catalog::Text::english("Park entry"),
            lines: vec![line("adult", minor - 1), line("guide", 1)],
            total: kes(minor),
            payable: kes(minor),
            quote: None,
            convenience_basis: "SAMPLE/none".into(),
            waived: None,
            part_payment: PartPaymentRule::Allowed,
            promised_working_days,
            catalogue: CatalogueVersion { number: 1, hash: "00".into() },
            assessment: None,
            agency_reference: reference.map(Into::into),
            language: None,
            visit_day: None,
            references: Vec::new(),
            life_seconds: 86_400,
            vault_slot: 0,
            sealed: None,
            idempotency: None,
        }
    }

    pub(super) fn attempt(&mut self, bill: PaymentNumber) -> AttemptId {
        let id = AttemptId::from_uuid(u128::from(self.random()) << 60);
        let attempt = NewAttempt { id, bill, method: Method::MpesaPrompt, sealed: None, idempotency: None };
        let answer = self.tell(Ask::CreateAttempt(Box::new(attempt)));
        assert!(matches!(answer, Answer::Done { .. }), "the attempt was {answer:?}");
        id
    }

    pub(super) fn hear(&self, attempt: AttemptId, on: AttemptEvent, prompt_name: Option<&str>) -> Answer {
        let code = matches!(on, AttemptEvent::Declined).then(|| "1032".into());
        let news = AttemptNews { attempt, on, code, sealed: sealed(prompt_name) };
        self.tell(Ask::MoveAttempt(news))
    }

    /// Money by paybill.
    pub(super) fn pay(&mut self, account: TypedAccount, receipt: &str, minor: i64) -> Answer {
        self.receive(Addressed::Typed(account), receipt, minor)
    }

    /// Money that says what it is for.
    pub(super) fn receive(&mut self, addressed: Addressed, receipt: &str, minor: i64) -> Answer {
        self.receive_late(addressed, receipt, minor, 1_000_000)
    }

    /// The same, so many microseconds after it moved.
    pub(super) fn receive_late(
        &mut self,
        addressed: Addressed,
        receipt: &str,
        minor: i64,
        after_micros: i64,
    ) -> Answer {
        let money_in = MoneyIn {
            receipt: ChannelReceipt {
                provider: Provider::Mpesa,
                short_code: "222222".into(),
                number: receipt.into(),
            },
            money: kes(minor),
            account_fact: match addressed {
                Addressed::Typed(TypedAccount::Number(number)) => AccountFact::Number(number),
                _ => AccountFact::Unsaid,
            },
            addressed,
            told_by: ToldBy::Confirmation,
            evidence: Evidence::CallbackOnly,
            moved: Some(LedgerTime::from_micros(self.clock.now_micros() - after_micros)),
            sealed: sealed(Some("NJERI 254700000000")),
            random: self.random(),
        };
        self.tell(Ask::Receive(Box::new(money_in)))
    }

    pub(super) fn tick(&self) -> Answer {
        let now = LedgerTime::from_micros(self.clock.now_micros());
        self.tell(Ask::Tick { today: crate::payments::revenue_day(now) })
    }

    pub(super) fn hours_pass(&self, hours: i64) {
        self.clock.move_on(hours * 3_600_000_000);
    }

    /// So many things happen, chosen by the seed: all that can happen to bills, attempts and money.
    pub(super) fn live(&mut self, seed: u64, steps: usize) {
        let mut dice = Dice(seed);
        let mut bills: Vec<PaymentNumber> = Vec::new();
        let mut attempts: Vec<AttemptId> = Vec::new();
        for step in 0..steps {
            let fresh = format!("R{seed}X{step}");
            let any_bill = |dice: &mut Dice| bills[usize::try_from(dice.below(bills.len() as u64)).unwrap()];
            match dice.below(if bills.is_empty() { 1 } else { 12 }) {
                0..=2 => {
                    let agency = AGENCIES[usize::try_from(dice.below(2)).unwrap()];
                    let reference = (dice.below(2) == 0).then(|| format!("REF-{}", dice.below(20)));
                    let minor = 1_000 + i64::try_from(dice.below(3)).unwrap() * 500;
                    let bill = self.bill_called(agency, minor, reference.as_deref());
                    bills.push(bill);
                }
                3..=5 => {
                    let minor = [500, 1_000, 1_500, 2_000, 2_500][usize::try_from(dice.below(5)).unwrap()];
                    let bill = any_bill(&mut dice);
                    self.pay(TypedAccount::Number(bill), &fresh, minor);
                }
                6 => {
                    self.pay(TypedAccount::Other, &fresh, 700);
                }
                // The same receipt again, with the same money or with other money.
                7 => {
                    let earlier = format!("R{seed}X{}", dice.below(step as u64 + 1));
                    self.pay(TypedAccount::Missing, &earlier, 700 + i64::try_from(dice.below(2)).unwrap());
                }
                8 => {
                    let bill = any_bill(&mut dice);
                    let id = AttemptId::from_uuid(u128::from(self.random()) << 60);
                    let attempt =
                        NewAttempt { id, bill, method: Method::MpesaPrompt, sealed: None, idempotency: None };
                    if matches!(self.tell(Ask::CreateAttempt(Box::new(attempt))), Answer::Done { .. }) {
                        attempts.push(id);
                    }
                }
                9 | 10 if !attempts.is_empty() => {
                    let attempt = attempts[usize::try_from(dice.below(attempts.len() as u64)).unwrap()];
                    let news = [
                        AttemptEvent::Accepted,
                        AttemptEvent::NoAnswer,
                        AttemptEvent::Declined,
                        AttemptEvent::StillProcessing,
                        AttemptEvent::SaidPaidWithoutReceipt,
                        AttemptEvent::MoneyArrived,
                    ];
                    match news[usize::try_from(dice.below(6)).unwrap()] {
                        AttemptEvent::MoneyArrived => {
                            self.receive(Addressed::Attempt(attempt), &fresh, 1_000);
                        }
                        on => {
                            let prompt_name = format!("ws_{}", dice.below(50));
                            self.hear(attempt, on, Some(&prompt_name));
                        }
                    }
                }
                _ => {
                    self.hours_pass(i64::try_from(dice.below(4)).unwrap());
                    self.tick();
                }
            }
        }
    }

    /// Runs a statement on the newest file behind the back of the views.
    pub(super) fn alter(&self, sql: &'static str) {
        let options = SqliteConnectOptions::new().filename(newest_file(&self.views_folder()));
        self.ask(async {
            let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
            sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        });
    }

    /// Every row of every table of the newest file, as text.
    pub(super) fn dump(&self) -> String {
        self.ask(dump(&newest_file(&self.views_folder())))
    }
}

/// What the journal keeps sealed. Here it is only put in an envelope, so that a test can look for it.
fn sealed(text: Option<&str>) -> Option<Sealed> {
    text.map(|text| Sealed { slot: 0, commitments: Vec::new(), ciphertext: text.as_bytes().to_vec() })
}

/// Says where two dumps differ first; a whole one is too long to read.
pub(super) fn assert_same_rows(found: &str, expected: &str) {
    let difference = found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
    assert_eq!(difference, None, "rows differ");
    assert_eq!(found.lines().count(), expected.lines().count(), "one has more rows");
}

fn open_ledger(data: &Path, clock: &Clock) -> Ledger<Payments> {
    let clock = clock.clone();
    let options = Options {
        storage: Arc::new(DiskStorage::new(data)),
        segment_len: SEGMENT_LEN_MIN,
        lane_capacity: 64,
        clock: Box::new(move || LedgerTime::from_micros(clock.now_micros())),
        random: Box::new(rand::random),
        known_heads: Vec::new(),
        on_stop: Box::new(|reason| panic!("the books stopped: {reason}")),
    };
    Ledger::open(options, Arc::new(Readers::default())).unwrap()
}

pub(super) fn files(folder: &Path) -> Vec<PathBuf> {
    let entries =
        std::fs::read_dir(folder).map(|entries| entries.map(|entry| entry.unwrap().path()).collect());
    let mut files: Vec<PathBuf> = entries.unwrap_or_default();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "sqlite"));
    files.sort();
    files
}

pub(super) fn newest_file(folder: &Path) -> PathBuf {
    files(folder).pop().expect("there is a file of views")
}

/// Every row of every table, as text.
pub(super) async fn dump(file: &Path) -> String {
    let mut connection = SqliteConnection::connect_with(&reading(file)).await.unwrap();
    let mut dump = String::new();
    for table in tables(&mut connection).await {
        let columns = columns(&mut connection, &table).await;
        let quoted: Vec<_> = columns.iter().map(|(name, _)| format!("quote({name})")).collect();
        let sql = format!("SELECT {} AS line FROM {table} ORDER BY line", quoted.join(" || ' ' || "));
        dump.push_str(&format!("{table}\n"));
        for row in sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap() {
            dump.push_str(&format!("  {}\n", row.get::<String, _>("line")));
        }
    }
    // Whoever only reads cannot tidy up: if it were the last to close, the log would stay beside the file.
    connection.close().await.unwrap();
    dump
}

pub(super) async fn tables(connection: &mut SqliteConnection) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name";
    sqlx::query_scalar(sql).fetch_all(connection).await.unwrap()
}

/// Names and types of the columns of a table.
pub(super) async fn columns(connection: &mut SqliteConnection, table: &str) -> Vec<(String, String)> {
    let rows = sqlx::query("SELECT name, type FROM pragma_table_info(?1)")
        .bind(table)
        .fetch_all(connection)
        .await
        .unwrap();
    rows.iter().map(|row| (row.get("name"), row.get("type"))).collect()
}
