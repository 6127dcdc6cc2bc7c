//! What the demos have in common: lines that appear as they happen.

use std::fmt::Display;
use std::time::Duration;

use tminus_harness::contract::{Executor, Order};
use tminus_harness::plan::Show;

/// Shows `text` as a line.
pub(crate) fn line(show: &Show, text: impl Display) {
    (show.print)(&format!("{text}\n"));
}

/// Says after the demo that its order is the executor's own, unless the executor promises exactly
/// first in, first out.
pub(crate) fn closing<E: Executor>(show: &Show) {
    let promise = match E::CAPABILITIES.order {
        Order::Fifo => return,
        Order::Fair => "that every task is resumed once a round, in any order",
        Order::Task => "no order between tasks",
    };
    line(show, format_args!("({} promises {promise}: what you saw is its real order)", E::ID));
}

/// A duration as `0:00:01.000201`.
pub(crate) fn clock_face(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    format!("{hours}:{minutes:02}:{:02}.{:06}", seconds % 60, duration.subsec_micros())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_face_has_hours_and_microseconds() {
        assert_eq!(clock_face(Duration::from_micros(22)), "0:00:00.000022");
        assert_eq!(clock_face(Duration::new(3_725, 1_227_999)), "1:02:05.001227");
    }
}
