//! Secrets that Wattline makes: 256 random bits, told once, kept as SHA-256. A hash made to take long would add nothing:
//! nobody guesses 256 bits.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::error::{Error, Result};

/// What every key begins with, so that people and scanners know one when they see it.
const MARK: &str = "wl_";
/// Characters of the part of a key that may be seen, without the mark: 32 random bits.
const PREFIX_CHARS: usize = 8;
const SECRET_BYTES: usize = 32;

/// Random bits as text.
pub(super) fn random_token() -> Result<String> {
    Ok(URL_SAFE_NO_PAD.encode(random::<SECRET_BYTES>()?))
}

/// A new key, `wl_<8 characters>_<43 characters>`, and its part that may be seen.
pub(super) fn random_key() -> Result<(String, String)> {
    let prefix = format!("{MARK}{:08x}", u32::from_be_bytes(random()?));
    Ok((format!("{prefix}_{}", random_token()?), prefix))
}

/// Random bytes, from the system.
pub fn random<const BYTES: usize>() -> Result<[u8; BYTES]> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|e| Error::Internal(format!("the system gives no random bits: {e}")))?;
    Ok(bytes)
}

/// The part of a key that may be seen; none if it does not look like a key.
pub(super) fn prefix_of(key: &str) -> Option<&str> {
    let end = MARK.len() + PREFIX_CHARS;
    let is_key = key.starts_with(MARK) && key.as_bytes().get(end) == Some(&b'_') && key.is_ascii();
    is_key.then(|| &key[..end])
}

/// As it is kept.
pub(super) fn hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret).to_vec()
}

/// A text that only who has a secret can make, of which others can be told: it does not lead back to the secret.
pub(super) fn derived(secret: &str, purpose: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{purpose} {secret}")))
}

/// Whether a secret is the one that was kept; takes as long either way.
pub(super) fn is_same(secret: &str, kept: &[u8]) -> bool {
    hash(secret).as_slice().ct_eq(kept).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_known_by_their_visible_part_and_no_two_are_the_same() {
        let (key, prefix) = random_key().expect("random bits");
        assert_eq!((key.len(), prefix.len()), (3 + 8 + 1 + 43, 11), "{key}");
        assert_eq!(prefix_of(&key), Some(prefix.as_str()));
        assert!(is_same(&key, &hash(&key)) && !is_same(&key, &hash(&prefix)));
        assert_ne!(key, random_key().expect("random bits").0);
        for other in ["", "-", "wl_", "wl_12345678", "wl_1234567_x", "xx_12345678_secret", "wl_1234567é_secret"] {
            assert_eq!(prefix_of(other), None, "{other}");
        }
    }
}
