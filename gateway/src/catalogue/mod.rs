//! The catalogue as it is served: a snapshot with its number and its rendered bodies, behind one pointer. A request takes
//! one and uses it to its end, so that no answer mixes two.
//!
//! Documents lie in files named by their hash (`files`); the books say which of them is in force; here is what is in
//! memory (`live`, `served`, `body`), what the books say of availability laid over it (`overlay`) and in one list
//! (`unusual_list`), what changed (`feed`), and how often services are asked for (`tally`).

mod body;
mod feed;
pub mod files;
mod linked_data;
mod live;
mod overlay;
mod served;
mod tally;
mod unusual_list;

pub(crate) use body::is_known;
pub use body::{CACHING, Rendered};
pub use feed::Documents;
pub use linked_data::{CONTEXT, service_node};
pub use live::{CatalogueError, LiveCatalogue, Reloaded};
pub(crate) use overlay::SYSTEM_DOWN;
pub use overlay::system_of;
pub(crate) use served::FeeBody;
pub use served::{NoHostForAgencies, Served, can_be_reached};
pub use tally::{RESULTS_COUNTED_MAX, Tally};
pub(crate) use unusual_list::ScopeBody;
