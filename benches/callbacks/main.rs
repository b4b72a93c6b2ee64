//! What a callback costs, from the socket to the durable answer: processor time of the server's process for each
//! request, against bare hyper that reads the same body and gives the same answer. Validations are of open bills; of the
//! confirmations every other one pays a bill, the rest is money for nobody.
//!
//! ```text
//! cargo bench --bench callbacks
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
#[path = "../receipts.rs"]
mod receipts;
#[path = "../rounds.rs"]
mod rounds;
#[path = "../server_cost.rs"]
mod server_cost;

mod nothing_but_the_answer;
mod safaricom;

use crate::bare_hyper::{BareHyper, asked_to_serve};
use crate::crowd::Answer;
use crate::process::Gateway;
use crate::rounds::{Purpose, Table};
use crate::safaricom::{Callbacks, make_bills};
use crate::server_cost::cost_of;

/// The same as in the executable, for the sake of the yardstick, which is this executable too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const BARE: &str = "bare hyper, same body, same answer";
const VALIDATION: &str = "validation";
const CONFIRMATION: &str = "confirmation";
/// The threads that a confirmation passes through before it is answered.
const PATH: [&str; 2] = ["malipo-callback", "sequencer"];
/// Threads that take less are not worth a line.
const NOTICED_MICROS: f64 = 0.02;

fn main() {
    if asked_to_serve().is_some() {
        return nothing_but_the_answer::serve();
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
    let bare = BareHyper::start("answers");
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
                let cost = cost_of(process, address, connections, requests, demand_success).await;
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

/// Zero, as a number or as a text.
fn demand_success(answer: &Answer<'_>) {
    let starts = [&br#"{"ResultCode":0,"#[..], br#"{"ResultCode":"0","#];
    let is_success = starts.iter().any(|start| answer.body.starts_with(start));
    assert!(is_success, "{} {}", answer.head, String::from_utf8_lossy(answer.body));
}
