//! The messages of a child so far, and whether the next one is allowed.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tminus_contract::Order;
use tminus_contract::sample::{MAX_FIGURE, Sample};
use tminus_record::Distribution;
use tminus_record::text::escape;

use crate::protocol::{self, Failed, Message};
use crate::spec::{MAX_ITERATIONS, Mode, Spec};

/// More than any cell takes; a child that says more babbles.
const MAX_MESSAGES: usize = 100_000;
/// The most batches that a child may ask for.
const MAX_BATCHES: u32 = 1_000;
const MAX_METRICS: usize = 256;
const MAX_DISTRIBUTIONS: usize = 32;
const MAX_NAME_BYTES: usize = 64;
const MAX_REASON_CHARS: usize = 500;
/// The largest figure of a metric, and the smallest without its sign.
const MAX_METRIC: f64 = 1e18;

/// One conversation. States: before `hello` -> figures -> over.
pub(super) struct Dialogue {
    mode: Mode,
    /// The iterations that the child was told, or has begun with: all samples of a cell have the
    /// same.
    iterations: Option<u64>,
    /// Before the child was started: no region is longer than its life.
    since: Instant,
    /// Of all samples.
    wall_ns: u64,
    /// Lines before `hello` that are no messages are passed over.
    prologue: bool,
    said_hello: bool,
    messages: usize,
    /// How the child says that it ended; nothing may follow.
    end: Option<SelfReport>,
    /// The figures of `Elapsed`; taken by the server.
    pub(super) elapsed: Option<(u64, u64)>,
    /// The figures of `Ready`.
    pub(super) ready: Option<Ready>,
    /// Samples that were asked for, of a child that takes turns.
    asked: usize,
    pub(super) heard: Transcript,
}

/// What a child that takes turns is ready for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Ready {
    /// Iterations of a batch.
    pub(super) iterations: u64,
    /// Batches that a round has of it.
    pub(super) batches: u32,
}

/// The figures of a child.
#[derive(Default)]
pub(super) struct Transcript {
    pub(super) samples: Vec<Sample>,
    pub(super) distributions: Vec<Distribution>,
    pub(super) metrics: BTreeMap<String, f64>,
    pub(super) order: Option<Order>,
    pub(super) withheld: Option<String>,
}

/// How a child says that it ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum SelfReport {
    Done,
    Failed(Failed, String),
    Unsupported(String),
}

impl Dialogue {
    /// Starts the conversation with a child that is started now to do what `spec` says.
    pub(super) fn new(spec: &Spec, prologue: bool) -> Self {
        Self {
            mode: spec.mode,
            iterations: spec.iterations_of_samples(),
            since: Instant::now(),
            wall_ns: 0,
            prologue,
            said_hello: false,
            messages: 0,
            end: None,
            elapsed: None,
            ready: None,
            asked: 0,
            heard: Transcript::default(),
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.end.is_some()
    }

    pub(super) fn said_hello(&self) -> bool {
        self.said_hello
    }

    pub(super) fn end(&self) -> Option<&SelfReport> {
        self.end.as_ref()
    }

    /// Takes the next line.
    ///
    /// # Errors
    /// Why the line is garbage.
    pub(super) fn hear(&mut self, line: &[u8]) -> Result<(), String> {
        self.messages += 1;
        if self.messages > MAX_MESSAGES {
            return Err(format!("more than {MAX_MESSAGES} messages"));
        }
        if self.prologue && !self.said_hello && !line.starts_with(b"{") {
            return Ok(());
        }
        let text = str::from_utf8(line).map_err(|_| format!("not UTF-8: {}", excerpt(line)))?;
        let message: Message = serde_json::from_str(text)
            .map_err(|error| format!("no message: {}: {error}", excerpt(line)))?;
        if self.end.is_some() {
            return Err(format!("a message after the last one: {}", excerpt(line)));
        }
        match message {
            Message::Hello { protocol, .. } => return self.greet(protocol),
            _ if !self.said_hello => {
                return Err(format!("a message before `hello`: {}", excerpt(line)));
            }
            Message::Ready { iterations, batches } => self.take_ready(iterations, batches)?,
            Message::Sample(sample) => self.take_sample(sample)?,
            Message::Distribution(distribution) => self.take_distribution(distribution)?,
            Message::Metric { name, value } => self.take_metric(name, value)?,
            Message::Order { observed } => {
                if self.heard.order.replace(observed).is_some() {
                    return Err("a second `order`".into());
                }
            }
            Message::Withheld { reason } => {
                if self.heard.withheld.replace(one_line(&reason)).is_some() {
                    return Err("a second `withheld`".into());
                }
            }
            Message::Elapsed { wall_ns, ops } => self.take_elapsed(wall_ns, ops)?,
            Message::Failed { kind, reason } => {
                self.end = Some(SelfReport::Failed(kind, one_line(&reason)));
            }
            Message::Unsupported { reason } => {
                self.end = Some(SelfReport::Unsupported(one_line(&reason)));
            }
            Message::Done => self.finish()?,
        }
        Ok(())
    }

    fn take_ready(&mut self, iterations: u64, batches: u32) -> Result<(), String> {
        if self.mode != Mode::Turns || self.ready.is_some() {
            return Err("`ready`, which was not asked for".into());
        }
        let told = *self.iterations.get_or_insert(iterations);
        if iterations != told {
            return Err(format!("ready for {iterations} iterations instead of {told}"));
        }
        if !(1..=MAX_ITERATIONS).contains(&iterations) || !(1..=MAX_BATCHES).contains(&batches) {
            return Err(format!("ready for {batches} batches of {iterations} iterations"));
        }
        self.ready = Some(Ready { iterations, batches });
        Ok(())
    }

    /// Expects one more sample; returns how many there are then.
    pub(super) fn ask(&mut self) -> usize {
        self.asked += 1;
        self.asked
    }

    /// Drops the samples from the one at `index` on: their batches are taken anew.
    pub(super) fn drop_samples(&mut self, index: usize) {
        self.heard.samples.truncate(index);
        self.asked = self.asked.min(index);
    }

    fn take_elapsed(&mut self, wall_ns: u64, ops: u64) -> Result<(), String> {
        if self.mode != Mode::Serve {
            return Err("`elapsed`, which was not asked for".into());
        }
        if ops == 0 || ops > MAX_FIGURE {
            return Err(format!("{ops} ops: from 1 to 2^53 are possible"));
        }
        self.check_wall(wall_ns)?;
        self.elapsed = Some((wall_ns, ops));
        Ok(())
    }

    fn greet(&mut self, protocol: u32) -> Result<(), String> {
        if std::mem::replace(&mut self.said_hello, true) {
            return Err("a second `hello`".into());
        }
        if protocol != protocol::VERSION {
            let own = protocol::VERSION;
            return Err(format!("it speaks protocol {protocol}, this tminus speaks {own}"));
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), String> {
        let unsampled = matches!(self.mode, Mode::Conform | Mode::Serve);
        if self.heard.samples.is_empty() && !unsampled {
            return Err("`done` without a sample".into());
        }
        self.end = Some(SelfReport::Done);
        Ok(())
    }

    fn take_sample(&mut self, sample: Sample) -> Result<(), String> {
        if self.mode == Mode::Turns && self.heard.samples.len() >= self.asked {
            return Err("a sample that was not asked for".into());
        }
        if sample.ops == 0 || sample.iterations == 0 || sample.wall_ns == 0 {
            return Err("a sample of nothing: `ops`, `iterations`, `wall_ns` are at least 1".into());
        }
        sample.check()?;
        let told = *self.iterations.get_or_insert(sample.iterations);
        if sample.iterations != told {
            return Err(format!("a sample of {} iterations instead of {told}", sample.iterations));
        }
        self.wall_ns = self.wall_ns.saturating_add(sample.wall_ns);
        self.check_wall(self.wall_ns)?;
        self.heard.samples.push(sample);
        Ok(())
    }

    /// Refuses a time that is longer than the child has lived.
    fn check_wall(&self, wall_ns: u64) -> Result<(), String> {
        let lived = self.since.elapsed();
        let said = Duration::from_nanos(wall_ns);
        if said <= lived {
            return Ok(());
        }
        Err(format!("{said:?} in timed regions of a child that has lived for {lived:?}"))
    }

    fn take_distribution(&mut self, distribution: Distribution) -> Result<(), String> {
        let known = &self.heard.distributions;
        let name = named(&distribution.name)?;
        if known.len() == MAX_DISTRIBUTIONS || known.iter().any(|known| known.name == name) {
            return Err(format!("distribution `{name}`: a second one, or too many"));
        }
        distribution.decode().map_err(|reason| format!("distribution `{name}`: {reason}"))?;
        self.heard.distributions.push(distribution);
        Ok(())
    }

    fn take_metric(&mut self, name: String, value: f64) -> Result<(), String> {
        named(&name)?;
        let full = self.heard.metrics.len() == MAX_METRICS;
        if !value.is_finite() || full || self.heard.metrics.contains_key(&name) {
            return Err(format!("metric `{name}`: not finite, a second one, or too many"));
        }
        if value.abs() > MAX_METRIC {
            return Err(format!("metric `{name}`: beyond {MAX_METRIC:e}"));
        }
        self.heard.metrics.insert(name, value);
        Ok(())
    }
}

/// Checks a name, which becomes a column or a file name: short, lower case, digits and `_`.
fn named(name: &str) -> Result<&str, String> {
    let allowed = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
    if (1..=MAX_NAME_BYTES).contains(&name.len()) && name.bytes().all(allowed) {
        Ok(name)
    } else {
        Err(format!("the name {}: lower case, digits and `_`", excerpt(name.as_bytes())))
    }
}

/// Returns the start of a line, safe to show.
fn excerpt(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(&line[..line.len().min(400)]);
    let mut short: String = text.chars().take(80).collect();
    if short.len() < line.len() {
        short.push_str("...");
    }
    format!("`{}`", escape(&short))
}

/// Formats a reason as one line, safe to show.
fn one_line(reason: &str) -> String {
    let short: String = reason.chars().take(MAX_REASON_CHARS).collect();
    escape(short.trim())
}

#[cfg(test)]
mod tests;
