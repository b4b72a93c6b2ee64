//! A device at a gate: its folder, its program, and the page that a guard uses.

use std::path::PathBuf;

use serde_json::Value;

use super::agency::Agency;
use super::executable::{Finished, malipo, run};
use super::gateway::{Gateway, write_secret};
use super::http::{Answer, Call, get};
use super::process::Process;

/// One that is certified. Its program may run or not.
pub(crate) struct GateDevice {
    folder: PathBuf,
    process: Option<Process>,
}

impl GateDevice {
    /// `malipo gate enrol`, for a gate of Hell's Gate.
    #[track_caller]
    pub(crate) fn enrol(gateway: &Gateway, gate: &str) -> Self {
        Self::enrol_of(gateway, &gateway.agency("kws"), "KWS", gate)
    }

    /// The same, of another agency.
    #[track_caller]
    pub(crate) fn enrol_of(gateway: &Gateway, agency: &Agency, code: &str, gate: &str) -> Self {
        let name: String = gate.chars().filter(char::is_ascii_alphanumeric).collect();
        let folder = gateway.folder().join(format!("gate-{name}"));
        let key_file = gateway.folder().join("key-that-certifies");
        write_secret(&key_file, &agency.key);
        let mut command = malipo(["gate", "enrol", "--agency", code, "--site", "hells-gate", "--gate", gate]);
        command.arg("--gateway").arg(gateway.public()).arg("--key-file").arg(key_file);
        run(command.arg("--data").arg(&folder)).expect(0);
        Self { folder, process: None }
    }

    /// Starts its program, which asks the gateway at once and then no more.
    #[track_caller]
    pub(crate) fn start(&mut self) {
        self.start_with(&[]);
    }

    /// The same, with a clock so many times as fast as life, as the gateway's is.
    #[track_caller]
    pub(crate) fn start_as_fast_as(&mut self, times: u32) {
        self.start_with(&["--speed", &times.to_string()]);
    }

    /// The same, with these flags besides.
    #[track_caller]
    pub(crate) fn start_with(&mut self, flags: &[&str]) {
        let started = self.try_to_start(flags);
        self.process = Some(started.unwrap_or_else(|finished| panic!("{}", finished.said())));
    }

    /// Starts it with these flags, and is told why it does not.
    #[track_caller]
    pub(crate) fn is_refused(&self, flags: &[&str]) -> String {
        let finished = self.try_to_start(flags).err().expect("it does not start");
        finished.expect(1).said()
    }

    fn try_to_start(&self, flags: &[&str]) -> Result<Process, Finished> {
        let mut command = malipo(["gate", "run", "--listen", "127.0.0.1:0", "--every", "3600"]);
        command.arg("--data").arg(&self.folder).args(flags);
        Process::start(command, &self.folder, "gate")
    }

    /// `kill -9`.
    pub(crate) fn kill(&mut self) {
        self.process.take().expect("it runs").kill();
    }

    /// SIGTERM, and waits.
    pub(crate) fn stop(&mut self) {
        assert_eq!(self.process.take().expect("it runs").stop().code(), Some(0));
    }

    pub(crate) fn is_running(&self) -> bool {
        self.process.is_some()
    }

    pub(crate) fn folder(&self) -> &PathBuf {
        &self.folder
    }

    /// Where its page is.
    pub(crate) fn url(&self) -> String {
        self.process.as_ref().expect("it runs").told("gate")
    }

    /// Its name.
    pub(crate) fn name(&self) -> String {
        let text = std::fs::read_to_string(self.folder.join("device.json")).expect("it is certified");
        let terms: Value = serde_json::from_str(&text).expect("it is JSON");
        terms["device"].as_str().expect("it has a name").to_owned()
    }

    /// The guard checks what is shown, and is told this.
    #[track_caller]
    pub(crate) fn checks(&self, shown: &str) -> String {
        verdict(&ask(&format!("{}/en/check", self.url()), shown).expect("its page answers"))
    }

    /// The guard lets in whoever shows this, and is told this.
    #[track_caller]
    pub(crate) fn lets_in(&self, shown: &str) -> String {
        try_to_let_in(&self.url(), shown).expect("its page answers")
    }

    /// All that the page says in this language when the guard checks what is shown.
    pub(crate) fn says_of(&self, language: &str, shown: &str) -> String {
        ask(&format!("{}/{language}/check", self.url()), shown).expect("its page answers").text()
    }

    /// The page in this language.
    pub(crate) fn page(&self, language: &str) -> String {
        get(format!("{}/{language}/", self.url())).send().expect(200).text()
    }

    /// The payment numbers of whom it has let in, as its journal has them.
    pub(crate) fn uses(&self) -> Vec<String> {
        let used = self.noted("use").into_iter();
        used.map(|line| format!("{:012}", line["bill"].as_u64().expect("a number"))).collect()
    }

    /// Its batches, signed.
    pub(crate) fn batches(&self) -> Vec<String> {
        let batches = self.noted("batch").into_iter();
        batches.map(|line| line["note"].as_str().expect("a note").to_owned()).collect()
    }

    /// The passes that it has issued, as its journal has them.
    pub(crate) fn passes(&self) -> Vec<Value> {
        self.noted("pass").into_iter().map(|line| line["pass"].clone()).collect()
    }

    /// Starts it while the gateway answers, and stops it when it has all that it needs alone.
    #[track_caller]
    pub(crate) fn prepares(&mut self) {
        self.start();
        let has = |file: &str| self.folder.join(file).is_file();
        super::eventually("it has a list and numbers", || {
            (has("pack.note") && has("numbers.note")).then_some(())
        });
        self.stop();
    }

    fn noted(&self, kind: &str) -> Vec<Value> {
        let text = std::fs::read_to_string(self.folder.join("journal")).expect("there is a journal");
        let lines =
            text.lines().filter_map(|line| serde_json::from_str::<Value>(line.split_once(' ')?.1).ok());
        lines.filter(|line| line["noted"] == kind).collect()
    }
}

/// A guard at this page lets in whoever shows this: what is said, if anybody still answers.
pub(crate) fn try_to_let_in(url: &str, shown: &str) -> Result<String, String> {
    ask(&format!("{url}/en/let-in"), shown).map(|answer| verdict(&answer))
}

fn ask(url: &str, shown: &str) -> Result<Answer, String> {
    let call = Call::new(hyper::Method::POST, url).body(format!("q={}", super::escaped(shown)));
    call.header("content-type", "application/x-www-form-urlencoded").try_send()
}

#[track_caller]
fn verdict(answer: &Answer) -> String {
    let text = answer.text();
    let (_, rest) = text.split_once("data-verdict=\"").unwrap_or_else(|| panic!("no verdict in {text}"));
    rest.split('"').next().expect("it ends").to_owned()
}

/// A guard at this page sends the form of a pass: where the pass is found, or why there is none, if anybody still answers.
pub(crate) fn try_to_issue(url: &str, service: &str, form: &str) -> Result<Result<String, String>, String> {
    let call =
        Call::new(hyper::Method::POST, format!("{url}/en/passes/{service}/issue")).body(form.to_owned());
    let answer = call.header("content-type", "application/x-www-form-urlencoded").try_send()?;
    Ok(match answer.header("location") {
        Some(path) => Ok(path.to_owned()),
        None => Err(answer.text()),
    })
}
