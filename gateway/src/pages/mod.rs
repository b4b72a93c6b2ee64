//! Pages.
use crate::app::App;
use crate::http::router::Route;

/// The rows of the public table that are pages.
pub(crate) fn routes() -> Vec<Route<App>> {
    Vec::new()
}
