//! Staff sign in through an identity provider: somebody who has an account here, in the browser that began, once. What
//! the provider says is believed as far as it is signed, for us, and new.

use hyper::Method;
use serde_json::{Value, json};

use crate::harness::{
    Answer, CLIENT_ID, CLIENT_SECRET, Call, Finished, Gateway, IdentityProvider, Page, Signs, eventually,
    get, malipo, post_form, run, with_body, with_json,
};

const EMAIL: &str = "asha.wanjiru@kws.example";

/// A gateway, the provider, and Asha, whom both know.
struct Scene {
    provider: IdentityProvider,
    gateway: Gateway,
}

/// A browser that has been sent to the provider.
struct Begun {
    address: String,
    cookie: String,
}

fn asha() -> Value {
    json!({"sub": "u-7", "email": EMAIL, "email_verified": true, "acr": "two", "amr": ["pwd", "hwk"]})
}

impl Scene {
    fn new(settings: &[(&str, &str)]) -> Self {
        let provider = IdentityProvider::start(asha());
        let mut setup = Gateway::demo()
            .secret("oidc.client_secret", CLIENT_SECRET)
            .set("oidc.issuer", &provider.url())
            .set("oidc.name", "Ofisi")
            .set("oidc.client_id", CLIENT_ID)
            .set("oidc.acr_values", "two three");
        for (key, value) in settings {
            setup = setup.set(key, value);
        }
        let gateway = setup.start();
        gateway.invites("asha.w", "agency_viewer", Some("kws"));
        let scene = Self { provider, gateway };
        scene.staff(&["provider-name", "asha.w", EMAIL]).expect(0);
        scene
    }

    fn staff(&self, arguments: &[&str]) -> Finished {
        run(malipo(["staff"]).args(arguments).arg("--data").arg(self.gateway.data()))
    }

    /// A browser follows the link.
    fn begins(&self, path: &str) -> Begun {
        let sent = get(format!("{}{path}", self.gateway.public())).send().expect(303);
        Begun { address: sent.header("location").unwrap().to_owned(), cookie: cookie_of(&sent) }
    }

    /// Whoever stands at the provider's counter is sent back: where to.
    fn is_sent_back(&self, begun: &Begun) -> String {
        let back = get(&begun.address).send().expect(303).header("location").unwrap().to_owned();
        back.strip_prefix(&self.gateway.public()).expect("back to us").to_owned()
    }

    /// There and back.
    fn signs_in(&self, path: &str) -> Answer {
        let begun = self.begins(path);
        self.comes_back(&self.is_sent_back(&begun), &begun.cookie)
    }

    fn comes_back(&self, path: &str, cookie: &str) -> Answer {
        get(format!("{}{path}", self.gateway.public())).header("cookie", cookie).send()
    }

    /// Nobody gets in, and is told this.
    #[track_caller]
    fn keeps_out(&self, status: u16, said: &str) {
        let answer = self.signs_in(BEGIN);
        let text = answer.text();
        assert_eq!(answer.status, status, "{text}");
        assert!(text.contains(said), "{said:?} is not in {text}");
        assert!(!cookies(&answer).iter().any(|cookie| cookie.contains("session")), "{:?}", cookies(&answer));
    }

    fn records(&self) -> Vec<Value> {
        self.gateway.books().events("staff").iter().map(|record| record["event"].clone()).collect()
    }
}

const BEGIN: &str = "/en/staff/sign-in/provider";
const NOT_BELIEVED: &str = "could not be checked";
const AGAIN: &str = "Begin again here";
const NO_ACCOUNT: &str = "opens no account here";
const TROUBLE: &str = "does not answer as it should";

fn cookies(answer: &Answer) -> Vec<String> {
    let lines = answer.headers.get_all("set-cookie").iter();
    lines.map(|line| line.to_str().unwrap().to_owned()).collect()
}

/// What a browser shows that was given one cookie.
fn cookie_of(answer: &Answer) -> String {
    let [only] = <[String; 1]>::try_from(cookies(answer)).unwrap();
    only.split(';').next().unwrap().to_owned()
}

#[test]
fn somebody_signs_in_through_the_identity_provider() {
    let scene = Scene::new(&[]);
    let origin = scene.gateway.public();
    Page::open(&origin, "/en/staff/sign-in").says("Sign in with Ofisi").says("Or with your password");
    let wanted = Page::open(&origin, "/sw/agency/transactions?status=paid");
    assert_eq!(wanted.status, 401);
    wanted.says("Ingia kwa Ofisi");
    let link = wanted.html.split("href=\"/sw/staff/sign-in/provider").nth(1).unwrap();
    let link = format!("/sw/staff/sign-in/provider{}", link.split('"').next().unwrap().replace("&#38;", "&"));

    let sent = get(format!("{origin}{link}")).send().expect(303);
    let kept = cookies(&sent).remove(0);
    for attribute in ["Path=/", "HttpOnly", "SameSite=Lax", "Max-Age=600"] {
        assert!(kept.contains(attribute), "{kept}");
    }
    assert_eq!(sent.header("cache-control"), Some("no-store"));
    let address = sent.header("location").unwrap();
    assert!(address.contains("acr_values=two%20three"), "{address}");
    let begun = Begun { address: address.to_owned(), cookie: cookie_of(&sent) };
    let inside = scene.comes_back(&scene.is_sent_back(&begun), &begun.cookie).expect(303);
    assert_eq!(
        inside.header("location"),
        Some("/sw/agency/transactions?status=paid"),
        "where they wanted to be"
    );
    let given = cookies(&inside);
    let session = given.iter().find(|cookie| cookie.starts_with("malipo_session=")).unwrap();
    let is_forgotten =
        |cookie: &String| cookie.starts_with("malipo_provider=;") && cookie.contains("Max-Age=0");
    assert!(given.iter().any(is_forgotten), "{given:?}");
    let room = Page::open_as(&origin, "/sw/agency/", Some(session.split(';').next().unwrap()));
    room.says("Shirika la Huduma kwa Wanyamapori Kenya").says("asha.w");

    // The same by an elliptic curve, and an address in capital letters.
    scene.provider.signs(Signs::Es256);
    let mut person = asha();
    person["email"] = json!(EMAIL.to_uppercase());
    scene.provider.person(person);
    let inside = scene.signs_in(&format!("{BEGIN}?next=https://elsewhere.example/")).expect(303);
    assert_eq!(inside.header("location"), Some("/en/agency/"), "only pages of ours are led to");
    assert_eq!(scene.provider.asked("/keys"), 1, "keys are kept");

    let id =
        scene.records().iter().find(|event| event["staff"] == "provider_named").unwrap()["account"].clone();
    let records = scene.records();
    let count = records.iter().filter(|event| event["staff"] == "signed_in").count();
    assert_eq!(count, 2, "{records:?}");
    assert!(records.iter().any(|event| event["by_provider"] == true && event["account"] == id));
    assert_eq!(scene.gateway.metric("malipo_staff_sign_ins_total{outcome=\"provider_in\"}"), 2);
    for secret in [EMAIL, "asha", "u-7", CLIENT_SECRET] {
        let books = scene.gateway.books();
        assert!(
            !books.records.iter().any(|record| record.to_string().contains(secret)),
            "{secret} is in a record"
        );
        assert!(!scene.gateway.log().contains(secret), "{secret} is in the log");
    }
}

#[test]
fn a_token_is_believed_if_it_is_signed_for_us_now_and_in_answer() {
    let scene = Scene::new(&[]);
    type Twist = fn(&mut Value, &mut Value);
    let twists: [(&str, Twist); 13] = [
        ("another nonce", |_, claims| claims["nonce"] = json!("n-0S6_WzA2Mj")),
        ("no nonce", |_, claims| drop(claims.as_object_mut().unwrap().remove("nonce"))),
        ("for somebody else", |_, claims| claims["aud"] = json!("another-client")),
        ("for somebody else too", |_, claims| claims["aud"] = json!([CLIENT_ID, "another-client"])),
        ("made for somebody else", |_, claims| claims["azp"] = json!("another-client")),
        ("made for a list", |_, claims| claims["azp"] = json!([CLIENT_ID])),
        ("with an extension that has to be understood", |head, _| head["crit"] = json!(["exp"])),
        ("of another issuer", |_, claims| claims["iss"] = json!("https://elsewhere.example")),
        ("of several issuers", |_, claims| {
            claims["iss"] = json!([claims["iss"], "https://elsewhere.example"])
        }),
        ("expired", |_, claims| claims["exp"] = json!(claims["iat"].as_u64().unwrap() - 60)),
        ("never expires", |_, claims| drop(claims.as_object_mut().unwrap().remove("exp"))),
        ("expires in words", |_, claims| claims["exp"] = json!("tomorrow")),
        ("of the future", |_, claims| claims["nbf"] = json!(claims["iat"].as_u64().unwrap() + 600)),
    ];
    for (what, twist) in twists {
        eprintln!("{what}");
        scene.provider.twists(twist);
        scene.keeps_out(502, NOT_BELIEVED);
    }
    scene.provider.is_honest();
    for signs in [Signs::None, Signs::Hs256WithThePublicKey, Signs::Rs256WithAnotherKey] {
        eprintln!("{signs:?}");
        scene.provider.signs(signs);
        scene.keeps_out(502, NOT_BELIEVED);
    }
    // With a name that the library knows, and still without a signature.
    scene.provider.signs(Signs::None);
    scene.provider.twists(|head, _| head["alg"] = json!("RS256"));
    scene.keeps_out(502, NOT_BELIEVED);
    assert!(!scene.records().iter().any(|event| event["staff"] == "signed_in"), "a stranger makes no record");
    assert_eq!(scene.gateway.metric("malipo_staff_sign_ins_total{outcome=\"provider_not_believed\"}"), 17);

    // One for others too, that was made for us.
    scene.provider.is_honest();
    scene.provider.twists(|_, claims| {
        claims["aud"] = json!(["another-client", CLIENT_ID]);
        claims["azp"] = json!(CLIENT_ID);
    });
    scene.signs_in(BEGIN).expect(303);
}

#[test]
fn new_keys_are_fetched_when_they_are_needed_and_no_faster() {
    let scene = Scene::new(&[]);
    scene.signs_in(BEGIN).expect(303);
    scene.provider.changes_keys("second", true);
    scene.signs_in(BEGIN).expect(303);
    assert_eq!(scene.provider.asked("/keys"), 2);
    scene.provider.changes_keys("nowhere", false);
    for _ in 0..3 {
        scene.keeps_out(502, NOT_BELIEVED);
    }
    assert_eq!(scene.provider.asked("/keys"), 2, "whoever makes names of keys up does not make us ask");
}

#[test]
fn an_answer_counts_once_and_in_the_browser_that_began() {
    let scene = Scene::new(&[]);
    let (mine, another) = (scene.begins(BEGIN), scene.begins(BEGIN));
    let back = scene.is_sent_back(&mine);
    // Somebody's finished sign-in, carried into another's browser.
    for cookie in ["", "malipo_provider=", "malipo_provider=AAAA", &another.cookie, "malipo_session=x"] {
        let refused = scene.comes_back(&back, cookie);
        assert!(refused.expect(400).text().contains(AGAIN), "{cookie}");
    }
    assert_eq!(scene.provider.asked("/token"), 0, "the provider was not even asked");
    let only_looked = Call::new(Method::HEAD, format!("{}{back}", scene.gateway.public()));
    let only_looked = only_looked.header("cookie", &mine.cookie).send().expect(405);
    assert_eq!((only_looked.header("allow"), cookies(&only_looked).len()), (Some("GET"), 0));
    scene.comes_back(&back, &mine.cookie).expect(303);
    assert!(scene.comes_back(&back, &mine.cookie).expect(400).text().contains(AGAIN), "a second time");
    assert_eq!(scene.provider.asked("/token"), 1);

    // A code that was used elsewhere, and none.
    let fresh = scene.begins(BEGIN);
    let new = scene.is_sent_back(&fresh);
    let code = |path: &str| path.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned();
    let replayed = new.replace(&code(&new), &code(&back));
    assert!(scene.comes_back(&replayed, &fresh.cookie).expect(400).text().contains(AGAIN));
    let fresh = scene.begins(BEGIN);
    let without = scene.is_sent_back(&fresh).replace("code=", "kode=");
    assert!(scene.comes_back(&without, &fresh.cookie).expect(400).text().contains(AGAIN));
    scene.comes_back("/staff/provider", "").expect(400);
    scene.comes_back("/staff/provider?state=a&state=b", "").expect(400);

    // A restart forgets what it had sealed.
    let begun = scene.begins(BEGIN);
    let back = scene.is_sent_back(&begun);
    let mut scene = scene;
    scene.gateway.kill();
    scene.gateway.start_again();
    scene.comes_back(&back, &begun.cookie).expect(400);
    scene.signs_in(BEGIN).expect(303);
}

#[test]
fn an_answer_says_whose_it_is() {
    let scene = Scene::new(&[]);
    let issuer = format!("iss={}", scene.provider.url().replace(':', "%3A").replace('/', "%2F"));
    for other in ["iss=https%3A%2F%2Felsewhere.example", "iss=", "was=x"] {
        let begun = scene.begins(BEGIN);
        let back = scene.is_sent_back(&begun);
        assert!(back.contains(&issuer), "{back}");
        let refused = scene.comes_back(&back.replace(&issuer, other), &begun.cookie);
        assert!(refused.expect(502).text().contains(NOT_BELIEVED), "{other}");
    }
    assert_eq!(scene.provider.asked("/token"), 0, "no code of ours went anywhere");
    for (error, status, said) in [
        ("access_denied", 403, "did not let you in"),
        ("temporarily_unavailable", 502, TROUBLE),
        ("<b>made up</b>", 403, "did not let you in"),
    ] {
        let begun = scene.begins(BEGIN);
        let state = begun.address.split("state=").nth(1).unwrap().split('&').next().unwrap().to_owned();
        let error = error.replace('<', "%3C").replace('>', "%3E").replace(' ', "+");
        let refused =
            scene.comes_back(&format!("/staff/provider?error={error}&state={state}&{issuer}"), &begun.cookie);
        let text = refused.expect(status).text();
        assert!(text.contains(said) && !text.contains("made up"), "{text}");
    }
}

#[test]
fn whoever_has_no_account_here_learns_nothing_and_gets_none() {
    let scene = Scene::new(&[("oidc.agency_claim", "wakala")]);
    let with = |name: &str, value: Value| {
        let mut person = asha();
        person["wakala"] = json!("KWS");
        person[name] = value;
        scene.provider.person(person);
        scene.signs_in(BEGIN)
    };
    with("wakala", json!("kws")).expect(303);
    let mut pages: Vec<_> = [
        ("email", json!("somebody.else@kws.example")),
        ("email", json!("kws-office")),
        ("email", Value::Null),
        ("email_verified", json!(false)),
        ("email_verified", Value::Null),
        ("wakala", json!("KRA")),
        ("wakala", Value::Null),
    ]
    .into_iter()
    .map(|(name, value)| {
        let page = with(name, value.clone()).expect(403).text();
        assert!(page.contains(NO_ACCOUNT), "{name} {value}: {page}");
        page
    })
    .collect();
    // Whoever sees all agencies is of none.
    const HAZINA: &str = "hazina@treasury.example";
    scene.gateway.invites("hazina", "treasury", None);
    scene.staff(&["provider-name", "hazina", HAZINA]).expect(0);
    let treasury = |agency: Value| {
        let mut person = asha();
        (person["email"], person["wakala"]) = (json!(HAZINA), agency);
        scene.provider.person(person);
        scene.signs_in(BEGIN)
    };
    for agency in [json!("KWS"), json!(""), json!(["KWS"])] {
        pages.push(treasury(agency).expect(403).text());
    }
    treasury(Value::Null).expect(303);
    let listed = scene.staff(&["list"]).expect(0).stdout;

    // Somebody else cannot be called the same; who is not called so any more is out at once, and stays out.
    let taken = scene.staff(&["provider-name", "kws-office", &EMAIL.to_uppercase()]).expect(1);
    assert!(taken.said().contains("somebody else"), "{}", taken.said());
    let inside = with("wakala", json!("KWS")).expect(303);
    let session = cookies(&inside).into_iter().find(|cookie| cookie.starts_with("malipo_session=")).unwrap();
    let session = session.split(';').next().unwrap().to_owned();
    let room = || Page::open_as(&scene.gateway.public(), "/en/agency/", Some(&session)).status;
    assert_eq!(room(), 200);
    scene.staff(&["provider-name", "asha.w"]).expect(0);
    assert_eq!(room(), 401);
    pages.push(with("wakala", json!("KWS")).expect(403).text());
    scene.staff(&["provider-name", "asha.w", EMAIL]).expect(0);
    with("wakala", json!("KWS")).expect(303);
    scene.staff(&["end", "asha.w"]).expect(0);
    pages.push(with("wakala", json!("KWS")).expect(403).text());
    assert!(pages.windows(2).all(|two| two[0] == two[1]), "why is not told");
    assert!(
        listed.contains("asha.w") && !listed.contains("somebody.else"),
        "nobody gets an account by coming"
    );
    assert!(!scene.gateway.log().contains("@kws.example"));
}

#[test]
fn the_provider_says_that_there_was_a_second_factor() {
    let scene = Scene::new(&[("oidc.amr_values", "hwk mfa")]);
    let with = |acr: Value, amr: Value| {
        let mut person = asha();
        (person["acr"], person["amr"]) = (acr, amr);
        scene.provider.person(person);
        scene.signs_in(BEGIN)
    };
    for (acr, amr) in [
        (Value::Null, json!(["hwk"])),
        (json!("one"), json!(["hwk"])),
        (json!("two three"), json!(["hwk"])),
        (json!("two"), json!(["pwd"])),
        (json!("two"), Value::Null),
    ] {
        let refused = with(acr.clone(), amr.clone());
        assert!(refused.expect(403).text().contains("did not confirm a second factor"), "{acr} {amr}");
    }
    with(json!("three"), json!(["pwd", "mfa"])).expect(303);
}

#[test]
fn a_provider_that_fails_keeps_nobody_who_has_a_password_out() {
    let scene = Scene::new(&[]);
    let begin = || get(format!("{}{BEGIN}", scene.gateway.public())).send();
    const DISCOVERY: &str = "/.well-known/openid-configuration";
    // A provider that failed is left in peace for a moment.
    let until_asked = |path: &str, attempt: &dyn Fn() -> Answer| {
        eventually("the provider is asked", || {
            let before = scene.provider.asked(path);
            let answer = attempt();
            (scene.provider.asked(path) > before).then_some(answer)
        })
    };
    let url = scene.provider.url();
    let huge = with_body(200, "application/json", &format!("\"{}\"", "x".repeat(100_000)));
    let elsewhere = json!({
        "issuer": "https://elsewhere.example", "authorization_endpoint": url, "token_endpoint": url, "jwks_uri": url
    });
    let without_pkce = json!({
        "issuer": url, "authorization_endpoint": url, "token_endpoint": url, "jwks_uri": url,
        "code_challenge_methods_supported": ["plain"]
    });
    let moved = format!("HTTP/1.1 302 Found\r\nLocation: {url}/keys\r\nContent-Length: 0\r\n\r\n");
    for wrong in [
        huge.as_str(),
        &with_json(500, &json!({})),
        &with_json(200, &json!({"issuer": url})),
        &with_json(200, &elsewhere),
        &with_json(200, &without_pkce),
        &with_body(200, "text/html", "<html>Hotel wireless</html>"),
        &moved,
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
        "",
    ] {
        scene.provider.says(DISCOVERY, wrong);
        let refused = until_asked(DISCOVERY, &begin);
        assert!(refused.text().contains(TROUBLE), "{wrong:.80}: {}", refused.text());
        assert_eq!(refused.status, 502);
        assert!(cookies(&refused).is_empty(), "nothing was begun");
    }
    scene.provider.works();
    until_asked(DISCOVERY, &begin).expect(303);

    for (path, wrong) in [
        ("/token", huge.as_str()),
        ("/token", &with_json(500, &json!({}))),
        ("/token", &with_json(401, &json!({"error": "invalid_client"}))),
        ("/token", &with_json(200, &json!({"access_token": "and no other"}))),
        ("/token", &with_body(200, "text/plain", "{\"id_token\": \"a.b.c\"}")),
        ("/token", ""),
        ("/keys", &with_body(200, "text/html", "{\"keys\": []}")),
        ("/keys", ""),
    ] {
        scene.provider.works();
        scene.provider.says(path, wrong);
        let refused = until_asked(path, &|| scene.signs_in(BEGIN));
        assert!(refused.expect(502).text().contains(TROUBLE), "{path} {wrong:.80}");
    }
    let treasury = scene.gateway.staff("hazina", "treasury", None);
    assert_eq!(treasury.opens("/en/treasury/live").status, 200);
    scene.provider.works();
    until_asked("/keys", &|| scene.signs_in(BEGIN)).expect(303);

    // And when nobody is there at all.
    let begun = scene.begins(BEGIN);
    let back = scene.is_sent_back(&begun);
    let Scene { provider, gateway } = scene;
    drop(provider);
    let refused = get(format!("{}{back}", gateway.public())).header("cookie", &begun.cookie).send();
    assert!(refused.expect(502).text().contains(TROUBLE));
    assert_eq!(treasury.opens("/en/treasury/live").status, 200);
}

#[test]
fn passwords_can_be_switched_off() {
    let scene = Scene::new(&[("staff.password_sign_in", "false")]);
    let origin = scene.gateway.public();
    let page = Page::open(&origin, "/en/staff/sign-in");
    page.says("Sign in with Ofisi");
    assert!(!page.html.contains("type=\"password\"") && !page.html.contains("set-up"), "{}", page.html);
    let post = |path: &str| post_form(&format!("{origin}{path}"), "login=treasury&password=x&code=1");
    post("/en/staff/sign-in").expect(403);
    post("/en/staff/set-up").expect(403);
    get(format!("{origin}/en/staff/set-up")).send().expect(403);
    scene.signs_in(BEGIN).expect(303);
}

#[test]
fn what_is_wrong_with_a_provider_is_said_at_once_and_its_secret_never() {
    let setup = Gateway::serve()
        .set("oidc.issuer", "http://login.example.go.ke")
        .set("oidc.scopes", "email")
        .set("oidc.claim", "phone");
    let said = setup.try_start().err().unwrap().expect(78).said();
    for problem in [
        "oidc.issuer does not begin with https",
        "oidc.name is not set",
        "oidc.client_id is not set",
        "openid is not among them",
        "oidc.second_factor: nothing says how it is asserted",
        "expected one of email, sub, preferred_username",
    ] {
        assert!(said.contains(problem), "it does not say {problem}: {said}");
    }
    let alone = Gateway::serve().set("staff.password_sign_in", "false").set("oidc.client_id", "malipo");
    let said = alone.try_start().err().unwrap().expect(78).said();
    assert!(
        said.contains("nobody could sign in") && said.contains("oidc.client_id is of an identity"),
        "{said}"
    );
    let said = Gateway::demo().set("oidc.issuer", "https://login.example.go.ke").set("oidc.name", "x");
    let said = said.set("oidc.client_id", "x").set("oidc.acr_values", "x").try_start().err().unwrap();
    assert!(said.expect(78).said().contains("oidc.issuer: demo speaks to this machine alone"));
    let flag = Gateway::demo().set("oidc.client_secret", CLIENT_SECRET).try_start().err().unwrap().expect(78);
    assert!(flag.said().contains("cannot be given by a flag") && !flag.said().contains(CLIENT_SECRET));

    let gateway = Gateway::serve()
        .set("oidc.issuer", "https://login.example.go.ke/kws/")
        .set("oidc.name", "Ofisi")
        .set("oidc.client_id", CLIENT_ID)
        .set("oidc.second_factor", "unasserted")
        .start();
    gateway.check().expect(0);
    Page::open(&gateway.public(), "/en/staff/sign-in").says("Sign in with Ofisi");
}
