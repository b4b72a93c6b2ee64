//! Receipt numbers of payments that never were.

use std::sync::atomic::{AtomicU64, Ordering};

/// Ten letters and digits in Safaricom's form, in no order, none twice in this process.
pub(crate) fn receipt() -> String {
    const DIGITS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const SERIALS: u64 = 36_u64.pow(7);
    // Odd and no multiple of three: has no factor in common with the number of serials.
    const STIR: u64 = 30_900_001;
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let serial = NEXT.fetch_add(1, Ordering::Relaxed) % SERIALS;
    let mut stirred = u128::from(serial) * u128::from(STIR) % u128::from(SERIALS);
    let mut text = "TKL".to_owned();
    for _ in 0..7 {
        text.push(char::from(DIGITS[(stirred % 36) as usize]));
        stirred /= 36;
    }
    text
}
