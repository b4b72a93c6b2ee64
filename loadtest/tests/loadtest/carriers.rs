//! The simulated carriers: what they take is on disk before they say so, and everything else is as they are told.

use hyper::{Method, StatusCode};
use loadtest::sandbox::Options;
use serde_json::{Value, json};

use crate::caller::Caller;
use crate::world::{World, lines_of, options};

const FORM: &str = "username=demo&to=%2B254700000001&message=PAID+KES+50.00&bulkSMSMode=1&from=MALIPO";

struct Customer {
    world: World,
    caller: Caller,
    folder: tempfile::TempDir,
}

impl Customer {
    /// A customer of both carriers who has said where reports go.
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let world = World::with(Options { data: Some(folder.path().to_path_buf()), ..options() }).await;
        let customer = Self { world, caller: Caller::new(), folder };
        for name in ["first", "second"] {
            let address = |what: &str| customer.world.merchant.url(&format!("/cb/token/{name}/{what}"));
            let dashboard = json!({"report": address("report"), "incoming": address("incoming")});
            let path = format!("/carriers/{name}/dashboard");
            assert_eq!(customer.world.control(Method::POST, &path, &dashboard).await.0, StatusCode::OK);
        }
        customer
    }

    async fn breaks(&self, faults: Value) {
        let path = "/control/carriers/first/faults";
        assert_eq!(self.world.control(Method::PUT, path, &faults).await.0, StatusCode::OK);
    }

    /// Hands a form to the first carrier.
    async fn hands(&self, form: &str) -> Result<(StatusCode, String), String> {
        let url = format!("{}/carriers/first/version1/messaging", self.world.base);
        self.caller.form(&url, "demo-api-key", form).await
    }

    fn noted(&self, kind: &str) -> Vec<Value> {
        let lines = lines_of(&self.folder.path().join("sandbox-messages.ndjson"));
        lines.into_iter().filter(|line| line["kind"] == kind).collect()
    }

    fn reports(&self) -> Vec<String> {
        self.world.merchant.bodies("report").iter().map(|body| body.as_str().unwrap().to_owned()).collect()
    }

    async fn texts_on(&self, phone: &str) -> usize {
        let handset =
            self.world.control(Method::GET, &format!("/control/handset/{phone}"), &Value::Null).await.1;
        handset["messages"].as_array().unwrap().iter().filter(|message| message["sender"] == "MALIPO").count()
    }
}

#[tokio::test]
async fn a_message_is_taken_carried_and_reported_in_the_published_shapes() {
    let customer = Customer::new().await;
    let (status, body) = customer.hands(FORM).await.unwrap();
    assert_eq!(status, StatusCode::CREATED);
    let data = serde_json::from_str::<Value>(&body).unwrap()["SMSMessageData"].clone();
    assert_eq!(data["Message"], "Sent to 1/1 Total Cost: KES 0.8000");
    let recipient = &data["Recipients"][0];
    assert_eq!((&recipient["statusCode"], &recipient["status"]), (&json!(101), &json!("Success")));
    assert_eq!(recipient["number"], "+254700000001");
    let id = recipient["messageId"].as_str().unwrap();
    let taken = &customer.noted("taken")[0];
    assert_eq!((taken["message_id"].as_str(), &taken["text"]), (Some(id), &json!("PAID KES 50.00")));
    assert!(!taken.to_string().contains("254700000001"), "{taken}");
    customer.world.quiet().await;
    assert_eq!(customer.texts_on("254700000001").await, 1);
    let reports = customer.reports();
    for (report, status) in reports.iter().zip(["Submitted", "Success"]) {
        let expected =
            format!("id={id}&status={status}&phoneNumber=%2B254700000001&networkCode=63902&retryCount=0");
        assert_eq!(*report, expected);
    }
    assert_eq!(reports.len(), 2);
    let inbox = customer.world.control(Method::GET, "/control/messages", &Value::Null).await.1;
    assert_eq!(
        (&inbox["messages"][0]["carrier"], &inbox["messages"][0]["segments"]),
        (&json!("first"), &json!(1))
    );
}

#[tokio::test]
async fn what_is_no_order_is_refused_and_so_are_strangers() {
    let customer = Customer::new().await;
    for (form, why) in [
        ("", "username"),
        ("username=other&to=%2B254700000001&message=x", "username"),
        ("username=demo&message=x", "'to'"),
        ("username=demo&to=%2B254700000001", "'message'"),
        ("username=%zz", "form"),
    ] {
        let (status, body) = customer.hands(form).await.unwrap();
        assert_eq!(status, StatusCode::BAD_REQUEST, "{form}");
        assert!(body.contains(why), "{form}");
    }
    let url = format!("{}/carriers/first/version1/messaging", customer.world.base);
    assert_eq!(customer.caller.form(&url, "wrong", FORM).await.unwrap().0, StatusCode::UNAUTHORIZED);
    let (status, body) = customer.hands("username=demo&to=%2B1555&message=x").await.unwrap();
    assert_eq!(status, StatusCode::CREATED, "a number that is none is refused under 201");
    assert!(body.contains("\"statusCode\":403"));
    assert!(customer.noted("taken").is_empty());
}

#[tokio::test]
async fn what_goes_wrong_goes_wrong_as_it_was_asked_for() {
    let customer = Customer::new().await;
    customer.breaks(json!({"down": true})).await;
    assert_eq!(customer.hands(FORM).await.unwrap().0, StatusCode::SERVICE_UNAVAILABLE);
    customer.breaks(json!({"status_code": 405})).await;
    assert!(customer.hands(FORM).await.unwrap().1.contains("InsufficientBalance"));
    customer.breaks(json!({"lost_per_mille": 1000})).await;
    assert!(customer.hands(FORM).await.is_err(), "the answer ends in the middle");
    assert_eq!(customer.noted("taken").len(), 0);

    customer.breaks(json!({"answer_cut_per_mille": 1000, "report_lost_per_mille": 1000})).await;
    assert!(customer.hands(FORM).await.is_err());
    customer.world.quiet().await;
    assert_eq!((customer.noted("taken").len(), customer.texts_on("254700000001").await), (1, 1));
    assert!(customer.reports().is_empty());

    customer.breaks(json!({"failed_per_mille": 1000, "failure_reason": "UserInBlackList"})).await;
    assert_eq!(customer.hands(FORM).await.unwrap().0, StatusCode::CREATED);
    customer.world.quiet().await;
    assert_eq!(customer.texts_on("254700000001").await, 1, "what failed is not on the phone");
    let reports = customer.reports();
    assert!(
        reports[1].contains("status=Failed") && reports[1].ends_with("failureReason=UserInBlackList"),
        "{reports:?}"
    );

    customer.breaks(json!({"twice_per_mille": 1000})).await;
    customer.hands(FORM).await.unwrap();
    customer.world.quiet().await;
    assert_eq!(customer.texts_on("254700000001").await, 3);
    assert_eq!(customer.reports().len(), 5, "one report that it is under way, two that it arrived");
    let (status, _) =
        customer.world.control(Method::PUT, "/control/carriers/first/faults", &json!({"dwon": 1})).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn what_a_subscriber_answers_is_handed_on_and_addresses_outlive_a_restart() {
    let customer = Customer::new().await;
    let text = json!({"phone": "0700000001", "text": "5 & thanks"});
    let path = "/control/carriers/second/incoming";
    let (status, answer) = customer.world.control(Method::POST, path, &text).await;
    assert_eq!((status, &answer["http_status"]), (StatusCode::OK, &json!(200)));
    let body = customer.world.merchant.bodies("incoming")[0].as_str().unwrap().to_owned();
    assert!(body.starts_with("from=%2B254700000001&to=22123&text=5+%26+thanks&date=2026-11-20"), "{body}");

    let Customer { world, caller, folder } = customer;
    let merchant = world.stop().await;
    let again = Options { data: Some(folder.path().to_path_buf()), ..options() };
    let world = World::unregistered(again, merchant).await;
    let customer = Customer { world, caller, folder };
    assert_eq!(customer.hands(FORM).await.unwrap().0, StatusCode::CREATED);
    customer.world.quiet().await;
    assert_eq!(customer.reports().len(), 2);
    let elsewhere = json!({"report": "http://example.test/", "incoming": "http://example.test/"});
    let (status, _) = customer.world.control(Method::POST, "/carriers/first/dashboard", &elsewhere).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "nobody but this machine is called");
}
