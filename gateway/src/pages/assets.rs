//! Style sheets and scripts: a handful of small files in the program itself. The name of each says what is in it, so that
//! browsers may keep it for ever.

use std::sync::OnceLock;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use ledger::Hash;

use crate::app::{App, SharedApp};
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;
use crate::http::request::Request;
use crate::http::response::{self, Response};

/// What every page looks like.
pub(super) static PAGES_CSS: Asset = Asset::css("pages", include_str!("../../assets/pages.css"));
/// What pages of staff have beyond it: wide tables, charts, the verdict of a gate.
pub(super) static STAFF_CSS: Asset = Asset::css("staff", include_str!("../../assets/staff.css"));
/// Keeps the figures of a live page fresh.
pub(super) static LIVE_SCRIPT: Asset = Asset::script("live", include_str!("../../assets/live.js"));

/// Lets the page of a bill say by itself what has become of it.
pub(super) static WAIT_SCRIPT: Asset = Asset::script("wait", include_str!("../../assets/wait.js"));

static ALL: [&Asset; 4] = [&PAGES_CSS, &STAFF_CSS, &LIVE_SCRIPT, &WAIT_SCRIPT];

/// A file that pages load.
pub(super) struct Asset {
    stem: &'static str,
    kind: Kind,
    content: &'static str,
    name: OnceLock<String>,
}

#[derive(Clone, Copy)]
enum Kind {
    Css,
    Script,
}

impl Asset {
    const fn css(stem: &'static str, content: &'static str) -> Self {
        Self { stem, kind: Kind::Css, content, name: OnceLock::new() }
    }

    const fn script(stem: &'static str, content: &'static str) -> Self {
        Self { stem, kind: Kind::Script, content, name: OnceLock::new() }
    }

    /// Its name below `/assets/`.
    pub(super) fn name(&self) -> &str {
        self.name.get_or_init(|| {
            let Hash(hash) = Hash::of_parts(&[self.content.as_bytes()]);
            let ending = match self.kind {
                Kind::Css => "css",
                Kind::Script => "js",
            };
            format!("{}-{}.{ending}", self.stem, hex::encode(&hash[..8]))
        })
    }

    /// What is in it.
    pub(super) fn content(&self) -> &'static str {
        self.content
    }

    fn content_type(&self) -> &'static str {
        match self.kind {
            Kind::Css => "text/css; charset=utf-8",
            Kind::Script => "text/javascript; charset=utf-8",
        }
    }
}

/// `GET /assets/{name}`. An address with another name is of another release.
pub(super) async fn show(_app: SharedApp, request: Request<App>) -> Result<Response, Problem> {
    let named = request.head.parameter("name");
    let asset = ALL
        .into_iter()
        .find(|asset| asset.name() == named)
        .ok_or_else(|| Problem::new(Code::NotFound, "There is no such asset in this release."))?;
    let content = Bytes::from_static(asset.content.as_bytes());
    let mut response = response::bytes(StatusCode::OK, asset.content_type(), content);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn assets_are_light_and_ask_for_nothing_from_elsewhere() {
        for asset in ALL {
            let bytes_max = match asset.kind {
                Kind::Css => 10 * 1024,
                Kind::Script => 5 * 1024,
            };
            assert!(asset.content.len() <= bytes_max, "{} has {} bytes", asset.name(), asset.content.len());
            for outside in ["url(", "@import", "http", "eval"] {
                assert!(!asset.content.contains(outside), "{}: {outside}", asset.name());
            }
        }
    }

    #[test]
    fn a_name_says_what_is_in_it() {
        assert!(PAGES_CSS.name().starts_with("pages-") && PAGES_CSS.name().ends_with(".css"));
        assert!(LIVE_SCRIPT.name().ends_with(".js"));
        assert_ne!(PAGES_CSS.name(), STAFF_CSS.name());
    }
}
