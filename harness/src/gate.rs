//! What a gate says over two programs whose children ran in turns. No I/O.
//!
//! A session is three runs of the same cells and rounds: the baseline, a copy of it, the candidate. The
//! copy is the null control: what it shows is what this environment makes of no change at all. A cell
//! regressed if its interval lies beyond its margin, if that still counts among so many cells, and if
//! a second session, in the opposite order, says so again.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::compare::{Paired, Resolution, Side, Without};
use crate::error::Result;
use crate::plan::Cell;
use crate::rank::{self, Interval, Ratio, facts_of, quantile_of};
use crate::record::Outcome;
use crate::stats::{CONFIDENCE, detectable, holm};
use crate::store::{Header, Run};
use crate::verdict::{self, Judged, Limits, Verdict};

/// The version of [`Gate`] as JSON.
pub const SCHEMA: u32 = 1;

/// What is left to chance over all looks and cells.
const ALPHA: f64 = 1.0 - CONFIDENCE;

/// Three runs whose children ran in turns.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// The program that is the yardstick.
    pub baseline: Run,
    /// The same program under another name.
    pub copy: Run,
    /// The program that is judged.
    pub candidate: Run,
}

/// How to judge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Options {
    /// The factor above 1 that is important.
    pub margin: f64,
    /// The factor above 1 that an inconclusive cell must not reach.
    pub detect: f64,
    /// The same for a cell of several workers: those vary more, and no patience makes up for it.
    pub detect_many: f64,
    /// The metric; else CPU time of the fastest batch where the workload counts time an op, and the
    /// workload's own first metric where it does not.
    pub metric: Option<String>,
    /// Rounds before the first look.
    pub rounds: u32,
    /// How often at most the rounds are looked at to see which cells are decided.
    pub looks: u32,
}

/// Of what is left to chance, the share that the first look spends if it is not the only one. Most
/// cells are decided there; each later look has an equal share of the rest (Bonferroni's inequality,
/// so whatever the looks have to do with each other).
const FIRST_LOOK: f64 = 0.8;

impl Options {
    /// The factor that `cell` must not reach while it is open.
    #[must_use]
    pub fn detect_of(&self, cell: &Cell) -> f64 {
        let has_many = cell.workers.is_some_and(|workers| workers > 1);
        if has_many { self.detect_many.max(self.detect) } else { self.detect }
    }

    /// The confidence of the interval of a cell after `rounds`.
    #[must_use]
    pub fn confidence(&self, rounds: usize) -> f64 {
        let share = match self.looks {
            0 | 1 => 1.0,
            _ if rounds <= self.rounds as usize => FIRST_LOOK,
            looks => (1.0 - FIRST_LOOK) / f64::from(looks - 1),
        };
        1.0 - ALPHA * share
    }
}

/// What came of a gate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// [`SCHEMA`].
    pub schema: u32,
    /// The whole in one word.
    pub end: End,
    /// Every cell that could be compared.
    pub cells: Vec<Gated>,
    /// Cells without a comparison, and why.
    pub without: Vec<Without>,
    /// Cells that fail in the candidate alone.
    pub broken: Vec<Broken>,
    /// Cells whose null control shows a difference that is none: the environment is unfit.
    pub biased: Vec<String>,
    /// How it was judged.
    pub options: Options,
}

/// How a gate ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// No regression, and none that could have hidden beyond the limit of detection.
    Pass,
    /// At least one cell regressed, and again when it was confirmed.
    Regressed,
    /// At least one cell regressed in the first session; it waits for its confirmation.
    Flagged,
    /// No regression was found, but some cell could hide one.
    Inconclusive,
    /// The null control shows a difference.
    Unfit,
}

/// One cell of a gate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gated {
    /// The cell.
    pub cell: Cell,
    /// The metric it was judged by.
    pub metric: String,
    /// Baseline and candidate: the median over rounds, or the quantile over all of them.
    pub medians: [f64; 2],
    /// Where rounds are too short for a quantile of their own: how finely all of them tell it.
    pub resolution: Option<Resolution>,
    /// What the first session says, corrected for the number of cells.
    pub judged: Judged,
    /// The smallest ratio that so many rounds of the baseline against its own copy could have told from
    /// none; `None` with too few of them.
    #[serde(default)]
    pub noise: Option<f64>,
    /// What the second session says, where there was one.
    pub confirmed: Option<Judged>,
    /// The verdict of both.
    pub verdict: Verdict,
    /// Candidate to baseline in wall time, beside a metric that is another.
    pub wall_ratio: Option<f64>,
    /// The tails that the workload declares, beside what decides: shown, not judged.
    pub tails: Vec<Tail>,
}

/// A cell that fails in the candidate and not in the baseline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Broken {
    /// Its id.
    pub cell: String,
    /// Whether it failed in the second session too, where there was one.
    pub again: Option<bool>,
}

/// A quantile that is shown beside what decides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tail {
    /// `lateness_p99_ns`.
    pub metric: String,
    /// Candidate to baseline.
    pub ratio: Ratio,
}

impl Gated {
    /// Whether the cell is open and its own null control varies by more than the limit of detection
    /// `detect`, or could not have told so much from none: then nothing speaks against the change, but
    /// against the cell. Those of several workers that run in one of two ways are often so. What was
    /// flagged, or costs more by more than the margin, speaks against the change.
    #[must_use]
    pub fn is_unsteady(&self, detect: f64) -> bool {
        let limits = self.judged.limits;
        let is_loud = limits.floor > detect || self.noise.is_some_and(|noise| noise > detect);
        let is_clean = self.confirmed.is_none() && self.judged.ratio.median <= limits.effective();
        self.is_open(detect) && is_loud && is_clean
    }

    /// Whether the cell could hide a regression of more than `detect`.
    fn is_open(&self, detect: f64) -> bool {
        self.verdict == Verdict::Inconclusive && self.could_hide() > detect
    }

    /// The largest factor that the cell may have regressed by and gone unnoticed: by the second session,
    /// where there was one.
    #[must_use]
    pub fn could_hide(&self) -> f64 {
        let high = |interval: Interval| interval.high;
        self.confirmed.unwrap_or(self.judged).ratio.interval.map_or(f64::INFINITY, high)
    }
}

/// Keeps the cells of `header` that a gate by `metric` can be about: those whose workloads have it.
///
/// # Errors
/// [`Error::Usage`](crate::error::Error::Usage) for a metric that none of them has.
pub fn keep_cells_with(metric: &str, header: &mut Header) -> Result<()> {
    let expected = |cell: &Cell| facts_of(header, &cell.workload).map(rank::expected);
    let of_cells: Vec<BTreeSet<String>> =
        header.cells.iter().map(|cell| expected(cell).unwrap_or_default()).collect();
    rank::ensure_known(metric, of_cells.iter().flatten().map(String::as_str).collect())?;
    let mut has = of_cells.iter().map(|names| names.contains(metric));
    header.cells.retain(|_| has.next().unwrap_or(false));
    Ok(())
}

/// Judges one session; what regressed in it is flagged.
///
/// # Errors
/// [`Error::Usage`](crate::error::Error::Usage) for a metric that no record has.
pub fn gate(first: &Session, options: &Options) -> Result<Gate> {
    let (mut cells, without) = session(first, options)?;
    correct(&mut cells, options);
    let biased = biased(&cells, options);
    let cells: Vec<Gated> = cells.into_iter().map(|cell| cell.gated).collect();
    let broken = broken(first).into_iter().map(|cell| Broken { cell, again: None }).collect();
    let (end, options) = (End::Pass, options.clone());
    let gate = Gate { schema: SCHEMA, end, cells, without, broken, biased, options };
    Ok(Gate { end: self::end(&gate), ..gate })
}

/// Judges what `flagged` again by a second session, which ran the flagged cells in another order.
///
/// # Errors
/// As for [`gate`].
pub fn confirm(flagged: Gate, second: &Session) -> Result<Gate> {
    let (again, _) = session(second, &flagged.options)?;
    let mut gate = flagged;
    for cell in gate.cells.iter_mut().filter(|cell| cell.verdict == Verdict::Regressed) {
        let found = again.iter().find(|other| other.gated.cell.id() == cell.cell.id());
        cell.confirmed = found.map(|found| found.gated.judged);
        if found.is_some_and(|found| found.gated.judged.verdict != Verdict::Regressed) {
            cell.verdict = Verdict::Inconclusive;
        }
    }
    gate.biased.extend(biased(&again, &gate.options));
    let broken = broken(second);
    gate.broken.iter_mut().for_each(|it| it.again = Some(broken.contains(&it.cell)));
    // What was slow and now fails has not become better.
    let slow = gate.cells.iter().filter(|cell| cell.verdict == Verdict::Regressed);
    let slow = slow.map(|cell| cell.cell.id().to_string()).filter(|cell| broken.contains(cell));
    gate.broken.extend(slow.map(|cell| Broken { cell, again: Some(true) }));
    gate.end = end(&gate);
    Ok(gate)
}

/// The cells whose further rounds could not change how the gate ends: those with a verdict, and those
/// that are open but could not hide more than the limit of detection.
#[must_use]
pub fn decided(gate: &Gate) -> BTreeSet<String> {
    let is_open = |cell: &Gated| cell.is_open(gate.options.detect_of(&cell.cell));
    let closed = gate.cells.iter().filter(|cell| !is_open(cell));
    let cells = closed.map(|cell| cell.cell.id().to_string());
    cells.chain(gate.without.iter().map(|without| without.cell.clone())).collect()
}

/// The cells that one session flags: they must fall again.
#[must_use]
pub fn flagged(gate: &Gate) -> BTreeSet<String> {
    let cells = gate.cells.iter().filter(|cell| cell.verdict == Verdict::Regressed);
    let broken = gate.broken.iter().map(|broken| broken.cell.clone());
    cells.map(|cell| cell.cell.id().to_string()).chain(broken).collect()
}

/// The cells that fail in the candidate and neither in the baseline nor in its copy.
fn broken(session: &Session) -> BTreeSet<String> {
    let failed = |run: &Run| -> BTreeSet<String> {
        let failed = run.records.iter().filter(|it| matches!(it.outcome, Outcome::Failed { .. }));
        failed.map(|record| record.cell.to_string()).collect()
    };
    let theirs = &failed(&session.baseline) | &failed(&session.copy);
    &failed(&session.candidate) - &theirs
}

/// A cell with its null control.
struct Controlled {
    gated: Gated,
    null: Paired,
}

fn session(session: &Session, options: &Options) -> Result<(Vec<Controlled>, Vec<Without>)> {
    let metric = options.metric.as_deref();
    let side = |run| Side::of(run, metric);
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
    let metric = deciding(baseline, cell, options);
    let with = |other| [(baseline, id.as_str()), (other, id.as_str())];
    let (null, pair) = (Paired::of(with(copy), &metric), Paired::of(with(candidate), &metric));
    let limits = Limits { margin: options.margin, floor: verdict::floor(&null) };
    let none = || format!("no round with a `{metric}` in both");
    let (medians, resolution) = pair.levels(with(candidate), &metric).ok_or_else(none)?;
    let confidence = options.confidence(pair.rounds());
    let ends = null.estimate(confidence).and_then(|estimate| estimate.interval);
    let noise = ends.map(|ends| detectable(ends, 0.0).exp());
    let judged = verdict::judge_at(&pair, limits, confidence).ok_or_else(none)?;
    let beside = |metric: &str| Paired::of(with(candidate), metric);
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
    Ok(Controlled { gated, null })
}

/// Quantiles above the median.
fn is_tail(metric: &str) -> bool {
    quantile_of(metric).is_some_and(|(_, at)| at > 0.5)
}

/// The metric that decides over `cell`.
fn deciding(baseline: &Side<'_>, cell: &Cell, options: &Options) -> String {
    let own = baseline.metric(cell);
    let least = "least_cpu_ns_per_op";
    let counts_time = matches!(own, "wall_ns_per_op" | "cpu_ns_per_op");
    let has_least = !baseline.values(cell.id().as_str(), least).is_empty();
    if options.metric.is_none() && counts_time && has_least { least.into() } else { own.into() }
}

/// Takes back what is no regression any more among so many cells.
fn correct(cells: &mut [Controlled], options: &Options) {
    let p_value = |cell: &Controlled| {
        spent(cell.gated.judged.p_regressed, cell.gated.judged.ratio.rounds as usize, options)
    };
    let adjusted = holm(&cells.iter().map(p_value).collect::<Vec<_>>()).unwrap_or_default();
    for (cell, p) in cells.iter_mut().zip(adjusted) {
        if cell.gated.judged.verdict == Verdict::Regressed && p > ALPHA {
            cell.gated.judged.verdict = Verdict::Inconclusive;
            cell.gated.verdict = Verdict::Inconclusive;
        }
    }
}

/// Cells whose copy differs beyond the margin, corrected for the number of cells.
fn biased(cells: &[Controlled], options: &Options) -> Vec<String> {
    let margin_ln = options.margin.ln();
    let p_value = |cell: &Controlled| {
        let null = &cell.null;
        let by_chance = null.above_by_chance(margin_ln).min(null.below_by_chance(-margin_ln));
        spent(2.0 * by_chance, null.rounds(), options)
    };
    let adjusted = holm(&cells.iter().map(p_value).collect::<Vec<_>>()).unwrap_or_default();
    let biased = cells.iter().zip(adjusted).filter(|(_, p)| *p <= ALPHA);
    biased.map(|(cell, _)| cell.gated.cell.id().to_string()).collect()
}

/// The p-value of a cell after `rounds`, as if there had been a single look.
fn spent(p: f64, rounds: usize, options: &Options) -> f64 {
    (p * ALPHA / (1.0 - options.confidence(rounds))).min(1.0)
}

/// One cell in this many may be unsteady in a gate that passes, and one without a comparison.
const UNSTEADY: usize = 5;

fn end(gate: &Gate) -> End {
    let cells = &gate.cells;
    let is_unsteady = |cell: &Gated| cell.is_unsteady(gate.options.detect_of(&cell.cell));
    let unsteady = cells.iter().filter(|cell| is_unsteady(cell)).count();
    let hides = |cell: &Gated| {
        let is_excused = is_unsteady(cell) && unsteady * UNSTEADY <= cells.len();
        cell.is_open(gate.options.detect_of(&cell.cell)) && !is_excused
    };
    let mut regressed = cells.iter().filter(|cell| cell.verdict == Verdict::Regressed);
    let broken = |again| gate.broken.iter().any(|broken| broken.again == again);
    match () {
        () if !gate.biased.is_empty() => End::Unfit,
        () if regressed.clone().any(|cell| cell.confirmed.is_some()) => End::Regressed,
        () if broken(Some(true)) => End::Regressed,
        () if regressed.next().is_some() || broken(None) => End::Flagged,
        () if cells.iter().any(hides) || broken(Some(false)) => End::Inconclusive,
        () if gate.without.len() * UNSTEADY > cells.len() + gate.without.len() => End::Inconclusive,
        () if cells.is_empty() => End::Inconclusive,
        () => End::Pass,
    }
}

#[cfg(test)]
mod tests;
