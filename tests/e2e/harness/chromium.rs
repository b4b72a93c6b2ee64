//! A real browser: Debian's Chromium, led by a small program in `tests/browser`, with axe-core inside.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::LazyLock;

use serde_json::Value;

/// The programs, with what they need installed: two packages that need no others.
static PROGRAMS: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser");
    if !folder.join("node_modules/axe-core/axe.min.js").exists()
        || !folder.join("node_modules/playwright-core/package.json").exists()
    {
        let mut install = Command::new("npm");
        install.args(["install", "--no-package-lock", "--no-audit", "--no-fund", "--silent"]);
        let done = install.current_dir(&folder).status().expect("npm is installed by tests/prerequisites");
        assert!(done.success(), "what the browser tests need cannot be installed: {done}");
    }
    folder
});

/// A program that leads a browser.
pub(crate) struct Browser {
    child: Child,
    says: BufReader<ChildStdout>,
    hears: Option<ChildStdin>,
}

impl Browser {
    /// Starts a program of `tests/browser` and tells it what to do.
    #[track_caller]
    pub(crate) fn start(program: &str, asked: &Value) -> Self {
        let mut child = Command::new("node")
            .arg(PROGRAMS.join(program))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node is installed by tests/prerequisites");
        let says = BufReader::new(child.stdout.take().expect("it is piped"));
        let hears = child.stdin.take();
        let mut browser = Self { child, says, hears };
        browser.tell(asked);
        browser
    }

    /// Tells it something.
    #[track_caller]
    pub(crate) fn tell(&mut self, what: &Value) {
        let hears = self.hears.as_mut().expect("it is told nothing after the end");
        writeln!(hears, "{what}").expect("the browser listens");
    }

    /// The next thing that it says, or nothing at the end.
    #[track_caller]
    pub(crate) fn hears(&mut self) -> Option<Value> {
        let mut line = String::new();
        self.says.read_line(&mut line).expect("it is text");
        (!line.is_empty()).then(|| serde_json::from_str(&line).expect("each line is JSON"))
    }

    /// Tells it no more, and everything that it says until its end, which must be a good one.
    #[track_caller]
    pub(crate) fn leads_to_the_end(mut self) -> Vec<Value> {
        self.hears = None;
        let said: Vec<_> = std::iter::from_fn(|| self.hears()).collect();
        let ended = self.child.wait().expect("it ends");
        assert!(ended.success(), "the browser ended badly after {said:?}");
        said
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Closing its input lets it close the browser; whoever is stuck is ended.
        self.hears = None;
        if std::thread::panicking() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}
