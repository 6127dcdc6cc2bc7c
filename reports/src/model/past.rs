//! The past of the place where a run was made: its runs there, and where the cells of
//! the run changed, the newest change first.

use tminus_history as history;
use tminus_history::{Change, Findings, Log, Place, Series};
use tminus_judge::change::Options;
use tminus_judge::rank::Ranking;
use tminus_record::Run;

use crate::model::trend::{self, Trend};

/// The history of one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Past {
    /// The place where the run was made.
    pub place: Place,
    /// The runs of this place, and the series of the run's cells.
    pub log: Log,
    /// Their changes, the newest first.
    pub found: Findings,
    /// The number of the run, if it is among them.
    pub number: Option<i64>,
}

/// A series that changed, ready to be drawn, with the line for below the chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    /// The series.
    pub trend: Trend,
    /// Of which program, place and day.
    pub sources: String,
}

/// Charts beyond these are for a site.
const MAX_TRENDS: usize = 4;

impl Past {
    /// Selects from `log` the place of `run`, and cells that `ranking` has, in the versions that
    /// the run has of their workloads.
    #[must_use]
    pub fn of(mut log: Log, run: &Run, ranking: &Ranking) -> Self {
        let header = &run.header;
        let place = Place::of(header);
        let rows = || ranking.groups.iter().flat_map(|group| &group.rows);
        let version = |workload: &str| {
            let facts = header.workloads.iter().find(|facts| facts.id == workload);
            facts.map(|facts| facts.version)
        };
        log.runs.retain(|_, facts| facts.place == place);
        log.series.retain(|series| {
            series.place == place
                && version(&series.cell.workload) == Some(series.workload_version)
                && rows().any(|row| row.cell == series.cell)
        });
        let started = header.provenance.started_unix_ns;
        let number = log.runs.iter().find(|(_, facts)| facts.started_unix_ns == started);
        let number = number.map(|(number, _)| *number);
        let mut found = history::check(&log, &Options::default());
        let places = log.order.places();
        found.changes.sort_by(|a, b| {
            let at = |change: &Change| places.get(&change.first_after.run).copied();
            at(b).cmp(&at(a)).then_with(|| size(b).total_cmp(&size(a)))
        });
        Self { place, log, found, number }
    }

    /// Returns the series with the newest changes, one for each workload and executor, since those
    /// of one mostly change together; families are those of `ranking`.
    #[must_use]
    pub fn trends(&self, ranking: &Ranking) -> Vec<Changed> {
        let mut chosen: Vec<&Series> = Vec::new();
        for change in &self.found.changes {
            let Some(series) = self.log.series.iter().find(|it| change.is_of(it)) else { continue };
            let alike = |known: &&Series| {
                (&known.cell.workload, &known.cell.executor)
                    == (&series.cell.workload, &series.cell.executor)
            };
            if chosen.len() < MAX_TRENDS && !chosen.iter().any(alike) {
                chosen.push(series);
            }
        }
        let rows = || ranking.groups.iter().flat_map(|group| &group.rows);
        let changed = |series: &Series| {
            let family = rows().find(|row| row.cell == series.cell)?.family;
            let trend = Trend::of(&self.log, series, &self.found, family)?;
            Some(Changed { trend, sources: trend::sources(&self.log, series) })
        };
        chosen.into_iter().filter_map(changed).collect()
    }
}

/// Returns how far a change lies from none.
fn size(change: &Change) -> f64 {
    change.ratio.map_or(f64::INFINITY, |ratio| ratio.ln().abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{fixture, fixture_past};

    #[test]
    fn the_newest_change_stands_first_and_other_places_are_left_out() {
        let (run, ranking) = (fixture::run(), fixture::ranking());
        let mut log = fixture_past::log(&run, &ranking, 20);
        let all = log.series.len();
        let elsewhere = Place { cpu: "Other CPU".into(), ..Place::of(&run.header) };
        let mut other = log.series[0].clone();
        other.place = elsewhere.clone();
        log.series.push(other);
        let mut older = log.series[0].clone();
        older.workload_version += 1;
        log.series.push(older);
        let mut facts = log.runs[&1].clone();
        facts.place = elsewhere;
        log.runs.insert(99, facts);
        let past = Past::of(log, &run, &ranking);
        assert_eq!((past.log.series.len(), past.log.runs.len()), (all, 20));
        assert_eq!(past.number, Some(20));
        let cells: Vec<&str> = past.found.changes.iter().map(|it| it.cell.as_str()).collect();
        let ids = [1, 0].map(|at| past.log.series[at].cell.id());
        assert_eq!(cells, [ids[0].as_str(), ids[1].as_str()], "{:?}", past.found.changes);
        let trends = past.trends(&ranking);
        assert_eq!(trends.len(), 2);
        assert_eq!(trends[0].trend.cell, ids[0].as_str());
        assert!(trends[0].sources.contains("Example CPU"), "{}", trends[0].sources);
    }
}
