//! How the ways to pay are.

use super::{Kind, Metric};

/// Ways to pay that plans of agencies name and this gateway does not have.
pub const FALLBACK_WAYS_MISSING: Metric = Metric {
    name: "malipo_fallback_ways_missing",
    kind: Kind::Gauge,
    unit: metrics::Unit::Count,
    labels: &[],
    about: "Channels that plans, of agencies or the national one, name and this gateway does not have.",
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

/// How old the bulletin is.
pub const BULLETIN_AGE_SECONDS: Metric = Metric {
    name: "malipo_bulletin_age_seconds",
    kind: Kind::Gauge,
    unit: metrics::Unit::Seconds,
    labels: &[],
    about: "Time since the bulletin was last written: how to pay now, as files for other web servers.",
};

/// Payments that a provider lists.
pub const LISTED_PAYMENTS_TOTAL: Metric = Metric {
    name: "malipo_listed_payments_total",
    kind: Kind::Counter,
    unit: metrics::Unit::Count,
    labels: &["source", "outcome"],
    about: "Rows that a provider lists, by source (pull, statement, bank, slips, terminal, settlement) and outcome: found (nobody had told us, booked now), known, \
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
