//! One table of routes: method, path, who may call it, its limits, its handler.
//!
//! Everything the outside can reach is a row of the table, and a row cannot be written without its access rule. The
//! table can be walked, so the API description and the authorization matrix are made from it instead of beside it.
//! Matching is a radix tree's (`matchit`); the catalogue's services are data behind one pattern, never rows.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::Method;
use hyper::header::HeaderValue;

use super::admission::Lane;
use super::application::Application;
use super::body::BodyRule;
use super::hosts::Site;
use super::problem::Problem;
use super::problem_codes::Code;
use super::request::{PathParameters, Request};
use super::response::Response;
use super::route_metrics::RouteMetrics;

/// The most a JSON or form body may have unless its route says otherwise.
pub const BODY_BYTES_MAX: usize = 64 * 1024;
/// How long a request may take unless its route says otherwise: reading its body and running its handler.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// A handler's work, ready to run.
pub(super) type Work = Pin<Box<dyn Future<Output = Result<Response, Problem>> + Send>>;
type Handler<App> = Box<dyn Fn(Arc<App>, Request<App>) -> Work + Send + Sync>;

/// One row of the table.
pub struct Route<App: Application> {
    /// The method. A `GET` row also answers `HEAD`.
    pub method: Method,
    /// Whether it answers every other method as well.
    pub any_method: bool,
    /// The path, with `{name}` for one segment and `{*name}` for the rest, which is left as it came.
    pub pattern: &'static str,
    /// The route's name in metrics and logs: `bill_create`.
    pub name: &'static str,
    /// Under which name it is answered.
    pub site: Site,
    /// Who may call it.
    pub access: App::Access,
    /// What happens to the body.
    pub body: BodyRule,
    /// How long the request may take, from the end of its head to its answer.
    pub deadline: Duration,
    /// How it waits for a place.
    pub lane: Lane,
    /// Whether it is about money: its problems always say what happened to it.
    pub about_money: bool,
    /// Whether the work goes on when the caller hangs up. See [`crate::http::pipeline`].
    pub runs_to_end: bool,
    /// Whether successes are left out of the log at its usual level: another record holds each of them, or nobody will ever
    /// ask who read what everybody may read.
    pub quiet: bool,
    pub(super) handler: Handler<App>,
    pub(super) metrics: RouteMetrics,
}

impl<App: Application> Route<App> {
    /// A row for `GET` and `HEAD`: takes no body.
    pub fn get<H, F>(pattern: &'static str, name: &'static str, access: App::Access, handler: H) -> Self
    where
        H: Fn(Arc<App>, Request<App>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Response, Problem>> + Send + 'static,
    {
        Self::new(Method::GET, pattern, name, access, handler).body(BodyRule::Absent)
    }

    /// A row for `POST`.
    pub fn post<H, F>(pattern: &'static str, name: &'static str, access: App::Access, handler: H) -> Self
    where
        H: Fn(Arc<App>, Request<App>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Response, Problem>> + Send + 'static,
    {
        Self::new(Method::POST, pattern, name, access, handler)
    }

    /// A row for whatever method there is: what it means is for the handler to know, or for somebody behind it.
    pub fn any<H, F>(pattern: &'static str, name: &'static str, access: App::Access, handler: H) -> Self
    where
        H: Fn(Arc<App>, Request<App>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Response, Problem>> + Send + 'static,
    {
        let mut route = Self::new(Method::GET, pattern, name, access, handler);
        route.any_method = true;
        route.metrics = RouteMetrics::of_any_method(name);
        route
    }

    /// A row for one method. The body may have [`BODY_BYTES_MAX`] bytes and the request takes at most [`DEADLINE`],
    /// unless the row goes on to say otherwise.
    pub fn new<H, F>(
        method: Method,
        pattern: &'static str,
        name: &'static str,
        access: App::Access,
        handler: H,
    ) -> Self
    where
        H: Fn(Arc<App>, Request<App>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<Response, Problem>> + Send + 'static,
    {
        Self {
            metrics: RouteMetrics::new(name, &method),
            method,
            any_method: false,
            pattern,
            name,
            site: Site::Ours,
            access,
            body: BodyRule::Whole { bytes_max: BODY_BYTES_MAX },
            deadline: DEADLINE,
            lane: Lane::Other,
            about_money: false,
            runs_to_end: false,
            quiet: false,
            handler: Box::new(move |app, request| Box::pin(handler(app, request))),
        }
    }

    /// It is answered under the name of the systems of agencies.
    #[must_use]
    pub fn of_agencies(mut self) -> Self {
        self.site = Site::Agencies;
        self
    }

    /// What happens to the body.
    #[must_use]
    pub fn body(mut self, rule: BodyRule) -> Self {
        self.body = rule;
        self
    }

    /// How long the request may take.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// How the request waits for a place.
    #[must_use]
    pub fn lane(mut self, lane: Lane) -> Self {
        self.lane = lane;
        self
    }

    /// The route is about money: its problems always say what happened to it.
    #[must_use]
    pub fn about_money(mut self) -> Self {
        self.about_money = true;
        self
    }

    /// The work goes on when the caller hangs up. See [`crate::http::pipeline`].
    #[must_use]
    pub fn runs_to_end(mut self) -> Self {
        self.runs_to_end = true;
        self
    }

    /// Successes are logged at `debug` only, and no span is made: a line may cost more than the answer.
    #[must_use]
    pub fn quiet(mut self) -> Self {
        self.quiet = true;
        self
    }
}

/// The whole table of one listener.
pub struct Routes<App: Application> {
    routes: Vec<Route<App>>,
    paths: Vec<Path>,
    tree: matchit::Router<usize>,
}

/// What is known about one pattern, whatever the method.
struct Path {
    pattern: &'static str,
    parameter_names: Arc<[Box<str>]>,
    rows: Vec<usize>,
    allow: HeaderValue,
}

/// Why a table is not one. Found when the process starts, by any test that builds the table.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RouteTableError {
    /// Two rows for the same method and path.
    #[error("{method} {pattern} has two rows")]
    TwoRows {
        /// The method.
        method: Method,
        /// The path.
        pattern: &'static str,
    },
    /// Two rows use one name, so their metrics would be added up.
    #[error("two rows are named {0}")]
    TwoNames(&'static str),
    /// The pattern is not one, or clashes with another.
    #[error("pattern {pattern}: {reason}")]
    BadPattern {
        /// The path.
        pattern: &'static str,
        /// What the router says.
        reason: String,
    },
}

/// A request's row, and what its path said.
pub(super) struct Matched<'r, App: Application> {
    pub(super) route: &'r Route<App>,
    pub(super) parameters: PathParameters,
}

impl<App: Application> Routes<App> {
    /// Checks the rows and makes them a table.
    pub fn new(routes: Vec<Route<App>>) -> Result<Self, RouteTableError> {
        let mut paths: Vec<Path> = Vec::new();
        let mut tree = matchit::Router::new();
        for (row, route) in routes.iter().enumerate() {
            if routes[..row].iter().any(|earlier| earlier.name == route.name) {
                return Err(RouteTableError::TwoNames(route.name));
            }
            match paths.iter_mut().find(|path| path.pattern == route.pattern) {
                Some(path) => {
                    if path.rows.iter().any(|other| routes[*other].method == route.method) {
                        let (method, pattern) = (route.method.clone(), route.pattern);
                        return Err(RouteTableError::TwoRows { method, pattern });
                    }
                    path.rows.push(row);
                }
                None => {
                    tree.insert(route.pattern, paths.len()).map_err(|error| RouteTableError::BadPattern {
                        pattern: route.pattern,
                        reason: error.to_string(),
                    })?;
                    paths.push(Path {
                        pattern: route.pattern,
                        parameter_names: parameter_names(route.pattern),
                        rows: vec![row],
                        allow: HeaderValue::from_static(""),
                    });
                }
            }
        }
        for path in &mut paths {
            path.allow = allowed_methods(path.rows.iter().map(|row| &routes[*row].method));
        }
        Ok(Self { routes, paths, tree })
    }

    /// Every row, in the order given.
    pub fn iter(&self) -> impl Iterator<Item = &Route<App>> {
        self.routes.iter()
    }

    /// The row for this method and path, or the problem to answer with.
    pub(super) fn find(&self, method: &Method, path: &str) -> Result<Matched<'_, App>, Problem> {
        let Ok(found) = self.tree.at(path) else {
            return Err(Problem::new(Code::NotFound, "No such address."));
        };
        let known = &self.paths[*found.value];
        let row_for = |wanted: &Method| {
            known.rows.iter().map(|row| &self.routes[*row]).find(|route| route.method == *wanted)
        };
        let route = row_for(method)
            .or_else(|| if method == Method::HEAD { row_for(&Method::GET) } else { None })
            .or_else(|| known.rows.iter().map(|row| &self.routes[*row]).find(|route| route.any_method))
            .ok_or_else(|| {
                Problem::new(Code::MethodNotAllowed, "See Allow for the methods of this address.")
                    .allow(known.allow.clone())
            })?;
        let values = found.params.iter().map(|(_, value)| value);
        let parameters = PathParameters::resolve(&known.parameter_names, values)?;
        Ok(Matched { route, parameters })
    }
}

/// The names in a pattern, in order: the order in which the router reports their values. That of the rest keeps its star.
fn parameter_names(pattern: &str) -> Arc<[Box<str>]> {
    pattern.split('{').skip(1).filter_map(|part| part.split('}').next()).map(Into::into).collect()
}

fn allowed_methods<'m>(methods: impl Iterator<Item = &'m Method>) -> HeaderValue {
    let mut names: Vec<&str> = methods.map(Method::as_str).collect();
    if names.contains(&"GET") && !names.contains(&"HEAD") {
        names.push("HEAD");
    }
    names.sort_unstable();
    HeaderValue::from_str(&names.join(", ")).expect("methods are tokens")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::request::RequestHead;
    use crate::http::response;

    struct NoApp;
    impl Application for NoApp {
        type Access = ();
        type Principal = ();
        fn authorize(&self, _rule: (), _head: &RequestHead) -> Result<(), Problem> {
            Ok(())
        }
    }

    async fn nothing(_app: Arc<NoApp>, _request: Request<NoApp>) -> Result<Response, Problem> {
        Ok(response::no_content())
    }

    fn table() -> Routes<NoApp> {
        Routes::new(vec![
            Route::get("/v1/bills/{id}", "bill_show", (), nothing),
            Route::post("/v1/bills", "bill_create", (), nothing).about_money(),
            Route::get("/v1/bills", "bill_list", (), nothing),
            Route::post("/cb/{token}/stk/{attempt}", "callback_prompt", (), nothing),
            Route::any("/s/{slug}/{*rest}", "back_end", (), nothing),
        ])
        .unwrap()
    }

    #[test]
    fn a_path_finds_its_row_and_its_parts() {
        let table = table();
        let found = table.find(&Method::POST, "/cb/k%33y/stk/att_1").unwrap();
        assert_eq!(found.route.name, "callback_prompt");
        assert_eq!(found.parameters.get("token"), Some("k3y"));
        assert_eq!(found.parameters.get("attempt"), Some("att_1"));
        assert_eq!(found.parameters.get("other"), None);
        let found = table.find(&Method::GET, "/s/kra-pin/apply/step%2F2").unwrap();
        assert_eq!(found.parameters.get("slug"), Some("kra-pin"));
        assert_eq!(found.parameters.get("*rest"), Some("apply/step%2F2"), "it is somebody else's to resolve");
        for method in ["HEAD", "POST", "OPTIONS", "PROPFIND"] {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            assert_eq!(table.find(&method, "/s/kra-pin/%ff").unwrap().route.name, "back_end");
        }
        assert_eq!(table.find(&Method::HEAD, "/v1/bills/bil_1").unwrap().route.name, "bill_show");
    }

    #[test]
    fn what_is_not_there_is_told_apart_from_what_is_used_wrongly() {
        let table = table();
        let code = |method: Method, path| table.find(&method, path).err().map(|problem| problem.code());
        assert_eq!(code(Method::GET, "/v1/bill"), Some(Code::NotFound));
        assert_eq!(code(Method::GET, "/v1/bills/"), Some(Code::NotFound));
        assert_eq!(code(Method::GET, "/v1/bills/%ff"), Some(Code::NotFound));
        assert_eq!(code(Method::DELETE, "/v1/bills"), Some(Code::MethodNotAllowed));
        let problem = table.find(&Method::DELETE, "/v1/bills").err().unwrap();
        let mut response = response::no_content();
        problem.add_headers(&mut response);
        assert_eq!(response.headers()["allow"], "GET, HEAD, POST");
    }

    #[test]
    fn a_table_with_a_doubt_in_it_is_refused() {
        let two = |first: (&'static str, &'static str), second: (&'static str, &'static str)| {
            Routes::new(vec![
                Route::get(first.0, first.1, (), nothing),
                Route::get(second.0, second.1, (), nothing),
            ])
            .err()
        };
        assert!(matches!(two(("/a", "a"), ("/a", "b")), Some(RouteTableError::TwoRows { .. })));
        assert!(matches!(two(("/a", "a"), ("/b", "a")), Some(RouteTableError::TwoNames("a"))));
        assert!(matches!(two(("/a/{x}", "a"), ("/a/{y}", "b")), Some(RouteTableError::BadPattern { .. })));
        assert_eq!(two(("/a", "a"), ("/b", "b")), None);
    }

    #[test]
    fn the_table_can_be_walked() {
        let names: Vec<_> = table().iter().map(|route| (route.name, route.about_money)).collect();
        assert!(names.contains(&("bill_create", true)) && names.contains(&("bill_list", false)));
    }
}
