//! The questions that the views answer, one file for each kind of row.

pub(super) mod agencies;
pub(super) mod applications;
pub(super) mod arrivals;
pub(super) mod attempts;
pub(super) mod balances;
pub(super) mod bills;
pub(super) mod collections;
pub(super) mod entries;
pub(super) mod fallback;
pub(super) mod minutes;
pub(super) mod passes;
pub(super) mod payments;
pub(super) mod quarantine;
pub(super) mod transactions;
pub(super) mod usage;
pub(super) mod visits;

pub use applications::{ApplicationFilter, ApplicationRow, PromiseRow, UncollectedRow};
pub use arrivals::ArrivalRow;
pub use attempts::AttemptRow;
pub use balances::Imbalance;
pub use bills::{BillFilter, BillLineRow, BillRow};
pub use collections::CollectionRow;
pub use entries::{EntryPhase, EntryRow, PostingRow};
pub use fallback::{AccountRow, AdmittedRow, CollectedRow};
pub use minutes::MinuteRow;
pub use passes::{InvoiceRow, PassFilter, PassRow, PassState};
pub use payments::{PaymentFilter, PaymentRow, PlacementRow, SuspenseRow, SuspenseSum};
pub use quarantine::QuarantineRow;
pub use transactions::{TransactionFilter, TransactionRow, TransactionStatus};
pub use usage::{UsageBy, UsageRow};
pub use visits::PaidRow;
