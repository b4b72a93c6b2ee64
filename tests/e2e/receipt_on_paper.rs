//! A receipt on paper: one sheet of A4, whose code is read by a decoder that is not ours and verifies without a network.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{Bill, Gateway, Order, Page, Payment, get, malipo, run};

/// 200 dots an inch, as a cheap printer and a cheap scanner.
const DOTS_PER_INCH: &str = "200";

struct Paper {
    gateway: Gateway,
    sheet: PathBuf,
}

impl Paper {
    /// The receipt of this bill's payment, from this address of it.
    fn of(gateway: Gateway, bill: &Bill, address: impl Fn(&str) -> (String, &'static str)) -> Self {
        let payment = Payment::of_bill(bill);
        gateway.safaricom().confirms(&payment).expect_success();
        let paid = gateway.agency("kws").looks_at(bill);
        let number = paid["payments"][0]["receipt_number"].as_str().unwrap();
        let (path, accept) = address(number);
        let pdf = get(format!("{}{path}", gateway.public())).header("accept", accept).send().expect(200);
        assert_eq!(pdf.header("content-type"), Some("application/pdf"));
        let sheet = gateway.folder().join("receipt.pdf");
        std::fs::write(&sheet, &pdf.body).unwrap();
        Self { gateway, sheet }
    }

    /// What poppler knows of it.
    fn facts(&self) -> String {
        run(Command::new("pdfinfo").arg(&self.sheet)).expect(0).stdout
    }

    /// What poppler reads on it.
    fn text(&self) -> String {
        let text = run(Command::new("pdftotext").arg("-layout").arg(&self.sheet).arg("-")).expect(0).stdout;
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The code as zbar reads it from the sheet as it would be printed.
    fn code(&self) -> PathBuf {
        let picture = self.gateway.folder().join("sheet");
        run(Command::new("pdftoppm")
            .args(["-r", DOTS_PER_INCH, "-gray", "-singlefile"])
            .arg(&self.sheet)
            .arg(&picture))
        .expect(0);
        let read = run(Command::new("zbarimg")
            .args(["--quiet", "--raw", "-Sdisable", "-Sqrcode.enable"])
            .arg(picture.with_extension("pgm")))
        .expect(0);
        let file = self.gateway.folder().join("code.txt");
        std::fs::write(&file, read.stdout).unwrap();
        file
    }

    fn verifies(&self, file: &Path) -> Option<i32> {
        run(malipo(["verify"]).arg(file).arg("--keys").arg(self.gateway.public_keys())).code
    }
}

#[test]
fn the_code_on_the_sheet_verifies_offline_and_an_altered_one_does_not() {
    let gateway = Gateway::demo().start();
    let bill = gateway.agency("kws").bills(&Order::hells_gate(2));
    let mut paper = Paper::of(gateway, &bill, |number| (format!("/en/receipts/{number}/pdf"), "*/*"));
    let facts = paper.facts();
    assert!(facts.contains("Pages:           1\n") && facts.contains("(A4)"), "{facts}");
    let text = paper.text();
    for said in ["Payment received", "KES 1,000.00", "Hell’s Gate", "2 × KES 500.00", "Demo: no real money"]
    {
        let said_plainly = said.replace('’', "'");
        assert!(text.contains(said) || text.contains(&said_plainly), "{said}: {text}");
    }
    let code = paper.code();
    assert_eq!(paper.verifies(&code), Some(0));
    // Without the gateway, too; and not if somebody makes a thousand shillings two thousand.
    let keys = paper.gateway.public_keys();
    paper.gateway.stop();
    let verify = |file: &Path| run(malipo(["verify"]).arg(file).arg("--keys").arg(&keys)).code;
    assert_eq!(verify(&code), Some(0));
    let altered = std::fs::read_to_string(&code).unwrap();
    let at = altered.len() / 2;
    let other = if altered.as_bytes()[at] == b'A' { "B" } else { "A" };
    std::fs::write(&code, format!("{}{other}{}", &altered[..at], &altered[at + 1..])).unwrap();
    assert_eq!(verify(&code), Some(3));
}

#[test]
fn the_same_address_gives_json_or_paper_and_the_page_links_to_it_in_both_languages() {
    let gateway = Gateway::demo().start();
    let bill = gateway.agency("kws").bills(&Order::hells_gate(1));
    let paper = Paper::of(gateway, &bill, |number| (format!("/v1/receipts/{number}"), "application/pdf"));
    assert!(paper.text().contains("Payment received"));
    assert_eq!(paper.verifies(&paper.code()), Some(0));
    let origin = paper.gateway.public();
    let number = paper.gateway.agency("kws").looks_at(&bill)["payments"][0]["receipt_number"].clone();
    let page = Page::open(&origin, &format!("/sw/receipts/{}", number.as_str().unwrap()));
    page.says("Hifadhi kama PDF");
    let pdf = get(format!("{origin}/sw/receipts/{}/pdf", number.as_str().unwrap())).send().expect(200);
    std::fs::write(&paper.sheet, pdf.body).unwrap();
    assert!(paper.text().contains("Malipo yamepokelewa"));
    assert_eq!(get(format!("{origin}/en/receipts/ZZZZ-ZZZZ/pdf")).send().status, 404);
}
