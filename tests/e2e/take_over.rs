//! Upgrades and restarts: whoever connects meanwhile waits for a moment, and is answered.

use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::{Gateway, Order, Payment, SocketHolder, Wire, eventually, get};

/// Upgrades in a row.
const UPGRADES: usize = 3;
/// Bills that are paid meanwhile.
const BILLS: usize = 240;

#[test]
fn an_upgrade_turns_nobody_away_and_every_payment_is_booked_once() {
    let mut gateway = Gateway::serve().start();
    let agency = gateway.agency("KWS");
    let bills: Vec<_> = (0..BILLS).map(|_| agency.bills(&Order::hells_gate(1))).collect();
    let (public, safaricom) = (gateway.public(), gateway.safaricom());
    let addresses = (gateway.public(), gateway.callbacks(), gateway.admin());
    let (is_over, looked, slowest) = (AtomicBool::new(false), AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        // Each call on a connection of its own, one after the other: what is not answered fails the story.
        for half in bills.chunks(BILLS / 2) {
            let (safaricom, slowest, is_over) = (&safaricom, &slowest, &is_over);
            scope.spawn(move || {
                for bill in half {
                    let began = Instant::now();
                    safaricom.confirms_once(&Payment::of_bill(bill)).expect(200);
                    let took = u64::try_from(began.elapsed().as_millis()).unwrap();
                    slowest.fetch_max(took, Ordering::Relaxed);
                    if !is_over.load(Ordering::Relaxed) {
                        thread::sleep(Duration::from_millis(5));
                    }
                }
            });
        }
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                let url = format!("{public}/v1/services/kws-hells-gate-entry");
                get(url).header("connection", "close").send().expect(200);
                looked.fetch_add(1, Ordering::Relaxed);
            }
        });
        for _ in 0..UPGRADES {
            thread::sleep(Duration::from_millis(300));
            assert!(gateway.is_taken_over().success(), "the one before ends in order: {}", gateway.log());
            assert_eq!((gateway.public(), gateway.callbacks(), gateway.admin()), addresses);
        }
        is_over.store(true, Ordering::Relaxed);
    });
    println!(
        "{UPGRADES} upgrades, {BILLS} confirmations and {} look-ups answered; the slowest confirmation took {} ms",
        looked.into_inner(),
        slowest.into_inner(),
    );
    for bill in &bills {
        agency.sees(bill, "paid");
    }
    gateway.stop();
    assert_eq!(gateway.books().events("payment_received").len(), BILLS);
}

#[test]
fn where_nobody_runs_there_is_nothing_to_take_over_and_it_starts_all_the_same() {
    let mut gateway = Gateway::serve().start();
    gateway.kill();
    assert_eq!(gateway.is_taken_over().signal(), Some(9), "the one before was dead");
    get(format!("{}/readyz", gateway.admin())).send().expect(200);
}

#[test]
fn a_payment_told_of_while_nobody_runs_waits_in_a_socket_that_the_system_holds() {
    let mut gateway = Gateway::serve().start();
    let agency = gateway.agency("KWS");
    let bill = agency.bills(&Order::hells_gate(1));
    let safaricom = gateway.safaricom();
    gateway.kill();
    let holder = SocketHolder::listening("callback", &gateway.callback_address());
    thread::scope(|scope| {
        let told = scope.spawn(|| safaricom.confirms_once(&Payment::of_bill(&bill)));
        thread::sleep(Duration::from_millis(200));
        assert!(!told.is_finished(), "it waits");
        gateway.try_start_again_with(&holder).unwrap_or_else(|said| panic!("{}", said.said()));
        told.join().unwrap().expect(200);
    });
    agency.sees(&bill, "paid");
}

#[test]
fn a_socket_that_is_not_what_is_configured_stops_the_start_by_name() {
    let mut gateway = Gateway::serve().start();
    gateway.kill();
    let elsewhere = SocketHolder::listening("callback", "127.0.0.1:0");
    let said = gateway.try_start_again_with(&elsewhere).expect_err("it does not start").said();
    assert!(said.contains("callback") && said.contains("is bound to 127.0.0.1:"), "{said}");
    let misnamed = SocketHolder::listening("callbacks", "127.0.0.1:0");
    let said = gateway.try_start_again_with(&misnamed).expect_err("it does not start").said();
    assert!(said.contains("expected public, callback or admin"), "{said}");
}

#[test]
fn a_successor_that_cannot_start_says_why_and_the_one_before_goes_on_serving() {
    let folder = tempfile::tempdir().unwrap();
    let channels = folder.path().join("channels.toml");
    let till = "[[channel]]\nname = \"agency_till.a\"\ntitle = { en = \"A\", sw = \"B\" }\nshort_code = \"500500\"\n";
    std::fs::write(&channels, till).unwrap();
    let mut gateway = Gateway::serve().set("channels.file", channels.to_str().unwrap()).start();
    let agency = gateway.agency("KWS");
    let serves = |gateway: &Gateway| {
        let bill = agency.bills(&Order::hells_gate(1));
        gateway.safaricom().confirms_once(&Payment::of_bill(&bill)).expect(200);
        agency.sees(&bill, "paid");
    };
    let first = gateway.pid();

    // A file that an operator writes.
    std::fs::write(&channels, till.replace("short_code", "shrot_code")).unwrap();
    let refused = gateway.try_is_taken_over_with("log.filter", "info").expect_err("it does not start");
    let said = refused.expect(78).said();
    assert!(said.contains("channels.toml") && said.contains("shrot_code"), "{said}");
    serves(&gateway);
    std::fs::write(&channels, till).unwrap();

    // A certificate that is none.
    let certificate = folder.path().join("chain.pem");
    std::fs::write(&certificate, "-----BEGIN CERTIFICATE-----").unwrap();
    let authorities = certificate.to_str().unwrap();
    let refused = gateway.try_is_taken_over_with("routing.authorities", authorities);
    let said = refused.expect_err("it does not start").expect(78).said();
    assert!(said.contains("chain.pem"), "{said}");
    serves(&gateway);

    // A key that is not as it was written.
    let seed = gateway.keys().join("receipts.seed");
    let kept = std::fs::read_to_string(&seed).unwrap();
    std::fs::write(&seed, &kept[..kept.len() / 2]).unwrap();
    let refused = gateway.try_is_taken_over_with("log.filter", "info").expect_err("it does not start");
    let said = refused.expect(1).said();
    assert!(said.contains("receipts.seed"), "{said}");
    assert!(gateway.check().expect(1).stdout.contains("receipts.seed"));
    serves(&gateway);
    std::fs::write(&seed, kept).unwrap();

    // An address that is not the one that is served.
    let refused = gateway.try_is_taken_over_with("callback.listen", "127.0.0.1:9");
    let said = refused.expect_err("it does not start").expect(1).said();
    assert!(said.contains("callback") && said.contains("is bound to 127.0.0.1:"), "{said}");
    serves(&gateway);

    assert_eq!(gateway.pid(), first, "it is the same one all the time");
    assert!(gateway.is_taken_over().success(), "and hands over when somebody can take");
    serves(&gateway);
}

#[test]
fn a_ready_file_that_cannot_be_written_is_found_out_before_anybody_hands_over() {
    let mut gateway = Gateway::serve().start();
    let (agency, first) = (gateway.agency("KWS"), gateway.pid());
    let serves = |gateway: &Gateway| {
        let bill = agency.bills(&Order::hells_gate(1));
        gateway.safaricom().confirms_once(&Payment::of_bill(&bill)).expect(200);
        agency.sees(&bill, "paid");
    };
    // Somebody's, beside where the file is to be.
    let (kept, beside) =
        (gateway.folder().join("notes.txt"), gateway.folder().join("successor-ready.unfinished"));
    std::fs::write(&kept, "keep me").unwrap();
    symlink(&kept, &beside).unwrap();

    let ready_file = gateway.folder().join("successor-ready.json");
    std::fs::create_dir(&ready_file).unwrap();
    let refused = gateway.try_is_taken_over_with("log.filter", "info").expect_err("it does not start");
    let said = refused.expect(1).said();
    assert!(said.contains("successor-ready.json"), "{said}");
    serves(&gateway);
    assert_eq!(gateway.pid(), first, "it is the same one all the time");
    std::fs::remove_dir(&ready_file).unwrap();

    assert!(gateway.is_taken_over().success(), "and hands over when the file can be written");
    serves(&gateway);
    assert!(beside.is_symlink(), "what is not its own is left where it is");
    assert_eq!(std::fs::read_to_string(&kept).unwrap(), "keep me", "and as it is");
}

#[test]
fn once_the_sockets_are_taken_a_ready_file_that_cannot_be_written_ends_nobody() {
    let mut gateway = Gateway::serve().start();
    let agency = gateway.agency("KWS");
    let [before, successor, ready_file] =
        ["gateway.log", "successor.log", "successor-ready.json"].map(|name| gateway.folder().join(name));
    let told_before = gateway.ready().to_string();
    // Somebody has begun to ask: the one before goes on until that is answered, and the other waits for it.
    let mut asks = Wire::to(&gateway.public());
    let (public, key) = (gateway.public(), &agency.key);
    let host = public.trim_start_matches("http://");
    asks.says(&format!(
        "POST /v1/lookups HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\n\
         expect: 100-continue\r\ncontent-length: 12\r\n\r\n"
    ));
    asks.hears_up_to("100 Continue\r\n\r\n");
    thread::scope(|scope| {
        scope.spawn(|| {
            let says = |log: &PathBuf, said: &str| {
                eventually(said, || std::fs::read_to_string(log).ok()?.contains(said).then_some(()));
            };
            says(&before, "Another gateway takes over");
            std::fs::create_dir(&ready_file).unwrap();
            asks.says("{\"q\":\"7K2M\"}");
            says(&successor, "The ready file could not be written");
            // Whoever waits for it is told by hand.
            std::fs::remove_dir(&ready_file).unwrap();
            std::fs::write(ready_file.with_extension("told"), &told_before).unwrap();
            std::fs::rename(ready_file.with_extension("told"), &ready_file).unwrap();
        });
        assert!(gateway.is_taken_over().success(), "the one before ends in order");
    });
    let bill = agency.bills(&Order::hells_gate(1));
    gateway.safaricom().confirms_once(&Payment::of_bill(&bill)).expect(200);
    agency.sees(&bill, "paid");
}
