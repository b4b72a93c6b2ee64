//! The views are gone, locked or broken. Lists answer that they cannot, until they can.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use super::Payers;
use crate::harness::{Gateway, Order, eventually, made_up_for, malipo, run_at_length};

fn files(gateway: &Gateway) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(gateway.data().join("views")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

pub(super) fn built_again(gateway: &Gateway) {
    run_at_length(malipo(["ledger", "rebuild-views", "--data"]).arg(gateway.data())).expect(0);
}

/// A bill that was made while the views were off is found in the list, as are all others.
pub(super) fn lists_are_whole(gateway: &Gateway) {
    made_up_for("the views have everything", || {
        gateway.metric("malipo_views_lag_records").try_into().unwrap()
    });
    let kws = gateway.agency("kws");
    let bill = kws.bills(&Order::hells_gate(2));
    eventually("the lists are whole again", || {
        let page = kws.get("/v1/bills?limit=100");
        assert!([200, 503].contains(&page.status), "{}", page.status);
        (page.status == 200 && page.text().contains(&bill.id)).then_some(())
    });
}

#[test]
fn views_whose_folder_is_gone_cost_only_lists_until_they_are_built_again() {
    let gateway = Gateway::demo().start();
    let on = || {
        built_again(&gateway);
        lists_are_whole(&gateway);
    };
    let off = || std::fs::remove_dir_all(gateway.data().join("views")).unwrap();
    Payers::of(&gateway).while_off("the folder of the views is gone", off, on, &[]);
}

#[test]
fn views_that_are_broken_cost_only_lists_until_they_are_built_again() {
    let gateway = Gateway::demo().start();
    let off = || {
        for path in files(&gateway) {
            let mut file = std::fs::File::options().write(true).open(path).unwrap();
            file.write_all(&[0xA5; 64 * 1024]).unwrap();
        }
    };
    let on = || {
        built_again(&gateway);
        lists_are_whole(&gateway);
    };
    Payers::of(&gateway).while_off("the views are broken", off, on, &[]);
}

/// Somebody who holds the views, and lets them go when dropped.
struct Holder(Child);

impl Holder {
    fn of(gateway: &Gateway) -> Self {
        let newest =
            files(gateway).into_iter().filter(|path| path.extension().is_some_and(|end| end == "sqlite"));
        let script = "import sqlite3, sys\nviews = sqlite3.connect(sys.argv[1], isolation_level=None)\n\
                      views.execute('PRAGMA busy_timeout = 10000')\nviews.execute('BEGIN EXCLUSIVE')\n\
                      print('held', flush=True)\nsys.stdin.read()";
        let mut command = Command::new("python3");
        command.args(["-c", script]).arg(newest.max().expect("there are views"));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = [0; 4];
        std::io::Read::read_exact(child.stdout.as_mut().unwrap(), &mut said).unwrap();
        assert_eq!(&said, b"held");
        Self(child)
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

#[test]
fn views_that_somebody_holds_cost_only_lists_and_go_on_by_themselves() {
    let gateway = Gateway::demo().start();
    let holder = std::cell::RefCell::new(None);
    let off = || *holder.borrow_mut() = Some(Holder::of(&gateway));
    let on = || {
        holder.borrow_mut().take();
        lists_are_whole(&gateway);
    };
    Payers::of(&gateway).while_off("the views are locked", off, on, &[]);
}
