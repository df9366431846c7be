//! Tokens of the trusted issuer, sent as keys are: JWTs, RFC 7519, as RFC 8725 says to take them. Their algorithm is one
//! of those that the operator named, never one that the token alone asks for.

use jsonwebtoken::{Header, Validation, decode, decode_header};
use serde_json::Value;

use super::claims::{instant_ms, subject};
use super::guard::Access;
use super::issuer::Issuer;
use super::{Caller, Credential, Granted};
use crate::codes::Code;
use crate::error::{Error, Result};

/// How far the issuer's clock may be ahead of ours, ms. A token ends when it says, by our clock.
const AHEAD_MS: i64 = 30_000;
/// What a token may say it is.
const TYPES: [&str; 3] = ["jwt", "at+jwt", "application/at+jwt"];

fn refused(why: &str) -> Error {
    Error::invalid(Code::Unauthenticated, format!("this token is not taken: {why}"))
}

impl Access {
    /// Whose token this is (`UNAUTHENTICATED`, `FORBIDDEN`).
    pub(super) async fn by_token(&self, issuer: &Issuer, token: &str) -> Result<Caller> {
        let (claims, key) = verified(issuer, token).await?;
        let now_ms = self.shared().clock.now_ms();
        let expires_at_ms = instant_ms(&claims, "exp").ok_or_else(|| refused("it does not say when it ends (exp)"))?;
        if expires_at_ms <= now_ms {
            return Err(refused("it has expired"));
        }
        if ["nbf", "iat"].iter().any(|name| instant_ms(&claims, name).is_some_and(|at_ms| at_ms > now_ms + AHEAD_MS)) {
            return Err(refused("its time has not come yet"));
        }
        let subject = subject(&claims).ok_or_else(|| refused("it does not say whose it is (sub)"))?;
        let scope = issuer.settings.claims.scope(&claims)?;
        let site = self.site_of(issuer.settings.claims.site(&claims)?).await?;
        let by = format!("token {subject}").into();
        let credential = Credential::Token { key, expires_at_ms };
        Ok(Caller::with(Granted { by, person: None, scope, site, credential }))
    }

    /// The site that a claim names (`FORBIDDEN`).
    pub(super) async fn site_of(&self, name: Option<&str>) -> Result<Option<entity::SiteId>> {
        let Some(name) = name else { return Ok(None) };
        match self.shared().store.site_by_name(Some(name)).await {
            Ok(site) => Ok(Some(site.id)),
            Err(Error::NotFound(_)) => Err(Error::invalid(Code::Forbidden, format!("there is no site named {name:?}"))),
            Err(other) => Err(other),
        }
    }
}

/// The claims of a token that its issuer signed and that is meant for us, and the number of the key.
async fn verified(issuer: &Issuer, token: &str) -> Result<(Value, u64)> {
    let header = decode_header(token).map_err(|_| refused("it is no JWT, or of an algorithm that is not taken"))?;
    check_header(&header)?;
    if !issuer.settings.algorithms.contains(&header.alg) {
        return Err(refused("its algorithm is not taken here"));
    }
    let key = issuer.key(header.kid.as_deref(), header.alg).await;
    let key = key.ok_or_else(|| refused("its issuer has no such key"))?;
    let mut wanted = Validation::new(header.alg);
    wanted.set_issuer(&[&issuer.settings.url]);
    wanted.set_audience(&[&issuer.settings.audience]);
    wanted.set_required_spec_claims(&["iss", "aud"]);
    // By the clock that everything else goes by.
    (wanted.validate_exp, wanted.validate_nbf) = (false, false);
    let token = decode::<Value>(token, &key.verifies, &wanted);
    let token = token.map_err(|error| refused(&error.to_string()))?;
    Ok((token.claims, key.number))
}

/// Refuses what is something else than a token for access, and what asks for things that are not done here.
fn check_header(header: &Header) -> Result<()> {
    let is_other = |kind: &str| !TYPES.contains(&kind.to_ascii_lowercase().as_str());
    if header.typ.as_deref().is_some_and(is_other) {
        return Err(refused("it is for something else (typ)"));
    }
    if header.crit.is_some() {
        return Err(refused("it has extensions that must be understood (crit)"));
    }
    Ok(())
}
