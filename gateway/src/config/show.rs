//! The configuration printed back, and an example file: both from the one table of keys.

use std::fmt::Write as _;

use super::Config;
use super::keys::{self, Form, Key};

/// The width of the example's comments.
const COMMENT_WIDTH: usize = 100;

/// A configuration file with every key, its meaning, and its default commented out.
pub fn example() -> String {
    let mut file = String::from(
        "# Configuration of malipo. A flag beats a MALIPO_… variable, which beats this file, which beats the default.\n",
    );
    for (key, begins_section) in in_sections() {
        let (section, name) = key.section_and_name();
        if begins_section {
            let _ = writeln!(file, "\n[{section}]");
        }
        for line in wrapped(key.about) {
            let _ = writeln!(file, "# {line}");
        }
        let _ = match (key.default, key.is_secret()) {
            (_, true) => writeln!(file, "#{name}_file = \"/run/secrets/{name}\""),
            (Some(default), _) => writeln!(file, "#{name} = {}", written(key.form, default)),
            (None, _) => writeln!(file, "#{name} ="),
        };
    }
    file
}

/// Every value in force, as lines of the file; with `origins`, where each came from. Secrets show as such.
pub fn print(config: &Config, origins: bool) -> String {
    let mut file = String::new();
    for (key, begins_section) in in_sections() {
        let (section, name) = key.section_and_name();
        if begins_section {
            let _ = writeln!(file, "{}[{section}]", if file.is_empty() { "" } else { "\n" });
        }
        let line = match config.values.shown(key.name) {
            Some(value) => format!("{name} = {value}"),
            None => format!("#{name} ="),
        };
        let _ = match config.origin(key.name).filter(|_| origins) {
            Some(origin) => writeln!(file, "{line:<48} # {origin}"),
            None => writeln!(file, "{line}"),
        };
    }
    file
}

/// Every key, section by section, and whether it is the first of its section. The table may hold a section's keys in
/// several places; the file may not.
fn in_sections() -> impl Iterator<Item = (&'static Key, bool)> {
    let mut sections: Vec<&'static str> = Vec::new();
    for key in keys::all() {
        let (section, _) = key.section_and_name();
        if !sections.contains(&section) {
            sections.push(section);
        }
    }
    sections.into_iter().flat_map(|section| {
        let of_section = keys::all().filter(move |key| key.section_and_name().0 == section);
        of_section.enumerate().map(|(index, key)| (key, index == 0))
    })
}

/// A default as it is written in the file.
fn written(form: Form, default: &str) -> String {
    match form {
        Form::Count { .. } | Form::Switch => default.to_owned(),
        Form::Ranges => {
            let ranges =
                default.split(',').filter(|range| !range.is_empty()).map(|range| format!("\"{range}\""));
            format!("[{}]", ranges.collect::<Vec<_>>().join(", "))
        }
        _ => format!("\"{default}\""),
    }
}

fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().expect("there is always a line");
        if !line.is_empty() && line.len() + 1 + word.len() > COMMENT_WIDTH {
            lines.push(word.to_owned());
        } else {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
    }
    lines
}
