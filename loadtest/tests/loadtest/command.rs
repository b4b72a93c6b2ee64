//! The executable: flags, exit codes, what goes to which stream.

use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use crate::merchant::Merchant;

async fn loadtest(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_loadtest"));
    command.current_dir(folder).args(arguments).kill_on_drop(true);
    command.output().await.unwrap()
}

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn a_run_finds_everything_in_the_ready_file_and_reports() {
    let (merchant, folder) = (Merchant::open().await, tempfile::tempdir().unwrap());
    let ready = json!({
        "public": merchant.url(""), "callbacks": merchant.url("/cb/token"), "paybill": "222222",
        "agency_keys": {"kws": "test_key"}, "pid": 1,
    });
    std::fs::write(folder.path().join("ready.json"), ready.to_string()).unwrap();
    let output = loadtest(
        folder.path(),
        &[
            "run",
            "confirm",
            "--ready-file",
            "ready.json",
            "--bill-body",
            r#"{"service":"park-entry"}"#,
            "--rate",
            "100",
            "--duration",
            "200ms",
            "--threshold",
            "errors<1",
            "--json",
            "report.json",
        ],
    )
    .await;
    assert_eq!(code(&output), Some(0), "{}", said(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("MONEY     sent KES 61,000.00  acknowledged KES 61,000.00  difference 0.00"),
        "{text}"
    );
    assert_eq!(said(&Output { stdout: Vec::new(), ..output }), "", "no live line without a terminal");
    let json: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("report.json")).unwrap()).unwrap();
    assert_eq!(json["measured"], 20);
    assert!(folder.path().join("loadtest-log.ndjson").exists());
}

#[tokio::test]
async fn exit_codes_tell_what_went_wrong() {
    let (merchant, folder) = (Merchant::open().await, tempfile::tempdir().unwrap());
    let callbacks = merchant.url("/cb/token");
    let short = ["--rate", "100", "--duration", "100ms"];
    let run = async |more: &[&str]| {
        let output = loadtest(folder.path(), &[&["run", "confirm"], more, &short[..]].concat()).await;
        (code(&output), said(&output))
    };
    let (crossed, _) = run(&["--without-bills", "--callbacks", &callbacks, "--threshold", "max<1us"]).await;
    assert_eq!(crossed, Some(99));
    let (abroad, said) = run(&["--without-bills", "--callbacks", "http://192.0.2.1/cb"]).await;
    assert_eq!(abroad, Some(78));
    assert!(said.contains("nothing here may ever talk to another machine"), "{said}");
    let (nowhere, said) = run(&["--without-bills"]).await;
    assert_eq!(nowhere, Some(78), "{said}");
    let (neither, said) = run(&["--callbacks", &callbacks]).await;
    assert_eq!(neither, Some(2), "{said}");
    let unused = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let public = format!("http://{unused}");
    let unreachable =
        ["--callbacks", &callbacks, "--public", &public, "--agency-key", "test_key", "--bill-body", "{}"];
    let (unreachable, said) = run(&unreachable).await;
    assert_eq!(unreachable, Some(69), "{said}");
    assert!(said.starts_with("error: nobody listens at 127.0.0.1:"), "{said}");
}

#[tokio::test]
async fn a_sandbox_says_where_it_is_and_stops_when_told() {
    use tokio::io::{AsyncBufReadExt as _, BufReader};
    let folder = tempfile::tempdir().unwrap();
    let mut sandbox = tokio::process::Command::new(env!("CARGO_BIN_EXE_loadtest"))
        .current_dir(folder.path())
        .args(["sandbox", "--listen", "127.0.0.1:0", "--fast", "--fault", "confirmation_lost_per_mille=5"])
        .stderr(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(sandbox.stderr.take().unwrap()).lines();
    let first = lines.next_line().await.unwrap().unwrap();
    assert!(first.starts_with("sandbox: Safaricom for paybill 222222 at http://127.0.0.1:"), "{first}");
    let interrupt = sandbox.id().unwrap().to_string();
    std::process::Command::new("kill").args(["-INT", &interrupt]).status().unwrap();
    assert!(sandbox.wait().await.unwrap().success());
    assert!(folder.path().join("sandbox-data/sandbox-ledger.ndjson").exists());
}
