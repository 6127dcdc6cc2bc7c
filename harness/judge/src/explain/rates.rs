//! Prices of single things, round by round, from the loops that do them.

use std::collections::BTreeMap;

use super::{FUTEX, Price, SWITCHES, Time, figure};

/// The instructions and atomics that a thing holds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Work {
    pub(super) instructions: f64,
    pub(super) atomics: f64,
}

/// The price of one kind.
#[derive(Clone, Debug)]
pub(super) struct Rate {
    pub(super) about: String,
    pub(super) is_bound: bool,
    /// Nanoseconds of one, of each round.
    pub(super) rounds: Vec<f64>,
    /// What one holds, which is charged with it.
    pub(super) holds: Work,
}

/// The prices of all kinds, by the names of their counts.
#[derive(Debug)]
pub(super) struct Rates(BTreeMap<String, Rate>);

impl Rates {
    /// Derives them from the loops, of which a later one may hold things of an earlier one.
    pub(super) fn of(prices: &[Price], rounds: usize) -> Self {
        let mut rates = Self(BTreeMap::new());
        // What others hold comes first, what holds others last.
        let place = |price: &Price| match price.name.as_str() {
            "instructions" => 0,
            "atomics" => 1,
            SWITCHES => 4,
            "syscalls_sendto" => 3,
            _ => 2,
        };
        let mut sorted: Vec<&Price> = prices.iter().collect();
        sorted.sort_by_key(|price| place(price));
        for price in sorted {
            if let Some(rate) = rates.rate(price, rounds) {
                rates.0.insert(price.name.clone(), rate);
            }
        }
        rates
    }

    pub(super) fn get(&self, name: &str) -> Option<&Rate> {
        self.0.get(name)
    }

    /// Derives the rate of one loop; `None` if it was not measured in each round, or its own count
    /// is not known.
    fn rate(&self, price: &Price, rounds: usize) -> Option<Rate> {
        let time = if price.name == SWITCHES { Time::Cpu } else { Time::Wall };
        let took: Vec<f64> =
            price.rounds.iter().map(|batches| figure(batches, time)).collect::<Option<_>>()?;
        if took.len() != rounds {
            return None;
        }
        let all =
            Work { instructions: count(price, "instructions"), atomics: count(price, "atomics") };
        let (ones, holds, others) = match price.name.as_str() {
            "instructions" => (all.instructions, Work::default(), Vec::new()),
            // The rest of its loop is plain code.
            "atomics" => {
                let code = (all.instructions - 1.0).max(0.0);
                let own = Work { instructions: 1.0_f64.min(all.instructions), atomics: 0.0 };
                (1.0, own, vec![("instructions", code)])
            }
            SWITCHES => {
                let code = [("instructions", all.instructions), ("atomics", all.atomics)];
                let calls = [(FUTEX, count(price, FUTEX))];
                (count(price, SWITCHES), Work::default(), [code.as_slice(), &calls].concat())
            }
            "syscalls_sendto" => {
                let reads = count(price, "syscalls_recvfrom");
                (
                    1.0,
                    self.without(all, "syscalls_recvfrom", reads),
                    vec![("syscalls_recvfrom", reads)],
                )
            }
            _ => (1.0, all, Vec::new()),
        };
        if ones < 0.5 {
            return None;
        }
        let of_others = |round: usize| -> f64 {
            let ns = |(name, count): &(&str, f64)| {
                self.get(name).map_or(0.0, |rate| count * rate.rounds[round])
            };
            others.iter().map(ns).sum()
        };
        let rounds = took.iter().enumerate();
        let rounds = rounds.map(|(round, ns)| ((ns - of_others(round)) / ones).max(0.0)).collect();
        let (about, is_bound) = (price.about.clone(), price.is_bound);
        Some(Rate { about, is_bound, rounds, holds })
    }

    fn without(&self, all: Work, name: &str, count: f64) -> Work {
        let less = self.get(name).map(|rate| rate.holds).unwrap_or_default();
        Work {
            instructions: (all.instructions - count * less.instructions).max(0.0),
            atomics: (all.atomics - count * less.atomics).max(0.0),
        }
    }
}

/// Returns a count of the loop; 0 where it is not known.
fn count(price: &Price, name: &str) -> f64 {
    price.counts.values.get(&format!("{name}_per_op")).copied().unwrap_or(0.0)
}
