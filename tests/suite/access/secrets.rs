//! What nobody is to read where it does not belong: in the log at its most talkative, in an error, in what is told of the
//! settings, in a copy of the database. And lines of the log that only look like some.

use std::sync::Arc;

use serde_json::{Value, json};
use wattline::clock::Clock;

use super::run;
use crate::harness::issuer::{CLIENT, Issuer, SigningKey};
use crate::harness::webhook::Receiver;
use crate::harness::{Answer, Database, Program, client, client_that_stays, on_both, until};
use crate::recordings::wattline;

on_both!(no_secret_is_told, nobody_writes_lines_of_the_log);

const PASSWORD: &str = "correct horse battery";
const SMTP_PASSWORD: &str = "smtp-hunter2";
const DATABASE_PASSWORD: &str = "database-hunter2";

/// A program that knows every kind of secret, and logs all it can.
fn talkative(database: &Database, issuer: &Issuer, more: &[(&str, &str)]) -> Program {
    // Our own PostgreSQL asks for no password, but takes one.
    let url = database.url.replace("wattline@", &format!("wattline:{DATABASE_PASSWORD}@"));
    let smtp = format!("smtp://user:{SMTP_PASSWORD}@127.0.0.1:9");
    let issuer = issuer.url();
    let mut variables = vec![
        ("WATTLINE_LOG", "trace"),
        ("WATTLINE_DATABASE", url.as_str()),
        ("WATTLINE_SMTP", &smtp),
        ("WATTLINE_ALLOW_PRIVATE_WEBHOOKS", "true"),
        ("WATTLINE_ISSUER", &issuer),
        ("WATTLINE_TOKEN_AUDIENCE", "plant"),
        ("WATTLINE_CLIENT_ID", CLIENT.0),
        ("WATTLINE_CLIENT_SECRET", CLIENT.1),
    ];
    variables.extend(more);
    Program::start_with(database, &["serve"], &variables)
}

/// Signs in at the issuer, as a browser does, and then once more by the same code, which is refused and logged; the
/// answer, and all secrets on the way.
async fn sign_in(program: &Program) -> (Answer, Vec<String>) {
    let http = client_that_stays();
    let begin = format!("http://{}/api/v1/session/openid", program.address);
    let begun = Answer::of(http.get(&begin)).await;
    let location = |answer: &Answer| answer.headers["location"].to_str().expect("text").to_owned();
    let kept = cookie(&begun, "wattline_sign_in=").expect("a cookie");
    let back = reqwest::Url::parse(&location(&Answer::of(http.get(location(&begun))).await)).expect("an address");
    let query = back.query().expect("a query");
    let code = back.query_pairs().find(|(name, _)| name == "code").expect("a code").1.into_owned();
    let finish = || {
        let request = http.get(format!("{begin}/callback?{query}"));
        Answer::of(request.header("cookie", format!("wattline_sign_in={kept}")))
    };
    let finished = finish().await;
    assert_eq!(finish().await.code(), "UNAUTHENTICATED");
    (finished, vec![kept, code])
}

/// The value of a cookie that an answer sets.
fn cookie(answer: &Answer, name: &str) -> Option<String> {
    let set = answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().expect("text"));
    let value = set.filter_map(|cookie| cookie.strip_prefix(name)?.split(';').next());
    value.map(str::to_owned).find(|value| !value.is_empty())
}

async fn no_secret_is_told(database: Database) {
    let signs = Arc::new(SigningKey::ec("ec"));
    let issuer = Issuer::start(&[&signs]).await;
    let now_s = Clock::system().now_ms() / 1000;
    let standard = json!({"sub": "1", "iat": now_s, "exp": now_s + 600, "wattline_scope": "admin"});
    let (by, more) = (signs.clone(), standard.clone());
    issuer.sign_by(move |mut claims| {
        claims.as_object_mut().expect("claims").extend(more.as_object().expect("claims").clone());
        by.sign(&claims)
    });
    let mut claims = standard.clone();
    (claims["iss"], claims["aud"]) = (json!(issuer.url()), json!("plant"));
    let token = signs.sign(&claims);
    let key = run(&database, &["key", "create", "--scope", "admin"], "");
    run(&database, &["user", "create", "anna", "--scope", "admin"], &format!("{PASSWORD}\n"));
    let program = talkative(&database, &issuer, &[]);
    let url = |path: &str| format!("http://{}{path}", program.address);
    let mut answers = Vec::new();
    let ask = |query: &str, bearer: &str| {
        let request = client().post(url("/graphql")).header("content-type", "application/json").bearer_auth(bearer);
        Answer::of(request.body(json!({"query": query}).to_string()))
    };
    // Each of them, as it is taken and as it is not.
    for bearer in [key.clone(), format!("{key}x"), token.clone(), format!("{token}x")] {
        answers.push(ask("{ sites { name } }", &bearer).await);
        answers
            .push(Answer::of(client().get(url("/metrics")).header("authorization", format!("Token {bearer}"))).await);
    }
    let session =
        |body: String| client().post(url("/api/v1/session")).header("content-type", "application/json").body(body);
    let signed_in = Answer::of(session(json!({"name": "anna", "password": PASSWORD}).to_string())).await;
    let by_password = cookie(&signed_in, "wattline_session=").expect("a session");
    answers.push(signed_in);
    answers.push(Answer::of(session(json!({"name": "anna", "password": format!("not {PASSWORD}")}).to_string())).await);
    answers.push(Answer::of(session(format!("{{\"name\": \"anna\", \"password\": {PASSWORD}}}"))).await);
    // Messages, to a webhook that takes them, one that does not, and by e-mail that does not go.
    let receiver = Receiver::start(&[204, 500]).await;
    let mut webhook_secret = String::new();
    for (channel, address) in [("WEBHOOK", receiver.url()), ("EMAIL", "anna@plant.example".to_owned())] {
        let save = format!(
            "mutation {{ saveContactPoint(input: {{name: \"{channel}\", channel: {channel}, address: \"{address}\"}}) \
                            {{ secret contactPoint {{ id }} }} }}"
        );
        let saved = ask(&save, &key).await.json()["data"]["saveContactPoint"].take();
        webhook_secret.push_str(saved["secret"].as_str().unwrap_or_default());
        let test = format!(
            "mutation {{ testContactPoint(input: {{id: {}}}) {{ contactPoint {{ id }} }} }}",
            saved["contactPoint"]["id"]
        );
        for _ in 0..2 {
            answers.push(ask(&test, &key).await);
        }
    }
    assert_eq!(answers.iter().filter(|answer| answer.text.contains("NOT_DELIVERED")).count(), 3, "{answers:?}");
    answers.push(
        ask("{ audit(first: 100) { edges { node { by field requestId } } } contactPoints { name address } }", &key)
            .await,
    );
    answers.push(Answer::of(client().get(url("/metrics")).bearer_auth(&key)).await);
    let (signed_in, mut secrets) = sign_in(&program).await;
    let by_issuer = cookie(&signed_in, "wattline_session=").expect("a session");
    answers.push(signed_in);
    for session in [&by_password, &by_issuer] {
        let who = client().get(url("/api/v1/session")).header("cookie", format!("wattline_session={session}"));
        answers.push(Answer::of(who).await);
    }
    assert_eq!(answers.iter().filter(|answer| answer.status == 401).count(), 5, "{answers:?}");
    let log = until("it has all been logged", async || {
        let log = program.log().join("\n");
        log.contains("the issuer gave no token").then_some(log)
    })
    .await;
    assert!(log.contains("TRACE"), "the log is talkative: {log}");
    // Of a token the claims are no secret, but what makes it one is.
    let signature = token.rsplit('.').next().expect("a signature").to_owned();
    secrets.extend([key[12..].to_owned(), PASSWORD.to_owned(), by_password, by_issuer, signature]);
    let kept_in_the_database = secrets.len();
    secrets.extend([
        webhook_secret["whsec_".len()..].to_owned(),
        CLIENT.1.to_owned(),
        SMTP_PASSWORD.to_owned(),
        DATABASE_PASSWORD.to_owned(),
    ]);
    for secret in &secrets {
        assert!(secret.len() > 5, "{secret:?} is one");
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret} is in the log");
        let told = answers.iter().find(|answer| answer.text.contains(secret));
        assert!(told.is_none(), "{secret} is in an answer: {told:?}");
    }
    program.stop();
    // Whoever gets hold of a copy of the database cannot call or sign in by it.
    let copy = everything_in(&database).await;
    for secret in &secrets[..kept_in_the_database] {
        assert!(!copy.contains(secret.as_str()), "{secret} is in the database");
    }
}

/// All that the tables of access hold, and on SQLite the file itself.
async fn everything_in(database: &Database) -> String {
    use sea_orm::{ConnectionTrait, Statement};
    let rows = database.connect().await;
    let mut all = String::new();
    for table in ["api_key", "person", "session", "audit"] {
        let sql = match rows.get_database_backend() {
            sea_orm::DbBackend::Postgres => format!("SELECT t::text AS it FROM {table} t"),
            _ => format!("SELECT count(*) || ' rows' AS it FROM {table}"),
        };
        let found = rows.query_all_raw(Statement::from_string(rows.get_database_backend(), sql)).await.expect("SQL");
        assert!(!found.is_empty(), "{table}");
        all.extend(found.iter().map(|row| row.try_get::<String>("", "it").expect("text")));
    }
    if database.name().is_none() {
        let files =
            std::fs::read_dir(database.folder()).expect("a folder").map(|entry| entry.expect("an entry").path());
        all.extend(files.map(|file| String::from_utf8_lossy(&std::fs::read(file).expect("a file")).into_owned()));
        assert!(all.contains("anna"), "the rows are in the file");
    }
    all
}

/// Neither what goes wrong at the start nor what is told of the settings has a secret in it.
#[test]
fn settings_keep_their_secrets() {
    let database = Database::sqlite();
    let smtp = format!("smtp://user:{SMTP_PASSWORD}@127.0.0.1:9?tls=nonsense");
    let (postgres, client) = (format!("postgres://wattline:{DATABASE_PASSWORD}@127.0.0.1:9/x"), "client-hunter2");
    let unheard = format!("mysql://wattline:{DATABASE_PASSWORD}@127.0.0.1:9/x");
    let broken = format!("postgres://wattline:{DATABASE_PASSWORD}@127.0.0.1:nine/x");
    let told = |arguments: &[&str], variables: &[(&str, &str)]| {
        let output = wattline(&database, arguments).envs(variables.iter().copied()).output().expect("runs");
        let told = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
        for secret in [SMTP_PASSWORD, DATABASE_PASSWORD, client] {
            assert!(!told.contains(secret), "{arguments:?}: {told}");
        }
        (output.status.success(), told)
    };
    let (is_well, help) = told(
        &["serve", "--help"],
        &[("WATTLINE_SMTP", &smtp), ("WATTLINE_DATABASE", &postgres), ("WATTLINE_CLIENT_SECRET", client)],
    );
    assert!(is_well && help.contains("WATTLINE_CLIENT_SECRET"), "{help}");
    for variables in [
        [("WATTLINE_DATABASE", postgres.as_str()), ("WATTLINE_LOG", "trace")],
        [("WATTLINE_DATABASE", &unheard), ("WATTLINE_LOG", "trace")],
        [("WATTLINE_DATABASE", &broken), ("WATTLINE_LOG", "trace")],
        [("WATTLINE_SMTP", &smtp), ("WATTLINE_LOG", "trace")],
        // A client's name is missing, or its issuer is.
        [("WATTLINE_CLIENT_SECRET", client), ("WATTLINE_CLIENT_ID", "wattline")],
    ] {
        let (is_well, sentence) = told(&["serve", "--listen", "127.0.0.1:0", "--busy-timeout", "0.5"], &variables);
        assert!(!is_well && sentence.contains("wattline: "), "{variables:?}: {sentence}");
    }
}

/// Names, headers, paths, and what others answer: none of it ends a line and begins another.
async fn nobody_writes_lines_of_the_log(database: Database) {
    let signs = Arc::new(SigningKey::ec("ec"));
    let issuer = Issuer::start(&[&signs]).await;
    let key = run(&database, &["key", "create", "--scope", "admin"], "");
    let forged = "x\n2026-01-01T00:00:00.000000Z  INFO forged: \u{1b}[2Jgone\r\u{9b}1m";
    for format in ["text", "json"] {
        let program =
            talkative(&database, &issuer, &[("WATTLINE_LOG_FORMAT", format), ("WATTLINE_LOG", "wattline=trace")]);
        let url = |path: &str| format!("http://{}{path}", program.address);
        // What the issuer says of a code that it does not know is logged.
        let callback = |kept: &str, query: &str| {
            let request = client().get(url(&format!("/api/v1/session/openid/callback?{query}")));
            Answer::of(request.header("cookie", format!("wattline_sign_in={kept}")))
        };
        let http = client_that_stays();
        let begun = Answer::of(http.get(url("/api/v1/session/openid"))).await;
        let kept = cookie(&begun, "wattline_sign_in=").expect("a cookie");
        let asked = reqwest::Url::parse(begun.headers["location"].to_str().expect("text")).expect("an address");
        let state = asked.query_pairs().find(|(name, _)| name == "state").expect("a state").1.into_owned();
        assert_eq!(callback(&kept, &format!("code=made-up&state={state}")).await.code(), "UNAUTHENTICATED");
        // Whatever a client names or sends.
        let name: Value = forged.into();
        let mutation = json!({"query": "mutation($name: String!) { registerMachine(input: {name: $name}) { machine { id } } }",
            "variables": {"name": name}});
        let post = |path: &str, body: String| {
            client().post(url(path)).bearer_auth(&key).header("content-type", "application/json").body(body)
        };
        for request in [
            post("/graphql", mutation.to_string()),
            post("/api/v1/readings", json!([{"machine": name, "time": name, "power_kw": 1}]).to_string()),
            client().get(url("/%0A2026%20INFO%20forged%1B[2J")).bearer_auth(&key),
            client().get(url("/metrics")).bearer_auth(&key).header("x-request-id", "a\tb forged"),
            client().get(url("/metrics")).bearer_auth(&key).header("user-agent", b"\x9b2Jforged".as_slice()),
            client().get(url("/metrics")).header("authorization", b"Bearer \x9b2Jforged".as_slice()),
        ] {
            let answer = Answer::of(request).await;
            assert!(!answer.text.contains('\u{1b}'), "{answer:?}");
        }
        let log = until("the issuer's answer is logged", async || {
            let log = program.log();
            log.iter().any(|line| line.contains("the issuer gave no token")).then_some(log)
        })
        .await;
        assert!(log.iter().any(|line| line.contains("forged")), "what was sent is told");
        for line in &log {
            let is_one = if format == "json" {
                serde_json::from_str::<Value>(line).is_ok_and(|event| event["timestamp"].is_string())
            } else {
                // Of this year, by this program, and nothing before it.
                line.starts_with("20") && !line.starts_with("2026-01-01T00:00:00.000000Z")
            };
            assert!(is_one && !line.contains(['\u{1b}', '\u{9b}', '\r']), "{format}: {line:?}");
        }
        program.stop();
    }
}
