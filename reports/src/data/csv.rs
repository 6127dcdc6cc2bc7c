//! The rounds as CSV in long form: one row a cell, round and metric.
//!
//! The value stands in the column of its unit (`value_ns`, `value_bytes`, `value_ratio`,
//! `value_count`), unrounded. A round that failed has its reason in each of its rows: one for each
//! metric that was still measured, or one without a value. When a child ran stands in `position`,
//! its place in the round from 0, and in `started_unix_ns`. Counts of the profile pass are of no
//! round: they stand last, with the outcome `counted`. What speaks against the figures of its
//! cell stands in `suspect`. Text that a spreadsheet would take for a formula begins with `'`.

use std::collections::{BTreeMap, HashMap};
use std::io;

use tminus_judge::rank::{derive, rank};
use tminus_record::{Cell, CellId, Filter, Outcome, Record, Run};

use crate::words::number::{self, Unit};
use crate::words::{self, escape};

const HEAD: &str = "cell,workload,params,executor,workers,round,position,started_unix_ns,\
                    outcome,metric,value_ns,value_bytes,value_ratio,value_count,reason,suspect\n";

/// Writes the records of `run` as CSV with a head line, one record at a time: the whole may be
/// larger than memory.
///
/// # Errors
/// The errors of `out`.
pub fn write(run: &Run, out: &mut impl io::Write) -> io::Result<()> {
    let cells: HashMap<CellId, &Cell> =
        run.header.cells.iter().map(|cell| (cell.id(), cell)).collect();
    let suspects = suspects(run);
    out.write_all(HEAD.as_bytes())?;
    let mut rows = String::new();
    for record in &run.records {
        if let Some(cell) = cells.get(&record.cell) {
            let suspect = suspects.get(&record.cell).map_or("", String::as_str);
            rows.clear();
            push(&mut rows, cell, record, suspect);
            out.write_all(rows.as_bytes())?;
        }
    }
    for (cell, counts) in &run.counts {
        if let Some(cell) = cells.get(cell) {
            let suspect = suspects.get(&cell.id()).map_or("", String::as_str);
            rows.clear();
            let start = format!("{},,,,counted", who(cell));
            push_values(&mut rows, &start, &counts.values, ("", suspect));
            out.write_all(rows.as_bytes())?;
        }
    }
    Ok(())
}

/// Returns what [`write()`] writes, as one text.
///
/// # Panics
/// Never: memory takes all, and all of it is text.
#[must_use]
pub fn records(run: &Run) -> String {
    let mut out = Vec::new();
    write(run, &mut out).expect("memory takes all");
    String::from_utf8(out).expect("text")
}

/// Returns the suspicions against the figures of cells.
fn suspects(run: &Run) -> HashMap<CellId, String> {
    let ranking = rank(run, &Filter::default(), None);
    let groups = ranking.map(|ranking| ranking.groups).unwrap_or_default();
    let rows = groups.iter().flat_map(|group| &group.rows);
    let doubts = rows.map(|row| (row.cell.id(), words::doubts(row).join("; ")));
    doubts.filter(|(_, text)| !text.is_empty()).collect()
}

fn push(out: &mut String, cell: &Cell, record: &Record, suspect: &str) {
    let (outcome, reason) = match &record.outcome {
        Outcome::Ok => ("ok", ""),
        Outcome::Failed { reason, .. } => ("failed", reason.as_str()),
        Outcome::Excluded { reason } => ("excluded", reason.as_str()),
    };
    let Record { round, position, started_unix_ns, .. } = record;
    let start = format!("{},{round},{position},{started_unix_ns},{outcome}", who(cell));
    let values = derive(record);
    push_values(out, &start, &values, (reason, suspect));
    if values.is_empty() {
        let [reason, suspect] = [reason, suspect].map(escape::csv);
        *out += &format!("{start},,,,,,{reason},{suspect}\n");
    }
}

/// Returns the columns that name a cell.
fn who(cell: &Cell) -> String {
    let workers = cell.workers.map(|count| count.to_string()).unwrap_or_default();
    let who = [cell.id().as_str(), &cell.workload, &cell.label, &cell.executor].map(escape::csv);
    format!("{},{workers}", who.join(","))
}

fn push_values(
    out: &mut String,
    start: &str,
    values: &BTreeMap<String, f64>,
    (reason, suspect): (&str, &str),
) {
    let [reason, suspect] = [reason, suspect].map(escape::csv);
    for (metric, value) in values {
        let value = number::raw(*value);
        let column = match Unit::of(metric) {
            Unit::Nanoseconds => format!("{value},,,"),
            Unit::Bytes => format!(",{value},,"),
            Unit::Ratio => format!(",,{value},"),
            Unit::Count => format!(",,,{value}"),
        };
        *out += &format!("{start},{},{column},{reason},{suspect}\n", escape::csv(metric));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tminus_judge::rank::derive;

    use crate::testing::fixture;

    /// Returns the rows as a reader of CSV sees them, by the names of their columns.
    fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        reader.deserialize().map(|row| row.expect("as many fields as the head")).collect()
    }

    #[test]
    fn the_head_names_the_units() {
        let text = super::records(&fixture::run());
        insta::assert_snapshot!(text.lines().take(8).collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn each_value_stands_in_the_column_of_its_unit_alone() {
        let run = fixture::run();
        let rows = rows(&super::records(&run));
        let values: usize = run.records.iter().map(|record| derive(record).len()).sum();
        assert_eq!(rows.iter().filter(|row| !row["metric"].is_empty()).count(), values);
        let units = ["value_ns", "value_bytes", "value_ratio", "value_count"];
        for row in &rows {
            let set: Vec<&str> = units.into_iter().filter(|unit| !row[*unit].is_empty()).collect();
            assert_eq!(set.len(), usize::from(!row["metric"].is_empty()), "{row:?}");
            for unit in set {
                assert!(row[unit].parse::<f64>().is_ok_and(f64::is_finite), "{row:?}");
                assert_eq!(unit == "value_ns", row["metric"].contains("_ns"), "{row:?}");
            }
        }
    }

    #[test]
    fn a_failed_round_keeps_its_reason() {
        let text = super::records(&fixture::run());
        let failed: Vec<&str> = text.lines().filter(|line| line.contains(",failed,")).collect();
        assert!(!failed.is_empty());
        assert!(failed.iter().all(|line| line.contains("hang: no message for 10 s")), "{failed:?}");
    }

    #[test]
    fn hostile_names_are_no_formulas() {
        let text = super::records(&fixture::run_of(&fixture::hostile()));
        let rows = rows(&text);
        assert!(!rows.is_empty() && !text.contains('\u{1b}'));
        for field in rows.iter().flat_map(BTreeMap::values) {
            assert!(!field.starts_with(['=', '+', '-', '@', '\t', '\r']), "{field}");
        }
        assert!(rows.iter().any(|row| row["executor"] == "'=1+1"));
    }
}
