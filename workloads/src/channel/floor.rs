//! The floor of `channel`: a ring buffer that one loop fills and empties.

use std::collections::VecDeque;
use std::hint::black_box;

use tminus_contract::sample::Meter;
use tminus_contract::workload::{Floor, Wrong};

use super::item::{Item, Tally};
use super::{Channel, record};

/// The producers in turn fill the ring, the consumers in turn empty it.
pub(super) struct Ring;

impl Floor<Channel> for Ring {
    const ID: &'static str = "floor";
    const ABOUT: &'static str = "a ring buffer of that capacity, filled and emptied in a loop";

    fn stage(_: &Channel) -> Result<Self, Wrong> {
        Ok(Self)
    }

    fn sample(
        &mut self,
        workload: &Channel,
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let tally = |_| Tally::new(workload.producers);
        let mut tallies: Vec<Tally> = (0..workload.consumers).map(tally).collect();
        let mut ring = VecDeque::with_capacity(workload.capacity);
        let (mut consumer, items) = (0, workload.items * iterations);
        let running = meter.start();
        for number in 0..items {
            for producer in 0..workload.producers {
                ring.push_back(black_box(Item::new(producer, number)));
                if ring.len() == workload.capacity {
                    empty(&mut ring, &mut tallies, &mut consumer);
                }
            }
        }
        empty(&mut ring, &mut tallies, &mut consumer);
        meter.stop(running, workload.all_items(iterations));
        workload.verify(iterations, &tallies)?;
        record(&tallies, meter);
        Ok(())
    }
}

/// Gives all items to the consumers, one to each in turn.
fn empty(ring: &mut VecDeque<Item>, tallies: &mut [Tally], consumer: &mut usize) {
    while let Some(item) = ring.pop_front() {
        tallies[*consumer].add(item);
        *consumer = if *consumer + 1 == tallies.len() { 0 } else { *consumer + 1 };
    }
}
