//! The one pointer to what is served, and everything that moves it: publication, reload, midnight. One thing at a time
//! is built, and never in the way of a request.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};

use arc_swap::ArcSwap;
use catalog::Catalogue;
use jiff::civil::Date;
use tokio::sync::Mutex;

use super::feed::Feed;
use super::files::{self, CatalogueFileError};
use super::overlay::Overlay;
use super::served::Served;
use super::tally::Tally;
use crate::books::{Books, BooksError};
use crate::payments::{Answer, Ask, CatalogueVersion, Command, Refusal};

/// What is served now.
#[derive(Debug)]
pub struct LiveCatalogue {
    current: ArcSwap<Served>,
    /// Bodies of services that are not as usual.
    pub(super) overlay: ArcSwap<Overlay>,
    /// Counts of catalogues that were served, until nobody adds to them any more.
    pub(super) retired_tallies: std::sync::Mutex<Vec<Arc<Tally>>>,
    folder: PathBuf,
    pub(super) feed: Feed,
    /// Held while something is built, so that there is one rebuild at a time.
    building: Mutex<LastReload>,
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
            retired_tallies: std::sync::Mutex::default(),
            folder,
            feed: Feed::default(),
            building: Mutex::default(),
            reloads_asked: AtomicU64::new(0),
        }
    }

    /// What is served at this moment. Take it once per request and use it to the end.
    pub fn current(&self) -> Arc<Served> {
        self.current.load_full()
    }

    /// Checks a document and keeps it in the folder under its hash. It is in force for nobody yet.
    pub async fn keep(&self, document: bytes::Bytes) -> Result<Arc<Catalogue>, CatalogueError> {
        let folder = self.folder.clone();
        blocking(move || {
            let catalogue = files::read_document(&document)?;
            files::keep(&folder, &catalogue)?;
            Ok(Arc::new(catalogue))
        })
        .await
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
        let served = blocking(move || Ok(Served::render(version, catalogue, day))).await?;
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
        let outcome = self.read_again(books, file, day, is_demonstration).await.map_err(Arc::new);
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
        let (folder, file) = (self.folder.clone(), file.to_path_buf());
        let hash = blocking(move || Ok(files::keep(&folder, &files::read(&file)?)?)).await?;
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
        match books.ask(command(ask)).await? {
            Answer::Done { .. } | Answer::Nothing => Ok(Reloaded::Drafted { hash }),
            Answer::Refused(refusal) => Err(CatalogueError::Refused(refusal)),
            other => Err(CatalogueError::Unbuilt(format!("{other:?} answers no draft"))),
        }
    }
}

/// Reading, checking and rendering take up to a second of a processor: not on a thread that serves.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CatalogueError> + Send + 'static,
) -> Result<T, CatalogueError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(CatalogueError::Unbuilt(error.to_string())))
}
