//! Where agencies want to be told of what happens, and how far telling them has come. What there is to tell follows from
//! the records (`crate::notices`) and is kept nowhere else; here is what does not follow from anything: endpoints, which
//! secret signs, from which record on an endpoint has yet to be told, and what is tried again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use ledger::{LedgerTime, Sealed};
use serde::{Deserialize, Serialize};

use super::identifier::{EndpointId, NoticeId};
use super::notice_kind::NoticeKind;

/// Endpoints of one agency.
pub const ENDPOINTS_OF_ONE_AGENCY_MAX: usize = 16;
/// Endpoints of all agencies together.
pub const ENDPOINTS_MAX: usize = 2_000;
/// Notices of one endpoint that wait to be tried again. While there are as many, no further ones are begun: what comes
/// meanwhile stays in the journal, and nobody holds it in memory.
pub const OPEN_DELIVERIES_MAX: usize = 64;
/// Deliveries of one endpoint that are over and are still shown.
pub const FINISHED_DELIVERIES_KEPT: usize = 50;
/// Attempts of one delivery that are shown, the latest.
pub const ATTEMPTS_KEPT: usize = 12;
/// Secrets that one record says have been destroyed, at most.
pub const SECRETS_PER_RECORD_MAX: usize = 64;

/// What is recorded about endpoints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum NoticeEvent {
    /// An agency wants to be told somewhere. The secret that signs is sealed in this record.
    EndpointCreated {
        /// Where, of what, and how signed.
        terms: Arc<EndpointTerms>,
    },
    /// It is to be told elsewhere, or of something else, or again.
    EndpointChanged {
        /// Which.
        endpoint: EndpointId,
        /// What changes.
        change: EndpointChange,
    },
    /// Another secret signs from now on. It is sealed in this record.
    SecretRotated {
        /// Whose.
        endpoint: EndpointId,
        /// Until when the one before it signs as well.
        previous_until: LedgerTime,
    },
    /// The keys of secrets that sign for nobody any more were destroyed: nobody can open them, in whatever copy of these
    /// records.
    SecretsDestroyed {
        /// Sequences of the records in which they are sealed.
        secrets: Vec<u64>,
    },
    /// Nothing is sent there any more until somebody says so; what happens meanwhile is sent then.
    EndpointDisabled {
        /// Which.
        endpoint: EndpointId,
        /// Why.
        reason: DisabledReason,
    },
    /// It is no more.
    EndpointDeleted {
        /// Which.
        endpoint: EndpointId,
    },
    /// Something is to be sent again that had been sent or given up.
    ResendAsked {
        /// Where to.
        endpoints: Vec<EndpointId>,
        /// What.
        notice: NoticeId,
    },
    /// What was tried since this was last recorded, of many endpoints.
    Delivered {
        /// One for each endpoint that was tried.
        progress: Vec<EndpointProgress>,
    },
}

/// What an agency asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointTerms {
    /// Its identifier.
    pub id: EndpointId,
    /// Whose it is.
    pub agency: Arc<str>,
    /// Where notices are sent.
    pub url: Arc<str>,
    /// Of what; of everything, if nothing is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<NoticeKind>,
    /// What it is for, in the agency's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Arc<str>>,
    /// How notices are signed.
    pub signing: SigningScheme,
}

/// How notices are signed, by the Standard Webhooks specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SigningScheme {
    /// `v1`: HMAC with SHA-256, by a secret that both sides know.
    HmacSha256,
    /// `v1a`: Ed25519, by a key that only we know.
    Ed25519,
}

/// What changes of an endpoint. What is not named stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointChange {
    /// Where notices are sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<Arc<str>>,
    /// Of what.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kinds: Option<Vec<NoticeKind>>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Arc<str>>,
    /// Whether anything is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_enabled: Option<bool>,
}

/// Why nothing is sent to an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisabledReason {
    /// Its agency says so.
    ByAgency,
    /// It answered 410: gone.
    Gone,
    /// For as long as one notice is tried, it has taken none.
    Silent,
}

/// What was tried of one endpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndpointProgress {
    /// Which.
    pub endpoint: EndpointId,
    /// Sequence of the first record of which something may still have to be tried for the first time.
    pub from: u64,
    /// What [`Endpoint::kinds_since`] was for whoever tried. Whoever did not know of a change may have passed over what is
    /// told since then.
    pub kinds_since: u64,
    /// What was tried, in the order in which it ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<Tried>,
}

/// An attempt to deliver a notice that ended, and what follows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tried {
    /// What.
    pub notice: NoticeId,
    /// How it ended.
    #[serde(flatten)]
    pub attempt: DeliveryAttempt,
    /// What follows.
    pub then: Then,
}

/// One attempt to deliver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryAttempt {
    /// When it ended.
    pub at: LedgerTime,
    /// How long it took, in milliseconds.
    pub took_ms: u32,
    /// What came of it.
    pub outcome: DeliveryOutcome,
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryOutcome {
    /// It was answered with this status.
    Status(u16),
    /// There was no connection, or none that is allowed.
    NoConnection,
    /// There was no answer in time.
    TimedOut,
    /// The connection ended before there was an answer.
    Broke,
}

/// What follows an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// Nothing: it was taken.
    Done,
    /// It is tried again.
    Again {
        /// When.
        due: LedgerTime,
        /// How often it was tried in vain when it was its turn.
        failures: u16,
    },
    /// Nothing: it was tried for as long as anything is, by an endpoint that took others meanwhile.
    GivenUp,
}

/// An endpoint, and how far telling it has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Where, of what, and how signed.
    pub terms: Arc<EndpointTerms>,
    /// What signs, the newest first.
    pub secrets: Vec<SecretInForce>,
    /// When it was made.
    pub created: LedgerTime,
    /// Since when and why nothing is sent to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<(LedgerTime, DisabledReason)>,
    /// Sequence of the first record of which something may still have to be tried for the first time.
    pub from: u64,
    /// Sequence of the first record of which it is told what its terms say now, and not what they said before.
    pub kinds_since: u64,
    /// What is tried again.
    pub open: BTreeMap<NoticeId, OpenDelivery>,
    /// What is over, the latest last.
    pub finished: VecDeque<FinishedDelivery>,
    /// When it last took something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_taken: Option<LedgerTime>,
}

/// A secret that signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretInForce {
    /// Sequence of the record in which it is sealed.
    pub record: u64,
    /// Until when it signs, if another has taken its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<LedgerTime>,
}

/// A notice that is tried again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenDelivery {
    /// Since when it waits.
    pub since: LedgerTime,
    /// When it is tried next.
    pub due: LedgerTime,
    /// How often it was tried in vain since then, when it was its turn.
    pub failures: u16,
    /// The latest attempts.
    pub attempts: Vec<DeliveryAttempt>,
}

/// A notice that was delivered or given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FinishedDelivery {
    /// Which.
    pub notice: NoticeId,
    /// Whether it was taken.
    pub is_taken: bool,
    /// The latest attempts.
    pub attempts: Vec<DeliveryAttempt>,
}

/// All endpoints. Endpoints are shared: a batch that changes one copies that one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notices {
    endpoints: BTreeMap<EndpointId, Arc<Endpoint>>,
    /// Sequences of records with secrets that no endpoint has any more, and whose keys are yet to be destroyed.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    left_over: BTreeSet<u64>,
}

/// What is asked about endpoints.
#[derive(Clone, Debug)]
pub enum NoticeAsk {
    /// Tell an agency somewhere.
    CreateEndpoint {
        /// Where, of what, and how signed.
        terms: Arc<EndpointTerms>,
        /// The secret.
        secret: Sealed,
    },
    /// Change an endpoint.
    ChangeEndpoint {
        /// Which.
        endpoint: EndpointId,
        /// What.
        change: EndpointChange,
    },
    /// Sign with another secret.
    RotateSecret {
        /// Whose.
        endpoint: EndpointId,
        /// How long the one before it signs as well, in seconds.
        overlap_seconds: i64,
        /// The new one.
        secret: Sealed,
    },
    /// Keep that the keys of these secrets were destroyed. One that still signs is left out.
    NoteSecretsDestroyed {
        /// Sequences of the records in which they are sealed.
        secrets: Vec<u64>,
    },
    /// Send nothing there any more.
    DisableEndpoint {
        /// Which.
        endpoint: EndpointId,
        /// Why.
        reason: DisabledReason,
    },
    /// Forget an endpoint.
    DeleteEndpoint {
        /// Which.
        endpoint: EndpointId,
    },
    /// Send something again.
    Resend {
        /// Where to.
        endpoints: Vec<EndpointId>,
        /// What.
        notice: NoticeId,
    },
    /// Keep what was tried.
    KeepProgress(Vec<EndpointProgress>),
}

impl EndpointTerms {
    /// Whether this endpoint is told of notices of this kind of this agency.
    pub fn wants(&self, agency: &str, kind: NoticeKind) -> bool {
        *self.agency == *agency && (self.kinds.is_empty() || self.kinds.contains(&kind))
    }
}

impl Endpoint {
    /// The secrets that sign at this time, the newest first.
    pub fn secrets_at(&self, now: LedgerTime) -> impl Iterator<Item = SecretInForce> {
        self.secrets.iter().copied().filter(move |secret| secret.until.is_none_or(|until| now < until))
    }

    fn note(&mut self, tried: &Tried) {
        let open = self.open.remove(&tried.notice);
        let at = tried.attempt.at;
        let fresh = || OpenDelivery { since: at, due: at, failures: 0, attempts: Vec::new() };
        let mut delivery = open.unwrap_or_else(fresh);
        if delivery.attempts.len() == ATTEMPTS_KEPT {
            delivery.attempts.remove(0);
        }
        delivery.attempts.push(tried.attempt);
        match tried.then {
            Then::Again { due, failures } => {
                self.open.insert(tried.notice, OpenDelivery { due, failures, ..delivery });
                return;
            }
            Then::Done => self.last_taken = self.last_taken.max(Some(at)),
            Then::GivenUp => {}
        }
        if self.finished.len() == FINISHED_DELIVERIES_KEPT {
            self.finished.pop_front();
        }
        let is_taken = tried.then == Then::Done;
        let (notice, attempts) = (tried.notice, delivery.attempts);
        self.finished.push_back(FinishedDelivery { notice, is_taken, attempts });
    }

    fn open_again(&mut self, notice: NoticeId, now: LedgerTime) {
        let attempts = self.open.remove(&notice).map_or_else(Vec::new, |open| open.attempts);
        self.open.insert(notice, OpenDelivery { since: now, due: now, failures: 0, attempts });
    }
}

impl Notices {
    /// The endpoint with this identifier.
    pub fn endpoint(&self, id: EndpointId) -> Option<&Arc<Endpoint>> {
        self.endpoints.get(&id)
    }

    /// Every endpoint, the oldest first.
    pub fn endpoints(&self) -> impl Iterator<Item = &Arc<Endpoint>> {
        self.endpoints.values()
    }

    /// How many endpoints there are.
    pub fn endpoint_count(&self) -> usize {
        self.endpoints.len()
    }

    /// How many endpoints this agency has.
    pub fn endpoint_count_of(&self, agency: &str) -> usize {
        self.endpoints().filter(|endpoint| *endpoint.terms.agency == *agency).count()
    }

    /// Secrets that sign for nobody at this time, and whose keys are there as far as the books know: so many at most.
    pub fn secrets_over(&self, now: LedgerTime, limit: usize) -> Vec<u64> {
        let replaced = self.endpoints().flat_map(|endpoint| &endpoint.secrets);
        let replaced = replaced.filter(|secret| secret.until.is_some_and(|until| until <= now));
        self.left_over.iter().copied().chain(replaced.map(|secret| secret.record)).take(limit).collect()
    }

    /// Makes a change that was recorded under this sequence, at this time.
    pub(super) fn apply(&mut self, event: &NoticeEvent, sequence: u64, time: LedgerTime) {
        match event {
            NoticeEvent::EndpointCreated { terms } => {
                let endpoint = Endpoint {
                    terms: Arc::clone(terms),
                    secrets: vec![SecretInForce { record: sequence, until: None }],
                    created: time,
                    disabled: None,
                    from: sequence + 1,
                    kinds_since: sequence + 1,
                    open: BTreeMap::new(),
                    finished: VecDeque::new(),
                    last_taken: None,
                };
                self.endpoints.insert(terms.id, Arc::new(endpoint));
            }
            NoticeEvent::EndpointChanged { endpoint, change } => {
                self.with(*endpoint, |endpoint| endpoint.change(change, sequence, time));
            }
            NoticeEvent::SecretRotated { endpoint, previous_until } => {
                let mut replaced = Vec::new();
                self.with(*endpoint, |endpoint| {
                    replaced = endpoint.secrets.split_off(endpoint.secrets.len().min(1));
                    for secret in &mut endpoint.secrets {
                        secret.until = Some(*previous_until);
                    }
                    endpoint.secrets.insert(0, SecretInForce { record: sequence, until: None });
                });
                self.left_over.extend(replaced.iter().map(|secret| secret.record));
            }
            NoticeEvent::SecretsDestroyed { secrets } => {
                self.left_over.retain(|secret| !secrets.contains(secret));
                for endpoint in self.endpoints.values_mut() {
                    if endpoint.secrets.iter().any(|secret| secrets.contains(&secret.record)) {
                        Arc::make_mut(endpoint).secrets.retain(|secret| !secrets.contains(&secret.record));
                    }
                }
            }
            NoticeEvent::EndpointDisabled { endpoint, reason } => {
                self.with(*endpoint, |endpoint| endpoint.disabled = Some((time, *reason)));
            }
            NoticeEvent::EndpointDeleted { endpoint } => {
                let removed = self.endpoints.remove(endpoint);
                self.left_over.extend(
                    removed.iter().flat_map(|endpoint| &endpoint.secrets).map(|secret| secret.record),
                );
            }
            NoticeEvent::ResendAsked { endpoints, notice } => {
                for endpoint in endpoints {
                    self.with(*endpoint, |endpoint| endpoint.open_again(*notice, time));
                }
            }
            NoticeEvent::Delivered { progress } => {
                for EndpointProgress { endpoint, from, kinds_since, tried } in progress {
                    self.with(*endpoint, |endpoint| {
                        let knew = *kinds_since >= endpoint.kinds_since;
                        let from = if knew { *from } else { endpoint.kinds_since.min(*from) };
                        endpoint.from = endpoint.from.max(from);
                        for tried in tried {
                            endpoint.note(tried);
                        }
                    });
                }
            }
        }
    }

    fn with(&mut self, id: EndpointId, change: impl FnOnce(&mut Endpoint)) {
        if let Some(endpoint) = self.endpoints.get_mut(&id) {
            change(Arc::make_mut(endpoint));
        }
    }
}

impl Endpoint {
    fn change(&mut self, change: &EndpointChange, sequence: u64, now: LedgerTime) {
        let EndpointChange { url, kinds, label, is_enabled } = change;
        if kinds.as_ref().is_some_and(|kinds| *kinds != self.terms.kinds) {
            self.kinds_since = sequence + 1;
        }
        let terms = Arc::make_mut(&mut self.terms);
        terms.url = url.clone().unwrap_or_else(|| Arc::clone(&terms.url));
        terms.kinds = kinds.clone().unwrap_or_else(|| std::mem::take(&mut terms.kinds));
        terms.label = label.clone().or_else(|| terms.label.take());
        match is_enabled {
            Some(true) => {
                self.disabled = None;
                // What could not be delivered then is tried at once, and for as long as anything new.
                for open in self.open.values_mut() {
                    (open.since, open.due, open.failures) = (now, now, 0);
                }
            }
            Some(false) => self.disabled = Some((now, DisabledReason::ByAgency)),
            None => {}
        }
    }
}
