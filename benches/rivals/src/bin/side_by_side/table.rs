//! What the trials come to, in Markdown: false alarms, power and time of each setting, over all
//! cells and for each; and how large the slowdowns really were.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::record::Record;
use crate::schedule;
use crate::tools::SETTINGS;
use crate::verdict::Verdict;

const SIZES: [u32; 4] = [1, 2, 3, 5];

/// Returns all tables.
///
/// # Errors
/// A file of instruction counts that cannot be read.
pub fn markdown(records: &[Record], out: &Path) -> anyhow::Result<String> {
    let mut text = settings(records, "all cells");
    let mut cells: Vec<&str> = records.iter().map(|record| record.cell.as_str()).collect();
    cells.sort_unstable();
    cells.dedup();
    for cell in cells {
        let its: Vec<Record> = records.iter().filter(|it| it.cell == cell).cloned().collect();
        text += &settings(&its, cell);
    }
    text += &sizes(records, &fs::read_to_string(out.join("instructions")).unwrap_or_default());
    Ok(text)
}

/// Formats a row a setting.
fn settings(records: &[Record], what: &str) -> String {
    let mut text = format!(
        "| {what} | s a cell | with null control | first session | called slower, a copy | at most | called faster, a copy | 1 % | 2 % | 3 % | 5 % | refused | failed |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n"
    );
    for setting in &SETTINGS {
        let its: Vec<&Record> = records.iter().filter(|it| it.setting == setting.id()).collect();
        if !its.is_empty() {
            text += &row(&setting.id(), &its);
        }
    }
    text + "\n"
}

fn row(name: &str, records: &[&Record]) -> String {
    let of = |size: u32| -> Vec<&Record> {
        records.iter().filter(|record| record.size == size).copied().collect()
    };
    let count = |records: &[&Record], verdict: Verdict| {
        records.iter().filter(|record| record.verdict == verdict).count()
    };
    let share =
        |records: &[&Record], verdict| format!("{} of {}", count(records, verdict), records.len());
    let copies = of(0);
    // A refusal is no trial of what a verdict is worth.
    let judged: Vec<&Record> = copies
        .iter()
        .filter(|it| !matches!(it.verdict, Verdict::Refused | Verdict::Failed))
        .copied()
        .collect();
    let own = median(records.iter().map(|record| record.seconds - record.null_seconds));
    let all = median(records.iter().map(|record| record.seconds));
    let first: Vec<f64> = records.iter().filter_map(|record| record.first_seconds).collect();
    let first =
        if first.is_empty() { "-".to_owned() } else { format!("{:.1}", median(first.into_iter())) };
    let bound = upper_bound(count(&judged, Verdict::Regressed), judged.len());
    let mut text = format!(
        "| {name} | {own:.1} | {all:.1} | {first} | {} | {:.1} % | {} |",
        share(&judged, Verdict::Regressed),
        bound * 100.0,
        share(&judged, Verdict::Improved)
    );
    for size in SIZES {
        let _ = write!(text, " {} |", share(&of(size), Verdict::Regressed));
    }
    let [refused, failed] = [Verdict::Refused, Verdict::Failed].map(|it| count(records, it));
    text + &format!(" {refused} | {failed} |\n")
}

/// Nominal sizes, what instructions they are, and the median of the changes that the tools
/// estimated.
fn sizes(records: &[Record], instructions: &str) -> String {
    let counts: Vec<Vec<&str>> =
        instructions.lines().map(|line| line.split_whitespace().collect()).collect();
    let counted = |side: &str, cell: &str, size: u32| {
        let size = size.to_string();
        let line = counts.iter().find(|words| words.starts_with(&[side, cell, &size]))?;
        line.get(3)?.parse::<f64>().ok()
    };
    let more = |side: &str, cell: &str, size: u32| {
        let ratio = counted(side, cell, size)? / counted(side, cell, 0)?;
        Some((ratio - 1.0) * 100.0)
    };
    let mut text = String::from(
        "| cell | nominal | instructions, rivals | instructions, tminus | median estimate, rivals | median estimate, tminus |\n\
         | --- | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for (cell, size) in schedule::sizes() {
        let (id, percent) = (cell.id(), size.percent);
        let estimate = |is_ours: bool| {
            let its = records.iter().filter(|it| it.cell == id && it.size == percent);
            let its = its.filter(|it| it.setting.starts_with("tminus") == is_ours);
            let changes: Vec<f64> = its.filter_map(|it| it.change_percent).collect();
            (!changes.is_empty()).then(|| median(changes.into_iter()))
        };
        let counts = [more("rivals", id, percent), more("tminus", id, percent)];
        let figures = [counts[0], counts[1], estimate(false), estimate(true)];
        let figures =
            figures.map(|it| it.map_or("-".to_owned(), |percent| format!("{percent:+.2} %")));
        let _ = writeln!(text, "| {id} | {percent} % | {} |", figures.join(" | "));
    }
    text
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        count => f64::midpoint(values[(count - 1) / 2], values[count / 2]),
    }
}

/// Returns the exact one-sided 95 % upper bound of the rate behind `events` in `trials` (Clopper
/// and Pearson, "The use of confidence or fiducial limits illustrated in the case of the binomial",
/// 1934).
fn upper_bound(events: usize, trials: usize) -> f64 {
    if events >= trials {
        return 1.0;
    }
    let (mut low, mut high) = (0.0_f64, 1.0_f64);
    for _ in 0..60 {
        let rate = f64::midpoint(low, high);
        if at_most(events, trials, rate) > 0.05 { low = rate } else { high = rate }
    }
    high
}

/// How probable it is that at most so many of the trials are events; `rate` is neither 0 nor 1.
fn at_most(events: usize, trials: usize, rate: f64) -> f64 {
    let mut log_term = trials as f64 * (-rate).ln_1p();
    let mut sum = log_term.exp();
    for count in 1..=events {
        log_term += ((trials - count + 1) as f64 / count as f64).ln() + rate.ln() - (-rate).ln_1p();
        sum += log_term.exp();
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_that_of_the_tables() {
        // The rule of three, exactly: 1 - 0.05^(1/n).
        let none = upper_bound(0, 100);
        assert!((none - (1.0 - 0.05_f64.powf(0.01))).abs() < 1e-9, "{none}");
        // 1 of 10: qbeta(0.95, 2, 9).
        let one = upper_bound(1, 10);
        assert!((one - 0.394_163).abs() < 1e-5, "{one}");
        assert!((upper_bound(3, 3) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn medians() {
        assert!((median([3.0, 1.0, 2.0].into_iter()) - 2.0).abs() < 1e-12);
        assert!((median([4.0, 1.0].into_iter()) - 2.5).abs() < 1e-12);
    }
}
