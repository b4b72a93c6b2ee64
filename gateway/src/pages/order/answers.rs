//! What somebody has answered so far: read from an address or a form, and carried from page to page.

use catalog::{AnswerFault, Assessment, Order, VisitorGroup};
use jiff::civil::Date;
use ledger::{Currency, Money};

use super::question::{Question, cells};
use crate::http::body::Fields;

/// The longest answer in characters. Anything longer is a mistake.
const ANSWER_LEN_MAX: usize = 80;

/// What is wrong with an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// Nothing was entered or chosen.
    Empty,
    /// No whole number.
    NotANumber,
    /// No amount.
    NotAnAmount,
    /// No day.
    NotADay,
    /// It does not fit the fee.
    DoesNotFit(AnswerFault),
}

/// An answer that does not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    /// The question, by its key.
    pub(super) question: &'static str,
    /// The field to go to.
    pub(super) field: String,
    pub(super) wrong: Wrong,
}

/// The answers as far as they can be read.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers {
    pub(super) order: Order,
    pub(super) mistakes: Vec<Mistake>,
}

/// The field that names a choice that was put: of a choice of which nothing was chosen, a browser sends nothing.
pub(super) const ASKED: &str = "asked";

/// Whether a question has been put and answered, however well.
pub(super) fn is_answered(question: Question<'_>, fields: &Fields) -> bool {
    fields.get(ASKED) == Some(question.key())
        || question.names().iter().any(|name| fields.get(name).is_some())
}

/// The day of a visit, if one is given.
pub(super) fn date_of(fields: &Fields) -> Option<Date> {
    let number = |name| text(fields, name).parse::<i16>().ok();
    let (day, month) = (number("date.day")?, number("date.month")?);
    Date::new(number("date.year")?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

impl Answers {
    /// Reads the answers to these questions; fields of others are left alone.
    pub(super) fn read(questions: &[Question<'_>], fields: &Fields) -> Self {
        let mut answers = Self::default();
        for question in questions.iter().filter(|question| is_answered(**question, fields)) {
            if let Err((field, wrong)) = read_one(*question, fields, &mut answers.order) {
                answers.mistakes.push(Mistake { question: question.key(), field, wrong });
            }
        }
        answers
    }
}

fn read_one(question: Question<'_>, fields: &Fields, order: &mut Order) -> Result<(), (String, Wrong)> {
    let key = question.key();
    let at = |name: &str, wrong: Wrong| (name.to_owned(), wrong);
    let count = |name: &str| match text(fields, name) {
        "" => Err(at(name, Wrong::Empty)),
        typed => typed.replace(',', "").parse::<u32>().map_err(|_| at(name, Wrong::NotANumber)),
    };
    let money = |name: &str, currency| match text(fields, name) {
        "" => Err(at(name, Wrong::Empty)),
        typed => read_money(typed, currency).ok_or_else(|| at(name, Wrong::NotAnAmount)),
    };
    let choice = |name: &str| match text(fields, name) {
        "" => Err(at(name, Wrong::Empty)),
        code => Ok(Some(code.to_owned())),
    };
    match question {
        Question::Variant { .. } => order.variant = choice(key)?,
        // "As usual" is an answer too, and no urgency.
        Question::Urgency(_) => {
            order.urgency = Some(text(fields, key).to_owned()).filter(|code| !code.is_empty())
        }
        Question::Date => {
            order.date = Some(date_of(fields).ok_or_else(|| at("date.day", Wrong::NotADay))?);
        }
        Question::Quantity { .. } => order.quantity = Some(count(key)?),
        Question::Times { .. } => order.times = Some(count(key)?),
        Question::DeclaredValue { currency, .. } => order.declared_value = Some(money(key, currency)?),
        Question::Amount { currency } => order.amount = Some(money(key, currency)?),
        Question::Assessment { currency, .. } => {
            let reference: String = text(fields, "reference")
                .chars()
                .filter(|letter| !letter.is_whitespace() && *letter != '-')
                .flat_map(char::to_uppercase)
                .collect();
            if reference.is_empty() {
                return Err(at("reference", Wrong::Empty));
            }
            order.assessment = Some(Assessment { amount: money("assessed", currency)?, reference });
        }
        Question::Visitors(fees) => {
            for cell in cells(fees) {
                let name = cell.name();
                let typed = text(fields, &name);
                if typed.is_empty() || typed == "0" {
                    continue;
                }
                let group = VisitorGroup {
                    category: cell.category,
                    age_class: cell.age_class,
                    count: count(&name)?,
                    person_with_disability: cell.person_with_disability,
                };
                order.visitors.push(group);
            }
            if order.visitors.is_empty() {
                let first = cells(fees).first().map(|cell| cell.name()).unwrap_or_default();
                return Err((first, Wrong::Empty));
            }
        }
    }
    Ok(())
}

/// What was typed into a field, without the spaces around it.
pub(super) fn text<'f>(fields: &'f Fields, name: &str) -> &'f str {
    let typed = fields.get(name).unwrap_or("").trim();
    typed.char_indices().nth(ANSWER_LEN_MAX).map_or(typed, |(end, _)| &typed[..end])
}

/// An amount as people type it: `3,050`, `KES 3050.50`, `3 050/=`.
fn read_money(typed: &str, currency: Currency) -> Option<Money> {
    let upper = typed.to_uppercase();
    let bare = upper.trim_start_matches(currency.code()).trim_start_matches("KSH");
    let bare = bare.trim_end_matches("/=").trim_end_matches("/-");
    let digits: String = bare.chars().filter(|letter| !letter.is_whitespace() && *letter != ',').collect();
    Money::parse_decimal(&digits, currency).ok().filter(|money| money.minor() >= 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_type_them() {
        let kes = |minor| Some(Money::new(minor, Currency::Kes));
        for typed in ["3050", "3,050", "KES 3,050.00", "ksh 3 050", "3050/=", " 3050.0 "] {
            assert_eq!(read_money(typed.trim(), Currency::Kes), kes(305_000), "{typed:?}");
        }
        for typed in ["", "-1", "3050.005", "USD 10", "ten", "1e3"] {
            assert_eq!(read_money(typed, Currency::Kes), None, "{typed:?}");
        }
    }

    #[test]
    fn a_day_that_no_calendar_has_is_none() {
        let day = |text: &str| date_of(&Fields::parse(text).unwrap());
        assert_eq!(day("date.day=24&date.month=12&date.year=2026"), Some(jiff::civil::date(2026, 12, 24)));
        assert_eq!(day("date.day=31&date.month=02&date.year=2026"), None);
        assert_eq!(day("date.day=&date.month=12&date.year=2026"), None);
    }
}
