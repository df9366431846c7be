//! Who calls, found out before a handler runs: by a key or token in `Authorization`, by the cookie of a session, or because
//! the doors are open. Handlers are handed the caller, and what the caller reaches.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderName, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::answer::check_origin;
use super::pace::Who;
use super::{Doors, graphql, identity};
use crate::access::{Caller, Hold, Need};
use crate::error::{Error, Result};
use crate::graphql::Rooms;
use crate::store::Author;

/// The cookie of a session.
pub(super) const COOKIE: &str = "wattline_session";
/// How keys are sent: as RFC 6750 has it, and as senders for InfluxDB do.
const SCHEMES: [&str; 2] = ["Bearer ", "Token "];
/// What a proxy says of whom it calls for.
const PROXIED: [HeaderName; 4] =
    [header::FORWARDED, HeaderName::from_static("x-forwarded-for"), HeaderName::from_static("x-real-ip"), header::VIA];

/// The address that a request comes from, if it is known.
pub(super) fn peer(parts: &Parts) -> Option<IpAddr> {
    peer_in(&parts.extensions)
}

/// The same from a request's extensions.
pub(super) fn peer_in(extensions: &Extensions) -> Option<IpAddr> {
    extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| address.ip())
}

/// The key in the value of `Authorization`.
pub(super) fn key_in(authorization: &str) -> Option<&str> {
    let has_scheme =
        |scheme: &&str| authorization.get(..scheme.len()).is_some_and(|it| it.eq_ignore_ascii_case(scheme));
    SCHEMES.iter().find(|scheme| has_scheme(scheme)).map(|scheme| authorization[scheme.len()..].trim())
}

/// The value of the session's cookie.
pub(super) fn cookie_in(headers: &HeaderMap) -> Option<&str> {
    cookie_named(headers, COOKIE)
}

/// The value of the cookie of a name.
pub(super) fn cookie_named<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut cookies = cookies.flat_map(|value| value.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
    cookies.find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// Who calls (`UNAUTHENTICATED` if a key is not taken). A browser calls, and sends its cookie along, whoever asks it to: so
/// where no key says that it is meant, only our own pages and those that the operator named may do more than look
/// (`ORIGIN_NOT_ALLOWED`).
pub(super) async fn identify(doors: &Doors, parts: &Parts) -> Result<Caller> {
    let (access, headers) = (&doors.0.rooms.access, &parts.headers);
    let is_proxied = PROXIED.iter().any(|name| headers.contains_key(name));
    let check_page = || match parts.method {
        Method::GET | Method::HEAD => Ok(()),
        _ => check_origin(doors, headers),
    };
    if access.is_open_to(peer(parts), is_proxied) {
        return check_page().map(|()| Caller::anybody());
    }
    let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if let Some(key) = authorization.and_then(key_in) {
        return access.by_bearer(key).await;
    }
    let Some(token) = cookie_in(headers) else { return Ok(Caller::nobody()) };
    let Some(caller) = access.by_cookie(token).await? else { return Ok(Caller::nobody()) };
    check_page().map(|()| caller)
}

/// Counts a request of whoever is there, before doors that ask nobody who they are.
pub(super) async fn count(State(doors): State<Doors>, request: Request, next: Next) -> Result<Response> {
    doors.0.pace.check(Who::of(None, peer_in(request.extensions())))?;
    Ok(next.run(request).await)
}

/// Finds out who calls, and counts the request as theirs.
async fn counted(doors: &Doors, parts: &Parts) -> Result<Caller> {
    let caller = identify(doors, parts).await;
    doors.0.pace.check(Who::of(caller.as_ref().ok(), peer(parts)))?;
    caller
}

/// Finds out who calls, and refuses whoever may not do what these doors are for.
pub(super) async fn admit(
    State((doors, need)): State<(Doors, Need)>,
    request: Request,
    next: Next,
) -> Result<Response> {
    let (mut parts, body) = request.into_parts();
    let caller = counted(&doors, &parts).await?;
    caller.require(need, parts.uri.path())?;
    parts.extensions.insert(caller);
    Ok(next.run(Request::from_parts(parts, body)).await)
}

/// The same for doors whose answers are GraphQL, and which look at each field themselves. A socket's client may say who
/// it is once the socket is open.
pub(super) async fn admit_to_graphql(State(doors): State<Doors>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let caller = counted(&doors, &parts).await;
    let is_told_later = graphql::wants_socket(&parts.headers);
    let known =
        caller.and_then(|caller| if is_told_later { Ok(caller) } else { caller.granted().cloned().map(Caller::with) });
    match known {
        Ok(caller) => {
            parts.extensions.insert(caller);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(error) if is_told_later => error.into_response(),
        Err(error) => graphql::refuse(&parts.headers, error),
    }
}

/// The caller that was found out; nobody where nobody looked.
pub(super) fn caller(parts: &Parts) -> Caller {
    parts.extensions.get::<Caller>().cloned().unwrap_or_else(Caller::nobody)
}

/// A handler's caller, and what that one reaches.
pub(super) struct Visitor {
    pub(super) caller: Caller,
    /// The rooms as the caller sees them.
    pub(super) rooms: Rooms,
    /// To be kept as long as something goes on for the caller.
    pub(super) hold: Hold,
}

impl Visitor {
    /// In whose name something is changed by this request, whatever `field` calls it in the audit.
    pub(super) fn author(&self, field: &str) -> Result<Author> {
        Ok(self.caller.granted()?.author(field, identity::request_id(), self.rooms.clock.now_ms()))
    }
}

impl FromRequestParts<Doors> for Visitor {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, doors: &Doors) -> Result<Self> {
        let (caller, rooms) = (caller(parts), &doors.0.rooms);
        caller.granted()?;
        Ok(Self { rooms: rooms.seen_by(&caller), hold: rooms.access.hold(&caller), caller })
    }
}
