//! Idempotency keys: one effect for one request, however often it is sent (draft-ietf-httpapi-idempotency-key-header).
//!
//! What a key caused is in the books, claimed for the period of thirty days in which it was first used; look-ups go back
//! one period, so a key holds for thirty days at least. The map here only tells a request that is being carried out at
//! this moment.

use std::sync::Arc;

use dashmap::DashMap;
use dashmap::mapref::entry::Entry;
use ledger::{Fingerprint, Hash, LedgerTime};

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
#[derive(Debug, Default)]
pub struct InFlight {
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
        let Hash(scope) =
            Hash::of_parts(&[principal.name().as_bytes(), b"\0", route.as_bytes(), b"\0", key.as_bytes()]);
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
        let Hash(fingerprint) = Hash::of_parts(&[route.as_bytes(), b"\0", body]);
        let idempotency =
            Idempotency { claims: [claim(period), claim(period - 1)], fingerprint: Fingerprint(fingerprint) };
        Ok(Place { in_flight: self, scope, idempotency })
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
        Principal::Key(_) | Principal::Operator => KEY_LEN_MIN,
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
