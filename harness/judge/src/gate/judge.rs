//! The cells of one session, each judged with its null control, then all together.

use std::rc::Rc;

use tminus_contract::error::Result;
use tminus_record::Cell;

use super::options::ALPHA;
use super::{Gated, Options, Session, Tail};
use crate::compare::Without;
use crate::evidence::Evidence;
use crate::rank::quantile_of;
use crate::rank::sweeps::Sweeps;
use crate::side::Side;
use crate::stats::{CONFIDENCE, detectable, holm};
use crate::verdict::{self, Limits, Verdict};

/// A cell with its null control.
pub(super) struct Controlled {
    pub(super) gated: Gated,
    null: Evidence,
    /// Rounds run so far; they determine the interim look.
    rounds: usize,
}

/// Returns every cell that can be compared, and why the others cannot.
///
/// # Errors
/// [`Error::Usage`](tminus_contract::error::Error::Usage) for a metric that no record has.
pub(super) fn session(
    session: &Session,
    options: &Options,
) -> Result<(Vec<Controlled>, Vec<Without>)> {
    let metric = options.metric.as_deref();
    let runs = [&session.baseline, &session.copy, &session.candidate];
    let sweeps = Rc::new(Sweeps::of(runs));
    let side = |run| Side::of(run, metric, &sweeps);
    let sides = [side(&session.baseline)?, side(&session.copy)?, side(&session.candidate)?];
    let (mut cells, mut without) = (Vec::new(), Vec::new());
    for cell in sides[0].header.cells.iter().filter(|cell| !cell.twin) {
        match controlled(&sides, cell, options) {
            Ok(cell) => cells.push(cell),
            Err(reason) => without.push(Without { cell: cell.id().to_string(), reason }),
        }
    }
    Ok((cells, without))
}

fn controlled(
    [baseline, copy, candidate]: &[Side<'_>; 3],
    cell: &Cell,
    options: &Options,
) -> std::result::Result<Controlled, String> {
    let id = cell.id();
    let names = [(baseline, "the baseline"), (copy, "its copy"), (candidate, "the candidate")];
    for (side, name) in names {
        if let Some(reason) = side.failed.get(id.as_str()) {
            return Err(format!("failed in {name}: {reason}"));
        }
    }
    let with = |other| [(baseline, id.as_str()), (other, id.as_str())];
    let metric = deciding(with(copy), cell, options);
    let (null, pair) =
        (Evidence::paired(with(copy), &metric), Evidence::paired(with(candidate), &metric));
    let limits = Limits { margin: options.margin, floor: verdict::floor(&null) };
    let none = || format!("no round with a `{metric}` in both");
    let (medians, resolution) = pair.levels(with(candidate), &metric).ok_or_else(none)?;
    let rounds = names.iter().map(|(side, _)| side.rounds(id.as_str())).max().unwrap_or(0);
    let confidence = options.confidence(rounds);
    let ends = null.estimate(confidence).and_then(|estimate| estimate.interval);
    let noise = ends.map(|ends| detectable(ends, 0.0).exp());
    let judged = verdict::judge_at(&pair, limits, confidence).ok_or_else(none)?;
    let beside = |metric: &str| Evidence::paired(with(candidate), metric);
    let wall_ratio = Some("wall_ns_per_op").filter(|wall| metric != *wall);
    let wall_ratio = wall_ratio.and_then(|wall| beside(wall).ratio());
    let declared = baseline.declared(cell).iter().filter(|tail| is_tail(tail) && **tail != metric);
    let tail = |name: &String| {
        Some(Tail { metric: name.clone(), ratio: verdict::ratio(&beside(name), CONFIDENCE)? })
    };
    let tails = declared.filter_map(tail).collect();
    let (cell, verdict) = (cell.clone(), judged.verdict);
    let gated = Gated {
        cell,
        metric,
        medians,
        resolution,
        judged,
        noise,
        confirmed: None,
        verdict,
        wall_ratio,
        tails,
    };
    Ok(Controlled { gated, null, rounds })
}

/// Returns whether it is a quantile above the median.
fn is_tail(metric: &str) -> bool {
    quantile_of(metric).is_some_and(|(_, at)| at > 0.5)
}

/// The times that may decide: of the fastest batch, which is the steadiest one where some batch of
/// each child is undisturbed, and of batches beside each other, where none is.
const CPU_TIMES: [&str; 2] = ["least_cpu_ns_per_op", "cpu_ns_per_op"];

/// Returns the metric that decides over `cell`, of which `null` are two copies of one program:
/// where that is its time, the one of [`CPU_TIMES`] in which these vary less. The candidate has no
/// part in the choice, and neither has what the two differ by. A latency of a few cold events, as
/// how long a cancel takes, differs more than twofold between two orders of the same functions: it
/// decides only if it is asked for.
pub(crate) fn deciding(null: [(&Side<'_>, &str); 2], cell: &Cell, options: &Options) -> String {
    let baseline = null[0].0;
    let own = baseline.metric(cell);
    let counts_time =
        matches!(own, "wall_ns_per_op" | "cpu_ns_per_op") || quantile_of(own).is_some();
    if options.metric.is_some() || !counts_time {
        return own.into();
    }
    let may = if baseline.header.turns { &CPU_TIMES[..] } else { &CPU_TIMES[..1] };
    let of = |metric: &&'static str| Some((Evidence::paired(null, metric).spread()?, *metric));
    let least = may.iter().filter_map(of).min_by(|a, b| a.0.total_cmp(&b.0));
    least.map_or(own, |(_, metric)| metric).into()
}

/// Takes back what is no regression any more among so many cells.
pub(super) fn correct(cells: &mut [Controlled], options: &Options) {
    let p_value = |cell: &Controlled| spent(cell.gated.judged.p_regressed, cell.rounds, options);
    let adjusted = holm(&cells.iter().map(p_value).collect::<Vec<_>>()).unwrap_or_default();
    for (cell, p) in cells.iter_mut().zip(adjusted) {
        if cell.gated.judged.verdict == Verdict::Regressed && p > ALPHA {
            cell.gated.judged.verdict = Verdict::Inconclusive;
            cell.gated.verdict = Verdict::Inconclusive;
        }
    }
}

/// Returns the cells whose copy differs beyond the margin, corrected for the number of cells.
pub(super) fn biased(cells: &[Controlled], options: &Options) -> Vec<String> {
    let p_value = |cell: &Controlled| {
        spent(differs_by_chance(&cell.null, options.margin), cell.rounds, options)
    };
    let adjusted = holm(&cells.iter().map(p_value).collect::<Vec<_>>()).unwrap_or_default();
    let biased = cells.iter().zip(adjusted).filter(|(_, p)| *p <= ALPHA);
    biased.map(|(cell, _)| cell.gated.cell.id().to_string()).collect()
}

/// Returns the p-value of "within the factor `margin`, whichever way it goes".
pub(crate) fn differs_by_chance(pair: &Evidence, margin: f64) -> f64 {
    let margin_ln = margin.ln();
    let by_chance = pair.above_by_chance(margin_ln).min(pair.below_by_chance(-margin_ln));
    (2.0 * by_chance).min(1.0)
}

/// Returns the p-value of a cell that was run for `rounds`, as if there had been a single look.
pub(crate) fn spent(p: f64, rounds: usize, options: &Options) -> f64 {
    (p * ALPHA / (1.0 - options.confidence(rounds))).min(1.0)
}
