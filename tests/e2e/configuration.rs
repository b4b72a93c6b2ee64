//! What a gateway insists on before it starts, what it says about it, and what it leaves behind when it is ready.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::harness::{Gateway, Order, Payment, malipo, run};

const BAD_CONFIGURATION: i32 = 78;

#[test]
fn serve_says_everything_that_is_missing_at_once() {
    for command in ["serve", "check"] {
        let said = run(&mut malipo([command])).expect(BAD_CONFIGURATION).stderr;
        for missing in [
            "public would speak plain HTTP",
            "callback would speak plain HTTP",
            "public.base_url is not set",
            "paybill.callback_base_url is not set",
            "paybill.callback_token is not set",
            "paybill.consumer_key is not set",
            "paybill.consumer_secret is not set",
            "paybill.passkey is not set",
            "data.directory is not set",
            "data.keys_directory is not set",
        ] {
            assert!(said.contains(missing), "{command} does not say: {missing}\n{said}");
        }
    }
}

#[test]
fn serve_refuses_what_could_hurt_and_says_where_it_stands() {
    for (key, value, problem) in [
        ("public.base_url", "http://pay.example.go.ke", "does not begin with https"),
        ("paybill.callback_base_url", "https://mpesa.example.go.ke", "Safaricom refuses"),
        ("paybill.passkey", "a-secret-on-the-command-line", "cannot be given by a flag"),
        ("demo.speed", "2", "is for demo alone"),
        ("data.ephemeral", "true", "would forget payments"),
        ("exchange.kes_per_usd", "1e3", "is not a rate"),
        ("public.listne", "127.0.0.1:0", "did you mean public.listen"),
        ("bills.life_days", "0", "bills.life_days"),
    ] {
        let finished = Gateway::serve().set(key, value).try_start().err();
        let said =
            finished.unwrap_or_else(|| panic!("{key}={value} was taken")).expect(BAD_CONFIGURATION).said();
        assert!(said.contains(problem), "{key}={value}: {said}");
        assert!(said.contains("--set"), "where it stands: {said}");
        assert!(!said.contains("a-secret-on-the-command-line"), "{said}");
    }
}

#[test]
fn demo_touches_no_real_money_and_is_reached_from_this_machine_alone() {
    for flags in [
        ["--listen", "0.0.0.0:0"],
        ["--callback-listen", "[::]:0"],
        ["--admin-listen", "192.0.2.1:0"],
        ["--sandbox", "http://192.0.2.1:80"],
    ] {
        let said = run(malipo(["demo", "--ephemeral"]).args(flags)).expect(BAD_CONFIGURATION).stderr;
        assert!(said.contains("this machine alone"), "{flags:?}: {said}");
    }
    let said = run(malipo(["demo", "--ephemeral"]).env("MALIPO_PAYBILL_PASSKEY", "the-live-passkey"));
    let said = said.expect(BAD_CONFIGURATION).stderr;
    assert!(said.contains("live credential") && !said.contains("the-live-passkey"), "{said}");
    let said = run(&mut malipo(["demo", "--ephemeral", "--sandbox-listen", "0.0.0.0:0"])).said();
    assert!(said.contains("not a loopback address"), "{said}");
}

#[test]
fn a_secret_that_everybody_can_read_is_refused() {
    let gateway = Gateway::serve().start();
    let secret = gateway.folder().join("passkey");
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o644)).unwrap();
    let mut command = malipo(["check", "--data"]);
    command.arg(gateway.data()).env("MALIPO_PAYBILL_PASSKEY_FILE", &secret);
    let said = run(&mut command).expect(BAD_CONFIGURATION).stderr;
    assert!(said.contains("everybody can read") && said.contains("chmod 600"), "{said}");
}

#[test]
fn one_data_directory_has_one_gateway() {
    for setup in [Gateway::demo, Gateway::serve] {
        let gateway = setup().start();
        let second = setup().data(gateway.data()).try_start().err().expect("it is held").expect(1);
        let said = second.said();
        // A demonstration meets the record of its simulated Safaricom first.
        assert!(
            said.contains("is held by another gateway") || said.contains("another process writes"),
            "{said}"
        );
        assert!(said.contains(gateway.data().to_str().unwrap()), "{said}");
        // The first has not noticed.
        gateway.agency("kws").bills(&Order::hells_gate(1));
    }
    // Whoever puts a new program in the place of an old one is told how.
    let gateway = Gateway::serve().start();
    let second = Gateway::serve().data(gateway.data()).try_start().err().expect("it is held").expect(1);
    assert!(second.said().contains("note: with --take-over this one takes its place"), "{}", second.said());
}

#[test]
fn an_address_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let finished = Gateway::demo().set("callback.listen", &address).try_start().err().expect("it is taken");
    assert!(
        finished.said().contains(&address) && finished.said().contains("callback"),
        "{}",
        finished.said()
    );
}

#[test]
fn the_ready_file_is_the_owners_and_says_what_was_agreed() {
    let demo = Gateway::demo().start();
    let serve = Gateway::serve().start();
    for (gateway, expected) in [
        (
            &demo,
            &[
                "admin",
                "agencies",
                "agency_keys",
                "callbacks",
                "data",
                "paybill",
                "pid",
                "public",
                "sandbox",
                "treasury_key",
            ][..],
        ),
        (&serve, &["admin", "callbacks", "data", "paybill", "pid", "public"][..]),
    ] {
        let path = gateway.folder().join("gateway-ready.json");
        assert_eq!(mode(&path), 0o600);
        let mut names: Vec<_> = gateway.ready().as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, expected);
        assert_eq!(gateway.ready()["paybill"], "222222");
        assert_eq!(gateway.ready()["pid"], gateway.pid());
    }
    let agencies: Vec<_> = demo.ready()["agency_keys"].as_object().unwrap().keys().collect();
    assert_eq!(agencies, ["kra", "kws"]);
}

#[test]
fn a_gateway_that_serves_hands_out_no_key_by_itself() {
    let gateway = Gateway::serve().start();
    assert!(gateway.books().events("key_issued").is_empty());
    assert!(!gateway.data().join("demo-keys.json").exists());
    let key = gateway.create_key("agency_integrator", Some("kws"));
    assert!(key.starts_with("live_"), "{key}");
    assert_eq!(gateway.books().events("key_issued").len(), 1);
    assert!(!gateway.log().contains(&key));
}

#[test]
fn secrets_in_the_data_directory_are_their_owners() {
    let gateway = Gateway::demo().start();
    let keys = gateway.keys();
    for secret in ["operator-token", "demo-keys.json"]
        .map(|name| gateway.data().join(name))
        .into_iter()
        .chain([keys.join("ledger.seed"), keys.join("receipts.seed"), keys.join("callback-token")])
    {
        assert_eq!(mode(&secret), 0o600, "{}", secret.display());
    }
    assert_eq!(mode(&keys), 0o700);
}

#[test]
fn a_restart_goes_on_with_the_same_keys_tokens_and_books() {
    let mut gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let bill = kws.bills(&Order::hells_gate(1));
    gateway.safaricom().confirms(&Payment::of_bill(&bill)).expect_success();
    let (ready, receipt) = (gateway.ready().clone(), kws.receipt(&bill));
    let records = gateway.books().records;

    for life in 0..3 {
        if life == 1 {
            assert_eq!(gateway.stop().code(), Some(0));
        } else {
            gateway.kill();
        }
        gateway.start_again();
        for name in ["agency_keys", "treasury_key", "callbacks", "public", "paybill", "data"] {
            assert_eq!(gateway.ready()[name], ready[name], "{name}");
        }
        assert_eq!(gateway.books().records[..records.len()], records[..], "history is history");
        assert_eq!(kws.looks_at(&bill)["status"], "paid");
    }
    // A receipt that was handed out before is genuine still.
    let path = gateway.folder().join("receipt.json");
    std::fs::write(&path, receipt).unwrap();
    run(malipo(["verify"]).arg(path).arg("--keys").arg(gateway.public_keys())).expect(0);
    gateway.stop();
    run(malipo(["verify"]).arg(gateway.data())).expect(0);
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).permissions().mode()
        & 0o777
}
