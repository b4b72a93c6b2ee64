//! Gates that decide when nobody answers.

mod aim;
mod alone;
mod brought;
pub(crate) mod desk;
mod kills;
mod lost;
mod operators;
mod passes;
pub(crate) mod settled;
mod used_twice;

use crate::harness::{Agency, Bill, Gateway, Order, Payment};
use serde_json::Value;

/// A bill of one visitor to Hell's Gate that is paid, and the code on its receipt.
struct Paid {
    bill: Bill,
    receipt: String,
    code: String,
}

#[track_caller]
fn paid(gateway: &Gateway, kws: &Agency) -> Paid {
    let bill = kws.bills(&Order::hells_gate(1));
    gateway.safaricom().confirms(&Payment::of_bill(&bill)).expect_success();
    let signed: Value = serde_json::from_str(&kws.receipt(&bill)).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    Paid { bill, receipt: text(&signed["receipt"]["receipt_number"]), code: text(&signed["short_form"]) }
}

/// Waits until the views know of everything: what a pack lists comes from there.
fn views_have_everything(gateway: &Gateway) {
    crate::harness::eventually("the views have everything", || {
        (gateway.metric("malipo_views_lag_records") == 0).then_some(())
    });
}
