//! What the screen of a gate says that has nobody to ask.

use ledger::Money;

use super::Both;

pub(in crate::pages) struct GateAloneWords {
    pub(in crate::pages) skip: &'static str,
    pub(in crate::pages) gate: &'static str,
    pub(in crate::pages) other_language: &'static str,
    pub(in crate::pages) what_is_shown: &'static str,
    pub(in crate::pages) what_is_shown_hint: &'static str,
    pub(in crate::pages) check: &'static str,
    pub(in crate::pages) let_in: &'static str,
    pub(in crate::pages) no_list: &'static str,
    pub(in crate::pages) list_of: fn(time: &str) -> String,
    pub(in crate::pages) counts: fn(let_in: usize, untold: usize) -> String,
    pub(in crate::pages) for_day: fn(day: &str) -> String,
    pub(in crate::pages) by_receipt: fn(service: &str, paid: &str) -> String,
    pub(in crate::pages) valid: &'static str,
    pub(in crate::pages) let_in_done: &'static str,
    pub(in crate::pages) already_used: &'static str,
    pub(in crate::pages) wrong_day: &'static str,
    pub(in crate::pages) given_back: (&'static str, &'static str),
    pub(in crate::pages) not_paid: (&'static str, &'static str),
    pub(in crate::pages) not_on_list: (&'static str, &'static str),
    pub(in crate::pages) before_list: (&'static str, &'static str),
    pub(in crate::pages) not_for_gates: (&'static str, &'static str),
    pub(in crate::pages) not_ours: (&'static str, &'static str),
    pub(in crate::pages) not_genuine: (&'static str, &'static str),
    pub(in crate::pages) not_found: (&'static str, &'static str),
    /// What is not on the list may not be paid: how it can be.
    pub(in crate::pages) not_paid_yet: fn(way: &str) -> String,
    pub(in crate::pages) pack_too_old: (&'static str, &'static str),
    pub(in crate::pages) device_revoked: (&'static str, &'static str),
    pub(in crate::pages) device_behind: (&'static str, &'static str),
    pub(in crate::pages) clock_is_wrong: fn(time: &str) -> String,
    pub(in crate::pages) issued_here: fn(time: &str) -> String,
    pub(in crate::pages) provisional: &'static str,
    pub(in crate::pages) let_in_elsewhere: fn(gate: &str, time: &str) -> String,
    /// What is owed for a pass is paid, as the list has it.
    pub(in crate::pages) owed_paid: fn(price: Money) -> String,
    /// The list does not have it as paid, which was made at this time.
    pub(in crate::pages) owed: fn(price: Money, list: &str) -> String,
    pub(in crate::pages) pass_not_yet: (&'static str, fn(time: &str) -> String),
    pub(in crate::pages) pass_expired: (&'static str, fn(time: &str) -> String),
    pub(in crate::pages) other_site: (&'static str, fn(site: &str) -> String),
    pub(in crate::pages) pass_of_revoked: (&'static str, fn(gate: &str) -> String),
    pub(in crate::pages) pass_not_genuine: &'static str,
}

pub(in crate::pages) static GATE_ALONE: Both<GateAloneWords> = Both {
    en: GateAloneWords {
        skip: "Skip to the content",
        gate: "Gate",
        other_language: "Kiswahili",
        what_is_shown: "What does the visitor show?",
        what_is_shown_hint: "Scan the code of the receipt or pass, or type the payment number or the receipt number",
        check: "Check",
        let_in: "Let in",
        no_list: "There is no list yet: nobody can be let in.",
        list_of: |time| format!("List of {time}"),
        counts: |let_in, untold| format!("{let_in} let in here, {untold} not yet told to the gateway"),
        for_day: |day| format!("It is for {day}"),
        by_receipt: |service, paid| {
            format!("By the receipt itself, newer than the list: {paid} for {service}")
        },
        valid: "VALID",
        let_in_done: "LET IN",
        already_used: "ALREADY USED",
        wrong_day: "WRONG DAY",
        given_back: ("GIVEN BACK", "The money was given back to whoever paid."),
        not_paid: ("NOT PAID", "The receipt is of a part, or of money that is to be given back."),
        not_on_list: ("NOT ON THE LIST", "It was used, given back, or for a day that is over."),
        before_list: (
            "OLDER THAN THE LIST",
            "It is genuine. Whether somebody was let in for it is not known here: ask the gateway.",
        ),
        not_for_gates: ("NOT FOR A GATE", "It is genuine, and for a service that is not had at a gate."),
        not_ours: ("NOT OURS", "It was paid to somebody else."),
        not_genuine: ("NOT GENUINE", "This receipt was altered, or it is not ours."),
        not_found: ("NOT ON THE LIST", "Scan the code of the receipt: it proves itself."),
        not_paid_yet: |way| format!("If it is not paid yet: {way}"),
        pack_too_old: ("LIST TOO OLD", "Nobody can be let in before there is a newer one."),
        device_revoked: ("DEVICE REVOKED", "This device lets nobody in any more: use another."),
        device_behind: (
            "DEVICE HAS LOST RECORDS",
            "The gateway knows of more that it did than it does itself. It lets nobody in: enrol a new device in another folder.",
        ),
        clock_is_wrong: |time| {
            format!(
                "The clock of this machine is wrong. Here it is {time}: it was as late before. Set the clock right, and start this program again."
            )
        },
        issued_here: |time| format!("Provisional pass issued here at {time}"),
        provisional: "LET IN BEFORE",
        let_in_elsewhere: |gate, time| format!("Provisional pass of {gate}: let in there at {time}"),
        owed_paid: |price| format!("{price}: paid"),
        owed: |price, list| {
            format!("{price} to be paid, as far as the list of {list} knows: look at the receipt")
        },
        pass_not_yet: ("NOT YET", |time| {
            format!("The pass was made at {time}, and it is not as late here: one of two clocks is wrong.")
        }),
        pass_expired: ("PASS IS OVER", |time| format!("It held until {time}.")),
        other_site: ("ANOTHER SITE", |site| format!("The pass is for {site}.")),
        pass_of_revoked: ("DEVICE REVOKED", |gate| {
            format!("The pass is of a device at {gate} that is trusted no more.")
        }),
        pass_not_genuine: "This pass was altered, or no gate of ours has issued it.",
    },
    sw: GateAloneWords {
        skip: "Ruka hadi kwenye maudhui",
        gate: "Lango",
        other_language: "English",
        what_is_shown: "Mgeni anaonyesha nini?",
        what_is_shown_hint: "Changanua msimbo wa risiti au pasi, au andika nambari ya malipo au nambari ya risiti",
        check: "Angalia",
        let_in: "Mruhusu aingie",
        no_list: "Bado hakuna orodha: hakuna anayeweza kuruhusiwa.",
        list_of: |time| format!("Orodha ya {time}"),
        counts: |let_in, untold| format!("Walioruhusiwa hapa: {let_in}; ambao mfumo haujaambiwa: {untold}"),
        for_day: |day| format!("Ni ya {day}"),
        by_receipt: |service, paid| format!("Kwa risiti yenyewe, mpya kuliko orodha: {paid} kwa {service}"),
        valid: "HALALI",
        let_in_done: "AMERUHUSIWA",
        already_used: "IMESHATUMIKA",
        wrong_day: "SIKU SIYO",
        given_back: ("PESA ZIMERUDISHWA", "Pesa zilirudishwa kwa aliyelipa."),
        not_paid: ("HAIJALIPWA", "Risiti ni ya sehemu ya malipo, au ya pesa za kurudishwa."),
        not_on_list: ("HAIPO KWENYE ORODHA", "Ilitumika, pesa zilirudishwa, au ni ya siku iliyopita."),
        before_list: (
            "NI YA KABLA YA ORODHA",
            "Ni halisi. Haijulikani hapa kama kuna aliyeruhusiwa kwayo: uliza mfumo mkuu.",
        ),
        not_for_gates: ("SI YA LANGO", "Ni halisi, lakini ni ya huduma isiyotolewa langoni."),
        not_ours: ("SI YETU", "Yalilipwa kwa shirika lingine."),
        not_genuine: ("SI HALISI", "Risiti hii ilibadilishwa, au si yetu."),
        not_found: ("HAIPO KWENYE ORODHA", "Changanua msimbo wa risiti: unajithibitisha wenyewe."),
        not_paid_yet: |way| format!("Ikiwa haijalipwa bado: {way}"),
        pack_too_old: ("ORODHA NI YA ZAMANI", "Hakuna anayeweza kuruhusiwa hadi kuwe na mpya."),
        device_revoked: ("KIFAA KIMEFUTWA", "Kifaa hiki hakiruhusu mtu yeyote tena: tumia kingine."),
        device_behind: (
            "KIFAA KIMEPOTEZA KUMBUKUMBU",
            "Mfumo unajua zaidi kuhusu kilichofanya kuliko chenyewe. Hakiruhusu mtu: andikisha kifaa kipya kwenye folda nyingine.",
        ),
        clock_is_wrong: |time| {
            format!(
                "Saa ya mashine hii si sahihi. Hapa ni {time}: wakati huo ulishafika. Rekebisha saa, kisha anzisha programu hii upya."
            )
        },
        issued_here: |time| format!("Pasi ya muda iliyotolewa hapa {time}"),
        provisional: "ALIRUHUSIWA AWALI",
        let_in_elsewhere: |gate, time| format!("Pasi ya muda ya {gate}: aliruhusiwa huko {time}"),
        owed_paid: |price| format!("{price}: imelipwa"),
        owed: |price, list| format!("{price} za kulipwa, kwa kadiri ya orodha ya {list}: angalia risiti"),
        pass_not_yet: ("BADO", |time| {
            format!(
                "Pasi ilitengenezwa {time}, na hapa wakati huo haujafika: saa moja kati ya mbili si sahihi."
            )
        }),
        pass_expired: ("PASI IMEISHA", |time| format!("Ilikuwa halali hadi {time}.")),
        other_site: ("MAHALI PENGINE", |site| format!("Pasi ni ya {site}.")),
        pass_of_revoked: ("KIFAA KIMEFUTWA", |gate| {
            format!("Pasi ni ya kifaa cha {gate} ambacho hakiaminiki tena.")
        }),
        pass_not_genuine: "Pasi hii ilibadilishwa, au hakuna lango letu lililoitoa.",
    },
};
