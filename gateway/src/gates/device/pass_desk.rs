//! What a guard's browser reaches of provisional passes. A form is one wish: however often it is sent, it issues one pass.

use std::sync::Arc;

use catalog::Language;
use hyper::header::HeaderValue;
use ledger::{Currency, Money};

use super::attendant::Attendant;
use super::passes::{NoPass, PassWish};
use super::screen::{Screen, language_of, not_kept};
use crate::away::away;
use crate::gates::pass::{PassLine, Settlement};
use crate::gates::signed::Moment;
use crate::http::body::Fields;
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::http::router::Route;
use crate::pages::{
    form_token, gate_pass_code, gate_pass_form_page, gate_pass_page, gate_passes_page, no_such_pass,
};

/// The longest wish: a form token of ours has half of it.
const WISH_LEN_MAX: usize = 64;
/// What the fields of counts begin with; the code of the item follows.
const COUNT_MARK: &str = "n.";

/// Everything about passes that can be reached.
pub(super) fn routes() -> Vec<Route<Screen>> {
    vec![
        Route::get("/{lang}/passes", "gate_passes", (), list),
        Route::get("/{lang}/passes/{service}", "gate_pass_form", (), form),
        Route::post("/{lang}/passes/{service}/price", "gate_pass_price", (), price),
        Route::post("/{lang}/passes/{service}/issue", "gate_pass_issue", (), issue).runs_to_end(),
        Route::get("/{lang}/pass/{number}", "gate_pass", (), show),
        Route::get("/pass/{number}/code.svg", "gate_pass_code", (), code),
    ]
}

async fn list(screen: Arc<Screen>, request: Request<Screen>) -> Result<Response, Problem> {
    let language = language_of(&request)?;
    at_the_desk(screen, move |attendant, now| gate_passes_page(attendant, language, now)).await
}

async fn form(screen: Arc<Screen>, request: Request<Screen>) -> Result<Response, Problem> {
    let language = language_of(&request)?;
    let wish = PassWish {
        id: form_token(),
        service: request.head.parameter("service").to_owned(),
        lines: Vec::new(),
        settlement: Settlement::Later,
        agreed: None,
    };
    at_the_desk(screen, move |attendant, now| gate_pass_form_page(attendant, language, &wish, now, None))
        .await
}

async fn price(screen: Arc<Screen>, request: Request<Screen>) -> Result<Response, Problem> {
    let (language, wish) = (language_of(&request)?, wish_of(&request)?);
    at_the_desk(screen, move |attendant, now| {
        let before = attendant.passes().of_wish(&wish);
        if let Some(Ok(pass)) = before {
            return gone_to(language, pass.number);
        }
        let outcome = attendant.desk().write(&wish, now);
        gate_pass_form_page(attendant, language, &wish, now, Some(outcome))
    })
    .await
}

async fn issue(screen: Arc<Screen>, request: Request<Screen>) -> Result<Response, Problem> {
    let (language, wish) = (language_of(&request)?, wish_of(&request)?);
    at_the_desk_with(screen, move |screen, attendant, now| {
        let issued = attendant.issue(&wish, now).map_err(|error| {
            screen.failed(&error);
            not_kept(&error)
        })?;
        match issued {
            Ok(number) => gone_to(language, number),
            Err(why) => refused(attendant, language, wish, now, why),
        }
    })
    .await
}

async fn show(screen: Arc<Screen>, request: Request<Screen>) -> Result<Response, Problem> {
    let (language, number) = (language_of(&request)?, number_of(&request)?);
    at_the_desk(screen, move |attendant, _| gate_pass_page(attendant, language, number)).await
}

async fn code(screen: Arc<Screen>, request: Request<Screen>) -> Result<Response, Problem> {
    let number = number_of(&request)?;
    at_the_desk(screen, move |attendant, _| gate_pass_code(attendant, number)).await
}

fn number_of(request: &Request<Screen>) -> Result<u64, Problem> {
    let number = request.head.parameter("number").parse();
    number.map_err(|_| no_such_pass())
}

/// The form again, with why there is no pass. A form that has led to another pass begins anew.
fn refused(
    attendant: &Attendant,
    language: Language,
    wish: PassWish,
    now: Moment,
    why: NoPass,
) -> Result<Response, Problem> {
    let id = if why == NoPass::OtherWish { form_token() } else { wish.id.clone() };
    gate_pass_form_page(attendant, language, &PassWish { id, ..wish }, now, Some(Err(why)))
}

/// To the page of a pass, which can be loaded again and printed again.
fn gone_to(language: Language, number: u64) -> Result<Response, Problem> {
    let location = HeaderValue::from_str(&format!("/{language}/pass/{number}"));
    Ok(response::see_other(location.map_err(Problem::internal_error)?))
}

async fn at_the_desk(
    screen: Arc<Screen>,
    work: impl FnOnce(&Attendant, Moment) -> Result<Response, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    at_the_desk_with(screen, move |_, attendant, now| work(attendant, now)).await
}

/// Does something with the device, away from the threads that answer: it may wait for its disk, or for whoever does.
async fn at_the_desk_with(
    screen: Arc<Screen>,
    work: impl FnOnce(&Screen, &mut Attendant, Moment) -> Result<Response, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    let done = away(move || {
        let mut attendant = screen.attendant();
        let now = screen.now(&attendant);
        work(&screen, &mut attendant, now)
    });
    done.await.map_err(Problem::internal_error)?
}

/// What a form wishes for. An empty count is nobody.
fn wish_of(request: &Request<Screen>) -> Result<PassWish, Problem> {
    let fields = request.form()?;
    let wrong = |what: &str| Problem::new(Code::BadRequest, format!("The form is not one of ours: {what}."));
    let id = fields.get("wish").unwrap_or_default();
    if id.is_empty() || id.len() > WISH_LEN_MAX || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(wrong("its wish"));
    }
    let agreed = fields.get("agreed").map(|text| money_of(text).ok_or_else(|| wrong("what was agreed")));
    Ok(PassWish {
        id: id.to_owned(),
        service: request.head.parameter("service").to_owned(),
        lines: lines_of(&fields).ok_or_else(no_count)?,
        settlement: settlement_of(&fields).ok_or_else(|| wrong("how it is paid"))?,
        agreed: agreed.transpose()?,
    })
}

/// A count that is none, or more people than there are.
fn no_count() -> Problem {
    Problem::new(Code::BadRequest, "A count is a whole number, such as 2, and empty for nobody.")
        .user_message(
            "Count visitors in whole numbers, such as 2, and leave a field empty for nobody.",
            "Hesabu wageni kwa nambari kamili, kama 2, na uache wazi pasipo na mtu.",
        )
}

fn lines_of(fields: &Fields) -> Option<Vec<PassLine>> {
    let counts =
        fields.iter().filter_map(|(name, value)| Some((name.strip_prefix(COUNT_MARK)?, value.trim())));
    let lines = counts.filter(|(_, value)| !value.is_empty()).map(|(item, value)| {
        let is_plain = !item.is_empty() && !item.contains([',', ':', '\n', '\r']);
        is_plain.then_some(PassLine { item: item.to_owned(), quantity: value.parse().ok()? })
    });
    let lines = lines.filter(|line| line.as_ref().is_none_or(|line| line.quantity > 0));
    lines.collect()
}

fn settlement_of(fields: &Fields) -> Option<Settlement> {
    match fields.get("settlement")? {
        "later" => Some(Settlement::Later),
        "exit" => Some(Settlement::Exit),
        "operator" => Some(Settlement::Operator(fields.get("operator").unwrap_or_default().to_owned())),
        _ => None,
    }
}

fn money_of(text: &str) -> Option<Money> {
    let (currency, amount) = text.split_once(' ')?;
    let currency: Currency = currency.parse().ok()?;
    Money::parse_decimal(amount, currency).ok()
}
