//! The web page and the playground, out of the binary.
//!
//! Each file is there as it is, and packed with Brotli and gzip when it was built, so that nothing is packed twice.

use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rust_embed::{EmbeddedFile, RustEmbed};

use super::answer::wanted;

/// What `npm run build` made. Without it the program builds all the same, and says so where the page would be.
#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Assets;

/// Nothing from elsewhere, nothing inline, no frames.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// The same for the playground, whose editor writes styles of its own and works in a worker.
const PLAYGROUND_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; font-src 'self' data:; connect-src 'self'; worker-src 'self'; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'none'";
const PLAYGROUND: &str = "graphiql.html";
const NOT_BUILT: &str = "Wattline runs, but this binary was built without its web page.\n\
    Build it with `make build`, or with `npm ci && npm run build` in the folder web before cargo.\n";

/// What the page asks, as a list of documents; none if the page was not built.
pub(super) fn documents() -> Option<String> {
    String::from_utf8(Assets::get("documents.json")?.data.into_owned()).ok()
}

/// A file of the page; `/` is `index.html`, `/graphiql` the playground.
pub(super) async fn asset(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return (StatusCode::NOT_FOUND, "there is nothing here\n").into_response();
    }
    let path = match uri.path().trim_start_matches('/') {
        "" => "index.html",
        "graphiql" | "graphiql/" => PLAYGROUND,
        path => path,
    };
    match Assets::get(path) {
        Some(file) => serve(path, &file, &headers),
        None if ["index.html", PLAYGROUND].contains(&path) => (StatusCode::NOT_FOUND, NOT_BUILT).into_response(),
        None => (StatusCode::NOT_FOUND, "there is nothing here\n").into_response(),
    }
}

/// Files under `assets/` carry a hash of their content in their name and never change; the others are asked for anew.
fn serve(path: &str, file: &EmbeddedFile, asked: &HeaderMap) -> Response {
    let caching = if path.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    let policy = if path == PLAYGROUND { PLAYGROUND_POLICY } else { CONTENT_SECURITY_POLICY };
    let accepts = |encoding: &str| {
        wanted(asked, &header::ACCEPT_ENCODING)
            .any(|(name, quality)| name.eq_ignore_ascii_case(encoding) && quality > 0.0)
    };
    let packed = ["br", "gzip"].into_iter().filter(|encoding| accepts(encoding)).find_map(|encoding| {
        let extension = if encoding == "br" { "br" } else { "gz" };
        Some((encoding, Assets::get(&format!("{path}.{extension}"))?))
    });
    let hash = URL_SAFE_NO_PAD.encode(&file.metadata.sha256_hash()[..16]);
    // A packed file is another one than the file as it is.
    let tag = format!("\"{hash}{}\"", packed.as_ref().map_or("", |(encoding, _)| encoding));
    let is_known = asked.get(header::IF_NONE_MATCH).is_some_and(|known| {
        known.to_str().is_ok_and(|known| known.split(',').any(|known| known.trim().trim_start_matches("W/") == tag))
    });
    let headers = [
        (header::CONTENT_TYPE, file.metadata.mimetype()),
        (header::CACHE_CONTROL, caching),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::ETAG, &tag),
        (header::VARY, "accept-encoding"),
    ];
    if is_known {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    match packed {
        Some((encoding, packed)) => {
            let mut response = (headers, packed.data.into_owned()).into_response();
            response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
            response
        }
        None => (headers, file.data.clone().into_owned()).into_response(),
    }
}
