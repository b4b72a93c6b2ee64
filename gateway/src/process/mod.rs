//! The process: everything is opened in order, every socket is bound, and only then does anything answer; at the end
//! everything is closed in the reverse order.

mod beforehand;
mod bound;
pub mod demo_keys;
mod demo_places;
mod demo_staff;
mod first_catalogue;
mod folder;
mod kept_checkpoint;
mod plans;
mod ready_file;
mod regular;
mod start_error;
mod take_over;
mod tasks;

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use catalog::Policy;
use hyper::Uri;
use ledger::personal::Vault;
use ledger::storage::{DiskStorage, Storage};
use ledger::{Ledger, LedgerTime, Options};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::access::KeyMode;
use crate::api;
use crate::app::{App, Purpose, SharedApp, month_of};
use crate::books::Books;
use crate::catalogue::LiveCatalogue;
use crate::channels::Channels;
use crate::channels::health::Health;
use crate::channels::mpesa::instructions::LIMIT_PER_PAYMENT;
use crate::channels::mpesa::{Paybill, PaybillTerms};
use crate::clock::Clock;
use crate::config::secret::Secret;
use crate::config::{Config, Mode};
use crate::exchange::ExchangeRate;
use crate::finding::SearchPlaces;
use crate::http::event_stream::{EventStreams, StreamTerms};
use crate::http::hosts::Hosts;
use crate::idempotency::InFlight;
use crate::limits::RateLimits;
use crate::live::Live;
use crate::messages::{MessageTerms, Messenger};
use crate::outbound::Outbound;
use crate::pages::Downloads;
use crate::payments::{Payments, Readers, revenue_day};
use crate::personal::LookupKeys;
use crate::receipts::ReceiptSigner;
use crate::routing::{IdentitySigner, Routing};
use crate::server::drain::StopSignals;
use crate::server::handed::HandedSockets;
use crate::server::own_thread::OwnThread;
use crate::server::tls::keep_fresh;
use crate::staff::{IdentityProvider, StaffDoor};
use crate::telemetry::metrics::{install, keep_up};
use crate::views::Views;

use self::bound::{Bound, agencies_url};
use self::first_catalogue::load_catalogue;
use self::take_over::Successor;

pub use beforehand::problems_beforehand;
pub use demo_keys::DemoKeys;
pub use demo_places::DemoPlaces;
pub use demo_staff::DemoStaff;
pub use folder::{
    ADMIN_ADDRESS_FILE, CATALOGUES_FOLDER, Folder, FolderError, LOOKUP_FOLDER, OPERATOR_TOKEN_FILE,
    VAULT_FOLDER, read_signing_key,
};
pub(crate) use folder::{make_folder, read_secret, write_secret};
pub use ready_file::ReadyFile;
pub use start_error::StartError;
pub use take_over::{TakeOverError, take_over};

/// How long a demonstration waits for its simulated Safaricom before it says that it is ready.
const REGISTERED_BEFORE_READY_MAX: std::time::Duration = std::time::Duration::from_secs(5);
/// The key that signs checkpoints, in the folder of keys.
pub const LEDGER_KEY_FILE: &str = "ledger.seed";
/// The key that signs receipts, in the folder of keys.
const RECEIPT_KEY_FILE: &str = "receipts.seed";
/// The key that signs who is calling, for the systems of agencies, in the folder of keys.
const IDENTITY_KEY_FILE: &str = "identity.seed";
/// The key by which requests that are under way are known again, in the folder of keys.
const IN_FLIGHT_KEY_FILE: &str = "idempotency.key";
/// The public keys, in the data directory, as `GET /v1/keys` hands them out.
pub const PUBLIC_KEYS_FILE: &str = "public-keys.json";

/// Where the bulletin is written, in the data directory.
const BULLETIN_FOLDER: &str = "bulletin";

/// Exit code of a gateway whose ledger writer has stopped: an input or output error (`EX_IOERR`).
pub const EXIT_WRITER_STOPPED: u8 = 74;

/// A gateway that answers.
pub struct Gateway {
    app: SharedApp,
    folder: Folder,
    stop: CancellationToken,
    callback: OwnThread,
    tasks: tokio::task::JoinSet<()>,
    writer_stopped: mpsc::Receiver<String>,
    successor: Option<Successor>,
    drain_deadline: std::time::Duration,
    signals: StopSignals,
    /// Where it is reached.
    pub addresses: Addresses,
    /// The keys of a demonstration.
    pub demo_keys: Option<DemoKeys>,
}

/// Where a gateway is reached.
#[derive(Clone, Debug)]
pub struct Addresses {
    /// Citizens, agencies, Treasury.
    pub public: String,
    /// Systems of agencies, where they have a name.
    pub agencies: Option<String>,
    /// Callbacks, token included.
    pub callbacks: String,
    /// Probes and metrics.
    pub admin: String,
}

/// How a gateway ended.
#[derive(Debug)]
pub enum Ended {
    /// It was asked to.
    Asked,
    /// Its ledger writer stopped for good.
    WriterStopped(String),
}

/// Starts a gateway in its folder, on the sockets that were handed over and on those that it binds. `sandbox_url` is the
/// simulated Safaricom of a demonstration, which has the same clock.
pub async fn start(
    config: &Config,
    folder: Folder,
    mut handed: HandedSockets,
    clock: Clock,
    sandbox_url: Option<&str>,
) -> Result<Gateway, StartError> {
    let metrics = install()?;
    let purpose = match config.mode {
        Mode::Serve => Purpose::Live,
        Mode::Demo => Purpose::Demonstration,
    };
    let public = Bound::bind(&config.public, &mut handed, &clock)?;
    let callback = Bound::bind(&config.callback, &mut handed, &clock)?;
    let admin = Bound::bind(&config.admin, &mut handed, &clock)?;
    handed.all_taken()?;
    let sandbox_url: Option<Uri> = sandbox_url
        .map(|url| url.parse().map_err(|error| StartError::Paybill(format!("{url}: {error}"))))
        .transpose()?;
    let terms = match (&config.paybill, &sandbox_url) {
        (Some(paybill), _) => PaybillTerms::of_config(paybill),
        (None, Some(sandbox)) => {
            let token = folder.callback_token()?;
            PaybillTerms::of_demonstration(
                sandbox,
                "222222",
                &callback.url,
                token.reveal(),
                LIMIT_PER_PAYMENT,
            )
        }
        (None, None) => return Err(StartError::Paybill("a demonstration needs a sandbox".to_owned())),
    };
    let paybill =
        Paybill::new(terms, clock.clone()).map_err(|error| StartError::Paybill(error.to_string()))?;
    let paybill = Arc::new(paybill);
    let outbound = Outbound::new(config)?;
    let simulated_at = sandbox_url.as_ref().map(ToString::to_string);
    let channels = Channels::of_config(config, &paybill, &outbound, simulated_at.as_deref());
    let channels = channels.map_err(StartError::Channels)?;
    let public_url =
        config.public.base_url.as_ref().map_or(public.url.clone(), |url| url.as_str().to_owned());
    let public_url = public_url.trim_end_matches('/').to_owned();
    let agencies_url = agencies_url(config, &public, &public_url);
    let hosts = Hosts::new(&public_url, agencies_url.as_deref());
    let (stopped, writer_stopped) = mpsc::channel(1);
    let books = open_books(config, &folder, &clock, &public_url, stopped)?;
    let head = books.head();
    if head.size > 0 {
        let is_trusted = config.data.trusts_clock || purpose == Purpose::Demonstration;
        clock.go_on_from(head.time.micros(), is_trusted);
    }
    // Before the catalogue, which then takes the place in memory that hashing passwords needed.
    let staff = StaffDoor::open(folder.staff(), &books.readers().staff())?;
    let demo_staff = match purpose {
        Purpose::Live => None,
        Purpose::Demonstration => {
            Some(demo_staff::obtain(&folder, &books, &staff, clock.now_micros()).await?)
        }
    };
    let served = load_catalogue(config, &folder, &books, clock.today(), agencies_url.clone()).await?;
    let views = Views::start(folder.views(), books.ledger().trail())?;
    let origin = origin_of(&public_url);
    let stop = CancellationToken::new();
    let identity_key = folder.signing_key(IDENTITY_KEY_FILE, &format!("{origin}/identity"))?;
    let identity = IdentitySigner::new(identity_key, &public_url);
    let agencies_reached_at = agencies_url.as_deref().unwrap_or(&public_url);
    let routing =
        Routing::new(&config.routing, outbound.clone(), identity, agencies_reached_at, stop.clone());
    let identity_provider = config.sign_in.provider.clone().and_then(|terms| {
        IdentityProvider::new(terms, outbound.clone(), &public_url, purpose == Purpose::Demonstration)
    });
    let terms = message_terms(config, &folder, sandbox_url.as_ref(), &callback.url)?;
    let messenger = Messenger::new(terms, &outbound, &public_url);
    let app = Arc::new(App {
        purpose,
        policy: match purpose {
            Purpose::Live => Policy::LIVE,
            Purpose::Demonstration => Policy::DEMONSTRATION,
        },
        exchange: ExchangeRate::of_config(config),
        vault: Vault::open(Arc::new(DiskStorage::new(folder.vault())), month_of(clock.now_micros()))?,
        lookup_keys: LookupKeys::open(&folder.lookup_keys(), month_of(clock.now_micros()).0)?,
        receipts: ReceiptSigner::new(folder.signing_key(RECEIPT_KEY_FILE, &format!("{origin}/receipts"))?),
        operator_token: folder.secret(&folder.operator_token(), KeyMode::Live)?,
        catalogue: LiveCatalogue::new(served, folder.catalogues()),
        catalogue_file: config.catalogue.file.clone(),
        books,
        clock: clock.clone(),
        paybill,
        health: Health::of(&channels),
        channels,
        sandbox_url,
        in_flight: InFlight::new(folder.hash_key(IN_FLIGHT_KEY_FILE)?),
        search_places: SearchPlaces::default(),
        bill_streams: EventStreams::new("bill", stream_terms(config.event_streams_max), stop.clone()),
        help: config.help.clone(),
        limits: RateLimits::new(),
        staff,
        takes_passwords: config.sign_in.takes_passwords,
        identity_provider,
        demo_staff,
        downloads: Downloads::default(),
        views,
        live: Live::new(stop.clone()),
        books_found_until: (head.size > 0).then_some(head.time),
        data_folder: folder.root().to_path_buf(),
        metrics: metrics.clone(),
        bill_life_seconds: config.bills.life_seconds,
        pass_limits: config.pass_limits.clone(),
        public_url,
        outbound,
        routing,
        messages: messenger,
        is_draining: AtomicBool::new(false),
    });
    let demo_keys = match purpose {
        Purpose::Live => None,
        Purpose::Demonstration => Some(demo_keys::obtain(&folder, &app.books).await?),
    };
    let local_callbacks_url = app
        .paybill
        .callbacks_url()
        .rsplit_once("/cb/")
        .map_or_else(String::new, |(_, token)| format!("{}/cb/{token}", callback.url));
    let addresses = Addresses {
        public: public.url.clone(),
        agencies: agencies_url.as_deref().map(str::to_owned),
        callbacks: local_callbacks_url,
        admin: admin.url.clone(),
    };
    write_notes(&folder, &addresses, &app)?;
    if purpose == Purpose::Demonstration {
        let places = DemoPlaces { public: addresses.public.clone(), callbacks: addresses.callbacks.clone() };
        places.keep(folder.root())?;
    }

    let successor = match purpose {
        Purpose::Live => Some(Successor::expect(folder.root(), &[&public, &callback, &admin])?),
        // Its simulated Safaricom could not be handed over.
        Purpose::Demonstration => None,
    };
    let mut tasks = tokio::task::JoinSet::new();
    let tls =
        [&public, &callback, &admin].into_iter().filter_map(|bound| bound.tls.clone()).collect::<Vec<_>>();
    let (rules, routes) = (config.public.pipeline_rules(Some(hosts)), api::public_routes()?);
    public.serve_on_this_runtime(&config.public, rules, &app, routes, &stop, &mut tasks);
    let (rules, routes) = (config.admin.pipeline_rules(None), api::admin_routes()?);
    admin.serve_on_this_runtime(&config.admin, rules, &app, routes, &stop, &mut tasks);
    let callback = callback.serve_on_own_thread(&config.callback, &app, api::callback_routes()?, &stop)?;
    let until_stopped = stop.clone();
    tasks.spawn(async move { until_stopped.run_until_cancelled(keep_up(metrics)).await.unwrap_or(()) });
    let until_stopped = stop.clone();
    tasks.spawn(async move {
        if let Some(Err(error)) = until_stopped.run_until_cancelled(keep_fresh(tls, clock)).await {
            tracing::error!(%error, "Certificates are not looked at any more.");
        }
    });
    let bulletin = config.bulletin.folder.clone().unwrap_or_else(|| folder.root().join(BULLETIN_FOLDER));
    tasks::begin(&app, &bulletin, &stop, &mut tasks);
    let (for_regular, root, until_stopped) = (Arc::clone(&app), folder.root().to_path_buf(), stop.clone());
    tasks.spawn(async move {
        until_stopped.run_until_cancelled(regular::keep_time(for_regular, root)).await;
    });
    if purpose == Purpose::Demonstration {
        let (for_providers, callbacks, until_stopped) =
            (Arc::clone(&app), addresses.callbacks.clone(), stop.clone());
        tasks.spawn(async move {
            until_stopped.run_until_cancelled(regular::tell_simulated(for_providers, callbacks)).await;
        });
    }
    let registration = regular::register_callbacks(Arc::clone(&app));
    let until_stopped = stop.clone();
    let registration = tasks_until_registered(
        &mut tasks,
        Box::pin(async move {
            until_stopped.run_until_cancelled(registration).await;
        }),
    );
    if purpose == Purpose::Demonstration {
        // Whoever pays as soon as we say that we are ready is validated and confirmed.
        let _ = tokio::time::timeout(REGISTERED_BEFORE_READY_MAX, registration).await;
    }
    let drain_deadline = config.public.limits.drain_deadline.max(config.callback.limits.drain_deadline);
    // Whoever is told that it answers may ask it to stop at once. Before this the system ends it where it stands.
    let signals = StopSignals::listen().map_err(StartError::Signals)?;
    Ok(Gateway {
        app,
        folder,
        stop,
        callback,
        tasks,
        writer_stopped,
        successor,
        drain_deadline,
        signals,
        addresses,
        demo_keys,
    })
}

impl Gateway {
    /// What the ready file says, without keys.
    pub fn ready_file(&self) -> ReadyFile {
        ReadyFile {
            public: Some(self.addresses.public.clone()),
            agencies: self.addresses.agencies.clone(),
            callbacks: Some(self.addresses.callbacks.clone()),
            admin: Some(self.addresses.admin.clone()),
            paybill: Some(self.app.paybill.short_code().to_owned()),
            sandbox: None,
            agency_keys: BTreeMap::new(),
            treasury_key: None,
            data: self.folder.root().display().to_string(),
            pid: std::process::id(),
        }
    }

    /// Everything that a request can reach.
    pub fn app(&self) -> &SharedApp {
        &self.app
    }

    /// Serves until it is asked to stop (SIGTERM, SIGINT, or `stop`), another gateway takes over or the ledger writer stops,
    /// then ends in order: probes say so, requests finish, the books close.
    pub async fn run(mut self, stop: oneshot::Receiver<()>) -> Ended {
        // Its handles of the sockets go with it: who connects to a gateway that stops is refused, unless another took over.
        let successor = self.successor.take();
        let taken_over = async {
            match successor {
                Some(successor) => successor.has_taken_over().await,
                None => std::future::pending().await,
            }
        };
        let ended = tokio::select! {
            () = self.signals.received() => Ended::Asked,
            _ = stop => Ended::Asked,
            () = taken_over => {
                tracing::info!("Another gateway takes over; what has begun is finished here.");
                Ended::Asked
            }
            Some(reason) = self.writer_stopped.recv() => Ended::WriterStopped(reason),
        };
        self.app.is_draining.store(true, Ordering::Relaxed);
        self.stop.cancel();
        match self.callback.drained().await {
            Ok(drained) if !drained.is_clean() => {
                tracing::warn!(?drained, "Callbacks were cut while draining.")
            }
            Ok(_) => {}
            Err(error) => tracing::error!(%error, "The callback listener failed."),
        }
        let finished = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(self.drain_deadline + std::time::Duration::from_secs(5), finished)
            .await
            .is_err()
        {
            tracing::warn!("Not everything finished in time; what is left is cut.");
            self.tasks.abort_all();
        }
        regular::keep_usage(&self.app, revenue_day(self.app.now())).await;
        let Self { app, folder, .. } = self;
        if Arc::into_inner(app).is_none() {
            // Work that nobody waits for may still write to the books. Whoever takes over waits until this process is gone.
            folder.hold_until_the_end();
        }
        ended
    }
}

/// Text messages: by the providers of the configuration, or by the simulated ones beside the simulated Safaricom.
fn message_terms(
    config: &Config,
    folder: &Folder,
    sandbox_url: Option<&Uri>,
    callback_url: &str,
) -> Result<MessageTerms, StartError> {
    Ok(match (config.mode, sandbox_url) {
        (Mode::Demo, Some(sandbox)) => {
            let token = Secret::new(folder.messages_token()?.reveal().to_owned());
            MessageTerms::of_demonstration(&sandbox.to_string(), callback_url, token, &config.messages)
        }
        _ => MessageTerms::of_config(&config.messages),
    })
}

fn open_books(
    config: &Config,
    folder: &Folder,
    clock: &Clock,
    public_url: &str,
    stopped: mpsc::Sender<String>,
) -> Result<Books, StartError> {
    let origin = format!("{}/ledger", origin_of(public_url));
    let signer = folder.signing_key(LEDGER_KEY_FILE, &origin)?;
    let known_head = kept_checkpoint::known_head(folder.root(), &signer.verifying_key());
    let clock = clock.clone();
    let options = Options {
        storage: Arc::new(DiskStorage::new(folder.root())) as Arc<dyn Storage>,
        segment_len: config.data.segment_bytes,
        lane_capacity: config.data.lane_capacity,
        clock: Box::new(move || LedgerTime::from_micros(clock.now_micros())),
        random: Box::new(rand::random),
        known_heads: known_head.into_iter().collect(),
        on_stop: Box::new(move |reason| {
            // The process ends either way; the reason is in the log already.
            let _ = stopped.try_send(reason);
        }),
    };
    let ledger = Ledger::<Payments>::open(options, Arc::new(Readers::default()))?;
    Ok(Books::new(ledger, config.data.lane_capacity, signer))
}

/// What streams are granted of which there may be so many: nobody has more than a tenth.
fn stream_terms(streams_max: usize) -> StreamTerms {
    StreamTerms { streams_max, per_address_max: streams_max.div_ceil(10), ..StreamTerms::default() }
}

/// The name of this gateway among all: its address without the scheme, and without the port that a test may choose.
fn origin_of(public_url: &str) -> String {
    let uri: Option<hyper::Uri> = public_url.parse().ok();
    uri.as_ref().and_then(hyper::Uri::host).map_or_else(|| "malipo".to_owned(), str::to_owned)
}

/// What commands of the same machine need: the admin address (its token lies among the keys), and the public keys. Citizens
/// can do without: a disk that has no room for these notes does not keep the gateway from answering.
fn write_notes(folder: &Folder, addresses: &Addresses, app: &App) -> Result<(), FolderError> {
    let keys = serde_json::to_string(&api::key_set(app)).expect("texts can be written as JSON");
    for (name, text) in [(ADMIN_ADDRESS_FILE, &addresses.admin), (PUBLIC_KEYS_FILE, &keys)] {
        match folder::write_secret(&folder.root().join(name), text) {
            Err(error) if error.is_lack_of_room() => {
                tracing::error!(%error, "Commands of this machine may not find the gateway.");
            }
            outcome => outcome?,
        }
    }
    Ok(())
}

/// Spawns the registration and gives back a future that ends when it does.
fn tasks_until_registered(
    tasks: &mut tokio::task::JoinSet<()>,
    registration: Pin<Box<dyn Future<Output = ()> + Send>>,
) -> impl Future<Output = ()> + use<> {
    let (done, is_done) = oneshot::channel();
    tasks.spawn(async move {
        registration.await;
        let _ = done.send(());
    });
    async move {
        let _ = is_done.await;
    }
}
