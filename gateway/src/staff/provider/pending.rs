//! A sign-in that has been begun: what the browser has to bring back with the provider's answer.
//!
//! It lies in a cookie of the browser that began it, encrypted under a key that lives as long as this process: nothing is
//! kept here for people who never come back, and an answer that is carried into another browser finds no cookie that
//! belongs to it. Only what has come back is remembered, the newest of it, so that it comes back once.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use catalog::Language;
use ledger::Hash;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// How long somebody may take at the provider, in seconds: also how long their browser keeps the cookie.
pub const PENDING_SECONDS: u64 = 10 * 60;
/// Sign-ins that came back and are remembered. Of further ones the oldest makes room: a stranger who brings so many back
/// keeps nobody out, and a code of one that is forgotten was handed to the provider, which takes it once.
const RETURNED_MAX: usize = 20_000;
/// The longest address that is led to afterwards, in bytes. Browsers keep cookies of 4 KB.
const THERE_BYTES_MAX: usize = 1024;

/// A sign-in that has been begun.
#[derive(Serialize, Deserialize)]
pub(super) struct Pending {
    /// Comes back with the browser.
    pub(super) state: String,
    /// Comes back in the token.
    pub(super) nonce: String,
    /// Proves that who fetches the token is who began.
    pub(super) verifier: Zeroizing<String>,
    /// The language of the page where it was begun.
    pub(super) language: Language,
    /// Where it is to lead; empty for the first room.
    pub(super) there: String,
    /// When it was begun, in seconds since the process was.
    began: u64,
}

/// What came back belongs to no sign-in that was begun in this browser and has not ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotPending {
    /// There is no cookie of ours, or it is of an earlier life of the gateway.
    #[error("no sign-in was begun in this browser")]
    NotBegun,
    /// It took too long.
    #[error("the sign-in was begun too long ago")]
    TooOld,
    /// The state is that of another sign-in.
    #[error("the answer belongs to another sign-in")]
    OtherState,
    /// It has come back before.
    #[error("the sign-in has come back before")]
    Returned,
}

/// Seals and opens what browsers keep.
pub(super) struct PendingSignIns {
    key: RandomizedNonceKey,
    since: Instant,
    returned: Mutex<CameBack>,
}

/// The newest sign-ins that came back, by the hashes of their states.
#[derive(Default)]
struct CameBack {
    known: HashSet<Hash>,
    /// The oldest first.
    in_turn: VecDeque<Hash>,
}

impl CameBack {
    /// Remembers one; says whether it came for the first time.
    fn is_new(&mut self, name: Hash) -> bool {
        if !self.known.insert(name) {
            return false;
        }
        self.in_turn.push_back(name);
        if self.in_turn.len() > RETURNED_MAX
            && let Some(oldest) = self.in_turn.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}

impl PendingSignIns {
    pub(super) fn new() -> Self {
        let key = RandomizedNonceKey::new(&AES_256_GCM, &rand::random::<[u8; 32]>());
        Self {
            key: key.expect("a key of AES-256 has 32 bytes"),
            since: Instant::now(),
            returned: Mutex::default(),
        }
    }

    /// Begins a sign-in at `now`; gives it, and what its browser is to keep.
    pub(super) fn begin(&self, language: Language, there: &str, now: Instant) -> (Pending, String) {
        let there = if there.len() <= THERE_BYTES_MAX { there } else { "" };
        let pending = Pending {
            state: unguessable(),
            nonce: unguessable(),
            verifier: Zeroizing::new(unguessable()),
            language,
            there: there.to_owned(),
            began: self.seconds(now),
        };
        let mut sealed = serde_json::to_vec(&pending).expect("its fields can be written as JSON");
        let nonce = self.key.seal_in_place_append_tag(Aad::empty(), &mut sealed);
        let nonce = nonce.expect("a few hundred bytes can be sealed");
        sealed.extend_from_slice(nonce.as_ref());
        (pending, URL_SAFE_NO_PAD.encode(&sealed))
    }

    /// What a browser kept, whatever came back with it: for the language of what it is told.
    pub(super) fn open(&self, kept: &str, now: Instant) -> Result<Pending, NotPending> {
        let mut sealed = URL_SAFE_NO_PAD.decode(kept).map_err(|_| NotPending::NotBegun)?;
        let nonce_at = sealed.len().checked_sub(NONCE_LEN).ok_or(NotPending::NotBegun)?;
        let nonce = sealed.split_off(nonce_at);
        let nonce = Nonce::try_assume_unique_for_key(&nonce).map_err(|_| NotPending::NotBegun)?;
        let opened = self.key.open_in_place(nonce, Aad::empty(), &mut sealed);
        let opened = opened.map_err(|_| NotPending::NotBegun)?;
        let pending: Pending = serde_json::from_slice(opened).map_err(|_| NotPending::NotBegun)?;
        if self.seconds(now).saturating_sub(pending.began) < PENDING_SECONDS {
            Ok(pending)
        } else {
            Err(NotPending::TooOld)
        }
    }

    /// Takes a sign-in that has come back with this state, once.
    pub(super) fn take(&self, pending: &Pending, state: &str) -> Result<(), NotPending> {
        let is_its =
            aws_lc_rs::constant_time::verify_slices_are_equal(pending.state.as_bytes(), state.as_bytes());
        is_its.map_err(|_| NotPending::OtherState)?;
        // Nothing in here is half changed when it panics.
        let mut returned = self.returned.lock().unwrap_or_else(PoisonError::into_inner);
        if returned.is_new(Hash::of(state.as_bytes())) { Ok(()) } else { Err(NotPending::Returned) }
    }

    fn seconds(&self, now: Instant) -> u64 {
        now.saturating_duration_since(self.since).as_secs()
    }
}

/// 256 random bits, as they may stand in an address and as PKCE takes them.
fn unguessable() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_comes_back_is_taken_once_and_in_the_browser_that_began() {
        let (signing_in, now) = (PendingSignIns::new(), Instant::now());
        let (begun, kept) = signing_in.begin(Language::Sw, "/sw/agency/", now);
        let opened = signing_in.open(&kept, now).unwrap();
        assert_eq!((&opened.state, &opened.nonce), (&begun.state, &begun.nonce));
        assert_eq!((opened.language, opened.there.as_str()), (Language::Sw, "/sw/agency/"));
        assert!(opened.verifier.len() >= 43, "PKCE asks for as many");

        let (other, _) = signing_in.begin(Language::En, "", now);
        assert_eq!(signing_in.take(&opened, &other.state), Err(NotPending::OtherState));
        assert_eq!(signing_in.take(&opened, ""), Err(NotPending::OtherState));
        assert_eq!(signing_in.take(&opened, &begun.state), Ok(()));
        assert_eq!(signing_in.take(&opened, &begun.state), Err(NotPending::Returned));
    }

    #[test]
    fn what_a_browser_keeps_ends_and_cannot_be_made_or_changed() {
        let (signing_in, now) = (PendingSignIns::new(), Instant::now());
        let (_, kept) = signing_in.begin(Language::En, &"x".repeat(THERE_BYTES_MAX + 1), now);
        let open = |kept: &str, after: u64| {
            signing_in.open(kept, now + Duration::from_secs(after)).map(|pending| pending.there)
        };
        assert_eq!(open(&kept, PENDING_SECONDS - 1).as_deref(), Ok(""), "too long an address is left out");
        assert_eq!(open(&kept, PENDING_SECONDS + 1), Err(NotPending::TooOld));
        let mut changed = kept.clone().into_bytes();
        changed[10] ^= 1;
        for other in ["", "abc", "!", std::str::from_utf8(&changed).unwrap()] {
            assert_eq!(open(other, 0), Err(NotPending::NotBegun), "{other}");
        }
        let of_another_life = PendingSignIns::new().open(&kept, now);
        assert!(matches!(of_another_life, Err(NotPending::NotBegun)));
    }

    #[test]
    fn the_newest_that_came_back_are_remembered_and_the_oldest_make_room() {
        let (signing_in, now) = (PendingSignIns::new(), Instant::now());
        let comes_back = |pending: &Pending| signing_in.take(pending, &pending.state);
        let one = || signing_in.begin(Language::En, "", now).0;
        let (first, second) = (one(), one());
        comes_back(&first).unwrap();
        comes_back(&second).unwrap();
        for _ in 2..RETURNED_MAX {
            comes_back(&one()).unwrap();
        }
        assert_eq!(comes_back(&first), Err(NotPending::Returned), "there is room for so many");
        let last = one();
        assert_eq!(comes_back(&last), Ok(()), "nobody is kept out");
        assert_eq!(comes_back(&second), Err(NotPending::Returned));
        assert_eq!(comes_back(&last), Err(NotPending::Returned));
        let returned = signing_in.returned.lock().unwrap();
        assert_eq!((returned.known.len(), returned.in_turn.len()), (RETURNED_MAX, RETURNED_MAX));
        assert!(!returned.known.contains(&Hash::of(first.state.as_bytes())), "the oldest made room");
    }
}
