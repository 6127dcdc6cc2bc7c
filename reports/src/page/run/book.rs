//! The data of the sections of the page, computed once.

use std::collections::HashMap;

use tminus_judge::rank::{Ranking, Rounds};
use tminus_record::{Cell, Run, WorkloadFacts};

use super::figures::Figures;
use crate::draw::gallery::Gallery;
use crate::draw::picture::slug;
use crate::model::Records;
use crate::model::advice::{self, Answer};
use crate::model::matrix::Matrix;
use crate::model::portrait::{self, Portrait};
use crate::{Beside, words};

/// A run with all that the page says of it.
pub(super) struct Book<'a> {
    pub(super) run: &'a Run,
    pub(super) ranking: &'a Ranking,
    pub(super) gallery: &'a Gallery,
    pub(super) beside: &'a Beside<'a>,
    pub(super) figures: Figures<'a>,
    pub(super) rounds: Rounds<'a>,
    pub(super) records: Records<'a>,
    pub(super) matrix: Matrix,
    pub(super) answers: Vec<Answer<'a>>,
    pub(super) portraits: Vec<Portrait<'a>>,
    /// The rows of the matrix, and then the floors: name and first cell. Names are unique.
    pub(super) lineup: Vec<(String, &'a Cell)>,
}

impl<'a> Book<'a> {
    pub(super) fn of(
        run: &'a Run,
        ranking: &'a Ranking,
        gallery: &'a Gallery,
        beside: &'a Beside<'a>,
    ) -> Self {
        let (rounds, matrix) = (Rounds::of(run), Matrix::of(ranking));
        let answers = advice::answers(run, ranking, &rounds);
        let portraits = portrait::portraits(run, ranking, &rounds, &matrix);
        let lineup = lineup(ranking, &matrix);
        let figures = Figures::of(ranking, gallery);
        let records = Records::of_run(run);
        Self {
            run,
            ranking,
            gallery,
            beside,
            figures,
            rounds,
            records,
            matrix,
            answers,
            portraits,
            lineup,
        }
    }

    pub(super) fn facts(&self, workload: &str) -> Option<&'a WorkloadFacts> {
        self.run.header.workloads.iter().find(|facts| facts.id == workload)
    }

    /// Returns the anchor of an executor's section.
    pub(super) fn anchor(&self, executor: &str) -> Option<String> {
        let at = self.run.header.executors.iter().position(|facts| facts.id == executor)?;
        Some(format!("executor-{at}-{}", slug(executor)))
    }
}

fn lineup<'a>(ranking: &'a Ranking, matrix: &Matrix) -> Vec<(String, &'a Cell)> {
    let cells = ranking.groups.iter().flat_map(|group| &group.rows).map(|row| &row.cell);
    let (mut first, mut floors) = (HashMap::new(), Vec::new());
    for cell in cells.filter(|cell| !cell.twin) {
        let name = words::executor(cell);
        if !first.contains_key(&name) {
            first.insert(name.clone(), cell);
            if cell.is_floor() {
                floors.push(name);
            }
        }
    }
    let names = matrix.rows.iter().map(|row| row.name.clone()).chain(floors);
    names.filter_map(|name| Some((name.clone(), *first.get(&name)?))).collect()
}
