//! Sums that do not drift: what rounding takes away is kept beside the sum, so that a correction of a correction of a
//! million readings still leaves exactly what the rows say.
//!
//! Neumaier's variant of Kahan summation: A. Neumaier, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher
//! Summen", ZAMM 54 (1974).

/// A sum and what it lost to rounding.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sum {
    /// The sum as a float.
    pub value: f64,
    /// What `value` lost to rounding.
    pub rest: f64,
}

impl Sum {
    /// Adds one number.
    pub fn add(&mut self, number: f64) {
        let sum = self.value + number;
        self.rest +=
            if self.value.abs() >= number.abs() { (self.value - sum) + number } else { (number - sum) + self.value };
        self.value = sum;
    }

    /// Adds another sum.
    pub fn merge(&mut self, other: Self) {
        self.add(other.value);
        self.rest += other.rest;
    }

    /// The sum, rounded once.
    #[must_use]
    pub fn total(self) -> f64 {
        self.value + self.rest
    }
}

impl FromIterator<Sum> for Sum {
    fn from_iter<I: IntoIterator<Item = Sum>>(parts: I) -> Self {
        parts.into_iter().fold(Self::default(), |mut sum, part| {
            sum.merge(part);
            sum
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn taking_away_what_was_added_leaves_nothing_behind() {
        let mut sum = Sum::default();
        for number in [0.1, 1e15, 0.2, -1e15, 0.3, 7e-9] {
            sum.add(number);
        }
        assert!((sum.total() - 0.600_000_007).abs() < 1e-15, "{sum:?}");
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        let mut whole = Sum::default();
        let mut parts = [Sum::default(); 3];
        for i in 0..3000_u32 {
            let number = 1.0 / (1.0 + f64::from(i));
            whole.add(number);
            parts[(i % 3) as usize].add(number);
        }
        assert_eq!(parts.into_iter().collect::<Sum>().total().to_bits(), whole.total().to_bits());
    }
}
