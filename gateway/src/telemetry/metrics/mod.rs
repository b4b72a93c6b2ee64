//! Every metric of the gateway, declared once: name, kind, unit, labels, meaning.
//!
//! A metric that is not in [`ALL`] does not exist: code names a metric by its constant here, and [`install`]
//! describes the whole table to the recorder, so `/metrics` carries a help line for each. Labels are small closed
//! sets; a service, a phone or a bill is never a label.

mod books;
mod channels;
mod outward;
mod requests;

use std::time::Duration;

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

pub use books::*;
pub use channels::*;
pub use outward::*;
pub use requests::*;

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
    FALLBACK_DIFFERENCE_CENTS,
    COUNTER_DIFFERENCE_WAITING_CENTS,
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
    BULLETIN_AGE_SECONDS,
    LISTED_PAYMENTS_TOTAL,
    LISTS_TOTAL,
    LISTED_LAG_SECONDS,
    GATE_USES_TOTAL,
    GATE_PASSES_TOTAL,
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
