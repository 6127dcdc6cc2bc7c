//! The cells of one session, each judged with its null control, then all steps together.

use std::collections::BTreeMap;
use std::rc::Rc;

use tminus_contract::error::Result;
use tminus_record::Cell;

use super::{Failed, Figure, Session, Step, Tracked};
use crate::compare::Without;
use crate::evidence::Evidence;
use crate::gate::judge::{deciding, differs_by_chance, spent};
use crate::gate::{ALPHA, Options};
use crate::rank::Interval;
use crate::rank::sweeps::Sweeps;
use crate::side::Side;
use crate::stats::{CONFIDENCE, holm, median, median_interval};
use crate::verdict::{self, Limits, Verdict};

/// Counts that are shown beside what decides.
const COUNTS: [&str; 2] = ["allocations_per_op", "allocated_bytes_per_op"];

/// A cell with its null control.
pub(super) struct Controlled {
    pub(super) tracked: Tracked,
    null: Evidence,
    /// Rounds run so far; they determine the interim look.
    rounds: usize,
}

/// A release with its run.
struct Measured<'a> {
    version: &'a str,
    side: Side<'a>,
}

/// Returns every cell that can be compared, and why the others cannot.
///
/// # Errors
/// [`Error::Usage`](tminus_contract::error::Error::Usage) for a metric that no record has.
pub(super) fn session(
    session: &Session<'_>,
    options: &Options,
) -> Result<(Vec<Controlled>, Vec<Without>)> {
    let metric = options.metric.as_deref();
    let sweeps = Rc::new(Sweeps::of(session.runs.iter().chain([&session.copy])));
    let copy = Side::of(&session.copy, metric, &sweeps)?;
    let measured = |(version, run)| {
        let side = Side::of(run, metric, &sweeps)?;
        Ok(Measured { version, side })
    };
    let versions = session.versions.iter().map(String::as_str);
    let releases = versions.zip(&session.runs).map(measured).collect::<Result<Vec<_>>>()?;
    let (mut cells, mut without) = (Vec::new(), Vec::new());
    for cell in copy.header.cells.iter().filter(|cell| !cell.twin) {
        match controlled(&releases, &copy, cell, options) {
            Ok(cell) => cells.push(cell),
            Err(reason) => without.push(Without { cell: cell.id().to_string(), reason }),
        }
    }
    Ok((cells, without))
}

fn controlled(
    releases: &[Measured<'_>],
    copy: &Side<'_>,
    cell: &Cell,
    options: &Options,
) -> std::result::Result<Controlled, String> {
    let id = cell.id();
    let reason_of = |side: &Side<'_>| side.failed.get(id.as_str()).map(|it| (*it).to_owned());
    if let Some(reason) = reason_of(copy) {
        return Err(format!("failed in the copy: {reason}"));
    }
    if let Some(reason) = reason_of(&releases[0].side) {
        return Err(format!("failed in {}: {reason}", releases[0].version));
    }
    let null = [(&releases[0].side, id.as_str()), (copy, id.as_str())];
    let metric = deciding(null, cell, options);
    let null = Evidence::paired(null, &metric);
    let limits = Limits { margin: options.margin, floor: verdict::floor(&null) };
    let sides = releases.iter().map(|it| &it.side).chain([copy]);
    let rounds = sides.map(|side| side.rounds(id.as_str())).max().unwrap_or(0);
    let judged = Judging { id: id.as_str(), metric: &metric, limits, rounds, options };
    let good: Vec<&Measured<'_>> =
        releases.iter().filter(|it| reason_of(&it.side).is_none()).collect();
    if good.len() < 2 {
        return Err(format!("{} alone completes it", releases[0].version));
    }
    let none = || format!("no round with a `{metric}` in neighbours");
    let steps = good.windows(2).map(|pair| judged.step(pair[0], pair[1]));
    let steps = steps.collect::<Option<Vec<_>>>().ok_or_else(none)?;
    let whole = (good.len() > 2).then(|| judged.step(good[0], good[good.len() - 1])).flatten();
    let figures = good.iter().filter_map(|it| judged.figure(it)).collect();
    let failed = |it: &Measured<'_>| {
        Some(Failed { version: it.version.into(), reason: reason_of(&it.side)? })
    };
    let failed = releases.iter().filter_map(failed).collect();
    let cell = cell.clone();
    let tracked = Tracked { cell, metric: metric.clone(), figures, steps, whole, failed };
    Ok(Controlled { tracked, null, rounds })
}

/// How the steps of one cell are judged.
struct Judging<'a> {
    id: &'a str,
    metric: &'a str,
    limits: Limits,
    rounds: usize,
    options: &'a Options,
}

impl Judging<'_> {
    /// Holds one release against another; `None` without a round in common.
    fn step(&self, from: &Measured<'_>, to: &Measured<'_>) -> Option<Step> {
        let sides = [(&from.side, self.id), (&to.side, self.id)];
        let pair = Evidence::paired(sides, self.metric);
        let (medians, _) = pair.levels(sides, self.metric)?;
        let confidence = self.options.confidence(self.rounds);
        let judged = verdict::judge_at(&pair, self.limits, confidence)?;
        let p = differs_by_chance(&pair, self.limits.effective());
        Some(Step {
            from: from.version.into(),
            to: to.version.into(),
            medians,
            judged,
            p_changed: spent(p, self.rounds, self.options),
            confirmed: None,
            verdict: judged.verdict,
        })
    }

    fn figure(&self, of: &Measured<'_>) -> Option<Figure> {
        let values =
            |metric: &str| -> Vec<f64> { of.side.values(self.id, metric).into_values().collect() };
        let estimate = median_interval(&values(self.metric), CONFIDENCE)?;
        let count = |name: &&str| Some(((*name).to_owned(), median(&values(name))?));
        let counts: BTreeMap<String, f64> = COUNTS.iter().filter_map(count).collect();
        let interval = estimate.interval.map(Interval::from);
        Some(Figure { version: of.version.into(), median: estimate.value, interval, counts })
    }
}

/// Takes back what is no change any more among so many steps of all cells.
pub(super) fn correct(cells: &mut [Controlled]) {
    let mut all: Vec<&mut Step> = cells
        .iter_mut()
        .flat_map(|cell| cell.tracked.steps.iter_mut().chain(&mut cell.tracked.whole))
        .collect();
    let p_values: Vec<f64> = all.iter().map(|step| step.p_changed).collect();
    let adjusted = holm(&p_values).unwrap_or_default();
    for (step, p) in all.iter_mut().zip(adjusted) {
        step.p_changed = p;
        if step.is_change() && p > ALPHA {
            (step.judged.verdict, step.verdict) = (Verdict::Inconclusive, Verdict::Inconclusive);
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
    biased.map(|(cell, _)| cell.tracked.cell.id().to_string()).collect()
}
