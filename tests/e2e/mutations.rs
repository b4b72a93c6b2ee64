//! What editors, disks, mail servers and hurried colleagues do to a catalogue file.

use rand::Rng;
use rand::rngs::StdRng;
use serde_json::{Map, Value, json};

/// One way to spoil a file.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    spoil: Spoil,
}

enum Spoil {
    /// The bytes.
    Bytes(fn(&mut Vec<u8>, &mut StdRng)),
    /// What the text means.
    Document(fn(&mut Value, &mut StdRng)),
}

use Spoil::{Bytes, Document};

pub(crate) const KINDS: &[Kind] = &[
    Kind { name: "bits are flipped", spoil: Bytes(|bytes, chance| bits_are_flipped(bytes, chance)) },
    Kind { name: "the end is missing", spoil: Bytes(the_end_is_missing) },
    Kind { name: "a stretch is missing", spoil: Bytes(a_stretch_is_missing) },
    Kind { name: "a stretch is there twice", spoil: Bytes(a_stretch_is_there_twice) },
    Kind { name: "a row is there twice", spoil: Document(a_row_is_there_twice) },
    Kind { name: "two fields are swapped", spoil: Document(two_fields_are_swapped) },
    Kind { name: "a value has another type", spoil: Document(a_value_has_another_type) },
    Kind { name: "a number is huge", spoil: Document(a_number_is_huge) },
    Kind { name: "a text is huge", spoil: Document(a_text_is_huge) },
    Kind { name: "a text is odd", spoil: Document(a_text_is_odd) },
    Kind { name: "a field is missing", spoil: Document(a_field_is_missing) },
    Kind { name: "a field is unknown", spoil: Document(a_field_is_unknown) },
    Kind { name: "bytes are no UTF-8", spoil: Bytes(bytes_are_no_utf8) },
    Kind { name: "control characters", spoil: Bytes(control_characters) },
    Kind { name: "it is nested deeply", spoil: Bytes(it_is_nested_deeply) },
    Kind { name: "next to nothing", spoil: Bytes(next_to_nothing) },
    Kind { name: "a byte order mark", spoil: Bytes(a_byte_order_mark) },
    Kind { name: "lines of another system", spoil: Bytes(lines_of_another_system) },
    Kind { name: "another kind of file", spoil: Bytes(another_kind_of_file) },
    Kind { name: "rubbish of 10 MB", spoil: Bytes(rubbish) },
];

/// The valid file, spoiled in this way.
pub(crate) fn spoiled(kind: &Kind, valid: &str, chance: &mut StdRng) -> Vec<u8> {
    match kind.spoil {
        Bytes(spoil) => {
            let mut bytes = valid.as_bytes().to_vec();
            spoil(&mut bytes, chance);
            bytes
        }
        Document(spoil) => {
            let mut document: Value = serde_json::from_str(valid).unwrap();
            spoil(&mut document, chance);
            serde_json::to_vec_pretty(&document).unwrap()
        }
    }
}

fn somewhere(bytes: &[u8], chance: &mut StdRng) -> usize {
    chance.random_range(0..bytes.len())
}

fn stretch(bytes: &[u8], chance: &mut StdRng) -> std::ops::Range<usize> {
    let from = somewhere(bytes, chance);
    from..bytes.len().min(from + chance.random_range(1..400))
}

fn bits_are_flipped(bytes: &mut [u8], chance: &mut StdRng) {
    for _ in 0..chance.random_range(1..=4) {
        let at = somewhere(bytes, chance);
        bytes[at] ^= 1 << chance.random_range(0..8);
    }
}

fn the_end_is_missing(bytes: &mut Vec<u8>, chance: &mut StdRng) {
    bytes.truncate(somewhere(bytes, chance));
}

fn a_stretch_is_missing(bytes: &mut Vec<u8>, chance: &mut StdRng) {
    bytes.drain(stretch(bytes, chance));
}

fn a_stretch_is_there_twice(bytes: &mut Vec<u8>, chance: &mut StdRng) {
    let copied = stretch(bytes, chance);
    let (at, copy) = (copied.end, bytes[copied].to_vec());
    bytes.splice(at..at, copy);
}

/// One of the lists of the catalogue.
fn list<'a>(document: &'a mut Value, chance: &mut StdRng) -> &'a mut Vec<Value> {
    let name = ["services", "services", "services", "agencies", "legal_bases"][chance.random_range(0..5)];
    document[name].as_array_mut().unwrap()
}

/// Some object within a row, at any depth.
fn object<'a>(document: &'a mut Value, chance: &mut StdRng) -> &'a mut Map<String, Value> {
    let rows = list(document, chance);
    let position = chance.random_range(0..rows.len());
    deeper(&mut rows[position], chance).as_object_mut().unwrap()
}

fn deeper<'a>(value: &'a mut Value, chance: &mut StdRng) -> &'a mut Value {
    let goes_on = |inner: &Value| {
        inner.is_object() || inner.as_array().is_some_and(|all| all.iter().any(Value::is_object))
    };
    let ways: Vec<String> = match value {
        Value::Object(fields) => {
            fields.iter().filter(|(_, inner)| goes_on(inner)).map(|(name, _)| name.clone()).collect()
        }
        _ => Vec::new(),
    };
    if let Value::Array(items) = value {
        let objects: Vec<_> = (0..items.len()).filter(|at| items[*at].is_object()).collect();
        let at = objects[chance.random_range(0..objects.len())];
        return deeper(&mut items[at], chance);
    }
    if ways.is_empty() || chance.random_bool(0.4) {
        return value;
    }
    let way = &ways[chance.random_range(0..ways.len())];
    deeper(&mut value[way], chance)
}

fn field(object: &Map<String, Value>, chance: &mut StdRng) -> String {
    object.keys().nth(chance.random_range(0..object.len())).unwrap().clone()
}

fn a_row_is_there_twice(document: &mut Value, chance: &mut StdRng) {
    let rows = list(document, chance);
    let copy = rows[chance.random_range(0..rows.len())].clone();
    rows.insert(chance.random_range(0..rows.len()), copy);
}

fn two_fields_are_swapped(document: &mut Value, chance: &mut StdRng) {
    let object = object(document, chance);
    let (one, other) = (field(object, chance), field(object, chance));
    let (of_one, of_other) = (object[&one].clone(), object[&other].clone());
    object.insert(one, of_other);
    object.insert(other, of_one);
}

fn a_value_has_another_type(document: &mut Value, chance: &mut StdRng) {
    let object = object(document, chance);
    let name = field(object, chance);
    let others =
        [json!(null), json!(true), json!(-1), json!(0.5), json!(""), json!([]), json!({}), json!(["x"])];
    object.insert(name, others[chance.random_range(0..others.len())].clone());
}

fn a_number_is_huge(document: &mut Value, chance: &mut StdRng) {
    let object = object(document, chance);
    let name = field(object, chance);
    let nines = "9".repeat(chance.random_range(10..5_000));
    let huge = [
        json!(u64::MAX),
        json!(i64::MIN),
        json!(f64::MAX),
        json!(format!("KES {nines}")),
        json!(format!("USD -{nines}.99")),
        json!(format!("{nines}-12-31")),
        json!("KES 92233720368547758.07"),
        json!("KES 1e400"),
    ];
    object.insert(name, huge[chance.random_range(0..huge.len())].clone());
}

fn a_text_is_huge(document: &mut Value, chance: &mut StdRng) {
    let object = object(document, chance);
    let name = field(object, chance);
    let letters = ["a", "ñ", "\u{1F1F0}\u{1F1EA}", "a\u{301}", " ", "\u{202E}"];
    let text = letters[chance.random_range(0..letters.len())].repeat(chance.random_range(1_000..200_000));
    object.insert(name, json!(text));
}

fn a_text_is_odd(document: &mut Value, chance: &mut StdRng) {
    let object = object(document, chance);
    let name = field(object, chance);
    let odd = [
        "../../../../etc/passwd",
        "<script>alert(1)</script>",
        "{{7*7}}",
        "' OR 1=1; --",
        "a\r\nSet-Cookie: b=c",
        "%00",
        "\u{0}",
        "http://127.0.0.1:1/",
        "0001-01-01",
        "9999-12-31",
        "KES 0",
    ];
    object.insert(name, json!(odd[chance.random_range(0..odd.len())]));
}

fn a_field_is_missing(document: &mut Value, chance: &mut StdRng) {
    let object = object(document, chance);
    let name = field(object, chance);
    object.remove(&name);
}

fn a_field_is_unknown(document: &mut Value, chance: &mut StdRng) {
    object(document, chance).insert("colour".to_owned(), json!("red"));
}

fn insert(bytes: &mut Vec<u8>, more: &[u8], chance: &mut StdRng) {
    let at = somewhere(bytes, chance);
    bytes.splice(at..at, more.iter().copied());
}

fn bytes_are_no_utf8(bytes: &mut Vec<u8>, chance: &mut StdRng) {
    // Latin-1, an overlong slash, half of a pair of surrogates, more than Unicode has, the rest of a character.
    let wrong: [&[u8]; 5] = [b"\xE9", b"\xC0\xAF", b"\xED\xA0\x80", b"\xF5\x80\x80\x80", b"\x80"];
    insert(bytes, wrong[chance.random_range(0..wrong.len())], chance);
}

fn control_characters(bytes: &mut Vec<u8>, chance: &mut StdRng) {
    let signs: [&[u8]; 5] = [b"\0", b"\x1B[2J", b"\t", b"\x7F", b"\\u0000"];
    insert(bytes, signs[chance.random_range(0..signs.len())], chance);
}

fn it_is_nested_deeply(bytes: &mut Vec<u8>, chance: &mut StdRng) {
    let opening: [&[u8]; 2] = [b"[", b"{\"rule\":"];
    let deep = opening[chance.random_range(0..2)].repeat(200_000);
    if chance.random_bool(0.5) {
        *bytes = deep;
        return;
    }
    // Where a value may stand, so that the reader goes in.
    let values: Vec<_> = (1..bytes.len()).filter(|at| bytes[at - 1] == b':').collect();
    let at = values[chance.random_range(0..values.len())];
    bytes.splice(at..at, deep);
}

fn next_to_nothing(bytes: &mut Vec<u8>, chance: &mut StdRng) {
    let nothing: [&[u8]; 8] =
        [b"", b"\n", b"null", b"[]", b"{}", b"0", b"\"\"", b"{\"format\":1,\"services\":[{}]}"];
    *bytes = nothing[chance.random_range(0..nothing.len())].to_vec();
}

fn a_byte_order_mark(bytes: &mut Vec<u8>, chance: &mut StdRng) {
    let marks: [&[u8]; 3] = [b"\xEF\xBB\xBF", b"\xFF\xFE", b"\xFE\xFF"];
    let mark = marks[chance.random_range(0..marks.len())];
    bytes.splice(0..0, mark.iter().copied());
}

fn lines_of_another_system(bytes: &mut Vec<u8>, chance: &mut StdRng) {
    let end = ["\r\n", "\r", "\n\n \t"][chance.random_range(0..3)];
    *bytes = String::from_utf8(std::mem::take(bytes)).unwrap().replace('\n', end).into_bytes();
}

fn another_kind_of_file(bytes: &mut Vec<u8>, chance: &mut StdRng) {
    let others: [&[u8]; 6] = [
        b"id,service,office,fee\n1,Hive inspection,Beekeeping Institute,KES 20\n",
        b"[list]\nseparator = \"|\"\n[columns]\nid = \"Id\"\n",
        b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0",
        b"<!doctype html><title>502 Bad Gateway</title>",
        b"\x1F\x8B\x08\0\0\0\0\0\0\x03",
        b"{\"slug\":\"one\"}\n{\"slug\":\"two\"}\n",
    ];
    *bytes = others[chance.random_range(0..others.len())].to_vec();
}

fn rubbish(bytes: &mut Vec<u8>, chance: &mut StdRng) {
    const LEN: usize = 10_000_000;
    *bytes = match chance.random_range(0..3) {
        0 => {
            let mut random = vec![0; LEN];
            chance.fill(&mut random[..]);
            random
        }
        1 => [b"{\"format\":1,\"services\":[\"".as_slice(), &vec![b'x'; LEN], b"\"]}"].concat(),
        // As many rows as fit, each of them wrong: problems are counted, and a thousand are listed.
        _ => [b"{\"format\":1,\"services\":[{}".as_slice(), &b",\n{}".repeat(LEN / 4), b"]}"].concat(),
    };
}
