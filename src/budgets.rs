//! How budgets stand: what is used of them in their period, and what it will likely come to.

use std::collections::BTreeMap;

use entity::budget::{Model, Quantity};
use entity::machine::{self, Unit};
use jiff::tz::TimeZone;

use crate::domain::buckets::QUARTER_MS;
use crate::domain::budget::{FORECAST_WEEKS, Span, Standing, going_on, mean_kw, median, rest, span_at, weeks_before};
use crate::domain::instant::zone_of;
use crate::domain::series::{Every, edges, show};
use crate::domain::statistics::Rates;
use crate::domain::sum::Sum;
use crate::error::Result;
use crate::store::Store;

/// Quarters of an hour in a month with the hour that comes twice.
const GREATEST_QUARTERS: usize = 32 * 96;

/// How a budget stands at an instant. `electricity` are the rates of that carrier, which are settings.
pub async fn standing(store: &Store, electricity: Rates, budget: &Model, now_ms: i64) -> Result<Standing> {
    let site = store.site(budget.site_id).await?;
    let zone = zone_of(&site)?;
    let span = span_at(now_ms, budget.period, &zone)?;
    if budget.quantity == Quantity::PeakDemand {
        let used = peak_kw(store, budget, span, now_ms, &zone).await?;
        return Ok(Standing { span, used, forecast: None, machines_not_forecast: 0 });
    }
    let metered = metered(store, electricity, budget).await?;
    let used = amount(store, &metered, span.from_ms, now_ms, now_ms).await?;
    let (forecast, machines_not_forecast) = forecast(store, metered, span, now_ms, &zone).await?;
    Ok(Standing { span, used, forecast, machines_not_forecast })
}

/// What the period will likely come to: of machines that have been known for one to four weeks by what they drew in these,
/// of younger ones as they go on, of retired ones no more than they used. None where that cannot be told of any. With the
/// number of machines of which it cannot.
async fn forecast(
    store: &Store,
    all: Vec<Metered>,
    span: Span,
    now_ms: i64,
    zone: &TimeZone,
) -> Result<(Option<f64>, usize)> {
    // On whole quarters of an hour, which are known for ever.
    let until_ms = (now_ms - now_ms.rem_euclid(QUARTER_MS)).max(span.from_ms);
    let (part, whole_weeks) = rest(until_ms, span.to_ms);
    let back: Vec<Span> = (0..=FORECAST_WEEKS).map(|week| weeks_before(part, week, zone)).collect::<Result<_>>()?;
    let (mut total, mut is_known, mut machines_not_forecast) = (Sum::default(), false, 0);
    let (retired, all) = split(all, |machine| machine.is_retired(now_ms));
    total.add(amount(store, &retired, span.from_ms, now_ms, now_ms).await?.unwrap_or(0.0));
    for ((weeks, _), Aged { first_ms, metered }) in by_age(store, all, &back[1..]).await? {
        let amount = async |from_ms: i64, to_ms: i64| amount(store, &metered, from_ms, to_ms, now_ms).await;
        let (mut parts, mut wholes) = (Vec::new(), Vec::new());
        for (after, before) in back.iter().zip(&back[1..]).take(weeks) {
            parts.extend(amount(before.from_ms, before.to_ms).await?);
            if whole_weeks > 0 {
                wholes.extend(amount(before.from_ms, after.from_ms).await?);
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a month has five weeks")]
        let to_come = match whole_weeks {
            0 => median(parts),
            weeks => median(parts).zip(median(wholes)).map(|(part, week)| part + weeks as f64 * week),
        };
        let used = amount(span.from_ms, if to_come.is_some() { until_ms } else { now_ms }).await?;
        let comes_to = match to_come {
            Some(to_come) => Some(used.unwrap_or(0.0) + to_come),
            None => used.and_then(|used| going_on(used, first_ms, now_ms, span)),
        };
        is_known |= comes_to.is_some();
        if comes_to.is_none() && first_ms <= now_ms {
            machines_not_forecast += metered.iter().map(|metered| metered.machines.len()).sum::<usize>();
        }
        // What nobody can tell of yet counts for what it has used.
        total.add(comes_to.or(used).unwrap_or(0.0));
    }
    Ok((is_known.then(|| total.total()), machines_not_forecast))
}

/// Machines of about the same age, and since when the oldest is known, ms since the epoch.
struct Aged {
    first_ms: i64,
    metered: Vec<Metered>,
}

/// The machines by how many of these spans, each a week before the last, they are known in; those known in none by the
/// quarter of an hour of their first reading.
async fn by_age(store: &Store, all: Vec<Metered>, spans: &[Span]) -> Result<BTreeMap<(usize, i64), Aged>> {
    let ids: Vec<_> = all.iter().flat_map(|metered| &metered.machines).map(|machine| machine.id).collect();
    let firsts_ms = store.first_readings_ms(&ids).await?;
    let mut by_age: BTreeMap<(usize, i64), Aged> = BTreeMap::new();
    for Metered { machines, weight } in all {
        let mut of_weight: BTreeMap<(usize, i64), Vec<machine::Model>> = BTreeMap::new();
        for machine in machines {
            let Some(&first_ms) = firsts_ms.get(&machine.id) else { continue };
            let weeks = spans.iter().take_while(|span| span.from_ms >= first_ms).count();
            let age = (weeks, if weeks == 0 { first_ms.div_euclid(QUARTER_MS) } else { 0 });
            let aged = by_age.entry(age).or_insert(Aged { first_ms, metered: Vec::new() });
            aged.first_ms = aged.first_ms.min(first_ms);
            of_weight.entry(age).or_default().push(machine);
        }
        for (age, machines) in of_weight {
            by_age.entry(age).and_modify(|aged| aged.metered.push(Metered { machines, weight }));
        }
    }
    Ok(by_age)
}

/// Those of which this holds, and the others.
fn split(all: Vec<Metered>, holds: impl Fn(&machine::Model) -> bool) -> (Vec<Metered>, Vec<Metered>) {
    let (mut these, mut others) = (Vec::new(), Vec::new());
    for Metered { machines, weight } in all {
        let (of_these, of_others): (Vec<_>, Vec<_>) = machines.into_iter().partition(&holds);
        for (metered, machines) in [(&mut these, of_these), (&mut others, of_others)] {
            if !machines.is_empty() {
                metered.push(Metered { machines, weight });
            }
        }
    }
    (these, others)
}

/// Machines whose amounts are counted, and what a unit counts for.
struct Metered {
    machines: Vec<machine::Model>,
    weight: f64,
}

async fn metered(store: &Store, electricity: Rates, budget: &Model) -> Result<Vec<Metered>> {
    let mut metered = Vec::new();
    for measured in store.carriers(budget.site_id).await? {
        let (carrier, unit) = measured;
        if budget.carrier.is_some_and(|meant| meant != carrier) {
            continue;
        }
        let rates = store.rates(budget.site_id, measured, electricity).await?;
        let weight = match budget.quantity {
            Quantity::Cost => rates.map(|rates| rates.price_per_unit),
            Quantity::Carbon => rates.map(|rates| rates.carbon_kg_per_unit),
            Quantity::Energy | Quantity::PeakDemand => (unit == Unit::Kwh).then_some(1.0),
        };
        let Some(weight) = weight else { continue };
        let mut machines = store.machines_of_carrier(budget.site_id, measured).await?;
        if let Some(ids) = &budget.machine_ids {
            machines.retain(|machine| ids.0.contains(&machine.id));
        }
        if !machines.is_empty() {
            metered.push(Metered { machines, weight });
        }
    }
    Ok(metered)
}

/// What was used in `(from, to]`, in the budget's unit; none if nothing is known of it.
async fn amount(store: &Store, metered: &[Metered], from_ms: i64, to_ms: i64, now_ms: i64) -> Result<Option<f64>> {
    if from_ms >= to_ms {
        return Ok(Some(0.0));
    }
    let edges = [from_ms, to_ms];
    let (mut sum, mut is_known) = (Sum::default(), false);
    for Metered { machines, weight } in metered {
        let parts = store.in_time(store.series(machines, &edges, now_ms)).await?;
        for bucket in show(&parts, &edges, now_ms, None) {
            let Some(kwh) = bucket.energy_kwh else { continue };
            sum.add(kwh * weight);
            is_known = true;
        }
    }
    Ok(is_known.then(|| sum.total()))
}

/// The greatest mean power of a quarter of an hour that has ended, kW.
async fn peak_kw(store: &Store, budget: &Model, span: Span, now_ms: i64, zone: &TimeZone) -> Result<Option<f64>> {
    let until_ms = now_ms - (now_ms - span.from_ms).rem_euclid(QUARTER_MS);
    if until_ms <= span.from_ms {
        return Ok(None);
    }
    let edges = edges(span.from_ms, until_ms, Every::Seconds(QUARTER_MS / 1000), zone, GREATEST_QUARTERS)?;
    let facts = store.in_time(store.demand(budget.site_id, now_ms, &edges)).await?;
    if facts.known_from_ms > span.from_ms {
        return Ok(None);
    }
    let of_quarter = |(part, edge): (&crate::domain::series::Part, &[i64])| {
        Some(mean_kw(part.energy_kwh()?, Span { from_ms: edge[0], to_ms: edge[1] }))
    };
    Ok(facts.parts.iter().zip(edges.windows(2)).filter_map(of_quarter).reduce(f64::max))
}
