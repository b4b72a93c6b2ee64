//! The console of an agency: what it has collected today, its payments, and the whole life of each bill. An agency's
//! people see their own; Treasury and Auditor choose whose.

pub(super) mod applications;
mod choose;
mod export;
mod file;
mod filter;
mod life;
pub(super) mod passes;
mod today;
mod told;
mod transactions;

use std::sync::Arc;

pub(super) use choose::choose;
pub(super) use export::{csv, xlsx};
pub(crate) use file::Downloads;
pub(super) use life::show as life;
pub(super) use today::show as today;
pub(super) use transactions::show as transactions;

use super::escaped;
use super::frame::{Frame, Shown};
use crate::api::{RowScope, no_answer, no_rows};
use crate::app::App;
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::staff::Session;
use crate::views::Scope;

/// Whose rows somebody looks at.
#[derive(Clone, Debug)]
pub(super) struct Viewed {
    agency: Arc<str>,
    /// For questions to the views: never wider than what the person may see.
    pub(super) scope: Scope,
    /// What every address of the console has in its query, so that who may choose stays where they are.
    pub(super) chosen: String,
}

impl Viewed {
    /// The agency of whoever asks, or the one that somebody who may see all has chosen; nothing before they have.
    pub(super) async fn of(app: &App, request: &Request<App>) -> Result<Option<Self>, Problem> {
        let chosen =
            request.head.query()?.get("agency").filter(|code| !code.is_empty()).map(Arc::<str>::from);
        let (agency, is_chosen) = match (request.principal.scope(), chosen) {
            (RowScope::Agency(own), None) => (own, false),
            (RowScope::Agency(own), Some(chosen)) if own == chosen => (own, false),
            (RowScope::Everything, Some(chosen)) => {
                if !is_known(app, &chosen).await? {
                    return Err(no_rows());
                }
                (chosen, true)
            }
            (RowScope::Everything, None) => return Ok(None),
            (RowScope::Agency(_), Some(_)) | (RowScope::Nothing, _) => return Err(no_rows()),
        };
        if is_chosen {
            return Ok(Some(Self::chosen(agency)));
        }
        Ok(Some(Self { scope: Scope::Agency(Arc::clone(&agency)), agency, chosen: String::new() }))
    }

    /// The agency that somebody has chosen who may see all.
    fn chosen(agency: Arc<str>) -> Self {
        let chosen = format!("?agency={}", escaped(&agency));
        Self { scope: Scope::Agency(Arc::clone(&agency)), agency, chosen }
    }

    /// The query of an address of the console that asks for this as well.
    fn with(&self, query: &str) -> String {
        match (self.chosen.is_empty(), query.is_empty()) {
            (_, true) => self.chosen.clone(),
            (true, false) => format!("?{query}"),
            (false, false) => format!("{}&{query}", self.chosen),
        }
    }

    /// What the agency is called.
    pub(super) fn name(&self, app: &App, frame: &Frame) -> Shown {
        let served = app.catalogue.current();
        let name = served.catalogue().agency(&self.agency).map(|agency| agency.name.clone());
        frame.shown_or(name.as_ref(), &self.agency)
    }
}

/// Whether the catalogue or the books know this agency. One that has left the catalogue keeps its rows.
async fn is_known(app: &App, code: &Arc<str>) -> Result<bool, Problem> {
    if app.catalogue.current().catalogue().agency(code).is_some() {
        return Ok(true);
    }
    let known = app.views.reader().agencies(&Scope::Agency(Arc::clone(code))).await.map_err(no_answer)?;
    Ok(!known.found.is_empty())
}

/// The session of whoever asks. Rows with a rule of staff have one.
pub(super) fn session(request: &Request<App>) -> Result<&Session, Problem> {
    request
        .principal
        .session()
        .map(|session| &**session)
        .ok_or_else(|| Problem::new(Code::Unauthenticated, "Sign in first."))
}
