//! Africa's Talking, as it speaks: a message as a form, its answer as JSON, its reports and the texts of subscribers as forms.
//! Shapes from its published clients (`africastalking` 2.0.3 for Python, 0.8.3 for Node) and its documentation of bulk SMS
//! and delivery reports. A number stands in these types alone, and they are not printed.

use std::sync::Arc;

use hyper::StatusCode;
use serde::Deserialize;

use crate::channels::mpesa::subscriber::Subscriber;
use crate::http::body::{Fields, form_of};

/// Below the base address.
pub(super) const PATH: &str = "/version1/messaging";

/// Names and reasons of a provider that are kept are no longer than this.
const WORD_CHARACTERS_MAX: usize = 64;

/// The form that hands a message over. `bulkSMSMode` says that the sender pays.
pub(super) fn form(username: &str, sender: Option<&str>, to: Subscriber, text: &str) -> String {
    let number = format!("+{}", to.digits());
    let mut fields = vec![("username", username), ("to", &number), ("message", text), ("bulkSMSMode", "1")];
    fields.extend(sender.map(|sender| ("from", sender)));
    form_of(&fields)
}

/// What an answer says about one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// The provider has it, under this name.
    Taken(Arc<str>),
    /// It has not, and may take it later or from somebody else.
    PutOff(Arc<str>),
    /// It never will.
    Refused(Arc<str>),
    /// Nobody can tell from this whether it has the message.
    Unclear(Arc<str>),
}

#[derive(Deserialize)]
struct AnswerBody {
    #[serde(rename = "SMSMessageData")]
    data: AnswerData,
}

#[derive(Deserialize)]
struct AnswerData {
    #[serde(rename = "Message", default)]
    message: String,
    #[serde(rename = "Recipients", default)]
    recipients: Vec<Recipient>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipient {
    status_code: u16,
    #[serde(default)]
    message_id: String,
}

/// Reads the answer about a message to one number. What the provider says of the recipient stands in the body, under 201 even
/// where it is a refusal; without a body that can be read, the status alone tells whether the request was looked at.
pub(super) fn read_answer(status: StatusCode, body: &[u8]) -> Word {
    if status.is_success() {
        let Ok(AnswerBody { data }) = serde_json::from_slice(body) else {
            return Word::Unclear("unreadable_answer".into());
        };
        return match data.recipients.as_slice() {
            [only] => of_recipient(only),
            // Refused as a whole, before anybody was looked at: a sender that is not registered, no credit.
            [] => Word::PutOff(word(&data.message)),
            _ => Word::Unclear("several_recipients".into()),
        };
    }
    let reason = format!("http_{}", status.as_u16()).into();
    match status {
        StatusCode::SERVICE_UNAVAILABLE => Word::PutOff(reason),
        // Whoever failed in the middle may have sent it.
        status if status.is_server_error() => Word::Unclear(reason),
        _ => Word::PutOff(reason),
    }
}

/// By the list of codes that the documentation gives.
fn of_recipient(recipient: &Recipient) -> Word {
    let code = recipient.status_code.to_string().into();
    match recipient.status_code {
        // Processed, sent, queued; held for a look at its risk, which is no refusal.
        100..=102 | 401 if is_name(&recipient.message_id) => {
            Word::Taken(recipient.message_id.as_str().into())
        }
        // Sender, number, type of number; on a black list; wants not to be disturbed.
        402 | 403 | 404 | 406 | 409 => Word::Refused(code),
        // No credit, no route, an error at the provider or its gateway.
        405 | 407 | 500..=599 => Word::PutOff(code),
        _ => Word::Unclear(code),
    }
}

/// A delivery report.
#[derive(PartialEq, Eq)]
pub(super) struct Report {
    /// The provider's name for the message.
    pub(super) id: Arc<str>,
    /// What became of it.
    pub(super) status: ReportStatus,
    /// Whose phone.
    pub(super) phone: Option<Subscriber>,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ReportStatus {
    /// It is under way.
    UnderWay,
    /// It is on the phone.
    Delivered,
    /// It failed where another provider may succeed.
    Failed(Arc<str>),
    /// It fails whoever tries.
    Undeliverable(Arc<str>),
}

/// Reads a delivery report. `None` if there is no message in it or no status that we know.
pub(super) fn read_report(fields: &Fields) -> Option<Report> {
    let id = fields.get("id").filter(|id| is_name(id))?;
    let status = match fields.get("status")? {
        "Sent" | "Submitted" | "Buffered" => ReportStatus::UnderWay,
        "Success" => ReportStatus::Delivered,
        "Rejected" | "Failed" => failed(fields.get("failureReason").unwrap_or_default()),
        _ => return None,
    };
    let phone = fields.get("phoneNumber").and_then(|number| Subscriber::parse(number).ok());
    Some(Report { id: id.into(), status, phone })
}

fn failed(reason: &str) -> ReportStatus {
    let word = word(reason);
    match reason {
        // About the subscriber: the same wherever it is sent from.
        "UserIsInactive"
        | "UserInBlackList"
        | "UserAccountSuspended"
        | "NotNetworkSubscriber"
        | "UserNotSubscribedToProduct"
        | "UserDoesNotExist" => ReportStatus::Undeliverable(word),
        _ => ReportStatus::Failed(word),
    }
}

/// A text that a subscriber has sent.
pub(super) struct SubscribersText {
    /// Who.
    pub(super) from: Subscriber,
    /// What.
    pub(super) text: String,
}

/// Reads a text of a subscriber. `None` if nobody that we could write to has sent it.
pub(super) fn read_text(fields: &Fields) -> Option<SubscribersText> {
    let from = Subscriber::parse(fields.get("from")?).ok()?;
    Some(SubscribersText { from, text: fields.get("text").unwrap_or_default().to_owned() })
}

/// Whether this can be the provider's name for a message. `None` is what it calls one that it has not taken.
fn is_name(text: &str) -> bool {
    text != "None"
        && (1..=WORD_CHARACTERS_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A provider's word, as far as it can be kept: letters and digits, and nothing that could be a number of somebody's.
fn word(text: &str) -> Arc<str> {
    let kept: String = text.chars().filter(char::is_ascii_alphabetic).take(WORD_CHARACTERS_MAX).collect();
    if kept.is_empty() { "unsaid".into() } else { kept.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(code: u16, id: &str) -> String {
        format!(
            r#"{{"SMSMessageData":{{"Message":"Sent to 1/1 Total Cost: KES 0.8000","Recipients":[{{"statusCode":{code},
            "number":"+254700000001","status":"Success","cost":"KES 0.8000","messageId":"{id}"}}]}}}}"#
        )
    }

    fn read(code: u16) -> Word {
        read_answer(StatusCode::CREATED, answer(code, "ATXid_1").as_bytes())
    }

    #[test]
    fn a_message_is_a_form_that_says_who_pays() {
        let to = Subscriber::parse("0700000001").unwrap();
        assert_eq!(
            form("kenya", Some("MALIPO"), to, "PAID KES 50.00 & more: 100% sure"),
            "username=kenya&to=%2B254700000001&message=PAID%20KES%2050.00%20%26%20more%3A%20100%25%20sure&bulkSMSMode=1\
             &from=MALIPO"
        );
        assert!(!form("kenya", None, to, "x").contains("from="));
    }

    #[test]
    fn every_documented_code_has_its_meaning() {
        for code in [100, 101, 102, 401] {
            assert_eq!(read(code), Word::Taken("ATXid_1".into()), "{code}");
        }
        for code in [402, 403, 404, 406, 409] {
            assert_eq!(read(code), Word::Refused(code.to_string().into()), "{code}");
        }
        for code in [405, 407, 500, 501, 502] {
            assert_eq!(read(code), Word::PutOff(code.to_string().into()), "{code}");
        }
        assert_eq!(read(408), Word::Unclear("408".into()));
        for nameless in ["", "None"] {
            let answer = answer(101, nameless);
            assert_eq!(read_answer(StatusCode::CREATED, answer.as_bytes()), Word::Unclear("101".into()));
        }
    }

    #[test]
    fn what_cannot_be_read_is_taken_for_neither_yes_nor_no() {
        let unclear = |status, body: &str| matches!(read_answer(status, body.as_bytes()), Word::Unclear(_));
        assert!(unclear(StatusCode::CREATED, "<html>"));
        assert!(unclear(StatusCode::BAD_GATEWAY, ""));
        assert!(unclear(StatusCode::INTERNAL_SERVER_ERROR, "oops"));
        for status in [400_u16, 401, 403, 404, 429, 503] {
            let status = StatusCode::from_u16(status).unwrap();
            assert_eq!(
                read_answer(status, b"no"),
                Word::PutOff(format!("http_{}", status.as_u16()).into()),
                "it was not looked at"
            );
        }
        let as_a_whole = br#"{"SMSMessageData":{"Message":"InvalidSenderId","Recipients":[]}}"#;
        assert_eq!(read_answer(StatusCode::CREATED, as_a_whole), Word::PutOff("InvalidSenderId".into()));
    }

    #[test]
    fn reports_say_what_became_of_a_message_and_who_is_to_blame() {
        let report = |text: &str| read_report(&Fields::parse(text).unwrap());
        let status = |text: &str| report(text).map(|report| report.status);
        let seen =
            report("id=ATXid_1&status=Success&phoneNumber=%2B254700000001&networkCode=63902&retryCount=0");
        assert!(
            seen.is_some_and(
                |seen| &*seen.id == "ATXid_1" && seen.phone == Subscriber::parse("0700000001").ok()
            )
        );
        for interim in ["Sent", "Submitted", "Buffered"] {
            assert_eq!(status(&format!("id=a&status={interim}")), Some(ReportStatus::UnderWay));
        }
        for (reason, is_the_subscribers) in [
            ("InsufficientCredit", false),
            ("InvalidLinkId", false),
            ("DeliveryFailure", false),
            ("UserIsInactive", true),
            ("UserInBlackList", true),
            ("UserAccountSuspended", true),
            ("NotNetworkSubscriber", true),
            ("UserNotSubscribedToProduct", true),
            ("UserDoesNotExist", true),
        ] {
            let expected =
                if is_the_subscribers { ReportStatus::Undeliverable } else { ReportStatus::Failed };
            let said = format!("id=a&status=Failed&failureReason={reason}");
            assert_eq!(status(&said), Some(expected(reason.into())), "{reason}");
        }
        assert_eq!(status("id=a&status=Rejected"), Some(ReportStatus::Failed("unsaid".into())));
        for none in
            ["status=Success", "id=a", "id=a&status=Perhaps", "id=&status=Success", "id=a%20b&status=Success"]
        {
            assert_eq!(status(none), None, "{none}");
        }
    }

    #[test]
    fn a_word_of_a_provider_carries_no_number() {
        assert_eq!(&*word("Blocked 254700000001!"), "Blocked");
        assert_eq!(word(&"x".repeat(500)).len(), WORD_CHARACTERS_MAX);
    }
}
