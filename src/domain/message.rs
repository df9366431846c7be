//! Messages to people and programs about what has happened: one for any number of alerts, as a subject, as text and as
//! JSON.

use std::fmt::Write;

use entity::alert::Event;
use entity::anomaly::Severity;
use serde::Serialize;

/// Alerts that a text tells one by one; of the others it tells the number.
const TOLD_IN_TEXT: usize = 50;
/// Alerts that the JSON holds, at most.
pub const TOLD_IN_JSON: usize = 1000;
/// Characters of a subject at most.
const SUBJECT_CHARS: usize = 140;

/// One alert, with all that a reader needs who knows nothing else.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Item {
    /// What has happened.
    pub event: Event,
    /// The site's name.
    pub plant: String,
    /// The machine's name.
    pub machine: Option<String>,
    /// Kind of the anomaly.
    pub kind: Option<String>,
    /// How bad it is.
    pub severity: Option<Severity>,
    /// When, RFC 3339 on the site's clocks.
    pub at: String,
    /// When it was over, likewise.
    pub ended_at: Option<String>,
    /// The site's IANA time zone.
    pub time_zone: String,
    /// What has happened, in a sentence without the machine's name.
    pub message: String,
    /// What was measured, in `unit`.
    pub value: Option<f64>,
    /// What was to be expected.
    pub expected: Option<f64>,
    /// Where what is usual begins.
    pub expected_low: Option<f64>,
    /// Where what is usual ends.
    pub expected_high: Option<f64>,
    /// The unit of these.
    pub unit: Option<String>,
    /// Global id of the anomaly.
    pub anomaly_id: Option<String>,
    /// Where to look.
    pub link: String,
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// One line.
    pub subject: String,
    /// For people.
    pub text: String,
    /// For programs: a JSON object with `type`, `timestamp` and `data`, as Standard Webhooks asks.
    pub payload: String,
}

#[derive(Serialize)]
struct Payload<'a> {
    r#type: &'static str,
    timestamp: &'a str,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    /// How many alerts there are, also those that are not here.
    total: usize,
    alerts: &'a [Item],
}

/// Makes one message of these alerts, of which there are `total` and at least one here. `at` is the time of writing, RFC
/// 3339; `link` where all can be looked at.
#[must_use]
pub fn message(items: &[Item], total: usize, at: &str, link: &str) -> Message {
    let payload = Payload { r#type: "wattline.alerts", timestamp: at, data: Data { total, alerts: items } };
    Message {
        subject: subject(items, total),
        text: text(items, total, link),
        payload: serde_json::to_string(&payload).unwrap_or_default(),
    }
}

/// What is sent to try a contact point out.
#[must_use]
pub fn test(name: &str, at: &str, link: &str) -> Message {
    let payload = serde_json::json!({
        "type": "wattline.test", "timestamp": at, "data": {"contact_point": name, "link": link}
    });
    Message {
        subject: format!("Wattline: a test of {name:?}"),
        text: format!("This is a test: messages of Wattline to {name:?} arrive.\n\n{link}\n"),
        payload: payload.to_string(),
    }
}

fn subject(items: &[Item], total: usize) -> String {
    let subject = match items {
        [item] if total == 1 => {
            let who = item.machine.as_deref().unwrap_or(&item.plant);
            format!("{}: {who} {}", word(item), item.message)
        }
        _ => {
            let urgent =
                items.iter().filter(|item| item.event.is_alarm() && item.severity == Some(Severity::Critical)).count();
            let mut plants: Vec<&str> = items.iter().map(|item| item.plant.as_str()).collect();
            plants.sort_unstable();
            plants.dedup();
            let critical = if urgent > 0 { format!(", {urgent} critical") } else { String::new() };
            let are_over = items.iter().all(|item| item.event == Event::Recovered);
            let what = if are_over { "anomalies over" } else { "alerts" };
            format!("{total} {what}{critical}: {}", plants.join(", "))
        }
    };
    let one_line: String = subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if one_line.chars().count() <= SUBJECT_CHARS {
        return one_line;
    }
    one_line.chars().take(SUBJECT_CHARS - 1).chain(['…']).collect()
}

fn text(items: &[Item], total: usize, link: &str) -> String {
    let mut text = String::new();
    for item in items.iter().take(TOLD_IN_TEXT) {
        let who = match &item.machine {
            Some(machine) => format!("{machine}, {}", item.plant),
            None => item.plant.clone(),
        };
        // Writing to a string does not fail.
        let _ = writeln!(text, "{} · {who} · {} ({})", word(item), item.at, item.time_zone);
        let kind = item.kind.as_ref().map_or_else(String::new, |kind| format!("{kind}: "));
        let _ = writeln!(text, "{kind}{}", item.message);
        let bounds = [item.expected_low, item.expected_high, item.expected].map(|kw| kw.map(round));
        let expected = match bounds {
            [Some(low), Some(high), _] => Some(format!("{low} to {high}")),
            [Some(low), None, _] => Some(format!("at least {low}")),
            [None, Some(high), _] => Some(format!("at most {high}")),
            [None, None, expected] => expected.map(|expected| expected.to_string()),
        };
        if let (Some(expected), Some(unit)) = (expected, &item.unit) {
            let _ = writeln!(text, "Expected: {expected} {unit}");
        }
        if let Some(ended_at) = &item.ended_at {
            let _ = writeln!(text, "Over since {ended_at}");
        }
        let _ = writeln!(text, "{}\n", item.link);
    }
    if total > TOLD_IN_TEXT.min(items.len()) {
        let _ = writeln!(text, "and {} more: {link}\n", total - TOLD_IN_TEXT.min(items.len()));
    }
    text
}

/// Two decimals at most.
fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn word(item: &Item) -> &'static str {
    match (item.event, item.severity) {
        (Event::Opened, Some(Severity::Critical)) => "CRITICAL",
        (Event::Opened, _) => "WARNING",
        (Event::Escalated, Some(Severity::Critical)) => "NOW CRITICAL",
        (Event::Escalated, _) => "WORSE",
        (Event::Recovered, _) => "OVER",
        (Event::Budget | Event::Forecast, _) => "BUDGET",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(event: Event) -> Item {
        Item {
            event,
            plant: "Hall 3".to_owned(),
            machine: Some("Saw".to_owned()),
            kind: Some("PATTERN".to_owned()),
            severity: Some(Severity::Critical),
            at: "2026-11-26T10:32:00+01:00".to_owned(),
            ended_at: None,
            time_zone: "Europe/Berlin".to_owned(),
            message: "drew 41 kW for 12 min".to_owned(),
            value: Some(41.0),
            expected: Some(21.0),
            expected_low: Some(18.004),
            expected_high: Some(24.0),
            unit: Some("kW".to_owned()),
            anomaly_id: None,
            link: "http://plant.example/#/machines/7".to_owned(),
        }
    }

    #[test]
    fn it_says_what_was_expected() {
        let bounds = [(Some(5.0), Some(60.0)), (Some(5.0), None), (None, Some(60.0)), (None, None)];
        let expected = ["5 to 60 kW", "at least 5 kW", "at most 60 kW", "21 kW"];
        for ((expected_low, expected_high), expected) in bounds.into_iter().zip(expected) {
            let item = Item { expected_low, expected_high, ..item(Event::Opened) };
            let told = message(&[item], 1, "2026-11-26T09:33:00Z", "http://plant.example/").text;
            assert!(told.contains(&format!("\nExpected: {expected}\n")), "{told}");
        }
    }

    #[test]
    fn one_alert_says_everything() {
        let told = message(&[item(Event::Opened)], 1, "2026-11-26T09:33:00Z", "http://plant.example/");
        assert_eq!(told.subject, "CRITICAL: Saw drew 41 kW for 12 min");
        let text = "CRITICAL · Saw, Hall 3 · 2026-11-26T10:32:00+01:00 (Europe/Berlin)\nPATTERN: drew 41 kW for 12 min\n\
                    Expected: 18 to 24 kW\nhttp://plant.example/#/machines/7\n\n";
        assert_eq!(told.text, text);
        let payload: serde_json::Value = serde_json::from_str(&told.payload).expect("JSON");
        assert_eq!((&payload["type"], &payload["data"]["total"]), (&"wattline.alerts".into(), &1.into()));
        assert_eq!(payload["data"]["alerts"][0]["event"], "opened");
        let worse = message(&[item(Event::Escalated)], 1, "", "").subject;
        assert_eq!(worse, "NOW CRITICAL: Saw drew 41 kW for 12 min");
    }

    #[test]
    fn many_are_counted_and_a_subject_is_one_short_line() {
        let many = vec![item(Event::Opened); 60];
        let told = message(&many, 1000, "", "http://plant.example/");
        assert_eq!(told.subject, "1000 alerts, 60 critical: Hall 3");
        assert!(told.text.ends_with("and 950 more: http://plant.example/\n\n"), "{}", told.text);
        let long = Item { message: "x\r\nBcc: all@example.com ".repeat(40), ..item(Event::Recovered) };
        let subject = message(&[long], 1, "", "").subject;
        assert!(subject.starts_with("OVER: Saw x  Bcc") && subject.chars().count() == SUBJECT_CHARS, "{subject}");
    }
}
