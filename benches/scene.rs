//! The books in this process, with bills in them and confirmations of their payments: what the gateway hands to the
//! ledger, made the way the gateway makes it.

use std::sync::{Arc, Mutex, PoisonError};

use gateway::clock::Clock;
use gateway::payments::{
    AccountFact, Addressed, Answer, Ask, BillId, BillLine, CatalogueVersion, ChannelReceipt, Command,
    Idempotency, MoneyIn, NewBill, PartPaymentRule, PaymentNumber, Payments, Provider, Readers, ToldBy,
    TypedAccount, agency_payable,
};
use gateway::personal::{Field, Personal};
use ledger::journal::file::SEGMENT_LEN_DEFAULT;
use ledger::personal::{Month, Vault};
use ledger::storage::Storage;
use ledger::{Currency, Evidence, Fingerprint, Lane, Ledger, LedgerTime, Money, Options, Outcome};

use crate::in_flight::InFlight;
use crate::receipts::receipt;

/// Commands under way at a time.
pub(crate) const IN_FLIGHT: usize = 1_000;
const MONTH: Month = Month(2026 * 12 + 10);
/// Two adults and a child at a park: two lines.
const ADULTS: Money = Money::new(300_000, Currency::Kes);
const CHILD: Money = Money::new(75_000, Currency::Kes);
const PRICE: Money = Money::new(375_000, Currency::Kes);

/// Opens the books of the gateway in this storage, as the gateway does.
pub(crate) fn open(storage: Arc<dyn Storage>) -> Ledger<Payments> {
    let clock = Clock::system();
    let options = Options {
        storage,
        segment_len: SEGMENT_LEN_DEFAULT,
        lane_capacity: 8192,
        clock: Box::new(move || LedgerTime::from_micros(clock.now_micros())),
        random: Box::new(rand::random),
        known_heads: Vec::new(),
        on_stop: Box::new(|reason| panic!("the writer stopped: {reason}")),
    };
    Ledger::open(options, Arc::new(Readers::default())).expect("the books open")
}

/// Where keys of personal data lie.
pub(crate) fn open_vault(storage: Arc<dyn Storage>) -> Vault {
    Vault::open(storage, MONTH).expect("the vault opens")
}

/// Hands every command to the ledger, a thousand at a time, and waits until all are answered.
pub(crate) fn carry_out(
    ledger: &Ledger<Payments>,
    commands: Vec<Command>,
    answered: impl Fn(Answer) + Clone + Send + 'static,
) {
    let in_flight = InFlight::at_most(IN_FLIGHT);
    for command in commands {
        in_flight.enter();
        let (in_flight, answered) = (in_flight.clone(), answered.clone());
        let reply = move |outcome| {
            match outcome {
                Outcome::Done(answer) => answered(answer),
                other => panic!("not done: {other:?}"),
            }
            in_flight.leave();
        };
        ledger.submit(Lane::MoneyIn, command, reply).expect("the lane has room for what may be under way");
    }
    in_flight.wait_for_all();
}

/// Makes so many bills of two lines, each with a key of its own, and returns their numbers and where their keys are.
pub(crate) fn make_bills(ledger: &Ledger<Payments>, vault: &Vault, count: usize) -> Vec<PaymentNumber> {
    let bills = Arc::new(Mutex::new(Vec::with_capacity(count)));
    let made = Arc::clone(&bills);
    carry_out(ledger, (0..count).map(|_| new_bill(vault)).collect(), move |answer| match answer {
        Answer::BillCreated { bill, .. } => made.lock().unwrap_or_else(PoisonError::into_inner).push(bill),
        other => panic!("no bill: {other:?}"),
    });
    let mut bills = bills.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::take(&mut *bills)
}

/// The confirmations of these bills' payments, with receipts that nobody else has.
pub(crate) fn confirmations(vault: &Vault, bills: &[PaymentNumber]) -> Vec<Command> {
    bills.iter().map(|bill| confirmation(vault, *bill)).collect()
}

fn new_bill(vault: &Vault) -> Command {
    let taken = vault.take().expect("the vault has keys");
    let personal =
        Personal::default().with(Field::Phone, Some("254712345678")).with(Field::Name, Some("ASHA MWIKALI"));
    let key = hex_of(rand::random());
    let bill = NewBill {
        id: BillId::from_uuid(rand::random()),
        random: rand::random(),
        agency: "KWS".into(),
        service: "kws-amboseli-entry".into(),
        service_name: catalog::Text::new(
            "Amboseli National Park entry",
            "Kiingilio cha Hifadhi ya Taifa ya Amboseli",
        ),
        lines: vec![
            line("east_african_citizen.adult", 2, ADULTS),
            line("east_african_citizen.child", 1, CHILD),
        ],
        total: PRICE,
        payable: PRICE,
        quote: None,
        convenience_basis: "court-order-2025-04-01".into(),
        waived: None,
        part_payment: PartPaymentRule::Exact,
        catalogue: CatalogueVersion { number: 1, hash: hex_of(rand::random()).into() },
        assessment: None,
        agency_reference: None,
        visit_day: None,
        references: Vec::new(),
        life_seconds: 30 * 86_400,
        vault_slot: taken.slot,
        sealed: personal.seal_with(&taken).expect("personal data can be sealed"),
        idempotency: Some(Idempotency {
            claims: [
                format!("idempotency kws bill_create 688 {key}").into(),
                format!("idempotency kws bill_create 687 {key}").into(),
            ],
            fingerprint: Fingerprint(rand::random()),
        }),
    };
    command("key_kws_integrator", Ask::CreateBill(Box::new(bill)))
}

fn line(code: &str, quantity: u32, amount: Money) -> BillLine {
    BillLine {
        code: code.into(),
        text: catalog::Text::new("Visitors", "Wageni"),
        quantity,
        unit: Money::new(amount.minor() / i64::from(quantity), amount.currency()),
        amount,
        agency: Some("KWS".into()),
        revenue_code: Some("SAMPLE/ENTRY".into()),
        account: agency_payable("KWS", "kws-amboseli-entry"),
        legal_basis: "kws-ln-160-2025".into(),
        fee_version: "2025-10-01".into(),
    }
}

fn confirmation(vault: &Vault, bill: PaymentNumber) -> Command {
    // A key of its own costs what a bill's key costs, and needs no reading back.
    let taken = vault.take().expect("the vault has keys");
    let personal = Personal::default()
        .with(Field::TypedAccount, Some(&bill.to_string()))
        .with(Field::ProviderPhone, Some(&hex_of(rand::random())))
        .with(Field::Name, Some("ASHA"));
    let money_in = MoneyIn {
        receipt: ChannelReceipt {
            provider: Provider::Mpesa,
            short_code: "222222".into(),
            number: receipt().into(),
        },
        money: PRICE,
        addressed: Addressed::Typed(TypedAccount::Number(bill)),
        account_fact: AccountFact::Number(bill),
        told_by: ToldBy::Confirmation,
        evidence: Evidence::CallbackOnly,
        moved: Some(LedgerTime::from_micros(Clock::system().now_micros())),
        sealed: personal.seal_with(&taken).expect("personal data can be sealed"),
        random: rand::random(),
    };
    command("safaricom", Ask::Receive(Box::new(money_in)))
}

fn command(principal: &str, ask: Ask) -> Command {
    Command { principal: principal.into(), cause: hex_of(rand::random())[..24].into(), ask }
}

fn hex_of(bytes: [u8; 32]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
