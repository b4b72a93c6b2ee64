//! Somebody at a real browser with a keyboard and nothing else: no mouse, and no script that clicks for them. Wherever they
//! come, what has the focus can be seen.

use serde_json::{Value, json};

use super::chromium::Browser;

/// Somebody at a keyboard.
pub(crate) struct Keyboard {
    browser: Browser,
    /// What was seen last.
    seen: Value,
}

impl Keyboard {
    /// In front of a browser that knows these pages, and runs their scripts or none.
    pub(crate) fn at(origin: &str, scripts: bool) -> Self {
        let browser = Browser::start("keys.mjs", &json!({"origin": origin, "scripts": scripts}));
        Self { browser, seen: Value::Null }
    }

    /// Types an address, and waits for its page.
    #[track_caller]
    pub(crate) fn opens(&mut self, path: &str) -> &mut Self {
        self.does(&json!({"opens": path}))
    }

    /// Tab, until what is called this has the focus.
    #[track_caller]
    pub(crate) fn tabs_to(&mut self, words: &str) -> &mut Self {
        self.does(&json!({"tabs_to": words}));
        self.sees_the_focus()
    }

    /// Letters and digits, into what has the focus.
    #[track_caller]
    pub(crate) fn types(&mut self, text: &str) -> &mut Self {
        self.does(&json!({"types": text}));
        assert!(self.focus("value").ends_with(text), "it takes no text: {}", self.seen);
        self
    }

    /// A key that stays on the page.
    #[track_caller]
    pub(crate) fn presses(&mut self, key: &str) -> &mut Self {
        self.does(&json!({"presses": key}));
        self.sees_the_focus()
    }

    /// The same where what has the focus is not to be seen, because all of the content has it.
    #[track_caller]
    pub(crate) fn presses_without_sight(&mut self, key: &str) -> &mut Self {
        self.does(&json!({"presses": key}))
    }

    /// Enter, which leads to another page.
    #[track_caller]
    pub(crate) fn enters(&mut self) -> &mut Self {
        self.does(&json!({"enters": "Enter"}))
    }

    /// Waits until the page has led there by itself.
    #[track_caller]
    pub(crate) fn is_led_to(&mut self, path: &str) -> &mut Self {
        self.does(&json!({"arrives": path}))
    }

    /// From now on something on the way answers 502 to whatever ends like this; to nothing, if that is nothing.
    #[track_caller]
    pub(crate) fn is_refused(&mut self, ending: &str) -> &mut Self {
        self.does(&json!({"refused": ending}))
    }

    /// The page says this.
    #[track_caller]
    pub(crate) fn reads(&mut self, text: &str) -> &mut Self {
        assert!(self.text().contains(text), "{} does not say {text:?}: {}", self.address(), self.text());
        self
    }

    /// Tab from here through all of the page: everything can be seen that it reaches, and it comes round. Gives the names.
    #[track_caller]
    pub(crate) fn walks(&mut self) -> Vec<String> {
        self.does(&json!({"walks": true}));
        let stops = self.seen["stops"].as_array().expect("it is a list");
        let names = stops.iter().map(|stop| {
            assert!(can_be_seen(stop), "{}: nobody sees where the focus is: {stop}", self.address());
            stop["name"].as_str().expect("it is a text").to_owned()
        });
        names.collect()
    }

    /// The name of what has the focus.
    pub(crate) fn focus_is_on(&self) -> &str {
        self.focus("name")
    }

    /// Whether what has the focus is chosen.
    pub(crate) fn has_chosen(&self) -> bool {
        self.seen["focus"]["checked"] == true
    }

    /// Whether the beginning of the page is out of sight.
    pub(crate) fn has_scrolled(&self) -> bool {
        self.seen["scrolled"] != 0
    }

    /// Where the page is.
    pub(crate) fn address(&self) -> &str {
        self.seen["address"].as_str().unwrap_or_default()
    }

    /// What the page says.
    pub(crate) fn text(&self) -> &str {
        self.seen["text"].as_str().unwrap_or_default()
    }

    /// How often the browser was answered this, such as `200 GET /en/`.
    pub(crate) fn was_answered(&self, this: &str) -> usize {
        self.answers().iter().filter(|answer| *answer == this).count()
    }

    /// All that the browser was answered so far.
    pub(crate) fn answers(&self) -> &[Value] {
        self.seen["answers"].as_array().map(Vec::as_slice).unwrap_or_default()
    }

    /// Looks again, without touching a key.
    #[track_caller]
    pub(crate) fn looks(&mut self) -> &mut Self {
        self.does(&json!({"looks": true}))
    }

    #[track_caller]
    fn does(&mut self, wish: &Value) -> &mut Self {
        self.browser.tell(wish);
        self.seen =
            self.browser.hears().unwrap_or_else(|| panic!("a keyboard cannot do {wish} on {}", self.seen));
        self
    }

    #[track_caller]
    fn sees_the_focus(&mut self) -> &mut Self {
        assert!(can_be_seen(&self.seen["focus"]), "nobody sees where the focus is: {}", self.seen);
        self
    }

    fn focus(&self, what: &str) -> &str {
        self.seen["focus"][what].as_str().unwrap_or_default()
    }
}

fn can_be_seen(focus: &Value) -> bool {
    focus["outlined"] == true && focus["on_screen"] == true
}
