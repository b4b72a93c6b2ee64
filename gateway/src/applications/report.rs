//! A report as agencies write it, in words, and what is wrong with it.

use serde::Deserialize;

use crate::payments::{
    ApplicationNews, ApplicationReport, ApplicationState, Centre, NotACentre, PaymentNumber, QueryReason,
};

use super::file::LineFault;
use crate::messages::gsm::folded;

/// What is reported.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrittenNews {
    /// What the application is now.
    pub(crate) status: String,
    /// Where it lies; with `ready` alone.
    pub(crate) centre: Option<String>,
    /// What is asked about; with `query_raised` alone.
    pub(crate) reason: Option<QueryReason>,
}

/// A report in a file, as it stands there.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Written {
    pub(crate) payment_number: String,
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) centre: Option<String>,
    #[serde(default)]
    pub(crate) reason: Option<String>,
}

/// What is wrong with what is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NewsFault {
    /// The status is none that is reported.
    #[error("It is at_agency, query_raised, ready, collected or returned.")]
    UnknownStatus,
    /// Ready, and not where.
    #[error("ready says where.")]
    CentreMissing,
    /// The centre is not the name of a place.
    #[error("{}.", NotACentre)]
    NotACentre,
    /// The centre has letters that no text message has: whoever waits could not be told where to go.
    #[error("A text message cannot say the centre: write it in Latin letters and the digits 0 to 9.")]
    CentreUnsayable,
    /// A centre with something else than ready.
    #[error("Only ready has a centre.")]
    CentreNotAllowed,
    /// A question, and not what about.
    #[error("query_raised says what is asked about.")]
    ReasonMissing,
    /// A reason with something else than a question.
    #[error("Only query_raised has a reason.")]
    ReasonNotAllowed,
}

impl NewsFault {
    /// The field that is wrong.
    pub(crate) const fn field(self) -> &'static str {
        match self {
            Self::UnknownStatus => "status",
            Self::CentreMissing | Self::NotACentre | Self::CentreUnsayable | Self::CentreNotAllowed => {
                "centre"
            }
            Self::ReasonMissing | Self::ReasonNotAllowed => "reason",
        }
    }

    /// The word for programs.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::UnknownStatus => "unknown_status",
            Self::CentreMissing | Self::ReasonMissing => "missing",
            Self::NotACentre => "not_a_centre",
            Self::CentreUnsayable => "not_sayable",
            Self::CentreNotAllowed | Self::ReasonNotAllowed => "not_allowed",
        }
    }
}

impl WrittenNews {
    /// What is reported; or what is wrong with it.
    pub(crate) fn news(self) -> Result<ApplicationNews, NewsFault> {
        let Self { status, centre, reason } = self;
        let known = |state: &ApplicationState| state.word() == status && *state != ApplicationState::Paid;
        let state = ApplicationState::ALL.into_iter().find(known).ok_or(NewsFault::UnknownStatus)?;
        match (state, centre, reason) {
            (ApplicationState::Ready, None, None) => Err(NewsFault::CentreMissing),
            (ApplicationState::Ready, Some(centre), None) => {
                Ok(ApplicationNews::Ready { centre: read_centre(&centre)? })
            }
            (ApplicationState::QueryRaised, None, None) => Err(NewsFault::ReasonMissing),
            (ApplicationState::QueryRaised, None, Some(reason)) => {
                Ok(ApplicationNews::QueryRaised { reason })
            }
            (ApplicationState::Ready, _, Some(_)) => Err(NewsFault::ReasonNotAllowed),
            (_, Some(_), _) => Err(NewsFault::CentreNotAllowed),
            (_, None, Some(_)) => Err(NewsFault::ReasonNotAllowed),
            (ApplicationState::AtAgency, None, None) => Ok(ApplicationNews::AtAgency),
            (ApplicationState::Collected, None, None) => Ok(ApplicationNews::Collected),
            (ApplicationState::Returned, None, None) => Ok(ApplicationNews::Returned),
            (ApplicationState::Paid, None, None) => Err(NewsFault::UnknownStatus),
        }
    }
}

/// A centre as somebody writes it now: stricter than [`Centre`], which reads what records have for ever.
fn read_centre(text: &str) -> Result<Centre, NewsFault> {
    let centre: Centre = text.parse().map_err(|NotACentre| NewsFault::NotACentre)?;
    if centre.has_long_number() {
        return Err(NewsFault::NotACentre);
    }
    let is_sayable = |letter: char| !folded(letter.encode_utf8(&mut [0; 4])).is_empty();
    if centre.as_str().chars().all(is_sayable) { Ok(centre) } else { Err(NewsFault::CentreUnsayable) }
}

impl Written {
    pub(super) fn report(self) -> Result<ApplicationReport, LineFault> {
        let number = self.payment_number.replace(' ', "");
        let bill: PaymentNumber = number.parse().map_err(|_| LineFault::NotANumber)?;
        let reason = self.reason.map(|word| serde_json::from_value(word.into()));
        let reason = reason.transpose().map_err(|_| LineFault::UnknownReason)?;
        let news = WrittenNews { status: self.status, centre: self.centre, reason };
        Ok(ApplicationReport { bill, news: news.news().map_err(LineFault::News)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ready_at(centre: &str) -> Result<ApplicationNews, NewsFault> {
        WrittenNews { status: "ready".to_owned(), centre: Some(centre.to_owned()), reason: None }.news()
    }

    #[test]
    fn a_centre_has_no_long_number_in_any_digits_and_a_text_message_can_say_it() {
        for centre in ["Huduma Centre GPO Nairobi", "Murang’a", "Kĩambu (Hall 12)"] {
            assert_eq!(ready_at(centre), Ok(ApplicationNews::Ready { centre: centre.parse().unwrap() }));
        }
        for centre in ["Nyeri 0712345678", "Nyeri ０７１２３４５６７８", "Nyeri ٠٧١٢٣٤٥٦٧٨", "Nyeri ०७१२३"]
        {
            assert_eq!(ready_at(centre), Err(NewsFault::NotACentre), "{centre}");
        }
        for centre in ["Найроби", "内罗毕", "Nyeri नगर", "Hall ٣", "Hall ²"] {
            assert_eq!(ready_at(centre), Err(NewsFault::CentreUnsayable), "{centre}");
            assert!(centre.parse::<Centre>().is_ok(), "a record with {centre} is read");
        }
    }
}
