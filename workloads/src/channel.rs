//! `channel`: producers and consumers over one bounded queue.
//!
//! Each producer sends numbered items as fast as there is room, each consumer takes the next one.
//! The executor decides which task runs when, and so how often one has to wait and how the
//! consumers share the items. The queue is the workload's own. When the clock starts all tasks
//! stand ready (see [`StartLine`]).

mod demo;
mod floor;
mod item;

use std::sync::Arc;

use tminus_contract::params::Params;
use tminus_contract::sample::Meter;
use tminus_contract::show::Show;
use tminus_contract::workload::{
    Budget, FloorEntry, Info, Needs, Param, Purpose, Sizes, Workload, Wrong,
};
use tminus_contract::{Executor, Join};

use crate::fairness::jain;
use crate::queue::Queue;
use crate::start_line::StartLine;
use item::{Item, Tally, consume, produce};

/// See the [module documentation](self).
pub(crate) struct Channel {
    producers: usize,
    consumers: usize,
    capacity: usize,
    /// Items of each producer in an iteration.
    items: u64,
}

impl Workload for Channel {
    const INFO: Info = Info {
        id: "channel",
        title: "Channel",
        about: "producers and consumers over one bounded queue",
        op: "item",
        version: 1,
        params: &[
            Param { name: "producers", about: "tasks that send", default: 4, min: 1, max: 10_000 },
            Param {
                name: "consumers",
                about: "tasks that receive",
                default: 4,
                min: 1,
                max: 10_000,
            },
            Param {
                name: "capacity",
                about: "items that the queue has room for",
                default: 64,
                min: 1,
                max: 1_000_000,
            },
            Param {
                name: "items",
                about: "items of each producer in an iteration",
                default: 100,
                min: 1,
                max: 1_000_000,
            },
        ],
        metrics: &["wall_ns_per_op", "cpu_ns_per_op", "jain_index_ratio"],
        distributions: &[],
        budget: Budget::Batches { total_ns: 5_000_000, batches: 10 },
        sizes: Sizes {
            quick: &["producers=4"],
            standard: &["producers=1,consumers=1", "producers=4"],
            thorough: &[
                "producers=1,consumers=1",
                "producers=4",
                "producers=4,consumers=1",
                "producers=4,capacity=1",
                "producers=16,consumers=16",
            ],
            verify: &["producers=4"],
        },
    };

    const CATEGORY: &'static str = "field";

    const PURPOSES: &'static [Purpose] =
        &[Purpose::new("pipelines", "Tasks over queues", "wall_ns_per_op", "cpu_ns_per_op")];

    type Stage<E: Executor> = ();

    fn new(params: &Params) -> Result<Self, String> {
        let size = |name| usize::try_from(params.value(name)).map_err(|error| error.to_string());
        Ok(Self {
            producers: size("producers")?,
            consumers: size("consumers")?,
            capacity: size("capacity")?,
            items: params.value("items"),
        })
    }

    fn needs(&self) -> Needs {
        Needs { tasks: (self.producers + self.consumers) as u64 + 1, ..Needs::default() }
    }

    async fn stage<E: Executor>(&self, _executor: E) -> Result<(), Wrong> {
        Ok(())
    }

    async fn sample<E: Executor>(
        &self,
        executor: E,
        (): &mut (),
        iterations: u64,
        meter: &mut Meter,
    ) -> Result<(), Wrong> {
        let start_line = StartLine::new((self.producers + self.consumers) as u64);
        let queue: Arc<Queue<Item>> =
            Arc::new(Queue::new(self.capacity, self.producers, self.consumers));
        let (items, producers) = (self.items * iterations, self.producers);
        let produce = |producer| {
            let (queue, start_line) = (queue.clone(), start_line.clone());
            executor.spawn(async move {
                start_line.pass().await;
                produce(&queue, producer, items).await;
            })
        };
        let consume = |consumer| {
            let (queue, start_line) = (queue.clone(), start_line.clone());
            let tally = Tally::new(producers);
            executor.spawn(async move {
                start_line.pass().await;
                consume(&queue, consumer, tally).await
            })
        };
        let producing: Vec<_> = (0..self.producers).map(produce).collect();
        let consuming: Vec<_> = (0..self.consumers).map(consume).collect();
        let mut tallies = Vec::with_capacity(consuming.len());
        start_line.filled().await;
        let running = meter.start();
        start_line.open();
        for producer in producing {
            producer.join().await?;
        }
        for consumer in consuming {
            tallies.push(consumer.join().await?);
        }
        meter.stop(running, self.all_items(iterations));
        self.verify(iterations, &tallies)?;
        record(&tallies, meter);
        Ok(())
    }

    async fn demo<E: Executor>(executor: E, show: Show) -> Result<(), Wrong> {
        demo::play(executor, show).await
    }

    fn floors() -> Vec<FloorEntry<Self>> {
        vec![FloorEntry::of::<floor::Ring>()]
    }
}

impl Channel {
    fn all_items(&self, iterations: u64) -> u64 {
        self.producers as u64 * self.items * iterations
    }

    /// Verifies the tallies of all consumers: every item came once, and those of a producer in the
    /// order in which it sent them.
    fn verify(&self, iterations: u64, tallies: &[Tally]) -> Result<(), Wrong> {
        let sum = |part: fn(&Tally) -> u64| tallies.iter().map(part).fold(0, u64::wrapping_add);
        let of_producer = |producer| item::sum(producer, self.items * iterations);
        let expected = (0..self.producers).map(of_producer).fold(0, u64::wrapping_add);
        Wrong::unless_equal("consumers", self.consumers, tallies.len())?;
        Wrong::unless_equal("items", self.all_items(iterations), sum(|tally| tally.count))?;
        Wrong::unless_equal("sum of the items", expected, sum(|tally| tally.sum))?;
        Wrong::unless_equal("items out of their order", 0, sum(|tally| tally.misplaced))
    }
}

/// Keeps how evenly the consumers shared the items.
fn record(tallies: &[Tally], meter: &mut Meter) {
    let shares: Vec<u64> = tallies.iter().map(|tally| tally.count).collect();
    meter.metric("jain_index_ratio", jain(&shares));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{LAST_IN_FIRST_OUT, LOSES_TASKS, Test, demo, run, run_floor};
    use tminus_contract::Clock;

    const SIZES: [(&str, u64); 4] = [
        ("producers=3,consumers=2,capacity=4,items=7", 21),
        ("producers=1,consumers=5,capacity=1,items=7", 7),
        ("producers=5,consumers=1,capacity=1,items=7", 35),
        ("producers=2,consumers=2,capacity=100,items=7", 14),
    ];

    #[test]
    fn every_item_is_counted() {
        for (params, items) in SIZES {
            let said = run::<Channel, Test>(params, Clock::Real);
            assert_eq!(said.samples()[0].ops, items, "{params}");
            let jain = said.metric("jain_index_ratio").expect("recorded");
            assert!((0.2..=1.0).contains(&jain), "{params}: {jain}");
            let said = run::<Channel, Test<LAST_IN_FIRST_OUT>>(params, Clock::Real);
            assert_eq!(said.samples()[0].ops, items, "{params}");
        }
    }

    #[test]
    fn the_floor_moves_as_many() {
        for (params, items) in SIZES {
            let said = run_floor::<Channel>(params, "floor");
            assert_eq!(said.samples()[0].ops, items, "{params}");
            assert!(said.metric("jain_index_ratio").is_some(), "{params}");
        }
    }

    /// Takes the items of two producers, three of each, as a queue would give them to one consumer
    /// that had them `changed`.
    fn verified(change: impl Fn(&mut Vec<Item>)) -> Result<(), Wrong> {
        let channel = Channel { producers: 2, consumers: 1, capacity: 4, items: 3 };
        let mut items: Vec<Item> = [(0, 0), (1, 0), (0, 1), (0, 2), (1, 1), (1, 2)]
            .map(|(producer, number)| Item::new(producer, number))
            .into();
        change(&mut items);
        let mut tally = Tally::new(2);
        items.into_iter().for_each(|item| tally.add(item));
        channel.verify(1, &[tally])
    }

    #[test]
    fn items_that_are_lost_doubled_exchanged_or_moved_fail() {
        assert_eq!(verified(|_| ()), Ok(()));
        let reason = |change: fn(&mut Vec<Item>)| {
            verified(change).expect_err("a queue that lies").to_string()
        };
        assert_eq!(reason(|items| items.truncate(5)), "items: expected 6, got 5");
        assert_eq!(reason(|items| items.push(items[5])), "items: expected 6, got 7");
        assert!(reason(|items| items[5] = items[4]).starts_with("sum of the items: "));
        assert_eq!(reason(|items| items.swap(2, 3)), "items out of their order: expected 0, got 1");
    }

    #[test]
    fn a_lost_task_fails() {
        let said = run::<Channel, Test<LOSES_TASKS>>("producers=3", Clock::Real);
        // The start line is never full: a child would hang until its deadline.
        assert!(said.failure().1.contains("a task waits"), "{:?}", said.failure());
    }

    #[test]
    fn the_demo_shows_that_a_full_queue_waits() {
        let shown = demo::<Channel, Test>(Clock::Real);
        let lines: Vec<&str> = shown.lines().map(str::trim_start).collect();
        assert_eq!(lines[..demo::CLASSIC.len()], demo::CLASSIC);
        assert!(shown.contains("(the classic order, 8 of 8 lines; "), "{shown}");
    }
}
