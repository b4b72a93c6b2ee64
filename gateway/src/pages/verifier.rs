//! The page that checks receipts and passes by itself: one file with nothing beside it, to be opened from a disk, a stick or any
//! web server, with the network off. The keys that it believes stand in it.
//!
//! It is a second reader: `gateway/assets/verifier` shares no code with the readers here, and its signatures are checked by
//! the browser.

use std::sync::LazyLock;

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use catalog::Language;
use hyper::header::{
    CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use ledger::{Hash, VerifyingKey};
use serde::Serialize;

use super::words::{VERIFIER, VerifierWords};
use crate::api::key_set;
use crate::app::{App, SharedApp};
use crate::catalogue::Rendered;
use crate::http::problem::Problem;
use crate::http::request::Request;
use crate::http::response::Response;

/// Where the gateway hands it out. It has both languages in it: `#sw` begins in Swahili.
pub(super) const PATH: &str = "/verify/offline.html";
/// What browsers call it when it is saved.
const SAVED_AS: HeaderValue = HeaderValue::from_static("inline; filename=\"malipo-verifier.html\"");

const STYLE: &str = include_str!("../../assets/verifier/verifier.css");
/// Reading, checking and showing, in the order in which they build on each other.
const SCRIPT: &str = concat!(
    include_str!("../../assets/verifier/reading.js"),
    include_str!("../../assets/verifier/checking.js"),
    include_str!("../../assets/verifier/page.js"),
);

/// This script and this style, by their hashes; nothing is loaded, and nothing is sent.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = |text: &str| {
        let Hash(hash) = Hash::of(text.as_bytes());
        STANDARD.encode(hash)
    };
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'",
        hash(SCRIPT),
        hash(STYLE)
    )
});

#[derive(Template)]
#[template(path = "verifier.html")]
struct VerifierPage<'a> {
    policy: &'static str,
    style: &'static str,
    script: &'static str,
    words: &'static VerifierWords,
    swahili: &'static VerifierWords,
    both: String,
    keys: &'a [String],
    site: &'a str,
}

/// The sentences in both languages, as the script takes them.
#[derive(Serialize)]
struct Sentences {
    en: &'static VerifierWords,
    sw: &'static VerifierWords,
}

/// The page that believes these keys, written `NAME+HASH+KEY`, and is used at this site, if any.
pub(crate) fn verifier_page(keys: &[String], site: Option<&str>) -> String {
    let (words, swahili) = (VERIFIER.of(Language::En), VERIFIER.of(Language::Sw));
    let both = serde_json::to_string(&Sentences { en: words, sw: swahili });
    // No text may end the element that it stands in.
    let both = both.expect("texts can be written as JSON").replace('<', "\\u003c");
    let page = VerifierPage {
        policy: &POLICY,
        style: STYLE,
        script: SCRIPT,
        words,
        swahili,
        both,
        keys,
        site: site.unwrap_or_default(),
    };
    page.render().expect("a template of texts can be rendered")
}

/// What people compare: the SHA-256 of a key as it is written, in eight groups.
pub(crate) fn fingerprint(key: &VerifyingKey) -> String {
    let digits = Hash::of(key.to_string().as_bytes()).to_string();
    let groups = digits.as_bytes().chunks(8).map(String::from_utf8_lossy);
    groups.collect::<Vec<_>>().join(" ")
}

/// `GET /verify/offline.html`.
pub(super) async fn show(app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let html = verifier_page(&key_set(&app).receipt_keys, None);
    let rendered = Rendered::new("text/html; charset=utf-8", html.into_bytes());
    let mut response = rendered.answer(request.head.headers());
    let headers = response.headers_mut();
    let policy = format!("{}; frame-ancestors 'none'", *POLICY);
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_str(&policy).map_err(Problem::internal_error)?);
    headers.insert(CONTENT_DISPOSITION, SAVED_AS);
    headers.insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use ledger::SigningKey;

    use super::*;

    /// The most that it weighs on its way, in bytes, and on a disk.
    const COMPRESSED_BYTES_MAX: usize = 14 * 1024;
    const BYTES_MAX: usize = 50 * 1024;

    fn page() -> String {
        let (key, _) = SigningKey::generate("pay.example.go.ke/receipts").unwrap();
        verifier_page(&[key.verifying_key().to_string()], Some("hells-gate"))
    }

    #[test]
    fn it_is_one_light_file_that_asks_for_nothing_from_elsewhere() {
        let page = page();
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(page.as_bytes()).unwrap();
        let compressed = encoder.finish().unwrap().len();
        eprintln!("the page has {} bytes, {compressed} compressed", page.len());
        assert!(page.len() <= BYTES_MAX && compressed <= COMPRESSED_BYTES_MAX, "{} {compressed}", page.len());
        for outside in ["url(", "@import", "://", "import(", "fetch(", "src=", "Storage", "cookie", "eval("] {
            assert!(!page.contains(outside), "{outside}");
        }
    }

    #[test]
    fn nothing_in_it_ends_what_it_stands_in_and_its_policy_names_what_stands_in_it() {
        let page = page();
        let hash_of = |begin: &str, end: &str| {
            let (_, rest) = page.rsplit_once(begin).unwrap();
            let (inside, _) = rest.split_once(end).unwrap();
            STANDARD.encode(Hash::of(inside.as_bytes()).0)
        };
        for hash in [hash_of("<style>", "</style>"), hash_of("<script>", "</script>")] {
            // Base64 has plus signs, which the template escapes in an attribute.
            let policy = page.split_once("Policy\" content=\"").unwrap().1.split_once('"').unwrap().0;
            let policy = policy.replace("&#39;", "'").replace("&#43;", "+");
            assert!(policy.contains(&format!("'sha256-{hash}'")), "{policy} {hash}");
        }
        assert_eq!(page.matches("</script>").count(), 2);
    }

    #[test]
    fn every_reason_verdict_and_fact_of_the_script_has_its_words() {
        let words = serde_json::to_value(VERIFIER.of(Language::En)).unwrap();
        let named = |begin: &str| {
            let rest = SCRIPT.split(begin).skip(1);
            rest.map(|rest| rest.split('"').next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let reasons = [named("refuse(\""), named("reason: \"")].concat();
        assert!(reasons.len() > 15, "{reasons:?}");
        for reason in reasons {
            assert!(words["reasons"][&reason].is_string(), "{reason}");
        }
        for verdict in named("verdict: \"") {
            assert!(words["verdicts"][&verdict].is_array(), "{verdict}");
        }
        let facts = named("    [\"");
        assert!(facts.len() > 20, "{facts:?}");
        for fact in facts {
            assert!(words["facts"][&fact].is_string(), "{fact}");
        }
    }

    #[test]
    fn a_fingerprint_is_what_sha256sum_says_of_the_key() {
        let key = SigningKey::from_seed("pay.example/receipts", &[7; 32]).unwrap().verifying_key();
        let digits = Hash::of(key.to_string().as_bytes()).to_string();
        assert_eq!(fingerprint(&key).replace(' ', ""), digits);
        assert_eq!(fingerprint(&key).split(' ').count(), 8);
    }
}
