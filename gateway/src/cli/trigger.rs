//! `malipo trigger`: makes an event really happen, in a demonstration: a real bill, and real messages of Safaricom about
//! money that nobody has. Nothing is made up: what cannot be brought about is said to be so.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::Method;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use ledger::{Currency, Money};
use serde_json::{Value, json};

use super::api::{Api, ApiError, ApiFlags, HttpClient, demo_places};
use super::{EXIT_UNAVAILABLE, complain};
use crate::payments::NoticeKind;

/// How long the event is waited for. An attempt without an answer is unknown after a minute and a half.
const DEADLINE: Duration = Duration::from_secs(10);
const UNKNOWN_DEADLINE: Duration = Duration::from_secs(150);
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(100);
/// A park that adults of East Africa enter for some hundred shillings.
const SERVICE: &str = "kws-hells-gate-entry";
/// Simulated payers: one who pays, one who declines, and one of whom nothing is heard.
const PAYS: &str = "254700000001";
const DECLINES: &str = "0700000003";
const SAYS_NOTHING: &str = "0700000008";

/// The flags of `trigger`.
#[derive(Debug, clap::Args)]
pub struct TriggerFlags {
    /// Type of the event, such as bill.paid.
    #[arg(required_unless_present = "list")]
    event: Option<NoticeKind>,
    /// Something to be otherwise than usual: adults=3, how many visitors are billed.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    settings: Vec<String>,
    /// List the types, and how each is brought about.
    #[arg(long)]
    list: bool,
    #[command(flatten)]
    api: ApiFlags,
}

/// Why nothing happened.
#[derive(Debug, thiserror::Error)]
enum TriggerError {
    #[error(transparent)]
    Api(#[from] ApiError),
    #[error("{0}")]
    Impossible(&'static str),
    #[error("--set takes adults=1 to adults=99")]
    Setting,
    #[error("it was brought about, and no event of this type has come in {} seconds", .0.as_secs())]
    NotSeen(Duration),
}

/// How an event is brought about, for people.
const fn recipe(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::BillCreated => "a bill is made",
        NoticeKind::BillPartPaid => "a bill is made, and half of it is paid",
        NoticeKind::BillPaid | NoticeKind::PaymentSucceeded => "a bill is made and paid",
        NoticeKind::BillOverpaid => "a bill is made, and a shilling more is paid",
        NoticeKind::BillExpired => {
            "not possible at once: a bill expires after thirty days; run the demonstration with --set demo.speed=86400, \
             make a bill, and wait for half a minute"
        }
        NoticeKind::BillCancelled => "a bill is made and withdrawn",
        NoticeKind::PaymentFailed => "a bill is made, and a payer is asked who declines",
        NoticeKind::PaymentUnknown => {
            "a bill is made, and a payer is asked of whom nothing is heard: takes a minute and a half"
        }
        NoticeKind::SuspenseOpened => {
            "KRA's, always: money comes under a tax registration number that nobody has"
        }
        NoticeKind::ApplicationUpdated => {
            "a bill is made and paid, and the agency says that it has the application"
        }
        NoticeKind::GateUsedTwice => {
            "not possible at once: two devices at gates (malipo gate run) that are cut off let in on one receipt, and tell of it \
             when they are connected again"
        }
    }
}

/// `malipo trigger`.
pub(super) fn trigger(flags: &TriggerFlags) -> ExitCode {
    let Some(kind) = flags.event.filter(|_| !flags.list) else {
        for kind in NoticeKind::ALL {
            println!("{kind:<18} {}", recipe(*kind));
        }
        return ExitCode::SUCCESS;
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&error);
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(bring_about(flags, kind)) {
        Ok(id) => {
            eprintln!("{kind} has happened:");
            println!("{id}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            complain(&error);
            match error {
                TriggerError::Api(ApiError::NoAnswer { .. }) => ExitCode::from(EXIT_UNAVAILABLE),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

/// Brings an event about and waits until the feed has it. Its identifier.
async fn bring_about(flags: &TriggerFlags, kind: NoticeKind) -> Result<String, TriggerError> {
    if matches!(kind, NoticeKind::BillExpired | NoticeKind::GateUsedTwice) {
        return Err(TriggerError::Impossible(recipe(kind)));
    }
    let adults = adults_of(&flags.settings)?;
    let is_suspense = kind == NoticeKind::SuspenseOpened;
    let api = if is_suspense { flags.api.api_as("kra")? } else { flags.api.api()? };
    let before: Value = read(&api, "/v1/events?cursor=latest").await?;
    let cursor = before["next_cursor"].as_str().unwrap_or_default().to_owned();
    let safaricom = Safaricom { callbacks: demo_places(flags.api.data())?.callbacks };
    if is_suspense {
        let account = format!("2027{:09}", rand::random_range(0..1_000_000_000_u32));
        safaricom.confirms(api.client(), 100_000, &account).await?;
        return seen(&api, kind, &cursor, None, DEADLINE).await;
    }
    let visitors = json!([{"category": "east_african_citizen", "age_class": "adult", "count": adults}]);
    let bill = api.post("/v1/bills", &json!({"service": SERVICE, "order": {"visitors": visitors}})).await?;
    let (id, number) = (text(&bill, "id"), text(&bill, "payment_number"));
    let cents = bill["amount"]["amount"].as_i64().unwrap_or_default();
    let pays = |cents| safaricom.confirms(api.client(), cents, &number);
    let asks = |phone: &str| {
        let body = json!({"method": "mpesa_prompt", "phone": phone});
        let path = format!("/v1/bills/{id}/attempts");
        let api = &api;
        async move { api.post(&path, &body).await.map(|_| ()) }
    };
    match kind {
        NoticeKind::BillCreated
        | NoticeKind::BillExpired
        | NoticeKind::SuspenseOpened
        | NoticeKind::GateUsedTwice => {}
        // Whole shillings, as payers pay them.
        NoticeKind::BillPartPaid => pays(cents / 200 * 100).await?,
        NoticeKind::BillPaid | NoticeKind::PaymentSucceeded => pays(cents).await?,
        NoticeKind::BillOverpaid => pays(cents + 100).await?,
        NoticeKind::BillCancelled => {
            api.post(&format!("/v1/bills/{id}/cancel"), &json!({})).await?;
        }
        NoticeKind::PaymentFailed => asks(DECLINES).await?,
        NoticeKind::PaymentUnknown => asks(SAYS_NOTHING).await?,
        NoticeKind::ApplicationUpdated => {
            pays(cents).await?;
            let report = json!({"status": "at_agency"});
            api.post(&format!("/v1/applications/{number}/events"), &report).await?;
        }
    }
    let deadline = if kind == NoticeKind::PaymentUnknown { UNKNOWN_DEADLINE } else { DEADLINE };
    seen(&api, kind, &cursor, Some(&number), deadline).await
}

fn adults_of(settings: &[String]) -> Result<u32, TriggerError> {
    settings.iter().try_fold(1, |_, setting| {
        let count = setting.strip_prefix("adults=").and_then(|count| count.parse().ok());
        count.filter(|count| (1..=99).contains(count)).ok_or(TriggerError::Setting)
    })
}

/// Waits until the feed has an event of this kind, about this bill.
async fn seen(
    api: &Api,
    kind: NoticeKind,
    cursor: &str,
    number: Option<&str>,
    deadline: Duration,
) -> Result<String, TriggerError> {
    let began = Instant::now();
    let mut cursor = cursor.to_owned();
    while began.elapsed() < deadline {
        let page: Value = read(api, &format!("/v1/events?cursor={cursor}&type={kind}")).await?;
        let events = page["data"].as_array().into_iter().flatten();
        let is_of_bill =
            |event: &&Value| number.is_none_or(|number| event["data"]["payment_number"] == *number);
        if let Some(event) = events.into_iter().find(is_of_bill) {
            return Ok(text(event, "id"));
        }
        cursor = text(&page, "next_cursor");
        tokio::time::sleep(LOOK_AGAIN_AFTER).await;
    }
    Err(TriggerError::NotSeen(deadline))
}

async fn read(api: &Api, path: &str) -> Result<Value, ApiError> {
    let answer = api.get(path).await?;
    serde_json::from_slice(&answer)
        .map_err(|error| ApiError::NoAnswer { url: api.url().to_owned(), reason: error.to_string() })
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_default().to_owned()
}

/// Says what Safaricom says.
struct Safaricom {
    callbacks: String,
}

impl Safaricom {
    /// A payment of so many cents to the paybill, which is acknowledged once it is booked.
    async fn confirms(&self, client: &HttpClient, cents: i64, account: &str) -> Result<(), ApiError> {
        let receipt = format!("T{:09}", rand::random_range(0..1_000_000_000_u32));
        let message = json!({
            "TransactionType": "Pay Bill",
            "TransID": receipt,
            "TransTime": "20261121091405",
            "TransAmount": Money::new(cents, Currency::Kes).to_decimal(),
            "BusinessShortCode": "222222",
            "BillRefNumber": account,
            "MSISDN": PAYS,
            "FirstName": "ASHA",
        });
        let url = format!("{}/c2b/confirm", self.callbacks);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let body = Bytes::from(message.to_string());
        let answered = client.send(Method::POST, &url, headers, body, DEADLINE).await;
        // The address has the token in it, which nobody need read here.
        let url = "the callback address".to_owned();
        match answered {
            Ok((status, _)) if status.is_success() => Ok(()),
            Ok((status, _)) => Err(ApiError::Refused { status, detail: format!("{url}: {status}") }),
            Err(reason) => Err(ApiError::NoAnswer { url, reason }),
        }
    }
}
