//! Making the price list of a pack, by the catalogue's own pricing: what it prices as one line of one, on each day that the
//! pack is valid. What has another shape of price (a bundle, a share, a fixed part) is not sold at a gate without the gateway.

use catalog::{
    AgeClass, Catalogue, ConvenienceFee, Delivery, FeeRule, Order, PayerCategory, Policy, Price, Service,
    VISITORS_MAX, VisitorGroup,
};
use jiff::civil::Date;

use super::pack::Words;
use super::pass::PassLine;
use super::price_list::{PricedItem, PricedService};

/// The most services in one list: a page of them can still be read through. Those of the site itself come first.
const SERVICES_MAX: usize = 60;
/// Whom a gate counts. Children under five enter free and need no pass; other exemptions are shown to a person who decides.
const AGES: [AgeClass; 2] = [AgeClass::Adult, AgeClass::Child];
/// The code of a line that is so much for each.
const EACH: &str = "each";

/// What is listed, and what had no room.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) services: Vec<PricedService>,
    /// As the API names them.
    pub(super) left_out: Vec<String>,
}

/// The services of this agency that are had at gates, as they are priced from the first of these days to the last. The catalogue
/// does not say which site sells which; those that are called after this one are listed before all others.
pub(super) fn services(
    catalogue: &Catalogue,
    of: (&str, &str),
    policy: Policy,
    has_rate: bool,
    days: (Date, Date),
) -> Listed {
    up_to(SERVICES_MAX, catalogue, of, policy, has_rate, days)
}

fn up_to(
    services_max: usize,
    catalogue: &Catalogue,
    (agency, site): (&str, &str),
    policy: Policy,
    has_rate: bool,
    (first, last): (Date, Date),
) -> Listed {
    let (of_site, others) = at_gates(catalogue, agency, site);
    let days: Vec<_> = first.series(jiff::ToSpan::days(1)).take_while(|day| *day <= last).collect();
    let mut priced: Vec<PricedService> = Vec::new();
    let (mut listed_count, mut left_out) = (0, Vec::new());
    for service in of_site.into_iter().chain(others) {
        if listed_count == services_max {
            left_out.push(service.slug.as_str().to_owned());
            continue;
        }
        let before = priced.len();
        for &day in &days {
            let Some(now) = on_day(catalogue, service, day, policy, has_rate) else { continue };
            match priced.last_mut().filter(|before| before.is_same_until(&now)) {
                Some(before) => before.last_day = day,
                None => priced.push(now),
            }
        }
        listed_count += usize::from(priced.len() > before);
    }
    Listed { services: priced, left_out }
}

/// The services of an agency that are had at gates: those that are called after the site, and the others.
pub(super) fn at_gates<'a>(
    catalogue: &'a Catalogue,
    agency: &str,
    site: &str,
) -> (Vec<&'a Service>, Vec<&'a Service>) {
    let at_gates = catalogue.services_of(agency).filter(|service| service.delivery.contains(&Delivery::Gate));
    at_gates.partition(|service| is_called_after(service.slug.as_str(), site))
}

/// Whether the words of the site stand in the name of the service: `hells-gate` in `kws-hells-gate-entry`.
fn is_called_after(service: &str, site: &str) -> bool {
    format!("-{service}-").contains(&format!("-{site}-"))
}

impl PricedService {
    /// Whether this goes on with the day before `next`, at the same price.
    fn is_same_until(&self, next: &Self) -> bool {
        self.last_day.tomorrow().is_ok_and(|day| day == next.first_day)
            && (&self.id, &self.items, self.quantity_max) == (&next.id, &next.items, next.quantity_max)
    }
}

/// The service as it is priced on this day; nothing if a gate cannot price it.
fn on_day(
    catalogue: &Catalogue,
    service: &Service,
    day: Date,
    policy: Policy,
    has_rate: bool,
) -> Option<PricedService> {
    if has_convenience_fee(service, catalogue.convenience_fee(), day, policy) {
        return None;
    }
    let (rule, _) = rule_on(service, day)?;
    let (lines, quantity_max): (Vec<_>, _) = match rule {
        FeeRule::Visitors(_) => (visitor_codes().collect(), VISITORS_MAX),
        FeeRule::Quantity { times: None, fixed: None, quantity_max, .. } => {
            (vec![EACH.to_owned()], *quantity_max)
        }
        _ => return None,
    };
    let slug = service.slug.as_str();
    let items = lines.into_iter().filter_map(|code| {
        let order = order_in(rule, is_seasonal(service, day).then_some(day), &[(code.as_str(), 1)])?;
        let priced = catalogue.price(slug, &order, day, policy).ok()?;
        item(service, &priced).filter(|item| has_rate || item.unit.currency() == ledger::Currency::Kes)
    });
    let items: Vec<_> = items.collect();
    let name = Words { en: service.name.en().to_owned(), sw: service.name.sw().to_owned() };
    (!items.is_empty()).then(|| PricedService {
        id: slug.to_owned(),
        name,
        first_day: day,
        last_day: day,
        quantity_max,
        items,
    })
}

/// The one line of the price of one.
fn item(service: &Service, priced: &Price) -> Option<PricedItem> {
    let [line] = &priced.lines[..] else { return None };
    let is_plain = line.quantity == 1 && line.agency.as_ref() == Some(&service.agency);
    (is_plain && line.unit.is_positive() && priced.total == line.unit).then(|| PricedItem {
        item: line.code.clone(),
        text: Words { en: line.text.en().to_owned(), sw: line.text.sw().to_owned() },
        unit: line.unit,
    })
}

/// Whether a bill for this might have one more line, by its total.
fn has_convenience_fee(service: &Service, fee: Option<&ConvenienceFee>, day: Date, policy: Policy) -> bool {
    let schedule = fee.and_then(|fee| fee.schedule_on(day));
    policy.charge_convenience_fee
        && service.convenience_fee_waiver.is_none()
        && schedule.is_some_and(|schedule| {
            policy.allows(&schedule.basis, day) && schedule.bands.iter().any(|band| !band.fee.is_zero())
        })
}

/// The rule of this day, and the code of its season where it is one of a season.
fn rule_on(service: &Service, day: Date) -> Option<(&FeeRule, Option<&str>)> {
    match &service.fee_on(day)?.rule {
        FeeRule::Seasons { seasons, otherwise } => {
            let season = seasons.iter().find(|season| season.days.contains(day));
            Some(season.map_or((&**otherwise, None), |season| (&season.rule, Some(season.code.as_str()))))
        }
        rule => Some((rule, None)),
    }
}

fn is_seasonal(service: &Service, day: Date) -> bool {
    service.fee_on(day).is_some_and(|fee| matches!(fee.rule, FeeRule::Seasons { .. }))
}

fn visitor_codes() -> impl Iterator<Item = String> {
    PayerCategory::ALL.into_iter().flat_map(|category| AGES.map(|age| format!("{category}.{age}")))
}

/// The order that the lines of a pass are of, for whoever prices them by the catalogue: the same lines cost the same on the
/// same day. Nothing if the service has no such items on that day.
pub(crate) fn order_of(service: &Service, day: Date, lines: &[PassLine]) -> Option<Order> {
    let (rule, season) = rule_on(service, day)?;
    let lines = lines.iter().map(|line| {
        let code = match season {
            Some(season) => line.item.strip_prefix(season)?.strip_prefix('.')?,
            None => &line.item,
        };
        Some((code, line.quantity))
    });
    order_in(rule, is_seasonal(service, day).then_some(day), &lines.collect::<Option<Vec<_>>>()?)
}

fn order_in(rule: &FeeRule, date: Option<Date>, lines: &[(&str, u32)]) -> Option<Order> {
    let order = Order { date, ..Order::default() };
    match rule {
        FeeRule::Visitors(_) => {
            let visitors = lines.iter().map(|(code, count)| group(code, *count));
            Some(Order { visitors: visitors.collect::<Option<_>>()?, ..order })
        }
        FeeRule::Quantity { times: None, fixed: None, .. } => match lines {
            [(EACH, quantity)] => Some(Order { quantity: Some(*quantity), ..order }),
            _ => None,
        },
        _ => None,
    }
}

fn group(code: &str, count: u32) -> Option<VisitorGroup> {
    let (category, age) = code.split_once('.')?;
    let category = PayerCategory::ALL.into_iter().find(|known| known.code() == category)?;
    let age_class = AGES.into_iter().find(|known| known.code() == age)?;
    Some(VisitorGroup { category, age_class, count, person_with_disability: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::in_whole_shillings;
    use crate::gates::price_list::{NoPrice, PriceList};
    use ledger::{Currency, Money};
    use proptest::prelude::*;

    fn day() -> Date {
        jiff::civil::date(2026, 11, 21)
    }

    fn list() -> (Catalogue, PriceList) {
        let catalogue = Catalogue::embedded();
        let days = (day(), day().tomorrow().unwrap());
        let Listed { services, left_out } =
            services(&catalogue, ("KWS", "hells-gate"), Policy::DEMONSTRATION, true, days);
        let kes_per_usd = Some(Money::new(12_949, Currency::Kes));
        (catalogue, PriceList { catalogue: 1, paybill: "222222".to_owned(), kes_per_usd, services, left_out })
    }

    fn line(item: &str, quantity: u32) -> PassLine {
        PassLine { item: item.to_owned(), quantity }
    }

    #[test]
    fn parks_are_listed_once_for_all_days_on_which_they_cost_the_same() {
        let (_, list) = list();
        let park = list.service("kws-hells-gate-entry", day()).unwrap();
        assert_eq!((park.first_day, park.last_day), (day(), day().tomorrow().unwrap()));
        assert!(park.item("east_african_citizen.adult").unwrap().unit.is_positive());
        assert!(list.service("kws-hells-gate-entry", day().yesterday().unwrap()).is_none());
        assert!(list.service("kws-filming-authority", day()).is_none(), "it is not had at a gate");
        let ids: std::collections::BTreeSet<_> = list.services.iter().map(|service| &service.id).collect();
        assert_eq!(ids.len(), list.services.len());
    }

    #[test]
    fn what_has_no_room_is_named_and_the_sites_own_is_listed_before_all_others() {
        let catalogue = Catalogue::embedded();
        let days = (day(), day());
        let listed = |services_max, site| {
            let listed = up_to(services_max, &catalogue, ("KWS", site), Policy::DEMONSTRATION, true, days);
            let ids: Vec<_> = listed.services.into_iter().map(|service| service.id).collect();
            (ids, listed.left_out)
        };
        let (all, nothing) = listed(SERVICES_MAX, "hells-gate");
        assert!(all.len() > 3 && nothing.is_empty(), "{all:?} {nothing:?}");
        assert_eq!(all[0], "kws-hells-gate-entry");
        for site in ["hells-gate", "lake-nakuru"] {
            let (two, left_out) = listed(2, site);
            assert_eq!((two.len(), &two[0]), (2, &format!("kws-{site}-entry")));
            assert!(all.iter().all(|id| two.contains(id) != left_out.contains(id)), "{left_out:?}");
        }
        assert_eq!(listed(2, "gat").0, listed(2, "nowhere").0, "a part of a name is no site");
    }

    #[test]
    fn without_a_rate_nothing_in_dollars_is_listed() {
        let catalogue = Catalogue::embedded();
        let of = ("KWS", "hells-gate");
        let listed = services(&catalogue, of, Policy::DEMONSTRATION, false, (day(), day()));
        let items = listed.services.iter().flat_map(|service| &service.items);
        assert!(items.into_iter().all(|item| item.unit.currency() == Currency::Kes));
    }

    #[test]
    fn what_cannot_be_priced_says_why() {
        let (_, list) = list();
        let park = list.service("kws-lake-nakuru-entry", day()).unwrap();
        let adult = "east_african_citizen.adult";
        assert_eq!(park.price(&[]), Err(NoPrice::Nobody));
        assert_eq!(park.price(&[line(adult, 0)]), Err(NoPrice::Zero(adult.to_owned())));
        assert_eq!(park.price(&[line(adult, 1), line(adult, 1)]), Err(NoPrice::Twice(adult.to_owned())));
        assert_eq!(park.price(&[line("each", 1)]), Err(NoPrice::NoSuchItem("each".to_owned())));
        assert_eq!(park.price(&[line(adult, 501)]), Err(NoPrice::TooMany(500)));
        assert_eq!(park.price(&[line(adult, 1), line("non_resident.adult", 1)]), Err(NoPrice::TwoCurrencies));
        let mut dear = park.clone();
        dear.items[0].unit = Money::new(i64::MAX, dear.items[0].unit.currency());
        assert!(matches!(dear.price(&[line(&park.items[0].item, 2)]), Err(NoPrice::Amount(_))));
    }

    proptest! {
        #[test]
        fn a_gate_and_the_catalogue_find_the_same_price(
            at in 0_usize..60,
            counts in proptest::collection::vec(0_u32..120, 8),
        ) {
            let (catalogue, list) = list();
            let park = &list.services[at % list.services.len()];
            let lines = park.items.iter().zip(&counts).filter(|(_, count)| **count > 0);
            let lines: Vec<_> = lines.map(|(item, count)| line(&item.item, *count)).collect();
            let service = catalogue.service(&park.id).unwrap();
            let ordered = order_of(service, day(), &lines).unwrap();
            let by_catalogue = catalogue.price(&park.id, &ordered, day(), Policy::DEMONSTRATION);
            match park.price(&lines) {
                Ok(price) => {
                    let by_catalogue = by_catalogue.unwrap();
                    prop_assert_eq!(price, by_catalogue.total);
                    let sold: Vec<_> = by_catalogue.lines.iter().map(|sold| (sold.code.as_str(), sold.quantity)).collect();
                    let asked: Vec<_> = lines.iter().map(|line| (line.item.as_str(), line.quantity)).collect();
                    prop_assert_eq!(sold, asked);
                    let shillings = list.in_shillings(price).unwrap();
                    prop_assert_eq!(shillings.currency(), Currency::Kes);
                    if price.currency() == Currency::Usd {
                        prop_assert_eq!(shillings, in_whole_shillings(price, list.kes_per_usd.unwrap()).unwrap());
                    }
                }
                Err(_) => prop_assert!(by_catalogue.is_err()),
            }
        }
    }
}
