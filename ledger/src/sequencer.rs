//! The sequencer: one thread that takes commands in order, decides, makes the records durable in batches, and only
//! then tells anybody. Money that comes in has a lane of its own and goes first.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crate::book::{ApplyError, Book, Overlay};
use crate::journal::{AppendError, Appended, Batch, BatchId, BatchRoom, Journal, JournalError};
use crate::ledger::Published;
use crate::machine::{StateMachine, View};
use crate::record::{LedgerTime, Record};
use crate::snapshot::Adoption;
use crate::table::RunError;
use crate::tree::HashStore;

/// The most commands decided in one batch from the money lane, and again from the other.
const COMMANDS_PER_LANE_MAX: usize = 1024;
/// A batch is closed before its frame grows beyond this many bytes; one record fits on top.
const BATCH_LEN_SOFT_MAX: usize = 768 << 10;
/// How often an append whose outcome is unknown is looked up and tried again before the writer gives up.
const UNKNOWN_ATTEMPTS_MAX: u32 = 8;

/// Which lane a command waits in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Money that has moved: first of all.
    MoneyIn,
    /// Everything else.
    Rest,
}

/// What became of a command.
#[derive(Debug)]
pub enum Outcome<Answer> {
    /// Decided; whatever the answer rests on is durable.
    Done(Answer),
    /// Nothing was written, because there is no room on the disk. Ask again later.
    NoRoom,
    /// Nothing was written, because the record would be larger than a record may be. Asking again is no use.
    TooLarge,
    /// The writer has stopped; whether something was written is known only after a restart.
    Stopped,
}

type Reply<Answer> = Box<dyn FnOnce(Outcome<Answer>) + Send>;

struct Submission<S: StateMachine> {
    command: S::Command,
    reply: Reply<S::Answer>,
}

struct Queues<S: StateMachine> {
    money_in: VecDeque<Submission<S>>,
    rest: VecDeque<Submission<S>>,
    adoption: Option<Adoption>,
    is_closed: bool,
}

struct Shared<S: StateMachine> {
    queues: Mutex<Queues<S>>,
    arrived: Condvar,
    capacity: usize,
}

/// Hands commands to the sequencer. Cheap to clone.
pub struct Submitter<S: StateMachine> {
    shared: Arc<Shared<S>>,
}

impl<S: StateMachine> Clone for Submitter<S> {
    fn clone(&self) -> Self {
        Self { shared: Arc::clone(&self.shared) }
    }
}

/// The lane is full, or the sequencer has been closed; the command was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    /// As many commands wait as may.
    #[error("the lane is full")]
    Full,
    /// The writer takes no more.
    #[error("the writer has stopped")]
    Closed,
}

impl<S: StateMachine> Submitter<S> {
    /// Queues a command. `reply` is called once, on the sequencer's thread, and must not block.
    pub fn submit(
        &self,
        lane: Lane,
        command: S::Command,
        reply: impl FnOnce(Outcome<S::Answer>) + Send + 'static,
    ) -> Result<(), SubmitError> {
        let mut queues = self.shared.lock();
        if queues.is_closed {
            return Err(SubmitError::Closed);
        }
        let was_idle = queues.money_in.is_empty() && queues.rest.is_empty();
        let queue = match lane {
            Lane::MoneyIn => &mut queues.money_in,
            Lane::Rest => &mut queues.rest,
        };
        if queue.len() >= self.shared.capacity {
            return Err(SubmitError::Full);
        }
        queue.push_back(Submission { command, reply: Box::new(reply) });
        drop(queues);
        if was_idle {
            self.shared.arrived.notify_one();
        }
        Ok(())
    }

    pub(crate) fn adopt(&self, adoption: Adoption) {
        self.shared.lock().adoption = Some(adoption);
        self.shared.arrived.notify_one();
    }

    /// Takes no more commands; what is queued is still done.
    pub(crate) fn close(&self) {
        self.shared.lock().is_closed = true;
        self.shared.arrived.notify_one();
    }
}

impl<S: StateMachine> Shared<S> {
    fn lock(&self) -> MutexGuard<'_, Queues<S>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Everything that the sequencer's thread owns.
pub(crate) struct Sequencer<S: StateMachine, J: Journal> {
    pub(crate) book: Book<S>,
    pub(crate) journal: J,
    /// Memory for the next batch.
    pub(crate) room: BatchRoom,
    pub(crate) writer: u64,
    pub(crate) hashes: HashStore,
    pub(crate) clock: Box<dyn Fn() -> LedgerTime + Send>,
    pub(crate) batch_id: Box<dyn FnMut() -> BatchId + Send>,
    pub(crate) readers: Arc<S::Readers>,
    pub(crate) published: Arc<Published>,
    /// Told when a segment is sealed.
    pub(crate) sealed: Box<dyn Fn() + Send>,
    /// Told of what could not be read in a table.
    pub(crate) unreadable: Arc<dyn Fn(&RunError) + Send + Sync>,
    /// Told once, when the writer stops for good.
    pub(crate) on_stop: Option<Box<dyn FnOnce(String) + Send>>,
}

/// Why the writer stops.
#[derive(Debug, thiserror::Error)]
enum StopReason {
    #[error(transparent)]
    Apply(#[from] ApplyError),
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("{0}")]
    Append(String),
    #[error("the outcome of an append stayed unknown")]
    Unknown,
}

/// What the thread does next.
struct Turn<S: StateMachine> {
    submissions: Vec<Submission<S>>,
    adoption: Option<Adoption>,
    is_last: bool,
}

/// Starts the sequencer on a thread of its own.
pub(crate) fn start<S: StateMachine, J: Journal>(
    sequencer: Sequencer<S, J>,
    lane_capacity: usize,
) -> (Submitter<S>, JoinHandle<()>) {
    let queues = Queues {
        money_in: VecDeque::with_capacity(lane_capacity.min(COMMANDS_PER_LANE_MAX)),
        rest: VecDeque::with_capacity(lane_capacity.min(COMMANDS_PER_LANE_MAX)),
        adoption: None,
        is_closed: false,
    };
    let shared =
        Arc::new(Shared { queues: Mutex::new(queues), arrived: Condvar::new(), capacity: lane_capacity });
    let submitter = Submitter { shared: Arc::clone(&shared) };
    let thread = std::thread::Builder::new()
        .name("sequencer".to_owned())
        .spawn(move || run_to_the_end(sequencer, &shared))
        .expect("a thread can be started while the program starts");
    (submitter, thread)
}

/// A panic while deciding leaves the book in no state that anybody should build on: the writer stops as it does when
/// the disk fails.
fn run_to_the_end<S: StateMachine, J: Journal>(mut sequencer: Sequencer<S, J>, shared: &Shared<S>) {
    let on_stop = sequencer.on_stop.take().expect("the sequencer is started once");
    let outcome = catch_unwind(AssertUnwindSafe(|| run(&mut sequencer, shared)));
    let reason = match outcome {
        Ok(Ok(())) => return,
        Ok(Err(reason)) => {
            if let StopReason::Apply(ApplyError::Table(error)) = &reason {
                (sequencer.unreadable)(error);
            }
            reason.to_string()
        }
        Err(_) => "a decision panicked".to_owned(),
    };
    stop(shared, &reason);
    on_stop(reason);
}

fn run<S: StateMachine, J: Journal>(
    sequencer: &mut Sequencer<S, J>,
    shared: &Shared<S>,
) -> Result<(), StopReason> {
    loop {
        let turn = next_turn(shared);
        if let Some(adoption) = turn.adoption {
            sequencer.book.claims.adopt(adoption.claims, adoption.sequence);
            sequencer.book.archive.adopt(adoption.archive, adoption.sequence);
        }
        sequencer.serve(turn.submissions)?;
        if turn.is_last {
            return Ok(());
        }
    }
}

/// Waits for work and takes what is there. While a batch is being synced others queue up, and the next batch is as
/// large as that: nothing waits for company when there is none.
fn next_turn<S: StateMachine>(shared: &Shared<S>) -> Turn<S> {
    let mut queues = shared.lock();
    loop {
        let is_idle = queues.money_in.is_empty() && queues.rest.is_empty() && queues.adoption.is_none();
        if !is_idle || queues.is_closed {
            break;
        }
        queues = shared.arrived.wait(queues).unwrap_or_else(PoisonError::into_inner);
    }
    let mut submissions = Vec::new();
    let taken = queues.money_in.len().min(COMMANDS_PER_LANE_MAX);
    submissions.extend(queues.money_in.drain(..taken));
    let taken = queues.rest.len().min(COMMANDS_PER_LANE_MAX);
    submissions.extend(queues.rest.drain(..taken));
    let is_last = queues.is_closed && queues.money_in.is_empty() && queues.rest.is_empty();
    Turn { submissions, adoption: queues.adoption.take(), is_last }
}

fn stop<S: StateMachine>(shared: &Shared<S>, reason: &str) {
    tracing::error!(reason, "The ledger writer stops for good. Restart to learn what is on the disk.");
    let mut queues = shared.lock();
    queues.is_closed = true;
    let money_in = std::mem::take(&mut queues.money_in);
    let rest = std::mem::take(&mut queues.rest);
    drop(queues);
    for submission in money_in.into_iter().chain(rest) {
        (submission.reply)(Outcome::Stopped);
    }
}

impl<S: StateMachine, J: Journal> Sequencer<S, J> {
    /// Decides on commands, in as many batches as they need, and answers each once its batch is durable.
    fn serve(&mut self, submissions: Vec<Submission<S>>) -> Result<(), StopReason> {
        let mut waiting: VecDeque<_> = submissions.into();
        while !waiting.is_empty() {
            match self.serve_batch(&mut waiting) {
                Ok(()) => {}
                Err(reason) => {
                    for submission in waiting {
                        (submission.reply)(Outcome::Stopped);
                    }
                    return Err(reason);
                }
            }
        }
        Ok(())
    }

    fn serve_batch(&mut self, waiting: &mut VecDeque<Submission<S>>) -> Result<(), StopReason> {
        let decided = self.decide(waiting)?;
        let count = decided.outcomes.len();
        match self.commit(decided)? {
            Committed::Durable(outcomes) => {
                for (submission, outcome) in waiting.drain(..count).zip(outcomes) {
                    (submission.reply)(outcome);
                }
            }
            Committed::NoRoom => {
                for submission in waiting.drain(..count) {
                    (submission.reply)(Outcome::NoRoom);
                }
            }
            // Others wrote meanwhile; their records are applied by now. Decide the same commands again.
            Committed::Overtaken => {}
        }
        Ok(())
    }

    /// Decides on commands from the front of the queue until the batch is full.
    fn decide(&mut self, waiting: &VecDeque<Submission<S>>) -> Result<Decided<S>, StopReason> {
        let now = self.book.time.max((self.clock)());
        let mut overlay = self.book.overlay();
        let room = std::mem::take(&mut self.room);
        let (first_sequence, chain) = (self.book.next_sequence(), self.book.chain);
        let mut batch = Batch::new_in(room, (self.batch_id)(), self.writer, first_sequence, chain);
        let mut outcomes = Vec::with_capacity(waiting.len());
        for submission in waiting {
            outcomes.push(self.decide_one(&submission.command, now, &mut overlay, &mut batch)?);
            if batch.byte_count() > BATCH_LEN_SOFT_MAX {
                break;
            }
        }
        Ok(Decided { overlay, batch, outcomes, now })
    }

    fn decide_one(
        &self,
        command: &S::Command,
        now: LedgerTime,
        overlay: &mut Overlay<S>,
        batch: &mut Batch,
    ) -> Result<Outcome<S::Answer>, StopReason> {
        let decision = S::decide(&View::new(&self.book, overlay, now), command).map_err(ApplyError::from)?;
        let mut event = Vec::new();
        for (index, draft) in decision.drafts.into_iter().enumerate() {
            let sequence = batch.next_sequence();
            let record = Record { sequence, writer: self.writer, time: now, draft };
            event.clear();
            S::encode_event(&record.draft.event, &mut event);
            match batch.push(&record, &event) {
                Ok(()) => self.book.stage(overlay, &record)?,
                // One caller asked for too much. Nothing of it is staged, so nobody else has to suffer.
                Err(error) if index == 0 => {
                    tracing::error!(%error, "A record is too large to be written; who asked for it is told so.");
                    return Ok(Outcome::TooLarge);
                }
                Err(error) => return Err(ApplyError::Refused { sequence, what: error.to_string() }.into()),
            }
        }
        Ok(Outcome::Done(decision.answer))
    }

    fn commit(&mut self, decided: Decided<S>) -> Result<Committed<S::Answer>, StopReason> {
        let Decided { overlay, batch, outcomes, now } = decided;
        let committed = if batch.is_empty() {
            Ok(Committed::Durable(outcomes))
        } else {
            self.append(overlay, &batch, outcomes, now)
        };
        self.room = batch.into_room();
        committed
    }

    /// Makes a batch durable and known, or says what came in between.
    fn append(
        &mut self,
        overlay: Overlay<S>,
        batch: &Batch,
        outcomes: Vec<Outcome<S::Answer>>,
        now: LedgerTime,
    ) -> Result<Committed<S::Answer>, StopReason> {
        let expected = self.book.next_sequence();
        for _ in 0..UNKNOWN_ATTEMPTS_MAX {
            match self.journal.append(expected, batch) {
                Ok(Appended::Committed { rolled }) => {
                    if rolled {
                        self.book.begin_generation();
                        (self.sealed)();
                    }
                    self.make_known(overlay, batch, now);
                    return Ok(Committed::Durable(outcomes));
                }
                Ok(Appended::Conflict) => return self.catch_up().map(|()| Committed::Overtaken),
                Ok(Appended::Unknown) => match self.id_at(expected)? {
                    None => {} // it was not written: the same batch may be tried again
                    Some(id) if id == batch.id() => {
                        self.make_known(overlay, batch, now);
                        return Ok(Committed::Durable(outcomes));
                    }
                    Some(_) => return self.catch_up().map(|()| Committed::Overtaken),
                },
                Err(AppendError::NoRoom(error)) => {
                    tracing::error!(%error, "No room for a new journal segment: nothing is accepted until there is.");
                    return Ok(Committed::NoRoom);
                }
                Err(AppendError::Stopped(reason)) => return Err(StopReason::Append(reason)),
            }
        }
        Err(StopReason::Unknown)
    }

    /// The batch is durable: publish it, and make it part of the book.
    fn make_known(&mut self, overlay: Overlay<S>, batch: &Batch, time: LedgerTime) {
        let leaf_count = self.book.next_sequence();
        let mut stored = Vec::with_capacity(batch.leaf_hashes().len() * 2);
        let pending = self.book.merge_ledger(overlay, time, batch.leaf_hashes(), batch.chain(), &mut stored);
        self.hashes.write(leaf_count, &stored);
        self.published.set_head(&self.book);
        S::publish(&pending, batch.next_sequence(), &self.readers);
        self.book.state.merge(pending);
    }

    /// Applies what other writers have appended.
    fn catch_up(&mut self) -> Result<(), StopReason> {
        let mut batches = Vec::new();
        self.journal.read_from(self.book.next_sequence(), &mut |batch| {
            batches.push(batch.clone());
            true
        })?;
        for batch in batches {
            let leaf_count = self.book.next_sequence();
            let refused = |what: String| ApplyError::Refused { sequence: leaf_count, what };
            let hashed =
                batch.follow(leaf_count, &self.book.chain).map_err(|error| refused(error.to_string()))?;
            let mut stored = Vec::new();
            self.book.replay(&batch, &hashed, &mut stored)?;
            self.hashes.write(leaf_count, &stored);
            self.book.state.publish_all(self.book.next_sequence(), &self.readers);
            self.published.set_head(&self.book);
        }
        Ok(())
    }

    fn id_at(&self, sequence: u64) -> Result<Option<BatchId>, StopReason> {
        let mut id = None;
        self.journal.read_from(sequence, &mut |batch| {
            id = Some(batch.id());
            false
        })?;
        Ok(id)
    }
}

struct Decided<S: StateMachine> {
    overlay: Overlay<S>,
    batch: Batch,
    outcomes: Vec<Outcome<S::Answer>>,
    now: LedgerTime,
}

enum Committed<Answer> {
    Durable(Vec<Outcome<Answer>>),
    NoRoom,
    Overtaken,
}
