//! What moved, by the records of those who moved it, and the books held against it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::park::Park;
use crate::harness::{BANK_ACCOUNT, Books, TERMINAL_ACCOUNT, noted};

/// The till of the park.
pub(super) const TILL: &str = "600000";

/// By the provider's receipt: the account, and the amount in cents.
type Booked = BTreeMap<String, (String, i64)>;

/// A payment, as it has to be in the books.
#[derive(Debug)]
pub(super) struct Paid {
    account: &'static str,
    cents: i64,
    typed: String,
    /// Somebody typed the number of its slip wrongly: the books are told of it, and nobody will ever have moved it.
    pub(super) never_moved: bool,
}

/// What was told of, by the provider's receipt.
pub(super) struct Moved {
    pub(super) payments: BTreeMap<String, Paid>,
}

impl Moved {
    /// By the records of those who moved it.
    pub(super) fn of(park: &Park<'_>) -> Self {
        let mut moved = Self { payments: BTreeMap::new() };
        let voided: BTreeSet<_> =
            park.terminals.lines("voided").iter().map(|line| line["rrn"].to_string()).collect();
        for sale in park.terminals.lines("sold") {
            if !voided.contains(&sale["rrn"].to_string()) {
                moved.add("terminal 880012", &in_batch(&sale, &sale["rrn"]), &sale, false);
            }
            for slip in park.terminals.lines("rrn_mistyped").iter().filter(|slip| slip["rrn"] == sale["rrn"])
            {
                moved.add("terminal 880012", &in_batch(&sale, &slip["as_typed"]), &sale, true);
            }
        }
        for paid_in in park.bank.lines("deposited") {
            moved.add("bank kcb-1100220033", text(&paid_in["reference"]), &paid_in, false);
            let typed = park.bank.lines("slip_mistyped");
            for slip in typed.iter().filter(|slip| slip["reference"] == paid_in["reference"]) {
                moved.add("bank kcb-1100220033", text(&slip["as_typed"]), &paid_in, true);
            }
        }
        for paid in noted(&park.gateway.sandbox().ledger(), "moved") {
            let account = if paid["shortcode"] == TILL { "mpesa 600000" } else { "mpesa 222222" };
            moved.add(account, text(&paid["receipt"]), &paid, false);
        }
        moved
    }

    fn add(&mut self, account: &'static str, receipt: &str, line: &Value, never_moved: bool) {
        let typed = text(line.get("typed").unwrap_or(&line["account"])).to_owned();
        let cents = line["amount_minor"].as_i64().unwrap();
        self.payments.insert(receipt.to_owned(), Paid { account, cents, typed, never_moved });
    }

    fn sum(&self, which: impl Fn(&Paid) -> bool) -> i64 {
        self.payments.values().filter(|paid| which(paid)).map(|paid| paid.cents).sum()
    }

    pub(super) fn never_moved(&self, provider: &str) -> i64 {
        self.sum(|paid| paid.never_moved && paid.account.starts_with(provider))
    }

    /// Each once, with its amount, on its account; and nothing else.
    pub(super) fn is_what_is_booked(&self, books: &Books) {
        let mut booked = Booked::new();
        for record in books.events("payment_received") {
            let event = &record["event"];
            // What waited is moved on; it came in before.
            if event.get("from_suspense").is_some() {
                continue;
            }
            let of = &event["receipt"];
            let account = format!("{} {}", text(&of["provider"]), text(&of["short_code"]));
            let cents = event["money"]["amount"].as_i64().unwrap();
            let earlier = booked.insert(text(&of["number"]).to_owned(), (account, cents));
            assert_eq!(earlier, None, "{of} is posted twice");
        }
        let expected: Booked = self
            .payments
            .iter()
            .map(|(receipt, paid)| (receipt.clone(), (paid.account.to_owned(), paid.cents)))
            .collect();
        let (lost, invented) = (only_in(&expected, &booked), only_in(&booked, &expected));
        assert!(lost.is_empty() && invented.is_empty(), "not booked: {lost:?}; booked: {invented:?}");
    }

    /// What is owed is the agency's, what is too much can be given back, what is too little is held, and what names nobody
    /// waits: to the cent, whatever came first.
    pub(super) fn is_where_it_belongs(&self, park: &Park<'_>, books: &Books) {
        let (mut revenue, mut excess, mut held) = (0, 0, 0);
        for (number, owed) in &park.owed {
            let came = self.sum(|paid| paid.typed == *number);
            let status = match came {
                0 => "unpaid",
                _ if came < *owed => "part_paid",
                _ if came == *owed => "paid",
                _ => "overpaid",
            };
            let bill = park.kws.get(&format!("/v1/bills?payment_number={number}")).expect(200).json();
            assert_eq!(bill["status"], status, "{came} came for {bill}");
            if came >= *owed {
                revenue += owed;
                excess += came - owed;
            } else {
                held += came;
            }
        }
        let credit = |account: &str| -books.balance(account);
        assert_eq!(credit("2000.kws.kws-hells-gate-entry"), revenue);
        assert_eq!(credit("2110.duplicate-refundable") + credit("2120.overpayment"), excess);
        assert_eq!(credit("2130.part-payment-held"), held);
        assert_eq!(credit("2140.late"), 0);
        assert_eq!(credit("2100.suspense"), self.sum(|paid| !park.owed.contains_key(&paid.typed)));
        for (name, account) in [
            (TERMINAL_ACCOUNT, "terminal 880012"),
            (BANK_ACCOUNT, "bank kcb-1100220033"),
            ("1000.mpesa.600000", "mpesa 600000"),
            ("1000.mpesa.222222", "mpesa 222222"),
        ] {
            assert_eq!(books.balance(name), self.sum(|paid| paid.account == account), "{name}");
        }
        books.expect_balanced();
    }

    /// The seed that is played by default leaves nothing out.
    pub(super) fn tells_of_everything_that_goes_wrong(&self, park: &Park<'_>) {
        let files: BTreeSet<_> =
            park.terminals.lines("handed_over").iter().map(|line| text(&line["what"]).to_owned()).collect();
        assert_eq!(files, ["again", "batch", "late", "paper"].map(str::to_owned).into());
        for kind in ["voided", "rrn_mistyped"] {
            assert!(!park.terminals.lines(kind).is_empty(), "{kind}");
        }
        assert!(!park.bank.lines("slip_mistyped").is_empty());
        for account in ["terminal 880012", "bank kcb-1100220033", "mpesa 600000", "mpesa 222222"] {
            assert!(self.sum(|paid| paid.account == account) > 0, "{account}");
        }
        assert!(self.payments.values().any(|paid| !park.owed.contains_key(&paid.typed)), "a wrong account");
        let came = |number: &String| self.sum(|paid| paid.typed == *number);
        assert!(park.owed.iter().any(|(number, owed)| came(number) > *owed), "twice");
        assert!(park.owed.iter().any(|(number, owed)| (1..*owed).contains(&came(number))), "too little");
    }
}

/// What is in the one and not in the other.
fn only_in(one: &Booked, other: &Booked) -> Vec<String> {
    let differing = one.iter().filter(|(receipt, paid)| other.get(*receipt) != Some(paid));
    differing.map(|(receipt, paid)| format!("{receipt} {paid:?}")).collect()
}

/// Under which number the books know a sale.
fn in_batch(sale: &Value, rrn: &Value) -> String {
    format!("{}-{}-{}", text(&sale["terminal"]), sale["batch"], text(rrn).trim_start_matches('0'))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text"))
}
