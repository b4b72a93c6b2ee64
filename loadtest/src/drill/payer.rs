//! A payer: has a bill made, looks at how it can be paid now, and uses what is offered. Nobody pays twice: whoever has paid,
//! or may have, waits.

use std::sync::Arc;

use hyper::StatusCode;
use serde_json::{Value, json};

use super::world::{AGENCIES, Control, SeenBill, World};
use crate::kes::Kes;

/// So many in a thousand pay to the number that they have always known, whatever they are told.
const STUBBORN_PER_MILLE: u64 = 42;
/// In seconds of the day: until it is tried again when the gateway does not answer, when there is no way to pay, and when
/// a way did not work.
const GATEWAY_AGAIN: i64 = 60;
const NO_WAY_AGAIN: i64 = 900;
const OTHER_WAY_AGAIN: i64 = 45;
/// After so many seconds somebody who has paid looks at the bill.
const LOOKS_AFTER: i64 = 30;
/// How often a handset is looked at for a prompt that was sent, and how far apart, in real time.
const PRESSES: u32 = 40;
const PRESS_EVERY: std::time::Duration = std::time::Duration::from_millis(25);

/// Somebody who has something to pay.
#[derive(Debug, Clone)]
pub(crate) struct Payer {
    number: u64,
    second: i64,
    agency: usize,
    /// Would rather be asked on the phone than type.
    prefers_prompt: bool,
    is_stubborn: bool,
}

/// A bill, as its payer knows it.
struct Bill {
    id: String,
    number: String,
    amount: Kes,
    ways: Vec<Way>,
}

/// A way to pay that is offered and that this simulation can go.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Way {
    Prompt,
    /// Typed into M-PESA, with this short code.
    Typed {
        short_code: String,
    },
}

/// What came of trying to pay.
#[derive(PartialEq, Eq)]
enum Tried {
    /// Money has moved, or may have.
    Paid,
    /// Nothing moved.
    NotPaid,
}

impl Payer {
    /// Who comes as the `number`-th, by chance.
    pub(crate) fn new(number: u64, second: i64, chance: u64) -> Self {
        let agency = match chance % 10 {
            0..=3 => 0,
            4..=6 => 1,
            _ => 2,
        };
        Self {
            number,
            second,
            agency,
            prefers_prompt: (chance >> 8).is_multiple_of(2),
            is_stubborn: (chance >> 16) % 1_000 < STUBBORN_PER_MILLE,
        }
    }

    /// Nobody has the number of another, and none is a test number.
    fn phone(&self) -> String {
        format!("25471{:07}", self.number % 10_000_000)
    }

    /// Which of the ways that are known to go.
    fn choose(&self, ways: &[Way], paybill: &str, has_tried_prompt: bool) -> Option<Way> {
        let typed_home = Way::Typed { short_code: paybill.to_owned() };
        if self.is_stubborn && !self.prefers_prompt {
            return Some(typed_home);
        }
        let usable = |way: &&Way| **way != Way::Prompt || !has_tried_prompt;
        let found = ways.iter().filter(usable).find(|way| (**way == Way::Prompt) == self.prefers_prompt);
        found.or_else(|| ways.iter().find(usable)).cloned()
    }
}

/// From setting out to having paid, or to the end of the day.
pub(crate) async fn live(world: Arc<World>, payer: Payer) {
    let mut has_waited = false;
    let paid = pay_a_bill(&world, &payer, &mut has_waited).await;
    let mut seen = world.seen();
    seen.waited += u64::from(has_waited);
    seen.unpaid += u64::from(!paid);
}

async fn pay_a_bill(world: &World, payer: &Payer, has_waited: &mut bool) -> bool {
    let Some(mut bill) = have_a_bill_made(world, payer, has_waited).await else { return false };
    let mut tries = 0;
    let mut has_tried_prompt = false;
    while world.day.now() < world.day.length() {
        // Whoever has no connection goes by the page as it was.
        if let Some((StatusCode::OK, body)) = look(world, payer, &bill.id).await {
            if is_paid(&body) {
                return true;
            }
            bill.ways = ways_of(&body);
        }
        let Some(way) = payer.choose(&bill.ways, "222222", has_tried_prompt) else {
            *has_waited = true;
            has_tried_prompt = false;
            world.day.pass(NO_WAY_AGAIN).await;
            continue;
        };
        has_tried_prompt = way == Way::Prompt;
        tries += 1;
        if go(world, payer, &bill, &way, tries).await == Tried::Paid {
            world.day.pass(LOOKS_AFTER).await;
            // It may not be known yet that it is paid; what must not be is checked in any case.
            let _ = look(world, payer, &bill.id).await;
            return true;
        }
        world.day.pass(OTHER_WAY_AGAIN).await;
    }
    false
}

async fn have_a_bill_made(world: &World, payer: &Payer, has_waited: &mut bool) -> Option<Bill> {
    let once = format!("drill-bill-{}-{:020}", world.plan.seed, payer.number);
    let order = World::order(payer.agency, payer.number);
    while world.day.now() < world.day.length() {
        match world.post("/v1/bills", &world.keys[payer.agency], &once, &order).await {
            Some((status, body)) if status.is_success() => return noted(world, payer, &body),
            Some((status, body)) if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS => {
                world.seen().wrong.push(format!("a bill was refused with {status}: {body}"));
                return None;
            }
            _ => {
                *has_waited = true;
                world.day.pass(GATEWAY_AGAIN).await;
            }
        }
    }
    None
}

fn noted(world: &World, payer: &Payer, body: &Value) -> Option<Bill> {
    let text = |name: &str| body[name].as_str().map(str::to_owned);
    let amount = body["amount"]["amount"].as_u64().map(Kes::from_minor);
    let (Some(id), Some(number), Some(amount)) = (text("id"), text("payment_number"), amount) else {
        world.seen().wrong.push(format!("a bill cannot be understood: {body}"));
        return None;
    };
    let seen = SeenBill { id: id.clone(), agency: payer.agency, second: payer.second };
    world.seen().bills.insert(number.clone(), seen);
    Some(Bill { id, number, amount, ways: ways_of(body) })
}

/// Looks at a bill; one that is paid and still says how to pay it is noted.
async fn look(world: &World, payer: &Payer, id: &str) -> super::world::Answered {
    let answered = world.get(&format!("/v1/bills/{id}"), &world.keys[payer.agency]).await;
    if let Some((StatusCode::OK, body)) = &answered
        && is_paid(body)
        && !ways_of(body).is_empty()
    {
        world.seen().wrong.push(format!("{id} is paid, and is to be paid again"));
    }
    answered
}

/// Whether nothing is left to pay.
pub(crate) fn is_paid(body: &Value) -> bool {
    matches!(body["status"].as_str(), Some("paid" | "overpaid"))
}

/// The ways that are offered and can be gone here, the best first. Kinds that nobody plays here are left out.
fn ways_of(body: &Value) -> Vec<Way> {
    let ways = body["instructions"]["ways"].as_array();
    let offered = ways.into_iter().flatten().filter(|way| way["payable"] == true);
    let known = offered.filter_map(|way| match way["channel"].as_str()?.split('.').next()? {
        "mpesa_prompt" => Some(Way::Prompt),
        "mpesa_paybill" | "agency_till" => {
            let steps = way["en"].as_array()?.iter().filter_map(Value::as_str);
            let code = steps.filter_map(|step| step.strip_prefix("Business number: ")).next()?;
            Some(Way::Typed { short_code: code.trim().to_owned() })
        }
        _ => None,
    });
    known.collect()
}

/// Whether a bill still says how to pay it.
pub(crate) fn is_offered(body: &Value) -> bool {
    !ways_of(body).is_empty()
}

async fn go(world: &World, payer: &Payer, bill: &Bill, way: &Way, tries: u32) -> Tried {
    match way {
        Way::Typed { short_code } => type_it(world, payer, bill, short_code).await,
        Way::Prompt => answer_a_prompt(world, payer, bill, tries).await,
    }
}

async fn type_it(world: &World, payer: &Payer, bill: &Bill, short_code: &str) -> Tried {
    let path = format!("/control/handset/{}/pay", payer.phone());
    let body = json!({"account": bill.number, "amount": bill.amount.to_string(), "short_code": short_code});
    match world.control(Control::Post, &path, &body).await {
        Ok(answer) if answer["status"] == "paid" => Tried::Paid,
        Ok(_) => Tried::NotPaid,
        // Whether it moved is not known.
        Err(_) => Tried::Paid,
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

/// The agencies that have a plan, by their place.
pub(crate) fn with_plan() -> impl Iterator<Item = usize> {
    (0..AGENCIES.len()).filter(|agency| AGENCIES[*agency].has_plan)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body() -> Value {
        json!({"status": "unpaid", "instructions": {"ways": [
            {"channel": "agency_till.kws", "payable": true, "en": ["Go to M-PESA.", "Business number: 600000"]},
            {"channel": "bank.kcb", "payable": true, "en": ["Account 1234"]},
            {"channel": "mpesa_prompt", "payable": false, "en": []},
        ]}})
    }

    #[test]
    fn what_is_offered_and_can_be_gone_is_gone() {
        assert_eq!(ways_of(&body()), [Way::Typed { short_code: "600000".into() }]);
        assert!(is_offered(&body()) && !is_paid(&body()));
    }

    #[test]
    fn the_stubborn_pay_where_they_always_have_and_others_go_by_what_they_are_shown() {
        let ways = ways_of(&body());
        let payer = |prefers_prompt, is_stubborn| Payer {
            number: 1,
            second: 0,
            agency: 1,
            prefers_prompt,
            is_stubborn,
        };
        let chosen = |payer: Payer| payer.choose(&ways, "222222", false);
        assert_eq!(chosen(payer(true, false)), Some(Way::Typed { short_code: "600000".into() }));
        assert_eq!(chosen(payer(false, true)), Some(Way::Typed { short_code: "222222".into() }));
        assert_eq!(payer(false, false).choose(&[], "222222", false), None);
        assert_eq!(payer(true, false).choose(&[Way::Prompt], "222222", true), None, "not at once again");
    }
}
