//! `/api/v1/session/openid`: people sign in at the issuer and come back.
//!
//! Both are asked for by GET, because browsers are sent there. What signs in is bound by a cookie to the browser that began.

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use serde_json::{Value, json};

use super::answer::wanted;
use super::callers::cookie_named;
use super::{Doors, identity, session};
use crate::access::Callback;
use crate::codes::Code;
use crate::error::{Error, Result};

/// The cookie of a browser that has begun; it has to come along when the issuer sends the browser back.
const COOKIE: &str = "wattline_sign_in";
const PATH: &str = "/api/v1/session/openid";
/// How long somebody may take at the issuer, seconds.
const LASTS_S: i64 = 600;

/// `GET /api/v1/session/ways`: how one can sign in.
pub(super) async fn ways(State(doors): State<Doors>) -> axum::Json<Value> {
    axum::Json(json!({"password": true, "openid": doors.0.rooms.access.has_openid()}))
}

/// `GET /api/v1/session/openid`: to the issuer.
pub(super) async fn begin(State(doors): State<Doors>) -> Result<Response> {
    let (url, secret) = doors.0.rooms.access.begin_openid().await?;
    let headers = [(header::LOCATION, url), (header::SET_COOKIE, cookie(&doors, &secret, LASTS_S))];
    Ok((StatusCode::SEE_OTHER, headers, [(header::CACHE_CONTROL, "no-store")]).into_response())
}

/// `GET /api/v1/session/openid/callback`: back from it. A browser goes on to the page, which also says what went wrong.
pub(super) async fn finish(
    State(doors): State<Doors>,
    headers: HeaderMap,
    callback: Result<Query<Callback>, QueryRejection>,
) -> Response {
    let finished = async {
        let wrong = |e: QueryRejection| Error::invalid(Code::InvalidParameter, e.body_text());
        let Query(callback) = callback.map_err(wrong)?;
        let secret = cookie_named(&headers, COOKIE);
        doors.0.rooms.access.finish_openid(callback, secret, identity::request_id()).await
    };
    let over = (header::SET_COOKIE, cookie(&doors, "", 0));
    let go_on = |to: String| (StatusCode::SEE_OTHER, [(header::LOCATION, to)]);
    let is_browser = wanted(&headers, &header::ACCEPT).any(|(name, _)| name == "text/html");
    match finished.await {
        Ok(signed_in) => {
            let session = session::cookie(is_https(&doors), &signed_in.token, signed_in.lasts_s);
            (AppendHeaders([over, (header::SET_COOKIE, session)]), go_on("/".to_owned())).into_response()
        }
        Err(error) if is_browser && !error.is_ours() => {
            (AppendHeaders([over]), go_on(format!("/?sign-in={}", error.code()))).into_response()
        }
        Err(error) => (AppendHeaders([over]), error).into_response(),
    }
}

fn is_https(doors: &Doors) -> bool {
    doors.0.config.page_url().starts_with("https://")
}

fn cookie(doors: &Doors, secret: &str, lasts_s: i64) -> String {
    let secure = if is_https(doors) { "; Secure" } else { "" };
    format!("{COOKIE}={secret}; Path={PATH}; Max-Age={lasts_s}; HttpOnly; SameSite=Lax{secure}")
}
