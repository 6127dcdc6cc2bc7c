//! The output of a child: JSON lines on stdout, one [`Message`] a line, for runners in any language
//! (docs/runners.md).
//!
//! A runner reads one line, a [`Spec`](crate::spec::Spec), from stdin. It prints `hello` at once,
//! then any number of `sample`, `distribution`, `metric` and at most one `order`, then `done`, or
//! `failed` or `unsupported` with a reason; then it exits with 0. Anything else on stdout is
//! garbage and fails the cell. A line has at most [`MAX_LINE_BYTES`] bytes. All samples have the
//! iterations that the spec asks for, or the same where it asks for none; counts and times are at
//! most 2^53, and no region is longer than the runner lived. In the mode `serve` it answers each
//! [`Request`] with one `elapsed` until stdin ends; in `turns` with one `sample`, after `ready`.

use serde::{Deserialize, Serialize};
use tminus_contract::Order;
use tminus_contract::sample::Sample;
use tminus_record::Distribution;

/// The version of specs and messages. Raised when an old reader would misread a new line.
pub const VERSION: u32 = 1;

/// The longest line that a parent accepts of a child.
pub const MAX_LINE_BYTES: usize = 1 << 20;

/// One line of a child's output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "message", rename_all = "kebab-case")]
pub enum Message {
    /// The child has read its spec and begins.
    Hello {
        /// [`VERSION`].
        protocol: u32,
        /// The program and its version.
        version: String,
    },
    /// The child waits for its first [`Request`]; only in [`Mode::Turns`](crate::spec::Mode).
    Ready {
        /// Iterations of a batch.
        iterations: u64,
        /// Batches that a round has of it.
        batches: u32,
    },
    /// One timed region.
    Sample(Sample),
    /// A distribution that the workload declares.
    Distribution(Distribution),
    /// A further figure of the cell, its unit last in its name.
    Metric {
        /// For example `start_ns`.
        name: String,
        /// Its value.
        value: f64,
    },
    /// The strongest order of resumption that was observed.
    Order {
        /// Not what is promised: what was seen.
        observed: Order,
    },
    /// A distribution that the workload declares is left out: its values would be those of the
    /// measurement. All else holds.
    Withheld {
        /// Why, with its figures.
        reason: String,
    },
    /// The answer to a [`Request`]: what `iterations` took.
    Elapsed {
        /// Wall time of the timed region.
        wall_ns: u64,
        /// Units of work done in it.
        ops: u64,
    },
    /// The cell failed.
    Failed {
        /// The kind of failure.
        kind: Failed,
        /// The observation.
        reason: String,
    },
    /// The cell cannot run here: an exclusion, with the way out.
    Unsupported {
        /// Why, and what would help.
        reason: String,
    },
    /// All was done and verified.
    Done,
}

impl Message {
    /// Returns the greeting of this program.
    #[must_use]
    pub fn hello() -> Self {
        let version = concat!("tminus ", env!("CARGO_PKG_VERSION")).into();
        Self::Hello { protocol: VERSION, version }
    }
}

/// The failures that a child sees itself; the parent sees the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Failed {
    /// A result that is not what the parameters say it must be.
    WrongAnswer,
    /// A weaker order than the executor declares.
    Order,
    /// A rule of the contract that the executor breaks; only in
    /// [`Mode::Conform`](crate::spec::Mode).
    Contract,
    /// A panic.
    Panic,
    /// A spec that the child cannot read or does not know.
    Spec,
}

/// A line to a child in [`Mode::Serve`](crate::spec::Mode) or [`Mode::Turns`](crate::spec::Mode).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Iterations to run in one timed region.
    pub iterations: u64,
    /// Iterations to run before it, which count for nothing: they warm caches that others cooled.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub warm: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A runner in another language writes by the documentation: its lines must be the ones read.
    #[test]
    fn lines_are_what_is_documented() {
        let lines = [
            (
                Message::Hello { protocol: 1, version: "tminus 0.1.0".into() },
                r#"{"message":"hello","protocol":1,"version":"tminus 0.1.0"}"#,
            ),
            (
                Message::Metric { name: "start_ns".into(), value: 1.5 },
                r#"{"message":"metric","name":"start_ns","value":1.5}"#,
            ),
            (
                Message::Ready { iterations: 40, batches: 10 },
                r#"{"message":"ready","iterations":40,"batches":10}"#,
            ),
            (Message::Order { observed: Order::Fifo }, r#"{"message":"order","observed":"fifo"}"#),
            (
                Message::Withheld { reason: "why".into() },
                r#"{"message":"withheld","reason":"why"}"#,
            ),
            (
                Message::Elapsed { wall_ns: 7, ops: 2 },
                r#"{"message":"elapsed","wall_ns":7,"ops":2}"#,
            ),
            (
                Message::Failed { kind: Failed::WrongAnswer, reason: "why".into() },
                r#"{"message":"failed","kind":"wrong-answer","reason":"why"}"#,
            ),
            (
                Message::Unsupported { reason: "why".into() },
                r#"{"message":"unsupported","reason":"why"}"#,
            ),
            (Message::Done, r#"{"message":"done"}"#),
        ];
        for (message, line) in lines {
            assert_eq!(serde_json::to_string(&message).unwrap(), line);
            assert_eq!(serde_json::from_str::<Message>(line).unwrap(), message);
        }
    }

    /// Reads the example of `docs/runners.md`.
    #[test]
    fn the_documented_example_is_read() {
        let source = include_str!("../../../docs/runners.md");
        let example = source.lines().filter_map(|line| line.strip_prefix("{\"message"));
        let messages: Vec<Message> = example
            .map(|line| line.replace("<base64 of HdrHistogram V2 deflate-free>", "AAAA"))
            .map(|line| serde_json::from_str(&format!("{{\"message{line}")).unwrap())
            .collect();
        assert_eq!(messages.len(), 4);
        assert!(matches!(messages[1], Message::Sample(Sample { ops: 4_000, .. })));
    }
}
