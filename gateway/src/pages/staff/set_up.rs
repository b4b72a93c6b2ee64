//! Setting an account up: the code of an invitation, a password, and an authenticator app.

use askama::Template;
use catalog::Language;
use hyper::StatusCode;
use zeroize::Zeroizing;

use super::sign_in::{Way, check_passwords_are_taken, enter, note};
use crate::api::trouble;
use crate::app::{App, SharedApp};
use crate::http::origin::check_origin;
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::Response;
use crate::pages::frame::{Frame, language_of, other, staff_page};
use crate::pages::qr::QrPath;
use crate::pages::words::{STAFF, StaffWords};
use crate::payments::StaffAsk;
use crate::staff::{HasherError, NotAPassword, SetUpError, TypedSetUp};

/// `GET /{lang}/staff/set-up`: asks for the code of the invitation. It is in no address, which proxies would note.
pub(in crate::pages) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    check_passwords_are_taken(&app)?;
    let language = language_of(&request)?;
    staff_page(StatusCode::OK, &SetUpPage::new(&app, language, None))
}

/// `POST /{lang}/staff/set-up`: with the code alone shows what to do, with everything does it and signs in.
pub(in crate::pages) async fn submit(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    check_origin(&request.head, Some(&app.public_url))?;
    check_passwords_are_taken(&app)?;
    let language = language_of(&request)?;
    app.limits.invitation_is_tried(request.head.client()).map_err(|error| trouble::too_often(&error))?;
    let form = request.form()?;
    let field = |name: &str| Zeroizing::new(form.get(name).unwrap_or_default().to_owned());
    let (invitation, password) = (field("invitation"), field("password"));
    let words = STAFF.of(language);
    let mut shown = SetUpPage::new(&app, language, Some(&invitation));
    if shown.app.is_none() {
        shown.mistake = Some(("invitation", words.no_invitation));
        return staff_page(StatusCode::UNPROCESSABLE_ENTITY, &shown);
    }
    if form.get("password").is_none() {
        return staff_page(StatusCode::OK, &shown);
    }
    let mistake = if *password != *field("again") {
        ("again", words.passwords_differ)
    } else {
        let typed =
            TypedSetUp { invitation: invitation.to_string(), password, code: field("code").to_string() };
        match app.staff.set_up(typed, app.now_seconds()).await {
            Ok(account) => {
                note(&app, &request, StaffAsk::NoteSetUp { account: account.as_str().into() }).await;
                return enter(&app, &request, &account, language, "", Way::Password).await;
            }
            Err(SetUpError::NoInvitation) => ("invitation", words.no_invitation),
            Err(SetUpError::WrongCode) => ("code", words.wrong_code),
            Err(SetUpError::Password(NotAPassword::TooShort)) => ("password", words.password_short),
            Err(SetUpError::Password(NotAPassword::TooLong)) => ("password", words.password_long),
            Err(SetUpError::Password(NotAPassword::Guessable)) => ("password", words.password_guessable),
            Err(SetUpError::Hasher(HasherError::Crowded)) => {
                let problem = Problem::new(Code::Overloaded, "Too many people sign in.");
                return Err(problem.retry_after_seconds(5));
            }
            Err(error) => return Err(trouble::internal(error)),
        }
    };
    shown.mistake = Some(mistake);
    staff_page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}

/// The page.
#[derive(Template)]
#[template(path = "staff_set_up.html")]
struct SetUpPage {
    frame: Frame,
    words: &'static StaffWords,
    invitation: String,
    /// What the app is to scan, once there is an invitation.
    app: Option<AppSecret>,
    /// Which field is wrong, and what about it.
    mistake: Option<(&'static str, &'static str)>,
}

struct AppSecret {
    login: String,
    /// In groups of four, for people to type.
    secret: String,
    qr: QrPath,
}

impl SetUpPage {
    fn new(app: &App, language: Language, invitation: Option<&str>) -> Self {
        let twin = format!("/{}/staff/set-up", other(language).code());
        let invited = invitation.and_then(|code| app.staff.invited(code, app.now_seconds()));
        let secret = invited.and_then(|(login, totp)| {
            let groups: Vec<_> = totp.reveal().as_bytes().chunks(4).map(String::from_utf8_lossy).collect();
            Some(AppSecret { secret: groups.join(" "), qr: QrPath::of(&totp.address(&login))?, login })
        });
        Self {
            frame: Frame::new(app, language, Some(twin)),
            words: STAFF.of(language),
            invitation: invitation.unwrap_or_default().to_owned(),
            app: secret,
            mistake: None,
        }
    }

    /// What is wrong with a field.
    fn mistake_in(&self, field: &str) -> Option<&'static str> {
        self.mistake.filter(|(wrong, _)| *wrong == field).map(|(_, text)| text)
    }
}
