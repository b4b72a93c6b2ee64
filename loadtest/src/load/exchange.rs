//! One payment, from its sending to its verdict.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{self, HeaderValue};
use serde::Deserialize;
use serde_json::{Value, json};

use super::payment::Payment;
use super::tally::{Tally, Timing, Verdict};
use super::witness::{Kind, Witness};
use crate::clock::Clock;
use crate::loopback::{Answer, Client, LoopbackUrl, NoAnswer};

/// How long the gateway is left alone between the first two looks at a bill; the pause doubles up to
/// [`LOOK_AGAIN_MAX`].
const LOOK_AGAIN: Duration = Duration::from_millis(1);
const LOOK_AGAIN_MAX: Duration = Duration::from_millis(64);

/// Everything an exchange needs.
pub(crate) struct Exchange {
    pub(crate) client: Client,
    pub(crate) kind: ExchangeKind,
    pub(crate) timeout: Duration,
    pub(crate) clock: Clock,
    pub(crate) tally: Arc<Tally>,
    pub(crate) witness: Arc<Witness>,
}

/// What is exchanged with whom.
pub(crate) enum ExchangeKind {
    /// A confirmation for its acknowledgement.
    Confirm { url: LoopbackUrl },
    /// A validation for its answer. With bills it must be accepted.
    Validate { url: LoopbackUrl, must_accept: bool },
    /// A payment by way of the sandbox, until the gateway shows the bill paid.
    Pay { sandbox: LoopbackUrl, bills: LoopbackUrl, authorization: HeaderValue },
}

/// A C2B answer. Both ways of writing a zero are seen in the wild.
#[derive(Debug, Deserialize)]
struct C2bAnswer {
    #[serde(rename = "ResultCode")]
    result_code: Value,
}

/// A reply as it is noted in the witness log.
pub(crate) struct Reply {
    pub(crate) verdict: Verdict,
    pub(crate) http_status: Option<u16>,
    pub(crate) result_code: Option<String>,
    pub(crate) receipt: Option<String>,
}

impl ExchangeKind {
    /// The name under which the exchange is counted.
    pub(crate) fn route(&self) -> &'static str {
        match self {
            Self::Confirm { .. } => "confirm",
            Self::Validate { .. } => "validate",
            Self::Pay { .. } => "journey",
        }
    }

    /// Whether money is sent, so that it must be witnessed.
    pub(crate) fn sends_money(&self) -> bool {
        !matches!(self, Self::Validate { .. })
    }
}

impl Exchange {
    /// Sends a payment that is due, counts it and witnesses how it ended.
    pub(crate) async fn run(&self, payment: &Payment, due: Instant) {
        let sent = Instant::now();
        if self.kind.sends_money() {
            self.tally.money(|money| money.sent.add(payment.amount));
        }
        let reply = match &self.kind {
            ExchangeKind::Confirm { url } => {
                confirmation_reply(self.client.post(url, &[], payment.message.clone(), self.timeout).await)
            }
            ExchangeKind::Validate { url, must_accept } => {
                let answer = self.client.post(url, &[], payment.message.clone(), self.timeout).await;
                validation_reply(answer, *must_accept)
            }
            ExchangeKind::Pay { sandbox, .. } => self.pay(sandbox, payment).await,
        };
        let answered = Instant::now();
        self.witness(payment, &reply).await;
        let mut verdict = reply.verdict;
        let mut done = answered;
        if let ExchangeKind::Pay { bills, authorization, .. } = &self.kind
            && verdict == Verdict::Right
        {
            self.tally.step("pay", Timing { due: sent, sent, done: answered });
            verdict = self.watch(bills, authorization, payment).await;
            done = Instant::now();
            if verdict == Verdict::Right {
                self.tally.step("shown", Timing { due: answered, sent: answered, done });
                self.tally.money(|money| money.shown.add(payment.amount));
            }
        }
        self.tally.exchange(self.kind.route(), Timing { due, sent, done }, &verdict);
        if payment.repeated && matches!(self.kind, ExchangeKind::Confirm { .. }) {
            self.repeat(payment).await;
        }
    }

    /// Sends the same confirmation once more: it must be taken like the first, and change nothing.
    async fn repeat(&self, payment: &Payment) {
        let ExchangeKind::Confirm { url } = &self.kind else { return };
        let sent = Instant::now();
        let reply =
            confirmation_reply(self.client.post(url, &[], payment.message.clone(), self.timeout).await);
        self.tally.exchange("repeat", Timing { due: sent, sent, done: Instant::now() }, &reply.verdict);
        self.tally.money(|money| money.repeated += 1);
        self.note(payment, &reply).await;
    }

    async fn witness(&self, payment: &Payment, reply: &Reply) {
        if !self.kind.sends_money() {
            return;
        }
        self.tally.money(|money| match reply.verdict {
            Verdict::Right => money.acknowledged.add(payment.amount),
            Verdict::Lost(_) | Verdict::TooLate => money.unknown.add(payment.amount),
            Verdict::Status(_) | Verdict::Wrong(_) => {}
        });
        self.note(payment, reply).await;
    }

    async fn note(&self, payment: &Payment, reply: &Reply) {
        let (kind, problem) = match &reply.verdict {
            Verdict::Right | Verdict::Status(_) => (Kind::Ack, None),
            Verdict::Wrong(what) => (Kind::Ack, Some(what.clone())),
            Verdict::Lost(why) => (Kind::Unknown, Some(why.clone())),
            Verdict::TooLate => (Kind::Unknown, Some("no answer in time".to_owned())),
        };
        let mut line = payment.line(kind, &self.clock);
        line.acknowledged = (kind == Kind::Ack).then_some(reply.verdict == Verdict::Right);
        line.http_status = reply.http_status;
        line.result_code = reply.result_code.clone();
        line.problem = problem;
        if reply.receipt.is_some() {
            line.receipt = reply.receipt.clone();
        }
        self.witness.note(&line).await;
    }

    async fn pay(&self, sandbox: &LoopbackUrl, payment: &Payment) -> Reply {
        let url = sandbox.join(&format!("/control/handset/{}/pay", payment.phone.digits()));
        let body = json!({"account": payment.account, "amount": payment.amount.to_string()});
        match self.client.post(&url, &[], Bytes::from(body.to_string()), self.timeout).await {
            Err(error) => no_reply(error),
            Ok(answer) => {
                let body: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
                let verdict = match (answer.status, body["status"].as_str()) {
                    (StatusCode::OK, Some("paid")) => Verdict::Right,
                    (StatusCode::OK, _) => Verdict::Wrong(format!("the payer was refused: {}", body["code"])),
                    (status, _) => Verdict::Status(status.as_u16()),
                };
                Reply {
                    verdict,
                    http_status: Some(answer.status.as_u16()),
                    result_code: body["result_code"].as_str().map(str::to_owned),
                    receipt: body["receipt"].as_str().map(str::to_owned),
                }
            }
        }
    }

    /// Looks at the bill until it is paid.
    async fn watch(&self, bills: &LoopbackUrl, authorization: &HeaderValue, payment: &Payment) -> Verdict {
        let url = bills.join(&format!("/{}", payment.bill_id.as_deref().unwrap_or_default()));
        let headers = [(header::AUTHORIZATION, authorization.clone())];
        let looking = async {
            let mut pause = LOOK_AGAIN;
            loop {
                match self.client.get(&url, &headers, self.timeout).await {
                    Ok(answer) if answer.status == StatusCode::OK => {
                        let body: Value = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
                        if matches!(body["status"].as_str(), Some("paid" | "overpaid")) {
                            return Verdict::Right;
                        }
                    }
                    Ok(answer) => return Verdict::Status(answer.status.as_u16()),
                    Err(error) => return no_reply(error).verdict,
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LOOK_AGAIN_MAX);
            }
        };
        match tokio::time::timeout(self.timeout, looking).await {
            Ok(verdict) => verdict,
            Err(_) => Verdict::Wrong("paid, but the bill does not show it".into()),
        }
    }
}

/// Reads the answer to a confirmation: only status 200 with result code zero is an acknowledgement.
pub(crate) fn confirmation_reply(answer: Result<Answer, NoAnswer>) -> Reply {
    c2b_reply(answer, |code| code == "0", "a result code other than zero")
}

fn validation_reply(answer: Result<Answer, NoAnswer>, must_accept: bool) -> Reply {
    if must_accept {
        return c2b_reply(answer, |code| code == "0", "the validation of a bill was not accepted");
    }
    c2b_reply(answer, |code| code == "0" || code.starts_with("C2B000"), "a result code that is none")
}

fn c2b_reply(answer: Result<Answer, NoAnswer>, right: impl Fn(&str) -> bool, otherwise: &str) -> Reply {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return no_reply(error),
    };
    let result_code =
        serde_json::from_slice::<C2bAnswer>(&answer.body).ok().and_then(|body| match body.result_code {
            Value::String(code) => Some(code),
            Value::Number(code) => Some(code.to_string()),
            _ => None,
        });
    let verdict = match (answer.status, result_code.as_deref()) {
        (StatusCode::OK, Some(code)) if right(code) => Verdict::Right,
        (StatusCode::OK, Some(code)) => Verdict::Wrong(format!("{otherwise}: {code}")),
        (StatusCode::OK, None) => Verdict::Wrong("no ResultCode in the answer".into()),
        (status, _) => Verdict::Status(status.as_u16()),
    };
    Reply { verdict, http_status: Some(answer.status.as_u16()), result_code, receipt: None }
}

fn no_reply(error: NoAnswer) -> Reply {
    let verdict = match error {
        NoAnswer::TooLate(_) => Verdict::TooLate,
        error => Verdict::Lost(error.to_string()),
    };
    Reply { verdict, http_status: None, result_code: None, receipt: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, body: &str) -> Result<Answer, NoAnswer> {
        Ok(Answer { status: StatusCode::from_u16(status).unwrap(), body: body.to_owned().into() })
    }

    #[test]
    fn only_a_complete_zero_acknowledges() {
        let verdict = |status, body| confirmation_reply(answered(status, body)).verdict;
        assert_eq!(verdict(200, r#"{"ResultCode":0,"ResultDesc":"Success"}"#), Verdict::Right);
        assert_eq!(verdict(200, r#"{"ResultCode":"0"}"#), Verdict::Right);
        assert!(matches!(verdict(200, r#"{"ResultCode":1}"#), Verdict::Wrong(_)));
        assert!(matches!(verdict(200, "ok"), Verdict::Wrong(_)));
        assert_eq!(verdict(503, r#"{"ResultCode":0}"#), Verdict::Status(503));
        let lost = confirmation_reply(Err(NoAnswer::NotConnected)).verdict;
        assert!(matches!(lost, Verdict::Lost(_)));
    }

    #[test]
    fn a_refused_validation_is_right_unless_there_is_a_bill() {
        let refusal = || answered(200, r#"{"ResultCode":"C2B00012","ResultDesc":"no"}"#);
        assert_eq!(validation_reply(refusal(), false).verdict, Verdict::Right);
        assert!(matches!(validation_reply(refusal(), true).verdict, Verdict::Wrong(_)));
    }
}
