//! Whom the events of a bill were sent to, what came of it, and when it is tried again: as far as the books keep it.

use std::collections::BTreeSet;
use std::sync::Arc;

use hyper::Uri;
use ledger::LedgerTime;

use crate::pages::frame::Frame;
use crate::pages::moment::spoken;
use crate::pages::words::TOLD;
use crate::payments::{DeliveryAttempt, Endpoint, NoticeId, NoticeKind};

/// The most deliveries of one bill on a page, the latest.
const DELIVERIES_MAX: usize = 50;

/// The delivery of one event to one endpoint, for people.
pub(super) struct Told {
    /// The type of the event.
    pub(super) kind: &'static str,
    /// Host and port of the endpoint: what stands behind them in its address is the agency's own.
    pub(super) host: String,
    pub(super) status: &'static str,
    /// When it was tried last, what came of it, how often, and when again.
    pub(super) facts: Vec<String>,
    latest: LedgerTime,
}

impl Told {
    /// All that it says.
    pub(super) fn texts(&self) -> Vec<&str> {
        let named = [self.kind, self.status, &*self.host];
        named.into_iter().chain(self.facts.iter().map(String::as_str)).collect()
    }

    /// The deliveries of what these records tell to endpoints of this agency, the latest first.
    pub(super) fn of_records<'a>(
        endpoints: impl Iterator<Item = &'a Arc<Endpoint>>,
        agency: &str,
        records: &BTreeSet<u64>,
        frame: &Frame,
    ) -> Vec<Self> {
        let words = TOLD.of(frame.language);
        let is_of_bill = |notice: &NoticeId| records.contains(&notice.sequence());
        let mut told = Vec::new();
        for endpoint in endpoints.filter(|endpoint| *endpoint.terms.agency == *agency) {
            let open = endpoint.open.iter().filter(|(notice, _)| is_of_bill(notice));
            told.extend(open.filter_map(|(notice, open)| {
                let next = match endpoint.disabled {
                    Some(_) => words.is_disabled.to_owned(),
                    None => (words.next_try)(&spoken(open.due, frame.language)),
                };
                let status = words.waiting;
                Self::of(endpoint, *notice, status, &open.attempts, Some((next, open.since)), frame)
            }));
            let over = endpoint.finished.iter().filter(|over| is_of_bill(&over.notice));
            told.extend(over.filter_map(|over| {
                let status = if over.is_taken { words.delivered } else { words.given_up };
                Self::of(endpoint, over.notice, status, &over.attempts, None, frame)
            }));
        }
        told.sort_by_key(|told| std::cmp::Reverse(told.latest));
        told.truncate(DELIVERIES_MAX);
        told
    }

    fn of(
        endpoint: &Endpoint,
        notice: NoticeId,
        status: &'static str,
        attempts: &[DeliveryAttempt],
        next: Option<(String, LedgerTime)>,
        frame: &Frame,
    ) -> Option<Self> {
        let words = TOLD.of(frame.language);
        let kind = NoticeKind::of_number(notice.kind_number())?.word();
        let address: Uri = endpoint.terms.url.parse().ok()?;
        let host = address.authority()?.as_str().to_owned();
        let mut facts = Vec::new();
        if let Some(last) = attempts.last() {
            facts.push(spoken(last.at, frame.language));
            facts.push((words.outcome)(last.outcome));
            facts.push((words.attempts)(attempts.len()));
        }
        let since = next.as_ref().map(|(_, since)| *since);
        facts.extend(next.map(|(next, _)| next));
        let latest = attempts.last().map(|attempt| attempt.at).max(since)?;
        Some(Self { kind, host, status, facts, latest })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use catalog::Language;

    use super::*;
    use crate::payments::{DeliveryOutcome, EndpointId, EndpointTerms, FinishedDelivery, SigningScheme};

    fn frame() -> Frame {
        Frame {
            language: Language::En,
            is_demonstration: false,
            in_other_language: None,
            help: None,
            root: String::new(),
        }
    }

    /// Endpoints of KWS, each of which has taken 50 events.
    fn busy(endpoint_count: u128) -> Vec<Arc<Endpoint>> {
        let at = |sequence| LedgerTime::from_micros(i64::try_from(sequence).unwrap());
        let finished = |sequence| FinishedDelivery {
            notice: NoticeId::of_record(sequence, at(sequence), NoticeKind::BillPaid as u8),
            is_taken: true,
            attempts: vec![DeliveryAttempt {
                at: at(sequence),
                took_ms: 1,
                outcome: DeliveryOutcome::Status(200),
            }],
        };
        let endpoint = |number| {
            let terms = EndpointTerms {
                id: EndpointId::from_uuid(number),
                agency: "KWS".into(),
                url: format!("https://hooks{number}.example:8443/secret?of=mine").into(),
                kinds: Vec::new(),
                label: None,
                signing: SigningScheme::HmacSha256,
            };
            Arc::new(Endpoint {
                terms: terms.into(),
                secrets: Vec::new(),
                created: at(0),
                disabled: None,
                from: 60,
                kinds_since: 1,
                open: BTreeMap::new(),
                finished: (0..50).map(finished).collect(),
                last_taken: None,
            })
        };
        (0..endpoint_count).map(endpoint).collect()
    }

    #[test]
    fn of_many_the_latest_are_shown_and_of_an_address_the_host() {
        let busy = busy(3);
        let told = |agency, records: BTreeSet<u64>| Told::of_records(busy.iter(), agency, &records, &frame());
        let of_all = told("KWS", (0..60).collect());
        assert_eq!(of_all.len(), DELIVERIES_MAX);
        assert!(of_all.is_sorted_by_key(|told| std::cmp::Reverse(told.latest)));
        assert_eq!((of_all[0].host.as_str(), of_all[0].kind), ("hooks0.example:8443", "bill.paid"));
        assert_eq!(told("KWS", BTreeSet::from([48])).len(), 3);
        assert!(told("KRA", (0..60).collect()).is_empty());
    }
}
