//! The finding of an account of two cells: which costs more, and by what, in sentences.

use tminus_judge::explain::{Account, Cause, Span};
use tminus_record::Quality;

use crate::words::escape::clean;
use crate::words::number::{self, Unit};

/// Causes in sentences; the table has the others.
const MOST: usize = 4;

/// A cause with a smaller part of the difference has no sentence.
const LEAST_PART: f64 = 0.05;

/// A count is told apart from another if a thousand ops tell.
const LEAST_PER_OP: f64 = 0.001;

/// Returns the account in sentences, the whole first.
#[must_use]
pub fn text(account: &Account) -> String {
    let told = Told::of(account);
    let all = [told.whole(), told.causes(), told.rest(), missing(account)];
    let all: Vec<String> = all.into_iter().filter(|text| !text.is_empty()).collect();
    all.join(" ")
}

/// Formats a time an op: `210 ns`, `-20 ns`.
pub(crate) fn ns(value: f64) -> String {
    number::value(Unit::Nanoseconds, value, None)
}

/// Formats an interval of times: `200 ns to 1.2 µs`.
pub(crate) fn interval(span: &Span) -> String {
    format!("{} to {}", ns(span.low), ns(span.high))
}

/// Returns what a count is called: `write`, `allocations`.
pub(crate) fn name(cause: &str) -> String {
    match cause {
        "off_cpu" => "time off the CPU".into(),
        "voluntary_switches" => "switches".into(),
        "waker_clones" => "clones of wakers".into(),
        _ => clean(cause.strip_prefix("syscalls_").unwrap_or(cause)),
    }
}

/// An account, seen from the cell that costs more.
struct Told<'a> {
    account: &'a Account,
    slow: usize,
    /// The difference, above zero.
    whole: f64,
}

impl<'a> Told<'a> {
    fn of(account: &'a Account) -> Self {
        let slow = usize::from(account.difference_ns.value < 0.0);
        Self { account, slow, whole: account.difference_ns.value.abs() }
    }

    fn name(&self, side: usize) -> String {
        clean(&self.account.names[side])
    }

    fn whole(&self) -> String {
        let Account { difference_ns, op, .. } = self.account;
        let (slow, fast) = (self.name(self.slow), self.name(1 - self.slow));
        let op = clean(op);
        if !self.account.is_told() {
            return format!(
                "Cannot tell whether {slow} or {fast} costs more: they differ by {} per {op}, and \
                 the interval ({}) holds 0. There is nothing to explain.",
                ns(difference_ns.value),
                interval(difference_ns)
            );
        }
        let (low, high) = (difference_ns.low.abs(), difference_ns.high.abs());
        let ends = Span { value: self.whole, low: low.min(high), high: low.max(high) };
        format!("{slow} takes {} ({}) more per {op} than {fast}.", ns(self.whole), interval(&ends))
    }

    fn causes(&self) -> String {
        if !self.account.is_told() {
            let exact = self.account.causes.iter().filter(|cause| {
                let growth = (cause.a_per_op - cause.b_per_op).abs();
                cause.quality == Quality::Exact && growth > LEAST_PER_OP
            });
            let lines: Vec<String> = exact.take(MOST).map(|cause| self.counts(cause)).collect();
            let lines = lines.join("; ");
            return if lines.is_empty() {
                String::new()
            } else {
                format!("Their counts differ all the same: {lines}.")
            };
        }
        let is_seen = |cause: &&Cause| cause.ns.value.abs() >= LEAST_PART * self.whole;
        let lines = self.account.causes.iter().filter(is_seen).take(MOST);
        lines.map(|cause| self.cause(cause)).collect::<Vec<_>>().join(" ")
    }

    /// Returns the sentence of a cause.
    fn cause(&self, cause: &Cause) -> String {
        let part = if self.slow == 0 { cause.ns.value } else { -cause.ns.value };
        let least = if cause.is_bound { "at least " } else { "" };
        let counts = self.counts(cause);
        let about = if cause.quality == Quality::Indicative { ", by counts that vary" } else { "" };
        match part < 0.0 {
            true => format!("Against it, {counts}: {}{about}.", ns(part)),
            false => format!("{counts}: {least}{} of the {}{about}.", ns(part), ns(self.whole)),
        }
    }

    /// Returns what both cells do, the one that does more first.
    fn counts(&self, cause: &Cause) -> String {
        let counts = [cause.a_per_op, cause.b_per_op];
        let more = usize::from(counts[1] > counts[0]);
        let [many, few] = [counts[more], counts[1 - more]];
        let few = if few.abs() < LEAST_PER_OP { "none".into() } else { count(cause, few) };
        let does = does(cause, &count(cause, many));
        let op = clean(&self.account.op);
        format!("{} {does} per {op}, {} {few}", self.name(more), self.name(1 - more))
    }

    fn rest(&self) -> String {
        if !self.account.is_told() {
            return String::new();
        }
        let rest = if self.slow == 0 { 1.0 } else { -1.0 } * self.account.rest_ns.value;
        let part = number::percent((rest / self.whole).abs(), false);
        match rest < 0.0 {
            false => format!("{} ({part}) are not explained.", ns(rest)),
            true => format!("The causes explain {} ({part}) too much.", ns(-rest)),
        }
    }
}

fn count(cause: &Cause, count: f64) -> String {
    if cause.name == "off_cpu" { ns(count) } else { number::plain(count) }
}

/// Returns what a cell does so many times.
fn does(cause: &Cause, many: &str) -> String {
    match cause.name.as_str() {
        "instructions" => format!("executes {many} further instructions"),
        "atomics" => format!("makes {many} atomic read-modify-writes"),
        "voluntary_switches" => format!("gives up its CPU {many} times"),
        "off_cpu" => format!("spends {many} off its CPU"),
        "waker_clones" => format!("clones {many} wakers"),
        name => match name.strip_prefix("syscalls_") {
            Some(call) if cause.is_bound => format!("makes {many} `{}`", clean(call)),
            Some(call) => format!("makes {many} `{}` ({})", clean(call), clean(&cause.about)),
            None => format!("makes {many} {}", clean(name)),
        },
    }
}

/// Says which counts are not there, those of one reason together.
fn missing(account: &Account) -> String {
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for (count, reason) in &account.missing {
        let count = name(count.strip_suffix("_per_op").unwrap_or(count));
        match reasons.iter_mut().find(|known| known.0 == reason) {
            Some(known) => known.1.push(count),
            None => reasons.push((reason, vec![count])),
        }
    }
    let lines = reasons.iter().map(|(reason, counts)| {
        format!("Not counted: {}: {}.", super::listed(counts), clean(reason))
    });
    lines.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use crate::testing::account::{account, cause};

    use super::*;

    #[test]
    fn sentences_are_computed_from_the_data() {
        insta::assert_snapshot!(text(&account(240.0, 12.0)), @"slow takes 240 ns (228 ns to 252 ns) more per timer than fast/w1. slow makes 1.00 `write` (to an eventfd) per timer, fast/w1 none: 210 ns of the 240 ns. slow executes 500 further instructions per timer, fast/w1 200: 18.0 ns of the 240 ns. Against it, fast/w1 makes 2.00 allocations per timer, slow 1.00: -19.0 ns. 31.0 ns (12.9 %) are not explained.");
    }

    #[test]
    fn the_dearer_cell_comes_first_whichever_it_is() {
        let mut swapped = account(240.0, 12.0);
        swapped.cells.reverse();
        swapped.names.reverse();
        let Span { value, low, high } = swapped.difference_ns;
        swapped.difference_ns = Span { value: -value, low: -high, high: -low };
        swapped.rest_ns.value *= -1.0;
        for cause in &mut swapped.causes {
            std::mem::swap(&mut cause.a_per_op, &mut cause.b_per_op);
            cause.ns.value *= -1.0;
        }
        assert_eq!(text(&swapped), text(&account(240.0, 12.0)));
    }

    #[test]
    fn nothing_is_explained_that_cannot_be_told() {
        let mut equal = account(1.0, 3.0);
        equal.causes = vec![cause("allocations", 2.0, 1.0, 0.5)];
        insta::assert_snapshot!(text(&equal), @"Cannot tell whether slow or fast/w1 costs more: they differ by 1.00 ns per timer, and the interval (-2.00 ns to 4.00 ns) holds 0. There is nothing to explain. Their counts differ all the same: slow makes 2.00 allocations per timer, fast/w1 1.00.");
        equal.causes.clear();
        assert!(text(&equal).ends_with("There is nothing to explain."), "{}", text(&equal));
    }

    #[test]
    fn what_is_not_counted_is_said_once_a_reason() {
        let mut account = account(240.0, 12.0);
        for name in ["instructions_per_op", "atomics_per_op"] {
            account.missing.insert(name.into(), "valgrind is not installed".into());
        }
        let text = text(&account);
        let said = "Not counted: atomics and instructions: valgrind is not installed.";
        assert!(text.ends_with(said), "{text}");
    }
}
