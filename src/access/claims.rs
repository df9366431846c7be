//! What an issuer says of somebody, and what that is here: one claim names their scope, another their site. Whoever is
//! not said to have a scope has none.

use entity::api_key::Scope;
use serde_json::Value;

use super::scope_name;
use crate::codes::Code;
use crate::error::{Error, Result};

/// The scopes, and who has several has the first of them.
const SCOPES: [Scope; 4] = [Scope::Admin, Scope::Operate, Scope::Read, Scope::Ingest];
/// The value of the site's claim for all sites.
const ALL_SITES: &str = "*";
/// Characters of a subject at most, as `OpenID` Connect has it.
const SUBJECT_CHARS: usize = 255;

/// Which claims say what somebody may do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimSettings {
    scope_claim: String,
    /// Scopes by the values that grant them; none if a scope's own name does.
    scope_values: Vec<(Scope, String)>,
    site_claim: String,
}

impl ClaimSettings {
    /// From the settings: the claim of the scope, `scope=value,…`, and the claim of the site, which is empty if all that
    /// are let in reach all sites.
    pub fn new(scope_claim: &str, scope_values: &str, site_claim: &str) -> Result<Self> {
        let pairs = scope_values.split(',').map(str::trim).filter(|pair| !pair.is_empty());
        let read = |pair: &str| {
            let (name, value) = pair.split_once('=')?;
            let scope = SCOPES.into_iter().find(|scope| scope_name(*scope) == name.trim())?;
            Some((scope, value.trim().to_owned())).filter(|(_, value)| !value.is_empty())
        };
        let wrong = |pair: &str| {
            Error::Config(format!(
                "scope-values has {pair:?}: it is a scope and a value, as in admin=plant-admins,operate=shift"
            ))
        };
        let scope_values = pairs.map(|pair| read(pair).ok_or_else(|| wrong(pair))).collect::<Result<_>>()?;
        if scope_claim.is_empty() {
            return Err(Error::Config("scope-claim is empty: it names the claim that has the scope".to_owned()));
        }
        Ok(Self { scope_claim: scope_claim.to_owned(), scope_values, site_claim: site_claim.to_owned() })
    }

    /// What they may do (`FORBIDDEN`).
    pub(super) fn scope(&self, claims: &Value) -> Result<Scope> {
        let said = texts(claims, &self.scope_claim);
        let grants = |scope: Scope| match self.scope_values.as_slice() {
            [] => said.contains(&scope_name(scope)),
            values => values.iter().any(|(of, value)| *of == scope && said.contains(&value.as_str())),
        };
        SCOPES.into_iter().find(|scope| grants(*scope)).ok_or_else(|| {
            let message = format!("nothing in the claim {:?} grants a scope here", self.scope_claim);
            Error::invalid(Code::Forbidden, message)
        })
    }

    /// The name of the only site that they reach; none for all (`FORBIDDEN`).
    pub(super) fn site<'a>(&self, claims: &'a Value) -> Result<Option<&'a str>> {
        if self.site_claim.is_empty() {
            return Ok(None);
        }
        match find(claims, &self.site_claim) {
            Some(Value::String(site)) if site == ALL_SITES => Ok(None),
            Some(Value::String(site)) => Ok(Some(site)),
            _ => {
                let message = format!("the claim {:?} has no site: it is a site's name, or * for all", self.site_claim);
                Err(Error::invalid(Code::Forbidden, message))
            }
        }
    }
}

/// Who it is, as the issuer numbers them.
pub(super) fn subject(claims: &Value) -> Option<&str> {
    claims["sub"].as_str().filter(|subject| !subject.is_empty() && subject.chars().count() <= SUBJECT_CHARS)
}

/// An instant of a claim, ms since the epoch; the wire has seconds, with fractions or without.
#[expect(clippy::cast_possible_truncation, reason = "beyond 292 million years an instant is the last one")]
pub(super) fn instant_ms(claims: &Value, name: &str) -> Option<i64> {
    claims[name].as_f64().map(|seconds| (seconds * 1000.0) as i64)
}

/// A claim: by its name, or where there are dots in it by its place in claims within claims.
fn find<'a>(claims: &'a Value, name: &str) -> Option<&'a Value> {
    let within = || name.split('.').try_fold(claims, |claims, name| claims.get(name));
    claims.get(name).or_else(within)
}

/// The texts of a claim: one, its words, or a list of them.
fn texts<'a>(claims: &'a Value, name: &str) -> Vec<&'a str> {
    match find(claims, name) {
        Some(Value::String(text)) => std::iter::once(text.as_str()).chain(text.split_whitespace()).collect(),
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_scope_is_what_a_claim_says_or_nothing() {
        let by_name = ClaimSettings::new("wattline_scope", "", "").expect("valid");
        let by_group = ClaimSettings::new("realm.roles", "admin=the admins, read = all", "").expect("valid");
        for (settings, claims, scope) in [
            (&by_name, json!({"wattline_scope": "read"}), Some(Scope::Read)),
            (&by_name, json!({"wattline_scope": "openid ingest operate"}), Some(Scope::Operate)),
            (&by_name, json!({"wattline_scope": ["ingest", "read"]}), Some(Scope::Read)),
            (&by_name, json!({"wattline_scope": "Admin"}), None),
            (&by_name, json!({"wattline_scope": {"admin": true}}), None),
            (&by_name, json!({}), None),
            (&by_group, json!({"realm": {"roles": ["all", "the admins"]}}), Some(Scope::Admin)),
            (&by_group, json!({"realm": {"roles": "the admins"}}), Some(Scope::Admin)),
            (&by_group, json!({"realm.roles": ["all"]}), Some(Scope::Read)),
            (&by_group, json!({"realm": {"roles": ["admin"]}}), None),
        ] {
            assert_eq!(settings.scope(&claims).ok(), scope, "{claims}");
        }
        for wrong in ["admin", "admin=", "boss=x"] {
            assert!(ClaimSettings::new("groups", wrong, "").is_err(), "{wrong}");
        }
    }

    #[test]
    fn where_a_claim_has_the_site_it_must_be_there() {
        let settings = ClaimSettings::new("scope", "", "site").expect("valid");
        for (claims, site) in [
            (json!({"site": "north"}), Some(Some("north"))),
            (json!({"site": "*"}), Some(None)),
            (json!({"site": ["north"]}), None),
            (json!({}), None),
        ] {
            assert_eq!(settings.site(&claims).ok(), site, "{claims}");
        }
        assert_eq!(ClaimSettings::new("scope", "", "").expect("valid").site(&json!({})).ok(), Some(None));
    }
}
