//! What the page says that stands when nothing else does.

use jiff::civil::Weekday;

use super::Both;

pub(in crate::pages) struct BulletinWords {
    pub(in crate::pages) title: &'static str,
    pub(in crate::pages) as_of: fn(time: &str) -> String,
    /// What this page is, and how old it may be.
    pub(in crate::pages) what_it_is: &'static str,
    pub(in crate::pages) paid_already: &'static str,
    pub(in crate::pages) every_bill: &'static str,
    /// It is something else for some agencies.
    pub(in crate::pages) differs: &'static str,
    pub(in crate::pages) otherwise: &'static str,
    /// Agencies that are not named.
    pub(in crate::pages) others: &'static str,
    pub(in crate::pages) pay_to: &'static str,
    pub(in crate::pages) account: &'static str,
    pub(in crate::pages) payment_number: &'static str,
    pub(in crate::pages) amount: &'static str,
    pub(in crate::pages) keep_proof: &'static str,
    pub(in crate::pages) help: &'static str,
    pub(in crate::pages) between: fn(least: &str, most: &str) -> String,
    pub(in crate::pages) up_to: fn(most: &str) -> String,
    pub(in crate::pages) from: fn(least: &str) -> String,
    pub(in crate::pages) day: fn(Weekday) -> &'static str,
}

pub(in crate::pages) static BULLETIN: Both<BulletinWords> = Both {
    en: BulletinWords {
        title: "How to pay for government services",
        as_of: |time| format!("As of {time}, East Africa Time."),
        what_it_is: "This page stands when Malipo cannot be reached. It is written anew each minute while it can; if the time \
                     above is long ago, what it says of a way to pay may have changed.",
        paid_already: "If you have paid already, do not pay again: your payment is not lost, and is found when Malipo is back.",
        every_bill: "Every bill",
        differs: "Not for every agency: if yours is named below, what stands there holds.",
        otherwise: "If that does not work",
        others: "Every other agency",
        pay_to: "Pay to",
        account: "Account number or reference",
        payment_number: "your payment number, 12 digits",
        amount: "The amount on your bill, exactly.",
        keep_proof: "Keep the message or slip that you get: it is proof that you paid.",
        help: "Help",
        between: |least, most| format!("From {least} to {most} in one payment."),
        up_to: |most| format!("Up to {most} in one payment."),
        from: |least| format!("{least} or more in one payment."),
        day: |day| match day {
            Weekday::Monday => "Monday",
            Weekday::Tuesday => "Tuesday",
            Weekday::Wednesday => "Wednesday",
            Weekday::Thursday => "Thursday",
            Weekday::Friday => "Friday",
            Weekday::Saturday => "Saturday",
            Weekday::Sunday => "Sunday",
        },
    },
    sw: BulletinWords {
        title: "Jinsi ya kulipia huduma za serikali",
        as_of: |time| format!("Hali ya {time}, saa za Afrika Mashariki."),
        what_it_is: "Ukurasa huu upo wakati Malipo haipatikani. Huandikwa upya kila dakika inapopatikana; ikiwa saa iliyo hapo juu \
                     ni ya zamani, yanayosemwa kuhusu njia ya kulipa yanaweza kuwa yamebadilika.",
        paid_already: "Ikiwa umeshalipa, usilipe tena: malipo yako hayajapotea, na yatapatikana Malipo itakaporudi.",
        every_bill: "Kila bili",
        differs: "Si kwa kila wakala: ikiwa wakala wako ametajwa hapa chini, fuata yaliyoandikwa hapo.",
        otherwise: "Ikiwa hiyo haifanyi kazi",
        others: "Wakala wengine wote",
        pay_to: "Lipa kwa",
        account: "Nambari ya akaunti au kumbukumbu",
        payment_number: "nambari yako ya malipo, tarakimu 12",
        amount: "Kiasi kilicho kwenye bili yako, kamili.",
        keep_proof: "Hifadhi ujumbe au stakabadhi utakayopata: ni uthibitisho kwamba umelipa.",
        help: "Msaada",
        between: |least, most| format!("Kutoka {least} hadi {most} kwa malipo moja."),
        up_to: |most| format!("Hadi {most} kwa malipo moja."),
        from: |least| format!("{least} au zaidi kwa malipo moja."),
        day: |day| match day {
            Weekday::Monday => "Jumatatu",
            Weekday::Tuesday => "Jumanne",
            Weekday::Wednesday => "Jumatano",
            Weekday::Thursday => "Alhamisi",
            Weekday::Friday => "Ijumaa",
            Weekday::Saturday => "Jumamosi",
            Weekday::Sunday => "Jumapili",
        },
    },
};
