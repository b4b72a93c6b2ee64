//! Watches what everybody is told of the ways to pay, and notes each change, until the day is over.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;

use super::world::World;

const LOOK_EVERY: Duration = Duration::from_millis(100);

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
        for channel in status["channels"].as_array().into_iter().flatten() {
            // What it is for single agencies is told beside what it is for everybody.
            if !channel["agency"].is_null() {
                continue;
            }
            let text = |name: &str| channel[name].as_str().unwrap_or_default().to_owned();
            let (name, state) = (text("channel"), text("state"));
            if known.insert(name.clone(), state.clone()).as_ref() != Some(&state) {
                world.seen().states.push((now, name, state));
            }
        }
    }
}
