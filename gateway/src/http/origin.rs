//! Whether what a browser sends comes from a page of ours. Browsers say where a form comes from; whoever does not say it is
//! no browser, and has no session that another site could use.

use hyper::Method;

use super::problem::Problem;
use super::problem_codes::Code;
use super::request::RequestHead;

/// Refuses what another site makes a browser send. Pages of ours are those of the host that is asked, and of `public_url` where
/// it has an address of its own.
pub(crate) fn check_origin(head: &RequestHead, public_url: Option<&str>) -> Result<(), Problem> {
    if matches!(*head.method(), Method::GET | Method::HEAD) {
        return Ok(());
    }
    let is_ours = match (head.header("sec-fetch-site"), head.headers().get("origin")) {
        (Some(site), _) => site == "same-origin",
        (None, None) => true,
        (None, Some(origin)) => origin.to_str().is_ok_and(|origin| {
            let host = head
                .header("host")
                .map(|host| origin == format!("http://{host}") || origin == format!("https://{host}"));
            public_url == Some(origin) || host.unwrap_or(false)
        }),
    };
    if is_ours { Ok(()) } else { Err(Problem::new(Code::Forbidden, "This form was sent by another site.")) }
}
