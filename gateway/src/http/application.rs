//! What the serving half asks of the application behind it. It knows routes, not money; this is where both meet.

use hyper::Uri;

use super::hosts::Site;
use super::problem::Problem;
use super::request::RequestHead;
use super::request_id::RequestId;
use super::response::Response;

/// The application whose handlers a route table names.
pub trait Application: Send + Sync + Sized + 'static {
    /// The rule each route must state: who may call it. A value per route, compared in the authorization matrix.
    type Access: Copy + std::fmt::Debug + PartialEq + Send + Sync + 'static;

    /// Who a caller turned out to be.
    type Principal: Send + 'static;

    /// Decides whether this caller may use a route with this rule, and who it is. Runs before the body is read, so
    /// that strangers cannot make us read. Must not block: it looks in memory.
    fn authorize(&self, rule: Self::Access, head: &RequestHead) -> Result<Self::Principal, Problem>;

    /// A page for a problem, asked for when the caller is a person with a browser. `None` answers in problem+json.
    /// The pipeline adds the problem's status and headers. `site` is the name that it was asked for under.
    fn problem_page(
        &self,
        problem: &Problem,
        uri: &Uri,
        site: Site,
        request_id: &RequestId,
    ) -> Option<Response> {
        let _ = (problem, uri, site, request_id);
        None
    }
}
