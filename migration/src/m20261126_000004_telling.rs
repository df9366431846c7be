//! Who is told of what: rules and budgets that people set, places that messages go to, and the messages themselves.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, big_integer_null, big_pk_auto, boolean, double, double_null, integer, string, string_len,
    string_len_null, text, text_null,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// A table's columns, made by the library's helpers from their names.
fn table(name: &'static str, columns: Vec<ColumnDef>) -> TableCreateStatement {
    let mut table = Table::create().table(name).to_owned();
    for mut column in columns {
        table.col(&mut column);
    }
    table
}

const INDEXES: [&str; 11] = [
    "CREATE UNIQUE INDEX watch_rule_by_name ON watch_rule (site_id, name)",
    "CREATE UNIQUE INDEX contact_point_by_name ON contact_point (name)",
    "CREATE UNIQUE INDEX notification_rule_by_name ON notification_rule (name)",
    "CREATE UNIQUE INDEX budget_by_name ON budget (site_id, name)",
    // However often it is looked at what has happened: each is told once.
    "CREATE UNIQUE INDEX alert_once ON alert (contact_point_id, key)",
    "CREATE INDEX alert_waiting ON alert (contact_point_id, gathered_at_ms) WHERE status = 'WAITING'",
    "CREATE INDEX alert_of_anomaly ON alert (anomaly_id)",
    "CREATE INDEX delivery_pending ON delivery (next_attempt_at_ms) WHERE status = 'PENDING'",
    "CREATE INDEX delivery_of_contact_point ON delivery (contact_point_id, created_at_ms)",
    // As for the detector's: each is there once, and one is open for a machine and rule.
    "CREATE UNIQUE INDEX anomaly_of_rule_once ON anomaly (machine_id, rule_id, started_at_ms) WHERE source = 'RULE'",
    "CREATE UNIQUE INDEX anomaly_of_rule_one_open ON anomaly (machine_id, rule_id) \
     WHERE source = 'RULE' AND ended_at_ms IS NULL",
];

/// Of what was before, nobody is told.
const BOOKMARKS: [&str; 2] = [
    "INSERT INTO bookmark (name, position) SELECT 'notify anomalies', coalesce(max(id), 0) FROM anomaly",
    "INSERT INTO bookmark (name, position) SELECT 'notify changes', coalesce(max(id), 0) FROM anomaly_change",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let rule = big_integer_null("rule_id");
        manager.alter_table(Table::alter().table("anomaly").add_column(rule).to_owned()).await?;
        let watches = text("watches").default("{}").take();
        manager.alter_table(Table::alter().table("detector").add_column(watches).to_owned()).await?;
        for table in
            [bookmarks(), watch_rules(), contact_points(), notification_rules(), budgets(), alerts(), deliveries()]
        {
            manager.create_table(table).await?;
        }
        for statement in INDEXES.into_iter().chain(BOOKMARKS) {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}

fn bookmarks() -> TableCreateStatement {
    table("bookmark", vec![string_len("name", 32).primary_key().take(), big_integer("position")])
}

fn watch_rules() -> TableCreateStatement {
    let columns = vec![
        big_pk_auto("id"),
        big_integer("site_id"),
        string("name"),
        string_len("kind", 16),
        string_len("severity", 16),
        text_null("machine_ids"),
        string_len_null("machine_kind", 32),
        double_null("above_kw"),
        double_null("below_kw"),
        double("hysteresis_kw"),
        integer("for_s"),
        text_null("production_hours"),
        boolean("is_enabled"),
        big_integer("changed_at_ms"),
    ];
    table("watch_rule", columns)
}

fn contact_points() -> TableCreateStatement {
    let columns = vec![
        big_pk_auto("id"),
        string("name"),
        string_len("channel", 16),
        text("address"),
        text_null("secret"),
        boolean("is_enabled"),
    ];
    table("contact_point", columns)
}

fn notification_rules() -> TableCreateStatement {
    let columns = vec![
        big_pk_auto("id"),
        string("name"),
        big_integer_null("site_id"),
        text_null("machine_ids"),
        string_len("severity", 16),
        text_null("kinds"),
        text_null("hours"),
        text("contact_point_ids"),
        integer("grace_s"),
        integer("gather_s"),
        integer("digest_s"),
        boolean("tells_recovery"),
        boolean("is_enabled"),
    ];
    table("notification_rule", columns)
}

fn budgets() -> TableCreateStatement {
    let columns = vec![
        big_pk_auto("id"),
        big_integer("site_id"),
        string("name"),
        string_len("quantity", 16),
        string_len_null("carrier", 32),
        text_null("machine_ids"),
        string_len("period", 16),
        double("limit_value"),
        text("bands"),
        boolean("tells_forecast"),
        text("contact_point_ids"),
        boolean("is_enabled"),
    ];
    table("budget", columns)
}

fn alerts() -> TableCreateStatement {
    let columns = vec![
        big_pk_auto("id"),
        big_integer("contact_point_id"),
        string("key"),
        string_len("event", 16),
        big_integer_null("anomaly_id"),
        big_integer_null("budget_id"),
        text_null("message"),
        big_integer("created_at_ms"),
        big_integer("due_at_ms"),
        big_integer("gathered_at_ms"),
        big_integer("digest_ms"),
        boolean("tells_recovery"),
        string_len("status", 16),
        big_integer_null("delivery_id"),
    ];
    table("alert", columns)
}

fn deliveries() -> TableCreateStatement {
    let columns = vec![
        big_pk_auto("id"),
        big_integer("contact_point_id"),
        string_len("message_id", 64),
        integer("alerts"),
        text("subject"),
        text("text"),
        text("payload"),
        string_len("status", 16),
        integer("attempts"),
        big_integer("next_attempt_at_ms"),
        text_null("last_error"),
        big_integer("created_at_ms"),
        big_integer_null("delivered_at_ms"),
    ];
    table("delivery", columns)
}
