//! What one kind of office offers, as the tables write it: texts in both languages and how the fee is made up.

use crate::fee::PartPayment;
use crate::service::Delivery;
use crate::source::TextRow;

use super::charge::Charge;

/// A text in English and Kiswahili.
#[derive(Clone, Copy)]
pub(super) struct Said {
    pub(super) en: &'static str,
    pub(super) sw: &'static str,
}

/// English first, then Kiswahili.
pub(super) const fn said(en: &'static str, sw: &'static str) -> Said {
    Said { en, sw }
}

impl Said {
    pub(super) fn row(self) -> TextRow {
        text_row(self.en, self.sw)
    }
}

/// A text in both languages as files have it.
pub(super) fn text_row(en: impl Into<String>, sw: impl Into<String>) -> TextRow {
    TextRow { en: en.into(), sw: Some(sw.into()) }
}

/// One of several things that the same service is offered for: a trade, a crop, a part of the body.
#[derive(Clone, Copy)]
pub(super) struct Thing {
    pub(super) slug: &'static str,
    pub(super) name: Said,
}

/// Slug, English, Kiswahili.
pub(super) const fn thing(slug: &'static str, en: &'static str, sw: &'static str) -> Thing {
    Thing { slug, name: said(en, sw) }
}

/// A service that every office of one kind offers; with `things`, one service for each of them.
#[derive(Clone, Copy)]
pub(super) struct Offer {
    /// Its part of the slug.
    pub(super) slug: &'static str,
    /// Its part of the revenue code.
    pub(super) revenue: &'static str,
    /// Its name; `{}` stands for the thing.
    pub(super) name: Said,
    /// What it is, in one sentence.
    pub(super) about: Said,
    pub(super) charge: Charge,
    pub(super) things: &'static [Thing],
    pub(super) keywords: &'static [&'static str],
    pub(super) requirements: &'static [Said],
    /// The least and the most that is promised, in working days.
    pub(super) working_days: Option<(u16, u16)>,
    /// Where it can be had, if not where the office's other services can.
    pub(super) delivery: Option<&'static [Delivery]>,
    pub(super) part_payment: PartPayment,
    /// True if the name stands alone, so that many agencies have a service of the very same name.
    pub(super) bare_name: bool,
}

impl Offer {
    /// An offer without things, keywords, requirements and promise.
    pub(super) const fn new(
        slug: &'static str,
        revenue: &'static str,
        name: Said,
        about: Said,
        charge: Charge,
    ) -> Self {
        Self {
            slug,
            revenue,
            name,
            about,
            charge,
            things: &[],
            keywords: &[],
            requirements: &[],
            working_days: None,
            delivery: None,
            part_payment: PartPayment::Exact,
            bare_name: false,
        }
    }

    /// One service for each of these.
    pub(super) const fn for_each(mut self, things: &'static [Thing]) -> Self {
        self.things = things;
        self
    }

    /// Words by which people look for it, in both languages.
    pub(super) const fn found_by(mut self, keywords: &'static [&'static str]) -> Self {
        self.keywords = keywords;
        self
    }

    /// What the applicant must bring.
    pub(super) const fn needs(mut self, requirements: &'static [Said]) -> Self {
        self.requirements = requirements;
        self
    }

    /// Promised within so many working days: one promise from `least` to `most` for each service.
    pub(super) const fn within(mut self, least: u16, most: u16) -> Self {
        self.working_days = Some((least, most));
        self
    }

    /// Where it can be had.
    pub(super) const fn at(mut self, delivery: &'static [Delivery]) -> Self {
        self.delivery = Some(delivery);
        self
    }

    /// Its bills may be paid in parts.
    pub(super) const fn in_parts(mut self) -> Self {
        self.part_payment = PartPayment::Allowed;
        self
    }

    /// Its name is the same in every office.
    pub(super) const fn same_name_everywhere(mut self) -> Self {
        self.bare_name = true;
        self
    }

    /// How many services one office makes of it.
    pub(super) const fn service_count(&self) -> usize {
        if self.things.is_empty() { 1 } else { self.things.len() }
    }
}
