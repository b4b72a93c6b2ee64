//! An agency: it makes bills, looks at them, and asks payers to pay, with its key.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};

use super::http::{Answer, Call, get, post};
use super::patience::eventually;

/// Who holds a key.
#[derive(Clone)]
pub(crate) struct Agency {
    public: String,
    pub(crate) key: String,
}

/// What is to be paid for.
pub(crate) struct Order(Value);

impl Order {
    /// Citizens of East Africa to Hell's Gate, at KES 500 for an adult. KWS.
    pub(crate) fn hells_gate(adults: u32) -> Self {
        Self::visit("kws-hells-gate-entry", &[("east_african_citizen", "adult", adults)])
    }

    /// Who enters which park.
    pub(crate) fn visit(service: &str, visitors: &[(&str, &str, u32)]) -> Self {
        let visitors: Vec<_> = visitors
            .iter()
            .map(|(category, age, count)| json!({"category": category, "age_class": age, "count": count}))
            .collect();
        Self(json!({"service": service, "order": {"visitors": visitors}}))
    }

    /// Any service, with these answers.
    pub(crate) fn of(service: &str, order: &Value) -> Self {
        Self(json!({"service": service, "order": order}))
    }

    /// An assessment of KRA: any amount, by its registration number.
    pub(crate) fn assessment(shillings: u32, reference: &str) -> Self {
        let assessment = json!({"amount": shillings * 100, "currency": "KES", "reference": reference});
        Self(json!({"service": "kra-prn-payment", "order": {"assessment": assessment}}))
    }

    /// Says who pays.
    pub(crate) fn payer(mut self, payer: Value) -> Self {
        self.0["payer"] = payer;
        self
    }

    pub(crate) fn body(&self) -> &Value {
        &self.0
    }
}

/// A bill that was made.
#[derive(Clone, Debug)]
pub(crate) struct Bill {
    pub(crate) id: String,
    /// What payers type.
    pub(crate) number: String,
    /// As it was answered when it was made.
    pub(crate) json: Value,
}

impl Bill {
    pub(crate) fn read(json: Value) -> Self {
        let text = |name: &str| json[name].as_str().expect("a bill has an id and a number").to_owned();
        Self { id: text("id"), number: text("payment_number"), json }
    }

    /// What the payer is asked for, in shillings with two decimals.
    pub(crate) fn amount(&self) -> String {
        assert_eq!(self.json["amount"]["currency"], "KES");
        let minor = self.json["amount"]["amount"].as_i64().expect("an amount is a number");
        format!("{}.{:02}", minor / 100, minor % 100)
    }
}

/// An idempotency key that nobody has used.
pub(crate) fn fresh_key() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("e2e-{:08}-{:016}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

impl Agency {
    pub(crate) fn new(public: String, key: String) -> Self {
        Self { public, key }
    }

    /// Where this is at the gateway.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.public)
    }

    /// `GET` with the agency's key.
    pub(crate) fn get(&self, path: &str) -> Answer {
        get(format!("{}{path}", self.public)).key(&self.key).send()
    }

    /// `POST` with the agency's key, ready to be sent.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Call {
        post(format!("{}{path}", self.public), body).key(&self.key)
    }

    /// Makes a bill.
    #[track_caller]
    pub(crate) fn bills(&self, order: &Order) -> Bill {
        let answer = self.post("/v1/bills", order.body()).idempotency_key(&fresh_key()).send();
        Bill::read(answer.expect(201).json())
    }

    /// Looks at a bill.
    #[track_caller]
    pub(crate) fn looks_at(&self, bill: &Bill) -> Value {
        self.get(&format!("/v1/bills/{}", bill.id)).expect(200).json()
    }

    /// Looks at a bill until it has this status.
    #[track_caller]
    pub(crate) fn sees(&self, bill: &Bill, status: &str) -> Value {
        eventually(status, || Some(self.looks_at(bill)).filter(|bill| bill["status"] == status))
    }

    /// Withdraws a bill.
    #[track_caller]
    pub(crate) fn cancels(&self, bill: &Bill) {
        let call = self.post(&format!("/v1/bills/{}/cancel", bill.id), &json!({}));
        call.idempotency_key(&fresh_key()).send().expect(200);
    }

    /// Asks for a prompt on a phone.
    #[track_caller]
    pub(crate) fn prompts(&self, bill: &Bill, phone: &str) -> Answer {
        let body = json!({"method": "mpesa_prompt", "phone": phone});
        self.post(&format!("/v1/bills/{}/attempts", bill.id), &body).idempotency_key(&fresh_key()).send()
    }

    /// Looks at an attempt until it has this state.
    #[track_caller]
    pub(crate) fn sees_attempt(&self, id: &str, status: &str) -> Value {
        eventually(status, || {
            let attempt = self.get(&format!("/v1/attempts/{id}")).expect(200).json();
            Some(attempt).filter(|attempt| attempt["state"]["status"] == status)
        })
    }

    /// The receipt of a bill's newest payment, as text.
    #[track_caller]
    pub(crate) fn receipt(&self, bill: &Bill) -> String {
        let bill = self.looks_at(bill);
        let payments = bill["payments"].as_array().expect("a bill has payments");
        let number = payments.last().expect("somebody paid")["receipt_number"].as_str().expect("a number");
        get(format!("{}/v1/receipts/{number}", self.public)).send().expect(200).text()
    }
}
