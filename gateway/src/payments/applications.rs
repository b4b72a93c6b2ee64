//! Applications as the state has them: those that somebody still waits for are in memory, those that are over in the
//! archive. A document that came back and is asked for after all comes back into memory.

use std::collections::HashMap;
use std::sync::Arc;

use dashmap::DashMap;
use ledger::table::RunError;
use ledger::{LedgerTime, Staging, View};

use super::application::{Application, ApplicationMoved};
use super::archive::{self, Archived};
use super::number::PaymentNumber;
use super::state::Payments;

/// Applications by the number of their bill.
#[derive(Debug, Default)]
pub(super) struct Applications(HashMap<PaymentNumber, Arc<Application>>);

/// Unfinished applications as others see them.
#[derive(Debug, Default)]
pub(super) struct PublishedApplications(DashMap<PaymentNumber, Arc<Application>>);

impl Applications {
    /// The application of this bill, wherever it is; nothing while the agency has said nothing.
    pub(super) fn find(
        view: &View<'_, Payments>,
        bill: PaymentNumber,
    ) -> Result<Option<Arc<Application>>, RunError> {
        let in_memory =
            view.pending().applications.0.get(&bill).or_else(|| view.state().applications.0.get(&bill));
        match in_memory {
            Some(application) => Ok(Some(Arc::clone(application))),
            None => Ok(view.archived(&archive::application(bill))?.and_then(Archived::application)),
        }
    }

    /// Notes a report.
    pub(super) fn stage(
        staging: &mut Staging<'_, Payments>,
        moved: &ApplicationMoved,
        at: LedgerTime,
        sequence: u64,
    ) -> Result<(), RunError> {
        let bill = moved.bill;
        let pending = staging.pending().applications.0.get(&bill).cloned();
        let known = pending.or_else(|| staging.state().applications.0.get(&bill).cloned());
        let known = match known {
            Some(known) => Some(known),
            None => staging.archived(&archive::application(bill))?.and_then(Archived::application),
        };
        let mut application = known.unwrap_or_else(|| Arc::new(Application::new(moved)));
        Arc::make_mut(&mut application).note(moved, at, sequence);
        if application.state.is_finished() {
            let archived = Archived::Application(Arc::clone(&application));
            staging.archive(archive::application(bill), archived);
        }
        staging.pending().applications.0.insert(bill, application);
        Ok(())
    }

    /// Takes over what a batch has changed.
    pub(super) fn merge(&mut self, pending: Self) {
        for (bill, application) in pending.0 {
            if application.state.is_finished() {
                self.0.remove(&bill);
            } else {
                self.0.insert(bill, application);
            }
        }
    }

    /// Shows them to readers.
    pub(super) fn publish(&self, readers: &PublishedApplications) {
        for (bill, application) in &self.0 {
            if application.state.is_finished() {
                readers.0.remove(bill);
            } else {
                readers.0.insert(*bill, Arc::clone(application));
            }
        }
    }

    /// As a snapshot has them.
    pub(super) fn parts(&self) -> Vec<Arc<Application>> {
        self.0.values().cloned().collect()
    }

    /// From a snapshot.
    pub(super) fn of_parts(parts: Vec<Arc<Application>>) -> Self {
        Self(parts.into_iter().map(|application| (application.bill, application)).collect())
    }
}

impl PublishedApplications {
    pub(super) fn find(&self, bill: PaymentNumber) -> Option<Arc<Application>> {
        self.0.get(&bill).map(|application| Arc::clone(&application))
    }
}
