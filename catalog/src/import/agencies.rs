//! The agencies that a list names: those of the base catalogue, and new ones.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::mapping::{Field, Mapping};
use super::names::{self, Nameless};
use super::sources::{SourceRow, Sources};
use super::words::{self, Words};
use crate::code::AgencyCode;
use crate::snapshot::Catalogue;
use crate::source::{AgencyRow, ColumnNames, Located, ProblemSink, TextRow};

/// The agencies of a list.
pub(super) struct Agencies {
    /// By what tells them apart in the list.
    by_key: HashMap<String, Known>,
    /// Those that the base catalogue does not have.
    pub(super) new: Vec<Located<AgencyRow>>,
}

/// What is known of an agency of the list.
#[derive(Clone)]
pub(super) struct Known {
    pub(super) code: String,
    /// Its name, as the list or the base catalogue has it.
    pub(super) name: String,
}

impl Agencies {
    /// The agency of a row; none if the row names none, which was reported.
    pub(super) fn of(&self, row: SourceRow<'_>) -> Option<&Known> {
        self.by_key.get(&key(row)?)
    }
}

/// What the first row of an agency says about it.
struct Draft<'s> {
    row: SourceRow<'s>,
    key: String,
    code: Option<String>,
    name: Option<Words>,
    name_sw: Option<Words>,
    ministry: Option<Words>,
    department: Option<Words>,
    /// Its code, once it has one.
    resolved: Option<String>,
}

/// Finds every agency that a row names.
pub(super) fn named_by(
    sources: &Sources<'_>,
    mapping: &Mapping,
    base: &Catalogue,
    problems: &ProblemSink,
) -> Agencies {
    let mut drafts = drafts(sources, problems);
    let code_by_name = codes_by_name(mapping, base);
    for draft in &mut drafts {
        let by_name = || code_by_name.get(&words::folded(&draft.name.as_ref()?.clean)).cloned();
        draft.resolved = draft.code.clone().or_else(by_name);
    }
    give_codes_to_the_others(&mut drafts, base);
    let columns = Arc::new(column_names(sources));
    let mut agencies = Agencies { by_key: HashMap::with_capacity(drafts.len()), new: Vec::new() };
    let mut name_by_new_code: HashMap<String, String> = HashMap::new();
    for draft in drafts {
        let Some(code) = draft.resolved else { continue };
        // A code that was made or comes from the mapping has its shape; one of the list need not have.
        if let Err(error) = code.parse::<AgencyCode>() {
            draft.row.report(problems, Field::AgencyCode, error.to_string());
            continue;
        }
        let in_base = base.agency(&code).map(|agency| agency.name.en().to_owned());
        let name = match (&in_base, &draft.name) {
            (Some(name), _) => name.clone(),
            (None, Some(name)) => name.clean.clone(),
            (None, None) => {
                let message = format!("no agency {code} in the catalogue, and no name to add it by");
                draft.row.report(problems, Field::AgencyCode, message);
                continue;
            }
        };
        agencies.by_key.insert(draft.key, Known { code: code.clone(), name: name.clone() });
        if in_base.is_some() {
            continue;
        }
        match name_by_new_code.get(&code) {
            Some(other) if *other == name => continue,
            Some(other) => {
                let field = if draft.code.is_some() { Field::AgencyCode } else { Field::Agency };
                draft.row.report(problems, field, format!("the agency code {code} is also that of {other}"));
                continue;
            }
            None => {}
        }
        name_by_new_code.insert(code.clone(), name.clone());
        let row = AgencyRow {
            code,
            name: TextRow { en: name, sw: draft.name_sw.map(|words| words.clean) },
            ministry: draft.ministry.map(|words| words.clean),
            department: draft.department.map(|words| words.clean),
            keywords: Vec::new(),
            back_end: None,
            fallback: Vec::new(),
        };
        agencies.new.push(Located { row, origin: draft.row.origin(&columns) });
    }
    agencies
}

/// What tells an agency from the others of the list: the list's own id, its code, or its name.
fn key(row: SourceRow<'_>) -> Option<String> {
    [Field::AgencyId, Field::AgencyCode, Field::Agency].into_iter().find_map(|field| {
        let words = words::plain(row.find(field)?.cell).ok()??;
        Some(format!("{field:?} {}", words::folded(&words.clean)))
    })
}

/// One draft for each agency, with what its first row says. What another row says differently is reported: then nobody
/// knows which is right, and the order of rows would decide.
fn drafts<'s>(sources: &'s Sources<'_>, problems: &ProblemSink) -> Vec<Draft<'s>> {
    let mut drafts: Vec<Draft<'s>> = Vec::new();
    let mut by_key: HashMap<String, usize> = HashMap::new();
    for row in sources.rows() {
        let Some(key) = key(row) else {
            report_missing(row, problems);
            continue;
        };
        if let Some(position) = by_key.get(&key) {
            drafts[*position].compare(row, problems);
            continue;
        }
        let text = |field| {
            row.find(field).and_then(|found| {
                words::plain(found.cell).unwrap_or_else(|message| {
                    found.report(problems, message);
                    None
                })
            })
        };
        let draft = Draft {
            row,
            key: key.clone(),
            code: text(Field::AgencyCode).map(|words| words.clean),
            name: text(Field::Agency),
            name_sw: text(Field::AgencySw),
            ministry: text(Field::Ministry),
            department: text(Field::Department),
            resolved: None,
        };
        let is_unreadable =
            [Field::AgencyCode, Field::Agency].into_iter().any(|field| row.find(field).is_some());
        if draft.is_nameless() && !is_unreadable {
            report_missing(row, problems);
        }
        by_key.insert(key, drafts.len());
        drafts.push(draft);
    }
    drafts
}

/// The row names no agency, or one that cannot be read, or one that its joined file does not have. The last was
/// reported when the files were joined.
fn report_missing(row: SourceRow<'_>, problems: &ProblemSink) {
    let fields = [Field::AgencyId, Field::AgencyCode, Field::Agency];
    let mut is_reported = fields.into_iter().any(|field| row.is_broken(field));
    for found in fields.into_iter().filter_map(|field| row.find(field)) {
        if let Err(message) = words::plain(found.cell) {
            found.report(problems, message);
            is_reported = true;
        }
    }
    if !is_reported {
        row.report(problems, Field::Agency, "the agency is missing");
    }
}

impl Draft<'_> {
    /// True if nothing is known that the agency could be added or found by.
    const fn is_nameless(&self) -> bool {
        self.name.is_none() && self.code.is_none()
    }

    fn compare(&self, row: SourceRow<'_>, problems: &ProblemSink) {
        for field in [Field::AgencyCode, Field::Agency, Field::AgencySw, Field::Ministry, Field::Department] {
            let said = |row: SourceRow<'_>| {
                let words = words::plain(row.find(field)?.cell).ok()??;
                Some(words::folded(&words.clean))
            };
            let (first, here) = (said(self.row), said(row));
            if first != here && !row.is_broken(field) && !self.row.is_broken(field) {
                let first = first.unwrap_or_else(|| "nothing".to_owned());
                let message = format!("line {} says {first:?} of the same agency", self.row.line());
                row.report(problems, field, message);
            }
        }
    }
}

/// The codes that are known by name: those of the mapping, then those of the base catalogue.
fn codes_by_name(mapping: &Mapping, base: &Catalogue) -> HashMap<String, String> {
    let of_base =
        base.agencies().iter().map(|agency| (words::folded(agency.name.en()), agency.code.to_string()));
    let of_mapping = mapping.agency_codes.iter().map(|(name, code)| (words::folded(name), code.clone()));
    of_base.chain(of_mapping).collect()
}

fn give_codes_to_the_others(drafts: &mut [Draft<'_>], base: &Catalogue) {
    let mut taken: HashSet<&str> = base.agencies().iter().map(|agency| agency.code.as_str()).collect();
    let resolved: Vec<String> = drafts.iter().filter_map(|draft| draft.resolved.clone()).collect();
    taken.extend(resolved.iter().map(String::as_str));
    let without =
        (0..drafts.len()).filter(|index| drafts[*index].resolved.is_none() && !drafts[*index].is_nameless());
    let without: Vec<usize> = without.collect();
    let nameless = |index: &usize| {
        let draft = &drafts[*index];
        let name = draft.name.as_ref().map_or("", |name| &name.clean);
        Nameless::agency(name, &id_of(draft.row).unwrap_or_else(|| draft.key.clone()))
    };
    let nameless: Vec<_> = without.iter().map(nameless).collect();
    let codes = names::codes(&nameless, &taken);
    for (index, code) in without.into_iter().zip(codes) {
        drafts[index].resolved = Some(code);
    }
}

/// The list's own id of the agency. Without one the name is hashed in its place.
fn id_of(row: SourceRow<'_>) -> Option<String> {
    let words = words::plain(row.find(Field::AgencyId)?.cell).ok()??;
    Some(words.clean)
}

fn column_names(sources: &Sources<'_>) -> ColumnNames {
    let columns = [
        ("code", Field::AgencyCode),
        ("name", Field::Agency),
        ("name.sw", Field::AgencySw),
        ("ministry", Field::Ministry),
        ("department", Field::Department),
    ];
    let named = columns.into_iter().filter_map(|(path, field)| Some((path, sources.column_name(field)?)));
    ColumnNames::new(named.collect::<BTreeMap<_, _>>())
}
