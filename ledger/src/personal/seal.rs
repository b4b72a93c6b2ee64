//! Sealing: AES-256-GCM over the fields and their salts; one commitment for each field.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::rand;

use crate::hash::Hash;
use crate::personal::{DataKey, VaultError};
use crate::record::{Commitment, Sealed};

const SALT_LEN: usize = 16;
/// Number of the field, salt, and length of the value.
const FIELD_HEADER_LEN: usize = 1 + SALT_LEN + 2;

/// One piece of personal data. The caller knows what the number means.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonalField {
    /// Which field.
    pub field: u8,
    /// Its value.
    pub value: Vec<u8>,
}

impl std::fmt::Debug for PersonalField {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PersonalField").field("field", &self.field).finish_non_exhaustive()
    }
}

/// Sealed data could not be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenSealError {
    /// The key does not fit, or a byte was changed.
    #[error("the ciphertext does not open with this key")]
    Ciphertext,
    /// The plaintext does not have the form that sealing gives it.
    #[error("the sealed fields do not have their form")]
    Form,
    /// The value is not the one that the tree covers.
    #[error("the sealed field {0} is not the one committed to")]
    Commitment(u8),
}

/// Seals fields under a key that lies in `slot` of the vault.
pub fn seal(slot: u64, key: &DataKey, fields: &[PersonalField]) -> Result<Sealed, VaultError> {
    let mut randomness = vec![0; NONCE_LEN + SALT_LEN * fields.len()];
    rand::fill(&mut randomness).map_err(|_| VaultError::NoRandomness)?;
    let (nonce, salts) = randomness.split_at(NONCE_LEN);
    let nonce: [u8; NONCE_LEN] = nonce.try_into().expect("as many bytes as a nonce has");
    let mut commitments = Vec::with_capacity(fields.len());
    let mut ciphertext = Vec::with_capacity(
        NONCE_LEN + fields.iter().map(|field| FIELD_HEADER_LEN + field.value.len()).sum::<usize>() + 16,
    );
    ciphertext.extend_from_slice(&nonce);
    for (field, salt) in fields.iter().zip(salts.chunks_exact(SALT_LEN)) {
        let len = u16::try_from(field.value.len()).map_err(|_| VaultError::FieldTooLong)?;
        ciphertext.push(field.field);
        ciphertext.extend_from_slice(salt);
        ciphertext.extend_from_slice(&len.to_le_bytes());
        ciphertext.extend_from_slice(&field.value);
        commitments.push(commitment(field.field, salt, &field.value));
    }
    let mut plaintext = ciphertext.split_off(NONCE_LEN);
    cipher(key)
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad(slot)), &mut plaintext)
        .expect("sealing a few hundred bytes has no way to fail");
    ciphertext.append(&mut plaintext);
    Ok(Sealed { slot, commitments, ciphertext })
}

/// Opens what was sealed and checks each field against its commitment.
pub fn open(sealed: &Sealed, key: &DataKey) -> Result<Vec<PersonalField>, OpenSealError> {
    let (nonce, ciphertext) = sealed.ciphertext.split_first_chunk().ok_or(OpenSealError::Form)?;
    let mut plaintext = ciphertext.to_vec();
    let plaintext = cipher(key)
        .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(aad(sealed.slot)), &mut plaintext)
        .map_err(|_| OpenSealError::Ciphertext)?;
    let mut rest = &*plaintext;
    let mut fields = Vec::new();
    for committed in &sealed.commitments {
        let (header, after) = rest.split_first_chunk::<FIELD_HEADER_LEN>().ok_or(OpenSealError::Form)?;
        let len = usize::from(u16::from_le_bytes([header[1 + SALT_LEN], header[2 + SALT_LEN]]));
        let (value, after) = after.split_at_checked(len).ok_or(OpenSealError::Form)?;
        let field = header[0];
        if commitment(field, &header[1..=SALT_LEN], value) != *committed {
            return Err(OpenSealError::Commitment(field));
        }
        fields.push(PersonalField { field, value: value.to_vec() });
        rest = after;
    }
    if rest.is_empty() { Ok(fields) } else { Err(OpenSealError::Form) }
}

fn commitment(field: u8, salt: &[u8], value: &[u8]) -> Commitment {
    Commitment { field, hash: Hash::of_parts(&[&[field], salt, value]) }
}

fn cipher(key: &DataKey) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key.bytes()).expect("data keys have 32 bytes"))
}

/// Ties the ciphertext to its slot, so that it cannot be passed off as another bill's.
fn aad(slot: u64) -> [u8; 8] {
    slot.to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sealed_fields_open_with_their_key_and_slot_only() {
        let key = DataKey::new([3; 32]);
        let fields = vec![
            PersonalField { field: 1, value: b"254700000001".to_vec() },
            PersonalField { field: 2, value: "ASHA MWIKALI".as_bytes().to_vec() },
        ];
        let sealed = seal(5, &key, &fields).unwrap();
        assert_eq!(open(&sealed, &key).unwrap(), fields);
        assert_eq!(open(&sealed, &DataKey::new([4; 32])), Err(OpenSealError::Ciphertext));
        assert_eq!(open(&Sealed { slot: 6, ..sealed.clone() }, &key), Err(OpenSealError::Ciphertext));
        let mut other = sealed.clone();
        other.commitments[1].hash = Hash::ZERO;
        assert_eq!(open(&other, &key), Err(OpenSealError::Commitment(2)));
        let again = seal(5, &key, &fields).unwrap();
        assert_ne!(
            again.commitments, sealed.commitments,
            "the same value is committed to under another salt"
        );
        assert!(!format!("{fields:?}").contains("254"), "no value is printed by accident");
    }
}
