//! What a guard's browser reaches: the one page of the program at a gate.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use catalog::Language;
use hyper::Uri;
use hyper::header::HeaderValue;
use hyper::http::uri::Authority;
use tokio_util::sync::CancellationToken;

use super::attendant::{Attendant, GateError};
use super::judge::Judged;
use super::pass_desk;
use crate::away::away;
use crate::clock::Clock;
use crate::gates::signed::Moment;
use crate::http::application::Application;
use crate::http::hosts::Site;
use crate::http::origin::check_origin;
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;
use crate::http::request::{Request, RequestHead};
use crate::http::request_id::RequestId;
use crate::http::response::{self, Response};
use crate::http::router::{Route, RouteTableError, Routes};
use crate::pages::{gate_alone_page, gate_alone_style, gate_problem_page};

/// The program at a gate.
#[derive(Debug)]
pub struct Screen {
    attendant: Mutex<Attendant>,
    /// The name of the gate.
    gate: String,
    clock: Clock,
    stop: CancellationToken,
    is_broken: AtomicBool,
}

impl Screen {
    /// A program with this device. Cancels `stop` when its journal cannot be written.
    pub fn new(attendant: Attendant, clock: Clock, stop: CancellationToken) -> Self {
        let gate = attendant.terms().gate.clone();
        Self { attendant: Mutex::new(attendant), gate, clock, stop, is_broken: AtomicBool::new(false) }
    }

    /// The device. Whoever holds it keeps everybody waiting.
    pub fn attendant(&self) -> MutexGuard<'_, Attendant> {
        self.attendant.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The present moment of this device. Where the clock of the machine is before what the device has seen, time goes on from
    /// there.
    pub fn now(&self, attendant: &Attendant) -> Moment {
        if let Some(latest) = attendant.latest() {
            self.clock.go_on_from(latest.0, true);
        }
        attendant.not_before(self.clock.now_micros())
    }

    /// Writes down how late it is, if that was not done for a while.
    pub fn keep_time(&self) -> Result<(), GateError> {
        let mut attendant = self.attendant();
        let (now, is_doubted) = (self.now(&attendant), self.doubts_clock());
        attendant.keep_time(now, is_doubted).inspect_err(|error| self.failed(error))
    }

    /// Whether the clock of the machine is not believed.
    pub fn doubts_clock(&self) -> bool {
        self.clock.disbelief_micros().is_some()
    }

    /// The page, with what was found in what was shown, if anything was.
    fn page(&self, language: Language, found: Option<(&Judged, &str)>) -> Result<Response, Problem> {
        let attendant = self.attendant();
        let now = self.now(&attendant);
        gate_alone_page(&attendant, language, (now, self.doubts_clock()), found)
    }

    /// Whether it had to stop because its journal could not be written.
    pub fn is_broken(&self) -> bool {
        self.is_broken.load(Ordering::Acquire)
    }

    /// What was not kept has not happened: nobody is let in, and the program ends. What is on the disk is read at the next start.
    pub fn failed(&self, error: &GateError) {
        if matches!(error, GateError::Journal(_)) && !self.is_broken.swap(true, Ordering::AcqRel) {
            tracing::error!(%error, "What happens at this gate cannot be kept. Nobody is let in, and the program ends.");
            self.stop.cancel();
        }
    }
}

impl Application for Screen {
    type Access = ();
    type Principal = ();

    /// It is reached from this machine alone and under no name of another site, whatever that site's name resolves to; what another
    /// site makes a browser send is refused.
    fn authorize(&self, _rule: (), head: &RequestHead) -> Result<(), Problem> {
        if !head.header("host").is_some_and(names_this_machine) {
            return Err(Problem::new(
                Code::Forbidden,
                "This page is reached by the address of its own machine.",
            ));
        }
        check_origin(head, None)
    }

    /// A guard reads a page. The device itself may be busy, and is not asked.
    fn problem_page(&self, problem: &Problem, uri: &Uri, _: Site, _: &RequestId) -> Option<Response> {
        gate_problem_page(&self.gate, problem, uri.path())
    }
}

/// What was not kept has not happened.
pub(super) fn not_kept(error: &GateError) -> Problem {
    Problem::internal_error(error).user_message(
        "It could not be kept, so nobody was let in and no pass was issued. This program ends: start it again.",
        "Halikuweza kuhifadhiwa, kwa hivyo hakuna aliyeruhusiwa wala pasi iliyotolewa. Programu hii inaisha: ianzishe tena.",
    )
}

/// True if a Host is `localhost` or an address of the machine itself, with a port or without.
fn names_this_machine(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else { return false };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Everything that can be reached.
pub fn routes() -> Result<Routes<Screen>, RouteTableError> {
    let mut routes = vec![
        Route::get("/", "gate_front", (), front),
        Route::get("/style.css", "gate_style", (), style),
        Route::get("/{lang}/", "gate_show", (), show),
        Route::post("/{lang}/check", "gate_check", (), check),
        Route::post("/{lang}/let-in", "gate_let_in", (), let_in).runs_to_end(),
    ];
    routes.extend(pass_desk::routes());
    Routes::new(routes)
}

async fn front(_screen: Arc<Screen>, _request: Request<Screen>) -> Result<Response, Problem> {
    Ok(response::see_other(HeaderValue::from_static("/en/")))
}

async fn style(_screen: Arc<Screen>, _request: Request<Screen>) -> Result<Response, Problem> {
    Ok(gate_alone_style())
}

async fn show(screen: Arc<Screen>, request: Request<Screen>) -> Result<Response, Problem> {
    let language = language_of(&request)?;
    shown(screen, language).await
}

/// The page before anything is shown to it. Whoever has the device may be waiting for its disk, so nobody waits for them on a
/// thread that answers.
async fn shown(screen: Arc<Screen>, language: Language) -> Result<Response, Problem> {
    let page = away(move || screen.page(language, None));
    page.await.map_err(Problem::internal_error)?
}

async fn check(screen: Arc<Screen>, request: Request<Screen>) -> Result<Response, Problem> {
    answer(screen, request, |screen, shown| {
        let attendant = screen.attendant();
        Ok(attendant.look(shown, screen.now(&attendant)))
    })
    .await
}

async fn let_in(screen: Arc<Screen>, request: Request<Screen>) -> Result<Response, Problem> {
    answer(screen, request, |screen, shown| {
        let mut attendant = screen.attendant();
        let now = screen.now(&attendant);
        attendant.let_in(shown, now)
    })
    .await
}

/// The page with what `judge` makes of what was shown. It may wait for a disk.
async fn answer(
    screen: Arc<Screen>,
    request: Request<Screen>,
    judge: impl Fn(&Screen, &str) -> Result<Judged, GateError> + Send + 'static,
) -> Result<Response, Problem> {
    let language = language_of(&request)?;
    let form = request.form()?;
    let shown = form.get("q").unwrap_or_default().trim().to_owned();
    if shown.is_empty() {
        return self::shown(screen, language).await;
    }
    let page = away(move || {
        let judged = judge(&screen, &shown).map_err(|error| {
            screen.failed(&error);
            not_kept(&error)
        })?;
        screen.page(language, Some((&judged, &shown)))
    });
    page.await.map_err(Problem::internal_error)?
}

pub(super) fn language_of(request: &Request<Screen>) -> Result<Language, Problem> {
    let no_such = |_| Problem::new(Code::NotFound, "Pages begin with /en or /sw.");
    request.head.parameter("lang").parse().map_err(no_such)
}

#[cfg(test)]
mod tests {
    use super::names_this_machine;

    #[test]
    fn the_page_has_no_name_that_another_site_could_have() {
        for host in ["127.0.0.1:8090", "127.0.0.1", "localhost:8090", "LOCALHOST", "[::1]:8090"] {
            assert!(names_this_machine(host), "{host}");
        }
        for host in
            ["", "evil.example:8090", "localhost.evil.example", "10.0.0.1:8090", "127.0.0.1.evil.example"]
        {
            assert!(!names_this_machine(host), "{host}");
        }
    }
}
