//! The services that are written by hand and come with the product.

use crate::builder::CatalogueBuilder;
use crate::snapshot::Catalogue;

/// Each file by its path within this crate. One file per agency; the laws and the convenience fee that several agencies
/// share have their own.
const FILES: &[(&str, &str)] = &[
    ("services/brs.json", include_str!("../services/brs.json")),
    ("services/civil-registration.json", include_str!("../services/civil-registration.json")),
    ("services/convenience-fee.json", include_str!("../services/convenience-fee.json")),
    ("services/cue.json", include_str!("../services/cue.json")),
    ("services/dci.json", include_str!("../services/dci.json")),
    ("services/doshs.json", include_str!("../services/doshs.json")),
    ("services/helb.json", include_str!("../services/helb.json")),
    ("services/housing.json", include_str!("../services/housing.json")),
    ("services/immigration.json", include_str!("../services/immigration.json")),
    ("services/judiciary.json", include_str!("../services/judiciary.json")),
    ("services/kephis.json", include_str!("../services/kephis.json")),
    ("services/kfs.json", include_str!("../services/kfs.json")),
    ("services/knec.json", include_str!("../services/knec.json")),
    ("services/kpa.json", include_str!("../services/kpa.json")),
    ("services/kra.json", include_str!("../services/kra.json")),
    ("services/kuccps.json", include_str!("../services/kuccps.json")),
    ("services/kws.json", include_str!("../services/kws.json")),
    ("services/marriages.json", include_str!("../services/marriages.json")),
    ("services/national-registration.json", include_str!("../services/national-registration.json")),
    ("services/nca.json", include_str!("../services/nca.json")),
    ("services/ncpwd.json", include_str!("../services/ncpwd.json")),
    ("services/nea.json", include_str!("../services/nea.json")),
    ("services/nema.json", include_str!("../services/nema.json")),
    ("services/nita.json", include_str!("../services/nita.json")),
    ("services/nssf.json", include_str!("../services/nssf.json")),
    ("services/ntsa.json", include_str!("../services/ntsa.json")),
    ("services/sha.json", include_str!("../services/sha.json")),
    ("services/tsc.json", include_str!("../services/tsc.json")),
    ("services/tveta.json", include_str!("../services/tveta.json")),
];

impl Catalogue {
    /// The catalogue of the services that come with the product.
    ///
    /// # Panics
    /// If a file within the product is broken, with the list of its problems; a test reads all of them.
    pub fn embedded() -> Self {
        let mut builder = CatalogueBuilder::new();
        for (name, text) in FILES {
            builder.add_file(name, text);
        }
        builder.build().unwrap_or_else(|problems| panic!("{problems}"))
    }
}
