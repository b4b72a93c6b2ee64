//! Bills over what an authority has assessed: the agency is asked for the amount, or whether the amount is right.

use std::time::Duration;

use catalog::{Assessment, FeeRule, Order, PartPayment};
use ledger::Money;

use crate::app::App;
use crate::http::problem::{FieldError, Problem};
use crate::http::problem_codes::Code;
use crate::payments::AssessedAmount;
use crate::routing::assessments::{AssessmentError, ask_assessment};

/// How long a bill waits for the agency's answer.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// Asks the agency what is owed, where it can be asked: for the amount if the payer brings only the reference, and whether
/// the amount is right if the payer brings both. Gives what the bill is to say of it.
pub(super) async fn settle(
    app: &App,
    service: &str,
    reference: Option<String>,
    order: &mut Order,
) -> Result<Option<AssessedAmount>, Problem> {
    let confirmed = || Ok(Some(AssessedAmount { confirmed: Some(app.now()) }));
    let wrong = |pointer: &'static str, code: &'static str, detail: String| {
        Problem::validation(vec![FieldError::new(pointer, code, detail)])
    };
    match (&order.assessment, reference) {
        (None, None) => Ok(None),
        (Some(_), Some(_)) => {
            let detail = "Give the assessment with its amount, or its reference alone.".to_owned();
            Err(wrong("/assessment_reference", "not_asked_for", detail))
        }
        (None, Some(reference)) => match ask(app, service, &reference).await {
            Ok(amount) => {
                let assessment = Assessment { amount, reference };
                order.assessment = Some(assessment);
                confirmed()
            }
            Err(AssessmentError::NobodyToAsk) => {
                let detail = "The agency of this service cannot be asked: give the amount as on the slip.";
                Err(wrong("/order/assessment", "missing", detail.to_owned()))
            }
            Err(error) => Err(no_assessment(&error, "/assessment_reference")),
        },
        (Some(brought), None) => match ask(app, service, &brought.reference).await {
            Ok(owed) if owed == brought.amount => confirmed(),
            Ok(owed) if takes_parts(app, service) && is_part_of(brought.amount, owed) => confirmed(),
            Ok(_) => {
                let detail = "This is not what the agency says is owed under the reference.".to_owned();
                Err(wrong("/order/assessment/amount", "not_what_is_owed", detail))
            }
            // Nobody can be asked, now or ever: the slip is the word of the authority, and the bill says that it alone is,
            // unless the agency wants no such bills.
            Err(error @ (AssessmentError::NotNow(_) | AssessmentError::NoAnswer(_)))
                if confirms_always(app, service) =>
            {
                Err(no_assessment(&error, "/order/assessment"))
            }
            Err(AssessmentError::NobodyToAsk | AssessmentError::NotNow(_) | AssessmentError::NoAnswer(_)) => {
                Ok(Some(AssessedAmount { confirmed: None }))
            }
            Err(error @ AssessmentError::NoSuchAssessment) => {
                Err(no_assessment(&error, "/order/assessment/reference"))
            }
        },
    }
}

/// Whether the service's fee of today is assessed, and this could be a reference of it: nobody is asked about anything else.
fn is_reference(app: &App, service: &str, reference: &str) -> bool {
    let served = app.catalogue.current();
    let fee = served.catalogue().service(service).and_then(|service| service.fee_on(app.clock.today()));
    fee.is_some_and(|fee| match &fee.rule {
        FeeRule::Assessed { reference: shape, .. } => shape.fits(reference),
        _ => false,
    })
}

/// Asks, but not for longer than whoever makes a bill waits for.
async fn ask(app: &App, service: &str, reference: &str) -> Result<Money, AssessmentError> {
    if !is_reference(app, service, reference) {
        return Err(AssessmentError::NobodyToAsk);
    }
    let answer = tokio::time::timeout(ANSWER_MAX, ask_assessment(app, service, reference)).await;
    answer.unwrap_or_else(|_| Err(AssessmentError::NotNow("it takes too long".into())))
}

/// Whether the service takes part payments today.
fn takes_parts(app: &App, service: &str) -> bool {
    let served = app.catalogue.current();
    let fee = served.catalogue().service(service).and_then(|service| service.fee_on(app.clock.today()));
    fee.is_some_and(|fee| fee.part_payment == PartPayment::Allowed)
}

/// Whether the agency wants to have confirmed every amount that is billed for this service.
fn confirms_always(app: &App, service: &str) -> bool {
    let served = app.catalogue.current();
    let catalogue = served.catalogue();
    let back_end = catalogue.service(service).and_then(|service| catalogue.back_end_of(service));
    back_end.is_some_and(|back_end| back_end.confirms_always)
}

fn is_part_of(part: Money, whole: Money) -> bool {
    part.currency() == whole.currency() && part.minor() < whole.minor()
}

fn no_assessment(error: &AssessmentError, pointer: &'static str) -> Problem {
    match error {
        AssessmentError::NoSuchAssessment | AssessmentError::NobodyToAsk => {
            Problem::validation(vec![FieldError::new(
                pointer,
                "no_such_assessment",
                "The agency knows no assessment of this reference.",
            )])
        }
        AssessmentError::NotNow(_) => {
            let detail = "The agency cannot be asked what is owed. Try again, or give the amount as on the slip \
                          if it allows that.";
            Problem::new(Code::BackEndPaused, detail).internal(error).retry_after_seconds(5)
        }
        AssessmentError::NoAnswer(_) => {
            let detail = "The agency did not say what is owed. Try again, or give the amount as on the slip \
                          if it allows that.";
            Problem::new(Code::BackEndFailed, detail).internal(error)
        }
    }
}
