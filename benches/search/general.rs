//! The yardstick: tantivy, set up as somebody would who knows it and wants citizens to find services. Fields for each
//! language, names before keywords before descriptions, letters without accents, English in stems and Kiswahili as it is
//! written, the beginning of a word and one slip in it, words that mean nothing left out. Its weights
//! were chosen by judgement, once. What it has no notion of, it does without: synonyms, counties, acronyms.

use catalog::{Catalogue, Language, Service};
use tantivy::collector::TopDocs;
use tantivy::query::{
    BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, FuzzyTermQuery, Occur, Query, TermQuery,
};
use tantivy::schema::{FAST, Field, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{
    AsciiFoldingFilter, LowerCaser, RemoveLongFilter, SimpleTokenizer, Stemmer, StopWordFilter, TextAnalyzer,
};
use tantivy::{Index, IndexWriter, Searcher, TantivyDocument, Term};

/// The analyzer of English: in stems.
const ENGLISH: &str = "english";
/// The analyzer of everything else: as it is written.
const PLAIN: &str = "plain";
const WORD_LENGTH_MAX: usize = 60;
const WRITER_BYTES: usize = 200_000_000;
/// A word has to be as long as this for a slip in it to be forgiven.
const SLIP_LENGTH_MIN: usize = 4;
/// What the fields of a word add beyond the best of them.
const TIE_BREAKER: f32 = 0.2;
/// The beginning of a word, perhaps with a slip, counts as much; a whole word by its rarity.
const BEGINNING: f32 = 0.6;
/// What a service in the reader's language counts more.
const READERS_LANGUAGE: f32 = 1.2;
/// What a service counts more that is no sample, which decides among equals.
const NO_SAMPLE: f32 = 1.0;
const POSITION: &str = "position";

#[rustfmt::skip] // A word a line would hide the code below.
const STOP_WORDS: [&str; 74] = [
    "a", "about", "an", "and", "are", "as", "at", "be", "but", "by", "can", "cha", "do", "for", "from", "get",
    "gani", "how", "i", "if", "in", "into", "is", "it", "jinsi", "kama", "katika", "kupata", "kwa", "la", "me",
    "my", "na", "nataka", "naweza", "need", "ni", "nini", "no", "not", "of", "on", "or", "please", "such",
    "that", "the", "their", "then", "there", "these", "they", "this", "to", "vipi", "vya", "wa", "wangu", "want",
    "wapi", "was", "we", "what", "where", "which", "who", "will", "with", "ya", "yangu", "you", "za", "zangu",
    "online",
];

/// The same services in tantivy.
pub(crate) struct General {
    index: Index,
    searcher: Searcher,
    fields: Vec<SearchedField>,
    no_sample: Field,
}

/// A field that words are looked for in.
#[derive(Clone, Copy)]
struct SearchedField {
    field: Field,
    analyzer: &'static str,
    language: Option<Language>,
    weight: f32,
    /// What it holds of a service.
    texts: fn(&Catalogue, &Service) -> Vec<String>,
}

impl General {
    /// Indexes every service, on one thread and in one segment, which is what is searched fastest.
    pub(crate) fn of(catalogue: &Catalogue) -> Self {
        let mut schema = Schema::builder();
        let position = schema.add_u64_field(POSITION, FAST);
        let no_sample = schema.add_text_field("no_sample", options(PLAIN));
        let fields: Vec<SearchedField> = DESCRIBED
            .iter()
            .map(|(name, analyzer, language, weight, texts)| SearchedField {
                field: schema.add_text_field(name, options(analyzer)),
                analyzer,
                language: *language,
                weight: *weight,
                texts: *texts,
            })
            .collect();
        let index = Index::create_in_ram(schema.build());
        index.tokenizers().register(ENGLISH, analyzer(true));
        index.tokenizers().register(PLAIN, analyzer(false));
        let mut writer: IndexWriter =
            index.writer_with_num_threads(1, WRITER_BYTES).expect("there is memory for a writer");
        for (place, service) in catalogue.services().iter().enumerate() {
            let mut document = TantivyDocument::new();
            document.add_u64(position, place as u64);
            if !service.sample {
                document.add_text(no_sample, "yes");
            }
            for searched in &fields {
                let texts = (searched.texts)(catalogue, service);
                texts.iter().for_each(|text| document.add_text(searched.field, text));
            }
            writer.add_document(document).expect("the writer takes documents");
        }
        writer.commit().expect("memory takes an index");
        writer.wait_merging_threads().expect("segments are merged");
        let searcher = index.reader().expect("an index can be read").searcher();
        Self { index, searcher, fields, no_sample }
    }

    /// The positions of the best services, best first: of those that have every word, or of all if there is none.
    pub(crate) fn search(&self, query: &str, language: Language, limit: usize) -> Vec<usize> {
        let english = self.words(ENGLISH, query);
        let plain = self.words(PLAIN, query);
        let words: Vec<Box<dyn Query>> =
            english.iter().zip(&plain).map(|(stem, word)| self.word(stem, word, language)).collect();
        let found = self.best(Occur::Must, &words, limit);
        if found.is_empty() { self.best(Occur::Should, &words, limit) } else { found }
    }

    /// What the index takes.
    pub(crate) fn size_bytes(&self) -> u64 {
        self.searcher.space_usage().expect("an index in memory can be measured").total().get_bytes()
    }

    fn best(&self, occur: Occur, words: &[Box<dyn Query>], limit: usize) -> Vec<usize> {
        let words = words.iter().map(|word| (occur, word.box_clone())).collect();
        let no_sample = self.term(self.no_sample, "yes");
        let no_sample = Box::new(ConstScoreQuery::new(no_sample, NO_SAMPLE));
        let wanted: Vec<(Occur, Box<dyn Query>)> =
            vec![(Occur::Must, Box::new(BooleanQuery::new(words))), (Occur::Should, no_sample)];
        let best = self
            .searcher
            .search(&BooleanQuery::new(wanted), &TopDocs::with_limit(limit).order_by_score())
            .expect("an index in memory can be searched");
        let position_of = |segment: u32, document: u32| {
            let positions = self.searcher.segment_reader(segment).fast_fields().u64(POSITION);
            let position = positions.expect("positions are kept").first(document);
            usize::try_from(position.expect("every service has one")).expect("positions are small")
        };
        best.into_iter().map(|(_, at)| position_of(at.segment_ord, at.doc_id)).collect()
    }

    /// A word in any of the fields.
    fn word(&self, stem: &str, word: &str, reader: Language) -> Box<dyn Query> {
        let mut ways: Vec<Box<dyn Query>> = Vec::new();
        for searched in &self.fields {
            let text = if searched.analyzer == ENGLISH { stem } else { word };
            let is_readers = searched.language == Some(reader);
            let weight = if is_readers { searched.weight * READERS_LANGUAGE } else { searched.weight };
            ways.push(Box::new(BoostQuery::new(self.term(searched.field, text), weight)));
            let slips = u8::from(text.chars().count() >= SLIP_LENGTH_MIN);
            let beginning =
                FuzzyTermQuery::new_prefix(Term::from_field_text(searched.field, text), slips, true);
            ways.push(Box::new(BoostQuery::new(Box::new(beginning), weight * BEGINNING)));
        }
        Box::new(DisjunctionMaxQuery::with_tie_breaker(ways, TIE_BREAKER))
    }

    fn term(&self, field: Field, text: &str) -> Box<dyn Query> {
        Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::WithFreqs))
    }

    fn words(&self, analyzer: &str, text: &str) -> Vec<String> {
        let mut analyzer = self.index.tokenizers().get(analyzer).expect("it was registered");
        let mut words = Vec::new();
        analyzer.token_stream(text).process(&mut |token| words.push(token.text.clone()));
        words
    }
}

type Described = (&'static str, &'static str, Option<Language>, f32, fn(&Catalogue, &Service) -> Vec<String>);

/// Every field, and what it weighs.
const DESCRIBED: [Described; 9] = [
    ("name_en", ENGLISH, Some(Language::En), 4.0, |_, service| vec![service.name.en().to_owned()]),
    ("name_sw", PLAIN, Some(Language::Sw), 4.0, |_, service| kiswahili(&service.name)),
    ("published_name", ENGLISH, Some(Language::En), 3.0, |_, service| {
        service.published_name.iter().map(ToString::to_string).collect()
    }),
    ("keywords", PLAIN, None, 3.0, |_, service| service.keywords.iter().map(ToString::to_string).collect()),
    ("keywords_en", ENGLISH, None, 3.0, |_, service| {
        service.keywords.iter().map(ToString::to_string).collect()
    }),
    ("agency", PLAIN, None, 1.5, |catalogue, service| {
        let agency = catalogue.agency_of(service);
        let own = [agency.code.as_str(), agency.name.en(), agency.name.sw()].map(str::to_owned);
        own.into_iter().chain(agency.keywords.iter().map(ToString::to_string)).collect()
    }),
    ("county", PLAIN, None, 2.0, |_, service| {
        service.county.iter().map(|county| county.name().to_owned()).collect()
    }),
    ("description_en", ENGLISH, Some(Language::En), 0.7, |_, service| {
        vec![service.description.en().to_owned()]
    }),
    ("description_sw", PLAIN, Some(Language::Sw), 0.7, |_, service| kiswahili(&service.description)),
];

/// Where nobody has written it, there is none: the English is in its own field.
fn kiswahili(text: &catalog::Text) -> Vec<String> {
    if text.is_translated() { vec![text.sw().to_owned()] } else { Vec::new() }
}

fn options(analyzer: &str) -> TextOptions {
    let indexing =
        TextFieldIndexing::default().set_tokenizer(analyzer).set_index_option(IndexRecordOption::WithFreqs);
    TextOptions::default().set_indexing_options(indexing)
}

fn analyzer(is_english: bool) -> TextAnalyzer {
    let words = TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(RemoveLongFilter::limit(WORD_LENGTH_MAX))
        .filter(LowerCaser)
        .filter(AsciiFoldingFilter)
        .filter(StopWordFilter::remove(STOP_WORDS.map(str::to_owned)));
    if is_english { words.filter(Stemmer::default()).build() } else { words.build() }
}
