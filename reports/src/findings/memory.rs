//! The finding of a chart of memory against time: which executors are beaten by none in both.

use super::sentences;
use crate::model::memory::{Memory, Spot};
use crate::words;
use crate::words::number::{self, Unit};

/// Executors named in full; of a longer front the ends speak.
const MAX_NAMES: usize = 3;

/// Returns the finding of a chart of memory against time with its subject: the Pareto front.
#[must_use]
pub fn memory_title(memory: &Memory) -> String {
    let front = memory.front();
    let metric = words::metric(&memory.metric, &memory.op);
    let names: Vec<&str> = front.iter().map(|spot| spot.name.as_str()).collect();
    let who = match names.as_slice() {
        [] => return format!("{}: memory against {metric}", memory.subject),
        [only] => {
            return format!(
                "{}: {only} needs the least of both {metric} and memory",
                memory.subject
            );
        }
        [first @ .., last] if names.len() <= MAX_NAMES => format!("{} or {last}", first.join(", ")),
        [first, .., last] => format!("the {} from {first} to {last}", names.len()),
    };
    format!("{}: none beats {who} in both {metric} and memory", memory.subject)
}

/// Describes the chart for readers who do not see it.
#[must_use]
pub fn memory_description(memory: &Memory) -> String {
    sentences(memory.spots.iter().map(|spot| self::spot(memory, spot)))
}

/// Describes one executor: both costs.
#[must_use]
pub fn spot(memory: &Memory, spot: &Spot) -> String {
    let front = if spot.on_front { ", on the front" } else { "" };
    format!(
        "{}: {}, {}{front}",
        spot.name,
        number::value(Unit::of(&memory.metric), spot.cost, None),
        number::value(Unit::Bytes, spot.bytes, None),
    )
}

#[cfg(test)]
mod tests {
    use tminus_contract::Family;

    use super::*;

    fn memory(front: usize) -> Memory {
        let spot = |index: usize| Spot {
            name: format!("e{index}"),
            family: Family::Smol,
            cost: 10.0 * (index + 1) as f64,
            bytes: 4e6 / (index + 1) as f64,
            on_front: index < front,
        };
        Memory {
            subject: "Work, tasks 10".into(),
            metric: "wall_ns_per_op".into(),
            op: "frame".into(),
            spots: (0..5).map(spot).collect(),
        }
    }

    #[test]
    fn the_front_is_named() {
        let title = |front| memory_title(&memory(front));
        assert_eq!(
            title(1),
            "Work, tasks 10: e0 needs the least of both wall time per frame and memory"
        );
        assert_eq!(
            title(3),
            "Work, tasks 10: none beats e0, e1 or e2 in both wall time per frame and memory"
        );
        assert_eq!(
            title(5),
            "Work, tasks 10: none beats the 5 from e0 to e4 in both wall time per frame and memory"
        );
    }

    #[test]
    fn a_spot_says_both() {
        let memory = memory(1);
        assert_eq!(spot(&memory, &memory.spots[0]), "e0: 10.0 ns, 3.81 MiB, on the front");
        assert_eq!(spot(&memory, &memory.spots[1]), "e1: 20.0 ns, 1.91 MiB");
    }
}
