//! When every place is taken, most are turned away at once, and money waits.

use super::harness::{Setup, TestGateway, get, post, soon};

/// A gateway with one place, and a caller who has taken it.
async fn one_place_taken() -> (TestGateway, super::harness::Wire<tokio::net::TcpStream>) {
    let mut setup = Setup::default();
    setup.rules.requests_max = 1;
    let gateway = setup.start().await;
    let mut wire = gateway.connect().await;
    wire.send(&get("/busy")).await;
    gateway.app.one_more_entered().await;
    (gateway, wire)
}

#[tokio::test]
async fn a_request_without_a_place_is_told_when_to_come_back() {
    let (gateway, mut busy) = one_place_taken().await;
    let answer = gateway.ask(&get("/hello")).await;
    assert_eq!((answer.status, answer.code().as_str()), (503, "overloaded"));
    let seconds: u32 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=5).contains(&seconds));
    let unpaid = gateway.ask(&post("/pay", "")).await;
    assert_eq!(unpaid.problem()["money_moved"], "no", "nothing was begun");
    gateway.app.may_go_on.add_permits(1);
    assert_eq!(busy.answer().await.status, 200);
    assert_eq!(gateway.ask(&get("/hello")).await.status, 200);
}

#[tokio::test]
async fn a_confirmation_waits_for_its_place() {
    let (gateway, mut busy) = one_place_taken().await;
    let mut money = gateway.connect().await;
    money.send(&post("/confirm", "QKRTWX")).await;
    assert_eq!(gateway.ask(&get("/hello")).await.status, 503);
    gateway.app.may_go_on.add_permits(1);
    assert_eq!(busy.answer().await.status, 200);
    let answer = soon(money.answer()).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "QKRTWX"));
}

#[tokio::test]
async fn a_confirmation_does_not_wait_for_ever() {
    let (gateway, _busy) = one_place_taken().await;
    assert_eq!(gateway.ask(&post("/confirm/impatient", "")).await.status, 503);
}

#[tokio::test]
async fn work_whose_caller_left_still_holds_its_place() {
    let mut setup = Setup::default();
    setup.rules.requests_max = 1;
    let gateway = setup.start().await;
    let mut wire = gateway.connect().await;
    wire.send(&post("/pay", "")).await;
    gateway.app.one_more_entered().await;
    drop(wire);
    assert_eq!(gateway.ask(&get("/hello")).await.status, 503);
}
