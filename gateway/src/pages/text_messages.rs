//! The text messages of a demonstration: what the simulated carriers have carried, on all phones, and a form to answer one. In
//! English alone, as the rest of what developers see. Phone numbers are invented here.

use askama::Template;
use catalog::Language;
use hyper::StatusCode;
use hyper::header::HeaderValue;
use ledger::LedgerTime;

use super::frame::{Frame, Keeping, page};
use super::handset::{Mistake, NOT_A_PHONE, grouped, handsets, unreachable};
use super::handset_client::CarriedMessage;
use super::leaves::{Leaves, Turn};
use super::moment::spoken;
use crate::app::{App, SharedApp};
use crate::channels::mpesa::subscriber::Subscriber;
use crate::clock::parse_rfc3339;
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::{self, Response};

/// The longest answer that fits into one message.
const ANSWER_CHARACTERS_MAX: usize = 160;
const NOTHING_SAID: Mistake =
    Mistake { text: "Enter an answer of 160 characters at most, such as 5 or STOP", field: "text" };

/// `GET /demo/sms`.
pub(super) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let leaves = Leaves::of(&request.head.query()?);
    render(&app, StatusCode::OK, leaves, String::new(), String::new(), None).await
}

/// `POST /demo/sms/answer`.
pub(super) async fn answer(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let handsets = handsets(&app)?;
    let fields = request.form()?;
    let field = |name| fields.get(name).unwrap_or_default().trim().to_owned();
    let (typed, text) = (field("phone"), field("text"));
    let again = |mistake| {
        let (status, first) = (StatusCode::UNPROCESSABLE_ENTITY, Leaves::first());
        render(&app, status, first, typed.clone(), text.clone(), Some(mistake))
    };
    let Ok(phone) = Subscriber::parse(&typed) else { return again(NOT_A_PHONE).await };
    if text.is_empty() || text.chars().count() > ANSWER_CHARACTERS_MAX {
        return again(NOTHING_SAID).await;
    }
    handsets.answer(phone, &text).await.map_err(|error| unreachable(&error))?;
    Ok(response::see_other(HeaderValue::from_static("/demo/sms")))
}

async fn render(
    app: &App,
    status: StatusCode,
    mut leaves: Leaves,
    phone: String,
    text: String,
    mistake: Option<Mistake>,
) -> Result<Response, Problem> {
    let inbox = handsets(app)?.inbox().await.map_err(|error| unreachable(&error))?;
    let messages = inbox.messages.into_iter().rev().map(Shown::of);
    let is_here = |message: &Shown| {
        let Shown { when, phone, digits, sender, text, note } = message;
        leaves.hold(&[when, phone, digits, sender, text, note])
    };
    let shown = TextMessagesPage {
        frame: Frame::new(app, Language::En, None),
        messages: messages.filter(is_here).collect(),
        turn: leaves.turn(Language::En, |number| format!("/demo/sms?page={number}")),
        phone,
        text,
        mistake,
    };
    page(status, Keeping::Never, &shown)
}

/// The page.
#[derive(Template)]
#[template(path = "text_messages.html")]
struct TextMessagesPage {
    frame: Frame,
    /// The newest first.
    messages: Vec<Shown>,
    turn: Turn,
    phone: String,
    text: String,
    mistake: Option<Mistake>,
}

/// A message.
struct Shown {
    when: String,
    phone: String,
    digits: String,
    sender: String,
    text: String,
    /// How it was carried.
    note: String,
}

impl Shown {
    fn of(message: CarriedMessage) -> Self {
        let when = parse_rfc3339(&message.at).map_or_else(
            |_| message.at.clone(),
            |micros| spoken(LedgerTime::from_micros(micros), Language::En),
        );
        let length = message.text.chars().count();
        Self {
            when,
            phone: grouped(&message.phone),
            digits: message.phone,
            sender: message.sender,
            note: format!("{} carrier, {length} characters, {} message", message.carrier, message.segments),
            text: message.text,
        }
    }
}
