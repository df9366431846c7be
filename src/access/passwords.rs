//! Passwords of people, by Argon2id with the parameters that OWASP asks for: each takes some time and 19 MiB, so that
//! guessing is dear; and so only a few are checked at the same time.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use std::sync::LazyLock;
use tokio::sync::Semaphore;

use crate::codes::Code;
use crate::error::{Error, Result};

/// Characters of a password, at least and at most.
const LEAST_CHARS: usize = 10;
const GREATEST_CHARS: usize = 200;
/// Passwords that are checked at the same time; others wait.
static TURNS: Semaphore = Semaphore::const_new(2);
/// What a password is checked against where there is no such person, so that the answer takes as long.
static NOBODYS: LazyLock<String> = LazyLock::new(|| hash_password("nobody's password").unwrap_or_default());

/// Refuses a password that is too short or too long.
pub fn check_password(password: &str) -> Result<()> {
    if !(LEAST_CHARS..=GREATEST_CHARS).contains(&password.chars().count()) {
        let message = format!("a password has {LEAST_CHARS} to {GREATEST_CHARS} characters");
        return Err(Error::invalid(Code::InvalidInput, message));
    }
    Ok(())
}

/// As it is kept: in the PHC format, with a salt of its own.
pub fn hash_password(password: &str) -> Result<String> {
    let hash = Argon2::default().hash_password(password.as_bytes());
    Ok(hash.map_err(|e| Error::Internal(format!("a password could not be hashed: {e}")))?.to_string())
}

/// Whether a password is the one that was kept; none was where there is no such person.
pub(super) async fn is_password(password: String, kept: Option<String>) -> Result<bool> {
    let _turn = TURNS.acquire().await.map_err(|e| Error::Internal(e.to_string()))?;
    let check = move || {
        let is_known = kept.is_some();
        let kept = kept.unwrap_or_else(|| NOBODYS.clone());
        let is_same = PasswordHash::new(&kept)
            .is_ok_and(|kept| Argon2::default().verify_password(password.as_bytes(), &kept).is_ok());
        is_known && is_same
    };
    tokio::task::spawn_blocking(check).await.map_err(|e| Error::Internal(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_is_taken() {
        let kept = hash_password("correct horse").expect("a hash");
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{kept}");
        for (password, kept, is_taken) in [
            ("correct horse", Some(kept.clone()), true),
            ("correct house", Some(kept), false),
            ("nobody's password", None, false),
            ("correct horse", Some("no hash".to_owned()), false),
        ] {
            assert_eq!(is_password(password.to_owned(), kept).await.expect("an answer"), is_taken, "{password}");
        }
    }
}
