//! Telling people: by mail and webhook, once, not too often, and not of what does not matter.

use serde_json::{Value, json};
use wattline::clock::Clock;
use wattline::config::Options;
use wattline::domain::instant::format_ms;

use crate::harness::mail::MailServer;
use crate::harness::webhook::Receiver;
use crate::harness::{Database, Server, on_both, until};

on_both!(
    a_mail_says_all_that_a_reader_needs,
    a_thousand_anomalies_in_a_minute_make_one_mail,
    a_webhook_is_signed_and_tried_until_it_is_taken,
    who_asks_for_time_is_given_it,
    what_is_given_up_is_kept_and_can_be_tried_again,
    a_restart_forgets_nothing_and_tells_nothing_twice,
    only_what_a_rule_is_about_is_told,
    who_does_not_answer_keeps_nobody_else_waiting,
    two_servers_tell_once,
);

/// 2026-11-26T09:00:00Z, a Thursday.
pub(crate) const NOW_MS: i64 = 1_795_683_600_000;

pub(crate) fn options() -> Options {
    Options {
        allow_private_webhooks: Some(true),
        public_url: Some("https://plant.example/energy/".to_owned()),
        ..Options::default()
    }
}

fn with_mail(mail: &MailServer) -> Options {
    let (smtp, ca_file) = (Some(mail.url()), Some(mail.certificate()));
    Options { smtp, ca_file, mail_from: Some("Wattline <wattline@plant.example>".to_owned()), ..options() }
}

async fn save_rule(server: &Server, input: Value) {
    let mutation = "mutation($input: SaveNotificationRuleInput!) { saveNotificationRule(input: $input) \
                    { notificationRule { id } } }";
    server.data(mutation, json!({"input": input})).await;
}

/// A rule that tells at once, changed as said.
pub(crate) async fn rule(server: &Server, to: &Value, more: Value) {
    let mut input = json!({"name": format!("rule {more}"), "contactPointIds": [to], "graceSeconds": 0,
        "gatherSeconds": 0, "digestSeconds": 0});
    input.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
    save_rule(server, input).await;
}

/// Reports an anomaly of a machine, changed as said; its id.
pub(crate) async fn report(server: &Server, machine: &str, more: Value) -> String {
    let mut input = json!({"machine": machine, "kind": "SPIKE", "startedAt": format_ms(NOW_MS)});
    input.as_object_mut().expect("object").extend(more.as_object().expect("object").clone());
    let mutation = "mutation($input: ReportAnomalyInput!) { reportAnomaly(input: $input) { anomaly { id } } }";
    let data = server.data(mutation, json!({"input": input})).await;
    data["reportAnomaly"]["anomaly"]["id"].as_str().expect("an id").to_owned()
}

async fn deliveries(server: &Server) -> Vec<Value> {
    let query = "{ deliveries { nodes { id status attempts lastError alerts subject contactPoint { name } } } }";
    let mut data = server.data(query, json!({})).await;
    data["deliveries"]["nodes"].as_array_mut().expect("a list").drain(..).collect()
}

/// What mail clients show: soft line breaks and encoded characters undone.
fn readable(mail: &str) -> String {
    let mut text = mail.replace("=\r\n", "").replace("=\n", "");
    for (encoded, character) in [("=C2=B7", "·"), ("=3D", "="), ("=E2=80=93", "–")] {
        text = text.replace(encoded, character);
    }
    text
}

async fn a_mail_says_all_that_a_reader_needs(database: Database) {
    let mail = MailServer::start().await;
    let server = Server::start_with(&database, with_mail(&mail), Clock::manual(NOW_MS)).await;
    let zone = "mutation($id: ID!) { updateSite(input: {id: $id, timeZone: \"Europe/Berlin\"}) { site { id } } }";
    let site = server.data("{ sites { id } }", json!({})).await["sites"][0]["id"].clone();
    server.data(zone, json!({"id": site})).await;
    let machine = server.register("Säge 3", json!({})).await;
    let (to, secret) = server.contact_point("EMAIL", "energy@plant.example").await;
    assert_eq!(secret, "", "mails are not signed");
    let test = "mutation($id: ID!) { testContactPoint(input: {id: $id}) { contactPoint { name } } }";
    server.data(test, json!({"id": to})).await;
    let mails = mail.wait(1).await;
    assert!(mails[0].contains("Subject: Wattline: a test of \"to energy@plant.example\""), "{}", mails[0]);
    rule(&server, &to, json!({})).await;
    let more = json!({"severity": "CRITICAL", "value": 41.0, "expected": 21.0,
        "message": "drew 41 kW for 12 min where 18 to 24 is usual for a Tuesday night"});
    report(&server, "Säge 3", more).await;
    let mails = mail.wait(2).await;
    let told = readable(&mails[1]);
    for part in [
        "From: Wattline <wattline@plant.example>",
        "To: energy@plant.example",
        "Auto-Submitted: auto-generated",
        "CRITICAL · ",
        ", default · 2026-11-26T10:00:00+01:00 (Europe/Berlin)",
        "SPIKE: drew 41 kW for 12 min where 18 to 24 is usual for a Tuesday night",
        "Expected: 21 kW",
        &format!("https://plant.example/energy/#/machines/{machine}"),
    ] {
        assert!(told.contains(part), "{part} is missing in:\n{told}");
    }
    let sent =
        until("it is noted", async || deliveries(&server).await.pop().filter(|sent| sent["status"] == "DELIVERED"))
            .await;
    assert_eq!((&sent["attempts"], &sent["alerts"]), (&json!(1), &json!(1)));
    server.stop().await;
}

async fn a_thousand_anomalies_in_a_minute_make_one_mail(database: Database) {
    let mail = MailServer::start().await;
    let clock = Clock::manual(NOW_MS);
    let server = Server::start_with(&database, with_mail(&mail), clock.clone()).await;
    for machine in 0..10 {
        server.register(&format!("machine {machine}"), json!({})).await;
    }
    let (to, _) = server.contact_point("EMAIL", "energy@plant.example").await;
    let input = json!({"name": "all", "contactPointIds": [to]});
    save_rule(&server, input).await;
    for nth in 0..1000_i64 {
        clock.set_ms(NOW_MS + nth * 59);
        report(&server, &format!("machine {}", nth % 10), json!({})).await;
    }
    // The grace and the gathering of the first; the grace of the last is over too.
    clock.set_ms(NOW_MS + 90_000);
    let mails = mail.wait(1).await;
    assert!(mails[0].contains("Subject: 1000 alerts: default"), "{}", mails[0]);
    assert!(readable(&mails[0]).contains("and 950 more: https://plant.example/energy/#/anomalies"), "{}", mails[0]);
    // Another one has to wait until the digest's time is over, and then it is told alone.
    clock.set_ms(NOW_MS + 100_000);
    report(&server, "machine 0", json!({})).await;
    clock.set_ms(NOW_MS + 389_000);
    let waits = "SELECT count(*) FROM alert WHERE status = 'WAITING'";
    until("it waits", async || (database.number(waits).await == 1).then_some(())).await;
    assert_eq!(mail.mails().len(), 1);
    clock.set_ms(NOW_MS + 390_000);
    let mails = mail.wait(2).await;
    assert!(mails[1].contains("Subject: WARNING: machine 0"), "{}", mails[1]);
    server.stop().await;
    assert_eq!(mail.mails().len(), 2);
}

async fn a_webhook_is_signed_and_tried_until_it_is_taken(database: Database) {
    let receiver = Receiver::start(&[500, 302]).await;
    let clock = Clock::manual(NOW_MS);
    let server = Server::start_with(&database, options(), clock.clone()).await;
    server.register("saw", json!({})).await;
    let (to, secret) = server.contact_point("WEBHOOK", &receiver.url()).await;
    assert!(secret.starts_with("whsec_"), "{secret}");
    let shown = server.data("{ contactPoints { name address channel isEnabled } }", json!({})).await;
    assert!(!shown.to_string().contains(&secret), "a secret is shown once");
    rule(&server, &to, json!({})).await;
    let id = report(&server, "saw", json!({"severity": "CRITICAL", "value": 3.5})).await;
    receiver.wait(1).await;
    for (attempts, wait_ms) in [(1, 5_000), (2, 15_000)] {
        until("the attempt is noted", async || (deliveries(&server).await[0]["attempts"] == attempts).then_some(()))
            .await;
        clock.set_ms(clock.now_ms() + wait_ms);
        receiver.wait(attempts + 1).await;
    }
    until("it is delivered", async || (deliveries(&server).await[0]["status"] == "DELIVERED").then_some(())).await;
    let calls = receiver.calls();
    assert_eq!(calls.len(), 3, "a redirect is no answer and is not followed");
    assert!(calls.iter().all(|call| call.id() == calls[0].id() && call.body == calls[0].body));
    assert!(calls.iter().all(|call| call.is_signed_with(&secret)));
    assert!(!calls[0].is_signed_with("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
    let told = calls[2].json();
    assert_eq!((&told["type"], &told["data"]["total"]), (&json!("wattline.alerts"), &json!(1)));
    let alert = &told["data"]["alerts"][0];
    assert_eq!((&alert["event"], &alert["anomaly_id"]), (&json!("opened"), &json!(id)));
    assert_eq!((&alert["plant"], &alert["machine"], &alert["value"]), (&json!("default"), &json!("saw"), &json!(3.5)));
    server.stop().await;
}

async fn who_asks_for_time_is_given_it(database: Database) {
    let receiver = Receiver::start(&[500, 429]).await;
    let clock = Clock::manual(NOW_MS);
    let server = Server::start_with(&database, options(), clock.clone()).await;
    server.register("saw", json!({})).await;
    let (to, _) = server.contact_point("WEBHOOK", &receiver.url()).await;
    rule(&server, &to, json!({})).await;
    // The first would be tried again after five seconds, but the second meets with the wish to be left alone.
    for (at_ms, kind) in [(NOW_MS, "FIRST"), (NOW_MS + 1000, "SECOND")] {
        clock.set_ms(at_ms);
        report(&server, "saw", json!({"kind": kind})).await;
        let tried = "SELECT count(*) FROM delivery WHERE attempts = 1";
        let tries = 1 + i64::from(kind == "SECOND");
        until("it is tried", async || (database.number(tried).await == tries).then_some(())).await;
    }
    let put_off = format!("SELECT count(*) FROM delivery WHERE next_attempt_at_ms = {}", NOW_MS + 121_000);
    assert_eq!(database.number(&put_off).await, 2);
    clock.set_ms(NOW_MS + 121_000);
    receiver.wait(4).await;
    server.stop().await;
}

async fn what_is_given_up_is_kept_and_can_be_tried_again(database: Database) {
    let receiver = Receiver::start(&[500, 410]).await;
    let clock = Clock::manual(NOW_MS);
    let options = Options { delivery_attempts: Some(1), ..options() };
    let server = Server::start_with(&database, options, clock.clone()).await;
    server.register("saw", json!({})).await;
    let (to, _) = server.contact_point("WEBHOOK", &receiver.url()).await;
    rule(&server, &to, json!({})).await;
    report(&server, "saw", json!({})).await;
    let failed = async |error: &str| {
        until("it is given up", async || {
            let sent = deliveries(&server).await;
            (sent.len() == 1 && sent[0]["status"] == "FAILED" && sent[0]["lastError"] == error).then(|| sent[0].clone())
        })
        .await
    };
    let given_up = failed("answered 500 Internal Server Error").await;
    let retry = "mutation($id: ID!) { retryDelivery(input: {id: $id}) { delivery { status } } }";
    server.data(retry, json!({"id": given_up["id"]})).await;
    failed("answered 410 Gone").await;
    server.data(retry, json!({"id": given_up["id"]})).await;
    until("it is delivered", async || (deliveries(&server).await[0]["status"] == "DELIVERED").then_some(())).await;
    assert_eq!(receiver.calls().len(), 3);
    let again = server.graphql(retry, json!({"id": given_up["id"]})).await;
    assert_eq!(again["errors"][0]["extensions"]["code"], "INVALID_INPUT", "{again}");
    server.stop().await;
}

async fn a_restart_forgets_nothing_and_tells_nothing_twice(database: Database) {
    let mut mail = MailServer::start().await;
    let clock = Clock::manual(NOW_MS);
    let server = Server::start_with(&database, with_mail(&mail), clock.clone()).await;
    server.register("saw", json!({})).await;
    let (to, _) = server.contact_point("EMAIL", "energy@plant.example").await;
    rule(&server, &to, json!({"graceSeconds": 60})).await;
    report(&server, "saw", json!({})).await;
    // It is written down who is to be told, and then the server goes.
    until("it is written down", async || (database.number("SELECT count(*) FROM alert").await == 1).then_some(()))
        .await;
    server.stop().await;
    // The next one finds no mail server, and goes in its turn.
    mail.kill();
    clock.set_ms(NOW_MS + 60_000);
    let server = Server::start_with(&database, with_mail(&mail), clock.clone()).await;
    let tried = "SELECT count(*) FROM delivery WHERE attempts > 0 AND status = 'PENDING'";
    until("it is tried in vain", async || (database.number(tried).await == 1).then_some(())).await;
    server.stop().await;
    mail.revive().await;
    clock.set_ms(NOW_MS + 120_000);
    let server = Server::start_with(&database, with_mail(&mail), clock.clone()).await;
    let mails = mail.wait(1).await;
    let ids: Vec<&str> = mails[0].lines().filter(|line| line.starts_with("Message-ID: <msg_")).collect();
    assert_eq!(ids.len(), 1, "{}", mails[0]);
    server.stop().await;
    let server = Server::start_with(&database, with_mail(&mail), clock.clone()).await;
    // Of something else it tells, so it has looked at everything.
    report(&server, "saw", json!({"kind": "DROP"})).await;
    clock.set_ms(NOW_MS + 180_000);
    let mails = mail.wait(2).await;
    assert!(mails[1].contains("DROP"), "{}", mails[1]);
    server.stop().await;
    assert_eq!(mail.mails().len(), 2);
}

async fn only_what_a_rule_is_about_is_told(database: Database) {
    let clock = Clock::manual(NOW_MS);
    let server = Server::start_with(&database, options(), clock.clone()).await;
    let site = server.register_site("Hall 2").await;
    let saw = server.register("saw", json!({})).await;
    server.register("press", json!({})).await;
    server.register("mill", json!({"siteId": site})).await;
    let thursday_morning = json!([{"days": ["THURSDAY"], "from": "08:00", "to": "10:00"}]);
    let thursday_night = json!([{"days": ["WEDNESDAY"], "from": "22:00", "to": "06:00"}]);
    let rules = [
        (json!({"severity": "CRITICAL"}), vec!["press DROP CRITICAL"]),
        (json!({"kinds": ["Drop"]}), vec!["press DROP CRITICAL"]),
        (json!({"machineIds": [saw]}), vec!["saw SPIKE WARNING"]),
        (json!({"siteId": site}), vec!["mill SPIKE WARNING"]),
        (json!({"hours": thursday_morning}), vec!["mill SPIKE WARNING", "press DROP CRITICAL", "saw SPIKE WARNING"]),
        (json!({"hours": thursday_night}), vec![]),
        (json!({"isEnabled": false}), vec![]),
    ];
    let mut expected = Vec::new();
    for (more, told) in rules {
        let receiver = Receiver::start(&[]).await;
        let (to, _) = server.contact_point("WEBHOOK", &receiver.url()).await;
        rule(
            &server,
            &to,
            json!({"gatherSeconds": 60}).as_object().cloned().map_or(more.clone(), |mut both| {
                both.extend(more.as_object().expect("object").clone());
                Value::Object(both)
            }),
        )
        .await;
        expected.push((more, receiver, told));
    }
    report(&server, "saw", json!({})).await;
    report(&server, "press", json!({"severity": "CRITICAL", "kind": "DROP"})).await;
    report(&server, "mill", json!({"siteId": site})).await;
    let planned = "SELECT count(*) FROM alert";
    until("all is written down", async || (database.number(planned).await == 7).then_some(())).await;
    clock.set_ms(NOW_MS + 60_000);
    for (more, receiver, told) in expected {
        if told.is_empty() {
            assert_eq!(receiver.calls().len(), 0, "{more}");
            continue;
        }
        let call = receiver.wait(1).await[0].json();
        let alerts = call["data"]["alerts"].as_array().expect("a list");
        let text = |alert: &Value, field: &str| alert[field].as_str().expect("text").to_owned();
        let told_of = |alert| ["machine", "kind", "severity"].map(|field| text(alert, field)).join(" ");
        let mut found: Vec<String> = alerts.iter().map(told_of).collect();
        found.sort();
        assert_eq!(found, told, "{more}");
    }
    server.stop().await;
}

async fn who_does_not_answer_keeps_nobody_else_waiting(database: Database) {
    // Takes connections and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let silent_url = format!("http://{}/hook", silent.local_addr().expect("an address"));
    let receiver = Receiver::start(&[]).await;
    let server = Server::start_with(&database, options(), Clock::manual(NOW_MS)).await;
    server.register("saw", json!({})).await;
    let contact =
        "mutation($input: SaveContactPointInput!) { saveContactPoint(input: $input) { contactPoint { id } } }";
    for n in 0..20 {
        let input = json!({"name": format!("silent {n}"), "channel": "WEBHOOK", "address": silent_url});
        let to = server.data(contact, json!({"input": input})).await["saveContactPoint"]["contactPoint"]["id"].take();
        rule(&server, &to, json!({"name": format!("to silent {n}")})).await;
    }
    let (to, _) = server.contact_point("WEBHOOK", &receiver.url()).await;
    rule(&server, &to, json!({})).await;
    for count in 1..=3 {
        report(&server, "saw", json!({})).await;
        receiver.wait(count).await;
    }
    // All three have arrived before anybody stopped waiting for an answer.
    let silent_ones =
        "FROM delivery JOIN contact_point ON contact_point.id = contact_point_id WHERE name LIKE 'silent %'";
    assert_eq!(database.number(&format!("SELECT count(*) {silent_ones}")).await, 60);
    assert_eq!(database.number(&format!("SELECT count(*) {silent_ones} AND attempts > 0")).await, 0);
    // Nobody listens any more, so that the server need not wait for their time to be over.
    drop(silent);
    server.stop().await;
}

async fn two_servers_tell_once(database: Database) {
    let receiver = Receiver::start(&[]).await;
    let servers = [
        Server::start_with(&database, options(), Clock::system()).await,
        Server::start_with(&database, options(), Clock::system()).await,
    ];
    servers[0].register("saw", json!({})).await;
    let (to, _) = servers[1].contact_point("WEBHOOK", &receiver.url()).await;
    rule(&servers[0], &to, json!({})).await;
    for nth in 0..20 {
        let started_at = format_ms(Clock::system().now_ms());
        report(&servers[nth % 2], "saw", json!({"kind": format!("KIND_{nth}"), "startedAt": started_at})).await;
    }
    let kinds = || {
        let calls = receiver.calls();
        let alerts = calls.iter().flat_map(|call| call.json()["data"]["alerts"].as_array().expect("a list").clone());
        alerts.map(|alert| alert["kind"].to_string()).collect::<Vec<_>>()
    };
    until("all are told", async || (kinds().len() >= 20).then_some(())).await;
    for server in servers {
        server.stop().await;
    }
    let mut told = kinds();
    told.sort();
    told.dedup();
    assert_eq!((told.len(), kinds().len()), (20, 20), "each once");
}

#[tokio::test]
async fn what_cannot_be_reached_or_is_private_is_refused_with_a_reason() {
    let database = Database::sqlite();
    let server = Server::start(&database).await;
    let save = "mutation($input: SaveContactPointInput!) { saveContactPoint(input: $input) { contactPoint { id } } }";
    for (channel, address, code, word) in [
        ("EMAIL", "energy@plant.example", "CHANNEL_NOT_SET_UP", "--smtp"),
        ("EMAIL", "no address", "INVALID_INPUT", "no e-mail address"),
        ("WEBHOOK", "http://127.0.0.1:9/", "INVALID_INPUT", "--allow-private-webhooks"),
        ("WEBHOOK", "http://[::ffff:169.254.169.254]/", "INVALID_INPUT", "--allow-private-webhooks"),
        ("WEBHOOK", "ftp://hooks.example/", "INVALID_INPUT", "no URL of a webhook"),
    ] {
        let input = json!({"name": "x", "channel": channel, "address": address});
        let answer = server.graphql(save, json!({"input": input})).await;
        let error = &answer["errors"][0];
        assert_eq!(error["extensions"]["code"], code, "{address}: {answer}");
        assert!(error["message"].as_str().expect("text").contains(word), "{address}: {answer}");
    }
    server.stop().await;
}
