//! An integrator tries webhooks out: listens, lets something happen, and checks what came.

use std::fs::File;
use std::process::{Child, Stdio};

use crate::harness::{Gateway, HeardNotice, NoticeTaker, eventually, malipo, run};

/// `malipo listen`, which ends with the test.
struct Listening {
    child: Child,
    folder: tempfile::TempDir,
}

impl Listening {
    fn start(gateway: &Gateway, taker: &NoticeTaker, more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| Stdio::from(File::create(folder.path().join(name)).unwrap());
        let child = malipo(["listen", "--forward-to", &taker.url(), "--data"])
            .arg(gateway.data())
            .args(more)
            .stdout(file("out"))
            .stderr(file("err"))
            .spawn()
            .unwrap();
        let listening = Self { child, folder };
        eventually("it listens", || listening.read("err").contains("ready").then_some(()));
        listening
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `malipo trigger`; gives the event's identifier.
#[track_caller]
fn triggered(gateway: &Gateway, kind: &str) -> String {
    run(malipo(["trigger", kind, "--data"]).arg(gateway.data())).expect(0).stdout.trim().to_owned()
}

#[track_caller]
fn verified(gateway: &Gateway, secret: &str, notice: &HeardNotice, code: i32) -> String {
    let (headers, body) = (gateway.folder().join("headers"), gateway.folder().join("body"));
    let lines = notice.message.headers.iter().map(|(name, value)| format!("{name}: {value}\n"));
    std::fs::write(&headers, lines.collect::<String>()).unwrap();
    std::fs::write(&body, &notice.message.body).unwrap();
    let mut command = malipo(["webhook", "verify", "--secret", secret, "--headers"]);
    run(command.arg(headers).arg("--body").arg(body)).expect(code).stdout
}

#[test]
fn from_a_key_to_a_verified_webhook() {
    let mut gateway = Gateway::demo().start();
    gateway.sandbox().knows(&gateway);
    let taker = NoticeTaker::start();
    let listening = Listening::start(&gateway, &taker, &[]);
    let secret = run(malipo(["listen", "--print-secret", "--data"]).arg(gateway.data())).expect(0).stdout;
    let secret = secret.trim();
    assert!(secret.starts_with("whsec_"));

    for kind in [
        "bill.created",
        "bill.part_paid",
        "bill.paid",
        "bill.overpaid",
        "bill.cancelled",
        "payment.succeeded",
        "payment.failed",
    ] {
        let id = triggered(&gateway, kind);
        let notice = eventually(kind, || taker.heard().into_iter().find(|notice| notice.id() == id));
        assert_eq!(notice.kind(), kind);
        let said = verified(&gateway, secret, &notice, 0);
        assert!(said.ends_with("genuine\n"), "{said}");
        eventually("it says so", || listening.read("out").contains(&format!("{id}  200 in")).then_some(()));
    }
    let mut tampered = taker.heard().pop().unwrap();
    tampered.message.body.push(b' ');
    let said = verified(&gateway, secret, &tampered, 3);
    assert!(said.contains("[-] webhook-signature: the body has white space"), "{said}");
    assert!(said.ends_with("NOT genuine\n"), "{said}");

    // A gateway that was away is waited for, and nothing of it is missed.
    gateway.stop();
    gateway.start_again();
    let id = triggered(&gateway, "bill.created");
    eventually("it goes on", || (taker.times(&id) == 1).then_some(()));
}

#[test]
fn what_is_listened_for_can_be_chosen_and_what_cannot_happen_is_said() {
    let gateway = Gateway::demo().start();
    let taker = NoticeTaker::start();
    let _listening = Listening::start(&gateway, &taker, &["--events", "suspense.opened", "--agency", "kra"]);
    triggered(&gateway, "bill.paid");
    let id = triggered(&gateway, "suspense.opened");
    eventually("it hears of it", || (taker.times(&id) == 1).then_some(()));
    assert_eq!(taker.heard().len(), 1);
    assert_eq!(taker.heard()[0].json()["data"]["agency"], "KRA");

    let said = run(malipo(["trigger", "bill.expired", "--data"]).arg(gateway.data())).expect(1).stderr;
    assert!(said.contains("not possible at once"), "{said}");
    let listed = run(&mut malipo(["trigger", "--list"])).expect(0).stdout;
    assert_eq!(listed.lines().count(), 12, "{listed}");
    let said = run(&mut malipo(["trigger", "bill.paid", "--data", "/nowhere"])).expect(1).stderr;
    assert!(said.contains("malipo demo"), "{said}");
    run(malipo(["trigger", "bill.eaten", "--data"]).arg(gateway.data())).expect(2);
}
