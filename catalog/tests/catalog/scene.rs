//! A small invented state for the tests: one agency, one law, and a service for every shape that a fee can have.

use catalog::{Catalogue, CatalogueBuilder, Order};

/// One service per fee shape, among them those that no real fee of the product has yet. Line 1 is the brace.
pub(crate) const SHAPES: &str = r#"{
  "format": 1,
  "legal_bases": [
    { "code": "test-act", "standing": "numbered", "reference": "Test Act 1 of 2020", "instrument": "An act for tests",
      "section": "section 4", "in_force_since": "2020-01-01", "source": "Invented." },
    { "code": "test-sample", "standing": "sample", "reference": "SAMPLE/1", "instrument": "A sample",
      "source": "Invented." },
    { "code": "test-hearsay", "standing": "unnamed", "instrument": "A figure in a newspaper", "source": "Invented." }
  ],
  "agencies": [
    { "code": "TEST", "name": { "en": "Test Agency", "sw": "Taasisi ya Majaribio" }, "ministry": "Ministry of Tests" }
  ],
  "services": [
    { "slug": "test-flat", "agency": "TEST", "name": { "en": "Flat", "sw": "Sawa" },
      "description": { "en": "Costs the same.", "sw": "Bei moja." }, "delivery": ["online"], "revenue_code": "T/1",
      "fees": [
        { "version": "one", "valid_from": "2020-01-01", "valid_to": "2024-12-31", "basis": "test-act",
          "rule": { "kind": "flat", "amount": "KES 100" } },
        { "version": "two", "valid_from": "2025-01-01", "valid_to": "2025-12-31", "basis": "test-act",
          "rule": { "kind": "flat", "amount": "KES 120.50" } }
      ] },
    { "slug": "test-open", "agency": "TEST", "name": { "en": "Top-up", "sw": "Kuongeza" },
      "description": { "en": "Pay what you like.", "sw": "Lipa upendavyo." }, "delivery": ["online"],
      "revenue_code": "T/2",
      "fees": [{ "version": "one", "valid_from": "2020-01-01", "basis": "test-act", "part_payment": "allowed",
        "rule": { "kind": "open", "amount_min": "KES 1", "amount_max": "KES 100000" } }] },
    { "slug": "test-open-dollars", "agency": "TEST", "name": { "en": "Dollar top-up", "sw": "Kuongeza dola" },
      "description": { "en": "Pay what you like.", "sw": "Lipa upendavyo." }, "delivery": ["online"],
      "revenue_code": "T/2",
      "fees": [{ "version": "one", "valid_from": "2020-01-01", "basis": "test-act",
        "rule": { "kind": "open", "amount_min": "USD 1", "amount_max": "USD 100000" } }] },
    { "slug": "test-waived", "agency": "TEST", "name": { "en": "Waived", "sw": "Msamaha" },
      "description": { "en": "Without convenience fee.", "sw": "Bila ada ya jukwaa." }, "delivery": ["online"],
      "revenue_code": "T/3", "convenience_fee_waiver": "letter of the Treasury of 1 June 2024",
      "fees": [{ "version": "one", "valid_from": "2020-01-01", "basis": "test-act",
        "rule": { "kind": "flat", "amount": "KES 1000" } }] },
    { "slug": "test-bands", "agency": "TEST", "name": { "en": "Banded", "sw": "Madaraja" },
      "description": { "en": "By seats.", "sw": "Kwa viti." }, "delivery": ["online"], "revenue_code": "T/4",
      "fees": [{ "version": "one", "valid_from": "2020-01-01", "basis": "test-act",
        "rule": { "kind": "bands", "unit": { "en": "seats", "sw": "viti" }, "bands": [
          { "up_to": 6, "amount": "KES 600" }, { "up_to": 12, "amount": "KES 1030" }, { "up_to": 44, "amount": "KES 2600" }
        ] } }] },
    { "slug": "test-percentage", "agency": "TEST", "name": { "en": "Share", "sw": "Sehemu" },
      "description": { "en": "A share of a value.", "sw": "Sehemu ya thamani." }, "delivery": ["online"],
      "revenue_code": "T/5",
      "fees": [{ "version": "one", "valid_from": "2020-01-01", "basis": "test-act",
        "rule": { "kind": "percentage", "of": { "en": "value", "sw": "thamani" }, "rate_percent": "0.25",
          "rounding": "down", "value_max": "KES 1000000000", "amount_min": "KES 500", "amount_max": "KES 40000" } }] },
    { "slug": "test-sample", "agency": "TEST", "name": { "en": "Sample", "sw": "Mfano" }, "sample": true,
      "description": { "en": "Generated.", "sw": "Imetungwa." }, "delivery": ["online"], "revenue_code": "T/6",
      "fees": [{ "version": "one", "basis": "test-sample", "rule": { "kind": "flat", "amount": "KES 10" } }] },
    { "slug": "test-hearsay", "agency": "TEST", "name": { "en": "Hearsay", "sw": "Uvumi" },
      "description": { "en": "Nobody names the law.", "sw": "Hakuna sheria inayotajwa." }, "delivery": ["online"],
      "revenue_code": "T/7",
      "fees": [{ "version": "one", "basis": "test-hearsay", "rule": { "kind": "flat", "amount": "KES 10" } }] }
  ]
}
"#;

/// The convenience fee as the product has it, which the tests' own catalogue charges too.
const CONVENIENCE_FEE: &str = include_str!("../../services/convenience-fee.json");

/// The catalogue of [`SHAPES`] with the real convenience fee.
pub(crate) fn shapes() -> Catalogue {
    let mut builder = CatalogueBuilder::new();
    builder.add_file("shapes.json", SHAPES);
    builder.add_file("convenience-fee.json", CONVENIENCE_FEE);
    builder.build().unwrap()
}

/// An order, as a caller would send it.
pub(crate) fn order(json: &str) -> Order {
    serde_json::from_str(json).unwrap()
}
