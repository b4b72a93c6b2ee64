//! Makes text comparable: small letters without accents and apostrophes, words without their plural, none of the words
//! that say nothing.

/// How much of a query is looked at; the rest of a longer one is left off.
const QUERY_CHARACTERS_MAX: usize = 200;
const QUERY_WORDS_MAX: usize = 12;

/// Words that queries and names hold without meaning a service, in both languages, folded and sorted.
#[rustfmt::skip] // A word a line would hide the code below.
const STOP_WORDS: [&str; 96] = [
    "a", "about", "am", "an", "and", "any", "apply", "are", "at", "au", "be", "by", "can", "cha", "changu",
    "do", "doe", "for", "from", "gani", "get", "hapa", "have", "here", "hii", "hiyo", "how", "i", "if",
    "in", "is", "it", "je", "jinsi", "kama", "katika", "kuhusu", "kupata", "kwa", "la", "langu", "may",
    "me", "mimi", "much", "my", "na", "naomba", "natafuta", "nataka", "naweza", "nawezaje", "need", "new",
    "ngapi", "ni", "nina", "ninahitaji", "ninataka", "ninawezaje", "nini", "nipate", "nitapataje", "of",
    "on", "online", "or", "our", "please", "tafadhali", "that", "the", "there", "this", "to", "vipi", "vya",
    "wa", "wangu", "want", "wapi", "was", "we", "what", "when", "where", "which", "who", "will", "with",
    "would", "ya", "yangu", "you", "za", "zangu",
];

/// Words that say what is to be done about a service and seldom which one, folded and sorted: they help a service that
/// holds them, and no service is left out for the lack of them.
#[rustfmt::skip] // A word a line would hide the code below.
const HELPING_WORDS: [&str; 51] = [
    "ada", "application", "applying", "bei", "bill", "buy", "charge", "cost", "detail", "download",
    "ecitizen", "fee", "fomu", "form", "gharama", "gok", "government", "guide", "hatua", "help", "huduma",
    "kenya", "kenyan", "kiasi", "kulipa", "kulipia", "kuomba", "link", "lipa", "lipia", "mahitaji",
    "malipo", "maombi", "msaada", "nunua", "obtain", "office", "ofisi", "ombi", "pata", "pay", "paying",
    "payment", "portal", "price", "procedure", "process", "requirement", "serikali", "service", "step",
];

/// A word as it is compared, and as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) word: String,
    pub(super) written: String,
}

/// The words of a query.
#[derive(Debug)]
pub(super) struct QueryWords {
    /// Those that are worth looking for, each once. A query of nothing but stop words keeps them.
    pub(super) meant: Vec<Token>,
    /// Those that are not looked for, as they were written.
    pub(super) ignored: Vec<String>,
}

/// The words of a query, as much of it as is looked at.
pub(super) fn query_words(query: &str) -> QueryWords {
    let bounded: String = query.chars().take(QUERY_CHARACTERS_MAX).collect();
    let all = tokens(&bounded);
    let keep_all = all.iter().all(|token| is_stop_word(&token.word));
    let mut words = QueryWords { meant: Vec::new(), ignored: Vec::new() };
    for token in all {
        let is_there = words.meant.iter().any(|earlier| earlier.word == token.word);
        if is_there || words.meant.len() == QUERY_WORDS_MAX || (is_stop_word(&token.word) && !keep_all) {
            words.ignored.push(token.written);
        } else {
            words.meant.push(token);
        }
    }
    words
}

/// The words of a text that are worth finding it by.
pub(super) fn indexed_words(text: &str) -> Vec<Token> {
    let mut words = tokens(text);
    words.retain(|token| !is_stop_word(&token.word));
    words
}

/// True for a word that helps a service and is not required of it.
pub(super) fn is_helping_word(word: &str) -> bool {
    HELPING_WORDS.binary_search(&word).is_ok()
}

fn is_stop_word(word: &str) -> bool {
    STOP_WORDS.binary_search(&word).is_ok()
}

/// A text as it is compared letter by letter, such as with part of a name: small letters without accents and apostrophes.
pub fn folded_text(text: &str) -> String {
    text.chars().filter(|character| !is_dropped(*character)).flat_map(folded).collect()
}

/// Every word, folded and in the singular.
fn tokens(text: &str) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut word = String::new();
    let mut written = String::new();
    for character in text.chars().chain(std::iter::once(' ')) {
        if is_dropped(character) {
            // An apostrophe within a word belongs to how it is written; one that opens a quotation does not.
            if !written.is_empty() {
                written.push(character);
            }
        } else if character.is_alphanumeric() {
            word.extend(folded(character));
            written.push(character);
        } else if !written.is_empty() {
            let written = std::mem::take(&mut written);
            // A letter may fold to nothing.
            if !word.is_empty() {
                let written = written.trim_end_matches(is_dropped).to_owned();
                tokens.push(Token { word: singular(std::mem::take(&mut word)), written });
            }
        }
    }
    tokens
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

    fn words(text: &str) -> Vec<String> {
        tokens(text).into_iter().map(|token| token.word).collect()
    }

    fn meant(query: &str) -> Vec<String> {
        query_words(query).meant.into_iter().map(|token| token.word).collect()
    }

    #[test]
    fn case_accents_apostrophes_and_plurals_do_not_matter() {
        assert_eq!(words("Murang’a NG'OMBE Kĩambu São"), ["muranga", "ngombe", "kiambu", "sao"]);
        assert_eq!(words("e\u{0301}tat"), ["etat"]);
        assert_eq!(
            words("Passports, companies/taxes; business KWS"),
            ["passport", "company", "tax", "business", "kws"]
        );
        assert_eq!(words("CR12 (CR-13)"), ["cr12", "cr", "13"]);
        assert!(words(" -- ' ' ").is_empty());
        assert_eq!(folded_text("Murang’a Municipality, e\u{0301}tat"), "muranga municipality, etat");
    }

    #[test]
    fn a_word_remembers_how_it_was_written() {
        let written: Vec<_> =
            tokens("'Murang’a' Taxes 'eTA'").into_iter().map(|token| token.written).collect();
        assert_eq!(written, ["Murang’a", "Taxes", "eTA"]);
    }

    #[test]
    fn a_query_keeps_what_means_something_and_is_bounded() {
        assert_eq!(meant("how do I get my passport"), ["passport"]);
        assert_eq!(query_words("how do I get my passport").ignored, ["how", "do", "I", "get", "my"]);
        assert_eq!(meant("the"), ["the"]);
        assert_eq!(meant("passport passports"), ["passport"]);
        let long: String = (0..100).map(|number| format!("w{number} ")).collect();
        assert_eq!(meant(&long).len(), QUERY_WORDS_MAX);
    }

    /// They are looked up by halving.
    #[test]
    fn the_lists_are_sorted_and_hold_no_word_that_folding_changes() {
        for list in [&STOP_WORDS[..], &HELPING_WORDS[..]] {
            assert!(list.is_sorted_by(|earlier, later| earlier < later), "{list:?}");
            for word in list {
                assert_eq!(words(word), [*word]);
            }
        }
    }
}
