//! The pages of an outage.

use serde_json::json;

use super::look::{Gallery, Look};
use crate::harness::{Bill, Gateway, Order, fresh_key};

#[test]
fn the_pages_of_an_outage_can_be_used_by_everybody_on_any_screen() {
    let gateway = Gateway::demo().start();
    let kra = gateway.agency("kra");
    let of_kra = kra.bills(&Order::assessment(1_200, "2027000123456"));
    let of_kws = gateway.agency("kws").bills(&Order::hells_gate(1));
    let of_ntsa = gateway.agency("NTSA").bills(&Order::of("motor-vehicle-search", &json!({})));
    let page = |name: &str, bill: &Bill| Look::at(name, &format!("/{{lang}}/bills/{}", bill.id));
    let mut gallery = Gallery::default();
    gateway.operator_says("mpesa_paybill", "drill");
    gallery.look(&gateway, None, &[page("outage-drill", &of_kws)]);
    gateway.operator_says("mpesa_paybill", "start");
    let service = Look::at("outage-service", "/{lang}/services/kws-hells-gate-entry");
    let status = Look::at("outage-status", "/{lang}/status");
    gallery.look(&gateway, None, &[page("outage-fallback", &of_kra), service, status]);
    gateway.operator_says("mpesa_prompt", "start");
    gallery.look(&gateway, None, &[page("outage-national", &of_ntsa)]);
    let office = gateway.staff("head.office", "agency_viewer", Some("kws"));
    gallery.look(&gateway, Some(&office), &[Look::at("outage-agency", "/{lang}/agency/")]);
    let treasury = gateway.staff("hazina", "treasury", None);
    gallery.look(&gateway, Some(&treasury), &[Look::at("outage-treasury", "/{lang}/treasury/live")]);
    gateway.acquirer();
    let call = kra.post(&format!("/v1/bills/{}/attempts", of_kra.id), &json!({"method": "card"}));
    call.idempotency_key(&fresh_key()).send().expect(202);
    gallery.look(&gateway, None, &[page("outage-card-page", &of_kra)]);
    for channel in ["bank.kcb", "bank_slip.kcb", "airtel_money", "card"] {
        gateway.operator_says(channel, "start");
    }
    gallery.look(&gateway, None, &[page("outage-stuck", &of_ntsa)]);
    gallery.has_nothing_wrong();
}
