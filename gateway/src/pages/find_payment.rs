//! "My payment is missing": by the code in M-PESA's message, or by phone, day and amount together. Everything is posted, so that
//! nothing of it stands in an address. What is answered says nothing of who paid.

use askama::Template;
use catalog::Language;
use hyper::StatusCode;
use jiff::civil::Date;
use ledger::{Currency, Money};

use super::frame::{Frame, Keeping, Shown, language_of, other, page};
use super::moment::spoken;
use super::words::{FIND_PAYMENT, FindPaymentWords, unbroken};
use crate::api::trouble;
use crate::app::{App, SharedApp};
use crate::channels::mpesa::subscriber::Subscriber;
use crate::finding::{
    AGAIN_AFTER_SECONDS, FindError, Found, GoOn, Held, Matched, UsualDelay, Wanted, by_channel_receipt,
    by_payer, usual_delay,
};
use crate::http::body::Fields;
use crate::http::problem::{MoneyMoved, Problem};
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::Response;

/// Letters and digits of M-PESA's codes: ten, with room for others.
const CODE_LEN: std::ops::RangeInclusive<usize> = 8..=12;

/// `GET /{lang}/find-payment`.
pub(super) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let language = language_of(&request)?;
    page(StatusCode::OK, Keeping::Never, &FindPage::new(&app, language, Form::default()))
}

/// `POST /{lang}/find-payment`.
pub(super) async fn find(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let language = language_of(&request)?;
    let mut form = Form::read(&request.form()?);
    let wish = match form.judge(FIND_PAYMENT.of(language)) {
        Ok(wish) => wish,
        Err(()) => return show_again(&app, language, form),
    };
    // Of the money that is looked for nothing is said by not looking.
    let too_often = |error| trouble::too_often(&error).money_moved(MoneyMoved::Unknown);
    app.limits.something_is_sought(request.head.client()).map_err(too_often)?;
    let found = match wish {
        Wish::Code(code) => by_channel_receipt(&app, &code).await,
        Wish::Payer { phone, day, money, go_on } => {
            app.limits.phone_is_sought(phone).map_err(too_often)?;
            let wanted = Wanted { phone, day, money };
            by_payer(&app, request.head.client(), wanted, go_on).await
        }
    };
    let found = found.map_err(no_answer)?;
    let usual = match found {
        // That this cannot be told is no reason to tell nothing.
        Found::NotHere => usual_delay(&app).await.unwrap_or_default(),
        _ => None,
    };
    let mut shown = FindPage::new(&app, language, form);
    shown.outcome = Some(Outcome::of(&app, &shown.frame, &found, usual));
    page(StatusCode::OK, Keeping::Never, &shown)
}

fn show_again(app: &App, language: Language, form: Form) -> Result<Response, Problem> {
    page(StatusCode::UNPROCESSABLE_ENTITY, Keeping::Never, &FindPage::new(app, language, form))
}

fn no_answer(error: FindError) -> Problem {
    let problem = match &error {
        FindError::Busy(_) | FindError::Views(_) => {
            let again = AGAIN_AFTER_SECONDS;
            Problem::new(Code::Overloaded, "The search is busy; try again.")
                .user_message(
                    format!("Many people are looking for payments. Try again in {again} seconds. Looking moves no money: if you have paid, it is with us or on its way. Do not pay again."),
                    format!("Watu wengi wanatafuta malipo. Jaribu tena baada ya sekunde {again}. Kutafuta hakuhamishi pesa: kama umelipa, pesa ziko kwetu au ziko njiani. Usilipe tena."),
                )
                .internal(&error)
                .retry_after_seconds(again)
        }
        FindError::Lookup(_) | FindError::Vault(_) | FindError::Ended(_) => trouble::internal(&error),
    };
    problem.money_moved(MoneyMoved::Unknown)
}

/// What is to be found.
enum Wish {
    Code(String),
    Payer { phone: Subscriber, day: Date, money: Money, go_on: GoOn },
}

/// The two forms: what was typed, and what is wrong with it. What was typed is shown again to whoever typed it alone.
#[derive(Debug, Default)]
struct Form {
    by_code: bool,
    code: String,
    phone: String,
    day: String,
    month: String,
    year: String,
    amount: String,
    /// Where an earlier search for the same ended; empty for a first one.
    go_on: String,
    /// What is wrong: the field, and why.
    errors: Vec<(&'static str, &'static str)>,
}

impl Form {
    fn read(fields: &Fields) -> Self {
        let field = |name| fields.get(name).unwrap_or_default().trim().to_owned();
        Self {
            by_code: fields.get("code").is_some(),
            code: field("code"),
            phone: field("phone"),
            day: field("day"),
            month: field("month"),
            year: field("year"),
            amount: field("amount"),
            go_on: field("go_on"),
            errors: Vec::new(),
        }
    }

    fn judge(&mut self, words: &FindPaymentWords) -> Result<Wish, ()> {
        if self.by_code {
            let code: String = self.code.to_uppercase().split_whitespace().collect();
            // What has no letter is somebody's number, and no code.
            let is_form = CODE_LEN.contains(&code.len())
                && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
                && code.bytes().any(|byte| byte.is_ascii_uppercase());
            if is_form {
                return Ok(Wish::Code(code));
            }
            let why = if code.is_empty() { words.enter_code } else { words.code_wrong };
            self.errors.push(("code", why));
            return Err(());
        }
        let phone = Subscriber::parse(&self.phone);
        if phone.is_err() {
            let why = if self.phone.is_empty() { words.enter_phone } else { words.phone_wrong };
            self.errors.push(("phone", why));
        }
        let day = read_day([&self.day, &self.month, &self.year]);
        if day.is_none() {
            self.errors.push(("day", words.day_wrong));
        }
        let money = Money::parse_decimal(&self.amount.replace([',', ' '], ""), Currency::Kes);
        let money = money.ok().filter(|money| money.is_positive());
        if money.is_none() {
            self.errors.push(("amount", words.amount_wrong));
        }
        // Nobody types this. What is none begins from the beginning.
        let go_on = self.go_on.parse().unwrap_or_default();
        match (phone, day, money) {
            (Ok(phone), Some(day), Some(money)) => Ok(Wish::Payer { phone, day, money, go_on }),
            _ => Err(()),
        }
    }
}

fn read_day([day, month, year]: [&str; 3]) -> Option<Date> {
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// The page.
#[derive(Template)]
#[template(path = "find_payment.html")]
struct FindPage {
    frame: Frame,
    words: &'static FindPaymentWords,
    form: Form,
    outcome: Option<Outcome>,
}

/// What is said of what was looked for.
struct Outcome {
    tone: &'static str,
    heading: &'static str,
    /// What happened, then what to do.
    says: Vec<String>,
    /// What was paid for.
    service: Option<Shown>,
    receipt: Option<String>,
    /// Where to go on looking, if there is more to look through.
    go_on: Option<String>,
}

impl FindPage {
    fn new(app: &App, language: Language, form: Form) -> Self {
        let frame = Frame::new(app, language, Some(format!("/{}/find-payment", other(language).code())));
        Self { frame, words: FIND_PAYMENT.of(language), form, outcome: None }
    }

    /// The fields of the day: name, label, and what was typed.
    fn day_fields(&self) -> [(&'static str, &'static str, &str); 3] {
        let (words, form) = (self.words, &self.form);
        [("day", words.day, &form.day), ("month", words.month, &form.month), ("year", words.year, &form.year)]
    }

    fn error(&self, field: &str) -> Option<&'static str> {
        self.form.errors.iter().find(|(name, _)| *name == field).map(|(_, why)| *why)
    }
}

impl Outcome {
    fn of(app: &App, frame: &Frame, found: &Found, usual: Option<UsualDelay>) -> Self {
        let words = FIND_PAYMENT.of(frame.language);
        let when = |time| spoken(time, frame.language);
        match found {
            Found::Matched(Matched { money, booked, service, receipt, is_contradicted }) => {
                let catalogue = app.catalogue.current();
                let name = catalogue.catalogue().service(service).map(|service| &service.name);
                let mut says = vec![(words.matched)(&unbroken(*money), &when(*booked))];
                if *is_contradicted {
                    says.push(words.contradicted.to_owned());
                }
                Self {
                    tone: "good",
                    heading: words.found,
                    says,
                    service: Some(frame.shown_or(name, service)),
                    receipt: Some(receipt.grouped()),
                    go_on: None,
                }
            }
            Found::InSuspense(Held { money, booked, reason, typed }) => {
                let mut says = vec![
                    (words.held)(&unbroken(*money), &when(*booked)),
                    (words.why_held)(*reason).to_owned(),
                ];
                says.extend(typed.as_deref().map(words.typed));
                says.push((words.held_next)(frame.help.is_some()).to_owned());
                Self {
                    tone: "todo",
                    heading: words.found_held,
                    says,
                    service: None,
                    receipt: None,
                    go_on: None,
                }
            }
            Found::NotHere => {
                let mut says = vec![words.not_here_yet.to_owned()];
                says.extend(usual.map(|usual| (words.usual)(usual.percent, usual.seconds, usual.payments)));
                says.push((words.not_here_next)(frame.help.is_some()).to_owned());
                Self {
                    tone: "todo",
                    heading: words.not_here,
                    says,
                    service: None,
                    receipt: None,
                    go_on: None,
                }
            }
            Found::NotAmong { read_count, go_on } => Self {
                tone: "todo",
                heading: words.not_among,
                says: vec![(words.looked_through)(*read_count), words.not_among_next.to_owned()],
                service: None,
                receipt: None,
                go_on: Some(go_on.to_string()),
            },
        }
    }
}
