//! The yardstick of the callback path: hyper on one thread, which reads the same body and gives the same answer, and
//! does nothing in between.

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Request, Response};

use crate::bare_hyper;

/// What the gateway answers to a confirmation, byte for byte.
const ANSWER: &[u8] = br#"{"ResultCode":0,"ResultDesc":"Success"}"#;

/// Serves until the process is killed, on one thread as the gateway takes callbacks.
pub(crate) fn serve() {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime starts");
    bare_hyper::serve(&runtime, answer);
}

async fn answer(request: Request<Incoming>) -> Response<Full<Bytes>> {
    // A body that breaks off ends its connection; nobody reads the answer.
    let _body = request.into_body().collect().await.map(http_body_util::Collected::to_bytes);
    let mut response = Response::new(Full::new(Bytes::from_static(ANSWER)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let id = HeaderValue::from_static("req_00000000000000000000");
    response.headers_mut().insert(HeaderName::from_static("request-id"), id);
    response
}
