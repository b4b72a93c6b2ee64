//! What a caller is told when a request is not handed on, or comes back without an answer. Every sentence for citizens is
//! in the table of codes; here is what is particular.

use super::exchange::Failure;
use super::line::{NoPlace, Outcome};
use super::target::TargetRefused;
use crate::http::problem::Problem;
use crate::http::problem_codes::Code;

/// Everybody who found a line full comes back at another moment.
const BUSY_RETRY_SECONDS: std::ops::RangeInclusive<u32> = 1..=5;

pub(super) fn no_such_service() -> Problem {
    Problem::new(Code::NotFound, "The catalogue has no service of this name.")
}

pub(super) fn no_back_end() -> Problem {
    Problem::new(
        Code::NoBackEnd,
        "The catalogue names no system of the agency for this service; it is looked up and paid for here.",
    )
}

pub(super) fn target(refused: TargetRefused) -> Problem {
    Problem::new(Code::BadRequest, refused.to_string())
}

pub(super) fn goes_in_circles() -> Problem {
    Problem::new(
        Code::BackEndFailed,
        "The request has been here before: the address of the agency leads back.",
    )
}

pub(super) fn no_place(no_place: NoPlace) -> Problem {
    match no_place {
        NoPlace::Busy => Problem::new(
            Code::BackEndBusy,
            "Every place for requests to this agency is taken. Nothing was sent.",
        )
        .retry_after_seconds(rand::random_range(BUSY_RETRY_SECONDS)),
        NoPlace::Paused(pause) => {
            let seconds = u32::try_from(pause.as_secs()).unwrap_or(u32::MAX).saturating_add(1);
            Problem::new(
                Code::BackEndPaused,
                "The agency's system fails and is left in peace. Nothing was sent.",
            )
            .retry_after_seconds(seconds)
        }
    }
}

/// How a failure is counted and what the caller is told.
pub(super) fn failure(failure: &Failure) -> (Outcome, Problem) {
    let (outcome, code, detail) = match failure {
        Failure::NoConnection(_) => {
            (Outcome::Failed, Code::BackEndFailed, "The agency's system cannot be reached. Nothing was sent.")
        }
        Failure::NoConnectionInTime => {
            let detail = "The agency's system took no connection in time. Nothing was sent.";
            (Outcome::TimedOut, Code::BackEndTimeout, detail)
        }
        Failure::NoHeadInTime(_) => {
            let detail = "The agency's system took the request and did not begin to answer in time; it may go on with it.";
            (Outcome::TimedOut, Code::BackEndTimeout, detail)
        }
        Failure::Broke(_) => {
            let detail =
                "The connection to the agency's system broke before an answer; it may have the request.";
            (Outcome::Failed, Code::BackEndFailed, detail)
        }
        Failure::Malformed(_) => {
            let detail = "What the agency's system sent is no answer in HTTP, or has too long a head.";
            (Outcome::Failed, Code::BackEndFailed, detail)
        }
        Failure::CallerStopped => {
            let detail = "The body ended early or stopped coming.";
            return (
                Outcome::CallerFailed,
                Problem::new(Code::BodyIncomplete, detail).internal(failure).closing_connection(),
            );
        }
    };
    (outcome, Problem::new(code, detail).internal(failure))
}
