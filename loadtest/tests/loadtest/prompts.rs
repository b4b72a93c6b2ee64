//! M-PESA Express: prompts, keys, results.

use hyper::{Method, StatusCode};
use loadtest::sandbox::{Faults, Options};
use serde_json::{Value, json};

use crate::world::{World, options};

#[tokio::test]
async fn a_person_pays_with_the_pin() {
    let world = World::with(options()).await;
    let id = world.prompt("254712345678", 7550).await;
    let (_, handset) = world.control(Method::GET, "/control/handset/0712345678", &Value::Null).await;
    assert_eq!(handset["prompt"]["amount"], json!({"amount": 755_000, "currency": "KES"}));
    assert!(handset["prompt"]["text"].as_str().unwrap().contains("Ksh7,550.00 to eCITIZEN, account QKRTWX"));

    let (status, pending) = world.query(&id).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(pending["errorCode"], "500.001.1001");
    assert_eq!(pending["errorMessage"], "The transaction is being processed");

    assert_eq!(world.press("0712345678", "pin", &json!({"pin": "1234"})).await, StatusCode::ACCEPTED);
    world.quiet().await;
    let confirmation = &world.merchant.bodies("confirm")[0];
    let callback = &world.merchant.bodies("attempt-1")[0]["Body"]["stkCallback"];
    assert_eq!(callback["ResultCode"], json!(0), "a number");
    assert_eq!(
        callback["CallbackMetadata"]["Item"][1]["Value"], confirmation["TransID"],
        "two messages, one payment"
    );
    assert_eq!(callback["CallbackMetadata"]["Item"][2], json!({"Name": "Balance"}));
    assert_eq!(world.merchant.kinds()[0], "validate", "payments by prompt are validated too");

    let (status, finished) = world.query(&id).await;
    assert_eq!((status, &finished["ResultCode"]), (StatusCode::OK, &json!("0")), "text");
    assert!(
        !finished.to_string().contains(confirmation["TransID"].as_str().unwrap()),
        "the query tells no receipt"
    );
}

#[tokio::test]
async fn a_person_cancels_mistypes_or_does_nothing() {
    let result_of = async |options: Options, key: Option<(&str, Value)>| {
        let world = World::with(options).await;
        world.prompt("254712345678", 50).await;
        if let Some((key, body)) = key {
            assert_eq!(world.press("0712345678", key, &body).await, StatusCode::ACCEPTED);
        }
        world.quiet().await;
        assert!(world.noted("moved").await.is_empty());
        assert_eq!(
            world.press("0712345678", "cancel", &json!({})).await,
            StatusCode::CONFLICT,
            "no prompt any more"
        );
        let callback = world.merchant.bodies("attempt-1")[0]["Body"]["stkCallback"].clone();
        assert!(callback.get("CallbackMetadata").is_none(), "{callback}");
        callback["ResultCode"].clone()
    };
    assert_eq!(result_of(options(), Some(("cancel", json!({})))).await, 1032);
    assert_eq!(result_of(options(), Some(("pin", json!({"pin": "0000"})))).await, 2001);
    let impatient = Options { prompt_life: std::time::Duration::from_millis(50), ..options() };
    assert_eq!(result_of(impatient, None).await, 1037);
}

#[tokio::test]
async fn the_test_numbers_behave_by_themselves() {
    let world = World::with(options()).await;
    let expected = [
        ("254700000001", "0"),
        ("254700000002", "1"),
        ("254700000003", "1032"),
        ("254700000004", "1037"),
        ("254700000005", "2001"),
        ("254700000006", "0"),
        ("254700000007", "0"),
        ("254700000008", "0"),
        ("254700000009", "1032"),
        ("254700000010", "1032"),
        ("254700000011", "26"),
    ];
    let mut prompts = Vec::new();
    for (phone, code) in expected {
        prompts.push((phone, code, world.prompt(phone, 7550).await));
    }
    world.quiet().await;
    for (phone, code, id) in &prompts {
        assert_eq!(world.query(id).await.1["ResultCode"], *code, "{phone}");
    }
    let callbacks = |id: &str| {
        let bodies = world.merchant.bodies("attempt-1");
        bodies.iter().filter(|body| body["Body"]["stkCallback"]["CheckoutRequestID"] == id).count()
    };
    for (phone, _, id) in &prompts {
        let times = match *phone {
            "254700000007" => 3,
            "254700000008" => 0,
            _ => 1,
        };
        assert_eq!(callbacks(id), times, "{phone}");
    }
    let paid: Vec<(Value, Value)> = world
        .merchant
        .bodies("confirm")
        .into_iter()
        .map(|body| (body["BillRefNumber"].clone(), body["TransAmount"].clone()))
        .collect();
    assert_eq!(paid.len(), 5, "1, 6, 7 by prompt; 9 and 10 by paybill; 8 is never told: {paid:?}");
    assert!(paid.contains(&(json!("QKRTWX"), json!("7500.00"))), "50 short: {paid:?}");
    assert!(paid.contains(&(json!("QKRTXW"), json!("7550.00"))), "mistyped: {paid:?}");
    assert_eq!(world.summary().await["moved"]["count"], 6);
}

#[tokio::test]
async fn one_phone_shows_one_prompt() {
    let world = World::with(options()).await;
    world.prompt("254712345678", 50).await;
    let (status, answer) =
        world.product("/mpesa/stkpush/v1/processrequest", &world.push("254712345678", 50)).await;
    assert_eq!((status, &answer["errorCode"]), (StatusCode::INTERNAL_SERVER_ERROR, &json!("500.001.1001")));
    assert!(answer["errorMessage"].as_str().unwrap().starts_with("Unable to lock subscriber"));
}

#[tokio::test]
async fn a_wrong_push_request_is_refused_by_name() {
    let world = World::with(options()).await;
    let wrong: [(&str, Value, &str); 10] = [
        ("Timestamp", json!("20261120061405"), "Bad Request - Invalid Timestamp"),
        ("Password", json!("MjIyMjIy"), "Wrong credentials"),
        ("BusinessShortCode", json!(600_000), "Merchant does not exist"),
        ("Amount", json!(0), "Bad Request - Invalid Amount"),
        ("Amount", json!(10.5), "Bad Request - Invalid Amount"),
        ("PhoneNumber", json!("0800"), "Bad Request - Invalid PhoneNumber"),
        ("PartyB", json!(1), "Bad Request - Invalid PartyB"),
        ("AccountReference", json!("1234567890123"), "Bad Request - Invalid AccountReference"),
        ("TransactionDesc", json!("12345678901234"), "Bad Request - Invalid TransactionDesc"),
        ("TransactionType", json!("Pay"), "Bad Request - Invalid TransactionType"),
    ];
    for (field, value, message) in wrong {
        let mut push = world.push("254712345678", 50);
        push[field] = value;
        let (_, answer) = world.product("/mpesa/stkpush/v1/processrequest", &push).await;
        assert_eq!(answer["errorMessage"], message, "{field}");
    }
    assert_eq!(world.summary().await["stk"]["prompted"], 0);
}

#[tokio::test]
async fn a_merchant_that_refuses_ends_the_prompt_without_money() {
    let world = World::with(options()).await;
    world
        .merchant
        .behave(|manners| manners.validation = json!({"ResultCode": "C2B00012", "ResultDesc": "no"}));
    let id = world.prompt("254700000001", 50).await;
    world.quiet().await;
    assert_eq!(world.query(&id).await.1["ResultCode"], "17");
    assert!(world.noted("moved").await.is_empty());
}

#[tokio::test]
async fn results_can_be_lost_and_repeated_and_the_query_can_be_down() {
    let world = World::with(Options {
        faults: Faults { stk_callback_lost_per_mille: 1_000, ..Faults::default() },
        ..options()
    })
    .await;
    let id = world.prompt("254700000001", 50).await;
    world.quiet().await;
    assert_eq!(world.merchant.kinds(), ["validate", "confirm"]);
    assert_eq!(world.noted("stk_callback_lost_on_purpose").await.len(), 1);
    assert_eq!(world.query(&id).await.1["ResultCode"], "0");

    let faults = json!({"stk_callback_repeated_per_mille": 1_000, "query_down_per_mille": 1_000});
    world.control(Method::PUT, "/control/faults", &faults).await;
    world.prompt("254700000003", 50).await;
    world.quiet().await;
    assert_eq!(world.merchant.bodies("attempt-1").len(), 3);
    assert_eq!(world.query(&id).await.1["errorCode"], "500.003.02");
}

#[tokio::test]
async fn requests_to_ask_a_payer_can_be_turned_away_and_nobody_is_asked() {
    let world = World::with(Options {
        faults: Faults { push_down_per_mille: 1_000, ..Faults::default() },
        ..options()
    })
    .await;
    let push = world.push("254700000001", 50);
    let (_, answer) = world.product("/mpesa/stkpush/v1/processrequest", &push).await;
    assert_eq!(answer["errorCode"], "500.003.02");
    assert_eq!(world.summary().await["stk"]["prompted"], 0);
}
