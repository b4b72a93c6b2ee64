//! What the page of a problem says around the sentence of its code.

use super::Both;
use crate::http::problem::MoneyMoved;

pub(in crate::pages) struct ProblemWords {
    /// The heading of a page for something that is not there.
    pub(in crate::pages) not_found: &'static str,
    /// The heading when the caller has to change something.
    pub(in crate::pages) cannot: &'static str,
    /// The heading when it is we who fail.
    pub(in crate::pages) our_side: &'static str,
    pub(in crate::pages) can_try_again: &'static str,
    /// The link to where everything begins.
    pub(in crate::pages) start_page: &'static str,
    pub(in crate::pages) when_you_ask: &'static str,
    /// What happened to the money; what is unsaid moves none.
    pub(in crate::pages) money: fn(Option<MoneyMoved>) -> &'static str,
    pub(in crate::pages) error_code: &'static str,
    pub(in crate::pages) what_people_read: &'static str,
    pub(in crate::pages) for_developers: &'static str,
    pub(in crate::pages) status: &'static str,
    pub(in crate::pages) retryable: &'static str,
    pub(in crate::pages) yes: &'static str,
    pub(in crate::pages) no: &'static str,
    pub(in crate::pages) about_money: &'static str,
}

pub(in crate::pages) static PROBLEM: Both<ProblemWords> = Both {
    en: ProblemWords {
        not_found: "Page not found",
        cannot: "This did not work",
        our_side: "There is a problem on our side",
        can_try_again: "You can try the same again in a moment.",
        start_page: "Find a service",
        when_you_ask: "When you ask for help, give this number:",
        money: |moved| match moved {
            None => "Opening this page has not moved any money.",
            Some(MoneyMoved::No) => "No money has been taken.",
            Some(MoneyMoved::Yes) => "Your money has arrived and is safe. Do not pay again.",
            Some(MoneyMoved::Unknown) => {
                "We do not know yet whether money was taken. Do not pay again. Open the page of your bill and check the payment."
            }
        },
        error_code: "Error code",
        what_people_read: "What people read",
        for_developers: "For developers",
        status: "HTTP status",
        retryable: "The same request can succeed later",
        yes: "Yes",
        no: "No",
        about_money: "An answer about money carries money_moved: no (nothing was taken), yes (the money is with us) or \
            unknown (ask for the status, and do not ask the payer again).",
    },
    sw: ProblemWords {
        not_found: "Ukurasa haupatikani",
        cannot: "Haikufaulu",
        our_side: "Kuna tatizo upande wetu",
        can_try_again: "Unaweza kujaribu tena baada ya muda mfupi.",
        start_page: "Tafuta huduma",
        when_you_ask: "Unapoomba msaada, taja nambari hii:",
        money: |moved| match moved {
            None => "Kufungua ukurasa huu hakujahamisha pesa zozote.",
            Some(MoneyMoved::No) => "Hakuna pesa iliyokatwa.",
            Some(MoneyMoved::Yes) => "Pesa zako zimefika na ziko salama. Usilipe tena.",
            Some(MoneyMoved::Unknown) => {
                "Bado hatujui kama pesa zimekatwa. Usilipe tena. Fungua ukurasa wa bili yako na uangalie malipo."
            }
        },
        error_code: "Msimbo wa kosa",
        what_people_read: "Watu wanachosoma",
        for_developers: "Kwa wasanidi programu",
        status: "Hali ya HTTP",
        retryable: "Ombi lilo hilo linaweza kufaulu baadaye",
        yes: "Ndiyo",
        no: "Hapana",
        about_money: "Jibu linalohusu pesa lina money_moved: no (hakuna iliyokatwa), yes (pesa ziko kwetu) au unknown \
            (uliza hali, na usimwombe mlipaji tena).",
    },
};
