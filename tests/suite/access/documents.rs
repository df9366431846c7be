//! How each root field of the schema is asked for, with the ids of a plant of one's own or of a foreign one.

use wattline::access::FIELDS;

/// What there is of a site, by global ids.
pub(super) struct Plant {
    pub(super) name: &'static str,
    pub(super) site: String,
    pub(super) machine: String,
    pub(super) anomaly: String,
    pub(super) change: String,
    pub(super) maintenance: String,
    pub(super) refused: String,
    /// A rule for machines, a budget, and a rule about who is told.
    pub(super) rules: [String; 3],
}

/// Documents for a root field, with the ids of a plant; none for a field that nobody has thought of yet.
pub(super) fn documents(field: &str, of: &Plant) -> Option<Vec<String>> {
    let Plant { name, site, machine, anomaly, change, maintenance, refused, rules: [watch, budget, notification] } = of;
    let spans = "from: \"2026-11-01T00:00:00Z\", to: \"2026-11-02T00:00:00Z\", every: \"PT1H\"";
    let nodes = [site, machine, anomaly, change, maintenance, refused, watch, budget, notification];
    let seen = "__typename ... on Site { name } ... on Machine { name anomalies { totalCount edges { node { message } } } } \
        ... on Anomaly { message } ... on AnomalyChange { note } ... on Maintenance { note } ... on RefusedReading { machine } \
        ... on WatchRule { name } ... on Budget { name } ... on NotificationRule { name }";
    let of_anomalies = "totalCount edges { node { id message machine { name site { name } } history { note } } }";
    let rows = "totalCount edges { node { id machine site { name } } }";
    let one = |document: String| Some(vec![document]);
    match field {
        "systemStats" | "carrierStats" => one(format!("{{ {field}(siteId: \"{site}\") {{ totalReadings }} }}")),
        "statsHistory" => one(format!("{{ statsHistory(siteId: \"{site}\", {spans}) {{ readings }} }}")),
        "sites" => one("{ sites { id name } }".to_owned()),
        "machines" => Some(vec![
            "{ machines { totalCount edges { node { id name site { name } } } } }".to_owned(),
            format!("{{ machines(siteId: \"{site}\") {{ totalCount edges {{ node {{ id name }} }} }} }}"),
        ]),
        "machine" => Some(vec![
            format!("{{ machine(id: \"{machine}\") {{ name latestReading {{ time }} }} }}"),
            format!("{{ machine(name: \"{name}-press\", siteId: \"{site}\") {{ name }} }}"),
        ]),
        "anomalies" => Some(vec![
            format!("{{ anomalies {{ {of_anomalies} }} }}"),
            format!(
                "{{ anomalies(filter: {{siteId: \"{site}\", machineIds: [\"{machine}\"]}}) {{ {of_anomalies} }} }}"
            ),
        ]),
        "refusedReadings" => Some(vec![
            format!("{{ refusedReadings {{ {rows} }} }}"),
            format!("{{ refusedReadings(filter: {{siteId: \"{site}\"}}) {{ {rows} }} }}"),
        ]),
        "refusedReadingCounts" => one("{ refusedReadingCounts { machine rows } }".to_owned()),
        "maintenance" => Some(vec![
            "{ maintenance { note site { name } } }".to_owned(),
            format!("{{ maintenance(siteId: \"{site}\") {{ note }} }}"),
        ]),
        "node" => Some(nodes.map(|id| format!("{{ node(id: \"{id}\") {{ {seen} }} }}")).to_vec()),
        "nodes" => one(format!("{{ nodes(ids: {nodes:?}) {{ {seen} }} }}")),
        "watchRules" | "budgets" => Some(vec![
            format!("{{ {field} {{ id name site {{ name }} }} }}"),
            format!("{{ {field}(siteId: \"{site}\") {{ id name }} }}"),
        ]),
        "notificationRules" => one("{ notificationRules { id name site { name } contactPoints { name } } }".to_owned()),
        // Held to it beside, by who gets what; or not for callers of one site, as the matrix of scopes shows.
        "statsUpdates" | "anomalyDetected" | "anomalyChanged" => Some(Vec::new()),
        _ if FIELDS.iter().any(|known| known.name == field && !known.is_of_sites) => Some(Vec::new()),
        _ => changes(field, of),
    }
}

/// A mutation with an input, and what is asked of its payload.
fn mutation(field: &str, input: &str, payload: &str) -> String {
    format!("mutation {{ {field}(input: {{{input}}}) {{ {payload} }} }}")
}

/// The same for what changes something.
fn changes(field: &str, of: &Plant) -> Option<Vec<String>> {
    let Plant { name, site, machine, anomaly, maintenance, rules: [watch, budget, _], .. } = of;
    let one = |input: String, payload: &str| Some(vec![mutation(field, &input, payload)]);
    let of_machine = |more: &str| one(format!("id: \"{machine}\"{more}"), "machine { name }");
    match field {
        "recordReadings" => Some(
            [machine, &format!("{name}-press")]
                .map(|machine| {
                    let reading = format!("machine: \"{machine}\", time: \"2026-11-01T09:00:00Z\", powerKw: 2");
                    mutation(field, &format!("readings: [{{{reading}}}]"), "accepted rejected { code }")
                })
                .to_vec(),
        ),
        "resubmitReadings" => one(String::new(), "accepted rejected"),
        "reportAnomaly" => one(
            format!("machine: \"{machine}\", kind: \"X\", startedAt: \"2026-11-01T08:00:00Z\""),
            "anomaly { machine { name } }",
        ),
        "acknowledgeAnomaly" | "resolveAnomaly" | "reopenAnomaly" | "dismissAnomaly" => {
            one(format!("id: \"{anomaly}\""), "anomaly { message }")
        }
        "commentAnomaly" => one(format!("id: \"{anomaly}\", note: \"x\""), "anomaly { message }"),
        "snoozeMachine" | "retireMachine" => of_machine(""),
        "scheduleMaintenance" => Some(
            [format!("siteId: \"{site}\""), format!("machineId: \"{machine}\"")]
                .map(|of| {
                    let span = "from: \"2091-01-01T00:00:00Z\", to: \"2091-01-02T00:00:00Z\"";
                    mutation(field, &format!("{of}, {span}"), "maintenance { from }")
                })
                .to_vec(),
        ),
        "cancelMaintenance" => one(format!("id: \"{maintenance}\""), "site { name }"),
        // New ones, and those that there are; with machines of the site, and without.
        "saveWatchRule" => Some(
            [
                format!("siteId: \"{site}\", name: \"new\", machineIds: [\"{machine}\"]"),
                format!("id: \"{watch}\", name: \"other\""),
            ]
            .map(|of| mutation(field, &format!("{of}, kind: THRESHOLD, aboveKw: 800"), "watchRule { name }"))
            .to_vec(),
        ),
        "saveBudget" => Some(
            [
                format!("siteId: \"{site}\", name: \"new\", machineIds: [\"{machine}\"]"),
                format!("id: \"{budget}\", name: \"other\""),
            ]
            .map(|of| {
                let limit = "quantity: ENERGY, period: MONTH, limit: 10, contactPointIds: []";
                mutation(field, &format!("{of}, {limit}"), "budget { name }")
            })
            .to_vec(),
        ),
        "removeWatchRule" => one(format!("id: \"{watch}\""), "removedId"),
        "removeBudget" => one(format!("id: \"{budget}\""), "removedId"),
        "updateSite" => one(format!("id: \"{site}\", currency: \"EUR\""), "site { name }"),
        "setCarrierRates" => {
            one(format!("siteId: \"{site}\", carrier: GAS, pricePerUnit: 1, carbonKgPerUnit: 1"), "site { name }")
        }
        "registerMachine" => one(format!("siteId: \"{site}\", name: \"saw\""), "machine { site { name } }"),
        "updateMachine" => of_machine(", ratedPowerKw: 50"),
        "replaceMeter" => of_machine(", at: \"2026-11-01T10:00:00Z\", oldCounterKwh: 1, newCounterKwh: 0"),
        "withdrawMeterReplacement" => of_machine(", at: \"2026-11-01T10:00:00Z\""),
        _ => None,
    }
}
