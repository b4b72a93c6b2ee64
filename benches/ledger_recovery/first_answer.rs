//! The whole executable: from its start to its first answer to a callback, and the memory that it holds then.

use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use crate::process::Gateway;
use crate::rounds::{Purpose, Table};

/// Between two looks at a gateway that does not answer yet.
const LOOK_EVERY: Duration = Duration::from_millis(1);
/// The longest that is waited for the views to be built, and for an answer.
const WAIT_MAX: Duration = Duration::from_secs(600);
/// The validation of a payment to an account that nobody has to look up: always answered with yes.
const VALIDATION: &str = r#"{"TransactionType":"Pay Bill","TransID":"TKL3A7Q9ZD","TransTime":"20261120091405","TransAmount":"3750.00","BusinessShortCode":"222222","BillRefNumber":"PLOT 17","MSISDN":"254712345678","FirstName":"ASHA"}"#;

pub(crate) fn measure(data: &Path, purpose: Purpose, rounds: usize) {
    // The first start makes what there is not yet: keys, token, catalogue, views.
    let first = Gateway::start(data, &["--callback-listen", "127.0.0.1:0"]);
    let path =
        first.told("/callbacks").split_once("/cb/").map(|(_, rest)| format!("/cb/{rest}/c2b/validate"));
    let path = path.expect("the address of callbacks has their path");
    let began = Instant::now();
    while !are_views_built(data) && began.elapsed() < WAIT_MAX {
        std::thread::sleep(Duration::from_millis(200));
    }
    println!("views built after {:.1} s\n", began.elapsed().as_secs_f64());
    print_memory("after building the views", first.id());
    drop(first);

    let mut times = Table::new("From the start of the executable to its first answer to a callback", "s");
    for _ in 0..rounds {
        times.note("warm", start_to_answer(data, &path));
    }
    if std::env::var_os("MALIPO_BENCH_DROP_CACHES").is_some() {
        for _ in 0..purpose.choose(3, 1) {
            drop_caches();
            times.note("cold", start_to_answer(data, &path));
        }
    }
    times.print("warm");
}

fn start_to_answer(data: &Path, path: &str) -> f64 {
    let address = free_address();
    let listen = address.to_string();
    let started = Instant::now();
    let answered = std::thread::spawn({
        let path = path.to_owned();
        move || first_answer(address, &path, started)
    });
    let gateway = Gateway::start(data, &["--callback-listen", &listen]);
    let took = answered.join().expect("the gateway answers");
    print_memory("ready", gateway.id());
    took.as_secs_f64()
}

/// Asks until there is an answer: the socket is bound before the books are open, and the answer comes after.
fn first_answer(address: SocketAddr, path: &str, started: Instant) -> Duration {
    let length = VALIDATION.len();
    let request =
        format!("POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Length: {length}\r\n\r\n{VALIDATION}");
    loop {
        assert!(started.elapsed() < WAIT_MAX, "no answer in time");
        match TcpStream::connect(address) {
            Ok(mut stream) => {
                stream.write_all(request.as_bytes()).expect("the gateway reads");
                let mut answer = [0; 12];
                stream.read_exact(&mut answer).expect("the gateway answers");
                assert_eq!(&answer, b"HTTP/1.1 200");
                return started.elapsed();
            }
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => std::thread::sleep(LOOK_EVERY),
            Err(error) => panic!("{error}"),
        }
    }
}

/// A port that was free a moment ago.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port is free");
    listener.local_addr().expect("it is bound")
}

fn are_views_built(data: &Path) -> bool {
    fs::read_to_string(data.with_extension("log")).is_ok_and(|log| log.contains("The views are built."))
}

fn print_memory(when: &str, process: u32) {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let lines = status.lines().filter(|line| line.starts_with("VmRSS") || line.starts_with("VmHWM"));
    let shown: Vec<_> = lines.map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    println!("memory, {when}: {}", shown.join(", "));
}

/// Nothing of the journal stays in the system's memory. Only root may.
fn drop_caches() {
    let synced = Command::new("sync").status().is_ok_and(|status| status.success());
    let dropped = fs::write("/proc/sys/vm/drop_caches", "3");
    assert!(synced && dropped.is_ok(), "caches can be dropped by root alone: {dropped:?}");
}
