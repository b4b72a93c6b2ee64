//! The table of account numbers: what is refused, what an approver sees, and that it goes out as it came in.

use catalog::{AccountMeaning, Catalogue, CatalogueBuilder, Changes};

use crate::scene::SHAPES;

/// The tests' own catalogue with these forms.
fn with_forms(forms: &str) -> Result<Catalogue, catalog::Problems> {
    let mut builder = CatalogueBuilder::new();
    builder.add_file("shapes.json", SHAPES);
    builder.add_file("forms.json", &format!("{{ \"format\": 1, \"account_forms\": [\n{forms}\n] }}"));
    builder.build()
}

/// A form named `code`, whose other fields are these.
fn form(code: &str, fields: &str) -> String {
    format!(
        "{{ \"code\": \"{code}\", \"name\": {{ \"en\": \"Slip\" }}, \"source\": \"Invented.\", {fields} }}"
    )
}

const AGENCY: &str = "{\"code\": \"TEST\", \"name\": {\"en\": \"Test\", \"sw\": \"Jaribio\"}}";
const SLIP: &str = "\"means\": \"bill_reference\", \"agency\": \"TEST\", \"service\": \"test-flat\", \
    \"characters\": \"digits\", \"length_min\": 13, \"length_max\": 15";
const MEMBER: &str = "\"means\": \"member\", \"agency\": \"TEST\", \"prefix\": \"NHIFM\", \
    \"characters\": \"digits\", \"length_min\": 6, \"length_max\": 9, \"samples\": [\"NHIFM12345678\"]";

#[test]
fn what_could_be_read_two_ways_or_by_nobody_is_refused_with_its_line() {
    let cases = [
        (
            SLIP.replace("\"length_min\": 13", "\"length_min\": 10"),
            "length_max",
            "twelve digits are a payment number",
        ),
        (SLIP.replace("15", "21"), "length_max", "from 1 to 20 behind the prefix"),
        (SLIP.replace("13", "0"), "length_max", "from 1 to 20 behind the prefix"),
        (SLIP.replace("TEST", "TOAST"), "agency", "no agency TOAST"),
        (SLIP.replace("test-flat", "test-round"), "service", "no service test-round"),
        (SLIP.replace("\"agency\": \"TEST\", ", ""), "service", "test-flat is a service of TEST"),
        (MEMBER.replace("\"agency\": \"TEST\", ", ""), "agency", "say whose members these are"),
        (MEMBER.replace("NHIFM\"", "nhifm-\""), "prefix", "1 to 10 capital letters and digits"),
        (MEMBER.replace("NHIFM12345678", "NHIFM-12345678"), "samples[0]", "a sample is of its form"),
    ];
    for (fields, field, message) in cases {
        let told = with_forms(&format!("\n{}", form("test-slip", &fields))).unwrap_err().to_string();
        let place = format!("forms.json:3: account_forms[0].{field}");
        assert!(told.contains(&place) && told.contains(message), "{fields}: {told}");
    }
    let overlap = format!("{},\n{}", form("test-slip", SLIP), form("test-other", &SLIP.replace("13", "14")));
    let told = with_forms(&overlap).unwrap_err().to_string();
    assert!(told.contains("of this form and of test-slip: no number is read two ways"), "{told}");
    let document = format!("{{\"format\": 1, \"agencies\": [{AGENCY}], \"account_forms\": [{overlap}]}}")
        .replace("\"service\": \"test-flat\", ", "");
    let refused = Catalogue::from_json(document.as_bytes()).unwrap_err();
    assert_eq!(refused.count(), 1, "{refused}");
    let kept = Catalogue::from_kept_json(document.as_bytes()).unwrap();
    assert_eq!(kept.account_forms().len(), 2, "what is in use already stays in use");
    let prefixed = |code, prefix: &str| {
        form(
            code,
            &SLIP
                .replace("\"characters\"", &format!("\"prefix\": \"{prefix}\", \"characters\""))
                .replace("13", "6")
                .replace("15", "9"),
        )
    };
    let told = |one, other| {
        with_forms(&format!("{},\n{}", prefixed("test-one", one), prefixed("test-other", other)))
    };
    for (one, other) in [("NTA", "NTB"), ("NTA", "NAT"), ("NTA", "NT"), ("NTO", "NT0")] {
        let told = told(one, other).unwrap_err().to_string();
        assert!(told.contains("forms.json:3: account_forms[1].prefix"), "{one} {other}: {told}");
    }
    told("NTA", "KWB").unwrap();
    let twice = format!("{},\n{}", form("test-slip", SLIP), form("test-slip", MEMBER));
    assert!(with_forms(&twice).unwrap_err().to_string().contains("the form test-slip is there twice"));
}

#[test]
fn the_table_goes_out_as_it_came_in_and_an_approver_sees_what_moved() {
    let forms = |slip: &str| format!("{},\n{}", form("test-slip", slip), form("test-member", MEMBER));
    let catalogue = with_forms(&forms(SLIP)).unwrap();
    let codes: Vec<_> = catalogue.account_forms().iter().map(|form| form.code.as_str()).collect();
    assert_eq!(codes, ["test-member", "test-slip"]);
    assert_eq!(catalogue.account_forms()[0].means, AccountMeaning::Member);
    let again = Catalogue::from_json(&catalogue.to_json()).unwrap();
    assert_eq!(again.account_forms(), catalogue.account_forms());
    assert_eq!(again.hash(), catalogue.hash());

    let moved = with_forms(&form("test-slip", &SLIP.replace("15", "16"))).unwrap();
    let none = with_forms("").unwrap();
    let said = |old: &Catalogue, new: &Catalogue| Changes::between(old, new).to_string();
    assert_eq!(said(&catalogue, &moved), "- account form test-member\n~ account form test-slip\n");
    assert_eq!(said(&none, &moved), "+ account form test-slip\n");
}

#[test]
fn a_catalogue_without_a_table_keeps_the_name_that_it_had() {
    let mut builder = CatalogueBuilder::new();
    builder.add_file("shapes.json", SHAPES);
    let plain = builder.build().unwrap();
    assert_eq!(with_forms("").unwrap().hash(), plain.hash());
    assert!(!String::from_utf8(plain.to_json().to_vec()).unwrap().contains("account_forms"));
}

#[test]
fn the_forms_that_come_with_the_product_are_those_that_are_reported() {
    let catalogue = Catalogue::embedded();
    let reads = |text: &str| {
        let forms: Vec<_> = catalogue.account_forms().iter().filter(|form| form.reads(text)).collect();
        assert!(forms.len() <= 1, "{text}: {forms:?}");
        forms.first().map(|form| (form.code.as_str(), form.agency.as_ref().map_or("", |code| code.as_str())))
    };
    assert_eq!(reads("2027000123456"), Some(("kra-prn", "KRA")));
    assert_eq!(reads("NHIFM12345678"), Some(("nhif-member", "SHA")));
    assert_eq!(reads("NHIFP12345678"), Some(("nhif-penalty", "SHA")));
    for invoice in ["GWLQKD", "WQBGPWRR", "X8VJM3", "FWJXRZL"] {
        assert_eq!(reads(invoice), Some(("pesaflow-invoice", "")), "{invoice}");
    }
    assert_eq!(reads("29000001"), Some(("identity-number", "")));
    for nothing in ["407155201831", "254700000001", "0700000001", "NHIF12345678", ""] {
        assert_eq!(reads(nothing), None, "{nothing}");
    }
}
