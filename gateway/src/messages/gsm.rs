//! What fits into one text message: 160 septets of the GSM 7-bit default alphabet (3GPP TS 23.038, 6.2.1), where the
//! characters of the extension table take two. A text with any other character would be sent in another alphabet, and 70
//! characters of that are a message.

/// Septets of a message that is not cut into parts.
pub const SEGMENT_SEPTETS: usize = 160;

/// The default alphabet, without its escape.
const DEFAULT: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ\
                       ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// The extension table: each with an escape before it.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// How many septets a character takes; nothing if the alphabet does not have it.
fn septets_of(character: char) -> Option<usize> {
    if DEFAULT.contains(character) {
        Some(1)
    } else if EXTENSION.contains(character) {
        Some(2)
    } else {
        None
    }
}

/// How many septets a text takes; nothing if it has a character that the alphabet does not have.
pub fn septets(text: &str) -> Option<usize> {
    text.chars().map(septets_of).sum()
}

/// The text in this alphabet: quotation marks, dashes and accents that it does not have become those that it has; what
/// means nothing without its shape is left out.
pub(crate) fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            known if septets_of(known).is_some() && known != '\u{c}' => folded.push(known),
            '‘' | '’' | 'ʼ' | '`' | '´' => folded.push('\''),
            '“' | '”' | '„' | '«' | '»' => folded.push('"'),
            '‐' | '‑' | '‒' | '–' | '—' | '−' => folded.push('-'),
            '…' => folded.push_str("..."),
            '×' => folded.push('x'),
            '•' | '·' => folded.push('-'),
            space if space.is_whitespace() => folded.push(' '),
            'á' | 'â' | 'ã' | 'ā' | 'ą' => folded.push('a'),
            'Á' | 'À' | 'Â' | 'Ã' | 'Ā' => folded.push('A'),
            'ç' | 'č' => folded.push('c'),
            'ê' | 'ë' | 'ē' | 'ĕ' => folded.push('e'),
            'È' | 'Ê' | 'Ë' | 'Ē' => folded.push('E'),
            'í' | 'î' | 'ï' | 'ī' | 'ĩ' => folded.push('i'),
            'Í' | 'Ì' | 'Î' | 'Ï' | 'Ĩ' => folded.push('I'),
            'ó' | 'ô' | 'õ' | 'ō' => folded.push('o'),
            'Ó' | 'Ò' | 'Ô' | 'Õ' => folded.push('O'),
            'ú' | 'û' | 'ū' | 'ũ' => folded.push('u'),
            'Ú' | 'Ù' | 'Û' | 'Ũ' => folded.push('U'),
            'š' => folded.push('s'),
            _ => {}
        }
    }
    folded
}

/// The beginning of a folded text that takes so many septets at most: whole words, with three dots for what is left out. A
/// single word that is too long is cut.
pub(super) fn shortened(text: &str, septets_max: usize) -> String {
    const DOTS: &str = "...";
    if septets(text).is_some_and(|count| count <= septets_max) {
        return text.to_owned();
    }
    let Some(room) = septets_max.checked_sub(DOTS.len()) else { return String::new() };
    let mut used = 0;
    let fits = |character: &char| {
        used += septets_of(*character).unwrap_or(2);
        used <= room
    };
    let beginning: String = text.chars().take_while(fits).collect();
    let rest = text.get(beginning.len()..).unwrap_or_default();
    let ends_with_word = !rest.starts_with(char::is_alphanumeric) || beginning.ends_with(' ');
    let whole_words = match beginning.rfind(' ') {
        Some(space) if !ends_with_word && space > 0 => &beginning[..space],
        _ => &beginning,
    };
    let kept = whole_words.trim_end_matches([' ', ',', ';', ':', '-', '(', '/', '&']);
    format!("{kept}{DOTS}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_alphabet_has_what_the_standard_lists() {
        assert_eq!(DEFAULT.chars().count(), 127, "128 places, one of them the escape");
        assert_eq!(EXTENSION.chars().count(), 10);
        assert_eq!(septets("KES 3,050.00"), Some(12));
        assert_eq!(septets("[€]"), Some(6), "each of the extension takes two");
        assert_eq!(septets("`"), None);
        assert_eq!(septets("ŵ"), None);
        assert_eq!(septets(&"@".repeat(160)), Some(SEGMENT_SEPTETS));
    }

    #[test]
    fn names_are_cut_between_words() {
        let name = "Renewal of driving licence, three years (smart)";
        assert_eq!(shortened(name, 60), name);
        assert_eq!(shortened(name, 30), "Renewal of driving licence...");
        assert_eq!(shortened(name, 29), "Renewal of driving licence...");
        assert_eq!(shortened(name, 28), "Renewal of driving...");
        assert_eq!(shortened("Incomprehensibilities", 10), "Incompr...");
        assert_eq!(shortened(name, 2), "");
    }

    #[test]
    fn what_the_alphabet_lacks_becomes_what_it_has() {
        assert_eq!(folded("Ol Pejeta – “Māori” visitors’ × 2…"), "Ol Pejeta - \"Maori\" visitors' x 2...");
        assert_eq!(folded("Kĩambu\u{a0}中"), "Kiambu ");
    }

    proptest! {
        #[test]
        fn whatever_is_folded_and_shortened_fits(text in "\\PC{0,200}", room in 0_usize..170) {
            let folded = folded(&text);
            prop_assert!(septets(&folded).is_some());
            prop_assert!(septets(&shortened(&folded, room)).unwrap() <= room);
        }
    }
}
