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

/// The contents of one iteration of a loop.
struct Contents {
    /// How many things of the kind that is priced.
    ones: f64,
    /// What is charged with one of them.
    holds: Work,
    /// Things with a price of their own, which is taken off.
    others: Vec<(&'static str, f64)>,
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
        let Contents { ones, holds, others } = self.contents(price);
        if took.len() != rounds || ones < 0.5 {
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

    /// Returns what an iteration of a loop is made of.
    fn contents(&self, price: &Price) -> Contents {
        let of = |name: &str| count(price, name);
        let all = Work { instructions: of("instructions"), atomics: of("atomics") };
        let (ones, holds, others) = match price.name.as_str() {
            "instructions" => (all.instructions, Work::default(), Vec::new()),
            // The rest of its loop is plain code.
            "atomics" => {
                let own = all.instructions.min(1.0);
                let holds = Work { instructions: own, atomics: 0.0 };
                (1.0, holds, vec![("instructions", all.instructions - own)])
            }
            SWITCHES => {
                let others = vec![
                    ("instructions", all.instructions),
                    ("atomics", all.atomics),
                    (FUTEX, of(FUTEX)),
                ];
                (of(SWITCHES), Work::default(), others)
            }
            "syscalls_sendto" => {
                let reads = of("syscalls_recvfrom");
                let holds = self.without(all, "syscalls_recvfrom", reads);
                (1.0, holds, vec![("syscalls_recvfrom", reads)])
            }
            _ => (1.0, all, Vec::new()),
        };
        Contents { ones, holds, others }
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
