//! What it costs to hand a request on to an agency's own system: processor time of the handing process for each request,
//! against nginx with one worker, which does the same over connections that it keeps, and against hyper's own client and
//! server with nothing in between. All hand on to the same system.
//!
//! ```text
//! cargo bench --bench proxy
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

mod agency_system;
mod hand_on;
mod nginx;

use std::net::SocketAddr;
use std::path::Path;

use crate::bare_hyper::{BareHyper, asked_to_serve};
use crate::crowd::Answer;
use crate::nginx::Nginx;
use crate::process::Gateway;
use crate::rounds::{Purpose, Table};
use crate::server_cost::cost_of;

/// The same as in the executable, for the sake of hyper, which runs in this one.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const NGINX: &str = "nginx, one worker";
const BARE: &str = "bare hyper, client and server";
const MALIPO: &str = "malipo";
/// A service of the agency that has a system of its own, which is all that the others hand on as well.
const PREFIX: &str = "/s/kra-pin-registration";
const SIZES: [Size; 3] = [
    Size { name: "1 KiB", bytes: 1 << 10, count: 40_000, connections: 64 },
    Size { name: "64 KiB", bytes: 64 << 10, count: 8_000, connections: 64 },
    Size { name: "10 MB", bytes: 10_000_000, count: 60, connections: 4 },
];
/// Threads that take less are not worth a line.
const NOTICED_MICROS: f64 = 0.02;

/// Answers of one size.
struct Size {
    name: &'static str,
    bytes: usize,
    /// Requests in one round.
    count: usize,
    connections: usize,
}

/// One who hands on.
struct Contestant {
    name: &'static str,
    process: u32,
    address: SocketAddr,
}

fn main() {
    if let Some(what) = asked_to_serve() {
        return match what.parse() {
            Ok(system) => hand_on::serve(system, PREFIX),
            Err(_) => agency_system::serve(),
        };
    }
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    runtime.block_on(measure(Purpose::of_process()));
}

async fn measure(purpose: Purpose) {
    let folder = tempfile::Builder::new()
        .prefix("proxy-")
        .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
        .expect("a folder is made");
    let system = BareHyper::start("an agency's system");
    let gateway = gateway_before(system.address, folder.path());
    let host = gateway.told("/public").strip_prefix("http://").expect("it speaks plain HTTP here").to_owned();
    let bare = BareHyper::start(&system.address.to_string());
    let nginx = Nginx::start(folder.path(), system.address, PREFIX).await;
    let mut contestants = vec![
        Contestant { name: BARE, process: bare.id(), address: bare.address },
        Contestant {
            name: MALIPO,
            process: gateway.id(),
            address: host.parse().expect("it says its address"),
        },
    ];
    if let Some(nginx) = &nginx {
        contestants.insert(0, Contestant { name: NGINX, process: nginx.id(), address: nginx.address });
    }
    for size in &SIZES {
        compare(purpose, &contestants, size).await;
    }
}

/// A gateway whose catalogue says that the revenue authority has a system of its own here.
fn gateway_before(system: SocketAddr, folder: &Path) -> Gateway {
    let catalogue = agency_system::catalogue_with(system);
    let file = folder.join("catalogue.json");
    std::fs::write(&file, catalogue).expect("a catalogue is written");
    let catalogue = format!("catalogue.file={}", file.display());
    let flags = ["--set", &catalogue, "--set", "routing.private_networks=127.0.0.0/8"];
    Gateway::start(&folder.join("data"), &flags)
}

async fn compare(purpose: Purpose, contestants: &[Contestant], size: &Size) {
    let Size { name: size_name, bytes, count, connections } = *size;
    let yardstick = if contestants.iter().any(|contestant| contestant.name == NGINX) { NGINX } else { BARE };
    let title = |what: &str| format!("Answers of {size_name}: {what}, {connections} connections");
    let mut cost = Table::new(title("processor time of the whole process"), "µs");
    let mut rates = Table::new(title("how many, closed loop"), "1/s");
    let mut threads = Table::new(title("by thread of the gateway"), "µs");
    for _ in 0..purpose.choose(5, 1) {
        for Contestant { name, process, address } in contestants {
            let request = format!(
                "GET {PREFIX}/bytes/{bytes}?year=2026 HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\n\
                 Accept: */*\r\n\r\n"
            );
            let requests = vec![request.into_bytes(); purpose.choose(count, 20)];
            let demand_all = move |answer: &Answer<'_>| {
                assert!(answer.head.starts_with("HTTP/1.1 200 "), "{}", answer.head);
                assert_eq!(answer.body.len(), bytes, "{}", answer.head);
            };
            let taken = cost_of(*process, *address, connections, requests, demand_all).await;
            cost.note(name, taken.by_thread.values().sum());
            rates.note(name, taken.rate);
            if *name == MALIPO {
                let noticed = taken.by_thread.iter().filter(|(_, micros)| **micros > NOTICED_MICROS);
                noticed.for_each(|(thread, micros)| threads.note(thread, *micros));
            }
        }
    }
    cost.print(yardstick);
    rates.print(yardstick);
    threads.print("");
}
