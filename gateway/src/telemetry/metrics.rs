//! Every metric of the gateway, declared once: name, kind, unit, labels, meaning.
//!
//! A metric that is not in [`ALL`] does not exist: code names a metric by its constant here, and [`install`]
//! describes the whole table to the recorder, so `/metrics` carries a help line for each. Labels are small closed
//! sets; a service, a phone or a bill is never a label.

use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// What kind of number a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows; starts again at zero with the process.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Observations in buckets.
    Histogram,
}

/// One metric: the row an operator finds in the documentation.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Name as scraped. Ends in its unit; counters end in `_total`.
    pub name: &'static str,
    /// Counter, gauge or histogram.
    pub kind: Kind,
    /// Unit of the value.
    pub unit: metrics::Unit,
    /// Label names, in the order they are given.
    pub labels: &'static [&'static str],
    /// What the number means, in one sentence.
    pub about: &'static str,
}

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

/// Questions of Safaricom before money moves.
pub const VALIDATIONS_TOTAL: Metric = Metric {
    name: "malipo_validations_total",
    kind: Kind::Counter,
    unit: metrics::Unit::Count,
    labels: &["outcome"],
    about: "Validations answered, by outcome: accepted, wrong_account, wrong_amount, wrong_short_code, not_payable.",
};

/// Messages that money has moved.
pub const CONFIRMATIONS_TOTAL: Metric = Metric {
    name: "malipo_confirmations_total",
    kind: Kind::Counter,
    unit: metrics::Unit::Count,
    labels: &["outcome"],
    about: "Messages that money has moved, by outcome: booked, known, quarantined, unreadable, not_booked.",
};

/// How long after money moved it was booked.
pub const PAYMENT_CONFIRMATION_SECONDS: Metric = Metric {
    name: "malipo_payment_confirmation_seconds",
    kind: Kind::Histogram,
    unit: metrics::Unit::Seconds,
    labels: &["channel"],
    about: "Time from when money moved, by the channel's clock in whole seconds, to when it was booked.",
};

/// Callbacks with a wrong token or from an address that is not on the list.
pub const CALLBACKS_UNEXPECTED_TOTAL: Metric = Metric {
    name: "malipo_callbacks_unexpected_total",
    kind: Kind::Counter,
    unit: metrics::Unit::Count,
    labels: &["reason"],
    about: "Callbacks with a wrong token or from an address that is not on the list.",
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

/// Shillings of today.
pub const COLLECTED_TODAY_KES_CENTS: Metric = Metric {
    name: "malipo_collected_today_kes_cents",
    kind: Kind::Gauge,
    unit: metrics::Unit::Count,
    labels: &["agency", "channel"],
    about: "Collected on this revenue day in cents of the shilling, by whose it is: none for suspense and for the \
            convenience fee.",
};

/// Dollars of today.
pub const COLLECTED_TODAY_USD_CENTS: Metric = Metric {
    name: "malipo_collected_today_usd_cents",
    kind: Kind::Gauge,
    unit: metrics::Unit::Count,
    labels: &["agency", "channel"],
    about: "Collected on this revenue day in cents of the US dollar, by whose it is: none for suspense and for the \
            convenience fee.",
};

/// Whether the books balance.
pub const LEDGER_IMBALANCE_CENTS: Metric = Metric {
    name: "malipo_ledger_imbalance_cents",
    kind: Kind::Gauge,
    unit: metrics::Unit::Count,
    labels: &["currency"],
    about: "All debits of the books less all credits, in minor units, as the views have them. Anything but 0 is an alarm.",
};

/// Room on the disk of the data directory.
pub const DATA_FREE_BYTES: Metric = Metric {
    name: "malipo_data_free_bytes",
    kind: Kind::Gauge,
    unit: metrics::Unit::Bytes,
    labels: &[],
    about: "Bytes that are free for this process on the disk of the data directory.",
};

/// Records in the books.
pub const BOOKS_RECORDS: Metric = Metric {
    name: "malipo_books_records",
    kind: Kind::Gauge,
    unit: metrics::Unit::Count,
    labels: &[],
    about: "Records in the books, which is also the size of the tree.",
};

/// Bills that can be paid.
pub const BILLS_OPEN: Metric = Metric {
    name: "malipo_bills_open",
    kind: Kind::Gauge,
    unit: metrics::Unit::Count,
    labels: &[],
    about: "Bills that can be paid.",
};

/// Attempts that somebody owes an answer about.
pub const ATTEMPTS_UNKNOWN: Metric = Metric {
    name: "malipo_attempts_unknown",
    kind: Kind::Gauge,
    unit: metrics::Unit::Count,
    labels: &[],
    about: "Attempts to pay whose outcome is not known.",
};

/// Payments that matched no bill.
pub const SUSPENSE_ITEMS: Metric = Metric {
    name: "malipo_suspense_items",
    kind: Kind::Gauge,
    unit: metrics::Unit::Count,
    labels: &[],
    about: "Payments in suspense that nobody has resolved.",
};

/// Ways to pay that plans of agencies name and this gateway does not have.
pub const FALLBACK_WAYS_MISSING: Metric = Metric {
    name: "malipo_fallback_ways_missing",
    kind: Kind::Gauge,
    unit: metrics::Unit::Count,
    labels: &[],
    about: "Channels that plans of agencies name and this gateway does not have.",
};

/// How long the oldest of them waits.
pub const SUSPENSE_OLDEST_AGE_SECONDS: Metric = Metric {
    name: "malipo_suspense_oldest_age_seconds",
    kind: Kind::Gauge,
    unit: metrics::Unit::Seconds,
    labels: &[],
    about: "Age of the oldest payment in suspense.",
};

/// Messages that contradict a booked payment.
pub const QUARANTINE_ITEMS: Metric = Metric {
    name: "malipo_quarantine_items",
    kind: Kind::Gauge,
    unit: metrics::Unit::Count,
    labels: &[],
    about: "Messages in quarantine: a receipt came again with other facts.",
};

/// Messages that could not be read.
pub const UNREADABLE_ITEMS: Metric = Metric {
    name: "malipo_unreadable_items",
    kind: Kind::Gauge,
    unit: metrics::Unit::Count,
    labels: &[],
    about: "Messages that money has moved which could not be read: kept, sealed, for people to read.",
};

/// How far the SQL views are behind.
pub const VIEWS_LAG_RECORDS: Metric = Metric {
    name: "malipo_views_lag_records",
    kind: Kind::Gauge,
    unit: metrics::Unit::Count,
    labels: &[],
    about: "Records that the SQL views have not followed yet.",
};

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

/// How ways to pay are.
pub const CHANNEL_STATE: Metric = Metric {
    name: "malipo_channel_state",
    kind: Kind::Gauge,
    unit: metrics::Unit::Count,
    labels: &["channel"],
    about: "How a way to pay is for everybody, all things considered: 0 up, 1 degraded, 2 probing, 3 down.",
};

/// Outages that go on.
pub const OUTAGES_OPEN: Metric = Metric {
    name: "malipo_outages_open",
    kind: Kind::Gauge,
    unit: metrics::Unit::Count,
    labels: &[],
    about: "Outages that go on, for everybody or for one agency, drills left out.",
};

/// What providers answer when they are asked whether they are there.
pub const CHANNEL_PROBES_TOTAL: Metric = Metric {
    name: "malipo_channel_probes_total",
    kind: Kind::Counter,
    unit: metrics::Unit::Count,
    labels: &["channel", "outcome"],
    about: "Times that a provider was asked whether it is there, by outcome: answered, failed.",
};

/// Payments that a provider lists.
pub const LISTED_PAYMENTS_TOTAL: Metric = Metric {
    name: "malipo_listed_payments_total",
    kind: Kind::Counter,
    unit: metrics::Unit::Count,
    labels: &["source", "outcome"],
    about: "Rows that a provider lists, by source (pull, statement) and outcome: found (nobody had told us, booked now), known, \
            differs (in quarantine), other (no payment), unreadable.",
};

/// Times that a provider was asked what came in.
pub const LISTS_TOTAL: Metric = Metric {
    name: "malipo_lists_total",
    kind: Kind::Counter,
    unit: metrics::Unit::Count,
    labels: &["outcome"],
    about: "Pages that a provider was asked for of what came in, by outcome: answered, failed.",
};

/// How long ago the newest payment may be that no list has been read for.
pub const LISTED_LAG_SECONDS: Metric = Metric {
    name: "malipo_listed_lag_seconds",
    kind: Kind::Gauge,
    unit: metrics::Unit::Seconds,
    labels: &[],
    about: "Seconds since the moment up to which the provider's lists have been read.",
};

/// Every metric, in the order of the documentation.
pub const ALL: &[Metric] = &[
    HTTP_REQUEST_DURATION_SECONDS,
    STAFF_SIGN_INS_TOTAL,
    STAFF_SESSIONS,
    HTTP_REQUESTS_SHED_TOTAL,
    HTTP_REQUESTS_ABANDONED_TOTAL,
    CONNECTIONS_OPEN,
    CONNECTIONS_REFUSED_TOTAL,
    ACCEPT_ERRORS_TOTAL,
    TLS_CERTIFICATE_EXPIRY_SECONDS,
    CLOCK_DISBELIEF_SECONDS,
    TLS_RELOADS_TOTAL,
    LOG_LINES_DROPPED_TOTAL,
    EVENT_STREAMS_OPEN,
    EVENT_STREAMS_REFUSED_TOTAL,
    VALIDATIONS_TOTAL,
    CONFIRMATIONS_TOTAL,
    PAYMENT_CONFIRMATION_SECONDS,
    CALLBACKS_UNEXPECTED_TOTAL,
    TASK_FAILURES_TOTAL,
    BUILD_INFO,
    COLLECTED_TODAY_KES_CENTS,
    COLLECTED_TODAY_USD_CENTS,
    LEDGER_IMBALANCE_CENTS,
    DATA_FREE_BYTES,
    BOOKS_RECORDS,
    BILLS_OPEN,
    ATTEMPTS_UNKNOWN,
    SUSPENSE_ITEMS,
    FALLBACK_WAYS_MISSING,
    SUSPENSE_OLDEST_AGE_SECONDS,
    QUARANTINE_ITEMS,
    UNREADABLE_ITEMS,
    VIEWS_LAG_RECORDS,
    BACK_END_REQUESTS_TOTAL,
    BACK_END_HEAD_DURATION_SECONDS,
    BACK_END_IN_FLIGHT,
    BACK_END_BREAKER,
    SMS_QUEUE_LENGTH,
    SMS_OLDEST_AGE_SECONDS,
    SMS_OPTED_OUT,
    SMS_SENDS_TOTAL,
    SMS_REPORTS_TOTAL,
    SMS_REPLIES_TOTAL,
    WEBHOOK_DELIVERIES_TOTAL,
    WEBHOOK_DELIVERY_AGE_SECONDS,
    WEBHOOK_ENDPOINTS_DISABLED,
    WEBHOOK_SECRETS_LOST,
    CHANNEL_STATE,
    OUTAGES_OPEN,
    CHANNEL_PROBES_TOTAL,
    LISTED_PAYMENTS_TOTAL,
    LISTS_TOTAL,
    LISTED_LAG_SECONDS,
];

/// Bucket bounds for durations, in seconds: from a cached catalogue page to a prompt a payer is slow to answer.
const SECONDS_BUCKETS: &[f64] = &[
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
    10.0, 30.0,
];

/// Bucket bounds for how late money is known, in seconds: from what people wait for at a counter to a day.
const CONFIRMATION_BUCKETS: &[f64] =
    &[1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3_600.0, 14_400.0, 86_400.0];

/// How often [`keep_up`] folds recorded observations into their buckets.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Installs the recorder for the whole process and describes every metric.
///
/// Call it before anything is measured: handles taken earlier lead nowhere. Fails when a recorder is
/// already installed.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS_BUCKETS)?
        .set_buckets_for_metric(
            Matcher::Full(PAYMENT_CONFIRMATION_SECONDS.name.to_owned()),
            CONFIRMATION_BUCKETS,
        )?
        .install_recorder()?;
    describe_all();
    Ok(handle)
}

/// Folds observations into buckets until dropped. Without it histograms grow with every request.
pub async fn keep_up(handle: PrometheusHandle) {
    let mut tick = tokio::time::interval(UPKEEP_EVERY);
    loop {
        tick.tick().await;
        handle.run_upkeep();
    }
}

fn describe_all() {
    for metric in ALL {
        match metric.kind {
            Kind::Counter => metrics::describe_counter!(metric.name, metric.unit, metric.about),
            Kind::Gauge => metrics::describe_gauge!(metric.name, metric.unit, metric.about),
            Kind::Histogram => metrics::describe_histogram!(metric.name, metric.unit, metric.about),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_is_named_by_the_rules_and_only_once() {
        let mut seen = std::collections::BTreeSet::new();
        for metric in ALL {
            assert!(seen.insert(metric.name), "{} is declared twice", metric.name);
            assert!(metric.name.starts_with("malipo_"), "{} lacks the prefix", metric.name);
            assert_eq!(
                metric.kind == Kind::Counter,
                metric.name.ends_with("_total"),
                "{}: counters, and only counters, end in _total",
                metric.name
            );
            assert!(metric.about.ends_with('.'), "{}: a meaning is a sentence", metric.name);
        }
    }
}
