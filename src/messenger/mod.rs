//! How a message leaves the house: by e-mail, or as a signed request to a webhook. One attempt each; whether and when there
//! is another is decided elsewhere.

mod mail;
mod webhook;

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use entity::contact_point::{Channel, Model as ContactPoint};
use jiff::Timestamp;

use crate::access::random;
use crate::codes::Code;
use crate::domain::message::Message;
use crate::error::{Error, Result};
use mail::Mailer;
use webhook::Webhooks;

/// How messages leave.
#[derive(Clone)]
pub struct MessengerSettings {
    /// SMTP server, as a URL; empty for none.
    pub smtp_url: String,
    /// The sender of e-mails.
    pub mail_from: String,
    /// A PEM file with certificate authorities beside those of the system; empty for none.
    pub ca_file: String,
    /// Whether webhooks may be at private addresses.
    pub allow_private_webhooks: bool,
}

/// Why an attempt failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It may go better another time.
    Temporary(String),
    /// It may once so many ms are over.
    Later(String, i64),
    /// It never will.
    Permanent(String),
}

impl Failure {
    /// In words.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Temporary(reason) | Self::Later(reason, _) | Self::Permanent(reason) => reason,
        }
    }
}

/// Sends messages. Clones share.
#[derive(Clone, Debug)]
pub struct Messenger {
    mailer: Option<Arc<Mailer>>,
    webhooks: Webhooks,
}

impl Messenger {
    /// Checks the settings; nothing is connected yet.
    pub fn new(settings: &MessengerSettings) -> Result<Self> {
        // Both libraries take the process's cryptography; where it is set already it stays.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let authorities = (!settings.ca_file.is_empty()).then(|| read(Path::new(&settings.ca_file))).transpose()?;
        let mailer = match settings.smtp_url.as_str() {
            "" => None,
            url => Some(Arc::new(Mailer::new(url, &settings.mail_from, authorities.as_deref())?)),
        };
        let webhooks = Webhooks::new(settings.allow_private_webhooks, authorities.as_deref())?;
        Ok(Self { mailer, webhooks })
    }

    /// Whether messages can get to an address this way (`INVALID_INPUT`, `CHANNEL_NOT_SET_UP`).
    pub fn check(&self, channel: Channel, address: &str) -> Result<()> {
        match channel {
            Channel::Email => {
                mail::check_address(address)?;
                self.mailer.as_ref().map(drop).ok_or_else(no_mail)
            }
            Channel::Webhook => self.webhooks.check(address),
        }
    }

    /// Tries once. `message_id` is the same each time, so that the other side knows a repetition.
    pub async fn send(
        &self,
        to: &ContactPoint,
        message_id: &str,
        message: &Message,
        now_ms: i64,
    ) -> Result<(), Failure> {
        match to.channel {
            Channel::Email => {
                let mailer = self.mailer.as_ref().ok_or_else(|| Failure::Temporary(no_mail().to_string()))?;
                mailer.send(&to.address, message_id, message).await
            }
            Channel::Webhook => {
                let at_s = Timestamp::from_millisecond(now_ms).map_or(0, Timestamp::as_second);
                let secret = to.secret.as_ref().map_or("", |secret| secret.0.as_str());
                self.webhooks.send(&to.address, secret, message_id, at_s, &message.payload).await
            }
        }
    }
}

/// What a webhook's requests are to be signed with: 256 random bits, in the form of Standard Webhooks.
pub fn new_secret() -> Result<String> {
    Ok(format!("whsec_{}", STANDARD.encode(random::<32>()?)))
}

/// An id that no other message has.
#[must_use]
pub fn new_message_id() -> String {
    format!("msg_{}", uuid::Uuid::new_v4().simple())
}

fn no_mail() -> Error {
    let message = "no e-mail can be sent: start the server with --smtp and --mail-from";
    Error::invalid(Code::ChannelNotSetUp, message)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).map_err(|e| Error::Config(format!("ca-file {}: {e}", path.display())))
}
