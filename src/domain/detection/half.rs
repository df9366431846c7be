//! A number in two bytes, for tables that are read more than they are changed: the state of a machine has to be small.
//!
//! It is the upper half of an `f32` ("bfloat16"): the same range, two to three digits.

use super::codec::Codec;

/// A number of two to three digits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Half(u16);

impl Half {
    pub(super) const ZERO: Self = Self(0);

    /// The nearest one, halves upwards; `number` is finite.
    pub(super) fn of(number: f32) -> Self {
        let [_, _, low, high] = f32::from_bits(number.to_bits().saturating_add(0x8000)).to_le_bytes();
        Self(u16::from_le_bytes([low, high]))
    }

    pub(super) const fn get(self) -> f32 {
        let [low, high] = self.0.to_le_bytes();
        f32::from_le_bytes([0, 0, low, high])
    }

    pub(super) fn field(&mut self, codec: &mut impl Codec) {
        codec.short(&mut self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::Half;

    #[test]
    fn it_keeps_two_digits() {
        for number in [0.0, 1.0, -1.0, 0.013, 99.9, -1234.5, 6.5e5, 1e-9] {
            let error = (Half::of(number).get() - number).abs();
            assert!(error <= number.abs() / 256.0, "{number} {error}");
        }
    }
}
