//! The message of a paybill payment as Safaricom posts it, to be validated and to be confirmed.

use jiff::Timestamp;
use serde::Serialize;

use crate::clock::east_africa_digits;
use crate::kes::Kes;
use crate::phone::Phone;

/// One payment, in Safaricom's field names. Everything is text.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct C2bMessage {
    transaction_type: &'static str,
    #[serde(rename = "TransID")]
    trans_id: String,
    trans_time: String,
    pub(crate) trans_amount: String,
    business_short_code: String,
    bill_ref_number: String,
    invoice_number: &'static str,
    /// Empty when asking; the balance after the payment when telling.
    pub(crate) org_account_balance: String,
    /// What the merchant gave with its validation answer, echoed.
    #[serde(rename = "ThirdPartyTransID")]
    pub(crate) third_party_trans_id: String,
    #[serde(rename = "MSISDN")]
    msisdn: String,
    first_name: &'static str,
    /// Registrations of version 1 still get all names.
    #[serde(skip_serializing_if = "Option::is_none")]
    middle_name: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<&'static str>,
}

impl C2bMessage {
    /// A payment by the owner of `phone` for what he typed as `account`. Version 1 names the payer, version 2
    /// hides the number behind its hash.
    pub(crate) fn new(
        phone: &Phone,
        account: &str,
        amount: Kes,
        receipt: &str,
        at: Timestamp,
        shortcode: &str,
        version: u8,
    ) -> Self {
        let plain = version == 1;
        Self {
            transaction_type: "Pay Bill",
            trans_id: receipt.to_owned(),
            trans_time: east_africa_digits(at),
            trans_amount: amount.to_string(),
            business_short_code: shortcode.to_owned(),
            bill_ref_number: account.to_owned(),
            invoice_number: "",
            org_account_balance: String::new(),
            third_party_trans_id: String::new(),
            msisdn: if plain { phone.digits().to_owned() } else { phone.sha256() },
            first_name: phone.first_name(),
            middle_name: plain.then_some(""),
            last_name: plain.then_some("MWIKALI"),
        }
    }
}
