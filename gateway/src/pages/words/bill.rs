//! What the page of a bill says.

use super::Both;
use crate::payments::BillState;

pub(in crate::pages) struct BillWords {
    pub(in crate::pages) bill_from: &'static str,
    pub(in crate::pages) payment_number: &'static str,
    pub(in crate::pages) pay_by: &'static str,
    pub(in crate::pages) what_you_pay: &'static str,
    /// The same of a bill that is not to be paid any more.
    pub(in crate::pages) what_it_was_for: &'static str,
    pub(in crate::pages) in_shillings: &'static str,
    pub(in crate::pages) received: &'static str,
    pub(in crate::pages) due: &'static str,
    pub(in crate::pages) how_to_pay: &'static str,
    pub(in crate::pages) phone_wrong: &'static str,
    /// Behind another way, and as the first.
    pub(in crate::pages) by_paybill: &'static str,
    pub(in crate::pages) by_paybill_first: &'static str,
    pub(in crate::pages) after_paying: &'static str,
    pub(in crate::pages) check_payment: &'static str,
    /// While the page hears nothing of its bill.
    pub(in crate::pages) connection_lost: &'static str,
    pub(in crate::pages) asked_for: &'static str,
    pub(in crate::pages) payments: &'static str,
    pub(in crate::pages) payment_code: &'static str,
    pub(in crate::pages) receipt: &'static str,
    pub(in crate::pages) problem: &'static str,
    pub(in crate::pages) error: &'static str,
    pub(in crate::pages) token_spent: &'static str,
    pub(in crate::pages) pay: fn(amount: &str) -> String,
    pub(in crate::pages) rate: fn(rate: &str, name: &str, until: &str) -> String,
    pub(in crate::pages) part_paid: fn(collected: &str, due: &str) -> String,
    pub(in crate::pages) paid: &'static str,
    pub(in crate::pages) overpaid: fn(excess: &str, agency: &str) -> String,
    pub(in crate::pages) expired: fn(agency: &str) -> String,
    pub(in crate::pages) cancelled: fn(agency: &str) -> String,
    pub(in crate::pages) refunded: &'static str,
    pub(in crate::pages) not_confirmed: fn(agency: &str) -> String,
    pub(in crate::pages) held: fn(collected: &str, agency: &str) -> String,
    /// One word for each state of a bill.
    pub(in crate::pages) state: fn(BillState) -> &'static str,
}

pub(in crate::pages) static BILL: Both<BillWords> = Both {
    en: BillWords {
        bill_from: "Bill from",
        payment_number: "Payment number",
        pay_by: "Pay by",
        what_you_pay: "What you pay for",
        what_it_was_for: "What the bill was for",
        in_shillings: "In shillings",
        received: "Received so far",
        due: "Still to pay",
        how_to_pay: "How to pay",
        phone_wrong: "Phone number must be a Kenyan mobile number, such as 0712 345 678",
        by_paybill: "Or pay with the paybill yourself",
        by_paybill_first: "Pay with the paybill yourself",
        after_paying: "When you have paid, check that the payment has arrived.",
        check_payment: "Check payment",
        connection_lost: "This page has lost its connection and tries again by itself. How to pay still stands below. If you have \
                          paid already, do not pay again: your payment is not lost.",
        asked_for: "Asked for",
        payments: "Payments received",
        payment_code: "Payment code",
        receipt: "Receipt",
        problem: "There is a problem",
        error: "Error",
        token_spent: "A request was already sent from this page. Check the payment before you send another.",
        pay: |money| format!("Pay {money}"),
        rate: |rate, name, until| format!("USD 1 is KES {rate} (rate {name}). The rate holds until {until}."),
        part_paid: |collected, due| {
            format!(
                "We have {collected}. {due} is still to be paid, to the same account number. \
                 What has arrived is kept for this bill."
            )
        },
        paid: "This bill is paid. There is nothing more to pay.",
        overpaid: |excess, agency| {
            format!(
                "This bill is paid, and {excess} more than was asked for has arrived. Do not pay again. The extra money \
                 is kept apart and is yours: ask {agency} to return it and give the payment number."
            )
        },
        expired: |agency| {
            format!(
                "The time to pay this bill has run out. Do not pay it. If you still need the service, ask {agency} for a new bill."
            )
        },
        cancelled: |agency| format!("{agency} has withdrawn this bill. Do not pay it."),
        refunded: "The money for this bill has been returned. Do not pay it again.",
        not_confirmed: |agency| {
            format!("The amount is as on the slip. {agency} has not confirmed this amount yet.")
        },
        held: |collected, agency| {
            format!(
                "We have {collected} that was paid for it. The money is safe: ask {agency} to return it and give \
                 the payment number."
            )
        },
        state: |state| match state {
            BillState::Unpaid => "Unpaid",
            BillState::PartPaid => "Part paid",
            BillState::Paid => "Paid",
            BillState::Overpaid => "Overpaid",
            BillState::Expired => "Expired",
            BillState::Cancelled => "Cancelled",
            BillState::Refunded => "Refunded",
        },
    },
    sw: BillWords {
        bill_from: "Bili kutoka",
        payment_number: "Nambari ya malipo",
        pay_by: "Lipa kabla ya",
        what_you_pay: "Unacholipia",
        what_it_was_for: "Bili ilikuwa ya nini",
        in_shillings: "Kwa shilingi",
        received: "Tumepokea",
        due: "Kiasi kilichobaki",
        how_to_pay: "Jinsi ya kulipa",
        phone_wrong: "Nambari ya simu lazima iwe ya simu ya mkononi ya Kenya, kama 0712 345 678",
        by_paybill: "Au lipa mwenyewe kwa paybill",
        by_paybill_first: "Lipa mwenyewe kwa paybill",
        after_paying: "Ukishalipa, angalia kama malipo yamefika.",
        check_payment: "Angalia malipo",
        connection_lost: "Ukurasa huu umepoteza muunganisho na unajaribu tena wenyewe. Jinsi ya kulipa bado iko hapa chini. Ikiwa \
                          umeshalipa, usilipe tena: malipo yako hayajapotea.",
        asked_for: "Kiasi kilichoombwa",
        payments: "Malipo yaliyopokelewa",
        payment_code: "Msimbo wa malipo",
        receipt: "Risiti",
        problem: "Kuna tatizo",
        error: "Kosa",
        token_spent: "Ombi tayari limetumwa kutoka ukurasa huu. Angalia malipo kabla ya kutuma jingine.",
        pay: |money| format!("Lipa {money}"),
        rate: |rate, name, until| {
            format!("USD 1 ni KES {rate} (kiwango {name}). Kiwango hiki ni halali hadi {until}.")
        },
        part_paid: |collected, due| {
            format!(
                "Tumepokea {collected}. Bado {due} inahitajika, kwa nambari ile ile ya akaunti. \
                 Pesa zilizofika zimehifadhiwa kwa ajili ya bili hii."
            )
        },
        paid: "Bili hii imelipwa. Hakuna kingine cha kulipa.",
        overpaid: |excess, agency| {
            format!(
                "Bili hii imelipwa, na {excess} zaidi ya kiasi kilichoombwa imefika. Usilipe tena. Pesa za ziada \
                 zimewekwa kando na ni zako: omba {agency} izirudishe na utaje nambari ya malipo."
            )
        },
        expired: |agency| {
            format!(
                "Muda wa kulipa bili hii umeisha. Usiilipe. Ikiwa bado unahitaji huduma, omba {agency} bili mpya."
            )
        },
        cancelled: |agency| format!("{agency} imeiondoa bili hii. Usiilipe."),
        refunded: "Pesa za bili hii zimerudishwa. Usiilipe tena.",
        not_confirmed: |agency| {
            format!("Kiasi ni kama kilivyo kwenye hati ya malipo. {agency} bado haijathibitisha kiasi hiki.")
        },
        held: |collected, agency| {
            format!(
                "Tuna {collected} iliyolipwa kwa ajili yake. Pesa ziko salama: omba {agency} izirudishe na utaje \
                 nambari ya malipo."
            )
        },
        state: |state| match state {
            BillState::Unpaid => "Haijalipwa",
            BillState::PartPaid => "Imelipwa kiasi",
            BillState::Paid => "Imelipwa",
            BillState::Overpaid => "Imelipwa zaidi",
            BillState::Expired => "Muda umeisha",
            BillState::Cancelled => "Imeondolewa",
            BillState::Refunded => "Pesa zimerudishwa",
        },
    },
};
