//! The questions that the views answer, one file for each kind of row.

pub(super) mod attempts;
pub(super) mod bills;
pub(super) mod collections;
pub(super) mod entries;
pub(super) mod payments;
pub(super) mod quarantine;
pub(super) mod transactions;
pub(super) mod usage;

pub use attempts::AttemptRow;
pub use bills::{BillFilter, BillLineRow, BillRow};
pub use collections::CollectionRow;
pub use entries::{EntryPhase, EntryRow, PostingRow};
pub use payments::{PaymentFilter, PaymentRow, PlacementRow, SuspenseRow, SuspenseTotal};
pub use quarantine::QuarantineRow;
pub use transactions::{TransactionFilter, TransactionRow, TransactionStatus};
pub use usage::{UsageBy, UsageRow};
