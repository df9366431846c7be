//! An issuer of tokens: real keys, of which it shows some, and counts who asks for them; and people who sign in there
//! (`OpenID` Connect) the moment they are asked to.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Form, Json};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use rcgen::{KeyPair, PKCS_ED25519};
use rsa::RsaPrivateKey;
use rsa::pkcs1::EncodeRsaPrivateKey as _;
use rsa::traits::PublicKeyParts as _;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// A key that signs.
pub(crate) struct SigningKey {
    pub(crate) id: &'static str,
    pub(crate) algorithm: Algorithm,
    /// Its public half, as a JWK.
    pub(crate) jwk: Value,
    pub(crate) signs: EncodingKey,
}

fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl SigningKey {
    pub(crate) fn rsa(id: &'static str, bits: usize) -> Self {
        let key = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, bits).expect("a key");
        let (n, e) = (text(&key.n().to_bytes_be()), text(&key.e().to_bytes_be()));
        let jwk = json!({"kty": "RSA", "use": "sig", "kid": id, "n": n, "e": e});
        let signs = EncodingKey::from_rsa_der(key.to_pkcs1_der().expect("DER").as_bytes());
        Self { id, algorithm: Algorithm::RS256, jwk, signs }
    }

    pub(crate) fn ec(id: &'static str) -> Self {
        let key = KeyPair::generate().expect("a key");
        let (x, y) = key.public_key_raw()[1..].split_at(32);
        let jwk = json!({"kty": "EC", "crv": "P-256", "alg": "ES256", "kid": id, "x": text(x), "y": text(y)});
        let signs = EncodingKey::from_ec_der(&key.serialize_der());
        Self { id, algorithm: Algorithm::ES256, jwk, signs }
    }

    pub(crate) fn ed(id: &'static str) -> Self {
        let key = KeyPair::generate_for(&PKCS_ED25519).expect("a key");
        let jwk = json!({"kty": "OKP", "crv": "Ed25519", "kid": id, "x": text(key.public_key_raw())});
        let signs = EncodingKey::from_ed_der(&key.serialize_der());
        Self { id, algorithm: Algorithm::EdDSA, jwk, signs }
    }

    pub(crate) fn header(&self) -> Header {
        Header { kid: Some(self.id.to_owned()), ..Header::new(self.algorithm) }
    }

    /// A token of these claims.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        encode(&self.header(), claims, &self.signs).expect("a token")
    }
}

/// What the issuer calls the server, and by what it knows it.
pub(crate) const CLIENT: (&str, &str) = ("wattline", "the client's secret");

/// What it says of a code that it does not know: a line of a log that is none.
pub(crate) const FORGED: &str = "no\n2026-01-01T00:00:00.000000Z  INFO forged: \u{1b}[31mred\u{1b}[0m";

type Parameters = HashMap<String, String>;
type Sign = Box<dyn Fn(Value) -> String + Send>;

#[derive(Default)]
struct Shown {
    address: Mutex<String>,
    keys: Mutex<Vec<Value>>,
    reads: AtomicUsize,
    /// Who signs ID tokens, of the claims that are in order.
    sign: Mutex<Option<Sign>>,
    /// What was asked for, by the codes that were given for it.
    codes: Mutex<HashMap<String, Parameters>>,
}

/// A running issuer.
pub(crate) struct Issuer {
    address: SocketAddr,
    shown: Arc<Shown>,
}

impl Issuer {
    /// One that shows these keys.
    pub(crate) async fn start(keys: &[&SigningKey]) -> Self {
        let shown = Arc::<Shown>::default();
        let router = axum::Router::new()
            .route("/.well-known/openid-configuration", get(discovery))
            .route("/keys", get(keys_of))
            .route("/authorize", get(authorize))
            .route("/token", post(token))
            .with_state(shown.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        *shown.address.lock().expect("no panic") = format!("http://{address}");
        tokio::spawn(async move { axum::serve(listener, router).await });
        let issuer = Self { address, shown };
        issuer.show(keys);
        issuer
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Shows these keys from now on, and no others.
    pub(crate) fn show(&self, keys: &[&SigningKey]) {
        *self.shown.keys.lock().expect("no panic") = keys.iter().map(|key| key.jwk.clone()).collect();
    }

    /// Makes the ID tokens from now on.
    pub(crate) fn sign_by(&self, sign: impl Fn(Value) -> String + Send + 'static) {
        *self.shown.sign.lock().expect("no panic") = Some(Box::new(sign));
    }

    /// How often its keys were read.
    pub(crate) fn reads(&self) -> usize {
        self.shown.reads.load(Ordering::SeqCst)
    }
}

async fn discovery(State(shown): State<Arc<Shown>>) -> Json<Value> {
    let url = shown.address.lock().expect("no panic").clone();
    Json(json!({
        "issuer": url, "jwks_uri": format!("{url}/keys"),
        "authorization_endpoint": format!("{url}/authorize"), "token_endpoint": format!("{url}/token"),
        "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256", "HS256", "none"],
    }))
}

async fn keys_of(State(shown): State<Arc<Shown>>) -> Json<Value> {
    shown.reads.fetch_add(1, Ordering::SeqCst);
    // Among them what no server of ours has a use for.
    let mut keys = vec![json!({"kty": "oct", "kid": "shared", "k": text(b"a secret that is shared"), "alg": "HS256"})];
    keys.push(json!({"kty": "new", "kid": "unheard of"}));
    keys.extend(shown.keys.lock().expect("no panic").iter().cloned());
    Json(json!({"keys": keys}))
}

/// Somebody signs in without being asked anything, and their browser goes back.
async fn authorize(State(shown): State<Arc<Shown>>, Query(wanted): Query<Parameters>) -> Redirect {
    let code = format!("code-{}", uuid::Uuid::new_v4());
    let back = [("code", code.as_str()), ("state", &wanted["state"])];
    let back = reqwest::Url::parse_with_params(&wanted["redirect_uri"], &back).expect("an address");
    shown.codes.lock().expect("no panic").insert(code, wanted);
    Redirect::to(back.as_str())
}

/// Gives an ID token for a code, once, to whom it was given for.
async fn token(State(shown): State<Arc<Shown>>, headers: HeaderMap, Form(sent): Form<Parameters>) -> Response {
    let code =
        sent.get("code").and_then(|code| shown.codes.lock().expect("no panic").get_mut(code).map(std::mem::take));
    let wrong = || {
        (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant", "error_description": FORGED}))).into_response()
    };
    let Some(wanted) = code.filter(|wanted| !wanted.is_empty()) else { return wrong() };
    let challenge = text(&Sha256::digest(sent.get("code_verifier").map_or("", String::as_str)));
    // As a form has it: a blank is a plus.
    let secret = CLIENT.1.replace(' ', "+").replace('\'', "%27");
    let basic = format!("Basic {}", STANDARD.encode(format!("{}:{secret}", CLIENT.0)));
    let is_in_order = headers["authorization"] == basic
        && sent["grant_type"] == "authorization_code"
        && sent["redirect_uri"] == wanted["redirect_uri"]
        && (wanted["code_challenge_method"].as_str(), &wanted["code_challenge"]) == ("S256", &challenge);
    if !is_in_order {
        return wrong();
    }
    let url = shown.address.lock().expect("no panic").clone();
    let claims = json!({"iss": url, "aud": CLIENT.0, "nonce": wanted["nonce"]});
    let id_token = shown.sign.lock().expect("no panic").as_ref().expect("somebody signs")(claims);
    Json(json!({"access_token": "of no use", "token_type": "Bearer", "id_token": id_token})).into_response()
}
