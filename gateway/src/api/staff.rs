//! Accounts of staff, on the admin listener: invited, listed, reset, ended at once.

use hyper::StatusCode;
use serde::{Deserialize, Serialize};

use super::bills::command;
use super::keys::{agency_of_role, counter_of_role, known_agency, known_counter};
use super::{SharedApp, trouble};
use crate::access::{Role, STAFF_ROLES, StaffAccount};
use crate::app::App;
use crate::http::problem::{FieldError, Problem};
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::payments::{Answer, Ask, StaffAsk};
use crate::staff::{CredentialsError, read_login, read_provider_name};

/// What an account is asked for with.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewStaff {
    /// The name to sign in with.
    pub login: String,
    /// What they may do.
    pub role: Role,
    /// The agency, for roles that belong to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
    /// The one counter at which they take cash, for a cashier.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counter: Option<String>,
}

/// What an identity provider calls somebody.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProviderName {
    /// The value of the claim that names people; `null` takes it back.
    pub provider_name: Option<String>,
}

/// An account as it is listed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StaffBody {
    /// Names it in records and logs.
    pub id: String,
    /// The name to sign in with; absent if its file was lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<String>,
    /// What the identity provider calls them, if they sign in through it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_name: Option<String>,
    /// What they may do.
    pub role: Role,
    /// The agency whose rows they see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
    /// The one counter at which they take cash.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counter: Option<String>,
    /// Whether they have chosen a password.
    pub is_set_up: bool,
    /// The code of an invitation: in the answer that makes it, and never again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<String>,
    /// Where it is used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_up_at: Option<String>,
}

/// All accounts in force.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StaffList {
    /// Sorted by id.
    pub data: Vec<StaffBody>,
}

/// `GET /admin/staff`.
pub(super) async fn list(app: SharedApp, _request: Request<App>) -> Result<Response, Problem> {
    let roll = app.books.readers().staff();
    let data = roll.iter().map(|member| StaffBody::of(&app, &member.account)).collect();
    Ok(response::json(StatusCode::OK, &StaffList { data }))
}

/// `POST /admin/staff`.
pub(super) async fn add(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let wanted: NewStaff = request.json()?;
    let wrong = |detail: String| Problem::validation(vec![FieldError::new("/login", "not_a_name", detail)]);
    let login = read_login(&wanted.login).map_err(|error| wrong(format!("Not a name: {error}.")))?;
    let account = new_account(wanted.role, wanted.agency.as_deref(), wanted.counter.as_deref())?;
    known_agency(&app, account.agency.as_deref())?;
    known_counter(&app, account.agency.as_deref(), account.counter.as_deref())?;
    let invited = app
        .staff
        .invite(&account.id, &login, app.now_seconds())
        .await
        .map_err(|error| credentials(&error))?;
    if let Err(problem) = ask(&app, &request, StaffAsk::Add(account.clone())).await {
        app.staff.forget_account(&account.id).await.map_err(|error| credentials(&error))?;
        return Err(problem);
    }
    let body = StaffBody::of(&app, &account).invited(&app, &invited.code);
    Ok(response::json(StatusCode::CREATED, &body))
}

/// `POST /admin/staff/{id}/reset`.
pub(super) async fn reset(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let account = find(&app, request.head.parameter("id"))?;
    // The password goes first: if the books have no room for the record, sessions end by themselves within hours.
    let invited =
        app.staff.invite_again(&account.id, app.now_seconds()).await.map_err(|error| credentials(&error))?;
    ask(&app, &request, StaffAsk::Reset { account: account.id.clone() }).await?;
    let body = StaffBody::of(&app, &account).invited(&app, &invited.code);
    Ok(response::json(StatusCode::OK, &body))
}

/// `POST /admin/staff/{id}/provider-name`.
pub(super) async fn name_at_provider(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let account = find(&app, request.head.parameter("id"))?;
    let wanted: ProviderName = request.json()?;
    let name = wanted.provider_name.as_deref().map(read_provider_name).transpose().map_err(|error| {
        let detail = format!("Not a name: {error}.");
        Problem::validation(vec![FieldError::new("/provider_name", "not_a_name", detail)])
    })?;
    app.staff.set_provider_name(&account.id, name).await.map_err(|error| credentials(&error))?;
    // Sessions end with the record. Whoever is called so now comes in from here on, whether or not there is room for it.
    ask(&app, &request, StaffAsk::NoteProviderName { account: account.id.clone() }).await?;
    Ok(response::json(StatusCode::OK, &StaffBody::of(&app, &account)))
}

/// `POST /admin/staff/{id}/end`.
pub(super) async fn end(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let account = find(&app, request.head.parameter("id"))?;
    ask(&app, &request, StaffAsk::End { account: account.id.clone() }).await?;
    app.staff.forget_account(&account.id).await.map_err(|error| credentials(&error))?;
    Ok(response::no_content())
}

/// A new account that fits its role.
pub(crate) fn new_account(
    role: Role,
    agency: Option<&str>,
    counter: Option<&str>,
) -> Result<StaffAccount, Problem> {
    if !STAFF_ROLES.contains(&role) {
        let roles = STAFF_ROLES.map(Role::word).join(", ");
        let detail = format!("There are pages for {roles}; {role} works with a key.");
        return Err(Problem::validation(vec![FieldError::new("/role", "no_pages", detail)]));
    }
    let agency = agency_of_role(role, agency)?;
    let counter = counter_of_role(role, counter)?;
    let id = format!("stf_{}", hex::encode(rand::random::<[u8; 6]>())).into();
    Ok(StaffAccount { id, role, agency, counter })
}

/// The account that is named, by its id or by the name to sign in with.
fn find(app: &App, named: &str) -> Result<StaffAccount, Problem> {
    let roll = app.books.readers().staff();
    let by_login = || app.staff.account_of(&read_login(named).ok()?);
    let found = roll.member(named).or_else(|| roll.member(&by_login()?)).map(|member| member.account.clone());
    found.ok_or_else(|| Problem::new(Code::NotFound, "There is no such account of staff."))
}

async fn ask(app: &App, request: &Request<App>, ask: StaffAsk) -> Result<(), Problem> {
    match app.books.ask(command(request, Ask::Staff(ask))).await {
        Ok(Answer::Done { .. }) => Ok(()),
        Ok(Answer::Refused(refusal)) => Err(trouble::refusal(&refusal)),
        Ok(other) => Err(trouble::internal(format!("{other:?} answers nothing about staff"))),
        Err(error) => Err(trouble::books(&error)),
    }
}

fn credentials(error: &CredentialsError) -> Problem {
    match error {
        CredentialsError::LoginTaken => Problem::new(Code::Conflict, "Somebody has this name already."),
        CredentialsError::ProviderNameTaken => {
            Problem::new(Code::Conflict, "The identity provider calls somebody else so already.")
        }
        CredentialsError::NoSuchAccount => Problem::new(
            Code::Conflict,
            "What this account signs in with is not among the keys: end it, and add the person again.",
        ),
        CredentialsError::Folder(_) | CredentialsError::Ended(_) => trouble::internal(error),
    }
}

impl StaffBody {
    fn of(app: &App, account: &StaffAccount) -> Self {
        let known = app.staff.credentials(&account.id);
        Self {
            id: account.id.to_string(),
            is_set_up: known.as_ref().is_some_and(|known| known.is_set_up()),
            provider_name: known.as_ref().and_then(|known| known.provider_name.clone()),
            login: known.map(|known| known.login),
            role: account.role,
            agency: account.agency.as_deref().map(str::to_owned),
            counter: account.counter.as_deref().map(str::to_owned),
            invitation: None,
            set_up_at: None,
        }
    }

    fn invited(mut self, app: &App, code: &str) -> Self {
        self.is_set_up = false;
        self.invitation = Some(code.to_owned());
        self.set_up_at = Some(format!("{}/en/staff/set-up", app.public_url));
        self
    }
}
