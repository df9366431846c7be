//! Laying incoming readings over the stored ones: what becomes of each, and which rows change.
//!
//! A changed row changes the next one with it (its energy is the power held, its power a mean over the time between), so
//! the rows after the last incoming one are gone through until one comes out as it was. Where the stored rows at hand end
//! before that, more of them are needed. A changed register changes the next register, however many rows without one lie
//! between: it is gone through again from there.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::iter::Peekable;
use std::slice::Iter;

use super::reading::{Reading, Values, derive};
use super::register::{Event, Meter, Register, Replacement};

/// What became of one incoming reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// New.
    Accepted,
    /// Known with these values; nothing changed.
    Duplicate,
    /// Known with other values, which it replaces.
    Corrected,
}

/// A row to write.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Change {
    /// The row it replaces.
    pub old: Option<Reading>,
    /// The row to store.
    pub new: Reading,
}

/// The stored rows of one machine around the incoming ones: every row from the first incoming to the last, and some
/// after it.
#[derive(Clone, Debug, Default)]
pub struct Window {
    /// The last row before the first incoming one.
    pub before: Option<Reading>,
    /// What tells the register there: the last rows with one, all that are unsettled and the settled one before, by
    /// time.
    pub registers: Vec<Reading>,
    /// The rows from there on, by time.
    pub rows: Vec<Reading>,
    /// There are no further rows.
    pub is_whole: bool,
    /// When the machine's meters were replaced, by time.
    pub replacements: Vec<Replacement>,
    /// Where a replacement has just been noted or withdrawn, or an earlier register changed: the register is gone through
    /// again from there.
    pub replaced_at_ms: Option<i64>,
}

/// What incoming readings do to the stored ones.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Merged {
    /// What became of each, in order of arrival.
    pub outcomes: Vec<Outcome>,
    /// The rows that change, by time.
    pub changes: Vec<Change>,
    /// All that the register did beside counting in `events_ms`, by time.
    pub events: Vec<Event>,
    /// The instant after which the register has to be gone through again, from its next reading on; none if it need not.
    pub open_after_ms: Option<i64>,
    /// From the first to the last row whose register was gone through again, ms since the epoch; none if none was.
    pub events_ms: Option<(i64, i64)>,
}

/// Lays incoming readings (in order of arrival) over the stored ones; none where the window ends before the last row
/// that may change.
#[must_use]
pub fn merge(window: &Window, incoming: &[(i64, Values)], meter: &Meter) -> Option<Merged> {
    let mut rows: BTreeMap<i64, (Option<Reading>, Values)> =
        window.rows.iter().map(|row| (row.time_ms, (Some(*row), row.values()))).collect();
    let mut merged = Merged { changes: Vec::with_capacity(incoming.len()), ..Merged::default() };
    merged.outcomes = incoming.iter().map(|&(time_ms, values)| lay(&mut rows, time_ms, values)).collect();
    let mut events = BTreeMap::new();
    let mut replacements = window.replacements.iter().peekable();
    let (mut register, events_from_ms) = follow(&window.registers, meter, &mut replacements, &mut events);
    let first_ms = rows.first_key_value().map(|(time_ms, _)| *time_ms);
    let events_from_ms = [events_from_ms, first_ms, window.replaced_at_ms].into_iter().flatten().min();
    merged.events_ms = events_from_ms.zip(window.replaced_at_ms);
    let mut previous = window.before;
    let (mut row_changed, mut register_changed) = (false, window.replaced_at_ms.is_some());
    let last_ms = rows.last_key_value().map(|(time_ms, _)| *time_ms).or(window.replaced_at_ms);
    for (time_ms, (old, values)) in rows {
        replace_until(time_ms, &mut register, &mut replacements, &mut events);
        let (derived, event) = derive(previous.as_ref(), &mut register, time_ms, &values, meter);
        events.extend(event.map(|event| (event.time_ms, event)));
        let is_register = values.counter_kwh.is_some();
        let follows_changed = row_changed || (register_changed && is_register);
        let (new, is_kept) = match old {
            // Nothing that it follows from has changed; settings of the machine that have are for rows from then on.
            Some(old) if old.values() == values && !follows_changed => (old, true),
            _ => (derived, false),
        };
        row_changed = old != Some(new);
        let was_register = old.is_some_and(|old| old.counter_kwh.is_some());
        if !is_kept && (is_register || was_register) {
            merged.events_ms = events_from_ms.map(|from_ms| (from_ms, time_ms));
            // What an unsettled register did is not told before it is settled again.
            register_changed = !is_register || row_changed || new.unsettled() != 0;
        }
        if row_changed {
            merged.changes.push(Change { old, new });
        }
        previous = Some(new);
    }
    if let Some((from_ms, to_ms)) = merged.events_ms {
        replace_until(to_ms, &mut register, &mut replacements, &mut events);
        merged.events = events.into_values().filter(|event| (from_ms..=to_ms).contains(&event.time_ms)).collect();
    }
    let had_registers = window.replaced_at_ms.is_some()
        || window.registers.len() > 1
        || window.rows.iter().any(|row| row.counter_kwh.is_some());
    if merged.events.is_empty() && !had_registers {
        // There is nothing to replace either.
        merged.events_ms = None;
    }
    merged.open_after_ms = last_ms.filter(|_| register_changed && !window.is_whole);
    (window.is_whole || !row_changed).then_some(merged)
}

/// The register after these rows, the first of which is settled, and the time of the first one after that.
fn follow(
    rows: &[Reading],
    meter: &Meter,
    replacements: &mut Peekable<Iter<'_, Replacement>>,
    events: &mut BTreeMap<i64, Event>,
) -> (Register, Option<i64>) {
    let mut points = rows.iter().filter_map(Reading::point);
    let settled = points.next();
    let mut register = settled.map_or_else(Register::default, Register::settled_at);
    while settled.is_some_and(|point| replacements.next_if(|next| next.time_ms <= point.time_ms).is_some()) {}
    let mut from_ms = None;
    for point in points {
        replace_until(point.time_ms, &mut register, replacements, events);
        from_ms.get_or_insert(point.time_ms);
        let step = register.step(point, meter);
        events.extend(step.event.map(|event| (event.time_ms, event)));
    }
    (register, from_ms)
}

/// Takes the replacements up to an instant.
fn replace_until(
    time_ms: i64,
    register: &mut Register,
    replacements: &mut Peekable<Iter<'_, Replacement>>,
    events: &mut BTreeMap<i64, Event>,
) {
    while let Some(replacement) = replacements.next_if(|next| next.time_ms <= time_ms) {
        register.replace(replacement);
        events.insert(replacement.time_ms, replacement.event());
    }
}

fn lay(rows: &mut BTreeMap<i64, (Option<Reading>, Values)>, time_ms: i64, values: Values) -> Outcome {
    match rows.entry(time_ms) {
        Entry::Vacant(entry) => {
            entry.insert((None, values));
            Outcome::Accepted
        }
        Entry::Occupied(entry) if entry.get().1 == values => Outcome::Duplicate,
        Entry::Occupied(mut entry) => {
            entry.get_mut().1 = values;
            Outcome::Corrected
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The rows and events of one machine, as a database holds them.
    #[derive(Clone, Debug, Default, PartialEq)]
    struct Stored {
        rows: BTreeMap<i64, Reading>,
        events: BTreeMap<i64, Event>,
        replacements: BTreeMap<i64, Replacement>,
    }

    impl Stored {
        fn window(&self, from_ms: i64, to_ms: i64, rows_after: usize) -> Window {
            let inside = self.rows.range(from_ms..=to_ms).map(|(_, row)| *row);
            let after: Vec<Reading> = self.rows.range(to_ms + 1..).map(|(_, row)| *row).take(rows_after).collect();
            let mut registers = Vec::new();
            for (_, row) in self.rows.range(..from_ms).rev().filter(|(_, row)| row.counter_kwh.is_some()) {
                registers.push(*row);
                if row.unsettled() == 0 {
                    break;
                }
            }
            registers.reverse();
            Window {
                before: self.rows.range(..from_ms).next_back().map(|(_, row)| *row),
                registers,
                is_whole: after.len() < rows_after,
                rows: inside.chain(after).collect(),
                replacements: self.replacements.values().copied().collect(),
                replaced_at_ms: None,
            }
        }

        fn replace(&mut self, replacement: Replacement, meter: &Meter) {
            self.replacements.insert(replacement.time_ms, replacement);
            self.again(replacement.time_ms, meter);
        }

        /// Goes through the register again where an earlier one changed.
        fn go_on(&mut self, after_ms: i64, meter: &Meter) {
            let mut registers = self.rows.range(after_ms + 1..).filter(|(_, row)| row.counter_kwh.is_some());
            let Some((&at_ms, _)) = registers.next() else { return };
            self.again(at_ms, meter);
        }

        fn again(&mut self, at_ms: i64, meter: &Meter) {
            let window = |rows| Window { replaced_at_ms: Some(at_ms), ..self.window(at_ms, at_ms, rows) };
            let merged = (1..).find_map(|rows| merge(&window(rows), &[], meter)).expect("a window large enough");
            self.take(merged, meter);
        }

        fn lay(&mut self, incoming: &[(i64, Values)], meter: &Meter) {
            let mut incoming = incoming.to_vec();
            incoming.sort_by_key(|(time_ms, _)| *time_ms);
            let (from_ms, to_ms) = (incoming[0].0, incoming[incoming.len() - 1].0);
            let merged = (1..).find_map(|rows| merge(&self.window(from_ms, to_ms, rows), &incoming, meter));
            self.take(merged.expect("a window large enough"), meter);
        }

        fn take(&mut self, merged: Merged, meter: &Meter) {
            for Change { old, new } in merged.changes {
                assert_eq!(self.rows.insert(new.time_ms, new), old);
            }
            if let Some((from_ms, to_ms)) = merged.events_ms {
                self.events.retain(|time_ms, _| !(from_ms..=to_ms).contains(time_ms));
                self.events.extend(merged.events.into_iter().map(|event| (event.time_ms, event)));
            }
            if let Some(after_ms) = merged.open_after_ms {
                self.go_on(after_ms, meter);
            }
        }
    }

    fn values() -> impl Strategy<Value = Values> {
        let register =
            prop_oneof![3 => Just(-1.0), 1 => Just(0.0), 1 => Just(0.25), 1 => Just(99.5), 1 => Just(5000.0)];
        (0..4, register).prop_map(|(which, kwh)| match which {
            0 => Values { power_kw: Some(3.0), ..Values::default() },
            1 => Values { energy_kwh: Some(0.5), counter_kwh: Some(kwh), ..Values::default() },
            _ => Values { counter_kwh: Some(kwh), ..Values::default() },
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn neither_order_nor_batches_change_what_is_stored(
            sent in prop::collection::vec((0_i64..24, values(), prop::bool::weighted(0.3)), 1..40),
            greatest_kw in prop::option::of(Just(600.0)),
            width_kwh in prop::option::of(Just(100.0)),
            replaced in prop::collection::vec((0_i64..50, 0.0..200.0, 0.0..50.0, 0_usize..40), 0..3),
        ) {
            let meter = Meter { interval_ms: 10_000, greatest_kw, width_kwh };
            #[expect(clippy::cast_precision_loss, reason = "small")]
            let shown = |n: i64, mut values: Values| {
                let count = |kwh: f64| if kwh < 0.0 { 90.0 + n as f64 * 0.75 } else { kwh };
                values.counter_kwh = values.counter_kwh.map(count);
                (n * 10_000, values)
            };
            let mut stored = Stored::default();
            let mut batch = Vec::new();
            let mut last_sent = BTreeMap::new();
            let replacement = |&(n, old_kwh, new_kwh, _): &(i64, f64, f64, usize)| Replacement {
                time_ms: n * 5000,
                old_kwh,
                new_kwh,
            };
            for (at, (n, values, ends)) in sent.into_iter().enumerate() {
                for replaced in replaced.iter().filter(|replaced| replaced.3 == at) {
                    stored.replace(replacement(replaced), &meter);
                }
                let (time_ms, values) = shown(n, values);
                last_sent.insert(time_ms, values);
                batch.push((time_ms, values));
                if ends {
                    stored.lay(&std::mem::take(&mut batch), &meter);
                }
            }
            if !batch.is_empty() {
                stored.lay(&batch, &meter);
            }
            let mut at_once = Stored { replacements: stored.replacements.clone(), ..Stored::default() };
            at_once.events = at_once.replacements.iter().map(|(time_ms, one)| (*time_ms, one.event())).collect();
            at_once.lay(&last_sent.into_iter().collect::<Vec<_>>(), &meter);
            prop_assert_eq!(stored, at_once);
        }
    }
}
