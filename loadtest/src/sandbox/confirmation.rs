//! Telling the merchant that money has moved: once, unless faults or retries were asked for.

use std::sync::Arc;
use std::time::Duration;

use super::faults::{Fault, Faults};
use super::record::Line;
use super::safaricom::{POST_LIMIT, Safaricom};
use crate::c2b::C2bMessage;
use crate::kes::Kes;
use crate::loopback::LoopbackUrl;

/// How long a confirmation waits for a younger one to overtake it.
const OVERTAKEN_WITHIN: Duration = Duration::from_secs(5);
/// The first pause before a retry; it doubles up to [`RETRY_PAUSE_MAX`].
const RETRY_PAUSE: Duration = Duration::from_secs(1);
const RETRY_PAUSE_MAX: Duration = Duration::from_secs(60);

/// A payment of which the merchant is to be told.
pub(crate) struct Confirmation {
    pub(crate) receipt: String,
    pub(crate) amount: Kes,
    pub(crate) message: C2bMessage,
    pub(crate) url: Option<LoopbackUrl>,
    pub(crate) faults: Arc<Faults>,
    pub(crate) struck: Vec<Fault>,
    pub(crate) delay: Option<Duration>,
    /// The payment's place in the order in which money moved.
    pub(crate) number: u64,
}

impl Confirmation {
    /// It was withheld and goes out now, struck by these faults.
    pub(crate) fn be_struck_anew(&mut self, faults: &Arc<Faults>) {
        self.struck = if faults.strikes(Fault::ConfirmationLost, &self.receipt) {
            vec![Fault::ConfirmationLost]
        } else {
            let possible =
                [Fault::ConfirmationLate, Fault::ConfirmationRepeated, Fault::ConfirmationOutOfOrder];
            possible.into_iter().filter(|fault| faults.strikes(*fault, &self.receipt)).collect()
        };
        self.faults = Arc::clone(faults);
    }
}

impl Safaricom {
    /// Tells the merchant, with the faults that strike this payment.
    pub(crate) async fn confirm(&self, confirmation: Confirmation) {
        let Confirmation { receipt, amount, struck, .. } = &confirmation;
        if struck.contains(&Fault::ConfirmationLost) {
            self.record
                .note(Line::ConfirmationLostOnPurpose { receipt: receipt.clone(), amount_minor: *amount })
                .await;
            return;
        }
        if struck.contains(&Fault::ConfirmationWithheld) {
            return self.withhold(confirmation);
        }
        let Some(url) = &confirmation.url else {
            return self.abandon(receipt, "the merchant has registered no address").await;
        };
        if !self.hold_back(&confirmation).await {
            return self.abandon(receipt, "the sandbox was stopped before it was sent").await;
        }
        let repeats = if struck.contains(&Fault::ConfirmationRepeated) {
            u32::from(confirmation.faults.confirmation_repeats)
        } else {
            0
        };
        let mut delivered = false;
        for copy in 1..=repeats + 1 {
            delivered |= self.send_copy(&confirmation, url, copy, delivered).await;
        }
        self.youngest_confirmed.send_if_modified(|youngest| {
            let younger = confirmation.number > *youngest;
            *youngest = confirmation.number.max(*youngest);
            younger
        });
        if struck.contains(&Fault::AlteredRepeat) {
            self.send_altered(&confirmation, url).await;
        }
    }

    async fn abandon(&self, receipt: &str, why: &str) {
        self.record
            .note(Line::ConfirmationAbandoned { receipt: receipt.to_owned(), why: why.to_owned() })
            .await;
    }

    /// Waits as long as the faults want; `false` if the sandbox stops meanwhile.
    async fn hold_back(&self, confirmation: &Confirmation) -> bool {
        if let Some(delay) = confirmation.delay {
            return self.wait(delay).await;
        }
        if confirmation.struck.contains(&Fault::ConfirmationLate) {
            let late = Duration::from_millis(u64::from(confirmation.faults.confirmation_late_ms));
            if !self.wait(late).await {
                return false;
            }
        }
        if confirmation.struck.contains(&Fault::ConfirmationOutOfOrder) {
            let mut youngest = self.youngest_confirmed.subscribe();
            return tokio::select! {
                _ = youngest.wait_for(|youngest| *youngest > confirmation.number) => true,
                () = tokio::time::sleep(OVERTAKEN_WITHIN) => true,
                () = self.stopping.cancelled() => false,
            };
        }
        true
    }

    /// Sends one copy, with the retries that were configured; tells whether the merchant took it.
    async fn send_copy(
        &self,
        confirmation: &Confirmation,
        url: &LoopbackUrl,
        copy: u32,
        delivered_before: bool,
    ) -> bool {
        let mut pause = RETRY_PAUSE;
        for attempt in 1..=self.options.retry_confirmations + 1 {
            let delivery = {
                let _slot = self.posts.acquire().await;
                self.post(url, &confirmation.message, POST_LIMIT).await.0
            };
            let delivered = delivery.delivered;
            self.record
                .note(Line::ConfirmationSent {
                    receipt: confirmation.receipt.clone(),
                    amount_minor: confirmation.amount,
                    copy,
                    attempt,
                    first_delivery: delivered && !delivered_before,
                    delivery,
                })
                .await;
            if delivered {
                return true;
            }
            if attempt <= self.options.retry_confirmations {
                if !self.wait(pause).await {
                    return false;
                }
                pause = (pause * 2).min(RETRY_PAUSE_MAX);
            }
        }
        false
    }

    /// The same receipt again with a shilling more: an error or a fraud that the merchant must notice.
    async fn send_altered(&self, confirmation: &Confirmation, url: &LoopbackUrl) {
        let altered = confirmation.amount.plus(Kes::from_shillings(1)).unwrap_or(Kes::from_shillings(1));
        let mut message = confirmation.message.clone();
        message.trans_amount = altered.to_string();
        let delivery = {
            let _slot = self.posts.acquire().await;
            self.post(url, &message, POST_LIMIT).await.0
        };
        self.record
            .note(Line::AlteredRepeatSent {
                receipt: confirmation.receipt.clone(),
                amount_minor: altered,
                delivery,
            })
            .await;
    }
}
