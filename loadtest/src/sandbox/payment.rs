//! A payment to the paybill: the merchant is asked, then money moves, then the merchant is told.
//!
//! Payments by paybill and payments by prompt take the same way; the prompt's own result is sent beside it
//! (see `stk`).

use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use serde::Deserialize;
use tokio::sync::OwnedSemaphorePermit;

use super::confirmation::Confirmation;
use super::faults::{Fault, Faults};
use super::persona::Persona;
use super::record::{Delivery, How, Line, Verdict};
use super::registration::{DefaultAction, Registration};
use super::safaricom::Safaricom;
use crate::c2b::C2bMessage;
use crate::clock::east_africa_digits;
use crate::kes::Kes;
use crate::phone::Phone;

/// The most a wallet may pay at once.
pub(crate) const PAYMENT_MAX: Kes = Kes::from_shillings(250_000);

/// The longest account number a payer can type.
pub(crate) const ACCOUNT_CHARACTERS_MAX: usize = 20;

/// What a payer wants to pay.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub(crate) phone: Phone,
    /// What the payer types: the merchant's paybill, or another one whose messages go to the same merchant.
    pub(crate) short_code: String,
    pub(crate) account: String,
    pub(crate) amount: Kes,
    pub(crate) how: How,
    pub(crate) checkout_request_id: Option<String>,
    /// Faults that come with the phone number, beside those by chance.
    pub(crate) forced: Vec<Fault>,
    /// The confirmation follows only after this; overrides the faults' own delay.
    pub(crate) confirmation_delay: Option<std::time::Duration>,
}

/// Money that has moved.
#[derive(Debug, Clone)]
pub(crate) struct Paid {
    pub(crate) receipt: String,
    pub(crate) at: Timestamp,
    pub(crate) faults: Arc<Faults>,
}

/// Why no money has moved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NotPaid {
    /// The merchant refused, with this code, or its default action did (no code).
    RefusedByMerchant(Option<String>),
    NoMoney,
    AmountOutOfRange,
    Busy,
}

/// The merchant's answer to a validation. The code must be text; a number is an answer the sandbox does not
/// understand.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ValidationAnswer {
    result_code: String,
    #[serde(rename = "ThirdPartyTransID", default)]
    third_party_trans_id: Option<String>,
}

/// What came of asking the merchant.
enum Permission {
    Granted { third_party_trans_id: String },
    Denied { result_code: Option<String> },
}

impl Safaricom {
    /// Carries out a payment up to the point where the payer knows how it went. The merchant is told
    /// afterwards, by a task of its own.
    pub(crate) async fn pay(self: &Arc<Self>, order: Order) -> Result<Paid, NotPaid> {
        let Ok(place) = Arc::clone(&self.payments).try_acquire_owned() else { return Err(NotPaid::Busy) };
        if order.amount == Kes::ZERO || order.amount > PAYMENT_MAX {
            return Err(NotPaid::AmountOutOfRange);
        }
        if Persona::of(&order.phone) == Persona::HasNoMoney {
            return Err(NotPaid::NoMoney);
        }
        let at = self.options.clock.now();
        let receipt = self.receipts.next(at);
        let faults = self.faults_of(&order.short_code);
        let registration = self.registration();
        let version = registration.as_ref().map_or(2, |registration| registration.version);
        let mut message = C2bMessage::new(
            &order.phone,
            &order.account,
            order.amount,
            &receipt,
            at,
            &order.short_code,
            version,
        );
        let asked = registration.as_ref().filter(|_| self.asks_to_validate());
        let struck = struck_by(&faults, &order, &receipt, asked.is_some());
        if let Some(registration) = asked {
            match self.ask_permission(registration, &order, &receipt, &message, &struck).await {
                Permission::Granted { third_party_trans_id } => {
                    message.third_party_trans_id = third_party_trans_id
                }
                Permission::Denied { result_code } => return Err(NotPaid::RefusedByMerchant(result_code)),
            }
        }
        let balance = self.move_money(&order, &receipt, at, &struck).await?;
        message.org_account_balance = balance.to_string();
        let confirmation = Confirmation {
            receipt: receipt.clone(),
            amount: order.amount,
            message,
            url: registration.map(|registration| registration.confirmation_url.clone()),
            faults: Arc::clone(&faults),
            struck,
            delay: order.confirmation_delay,
            number: self.moves.fetch_add(1, Ordering::Relaxed) + 1,
        };
        self.tell_later(confirmation, place);
        Ok(Paid { receipt, at, faults })
    }

    async fn ask_permission(
        &self,
        registration: &Registration,
        order: &Order,
        receipt: &str,
        message: &C2bMessage,
        struck: &[Fault],
    ) -> Permission {
        let default_moves = registration.default_action == DefaultAction::Completed;
        let by_default = || {
            if default_moves {
                Permission::Granted { third_party_trans_id: String::new() }
            } else {
                Permission::Denied { result_code: None }
            }
        };
        if struck.contains(&Fault::ValidationDead) {
            self.record
                .note(Line::ValidationWithheld { receipt: receipt.to_owned(), moves: default_moves })
                .await;
            return by_default();
        }
        self.record
            .note(Line::ValidationAsked {
                receipt: receipt.to_owned(),
                account: order.account.clone(),
                amount_minor: order.amount,
            })
            .await;
        let (delivery, answer) = self.validate(registration, message).await;
        let (verdict, result_code, permission) = match answer {
            Some(answer) if !struck.contains(&Fault::ValidationLate) => {
                let result_code = Some(answer.result_code.clone());
                if answer.result_code == "0" {
                    let third_party_trans_id = answer.third_party_trans_id.unwrap_or_default();
                    (Verdict::Accepted, result_code, Permission::Granted { third_party_trans_id })
                } else {
                    (Verdict::Refused, result_code.clone(), Permission::Denied { result_code })
                }
            }
            _ => (Verdict::Defaulted, None, by_default()),
        };
        let moves = matches!(permission, Permission::Granted { .. });
        self.record
            .note(Line::ValidationAnswered {
                receipt: receipt.to_owned(),
                verdict,
                moves,
                result_code,
                delivery,
            })
            .await;
        permission
    }

    /// Posts the validation. Waiting for a free connection counts, as the payer waits too.
    async fn validate(
        &self,
        registration: &Registration,
        message: &C2bMessage,
    ) -> (Delivery, Option<ValidationAnswer>) {
        let limit = self.options.validation_limit;
        let Ok(Ok(_slot)) = tokio::time::timeout(limit, self.validations.acquire()).await else {
            let problem = Some("too many validations at once".to_owned());
            let took_ms = u64::try_from(limit.as_millis()).unwrap_or(u64::MAX);
            return (Delivery { delivered: false, http_status: None, problem, took_ms }, None);
        };
        let (delivery, answer) = self.post(&registration.validation_url, message, limit).await;
        let understood = answer
            .filter(|_| delivery.delivered)
            .and_then(|answer| serde_json::from_slice::<ValidationAnswer>(&answer.body).ok())
            .filter(|answer| answer.result_code == "0" || answer.result_code.starts_with("C2B000"));
        (delivery, understood)
    }

    async fn move_money(
        &self,
        order: &Order,
        receipt: &str,
        at: Timestamp,
        struck: &[Fault],
    ) -> Result<Kes, NotPaid> {
        let line = |balance_minor| Line::Moved {
            receipt: receipt.to_owned(),
            amount_minor: order.amount,
            currency: "KES".to_owned(),
            account: order.account.clone(),
            msisdn_sha256: order.phone.sha256(),
            payer: format!("{} - {}", order.phone.masked(), order.phone.first_name()),
            shortcode: order.short_code.clone(),
            trans_time: east_africa_digits(at),
            how: order.how,
            balance_minor,
            faults: struck.to_vec(),
            checkout_request_id: order.checkout_request_id.clone(),
        };
        let balance =
            self.record.move_money(&order.short_code, order.amount, line).await.map_err(|failure| {
                tracing::error!(%failure, receipt, "the record cannot be kept; no money moves any more");
                NotPaid::Busy
            })?;
        let text = format!(
            "{receipt} Confirmed. Ksh{} sent to {} for account {}. (Sandbox: no real money.)",
            order.amount.grouped(),
            self.options.business_name,
            order.account,
        );
        self.text_message(&order.phone, "MPESA", text);
        Ok(balance)
    }

    fn tell_later(self: &Arc<Self>, confirmation: Confirmation, place: OwnedSemaphorePermit) {
        let safaricom = Arc::clone(self);
        self.tasks.spawn(async move {
            safaricom.confirm(confirmation).await;
            drop(place);
        });
    }
}

/// The faults that strike this payment, by its owner's number or by chance.
fn struck_by(faults: &Faults, order: &Order, receipt: &str, asked_to_validate: bool) -> Vec<Fault> {
    let strikes = |fault: &Fault| order.forced.contains(fault) || faults.strikes(*fault, receipt);
    let mut possible = Vec::new();
    if asked_to_validate {
        possible.extend([Fault::ValidationLate, Fault::ValidationDead]);
    }
    if strikes(&Fault::ConfirmationLost) {
        // What is never sent is neither late nor repeated.
        possible.push(Fault::ConfirmationLost);
    } else if strikes(&Fault::ConfirmationWithheld) {
        possible.push(Fault::ConfirmationWithheld);
    } else {
        possible.extend([
            Fault::ConfirmationLate,
            Fault::ConfirmationRepeated,
            Fault::ConfirmationOutOfOrder,
            Fault::AlteredRepeat,
        ]);
    }
    possible.retain(strikes);
    possible
}
