//! The services that are written by hand and come with the product.

use crate::builder::CatalogueBuilder;
use crate::snapshot::Catalogue;

/// Each file by its path within this crate. One file per agency; the laws, the convenience fee and the fallback plan that
/// several agencies share have their own.
const FILES: &[(&str, &str)] = &[
    ("services/account-forms.json", include_str!("../services/account-forms.json")),
    ("services/afa.json", include_str!("../services/afa.json")),
    ("services/afc.json", include_str!("../services/afc.json")),
    ("services/archives.json", include_str!("../services/archives.json")),
    ("services/betting.json", include_str!("../services/betting.json")),
    ("services/blood-services.json", include_str!("../services/blood-services.json")),
    ("services/bomas.json", include_str!("../services/bomas.json")),
    ("services/brs.json", include_str!("../services/brs.json")),
    ("services/ca.json", include_str!("../services/ca.json")),
    ("services/civil-registration.json", include_str!("../services/civil-registration.json")),
    ("services/clinical-officers.json", include_str!("../services/clinical-officers.json")),
    ("services/convenience-fee.json", include_str!("../services/convenience-fee.json")),
    ("services/cooperatives.json", include_str!("../services/cooperatives.json")),
    ("services/cue.json", include_str!("../services/cue.json")),
    ("services/dairy-board.json", include_str!("../services/dairy-board.json")),
    ("services/dci.json", include_str!("../services/dci.json")),
    ("services/diaspora.json", include_str!("../services/diaspora.json")),
    ("services/doshs.json", include_str!("../services/doshs.json")),
    ("services/engineers.json", include_str!("../services/engineers.json")),
    ("services/epra.json", include_str!("../services/epra.json")),
    ("services/firearms.json", include_str!("../services/firearms.json")),
    ("services/fisheries.json", include_str!("../services/fisheries.json")),
    ("services/foreign-affairs.json", include_str!("../services/foreign-affairs.json")),
    ("services/government-chemist.json", include_str!("../services/government-chemist.json")),
    ("services/government-press.json", include_str!("../services/government-press.json")),
    ("services/helb.json", include_str!("../services/helb.json")),
    ("services/housing.json", include_str!("../services/housing.json")),
    ("services/huduma.json", include_str!("../services/huduma.json")),
    ("services/immigration.json", include_str!("../services/immigration.json")),
    ("services/insurance.json", include_str!("../services/insurance.json")),
    ("services/ipoa.json", include_str!("../services/ipoa.json")),
    ("services/judiciary.json", include_str!("../services/judiciary.json")),
    ("services/kaa.json", include_str!("../services/kaa.json")),
    ("services/kalro.json", include_str!("../services/kalro.json")),
    ("services/kcaa.json", include_str!("../services/kcaa.json")),
    ("services/kebs.json", include_str!("../services/kebs.json")),
    ("services/kecobo.json", include_str!("../services/kecobo.json")),
    ("services/kemri.json", include_str!("../services/kemri.json")),
    ("services/kenha.json", include_str!("../services/kenha.json")),
    ("services/kentrade.json", include_str!("../services/kentrade.json")),
    ("services/kenya-railways.json", include_str!("../services/kenya-railways.json")),
    ("services/kephis.json", include_str!("../services/kephis.json")),
    ("services/kerra.json", include_str!("../services/kerra.json")),
    ("services/kfcb.json", include_str!("../services/kfcb.json")),
    ("services/kfs.json", include_str!("../services/kfs.json")),
    ("services/kicc.json", include_str!("../services/kicc.json")),
    ("services/kipi.json", include_str!("../services/kipi.json")),
    ("services/kma.json", include_str!("../services/kma.json")),
    ("services/kmpdc.json", include_str!("../services/kmpdc.json")),
    ("services/kmtc.json", include_str!("../services/kmtc.json")),
    ("services/knec.json", include_str!("../services/knec.json")),
    ("services/kpa.json", include_str!("../services/kpa.json")),
    ("services/kra.json", include_str!("../services/kra.json")),
    ("services/kuccps.json", include_str!("../services/kuccps.json")),
    ("services/kura.json", include_str!("../services/kura.json")),
    ("services/kws.json", include_str!("../services/kws.json")),
    ("services/library.json", include_str!("../services/library.json")),
    ("services/marriages.json", include_str!("../services/marriages.json")),
    ("services/media-council.json", include_str!("../services/media-council.json")),
    ("services/meteorology.json", include_str!("../services/meteorology.json")),
    ("services/micro-small-enterprises.json", include_str!("../services/micro-small-enterprises.json")),
    ("services/museums.json", include_str!("../services/museums.json")),
    ("services/nacada.json", include_str!("../services/nacada.json")),
    ("services/nacosti.json", include_str!("../services/nacosti.json")),
    ("services/national-fallback.json", include_str!("../services/national-fallback.json")),
    ("services/national-registration.json", include_str!("../services/national-registration.json")),
    ("services/nca.json", include_str!("../services/nca.json")),
    ("services/ncpb.json", include_str!("../services/ncpb.json")),
    ("services/ncpwd.json", include_str!("../services/ncpwd.json")),
    ("services/nea.json", include_str!("../services/nea.json")),
    ("services/nema.json", include_str!("../services/nema.json")),
    ("services/ngo-board.json", include_str!("../services/ngo-board.json")),
    ("services/nita.json", include_str!("../services/nita.json")),
    ("services/nssf.json", include_str!("../services/nssf.json")),
    ("services/ntsa.json", include_str!("../services/ntsa.json")),
    ("services/nursing-council.json", include_str!("../services/nursing-council.json")),
    ("services/odpc.json", include_str!("../services/odpc.json")),
    ("services/ombudsman.json", include_str!("../services/ombudsman.json")),
    ("services/pest-control-products.json", include_str!("../services/pest-control-products.json")),
    ("services/police.json", include_str!("../services/police.json")),
    ("services/political-parties.json", include_str!("../services/political-parties.json")),
    ("services/posta.json", include_str!("../services/posta.json")),
    ("services/ppb.json", include_str!("../services/ppb.json")),
    ("services/private-security.json", include_str!("../services/private-security.json")),
    ("services/public-holidays.json", include_str!("../services/public-holidays.json")),
    ("services/public-service-commission.json", include_str!("../services/public-service-commission.json")),
    ("services/sha.json", include_str!("../services/sha.json")),
    ("services/societies.json", include_str!("../services/societies.json")),
    ("services/tourism-regulation.json", include_str!("../services/tourism-regulation.json")),
    ("services/tsc.json", include_str!("../services/tsc.json")),
    ("services/tveta.json", include_str!("../services/tveta.json")),
    ("services/unclaimed-assets.json", include_str!("../services/unclaimed-assets.json")),
    ("services/uwezo.json", include_str!("../services/uwezo.json")),
    ("services/water-resources.json", include_str!("../services/water-resources.json")),
];

impl Catalogue {
    /// The catalogue of the services that come with the product.
    ///
    /// # Panics
    /// If a file within the product is broken, with the list of its problems; a test reads all of them.
    pub fn embedded() -> Self {
        let mut builder = CatalogueBuilder::new();
        add_to(&mut builder);
        builder.build().unwrap_or_else(|problems| panic!("{problems}"))
    }
}

/// Adds the files that come with the product.
pub(crate) fn add_to(builder: &mut CatalogueBuilder) {
    for (name, text) in FILES {
        builder.add_file(name, text);
    }
}
