//! Whoever takes the published verifiers of the specification can check what we send, also while a secret is changed for
//! another; and notices that were tampered with are refused.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::{path_of, told};
use crate::harness::{Gateway, HeardNotice, NoticeTaker, Order, eventually, run};

/// Verifies each case of a file; prints a JSON list of booleans. The library knows secrets alone; Ed25519 is node's own.
const IN_NODE: &str = r#"
const { Webhook } = require("standardwebhooks");
const crypto = require("crypto");
const cases = JSON.parse(require("fs").readFileSync(process.argv[2], "utf8"));
const ofPublicKey = (secret, headers, body) => {
  const raw = Buffer.from(secret.slice("whpk_".length), "base64");
  const key = crypto.createPublicKey({
    key: Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), raw]), format: "der", type: "spki" });
  const content = Buffer.from(`${headers["webhook-id"]}.${headers["webhook-timestamp"]}.${body}`);
  return headers["webhook-signature"].split(" ").some((signature) => signature.startsWith("v1a,") &&
    crypto.verify(null, content, key, Buffer.from(signature.slice("v1a,".length), "base64")));
};
console.log(JSON.stringify(cases.map(({ secret, headers, body }) => {
  if (secret.startsWith("whpk_")) return ofPublicKey(secret, headers, body);
  try { new Webhook(secret).verify(body, headers); return true; } catch { return false; }
})));
"#;

const IN_PYTHON: &str = r#"
import json, sys
from standardwebhooks import Webhook
def verifies(case):
    try:
        Webhook(case["secret"]).verify(case["body"], case["headers"])
        return True
    except Exception:
        return False
print(json.dumps([verifies(case) for case in json.load(open(sys.argv[1]))]))
"#;

fn case(secret: &Value, notice: &HeardNotice) -> Value {
    let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let headers: serde_json::Map<_, _> =
        names.into_iter().map(|name| (name.to_owned(), json!(notice.header(name)))).collect();
    json!({"secret": secret, "headers": headers, "body": String::from_utf8(notice.message.body.clone()).unwrap()})
}

fn but(case: &Value, change: impl FnOnce(&mut Value)) -> Value {
    let mut changed = case.clone();
    change(&mut changed);
    changed
}

fn verdicts(command: &mut Command, cases: &Path) -> Vec<bool> {
    let said = run(command.arg(cases)).expect(0).stdout;
    serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error} in {said}"))
}

#[test]
fn the_published_libraries_take_what_is_genuine_and_nothing_else() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let (taker, public) = (NoticeTaker::start(), NoticeTaker::start());
    let endpoint = told(&kws, &json!({"url": taker.url()}));
    let asymmetric = told(&kws, &json!({"url": public.url(), "signing": "ed25519"}));
    assert!(asymmetric["secret"].as_str().unwrap().starts_with("whpk_"), "{asymmetric}");
    kws.bills(&Order::hells_gate(1));
    let plain = taker.hears_of(&["bill.created"]).remove(0);
    let by_key = public.hears_of(&["bill.created"]).remove(0);

    let next = |taker: &NoticeTaker, adults: u32, signatures: usize| {
        kws.bills(&Order::hells_gate(adults));
        eventually("it is signed as it should be", || {
            let notice = taker
                .heard()
                .into_iter()
                .find(|notice| notice.json()["data"]["total"]["amount"] == adults * 50_000)?;
            assert_eq!(notice.header("webhook-signature").split(' ').count(), signatures);
            Some(notice)
        })
    };
    let rotate = |endpoint: &Value, wish: &Value| {
        let path = format!("{}/rotate", path_of(endpoint));
        let rotated = kws.post(&path, wish).send().expect(200).json();
        // Each line looks twenty times a second whether its endpoint has changed.
        std::thread::sleep(std::time::Duration::from_millis(500));
        rotated
    };
    let rotated = rotate(&endpoint, &json!({}));
    assert!(rotated["previous_secret_until"].is_string(), "{rotated}");
    assert_ne!(rotated["secret"], endpoint["secret"]);
    let by_both = next(&taker, 2, 2);
    let rotated_again = rotate(&endpoint, &json!({"overlap_seconds": 0}));
    let by_newest = next(&taker, 3, 1);

    let genuine = case(&endpoint["secret"], &plain);
    let symmetric = [
        (genuine.clone(), true),
        (case(&endpoint["secret"], &by_both), true),
        (case(&rotated["secret"], &by_both), true),
        (case(&rotated_again["secret"], &by_newest), true),
        (case(&rotated["secret"], &by_newest), false),
        (case(&rotated["secret"], &plain), false),
        (but(&genuine, |case| case["body"] = json!("{}")), false),
        (but(&genuine, |case| case["headers"]["webhook-id"] = json!("evt_other")), false),
        (but(&genuine, |case| case["headers"]["webhook-timestamp"] = json!("1614265330")), false),
    ];
    let of_key = case(&asymmetric["secret"], &by_key);
    let public = [
        (of_key.clone(), true),
        (but(&of_key, |case| case["body"] = json!("{}")), false),
        (but(&of_key, |case| case["headers"]["webhook-id"] = json!("evt_other")), false),
    ];
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    let of =
        |cases: &[(Value, bool)]| json!(cases.iter().map(|(case, _)| case).collect::<Vec<_>>()).to_string();
    let expected = |cases: &[(Value, bool)]| cases.iter().map(|(_, is)| *is).collect::<Vec<_>>();

    let script = write("verify.js", IN_NODE);
    let install = ["install", "--no-audit", "--no-fund", "--silent", "standardwebhooks"];
    run(Command::new("npm").args(install).arg("--prefix").arg(folder.path())).expect(0);
    let all = [&symmetric[..], &public[..]].concat();
    let in_node = verdicts(Command::new("node").arg(script), &write("all.json", &of(&all)));
    assert_eq!(in_node, expected(&all), "by the library for node");

    let script = write("verify.py", IN_PYTHON);
    let venv = folder.path().join("venv");
    run(Command::new("python3").args(["-m", "venv"]).arg(&venv)).expect(0);
    let install = ["install", "--quiet", "--disable-pip-version-check", "standardwebhooks"];
    run(Command::new(venv.join("bin/pip")).args(install)).expect(0);
    let cases = write("symmetric.json", &of(&symmetric));
    let in_python = verdicts(Command::new(venv.join("bin/python")).arg(script), &cases);
    assert_eq!(in_python, expected(&symmetric), "by the library for Python");
}
