//! Whatever is done to a file, it makes a catalogue or a list of problems.

use super::base::{csv, full_row, imported, object, row};
use super::workbook::{unpacked, workbook};

const MUTATIONS: usize = 200;

/// A chance that is the same in every run.
struct Chance(u64);

impl Chance {
    /// Splitmix64.
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from(mixed >> 33).unwrap() % bound.max(1)
    }

    /// Does something to the bytes that an editor, a disk or a mail server might do.
    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        let at = self.below(bytes.len());
        match self.below(8) {
            0 => bytes[at] ^= 1 << self.below(8),
            1 => bytes[at] = u8::try_from(self.below(256)).unwrap(),
            2 => bytes.truncate(at),
            3 => bytes.insert(at, b'"'),
            4 => bytes.insert(at, b'\n'),
            5 => {
                let end = (at + self.below(200)).min(bytes.len());
                bytes.drain(at..end);
            }
            6 => {
                let huge = vec![b"x,\"\n\0{["[self.below(7)]; self.below(300_000)];
                bytes.splice(at..at, huge);
            }
            _ => {
                let end = (at + self.below(500)).min(bytes.len());
                let copy = bytes[at..end].to_vec();
                bytes.splice(at..at, copy);
            }
        }
    }
}

fn rows() -> Vec<Vec<String>> {
    (0..30)
        .map(|number| {
            let (id, name) = (number.to_string(), format!("Service, \"number\" {number}"));
            row(&[("Id", &id), ("Service", &name), ("Needs", "a | b"), ("Days", "3"), ("Currency", "KES")])
        })
        .collect()
}

fn mutated(seed: u64, name: &str, valid: &[u8]) {
    assert!(imported(&[(name, valid)]).is_ok());
    let mut chance = Chance(seed);
    let (mut made, mut refused) = (0, 0);
    for _ in 0..MUTATIONS {
        let mut bytes = valid.to_vec();
        for _ in 0..=chance.below(3) {
            if !bytes.is_empty() {
                chance.mutate(&mut bytes);
            }
        }
        match imported(&[(name, &bytes)]) {
            Ok(imported) => {
                let document = imported.catalogue.to_json();
                assert!(catalog::Catalogue::from_json(&document).is_ok());
                made += 1;
            }
            Err(problems) => {
                assert!(problems.count() > 0);
                refused += 1;
            }
        }
    }
    // Without both, the mutations would say nothing.
    assert!(refused > 20, "{name}: {made} made, {refused} refused");
}

#[test]
fn a_csv_file_makes_a_catalogue_or_problems() {
    mutated(1, "list.csv", csv(&rows()).as_bytes());
}

#[test]
fn a_json_file_makes_a_catalogue_or_problems() {
    let objects: Vec<_> = rows().iter().chain([&full_row()]).map(|row| object(row)).collect();
    mutated(2, "list.json", format!("[\n{}\n]", objects.join(",\n")).as_bytes());
    mutated(3, "list.ndjson", objects.join("\n").as_bytes());
}

#[test]
fn a_workbook_makes_a_catalogue_or_problems() {
    mutated(4, "list.xlsx", &workbook(&|_| {}));
}

/// The archive checks its parts, so that what is done to it never reaches the reader of the sheets. Here it does.
#[test]
fn the_parts_of_a_workbook_make_a_catalogue_or_problems() {
    let parts = unpacked(&workbook(&|_| {}));
    let mut chance = Chance(5);
    let mut refused = 0;
    for round in 0..MUTATIONS {
        let mut parts = parts.clone();
        let position = round % parts.len();
        chance.mutate(&mut parts[position].1);
        let outcome = imported(&[("list.xlsx", &super::workbook::packed(&parts))]);
        refused += usize::from(outcome.is_err());
    }
    assert!(refused > 20, "{refused} refused");
}
