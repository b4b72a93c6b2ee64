//! What is sent a piece at a time arrives a piece at a time, in both directions and in protocols of their own.

use std::sync::Mutex;
use std::sync::mpsc::sync_channel;

use serde_json::json;

use super::{HOST, Scene};
use crate::harness::{AgencySystem, PATIENCE, eventually};

#[test]
fn events_arrive_one_by_one() {
    let (go_on, may_go_on) = sync_channel::<()>(0);
    let may_go_on = Mutex::new(may_go_on);
    let kra = AgencySystem::start(move |mut conversation| {
        conversation.hears().unwrap();
        conversation
            .wire
            .says("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n");
        for event in ["data: one\n\n", "data: two\n\n"] {
            conversation.wire.says(&format!("{:x}\r\n{event}\r\n", event.len()));
            // The next is not sent before the caller has this one.
            may_go_on.lock().unwrap().recv_timeout(PATIENCE).unwrap();
        }
        conversation.wire.says("0\r\n\r\n");
        conversation.hears();
    });
    let scene = Scene::new(&kra);
    let mut caller = scene.caller();
    caller.says(&format!("GET /s/kra-pin-registration/events HTTP/1.1\r\n{HOST}\r\n"));
    let head = caller.hears_head().unwrap();
    assert_eq!(head.first_line, "HTTP/1.1 200 OK");
    assert_eq!(head.header("content-type"), Some("text/event-stream"));
    assert_eq!(scene.kra_in_flight(), 1, "its place is taken until the last byte");
    for event in ["data: one\n\n", "data: two\n\n"] {
        caller.hears_up_to(event);
        go_on.send(()).unwrap();
    }
    caller.hears_up_to("0\r\n\r\n");
    eventually("the place is free", || (scene.kra_in_flight() == 0).then_some(()));
}

#[test]
fn an_upload_is_not_held_back() {
    let (tell, told) = sync_channel::<String>(4);
    let kra = AgencySystem::start(move |mut conversation| {
        let head = conversation.wire.hears_head().unwrap();
        assert_eq!(head.header("content-length"), Some("10"));
        assert_eq!(head.header("expect"), None);
        for part in ["first", "other"] {
            tell.send(conversation.wire.hears_up_to(part)).unwrap();
        }
        conversation.answers("both");
    });
    let scene = Scene::new(&kra);
    let mut caller = scene.caller();
    caller.says(&format!("POST /s/kra-pin-registration/x HTTP/1.1\r\n{HOST}Content-Length: 10\r\n\r\nfirst"));
    assert_eq!(
        told.recv_timeout(PATIENCE).unwrap(),
        "first",
        "the agency has it while the rest is not yet sent"
    );
    caller.says("other");
    assert_eq!(told.recv_timeout(PATIENCE).unwrap(), "other");
    assert_eq!(caller.hears_message().unwrap().text(), "both");
}

#[test]
fn another_protocol_goes_through_in_both_directions_and_takes_a_place() {
    let kra = AgencySystem::start(|mut conversation| {
        let asked = conversation.hears().unwrap();
        assert_eq!(asked.header("upgrade"), Some("websocket"));
        assert_eq!(asked.header("connection"), Some("upgrade"));
        assert_eq!(asked.header("sec-websocket-key"), Some("dGhlIHNhbXBsZSBub25jZQ=="));
        conversation.wire.says(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\nhello;",
        );
        loop {
            let said = conversation.wire.hears_up_to(";");
            conversation.wire.says(&format!("you said {said}"));
            if said == "bye;" {
                return conversation.wire.leaves();
            }
        }
    });
    let scene = Scene::with(&[("KRA", &kra, json!({"in_flight_max": 1}))]);
    let mut caller = scene.caller();
    caller.says(&format!(
        "GET /s/kra-pin-registration/ws HTTP/1.1\r\n{HOST}Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ));
    let head = caller.hears_head().unwrap();
    assert_eq!(head.first_line, "HTTP/1.1 101 Switching Protocols");
    assert_eq!(head.header("upgrade"), Some("websocket"));
    assert_eq!(head.header("sec-websocket-accept"), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    assert_eq!(caller.hears_up_to(";"), "hello;");
    for said in ["one;", "two;"] {
        caller.says(said);
        assert_eq!(caller.hears_up_to(";"), format!("you said {said}"));
    }
    let busy = crate::harness::get(scene.kra("/x")).send().expect(503);
    assert_eq!(busy.problem(), "back_end_busy", "the tunnel has the only place");
    assert!(busy.header("retry-after").is_some());
    caller.says("bye;");
    assert_eq!(caller.hears_to_the_end(), "you said bye;");
    eventually("the place is free", || (scene.kra_in_flight() == 0).then_some(()));
    assert_eq!(scene.kra_ended("switched"), 1);
}

#[test]
fn a_tunnel_in_which_nothing_moves_is_closed() {
    let kra = AgencySystem::start(|mut conversation| {
        conversation.hears().unwrap();
        conversation
            .wire
            .says("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n");
        assert_eq!(conversation.wire.hears_to_the_end(), "");
    });
    let scene = Scene::with(&[("KRA", &kra, json!({"idle_timeout_ms": 200}))]);
    let mut caller = scene.caller();
    let asks = "Connection: upgrade\r\nUpgrade: websocket\r\n\r\n";
    caller.says(&format!("GET /s/kra-pin-registration/ws HTTP/1.1\r\n{HOST}{asks}"));
    caller.hears_head().unwrap();
    assert_eq!(caller.hears_to_the_end(), "");
    eventually("the place is free", || (scene.kra_in_flight() == 0).then_some(()));
}

#[test]
fn open_tunnels_do_not_keep_a_gateway_from_stopping() {
    let kra = AgencySystem::start(|mut conversation| {
        conversation.hears().unwrap();
        conversation
            .wire
            .says("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n");
        conversation.wire.hears_to_the_end();
    });
    let mut scene = Scene::new(&kra);
    let mut caller = scene.caller();
    let asks = "Connection: upgrade\r\nUpgrade: websocket\r\n\r\n";
    caller.says(&format!("GET /s/kra-pin-registration/ws HTTP/1.1\r\n{HOST}{asks}"));
    caller.hears_head().unwrap();
    assert!(scene.gateway.stop().success());
    assert_eq!(caller.hears_to_the_end(), "");
}

#[test]
fn what_the_caller_does_not_read_is_not_taken_from_the_agency() {
    const PIECE_BYTES: usize = 1024 * 1024;
    const PIECES: usize = 256;
    let (tell, told) = sync_channel::<usize>(1);
    let kra = AgencySystem::start(move |mut conversation| {
        conversation.hears().unwrap();
        let length = PIECES * PIECE_BYTES;
        conversation.wire.says(&format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n"));
        let piece = "x".repeat(PIECE_BYTES);
        let taken = (0..PIECES).take_while(|_| conversation.wire.try_says(&piece)).count();
        tell.send(taken).unwrap();
    });
    let scene = Scene::set_up(
        &[("KRA", &kra, json!({}))],
        &[("routing.private_networks", "127.0.0.0/8"), ("public.write_stall_max", "500ms")],
    );
    let mut caller = scene.caller();
    caller.says(&format!("GET /s/kra-pin-registration/large HTTP/1.1\r\n{HOST}\r\n"));
    caller.hears_head().unwrap();
    // The caller reads nothing more, until the gateway has enough of it. What was taken are buffers of sockets.
    let taken = told.recv_timeout(PATIENCE).unwrap();
    assert!(taken < PIECES / 4, "{taken} MiB were taken for a caller who reads nothing");
}
