//! `malipo sweep`: sends fallback money home, with a key of the Treasury. Who sends cannot say how it ended.

use std::process::ExitCode;

use clap::Subcommand;
use ledger::{Currency, Money};
use serde_json::{Value, json};

use super::api::{ApiError, ApiFlags};
use super::{EXIT_UNAVAILABLE, complain};
use crate::payments::channels::ChannelName;

/// What to do with fallback money, with a key of the Treasury: name it with --key-file, or the one of the demonstration is used.
#[derive(Debug, Subcommand)]
pub enum SweepCommand {
    /// Record that money left a fallback account; prints what the transfer has to be called.
    Send {
        /// From the account of which way to pay, such as bank.kcb.
        channel: ChannelName,
        /// How much in shillings, such as 20000.00.
        amount: String,
        /// What the transfer is called, if it has a reference of this form already.
        #[arg(long, value_name = "REFERENCE")]
        reference: Option<String>,
        #[command(flatten)]
        api: ApiFlags,
    },
    /// Record that a transfer arrived on the consolidated paybill.
    Confirm {
        /// Its number, as list shows it.
        id: u64,
        #[command(flatten)]
        api: ApiFlags,
    },
    /// Record that a transfer came back.
    Return {
        /// Its number, as list shows it.
        id: u64,
        #[command(flatten)]
        api: ApiFlags,
    },
    /// List those on their way and the latest that ended, as JSON.
    List {
        #[command(flatten)]
        api: ApiFlags,
    },
}

/// Runs a command about sweeps.
pub(super) fn run(command: &SweepCommand) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&error);
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(ask(command)) {
        Ok(answer) => {
            println!("{answer}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain(&error);
            match error {
                ApiError::NoAnswer { .. } => ExitCode::from(EXIT_UNAVAILABLE),
                ApiError::Unknown(_) | ApiError::Refused { .. } => ExitCode::FAILURE,
            }
        }
    }
}

async fn ask(command: &SweepCommand) -> Result<Value, ApiError> {
    match command {
        SweepCommand::Send { channel, amount, reference, api } => {
            let money = Money::parse_decimal(amount, Currency::Kes)
                .map_err(|error| ApiError::Unknown(format!("{amount}: {error}")))?;
            let amount = json!({"amount": money.minor(), "currency": money.currency().code()});
            let body = json!({"channel": channel, "amount": amount, "reference": reference});
            api.api_of_treasury()?.post("/v1/sweeps", &body).await
        }
        SweepCommand::Confirm { id, api } => {
            api.api_of_treasury()?.post(&format!("/v1/sweeps/{id}/confirmation"), &json!({})).await
        }
        SweepCommand::Return { id, api } => {
            api.api_of_treasury()?.post(&format!("/v1/sweeps/{id}/return"), &json!({})).await
        }
        SweepCommand::List { api } => {
            let api = api.api_of_treasury()?;
            let listed = api.get("/v1/sweeps").await?;
            serde_json::from_slice(&listed)
                .map_err(|error| ApiError::NoAnswer { url: api.url().to_owned(), reason: error.to_string() })
        }
    }
}
