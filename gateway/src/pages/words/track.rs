//! What the page says on which people track an application.

use super::Both;
use crate::payments::{ApplicationNews, ApplicationState, BillState, QueryReason};

pub(in crate::pages) struct TrackWords {
    pub(in crate::pages) title: &'static str,
    pub(in crate::pages) lead: &'static str,
    pub(in crate::pages) reference: &'static str,
    pub(in crate::pages) reference_hint: &'static str,
    pub(in crate::pages) phone: &'static str,
    pub(in crate::pages) phone_hint: &'static str,
    pub(in crate::pages) search: &'static str,
    pub(in crate::pages) again: &'static str,
    pub(in crate::pages) problem: &'static str,
    pub(in crate::pages) error: &'static str,
    pub(in crate::pages) enter_reference: &'static str,
    pub(in crate::pages) reference_wrong: &'static str,
    pub(in crate::pages) enter_phone: &'static str,
    pub(in crate::pages) phone_wrong: &'static str,
    pub(in crate::pages) not_found: &'static str,
    pub(in crate::pages) payment_number: &'static str,
    pub(in crate::pages) what_happened: &'static str,
    pub(in crate::pages) what_next: &'static str,
    pub(in crate::pages) receipt: &'static str,
    pub(in crate::pages) submitted: &'static str,
    pub(in crate::pages) paid: &'static str,
    /// A step that the agency reported.
    pub(in crate::pages) step: fn(&ApplicationNews) -> String,
    /// What the application is; nothing while the agency has said nothing.
    pub(in crate::pages) state: fn(Option<ApplicationState>) -> &'static str,
    /// What the bill is of an application that is not paid for.
    pub(in crate::pages) bill_is: fn(BillState) -> &'static str,
    pub(in crate::pages) on_time: &'static str,
    pub(in crate::pages) due_today: &'static str,
    pub(in crate::pages) days_late: fn(u32) -> String,
    pub(in crate::pages) due_on: fn(day: &str) -> String,
    /// What to do after the latest report.
    pub(in crate::pages) next: fn(Option<&ApplicationNews>, is_late: bool) -> String,
    pub(in crate::pages) next_pay: &'static str,
    pub(in crate::pages) next_over: &'static str,
}

pub(in crate::pages) static TRACK: Both<TrackWords> = Both {
    en: TrackWords {
        title: "Track my application",
        lead: "See how far your application is, and when it is due.",
        reference: "Payment number or receipt number",
        reference_hint: "12 digits such as 4071\u{a0}5520\u{a0}1831, or a receipt number such as 7K2M\u{2011}94QX",
        phone: "Phone number",
        phone_hint: "The phone that paid, or that you gave when you applied: for example 0712\u{a0}345\u{a0}678",
        search: "Track",
        again: "Track another application",
        problem: "There is a problem",
        error: "Error",
        enter_reference: "Enter your payment number or receipt number",
        reference_wrong: "The number must have 12 digits, such as 4071 5520 1831, or be a receipt number, such as 7K2M-94QX",
        enter_phone: "Enter a phone number",
        phone_wrong: "Phone number must be a Kenyan mobile number, such as 0712 345 678",
        not_found: "We cannot find that number with that phone. The payment number has 12 digits and is in your SMS; the phone is the one that paid",
        payment_number: "Payment number",
        what_happened: "What has happened",
        what_next: "What to do next",
        receipt: "Receipt",
        submitted: "Applied",
        paid: "Paid",
        step: |news| match news {
            ApplicationNews::AtAgency => "Received by the agency".to_owned(),
            ApplicationNews::QueryRaised { reason } => {
                format!(
                    "The agency has a question: {}",
                    match reason {
                        QueryReason::Documents => "a paper is missing or cannot be read",
                        QueryReason::Photo => "the photograph cannot be used",
                        QueryReason::Details => "a detail does not agree with its records",
                        QueryReason::Visit => "please come in person",
                        QueryReason::Other => "the agency will tell you what",
                    }
                )
            }
            ApplicationNews::Ready { centre } => format!("Ready at {centre}"),
            ApplicationNews::Collected => "Collected".to_owned(),
            ApplicationNews::Returned => "Not collected, and sent back to the agency".to_owned(),
        },
        state: |state| match state {
            None | Some(ApplicationState::Paid) => "Paid",
            Some(ApplicationState::AtAgency) => "At the agency",
            Some(ApplicationState::QueryRaised) => "The agency has a question",
            Some(ApplicationState::Ready) => "Ready to collect",
            Some(ApplicationState::Collected) => "Collected",
            Some(ApplicationState::Returned) => "Returned",
        },
        bill_is: |state| match state {
            BillState::Unpaid => "Not paid",
            BillState::PartPaid => "Part paid",
            BillState::Expired => "Expired",
            BillState::Cancelled => "Cancelled",
            BillState::Refunded => "Refunded",
            BillState::Paid | BillState::Overpaid => "Paid",
        },
        on_time: "On time",
        due_today: "Due today",
        days_late: |days| if days == 1 { "1 day late".to_owned() } else { format!("{days} days late") },
        due_on: |day| format!("Promised by {day}"),
        next: |news, is_late| {
            let next = match news {
                None | Some(ApplicationNews::AtAgency) => "You need not do anything.",
                Some(ApplicationNews::QueryRaised { .. }) => {
                    "Answer the agency’s question. It goes on when it has your answer."
                }
                Some(ApplicationNews::Ready { .. }) => {
                    "Collect it. Take your identity card and this payment number with you."
                }
                Some(ApplicationNews::Collected) => "There is nothing more to do.",
                Some(ApplicationNews::Returned) => "Ask the agency to send it to a centre again.",
            };
            let waits =
                matches!(news, None | Some(ApplicationNews::AtAgency | ApplicationNews::QueryRaised { .. }));
            if is_late && waits {
                format!(
                    "{next} It is later than the agency promised: you may complain to it, or to the Ombudsman."
                )
            } else {
                next.to_owned()
            }
        },
        next_pay: "Pay the bill: the agency begins when it is paid.",
        next_over: "This bill cannot be paid any more. Ask the agency for a new one if you still need the service.",
    },
    sw: TrackWords {
        title: "Fuatilia ombi langu",
        lead: "Angalia ombi lako limefika wapi, na linapaswa kuwa tayari lini.",
        reference: "Nambari ya malipo au ya risiti",
        reference_hint: "Tarakimu 12 kama 4071\u{a0}5520\u{a0}1831, au nambari ya risiti kama 7K2M\u{2011}94QX",
        phone: "Nambari ya simu",
        phone_hint: "Simu iliyolipa, au uliyotoa ulipoomba: kwa mfano 0712\u{a0}345\u{a0}678",
        search: "Fuatilia",
        again: "Fuatilia ombi jingine",
        problem: "Kuna tatizo",
        error: "Kosa",
        enter_reference: "Andika nambari yako ya malipo au ya risiti",
        reference_wrong: "Nambari lazima iwe na tarakimu 12, kama 4071 5520 1831, au iwe nambari ya risiti, kama 7K2M-94QX",
        enter_phone: "Andika nambari ya simu",
        phone_wrong: "Nambari ya simu lazima iwe ya simu ya mkononi ya Kenya, kama 0712 345 678",
        not_found: "Hatupati nambari hiyo pamoja na simu hiyo. Nambari ya malipo ina tarakimu 12 na iko kwenye SMS yako; simu ni ile iliyolipa",
        payment_number: "Nambari ya malipo",
        what_happened: "Yaliyotokea",
        what_next: "La kufanya sasa",
        receipt: "Risiti",
        submitted: "Uliomba",
        paid: "Imelipwa",
        step: |news| match news {
            ApplicationNews::AtAgency => "Taasisi imelipokea".to_owned(),
            ApplicationNews::QueryRaised { reason } => {
                format!(
                    "Taasisi ina swali: {}",
                    match reason {
                        QueryReason::Documents => "hati haipo au haisomeki",
                        QueryReason::Photo => "picha haiwezi kutumika",
                        QueryReason::Details => "maelezo hayalingani na kumbukumbu zake",
                        QueryReason::Visit => "tafadhali fika mwenyewe",
                        QueryReason::Other => "taasisi itakueleza",
                    }
                )
            }
            ApplicationNews::Ready { centre } => format!("Tayari katika {centre}"),
            ApplicationNews::Collected => "Imechukuliwa".to_owned(),
            ApplicationNews::Returned => "Haikuchukuliwa, imerudishwa kwa taasisi".to_owned(),
        },
        state: |state| match state {
            None | Some(ApplicationState::Paid) => "Imelipwa",
            Some(ApplicationState::AtAgency) => "Iko kwa taasisi",
            Some(ApplicationState::QueryRaised) => "Taasisi ina swali",
            Some(ApplicationState::Ready) => "Tayari kuchukuliwa",
            Some(ApplicationState::Collected) => "Imechukuliwa",
            Some(ApplicationState::Returned) => "Imerudishwa",
        },
        bill_is: |state| match state {
            BillState::Unpaid => "Haijalipwa",
            BillState::PartPaid => "Imelipwa kiasi",
            BillState::Expired => "Muda umeisha",
            BillState::Cancelled => "Imeondolewa",
            BillState::Refunded => "Pesa zimerudishwa",
            BillState::Paid | BillState::Overpaid => "Imelipwa",
        },
        on_time: "Kwa wakati",
        due_today: "Mwisho ni leo",
        days_late: |days| format!("Imechelewa siku {days}"),
        due_on: |day| format!("Imeahidiwa kufikia {day}"),
        next: |news, is_late| {
            let next = match news {
                None | Some(ApplicationNews::AtAgency) => "Huhitaji kufanya chochote.",
                Some(ApplicationNews::QueryRaised { .. }) => {
                    "Jibu swali la taasisi. Itaendelea ikipata jibu lako."
                }
                Some(ApplicationNews::Ready { .. }) => {
                    "Ichukue. Beba kitambulisho chako na nambari hii ya malipo."
                }
                Some(ApplicationNews::Collected) => "Hakuna kingine cha kufanya.",
                Some(ApplicationNews::Returned) => "Iombe taasisi iitume tena kwenye kituo.",
            };
            let waits =
                matches!(news, None | Some(ApplicationNews::AtAgency | ApplicationNews::QueryRaised { .. }));
            if is_late && waits {
                format!(
                    "{next} Imepita muda ambao taasisi iliahidi: unaweza kulalamika kwake, au kwa Ombudsman."
                )
            } else {
                next.to_owned()
            }
        },
        next_pay: "Lipa bili: taasisi huanza ikishalipwa.",
        next_over: "Bili hii haiwezi kulipwa tena. Omba taasisi bili mpya ikiwa bado unahitaji huduma.",
    },
};
