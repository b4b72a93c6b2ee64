//! Ways to pay through a bank, and by card at a terminal. A bank tells us by itself; of slips and of what terminals took, files
//! tell. A slip is paid in on the collection account of its bank: whoever tells of it first books it.

use std::borrow::Cow;

use catalog::Text;
use hyper::{HeaderMap, StatusCode};
use ledger::{Currency, Evidence, Money};

use super::wire::{self, Inquiry, Notification};
use crate::channels::contract::{BillAnswer, Channel, Heard, Listens, Reply, SentTo, Unheard};
use crate::channels::files::FileKind;
use crate::channels::terms::{BankSlipTerms, BankTerms, CardTerminalTerms};
use crate::channels::{AmountTerms, CollectionAccount, Instructions, NotPayable, SaidFor, Told};
use crate::payments::channels::{ChannelName, Step};
use crate::payments::{PaymentNumber, Provider, ToldBy};

/// Kind of message that tells of money that came in.
pub const NOTIFY: &str = "notify";
/// Kind of message that asks about a bill before money is taken.
pub const INQUIRY: &str = "inquiry";

/// The least that a bank or an acquirer moves here: a shilling.
const LEAST: Money = Money::new(100, Currency::Kes);

/// A bank that asks and tells by itself.
pub struct BankAccount {
    terms: BankTerms,
    account: CollectionAccount,
}

impl BankAccount {
    /// On these terms.
    pub fn new(terms: BankTerms) -> Self {
        Self { account: terms.account(), terms }
    }
}

const fn amounts(most: Option<Money>) -> AmountTerms {
    AmountTerms { least: LEAST, most, whole_units: false }
}

fn step(en: &str, sw: &str, what: &str) -> Text {
    Text::new(format!("{en}{what}"), format!("{sw}{what}"))
}

impl Channel for BankAccount {
    fn name(&self) -> &ChannelName {
        &self.terms.name
    }

    fn title(&self) -> &Text {
        &self.terms.title
    }

    fn account(&self) -> &CollectionAccount {
        &self.account
    }

    fn pay_to(&self) -> &str {
        &self.terms.account_number
    }

    fn amounts(&self) -> AmountTerms {
        amounts(self.terms.most)
    }

    fn instructions(&self, number: PaymentNumber, due: Money) -> Result<Instructions, NotPayable> {
        self.amounts().check(due)?;
        let bank = &self.terms.bank;
        Ok(Instructions::of(vec![
            Text::new(
                format!("{bank}: pay in the app, at an agent or in a branch"),
                format!("{bank}: lipa kwenye programu, kwa wakala au katika tawi"),
            ),
            step("Account number: ", "Nambari ya akaunti: ", &self.terms.account_number),
            step("Reference: ", "Rejeleo: ", &number.to_string()),
            step("Amount: ", "Kiasi: ", &due.to_decimal()),
        ]))
    }

    fn steps(&self) -> &[Step] {
        &[Step::Validate, Step::Confirm]
    }

    fn files(&self) -> &[FileKind] {
        &[FileKind::Bank]
    }

    fn listens(&self) -> Option<&dyn Listens> {
        Some(self)
    }
}

impl BankAccount {
    fn notification<'a>(&self, body: &'a [u8]) -> Result<Heard<'a>, Unheard> {
        let told_by = ToldBy::Notification;
        let unreadable = |error: wire::WireError| Unheard::Unreadable { reason: error.to_string(), told_by };
        let message = Notification::parse(body).map_err(unreadable)?;
        if message.organisation.as_ref().is_some_and(|code| *code != self.terms.organisation_code) {
            tracing::warn!(channel = %self.terms.name, "A bank tells of money under another organisation code than ours.");
        }
        let account = match &message.account {
            Some(number) if *number != self.terms.account_number => self.terms.account_of(number),
            _ => self.account.clone(),
        };
        Ok(Heard::Money(Told {
            receipt: account.receipt(&message.reference),
            money: message.money,
            said_for: SaidFor::Typed(message.typed),
            told_by,
            evidence: Evidence::CallbackOnly,
            moved: message.moved,
            phone: message.phone,
            name: message.name,
        }))
    }

    fn inquiry<'a>(&self, body: &'a [u8]) -> Result<Heard<'a>, Unheard> {
        let inquiry = Inquiry::parse(body)
            .map_err(|error| Unheard::UnreadableQuestion { reason: error.to_string() })?;
        let account = match inquiry.organisation {
            Some(code) if code != self.terms.organisation_code => self.terms.account_of(&code),
            _ => self.account.clone(),
        };
        let typed: Cow<'a, str> = inquiry.typed;
        Ok(Heard::Question { account, typed, money: None })
    }
}

impl Listens for BankAccount {
    fn read<'a>(&self, to: SentTo<'_>, headers: &HeaderMap, body: &'a [u8]) -> Result<Heard<'a>, Unheard> {
        if !matches!(to.kind, NOTIFY | INQUIRY) {
            return Err(Unheard::NoSuchKind);
        }
        // Before anything of it is read.
        if !self.terms.key.has_signed(headers, body) {
            return Err(Unheard::NotSigned);
        }
        if to.kind == NOTIFY { self.notification(body) } else { self.inquiry(body) }
    }

    fn taken(&self, _: SentTo<'_>, body: &[u8]) -> Reply {
        Reply { status: StatusCode::OK, body: wire::taken(body) }
    }

    fn about_bill(&self, body: &[u8], answer: &BillAnswer) -> Reply {
        let body = wire::about_bill(body, answer, &self.terms.account_number);
        Reply { status: StatusCode::OK, body }
    }
}

/// Money that is paid in at the counter of a bank, against a stamped slip.
pub struct BankSlip {
    terms: BankSlipTerms,
    account: CollectionAccount,
}

impl BankSlip {
    /// On these terms.
    pub fn new(terms: BankSlipTerms) -> Self {
        Self { account: terms.account(), terms }
    }
}

impl Channel for BankSlip {
    fn name(&self) -> &ChannelName {
        &self.terms.name
    }

    fn title(&self) -> &Text {
        &self.terms.title
    }

    fn account(&self) -> &CollectionAccount {
        &self.account
    }

    fn pay_to(&self) -> &str {
        &self.terms.bank.account_number
    }

    fn amounts(&self) -> AmountTerms {
        amounts(self.terms.most)
    }

    fn instructions(&self, number: PaymentNumber, due: Money) -> Result<Instructions, NotPayable> {
        self.amounts().check(due)?;
        let bank = &self.terms.bank.bank;
        Ok(Instructions::of(vec![
            Text::new(format!("Pay in at a branch of {bank}"), format!("Lipa katika tawi la {bank}")),
            step("Account number: ", "Nambari ya akaunti: ", &self.terms.bank.account_number),
            step("Write on the slip: ", "Andika kwenye stakabadhi: ", &number.to_string()),
            step("Amount: ", "Kiasi: ", &due.to_decimal()),
            Text::new(
                "Bring the stamped slip: an officer enters its number",
                "Leta stakabadhi yenye muhuri: afisa ataingiza nambari yake",
            ),
        ]))
    }

    fn steps(&self) -> &[Step] {
        &[Step::Confirm]
    }

    fn files(&self) -> &[FileKind] {
        &[FileKind::Slips]
    }
}

/// A terminal of an acquirer that takes cards at a counter or a gate.
pub struct CardTerminal {
    terms: CardTerminalTerms,
    account: CollectionAccount,
}

impl CardTerminal {
    /// On these terms.
    pub fn new(terms: CardTerminalTerms) -> Self {
        Self { account: terms.account(), terms }
    }
}

impl Channel for CardTerminal {
    fn name(&self) -> &ChannelName {
        &self.terms.name
    }

    fn title(&self) -> &Text {
        &self.terms.title
    }

    fn account(&self) -> &CollectionAccount {
        &self.account
    }

    fn amounts(&self) -> AmountTerms {
        amounts(self.terms.most)
    }

    fn instructions(&self, number: PaymentNumber, due: Money) -> Result<Instructions, NotPayable> {
        self.amounts().check(due)?;
        Ok(Instructions::of(vec![
            Text::new("Pay by card at the terminal of the counter", "Lipa kwa kadi kwenye mashine ya kaunta"),
            step("Show the payment number: ", "Onyesha nambari ya malipo: ", &number.to_string()),
            step("Amount: ", "Kiasi: ", &due.to_decimal()),
            Text::new("Keep the slip of the terminal", "Tunza stakabadhi ya mashine"),
        ]))
    }

    fn steps(&self) -> &[Step] {
        &[Step::Confirm]
    }

    fn files(&self) -> &[FileKind] {
        &[FileKind::Terminal, FileKind::Settlement]
    }

    fn terminals(&self) -> &[String] {
        &self.terms.terminals
    }
}

impl CardTerminalTerms {
    /// Where their money is collected.
    pub fn account(&self) -> CollectionAccount {
        CollectionAccount { provider: Provider::Terminal, number: self.merchant.as_str().into() }
    }
}

impl BankSlipTerms {
    /// Where its money is collected: on the account of its bank.
    pub fn account(&self) -> CollectionAccount {
        self.bank.account()
    }
}

impl BankTerms {
    /// Where its money is collected.
    pub fn account(&self) -> CollectionAccount {
        self.account_of(&self.account_number)
    }

    /// An account at this bank.
    fn account_of(&self, number: &str) -> CollectionAccount {
        let bank = self.name.which().unwrap_or_default();
        let plain: String =
            number.chars().filter(char::is_ascii_alphanumeric).take(ACCOUNT_DIGITS_MAX).collect();
        CollectionAccount { provider: Provider::Bank, number: format!("{bank}-{plain}").into() }
    }
}

/// The longest account number.
pub const ACCOUNT_DIGITS_MAX: usize = 20;
