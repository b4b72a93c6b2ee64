//! A device that has lost what it did, or the time: it is noticed, nothing is handed out twice, and what is left is told.

use std::fs;
use std::path::Path;

use ledger::Hash;

use super::*;
use crate::gates::device::journal::JournalError;
use crate::gates::pack::ToldBefore;

const HOUR: i64 = 3_600_000_000;

fn opened(path: &Path) -> Result<Attendant, GateError> {
    Attendant::open(DeviceFolder::at(path))
}

/// A pack of so much later, in which the gateway says what it was told.
fn pack_after(gateway: &Gateway, micros: i64, told: &[(u64, &str)]) -> String {
    let mut pack = gateway.pack();
    pack.made_at.0 += micros;
    pack.valid_until.0 += micros;
    let told = told.iter().map(|(batches, text)| ToldBefore {
        device: "gat_elsa".to_owned(),
        batches: *batches,
        newest: Hash::of(text.as_bytes()).to_string(),
    });
    pack.told = told.collect();
    gateway.note(pack::TITLE, &pack)
}

/// Sends what there is to be told, which is taken.
fn tells(device: &mut Attendant) -> (u64, String) {
    let (number, note) = device.batch(NOW).unwrap().unwrap();
    device.batch_was_taken(number).unwrap();
    (number, note)
}

#[test]
fn a_device_without_its_journal_does_not_begin_another() {
    let (folder, gateway) = (tempfile::tempdir().unwrap(), Gateway::new());
    let path = folder.path().join("elsa");
    drop(gateway.device(&path, "gat_elsa", "Elsa Gate", 5));
    drop(gateway.device(&folder.path().join("olkaria"), "gat_olka", "Olkaria Gate", 5));
    fs::copy(folder.path().join("olkaria/journal"), path.join("journal")).unwrap();
    let other = opened(&path).unwrap_err();
    assert!(matches!(&other, GateError::OtherJournal(name) if name == "gat_olka"), "{other}");
    fs::write(path.join("journal"), "").unwrap();
    let emptied = opened(&path).unwrap_err();
    assert!(matches!(emptied, GateError::Journal(JournalError::Lost { .. })), "{emptied}");
    fs::remove_file(path.join("journal")).unwrap();
    let gone = opened(&path).unwrap_err().to_string();
    assert!(gone.contains("make a new device in another folder"), "{gone}");
    assert!(!path.join("journal").exists());
}

#[test]
fn an_enrolment_writes_over_no_journal() {
    let (folder, gateway) = (tempfile::tempdir().unwrap(), Gateway::new());
    let path = folder.path().join("elsa");
    drop(gateway.device(&path, "gat_elsa", "Elsa Gate", 5));
    fs::remove_file(path.join("device.json")).unwrap();
    let before = fs::read(path.join("device-key")).unwrap();
    let refused = DeviceFolder::at(&path).make_key().unwrap_err().to_string();
    assert!(refused.contains("folder of its own"), "{refused}");
    assert_eq!(fs::read(path.join("device-key")).unwrap(), before);
}

#[test]
fn an_older_copy_of_the_journal_is_noticed_lets_nobody_in_and_tells_what_it_did_under_new_numbers() {
    let (folder, gateway) = (tempfile::tempdir().unwrap(), Gateway::new());
    let path = folder.path().join("elsa");
    let mut elsa = gateway.device(&path, "gat_elsa", "Elsa Gate", 9);
    elsa.issue(&family("w1"), NOW).unwrap().unwrap();
    let first = tells(&mut elsa);
    let copy = fs::read(path.join("journal")).unwrap();
    elsa.issue(&family("w2"), NOW).unwrap().unwrap();
    elsa.issue(&family("w3"), NOW).unwrap().unwrap();
    let second = tells(&mut elsa);
    elsa.take_pack(&pack_after(&gateway, HOUR, &[(2, &second.1)])).unwrap();
    assert!(!elsa.is_behind(), "it knows of all that it told");
    drop(elsa);

    fs::write(path.join("journal"), &copy).unwrap();
    let mut old = opened(&path).unwrap();
    assert!(old.is_behind(), "the list in its folder says so, also when nobody answers");
    assert_eq!(old.look("anything", NOW).verdict, Verdict::DeviceBehind);
    assert_eq!(old.issue(&family("w4"), NOW).unwrap(), Err(NoPass::DeviceBehind));
    assert_eq!(old.batch(NOW).unwrap(), None, "it has done nothing that was not told");
    drop(old);
    assert!(opened(&path).unwrap().is_behind(), "it stays so");

    // Nothing says so while the old list is there too, and the gateway is gone: it works until it hears of it.
    fs::write(path.join("journal"), &copy).unwrap();
    let old_list = gateway.note(pack::TITLE, &gateway.pack());
    fs::write(path.join("pack.note"), &old_list).unwrap();
    let mut old = opened(&path).unwrap();
    old.issue(&family("w5"), NOW).unwrap().unwrap();
    let (number, refused) = old.batch(NOW).unwrap().unwrap();
    assert_eq!(number, 2, "which the gateway refuses, for it has another of this number");
    assert_ne!(refused, second.1);
    old.take_pack(&pack_after(&gateway, HOUR, &[(2, &second.1)])).unwrap();
    assert_eq!(old.issue(&family("w6"), NOW).unwrap(), Err(NoPass::DeviceBehind));
    let (number, told) = tells(&mut old);
    assert_eq!(number, 3, "it is told after what the gateway has");
    let key = DeviceFolder::at(&path).key().unwrap();
    let told = Batch::open(&told, &key.verifying_key()).unwrap();
    assert_eq!(told.passes, old.passes().all()[1..], "what it did since is not lost");
    assert_eq!((old.counts().1, old.batch(NOW).unwrap()), (0, None));
    assert_eq!(first.0, 1);
}

#[test]
fn two_programs_with_copies_of_one_device_are_both_stopped_and_both_tell_what_they_did() {
    let (folder, gateway) = (tempfile::tempdir().unwrap(), Gateway::new());
    let (path, twin) = (folder.path().join("elsa"), folder.path().join("twin"));
    drop(gateway.device(&path, "gat_elsa", "Elsa Gate", 9));
    fs::create_dir(&twin).unwrap();
    for file in fs::read_dir(&path).unwrap().map(Result::unwrap) {
        fs::copy(file.path(), twin.join(file.file_name())).unwrap();
    }
    let [mut elsa, mut other] = [&path, &twin].map(|path| opened(path).unwrap());
    elsa.issue(&family("w1"), NOW).unwrap().unwrap();
    other.issue(&family("w2"), Moment(NOW.0 + 1)).unwrap().unwrap();
    let (one, taken) = tells(&mut elsa);
    assert_eq!((one, other.batch(NOW).unwrap().unwrap().0), (1, 1), "one of them is refused");
    other.take_pack(&pack_after(&gateway, HOUR, &[(1, &taken)])).unwrap();
    assert!(other.is_behind() && !elsa.is_behind());
    let (two, taken) = tells(&mut other);
    elsa.take_pack(&pack_after(&gateway, 2 * HOUR, &[(2, &taken)])).unwrap();
    other.take_pack(&pack_after(&gateway, 2 * HOUR, &[(2, &taken)])).unwrap();
    assert_eq!((two, elsa.is_behind()), (2, true), "it has not told that");
    assert_eq!((elsa.counts(), other.counts()), ((1, 0), (1, 0)));
}

#[test]
fn a_batch_whose_answer_was_lost_is_no_loss() {
    let (folder, gateway) = (tempfile::tempdir().unwrap(), Gateway::new());
    let path = folder.path().join("elsa");
    let mut elsa = gateway.device(&path, "gat_elsa", "Elsa Gate", 9);
    elsa.issue(&family("w1"), NOW).unwrap().unwrap();
    let (_, note) = elsa.batch(NOW).unwrap().unwrap();
    elsa.take_pack(&pack_after(&gateway, HOUR, &[(1, &note)])).unwrap();
    assert!(!elsa.is_behind());
    drop(elsa);
    assert_eq!(opened(&path).unwrap().batch(NOW).unwrap(), Some((1, note)), "it goes again as it is");
}

#[test]
fn neither_the_clock_nor_the_list_goes_back() {
    let (folder, gateway) = (tempfile::tempdir().unwrap(), Gateway::new());
    let path = folder.path().join("elsa");
    let mut elsa = gateway.device(&path, "gat_elsa", "Elsa Gate", 9);
    let pack = gateway.pack();
    // Late in the life of the list, and then the machine is turned off and its clock set back.
    let late = Moment(pack.valid_until.0 - HOUR);
    elsa.keep_time(late, false).unwrap();
    drop(elsa);
    let mut elsa = opened(&path).unwrap();
    assert_eq!(elsa.not_before(NOW.0), late);
    let lines = || fs::read_to_string(path.join("journal")).unwrap().lines().count();
    let before = lines();
    elsa.keep_time(Moment(late.0 + HOUR / 10), false).unwrap();
    assert_eq!(lines(), before, "it is not written down each minute");
    elsa.keep_time(Moment(late.0 + HOUR / 10), true).unwrap();
    assert_eq!(lines(), before + 1, "but while the clock is doubted");
    // A clock that was ten years ahead has ended this list, and not the next.
    elsa.keep_time(Moment(NOW.0 + 3_650 * DAY), false).unwrap();
    drop(elsa);
    let mut elsa = opened(&path).unwrap();
    let now = elsa.not_before(NOW.0);
    assert_eq!(now, pack.valid_until);
    assert_eq!(elsa.issue(&family("w1"), now).unwrap(), Err(NoPass::PackTooOld));
    let minutes = HOUR / 30;
    elsa.take_pack(&pack_after(&gateway, minutes, &[])).unwrap();
    assert_eq!(elsa.not_before(NOW.0), Moment(pack.made_at.0 + minutes), "the gateway knows what time it is");
    fs::write(path.join("pack.note"), gateway.note(pack::TITLE, &pack)).unwrap();
    drop(elsa);
    let mut elsa = opened(&path).unwrap();
    assert_eq!(elsa.not_before(NOW.0), pack.valid_until, "and the list of before is as old as it was");
    elsa.take_pack(&pack_after(&gateway, DAY, &[])).unwrap();

    // The list of before is put back.
    let reason = elsa.take_pack(&gateway.note(pack::TITLE, &pack)).unwrap_err().to_string();
    assert!(reason.contains("older"), "{reason}");
    fs::write(path.join("pack.note"), gateway.note(pack::TITLE, &pack)).unwrap();
    drop(elsa);
    let mut elsa = opened(&path).unwrap();
    assert_eq!(elsa.issue(&family("w1"), NOW).unwrap(), Err(NoPass::NoPack));
    assert_eq!(elsa.look("anything", NOW).verdict, Verdict::PackTooOld);
    let reason = elsa.take_pack(&gateway.note(pack::TITLE, &pack)).unwrap_err().to_string();
    assert!(reason.contains("this device has had one of"), "{reason}");
    elsa.take_pack(&pack_after(&gateway, DAY, &[])).unwrap();
    assert!(elsa.pack().is_some());
}
