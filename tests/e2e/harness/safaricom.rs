//! What Safaricom says to the callback listener, said by whoever knows the token: exactly when and as often as a story
//! wants it.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use super::agency::Bill;
use super::http::{Answer, post};

/// Somebody who knows where callbacks begin.
#[derive(Clone)]
pub(crate) struct Safaricom {
    callbacks: String,
}

/// A payment by paybill.
#[derive(Clone, Debug)]
pub(crate) struct Payment {
    pub(crate) receipt: String,
    /// The business number that it was paid to.
    pub(crate) short_code: String,
    pub(crate) account: String,
    /// Shillings with two decimals.
    pub(crate) amount: String,
    pub(crate) phone: String,
    pub(crate) name: String,
    /// When the money moved, as Safaricom writes it: `yyyyMMddHHmmss` in East Africa Time.
    pub(crate) moved: String,
}

impl Payment {
    /// With a receipt that nobody has.
    pub(crate) fn of(amount: &str, account: &str) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            receipt: format!("TKE{:07}", NEXT.fetch_add(1, Ordering::Relaxed)),
            short_code: "222222".to_owned(),
            account: account.to_owned(),
            amount: amount.to_owned(),
            phone: "254712345678".to_owned(),
            name: "ASHA".to_owned(),
            moved: "20261121091405".to_owned(),
        }
    }

    /// All of a bill.
    pub(crate) fn of_bill(bill: &Bill) -> Self {
        Self::of(&bill.amount(), &bill.number)
    }

    /// Paid to another paybill.
    pub(crate) fn at(self, short_code: &str) -> Self {
        Self { short_code: short_code.to_owned(), ..self }
    }

    /// The same receipt with another amount.
    pub(crate) fn but_of(&self, amount: &str) -> Self {
        Self { amount: amount.to_owned(), ..self.clone() }
    }

    /// The same receipt for another account.
    pub(crate) fn but_for(&self, account: &str) -> Self {
        Self { account: account.to_owned(), ..self.clone() }
    }

    /// The message of validation and confirmation.
    pub(crate) fn message(&self) -> Value {
        json!({
            "TransactionType": "Pay Bill",
            "TransID": self.receipt,
            "TransTime": self.moved,
            "TransAmount": self.amount,
            "BusinessShortCode": self.short_code,
            "BillRefNumber": self.account,
            "InvoiceNumber": "",
            "OrgAccountBalance": "",
            "ThirdPartyTransID": "",
            "MSISDN": self.phone,
            "FirstName": self.name,
        })
    }

    /// The message of a prompt's result: without account.
    pub(crate) fn prompt_result(&self, prompt: &str) -> Value {
        json!({"Body": {"stkCallback": {
            "MerchantRequestID": "29115-34620561-1",
            "CheckoutRequestID": prompt,
            "ResultCode": 0,
            "ResultDesc": "The service request is processed successfully.",
            "CallbackMetadata": {"Item": [
                {"Name": "Amount", "Value": self.amount.parse::<serde_json::Number>().expect("an amount")},
                {"Name": "MpesaReceiptNumber", "Value": self.receipt},
                {"Name": "Balance"},
                {"Name": "TransactionDate", "Value": 20_261_121_091_405_u64},
                {"Name": "PhoneNumber", "Value": 254_712_345_678_u64},
            ]},
        }}})
    }
}

impl Safaricom {
    pub(crate) fn speaking_to(callbacks: String) -> Self {
        Self { callbacks }
    }

    /// Asks whether a payment may be made.
    pub(crate) fn asks_about(&self, payment: &Payment) -> Answer {
        post(format!("{}/c2b/validate", self.callbacks), &payment.message()).send()
    }

    /// Says that money has moved.
    pub(crate) fn confirms(&self, payment: &Payment) -> Answer {
        post(format!("{}/c2b/confirm", self.callbacks), &payment.message()).send()
    }

    /// Says that money has moved, on a connection that is used once.
    pub(crate) fn confirms_once(&self, payment: &Payment) -> Answer {
        let url = format!("{}/c2b/confirm", self.callbacks);
        post(url, &payment.message()).header("connection", "close").send()
    }

    /// Says that the prompt of this name was paid.
    pub(crate) fn says_prompt_was_paid(&self, attempt: &str, prompt: &str, payment: &Payment) -> Answer {
        self.says_of_prompt(attempt, &payment.prompt_result(prompt))
    }

    /// Says something of the prompt of an attempt.
    pub(crate) fn says_of_prompt(&self, attempt: &str, result: &Value) -> Answer {
        post(format!("{}/stk/{attempt}", self.callbacks), result).send()
    }
}

impl Answer {
    /// The answer that makes Safaricom content.
    #[track_caller]
    pub(crate) fn expect_success(self) {
        assert_eq!(self.clone().expect(200).json(), json!({"ResultCode": 0, "ResultDesc": "Success"}));
    }

    /// The answer to a validation: a code in text.
    #[track_caller]
    pub(crate) fn result_code(self) -> String {
        self.expect(200).json()["ResultCode"].as_str().expect("the code is text").to_owned()
    }
}
