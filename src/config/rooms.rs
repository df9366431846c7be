//! What each room is told of the settings.

use std::path::PathBuf;
use std::time::Duration;

use super::Config;
use crate::access::{AccessSettings, ClaimSettings, IssuerSettings, SignInSettings, parse_algorithms};
use crate::domain::statistics::Rates;
use crate::error::{Error, Result};
use crate::graphql::DocumentLimits;
use crate::http::{FrontSettings, TlsFiles};
use crate::ingest::IngestSettings;
use crate::jobs::detect::DetectionSettings;
use crate::jobs::notify::NotificationSettings;
use crate::jobs::retention::RetentionSettings;
use crate::messenger::MessengerSettings;
use crate::store::StoreSettings;

impl Config {
    /// Price and carbon of a kWh.
    #[must_use]
    pub fn rates(&self) -> Rates {
        Rates { price_per_unit: self.price, carbon_kg_per_unit: self.carbon_factor }
    }

    /// How to reach the database.
    #[must_use]
    pub fn store(&self) -> StoreSettings {
        let busy_timeout = Duration::from_secs_f64(self.busy_timeout);
        let timeout = Duration::from_secs_f64(self.database_timeout);
        StoreSettings { url: self.database.clone(), max_connections: self.max_connections, busy_timeout, timeout }
    }

    /// How open the doors are.
    pub fn access(&self) -> Result<AccessSettings> {
        Ok(AccessSettings {
            is_insecure: self.insecure,
            is_loopback_open: self.open_loopback,
            session_hours: self.session_hours,
            issuer: self.issuer()?,
        })
    }

    /// The issuer whose word is taken, if there is one.
    pub(super) fn issuer(&self) -> Result<Option<IssuerSettings>> {
        let is_used = !self.token_audience.is_empty() || !self.client_id.is_empty();
        let wrong = |message: &str| Err(Error::Config(message.to_owned()));
        if self.client_id.is_empty() && !self.client_secret.is_empty() {
            return wrong("client-secret is of no use without client-id");
        }
        match (self.issuer.is_empty(), is_used) {
            (true, true) => return wrong("token-audience and client-id are of no use without issuer"),
            (true, false) => return Ok(None),
            (false, false) => return wrong("issuer lets nobody in without token-audience or client-id"),
            (false, true) => {}
        }
        Ok(Some(IssuerSettings {
            url: self.issuer.clone(),
            keys: self.issuer_keys.clone(),
            audience: self.token_audience.clone(),
            algorithms: parse_algorithms(&self.token_algorithms)?,
            claims: ClaimSettings::new(&self.scope_claim, &self.scope_values, &self.site_claim)?,
            sign_in: self.sign_in(),
            ca_file: self.ca_file.clone(),
        }))
    }

    /// How people sign in at the issuer, if they do.
    fn sign_in(&self) -> Option<SignInSettings> {
        (!self.client_id.is_empty()).then(|| SignInSettings {
            client_id: self.client_id.clone(),
            client_secret: self.client_secret.clone(),
            scopes: self.sign_in_scopes.clone(),
            callback_url: format!("{}/api/v1/session/openid/callback", self.page_url()),
        })
    }

    /// Where people reach the page.
    #[must_use]
    pub fn page_url(&self) -> String {
        match self.public_url.trim_end_matches('/') {
            "" => format!("{}://{}", self.scheme(), self.listen),
            url => url.to_owned(),
        }
    }

    /// What connections may do.
    #[must_use]
    pub fn front(&self) -> FrontSettings {
        let (certificate, key) = (PathBuf::from(&self.tls_cert), PathBuf::from(&self.tls_key));
        FrontSettings {
            connections: self.max_clients,
            of_address: self.max_address_clients,
            header_timeout: Duration::from_secs_f64(self.header_timeout),
            idle_timeout: Duration::from_secs_f64(self.idle_timeout),
            header_bytes: self.max_header_bytes,
            tls: self.has_tls().then_some(TlsFiles { certificate, key }),
        }
    }

    /// Whether TLS is spoken.
    #[must_use]
    pub fn has_tls(&self) -> bool {
        !self.tls_cert.is_empty()
    }

    /// With what its addresses begin.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.has_tls() { "https" } else { "http" }
    }

    /// Limits of the write path.
    #[must_use]
    pub fn ingest(&self) -> IngestSettings {
        IngestSettings {
            queue_batches: self.queue_batches,
            transaction_rows: self.transaction_rows,
            queue_timeout: Duration::from_secs_f64(self.busy_timeout),
            refused_rows: self.refused_rows,
        }
    }

    /// What a GraphQL document may be.
    #[must_use]
    pub fn documents(&self) -> DocumentLimits {
        DocumentLimits { bytes: self.max_query_bytes, tokens: self.max_query_tokens }
    }

    /// How detection goes about it.
    #[must_use]
    pub fn detection(&self) -> DetectionSettings {
        DetectionSettings {
            checkpoint_every_ms: ms(self.checkpoint_every),
            quiet_after_ms: ms(self.quiet_after),
            rejudge_after_ms: ms(self.rejudge_after),
        }
    }

    /// How messages leave.
    #[must_use]
    pub fn messenger(&self) -> MessengerSettings {
        MessengerSettings {
            smtp_url: self.smtp.clone(),
            mail_from: self.mail_from.clone(),
            ca_file: self.ca_file.clone(),
            allow_private_webhooks: self.allow_private_webhooks,
        }
    }

    /// How people are told.
    #[must_use]
    pub fn notification(&self) -> NotificationSettings {
        NotificationSettings {
            public_url: self.page_url(),
            attempts: self.delivery_attempts,
            quiet_after_ms: ms(self.quiet_after),
            rates: self.rates(),
        }
    }

    /// How long what is kept.
    #[must_use]
    pub fn retention(&self) -> RetentionSettings {
        let Self { reading_days, refused_days, delivery_days, .. } = *self;
        RetentionSettings { reading_days, refused_days, delivery_days }
    }

    /// Time between two pushes.
    #[must_use]
    pub fn push_interval(&self) -> Duration {
        Duration::from_secs_f64(self.interval)
    }
}

/// A setting in seconds, in ms.
fn ms(seconds: f64) -> i64 {
    i64::try_from(Duration::from_secs_f64(seconds).as_millis()).unwrap_or(i64::MAX)
}
