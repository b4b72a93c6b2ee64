//! Watches what everybody is told of the ways to pay, and notes each change, until the day is over; and watches the page of
//! a bill for the next way when prompts fail.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::StatusCode;
use serde_json::Value;

use super::script::{KILLED, PROMPTS_FAIL};
use super::world::{Seen, World};

const LOOK_EVERY: Duration = Duration::from_millis(100);
const LOOK_AT_PAGE_EVERY: Duration = Duration::from_millis(10);

/// Watches until the day is over.
pub(crate) async fn watch(world: Arc<World>) {
    let mut known = BTreeMap::<String, String>::new();
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    loop {
        ticks.tick().await;
        let Some((StatusCode::OK, status)) = world.get("/v1/status", &world.treasury).await else { continue };
        let now = world.day.now();
        // The day is over: nobody comes any more, and that is no silence.
        if now > world.day.length() {
            return;
        }
        let seen = &mut world.seen();
        note_outages(seen, &status);
        for channel in status["channels"].as_array().into_iter().flatten() {
            // What it is for single agencies is told beside what it is for everybody.
            if !channel["agency"].is_null() {
                continue;
            }
            let text = |name: &str| channel[name].as_str().unwrap_or_default().to_owned();
            let (name, state) = (text("channel"), text("state"));
            if known.insert(name.clone(), state.clone()).as_ref() != Some(&state) {
                seen.states.push((now, name, state));
            }
        }
    }
}

/// Every outage, also of single agencies: each has a report.
fn note_outages(seen: &mut Seen, status: &Value) {
    let both = ["outages", "ended"].into_iter().filter_map(|list| status[list].as_array());
    for outage in both.flatten().filter(|outage| outage["drill"] != true) {
        let text = |name: &str| outage[name].as_str().unwrap_or_default().to_owned();
        if let Some(id) = outage["id"].as_u64() {
            seen.outages.entry(id).or_insert_with(|| (text("channel"), text("since")));
        }
    }
}

/// When prompts fail, looks at the page of a bill that nobody pays until it shows the next way and asks for no phone, or
/// until the gateway is killed.
pub(crate) async fn watch_a_page(world: Arc<World>) {
    let Some((id, _)) = world.never_paid.first() else { return };
    let path = format!("/en/bills/{id}");
    let (from, until) = (world.day.second_of(PROMPTS_FAIL), world.day.second_of(KILLED));
    world.day.until(from).await;
    while world.day.now() < until {
        let page = world.page(&path).await;
        if page.is_some_and(|page| shows_next_way(&page)) {
            world.seen().next_way_shown = Some((world.day.now(), Instant::now()));
            return;
        }
        tokio::time::sleep(LOOK_AT_PAGE_EVERY).await;
    }
}

fn shows_next_way(page: &str) -> bool {
    !page.contains("value=\"mpesa_prompt\"") && page.contains("<ol class=\"steps\">")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_way_is_shown_where_steps_are_and_no_phone_is_asked_for() {
        assert!(shows_next_way("<ol class=\"steps\"><li>Business number: 600000</li></ol>"));
        assert!(!shows_next_way("<input name=\"method\" value=\"mpesa_prompt\"><ol class=\"steps\">"));
        assert!(!shows_next_way("<p>It cannot be paid now.</p>"));
    }
}
