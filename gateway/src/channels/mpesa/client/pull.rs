//! Asking what came in (`pulltransactions`): how money is found whose confirmation was lost. Asking changes nothing, so it
//! may be asked again at any time. Safaricom looks back 48 hours.

use hyper::StatusCode;
use ledger::{Evidence, LedgerTime};
use serde::Serialize;

use super::outcome::{CallError, Doubt};
use super::{Daraja, json};
use crate::channels::CollectionAccount;
use crate::channels::contract::{ListPage, ListRow, ListWanted};
use crate::channels::mpesa::wire::pull::{self, PullRow, UnreadableRow};
use crate::channels::mpesa::wire::reply::Reply;
use crate::clock;
use crate::http::strict_json::{StrictJson, StrictJsonError};
use crate::payments::ToldBy;

const QUERY_PATH: &str = "/pulltransactions/v1/query";
const REGISTER_PATH: &str = "/pulltransactions/v1/register";
/// The longest page that is read, in bytes; a row has about three hundred. Longer ones are asked for in parts.
const PAGE_BYTES_MAX: usize = 1024 * 1024;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Query {
    short_code: u64,
    start_date: String,
    end_date: String,
    #[serde(rename = "OffSetValue")]
    offset: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Registration<'a> {
    short_code: u64,
    request_type: &'static str,
    nominated_number: u64,
    #[serde(rename = "CallBackURL")]
    callback_url: &'a str,
}

impl Daraja {
    /// One page of what came in on the paybill between two moments, both included, to the second.
    pub async fn pull(&self, account: &CollectionAccount, wanted: ListWanted) -> Result<ListPage, CallError> {
        let written = |time: LedgerTime| clock::format_spaced(time.micros());
        let body = json(&Query {
            short_code: self.0.short_code,
            start_date: written(wanted.from),
            end_date: written(wanted.until),
            offset: wanted.offset.to_string(),
        });
        let answer = self.post_for(QUERY_PATH, body, PAGE_BYTES_MAX).await?;
        page_of(account, answer.status, &answer.body)
    }

    /// Tells Safaricom that we shall ask. It has been told before, as a rule, and says so; whether we may ask, the next
    /// question shows.
    pub async fn register_pull(&self, nominated_number: u64, callback_url: &str) -> Result<(), CallError> {
        let short_code = self.0.short_code;
        let body = json(&Registration { short_code, request_type: "Pull", nominated_number, callback_url });
        let answer = self.post(REGISTER_PATH, body).await?;
        match Reply::read(&answer.body) {
            Reply::Error(envelope) => Err(CallError::of_envelope(&envelope)),
            Reply::Object(_) if answer.status.is_success() => Ok(()),
            Reply::Object(_) | Reply::Other => Err(CallError::of_status(answer.status)),
        }
    }
}

/// The page in an answer.
pub(crate) fn page_of(
    account: &CollectionAccount,
    status: StatusCode,
    body: &[u8],
) -> Result<ListPage, CallError> {
    if StrictJson::parse(body) == Err(StrictJsonError::TooWide) {
        return Err(Doubt::AnswerTooLong.into());
    }
    let object = match Reply::read(body) {
        Reply::Object(object) => object,
        Reply::Error(envelope) => return Err(CallError::of_envelope(&envelope)),
        Reply::Other => return Err(CallError::of_status(status)),
    };
    let not_understood = || Doubt::NotUnderstood { status: status.as_u16() };
    let rows = pull::rows(&object).filter(|_| status.is_success()).ok_or_else(not_understood)?;
    let rows = rows.into_iter().map(|row| match row {
        Ok(PullRow::Payment(listed)) => {
            let told = listed.told(account, ToldBy::Pull, Evidence::ConfirmedByQuery);
            ListRow::Money(Box::new(told.into_owned()))
        }
        Ok(PullRow::Other { name }) => ListRow::Other { name: name.into() },
        Err(UnreadableRow { name, error }) => {
            ListRow::Unreadable { name: name.into(), reason: error.to_string() }
        }
    });
    Ok(ListPage { rows: rows.collect() })
}
