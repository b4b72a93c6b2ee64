//! In which ways a bill can be paid now, by all that this gateway knows at the moment: what is published of channels, the
//! catalogue in force, the time.

use std::collections::BTreeSet;

use catalog::{Agency, Catalogue};

use crate::app::App;
use crate::channels::CollectionAccount;
use crate::channels::contract::Channel;
use crate::channels::offer::{Offers, Wanted, offers};
use crate::payments::channels::{Board, ChannelKind, ChannelState};
use crate::payments::{Attempt, Bill};

/// The ways in which a bill can be paid now. `attempt` is its latest one.
pub(crate) fn of_bill(app: &App, bill: &Bill, attempt: Option<&Attempt>) -> Offers {
    let served = app.catalogue.current();
    let now = app.now();
    offers(&Wanted {
        channels: &app.channels,
        board: &app.books.readers().channels(),
        counters: &app.books.readers().counters(),
        plan: served.catalogue().fallback_of(&bill.terms.agency),
        agency: &bill.terms.agency,
        bill: Some((bill.terms.number, bill.due())),
        prompt_may_live: attempt.is_some_and(|attempt| attempt.can_live(now)),
        now,
    })
}

/// The ways in which an agency is paid now, whatever is due.
pub(crate) fn of_agency(app: &App, catalogue: &Catalogue, agency: &Agency) -> Offers {
    offers(&Wanted {
        channels: &app.channels,
        board: &app.books.readers().channels(),
        counters: &app.books.readers().counters(),
        plan: catalogue.fallback_of(agency.code.as_str()),
        agency: agency.code.as_str(),
        bill: None,
        prompt_may_live: false,
        now: app.now(),
    })
}

/// The ways in which an agency without a plan of its own is paid now, by the national plan, if nothing is known of it alone.
pub(crate) fn of_others(app: &App, catalogue: &Catalogue) -> Offers {
    offers(&Wanted {
        channels: &app.channels,
        board: &app.books.readers().channels(),
        counters: &app.books.readers().counters(),
        plan: catalogue.national_fallback(),
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

/// The agencies that may be paid in other ways than [`of_others`] says: those with a plan of their own, and those of which
/// something is known alone.
pub(crate) fn told_apart<'a>(
    board: &Board,
    catalogue: &'a Catalogue,
) -> impl Iterator<Item = &'a Agency> + use<'a> {
    let known_alone: BTreeSet<_> =
        board.unusual_of_agencies().into_iter().filter_map(|scope| scope.agency).collect();
    let is_apart =
        move |agency: &&Agency| !agency.fallback.is_empty() || known_alone.contains(agency.code.as_str());
    catalogue.agencies().iter().filter(is_apart)
}

/// The agencies that are [`told_apart`] and for which the first choice is not as usual, and how they are paid instead.
pub(crate) fn unusual<'a>(
    app: &'a App,
    catalogue: &'a Catalogue,
) -> impl Iterator<Item = (&'a Agency, Offers)> + 'a {
    let apart = told_apart(&app.books.readers().channels(), catalogue);
    let offered = apart.map(move |agency| (agency, of_agency(app, catalogue, agency)));
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
