//! What happens to a request between its head and its answer.

use gateway::http::client_address::TrustedProxies;

use super::harness::{Setup, TestGateway, get, post, soon};

#[tokio::test]
async fn a_panic_is_one_requests_misfortune() {
    let gateway = TestGateway::usual().await;
    let mut wire = gateway.connect().await;
    wire.send(&get("/panic")).await;
    let answer = wire.answer().await;
    assert_eq!((answer.status, answer.code().as_str()), (500, "internal_error"));
    assert!(!answer.body.contains("mistake"), "the panic's message stays inside");
    wire.send(&get("/hello")).await;
    assert_eq!(wire.answer().await.status, 200, "the connection lives on");
    let answer = gateway.ask(&post("/pay/panic", "")).await;
    assert_eq!(answer.problem()["money_moved"], "unknown", "work that panicked may have moved money");
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_with_directions() {
    let gateway = TestGateway::usual().await;
    let nowhere = gateway.ask(&get("/nowhere")).await;
    assert_eq!((nowhere.status, nowhere.code().as_str()), (404, "not_found"));
    assert_eq!(nowhere.problem()["type"], "/errors/not_found");
    assert!(nowhere.problem().get("money_moved").is_none());
    let wrong = gateway.ask(&post("/hello", "")).await;
    assert_eq!((wrong.status, wrong.header("allow")), (405, Some("GET, HEAD")));
}

#[tokio::test]
async fn a_person_with_a_browser_gets_a_page() {
    let gateway = TestGateway::usual().await;
    let answer = gateway.ask(&get("/sw/huduma").replace("Host", "Accept: text/html,*/*;q=0.8\r\nHost")).await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(answer.body.ends_with("at /sw/huduma") && answer.body.contains("Hatukupata"), "{}", answer.body);
}

#[tokio::test]
async fn head_says_what_get_would_say_without_saying_it() {
    let gateway = TestGateway::usual().await;
    let mut wire = gateway.connect().await;
    wire.send(&get("/hello").replace("GET", "HEAD")).await;
    let answer = wire.answer_without_body().await;
    assert_eq!((answer.status, answer.header("content-length")), (200, Some("6")));
    wire.send(&get("/hello")).await;
    assert_eq!(wire.answer().await.body, "habari", "no body was left on the connection");
}

#[tokio::test]
async fn every_answer_carries_the_name_of_its_request() {
    let gateway = TestGateway::usual().await;
    let first = gateway.ask(&get("/hello")).await;
    let second = gateway.ask(&get("/nowhere")).await;
    let name = |answer: &super::harness::Answer| answer.header("request-id").unwrap().to_owned();
    assert!(name(&first).starts_with("req_"));
    assert_ne!(name(&first), name(&second));
    let chosen = get("/hello").replace("Host", "Request-Id: req_chosen_by_a_stranger\r\nHost");
    assert_ne!(name(&gateway.ask(&chosen).await), "req_chosen_by_a_stranger");
}

#[tokio::test]
async fn only_a_proxy_of_ours_is_believed() {
    let claim = get("/client").replace("Host", "X-Forwarded-For: 196.201.214.200\r\nHost");
    let stranger = TestGateway::usual().await;
    assert_eq!(stranger.ask(&claim).await.body, "127.0.0.1");

    let mut setup = Setup::default();
    setup.rules.trusted_proxies = TrustedProxies::new(vec!["127.0.0.0/8".parse().unwrap()]);
    let proxied = setup.start().await;
    assert_eq!(proxied.ask(&claim).await.body, "196.201.214.200");
    let named = get("/client").replace("Host", "Request-Id: req_named_by_our_proxy\r\nHost");
    assert_eq!(proxied.ask(&named).await.header("request-id"), Some("req_named_by_our_proxy"));
}

#[tokio::test]
async fn a_payment_runs_to_its_end_though_the_payer_hangs_up() {
    let gateway = TestGateway::usual().await;
    let mut wire = gateway.connect().await;
    wire.send(&post("/pay", "")).await;
    gateway.app.one_more_entered().await;
    drop(wire);
    gateway.app.may_go_on.add_permits(1);
    let finished = async {
        while gateway.app.finished() == 0 {
            tokio::task::yield_now().await;
        }
    };
    soon(finished).await;
}

#[tokio::test]
async fn a_page_nobody_waits_for_is_given_up() {
    let gateway = TestGateway::usual().await;
    let mut wire = gateway.connect().await;
    wire.send(&get("/busy")).await;
    gateway.app.one_more_entered().await;
    drop(wire);
    soon(gateway.app.dropped.acquire()).await.unwrap().forget();
    assert_eq!(gateway.app.finished(), 0);
}

#[tokio::test]
async fn a_payment_that_takes_too_long_is_answered_with_the_truth_and_goes_on() {
    let gateway = TestGateway::usual().await;
    let answer = gateway.ask(&post("/pay/late", "")).await;
    assert_eq!((answer.status, answer.code().as_str()), (504, "deadline_exceeded"));
    assert_eq!(answer.problem()["money_moved"], "unknown");
    gateway.app.may_go_on.add_permits(1);
    let finished = async {
        while gateway.app.finished() == 0 {
            tokio::task::yield_now().await;
        }
    };
    soon(finished).await;
}
