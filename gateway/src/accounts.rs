//! From what a payer typed to how the books are told of it, and from the references of a bill to how the books know them. The
//! catalogue in force says which forms there are; its answer goes with the command, so that the books decide on the same
//! whatever is published meanwhile.

use std::sync::Arc;

use ledger::Money;

use crate::app::App;
use crate::books::LookupError;
use crate::payments::{
    AccountReading, Addressed, Bill, Held, NewReference, Owner, ReferenceKind, SuspenseReason,
    TypedReference, bill_of_reference, bill_with_reference, canonical_reference,
};
use crate::personal::{LookupKeysError, ReferenceHasher};

/// The most months whose keys are tried besides the present one. A bill that lives longer is found by its number alone.
const EARLIER_MONTHS_MAX: u32 = 12;

/// The bill that a reference leads to, or why it leads to none.
pub(crate) type Lead = Result<Result<Arc<Bill>, Held>, LookupError>;

/// Reads what a payer typed, by the catalogue in force. A reference is looked up at once: its lead comes with it, as the books
/// are now and without a look at what is one slip away. That is prepared for the books only if the lead is a bill and
/// `needs_neighbours` says so, for it is thousands of hashes.
pub(crate) fn read(
    app: &App,
    typed: &str,
    money: Money,
    needs_neighbours: impl FnOnce(&Bill) -> bool,
) -> (Addressed, Option<Lead>) {
    let served = app.catalogue.current();
    let reading = crate::payments::read_account(typed, served.catalogue().account_forms());
    let AccountReading::Reference { form, .. } = &reading else {
        return (reading.addressed(|_, _| Vec::new(), |_| false), None);
    };
    let hashers = match hashers(app) {
        Ok(hashers) => hashers,
        Err(error) => {
            tracing::error!(%error, "A reference cannot be looked up; its money is held.");
            let held = Held { reason: SuspenseReason::UnknownReference, owner: Owner::of(form) };
            return (Addressed::Held(Box::new(held)), None);
        }
    };
    let keys_of =
        |agency: Option<&str>, text: &str| hashers.iter().map(|hasher| hasher.hash(agency, text)).collect();
    let mut lead = None;
    let addressed = reading.addressed(keys_of, |typed| {
        let found = bill_with_reference(typed, money, |key| app.books.bills_of_reference(key));
        let is_needed = matches!(&found, Ok(Ok(bill)) if needs_neighbours(bill));
        lead = Some(found);
        is_needed
    });
    (addressed, lead)
}

/// True if the catalogue in force has a table of account numbers, so that what is in none of its forms is nothing.
pub(crate) fn knows_forms(app: &App) -> bool {
    !app.catalogue.current().catalogue().account_forms().is_empty()
}

/// The bill that money with this reference would go to now, with a look at what is one slip away.
pub(crate) fn find_bill(app: &App, typed: &TypedReference, money: Money) -> Lead {
    bill_of_reference(typed, money, |key| app.books.bills_of_reference(key))
}

/// The references of an agency's bill that is to be made, as the books know them.
pub(crate) fn of_new_bill(
    app: &App,
    agency: &str,
    assessment: Option<&str>,
    agency_reference: Option<&str>,
) -> Result<Vec<NewReference>, LookupKeysError> {
    let named = [(ReferenceKind::Assessment, assessment), (ReferenceKind::Agency, agency_reference)];
    let mut references = Vec::new();
    for (kind, reference) in named {
        let Some(text) = reference.and_then(canonical_reference) else { continue };
        let hasher = app.lookup_keys.references(app.month().0)?;
        let (key, any_agency) = (hasher.hash(Some(agency), &text), hasher.hash(None, &text));
        let earlier = earlier_hashers(app)?.iter().map(|hasher| hasher.hash(Some(agency), &text)).collect();
        references.push(NewReference { kind, key, any_agency, earlier });
    }
    Ok(references)
}

/// Keys of all months in which a bill may have been made that somebody pays now.
fn hashers(app: &App) -> Result<Vec<ReferenceHasher>, LookupKeysError> {
    let mut hashers = vec![app.lookup_keys.references(app.month().0)?];
    hashers.extend(earlier_hashers(app)?);
    Ok(hashers)
}

/// Keys of the months before this one in which a bill may have been made that is open now. How long bills live may have been
/// set shorter since, so it says nothing of them.
fn earlier_hashers(app: &App) -> Result<Vec<ReferenceHasher>, LookupKeysError> {
    let now = app.month().0;
    let earlier = (1..=EARLIER_MONTHS_MAX).filter_map(|ago| now.checked_sub(ago));
    earlier.filter_map(|month| app.lookup_keys.earlier_references(month).transpose()).collect()
}
