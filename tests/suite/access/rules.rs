//! Rules and budgets of one site, set by whoever works there; and how many there may be.

use entity::SiteId;
use entity::api_key::Scope;
use serde_json::{Value, json};
use wattline::clock::Clock;
use wattline::config::Options;

use super::{As, code_of, key, store};
use crate::harness::{Answer, Database, Server, on_both};

on_both!(operators_of_a_site_set_its_rules_and_budgets, machines_are_of_the_site, there_are_only_so_many);

/// A document by a name, and more input.
type Document<'a> = dyn Fn(&str, &str) -> String + 'a;

fn watch_rule(more: &str) -> String {
    format!(
        "mutation {{ saveWatchRule(input: {{kind: THRESHOLD, aboveKw: 9, {more}}}) {{ watchRule {{ id name site {{ name }} }} }} }}"
    )
}

fn budget(more: &str) -> String {
    format!(
        "mutation {{ saveBudget(input: {{quantity: ENERGY, period: MONTH, limit: 9, {more}}}) \
         {{ budget {{ id name site {{ name }} contactPoints {{ name }} }} }} }}"
    )
}

fn code(answer: &Answer) -> String {
    code_of(answer).unwrap_or_else(|| panic!("no error: {}", answer.text))
}

async fn operators_of_a_site_set_its_rules_and_budgets(database: Database) {
    let store = store(&database).await;
    let admin = key(&store, Scope::Admin, None).await;
    let server = Server::start(&database).await;
    let admin = As(&server, &admin);
    let north = admin.data("mutation { registerSite(input: {name: \"north\"}) { site { id } } }").await;
    let north = north["registerSite"]["site"]["id"].as_str().expect("an id").to_owned();
    let point = "mutation { saveContactPoint(input: {name: \"ops\", channel: WEBHOOK, address: \"https://hooks.example/x\"}) \
                 { contactPoint { id } } }";
    let point = admin.data(point).await["saveContactPoint"]["contactPoint"]["id"].clone();
    let operator = key(&store, Scope::Operate, Some(SiteId(2))).await;
    let operator = As(&server, &operator);
    // Whatever site they name or none, it is theirs.
    let rule = operator.data(&watch_rule("name: \"hot\"")).await["saveWatchRule"]["watchRule"].clone();
    assert_eq!(rule["site"]["name"], "north");
    let sites = admin.data("{ sites { id name } }").await["sites"].take();
    let default = sites.as_array().expect("sites").iter().find(|site| site["name"] == "default").expect("a site");
    let foreign = operator.ask(&watch_rule(&format!("name: \"cold\", siteId: {}", default["id"]))).await;
    assert_eq!(code(&foreign), "NOT_FOUND", "{}", foreign.text);
    // A budget of which somebody is told goes on telling them, whoever changes it; who is told is not theirs to say.
    let of_north = format!("siteId: \"{north}\", name: \"gas\"");
    let told = admin.data(&budget(&format!("{of_north}, contactPointIds: [{point}]"))).await;
    let id = told["saveBudget"]["budget"]["id"].clone();
    let changed = operator.data(&budget(&format!("id: {id}, name: \"less gas\", contactPointIds: []"))).await;
    assert_eq!(changed["saveBudget"]["budget"]["contactPoints"], json!([]), "they do not see who is told");
    let known = admin.data(&format!("{{ budgets(siteId: \"{north}\") {{ name contactPoints {{ name }} }} }}")).await;
    assert_eq!(known["budgets"], json!([{"name": "less gas", "contactPoints": [{"name": "ops"}]}]));
    let meddling = operator.ask(&budget(&format!("id: {id}, name: \"gas\", contactPointIds: [{point}]"))).await;
    assert_eq!(code(&meddling), "FORBIDDEN", "{}", meddling.text);
    let meddling = operator.ask(&budget(&format!("name: \"oil\", contactPointIds: [{point}]"))).await;
    assert_eq!(code(&meddling), "FORBIDDEN", "{}", meddling.text);
    // Rules of another site are not there for them, neither to be changed nor to be taken over.
    let elsewhere = admin.data(&watch_rule("name: \"theirs\"")).await["saveWatchRule"]["watchRule"]["id"].clone();
    let other =
        admin.data(&budget("name: \"theirs\", contactPointIds: []")).await["saveBudget"]["budget"]["id"].clone();
    for document in [
        watch_rule(&format!("id: {elsewhere}, name: \"mine\"")),
        format!("mutation {{ removeWatchRule(input: {{id: {elsewhere}}}) {{ removedId }} }}"),
        budget(&format!("id: {other}, name: \"mine\", contactPointIds: []")),
        format!("mutation {{ removeBudget(input: {{id: {other}}}) {{ removedId }} }}"),
    ] {
        assert_eq!(code(&operator.ask(&document).await), "NOT_FOUND", "{document}");
    }
    let rules = admin.data("{ watchRules { name } budgets { name } }").await;
    assert_eq!(rules, json!({"watchRules": [{"name": "theirs"}], "budgets": [{"name": "theirs"}]}));
    operator.data(&format!("mutation {{ removeBudget(input: {{id: {id}}}) {{ removedId }} }}")).await;
    operator.data(&format!("mutation {{ removeWatchRule(input: {{id: {}}}) {{ removedId }} }}", rule["id"])).await;
    server.stop().await;
}

async fn machines_are_of_the_site(database: Database) {
    let server = Server::start(&database).await;
    let north = server.register_site("north").await;
    let here = server.register("press", json!({})).await;
    let there = server.register("saw", json!({"siteId": north})).await;
    let admin = As(&server, "-");
    let save = async |ids: &str, of: &str| {
        let more = format!("name: \"some\", {of} machineIds: [{ids}]");
        let answers =
            [admin.ask(&watch_rule(&more)).await, admin.ask(&budget(&format!("{more}, contactPointIds: []"))).await];
        answers.map(|answer| {
            let told = answer.json()["errors"][0]["message"].as_str().unwrap_or_default().to_owned();
            (code_of(&answer), told.contains("at this site"))
        })
    };
    let refused = (Some("NOT_FOUND".to_owned()), true);
    let of_north = format!("siteId: \"{north}\",");
    assert_eq!(save(&format!("\"{there}\""), "").await, [refused.clone(), refused.clone()]);
    assert_eq!(save(&format!("\"{here}\", \"{there}\""), "").await, [refused.clone(), refused.clone()]);
    assert_eq!(save(&format!("\"{here}\""), &of_north).await, [refused.clone(), refused]);
    assert_eq!(save(&format!("\"{there}\""), &of_north).await, [(None, false), (None, false)]);
    assert_eq!(save(&format!("\"{here}\""), "").await, [(None, false), (None, false)]);
    server.stop().await;
}

async fn there_are_only_so_many(database: Database) {
    let options = Options {
        max_watch_rules: Some(2),
        max_budgets: Some(2),
        max_notification_rules: Some(2),
        max_contact_points: Some(2),
        ..Options::default()
    };
    let server = Server::start_with(&database, options, Clock::system()).await;
    let north = server.register_site("north").await;
    let admin = As(&server, "-");
    let point = |name: &str, more: &str| {
        format!(
            "mutation {{ saveContactPoint(input: {{name: \"{name}\", channel: WEBHOOK, address: \"https://hooks.example/x\"{more}}}) {{ contactPoint {{ id }} }} }}"
        )
    };
    let notification = |name: &str, more: &str| {
        format!(
            "mutation {{ saveNotificationRule(input: {{name: \"{name}\", contactPointIds: []{more}}}) {{ notificationRule {{ id }} }} }}"
        )
    };
    let watch = |name: &str, more: &str| watch_rule(&format!("name: \"{name}\"{more}"));
    let money = |name: &str, more: &str| budget(&format!("name: \"{name}\", contactPointIds: []{more}"));
    let kinds: [&Document<'_>; 4] = [&point, &notification, &watch, &money];
    for (document, is_of_site) in kinds.into_iter().zip([false, false, true, true]) {
        let first = admin.data(&document("one", "")).await;
        // The id of what was made, whatever it is.
        let made = first.as_object().and_then(|data| data.values().next()).and_then(Value::as_object);
        let id = made.and_then(|payload| payload.values().next()).expect("a payload")["id"].clone();
        admin.data(&document("two", "")).await;
        let refused = admin.ask(&document("three", "")).await;
        assert_eq!(code(&refused), "LIMIT_REACHED", "{}", refused.text);
        assert!(refused.text.contains("there may be 2 "), "{}", refused.text);
        // What there is can be changed, and another site has its own.
        admin.data(&document("one again", &format!(", id: {id}"))).await;
        if is_of_site {
            admin.data(&document("three", &format!(", siteId: \"{north}\""))).await;
        }
    }
    server.stop().await;
}
