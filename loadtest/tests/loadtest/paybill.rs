//! Lipa na M-PESA by paybill: asked, moved, told.

use std::time::Duration;

use hyper::{Method, StatusCode};
use loadtest::sandbox::Options;
use serde_json::{Value, json};

use crate::merchant::Merchant;
use crate::world::{World, options};

#[tokio::test]
async fn a_payment_is_validated_moves_and_is_confirmed() {
    let world = World::with(options()).await;
    let answer = world.lipa("0700000001", "QKRTWX", "7550.00").await;
    assert_eq!(answer["status"], "paid");
    assert_eq!(answer["amount"], json!({"amount": 755_000, "currency": "KES"}));
    world.quiet().await;

    assert_eq!(world.merchant.kinds(), ["validate", "confirm"]);
    let receipt = &answer["receipt"];
    let expected = json!({
        "TransactionType": "Pay Bill",
        "TransID": receipt,
        "TransTime": "20261120091405",
        "TransAmount": "7550.00",
        "BusinessShortCode": "222222",
        "BillRefNumber": "QKRTWX",
        "InvoiceNumber": "",
        "OrgAccountBalance": "",
        "ThirdPartyTransID": "",
        "MSISDN": "172509f6416f41d1ce3b78a757c1d4ce90fc1ab1c9d4cdf1edf25ab7bf3fbdfd",
        "FirstName": world.merchant.bodies("validate")[0]["FirstName"],
    });
    assert_eq!(world.merchant.bodies("validate")[0], expected);
    let mut told = expected;
    told["OrgAccountBalance"] = json!("7550.00");
    told["ThirdPartyTransID"] = json!("PAY-1");
    assert_eq!(world.merchant.bodies("confirm")[0], told);

    let moved = &world.noted("moved").await[0];
    assert_eq!(
        (&moved["receipt"], &moved["amount_minor"], &moved["how"]),
        (receipt, &json!(755_000), &json!("paybill"))
    );
    let kinds: Vec<Value> = world.record().await.into_iter().map(|line| line["kind"].clone()).collect();
    assert_eq!(
        kinds,
        [
            "started",
            "urls_registered",
            "validation_asked",
            "validation_answered",
            "moved",
            "confirmation_sent"
        ]
    );
    let (_, handset) = world.control(Method::GET, "/control/handset/0700000001", &Value::Null).await;
    assert!(
        handset["messages"][0]["text"].as_str().unwrap().contains("Ksh7,550.00 sent to eCITIZEN"),
        "{handset}"
    );
}

#[tokio::test]
async fn a_refused_payer_keeps_his_money() {
    let world = World::with(options()).await;
    world
        .merchant
        .behave(|manners| manners.validation = json!({"ResultCode": "C2B00012", "ResultDesc": "Rejected"}));
    let answer = world.lipa("0712345678", "NONSENSE", "50").await;
    world.quiet().await;
    assert_eq!((&answer["status"], &answer["result_code"]), (&json!("refused"), &json!("C2B00012")));
    assert_eq!(world.merchant.kinds(), ["validate"]);
    assert!(world.noted("moved").await.is_empty());
    assert_eq!(world.summary().await["validations"]["refused"], 1);
}

#[tokio::test]
async fn without_a_usable_answer_the_default_action_decides() {
    let unusable: [(&str, Value, Duration); 3] = [
        ("a number is not the text zero", json!({"ResultCode": 0, "ResultDesc": "Accepted"}), Duration::ZERO),
        ("no code at all", json!({"ok": true}), Duration::ZERO),
        ("too late", json!({"ResultCode": "C2B00012"}), Duration::from_secs(60)),
    ];
    for (why, validation, validation_takes) in unusable {
        let world = World::with(Options { validation_limit: Duration::from_millis(300), ..options() }).await;
        world.merchant.behave(|manners| {
            manners.validation = validation;
            manners.validation_takes = validation_takes;
        });
        assert_eq!(world.lipa("0712345678", "QKRTWX", "50").await["status"], "paid", "{why}: Completed");
        assert_eq!(world.register("Cancelled").await.0, StatusCode::OK);
        let refused = world.lipa("0712345678", "QKRTWX", "50").await;
        assert_eq!(refused["code"], "merchant_unreachable", "{why}: Cancelled");
        assert_eq!(world.summary().await["validations"]["defaulted"], 2, "{why}");
    }
}

#[tokio::test]
async fn validation_can_be_switched_off() {
    let world = World::with(options()).await;
    let (status, _) = world.control(Method::PUT, "/control/validation", &json!({"on": false})).await;
    assert_eq!(status, StatusCode::OK);
    world.lipa("0712345678", "QKRTWX", "50").await;
    world.quiet().await;
    assert_eq!(world.merchant.kinds(), ["confirm"]);
}

#[tokio::test]
async fn some_payments_cannot_be_made() {
    let world = World::with(options()).await;
    for (phone, amount, code) in [
        ("0700000002", "50", "no_money"),
        ("0712345678", "250000.01", "amount_out_of_range"),
        ("0712345678", "0", "amount_out_of_range"),
    ] {
        assert_eq!(world.lipa(phone, "QKRTWX", amount).await["code"], code);
    }
    let body = json!({"account": "QKRTWX", "amount": "12.345"});
    assert_eq!(world.press("0712345678", "pay", &body).await, StatusCode::BAD_REQUEST);
    assert!(world.noted("moved").await.is_empty());
}

#[tokio::test]
async fn the_simulate_call_plays_a_payment() {
    let world = World::with(options()).await;
    let body = json!({"ShortCode": 222222, "CommandID": "CustomerPayBillOnline", "Amount": 7550,
        "Msisdn": 254700000001_u64, "BillRefNumber": "QKRTWX"});
    let (status, answer) = world.product("/mpesa/c2b/v2/simulate", &body).await;
    assert_eq!(status, StatusCode::OK);
    assert!(answer["OriginatorCoversationID"].is_string(), "misspelt as in the real answer: {answer}");
    world.quiet().await;
    assert_eq!(world.merchant.kinds(), ["validate", "confirm"]);
}

#[tokio::test]
async fn version_one_still_names_the_payer() {
    let world = World::unregistered(options(), Merchant::open().await).await;
    let body = json!({"ShortCode": "222222", "ResponseType": "Completed",
        "ConfirmationURL": world.merchant.url("/c2b/confirm"), "ValidationURL": world.merchant.url("/c2b/validate")});
    assert_eq!(world.product("/mpesa/c2b/v1/registerurl", &body).await.0, StatusCode::OK);
    world.lipa("0700000001", "QKRTWX", "50").await;
    world.quiet().await;
    assert_eq!(world.merchant.bodies("confirm")[0]["MSISDN"], "254700000001");
    assert!(world.merchant.bodies("confirm")[0]["LastName"].is_string());
}

#[tokio::test]
async fn another_registration_is_refused_in_production() {
    let world = World::with(Options { allow_overwrite: false, ..options() }).await;
    assert_eq!(world.register("Completed").await.0, StatusCode::OK, "the same again changes nothing");
    let (status, answer) = world.register("Cancelled").await;
    assert_eq!((status, &answer["errorCode"]), (StatusCode::INTERNAL_SERVER_ERROR, &json!("500.003.1001")));
    assert_eq!(answer["errorMessage"], "URLs are already registered");
}

#[tokio::test]
async fn nothing_is_ever_sent_to_another_machine() {
    let world = World::unregistered(options(), Merchant::open().await).await;
    let body = json!({"ShortCode": 222222, "ResponseType": "Completed",
        "ConfirmationURL": "http://192.0.2.1/confirm", "ValidationURL": world.merchant.url("/validate")});
    let (status, answer) = world.product("/mpesa/c2b/v2/registerurl", &body).await;
    assert_eq!((status, &answer["errorCode"]), (StatusCode::BAD_REQUEST, &json!("400.002.02")));
    let mut push = world.push("254700000001", 50);
    push["CallBackURL"] = json!("http://example.test/stk");
    assert_eq!(world.product("/mpesa/stkpush/v1/processrequest", &push).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn money_moves_even_if_nobody_can_be_told() {
    let world = World::unregistered(options(), Merchant::open().await).await;
    assert_eq!(world.lipa("0712345678", "QKRTWX", "50").await["status"], "paid");
    world.quiet().await;
    assert_eq!(world.noted("confirmation_abandoned").await.len(), 1);
}

#[tokio::test]
async fn calls_without_a_token_or_to_nowhere_are_told_apart() {
    let world = World::with(options()).await;
    let code = async |method, path| world.control(method, path, &json!({})).await.1["errorCode"].clone();
    assert_eq!(code(Method::POST, "/mpesa/stkpush/v1/processrequest").await, "404.001.04");
    assert_eq!(code(Method::GET, "/mpesa/stkpush/v1/processrequest").await, "405.001");
    assert_eq!(code(Method::POST, "/mpesa/stkpush/v9/processrequest").await, "404.001.01");
    assert_eq!(code(Method::GET, "/elsewhere").await, "404.001.01");
}
