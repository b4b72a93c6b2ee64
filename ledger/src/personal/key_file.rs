//! A file that holds one secret key: the key, and a checksum of it. A key with a flipped bit would lock and hash like any
//! other, and nobody would notice until nothing fits any more.

use zeroize::Zeroizing;

/// Length of a key in bytes.
pub const KEY_LEN: usize = 32;
const CHECKSUM_LEN: usize = 4;

/// The content of the file: the key, then CRC-32C of it.
pub fn key_file_of(key: &[u8; KEY_LEN]) -> Zeroizing<[u8; KEY_LEN + CHECKSUM_LEN]> {
    let mut file = Zeroizing::new([0; KEY_LEN + CHECKSUM_LEN]);
    file[..KEY_LEN].copy_from_slice(key);
    file[KEY_LEN..].copy_from_slice(&crc32c::crc32c(key).to_le_bytes());
    file
}

/// The key in a file; nothing if the file is not as it was written. The first files had the key alone.
pub fn key_in_file(file: &[u8]) -> Option<Zeroizing<[u8; KEY_LEN]>> {
    let (key, checksum) = file.split_first_chunk::<KEY_LEN>()?;
    let is_whole = checksum.is_empty() || crc32c::crc32c(key).to_le_bytes() == *checksum;
    is_whole.then(|| Zeroizing::new(*key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_comes_back_unless_anything_was_changed() {
        let key = std::array::from_fn(|index| index as u8);
        let file = key_file_of(&key);
        assert_eq!(key_in_file(&file[..]).as_deref(), Some(&key));
        for byte in 0..file.len() {
            let mut damaged = *file;
            damaged[byte] ^= 0x10;
            assert_eq!(key_in_file(&damaged), None, "byte {byte}");
        }
        assert_eq!(key_in_file(&file[..KEY_LEN]).as_deref(), Some(&key), "a file of the first form");
        for len in [0, 31, 33, 35] {
            assert_eq!(key_in_file(&file[..len]), None, "a file that was cut to {len} bytes");
        }
    }
}
