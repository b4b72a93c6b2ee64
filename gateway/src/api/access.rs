//! Who may call what. Each row of the route tables names one of these rules; a row without one does not compile. Which
//! rows of data a caller sees is decided here as well, in one function.

use std::sync::Arc;

use crate::access::{ApiKey, KeySecret, Role};
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;
use crate::http::request::RequestHead;
use crate::payments::Bill;

/// The rule of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Anyone,
    /// Anybody who knows an identifier with 74 random bits: pages of a bill, for whoever was given its address.
    WhoeverHasTheAddress,
    /// The provider whose callback it is, by the token in the path and the source address.
    Provider,
    /// Whoever reaches the admin listener, which is bound to this machine: probes and metrics.
    ThisMachine,
    /// Who has the operator's token of this data directory.
    Operator,
    /// Keys of these roles.
    Roles(&'static [Role]),
}

/// Makes bills and asks for payment.
pub(super) const INTEGRATORS: Access = Access::Roles(&[Role::AgencyIntegrator]);
/// Reads bills, attempts and payments: an agency its own, the Auditor all.
pub(super) const READERS_OF_BILLS: Access =
    Access::Roles(&[Role::AgencyIntegrator, Role::AgencyViewer, Role::Auditor]);
/// Reads totals: an agency its own, Treasury and Auditor all.
pub(super) const READERS_OF_TOTALS: Access =
    Access::Roles(&[Role::AgencyIntegrator, Role::AgencyViewer, Role::Treasury, Role::Auditor]);

/// Reads what is in doubt: an agency what is its own, Treasury and Auditor all.
pub(super) const READERS_OF_DOUBT: Access =
    Access::Roles(&[Role::AgencyIntegrator, Role::AgencyViewer, Role::Treasury, Role::Auditor]);

/// Reads what happened: an agency what is its own, Treasury and Auditor all.
pub(super) const READERS_OF_EVENTS: Access =
    Access::Roles(&[Role::AgencyIntegrator, Role::AgencyViewer, Role::Treasury, Role::Auditor]);

/// Closes services for a time and opens them again: an agency its own, an operator any.
pub(super) const CLOSERS: Access = Access::Roles(&[Role::AgencyIntegrator, Role::Operator]);

/// Proposes what needs two people: a catalogue.
pub(super) const MAKERS: Access = Access::Roles(&[Role::Maker]);
/// Approves what a maker proposed.
pub(super) const CHECKERS: Access = Access::Roles(&[Role::Checker]);
/// Reads what waits for approval.
pub(super) const READERS_OF_DRAFTS: Access =
    Access::Roles(&[Role::Maker, Role::Checker, Role::Auditor, Role::Operator]);

/// Who a caller turned out to be.
#[derive(Clone, Debug)]
pub enum Principal {
    /// Nobody in particular.
    Anyone,
    /// The holder of a key.
    Key(Arc<ApiKey>),
    /// The operator of this machine.
    Operator,
}

/// Which rows of data a caller sees.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowScope {
    /// All agencies.
    Everything,
    /// One agency.
    Agency(Arc<str>),
    /// None.
    Nothing,
}

impl Principal {
    /// How records name this caller.
    pub fn name(&self) -> Arc<str> {
        match self {
            Self::Anyone => "guest".into(),
            Self::Key(key) => key.id.clone(),
            Self::Operator => "operator".into(),
        }
    }

    /// Whose idempotency keys are one: all keys of one agency and role, so that a request may be repeated after its key was
    /// changed for a new one.
    pub fn namespace(&self) -> String {
        match self {
            Self::Anyone => "guest".to_owned(),
            Self::Operator => "operator".to_owned(),
            Self::Key(key) => format!("{} {}", key.role, key.agency.as_deref().unwrap_or("-")),
        }
    }

    /// Which rows this caller sees. The one place where that is decided.
    pub fn scope(&self) -> RowScope {
        let Self::Key(key) = self else { return RowScope::Nothing };
        match (key.role, &key.agency) {
            (Role::AgencyIntegrator | Role::AgencyViewer, Some(agency)) => RowScope::Agency(agency.clone()),
            (Role::Treasury | Role::Auditor, None) => RowScope::Everything,
            _ => RowScope::Nothing,
        }
    }
}

impl RowScope {
    /// Whether a row of this agency is seen.
    pub fn covers(&self, agency: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Agency(own) => **own == *agency,
            Self::Nothing => false,
        }
    }

    /// The bill, if it is seen; otherwise the same problem as for a bill that does not exist.
    pub fn see_bill(&self, bill: Option<Arc<Bill>>) -> Result<Arc<Bill>, Problem> {
        bill.filter(|bill| self.covers(&bill.terms.agency)).ok_or_else(no_such_bill)
    }
}

/// The answer for a bill that does not exist and for one that is somebody else's: the same, to the letter.
pub(super) fn no_such_bill() -> Problem {
    Problem::new(Code::NotFound, "There is no such bill, or it is not yours.")
}

/// Decides whether the caller may use a route with this rule. `in_force` finds the key of a secret, if there is one that may
/// be used here and now; nobody looks for it where anybody may call.
pub(crate) fn authorize(
    rule: Access,
    head: &RequestHead,
    in_force: impl FnOnce(&KeySecret) -> Option<Arc<ApiKey>>,
    operator_token: &KeySecret,
) -> Result<Principal, Problem> {
    match rule {
        // Of the provider, token and address have been judged before this.
        Access::Anyone | Access::WhoeverHasTheAddress | Access::Provider | Access::ThisMachine => {
            Ok(Principal::Anyone)
        }
        Access::Operator => match bearer(head)? {
            Some(secret) if secret.hash() == operator_token.hash() => Ok(Principal::Operator),
            _ => Err(unauthenticated()),
        },
        Access::Roles(roles) => {
            let secret = bearer(head)?.ok_or_else(unauthenticated)?;
            let key = in_force(&secret).ok_or_else(unauthenticated)?;
            if roles.contains(&key.role) {
                Ok(Principal::Key(key))
            } else {
                Err(Problem::new(Code::Forbidden, format!("A key of role {} may not do this.", key.role)))
            }
        }
    }
}

fn bearer(head: &RequestHead) -> Result<Option<KeySecret>, Problem> {
    let Some(header) = head.header("authorization") else { return Ok(None) };
    let token = header.strip_prefix("Bearer ").ok_or_else(unauthenticated)?;
    KeySecret::parse(token).map(Some).map_err(|_| unauthenticated())
}

fn unauthenticated() -> Problem {
    Problem::new(Code::Unauthenticated, "Send Authorization: Bearer with a key that is in force.")
        .challenge(hyper::header::HeaderValue::from_static("Bearer"))
}
