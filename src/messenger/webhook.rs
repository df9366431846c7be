//! Webhooks: POST requests signed as Standard Webhooks asks, <https://www.standardwebhooks.com>, to public addresses alone
//! unless somebody allows others. Redirects are not followed, because they could lead anywhere.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Certificate, Client, StatusCode, Url};
use standardwebhooks::{HEADER_WEBHOOK_ID, HEADER_WEBHOOK_SIGNATURE, HEADER_WEBHOOK_TIMESTAMP, Webhook};
use tokio::net::lookup_host;

use super::Failure;
use crate::codes::Code;
use crate::error::{Error, Result};

/// How long an attempt may take.
const TIMEOUT: Duration = Duration::from_secs(15);
const PRIVATE: &str = "is at a private address: allow that with --allow-private-webhooks";

/// Sends requests.
#[derive(Clone, Debug)]
pub(super) struct Webhooks {
    client: Client,
    allow_private: bool,
}

impl Webhooks {
    pub(super) fn new(allow_private: bool, authorities: Option<&[u8]>) -> Result<Self> {
        let wrong = |e: reqwest::Error| Error::Config(format!("webhooks: {e}"));
        let mut builder = Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("wattline/", env!("CARGO_PKG_VERSION")));
        if !allow_private {
            builder = builder.dns_resolver(Arc::new(PublicOnly));
        }
        if let Some(pem) = authorities {
            builder = builder.tls_certs_merge(Certificate::from_pem_bundle(pem).map_err(wrong)?);
        }
        Ok(Self { client: builder.build().map_err(wrong)?, allow_private })
    }

    /// Whether requests may go there, as far as the URL tells.
    pub(super) fn check(&self, url: &str) -> Result<()> {
        let wrong = |why: &str| Error::invalid(Code::InvalidInput, format!("{url:?} {why}"));
        let parsed = Url::parse(url).map_err(|e| wrong(&format!("is no URL: {e}")))?;
        if !matches!(parsed.scheme(), "https" | "http") || parsed.host().is_none() {
            return Err(wrong("is no URL of a webhook, such as https://hooks.example/wattline"));
        }
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(wrong("has a user or a password: requests are signed instead"));
        }
        if self.allow_private || is_public_host(&parsed) { Ok(()) } else { Err(wrong(PRIVATE)) }
    }

    pub(super) async fn send(
        &self,
        url: &str,
        secret: &str,
        message_id: &str,
        at_s: i64,
        payload: &str,
    ) -> Result<(), Failure> {
        self.check(url).map_err(|e| Failure::Permanent(e.to_string()))?;
        let signature = Webhook::new(secret)
            .and_then(|webhook| webhook.sign(message_id, at_s, payload.as_bytes()))
            .map_err(|e| Failure::Permanent(format!("the request cannot be signed: {e}")))?;
        let request = self
            .client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header(HEADER_WEBHOOK_ID, message_id)
            .header(HEADER_WEBHOOK_TIMESTAMP, at_s)
            .header(HEADER_WEBHOOK_SIGNATURE, signature)
            .body(payload.to_owned());
        let answer = request.send().await.map_err(|e| Failure::Temporary(reason(&e)))?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            // The receiver asks never to be called again.
            status @ StatusCode::GONE => Err(Failure::Permanent(format!("answered {status}"))),
            status => {
                let reason = format!("answered {status}");
                Err(match wait_ms(answer.headers(), at_s) {
                    Some(wait_ms) => Failure::Later(reason, wait_ms),
                    None => Failure::Temporary(reason),
                })
            }
        }
    }
}

/// For how long the receiver asks not to be called (Retry-After, RFC 9110, section 10.2.3), ms: it names seconds or a date.
fn wait_ms(headers: &HeaderMap, at_s: i64) -> Option<i64> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?;
    let at = || jiff::fmt::rfc2822::parse(text).ok().map(|date| date.timestamp().as_second() - at_s);
    let wait_s = text.parse().ok().or_else(at)?;
    Some(1000_i64.saturating_mul(wait_s)).filter(|wait_ms| *wait_ms > 0)
}

/// Why a request failed, without its URL.
fn reason(error: &reqwest::Error) -> String {
    let mut source: &dyn std::error::Error = error;
    while let Some(cause) = source.source() {
        source = cause;
    }
    if error.is_timeout() { format!("no answer within {} s", TIMEOUT.as_secs()) } else { source.to_string() }
}

fn is_public_host(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    match literal.parse::<IpAddr>() {
        Ok(address) => is_public(address),
        Err(_) => !(host.eq_ignore_ascii_case("localhost") || host.to_ascii_lowercase().ends_with(".localhost")),
    }
}

/// Finds the addresses of a name, and none but public ones: whatever a name is said to be at the time of the request.
#[derive(Debug)]
struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found: Vec<SocketAddr> = lookup_host((name.as_str(), 0)).await?.collect();
            let public: Vec<SocketAddr> = found.into_iter().filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(format!("{:?} {PRIVATE}", name.as_str()).into());
            }
            let addresses: Addrs = Box::new(public.into_iter());
            Ok(addresses)
        })
    }
}

/// Whether an address is reachable from everywhere, by IANA's registries of special purposes:
/// <https://www.iana.org/assignments/iana-ipv4-special-registry> and `…/iana-ipv6-special-registry`.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match address.to_ipv4() {
            // Mapped and compatible ones lead to the same places.
            Some(inner) => is_public_v4(inner),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, ..)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (192, 168, _)
            | (198, 18..=19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    );
    !is_special
}

/// Of the global unicast addresses, `2000::/3`, without those that wrap others or are for documentation.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let is_unicast = a & 0xe000 == 0x2000;
    let is_special = (a == 0x2001 && (b < 0x0200 || b == 0x0db8)) || a == 0x2002 || (a == 0x3fff && b < 0x1000);
    is_unicast && !is_special
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are_public() {
        for public in ["1.1.1.1", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "::ffff:1.1.1.1"] {
            assert!(is_public(public.parse().expect("an address")), "{public}");
        }
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "fe80::1",
            "fc00::1",
            "::ffff:10.0.0.1",
            "2001:db8::1",
            "2002:a00:1::1",
            "64:ff9b::a00:1",
            "ff02::1",
        ] {
            assert!(!is_public(private.parse().expect("an address")), "{private}");
        }
    }

    #[test]
    fn urls_are_looked_at_before_anything_is_sent() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let public = Webhooks::new(false, None).expect("a client");
        assert!(public.check("https://hooks.example/x?y=1").is_ok());
        for url in [
            "",
            "hooks.example",
            "ftp://hooks.example/",
            "http://127.0.0.1:9/",
            "http://[::1]/",
            "http://localhost/",
            "http://2130706433/",
            "http://0x7f.1/",
            "https://user:secret@hooks.example/",
            "http://192.168.0.10/hook",
        ] {
            assert!(public.check(url).is_err(), "{url}");
        }
        assert!(Webhooks::new(true, None).expect("a client").check("http://127.0.0.1:9/").is_ok());
    }

    #[tokio::test]
    async fn a_name_that_leads_to_private_addresses_leads_nowhere() {
        let found = PublicOnly.resolve("localhost".parse().expect("a name")).await;
        assert!(found.err().is_some_and(|error| error.to_string().contains(PRIVATE)));
    }
}
