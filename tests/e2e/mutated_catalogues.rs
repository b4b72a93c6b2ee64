//! Spoiled catalogue files are offered to a gateway at work, as drafts and as its configured file. Whatever they are, it
//! goes on.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use hyper::Method;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use crate::change_control::{Person, described_services, drafted};
use crate::harness::{Answer, Call, Gateway, Work, get, malipo, run};
use crate::mutations::{KINDS, spoiled};

/// Files, unless the environment says otherwise.
const FILES: usize = 200;
const SEED: u64 = 20_261_122;
const PARK: &str = "kws-hells-gate-entry";
/// For each so many files the reload is asked for on the command line, and otherwise where that asks.
const BY_COMMAND_EVERY: usize = 8;
/// Each so many files that are a catalogue all the same come into force, and go again.
const PUBLISHED_EVERY: usize = 4;

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Verdict {
    /// It is a catalogue: its hash.
    Valid(String),
    Refused,
}

/// Bar: 200 mutated files never break a running gateway.
#[test]
fn spoiled_files_never_break_a_gateway_at_work() {
    let valid = described_services();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("catalogue.json");
    std::fs::write(&file, &valid).unwrap();
    let gateway = Gateway::serve().set("catalogue.file", file.to_str().unwrap()).start();
    let office = Office::of(&gateway, file);
    let kws = gateway.agency("kws");
    let (work, mut told) = (Work::default(), Told::default());
    let mut chance = StdRng::seed_from_u64(SEED);

    std::thread::scope(|scope| {
        let _until_the_end = work.begins(scope, &gateway, &kws);
        let mut in_force = InForce::seen(&gateway);
        for number in 0..files() {
            let kind = &KINDS[number % KINDS.len()];
            let bytes = spoiled(kind, &valid, &mut chance);
            let what = format!("file {number}: {}", kind.name);
            let verdict = office.drafts(&bytes, &what);
            assert_eq!(office.reloads(number, &bytes, &what), verdict, "{what}, as a file");
            in_force.expect_unchanged(&gateway, &what);
            told.count(kind.name, &verdict);
            if let Verdict::Valid(hash) = verdict
                && told.valid().is_multiple_of(PUBLISHED_EVERY)
                && park_of(&bytes) == park_of(valid.as_bytes())
            {
                in_force = office.publishes_and_rolls_back(&in_force, &bytes, &what);
                told.published += 1;
                told.hashes.insert(hash);
            }
        }
    });

    eprintln!("{told}{work}");
    // Without all three, the files would say nothing.
    assert!(told.refused() > files() / 3 && told.valid() > files() / 20 && told.published > 0, "{told}");
    told.hashes.insert(InForce::seen(&gateway).hash());
    assert_eq!(kept(&gateway), told.hashes, "nothing is kept but what was in force");
    work.expect_all_well(&gateway);
    assert!(work.prices_seen().values().all(|price| price == "500.00"), "{:?}", work.prices_seen());
}

/// Those who offer files.
struct Office<'a> {
    gateway: &'a Gateway,
    maker: Person,
    checker: Person,
    file: PathBuf,
}

impl<'a> Office<'a> {
    fn of(gateway: &'a Gateway, file: PathBuf) -> Self {
        let (maker, checker) = (Person::with_role(gateway, "maker"), Person::with_role(gateway, "checker"));
        Self { gateway, maker, checker, file }
    }

    /// Offers a file as a draft, and withdraws it.
    fn drafts(&self, bytes: &[u8], what: &str) -> Verdict {
        let answer = self.posts_draft(bytes);
        if answer.status == 201 {
            let hash = drafted(answer);
            self.withdraws(&hash);
            return Verdict::Valid(hash);
        }
        expect_told(&answer, bytes, what);
        Verdict::Refused
    }

    /// Offers a file as the configured one, and withdraws the draft that becomes of it.
    fn reloads(&self, number: usize, bytes: &[u8], what: &str) -> Verdict {
        std::fs::write(&self.file, bytes).unwrap();
        let outcome: Value = if number.is_multiple_of(BY_COMMAND_EVERY) {
            let finished = run(malipo(["catalogue", "reload"]).arg("--data").arg(self.gateway.data()));
            if finished.code != Some(0) {
                let said = finished.expect(1).stderr;
                assert!(said.contains("line ") || said.contains("format"), "{what}: {said}");
                return Verdict::Refused;
            }
            serde_json::from_str(&finished.stdout).unwrap()
        } else {
            let reload = |admin: &str| Call::new(Method::POST, format!("{admin}/admin/catalogue/reload"));
            let answer = self.gateway.operator(reload);
            if answer.status != 200 {
                expect_told(&answer, bytes, what);
                return Verdict::Refused;
            }
            answer.json()
        };
        assert_eq!(outcome["outcome"], "drafted", "{what}: {outcome}");
        let hash = outcome["hash"].as_str().unwrap().to_owned();
        self.withdraws(&hash);
        Verdict::Valid(hash)
    }

    /// Nobody drafts more than a few files in a row, so each file comes from somebody else.
    fn posts_draft(&self, bytes: &[u8]) -> Answer {
        let maker = Person::with_role(self.gateway, "maker");
        maker.posts("/v1/catalogue/drafts?note=spoiled", bytes.to_vec())
    }

    fn withdraws(&self, hash: &str) {
        self.maker.posts(&format!("/v1/catalogue/drafts/{hash}/withdraw"), "{}").expect(204);
        assert_eq!(self.checker.gets("/v1/catalogue/drafts").expect(200).json()["data"], json!([]));
    }

    /// Puts a file into force by two people, and what was in force before again.
    fn publishes_and_rolls_back(&self, before: &InForce, bytes: &[u8], what: &str) -> InForce {
        let publish = |hash: &str| {
            self.checker.posts(&format!("/v1/catalogue/drafts/{hash}/publish"), "{}").expect(200);
        };
        let hash = drafted(self.posts_draft(bytes));
        publish(&hash);
        assert_eq!(InForce::seen(self.gateway).number(), before.number() + 1, "{what}");
        let to = json!({"to": before.number()}).to_string();
        publish(&drafted(self.maker.posts("/v1/catalogue/rollbacks", to)));
        let after = InForce::seen(self.gateway);
        assert_eq!((after.number(), after.hash()), (before.number() + 2, before.hash()), "{what}");
        after
    }
}

/// A refusal names the line or the field of each thing that is wrong.
#[track_caller]
fn expect_told(answer: &Answer, bytes: &[u8], what: &str) {
    let answer = answer.clone().expect(422).json();
    let errors = answer["errors"].as_array().unwrap();
    assert!(!errors.is_empty(), "{what}: {answer}");
    let lines = bytes.iter().filter(|byte| **byte == b'\n').count() + 1;
    for error in errors {
        let detail = error["detail"].as_str().unwrap();
        let line = detail.strip_prefix("line ").and_then(|rest| rest.split_once(": "));
        match line {
            Some((line, _)) => assert!((1..=lines).contains(&line.parse().unwrap()), "{what}: {error}"),
            None => assert_ne!(error["pointer"], "", "{what}: {error}"),
        }
    }
}

/// What everybody is answered about a service.
struct InForce {
    answer: Answer,
}

impl InForce {
    fn seen(gateway: &Gateway) -> Self {
        Self { answer: get(format!("{}/v1/services/{PARK}", gateway.public())).send().expect(200) }
    }

    fn number(&self) -> u64 {
        self.answer.json()["catalogue"]["number"].as_u64().unwrap()
    }

    fn hash(&self) -> String {
        self.answer.json()["catalogue"]["hash"].as_str().unwrap().to_owned()
    }

    #[track_caller]
    fn expect_unchanged(&self, gateway: &Gateway, what: &str) {
        get(format!("{}/readyz", gateway.admin())).send().expect(200);
        let now = Self::seen(gateway).answer;
        assert_eq!(now.header("etag"), self.answer.header("etag"), "{what}");
        assert_eq!(now.body, self.answer.body, "{what}");
        let again = get(format!("{}/v1/services/{PARK}", gateway.public()));
        again.header("if-none-match", self.answer.header("etag").unwrap()).send().expect(304);
    }
}

/// The service that others pay for meanwhile, as a document describes it.
fn park_of(document: &[u8]) -> Option<Value> {
    let document: Value = serde_json::from_slice(document).ok()?;
    document["services"].as_array()?.iter().find(|service| service["slug"] == PARK).cloned()
}

/// The hashes of the files that the gateway keeps.
fn kept(gateway: &Gateway) -> BTreeSet<String> {
    let names = std::fs::read_dir(gateway.data().join("catalogues")).unwrap();
    names
        .map(|entry| entry.unwrap().file_name().to_str().unwrap().trim_end_matches(".json").to_owned())
        .collect()
}

/// What became of the files.
#[derive(Default)]
struct Told {
    kinds: BTreeMap<&'static str, (usize, usize)>,
    published: usize,
    hashes: BTreeSet<String>,
}

impl Told {
    fn count(&mut self, kind: &'static str, verdict: &Verdict) {
        let (refused, valid) = self.kinds.entry(kind).or_default();
        *(if *verdict == Verdict::Refused { refused } else { valid }) += 1;
    }

    fn refused(&self) -> usize {
        self.kinds.values().map(|(refused, _)| refused).sum()
    }

    fn valid(&self) -> usize {
        self.kinds.values().map(|(_, valid)| valid).sum()
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (kind, (refused, valid)) in &self.kinds {
            writeln!(f, "{kind}: {refused} refused, {valid} valid")?;
        }
        let (refused, valid) = (self.refused(), self.valid());
        writeln!(
            f,
            "in all {refused} refused, {valid} valid, {} of them in force for a moment",
            self.published
        )
    }
}

fn files() -> usize {
    std::env::var("E2E_MUTATED_FILES")
        .map_or(FILES, |text| text.parse().expect("E2E_MUTATED_FILES is a number"))
}
