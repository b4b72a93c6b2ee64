//! What a real browser makes of pages. A page is looked at in each of its languages, on a telephone and on a desk, with a
//! checker of accessibility inside; which pages there are is the table of routes, so that none can be left out.

use std::collections::BTreeSet;

use gateway::api::public_routes;
use gateway::app::App;
use gateway::http::router::Route;
use hyper::Method;
use serde_json::{Value, json};

use crate::harness::{Browser, GateDevice, Gateway, SignedIn, escaped};

/// The most that the first answer of any page may weigh before it is compressed, in bytes.
const FIRST_ANSWER_BYTES_MAX: u64 = 14 * 1024;
/// The most that a page may weigh with everything that it loads, in bytes.
const PAGE_BYTES_MAX: u64 = 50 * 1024;

/// A page, and how somebody comes to it.
#[derive(Clone)]
pub(super) struct Look {
    /// What it is called in pictures.
    name: String,
    path: String,
    /// What is sent there, if only a form leads to the page.
    form: Option<String>,
    /// The file that is sent with it: the field, and what is in it.
    file: Option<(String, String)>,
    status: u16,
    says: String,
}

impl Look {
    /// A page behind an address. With `{lang}` in it there is one in each language.
    pub(super) fn at(name: &str, path: &str) -> Self {
        let says = String::new();
        Self { name: name.to_owned(), path: path.to_owned(), form: None, file: None, status: 200, says }
    }

    /// What comes of a form that is sent there.
    pub(super) fn sending(mut self, fields: &[(&str, &str)]) -> Self {
        let pairs = fields.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value)));
        self.form = Some(pairs.collect::<Vec<_>>().join("&"));
        self
    }

    /// A file is sent with the form.
    pub(super) fn with_file(mut self, field: &str, content: &str) -> Self {
        self.file = Some((field.to_owned(), content.to_owned()));
        self
    }

    /// It is answered like this, and not with 200.
    pub(super) fn answered(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// What shows that it is this page and no other, in English.
    pub(super) fn says(mut self, text: &str) -> Self {
        text.clone_into(&mut self.says);
        self
    }

    /// The same in each language that it has.
    pub(super) fn in_each_language(&self) -> Vec<Self> {
        if !self.path.contains("{lang}") {
            return vec![self.clone()];
        }
        let in_language = |language: &str| Self {
            name: format!("{}-{language}", self.name),
            path: self.path.replace("{lang}", language),
            form: self.form.clone(),
            file: self.file.clone(),
            says: if language == "en" { self.says.clone() } else { String::new() },
            status: self.status,
        };
        vec![in_language("en"), in_language("sw")]
    }
}

/// The pages that were looked at, and what was wrong with them.
#[derive(Default)]
pub(super) struct Gallery {
    seen: BTreeSet<(String, String)>,
    wrong: Vec<String>,
    /// The heaviest first answer, and which page it is of.
    first_answer: (u64, String),
    page_bytes: u64,
    count: usize,
}

impl Gallery {
    /// Looks at pages as somebody who is signed in, or as anybody.
    #[track_caller]
    pub(super) fn look(&mut self, gateway: &Gateway, who: Option<&SignedIn>, looks: &[Look]) {
        let at = (gateway.public(), gateway.agencies());
        for look in self.look_there(&at, "/en/staff/sign-in", who, looks) {
            self.seen.insert(row_of(&look));
        }
    }

    /// Looks at pages of the program at a gate.
    #[track_caller]
    pub(super) fn look_at_gate(&mut self, gate: &GateDevice, looks: &[Look]) {
        self.look_there(&(gate.url(), gate.url()), "/en/", None, looks);
    }

    /// Looks at pages of this origin, beside which agencies have theirs; gives what was looked at.
    fn look_there(
        &mut self,
        (origin, agencies): &(String, String),
        forms_from: &str,
        who: Option<&SignedIn>,
        looks: &[Look],
    ) -> Vec<Look> {
        let looks: Vec<_> = looks.iter().flat_map(Look::in_each_language).collect();
        let asked = json!({
            "origin": origin,
            "agencies": agencies,
            "forms_from": forms_from,
            "cookie": who.map(cookie),
            "pictures": std::env::var("E2E_PICTURES").ok(),
            "looks": looks.iter().map(|look| {
                let mut asked = json!({"name": look.name, "path": look.path});
                if let Some(form) = &look.form {
                    asked["form"] = form.as_str().into();
                }
                if let Some((field, content)) = &look.file {
                    asked["file"] = json!({"field": field, "content": content});
                }
                asked
            }).collect::<Vec<_>>(),
        });
        let seen = Browser::start("look.mjs", &asked).leads_to_the_end();
        assert_eq!(seen.len(), 2 * looks.len(), "every page is looked at on two screens");
        for (look, pages) in looks.iter().zip(seen.chunks(2)) {
            for page in pages {
                self.judge(look, page);
            }
        }
        self.count += looks.len();
        looks
    }

    fn judge(&mut self, look: &Look, page: &Value) {
        let number = |name: &str| page[name].as_u64().expect("it is a number");
        if number("html") > self.first_answer.0 {
            self.first_answer = (number("html"), look.name.clone());
        }
        self.page_bytes = self.page_bytes.max(number("bytes"));
        let mut faults = Vec::new();
        for list in ["violations", "elsewhere", "foreign"] {
            faults.extend(page[list].as_array().expect("it is a list").iter().map(Value::to_string));
        }
        if number("wide") > number("width") {
            faults.push(format!("{} pixels wide", number("wide")));
        }
        if number("html") > FIRST_ANSWER_BYTES_MAX || number("bytes") > PAGE_BYTES_MAX {
            faults.push(format!("{} bytes, with all that it loads {}", number("html"), number("bytes")));
        }
        let text = page["text"].as_str().expect("it is a text");
        if number("status") != u64::from(look.status) || !text.contains(&look.says) {
            faults.push(format!("{} and no {:?}: {text}", number("status"), look.says));
        }
        if !faults.is_empty() {
            let width = number("width");
            self.wrong.push(format!("{} {} at {width}: {}", look.name, look.path, faults.join("; ")));
        }
    }

    /// Every page of these was looked at, in both languages, and nothing was wrong.
    #[track_caller]
    pub(super) fn has_all_and_nothing_wrong(self, belongs: impl Fn(&Route<App>) -> bool) {
        self.has_nothing_wrong();
        let routes = public_routes().expect("the table is sound");
        let pages = routes.iter().filter(|route| is_page(route) && belongs(route));
        let wanted: BTreeSet<_> = pages.flat_map(rows_of).collect();
        let unseen: Vec<_> = wanted.difference(&self.seen).collect();
        assert!(unseen.is_empty(), "nobody has looked at {unseen:?}");
    }

    /// Nothing was wrong with what was looked at.
    #[track_caller]
    pub(super) fn has_nothing_wrong(&self) {
        let Self { wrong, count, first_answer: (bytes, heaviest), page_bytes, .. } = self;
        eprintln!(
            "{count} pages on two screens; the heaviest first answer has {bytes} bytes ({heaviest}), the \
             heaviest page {page_bytes} with all that it loads"
        );
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}

/// The cookie of somebody who is signed in, as a browser is given it.
pub(super) fn cookie(who: &SignedIn) -> Value {
    let (name, value) = who.cookie.split_once('=').expect("a cookie has a name and a value");
    json!({"name": name, "value": value})
}

/// Whether a route answers with a page; the others are for programs, or files, or an agency's own.
fn is_page(route: &Route<App>) -> bool {
    let is_for_programs = ["/v1/", "/openapi.json", "/assets/", "/s/"];
    // The page in one file, which is looked at where it is used: on a disk, by the story in verifier.rs.
    let is_file_or_stream = ["/stream", ".csv", ".xlsx", "/pdf", ".atom", "/offline.html"];
    !is_for_programs.iter().any(|begin| route.pattern.starts_with(begin))
        && !is_file_or_stream.iter().any(|end| route.pattern.ends_with(end))
}

/// A row of the table for each language that it has, by its name.
fn rows_of(route: &Route<App>) -> Vec<(String, String)> {
    let languages: &[&str] = if route.pattern.contains("{lang}") { &["en", "sw"] } else { &[""] };
    languages.iter().map(|language| (route.name.to_owned(), (*language).to_owned())).collect()
}

/// The row that a look is answered by: the one with the fewest gaps, as the gateway takes it.
fn row_of(look: &Look) -> (String, String) {
    let method = if look.form.is_some() { Method::POST } else { Method::GET };
    let path = look.path.split('?').next().unwrap_or_default();
    let routes = public_routes().expect("the table is sound");
    let fits = |route: &&Route<App>| {
        let (wanted, given): (Vec<_>, Vec<_>) =
            (route.pattern.split('/').collect(), path.split('/').collect());
        let same = |(wanted, given): (&&str, &&str)| wanted == given || wanted.starts_with('{');
        route.method == method && wanted.len() == given.len() && wanted.iter().zip(&given).all(same)
    };
    let gaps = |route: &&Route<App>| route.pattern.matches('{').count();
    let Some(route) = routes.iter().filter(fits).min_by_key(gaps) else { return <_>::default() };
    let language = if route.pattern.contains("{lang}") { path.split('/').nth(1) } else { None };
    (route.name.to_owned(), language.unwrap_or_default().to_owned())
}
