//! Cells that failed, with the end of their stderr, and cells that were left out, each with its
//! reason.

use tminus_judge::rank::{Ranking, Row};
use tminus_record::{Outcome, Run};

use crate::page::prelude::*;
use crate::words::escape::{lines, shorten};

/// Longer ends of stderr lose their middle.
const MAX_STDERR_CHARS: usize = 4_000;

/// Returns the section; it says so where nothing failed.
pub(super) fn section(run: &Run, ranking: &Ranking) -> Markup {
    let failed: Vec<(&Row, String)> = words::unmeasured(ranking, "failed").collect();
    let excluded = words::unmeasured(ranking, "excluded").map(|(row, reason)| {
        let reason = format!("{}: {reason}", words::executor(&row.cell));
        (reason, clean(row.cell.id().as_str()))
    });
    let excluded = words::grouped(excluded);
    html! {
        section aria-labelledby="failures" {
            h2 id="failures" { "Failed and left out" }
            @if failed.is_empty() { p { "No cell failed." } }
            @for (row, reason) in &failed { (failure(run, row, reason)) }
            @if excluded.is_empty() { p { "No cell was left out." } } @else {
                h3 { "Left out" }
                ul {
                    @for (reason, cells) in &excluded {
                        li { (reason) " " span.sub { "(" (cells.join(", ")) ")" } }
                    }
                }
            }
        }
    }
}

fn failure(run: &Run, row: &Row, reason: &str) -> Markup {
    let id = row.cell.id();
    let mut records = run.records.iter().filter(|record| record.cell == id);
    let stderr = records.find_map(|record| match &record.outcome {
        Outcome::Failed { stderr, .. } => Some(lines(stderr)),
        Outcome::Ok | Outcome::Excluded { .. } => None,
    });
    let stderr = stderr.map(|text| shorten(&text, MAX_STDERR_CHARS));
    html! {
        h3.alarm { "Failed: " (clean(id.as_str())) }
        p { (reason) }
        @if let Some(text) = stderr.filter(|text| !text.is_empty()) {
            details { summary { "The end of its stderr" } pre { (text) } }
        }
    }
}
