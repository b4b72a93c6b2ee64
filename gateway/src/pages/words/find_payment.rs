//! What the page says on which people look for a payment.

use super::{Both, grouped};
use crate::payments::SuspenseReason;

pub(in crate::pages) struct FindPaymentWords {
    pub(in crate::pages) title: &'static str,
    pub(in crate::pages) lead: &'static str,
    pub(in crate::pages) do_not_pay_again: &'static str,
    pub(in crate::pages) with_code: &'static str,
    pub(in crate::pages) code: &'static str,
    pub(in crate::pages) code_hint: &'static str,
    pub(in crate::pages) without_code: &'static str,
    pub(in crate::pages) without_code_lead: &'static str,
    pub(in crate::pages) phone: &'static str,
    pub(in crate::pages) phone_hint: &'static str,
    pub(in crate::pages) which_day: &'static str,
    pub(in crate::pages) day: &'static str,
    pub(in crate::pages) month: &'static str,
    pub(in crate::pages) year: &'static str,
    pub(in crate::pages) amount: &'static str,
    pub(in crate::pages) search: &'static str,
    pub(in crate::pages) again: &'static str,
    pub(in crate::pages) problem: &'static str,
    pub(in crate::pages) error: &'static str,
    pub(in crate::pages) enter_code: &'static str,
    pub(in crate::pages) code_wrong: &'static str,
    pub(in crate::pages) enter_phone: &'static str,
    pub(in crate::pages) phone_wrong: &'static str,
    pub(in crate::pages) day_wrong: &'static str,
    pub(in crate::pages) amount_wrong: &'static str,
    pub(in crate::pages) found: &'static str,
    pub(in crate::pages) matched: fn(amount: &str, when: &str) -> String,
    pub(in crate::pages) contradicted: &'static str,
    pub(in crate::pages) open_receipt: &'static str,
    pub(in crate::pages) found_held: &'static str,
    pub(in crate::pages) held: fn(amount: &str, when: &str) -> String,
    /// Why it belongs to no bill, for whoever paid.
    pub(in crate::pages) why_held: fn(SuspenseReason) -> &'static str,
    pub(in crate::pages) typed: fn(masked: &str) -> String,
    /// What to do, by whether there is a number to call at the foot of the page.
    pub(in crate::pages) held_next: fn(has_number: bool) -> &'static str,
    pub(in crate::pages) not_here: &'static str,
    pub(in crate::pages) not_here_yet: &'static str,
    pub(in crate::pages) usual: fn(percent: usize, seconds: i64, payments: usize) -> String,
    pub(in crate::pages) not_here_next: fn(has_number: bool) -> &'static str,
    pub(in crate::pages) not_among: &'static str,
    pub(in crate::pages) looked_through: fn(payments: usize) -> String,
    pub(in crate::pages) not_among_next: &'static str,
    pub(in crate::pages) look_on: &'static str,
}

pub(in crate::pages) static FIND_PAYMENT: Both<FindPaymentWords> = Both {
    en: FindPaymentWords {
        title: "Find my payment",
        lead: "You have paid, and the bill does not show it.",
        do_not_pay_again: "Do not pay again. If the money has left your account, it is with us or on its way.",
        with_code: "With the code from the M-PESA message",
        code: "M-PESA code",
        code_hint: "Ten letters and digits at the beginning of the message, for example TKL4X7Y2ZQ",
        without_code: "Without the code",
        without_code_lead: "All three must be as in the M-PESA message.",
        phone: "Phone that paid",
        phone_hint: "For example 0712 345 678",
        which_day: "Day of the payment",
        day: "Day",
        month: "Month",
        year: "Year",
        amount: "Amount in shillings",
        search: "Find the payment",
        again: "Look for another payment",
        problem: "There is a problem",
        error: "Error",
        enter_code: "Enter the code from the M-PESA message",
        code_wrong: "M-PESA code must be letters and digits, eight to twelve as in its message, such as TKL4X7Y2ZQ",
        enter_phone: "Enter the phone number that paid",
        phone_wrong: "Phone number must be a Kenyan mobile number, such as 0712 345 678",
        day_wrong: "Day of the payment must be a real day, such as 21 11 2026",
        amount_wrong: "Amount must be a number of shillings, such as 3050",
        found: "We have your payment",
        matched: |money, when| format!("{money} arrived on {when} and was put to its bill."),
        contradicted: "M-PESA has also told us of this payment with another amount or account. What stands here holds; people \
            are looking at the difference.",
        open_receipt: "Open the receipt",
        found_held: "We have your money, and do not know what it is for",
        held: |money, when| format!("{money} arrived on {when}. It is safe and kept apart."),
        why_held: |reason| match reason {
            SuspenseReason::BadCheckDigit | SuspenseReason::UnknownNumber => {
                "The account number is not the payment number of any bill."
            }
            SuspenseReason::ProvisionalPass => {
                "It is for a pass of a gate that has not told us of it yet. It is put to the pass by itself as soon as the gate is connected."
            }
            SuspenseReason::NoAccount => "No account number came with it.",
            SuspenseReason::AmountDiffers => "The bill with this reference is over another amount.",
            SuspenseReason::OtherCurrency => "The bill is in another currency.",
            SuspenseReason::PosterSample => "The account number is the example from a poster.",
            SuspenseReason::OtherShortCode => "It was paid to another business number than ours.",
            _ => "What was typed as the account number leads to no bill.",
        },
        typed: |masked| format!("It was paid to account {masked}; we show only a part of it."),
        held_next: |has_number| {
            if has_number {
                "Do not pay again. Call the number at the foot of this page with your M-PESA message and the right payment number. \
                 Two officers then put the money to your bill: both check it, and you pay nothing more."
            } else {
                "Do not pay again. Go to the agency that you wanted to pay, with your M-PESA message and the right payment number. \
                 Two officers then put the money to your bill: both check it, and you pay nothing more."
            }
        },
        not_here: "M-PESA has not told us of this payment yet",
        not_here_yet: "If M-PESA has sent you a message that the money was sent, it is on its way. Do not pay again.",
        usual: |percent, seconds, payments| {
            format!("Of the last {payments} payments, {percent} in 100 reached us within {seconds} seconds.")
        },
        not_here_next: |has_number| {
            if has_number {
                "Check that what you typed is exactly as in the message, and look here again in a while. If it is not here \
                 tomorrow, call the number at the foot of this page with your M-PESA message."
            } else {
                "Check that what you typed is exactly as in the message, and look here again in a while. If it is not here \
                 tomorrow, go to the agency that you wanted to pay, with your M-PESA message."
            }
        },
        not_among: "We have not found it yet, and there are more payments to look through",
        looked_through: |payments| {
            format!("We have looked through {} payments of this amount, the latest first.", grouped(payments))
        },
        not_among_next: "Look on, or use the code from the M-PESA message instead: that finds it at once. Do not pay again.",
        look_on: "Look on",
    },
    sw: FindPaymentWords {
        title: "Tafuta malipo yangu",
        lead: "Umelipa, lakini bili haionyeshi.",
        do_not_pay_again: "Usilipe tena. Ikiwa pesa zimetoka kwenye akaunti yako, ziko kwetu au ziko njiani.",
        with_code: "Kwa msimbo wa ujumbe wa M-PESA",
        code: "Msimbo wa M-PESA",
        code_hint: "Herufi na tarakimu kumi mwanzoni mwa ujumbe, kwa mfano TKL4X7Y2ZQ",
        without_code: "Bila msimbo",
        without_code_lead: "Yote matatu lazima yawe kama yalivyo kwenye ujumbe wa M-PESA.",
        phone: "Simu iliyolipa",
        phone_hint: "Kwa mfano 0712 345 678",
        which_day: "Siku ya malipo",
        day: "Siku",
        month: "Mwezi",
        year: "Mwaka",
        amount: "Kiasi kwa shilingi",
        search: "Tafuta malipo",
        again: "Tafuta malipo mengine",
        problem: "Kuna tatizo",
        error: "Kosa",
        enter_code: "Andika msimbo ulio kwenye ujumbe wa M-PESA",
        code_wrong: "Msimbo wa M-PESA lazima uwe herufi na tarakimu, nane hadi kumi na mbili kama katika ujumbe wake, kama TKL4X7Y2ZQ",
        enter_phone: "Andika nambari ya simu iliyolipa",
        phone_wrong: "Nambari ya simu lazima iwe ya simu ya mkononi ya Kenya, kama 0712 345 678",
        day_wrong: "Siku ya malipo lazima iwe siku halisi, kama 21 11 2026",
        amount_wrong: "Kiasi lazima kiwe idadi ya shilingi, kama 3050",
        found: "Tunayo malipo yako",
        matched: |money, when| format!("{money} ilifika {when} na imewekwa kwenye bili yake."),
        contradicted: "M-PESA pia imetuambia kuhusu malipo haya kwa kiasi au akaunti nyingine. Yaliyo hapa ndiyo yanayoshikilia; \
            watu wanaangalia tofauti hiyo.",
        open_receipt: "Fungua risiti",
        found_held: "Tuna pesa zako, lakini hatujui ni za nini",
        held: |money, when| format!("{money} ilifika {when}. Iko salama na imewekwa kando."),
        why_held: |reason| match reason {
            SuspenseReason::BadCheckDigit | SuspenseReason::UnknownNumber => {
                "Nambari ya akaunti si nambari ya malipo ya bili yoyote."
            }
            SuspenseReason::ProvisionalPass => {
                "Ni za pasi ya lango ambalo bado halijatuarifu. Zitawekwa kwenye pasi zenyewe mara lango litakapounganishwa."
            }
            SuspenseReason::NoAccount => "Hazikuja na nambari ya akaunti.",
            SuspenseReason::AmountDiffers => "Bili yenye rejea hii ni ya kiasi kingine.",
            SuspenseReason::OtherCurrency => "Bili ni ya sarafu nyingine.",
            SuspenseReason::PosterSample => "Nambari ya akaunti ni ule mfano wa kwenye bango.",
            SuspenseReason::OtherShortCode => "Zililipwa kwa nambari nyingine ya biashara, si yetu.",
            _ => "Kilichoandikwa kama nambari ya akaunti hakielekezi kwenye bili yoyote.",
        },
        typed: |masked| format!("Zililipwa kwa akaunti {masked}; tunaonyesha sehemu yake tu."),
        held_next: |has_number| {
            if has_number {
                "Usilipe tena. Piga simu nambari iliyo chini ya ukurasa huu ukiwa na ujumbe wako wa M-PESA na nambari sahihi ya \
                 malipo. Maafisa wawili wataweka pesa kwenye bili yako: wote wawili huhakikisha, na hulipi zaidi."
            } else {
                "Usilipe tena. Nenda kwa taasisi uliyotaka kuilipa, ukiwa na ujumbe wako wa M-PESA na nambari sahihi ya malipo. \
                 Maafisa wawili wataweka pesa kwenye bili yako: wote wawili huhakikisha, na hulipi zaidi."
            }
        },
        not_here: "M-PESA bado haijatuambia kuhusu malipo haya",
        not_here_yet: "Ikiwa M-PESA imekutumia ujumbe kwamba pesa zimetumwa, ziko njiani. Usilipe tena.",
        usual: |percent, seconds, payments| {
            format!(
                "Kati ya malipo {payments} ya mwisho, {percent} kwa 100 yalitufikia ndani ya sekunde {seconds}."
            )
        },
        not_here_next: |has_number| {
            if has_number {
                "Hakikisha kwamba ulichoandika ni sawa kabisa na ujumbe, na uangalie hapa tena baada ya muda. Ikiwa kesho bado \
                 hayapo, piga simu nambari iliyo chini ya ukurasa huu ukiwa na ujumbe wako wa M-PESA."
            } else {
                "Hakikisha kwamba ulichoandika ni sawa kabisa na ujumbe, na uangalie hapa tena baada ya muda. Ikiwa kesho bado \
                 hayapo, nenda kwa taasisi uliyotaka kuilipa, ukiwa na ujumbe wako wa M-PESA."
            }
        },
        not_among: "Bado hatujayapata, na kuna malipo zaidi ya kutafuta",
        looked_through: |payments| {
            format!("Tumetafuta katika malipo {} ya kiasi hiki, ya hivi karibuni kwanza.", grouped(payments))
        },
        not_among_next: "Endelea kutafuta, au tumia msimbo ulio kwenye ujumbe wa M-PESA: huyapata mara moja. Usilipe tena.",
        look_on: "Endelea kutafuta",
    },
};
