//! The names of the services that come with the product against the published service list, which is not part of the
//! repository: set `SERVICE_LIST_DIR` to the folder that holds `services.csv`, `departments.csv` and `ministries.csv`.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use catalog::Catalogue;

/// Services that reports describe with a fee and that have no line of their own on the list.
const NOT_LISTED: &[&str] = &[
    "electronic-travel-authorisation",
    "national-id-first",
    "passport-express",
    "passport-replacement",
    "permanent-residence-child-born-abroad",
];

#[test]
fn every_name_ministry_and_department_is_on_the_published_list() {
    let Some(folder) = std::env::var_os("SERVICE_LIST_DIR").map(PathBuf::from) else {
        eprintln!("skipped: SERVICE_LIST_DIR does not name the folder of the published service list");
        return;
    };
    let listed = listed_services(&folder);
    let catalogue = Catalogue::embedded();
    let mut not_listed = BTreeSet::new();
    for service in catalogue.services() {
        let agency = catalogue.agency(service.agency.as_str()).unwrap();
        let ministry =
            agency.ministry.as_deref().unwrap_or_else(|| panic!("{} has no ministry", agency.code));
        let department =
            agency.department.as_deref().unwrap_or_else(|| panic!("{} has no department", agency.code));
        assert!(
            listed.iter().any(|row| row.ministry == ministry && row.department == department),
            "{}: {department:?} of {ministry:?} is not on the list",
            agency.code
        );
        let name = service.published_name.as_deref().unwrap_or(service.name.en());
        let row = Listed { name: name.into(), department: department.into(), ministry: ministry.into() };
        if !listed.contains(&row) {
            assert!(service.published_name.is_none(), "{}: {row:?} is not on the list", service.slug);
            not_listed.insert(service.slug.as_str());
        }
    }
    assert_eq!(not_listed, NOT_LISTED.iter().copied().collect());
}

/// One line of the list, without its keys.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Listed {
    name: String,
    department: String,
    ministry: String,
}

fn listed_services(folder: &Path) -> BTreeSet<Listed> {
    let department_names = names_by_id(&folder.join("departments.csv"), "department");
    let ministry_names = names_by_id(&folder.join("ministries.csv"), "ministry");
    rows(&folder.join("services.csv"))
        .map(|row| Listed {
            name: row["service_name"].clone(),
            department: department_names[&row["department_id"]].clone(),
            ministry: ministry_names[&row["ministry_id"]].clone(),
        })
        .collect()
}

/// The names in a file by their keys: the columns `{what}_id` and `{what}_name`.
fn names_by_id(path: &Path, what: &str) -> HashMap<String, String> {
    let (id, name) = (format!("{what}_id"), format!("{what}_name"));
    rows(path).map(|row| (row[&id].clone(), row[&name].clone())).collect()
}

/// The rows of a file, each by the names in its header.
fn rows(path: &Path) -> impl Iterator<Item = HashMap<String, String>> {
    let reader = csv::Reader::from_path(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    reader.into_deserialize().map(Result::unwrap)
}
