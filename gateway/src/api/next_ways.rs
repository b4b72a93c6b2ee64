//! How agencies are paid while the first choice is not as usual: what the status page says, for programs.

use catalog::Text;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::channels::offer::Offers;
use crate::offering;

/// How an agency is paid now.
#[derive(Debug, Serialize, Deserialize)]
pub struct NextWaysBody {
    /// Which agency; every one that is not named, and of which nothing is known alone, where it is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
    /// The ways that can be used, the best first; none if it cannot be paid now.
    pub ways: Vec<NextWayBody>,
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
    /// Of each agency with a plan for which the first choice is not as usual, and of all that have none.
    pub(super) fn all(app: &App) -> Vec<Self> {
        let served = app.catalogue.current();
        let with_plan = offering::unusual(app, served.catalogue().agencies());
        let with_plan = with_plan.map(|(agency, offers)| Self::of(Some(agency.code.to_string()), &offers));
        let others = offering::without_plan(app);
        let others = (!offering::is_as_usual(app, &others)).then(|| Self::of(None, &others));
        with_plan.chain(others).collect()
    }

    fn of(agency: Option<String>, offers: &Offers) -> Self {
        let ways = offers
            .payable()
            .map(|way| NextWayBody { channel: way.channel.to_string(), title: way.title.clone() });
        Self { agency, ways: ways.collect() }
    }
}
