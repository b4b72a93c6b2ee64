//! Catalogues: written by one, put into force by another.

use std::sync::Arc;

use ledger::{Decision, View};

use super::{Payments, draft, refuse};
use crate::payments::bill::CatalogueVersion;
use crate::payments::catalogues::CATALOGUE_DRAFTS_MAX;
use crate::payments::command::{Answer, Command, Refusal};
use crate::payments::event::Event;

/// Puts a catalogue into force without a draft, unless it is: the first of all, and in demonstrations.
pub(super) fn publish(
    view: &View<'_, Payments>,
    command: &Command,
    hash: &Arc<str>,
    approver: &Arc<str>,
) -> Decision<Payments> {
    let current = Payments::catalogues(view).in_force().cloned();
    if current.as_ref().is_some_and(|current| current.hash == *hash) {
        return Decision::answer(Answer::Nothing);
    }
    published(view, command, hash, approver)
}

/// Keeps a draft. The same draft again is the same draft.
pub(super) fn keep_draft(
    view: &View<'_, Payments>,
    command: &Command,
    hash: &Arc<str>,
    base: u64,
    note: &Arc<str>,
) -> Decision<Payments> {
    let catalogues = Payments::catalogues(view);
    let in_force = catalogues.in_force().map_or(0, |version| version.number);
    if catalogues.in_force().is_some_and(|version| version.hash == *hash) {
        return refuse(Refusal::AlreadyInForce);
    }
    if base != in_force {
        return refuse(Refusal::DraftIsStale { base, in_force });
    }
    match catalogues.draft(hash) {
        Some(kept) if kept.base == base => return Decision::answer(Answer::Nothing),
        // One that was drafted before another came into force is looked at anew: it waits like a new one.
        _ if catalogues.waiting_on(in_force) >= CATALOGUE_DRAFTS_MAX => {
            return refuse(Refusal::TooManyDrafts);
        }
        _ => {}
    }
    let event = Event::CatalogueDrafted { hash: hash.clone(), base, note: note.clone() };
    Decision::record(draft(command, event), Answer::Done { sequence: view.next_sequence() })
}

/// Gives a draft up.
pub(super) fn withdraw_draft(
    view: &View<'_, Payments>,
    command: &Command,
    hash: &Arc<str>,
) -> Decision<Payments> {
    if Payments::catalogues(view).draft(hash).is_none() {
        return refuse(Refusal::NoSuchDraft);
    }
    let event = Event::CatalogueDraftWithdrawn { hash: hash.clone() };
    Decision::record(draft(command, event), Answer::Done { sequence: view.next_sequence() })
}

/// Puts a draft into force, if somebody else wrote it and nothing else came into force since.
pub(super) fn publish_draft(
    view: &View<'_, Payments>,
    command: &Command,
    hash: &Arc<str>,
) -> Decision<Payments> {
    let catalogues = Payments::catalogues(view);
    let Some(waiting) = catalogues.draft(hash) else { return refuse(Refusal::NoSuchDraft) };
    if waiting.drafter == command.principal {
        return refuse(Refusal::SamePerson);
    }
    let in_force = catalogues.in_force().map_or(0, |version| version.number);
    if waiting.base != in_force {
        return refuse(Refusal::DraftIsStale { base: waiting.base, in_force });
    }
    published(view, command, hash, &command.principal)
}

fn published(
    view: &View<'_, Payments>,
    command: &Command,
    hash: &Arc<str>,
    approver: &Arc<str>,
) -> Decision<Payments> {
    let number = Payments::catalogues(view).in_force().map_or(1, |current| current.number + 1);
    let catalogue = CatalogueVersion { number, hash: hash.clone() };
    let event = Event::CataloguePublished { catalogue, approver: approver.clone() };
    Decision::record(draft(command, event), Answer::Done { sequence: view.next_sequence() })
}
