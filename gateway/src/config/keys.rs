//! Every key an operator can set: one table, from which the example file and the reference are printed.
//!
//! A key `callback.requests_max` is the line `requests_max = …` under `[callback]` in the file and the variable
//! `MALIPO_CALLBACK_REQUESTS_MAX` in the environment; any key can be given as `--set callback.requests_max=…`, and
//! those that people type have a flag of their own. A secret `paybill.passkey` is the variable
//! `MALIPO_PAYBILL_PASSKEY`, or a file named by `MALIPO_PAYBILL_PASSKEY_FILE` or by `passkey_file` under `[paybill]`.

use std::time::Duration;

use super::sign_in;

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Section and name: `public.listen`.
    pub name: &'static str,
    /// What its value looks like.
    pub form: Form,
    /// Its value when nobody sets it. Without one, the key may be absent, unless the mode insists.
    pub default: Option<&'static str>,
    /// What it means, for the operator.
    pub about: &'static str,
}

/// What a value looks like, with its bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// An address and a port: `127.0.0.1:8080`.
    Address,
    /// A whole number within bounds, both included.
    Count {
        /// The least.
        min: u64,
        /// The most.
        max: u64,
    },
    /// A time such as `500ms`, `10s`, `5m` or `1h`, within bounds.
    Duration {
        /// The least.
        min: Duration,
        /// The most.
        max: Duration,
    },
    /// A number of bytes such as `64KiB` or `32MiB`, within bounds.
    Size {
        /// The least, in bytes.
        min: u64,
        /// The most, in bytes.
        max: u64,
    },
    /// `true` or `false`.
    Switch,
    /// A file or folder. Relative to where the process was started.
    Path,
    /// An `http` or `https` address without a query.
    Url,
    /// Any text of at most 200 characters.
    Text,
    /// Addresses and ranges: `10.0.0.0/8`, several with commas between them, or a list in the file.
    Ranges,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A secret of at least this many characters.
    Secret {
        /// The least, in characters.
        length_min: usize,
    },
}

const MOMENT: Duration = Duration::from_millis(1);
const MINUTES_10: Duration = Duration::from_secs(600);
const MIB: u64 = 1024 * 1024;

/// The addresses Safaricom's callbacks come from, as several published client libraries list them. Safaricom signs
/// nothing and promises no list, so a callback from elsewhere is an alarm, never a refusal.
const SAFARICOM_SOURCES: &str = "196.201.214.200,196.201.214.206,196.201.214.207,196.201.214.208,196.201.213.114,\
196.201.213.44,196.201.212.127,196.201.212.138,196.201.212.129,196.201.212.136,196.201.212.74,196.201.212.69,\
196.201.212.128,196.201.212.132";

/// The rows that each listener has.
macro_rules! listener_keys {
    (
        $section:literal, $who:literal, listen $listen:literal, requests $requests:literal,
        per_address $per_address:literal, head_deadline $head_deadline:literal
    ) => {
        [
            Key {
                name: concat!($section, ".listen"),
                form: Form::Address,
                default: Some($listen),
                about: concat!("Address and port for ", $who, "."),
            },
            Key {
                name: concat!($section, ".tls_certificate"),
                form: Form::Path,
                default: None,
                about: "Certificate chain in PEM, our own first. Read again when it changes and on SIGHUP.",
            },
            Key {
                name: concat!($section, ".tls_key"),
                form: Form::Path,
                default: None,
                about: "Private key of the certificate, in PEM.",
            },
            Key {
                name: concat!($section, ".plain_behind_proxy"),
                form: Form::Switch,
                default: Some("false"),
                about: "Speak plain HTTP because a proxy of ours in front ends TLS. Say so only when one does.",
            },
            Key {
                name: concat!($section, ".trusted_proxies"),
                form: Form::Ranges,
                default: Some(""),
                about: "Proxies whose X-Forwarded-For and Request-Id are believed. Nobody's by default.",
            },
            Key {
                name: concat!($section, ".connections_max"),
                form: Form::Count { min: 1, max: 1_000_000 },
                default: Some("10000"),
                about: "Connections open at a time; further ones wait in the system's queue.",
            },
            Key {
                name: concat!($section, ".connections_per_address_max"),
                form: Form::Count { min: 0, max: 1_000_000 },
                default: Some($per_address),
                about: "Connections open at a time from one address (for IPv6, one /64), where this listener ends TLS \
                        itself; trusted proxies and the provider have no such limit. 0 means nobody has.",
            },
            Key {
                name: concat!($section, ".requests_max"),
                form: Form::Count { min: 1, max: 1_000_000 },
                default: Some($requests),
                about: "Requests served at a time; further ones are answered 503, confirmations of payments wait.",
            },
            Key {
                name: concat!($section, ".handshake_deadline"),
                form: Form::Duration { min: MOMENT, max: MINUTES_10 },
                default: Some("5s"),
                about: "The longest a TLS handshake may take.",
            },
            Key {
                name: concat!($section, ".head_deadline"),
                form: Form::Duration { min: MOMENT, max: MINUTES_10 },
                default: Some($head_deadline),
                about: "The longest a request's head may take, and a connection may be idle between requests.",
            },
            Key {
                name: concat!($section, ".body_deadline"),
                form: Form::Duration { min: MOMENT, max: MINUTES_10 },
                default: Some("10s"),
                about: "The longest a request's body may take to arrive.",
            },
            Key {
                name: concat!($section, ".write_stall_max"),
                form: Form::Duration { min: MOMENT, max: MINUTES_10 },
                default: Some("20s"),
                about: "The longest a receiver may take nothing of what is sent to it.",
            },
            Key {
                name: concat!($section, ".drain_deadline"),
                form: Form::Duration { min: MOMENT, max: MINUTES_10 },
                default: Some("20s"),
                about: "The longest requests in progress may take once the gateway is asked to stop.",
            },
        ]
    };
}

// Many phones share an address at a mobile operator; hardly anybody but providers has business with callbacks.
const PUBLIC: [Key; 13] = listener_keys!(
    "public", "citizens, agencies and the Treasury",
    listen "127.0.0.1:8080", requests "1024", per_address "1000", head_deadline "10s"
);
const CALLBACK: [Key; 13] = listener_keys!(
    "callback", "callbacks of Safaricom and other providers",
    listen "127.0.0.1:8081", requests "4096", per_address "64", head_deadline "5s"
);
const ADMIN: [Key; 13] = listener_keys!(
    "admin", "probes and metrics",
    listen "127.0.0.1:9090", requests "64", per_address "64", head_deadline "10s"
);

/// The rows that each provider of text messages has.
macro_rules! carrier_keys {
    ($section:literal, $when:literal) => {
        [
            Key {
                name: concat!($section, ".base_url"),
                form: Form::Url,
                default: Some("https://api.africastalking.com"),
                about: "Where the provider of text messages is reached.",
            },
            Key {
                name: concat!($section, ".username"),
                form: Form::Text,
                default: None,
                about: concat!(
                    "Username at the provider of text messages that is asked ",
                    $when,
                    ". Without it there is none."
                ),
            },
            Key {
                name: concat!($section, ".api_key"),
                form: Form::Secret { length_min: 8 },
                default: None,
                about: "Key at this provider of text messages.",
            },
            Key {
                name: concat!($section, ".sender"),
                form: Form::Text,
                default: None,
                about: "Name or short code that messages come from, as registered with this provider.",
            },
        ]
    };
}

const FIRST_CARRIER: [Key; 4] = carrier_keys!("sms_first", "first");
const SECOND_CARRIER: [Key; 4] = carrier_keys!("sms_second", "while the first fails");

const OTHERS: &[Key] = &[
    Key {
        name: "public.base_url",
        form: Form::Url,
        default: None,
        about: "How the public listener is reached from outside: the start of links in messages and QR codes.",
    },
    Key {
        name: "public.event_streams_max",
        form: Form::Count { min: 1, max: 1_000_000 },
        default: Some("2000"),
        about: "Pages of bills that are kept up to date at a time, a tenth of them for one address; further ones are looked at by hand.",
    },
    Key {
        name: "help.phone",
        form: Form::Text,
        default: None,
        about: "The telephone that people call for help: it stands at the foot of every page. demo has a sample.",
    },
    Key {
        name: "help.hours",
        form: Form::Text,
        default: None,
        about: "When it is answered, in English: Every day, 7am to 9pm.",
    },
    Key { name: "help.hours_sw", form: Form::Text, default: None, about: "The same in Swahili." },
    Key {
        name: "data.directory",
        form: Form::Path,
        default: Some("malipo-data"),
        about: "Where the journal, the catalogue and the views live. One gateway per folder.",
    },
    Key {
        name: "data.ephemeral",
        form: Form::Switch,
        default: Some("false"),
        about: "Keep everything in a temporary folder and remove it at the end. For demo alone.",
    },
    Key {
        name: "data.trust_clock",
        form: Form::Switch,
        default: Some("false"),
        about: "Believe the system's clock at the start even if the newest record is more than 48 hours old. Without it \
                such a start goes on from the time of that record. For one start, after a long rest.",
    },
    Key {
        name: "data.keys_directory",
        form: Form::Path,
        default: None,
        about: "Where signing keys and the wrapped keys of personal data live: outside data.directory and its \
                backups, so that erasing a key erases what it locked.",
    },
    Key {
        name: "data.segment_bytes",
        form: Form::Size { min: 2 * MIB, max: 4 * 1024 * MIB },
        default: Some("64MiB"),
        about: "Length of one file of the journal. Room for the next is taken ahead of need.",
    },
    Key {
        name: "data.lane_capacity",
        form: Form::Count { min: 1, max: 1_000_000 },
        default: Some("8192"),
        about: "Commands that may wait in each lane of the sequencer: money-in, and everything else.",
    },
    Key {
        name: "paybill.short_code",
        form: Form::Text,
        default: Some("222222"),
        about: "The consolidated paybill.",
    },
    Key {
        name: "paybill.daraja_base_url",
        form: Form::Url,
        default: Some("https://api.safaricom.co.ke"),
        about: "Where Safaricom's interface is reached.",
    },
    Key {
        name: "paybill.callback_base_url",
        form: Form::Url,
        default: None,
        about: "How Safaricom reaches the callback listener. Registered once and hard to change. Safaricom refuses \
                addresses with words such as mpesa, safaricom, sql, query, cmd or exec.",
    },
    Key {
        name: "paybill.callback_token",
        form: Form::Secret { length_min: 32 },
        default: None,
        about: "The part of the callback path that nobody can guess: 32 or more letters, digits, - or _.",
    },
    Key {
        name: "paybill.consumer_key",
        form: Form::Secret { length_min: 8 },
        default: None,
        about: "Consumer key of the application registered with Safaricom.",
    },
    Key {
        name: "paybill.consumer_secret",
        form: Form::Secret { length_min: 8 },
        default: None,
        about: "Consumer secret of the application registered with Safaricom.",
    },
    Key {
        name: "paybill.passkey",
        form: Form::Secret { length_min: 8 },
        default: None,
        about: "Passkey for payment prompts.",
    },
    Key {
        name: "paybill.source_addresses",
        form: Form::Ranges,
        default: Some(SAFARICOM_SOURCES),
        about: "Where callbacks are expected from.",
    },
    Key {
        name: "paybill.unlisted_sources",
        form: Form::Word(&["refuse", "take"]),
        default: Some("refuse"),
        about: "What becomes of a callback that knows the token and comes from elsewhere. Either way it raises an alarm; what is \
                refused is found again in the provider's statement.",
    },
    Key {
        name: "paybill.limit_per_payment",
        form: Form::Count { min: 1, max: 100_000_000 },
        default: Some("250000"),
        about: "What M-PESA takes in one payment, in shillings.",
    },
    Key {
        name: "paybill.pull_number",
        form: Form::Count { min: 254_100_000_000, max: 254_799_999_999 },
        default: None,
        about: "The phone, in twelve digits, that was nominated to Safaricom for Pull Transactions. With it Safaricom is asked \
                regularly, and after each outage, what came in: money whose confirmation was lost is found. Without it, only \
                by the statement that an operator uploads.",
    },
    Key {
        name: "bills.life_days",
        form: Form::Count { min: 1, max: 3650 },
        default: Some("30"),
        about: "How many days a bill can be paid, unless its quote ends earlier.",
    },
    Key {
        name: "gates.pass_count_max",
        form: Form::Count { min: 0, max: 10_000 },
        default: Some("300"),
        about: "Provisional passes that one device at a gate issues at most before this gateway has heard of them. 0: none.",
    },
    Key {
        name: "gates.pass_value_max_shillings",
        form: Form::Count { min: 1, max: 100_000_000 },
        default: Some("150000"),
        about: "What one provisional pass is worth at most, in whole shillings; one in dollars by the rate of the pack.",
    },
    Key {
        name: "gates.pass_total_max_shillings",
        form: Form::Count { min: 1, max: 10_000_000_000 },
        default: Some("3000000"),
        about: "What the provisional passes of one device are worth together at most before this gateway has heard of them, in whole shillings.",
    },
    Key {
        name: "exchange.kes_per_usd",
        form: Form::Text,
        default: None,
        about: "Shillings for one dollar, with two decimals at most. Without it, bills in dollars cannot be paid in shillings; \
                demo has a sample rate.",
    },
    Key {
        name: "exchange.rate_id",
        form: Form::Text,
        default: None,
        about: "Names the rate at its source, such as the date of a central bank's table. Needed with exchange.kes_per_usd.",
    },
    Key {
        name: "exchange.quote_hours",
        form: Form::Count { min: 1, max: 720 },
        default: Some("24"),
        about: "How many hours a quote holds.",
    },
    Key {
        name: "catalogue.file",
        form: Form::Path,
        default: None,
        about: "Catalogue to take services from at the first start, and in a demonstration at each. Where one is in force \
                and money is real, another file waits for a second person to publish it.",
    },
    Key {
        name: "routing.base_url",
        form: Form::Url,
        default: None,
        about: "How the systems of agencies are reached through the public listener: another host name than that of \
                public.base_url, so that their pages share no origin with ours. Needed as soon as the catalogue names such a \
                system. The certificate has both names; a proxy in front hands Host on as it came. demo uses localhost.",
    },
    Key {
        name: "bulletin.folder",
        form: Form::Path,
        default: None,
        about: "Folder of the bulletin: how to pay now, as small signed files that any other web server can hand out when this \
                gateway is gone. It is written each minute and at each change. Default: bulletin in the data directory.",
    },
    Key {
        name: "channels.file",
        form: Form::Path,
        default: None,
        about: "File of the ways to pay beside the consolidated paybill and its prompts: one [[channel]] for each. A \
                demonstration without one has samples.",
    },
    Key {
        name: "routing.private_networks",
        form: Form::Ranges,
        default: Some(""),
        about: "Addresses that are not public and where systems of agencies may all the same be reached, also over plain HTTP: \
                the government's own network. Without it only public addresses are connected to, over TLS alone.",
    },
    Key {
        name: "routing.requests_max",
        form: Form::Count { min: 1, max: 1_000_000 },
        default: Some("2048"),
        about: "Requests that the systems of all agencies together may have at a time; further ones are answered 503.",
    },
    Key {
        name: "routing.body_bytes_max",
        form: Form::Size { min: 1024, max: 1024 * 1024 * MIB },
        default: Some("256MiB"),
        about: "The most that may be sent to an agency in one request. It is passed on as it comes and never held here.",
    },
    Key {
        name: "routing.authorities",
        form: Form::Path,
        default: None,
        about: "Certificates of authorities in PEM that are believed about systems of agencies, beside the public ones.",
    },
    Key {
        name: "messages.callback_token",
        form: Form::Secret { length_min: 32 },
        default: None,
        about: "The part of the path that nobody can guess where providers of text messages report: another one than that of \
                payments. 32 or more letters, digits, - or _.",
    },
    Key {
        name: "messages.source_addresses",
        form: Form::Ranges,
        default: Some(""),
        about: "Where reports on text messages are expected from. From everywhere if nothing is named: no provider publishes a \
                list.",
    },
    Key {
        name: "messages.replies_to",
        form: Form::Text,
        default: None,
        about: "The number that people can answer to, if a provider hands answers on: receipts then ask how the service was.",
    },
    Key {
        name: "messages.help",
        form: Form::Text,
        default: None,
        about: "Telephone number of the help desk, mentioned where there is room.",
    },
    Key {
        name: "messages.per_phone_per_day",
        form: Form::Count { min: 1, max: 1_000 },
        default: Some("10"),
        about: "Text messages that one phone gets on one day at most that tell of no money: of documents that are ready. What tells of money is not counted.",
    },
    Key {
        name: "demo.speed",
        form: Form::Count { min: 1, max: 86_400 },
        default: Some("1"),
        about: "How many times as fast as real the demonstration's clock runs.",
    },
    Key {
        name: "demo.services",
        form: Form::Count { min: 0, max: 100_000 },
        default: Some("22000"),
        about: "How many services the demonstration has: the described ones, filled up with generated samples.",
    },
    Key {
        name: "demo.seed",
        form: Form::Count { min: 0, max: u32::MAX as u64 },
        default: Some("222222"),
        about: "What the generated samples are drawn from: the same number, the same samples.",
    },
    Key {
        name: "demo.sandbox_url",
        form: Form::Url,
        default: None,
        about: "A sandbox that was started separately, on this machine. Without it the demonstration starts its own.",
    },
    Key {
        name: "log.filter",
        form: Form::Text,
        default: Some("info"),
        about: "What the log says: a level, or levels per part as in info,gateway::server=debug.",
    },
    Key {
        name: "log.format",
        form: Form::Word(&["auto", "json", "text"]),
        default: Some("auto"),
        about: "json writes one object per line; auto does so unless a person is watching.",
    },
];

/// Every key, in the order of the reference.
pub fn all() -> impl Iterator<Item = &'static Key> {
    PUBLIC
        .iter()
        .chain(&CALLBACK)
        .chain(&ADMIN)
        .chain(&FIRST_CARRIER)
        .chain(&SECOND_CARRIER)
        .chain(&sign_in::KEYS)
        .chain(OTHERS)
}

/// The key of this name.
pub fn find(name: &str) -> Option<&'static Key> {
    all().find(|key| key.name == name)
}

impl Key {
    /// Whether its value is a secret.
    pub fn is_secret(&self) -> bool {
        matches!(self.form, Form::Secret { .. })
    }

    /// Its environment variable: `MALIPO_PUBLIC_LISTEN`.
    pub fn variable(&self) -> String {
        format!("MALIPO_{}", self.name.replace('.', "_").to_uppercase())
    }

    /// Its section and its name within it.
    pub fn section_and_name(&self) -> (&'static str, &'static str) {
        self.name.split_once('.').expect("every key has a section")
    }
}
