//! Codes of authenticator apps: TOTP (RFC 6238) over HMAC-SHA-1, six digits, thirty seconds, which is what every app
//! reads. A few lines over the HMAC that is here already: a library would say whether a code fits, and not which step it
//! was of, without which it could be used twice.

use aws_lc_rs::hmac;
use data_encoding::BASE32_NOPAD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// How long a code is shown, in seconds.
pub const CODE_SECONDS: u64 = 30;
/// Steps before and after the present one that are taken: clocks of phones are off by seconds, and people are slow.
const STEPS_BESIDE: u64 = 1;
const DIGITS: usize = 6;
/// As RFC 4226 recommends.
const SECRET_LEN: usize = 20;

/// The secret that an app and we share.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TotpSecret(
    /// In base32, as apps take it.
    Zeroizing<String>,
);

impl TotpSecret {
    /// The secret that these random bytes are.
    pub fn from_random(random: &[u8; SECRET_LEN]) -> Self {
        Self(Zeroizing::new(BASE32_NOPAD.encode(random)))
    }

    /// In base32, for people to type where a code cannot be scanned.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What the QR code says that apps scan. `login` is one of ours and has nothing in it to escape.
    pub fn address(&self, login: &str) -> Zeroizing<String> {
        Zeroizing::new(format!(
            "otpauth://totp/Malipo:{login}?secret={}&issuer=Malipo&digits={DIGITS}&period={CODE_SECONDS}",
            self.reveal()
        ))
    }

    /// The step, of those around `now`, whose code this is; none if it is of no such step. Every step is computed,
    /// whichever fits.
    pub fn step_of(&self, code: &str, now_seconds: u64) -> Option<u64> {
        let code: String = code.chars().filter(|letter| !letter.is_whitespace()).collect();
        let now = now_seconds / CODE_SECONDS;
        let steps = now.saturating_sub(STEPS_BESIDE)..=now.saturating_add(STEPS_BESIDE);
        steps.fold(None, |found, step| {
            let is_it = aws_lc_rs::constant_time::verify_slices_are_equal(
                self.code(step).as_bytes(),
                code.as_bytes(),
            );
            is_it.ok().map(|()| step).or(found)
        })
    }

    /// The code of a step.
    pub fn code(&self, step: u64) -> String {
        let key = BASE32_NOPAD.decode(self.0.as_bytes()).map(Zeroizing::new).unwrap_or_default();
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &key);
        let tag = hmac::sign(&key, &step.to_be_bytes());
        let bytes = tag.as_ref();
        let offset = usize::from(bytes[bytes.len() - 1] & 0xf);
        let word = [bytes[offset] & 0x7f, bytes[offset + 1], bytes[offset + 2], bytes[offset + 3]];
        format!("{:0DIGITS$}", u32::from_be_bytes(word) % 10_u32.pow(DIGITS as u32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6238, appendix B, SHA-1: the last six of its eight digits.
    #[test]
    fn the_codes_are_those_of_the_standard() {
        let secret = TotpSecret::from_random(b"12345678901234567890");
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(secret.code(seconds / CODE_SECONDS), code);
            assert_eq!(secret.step_of(code, seconds), Some(seconds / CODE_SECONDS));
        }
    }

    #[test]
    fn a_code_is_taken_a_step_early_and_late_and_no_more() {
        let secret = TotpSecret::from_random(&[7; 20]);
        let (now, step) = (1_000_000_000, 1_000_000_000 / CODE_SECONDS);
        for (code, expected) in
            [(step - 2, None), (step - 1, Some(step - 1)), (step + 1, Some(step + 1)), (step + 2, None)]
        {
            assert_eq!(secret.step_of(&secret.code(code), now), expected);
        }
        let code = secret.code(step);
        assert_eq!(secret.step_of(&format!("{} {}", &code[..3], &code[3..]), now), Some(step));
        for wrong in ["", "000", &format!("{code}0"), "abcdef"] {
            assert_eq!(secret.step_of(wrong, now), None, "{wrong}");
        }
    }
}
