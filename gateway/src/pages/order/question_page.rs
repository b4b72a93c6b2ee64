//! One question.

use askama::Template;
use catalog::Language;
use hyper::StatusCode;
use hyper::header::HeaderValue;

use super::answers::{ASKED, text};
use super::question::{Question, cells};
use super::{Progress, query_of, sentences};
use crate::api::no_such_service;
use crate::app::{App, SharedApp};
use crate::http::body::Fields;
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::{self, Response};
use crate::pages::frame::{Frame, Keeping, Shown, language_of, other, page};
use crate::pages::leaves::{Leaves, Turn};
use crate::pages::words::{ORDER, OrderWords, first_upper};

/// `GET /{lang}/services/{slug}/start?…`: the next question, or, when nothing is left to ask, what it costs.
pub(in crate::pages) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let language = language_of(&request)?;
    let served = app.catalogue.current();
    let slug = request.head.parameter("slug");
    let service = served.catalogue().service(slug).ok_or_else(no_such_service)?;
    let fields = request.head.query()?;
    let progress = Progress::of(&app, served.catalogue(), service, &fields, app.clock.today())?;
    let Some(question) = progress.next(&fields) else {
        let query = query_of(&progress.carried(&fields, None));
        let address = format!("/{}/services/{slug}/check?{query}", language.code());
        return Ok(response::see_other(HeaderValue::from_str(&address).map_err(Problem::internal_error)?));
    };
    let asked: Vec<(String, String)> =
        fields.iter().map(|(name, value)| (name.into(), value.into())).collect();
    let twin = format!("/{}/services/{slug}/start?{}", other(language).code(), query_of(&asked));
    put(Frame::new(&app, language, Some(twin)), &progress, question, &fields)
}

/// The question whose answer is missing or does not fit, for somebody who has posted it. Its twin begins anew: what was
/// posted has no address.
pub(super) fn ask_again(
    app: &App,
    progress: &Progress<'_>,
    fields: &Fields,
    language: Language,
) -> Result<Response, Problem> {
    let nothing = || Problem::new(Code::NotFound, "There is no such question.");
    let question = progress.next(fields).ok_or_else(nothing)?;
    let twin = format!("/{}/services/{}/start", other(language).code(), progress.service.slug);
    put(Frame::new(app, language, Some(twin)), progress, question, fields)
}

fn put(
    frame: Frame,
    progress: &Progress<'_>,
    question: Question<'_>,
    fields: &Fields,
) -> Result<Response, Problem> {
    let shown = QuestionPage::new(frame, progress, question, fields);
    let status = if shown.error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    page(status, Keeping::Never, &shown)
}

/// The page.
#[derive(Template)]
#[template(path = "question.html")]
pub(super) struct QuestionPage {
    frame: Frame,
    words: &'static OrderWords,
    service: Shown,
    slug: String,
    heading: String,
    hint: Option<String>,
    /// Those of this page, where they are too many for one.
    choices: Vec<Choice>,
    turn: Turn,
    groups: Vec<Group>,
    /// True if the answer goes to the last page in a form, and not into an address.
    is_personal: bool,
    /// The name of the field that has an error, and the error.
    error: Option<(String, String)>,
    carried: Vec<(String, String)>,
}

/// One of several answers.
struct Choice {
    name: &'static str,
    code: String,
    text: Shown,
    amount: String,
    is_chosen: bool,
}

/// Fields under a heading of their own.
struct Group {
    heading: Option<String>,
    inputs: Vec<Input>,
}

/// A field to write into.
struct Input {
    name: String,
    label: String,
    hint: Option<String>,
    value: String,
    is_numeric: bool,
    is_short: bool,
}

impl QuestionPage {
    pub(super) fn new(
        frame: Frame,
        progress: &Progress<'_>,
        question: Question<'_>,
        fields: &Fields,
    ) -> Self {
        let language = frame.language;
        let mistake = progress.answers.mistakes.iter().find(|mistake| mistake.question == question.key());
        let error = mistake
            .map(|mistake| (mistake.field.clone(), sentences::mistake(question, &mistake.wrong, language)));
        let writer = Writer { frame: &frame, words: ORDER.of(language), fields };
        let on_page = |mut leaves: Leaves| {
            let mut choices = writer.choices(question);
            choices.retain(|choice| leaves.hold(&[&choice.text.text, &choice.amount, &choice.code]));
            (choices, leaves)
        };
        let wanted =
            Some(on_page(Leaves::of(fields))).filter(|(_, leaves)| leaves.exists() && error.is_none());
        let (choices, leaves) = wanted.unwrap_or_else(|| on_page(Leaves::first()));
        let carried = progress.carried(fields, Some(question));
        let turn = |number: usize| {
            let so_far = query_of(&carried);
            let separator = if so_far.is_empty() { "" } else { "&" };
            let (slug, at) = (&progress.service.slug, question.key());
            format!("/{}/services/{slug}/start?{so_far}{separator}at={at}&page={number}", language.code())
        };
        Self {
            turn: leaves.turn(language, turn),
            words: ORDER.of(language),
            service: frame.shown(&progress.service.name),
            slug: progress.service.slug.to_string(),
            heading: sentences::heading(question, language),
            hint: writer.hint(question),
            choices,
            groups: writer.groups(question),
            is_personal: question.is_personal(),
            error,
            carried,
            frame,
        }
    }

    fn asked(&self) -> &'static str {
        ASKED
    }

    fn has_error(&self, name: &str) -> bool {
        self.error.as_ref().is_some_and(|(field, _)| field == name)
    }
}

struct Writer<'a> {
    frame: &'a Frame,
    words: &'static OrderWords,
    fields: &'a Fields,
}

impl Writer<'_> {
    fn hint(&self, question: Question<'_>) -> Option<String> {
        match question {
            Question::Date => Some(self.words.day_hint.to_owned()),
            Question::Visitors(_) => Some(self.words.visitors_hint.to_owned()),
            Question::Assessment { .. } => Some(self.words.slip_hint.to_owned()),
            _ => None,
        }
    }

    fn choices(&self, question: Question<'_>) -> Vec<Choice> {
        match question {
            Question::Variant { variants, .. } => {
                let chosen = text(self.fields, "variant");
                let choice = |variant: &catalog::Variant| Choice {
                    name: "variant",
                    code: variant.code.to_string(),
                    text: self.frame.shown(&variant.text).in_a_row(),
                    amount: variant.amount.to_string(),
                    is_chosen: variant.code.as_str() == chosen,
                };
                variants.iter().map(choice).collect()
            }
            Question::Urgency(urgencies) => {
                let chosen = text(self.fields, "urgency");
                let as_usual = Choice {
                    name: "urgency",
                    code: String::new(),
                    text: Shown { text: self.words.as_usual.to_owned(), lang: None },
                    amount: String::new(),
                    is_chosen: chosen.is_empty(),
                };
                let choice = |urgency: &catalog::Urgency| Choice {
                    name: "urgency",
                    code: urgency.code.to_string(),
                    text: self.frame.shown(&urgency.text).in_a_row(),
                    amount: format!("+ {}", urgency.amount),
                    is_chosen: urgency.code.as_str() == chosen,
                };
                std::iter::once(as_usual).chain(urgencies.iter().map(choice)).collect()
            }
            _ => Vec::new(),
        }
    }

    fn groups(&self, question: Question<'_>) -> Vec<Group> {
        let language = self.frame.language;
        let alone = |input| vec![Group { heading: None, inputs: vec![input] }];
        match question {
            Question::Variant { .. } | Question::Urgency(_) => Vec::new(),
            Question::Quantity { .. } | Question::Times { .. } => {
                alone(self.input(question.key(), self.words.number, None, true))
            }
            Question::DeclaredValue { currency, .. } | Question::Amount { currency } => {
                let label = (self.words.amount_in)(currency.code());
                alone(self.input(question.key(), &label, None, false))
            }
            Question::Date => {
                let names = [self.words.day, self.words.month, self.words.year];
                let inputs = question.names().into_iter().zip(names);
                let inputs = inputs.map(|(name, label)| self.input(&name, label, None, true)).collect();
                vec![Group { heading: None, inputs }]
            }
            Question::Assessment { reference, currency } => {
                let label = first_upper(reference.name.in_language(language));
                let amount = (self.words.amount_in)(currency.code());
                let mut reference = self.input("reference", &label, None, false);
                reference.is_short = false;
                vec![Group {
                    heading: None,
                    inputs: vec![reference, self.input("assessed", &amount, None, false)],
                }]
            }
            Question::Visitors(fees) => {
                let mut groups: Vec<Group> = Vec::new();
                for cell in cells(fees) {
                    let who = cell.category.text();
                    let heading = Some(first_upper(who.in_language(language)));
                    let free = fees.exemption(cell.category, cell.age_class, cell.person_with_disability);
                    let cost = match (free, fees.amount(cell.category, cell.age_class)) {
                        (None, Some(amount)) => Some(amount.to_string()),
                        _ => Some(self.words.free.to_owned()),
                    };
                    let input = self.input(&cell.name(), &sentences::visitor(cell, language), cost, true);
                    match groups.last_mut().filter(|group| group.heading == heading) {
                        Some(group) => group.inputs.push(input),
                        None => groups.push(Group { heading, inputs: vec![input] }),
                    }
                }
                groups
            }
        }
    }

    fn input(&self, name: &str, label: &str, hint: Option<String>, is_numeric: bool) -> Input {
        let value = text(self.fields, name).to_owned();
        Input { name: name.to_owned(), label: label.to_owned(), hint, value, is_numeric, is_short: true }
    }
}
