//! Days on which nothing arrives in order: slips, batches of card terminals, statements of a till and of the bank, and the passes
//! of two gates are sent late, twice, shuffled and with the lines of others, while some of the same bills are paid online. Who
//! holds the money has written down what moved, and the books have exactly that.
//!
//! Which payers, faults and orders there are is chosen by a seed, which is printed; `E2E_UPLOADS_SEED` plays one again, but for what
//! the bank and M-PESA tell of by themselves, and
//! `E2E_UPLOADS_ROUNDS` plays so many one after the other (`tests/long uploads`).

mod moved;
mod park;

use rand::seq::SliceRandom as _;
use serde_json::Value;

use self::moved::{Moved, TILL};
use self::park::Park;
use super::report::{on_account, outage_of, report};
use crate::harness::Gateway;

/// The day on which it was needed.
const SEED: u64 = 20_250_103;
const DAYS: usize = 3;

#[test]
fn whatever_is_sent_late_twice_shuffled_and_overlapping_each_payment_is_posted_once_and_excess_is_refundable()
{
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let first = number("E2E_UPLOADS_SEED").unwrap_or(SEED);
    for seed in first..first + number("E2E_UPLOADS_ROUNDS").unwrap_or(1) {
        eprintln!("E2E_UPLOADS_SEED={seed}");
        play(seed);
    }
}

fn play(seed: u64) {
    let gateway = Gateway::demo().start();
    let mut park = Park::open(&gateway, seed);
    gateway.operator_says("mpesa_paybill", "start");
    let outage = outage_of(&gateway, "mpesa_paybill");
    let mut waiting = Vec::new();
    for _ in 0..DAYS {
        waiting.extend(park.sells());
        waiting.extend(park.hands_over());
        waiting.shuffle(&mut park.chance);
        // A quarter of it is late.
        let late = waiting.split_off(waiting.len() * 3 / 4);
        waiting = park.sends(waiting);
        waiting.extend(late);
    }
    gateway.sandbox().is_quiet();
    // What was lost turns up, and who holds the money says what there is.
    for _ in 0..2 {
        waiting.extend(park.hands_over());
    }
    waiting.extend(park.statements());
    let most = waiting.len();
    for _ in 0..most {
        waiting.shuffle(&mut park.chance);
        waiting = park.sends(waiting);
    }
    assert!(waiting.is_empty(), "{} were refused to the end", waiting.len());
    let alone = park.sends_sales_alone_that_were_taken_back();
    assert!(alone > 0 || seed != SEED, "nothing was taken back");
    park.sends_all_again_at_once();

    let books = gateway.books();
    let moved = Moved::of(&park);
    if seed == SEED {
        moved.tells_of_everything_that_goes_wrong(&park);
    }
    moved.is_what_is_booked(&books);
    moved.is_where_it_belongs(&park, &books);
    park.agrees_with_the_checker(&books);
    assert_eq!(books.events("visit").len(), park.passes, "each pass let somebody in once");
    // What was typed wrongly from paper is what nobody who holds the money knows of.
    let seen = report(&gateway, &park.treasury, outage);
    for (account, wrong) in
        [("880012", moved.never_moved("terminal")), ("kcb-1100220033", moved.never_moved("bank"))]
    {
        assert_eq!(unmatched(&seen, account), wrong, "{account}");
    }
    assert_eq!(unmatched(&seen, TILL), 0);
    for account in ["880012", "kcb-1100220033", TILL] {
        let sums = &on_account(&seen, account)["sums"][0];
        assert_eq!(sums["difference"]["amount"], 0, "{account}: {sums}");
    }
    eprintln!(
        "{} payments, {} of them told of and never made; {} uploads",
        moved.payments.len(),
        moved.payments.values().filter(|paid| paid.never_moved).count(),
        park.taken.len()
    );
}

fn unmatched(report: &Value, account: &str) -> i64 {
    let rows = on_account(report, account)["collected"].as_array().cloned().unwrap_or_default();
    rows.iter().map(|row| row["unmatched"]["amount"]["amount"].as_i64().unwrap()).sum()
}
