//! Gates that decide when nobody answers.
//!
//! The gateway writes a [`pack`] for a site: the keys that verify receipts, the bills that are paid and not used, those that
//! are used. It certifies a [`device`] that stands at a gate ([`certificate`]), which judges what is shown by the pack and
//! by its own journal, and keeps every use durably before it opens. Connected again, it sends what it has done in signed,
//! numbered [`batch`]es. All three are notes that anybody can check ([`signed`]).

pub mod batch;
pub mod certificate;
pub mod device;
mod make;
pub mod numbers;
pub mod pack;
pub mod pass;
pub mod signed;

pub(crate) use make::{PackError, make};

use ledger::VerifyingKey;

use self::certificate::Certificate;
use self::pack::Pack;
use self::signed::Untrusted;

/// What every text of a gate begins with.
pub const MARK: &str = "malipo gate ";

/// What a text of a gate says, in a line, having checked that one of these keys has signed it.
pub fn verify(text: &str, keys: &[VerifyingKey]) -> Result<String, Untrusted> {
    if text.starts_with(certificate::TITLE) {
        let Certificate { device, gate, site, agency, .. } = Certificate::open(text, keys)?;
        return Ok(format!("the certificate of {device} for {gate} at {site} of {agency}"));
    }
    let Pack { site, agency, prepaid, used, .. } = Pack::open(text, keys)?;
    let (prepaid, used) = (prepaid.len(), used.len());
    Ok(format!("the pack of {site} of {agency}: {prepaid} bills are paid and not used, {used} are used"))
}
