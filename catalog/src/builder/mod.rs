//! From rows to a catalogue, or to the full list of what is wrong with them.

mod account_forms;
mod additions;
mod back_end;
mod convenience;
mod document;
mod fallback;
mod fees;
mod holidays;
mod largest;
mod rules;
mod scalars;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use crate::agency::Agency;
use crate::code::{AgencyCode, BasisCode, ServiceSlug};
use crate::fee::{ConvenienceFee, LegalBasis, Standing};
use crate::sample;
use crate::service::{Billing, Service};
use crate::snapshot::Catalogue;
use crate::source::{
    AgencyRow, BasisRow, CatalogueRows, FILE_BYTES_MAX, Located, LocatedRows, Place, Problem, ProblemSink,
    Problems, ServiceRow, read_rows,
};
use scalars::{
    checked_code, checked_county, checked_date, checked_promise, checked_text, checked_words, plain_text,
};

/// The most services of one catalogue: several times what the country has.
pub const SERVICES_MAX: usize = 200_000;

/// The longest texts, in characters. The longest name on the official list has 222.
const NAME_CHARACTERS_MAX: usize = 240;
const DESCRIPTION_CHARACTERS_MAX: usize = 2_000;
const REQUIREMENT_CHARACTERS_MAX: usize = 400;
const NOTE_CHARACTERS_MAX: usize = 1_000;
const REQUIREMENTS_MAX: usize = 30;
const KEYWORDS_MAX: usize = 60;
const KEYWORD_CHARACTERS_MAX: usize = 60;

/// Gathers rows from files and importers, then checks all of them together.
#[derive(Debug, Default)]
pub struct CatalogueBuilder {
    rows: LocatedRows,
    problems: ProblemSink,
    /// The bytes of the only document, as long as nothing else was added: then they are the catalogue's own.
    document: Option<Arc<[u8]>>,
    sources: usize,
}

impl CatalogueBuilder {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty one for a document that was in use before: rules that are younger than such documents do not hold for it.
    pub(crate) fn of_kept() -> Self {
        Self { problems: ProblemSink::of_kept(), ..Self::default() }
    }

    /// Adds the rows of one file; `name` is what problems call it. Problems wait for [`CatalogueBuilder::build`].
    pub fn add_file(&mut self, name: &str, text: &str) {
        self.sources += 1;
        let rows = read_rows(name, text, &self.problems);
        self.rows.extend(rows);
    }

    /// Adds a whole document. If it stays the only thing added, the catalogue keeps these bytes as its document, and
    /// so its hash is theirs.
    pub fn add_document(&mut self, name: &str, document: &[u8]) {
        match std::str::from_utf8(document) {
            Ok(text) => {
                self.add_file(name, text);
                self.document = Some(Arc::from(document));
            }
            Err(error) => {
                let before = &document[..error.valid_up_to()];
                let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
                let in_line = before.iter().rev().take_while(|byte| **byte != b'\n').count();
                let message = format!("not UTF-8: byte {} of the line cannot be read", in_line + 1);
                self.problems.report(Problem::of_line(name, line, message));
            }
        }
    }

    /// Adds rows that an importer made; `name` says which one.
    pub fn add_rows(&mut self, name: &str, rows: CatalogueRows) {
        self.sources += 1;
        self.rows.extend(LocatedRows::made(name, rows));
    }

    /// Adds generated services until there are `services_total`, those that were added before among them; nothing if
    /// there are as many already. See [`sample`](crate::sample).
    pub fn add_samples(&mut self, services_total: usize, seed: u64) {
        let missing = services_total.min(SERVICES_MAX).saturating_sub(self.rows.services.len());
        if missing > 0 {
            self.add_rows("samples", sample::rows(missing, seed));
        }
    }

    /// Adds rows that know where they come from.
    pub(crate) fn add_located(&mut self, rows: LocatedRows) {
        self.sources += 1;
        self.rows.extend(rows);
    }

    /// Where whoever makes rows says what is wrong with their source, so that all of it is told at once.
    pub(crate) fn problems(&self) -> &ProblemSink {
        &self.problems
    }

    /// Checks everything and puts the catalogue together.
    ///
    /// # Errors
    /// Every problem of every file; there is no catalogue then.
    pub fn build(self) -> Result<Catalogue, Problems> {
        let Self { rows, problems, document, sources } = self;
        let bases = legal_bases(&rows.legal_bases, &problems);
        let agencies = agencies(&rows.agencies, &problems);
        let services = services(&rows.services, &agencies, &bases, &problems);
        let account_forms =
            account_forms::account_forms(&rows.account_forms, &agencies, &services, &problems);
        let convenience_fee = convenience_fee(&rows, &bases, &problems);
        let may_be_empty = problems.is_of_kept();
        let holidays = holidays::holidays(&rows.public_holidays, &bases, &problems);
        let national_fallback = fallback::national_fallback(&rows.fallbacks, &problems);
        problems.finish()?;
        if services.is_empty() && !may_be_empty {
            return Err(of_the_whole("it has no services".to_owned()));
        }
        let document = match document {
            Some(document) if sources == 1 => document,
            _ => document::written(rows),
        };
        fits_in_a_file(document.len())?;
        let services = services.into_values().collect();
        let agencies = agencies.into_values().collect();
        let national_fallback = national_fallback.unwrap_or_default();
        Ok(Catalogue::new(
            services,
            agencies,
            national_fallback,
            account_forms,
            convenience_fee,
            holidays,
            document,
        ))
    }
}

/// A catalogue is kept as a file and read again: it must not be larger than what is read.
fn fits_in_a_file(byte_count: usize) -> Result<(), Problems> {
    if byte_count <= FILE_BYTES_MAX {
        return Ok(());
    }
    Err(of_the_whole(format!(
        "it has {byte_count} bytes, and at most {FILE_BYTES_MAX} are read: take fewer services"
    )))
}

/// What is wrong with a catalogue, and in no place of its own.
fn of_the_whole(fault: String) -> Problems {
    let problems = ProblemSink::default();
    problems.report(Problem::of_file("the whole catalogue", fault));
    problems.finish().expect_err("a problem was reported")
}

/// The legal bases that fees may cite, by code.
type Bases = HashMap<BasisCode, Arc<LegalBasis>>;

/// The agencies of the catalogue, by code.
type Agencies = BTreeMap<AgencyCode, Agency>;

/// The services of the catalogue, by slug.
type Services = BTreeMap<ServiceSlug, Service>;

fn legal_bases(rows: &[Located<BasisRow>], problems: &ProblemSink) -> Bases {
    let mut bases = Bases::with_capacity(rows.len());
    for Located { row, origin } in rows {
        let place = Place::row(problems, origin);
        let code = checked_code::<BasisCode>(&row.code, place.field("code"));
        let basis = legal_basis(row, place);
        let Some((code, basis)) = code.zip(basis) else { continue };
        if bases.insert(code, Arc::new(basis)).is_some() {
            place.field("code").report(format!("the legal basis {} is there twice", row.code));
        }
    }
    bases
}

fn legal_basis(row: &BasisRow, place: Place<'_>) -> Option<LegalBasis> {
    let instrument = plain_text(&row.instrument, NOTE_CHARACTERS_MAX, place.field("instrument"));
    let source_note = plain_text(&row.source, NOTE_CHARACTERS_MAX, place.field("source"));
    let in_force_since = checked_date(row.in_force_since.as_deref(), place.field("in_force_since"));
    let optional = |text: &Option<String>, name| match text {
        Some(text) => plain_text(text, NOTE_CHARACTERS_MAX, place.field(name)).map(Some),
        None => Some(None),
    };
    let reference = optional(&row.reference, "reference");
    let section = optional(&row.section, "section");

    let cites_sample =
        row.reference.as_deref().is_some_and(|text| text.starts_with(LegalBasis::SAMPLE_PREFIX));
    let fault = match (row.standing, row.reference.is_some()) {
        (Standing::Numbered, false) => {
            Some("a numbered instrument needs its number; use reported if it is not known")
        }
        (Standing::Numbered, true) if cites_sample => Some("a sample is not law; its standing is sample"),
        (Standing::Sample, _) if !cites_sample => Some("the reference of a sample begins with SAMPLE/"),
        (Standing::Reported | Standing::Unnamed | Standing::Assessed, true) => {
            Some("an instrument with a number is numbered; leave the number out if it is not certain")
        }
        _ => None,
    };
    if let Some(fault) = fault {
        place.field("reference").report(fault);
        return None;
    }
    Some(LegalBasis {
        standing: row.standing,
        instrument: instrument?,
        reference: reference?,
        section: section?,
        in_force_since: in_force_since?,
        source_note: source_note?,
    })
}

fn agencies(rows: &[Located<AgencyRow>], problems: &ProblemSink) -> Agencies {
    let mut agencies = BTreeMap::new();
    for Located { row, origin } in rows {
        let place = Place::row(problems, origin);
        let Some(agency) = agency(row, place) else { continue };
        if let Some(earlier) = agencies.insert(agency.code.clone(), agency) {
            place.field("code").report(format!("the agency {} is there twice", earlier.code));
        }
    }
    agencies
}

fn agency(row: &AgencyRow, place: Place<'_>) -> Option<Agency> {
    let code = checked_code(&row.code, place.field("code"));
    let name = checked_text(&row.name, NAME_CHARACTERS_MAX, place.field("name"));
    let keywords =
        checked_words(&row.keywords, KEYWORDS_MAX, KEYWORD_CHARACTERS_MAX, place.field("keywords"));
    let optional = |text: &Option<String>, name| match text {
        Some(text) => plain_text(text, NAME_CHARACTERS_MAX, place.field(name)).map(Some),
        None => Some(None),
    };
    let ministry = optional(&row.ministry, "ministry");
    let department = optional(&row.department, "department");
    let back_end = back_end::checked_back_end(row.back_end.as_ref(), place.field("back_end"));
    let fallback = fallback::checked_fallback(&row.fallback, place.field("fallback"));
    Some(Agency {
        code: code?,
        name: name?,
        ministry: ministry?,
        department: department?,
        keywords: keywords?,
        back_end: back_end?,
        fallback: fallback?,
    })
}

fn services(
    rows: &[Located<ServiceRow>],
    agencies: &Agencies,
    bases: &Bases,
    problems: &ProblemSink,
) -> Services {
    let mut services = Services::new();
    let mut slugs = HashSet::with_capacity(rows.len());
    for (position, Located { row, origin }) in rows.iter().enumerate() {
        let place = Place::row(problems, origin);
        if position >= SERVICES_MAX {
            place.report(format!("a catalogue holds at most {SERVICES_MAX} services"));
            break;
        }
        if !slugs.insert(row.slug.as_str()) {
            place.field("slug").report(format!("the service {} is there twice", row.slug));
        }
        if !agencies.contains_key(row.agency.as_str()) {
            place.field("agency").report(format!("no agency {} in this catalogue", row.agency));
        }
        if let Some(service) = service(row, agencies, bases, place) {
            services.insert(service.slug.clone(), service);
        }
    }
    services
}

fn service(row: &ServiceRow, agencies: &Agencies, bases: &Bases, place: Place<'_>) -> Option<Service> {
    let slug = checked_code(&row.slug, place.field("slug"));
    let agency = checked_code(&row.agency, place.field("agency"));
    let name = checked_text(&row.name, NAME_CHARACTERS_MAX, place.field("name"));
    let description = checked_text(&row.description, DESCRIPTION_CHARACTERS_MAX, place.field("description"));
    let keywords =
        checked_words(&row.keywords, KEYWORDS_MAX, KEYWORD_CHARACTERS_MAX, place.field("keywords"));
    let revenue_code = checked_code(&row.revenue_code, place.field("revenue_code"));
    let requirements = requirements(row, place);
    let optional = |text: &Option<String>, max, name| match text {
        Some(text) => plain_text(text, max, place.field(name)).map(Some),
        None => Some(None),
    };
    let published_name = optional(&row.published_name, NAME_CHARACTERS_MAX, "published_name");
    let waiver = optional(&row.convenience_fee_waiver, NOTE_CHARACTERS_MAX, "convenience_fee_waiver");
    let county = checked_county(row.county.as_deref(), place.field("county"));
    let billing = billing(row, agencies, bases, place);
    let back_end = back_end::checked_back_end(row.back_end.as_ref(), place.field("back_end"));
    checked_promise(row.promised_working_days, place.field("promised_working_days"));
    if row.delivery.is_empty() {
        place.field("delivery").report("say where the service can be had");
    }
    Some(Service {
        slug: slug?,
        agency: agency?,
        name: name?,
        published_name: published_name?,
        description: description?,
        requirements: requirements?,
        promised_working_days: row.promised_working_days,
        delivery: row.delivery.clone(),
        county: county?,
        keywords: keywords?,
        revenue_code: revenue_code?,
        billing: billing?,
        convenience_fee_waiver: waiver?,
        sample: row.sample,
        back_end: back_end?,
    })
}

fn requirements(row: &ServiceRow, place: Place<'_>) -> Option<Vec<crate::text::Text>> {
    let place = place.field("requirements");
    if row.requirements.len() > REQUIREMENTS_MAX {
        place.report(format!("at most {REQUIREMENTS_MAX} requirements"));
        return None;
    }
    let texts = row.requirements.iter().enumerate();
    let checked: Vec<_> = texts
        .map(|(index, text)| checked_text(text, REQUIREMENT_CHARACTERS_MAX, place.item(index)))
        .collect();
    checked.into_iter().collect()
}

/// Fees, or the reason why there are none: exactly one of the two.
fn billing(row: &ServiceRow, agencies: &Agencies, bases: &Bases, place: Place<'_>) -> Option<Billing> {
    match &row.not_billable {
        Some(reason) => {
            if !row.fees.is_empty() {
                place
                    .field("not_billable")
                    .report("a service has fees or a reason for having none, not both");
                return None;
            }
            checked_text(reason, NOTE_CHARACTERS_MAX, place.field("not_billable")).map(Billing::NotBillable)
        }
        None if row.fees.is_empty() => {
            place.report("give the service fees, or say under not_billable why it has none");
            None
        }
        None => fees::schedules(row, agencies, bases, place).map(Billing::Fees),
    }
}

fn convenience_fee(rows: &LocatedRows, bases: &Bases, problems: &ProblemSink) -> Option<ConvenienceFee> {
    for Located { origin, .. } in rows.convenience_fees.iter().skip(1) {
        Place::row(problems, origin).report("the convenience fee is there twice");
    }
    let Located { row, origin } = rows.convenience_fees.first()?;
    convenience::convenience(row, bases, Place::row(problems, origin))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_catalogue_is_larger_than_what_is_read() {
        assert_eq!(fits_in_a_file(FILE_BYTES_MAX), Ok(()));
        let refused = fits_in_a_file(FILE_BYTES_MAX + 1).unwrap_err();
        assert!(refused.to_string().contains("take fewer services"), "{refused}");
    }
}
