//! A text that is never shown and does not outlive its use in memory.

use std::fmt;
use std::sync::Arc;

use zeroize::Zeroizing;

/// A secret: a passkey, a token, a key of a provider. Printing it prints `[secret]`; it is wiped when the last clone
/// is dropped.
#[derive(Clone)]
pub struct Secret(Arc<Zeroizing<String>>);

impl Secret {
    /// Takes charge of a secret.
    pub fn new(text: String) -> Self {
        Self(Arc::new(Zeroizing::new(text)))
    }

    /// The secret itself, for the one call that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether the given bytes are the secret, in a time that does not depend on where they differ.
    pub fn matches(&self, given: &[u8]) -> bool {
        aws_lc_rs::constant_time::verify_slices_are_equal(self.0.as_bytes(), given).is_ok()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[secret]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_show() {
        let secret = Secret::new("bfb279f9aa9bdbcf".to_owned());
        assert_eq!(format!("{secret:?} {:#?}", Some(&secret)), "[secret] Some(\n    [secret],\n)");
        assert!(secret.matches(b"bfb279f9aa9bdbcf"));
        assert!(!secret.matches(b"bfb279f9aa9bdbc0") && !secret.matches(b"bfb2"));
    }
}
