//! Pages of agencies run scripts of their own. They have a host name of their own, so that no browser takes them for ours.

use serde_json::{Value, json};

use super::Scene;
use crate::change_control::{Person, described_services, drafted};
use crate::harness::{AgencySystem, Call, Gateway, Message, Wire, get, post};

const OWN: &str = "https://services.example.go.ke";

/// What a request with this first line and these headers is answered.
#[track_caller]
fn asked(public: &str, line: &str, headers: &str) -> Message {
    let mut caller = Wire::to(public);
    caller.says(&format!("{line} HTTP/1.1\r\n{headers}Connection: close\r\nContent-Length: 0\r\n\r\n"));
    let heard = if line.starts_with("HEAD") { caller.hears_head() } else { caller.hears_message() };
    heard.expect("it is answered")
}

fn status(message: &Message) -> u16 {
    message.first_line.split(' ').nth(1).unwrap().parse().unwrap()
}

/// A gateway that serves, before a KRA with a system of its own.
fn serving(kra: &AgencySystem, own: Option<&str>) -> Scene {
    let folder = tempfile::tempdir().unwrap();
    let catalogue = crate::harness::catalogue_with(folder.path(), &[("KRA", json!({"address": kra.url()}))]);
    let mut setup = Gateway::serve()
        .set("catalogue.file", catalogue.to_str().unwrap())
        .set("routing.private_networks", "127.0.0.0/8")
        .set("public.trusted_proxies", "127.0.0.0/8");
    if let Some(own) = own {
        setup = setup.set("routing.base_url", own);
    }
    Scene { gateway: setup.start(), _catalogue: folder }
}

#[test]
fn systems_of_agencies_are_reached_under_their_own_name_and_no_other() {
    let kra = AgencySystem::answering("from the agency");
    let scene = serving(&kra, Some(OWN));
    let at = |line: &str, host: &str| asked(&scene.public(), line, &format!("Host: {host}\r\n"));
    let path = "/s/kra-pin-registration/a%2Fb?x=%20";
    for theirs in [
        "services.example.go.ke",
        "SERVICES.Example.go.ke",
        "services.example.go.ke:443",
        "services.example.go.ke.",
    ] {
        let answer = at(&format!("GET {path}"), theirs);
        assert_eq!((status(&answer), answer.text().as_str()), (200, "from the agency"), "{theirs}");
        assert_eq!(kra.heard().last().unwrap().header("x-forwarded-host"), Some("services.example.go.ke"));
    }
    let heard = kra.heard().len();
    let others = [
        "pay.example.go.ke",
        "127.0.0.1:8080",
        "localhost",
        "a.services.example.go.ke",
        "services.example.go.ke.evil.example",
    ];
    for other in others {
        for method in ["GET", "HEAD"] {
            let answer = at(&format!("{method} {path}"), other);
            assert_eq!(status(&answer), 308, "{other}");
            assert_eq!(answer.header("location"), Some(&*format!("{OWN}{path}")), "{other}");
            assert_eq!(answer.header("cache-control"), Some("no-store"));
        }
        for method in ["POST", "PUT", "OPTIONS", "PROPFIND"] {
            let answer = at(&format!("{method} {path}"), other);
            assert_eq!(status(&answer), 421, "{method} {other}");
        }
    }
    // What a proxy of ours says about the name beside the request counts as little as what anybody else says.
    let headers = "Host: pay.example.go.ke\r\nX-Forwarded-Host: services.example.go.ke\r\n";
    assert_eq!(status(&asked(&scene.public(), &format!("GET {path}"), headers)), 308);
    assert_eq!(kra.heard().len(), heard);
}

#[test]
fn nothing_of_ours_is_answered_under_the_name_of_the_agencies() {
    let kra = AgencySystem::answering("");
    let scene = Scene::new(&kra);
    let treasury = scene.staff("asha.w", "treasury", None);
    let shown = treasury.cookie.clone();
    assert_eq!(
        get(format!("{}/en/treasury/live", scene.public())).header("cookie", &shown).send().status,
        200
    );
    let theirs = scene.agencies();
    for path in [
        "/en/treasury/live",
        "/en/",
        "/v1/services",
        "/openapi.json",
        "/demo/staff",
        "/nowhere",
        "/s",
        "/s/",
        "/",
    ] {
        let answer = get(format!("{theirs}{path}")).header("cookie", &shown).send().expect(308);
        assert_eq!(answer.header("location"), Some(&*format!("{}{path}", scene.public())));
        assert_eq!(answer.header("set-cookie"), None);
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    for path in ["/en/staff/sign-in", "/en/staff/sign-out", "/v1/bills", "/en/find-payment", "/demo/staff"] {
        let call = post(format!("{theirs}{path}"), &json!({}));
        let answer = call.header("cookie", &shown).header("origin", &theirs).send().expect(421);
        assert_eq!((answer.problem().as_str(), answer.header("set-cookie")), ("misdirected", None), "{path}");
    }
    // Nor does a page of theirs send a form of ours, though it is of this machine as well.
    let form = format!("{}/en/staff/sign-out", scene.public());
    let call = Call::new(hyper::Method::POST, form).body(format!("session={}", treasury.token));
    let forged = call.header("content-type", "application/x-www-form-urlencoded").header("cookie", &shown);
    forged.header("origin", &theirs).send().expect(403);
    assert_eq!(treasury.gets("/en/treasury/live").status, 200);
    assert_eq!(kra.heard().len(), 0);
}

#[test]
fn a_request_with_two_names_or_none_is_answered_by_nobody() {
    let kra = AgencySystem::answering("");
    let scene = serving(&kra, Some(OWN));
    let path = "/s/kra-pin-registration/x";
    for (line, headers) in [
        (format!("GET http://services.example.go.ke{path}"), "Host: pay.example.go.ke\r\n"),
        ("GET http://pay.example.go.ke/en/".to_owned(), "Host: services.example.go.ke\r\n"),
        (format!("GET {path}"), "Host: services.example.go.ke\r\nHost: pay.example.go.ke\r\n"),
        (format!("GET {path}"), "Host: services.example.go.ke, pay.example.go.ke\r\n"),
        (format!("GET {path}"), "Host: x@services.example.go.ke\r\n"),
        (format!("GET {path}"), "Host: services.example.go.ke/x\r\n"),
        (format!("GET {path}"), "Host: services.example.go.ke:443:443\r\n"),
        (format!("GET {path}"), ""),
    ] {
        let answer = asked(&scene.public(), &line, headers);
        assert_eq!(status(&answer), 400, "{line} {headers}");
        assert_eq!(answer.header("connection"), Some("close"));
    }
    assert_eq!(kra.heard().len(), 0);
    let whole = format!("GET http://services.example.go.ke{path}");
    assert_eq!(status(&asked(&scene.public(), &whole, "Host: services.example.go.ke\r\n")), 200);
}

#[test]
fn links_lead_to_the_agency_and_back() {
    let mut kra = Some(AgencySystem::answering("from the agency"));
    let scene = Scene::new(kra.as_ref().unwrap());
    let own = format!("{}/s/kra-pin-registration", scene.agencies());
    let page = get(format!("{}/en/services/kra-pin-registration", scene.public())).send().expect(200).text();
    assert!(page.contains(&format!("<a href=\"{own}/\">")), "{page}");
    let service =
        get(format!("{}/v1/services/kra-pin-registration", scene.public())).send().expect(200).json();
    assert_eq!(service["own_system"], own);
    assert_eq!(get(format!("{own}/")).send().expect(200).text(), "from the agency");
    let without = get(format!("{}/v1/services/kws-amboseli-entry", scene.public())).send().expect(200).json();
    assert_eq!(without["own_system"], Value::Null);

    // When the agency is down, a person sees a page of ours, whose style and links are where ours are.
    drop(kra.take());
    let failed = get(format!("{own}/")).header("accept", "text/html").send().expect(502);
    let (html, public) = (failed.text(), scene.public());
    assert!(
        html.contains(&format!("href=\"{public}/assets/"))
            && html.contains(&format!("href=\"{public}/en/find-payment\""))
    );
    assert!(!html.contains("href=\"/"), "{html}");
    let policy = failed.header("content-security-policy").unwrap();
    assert!(
        policy.contains(&format!("style-src {public};")) && policy.contains("form-action 'none'"),
        "{policy}"
    );
}

#[test]
fn without_a_name_of_their_own_no_catalogue_with_systems_of_agencies_is_served() {
    let kra = AgencySystem::answering("");
    let scene = serving(&kra, Some(OWN));
    let catalogue = scene._catalogue.path().join("catalogue.json");
    let refused = Gateway::serve().set("catalogue.file", catalogue.to_str().unwrap()).try_start();
    let said = refused.err().expect("it does not start").expect(1).said();
    assert!(said.contains("routing.base_url is not set") && said.contains("KRA"), "{said}");

    let mut gateway = Gateway::serve().start();
    gateway.check().expect(0);
    let mut with_system: Value = serde_json::from_str(&described_services()).unwrap();
    let agencies = with_system["agencies"].as_array_mut().unwrap();
    let kra_of = agencies.iter_mut().find(|agency| agency["code"] == "KRA").unwrap();
    kra_of["back_end"] = json!({"address": kra.url()});
    let maker = Person::with_role(&gateway, "maker");
    let refused = maker.posts("/v1/catalogue/drafts?note=systems", with_system.to_string()).expect(409);
    assert!(refused.text().contains("routing.base_url is not set"), "{}", refused.text());

    // A draft from before, or a rollback: what is not served is not published either.
    gateway.set_for_next_start("routing.base_url", OWN);
    gateway.stop();
    gateway.start_again();
    let hash = drafted(maker.posts("/v1/catalogue/drafts?note=systems", with_system.to_string()));
    gateway.stop();
    gateway.unset_for_next_start("routing.base_url");
    gateway.start_again();
    let checker = Person::with_role(&gateway, "checker");
    let publish = format!("/v1/catalogue/drafts/{hash}/publish");
    assert_eq!(checker.posts(&publish, "{}").expect(409).problem(), "conflict");
    gateway.check().expect(0);

    // And with one in force, `check` and the start say the same.
    gateway.stop();
    gateway.set_for_next_start("routing.base_url", OWN);
    gateway.start_again();
    checker.posts(&publish, "{}").expect(200);
    gateway.stop();
    gateway.unset_for_next_start("routing.base_url");
    let checked = gateway.check().expect(1).said();
    assert!(
        checked.contains("which is in force") && checked.contains("routing.base_url is not set"),
        "{checked}"
    );
    let said = gateway.try_start_again().expect_err("it does not start").expect(1).said();
    assert!(said.contains("routing.base_url is not set"), "{said}");
}
