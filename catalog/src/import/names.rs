//! Codes and slugs for what a list knows by name alone.
//!
//! They follow from the name, and from the list's own id where two names would give the same one. Every one of such a
//! group gets its id, so it does not matter who comes first: another order of rows gives the same names.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use sha2::{Digest as _, Sha256};

/// What codes and slugs look like; `FORMAT.md`.
const CODE: Shape = Shape { length_min: 2, length_max: 16, in_case: str::to_ascii_uppercase };
const SLUG: Shape = Shape { length_min: 3, length_max: 80, in_case: str::to_ascii_lowercase };
/// How much of an id is put behind a name that is not the only one: the shortest that tells the ids apart.
const ID_LENGTHS: [usize; 3] = [4, 8, 12];
/// How much of the hash of an id, where no part of the id does.
const HASH_LENGTH: usize = 8;

struct Shape {
    length_min: usize,
    length_max: usize,
    in_case: fn(&str) -> String,
}

/// What needs a name.
#[derive(Clone, Debug)]
pub(super) struct Nameless {
    /// The name that it would have if nobody else did.
    plain: String,
    /// What tells it from everything else in the list.
    id: String,
}

impl Nameless {
    /// A service of the agency with this code.
    pub(super) fn service(agency: &str, name: &str, id: &str) -> Self {
        let plain =
            shortened(&format!("{}-{}", agency.to_ascii_lowercase(), hyphenated(name)), SLUG.length_max);
        Self { plain, id: id.to_owned() }
    }

    /// An agency with this name.
    pub(super) fn agency(name: &str, id: &str) -> Self {
        Self { plain: shortened(&acronym(name), CODE.length_max), id: id.to_owned() }
    }
}

/// A slug for each.
pub(super) fn slugs(nameless: &[Nameless], taken: &HashSet<&str>) -> Vec<String> {
    unique(nameless, taken, &SLUG)
}

/// A code for each.
pub(super) fn codes(nameless: &[Nameless], taken: &HashSet<&str>) -> Vec<String> {
    unique(nameless, taken, &CODE)
}

fn unique(nameless: &[Nameless], taken: &HashSet<&str>, shape: &Shape) -> Vec<String> {
    let mut groups: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, one) in nameless.iter().enumerate() {
        groups.entry(&one.plain).or_default().push(index);
    }
    let mut names = vec![String::new(); nameless.len()];
    for (plain, members) in &groups {
        if let [only] = members[..]
            && !taken.contains(plain)
            && plain.len() >= shape.length_min
        {
            names[only] = (*plain).to_owned();
            continue;
        }
        let with = |suffix: &dyn Fn(&str) -> String| -> Vec<String> {
            let name = |index: &usize| {
                let suffix = (shape.in_case)(&suffix(&nameless[*index].id));
                let room = shape.length_max - suffix.len() - 1;
                match shortened(plain, room) {
                    plain if plain.is_empty() => suffix,
                    plain => format!("{plain}-{suffix}"),
                }
            };
            members.iter().map(name).collect()
        };
        let are_free = |names: &Vec<String>| {
            let distinct: BTreeSet<_> = names.iter().collect();
            let is_free =
                |name: &String| !taken.contains(name.as_str()) && !groups.contains_key(name.as_str());
            distinct.len() == names.len() && names.iter().all(is_free)
        };
        let by_id = ID_LENGTHS.iter().map(|length| with(&|id| beginning(id, *length))).find(are_free);
        let chosen = by_id.unwrap_or_else(|| with(&|id| hash(id)));
        for (index, name) in members.iter().zip(chosen) {
            names[*index] = name;
        }
    }
    names
}

/// The first letters and digits of an id. An id that has none is known by its hash.
fn beginning(id: &str, length: usize) -> String {
    let characters: String = id.chars().filter(char::is_ascii_alphanumeric).take(length).collect();
    if characters.is_empty() { hash(id) } else { characters }
}

fn hash(id: &str) -> String {
    hex::encode(Sha256::digest(id.as_bytes()))[..HASH_LENGTH].to_owned()
}

/// Small letters and digits with single hyphens between them. What has no such letter is left out: the id tells such
/// names apart.
fn hyphenated(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for character in name.chars().filter(|character| !matches!(character, '\'' | '\u{2018}' | '\u{2019}')) {
        match plain_letters(character) {
            Some(letters) => text.push_str(letters),
            None if character.is_ascii_alphanumeric() => text.push(character.to_ascii_lowercase()),
            None => text.push('-'),
        }
    }
    text.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

/// The letters that a sign of European and Kenyan names stands for.
const fn plain_letters(character: char) -> Option<&'static str> {
    Some(match character {
        'à'..='å' | 'À'..='Å' | 'ā' | 'Ā' => "a",
        'ç' | 'Ç' | 'č' | 'Č' => "c",
        'è'..='ë' | 'È'..='Ë' | 'ē' | 'Ē' => "e",
        'ì'..='ï' | 'Ì'..='Ï' | 'ĩ' | 'Ĩ' | 'ī' | 'Ī' => "i",
        'ñ' | 'Ñ' => "n",
        'ò'..='ö' | 'Ò'..='Ö' | 'ø' | 'Ø' | 'ō' | 'Ō' => "o",
        'š' | 'Š' => "s",
        'ù'..='ü' | 'Ù'..='Ü' | 'ũ' | 'Ũ' | 'ū' | 'Ū' => "u",
        'ý' | 'ÿ' | 'Ý' => "y",
        'ﬁ' => "fi",
        'ﬂ' => "fl",
        _ => return None,
    })
}

/// The acronym that a name carries in brackets, `KeNHA`, or else the first letters of its words.
fn acronym(name: &str) -> String {
    let in_brackets = name.split('(').skip(1).map(|rest| rest.split(')').next().unwrap_or(rest).trim());
    let is_acronym = |word: &&str| {
        let capitals = word.chars().filter(char::is_ascii_uppercase).count();
        capitals >= 2 && word.chars().all(|character| character.is_ascii_alphanumeric())
    };
    if let Some(acronym) = in_brackets.clone().find(is_acronym) {
        return acronym.to_ascii_uppercase();
    }
    let text = hyphenated(name.split('(').next().unwrap_or(name));
    let words: Vec<_> = text.split('-').filter(|word| !word.is_empty()).collect();
    let small = ["a", "and", "for", "in", "of", "on", "the", "to"];
    let meant: Vec<_> = words.iter().copied().filter(|word| !small.contains(word)).collect();
    match meant[..] {
        [] => words.concat().to_ascii_uppercase(),
        [only] => only.to_ascii_uppercase(),
        _ => meant.iter().map(|word| word[..1].to_ascii_uppercase()).collect(),
    }
}

/// At most this long, cut between words where that leaves at least half of it.
fn shortened(text: &str, length_max: usize) -> String {
    if text.len() <= length_max {
        return text.trim_matches('-').to_owned();
    }
    let cut = &text[..length_max];
    let at_word = if text.as_bytes()[length_max] == b'-' { Some(length_max) } else { cut.rfind('-') };
    let end = at_word.filter(|end| *end * 2 >= length_max).unwrap_or(length_max);
    cut[..end].trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slug_of(agency: &str, name: &str) -> String {
        slugs(&[Nameless::service(agency, name, "5cfa3119ef70")], &HashSet::new()).remove(0)
    }

    #[test]
    fn a_slug_is_made_of_what_can_be_typed() {
        assert_eq!(
            slug_of("ADC", "Sisal Rebaling—Fibre Crops Directorate"),
            "adc-sisal-rebaling-fibre-crops-directorate"
        );
        assert_eq!(slug_of("MUT", "Murang\u{2019}a: certiﬁcate (Café)"), "mut-muranga-certificate-cafe");
        assert_eq!(slug_of("KRA", "收入"), "kra");
        let long = slug_of("KRA", &"registration of everything ".repeat(9));
        assert!(long.len() <= 80 && long.ends_with("-registration-of-everything-registration-of"), "{long}");
    }

    #[test]
    fn an_acronym_is_the_one_in_brackets_or_the_first_letters() {
        for (name, code) in [
            ("Kenya National Highway Authority(KeNHA)", "KENHA"),
            ("Ulinzi Health Services Fund ( UHSF)", "UHSF"),
            ("Water Sector Trust Fund (Water Fund)", "WSTF"),
            ("National Transport And Safety Authority (New)", "NTSA"),
            ("Office of the Registrar of Political Parties", "ORPP"),
            ("LAPFUND", "LAPFUND"),
            ("The Senate", "SENATE"),
            ("Centre for Mathematics, Science, and Technology Education in Africa (CEMASTEA", "CEMASTEA"),
        ] {
            assert_eq!(acronym(name), code, "{name}");
        }
    }

    #[test]
    fn whoever_has_the_same_name_gets_the_id_whichever_comes_first() {
        let one = Nameless::service("UE", "Admission Fee", "10001");
        let other = Nameless::service("UE", "Admission fee!", "10002");
        let third = Nameless::service("UE", "Library", "10003");
        let taken = HashSet::new();
        let names = slugs(&[one.clone(), other.clone(), third.clone()], &taken);
        assert_eq!(names, ["ue-admission-fee-10001", "ue-admission-fee-10002", "ue-library"]);
        assert_eq!(
            slugs(&[third.clone(), other, one], &taken),
            ["ue-library", "ue-admission-fee-10002", "ue-admission-fee-10001"]
        );
        assert_eq!(slugs(&[third], &HashSet::from(["ue-library"])), ["ue-library-1000"]);
    }

    #[test]
    fn a_name_with_an_id_still_fits() {
        let long = "registration of everything ".repeat(9);
        let pair = ["5cfa3119ef70", "88f92e75d278"].map(|id| Nameless::service("KRA", &long, id));
        let names = slugs(&pair, &HashSet::new());
        assert!(names.iter().all(|name| name.len() <= 80), "{names:?}");
        assert!(names[0].ends_with("-5cfa") && names[1].ends_with("-88f9"), "{names:?}");
        let pair = ["5cfa3119ef70", "88f92e75d278"].map(|id| Nameless::agency("Universityofeverything", id));
        assert_eq!(codes(&pair, &HashSet::new()), ["UNIVERSITYO-5CFA", "UNIVERSITYO-88F9"]);
    }
}
