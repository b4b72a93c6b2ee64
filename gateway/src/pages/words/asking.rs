//! What the page of a bill says about asking the payer, by the way that asks.

use super::Both;
use crate::payments::Method;

pub(in crate::pages) struct AskWords {
    pub(in crate::pages) heading: &'static str,
    pub(in crate::pages) phone: &'static str,
    pub(in crate::pages) phone_hint: &'static str,
    pub(in crate::pages) phone_missing: &'static str,
    /// While the payer is waited for: opens the ways that ask nobody.
    pub(in crate::pages) not_asked: &'static str,
    pub(in crate::pages) if_nothing_was_taken: &'static str,
    pub(in crate::pages) only_if_nothing_was_taken: &'static str,
}

/// The words of a way that asks.
pub(in crate::pages) const fn asking(method: Method) -> &'static Both<AskWords> {
    match method {
        Method::MpesaPrompt => &BY_MPESA,
        Method::AirtelMoney => &BY_AIRTEL,
        Method::Card => &BY_CARD,
    }
}

static BY_MPESA: Both<AskWords> = Both {
    en: AskWords {
        heading: "Get a request on your phone",
        phone: "M-PESA phone number",
        phone_hint: "For example 0712 345 678. The phone asks for your M-PESA PIN; this page never does.",
        phone_missing: "Enter the M-PESA phone number to send the request to",
        not_asked: "I did not get a request on my phone",
        if_nothing_was_taken: "M-PESA has told me that no money was taken",
        only_if_nothing_was_taken: "Go on only if your M-PESA messages show that no money left your account. \
            If it did leave, it will arrive here: do not pay again.",
    },
    sw: AskWords {
        heading: "Pata ombi kwenye simu yako",
        phone: "Nambari ya simu ya M-PESA",
        phone_hint: "Kwa mfano 0712 345 678. Simu ndiyo itakayouliza PIN yako ya M-PESA; ukurasa huu hauulizi kamwe.",
        phone_missing: "Andika nambari ya simu ya M-PESA ya kutumiwa ombi",
        not_asked: "Sikupata ombi kwenye simu yangu",
        if_nothing_was_taken: "M-PESA imeniambia kuwa hakuna pesa iliyokatwa",
        only_if_nothing_was_taken: "Endelea tu ikiwa jumbe zako za M-PESA zinaonyesha kuwa hakuna pesa iliyotoka. \
            Ikiwa zilitoka, zitafika hapa: usilipe tena.",
    },
};

static BY_AIRTEL: Both<AskWords> = Both {
    en: AskWords {
        heading: "Pay with Airtel Money",
        phone: "Airtel Money phone number",
        phone_hint: "For example 0733 345 678. The phone asks for your Airtel Money PIN; this page never does.",
        phone_missing: "Enter the Airtel Money phone number to send the request to",
        not_asked: "I did not get a request on my phone",
        if_nothing_was_taken: "Airtel Money has told me that no money was taken",
        only_if_nothing_was_taken: "Go on only if your Airtel Money messages show that no money left your account. \
            If it did leave, it will arrive here: do not pay again.",
    },
    sw: AskWords {
        heading: "Lipa kwa Airtel Money",
        phone: "Nambari ya simu ya Airtel Money",
        phone_hint: "Kwa mfano 0733 345 678. Simu ndiyo itakayouliza PIN yako ya Airtel Money; ukurasa huu hauulizi kamwe.",
        phone_missing: "Andika nambari ya simu ya Airtel Money ya kutumiwa ombi",
        not_asked: "Sikupata ombi kwenye simu yangu",
        if_nothing_was_taken: "Airtel Money imeniambia kuwa hakuna pesa iliyokatwa",
        only_if_nothing_was_taken: "Endelea tu ikiwa jumbe zako za Airtel Money zinaonyesha kuwa hakuna pesa \
            iliyotoka. Ikiwa zilitoka, zitafika hapa: usilipe tena.",
    },
};

/// A card is asked for on no phone: there is nothing to be typed here.
static BY_CARD: Both<AskWords> = Both {
    en: AskWords {
        heading: "Pay by card",
        phone: "",
        phone_hint: "You pay on the page of the card company, which brings you back here.",
        phone_missing: "",
        not_asked: "I do not want to pay by card any more",
        if_nothing_was_taken: "My bank has told me that no money was taken",
        only_if_nothing_was_taken: "Go on only if your bank shows that no money left your account. If it did leave, it \
            will arrive here: do not pay again.",
    },
    sw: AskWords {
        heading: "Lipa kwa kadi",
        phone: "",
        phone_hint: "Utalipa kwenye ukurasa wa kampuni ya kadi, kisha utarudishwa hapa.",
        phone_missing: "",
        not_asked: "Sitaki tena kulipa kwa kadi",
        if_nothing_was_taken: "Benki yangu imeniambia kuwa hakuna pesa iliyokatwa",
        only_if_nothing_was_taken: "Endelea tu ikiwa benki yako inaonyesha kuwa hakuna pesa iliyotoka. Ikiwa zilitoka, \
            zitafika hapa: usilipe tena.",
    },
};
