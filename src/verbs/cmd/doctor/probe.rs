//! How loud the machine is to the gate: two identical children that take turns for some rounds.

use std::time::{Duration, Instant};

use anyhow::Context as _;
use tempfile::TempDir;
use tminus_contract::Clock;
use tminus_judge::forecast::Forecast;
use tminus_judge::rank::Rounds;
use tminus_measure::child::{Cancel, Program};
use tminus_measure::header::{self, Query};
use tminus_measure::machine::{Check, Fit};
use tminus_measure::run::{Children, Watch};
use tminus_measure::store::{self, Writer};
use tminus_record::{Cell, Filter, Header, Profile, Record};

use crate::Catalog;

/// Enough to tell the noise of a round within a third.
const ROUNDS: u32 = 40;

/// A child of the smallest profile takes milliseconds.
const DEADLINE: Duration = Duration::from_secs(30);

/// The regression that the forecast is made for, and the margin that it is told from by default.
const REGRESSION: f64 = 1.03;
const MARGIN: f64 = 1.01;

/// Where a gate finds only more in a second a cell, the machine is unfit for one.
const POOR: f64 = 1.05;

/// Returns what a gate can find here, or why that cannot be told.
pub(super) fn probe(catalog: Catalog) -> Check {
    let name = "gate".to_owned();
    match forecast(catalog) {
        Ok(forecast) => {
            let (found, seconds) =
                (forecast.found_in(1.0, MARGIN), forecast.time_for(REGRESSION, MARGIN));
            let finding = format!(
                "two identical children that take turns differ by {:.1} % in a round: finds {:.1} % in \
                 1 s a cell of one worker, 3 % in {seconds:.1} s",
                100.0 * forecast.noise.exp_m1(),
                100.0 * (found - 1.0),
            );
            let fit = if found > POOR { Fit::Poor } else { Fit::Good };
            let remedy = "wait until its neighbours are quiet, or give the gate more `--rounds`";
            let remedy = if fit == Fit::Poor { remedy.to_owned() } else { String::new() };
            Check { name, finding, fit, remedy }
        }
        Err(error) => {
            let finding = tminus_record::text::escape(&format!("cannot be tried: {error:#}"));
            Check { name, finding, fit: Fit::Unknown, remedy: String::new() }
        }
    }
}

/// Watches nothing.
struct Silent;

impl Watch for Silent {
    fn starts(&mut self, _: &Cell, _: u32) {}
    fn ended(&mut self, _: &Cell, _: &Record) {}
    fn given_up(&mut self, _: &Cell, _: usize) {}
}

fn forecast(catalog: Catalog) -> anyhow::Result<Forecast> {
    let header = pair(catalog)?;
    let here = TempDir::new()?;
    let path = here.path().join("probe.jsonl");
    let mut file = Writer::create(&path, &header)?;
    let children = Children {
        program: Program::current()?,
        deadline: DEADLINE,
        memory_limit_bytes: None,
        cancel: Cancel::new()?,
    };
    let started = Instant::now();
    tminus_measure::run::run(&header, &[], &children, &mut file, &mut Silent)?;
    // A gate has a third child.
    let round = started.elapsed().mul_f64(1.5) / ROUNDS;
    let (run, _) = store::read(&path)?;
    let rounds = Rounds::of(&run);
    let [ours, theirs] = [true, false].map(|twin| {
        let cell = header.cells.iter().find(|cell| cell.twin == twin).map(Cell::id);
        cell.map(|cell| rounds.values(&cell, "cpu_ns_per_op")).unwrap_or_default()
    });
    let both = ours.iter().filter_map(|(round, value)| {
        let (_, other) = theirs.iter().find(|(other, _)| other == round)?;
        Some((value / other).ln())
    });
    let failed = || format!("{:?}", run.records.first().map(|record| &record.outcome));
    Forecast::of(&both.collect::<Vec<_>>(), round).with_context(failed)
}

/// Returns the header of a run of the A/A pair alone.
fn pair(catalog: Catalog) -> anyhow::Result<Header> {
    let query = Query {
        profile: Profile::Quick,
        filter: &Filter::default(),
        limits: crate::cmd::limits(),
        clock: Clock::Real,
        rounds: Some(ROUNDS),
        seed: None,
    };
    let mut header = header::header(&catalog.registry(), query, catalog.provenance())?;
    let twin = header.cells.iter().find(|cell| cell.twin).context("no cell can run here")?;
    let pair = [twin.clone(), Cell { twin: false, ..twin.clone() }];
    header.cells.retain(|cell| pair.contains(cell));
    Ok(header)
}
