//! Whoever has a bill that was made a short while ago, and would pay it now, is told when the paybill does not work and
//! something else does: once for an outage, so many a second, and so many in all. How many and whom: `decisions/messages.md`.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use ledger::LedgerTime;

use super::outbox::tell;
use crate::app::{App, SharedApp};
use crate::away::away;
use crate::books::BooksError;
use crate::payments::channels::Outage;
use crate::payments::{MessageAsk, PaymentNumber};

const LOOK_EVERY: Duration = Duration::from_secs(1);
/// An outage that is over sooner costs nobody a message, and one that began longer ago is no news.
const LASTS_SECONDS_MIN: i64 = 60;
const NEWS_SECONDS_MAX: i64 = 1_800;
/// Who had a bill made so long before the outage would pay it now.
const MADE_SECONDS_BEFORE_MAX: i64 = 2 * 3_600;
/// So many are told each second, and so many of one outage: the newest bills first.
const PER_SECOND: usize = 5;
const PER_OUTAGE_MAX: usize = 2_000;

/// Tells until it is stopped. Nothing to do where no provider is configured.
pub(crate) async fn keep_telling(app: SharedApp) {
    if !app.messages.is_there() {
        return;
    }
    let mut queues: BTreeMap<u64, VecDeque<PaymentNumber>> = BTreeMap::new();
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let outages = outages_to_tell_of(&app);
        queues.retain(|id, _| outages.iter().any(|outage| outage.id == *id));
        for outage in outages {
            if let Entry::Vacant(place) = queues.entry(outage.id) {
                let (id, from_memory) = (outage.id, SharedApp::clone(&app));
                let Ok(bills) = away(move || bills_to_tell_of(&from_memory, &outage)).await else { continue };
                tracing::info!(outage = id, bills = bills.len(), "Holders of bills are told what works now.");
                place.insert(bills);
            }
        }
        tell_some(&app, &mut queues).await;
    }
}

/// Outages of the first choice that go on and are news, drills not among them.
fn outages_to_tell_of(app: &App) -> Vec<Outage> {
    let (board, now) = (app.books.readers().channels(), app.now());
    let home = app.channels.home().name();
    let is_news = |outage: &&Outage| {
        let age = (now.micros() - outage.since.micros()) / 1_000_000;
        !outage.is_drill
            && outage.scope.channel == *home
            && (LASTS_SECONDS_MIN..NEWS_SECONDS_MAX).contains(&age)
    };
    board.open_outages().filter(is_news).cloned().collect()
}

/// The open bills whose holders are told of an outage, the newest first.
fn bills_to_tell_of(app: &App, outage: &Outage) -> VecDeque<PaymentNumber> {
    let served = app.catalogue.current();
    let made_from = outage.since.plus_seconds(-MADE_SECONDS_BEFORE_MAX);
    let has_plan = |code: &str| !served.catalogue().fallback_of(code).is_empty();
    let mut bills: Vec<(LedgerTime, PaymentNumber)> = app.books.readers().open_bills(|bill| {
        let terms = &bill.terms;
        let is_concerned = outage.scope.agency.as_ref().is_none_or(|agency| *agency == terms.agency);
        let is_recent = terms.created >= made_from && terms.created <= outage.since;
        (is_recent && is_concerned && has_plan(&terms.agency)).then_some((terms.created, terms.number))
    });
    bills.sort_unstable_by_key(|(created, _)| std::cmp::Reverse(*created));
    bills.into_iter().take(PER_OUTAGE_MAX).map(|(_, number)| number).collect()
}

/// Asks the books for some of the messages. Who is known to have been told is not told again.
async fn tell_some(app: &App, queues: &mut BTreeMap<u64, VecDeque<PaymentNumber>>) {
    let mut left = PER_SECOND;
    for (outage, queue) in queues {
        while left > 0
            && let Some(bill) = queue.pop_front()
        {
            left -= 1;
            match tell(app, MessageAsk::TellHolder { outage: *outage, bill }).await {
                Ok(_) => {}
                Err(BooksError::Stopped) => return,
                Err(error) => {
                    tracing::warn!(%error, "Somebody is told a moment later what works now.");
                    queue.push_front(bill);
                    return;
                }
            }
        }
    }
}
