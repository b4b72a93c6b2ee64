//! Somebody with a browser and no scripts: follows links, fills in forms, and sees only what the pages show.

use std::collections::BTreeMap;

use super::http::{Answer, Call, get};
use hyper::Method;

/// The most that the first answer of any page may weigh, in bytes.
const PAGE_BYTES_MAX: usize = 14 * 1024;
/// What browsers would rather see than problems as JSON.
const ACCEPTED: &str = "text/html,*/*;q=0.8";

/// A page that is looked at.
pub(crate) struct Page {
    pub(crate) origin: String,
    /// Its path and query.
    pub(crate) address: String,
    pub(crate) status: u16,
    pub(crate) html: String,
    /// What the browser shows from here on, if it was given a cookie.
    pub(crate) cookie: Option<String>,
}

/// A form of a page, filled in as the page has it.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    action: String,
    is_post: bool,
    fields: BTreeMap<String, String>,
}

impl Page {
    /// Opens an address, and goes wherever it leads.
    pub(crate) fn open(origin: &str, path: &str) -> Self {
        Self::open_as(origin, path, None)
    }

    /// The same with a cookie.
    pub(crate) fn open_as(origin: &str, path: &str, cookie: Option<&str>) -> Self {
        let call = with_cookie(get(format!("{origin}{path}")).header("accept", ACCEPTED), cookie);
        Self::arrive(origin, path, call.send(), cookie)
    }

    fn arrive(origin: &str, address: &str, answer: Answer, cookie: Option<&str>) -> Self {
        let given = answer.header("set-cookie").map(|given| given.split(';').next().unwrap_or("").to_owned());
        let cookie = given.or_else(|| cookie.map(str::to_owned));
        if (300..400).contains(&answer.status) {
            let next = answer.header("location").expect("a redirect says where to").to_owned();
            return Self::open_as(origin, &next, cookie.as_deref());
        }
        let html = answer.text();
        assert!(html.len() <= PAGE_BYTES_MAX, "{address} has {} bytes", html.len());
        // Nothing but our own script, beside the page, which works without it.
        for script in html.split("<script").skip(1) {
            let is_ours = ["wait", "live"]
                .iter()
                .any(|name| script.starts_with(&format!(" defer src=\"/assets/{name}-")));
            assert!(is_ours, "{address} runs a script: {script:.80}");
        }
        Self { origin: origin.to_owned(), address: address.to_owned(), status: answer.status, html, cookie }
    }

    /// What stands on it, without its marks.
    pub(crate) fn text(&self) -> String {
        let body = self.html.split_once("<main").map_or(self.html.as_str(), |(_, main)| main);
        let mut text = String::new();
        let mut is_mark = true;
        for letter in body.chars() {
            match letter {
                '<' => is_mark = true,
                '>' if is_mark => {
                    is_mark = false;
                    text.push(' ');
                }
                letter if !is_mark => text.push(letter),
                _ => {}
            }
        }
        let plain = text.replace("&#38;", "&").replace("&#34;", "\"").replace("&#39;", "'");
        plain.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Checks that it says this.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(self.text().contains(text), "{} does not say {text:?}: {}", self.address, self.text());
        self
    }

    /// Follows the link with these words.
    #[track_caller]
    pub(crate) fn follow(&self, words: &str) -> Self {
        let link = self.html.split("<a ").skip(1).find_map(|rest| {
            let (mark, rest) = rest.split_once('>')?;
            let inside = rest.split("</a>").next()?;
            (inside == words || words.len() > 1 && inside.contains(words)).then(|| attribute(mark, "href"))?
        });
        let address = link.unwrap_or_else(|| panic!("{} has no link {words:?}", self.address));
        Self::open_as(&self.origin, &unescaped(&address), self.cookie.as_deref())
    }

    /// Follows the first link to an address with this in it.
    #[track_caller]
    pub(crate) fn follow_to(&self, towards: &str) -> Self {
        let links =
            self.html.split("<a ").skip(1).filter_map(|rest| attribute(rest.split('>').next()?, "href"));
        let address = links.map(|address| unescaped(&address)).find(|address| address.contains(towards));
        let address = address.unwrap_or_else(|| panic!("{} has no link to {towards:?}", self.address));
        Self::open_as(&self.origin, &address, self.cookie.as_deref())
    }

    /// The form that leads to an address with this in it.
    #[track_caller]
    pub(crate) fn form(&self, towards: &str) -> Form {
        self.nth_form(towards, 0)
    }

    /// The form that leads to an address with this in it, after so many others that do.
    #[track_caller]
    pub(crate) fn nth_form(&self, towards: &str, skipped: usize) -> Form {
        let forms = self.html.split("<form ").skip(1).filter_map(|rest| {
            let (mark, rest) = rest.split_once('>')?;
            let action = attribute(mark, "action")?;
            let inside = rest.split("</form>").next()?;
            action.contains(towards).then(|| Form::read(unescaped(&action), mark, inside))
        });
        let form = forms.into_iter().nth(skipped);
        form.unwrap_or_else(|| panic!("{} has no form {skipped} towards {towards:?}", self.address))
    }

    /// Sends a form.
    pub(crate) fn send(&self, form: &Form) -> Self {
        let pairs: Vec<_> =
            form.fields.iter().map(|(name, value)| format!("{}={}", escaped(name), escaped(value))).collect();
        let body = pairs.join("&");
        if !form.is_post {
            return Self::open_as(&self.origin, &format!("{}?{body}", form.action), self.cookie.as_deref());
        }
        let call = Call::new(Method::POST, format!("{}{}", self.origin, form.action))
            .body(body)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", ACCEPTED);
        let answer = with_cookie(call, self.cookie.as_deref()).send();
        Self::arrive(&self.origin, &form.action, answer, self.cookie.as_deref())
    }
}

impl Form {
    fn read(action: String, mark: &str, inside: &str) -> Self {
        let mut fields = BTreeMap::new();
        for input in inside.split("<input ").skip(1) {
            let mark = input.split('>').next().unwrap_or("");
            let is_chosen_or_not =
                attribute(mark, "type").is_some_and(|kind| kind == "radio" || kind == "checkbox");
            if is_chosen_or_not && !mark.contains(" checked") {
                continue;
            }
            let name = attribute(mark, "name").expect("every field has a name");
            fields.insert(unescaped(&name), unescaped(&attribute(mark, "value").unwrap_or_default()));
        }
        Self { action, is_post: attribute(mark, "method").as_deref() == Some("post"), fields }
    }

    /// The same with this field filled in, or chosen.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.fields.insert(name.to_owned(), value.to_owned());
        self
    }
}

fn with_cookie(call: Call, cookie: Option<&str>) -> Call {
    match cookie {
        Some(cookie) => call.header("cookie", cookie),
        None => call,
    }
}

fn attribute(mark: &str, name: &str) -> Option<String> {
    let spaced = format!(" {mark}");
    let (_, rest) = spaced.split_once(&format!(" {name}=\""))?;
    rest.split('"').next().map(str::to_owned)
}

fn unescaped(text: &str) -> String {
    text.replace("&#38;", "&").replace("&amp;", "&").replace("&#34;", "\"").replace("&#39;", "'")
}

/// A value as it stands in a form or a query.
pub(crate) fn escaped(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'.' | b'_' | b'-' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}
