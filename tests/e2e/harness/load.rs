//! Load: a crowd that pays, and its synced log of what it sent and what was acknowledged. It runs in the process of the
//! test, which nobody kills.

use std::path::{Path, PathBuf};
use std::time::Duration;

use loadtest::clock::Clock;
use loadtest::load::{BillsMade, LoadError, Pace, Plan, Report, ResendPlan, Resent, Source, Target};
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::agency::Order;
use super::gateway::Gateway;
use super::http::runtime;

/// The load on one gateway.
pub(crate) struct Load {
    plan: Plan,
}

impl Load {
    /// So many confirmations a second for so long, paying a few bills round and round.
    pub(crate) fn of_confirmations(
        gateway: &Gateway,
        key: &str,
        log: &Path,
        rate: u32,
        duration: Duration,
    ) -> Self {
        let body = Order::hells_gate(1).body().clone();
        Self::paying(gateway, key, &body, BillsMade::Beforehand(Some(20)), log, rate, duration)
    }

    /// So many confirmations a second for so long, each of all of a fresh bill that was made a moment before. The payers have
    /// the phones from this one on, national numbers without their zero, and bills bear them as the agency's own names.
    pub(crate) fn of_fresh_bills(
        gateway: &Gateway,
        key: &str,
        first_phone: u64,
        log: &Path,
        rate: u32,
        duration: Duration,
    ) -> Self {
        let mut body = Order::hells_gate(1).payer(json!({"phone": "254{n}"})).body().clone();
        body["agency_reference"] = json!("{n}");
        Self::paying(gateway, key, &body, BillsMade::Meanwhile { first: first_phone }, log, rate, duration)
    }

    fn paying(
        gateway: &Gateway,
        key: &str,
        bill: &Value,
        made: BillsMade,
        log: &Path,
        rate: u32,
        duration: Duration,
    ) -> Self {
        let source = Source::Bills {
            public: gateway.public().parse().expect("it listens on loopback"),
            key: key.to_owned(),
            body: bill.to_string(),
            made,
        };
        let plan = Plan {
            target: Target::Confirm(gateway.callbacks().parse().expect("it listens on loopback")),
            source,
            pace: Pace::Open { rate },
            duration,
            warmup: Duration::ZERO,
            count: None,
            connections: 64,
            timeout: Duration::from_secs(10),
            repeats_per_mille: 50,
            seed: 42,
            paybill: "222222".to_owned(),
            log: log.to_path_buf(),
            thresholds: Vec::new(),
        };
        Self { plan }
    }

    /// Runs while `meanwhile` does, and to its end.
    pub(crate) fn run(self, meanwhile: impl FnOnce()) -> Report {
        let clock = Clock::system();
        let running = runtime()
            .spawn(async move { loadtest::load::run(self.plan, &clock, CancellationToken::new()).await });
        let ends_early = SaidIfItFails(Some(running));
        meanwhile();
        let running = ends_early.into_inner();
        runtime().block_on(running).expect("the load does not panic").expect("the load can be run")
    }

    /// Sends everything again that was not acknowledged, until it is.
    pub(crate) fn resend(gateway: &Gateway, log: &Path) -> Resent {
        let plan = ResendPlan {
            log: PathBuf::from(log),
            callbacks: gateway.callbacks().parse().expect("it listens on loopback"),
            connections: 16,
            timeout: Duration::from_secs(10),
            rounds: 20,
            pause: Duration::from_secs(1),
        };
        let clock = Clock::system();
        let resending = loadtest::load::resend(plan, &clock, CancellationToken::new());
        let resent = runtime().block_on(resending).expect("the log can be read");
        assert_eq!(resent.unacknowledged_after, 0, "not everything was acknowledged in the end");
        resent
    }
}

/// A load that is looked at if the story around it fails: a story that waits in vain for a load which never began says why.
struct SaidIfItFails(Option<JoinHandle<Result<Report, LoadError>>>);

impl SaidIfItFails {
    fn into_inner(mut self) -> JoinHandle<Result<Report, LoadError>> {
        self.0.take().expect("it is taken once")
    }
}

impl Drop for SaidIfItFails {
    fn drop(&mut self) {
        if let Some(running) = self.0.take()
            && running.is_finished()
            && let Ok(Err(error)) = runtime().block_on(running)
        {
            eprintln!("the load had ended: {error}");
        }
    }
}
