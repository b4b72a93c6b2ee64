//! The duration histogram of one route, one handle per status code.
//!
//! Finding a metric by its labels costs a hash and an allocation, too much for every request. A route therefore keeps
//! the handles of the statuses it has answered with.

use std::sync::OnceLock;
use std::time::Duration;

use hyper::{Method, StatusCode};
use metrics::{Histogram, histogram};

use crate::telemetry::metrics::HTTP_REQUEST_DURATION_SECONDS;

/// The statuses that get a handle of their own; any other is looked up each time.
const STATUSES: [u16; 24] = [
    200, 201, 202, 204, 206, 301, 303, 304, 400, 401, 403, 404, 405, 408, 409, 412, 413, 415, 422, 429, 500,
    502, 503, 504,
];

/// The histogram handles of one route.
pub(super) struct RouteMetrics {
    route: &'static str,
    method: String,
    by_status: [OnceLock<Histogram>; STATUSES.len()],
}

impl RouteMetrics {
    pub(super) fn new(route: &'static str, method: &Method) -> Self {
        Self { route, method: method.as_str().to_owned(), by_status: Default::default() }
    }

    /// Those of a route that takes every method: strangers invent methods, and a label has few values.
    pub(super) fn of_any_method(route: &'static str) -> Self {
        Self { route, method: "any".to_owned(), by_status: Default::default() }
    }

    /// Notes that a request was answered with this status after this time.
    pub(super) fn answered(&self, status: StatusCode, took: Duration) {
        match STATUSES.binary_search(&status.as_u16()) {
            Ok(index) => self.by_status[index].get_or_init(|| self.handle(status)).record(took),
            Err(_) => self.handle(status).record(took),
        }
    }

    fn handle(&self, status: StatusCode) -> Histogram {
        histogram!(
            HTTP_REQUEST_DURATION_SECONDS.name,
            "route" => self.route,
            "method" => self.method.clone(),
            "code" => status.as_str().to_owned(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_statuses_are_sorted_as_the_search_needs() {
        assert!(STATUSES.is_sorted());
    }
}
