//! The program at a gate is killed while visitors come, again and again. Nobody is let in twice at one gate, and whatever two
//! gates did is known afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use serde_json::Value;

use super::aim::Aim;
use super::{Paid, paid};
use crate::harness::{Books, GateDevice, Gateway, eventually, try_to_let_in};

/// Kills unless the environment says otherwise.
const KILLS: usize = 12;
/// Visitors who come to each gate in each round, at the same time.
const VISITORS: usize = 8;

#[test]
fn kill_9_between_recording_and_opening_lets_nobody_in_twice() {
    let kills = std::env::var("E2E_GATE_KILLS").map_or(KILLS, |text| text.parse().unwrap());
    let mut gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let mut gates = ["Elsa Gate", "Olkaria Gate"].map(|gate| GateDevice::enrol(&gateway, gate));
    for gate in &mut gates {
        gate.start();
        eventually("the list is there", || gate.folder().join("pack.note").is_file().then_some(()));
        gate.stop();
    }
    // They pay when the list was made already, and from then on no gate can ask anybody.
    let rounds: Vec<Vec<_>> =
        (0..kills.div_ceil(2)).map(|_| (0..VISITORS).map(|_| paid(&gateway, &kws)).collect()).collect();
    gateway.kill();

    let mut told = [Told::default(), Told::default()];
    let mut aim = Aim::new();
    for visitors in &rounds {
        for (gate, told) in gates.iter_mut().zip(&mut told) {
            gate.start();
            let answers = crowd(gate, visitors, aim.wait());
            told.note(&answers);
            let uses: BTreeSet<_> = gate.uses().into_iter().collect();
            let kept = visitors.iter().filter(|visitor| uses.contains(&visitor.bill.number)).count();
            let let_in: Vec<_> = answers.iter().filter(|(_, said)| said == "let_in").collect();
            assert!(let_in.iter().all(|(bill, _)| uses.contains(bill)), "who was let in was recorded before");
            aim.note(VISITORS, kept, let_in.len());
            // The next life knows what the last has kept.
            gate.start();
            for visitor in visitors {
                let was_kept = uses.contains(&visitor.bill.number);
                let said = gate.lets_in(&visitor.code);
                assert_eq!(said, if was_kept { "already_used" } else { "let_in" });
                told.note(&[(visitor.bill.number.clone(), said)]);
            }
            gate.stop();
        }
    }
    assert!(told.iter().all(|told| told.let_in.values().all(|times| *times == 1)));
    aim.proves("somebody was recorded and before they were told");

    gateway.start_again();
    let visitor_count = rounds.iter().flatten().count();
    for gate in &mut gates {
        gate.start();
        eventually("it is told", || gate.page("en").contains(", 0 not yet told").then_some(()));
        let uses = gate.uses();
        assert_eq!(uses.iter().collect::<BTreeSet<_>>().len(), uses.len(), "one use for each bill");
        assert_eq!(uses.len(), visitor_count, "and every visitor was recorded");
    }
    // Every visitor was at both gates: each is found, with both events.
    let books = gateway.books();
    assert_eq!(books.events("visit").len(), visitor_count);
    let twice = found_twice(&books);
    assert_eq!(twice.len(), visitor_count);
    assert!(twice.iter().all(|(first, second)| first != second), "{twice:?}");
    books.expect_balanced();
}

/// How often each visitor was told to come in.
#[derive(Default)]
struct Told {
    let_in: BTreeMap<String, u32>,
}

impl Told {
    fn note(&mut self, answers: &[(String, String)]) {
        for (bill, _) in answers.iter().filter(|(_, said)| said == "let_in") {
            *self.let_in.entry(bill.clone()).or_default() += 1;
        }
    }
}

/// Everybody shows their receipt at the same time, and after a while the program is killed. What each was told, if anything.
fn crowd(gate: &mut GateDevice, visitors: &[Paid], wait: Duration) -> Vec<(String, String)> {
    let url = gate.url();
    let answers = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for visitor in visitors {
            let (url, answers) = (&url, &answers);
            scope.spawn(move || {
                if let Ok(said) = try_to_let_in(url, &visitor.code) {
                    answers.lock().unwrap().push((visitor.bill.number.clone(), said));
                }
            });
        }
        std::thread::sleep(wait);
        gate.kill();
    });
    answers.into_inner().unwrap()
}

/// The gates of both events of every bill that was used twice, from the journal itself.
fn found_twice(books: &Books) -> Vec<(Value, Value)> {
    let events: Vec<_> = books.events("gate").into_iter().map(|record| &record["event"]).collect();
    let certified = events.iter().filter(|event| event["gate"] == "certified").map(|event| &event["device"]);
    let names: BTreeMap<_, _> =
        certified.map(|device| (device["id"].to_string(), device["gate"].clone())).collect();
    let batches = events.iter().filter(|event| event["gate"] == "batch_taken");
    let uses = batches.flat_map(|batch| {
        let second = names[&batch["device"].to_string()].clone();
        let uses = batch["uses"].as_array().unwrap().iter();
        uses.filter(|used| used["outcome"] == "used_twice")
            .map(move |used| (used["gate"].clone(), second.clone()))
    });
    uses.collect()
}
