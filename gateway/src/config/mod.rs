//! What an operator can set, where each value came from, and what is wrong with it.
//!
//! A value comes from the first of: a flag, a `MALIPO_…` environment variable, the TOML file, the default. All of it
//! is read and judged before anything is bound or opened, and every problem is reported at once: what, where, and
//! what to do. Secrets come from files or the environment and are never shown.
//!
//! * [`keys`]: the one table of every key with its form, default and meaning.
//! * [`sources`]: flags, environment and file become one text per key, each with its [`Origin`].
//! * [`value`]: a text becomes a value of its key's form.
//! * `rules`: what `serve` and `demo` each insist on.
//! * [`sections`]: the values by the part of the gateway that uses them.
//! * [`sign_in`]: the keys and values of how staff sign in.
//! * [`show`]: the configuration printed back, and an example file.

pub mod flags;
pub mod keys;
pub mod problems;
mod rules;
pub mod secret;
pub mod sections;
pub mod show;
pub mod sign_in;
pub mod sources;
pub mod value;

use std::collections::BTreeMap;

use self::flags::Flags;
use self::problems::Problems;
use self::sections::{
    BillsConfig, BulletinConfig, CatalogueConfig, ChannelsConfig, DataConfig, DemoConfig, ExchangeConfig,
    HelpLine, ListenerConfig, LogConfig, MessagesConfig, PaybillConfig, RoutingConfig,
};
use self::sign_in::SignInConfig;
use self::sources::{ConfigFile, Origin};
use self::value::Values;
use crate::clock::Clock;
use crate::gates::price_list::PassLimits;

/// What the configuration is for. Each mode insists on different things.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Real money: TLS or an explicit word about the proxy in front, and every secret.
    Serve,
    /// No real money: loopback only, and no secret anywhere.
    Demo,
}

/// Everything an operator has set, judged and typed.
#[derive(Clone, Debug)]
pub struct Config {
    /// What it was judged for.
    pub mode: Mode,
    /// Citizens, agencies, the Treasury.
    pub public: ListenerConfig,
    /// Safaricom and other providers, on a thread of its own.
    pub callback: ListenerConfig,
    /// Probes and metrics.
    pub admin: ListenerConfig,
    /// Pages of bills that are kept up to date at a time.
    pub event_streams_max: usize,
    /// Whom people ask for help.
    pub help: Option<HelpLine>,
    /// Where data lives.
    pub data: DataConfig,
    /// The consolidated paybill. `None` in demo, which has a simulated one.
    pub paybill: Option<PaybillConfig>,
    /// How bills are made.
    pub bills: BillsConfig,
    /// Within which limits gates issue provisional passes.
    pub pass_limits: PassLimits,
    /// At what rate dollars are paid in shillings.
    pub exchange: ExchangeConfig,
    /// Where services come from.
    pub catalogue: CatalogueConfig,
    /// The bulletin.
    pub bulletin: BulletinConfig,
    /// The ways to pay beside the consolidated paybill.
    pub channels: ChannelsConfig,
    /// How requests are handed on to agencies.
    pub routing: RoutingConfig,
    /// Text messages.
    pub messages: MessagesConfig,
    /// How staff sign in.
    pub sign_in: SignInConfig,
    /// How the demonstration runs. Meaningless elsewhere.
    pub demo: DemoConfig,
    /// What the log says.
    pub log: LogConfig,
    values: Values,
}

impl Config {
    /// The clock of a gateway with this configuration. Only a demonstration has one that runs faster than life.
    pub fn clock(&self) -> Clock {
        match self.mode {
            Mode::Demo if self.demo.speed > 1 => Clock::accelerated(self.demo.speed),
            Mode::Demo | Mode::Serve => Clock::system(),
        }
    }

    /// Judges these sources for this mode. Reads the files that hold secrets, and nothing else; binds nothing.
    pub fn load(
        mode: Mode,
        flags: &Flags,
        environment: &BTreeMap<String, String>,
        file: Option<&ConfigFile>,
    ) -> Result<Self, Problems> {
        let mut problems = Problems::default();
        let texts = sources::combine(flags, environment, file, &mut problems);
        let values = Values::read(texts, &mut problems);
        rules::check(mode, &values, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Self {
            mode,
            public: ListenerConfig::read("public", &values),
            callback: ListenerConfig::read("callback", &values),
            admin: ListenerConfig::read("admin", &values),
            event_streams_max: usize::try_from(values.get::<u64>("public.event_streams_max"))
                .unwrap_or(usize::MAX),
            help: HelpLine::read(mode, &values),
            data: DataConfig::read(&values),
            paybill: (mode == Mode::Serve).then(|| PaybillConfig::read(&values)),
            bills: BillsConfig::read(&values),
            pass_limits: PassLimits::read(&values),
            exchange: ExchangeConfig::read(&values),
            catalogue: CatalogueConfig::read(&values),
            bulletin: BulletinConfig::read(&values),
            channels: ChannelsConfig::read(&values),
            routing: RoutingConfig::read(&values),
            messages: MessagesConfig::read(&values),
            sign_in: SignInConfig::read(&values),
            demo: DemoConfig::read(&values),
            log: LogConfig::read(&values),
            values,
        })
    }

    /// Judges what this process was started with: its flags, its environment, and the file that `--config` or
    /// `MALIPO_CONFIG` names.
    pub fn of_process(mode: Mode, flags: &Flags) -> Result<Self, Problems> {
        let environment = sources::process_environment();
        let file =
            match flags.config.clone().or_else(|| environment.get(sources::FILE_VARIABLE).map(Into::into)) {
                Some(path) => Some(ConfigFile::read(&path)?),
                None => None,
            };
        Self::load(mode, flags, &environment, file.as_ref())
    }

    /// Where the value of this key came from. `None` for a name that is no key.
    pub fn origin(&self, key: &str) -> Option<&Origin> {
        self.values.origin(key)
    }
}

#[cfg(test)]
mod tests;
