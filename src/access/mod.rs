//! Who may do what: keys for programs, sessions for people, and what each of them allows.
//!
//! Access is set up by making the first key or user, or by trusting an issuer of tokens. Until then whoever reaches the
//! server over loopback may do everything; from then on each caller has to say who they are, and stays so when the last
//! key is revoked.

mod attempts;
mod claims;
mod fields;
mod guard;
mod issuer;
mod keys;
mod openid;
mod passwords;
mod secrets;
mod tokens;
mod watch;

use std::sync::Arc;

use entity::api_key::Scope;
use entity::{ApiKeyId, SessionId, SiteId};

pub use claims::ClaimSettings;
pub use fields::{FIELDS, Field};
pub use guard::{Access, AccessSettings, SignedIn};
pub use issuer::{IssuerSettings, parse_algorithms};
pub use keys::{MadeKey, NewKeyRequest, create_key, revoke_key, rotate_key};
pub use openid::{Callback, SignInSettings};
pub use passwords::{check_password, hash_password};
pub use secrets::random;
pub use watch::Hold;

use crate::codes::Code;
use crate::error::{Error, Result};
use crate::store::Author;

/// What something needs of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Need {
    /// To see.
    Read,
    /// To send readings.
    Record,
    /// To deal with anomalies.
    Operate,
    /// To change what there is.
    Administer,
}

impl Need {
    /// Whether a scope is enough.
    #[must_use]
    pub fn is_met_by(self, scope: Scope) -> bool {
        match self {
            Self::Read => scope != Scope::Ingest,
            Self::Record => scope != Scope::Read,
            Self::Operate => matches!(scope, Scope::Operate | Scope::Admin),
            Self::Administer => scope == Scope::Admin,
        }
    }

    /// The scopes that are enough, for people.
    fn scopes(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Record => "ingest or operate",
            Self::Operate => "operate",
            Self::Administer => "admin",
        }
    }
}

/// As it is written on the command line and in answers.
#[must_use]
pub fn scope_name(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "read",
        Scope::Ingest => "ingest",
        Scope::Operate => "operate",
        Scope::Admin => "admin",
    }
}

/// By what a caller was let in, and loses that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Credential {
    /// By nothing, because access is not set up, or loopback is open.
    Open,
    /// By a key.
    Key(ApiKeyId),
    /// By a session.
    Session(SessionId),
    /// By a token that its issuer signed.
    Token {
        /// With which key.
        key: u64,
        /// Since when it is no longer taken, ms since the epoch.
        expires_at_ms: i64,
    },
}

/// Whoever something is done for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller(Option<Granted>);

/// What was granted to a caller, and to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// Who, as the audit has it.
    pub by: Arc<str>,
    /// The person's name, if it is one.
    pub person: Option<Arc<str>>,
    /// What they may do.
    pub scope: Scope,
    /// The only site they reach; none for all.
    pub site: Option<SiteId>,
    /// By what.
    pub credential: Credential,
}

impl Granted {
    /// In whose name something is changed by a request, whatever `field` calls it in the audit.
    #[must_use]
    pub fn author(&self, field: &str, request_id: Option<Arc<str>>, at_ms: i64) -> Author {
        guard::author(&self.by, field, request_id, at_ms)
    }
}

impl Caller {
    /// Somebody who has not said who they are, and may do nothing.
    #[must_use]
    pub fn nobody() -> Self {
        Self(None)
    }

    /// Somebody who need not say who they are, and may do everything.
    #[must_use]
    pub fn anybody() -> Self {
        let (by, scope, credential) = ("anybody".into(), Scope::Admin, Credential::Open);
        Self(Some(Granted { by, person: None, scope, site: None, credential }))
    }

    /// Whoever this was granted to.
    #[must_use]
    pub fn with(granted: Granted) -> Self {
        Self(Some(granted))
    }

    /// What was granted (`UNAUTHENTICATED`).
    pub fn granted(&self) -> Result<&Granted> {
        self.0.as_ref().ok_or_else(|| {
            let message = "say who you are: send a key as Authorization: Bearer …, or sign in";
            Error::invalid(Code::Unauthenticated, message)
        })
    }

    /// Refuses who may not do something (`UNAUTHENTICATED`, `FORBIDDEN`); what they were granted.
    pub fn require(&self, need: Need, what: &str) -> Result<&Granted> {
        let granted = self.granted()?;
        if need.is_met_by(granted.scope) {
            return Ok(granted);
        }
        let (needed, given) = (need.scopes(), scope_name(granted.scope));
        Err(Error::invalid(Code::Forbidden, format!("{what} needs the scope {needed}, and this caller has {given}")))
    }

    /// Refuses who reaches one site only (`FORBIDDEN`).
    pub fn require_all_sites(&self, what: &str) -> Result<()> {
        match self.granted()?.site {
            None => Ok(()),
            Some(_) => {
                Err(Error::invalid(Code::Forbidden, format!("{what} is of all sites, and this caller is of one")))
            }
        }
    }

    /// Refuses who may not have a root field of the schema; what they were granted.
    pub fn require_field(&self, name: &str) -> Result<&Granted> {
        let field = fields::find(name);
        let granted = self.require(field.need, name)?;
        if !field.is_of_sites {
            self.require_all_sites(name)?;
        }
        Ok(granted)
    }

    /// What callers have in common who may see the same: two who differ in this must not share an execution.
    #[must_use]
    pub fn sight(&self) -> String {
        match &self.0 {
            None => "nothing".to_owned(),
            Some(Granted { scope, site: None, .. }) => scope_name(*scope).to_owned(),
            Some(Granted { scope, site: Some(site), .. }) => format!("{}@{site}", scope_name(*scope)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_scope_meets_its_own_needs() {
        use Need::{Administer, Operate, Read, Record};
        for (scope, met) in [
            (Scope::Read, [true, false, false, false]),
            (Scope::Ingest, [false, true, false, false]),
            (Scope::Operate, [true, true, true, false]),
            (Scope::Admin, [true, true, true, true]),
        ] {
            assert_eq!([Read, Record, Operate, Administer].map(|need| need.is_met_by(scope)), met, "{scope:?}");
        }
    }

    #[test]
    fn nobody_may_do_anything_and_unknown_fields_are_for_administrators_of_all_sites() {
        assert_eq!(Caller::nobody().require_field("systemStats").expect_err("nobody").code(), Code::Unauthenticated);
        let caller = |scope, site| {
            let (by, credential) = ("key".into(), Credential::Key(ApiKeyId(1)));
            Caller::with(Granted { by, person: None, scope, site, credential })
        };
        let refused = |caller: Caller| caller.require_field("nothingKnown").err().map(|error| error.code());
        assert_eq!(refused(caller(Scope::Operate, None)), Some(Code::Forbidden));
        assert_eq!(refused(caller(Scope::Admin, Some(SiteId(1)))), Some(Code::Forbidden));
        assert_eq!(refused(caller(Scope::Admin, None)), None);
        let sights = [caller(Scope::Read, None), caller(Scope::Read, Some(SiteId(1))), Caller::nobody()];
        assert_eq!(sights.map(|caller| caller.sight()), ["read", "read@1", "nothing"]);
    }
}
