//! Views: tables that follow from the journal, for questions that the books themselves do not answer: lists, filters,
//! pages, old days. SQL lives here and nowhere else.
//!
//! A [`ViewsReader`] asks, within a [`Scope`]. The `follower` reads what the journal has beyond the views, folds it into
//! `changes`, and writes those as `rows` into a `file`, together with how far that brings it. Nothing here is
//! needed for money: a file that is lost, damaged, of another version or of another journal is built again, and while
//! that lasts an older one answers, if there is one. What must survive is a record, not a row.
//!
//! No row holds personal data. Every answer names the sequence it is true at.

mod error;
mod page;
mod scope;

mod queries;
mod reader;
mod row;
mod wide;
mod words;

mod changes;
mod fallback;
mod file;
mod folder;
mod follower;
mod passes;
mod rows;
mod shared;

#[cfg(test)]
mod tests;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use ledger::journal::file::Trail;
use tokio::runtime::{Builder, Runtime};

pub use error::{QueryError, ViewsError};
pub use page::{
    Cursor, Found, NotACursor, NotAPageSize, PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX, Page, PageRequest, PageSize,
    TimeRange,
};
pub use queries::{
    AccountRow, AdmittedRow, ApplicationFilter, ApplicationRow, ArrivalRow, AttemptRow, BillFilter,
    BillLineRow, BillRow, CollectedRow, CollectionRow, EntryPhase, EntryRow, Imbalance, InvoiceRow,
    MinuteRow, PaidRow, PassFilter, PassRow, PassState, PaymentFilter, PaymentRow, PlacementRow, PostingRow,
    PromiseRow, QuarantineRow, SuspenseRow, SuspenseSum, TransactionFilter, TransactionRow,
    TransactionStatus, UncollectedRow, UsageBy, UsageRow,
};
pub use reader::ViewsReader;
pub use scope::Scope;
pub use shared::{ViewsHealth, ViewsState};

use folder::Folder;
use follower::{Follower, Turn};
use shared::Shared;

/// The running views: one thread that follows the journal. Dropping them ends it, after the transaction at hand.
#[derive(Debug)]
pub struct Views {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Views {
    /// Starts following `trail` with files in `folder`, which is made if there is none. Whatever is wrong with the folder
    /// is told by [`Views::health`] and tried again; an error here means that there is no thread to be had.
    pub fn start(folder: PathBuf, trail: Trail) -> io::Result<Self> {
        let runtime = own_runtime()?;
        let shared = Arc::new(Shared::new(trail.clone()));
        let for_thread = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("views".to_owned())
            .spawn(move || follower::run_until_stopped(&runtime, &folder, &trail, &for_thread))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Asks questions of these views.
    pub fn reader(&self) -> ViewsReader {
        ViewsReader::new(Arc::clone(&self.shared))
    }

    /// How the views are.
    pub fn health(&self) -> ViewsHealth {
        self.shared.health()
    }

    /// Asks for the views to be built again from the first record on. Returns at once; [`Views::health`] tells how far it
    /// is. What there is answers until the new is complete.
    pub fn rebuild(&self) {
        self.shared.ask_for_build();
    }
}

impl Drop for Views {
    fn drop(&mut self) {
        self.shared.stop.cancel();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Builds the views of a closed data directory again, from the first record to the last, and returns how many records
/// there are. `report` is told after each transaction how many are done, and how many there are.
pub fn rebuild_closed(
    folder: PathBuf,
    trail: Trail,
    report: &mut (dyn FnMut(u64, u64) + Send),
) -> Result<u64, ViewsError> {
    let thread_error = |source| ViewsError::File { path: folder.clone(), source };
    let runtime = own_runtime().map_err(thread_error)?;
    let shared = Arc::new(Shared::new(trail.clone()));
    let mut follower = Follower::new(Folder::new(folder), trail, Arc::clone(&shared));
    follower.build_anew();
    let mut build = || {
        runtime.block_on(async {
            while follower.turn().await? == Turn::Wrote {
                let health = shared.health();
                report(health.next_sequence, health.head);
            }
            follower.end().await;
            Ok(shared.health().next_sequence)
        })
    };
    // On a thread of its own: the caller may be inside a runtime, which cannot wait for another.
    std::thread::scope(|scope| scope.spawn(&mut build).join().unwrap_or(Err(ViewsError::Panicked)))
}

/// SQLite is spoken to from one thread, which nobody who hangs up can cancel.
fn own_runtime() -> io::Result<Runtime> {
    Builder::new_current_thread().enable_time().build()
}
