//! Load: a crowd that pays, and its synced log of what it sent and what was acknowledged. It runs in the process of the
//! test, which nobody kills.

use std::path::{Path, PathBuf};
use std::time::Duration;

use loadtest::clock::Clock;
use loadtest::load::{LoadError, Pace, Plan, Report, ResendPlan, Resent, Source, Target};
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
        let source = Source::Bills {
            public: gateway.public().parse().expect("it listens on loopback"),
            key: key.to_owned(),
            body: Order::hells_gate(1).body().to_string(),
            number: Some(20),
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
