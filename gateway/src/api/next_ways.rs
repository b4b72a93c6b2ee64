//! How agencies are paid while the first choice is not as usual: what the status page says, for programs.

use catalog::Text;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::channels::offer::Offers;
use crate::offering;

/// How an agency is paid now.
#[derive(Debug, Serialize, Deserialize)]
pub struct NextWaysBody {
    /// Which agency; null where it is for all others.
    #[serde(default)]
    pub agency: Option<String>,
    /// That it is for every agency that is not named.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub whom: Option<Whom>,
    /// The ways that can be used, the best first; none if it cannot be paid now.
    pub ways: Vec<NextWayBody>,
}

/// For whom it is, where no agency is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whom {
    /// Every agency that is not named.
    AllOthers,
}

/// A way that can be used.
#[derive(Debug, Serialize, Deserialize)]
pub struct NextWayBody {
    /// Which channel.
    pub channel: String,
    /// What people call it.
    pub title: Text,
}

impl NextWaysBody {
    /// Of each agency that is told apart and for which the first choice is not as usual, and of all others.
    pub(super) fn all(app: &App) -> Vec<Self> {
        let served = app.catalogue.current();
        let apart = offering::unusual(app, served.catalogue());
        let apart = apart.map(|(agency, offers)| Self::of(Some(agency.code.to_string()), &offers));
        let others = offering::of_others(app, served.catalogue());
        let others = (!offering::is_as_usual(app, &others)).then(|| Self::of(None, &others));
        apart.chain(others).collect()
    }

    fn of(agency: Option<String>, offers: &Offers) -> Self {
        let ways = offers
            .payable()
            .map(|way| NextWayBody { channel: way.channel.to_string(), title: way.title.clone() });
        let whom = agency.is_none().then_some(Whom::AllOthers);
        Self { agency, whom, ways: ways.collect() }
    }
}
