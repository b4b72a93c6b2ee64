//! What the pages of provisional passes say at a gate that has nobody to ask.

use ledger::Money;

use super::Both;
use crate::gates::device::NoPass;
use crate::gates::pass::Settlement;
use crate::gates::price_list::NoPrice;

pub(in crate::pages) struct GatePassWords {
    pub(in crate::pages) passes: &'static str,
    pub(in crate::pages) issue_a_pass: &'static str,
    pub(in crate::pages) what_a_pass_is: &'static str,
    pub(in crate::pages) back_to_check: &'static str,
    pub(in crate::pages) which_service: &'static str,
    pub(in crate::pages) issued_today: &'static str,
    pub(in crate::pages) none_today: &'static str,
    pub(in crate::pages) and_before_them: fn(count: usize) -> String,
    pub(in crate::pages) numbers_left: fn(count: usize) -> String,
    pub(in crate::pages) left_out: fn(count: usize, names: &str) -> String,
    pub(in crate::pages) how_many: &'static str,
    pub(in crate::pages) each: fn(price: Money) -> String,
    pub(in crate::pages) how_paid: &'static str,
    pub(in crate::pages) later: &'static str,
    pub(in crate::pages) exit: &'static str,
    pub(in crate::pages) operator: &'static str,
    pub(in crate::pages) which_operator: &'static str,
    pub(in crate::pages) show_price: &'static str,
    pub(in crate::pages) to_pay: &'static str,
    pub(in crate::pages) in_shillings: fn(shillings: Money, rate: Money) -> String,
    pub(in crate::pages) issue: &'static str,
    pub(in crate::pages) not_issued: &'static str,
    pub(in crate::pages) provisional_pass: &'static str,
    pub(in crate::pages) let_in_at: fn(time: &str) -> String,
    pub(in crate::pages) not_paid_yet: &'static str,
    pub(in crate::pages) payment_number: &'static str,
    pub(in crate::pages) code_label: &'static str,
    pub(in crate::pages) gate: &'static str,
    pub(in crate::pages) valid_until: &'static str,
    pub(in crate::pages) pass: &'static str,
    pub(in crate::pages) how_to_pay: &'static str,
    pub(in crate::pages) by_paybill: fn(paybill: &str, number: &str) -> String,
    pub(in crate::pages) by_other: fn(title: &str, pay_to: &str, number: &str) -> String,
    pub(in crate::pages) when_it_works: fn(paybill: &str) -> String,
    pub(in crate::pages) tell_code: &'static str,
    pub(in crate::pages) before_leaving: &'static str,
    pub(in crate::pages) operator_pays: fn(name: &str) -> String,
    pub(in crate::pages) print_hint: &'static str,
    pub(in crate::pages) why: fn(&NoPass) -> String,
}

impl GatePassWords {
    /// How a pass is to be paid.
    pub(in crate::pages) fn settlement(&self, settlement: &Settlement) -> &'static str {
        match settlement {
            Settlement::Later => self.later,
            Settlement::Exit => self.exit,
            Settlement::Operator(_) => self.operator,
        }
    }
}

pub(in crate::pages) static GATE_PASSES: Both<GatePassWords> = Both {
    en: GatePassWords {
        passes: "Provisional passes",
        issue_a_pass: "Issue a provisional pass",
        what_a_pass_is: "For somebody who cannot pay now: they are let in, and pay under the number on the pass.",
        back_to_check: "Check what a visitor shows",
        which_service: "What for?",
        issued_today: "Issued here today",
        none_today: "None yet.",
        and_before_them: |count| format!("{count} more before these."),
        numbers_left: |count| format!("{count} payment numbers are left for passes."),
        left_out: |count, names| {
            format!(
                "{count} more services of the agency had no room on this list, and have no passes here: {names}."
            )
        },
        how_many: "How many?",
        each: |price| format!("{price} each"),
        how_paid: "How is it to be paid?",
        later: "Later, by phone or at a bank",
        exit: "At the exit, before they leave",
        operator: "By their tour operator",
        which_operator: "Which tour operator?",
        show_price: "Show the price",
        to_pay: "To pay",
        in_shillings: |shillings, rate| format!("About {shillings}, at {rate} for a dollar"),
        issue: "Let in and issue the pass",
        not_issued: "NO PASS",
        provisional_pass: "PROVISIONAL PASS",
        let_in_at: |time| format!("Let in at {time}, once"),
        not_paid_yet: "Not paid when this was printed.",
        payment_number: "Payment number",
        code_label: "Code of the pass, for a gate or a phone to check",
        gate: "Gate",
        valid_until: "Valid until",
        pass: "Pass",
        how_to_pay: "How to pay",
        by_paybill: |paybill, number| {
            format!("M-PESA, Lipa na M-PESA, Paybill: business number {paybill}, account number {number}.")
        },
        by_other: |title, pay_to, number| {
            format!("{title}: pay to {pay_to}, with {number} as the reference.")
        },
        when_it_works: |paybill| format!("Or, when the paybill works again: {paybill}"),
        tell_code: "Keep the code of the payment: with it the agency finds one under a wrong number.",
        before_leaving: "Pay before you leave. The exit will ask for it.",
        operator_pays: |name| format!("{name} is billed for it."),
        print_hint: "Print it with Ctrl and P: it fits paper of 80 mm.",
        why: why_en,
    },
    sw: GatePassWords {
        passes: "Pasi za muda",
        issue_a_pass: "Toa pasi ya muda",
        what_a_pass_is: "Kwa asiyeweza kulipa sasa: anaruhusiwa kuingia, na atalipa kwa nambari iliyo kwenye pasi.",
        back_to_check: "Angalia anachoonyesha mgeni",
        which_service: "Ya huduma gani?",
        issued_today: "Zilizotolewa hapa leo",
        none_today: "Bado hakuna.",
        and_before_them: |count| format!("Nyingine {count} kabla ya hizi."),
        numbers_left: |count| format!("Nambari za malipo zilizobaki kwa pasi: {count}."),
        left_out: |count, names| {
            format!(
                "Huduma nyingine {count} za shirika hazikupata nafasi kwenye orodha hii, na hazina pasi hapa: {names}."
            )
        },
        how_many: "Wangapi?",
        each: |price| format!("{price} kila mmoja"),
        how_paid: "Italipwa vipi?",
        later: "Baadaye, kwa simu au benki",
        exit: "Langoni wakati wa kutoka",
        operator: "Na wakala wao wa utalii",
        which_operator: "Wakala gani wa utalii?",
        show_price: "Onyesha bei",
        to_pay: "Ya kulipa",
        in_shillings: |shillings, rate| format!("Takriban {shillings}, kwa {rate} kila dola"),
        issue: "Mruhusu aingie na utoe pasi",
        not_issued: "HAKUNA PASI",
        provisional_pass: "PASI YA MUDA",
        let_in_at: |time| format!("Ameruhusiwa {time}, mara moja"),
        not_paid_yet: "Haikuwa imelipwa ilipochapishwa.",
        payment_number: "Nambari ya malipo",
        code_label: "Msimbo wa pasi, wa kuangaliwa langoni au kwa simu",
        gate: "Lango",
        valid_until: "Ni halali hadi",
        pass: "Pasi",
        how_to_pay: "Jinsi ya kulipa",
        by_paybill: |paybill, number| {
            format!(
                "M-PESA, Lipa na M-PESA, Paybill: nambari ya biashara {paybill}, nambari ya akaunti {number}."
            )
        },
        by_other: |title, pay_to, number| format!("{title}: lipa kwa {pay_to}, kumbukumbu ikiwa {number}."),
        when_it_works: |paybill| format!("Au, paybill itakapofanya kazi tena: {paybill}"),
        tell_code: "Hifadhi msimbo wa malipo: kwa huo shirika hupata yaliyofanywa kwa nambari isiyo sahihi.",
        before_leaving: "Lipa kabla ya kuondoka. Utaulizwa wakati wa kutoka.",
        operator_pays: |name| format!("{name} atalipishwa."),
        print_hint: "Ichapishe kwa Ctrl na P: inatosha karatasi ya milimita 80.",
        why: why_sw,
    },
};

fn why_en(why: &NoPass) -> String {
    match why {
        NoPass::NoPack => "There is no list yet: this device must reach the gateway once.".to_owned(),
        NoPass::PackTooOld => "The list is too old: this device must reach the gateway first.".to_owned(),
        NoPass::NoPrices => "The list says nothing of passes: it is from before there were any.".to_owned(),
        NoPass::DeviceRevoked => "This device is trusted no more: use another.".to_owned(),
        NoPass::DeviceBehind => {
            "This device has lost a part of what it did. Enrol a new device in another folder.".to_owned()
        }
        NoPass::NoCard => {
            "This device was enrolled before there were passes. Enrol a new device in another folder."
                .to_owned()
        }
        NoPass::NotCertifiedNow => {
            "This device is not certified at this time. Enrol a new device in another folder.".to_owned()
        }
        NoPass::NoSuchService => "This service has no price for today.".to_owned(),
        NoPass::NoSuchOperator => "The list has no such tour operator.".to_owned(),
        NoPass::TooDear(most) => format!("One pass is worth {most} at most: make two of it."),
        NoPass::TooMany(most) => {
            format!("{most} passes are not yet told to the gateway. No more before it has heard of them.")
        }
        NoPass::TooMuch(most) => {
            format!("Passes that are not yet told to the gateway are worth {most} together at most.")
        }
        NoPass::NoNumbers => {
            "No payment number is left: this device must reach the gateway first.".to_owned()
        }
        NoPass::OtherWish => {
            "This form has issued a pass already, for something else. Begin again.".to_owned()
        }
        NoPass::PriceChanged => "The price has changed since you looked. Look again.".to_owned(),
        NoPass::Price(why) => match why {
            NoPrice::Nobody => "Say how many.".to_owned(),
            NoPrice::TooMany(most) => format!("At most {most} on one pass."),
            NoPrice::TwoCurrencies => {
                "Some pay in shillings and some in dollars: make a pass for each.".to_owned()
            }
            NoPrice::NoRate => "There is no rate for dollars.".to_owned(),
            NoPrice::Zero(_) | NoPrice::NoSuchItem(_) | NoPrice::Twice(_) | NoPrice::Amount(_) => {
                "This cannot be priced. Begin again.".to_owned()
            }
        },
    }
}

fn why_sw(why: &NoPass) -> String {
    match why {
        NoPass::NoPack => "Bado hakuna orodha: kifaa hiki lazima kifikie mfumo mara moja.".to_owned(),
        NoPass::PackTooOld => "Orodha ni ya zamani: kifaa hiki lazima kifikie mfumo kwanza.".to_owned(),
        NoPass::NoPrices => "Orodha haisemi chochote kuhusu pasi: ni ya kabla ya pasi kuwepo.".to_owned(),
        NoPass::DeviceRevoked => "Kifaa hiki hakiaminiki tena: tumia kingine.".to_owned(),
        NoPass::DeviceBehind => {
            "Kifaa hiki kimepoteza sehemu ya kumbukumbu zake. Andikisha kifaa kipya kwenye folda nyingine."
                .to_owned()
        }
        NoPass::NoCard => {
            "Kifaa hiki kiliandikishwa kabla ya pasi kuwepo. Andikisha kifaa kipya kwenye folda nyingine."
                .to_owned()
        }
        NoPass::NotCertifiedNow => {
            "Kifaa hiki hakijaidhinishwa kwa wakati huu. Andikisha kifaa kipya kwenye folda nyingine."
                .to_owned()
        }
        NoPass::NoSuchService => "Huduma hii haina bei ya leo.".to_owned(),
        NoPass::NoSuchOperator => "Orodha haina wakala huyo wa utalii.".to_owned(),
        NoPass::TooDear(most) => format!("Pasi moja haizidi {most}: tengeneza mbili."),
        NoPass::TooMany(most) => {
            format!("Pasi {most} bado hazijaambiwa mfumo. Hakuna nyingine hadi usikie kuzihusu.")
        }
        NoPass::TooMuch(most) => format!("Pasi ambazo mfumo haujaambiwa hazizidi {most} kwa jumla."),
        NoPass::NoNumbers => {
            "Hakuna nambari ya malipo iliyobaki: kifaa lazima kifikie mfumo kwanza.".to_owned()
        }
        NoPass::OtherWish => "Fomu hii imeshatoa pasi ya kitu kingine. Anza tena.".to_owned(),
        NoPass::PriceChanged => "Bei imebadilika tangu ulipoangalia. Angalia tena.".to_owned(),
        NoPass::Price(why) => match why {
            NoPrice::Nobody => "Sema ni wangapi.".to_owned(),
            NoPrice::TooMany(most) => format!("Pasi moja haizidi {most}."),
            NoPrice::TwoCurrencies => {
                "Wengine wanalipa kwa shilingi na wengine kwa dola: tengeneza pasi kwa kila kundi.".to_owned()
            }
            NoPrice::NoRate => "Hakuna kiwango cha dola.".to_owned(),
            NoPrice::Zero(_) | NoPrice::NoSuchItem(_) | NoPrice::Twice(_) | NoPrice::Amount(_) => {
                "Haiwezekani kuipa bei. Anza tena.".to_owned()
            }
        },
    }
}
