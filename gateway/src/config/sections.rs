//! The values, by the part of the gateway that uses them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use catalog::Text;
use ledger::{Currency, Money};

use super::Mode;
use super::secret::Secret;
use super::value::{Url, Values};
use crate::gates::price_list::PassLimits;
use crate::http::client_address::{AddressRange, TrustedProxies};
use crate::http::hosts::Hosts;
use crate::http::pipeline::{ChunkedBodies, PipelineRules};
use crate::messages::{PROVIDER_NAMES, ProviderTerms};
use crate::server::Limits;
use crate::server::tls::CertificateFiles;

/// One listener: where, how, and what it grants.
#[derive(Clone, Debug)]
pub struct ListenerConfig {
    /// Its name: `public`, `callback` or `admin`.
    pub name: &'static str,
    /// Where it listens. Port 0 lets the system choose.
    pub address: SocketAddr,
    /// How it is reached from outside. Only the public listener has one.
    pub base_url: Option<Url>,
    /// Its certificate, when it ends TLS itself.
    pub certificate: Option<CertificateFiles>,
    /// Whose word about clients it takes.
    pub trusted_proxies: Vec<AddressRange>,
    /// Requests served at a time.
    pub requests_max: usize,
    /// The longest a body may take to arrive.
    pub body_deadline: Duration,
    /// What it grants connections.
    pub limits: Limits,
}

impl ListenerConfig {
    pub(super) fn read(name: &'static str, values: &Values) -> Self {
        let key = |short: &str| format!("{name}.{short}");
        let count = |short: &str| usize::try_from(values.get::<u64>(&key(short))).unwrap_or(usize::MAX);
        let duration = |short: &str| values.get::<Duration>(&key(short));
        let per_address =
            u32::try_from(values.get::<u64>(&key("connections_per_address_max"))).unwrap_or(u32::MAX);
        let chain: Option<PathBuf> = values.optional(&key("tls_certificate"));
        let private: Option<PathBuf> = values.optional(&key("tls_key"));
        let certificate = chain.zip(private).map(|(chain, key)| CertificateFiles { chain, key });
        let trusted_proxies: Vec<AddressRange> = values.get(&key("trusted_proxies"));
        let mut without_address_limit = trusted_proxies.clone();
        if name == "callback" {
            let providers: Option<Vec<AddressRange>> = values.optional("paybill.source_addresses");
            without_address_limit.extend(providers.unwrap_or_default());
        }
        Self {
            name,
            address: values.get(&key("listen")),
            base_url: if name == "public" { values.optional("public.base_url") } else { None },
            requests_max: count("requests_max"),
            body_deadline: duration("body_deadline"),
            limits: Limits {
                connections_max: count("connections_max"),
                // Without a certificate of ours there is a proxy in front, and every connection comes from it.
                connections_per_address_max: (per_address > 0 && certificate.is_some())
                    .then_some(per_address),
                without_address_limit,
                handshake_deadline: duration("handshake_deadline"),
                head_deadline: duration("head_deadline"),
                write_stall_max: duration("write_stall_max"),
                drain_deadline: duration("drain_deadline"),
                ..Limits::default()
            },
            certificate,
            trusted_proxies,
        }
    }

    /// The rules of this listener's pipeline; `hosts` are the names that it is reached under, where it matters which. Only
    /// callbacks may come in chunks: what Safaricom sends is not ours to choose.
    pub fn pipeline_rules(&self, hosts: Option<Hosts>) -> PipelineRules {
        let chunked =
            if self.name == "callback" { ChunkedBodies::TakenThenClosed } else { ChunkedBodies::Refused };
        PipelineRules {
            listener: self.name,
            requests_max: self.requests_max,
            body_deadline: self.body_deadline,
            trusted_proxies: TrustedProxies::new(self.trusted_proxies.clone()),
            chunked,
            hosts,
        }
    }
}

/// Whom people ask for help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HelpLine {
    /// The number, as people dial it.
    pub phone: String,
    /// When it is answered, where that is configured.
    pub hours: Option<Text>,
}

/// The line of a demonstration that has none configured. Nobody answers it.
const SAMPLE_PHONE: &str = "0800 000 000";
const SAMPLE_HOURS: (&str, &str) =
    ("Every day, 7am to 9pm (sample)", "Kila siku, saa 1 asubuhi hadi saa 3 usiku (mfano)");

impl HelpLine {
    /// The line that is configured; in a demonstration a sample one.
    pub(super) fn read(mode: Mode, values: &Values) -> Option<Self> {
        let configured: Option<String> = values.optional("help.phone");
        let Some(phone) = configured else {
            let (en, sw) = SAMPLE_HOURS;
            let sample = || Self { phone: SAMPLE_PHONE.to_owned(), hours: Some(Text::new(en, sw)) };
            return (mode == Mode::Demo).then(sample);
        };
        let hours: Option<String> = values.optional("help.hours");
        let hours_sw: Option<String> = values.optional("help.hours_sw");
        let hours = hours.map(|en| match hours_sw {
            Some(sw) => Text::new(en, sw),
            None => Text::english(en),
        });
        Some(Self { phone, hours })
    }
}

/// Where data lives.
#[derive(Clone, Debug)]
pub struct DataConfig {
    /// The folder of journal, catalogue and views. `None` for a temporary one.
    pub directory: Option<PathBuf>,
    /// The folder of keys. In demo it may be unset; keys then live in the data folder.
    pub keys_directory: Option<PathBuf>,
    /// Length of a journal segment, in bytes.
    pub segment_bytes: u64,
    /// Commands that may wait in each lane of the sequencer.
    pub lane_capacity: usize,
    /// Whether the system's clock is believed however old the newest record is.
    pub trusts_clock: bool,
}

impl DataConfig {
    pub(super) fn read(values: &Values) -> Self {
        let ephemeral: bool = values.get("data.ephemeral");
        Self {
            directory: (!ephemeral).then(|| values.get("data.directory")),
            keys_directory: values.optional("data.keys_directory"),
            segment_bytes: values.get("data.segment_bytes"),
            lane_capacity: usize::try_from(values.get::<u64>("data.lane_capacity")).unwrap_or(usize::MAX),
            trusts_clock: values.get("data.trust_clock"),
        }
    }
}

/// The consolidated paybill at Safaricom.
#[derive(Clone, Debug)]
pub struct PaybillConfig {
    /// Its number.
    pub short_code: String,
    /// Where Safaricom's interface is reached.
    pub daraja_base_url: Url,
    /// How Safaricom reaches us.
    pub callback_base_url: Url,
    /// The part of the callback path that nobody can guess.
    pub callback_token: Secret,
    /// Name of our application at Safaricom.
    pub consumer_key: Secret,
    /// Password of our application at Safaricom.
    pub consumer_secret: Secret,
    /// Key for payment prompts.
    pub passkey: Secret,
    /// Where callbacks are expected from.
    pub source_addresses: Vec<AddressRange>,
    /// Whether a callback from elsewhere is taken all the same, marked and reported, or refused.
    pub takes_unlisted_sources: bool,
    /// What M-PESA takes in one payment.
    pub limit_per_payment: Money,
    /// The phone that was nominated for Pull Transactions.
    pub pull_number: Option<u64>,
}

impl PaybillConfig {
    /// Reads the section of a configuration that `serve` accepted, where every part is there.
    pub(super) fn read(values: &Values) -> Self {
        Self {
            short_code: values.get("paybill.short_code"),
            daraja_base_url: values.get("paybill.daraja_base_url"),
            callback_base_url: values.get("paybill.callback_base_url"),
            callback_token: values.get("paybill.callback_token"),
            consumer_key: values.get("paybill.consumer_key"),
            consumer_secret: values.get("paybill.consumer_secret"),
            passkey: values.get("paybill.passkey"),
            source_addresses: values.get("paybill.source_addresses"),
            takes_unlisted_sources: values.get::<&'static str>("paybill.unlisted_sources") == "take",
            limit_per_payment: limit_per_payment(values),
            pull_number: values.optional("paybill.pull_number"),
        }
    }
}

/// What M-PESA takes in one payment: a figure that has changed before.
pub(super) fn limit_per_payment(values: &Values) -> Money {
    let shillings = i64::try_from(values.get::<u64>("paybill.limit_per_payment")).unwrap_or(i64::MAX);
    Money::new(shillings.saturating_mul(100), Currency::Kes)
}

/// How bills are made.
#[derive(Clone, Debug)]
pub struct BillsConfig {
    /// How long a bill can be paid, in seconds.
    pub life_seconds: i64,
}

impl BillsConfig {
    pub(super) fn read(values: &Values) -> Self {
        let days = i64::try_from(values.get::<u64>("bills.life_days")).unwrap_or(i64::MAX);
        Self { life_seconds: days.saturating_mul(86_400) }
    }
}

impl PassLimits {
    /// Within which limits gates issue provisional passes.
    pub(super) fn read(values: &Values) -> Self {
        let shillings = |key: &str| {
            let whole = i64::try_from(values.get::<u64>(key)).unwrap_or(i64::MAX);
            Money::new(whole.saturating_mul(100), Currency::Kes)
        };
        Self {
            pass_count_max: values.get("gates.pass_count_max"),
            pass_value_max: shillings("gates.pass_value_max_shillings"),
            pass_total_max: shillings("gates.pass_total_max_shillings"),
        }
    }
}

/// At what rate bills in dollars are paid in shillings.
#[derive(Clone, Debug)]
pub struct ExchangeConfig {
    /// Rate and its name, where there is one.
    pub rate: Option<(Money, String)>,
    /// How long a quote holds, in seconds.
    pub quote_seconds: i64,
}

impl ExchangeConfig {
    pub(super) fn read(values: &Values) -> Self {
        let rate: Option<String> = values.optional("exchange.kes_per_usd");
        let rate = rate.and_then(|text| Money::parse_decimal(&text, Currency::Kes).ok());
        let hours = i64::try_from(values.get::<u64>("exchange.quote_hours")).unwrap_or(i64::MAX);
        Self {
            rate: rate.zip(values.optional("exchange.rate_id")),
            quote_seconds: hours.saturating_mul(3_600),
        }
    }
}

/// Where services come from.
#[derive(Clone, Debug)]
pub struct CatalogueConfig {
    /// The catalogue of the first start; later another file becomes a draft.
    pub file: Option<PathBuf>,
}

impl CatalogueConfig {
    pub(super) fn read(values: &Values) -> Self {
        Self { file: values.optional("catalogue.file") }
    }
}

/// The ways to pay beside the consolidated paybill.
#[derive(Clone, Debug)]
pub struct ChannelsConfig {
    /// Where they are written down.
    pub file: Option<PathBuf>,
}

/// Where the bulletin is written.
#[derive(Clone, Debug)]
pub struct BulletinConfig {
    /// The folder, if it is not the one in the data directory.
    pub folder: Option<PathBuf>,
}

impl BulletinConfig {
    pub(super) fn read(values: &Values) -> Self {
        Self { folder: values.optional("bulletin.folder") }
    }
}

impl ChannelsConfig {
    pub(super) fn read(values: &Values) -> Self {
        Self { file: values.optional("channels.file") }
    }
}

/// How requests are handed on to agencies.
#[derive(Clone, Debug)]
pub struct RoutingConfig {
    /// How the systems of agencies are reached through us: a host name of their own.
    pub base_url: Option<Url>,
    /// Addresses that are not public and may be connected to.
    pub private_networks: Vec<AddressRange>,
    /// Requests of all agencies together, at a time.
    pub requests_max: usize,
    /// The most that one request may carry.
    pub body_bytes_max: u64,
    /// Certificates of further authorities.
    pub authorities: Option<PathBuf>,
}

impl RoutingConfig {
    pub(super) fn read(values: &Values) -> Self {
        Self {
            base_url: values.optional("routing.base_url"),
            private_networks: values.get("routing.private_networks"),
            requests_max: usize::try_from(values.get::<u64>("routing.requests_max")).unwrap_or(usize::MAX),
            body_bytes_max: values.get("routing.body_bytes_max"),
            authorities: values.optional("routing.authorities"),
        }
    }
}

/// Text messages.
#[derive(Clone, Debug)]
pub struct MessagesConfig {
    /// Providers, the preferred one first.
    pub providers: Vec<ProviderTerms>,
    /// The part of the callback path that nobody can guess. There whenever there is a provider.
    pub callback_token: Option<Secret>,
    /// Where reports are expected from.
    pub source_addresses: Vec<AddressRange>,
    /// The number that people answer to.
    pub replies_to: Option<String>,
    /// The help desk's number.
    pub help: Option<String>,
    /// So many to one phone a day.
    pub per_phone_per_day: u32,
}

impl MessagesConfig {
    pub(super) fn read(values: &Values) -> Self {
        let providers = PROVIDER_NAMES.into_iter().filter_map(|name| {
            let key = |short: &str| format!("sms_{name}.{short}");
            Some(ProviderTerms {
                name,
                base_url: values.get::<Url>(&key("base_url")).as_str().to_owned(),
                username: values.optional(&key("username"))?,
                api_key: values.optional(&key("api_key"))?,
                sender: values.optional(&key("sender")),
            })
        });
        Self {
            providers: providers.collect(),
            callback_token: values.optional("messages.callback_token"),
            source_addresses: values.get("messages.source_addresses"),
            replies_to: values.optional("messages.replies_to"),
            help: values.optional("messages.help"),
            per_phone_per_day: u32::try_from(values.get::<u64>("messages.per_phone_per_day"))
                .unwrap_or(u32::MAX),
        }
    }
}

/// How the demonstration runs.
#[derive(Clone, Debug)]
pub struct DemoConfig {
    /// How many times as fast as real its clock runs.
    pub speed: u32,
    /// How many services its catalogue has: the described ones, filled up with samples.
    pub services: usize,
    /// What the samples are drawn from.
    pub seed: u64,
    /// A sandbox on this machine that was started separately.
    pub sandbox_url: Option<Url>,
}

impl DemoConfig {
    pub(super) fn read(values: &Values) -> Self {
        Self {
            speed: u32::try_from(values.get::<u64>("demo.speed")).unwrap_or(u32::MAX),
            services: usize::try_from(values.get::<u64>("demo.services")).unwrap_or(usize::MAX),
            seed: values.get("demo.seed"),
            sandbox_url: values.optional("demo.sandbox_url"),
        }
    }
}

/// What the log says.
#[derive(Clone, Debug)]
pub struct LogConfig {
    /// A level, or levels per part.
    pub filter: String,
    /// How lines look.
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// JSON, unless a person is watching.
    Auto,
    /// One JSON object per line.
    Json,
    /// Lines for people.
    Text,
}

impl LogConfig {
    pub(super) fn read(values: &Values) -> Self {
        let format = match values.get::<&'static str>("log.format") {
            "json" => LogFormat::Json,
            "text" => LogFormat::Text,
            _ => LogFormat::Auto,
        };
        Self { filter: values.get("log.filter"), format }
    }
}
