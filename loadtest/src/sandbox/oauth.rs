//! Access tokens: `GET /oauth/v1/generate?grant_type=client_credentials`.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{self, HeaderMap};
use hyper::{StatusCode, Uri};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::answer::{Answer, DarajaError, json_answer};
use super::options::Options;

/// How many tokens live at once; the oldest makes room. Real merchants hold one or two.
const TOKENS_MAX: usize = 1_000;

/// The tokens that have been given out. They do not survive a restart.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    given: Mutex<VecDeque<(String, Timestamp)>>,
}

impl Tokens {
    /// Answers the token call.
    pub(crate) fn generate(
        &self,
        options: &Options,
        uri: &Uri,
        headers: &HeaderMap,
    ) -> Result<Answer, DarajaError> {
        let grant_type =
            uri.query().unwrap_or("").split('&').find_map(|pair| pair.strip_prefix("grant_type="));
        if grant_type != Some("client_credentials") {
            return Err(DarajaError::new("400.008.02", "Invalid grant type passed"));
        }
        let expected = STANDARD.encode(format!("{}:{}", options.consumer_key, options.consumer_secret));
        match credentials(headers, "Basic ") {
            None => return Err(DarajaError::new("400.008.01", "Invalid Authentication passed")),
            Some(given) if given != expected => {
                return Err(DarajaError::new("400.008.01", "Invalid Authentication passed"));
            }
            Some(_) => {}
        }
        let token = hex::encode(rand::random::<[u8; 14]>());
        let life = SignedDuration::try_from(options.token_life).unwrap_or(SignedDuration::from_hours(1));
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        if given.len() == TOKENS_MAX {
            given.pop_front();
        }
        given.push_back((token.clone(), options.clock.now() + life));
        // Text, not a number; and a second less than the token's life, as published.
        let expires_in = options.token_life.as_secs().saturating_sub(1).to_string();
        Ok(json_answer(StatusCode::OK, &json!({"access_token": token, "expires_in": expires_in})))
    }

    /// Refuses a product call without a living token.
    pub(crate) fn check(&self, now: Timestamp, headers: &HeaderMap) -> Result<(), DarajaError> {
        let Some(shown) = credentials(headers, "Bearer ") else {
            return Err(DarajaError::new("404.001.04", "Invalid Authentication Header"));
        };
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        given.retain(|(_, expires_at)| *expires_at > now);
        if given.iter().any(|(token, _)| token == shown) {
            Ok(())
        } else {
            Err(DarajaError::new("404.001.03", "Invalid Access Token"))
        }
    }
}

fn credentials<'headers>(headers: &'headers HeaderMap, scheme: &str) -> Option<&'headers str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix(scheme)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        headers
    }

    fn generate(
        tokens: &Tokens,
        options: &Options,
        uri: &'static str,
        value: &str,
    ) -> Result<Answer, DarajaError> {
        tokens.generate(options, &Uri::from_static(uri), &headers(value))
    }

    const RIGHT: &str = "Basic ZGVtby1jb25zdW1lci1rZXk6ZGVtby1jb25zdW1lci1zZWNyZXQ=";

    #[test]
    fn wrong_calls_are_told_apart() {
        let (tokens, options) = (Tokens::default(), Options::default());
        let code = |uri, value| generate(&tokens, &options, uri, value).unwrap_err().code();
        assert_eq!(code("/oauth/v1/generate", RIGHT), "400.008.02");
        assert_eq!(code("/oauth/v1/generate?grant_type=client_credentials", "Bearer x"), "400.008.01");
        assert_eq!(code("/oauth/v1/generate?grant_type=client_credentials", "Basic x"), "400.008.01");
        assert!(
            generate(&tokens, &options, "/oauth/v1/generate?grant_type=client_credentials", RIGHT).is_ok()
        );
    }

    #[test]
    fn a_token_opens_doors_until_it_expires() {
        let (tokens, options) = (Tokens::default(), Options::default());
        generate(&tokens, &options, "/oauth/v1/generate?grant_type=client_credentials", RIGHT).unwrap();
        let token = tokens.given.lock().unwrap()[0].0.clone();
        let bearer = headers(&format!("Bearer {token}"));
        let now = options.clock.now();
        assert_eq!(tokens.check(now, &bearer), Ok(()));
        assert_eq!(tokens.check(now, &headers("Bearer other")).unwrap_err().code(), "404.001.03");
        assert_eq!(tokens.check(now, &HeaderMap::new()).unwrap_err().code(), "404.001.04");
        assert!(tokens.check(now + SignedDuration::from_hours(2), &bearer).is_err());
    }
}
