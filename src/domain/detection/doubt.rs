//! How much more than a warning something has to surprise: whoever knows little of a machine yet, or sees it do at an
//! hour what it has done around that hour before, had better be careful.
//!
//! So a start that was seen on one morning is expected on the next working morning, whatever the streams make of it.

use super::detector::{Detector, is_of_means};
use super::finding::{Band, Kind, Sample, Traits};
use super::pauses::stands;
use super::peaks::around;
use super::rhythm::is_of_rest;
use super::rules::narrow;
use super::streams::WATCHED;

/// Half days in a week; more surprise needed in the first one, and less with age.
pub(super) const WEEK: f32 = 14.0;
const YOUNG: f32 = 0.9;
const GROWN: f32 = 0.2;
/// So much less than a warning takes is never told, however calm the machine is.
const HARDLY: f32 = 1.1;
/// Before this hour has been seen so often on working days, or on days of rest, it is not told at all.
const FEW: u8 = 6;
const FEW_RESTS: u8 = 2;
/// After something was told of a machine in its first week, nothing is for so long: its first start has many edges, ms.
const START_MS: i64 = 3_600_000;
/// Part of the highest power that must be missing or too much: in the first week, and ever for a spike or a drop.
const SLIGHT: f32 = 0.02;
/// Part of the highest power by which the season is off the mean of its hour at a steep edge.
const STEEP: f32 = 0.3;
/// Of what a machine draws at rest: less than that it does not when it rests.
const DEAD: f32 = 0.5;
/// Minutes in which a machine gets to work again after it has rested.
const STARTS_MIN: u16 = 20;

impl Detector {
    /// How much more surprise it takes than a warning does; without end at worst. `usual` is how much
    /// more a power takes that is usual around the hour, None where it is not.
    pub(super) fn doubt(&self, traits: &Traits, sample: Sample, expected: Band, usual: Option<f32>) -> f32 {
        let known = self.half_days();
        if known < WEEK && (self.has_just_told(sample.time_ms) || self.is_slight(traits, sample, expected)) {
            return f32::INFINITY;
        }
        let few = if is_of_rest(sample.local_minute_of_week) { FEW_RESTS } else { FEW };
        let doubt = YOUNG * WEEK / known.max(WEEK) + GROWN;
        match usual {
            Some(_) if self.streams.visits(sample.local_minute_of_week) < few => f32::INFINITY,
            Some(more) => doubt + more,
            None => doubt,
        }
    }

    /// Whether so much power is usual around this hour of such a day.
    pub(super) fn is_usual(&self, sample: Sample) -> bool {
        let minute_of_week = sample.local_minute_of_week;
        self.envelope.covers(minute_of_week, self.streams.visits(minute_of_week), narrow(sample.power_kw))
    }

    /// Whether the power is nearer to the season than what the last readings let expect. Between an hour in which the
    /// machine stands and one in which it works the season is neither: there what counts is the mean of the hour.
    pub(super) fn is_back(&self, sample: Sample, expected: Option<Band>) -> bool {
        let minute_of_week = sample.local_minute_of_week;
        let (season, hour) = (self.streams.season(minute_of_week), self.streams.hour_kw(minute_of_week));
        let steep_kw = STEEP * self.streams.high();
        let edge = season.zip(hour).filter(|(season, hour)| (season - hour).abs() > steep_kw).map(|(_, hour)| hour);
        expected.is_some_and(|band| {
            let is_nearer = |kw: f64| (sample.power_kw - kw).abs() < (band.mid - kw).abs();
            [season, edge].into_iter().flatten().any(|kw| is_nearer(kw.into()))
        })
    }

    /// Whether the power is what is usual at this hour.
    pub(super) fn is_as_usual(&self, sample: Sample) -> bool {
        self.usual_in(sample.local_minute_of_week).is_some_and(|usual| usual.holds(sample.power_kw))
    }

    /// Whether nobody needs to hear of this kind, whatever surprises. Of a jump to less than is usual, or a fall to more. Of
    /// one to what is usual while something is open, which it ends. Of another level or rhythm that has shown, since
    /// `since_ms`, for longer than it is that something was told, while that is open or the machine is as usual again.
    pub(super) fn is_no_news(&self, kind: Kind, since_ms: i64, sample: Sample) -> bool {
        let (is_as_usual, are_calm) = (self.is_as_usual(sample), self.alarms.are_calm());
        if is_of_means(kind) {
            return self.has_told_since(since_ms) && (is_as_usual || !are_calm);
        }
        // A machine that feeds in falls to more than is usual when it stands.
        let stands = kind == Kind::Drop && self.pauses.stands();
        self.usual_in(sample.local_minute_of_week).filter(|_| !stands).is_some_and(|usual| {
            let is_none = if kind == Kind::Spike { sample.power_kw < usual.low } else { sample.power_kw > usual.high };
            is_none || is_as_usual && !are_calm
        })
    }

    /// Whether something was told at this time or later.
    pub(super) fn has_told_since(&self, time_ms: i64) -> bool {
        self.alarming.iter().any(|gate| gate.told_since(time_ms))
    }

    /// Whether what goes on was told as odd, so that it must not be learned as usual: the second time would go unseen.
    ///
    /// In its first week a machine learns whatever it does.
    pub(super) fn teaches_nothing(&self, time_ms: i64) -> bool {
        self.half_days() >= WEEK && WATCHED.into_iter().any(|kind| self.alarms.teaches_nothing(kind, time_ms))
    }

    /// Whether the machine rests at an hour of the week at which it does, though not on other days, or has only just begun to
    /// work again after that: nobody wants to hear of it. It does not rest where it draws much less than it does at rest.
    pub(super) fn rests_weekly(&self, sample: Sample) -> bool {
        let minutes = around(sample.local_minute_of_week, STARTS_MIN);
        let [just_before, now, _] = minutes.map(|minute| self.streams.rests_weekly(minute));
        let (power_kw, rest_kw) = (narrow(sample.power_kw), self.streams.rest_kw());
        let stands = stands(power_kw, self.streams.high(), rest_kw);
        if now { stands && power_kw.abs() >= DEAD * rest_kw } else { just_before && !stands }
    }

    fn has_just_told(&self, time_ms: i64) -> bool {
        self.alarming.iter().any(|gate| gate.told_within(START_MS, time_ms))
    }

    /// Whether neither the reading nor the last ones are far from what is expected, as powers go on this machine.
    pub(super) fn is_slight(&self, traits: &Traits, sample: Sample, expected: Band) -> bool {
        let high_kw = f64::from(self.streams.high()).max(traits.rated_power_kw.unwrap_or(0.0));
        let off = |power_kw: f64| (power_kw - expected.mid).abs();
        off(sample.power_kw).max(off(self.streams.recent().into())) < f64::from(SLIGHT) * high_kw
    }
}

/// Whether it may be told if nothing speaks against it: `margin` is what it surprises more than a warning.
pub(super) fn is_worth_a_thought(margin: f32) -> bool {
    margin >= -HARDLY
}
