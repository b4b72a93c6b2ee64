//! The services that are written by hand and come with the product.

use crate::builder::CatalogueBuilder;
use crate::snapshot::Catalogue;

/// Each file by its path within this crate. One file per agency; the laws and the convenience fee that several agencies
/// share have their own.
const FILES: &[(&str, &str)] = &[
    ("services/convenience-fee.json", include_str!("../services/convenience-fee.json")),
    ("services/immigration.json", include_str!("../services/immigration.json")),
    ("services/kra.json", include_str!("../services/kra.json")),
    ("services/kws.json", include_str!("../services/kws.json")),
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
