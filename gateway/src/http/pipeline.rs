//! The life of a request, from its head to its answer. [`Pipeline::answer`] reads like it runs:
//!
//! 1. name the request, and learn who is calling (only a listed proxy may tell us);
//! 2. refuse what is framed so that two readers could disagree about it;
//! 3. find its route, and that it is asked for under the right name; 4. check the route's access rule; 5. refuse or read its
//!    body;
//! 6. take a place, or be turned away; 7. run its handler within the route's deadline;
//! 8. turn an error into an answer; 9. measure it and write one line about it.
//!
//! Places are for work of ours: a caller who is slow with the body holds a connection, of which there are many more,
//! and nobody else's place. What bodies can take of memory is the number of connections times the most that a route
//! reads.
//!
//! # When the caller hangs up
//!
//! hyper drops a request's future when its connection ends. For most routes that is right: nobody waits for the
//! answer. For a route that is marked [`runs_to_end`](super::router::Route::runs_to_end), dropping would stop work
//! half way, so its handler runs in a task of its own: the caller may leave, or the deadline may pass, and the work
//! goes on. A route whose handler hands one command to the sequencer and waits for the answer needs no such task: the
//! command cannot be taken back once handed over, and before that nothing has happened.
//!
//! # Personal data
//!
//! No log line here holds a query, a body, a path (only the route's name) or a header of the caller's. The caller's
//! address is in the lines about refusals and failures, where it is needed to act, and in no other.

use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use hyper::body::Incoming;
use hyper::header::{ACCEPT, CONNECTION, HOST, HeaderName, HeaderValue, TRANSFER_ENCODING};
use hyper::{HeaderMap, Method, Uri, Version};
use metrics::counter;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use super::admission::{Lane, Place, Places};
use super::application::Application;
use super::body::{self, BodyRule};
use super::client_address::TrustedProxies;
use super::hosts::{Hosts, Site};
use super::problem::{MoneyMoved, Problem};
use super::problem_codes::Code;
use super::request::{Request, RequestBody, RequestHead};
use super::request_id::{RequestId, RequestIds};
use super::response::Response;
use super::route_metrics::RouteMetrics;
use super::router::{Matched, Route, Routes, Work};
use crate::limits::LogLimit;
use crate::server::{Peer, Service};
use crate::telemetry::metrics::HTTP_REQUESTS_ABANDONED_TOTAL;

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// Rules of one listener's pipeline.
#[derive(Clone, Debug)]
pub struct PipelineRules {
    /// The listener's name in metrics and logs: `public`, `callback`, `admin`.
    pub listener: &'static str,
    /// Requests served at a time.
    pub requests_max: usize,
    /// The longest a body may take to arrive. A route's deadline bounds it further.
    pub body_deadline: Duration,
    /// Whose word about the client's address and the request's id is taken.
    pub trusted_proxies: TrustedProxies,
    /// What to do with `Transfer-Encoding`.
    pub chunked: ChunkedBodies,
    /// The names that it is reached under, where it matters which.
    pub hosts: Option<Hosts>,
}

/// What a listener does with a request that uses `Transfer-Encoding: chunked`.
///
/// hyper reads such a body by its chunks, drops any `Content-Length` that stands beside it without a trace, and
/// closes the connection when both were there. Refusing the header altogether is therefore the only way to refuse
/// the pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChunkedBodies {
    /// Refuse it: 400, and the connection ends.
    Refused,
    /// Read it, answer, and end the connection, so that whatever follows is never taken for a request. For callbacks:
    /// money that has moved is accepted, however it is framed.
    TakenThenClosed,
}

/// Answers the requests of one listener by one table of routes.
pub struct Pipeline<App: Application> {
    app: Arc<App>,
    routes: Arc<Routes<App>>,
    rules: PipelineRules,
    places: Places,
    ids: RequestIds,
    running_to_end: TaskTracker,
    refusals: LogLimit,
    /// Where requests that match no route are measured.
    unrouted: RouteMetrics,
}

/// What the end of a request needs to know about it.
struct About<'r, App: Application> {
    id: RequestId,
    client: IpAddr,
    started: Instant,
    route: Option<&'r Route<App>>,
    /// Where a browser was going, for the page of a problem. `None` when the caller does not ask for HTML.
    browser_at: Option<Uri>,
    /// Under which name it was asked for.
    site: Site,
    /// Whether this is the last answer of its connection.
    closes: bool,
}

impl<App: Application> Pipeline<App> {
    /// A pipeline that answers by this table and these rules.
    pub fn new(app: Arc<App>, routes: Arc<Routes<App>>, rules: PipelineRules) -> Self {
        Self {
            app,
            routes,
            places: Places::new(rules.listener, rules.requests_max),
            rules,
            ids: RequestIds::new(),
            running_to_end: TaskTracker::new(),
            refusals: LogLimit::new(),
            unrouted: RouteMetrics::new("unrouted", &Method::GET),
        }
    }

    async fn answer_request(&self, request: hyper::Request<Incoming>, peer: Peer) -> Response {
        let (parts, body) = request.into_parts();
        let mut about = self.about(&parts, peer);
        let waiting = CallerWaits { listener: self.rules.listener, answered: false };
        let outcome = self.pass(parts, body, peer, &mut about).await;
        waiting.got_an_answer();
        self.finish(outcome, &about)
    }

    /// Stage 1: the request's name, its caller, and what a problem page would need.
    fn about(&self, parts: &hyper::http::request::Parts, peer: Peer) -> About<'_, App> {
        let address = peer.address.ip();
        let given = parts.headers.get(&REQUEST_ID).filter(|_| self.rules.trusted_proxies.trust(address));
        About {
            id: given.and_then(RequestId::given).unwrap_or_else(|| self.ids.next()),
            client: self.rules.trusted_proxies.client_address(address, &parts.headers),
            started: Instant::now(),
            route: None,
            browser_at: asks_for_html(&parts.headers).then(|| parts.uri.clone()),
            site: Site::Ours,
            closes: false,
        }
    }

    /// Stages 2 to 7. Whatever stops the request here is a problem.
    async fn pass<'s>(
        &'s self,
        parts: hyper::http::request::Parts,
        body: Incoming,
        peer: Peer,
        about: &mut About<'s, App>,
    ) -> Result<Response, Problem> {
        self.check_framing(&parts, about)?;
        let found = self.routes.find(&parts.method, parts.uri.path());
        if let Some(hosts) = &self.rules.hosts {
            // What is nowhere is ours to say.
            let belongs_to = found.as_ref().map_or(Site::Ours, |matched| matched.route.site);
            about.site = hosts.asked(&parts)?;
            if about.site != belongs_to {
                return hosts.moved(&parts, belongs_to);
            }
        }
        let Matched { route, parameters } = found?;
        about.route = Some(route);
        let deadline = about.started + route.deadline;
        let head =
            RequestHead { parts, parameters, client: about.client, id: about.id, over_tls: peer.over_tls };

        let before_the_handler = async {
            let principal = self.app.authorize(route.access, &head)?;
            let body = self.take_body(route, &head, body, deadline).await?;
            let place = self.places.admit(route.lane).await?;
            Ok((place, principal, body))
        };
        let (place, principal, body) = before_the_handler.await.map_err(|problem: Problem| {
            // Who tells of money that has moved is not told that it has not.
            let is_news = matches!(route.lane, Lane::MoneyIn { .. });
            said_about_money(route, problem, if is_news { MoneyMoved::Unknown } else { MoneyMoved::No })
        })?;

        let work = (route.handler)(Arc::clone(&self.app), Request { head, principal, body });
        self.run(route, about.id, work, place, deadline).await.map_err(|problem| {
            // What the caller has to change has had no effect; what went wrong with us may have had one.
            let is_callers = problem.status().is_client_error();
            said_about_money(route, problem, if is_callers { MoneyMoved::No } else { MoneyMoved::Unknown })
        })
    }

    /// Stage 2: a request that two readers could cut differently is not answered with anything but a refusal.
    fn check_framing(
        &self,
        parts: &hyper::http::request::Parts,
        about: &mut About<'_, App>,
    ) -> Result<(), Problem> {
        if parts.headers.contains_key(TRANSFER_ENCODING) {
            about.closes = true;
            if self.rules.chunked == ChunkedBodies::Refused {
                let detail = "Transfer-Encoding is not taken here; send Content-Length.";
                return Err(Problem::new(Code::FramingRefused, detail).closing_connection());
            }
            let mut codings = parts.headers.get_all(TRANSFER_ENCODING).iter();
            let is_chunked =
                codings.next().is_some_and(|only| only.as_bytes().eq_ignore_ascii_case(b"chunked"));
            if !is_chunked || codings.next().is_some() {
                let detail = "Of Transfer-Encoding, only chunked is taken.";
                return Err(Problem::new(Code::FramingRefused, detail).closing_connection());
            }
        }
        let hosts = parts.headers.get_all(HOST).iter().count();
        if hosts > 1 || (hosts == 0 && parts.version == Version::HTTP_11) {
            let detail = "A request names its host once.";
            return Err(Problem::new(Code::FramingRefused, detail).closing_connection());
        }
        Ok(())
    }

    /// Stage 5: the body as the route wants it.
    async fn take_body(
        &self,
        route: &Route<App>,
        head: &RequestHead,
        body: Incoming,
        deadline: Instant,
    ) -> Result<RequestBody, Problem> {
        body::check_head(route.body, head.headers(), &body)?;
        let bytes_max = match route.body {
            BodyRule::Streamed => return Ok(RequestBody::Streamed(body)),
            BodyRule::Absent => return Ok(RequestBody::Whole(bytes::Bytes::new())),
            BodyRule::Whole { bytes_max } => bytes_max,
        };
        let until = deadline.min(Instant::now() + self.rules.body_deadline);
        match tokio::time::timeout_at(until.into(), body::read_whole(body, bytes_max)).await {
            Ok(whole) => whole.map(RequestBody::Whole),
            Err(_) => {
                Err(Problem::new(Code::BodyTooSlow, "The body did not arrive in time.").closing_connection())
            }
        }
    }

    /// Stage 7: the handler, until it answers, panics, or its time is up.
    async fn run(
        &self,
        route: &Route<App>,
        id: RequestId,
        work: Work,
        place: Place,
        deadline: Instant,
    ) -> Result<Response, Problem> {
        // A span per request would cost more than a whole callback may, so quiet routes have none.
        let work: Work = if route.quiet {
            work
        } else {
            Box::pin(work.instrument(tracing::info_span!("request", request_id = %id, route = route.name)))
        };
        let mut guarded = Guarded { work, _place: place };
        let late = |what_now| Problem::new(Code::DeadlineExceeded, what_now);
        if route.runs_to_end {
            let task = self.running_to_end.spawn(guarded);
            match tokio::time::timeout_at(deadline.into(), task).await {
                Ok(joined) => joined.unwrap_or_else(|ended| Err(Problem::internal_error(ended))),
                Err(_) => Err(late("The answer was not ready in time. The work goes on.")),
            }
        } else {
            // Most answers are in memory and there at once: no timer is made for them.
            let at_once = poll_fn(|context| Poll::Ready(Pin::new(&mut guarded).poll(context))).await;
            if let Poll::Ready(answered) = at_once {
                return answered;
            }
            tokio::time::timeout_at(deadline.into(), guarded)
                .await
                .unwrap_or_else(|_| Err(late("The answer was not ready in time. The work was given up.")))
        }
    }

    /// Stages 8 and 9: the answer, its measure, and its line in the log.
    fn finish(&self, outcome: Result<Response, Problem>, about: &About<'_, App>) -> Response {
        let (mut response, problem) = match outcome {
            Ok(response) => (response, None),
            Err(problem) => (self.problem_response(&problem, about), Some(problem)),
        };
        let headers = response.headers_mut();
        headers.insert(REQUEST_ID, about.id.header_value());
        if about.closes {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        let took = about.started.elapsed();
        about.route.map_or(&self.unrouted, |route| &route.metrics).answered(response.status(), took);
        self.log(&response, problem.as_ref(), about, took);
        response
    }

    fn problem_response(&self, problem: &Problem, about: &About<'_, App>) -> Response {
        let page = about
            .browser_at
            .as_ref()
            .and_then(|uri| self.app.problem_page(problem, uri, about.site, &about.id));
        match page {
            Some(mut page) => {
                *page.status_mut() = problem.status();
                problem.add_headers(&mut page);
                page
            }
            None => problem.to_response(&about.id),
        }
    }

    fn log(&self, response: &Response, problem: Option<&Problem>, about: &About<'_, App>, took: Duration) {
        let (listener, route) = (self.rules.listener, about.route.map_or("unrouted", |route| route.name));
        let (code, took_us) = (response.status().as_u16(), took.as_micros() as u64);
        let (request_id, client) = (&about.id, &about.client);
        match problem {
            // Under pressure there are thousands of these, and a metric counts them.
            Some(problem)
                if matches!(problem.code(), Code::Overloaded | Code::BackEndBusy | Code::BackEndPaused) =>
            {
                tracing::debug!(listener, route, code, took_us, %request_id, %client, ?problem, "turned away");
            }
            // While a way to pay is down this is the right answer to whoever asks for it: nothing of ours has failed.
            Some(problem) if code >= 500 && !is_of_a_channel(problem.code()) => {
                tracing::error!(listener, route, code, took_us, %request_id, %client, ?problem, "failed");
            }
            // Strangers can cause any number of these, and a metric counts them all.
            Some(problem) if !self.refusals.has_room() => {
                tracing::debug!(listener, route, code, took_us, %request_id, %client, ?problem, "refused");
            }
            Some(problem) => {
                tracing::info!(listener, route, code, took_us, %request_id, %client, ?problem, "refused");
            }
            None if about.route.is_some_and(|route| route.quiet) => {
                tracing::debug!(listener, route, code, took_us, %request_id, "answered");
            }
            None => tracing::info!(listener, route, code, took_us, %request_id, "answered"),
        }
    }
}

/// Whether it says of a way to pay that it cannot be used now.
const fn is_of_a_channel(code: Code) -> bool {
    matches!(code, Code::ChannelUnavailable | Code::ChannelDown)
}

impl<App: Application> Service for Pipeline<App> {
    fn answer(&self, request: hyper::Request<Incoming>, peer: Peer) -> impl Future<Output = Response> + Send {
        self.answer_request(request, peer)
    }

    async fn settled(&self) {
        self.running_to_end.close();
        self.running_to_end.wait().await;
    }
}

/// On a route about money, every problem says what happened to the money.
fn said_about_money<App: Application>(route: &Route<App>, problem: Problem, moved: MoneyMoved) -> Problem {
    if route.about_money { problem.money_moved_if_unsaid(moved) } else { problem }
}

/// Whether the caller would rather see a page: browsers say so, programs do not.
fn asks_for_html(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).is_some_and(|accept| accept.as_bytes().starts_with(b"text/html"))
}

/// A handler's work together with the place it takes up. A panic in it becomes a problem: it is one request's
/// misfortune, and neither its connection's nor the process's.
struct Guarded {
    work: Work,
    _place: Place,
}

impl Future for Guarded {
    type Output = Result<Response, Problem>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        // The work is dropped right after a panic and its shared state is the application's, which keeps money in the
        // sequencer; nothing half-changed is looked at again.
        std::panic::catch_unwind(AssertUnwindSafe(|| self.work.as_mut().poll(context))).unwrap_or_else(|_| {
            // The panic hook has logged where it happened.
            Poll::Ready(Err(Problem::internal_error("the handler panicked")))
        })
    }
}

/// Notices when a request's future is dropped before it has an answer: the caller hung up.
struct CallerWaits {
    listener: &'static str,
    answered: bool,
}

impl CallerWaits {
    fn got_an_answer(mut self) {
        self.answered = true;
    }
}

impl Drop for CallerWaits {
    fn drop(&mut self) {
        if !self.answered {
            counter!(HTTP_REQUESTS_ABANDONED_TOTAL.name, "listener" => self.listener).increment(1);
        }
    }
}
