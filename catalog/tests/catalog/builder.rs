//! What a broken file is told: every problem, each with its file, line and path.

use catalog::{Catalogue, CatalogueBuilder, Problems};

use crate::scene::SHAPES;

fn problems_of(text: &str) -> Problems {
    Catalogue::from_json(text.as_bytes()).unwrap_err()
}

/// The good file with one thing changed, and the line that this thing is on.
fn broken(from: &str, to: &str) -> (String, usize) {
    let at = SHAPES.find(from).unwrap_or_else(|| panic!("{from} is not in the file"));
    (SHAPES.replacen(from, to, 1), SHAPES[..at].matches('\n').count() + 1)
}

/// What is changed, into what, which path is blamed and what is said.
const MISTAKES: &[(&str, &str, &str, &str)] = &[
    // legal bases
    (
        "\"standing\": \"numbered\", \"reference\": \"Test Act 1 of 2020\"",
        "\"standing\": \"numbered\"",
        "legal_bases[0].reference",
        "a numbered instrument needs its number",
    ),
    ("\"standing\": \"numbered\"", "\"standing\": \"reported\"", "legal_bases[0].reference", "is numbered"),
    ("Test Act 1 of 2020", "SAMPLE/2", "legal_bases[0].reference", "a sample is not law"),
    ("SAMPLE/1", "Act 7", "legal_bases[1].reference", "begins with SAMPLE/"),
    ("\"code\": \"test-sample\"", "\"code\": \"test-act\"", "legal_bases[1].code", "is there twice"),
    // agencies
    ("\"code\": \"TEST\"", "\"code\": \"test\"", "agencies[0].code", "is not an agency code"),
    (
        "\"en\": \"Test Agency\"",
        "\"en\": \" Test Agency\"",
        "agencies[0].name.en",
        "begins or ends with a space",
    ),
    (
        "\"ministry\": \"Ministry of Tests\"",
        "\"back_end\": { \"address\": \"portal.example.go.ke\" }",
        "agencies[0].back_end.address",
        "begins with https://",
    ),
    (
        "\"ministry\": \"Ministry of Tests\"",
        "\"back_end\": { \"address\": \"https://a.example\", \"health_path\": \"/../health\" }",
        "agencies[0].back_end.health_path",
        "no dot segments",
    ),
    (
        "\"ministry\": \"Ministry of Tests\"",
        "\"back_end\": { \"address\": \"https://a.example\", \"in_flight_max\": 0 }",
        "agencies[0].back_end.in_flight_max",
        "from 1 to 10000",
    ),
    (
        "\"ministry\": \"Ministry of Tests\"",
        "\"fallback\": [{ \"channel\": \"paypal\", \"text\": { \"en\": \"A\", \"sw\": \"B\" } }]",
        "agencies[0].fallback[0].channel",
        "no kind of channel",
    ),
    (
        "\"ministry\": \"Ministry of Tests\"",
        "\"fallback\": [{ \"channel\": \"mpesa_paybill\", \"text\": { \"en\": \"A\", \"sw\": \"B\" } }]",
        "agencies[0].fallback[0].channel",
        "no kind of channel",
    ),
    (
        "\"ministry\": \"Ministry of Tests\"",
        "\"fallback\": [{ \"channel\": \"bank.KCB\", \"text\": { \"en\": \"A\", \"sw\": \"B\" } }]",
        "agencies[0].fallback[0].channel",
        "after the dot",
    ),
    (
        "\"ministry\": \"Ministry of Tests\"",
        "\"fallback\": [{ \"channel\": \"bank.a\", \"text\": { \"en\": \"A\", \"sw\": \"B\" } }, { \"channel\": \"bank.a\", \"text\": { \"en\": \"A\", \"sw\": \"B\" } }]",
        "agencies[0].fallback[1].channel",
        "is there twice",
    ),
    (
        "\"ministry\": \"Ministry of Tests\"",
        "\"fallback\": [{ \"channel\": \"bank\", \"minimum\": \"KES 9\", \"maximum\": \"KES 8\", \"text\": { \"en\": \"A\", \"sw\": \"B\" } }]",
        "agencies[0].fallback[0].maximum",
        "less than the least",
    ),
    (
        "\"ministry\": \"Ministry of Tests\"",
        "\"fallback\": [{ \"channel\": \"bank\", \"minimum\": \"KES 9\", \"maximum\": \"USD 18\", \"text\": { \"en\": \"A\", \"sw\": \"B\" } }]",
        "agencies[0].fallback[0].maximum",
        "must be in KES",
    ),
    (
        "\"ministry\": \"Ministry of Tests\"",
        "\"fallback\": [{ \"channel\": \"bank\", \"days\": [\"mon\", \"Tue\"], \"text\": { \"en\": \"A\", \"sw\": \"B\" } }]",
        "agencies[0].fallback[0].days[1]",
        "is not one of",
    ),
    (
        "\"ministry\": \"Ministry of Tests\"",
        "\"fallback\": [{ \"channel\": \"bank\", \"days\": [\"mon\", \"mon\"], \"text\": { \"en\": \"A\", \"sw\": \"B\" } }]",
        "agencies[0].fallback[0].days[1]",
        "is there twice",
    ),
    (
        "\"ministry\": \"Ministry of Tests\"",
        "\"fallback\": [{ \"channel\": \"bank\", \"hours\": { \"from\": \"17:00\", \"to\": \"08:00\" }, \"text\": { \"en\": \"A\", \"sw\": \"B\" } }]",
        "agencies[0].fallback[0].hours",
        "closes before it opens",
    ),
    (
        "\"ministry\": \"Ministry of Tests\"",
        "\"fallback\": [{ \"channel\": \"bank\", \"hours\": { \"from\": \"8:00\", \"to\": \"24:01\" }, \"text\": { \"en\": \"A\", \"sw\": \"B\" } }]",
        "agencies[0].fallback[0].hours.from",
        "is not a time",
    ),
    (
        "\"ministry\": \"Ministry of Tests\"",
        "\"fallback\": [{ \"channel\": \"bank\", \"text\": { \"en\": \"A\" } }]",
        "agencies[0].fallback[0].text",
        "Kiswahili",
    ),
    (
        "\"ministry\": \"Ministry of Tests\"",
        "\"fallback\": [{ \"channel\": \"bank\", \"text\": { \"en\": \"longlonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglonglong\", \"sw\": \"B\" } }]",
        "agencies[0].fallback[0].text.en",
        "longer than 160",
    ),
    (
        "\"ministry\": \"Ministry of Tests\"",
        "\"fallback\": [{ \"channel\": \"bank.b0\", \"text\": { \"en\": \"A\", \"sw\": \"B\" } }, { \"channel\": \"bank.b1\", \"text\": { \"en\": \"A\", \"sw\": \"B\" } }, { \"channel\": \"bank.b2\", \"text\": { \"en\": \"A\", \"sw\": \"B\" } }, { \"channel\": \"bank.b3\", \"text\": { \"en\": \"A\", \"sw\": \"B\" } }, { \"channel\": \"bank.b4\", \"text\": { \"en\": \"A\", \"sw\": \"B\" } }, { \"channel\": \"bank.b5\", \"text\": { \"en\": \"A\", \"sw\": \"B\" } }, { \"channel\": \"bank.b6\", \"text\": { \"en\": \"A\", \"sw\": \"B\" } }, { \"channel\": \"bank.b7\", \"text\": { \"en\": \"A\", \"sw\": \"B\" } }, { \"channel\": \"bank.b8\", \"text\": { \"en\": \"A\", \"sw\": \"B\" } }]",
        "agencies[0].fallback",
        "at most 8",
    ),
    (
        "\"revenue_code\": \"T/1\"",
        "\"revenue_code\": \"T/1\", \"back_end\": { \"address\": \"https://a.example\", \"idle_timeout_ms\": 1 }",
        "services[0].back_end.idle_timeout_ms",
        "from 100 to 3600000",
    ),
    // services
    ("\"slug\": \"test-flat\"", "\"slug\": \"Test Flat\"", "services[0].slug", "is not a service slug"),
    ("\"slug\": \"test-open\"", "\"slug\": \"test-flat\"", "services[1].slug", "is there twice"),
    (
        "\"agency\": \"TEST\", \"name\": { \"en\": \"Flat\"",
        "\"agency\": \"TOAST\", \"name\": { \"en\": \"Flat\"",
        "services[0].agency",
        "no agency TOAST",
    ),
    ("\"en\": \"Flat\"", "\"en\": \"\"", "services[0].name.en", "the text is empty"),
    ("\"en\": \"Flat\"", "\"en\": \"Fl\\nat\"", "services[0].name.en", "line break"),
    (
        "\"delivery\": [\"online\"]",
        "\"delivery\": []",
        "services[0].delivery",
        "where the service can be had",
    ),
    (
        "\"delivery\": [\"online\"]",
        "\"delivery\": [\"online\"], \"keywords\": [\"a\", \"b\", \"a\"]",
        "services[0].keywords[2]",
        "is there twice",
    ),
    (
        "\"delivery\": [\"online\"]",
        "\"delivery\": [\"online\"], \"promised_working_days\": 521",
        "services[0].promised_working_days",
        "at most 520",
    ),
    (
        "\"revenue_code\": \"T/1\"",
        "\"revenue_code\": \"t 1\"",
        "services[0].revenue_code",
        "is not a revenue code",
    ),
    (
        "\"revenue_code\": \"T/1\"",
        "\"revenue_code\": \"T/1\", \"not_billable\": { \"en\": \"Free.\" }",
        "services[0].not_billable",
        "not both",
    ),
    // schedules
    (
        "\"valid_to\": \"2024-12-31\"",
        "\"valid_to\": \"2024-12-32\"",
        "services[0].fees[0].valid_to",
        "is not a day",
    ),
    (
        "\"valid_to\": \"2024-12-31\"",
        "\"valid_to\": \"20241231\"",
        "services[0].fees[0].valid_to",
        "is not a day",
    ),
    (
        "\"valid_to\": \"2024-12-31\"",
        "\"valid_to\": \"2019-12-31\"",
        "services[0].fees[0].valid_to",
        "before the first",
    ),
    (
        "\"valid_from\": \"2025-01-01\"",
        "\"valid_from\": \"2024-12-31\"",
        "services[0].fees[1].valid_from",
        "overlap",
    ),
    ("\"version\": \"two\"", "\"version\": \"one\"", "services[0].fees[1].version", "is there twice"),
    ("\"version\": \"two\"", "\"version\": \"Two\"", "services[0].fees[1].version", "is not a fee version"),
    (
        "\"valid_from\": \"2020-01-01\"",
        "\"valid_from\": \"2019-12-31\"",
        "services[0].fees[0].basis",
        "before its legal basis",
    ),
    (
        "\"valid_from\": \"2020-01-01\", \"valid_to\"",
        "\"valid_to\"",
        "services[0].fees[0].basis",
        "before its legal basis",
    ),
    (
        "\"basis\": \"test-act\"",
        "\"basis\": \"test-akt\"",
        "services[0].fees[0].basis",
        "no legal basis test-akt",
    ),
    (
        "\"basis\": \"test-hearsay\"",
        "\"basis\": \"test-sample\"",
        "services[7].fees[0].basis",
        "only a service marked as sample",
    ),
    // rules
    ("\"KES 100\"", "\"100\"", "services[0].fees[0].rule.amount", "is not an amount such as"),
    ("\"KES 100\"", "\"KES 0\"", "services[0].fees[0].rule.amount", "more than nothing"),
    ("\"KES 100\"", "\"KES 1.005\"", "services[0].fees[0].rule.amount", "two decimals"),
    ("\"KES 100\"", "\"EUR 100\"", "services[0].fees[0].rule.amount", "not a currency"),
    ("\"KES 100\"", "\"KES 1000000000001\"", "services[0].fees[0].rule.amount", "at most KES"),
    (
        "\"amount_min\": \"KES 1\"",
        "\"amount_min\": \"USD 1\"",
        "services[1].fees[0].rule.amount_max",
        "must be in USD",
    ),
    (
        "\"amount_min\": \"KES 1\"",
        "\"amount_min\": \"KES 100001\"",
        "services[1].fees[0].rule.amount_max",
        "less than the least",
    ),
    ("\"up_to\": 12", "\"up_to\": 6", "services[4].fees[0].rule.bands[1].up_to", "bands rise"),
    ("\"KES 1030\"", "\"USD 1030\"", "services[4].fees[0].rule.bands[1].amount", "must be in KES"),
    (
        "\"rate_percent\": \"0.25\"",
        "\"rate_percent\": \"1/4\"",
        "services[5].fees[0].rule.rate_percent",
        "is not a percentage",
    ),
    (
        "\"amount_max\": \"KES 40000\"",
        "\"amount_max\": \"KES 400\"",
        "services[5].fees[0].rule.amount_max",
        "less than the least",
    ),
];

#[test]
fn each_mistake_is_found_on_its_line() {
    for (from, to, path, words) in MISTAKES {
        let (text, line) = broken(from, to);
        let problems = problems_of(&text);
        let blamed = problems.listed().iter().find(|problem| problem.path == *path);
        let blamed = blamed.unwrap_or_else(|| panic!("{to}: nothing is said of {path}: {problems}"));
        assert!(blamed.message.contains(words), "{to}: {blamed}");
        assert_eq!(blamed.file, "catalogue.json");
        // A problem of a field that is missing, or of a neighbour, is on a line close by.
        let named = blamed.line.unwrap();
        assert!(named.abs_diff(line) <= 1, "{to}: line {named} instead of {line}: {blamed}");
    }
}

#[test]
fn all_mistakes_of_a_file_are_told_at_once() {
    let mut text = SHAPES.to_owned();
    for (from, to) in [
        ("\"slug\": \"test-flat\"", "\"slug\": \"Test Flat\""),
        ("\"valid_to\": \"2024-12-31\"", "\"valid_to\": \"never\""),
        ("\"KES 120.50\"", "\"120.50\""),
        ("\"amount_max\": \"KES 100000\"", "\"amount_max\": \"KES ten\""),
        ("\"up_to\": 12", "\"up_to\": 5"),
        ("\"revenue_code\": \"T/7\"", "\"revenue_code\": \"T/7\", \"colour\": \"red\""),
    ] {
        text = text.replacen(from, to, 1);
    }
    let problems = problems_of(&text);
    let paths: Vec<_> = problems.listed().iter().map(|problem| problem.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "services[0].slug",
            "services[0].fees[0].valid_to",
            "services[0].fees[1].rule.amount",
            "services[1].fees[0].rule.amount_max",
            "services[4].fees[0].rule.bands[1].up_to",
            "services[7]",
        ]
    );
    assert_eq!(problems.count(), 6);
    let text = problems.to_string();
    assert!(
        text.starts_with(
            "the catalogue has 6 problems\n  catalogue.json:14: services[0].slug: \"Test Flat\""
        ),
        "{text}"
    );
    assert!(text.contains("services[7]: unknown field `colour`"), "{text}");
}

#[test]
fn a_file_that_is_no_catalogue_is_told_so() {
    let cases: &[(&[u8], &str)] = &[
        (b"{", "EOF"),
        (b"[]", "expected an object with format"),
        (b"{}", "missing field `format`"),
        (b"{\"format\": 2}", "catalogue.json: format: format 2 is not one that this version reads"),
        (b"{\"format\": 1, \"service\": []}", "unknown field `service`"),
        (b"{\"format\": 1, \"format\": 1}", "duplicate field"),
        (b"\xff\xfe", "catalogue.json:1: not UTF-8: byte 1 of the line cannot be read"),
        (b"{\"format\": 1,\n\n \xe9}", "catalogue.json:3: not UTF-8: byte 2 of the line cannot be read"),
        (b"\xef\xbb\xbf{\"format\": 1}", "catalogue.json:1: the file begins with a byte order mark"),
    ];
    for (document, words) in cases {
        let problems = Catalogue::from_json(document).unwrap_err();
        assert_eq!(problems.count(), 1, "{problems}");
        assert!(problems.to_string().contains(words), "{problems}");
    }
}

#[test]
fn a_field_that_is_there_twice_is_not_read_as_its_last() {
    let (text, _) = broken("\"slug\": \"test-flat\"", "\"slug\": \"test-flap\", \"slug\": \"test-flat\"");
    assert!(problems_of(&text).to_string().contains("services[0]: duplicate field `slug`"));
}

#[test]
fn problems_are_counted_beyond_those_that_are_listed() {
    let services: Vec<_> = (0..1_500).map(|number| format!(r#"{{"slug": "s{number}"}}"#)).collect();
    let problems = problems_of(&format!("{{\"format\": 1, \"services\": [{}]}}", services.join(",")));
    assert_eq!((problems.listed().len(), problems.count()), (Problems::LISTED_MAX, 1_500));
    assert!(problems.to_string().ends_with("and 500 more"));
}

#[test]
fn the_convenience_fee_leaves_no_gap() {
    let good = include_str!("../../services/convenience-fee.json");
    let mistakes = [
        (
            "{ \"below\": \"KES 300\"",
            "{ \"below\": \"KES 200\"",
            "convenience_fee.schedules[1].bands[1].below",
        ),
        (
            "{ \"below\": \"KES 1000\", \"fee\": \"KES 25\" }",
            "{ \"fee\": \"KES 25\" }",
            "convenience_fee.schedules[1].bands[5].below",
        ),
        (
            "{ \"fee\": \"KES 50\" },\n          { \"fee\": \"USD 1\" }",
            "{ \"fee\": \"USD 1\" }",
            "convenience_fee.schedules[1].bands",
        ),
        (
            "\"valid_from\": \"2025-04-01\"",
            "\"valid_from\": \"2025-03-31\"",
            "convenience_fee.schedules[2].basis",
        ),
        (
            "\"valid_to\": \"2025-03-31\"",
            "\"valid_to\": \"2025-04-30\"",
            "convenience_fee.schedules[2].valid_from",
        ),
    ];
    for (from, to, path) in mistakes {
        assert!(good.contains(from), "{from} is not in the file");
        let problems = problems_of(&good.replacen(from, to, 1));
        assert!(problems.listed().iter().any(|problem| problem.path == path), "{to}: {problems}");
    }
    let mut builder = CatalogueBuilder::new();
    builder.add_file("a.json", good);
    builder.add_file("b.json", good);
    let twice = builder.build().unwrap_err();
    assert!(twice.to_string().contains("b.json:"), "{twice}");
    assert!(twice.to_string().contains("convenience_fee: the convenience fee is there twice"), "{twice}");
}
