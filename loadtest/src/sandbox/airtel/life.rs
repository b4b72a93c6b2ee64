//! The life of a transaction: the payer answers, money moves, the merchant is told.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::json;

use super::record::AirtelLine;
use super::{CALLBACK_KEY, Payer, Transaction, hmac};
use crate::kes::Kes;
use crate::sandbox::merchant_statement::Taking;
use crate::sandbox::safaricom::{POST_LIMIT, Safaricom};

impl Safaricom {
    /// Runs a transaction to its end, unless the sandbox stops first.
    pub(super) async fn run_airtel(self: Arc<Self>, id: String, amount: Kes, payer: Payer) {
        let patience = match payer {
            Payer::IsSlow => self.pace.late_news,
            Payer::IsSilent => self.pace.phone_off,
            _ => self.pace.keys,
        };
        if !self.wait(patience).await {
            return;
        }
        let failure = match payer {
            Payer::HasNoMoney => Some("DP00800001007"),
            Payer::Refuses => Some("DP00800001008"),
            Payer::IsSilent => Some("DP00800001005"),
            _ => None,
        };
        let transaction = match failure {
            Some(code) => {
                self.airtel.record.note(AirtelLine::Failed { id: id.clone(), code: code.into() }).await;
                Transaction::Failed(code)
            }
            None => {
                let receipt = format!("MP{}", self.airtel.receipts.next());
                let line = AirtelLine::Moved {
                    id: id.clone(),
                    airtel_money_id: receipt.clone(),
                    amount_minor: amount,
                };
                let Ok(at) = self.airtel.record.append(line).await else { return };
                let taking = Taking { at, receipt: receipt.clone(), reference: id.clone(), amount };
                self.airtel.known().takings.push(taking);
                Transaction::Paid(receipt)
            }
        };
        self.airtel.known().transactions.insert(id.clone(), transaction.clone());
        let times = match payer {
            Payer::NewsNeverComes | Payer::AnswerNeverComes => 0,
            Payer::NewsComesTwice => 2,
            _ => 1,
        };
        for _ in 0..times {
            self.tell_merchant(&id, &transaction).await;
        }
    }

    async fn tell_merchant(&self, id: &str, transaction: &Transaction) {
        let (faults, callback) = (self.airtel.faults(), self.airtel.known().callback.clone());
        let Some(callback) = callback.filter(|_| !faults.callbacks_lost) else { return };
        let (word, receipt) = match transaction {
            Transaction::Paid(receipt) => ("TS", receipt.as_str()),
            Transaction::Open | Transaction::Failed(_) => ("TF", ""),
        };
        let transaction =
            json!({"id": id, "message": "Paid by a subscriber", "status_code": word, "airtel_money_id": receipt})
                .to_string();
        let signed = format!(r#"{{"transaction":{transaction}}}"#);
        let hash = STANDARD.encode(hmac(CALLBACK_KEY, signed.as_bytes()));
        let body = if faults.callbacks_unsigned {
            signed
        } else {
            format!(r#"{{"transaction":{transaction},"hash":"{hash}"}}"#)
        };
        let answer = self.client.post(&callback, &[], Bytes::from(body), POST_LIMIT).await;
        let http_status = answer.ok().map(|answer| answer.status.as_u16());
        self.airtel.record.note(AirtelLine::CallbackSent { id: id.to_owned(), http_status }).await;
    }
}
