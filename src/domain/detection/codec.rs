//! The state as bytes: each part lists its fields once, and the same list writes and reads them.
//!
//! A detector is stored for every machine, so it is packed by hand: no names, no lengths, little-endian.

/// What a stored state could not be read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestoreError {
    /// Written by another version of the detector.
    Version(u8),
    /// Too short or too long.
    Length(usize),
}

impl std::fmt::Display for RestoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Version(version) => write!(f, "a detector state of version {version} is not known here"),
            Self::Length(length) => write!(f, "a detector state cannot have {length} bytes"),
        }
    }
}

impl std::error::Error for RestoreError {}

/// Visits the fields of the state in their order.
pub(super) trait Codec {
    fn bytes<const N: usize>(&mut self, field: &mut [u8; N]);

    fn number(&mut self, field: &mut f32) {
        let mut bytes = field.to_le_bytes();
        self.bytes(&mut bytes);
        *field = f32::from_le_bytes(bytes);
    }

    fn double(&mut self, field: &mut f64) {
        let mut bytes = field.to_le_bytes();
        self.bytes(&mut bytes);
        *field = f64::from_le_bytes(bytes);
    }

    fn time(&mut self, field: &mut i64) {
        let mut bytes = field.to_le_bytes();
        self.bytes(&mut bytes);
        *field = i64::from_le_bytes(bytes);
    }

    /// None is kept as the earliest instant there is.
    fn optional_time(&mut self, field: &mut Option<i64>) {
        let mut time_ms = field.unwrap_or(i64::MIN);
        self.time(&mut time_ms);
        *field = (time_ms > i64::MIN).then_some(time_ms);
    }

    fn short(&mut self, field: &mut u16) {
        let mut bytes = field.to_le_bytes();
        self.bytes(&mut bytes);
        *field = u16::from_le_bytes(bytes);
    }

    fn byte(&mut self, field: &mut u8) {
        let mut bytes = [*field];
        self.bytes(&mut bytes);
        [*field] = bytes;
    }
}

/// Appends each field.
#[derive(Debug, Default)]
pub(super) struct Writer(pub(super) Vec<u8>);

impl Codec for Writer {
    fn bytes<const N: usize>(&mut self, field: &mut [u8; N]) {
        self.0.extend_from_slice(field);
    }
}

/// Takes each field from the front; remembers if there was too little.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    pub(super) rest: &'a [u8],
    pub(super) complete: bool,
}

impl Codec for Reader<'_> {
    fn bytes<const N: usize>(&mut self, field: &mut [u8; N]) {
        match self.rest.split_first_chunk() {
            Some((chunk, rest)) => (*field, self.rest) = (*chunk, rest),
            None => self.complete = false,
        }
    }
}
