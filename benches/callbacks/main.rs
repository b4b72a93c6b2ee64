//! What a callback costs, from the socket to the durable answer: processor time of the server's process for each
//! request, against bare hyper that reads the same body and gives the same answer. Validations are of open bills; of the
//! confirmations every other one pays a bill, the rest is money for nobody.
//!
//! ```text
//! cargo bench --bench callbacks
//! ```

#![expect(clippy::float_arithmetic, reason = "what is computed here are measures, not money")]

#[path = "../process.rs"]
mod process;
#[path = "../processor_time.rs"]
mod processor_time;
#[path = "../receipts.rs"]
mod receipts;
#[path = "../rounds.rs"]
mod rounds;

mod bare_hyper;
mod crowd;
mod safaricom;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::bare_hyper::BareHyper;
use crate::crowd::Crowd;
use crate::process::Gateway;
use crate::processor_time::cpu_by_thread;
use crate::rounds::{Purpose, Table};
use crate::safaricom::{Callbacks, make_bills};

/// The same as in the executable, for the sake of the yardstick, which is this executable too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BARE: &str = "bare hyper, same body, same answer";
const VALIDATION: &str = "validation";
const CONFIRMATION: &str = "confirmation";
/// The threads that a confirmation passes through before it is answered.
const PATH: [&str; 2] = ["malipo-callback", "sequencer"];
/// Long enough for lazily made things to be made.
const WARM_UP_SHARE: usize = 20;
/// A process that takes no more than so much of a processor is idle.
const IDLE_SHARE: f64 = 0.03;
/// Threads that take less are not worth a line.
const NOTICED_MICROS: f64 = 0.02;
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// The longest that is waited for whatever follows from the payments.
const FOLLOW_UP_MAX: Duration = Duration::from_secs(60);

fn main() {
    if std::env::args().any(|argument| argument == bare_hyper::SERVE_FLAG) {
        return bare_hyper::serve();
    }
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    runtime.block_on(measure(Purpose::of_process()));
}

async fn measure(purpose: Purpose) {
    let rounds = purpose.choose(5, 1);
    let count = purpose.choose(40_000, 100);
    let folder = tempfile::Builder::new()
        .prefix("callbacks-")
        .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .expect("a folder is made");
    let gateway = Gateway::start(&folder.path().join("data"), &["--callback-listen", "127.0.0.1:0"]);
    let callbacks = Callbacks::of(&gateway);
    let bare = BareHyper::start();
    for connections in [64, 256] {
        let mut whole =
            Table::new(format!("Processor time of the whole process, {connections} connections"), "µs");
        let mut path = Table::new(format!("Of that, until the answer, {connections} connections"), "µs");
        let mut rates = Table::new(format!("Answers, {connections} connections, closed loop"), "1/s");
        let mut threads = Table::new(format!("A confirmation by thread, {connections} connections"), "µs");
        for _ in 0..rounds {
            // Each bill is asked about twice and then paid, so that no round leaves more open than the one before.
            let bills = make_bills(&gateway, count / 2).await;
            let validations: Vec<_> =
                bills.iter().chain(&bills).map(|bill| callbacks.validation(bill)).collect();
            let pairs =
                bills.iter().map(|bill| [callbacks.confirmation(bill), callbacks.stray_confirmation()]);
            let confirmations: Vec<_> = pairs.flatten().collect();
            let contests = [
                (BARE, bare.id(), bare.address, confirmations.clone()),
                (VALIDATION, gateway.id(), callbacks.address, validations),
                (CONFIRMATION, gateway.id(), callbacks.address, confirmations),
            ];
            for (name, process, address, requests) in contests {
                let cost = cost_of(process, address, connections, requests).await;
                whole.note(name, cost.by_thread.values().sum());
                rates.note(name, cost.rate);
                let is_on_path = |thread: &str| process == bare.id() || PATH.contains(&thread);
                let on_path = cost.by_thread.iter().filter(|(thread, _)| is_on_path(thread));
                path.note(name, on_path.map(|(_, micros)| micros).sum());
                if name == CONFIRMATION {
                    let noticed = cost.by_thread.iter().filter(|(_, micros)| **micros > NOTICED_MICROS);
                    noticed.for_each(|(thread, micros)| threads.note(thread, *micros));
                }
            }
        }
        whole.print(BARE);
        path.print(BARE);
        rates.print(BARE);
        threads.print("");
    }
}

/// What requests cost a server.
struct Cost {
    /// Answers in a second.
    rate: f64,
    /// Microseconds of processor time for each request, by thread, whatever followed from it included.
    by_thread: BTreeMap<String, f64>,
}

async fn cost_of(process: u32, address: SocketAddr, connections: usize, mut requests: Vec<Vec<u8>>) -> Cost {
    let warm_up = requests.split_off(requests.len() - requests.len() / WARM_UP_SHARE);
    let count = requests.len() as f64;
    Crowd::connect(address, connections).await.send(warm_up, |_| ()).await;
    let idle = settled(process).await;
    // New connections: the others may have been idle for longer than the server allows.
    let mut crowd = Crowd::connect(address, connections).await;
    let before = cpu_by_thread(process);
    let began = Instant::now();
    let took =
        crowd.send(requests, |body| assert!(is_success(body), "{}", String::from_utf8_lossy(body))).await;
    settled(process).await;
    let lasted = began.elapsed();
    // What the process does when nobody calls is no part of a call's cost.
    let micros = |thread: &String, nanos: u64| {
        let spent = nanos.saturating_sub(before.get(thread).copied().unwrap_or(0)) as f64;
        let idle = idle.get(thread).copied().unwrap_or(0.0) * lasted.as_nanos() as f64;
        (spent - idle).max(0.0) / 1e3 / count
    };
    let by_thread =
        cpu_by_thread(process).into_iter().map(|(thread, nanos)| (thread.clone(), micros(&thread, nanos)));
    Cost { rate: count / took.as_secs_f64(), by_thread: by_thread.collect() }
}

/// Zero, as a number or as a text.
fn is_success(body: &[u8]) -> bool {
    [&br#"{"ResultCode":0,"#[..], br#"{"ResultCode":"0","#].iter().any(|start| body.starts_with(start))
}

/// Waits until the process has nothing left to do, and returns how much of a processor each thread takes then.
async fn settled(process: u32) -> BTreeMap<String, f64> {
    let mut before = cpu_by_thread(process);
    let began = Instant::now();
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let now = cpu_by_thread(process);
        let share = |thread: &String, nanos: u64| {
            let spent = nanos.saturating_sub(before.get(thread).copied().unwrap_or(0));
            spent as f64 / LOOK_EVERY.as_nanos() as f64
        };
        let shares: BTreeMap<_, _> =
            now.iter().map(|(thread, nanos)| (thread.clone(), share(thread, *nanos))).collect();
        if shares.values().sum::<f64>() < IDLE_SHARE || began.elapsed() > FOLLOW_UP_MAX {
            return shares;
        }
        before = now;
    }
}
