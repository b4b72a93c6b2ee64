//! The executable: `malipo`. It is the one place that knows both the gateway and the simulated outside world, because
//! `demo` and `sandbox` start the latter.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser as _;
use gateway::cli::serve::{run, with_runtime};
use gateway::cli::{self, Cli, Command, DemoFlags, EXIT_CONFIG, SandboxFlags, complain};
use gateway::clock::Clock;
use gateway::config::{Config, Mode};
use gateway::process::{self, Folder, ReadyFile};
use gateway::server::drain::StopSignals;
use gateway::server::handed::HandedSockets;
use jiff::Timestamp;
use loadtest::sandbox::{Options, Sandbox};
use tokio_util::sync::CancellationToken;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Demo(flags) => demo(&flags),
        Command::Sandbox(flags) => sandbox(&flags),
        command => cli::run(command),
    }
}

/// `malipo demo`: gateway and outside world in one process.
fn demo(flags: &DemoFlags) -> ExitCode {
    let config = match Config::of_process(Mode::Demo, &flags.flags) {
        Ok(config) => config,
        Err(problems) => {
            complain(&problems);
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    with_runtime(&config, async |config| {
        // Before the sandbox opens its own files there: whoever starts a second one is told of the first.
        let folder = match Folder::take(&config.data) {
            Ok(folder) => folder,
            Err(error) => {
                complain(&error);
                return ExitCode::FAILURE;
            }
        };
        let stop_sandbox = CancellationToken::new();
        let started = std::time::Instant::now();
        let clock = flags.clock.map_or_else(|| config.clock(), |began| began.clock(config.demo.speed));
        let (sandbox_url, own) = match &config.demo.sandbox_url {
            Some(url) => (url.as_str().trim_end_matches('/').to_owned(), None),
            None => {
                let data = config.data.directory.as_ref().map(|folder| folder.join("sandbox"));
                let options = Options {
                    listen: flags.sandbox_listen,
                    data,
                    fast: flags.fast,
                    clock: outside_clock(&clock),
                    ..Options::default()
                };
                match Sandbox::start(options, stop_sandbox.clone().cancelled_owned()).await {
                    Ok(running) => (format!("http://{}", running.address()), Some(running)),
                    Err(error) => {
                        complain(&error);
                        return ExitCode::FAILURE;
                    }
                }
            }
        };
        let handed = HandedSockets::default();
        let gateway = match process::start(config, folder, handed, clock, Some(&sandbox_url)).await {
            Ok(gateway) => gateway,
            Err(error) => {
                complain(&error);
                return ExitCode::FAILURE;
            }
        };
        let mut ready = gateway.ready_file();
        ready.sandbox = Some(sandbox_url);
        if let Some(keys) = &gateway.demo_keys {
            ready.agency_keys.clone_from(&keys.agency_keys);
            ready.treasury_key = Some(keys.treasury_key.clone());
        }
        let services = gateway.app().catalogue.current().catalogue().services().len();
        welcome(&ready, services, started.elapsed().as_secs_f32());
        let code = run(gateway, ready, flags.ready_file.as_deref()).await;
        stop_sandbox.cancel();
        if let Some(running) = own
            && let Err(error) = running.finished().await
        {
            complain(&error);
            return ExitCode::FAILURE;
        }
        code
    })
}

/// The clock of the outside world, which lives in the same time as the gateway, also when that runs faster than life.
fn outside_clock(clock: &Clock) -> loadtest::clock::Clock {
    let clock = clock.clone();
    loadtest::clock::Clock::from_source(move || {
        Timestamp::from_microsecond(clock.now_micros()).expect("a demonstration begins at the present")
    })
}

/// Says something on standard error. A demonstration goes on when nobody listens.
macro_rules! tell {
    ($($said:tt)*) => { cli::remark(format_args!($($said)*)) };
}

/// What a newcomer reads first.
fn welcome(ready: &ReadyFile, services: usize, seconds: f32) {
    let at = |address: &Option<String>| address.clone().unwrap_or_default();
    let (public, admin) = (at(&ready.public), at(&ready.admin));
    let key = |agency: &str| ready.agency_keys.get(agency).cloned().unwrap_or_default();
    tell!("malipo demo: no real money, data in {}", ready.data);
    tell!("  citizens    {public}/en/        (Kiswahili: /sw/)");
    tell!("  phone       {public}/demo/phone   (simulated M-PESA handset)");
    tell!("  staff       {public}/demo/staff   (agencies, gates, Treasury, Auditor: one button signs in)");
    tell!("  messages    {public}/demo/sms     (simulated carriers)");
    tell!("  interface   {public}/docs");
    tell!("  callbacks   {}", at(&ready.callbacks));
    tell!("  safaricom   {}   (simulated)", at(&ready.sandbox));
    tell!("  admin       {admin}/metrics  {admin}/readyz");
    tell!("  KWS key     {}", key("kws"));
    tell!("  KRA key     {}", key("kra"));
    tell!("  Treasury    {}", ready.treasury_key.clone().unwrap_or_default());
    tell!("ready in {seconds:.1} s: {services} services");
}

/// `malipo sandbox`: the outside world alone.
fn sandbox(flags: &SandboxFlags) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&error);
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(async {
        let data: Option<PathBuf> = (!flags.ephemeral).then(|| flags.data.clone());
        let options = Options {
            listen: flags.sandbox_listen,
            data: data.clone(),
            fast: flags.fast,
            clock: flags.clock.map_or_else(loadtest::clock::Clock::system, |began| {
                outside_clock(&began.clock(flags.speed))
            }),
            ..Options::default()
        };
        let paybill = options.shortcode.clone();
        // Whoever reads that it is ready may ask it to stop at once.
        let signals = match StopSignals::listen() {
            Ok(signals) => signals,
            Err(error) => {
                complain(&error);
                return ExitCode::FAILURE;
            }
        };
        let running = match Sandbox::start(options, signals.received()).await {
            Ok(running) => running,
            Err(error) => {
                complain(&error);
                return ExitCode::FAILURE;
            }
        };
        let ready = ReadyFile {
            sandbox: Some(format!("http://{}", running.address())),
            paybill: Some(paybill),
            data: data.map(|data| data.display().to_string()).unwrap_or_default(),
            pid: std::process::id(),
            ..ReadyFile::default()
        };
        tell!("simulated Safaricom at http://{}", running.address());
        if let Some(path) = &flags.ready_file
            && let Err(error) = ready.write(path)
        {
            complain(&error);
            return ExitCode::FAILURE;
        }
        match running.finished().await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                complain(&error);
                ExitCode::FAILURE
            }
        }
    })
}
