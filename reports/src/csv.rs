//! The rounds as CSV in long form: one row a cell, round and metric.
//!
//! The value stands in the column of its unit (`value_ns`, `value_bytes`, `value_ratio`,
//! `value_count`), unrounded; a failed round has one row without a value and with its reason.

use std::fmt::Write as _;

use tminus_harness::plan::Cell;
use tminus_harness::rank::derive;
use tminus_harness::record::{Outcome, Record};
use tminus_harness::store::Run;

use crate::escape;
use crate::number::Unit;

const HEAD: &str = "cell,workload,params,executor,workers,round,outcome,metric,value_ns,\
                    value_bytes,value_ratio,value_count,reason\n";

/// The records of `run` as CSV with a head line.
#[must_use]
pub fn records(run: &Run) -> String {
    let mut out = HEAD.to_owned();
    for record in &run.records {
        if let Some(cell) = run.header.cells.iter().find(|cell| cell.id() == record.cell) {
            push(&mut out, cell, record);
        }
    }
    out
}

fn push(out: &mut String, cell: &Cell, record: &Record) {
    let (outcome, reason) = match &record.outcome {
        Outcome::Ok => ("ok", ""),
        Outcome::Failed { reason, .. } => ("failed", reason.as_str()),
        Outcome::Excluded { reason } => ("excluded", reason.as_str()),
    };
    let workers = cell.workers.map(|count| count.to_string()).unwrap_or_default();
    let who = [cell.id().as_str(), &cell.workload, &cell.label, &cell.executor].map(escape::csv);
    let start = format!("{},{workers},{},{outcome}", who.join(","), record.round);
    let values = derive(record);
    for (metric, value) in &values {
        let column = match Unit::of(metric) {
            Unit::Nanoseconds => format!("{value},,,"),
            Unit::Bytes => format!(",{value},,"),
            Unit::Ratio => format!(",,{value},"),
            Unit::Count => format!(",,,{value}"),
        };
        writeln!(out, "{start},{},{column},{}", escape::csv(metric), escape::csv(reason))
            .expect("a string takes all");
    }
    if values.is_empty() {
        writeln!(out, "{start},,,,,,{}", escape::csv(reason)).expect("a string takes all");
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture;

    #[test]
    fn every_row_has_every_column() {
        let text = super::records(&fixture::run());
        let columns = text.lines().next().expect("a head").split(',').count();
        for line in text.lines().filter(|line| !line.contains('"')) {
            assert_eq!(line.split(',').count(), columns, "{line}");
        }
        insta::assert_snapshot!(text.lines().take(8).collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn a_failed_round_keeps_its_reason() {
        let text = super::records(&fixture::run());
        let line = text.lines().find(|line| line.contains(",failed,")).expect("a failure");
        assert!(line.contains("hang: no message for 10 s"), "{line}");
    }

    #[test]
    fn hostile_names_are_no_formulas() {
        let text = super::records(&fixture::run_of(&fixture::hostile()));
        for line in text.lines() {
            for field in line.split(',') {
                let field = field.trim_matches('"');
                assert!(!field.starts_with(['=', '+', '@']), "{line}");
            }
        }
        assert!(!text.contains('\u{1b}'));
    }
}
