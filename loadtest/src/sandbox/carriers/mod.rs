//! Two carriers of text messages, in the shape of Africa's Talking, with their own record of everything they were handed.
//!
//! A message that a carrier takes is on disk in `sandbox-messages.ndjson` before the answer leaves, and then on the handset;
//! reports and what subscribers answer go to the addresses that the customer has given, as one types them into the
//! provider's own pages. What a customer says to have sent can so be compared with what the carriers have.

mod faults;
mod form;
mod gsm;
mod record;
mod sending;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub(crate) use self::faults::CarrierFaults;
use self::record::CarrierLine;
pub(crate) use self::sending::{hand_over, inbox, incoming, set_dashboard, set_faults};
use crate::clock::Clock;
use crate::loopback::LoopbackUrl;
use crate::phone::Phone;
use crate::sandbox::dated_log::DatedLog;
use crate::synced_log::LogFailure;

/// What the carriers are called in paths.
pub(crate) const NAMES: [&str; 2] = ["first", "second"];
/// User name and key of every customer.
pub(crate) const USERNAME: &str = "demo";
pub(crate) const API_KEY: &str = "demo-api-key";
/// How many messages the inbox of all phones keeps.
const INBOX_MAX: usize = 200;

/// Both carriers.
pub(crate) struct Carriers {
    record: DatedLog<CarrierLine>,
    carriers: [Carrier; 2],
    inbox: Mutex<VecDeque<Arc<Delivered>>>,
}

/// One carrier.
pub(crate) struct Carrier {
    pub(crate) name: &'static str,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    faults: Arc<CarrierFaults>,
    dashboard: Option<Arc<Dashboard>>,
}

/// Where a customer wants to be told of things.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Dashboard {
    /// Delivery reports.
    pub(crate) report: String,
    /// Texts of subscribers.
    pub(crate) incoming: String,
}

/// A message on some phone.
#[derive(Debug, Serialize)]
pub(crate) struct Delivered {
    pub(crate) at: Timestamp,
    pub(crate) carrier: &'static str,
    pub(crate) message_id: String,
    pub(crate) phone: String,
    pub(crate) sender: String,
    pub(crate) text: String,
    /// Messages that it takes to carry the text.
    pub(crate) segments: usize,
}

impl Carriers {
    /// Opens the record of a data directory; a customer's addresses are those that were given last.
    pub(crate) fn open(folder: &Path, clock: &Clock) -> Result<Self, LogFailure> {
        let carriers = NAMES.map(|name| Carrier { name, known: Mutex::default() });
        let record = DatedLog::open(folder, clock, |_, line| {
            if let CarrierLine::DashboardSet { carrier, dashboard } = line
                && let Some(carrier) = carriers.iter().find(|known| known.name == carrier)
            {
                carrier.known().dashboard = Some(Arc::new(dashboard));
            }
        })?;
        Ok(Self { record, carriers, inbox: Mutex::default() })
    }

    /// The carrier of this name.
    pub(crate) fn carrier(&self, name: &str) -> Option<&Carrier> {
        self.carriers.iter().find(|carrier| carrier.name == name)
    }

    /// Returns once everything noted so far is on disk.
    pub(crate) async fn flush(&self) -> Result<(), LogFailure> {
        self.record.flush().await
    }

    fn deliver(&self, message: Delivered) {
        let mut inbox = self.inbox.lock().unwrap_or_else(PoisonError::into_inner);
        if inbox.len() == INBOX_MAX {
            inbox.pop_front();
        }
        inbox.push_back(Arc::new(message));
    }

    fn delivered(&self) -> Vec<Arc<Delivered>> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

impl Carrier {
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn faults(&self) -> Arc<CarrierFaults> {
        Arc::clone(&self.known().faults)
    }

    fn dashboard(&self) -> Option<Arc<Dashboard>> {
        self.known().dashboard.clone()
    }
}

impl Dashboard {
    /// The addresses, if they are on this machine.
    fn addresses(&self) -> Result<(LoopbackUrl, LoopbackUrl), String> {
        let read =
            |text: &str| text.parse().map_err(|reason: crate::loopback::NotLoopback| reason.to_string());
        Ok((read(&self.report)?, read(&self.incoming)?))
    }
}

/// A number as carriers write it.
fn with_plus(phone: &Phone) -> String {
    format!("+{}", phone.digits())
}
