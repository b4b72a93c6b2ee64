//! Flags, environment, file and defaults become one text per key, each with where it came from.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::flags::Flags;
use super::keys::{self, Key};
use super::problems::Problems;

/// The variable that names the file.
pub(super) const FILE_VARIABLE: &str = "MALIPO_CONFIG";
const VARIABLE_PREFIX: &str = "MALIPO_";
/// What a file of a secret is named with, in the environment and in the file.
const FILE_VARIABLE_SUFFIX: &str = "_FILE";
const FILE_NAME_SUFFIX: &str = "_file";
/// The longest file of a secret, and the longest configuration file, in bytes.
const SECRET_BYTES_MAX: u64 = 64 * 1024;
const CONFIG_BYTES_MAX: u64 = 1024 * 1024;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// The configuration file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// An environment variable.
    Environment(String),
    /// A flag.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => formatter.write_str("default"),
            Self::File { path, line } => write!(formatter, "{} line {line}", path.display()),
            Self::Environment(variable) => write!(formatter, "environment variable {variable}"),
            Self::Flag(flag) => write!(formatter, "flag {flag}"),
        }
    }
}

/// A configuration file, read.
#[derive(Clone, Debug)]
pub struct ConfigFile {
    /// Where it is, for messages.
    pub path: PathBuf,
    /// What it says.
    pub text: String,
}

impl ConfigFile {
    /// Reads a file of at most a mebibyte.
    pub fn read(path: &Path) -> Result<Self, Problems> {
        match read_bounded(path, CONFIG_BYTES_MAX) {
            Ok(text) => Ok(Self { path: path.to_owned(), text }),
            Err(reason) => {
                let mut problems = Problems::default();
                let remedy = format!("name a file that can be read with --config or {FILE_VARIABLE}");
                problems.add(
                    format!("the configuration file cannot be read: {reason}"),
                    path.display(),
                    remedy,
                );
                Err(problems)
            }
        }
    }
}

/// A key's text and its origin.
#[derive(Clone)]
pub(super) struct Sourced {
    pub(super) text: String,
    pub(super) origin: Origin,
}

/// The variables of this process that are meant for us. One that is not text is not.
pub(super) fn process_environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with(VARIABLE_PREFIX))
        .collect()
}

/// The text of every key that is set or has a default: from the flag, else the variable, else the file.
pub(super) fn combine(
    flags: &Flags,
    environment: &BTreeMap<String, String>,
    file: Option<&ConfigFile>,
    problems: &mut Problems,
) -> Vec<(&'static Key, Sourced)> {
    let mut texts: BTreeMap<&'static str, Sourced> = BTreeMap::new();
    for key in keys::all() {
        if let Some(default) = key.default {
            texts.insert(key.name, Sourced { text: default.to_owned(), origin: Origin::Default });
        }
    }
    if let Some(file) = file {
        read_file(file, &mut texts, problems);
    }
    read_environment(environment, &mut texts, problems);
    read_flags(flags, &mut texts, problems);
    keys::all().filter_map(|key| Some((key, texts.remove(key.name)?))).collect()
}

fn read_flags(flags: &Flags, texts: &mut BTreeMap<&'static str, Sourced>, problems: &mut Problems) {
    for given in flags.given() {
        let origin = Origin::Flag(given.flag);
        let Some(key) = keys::find(&given.key) else {
            problems.add(format!("there is no key {}", given.key), origin, suggestion(&given.key));
            continue;
        };
        if key.is_secret() {
            // Other users of the machine can read a command line.
            problems.add(
                format!("{} is a secret and cannot be given by a flag", key.name),
                origin,
                secret_remedy(key),
            );
            continue;
        }
        texts.insert(key.name, Sourced { text: given.text, origin });
    }
}

fn read_environment(
    environment: &BTreeMap<String, String>,
    texts: &mut BTreeMap<&'static str, Sourced>,
    problems: &mut Problems,
) {
    let ours =
        environment.iter().filter(|(name, _)| name.starts_with(VARIABLE_PREFIX) && *name != FILE_VARIABLE);
    for (variable, text) in ours {
        let origin = Origin::Environment(variable.clone());
        let named = |name: &str| keys::all().find(|key| key.variable() == name);
        if let Some(key) = named(variable) {
            if key.is_secret() && environment.contains_key(&format!("{variable}{FILE_VARIABLE_SUFFIX}")) {
                let both = format!("{} is given both as a text and as a file", key.name);
                problems.add(both, origin, "keep one of the two variables");
                continue;
            }
            texts.insert(key.name, Sourced { text: text.clone(), origin });
        } else if let Some(key) = variable.strip_suffix(FILE_VARIABLE_SUFFIX).and_then(named)
            && key.is_secret()
        {
            if let Some(text) = read_secret(key, Path::new(text), &origin, problems) {
                texts.insert(key.name, Sourced { text, origin });
            }
        } else {
            let nearest = nearest(variable, keys::all().map(Key::variable));
            let remedy = format!("did you mean {nearest}? `malipo config example` lists every key");
            problems.add(format!("no key has the variable {variable}"), origin, remedy);
        }
    }
}

fn read_file(file: &ConfigFile, texts: &mut BTreeMap<&'static str, Sourced>, problems: &mut Problems) {
    let at = |offset: usize| {
        let line = 1 + file.text.bytes().take(offset).filter(|byte| *byte == b'\n').count();
        Origin::File { path: file.path.clone(), line }
    };
    let (document, faults) = DeTable::parse_recoverable(&file.text);
    for fault in faults {
        let remedy = "correct the TOML; `malipo config example` prints a file that is right";
        problems.add(fault.message(), at(fault.span().map_or(0, |span| span.start)), remedy);
    }
    for (section, content) in document.get_ref() {
        let section_at = at(section.span().start);
        let DeValue::Table(content) = content.get_ref() else {
            let what = format!("{} stands outside of a section", section.get_ref());
            problems.add(what, section_at, "put it below a line such as [public]");
            continue;
        };
        for (name, value) in content {
            let (full, origin) = (format!("{}.{}", section.get_ref(), name.get_ref()), at(name.span().start));
            read_entry(&full, value.get_ref(), origin, texts, problems);
        }
    }
}

/// One line of the file.
fn read_entry(
    name: &str,
    value: &DeValue<'_>,
    origin: Origin,
    texts: &mut BTreeMap<&'static str, Sourced>,
    problems: &mut Problems,
) {
    let secret_by_file =
        name.strip_suffix(FILE_NAME_SUFFIX).and_then(keys::find).filter(|key| key.is_secret());
    let Some(key) = secret_by_file.or_else(|| keys::find(name)) else {
        problems.add(format!("there is no key {name}"), origin, suggestion(name));
        return;
    };
    if key.is_secret() && secret_by_file.is_none() {
        problems.add(
            format!("{name} is a secret and does not belong in this file"),
            origin,
            secret_remedy(key),
        );
        return;
    }
    let Some(text) = text_of(value) else {
        problems.add(format!("{name}: a {} is not expected here", value.type_str()), origin, key.about);
        return;
    };
    if secret_by_file.is_none() {
        texts.insert(key.name, Sourced { text, origin });
    } else if let Some(text) = read_secret(key, Path::new(&text), &origin, problems) {
        texts.insert(key.name, Sourced { text, origin });
    }
}

/// A value of the file as the text it would be in the environment.
fn text_of(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) if number.radix() == 10 => Some(number.as_str().to_owned()),
        DeValue::Boolean(switch) => Some(switch.to_string()),
        DeValue::Array(items) => {
            let texts: Option<Vec<&str>> = items.iter().map(|item| item.get_ref().as_str()).collect();
            texts.map(|texts| texts.join(","))
        }
        _ => None,
    }
}

/// Reads a secret from its file, without the line break at its end. A file that everybody can read is refused.
fn read_secret(key: &Key, path: &Path, origin: &Origin, problems: &mut Problems) -> Option<String> {
    if let Some(fault) = readable_by_everybody(path) {
        problems.add(format!("{}: {fault}", key.name), origin, format!("chmod 600 {}", path.display()));
        return None;
    }
    match read_bounded(path, SECRET_BYTES_MAX) {
        Ok(text) => Some(text.trim_end_matches(['\r', '\n']).to_owned()),
        Err(reason) => {
            let what = format!("{}: {} cannot be read: {reason}", key.name, path.display());
            problems.add(what, origin, "name a file that the gateway may read");
            None
        }
    }
}

/// What is wrong when everybody on the machine may read this file. A file that is not there is another matter.
pub(crate) fn readable_by_everybody(path: &Path) -> Option<String> {
    use std::os::unix::fs::PermissionsExt as _;
    let about = fs::metadata(path).ok()?;
    (about.permissions().mode() & 0o004 != 0).then(|| format!("everybody can read {}", path.display()))
}

fn read_bounded(path: &Path, bytes_max: u64) -> Result<String, String> {
    let about = fs::metadata(path).map_err(|error| error.to_string())?;
    if !about.is_file() {
        return Err("not a file".to_owned());
    }
    if about.len() > bytes_max {
        return Err(format!("longer than {bytes_max} bytes"));
    }
    fs::read_to_string(path).map_err(|error| error.to_string())
}

fn secret_remedy(key: &Key) -> String {
    let (section, name) = key.section_and_name();
    let variable = key.variable();
    format!(
        "put it in a file and name that with {name}{FILE_NAME_SUFFIX} under [{section}] or with \
         {variable}{FILE_VARIABLE_SUFFIX}, or set {variable}"
    )
}

fn suggestion(name: &str) -> String {
    let nearest = nearest(name, keys::all().map(|key| key.name.to_owned()));
    format!("did you mean {nearest}? `malipo config example` lists every key")
}

/// The candidate with the fewest changes to become `wanted`.
fn nearest(wanted: &str, candidates: impl Iterator<Item = String>) -> String {
    candidates.min_by_key(|candidate| changes_between(wanted, candidate)).unwrap_or_default()
}

/// Insertions, removals and replacements between two texts (Levenshtein), a row at a time.
fn changes_between(first: &str, second: &str) -> usize {
    let mut row: Vec<usize> = (0..=second.len()).collect();
    for (line, left) in first.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, right) in second.bytes().enumerate() {
            let replaced = diagonal + usize::from(left != right);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[second.len()]
}
