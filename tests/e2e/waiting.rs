//! The page of a bill while somebody is asked to pay: honest about what is not known, by a button where no script runs, and by
//! itself where one does.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::harness::{Gateway, Order, PATIENCE, Page, Payment, get};

/// Listens to an address as a browser would, and tells of the events that come.
struct Listener {
    lines: BufReader<TcpStream>,
}

impl Listener {
    fn open(origin: &str, path: &str) -> Self {
        let authority = origin.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(authority).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {authority}\r\nAccept: text/event-stream\r\n\r\n")
            .unwrap();
        Self { lines: BufReader::new(stream) }
    }

    /// The data of the next event.
    fn hears(&mut self) -> serde_json::Value {
        loop {
            let mut line = String::new();
            assert!(self.lines.read_line(&mut line).unwrap() > 0, "the stream ended");
            if let Some(data) = line.strip_prefix("data: ") {
                return serde_json::from_str(data).unwrap();
            }
        }
    }

    /// Waits for its end.
    fn ends(mut self) {
        let mut rest = Vec::new();
        self.lines.get_mut().set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let mut line = String::new();
        while self.lines.read_line(&mut line).unwrap() > 0 {
            if line == "0\r\n" {
                return;
            }
            rest.push(std::mem::take(&mut line));
        }
        panic!("it did not end properly: {rest:?}");
    }
}

#[test]
fn the_page_waits_by_itself_or_by_a_button_and_leads_to_the_receipt() {
    let gateway = Gateway::demo().start();
    gateway.sandbox().knows(&gateway);
    let origin = gateway.public();
    let bill = gateway.agency("kws").bills(&Order::hells_gate(1));
    let address = format!("/en/bills/{}", bill.id);
    let page = Page::open(&origin, &address);
    let mut listener = Listener::open(&origin, &format!("{address}/stream"));
    let first = listener.hears();
    assert_eq!((&first["waits"], &first["next"]), (&false.into(), &address.as_str().into()));

    let waiting = page.send(&page.form("/prompt").with("phone", "0722000001"));
    waiting.says("Check payment").says("Asked for: KES 500.00");
    assert!(waiting.html.contains("role=\"status\"") && waiting.html.contains("data-waits=\"true\""));
    while listener.hears()["waits"] != true {}
    gateway.sandbox().payer("0722000001").enters_pin().expect(202);
    let paid = loop {
        let told = listener.hears();
        if told["waits"] == false {
            break told;
        }
    };
    let receipt = paid["next"].as_str().unwrap();
    assert!(receipt.starts_with("/en/receipts/"), "{paid}");
    listener.ends();
    Page::open(&origin, receipt).says("Payment received");
    // Without a script the button shows the same; and nothing more is told of a bill that is paid.
    let checked = Page::open(&origin, &address);
    checked.says("This bill is paid");
    assert!(!checked.html.contains("<script"), "a page that waits for nothing runs nothing");
    assert_eq!(get(format!("{origin}{address}/stream")).send().status, 204);
}

#[test]
fn an_open_page_shows_other_ways_within_two_seconds_of_the_word_that_the_paybill_is_down() {
    let gateway = Gateway::demo().start();
    let bill = gateway.agency("kws").bills(&Order::hells_gate(1));
    let address = format!("/en/bills/{}", bill.id);
    let mut listener = Listener::open(&gateway.public(), &format!("{address}/stream"));
    listener.hears();
    for (is_down, number) in [(true, "600000"), (false, "222222")] {
        let began = std::time::Instant::now();
        if is_down {
            gateway.operator_says("mpesa_paybill", "start");
        } else {
            gateway.operator_takes_back("mpesa_paybill");
        }
        let told = listener.hears();
        eprintln!("an open page was told after {:?}", began.elapsed());
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
        assert_eq!((&told["waits"], &told["next"]), (&false.into(), &address.as_str().into()));
        Page::open(&gateway.public(), &address).says(&format!("Business number: {number}"));
    }
}

#[test]
fn a_payment_by_paybill_shows_within_two_seconds_and_drain_ends_every_stream() {
    let mut gateway = Gateway::demo().start();
    let origin = gateway.public();
    let bill = gateway.agency("kws").bills(&Order::hells_gate(1));
    let stream = format!("/sw/bills/{}/stream", bill.id);
    let mut listener = Listener::open(&origin, &stream);
    listener.hears();
    gateway.safaricom().confirms(&Payment::of("100.00", &bill.number)).expect_success();
    let began = std::time::Instant::now();
    let told = listener.hears();
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert_eq!(told["next"], format!("/sw/bills/{}", bill.id), "a part: the page says how much is missing");
    let began = std::time::Instant::now();
    assert!(gateway.stop().success());
    listener.ends();
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
}
