//! Phones that want no messages: each is sealed in a record under a key of its own, which is destroyed when what the record
//! says is over.

use metrics::gauge;

use super::letter::LetterError;
use super::outbox::{OutboxError, tell};
use crate::app::{App, SharedApp};
use crate::books::LookupError;
use crate::payments::{MESSAGES_PER_RECORD_MAX, MessageAsk, OPT_OUTS_MAX, OPT_OUTS_WARNED_FROM};
use crate::telemetry::metrics::SMS_OPTED_OUT;

/// Whether it was said that room for wishes runs out.
#[derive(Default)]
pub(super) struct Crowding {
    was_said: bool,
}

impl Crowding {
    /// Whether it is to be said now: once, and again after there was room in between.
    fn begins(&mut self, count: usize) -> bool {
        let is_crowded = count >= OPT_OUTS_WARNED_FROM;
        let begins = is_crowded && !self.was_said;
        self.was_said = is_crowded;
        begins
    }
}

/// Ends what was said too long ago, or before too many others. The keys are destroyed first, so that what the record says
/// has been done; a crash between the two does it again.
pub(super) async fn let_lapse(app: &SharedApp, crowding: &mut Crowding) -> Result<(), OutboxError> {
    let now = app.now();
    let (count, lapsed) = app.books.readers().with_messages(|messages| {
        (messages.opted_out_count(), messages.lapsed_opt_outs(now, MESSAGES_PER_RECORD_MAX))
    });
    gauge!(SMS_OPTED_OUT.name).set(count as f64);
    if crowding.begins(count) {
        tracing::warn!(
            count,
            most = OPT_OUTS_MAX,
            "Many phones want no messages. Beyond the most that are kept the oldest wishes lapse before their time."
        );
    }
    if lapsed.is_empty() {
        return Ok(());
    }
    if count > OPT_OUTS_MAX {
        tracing::warn!(
            count,
            "More phones want no messages than are kept; the oldest wishes lapse before their time."
        );
    }
    destroy_keys(app, &lapsed)?;
    tell(app, MessageAsk::LetOptOutsLapse { records: lapsed.clone() }).await?;
    app.messages.phones.forget_opt_outs(&lapsed);
    Ok(())
}

/// Destroys the keys of the phones in these records. Waits for the disk: messages have a thread of their own
/// (`messages::run`), so nobody's connection waits for it too.
pub(super) fn destroy_keys(app: &App, records: &[u64]) -> Result<(), LetterError> {
    for sequence in records {
        let record = app.books.ledger().record(*sequence).map_err(LookupError::from)?;
        if let Some(sealed) = record.and_then(|record| record.draft.sealed) {
            app.vault.destroy(sealed.slot)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_said_before_any_wish_lapses_and_once() {
        let mut crowding = Crowding::default();
        assert!(!crowding.begins(OPT_OUTS_WARNED_FROM - 1));
        assert!(crowding.begins(OPT_OUTS_WARNED_FROM));
        assert!(!crowding.begins(OPT_OUTS_WARNED_FROM + 1), "once, not at every turn");
        assert!(!crowding.begins(OPT_OUTS_WARNED_FROM - 1));
        assert!(crowding.begins(OPT_OUTS_MAX), "and again, once there was room");
    }

    #[test]
    fn the_alert_comes_at_the_same_number() {
        let alerts = include_str!("../../monitoring/alerts.yml");
        let expr = format!("max by (instance) ({}) >= {OPT_OUTS_WARNED_FROM}\n", SMS_OPTED_OUT.name);
        assert!(alerts.contains(&expr), "{expr}");
    }
}
