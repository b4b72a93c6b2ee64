//! The one pointer to what is served, and everything that moves it: publication, reload, midnight. One thing at a time
//! is built, and never in the way of a request.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};

use arc_swap::{ArcSwap, ArcSwapOption};
use catalog::Catalogue;
use jiff::civil::Date;
use tokio::sync::Mutex;

use super::feed::Feed;
use super::files::{self, CatalogueFileError};
use super::overlay::Overlay;
use super::served::{NoHostForAgencies, Served, can_be_reached};
use super::tally::Tally;
use super::unusual_list::UnusualList;
use crate::away::away;
use crate::books::{Books, BooksError};
use crate::payments::{Answer, Ask, CatalogueVersion, Command, Refusal};

/// What is served now.
#[derive(Debug)]
pub struct LiveCatalogue {
    current: ArcSwap<Served>,
    /// Bodies of services that are not as usual.
    pub(super) overlay: ArcSwap<Overlay>,
    /// The list of what is not as usual, once somebody has asked for it.
    pub(super) unusual_list: ArcSwapOption<UnusualList>,
    /// Counts of catalogues that were served, until nobody adds to them any more.
    pub(super) retired_tallies: std::sync::Mutex<Vec<Arc<Tally>>>,
    folder: PathBuf,
    pub(super) feed: Feed,
    /// Held while something is built, so that there is one rebuild at a time.
    building: Mutex<LastReload>,
    /// Held from before a file is kept until the books know it or it is removed: one document is checked at a time.
    keeping: Mutex<()>,
    /// How many reloads were asked for.
    reloads_asked: AtomicU64,
}

/// The newest reload: which of those that were asked for it answers, and what came of it.
#[derive(Debug, Default)]
struct LastReload {
    covers: u64,
    outcome: Option<Result<Reloaded, Arc<CatalogueError>>>,
}

/// What came of a reload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reloaded {
    /// This is in force now, or was before.
    InForce(CatalogueVersion),
    /// It waits for a second person.
    Drafted {
        /// Its hash.
        hash: Arc<str>,
    },
}

/// Why a catalogue did not come into force.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// The file.
    #[error(transparent)]
    File(#[from] CatalogueFileError),
    /// The books.
    #[error(transparent)]
    Books(#[from] BooksError),
    /// The books refuse.
    #[error("{0}")]
    Refused(Refusal),
    /// It names systems of agencies, and they have no host name.
    #[error(transparent)]
    NoHost(#[from] NoHostForAgencies),
    /// Another document is being checked.
    #[error("another catalogue is being checked")]
    Busy,
    /// The work was given up: the process ends.
    #[error("the catalogue could not be built: {0}")]
    Unbuilt(String),
}

impl LiveCatalogue {
    /// Serves this catalogue, whose file lies in the folder.
    pub fn new(served: Served, folder: PathBuf) -> Self {
        Self {
            current: ArcSwap::from_pointee(served),
            overlay: ArcSwap::default(),
            unusual_list: ArcSwapOption::empty(),
            retired_tallies: std::sync::Mutex::default(),
            folder,
            feed: Feed::default(),
            building: Mutex::default(),
            keeping: Mutex::default(),
            reloads_asked: AtomicU64::new(0),
        }
    }

    /// What is served at this moment. Take it once per request and use it to the end.
    pub fn current(&self) -> Arc<Served> {
        self.current.load_full()
    }

    /// Checks a document, keeps it in the folder under its hash, and asks the books to keep it as a draft: `command` says
    /// how, given the hash. It is in force for nobody yet. A draft that the books refuse leaves no file. One document is
    /// checked at a time; whoever comes meanwhile is told to come back, because documents are large and wait in memory.
    pub async fn draft(
        &self,
        books: &Books,
        document: bytes::Bytes,
        command: impl FnOnce(Arc<str>) -> Command,
    ) -> Result<Arc<Catalogue>, CatalogueError> {
        let _one_at_a_time = self.keeping.try_lock().map_err(|_| CatalogueError::Busy)?;
        let (folder, known) = (self.folder.clone(), books.readers().catalogues());
        let agencies_url = self.current().agencies_url().cloned();
        let kept = blocking(move || {
            let catalogue = files::read_document(&document, |hash| known.knows(hash))?;
            can_be_reached(&catalogue, agencies_url.as_deref())?;
            files::keep(&folder, &catalogue)?;
            Ok(Arc::new(catalogue))
        });
        let catalogue = kept.await?;
        let drafted = drafted(books, command(catalogue.hash().to_string().into())).await;
        self.discard_unknown_after(&drafted, books).await;
        drafted.map(|()| catalogue)
    }

    /// A draft was given up: its file goes, unless a document is being checked, after which it goes as well.
    pub async fn forget_withdrawn(&self, books: &Books) {
        if let Ok(_one_at_a_time) = self.keeping.try_lock() {
            self.discard_unknown(books).await;
        }
    }

    /// Books that gave no answer may have written the draft all the same: its file stays until a start knows.
    async fn discard_unknown_after(&self, drafted: &Result<(), CatalogueError>, books: &Books) {
        if !matches!(drafted, Err(CatalogueError::Books(_))) {
            self.discard_unknown(books).await;
        }
    }

    async fn discard_unknown(&self, books: &Books) {
        let (folder, catalogues) = (self.folder.clone(), books.readers().catalogues());
        let discarded =
            blocking(move || Ok(files::discard_unknown(&folder, |hash| catalogues.knows(hash))?)).await;
        if let Err(error) = discarded {
            tracing::warn!(%error, "Files of catalogues that nobody needs any more could not be removed.");
        }
    }

    /// The catalogue with this hash, in memory or from its file.
    pub async fn with_hash(&self, hash: &str) -> Result<Arc<Catalogue>, CatalogueError> {
        let current = self.current();
        if *current.version().hash == *hash {
            return Ok(Arc::clone(current.catalogue()));
        }
        let (folder, hash) = (self.folder.clone(), hash.to_owned());
        blocking(move || Ok(Arc::new(files::read_kept(&folder, &hash)?))).await
    }

    /// Asks the books to put a kept catalogue into force, and serves it. Everything that can go wrong with the file goes
    /// wrong before the books are asked.
    pub async fn publish(
        &self,
        books: &Books,
        command: Command,
        hash: &str,
        day: Date,
    ) -> Result<CatalogueVersion, CatalogueError> {
        let _one_at_a_time = self.building.lock().await;
        self.put_into_force(books, command, hash, day).await
    }

    async fn put_into_force(
        &self,
        books: &Books,
        command: Command,
        hash: &str,
        day: Date,
    ) -> Result<CatalogueVersion, CatalogueError> {
        let catalogue = self.with_hash(hash).await?;
        can_be_reached(&catalogue, self.current().agencies_url().map(|url| &**url))?;
        match books.ask(command).await? {
            Answer::Done { .. } | Answer::Nothing => {}
            Answer::Refused(refusal) => return Err(CatalogueError::Refused(refusal)),
            other => return Err(CatalogueError::Unbuilt(format!("{other:?} answers no catalogue"))),
        }
        let in_force = books.readers().catalogues().in_force().cloned();
        let version = in_force.ok_or_else(|| CatalogueError::Unbuilt("none is in force".to_owned()))?;
        if *self.current().version() != version {
            self.serve(version.clone(), catalogue, day).await?;
        }
        Ok(version)
    }

    /// Renders what is in force for another day, if that is not what is served. While something else is built it does
    /// nothing: whoever keeps time must not wait, and asks again a second later.
    pub async fn begin_day(&self, day: Date) -> Result<(), CatalogueError> {
        if self.current().day() == day {
            return Ok(());
        }
        let Ok(_one_at_a_time) = self.building.try_lock() else { return Ok(()) };
        let current = self.current();
        if current.day() == day {
            return Ok(());
        }
        self.serve(current.version().clone(), Arc::clone(current.catalogue()), day).await
    }

    async fn serve(
        &self,
        version: CatalogueVersion,
        catalogue: Arc<Catalogue>,
        day: Date,
    ) -> Result<(), CatalogueError> {
        let agencies_url = self.current().agencies_url().cloned();
        let served = blocking(move || Ok(Served::render(version, catalogue, day, agencies_url))).await?;
        tracing::info!(number = served.version().number, hash = %served.version().hash, "A catalogue is served.");
        let earlier = self.current.swap(Arc::new(served));
        let mut retired = self.retired_tallies.lock().unwrap_or_else(PoisonError::into_inner);
        retired.push(Arc::clone(earlier.tally()));
        Ok(())
    }

    /// Reads the configured file again. However many ask meanwhile, one rebuild at a time runs, and each caller gets the
    /// outcome of one that began after it had asked.
    pub async fn reload(
        &self,
        books: &Books,
        file: &Path,
        day: Date,
        is_demonstration: bool,
    ) -> Result<Reloaded, Arc<CatalogueError>> {
        let ticket = self.reloads_asked.fetch_add(1, Ordering::SeqCst) + 1;
        let mut last = self.building.lock().await;
        if last.covers >= ticket
            && let Some(outcome) = &last.outcome
        {
            return outcome.clone();
        }
        let covers = self.reloads_asked.load(Ordering::SeqCst);
        tracing::info!(asked = covers - last.covers, "A reload of the configured catalogue begins.");
        let outcome = self.read_again(books, file, day, is_demonstration).await.map_err(Arc::new);
        let came_of_it = match &outcome {
            Ok(Reloaded::InForce(_)) => "in_force",
            Ok(Reloaded::Drafted { .. }) => "drafted",
            Err(_) => "refused",
        };
        tracing::info!(outcome = came_of_it, "A reload of the configured catalogue has ended.");
        *last = LastReload { covers, outcome: Some(outcome.clone()) };
        outcome
    }

    async fn read_again(
        &self,
        books: &Books,
        file: &Path,
        day: Date,
        is_demonstration: bool,
    ) -> Result<Reloaded, CatalogueError> {
        let _one_at_a_time = self.keeping.lock().await;
        let (folder, file, known) = (self.folder.clone(), file.to_path_buf(), books.readers().catalogues());
        let agencies_url = self.current().agencies_url().cloned();
        let read = move || {
            let catalogue = files::read(&file, |hash| known.knows(hash))?;
            can_be_reached(&catalogue, agencies_url.as_deref())?;
            Ok(files::keep(&folder, &catalogue)?)
        };
        let hash = blocking(read).await?;
        let current = self.current();
        if current.version().hash == hash {
            return Ok(Reloaded::InForce(current.version().clone()));
        }
        let command = |ask| Command { principal: "operator".into(), cause: "reload".into(), ask };
        if is_demonstration {
            let ask = Ask::PublishCatalogue { hash: Arc::clone(&hash), approver: "operator".into() };
            return self.put_into_force(books, command(ask), &hash, day).await.map(Reloaded::InForce);
        }
        let (base, note) = (current.version().number, "reload of the configured file".into());
        let ask = Ask::DraftCatalogue { hash: Arc::clone(&hash), base, note };
        let drafted = drafted(books, command(ask)).await;
        self.discard_unknown_after(&drafted, books).await;
        drafted.map(|()| Reloaded::Drafted { hash })
    }
}

/// Asks the books to keep a draft.
async fn drafted(books: &Books, command: Command) -> Result<(), CatalogueError> {
    match books.ask(command).await? {
        Answer::Done { .. } | Answer::Nothing => Ok(()),
        Answer::Refused(refusal) => Err(CatalogueError::Refused(refusal)),
        other => Err(CatalogueError::Unbuilt(format!("{other:?} answers no draft"))),
    }
}

/// Reading, checking and rendering take up to a second of a processor: not on a thread that serves.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CatalogueError> + Send + 'static,
) -> Result<T, CatalogueError> {
    away(work).await.unwrap_or_else(|error| Err(CatalogueError::Unbuilt(error.to_string())))
}
