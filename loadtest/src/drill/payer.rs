//! A payer: has a bill made, looks at how it can be paid now, and uses what is offered. Nobody pays twice: whoever has paid,
//! or may have, waits. Some of those who have paid go to a gate.

use std::sync::Arc;

use hyper::StatusCode;
use serde_json::Value;

use super::gate;
use super::paying::{Tried, go};
use super::ways::{Habit, PAYBILL, Way, is_paid, ways_of};
use super::world::{Answered, SeenBill, World};
use crate::kes::Kes;

/// Of a thousand who would rather not be asked, so many pay to the number that they have always known, whatever they are told:
/// forty thousand of a whole day's payers while the paybill is silent.
const STUBBORN_PER_MILLE: u64 = 100;
/// In seconds of the day: until it is tried again when the gateway does not answer, when there is no way to pay, and when
/// a way did not work.
pub(crate) const GATEWAY_AGAIN: i64 = 60;
const NO_WAY_AGAIN: i64 = 900;
const OTHER_WAY_AGAIN: i64 = 45;
/// Whoever finds no way again and again looks less often: every so many seconds of an hour that is whole.
const NO_WAY_AGAIN_MAX: i64 = 3_600;
/// After so many seconds somebody who has paid looks at the bill.
const LOOKS_AFTER: i64 = 30;

/// Somebody who has something to pay.
#[derive(Debug, Clone)]
pub(crate) struct Payer {
    pub(crate) number: u64,
    pub(crate) second: i64,
    pub(crate) agency: usize,
    rather: Habit,
    is_stubborn: bool,
}

/// A bill, as its payer knows it.
pub(crate) struct Bill {
    pub(crate) id: Box<str>,
    pub(crate) number: u64,
    pub(crate) amount: Kes,
    ways: Vec<Way>,
}

impl Payer {
    /// Who comes as the `number`-th, by chance.
    pub(crate) fn new(number: u64, second: i64, chance: u64) -> Self {
        let agency = match chance % 10 {
            0..=3 => 0,
            4..=6 => 1,
            7..=8 => 2,
            _ => 3,
        };
        Self {
            number,
            second,
            agency,
            rather: Habit::by_chance(chance >> 8),
            is_stubborn: (chance >> 16) % 1_000 < STUBBORN_PER_MILLE,
        }
    }

    /// Nobody has the number of another, and none is a test number.
    pub(crate) fn phone(&self) -> String {
        format!("25471{:07}", self.number % 10_000_000)
    }

    /// A phone for Airtel Money. What its test numbers do is for others.
    pub(crate) fn airtel_phone(&self) -> String {
        format!("25473{:07}", self.number % 2_900_000)
    }

    /// Which of the ways that are known to go.
    fn choose(&self, ways: &[Way], asked_in_vain: Option<Habit>) -> Option<Way> {
        if self.is_stubborn && self.rather != Habit::Prompt {
            return Some(Way::Typed { short_code: PAYBILL.to_owned() });
        }
        Way::choose(ways, self.rather, asked_in_vain)
    }
}

/// From setting out to having paid, or to the end of the day.
pub(crate) async fn live(world: Arc<World>, payer: Payer) {
    let mut has_waited = false;
    let is_done = match have_a_bill_made(&world, &payer, &mut has_waited).await {
        Some(bill) => pay_it(&world, &payer, bill, &mut has_waited).await,
        None => false,
    };
    let mut seen = world.seen();
    seen.waited += u64::from(has_waited);
    seen.paid += u64::from(is_done);
    seen.unpaid += u64::from(!is_done);
}

/// Whether it was paid before the day was over.
async fn pay_it(world: &World, payer: &Payer, mut bill: Bill, has_waited: &mut bool) -> bool {
    let (mut tries, mut asked_in_vain, mut again) = (0_u32, None, NO_WAY_AGAIN);
    while world.day.now() < world.day.length() {
        // Whoever has no connection goes by the page as it was.
        if let Some((StatusCode::OK, body)) = look(world, payer, &bill.id).await {
            if is_paid(&body) {
                return true;
            }
            bill.ways = ways_of(&body);
        }
        let Some(way) = payer.choose(&bill.ways, asked_in_vain) else {
            *has_waited = true;
            asked_in_vain = None;
            wait(world, again).await;
            again = (again * 2).min(world.day.scaled(NO_WAY_AGAIN_MAX)).max(NO_WAY_AGAIN);
            continue;
        };
        asked_in_vain = way.asks_payer().then_some(way.habit());
        tries += 1;
        if go(world, payer, &bill, &way, tries).await == Tried::Paid {
            world.day.pass(LOOKS_AFTER).await;
            // It may not be known yet that it is paid; what must not be is checked in any case.
            match look(world, payer, &bill.id).await {
                Some((StatusCode::OK, body)) if is_paid(&body) => {
                    gate::set_out(world, payer, &bill, &body).await;
                }
                _ => world.seen().looked_too_soon += 1,
            }
            return true;
        }
        wait(world, OTHER_WAY_AGAIN).await;
    }
    false
}

async fn have_a_bill_made(world: &World, payer: &Payer, has_waited: &mut bool) -> Option<Bill> {
    let once = format!("drill-bill-{}-{:020}", world.plan.seed, payer.number);
    while world.day.now() < world.day.length() {
        let order = world.order(payer.agency, payer.number);
        match world.post("/v1/bills", &world.keys[payer.agency], &once, &order).await {
            Some((status, body)) if status.is_success() => return noted(world, payer, &body),
            Some((status, body)) if status.is_client_error() && status != StatusCode::TOO_MANY_REQUESTS => {
                world.seen().wrong.push(format!("a bill was refused with {status}: {body}"));
                return None;
            }
            _ => {
                *has_waited = true;
                wait(world, GATEWAY_AGAIN).await;
            }
        }
    }
    None
}

/// Waits so many seconds, or until everybody goes home.
async fn wait(world: &World, seconds: i64) {
    let until = (world.day.now() + seconds).min(world.day.length());
    world.day.until(until).await;
}

fn noted(world: &World, payer: &Payer, body: &Value) -> Option<Bill> {
    let bill = Bill::read(body);
    let mut seen = world.seen();
    let Some(bill) = bill else {
        seen.wrong.push(format!("a bill cannot be understood: {body}"));
        return None;
    };
    let noted = SeenBill { id: bill.id.clone(), agency: payer.agency };
    seen.bills.insert(bill.number, noted);
    Some(bill)
}

impl Bill {
    pub(crate) fn read(body: &Value) -> Option<Self> {
        Some(Self {
            id: body["id"].as_str()?.into(),
            number: body["payment_number"].as_str()?.parse().ok()?,
            amount: Kes::from_minor(body["amount"]["amount"].as_u64()?),
            ways: ways_of(body),
        })
    }

    /// What is typed for it.
    pub(crate) fn typed(&self) -> String {
        format!("{:012}", self.number)
    }
}

/// Looks at a bill; one that is paid and still says how to pay it is noted.
async fn look(world: &World, payer: &Payer, id: &str) -> Answered {
    let answered = world.get(&format!("/v1/bills/{id}"), &world.keys[payer.agency]).await;
    if let Some((StatusCode::OK, body)) = &answered
        && is_paid(body)
        && !ways_of(body).is_empty()
    {
        world.seen().wrong.push(format!("{id} is paid, and is to be paid again"));
    }
    answered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stubborn_pay_where_they_always_have_and_others_go_by_what_they_are_shown() {
        let ways = [Way::Typed { short_code: "600000".into() }, Way::Card];
        let payer = |rather, is_stubborn| Payer { number: 1, second: 0, agency: 1, rather, is_stubborn };
        let chosen = |payer: Payer| payer.choose(&ways, None);
        assert_eq!(chosen(payer(Habit::Prompt, true)), Some(ways[0].clone()));
        assert_eq!(chosen(payer(Habit::Card, false)), Some(Way::Card));
        assert_eq!(chosen(payer(Habit::Card, true)), Some(Way::Typed { short_code: PAYBILL.into() }));
    }

    #[test]
    fn no_payer_of_a_whole_day_has_a_test_number_of_airtel() {
        for number in [1, 2, 9, 1_199_999] {
            let payer = Payer::new(number, 0, 0);
            assert!(!payer.airtel_phone().starts_with("25473300000"), "{}", payer.airtel_phone());
        }
    }
}
