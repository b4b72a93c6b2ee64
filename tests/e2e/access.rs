//! Who may call what, and whose rows they see. The matrix is made from the tables of routes themselves: a route that is
//! added is in it.

use gateway::access::{Role, STAFF_ROLES};
use gateway::api::{Access, admin_routes, callback_routes, public_routes};
use gateway::app::App;
use gateway::http::router::Route;
use serde_json::{Value, json};

use crate::harness::{
    Agency, Answer, Bill, Call, Gateway, Order, Payment, SignedIn, eventually, get, malipo, post, run,
};

/// A day at KWS, and everybody who might want to know of it.
struct Scene {
    gateway: Gateway,
    kws: Agency,
    bill: Bill,
    attempt: String,
    payment: Payment,
    receipt_number: String,
    endpoint: String,
    event: String,
    /// Work that KWS has planned on a way to pay.
    window: String,
    callers: Vec<Caller>,
}

/// Somebody with a key, or somebody who is signed in.
struct Caller {
    role: Role,
    agency: Option<&'static str>,
    shows: Shows,
}

enum Shows {
    Key(String),
    Session(SignedIn),
}

/// What a route makes of a caller, by its rule alone.
#[derive(Debug, PartialEq)]
enum Expected {
    /// It is for the handler to say.
    In,
    /// Nobody in particular, as far as this route is concerned.
    Unknown,
    /// Somebody who may not.
    Forbidden,
}

impl Caller {
    fn expected(&self, rule: Access) -> Expected {
        let (roles, is_known) = match (rule, &self.shows) {
            (Access::Anyone | Access::WhoeverHasTheAddress, _) => return Expected::In,
            (Access::Roles(roles), shows) => (roles, matches!(shows, Shows::Key(_))),
            (Access::Staff(roles), shows) => (roles, matches!(shows, Shows::Session(_))),
            (
                rule @ (Access::Provider
                | Access::OtherProvider
                | Access::MessageProvider
                | Access::ThisMachine
                | Access::Operator),
                _,
            ) => {
                panic!("{rule:?} has no place on the public listener")
            }
        };
        match (is_known, roles.contains(&self.role)) {
            (false, _) => Expected::Unknown,
            (true, true) => Expected::In,
            (true, false) => Expected::Forbidden,
        }
    }

    fn who(&self) -> String {
        let shows = if matches!(self.shows, Shows::Key(_)) { "with a key" } else { "signed in" };
        format!("{} of {:?} {shows}", self.role, self.agency)
    }
}

impl Scene {
    fn new() -> Self {
        let gateway = Gateway::demo().start();
        let kws = gateway.agency("kws");
        let bill = kws.bills(&Order::hells_gate(1));
        let attempt = kws.prompts(&bill, "0722000001").expect(202).json()["id"].as_str().unwrap().to_owned();
        let payment = Payment::of("100.00", &bill.number);
        gateway.safaricom().confirms(&payment).expect_success();
        gateway.safaricom().confirms(&payment.but_of("101.00")).expect_success();
        let receipt_number =
            kws.looks_at(&bill)["payments"][0]["receipt_number"].as_str().unwrap().to_owned();
        let wish = json!({"url": "http://127.0.0.1:9/hook"});
        let endpoint = kws.post("/v1/webhook_endpoints", &wish).send().expect(201).json()["id"].clone();
        let event = kws.get("/v1/events?limit=1").expect(200).json()["data"][0]["id"].clone();
        let status = kws.get("/v1/status").expect(200).json();
        let as_of: jiff::Timestamp = status["as_of"].as_str().unwrap().parse().unwrap();
        let in_days = |days: i64| (as_of + jiff::SignedDuration::from_hours(24 * days)).to_string();
        let work = json!({"channel": "mpesa_prompt", "agency": "KWS", "from": in_days(1), "until": in_days(2),
                          "reason": {"en": "New cable", "sw": "Kebo mpya"}});
        let window = kws.post("/v1/channel_windows", &work).send().expect(201).json()["id"].to_string();
        let text = |id: Value| id.as_str().unwrap().to_owned();
        let (endpoint, event) = (text(endpoint), text(event));
        let agencies_of = |role: Role| {
            if role.belongs_to_an_agency() { vec![Some("kws"), Some("kra")] } else { vec![None] }
        };
        let everybody = |roles: &[Role]| -> Vec<(Role, Option<&'static str>)> {
            roles
                .iter()
                .flat_map(|role| agencies_of(*role).into_iter().map(|agency| (*role, agency)))
                .collect()
        };
        let with_keys = everybody(&Role::ALL).into_iter().map(|(role, agency)| Caller {
            role,
            agency,
            shows: Shows::Key(gateway.create_key(role.word(), agency)),
        });
        let signed_in = everybody(&STAFF_ROLES).into_iter().enumerate().map(|(number, (role, agency))| {
            let session = gateway.staff(&format!("person.{number}"), role.word(), agency);
            Caller { role, agency, shows: Shows::Session(session) }
        });
        let callers = with_keys.chain(signed_in).collect();
        eventually("the views have everything", || {
            (gateway.metric("malipo_views_lag_records") == 0).then_some(())
        });
        Self { gateway, kws, bill, attempt, payment, receipt_number, endpoint, event, window, callers }
    }

    /// A path of this route that leads to what belongs to KWS.
    fn path(&self, route: &Route<App>) -> String {
        let segments = route.pattern.split('/').map(|segment| match (segment, route.pattern) {
            ("{id}", pattern) if pattern.contains("/bills/") => self.bill.id.clone(),
            ("{id}", pattern) if pattern.contains("/attempts/") => self.attempt.clone(),
            ("{id}", pattern) if pattern.contains("/webhook_endpoints/") => self.endpoint.clone(),
            ("{id}", pattern) if pattern.contains("/events/") => self.event.clone(),
            ("{id}", pattern) if pattern.contains("/channel_windows/") => self.window.clone(),
            ("{number}", pattern)
                if ["/bills/", "/applications/", "/passes/"].iter().any(|room| pattern.contains(room)) =>
            {
                self.bill.number.clone()
            }
            ("{number}", _) => self.receipt_number.clone(),
            ("{slug}", _) => "kws-hells-gate-entry".to_owned(),
            ("{lang}" | "{language}", _) => "en".to_owned(),
            (segment, _) if segment.starts_with('{') => "x".to_owned(),
            (segment, _) => segment.to_owned(),
        });
        let query = if route.name == "attempt_list" { "?status=unknown" } else { "" };
        segments.collect::<Vec<_>>().join("/") + query
    }

    /// Paths of this route, of which the second asks for KWS by name, where that can be asked for.
    fn paths(&self, route: &Route<App>) -> Vec<String> {
        let path = self.path(route);
        let by_name = matches!(route.access, Access::Staff(_)).then(|| format!("{path}?agency=KWS"));
        [path].into_iter().chain(by_name).collect()
    }

    fn call(&self, listener: &str, route: &Route<App>, path: &str, key: Option<&str>) -> Answer {
        let mut call = Call::new(route.method.clone(), format!("{listener}{path}"));
        if route.method == hyper::Method::POST {
            call = call.body("{}").idempotency_key("an-idempotency-key-of-28-char");
        }
        if let Some(key) = key {
            call = call.key(key);
        }
        call.send()
    }

    /// Asks as this caller. Forms of staff have the session's token, and name what belongs to KWS.
    fn call_as(&self, caller: &Caller, route: &Route<App>, path: &str) -> Answer {
        let session = match &caller.shows {
            Shows::Key(key) => return self.call(&self.gateway.public(), route, path, Some(key)),
            Shows::Session(session) => session,
        };
        // Whoever signs out is out for the rest of the matrix.
        if route.method != hyper::Method::POST || route.name == "staff_sign_out" {
            return session.gets(path);
        }
        if route.name == UPLOAD {
            return session.uploads(path, &session.token, &file_about(&self.bill)).send();
        }
        session.posts(path, &format!("at=Main+Gate&q={0}&number={0}", self.bill.number))
    }

    /// What nobody else may learn of.
    fn secrets(&self) -> [&str; 6] {
        [&self.bill.id, &self.bill.number, &self.attempt, &self.payment.receipt, &self.endpoint, &self.event]
    }
}

/// The form that brings a file.
const UPLOAD: &str = "console_applications_file";

/// A file that reports on this bill.
fn file_about(bill: &Bill) -> String {
    format!("payment_number,status\n{},at_agency\n", bill.number)
}

#[test]
fn each_route_takes_whom_its_row_names_and_nobody_else() {
    let scene = Scene::new();
    let public = scene.gateway.public();
    let (mut cells, mut permitted) = (0, 0);
    for route in public_routes().unwrap().iter() {
        let challenge = match route.access {
            Access::Roles(_) => Some("Bearer"),
            Access::Staff(_) => Some("Session"),
            _ => None,
        };
        for path in scene.paths(route) {
            let of_nobody = scene.call(&public, route, &path, None);
            let of_a_stranger = scene.call(&public, route, &path, Some(&format!("test_{}", "0".repeat(52))));
            let of_garbage = scene.call(&public, route, &path, Some("not-a-key"));
            for answer in [&of_nobody, &of_a_stranger, &of_garbage] {
                cells += 1;
                match challenge {
                    Some(challenge) => {
                        assert_eq!(answer.clone().expect(401).problem(), "unauthenticated", "{}", route.name);
                        assert_eq!(answer.header("www-authenticate"), Some(challenge), "{}", route.name);
                    }
                    None => {
                        assert!(![401, 403].contains(&answer.status), "{}: {}", route.name, answer.text());
                    }
                }
            }
            // Signing out is its own story: a GET of it is no row at all.
            for caller in scene.callers.iter().filter(|_| route.name != "staff_sign_out") {
                let answer = scene.call_as(caller, route, &path);
                let who = format!("{} by {}: {}", route.name, caller.who(), answer.text());
                cells += 1;
                match caller.expected(route.access) {
                    Expected::Unknown => assert_eq!(answer.status, 401, "{who}"),
                    Expected::Forbidden => {
                        assert_eq!(answer.status, 403, "{who}");
                        assert_eq!(answer.problem(), "forbidden", "{who}");
                    }
                    Expected::In => {
                        assert!(![401, 403, 500].contains(&answer.status), "{who}");
                        permitted += 1;
                    }
                }
            }
        }
    }
    assert!(cells > 1_000 && permitted > 300, "{cells} cells, {permitted} of them permitted");
    eprintln!("{cells} cells of route and caller, {permitted} of them permitted");
}

#[test]
fn every_form_of_staff_wants_the_token_of_its_session() {
    let scene = Scene::new();
    let mut forms = 0;
    let is_form =
        |route: &&Route<App>| matches!(route.access, Access::Staff(_)) && route.method != hyper::Method::GET;
    for route in public_routes().unwrap().iter().filter(is_form) {
        for caller in scene.callers.iter().filter(|caller| caller.expected(route.access) == Expected::In) {
            let Shows::Session(session) = &caller.shows else { panic!("{}", caller.who()) };
            let other = scene.callers.iter().find_map(|other| match &other.shows {
                Shows::Session(other) if other.token != session.token => Some(other.token.clone()),
                _ => None,
            });
            for token in [String::new(), "0".repeat(32), other.unwrap()] {
                let body = format!("session={token}&at=Main+Gate&q=1&number={}", scene.bill.number);
                let answer = match route.name {
                    UPLOAD => session.uploads(&scene.path(route), &token, &file_about(&scene.bill)).send(),
                    _ => session.form(&scene.path(route), &body).send(),
                };
                assert_eq!(answer.expect(403).problem(), "forbidden", "{} by {}", route.name, caller.who());
                forms += 1;
            }
        }
    }
    assert!(forms >= 20, "{forms}");
}

#[test]
fn what_is_not_yours_is_not_there() {
    let scene = Scene::new();
    let mut compared = 0;
    for caller in scene.callers.iter().filter(|caller| caller.agency == Some("kra")) {
        for route in public_routes().unwrap().iter() {
            if matches!(route.access, Access::Anyone | Access::WhoeverHasTheAddress) {
                continue;
            }
            for path in scene.paths(route) {
                let answer = scene.call_as(caller, route, &path);
                for secret in scene.secrets() {
                    // What somebody asks for stands in the links and forms of the page that answers.
                    let said =
                        answer.text().replace(&path, "").replace(&path.replacen("/en/", "/sw/", 1), "");
                    assert!(!said.contains(secret), "{} tells KRA of {secret}: {said}", route.name);
                }
                // An outage is everybody's to see; whose rows are in its report is told in fallback_money/report.rs.
                let leads_to_one = (route.pattern.contains("{id}") && route.name != "outage_report")
                    || [
                        "console_bill",
                        "console_application",
                        "console_application_report",
                        "console_pass",
                        "console_pass_claim",
                        "console_invoice",
                    ]
                    .contains(&route.name);
                if caller.expected(route.access) != Expected::In || !leads_to_one {
                    continue;
                }
                // The same names that nobody has, of the same length.
                let nobodys = path
                    .replace(&format!("/channel_windows/{}/", scene.window), "/channel_windows/9/")
                    .replace(&scene.bill.id, "bil_00000000000000000000000000")
                    .replace(&scene.bill.number, "407155201831")
                    .replace(&scene.attempt, "att_00000000000000000000000000")
                    .replace(&scene.endpoint, "whe_00000000000000000000000000")
                    .replace(&scene.event, "evt_00000000000000000000000000");
                assert_ne!(path, nobodys, "{}", route.name);
                let of_nobody = scene.call_as(caller, route, &nobodys);
                let without_id = |answer: &Answer| {
                    let mut body: Value = answer.clone().expect(404).json();
                    body.as_object_mut().unwrap().remove("request_id");
                    body
                };
                assert_eq!(without_id(&answer), without_id(&of_nobody), "{}", route.name);
                compared += 1;
            }
        }
        if let Shows::Key(key) = &caller.shows {
            let public = scene.gateway.public();
            let by_number = get(format!("{public}/v1/bills?payment_number={}", scene.bill.number)).key(key);
            let expected = match caller.role {
                Role::AgencyGate | Role::AgencyOfficer | Role::Cashier | Role::CounterSupervisor => 403,
                _ => 404,
            };
            by_number.send().expect(expected);
        }
    }
    assert!(compared >= 8, "{compared} routes lead to one thing");

    // Nobody touched it on the way.
    assert_eq!(scene.kws.looks_at(&scene.bill)["status"], "part_paid");
}

#[test]
fn the_admin_listener_takes_the_operators_token_alone() {
    let scene = Scene::new();
    let admin = scene.gateway.admin();
    for route in admin_routes().unwrap().iter() {
        let path = scene.path(route);
        match route.access {
            Access::ThisMachine => {
                scene.call(&admin, route, &path, None).expect(200);
            }
            Access::Operator => {
                scene.call(&admin, route, &path, None).expect(401);
                for caller in &scene.callers {
                    let Shows::Key(key) = &caller.shows else { continue };
                    scene.call(&admin, route, &path, Some(key)).expect(401);
                }
            }
            other => panic!("{} has {other:?}", route.name),
        }
        // What is for this machine is not on the other listeners.
        for listener in [scene.gateway.public(), scene.gateway.callbacks()] {
            scene.call(&listener, route, &path, None).expect(404);
        }
    }
}

#[test]
fn callbacks_with_another_token_are_refused_and_counted() {
    let scene = Scene::new();
    let (listener, token) =
        scene.gateway.callbacks().rsplit_once("/cb/").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let mut near = token.clone();
    near.replace_range(token.len() - 1.., if token.ends_with('0') { "1" } else { "0" });
    let before = scene.gateway.books().records.len();
    let mut refused = 0;
    for route in callback_routes().unwrap().iter() {
        for wrong in [near.as_str(), "x", &token.to_uppercase()] {
            let path = route.pattern.replace("{token}", wrong).replace("{attempt}", &scene.attempt);
            let answer = post(format!("{listener}{path}"), &Payment::of("5.00", "1").message()).send();
            assert_eq!(answer.expect(403).problem(), "callback_refused", "{}", route.name);
            refused += 1;
        }
    }
    let counted = scene.gateway.metric("malipo_callbacks_unexpected_total{reason=\"token\"}");
    assert_eq!(counted, refused);
    assert_eq!(scene.gateway.books().records.len(), before, "nothing came of it");
    // A demonstration welcomes newcomers with it; nothing else ever says it.
    assert_eq!(scene.gateway.log().matches(&token).count(), 1);
}

#[test]
fn callbacks_from_elsewhere_are_refused_whatever_they_say_of_themselves() {
    let elsewhere = Gateway::serve().set("paybill.source_addresses", "196.201.214.200").start();
    let payment = Payment::of("5.00", "INVOICE 7");
    let confirm = format!("{}/c2b/confirm", elsewhere.callbacks());
    let says = |headers: &[(&'static str, &str)]| {
        let call = post(&*confirm, &payment.message());
        headers.iter().fold(call, |call, (name, value)| call.header(name, value)).send()
    };
    for headers in [
        &[][..],
        &[("x-forwarded-for", "196.201.214.200")],
        &[("forwarded", "for=196.201.214.200")],
        &[("x-real-ip", "196.201.214.200")],
    ] {
        assert_eq!(says(headers).expect(403).problem(), "callback_refused", "{headers:?}");
    }
    assert_eq!(elsewhere.metric("malipo_callbacks_unexpected_total{reason=\"address\"}"), 4);
    assert!(elsewhere.books().events("payment_received").is_empty());
}

#[test]
fn a_proxy_of_ours_is_believed_and_a_new_address_can_be_taken_with_an_alarm() {
    let behind_proxy = Gateway::serve()
        .set("paybill.source_addresses", "196.201.214.200")
        .set("callback.trusted_proxies", "127.0.0.0/8")
        .start();
    let confirm = |gateway: &Gateway, client: &str| {
        let url = format!("{}/c2b/confirm", gateway.callbacks());
        post(url, &Payment::of("5.00", "INVOICE 7").message()).header("x-forwarded-for", client).send()
    };
    confirm(&behind_proxy, "196.201.214.200").expect_success();
    confirm(&behind_proxy, "196.201.214.201").expect(403);
    // What the client wrote itself stands to the left of what our proxy added.
    confirm(&behind_proxy, "196.201.214.200, 41.90.1.1").expect(403);

    let takes_all = Gateway::serve()
        .set("paybill.source_addresses", "196.201.214.200")
        .set("paybill.unlisted_sources", "take")
        .start();
    confirm(&takes_all, "10.0.0.1").expect_success();
    eventually("somebody is told", || {
        takes_all.log().contains("A callback comes from where none is expected.").then_some(())
    });
    assert_eq!(takes_all.books().events("payment_received").len(), 1);
}

#[test]
fn a_revoked_key_ends_at_once_and_two_keys_overlap() {
    let mut gateway = Gateway::serve().start();
    let (old, new) = (
        gateway.create_key("agency_integrator", Some("kws")),
        gateway.create_key("agency_integrator", Some("kws")),
    );
    let bill = Agency::new(gateway.public(), old.clone()).bills(&Order::hells_gate(1));
    let look = |gateway: &Gateway, key: &str| {
        get(format!("{}/v1/bills/{}", gateway.public(), bill.id)).key(key).send()
    };
    look(&gateway, &old).expect(200);
    look(&gateway, &new).expect(200);

    let listed = run(malipo(["keys", "list", "--json", "--data"]).arg(gateway.data())).expect(0).stdout;
    assert!(!listed.contains(&old) && !listed.contains(&new), "a key is shown once");
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let id_of_old = gateway.books().events("bill_created")[0]["principal"].as_str().unwrap().to_owned();
    assert!(listed["data"].as_array().unwrap().iter().any(|key| key["id"] == id_of_old));
    run(malipo(["keys", "revoke", &id_of_old, "--data"]).arg(gateway.data())).expect(0);

    assert_eq!(look(&gateway, &old).expect(401).problem(), "unauthenticated");
    look(&gateway, &new).expect(200);
    gateway.kill();
    gateway.start_again();
    look(&gateway, &old).expect(401);
    look(&gateway, &new).expect(200);
    run(malipo(["keys", "revoke", "key_ffffffffffff", "--data"]).arg(gateway.data())).expect(4);

    let expired = gateway.operator(|admin| {
        post(format!("{admin}/admin/keys"), &json!({"role": "auditor", "expires_at": "2026-01-01T00:00:00Z"}))
    });
    let expired = expired.expect(201).json()["secret"].as_str().unwrap().to_owned();
    look(&gateway, &expired).expect(401);
}
