//! Phones that want no messages: each is sealed in a record under a key of its own, which is destroyed when what the record
//! says is over.

use metrics::gauge;

use super::letter::LetterError;
use super::outbox::{OutboxError, tell};
use crate::app::{App, SharedApp};
use crate::books::LookupError;
use crate::payments::{MESSAGES_PER_RECORD_MAX, MessageAsk, OPT_OUTS_MAX};
use crate::telemetry::metrics::SMS_OPTED_OUT;

/// Ends what was said too long ago, or before too many others. The keys are destroyed first, so that what the record says
/// has been done; a crash between the two does it again.
pub(super) async fn let_lapse(app: &SharedApp) -> Result<(), OutboxError> {
    let now = app.now();
    let (count, lapsed) = app.books.readers().with_messages(|messages| {
        (messages.opted_out_count(), messages.lapsed_opt_outs(now, MESSAGES_PER_RECORD_MAX))
    });
    gauge!(SMS_OPTED_OUT.name).set(count as f64);
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

/// Destroys the keys of the phones in these records.
pub(super) fn destroy_keys(app: &App, records: &[u64]) -> Result<(), LetterError> {
    for sequence in records {
        let record = app.books.ledger().record(*sequence).map_err(LookupError::from)?;
        if let Some(sealed) = record.and_then(|record| record.draft.sealed) {
            app.vault.destroy(sealed.slot)?;
        }
    }
    Ok(())
}
