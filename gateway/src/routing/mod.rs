//! Handing requests below `/s/{slug}` on to the own system of the agency: its *back end*, as the catalogue names it.
//!
//! `hand_on` reads like it runs: which line the service has, what may be asked of it, a place or a refusal at once, the
//! headers, the exchange, and the answer as it comes. The parts, in the order they are met:
//!
//! 1. `target`: the path, byte for byte, below the back end's address, and nothing above it;
//! 2. `line`: connections, places and the [`breaker`] of one back end;
//! 3. `headers`, `cookies`, [`identity`]: what either side is told;
//! 4. `exchange`, `connector`, `addresses`: a connection to an address that is allowed, and the head of an answer;
//! 5. `body`, `tunnel`: frames or bytes, handed on as they come;
//! 6. `probe`: whether a system that failed is well again;
//! 7. `trouble`: what callers are told, who can pay their bill all the same;
//! 8. [`watch`]: what the books are told of a system that is down, for the answers about its services.
//!
//! [`assessments`] asks the same systems what is owed under a reference. A `destination` is somebody else that we
//! call, such as a provider of text messages, and `posting` sends notices to addresses that agencies name themselves, over
//! connections that are judged in the same way.

mod addresses;
pub mod assessments;
mod body;
pub mod breaker;
mod connector;
mod cookies;
pub(crate) mod destination;
mod exchange;
mod headers;
pub mod identity;
mod line;
pub(crate) mod posting;
mod posting_address;
mod probe;
mod target;
mod trouble;
mod tunnel;
pub mod watch;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use catalog::{AgencyCode, BackEnd, Catalogue, Service};
use dashmap::DashMap;
use hyper::body::{Body as _, Incoming};
use hyper::header::{AUTHORIZATION, CONNECTION, CONTENT_LENGTH, HeaderValue, UPGRADE};
use hyper::upgrade::OnUpgrade;
use hyper::{Method, StatusCode, Uri};
use metrics::gauge;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

pub use self::connector::AuthoritiesError;
pub use self::identity::IdentitySigner;

use self::addresses::AddressPolicy;
use self::assessments::Assessments;
use self::body::{AnswerBody, OutboundBody, Progress};
use self::breaker::BreakerState;
use self::connector::Connector;
use self::destination::Destination;
use self::exchange::Outbound;
use self::headers::{Caller, MALIPO_IDENTITY};
use self::identity::Identity;
use self::line::{InFlight, Line, Outcome, Purpose};
use self::target::Base;
use self::tunnel::Ends;
use self::watch::System;
use crate::access::{KeyMode, KeySecret};
use crate::api::Access;
use crate::app::{App, SharedApp};
use crate::config::sections::RoutingConfig;
use crate::config::{Config, Mode};
use crate::http::admission::Lane;
use crate::http::body::BodyRule;
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;
use crate::http::request::{Request, RequestHead};
use crate::http::response::{Response, ResponseBody};
use crate::http::router::Route;
use crate::telemetry::metrics::{BACK_END_BREAKER, BACK_END_IN_FLIGHT};

/// The longest from the head of a request to the head of its answer, a long upload included. Silence ends it sooner.
const DEADLINE: Duration = Duration::from_secs(15 * 60);

/// The rows of the public table that lead to agencies.
pub(crate) fn routes() -> Vec<Route<App>> {
    let row = |pattern, name| {
        Route::any(pattern, name, Access::Anyone, hand_on)
            .body(BodyRule::Streamed)
            .deadline(DEADLINE)
            .lane(Lane::Apart)
    };
    vec![
        row("/s/{slug}", "back_end"),
        row("/s/{slug}/", "back_end_root"),
        row("/s/{slug}/{*rest}", "back_end_below"),
    ]
}

/// Questions about what is owed that wait for an answer at one time, of all agencies together.
const QUESTIONS_MAX: usize = 256;

/// All lines to back ends, and what they share.
pub struct Routing {
    /// One line for each back end that was asked for anything, of the catalogues that were in force meanwhile.
    lines: DashMap<(AgencyCode, BackEnd), Arc<Line>>,
    /// The places of all lines together for requests that are handed on.
    all_lines: Arc<Semaphore>,
    /// The same for questions of ours about what is owed.
    all_questions: Arc<Semaphore>,
    policy: Arc<AddressPolicy>,
    /// Where notices may go.
    posting: Arc<AddressPolicy>,
    tls: Arc<rustls::ClientConfig>,
    identity: IdentitySigner,
    assessments: Assessments,
    body_bytes_max: u64,
    /// How we are reached from outside: scheme, and host with port.
    scheme: String,
    host: String,
    stop: CancellationToken,
}

impl Routing {
    /// No line yet. `public_url` is how this gateway is reached from outside; `stop` ends tunnels and probes.
    pub fn new(
        config: &Config,
        identity: IdentitySigner,
        public_url: &str,
        stop: CancellationToken,
    ) -> Result<Self, AuthoritiesError> {
        let RoutingConfig { private_networks, requests_max, body_bytes_max, authorities } = &config.routing;
        let policy = match config.mode {
            Mode::Serve => AddressPolicy::live(private_networks.clone()),
            Mode::Demo => AddressPolicy::demonstration(private_networks.clone()),
        };
        let tls = connector::tls_config(authorities.as_deref())?;
        let public: Option<Uri> = public_url.parse().ok();
        let part = |part: Option<&str>, otherwise: &str| part.unwrap_or(otherwise).to_owned();
        Ok(Self {
            lines: DashMap::new(),
            all_lines: Arc::new(Semaphore::new(*requests_max)),
            all_questions: Arc::new(Semaphore::new(QUESTIONS_MAX)),
            policy: Arc::new(policy),
            posting: Arc::new(posting::policy(config)),
            tls,
            identity,
            assessments: Assessments::default(),
            body_bytes_max: *body_bytes_max,
            scheme: part(public.as_ref().and_then(Uri::scheme_str), "https"),
            host: part(
                public.as_ref().and_then(Uri::authority).map(|authority| authority.as_str()),
                "malipo",
            ),
            stop,
        })
    }

    /// Somebody else that we call, at a base address. `None` if that is none. `is_simulated` is said of the simulated outside of
    /// a demonstration, which is on this machine.
    pub(crate) fn destination(
        &self,
        address: &str,
        connect_timeout: Duration,
        is_simulated: bool,
    ) -> Option<Destination> {
        let base = Base::of(address.trim_end_matches('/'))?;
        let policy = if is_simulated {
            let here = ["127.0.0.0/8", "::1"].map(|range| range.parse().expect("these are ranges"));
            Arc::new(AddressPolicy::demonstration(here.to_vec()))
        } else {
            Arc::clone(&self.policy)
        };
        let connector = Connector::new(base.clone(), policy, Arc::clone(&self.tls), connect_timeout);
        Some(Destination::new(base, connector))
    }

    /// The keys that back ends check identities with.
    pub fn identity(&self) -> &IdentitySigner {
        &self.identity
    }

    /// What the breakers do: the worst of each agency's.
    pub fn breakers(&self) -> BTreeMap<String, BreakerState> {
        let mut breakers = BTreeMap::new();
        for line in self.lines.iter() {
            let worst = breakers.entry(line.agency.to_string()).or_insert(BreakerState::Closed);
            *worst = line.breaker_state().max(*worst);
        }
        breakers
    }

    /// Whether each system is down, as its lines see it.
    pub fn systems(&self) -> BTreeMap<System, bool> {
        let mut systems = BTreeMap::new();
        for line in self.lines.iter() {
            let system = (Arc::from(line.agency.as_str()), Arc::from(line.base.authority.as_str()));
            *systems.entry(system).or_default() |= line.is_down();
        }
        systems
    }

    /// Sets the gauges, when somebody asks.
    #[expect(clippy::cast_precision_loss, reason = "metrics are floats; these counts stay far below 2^53")]
    pub(crate) fn measure(&self) {
        let mut in_flight: BTreeMap<String, usize> = BTreeMap::new();
        for line in self.lines.iter() {
            *in_flight.entry(line.agency.to_string()).or_default() += line.in_flight_count();
        }
        for (agency, count) in in_flight {
            gauge!(BACK_END_IN_FLIGHT.name, "agency" => agency).set(count as f64);
        }
        for (agency, state) in self.breakers() {
            let number = match state {
                BreakerState::Closed => 0.0,
                BreakerState::HalfOpen => 1.0,
                BreakerState::Open => 2.0,
            };
            gauge!(BACK_END_BREAKER.name, "agency" => agency).set(number);
        }
    }

    /// The line to the back end of a service.
    fn line_of<'c>(&self, catalogue: &'c Catalogue, slug: &str) -> Result<(&'c Service, Arc<Line>), Problem> {
        let service = catalogue.service(slug).ok_or_else(trouble::no_such_service)?;
        let back_end = catalogue.back_end_of(service).ok_or_else(trouble::no_back_end)?;
        let key = (service.agency.clone(), back_end.clone());
        if let Some(line) = self.lines.get(&key).map(|line| Arc::clone(&line)) {
            return Ok((service, line));
        }
        let base = Base::of(&back_end.address)
            .ok_or_else(|| Problem::internal_error("the address of a back end in the catalogue is none"))?;
        let connector = Connector::new(
            base.clone(),
            Arc::clone(&self.policy),
            Arc::clone(&self.tls),
            back_end.connect_timeout,
        );
        // Whoever is still on the line of an earlier catalogue keeps it until the last byte.
        self.lines.retain(|(agency, back_end), _| is_in(catalogue, agency, back_end));
        let stop = self.stop.clone();
        let new = Line::new(key.0.clone(), key.1.clone(), base, connector, stop);
        let line = self.lines.entry(key).or_insert_with(|| Arc::new(new));
        Ok((service, Arc::clone(&line)))
    }
}

fn is_in(catalogue: &Catalogue, agency: &AgencyCode, back_end: &BackEnd) -> bool {
    let is_the_agencys =
        catalogue.agency(agency.as_str()).is_some_and(|known| known.back_end.as_ref() == Some(back_end));
    is_the_agencys
        || catalogue.services_of(agency.as_str()).any(|service| service.back_end.as_ref() == Some(back_end))
}

/// Any method on `/s/{slug}` and below.
async fn hand_on(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let (mut head, _, body) = request.into_stream();
    let routing = &app.routing;
    let slug = head.parameter("slug").to_owned();
    let (service, line) = routing
        .line_of(app.catalogue.current().catalogue(), &slug)
        .map(|(service, line)| (service.slug.clone(), line))?;
    check_request(routing, &head, body.as_ref())?;
    let target = line.base.of_request(head.uri()).map_err(trouble::target)?;
    let principal = principal_of(&app, &head)?;
    let mut in_flight = line.admit(Purpose::Request, &routing.all_lines).map_err(trouble::no_place)?;

    let prefix = format!("/s/{service}");
    let protocol = headers::wanted_protocol(head.headers());
    let switch = head.take_upgrade().zip(protocol);
    let mut outbound =
        outbound(routing, &line, &head, target, &prefix, switch.as_ref().map(|(_, it)| it), &body);
    if principal.is_some() {
        outbound.headers.remove(AUTHORIZATION);
    }
    let identity = Identity {
        agency: line.agency.as_str(),
        service: service.as_str(),
        request_id: Some(head.id()),
        client: Some(head.client()),
        principal: principal.as_deref(),
    };
    let token = routing.identity.sign(&identity, &outbound.method, &outbound.target, app.clock.now_micros());
    outbound.headers.insert(MALIPO_IDENTITY, token);

    let progress = Arc::new(Progress::new());
    let body = match body.filter(|body| !body.is_end_stream()) {
        Some(body) => OutboundBody::of_caller(body, line.back_end.idle_timeout, Arc::clone(&progress)),
        None => OutboundBody::empty(),
    };
    match exchange::send(&line, outbound, body, &progress).await {
        Ok(answer) => handed_back(routing, answer, in_flight, switch, &prefix),
        Err(failure) => {
            let (outcome, problem) = trouble::failure(&failure);
            in_flight.report(outcome);
            Err(problem)
        }
    }
}

/// Refuses what is not handed on whoever asks for it.
fn check_request(routing: &Routing, head: &RequestHead, body: Option<&Incoming>) -> Result<(), Problem> {
    // One would show the sender what we added, the other is no request for anything here.
    if matches!(*head.method(), Method::TRACE | Method::CONNECT) {
        let allow = HeaderValue::from_static("DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT");
        return Err(Problem::new(Code::MethodNotAllowed, "This method is not handed on.").allow(allow));
    }
    if headers::has_been_here(head.headers()) {
        return Err(trouble::goes_in_circles());
    }
    let length = body.map_or(0, |body| body.size_hint().exact().unwrap_or(u64::MAX));
    if length > routing.body_bytes_max {
        let most = routing.body_bytes_max;
        return Err(Problem::new(Code::BodyTooLarge, format!("At most {most} bytes of body are handed on."))
            .closing_connection());
    }
    Ok(())
}

/// The name of the key of ours that a caller shows, if it shows one. Such a key is for us and goes no further; any other
/// `Authorization` is between the caller and the agency.
fn principal_of(app: &App, head: &RequestHead) -> Result<Option<Arc<str>>, Problem> {
    let mut values = head.headers().get_all(AUTHORIZATION).iter();
    let Some(secret) = values.find_map(|value| KeySecret::parse(bearer(value)?).ok()) else {
        return Ok(None);
    };
    let mode = KeyMode::of(app.purpose);
    let key = app.books.readers().keys().find(&secret, app.now()).filter(|key| key.mode == mode);
    let key = key.ok_or_else(|| {
        Problem::new(Code::Unauthenticated, "The key that was shown is not in force.")
            .challenge(HeaderValue::from_static("Bearer"))
    })?;
    Ok(Some(Arc::clone(&key.id)))
}

fn bearer(value: &HeaderValue) -> Option<&str> {
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn outbound(
    routing: &Routing,
    line: &Line,
    head: &RequestHead,
    target: Uri,
    prefix: &str,
    protocol: Option<&HeaderValue>,
    body: &Option<Incoming>,
) -> Outbound {
    let caller = Caller {
        address: head.client(),
        request_id: head.id(),
        scheme: &routing.scheme,
        host: &routing.host,
        prefix,
    };
    // hyper has checked that the length is a number and that every copy of the header agrees.
    let length = head
        .headers()
        .contains_key(CONTENT_LENGTH)
        .then(|| body.as_ref().and_then(|body| body.size_hint().exact()))
        .flatten();
    let headers = headers::for_back_end(head.headers(), &line.base, &caller, protocol, length);
    Outbound { method: head.method().clone(), target, headers }
}

/// The answer of a back end, as the caller sees it.
fn handed_back(
    routing: &Routing,
    mut answer: hyper::Response<Incoming>,
    mut in_flight: InFlight,
    switch: Option<(OnUpgrade, HeaderValue)>,
    prefix: &str,
) -> Result<Response, Problem> {
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
        return switched(routing, answer, in_flight, switch, prefix);
    }
    in_flight.report(Outcome::Answered);
    let line = Arc::clone(&in_flight.line);
    headers::for_caller(answer.headers_mut(), &line.base, prefix);
    let (parts, body) = answer.into_parts();
    let body = AnswerBody::new(body, line.back_end.idle_timeout, in_flight);
    let mut response = Response::new(ResponseBody::streamed(body));
    *response.status_mut() = parts.status;
    *response.headers_mut() = parts.headers;
    Ok(response)
}

/// The answer of a back end that goes on in another protocol.
fn switched(
    routing: &Routing,
    mut answer: hyper::Response<Incoming>,
    mut in_flight: InFlight,
    switch: Option<(OnUpgrade, HeaderValue)>,
    prefix: &str,
) -> Result<Response, Problem> {
    let Some((caller, _)) = switch else {
        in_flight.report(Outcome::Failed);
        return Err(Problem::new(
            Code::BackEndFailed,
            "The agency's system changed to a protocol nobody asked for.",
        ));
    };
    in_flight.report(Outcome::Switched);
    let protocol = answer.headers().get(UPGRADE).cloned();
    let back_end = hyper::upgrade::on(&mut answer);
    headers::for_caller(answer.headers_mut(), &in_flight.line.base, prefix);
    let (parts, _) = answer.into_parts();
    let mut response = Response::new(ResponseBody::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    *response.headers_mut() = parts.headers;
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("upgrade"));
    if let Some(protocol) = protocol {
        response.headers_mut().insert(UPGRADE, protocol);
    }
    tokio::spawn(tunnel::run(Ends { caller, back_end }, in_flight, routing.stop.clone()));
    Ok(response)
}
