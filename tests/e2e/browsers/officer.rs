//! The room of those who report what becomes of applications.

use serde_json::json;

use super::look::{Gallery, Look};
use crate::harness::{Bill, Gateway, Order, Payment, eventually};

const CENTRE: &str = "Huduma Centre GPO Nairobi";

/// Every page of theirs, with something in each.
pub(super) fn looks(gateway: &Gateway, gallery: &mut Gallery) {
    let dci = gateway.agency("dci");
    let bills: Vec<Bill> =
        (0..30).map(|_| dci.bills(&Order::of("police-clearance-certificate", &json!({})))).collect();
    for bill in &bills {
        gateway.safaricom().confirms(&Payment::of_bill(bill)).expect_success();
    }
    let ready = json!({"status": "ready", "centre": CENTRE});
    // Applications for more than one page.
    let at_agency = || json!({"status": "at_agency"});
    let on_their_way = bills[5..].iter().map(|bill| (bill, at_agency()));
    for (bill, body) in bills.iter().zip([at_agency(), ready]).chain(on_their_way) {
        dci.post(&format!("/v1/applications/{}/events", bill.number), &body).send().expect(200);
    }
    eventually("the views have everything", || {
        (gateway.metric("malipo_views_lag_records") == 0).then_some(())
    });
    let officer = gateway.staff("records.officer", "agency_officer", Some("dci"));
    let session = ("session", &*officer.token);
    let one =
        |name: &str, bill: &Bill| Look::at(name, &format!("/{{lang}}/agency/applications/{}", bill.number));
    let together = |name: &str, chosen: &[&str], centre: &str| {
        let mut fields = vec![session, ("centre", centre)];
        fields.extend(chosen.iter().map(|number| (*number, "on")));
        Look::at(name, "/{lang}/agency/applications/ready").sending(&fields)
    };
    let file = |name: &str, content: &str| {
        Look::at(name, "/{lang}/agency/applications/file").sending(&[session]).with_file("file", content)
    };
    let chosen = format!("n{}", bills[0].number);
    let good = format!("payment_number,status,centre,reason\n{},at_agency,,\n", bills[3].number);
    gallery.look(
        gateway,
        Some(&officer),
        &[
            Look::at("officer-list", "/{lang}/agency/applications").says("Applications"),
            Look::at("officer-refused-filter", "/{lang}/agency/applications?state=lost&number=1")
                .answered(422),
            Look::at("officer-uncollected", "/{lang}/agency/applications/uncollected").says(CENTRE),
            Look::at("officer-promises", "/{lang}/agency/applications/promises"),
            one("officer-paid", &bills[2]),
            one("officer-at-agency", &bills[0]),
            one("officer-ready", &bills[1]).says(CENTRE),
            one("officer-refused", &bills[0])
                .sending(&[session, ("status", "ready"), ("centre", "")])
                .answered(422)
                .says("There is a problem"),
            together("officer-none-chosen", &[], CENTRE).answered(422),
            together("officer-no-centre", &[&chosen], "").answered(422),
            file("officer-bad-file", "payment_number,status,centre,reason\n12,lost,,\n").answered(422),
            file("officer-no-file", "").answered(422),
        ],
    );
    // What is done can be done once: each of these in one language.
    let in_english = |look: Look| look.in_each_language().remove(0);
    let in_swahili = |look: Look| look.in_each_language().remove(1);
    gallery.look(
        gateway,
        Some(&officer),
        &[
            in_english(file("officer-file", &good)),
            in_swahili(together("officer-together", &[&chosen], CENTRE)),
            in_swahili(one("officer-reported", &bills[4]).sending(&[session, ("status", "at_agency")])),
        ],
    );
}
