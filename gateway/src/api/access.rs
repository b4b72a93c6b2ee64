//! Who may call what. Each row of the route tables names one of these rules; a row without one does not compile. Which
//! rows of data a caller sees is decided here as well, in one function.

use std::sync::Arc;
use std::time::Instant;

use crate::access::{ApiKey, KeySecret, Role};
use crate::app::{App, Purpose};
use crate::http::origin::check_origin;
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;
use crate::http::request::RequestHead;
use crate::payments::Bill;
use crate::staff::Session;

/// The rule of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody.
    Anyone,
    /// Anybody who knows an identifier with 74 random bits: pages of a bill, for whoever was given its address.
    WhoeverHasTheAddress,
    /// The provider whose callback it is, by the token in the path and the source address.
    Provider,
    /// A provider that is not Safaricom, by the token in the path: what it says is proved by its signature, or asked for.
    OtherProvider,
    /// A provider of text messages that reports, by the token in the path and the source address.
    MessageProvider,
    /// Whoever reaches the admin listener, which is bound to this machine: probes and metrics.
    ThisMachine,
    /// Who has the operator's token of this data directory.
    Operator,
    /// Keys of these roles.
    Roles(&'static [Role]),
    /// People of these roles who are signed in: pages. Another site's forms are refused here, before anything is read.
    Staff(&'static [Role]),
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

/// Reads what receivers of messages say of services: an agency of its own, Treasury and Auditor of all.
pub(super) const READERS_OF_FEEDBACK: Access =
    Access::Roles(&[Role::AgencyIntegrator, Role::AgencyViewer, Role::Treasury, Role::Auditor]);

/// Reads what happened: an agency what is its own, Treasury and Auditor all.
pub(super) const READERS_OF_EVENTS: Access =
    Access::Roles(&[Role::AgencyIntegrator, Role::AgencyViewer, Role::Treasury, Role::Auditor]);

/// Closes services for a time and opens them again: an agency its own, an operator any.
pub(super) const CLOSERS: Access = Access::Roles(&[Role::AgencyIntegrator, Role::Operator]);

/// Says how ways to pay are: an agency for itself, Treasury and operators for everybody.
pub(super) const SPEAKERS_OF_CHANNELS: Access =
    Access::Roles(&[Role::AgencyIntegrator, Role::Treasury, Role::Operator]);

/// Reads what an outage did: an agency its own rows, Treasury, Auditor and operators all.
pub(super) const READERS_OF_OUTAGES: Access = Access::Roles(&[
    Role::AgencyIntegrator,
    Role::AgencyViewer,
    Role::Treasury,
    Role::Auditor,
    Role::Operator,
]);

/// Sends statements of the accounts on which money comes in.
pub(super) const SENDERS_OF_STATEMENTS: Access = Access::Roles(&[Role::Treasury, Role::Operator]);

/// Sends fallback money home, and says how that ended.
pub(super) const SWEEPERS: Access = Access::Roles(&[Role::Treasury]);
/// Takes cash at counters.
pub(super) const CASHIERS: Access = Access::Roles(&[Role::Cashier]);
/// Ends a shift: whose it is, or a supervisor in their place.
pub(super) const COUNTER_CLOSERS: Access = Access::Roles(&[Role::Cashier, Role::CounterSupervisor]);
/// Agrees to what lacks, or is too much.
pub(super) const COUNTER_SUPERVISORS: Access = Access::Roles(&[Role::CounterSupervisor]);
/// Sees a counter: its own people theirs, who looks after all money every one.
pub(super) const READERS_OF_COUNTERS: Access =
    Access::Roles(&[Role::Cashier, Role::CounterSupervisor, Role::Treasury, Role::Auditor, Role::Operator]);
/// Sees what is on its way home.
pub(super) const READERS_OF_SWEEPS: Access = Access::Roles(&[Role::Treasury, Role::Auditor, Role::Operator]);

/// Looks up one payment: an agency its own, the Auditor any.
pub(super) const LOOKERS: Access =
    Access::Roles(&[Role::AgencyIntegrator, Role::AgencyViewer, Role::AgencyGate, Role::Auditor]);
/// Lets people in.
pub(super) const GATES: Access = Access::Roles(&[Role::AgencyIntegrator, Role::AgencyGate]);

/// Devices at gates: what is kept for one is its own.
pub(super) const DEVICES: Access = Access::Roles(&[Role::AgencyGate]);

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
    /// Somebody who is signed in.
    Staff(Arc<Session>),
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
            Self::Staff(session) => session.account().id.clone(),
        }
    }

    /// Whose idempotency keys are one: all keys of one agency and role, so that a request may be repeated after its key was
    /// changed for a new one.
    pub fn namespace(&self) -> String {
        match self {
            Self::Anyone => "guest".to_owned(),
            Self::Operator => "operator".to_owned(),
            Self::Key(key) => format!("{} {}", key.role, key.agency.as_deref().unwrap_or("-")),
            Self::Staff(session) => format!("staff {}", session.account().id),
        }
    }

    /// The session of somebody who is signed in. Routes with a rule of [`Access::Staff`] have one.
    pub fn session(&self) -> Option<&Arc<Session>> {
        if let Self::Staff(session) = self { Some(session) } else { None }
    }

    /// Whether this caller is still who it was when it was let in. Whatever goes on for longer than a request asks again.
    pub fn is_in_force(&self, app: &App) -> bool {
        match self {
            Self::Anyone | Self::Operator => true,
            Self::Key(key) => app.books.readers().keys().has(&key.id, app.now()),
            Self::Staff(session) => session.is_in_force(&app.books.readers().staff(), Instant::now()),
        }
    }

    /// Whether this caller sees the counter of this name, of this agency.
    pub fn sees_counter(&self, counter: &str, of_agency: &str) -> bool {
        let (role, agency, bound_to) = match self {
            Self::Key(key) => (key.role, &key.agency, &key.counter),
            Self::Staff(session) => {
                let account = session.account();
                (account.role, &account.agency, &account.counter)
            }
            Self::Anyone | Self::Operator => return false,
        };
        let is_of_agency = agency.as_deref() == Some(of_agency);
        match role {
            Role::Cashier => is_of_agency && bound_to.as_deref().is_none_or(|own| own == counter),
            Role::CounterSupervisor => is_of_agency,
            Role::Treasury | Role::Auditor | Role::Operator => true,
            _ => false,
        }
    }

    /// Which rows this caller sees. The one place where that is decided.
    pub fn scope(&self) -> RowScope {
        let (role, agency) = match self {
            Self::Key(key) => (key.role, &key.agency),
            Self::Staff(session) => (session.account().role, &session.account().agency),
            Self::Anyone | Self::Operator => return RowScope::Nothing,
        };
        match (role, agency) {
            (
                Role::AgencyIntegrator | Role::AgencyViewer | Role::AgencyGate | Role::AgencyOfficer,
                Some(agency),
            ) => RowScope::Agency(agency.clone()),
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

/// The answer for rows of an agency that does not exist and for those of somebody else's: the same.
pub(crate) fn no_rows() -> Problem {
    Problem::new(Code::NotFound, "There is no such agency, or it is not yours.")
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
        Access::Anyone
        | Access::WhoeverHasTheAddress
        | Access::Provider
        | Access::OtherProvider
        | Access::MessageProvider
        | Access::ThisMachine => Ok(Principal::Anyone),
        // Sessions are not looked for here: see `authorize_staff`.
        Access::Staff(_) => Err(sign_in_needed()),
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

/// Decides whether somebody with a browser may use a page for these roles: they are signed in, they may, and what they
/// send comes from a page of ours.
pub(crate) fn authorize_staff(app: &App, roles: &[Role], head: &RequestHead) -> Result<Principal, Problem> {
    check_origin(head, Some(&app.public_url))?;
    let token = session_token(app.purpose, head).ok_or_else(sign_in_needed)?;
    let session = app.staff.session(token, &app.books.readers().staff()).ok_or_else(sign_in_needed)?;
    let role = session.account().role;
    if roles.contains(&role) {
        Ok(Principal::Staff(session))
    } else {
        Err(Problem::new(Code::Forbidden, format!("Staff of role {role} may not do this.")))
    }
}

/// The name of the cookie with the token of a session: one of those that are never handed on to an agency's own system
/// (`routing::cookies`). With the prefix a browser takes it over TLS alone and from no
/// other host; a demonstration has no TLS.
pub(crate) fn session_cookie(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Live => "__Host-malipo_session",
        Purpose::Demonstration => "malipo_session",
    }
}

/// The token of the session that a browser shows.
pub(crate) fn session_token(purpose: Purpose, head: &RequestHead) -> Option<&str> {
    cookie_of(head, session_cookie(purpose))
}

/// The cookie of a browser that has begun to sign in through the identity provider.
pub(crate) fn provider_cookie(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Live => "__Host-malipo_provider",
        Purpose::Demonstration => "malipo_provider",
    }
}

/// The value of a cookie that a browser shows.
pub(crate) fn cookie_of<'h>(head: &'h RequestHead, name: &str) -> Option<&'h str> {
    let cookies = head.header("cookie")?.split(';');
    cookies
        .filter_map(|cookie| cookie.trim().split_once('='))
        .find(|(known, _)| *known == name)
        .map(|(_, token)| token)
}

/// Nobody is signed in. For a browser this becomes the page to sign in on.
fn sign_in_needed() -> Problem {
    Problem::new(Code::Unauthenticated, "Sign in first, with a browser.")
        .challenge(hyper::header::HeaderValue::from_static("Session"))
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
