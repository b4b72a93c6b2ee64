//! Paying in each of the ways: what is typed, paid in at a bank, taken by a terminal, answered on a phone, or pressed on the page
//! of an acquirer.

use bytes::Bytes;
use hyper::StatusCode;
use serde_json::{Value, json};

use super::payer::{Bill, GATEWAY_AGAIN, Payer};
use super::ways::Way;
use super::world::{Control, World};
use crate::loopback::LoopbackUrl;

/// How often a handset is looked at for a prompt that was sent, and how far apart, in real time.
const PRESSES: u32 = 40;
const PRESS_EVERY: std::time::Duration = std::time::Duration::from_millis(25);
/// In seconds of the day: how often somebody looks what became of being asked, and how long after the day still.
const FOLLOWS_EVERY: i64 = 20;
pub(crate) const FOLLOWS_AFTER_THE_DAY: i64 = 1_800;
/// No request on a phone is answered later than this.
const PROMPT_LIVES: i64 = 120;

/// What came of trying to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tried {
    /// Money has moved, or may have.
    Paid,
    /// Nothing moved.
    NotPaid,
}

/// Goes this way.
pub(crate) async fn go(world: &World, payer: &Payer, bill: &Bill, way: &Way, tries: u32) -> Tried {
    match way {
        Way::Typed { short_code } => type_it(world, payer, bill, short_code).await,
        Way::Bank { name } => pay_in(world, bill, name).await,
        Way::Slip { name } => bring_to_a_branch(world, bill, name).await,
        Way::Terminal { site } => show_the_card(world, payer, bill, site).await,
        Way::Prompt => answer_a_prompt(world, payer, bill, tries).await,
        Way::Airtel => {
            let wish = json!({"method": "airtel_money", "phone": payer.airtel_phone()});
            be_asked(world, payer, bill, &wish, tries).await
        }
        Way::Card => be_asked(world, payer, bill, &json!({"method": "card"}), tries).await,
    }
}

async fn type_it(world: &World, payer: &Payer, bill: &Bill, short_code: &str) -> Tried {
    let path = format!("/control/handset/{}/pay", payer.phone());
    let body = json!({"account": bill.typed(), "amount": bill.amount.to_string(), "short_code": short_code});
    is_taken(world, world.control(Control::Post, &path, &body).await)
}

async fn pay_in(world: &World, bill: &Bill, bank: &str) -> Tried {
    let path = format!("/control/banks/{bank}/deposit");
    let body = json!({"reference": bill.typed(), "amount": bill.amount.to_string()});
    is_taken(world, world.control(Control::Post, &path, &body).await)
}

async fn bring_to_a_branch(world: &World, bill: &Bill, bank: &str) -> Tried {
    let path = format!("/control/banks/{bank}/slips");
    let body = json!({"reference": bill.typed(), "amount": bill.amount.to_string()});
    is_taken(world, world.control(Control::Post, &path, &body).await)
}

async fn show_the_card(world: &World, payer: &Payer, bill: &Bill, site: &str) -> Tried {
    let terminal = ["KWS00001", "KWS00002"][usize::from(payer.number.is_multiple_of(2))];
    let path = format!("/control/terminals/{site}/sale");
    let body = json!({"account": bill.typed(), "amount": bill.amount.to_string(), "terminal": terminal});
    is_taken(world, world.control(Control::Post, &path, &body).await)
}

fn is_taken(world: &World, answer: Result<Value, super::DrillError>) -> Tried {
    match answer {
        Ok(answer) if answer["status"] != "paid" && answer["status"] != "approved" => Tried::NotPaid,
        Ok(_) => Tried::Paid,
        // Whether it moved is not known.
        Err(_) => {
            world.seen().in_doubt += 1;
            Tried::Paid
        }
    }
}

async fn answer_a_prompt(world: &World, payer: &Payer, bill: &Bill, tries: u32) -> Tried {
    let once = format!("drill-prompt-{}-{:016}-{tries}", world.plan.seed, payer.number);
    let wish = json!({"method": "mpesa_prompt", "phone": payer.phone()});
    let path = format!("/v1/bills/{}/attempts", bill.id);
    let asked = world.post(&path, &world.keys[payer.agency], &once, &wish).await;
    let may_ring = match &asked {
        Some((StatusCode::ACCEPTED, body)) => body["state"]["finished"] != true,
        Some(_) => false,
        // The gateway was gone before it said so; the phone may ring all the same.
        None => true,
    };
    if !may_ring {
        world.a_prompt_failed();
        return Tried::NotPaid;
    }
    let pin = format!("/control/handset/{}/pin", payer.phone());
    for _ in 0..PRESSES {
        match world.control(Control::Post, &pin, &json!({"pin": "1234"})).await {
            Ok(answer) if answer["status"] == "pressed" => return Tried::Paid,
            _ => tokio::time::sleep(PRESS_EVERY).await,
        }
    }
    Tried::NotPaid
}

/// By Airtel Money, whose payers answer by themselves, or by card, on the page. Whoever was asked waits until it is known
/// what became of that, unless they know themselves that they have paid nothing.
async fn be_asked(world: &World, payer: &Payer, bill: &Bill, wish: &Value, tries: u32) -> Tried {
    let method = wish["method"].as_str().unwrap_or_default();
    let once = format!("drill-{method}-{}-{:016}-{tries}", world.plan.seed, payer.number);
    let path = format!("/v1/bills/{}/attempts", bill.id);
    let attempt = loop {
        match world.post(&path, &world.keys[payer.agency], &once, wish).await {
            Some((StatusCode::ACCEPTED, attempt)) => break attempt,
            Some((status, _)) if status.is_client_error() => return Tried::NotPaid,
            // The phone may ring all the same. Asked with the same key, the same comes of it.
            _ if world.day.now() < world.day.length() => world.day.pass(GATEWAY_AGAIN).await,
            _ => return Tried::NotPaid,
        }
    };
    let Some(id) = attempt["id"].as_str() else { return Tried::NotPaid };
    if method == "card" {
        world.seen().asked_by_card.insert(id.into(), bill.number);
        if !press_pay(world, &attempt).await {
            return Tried::NotPaid;
        }
    }
    follow(world, payer, id, method).await
}

/// Whether there was a page to press on.
async fn press_pay(world: &World, attempt: &Value) -> bool {
    let Some(page) = attempt["redirect_url"].as_str() else { return false };
    match page.parse::<LoopbackUrl>() {
        Ok(page) => world.press(&page, Bytes::from_static(b"press=pay")).await,
        Err(error) => world.seen().wrong.push(format!("a payer by card was sent away: {error}")),
    }
    true
}

async fn follow(world: &World, payer: &Payer, attempt: &str, method: &str) -> Tried {
    let asked = world.day.now();
    while world.day.now() < world.day.length() + FOLLOWS_AFTER_THE_DAY {
        world.day.pass(FOLLOWS_EVERY).await;
        let found = world.get(&format!("/v1/attempts/{attempt}"), &world.keys[payer.agency]).await;
        if let Some((StatusCode::OK, found)) = found
            && found["state"]["finished"] == true
        {
            return if found["state"]["status"] == "succeeded" { Tried::Paid } else { Tried::NotPaid };
        }
        let is_over = world.day.now() > asked + PROMPT_LIVES;
        if is_over && method == "airtel_money" && !has_paid_by_airtel(world, attempt).await {
            return Tried::NotPaid;
        }
    }
    world.seen().in_doubt += 1;
    Tried::Paid
}

/// Whether money left the payer's own account, or may still.
async fn has_paid_by_airtel(world: &World, attempt: &str) -> bool {
    let name = attempt.strip_prefix("att_").unwrap_or(attempt);
    let seen = world.control(Control::Get, &format!("/control/airtel/transactions/{name}"), &json!({})).await;
    !seen.is_ok_and(|seen| seen["status"] == "never_asked" || seen["status"] == "failed")
}
