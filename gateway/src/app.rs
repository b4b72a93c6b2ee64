//! Everything that a request can reach.

use std::sync::Arc;

use catalog::Policy;
use hyper::Uri;
use ledger::personal::{Month, Vault};
use ledger::{LedgerTime, ShortKey};
use metrics_exporter_prometheus::PrometheusHandle;

use crate::access::{KeyMode, KeySecret};
use crate::api::{Access, Principal};
use crate::books::Books;
use crate::catalogue::LiveCatalogue;
use crate::channels::Channels;
use crate::channels::health::Health;
use crate::channels::mpesa::Paybill;
use crate::clock::{Clock, east_africa_date};
use crate::config::sections::HelpLine;
use crate::exchange::ExchangeRate;
use crate::finding::SearchPlaces;
use crate::gates::price_list::PassLimits;
use crate::http::application::Application;
use crate::http::event_stream::EventStreams;
use crate::http::hosts::Site;
use crate::http::problem::Problem;
use crate::http::request::RequestHead;
use crate::http::request_id::RequestId;
use crate::http::response::Response;
use crate::idempotency::InFlight;
use crate::limits::RateLimits;
use crate::live::Live;
use crate::messages::Messenger;
use crate::outbound::Outbound;
use crate::pages::Downloads;
use crate::payments::{AttemptId, BillId, EndpointId};
use crate::personal::LookupKeys;
use crate::process::DemoStaff;
use crate::receipts::ReceiptSigner;
use crate::routing::Routing;
use crate::staff::{IdentityProvider, StaffDoor};
use crate::views::Views;

/// Everything that a request can reach.
pub struct App {
    /// What this gateway is for.
    pub purpose: Purpose,
    /// The time.
    pub clock: Clock,
    /// The books.
    pub books: Books,
    /// The catalogue in force.
    pub catalogue: LiveCatalogue,
    /// The file that a reload reads, if one is configured.
    pub catalogue_file: Option<std::path::PathBuf>,
    /// What may be charged.
    pub policy: Policy,
    /// Dollars into shillings, where there is a rate.
    pub exchange: Option<ExchangeRate>,
    /// Keys of personal data.
    pub vault: Vault,
    /// Keyed hashes of personal data.
    pub lookup_keys: LookupKeys,
    /// Signs receipts.
    pub receipts: ReceiptSigner,
    /// The consolidated paybill.
    pub paybill: Arc<Paybill>,
    /// The ways to pay.
    pub channels: Channels,
    /// What is counted of them.
    pub health: Health,
    /// The simulated Safaricom of a demonstration, whose handsets can be looked at.
    pub sandbox_url: Option<Uri>,
    /// Requests that are being carried out, by their idempotency key.
    pub in_flight: InFlight,
    /// Who looks for a payment by phone.
    pub(crate) search_places: SearchPlaces,
    /// Pages of bills that are kept up to date.
    pub bill_streams: EventStreams,
    /// Whom people ask for help.
    pub help: Option<HelpLine>,
    /// How often strangers may ask.
    pub limits: RateLimits,
    /// Where staff come in.
    pub staff: StaffDoor,
    /// Whether staff may come in with a password and an app.
    pub takes_passwords: bool,
    /// Through whom else they may come in.
    pub identity_provider: Option<IdentityProvider>,
    /// The staff of a demonstration, whose passwords everybody may read.
    pub demo_staff: Option<DemoStaff>,
    /// Turns to make files that people download.
    pub(crate) downloads: Downloads,
    /// What the books look like in SQL.
    pub views: Views,
    /// Figures that are watched.
    pub live: Live,
    /// What the operator of this machine shows.
    pub operator_token: KeySecret,
    /// When the newest record was written that this process found; nothing if it began with empty books.
    pub books_found_until: Option<LedgerTime>,
    /// The data directory.
    pub data_folder: std::path::PathBuf,
    /// Renders the metrics.
    pub metrics: PrometheusHandle,
    /// How long a bill can be paid, in seconds, unless its quote ends earlier.
    pub bill_life_seconds: i64,
    /// Within which limits a gate that has nobody to ask issues provisional passes.
    pub pass_limits: PassLimits,
    /// How this gateway is reached from outside, without a slash at the end.
    pub public_url: String,
    /// How others are reached.
    pub outbound: Outbound,
    /// Lines to the agencies' own systems.
    pub routing: Routing,
    /// Text messages to payers.
    pub messages: Messenger,
    /// True from SIGTERM on: probes say so.
    pub is_draining: std::sync::atomic::AtomicBool,
}

/// What a gateway is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Real money.
    Live,
    /// No real money, and every page says so.
    Demonstration,
}

impl App {
    /// The ledger's view of the time.
    pub fn now(&self) -> LedgerTime {
        LedgerTime::from_micros(self.clock.now_micros())
    }

    /// The time in seconds since 1970, as authenticator apps count it.
    pub fn now_seconds(&self) -> u64 {
        u64::try_from(self.clock.now_micros() / 1_000_000).unwrap_or(0)
    }

    /// The month that keys of personal data made now belong to.
    pub fn month(&self) -> Month {
        month_of(self.clock.now_micros())
    }

    /// A new identifier for a bill.
    pub fn new_bill_id(&self) -> BillId {
        BillId::from_uuid(self.new_uuid())
    }

    /// A new identifier for an attempt.
    pub fn new_attempt_id(&self) -> AttemptId {
        AttemptId::from_uuid(self.new_uuid())
    }

    /// A new identifier for a webhook endpoint.
    pub fn new_endpoint_id(&self) -> EndpointId {
        EndpointId::from_uuid(self.new_uuid())
    }

    /// A version 7 UUID: sorts by time, and its 74 random bits cannot be guessed.
    fn new_uuid(&self) -> u128 {
        let millis = u64::try_from(self.clock.now_micros() / 1000).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &rand::random()).into_uuid().as_u128()
    }
}

/// The month of a moment, in East Africa Time.
pub fn month_of(micros: i64) -> Month {
    let date = east_africa_date(micros);
    Month(u32::try_from(i32::from(date.year()) * 12 + i32::from(date.month()) - 1).unwrap_or(0))
}

impl Application for App {
    type Access = Access;
    type Principal = Principal;

    fn authorize(&self, rule: Access, head: &RequestHead) -> Result<Principal, Problem> {
        if rule == Access::Provider {
            crate::api::check_caller(self, head)?;
        }
        if rule == Access::OtherProvider {
            crate::api::check_other_provider(self, head)?;
        }
        if rule == Access::MessageProvider {
            crate::api::check_carrier(self, head)?;
        }
        if let Access::Staff(roles) = rule {
            return crate::api::authorize_staff(self, roles, head);
        }
        let mode = KeyMode::of(self.purpose);
        let in_force = |secret: &KeySecret| {
            self.books.readers().keys().find(secret, self.now()).filter(|key| key.mode == mode)
        };
        crate::api::authorize(rule, head, in_force, &self.operator_token)
    }

    fn problem_page(
        &self,
        problem: &Problem,
        uri: &Uri,
        site: Site,
        request_id: &RequestId,
    ) -> Option<Response> {
        crate::pages::problem_page(self, problem, uri, site, request_id)
    }
}

/// A short name for something that was asked for, without saying what it was.
pub fn short_name(text: &str) -> String {
    let ShortKey(key) = ShortKey::of(text);
    hex::encode(&key[..6])
}

/// The application, shared.
pub type SharedApp = Arc<App>;
