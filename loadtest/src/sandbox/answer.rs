//! Answers, in Safaricom's forms and in the control interface's own.

use bytes::Bytes;
use http_body_util::channel::Channel;
use http_body_util::{Either, Full};
use hyper::header::{self, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;
use serde_json::json;

/// Either a small body or the record as a stream.
pub(crate) type Body = Either<Full<Bytes>, Channel<Bytes, std::io::Error>>;

/// A finished answer.
pub(crate) type Answer = Response<Body>;

/// JSON with this status.
pub(crate) fn json_answer(status: StatusCode, body: &impl Serialize) -> Answer {
    let bytes = serde_json::to_vec(body).expect("answers have text keys and finite values");
    with_type(status, "application/json", Either::Left(Full::new(bytes.into())))
}

/// A body of another type.
pub(crate) fn with_type(status: StatusCode, content_type: &'static str, body: Body) -> Answer {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// An error as Safaricom's gateway tells it: the first three digits of the code are the HTTP status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DarajaError {
    code: &'static str,
    message: String,
}

impl DarajaError {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// A field that is missing or wrong: 400.002.02.
    pub(crate) fn bad_field(name: &str) -> Self {
        Self::new("400.002.02", format!("Bad Request - Invalid {name}"))
    }

    /// Safaricom has too much to do: 500.003.02.
    pub(crate) fn busy() -> Self {
        Self::new("500.003.02", "System is busy. Please try again in few minutes.")
    }

    #[cfg(test)]
    pub(crate) fn code(&self) -> &'static str {
        self.code
    }

    pub(crate) fn answer(&self) -> Answer {
        let status = self.code[..3].parse::<u16>().ok().and_then(|status| StatusCode::from_u16(status).ok());
        let body = json!({"requestId": request_id(), "errorCode": self.code, "errorMessage": self.message});
        json_answer(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), &body)
    }
}

/// An error of the control interface, which is ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ControlError {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl ControlError {
    pub(crate) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub(crate) fn answer(&self) -> Answer {
        json_answer(self.status, &json!({"code": self.code, "message": self.message}))
    }
}

/// An identifier in the shape of `29115-34620561-1`, which real requests get.
pub(crate) fn request_id() -> String {
    format!(
        "{}-{}-1",
        rand::random_range(10_000..100_000_u32),
        rand::random_range(10_000_000..100_000_000_u32)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_carries_the_http_status() {
        assert_eq!(DarajaError::bad_field("Amount").answer().status(), StatusCode::BAD_REQUEST);
        assert_eq!(
            DarajaError::new("404.001.03", "Invalid Access Token").answer().status(),
            StatusCode::NOT_FOUND
        );
        assert_eq!(DarajaError::busy().answer().status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
