//! The handset of a demonstration: a phone in the browser, so that a newcomer can pay without one. In English alone, as
//! the rest of what developers see. Phone numbers are invented here and stand in addresses for that reason; real ones
//! never do.

use askama::Template;
use catalog::Language;
use hyper::header::HeaderValue;
use hyper::{StatusCode, Uri};
use ledger::LedgerTime;

use super::frame::{Frame, Keeping, page};
use super::handset_client::{Handset, HandsetError, Handsets, Pressed};
use super::leaves::Leaves;
use super::moment::spoken;
use crate::app::{App, Purpose, SharedApp};
use crate::channels::mpesa::subscriber::Subscriber;
use crate::clock::parse_rfc3339;
use crate::http::body::Fields;
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::{self, Response};

/// The numbers whose owners act by themselves, and one that waits for the visitor.
const NUMBERS: [(&str, &str); 12] = [
    ("0712 345 678", "Waits for you: enter PIN 1234, cancel, or let the request run out"),
    ("0700 000 001", "Enters the PIN and pays"),
    ("0700 000 002", "Has not enough money"),
    ("0700 000 003", "Cancels the request"),
    ("0700 000 004", "Is switched off"),
    ("0700 000 005", "Enters a wrong PIN"),
    ("0700 000 006", "Pays, and the news comes late"),
    ("0700 000 007", "Pays, and the news comes three times"),
    ("0700 000 008", "Pays, and only the status query knows it"),
    ("0700 000 009", "Cancels, then pays KES 50 too little by paybill"),
    ("0700 000 010", "Cancels, then pays by paybill to a mistyped account number"),
    ("0700 000 011", "Gets nothing: M-PESA is busy"),
];

/// What is wrong, and the field where it can be put right.
#[derive(Clone, Copy)]
pub(super) struct Mistake {
    pub(super) text: &'static str,
    pub(super) field: &'static str,
}

pub(super) const NOT_A_PHONE: Mistake =
    Mistake { text: "Phone number must be a Kenyan mobile number, such as 0712 345 678", field: "phone" };
const NO_PROMPT: Mistake = Mistake { text: "This phone shows no request any more", field: "screen" };
const NOT_UNDERSTOOD: Mistake = Mistake {
    text: "Enter an account number of 1 to 20 characters and an amount in shillings, such as 3050",
    field: "account",
};
const PIN_MISSING: Mistake =
    Mistake { text: "Enter the PIN: 1234 on every phone of the demonstration", field: "pin" };

/// `GET /demo/phone?phone=`.
pub(super) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let handsets = handsets(&app)?;
    let query = request.head.query()?;
    let typed = query.get("phone").unwrap_or_default().trim();
    if typed.is_empty() {
        return render(&app, StatusCode::OK, "", None, None);
    }
    match Subscriber::parse(typed) {
        Ok(phone) => {
            let handset = handsets.look(phone).await.map_err(|error| unreachable(&error))?;
            render(&app, StatusCode::OK, typed, Some(handset), None)
        }
        Err(_) => render(&app, StatusCode::UNPROCESSABLE_ENTITY, typed, None, Some(NOT_A_PHONE)),
    }
}

/// `POST /demo/phone/pin`.
pub(super) async fn press_pin(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let handsets = handsets(&app)?;
    let fields = request.form()?;
    let phone = phone_of(&fields)?;
    let pin = fields.get("pin").unwrap_or_default().trim();
    if pin.is_empty() {
        return again(&app, &handsets, phone, &fields, PIN_MISSING).await;
    }
    let pressed = handsets.press_pin(phone, pin).await;
    look_again(&app, &handsets, phone, &fields, pressed).await
}

/// `POST /demo/phone/cancel`.
pub(super) async fn press_cancel(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let handsets = handsets(&app)?;
    let fields = request.form()?;
    let phone = phone_of(&fields)?;
    let pressed = handsets.press_cancel(phone).await;
    look_again(&app, &handsets, phone, &fields, pressed).await
}

/// `POST /demo/phone/pay`.
pub(super) async fn pay(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let handsets = handsets(&app)?;
    let fields = request.form()?;
    let phone = phone_of(&fields)?;
    let field = |name| fields.get(name).unwrap_or_default().replace([' ', ','], "");
    let pressed = handsets.pay(phone, &field("account"), &field("amount")).await;
    look_again(&app, &handsets, phone, &fields, pressed).await
}

/// The handsets, if this is a demonstration that has them.
pub(super) fn handsets(app: &App) -> Result<Handsets<'_>, Problem> {
    let sandbox: Option<&Uri> = app.sandbox_url.as_ref().filter(|_| app.purpose == Purpose::Demonstration);
    sandbox.map(Handsets::of).ok_or_else(|| Problem::new(Code::NotFound, "No such address."))
}

fn phone_of(fields: &Fields) -> Result<Subscriber, Problem> {
    let typed = fields.get("phone").unwrap_or_default();
    Subscriber::parse(typed).map_err(|_| Problem::new(Code::BadRequest, NOT_A_PHONE.text))
}

pub(super) fn unreachable(error: &HandsetError) -> Problem {
    Problem::new(Code::ChannelUnavailable, "The simulated Safaricom does not answer.").internal(error)
}

/// After keys were pressed: look at the phone, or say why they did nothing.
async fn look_again(
    app: &App,
    handsets: &Handsets<'_>,
    phone: Subscriber,
    fields: &Fields,
    pressed: Result<Pressed, HandsetError>,
) -> Result<Response, Problem> {
    match pressed.map_err(|error| unreachable(&error))? {
        Pressed::Taken => {
            let location = format!("/demo/phone?phone={}", phone.digits());
            let location = HeaderValue::from_str(&location).map_err(Problem::internal_error)?;
            Ok(response::see_other(location))
        }
        Pressed::NoPrompt => again(app, handsets, phone, fields, NO_PROMPT).await,
        Pressed::NotUnderstood => again(app, handsets, phone, fields, NOT_UNDERSTOOD).await,
    }
}

async fn again(
    app: &App,
    handsets: &Handsets<'_>,
    phone: Subscriber,
    fields: &Fields,
    mistake: Mistake,
) -> Result<Response, Problem> {
    let handset = handsets.look(phone).await.map_err(|error| unreachable(&error))?;
    let mut shown = HandsetPage::new(app, &phone.digits(), Some(handset), Some(mistake));
    shown.account = fields.get("account").unwrap_or_default().to_owned();
    shown.amount = fields.get("amount").unwrap_or_default().to_owned();
    page(StatusCode::UNPROCESSABLE_ENTITY, Keeping::Never, &shown)
}

fn render(
    app: &App,
    status: StatusCode,
    phone: &str,
    handset: Option<Handset>,
    mistake: Option<Mistake>,
) -> Result<Response, Problem> {
    page(status, Keeping::Never, &HandsetPage::new(app, phone, handset, mistake))
}

/// The page.
#[derive(Template)]
#[template(path = "handset.html")]
struct HandsetPage {
    frame: Frame,
    numbers: Vec<Number>,
    phone: String,
    handset: Option<Shown>,
    mistake: Option<Mistake>,
    account: String,
    amount: String,
}

/// A number that can be chosen.
struct Number {
    shown: &'static str,
    owner: &'static str,
    digits: String,
}

impl Number {
    fn of(shown: &'static str, owner: &'static str) -> Self {
        Self { shown, owner, digits: shown.replace(' ', "") }
    }
}

/// What the handset shows.
struct Shown {
    prompt: Option<(String, i64)>,
    /// The newest first, those that a page has room for: when, from whom, what.
    messages: Vec<(String, String, String)>,
}

impl HandsetPage {
    fn new(app: &App, phone: &str, handset: Option<Handset>, mistake: Option<Mistake>) -> Self {
        Self {
            frame: Frame::new(app, Language::En, None),
            numbers: NUMBERS.iter().map(|(number, owner)| Number::of(number, owner)).collect(),
            phone: grouped(phone),
            handset: handset.map(Shown::of),
            mistake,
            account: String::new(),
            amount: String::new(),
        }
    }
}

impl Shown {
    fn of(handset: Handset) -> Self {
        let when = |at: &str| {
            parse_rfc3339(at).map_or_else(
                |_| at.to_owned(),
                |micros| spoken(LedgerTime::from_micros(micros), Language::En),
            )
        };
        let messages = handset.messages.into_iter().rev();
        let messages = messages.map(|message| (when(&message.at), message.sender, message.text));
        let mut leaves = Leaves::first();
        Self {
            prompt: handset.prompt.map(|prompt| (prompt.text, prompt.seconds_left)),
            messages: messages.filter(|(when, sender, text)| leaves.hold(&[when, sender, text])).collect(),
        }
    }
}

/// `0712 345 678`, from however it was written; what is no number stays as it is.
pub(super) fn grouped(phone: &str) -> String {
    match Subscriber::parse(phone) {
        Ok(subscriber) => {
            let digits = subscriber.digits();
            format!("0{} {} {}", &digits[3..6], &digits[6..9], &digits[9..])
        }
        Err(_) => phone.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_the_demonstration_is_one_and_is_shown_as_people_write_it() {
        for (number, _) in NUMBERS {
            assert_eq!(grouped(number), number);
            assert_eq!(grouped(&number.replace(' ', "")), number);
        }
        assert_eq!(grouped("+254712345678"), "0712 345 678");
        assert_eq!(grouped("12"), "12");
    }
}
