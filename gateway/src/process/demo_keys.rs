//! The test keys of a demonstration: made once, kept in a file of the data directory that its owner alone can read.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::StartError;
use super::folder::{Folder, FolderError, read_secret, write_secret};
use crate::access::{KeyMode, KeySecret, Role};
use crate::api::{NewKey, make_key};
use crate::books::Books;
use crate::payments::{Answer, Ask, Command};

const FILE: &str = "demo-keys.json";
/// Agencies that a newcomer tries first.
const AGENCIES: [&str; 2] = ["kws", "kra"];

/// The keys, as their holders have them.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DemoKeys {
    /// By agency code in small letters.
    pub agency_keys: BTreeMap<String, String>,
    /// The Treasury's.
    pub treasury_key: String,
}

impl DemoKeys {
    /// The keys in this data directory; nothing if no demonstration ever ran with it.
    pub fn read(root: &Path) -> Result<Option<Self>, FolderError> {
        let path = root.join(FILE);
        let Some(text) = read_secret(&path)? else { return Ok(None) };
        serde_json::from_str(&text).map(Some).map_err(|_| FolderError::Form(path))
    }
}

/// The keys of this data directory; handed out where there are none.
pub(super) async fn obtain(folder: &Folder, books: &Books) -> Result<DemoKeys, StartError> {
    if let Some(keys) = DemoKeys::read(folder.root())?
        && all_in_force(&keys, books)
    {
        return Ok(keys);
    }
    let mut agency_keys = BTreeMap::new();
    for agency in AGENCIES {
        let secret = issue(books, Role::AgencyIntegrator, Some(agency)).await?;
        agency_keys.insert(agency.to_owned(), secret.reveal().to_owned());
    }
    let treasury_key = issue(books, Role::Treasury, None).await?.reveal().to_owned();
    let keys = DemoKeys { agency_keys, treasury_key };
    let text = serde_json::to_string_pretty(&keys).expect("texts can be written as JSON");
    write_secret(&folder.root().join(FILE), &text)?;
    Ok(keys)
}

/// Whether the books know all of them. The file is written after the books: a crash between the two leaves keys that
/// nobody has, and new ones are handed out.
fn all_in_force(keys: &DemoKeys, books: &Books) -> bool {
    let ring = books.readers().keys();
    let now = books.head().time;
    let secrets = keys.agency_keys.values().chain([&keys.treasury_key]);
    secrets
        .map(|text| KeySecret::parse(text))
        .all(|secret| secret.is_ok_and(|secret| ring.find(&secret, now).is_some()))
}

async fn issue(books: &Books, role: Role, agency: Option<&str>) -> Result<KeySecret, StartError> {
    let wanted = NewKey {
        role,
        agency: agency.map(str::to_owned),
        counter: None,
        label: "demonstration".to_owned(),
        expires_at: None,
    };
    let (key, secret) = make_key(&wanted, KeyMode::Test)
        .map_err(|problem| StartError::DemoKeys(problem.detail().to_owned()))?;
    let command = Command {
        principal: "system".into(),
        cause: "demonstration".into(),
        ask: Ask::IssueKey(Box::new(key)),
    };
    match books.ask(command).await {
        Ok(Answer::Done { .. }) => Ok(secret),
        Ok(other) => Err(StartError::DemoKeys(format!("{other:?}"))),
        Err(error) => Err(StartError::DemoKeys(error.to_string())),
    }
}
