//! What everybody on this day shares: where the gateway and the simulated Safaricom are, whose bills there are, and what
//! was seen.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{self, HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::day::Day;
use super::{DrillError, DrillPlan};
use crate::loopback::{Client, LoopbackUrl};

/// How long an answer is waited for.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// The agencies of the day. NTSA has no plan for when the paybill does not work.
pub(crate) const AGENCIES: [AgencyOfDay; 3] = [
    AgencyOfDay { code: "KRA", has_plan: true },
    AgencyOfDay { code: "KWS", has_plan: true },
    AgencyOfDay { code: "NTSA", has_plan: false },
];

/// An agency whose services are paid for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AgencyOfDay {
    pub(crate) code: &'static str,
    /// Whether it has ways to be paid beside the paybill.
    pub(crate) has_plan: bool,
}

/// The world of the day.
pub(crate) struct World {
    pub(crate) plan: DrillPlan,
    pub(crate) day: Day,
    pub(crate) client: Client,
    pub(crate) public: LoopbackUrl,
    pub(crate) sandbox: LoopbackUrl,
    /// What each of [`AGENCIES`] and the Treasury show.
    pub(crate) keys: Vec<HeaderValue>,
    pub(crate) treasury: HeaderValue,
    seen: Mutex<Seen>,
}

/// What was seen.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// By payment number.
    pub(crate) bills: HashMap<String, SeenBill>,
    /// What must not be.
    pub(crate) wrong: Vec<String>,
    /// What a channel became, and when.
    pub(crate) states: Vec<(i64, String, String)>,
    /// What was done, and when.
    pub(crate) happened: Vec<(i64, String)>,
    /// When the gateway was gone, and when it answered again.
    pub(crate) gone: Vec<(i64, Option<i64>)>,
    /// Payers who met a gateway that did not answer, or had no way to pay, at least once.
    pub(crate) waited: u64,
    /// Payers who went home without having paid.
    pub(crate) unpaid: u64,
}

/// A bill that was made.
#[derive(Debug, Clone)]
pub(crate) struct SeenBill {
    pub(crate) id: String,
    pub(crate) agency: usize,
    pub(crate) second: i64,
}

/// What a request came to: its status and its JSON; or nothing came back.
pub(crate) type Answered = Option<(StatusCode, Value)>;

impl World {
    pub(crate) fn new(
        plan: DrillPlan,
        day: Day,
        (public, sandbox): (LoopbackUrl, LoopbackUrl),
        keys: &[String],
        treasury: &str,
    ) -> Result<Self, DrillError> {
        let bearer = |key: &str| {
            HeaderValue::from_str(&format!("Bearer {key}"))
                .map_err(|error| DrillError::Answer(format!("a key that is none: {error}")))
        };
        Ok(Self {
            plan,
            day,
            client: Client::new(256),
            public,
            sandbox,
            keys: keys.iter().map(|key| bearer(key)).collect::<Result<_, _>>()?,
            treasury: bearer(treasury)?,
            seen: Mutex::default(),
        })
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, Seen> {
        // Notes are whole whenever somebody stops in the middle of another.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what was done, at this moment.
    pub(crate) fn note(&self, what: impl Into<String>) {
        let now = self.day.now();
        self.seen().happened.push((now, what.into()));
    }

    /// `GET` from the gateway with a key.
    pub(crate) async fn get(&self, path: &str, key: &HeaderValue) -> Answered {
        let headers = [(header::AUTHORIZATION, key.clone())];
        let answer = self.client.get(&self.public.join(path), &headers, ANSWER_WITHIN).await.ok()?;
        Some((answer.status, serde_json::from_slice(&answer.body).unwrap_or(Value::Null)))
    }

    /// `POST` to the gateway with a key. One idempotency key has one effect, however often it is sent.
    pub(crate) async fn post(&self, path: &str, key: &HeaderValue, once: &str, body: &Value) -> Answered {
        let once = HeaderValue::from_str(once).ok()?;
        let headers =
            [(header::AUTHORIZATION, key.clone()), (HeaderName::from_static("idempotency-key"), once)];
        let body = Bytes::from(body.to_string());
        let answer = self.client.post(&self.public.join(path), &headers, body, ANSWER_WITHIN).await.ok()?;
        Some((answer.status, serde_json::from_slice(&answer.body).unwrap_or(Value::Null)))
    }

    /// A control call to the simulated Safaricom. It is never killed, so it answers.
    pub(crate) async fn control(
        &self,
        method: Control,
        path: &str,
        body: &Value,
    ) -> Result<Value, DrillError> {
        let url = self.sandbox.join(path);
        let sent = Bytes::from(body.to_string());
        let answer = match method {
            Control::Get => self.client.get(&url, &[], ANSWER_WITHIN).await,
            Control::Put => self.client.put(&url, sent, ANSWER_WITHIN).await,
            Control::Post => self.client.post(&url, &[], sent, ANSWER_WITHIN).await,
        };
        let answer = answer.map_err(|error| DrillError::Answer(format!("{path}: {error}")))?;
        serde_json::from_slice(&answer.body).map_err(|error| DrillError::Answer(format!("{path}: {error}")))
    }

    /// What a payer orders: something of this agency, different each time.
    pub(crate) fn order(agency: usize, number: u64) -> Value {
        match AGENCIES[agency].code {
            "KRA" => {
                let assessment = json!({
                    "amount": (100 + number * 37 % 9_000) * 100,
                    "currency": "KES",
                    "reference": format!("2027{number:09}"),
                });
                json!({"service": "kra-prn-payment", "order": {"assessment": assessment}})
            }
            "KWS" => {
                let visitors = json!([{"category": "east_african_citizen", "age_class": "adult", "count": 1 + number % 4}]);
                json!({"service": "kws-hells-gate-entry", "order": {"visitors": visitors}})
            }
            _ => json!({"service": "motor-vehicle-search", "order": {}}),
        }
    }
}

/// How the simulated Safaricom is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Control {
    Get,
    Put,
    Post,
}
