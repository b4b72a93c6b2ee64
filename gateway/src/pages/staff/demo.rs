//! The staff of a demonstration, with their passwords and what their apps show: one button signs in. English alone, as
//! the simulated handset.

use askama::Template;
use catalog::Language;
use hyper::StatusCode;

use crate::app::{App, SharedApp};
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::pages::frame::{Frame, staff_page};
use crate::pages::words::STAFF;

/// `GET /demo/staff`.
pub(in crate::pages) async fn show(app: SharedApp, _request: Request<App>) -> Result<Response, Problem> {
    let no_such = || Problem::new(Code::NotFound, "There is no demonstration here.");
    let staff = app.demo_staff.as_ref().ok_or_else(no_such)?;
    let (roll, now, words) = (app.books.readers().staff(), app.now_seconds(), STAFF.of(Language::En));
    let people = staff.passwords.iter().filter_map(|(login, password)| {
        let account = app.staff.account_of(login)?;
        let member = roll.member(&account)?;
        Some(Person {
            login: login.clone(),
            role: (words.role)(member.account.role),
            password: password.clone(),
            code: app.staff.code_of(&account, now)?,
        })
    });
    let page = DemoStaffPage { people: people.collect(), frame: Frame::new(&app, Language::En, None) };
    staff_page(StatusCode::OK, &page)
}

#[derive(Template)]
#[template(path = "demo_staff.html")]
struct DemoStaffPage {
    frame: Frame,
    people: Vec<Person>,
}

struct Person {
    login: String,
    role: &'static str,
    password: String,
    code: String,
}
