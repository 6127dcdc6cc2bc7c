//! The one function by which everything random in a run comes from its one seed.
//!
//! Sums and differences of a seed with a number meet again: round 1 of one seed is round 0 of the
//! next. Here each use, round and cell has a seed that no other has, and the same one whenever it
//! is asked for.

/// The version of [`derive()`] that files are made with. Raise it with any change of what it
/// returns: a run in whose file another stands is not gone on with.
pub const VERSION: u32 = 1;

/// The use of a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// The order of the cells in a round.
    Order = 1,
    /// The choices of a workload: all executors get the same deadlines, so it is that of a group.
    Work,
    /// The layout of a child: the size of its environment.
    Layout,
    /// The second session of a gate, with all that comes of it.
    Again,
    /// The order in which the children of a set take turns.
    Turns,
}

/// Returns the seed for one use in one round, of one cell or group; `of` is empty where it is that
/// of all.
///
/// Words are added to a state in turn and mixed by the finalizer of SplitMix64 (Steele, Lea and
/// Flood, *Fast splittable pseudorandom number generators*, 2014), which maps no two states to one.
#[must_use]
pub fn derive(seed: u64, what: Use, round: u32, of: &str) -> u64 {
    let place = (what as u64) << 32 | u64::from(round);
    // The seed first: neighbours and places differ in the same few bits.
    let start = mix(mix(mix(0, seed), place), of.len() as u64);
    let word = |bytes: &[u8]| bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
    of.as_bytes().chunks(8).map(word).fold(start, mix)
}

fn mix(state: u64, word: u64) -> u64 {
    let state = (state ^ word).wrapping_add(0x9E37_79B9_7F4A_7C15);
    let state = (state ^ state >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let state = (state ^ state >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    state ^ state >> 31
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const CELLS: [&str; 5] =
        ["", "squares/tasks=10", "squares/tasks=10/heap", "squares/tasks=10/smol/w2", "a"];

    /// Returns all seeds of a gate: 40 rounds of two sessions.
    fn all(seed: u64) -> Vec<u64> {
        let sessions = [seed, derive(seed, Use::Again, 0, "")];
        let mut seeds = sessions.to_vec();
        for session in sessions {
            for round in 0..40 {
                for what in [Use::Order, Use::Work, Use::Layout, Use::Turns] {
                    seeds.extend(CELLS.map(|of| derive(session, what, round, of)));
                }
            }
        }
        seeds
    }

    #[test]
    fn no_seed_recurs() {
        // Neighbours, and those that differ by a round or by a bit.
        let seeds = [0, 1, 2, 40, 1 << 32, 1 << 63, u64::MAX];
        let all: Vec<u64> = seeds.into_iter().flat_map(all).collect();
        let distinct: BTreeSet<&u64> = all.iter().collect();
        assert_eq!(distinct.len(), all.len());
        assert_eq!(all.len(), 7 * 2 * (1 + 40 * 4 * 5));
    }

    /// A run that is resumed, on this machine or another, goes on as it would have.
    #[test]
    fn the_seeds_of_this_version_stay_as_they_are() {
        let seeds = [
            derive(0, Use::Order, 0, ""),
            derive(1, Use::Work, 39, "squares/tasks=10"),
            derive(u64::MAX, Use::Again, u32::MAX, "a"),
        ];
        assert_eq!((VERSION, seeds), (1, SEEDS));
    }

    const SEEDS: [u64; 3] =
        [1_850_697_712_487_321_171, 6_461_427_923_306_778_448, 17_146_640_413_760_328_501];
}
