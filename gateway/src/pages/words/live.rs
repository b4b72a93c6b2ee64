//! What the live pages of Treasury and agencies say.

use super::{Both, grouped};

/// Sentences of the live pages.
pub(in crate::pages) struct LiveWords {
    pub(in crate::pages) treasury: &'static str,
    pub(in crate::pages) collected_today: &'static str,
    pub(in crate::pages) as_of: fn(&str, u64) -> String,
    pub(in crate::pages) payments: fn(u64) -> String,
    pub(in crate::pages) last_minute: fn(u64, &str) -> String,
    pub(in crate::pages) last_week_by_now: &'static str,
    pub(in crate::pages) last_week: &'static str,
    pub(in crate::pages) difference: &'static str,
    pub(in crate::pages) chart: fn(&str) -> String,
    pub(in crate::pages) today: &'static str,
    pub(in crate::pages) by_agency: &'static str,
    pub(in crate::pages) by_channel: &'static str,
    pub(in crate::pages) by_service: &'static str,
    pub(in crate::pages) owner: &'static str,
    pub(in crate::pages) channel: &'static str,
    pub(in crate::pages) service: &'static str,
    pub(in crate::pages) count: &'static str,
    pub(in crate::pages) amount: &'static str,
    pub(in crate::pages) paid_bills: &'static str,
    pub(in crate::pages) nobodys: &'static str,
    pub(in crate::pages) nothing_yet: &'static str,
    pub(in crate::pages) doubt: &'static str,
    pub(in crate::pages) suspense: &'static str,
    pub(in crate::pages) nothing_in_suspense: &'static str,
    pub(in crate::pages) oldest: &'static str,
    pub(in crate::pages) unknown_attempts: &'static str,
    pub(in crate::pages) quarantine: &'static str,
    pub(in crate::pages) unreadable: &'static str,
    pub(in crate::pages) detail_behind: fn(u64) -> String,
    pub(in crate::pages) no_detail: &'static str,
    pub(in crate::pages) pause: &'static str,
    pub(in crate::pages) resume: &'static str,
    pub(in crate::pages) stale: &'static str,
    pub(in crate::pages) refresh: &'static str,
    pub(in crate::pages) age: fn(i64) -> String,
}

pub(in crate::pages) static LIVE: Both<LiveWords> = Both {
    en: LiveWords {
        treasury: "National Treasury: collections",
        collected_today: "Collected today",
        as_of: |time, record| format!("As of {time} East Africa Time, record {}", spoken(record)),
        payments: |count| if count == 1 { "1 payment".into() } else { format!("{} payments", spoken(count)) },
        last_minute: |count, sum| format!("In the last whole minute: {} ({sum})", spoken(count)),
        last_week_by_now: "Same weekday last week, by this time",
        last_week: "Same weekday last week, whole day",
        difference: "Difference",
        chart: |top| {
            format!(
                "What has come in since midnight, today and on the same weekday last week. The upper edge is {top}."
            )
        },
        today: "Today",
        by_agency: "By agency",
        by_channel: "By channel",
        by_service: "Services that brought most",
        owner: "Agency",
        channel: "Channel",
        service: "Service",
        count: "Payments",
        amount: "Amount",
        paid_bills: "Bills paid",
        nobodys: "In suspense, or of no agency",
        nothing_yet: "Nothing has come in today yet.",
        doubt: "In doubt",
        suspense: "Money that matched no bill",
        nothing_in_suspense: "Nothing is in suspense.",
        oldest: "The oldest of it waits for",
        unknown_attempts: "Attempts to pay without a known outcome",
        quarantine: "Messages that contradict a payment",
        unreadable: "Messages that could not be read",
        detail_behind: |records| {
            format!("Minutes and services are {} records behind the totals.", spoken(records))
        },
        no_detail: "Minutes and services are not to be had at the moment. The totals are not concerned.",
        pause: "Pause",
        resume: "Go on",
        stale: "The live feed is lost. Figures below are from then. Connecting again.",
        refresh: "Refresh",
        age: |seconds| {
            let (count, one, many) = unit_of(
                seconds,
                ["second", "minute", "hour", "day"],
                ["seconds", "minutes", "hours", "days"],
            );
            format!("{count} {}", if count == 1 { one } else { many })
        },
    },
    sw: LiveWords {
        treasury: "Hazina ya Taifa: makusanyo",
        collected_today: "Yaliyokusanywa leo",
        as_of: |time, record| {
            format!("Kufikia saa {time}, saa za Afrika Mashariki, rekodi {}", spoken(record))
        },
        payments: |count| format!("Malipo {}", spoken(count)),
        last_minute: |count, sum| format!("Katika dakika kamili iliyopita: {} ({sum})", spoken(count)),
        last_week_by_now: "Siku kama hii wiki iliyopita, kufikia saa hii",
        last_week: "Siku kama hii wiki iliyopita, siku nzima",
        difference: "Tofauti",
        chart: |top| {
            format!(
                "Kilichoingia tangu saa sita usiku, leo na siku kama hii wiki iliyopita. Ukingo wa juu ni {top}."
            )
        },
        today: "Leo",
        by_agency: "Kwa wakala",
        by_channel: "Kwa njia ya malipo",
        by_service: "Huduma zilizoleta zaidi",
        owner: "Wakala",
        channel: "Njia",
        service: "Huduma",
        count: "Malipo",
        amount: "Kiasi",
        paid_bills: "Bili zilizolipwa",
        nobodys: "Haijatambuliwa, au si ya wakala yeyote",
        nothing_yet: "Hakuna kilichoingia leo bado.",
        doubt: "Yenye shaka",
        suspense: "Pesa zisizolingana na bili yoyote",
        nothing_in_suspense: "Hakuna pesa zisizotambuliwa.",
        oldest: "Ya zamani zaidi inasubiri kwa",
        unknown_attempts: "Majaribio ya kulipa ambayo matokeo yake hayajulikani",
        quarantine: "Ujumbe unaopingana na malipo",
        unreadable: "Ujumbe ambao haukuweza kusomwa",
        detail_behind: |records| {
            format!("Dakika na huduma ziko nyuma ya jumla kwa rekodi {}.", spoken(records))
        },
        no_detail: "Dakika na huduma hazipatikani kwa sasa. Jumla hazihusiki.",
        pause: "Simamisha",
        resume: "Endelea",
        stale: "Mawasiliano ya moja kwa moja yamekatika. Takwimu zilizo hapa chini ni za wakati huo. Tunaunganisha tena.",
        refresh: "Onyesha upya",
        age: |seconds| {
            let (count, unit, _) =
                unit_of(seconds, ["sekunde", "dakika", "saa", "siku"], ["sekunde", "dakika", "saa", "siku"]);
            format!("{unit} {count}")
        },
    },
};

fn spoken(count: u64) -> String {
    grouped(usize::try_from(count).unwrap_or(usize::MAX))
}

/// An age in the largest unit of which there is a whole one.
fn unit_of(
    seconds: i64,
    one: [&'static str; 4],
    many: [&'static str; 4],
) -> (i64, &'static str, &'static str) {
    let at = [60, 3_600, 86_400].iter().filter(|unit| seconds >= **unit).count();
    (seconds / [1, 60, 3_600, 86_400][at], one[at], many[at])
}

#[cfg(test)]
mod tests {
    use catalog::Language;

    use super::*;

    #[test]
    fn an_age_is_said_in_its_largest_unit() {
        let both = |seconds| Language::ALL.map(|language| (LIVE.of(language).age)(seconds));
        assert_eq!(both(1), ["1 second", "sekunde 1"]);
        assert_eq!(both(3_599), ["59 minutes", "dakika 59"]);
        assert_eq!(both(3_600), ["1 hour", "saa 1"]);
        assert_eq!(both(200_000), ["2 days", "siku 2"]);
    }
}
