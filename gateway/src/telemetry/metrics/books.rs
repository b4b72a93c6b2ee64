//! Money, bills, and the books they are in.

use super::{Kind, Metric};

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
    about: "Messages that money has moved, by outcome: booked, known, quarantined, taken_back (its terminal, or who keeps the account, had taken it back), unreadable, not_booked.",
};

/// How long after money moved it was booked.
pub const PAYMENT_CONFIRMATION_SECONDS: Metric = Metric {
    name: "malipo_payment_confirmation_seconds",
    kind: Kind::Histogram,
    unit: metrics::Unit::Seconds,
    labels: &["channel"],
    about: "Time from when money moved, by the channel's clock in whole seconds, to when it was booked.",
};

/// Callbacks that are not what they say.
pub const CALLBACKS_UNEXPECTED_TOTAL: Metric = Metric {
    name: "malipo_callbacks_unexpected_total",
    kind: Kind::Counter,
    unit: metrics::Unit::Count,
    labels: &["reason"],
    about: "Callbacks with a wrong token, from an address that is not on the list, without a signature that fits, or with the \
            result of another prompt than was sent: token, address, signature, prompt.",
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

/// Whether fallback money adds up.
pub const FALLBACK_DIFFERENCE_CENTS: Metric = Metric {
    name: "malipo_fallback_difference_cents",
    kind: Kind::Gauge,
    unit: metrics::Unit::Count,
    labels: &["currency"],
    about: "How far fallback accounts are from what came in on them less what was swept, is in transit and is held, in minor \
            units, all added up. Anything but 0 is an alarm.",
};

/// What counts of cash found, and nobody has agreed to.
pub const COUNTER_DIFFERENCE_WAITING_CENTS: Metric = Metric {
    name: "malipo_counter_difference_waiting_cents",
    kind: Kind::Gauge,
    unit: metrics::Unit::Count,
    labels: &["counter", "direction"],
    about: "Differences of counts at a counter that wait for a second person, in cents, by direction: short, over. Each is added \
            as it is: what lacks in one shift is not made up by what is too much in another.",
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

/// Provisional passes that gates told of.
pub const GATE_PASSES_TOTAL: Metric = Metric {
    name: "malipo_gate_passes_total",
    kind: Kind::Counter,
    unit: metrics::Unit::Count,
    labels: &["outcome"],
    about: "Provisional passes that gates told of, by what the books say to each: issued, price_differs, price_unknown, \
            not_gazetted, nothing_owed, number_not_kept, number_used, repeated.",
};

/// Whom gates let in that had nobody to ask.
pub const GATE_USES_TOTAL: Metric = Metric {
    name: "malipo_gate_uses_total",
    kind: Kind::Counter,
    unit: metrics::Unit::Count,
    labels: &["outcome"],
    about: "People that gates let in without the gateway, by what the books say to it: let_in, used_twice, not_paid, wrong_day, \
            no_such_bill.",
};
