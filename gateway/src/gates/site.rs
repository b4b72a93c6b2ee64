//! The name of a site, such as `hells-gate`: it stands in addresses, packs and certificates, and is read in one way.

/// Longest name of a site.
const LEN_MAX: usize = 40;

/// It names no site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a site is named in at most {LEN_MAX} small letters, digits and hyphens, with a letter or digit at both ends: hells-gate"
)]
pub struct NotASite;

/// The name, if it is one.
pub fn read_site(text: &str) -> Result<&str, NotASite> {
    let is_word = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    let has_ends = bytes.first().is_some_and(is_word) && bytes.last().is_some_and(is_word);
    let is_plain = bytes.iter().all(|byte| is_word(byte) || *byte == b'-');
    if has_ends && is_plain && text.len() <= LEN_MAX { Ok(text) } else { Err(NotASite) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_a_word_of_an_address_and_nothing_else() {
        for name in ["hells-gate", "a", "gate-2", &"a".repeat(40)] {
            assert_eq!(read_site(name), Ok(name));
        }
        for name in
            ["", "-", "-gate", "gate-", "Hells-Gate", "hells gate", "../keys", "gate/x", "é", &"a".repeat(41)]
        {
            assert_eq!(read_site(name), Err(NotASite), "{name:?}");
        }
    }
}
