//! Sessions: who is signed in, held in memory alone. A restart signs everybody out, which costs them a password and a
//! code; a session that is not on a disk cannot be taken from one.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use dashmap::DashMap;
use ledger::Hash;

use crate::access::StaffAccount;
use crate::payments::{StaffMember, StaffRoll};

/// A session ends when nothing was asked for so long.
const IDLE_MAX: Duration = Duration::from_secs(30 * 60);
/// A session ends after a working day, whatever is done in it.
const AGE_MAX: Duration = Duration::from_secs(12 * 60 * 60);
/// The most sessions at once, of everybody.
const SESSIONS_MAX: usize = 20_000;
/// The most of one account: a person with two screens and a telephone. The oldest makes room.
const SESSIONS_PER_ACCOUNT_MAX: usize = 4;

/// What a browser shows: 256 random bits. We keep its hash.
#[derive(Clone)]
pub struct SessionToken(String);

impl SessionToken {
    fn new() -> Self {
        Self(hex::encode(rand::random::<[u8; 32]>()))
    }

    /// The token itself, for the browser alone.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(..)")
    }
}

/// Somebody who is signed in.
#[derive(Debug)]
pub struct Session {
    account: StaffAccount,
    login: Box<str>,
    /// The member's [`StaffMember::sessions_since`] when it began.
    since: u64,
    form_token: String,
    began: Instant,
    /// Milliseconds after `began` at which something was last asked for.
    last_asked_ms: AtomicU64,
    /// Its owner signed out: also what was opened before and still goes on must end.
    is_ended: AtomicBool,
}

impl Session {
    /// What they may do, and whose rows they see.
    pub fn account(&self) -> &StaffAccount {
        &self.account
    }

    /// The name that they sign in with: for their own pages, and nowhere else.
    pub fn login(&self) -> &str {
        &self.login
    }

    /// What every form of theirs repeats. Another site can make a browser send a form, and cannot know this.
    pub fn form_token(&self) -> &str {
        &self.form_token
    }

    /// Whether this is the token of its forms.
    pub fn is_form_token(&self, token: &str) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(self.form_token.as_bytes(), token.as_bytes())
            .is_ok()
    }

    /// Whether it is still believed at `now`. Asked at the head of each request, and by whatever goes on for longer.
    pub fn is_in_force(&self, roll: &StaffRoll, now: Instant) -> bool {
        let asked = Duration::from_millis(self.last_asked_ms.load(Ordering::Relaxed));
        let age = now.saturating_duration_since(self.began);
        let member = roll.member(&self.account.id);
        !self.is_ended.load(Ordering::Relaxed)
            && age < AGE_MAX
            && age.saturating_sub(asked) < IDLE_MAX
            && member.is_some_and(|member| member.sessions_since == self.since)
    }

    fn is_asked(&self, now: Instant) {
        let age = now.saturating_duration_since(self.began);
        self.last_asked_ms.fetch_max(u64::try_from(age.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

/// There are as many sessions as there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many people are signed in")]
pub struct SessionsFull;

/// All sessions, by the hash of their tokens: how long a look-up takes says nothing about any token.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    by_token: DashMap<Hash, Arc<Session>>,
}

impl Sessions {
    /// Begins a session of this member.
    pub(super) fn begin(
        &self,
        member: &StaffMember,
        login: &str,
        roll: &StaffRoll,
        now: Instant,
    ) -> Result<(SessionToken, Arc<Session>), SessionsFull> {
        self.make_room(&member.account.id, roll, now);
        if self.by_token.len() >= SESSIONS_MAX {
            return Err(SessionsFull);
        }
        let session = Arc::new(Session {
            account: member.account.clone(),
            login: login.into(),
            since: member.sessions_since,
            form_token: hex::encode(rand::random::<[u8; 16]>()),
            began: now,
            last_asked_ms: AtomicU64::new(0),
            is_ended: AtomicBool::new(false),
        });
        let token = SessionToken::new();
        self.by_token.insert(name_of(token.reveal()), Arc::clone(&session));
        Ok((token, session))
    }

    /// The session of this token, if it is in force; that it was asked for is noted.
    pub(super) fn find(&self, token: &str, roll: &StaffRoll, now: Instant) -> Option<Arc<Session>> {
        let name = name_of(token);
        let session = self.by_token.get(&name).map(|session| Arc::clone(&session))?;
        if session.is_in_force(roll, now) {
            session.is_asked(now);
            Some(session)
        } else {
            self.by_token.remove(&name);
            None
        }
    }

    /// Ends the session of this token.
    pub(super) fn end(&self, token: &str) {
        if let Some((_, session)) = self.by_token.remove(&name_of(token)) {
            session.is_ended.store(true, Ordering::Relaxed);
        }
    }

    /// Lets go of what has ended. Asked regularly.
    pub(super) fn forget(&self, roll: &StaffRoll, now: Instant) {
        self.by_token.retain(|_, session| session.is_in_force(roll, now));
    }

    /// How many people are signed in.
    pub(super) fn len(&self) -> usize {
        self.by_token.len()
    }

    fn make_room(&self, account: &str, roll: &StaffRoll, now: Instant) {
        let mut own = Vec::new();
        self.by_token.retain(|name, session| {
            let stays = session.is_in_force(roll, now);
            if stays && *session.account.id == *account {
                own.push((session.began, *name));
            }
            stays
        });
        own.sort_unstable_by_key(|(began, _)| *began);
        let too_many = (own.len() + 1).saturating_sub(SESSIONS_PER_ACCOUNT_MAX);
        for (_, name) in own.into_iter().take(too_many) {
            self.by_token.remove(&name);
        }
    }
}

fn name_of(token: &str) -> Hash {
    Hash::of(token.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Role;
    use crate::payments::StaffEvent;

    fn account(id: &str) -> StaffAccount {
        StaffAccount { id: id.into(), role: Role::AgencyViewer, agency: Some("kws".into()), counter: None }
    }

    fn roll() -> StaffRoll {
        let mut roll = StaffRoll::default();
        for (id, sequence) in [("stf_1", 1), ("stf_2", 2)] {
            roll.apply(&StaffEvent::Added { account: account(id) }, sequence);
        }
        roll
    }

    #[test]
    fn a_session_ends_when_nobody_asks_and_after_a_working_day() {
        let (roll, sessions, began) = (roll(), Sessions::default(), Instant::now());
        let member = roll.member("stf_1").unwrap();
        let (token, session) = sessions.begin(member, "one", &roll, began).unwrap();
        let find = |after: Duration| sessions.find(token.reveal(), &roll, began + after);
        assert!(find(IDLE_MAX / 2).is_some());
        assert!(find(IDLE_MAX / 2 + IDLE_MAX - Duration::from_secs(1)).is_some(), "asking keeps it");
        let mut at = IDLE_MAX;
        while at < AGE_MAX {
            assert!(find(at).is_some(), "{at:?}");
            at += IDLE_MAX / 2;
        }
        assert!(find(AGE_MAX).is_none());
        assert!(!session.is_in_force(&roll, began + AGE_MAX));

        let (idle, _) = sessions.begin(member, "one", &roll, began).unwrap();
        assert!(sessions.find(idle.reveal(), &roll, began + IDLE_MAX).is_none());
        assert!(sessions.find("no token of ours", &roll, began).is_none());
        assert_eq!(sessions.len(), 0, "what has ended is let go of");
    }

    #[test]
    fn signing_out_a_reset_and_leaving_end_sessions_at_once() {
        let (mut roll, sessions, now) = (roll(), Sessions::default(), Instant::now());
        let begin =
            |roll: &StaffRoll, id: &str| sessions.begin(roll.member(id).unwrap(), "x", roll, now).unwrap().0;
        let (out, reset, left) = (begin(&roll, "stf_1"), begin(&roll, "stf_1"), begin(&roll, "stf_2"));
        sessions.end(out.reveal());
        assert!(sessions.find(out.reveal(), &roll, now).is_none());
        assert!(sessions.find(reset.reveal(), &roll, now).is_some());
        roll.apply(&StaffEvent::Reset { account: "stf_1".into() }, 7);
        assert!(sessions.find(reset.reveal(), &roll, now).is_none());
        roll.apply(&StaffEvent::Ended { account: "stf_2".into() }, 8);
        assert!(sessions.find(left.reveal(), &roll, now).is_none());
    }

    #[test]
    fn the_oldest_session_of_an_account_makes_room_and_nobody_elses() {
        let (roll, sessions, now) = (roll(), Sessions::default(), Instant::now());
        let other = sessions.begin(roll.member("stf_2").unwrap(), "two", &roll, now).unwrap().0;
        let tokens: Vec<_> = (0..=SESSIONS_PER_ACCOUNT_MAX as u64)
            .map(|second| now + Duration::from_secs(second))
            .map(|at| sessions.begin(roll.member("stf_1").unwrap(), "one", &roll, at).unwrap().0)
            .collect();
        let now = now + Duration::from_secs(60);
        assert!(sessions.find(tokens[0].reveal(), &roll, now).is_none());
        for token in tokens[1..].iter().chain([&other]) {
            assert!(sessions.find(token.reveal(), &roll, now).is_some());
        }
    }
}
