//! People sign in: invited once, with a password and an app, for a working day at most. Whoever guesses learns nothing,
//! and another site's forms do nothing.

use crate::harness::{Gateway, PASSWORD, Page, SignedIn, malipo, run};

#[test]
fn a_newcomer_is_in_with_one_button_and_out_with_another() {
    let gateway = Gateway::demo().start();
    let origin = gateway.public();
    let wanted = Page::open(&origin, "/sw/agency/");
    assert_eq!(wanted.status, 401);
    wanted.says("Ingia");

    let people = Page::open(&origin, "/demo/staff");
    let button = people.html.split("<form ").find(|form| form.contains("value=\"kws-office\"")).unwrap();
    let value = |name: &str| {
        let (_, rest) = button.split_once(&format!("name=\"{name}\" value=\"")).unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let form = wanted.form("/sign-in").with("login", "kws-office");
    let form = form.with("password", &value("password")).with("code", &value("code"));
    let inside = wanted.send(&form);
    assert_eq!(
        (inside.status, inside.address.as_str()),
        (200, "/sw/agency/"),
        "one is led to where one wanted"
    );
    inside.says("Shirika la Huduma kwa Wanyamapori Kenya").says("kws-office").says("KES 0.00");

    // The same code a second time, as somebody who looked over a shoulder.
    let again = wanted.send(&form);
    assert_eq!(again.status, 422);
    again.says("Jina, nenosiri au msimbo si sahihi");

    let browser = SignedIn::of(&inside);
    let out = inside.send(&inside.form("/sign-out"));
    out.says("Ingia");
    assert_eq!(browser.opens("/sw/agency/").status, 401, "the cookie is worth nothing any more");
    let events = gateway.books();
    assert_eq!(signed_in(&events.events("staff")), 1);
}

fn signed_in(events: &[&serde_json::Value]) -> usize {
    events.iter().filter(|record| record["event"]["staff"] == "signed_in").count()
}

#[test]
fn somebody_is_invited_sets_up_is_reset_and_leaves() {
    let mut gateway = Gateway::serve().start();
    let origin = gateway.public();
    let invitation = gateway.invites("asha.w", "agency_viewer", Some("kws"));
    run(malipo(["staff", "add", "asha.w", "--role", "auditor", "--data"]).arg(gateway.data())).expect(1);
    run(malipo(["staff", "add", "robot", "--role", "maker", "--data"]).arg(gateway.data())).expect(1);

    let nowhere = ["staff", "add", "nobody", "--role", "agency_viewer", "--agency", "xyz", "--data"];
    let refused = run(malipo(nowhere).arg(gateway.data())).expect(1);
    assert!(refused.stderr.contains("no agency XYZ"), "{}", refused.stderr);

    // Mistakes on the way, none of which uses the invitation up.
    let page = Page::open(&origin, "/en/staff/set-up");
    let refused = page.send(&page.form("/set-up").with("invitation", "mzxw6ytboi"));
    assert_eq!(refused.status, 422);
    let asked = page.send(&page.form("/set-up").with("invitation", &invitation));
    for (password, again, code, said) in [
        ("short", "short", "000000", "Password must be 12 characters or more"),
        ("asha.w asha.w", "asha.w asha.w", "000000", "must not contain your name"),
        (PASSWORD, "another one here", "000000", "must be the same"),
        (PASSWORD, PASSWORD, "00000", "six digits"),
    ] {
        let form = asked.form("/set-up").with("password", password).with("again", again).with("code", code);
        let refused = asked.send(&form);
        assert_eq!(refused.status, 422);
        refused.says(said);
    }
    let (asha, inside) = gateway.sets_up("asha.w", &invitation);
    inside.says("Kenya Wildlife Service").says("asha.w");
    assert!(inside.cookie.as_deref().unwrap().starts_with("__Host-malipo_session="));
    let used = page.send(&page.form("/set-up").with("invitation", &invitation));
    assert_eq!(used.status, 422, "an invitation is used once");

    // A restart signs everybody out; password, app and the last code are known as before.
    gateway.kill();
    gateway.start_again();
    let origin = gateway.public();
    let browser = SignedIn::of(&inside);
    assert_eq!(browser.opens("/en/agency/").status, 401);
    assert_eq!(asha.tries(&origin, PASSWORD, &asha.typed_code()).status, 422, "this code was used before");
    let inside = asha.tries(&origin, PASSWORD, &asha.next_code());
    assert_eq!(inside.status, 200, "{}", inside.text());
    let browser = SignedIn::of(&inside);

    let again = run(malipo(["staff", "reset", "asha.w", "--data"]).arg(gateway.data())).expect(0).stdout;
    assert_eq!(browser.opens("/en/agency/").status, 401, "a reset ends every session");
    assert_eq!(
        asha.tries(&origin, PASSWORD, &asha.next_code()).status,
        422,
        "and takes password and app back"
    );
    let (_, inside) = gateway.sets_up("asha.w", again.trim());
    let browser = SignedIn::of(&inside);
    let listed = run(malipo(["staff", "list", "--data"]).arg(gateway.data())).expect(0).stdout;
    assert!(
        listed.contains("asha.w") && listed.contains("agency_viewer") && listed.contains("yes"),
        "{listed}"
    );
    run(malipo(["staff", "end", "asha.w", "--data"]).arg(gateway.data())).expect(0);
    assert_eq!(browser.opens("/en/agency/").status, 401);
    run(malipo(["staff", "end", "asha.w", "--data"]).arg(gateway.data())).expect(4);

    gateway.stop();
    let books = gateway.books();
    let told: Vec<_> = books
        .events("staff")
        .iter()
        .map(|record| record["event"]["staff"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(told, ["added", "set_up", "signed_in", "signed_in", "reset", "set_up", "signed_in", "ended"]);
    for secret in ["asha", "argon2", PASSWORD] {
        let record = books.records.iter().find(|record| record.to_string().contains(secret));
        assert!(record.is_none(), "{secret} is in a record: {record:?}");
        assert!(!gateway.log().contains(secret), "{secret} is in the log");
    }
}

#[test]
fn whoever_guesses_is_stopped_and_learns_nothing() {
    let gateway = Gateway::demo().start();
    let origin = gateway.public();
    let said = |login: &str, password: &str| {
        let page = Page::open(&origin, "/en/staff/sign-in");
        let form = page.form("/sign-in").with("login", login).with("password", password);
        let page = page.send(&form.with("code", "123456"));
        (page.status, page.text())
    };
    let passwords = std::fs::read_to_string(gateway.data().join("demo-staff.json")).unwrap();
    let passwords: serde_json::Value = serde_json::from_str(&passwords).unwrap();
    let right = passwords["treasury"].as_str().unwrap();
    let (status, of_nobody) = said("nobody.here", "a long wrong password");
    assert_eq!(status, 422);
    assert_eq!(said("treasury", "a long wrong password"), (422, of_nobody.clone()));
    assert_eq!(said("treasury", right), (422, of_nobody.clone()), "the password alone does not help");
    assert_eq!(said("no such name!", ""), (422, of_nobody));

    // Six tries to one name from one address, whoever has the name, and then half a minute each.
    let stopped = |login: &str| (0..8).map(|_| said(login, "x").0).filter(|status| *status == 429).count();
    assert_eq!(stopped("nobody.there"), 2);
    assert_eq!(stopped("auditor"), 2);
    assert!(gateway.metric("malipo_staff_sign_ins_total{outcome=\"wrong\"}") >= 16);
    assert_eq!(signed_in(&gateway.books().events("staff")), 0, "a stranger makes no record");
}

#[test]
fn another_sites_form_does_nothing() {
    let gateway = Gateway::demo().start();
    let gate = gateway.staff("main-gate", "agency_gate", Some("kws"));
    let out = "/en/staff/sign-out";
    let with_token = format!("session={}", gate.token);
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://elsewhere.example"),
        ("origin", "null"),
    ] {
        let answer = gate.form(out, &with_token).header(name, value).send();
        assert_eq!(answer.expect(403).problem(), "forbidden", "{name}: {value}");
        let sign_in = gate.form("/en/staff/sign-in", "login=a&password=b&code=c").header(name, value).send();
        sign_in.expect(403);
    }
    for body in ["", "session=", "session=00000000000000000000000000000000"] {
        assert_eq!(gate.form(out, body).send().expect(403).problem(), "forbidden", "{body}");
    }
    gate.gets("/en/gate").expect(200);
    let ours = gate.form(out, &with_token).header("sec-fetch-site", "same-origin");
    ours.header("origin", &gateway.public()).send().expect(303);
    gate.gets("/en/gate").expect(401);
}
