//! What the questions and their mistakes are called in the language of the page.

use catalog::{AnswerFault, Language, Text};

use super::answers::{Wrong, date_of, text};
use super::question::{Cell, Question, cells};
use crate::http::body::Fields;
use crate::pages::moment::day_spoken;
use crate::pages::words::ORDER;
use crate::pages::words::first_upper;

/// The heading of a question.
pub(super) fn heading(question: Question<'_>, language: Language) -> String {
    let words = ORDER.of(language);
    let named = |text: &Text| text.in_language(language).to_owned();
    match question {
        Question::Variant { question, .. } => named(question),
        Question::Date => words.which_day.to_owned(),
        Question::Visitors(_) => words.who_enters.to_owned(),
        Question::Quantity { unit } | Question::Times { unit } => (words.how_many)(&named(unit)),
        Question::DeclaredValue { of, .. } => (words.how_much)(&named(of)),
        // In Swahili the sentence begins with what the agency calls it.
        Question::Assessment { reference, .. } => {
            first_upper(&(words.what_does_it_say)(&named(&reference.name)))
        }
        Question::Amount { .. } => words.which_amount.to_owned(),
        Question::Urgency(_) => words.how_fast.to_owned(),
    }
}

/// What a visitor of a cell is called, as the label of a field.
pub(super) fn visitor(cell: Cell, language: Language) -> String {
    first_upper(&person(cell, language))
}

fn person(cell: Cell, language: Language) -> String {
    match cell.person_with_disability {
        true => ORDER.of(language).with_disability.to_owned(),
        false => cell.age_class.text().in_language(language).to_owned(),
    }
}

/// What was answered, as it was meant: a line for each thing.
pub(super) fn answers(question: Question<'_>, fields: &Fields, language: Language) -> Vec<String> {
    let words = ORDER.of(language);
    let named = |text: &Text| text.in_language(language).to_owned();
    let answered = text(fields, question.key());
    match question {
        Question::Variant { variants, .. } => variants
            .iter()
            .filter(|variant| variant.code.as_str() == answered)
            .map(|variant| named(&variant.text))
            .collect(),
        Question::Urgency(urgencies) => {
            let chosen = urgencies.iter().find(|urgency| urgency.code.as_str() == answered);
            vec![chosen.map_or_else(|| words.as_usual.to_owned(), |urgency| named(&urgency.text))]
        }
        Question::Date => date_of(fields).map(|date| day_spoken(date, language)).into_iter().collect(),
        Question::Visitors(fees) => {
            let counted = cells(fees).into_iter().filter_map(|cell| {
                let name = cell.name();
                let count = text(fields, &name);
                let who = format!("{}, {}", named(&cell.category.text()), person(cell, language));
                (!count.is_empty() && count != "0").then(|| format!("{count} × {who}"))
            });
            counted.collect()
        }
        Question::Assessment { currency, .. } => {
            let amount = format!("{} {}", currency.code(), text(fields, "assessed"));
            vec![text(fields, "reference").to_owned(), amount]
        }
        Question::DeclaredValue { currency, .. } | Question::Amount { currency } => {
            vec![format!("{} {answered}", currency.code())]
        }
        Question::Quantity { .. } | Question::Times { .. } => vec![answered.to_owned()],
    }
}

/// What is wrong, and what would do.
pub(super) fn mistake(question: Question<'_>, wrong: &Wrong, language: Language) -> String {
    let words = ORDER.of(language);
    match wrong {
        Wrong::Empty => match question {
            Question::Variant { .. } | Question::Urgency(_) => words.choose_one.to_owned(),
            Question::Visitors(_) => words.enter_visitors.to_owned(),
            Question::Assessment { .. } => words.enter_both.to_owned(),
            Question::DeclaredValue { .. } | Question::Amount { .. } => words.enter_amount.to_owned(),
            Question::Date | Question::Quantity { .. } | Question::Times { .. } => {
                words.enter_number.to_owned()
            }
        },
        Wrong::NotANumber => words.not_a_number.to_owned(),
        Wrong::NotAnAmount => words.not_an_amount.to_owned(),
        Wrong::NotADay => words.not_a_day.to_owned(),
        Wrong::DoesNotFit(fault) => fault_sentence(fault, language),
    }
}

fn fault_sentence(fault: &AnswerFault, language: Language) -> String {
    let words = ORDER.of(language);
    match fault {
        AnswerFault::OutOfRange { min, max } => (words.number_between)(*min, *max),
        AnswerFault::AmountOutOfRange { min, max } => (words.amount_between)(*min, *max),
        AnswerFault::DayOutOfRange { first, last } => {
            (words.day_between)(&day_spoken(*first, language), &day_spoken(*last, language))
        }
        AnswerFault::BadReference { name } => (words.no_reference)(name.in_language(language)),
        AnswerFault::FeeNotKnown { category, age_class } => (words.fee_not_known)(
            category.text().in_language(language),
            age_class.text().in_language(language),
        ),
        AnswerFault::MixedCurrencies { .. } => words.mixed_currencies.to_owned(),
        AnswerFault::Missing | AnswerFault::NotAskedFor => words.choose_one.to_owned(),
        AnswerFault::UnknownVariant { .. } | AnswerFault::UnknownCode { .. } => words.choose_one.to_owned(),
        AnswerFault::Twice | AnswerFault::WrongCurrency { .. } => words.not_an_amount.to_owned(),
    }
}
