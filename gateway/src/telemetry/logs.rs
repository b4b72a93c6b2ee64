//! Log lines: one per event, readable alone, written by a thread that nobody waits for.
//!
//! Lines go to standard error: as JSON objects, or as text when a person is watching. Writing to standard error can
//! block for as long as its reader likes, and a log collector that hangs must not hang payments. So a line is handed
//! to a queue with a bound; when the queue is full the line is dropped and counted, and the work goes on.
//!
//! Lines never hold personal data. Ours are written so; the panic hook here keeps those of a panic out.

use std::io::{self, IsTerminal as _, Write};
use std::panic::PanicHookInfo;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::Thread;
use std::time::{Duration, Instant};

use metrics::{Counter, counter};
use tracing::{Level, Metadata};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use super::metrics::LOG_LINES_DROPPED_TOTAL;
use crate::config::sections::{LogConfig, LogFormat};

/// Lines that may wait to be written.
const LINES_WAITING_MAX: usize = 8_192;
/// How long lines are gathered before they are written, unless one of them is a warning or worse. Waking the thread that
/// writes for each line would cost whoever logs it more than the line does.
const GATHERED_FOR: Duration = Duration::from_millis(5);
/// Bytes gathered into one write when lines come quickly.
const WRITE_BYTES_MAX: usize = 64 * 1024;
/// The longest [`Logs::flush`] waits for the reader.
const FLUSH_MAX: Duration = Duration::from_secs(2);
/// How often [`Logs::flush`] looks for room in a full queue.
const FLUSH_RETRY: Duration = Duration::from_millis(2);

/// The log, once started. Keep it to flush at the end.
#[derive(Clone, Debug)]
pub struct Logs {
    queue: SyncSender<Entry>,
}

/// Why the log did not start.
#[derive(Debug, thiserror::Error)]
pub enum LogsError {
    /// The filter is not one.
    #[error("log.filter: {0}")]
    BadFilter(String),
    /// Somebody has started a log already.
    #[error("the log has been started already")]
    AlreadyStarted,
    /// The thread that writes could not be started.
    #[error("no thread for the log: {0}")]
    NoThread(#[from] io::Error),
}

impl Logs {
    /// Starts the log of this process, and has panics logged. Metrics must be installed before, for dropped lines to
    /// be counted.
    pub fn start(config: &LogConfig) -> Result<Self, LogsError> {
        let filter =
            EnvFilter::try_new(&config.filter).map_err(|error| LogsError::BadFilter(error.to_string()))?;
        let terminal = io::stderr().is_terminal();
        let json = match config.format {
            LogFormat::Json => true,
            LogFormat::Text => false,
            LogFormat::Auto => !terminal,
        };
        let (logs, lines) = pipe(io::stderr())?;
        let lines_as = tracing_subscriber::fmt().with_env_filter(filter).with_writer(lines);
        let started = if json {
            let lines_as = lines_as.json().flatten_event(true).with_current_span(true).with_span_list(false);
            tracing::subscriber::set_global_default(lines_as.finish())
        } else {
            let colours = terminal && std::env::var_os("NO_COLOR").is_none();
            tracing::subscriber::set_global_default(lines_as.with_ansi(colours).finish())
        };
        started.map_err(|_| LogsError::AlreadyStarted)?;
        std::panic::set_hook(Box::new(log_panic));
        Ok(logs)
    }

    /// Waits until every line so far is written, or its reader has been waited for long enough. Call it before the
    /// process ends.
    pub fn flush(&self) {
        let (written, wait) = sync_channel(1);
        let until = Instant::now() + FLUSH_MAX;
        let mut request = Entry::Flush(written);
        // The queue may be full of lines that are being written; give its thread the time.
        while let Err(TrySendError::Full(again)) = self.queue.try_send(request) {
            if Instant::now() >= until {
                return;
            }
            request = again;
            std::thread::sleep(FLUSH_RETRY);
        }
        // A reader that hangs has had its chance.
        let _ = wait.recv_timeout(until.saturating_duration_since(Instant::now()));
    }
}

/// What waits to be written.
enum Entry {
    Line(Vec<u8>),
    /// Asks for word when everything before it is written.
    Flush(SyncSender<()>),
}

/// A queue of lines and the thread that writes them to `out`.
fn pipe(out: impl Write + Send + 'static) -> io::Result<(Logs, Lines)> {
    let (queue, waiting) = sync_channel(LINES_WAITING_MAX);
    let writer = std::thread::Builder::new().name("malipo-log".to_owned());
    let writer = writer.spawn(move || write_lines(&waiting, out))?.thread().clone();
    let lines = Lines { queue: queue.clone(), writer, dropped: counter!(LOG_LINES_DROPPED_TOTAL.name) };
    Ok((Logs { queue }, lines))
}

fn write_lines(waiting: &Receiver<Entry>, mut out: impl Write) {
    let mut gathered = Vec::with_capacity(WRITE_BYTES_MAX);
    while let Ok(first) = waiting.recv() {
        if matches!(first, Entry::Line(_)) {
            std::thread::park_timeout(GATHERED_FOR);
        }
        let mut next = Some(first);
        while let Some(entry) = next {
            match entry {
                Entry::Line(line) => gathered.extend_from_slice(&line),
                Entry::Flush(written) => {
                    write_out(&mut gathered, &mut out);
                    // Nobody waits any more when the flush took too long.
                    let _ = written.try_send(());
                }
            }
            next = if gathered.len() < WRITE_BYTES_MAX { waiting.try_recv().ok() } else { None };
        }
        write_out(&mut gathered, &mut out);
    }
}

/// There is nowhere to report that the log itself cannot be written.
fn write_out(gathered: &mut Vec<u8>, out: &mut impl Write) {
    let _ = out.write_all(gathered);
    let _ = out.flush();
    gathered.clear();
}

/// Where tracing gets a writer for each line.
struct Lines {
    queue: SyncSender<Entry>,
    /// The thread that writes, which is woken for what cannot wait.
    writer: Thread,
    dropped: Counter,
}

/// One line being written; it joins the queue when it is complete.
struct Line<'a> {
    lines: &'a Lines,
    bytes: Vec<u8>,
    cannot_wait: bool,
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { lines: self, bytes: Vec::new(), cannot_wait: false }
    }

    fn make_writer_for(&'a self, about: &Metadata<'_>) -> Line<'a> {
        let mut line = self.make_writer();
        line.cannot_wait = *about.level() <= Level::WARN;
        line
    }
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        let line = std::mem::take(&mut self.bytes);
        if !line.is_empty() && self.lines.queue.try_send(Entry::Line(line)).is_err() {
            self.lines.dropped.increment(1);
        }
        if self.cannot_wait {
            self.lines.writer.unpark();
        }
    }
}

/// Logs where a panic happened. Its message only when it is a fixed text of ours: a message that was put together may
/// hold what a citizen sent.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let location = panic.location().map(ToString::to_string).unwrap_or_default();
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("unnamed");
    tracing::error!(location, thread, message = speakable(panic.payload()), "panicked");
}

fn speakable(payload: &(dyn std::any::Any + Send)) -> &'static str {
    payload.downcast_ref::<&'static str>().copied().unwrap_or("(put together, so left out)")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// An output that a test can look at, and hold up.
    #[derive(Clone, Default)]
    struct Output {
        written: Arc<Mutex<Vec<u8>>>,
        held_up: Arc<Mutex<()>>,
    }

    impl Write for Output {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _wait = self.held_up.lock().unwrap();
            self.written.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn write_line(lines: &Lines, text: &str) {
        lines.make_writer().write_all(text.as_bytes()).unwrap();
    }

    #[test]
    fn lines_are_written_in_order_by_the_time_a_flush_returns() {
        let output = Output::default();
        let (logs, lines) = pipe(output.clone()).unwrap();
        write_line(&lines, "moja\n");
        write_line(&lines, "mbili\n");
        logs.flush();
        assert_eq!(*output.written.lock().unwrap(), b"moja\nmbili\n");
    }

    #[test]
    fn a_reader_that_hangs_holds_nobody_up() {
        let output = Output::default();
        let (logs, lines) = pipe(output.clone()).unwrap();
        let hanging = output.held_up.lock().unwrap();
        for _ in 0..LINES_WAITING_MAX * 3 {
            write_line(&lines, "a line that nobody reads for now, and that must not hold a payment up\n");
        }
        drop(hanging);
        logs.flush();
        let written = output.written.lock().unwrap().iter().filter(|byte| **byte == b'\n').count();
        assert!(written >= LINES_WAITING_MAX, "what fitted the queue is written");
        assert!(written < LINES_WAITING_MAX * 3, "the rest was dropped");
    }

    #[test]
    fn the_message_of_a_panic_is_shown_only_when_it_is_a_fixed_text() {
        let payload = |panics: fn()| std::panic::catch_unwind(panics).unwrap_err();
        assert_eq!(speakable(payload(|| panic!("fixed")).as_ref()), "fixed");
        let put_together = payload(|| panic!("phone {}", std::hint::black_box("0712345678")));
        assert_eq!(speakable(put_together.as_ref()), "(put together, so left out)");
    }
}
