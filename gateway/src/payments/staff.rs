//! Who is on the staff: accounts that are added, set up, reset and ended by records. Nothing here names a person.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::access::StaffAccount;

/// The most accounts at once: more than all agencies have counters and gates.
pub(super) const STAFF_MAX: usize = 20_000;

/// What happens to accounts of staff, as the journal keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "staff", rename_all = "snake_case")]
pub enum StaffEvent {
    /// Somebody was invited.
    Added {
        /// What they may do.
        account: StaffAccount,
    },
    /// They chose a password and showed a code of their app: they can sign in from here on.
    SetUp {
        /// Who.
        account: Arc<str>,
    },
    /// Somebody signed in. Changes nothing; it is here so that nobody can say later that they were never in.
    SignedIn {
        /// Who.
        account: Arc<str>,
        /// Whether an identity provider said who it is, and not a password and a code.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        by_provider: bool,
    },
    /// What an identity provider calls them was set, or taken back. Every session of theirs ends: it may be somebody else who
    /// signs in from here on.
    ProviderNamed {
        /// Who.
        account: Arc<str>,
    },
    /// Password and app were taken back and they were invited again. Every session of theirs ends.
    Reset {
        /// Who.
        account: Arc<str>,
    },
    /// They left. Every session of theirs ends.
    Ended {
        /// Who.
        account: Arc<str>,
    },
}

/// What is asked about accounts of staff.
#[derive(Clone, Debug)]
pub enum StaffAsk {
    /// Add an account.
    Add(StaffAccount),
    /// Note that somebody set up their account.
    NoteSetUp {
        /// Who.
        account: Arc<str>,
    },
    /// Note that somebody signed in.
    NoteSignIn {
        /// Who.
        account: Arc<str>,
        /// Whether an identity provider said who it is.
        by_provider: bool,
    },
    /// Note that what an identity provider calls somebody was set, or taken back.
    NoteProviderName {
        /// Who.
        account: Arc<str>,
    },
    /// Take password and app back.
    Reset {
        /// Whose.
        account: Arc<str>,
    },
    /// End an account.
    End {
        /// Whose.
        account: Arc<str>,
    },
}

/// An account in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffMember {
    /// What they may do.
    pub account: StaffAccount,
    /// Sequence of the record that ended every session there was: of when they were added or last reset.
    pub sessions_since: u64,
}

/// All accounts in force.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffRoll {
    members: BTreeMap<Arc<str>, StaffMember>,
}

impl StaffRoll {
    /// The account of this name, if it is in force.
    pub fn member(&self, id: &str) -> Option<&StaffMember> {
        self.members.get(id)
    }

    /// All of them, by their names.
    pub fn iter(&self) -> impl Iterator<Item = &StaffMember> {
        self.members.values()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// Applies what the record with this sequence tells of.
    pub(crate) fn apply(&mut self, event: &StaffEvent, sequence: u64) {
        match event {
            StaffEvent::Added { account } => {
                let member = StaffMember { account: account.clone(), sessions_since: sequence };
                self.members.insert(Arc::clone(&account.id), member);
            }
            StaffEvent::Reset { account } | StaffEvent::ProviderNamed { account } => {
                if let Some(member) = self.members.get_mut(account) {
                    member.sessions_since = sequence;
                }
            }
            StaffEvent::Ended { account } => {
                self.members.remove(account);
            }
            StaffEvent::SetUp { .. } | StaffEvent::SignedIn { .. } => {}
        }
    }
}
