//! What follows from the books: built as they grow, built again beside a running gateway, or while none runs, it is the
//! same.

use serde_json::Value;

use crate::harness::{Agency, Gateway, Order, Payment, eventually, malipo, run};

#[test]
fn views_that_are_built_again_are_the_views_that_followed() {
    let mut gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let auditor = Agency::new(gateway.public(), gateway.create_key("auditor", None));
    for round in 0..15 {
        let bill = kws.bills(&Order::hells_gate(round % 3 + 1));
        let amount = ["500.00", "200.00", "1500.00"][round as usize % 3];
        let payment = Payment::of(amount, &bill.number);
        gateway.safaricom().confirms(&payment).expect_success();
        gateway.safaricom().confirms(&payment.but_of("9.00")).expect_success();
        gateway.safaricom().confirms(&Payment::of("11.00", "SCHOOL FEES")).expect_success();
    }
    let followed = all_lists(&gateway, &auditor);
    assert_eq!(followed.iter().map(Vec::len).collect::<Vec<_>>(), [15, 15, 15]);
    let file = newest_file(&gateway);

    run(malipo(["ledger", "rebuild-views", "--data"]).arg(gateway.data())).expect(0);
    let rebuilt =
        eventually("another file was built", || Some(newest_file(&gateway)).filter(|new| *new != file));
    assert_eq!(all_lists(&gateway, &auditor), followed, "beside a running gateway");

    gateway.stop();
    run(malipo(["ledger", "rebuild-views", "--data"]).arg(gateway.data())).expect(0);
    assert_ne!(newest_file(&gateway), rebuilt);
    gateway.start_again();
    assert_eq!(all_lists(&gateway, &auditor), followed, "while none ran");

    gateway.kill();
    std::fs::remove_dir_all(gateway.data().join("views")).unwrap();
    gateway.start_again();
    assert_eq!(all_lists(&gateway, &auditor), followed, "after they were lost");
}

/// Every row of every list, page by page.
fn all_lists(gateway: &Gateway, auditor: &Agency) -> [Vec<Value>; 3] {
    eventually("the views have everything", || {
        (gateway.metric("malipo_views_lag_records") == 0).then_some(())
    });
    ["/v1/bills", "/v1/suspense", "/v1/quarantine"].map(|list| {
        let (mut rows, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = auditor.get(&format!("{list}?limit=4{cursor}"));
            if page.status == 503 {
                // A file that is being built answers a moment later.
                std::thread::sleep(std::time::Duration::from_millis(50));
                continue;
            }
            let page = page.expect(200).json();
            rows.extend(page["data"].as_array().unwrap().iter().cloned().map(without_age));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return rows,
            }
        }
    })
}

/// How old a thing is differs each time it is looked at.
fn without_age(mut row: Value) -> Value {
    row.as_object_mut().unwrap().remove("age_seconds");
    row
}

fn newest_file(gateway: &Gateway) -> String {
    let names = std::fs::read_dir(gateway.data().join("views")).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name.ends_with(".sqlite")).max().expect("there are views")
}
