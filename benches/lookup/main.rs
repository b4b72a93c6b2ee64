//! What it costs to look a service up among all of a country: processor time of the server's process for each request,
//! against bare hyper that gives the same answers, header by header and byte by byte. As callers ask: for the service, for
//! the service if it has changed, for the service compressed; and, as information, for what a few words find.
//!
//! ```text
//! cargo bench --bench lookup
//! ```

#![expect(clippy::float_arithmetic, reason = "what is computed here are measures, not money")]

#[path = "../bare_hyper.rs"]
mod bare_hyper;
#[path = "../crowd.rs"]
mod crowd;
#[path = "../process.rs"]
mod process;
#[path = "../processor_time.rs"]
mod processor_time;
#[path = "../rounds.rs"]
mod rounds;
#[path = "../server_cost.rs"]
mod server_cost;

mod questions;
mod same_answers;

use std::net::SocketAddr;

use catalog::Catalogue;
use catalog::sample::{DEMONSTRATION_SEED, DEMONSTRATION_SERVICES};

use crate::bare_hyper::{BareHyper, asked_to_serve};
use crate::crowd::Answer;
use crate::process::Gateway;
use crate::questions::Questions;
use crate::rounds::{Purpose, Table};
use crate::same_answers::Threads;
use crate::server_cost::cost_of;

/// The same as in the executable, for the sake of the yardstick, which is this executable too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BARE: &str = "bare hyper, same answers, threads as the gateway has";
const BARE_ALONE: &str = "the same on one thread";
const MALIPO: &str = "malipo";
const CONNECTIONS: usize = 64;
/// A try has few services: those that come with the product, and some samples.
const SERVICES_OF_A_TRY: usize = 300;
/// Threads that take less are not worth a line.
const NOTICED_MICROS: f64 = 0.02;

fn main() {
    if let Some(what) = asked_to_serve() {
        return same_answers::serve(&what);
    }
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    runtime.block_on(measure(Purpose::of_process()));
}

async fn measure(purpose: Purpose) {
    let services = purpose.choose(DEMONSTRATION_SERVICES, SERVICES_OF_A_TRY);
    let folder = tempfile::Builder::new()
        .prefix("lookup-")
        .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .expect("a folder is made");
    let gateway = Gateway::start(&folder.path().join("data"), &["--services", &services.to_string()]);
    let host = gateway.told("/public").strip_prefix("http://").expect("it speaks plain HTTP here").to_owned();
    let address: SocketAddr = host.parse().expect("the gateway says its address");
    let catalogue = Catalogue::demonstration(services, DEMONSTRATION_SEED);
    for questions in questions::all(&catalogue, &host, address).await {
        compare(purpose, &gateway, address, &folder.path().join("answers.json"), &questions).await;
    }
}

async fn compare(
    purpose: Purpose,
    gateway: &Gateway,
    address: SocketAddr,
    file: &std::path::Path,
    questions: &Questions,
) {
    let status = questions.status;
    same_answers::keep(file, &questions.questions, address).await;
    let bare = BareHyper::start(&same_answers::what(Threads::AsTheGateway, file));
    let bare_alone = BareHyper::start(&same_answers::what(Threads::One, file));
    let title = |what: &str| format!("{}: {what}, {CONNECTIONS} connections", questions.name);
    let mut cost = Table::new(title("processor time of the whole process"), "µs");
    let mut rates = Table::new(title("answers, closed loop"), "1/s");
    let mut threads = Table::new(title("by thread of the gateway"), "µs");
    for _ in 0..purpose.choose(5, 1) {
        let contests = [
            (BARE, bare.id(), bare.address),
            (BARE_ALONE, bare_alone.id(), bare_alone.address),
            (MALIPO, gateway.id(), address),
        ];
        for (name, process, address) in contests {
            let requests = questions.so_many(purpose.choose(questions.count, 100));
            let demand_status = move |answer: &Answer<'_>| {
                assert!(answer.head.starts_with(status), "{}", answer.head);
            };
            let taken = cost_of(process, address, CONNECTIONS, requests, demand_status).await;
            cost.note(name, taken.by_thread.values().sum());
            rates.note(name, taken.rate);
            if name == MALIPO {
                let noticed = taken.by_thread.iter().filter(|(_, micros)| **micros > NOTICED_MICROS);
                noticed.for_each(|(thread, micros)| threads.note(thread, *micros));
            }
        }
    }
    cost.print(BARE);
    rates.print(BARE);
    threads.print("");
}
