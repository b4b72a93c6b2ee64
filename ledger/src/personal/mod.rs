//! Personal data: hidden in the journal, committed to in the tree, and gone for good once its key is destroyed.
//!
//! Each bill has a data key of its own. The key lies wrapped in a slot of the [`Vault`], outside the journal and its
//! backups; the wrapping keys are one for each month. A record names the slot, carries the ciphertext, and has a
//! salted commitment for each field in the leaf that the tree covers. Destroying the slot destroys the data, and
//! neither the tree nor the money notices.

mod key_file;
mod seal;
mod vault;

pub use key_file::{KEY_LEN, key_file_of, key_in_file};
pub use seal::{OpenSealError, PersonalField, open, seal};
pub use vault::{DataKey, Month, TakenKey, Vault, VaultError, VaultReader};
