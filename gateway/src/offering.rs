//! In which ways a bill can be paid now, by all that this gateway knows at the moment: what is published of channels, the
//! catalogue in force, the time.

use catalog::Agency;

use crate::app::App;
use crate::channels::CollectionAccount;
use crate::channels::contract::Channel;
use crate::channels::offer::{Offers, Wanted, offers};
use crate::payments::channels::{ChannelKind, ChannelState};
use crate::payments::{Attempt, Bill};

/// The ways in which a bill can be paid now. `attempt` is its latest one.
pub(crate) fn of_bill(app: &App, bill: &Bill, attempt: Option<&Attempt>) -> Offers {
    let served = app.catalogue.current();
    let agency = served.catalogue().agency(&bill.terms.agency);
    let now = app.now();
    offers(&Wanted {
        channels: &app.channels,
        board: &app.books.readers().channels(),
        counters: &app.books.readers().counters(),
        plan: agency.map_or(&[], |agency| &agency.fallback),
        agency: &bill.terms.agency,
        bill: Some((bill.terms.number, bill.due())),
        prompt_may_live: attempt.is_some_and(|attempt| attempt.can_live(now)),
        now,
    })
}

/// The ways in which an agency is paid now, whatever is due.
pub(crate) fn of_agency(app: &App, agency: &Agency) -> Offers {
    offers(&Wanted {
        channels: &app.channels,
        board: &app.books.readers().channels(),
        counters: &app.books.readers().counters(),
        plan: &agency.fallback,
        agency: agency.code.as_str(),
        bill: None,
        prompt_may_live: false,
        now: app.now(),
    })
}

/// The ways in which an agency without a plan is paid now, if nothing is known of it alone.
pub(crate) fn without_plan(app: &App) -> Offers {
    offers(&Wanted {
        channels: &app.channels,
        board: &app.books.readers().channels(),
        counters: &app.books.readers().counters(),
        plan: &[],
        agency: "",
        bill: None,
        prompt_may_live: false,
        now: app.now(),
    })
}

/// Where to type the number of a bill into M-PESA now, if anywhere: for messages that have no room for more.
pub(crate) fn typed_into_mpesa(app: &App, offers: &Offers) -> Option<CollectionAccount> {
    let typed = [ChannelKind::MpesaPaybill, ChannelKind::AgencyTill];
    let way = offers.payable().find(|way| typed.contains(&way.channel.kind()))?;
    app.channels.find(&way.channel).map(|channel| channel.account().clone())
}

/// The agencies with a plan for which the first choice is not as usual, and how they are paid instead.
pub(crate) fn unusual<'a>(
    app: &'a App,
    agencies: &'a [Agency],
) -> impl Iterator<Item = (&'a Agency, Offers)> + 'a {
    let with_plan = agencies.iter().filter(|agency| !agency.fallback.is_empty());
    let offered = with_plan.map(|agency| (agency, of_agency(app, agency)));
    offered.filter(|(_, offers)| !is_as_usual(app, offers))
}

/// Whether the first choice works.
pub(crate) fn is_as_usual(app: &App, offers: &Offers) -> bool {
    let home = offers.payable_on(app.channels.home().name());
    home.is_some_and(|home| matches!(home.state, ChannelState::Up | ChannelState::Degraded))
}

/// Whether this is a counter at which no cashier works now.
pub(crate) fn is_unattended(app: &App, channel: &dyn Channel) -> bool {
    let counter = channel.counter().map(|terms| terms.counter());
    counter.is_some_and(|counter| app.books.readers().counters().open_at(counter).is_none())
}
