//! What became of reports that came together.

use askama::Template;
use hyper::StatusCode;

use crate::app::App;
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::pages::agency::session;
use crate::pages::frame::{Frame, language_of, other, staff_page};
use crate::pages::staff::{Bar, Room};
use crate::pages::words::{APPLICATIONS, ApplicationWords};

/// What became of them.
pub(super) enum Done {
    /// They were recorded; how many, in words.
    Recorded(String),
    /// Nothing was, and why.
    Refused(Vec<String>),
}

impl Done {
    /// The page that says so. It leads back to the list, in both languages: the form is not sent again.
    pub(super) fn page(
        self,
        app: &App,
        request: &Request<App>,
        status: StatusCode,
    ) -> Result<Response, Problem> {
        let language = language_of(request)?;
        let page = DonePage {
            frame: Frame::new(
                app,
                language,
                Some(format!("/{}/agency/applications", other(language).code())),
            ),
            bar: Bar::new(session(request)?, language, Room::Applications),
            words: APPLICATIONS.of(language),
            done: self,
        };
        staff_page(status, &page)
    }
}

#[derive(Template)]
#[template(path = "console_applications_done.html")]
struct DonePage {
    frame: Frame,
    bar: Bar,
    words: &'static ApplicationWords,
    done: Done,
}
