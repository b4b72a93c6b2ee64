//! The catalogue as linked data: the Core Public Service Vocabulary Application Profile of the European Union (CPSV-AP
//! 3.2), in JSON-LD. Names that the profile has are the profile's; fees become its `Cost`, the law its `Rule`.

use catalog::{Agency, Billing, Service, Text};
use jiff::civil::Date;
use serde_json::{Value, json};

/// The prefixes of the document.
pub const CONTEXT: &str = concat!(
    r#"{"cpsv":"http://purl.org/vocab/cpsv#","cv":"http://data.europa.eu/m8g/","dct":"http://purl.org/dc/terms/","#,
    r#""dcat":"http://www.w3.org/ns/dcat#","skos":"http://www.w3.org/2004/02/skos/core#","#,
    r#""xsd":"http://www.w3.org/2001/XMLSchema#"}"#
);

/// One service with the agency that offers it. `base` is the address of this gateway.
pub fn service_node(service: &Service, agency: &Agency, base: &str, day: Date) -> Value {
    let mut node = json!({
        "@id": format!("{base}/v1/services/{}", service.slug),
        "@type": "cpsv:PublicService",
        "dct:identifier": service.slug.as_str(),
        "dct:title": in_languages(&service.name),
        "dct:description": in_languages(&service.description),
        "cv:hasCompetentAuthority": {
            "@id": format!("{base}/v1/agencies/{}", agency.code),
            "@type": "cv:PublicOrganisation",
            "dct:identifier": agency.code.as_str(),
            "dct:title": in_languages(&agency.name),
        },
        "cv:hasChannel": service.delivery.iter().map(|delivery| {
            json!({"@type": "cv:Channel", "dct:title": in_languages(&delivery.text())})
        }).collect::<Vec<_>>(),
    });
    let fields = node.as_object_mut().expect("a node is an object");
    if !service.keywords.is_empty() {
        fields.insert("dcat:keyword".to_owned(), json!(service.keywords));
    }
    if let Some(county) = service.county {
        fields.insert("dct:spatial".to_owned(), json!(county.name()));
    }
    if let Some(days) = service.promised_working_days {
        // The vocabulary's `processingTime` is a duration, and ISO 8601 knows no working days: so it is said in words.
        fields.insert("skos:note".to_owned(), json!(format!("{days} working days after payment")));
    }
    if !service.requirements.is_empty() {
        let evidence = service
            .requirements
            .iter()
            .map(|text| json!({"@type": "cv:Evidence", "dct:title": in_languages(text)}));
        fields.insert("cpsv:hasInput".to_owned(), evidence.collect());
    }
    match &service.billing {
        Billing::NotBillable(reason) => {
            fields.insert(
                "cv:hasCost".to_owned(),
                json!([{"@type": "cv:Cost", "dct:description": in_languages(reason)}]),
            );
        }
        Billing::Fees(_) => {
            if let Some(schedule) = service.fee_on(day) {
                let ranges = schedule.rule.amount_ranges();
                let costs = ranges.iter().map(|range| {
                    let most = range
                        .most
                        .map_or_else(|| "more by quantity or value".to_owned(), |most| most.to_string());
                    json!({
                        "@type": "cv:Cost",
                        "cv:currency": range.least.currency().to_string(),
                        "cv:value": {"@type": "xsd:decimal", "@value": range.least.to_decimal()},
                        "dct:description": format!("{} to {most}", range.least),
                    })
                });
                fields.insert("cv:hasCost".to_owned(), costs.collect());
                let law = json!({"@type": "cpsv:Rule", "dct:description": schedule.basis.citation()});
                fields.insert("cpsv:follows".to_owned(), law);
            }
        }
    }
    node
}

fn in_languages(text: &Text) -> Value {
    let mut values = vec![json!({"@value": text.en(), "@language": "en"})];
    if text.is_translated() {
        values.push(json!({"@value": text.sw(), "@language": "sw"}));
    }
    Value::Array(values)
}
