//! The disk is full, and money is answered with "later" until it is not; or the disk lies, and nothing is built on it.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::harness::{Gateway, Order, PASSWORD, Payment, check_books, eventually, get, together};

/// A small disk of its own, in memory.
struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    /// Nothing where this user may not mount.
    fn mount(mebibytes: u32) -> Option<Self> {
        let folder = tempfile::Builder::new().prefix("disk-e2e-").tempdir().unwrap();
        let size = format!("size={mebibytes}m,mode=0700");
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder.path()).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self { folder })
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Takes all the room there is, by a file.
    fn fill(&self) -> PathBuf {
        let ballast = self.path().join("ballast");
        let file = OpenOptions::new().create(true).append(true).open(&ballast).unwrap();
        for chunk in [1 << 20, 1 << 12, 1] {
            let mut end = file.metadata().unwrap().len();
            while file.write_all_at(&vec![1; chunk], end).is_ok() {
                end = file.metadata().unwrap().len();
            }
        }
        ballast
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.folder.path()).status();
    }
}

#[test]
fn a_full_disk_turns_money_away_with_later_and_heals() {
    let Some(disk) = SmallDisk::mount(48) else {
        eprintln!("skipped: only root may mount the small disk that this test fills");
        return;
    };
    let mut gateway =
        Gateway::serve().data(&disk.path().join("data")).set("data.segment_bytes", "2MiB").start();
    let kws =
        crate::harness::Agency::new(gateway.public(), gateway.create_key("agency_integrator", Some("kws")));
    let bill = kws.bills(&Order::hells_gate(1));
    let safaricom = gateway.safaricom();
    let ballast = disk.fill();

    // The room that was taken ahead of need is used up; then the answer is: later.
    let refused = eventually("there is no room any more", || {
        let answers = together(32, |_| {
            let payment = Payment::of("50.00", "INVOICE 7");
            let answer = safaricom.confirms(&payment);
            (payment, answer)
        });
        let mut refused: Vec<_> = answers.into_iter().filter(|(_, answer)| answer.status != 200).collect();
        refused.pop()
    });
    let (payment, answer) = refused;
    assert_eq!(answer.clone().expect(503).problem(), "books_unavailable");
    assert_eq!(answer.json()["money_moved"], "yes");
    assert!(answer.header("retry-after").is_some());

    // Reads go on.
    kws.looks_at(&bill);
    get(format!("{}/v1/services/kws-hells-gate-entry", gateway.public())).send().expect(200);
    get(format!("{}/livez", gateway.admin())).send().expect(200);
    assert!(gateway.metric("malipo_confirmations_total{outcome=\"not_booked\"}") > 0);

    // Also after a start without room.
    gateway.kill();
    disk.fill();
    gateway.start_again();
    kws.looks_at(&bill);
    get(format!("{}/livez", gateway.admin())).send().expect(200);

    fs::remove_file(ballast).unwrap();
    eventually("it heals by itself", || (safaricom.confirms(&payment).status == 200).then_some(()));
    safaricom.confirms(&Payment::of("50.00", "INVOICE 7")).expect_success();

    let books = gateway.books();
    books.booking(&payment.receipt);
    books.expect_balanced();
    check_books(&books, &[], &[]).expect(0);
}

#[test]
fn staff_get_in_to_look_while_the_disk_is_full() {
    let Some(disk) = SmallDisk::mount(48) else {
        eprintln!("skipped: only root may mount the small disk that this test fills");
        return;
    };
    let gateway = Gateway::demo().data(&disk.path().join("data")).set("data.segment_bytes", "2MiB").start();
    let (asha, _) = gateway.sets_up("asha.w", &gateway.invites("asha.w", "agency_viewer", Some("kws")));
    let origin = gateway.public();
    disk.fill();
    let code = asha.next_code();
    let inside = asha.tries(&origin, PASSWORD, &code);
    assert_eq!(inside.status, 200, "{}", inside.text());
    inside.says("Kenya Wildlife Service");
    eventually("it is said", || {
        gateway.log().contains("There is no room to keep which code was used last.").then_some(())
    });
    assert_eq!(asha.tries(&origin, PASSWORD, &code).status, 422, "and the code is used all the same");
}

#[test]
fn a_flipped_byte_in_the_journal_stops_the_start_and_is_named() {
    let mut gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    for _ in 0..20 {
        let bill = kws.bills(&Order::hells_gate(1));
        gateway.safaricom().confirms(&Payment::of_bill(&bill)).expect_success();
    }
    gateway.stop();
    let (segment, written) = only_segment(gateway.data());

    const FLIPS: u64 = 12;
    for flip in 0..FLIPS {
        // From the first byte to the last that was written, in even steps.
        let at = (written - 1) * flip / (FLIPS - 1);
        flip_byte(&segment, at);
        let damaged = fs::read(&segment).unwrap();
        let finished =
            gateway.try_start_again().err().unwrap_or_else(|| panic!("it started with byte {at} flipped"));
        assert!(finished.code.is_some_and(|code| code != 0), "byte {at}");
        let said = finished.said();
        let name = segment.file_name().unwrap().to_str().unwrap();
        assert!(said.contains(name) && said.contains(" at byte "), "byte {at}: {said}");
        assert!(fs::read(&segment).unwrap() == damaged, "byte {at}: what is damaged is left as it is");
        flip_byte(&segment, at);
    }
    gateway.start_again();
    assert_eq!(gateway.books().events("payment_received").len(), 20);
}

#[test]
fn what_lies_beside_the_journal_is_missed_when_it_is_lost() {
    let mut gateway = Gateway::demo().start();
    let kws = gateway.agency("kws");
    let bill = kws.bills(&Order::hells_gate(1));
    gateway.safaricom().confirms(&Payment::of_bill(&bill)).expect_success();
    let receipt = kws.sees(&bill, "paid")["payments"][0]["receipt_number"].as_str().unwrap().to_owned();
    let show = || get(format!("{}/v1/receipts/{receipt}", gateway.public())).send();
    show().expect(200);

    // Hashes that prove nothing: better no receipt than one that looks forged.
    let hashes = gateway.data().join("tree/hashes");
    for at in (0..fs::metadata(&hashes).unwrap().len()).step_by(32) {
        flip_byte(&hashes, at);
    }
    assert_eq!(show().expect(500).problem(), "internal_error");
    eventually("somebody is told which file it is", || {
        gateway.log().contains("tree/hashes is damaged").then_some(())
    });

    gateway.stop();
    fs::remove_file(&hashes).unwrap();
    fs::remove_file(gateway.keys().join("receipts.seed")).unwrap();
    gateway.start_again();
    get(format!("{}/v1/receipts/{receipt}", gateway.public())).send().expect(200);
    let told = eventually("somebody is told", || {
        let log = gateway.log();
        log.lines().find(|line| line.contains("this key was not there")).map(str::to_owned)
    });
    assert!(told.contains("receipts.seed"), "{told}");
}

fn flip_byte(path: &Path, at: u64) {
    let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ 0x20], at).unwrap();
}

/// The file of a journal that has one, and how much of it was written.
fn only_segment(data: &Path) -> (PathBuf, u64) {
    let mut written: Vec<_> = fs::read_dir(data.join("journal"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter_map(|path| {
            let bytes = fs::read(&path).unwrap();
            let last = bytes.iter().rposition(|byte| *byte != 0)?;
            (bytes.len() > 1 << 20).then_some((path, last as u64 + 1))
        })
        .collect();
    assert_eq!(written.len(), 1, "{written:?}");
    written.remove(0)
}
