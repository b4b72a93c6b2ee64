//! What an operator writes down of a bank, of its slips, and of card terminals.

use catalog::Text;
use ledger::{Currency, Money};

use super::{ChannelTerms, Fields, is_plain};
use crate::channels::bank::adapters::ACCOUNT_DIGITS_MAX;
use crate::channels::bank::signature::BankKey;
use crate::payments::channels::ChannelName;

/// The longest name of a bank, in characters.
const BANK_CHARACTERS_MAX: usize = 40;
/// The most terminals of one merchant.
const TERMINALS_MAX: usize = 200;

/// A bank at which we have a collection account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankTerms {
    /// Its name: `bank.kcb`.
    pub name: ChannelName,
    /// What people call it.
    pub title: Text,
    /// The bank's own name.
    pub bank: String,
    /// The number of our account there.
    pub account_number: String,
    /// What the bank calls us.
    pub organisation_code: String,
    /// With what its signatures are checked.
    pub key: BankKey,
    /// The most it takes in one payment.
    pub most: Option<Money>,
}

/// Slips of a bank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankSlipTerms {
    /// Its name: `bank_slip.kcb`.
    pub name: ChannelName,
    /// What people call it.
    pub title: Text,
    /// The bank.
    pub bank: BankTerms,
    /// The most it takes in one payment.
    pub most: Option<Money>,
}

/// The card terminals of one merchant account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardTerminalTerms {
    /// Its name: `card_terminal.kws`.
    pub name: ChannelName,
    /// What people call it.
    pub title: Text,
    /// What the acquirer calls us: the collection account.
    pub merchant: String,
    /// Which terminals.
    pub terminals: Vec<String>,
    /// The most they take in one payment.
    pub most: Option<Money>,
}

impl Fields<'_, '_, '_> {
    pub(super) fn bank(&mut self, name: ChannelName) -> Option<BankTerms> {
        self.named(&name, "bank");
        let title = self.title();
        let bank =
            self.checked("bank", "a text of 1 to 40 characters", |text| is_plain(text, BANK_CHARACTERS_MAX));
        let account_number = self.checked("account_number", "5 to 20 digits", |number| {
            (5..=ACCOUNT_DIGITS_MAX).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit())
        });
        let organisation_code = self.checked("organisation_code", "1 to 16 letters and digits", is_code);
        let key = self.text("signature_key").and_then(|pem| match BankKey::parse(&pem) {
            Ok(key) => Some(key),
            Err(error) => {
                self.wrong("signature_key", error, "put the bank's public key between three quotes");
                None
            }
        });
        let most = self.most();
        Some(BankTerms {
            name,
            title: title?,
            bank: bank?,
            account_number: account_number?,
            organisation_code: organisation_code?,
            key: key?,
            most,
        })
    }

    /// Slips of a bank that stands above in the file.
    pub(super) fn bank_slip(&mut self, name: ChannelName, earlier: &[ChannelTerms]) -> Option<BankSlipTerms> {
        self.named(&name, "bank_slip");
        let (title, most) = (self.title(), self.most());
        let bank = self.text("bank")?;
        let known = earlier.iter().find_map(|terms| match terms {
            ChannelTerms::Bank(terms) if terms.name.to_string() == bank => Some(terms.clone()),
            _ => None,
        });
        if known.is_none() {
            self.wrong("bank", "no bank of this name stands above", "name its channel, such as bank.kcb");
        }
        Some(BankSlipTerms { name, title: title?, bank: known?, most })
    }

    pub(super) fn card_terminal(&mut self, name: ChannelName) -> Option<CardTerminalTerms> {
        self.named(&name, "card_terminal");
        let (title, most) = (self.title(), self.most());
        let merchant = self.checked("merchant", "1 to 16 letters and digits", is_code);
        let terminals = self.terminals();
        Some(CardTerminalTerms { name, title: title?, merchant: merchant?, terminals: terminals?, most })
    }

    fn terminals(&mut self) -> Option<Vec<String>> {
        let Some(value) = self.value("terminals") else {
            self.missing("terminals");
            return None;
        };
        let texts = value.get_ref().as_array().map(|list| {
            list.iter()
                .map(|item| {
                    item.get_ref().as_str().filter(|text| is_terminal(text)).map(str::to_ascii_uppercase)
                })
                .collect::<Option<Vec<_>>>()
        });
        match texts.flatten() {
            Some(terminals) if (1..=TERMINALS_MAX).contains(&terminals.len()) => Some(terminals),
            _ => {
                self.wrong(
                    "terminals",
                    "a list of the codes of terminals, of 1 to 8 letters and digits",
                    "write terminals = [\"T0000001\"]",
                );
                None
            }
        }
    }

    fn named(&mut self, name: &ChannelName, kind: &str) {
        if name.which().is_none() {
            self.wrong("name", "which one is it?", &format!("write {kind}, a dot and a name"));
        }
    }

    /// A text of a form.
    fn checked(
        &mut self,
        field: &'static str,
        form: &str,
        is_right: impl Fn(&str) -> bool,
    ) -> Option<String> {
        let text = self.text(field)?;
        if is_right(&text) {
            return Some(text);
        }
        self.wrong(field, "not of the right form", &format!("write {form} in quotes"));
        None
    }

    /// The most it takes in one payment, if that is said.
    fn most(&mut self) -> Option<Money> {
        self.value("most")?;
        let text = self.text("most")?;
        let money = Money::parse_decimal(&text, Currency::Kes).ok().filter(|money| money.is_positive());
        if money.is_none() {
            self.wrong("most", "not an amount in shillings", "write most = \"999999.00\"");
        }
        money
    }
}

/// What a terminal is called: field 41 of ISO 8583 has eight places.
fn is_terminal(text: &str) -> bool {
    is_code(text) && text.len() <= 8
}

/// What machines call something.
fn is_code(text: &str) -> bool {
    (1..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
