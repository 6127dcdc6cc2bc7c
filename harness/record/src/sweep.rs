//! A sweep: values of a parameter at even distances on a logarithmic scale, so that a report can
//! draw a curve over them. It is read from the command line and planned like values that are given
//! one by one.

use std::str::FromStr;

/// The most values of a sweep.
const MAX_STEPS: u64 = 100;

/// A parameter and the ends of its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    name: String,
    /// At least 1.
    from: u64,
    /// Above `from`.
    to: u64,
    /// Values, both ends among them: from 2 to `MAX_STEPS`.
    steps: u32,
}

impl Sweep {
    /// Returns the name of the parameter.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the values, ascending, each once: of a short range fewer than there are steps.
    #[must_use]
    pub fn values(&self) -> Vec<u64> {
        let Self { from, to, steps, .. } = *self;
        let (low, high) = (float(from), float(to));
        let last = steps - 1;
        let value = |step: u32| match step {
            0 => from,
            step if step == last => to,
            step => {
                let share = f64::from(step) / f64::from(last);
                whole(low * (high / low).powf(share)).clamp(from, to)
            }
        };
        let mut values: Vec<u64> = (0..steps).map(value).collect();
        values.dedup();
        values
    }
}

/// Reads `NAME=FROM..TO/STEPS`.
impl FromStr for Sweep {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || "expected NAME=FROM..TO/STEPS, for example rate=2000..100000/8".to_owned();
        let (name, range) = text.split_once('=').ok_or_else(form)?;
        let (ends, steps) = range.rsplit_once('/').ok_or_else(form)?;
        let (from, to) = ends.split_once("..").ok_or_else(form)?;
        let number = |text: &str| text.replace('_', "").parse::<u64>().map_err(|_| form());
        let (from, to, steps) = (number(from)?, number(to)?, number(steps)?);
        match () {
            () if name.is_empty() => Err(form()),
            () if from == 0 => {
                Err("its steps are logarithmic, so it begins at 1 or above; 0 is a size apart"
                    .into())
            }
            () if from >= to => Err(format!("it goes upwards, and {to} is not above {from}")),
            () if !(2..=MAX_STEPS).contains(&steps) => {
                Err(format!("a sweep has from 2 to {MAX_STEPS} steps"))
            }
            () => {
                let steps = u32::try_from(steps).map_err(|_| form())?;
                Ok(Self { name: name.into(), from, to, steps })
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "both ends are taken as they are")]
fn float(value: u64) -> f64 {
    value as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between the ends")]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<u64> {
        text.parse::<Sweep>().expect(text).values()
    }

    #[test]
    fn steps_are_even_on_a_logarithmic_scale() {
        assert_eq!(values("tasks=1..1_000/4"), [1, 10, 100, 1_000]);
        let rates = [2_000, 3_497, 6_116, 10_694, 18_701, 32_702, 57_186, 100_000];
        assert_eq!(values("rate=2000..100000/8"), rates);
        assert_eq!(values("depth=3..7/2"), [3, 7]);
    }

    #[test]
    fn each_value_comes_once_and_both_ends_are_exact() {
        assert_eq!(values("depth=1..4/100"), [1, 2, 3, 4]);
        let all = values(&format!("depth=1..{}/100", u64::MAX));
        assert_eq!((all.len(), all[0], all[all.len() - 1]), (99, 1, u64::MAX));
        assert!(all.windows(2).all(|pair| pair[0] < pair[1]), "{all:?}");
    }

    #[test]
    fn what_is_no_sweep_is_refused_with_its_reason() {
        let cases = [
            ("tasks", "expected NAME=FROM..TO/STEPS"),
            ("tasks=1..10", "expected NAME=FROM..TO/STEPS"),
            ("=1..10/3", "expected NAME=FROM..TO/STEPS"),
            ("tasks=-1..10/3", "expected NAME=FROM..TO/STEPS"),
            ("tasks=1..=10/3", "expected NAME=FROM..TO/STEPS"),
            ("tasks=1.5..10/3", "expected NAME=FROM..TO/STEPS"),
            ("tasks=1..99999999999999999999999/3", "expected NAME=FROM..TO/STEPS"),
            ("tasks=0..10/3", "begins at 1 or above"),
            ("tasks=10..1/3", "1 is not above 10"),
            ("tasks=10..10/3", "10 is not above 10"),
            ("tasks=1..10/1", "from 2 to 100 steps"),
            ("tasks=1..10/5000000", "from 2 to 100 steps"),
        ];
        for (text, reason) in cases {
            let refused = text.parse::<Sweep>().expect_err(text);
            assert!(refused.contains(reason), "{text}: {refused}");
        }
    }
}
