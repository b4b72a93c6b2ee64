//! Stopping: nobody who was let in is failed.

use std::time::Duration;

use gateway::server::Limits;
use gateway::server::drain::Drained;
use gateway::server::own_thread::OwnThread;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::harness::{Setup, TestGateway, Wire, get, post, soon};

#[tokio::test]
async fn a_request_in_progress_finishes_and_says_goodbye() {
    let gateway = TestGateway::usual().await;
    let mut busy = gateway.connect().await;
    busy.send(&get("/busy")).await;
    gateway.app.one_more_entered().await;
    let mut idle = gateway.connect().await;
    idle.send(&get("/hello")).await;
    assert_eq!(idle.answer().await.header("connection"), None);

    gateway.stop.cancel();
    assert_eq!(idle.closed().await, "", "an idle connection closes at once");
    let refused = async { while TcpStream::connect(gateway.address).await.is_ok() {} };
    soon(refused).await;
    gateway.app.may_go_on.add_permits(1);
    let answer = busy.answer().await;
    assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
    assert_eq!(busy.closed().await, "");
    assert_eq!(gateway.drained().await, Drained { connections_cut: 0, work_settled: true });
}

#[tokio::test]
async fn a_connection_that_never_spoke_does_not_hold_up_the_end() {
    let gateway = TestGateway::usual().await;
    let mut silent = gateway.connect().await;
    let mut speaking = gateway.connect().await;
    speaking.send(&get("/hello")).await;
    speaking.answer().await;
    gateway.stop.cancel();
    assert_eq!(silent.closed().await, "");
    drop((silent, speaking));
    assert!(gateway.drained().await.is_clean());
}

#[tokio::test]
async fn work_that_outlives_its_caller_is_waited_for() {
    let gateway = TestGateway::usual().await;
    let mut wire = gateway.connect().await;
    wire.send(&post("/pay", "")).await;
    gateway.app.one_more_entered().await;
    drop(wire);
    gateway.stop.cancel();
    let app = std::sync::Arc::clone(&gateway.app);
    let release = tokio::spawn(async move { app.may_go_on.add_permits(1) });
    let app = std::sync::Arc::clone(&gateway.app);
    assert!(gateway.drained().await.is_clean());
    assert_eq!(app.finished(), 1);
    release.await.unwrap();
}

#[tokio::test]
async fn stragglers_are_cut_at_the_deadline_and_counted() {
    let limits = Limits { drain_deadline: Duration::from_millis(50), ..Limits::default() };
    let gateway = Setup { limits, ..Setup::default() }.start().await;
    let mut stuck = gateway.connect().await;
    stuck.send(&get("/busy")).await;
    gateway.app.one_more_entered().await;
    let mut paying = gateway.connect().await;
    paying.send(&post("/pay", "")).await;
    gateway.app.one_more_entered().await;
    gateway.stop.cancel();
    assert_eq!(stuck.closed().await, "");
    assert_eq!(gateway.drained().await, Drained { connections_cut: 2, work_settled: false });
}

#[tokio::test]
async fn a_listener_can_have_a_thread_of_its_own() {
    let stop = CancellationToken::new();
    let (listener, pipeline, limits, _app) = Setup::default().build(&stop);
    let address = listener.address();
    let thread = OwnThread::start(listener, pipeline, limits, stop.clone()).unwrap();
    let mut wire = Wire::new(TcpStream::connect(address).await.unwrap());
    wire.send(&post("/confirm", "QKRTWX")).await;
    assert_eq!(wire.answer().await.body, "QKRTWX");
    stop.cancel();
    wire.closed().await;
    assert!(soon(thread.drained()).await.unwrap().is_clean());
}
