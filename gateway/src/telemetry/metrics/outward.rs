//! What we ask of others: agencies' systems, carriers of messages, receivers of webhooks.

use super::{Kind, Metric};

/// Requests that were handed on to agencies.
pub const BACK_END_REQUESTS_TOTAL: Metric = Metric {
    name: "malipo_back_end_requests_total",
    kind: Kind::Counter,
    unit: metrics::Unit::Count,
    labels: &["agency", "outcome"],
    about: "Requests for an agency's own system, by outcome: answered, switched, failed, timed_out, busy, paused, \
            caller_failed; and cut_short, once more, where an answer ended in the middle.",
};

/// How long agencies take to begin an answer.
pub const BACK_END_HEAD_DURATION_SECONDS: Metric = Metric {
    name: "malipo_back_end_head_duration_seconds",
    kind: Kind::Histogram,
    unit: metrics::Unit::Seconds,
    labels: &["agency"],
    about: "Time from handing a request on to the head of the agency's answer.",
};

/// Requests and tunnels that agencies have now.
pub const BACK_END_IN_FLIGHT: Metric = Metric {
    name: "malipo_back_end_in_flight",
    kind: Kind::Gauge,
    unit: metrics::Unit::Count,
    labels: &["agency"],
    about: "Requests and tunnels that the agency's own system has now, answers under way included.",
};

/// Whether agencies are asked.
pub const BACK_END_BREAKER: Metric = Metric {
    name: "malipo_back_end_breaker",
    kind: Kind::Gauge,
    unit: metrics::Unit::Count,
    labels: &["agency"],
    about: "Whether the agency's own system is asked: 0 closed (it is), 1 half open (one at a time), 2 open (it is not).",
};

/// Text messages that wait.
pub const SMS_QUEUE_LENGTH: Metric = Metric {
    name: "malipo_sms_queue_length",
    kind: Kind::Gauge,
    unit: metrics::Unit::Count,
    labels: &[],
    about: "Text messages that wait to be handed over, as far as the records have been looked through.",
};

/// How long the oldest of them waits.
pub const SMS_OLDEST_AGE_SECONDS: Metric = Metric {
    name: "malipo_sms_oldest_age_seconds",
    kind: Kind::Gauge,
    unit: metrics::Unit::Seconds,
    labels: &[],
    about: "Age of what the oldest text message that waits tells of.",
};

/// Phones that want no messages.
pub const SMS_OPTED_OUT: Metric = Metric {
    name: "malipo_sms_opted_out",
    kind: Kind::Gauge,
    unit: metrics::Unit::Count,
    labels: &[],
    about: "Phones that want no text messages. Beyond 1,000,000 the oldest wishes lapse before their two years.",
};

/// Calls to providers of text messages.
pub const SMS_SENDS_TOTAL: Metric = Metric {
    name: "malipo_sms_sends_total",
    kind: Kind::Counter,
    unit: metrics::Unit::Count,
    labels: &["provider", "outcome"],
    about: "Text messages for which a provider was asked, by outcome: taken, put_off, refused, no_answer.",
};

/// Delivery reports.
pub const SMS_REPORTS_TOTAL: Metric = Metric {
    name: "malipo_sms_reports_total",
    kind: Kind::Counter,
    unit: metrics::Unit::Count,
    labels: &["outcome"],
    about: "Delivery reports, by outcome: noted, known, unknown (of no message of ours), not_noted.",
};

/// Texts of subscribers.
pub const SMS_REPLIES_TOTAL: Metric = Metric {
    name: "malipo_sms_replies_total",
    kind: Kind::Counter,
    unit: metrics::Unit::Count,
    labels: &["meaning"],
    about: "Texts that subscribers sent, by meaning: stop, start, score, other.",
};

/// Attempts to tell an agency.
pub const WEBHOOK_DELIVERIES_TOTAL: Metric = Metric {
    name: "malipo_webhook_deliveries_total",
    kind: Kind::Counter,
    unit: metrics::Unit::Count,
    labels: &["outcome"],
    about: "Attempts to tell an agency's endpoint, by outcome: taken, failed, given_up.",
};

/// How long the event that waits longest has waited.
pub const WEBHOOK_DELIVERY_AGE_SECONDS: Metric = Metric {
    name: "malipo_webhook_delivery_age_seconds",
    kind: Kind::Gauge,
    unit: metrics::Unit::Seconds,
    labels: &[],
    about: "How long the event has waited that has waited longest for an endpoint that is enabled.",
};

/// Endpoints to which nothing is sent.
pub const WEBHOOK_ENDPOINTS_DISABLED: Metric = Metric {
    name: "malipo_webhook_endpoints_disabled",
    kind: Kind::Gauge,
    unit: metrics::Unit::Count,
    labels: &[],
    about: "Endpoints that answered 410 or were silent for three days, and get nothing until their agency says so.",
};

/// Secrets of endpoints that cannot be opened.
pub const WEBHOOK_SECRETS_LOST: Metric = Metric {
    name: "malipo_webhook_secrets_lost",
    kind: Kind::Gauge,
    unit: metrics::Unit::Count,
    labels: &[],
    about: "Secrets of enabled endpoints that cannot be opened: the other one signs alone, and without one nothing is sent.",
};
