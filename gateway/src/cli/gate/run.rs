//! `malipo gate run`: the program at a gate.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::sync::{Line, keep_time, keep_up};
use crate::cli::complain;
use crate::clock::{Clock, parse_rfc3339};
use crate::config::sections::{LogConfig, LogFormat};
use crate::gates::certificate::Certificate;
use crate::gates::device::{Attendant, DeviceFolder, Screen, screen};
use crate::http::client_address::TrustedProxies;
use crate::http::pipeline::{ChunkedBodies, Pipeline, PipelineRules};
use crate::process::{EXIT_WRITER_STOPPED, write_secret};
use crate::server::drain::StopSignals;
use crate::server::{Limits, Listener, serve};
use crate::telemetry::logs::Logs;

/// Requests that are answered at a time: one guard has one pair of hands, and a page has a style sheet.
const REQUESTS_MAX: usize = 32;

/// How long the gateway is waited for before the page opens: what it says may be that this device must not work.
const FIRST_WORD_WITHIN: Duration = Duration::from_secs(3);
/// How often it is looked at how late it is.
const TIME_KEPT_EVERY: Duration = Duration::from_secs(60);

/// How long an answer may still take once the program is asked to stop: its page has one guard.
const DRAIN_DEADLINE: Duration = Duration::from_secs(10);
/// How long work that nobody waits for may take after that.
const LEFT_BEHIND_WITHIN: Duration = Duration::from_secs(5);

/// The flags of `gate run`.
#[derive(Debug, clap::Args)]
pub struct RunFlags {
    /// Folder of the device.
    #[arg(long, value_name = "FOLDER", default_value = "malipo-gate")]
    data: PathBuf,
    /// Address of its page; this machine alone.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// How often the gateway is asked, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    every: u64,
    /// For a device of a demonstration: a clock so many times as fast as life, from the moment of the newest pack on.
    #[arg(long, value_name = "TIMES", value_parser = clap::value_parser!(u32).range(1..))]
    speed: Option<u32>,
    /// For a device of a demonstration: the moment at which its clock begins, such as 2027-01-03T06:00:00+03:00.
    #[arg(long, value_name = "TIME")]
    clock: Option<String>,
    /// Write a JSON object here once its page answers.
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
}

/// `malipo gate run`.
pub(super) fn run(flags: &RunFlags) -> ExitCode {
    let log = LogConfig { filter: "info".to_owned(), format: LogFormat::Auto };
    let started = Logs::start(&log)
        .map_err(|error| error.to_string())
        .and_then(|logs| Ok((logs, runtime().map_err(|error| error.to_string())?)));
    let (logs, runtime) = match started {
        Ok(started) => started,
        Err(error) => {
            complain(&error);
            return ExitCode::FAILURE;
        }
    };
    let code = match runtime.block_on(attend(flags)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(EXIT_WRITER_STOPPED),
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    };
    logs.flush();
    // What was promised to anybody is on the disk: nothing that still waits for a disk or a name keeps the program from ending.
    runtime.shutdown_timeout(LEFT_BEHIND_WITHIN);
    code
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// Runs until somebody asks it to stop; false if its journal could not be written.
async fn attend(flags: &RunFlags) -> Result<bool, Box<dyn std::error::Error>> {
    if !flags.listen.ip().is_loopback() {
        return Err(format!("{} is not on this machine: nobody signs in at this page", flags.listen).into());
    }
    // Whoever reads that it is ready may ask it to stop at once.
    let signals = StopSignals::listen()?;
    let folder = DeviceFolder::at(&flags.data);
    let key = folder.api_key()?;
    may_have_clock(flags, &folder)?;
    let mut attendant = Attendant::open(folder)?;
    let line = Line::new(&attendant, &key).ok_or("the device's key of the API is none")?;
    if let Ok(Ok(note)) = tokio::time::timeout(FIRST_WORD_WITHIN, line.pack()).await
        && let Err(error) = attendant.take_pack(&note)
    {
        tracing::warn!(%error, "What the gateway says at the start is not taken.");
    }
    let clock = clock(flags, &attendant)?;
    let listener = Listener::bind("gate", flags.listen, None)?;
    let address = format!("http://{}", listener.address());
    let (device, stop) = (attendant.terms().device.clone(), CancellationToken::new());
    let screen = Arc::new(Screen::new(attendant, clock, stop.clone()));
    screen.keep_time()?;
    let service = Pipeline::new(Arc::clone(&screen), Arc::new(screen::routes()?), rules());
    if let Some(path) = &flags.ready_file {
        let data = flags.data.display().to_string();
        let ready = json!({"gate": address, "device": device, "data": data, "pid": std::process::id()});
        write_secret(path, &ready.to_string())?;
    }
    eprintln!("gate at {address}/en/   (Kiswahili: /sw/)");
    let syncing = tokio::spawn(keep_up(Arc::clone(&screen), line, Duration::from_secs(flags.every)));
    let timing = tokio::spawn(keep_time(Arc::clone(&screen), TIME_KEPT_EVERY));
    let asked = stop.clone();
    tokio::spawn(async move {
        signals.received().await;
        asked.cancel();
    });
    let limits = Limits { drain_deadline: DRAIN_DEADLINE, ..Limits::default() };
    let served = serve(listener, Arc::new(service), limits, stop).await;
    syncing.abort();
    timing.abort();
    served?;
    Ok(!screen.is_broken())
}

/// Time that is set by hand is for a demonstration alone, as it is for gateways: an old list would hold for ever.
fn may_have_clock(flags: &RunFlags, folder: &DeviceFolder) -> Result<(), Box<dyn std::error::Error>> {
    let flag = match (&flags.clock, flags.speed) {
        (Some(_), _) => "--clock",
        (None, Some(_)) => "--speed",
        (None, None) => return Ok(()),
    };
    let Certificate { device, demonstration, .. } = folder.certificate()?;
    if demonstration {
        return Ok(());
    }
    Err(format!("{flag} is for devices of a demonstration alone: {device} is at work, and keeps the time of its machine").into())
}

/// The time of this device. In a rehearsal it runs faster, from a moment that is given or from now.
fn clock(flags: &RunFlags, attendant: &Attendant) -> Result<Clock, Box<dyn std::error::Error>> {
    if let Some(text) = &flags.clock {
        return Ok(Clock::accelerated_from(parse_rfc3339(text)?, flags.speed.unwrap_or(1)));
    }
    let Some(speed) = flags.speed else { return Ok(Clock::system()) };
    let begins = attendant.not_before(Clock::system().now_micros());
    Ok(Clock::accelerated_from(begins.0, speed))
}

fn rules() -> PipelineRules {
    PipelineRules {
        listener: "gate",
        requests_max: REQUESTS_MAX,
        body_deadline: Duration::from_secs(5),
        trusted_proxies: TrustedProxies::new(Vec::new()),
        chunked: ChunkedBodies::Refused,
        hosts: None,
    }
}
