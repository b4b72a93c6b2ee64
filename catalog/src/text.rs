//! What people read, in the two languages of the service.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A language that every page and message exists in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// English.
    En,
    /// Kiswahili.
    Sw,
}

impl Language {
    /// Both languages, in the order the switch on a page shows them.
    pub const ALL: [Self; 2] = [Self::En, Self::Sw];

    /// The two letters of ISO 639-1, as in paths and in the `lang` attribute.
    pub const fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Sw => "sw",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

/// The text is not the code of a language we speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the language is en or sw")]
pub struct UnknownLanguage;

impl FromStr for Language {
    type Err = UnknownLanguage;

    fn from_str(text: &str) -> Result<Self, UnknownLanguage> {
        Self::ALL.into_iter().find(|language| language.code() == text).ok_or(UnknownLanguage)
    }
}

/// One text in English and, where somebody has written it, in Kiswahili. Imported names come in English only, and
/// an English text must not be passed off as Kiswahili: ask [`Text::language_shown`] which `lang` to declare.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    en: Arc<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sw: Option<Arc<str>>,
}

impl Text {
    /// A text in both languages.
    pub fn new(en: impl Into<Arc<str>>, sw: impl Into<Arc<str>>) -> Self {
        Self { en: en.into(), sw: Some(sw.into()) }
    }

    /// A text that exists in English only.
    pub fn english(en: impl Into<Arc<str>>) -> Self {
        Self { en: en.into(), sw: None }
    }

    /// The English text.
    pub fn en(&self) -> &str {
        &self.en
    }

    /// The Kiswahili text, or the English one where there is none.
    pub fn sw(&self) -> &str {
        self.sw.as_deref().unwrap_or(&self.en)
    }

    /// The text for a reader of `language`; English where it is not translated.
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::En => self.en(),
            Language::Sw => self.sw(),
        }
    }

    /// The language of what [`Text::in_language`] returns.
    pub fn language_shown(&self, wanted: Language) -> Language {
        if wanted == Language::Sw && self.sw.is_some() { Language::Sw } else { Language::En }
    }

    /// True if somebody has written the Kiswahili.
    pub fn is_translated(&self) -> bool {
        self.sw.is_some()
    }

    /// `self`, a colon and `detail`, in both languages; Kiswahili only if both parts have it.
    pub(crate) fn with_detail(&self, detail: &Self) -> Self {
        self.joined(": ", detail)
    }

    /// `self`, a comma and `more`, in both languages; Kiswahili only if both parts have it.
    pub(crate) fn with_more(&self, more: &Self) -> Self {
        self.joined(", ", more)
    }

    /// A text made around this one; Kiswahili only if this one has it.
    pub(crate) fn map(&self, en: impl FnOnce(&str) -> String, sw: impl FnOnce(&str) -> String) -> Self {
        Self { en: Arc::from(en(&self.en)), sw: self.sw.as_deref().map(|text| Arc::from(sw(text))) }
    }

    fn joined(&self, separator: &str, other: &Self) -> Self {
        let join = |left: &str, right: &str| Arc::from(format!("{left}{separator}{right}"));
        Self {
            en: join(&self.en, &other.en),
            sw: self.sw.as_deref().zip(other.sw.as_deref()).map(|(left, right)| join(left, right)),
        }
    }
}

/// Signs that are not seen and change what is: without width or ink, turning the direction of what follows, or no signs at all.
pub const fn is_unseen(character: char) -> bool {
    matches!(
        character,
        '\u{00AD}'
            | '\u{034F}'
            | '\u{061C}'
            | '\u{115F}'
            | '\u{1160}'
            | '\u{17B4}'
            | '\u{17B5}'
            | '\u{180B}'..='\u{180F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}'
            | '\u{FFA0}'
            | '\u{FDD0}'..='\u{FDEF}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{FFFE}'
            | '\u{FFFF}'
            | '\u{E0000}'..='\u{E0FFF}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_untranslated_text_says_that_it_is_english() {
        let park = Text::new("Park entry", "Kiingilio cha hifadhi");
        assert_eq!(park.in_language(Language::Sw), "Kiingilio cha hifadhi");
        assert_eq!(park.language_shown(Language::Sw), Language::Sw);
        let crew_list = Text::english("Crewlist");
        assert_eq!(crew_list.in_language(Language::Sw), "Crewlist");
        assert_eq!(crew_list.language_shown(Language::Sw), Language::En);
        assert!(!park.with_detail(&crew_list).is_translated());
        assert_eq!(park.with_detail(&park).sw(), "Kiingilio cha hifadhi: Kiingilio cha hifadhi");
    }
}
