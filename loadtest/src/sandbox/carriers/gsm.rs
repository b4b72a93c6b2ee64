//! How many messages a text takes: the carrier's own count, by 3GPP TS 23.038, for which customers are charged.

/// The default alphabet, without its escape, and the extension table, of which each takes two septets.
const ALPHABET: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿\
                        abcdefghijklmnopqrstuvwxyzäöñüà";
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// Messages that a text takes: 160 septets alone, 153 each of several; or 70 and 67 units of UTF-16.
pub(crate) fn segments(text: &str) -> usize {
    let septets = text.chars().map(|character| match character {
        known if ALPHABET.contains(known) => Some(1),
        extended if EXTENSION.contains(extended) => Some(2),
        _ => None,
    });
    let (length, alone, each) = match septets.sum::<Option<usize>>() {
        Some(septets) => (septets, 160, 153),
        None => (text.encode_utf16().count(), 70, 67),
    };
    if length <= alone { 1 } else { length.div_ceil(each) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_borders_are_where_the_standard_has_them() {
        for (text, count) in [
            (String::new(), 1),
            ("a".repeat(160), 1),
            ("a".repeat(161), 2),
            ("a".repeat(306), 2),
            ("a".repeat(307), 3),
            ("€".repeat(80), 1),
            ("€".repeat(81), 2),
            ("ŵ".repeat(70), 1),
            ("ŵ".repeat(71), 2),
            (format!("{}ŵ", "a".repeat(70)), 2),
        ] {
            assert_eq!(segments(&text), count, "{} characters", text.chars().count());
        }
    }
}
