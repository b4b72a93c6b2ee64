//! The desk where bills are made and money arrives.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use catalog::{AccountForm, Text};
use ledger::storage::Storage;
use ledger::storage::faulty::FaultyStorage;
use ledger::table::RunError;
use ledger::{Currency, Evidence, Lane, Ledger, LedgerTime, Money, Options, Outcome};

use crate::clock::Clock;
use crate::payments::{
    AccountFact, Addressed, Answer, Archived, Ask, Attempt, AttemptEvent, AttemptId, AttemptNews, Bill,
    BillId, BillLine, CatalogueVersion, ChannelReceipt, Command, Event, FoundBills, Method, MoneyIn,
    NewAttempt, NewBill, NewReference, PartPaymentRule, PaymentNumber, Payments, Placement, Provider, Quote,
    Readers, ReferenceKey, ReferenceKind, ToldBy, TypedAccount, WaitingMoney, agency_payable, archive,
    bill_with_reference, canonical_reference, read_account, read_event, revenue_day,
};

/// 2026-11-20 09:14:05 in Nairobi.
const MORNING: i64 = 1_795_155_245_000_000;

pub(super) struct Desk {
    pub(super) storage: FaultyStorage,
    pub(super) clock: Clock,
    pub(super) ledger: Option<Ledger<Payments>>,
    made: u64,
}

pub(super) fn kes(shillings: i64) -> Money {
    Money::new(shillings * 100, Currency::Kes)
}

pub(super) fn usd(dollars: i64) -> Money {
    Money::new(dollars * 100, Currency::Usd)
}

/// How the desk's books know a reference: this month and the one before.
pub(super) fn keys_of(agency: Option<&str>, canonical: &str) -> Vec<ReferenceKey> {
    let text = format!("{} {canonical}", agency.unwrap_or_default());
    // FNV-1a. The real hash is keyed; here it only has to spread.
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let key = |epoch: u32| ReferenceKey { epoch, hash: (hash ^ u64::from(epoch)).to_le_bytes() };
    vec![key(24_322), key(24_321)]
}

impl Desk {
    pub(super) fn open() -> Self {
        let storage = FaultyStorage::default();
        let clock = Clock::held_at(MORNING);
        let ledger = Some(open_ledger(&storage, &clock));
        Self { storage, clock, ledger, made: 0 }
    }

    /// Closes the books and opens them again.
    pub(super) fn reopen(&mut self) {
        self.ledger = None;
        self.ledger = Some(open_ledger(&self.storage, &self.clock));
    }

    /// The power fails; everything that was answered must be there when the books are opened again.
    pub(super) fn power_cut(&mut self, seed: u64) {
        let survived = self.storage.power_cut(seed);
        self.ledger = None;
        self.storage = survived;
        self.ledger = Some(open_ledger(&self.storage, &self.clock));
    }

    pub(super) fn ledger(&self) -> &Ledger<Payments> {
        self.ledger.as_ref().unwrap()
    }

    pub(super) fn wait_seconds(&self, seconds: i64) {
        self.clock.move_on(seconds * 1_000_000);
    }

    pub(super) fn ask(&self, ask: Ask) -> Answer {
        let command = Command { principal: "tester".into(), cause: "test".into(), ask };
        let (reply, outcome) = sync_channel(1);
        self.ledger().submit(Lane::MoneyIn, command, move |outcome| drop(reply.send(outcome))).unwrap();
        match outcome.recv().unwrap() {
            Outcome::Done(answer) => answer,
            other => panic!("the books said {other:?}"),
        }
    }

    pub(super) fn tick(&self) -> Answer {
        let now = LedgerTime::from_micros(self.clock.now_micros());
        self.ask(Ask::Tick { today: revenue_day(now) })
    }

    /// A bill of one line in shillings.
    pub(super) fn bill(&mut self, shillings: i64) -> PaymentNumber {
        self.bill_of(kes(shillings), kes(shillings), None)
    }

    /// A bill in dollars that is paid in shillings.
    pub(super) fn quoted_bill(&mut self, dollars: i64, shillings: i64, quote_seconds: i64) -> PaymentNumber {
        let expires = LedgerTime::from_micros(self.clock.now_micros()).plus_seconds(quote_seconds);
        let quote = Quote { rate_id: "SAMPLE/1".into(), rate: "129.25".into(), expires };
        self.bill_of(usd(dollars), kes(shillings), Some(quote))
    }

    /// The answer to somebody who wants a bill of one line in shillings.
    pub(super) fn try_bill(&mut self, shillings: i64) -> Answer {
        let bill = self.new_bill(vec![line("KWS", kes(shillings))], kes(shillings), None);
        self.ask(Ask::CreateBill(Box::new(bill)))
    }

    fn bill_of(&mut self, total: Money, payable: Money, quote: Option<Quote>) -> PaymentNumber {
        self.bill_of_lines(vec![line("KWS", total)], payable, quote)
    }

    /// A bill of these lines.
    pub(super) fn bill_of_lines(
        &mut self,
        lines: Vec<BillLine>,
        payable: Money,
        quote: Option<Quote>,
    ) -> PaymentNumber {
        let bill = self.new_bill(lines, payable, quote);
        self.make(bill).unwrap_or_else(|answer| panic!("the bill was {answer:?}"))
    }

    /// A bill of an agency that is known by a reference.
    pub(super) fn referenced_bill(
        &mut self,
        agency: &str,
        service: &str,
        kind: ReferenceKind,
        reference: &str,
        shillings: i64,
    ) -> Result<PaymentNumber, Answer> {
        let mut bill = self.new_bill(vec![line(agency, kes(shillings))], kes(shillings), None);
        bill.agency = agency.into();
        bill.service = service.into();
        bill.part_payment = PartPaymentRule::Exact;
        bill.references = vec![new_reference(agency, kind, reference)];
        self.make(bill)
    }

    pub(super) fn make(&self, bill: NewBill) -> Result<PaymentNumber, Answer> {
        match self.ask(Ask::CreateBill(Box::new(bill))) {
            Answer::BillCreated { bill, .. } => Ok(bill),
            other => Err(other),
        }
    }

    pub(super) fn new_bill(&mut self, lines: Vec<BillLine>, payable: Money, quote: Option<Quote>) -> NewBill {
        self.made += 1;
        let currency = lines.first().map_or(payable.currency(), |line| line.amount.currency());
        let total = Money::sum(currency, lines.iter().map(|line| line.amount)).unwrap();
        NewBill {
            id: BillId::from_uuid(u128::from(self.made)),
            random: self.made.wrapping_mul(0x9e37_79b9_7f4a_7c15),
            agency: "KWS".into(),
            service: "park-entry".into(),
            service_name: Text::english("Park entry"),
            lines,
            total,
            payable,
            quote,
            convenience_basis: "SAMPLE/none".into(),
            waived: None,
            part_payment: PartPaymentRule::Allowed,
            promised_working_days: None,
            catalogue: CatalogueVersion { number: 1, hash: "00".into() },
            assessment: None,
            agency_reference: None,
            visit_day: None,
            references: Vec::new(),
            language: None,
            life_seconds: 86_400,
            vault_slot: 0,
            sealed: None,
            idempotency: None,
        }
    }

    /// A confirmation of money with what a payer typed, read by these forms. Where it was put.
    pub(super) fn typed(
        &self,
        account: &str,
        forms: &[AccountForm],
        receipt: &str,
        money: Money,
    ) -> Placement {
        self.placed(self.read(account, forms, money), receipt, money)
    }

    /// New money, addressed in any way. Where it was put.
    pub(super) fn placed(&self, addressed: Addressed, receipt: &str, money: Money) -> Placement {
        let Answer::Booked { sequence } = self.receive(addressed, receipt, money) else {
            panic!("{receipt} is new");
        };
        let record = self.ledger().record(sequence).unwrap().unwrap();
        match read_event(&record.draft.event) {
            Some(Event::PaymentReceived(payment)) => payment.placement,
            other => panic!("{other:?} books no money"),
        }
    }

    /// What a payer typed, as the books are told of it now.
    pub(super) fn read(&self, account: &str, forms: &[AccountForm], money: Money) -> Addressed {
        read_account(account, forms).addressed(keys_of, |typed| {
            let found = bill_with_reference(typed, money, |key| self.bills_of_reference(key));
            found.is_ok_and(|bill| bill.is_ok())
        })
    }

    /// The bills with a reference, as everybody sees them.
    fn bills_of_reference(&self, key: &ReferenceKey) -> Result<FoundBills, RunError> {
        let archived =
            self.ledger().archived(&archive::reference(key))?.and_then(Archived::bills_of_reference);
        let Some(noted) = archived else { return Ok(FoundBills::default()) };
        let bills = noted.bills.iter().map(|number| self.see(*number)).collect();
        Ok(FoundBills { bills, is_crowded: noted.is_crowded })
    }

    /// A confirmation of money by paybill.
    pub(super) fn confirm(&self, bill: PaymentNumber, receipt: &str, shillings: i64) -> Answer {
        self.receive(Addressed::Typed(TypedAccount::Number(bill)), receipt, kes(shillings))
    }

    /// Money, addressed in any way.
    pub(super) fn receive(&self, addressed: Addressed, receipt: &str, money: Money) -> Answer {
        let told_by = match &addressed {
            Addressed::Attempt(_) => ToldBy::PromptResult,
            _ => ToldBy::Confirmation,
        };
        let receipt =
            ChannelReceipt { provider: Provider::Mpesa, short_code: "222222".into(), number: receipt.into() };
        self.tell(money_in(receipt, told_by, addressed, money))
    }

    /// Tells the books of money, and looks again where they say that somebody has to.
    pub(super) fn tell(&self, money_in: MoneyIn) -> Answer {
        match self.ask(Ask::Receive(Box::new(money_in.clone()))) {
            Answer::Waits { sequence } => {
                let waiting = Box::new(self.waiting(sequence));
                self.ask(Ask::ReceiveWaiting(Box::new(money_in), waiting))
            }
            answer => answer,
        }
    }

    /// The money that this record put into suspense.
    pub(super) fn waiting(&self, sequence: u64) -> WaitingMoney {
        let record = self.ledger().record(sequence).unwrap().unwrap();
        match read_event(&record.draft.event) {
            Some(Event::PaymentReceived(payment)) => {
                WaitingMoney::of(sequence, record.time, record.draft.evidence, &payment)
            }
            other => panic!("{other:?} is no money"),
        }
    }

    pub(super) fn attempt(&mut self, bill: PaymentNumber) -> Result<AttemptId, Answer> {
        self.made += 1;
        let id = AttemptId::from_uuid(u128::from(self.made));
        let new = NewAttempt { id, bill, method: Method::MpesaPrompt, sealed: None, idempotency: None };
        match self.ask(Ask::CreateAttempt(Box::new(new))) {
            Answer::Done { .. } => Ok(id),
            other => Err(other),
        }
    }

    pub(super) fn hear(&self, attempt: AttemptId, on: AttemptEvent) -> Answer {
        self.ask(Ask::MoveAttempt(AttemptNews { attempt, on, code: None, sealed: None }))
    }

    /// The bill as everybody sees it.
    pub(super) fn see(&self, number: PaymentNumber) -> Arc<Bill> {
        let open = self.ledger().readers().open_bill(number);
        open.unwrap_or_else(|| {
            let archived = self.ledger().archived(&archive::bill(number)).unwrap();
            archived.and_then(Archived::bill).expect("the bill is open or in the archive")
        })
    }

    /// The attempt as everybody sees it.
    pub(super) fn see_attempt(&self, id: AttemptId) -> Arc<Attempt> {
        let unfinished = self.ledger().readers().unfinished_attempt(id);
        unfinished.unwrap_or_else(|| {
            let archived = self.ledger().archived(&archive::attempt(id)).unwrap();
            archived.and_then(Archived::attempt).expect("the attempt is unfinished or in the archive")
        })
    }

    /// Net credit of every account that is not zero, in minor units, from the whole journal: code and currency.
    pub(super) fn balances(&self) -> BTreeMap<String, i128> {
        let report = ledger::replay_all::<Payments>(&self.storage).unwrap();
        let mut sums = BTreeMap::<Currency, i128>::new();
        let mut balances = BTreeMap::new();
        for ((account, currency), balance) in report.balances {
            let net_credit = -balance.net_debit();
            *sums.entry(currency).or_default() += net_credit;
            if net_credit != 0 {
                balances.insert(format!("{account} {currency}"), net_credit);
            }
        }
        assert!(sums.values().all(|sum| *sum == 0), "debits equal credits in every currency: {sums:?}");
        balances
    }
}

/// A reference of an agency's bill that is to be made.
pub(super) fn new_reference(agency: &str, kind: ReferenceKind, reference: &str) -> NewReference {
    let text = canonical_reference(reference).expect("it can be typed");
    let keys = keys_of(Some(agency), &text);
    let any_agency = keys_of(None, &text)[0];
    NewReference { kind, key: keys[0], any_agency, earlier: keys[1..].to_vec() }
}

/// A line of this agency's.
pub(super) fn line(agency: &str, amount: Money) -> BillLine {
    BillLine {
        code: "entry".into(),
        text: Text::english("Entry"),
        quantity: 1,
        unit: amount,
        amount,
        agency: Some(agency.into()),
        revenue_code: Some("SAMPLE/ENTRY".into()),
        account: agency_payable(agency, "park-entry"),
        legal_basis: "SAMPLE/1".into(),
        fee_version: "2026-1".into(),
    }
}

fn open_ledger(storage: &FaultyStorage, clock: &Clock) -> Ledger<Payments> {
    let clock = clock.clone();
    let options = Options {
        storage: Arc::new(storage.clone()) as Arc<dyn Storage>,
        segment_len: ledger::journal::file::SEGMENT_LEN_MIN,
        lane_capacity: 64,
        clock: Box::new(move || LedgerTime::from_micros(clock.now_micros())),
        random: Box::new(rand::random),
        known_heads: Vec::new(),
        on_stop: Box::new(|reason| panic!("the writer stopped: {reason}")),
    };
    Ledger::open(options, Arc::new(Readers::default())).unwrap()
}

/// A message about money as a channel's adapter makes it. Texts are hashed, what banks write around a payment in its own way.
pub(super) fn money_in(
    receipt: ChannelReceipt,
    told_by: ToldBy,
    addressed: Addressed,
    money: Money,
) -> MoneyIn {
    let account_fact = match &addressed {
        Addressed::Typed(TypedAccount::Number(number)) => AccountFact::Number(*number),
        Addressed::Typed(TypedAccount::Missing) | Addressed::Attempt(_) => AccountFact::Unsaid,
        Addressed::Typed(TypedAccount::Other) if told_by == ToldBy::Statement => {
            AccountFact::Around { epoch: 1, hash: [7; 8] }
        }
        _ => AccountFact::Hashed { epoch: 1, hash: [7; 8] },
    };
    let letters = receipt.number.bytes();
    let random = letters.fold(7, |hash: u64, letter| hash.wrapping_mul(0x0100_0000_01b3) ^ u64::from(letter));
    MoneyIn {
        receipt,
        money,
        addressed,
        account_fact,
        told_by,
        evidence: Evidence::CallbackOnly,
        moved: None,
        sealed: None,
        random: random << 20,
    }
}
