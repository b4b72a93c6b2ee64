//! What can be wrong with a start and is known before it holds anything: the files that the configuration names, and the
//! keys. Whoever takes over from a gateway that serves looks here first, because after that one has made room it is too late:
//! what the books alone know is all that is left to fail then.

use ledger::personal::Vault;
use ledger::storage::DiskStorage;

use super::{Folder, StartError};
use crate::app::month_of;
use crate::channels::Channels;
use crate::channels::mpesa::{Paybill, PaybillTerms};
use crate::config::Config;
use crate::outbound::Outbound;
use crate::personal::LookupKeys;
use crate::server::tls::TlsTerms;
use crate::staff::check_credentials;

/// Everything that is wrong with the files of this configuration. Changes nothing; another gateway may hold the data
/// directory meanwhile.
pub fn problems_beforehand(config: &Config) -> Vec<StartError> {
    let mut problems = Vec::new();
    for listener in [&config.public, &config.callback, &config.admin] {
        let checked = listener.certificate.as_ref().map_or(Ok(()), TlsTerms::check);
        problems.extend(checked.err().map(StartError::from));
    }
    problems.extend(check_outside(config).err());
    problems.extend(check_keys(config));
    problems
}

/// The paybill, what stands beside it, and whom calls to the outside trust.
fn check_outside(config: &Config) -> Result<(), StartError> {
    let outbound = Outbound::new(config)?;
    let Some(paybill) = &config.paybill else { return Ok(()) };
    let paybill = Paybill::new(PaybillTerms::of_config(paybill), config.clock())
        .map_err(|error| StartError::Paybill(error.to_string()))?;
    Channels::of_config(config, &paybill.into(), &outbound, None).map_err(StartError::Channels)?;
    Ok(())
}

/// The keys that are there. Which are not is no problem: they are made.
fn check_keys(config: &Config) -> Vec<StartError> {
    let Some(keys) = Folder::keys_of(&config.data) else { return Vec::new() };
    let month = month_of(config.clock().now_micros());
    let mut problems: Vec<StartError> =
        Folder::damaged_keys(&config.data).into_iter().map(StartError::from).collect();
    problems.extend(LookupKeys::check(&keys.lookup, month.0).err().map(StartError::from));
    problems.extend(check_credentials(&keys.staff).err().map(StartError::from));
    problems.extend(Vault::check(&DiskStorage::read_only(&keys.vault), month).err().map(StartError::from));
    problems
}
