//! What pages, and the API after them, say about ways to pay.

use super::Both;

pub(in crate::pages) struct WayWords {
    /// A channel does not work.
    pub(in crate::pages) down: fn(title: &str, since: Option<&str>) -> String,
    /// Work is done on it.
    pub(in crate::pages) work: fn(title: &str, until: &str) -> String,
    /// Nobody is there.
    pub(in crate::pages) closed: fn(title: &str, opens: &str) -> String,
    /// Nobody works at a counter.
    pub(in crate::pages) unattended: fn(title: &str) -> String,
    /// A counter has as much cash as it may have, or nearly.
    pub(in crate::pages) full: fn(title: &str, room: Option<&str>) -> String,
    /// A prompt may be answered yet.
    pub(in crate::pages) prompt_may_live: &'static str,
    pub(in crate::pages) pay_in_these_ways: &'static str,
    pub(in crate::pages) pay_in_this_way: &'static str,
    /// Of a service, before there is a bill.
    pub(in crate::pages) bills_in_these_ways: &'static str,
    pub(in crate::pages) no_bill_now: &'static str,
    /// No way takes the amount, today or on any other day.
    pub(in crate::pages) nothing_takes_it: &'static str,
    pub(in crate::pages) nothing_now: &'static str,
    pub(in crate::pages) nothing_now_help: fn(phone: &str) -> String,
    pub(in crate::pages) drill: &'static str,
    pub(in crate::pages) degraded: &'static str,
    pub(in crate::pages) probing: &'static str,
}

pub(in crate::pages) static WAYS: Both<WayWords> = Both {
    en: WayWords {
        down: |title, since| match since {
            Some(since) => format!("{title} is not working since {since}."),
            None => format!("{title} is not working."),
        },
        work: |title, until| format!("{title} is not working: planned work until {until}."),
        closed: |title, opens| format!("{title} is closed. It opens on {opens}."),
        unattended: |title| format!("{title}: no cashier is there at the moment."),
        full: |title, room| match room {
            Some(room) => format!("{title} can take no more than {room} at the moment."),
            None => format!("{title} can take no more cash at the moment."),
        },
        prompt_may_live: "A request to pay was sent and can still be answered.",
        pay_in_these_ways: "Pay in one of these ways:",
        pay_in_this_way: "Pay in this way:",
        bills_in_these_ways: "You can pay in one of these ways; your bill says how:",
        no_bill_now: "You can get a bill, but it cannot be paid at the moment.",
        nothing_takes_it: "No way to pay takes this amount in one payment. The bill stays open: ask for help, and do not pay to a \
            number that is not on this page.",
        nothing_now: "This bill cannot be paid at the moment. It stays open, and this page shows by itself when it can be paid \
            again. Do not pay to a number that is not on this page.",
        nothing_now_help: |phone| format!("Help: {phone}"),
        drill: "This is a rehearsal. M-PESA works as usual. You can also pay in one of the other ways: the money arrives just the \
            same.",
        degraded: "This can take longer than usual at the moment. Pay once, and wait.",
        probing: "This has only just begun to work again. If it fails, use another way.",
    },
    // A title may be of any class of nouns; what is said of it agrees with `njia`, which every one of them is.
    sw: WayWords {
        down: |title, since| match since {
            Some(since) => format!("{title}: njia hii haifanyi kazi tangu {since}."),
            None => format!("{title}: njia hii haifanyi kazi."),
        },
        work: |title, until| {
            format!("{title}: njia hii haifanyi kazi. Matengenezo yaliyopangwa hadi {until}.")
        },
        closed: |title, opens| format!("{title}: njia hii imefungwa. Itafunguliwa {opens}."),
        unattended: |title| format!("{title}: hakuna mpokeaji pesa kwa sasa."),
        full: |title, room| match room {
            Some(room) => format!("{title}: njia hii haiwezi kupokea zaidi ya {room} kwa sasa."),
            None => format!("{title}: njia hii haiwezi kupokea pesa taslimu zaidi kwa sasa."),
        },
        prompt_may_live: "Ombi la malipo lilitumwa na bado linaweza kujibiwa.",
        pay_in_these_ways: "Lipa kwa mojawapo ya njia hizi:",
        pay_in_this_way: "Lipa kwa njia hii:",
        bills_in_these_ways: "Unaweza kulipa kwa mojawapo ya njia hizi; bili yako inaeleza jinsi:",
        no_bill_now: "Unaweza kupata bili, lakini haiwezi kulipwa kwa sasa.",
        nothing_takes_it: "Hakuna njia ya kulipa inayopokea kiasi hiki kwa malipo moja. Bili bado iko wazi: omba msaada, na \
            usilipe kwa nambari isiyo kwenye ukurasa huu.",
        nothing_now: "Bili hii haiwezi kulipwa kwa sasa. Bado iko wazi, na ukurasa huu utaonyesha wenyewe itakapoweza \
            kulipwa tena. Usilipe kwa nambari isiyo kwenye ukurasa huu.",
        nothing_now_help: |phone| format!("Msaada: {phone}"),
        drill: "Hili ni zoezi. M-PESA inafanya kazi kama kawaida. Unaweza pia kulipa kwa mojawapo ya njia nyingine: pesa zitafika \
            vilevile.",
        degraded: "Hii inaweza kuchukua muda mrefu kuliko kawaida kwa sasa. Lipa mara moja, kisha subiri.",
        probing: "Njia hii imeanza tu kufanya kazi tena. Ikishindikana, tumia nyingine.",
    },
};

#[cfg(test)]
mod tests {
    use catalog::Language;

    use super::*;

    #[test]
    fn in_swahili_what_is_said_of_a_way_agrees_with_the_way_and_not_with_its_title() {
        let words = WAYS.of(Language::Sw);
        let title = "Ombi la M-PESA";
        for said in [
            (words.down)(title, None),
            (words.down)(title, Some("saa 3")),
            (words.work)(title, "saa 3"),
            (words.closed)(title, "saa 3"),
            (words.full)(title, None),
            (words.full)(title, Some("KES 5")),
        ] {
            assert!(said.starts_with("Ombi la M-PESA: njia hii "), "{said}");
        }
    }
}
