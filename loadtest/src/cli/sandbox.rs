//! `loadtest sandbox`, and the same flags for whoever links the sandbox.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Map, Value};

use super::{Failure, interrupted, tell};
use crate::sandbox::{Faults, Options, Sandbox};

/// How to start a sandbox.
#[derive(Debug, Clone, Args)]
pub struct SandboxArgs {
    /// Where to listen; a loopback address.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8090")]
    pub listen: SocketAddr,
    /// Where to keep the record.
    #[arg(long, value_name = "DIR", default_value = "./sandbox-data", conflicts_with = "ephemeral")]
    pub data: PathBuf,
    /// Keep the record in a temporary folder that is removed at the end.
    #[arg(long)]
    pub ephemeral: bool,
    /// The merchant's paybill.
    #[arg(long, value_name = "DIGITS", default_value = "222222")]
    pub shortcode: String,
    /// The secret in the password of a push request.
    #[arg(long, value_name = "TEXT", default_value = "demo-passkey")]
    pub passkey: String,
    /// User name of the token call.
    #[arg(long, value_name = "TEXT", default_value = "demo-consumer-key")]
    pub consumer_key: String,
    /// Password of the token call.
    #[arg(long, value_name = "TEXT", default_value = "demo-consumer-secret")]
    pub consumer_secret: String,
    /// Shorten the waits of the test numbers.
    #[arg(long)]
    pub fast: bool,
    /// Do not ask the merchant to validate.
    #[arg(long)]
    pub no_validation: bool,
    /// Refuse a second registration of other addresses, as production does.
    #[arg(long)]
    pub no_overwrite: bool,
    /// Send a confirmation that was not answered with 200 again, this often, with growing pauses. Safaricom
    /// publishes no schedule.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub retry_confirmations: u32,
    /// Chooses which payments the faults strike.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Something that goes wrong on purpose, as in `PUT /control/faults`: `confirmation_lost_per_mille=50`.
    /// May be repeated. What goes wrong at Airtel, the acquirer, the bank, with its slips, at card terminals and at carriers is
    /// said to each by a control call of its own.
    #[arg(long = "fault", value_name = "NAME=NUMBER")]
    pub faults: Vec<String>,
}

impl SandboxArgs {
    /// The options these flags mean.
    ///
    /// # Errors
    ///
    /// When a fault is not known or not a number.
    pub fn options(&self) -> Result<Options, Failure> {
        Ok(Options {
            listen: self.listen,
            data: (!self.ephemeral).then(|| self.data.clone()),
            shortcode: self.shortcode.clone(),
            passkey: self.passkey.clone(),
            consumer_key: self.consumer_key.clone(),
            consumer_secret: self.consumer_secret.clone(),
            fast: self.fast,
            validation: !self.no_validation,
            allow_overwrite: !self.no_overwrite,
            retry_confirmations: self.retry_confirmations,
            faults: faults(&self.faults, self.seed).map_err(|reason| Failure::new(78, reason))?,
            ..Options::default()
        })
    }

    /// Runs a sandbox until it is interrupted.
    ///
    /// # Errors
    ///
    /// When it cannot start or its record cannot be kept.
    pub async fn run(self) -> Result<(), Failure> {
        let stop = interrupted()?;
        let running = Sandbox::start(self.options()?, stop).await.map_err(|error| Failure::new(1, error))?;
        tell(&format!(
            "sandbox: Safaricom for paybill {} at {}\nrecord:  {}\n",
            self.shortcode,
            running.url(),
            running.record().display()
        ));
        running.finished().await.map_err(|error| Failure::new(1, error))
    }
}

fn faults(given: &[String], seed: Option<u64>) -> Result<Faults, String> {
    let mut fields = Map::new();
    for fault in given {
        let (name, number) =
            fault.split_once('=').ok_or_else(|| format!("--fault {fault}: NAME=NUMBER is expected"))?;
        let number: u64 =
            number.parse().map_err(|_| format!("--fault {fault}: {number:?} is not a whole number"))?;
        fields.insert(name.to_owned(), number.into());
    }
    if let Some(seed) = seed {
        fields.insert("seed".to_owned(), seed.into());
    }
    serde_json::from_value(Value::Object(fields)).map_err(|error| format!("--fault: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_named_as_in_the_control_call() {
        let read = faults(&["confirmation_lost_per_mille=50".into()], Some(7)).unwrap();
        assert_eq!(read, Faults { seed: 7, confirmation_lost_per_mille: 50, ..Faults::default() });
        assert!(faults(&["confirmation_lost=50".into()], None).unwrap_err().contains("confirmation_lost"));
        assert!(faults(&["confirmation_lost_per_mille=often".into()], None).is_err());
    }
}
