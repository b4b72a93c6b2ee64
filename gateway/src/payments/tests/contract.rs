//! What the contract of channels promises, looked at for every way to pay that a demonstration has: one of each kind there is. No
//! adapter is left out, and what one cannot do it says it cannot.

use std::collections::BTreeSet;

use catalog::Language;
use hyper::{HeaderMap, StatusCode};
use ledger::{Currency, Money};
use serde_json::json;

use super::desk::{Desk, kes};
use crate::channels::bank::adapters::{INQUIRY, NOTIFY};
use crate::channels::bank::signature::BankKey;
use crate::channels::bank::signature::tests::Signer;
use crate::channels::contract::{Channel, Heard, SentTo, Unheard};
use crate::channels::files::{FallbackFile, FileKind, FileOf};
use crate::channels::mpesa::adapters::{CONFIRM, RESULT, VALIDATE, account_of_paybill};
use crate::channels::mpesa::statement::Statement;
use crate::channels::terms::{self, ChannelTerms};
use crate::channels::{Channels, CollectionAccount, Told, airtel, card};
use crate::payments::channels::{ChannelKind, Step};
use crate::payments::{Answer, Difference, PaymentNumber};

/// 2026-11-20 09:14:05 in Nairobi, as the desk has it.
const MORNING: i64 = 1_795_155_245_000_000;

/// All that a demonstration has, with a bank that signs.
fn all() -> (Channels, Signer) {
    let signer = Signer::new();
    let home = account_of_paybill("222222");
    let mut others =
        terms::of_demonstration(&home, "http://127.0.0.1:9").unwrap_or_else(|_| panic!("it is read"));
    for terms in &mut others {
        if let ChannelTerms::Bank(bank) = terms {
            bank.key = BankKey::parse(&signer.pem()).unwrap();
        }
    }
    (Channels::of_tests(&others), signer)
}

fn number() -> PaymentNumber {
    PaymentNumber::from_random(11)
}

#[test]
fn every_kind_of_way_to_pay_is_here_but_passes_which_move_no_money() {
    let (channels, _) = all();
    let here: BTreeSet<_> = channels.iter().map(|channel| channel.name().kind()).collect();
    let mut expected = BTreeSet::from(ChannelKind::ALL);
    // Whoever comes in on a pass pays its bill on one of the others.
    expected.remove(&ChannelKind::GatePass);
    assert_eq!(here, expected);
}

#[test]
fn what_it_takes_and_how_to_pay_agree_for_every_amount_and_are_said_in_both_languages() {
    let (channels, _) = all();
    for channel in channels.iter() {
        let (name, takes) = (channel.name(), channel.amounts());
        let title = channel.title();
        assert!(!title.en().is_empty() && !title.sw().is_empty(), "{name}");
        let most = takes.most.unwrap_or(kes(10_000_000));
        let one_more = |money: Money, minor: i64| Money::new(money.minor() + minor, money.currency());
        let dues = [
            kes(0),
            one_more(takes.least, -1),
            takes.least,
            kes(500),
            Money::new(12_345, Currency::Kes),
            most,
            one_more(most, 1),
            one_more(most, 100),
            Money::new(10_000, Currency::Usd),
        ];
        for due in dues {
            let said = channel.instructions(number(), due);
            assert_eq!(said.as_ref().err(), takes.check(due).as_ref().err(), "{name} {due:?}");
            let Ok(instructions) = said else { continue };
            let [english, swahili] = [Language::En, Language::Sw].map(|one| instructions.in_language(one));
            assert!(english.iter().chain(&swahili).all(|step| !step.trim().is_empty()), "{name}");
            assert_ne!(english, swahili, "{name}");
            // Whoever is asked by us types nothing that we know.
            if channel.asks_payer().is_none() {
                for steps in [english, swahili].map(|steps| steps.join(" ").replace([' ', ','], "")) {
                    let shillings = (due.minor() / 100).to_string();
                    assert!(steps.contains(&number().to_string()), "{name}: {steps}");
                    assert!(steps.contains(&shillings), "{name}: {steps}");
                }
            }
        }
        assert!(takes.check(kes(500)).is_ok(), "{name} takes a usual amount");
    }
}

#[test]
fn what_it_can_do_fits_together_and_money_can_be_told_of_on_each() {
    let (channels, _) = all();
    for channel in channels.iter() {
        let name = channel.name();
        let (asks, listens) = (channel.asks_payer().is_some(), channel.listens().is_some());
        let is_counter = channel.counter().is_some();
        assert_eq!(name.kind().asks_payer(), asks, "{name}");
        let steps = channel.steps();
        assert!(steps.contains(&Step::Confirm), "{name}: money is told of on each");
        assert_eq!(steps.contains(&Step::Start), asks, "{name}");
        assert_eq!(steps.contains(&Step::Query), asks, "{name}");
        assert!(listens || !steps.contains(&Step::Validate), "{name} asks before money moves, so it speaks");
        let ways_to_be_told = [listens, !channel.files().is_empty(), is_counter];
        assert!(ways_to_be_told.contains(&true), "{name}");
        if is_counter {
            assert_eq!(ways_to_be_told, [false, false, true], "{name} has no far side: its cashier tells");
        }
        let of_terminal = channel.files().contains(&FileKind::Terminal);
        assert_eq!(!channel.terminals().is_empty(), of_terminal, "{name}");
        let probed = channel.probes().map_or(&[][..], |probes| probes.of_steps());
        assert!(probed.iter().all(|step| steps.contains(step)), "{name}");
        assert_eq!(
            !probed.is_empty(),
            asks,
            "{name}: who is asked for payers can be asked whether it is there"
        );
        // A slip is paid in on the account of its bank, and a prompt's money comes to the paybill; all others have their own.
        let on_it = channels.iter().filter(|other| other.account() == channel.account()).count();
        let shares =
            [ChannelKind::Bank, ChannelKind::BankSlip, ChannelKind::MpesaPaybill, ChannelKind::MpesaPrompt];
        assert_eq!(on_it, if shares.contains(&name.kind()) { 2 } else { 1 }, "{name}");
    }
}

#[test]
fn what_it_cannot_read_is_no_money_and_a_message_without_its_signature_neither() {
    let (channels, signer) = all();
    let kinds = [CONFIRM, VALIDATE, RESULT, NOTIFY, INQUIRY, airtel::RESULT, card::RESULT];
    let bodies: [&[u8]; 6] =
        [b"", b"{}", b"null", b"[{\"TransAmount\":\"1\"}]", &[0xff; 40], "{\"a\":1,\"a\":2}".as_bytes()];
    for channel in channels.iter() {
        let name = channel.name();
        for kind in channel.files() {
            for body in bodies {
                assert!(read_file(&**channel, *kind, body).is_err(), "{name} {kind:?}");
            }
        }
        let Some(listens) = channel.listens() else { continue };
        let mut known = 0;
        for kind in kinds.into_iter().chain(["napkin"]) {
            let to = SentTo { kind, attempt: None };
            for body in bodies {
                let heard = listens.read(to, &signer.headers(body), body);
                let is_money = matches!(heard, Ok(Heard::Money(_) | Heard::Paid(..) | Heard::News(_)));
                assert!(!is_money, "{name} {kind}");
                assert!(listens.read(to, &HeaderMap::new(), body).is_err() || heard.is_ok(), "{name} {kind}");
            }
            let unread = listens.read(to, &HeaderMap::new(), b"{}").err();
            known += u32::from(unread != Some(Unheard::NoSuchKind));
            // Whatever came, somebody waits for an answer.
            let reply = listens.taken(to, b"{}");
            assert_eq!(reply.status, StatusCode::OK, "{name} {kind}");
            assert!(serde_json::from_slice::<serde_json::Value>(&reply.body).is_ok(), "{name} {kind}");
        }
        let is_prompt = name.kind() == ChannelKind::MpesaPrompt;
        assert_eq!(known == 0, is_prompt, "{name} listens to {known} kinds; a prompt's name their attempt");
    }
}

/// Every way in which a channel is told of one payment of 500 shillings for this bill, by what its provider really writes.
///
/// Not here: what answers an attempt that was made before, which `tests/e2e/asking.rs` plays with each that asks payers (a prompt's
/// money is told of by the paybill, and is there); and a counter is told by its cashier, whose shift has to be open (`counters`).
fn tellings(
    channels: &Channels,
    signer: &Signer,
    kind: ChannelKind,
    bill: PaymentNumber,
) -> Vec<Told<'static>> {
    let channel = channels.iter().find(|channel| channel.name().kind() == kind).unwrap();
    let files = |texts: &[(FileKind, String)]| {
        let read = |(kind, text): &(FileKind, String)| read_file(&**channel, *kind, text.as_bytes()).unwrap();
        texts.iter().map(read).collect::<Vec<_>>()
    };
    let terminal = format!(
        "Terminal,Batch,RRN,Authorization Code,Amount,Payment Number,Time\n\
         KWS00001,000012,632409812345,A1B2C3,500.00,{bill},2026-11-20 09:10:31\n"
    );
    match kind {
        ChannelKind::MpesaPaybill | ChannelKind::AgencyTill => {
            let body = json!({
                "TransID": "TKL0000001", "TransAmount": "500.00", "TransTime": "20261120091000",
                "BusinessShortCode": channel.pay_to(), "BillRefNumber": bill.to_string(),
            });
            let statement = format!(
                "Receipt No.,Completion Time,Details,Transaction Status,Paid In,Withdrawn,Balance,A/C No.\n\
                 TKL0000001,20-11-2026 09:10:00,Pay Bill from 254700000001,Completed,500.00,,500.00,{bill}\n"
            );
            let statement =
                Statement::read(statement.as_bytes()).unwrap_or_else(|faults| panic!("{faults:?}"));
            let listed = statement.told(channel.account()).map(|(_, told)| told);
            let confirmed = heard(&**channel, CONFIRM, &HeaderMap::new(), &body.to_string());
            [confirmed].into_iter().chain(listed).collect()
        }
        ChannelKind::Bank => {
            let body = json!({
                "transactionReference": "FT0000001", "requestId": "r1", "timestamp": "20261120091000",
                "transactionAmount": "500.00", "currency": "KES", "customerReference": bill.to_string(),
                "customerName": "ASHA", "creditAccountIdentifier": channel.pay_to(),
            });
            let body = body.to_string();
            let mut told = vec![heard(&**channel, NOTIFY, &signer.headers(body.as_bytes()), &body)];
            let statement = format!("Date,Reference,Narration,Amount\n2026-11-20,FT0000001,APP {bill},500\n");
            told.extend(files(&[(FileKind::Bank, statement)]));
            told
        }
        ChannelKind::BankSlip => {
            let slip =
                format!("Bank,Slip Number,Amount,Date,Payment Number\nkcb,FT0000001,500,2026-11-20,{bill}\n");
            files(&[(FileKind::Slips, slip)])
        }
        ChannelKind::CardTerminal => {
            files(&[(FileKind::Terminal, terminal.clone()), (FileKind::Settlement, terminal)])
        }
        ChannelKind::AirtelMoney | ChannelKind::Card => {
            let statement = format!(
                "Time,Transaction ID,Reference,Credit,Debit\n2026-11-20 09:10:00,MP0000001,{bill},500.00,\n"
            );
            files(&[(FileKind::Merchant, statement)])
        }
        ChannelKind::MpesaPrompt | ChannelKind::Counter | ChannelKind::GatePass => Vec::new(),
    }
}

fn heard(channel: &dyn Channel, kind: &str, headers: &HeaderMap, body: &str) -> Told<'static> {
    let to = SentTo { kind, attempt: None };
    match channel.listens().unwrap().read(to, headers, body.as_bytes()) {
        Ok(Heard::Money(told)) => told.into_owned(),
        Ok(_) => panic!("{} hears something else", channel.name()),
        Err(unheard) => panic!("{}: {unheard:?}", channel.name()),
    }
}

/// The only payment of a file.
fn read_file(channel: &dyn Channel, kind: FileKind, bytes: &[u8]) -> Result<Told<'static>, String> {
    let of = FileOf {
        kind,
        account: channel.account(),
        which: channel.name().which().unwrap_or_default(),
        terminals: channel.terminals(),
        now_micros: MORNING,
    };
    let mut file = FallbackFile::read(of, bytes).map_err(|faults| format!("{faults:?}"))?;
    file.rows.pop().map(|row| row.told).ok_or_else(|| "it has no payment".to_owned())
}

#[test]
fn whatever_tells_of_a_payment_and_in_whatever_order_it_is_booked_once_and_only_as_it_was_first() {
    let (channels, signer) = all();
    // A slip and its bank are one account; each is told first once.
    let kinds = [
        &[ChannelKind::MpesaPaybill][..],
        &[ChannelKind::AgencyTill],
        &[ChannelKind::AirtelMoney],
        &[ChannelKind::Card],
        &[ChannelKind::CardTerminal],
        &[ChannelKind::Bank, ChannelKind::BankSlip],
        &[ChannelKind::BankSlip, ChannelKind::Bank],
    ];
    for kinds in kinds {
        let count =
            kinds.iter().map(|kind| tellings(&channels, &signer, *kind, number()).len()).sum::<usize>();
        for first in 0..count {
            let mut desk = Desk::open();
            let bill = desk.bill(500);
            let of = |bill: PaymentNumber| {
                kinds.iter().flat_map(|kind| tellings(&channels, &signer, *kind, bill)).collect::<Vec<_>>()
            };
            let mut told = of(bill);
            told.rotate_left(first);
            let account: CollectionAccount = {
                let channel = channels.iter().find(|channel| channel.name().kind() == kinds[0]);
                channel.unwrap().account().clone()
            };
            for (number, told) in told.into_iter().chain(of(bill)).enumerate() {
                assert!(channels.collects(&told.receipt), "{kinds:?}");
                match desk.take(told) {
                    Answer::Booked { .. } => assert_eq!(number, 0, "{kinds:?}"),
                    Answer::Known { .. } => assert!(number > 0, "{kinds:?}"),
                    other => panic!("{kinds:?}: {other:?}"),
                }
            }
            for told in of(bill) {
                let more = Told { money: kes(501), ..told };
                let Answer::Quarantined { differs, .. } = desk.take(more) else { panic!("{kinds:?}") };
                assert_eq!(differs, Difference::Amount, "{kinds:?}");
            }
            let collected = format!("1000.{}.{} KES", account.provider.word(), account.number);
            assert_eq!(desk.balances().get(&collected), Some(&-50_000), "{kinds:?}");
            assert_eq!(desk.balances().get("2000.kws.park-entry KES"), Some(&50_000), "{kinds:?}");
            // The bill is paid: what comes under another receipt can be given back.
            for told in of(bill).into_iter().take(1) {
                let receipt = account.receipt("ANOTHER1");
                assert!(matches!(desk.take(Told { receipt, ..told }), Answer::Booked { .. }), "{kinds:?}");
            }
            let refundable = desk.balances().get("2110.duplicate-refundable KES").copied();
            assert_eq!(refundable, Some(50_000), "{kinds:?}");
        }
    }
}
