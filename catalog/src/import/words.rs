//! Texts of a list: cleaned of what typing leaves behind, and compared without it.

use super::table::Cell;
use crate::text::is_unseen;

/// A text of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Words {
    /// Without space at its ends, and with single spaces within.
    pub(super) clean: String,
    /// As it stands in the list, but for space at its ends.
    pub(super) exact: String,
}

/// The text of a cell, if it holds more than space.
///
/// A line break within a name is not space that was typed twice: it is two cells that became one, or a quote that does
/// not end. Signs that nobody sees make two names look alike. Both are refused.
pub(super) fn plain(cell: &Cell) -> Result<Option<Words>, String> {
    let text = match cell {
        Cell::Empty => return Ok(None),
        Cell::Text(text) | Cell::Number(text) => text,
        Cell::Day(day) => &day.to_string(),
        Cell::Texts(_) => return Err("a list stands where one text belongs".to_owned()),
        Cell::Unreadable(reason) => return Err(reason.clone()),
    };
    if text.chars().any(char::is_control) {
        return Err("the text holds a line break or another control character".to_owned());
    }
    if let Some(sign) = text.chars().find(|character| is_unseen(*character)) {
        return Err(format!("the text holds a sign that is not seen: {}", sign.escape_unicode()));
    }
    let clean = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let words = Words { clean, exact: text.trim().to_owned() };
    Ok((!words.clean.is_empty()).then_some(words))
}

/// The texts of a cell that may hold several.
pub(super) fn several(cell: &Cell, separator: &str) -> Result<Vec<String>, String> {
    let parts: Vec<Cell> = match cell {
        Cell::Texts(texts) => texts.iter().cloned().map(Cell::Text).collect(),
        Cell::Text(text) => text.split(separator).map(|part| Cell::Text(part.to_owned())).collect(),
        other => vec![other.clone()],
    };
    let mut texts = Vec::with_capacity(parts.len());
    for part in &parts {
        texts.extend(plain(part)?.map(|words| words.clean));
    }
    Ok(texts)
}

/// A name as it is compared: lists write one name in small letters here and in capitals there.
pub(super) fn folded(name: &str) -> String {
    name.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn space_is_put_in_order_and_line_breaks_are_not_space() {
        let words = plain(&Cell::Text("  Seed\u{A0} Sales ".to_owned())).unwrap().unwrap();
        assert_eq!((words.clean.as_str(), words.exact.as_str()), ("Seed Sales", "Seed\u{A0} Sales"));
        assert_eq!(plain(&Cell::Text(" \u{2003}".to_owned())), Ok(None));
        for bad in ["Seed\nSales", "Seed\tSales", "Seed Sales\r", "Seed\u{200B}Sales", "\u{202E}selaS"] {
            assert!(plain(&Cell::Text(bad.to_owned())).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_cell_with_several_texts_is_taken_apart() {
        let cell = Cell::Text("passport; ; two  photos ;".to_owned());
        assert_eq!(several(&cell, ";").unwrap(), ["passport", "two photos"]);
        let cell = Cell::Texts(vec!["a; b".to_owned(), " c".to_owned()]);
        assert_eq!(several(&cell, ";").unwrap(), ["a; b", "c"]);
        assert!(several(&Cell::Texts(vec!["a\nb".to_owned()]), ";").is_err());
    }
}
