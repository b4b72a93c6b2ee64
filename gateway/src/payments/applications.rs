//! Applications as the state has them: all of them in the archive, from the first report on. Many wait for years for somebody
//! who never comes, and few are asked for: memory for them would be spent on nothing, and without end.

use std::sync::Arc;

use ledger::table::RunError;
use ledger::{LedgerTime, Staging, View};

use super::application::{Application, ApplicationMoved};
use super::archive::{self, Archived};
use super::number::PaymentNumber;
use super::state::Payments;

/// The application of this bill; nothing while the agency has said nothing.
pub(super) fn find(
    view: &View<'_, Payments>,
    bill: PaymentNumber,
) -> Result<Option<Arc<Application>>, RunError> {
    Ok(view.archived(&archive::application(bill))?.and_then(Archived::application))
}

/// Notes a report.
pub(super) fn stage(
    staging: &mut Staging<'_, Payments>,
    moved: &ApplicationMoved,
    at: LedgerTime,
    sequence: u64,
) -> Result<(), RunError> {
    let place = archive::application(moved.bill);
    let known = staging.archived(&place)?.and_then(Archived::application);
    let mut application = known.unwrap_or_else(|| Arc::new(Application::new(moved)));
    Arc::make_mut(&mut application).note(moved, at, sequence);
    staging.archive(place, Archived::Application(application));
    Ok(())
}
