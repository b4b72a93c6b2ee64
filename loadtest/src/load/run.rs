//! A run from its plan to its report.

use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::header::HeaderValue;
use indicatif::{ProgressBar, ProgressStyle};
use tokio_util::sync::CancellationToken;

use super::bills::{BillRequest, Making, ended};
use super::exchange::{Exchange, ExchangeKind};
use super::pacing::{Ready, Schedule, closed_loop, filled, open_loop, prepare, ready, withdraw};
use super::payment::{Maker, Payable};
use super::plan::{BillsMade, Pace, Plan, Source, Target};
use super::report::Report;
use super::tally::{PERCENTILES, Tally};
use super::witness::Witness;
use crate::clock::Clock;
use crate::kes::grouped;
use crate::loopback::{Client, LoopbackUrl};
use crate::synced_log::{LogFailure, create_folder};

/// How long the first payments are given to be logged before the first appointed time.
const HEAD_START: Duration = Duration::from_millis(200);
/// How often the live line changes.
const LIVE_EVERY: Duration = Duration::from_millis(500);

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The plan cannot be carried out; every reason, one a line.
    #[error("this cannot be run:\n  {}", .0.join("\n  "))]
    Plan(Vec<String>),
    /// The witness log cannot be kept, so nothing may be sent.
    #[error("the log cannot be kept: {0}")]
    Log(#[from] LogFailure),
    /// Bills cannot be made.
    #[error("bills cannot be made: {0}")]
    Bills(String),
    /// Nobody listens there.
    #[error("nobody listens at {0}")]
    Unreachable(String),
    /// Stopped before anything was sent.
    #[error("interrupted before anything was sent")]
    Interrupted,
}

/// Carries a plan out until its end or until `stop`.
///
/// # Errors
///
/// When the plan is inconsistent, its log cannot be kept, or its bills cannot be made.
pub async fn run(plan: Plan, clock: &Clock, stop: CancellationToken) -> Result<Report, LoadError> {
    let problems = plan.problems();
    if !problems.is_empty() {
        return Err(LoadError::Plan(problems));
    }
    if let Some(folder) = plan.log.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        create_folder(folder)?;
    }
    let witness = Arc::new(Witness::open(&plan.log)?);
    let tally = Arc::new(Tally::new());
    let client = Client::new(plan.connections);
    let live = live_line();

    live.set_message("making bills");
    let (payable, making) = payable(&plan, &client, &tally, &stop).await?;
    let exchange = Arc::new(Exchange {
        client,
        kind: exchange_kind(&plan)?,
        timeout: plan.timeout,
        clock: clock.clone(),
        tally: Arc::clone(&tally),
        witness: Arc::clone(&witness),
    });
    let by_sandbox = matches!(plan.target, Target::Pay { .. });
    let maker = Maker::new(plan.seed, clock, payable, &plan.paybill, plan.repeats_per_mille, by_sandbox);
    let (sender, queue) = ready();
    let witnessed = exchange.kind.sends_money();
    let preparing =
        tokio::spawn(prepare(maker, plan.payments(), witnessed, Arc::clone(&witness), clock.clone(), sender));

    if let (Some(_), Pace::Open { rate }, Some(total)) = (&making, plan.pace, plan.payments()) {
        filled(&queue, rate, total, &stop).await;
    }
    let start = Instant::now() + HEAD_START;
    tally.begin(start, plan.warmup);
    let showing = tokio::spawn(show(live, plan.clone(), Arc::clone(&tally)));
    let queue = send_all(&plan, &exchange, start, queue, &stop).await;
    showing.abort();
    withdraw(queue, &exchange).await;
    match preparing.await {
        Ok(prepared) => prepared?,
        Err(error) => tracing::error!(%error, "the preparation of payments failed"),
    }
    if let Some(making) = making
        && let Err(error) = ended(making).await
        && !stop.is_cancelled()
    {
        return Err(error);
    }
    witness.flush().await?;
    Ok(Report::new(&plan, &tally.counts(), stop.is_cancelled()))
}

/// What is to be paid, made beforehand or being made from now on.
async fn payable(
    plan: &Plan,
    client: &Client,
    tally: &Arc<Tally>,
    stop: &CancellationToken,
) -> Result<(Payable, Option<Making>), LoadError> {
    let (Source::Bills { public, key, body, made }, Some(number)) = (&plan.source, plan.bills()) else {
        return Ok((Payable::Nothing, None));
    };
    let request = BillRequest {
        url: bills_url(public),
        authorization: authorization(key)?,
        body: body.clone(),
        timeout: plan.timeout,
    };
    match *made {
        BillsMade::Beforehand(_) => {
            Ok((Payable::RoundAndRound(request.make(client, number, tally, stop).await?), None))
        }
        BillsMade::Meanwhile { first } => {
            let numbers = first..first.saturating_add(number);
            let (made, making) = request.make_meanwhile(client, numbers, tally, stop);
            Ok((Payable::Fresh(made), Some(making)))
        }
    }
}

fn exchange_kind(plan: &Plan) -> Result<ExchangeKind, LoadError> {
    Ok(match (&plan.target, &plan.source) {
        (Target::Confirm(callbacks), _) => ExchangeKind::Confirm { url: callbacks.join("/c2b/confirm") },
        (Target::Validate(callbacks), source) => ExchangeKind::Validate {
            url: callbacks.join("/c2b/validate"),
            must_accept: matches!(source, Source::Bills { .. }),
        },
        (Target::Pay { sandbox }, Source::Bills { public, key, .. }) => ExchangeKind::Pay {
            sandbox: sandbox.clone(),
            bills: bills_url(public),
            authorization: authorization(key)?,
        },
        (Target::Pay { .. }, Source::Nothing) => return Err(LoadError::Plan(plan.problems())),
    })
}

fn bills_url(public: &LoopbackUrl) -> LoopbackUrl {
    public.join("/v1/bills")
}

fn authorization(key: &str) -> Result<HeaderValue, LoadError> {
    HeaderValue::from_str(&format!("Bearer {key}"))
        .map_err(|_| LoadError::Plan(vec!["the agency key cannot be a header value".into()]))
}

async fn send_all(
    plan: &Plan,
    exchange: &Arc<Exchange>,
    start: Instant,
    mut queue: Ready,
    stop: &CancellationToken,
) -> Ready {
    match (plan.pace, plan.payments()) {
        (Pace::Open { rate }, Some(count)) => {
            let schedule = Schedule { start, rate, count };
            let sent = open_loop(exchange, schedule, plan.connections, &mut queue, stop).await;
            exchange.tally.never_sent(count - sent);
            queue
        }
        (_, planned) => {
            tokio::time::sleep_until(start.into()).await;
            let end = start + plan.warmup + plan.duration;
            let (sent, queue) = closed_loop(exchange, end, plan.connections, queue, stop).await;
            exchange.tally.never_sent(planned.map_or(0, |planned| planned - sent));
            queue
        }
    }
}

/// A line on stderr, and none where stderr is not a terminal.
fn live_line() -> ProgressBar {
    let line = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{msg}") {
        line.set_style(style);
    }
    line
}

async fn show(live: ProgressBar, plan: Plan, tally: Arc<Tally>) {
    loop {
        tokio::time::sleep(LIVE_EVERY).await;
        if live.is_hidden() {
            return;
        }
        let counts = tally.counts();
        let rate = match plan.pace {
            Pace::Open { rate } => format!("{rate}/s"),
            Pace::Closed => "closed loop".into(),
        };
        let main =
            counts.routes.iter().find(|(route, _)| matches!(**route, "confirm" | "validate" | "journey"));
        let percentile = |index: usize| {
            let value = main.and_then(|(_, times)| PERCENTILES[index].of(&times.latency));
            value.map_or_else(|| "n/a".to_owned(), |micros| format!("{}ms", super::report::millis(micros)))
        };
        let clock =
            |duration: Duration| format!("{:02}:{:02}", duration.as_secs() / 60, duration.as_secs() % 60);
        live.set_message(format!(
            "running {}/{}  rate {rate}  done {}  late {}  errors {}  p50 {}  p99 {}",
            clock(tally.elapsed()),
            clock(plan.warmup + plan.duration),
            grouped(counts.measured),
            grouped(counts.late),
            grouped(counts.wrong),
            percentile(0),
            percentile(3),
        ));
    }
}
