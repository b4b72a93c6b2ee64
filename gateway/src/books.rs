//! The books as handlers use them: ask and wait, look things up, prove them. The ledger underneath runs on a thread of
//! its own and never waits for anybody here.

use std::sync::Arc;
use std::time::Duration;

use ledger::journal::JournalError;
use ledger::table::RunError;
use ledger::{Checkpoint, Claimed, Head, Ledger, Outcome, ShortKey, SigningKey, SubmitError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::payments::{
    Answer, Application, Archived, Attempt, AttemptId, Bill, BillId, BillPayment, ChannelReceipt, Command,
    Earlier, Event, FoundBills, Idempotency, Message, MessageId, PassNumber, PaymentNumber, Payments, Readers,
    ReceiptNumber, ReferenceKey, TakenBatch, Visit, WaitingMoney, archive, read_event,
};

/// How long money that has moved waits for a place in its lane before it is turned away with an alarm.
pub const MONEY_WAIT_MAX: Duration = Duration::from_secs(5);

/// The open books.
pub struct Books {
    ledger: Ledger<Payments>,
    money_places: Arc<Semaphore>,
    other_places: Arc<Semaphore>,
    signer: SigningKey,
}

/// Why the books gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum BooksError {
    /// Too many wait already. Nothing was written.
    #[error("too many requests wait for the books")]
    Crowded,
    /// There is no room on the disk. Nothing was written.
    #[error("there is no room for the journal")]
    NoRoom,
    /// The record would be larger than a record may be. Nothing was written.
    #[error("the record would be too large")]
    TooLarge,
    /// The writer has stopped; what became of the request is known after a restart.
    #[error("the writer of the books has stopped")]
    Stopped,
}

/// Something in the books could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LookupError {
    /// The archive.
    #[error(transparent)]
    Archive(#[from] RunError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The stored hashes of the tree.
    #[error(transparent)]
    Hashes(#[from] ledger::tree::HashStoreError),
}

impl Books {
    /// Books over an open ledger. The signer's name is the name of the tree in its checkpoints.
    pub fn new(ledger: Ledger<Payments>, lane_capacity: usize, signer: SigningKey) -> Self {
        Self {
            ledger,
            money_places: Arc::new(Semaphore::new(lane_capacity)),
            other_places: Arc::new(Semaphore::new(lane_capacity)),
            signer,
        }
    }

    /// Books money that has moved. Waits a while for a place; the command is carried out even if the caller stops
    /// waiting.
    pub async fn take_money(&self, command: Command) -> Result<Answer, BooksError> {
        let place = in_time(Arc::clone(&self.money_places)).await?;
        self.submit(ledger::Lane::MoneyIn, command, place).await
    }

    /// Asks for anything else. Turned away at once when too many wait.
    pub async fn ask(&self, command: Command) -> Result<Answer, BooksError> {
        let place = Arc::clone(&self.other_places).try_acquire_owned().map_err(|_| BooksError::Crowded)?;
        self.submit(ledger::Lane::Rest, command, place).await
    }

    /// Asks for something that must not be forgotten because many wait: waits for a place as money does.
    pub async fn ask_patiently(&self, command: Command) -> Result<Answer, BooksError> {
        let place = in_time(Arc::clone(&self.other_places)).await?;
        self.submit(ledger::Lane::Rest, command, place).await
    }

    /// The place is held until the books have answered, whether or not anybody still waits for it.
    async fn submit(
        &self,
        lane: ledger::Lane,
        command: Command,
        place: OwnedSemaphorePermit,
    ) -> Result<Answer, BooksError> {
        let (reply, outcome) = oneshot::channel();
        let submitted = self.ledger.submit(lane, command, move |outcome| {
            drop(place);
            // Nobody may be waiting any more; the books do not mind.
            let _ = reply.send(outcome);
        });
        submitted.map_err(|error| match error {
            SubmitError::Full => BooksError::Crowded,
            SubmitError::Closed => BooksError::Stopped,
        })?;
        match outcome.await {
            Ok(Outcome::Done(answer)) => Ok(answer),
            Ok(Outcome::NoRoom) => Err(BooksError::NoRoom),
            Ok(Outcome::TooLarge) => Err(BooksError::TooLarge),
            Ok(Outcome::Stopped) | Err(_) => Err(BooksError::Stopped),
        }
    }

    /// What the sequencer publishes.
    pub fn readers(&self) -> &Readers {
        self.ledger.readers()
    }

    /// The ledger underneath, for those who follow it record by record.
    pub fn ledger(&self) -> &Ledger<Payments> {
        &self.ledger
    }

    /// How far the books have come.
    pub fn head(&self) -> Head {
        self.ledger.head()
    }

    /// The bill with this payment number, open or not.
    pub fn bill(&self, number: PaymentNumber) -> Result<Option<Arc<Bill>>, LookupError> {
        // A bill may close between the two looks; it is in the archive before it leaves the published ones.
        if let Some(bill) = self.readers().open_bill(number) {
            return Ok(Some(bill));
        }
        Ok(self.ledger.archived(&archive::bill(number))?.and_then(Archived::bill))
    }

    /// The bills with this reference, open or not.
    pub fn bills_of_reference(&self, key: &ReferenceKey) -> Result<FoundBills, LookupError> {
        let archived = self.ledger.archived(&archive::reference(key))?.and_then(Archived::bills_of_reference);
        let Some(noted) = archived else { return Ok(FoundBills::default()) };
        let bills = noted.bills.iter().filter_map(|number| self.bill(*number).transpose());
        Ok(FoundBills { bills: bills.collect::<Result<_, _>>()?, is_crowded: noted.is_crowded })
    }

    /// The bill with this identifier, open or not.
    pub fn bill_by_id(&self, id: BillId) -> Result<Option<Arc<Bill>>, LookupError> {
        if let Some(number) = self.readers().number_of(id) {
            return self.bill(number);
        }
        match self.ledger.archived(&archive::bill_id(id))?.and_then(Archived::bill_number) {
            Some(number) => self.bill(number),
            None => Ok(None),
        }
    }

    /// The attempt with this identifier, finished or not.
    pub fn attempt(&self, id: AttemptId) -> Result<Option<Arc<Attempt>>, LookupError> {
        if let Some(attempt) = self.readers().unfinished_attempt(id) {
            return Ok(Some(attempt));
        }
        Ok(self.ledger.archived(&archive::attempt(id))?.and_then(Archived::attempt))
    }

    /// The application of this bill, over or not; nothing while its agency has said nothing of it.
    pub fn application(&self, bill: PaymentNumber) -> Result<Option<Arc<Application>>, LookupError> {
        Ok(self.ledger.archived(&archive::application(bill))?.and_then(Archived::application))
    }

    /// The payment that a receipt of ours is of, and the bill that it is for.
    pub fn payment_of_receipt(
        &self,
        receipt: ReceiptNumber,
    ) -> Result<Option<(BillPayment, Arc<Bill>)>, LookupError> {
        let Some(stub) = self.ledger.archived(&archive::receipt(receipt))?.and_then(Archived::receipt) else {
            return Ok(None);
        };
        Ok(self.bill(stub.bill)?.map(|bill| (stub.payment.clone(), bill)))
    }

    /// The message with this identifier, whatever became of it.
    pub fn message(&self, id: MessageId) -> Result<Option<Arc<Message>>, LookupError> {
        // One that ends between the two looks is in the archive before it leaves the published ones.
        if let Some(message) = self.readers().with_messages(|messages| messages.open(id).cloned()) {
            return Ok(Some(message));
        }
        Ok(self.ledger.archived(&archive::message(id))?.and_then(Archived::message))
    }

    /// The messages about a bill, the oldest first: the newest of them, if there were many.
    pub fn messages_of_bill(&self, bill: PaymentNumber) -> Result<Vec<Arc<Message>>, LookupError> {
        let listed = self.ledger.archived(&archive::messages_of_bill(bill))?;
        let listed = listed.and_then(Archived::messages_of_bill).unwrap_or_default();
        listed.iter().filter_map(|id| self.message(*id).transpose()).collect()
    }

    /// The message that a provider means by its name for it.
    pub fn message_of_provider(&self, provider: &str, name: &str) -> Result<Option<MessageId>, LookupError> {
        let archived = self.ledger.archived(&archive::message_of_provider(provider, name))?;
        Ok(archived.and_then(Archived::message_id))
    }

    /// Whether a request was carried out before. Whoever must prepare a request asks this first.
    pub fn earlier(&self, idempotency: &Idempotency) -> Result<Earlier, LookupError> {
        Ok(Earlier::find(idempotency, |key| self.ledger.claimed(key))?)
    }

    /// What a device at a gate told in the batch of this number.
    pub fn gate_batch(&self, device: &str, number: u64) -> Result<Option<Arc<TakenBatch>>, LookupError> {
        Ok(self.ledger.archived(&archive::gate_batch(device, number))?.and_then(Archived::gate_batch))
    }

    /// When and where a bill was used.
    pub fn visit(&self, bill: PaymentNumber) -> Result<Option<Arc<Visit>>, LookupError> {
        Ok(self.ledger.archived(&archive::visit(bill))?.and_then(Archived::visit))
    }

    /// What stands under a provider's receipt, if its money is booked.
    pub fn booked(&self, receipt: &ChannelReceipt) -> Result<Option<Claimed>, LookupError> {
        Ok(self.ledger.claimed(&ShortKey::of(&receipt.credit_key()))?)
    }

    /// Sequence of the record that put a payment to a bill that had waited in suspense.
    pub fn applied(&self, receipt: &ChannelReceipt) -> Result<Option<u64>, LookupError> {
        self.claimant(&ShortKey::of(&WaitingMoney::applied_key(receipt)))
    }

    /// What is known of a payment number that is or was kept for a device at a gate.
    pub fn pass_number(&self, number: PaymentNumber) -> Result<Option<Arc<PassNumber>>, LookupError> {
        Ok(self.ledger.archived(&archive::pass_number(number))?.and_then(Archived::pass_number))
    }

    /// Sequence of the record that claims this key.
    pub fn claimant(&self, key: &ShortKey) -> Result<Option<u64>, LookupError> {
        Ok(self.ledger.claimed(key)?.map(|claimed| claimed.sequence))
    }

    /// What a record is about.
    pub fn event(&self, sequence: u64) -> Result<Option<Event>, LookupError> {
        let record = self.ledger.record(sequence)?;
        Ok(record.and_then(|record| read_event(&record.draft.event)))
    }

    /// A signed checkpoint of everything so far. The same head always gets the same.
    pub fn checkpoint(&self) -> (Head, String) {
        let head = self.head();
        let origin = self.signer.verifying_key().name().to_owned();
        let checkpoint = Checkpoint { origin, size: head.size, root: head.root };
        (head, checkpoint.sign(&self.signer))
    }

    /// The key that verifies checkpoints.
    pub fn verifying_key(&self) -> ledger::VerifyingKey {
        self.signer.verifying_key()
    }
}

/// A place, if one becomes free within [`MONEY_WAIT_MAX`].
async fn in_time(places: Arc<Semaphore>) -> Result<OwnedSemaphorePermit, BooksError> {
    let place = tokio::time::timeout(MONEY_WAIT_MAX, places.acquire_owned()).await;
    place.map_err(|_| BooksError::Crowded)?.map_err(|_| BooksError::Stopped)
}
