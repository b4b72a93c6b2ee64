//! The forms of account numbers, checked: each by itself, and all of them against each other.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::scalars::{checked_code, checked_text, plain_text};
use super::{Agencies, NAME_CHARACTERS_MAX, NOTE_CHARACTERS_MAX, Services};
use crate::account_form::{AccountForm, AccountMeaning};
use crate::code::AccountFormCode;
use crate::source::{AccountFormRow, Located, Place, ProblemSink};

/// The most forms of one catalogue. Each is tried on every account that is no payment number.
const FORMS_MAX: usize = 1_000;
const PREFIX_LENGTH_MAX: usize = 10;
const SAMPLES_MAX: usize = 10;

/// The forms by code.
pub(super) fn account_forms(
    rows: &[Located<AccountFormRow>],
    agencies: &Agencies,
    services: &Services,
    problems: &ProblemSink,
) -> Vec<AccountForm> {
    let mut forms = BTreeMap::<AccountFormCode, AccountForm>::new();
    for (position, Located { row, origin }) in rows.iter().enumerate() {
        let place = Place::row(problems, origin);
        if position >= FORMS_MAX {
            place.report(format!("a catalogue holds at most {FORMS_MAX} forms of account numbers"));
            break;
        }
        let Some(form) = account_form(row, agencies, services, place) else { continue };
        if form.meets_payment_numbers() {
            place
                .field("length_max")
                .report_if_new("twelve digits are a payment number: no other form may have them");
        }
        for other in forms.values().filter(|other| other.overlaps(&form)) {
            let message =
                format!("a text can be of this form and of {}: no number is read two ways", other.code);
            place.field("characters").report_if_new(message);
        }
        for other in forms.values().filter(|other| other.is_one_prefix_slip_from(&form)) {
            let message = format!(
                "one slip makes this prefix that of {}: money for one would find a bill of the other",
                other.code
            );
            place.field("prefix").report_if_new(message);
        }
        if let Some(earlier) = forms.insert(form.code.clone(), form) {
            place.field("code").report(format!("the form {} is there twice", earlier.code));
        }
    }
    forms.into_values().collect()
}

fn account_form(
    row: &AccountFormRow,
    agencies: &Agencies,
    services: &Services,
    place: Place<'_>,
) -> Option<AccountForm> {
    let code = checked_code(&row.code, place.field("code"));
    let name = checked_text(&row.name, NAME_CHARACTERS_MAX, place.field("name"));
    let source_note = plain_text(&row.source, NOTE_CHARACTERS_MAX, place.field("source"));
    let prefix = prefix(row, place);
    let mut is_sound = true;
    let mut report = |name: &'static str, message: String| {
        place.field(name).report(message);
        is_sound = false;
    };
    let lengths = (usize::from(row.length_min), usize::from(row.length_max));
    let length_max = AccountForm::LENGTH_MAX - prefix.as_deref().map_or(0, str::len);
    if !(1 <= lengths.0 && lengths.0 <= lengths.1 && lengths.1 <= length_max) {
        report(
            "length_max",
            format!("lengths are from 1 to {length_max} behind the prefix, the shorter first"),
        );
    }
    let agency = row.agency.as_deref().map(|code| agencies.get(code).ok_or(code)).transpose();
    if let Err(code) = agency {
        report("agency", format!("no agency {code} in this catalogue"));
    }
    let service = row.service.as_deref().map(|slug| services.get(slug).ok_or(slug)).transpose();
    match service {
        Err(slug) => report("service", format!("no service {slug} in this catalogue")),
        Ok(Some(service)) if row.agency.as_deref() != Some(service.agency.as_str()) => {
            report("service", format!("{} is a service of {}", service.slug, service.agency));
        }
        Ok(_) => {}
    }
    if row.means == AccountMeaning::Member && row.agency.is_none() {
        report("agency", "say whose members these are: only their agency can place the money".to_owned());
    }
    if !is_sound {
        return None;
    }
    let form = AccountForm {
        code: code?,
        name: name?,
        means: row.means,
        agency: agency.ok()?.map(|agency| agency.code.clone()),
        service: service.ok()?.map(|service| service.slug.clone()),
        prefix: prefix?,
        characters: row.characters,
        length_min: row.length_min,
        length_max: row.length_max,
        samples: row.samples.iter().map(|sample| Arc::from(sample.as_str())).collect(),
        source_note: source_note?,
    };
    samples_fit(&form, place.field("samples")).then_some(form)
}

fn prefix(row: &AccountFormRow, place: Place<'_>) -> Option<Arc<str>> {
    let Some(prefix) = row.prefix.as_deref() else { return Some(Arc::from("")) };
    let is_known = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    if (1..=PREFIX_LENGTH_MAX).contains(&prefix.len()) && prefix.bytes().all(is_known) {
        return Some(Arc::from(prefix));
    }
    place.field("prefix").report(format!(
        "a prefix is 1 to {PREFIX_LENGTH_MAX} capital letters and digits, as they are typed without spaces and hyphens"
    ));
    None
}

fn samples_fit(form: &AccountForm, place: Place<'_>) -> bool {
    if form.samples.len() > SAMPLES_MAX {
        place.report(format!("at most {SAMPLES_MAX} samples"));
        return false;
    }
    let strange = form.samples.iter().position(|sample| !form.reads(sample));
    if let Some(index) = strange {
        place.item(index).report("a sample is of its form, in capitals and without spaces and hyphens");
    }
    strange.is_none()
}
