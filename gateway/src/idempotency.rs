//! Idempotency keys: one effect for one request, however often it is sent (draft-ietf-httpapi-idempotency-key-header).
//!
//! What a key caused is in the books, claimed for the period of thirty days in which it was first used; look-ups go back
//! one period, so a key holds for thirty days at least. The map here only tells a request that is being carried out at
//! this moment.

use std::sync::Arc;

use aws_lc_rs::hmac;
use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use ledger::{Fingerprint, LedgerTime};

use crate::api::Principal;
use crate::http::problem::{MoneyMoved, Problem};
use crate::http::problem_codes::Code;
use crate::http::request::RequestHead;
use crate::payments::Idempotency;

const PERIOD_MICROS: i64 = 30 * 86_400_000_000;
/// The shortest key: unauthenticated callers need 128 bits, which is 22 letters and digits.
const KEY_LEN_MIN: usize = 16;
const KEY_LEN_MIN_FOR_GUESTS: usize = 22;
const KEY_LEN_MAX: usize = 128;

/// Requests that are being carried out.
#[derive(Debug)]
pub struct InFlight {
    /// Requests hold phones and names, and what goes into the books may leave them in an export: without this key a hash
    /// would give back whatever there are few of. It stays the same, or repeats would not be told.
    hashes: hmac::Key,

    requests: DashMap<[u8; 32], ()>,
}

/// The place of a request that is being carried out. Dropping it ends it.
#[derive(Debug)]
pub struct Place<'a> {
    in_flight: &'a InFlight,
    scope: [u8; 32],
    /// What goes into the books.
    pub idempotency: Idempotency,
}

impl InFlight {
    /// Nothing is being carried out. `hashes` is the key of all hashes made here.
    pub fn new(hashes: hmac::Key) -> Self {
        Self { hashes, requests: DashMap::new() }
    }

    /// Reads the key of a request and takes its place. `route` is the route's name and what its path says; the body
    /// belongs to the fingerprint.
    pub fn enter(
        &self,
        head: &RequestHead,
        principal: &Principal,
        route: &str,
        body: &[u8],
        now: LedgerTime,
    ) -> Result<Place<'_>, Problem> {
        let key = head.header("idempotency-key").unwrap_or_default().trim_matches('"');
        self.enter_by(key, principal, route, body, now)
    }

    /// As [`enter`](Self::enter), with a key that came in another way than in the header: the token of a form.
    pub fn enter_by(
        &self,
        key: &str,
        principal: &Principal,
        route: &str,
        body: &[u8],
        now: LedgerTime,
    ) -> Result<Place<'_>, Problem> {
        check_key(key, principal)?;
        let scope = self.hash(&[principal.namespace().as_bytes(), route.as_bytes(), key.as_bytes()]);
        match self.requests.entry(scope) {
            Entry::Occupied(_) => {
                return Err(Problem::new(Code::RequestInProgress, "Ask again in a second.")
                    .retry_after_seconds(1)
                    .money_moved(MoneyMoved::Unknown));
            }
            Entry::Vacant(vacant) => drop(vacant.insert(())),
        }
        let period = now.micros().div_euclid(PERIOD_MICROS);
        let claim = |period: i64| Arc::from(format!("idempotency {period} {}", hex::encode(scope)));
        let fingerprint = self.hash(&[route.as_bytes(), body]);
        let idempotency =
            Idempotency { claims: [claim(period), claim(period - 1)], fingerprint: Fingerprint(fingerprint) };
        Ok(Place { in_flight: self, scope, idempotency })
    }

    /// HMAC-SHA-256 over the parts, each after its length.
    fn hash(&self, parts: &[&[u8]]) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.hashes);
        for part in parts {
            context.update(&(part.len() as u64).to_le_bytes());
            context.update(part);
        }
        let mut hash = [0; 32];
        hash.copy_from_slice(context.sign().as_ref());
        hash
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.in_flight.requests.remove(&self.scope);
    }
}

fn check_key(key: &str, principal: &Principal) -> Result<(), Problem> {
    let len_min = match principal {
        Principal::Anyone => KEY_LEN_MIN_FOR_GUESTS,
        Principal::Key(_) | Principal::Operator | Principal::Staff(_) => KEY_LEN_MIN,
    };
    let is_form =
        (len_min..=KEY_LEN_MAX).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    if is_form {
        Ok(())
    } else {
        let detail =
            format!("Send Idempotency-Key with {len_min} to {KEY_LEN_MAX} visible ASCII characters.");
        Err(Problem::new(Code::IdempotencyKeyMissing, detail).money_moved(MoneyMoved::No))
    }
}
