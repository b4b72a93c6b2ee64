//! What reaches the agency, and what comes back.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::Method;
use ledger::{Hash, VerifyingKey};
use serde_json::{Value, json};

use super::Scene;
use crate::harness::{AgencySystem, Call, Message, get};

/// The claims of the identity that a request carried, after its signature was checked with the published keys.
fn identity(scene: &Scene, message: &Message) -> Value {
    let token = message.header("malipo-identity").expect("somebody says who calls");
    let (payload, signature) = token.split_once('.').unwrap();
    let keys = get(format!("{}/v1/keys", scene.public())).send().expect(200).json();
    let key = VerifyingKey::parse(keys["identity_keys"][0].as_str().unwrap()).unwrap();
    assert!(key.verifies(payload.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()), "{token}");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[test]
fn a_request_reaches_the_agency_as_it_was_asked() {
    let kra = AgencySystem::answering("taken");
    let scene = Scene::with(&[("KRA", &kra, json!({"address": format!("{}/malipo/v1", kra.url())}))]);
    let answer = Call::new(Method::PUT, scene.kra("/a%2Fb//c;d/%ff?x=%20&y=../z"))
        .body(r#"{"pin":"A0"}"#)
        .header("accept-language", "sw")
        .header("cookie", "sid=1; malipo_session=ours")
        .header("x-forwarded-for", "196.201.214.200")
        .header("x-real-ip", "196.201.214.200")
        .header("forwarded", "for=196.201.214.200")
        .header("malipo-identity", "forged")
        .header("keep-alive", "timeout=600")
        .send()
        .expect(200);
    assert_eq!((answer.text().as_str(), answer.header("content-type")), ("taken", Some("text/plain")));

    let heard = kra.heard_once();
    assert_eq!(heard.first_line, "PUT /malipo/v1/a%2Fb//c;d/%ff?x=%20&y=../z HTTP/1.1");
    assert_eq!(heard.text(), r#"{"pin":"A0"}"#);
    let outside = scene.agencies();
    let outside = outside.strip_prefix("http://").unwrap();
    for (name, value) in [
        ("host", Some(kra.address().to_string())),
        ("accept-language", Some("sw".to_owned())),
        ("content-type", Some("application/json".to_owned())),
        ("cookie", Some("sid=1".to_owned())),
        ("x-forwarded-for", Some("127.0.0.1".to_owned())),
        ("x-forwarded-proto", Some("http".to_owned())),
        ("x-forwarded-host", Some(outside.to_owned())),
        ("x-forwarded-prefix", Some("/s/kra-pin-registration".to_owned())),
        ("forwarded", Some(format!("for=127.0.0.1;host=\"{outside}\";proto=http"))),
        ("via", Some("1.1 malipo".to_owned())),
        ("request-id", answer.header("request-id").map(str::to_owned)),
        ("x-real-ip", None),
        ("keep-alive", None),
        ("connection", None),
    ] {
        assert_eq!(heard.header(name), value.as_deref(), "{name}");
    }
    let claims = identity(&scene, &heard);
    let expected = json!({
        "iss": scene.public(), "aud": "KRA", "kid": "127.0.0.1/identity", "iat": claims["iat"],
        "service": "kra-pin-registration", "request_id": answer.header("request-id"), "client": "127.0.0.1",
        "method": "PUT", "target_sha256": Hash::of(b"/malipo/v1/a%2Fb//c;d/%ff?x=%20&y=../z").to_string(),
    });
    assert_eq!(claims, expected);
    assert!(claims["iat"].as_i64() > Some(1_700_000_000));
}

#[test]
fn a_key_of_ours_names_its_holder_and_goes_no_further_while_any_other_is_the_agencys_to_read() {
    let kra = AgencySystem::answering("");
    let scene = Scene::new(&kra);
    let ours = scene.ready()["agency_keys"]["kra"].as_str().unwrap().to_owned();
    get(scene.kra("/mine")).key(&ours).send().expect(200);
    get(scene.kra("/theirs")).header("authorization", "Bearer a-token-of-kra").send().expect(200);
    let stranger = format!("test_{}", "0".repeat(52));
    let refused = get(scene.kra("/forged")).key(&stranger).send().expect(401);
    assert_eq!(refused.problem(), "unauthenticated");
    let [mine, theirs] = &kra.heard()[..] else { panic!("{:?}", kra.heard()) };
    assert_eq!(mine.header("authorization"), None);
    assert!(identity(&scene, mine)["principal"].as_str().unwrap().starts_with("key_"));
    assert_eq!(theirs.header("authorization"), Some("Bearer a-token-of-kra"));
    assert_eq!(identity(&scene, theirs)["principal"], Value::Null);
}

#[test]
fn an_answer_comes_back_confined_to_its_part_of_our_host() {
    let kra = AgencySystem::start(|mut conversation| {
        while conversation.hears().is_some() {
            conversation.wire.says(
                "HTTP/1.1 303 See Other\r\nLocation: /done?x=1\r\nContent-Length: 0\r\n\
                 Set-Cookie: sid=1; Domain=127.0.0.1; Path=/; HttpOnly\r\nSet-Cookie: malipo_session=stolen\r\n\
                 Strict-Transport-Security: max-age=0\r\nService-Worker-Allowed: /\r\n\
                 Connection: X-Internal\r\nX-Internal: 1\r\nKeep-Alive: timeout=5\r\nX-Own: kept\r\n\r\n",
            );
        }
    });
    let scene = Scene::new(&kra);
    let answer = get(scene.kra("/form")).send().expect(303);
    assert_eq!(answer.header("location"), Some("/s/kra-pin-registration/done?x=1"));
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["sid=1; HttpOnly; Path=/s/kra-pin-registration"]);
    for gone in ["strict-transport-security", "service-worker-allowed", "x-internal", "keep-alive"] {
        assert_eq!(answer.header(gone), None, "{gone}");
    }
    assert_eq!(answer.header("x-own"), Some("kept"));
}

#[test]
fn every_method_is_handed_on_but_those_that_would_show_what_we_added() {
    let kra = AgencySystem::start(|mut conversation| {
        while let Some(heard) = conversation.hears() {
            let body = if heard.first_line.starts_with("HEAD") { "" } else { "text" };
            conversation.wire.says(&format!("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n{body}"));
        }
    });
    let scene = Scene::new(&kra);
    for method in ["GET", "HEAD", "OPTIONS", "POST", "DELETE", "PATCH", "PROPFIND"] {
        let call = Call::new(Method::from_bytes(method.as_bytes()).unwrap(), scene.kra("/x"));
        let answer = call.send().expect(200);
        assert_eq!(answer.header("content-length"), Some("4"), "{method}");
        let heard = kra.heard();
        assert_eq!(heard.last().unwrap().first_line, format!("{method} /x HTTP/1.1"));
    }
    let told = Call::new(Method::TRACE, scene.kra("/x")).send().expect(405);
    assert_eq!(told.problem(), "method_not_allowed");
    assert_eq!(kra.heard().len(), 7);
    assert_eq!(kra.connections(), 1, "the connection is kept for the next");
}

#[test]
fn the_root_of_a_service_is_reached_with_and_without_a_slash() {
    let kra = AgencySystem::answering("root");
    let scene = Scene::new(&kra);
    for rest in ["", "/", "?a=b", "/?a=b"] {
        get(scene.kra(rest)).send().expect(200);
    }
    let lines: Vec<_> = kra.heard().into_iter().map(|heard| heard.first_line).collect();
    assert_eq!(lines, ["GET / HTTP/1.1", "GET / HTTP/1.1", "GET /?a=b HTTP/1.1", "GET /?a=b HTTP/1.1"]);
}

#[test]
fn what_has_no_system_of_its_own_says_so() {
    let kra = AgencySystem::answering("");
    let scene = Scene::new(&kra);
    assert_eq!(get(scene.kws("/x")).send().expect(404).problem(), "no_back_end");
    let unknown = format!("{}/s/no-such-service/x", scene.agencies());
    assert_eq!(get(&unknown).send().expect(404).problem(), "not_found");
    let page = get(scene.kws("")).header("accept", "text/html,*/*").send().expect(404);
    assert!(page.text().contains("no pages of its own here"), "{}", page.text());
}
