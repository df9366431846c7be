//! E-mail over SMTP.

use std::time::Duration;

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder};
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message as Email, Tokio1Executor};
use reqwest::Url;

use super::Failure;
use crate::codes::Code;
use crate::domain::message::Message;
use crate::error::{Error, Result};

/// How long the server may take for each of its answers.
const TIMEOUT: Duration = Duration::from_secs(20);

/// One SMTP server.
#[derive(Debug)]
pub(super) struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// An address that mail can be sent to.
pub(super) fn check_address(address: &str) -> Result<()> {
    let wrong = |e| Error::invalid(Code::InvalidInput, format!("{address:?} is no e-mail address: {e}"));
    address.parse::<Address>().map(drop).map_err(wrong)
}

impl Mailer {
    /// `url` as in `smtps://user:password@mail.example`, or `smtp://mail.example:587?tls=required`.
    pub(super) fn new(url: &str, from: &str, authorities: Option<&[u8]>) -> Result<Self> {
        // The URL may hold a password: it is not repeated.
        let wrong = |e: &dyn std::fmt::Display| Error::Config(format!("smtp: {e}"));
        let mut builder =
            AsyncSmtpTransport::<Tokio1Executor>::from_url(url).map_err(|e| wrong(&e))?.timeout(Some(TIMEOUT));
        if let Some(pem) = authorities {
            builder = builder.tls(tls(url, pem).map_err(|e| wrong(&e))?);
        }
        let from = from.parse().map_err(|e| Error::Config(format!("mail-from {from:?} is no sender: {e}")))?;
        Ok(Self { transport: builder.build(), from })
    }

    pub(super) async fn send(&self, to: &str, message_id: &str, message: &Message) -> Result<(), Failure> {
        let email = self.email(to, message_id, message).map_err(|e| Failure::Permanent(e.to_string()))?;
        match self.transport.send(email).await {
            Ok(_) => Ok(()),
            Err(e) if e.is_permanent() => Err(Failure::Permanent(e.to_string())),
            Err(e) => Err(Failure::Temporary(chain(&e))),
        }
    }

    fn email(&self, to: &str, message_id: &str, message: &Message) -> Result<Email, Box<dyn std::error::Error>> {
        let domain = self.from.email.domain();
        // Whoever answers automatically leaves these alone: RFC 3834.
        let automatic = HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".into());
        let mut builder: MessageBuilder = Email::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to.parse::<Address>()?))
            .subject(message.subject.as_str())
            .message_id(Some(format!("<{message_id}@{domain}>")))
            .header(ContentType::TEXT_PLAIN);
        builder = builder.raw_header(automatic);
        Ok(builder.body(message.text.clone())?)
    }
}

/// The URL's way to TLS, with further authorities.
fn tls(url: &str, pem: &[u8]) -> Result<Tls, Box<dyn std::error::Error>> {
    let url = Url::parse(url)?;
    let mode = url.query_pairs().find(|(name, _)| name == "tls").map(|(_, mode)| mode.into_owned());
    let host = url.host_str().unwrap_or_default().to_owned();
    let parameters = TlsParameters::builder(host).add_root_certificate(Certificate::from_pem(pem)?).build_rustls()?;
    Ok(match (url.scheme(), mode.as_deref()) {
        ("smtps", _) => Tls::Wrapper(parameters),
        (_, Some("required")) => Tls::Required(parameters),
        (_, Some("opportunistic")) => Tls::Opportunistic(parameters),
        _ => Tls::None,
    })
}

/// An error and what it comes from.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
