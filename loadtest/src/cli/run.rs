//! `loadtest run`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::{Failure, interrupted, print};
use crate::clock::Clock;
use crate::load::{
    BillsMade, LoadError, Pace, Plan, ReadyFile, ResendPlan, Source, Target, Threshold, resend, run,
};
use crate::loopback::LoopbackUrl;

/// What is done over and over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    /// Post C2B confirmations straight to the callback base.
    Confirm,
    /// Post C2B validations there. No money moves.
    Validate,
    /// Have the sandbox pay bills by paybill and watch the gateway show them paid.
    Pay,
}

/// How to load.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// What is done over and over.
    #[arg(value_enum)]
    scenario: Scenario,
    /// Where everything is, as the gateway wrote it when it was ready.
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
    /// Base address of the callbacks, token included; overrides the ready file.
    #[arg(long, value_name = "URL")]
    callbacks: Option<String>,
    /// Base address of the public API; overrides the ready file.
    #[arg(long, value_name = "URL")]
    public: Option<String>,
    /// Base address of the sandbox; overrides the ready file.
    #[arg(long, value_name = "URL")]
    sandbox: Option<String>,
    /// The paybill; overrides the ready file.
    #[arg(long, value_name = "DIGITS")]
    paybill: Option<String>,
    /// Whose key of the ready file makes the bills. Default: the first.
    #[arg(long, value_name = "AGENCY")]
    agency: Option<String>,
    /// An agency key; overrides the ready file.
    #[arg(long, value_name = "KEY", env = "LOADTEST_AGENCY_KEY", hide_env_values = true)]
    agency_key: Option<String>,
    /// The request that makes a bill: JSON, or a file with it. `{n}` in it becomes the bill's number.
    #[arg(long, value_name = "FILE|JSON", conflicts_with = "without_bills")]
    bill_body: Option<String>,
    /// How many bills, paid round and round. Default: one for each payment; for validations 1,000.
    #[arg(long, value_name = "N", conflicts_with = "without_bills")]
    bills: Option<u64>,
    /// Pay to account numbers that match nothing; such money ends in suspense.
    #[arg(long)]
    without_bills: bool,
    /// Open loop: payments a second, at fixed times, whatever the answers do.
    #[arg(long, value_name = "N", default_value_t = 100)]
    rate: u32,
    /// Closed loop: each connection sends when its last payment is answered.
    #[arg(long, conflicts_with = "rate")]
    closed: bool,
    /// How long to measure: 60s, 5m, 500ms.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = duration)]
    duration: Duration,
    /// How long to send before measuring.
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = duration)]
    warmup: Duration,
    /// Stop after so many payments.
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// How many payments may be under way at once. A connection carries one, so this bounds connections too.
    #[arg(long, value_name = "N", default_value_t = 256, visible_alias = "in-flight")]
    connections: usize,
    /// How long an answer is waited for.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    timeout: Duration,
    /// Send so many confirmations in a thousand a second time, unchanged.
    #[arg(long, value_name = "N", default_value_t = 0)]
    repeats_per_mille: u16,
    /// Chooses amounts, payers and repeats.
    #[arg(long, value_name = "N", default_value_t = 42)]
    seed: u64,
    /// The synced log of attempts and acknowledgements; appended to.
    #[arg(long, value_name = "FILE", default_value = "loadtest-log.ndjson")]
    log: PathBuf,
    /// What must hold, or the exit code is 99: `p99<250ms`, `max<2s`, `errors<0.01%`, `late<5`. May be
    /// repeated.
    #[arg(long = "threshold", value_name = "LIMIT")]
    thresholds: Vec<Threshold>,
    /// Write the report as JSON too.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Instead of new load: send every unacknowledged confirmation of this log again, unchanged, until all
    /// are acknowledged.
    #[arg(long, value_name = "FILE")]
    resend: Option<PathBuf>,
    /// How often everything unacknowledged is sent again, a second apart.
    #[arg(long, value_name = "N", default_value_t = 60, requires = "resend")]
    resend_rounds: u32,
}

impl RunArgs {
    /// Runs the load and prints its report.
    pub(crate) async fn run(self) -> Result<ExitCode, Failure> {
        let stop = CancellationToken::new();
        let on_signal = stop.clone();
        let interrupted = interrupted()?;
        tokio::spawn(async move {
            interrupted.await;
            on_signal.cancel();
        });
        let ready = match &self.ready_file {
            Some(path) => ReadyFile::read(path).map_err(|error| Failure::new(78, error))?,
            None => ReadyFile::default(),
        };
        match &self.resend {
            Some(log) => self.resend_log(log, &ready, stop).await,
            None => self.load(&ready, stop).await,
        }
    }

    async fn load(&self, ready: &ReadyFile, stop: CancellationToken) -> Result<ExitCode, Failure> {
        let plan = self.plan(ready)?;
        let report = run(plan, &Clock::system(), stop).await.map_err(failure)?;
        print(&report);
        self.write_json(&report)?;
        Ok(if report.interrupted {
            ExitCode::from(130)
        } else if report.thresholds_held() {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(99)
        })
    }

    async fn resend_log(
        &self,
        log: &Path,
        ready: &ReadyFile,
        stop: CancellationToken,
    ) -> Result<ExitCode, Failure> {
        if self.scenario != Scenario::Confirm {
            return Err(Failure::new(2, "--resend goes with confirm: only confirmations can be sent again"));
        }
        let plan = ResendPlan {
            log: log.to_path_buf(),
            callbacks: address("--callbacks", self.callbacks.as_ref().or(ready.callbacks.as_ref()))?,
            connections: self.connections.max(1),
            timeout: self.timeout,
            rounds: self.resend_rounds,
            pause: Duration::from_secs(1),
        };
        let resent = resend(plan, &Clock::system(), stop).await.map_err(failure)?;
        print(&resent);
        self.write_json(&resent)?;
        Ok(if resent.unacknowledged_after == 0 {
            ExitCode::SUCCESS
        } else if resent.interrupted {
            ExitCode::from(130)
        } else {
            ExitCode::from(1)
        })
    }

    fn plan(&self, ready: &ReadyFile) -> Result<Plan, Failure> {
        let callbacks = || address("--callbacks", self.callbacks.as_ref().or(ready.callbacks.as_ref()));
        let target = match self.scenario {
            Scenario::Confirm => Target::Confirm(callbacks()?),
            Scenario::Validate => Target::Validate(callbacks()?),
            Scenario::Pay => Target::Pay {
                sandbox: address("--sandbox", self.sandbox.as_ref().or(ready.sandbox.as_ref()))?,
            },
        };
        Ok(Plan {
            target,
            source: self.source(ready)?,
            pace: if self.closed { Pace::Closed } else { Pace::Open { rate: self.rate } },
            duration: self.duration,
            warmup: self.warmup,
            count: self.count,
            connections: self.connections,
            timeout: self.timeout,
            repeats_per_mille: self.repeats_per_mille,
            seed: self.seed,
            paybill: self
                .paybill
                .clone()
                .or_else(|| ready.paybill.clone())
                .unwrap_or_else(|| "222222".into()),
            log: self.log.clone(),
            thresholds: self.thresholds.clone(),
        })
    }

    fn source(&self, ready: &ReadyFile) -> Result<Source, Failure> {
        if self.without_bills {
            return Ok(Source::Nothing);
        }
        let body = self.bill_body.as_deref().ok_or_else(|| {
            Failure::new(
                2,
                "--bill-body FILE|JSON says what bills are made, or --without-bills pays for nothing",
            )
        })?;
        let key = match (&self.agency_key, &self.agency) {
            (Some(key), _) => Some(key),
            (None, Some(agency)) => ready.agency_keys.get(agency),
            (None, None) => ready.agency_keys.values().next(),
        };
        let default_number = (self.scenario == Scenario::Validate).then_some(1_000);
        Ok(Source::Bills {
            public: address("--public", self.public.as_ref().or(ready.public.as_ref()))?,
            key: key
                .cloned()
                .ok_or_else(|| Failure::new(78, "no agency key: --agency-key or a ready file gives one"))?,
            body: bill_body(body).map_err(|error| Failure::new(78, error))?,
            made: BillsMade::Beforehand(self.bills.or(default_number)),
        })
    }

    fn write_json(&self, report: &impl Serialize) -> Result<(), Failure> {
        let Some(path) = &self.json else { return Ok(()) };
        let text = serde_json::to_string_pretty(report).expect("reports have text keys");
        std::fs::write(path, text + "\n")
            .map_err(|error| Failure::new(1, format!("{}: {error}", path.display())))
    }
}

fn failure(error: LoadError) -> Failure {
    let code = match &error {
        LoadError::Plan(_) => 2,
        LoadError::Log(_) | LoadError::Bills(_) => 1,
        LoadError::Unreachable(_) => 69,
        LoadError::Interrupted => 130,
    };
    Failure::new(code, error)
}

fn address(flag: &str, given: Option<&String>) -> Result<LoopbackUrl, Failure> {
    let text =
        given.ok_or_else(|| Failure::new(78, format!("{flag} is needed, or a ready file that has it")))?;
    text.parse().map_err(|error| Failure::new(78, format!("{flag}: {error}")))
}

/// JSON as it stands, or the contents of a file.
fn bill_body(given: &str) -> Result<String, String> {
    let text = if given.trim_start().starts_with('{') {
        given.to_owned()
    } else {
        std::fs::read_to_string(given).map_err(|error| format!("--bill-body {given}: {error}"))?
    };
    serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text)
        .map_err(|error| format!("--bill-body: {error}"))?;
    Ok(text)
}

/// `60s`, `5m`, `500ms`.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) =
        text.split_at(text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len()));
    let number: u64 = number.parse().map_err(|_| format!("{text:?}: 500ms, 60s and 5m are times"))?;
    match unit {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" if number <= 24 * 60 => Ok(Duration::from_secs(number * 60)),
        _ => Err(format!("{text:?}: 500ms, 60s and 5m are times")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_need_a_unit() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        for wrong in ["60", "s", "-1s", "1h", "1.5s"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_bill_body_is_json_or_a_file_with_it() {
        assert!(bill_body(r#"{"service": "a"}"#).is_ok());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("body.json");
        std::fs::write(&path, r#"{"service": "a"}"#).unwrap();
        assert!(bill_body(path.to_str().unwrap()).is_ok());
        assert!(bill_body("{").is_err());
        assert!(bill_body("nowhere.json").is_err());
    }
}
