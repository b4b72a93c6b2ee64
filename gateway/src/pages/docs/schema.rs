//! Fields of a body, as rows of a table: a dotted name for each, as deep as people still read.

use serde_json::Value;

use super::{resolved, text};

/// Fields that are deeper are left to the document.
const DEPTH_MAX: usize = 5;
/// A body of more fields is cut there.
const FIELDS_MAX: usize = 150;

/// A field.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// `order.visitors[].count`.
    pub(super) name: String,
    /// `integer`, `array of string`, `one of unpaid, paid`.
    pub(super) kind: String,
    /// Whether it is always there.
    pub(super) is_required: bool,
    /// What it means.
    pub(super) about: String,
}

/// The fields of a schema.
pub(super) fn fields(document: &Value, schema: &Value) -> Vec<Field> {
    let mut fields = Vec::new();
    gather(document, schema, "", 0, &mut fields);
    fields.truncate(FIELDS_MAX);
    fields
}

fn gather(document: &Value, schema: &Value, prefix: &str, depth: usize, fields: &mut Vec<Field>) {
    if depth > DEPTH_MAX || fields.len() >= FIELDS_MAX {
        return;
    }
    let schema = resolved(document, schema);
    for part in ["allOf", "oneOf", "anyOf"].iter().filter_map(|word| schema[word].as_array()).flatten() {
        gather(document, part, prefix, depth + 1, fields);
    }
    if let Some(items) = schema.get("items") {
        gather(document, items, &format!("{prefix}[]"), depth + 1, fields);
    }
    let required: Vec<_> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (name, value) in schema["properties"].as_object().into_iter().flatten() {
        let full = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        let target = resolved(document, value);
        let own = text(&value["description"]);
        fields.push(Field {
            kind: kind(document, target),
            is_required: required.contains(&name.as_str()),
            about: if own.is_empty() { text(&target["description"]) } else { own },
            name: full.clone(),
        });
        gather(document, target, &full, depth + 1, fields);
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
}
