//! M-PESA as ways to pay: the paybill that payers type, the prompt on their phones, the till of one agency. They are one
//! provider: a prompt's money comes with the paybill's receipt, and whichever message tells of it first books it.

use std::borrow::Cow;
use std::sync::Arc;

use catalog::Text;
use hyper::{HeaderMap, StatusCode};
use ledger::{Evidence, Money};

use super::Paybill;
use super::client::{CallError, Doubt, PromptOutcome, Side};
use super::instructions::{WholeShillings, amount_terms, paybill_steps};
use super::prompt_codes::PromptCode;
use super::wire::c2b_answer::{CONFIRMED, Rejection, ValidationAnswer};
use super::wire::prompt::PromptEnding;
use super::wire::{Msisdn, WireError, c2b, prompt};
use crate::channels::contract::{
    AskWish, Asked, AsksPayer, BillAnswer, Channel, Heard, Later, ListPage, ListWanted, Listens, Lists,
    NoAnswer, NoList, Probes, QueryAnswer, Reply, SentTo, Unheard,
};
use crate::channels::{AmountTerms, AttemptTold, CollectionAccount, Instructions, NotPayable, SaidFor, Told};
use crate::payments::channels::{ChannelKind, ChannelName, Step};
use crate::payments::{PaymentNumber, Provider, ToldBy};

/// Kind of message that tells of a payment to a paybill.
pub const CONFIRM: &str = "confirm";
/// Kind of message that asks about one before money moves.
pub const VALIDATE: &str = "validate";
/// Kind of message that tells how a prompt ended.
pub const RESULT: &str = "stk";

/// Pull Transactions looks back 48 hours; what is asked of the last minutes of them would be too late when it arrives.
const LOOK_BACK_SECONDS: i64 = 48 * 3_600 - 600;

/// A paybill or till that payers type into M-PESA: the consolidated one, or one of an agency.
pub struct TypedPaybill {
    name: ChannelName,
    title: Text,
    account: CollectionAccount,
    limit: Money,
    /// Through whom Safaricom can be asked what came in. Of a till it can not: it is not our application's.
    listed_by: Option<Arc<Paybill>>,
}

impl TypedPaybill {
    /// The consolidated paybill.
    pub fn consolidated(paybill: &Arc<Paybill>) -> Self {
        Self {
            listed_by: paybill.may_pull().then(|| Arc::clone(paybill)),
            name: ChannelName::only(ChannelKind::MpesaPaybill),
            title: Text::new("M-PESA paybill", "Paybill ya M-PESA"),
            account: account_of_paybill(paybill.short_code()),
            limit: paybill.limit_per_payment(),
        }
    }

    /// The paybill or till of an agency. Its callbacks come where those of the consolidated one do.
    pub fn of_agency(name: ChannelName, title: Text, short_code: &str, paybill: &Paybill) -> Self {
        let limit = paybill.limit_per_payment();
        Self { name, title, account: account_of_paybill(short_code), limit, listed_by: None }
    }
}

/// Where the money of this short code is collected.
pub fn account_of_paybill(short_code: &str) -> CollectionAccount {
    CollectionAccount { provider: Provider::Mpesa, number: short_code.into() }
}

impl Channel for TypedPaybill {
    fn name(&self) -> &ChannelName {
        &self.name
    }

    fn title(&self) -> &Text {
        &self.title
    }

    fn account(&self) -> &CollectionAccount {
        &self.account
    }

    fn amounts(&self) -> AmountTerms {
        amount_terms(self.limit)
    }

    fn instructions(&self, number: PaymentNumber, due: Money) -> Result<Instructions, NotPayable> {
        let amount = WholeShillings::of(due, self.limit)?;
        Ok(paybill_steps(&self.account.number, number, amount))
    }

    fn steps(&self) -> &[Step] {
        &[Step::Validate, Step::Confirm]
    }

    fn listens(&self) -> Option<&dyn Listens> {
        Some(self)
    }

    fn lists(&self) -> Option<&dyn Lists> {
        self.listed_by.is_some().then_some(self)
    }
}

impl Lists for TypedPaybill {
    fn look_back_seconds(&self) -> i64 {
        LOOK_BACK_SECONDS
    }

    fn list(&self, wanted: ListWanted) -> Later<'_, Result<ListPage, NoList>> {
        Box::pin(async move {
            let Some(paybill) = &self.listed_by else {
                return Err(NoAnswer("Safaricom does not list what came in here".to_owned()).into());
            };
            paybill.pull(&self.account, wanted).await.map_err(|error| match error {
                CallError::Unknown(Doubt::AnswerTooLong) => NoList::TooLong,
                error @ (CallError::Refused(_) | CallError::Unknown(_)) => NoAnswer(error.to_string()).into(),
            })
        })
    }
}

impl Listens for TypedPaybill {
    fn read<'a>(&self, to: SentTo<'_>, _: &HeaderMap, body: &'a [u8]) -> Result<Heard<'a>, Unheard> {
        let message = match to.kind {
            CONFIRM => c2b::parse(body).map_err(|error| unreadable(&error, ToldBy::Confirmation))?,
            VALIDATE => {
                let unreadable = |error: WireError| Unheard::UnreadableQuestion { reason: error.to_string() };
                let message = c2b::parse(body).map_err(unreadable)?;
                let account = account_of_paybill(&message.short_code);
                return Ok(Heard::Question { account, typed: message.account, money: Some(message.money) });
            }
            _ => return Err(Unheard::NoSuchKind),
        };
        if !message.oddities.is_empty() {
            tracing::warn!(oddities = ?message.oddities, "A confirmation has fields that cannot be read; it is booked without them.");
        }
        Ok(Heard::Money(Told {
            receipt: account_of_paybill(&message.short_code).receipt(&message.receipt),
            money: message.money,
            said_for: SaidFor::Typed(message.account),
            told_by: ToldBy::Confirmation,
            evidence: Evidence::CallbackOnly,
            moved: message.time,
            phone: phone(message.msisdn),
            name: Some(message.names.join(" ").trim().to_owned().into()),
        }))
    }

    fn taken(&self, _: SentTo<'_>, _: &[u8]) -> Reply {
        confirmed()
    }

    fn about_bill(&self, _: &[u8], answer: &BillAnswer) -> Reply {
        let answer = match answer {
            BillAnswer::Open { .. } | BillAnswer::InDoubt => ValidationAnswer::Accept,
            BillAnswer::Unknown => ValidationAnswer::Reject(Rejection::Account),
            BillAnswer::OtherAccount => ValidationAnswer::Reject(Rejection::ShortCode),
            BillAnswer::OtherAmount => ValidationAnswer::Reject(Rejection::Amount),
            BillAnswer::NotOpen => ValidationAnswer::Reject(Rejection::Other),
        };
        Reply { status: StatusCode::OK, body: answer.body().to_vec() }
    }
}

/// A prompt on the payer's phone that asks for the M-PESA PIN.
pub struct PromptOnPhone {
    name: ChannelName,
    title: Text,
    account: CollectionAccount,
    paybill: Arc<Paybill>,
}

impl PromptOnPhone {
    /// Prompts for the consolidated paybill.
    pub fn new(paybill: Arc<Paybill>) -> Self {
        Self {
            name: ChannelName::only(ChannelKind::MpesaPrompt),
            title: Text::new("M-PESA prompt", "Ombi la M-PESA"),
            account: account_of_paybill(paybill.short_code()),
            paybill,
        }
    }
}

impl Channel for PromptOnPhone {
    fn name(&self) -> &ChannelName {
        &self.name
    }

    fn title(&self) -> &Text {
        &self.title
    }

    fn account(&self) -> &CollectionAccount {
        &self.account
    }

    fn amounts(&self) -> AmountTerms {
        amount_terms(self.paybill.limit_per_payment())
    }

    fn instructions(&self, _: PaymentNumber, due: Money) -> Result<Instructions, NotPayable> {
        self.amounts().check(due)?;
        Ok(Instructions::of(vec![
            Text::new("Give the number of your M-PESA phone.", "Andika nambari ya simu yako ya M-PESA."),
            Text::new(
                "Enter your M-PESA PIN when the phone asks.",
                "Weka PIN yako ya M-PESA simu ikikuuliza.",
            ),
        ]))
    }

    fn steps(&self) -> &[Step] {
        &[Step::Start, Step::Confirm, Step::Query]
    }

    fn probes(&self) -> Option<&dyn Probes> {
        Some(self)
    }

    fn asks_payer(&self) -> Option<&dyn AsksPayer> {
        Some(self)
    }

    fn listens(&self) -> Option<&dyn Listens> {
        Some(self)
    }
}

impl AsksPayer for PromptOnPhone {
    fn ask<'a>(&'a self, wish: AskWish<'a>) -> Later<'a, Asked> {
        Box::pin(async move {
            let not_asked = |why: String| Asked::Refused { code: "not_sent".into(), why, is_failure: false };
            let Some(phone) = wish.phone else { return not_asked("no phone was given".to_owned()) };
            let amount = match self.paybill.payable(wish.attempt.money) {
                Ok(amount) => amount,
                Err(error) => return not_asked(error.to_string()),
            };
            match self.paybill.prompt(wish.attempt, wish.bill, phone, amount).await {
                PromptOutcome::Accepted { checkout_request_id, .. } => {
                    Asked::Accepted { name: Some(checkout_request_id), page: None }
                }
                PromptOutcome::Refused(refusal) => Asked::Refused {
                    is_failure: refusal.side != Side::Payer,
                    why: refusal.to_string(),
                    code: refusal.code,
                },
                PromptOutcome::Unknown(doubt) => Asked::Unknown { why: doubt.to_string() },
            }
        })
    }

    fn is_failure(&self, code: &str) -> bool {
        PromptCode::of(code).is_some_and(|known| known.is_failure)
    }

    fn query<'a>(&'a self, name: &'a str) -> Later<'a, Result<QueryAnswer, NoAnswer>> {
        Box::pin(async move {
            match self.paybill.query(name).await {
                Ok(status) => Ok(QueryAnswer { code: status.code, news: status.news, paid: None }),
                Err(error @ (CallError::Refused(_) | CallError::Unknown(_))) => {
                    Err(NoAnswer(error.to_string()))
                }
            }
        })
    }
}

impl Probes for PromptOnPhone {
    fn of_steps(&self) -> &[Step] {
        &[Step::Start, Step::Query]
    }

    /// Without an access token nobody can be asked, and nothing can be asked about.
    fn probe(&self) -> Later<'_, Result<(), NoAnswer>> {
        Box::pin(async { self.paybill.probe().await.map_err(|error| NoAnswer(error.to_string())) })
    }
}

impl Listens for PromptOnPhone {
    fn read<'a>(&self, to: SentTo<'_>, _: &HeaderMap, body: &'a [u8]) -> Result<Heard<'a>, Unheard> {
        if to.kind != RESULT {
            return Err(Unheard::NoSuchKind);
        }
        let Some(attempt) = to.attempt else { return Err(Unheard::NoSuchKind) };
        let result = prompt::parse(body).map_err(|error| unreadable(&error, ToldBy::PromptResult))?;
        Ok(match result.ending {
            PromptEnding::Paid(paid) => Heard::Money(Told {
                receipt: self.account.receipt(&paid.receipt),
                money: paid.money,
                said_for: SaidFor::Attempt(attempt),
                told_by: ToldBy::PromptResult,
                evidence: Evidence::CallbackOnly,
                moved: paid.time,
                phone: phone(paid.msisdn),
                name: None,
            }),
            ending => match ending.news() {
                Some(on) => Heard::News(AttemptTold { attempt, on, code: Some(result.code.as_ref().into()) }),
                None => {
                    warn_of_code(&result.code);
                    Heard::Nothing
                }
            },
        })
    }

    fn prompt_named<'a>(&self, body: &'a [u8]) -> Option<Cow<'a, str>> {
        prompt::parse(body).ok().map(|result| result.checkout_request_id)
    }

    fn taken(&self, _: SentTo<'_>, _: &[u8]) -> Reply {
        confirmed()
    }

    fn about_bill(&self, _: &[u8], _: &BillAnswer) -> Reply {
        confirmed()
    }
}

/// A code of more digits may be a telephone number: it does not go to the log.
const CODE_LEN_MAX: usize = 6;

/// Not known: the attempt stays as it is, and is asked about when its time has come. What stands there is not ours, so only
/// digits are repeated.
fn warn_of_code(code: &str) {
    if code.len() <= CODE_LEN_MAX && code.bytes().all(|byte| byte.is_ascii_digit()) {
        tracing::warn!(code = %code, "The result code of a prompt is not one we know.");
    } else {
        tracing::warn!("The result code of a prompt is no number.");
    }
}

fn confirmed() -> Reply {
    Reply { status: StatusCode::OK, body: CONFIRMED.to_vec() }
}

fn unreadable(error: &WireError, told_by: ToldBy) -> Unheard {
    Unheard::Unreadable { reason: error.to_string(), told_by }
}

/// The payer's number as the provider tells it.
fn phone(msisdn: Msisdn<'_>) -> Option<Cow<'_, str>> {
    match msisdn {
        Msisdn::Missing => None,
        Msisdn::Plain(text) | Msisdn::Masked(text) | Msisdn::Other(text) => Some(text),
        Msisdn::Hashed(hash) => Some(hex::encode(hash).into()),
    }
}
