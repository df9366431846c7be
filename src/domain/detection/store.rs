//! The detector as bytes, for the database: a version, then the fields in their order.

use super::codec::{Codec, Reader, RestoreError, Writer};
use super::detector::Detector;

/// Format of the stored state: to be raised with every change of its fields or their meaning.
const VERSION: u8 = 18;

impl Detector {
    /// The state, to be stored.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer(vec![VERSION]);
        self.clone().fields(&mut writer);
        writer.0
    }

    /// The detector that gave these bytes.
    ///
    /// # Errors
    /// If they are of another version or no state at all: then start anew.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RestoreError> {
        let Some((&version, rest)) = bytes.split_first() else { return Err(RestoreError::Length(0)) };
        if version != VERSION {
            return Err(RestoreError::Version(version));
        }
        let mut reader = Reader { rest, complete: true };
        let mut detector = Self::new();
        detector.fields(&mut reader);
        let whole = reader.complete && reader.rest.is_empty();
        if whole { Ok(detector) } else { Err(RestoreError::Length(bytes.len())) }
    }

    fn fields(&mut self, codec: &mut impl Codec) {
        codec.optional_time(&mut self.last_ms);
        codec.double(&mut self.last_kw);
        codec.short(&mut self.last_minute);
        self.envelope.fields(codec);
        codec.number(&mut self.sum);
        codec.short(&mut self.count);
        self.readings.fields(codec);
        self.streams.fields(codec);
        self.surprises.iter_mut().for_each(|surprise| codec.number(surprise));
        self.rising_ms.iter_mut().for_each(|time_ms| codec.time(time_ms));
        codec.time(&mut self.drifting_ms);
        self.edges.fields(codec);
        self.levels.fields(codec);
        self.half_hours.fields(codec);
        self.quiet.fields(codec);
        self.left_running.fields(codec);
        self.pauses.fields(codec);
        self.scale.fields(codec);
        self.rises.iter_mut().for_each(|rise| codec.number(rise));
        self.powers.fields(codec);
        self.rates.iter_mut().for_each(|rates| rates.fields(codec));
        codec.number(&mut self.excess);
        self.runs.fields(codec);
        self.load.fields(codec);
        self.notable.fields(codec);
        self.alarming.iter_mut().for_each(|gate| gate.fields(codec));
        self.alarms.fields(codec);
    }
}

impl TryFrom<Vec<u8>> for Detector {
    type Error = RestoreError;

    fn try_from(bytes: Vec<u8>) -> Result<Self, RestoreError> {
        Self::from_bytes(&bytes)
    }
}

impl From<Detector> for Vec<u8> {
    fn from(detector: Detector) -> Self {
        detector.to_bytes()
    }
}
