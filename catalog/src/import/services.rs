//! The services that the rows of a list offer.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::agencies::{Agencies, Known};
use super::mapping::Field;
use super::money;
use super::sources::{SourceRow, Sources};
use super::words::{self, Words};
use crate::county::{County, UnknownCounty};
use crate::service::Delivery;
use crate::source::{ColumnNames, FeeRow, Located, ProblemSink, RowOrigin, ServiceRow, TextRow};

/// Why nothing can be charged, where the list does not say. The words are those of the services that come with the
/// product.
const FEE_NOT_KNOWN: [&str; 2] = [
    "We do not know the fee that is in force for this service, so it cannot be paid for here yet.",
    "Hatujui ada inayotozwa sasa kwa huduma hii, kwa hivyo haiwezi kulipiwa hapa kwa sasa.",
];
/// The revenue line of a service that brings in nothing, behind the code of its agency.
const NO_REVENUE_LINE: &str = "UNASSIGNED";
/// How often progress is told, in rows.
const PROGRESS_ROWS: usize = 256;

/// What a row offers.
pub(super) struct Offer {
    /// The service as a catalogue would have it. Its slug is empty until it has one; it has no fees, and a reason for
    /// that.
    pub(super) row: ServiceRow,
    /// Its fee, if the row has one.
    pub(super) fee: Option<FeeRow>,
    /// The slug that the list has for it.
    pub(super) slug: Option<String>,
    /// What tells the row from all others of the list.
    pub(super) id: String,
    /// True if the row says where the money belongs.
    pub(super) has_revenue_code: bool,
    /// Where it comes from.
    pub(super) origin: RowOrigin,
}

impl Offer {
    /// The row of the catalogue that it becomes.
    pub(super) fn located(self) -> Located<ServiceRow> {
        Located { row: self.row, origin: self.origin }
    }
}

/// Reads every row. Rows that cannot be a service are reported and left out.
pub(super) fn offered_by(
    sources: &Sources<'_>,
    agencies: &Agencies,
    problems: &ProblemSink,
    progress: &mut dyn FnMut(usize, usize),
) -> Vec<Offer> {
    let columns = Arc::new(column_names(sources));
    let row_count = sources.row_count();
    let mut offers = Vec::with_capacity(row_count);
    let mut line_by_id: HashMap<String, usize> = HashMap::with_capacity(row_count);
    for (position, row) in sources.rows().enumerate() {
        if position % PROGRESS_ROWS == 0 {
            progress(position, row_count);
        }
        let reader = RowReader { row, separator: sources.separator(), problems };
        let id = reader.text(Field::Id).map(|words| words.clean);
        if let Some(id) = &id
            && let Some(first) = line_by_id.insert(id.clone(), row.line())
        {
            row.report(problems, Field::Id, format!("{id:?} is there twice, first on line {first}"));
        }
        let agency = agencies.of(row);
        let is_told_apart = id.is_some();
        let Some(offer) = reader.offer(id, agency, &columns) else { continue };
        if !is_told_apart
            && offer.slug.is_none()
            && let Some(first) = line_by_id.insert(words::folded(&offer.id), row.line())
        {
            let message = format!("the agency has a service of this name on line {first}");
            row.report(problems, Field::Name, message);
        }
        offers.push(offer);
    }
    progress(row_count, row_count);
    offers
}

struct RowReader<'s> {
    row: SourceRow<'s>,
    separator: &'s str,
    problems: &'s ProblemSink,
}

impl RowReader<'_> {
    /// Reads all fields, so that all that is wrong with them is told, and makes a service if that can be done.
    fn offer(&self, id: Option<String>, agency: Option<&Known>, columns: &Arc<ColumnNames>) -> Option<Offer> {
        let name = self.text(Field::Name);
        if name.is_none() && self.row.find(Field::Name).is_none() {
            self.row.report(self.problems, Field::Name, "the name is missing");
        }
        let name_sw = self.clean(Field::NameSw);
        let description = self.clean(Field::Description);
        let description_sw = self.clean(Field::DescriptionSw);
        let requirements = self.several(Field::Requirements);
        let keywords = self.several(Field::Keywords);
        let promised_working_days = self.working_days();
        let delivery = self.delivery();
        let county = self.county();
        let revenue_code = self.clean(Field::RevenueCode);
        let slug = self.clean(Field::Slug);
        let fee = money::fee_of(self.row, self.problems);
        let not_billable = TextRow {
            en: self.clean(Field::NotBillable).unwrap_or_else(|| FEE_NOT_KNOWN[0].to_owned()),
            sw: match self.clean(Field::NotBillableSw) {
                None if self.row.find(Field::NotBillable).is_none() => Some(FEE_NOT_KNOWN[1].to_owned()),
                said => said,
            },
        };
        let (Some(name), Some(agency)) = (name, agency) else { return None };
        let has_revenue_code = revenue_code.is_some();
        let row = ServiceRow {
            slug: String::new(),
            agency: agency.code.clone(),
            description: TextRow {
                en: description.unwrap_or_else(|| format!("{}: a service of {}.", name.clean, agency.name)),
                sw: description_sw,
            },
            published_name: (name.exact != name.clean).then_some(name.exact),
            name: TextRow { en: name.clean, sw: name_sw },
            requirements: requirements.into_iter().map(|en| TextRow { en, sw: None }).collect(),
            promised_working_days,
            delivery,
            county,
            keywords,
            revenue_code: revenue_code.unwrap_or_else(|| format!("{}/{NO_REVENUE_LINE}", agency.code)),
            fees: Vec::new(),
            not_billable: Some(not_billable),
            convenience_fee_waiver: None,
            sample: false,
            back_end: None,
        };
        let id = id.unwrap_or_else(|| format!("{} {}", agency.code, row.name.en));
        let origin = self.row.origin(columns);
        Some(Offer { row, fee, slug, id, has_revenue_code, origin })
    }

    /// The text of a field, if there is one that can be read.
    fn text(&self, field: Field) -> Option<Words> {
        let found = self.row.find(field)?;
        words::plain(found.cell).unwrap_or_else(|message| {
            found.report(self.problems, message);
            None
        })
    }

    fn clean(&self, field: Field) -> Option<String> {
        self.text(field).map(|words| words.clean)
    }

    fn several(&self, field: Field) -> Vec<String> {
        let Some(found) = self.row.find(field) else { return Vec::new() };
        words::several(found.cell, self.separator).unwrap_or_else(|message| {
            found.report(self.problems, message);
            Vec::new()
        })
    }

    fn working_days(&self) -> Option<u16> {
        let found = self.row.find(Field::PromisedWorkingDays)?;
        let text = self.clean(Field::PromisedWorkingDays)?;
        let days = text.parse().ok();
        if days.is_none() {
            found.report(self.problems, format!("{text:?} is not a number of working days"));
        }
        days
    }

    /// Where it can be had. A word that is not known is not guessed; that nothing is said is told with the other checks
    /// of the service.
    fn delivery(&self) -> Vec<Delivery> {
        let Some(found) = self.row.find(Field::Delivery) else { return Vec::new() };
        // What was reported stands for something: that nothing is said is not told as well.
        let stand_in = vec![Delivery::Online];
        let words = match words::several(found.cell, self.separator) {
            Ok(words) => words,
            Err(message) => {
                found.report(self.problems, message);
                return stand_in;
            }
        };
        let is_said = !words.is_empty();
        let mut delivery = Vec::new();
        for word in words {
            let code = words::folded(&word).replace([' ', '-'], "_");
            let Some(known) = Delivery::ALL.into_iter().find(|delivery| delivery.code() == code) else {
                let known = Delivery::ALL.map(Delivery::code).join(", ");
                found.report(self.problems, format!("{word:?} is none of {known}"));
                continue;
            };
            if !delivery.contains(&known) {
                delivery.push(known);
            }
        }
        if is_said && delivery.is_empty() { stand_in } else { delivery }
    }

    /// The slug of a county that is named as files or as people name it.
    fn county(&self) -> Option<String> {
        let found = self.row.find(Field::County)?;
        let text = self.clean(Field::County)?;
        let folded = words::folded(&text);
        let short = folded.strip_suffix(" county").unwrap_or(&folded);
        let county = County::all()
            .find(|county| county.slug() == short || words::folded(county.name()) == short)
            .ok_or(UnknownCounty);
        match county {
            Ok(county) => Some(county.slug()),
            Err(error) => {
                found.report(self.problems, format!("{text:?} is {error}"));
                None
            }
        }
    }
}

fn column_names(sources: &Sources<'_>) -> ColumnNames {
    let columns = [
        ("slug", Field::Slug),
        ("name", Field::Name),
        ("published_name", Field::Name),
        ("name.sw", Field::NameSw),
        ("description", Field::Description),
        ("description.sw", Field::DescriptionSw),
        ("requirements", Field::Requirements),
        ("promised_working_days", Field::PromisedWorkingDays),
        ("delivery", Field::Delivery),
        ("keywords", Field::Keywords),
        ("revenue_code", Field::RevenueCode),
        ("not_billable", Field::NotBillable),
        ("not_billable.sw", Field::NotBillableSw),
        ("fees", Field::Fee),
        ("fees.version", Field::FeeVersion),
        ("fees.valid_from", Field::ValidFrom),
        ("fees.valid_to", Field::ValidTo),
        ("fees.basis", Field::LegalBasis),
    ];
    let named = columns.into_iter().filter_map(|(path, field)| Some((path, sources.column_name(field)?)));
    ColumnNames::new(named.collect::<BTreeMap<_, _>>())
}
