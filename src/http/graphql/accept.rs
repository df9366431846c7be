//! What a client takes as an answer.

use axum::http::{HeaderMap, header};

use crate::http::answer::wanted;
use crate::push::Format;

/// What an answer is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum Media {
    /// Older: every request that could be read is answered with 200.
    Json,
    /// Newer: the status says whether anything was executed.
    GraphqlJson,
}

/// What a client takes: one answer, a stream of them, both or neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Accepted {
    pub(super) media: Option<Media>,
    pub(super) stream: Option<Format>,
}

impl Accepted {
    /// Reads the header.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let ranges: Vec<_> = wanted(headers, &header::ACCEPT).collect();
        if ranges.is_empty() {
            return Self { media: Some(Media::Json), stream: None };
        }
        let named = |name: &str| ranges.iter().any(|range| range.0.eq_ignore_ascii_case(name) && range.1 > 0.0);
        // A stream is only for who asks for one by its name.
        let stream = if named("text/event-stream") {
            Some(Format::EventStream)
        } else {
            named("multipart/mixed").then_some(Format::Multipart)
        };
        Self { media: media(&ranges), stream }
    }
}

/// What the client would rather have; the older one where it does not say.
fn media(ranges: &[(&str, f64)]) -> Option<Media> {
    let quality = |media: Media| {
        let names = [media.name(), "application/*", "*/*"];
        let most_specific =
            names.iter().find_map(|name| ranges.iter().find(|range| range.0.eq_ignore_ascii_case(name)));
        most_specific.map_or(0.0, |range| range.1)
    };
    let is_first = |media: Media| ranges.iter().position(|range| range.0.eq_ignore_ascii_case(media.name()));
    let (json, graphql) = (quality(Media::Json), quality(Media::GraphqlJson));
    if json <= 0.0 && graphql <= 0.0 {
        return None;
    }
    let named_first = match (is_first(Media::GraphqlJson), is_first(Media::Json)) {
        (Some(graphql), Some(json)) => graphql < json,
        (graphql, json) => graphql.is_some() && json.is_none(),
    };
    let prefers_graphql = graphql > json || (named_first && graphql >= json);
    Some(if prefers_graphql { Media::GraphqlJson } else { Media::Json })
}

impl Media {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::GraphqlJson => "application/graphql-response+json",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_client_says_what_it_would_rather_have() {
        let accepted = |accept: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT, accept.parse().expect("a header"));
            Accepted::of(&headers)
        };
        let (json, graphql) = (Some(Media::Json), Some(Media::GraphqlJson));
        assert_eq!(Accepted::of(&HeaderMap::new()), Accepted { media: json, stream: None });
        for (accept, expected) in [
            ("*/*", json),
            ("application/*", json),
            ("application/json", json),
            ("application/graphql-response+json", graphql),
            ("application/graphql-response+json, application/json;q=0.9", graphql),
            ("application/graphql-response+json;q=0.5, application/json", json),
            ("application/json, application/graphql-response+json", json),
            ("application/graphql-response+json; charset=utf-8, application/json; charset=utf-8", graphql),
            ("text/html, application/json;q=0", None),
            ("image/png", None),
            ("text/html, */*;q=0.1", json),
        ] {
            assert_eq!(accepted(accept), Accepted { media: expected, stream: None }, "{accept}");
        }
        let (events, parts) = (Some(Format::EventStream), Some(Format::Multipart));
        for (accept, media, stream) in [
            ("text/event-stream", None, events),
            ("application/json, text/event-stream", json, events),
            ("multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json", json, parts),
            ("text/event-stream;q=0, */*", json, None),
        ] {
            assert_eq!(accepted(accept), Accepted { media, stream }, "{accept}");
        }
    }
}
