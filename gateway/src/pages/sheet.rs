//! A sheet of A4 that is put together line by line and becomes a PDF with its fonts inside.
//!
//! All lengths are hundredths of a point, in whole numbers, from the upper left corner: whether everything fits can be
//! computed, and tried again smaller, before anything is drawn.

use std::collections::HashMap;
use std::sync::LazyLock;

use krilla::Document;
use krilla::color::rgb;
use krilla::error::KrillaError;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::instance::{LocationRef, Size};
use skrifa::metrics::GlyphMetrics;
use skrifa::{FontRef, MetadataProvider as _};

/// A length in hundredths of a point.
pub(super) type Length = i32;

/// A4.
pub(super) const WIDTH: Length = 59_528;
/// A4.
pub(super) const HEIGHT: Length = 84_189;

/// One of the two faces of the sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Face {
    /// Of the text.
    Regular,
    /// Of headings and amounts.
    Bold,
}

/// How dark something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    /// The text.
    Black,
    /// What is read second, 7.1 to 1 on white.
    Grey,
}

/// What has been put on a sheet so far.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    marks: Vec<Mark>,
}

#[derive(Debug)]
enum Mark {
    Text { left: Length, baseline: Length, face: Face, size: Length, ink: Ink, text: String },
    Block { left: Length, top: Length, width: Length, height: Length },
}

impl Sheet {
    /// Puts a line of text here.
    pub(super) fn text(
        &mut self,
        (left, baseline): (Length, Length),
        (face, size, ink): (Face, Length, Ink),
        text: impl Into<String>,
    ) {
        self.marks.push(Mark::Text { left, baseline, face, size, ink, text: text.into() });
    }

    /// Puts a black rectangle here.
    pub(super) fn block(&mut self, (left, top): (Length, Length), (width, height): (Length, Length)) {
        self.marks.push(Mark::Block { left, top, width, height });
    }

    /// Whether this text stands on it in one line.
    #[cfg(test)]
    pub(super) fn says(&self, what: &str) -> bool {
        self.marks.iter().any(|mark| matches!(mark, Mark::Text { text, .. } if text.contains(what)))
    }

    /// The sheet as a PDF of one page.
    pub(super) fn into_pdf(self, title: &str, language: &str) -> Result<Vec<u8>, KrillaError> {
        let mut document = Document::new();
        let about = Metadata::new().title(title.to_owned()).language(language.to_owned());
        document.set_metadata(about.creator("Malipo".to_owned()));
        let settings = PageSettings::from_wh(points(WIDTH), points(HEIGHT)).expect("A4 has a size");
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        for mark in &self.marks {
            match mark {
                Mark::Text { left, baseline, face, size, ink, text } => {
                    surface.set_fill(Some(ink.fill()));
                    let (face, size) = (face.typeface(), points(*size));
                    let at = Point::from_xy(points(*left), points(*baseline));
                    surface.draw_glyphs(at, &face.glyphs(text), face.font.clone(), text, size, false);
                }
                Mark::Block { left, top, width, height } => {
                    surface.set_fill(Some(Ink::Black.fill()));
                    let block = Rect::from_xywh(points(*left), points(*top), points(*width), points(*height));
                    let mut path = PathBuilder::new();
                    path.push_rect(block.expect("a block has a width and a height"));
                    surface.draw_path(&path.finish().expect("a rectangle is a path"));
                }
            }
        }
        surface.finish();
        page.finish();
        document.finish()
    }
}

impl Ink {
    fn fill(self) -> Fill {
        let paint = match self {
            Self::Black => rgb::Color::new(0x0b, 0x0c, 0x0c),
            Self::Grey => rgb::Color::new(0x50, 0x5a, 0x5f),
        };
        Fill { paint: paint.into(), ..Fill::default() }
    }
}

/// A font, and what is known of its letters.
struct Typeface {
    font: Font,
    units_per_em: Length,
    /// For each letter its glyph and how wide it is, in units.
    letters: HashMap<char, (u32, Length)>,
}

static REGULAR: LazyLock<Typeface> =
    LazyLock::new(|| Typeface::of(include_bytes!("../../assets/fonts/DejaVuSansCondensed.ttf")));
static BOLD: LazyLock<Typeface> =
    LazyLock::new(|| Typeface::of(include_bytes!("../../assets/fonts/DejaVuSansCondensed-Bold.ttf")));

/// Stands for a letter that the font does not have.
const UNKNOWN: char = '\u{fffd}';

impl Face {
    fn typeface(self) -> &'static Typeface {
        match self {
            Self::Regular => &REGULAR,
            Self::Bold => &BOLD,
        }
    }

    /// How wide a text is at this size.
    pub(super) fn width_of(self, text: &str, size: Length) -> Length {
        let typeface = self.typeface();
        let units: Length = text.chars().map(|letter| typeface.letter(letter).1).sum();
        units.saturating_mul(size) / typeface.units_per_em
    }

    /// A text in lines of this width. A word that is wider than a line is cut.
    pub(super) fn lines_of(self, text: &str, size: Length, width: Length) -> Vec<String> {
        let typeface = self.typeface();
        // As [`Self::width_of`] rounds.
        let units_max = ((width + 1).saturating_mul(typeface.units_per_em) - 1) / size.max(1);
        let wide = |letter: char| typeface.letter(letter).1;
        let space = wide(' ');
        let mut lines = vec![String::new()];
        let mut used = 0;
        for word in text.split_whitespace() {
            let units: Length = word.chars().map(wide).sum();
            let line = lines.last_mut().expect("there is a line");
            if line.is_empty() || used + space + units <= units_max {
                if !line.is_empty() {
                    line.push(' ');
                    used += space;
                }
            } else {
                lines.push(String::new());
                used = 0;
            }
            for letter in word.chars() {
                let units = wide(letter);
                if used > 0 && used + units > units_max {
                    lines.push(String::new());
                    used = 0;
                }
                lines.last_mut().expect("there is a line").push(letter);
                used += units;
            }
        }
        lines
    }

    /// Whether the font has this letter.
    #[cfg(test)]
    pub(super) fn has(self, letter: char) -> bool {
        self.typeface().letters.contains_key(&letter)
    }
}

impl Typeface {
    fn of(bytes: &'static [u8]) -> Self {
        let font = FontRef::new(bytes).expect("the embedded font is one");
        let metrics = GlyphMetrics::new(&font, Size::unscaled(), LocationRef::default());
        // Unscaled widths are whole units.
        let wide = |glyph| metrics.advance_width(glyph).map_or(0, |units| units as Length);
        let letters = font.charmap().mappings().filter_map(|(code, glyph)| {
            char::from_u32(code).map(|letter| (letter, (glyph.to_u32(), wide(glyph))))
        });
        let units_per_em = font.metrics(Size::unscaled(), LocationRef::default()).units_per_em;
        Self {
            letters: letters.collect(),
            units_per_em: units_per_em.into(),
            font: Font::new(bytes.into(), 0).expect("the embedded font is one"),
        }
    }

    fn letter(&self, letter: char) -> (u32, Length) {
        let known = self.letters.get(&letter).or_else(|| self.letters.get(&UNKNOWN));
        known.copied().expect("the font has a glyph for what it lacks")
    }

    fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
        let glyph = |(at, letter): (usize, char)| {
            let (glyph, units) = self.letter(letter);
            let range = at..at + letter.len_utf8();
            KrillaGlyph::new(GlyphId::new(glyph), self.ems(units), 0.0, 0.0, 0.0, range, None)
        };
        text.char_indices().map(glyph).collect()
    }

    #[expect(clippy::float_arithmetic, reason = "a PDF places glyphs by floats; no money is near")]
    fn ems(&self, units: Length) -> f32 {
        units as f32 / self.units_per_em as f32
    }
}

#[expect(clippy::float_arithmetic, reason = "a PDF has its lengths in points, as floats; no money is near")]
fn points(length: Length) -> f32 {
    length as f32 / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use catalog::Catalogue;

    #[test]
    fn every_letter_of_every_name_is_in_the_fonts() {
        let catalogue = Catalogue::embedded();
        let names = catalogue.services().iter().map(|service| &service.name);
        let names = names.chain(catalogue.agencies().iter().map(|agency| &agency.name));
        let mut missing: Vec<char> = names
            .flat_map(|name| name.en().chars().chain(name.in_language(catalog::Language::Sw).chars()))
            .chain("Mũrang'a Mĩrĩ Ng’ang’a × – … “”".chars())
            .filter(|letter| !(Face::Regular.has(*letter) && Face::Bold.has(*letter)))
            .collect();
        missing.sort_unstable();
        missing.dedup();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn text_is_broken_at_words_and_long_words_are_cut() {
        let lines = Face::Regular.lines_of("one two three", 1000, Face::Regular.width_of("one two", 1000));
        assert_eq!(lines, ["one two", "three"]);
        let narrow = Face::Regular.width_of("aaa", 1000);
        assert_eq!(Face::Regular.lines_of("b aaaaaaa", 1000, narrow), ["b", "aaa", "aaa", "a"]);
        assert_eq!(Face::Regular.lines_of("", 1000, narrow), [""]);
        assert!(Face::Bold.width_of("Risiti", 1000) > Face::Regular.width_of("Risiti", 1000));
    }
}
