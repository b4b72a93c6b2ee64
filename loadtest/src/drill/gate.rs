//! A gate on the day: a program of its own that decides whether or not the gateway answers, a guard at its page, and those
//! who come: with a receipt, with a payment number, a second time, without having paid, with a receipt that was altered.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use serde_json::Value;

use super::DrillPlan;
use super::payer::{Bill, Payer};
use super::script::{BACK_AFTER, BACK_FOR_GOOD_AFTER, KILLED, KILLED_AGAIN_AFTER, RETURNS};
use super::world::{AGENCIES, World};

/// Whose gate it is, where, and what it is called.
pub(crate) const AGENCY: &str = "KWS";
pub(crate) const SITE: &str = "hells-gate";
pub(crate) const GATE: &str = "Elsa Gate";
/// What is paid for to go in there.
pub(crate) const SERVICE: &str = "kws-hells-gate-entry";
/// How often its program asks the gateway, in seconds of ours.
pub(crate) const ASKS_EVERY_SECONDS: u64 = 3;

/// About so many of those who pay the agency in a day pay for this park: ten times what its busiest days see. All others pay for
/// another.
const OF_THIS_PARK: u64 = 9_000;
/// About so many of those come to the gate in sum, and so many may stand before it.
const VISITORS: u64 = 400;
const WAITING_MAX: usize = 200;
/// So many wait until the gateway is killed, and half of them until it is killed again.
const KEPT_FOR_THE_DARK: u32 = 40;
/// One visitor in so many shows a number and no receipt; one in so many comes without having paid, or with an altered receipt.
const NUMBER_ONE_IN: u64 = 4;
const CHEAT_ONE_IN: u64 = 10;
/// How fast a guard is.
const GUARD_EVERY: Duration = Duration::from_millis(40);
/// By then a payment that was seen is on the list of the gate.
const LISTED_WITHIN: Duration = Duration::from_secs(4 * ASKS_EVERY_SECONDS);
/// How long an answer is waited for.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Somebody who has paid and stands before the gate.
#[derive(Debug)]
struct Visitor {
    payment_number: u64,
    /// The code on the receipt; whoever has none shows the number.
    receipt: Option<String>,
    /// When the bill was seen to be paid, in seconds of the day.
    paid: i64,
}

/// A decision of the gate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Decision {
    pub(crate) second: i64,
    pub(crate) took: Duration,
    pub(crate) what: Decided,
    /// While the gateway was gone.
    pub(crate) is_dark: bool,
}

/// What a decision was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decided {
    /// To be let in, or let in.
    In,
    /// Not again.
    AlreadyUsed,
    /// No.
    Refused,
}

impl Decided {
    pub(crate) const ALL: [Self; 3] = [Self::In, Self::AlreadyUsed, Self::Refused];
}

/// What was seen at the gate.
#[derive(Debug, Default)]
pub(crate) struct GateSeen {
    waiting: VecDeque<Visitor>,
    pub(crate) decisions: Vec<Decision>,
    /// Who was let in, by payment number, and when.
    pub(crate) let_in: HashMap<u64, i64>,
}

/// So many pay the agency of the gate: three in ten.
fn of_agency(plan: &DrillPlan) -> u64 {
    plan.payers() * 3 / 10
}

/// One in so many of those pays for the park of the gate.
fn park_one_in(plan: &DrillPlan) -> u64 {
    (of_agency(plan) / OF_THIS_PARK).max(1)
}

/// Whether this payer of the agency pays for the park of the gate.
pub(crate) fn is_wanted(plan: &DrillPlan, payer: u64) -> bool {
    payer.is_multiple_of(park_one_in(plan))
}

/// Somebody who has paid sets out for the gate, if it is their gate and they are among those who do.
pub(crate) async fn set_out(world: &World, payer: &Payer, bill: &Bill, paid: &Value) {
    if AGENCIES[payer.agency].code != AGENCY {
        return;
    }
    let park_one_in = park_one_in(&world.plan);
    let one_in = (of_agency(&world.plan) / park_one_in / VISITORS).max(1);
    let place = payer.number / park_one_in;
    if !is_wanted(&world.plan, payer.number) || !place.is_multiple_of(one_in) {
        return;
    }
    let mut visitor = Visitor { payment_number: bill.number, receipt: None, paid: world.day.now() };
    if !(place / one_in).is_multiple_of(NUMBER_ONE_IN) {
        let Some(receipt) = paid["payments"][0]["receipt_number"].as_str() else { return };
        let found = world.get(&format!("/v1/receipts/{receipt}"), &world.keys[payer.agency]).await;
        let Some((StatusCode::OK, found)) = found else { return };
        let Some(code) = found["short_form"].as_str() else { return };
        visitor.receipt = Some(code.to_owned());
    }
    let waiting = &mut world.seen().gate.waiting;
    if waiting.len() < WAITING_MAX {
        waiting.push_back(visitor);
    }
}

/// The guard attends the gate until the day is over and nobody stands before it.
pub(crate) async fn attend(world: Arc<World>) {
    let mut attended = 0_u64;
    loop {
        let next = next(&world);
        let Some(visitor) = next else {
            if world.day.now() > world.day.length() {
                return;
            }
            tokio::time::sleep(GUARD_EVERY).await;
            continue;
        };
        receive(&world, &visitor).await;
        attended += 1;
        if attended.is_multiple_of(CHEAT_ONE_IN) {
            turn_away(&world, &visitor, attended / CHEAT_ONE_IN).await;
        }
        // Those who were kept come through half of the time in which the gateway is gone.
        let in_the_dark = world.day.in_life(BACK_AFTER) / KEPT_FOR_THE_DARK;
        let pause = if world.is_gateway_gone() { in_the_dark } else { GUARD_EVERY };
        tokio::time::sleep(pause).await;
    }
}

/// Whose turn it is. Some are kept for when the gateway is gone.
fn next(world: &World) -> Option<Visitor> {
    let (now, is_gone) = (world.day.now(), world.is_gateway_gone());
    let killed = world.day.second_of(KILLED);
    let kept = if now < killed {
        KEPT_FOR_THE_DARK
    } else if now < killed + KILLED_AGAIN_AFTER || (now < killed + BACK_FOR_GOOD_AFTER && !is_gone) {
        KEPT_FOR_THE_DARK / 2
    } else {
        0
    };
    let waiting = &mut world.seen().gate.waiting;
    if waiting.len() > kept as usize { waiting.pop_front() } else { None }
}

/// A visitor who has paid: looked at, let in, and not let in again.
async fn receive(world: &World, visitor: &Visitor) {
    let number = format!("{:012}", visitor.payment_number);
    let shown = visitor.receipt.as_deref().unwrap_or(&number);
    let must_be_known = visitor.receipt.is_some() || is_listed(world, visitor);
    let first = ask(world, "check", shown).await;
    if first.as_deref() == Some("not_found") && !must_be_known {
        return;
    }
    let is_right = first.as_deref() == Some("valid");
    let let_in = ask(world, "let-in", shown).await;
    let again = ask(world, "let-in", shown).await;
    let mut seen = world.seen();
    if let_in.as_deref() == Some("let_in") {
        let now = world.day.now();
        if seen.gate.let_in.insert(visitor.payment_number, now).is_some() {
            seen.wrong.push(format!("the gate let {number} in twice"));
        }
    }
    if !is_right || let_in.as_deref() != Some("let_in") || again.as_deref() != Some("already_used") {
        let said = [first, let_in, again].map(|word| word.unwrap_or_else(|| "nothing".to_owned()));
        let receipt = if visitor.receipt.is_some() { "a receipt" } else { "a number" };
        seen.wrong.push(format!("the gate said {said:?} of {number}, which was paid, for {receipt}"));
    }
}

/// Whether the list of the gate must have a payment by now: its program has asked since, and nothing that was held up has come
/// since.
fn is_listed(world: &World, visitor: &Visitor) -> bool {
    let now = world.day.now();
    let answered = answered_at_a_stretch(visitor.paid, now, &world.seen().gone);
    world.day.in_life(answered) > LISTED_WITHIN && now < world.day.second_of(RETURNS)
}

/// The longest time at a stretch from one moment to another in which the gateway was there to be asked.
fn answered_at_a_stretch(from: i64, until: i64, gone: &[(i64, Option<i64>)]) -> i64 {
    let (mut longest, mut since) = (0, from);
    for (left, back) in gone {
        longest = longest.max((*left).min(until) - since);
        since = since.max(back.unwrap_or(until));
    }
    longest.max(until - since)
}

/// Somebody who has not paid, or shows what was altered.
async fn turn_away(world: &World, visitor: &Visitor, turn: u64) {
    let altered = visitor.receipt.as_deref().filter(|_| turn.is_multiple_of(2)).map(alter);
    let (shown, expected) = match altered {
        Some(code) => (code, "not_genuine"),
        None => {
            let count = world.never_paid.len().max(1) as u64;
            let place = usize::try_from(turn % count).unwrap_or(0);
            let Some((_, number)) = world.never_paid.get(place) else { return };
            (format!("{number:012}"), "not_found")
        }
    };
    for how in ["check", "let-in"] {
        let said = ask(world, how, &shown).await;
        if said.as_deref() != Some(expected) {
            world.seen().wrong.push(format!("the gate said {said:?} where {expected} is right"));
        }
    }
}

/// A code with one character of its signature changed.
fn alter(code: &str) -> String {
    let mut altered = code.to_owned();
    let at = altered.len().saturating_sub(8);
    let other = if altered[at..].starts_with('A') { "B" } else { "A" };
    if altered.is_char_boundary(at) && altered.is_char_boundary(at + 1) {
        altered.replace_range(at..=at, other);
    }
    altered
}

/// Asks the gate, notes how long it took, and gives the verdict.
async fn ask(world: &World, how: &str, shown: &str) -> Option<String> {
    let (second, is_dark) = (world.day.now(), world.is_gateway_gone());
    let url = world.gate.join(&format!("/en/{how}"));
    let form = Bytes::from(format!("q={}", escaped(shown)));
    let headers = [(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))];
    let began = Instant::now();
    let answer = world.client.post(&url, &headers, form, ANSWER_WITHIN).await;
    let took = began.elapsed();
    let verdict = answer.ok().and_then(|answer| verdict(&String::from_utf8_lossy(&answer.body)));
    let what = match verdict.as_deref() {
        Some("valid" | "let_in") => Decided::In,
        Some("already_used") => Decided::AlreadyUsed,
        Some(_) => Decided::Refused,
        None => {
            world.seen().wrong.push(format!("the gate did not decide in {} ms", took.as_millis()));
            return None;
        }
    };
    world.seen().gate.decisions.push(Decision { second, took, what, is_dark });
    verdict
}

fn verdict(page: &str) -> Option<String> {
    let (_, rest) = page.split_once("data-verdict=\"")?;
    Some(rest.split_once('"')?.0.to_owned())
}

/// Waits until the program at the gate has told all that it did, and says whether it has.
pub(crate) async fn has_told_all(world: &World, within: Duration) -> bool {
    let began = Instant::now();
    while began.elapsed() < within {
        let page = world.client.get(&world.gate.join("/en/"), &[], ANSWER_WITHIN).await;
        let is_told = page.is_ok_and(|page| String::from_utf8_lossy(&page.body).contains(", 0 not yet told"));
        if is_told {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    false
}

/// As a browser sends it in a form.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() * 3);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.') {
            escaped.push(char::from(byte));
        } else {
            escaped.push('%');
            escaped.push_str(&hex::encode_upper([byte]));
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_is_read_from_the_page_and_what_is_shown_is_sent_as_a_browser_does() {
        let page = "<div class=\"verdict good\" role=\"status\" data-verdict=\"already_used\">";
        assert_eq!(verdict(page).as_deref(), Some("already_used"));
        assert_eq!(verdict("<h1>Elsa Gate</h1>"), None);
        assert_eq!(escaped("MLP1:a+b/c="), "MLP1%3Aa%2Bb%2Fc%3D");
    }

    #[test]
    fn an_altered_code_differs_in_one_character() {
        let altered = alter("MLP1:abcdefghijklmnop");
        let differing = altered.bytes().zip("MLP1:abcdefghijklmnop".bytes()).filter(|(a, b)| a != b).count();
        assert_eq!(differing, 1);
    }

    #[test]
    fn a_list_has_a_payment_when_the_gateway_could_be_asked_for_long_enough() {
        let gone = [(100, Some(340)), (400, Some(700))];
        assert_eq!(answered_at_a_stretch(10, 50, &[]), 40);
        assert_eq!(answered_at_a_stretch(10, 150, &gone), 90, "before it was killed");
        assert_eq!(answered_at_a_stretch(90, 390, &gone), 50, "between the kills");
        assert_eq!(answered_at_a_stretch(90, 900, &gone), 200, "after it is back for good");
        assert_eq!(answered_at_a_stretch(150, 300, &[(100, None)]), 0);
    }
}
