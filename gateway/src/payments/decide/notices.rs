//! Endpoints are made, changed and forgotten; what was sent there is kept.

use ledger::{Decision, Sealed, View};

use super::{Payments, draft, refuse};
use crate::payments::command::{Answer, Command, Refusal};
use crate::payments::event::Event;
use crate::payments::notices::{
    ENDPOINTS_MAX, ENDPOINTS_OF_ONE_AGENCY_MAX, EndpointProgress, NoticeAsk, NoticeEvent,
    OPEN_DELIVERIES_MAX, SECRETS_PER_RECORD_MAX,
};

/// Decides on what is asked about endpoints.
pub(super) fn decide(view: &View<'_, Payments>, command: &Command, ask: &NoticeAsk) -> Decision<Payments> {
    let notices = Payments::notices(view);
    let known = |id| notices.endpoint(id).is_some();
    match ask {
        NoticeAsk::CreateEndpoint { terms, secret } => {
            let has_room = notices.endpoint_count() < ENDPOINTS_MAX
                && notices.endpoint_count_of(&terms.agency) < ENDPOINTS_OF_ONE_AGENCY_MAX;
            if !has_room {
                return refuse(Refusal::TooManyEndpoints);
            }
            record(view, command, NoticeEvent::EndpointCreated { terms: terms.clone() }, Some(secret))
        }
        NoticeAsk::ChangeEndpoint { endpoint, change } if known(*endpoint) => {
            let (endpoint, change) = (*endpoint, change.clone());
            record(view, command, NoticeEvent::EndpointChanged { endpoint, change }, None)
        }
        NoticeAsk::RotateSecret { endpoint, overlap_seconds, secret } if known(*endpoint) => {
            let previous_until = view.now().plus_seconds(*overlap_seconds);
            let event = NoticeEvent::SecretRotated { endpoint: *endpoint, previous_until };
            record(view, command, event, Some(secret))
        }
        NoticeAsk::NoteSecretsDestroyed { secrets } => {
            let over = notices.secrets_over(view.now(), usize::MAX);
            let destroyed = secrets.iter().copied().filter(|secret| over.contains(secret));
            let secrets: Vec<u64> = destroyed.take(SECRETS_PER_RECORD_MAX).collect();
            if secrets.is_empty() {
                return Decision::answer(Answer::Nothing);
            }
            record(view, command, NoticeEvent::SecretsDestroyed { secrets }, None)
        }
        NoticeAsk::DisableEndpoint { endpoint, reason } if known(*endpoint) => {
            if notices.endpoint(*endpoint).is_some_and(|endpoint| endpoint.disabled.is_some()) {
                return Decision::answer(Answer::Nothing);
            }
            let (endpoint, reason) = (*endpoint, *reason);
            record(view, command, NoticeEvent::EndpointDisabled { endpoint, reason }, None)
        }
        NoticeAsk::DeleteEndpoint { endpoint } if known(*endpoint) => {
            record(view, command, NoticeEvent::EndpointDeleted { endpoint: *endpoint }, None)
        }
        NoticeAsk::Resend { endpoints, notice } if endpoints.iter().all(|id| known(*id)) => {
            let open = endpoints.iter().filter_map(|id| notices.endpoint(*id));
            // One that is open is only brought forward.
            let is_full = open.into_iter().any(|endpoint| {
                endpoint.open.len() >= OPEN_DELIVERIES_MAX && !endpoint.open.contains_key(notice)
            });
            if is_full {
                return refuse(Refusal::TooManyDeliveries);
            }
            let (endpoints, notice) = (endpoints.clone(), *notice);
            record(view, command, NoticeEvent::ResendAsked { endpoints, notice }, None)
        }
        // What was sent to an endpoint that is no more is of no interest to anybody.
        NoticeAsk::KeepProgress(progress) => {
            let progress: Vec<EndpointProgress> =
                progress.iter().filter(|progress| known(progress.endpoint)).cloned().collect();
            if progress.is_empty() {
                return Decision::answer(Answer::Nothing);
            }
            record(view, command, NoticeEvent::Delivered { progress }, None)
        }
        NoticeAsk::ChangeEndpoint { .. }
        | NoticeAsk::RotateSecret { .. }
        | NoticeAsk::DisableEndpoint { .. }
        | NoticeAsk::DeleteEndpoint { .. }
        | NoticeAsk::Resend { .. } => refuse(Refusal::NoSuchEndpoint),
    }
}

fn record(
    view: &View<'_, Payments>,
    command: &Command,
    event: NoticeEvent,
    sealed: Option<&Sealed>,
) -> Decision<Payments> {
    let mut draft = draft(command, Event::Notice(event));
    draft.sealed = sealed.cloned();
    Decision::record(draft, Answer::Done { sequence: view.next_sequence() })
}
