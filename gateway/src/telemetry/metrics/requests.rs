//! What people and systems ask of us, and the process that answers.

use super::{Kind, Metric};

/// Time from a request's head being read to its response being ready to write.
pub const HTTP_REQUEST_DURATION_SECONDS: Metric = Metric {
    name: "malipo_http_request_duration_seconds",
    kind: Kind::Histogram,
    unit: metrics::Unit::Seconds,
    labels: &["route", "method", "code"],
    about: "Time from a request's head being read to its response being ready to write.",
};

/// Tries of people to sign in.
pub const STAFF_SIGN_INS_TOTAL: Metric = Metric {
    name: "malipo_staff_sign_ins_total",
    kind: Kind::Counter,
    unit: metrics::Unit::Count,
    labels: &["outcome"],
    about: "Tries of people to sign in: in, or wrong; through an identity provider provider_in, provider_again, \
            provider_denied, provider_trouble, provider_not_believed, provider_no_second_factor, provider_no_account.",
};

/// People who are signed in.
pub const STAFF_SESSIONS: Metric = Metric {
    name: "malipo_staff_sessions",
    kind: Kind::Gauge,
    unit: metrics::Unit::Count,
    labels: &[],
    about: "Sessions of people who are signed in.",
};

/// Requests turned away at once because every place was taken.
pub const HTTP_REQUESTS_SHED_TOTAL: Metric = Metric {
    name: "malipo_http_requests_shed_total",
    kind: Kind::Counter,
    unit: metrics::Unit::Count,
    labels: &["listener", "lane"],
    about: "Requests answered 503 because every place for a request was taken.",
};

/// Requests whose caller hung up before the answer was ready.
pub const HTTP_REQUESTS_ABANDONED_TOTAL: Metric = Metric {
    name: "malipo_http_requests_abandoned_total",
    kind: Kind::Counter,
    unit: metrics::Unit::Count,
    labels: &["listener"],
    about: "Requests whose caller hung up before the answer was ready.",
};

/// Connections open now.
pub const CONNECTIONS_OPEN: Metric = Metric {
    name: "malipo_connections_open",
    kind: Kind::Gauge,
    unit: metrics::Unit::Count,
    labels: &["listener"],
    about: "Connections open now, handshakes included.",
};

/// Connections closed by a rule of ours before or while they spoke.
pub const CONNECTIONS_REFUSED_TOTAL: Metric = Metric {
    name: "malipo_connections_refused_total",
    kind: Kind::Counter,
    unit: metrics::Unit::Count,
    labels: &["listener", "reason"],
    about: "Connections ended by a limit: per_address, handshake, write_stall, drain_deadline.",
};

/// Times the operating system could not give us a connection.
pub const ACCEPT_ERRORS_TOTAL: Metric = Metric {
    name: "malipo_accept_errors_total",
    kind: Kind::Counter,
    unit: metrics::Unit::Count,
    labels: &["listener"],
    about: "Failures to accept a connection, such as no file descriptor left.",
};

/// When the served certificate stops being valid.
pub const TLS_CERTIFICATE_EXPIRY_SECONDS: Metric = Metric {
    name: "malipo_tls_certificate_expiry_seconds",
    kind: Kind::Gauge,
    unit: metrics::Unit::Seconds,
    labels: &["listener"],
    about: "Unix time at which the served certificate stops being valid.",
};

/// How far the system's clock is off, as far as the books can tell.
pub const CLOCK_DISBELIEF_SECONDS: Metric = Metric {
    name: "malipo_clock_disbelief_seconds",
    kind: Kind::Gauge,
    unit: metrics::Unit::Seconds,
    labels: &[],
    about: "How far the system's clock is ahead of the time that the books go by; 0 while it is believed.",
};

/// Attempts to take a new certificate from disk.
pub const TLS_RELOADS_TOTAL: Metric = Metric {
    name: "malipo_tls_reloads_total",
    kind: Kind::Counter,
    unit: metrics::Unit::Count,
    labels: &["listener", "outcome"],
    about: "Certificate reloads: outcome is taken, or kept_old when the new pair was not usable.",
};

/// Log lines dropped because the reader of the log does not keep up.
pub const LOG_LINES_DROPPED_TOTAL: Metric = Metric {
    name: "malipo_log_lines_dropped_total",
    kind: Kind::Counter,
    unit: metrics::Unit::Count,
    labels: &[],
    about: "Log lines dropped because whoever reads the log does not keep up.",
};

/// Streams of events that are open now.
pub const EVENT_STREAMS_OPEN: Metric = Metric {
    name: "malipo_event_streams_open",
    kind: Kind::Gauge,
    unit: metrics::Unit::Count,
    labels: &["stream"],
    about: "Streams of events (server-sent) that are open now.",
};

/// Streams of events that were refused.
pub const EVENT_STREAMS_REFUSED_TOTAL: Metric = Metric {
    name: "malipo_event_streams_refused_total",
    kind: Kind::Counter,
    unit: metrics::Unit::Count,
    labels: &["stream"],
    about: "Streams of events that were refused because too many were open, for all or for one address.",
};

/// What runs beside the books and failed.
pub const TASK_FAILURES_TOTAL: Metric = Metric {
    name: "malipo_task_failures_total",
    kind: Kind::Counter,
    unit: metrics::Unit::Count,
    labels: &["task"],
    about: "Panics of what runs beside the books and is begun again: live, health, healing, holders, notices, messages.",
};

/// Which program this is.
pub const BUILD_INFO: Metric = Metric {
    name: "malipo_build_info",
    kind: Kind::Gauge,
    unit: metrics::Unit::Count,
    labels: &["version"],
    about: "Always 1; the version of the program is its label.",
};
