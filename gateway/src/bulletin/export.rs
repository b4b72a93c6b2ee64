//! Writing the bulletin: each minute, and at once when something of it changes. A file is replaced as a whole, the note last.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use metrics::gauge;
use tokio::time::Instant;

use super::Bulletin;
use crate::app::SharedApp;
use crate::away::away;
use crate::pages::bulletin_page;
use crate::telemetry::metrics::BULLETIN_AGE_SECONDS;

/// For people.
pub const PAGE_FILE: &str = "bulletin.html";
/// For programs.
pub const JSON_FILE: &str = "bulletin.json";
/// The signed note with the hashes of both.
pub const NOTE_FILE: &str = "bulletin.note";

/// How often it is written though nothing has changed: its age says how long the gateway has been gone.
const WRITE_EVERY: Duration = Duration::from_secs(60);
/// How often it is looked whether something has changed.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// After a write that failed it is tried again after a second, and each time after twice as long, up to this.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(30);

/// Writes the bulletin into this folder for as long as the gateway runs.
pub(crate) async fn keep_writing(app: SharedApp, folder: PathBuf) {
    let mut written: Option<(Bulletin, Instant)> = None;
    let mut failures = 0_u32;
    let mut tried = Instant::now();
    let mut last_good = Instant::now();
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let instant = ticks.tick().await;
        gauge!(BULLETIN_AGE_SECONDS.name).set(instant.duration_since(last_good).as_secs_f64());
        if failures > 0 && instant.duration_since(tried) < retry_after(failures) {
            continue;
        }
        let bulletin = Bulletin::now(&app);
        let is_news = written.as_ref().is_none_or(|(before, at)| {
            !before.says_the_same(&bulletin) || instant.duration_since(*at) >= WRITE_EVERY
        });
        if !is_news {
            continue;
        }
        let files = files(&app, &bulletin);
        let into = folder.clone();
        tried = instant;
        let outcome = away(move || write(&into, &files)).await;
        match outcome.map_err(io::Error::other).and_then(|written| written) {
            Ok(()) => {
                (last_good, failures) = (instant, 0);
                gauge!(BULLETIN_AGE_SECONDS.name).set(0.0);
                written = Some((bulletin, instant));
            }
            Err(error) => {
                // Once for each trouble; the age tells the rest.
                if failures == 0 {
                    tracing::error!(%error, folder = %folder.display(), "The bulletin cannot be written.");
                }
                failures = failures.saturating_add(1);
            }
        }
    }
}

/// How long to wait after so many failures one after the other.
fn retry_after(failures: u32) -> Duration {
    let seconds = 1_u64.checked_shl(failures.saturating_sub(1)).unwrap_or(u64::MAX);
    Duration::from_secs(seconds).min(RETRY_AFTER_MAX)
}

/// The files, by name, the note last.
fn files(app: &SharedApp, bulletin: &Bulletin) -> [(&'static str, String); 3] {
    let json = serde_json::to_string(bulletin).expect("texts and numbers can be written as JSON");
    let files = [(PAGE_FILE, bulletin_page(bulletin, app.help.as_ref())), (JSON_FILE, json)];
    let note = app.receipts.sign_bulletin(&bulletin.as_of, &files);
    let [page, json] = files;
    [page, json, (NOTE_FILE, note)]
}

fn write(folder: &Path, files: &[(&str, String)]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (name, text) in files {
        let unfinished = folder.join(format!(".{name}"));
        fs::write(&unfinished, text)?;
        fs::rename(unfinished, folder.join(name))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_that_failed_is_tried_again_soon_and_never_too_often_or_too_late() {
        let waits = [1, 2, 3, 5, 6, 64, 65, u32::MAX].map(|failures| retry_after(failures).as_secs());
        assert_eq!(waits, [1, 2, 4, 16, 30, 30, 30, 30]);
    }
}
