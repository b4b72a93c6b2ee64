//! `malipo listen`: follows the feed of an agency and sends each event to an address of the developer's, signed as a webhook
//! is. No public address and no endpoint is needed to try out what takes webhooks.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use bytes::Bytes;
use hyper::Method;
use hyper::header::{HeaderMap, HeaderName};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::api::{Api, ApiError, ApiFlags};
use super::{EXIT_UNAVAILABLE, complain};
use crate::access::KeySecret;
use crate::clock::Clock;
use crate::notices::signature::{ID_HEADER, SIGNATURE_HEADER, SigningKey, TIMESTAMP_HEADER};
use crate::payments::NoticeKind;

/// How often it is asked whether anything has happened.
const ASK_EVERY: Duration = Duration::from_millis(300);
/// The same while the gateway does not answer.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(1);
/// How long the developer's own program may take, as webhooks grant it.
const DEADLINE: Duration = Duration::from_secs(15);

/// The flags of `listen`.
#[derive(Debug, clap::Args)]
pub struct ListenFlags {
    /// Where events are sent, such as http://localhost:3000/hook.
    #[arg(long, value_name = "URL", required_unless_present = "print_secret")]
    forward_to: Option<String>,
    /// Types of events, with commas between them. All, if none is named.
    #[arg(long, value_name = "TYPES", value_delimiter = ',')]
    events: Vec<NoticeKind>,
    /// Print the secret that signs, and nothing else. It is the same as long as the key is.
    #[arg(long)]
    print_secret: bool,
    #[command(flatten)]
    api: ApiFlags,
}

/// A page of the feed, each event as it came: what is signed is what the gateway wrote, to the byte.
#[derive(Deserialize)]
struct Page<'a> {
    #[serde(borrow)]
    data: Vec<&'a RawValue>,
    next_cursor: String,
    has_more: bool,
}

#[derive(Deserialize)]
struct Head {
    id: String,
    #[serde(rename = "type")]
    kind: String,
}

/// `malipo listen`.
pub(super) fn listen(flags: &ListenFlags) -> ExitCode {
    let api = match flags.api.api() {
        Ok(api) => api,
        Err(error) => {
            complain(&error);
            return ExitCode::FAILURE;
        }
    };
    let secret = secret_of(api.key());
    let Some(target) = flags.forward_to.as_ref().filter(|_| !flags.print_secret) else {
        println!("{}", &*secret.for_receiver());
        return ExitCode::SUCCESS;
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&error);
            return ExitCode::FAILURE;
        }
    };
    eprintln!("The events of {} go to {target}, until Ctrl-C.", api.url());
    eprintln!("They are signed with {}", &*secret.for_receiver());
    let error = runtime.block_on(follow(&api, &flags.events, target, &secret));
    complain(&error);
    match error {
        ApiError::NoAnswer { .. } => ExitCode::from(EXIT_UNAVAILABLE),
        ApiError::Unknown(_) | ApiError::Refused { .. } => ExitCode::FAILURE,
    }
}

/// The secret that goes with a key: it follows from it, so that it need not be kept anywhere, and says nothing of it.
fn secret_of(key: &KeySecret) -> SigningKey {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.reveal().as_bytes());
    let bytes = hmac::sign(&key, b"malipo listen");
    SigningKey::of_bytes(bytes.as_ref()).expect("thirty-two bytes are a secret")
}

/// Follows the feed until the gateway refuses. A gateway that is started again is waited for: the cursor stays good.
async fn follow(api: &Api, kinds: &[NoticeKind], target: &str, secret: &SigningKey) -> ApiError {
    let words: Vec<_> = kinds.iter().map(|kind| kind.word()).collect();
    let types = if words.is_empty() { String::new() } else { format!("&type={}", words.join(",")) };
    let clock = Clock::system();
    let (mut cursor, mut has_begun, mut is_told) = ("latest".to_owned(), false, false);
    loop {
        let answer = match api.get(&format!("/v1/events?cursor={cursor}{types}")).await {
            Ok(answer) => answer,
            Err(error @ ApiError::NoAnswer { .. }) if has_begun => {
                if !std::mem::replace(&mut is_told, true) {
                    eprintln!("{error}. Nothing is missed: it is asked again.");
                }
                tokio::time::sleep(ASK_AGAIN_AFTER).await;
                continue;
            }
            Err(error) => return error,
        };
        if !std::mem::replace(&mut has_begun, true) {
            eprintln!("ready");
        }
        is_told = false;
        let page: Page<'_> = match serde_json::from_slice(&answer) {
            Ok(page) => page,
            Err(error) => {
                return ApiError::NoAnswer { url: api.url().to_owned(), reason: error.to_string() };
            }
        };
        for event in &page.data {
            forward(api, target, secret, clock.now_micros() / 1_000_000, event.get()).await;
        }
        cursor = page.next_cursor;
        if !page.has_more {
            tokio::time::sleep(ASK_EVERY).await;
        }
    }
}

/// Sends one event, once, and prints a line about it.
async fn forward(api: &Api, target: &str, secret: &SigningKey, timestamp: i64, event: &str) {
    let Ok(Head { id, kind }) = serde_json::from_str(event) else { return };
    let body = Bytes::copy_from_slice(event.as_bytes());
    let signature = secret.sign(&id, timestamp, &body).expect("a secret signs");
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("content-type", "application/json".to_owned()),
        ("user-agent", "malipo".to_owned()),
        (ID_HEADER, id.clone()),
        (TIMESTAMP_HEADER, timestamp.to_string()),
        (SIGNATURE_HEADER, signature),
    ] {
        let value = value.try_into().expect("identifiers, numbers and base64 are visible ASCII");
        headers.insert(HeaderName::from_static(name), value);
    }
    let began = Instant::now();
    let answered = api.client().send(Method::POST, target, headers, body, DEADLINE).await;
    let took_ms = began.elapsed().as_millis();
    match answered {
        Ok((status, _)) => println!("{kind:<18} {id}  {} in {took_ms} ms", status.as_u16()),
        Err(reason) => println!("{kind:<18} {id}  not sent: {reason}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::KeyMode;

    #[test]
    fn a_secret_stays_as_long_as_its_key_does() {
        let (one, other) = (
            KeySecret::from_random(KeyMode::Test, &[1; 32]),
            KeySecret::from_random(KeyMode::Test, &[2; 32]),
        );
        assert_eq!(*secret_of(&one).for_receiver(), *secret_of(&one).for_receiver());
        assert_ne!(*secret_of(&one).for_receiver(), *secret_of(&other).for_receiver());
    }
}
