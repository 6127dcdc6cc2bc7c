//! The items, the task that sends them, and the task that receives and tallies them.

use crate::queue::Queue;

/// An item: the number of its producer, and its own.
#[derive(Clone, Copy)]
pub(super) struct Item(u64);

/// The bits of an item's own number.
const NUMBER_BITS: u32 = 48;

impl Item {
    #[inline]
    pub(super) fn new(producer: usize, number: u64) -> Self {
        Self(((producer as u64) << NUMBER_BITS) | number)
    }

    #[inline]
    fn producer(self) -> usize {
        usize::try_from(self.0 >> NUMBER_BITS).expect("16 bits fit")
    }

    #[inline]
    fn number(self) -> u64 {
        self.0 & ((1 << NUMBER_BITS) - 1)
    }
}

/// Returns the sum of a producer's items, without what does not fit.
pub(super) fn sum(producer: usize, items: u64) -> u64 {
    let numbers = (0..items).fold(0_u64, u64::wrapping_add);
    Item::new(producer, 0).0.wrapping_mul(items).wrapping_add(numbers)
}

/// What came to a consumer.
pub(super) struct Tally {
    pub(super) count: u64,
    pub(super) sum: u64,
    /// Items that came after a later one of the same producer.
    pub(super) misplaced: u64,
    /// The number that may come next from each producer, at the earliest.
    next: Vec<u64>,
}

impl Tally {
    /// Makes a tally of nothing, with room for so many producers.
    pub(super) fn new(producers: usize) -> Self {
        Self { count: 0, sum: 0, misplaced: 0, next: vec![0; producers] }
    }

    #[inline]
    pub(super) fn add(&mut self, item: Item) {
        self.count += 1;
        self.sum = self.sum.wrapping_add(item.0);
        let next = &mut self.next[item.producer()];
        self.misplaced += u64::from(item.number() < *next);
        *next = item.number() + 1;
    }
}

/// Sends the items of a producer and leaves.
pub(super) async fn produce(queue: &Queue<Item>, producer: usize, items: u64) {
    for number in 0..items {
        queue.send(producer, Item::new(producer, number)).await;
    }
    queue.leave();
}

/// Receives until the producers have left.
pub(super) async fn consume(queue: &Queue<Item>, consumer: usize, mut tally: Tally) -> Tally {
    while let Some(item) = queue.receive(consumer).await {
        tally.add(item);
    }
    tally
}
