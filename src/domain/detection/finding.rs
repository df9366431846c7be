//! The words of detection: what goes in, what is found, and how it is told; everything else here is how.

use serde::{Deserialize, Serialize};

/// What is known of a machine beforehand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Traits {
    /// Rated power, kW; without it nothing is ever an overload.
    pub rated_power_kw: Option<f64>,
    /// Time between two readings, ms.
    pub expected_interval_ms: i64,
}

/// One reading.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Instant, ms since the epoch.
    pub time_ms: i64,
    /// Minute of the week on the site's wall clock; 0 is Monday 00:00.
    pub local_minute_of_week: u16,
    /// Power, kW; finite.
    pub power_kw: f64,
}

/// What kind of anomaly.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// More than ever or more than usual now, at once.
    Spike,
    /// Less than ever or less than usual now, at once.
    Drop,
    /// The last steps lie above or below the days before.
    LevelShift,
    /// A day lies above or below what its hours of the week used to draw.
    Drift,
    /// The same value again and again: a stuck meter.
    Flatline,
    /// The wrong shape for the hour: left running at night, idle in a shift, restless, or in between.
    Pattern,
    /// More than the rated power for minutes.
    Overload,
    /// No readings.
    NoData,
}

impl Kind {
    /// All kinds, in the order of their numbers.
    pub const ALL: [Self; 8] = [
        Self::Spike,
        Self::Drop,
        Self::LevelShift,
        Self::Drift,
        Self::Flatline,
        Self::Pattern,
        Self::Overload,
        Self::NoData,
    ];

    /// Its name as anomalies carry it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Spike => "SPIKE",
            Self::Drop => "DROP",
            Self::LevelShift => "LEVEL_SHIFT",
            Self::Drift => "DRIFT",
            Self::Flatline => "FLATLINE",
            Self::Pattern => "PATTERN",
            Self::Overload => "OVERLOAD",
            Self::NoData => "NO_DATA",
        }
    }
}

/// How urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Severity {
    /// Worth a look today.
    Warning,
    /// Worth a look now.
    Critical,
}

impl Severity {
    /// Its name as anomalies carry it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
        }
    }
}

/// What would be usual, kW.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Band {
    /// Lowest usual power, kW.
    pub low: f64,
    /// Expected power, kW.
    pub mid: f64,
    /// Highest usual power, kW.
    pub high: f64,
}

impl Band {
    /// Whether so much power, kW, would be usual.
    #[must_use]
    pub fn holds(&self, power_kw: f64) -> bool {
        (self.low..=self.high).contains(&power_kw)
    }
}

/// An anomaly as it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Finding {
    /// What kind.
    pub kind: Kind,
    /// How urgent.
    pub severity: Severity,
    /// When it began to show, ms since the epoch.
    pub started_ms: i64,
    /// The reading that told, ms since the epoch; for missing data the instant at which it was due.
    pub at_ms: i64,
    /// Power, kW: of the reading, or where that is usual and the mean of the last steps is not, that mean; for missing data
    /// the last reading.
    pub value: f64,
    /// What was usual.
    pub expected: Band,
    /// 0..1, see [`Judgement::score`].
    pub score: f64,
}

/// What a reading, or the clock, has changed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// An anomaly has begun.
    Opened(Finding),
    /// An open one is worse than told before.
    Grew(Finding),
    /// An open one is over.
    Closed {
        /// Which one: there is at most one open of a kind.
        kind: Kind,
        /// The last reading that belonged to it, or for missing data the first one after it; ms since the epoch.
        ended_ms: i64,
    },
}

/// What is to be said about one reading.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judgement {
    /// s / (s + 3), where the surprise s is -log10 of the chance that a usual reading of this machine stands out as
    /// much: 0.5 is one in a thousand, 0.7 one in ten million. What has been told lately scores less than half of it,
    /// so that the score peaks where something new begins.
    pub score: f64,
    /// The most urgent of what is open.
    pub severity: Option<Severity>,
    /// What would have been usual; none in the first steps.
    pub expected: Option<Band>,
    /// What changed; nearly always empty, and then it takes no memory.
    pub changes: Vec<Change>,
}
