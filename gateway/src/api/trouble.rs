//! From what went wrong inside to what a caller is told: in one place, so that every route says the same of the same.

use std::fmt;

use catalog::{Language, PriceError, Text};

use crate::books::{BooksError, LookupError};
use crate::channels::NotPayable;
use crate::channels::offer::{Closed, WhyNot};
use crate::clock::format_rfc3339;
use crate::http::problem::{FieldError, MoneyMoved, Problem};
use crate::http::problem_codes::Code;
use crate::limits::TooOften;
use crate::payments::channels::{ChannelName, ChannelRefusal};
use crate::payments::{CounterRefusal, GateRefusal, Refusal, SweepRefusal};
use crate::prompts::AskError;

/// The books gave no answer to a request that was not about money that had moved.
pub(crate) fn books(error: &BooksError) -> Problem {
    let moved = match error {
        BooksError::TooLarge => {
            return Problem::new(
                Code::BodyTooLarge,
                "This is more than one record of the books has room for.",
            )
            .money_moved(MoneyMoved::No);
        }
        BooksError::Crowded | BooksError::NoRoom => MoneyMoved::No,
        BooksError::Stopped => MoneyMoved::Unknown,
    };
    let detail = "Send the same request with the same Idempotency-Key again in a moment.";
    Problem::new(Code::BooksUnavailable, detail).internal(error).money_moved(moved).retry_after_seconds(2)
}

/// The books gave no answer to a callback: money has moved, and nothing of it may be lost.
pub(crate) fn books_for_callback(error: &BooksError) -> Problem {
    Problem::new(Code::BooksUnavailable, "Not booked. Send it again.")
        .internal(error)
        .money_moved(MoneyMoved::Yes)
        .retry_after_seconds(2)
}

/// No key for personal data could be had: without room on the disk there are no new ones. It heals as the books do.
pub(crate) fn vault(error: &ledger::personal::VaultError) -> Problem {
    Problem::new(Code::BooksUnavailable, "Not written. Send it again.").internal(error).retry_after_seconds(2)
}

/// Something could not be read.
pub(crate) fn lookup(error: &LookupError) -> Problem {
    Problem::internal_error(error)
}

/// Something else went wrong inside.
pub(crate) fn internal(error: impl fmt::Display) -> Problem {
    Problem::internal_error(error)
}

/// The books refuse.
pub(crate) fn refusal(refusal: &Refusal) -> Problem {
    let problem = match refusal {
        Refusal::NoSuchBill => super::access::no_such_bill(),
        Refusal::NoSuchAttempt => {
            Problem::new(Code::NotFound, "There is no such attempt, or it is not yours.")
        }
        Refusal::BillIs { state } => {
            Problem::new(Code::BillNotOpen, format!("The bill is {}.", state.word()))
        }
        Refusal::PromptMayLive { attempt, .. } => {
            let detail = format!("Attempt {attempt} may still be answered; ask for its status.");
            Problem::new(Code::PromptMayLive, detail).retry_after_seconds(90)
        }
        Refusal::ChannelDown { channel } => Problem::new(
            Code::ChannelDown,
            format!("Nobody is sent to {channel} now: it is down. The bill names the other ways to pay."),
        ),
        Refusal::Channel(refusal) => channel(refusal),
        Refusal::Gate(GateRefusal::NoSuchDevice) => {
            Problem::new(Code::NotFound, "There is no such device, or it is not yours.")
        }
        Refusal::Gate(refusal) => gate(refusal),
        Refusal::Closed { reason, seconds_left } => {
            let detail = "The service is closed for a time. Bills that exist can be paid.";
            let (en, sw) = (reason.en(), reason.sw());
            let problem =
                Problem::new(Code::ServiceClosed, detail).user_message(en.to_owned(), sw.to_owned());
            match seconds_left {
                Some(seconds) => problem.retry_after_seconds(*seconds),
                None => problem,
            }
        }
        Refusal::ClosedByOperator => {
            Problem::new(Code::Forbidden, "An operator closed it, and only an operator opens it.")
        }
        Refusal::ClosedNow => Problem::new(
            Code::Conflict,
            "It is closed now, and a plan for later would open it until then. Open it first, or send the closure in \
             force with another end.",
        ),
        Refusal::TooManyClosures => {
            Problem::new(Code::Conflict, "Too much is closed already: close the agency, or open something.")
        }
        Refusal::OtherRequest => {
            Problem::new(Code::IdempotencyKeyReused, "Use another Idempotency-Key for another request.")
        }
        Refusal::AssessmentHasBill { bill } => Problem::new(
            Code::Conflict,
            format!(
                "Payment number {bill} is a bill over this assessment that can still be paid. Withdraw it first."
            ),
        )
        .user_message(
            format!("There is a bill over this already. Pay it with payment number {}.", bill.grouped()),
            format!("Tayari kuna bili ya hili. Ilipe kwa nambari ya malipo {}.", bill.grouped()),
        ),
        Refusal::NoSuchDraft => Problem::new(Code::NotFound, "There is no such draft of a catalogue."),
        Refusal::TooManyDrafts => {
            Problem::new(Code::Conflict, "Too many drafts wait already: publish or withdraw some.")
        }
        Refusal::SamePerson => {
            Problem::new(Code::Forbidden, "Who wrote a draft cannot put it into force: somebody else must.")
        }
        Refusal::DraftIsStale { .. } => Problem::new(
            Code::Conflict,
            format!("The draft is stale: {refusal}. Compare it with what is in force, and draft it again."),
        ),
        Refusal::AlreadyInForce => Problem::new(Code::Conflict, "This catalogue is in force already."),
        Refusal::Reports(_) => Problem::new(Code::Conflict, format!("{refusal}.")),
        Refusal::NoSuchKey => Problem::new(Code::NotFound, "There is no such key."),
        Refusal::KeyExists => Problem::new(Code::Conflict, "A key of this name exists."),
        Refusal::NoSuchStaff => Problem::new(Code::NotFound, "There is no such account of staff."),
        Refusal::NoRoomForStaff => {
            Problem::new(Code::Conflict, "There is no room for another account: end some first.")
        }
        Refusal::NotPaid { state } => {
            Problem::new(Code::NotPaid, format!("The bill is {}: nobody is let in for it.", state.word()))
        }
        Refusal::WrongDay { day } => Problem::new(Code::WrongDay, format!("It is for {day}.")),
        Refusal::AlreadyUsed { visit } => Problem::new(
            Code::AlreadyUsed,
            format!("It was used on {} at {}.", format_rfc3339(visit.at.micros()), visit.gate),
        ),
        Refusal::Counter(refusal) => counter(*refusal),
        Refusal::Sweep(refusal) => sweep(*refusal),
        Refusal::NoSuchEndpoint => super::webhook_endpoints::no_such_endpoint(),
        Refusal::TooManyEndpoints => {
            Problem::new(Code::Conflict, "There are as many endpoints as there may be: delete one that is not needed.")
        }
        Refusal::TooManyDeliveries => Problem::new(
            Code::Conflict,
            "As many events as may wait for this endpoint wait already. They are tried again by themselves; the feed has all.",
        ),
        Refusal::NoFreeNumber => {
            Problem::new(Code::BooksUnavailable, "No free payment number was found; try again.")
        }
    };
    problem.money_moved(MoneyMoved::No)
}

/// It cannot be done about a gate.
fn gate(refusal: &GateRefusal) -> Problem {
    let detail = format!("Nothing was taken: {refusal}.");
    match refusal {
        GateRefusal::DeviceUntrusted => Problem::new(Code::Forbidden, detail),
        GateRefusal::NoSuchDevice | GateRefusal::NoSuchPass | GateRefusal::NoSuchOperator => {
            Problem::new(Code::NotFound, detail)
        }
        _ => Problem::new(Code::Conflict, detail),
    }
}

/// A sweep cannot be recorded.
fn sweep(refusal: SweepRefusal) -> Problem {
    let detail = refusal.to_string();
    match refusal {
        SweepRefusal::MoreThanIsThere => {
            Problem::validation(vec![FieldError::new("/amount", "more_than_is_there", detail)])
        }
        SweepRefusal::NoSuchSweep => Problem::new(Code::NotFound, detail),
        SweepRefusal::SamePrincipal => Problem::new(Code::Forbidden, detail),
        SweepRefusal::ReferenceUsed | SweepRefusal::Is(_) | SweepRefusal::TooMany => {
            Problem::new(Code::Conflict, detail)
        }
    }
}

/// It cannot be done at a counter. Where it is about cash, nothing was taken: it can be given back.
fn counter(refusal: CounterRefusal) -> Problem {
    let detail = format!("{refusal}.");
    let of_field = |pointer: &'static str, code: &'static str| {
        Problem::validation(vec![FieldError::new(pointer, code, detail.clone())])
    };
    match refusal {
        CounterRefusal::NoSuchShift => {
            Problem::new(Code::NotFound, "There is no such shift at this counter.")
        }
        CounterRefusal::AlreadyPaid(state) => Problem::new(
            Code::AlreadyPaid,
            format!("The bill is {}: give the cash back. Nothing was booked.", state.word()),
        ),
        CounterRefusal::BillEnded(state) => {
            Problem::new(Code::BillNotOpen, format!("The bill is {}: give the cash back.", state.word()))
        }
        CounterRefusal::DrawerFull { .. } => Problem::new(
            Code::CounterFull,
            format!(
                "{detail} Nothing was taken: deposit cash at the bank and have it sent (POST /v1/sweeps)."
            ),
        ),
        CounterRefusal::OtherCurrency => Problem::new(Code::AmountOutsideChannelLimits, detail),
        CounterRefusal::MoreThanIsDue { .. } => of_field("/amount", "more_than_is_due"),
        CounterRefusal::NoParts { .. } => of_field("/amount", "no_parts"),
        CounterRefusal::TooMuch => of_field("/amount", "out_of_range"),
        CounterRefusal::NumberUsed { .. } => of_field("/receipt", "used_before"),
        CounterRefusal::NotYours | CounterRefusal::SamePrincipal => Problem::new(Code::Forbidden, detail),
        CounterRefusal::ShiftIsOpen(_)
        | CounterRefusal::WorksElsewhere(_)
        | CounterRefusal::LaterShift(_)
        | CounterRefusal::Is(_) => Problem::new(Code::Conflict, detail),
    }
}

/// It cannot be said of a channel.
fn channel(refusal: &ChannelRefusal) -> Problem {
    let detail = refusal.to_string();
    match refusal {
        ChannelRefusal::Past | ChannelRefusal::TooFar { .. } | ChannelRefusal::Backwards => {
            Problem::validation(vec![FieldError::new("/until", "out_of_range", detail)])
        }
        ChannelRefusal::TooMany => Problem::new(Code::Conflict, detail),
        ChannelRefusal::NoSuchWindow | ChannelRefusal::NotPinned => Problem::new(Code::NotFound, detail),
    }
}

/// Somebody asks more often than anybody needs to who means well.
pub(crate) fn too_often(error: &TooOften) -> Problem {
    let seconds = u32::try_from(error.wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
    Problem::new(Code::RateLimited, "This was asked for too often. Nothing was begun.")
        .money_moved(MoneyMoved::No)
        .retry_after_seconds(seconds)
}

/// A payer was not asked.
pub(crate) fn ask(error: &AskError) -> Problem {
    match error {
        AskError::NotPayable { title, reason } => not_payable(title, *reason),
        AskError::NotOffered { channel, why } => not_offered(channel, why.as_ref()),
        AskError::BeingTried(channel) => Problem::new(
            Code::ChannelDown,
            format!("{channel} was down and is tried again, by few. The bill names the other ways to pay."),
        )
        .money_moved(MoneyMoved::No),
        AskError::OnAPage { attempt, seconds_left } => Problem::new(
            Code::PromptMayLive,
            format!(
                "Attempt {attempt} sent the payer to the page of the card company, where this bill may still be paid. The same \
                 wish by card leads there again; another way asks nobody before the page has run out."
            ),
        )
        .user_message(
            "You can still pay by card on the page of the card company. Go back to it, or wait ten minutes.",
            "Bado unaweza kulipa kwa kadi kwenye ukurasa wa kampuni ya kadi. Rudi huko, au subiri dakika kumi.",
        )
        .money_moved(MoneyMoved::No)
        .retry_after_seconds(*seconds_left),
        AskError::Refused(reason) => refusal(reason),
        AskError::TooOften(error) => too_often(error),
        AskError::Books(error) => books(error),
        AskError::Lookup(error) => lookup(error).money_moved(MoneyMoved::Unknown),
        AskError::Vault(error) => vault(error).money_moved(MoneyMoved::No),
        AskError::Impossible(what) => internal(what).money_moved(MoneyMoved::Unknown),
    }
}

/// Nobody is sent there now. The bill names the ways that can be used.
fn not_offered(channel: &ChannelName, why: Option<&(Text, WhyNot)>) -> Problem {
    let detail =
        format!("Bills of this agency are not paid by {channel} now. The bill names the ways to pay.");
    let problem = Problem::new(Code::ChannelUnavailable, detail).money_moved(MoneyMoved::No);
    match why {
        Some((title, WhyNot::Closed(Closed::Until(opens)))) => {
            let opens = format_rfc3339(opens.micros());
            problem.user_message(
                format!("{} is closed. It opens at {opens}.", title.en()),
                format!("{}: njia hii imefungwa. Itafunguliwa {opens}.", title.sw()),
            )
        }
        _ => problem,
    }
}

pub(crate) fn not_payable(title: &Text, reason: NotPayable) -> Problem {
    Problem::new(Code::AmountOutsideChannelLimits, reason.to_string())
        .user_message(reason.text(title, Language::En), reason.text(title, Language::Sw))
        .money_moved(MoneyMoved::No)
}

/// The catalogue gives no price.
pub(crate) fn price(error: &PriceError) -> Problem {
    let problem = match error {
        PriceError::UnknownService { .. } => Problem::validation(vec![FieldError::new(
            "/service",
            "unknown_service",
            "The catalogue has no service of this name.",
        )]),
        PriceError::Answers { problems, .. } => Problem::validation(
            problems
                .iter()
                .map(|problem| {
                    FieldError::new(
                        format!("/order{}", problem.pointer()),
                        problem.code(),
                        problem.fault.to_string(),
                    )
                })
                .collect(),
        ),
        other => Problem::new(Code::ServiceNotBillable, other.to_string()),
    };
    problem.money_moved(MoneyMoved::No)
}
