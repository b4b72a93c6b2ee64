//! M-PESA Express: a push request makes a handset ask for the PIN; its result is called back and can be
//! queried.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;
use serde_json::value::RawValue;
use tokio::sync::oneshot;

use super::answer::{Answer, DarajaError, json_answer, request_id};
use super::faults::{Fault, Faults};
use super::fields::Fields;
use super::payment::{NotPaid, Order, Paid};
use super::persona::{Ending, PIN, Persona, mistyped, result_description};
use super::prompts::{Key, NoPrompt, Prompt, Status};
use super::record::{FinishedPrompt, How, Line};
use super::safaricom::{POST_LIMIT, Safaricom};
use crate::clock::{east_africa_digits, east_africa_time, from_east_africa_digits};
use crate::kes::Kes;
use crate::loopback::LoopbackUrl;

/// How far a request's timestamp may be from Safaricom's clock. No figure is published; three hours (UTC
/// taken for Nairobi time) is too much.
const TIMESTAMP_SKEW_MAX: SignedDuration = SignedDuration::from_mins(10);
const ACCOUNT_REFERENCE_CHARACTERS_MAX: usize = 12;
const TRANSACTION_DESC_CHARACTERS_MAX: usize = 13;
/// What the owner of 0700 000 009 keeps back.
const SHORT_BY: Kes = Kes::from_shillings(50);

/// The result of a prompt as it is called back. Codes are numbers here and text in the query.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Callback {
    body: CallbackBody,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CallbackBody {
    stk_callback: StkCallback,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct StkCallback {
    #[serde(rename = "MerchantRequestID")]
    merchant_request_id: String,
    #[serde(rename = "CheckoutRequestID")]
    checkout_request_id: String,
    result_code: u32,
    result_desc: &'static str,
    /// Absent on failure.
    #[serde(skip_serializing_if = "Option::is_none")]
    callback_metadata: Option<CallbackMetadata>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct CallbackMetadata {
    item: Vec<Item>,
}

/// A named value. The balance has a name only.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    name: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Box<RawValue>>,
}

/// A prompt whose handset has been told.
struct Running {
    prompt: Prompt,
    persona: Persona,
    callback_url: LoopbackUrl,
    key: oneshot::Receiver<Key>,
}

impl Safaricom {
    /// Answers `POST /mpesa/stkpush/v1/processrequest`.
    pub(crate) fn process_push(self: &Arc<Self>, body: &[u8]) -> Result<Answer, DarajaError> {
        let fields = Fields::parse(body)?;
        let now = self.options.clock.now();
        self.check_password(&fields, now)?;
        if !matches!(
            fields.text("TransactionType")?.as_str(),
            "CustomerPayBillOnline" | "CustomerBuyGoodsOnline"
        ) {
            return Err(DarajaError::bad_field("TransactionType"));
        }
        let amount = fields.whole_shillings("Amount")?;
        let party_a = fields.phone("PartyA")?;
        if fields.text("PartyB")? != self.options.shortcode {
            return Err(DarajaError::bad_field("PartyB"));
        }
        let phone = fields.phone("PhoneNumber")?;
        if party_a != phone {
            return Err(DarajaError::bad_field("PartyA"));
        }
        let callback_url = fields.callback("CallBackURL")?;
        let account = fields.short_text("AccountReference", ACCOUNT_REFERENCE_CHARACTERS_MAX)?;
        fields.short_text("TransactionDesc", TRANSACTION_DESC_CHARACTERS_MAX)?;

        let persona = Persona::of(&phone);
        let life =
            SignedDuration::try_from(self.options.prompt_life).unwrap_or(SignedDuration::from_secs(60));
        let prompt = Prompt {
            checkout_request_id: checkout_request_id(now, phone.national()),
            merchant_request_id: request_id(),
            phone,
            amount,
            account,
            expires_at: now + life,
            visible: persona.shows_prompt(),
        };
        if self.faults().strikes(Fault::PushDown, &prompt.checkout_request_id) {
            return Err(DarajaError::busy());
        }
        let key = self.prompts.show(prompt.clone()).map_err(|reason| match reason {
            NoPrompt::Full => DarajaError::busy(),
            NoPrompt::PhoneOccupied => {
                let (safaricom, account) = (Arc::clone(self), prompt.account.clone());
                self.tasks.spawn(async move { safaricom.record.note(Line::PhoneOccupied { account }).await });
                DarajaError::new(
                    "500.001.1001",
                    "Unable to lock subscriber, a transaction is already in process for the current subscriber",
                )
            }
        })?;
        let answer = json!({
            "MerchantRequestID": prompt.merchant_request_id,
            "CheckoutRequestID": prompt.checkout_request_id,
            "ResponseCode": "0",
            "ResponseDescription": "Success. Request accepted for processing",
            "CustomerMessage": "Success. Request accepted for processing",
        });
        let safaricom = Arc::clone(self);
        self.tasks.spawn(safaricom.run_prompt(Running { prompt, persona, callback_url, key }));
        Ok(json_answer(StatusCode::OK, &answer))
    }

    /// Answers `POST /mpesa/stkpushquery/v1/query`.
    pub(crate) fn query_push(&self, body: &[u8]) -> Result<Answer, DarajaError> {
        let fields = Fields::parse(body)?;
        self.check_password(&fields, self.options.clock.now())?;
        let id = fields.text("CheckoutRequestID")?;
        if self.faults().strikes(Fault::QueryDown, &id) {
            return Err(DarajaError::busy());
        }
        match self.prompts.status(&id) {
            Status::Unknown => Err(DarajaError::bad_field("CheckoutRequestID")),
            Status::Pending => Err(DarajaError::new("500.001.1001", "The transaction is being processed")),
            Status::Finished(finished) => Ok(json_answer(
                StatusCode::OK,
                &json!({
                    "ResponseCode": "0",
                    "ResponseDescription": "The service request has been accepted successfully",
                    "MerchantRequestID": finished.merchant_request_id,
                    "CheckoutRequestID": finished.checkout_request_id,
                    "ResultCode": finished.result_code.to_string(),
                    "ResultDesc": result_description(finished.result_code),
                }),
            )),
        }
    }

    /// Short code, password and timestamp belong together, and the timestamp is now, in Nairobi.
    fn check_password(&self, fields: &Fields, now: Timestamp) -> Result<(), DarajaError> {
        let shortcode = fields.text("BusinessShortCode")?;
        if shortcode != self.options.shortcode {
            return Err(DarajaError::new("500.001.1001", "Merchant does not exist"));
        }
        let digits = fields.text("Timestamp")?;
        let at = from_east_africa_digits(&digits).ok_or_else(|| DarajaError::bad_field("Timestamp"))?;
        if at.duration_since(now).abs() > TIMESTAMP_SKEW_MAX {
            return Err(DarajaError::bad_field("Timestamp"));
        }
        let expected = STANDARD.encode(format!("{shortcode}{}{digits}", self.options.passkey));
        if fields.text("Password")? == expected {
            Ok(())
        } else {
            Err(DarajaError::new("500.001.1001", "Wrong credentials"))
        }
    }

    /// The life of a prompt: keys, payment, result, callback; and what the owner does next.
    async fn run_prompt(self: Arc<Self>, running: Running) {
        let Running { prompt, persona, callback_url, key } = running;
        self.record
            .note(Line::StkPrompted {
                checkout_request_id: prompt.checkout_request_id.clone(),
                merchant_request_id: prompt.merchant_request_id.clone(),
                amount_minor: prompt.amount,
                account: prompt.account.clone(),
                msisdn_sha256: prompt.phone.sha256(),
            })
            .await;
        let Some(ending) = self.wait_for_ending(persona, key).await else { return };
        self.prompts.hide(&prompt.checkout_request_id);
        let (result_code, paid) = match ending {
            Ending::Failed(code) => (code, None),
            Ending::Confirmed => {
                match self.pay(order_of(&prompt, &self.options.shortcode, persona, self.pace.late_news)).await
                {
                    Ok(paid) => (0, Some(paid)),
                    Err(NotPaid::NoMoney) => (1, None),
                    Err(NotPaid::AmountOutOfRange) => (3, None),
                    Err(NotPaid::RefusedByMerchant(_)) => (17, None),
                    Err(NotPaid::Busy) => (26, None),
                }
            }
        };
        if persona == Persona::NewsIsLate && !self.wait(self.pace.late_news).await {
            return;
        }
        self.finish_prompt(&prompt, persona, &callback_url, result_code, paid).await;
        self.pay_otherwise(&prompt, persona).await;
    }

    /// `None` if the sandbox stops first.
    async fn wait_for_ending(&self, persona: Persona, key: oneshot::Receiver<Key>) -> Option<Ending> {
        let (patience, unless_pressed) =
            persona.script(self.pace).unwrap_or((self.options.prompt_life, Ending::Failed(1037)));
        tokio::select! {
            () = self.stopping.cancelled() => None,
            () = tokio::time::sleep(patience) => Some(unless_pressed),
            key = key => Some(match key {
                Ok(Key::Pin(pin)) if pin == PIN => Ending::Confirmed,
                Ok(Key::Pin(_)) => Ending::Failed(2001),
                Ok(Key::Cancel) | Err(_) => Ending::Failed(1032),
            }),
        }
    }

    async fn finish_prompt(
        &self,
        prompt: &Prompt,
        persona: Persona,
        url: &LoopbackUrl,
        result_code: u32,
        paid: Option<Paid>,
    ) {
        let id = &prompt.checkout_request_id;
        let faults = paid.as_ref().map_or_else(|| self.faults(), |paid| Arc::clone(&paid.faults));
        let struck = callback_faults(&faults, persona, id);
        self.record
            .note(Line::StkFinished {
                checkout_request_id: id.clone(),
                merchant_request_id: prompt.merchant_request_id.clone(),
                result_code,
                receipt: paid.as_ref().map(|paid| paid.receipt.clone()),
                faults: struck.clone(),
            })
            .await;
        self.prompts.finish(FinishedPrompt {
            checkout_request_id: id.clone(),
            merchant_request_id: prompt.merchant_request_id.clone(),
            result_code,
        });
        if struck.contains(&Fault::StkCallbackLost) {
            let checkout_request_id = id.clone();
            self.record.note(Line::StkCallbackLostOnPurpose { checkout_request_id, result_code }).await;
            return;
        }
        if struck.contains(&Fault::StkCallbackLate) {
            let late = Duration::from_millis(u64::from(faults.stk_callback_late_ms));
            if !self.wait(late).await {
                return;
            }
        }
        let repeats = if persona == Persona::NewsComesThrice {
            2
        } else if struck.contains(&Fault::StkCallbackRepeated) {
            u32::from(faults.stk_callback_repeats)
        } else {
            0
        };
        let callback = callback_of(prompt, result_code, paid.as_ref());
        for copy in 1..=repeats + 1 {
            let delivery = {
                let _slot = self.posts.acquire().await;
                self.post(url, &callback, POST_LIMIT).await.0
            };
            let checkout_request_id = id.clone();
            self.record
                .note(Line::StkCallbackSent { checkout_request_id, result_code, copy, delivery })
                .await;
        }
    }

    /// Two test numbers cancel their prompt and then pay by paybill, each with a mistake.
    async fn pay_otherwise(self: &Arc<Self>, prompt: &Prompt, persona: Persona) {
        let (account, amount, forced) = match persona {
            Persona::PaysShort => {
                let short = prompt.amount.minus(SHORT_BY).filter(|left| *left > Kes::ZERO);
                (prompt.account.clone(), short.unwrap_or(Kes::from_shillings(1)), Vec::new())
            }
            // A merchant that validates would refuse the mistyped account; here its answer is not waited for.
            Persona::MistypesAccount => {
                (mistyped(&prompt.account), prompt.amount, vec![Fault::ValidationDead])
            }
            _ => return,
        };
        if !self.wait(self.pace.keys).await {
            return;
        }
        let order = Order {
            phone: prompt.phone.clone(),
            short_code: self.options.shortcode.clone(),
            account,
            amount,
            how: How::Paybill,
            checkout_request_id: None,
            forced,
            confirmation_delay: None,
        };
        if let Err(reason) = self.pay(order).await {
            tracing::info!(?reason, "a test number's second way to pay did not work either");
        }
    }
}

fn order_of(prompt: &Prompt, short_code: &str, persona: Persona, late_news: Duration) -> Order {
    Order {
        phone: prompt.phone.clone(),
        short_code: short_code.to_owned(),
        account: prompt.account.clone(),
        amount: prompt.amount,
        how: How::Stk,
        checkout_request_id: Some(prompt.checkout_request_id.clone()),
        forced: if persona == Persona::NewsNeverComes { vec![Fault::ConfirmationLost] } else { Vec::new() },
        confirmation_delay: (persona == Persona::NewsIsLate).then_some(late_news),
    }
}

fn callback_faults(faults: &Faults, persona: Persona, checkout_request_id: &str) -> Vec<Fault> {
    if persona == Persona::NewsNeverComes || faults.strikes(Fault::StkCallbackLost, checkout_request_id) {
        // What is never sent is neither late nor repeated.
        return vec![Fault::StkCallbackLost];
    }
    [Fault::StkCallbackLate, Fault::StkCallbackRepeated]
        .into_iter()
        .filter(|fault| faults.strikes(*fault, checkout_request_id))
        .collect()
}

fn callback_of(prompt: &Prompt, result_code: u32, paid: Option<&Paid>) -> Callback {
    let callback_metadata = paid.map(|paid| CallbackMetadata {
        item: vec![
            item("Amount", prompt.amount.to_string()),
            item("MpesaReceiptNumber", format!("\"{}\"", paid.receipt)),
            Item { name: "Balance", value: None },
            item("TransactionDate", east_africa_digits(paid.at)),
            item("PhoneNumber", prompt.phone.digits().to_owned()),
        ],
    });
    Callback {
        body: CallbackBody {
            stk_callback: StkCallback {
                merchant_request_id: prompt.merchant_request_id.clone(),
                checkout_request_id: prompt.checkout_request_id.clone(),
                result_code,
                result_desc: result_description(result_code),
                callback_metadata,
            },
        },
    }
}

/// A named value given as JSON text, so that 7550.00 keeps its two zeros.
fn item(name: &'static str, json: String) -> Item {
    Item { name, value: Some(RawValue::from_string(json).expect("digits and quoted receipts are JSON")) }
}

/// `ws_CO_`, the moment in Nairobi down to the millisecond, and the subscriber's nine digits. A phone holds
/// one prompt at a time, which keeps these unique.
fn checkout_request_id(at: Timestamp, national: &str) -> String {
    let moment = at.to_zoned(east_africa_time());
    format!("ws_CO_{}{:03}{national}", moment.strftime("%d%m%Y%H%M%S"), moment.millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::phone::Phone;

    fn prompt() -> Prompt {
        Prompt {
            checkout_request_id: "ws_CO_20112026091405700000001".into(),
            merchant_request_id: "29115-34620561-1".into(),
            phone: Phone::parse("254700000001").unwrap(),
            amount: Kes::from_shillings(7550),
            account: "QKRTWX".into(),
            expires_at: Timestamp::UNIX_EPOCH,
            visible: true,
        }
    }

    #[test]
    fn a_success_looks_like_the_real_one() {
        let paid = Paid {
            receipt: "TKL3A7Q9ZD".into(),
            at: "2026-11-20T06:14:31Z".parse().unwrap(),
            faults: Arc::new(Faults::default()),
        };
        let text = serde_json::to_string(&callback_of(&prompt(), 0, Some(&paid))).unwrap();
        assert_eq!(
            text,
            concat!(
                r#"{"Body":{"stkCallback":{"MerchantRequestID":"29115-34620561-1","#,
                r#""CheckoutRequestID":"ws_CO_20112026091405700000001","ResultCode":0,"#,
                r#""ResultDesc":"The service request is processed successfully.","CallbackMetadata":{"Item":["#,
                r#"{"Name":"Amount","Value":7550.00},{"Name":"MpesaReceiptNumber","Value":"TKL3A7Q9ZD"},"#,
                r#"{"Name":"Balance"},{"Name":"TransactionDate","Value":20261120091431},"#,
                r#"{"Name":"PhoneNumber","Value":254700000001}]}}}}"#
            )
        );
    }

    #[test]
    fn a_failure_carries_no_metadata() {
        let text = serde_json::to_string(&callback_of(&prompt(), 1032, None)).unwrap();
        assert!(text.contains(r#""ResultCode":1032"#) && !text.contains("CallbackMetadata"), "{text}");
    }

    #[test]
    fn a_checkout_request_names_moment_and_subscriber() {
        let at = "2026-11-20T06:14:05.123Z".parse().unwrap();
        assert_eq!(checkout_request_id(at, "700000001"), "ws_CO_20112026091405123700000001");
    }
}
