//! The room for provisional passes of an agency: a list by a filter in the address, what became of each, the tour operators and
//! their invoices. Whoever may see an agency's rows may look; only its officers put money to a pass and make invoices.

mod invoice;
mod invoices;
mod list;
mod one;
mod operators;

use catalog::Language;

pub(in crate::pages) use invoice::show as invoice;
pub(in crate::pages) use invoices::show as invoices;
pub(in crate::pages) use list::show as list;
pub(in crate::pages) use one::{claim, show as one};
pub(in crate::pages) use operators::{make as make_invoice, show as operators};

use crate::access::Role;
use crate::api::RowScope;
use crate::app::App;
use crate::http::request::Request;
use crate::pages::words::{BILL, PASSES};
use crate::payments::{BillState, TourOperator};
use crate::staff::Session;
use crate::views::{PassRow, Scope};

/// Rows of a page.
const ROWS: u16 = 20;

/// Whether this person acts for the agency.
fn may_act(session: &Session) -> bool {
    session.account().role == Role::AgencyOfficer
}

/// Whose rows are asked of the views, whether or not somebody who may see all has chosen.
fn scope_of(request: &Request<App>) -> Option<Scope> {
    match request.principal.scope() {
        RowScope::Everything => Some(Scope::All),
        RowScope::Agency(agency) => Some(Scope::Agency(agency)),
        RowScope::Nothing => None,
    }
}

/// What the operator of this code is called; its code, where it is not known.
fn operator_said(app: &App, code: &str, agency: &str) -> String {
    let gates = app.books.readers().gates();
    let known = gates.operator(code, agency).map(|known| named(&known.operator));
    known.unwrap_or_else(|| code.to_owned())
}

/// `Savannah Tours (OP-ABCDEF)`.
fn named(operator: &TourOperator) -> String {
    format!("{} ({})", operator.name, operator.code)
}

/// What has become of a pass, and the class of its tag.
fn state_said(row: &PassRow, language: Language) -> (String, &'static str) {
    let (states, words) = (BILL.of(language).state, PASSES.of(language));
    match (row.invoice_state, row.state) {
        (Some(invoice), _) => {
            (format!("{}: {}", words.on_invoice, states(invoice).to_lowercase()), tone_of(invoice))
        }
        (None, Some(own)) => (states(own).to_owned(), tone_of(own)),
        (None, None) => ((words.outcome)(&row.outcome).to_owned(), ""),
    }
}

/// The class of the tag of a state.
const fn tone_of(state: BillState) -> &'static str {
    match state {
        BillState::Paid | BillState::Overpaid => "good",
        BillState::Unpaid | BillState::PartPaid => "todo",
        BillState::Expired | BillState::Cancelled | BillState::Refunded => "",
    }
}

/// Two parts of a query.
fn joined(one: &str, other: &str) -> String {
    if one.is_empty() { other.to_owned() } else { format!("{one}&{other}") }
}
