//! Whoever takes a connection and does not use it loses it.

use std::time::Duration;

use gateway::server::Limits;

use super::harness::{Setup, TestGateway, get, soon};

async fn impatient() -> TestGateway {
    let limits = Limits {
        head_deadline: Duration::from_millis(100),
        write_stall_max: Duration::from_millis(100),
        ..Limits::default()
    };
    Setup { limits, ..Setup::default() }.start().await
}

#[tokio::test]
async fn half_a_head_is_not_waited_for() {
    let gateway = impatient().await;
    let mut wire = gateway.connect().await;
    wire.send("GET /hello HTTP/1.1\r\nHost: loc").await;
    let said = wire.closed().await;
    assert!(!said.contains("200"), "{said}");
}

#[tokio::test]
async fn a_head_that_drips_does_not_win_time_with_each_drop() {
    let gateway = impatient().await;
    let mut wire = gateway.connect().await;
    wire.send("GET /hello HTTP/1.1\r\nHost: localhost\r\n").await;
    let dripping = async {
        loop {
            wire.try_send("X: y\r\n").await;
            tokio::time::sleep(Duration::from_millis(10)).await;
            if wire.stream().try_read(&mut [0; 1]).is_ok() {
                break;
            }
        }
    };
    soon(dripping).await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_between_requests() {
    let gateway = impatient().await;
    let mut wire = gateway.connect().await;
    wire.send(&get("/hello")).await;
    assert_eq!(wire.answer().await.status, 200);
    assert_eq!(wire.closed().await, "");
}

#[tokio::test]
async fn a_connection_that_never_speaks_is_closed() {
    let gateway = impatient().await;
    assert_eq!(gateway.connect().await.closed().await, "");
}

#[tokio::test]
async fn a_receiver_that_does_not_read_is_not_written_to_for_ever() {
    let gateway = impatient().await;
    let mut wire = gateway.connect().await;
    wire.send(&get("/flood")).await;
    soon(gateway.app.dropped.acquire()).await.unwrap().forget();
}

#[tokio::test]
async fn one_address_cannot_take_every_connection() {
    let limits = Limits { connections_per_address_max: Some(2), ..Limits::default() };
    let gateway = Setup { limits, ..Setup::default() }.start().await;
    let mut first = gateway.connect().await;
    first.send(&get("/hello")).await;
    assert_eq!(first.answer().await.status, 200);
    let mut second = gateway.connect().await;
    second.send(&get("/hello")).await;
    assert_eq!(second.answer().await.status, 200);
    let mut third = gateway.connect().await;
    third.try_send(&get("/hello")).await;
    assert_eq!(third.closed().await, "", "the third is not served");
    drop(first);
    // The place comes free when the gateway has noticed that the first one left.
    let served = async {
        loop {
            let mut again = gateway.connect().await;
            again.try_send(&get("/hello").replace("Host", "Connection: close\r\nHost")).await;
            if again.closed().await.contains("200 OK") {
                break;
            }
        }
    };
    soon(served).await;
}
