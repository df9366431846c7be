//! Signing in at the issuer: `OpenID` Connect's authorization code flow with PKCE,
//! <https://openid.net/specs/openid-connect-core-1_0.html> and RFC 9700.
//!
//! A browser that begins gets a random secret to keep. What goes through the issuer is derived from it: the state, the nonce
//! and the verifier. So nothing is kept here, any replica can finish it, and only that browser can.

use futures_util::future::BoxFuture;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreClientAuthMethod, CoreIdToken, CoreJwsSigningAlgorithm,
    CoreProviderMetadata, CoreTokenResponse,
};
use openidconnect::{
    AsyncHttpClient, AuthType, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, Nonce, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, Scope, SignatureVerificationError, TokenResponse,
};
use serde::Deserialize;
use serde_json::Value;
use subtle::ConstantTimeEq;

use super::claims::subject;
use super::guard::{Access, SignedIn, author};
use super::issuer::{Issuer, read_answer};
use super::secrets::{self, derived};
use crate::codes::Code;
use crate::domain::registry::check_name;
use crate::error::{Error, Result};
use crate::store::IssuedPerson;

/// How people sign in at the issuer.
#[derive(Clone, PartialEq, Eq)]
pub struct SignInSettings {
    /// What the issuer calls us.
    pub client_id: String,
    /// By what it knows us; empty for none.
    pub client_secret: String,
    /// What is asked for beside `openid`, separated by spaces.
    pub scopes: String,
    /// Where it sends browsers back to.
    pub callback_url: String,
}

impl std::fmt::Debug for SignInSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignInSettings").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

/// With what a browser comes back.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "as in RFC 6749 and RFC 9207")]
pub struct Callback {
    pub code: Option<String>,
    pub state: Option<String>,
    pub error: Option<String>,
    pub iss: Option<String>,
}

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

fn refused(why: &str) -> Error {
    Error::invalid(Code::Unauthenticated, format!("signing in did not work: {why}"))
}

impl Access {
    /// Whether people sign in at an issuer.
    #[must_use]
    pub fn has_openid(&self) -> bool {
        self.shared().issuer.as_ref().is_some_and(|issuer| issuer.settings.sign_in.is_some())
    }

    /// Begins to sign somebody in: where their browser is to go, and the secret that it is to keep (`NOT_FOUND`,
    /// `ISSUER_UNAVAILABLE`).
    pub async fn begin_openid(&self) -> Result<(String, String)> {
        let (issuer, settings) = self.openid()?;
        let client = client(settings, known(issuer, false).await?)?;
        let secret = secrets::random_token()?;
        let verifier = PkceCodeVerifier::new(derived(&secret, "verifier"));
        let (state, nonce) = (derived(&secret, "state"), derived(&secret, "nonce"));
        let flow = CoreAuthenticationFlow::AuthorizationCode;
        let (url, ..) = client
            .authorize_url(flow, || CsrfToken::new(state), || Nonce::new(nonce))
            .add_scopes(settings.scopes.split_whitespace().map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        Ok((url.into(), secret))
    }

    /// Signs somebody in whose browser came back, with the secret that it kept (`UNAUTHENTICATED`, `FORBIDDEN`,
    /// `NAME_TAKEN`, `TOO_MANY_ATTEMPTS`, `ISSUER_UNAVAILABLE`).
    pub async fn finish_openid(
        &self,
        callback: Callback,
        secret: Option<&str>,
        request_id: Option<std::sync::Arc<str>>,
    ) -> Result<SignedIn> {
        let (issuer, settings) = self.openid()?;
        let not_begun = || refused("it was not begun in this browser, or long ago");
        let secret = secret.ok_or_else(not_begun)?;
        let state = callback.state.ok_or_else(not_begun)?;
        if !bool::from(state.as_bytes().ct_eq(derived(secret, "state").as_bytes())) {
            return Err(not_begun());
        }
        if callback.iss.is_some_and(|other| other != issuer.settings.url) {
            return Err(refused("another issuer answered"));
        }
        let denied = || refused("the issuer did not allow it");
        let code = callback.code.filter(|_| callback.error.is_none()).ok_or_else(denied)?;
        let _turn = self.shared().turns.try_acquire().map_err(|_| {
            Error::invalid(Code::TooManyAttempts, "too many people sign in at the same time: try again in a minute")
        })?;
        let token = exchange(issuer, settings, code, secret).await?;
        let claims = self.verified(issuer, settings, &token, &Nonce::new(derived(secret, "nonce"))).await?;
        self.sign_in_as(issuer, &claims, request_id).await
    }

    fn openid(&self) -> Result<(&Issuer, &SignInSettings)> {
        let issuer = self.shared().issuer.as_ref();
        let found = issuer.and_then(|issuer| Some((issuer, issuer.settings.sign_in.as_ref()?)));
        found.ok_or_else(|| Error::NotFound("people do not sign in at an issuer here".to_owned()))
    }

    /// The claims of an ID token, once it is known to be of the issuer, for us, for this browser, and of now.
    async fn verified(
        &self,
        issuer: &Issuer,
        settings: &SignInSettings,
        token: &CoreIdToken,
        nonce: &Nonce,
    ) -> Result<Value> {
        let clock = self.shared().clock.clone();
        let now = move || chrono::DateTime::from_timestamp_millis(clock.now_ms()).unwrap_or_default();
        let check = |provider| {
            let client = client(settings, provider)?;
            let verifier = client.id_token_verifier().set_allowed_algs(algorithms(issuer)).set_time_fn(&now);
            Ok::<_, Error>(token.claims(&verifier, nonce).map(drop))
        };
        let mut checked = check(known(issuer, false).await?)?;
        let new_key = SignatureVerificationError::NoMatchingKey;
        if checked == Err(ClaimsVerificationError::SignatureVerification(new_key)) {
            checked = check(known(issuer, true).await?)?;
        }
        checked.map_err(|error| {
            tracing::warn!(%error, "an ID token was refused");
            refused("the issuer's token is not taken")
        })?;
        // Read once more, for the claims of which the library knows nothing.
        payload(&token.to_string())
            .ok_or_else(|| Error::Internal("a token that was verified cannot be read".to_owned()))
    }

    /// Lets somebody in as whom the issuer says they are.
    async fn sign_in_as(
        &self,
        issuer: &Issuer,
        claims: &Value,
        request_id: Option<std::sync::Arc<str>>,
    ) -> Result<SignedIn> {
        let subject = subject(claims).ok_or_else(|| refused("the issuer does not say who it is"))?;
        let name = ["preferred_username", "email", "name"].iter().find_map(|name| claims[*name].as_str());
        let name = name.unwrap_or(subject).to_owned();
        check_name(&name)?;
        let scope = issuer.settings.claims.scope(claims)?;
        let site_id = self.site_of(issuer.settings.claims.site(claims)?).await?;
        let now_ms = self.shared().clock.now_ms();
        let author = author(&format!("user {name}"), "signIn", request_id, now_ms);
        let transaction = self.shared().store.written_by(author).begin_write().await?;
        let subject = format!("{} {subject}", issuer.settings.url);
        let person = transaction.save_issued(IssuedPerson { subject, name, scope, site_id, at_ms: now_ms }).await?;
        self.begin_session(transaction, person, now_ms).await
    }
}

/// What the issuer says of signing in (`ISSUER_UNAVAILABLE`).
async fn known(issuer: &Issuer, is_anew: bool) -> Result<CoreProviderMetadata> {
    issuer.provider(is_anew).await.ok_or_else(unavailable)
}

fn unavailable() -> Error {
    Error::invalid(Code::IssuerUnavailable, "the issuer cannot be reached, or says nothing of signing in: try again")
}

fn client(settings: &SignInSettings, provider: CoreProviderMetadata) -> Result<Client> {
    let secret = Some(settings.client_secret.clone()).filter(|secret| !secret.is_empty()).map(ClientSecret::new);
    // Where nothing is said, RFC 6749 has it in the header.
    let methods = provider.token_endpoint_auth_methods_supported();
    let takes_header = methods.is_none_or(|methods| methods.contains(&CoreClientAuthMethod::ClientSecretBasic));
    let auth = if takes_header { AuthType::BasicAuth } else { AuthType::RequestBody };
    let wrong = |e| Error::Config(format!("public-url is no URL: {e}"));
    let redirect = RedirectUrl::new(settings.callback_url.clone()).map_err(wrong)?;
    let client = CoreClient::from_provider_metadata(provider, ClientId::new(settings.client_id.clone()), secret);
    Ok(client.set_auth_type(auth).set_redirect_uri(redirect))
}

/// What ID tokens may be signed by: what the operator named.
fn algorithms(issuer: &Issuer) -> Vec<CoreJwsSigningAlgorithm> {
    let names = issuer.settings.algorithms.iter().map(|algorithm| Value::String(format!("{algorithm:?}")));
    names.filter_map(|name| serde_json::from_value(name).ok()).collect()
}

/// Gets the ID token for a code.
async fn exchange(issuer: &Issuer, settings: &SignInSettings, code: String, secret: &str) -> Result<CoreIdToken> {
    let client = client(settings, known(issuer, false).await?)?;
    let request = client.exchange_code(AuthorizationCode::new(code)).map_err(|_| unavailable())?;
    let request = request.set_pkce_verifier(PkceCodeVerifier::new(derived(secret, "verifier")));
    let answer: Result<CoreTokenResponse, _> = request.request_async(&Http(issuer.client.clone())).await;
    let answer = answer.map_err(|error| {
        tracing::warn!(%error, "the issuer gave no token");
        refused("the issuer gave no token")
    })?;
    answer.id_token().cloned().ok_or_else(|| refused("the issuer does not say who it is"))
}

/// Sends the library's requests.
struct Http(reqwest::Client);

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = Error;
    type Future = BoxFuture<'c, Result<HttpResponse>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(send(&self.0, request))
    }
}

async fn send(client: &reqwest::Client, request: HttpRequest) -> Result<HttpResponse> {
    let wrong = |e: reqwest::Error| Error::Internal(format!("the issuer: {}", e.without_url()));
    let request = reqwest::Request::try_from(request).map_err(wrong)?;
    let answer = client.execute(request).await.map_err(wrong)?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let mut response = HttpResponse::new(read_answer(answer).await.map_err(Error::Internal)?);
    (*response.status_mut(), *response.headers_mut()) = (status, headers);
    Ok(response)
}

fn payload(token: &str) -> Option<Value> {
    use base64::Engine as _;
    let payload = token.split('.').nth(1)?;
    serde_json::from_slice(&base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}
