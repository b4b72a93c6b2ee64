//! A gateway: its setup, its process, its data directory. It can be killed, stopped and started again on the same data
//! and the same addresses.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use serde_json::Value;
use tempfile::TempDir;

use super::agency::Agency;
use super::books::{Books, Export};
use super::executable::{Finished, malipo, run};
use super::http::{Answer, Call, get};
use super::patience::eventually;
use super::process::Process;
use super::safaricom::Safaricom;
use super::sandbox::Sandbox;
use super::socket_holder::SocketHolder;

/// The part of the callback path that nobody can guess, of a gateway that serves.
pub(crate) const CALLBACK_TOKEN: &str = "e2e0callback0token0of0forty0digits0000000";

/// How a gateway is to be started.
#[derive(Clone)]
pub(crate) struct Setup {
    command: &'static str,
    flags: &'static [&'static str],
    settings: Vec<(String, String)>,
    data: Option<PathBuf>,
    /// Files with secrets, by their keys.
    secrets: Vec<(String, String)>,
    clock: Option<PathBuf>,
}

impl Setup {
    /// A machine whose clock is off by what this file says, as `date` would: `+0`, `+400d`. It may be set meanwhile.
    pub(crate) fn clock(mut self, offset: &Path) -> Self {
        self.clock = Some(offset.to_path_buf());
        self
    }

    /// Any key of the configuration.
    pub(crate) fn set(mut self, key: &str, value: &str) -> Self {
        self.settings.retain(|(name, _)| name != key);
        self.settings.push((key.to_owned(), value.to_owned()));
        self
    }

    /// A secret of the configuration, in this text.
    pub(crate) fn secret(mut self, key: &str, text: &str) -> Self {
        self.secrets.push((key.to_owned(), text.to_owned()));
        self
    }

    /// Leaves a key of the configuration out.
    pub(crate) fn unset(mut self, key: &str) -> Self {
        self.settings.retain(|(name, _)| name != key);
        self
    }

    /// A clock so many times as fast as life.
    pub(crate) fn speed(self, times: u32) -> Self {
        self.set("demo.speed", &times.to_string())
    }

    /// A catalogue filled up to so many services with generated ones.
    pub(crate) fn services(self, total: usize) -> Self {
        self.set("demo.services", &total.to_string())
    }

    /// Beside a sandbox that was started separately.
    pub(crate) fn beside(self, sandbox: &Sandbox) -> Self {
        self.set("demo.sandbox_url", sandbox.url())
    }

    /// A data directory that the test made.
    pub(crate) fn data(mut self, data: &Path) -> Self {
        self.data = Some(data.to_path_buf());
        self
    }

    #[track_caller]
    pub(crate) fn start(self) -> Gateway {
        self.try_start().unwrap_or_else(|finished| panic!("it did not start: {}", finished.said()))
    }

    /// Starts it, or gives what it said.
    pub(crate) fn try_start(self) -> Result<Gateway, Finished> {
        let folder = tempfile::Builder::new().prefix("malipo-e2e-").tempdir().expect("a folder can be made");
        let data = self.data.clone().unwrap_or_else(|| folder.path().join("data"));
        let command = self.command_line(self.command, folder.path(), &data);
        let process = Process::start(command, folder.path(), "gateway")?;
        Ok(Gateway { setup: self, folder, data, process })
    }

    fn command_line(&self, command: &str, folder: &Path, data: &Path) -> Command {
        let mut command = malipo([command]);
        if let Some(offset) = &self.clock {
            // libfaketime. Time since the start of the machine is left alone: nobody can set that.
            command.env("LD_PRELOAD", "/usr/$LIB/faketime/libfaketimeMT.so.1");
            command.env("FAKETIME_TIMESTAMP_FILE", offset);
            command.env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        }
        command.arg("--data").arg(data).args(self.flags);
        for (key, value) in &self.settings {
            command.arg("--set").arg(format!("{key}={value}"));
        }
        for (key, text) in &self.secrets {
            let path = folder.join(key);
            write_secret(&path, text);
            command.env(format!("MALIPO_{}_FILE", key.replace('.', "_").to_uppercase()), path);
        }
        if self.command == "serve" {
            command.arg("--set").arg(format!("data.keys_directory={}", folder.join("keys").display()));
            for (name, secret) in SECRETS {
                let path = folder.join(name);
                write_secret(&path, secret);
                command.env(format!("MALIPO_PAYBILL_{}_FILE", name.to_uppercase()), path);
            }
        }
        command
    }
}

const SECRETS: [(&str, &str); 4] = [
    ("callback_token", CALLBACK_TOKEN),
    ("consumer_key", "demo-consumer-key"),
    ("consumer_secret", "demo-consumer-secret"),
    ("passkey", "demo-passkey"),
];

/// A file that its owner alone can read.
pub(crate) fn write_secret(path: &Path, text: &str) {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = std::fs::OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes())).expect("a secret can be written");
}

/// A gateway that runs, unless it was killed or stopped.
pub(crate) struct Gateway {
    setup: Setup,
    // Ended before its folder goes away.
    process: Process,
    data: PathBuf,
    folder: TempDir,
}

impl Gateway {
    /// `malipo demo`, with a simulated Safaricom of its own whose payers are quick.
    pub(crate) fn demo() -> Setup {
        let flags = &["--fast", "--sandbox-listen", "127.0.0.1:0"];
        // The described services alone: unoptimised, 22,000 take seconds to generate. `services` asks for them.
        Setup { command: "demo", flags, settings: Vec::new(), secrets: Vec::new(), data: None, clock: None }
            .on_free_ports()
            .services(0)
    }

    /// `malipo serve` behind a proxy that ends TLS: real in everything but the other side. The simulated Safaricom is no
    /// customer of it, because callback addresses of a gateway that serves begin with https; it is told of payments by
    /// whoever knows its token.
    pub(crate) fn serve() -> Setup {
        Setup {
            command: "serve",
            flags: &[],
            settings: Vec::new(),
            secrets: Vec::new(),
            data: None,
            clock: None,
        }
        .on_free_ports()
        .set("public.plain_behind_proxy", "true")
        .set("callback.plain_behind_proxy", "true")
        .set("public.base_url", "https://pay.example.go.ke")
        .set("paybill.callback_base_url", "https://callbacks.example.go.ke")
        .set("paybill.daraja_base_url", "http://127.0.0.1:9")
        .set("paybill.source_addresses", "127.0.0.0/8")
        .set("exchange.kes_per_usd", "129.25")
        .set("exchange.rate_id", "test-2026-11-20")
    }

    pub(crate) fn public(&self) -> String {
        self.process.told("public")
    }

    /// Where systems of agencies are reached.
    pub(crate) fn agencies(&self) -> String {
        self.process.told("agencies")
    }

    /// Where callbacks begin, token included.
    pub(crate) fn callbacks(&self) -> String {
        self.process.told("callbacks")
    }

    pub(crate) fn admin(&self) -> String {
        self.process.told("admin")
    }

    pub(crate) fn ready(&self) -> &Value {
        &self.process.ready
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// The data directory.
    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// The folder of keys.
    pub(crate) fn keys(&self) -> PathBuf {
        if self.setup.command == "serve" { self.folder.path().join("keys") } else { self.data.join("keys") }
    }

    /// A folder for whatever the test wants to keep; it goes away with the gateway.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn log(&self) -> String {
        self.process.log()
    }

    /// Host and port of its callback listener.
    pub(crate) fn callback_address(&self) -> String {
        authority(&self.callbacks()).to_owned()
    }

    /// Somebody who knows the callback token.
    pub(crate) fn safaricom(&self) -> Safaricom {
        Safaricom::speaking_to(self.callbacks())
    }

    /// The simulated Safaricom of a demonstration.
    pub(crate) fn sandbox(&self) -> Sandbox {
        Sandbox::at(self.process.told("sandbox"), self.data.join("sandbox"))
    }

    /// An agency with a key: its test key of a demonstration, or one that is handed out now.
    pub(crate) fn agency(&self, code: &str) -> Agency {
        let key = match self.ready()["agency_keys"][code].as_str() {
            Some(key) => key.to_owned(),
            None => self.create_key("agency_integrator", Some(code)),
        };
        Agency::new(self.public(), key)
    }

    /// `malipo keys create`.
    pub(crate) fn create_key(&self, role: &str, agency: Option<&str>) -> String {
        let mut command = malipo(["keys", "create", "--role", role]);
        if let Some(agency) = agency {
            command.args(["--agency", agency]);
        }
        let finished = run(command.arg("--data").arg(&self.data)).expect(0);
        finished.stdout.trim().to_owned()
    }

    /// A call to the admin listener with the operator's token.
    pub(crate) fn operator(&self, call: impl FnOnce(&str) -> Call) -> Answer {
        let token = std::fs::read_to_string(self.data.join("operator-token")).expect("there is a token");
        call(&self.admin()).key(token.trim()).send()
    }

    /// `malipo outage start` or `drill`: an operator says what a way to pay is, for everybody.
    #[track_caller]
    pub(crate) fn operator_says(&self, channel: &str, what: &str) {
        let reason = ["--reason", "A cable is cut.", "--reason-sw", "Kebo imekatika."];
        let mut command = malipo(["outage", what, channel]);
        run(command.args(reason).arg("--data").arg(&self.data)).expect(0);
    }

    /// `malipo outage stop`: the operator takes it back.
    #[track_caller]
    pub(crate) fn operator_takes_back(&self, channel: &str) {
        run(malipo(["outage", "stop", channel]).arg("--data").arg(&self.data)).expect(0);
    }

    /// The value of a metric, as a scraper reads it: a name, with labels or without. Zero if it is not there.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let text = get(format!("{}/metrics", self.admin())).send().expect(200).text();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.map_or(0, |value| value.parse().unwrap_or_else(|_| panic!("{name} is {value}")))
    }

    /// The public keys, as `GET /v1/keys` hands them out, in a file.
    pub(crate) fn public_keys(&self) -> PathBuf {
        let path = self.folder.path().join("public-keys.json");
        let keys = get(format!("{}/v1/keys", self.public())).send().expect(200);
        std::fs::write(&path, keys.body).expect("keys can be kept");
        path
    }

    /// `malipo check`, of a gateway that serves.
    pub(crate) fn check(&self) -> Finished {
        run(&mut self.setup.command_line("check", self.folder.path(), &self.data))
    }

    /// `malipo export`, however long it is.
    pub(crate) fn export(&self) -> Export {
        Export::make(&self.data, &self.keys())
    }

    /// `malipo export`.
    pub(crate) fn books(&self) -> Books {
        Books::export(&self.data, &self.keys())
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    /// SIGTERM, and waits.
    pub(crate) fn stop(&mut self) -> ExitStatus {
        self.process.stop()
    }

    /// Sets a key of the configuration for the lives to come.
    pub(crate) fn set_for_next_start(&mut self, key: &str, value: &str) {
        self.setup = self.setup.clone().set(key, value);
    }

    /// Leaves a key of the configuration out in the lives to come.
    pub(crate) fn unset_for_next_start(&mut self, key: &str) {
        self.setup = self.setup.clone().unset(key);
    }

    /// Starts it again on the same data and the same addresses.
    #[track_caller]
    pub(crate) fn start_again(&mut self) {
        if let Err(finished) = self.try_start_again() {
            panic!("it did not start again: {}", finished.said());
        }
    }

    /// Starts it again, or gives what it said. Somebody else's connection may have been given one of its ports meanwhile:
    /// that passes, and is waited for.
    pub(crate) fn try_start_again(&mut self) -> Result<(), Finished> {
        let started = eventually("its ports are free again", || {
            match Process::start(self.on_the_same_addresses(), self.folder.path(), "gateway") {
                Err(finished) if finished.stderr.contains("Address already in use") => None,
                started => Some(started),
            }
        });
        self.process = started?;
        Ok(())
    }

    /// Starts another one that takes over from it, and gives how the first ended.
    #[track_caller]
    pub(crate) fn is_taken_over(&mut self) -> ExitStatus {
        let command = self.on_the_same_addresses();
        let taken_over = self.try_take_over(command);
        taken_over.unwrap_or_else(|finished| panic!("it did not take over: {}", finished.said()))
    }

    /// The same with this key of the configuration set for the successor, or gives what that one said.
    pub(crate) fn try_is_taken_over_with(&mut self, key: &str, value: &str) -> Result<ExitStatus, Finished> {
        let mut command = self.on_the_same_addresses();
        command.arg("--set").arg(format!("{key}={value}"));
        self.try_take_over(command)
    }

    fn try_take_over(&mut self, mut command: Command) -> Result<ExitStatus, Finished> {
        command.arg("--take-over");
        let successor = Process::start(command, self.folder.path(), "successor")?;
        Ok(std::mem::replace(&mut self.process, successor).ended())
    }

    /// Starts it again with a socket that somebody holds for it, or gives what it said.
    pub(crate) fn try_start_again_with(&mut self, holder: &SocketHolder) -> Result<(), Finished> {
        let command = holder.starting(&self.on_the_same_addresses());
        self.process = Process::start(command, self.folder.path(), "gateway")?;
        Ok(())
    }

    fn on_the_same_addresses(&self) -> Command {
        let mut setup = self.setup.clone();
        for (key, name) in
            [("public.listen", "public"), ("callback.listen", "callbacks"), ("admin.listen", "admin")]
        {
            setup = setup.set(key, authority(&self.process.told(name)));
        }
        setup.command_line(setup.command, self.folder.path(), &self.data)
    }
}

impl Setup {
    fn on_free_ports(self) -> Self {
        ["public.listen", "callback.listen", "admin.listen"]
            .into_iter()
            .fold(self, |setup, key| setup.set(key, "127.0.0.1:0"))
    }
}

/// Host and port of an address.
fn authority(url: &str) -> &str {
    let (_, rest) = url.split_once("://").expect("an address has a scheme");
    rest.split('/').next().expect("an address has a host")
}
