//! `/api/v1/session`: people sign in, ask who they are, and sign out.
//!
//! The cookie is out of reach of scripts and stays on this site; only JSON is taken and only from our own pages, so no
//! foreign page can sign anybody in or out.

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{check_origin, media_type, read_body};
use super::callers::{self, COOKIE};
use super::{Doors, identity};
use crate::access::{Caller, Credential, scope_name};
use crate::codes::Code;
use crate::error::{Error, Result};

/// Bytes of a name and a password at most.
const BODY_BYTES: usize = 4096;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Credentials {
    name: String,
    password: String,
}

/// `POST /api/v1/session` with `{"name": …, "password": …}`: signs in.
pub(super) async fn sign_in(State(doors): State<Doors>, request: Request) -> Result<Response> {
    let (parts, body) = request.into_parts();
    let wanted = read(&doors, &parts, body).await?;
    let access = &doors.0.rooms.access;
    let credentials = (wanted.name, wanted.password);
    let signed_in = access.sign_in(credentials, callers::peer(&parts), identity::request_id()).await?;
    let cookie = cookie(is_https(&parts.headers), &signed_in.token, signed_in.lasts_s);
    Ok(([(header::SET_COOKIE, cookie)], Json(who(&doors, &signed_in.caller).await?)).into_response())
}

async fn read(doors: &Doors, parts: &Parts, body: Body) -> Result<Credentials> {
    check_origin(doors, &parts.headers)?;
    if !media_type(&parts.headers).eq_ignore_ascii_case("application/json") {
        return Err(Error::invalid(Code::UnsupportedMediaType, "send application/json as Content-Type"));
    }
    let body = read_body(body, BODY_BYTES).await?;
    // What the parser has to say would have the password in it.
    let wrong = |_| Error::invalid(Code::InvalidBody, "send an object with name and password");
    serde_json::from_slice(&body).map_err(wrong)
}

/// `GET /api/v1/session`: who calls, and what they may do.
pub(super) async fn ask(State(doors): State<Doors>, request: Request) -> Result<Json<Value>> {
    let (parts, _) = request.into_parts();
    Ok(Json(who(&doors, &callers::identify(&doors, &parts).await?).await?))
}

/// `DELETE /api/v1/session`: signs out.
pub(super) async fn sign_out(State(doors): State<Doors>, request: Request) -> Result<Response> {
    let (parts, _) = request.into_parts();
    check_origin(&doors, &parts.headers)?;
    let access = &doors.0.rooms.access;
    // Also where the doors are open, which do not look at cookies.
    let session = match callers::cookie_in(&parts.headers) {
        Some(token) => access.by_cookie(token).await?,
        None => None,
    };
    if let Some(granted) = session.as_ref().and_then(|caller| caller.granted().ok())
        && let Credential::Session(id) = granted.credential
    {
        access.sign_out(&granted.by, id, identity::request_id()).await?;
    }
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie(is_https(&parts.headers), "", 0))]).into_response())
}

async fn who(doors: &Doors, caller: &Caller) -> Result<Value> {
    let granted = caller.granted()?;
    let site = doors.0.rooms.access.site_name(granted).await?;
    let kind = match granted.credential {
        Credential::Open => "open",
        Credential::Key(_) => "key",
        Credential::Session(_) => "session",
        Credential::Token { .. } => "token",
    };
    Ok(json!({"kind": kind, "name": granted.person, "scope": scope_name(granted.scope), "site": site}))
}

fn is_https(headers: &HeaderMap) -> bool {
    headers.get(header::ORIGIN).is_some_and(|origin| origin.as_bytes().starts_with(b"https://"))
}

/// Only over TLS, if the page came that way.
pub(super) fn cookie(is_https: bool, token: &str, lasts_s: i64) -> String {
    let secure = if is_https { "; Secure" } else { "" };
    format!("{COOKIE}={token}; Path=/; Max-Age={lasts_s}; HttpOnly; SameSite=Strict{secure}")
}
