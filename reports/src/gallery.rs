//! Every chart of a report, drawn once for the page and for the files.

use std::collections::BTreeSet;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};

use tminus_harness::rank::{Group, Ranking};
use tminus_harness::store::Run;

use crate::Output;
use crate::chart::{growth, heat, ranked};
use crate::error::Error;
use crate::growth::Growth;
use crate::picture::{Picture, Theme};
use crate::sources;

/// Every chart of a report.
#[derive(Clone, Debug)]
pub struct Gallery {
    /// The matrix.
    pub matrix: Picture,
    /// The workloads in the order of the ranking.
    pub workloads: Vec<Shelf>,
}

/// The charts of a workload.
#[derive(Clone, Debug)]
pub struct Shelf {
    /// The workload's id.
    pub workload: String,
    /// Cost against size, where there are several sizes.
    pub growth: Vec<Picture>,
    /// A chart a group: the group's place in the ranking, and its dots.
    pub ranked: Vec<(usize, Picture)>,
}

/// Pixels of a PNG for each pixel of its chart.
const PNG_SCALE: f32 = 2.0;

impl Gallery {
    /// Draws all charts of `ranking`, which ranks `run`.
    #[must_use]
    pub fn of(run: &Run, ranking: &Ranking) -> Self {
        let sources = sources::line(run);
        let growths = Growth::all(ranking);
        let mut names = BTreeSet::new();
        let mut named = |mut picture: Picture| {
            let name = picture.name.clone();
            let mut number = 2;
            while !names.insert(picture.name.clone()) {
                picture.name = format!("{name}-{number}");
                number += 1;
            }
            picture
        };
        let matrix = named(heat::draw(ranking, &sources));
        let mut workloads: Vec<Shelf> = Vec::new();
        for (index, group) in ranking.groups.iter().enumerate() {
            if !workloads.iter().any(|shelf| shelf.workload == group.workload) {
                let own = growths.iter().filter(|growth| growth.workload == group.workload);
                let growth = own.map(|growth| named(growth::draw(growth, &sources))).collect();
                let workload = group.workload.clone();
                workloads.push(Shelf { workload, growth, ranked: Vec::new() });
            }
            let picture = named(ranked::draw(group, &sources));
            let shelf = workloads.iter_mut().find(|shelf| shelf.workload == group.workload);
            shelf.expect("was put there").ranked.push((index, picture));
        }
        Self { matrix, workloads }
    }

    /// Every chart once.
    pub fn pictures(&self) -> impl Iterator<Item = &Picture> {
        std::iter::once(&self.matrix).chain(self.workloads.iter().flat_map(|shelf| {
            shelf.growth.iter().chain(shelf.ranked.iter().map(|(_, picture)| picture))
        }))
    }

    /// The charts as files: SVG and PNG, light and dark.
    ///
    /// # Errors
    /// [`Error::Picture`] for a chart that cannot be made into a PNG.
    pub fn files(&self) -> Result<Vec<Output>, Error> {
        let themes = [(Theme::Light, "light"), (Theme::Dark, "dark")];
        let jobs: Vec<(&Picture, Theme, &str)> = self
            .pictures()
            .flat_map(|picture| themes.map(|(theme, word)| (picture, theme, word)))
            .collect();
        let mut files = Vec::new();
        for (picture, theme, word) in &jobs {
            let path = format!("charts/{}-{word}.svg", picture.name);
            files.push(Output { path, bytes: picture.file(*theme).into_bytes() });
        }
        for ((picture, _, word), png) in jobs.iter().zip(pngs(&jobs)) {
            files.push(Output { path: format!("charts/{}-{word}.png", picture.name), bytes: png? });
        }
        Ok(files)
    }
}

type Job<'a> = (&'a Picture, Theme, &'a str);

/// In the order of `jobs`, on as many threads as there are cores: this is most of a report's time.
fn pngs(jobs: &[Job<'_>]) -> Vec<Result<Vec<u8>, Error>> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some((picture, theme, _)) = jobs.get(index) else { return done };
            done.push((index, picture.png(*theme, PNG_SCALE)));
        }
    };
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let mut all: Vec<(usize, _)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    });
    all.sort_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, png)| png).collect()
}

/// The groups of a workload with their places in the ranking.
pub(crate) fn groups<'a>(
    ranking: &'a Ranking,
    workload: &str,
) -> impl Iterator<Item = (usize, &'a Group)> {
    let own = ranking.groups.iter().enumerate();
    own.filter(move |(_, group)| group.workload == workload)
}
