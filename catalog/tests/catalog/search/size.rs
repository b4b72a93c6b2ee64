//! What the search holds when the catalogue is as large as it is meant to become. How long a query takes is measured in
//! `benches/search`.

use catalog::Catalogue;

use super::golden;

const SERVICE_COUNT: usize = 22_000;
const INDEX_BYTES_MAX: usize = 30_000_000;

#[test]
fn a_crowd_does_not_hide_the_services_and_the_index_stays_small() {
    let catalogue = Catalogue::demonstration(SERVICE_COUNT, 1);
    golden::demand(&catalogue);
    let bytes = catalogue.search_index_size_bytes();
    println!("the index of {SERVICE_COUNT} services takes {bytes} bytes");
    assert!(bytes < INDEX_BYTES_MAX, "{bytes}");
}
