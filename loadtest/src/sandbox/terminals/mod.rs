//! Terminals that take cards at the gates of a site (PDQ), and the acquirer behind them. A card is charged for what the
//! attendant types. Batches are closed by hand, and the files of a site reach the merchant as people send them: late, twice, one
//! with the lines of another, in no order, or typed from slips of paper. What was charged is on disk in
//! `sandbox-terminals.ndjson` before anybody is told, and what the acquirer settled is right.
//!
//! | call | what it does |
//! |---|---|
//! | `POST /control/terminals/kws/sale` | `{"account", "amount"}` in shillings, and `"terminal"`: a card is charged. `{"status": "approved" or "voided", "terminal", "batch", "rrn", "authorization_code", "amount"}` |
//! | `POST /control/terminals/kws/close` | closes every batch that has sales: `{"files": [{"name", "what", "text"}]}`, what the site hands over by now; `what` is `batch`, `again`, `paper` or `late` |
//! | `GET /control/terminals/kws/settlement` | what the acquirer settled of closed batches, as CSV with its sum |
//! | `GET /control/terminals/kws/summary` | how much was charged and not taken back: `{"payments", "sum", "voided", "open"}` |
//! | `PUT /control/terminals/kws/faults` | `TerminalFaults` |

mod calls;
mod faults;
mod files;
mod record;

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use tokio::sync::Mutex;

pub(crate) use self::calls::{close, sell, set_faults, settlement, summary};
pub(crate) use self::faults::TerminalFaults;
use self::record::{Sale, TerminalLine, What};
use crate::clock::Clock;
use crate::sandbox::dated_log::DatedLog;
use crate::synced_log::LogFailure;

/// What the site is called in paths.
pub(crate) const SITE: &str = "kws";
/// Its terminals, as the acquirer numbers them.
const TERMINALS: [&str; 2] = ["KWS00001", "KWS00002"];

/// The terminals of a site.
pub(crate) struct Terminals {
    record: DatedLog<TerminalLine>,
    /// Held while a sale is written down: no batch is closed meanwhile.
    known: Mutex<Known>,
}

/// All that was sold, and how far the batches are.
#[derive(Default)]
struct Known {
    faults: Arc<TerminalFaults>,
    sales: Vec<Sale>,
    /// RRN of sales that were taken back.
    voided: HashSet<String>,
    /// By terminal, how many batches are closed.
    closed: BTreeMap<String, u32>,
    /// Closed batches whose file nobody has handed over.
    missing: Vec<Batch>,
}

/// A batch of a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Batch {
    terminal: String,
    number: u32,
}

impl Batch {
    fn name(&self) -> String {
        format!("{}-{:06}", self.terminal, self.number)
    }

    /// The one before it, if there was one.
    fn before(&self) -> Option<Self> {
        let number = self.number.checked_sub(1).filter(|number| *number > 0)?;
        Some(Self { terminal: self.terminal.clone(), number })
    }
}

impl Known {
    /// The batch into which this terminal sells now.
    fn open_batch(&self, terminal: &str) -> Batch {
        let closed = self.closed.get(terminal).copied().unwrap_or(0);
        Batch { terminal: terminal.to_owned(), number: closed + 1 }
    }

    fn is_closed(&self, sale: &Sale) -> bool {
        self.closed.get(&sale.terminal).is_some_and(|closed| sale.batch <= *closed)
    }

    fn is_voided(&self, sale: &Sale) -> bool {
        self.voided.contains(&sale.rrn)
    }

    /// Takes over a line of the record.
    fn take(&mut self, line: TerminalLine) {
        match line {
            TerminalLine::FaultsSet { faults } => self.faults = Arc::new(faults),
            TerminalLine::Sold(sale) => self.sales.push(sale),
            TerminalLine::Voided { rrn } => drop(self.voided.insert(rrn)),
            TerminalLine::BatchClosed { terminal, batch, .. } => {
                self.closed.insert(terminal.clone(), batch);
                self.missing.push(Batch { terminal, number: batch });
            }
            TerminalLine::HandedOver { what: What::Batch | What::Late, terminal, batch, .. } => {
                self.missing.retain(|missing| (&missing.terminal, missing.number) != (&terminal, batch));
            }
            TerminalLine::HandedOver { .. } | TerminalLine::RrnMistyped { .. } | TerminalLine::Unknown => {}
        }
    }
}

impl Terminals {
    /// Opens the record of a data directory.
    pub(crate) fn open(folder: &Path, clock: &Clock) -> Result<Self, LogFailure> {
        let mut known = Known::default();
        let record = DatedLog::open(folder, clock, |_, line| known.take(line))?;
        // What goes wrong is said anew to each life of the sandbox.
        known.faults = Arc::default();
        Ok(Self { record, known: Mutex::new(known) })
    }

    /// Returns once everything noted so far is on disk.
    pub(crate) async fn flush(&self) -> Result<(), LogFailure> {
        self.record.flush().await
    }

    /// Writes a line down, and takes it over once it is on disk.
    async fn keep(&self, known: &mut Known, line: TerminalLine) -> Result<(), LogFailure> {
        self.record.append(line.clone()).await?;
        known.take(line);
        Ok(())
    }
}
