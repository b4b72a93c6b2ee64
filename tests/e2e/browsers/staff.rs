//! Every page of people who sign in, and of developers.

use gateway::api::{Access, public_routes};
use gateway::app::App;
use gateway::http::router::Route;
use serde_json::json;

use super::look::{Gallery, Look};
use super::{counter, officer, passes};
use crate::harness::{
    Agency, Bill, CLIENT_ID, CLIENT_SECRET, Gateway, Order, PASSWORD, Payment, SignedIn, eventually,
    fresh_key, post_form,
};

/// Whether a page is for people who sign in, or for developers.
pub(super) fn is_for_staff(route: &Route<App>) -> bool {
    matches!(route.access, Access::Staff(_))
        || ["/{lang}/staff/", "/staff/", "/demo/staff", "/docs"]
            .iter()
            .any(|begin| route.pattern.starts_with(begin))
}

#[test]
fn every_page_of_staff_and_of_developers_can_be_used_by_everybody_on_any_screen() {
    let gateway = Gateway::demo().services(400).start();
    let mut gallery = Gallery::default();
    let office = gateway.staff("head.office", "agency_viewer", Some("kws"));
    gallery.look(&gateway, Some(&office), &before_anything_came());
    let day = Day::new(&gateway);
    gallery.look(&gateway, Some(&office), &day.of_the_office());
    let treasury = gateway.staff("hazina", "treasury", None);
    gallery.look(&gateway, Some(&treasury), &of_the_treasury());
    let guard = gateway.staff("main-gate", "agency_gate", Some("kws"));
    gallery.look(&gateway, Some(&guard), &day.of_the_gate(&guard));
    let warden = gateway.staff("season-gate", "agency_gate", Some("SAMPLE-EDGE"));
    gallery.look(&gateway, Some(&warden), &[day.on_another_day(&warden)]);
    officer::looks(&gateway, &mut gallery);
    passes::looks(&gateway, &mut gallery);
    counter::looks(&gateway, &mut gallery);
    gallery.look(&gateway, None, &signing_in(&gateway));
    gallery.look(&through_a_provider(), None, &with_a_provider_that_is_gone());
    gallery.look(&gateway, None, &for_developers());
    for (language, person) in [("en", &office), ("sw", &guard)] {
        let out = Look::at(&format!("signed-out-{language}"), &format!("/{language}/staff/sign-out"));
        gallery.look(&gateway, Some(person), &[out.sending(&[("session", &person.token)])]);
    }
    gallery.has_all_and_nothing_wrong(is_for_staff);
}

/// As many agencies as a country has: the page to choose one from weighs no more than others, and leads to each.
#[test]
fn among_all_agencies_of_the_country_one_is_chosen_on_a_light_page() {
    let gateway = Gateway::demo().set("demo.services", "22000").start();
    let treasury = gateway.staff("hazina", "treasury", None);
    let mut gallery = Gallery::default();
    let looks = [
        Look::at("treasury-choose-all", "/{lang}/agency/").says("more: type part of the name"),
        Look::at("treasury-choose-rooms", "/{lang}/agency/applications").says("more: type part of the name"),
        Look::at("treasury-choose-some", "/{lang}/agency/transactions?q=wildlife")
            .says("Kenya Wildlife Service"),
        Look::at("treasury-choose-none", "/{lang}/agency/?q=xyzzy").says("No agency is called so"),
    ];
    gallery.look(&gateway, Some(&treasury), &looks);
    gallery.has_nothing_wrong();
    let page = treasury.opens("/en/agency/transactions");
    let some = page.send(&page.form("/en/agency/transactions").with("q", "wildlife"));
    let listed = some.follow("Kenya Wildlife Service");
    assert!(listed.address.contains("/agency/transactions?agency=KWS"), "{}", listed.address);
}

/// What came in on a day, and what is shown at gates.
struct Day {
    paid: Bill,
    part: Bill,
    unpaid: Bill,
    /// Two for a gate that lets both in, one after the other.
    visitors: [Bill; 2],
    elsewhere: Bill,
    in_season: Bill,
    code: String,
}

impl Day {
    fn new(gateway: &Gateway) -> Self {
        let (kws, kra, edge) = (gateway.agency("kws"), gateway.agency("kra"), gateway.agency("SAMPLE-EDGE"));
        let paying = |payment: &Payment| gateway.safaricom().confirms(payment).expect_success();
        let made = |adults| kws.bills(&Order::hells_gate(adults));
        let (paid, part, unpaid, visitors) = (referenced(&kws), made(3), made(3), [made(1), made(4)]);
        let today: jiff::Timestamp = paid.json["created_at"].as_str().unwrap().parse().unwrap();
        let in_a_month = (today + jiff::SignedDuration::from_hours(30 * 24)).to_string();
        let in_a_month = &in_a_month[..10];
        let elsewhere = kra.bills(&Order::assessment(900, "202612345678901234"));
        let in_season = edge.bills(&Order::of("sample-edge-seasons", &json!({"date": in_a_month})));
        let payment = Payment::of_bill(&paid);
        paying(&payment);
        for bill in [&visitors[0], &visitors[1], &elsewhere, &in_season] {
            paying(&Payment::of_bill(bill));
        }
        // Transactions for more than one page.
        for _ in 0..26 {
            paying(&Payment::of_bill(&referenced(&kws)));
        }
        paying(&Payment::of("100.00", &part.number));
        paying(&Payment::of("70.00", "SCHOOL FEES"));
        // A message that contradicts an earlier one stands in the life of a bill.
        paying(&payment.but_of("7.00"));
        eventually("the views have everything", || {
            (gateway.metric("malipo_views_lag_records") == 0).then_some(())
        });
        let signed: serde_json::Value = serde_json::from_str(&kws.receipt(&paid)).unwrap();
        let code = signed["short_form"].as_str().unwrap().to_owned();
        Self { paid, part, unpaid, visitors, elsewhere, in_season, code }
    }

    fn of_the_office(&self) -> Vec<Look> {
        let bill =
            |name: &str, bill: &Bill| Look::at(name, &format!("/{{lang}}/agency/bills/{}", bill.number));
        vec![
            Look::at("console-today", "/{lang}/agency/").says("Collected"),
            Look::at("console-live", "/{lang}/agency/live").says("Collected today"),
            Look::at("console-transactions", "/{lang}/agency/transactions").says("payments"),
            Look::at("console-none", "/{lang}/agency/transactions?to=2020-01-01")
                .says("There are no results"),
            Look::at("console-refused", "/{lang}/agency/transactions?amount=x&from=y&number=12")
                .answered(422)
                .says("There is a problem"),
            bill("console-life", &self.paid).says("Money arrived"),
            bill("console-life-part", &self.part).says("Money arrived"),
            bill("console-not-ours", &self.elsewhere).answered(404).says("Page not found"),
            Look::at("console-no-treasury", "/{lang}/treasury/live").answered(403).says("permission"),
        ]
    }

    fn of_the_gate(&self, guard: &SignedIn) -> Vec<Look> {
        let check = |name: &str, shown: &str| {
            let at = [("session", &*guard.token), ("at", "Elsa Gate"), ("q", shown)];
            Look::at(name, "/{lang}/gate").sending(&at)
        };
        let [first, second] = &self.visitors;
        let let_in = |name: &str, language: &str, bill: &Bill| {
            let at = [("session", &*guard.token), ("at", "Elsa Gate"), ("number", &*bill.number)];
            Look::at(&format!("{name}-{language}"), &format!("/{language}/gate/visits")).sending(&at)
        };
        let forged = self.code.replacen("MLP1:", "MLP1:A", 1);
        vec![
            Look::at("gate", "/{lang}/gate").says("Which gate is this?"),
            Look::at("gate-at", "/{lang}/gate?at=Elsa+Gate").says("Elsa Gate"),
            check("gate-valid", &self.paid.number).says("VALID"),
            let_in("gate-let-in", "en", first).says("LET IN"),
            let_in("gate-let-in", "sw", second),
            let_in("gate-let-in-again", "en", first).says("ALREADY USED"),
            check("gate-used", &first.number).says("ALREADY USED"),
            check("gate-not-paid", &self.unpaid.number).says("NOT PAID"),
            check("gate-part-paid", &self.part.number).says("NOT PAID"),
            check("gate-unknown", "no such thing").says("NOT FOUND"),
            check("gate-not-ours", &self.elsewhere.number).says("NOT OURS"),
            check("gate-forged", &forged).says("NOT GENUINE"),
            check("gate-nothing", "").says("Elsa Gate"),
            Look::at("gate-no-console", "/{lang}/agency/").answered(403).says("permission"),
            Look::at("gate-forged-form", "/{lang}/gate").sending(&[("at", "Elsa Gate")]).answered(403),
        ]
    }

    fn on_another_day(&self, warden: &SignedIn) -> Look {
        let at = [("session", &*warden.token), ("at", "Season Gate"), ("q", &*self.in_season.number)];
        Look::at("gate-wrong-day", "/{lang}/gate").sending(&at).says("WRONG DAY")
    }
}

/// A bill with a reference of the agency's own.
fn referenced(kws: &Agency) -> Bill {
    let mut body = Order::hells_gate(2).body().clone();
    body["agency_reference"] = "RSV-2026-0007".into();
    let made = kws.post("/v1/bills", &body).idempotency_key(&fresh_key()).send();
    Bill::read(made.expect(201).json())
}

fn before_anything_came() -> Vec<Look> {
    vec![
        Look::at("console-empty-today", "/{lang}/agency/").says("KES 0.00"),
        Look::at("console-empty-live", "/{lang}/agency/live").says("Nothing"),
        Look::at("console-empty-transactions", "/{lang}/agency/transactions")
            .says("There are no payments yet"),
    ]
}

fn of_the_treasury() -> Vec<Look> {
    vec![
        Look::at("treasury-live", "/{lang}/treasury/live").says("Collected today"),
        Look::at("treasury-choose", "/{lang}/agency/").says("Choose an agency"),
        Look::at("treasury-agency", "/{lang}/agency/?agency=KWS").says("Collected"),
        Look::at("treasury-transactions", "/{lang}/agency/transactions?agency=KRA").says("1 payment"),
        Look::at("treasury-no-agency", "/{lang}/agency/?agency=NOBODY").answered(404),
    ]
}

/// A gateway whose identity provider does not answer.
fn through_a_provider() -> Gateway {
    Gateway::demo()
        .secret("oidc.client_secret", CLIENT_SECRET)
        .set("oidc.issuer", "http://127.0.0.1:1")
        .set("oidc.name", "Ofisi")
        .set("oidc.client_id", CLIENT_ID)
        .set("oidc.acr_values", "two")
        .start()
}

fn with_a_provider_that_is_gone() -> Vec<Look> {
    vec![
        Look::at("sign-in-choice", "/{lang}/staff/sign-in").says("Ofisi"),
        Look::at("provider-gone", "/{lang}/staff/sign-in/provider").answered(502).says("Ofisi"),
        Look::at("provider-again", "/staff/provider?state=x").answered(400),
    ]
}

fn signing_in(gateway: &Gateway) -> Vec<Look> {
    let sign_in = |name: &str, login: &str| {
        let typed = [("login", login), ("password", "a wrong password"), ("code", "123456")];
        Look::at(name, "/{lang}/staff/sign-in").sending(&typed)
    };
    for _ in 0..8 {
        let typed = "login=asha.w&password=x&code=1";
        post_form(&format!("{}/en/staff/sign-in", gateway.public()), typed);
    }
    let invitation = gateway.invites("new.person", "auditor", None);
    let set_up = |name: &str, fields: &[(&str, &str)]| {
        let invited = [("invitation", &*invitation)];
        Look::at(name, "/{lang}/staff/set-up").sending(&[&invited, fields].concat())
    };
    let short = [("password", "short"), ("again", "short"), ("code", "000000")];
    let differs = [("password", PASSWORD), ("again", "another one here"), ("code", "000000")];
    let wrong_code = [("password", PASSWORD), ("again", PASSWORD), ("code", "00000")];
    vec![
        Look::at("sign-in", "/{lang}/staff/sign-in").says("Sign in"),
        Look::at("sign-in-first", "/{lang}/agency/").answered(401).says("Sign in"),
        sign_in("sign-in-refused", "nobody.here").answered(422).says("There is a problem"),
        sign_in("sign-in-too-often", "asha.w").answered(429).says("try again"),
        Look::at("set-up", "/{lang}/staff/set-up").says("invitation"),
        Look::at("set-up-refused", "/{lang}/staff/set-up")
            .sending(&[("invitation", "mzxw6ytboi")])
            .answered(422)
            .says("There is a problem"),
        set_up("set-up-app", &[]).says("Choose a password"),
        set_up("set-up-short", &short).answered(422).says("12 characters or more"),
        set_up("set-up-differs", &differs).answered(422).says("must be the same"),
        set_up("set-up-wrong-code", &wrong_code).answered(422).says("six digits"),
        Look::at("demo-staff", "/demo/staff").says("authenticator app"),
    ]
}

fn for_developers() -> Vec<Look> {
    let pages = [
        Look::at("docs", "/docs").says("Everything that can be called"),
        Look::at("docs-alerts", "/docs/alerts"),
        Look::at("docs-group", "/docs/groups/catalogue").says("/v1/services"),
        Look::at("docs-object", "/docs/objects/Bill").says("payment_number"),
        Look::at("docs-object-live", "/docs/objects/LiveCollections"),
        Look::at("docs-none", "/docs/none").answered(404),
        Look::at("docs-no-group", "/docs/groups/none").answered(404),
        Look::at("docs-no-object", "/docs/objects/none").answered(404),
    ];
    let routes = public_routes().expect("the table is sound");
    let calls = routes.iter().filter(|route| route.pattern.starts_with("/v1/"));
    let calls = calls.map(|route| {
        let name = format!("docs-{}", route.name.replace('_', "-"));
        Look::at(&name, &format!("/docs/{}", route.name)).says(route.pattern)
    });
    pages.into_iter().chain(calls).collect()
}
