//! What Safaricom would send: validations and confirmations, and the bills that they are for.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use gateway::payments::PaymentNumber;
use serde_json::{Value, json};

use crate::crowd::Crowd;
use crate::process::Gateway;
use crate::receipts::receipt;

/// Two adults and a child at a park.
const ORDER: &str = r#"{"service":"kws-amboseli-entry","order":{"visitors":[{"category":"east_african_citizen","age_class":"adult","count":2},{"category":"east_african_citizen","age_class":"child","count":1}]},"payer":{"phone":"254712345678","name":"ASHA MWIKALI"}}"#;
/// Connections over which bills are made.
const MAKERS: usize = 16;

/// Where a gateway takes callbacks.
pub(crate) struct Callbacks {
    pub(crate) address: SocketAddr,
    host: String,
    path: String,
}

/// A bill that waits to be paid.
pub(crate) struct Bill {
    number: String,
    amount: String,
}

impl Callbacks {
    pub(crate) fn of(gateway: &Gateway) -> Self {
        let (host, path) = parts_of(gateway.told("/callbacks"));
        Self { address: host.parse().expect("the gateway says its address"), host, path }
    }

    pub(crate) fn validation(&self, bill: &Bill) -> Vec<u8> {
        self.message("validate", &bill.number, &bill.amount)
    }

    /// The confirmation of a payment for this bill.
    pub(crate) fn confirmation(&self, bill: &Bill) -> Vec<u8> {
        self.message("confirm", &bill.number, &bill.amount)
    }

    /// The confirmation of a payment for a number that is well formed and belongs to no bill: suspense.
    pub(crate) fn stray_confirmation(&self) -> Vec<u8> {
        self.message("confirm", &PaymentNumber::from_random(rand::random()).to_string(), "3750.00")
    }

    fn message(&self, what: &str, account: &str, amount: &str) -> Vec<u8> {
        let body = json!({
            "TransactionType": "Pay Bill", "TransID": receipt(), "TransTime": "20261120091405",
            "TransAmount": amount, "BusinessShortCode": "222222", "BillRefNumber": account,
            "InvoiceNumber": "", "OrgAccountBalance": "81007550.00", "ThirdPartyTransID": "",
            "MSISDN": "172509f6416f41d1ce3b78a757c1d4ce90fc1ab1c9d4cdf1edf25ab7bf3fbdfd", "FirstName": "ASHA"
        });
        post(&self.host, &format!("{}/c2b/{what}", self.path), "", &body.to_string())
    }
}

/// Makes bills through the public API, as an agency does.
pub(crate) async fn make_bills(gateway: &Gateway, count: usize) -> Vec<Bill> {
    let (host, _) = parts_of(gateway.told("/public"));
    let key = gateway.told("/agency_keys/kws");
    let requests = (0..count).map(|_| {
        let idempotency = format!("{:032x}", rand::random::<u128>());
        let headers = format!("Authorization: Bearer {key}\r\nIdempotency-Key: {idempotency}\r\n");
        post(&host, "/v1/bills", &headers, ORDER)
    });
    let bills = Arc::new(Mutex::new(Vec::with_capacity(count)));
    let made = Arc::clone(&bills);
    let mut makers = Crowd::connect(host.parse().expect("the gateway says its address"), MAKERS).await;
    let took = makers.send(requests.collect(), move |answer| {
        let bill: Value = serde_json::from_slice(answer.body).expect("a bill is JSON");
        let number = bill["payment_number"].as_str().expect("a bill has a number").replace(' ', "");
        let minor = bill["amount"]["amount"].as_u64().expect("a bill has an amount");
        let bill = Bill { number, amount: format!("{}.{:02}", minor / 100, minor % 100) };
        made.lock().unwrap_or_else(PoisonError::into_inner).push(bill);
    });
    took.await;
    let mut bills = bills.lock().unwrap_or_else(PoisonError::into_inner);
    std::mem::take(&mut *bills)
}

/// A POST as it goes over the wire.
fn post(host: &str, path: &str, more_headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nAccept: */*\r\n\
         {more_headers}Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// `http://host:port/path` as host with port, and path.
fn parts_of(url: &str) -> (String, String) {
    let rest = url.strip_prefix("http://").expect("the gateway speaks plain HTTP here");
    let (host, path) = rest.split_once('/').map_or((rest, ""), |(host, path)| (host, path));
    (host.to_owned(), format!("/{path}"))
}
