//! People and their browsers: signing in and out, and what pages of other origins can make a browser do, which is nothing.

use serde_json::{Value, json};

use super::{code_of, run, with_query};
use crate::harness::{Answer, Database, Server, client, on_both};

on_both!(people_sign_in_and_out, no_foreign_page_can_make_a_browser_change_anything);

const PASSWORD: &str = "a long password";

fn sign_in(server: &Server, name: &str, password: &str) -> reqwest::RequestBuilder {
    let body = json!({"name": name, "password": password}).to_string();
    client().post(server.url("/api/v1/session")).header("content-type", "application/json").body(body)
}

fn cookie_of(answer: &Answer) -> &str {
    answer.headers["set-cookie"].to_str().expect("text")
}

async fn people_sign_in_and_out(database: Database) {
    run(&database, &["user", "create", "anna", "--scope", "operate", "--site", "default"], &format!("{PASSWORD}\n"));
    assert!(run(&database, &["user", "list"], "").contains("anna                     operate  default"));
    let server = Server::start(&database).await;
    // The page is for anybody, what it asks is not.
    assert_ne!(server.get("/").await.status, 401);
    assert_eq!(server.get("/api/v1/session").await.code(), "UNAUTHENTICATED");
    let signed_in = Answer::of(sign_in(&server, "anna", PASSWORD)).await;
    let who = json!({"kind": "session", "name": "anna", "scope": "operate", "site": "default"});
    assert_eq!((signed_in.status, signed_in.json()), (200, who.clone()));
    let cookie = cookie_of(&signed_in);
    let (value, attributes) = cookie.split_once("; ").expect("attributes");
    assert_eq!(attributes, "Path=/; Max-Age=604800; HttpOnly; SameSite=Strict");
    // Over TLS, as the page's origin tells, it stays there.
    let origin = format!("https://{}", server.address);
    let over_tls = Answer::of(sign_in(&server, "anna", PASSWORD).header("origin", origin)).await;
    assert!(cookie_of(&over_tls).ends_with("; SameSite=Strict; Secure"), "{over_tls:?}");
    let with_cookie = |request: reqwest::RequestBuilder| request.header("cookie", format!("a=b; {value}; c=d"));
    let ask = with_cookie(client().get(server.url("/api/v1/session")));
    assert_eq!(Answer::of(ask).await.json(), who);
    let stats = with_cookie(client().get(server.url("/api/v1/stats/system")));
    assert_eq!(Answer::of(stats).await.status, 200);
    let signed_out = Answer::of(with_cookie(client().delete(server.url("/api/v1/session")))).await;
    assert_eq!((signed_out.status, cookie_of(&signed_out).contains("Max-Age=0")), (204, true));
    assert_eq!(Answer::of(with_cookie(client().get(server.url("/api/v1/session")))).await.status, 401);
    // Nobody learns whether there is such a name; and guessing is slow, from an address and for a name.
    let (wrong, unknown) = (sign_in(&server, "anna", "a wrong password"), sign_in(&server, "bert", PASSWORD));
    let (wrong, unknown) = (Answer::of(wrong).await, Answer::of(unknown).await);
    assert_eq!((wrong.status, unknown.status), (401, 401));
    assert_eq!(wrong.json()["error"]["message"], unknown.json()["error"]["message"]);
    let mut refused = None;
    for _ in 0..20 {
        let answer = Answer::of(sign_in(&server, "anna", PASSWORD)).await;
        refused = (answer.status != 200).then_some(answer);
        if refused.is_some() {
            break;
        }
    }
    let refused = refused.expect("too many attempts");
    assert_eq!((refused.status, refused.code().as_str()), (429, "TOO_MANY_ATTEMPTS"));
    assert_eq!(refused.headers["retry-after"], "60");
    server.stop().await;
}

/// Content type x cookie x origin, with access set up and without: what is not meant by our own page executes nothing.
async fn no_foreign_page_can_make_a_browser_change_anything(database: Database) {
    let server = Server::start(&database).await;
    let mut meant = 0;
    for is_set_up in [false, true] {
        let mut cookie = None;
        if is_set_up {
            run(&database, &["user", "create", "anna", "--scope", "admin"], &format!("{PASSWORD}\n"));
            crate::harness::until("the server asks", async || {
                (server.get("/metrics").await.status == 401).then_some(())
            })
            .await;
            let signed_in = Answer::of(sign_in(&server, "anna", PASSWORD)).await;
            cookie = Some(cookie_of(&signed_in).split(';').next().expect("a cookie").to_owned());
        }
        let own = format!("http://{}", server.address);
        let mut number = 0;
        for media_type in [
            "application/json",
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "",
        ] {
            for cookie in [None, cookie.as_deref()] {
                for origin in [None, Some(own.as_str()), Some("https://evil.example"), Some("null")] {
                    number += 1;
                    let send = |path: &str, body: String| {
                        let mut request = client().post(server.url(path)).body(body);
                        for (name, value) in
                            [("content-type", Some(media_type)), ("cookie", cookie), ("origin", origin)]
                        {
                            if let Some(value) = value.filter(|value| !value.is_empty()) {
                                request = request.header(name, value);
                            }
                        }
                        Answer::of(request)
                    };
                    let name = format!("machine-{is_set_up}-{number}");
                    let mutation =
                        format!("mutation {{ registerMachine(input: {{name: \"{name}\"}}) {{ machine {{ id }} }} }}");
                    let answer = send("/graphql", json!({"query": mutation}).to_string()).await;
                    let is_ours = origin.is_none_or(|origin| origin == own);
                    let is_let_in = !is_set_up || cookie.is_some();
                    let is_meant = is_ours && is_let_in && media_type == "application/json";
                    meant += usize::from(is_meant);
                    let is_done = answer.status == 200 && code_of(&answer).is_none();
                    assert_eq!(is_done, is_meant, "{name}: {media_type} {cookie:?} {origin:?}: {}", answer.text);
                    // By an address, however it is asked.
                    let by_get = client().get(with_query(&server, "/graphql", "query", &mutation));
                    let by_get = Answer::of(by_get.header("cookie", cookie.unwrap_or("a=b"))).await;
                    assert!([401, 405].contains(&by_get.status), "{}", by_get.text);
                    let line = "x,machine=press power_kw=1 1793520000000000000".to_owned();
                    let answer = send("/api/v1/readings", line).await;
                    let is_heard = [200, 422].contains(&answer.status);
                    assert_eq!(
                        is_heard,
                        is_ours && is_let_in && media_type == "text/plain",
                        "{media_type} {origin:?}: {answer:?}"
                    );
                }
            }
        }
        if let Some(cookie) = &cookie {
            let foreign = || ("origin", "https://evil.example");
            let out = client()
                .delete(server.url("/api/v1/session"))
                .header("cookie", cookie)
                .header(foreign().0, foreign().1);
            assert_eq!(Answer::of(out).await.code(), "ORIGIN_NOT_ALLOWED");
            let r#in = sign_in(&server, "anna", PASSWORD).header(foreign().0, foreign().1);
            assert_eq!(Answer::of(r#in).await.code(), "ORIGIN_NOT_ALLOWED");
            for path in ["/graphql", "/graphql/ws", "/ws"] {
                let socket = client().get(server.url(path)).header("cookie", cookie).header(foreign().0, foreign().1);
                let socket = socket.header("connection", "upgrade").header("upgrade", "websocket");
                let socket = socket
                    .header("sec-websocket-version", "13")
                    .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
                assert_eq!(Answer::of(socket).await.code(), "ORIGIN_NOT_ALLOWED", "{path}");
            }
            let count = json!({"query": "{ machines { totalCount } }"}).to_string();
            let count = client().post(server.url("/graphql")).header("content-type", "application/json").body(count);
            let count: Value = Answer::of(count.header("cookie", cookie)).await.json();
            assert_eq!(count["data"]["machines"]["totalCount"], meant, "what was meant is done, and nothing else");
        }
    }
    server.stop().await;
}
