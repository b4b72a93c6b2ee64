//! The staff of a demonstration: accounts that exist from the first start on, with passwords that everybody may read on
//! `/demo/staff`, so that a newcomer is in within seconds. Their app is played by that page.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::StartError;
use super::folder::{Folder, FolderError, read_secret, write_secret};
use crate::access::Role;
use crate::api::new_account;
use crate::books::Books;
use crate::payments::{Answer, Ask, Command, StaffAsk};
use crate::staff::{CODE_SECONDS, StaffDoor, TypedSetUp};

const FILE: &str = "demo-staff.json";
/// Who there is: the name, the role, the agency.
const STAFF: [(&str, Role, Option<&str>); 9] = [
    ("kws-gate", Role::AgencyGate, Some("kws")),
    ("dci-officer", Role::AgencyOfficer, Some("dci")),
    ("kws-office", Role::AgencyViewer, Some("kws")),
    ("kra-office", Role::AgencyViewer, Some("kra")),
    ("ntsa-office", Role::AgencyViewer, Some("ntsa")),
    ("huduma-cashier", Role::Cashier, Some("huduma")),
    ("huduma-supervisor", Role::CounterSupervisor, Some("huduma")),
    ("treasury", Role::Treasury, None),
    ("auditor", Role::Auditor, None),
];

/// Passwords by name.
#[derive(Clone, Debug, Default)]
pub struct DemoStaff {
    /// In the order of the names.
    pub passwords: BTreeMap<String, String>,
}

/// The staff of this data directory; those who are missing are added and set up.
pub(super) async fn obtain(
    folder: &Folder,
    books: &Books,
    door: &StaffDoor,
    now_micros: i64,
) -> Result<DemoStaff, StartError> {
    let path = folder.root().join(FILE);
    let known: Option<BTreeMap<String, String>> = match read_secret(&path)? {
        Some(text) => Some(serde_json::from_str(&text).map_err(|_| FolderError::Form(path.clone()))?),
        None => None,
    };
    let mut passwords = known.clone().unwrap_or_default();
    let now_seconds = u64::try_from(now_micros / 1_000_000).unwrap_or(0);
    for (login, role, agency) in STAFF {
        let is_there = door.account_of(login).and_then(|account| door.credentials(&account));
        let is_there = is_there.is_some_and(|credentials| credentials.is_set_up());
        if !(is_there && passwords.contains_key(login)) {
            let password = hex::encode(rand::random::<[u8; 8]>());
            add(books, door, (login, role, agency), &password, now_seconds).await?;
            passwords.insert(login.to_owned(), password);
        }
    }
    if known.as_ref() != Some(&passwords) {
        let text =
            Zeroizing::new(serde_json::to_string_pretty(&passwords).expect("texts can be written as JSON"));
        write_secret(&path, &text)?;
    }
    Ok(DemoStaff { passwords })
}

/// Adds an account and sets it up as the person would. One of this name that nobody can sign in to any more ends first.
async fn add(
    books: &Books,
    door: &StaffDoor,
    (login, role, agency): (&str, Role, Option<&str>),
    password: &str,
    now_seconds: u64,
) -> Result<(), StartError> {
    let failed = |reason: String| StartError::DemoStaff(reason);
    if let Some(account) = door.account_of(login) {
        ask(books, StaffAsk::End { account: account.as_str().into() }).await?;
        door.forget_account(&account).await?;
    }
    let account = new_account(role, agency, None).map_err(|problem| failed(problem.detail().to_owned()))?;
    let id = account.id.clone();
    let invited = door.invite(&id, login, now_seconds).await?;
    ask(books, StaffAsk::Add(account)).await?;
    // A step before the present one, so that the code that is shown now can still be used.
    let (_, totp) =
        door.invited(&invited.code, now_seconds).ok_or_else(|| failed("no invitation".to_owned()))?;
    let typed = TypedSetUp {
        invitation: invited.code.to_string(),
        password: Zeroizing::new(password.to_owned()),
        code: totp.code((now_seconds / CODE_SECONDS).saturating_sub(1)),
    };
    door.set_up(typed, now_seconds).await.map_err(|error| failed(error.to_string()))?;
    ask(books, StaffAsk::NoteSetUp { account: id }).await
}

async fn ask(books: &Books, ask: StaffAsk) -> Result<(), StartError> {
    let command = Command { principal: "system".into(), cause: "demonstration".into(), ask: Ask::Staff(ask) };
    match books.ask(command).await {
        Ok(Answer::Done { .. }) => Ok(()),
        Ok(other) => Err(StartError::DemoStaff(format!("{other:?}"))),
        Err(error) => Err(StartError::DemoStaff(error.to_string())),
    }
}
