//! A report as agencies write it, in words, and what is wrong with it.

use serde::Deserialize;

use crate::payments::{
    ApplicationNews, ApplicationReport, ApplicationState, Centre, NotACentre, PaymentNumber, QueryReason,
};

use super::file::LineFault;

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
            Self::CentreMissing | Self::NotACentre | Self::CentreNotAllowed => "centre",
            Self::ReasonMissing | Self::ReasonNotAllowed => "reason",
        }
    }

    /// The word for programs.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::UnknownStatus => "unknown_status",
            Self::CentreMissing | Self::ReasonMissing => "missing",
            Self::NotACentre => "not_a_centre",
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
                let centre: Centre = centre.parse().map_err(|NotACentre| NewsFault::NotACentre)?;
                Ok(ApplicationNews::Ready { centre })
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
