//! Ten thousand account numbers as people type them: on slips, from posters, with slips of the finger. Whatever is typed, the
//! money lands on the bill that was meant, or in suspense with a reason; never on somebody else's bill.
//!
//! What is meant is known here, because the payers are made here. The books are as unkind as they can be: references stand
//! next to each other, and many bills wait for the same amount.

use std::collections::BTreeMap;

use catalog::{AccountForm, Catalogue};

use super::desk::{Desk, kes};
use crate::payments::{
    AccountReading, Addressed, Ask, PaymentNumber, Placement, ReferenceKind, TypedAccount,
    canonical_reference, read_account,
};

const TYPED: usize = 10_000;
/// After so many payments the books are begun anew: bills that wait are more dangerous than bills that are paid.
const TYPED_PER_BOOKS: usize = 500;
const AMOUNTS: [i64; 4] = [500, 1_000, 1_050, 7_550];
const POSTERS_SAMPLE: &str = "NHIFM12345678";

/// SplitMix64: the same payers on every machine.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound).unwrap()).unwrap()
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }
}

/// A bill, and what its payer holds in the hand.
#[derive(Clone)]
struct Slip {
    bill: PaymentNumber,
    /// The payment number, or the reference.
    printed: String,
    /// True if it can be read in one way, and no other bill has a reference that is a slip of the finger away.
    stands_alone: bool,
}

impl Slip {
    fn of(bill: PaymentNumber, printed: String) -> Self {
        Self { bill, printed, stands_alone: false }
    }
}

/// What people do to a number without changing it.
const HABITS: [&str; 9] = [
    "as printed",
    "O for 0",
    "l for 1",
    "0 for O, 1 for I",
    "in groups",
    "with hyphens",
    "small letters",
    "with its label",
    "spaces around",
];

/// True if one character is wrong, missing or too many, or two neighbours are swapped, or nothing is different.
fn is_a_slip_at_most(one: &str, other: &str) -> bool {
    let same = one.bytes().zip(other.bytes()).take_while(|(left, right)| left == right).count();
    match (&one.as_bytes()[same..], &other.as_bytes()[same..]) {
        ([], []) | ([_], []) | ([], [_]) => true,
        ([_, left @ ..], [_, right @ ..]) if left == right => true,
        ([first, second, left @ ..], [third, fourth, right @ ..])
            if (first, second, left) == (fourth, third, right) =>
        {
            true
        }
        ([_, left @ ..], right) if left == right => true,
        (left, [_, right @ ..]) => left == right,
        _ => false,
    }
}

/// Some hundred bills: by number alone, by PRNs that follow each other, by invoice numbers that differ in a letter. A tenth is
/// paid, a tenth withdrawn.
fn books(dice: &mut Dice, desk: &mut Desk, forms: &[AccountForm]) -> Vec<Slip> {
    let mut slips = Vec::new();
    for _ in 0..120 {
        let bill = desk.bill(dice.pick(&AMOUNTS));
        slips.push(Slip::of(bill, bill.to_string()));
    }
    let mut references = std::collections::BTreeSet::new();
    for _ in 0..18 {
        let start = 2_027_000_000_000 + dice.next() % 900_000_000;
        references.extend((0..8).map(|step| (start + step).to_string()));
        // One digit more, one fewer in the middle, two swapped.
        let digits = start.to_string();
        references.insert(format!("{digits}{}", dice.below(10)));
        references.insert(format!("{}{}{}", &digits[..5], dice.below(10), &digits[5..]));
        references.insert(format!("{}{}{}{}", &digits[..9], &digits[10..11], &digits[9..10], &digits[11..]));
    }
    for reference in references {
        let shillings = dice.pick(&AMOUNTS);
        let kind = ReferenceKind::Assessment;
        let bill = desk.referenced_bill("KRA", "kra-prn-payment", kind, &reference, shillings).unwrap();
        slips.push(Slip::of(bill, reference));
    }
    let mut invoices = std::collections::BTreeSet::new();
    for _ in 0..30 {
        let length = dice.pick(&[6, 8]);
        let root: Vec<u8> = (0..length).map(|_| dice.pick(b"ABCDEFGHJKMNPQRSTUVWXYZOIL")).collect();
        for at in 0..5 {
            let mut near = root.clone();
            near[at % length] = dice.pick(b"ABCDEFGHKMNPQRSTUVWXYZOIL0123456789");
            let near = String::from_utf8(near).unwrap();
            let is_same = |other: &String| canonical_reference(other) == canonical_reference(&near);
            if !invoices.iter().any(is_same) {
                invoices.insert(near);
            }
        }
    }
    for (index, reference) in invoices.into_iter().enumerate() {
        let agency = ["KWS", "NTSA", "BRS"][index % 3];
        let shillings = dice.pick(&AMOUNTS);
        let bill = desk
            .referenced_bill(agency, "some-service", ReferenceKind::Agency, &reference, shillings)
            .unwrap();
        slips.push(Slip::of(bill, reference));
    }
    for (index, slip) in slips.iter().enumerate() {
        match index % 10 {
            3 => {
                let due = desk.see(slip.bill).due();
                desk.receive(
                    Addressed::Typed(TypedAccount::Number(slip.bill)),
                    &format!("EARLIER{index}"),
                    due,
                );
            }
            7 => {
                desk.ask(Ask::CancelBill { bill: slip.bill, idempotency: None });
            }
            _ => {}
        }
    }
    let written: Vec<_> =
        slips.iter().map(|slip| canonical_reference(&slip.printed).expect("it can be typed")).collect();
    for (index, slip) in slips.iter_mut().enumerate() {
        slip.stands_alone = match read_account(&slip.printed, forms) {
            AccountReading::Number(_) => true,
            AccountReading::Reference { .. } => {
                let others = written.iter().enumerate().filter(|(other, _)| *other != index);
                others.into_iter().all(|(_, other)| !is_a_slip_at_most(&written[index], other))
            }
            _ => false,
        };
    }
    slips
}

/// What a hand does to what it copies: one mistake, or one habit.
fn copied(dice: &mut Dice, printed: &str) -> (&'static str, String) {
    let letters: Vec<char> = printed.chars().collect();
    let at = dice.below(letters.len());
    let strange = if letters.iter().all(char::is_ascii_digit) {
        dice.pick(b"0123456789")
    } else {
        dice.pick(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
    };
    let strange = char::from(strange);
    let grouped = |mark: &str| {
        let groups: Vec<String> = letters.chunks(4).map(|group| group.iter().collect()).collect();
        groups.join(mark)
    };
    match dice.below(16) {
        0 => ("as printed", printed.to_owned()),
        1 => (
            "one wrong",
            letters.iter().enumerate().map(|(i, l)| if i == at { strange } else { *l }).collect(),
        ),
        2 => ("one missing", letters.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, l)| *l).collect()),
        3 => {
            let mut letters = letters.clone();
            letters.insert(at, strange);
            ("one too many", letters.into_iter().collect())
        }
        4 => {
            let mut letters = letters.clone();
            letters.insert(at, letters[at]);
            ("one doubled", letters.into_iter().collect())
        }
        5 => {
            let mut letters = letters.clone();
            let other = (at + 1) % letters.len();
            if other > at {
                letters.swap(at, other);
            }
            ("neighbours swapped", letters.into_iter().collect())
        }
        6 => ("O for 0", printed.replace('0', "O")),
        7 => ("l for 1", printed.replace('1', "l")),
        8 => ("0 for O, 1 for I", printed.replace('O', "0").replace('I', "1")),
        9 => ("in groups", grouped(" ")),
        10 => ("with hyphens", grouped("-")),
        11 => ("small letters", printed.to_lowercase()),
        12 => (
            "with its label",
            format!("{}{printed}", dice.pick(&["Acc no: ", "A/C ", "PRN:", "Invoice ", "Ref. "])),
        ),
        13 => ("spaces around", format!("  {printed} .")),
        14 => ("cut short", letters[..letters.len() - 2].iter().collect()),
        _ => ("twice", printed.repeat(2)),
    }
}

/// What is typed by those who hold no slip in the hand, and means no bill.
fn without_a_slip(dice: &mut Dice) -> (&'static str, String) {
    let digits = |dice: &mut Dice, count: usize| -> String {
        (0..count).map(|_| char::from(dice.pick(b"0123456789"))).collect()
    };
    match dice.below(12) {
        0 => (
            "a name",
            dice.pick(&["ASHA", "WANJIKU", "Otieno", "KAMAU JOHN", "Achieng'", "Mwikali"]).to_owned(),
        ),
        1 => ("a phone number", format!("07{}", digits(dice, 8))),
        2 => ("a phone number with 254", format!("2547{}", digits(dice, 8))),
        3 => ("a phone number with +", format!("+2547{}", digits(dice, 8))),
        4 => ("an identity number", digits(dice, 8)),
        5 => ("an identity number", digits(dice, 7)),
        6 => ("a member", format!("NHIF{}-{}", dice.pick(&["M", "P"]), digits(dice, 8))),
        7 => ("a member", format!("nhif m {}", digits(dice, 8))),
        8 => ("a member without the letter", format!("NHIF{}", digits(dice, 8))),
        9 => ("the poster's sample", dice.pick(&["NHIFM-12345678", "nhifm 12345678", "12345678"]).to_owned()),
        10 => ("an old paybill's account", format!("{}#{}", digits(dice, 6), digits(dice, 5))),
        _ => ("nothing", dice.pick(&["", " ", "-", "N/A", "school fees", "kodi ya nyumba"]).to_owned()),
    }
}

#[test]
fn ten_thousand_typed_account_numbers_reach_who_was_meant_or_are_held() {
    let mut forms: Vec<AccountForm> = Catalogue::embedded().account_forms().to_vec();
    let member = forms.iter_mut().find(|form| form.code.as_str() == "nhif-member").unwrap();
    member.samples = vec![POSTERS_SAMPLE.into()];
    let mut dice = Dice(0x2027);
    let mut outcomes = BTreeMap::<(&str, String), usize>::new();
    let mut totals = BTreeMap::<String, usize>::new();
    let mut strangers = Vec::new();
    let (mut right_count, mut not_reached) = (0, Vec::new());
    for _ in 0..TYPED / TYPED_PER_BOOKS {
        let mut desk = Desk::open();
        let slips = books(&mut dice, &mut desk, &forms);
        for payment in 0..TYPED_PER_BOOKS {
            let meant = (dice.below(5) > 0).then(|| slips[dice.below(slips.len())].clone());
            let (how, typed, money) = match &meant {
                Some(slip) => {
                    let bill = desk.see(slip.bill);
                    let owed = if bill.state.is_open() { bill.due() } else { bill.terms.payable };
                    // Who mistypes the amount as well as the number is one in a great many; here only the one or the other.
                    if dice.below(12) == 0 {
                        ("another amount", slip.printed.clone(), kes(dice.pick(&[1, 499, 10_000])))
                    } else {
                        let (how, typed) = copied(&mut dice, &slip.printed);
                        (how, typed, owed)
                    }
                }
                None => {
                    let (how, typed) = without_a_slip(&mut dice);
                    (how, typed, kes(dice.pick(&AMOUNTS)))
                }
            };
            let what = match desk.typed(&typed, &forms, &format!("R{payment}"), money) {
                Placement::Bill { bill, .. } => {
                    if meant.as_ref().map(|slip| slip.bill) != Some(bill) {
                        strangers.push(format!(
                            "{how}: {typed} meant for {:?}",
                            meant.as_ref().map(|slip| &slip.printed)
                        ));
                    }
                    "routed".to_owned()
                }
                Placement::Suspense { reason, .. } => reason.word().to_owned(),
            };
            // "A/C" and six letters are eight letters, which is another invoice number.
            let is_right = HABITS.contains(&how) && !(typed.starts_with("A/C") && typed.len() < 12);
            if is_right && meant.as_ref().is_some_and(|slip| slip.stands_alone) {
                right_count += 1;
                if what != "routed" {
                    not_reached.push(format!("{how}: {typed}: {what}"));
                }
            }
            *totals.entry(what.clone()).or_default() += 1;
            *outcomes.entry((how, what)).or_default() += 1;
        }
    }
    for ((how, what), count) in &outcomes {
        println!("{count:>6}  {how}: {what}");
    }
    println!("{totals:?}");
    assert_eq!(strangers, Vec::<String>::new(), "{} of {TYPED} went to a stranger", strangers.len());
    assert_eq!(totals.values().sum::<usize>(), TYPED);
    assert_eq!(not_reached, Vec::<String>::new(), "typed right, with nothing beside it");
    // The payers are the same on every machine, and so is what becomes of their money.
    assert_eq!(right_count, 2_239);
    let expected = [
        ("ambiguous_form", 378),
        ("amount_differs", 496),
        ("bad_check_digit", 550),
        ("member_account", 357),
        ("no_account", 70),
        ("not_a_number", 1_962),
        ("poster_sample", 104),
        ("reference_ambiguous", 1_166),
        ("routed", 3_254),
        ("unknown_number", 37),
        ("unknown_reference", 1_626),
    ];
    assert_eq!(totals, expected.map(|(what, count)| (what.to_owned(), count)).into());
}
