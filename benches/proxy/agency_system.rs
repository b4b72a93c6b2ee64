//! The own system of an agency, as fast as there is one: hyper, which answers `…/bytes/N` with so many bytes.

use std::net::SocketAddr;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Request, Response};
use serde_json::{Value, json};

use crate::bare_hyper;

/// The most that is asked for.
const BYTES_MAX: usize = 10_000_000;
/// As many as any crowd here has connections.
const IN_FLIGHT_MAX: u32 = 256;
const AGENCY: &str = "KRA";

/// Serves until the process is killed.
pub(crate) fn serve() {
    let everything = Bytes::from(vec![b'x'; BYTES_MAX]);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    bare_hyper::serve(&runtime, move |request: Request<_>| {
        let bytes: Option<usize> =
            request.uri().path().rsplit('/').next().and_then(|count| count.parse().ok());
        let body = everything.slice(..bytes.unwrap_or(0).min(BYTES_MAX));
        async move {
            let mut response = Response::new(Full::new(body));
            let content_type = HeaderValue::from_static("application/octet-stream");
            response.headers_mut().insert(CONTENT_TYPE, content_type);
            response
        }
    });
}

/// The catalogue that comes with the product, in which an agency has its system at this address.
pub(crate) fn catalogue_with(system: SocketAddr) -> String {
    let document = catalog::Catalogue::embedded().to_json();
    let mut document: Value = serde_json::from_slice(&document).expect("a catalogue is JSON");
    let agencies = document["agencies"].as_array_mut().expect("a catalogue has agencies");
    let agency = agencies.iter_mut().find(|agency| agency["code"] == AGENCY).expect("the agency is known");
    agency["back_end"] = json!({"address": format!("http://{system}"), "in_flight_max": IN_FLIGHT_MAX});
    document.to_string()
}
