//! Fields of a body, as rows of a table: a dotted name for each, as deep as people still read. An object that the document
//! names and that is long has a page of its own, and is led to from wherever it stands.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::Value;

use super::{DOCUMENT, resolved, text};

/// Fields that are deeper are left to the document.
const DEPTH_MAX: usize = 5;
/// A body of more fields is cut there.
const FIELDS_MAX: usize = 150;
/// An object of more fields, with those of what is in it, has a page of its own.
const WRITTEN_OUT_MAX: usize = 12;
const OBJECTS: &str = "#/components/schemas/";

/// Every object that has a page of its own, by its name.
static LONG: LazyLock<BTreeMap<String, &'static Value>> = LazyLock::new(|| {
    let named = DOCUMENT["components"]["schemas"].as_object().into_iter().flatten();
    let long = named.filter(|(_, schema)| fields(&DOCUMENT, schema).len() > WRITTEN_OUT_MAX);
    long.map(|(name, schema)| (name.clone(), schema)).collect()
});

/// A field.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// `order.visitors[].count`.
    pub(super) name: String,
    /// `integer`, `array of string`, `one of unpaid, paid`.
    pub(super) kind: String,
    /// The object that it is, if that has a page of its own.
    pub(super) object: Option<String>,
    /// Whether it is always there.
    pub(super) is_required: bool,
    /// What it means.
    pub(super) about: String,
}

/// The names of all objects that have pages of their own.
pub(super) fn long_objects() -> impl Iterator<Item = &'static str> {
    LONG.keys().map(String::as_str)
}

/// The object of this name, if it has a page of its own.
pub(super) fn long_object(name: &str) -> Option<&'static Value> {
    LONG.get(name).copied()
}

/// The object that a schema refers to, itself or each of many, if that has a page of its own.
pub(super) fn referred_to(schema: &Value) -> Option<String> {
    let target = schema.get("items").unwrap_or(schema)["$ref"].as_str()?;
    let name = target.strip_prefix(OBJECTS)?;
    LONG.contains_key(name).then(|| name.to_owned())
}

/// The fields of a schema, each written out where it stands.
pub(super) fn fields(document: &Value, schema: &Value) -> Vec<Field> {
    gathered(document, schema, |_| None)
}

/// The fields of a schema, but for those of objects that have pages of their own.
pub(super) fn fields_but_of_objects(document: &Value, schema: &Value) -> Vec<Field> {
    gathered(document, schema, referred_to)
}

fn gathered(document: &Value, schema: &Value, is_elsewhere: fn(&Value) -> Option<String>) -> Vec<Field> {
    let mut gatherer = Gatherer { document, is_elsewhere, fields: Vec::new() };
    gatherer.gather(schema, "", 0);
    gatherer.fields.truncate(FIELDS_MAX);
    gatherer.fields
}

struct Gatherer<'a> {
    document: &'a Value,
    /// The object whose page has the fields of this schema.
    is_elsewhere: fn(&Value) -> Option<String>,
    fields: Vec<Field>,
}

impl Gatherer<'_> {
    fn gather(&mut self, schema: &Value, prefix: &str, depth: usize) {
        if depth > DEPTH_MAX || self.fields.len() >= FIELDS_MAX {
            return;
        }
        let document = self.document;
        let schema = resolved(document, schema);
        for part in ["allOf", "oneOf", "anyOf"].iter().filter_map(|word| schema[word].as_array()).flatten() {
            self.gather(part, prefix, depth + 1);
        }
        if let Some(items) = schema.get("items").filter(|items| (self.is_elsewhere)(items).is_none()) {
            self.gather(items, &format!("{prefix}[]"), depth + 1);
        }
        let required: Vec<_> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (name, value) in schema["properties"].as_object().into_iter().flatten() {
            let full = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
            let target = resolved(document, value);
            let object = (self.is_elsewhere)(value);
            let is_written_out = object.is_none();
            let own = text(&value["description"]);
            self.fields.push(Field {
                kind: kind(document, target),
                object,
                is_required: required.contains(&name.as_str()),
                about: if own.is_empty() { text(&target["description"]) } else { own },
                name: full.clone(),
            });
            if is_written_out {
                self.gather(target, &full, depth + 1);
            }
        }
    }
}

/// What a value is, in words.
pub(super) fn kind(document: &Value, schema: &Value) -> String {
    let schema = resolved(document, schema);
    if let Some(values) = schema["enum"].as_array() {
        let words: Vec<_> = values
            .iter()
            .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            .collect();
        return format!("one of {}", words.join(", "));
    }
    if let Some(constant) = schema.get("const") {
        return constant.to_string();
    }
    if let Some(items) = schema.get("items") {
        return format!("array of {}", kind(document, items));
    }
    let word = match &schema["type"] {
        Value::String(word) => word.clone(),
        Value::Array(words) => words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        _ => "object".to_owned(),
    };
    match schema["format"].as_str() {
        Some(format) => format!("{word} ({format})"),
        None => word,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_named_from_the_outside_in_and_a_schema_that_names_itself_comes_to_an_end() {
        let document = json!({"components": {"schemas": {
            "Money": {"type": "object", "required": ["amount"], "description": "An amount.",
                "properties": {"amount": {"type": "integer", "description": "Cents."}}},
            "Tree": {"type": "object", "properties": {"branches": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}}}
        }}});
        let schema = json!({"type": "object", "required": ["lines"], "properties": {
            "lines": {"type": "array", "items": {"type": "object", "properties": {"money": {"$ref": "#/components/schemas/Money"}}}},
            "state": {"type": "string", "enum": ["unpaid", "paid"]}
        }});
        let fields = fields(&document, &schema);
        assert!(fields.iter().all(|field| field.object.is_none()));
        let rows: Vec<_> =
            fields.iter().map(|of| (&*of.name, &*of.kind, of.is_required, &*of.about)).collect();
        assert_eq!(
            rows,
            [
                ("lines", "array of object", true, ""),
                ("lines[].money", "object", false, "An amount."),
                ("lines[].money.amount", "integer", true, "Cents."),
                ("state", "one of unpaid, paid", false, ""),
            ]
        );
        let endless = super::fields(&document, &json!({"$ref": "#/components/schemas/Tree"}));
        assert!((1..10).contains(&endless.len()), "{endless:?}");
    }

    #[test]
    fn a_long_object_of_the_document_has_its_fields_on_its_own_page_and_a_short_one_where_it_stands() {
        let schema = json!({"type": "object", "properties": {
            "bills": {"type": "array", "items": {"$ref": "#/components/schemas/Bill"}},
            "total": {"$ref": "#/components/schemas/Money"}
        }});
        let fields = fields_but_of_objects(&DOCUMENT, &schema);
        let rows: Vec<_> = fields.iter().map(|of| (&*of.name, &*of.kind, of.object.as_deref())).collect();
        assert_eq!(rows[0], ("bills", "array of object", Some("Bill")));
        assert_eq!(rows[1], ("total", "object", None));
        assert!(rows[2..].iter().all(|(name, ..)| name.starts_with("total.")) && rows.len() > 3, "{rows:?}");
        assert_eq!(referred_to(&json!({"$ref": "#/components/schemas/Bill"})).as_deref(), Some("Bill"));
    }
}
