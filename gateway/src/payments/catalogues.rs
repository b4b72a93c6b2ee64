//! Which catalogues were in force, and which wait for a second person. The documents themselves lie in files; here are
//! their hashes, who wrote them and who approved.

use std::collections::BTreeMap;
use std::sync::Arc;

use ledger::LedgerTime;
use serde::{Deserialize, Serialize};

use super::bill::CatalogueVersion;

/// The most drafts on top of one catalogue that may wait at once: they are looked at by people. Of those that became stale
/// when another catalogue came into force, as many are kept beside them.
pub const CATALOGUE_DRAFTS_MAX: usize = 50;

/// Everything that the books know about catalogues. Grows by one entry a publication, a few a week.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalogues {
    publications: Vec<Publication>,
    drafts: BTreeMap<Arc<str>, CatalogueDraft>,
}

/// A catalogue that came into force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// Its number and hash.
    pub version: CatalogueVersion,
    /// Who wrote it, if it was a draft first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drafter: Option<Arc<str>>,
    /// Who put it into force.
    pub approver: Arc<str>,
    /// When.
    pub at: LedgerTime,
}

/// A catalogue that was written and waits for somebody else to approve it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CatalogueDraft {
    /// SHA-256 of its bytes in hex.
    pub hash: Arc<str>,
    /// The number of the catalogue that was in force when it was written; only on top of that one may it be published.
    pub base: u64,
    /// Why, in the words of who wrote it.
    pub note: Arc<str>,
    /// Who wrote it.
    pub drafter: Arc<str>,
    /// When.
    pub at: LedgerTime,
}

impl Catalogues {
    /// The catalogue in force.
    pub fn in_force(&self) -> Option<&CatalogueVersion> {
        self.publications.last().map(|publication| &publication.version)
    }

    /// The catalogue that was in force at this time; nothing before the first.
    pub fn in_force_at(&self, time: LedgerTime) -> Option<&CatalogueVersion> {
        let newest_first = self.publications.iter().rev();
        newest_first.map(|one| (one.at, &one.version)).find(|(at, _)| *at <= time).map(|(_, version)| version)
    }

    /// Every catalogue that was in force, oldest first.
    pub fn publications(&self) -> &[Publication] {
        &self.publications
    }

    /// The catalogue that had this number.
    pub fn publication(&self, number: u64) -> Option<&Publication> {
        // Numbers are dense from 1.
        self.publications.get(usize::try_from(number).ok()?.checked_sub(1)?)
    }

    /// The drafts that wait, by hash.
    pub fn drafts(&self) -> impl Iterator<Item = &CatalogueDraft> {
        self.drafts.values()
    }

    /// How many drafts wait that were written on top of this catalogue.
    pub fn waiting_on(&self, base: u64) -> usize {
        self.drafts().filter(|draft| draft.base == base).count()
    }

    /// Whether a document is of use to anybody: it is or was in force, or waits.
    pub fn knows(&self, hash: &str) -> bool {
        self.drafts.contains_key(hash) || self.publications.iter().any(|one| *one.version.hash == *hash)
    }

    /// The draft with this hash.
    pub fn draft(&self, hash: &str) -> Option<&CatalogueDraft> {
        self.drafts.get(hash)
    }

    /// A draft waits. Stale ones can never come into force: the oldest of too many are let go.
    pub(super) fn add_draft(&mut self, draft: CatalogueDraft) {
        let base = draft.base;
        self.drafts.insert(Arc::clone(&draft.hash), draft);
        while self.drafts.len() - self.waiting_on(base) > CATALOGUE_DRAFTS_MAX {
            let stale = self.drafts().filter(|draft| draft.base != base);
            let oldest = stale.min_by_key(|draft| (draft.at, Arc::clone(&draft.hash)));
            let Some(hash) = oldest.map(|draft| Arc::clone(&draft.hash)) else { break };
            self.drafts.remove(&hash);
        }
    }

    pub(super) fn remove_draft(&mut self, hash: &str) {
        self.drafts.remove(hash);
    }

    /// A catalogue is in force; if it was a draft, it is none any more.
    pub(super) fn publish(&mut self, version: CatalogueVersion, approver: Arc<str>, at: LedgerTime) {
        let drafter = self.drafts.remove(&version.hash).map(|draft| draft.drafter);
        self.publications.push(Publication { version, drafter, approver, at });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stale_drafts_are_let_go_when_they_are_too_many_the_oldest_first() {
        let mut catalogues = Catalogues::default();
        let mut add = |hash: String, base| {
            let at = LedgerTime::from_micros(i64::try_from(catalogues.drafts.len()).unwrap());
            let (note, drafter) = ("why".into(), "maker".into());
            catalogues.add_draft(CatalogueDraft { hash: hash.into(), base, note, drafter, at });
            catalogues.clone()
        };
        for number in 0..CATALOGUE_DRAFTS_MAX {
            add(format!("old {number:02}"), 1);
        }
        for number in 0..CATALOGUE_DRAFTS_MAX {
            add(format!("mid {number:02}"), 2);
        }
        let catalogues = add("new".to_owned(), 3);
        assert_eq!((catalogues.waiting_on(1), catalogues.waiting_on(2)), (0, CATALOGUE_DRAFTS_MAX));
        assert!(catalogues.knows("new") && catalogues.knows("mid 00") && !catalogues.knows("old 49"));
    }
}
