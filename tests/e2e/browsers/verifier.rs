//! The page that checks receipts and passes by itself, as somebody has it who saved it before the network went away. It
//! shares no code with the readers in the executable, and agrees with them on every token that is shown to both.

mod passes;

use std::path::{Path, PathBuf};

use gateway::gates::pass::{Pass, PassError};
use gateway::receipts::ShortForm;
use ledger::{SigningKey, VerifyingKey};
use serde_json::{Value, json};

use self::passes::{ISSUED, Issuer, altered};
use crate::harness::{Browser, Gateway, Keyboard, Order, Payment, get, malipo, run};

/// A browser with the page.
struct Auditor {
    browser: Browser,
    /// What it shows.
    seen: Value,
}

impl Auditor {
    /// Opens a saved page at this moment, in a browser that is like this in what else there is to say of it.
    fn opens(page: &Path, now: &str, where_from: &str, mut like: Value) -> Self {
        like["file"] = page.to_str().unwrap().into();
        like["now"] = now.into();
        like["pictures"] = std::env::var("E2E_PICTURES").ok().into();
        let mut auditor = Self { browser: Browser::start("verifier.mjs", &like), seen: Value::Null };
        auditor.does(&json!({"opens": where_from}));
        auditor
    }

    #[track_caller]
    fn does(&mut self, wish: &Value) -> &Value {
        self.browser.tell(wish);
        self.seen = self.browser.hears().unwrap_or_else(|| panic!("nobody can do {wish:.200}"));
        assert_eq!(self.seen["elsewhere"], json!([]), "it asks somebody");
        assert_eq!(self.seen["complaints"], json!([]), "the browser complains");
        &self.seen["found"]
    }

    /// Scans this, and is told so.
    #[track_caller]
    fn is_told(&mut self, token: &str, verdict: &str, reason: &str) -> &mut Self {
        self.does(&json!({"enters": token}));
        assert_eq!(
            (self.word("verdict"), self.word("reason")),
            (verdict, reason),
            "{token:.60}: {}",
            self.text()
        );
        self
    }

    #[track_caller]
    fn reads(&mut self, text: &str) -> &mut Self {
        assert!(self.text().contains(text), "it does not say {text:?}: {}", self.text());
        self
    }

    /// Looks at the page on two screens.
    #[track_caller]
    fn finds_nothing_wrong(&mut self, name: &str) -> &mut Self {
        assert_eq!(*self.does(&json!({"looked_at": name})), json!([]), "{name}");
        self
    }

    /// What the page makes of each of these.
    fn judges(&mut self, tokens: &[String]) -> Vec<(String, String)> {
        let found = self.does(&json!({"judges": tokens})).as_array().unwrap().clone();
        found
            .iter()
            .map(|pair| (pair[0].as_str().unwrap().to_owned(), pair[1].as_str().unwrap().to_owned()))
            .collect()
    }

    fn word(&self, name: &str) -> &str {
        self.seen[name].as_str().unwrap()
    }

    fn text(&self) -> &str {
        self.word("text")
    }
}

/// A page that believes these keys, as an operator writes it.
fn saved_page(folder: &Path, keys: &[&VerifyingKey], site: Option<&str>) -> PathBuf {
    let (set, page) = (folder.join("keys.json"), folder.join("verifier.html"));
    let keys: Vec<_> = keys.iter().map(ToString::to_string).collect();
    std::fs::write(&set, json!({"receipt_keys": keys, "checkpoint_keys": []}).to_string()).unwrap();
    let mut command = malipo(["gate", "verifier"]);
    command.arg("--keys").arg(set).arg("--output").arg(&page);
    if let Some(site) = site {
        command.args(["--site", site]);
    }
    run(&mut command).expect(0);
    page
}

/// Whether both readers say the same of each of these, and what they refuse has a reason. Gives how many they believe.
#[track_caller]
fn agree(auditor: &mut Auditor, tokens: &[String], opens: impl Fn(&str) -> bool) -> usize {
    let judged = auditor.judges(tokens);
    assert_eq!(judged.len(), tokens.len());
    let mut believed = 0;
    for (token, (verdict, reason)) in tokens.iter().zip(&judged) {
        let is_believed =
            ["genuine", "not_all", "not_yet", "expired", "other_site"].contains(&verdict.as_str());
        assert_eq!(is_believed, opens(token), "{verdict} {reason}: {token}");
        assert_eq!(is_believed, reason.is_empty(), "{verdict} {reason}: {token}");
        assert!(verdict != "cannot", "{reason}: {token}");
        believed += usize::from(is_believed);
    }
    believed
}

/// What the document calls this reason of the page.
fn step_of(reason: &str) -> &'static str {
    match reason {
        "card_signature" => "not certified",
        "pass_signature" | "other_device" => "altered",
        "outside_time" => "not certified then",
        _ => "no pass",
    }
}

/// The same of the reader in the executable.
fn step_of_error(error: &PassError) -> &'static str {
    match error {
        PassError::Card => "not certified",
        PassError::Signature => "altered",
        PassError::OutsideCertificate => "not certified then",
        PassError::Form(_) => "no pass",
    }
}

#[test]
fn a_receipt_of_the_gateway_verifies_in_the_saved_page_with_the_network_off_and_no_altered_one_does() {
    let mut gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let (paid, part) = (kws.bills(&Order::hells_gate(2)), kws.bills(&Order::hells_gate(2)));
    gateway.safaricom().confirms(&Payment::of_bill(&paid)).expect_success();
    gateway.safaricom().confirms(&Payment::of("100.00", &part.number)).expect_success();
    let file = kws.receipt(&paid);
    let [paid, part] = [paid, part].map(|bill| {
        let signed: Value = serde_json::from_str(&kws.receipt(&bill)).unwrap();
        signed["short_form"].as_str().unwrap().to_owned()
    });

    // What the gateway hands out is what an operator writes, asked for or from the data directory.
    let address = format!("{}/verify/offline.html", gateway.public());
    let answer = get(&address).send().expect(200);
    let tag = answer.header("etag").unwrap().to_owned();
    assert!(!tag.starts_with("W/") && answer.header("content-disposition").unwrap().starts_with("inline"));
    assert_eq!(get(&address).header("if-none-match", &tag).send().status, 304);
    let compressed = get(&address).header("accept-encoding", "gzip").send().expect(200);
    eprintln!("the page has {} bytes, {} compressed", answer.body.len(), compressed.body.len());
    assert!(answer.body.len() <= 50 * 1024 && compressed.body.len() <= 14 * 1024);
    let asked = run(malipo(["gate", "verifier", "--gateway"]).arg(gateway.public())).expect(0);
    assert_eq!(asked.stdout, answer.text());
    let page = gateway.folder().join("verifier.html");
    let keys = gateway.public_keys();
    let written = run(malipo(["gate", "verifier", "--keys"]).arg(&keys).arg("--output").arg(&page)).expect(0);
    assert_eq!(std::fs::read_to_string(&page).unwrap(), answer.text());
    let fingerprint = written.stderr.trim().rsplit_once("fingerprint ").unwrap().1.to_owned();
    let set: Value = serde_json::from_str(&std::fs::read_to_string(keys).unwrap()).unwrap();
    let key = VerifyingKey::parse(set["receipt_keys"][0].as_str().unwrap()).unwrap();

    gateway.stop();
    let mut auditor = Auditor::opens(&page, "2027-01-03T09:00:00Z", "file", json!({}));
    auditor.reads(&fingerprint);
    auditor.is_told(&paid, "genuine", "").reads("KES 1,000.00").reads("The bill is paid in full");
    auditor.reads("may have been used already").reads("kws-hells-gate-entry").reads(&fingerprint);
    auditor.is_told(&part, "not_all", "").reads("A part only").reads("KES 100.00");
    auditor.is_told(&format!("  {paid}\t"), "genuine", "");
    auditor.is_told("4071 5520 1831", "no_code", "number").reads("A number proves nothing by itself");
    let halfway = paid.len() / 2;
    auditor.is_told(&paid[..halfway], "refused", "two_parts");

    // Whoever was sent the whole file pastes that; nothing in it can be another and be believed.
    auditor.is_told(&file, "genuine", "").reads("KES 1,000.00").reads("kws-hells-gate-entry");
    for (from, to, reason) in [
        ("\"service_name\":\"", "\"service_name\":\"A ", "file_altered"),
        ("\"sequence\":", "\"sequence\":1", "file_altered"),
        (&*paid, &*part, "file_altered"),
        ("\"receipt\":{", "\"receipt\":{},\"receipt\":{", "file_written"),
        ("\"signature\":\"", "\"signature\":\"A", "file_written"),
        ("}", "", "file_written"),
    ] {
        let altered = file.replacen(from, to, 1);
        assert_ne!(altered, file, "{from}");
        auditor.is_told(&altered, "refused", reason);
    }
    let opens = |token: &str| ShortForm::open(token, std::slice::from_ref(&key)).is_ok();
    assert!(opens(&paid) && opens(&part));
    let tokens = altered(&paid);
    assert!(tokens.len() > 3 * 300, "{}", tokens.len());
    assert_eq!(agree(&mut auditor, &tokens, opens), 0, "no altered one is believed");
    assert_eq!(agree(&mut auditor, &[paid, part], opens), 2);
}

#[test]
fn passes_verify_with_public_keys_alone_and_every_altered_letter_is_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = Issuer::new();
    let page = saved_page(folder.path(), &[&issuer.gateway.verifying_key()], Some("hells-gate"));
    let token = issuer.pass();
    let mut auditor = Auditor::opens(&page, "2026-11-20T07:00:00Z", "file", json!({}));
    auditor.is_told(&token, "genuine", "").finds_nothing_wrong("verifier-pass-en");
    for said in [
        "2 × non_resident.adult, 1 × non_resident.child",
        "20 November 2026",
        "KES 29,250.00",
        "By the tour operator KAT-0042",
        "Elsa Gate",
        "gat_0123456789ab",
        "It may have been used already, or its device revoked",
    ] {
        auditor.reads(said);
    }
    let keys = [issuer.gateway.verifying_key()];
    let opens = |token: &str| Pass::open(token, &keys).is_ok();
    let mut tokens = altered(&token);
    tokens.extend(issuer.wrong_in_two_ways(&Issuer::new()));
    assert!(tokens.len() > 3 * 800, "{}", tokens.len());
    assert_eq!(agree(&mut auditor, &tokens, opens), 0, "no altered one is believed");
    // What is signed, and not as it is always written, is read by neither.
    let odd = issuer.oddly_written();
    assert_eq!(agree(&mut auditor, &odd, opens), 0);
    // Both tell the first of the reasons, in the order of PASS_FORMAT.md.
    for (token, (_, reason)) in tokens.iter().zip(auditor.judges(&tokens)) {
        assert_eq!(
            step_of(&reason),
            step_of_error(&Pass::open(token, &keys).unwrap_err()),
            "{reason}: {token}"
        );
    }
    assert_eq!(agree(&mut auditor, std::slice::from_ref(&token), opens), 1);

    let typed = tokens.iter().step_by(tokens.len() / 7).map(String::as_str);
    for altered in typed {
        auditor.does(&json!({"enters": altered}));
        assert_eq!(auditor.word("verdict"), "refused", "{altered}");
        auditor.reads("NOT GENUINE");
        assert!(!auditor.text().contains("Elsa Gate"), "nothing is shown of what is not believed");
    }
    auditor.finds_nothing_wrong("verifier-refused-en");
}

#[test]
fn each_reason_has_its_name_and_the_clock_and_the_site_are_told_as_such() {
    let folder = tempfile::tempdir().unwrap();
    let (issuer, stranger) = (Issuer::new(), Issuer::new());
    let page = saved_page(folder.path(), &[&issuer.gateway.verifying_key()], None);
    let token = issuer.pass();
    let at = |now: &str| Auditor::opens(&page, now, "file", json!({"language": "sw-KE"}));
    at("2026-11-20T06:14:05Z")
        .is_told(&token, "not_yet", "")
        .reads("BADO HAIJAANZA")
        .reads("20 Novemba 2026");
    let mut late = at("2026-11-21T06:14:05.5Z");
    late.is_told(&token, "expired", "").reads("MUDA UMEISHA").finds_nothing_wrong("verifier-expired-sw");
    // In this order: another site before the clock.
    late.does(&json!({"at_site": "nairobi"}));
    late.is_told(&token, "other_site", "");
    at("2026-11-21T06:14:05.499Z").is_told(&token, "genuine", "");

    let mut auditor = at("2026-11-20T07:00:00Z");
    auditor.finds_nothing_wrong("verifier-first-sw");
    auditor.is_told(&token, "genuine", "").reads("HALISI").finds_nothing_wrong("verifier-pass-sw");
    auditor.does(&json!({"at_site": "nairobi"}));
    assert_eq!(auditor.word("verdict"), "", "it was judged for another site");
    auditor.is_told(&token, "other_site", "").reads("ENEO LINGINE").reads("hells-gate");
    auditor.does(&json!({"at_site": "hells-gate"}));
    auditor.is_told(&token, "genuine", "");
    auditor.does(&json!({"presses": "language"}));
    auditor.reads("GENUINE").reads("Elsa Gate");
    assert_eq!(auditor.word("language"), "en");

    // Whose word it is.
    auditor.is_told(&stranger.pass(), "refused", "card_signature").reads("None of the keys below");
    auditor.does(&json!({"believes": "pay.example/receipts+00000000+AAAA"}));
    auditor.reads("This is no key");
    auditor.is_told(&stranger.pass(), "refused", "card_signature");
    auditor.does(&json!({"believes": stranger.gateway.verifying_key().to_string()}));
    auditor.reads("pasted here").finds_nothing_wrong("verifier-key-en");
    auditor.is_told(&stranger.pass(), "genuine", "").reads("(pasted here)");
    auditor.is_told(&issuer.by_another_device(&stranger), "refused", "pass_signature");
    auditor.is_told(&issuer.naming_another_device(), "refused", "other_device");
    auditor.is_told(&issuer.after_its_time(), "refused", "outside_time");
    let receipt = SigningKey::from_seed("x/receipts", &[1; 32]).unwrap();
    auditor.is_told(&issuer.receipt_by(&receipt), "refused", "receipt_signature");
    auditor.is_told(&issuer.receipt_by(&issuer.gateway), "genuine", "").reads("7K2M-94QX");
    // The card of a device is signed by the same key, and is no receipt.
    auditor.is_told(&issuer.card_as_a_receipt(), "refused", "nine_lines");
}

#[test]
fn a_browser_that_cannot_check_says_so_and_decides_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = Issuer::new();
    let page = saved_page(folder.path(), &[&issuer.gateway.verifying_key()], None);
    let token = issuer.pass();
    for (without, reason) in [("subtle", "too_old"), ("ed25519", "too_old"), ("honesty", "too_old")] {
        let mut auditor = Auditor::opens(&page, ISSUED, "file", json!({"without": without}));
        auditor.reads("Nothing can be checked: this browser does not know Ed25519");
        for shown in [&token, "MPP1:x", "anything"] {
            auditor.is_told(shown, "cannot", reason).reads("CANNOT BE CHECKED HERE");
        }
        assert!(!auditor.text().contains("Elsa Gate"));
    }
    // From a web server it works where browsers call the place safe, and says so where they do not.
    let now = "2026-11-20T07:00:00Z";
    let mut safe = Auditor::opens(&page, now, "https://any.example/", json!({}));
    safe.is_told(&token, "genuine", "");
    let mut unsafe_place = Auditor::opens(&page, now, "http://any.example/", json!({}));
    unsafe_place.is_told(&token, "cannot", "insecure").reads("open it with https");
    unsafe_place.finds_nothing_wrong("verifier-cannot-en");

    // A page whose key was altered believes nobody.
    let html = std::fs::read_to_string(&page).unwrap();
    let key = issuer.gateway.verifying_key().to_string();
    let hash = key.split('+').nth(1).unwrap();
    let without_key = folder.path().join("without-key.html");
    std::fs::write(&without_key, html.replace(hash, "00000000")).unwrap();
    Auditor::opens(&without_key, now, "file", json!({})).is_told(&token, "cannot", "no_keys");
    // Nor does one run whose script was altered: its policy names another.
    let other_script = html.replace("Whatever goes wrong in here", "Whatever goes wrong out there");
    assert_ne!(other_script, html);
    let altered = folder.path().join("altered.html");
    std::fs::write(&altered, other_script).unwrap();
    let said = safe.does(&json!({"sees_beside": altered.to_str().unwrap()})).to_string();
    assert!(said.contains("Nothing can be checked: this browser runs no scripts"), "{said}");
}

#[test]
fn a_code_is_read_from_a_picture_where_the_browser_can_and_the_page_says_what_to_do_where_it_cannot() {
    let folder = tempfile::tempdir().unwrap();
    let issuer = Issuer::new();
    let page = saved_page(folder.path(), &[&issuer.gateway.verifying_key()], None);
    let (token, now) = (issuer.pass(), "2026-11-20T07:00:00Z");
    let codes = json!({"codes": [[token], [], [token, token], ["407155201831"]]});
    let mut sees = Auditor::opens(&page, now, "file", codes);
    sees.reads("Or take a picture of the code").finds_nothing_wrong("verifier-picture-en");
    sees.does(&json!({"photographs": true}));
    assert_eq!(sees.word("verdict"), "genuine");
    sees.does(&json!({"photographs": true}));
    sees.reads("There is no square code in this picture");
    assert_eq!(sees.word("verdict"), "", "nobody is let in by what the one before has shown");
    sees.does(&json!({"photographs": true}));
    sees.reads("Show one alone").finds_nothing_wrong("verifier-many-codes-en");
    sees.does(&json!({"photographs": true}));
    assert_eq!(sees.word("verdict"), "no_code");
    Auditor::opens(&page, now, "file", json!({})).reads("Scan it with a hand scanner");
}

#[test]
fn a_guard_with_a_keyboard_alone_comes_from_the_receipt_to_the_page_and_checks_it() {
    let gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let bill = kws.bills(&Order::hells_gate(1));
    gateway.safaricom().confirms(&Payment::of_bill(&bill)).expect_success();
    let signed: Value = serde_json::from_str(&kws.receipt(&bill)).unwrap();
    let (number, code) = (&signed["receipt"]["receipt_number"], signed["short_form"].as_str().unwrap());
    let mut guard = Keyboard::at(&gateway.public(), true);
    guard.opens(&format!("/en/receipts/{}", number.as_str().unwrap())).tabs_to("Or save this page").enters();
    assert_eq!(guard.address(), "/verify/offline.html");
    guard.reads("Check a receipt or a pass");
    guard.types(code).presses("Enter");
    crate::harness::eventually("it says so", || guard.looks().text().contains("GENUINE").then_some(()));
    let walked = guard.walks();
    assert!(walked.iter().any(|name| name.contains("Believe this key")), "{walked:?}");
    guard.tabs_to("Kiswahili").presses("Enter").reads("HALISI");

    // Without scripts nobody is told anything but that.
    let mut without = Keyboard::at(&gateway.public(), false);
    without.opens("/verify/offline.html").reads("Nothing can be checked: this browser runs no scripts");
}
