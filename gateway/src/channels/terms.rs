//! The ways to pay beside the consolidated paybill and its prompts, as an operator writes them down: a TOML file with one
//! `[[channel]]` for each. What a channel needs depends on its kind; each kind has terms of its own. Everything that is
//! wrong with a file is told at once, with its line.

mod bank;
mod counter;

use std::fs;
use std::path::{Path, PathBuf};

use catalog::Text;
use ledger::Money;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

pub use self::bank::{BankSlipTerms, BankTerms, CardTerminalTerms};
pub use self::counter::CounterTerms;
use super::account::CollectionAccount;
use super::airtel::{self, AirtelTerms};
use super::card::{self, CardTerms};
use crate::config::problems::Problems;
use crate::config::secret::Secret;
use crate::config::sources::readable_by_everybody;
use crate::outbound::base::Base;
use crate::payments::Provider;
use crate::payments::channels::{ChannelKind, ChannelName};

/// The longest file, in bytes.
const FILE_BYTES_MAX: u64 = 256 * 1024;
/// The most channels of a file. Every page of a bill looks at all that its agency names.
const CHANNELS_MAX: usize = 512;
/// The longest title, in characters: it stands in one line on a phone.
const TITLE_CHARACTERS_MAX: usize = 48;
/// The longest account at a provider, and the longest secret, in bytes.
const ACCOUNT_LEN_MAX: usize = 24;
const SECRET_LEN_MAX: usize = 4_096;

/// The channels of a demonstration that has no file: the paybill that KRA had before the consolidated one, and a sample.
const DEMONSTRATION: &str = include_str!("demonstration.toml");

/// A way to pay, as it is written down.
#[derive(Clone, Debug)]
pub enum ChannelTerms {
    /// The paybill or till of one agency.
    AgencyTill(AgencyTillTerms),
    /// A bank that asks about bills and tells of money.
    Bank(BankTerms),
    /// Slips of a bank.
    BankSlip(BankSlipTerms),
    /// Terminals that take cards.
    CardTerminal(CardTerminalTerms),
    /// A counter that takes cash.
    Counter(CounterTerms),
    /// Airtel Money, which asks payers on their phones.
    AirtelMoney(AirtelTerms),
    /// Cards, on the page of an acquirer.
    Card(CardTerms),
}

/// What the paybill or till of an agency takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgencyTillTerms {
    /// Its name: `agency_till.572572`.
    pub name: ChannelName,
    /// What people call it.
    pub title: Text,
    /// What payers type as the business number. Its callbacks come where those of the consolidated paybill do.
    pub short_code: String,
}

impl ChannelTerms {
    /// What it is called in records, configuration and the API.
    pub const fn name(&self) -> &ChannelName {
        match self {
            Self::AgencyTill(till) => &till.name,
            Self::Bank(bank) => &bank.name,
            Self::BankSlip(slip) => &slip.name,
            Self::CardTerminal(terminal) => &terminal.name,
            Self::Counter(counter) => &counter.name,
            Self::AirtelMoney(airtel) => &airtel.name,
            Self::Card(card) => &card.name,
        }
    }

    /// Where its money is collected.
    pub fn account(&self) -> CollectionAccount {
        match self {
            Self::AgencyTill(till) => {
                CollectionAccount { provider: Provider::Mpesa, number: till.short_code.as_str().into() }
            }
            Self::Bank(bank) => bank.account(),
            Self::BankSlip(slip) => slip.account(),
            Self::CardTerminal(terminal) => terminal.account(),
            Self::Counter(counter) => counter.account(),
            Self::AirtelMoney(airtel) => airtel.account(),
            Self::Card(card) => card.account(),
        }
    }
}

impl ChannelTerms {
    /// True if the other may not be beside it: they collect on one account. A slip is paid in on the account of its bank.
    fn excludes(&self, later: &Self) -> bool {
        let is_of_it = matches!((self, later), (Self::Bank(_), Self::BankSlip(_)));
        !is_of_it && self.account() == later.account()
    }
}

/// Reads the channels of a file. `home` is where the consolidated paybill collects: no other channel may.
pub fn read_file(path: &Path, home: &CollectionAccount) -> Result<Vec<ChannelTerms>, Problems> {
    let text = fs::metadata(path).and_then(|about| {
        if about.len() > FILE_BYTES_MAX {
            return Err(std::io::Error::other(format!("longer than {FILE_BYTES_MAX} bytes")));
        }
        fs::read_to_string(path)
    });
    match text {
        Ok(text) => read(path, &text, home),
        Err(error) => {
            let mut problems = Problems::default();
            let what = format!("the file of channels cannot be read: {error}");
            problems.add(what, path.display(), "name a file that can be read with channels.file");
            Err(problems)
        }
    }
}

/// The channels of a demonstration, whose providers are simulated there.
pub fn of_demonstration(home: &CollectionAccount, sandbox_url: &str) -> Result<Vec<ChannelTerms>, Problems> {
    let text = DEMONSTRATION.replace("{sandbox}", sandbox_url.trim_end_matches('/'));
    read_text(Path::new("demonstration.toml"), &text, home, SecretsIn::Text)
}

/// Where secrets stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SecretsIn {
    /// In files that are named, beside the file of channels.
    Files,
    /// In the text: they are none.
    Text,
}

/// Reads the text of a file.
fn read(path: &Path, text: &str, home: &CollectionAccount) -> Result<Vec<ChannelTerms>, Problems> {
    read_text(path, text, home, SecretsIn::Files)
}

fn read_text(
    path: &Path,
    text: &str,
    home: &CollectionAccount,
    secrets: SecretsIn,
) -> Result<Vec<ChannelTerms>, Problems> {
    let mut problems = Problems::default();
    let (document, faults) = DeTable::parse_recoverable(text);
    let mut file = Reading { path: path.to_owned(), text, secrets, problems: &mut problems };
    for fault in faults {
        let at = file.at(fault.span().map_or(0, |span| span.start));
        file.problems.add(fault.message(), at, "correct the TOML");
    }
    let mut channels: Vec<ChannelTerms> = Vec::new();
    for (key, value) in document.get_ref() {
        let entries = match (key.get_ref().as_ref(), value.get_ref()) {
            ("channel", DeValue::Array(entries)) => entries,
            (other, _) => {
                let what = format!("{other} does not belong here");
                file.report(key.span().start, what, "the file has one [[channel]] for each channel");
                continue;
            }
        };
        if entries.len() > CHANNELS_MAX {
            file.report(key.span().start, format!("more than {CHANNELS_MAX} channels"), "remove some");
        }
        for entry in entries.iter().take(CHANNELS_MAX) {
            let Some(terms) = file.channel(entry, &channels) else { continue };
            let start = entry.span().start;
            if let Some(same) = channels.iter().find(|earlier| earlier.name() == terms.name()) {
                file.report(start, format!("{} is there twice", same.name()), "give each a name of its own");
            } else if terms.account() == *home {
                let what = format!("{}: {home} is the consolidated paybill", terms.name());
                file.report(start, what, "money of another channel needs a collection account of its own");
            } else if let Some(same) = channels.iter().find(|other| other.excludes(&terms)) {
                let what =
                    format!("{} collects where {} does: {}", terms.name(), same.name(), same.account());
                file.report(start, what, "each channel needs a collection account of its own");
            } else {
                channels.push(terms);
            }
        }
    }
    if problems.is_empty() { Ok(channels) } else { Err(problems) }
}

/// A file while it is read.
struct Reading<'a> {
    path: PathBuf,
    text: &'a str,
    secrets: SecretsIn,
    problems: &'a mut Problems,
}

impl Reading<'_> {
    fn at(&self, offset: usize) -> String {
        let line = 1 + self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count();
        format!("{} line {line}", self.path.display())
    }

    fn report(&mut self, offset: usize, what: impl Into<String>, remedy: impl Into<String>) {
        let at = self.at(offset);
        self.problems.add(what, at, remedy);
    }

    /// One channel: its name says which fields it has.
    fn channel(&mut self, entry: &Spanned<DeValue<'_>>, earlier: &[ChannelTerms]) -> Option<ChannelTerms> {
        let DeValue::Table(table) = entry.get_ref() else {
            self.report(entry.span().start, "a channel is a table", "write [[channel]] above it");
            return None;
        };
        let mut fields =
            Fields { file: self, table, start: entry.span().start, is_whole: true, asked: vec![] };
        let name = fields.text("name").and_then(|name| fields.parsed::<ChannelName>("name", &name))?;
        let terms = match name.kind() {
            ChannelKind::AgencyTill => fields.agency_till(name).map(ChannelTerms::AgencyTill),
            ChannelKind::Bank => fields.bank(name).map(ChannelTerms::Bank),
            ChannelKind::BankSlip => fields.bank_slip(name, earlier).map(ChannelTerms::BankSlip),
            ChannelKind::CardTerminal => fields.card_terminal(name).map(ChannelTerms::CardTerminal),
            ChannelKind::Counter => fields.counter(name).map(ChannelTerms::Counter),
            ChannelKind::AirtelMoney => fields.airtel_money(name).map(ChannelTerms::AirtelMoney),
            ChannelKind::Card => fields.card(name).map(ChannelTerms::Card),
            other => {
                let what = format!("{} is no kind that can be written here", other.word());
                fields.wrong(
                    "name",
                    what,
                    "this version reads agency_till, airtel_money, bank, bank_slip, card, card_terminal and counter",
                );
                return None;
            }
        };
        fields.nothing_else();
        terms.filter(|_| fields.is_whole)
    }
}

/// The fields of one channel. Each is asked for by its name, and what nobody asked for does not belong there.
struct Fields<'a, 'f, 't> {
    file: &'a mut Reading<'f>,
    table: &'a DeTable<'t>,
    start: usize,
    is_whole: bool,
    asked: Vec<&'static str>,
}

impl<'a> Fields<'a, '_, '_> {
    fn agency_till(&mut self, name: ChannelName) -> Option<AgencyTillTerms> {
        if name.which().is_none() {
            self.wrong("name", "which till is it?", "write agency_till, a dot and its number");
        }
        let title = self.title();
        let short_code = self.text("short_code");
        let is_code =
            |code: &String| (5..=7).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit());
        if short_code.as_ref().is_some_and(|code| !is_code(code)) {
            self.wrong("short_code", "not a short code", "write five to seven digits in quotes");
        }
        Some(AgencyTillTerms { name, title: title?, short_code: short_code? })
    }

    fn airtel_money(&mut self, name: ChannelName) -> Option<AirtelTerms> {
        if name.which().is_some() {
            self.wrong("name", "there is one Airtel Money", "write airtel_money");
        }
        let title = self.title();
        let base_url = self.address("base_url");
        let client_id = self.secret("client_id");
        let client_secret = self.secret("client_secret");
        let callback_key = self.has_secret("callback_key").then(|| self.secret("callback_key"));
        let account = self.account();
        let limit = self.limit(airtel::LIMIT_PER_PAYMENT);
        Some(AirtelTerms {
            name,
            title: title?,
            base_url: base_url?,
            client_id: client_id?,
            client_secret: client_secret?,
            callback_key: callback_key.flatten(),
            account: account?,
            limit: limit?,
        })
    }

    fn card(&mut self, name: ChannelName) -> Option<CardTerms> {
        if name.which().is_some() {
            self.wrong("name", "there is one acquirer", "write card");
        }
        let title = self.title();
        let base_url = self.address("base_url");
        let pages_url = self.address("pages_url");
        let api_key = self.secret("api_key");
        let webhook_key = self.secret("webhook_key");
        let account = self.account();
        let limit = self.limit(card::LIMIT_PER_PAYMENT);
        Some(CardTerms {
            name,
            title: title?,
            base_url: base_url?,
            pages_url: pages_url?,
            api_key: api_key?,
            webhook_key: webhook_key?,
            account: account?,
            limit: limit?,
        })
    }

    /// Our number at the provider.
    fn account(&mut self) -> Option<String> {
        let account = self.text("account")?;
        let is_account = (1..=ACCOUNT_LEN_MAX).contains(&account.len())
            && account.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !is_account {
            let what = format!("an account has 1 to {ACCOUNT_LEN_MAX} letters, digits and -");
            self.wrong("account", what, "write what the provider calls ours");
        }
        is_account.then_some(account)
    }

    /// Where a provider is: over TLS, unless it is a simulated one.
    fn address(&mut self, name: &'static str) -> Option<String> {
        let text = self.text(name)?;
        let is_plain_allowed = self.file.secrets == SecretsIn::Text;
        let scheme_is_right =
            text.starts_with("https://") || (is_plain_allowed && text.starts_with("http://"));
        let is_address = scheme_is_right && Base::of(&text).is_some() && !text.contains(['?', '#', '@']);
        if !is_address {
            self.wrong(name, "it is no address that begins with https", "write \"https://…\"");
        }
        is_address.then(|| text.trim_end_matches('/').to_owned())
    }

    /// The most of one payment, in whole shillings.
    fn limit(&mut self, usual: Money) -> Option<Money> {
        self.shillings("limit_shillings", usual, 1)
    }

    /// An amount in whole shillings, and no less than this many; the usual one, if none is written.
    fn shillings(&mut self, name: &'static str, usual: Money, least: i64) -> Option<Money> {
        let Some(value) = self.value(name) else { return Some(usual) };
        let shillings = match value.get_ref() {
            DeValue::Integer(number) => number.as_str().parse::<i64>().ok(),
            _ => None,
        };
        let limit = shillings
            .filter(|shillings| *shillings >= least)
            .and_then(|shillings| shillings.checked_mul(usual.currency().minor_per_major()));
        if limit.is_none() {
            self.wrong(name, "not a number of shillings", &format!("write {name} = 250000"));
        }
        limit.map(|minor| Money::new(minor, usual.currency()))
    }

    /// Whether a secret that may be missing is there.
    fn has_secret(&self, name: &'static str) -> bool {
        self.table.contains_key(name) || self.table.contains_key(&*format!("{name}_file"))
    }

    /// A secret: the text of the file that `…_file` names, beside this one unless its path begins at the root.
    fn secret(&mut self, name: &'static str) -> Option<Secret> {
        if self.file.secrets == SecretsIn::Text {
            return self.text(name).map(Secret::new);
        }
        let field = secret_field(name);
        let path = self.text(field)?;
        let folder = self.file.path.parent().unwrap_or(Path::new(""));
        let path = folder.join(path);
        let read = match readable_by_everybody(&path) {
            Some(fault) => Err(fault),
            None => fs::read_to_string(&path)
                .map_err(|error| format!("{} cannot be read: {error}", path.display())),
        };
        let text = read.map(|text| text.trim().to_owned());
        match text {
            Ok(text) if !text.is_empty() && text.len() <= SECRET_LEN_MAX => Some(Secret::new(text)),
            Ok(_) => {
                self.wrong(field, "the file is empty, or too long for a secret", "put the secret into it");
                None
            }
            Err(fault) => {
                self.wrong(field, fault, "name a file that its owner alone can read");
                None
            }
        }
    }

    /// What people call it, in both languages.
    fn title(&mut self) -> Option<Text> {
        let Some(value) = self.value("title") else {
            self.missing("title");
            return None;
        };
        let remedy = "write title = { en = \"…\", sw = \"…\" }";
        let DeValue::Table(languages) = value.get_ref() else {
            self.wrong("title", "it is in two languages", remedy);
            return None;
        };
        if languages.iter().any(|(key, _)| !matches!(key.get_ref().as_ref(), "en" | "sw")) {
            self.wrong("title", "it has another field than en and sw", remedy);
        }
        let [en, sw] = ["en", "sw"].map(|code| {
            let text = languages.get(code).and_then(|value| value.get_ref().as_str());
            text.filter(|text| is_plain(text, TITLE_CHARACTERS_MAX)).map(str::to_owned)
        });
        if en.is_none() || sw.is_none() {
            let what = format!("en and sw are texts of 1 to {TITLE_CHARACTERS_MAX} characters");
            self.wrong("title", what, remedy);
        }
        Some(Text::new(en?, sw?))
    }

    fn value(&mut self, name: &'static str) -> Option<&'a Spanned<DeValue<'a>>> {
        self.asked.push(name);
        self.table.get(name)
    }

    fn text(&mut self, name: &'static str) -> Option<String> {
        let Some(value) = self.value(name) else {
            self.missing(name);
            return None;
        };
        let text = value.get_ref().as_str().map(str::to_owned);
        if text.is_none() {
            self.wrong(name, "a text is expected", "put it in quotes");
        }
        text
    }

    fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(
        &mut self,
        name: &'static str,
        text: &str,
    ) -> Option<T> {
        text.parse().map_err(|error: T::Err| self.wrong(name, error.to_string(), "correct it")).ok()
    }

    fn missing(&mut self, name: &'static str) {
        self.is_whole = false;
        self.file.report(self.start, format!("{name} is missing"), format!("write {name} = …"));
    }

    fn wrong(&mut self, name: &str, what: impl std::fmt::Display, remedy: &str) {
        self.is_whole = false;
        let start = self.table.get(name).map_or(self.start, |value| value.span().start);
        self.file.report(start, format!("{name}: {what}"), remedy);
    }

    fn nothing_else(&mut self) {
        for (key, _) in self.table {
            let name = key.get_ref().as_ref();
            if !self.asked.contains(&name) {
                let remedy = format!("remove it; this kind has {}", self.asked.join(", "));
                self.wrong(name, "there is no such field", &remedy);
            }
        }
    }
}

/// The field that names the file of a secret.
fn secret_field(name: &str) -> &'static str {
    match name {
        "client_id" => "client_id_file",
        "client_secret" => "client_secret_file",
        "api_key" => "api_key_file",
        "webhook_key" => "webhook_key_file",
        _ => "callback_key_file",
    }
}

/// A text that can stand in a line.
fn is_plain(text: &str, characters_max: usize) -> bool {
    !text.is_empty()
        && text.trim() == text
        && text.chars().count() <= characters_max
        && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home() -> CollectionAccount {
        CollectionAccount { provider: Provider::Mpesa, number: "222222".into() }
    }

    #[test]
    fn a_demonstration_has_a_way_to_pay_of_every_kind() {
        let channels = of_demonstration(&home(), "http://127.0.0.1:9").unwrap();
        let account_of = |name: &str| {
            let found = channels.iter().find(|terms| terms.name().to_string() == name);
            found.unwrap_or_else(|| panic!("there is no {name}")).account().to_string()
        };
        assert_eq!(account_of("agency_till.572572"), "mpesa 572572");
        assert_eq!(account_of("airtel_money"), "airtel 900900");
        assert_eq!(account_of("bank.kcb"), "bank kcb-1100220033");
        assert_eq!(
            account_of("bank_slip.kcb"),
            account_of("bank.kcb"),
            "slips are paid in on the account of their bank"
        );
        assert_eq!(account_of("card_terminal.kws"), "terminal 880012");
        assert_eq!(account_of("counter.huduma-gpo-3"), "counter huduma-gpo-3");
        assert_eq!(account_of("card"), "acquirer mkt-0001");
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once_with_its_line() {
        let text = r#"
speed = 3
[[channel]]
name = "agency_till.572572"
title = { en = "KRA", sw = "KRA" }
short_code = "572572"
[[channel]]
name = "agency_till.kra"
title = { en = "KRA" }
short_code = "57257x"
colour = "red"
[[channel]]
name = "agency_till.two"
title = { en = "KRA", sw = "KRA" }
short_code = "572572"
[[channel]]
name = "agency_till.home"
title = { en = "KRA", sw = "KRA" }
short_code = "222222"
[[channel]]
name = "paypal"
[[channel]]
name = "gate_pass"
[[channel]]
title = { en = "KRA", sw = "KRA" }
"#;
        let problems = read(Path::new("channels.toml"), text, &home()).unwrap_err();
        let mut said: Vec<_> =
            problems.iter().map(|problem| format!("{}: {}", problem.at, problem.what)).collect();
        said.sort_by_key(|line| {
            line.split(' ').nth(2).and_then(|n| n.trim_end_matches(':').parse::<u32>().ok())
        });
        let expected = [
            (2, "speed does not belong here"),
            (9, "title: en and sw are texts of 1 to 48 characters"),
            (10, "short_code: not a short code"),
            (11, "colour: there is no such field"),
            (12, "agency_till.two collects where agency_till.572572 does: mpesa 572572"),
            (16, "agency_till.home: mpesa 222222 is the consolidated paybill"),
            (21, "name: a channel is one of mpesa_paybill, "),
            (23, "name: gate_pass is no kind that can be written here"),
            (24, "name is missing"),
        ];
        assert_eq!(said.len(), expected.len(), "{said:#?}");
        for (said, (line, what)) in said.iter().zip(expected) {
            assert!(
                said.starts_with(&format!("channels.toml line {line}: {what}")),
                "{said} / {line} {what}"
            );
        }
    }
}
