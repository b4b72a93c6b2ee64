//! Somebody who signs in to pages: invited on the command line, set up with a browser, and an app that shows codes.

use std::cell::Cell;

use gateway::staff::{CODE_SECONDS, TotpSecret};
use hyper::Method;

use super::browser::Page;
use super::executable::{malipo, run};
use super::gateway::Gateway;
use super::http::{Answer, Call, get};
use super::patience::eventually;

/// The password that everybody in a story has.
pub(crate) const PASSWORD: &str = "tembo watatu mlimani";
/// How long it may take from reading a code to its being judged, in seconds. One that may end before is left alone.
const HURRY_SECONDS: u64 = 10;

/// What somebody signs in with.
pub(crate) struct Person {
    pub(crate) login: String,
    totp: TotpSecret,
    /// The step of the code that was typed last.
    typed_step: Cell<u64>,
}

/// Somebody who is signed in: the cookie of their browser, and the token of their forms.
#[derive(Clone)]
pub(crate) struct SignedIn {
    origin: String,
    pub(crate) cookie: String,
    pub(crate) token: String,
}

impl Person {
    /// A code that is taken and was not typed yet, however much time has passed since the last one: the oldest of them, so
    /// that two more follow before anybody has to wait for a step.
    pub(crate) fn next_code(&self) -> String {
        let step = eventually("a code that was not typed yet is taken", || {
            let seconds = std::time::UNIX_EPOCH.elapsed().expect("the clock is after 1970").as_secs();
            let (now, left) = (seconds / CODE_SECONDS, CODE_SECONDS - seconds % CODE_SECONDS);
            let oldest = if left > HURRY_SECONDS { now - 1 } else { now };
            let step = oldest.max(self.typed_step.get() + 1);
            (step <= now + 1).then_some(step)
        });
        self.typed_step.set(step);
        self.totp.code(step)
    }

    /// The code that was typed last.
    pub(crate) fn typed_code(&self) -> String {
        self.totp.code(self.typed_step.get())
    }

    /// Fills in the form and sends it.
    pub(crate) fn tries(&self, origin: &str, password: &str, code: &str) -> Page {
        let page = Page::open(origin, "/en/staff/sign-in");
        let form = page.form("/sign-in").with("login", &self.login).with("password", password);
        page.send(&form.with("code", code))
    }
}

impl SignedIn {
    /// The browser of a page that somebody has come to by signing in.
    pub(crate) fn of(page: &Page) -> Self {
        let cookie = page.cookie.clone().expect("a browser that signed in has a cookie");
        let token = page.html.split("name=\"session\" value=\"").nth(1).expect("every form has the token");
        let token = token.split('"').next().unwrap().to_owned();
        Self { origin: page.origin.clone(), cookie, token }
    }

    /// Opens a page.
    pub(crate) fn opens(&self, path: &str) -> Page {
        Page::open_as(&self.origin, path, Some(&self.cookie))
    }

    /// The same, as it is answered.
    pub(crate) fn gets(&self, path: &str) -> Answer {
        get(format!("{}{path}", self.origin)).header("cookie", &self.cookie).send()
    }

    /// Sends a form with the token that belongs to it.
    pub(crate) fn posts(&self, path: &str, fields: &str) -> Answer {
        self.form(path, &format!("session={}&{fields}", self.token)).send()
    }

    /// A form with a file, as browsers send it, with this token.
    pub(crate) fn uploads(&self, path: &str, token: &str, file: &str) -> Call {
        const BOUNDARY: &str = "----a-boundary-that-no-file-has";
        let part = |name: &str, text: &str| {
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
        };
        let body =
            format!("{}{}--{BOUNDARY}--\r\n", part("session", token), part("file\"; filename=\"a.csv", file));
        Call::new(Method::POST, format!("{}{path}", self.origin))
            .body(body)
            .header("content-type", &format!("multipart/form-data; boundary={BOUNDARY}"))
            .header("cookie", &self.cookie)
    }

    /// A form that is sent with the cookie, whatever is in it.
    pub(crate) fn form(&self, path: &str, body: &str) -> Call {
        Call::new(Method::POST, format!("{}{path}", self.origin))
            .body(body.to_owned())
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", &self.cookie)
    }
}

impl Gateway {
    /// `malipo staff add`: the code of an invitation.
    pub(crate) fn invites(&self, login: &str, role: &str, agency: Option<&str>) -> String {
        let mut command = malipo(["staff", "add", login, "--role", role]);
        if let Some(agency) = agency {
            command.args(["--agency", agency]);
        }
        run(command.arg("--data").arg(self.data())).expect(0).stdout.trim().to_owned()
    }

    /// Sets an account up with an invitation, as somebody with a browser and an app does.
    pub(crate) fn sets_up(&self, login: &str, invitation: &str) -> (Person, Page) {
        let page = Page::open(&self.public(), "/en/staff/set-up");
        let page = page.send(&page.form("/set-up").with("invitation", invitation));
        let secret = page.text();
        let secret = secret.split("into the app: ").nth(1).expect("the secret can be typed");
        let secret: String = secret.split_whitespace().take(8).collect();
        let totp = serde_json::from_value(secret.into()).expect("a secret is a text");
        let person = Person { login: login.to_owned(), totp, typed_step: Cell::new(0) };
        let form = page.form("/set-up").with("password", PASSWORD).with("again", PASSWORD);
        let page = page.send(&form.with("code", &person.next_code()));
        assert_eq!(page.status, 200, "{}", page.text());
        (person, page)
    }

    /// Somebody of this role, signed in.
    pub(crate) fn staff(&self, login: &str, role: &str, agency: Option<&str>) -> SignedIn {
        let (_, page) = self.sets_up(login, &self.invites(login, role, agency));
        SignedIn::of(&page)
    }
}
