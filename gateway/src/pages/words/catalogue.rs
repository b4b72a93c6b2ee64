//! What the pages of the catalogue say: the first page, what a search found, a service, the agencies.

use super::{Both, grouped};

pub(in crate::pages) struct CatalogueWords {
    pub(in crate::pages) home_title: &'static str,
    pub(in crate::pages) home_lead: fn(services: usize, agencies: usize) -> String,
    pub(in crate::pages) search_label: &'static str,
    pub(in crate::pages) search_hint: &'static str,
    pub(in crate::pages) search: &'static str,
    pub(in crate::pages) popular: &'static str,
    pub(in crate::pages) all_agencies: &'static str,
    pub(in crate::pages) first_letter: &'static str,
    pub(in crate::pages) services: &'static str,
    pub(in crate::pages) found_for: fn(query: &str) -> String,
    pub(in crate::pages) counted: fn(count: usize, page: usize, pages: usize) -> String,
    pub(in crate::pages) nothing: fn(query: &str) -> String,
    pub(in crate::pages) nothing_help: &'static str,
    pub(in crate::pages) did_you_mean: &'static str,
    pub(in crate::pages) narrow_by_agency: &'static str,
    pub(in crate::pages) narrow_by_county: &'static str,
    pub(in crate::pages) everywhere: &'static str,
    pub(in crate::pages) promise: &'static str,
    pub(in crate::pages) where_to_get_it: &'static str,
    pub(in crate::pages) working_days: fn(u16) -> String,
    pub(in crate::pages) previous: &'static str,
    pub(in crate::pages) next: &'static str,
    pub(in crate::pages) pages: &'static str,
    pub(in crate::pages) too_far: &'static str,
    pub(in crate::pages) sample: &'static str,
    pub(in crate::pages) sample_text: &'static str,
    pub(in crate::pages) start: &'static str,
    pub(in crate::pages) what_it_costs: &'static str,
    pub(in crate::pages) from_this_day: fn(day: &str) -> String,
    pub(in crate::pages) no_fee_today: &'static str,
    pub(in crate::pages) not_paid_here: &'static str,
    pub(in crate::pages) agency_site: &'static str,
    pub(in crate::pages) before_you_start: &'static str,
    pub(in crate::pages) needs: &'static str,
    pub(in crate::pages) after_payment: fn(u16) -> String,
    pub(in crate::pages) no_promise: &'static str,
    pub(in crate::pages) published_name: &'static str,
    pub(in crate::pages) number_of_services: fn(usize) -> String,
}

pub(in crate::pages) static CATALOGUE: Both<CatalogueWords> = Both {
    en: CatalogueWords {
        home_title: "Find and pay for a government service",
        home_lead: |services, agencies| {
            format!(
                "{} services of {} agencies. You see the fee and its law before you pay.",
                grouped(services),
                grouped(agencies)
            )
        },
        search_label: "What do you need?",
        search_hint: "For example: driving licence, passport, CR12, Amboseli",
        search: "Search",
        popular: "Popular services",
        all_agencies: "All agencies",
        first_letter: "First letter",
        services: "Services",
        found_for: |query| format!("Services for “{query}”"),
        counted: |count, page, pages| match count {
            1 => "1 service".to_owned(),
            _ => format!("{} services, page {page} of {pages}", grouped(count)),
        },
        nothing: |query| format!("No services match “{query}”."),
        nothing_help: "Check the spelling, use fewer words, or see all agencies.",
        did_you_mean: "Did you mean",
        narrow_by_agency: "Agency",
        narrow_by_county: "County",
        everywhere: "All",
        promise: "Promised time",
        where_to_get_it: "Where",
        working_days: |days| {
            if days == 1 { "1 working day".to_owned() } else { format!("{days} working days") }
        },
        previous: "Previous page",
        next: "Next page",
        pages: "Pages",
        too_far: "There are more services than are listed here. Use more words, or choose an agency or a county.",
        sample: "Sample",
        sample_text: "This is a generated sample for demonstrations. It is not a real service.",
        start: "Start now",
        what_it_costs: "What it costs",
        from_this_day: |day| format!("From {day}"),
        no_fee_today: "No fee is in force today.",
        not_paid_here: "Not paid here",
        agency_site: "Go on to the agency’s own system",
        before_you_start: "Before you start",
        needs: "You need:",
        after_payment: |days| {
            if days == 1 {
                "1 working day after payment".to_owned()
            } else {
                format!("{days} working days after payment")
            }
        },
        no_promise: "The agency has not published a time.",
        published_name: "Name on the official list:",
        number_of_services: |count| {
            if count == 1 { "1 service".to_owned() } else { format!("{count} services") }
        },
    },
    sw: CatalogueWords {
        home_title: "Tafuta na ulipie huduma ya serikali",
        home_lead: |services, agencies| {
            format!(
                "Huduma {} za taasisi {}. Unaona ada na sheria yake kabla ya kulipa.",
                grouped(services),
                grouped(agencies)
            )
        },
        search_label: "Unahitaji nini?",
        search_hint: "Kwa mfano: leseni ya udereva, pasipoti, CR12, Amboseli",
        search: "Tafuta",
        popular: "Huduma zinazotumika sana",
        all_agencies: "Taasisi zote",
        first_letter: "Herufi ya kwanza",
        services: "Huduma",
        found_for: |query| format!("Huduma za “{query}”"),
        counted: |count, page, pages| match count {
            1 => "Huduma 1".to_owned(),
            _ => format!("Huduma {}, ukurasa {page} wa {pages}", grouped(count)),
        },
        nothing: |query| format!("Hakuna huduma inayolingana na “{query}”."),
        nothing_help: "Angalia tahajia, tumia maneno machache, au angalia taasisi zote.",
        did_you_mean: "Je, ulimaanisha",
        narrow_by_agency: "Taasisi",
        narrow_by_county: "Kaunti",
        everywhere: "Zote",
        promise: "Muda ulioahidiwa",
        where_to_get_it: "Mahali",
        working_days: |days| format!("Siku {days} za kazi"),
        previous: "Ukurasa uliotangulia",
        next: "Ukurasa unaofuata",
        pages: "Kurasa",
        too_far: "Kuna huduma zaidi ya zilizoorodheshwa hapa. Tumia maneno zaidi, au chagua taasisi au kaunti.",
        sample: "Mfano",
        sample_text: "Huu ni mfano uliotengenezwa kwa maonyesho. Si huduma halisi.",
        start: "Anza sasa",
        what_it_costs: "Gharama yake",
        from_this_day: |day| format!("Kuanzia {day}"),
        no_fee_today: "Hakuna ada inayotumika leo.",
        not_paid_here: "Hailipiwi hapa",
        agency_site: "Endelea kwenye mfumo wa taasisi",
        before_you_start: "Kabla ya kuanza",
        needs: "Unahitaji:",
        after_payment: |days| format!("Siku {days} za kazi baada ya malipo"),
        no_promise: "Taasisi haijatangaza muda.",
        published_name: "Jina kwenye orodha rasmi:",
        number_of_services: |count| format!("Huduma {count}"),
    },
};
