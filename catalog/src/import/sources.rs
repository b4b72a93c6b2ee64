//! The files of a list, put together: its rows, and what the joined files say about them.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::mapping::{ColumnPlace, Field, Joined, Mapping};
use super::table::{Cell, SourceFile, Table, TableRow};
use super::words;
use crate::source::{ColumnNames, Problem, ProblemSink, RowOrigin, RowText};

/// Every file that was read.
pub(super) struct Sources<'a> {
    mapping: &'a Mapping,
    lists: Vec<Table>,
    joined: BTreeMap<&'a str, JoinedTable<'a>>,
    /// What holds where a cell is empty.
    defaults: BTreeMap<Field, (Cell, String)>,
}

struct JoinedTable<'a> {
    by: &'a str,
    table: Table,
    row_by_key: HashMap<String, usize>,
}

impl<'a> Sources<'a> {
    /// Reads all files and reports what is wrong with them.
    pub(super) fn read(files: &[SourceFile<'_>], mapping: &'a Mapping, problems: &ProblemSink) -> Self {
        let is_joined =
            |file: &&SourceFile<'_>| mapping.joined_files().any(|joined| joined == file.file_name());
        let of_list: Vec<_> = files.iter().filter(|file| !is_joined(file)).copied().collect();
        if of_list.is_empty() {
            problems.report(Problem::of_file("the list", "none of the files is the list itself"));
        }
        let wanted = wanted_of_list(mapping);
        let lists: Vec<_> =
            of_list.iter().map(|file| Table::read(*file, &mapping.list, &wanted, problems)).collect();
        let mut joined = BTreeMap::new();
        for (name, to_join) in &mapping.joined {
            let file = match &to_join.file {
                Some(wanted) => files.iter().find(|file| file.file_name() == wanted),
                None => of_list.first(),
            };
            match file {
                Some(file) => {
                    joined.insert(name.as_str(), JoinedTable::read(*file, name, to_join, mapping, problems));
                }
                None => {
                    let file = to_join.file.as_deref().unwrap_or(name);
                    problems.report(Problem::of_file(file, "the file is missing; the mapping joins it"));
                }
            }
        }
        let default = |(field, text): (&Field, &String)| {
            (*field, (Cell::Text(text.clone()), format!("defaults.{}", column_key(*field))))
        };
        let defaults = mapping.defaults.iter().map(default).collect();
        let sources = Self { mapping, lists, joined, defaults };
        sources.report_broken_joins(problems);
        sources
    }

    /// Every row of the list.
    pub(super) fn rows(&self) -> impl Iterator<Item = SourceRow<'_>> {
        self.lists
            .iter()
            .flat_map(move |table| table.rows.iter().map(move |row| SourceRow { sources: self, table, row }))
    }

    pub(super) fn row_count(&self) -> usize {
        self.lists.iter().map(|table| table.rows.len()).sum()
    }

    /// What stands between the items of one cell.
    pub(super) fn separator(&self) -> &str {
        &self.mapping.list.separator
    }

    /// How problems name a field of the list.
    pub(super) fn column_name(&self, field: Field) -> Option<String> {
        match self.mapping.columns.get(&field) {
            Some(ColumnPlace::List(column)) => Some(column.clone()),
            Some(ColumnPlace::Joined(joined)) => Some(format!("{}.{}", joined.from, joined.column)),
            None => self.defaults.get(&field).map(|(_, name)| name.clone()),
        }
    }

    fn report_broken_joins(&self, problems: &ProblemSink) {
        for row in self.rows() {
            for (name, joined) in &self.joined {
                if let Joint::Broken(key) = row.joint(name) {
                    let message = format!("{} has no {key:?}", joined.table.file);
                    problems.report(Problem::of_cell(&row.table.file, row.row.line, joined.by, message));
                }
            }
        }
    }
}

impl<'a> JoinedTable<'a> {
    fn read(
        file: SourceFile<'_>,
        name: &str,
        joined: &'a Joined,
        mapping: &Mapping,
        problems: &ProblemSink,
    ) -> Self {
        let columns = mapping.columns.values().filter_map(|place| match place {
            ColumnPlace::Joined(column) if column.from == name => Some(column.column.as_str()),
            _ => None,
        });
        let wanted: BTreeSet<_> = columns.chain([joined.key.as_str()]).collect();
        let wanted: Vec<_> = wanted.into_iter().collect();
        let table = Table::read(file, &joined.format(), &wanted, problems);
        let mut row_by_key = HashMap::with_capacity(table.rows.len());
        for (index, row) in table.rows.iter().enumerate() {
            let report = |message: String| {
                problems.report(Problem::of_cell(&table.file, row.line, &joined.key, message));
            };
            match words::plain(table.cell(row, &joined.key)) {
                Ok(Some(key)) => {
                    if let Some(first) = row_by_key.insert(key.clean.clone(), index) {
                        let first: &TableRow = &table.rows[first];
                        report(format!("{:?} is there twice, first on line {}", key.clean, first.line));
                    }
                }
                Ok(None) => report("the row has no key".to_owned()),
                Err(message) => report(message),
            }
        }
        Self { by: &joined.by, table, row_by_key }
    }
}

fn wanted_of_list(mapping: &Mapping) -> Vec<&str> {
    let columns = mapping.columns.values().filter_map(|place| match place {
        ColumnPlace::List(column) => Some(column.as_str()),
        ColumnPlace::Joined(_) => None,
    });
    let wanted: BTreeSet<_> =
        columns.chain(mapping.joined.values().map(|joined| joined.by.as_str())).collect();
    wanted.into_iter().collect()
}

/// What the mapping calls the field.
fn column_key(field: Field) -> String {
    let mut key = String::new();
    for character in format!("{field:?}").chars() {
        if character.is_ascii_uppercase() && !key.is_empty() {
            key.push('_');
        }
        key.push(character.to_ascii_lowercase());
    }
    key
}

/// A row of the list.
#[derive(Clone, Copy)]
pub(super) struct SourceRow<'s> {
    sources: &'s Sources<'s>,
    table: &'s Table,
    row: &'s TableRow,
}

/// What a row finds in a joined file.
enum Joint<'s> {
    Row(&'s Table, &'s TableRow),
    /// The row names nothing there.
    None,
    /// The row names something that is not there.
    Broken(String),
}

/// A cell, and where it was found.
#[derive(Clone, Copy)]
pub(super) struct Found<'s> {
    pub(super) cell: &'s Cell,
    pub(super) file: &'s Arc<str>,
    pub(super) line: usize,
    pub(super) column: &'s str,
}

impl Found<'_> {
    /// Says what is wrong with the cell.
    pub(super) fn report(&self, problems: &ProblemSink, message: impl Into<String>) {
        problems.report(Problem::of_cell(self.file, self.line, self.column, message));
    }
}

impl<'s> SourceRow<'s> {
    /// The line of the row.
    pub(super) const fn line(&self) -> usize {
        self.row.line
    }

    /// The cell of a field, or the default for it; nothing if both are empty.
    pub(super) fn find(&self, field: Field) -> Option<Found<'s>> {
        let found = match self.sources.mapping.columns.get(&field) {
            None => None,
            Some(ColumnPlace::List(column)) => Some(Found {
                cell: self.table.cell(self.row, column),
                file: &self.table.file,
                line: self.row.line,
                column,
            }),
            Some(ColumnPlace::Joined(place)) => match self.joint(&place.from) {
                Joint::Row(table, row) => Some(Found {
                    cell: table.cell(row, &place.column),
                    file: &table.file,
                    line: row.line,
                    column: &place.column,
                }),
                Joint::None | Joint::Broken(_) => None,
            },
        };
        found.filter(|found| !found.cell.is_blank()).or_else(|| {
            let (cell, column) = self.sources.defaults.get(&field)?;
            Some(Found { cell, file: &self.table.file, line: self.row.line, column })
        })
    }

    /// True if the field is in a joined file that does not have what this row names. That was reported.
    pub(super) fn is_broken(&self, field: Field) -> bool {
        match self.sources.mapping.columns.get(&field) {
            Some(ColumnPlace::Joined(place)) => match self.joint(&place.from) {
                Joint::Broken(_) => true,
                Joint::Row(..) => false,
                // A whole file that is missing was reported as well.
                Joint::None => !self.sources.joined.contains_key(place.from.as_str()),
            },
            _ => false,
        }
    }

    fn joint(&self, name: &str) -> Joint<'s> {
        let Some(joined) = self.sources.joined.get(name) else { return Joint::None };
        let Ok(Some(key)) = words::plain(self.table.cell(self.row, joined.by)) else { return Joint::None };
        match joined.row_by_key.get(&key.clean) {
            Some(index) => Joint::Row(&joined.table, &joined.table.rows[*index]),
            None => Joint::Broken(key.clean),
        }
    }

    /// Says that something is wrong with a field of the row, also where its cell is empty.
    pub(super) fn report(&self, problems: &ProblemSink, field: Field, message: impl Into<String>) {
        let column = self.sources.column_name(field).unwrap_or_default();
        problems.report(Problem::of_cell(&self.table.file, self.row.line, &column, message));
    }

    /// The place of the row, for checks that come later.
    pub(super) fn origin(&self, columns: &Arc<ColumnNames>) -> RowOrigin {
        RowOrigin {
            file: Arc::clone(&self.table.file),
            row: RowText::List(self.row.line, Arc::clone(columns)),
            path: String::new(),
        }
    }
}
