//! Makes text comparable: small letters without accents and apostrophes, words without their plural, none of the words
//! that say nothing.

/// How much of a query is looked at; the rest of a longer one is left off.
const QUERY_CHARACTERS_MAX: usize = 200;
const QUERY_WORDS_MAX: usize = 12;

/// Words that queries and names hold without meaning a service, in both languages, folded.
const STOP_WORDS: [&str; 46] = [
    "a", "an", "and", "apply", "at", "by", "cha", "do", "for", "from", "get", "how", "i", "in", "is",
    "jinsi", "katika", "kupata", "kwa", "la", "my", "na", "nataka", "need", "new", "ni", "of", "on",
    "online", "or", "the", "to", "vya", "wa", "want", "with", "ya", "yangu", "za", "zangu", "changu",
    "langu", "wangu", "naomba", "where", "wapi",
];

/// The words of a query that are worth looking for, each once. A query of nothing but stop words keeps them.
pub(super) fn query_words(query: &str) -> Vec<String> {
    let bounded: String = query.chars().take(QUERY_CHARACTERS_MAX).collect();
    let all = words(&bounded);
    let meant: Vec<_> = all.iter().filter(|word| !is_stop_word(word)).cloned().collect();
    let mut chosen: Vec<String> = Vec::new();
    for word in if meant.is_empty() { all } else { meant } {
        if chosen.len() < QUERY_WORDS_MAX && !chosen.contains(&word) {
            chosen.push(word);
        }
    }
    chosen
}

/// The words of a text that are worth finding it by.
pub(super) fn indexed_words(text: &str) -> Vec<String> {
    let mut words = words(text);
    words.retain(|word| !is_stop_word(word));
    words
}

fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.contains(&word)
}

/// Every word, folded and in the singular.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for character in text.chars().chain(std::iter::once(' ')) {
        if is_dropped(character) {
            continue;
        }
        if character.is_alphanumeric() {
            word.extend(folded(character));
        } else if !word.is_empty() {
            words.push(singular(std::mem::take(&mut word)));
        }
    }
    words
}

/// Apostrophes vanish, so that `ng'ombe` is found by `ngombe`; so do accents that are written as marks of their own.
fn is_dropped(character: char) -> bool {
    matches!(character, '\'' | '\u{2019}' | '\u{2018}' | '`' | '\u{0300}'..='\u{036F}')
}

/// A letter without case and accent.
fn folded(character: char) -> impl Iterator<Item = char> {
    character.to_lowercase().filter(|letter| !is_dropped(*letter)).map(without_accent)
}

/// The letter under an accent, for the letters of European and Kenyan names; any other character is itself.
fn without_accent(letter: char) -> char {
    match letter {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => 'c',
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => 'e',
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' => 'i',
        'ñ' | 'ń' | 'ņ' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' => 'o',
        'ś' | 'ŝ' | 'ş' | 'š' => 's',
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        other => other,
    }
}

/// English plurals without their ending. Kiswahili forms its plurals in front, and is left alone: its words do not end
/// in `s`.
fn singular(mut word: String) -> String {
    let is_plural = word.len() > 3 && !["ss", "us", "is"].iter().any(|ending| word.ends_with(ending));
    if !is_plural {
        return word;
    }
    if word.len() > 4 && word.ends_with("ies") {
        word.truncate(word.len() - 3);
        word.push('y');
    } else if ["xes", "ches", "shes", "sses"].iter().any(|ending| word.ends_with(ending)) {
        word.truncate(word.len() - 2);
    } else if word.ends_with('s') {
        word.truncate(word.len() - 1);
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_accents_apostrophes_and_plurals_do_not_matter() {
        assert_eq!(words("Murang’a NG'OMBE Kĩambu São"), ["muranga", "ngombe", "kiambu", "sao"]);
        assert_eq!(words("e\u{0301}tat"), ["etat"]);
        assert_eq!(
            words("Passports, companies/taxes; business KWS"),
            ["passport", "company", "tax", "business", "kws"]
        );
        assert_eq!(words("CR12 (CR-13)"), ["cr12", "cr", "13"]);
        assert!(words(" -- ").is_empty());
    }

    #[test]
    fn a_query_keeps_what_means_something_and_is_bounded() {
        assert_eq!(query_words("how do I get my passport"), ["passport"]);
        assert_eq!(query_words("the"), ["the"]);
        assert_eq!(query_words("passport passports"), ["passport"]);
        let long: String = (0..100).map(|number| format!("w{number} ")).collect();
        assert_eq!(query_words(&long).len(), QUERY_WORDS_MAX);
    }
}
