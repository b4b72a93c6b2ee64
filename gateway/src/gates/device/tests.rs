//! A device in a folder of its own, with a gateway's key beside it: what it issues, keeps, refuses, and finds again.

mod lost;

use ledger::{Currency, Money, SigningKey, sign_note};
use proptest::prelude::*;

use super::attendant::{Attendant, GateError};
use super::folder::{DeviceFolder, DeviceTerms};
use super::judge::{Owed, Verdict};
use super::passes::{NoPass, PassWish};
use crate::gates::batch::Batch;
use crate::gates::numbers::{self, Numbers};
use crate::gates::pack::{self, ListedServices, Pack, UsedBefore, Words};
use crate::gates::pass::{DeviceCard, Pass, PassLine, Settlement, SignedCard};
use crate::gates::price_list::{NoPrice, Operator, PassLimits, PriceList, PricedItem, PricedService};
use crate::gates::signed::{Moment, text};
use crate::payments::PaymentNumber;
use crate::receipts::{KeySet, ReceiptSigner};

/// 20 November 2026, late in the morning at the gate.
const NOW: Moment = Moment(1_795_155_245_000_000);
const DAY: i64 = 86_400_000_000;
const PARK: &str = "kws-hells-gate-entry";

struct Gateway {
    signer: ReceiptSigner,
}

fn shillings(whole: i64) -> Money {
    Money::new(whole * 100, Currency::Kes)
}

fn line(item: &str, quantity: u32) -> PassLine {
    PassLine { item: item.to_owned(), quantity }
}

fn family(id: &str) -> PassWish {
    PassWish {
        id: id.to_owned(),
        service: PARK.to_owned(),
        lines: vec![line("citizen.adult", 2), line("citizen.child", 1)],
        settlement: Settlement::Later,
        agreed: None,
    }
}

impl Gateway {
    fn new() -> Self {
        let key = SigningKey::from_seed("pay.example/receipts", &[7; 32]).unwrap();
        Self { signer: ReceiptSigner::new(key) }
    }

    fn pack(&self) -> Pack {
        let words = |text: &str| Words { en: text.to_owned(), sw: text.to_owned() };
        let item = |item: &str, unit| PricedItem { item: item.to_owned(), text: words(item), unit };
        let day = crate::clock::east_africa_date(NOW.0);
        Pack {
            version: 1,
            site: "hells-gate".to_owned(),
            agency: "KWS".to_owned(),
            gateway: "https://pay.example.go.ke".to_owned(),
            made_at: Moment(NOW.0 - 60_000_000),
            valid_until: Moment(NOW.0 + DAY),
            receipt_keys: vec![self.signer.verifying_key().to_string()],
            listed: vec![ListedServices { services: vec!["kws-hells-gate-entry".to_owned()], from: 0 }],
            listed_before: 0,
            elsewhere: vec!["kws-research-permit".to_owned()],
            prepaid: Vec::new(),
            used: Vec::new(),
            given_back: Vec::new(),
            revoked_devices: Vec::new(),
            told: Vec::new(),
            price_list: Some(PriceList {
                catalogue: 3,
                paybill: "222222".to_owned(),
                kes_per_usd: Some(Money::new(12_925, Currency::Kes)),
                services: vec![PricedService {
                    id: PARK.to_owned(),
                    name: words("Hell's Gate"),
                    first_day: day,
                    last_day: day,
                    quantity_max: 500,
                    items: vec![
                        item("citizen.adult", shillings(500)),
                        item("citizen.child", shillings(250)),
                        item("visitor.adult", Money::new(5_000, Currency::Usd)),
                    ],
                }],
                left_out: Vec::new(),
            }),
            limits: Some(PassLimits {
                pass_count_max: 4,
                pass_value_max: shillings(10_000),
                pass_total_max: shillings(20_000),
            }),
            operators: vec![Operator { code: "savanna".to_owned(), name: "Savanna Tours".to_owned() }],
            ways: Vec::new(),
        }
    }

    fn note<T: serde::Serialize>(&self, title: &str, content: &T) -> String {
        self.signer.sign_note(&text(title, content))
    }

    /// A device with a pack and so many numbers, and one that was enrolled at another gate.
    fn device(&self, folder: &std::path::Path, device: &str, gate: &str, number_count: u64) -> Attendant {
        let folder = DeviceFolder::at(folder);
        let key = folder.make_key().unwrap();
        let owned = str::to_owned;
        let terms = DeviceTerms {
            gateway: "https://pay.example.go.ke".to_owned(),
            device: owned(device),
            site: "hells-gate".to_owned(),
            agency: "KWS".to_owned(),
            gate: owned(gate),
        };
        let card = DeviceCard {
            device: owned(device),
            agency: "KWS".to_owned(),
            site: "hells-gate".to_owned(),
            gate: owned(gate),
            key: key.verifying_key().to_string(),
            since: Moment(NOW.0 - DAY),
            until: Moment(NOW.0 + 30 * DAY),
        };
        let keys = KeySet {
            receipt_keys: vec![self.signer.verifying_key().to_string()],
            checkpoint_keys: Vec::new(),
            identity_keys: Vec::new(),
        };
        let card: SignedCard = self.signer.sign_card(&card);
        folder.keep_certified(&terms, "certificate", &keys, "key", Some(&card)).unwrap();
        let mut attendant = Attendant::open(folder).unwrap();
        attendant.take_pack(&self.note(pack::TITLE, &self.pack())).unwrap();
        attendant.take_numbers(&self.numbers(device, number_count, NOW)).unwrap();
        attendant
    }

    fn numbers(&self, device: &str, count: u64, made_at: Moment) -> String {
        let seed = device.bytes().fold(0_u64, |seed, byte| seed * 31 + u64::from(byte));
        let numbers = (0..count).map(|number| PaymentNumber::from_random(seed + number * 7_919));
        let numbers = Numbers { version: 1, device: device.to_owned(), made_at, numbers: numbers.collect() };
        self.note(numbers::TITLE, &numbers)
    }
}

#[test]
fn a_family_is_given_one_pass_however_often_the_form_is_sent_and_after_a_restart() {
    let (folder, gateway) = (tempfile::tempdir().unwrap(), Gateway::new());
    let mut elsa = gateway.device(&folder.path().join("elsa"), "gat_elsa", "Elsa Gate", 200);
    assert!(!elsa.wants_numbers());
    assert_eq!(elsa.issue(&family("w1"), NOW).unwrap(), Ok(1));
    assert_eq!(elsa.issue(&family("w1"), NOW).unwrap(), Ok(1), "a double click");
    let other = PassWish { lines: vec![line("citizen.adult", 9)], ..family("w1") };
    assert_eq!(elsa.issue(&other, NOW).unwrap(), Err(NoPass::OtherWish));
    let pass = elsa.passes().numbered(1).unwrap().clone();
    assert_eq!((pass.price, pass.catalogue), (shillings(1_250), 3));
    assert_eq!(pass.valid_until.0 - pass.issued_at.0, DAY);
    let token = elsa.printed(&pass).unwrap();
    drop(elsa);

    let mut again = Attendant::open(DeviceFolder::at(&folder.path().join("elsa"))).unwrap();
    assert_eq!(again.issue(&family("w1"), NOW).unwrap(), Ok(1), "it was kept before it was printed");
    assert_eq!(again.printed(again.passes().numbered(1).unwrap()), Some(token), "it is printed as before");
    assert_eq!(again.issue(&family("w2"), NOW).unwrap(), Ok(2));
    let second = again.passes().numbered(2).unwrap();
    assert_ne!(second.bill, pass.bill, "no number is handed out twice");
    assert_eq!(again.counts(), (2, 2));

    let (number, note) = again.batch(NOW).unwrap().unwrap();
    let key = DeviceFolder::at(&folder.path().join("elsa")).key().unwrap();
    let batch = Batch::open(&note, &key.verifying_key()).unwrap();
    assert_eq!((batch.uses.len(), batch.passes), (0, again.passes().all().to_vec()));
    again.batch_was_taken(number).unwrap();
    assert_eq!((again.counts(), again.batch(NOW).unwrap()), ((2, 0), None));
}

#[test]
fn whatever_is_missing_is_said_and_nothing_is_issued() {
    let (folder, gateway) = (tempfile::tempdir().unwrap(), Gateway::new());
    let mut elsa = gateway.device(&folder.path().join("elsa"), "gat_elsa", "Elsa Gate", 2);
    assert!(elsa.wants_numbers());
    let mut refused = |wish: PassWish, now: Moment| elsa.issue(&wish, now).unwrap().unwrap_err();
    let wish = || family("w1");
    assert_eq!(refused(PassWish { lines: vec![], ..wish() }, NOW), NoPass::Price(NoPrice::Nobody));
    let adults = |count| vec![line("citizen.adult", count)];
    assert_eq!(refused(PassWish { lines: adults(21), ..wish() }, NOW), NoPass::TooDear(shillings(10_000)));
    let dollars = vec![line("visitor.adult", 2)];
    assert_eq!(
        refused(PassWish { lines: dollars, ..wish() }, NOW),
        NoPass::TooDear(shillings(10_000)),
        "100 dollars are 12,925 shillings"
    );
    let mixed = vec![line("visitor.adult", 1), line("citizen.adult", 1)];
    assert_eq!(refused(PassWish { lines: mixed, ..wish() }, NOW), NoPass::Price(NoPrice::TwoCurrencies));
    let agreed = Some(shillings(1_249));
    assert_eq!(refused(PassWish { agreed, ..wish() }, NOW), NoPass::PriceChanged);
    let unknown = Settlement::Operator("other".to_owned());
    assert_eq!(refused(PassWish { settlement: unknown, ..wish() }, NOW), NoPass::NoSuchOperator);
    let service = "kws-amboseli-entry".to_owned();
    assert_eq!(refused(PassWish { service, ..wish() }, NOW), NoPass::NoSuchService);
    assert_eq!(
        refused(wish(), Moment(NOW.0 + DAY - 1)),
        NoPass::NoSuchService,
        "it has no price for tomorrow"
    );
    assert_eq!(refused(wish(), Moment(NOW.0 + DAY)), NoPass::PackTooOld);
    assert!(elsa.passes().all().is_empty());

    assert_eq!(elsa.issue(&family("w1"), NOW).unwrap(), Ok(1));
    assert_eq!(elsa.issue(&family("w2"), NOW).unwrap(), Ok(2));
    assert_eq!(elsa.issue(&family("w3"), NOW).unwrap(), Err(NoPass::NoNumbers));
    let more = gateway.numbers("gat_elsa", 300, Moment(NOW.0 + 1));
    elsa.take_numbers(&more).unwrap();
    assert!(matches!(elsa.take_numbers(&gateway.numbers("gat_elsa", 2, NOW)), Err(GateError::Numbers(_))));
    assert!(matches!(elsa.take_numbers(&gateway.numbers("gat_x", 9, NOW)), Err(GateError::Numbers(_))));
    assert!(matches!(elsa.take_numbers(&more.replacen('1', "2", 1)), Err(GateError::Numbers(_))));
    for wish in ["w3", "w4"] {
        assert!(elsa.issue(&family(wish), NOW).unwrap().is_ok());
    }
    assert_eq!(elsa.issue(&family("w5"), NOW).unwrap(), Err(NoPass::TooMany(4)));
    let (number, _) = elsa.batch(NOW).unwrap().unwrap();
    elsa.batch_was_taken(number).unwrap();
    let dear = |id: &str| PassWish { lines: adults(18), ..family(id) };
    for wish in ["d1", "d2"] {
        assert!(elsa.issue(&dear(wish), NOW).unwrap().is_ok(), "the gateway has heard of those before");
    }
    assert_eq!(elsa.issue(&dear("d3"), NOW).unwrap(), Err(NoPass::TooMuch(shillings(20_000))));

    let pack = Pack { revoked_devices: vec!["gat_elsa".to_owned()], ..gateway.pack() };
    elsa.take_pack(&gateway.note(pack::TITLE, &pack)).unwrap();
    assert_eq!(elsa.issue(&family("w9"), NOW).unwrap(), Err(NoPass::DeviceRevoked));
    let pack = Pack { price_list: None, limits: None, operators: Vec::new(), ..gateway.pack() };
    elsa.take_pack(&gateway.note(pack::TITLE, &pack)).unwrap();
    assert_eq!(elsa.issue(&family("w9"), NOW).unwrap(), Err(NoPass::NoPrices));
}

#[test]
fn without_a_rate_passes_in_shillings_are_issued_and_those_in_dollars_count_as_much_as_they_may() {
    let (folder, gateway) = (tempfile::tempdir().unwrap(), Gateway::new());
    let mut elsa = gateway.device(&folder.path().join("elsa"), "gat_elsa", "Elsa Gate", 9);
    let dollars = |id: &str| PassWish { lines: vec![line("visitor.adult", 1)], ..family(id) };
    let adults = |id: &str, count| PassWish { lines: vec![line("citizen.adult", count)], ..family(id) };
    assert_eq!(elsa.issue(&dollars("w1"), NOW).unwrap(), Ok(1), "it is worth 6,463 shillings");
    let mut without = gateway.pack();
    without.price_list.as_mut().unwrap().kes_per_usd = None;
    elsa.take_pack(&gateway.note(pack::TITLE, &without)).unwrap();
    assert_eq!(elsa.issue(&dollars("w2"), NOW).unwrap(), Err(NoPass::Price(NoPrice::NoRate)));
    assert_eq!(elsa.issue(&family("w3"), NOW).unwrap(), Ok(2));
    // 10,000 for the one in dollars and 1,250 for the family leave 8,750.
    assert_eq!(elsa.issue(&adults("w4", 18), NOW).unwrap(), Err(NoPass::TooMuch(shillings(20_000))));
    assert_eq!(elsa.issue(&adults("w4", 17), NOW).unwrap(), Ok(3));
    let (number, _) = elsa.batch(NOW).unwrap().unwrap();
    elsa.batch_was_taken(number).unwrap();
    assert_eq!(elsa.issue(&adults("w5", 20), NOW).unwrap(), Ok(4), "the gateway has heard of the others");
}

#[test]
fn a_device_of_before_has_no_card_and_says_that_it_must_be_enrolled_again() {
    let (folder, gateway) = (tempfile::tempdir().unwrap(), Gateway::new());
    let path = folder.path().join("elsa");
    drop(gateway.device(&path, "gat_elsa", "Elsa Gate", 5));
    std::fs::remove_file(path.join("card")).unwrap();
    let mut elsa = Attendant::open(DeviceFolder::at(&path)).unwrap();
    assert!(!elsa.wants_numbers(), "it has no use for numbers");
    assert_eq!(elsa.issue(&family("w1"), NOW).unwrap(), Err(NoPass::NoCard));
    assert!(NoPass::NoCard.to_string().contains("make a new device in another folder"));
    assert!(DeviceFolder::at(&path).make_key().is_err(), "each has a folder of its own");
}

#[test]
fn a_pass_that_is_shown_again_lets_nobody_in_and_says_where_it_did() {
    let (folder, gateway) = (tempfile::tempdir().unwrap(), Gateway::new());
    let mut elsa = gateway.device(&folder.path().join("elsa"), "gat_elsa", "Elsa Gate", 5);
    let mut olkaria = gateway.device(&folder.path().join("olkaria"), "gat_olka", "Olkaria Gate", 5);
    elsa.issue(&family("w1"), NOW).unwrap().unwrap();
    let pass = elsa.passes().numbered(1).unwrap().clone();
    let token = elsa.printed(&pass).unwrap();

    let issued_here = Verdict::IssuedHere(Box::new(pass.clone()));
    assert_eq!(elsa.let_in(&token, NOW).unwrap().verdict, issued_here);
    assert_eq!(elsa.let_in(&pass.bill.grouped(), NOW).unwrap().verdict, issued_here);
    let later = Moment(NOW.0 + 2 * DAY);
    assert_eq!(elsa.look(&token, later).verdict, issued_here);

    let provisional = Verdict::Provisional { gate: "Elsa Gate".to_owned(), pass: Box::new(pass.clone()) };
    assert_eq!(olkaria.let_in(&token, NOW).unwrap().verdict, provisional);
    assert_eq!(olkaria.counts(), (0, 0));
    assert_eq!(olkaria.look(&token, later).verdict, Verdict::PassExpired(pass.valid_until));
    let earlier = Moment(NOW.0 - 1);
    assert_eq!(olkaria.look(&token, earlier).verdict, Verdict::PassNotYet(pass.issued_at));
    for altered in [token.replacen("MPP1", "MPP2", 1), format!("{token}A"), token.replace('.', "")] {
        assert_eq!(olkaria.look(&altered, NOW).verdict.word(), "not_genuine", "{altered}");
    }
    let used = used_before(&pass, false);
    let mut take = |pack: Pack| olkaria.take_pack(&gateway.note(pack::TITLE, &pack)).unwrap();
    take(Pack { used: vec![used], ..gateway.pack() });
    let used = Verdict::AlreadyUsed { gate: "Elsa Gate".to_owned(), at: NOW };
    assert_eq!(olkaria.look(&token, NOW).verdict, used);
    let mut take = |pack: Pack| olkaria.take_pack(&gateway.note(pack::TITLE, &pack)).unwrap();
    take(Pack { revoked_devices: vec!["gat_elsa".to_owned()], ..gateway.pack() });
    assert_eq!(olkaria.look(&token, NOW).verdict.word(), "pass_of_revoked");
}

fn used_before(pass: &Pass, is_paid: bool) -> UsedBefore {
    UsedBefore { bill: pass.bill, receipts: Vec::new(), gate: "Elsa Gate".to_owned(), at: NOW, is_paid }
}

#[test]
fn at_the_exit_a_pass_is_paid_as_soon_as_the_list_says_so_and_at_every_gate() {
    let (folder, gateway) = (tempfile::tempdir().unwrap(), Gateway::new());
    let mut elsa = gateway.device(&folder.path().join("elsa"), "gat_elsa", "Elsa Gate", 5);
    let mut olkaria = gateway.device(&folder.path().join("olkaria"), "gat_olka", "Olkaria Gate", 5);
    elsa.issue(&family("w1"), NOW).unwrap().unwrap();
    let pass = elsa.passes().numbered(1).unwrap().clone();
    let token = elsa.printed(&pass).unwrap();
    let price = shillings(1_250);
    let (first, next) = (gateway.pack().made_at, Moment(NOW.0 + 60_000_000));
    let expect = |gate: &Attendant, is_paid: bool, listed_at: Moment| {
        let owed = Some(Owed { price, operator: None, is_paid, listed_at });
        assert_eq!(gate.look(&token, NOW).owed, owed, "{}", gate.terms().gate);
    };
    // Nothing is told yet; then it is told and not paid; then it is paid.
    expect(&elsa, false, first);
    expect(&olkaria, false, first);
    for (is_paid, made_at) in [(false, next), (true, Moment(next.0 + 1))] {
        let pack = Pack { used: vec![used_before(&pass, is_paid)], made_at, ..gateway.pack() };
        for gate in [&mut elsa, &mut olkaria] {
            gate.take_pack(&gateway.note(pack::TITLE, &pack)).unwrap();
            expect(gate, is_paid, made_at);
        }
        assert_eq!(elsa.look(&pass.bill.grouped(), NOW).owed.unwrap().is_paid, is_paid, "by its number too");
        assert_eq!(olkaria.look(&token, NOW).verdict.word(), "already_used");
    }
    // An operator pays for their visitors, who are asked for nothing.
    let settlement = Settlement::Operator("savanna".to_owned());
    elsa.issue(&PassWish { settlement, ..family("w2") }, NOW).unwrap().unwrap();
    let of_operator = elsa.passes().numbered(2).unwrap().bill.grouped();
    assert_eq!(elsa.look(&of_operator, NOW).owed.unwrap().operator.unwrap(), "Savanna Tours");
    // What is no pass of this site says nothing of money.
    assert_eq!(olkaria.look(&token.replacen("MPP1", "MPP2", 1), NOW).owed, None);
}

#[test]
fn a_pass_of_another_site_another_agency_or_nobody_is_told_apart() {
    let (folder, gateway) = (tempfile::tempdir().unwrap(), Gateway::new());
    let mut elsa = gateway.device(&folder.path().join("elsa"), "gat_elsa", "Elsa Gate", 5);
    elsa.issue(&family("w1"), NOW).unwrap().unwrap();
    let pass = elsa.passes().numbered(1).unwrap().clone();
    let key = SigningKey::from_seed("malipo-gate", &[9; 32]).unwrap();
    let card = |agency: &str, site: &str, device: &str| DeviceCard {
        device: device.to_owned(),
        agency: agency.to_owned(),
        site: site.to_owned(),
        gate: "Some Gate".to_owned(),
        key: key.verifying_key().to_string(),
        since: Moment(NOW.0 - DAY),
        until: Moment(NOW.0 + DAY),
    };
    let shown = |card: &DeviceCard, signer: &ReceiptSigner| {
        let pass = Pass { device: card.device.clone(), ..pass.clone() };
        pass.sign(&key, &signer.sign_card(card))
    };
    let word = |token: &str| elsa.look(token, NOW).verdict.word();
    assert_eq!(word(&shown(&card("KWS", "amboseli", "gat_other"), &gateway.signer)), "other_site");
    assert_eq!(word(&shown(&card("KFS", "hells-gate", "gat_other"), &gateway.signer)), "not_ours");
    // Somebody has the key of this device, and writes what it has not.
    let own = card("KWS", "hells-gate", "gat_elsa");
    let more = crate::gates::pass::Pass { number: 2, ..pass.clone() };
    assert_eq!(word(&more.sign(&key, &gateway.signer.sign_card(&own))), "not_genuine");
    let stranger = ReceiptSigner::new(SigningKey::from_seed("pay.example/receipts", &[8; 32]).unwrap());
    assert_eq!(word(&shown(&card("KWS", "hells-gate", "gat_other"), &stranger)), "not_genuine");
    let over = DeviceCard { until: NOW, ..card("KWS", "hells-gate", "gat_other") };
    assert_eq!(word(&shown(&over, &gateway.signer)), "not_genuine");
}

#[test]
fn numbers_that_somebody_else_has_signed_are_refused() {
    let (folder, gateway) = (tempfile::tempdir().unwrap(), Gateway::new());
    let mut elsa = gateway.device(&folder.path().join("elsa"), "gat_elsa", "Elsa Gate", 5);
    let (other, _) = SigningKey::generate("pay.example/receipts").unwrap();
    let wanted = Numbers { version: 1, device: "gat_elsa".to_owned(), made_at: NOW, numbers: Vec::new() };
    let note = sign_note(&text(numbers::TITLE, &wanted), &other);
    assert!(matches!(elsa.take_numbers(&note), Err(GateError::Numbers(_))));
    let newer = gateway.note(numbers::TITLE, &Numbers { version: 2, ..wanted });
    assert!(matches!(elsa.take_numbers(&newer), Err(GateError::Numbers(_))));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    /// Whatever is asked for in whatever order, and whenever the gateway hears of it: no limit is passed, no number is used twice
    /// and none left out.
    #[test]
    fn no_limit_is_passed(
        asked in proptest::collection::vec((0_usize..3, 1_u32..25, any::<bool>()), 1..30),
    ) {
        let (folder, gateway) = (tempfile::tempdir().unwrap(), Gateway::new());
        let mut elsa = gateway.device(&folder.path().join("elsa"), "gat_elsa", "Elsa Gate", 12);
        let (mut untold_count, mut untold_worth) = (0, 0);
        let mut bills = std::collections::BTreeSet::new();
        for (at, (item, count, tells)) in asked.into_iter().enumerate() {
            let (item, unit) = [("citizen.adult", 50_000), ("citizen.child", 25_000), ("visitor.adult", 646_250)][item];
            let wish = PassWish { lines: vec![line(item, count)], ..family(&format!("w{at}")) };
            // Dollars are rounded to whole shillings, once for the whole pass.
            let worth = ((i64::from(count) * unit + 50) / 100) * 100;
            let fits = worth <= 1_000_000 && untold_count < 4 && untold_worth + worth <= 2_000_000 && bills.len() < 12;
            match elsa.issue(&wish, NOW).unwrap() {
                Ok(number) => {
                    prop_assert!(fits, "{worth} more than {untold_worth}");
                    let pass = elsa.passes().numbered(number).unwrap();
                    prop_assert!(bills.insert(pass.bill));
                    prop_assert_eq!(number, bills.len() as u64);
                    untold_count += 1;
                    untold_worth += worth;
                }
                Err(why) => prop_assert!(!fits, "{why}"),
            }
            if tells && let Some((number, _)) = elsa.batch(NOW).unwrap() {
                elsa.batch_was_taken(number).unwrap();
                (untold_count, untold_worth) = (0, 0);
            }
        }
    }
}
