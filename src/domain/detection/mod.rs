//! Anomaly detection: one small detector for each machine that learns what is usual as the readings come.
//!
//! A reading passes five sorts of eyes, and each may open an anomaly of its own kinds:
//! - `streams`: numbers watched step by step (the power, its residual to the rhythm of day and week, its trend, ...),
//!   each judged by the tail of its own past, in the one currency of surprise: -log10 of the chance of as much;
//! - `watch`, for alarms alone: `rises` compares edges and levels with the peaks of the hour, `half_hours` means, as they
//!   stand and by what was drawn lately, `quiet` longer ones where hours differ by chance, `left_running` whether powers
//!   of quiet hours are those of busy ones, `pauses` how long it stands still or rests, `stops` in which
//!   hours of the week; `powers` asks whether the readings would be likelier if they were a third to a half too high,
//!   `scale` which factor the last minutes are on those before; `envelope` says how far they get beyond the usual range again and again; `rates` counts their surprise
//!   by half days; what several of them find nearly odd is odd;
//! - `runs`: a meter that is stuck; `rules`: an overloaded machine, which needs no statistics;
//! - `trend`: what drifts, on one side of what is usual for weeks;
//! - `silence`: readings that do not come, told by the clock or by the next reading alike.
//!
//! `doubt` asks for more where little is known yet, and where a power is usual around the hour: so a start seen on one
//! morning is expected on the next. `gate` holds back what was told already, and the more so the more a machine
//! alarms; `alarms` knows what is open, `event` what belongs to it and keeps it so; `envelope` keeps the range of each hour, and `usual` tells it for any instant;
//! `store` packs it all for the database.

mod alarms;
mod checks;
mod codec;
mod detector;
mod doubt;
mod envelope;
mod event;
mod finding;
mod gate;
mod half;
mod half_hours;
mod left_running;
mod pauses;
mod peaks;
mod powers;
mod quiet;
mod rates;
mod rhythm;
mod rises;
mod rules;
mod runs;
mod scale;
mod sentence;
mod silence;
mod stops;
mod store;
mod streams;
mod tail;
#[cfg(test)]
mod tests;
mod trend;
mod usual;
mod values;
mod watch;

pub use codec::RestoreError;
pub use detector::{Detector, calm_ms};
pub use finding::{Band, Change, Finding, Judgement, Kind, Sample, Severity, Traits};
pub use sentence::sentence;
