//! The issuer that the operator trusts: what it says of itself, and its keys, remembered for a while. An unknown key has
//! them read anew, though not at any rate that a sender of made-up tokens likes.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use openidconnect::core::{CoreJsonWebKeySet, CoreProviderMetadata};
use parking_lot::RwLock;
use reqwest::{Certificate, Client, Url};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;

use super::claims::ClaimSettings;
use super::openid::SignInSettings;
use crate::clock::Clock;
use crate::error::{Error, Result};

/// How long one request to the issuer may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of one of its answers at most.
const GREATEST_BYTES: usize = 1024 * 1024;
/// Between two readings of the keys because one is not known, ms.
const AGAIN_AFTER_MS: i64 = 10_000;
/// For how long keys are taken as they were read, ms.
const FRESH_MS: i64 = 300_000;
/// How often it is looked whether they are to be read anew.
const POLL: Duration = Duration::from_secs(2);
/// Bits of an RSA key at least.
const RSA_BITS: usize = 2048;

/// The issuer, and what of it is taken.
#[derive(Clone, Debug, PartialEq)]
pub struct IssuerSettings {
    /// Its address, which is also its name in tokens.
    pub url: String,
    /// Its keys, a JWKS: an address or a file; empty to look in its discovery document.
    pub keys: String,
    /// Whom tokens must be for to be taken as keys are; empty if none are.
    pub audience: String,
    /// What tokens may be signed by.
    pub algorithms: Vec<Algorithm>,
    /// What claims say.
    pub claims: ClaimSettings,
    /// How people sign in there; none if they do not.
    pub sign_in: Option<SignInSettings>,
    /// A PEM file with certificate authorities beside those of the system; empty for none.
    pub ca_file: String,
}

/// Reads a list of signature algorithms, such as `RS256,ES256`; those with a shared secret are not among them.
pub fn parse_algorithms(text: &str) -> Result<Vec<Algorithm>> {
    let read = |name: &str| match name {
        "RS256" => Some(Algorithm::RS256),
        "RS384" => Some(Algorithm::RS384),
        "RS512" => Some(Algorithm::RS512),
        "PS256" => Some(Algorithm::PS256),
        "PS384" => Some(Algorithm::PS384),
        "PS512" => Some(Algorithm::PS512),
        "ES256" => Some(Algorithm::ES256),
        "ES384" => Some(Algorithm::ES384),
        "EdDSA" => Some(Algorithm::EdDSA),
        _ => None,
    };
    let wrong = |name: &str| {
        Error::Config(format!(
            "token-algorithms has {name:?}: they are RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 and EdDSA"
        ))
    };
    text.split(',').map(str::trim).map(|name| read(name).ok_or_else(|| wrong(name))).collect()
}

/// A key that verifies signatures.
#[derive(Clone, Debug)]
pub(super) struct Key {
    /// Which it is, whatever its issuer calls it.
    pub(super) number: u64,
    /// What its issuer calls it.
    id: Option<String>,
    algorithms: Vec<Algorithm>,
    pub(super) verifies: DecodingKey,
}

impl Key {
    /// A key of a JWKS; none if it is of a kind that verifies nothing here.
    fn read(jwk: &Value, pinned: &[Algorithm]) -> Option<Self> {
        let mut hasher = DefaultHasher::new();
        ["kid", "n", "e", "x", "y"].map(|name| jwk[name].as_str()).hash(&mut hasher);
        let said = jwk["alg"].as_str().map(|name| parse_algorithms(name).unwrap_or_default());
        let jwk: Jwk = serde_json::from_value(jwk.clone()).ok()?;
        if jwk.common.public_key_use.as_ref().is_some_and(|usage| *usage != PublicKeyUse::Signature) {
            return None;
        }
        let is_fit = |algorithm: &Algorithm| {
            is_fit(&jwk.algorithm, *algorithm) && said.as_ref().is_none_or(|said| said.contains(algorithm))
        };
        let algorithms: Vec<_> = pinned.iter().copied().filter(is_fit).collect();
        let verifies = DecodingKey::from_jwk(&jwk).ok().filter(|_| !algorithms.is_empty())?;
        Some(Self { number: hasher.finish(), id: jwk.common.key_id, algorithms, verifies })
    }
}

/// Whether keys of a kind are for an algorithm: a shared secret is for none.
fn is_fit(key: &AlgorithmParameters, algorithm: Algorithm) -> bool {
    use Algorithm::{ES256, ES384, EdDSA, PS256, PS384, PS512, RS256, RS384, RS512};
    match key {
        AlgorithmParameters::RSA(rsa) => {
            let bits = URL_SAFE_NO_PAD.decode(&rsa.n).map_or(0, |modulus| modulus.len() * 8);
            bits >= RSA_BITS && matches!(algorithm, RS256 | RS384 | RS512 | PS256 | PS384 | PS512)
        }
        AlgorithmParameters::EllipticCurve(ec) => match ec.curve {
            EllipticCurve::P256 => algorithm == ES256,
            EllipticCurve::P384 => algorithm == ES384,
            _ => false,
        },
        AlgorithmParameters::OctetKeyPair(pair) => pair.curve == EllipticCurve::Ed25519 && algorithm == EdDSA,
        _ => false,
    }
}

/// What an issuer says of itself.
#[derive(Debug, Default)]
struct Known {
    keys: Vec<Key>,
    /// Where people sign in, if they do.
    provider: Option<CoreProviderMetadata>,
}

/// The issuer. What it says of itself is remembered.
#[derive(Debug)]
pub(super) struct Issuer {
    pub(super) settings: IssuerSettings,
    pub(super) client: Client,
    clock: Clock,
    known: RwLock<Arc<Known>>,
    /// When that was read last, or it was tried, ms since the epoch. Whoever holds it reads.
    asked_at_ms: Mutex<Option<i64>>,
}

impl Issuer {
    /// Checks the settings; nothing is asked yet.
    pub(super) fn new(settings: IssuerSettings, clock: Clock) -> Result<Self> {
        check_address("issuer", &settings.url)?;
        if settings.keys.contains("://") {
            check_address("issuer-keys", &settings.keys)?;
        }
        let client = client(&settings.ca_file)?;
        Ok(Self { settings, client, clock, known: RwLock::default(), asked_at_ms: Mutex::default() })
    }

    /// The key that its issuer calls so, if it is for an algorithm.
    pub(super) async fn key(&self, id: Option<&str>, algorithm: Algorithm) -> Option<Key> {
        let find = || {
            let is_it = |key: &&Key| key.id.as_deref() == id && key.algorithms.contains(&algorithm);
            self.known.read().keys.iter().find(is_it).cloned()
        };
        match find() {
            None => {
                self.read_after(AGAIN_AFTER_MS).await;
                find()
            }
            found => found,
        }
    }

    /// Whether its issuer still has a key, as far as is known.
    pub(super) fn has_key(&self, number: u64) -> bool {
        self.known.read().keys.iter().any(|key| key.number == number)
    }

    /// Where people sign in, with the keys that are known; read anew if that was not done just now and is asked for, or if
    /// nothing is known yet.
    pub(super) async fn provider(&self, is_anew: bool) -> Option<CoreProviderMetadata> {
        let known = || self.known.read().provider.clone();
        if is_anew || known().is_none() {
            self.read_after(AGAIN_AFTER_MS).await;
        }
        known()
    }

    /// Reads it all, unless that was done or tried a short time ago. If it fails what was known stays.
    async fn read_after(&self, after_ms: i64) {
        let mut asked_at_ms = self.asked_at_ms.lock().await;
        let now_ms = self.clock.now_ms();
        // A clock that was put back is no reason to wait.
        if asked_at_ms.is_some_and(|at_ms| (0..after_ms).contains(&(now_ms - at_ms))) {
            return;
        }
        *asked_at_ms = Some(now_ms);
        match self.read().await {
            Ok(known) => *self.known.write() = Arc::new(known),
            Err(error) => tracing::warn!(%error, "what the issuer says of itself could not be read"),
        }
    }

    async fn read(&self) -> Result<Known> {
        #[derive(Deserialize)]
        struct KeySet {
            keys: Vec<Value>,
        }
        let IssuerSettings { keys, sign_in, algorithms, .. } = &self.settings;
        let discovery = if keys.is_empty() || sign_in.is_some() { Some(self.discover().await?) } else { None };
        let text = match keys.as_str() {
            "" => {
                let url = discovery.as_ref().and_then(|found| found["jwks_uri"].as_str()).unwrap_or_default();
                check_address("jwks_uri", url)?;
                self.fetch(url).await?
            }
            url if url.contains("://") => self.fetch(url).await?,
            path => {
                let read = tokio::fs::read(Path::new(path)).await;
                read.map_err(|e| Error::Config(format!("issuer-keys {path}: {e}")))?
            }
        };
        let wrong = |e: serde_json::Error| Error::Config(format!("the issuer's keys are no JWKS: {e}"));
        let all: KeySet = serde_json::from_slice(&text).map_err(wrong)?;
        let provider = match discovery.filter(|_| sign_in.is_some()) {
            Some(discovery) => {
                let keys: CoreJsonWebKeySet = serde_json::from_slice(&text).map_err(wrong)?;
                Some(provider(discovery)?.set_jwks(keys))
            }
            None => None,
        };
        Ok(Known { keys: all.keys.iter().filter_map(|jwk| Key::read(jwk, algorithms)).collect(), provider })
    }

    /// The issuer's discovery document: <https://openid.net/specs/openid-connect-discovery-1_0.html>.
    async fn discover(&self) -> Result<Value> {
        let url = &self.settings.url;
        let text = self.fetch(&format!("{}/.well-known/openid-configuration", url.trim_end_matches('/'))).await?;
        let found: Value = serde_json::from_slice(&text)
            .map_err(|e| Error::Config(format!("the issuer's discovery document is no JSON: {e}")))?;
        match found["issuer"].as_str() {
            Some(issuer) if issuer == url => Ok(found),
            other => Err(Error::Config(format!("the discovery document of {url} is of {other:?}"))),
        }
    }

    async fn fetch(&self, url: &str) -> Result<Vec<u8>> {
        let wrong = |e: &dyn std::fmt::Display| Error::Config(format!("{url}: {e}"));
        let asked = self.client.get(url).send().await.and_then(reqwest::Response::error_for_status);
        read_answer(asked.map_err(|e| wrong(&e.without_url()))?).await.map_err(|e| wrong(&e))
    }

    /// Reads the keys anew every few minutes, so that those that were withdrawn go.
    pub(super) async fn run(&self) {
        loop {
            tokio::time::sleep(POLL).await;
            self.read_after(FRESH_MS).await;
        }
    }
}

/// What a discovery document says of signing in.
fn provider(discovery: Value) -> Result<CoreProviderMetadata> {
    for name in ["authorization_endpoint", "token_endpoint"] {
        check_address(name, discovery[name].as_str().unwrap_or_default())?;
    }
    let wrong = |e| Error::Config(format!("the issuer's discovery document does not say how to sign in: {e}"));
    serde_json::from_value(discovery).map_err(wrong)
}

/// The body of an answer, if it is of a size that can be.
pub(super) async fn read_answer(mut response: reqwest::Response) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(|e| e.without_url().to_string())? {
        body.extend_from_slice(&piece);
        if body.len() > GREATEST_BYTES {
            return Err(format!("the answer is longer than {GREATEST_BYTES} bytes"));
        }
    }
    Ok(body)
}

fn client(ca_file: &str) -> Result<Client> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = Client::builder()
        .timeout(TIMEOUT)
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("wattline/", env!("CARGO_PKG_VERSION")));
    let wrong = |e: &dyn std::fmt::Display| Error::Config(format!("ca-file {ca_file}: {e}"));
    if !ca_file.is_empty() {
        let pem = std::fs::read(ca_file).map_err(|e| wrong(&e))?;
        builder = builder.tls_certs_merge(Certificate::from_pem_bundle(&pem).map_err(|e| wrong(&e))?);
    }
    builder.build().map_err(|e| Error::Config(format!("requests to the issuer: {e}")))
}

/// Refuses an address over which somebody in between could change what the issuer says.
fn check_address(name: &str, address: &str) -> Result<()> {
    let url = Url::parse(address).map_err(|e| Error::Config(format!("{name} {address:?} is no URL: {e}")))?;
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let is_here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    if url.scheme() == "https" || (url.scheme() == "http" && is_here) {
        return Ok(());
    }
    Err(Error::Config(format!("{name} {address:?} is not over https")))
}
