//! Which trials there are, and in which order: all of a repetition, shuffled by a seed, so that
//! whatever the machine does hits all tools alike.

use rivals::Cell;

use crate::tools::{SETTINGS, Setting};

/// How much slower the candidate is.
#[derive(Clone, Copy)]
pub struct Size {
    /// About, in percent; 0: a copy of the baseline. What it really is, is measured.
    pub percent: u32,
    /// The number in the text of the program: thousandths of a yield, by its reckoning.
    thousandths: u32,
}

impl Size {
    /// As they stand in the program.
    pub fn digits(self) -> String {
        format!("{:04}", self.thousandths)
    }
}

const fn size(percent: u32, thousandths: u32) -> Size {
    Size { percent, thousandths }
}

const YIELDS: [Size; 5] = [size(0, 0), size(1, 7), size(2, 14), size(3, 21), size(5, 35)];

/// A spawn takes four times as long as a yield.
const SPAWNS: [Size; 5] = [size(0, 0), size(1, 28), size(2, 56), size(3, 84), size(5, 140)];

/// Pairs of a copy for each of a slower program, so that rare false alarms show.
const COPIES: u32 = 3;

/// One comparison of one pair of programs by one tool.
pub struct Trial {
    /// The tool and how it is set.
    pub setting: &'static Setting,
    /// What is timed.
    pub cell: Cell,
    /// How much slower the candidate is.
    pub size: Size,
    repetition: u32,
    time: u32,
}

impl Trial {
    /// Unlike that of any other; names the directory of its outputs.
    pub fn id(&self) -> String {
        let Self { setting, cell, size, repetition, time } = self;
        format!("{repetition:03}-{}-{}-{}-{time}", setting.id(), cell.id(), size.percent)
    }

    /// Which time round.
    pub fn repetition(&self) -> u32 {
        self.repetition
    }
}

/// Returns every cell with every size.
pub fn sizes() -> impl Iterator<Item = (Cell, Size)> {
    let yields = YIELDS.into_iter().map(|size| (Cell::Yields, size));
    yields.chain(SPAWNS.into_iter().map(|size| (Cell::Spawns, size)))
}

/// Returns all trials of one repetition in a random order; with `once`, each setting once a pair.
pub fn repetition(seed: u64, repetition: u32, once: bool) -> Vec<Trial> {
    let mut trials = Vec::new();
    for setting in SETTINGS.iter().filter(|it| once || repetition.is_multiple_of(it.every)) {
        for (cell, size) in sizes() {
            let copies = if size.percent == 0 { COPIES } else { 1 };
            let times = if once { 1 } else { setting.times * copies };
            trials.extend((0..times).map(|time| Trial { setting, cell, size, repetition, time }));
        }
    }
    fastrand::Rng::with_seed(seed.wrapping_add(u64::from(repetition))).shuffle(&mut trials);
    trials
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn ids(seed: u64, number: u32) -> Vec<String> {
        repetition(seed, number, false).iter().map(Trial::id).collect()
    }

    #[test]
    fn the_order_is_the_seeds() {
        assert_eq!(ids(7, 0), ids(7, 0));
        assert_ne!(ids(7, 0), ids(8, 0));
    }

    #[test]
    fn no_trial_is_another() {
        let all: Vec<String> = [ids(1, 0), ids(1, 1)].concat();
        let distinct: BTreeSet<&String> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
    }

    #[test]
    fn digits_are_as_many_as_in_the_program() {
        assert!(sizes().all(|(_, size)| size.digits().len() == 4));
    }
}
