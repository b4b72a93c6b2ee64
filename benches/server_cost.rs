//! What requests cost the server that answers them: processor time of its process, by thread.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::crowd::{Answer, Crowd};
use crate::processor_time::cpu_by_thread;

/// Long enough for lazily made things to be made.
const WARM_UP_SHARE: usize = 20;
/// A process that takes no more than so much of a processor is idle.
const IDLE_SHARE: f64 = 0.03;
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// The longest that is waited for whatever follows from the requests.
const FOLLOW_UP_MAX: Duration = Duration::from_secs(60);

/// What requests cost a server.
pub(crate) struct Cost {
    /// Answers in a second.
    pub(crate) rate: f64,
    /// Microseconds of processor time for each request, by thread, whatever followed from it included.
    pub(crate) by_thread: BTreeMap<String, f64>,
}

/// Sends all requests to a server, so many at a time, and looks at what its process does until it is idle again.
pub(crate) async fn cost_of(
    process: u32,
    address: SocketAddr,
    connections: usize,
    mut requests: Vec<Vec<u8>>,
    seen: impl Fn(&Answer<'_>) + Clone + Send + 'static,
) -> Cost {
    let warm_up = requests.split_off(requests.len() - requests.len() / WARM_UP_SHARE);
    let count = requests.len() as f64;
    Crowd::connect(address, connections).await.send(warm_up, |_| ()).await;
    let idle = settled(process).await;
    // New connections: the others may have been idle for longer than the server allows.
    let mut crowd = Crowd::connect(address, connections).await;
    let before = cpu_by_thread(process);
    let began = Instant::now();
    let took = crowd.send(requests, seen).await;
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
