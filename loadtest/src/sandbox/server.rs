//! The listener: from a connection to an answer.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::header::HeaderMap;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use super::answer::{Answer, ControlError, DarajaError, json_answer, request_id};
use super::bank;
use super::carriers;
use super::control;
use super::fields::Fields;
use super::record::Line;
use super::registration::Registration;
use super::safaricom::Safaricom;
use super::{acquirer, airtel, terminals};
use crate::phone::Phone;

const CONNECTIONS_MAX: usize = 2_000;
const BODY_BYTES_MAX: usize = 64 * 1024;
const BODY_WITHIN: Duration = Duration::from_secs(10);
const HEADERS_WITHIN: Duration = Duration::from_secs(30);

/// Accepts connections until the sandbox is told to stop, then returns when the open ones have ended.
pub(crate) async fn serve(listener: TcpListener, safaricom: Arc<Safaricom>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let graceful = GracefulShutdown::new();
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { break };
        let stream = tokio::select! {
            () = safaricom.stopping.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of file descriptors or the like: others must close first.
                    tracing::warn!(%error, "the sandbox could not accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            },
        };
        // Small answers must not wait for more to come.
        let _ = stream.set_nodelay(true);
        let service = {
            let safaricom = Arc::clone(&safaricom);
            service_fn(move |request| {
                let safaricom = Arc::clone(&safaricom);
                async move { Ok::<_, Infallible>(answer(&safaricom, request).await) }
            })
        };
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADERS_WITHIN)
            .max_buf_size(32 * 1024)
            .serve_connection(TokioIo::new(stream), service);
        let connection = graceful.watch(connection);
        let aborting = safaricom.aborting.clone();
        tokio::spawn(async move {
            tokio::select! {
                ended = connection => if let Err(error) = ended {
                    tracing::debug!(%error, "a connection to the sandbox ended early");
                },
                () = aborting.cancelled() => {}
            }
            drop(place);
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

async fn answer(safaricom: &Arc<Safaricom>, request: Request<Incoming>) -> Answer {
    let (head, body) = request.into_parts();
    let body = match tokio::time::timeout(BODY_WITHIN, Limited::new(body, BODY_BYTES_MAX).collect()).await {
        Ok(Ok(body)) => body.to_bytes(),
        Ok(Err(_)) | Err(_) => return DarajaError::new("400.002.05", "Invalid Request Payload").answer(),
    };
    let path = head.uri.path().trim_start_matches('/').to_owned();
    let segments: Vec<&str> = path.split('/').collect();
    match segments.as_slice() {
        ["livez"] => json_answer(StatusCode::OK, &json!({"status": "live"})),
        ["carriers", name, "version1", "messaging"] if head.method == Method::POST => {
            carriers::hand_over(safaricom, name, &head.headers, &body).await
        }
        ["carriers", name, "dashboard"] if head.method == Method::POST => {
            let set = carriers::set_dashboard(safaricom, name, &body).await;
            set.unwrap_or_else(|error| error.answer())
        }
        ["acquirer", rest @ ..] => {
            acquirer::answer(safaricom, &head.method, rest, head.uri.query(), &head.headers, &body).await
        }
        ["airtel", rest @ ..] => airtel::answer(safaricom, &head.method, rest, &head.headers, &body).await,
        ["control", rest @ ..] => {
            control_answer(safaricom, &head.method, rest, head.uri.query(), &body).await
        }
        segments => product_answer(safaricom, &head.method, segments, &head.uri, &head.headers, &body)
            .await
            .unwrap_or_else(|error| error.answer()),
    }
}

/// Safaricom's own calls.
async fn product_answer(
    safaricom: &Arc<Safaricom>,
    method: &Method,
    segments: &[&str],
    uri: &Uri,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Answer, DarajaError> {
    if segments == ["oauth", "v1", "generate"] {
        only(Method::GET, method)?;
        return safaricom.tokens.generate(&safaricom.options, uri, headers);
    }
    if !matches!(
        segments,
        ["mpesa", "c2b", "v1" | "v2", "registerurl" | "simulate"]
            | ["mpesa", "stkpush", "v1", "processrequest"]
            | ["mpesa", "stkpushquery", "v1", "query"]
            | ["pulltransactions", "v1", "register" | "query"]
    ) {
        return Err(no_such_call());
    }
    only(Method::POST, method)?;
    safaricom.tokens.check(safaricom.options.clock.now(), headers)?;
    match segments {
        ["mpesa", "c2b", "v1", "registerurl"] => register(safaricom, body, 1).await,
        ["mpesa", "c2b", "v2", "registerurl"] => register(safaricom, body, 2).await,
        ["mpesa", "c2b", ..] => control::simulate(safaricom, body),
        ["mpesa", "stkpush", ..] => safaricom.process_push(body),
        ["pulltransactions", _, "register"] => safaricom.register_pull(body),
        ["pulltransactions", ..] => safaricom.pull(body).await,
        _ => safaricom.query_push(body),
    }
}

async fn register(safaricom: &Arc<Safaricom>, body: &[u8], version: u8) -> Result<Answer, DarajaError> {
    let fields = Fields::parse(body)?;
    let registration = Registration::read(&fields, &safaricom.options.shortcode, version)?;
    safaricom.register(registration.clone())?;
    safaricom.record.append(Line::UrlsRegistered { registration }).await.map_err(|_| DarajaError::busy())?;
    // The field's name is misspelt in the real answer too.
    let body = json!({"OriginatorCoversationID": request_id(), "ResponseCode": "0", "ResponseDescription": "Success"});
    Ok(json_answer(StatusCode::OK, &body))
}

fn only(expected: Method, method: &Method) -> Result<(), DarajaError> {
    if *method == expected { Ok(()) } else { Err(DarajaError::new("405.001", "Method Not Allowed")) }
}

fn no_such_call() -> DarajaError {
    DarajaError::new("404.001.01", "Resource not found")
}

/// The control interface.
async fn control_answer(
    safaricom: &Arc<Safaricom>,
    method: &Method,
    segments: &[&str],
    query: Option<&str>,
    body: &Bytes,
) -> Answer {
    let result = match (method, segments) {
        (&Method::GET, ["summary"]) => Ok(control::summary(safaricom)),
        (&Method::GET, ["ledger"]) => control::ledger(safaricom).await,
        (&Method::GET, ["statement"]) => control::statement(safaricom, query).await,
        (&Method::GET, ["faults"]) => Ok(control::faults(safaricom)),
        (&Method::PUT, ["faults"]) => control::set_faults(safaricom, body).await,
        (&Method::PUT, ["tills", short_code, "faults"]) => {
            control::set_till_faults(safaricom, short_code, body).await
        }
        (&Method::POST, ["withheld", "release"]) => control::release_withheld(safaricom, body),
        (&Method::PUT, ["validation"]) => control::switch_validation(safaricom, body),
        (&Method::GET, ["messages"]) => Ok(carriers::inbox(safaricom)),
        (&Method::PUT, ["acquirer", "faults"]) => acquirer::set_faults(safaricom, body).await,
        (&Method::PUT, ["airtel", "faults"]) => airtel::set_faults(safaricom, body).await,
        (&Method::GET, ["acquirer", "statement"]) => Ok(acquirer::statement(safaricom)),
        (&Method::GET, ["airtel", "statement"]) => Ok(airtel::statement(safaricom)),
        (&Method::GET, ["airtel", "transactions", id]) => Ok(airtel::seen_by_payer(safaricom, id)),
        (&Method::PUT, ["carriers", name, "faults"]) => carriers::set_faults(safaricom, name, body).await,
        (&Method::POST, ["carriers", name, "incoming"]) => carriers::incoming(safaricom, name, body).await,
        (&Method::POST, ["banks", name, "deposit"]) => bank::deposit(safaricom, name, body).await,
        (&Method::PUT, ["banks", name, "faults"]) => bank::set_faults(safaricom, name, body).await,
        (&Method::GET, ["banks", name, "statement"]) => bank::statement(safaricom, name),
        (&Method::GET, ["banks", name, "summary"]) => bank::summary(safaricom, name),
        (&Method::POST, ["banks", name, "slips"]) => bank::pay_in(safaricom, name, body).await,
        (&Method::POST, ["banks", name, "slips", "collect"]) => bank::collect(safaricom, name).await,
        (&Method::PUT, ["banks", name, "slips", "faults"]) => {
            bank::set_slip_faults(safaricom, name, body).await
        }
        (&Method::POST, ["terminals", site, "sale"]) => terminals::sell(safaricom, site, body).await,
        (&Method::POST, ["terminals", site, "close"]) => terminals::close(safaricom, site).await,
        (&Method::GET, ["terminals", site, "settlement"]) => terminals::settlement(safaricom, site).await,
        (&Method::GET, ["terminals", site, "summary"]) => terminals::summary(safaricom, site).await,
        (&Method::PUT, ["terminals", site, "faults"]) => terminals::set_faults(safaricom, site, body).await,
        (method, ["handset", phone, action @ ..]) => match Phone::parse(phone) {
            None => {
                Err(ControlError::new(StatusCode::NOT_FOUND, "no_such_phone", "not a Kenyan mobile number"))
            }
            Some(phone) => match (method, action) {
                (&Method::GET, []) => Ok(control::handset(safaricom, &phone)),
                (&Method::POST, ["pin"]) => control::press_pin(safaricom, &phone, body),
                (&Method::POST, ["cancel"]) => control::press_cancel(safaricom, &phone),
                (&Method::POST, ["pay"]) => control::pay(safaricom, phone, body).await,
                (&Method::POST, ["sms"]) => control::deliver_message(safaricom, &phone, body),
                _ => Err(no_such_control()),
            },
        },
        _ => Err(no_such_control()),
    };
    result.unwrap_or_else(|error| error.answer())
}

fn no_such_control() -> ControlError {
    ControlError::new(StatusCode::NOT_FOUND, "not_found", "no such control call, or another method is meant")
}
