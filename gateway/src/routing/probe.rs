//! Asking a back end whether it is well again, while nobody else asks it for anything.

use std::sync::Arc;

use http_body_util::{BodyExt as _, Limited};
use hyper::header::{HOST, HeaderValue, USER_AGENT};
use hyper::{Method, Request, Uri};
use tokio::time::{sleep, timeout};

use super::body::OutboundBody;
use super::line::{Line, Purpose};

/// The most that is read of what a health path says.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// Asks the health path whenever the breaker lets somebody find out, until it is closed.
pub(super) async fn until_well(line: Arc<Line>) {
    let Some(uri) = line.back_end.health_path.as_deref().and_then(|path| line.base.below(path)) else {
        return;
    };
    while let Some(admitted) = line.admit_probe() {
        match admitted {
            Err(pause) => sleep(pause).await,
            Ok(ticket) if is_well(&line, &uri).await => line.succeeded(Purpose::Request, ticket),
            Ok(ticket) => line.failed(Purpose::Request, ticket),
        }
    }
}

async fn is_well(line: &Line, uri: &Uri) -> bool {
    let mut request = Request::new(OutboundBody::empty());
    *request.method_mut() = Method::GET;
    *request.uri_mut() = uri.clone();
    let Ok(host) = HeaderValue::from_str(&line.base.authority) else { return false };
    request.headers_mut().insert(HOST, host);
    request.headers_mut().insert(USER_AGENT, HeaderValue::from_static("malipo"));
    let asked = async {
        let answer = line.client.request(request).await.ok()?;
        let is_well = answer.status().is_success();
        // Read to its end, so that the connection can be used again.
        Limited::new(answer.into_body(), BODY_BYTES_MAX).collect().await.ok()?;
        Some(is_well)
    };
    let patience = line.back_end.connect_timeout + line.back_end.head_timeout;
    timeout(patience, asked).await.ok().flatten().unwrap_or(false)
}
