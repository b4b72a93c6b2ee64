//! What everybody on this day shares: where the gateway, the gate and the simulated outside are, whose bills there are, and
//! what was seen.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{self, HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::day::Day;
use super::gate::{self, GateSeen};
use super::report::Findings;
use super::script::PROMPTS_FAIL;
use super::{DrillError, DrillPlan};
use crate::loopback::{Client, LoopbackUrl, NoAnswer};

/// What is paid for by those who go elsewhere than to the gate of the day.
const OTHER_PARK: &str = "kws-nairobi-national-park-entry";

/// How long an answer is waited for.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);
/// So often the simulated outside is asked, with so much between: there may be a queue at its door.
const CONTROL_TRIES_MAX: u32 = 20;
const BETWEEN_TRIES: Duration = Duration::from_millis(500);

/// The agencies of the day. KRA, KWS and DCI have plans of their own for when the paybill does not work; NTSA goes by the national one.
pub(crate) const AGENCIES: [AgencyOfDay; 4] = [
    AgencyOfDay { code: "KRA" },
    AgencyOfDay { code: "KWS" },
    AgencyOfDay { code: "NTSA" },
    AgencyOfDay { code: "DCI" },
];

/// An agency whose services are paid for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AgencyOfDay {
    pub(crate) code: &'static str,
}

/// The world of the day.
pub(crate) struct World {
    pub(crate) plan: DrillPlan,
    pub(crate) day: Day,
    pub(crate) client: Client,
    pub(crate) public: LoopbackUrl,
    pub(crate) sandbox: LoopbackUrl,
    /// The page of the program at the gate.
    pub(crate) gate: LoopbackUrl,
    /// Bills of whoever goes to the gate without having paid: id and payment number.
    pub(crate) never_paid: Vec<(Box<str>, u64)>,
    /// What each of [`AGENCIES`] and the Treasury show.
    pub(crate) keys: Vec<HeaderValue>,
    pub(crate) treasury: HeaderValue,
    seen: Mutex<Seen>,
}

/// What was seen.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Whoever has set out, with the second and the agency.
    pub(crate) set_out: Vec<(i64, usize)>,
    /// By payment number.
    pub(crate) bills: HashMap<u64, SeenBill>,
    /// Payment numbers by the attempts of those who paid by card.
    pub(crate) asked_by_card: HashMap<Box<str>, u64>,
    /// What must not be.
    pub(crate) wrong: Findings,
    /// Outages that began, by id: the channel, and when as the gateway says it.
    pub(crate) outages: HashMap<u64, (String, String)>,
    /// The first prompt that failed after prompts began to fail, and the next way on the page of a bill after it.
    pub(crate) prompt_failed: Option<(i64, Instant)>,
    /// See [`Self::prompt_failed`].
    pub(crate) next_way_shown: Option<(i64, Instant)>,
    /// Confirmations that were held up until everything returned, and how many of them came three times and never.
    pub(crate) held_up: HeldUp,
    /// What was seen at the gate.
    pub(crate) gate: GateSeen,
    /// What a channel became, and when.
    pub(crate) states: Vec<(i64, String, String)>,
    /// What was done, and when.
    pub(crate) happened: Vec<(i64, String)>,
    /// When the gateway was gone, and when it answered again.
    pub(crate) gone: Vec<(i64, Option<i64>)>,
    /// Payers who met a gateway that did not answer, or had no way to pay, at least once.
    pub(crate) waited: u64,
    /// Payers who paid, by what they know, and those who went home without having paid.
    pub(crate) paid: u64,
    /// See [`Self::paid`].
    pub(crate) unpaid: u64,
    /// Payers who were asked and were never told what became of it, and those whose channel broke off while they paid.
    pub(crate) in_doubt: u64,
    /// Payers whose bill did not say yet that it is paid when they looked.
    pub(crate) looked_too_soon: u64,
}

/// A bill that was made.
#[derive(Debug, Clone)]
pub(crate) struct SeenBill {
    pub(crate) id: Box<str>,
    pub(crate) agency: usize,
}

/// Confirmations that are held up, as the outside says when it lets them go.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct HeldUp {
    pub(crate) all: u64,
    pub(crate) repeated: u64,
    pub(crate) lost: u64,
}

/// What a request came to: its status and its JSON; or nothing came back.
pub(crate) type Answered = Option<(StatusCode, Value)>;

impl World {
    pub(crate) fn new(
        plan: DrillPlan,
        day: Day,
        [public, sandbox, gate]: [LoopbackUrl; 3],
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
            gate,
            never_paid: Vec::new(),
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

    /// Notes that a prompt failed, if none did since prompts fail.
    pub(crate) fn a_prompt_failed(&self) {
        let now = self.day.now();
        if now >= self.day.second_of(PROMPTS_FAIL) {
            self.seen().prompt_failed.get_or_insert((now, Instant::now()));
        }
    }

    /// Whether the gateway is killed and not back yet.
    pub(crate) fn is_gateway_gone(&self) -> bool {
        self.seen().gone.last().is_some_and(|(_, back)| back.is_none())
    }

    /// `GET` from the gateway with a key.
    pub(crate) async fn get(&self, path: &str, key: &HeaderValue) -> Answered {
        self.get_within(path, key, ANSWER_WITHIN).await
    }

    /// The same of what takes long.
    pub(crate) async fn get_within(&self, path: &str, key: &HeaderValue, limit: Duration) -> Answered {
        let headers = [(header::AUTHORIZATION, key.clone())];
        let url = self.public.join(path);
        // Hundreds of thousands wait between two looks; what a look needs is not kept meanwhile.
        let answer = Box::pin(self.client.get(&url, &headers, limit)).await.ok()?;
        Some((answer.status, serde_json::from_slice(&answer.body).unwrap_or(Value::Null)))
    }

    /// A page of the gateway, as a browser gets it.
    pub(crate) async fn page(&self, path: &str) -> Option<String> {
        let answer = self.client.get(&self.public.join(path), &[], ANSWER_WITHIN).await.ok()?;
        (answer.status == StatusCode::OK).then(|| String::from_utf8_lossy(&answer.body).into_owned())
    }

    /// A button on the page of an acquirer. What comes of it, the payer hears from the gateway.
    pub(crate) async fn press(&self, page: &LoopbackUrl, button: Bytes) {
        let _ = Box::pin(self.client.post(page, &[], button, ANSWER_WITHIN)).await;
    }

    /// `POST` to the gateway with a key. One idempotency key has one effect, however often it is sent.
    pub(crate) async fn post(&self, path: &str, key: &HeaderValue, once: &str, body: &Value) -> Answered {
        let once = HeaderValue::from_str(once).ok()?;
        let headers =
            [(header::AUTHORIZATION, key.clone()), (HeaderName::from_static("idempotency-key"), once)];
        let body = Bytes::from(body.to_string());
        let url = self.public.join(path);
        let answer = Box::pin(self.client.post(&url, &headers, body, ANSWER_WITHIN)).await.ok()?;
        Some((answer.status, serde_json::from_slice(&answer.body).unwrap_or(Value::Null)))
    }

    /// A control call to the simulated outside. It is never killed, so it answers, if one comes to its door: what was not sent is sent
    /// again, and what changes nothing the second time is asked again.
    pub(crate) async fn control(
        &self,
        method: Control,
        path: &str,
        body: &Value,
    ) -> Result<Value, DrillError> {
        let url = self.sandbox.join(path);
        let sent = Bytes::from(body.to_string());
        let mut tries = 0;
        let answer = loop {
            let sent = sent.clone();
            let answer = match method {
                Control::Get => Box::pin(self.client.get(&url, &[], ANSWER_WITHIN)).await,
                Control::Put => Box::pin(self.client.put(&url, sent, ANSWER_WITHIN)).await,
                Control::Post => Box::pin(self.client.post(&url, &[], sent, ANSWER_WITHIN)).await,
            };
            tries += 1;
            let may_again = match &answer {
                Ok(_) => false,
                Err(NoAnswer::NotConnected) => true,
                Err(_) => !matches!(method, Control::Post),
            };
            if !may_again || tries == CONTROL_TRIES_MAX {
                break answer;
            }
            tokio::time::sleep(BETWEEN_TRIES).await;
        };
        let answer = answer.map_err(|error| DrillError::Answer(format!("{path}: {error}")))?;
        serde_json::from_slice(&answer.body).map_err(|error| DrillError::Answer(format!("{path}: {error}")))
    }

    /// What a payer orders: something of this agency, different each time.
    pub(crate) fn order(&self, agency: usize, number: u64) -> Value {
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
                let park = if gate::is_wanted(&self.plan, number) { gate::SERVICE } else { OTHER_PARK };
                json!({"service": park, "order": {"visitors": visitors}})
            }
            "DCI" => json!({"service": "police-clearance-certificate", "order": {}}),
            _ => json!({"service": "motor-vehicle-search", "order": {}}),
        }
    }
}

/// How the simulated outside is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Control {
    Get,
    Put,
    Post,
}

#[cfg(test)]
impl World {
    /// One without a gateway, a gate or an outside.
    pub(crate) fn nowhere() -> Self {
        let plan = DrillPlan {
            malipo: "malipo".into(),
            rate_times: 10,
            scale: 400,
            speed: 100,
            day_scale: 10,
            seed: 42,
            folder: None,
            picture: None,
            check_books: None,
            expect_healing: true,
            judges_time: false,
        };
        let nobody = || "http://127.0.0.1:9".parse().unwrap();
        let day = Day::beginning_in(Duration::ZERO, 100, 10);
        Self::new(plan, day, [nobody(), nobody(), nobody()], &[], "key").unwrap()
    }
}
