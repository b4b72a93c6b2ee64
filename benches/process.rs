//! The real executable, started as an operator starts it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The longest a start may take; a journal of a million payments is far below.
const START_MAX: Duration = Duration::from_secs(120);

/// A running `malipo demo`.
pub(crate) struct Gateway {
    child: Child,
    ready: serde_json::Value,
}

impl Gateway {
    /// Starts a gateway on this data directory and waits until it says that it answers.
    pub(crate) fn start(data: &Path, more_flags: &[&str]) -> Self {
        let ready_file: PathBuf = data.with_extension("ready.json");
        let _ = fs::remove_file(&ready_file);
        let log = File::create(data.with_extension("log")).expect("a log is made");
        let child = Command::new(env!("CARGO_BIN_EXE_malipo"))
            .args(["demo", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"])
            .args(["--sandbox-listen", "127.0.0.1:0"])
            .arg("--data")
            .arg(data)
            .arg("--ready-file")
            .arg(&ready_file)
            .args(more_flags)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("the executable starts");
        let started = Instant::now();
        let mut gateway = Self { child, ready: serde_json::Value::Null };
        while gateway.ready.is_null() {
            let ended = gateway.child.try_wait().expect("a child can be asked after");
            assert!(ended.is_none(), "the gateway ended: see {}", data.with_extension("log").display());
            assert!(started.elapsed() < START_MAX, "the gateway is not ready in time");
            std::thread::sleep(Duration::from_millis(1));
            // The file appears whole or not at all.
            if let Ok(text) = fs::read_to_string(&ready_file) {
                gateway.ready = serde_json::from_str(&text).expect("the ready file is JSON");
            }
        }
        gateway
    }

    /// A text of the ready file.
    pub(crate) fn told(&self, pointer: &str) -> &str {
        self.ready.pointer(pointer).and_then(serde_json::Value::as_str).expect("the ready file says so")
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It is built to be killed; what a graceful end would do costs the next round nothing.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
