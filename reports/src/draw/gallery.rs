//! Every chart of a report, drawn once for the page and for the files.

use std::collections::HashSet;

use tminus_judge::rank::{Ranking, Rounds, Row, Scaling};
use tminus_record::Run;

use super::picture::Picture;
use super::{drift, growth, load, matrix, memory, ranked, samples, scaling, tail, trend};
use crate::Output;
use crate::error::Error;
use crate::model::Records;
use crate::model::drift::Drift;
use crate::model::growth::Growth;
use crate::model::load::Load;
use crate::model::memory::{MEMORY, Memory};
use crate::model::past::Changed;
use crate::model::samples::Samples;
use crate::model::sizes::{groups, largest_of, workloads};
use crate::model::tail::Tail;
use crate::words::sources;

/// Every chart of a report: those of the whole run, then those of each workload in the order of the
/// ranking.
#[derive(Clone, Debug)]
pub struct Gallery {
    /// The first is the matrix.
    pub charts: Vec<Chart>,
    /// Groups without a picture of their own: a run of many thousands would make as many, and the
    /// page has each as a table of dots.
    pub not_drawn: usize,
    /// The names that are taken.
    names: HashSet<String>,
}

/// Groups that have a picture of their own.
const MAX_RANKED: usize = 100;

/// A chart and what it belongs to.
#[derive(Clone, Debug)]
pub struct Chart {
    /// Which question it answers.
    pub kind: Kind,
    /// The workload's id; `None` for charts of the whole run.
    pub workload: Option<String>,
    /// The place of its group in the ranking, for charts of one group.
    pub group: Option<usize>,
    /// The drawing; its name is unique in the gallery.
    pub picture: Picture,
}

/// The kinds of charts, in the order in which a workload shows them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Which executor? The heat map of the whole run.
    Matrix,
    /// Did the machine drift? The rounds of the whole run in their order, with the A/A pair.
    Drift,
    /// Did it change, and when? A cell of the run over the runs of a history.
    Trend,
    /// What happens as the load grows? Latency and CPU time against the offered rate.
    Load,
    /// What do more workers gain? Speed-up and efficiency against the number of workers.
    Scaling,
    /// How does cost grow? Cost against size.
    Growth,
    /// Which executor, how sure? Dots with intervals.
    Ranked,
    /// How bad is the tail? Percentiles of waits, of the workload's largest size.
    Tail,
    /// Can it be trusted? The batches around their median, of the workload's largest size.
    Samples,
    /// What does speed cost? Memory against time, of the workload's largest size.
    Memory,
}

impl Gallery {
    /// Draws all charts of `ranking`, which ranks `run`.
    #[must_use]
    pub fn of(run: &Run, ranking: &Ranking) -> Self {
        let (sources, records) = (sources::line(run), Records::of_run(run));
        let mut gallery = Self { charts: Vec::new(), not_drawn: 0, names: HashSet::new() };
        gallery.push(Kind::Matrix, None, None, matrix::draw(ranking, &sources));
        if let Some(drift) = Drift::of(&records, ranking) {
            gallery.push(Kind::Drift, None, None, drift::draw(&drift, &sources));
        }
        let over_sizes = OverSizes::of(run, ranking);
        let tails = Tail::all(run, &records, ranking);
        let drawn = drawn(ranking);
        gallery.not_drawn = ranking.groups.len() - drawn.len();
        for workload in workloads(ranking) {
            over_sizes.draw(workload, &sources, &mut gallery);
            for (index, group) in groups(ranking, workload).filter(|(at, _)| drawn.contains(at)) {
                let picture = ranked::draw(group, &sources);
                gallery.push(Kind::Ranked, Some(workload), Some(index), picture);
            }
            for tail in tails.iter().filter(|tail| tail.workload == workload) {
                let picture = tail::draw(tail, &sources);
                gallery.push(Kind::Tail, Some(workload), Some(tail.group), picture);
            }
            let Some((index, group)) = largest_of(ranking, workload) else { continue };
            if let Some(samples) = Samples::of(&records, group) {
                let picture = samples::draw(&samples, &sources);
                gallery.push(Kind::Samples, Some(workload), Some(index), picture);
            }
            let bytes = |row: &Row| records.median(&row.cell, MEMORY);
            if let Some(memory) = Memory::of(group, bytes) {
                let picture = memory::draw(&memory, &sources);
                gallery.push(Kind::Memory, Some(workload), Some(index), picture);
            }
        }
        gallery
    }

    /// Adds a chart of each of these series, after those of the whole run.
    #[must_use]
    pub fn with_trends(mut self, changed: &[Changed]) -> Self {
        let at = self.charts.iter().take_while(|chart| chart.workload.is_none()).count();
        let rest = self.charts.split_off(at);
        for Changed { trend, sources } in changed {
            self.push(Kind::Trend, None, None, trend::draw(trend, sources));
        }
        self.charts.extend(rest);
        self
    }

    /// Returns the matrix.
    ///
    /// # Panics
    /// Never: a gallery begins with the matrix.
    #[must_use]
    pub fn matrix(&self) -> &Picture {
        &self.charts.first().expect("begins with the matrix").picture
    }

    /// Adds a chart under a name that no other has: names are ids and files.
    fn push(
        &mut self,
        kind: Kind,
        workload: Option<&str>,
        group: Option<usize>,
        mut picture: Picture,
    ) {
        let name = picture.name.clone();
        let mut number = 2;
        while !self.names.insert(picture.name.clone()) {
            picture.name = format!("{name}-{number}");
            number += 1;
        }
        self.charts.push(Chart { kind, workload: workload.map(Into::into), group, picture });
    }

    /// Returns the charts as files, light and dark: as SVG, and as PNG where `png` asks for it.
    ///
    /// # Errors
    /// Returns [`Error::Picture`] for a chart that cannot be made into a PNG.
    pub fn files(&self, png: bool) -> Result<Vec<Output>, Error> {
        let mut all = Vec::new();
        for Chart { picture, .. } in &self.charts {
            all.extend(picture.files(png)?);
        }
        Ok(all)
    }
}

/// The figures of charts over the sizes of a workload.
struct OverSizes<'a> {
    loads: Vec<Load>,
    scalings: &'a [Scaling],
    growths: Vec<Growth>,
}

impl<'a> OverSizes<'a> {
    fn of(run: &Run, ranking: &'a Ranking) -> Self {
        let is_load = |it: &Growth| Load::is_of(&it.param, &it.metric);
        let growths = Growth::all(ranking).into_iter().filter(|it| !is_load(it)).collect();
        Self { loads: Load::all(ranking, &Rounds::of(run)), scalings: &ranking.scalings, growths }
    }

    fn draw(&self, workload: &str, sources: &str, gallery: &mut Gallery) {
        for load in self.loads.iter().filter(|load| load.workload == workload) {
            gallery.push(Kind::Load, Some(workload), None, load::draw(load, sources));
        }
        for scaling in self.scalings.iter().filter(|it| it.workload == workload) {
            gallery.push(Kind::Scaling, Some(workload), None, scaling::draw(scaling, sources));
        }
        for growth in self.growths.iter().filter(|growth| growth.workload == workload) {
            gallery.push(Kind::Growth, Some(workload), None, growth::draw(growth, sources));
        }
    }
}

/// Returns the places of the groups that have a picture of their own: the one that speaks for each
/// workload, then the first.
fn drawn(ranking: &Ranking) -> HashSet<usize> {
    let speaking = workloads(ranking).into_iter().filter_map(|it| largest_of(ranking, it));
    let mut drawn: HashSet<usize> = speaking.map(|(at, _)| at).take(MAX_RANKED).collect();
    for at in 0..ranking.groups.len() {
        if drawn.len() >= MAX_RANKED {
            break;
        }
        drawn.insert(at);
    }
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fixture;

    /// A run of many sizes makes no picture of each; the largest of each workload has its own.
    #[test]
    fn a_run_of_many_groups_has_as_many_pictures_as_any() {
        let (run, mut ranking) = (fixture::run(), fixture::ranking());
        let groups = ranking.groups.len();
        assert_eq!(Gallery::of(&run, &ranking).not_drawn, 0);
        let first = ranking.groups[0].clone();
        ranking.groups.extend(std::iter::repeat_n(first, 200));
        let gallery = Gallery::of(&run, &ranking);
        let ranked = gallery.charts.iter().filter(|chart| chart.kind == Kind::Ranked);
        assert_eq!((ranked.count(), gallery.not_drawn), (MAX_RANKED, groups + 100));
        let names: HashSet<&str> =
            gallery.charts.iter().map(|chart| chart.picture.name.as_str()).collect();
        assert_eq!(names.len(), gallery.charts.len());
    }
}
