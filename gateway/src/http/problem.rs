//! An error as an answer: RFC 9457 problem details, with what people and machines need when money is involved.
//!
//! A problem has two faces. The outer one (code, detail, sentences for citizens, what happened to the money) is the
//! answer. The inner one ([`Problem::internal`]) goes to the log and nowhere else. Neither ever holds personal data.
//!
//! A `Problem` can only have an error status, because its status comes from its [`Code`].

use std::borrow::Cow;
use std::fmt;

use catalog::Language;
use hyper::StatusCode;
use hyper::header::{ALLOW, CACHE_CONTROL, CONNECTION, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use serde::Serialize;

use super::problem_codes::Code;
use super::request_id::RequestId;
use super::response::{self, Response};

/// Whether the request that failed moved money. On money routes it is always said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MoneyMoved {
    /// Nothing was taken; paying again is safe.
    No,
    /// The money is with us, whatever the error says.
    Yes,
    /// We do not know yet. Ask for the status; never pay again on this answer alone.
    Unknown,
}

/// One field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldError {
    /// Where, as a JSON pointer into the body (`/amount`), or the name of a form or query field with a leading slash.
    pub pointer: Cow<'static, str>,
    /// What is wrong, as a stable name: `missing`, `too_large`, `not_a_date`.
    pub code: &'static str,
    /// What is wrong, as a sentence for developers. Never repeats the value.
    pub detail: Cow<'static, str>,
    /// The bound that was crossed, in the field's own unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<i64>,
}

impl FieldError {
    /// An error without a bound to name.
    pub fn new(
        pointer: impl Into<Cow<'static, str>>,
        code: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self { pointer: pointer.into(), code, detail: detail.into(), limit: None }
    }
}

/// An error on its way to the caller.
#[derive(Clone)]
pub struct Problem(Box<Parts>);

#[derive(Clone)]
struct Parts {
    code: Code,
    detail: Cow<'static, str>,
    internal: Option<Cow<'static, str>>,
    user_message: Option<UserMessage>,
    money_moved: Option<MoneyMoved>,
    errors: Vec<FieldError>,
    retry_after_seconds: Option<u32>,
    allow: Option<HeaderValue>,
    challenge: Option<HeaderValue>,
    closes_connection: bool,
}

/// A sentence for citizens in both languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UserMessage {
    /// English.
    pub en: Cow<'static, str>,
    /// Swahili.
    pub sw: Cow<'static, str>,
}

impl UserMessage {
    /// The sentence for a reader of this language.
    pub fn in_language(self, language: Language) -> Cow<'static, str> {
        match language {
            Language::En => self.en,
            Language::Sw => self.sw,
        }
    }
}

impl Problem {
    /// An error of this code. `detail` tells a developer the particulars, without personal data or values sent.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Parts {
            code,
            detail: detail.into(),
            internal: None,
            user_message: None,
            money_moved: None,
            errors: Vec::new(),
            retry_after_seconds: None,
            allow: None,
            challenge: None,
            closes_connection: false,
        }))
    }

    /// Our mistake: the caller learns that it is ours, the log learns what it was.
    pub fn internal_error(internal: impl fmt::Display) -> Self {
        Self::new(Code::InternalError, "The gateway failed to handle this request.").internal(internal)
    }

    /// Fields with values that are not allowed.
    pub fn validation(errors: Vec<FieldError>) -> Self {
        let mut problem = Self::new(Code::ValidationFailed, "See errors for each field.");
        problem.0.errors = errors;
        problem
    }

    /// What the log shall say beyond the answer. Never personal data.
    #[must_use]
    pub fn internal(mut self, message: impl fmt::Display) -> Self {
        self.0.internal = Some(Cow::Owned(message.to_string()));
        self
    }

    /// A sentence for citizens that is closer to the case than the code's own.
    #[must_use]
    pub fn user_message(
        mut self,
        en: impl Into<Cow<'static, str>>,
        sw: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.0.user_message = Some(UserMessage { en: en.into(), sw: sw.into() });
        self
    }

    /// What happened to the money.
    #[must_use]
    pub fn money_moved(mut self, moved: MoneyMoved) -> Self {
        self.0.money_moved = Some(moved);
        self
    }

    /// What happened to the money, unless the problem already says so.
    #[must_use]
    pub fn money_moved_if_unsaid(mut self, moved: MoneyMoved) -> Self {
        self.0.money_moved.get_or_insert(moved);
        self
    }

    /// The fields that are wrong.
    #[must_use]
    pub fn errors_in(mut self, errors: Vec<FieldError>) -> Self {
        self.0.errors = errors;
        self
    }

    /// When to come back.
    #[must_use]
    pub fn retry_after_seconds(mut self, seconds: u32) -> Self {
        self.0.retry_after_seconds = Some(seconds);
        self
    }

    /// The methods this address takes, for `Allow`.
    #[must_use]
    pub fn allow(mut self, methods: HeaderValue) -> Self {
        self.0.allow = Some(methods);
        self
    }

    /// How to authenticate, for `WWW-Authenticate`.
    #[must_use]
    pub fn challenge(mut self, challenge: HeaderValue) -> Self {
        self.0.challenge = Some(challenge);
        self
    }

    /// The connection must not be used again: what follows on it cannot be trusted to be a request.
    #[must_use]
    pub fn closing_connection(mut self) -> Self {
        self.0.closes_connection = true;
        self
    }

    /// Which error this is.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The status of the answer: always an error.
    pub fn status(&self) -> StatusCode {
        self.0.code.status()
    }

    /// The particulars for developers.
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// What the log shall say beyond the answer.
    pub fn internal_message(&self) -> Option<&str> {
        self.0.internal.as_deref()
    }

    /// What is known about the money.
    pub fn what_moved(&self) -> Option<MoneyMoved> {
        self.0.money_moved
    }

    /// The fields that are wrong.
    pub fn field_errors(&self) -> &[FieldError] {
        &self.0.errors
    }

    /// The sentence of this very case, if it has one.
    pub fn own_message(&self) -> Option<&UserMessage> {
        self.0.user_message.as_ref()
    }

    /// The sentences that may be shown to a citizen.
    pub fn message_for_citizens(&self) -> UserMessage {
        self.0.user_message.clone().unwrap_or_else(|| {
            let info = self.0.code.info();
            UserMessage { en: Cow::Borrowed(info.en), sw: Cow::Borrowed(info.sw) }
        })
    }

    /// The answer as `application/problem+json`.
    pub fn to_response(&self, request_id: &RequestId) -> Response {
        let info = self.0.code.info();
        let body = Body {
            kind: TypeAddress(info.text),
            title: info.title,
            status: info.status,
            code: info.text,
            detail: &self.0.detail,
            user_message: self.message_for_citizens(),
            money_moved: self.0.money_moved,
            retryable: info.retryable,
            errors: &self.0.errors,
            request_id: request_id.as_str(),
        };
        let body = serde_json::to_vec(&body).expect("a problem can be written as JSON");
        let mut response = response::bytes(self.status(), "application/problem+json", body);
        self.add_headers(&mut response);
        response
    }

    /// The headers that belong to this problem, whatever its body looks like.
    pub fn add_headers(&self, response: &mut Response) {
        let headers = response.headers_mut();
        // What is wrong now may be right in a moment.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.0.retry_after_seconds {
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Some(allow) = &self.0.allow {
            headers.insert(ALLOW, allow.clone());
        }
        if let Some(challenge) = &self.0.challenge {
            headers.insert(WWW_AUTHENTICATE, challenge.clone());
        }
        if self.0.closes_connection {
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
}

/// For the log: the inner face, without field errors.
impl fmt::Debug for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.0.code.text(), self.0.detail)?;
        match &self.0.internal {
            Some(internal) => write!(formatter, " ({internal})"),
            None => Ok(()),
        }
    }
}

/// The wire form, in the order of the documentation.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(rename = "type")]
    kind: TypeAddress,
    title: &'static str,
    status: u16,
    code: &'static str,
    detail: &'a str,
    user_message: UserMessage,
    #[serde(skip_serializing_if = "Option::is_none")]
    money_moved: Option<MoneyMoved>,
    retryable: bool,
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    errors: &'a [FieldError],
    request_id: &'a str,
}

/// `type` is a reference to a page this very server has, so that it opens offline too.
struct TypeAddress(&'static str);

impl Serialize for TypeAddress {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("/errors/{}", self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::request_id::RequestIds;
    use http_body_util::BodyExt;

    async fn body_of(problem: &Problem) -> serde_json::Value {
        let response = problem.to_response(&RequestIds::new().next());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[tokio::test]
    async fn the_answer_says_everything_but_what_belongs_in_the_log() {
        let problem = Problem::validation(vec![FieldError {
            pointer: "/amount".into(),
            code: "too_large",
            detail: "M-PESA takes up to KES 250,000.00 in one payment.".into(),
            limit: Some(25_000_000),
        }])
        .internal("channel table row 7")
        .money_moved(MoneyMoved::No);
        let body = body_of(&problem).await;
        assert_eq!(body["type"], "/errors/validation_failed");
        assert_eq!(body["status"], 422);
        assert_eq!(body["money_moved"], "no");
        assert_eq!(body["retryable"], false);
        assert_eq!(body["errors"][0]["pointer"], "/amount");
        assert_eq!(body["errors"][0]["limit"], 25_000_000);
        assert!(body["user_message"]["sw"].as_str().unwrap().contains("majibu"));
        assert!(body["request_id"].as_str().unwrap().starts_with("req_"));
        assert!(!body.to_string().contains("row 7"));
        assert!(format!("{problem:?}").contains("row 7"));
    }

    #[tokio::test]
    async fn what_a_problem_knows_about_money_is_not_overwritten() {
        let known = Problem::internal_error("x").money_moved(MoneyMoved::Yes);
        assert_eq!(known.money_moved_if_unsaid(MoneyMoved::Unknown).what_moved(), Some(MoneyMoved::Yes));
        let body = body_of(&Problem::internal_error("x")).await;
        assert!(body.get("money_moved").is_none(), "nothing is said about money where none is involved");
    }
}
