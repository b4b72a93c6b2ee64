//! What can be said on the command line. Few keys have a flag of their own; any can be given with `--set`.

use std::path::PathBuf;

/// The flags of `serve`, `demo` and `check`.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Flags {
    /// Configuration file in TOML. Also MALIPO_CONFIG.
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,

    /// Address for citizens, agencies and the Treasury.
    #[arg(long, value_name = "ADDRESS")]
    pub listen: Option<String>,

    /// Address for callbacks of Safaricom and other providers.
    #[arg(long, value_name = "ADDRESS")]
    pub callback_listen: Option<String>,

    /// Address for probes and metrics.
    #[arg(long, value_name = "ADDRESS")]
    pub admin_listen: Option<String>,

    /// Certificate chain of the public listener, in PEM.
    #[arg(long, value_name = "FILE")]
    pub tls_cert: Option<String>,

    /// Private key of the certificate, in PEM.
    #[arg(long, value_name = "FILE")]
    pub tls_key: Option<String>,

    /// Speak plain HTTP because a proxy of ours in front ends TLS.
    #[arg(long)]
    pub plain_behind_proxy: bool,

    /// Folder of the journal, the catalogue and the views.
    #[arg(long, value_name = "FOLDER")]
    pub data: Option<String>,

    /// Keep everything in a temporary folder and remove it at the end. For demo alone.
    #[arg(long)]
    pub ephemeral: bool,

    /// Believe the system's clock even if the newest record is more than 48 hours old.
    #[arg(long)]
    pub trust_clock: bool,

    /// How many times as fast as real the demonstration's clock runs.
    #[arg(long, value_name = "TIMES")]
    pub speed: Option<String>,

    /// How many services the demonstration has: the described ones, filled up with generated samples.
    #[arg(long, value_name = "COUNT")]
    pub services: Option<String>,

    /// What the generated samples are drawn from.
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<String>,

    /// A sandbox on this machine that was started separately.
    #[arg(long, value_name = "URL")]
    pub sandbox: Option<String>,

    /// Any key by its name. May be given several times.
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

/// One key given by a flag.
pub(super) struct Given {
    /// The flag as it was typed.
    pub(super) flag: &'static str,
    pub(super) key: String,
    pub(super) text: String,
}

impl Flags {
    /// Every key that has a flag of its own and was given, then those of `--set`. A `--set` without `=` has an empty
    /// text and is refused as such.
    pub(super) fn given(&self) -> Vec<Given> {
        let switch = |on: bool| on.then(|| "true".to_owned());
        let own = [
            ("--listen", "public.listen", self.listen.clone()),
            ("--callback-listen", "callback.listen", self.callback_listen.clone()),
            ("--admin-listen", "admin.listen", self.admin_listen.clone()),
            ("--tls-cert", "public.tls_certificate", self.tls_cert.clone()),
            ("--tls-key", "public.tls_key", self.tls_key.clone()),
            ("--plain-behind-proxy", "public.plain_behind_proxy", switch(self.plain_behind_proxy)),
            ("--plain-behind-proxy", "callback.plain_behind_proxy", switch(self.plain_behind_proxy)),
            ("--data", "data.directory", self.data.clone()),
            ("--ephemeral", "data.ephemeral", switch(self.ephemeral)),
            ("--trust-clock", "data.trust_clock", switch(self.trust_clock)),
            ("--speed", "demo.speed", self.speed.clone()),
            ("--services", "demo.services", self.services.clone()),
            ("--seed", "demo.seed", self.seed.clone()),
            ("--sandbox", "demo.sandbox_url", self.sandbox.clone()),
        ];
        let own = own
            .into_iter()
            .filter_map(|(flag, key, text)| Some(Given { flag, key: key.to_owned(), text: text? }));
        let set = self.set.iter().map(|pair| {
            let (key, text) = pair.split_once('=').unwrap_or((pair, ""));
            Given { flag: "--set", key: key.trim().to_owned(), text: text.to_owned() }
        });
        own.chain(set).collect()
    }
}
