//! From a service to a bill: one question to a page, then everything that was answered with what it costs, and only then
//! a bill. Nothing is kept between the pages: each carries the answers so far, in its address where they say nothing of
//! a person, in its form where they do.

mod answers;
mod check;
mod question;
mod question_page;
mod sentences;

pub(super) use check::{make_bill, show as check, show_posted as check_posted};
pub(super) use question_page::show as start;

use catalog::{AnswerProblem, FeeSchedule, Policy, Price, PriceError, Service};
use jiff::civil::Date;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use answers::{Answers, Mistake, Wrong, date_of, is_answered, text};
use question::Question;

use crate::app::App;
use crate::http::body::Fields;
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;

/// What is left as it is in addresses.
const UNESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'_').remove(b'-');

/// Where somebody is between a service and its bill.
struct Progress<'a> {
    service: &'a Service,
    questions: Vec<Question<'a>>,
    answers: Answers,
    /// The price, once every question has an answer that fits.
    price: Option<Price>,
}

impl<'a> Progress<'a> {
    /// Reads the answers so far, and prices them if they are all there.
    fn of(
        app: &App,
        catalogue: &'a catalog::Catalogue,
        service: &'a Service,
        fields: &Fields,
        today: Date,
    ) -> Result<Self, Problem> {
        let schedule = schedule(service, today, app.policy)?;
        let questions = Question::of(schedule, date_of(fields));
        let mut answers = Answers::read(&questions, fields);
        let mut price = None;
        if answers.mistakes.is_empty() {
            match catalogue.price(service.slug.as_str(), &answers.order, today, app.policy) {
                Ok(priced) => price = Some(priced),
                Err(PriceError::Answers { problems, .. }) => {
                    let known = problems.iter().filter_map(|problem| mistake(&questions, fields, problem));
                    answers.mistakes.extend(known);
                }
                Err(error) => return Err(crate::api::trouble::price(&error)),
            }
        }
        let all_answered = questions.iter().all(|question| is_answered(*question, fields));
        if !all_answered || !answers.mistakes.is_empty() {
            price = None;
        }
        Ok(Self { service, questions, answers, price })
    }

    /// The question to put next: the one that is asked for, the first without an answer, or the first with a mistake.
    fn next(&self, fields: &Fields) -> Option<Question<'a>> {
        let wanted = fields.get("at").filter(|key| !key.is_empty());
        let mut questions = self.questions.iter().copied();
        if let Some(question) =
            wanted.and_then(|key| questions.clone().find(|question| question.key() == key))
        {
            return Some(question);
        }
        questions.find(|question| {
            !is_answered(*question, fields)
                || self.answers.mistakes.iter().any(|mistake| mistake.question == question.key())
        })
    }

    /// The answers so far as name and value, but those to `but`.
    fn carried(&self, fields: &Fields, but: Option<Question<'_>>) -> Vec<(String, String)> {
        let left_out = but.map(Question::key);
        let others = self.questions.iter().filter(|question| Some(question.key()) != left_out);
        let names =
            others.filter(|question| is_answered(**question, fields)).flat_map(|question| question.names());
        names
            .map(|name| {
                let value = text(fields, &name).to_owned();
                (name, value)
            })
            .collect()
    }
}

/// Answers as the query of an address.
fn query_of(carried: &[(String, String)]) -> String {
    let pair = |(name, value): &(String, String)| format!("{name}={}", utf8_percent_encode(value, UNESCAPED));
    carried.iter().map(pair).collect::<Vec<_>>().join("&")
}

/// The fee of today, if it may be charged here.
fn schedule(service: &Service, today: Date, policy: Policy) -> Result<&FeeSchedule, Problem> {
    let schedule = service.fee_on(today).filter(|schedule| policy.allows(&schedule.basis, today));
    schedule
        .ok_or_else(|| Problem::new(Code::ServiceNotBillable, "Nothing can be paid for this service today."))
}

/// A problem of the price as a mistake in one of the fields. What is missing and has not been asked yet is none.
fn mistake(questions: &[Question<'_>], fields: &Fields, problem: &AnswerProblem) -> Option<Mistake> {
    let root = problem.path.split(['.', '[']).next().unwrap_or("");
    let question = questions.iter().find(|question| question.key() == root)?;
    if !is_answered(*question, fields) {
        return None;
    }
    let names = question.names();
    let field = match question {
        Question::Assessment { .. } if problem.path.ends_with("amount") => names.last(),
        Question::Visitors(_) => names.iter().find(|name| !text(fields, name).is_empty()),
        _ => names.first(),
    };
    let field = field.or(names.first()).cloned().unwrap_or_default();
    Some(Mistake { question: question.key(), field, wrong: Wrong::DoesNotFit(problem.fault.clone()) })
}
