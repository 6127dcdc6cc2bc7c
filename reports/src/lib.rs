//! Records in, text and pictures out; all rounding happens here.
//!
//! The modules stand in the order of the pipeline:
//!
//! - [`number`] rounds, [`escape`] makes text from data harmless, [`words`] names things.
//! - [`matrix`] and [`growth`] join the groups of a ranking, [`sizes`] says which of them speaks
//!   for a workload; [`tail`], [`samples`], [`drift`] and [`memory`] go back to the records of a
//!   run, [`trend`] and [`past`] to a history; [`findings`] puts them into sentences.
//!   [`conformance`] is read from what `tminus verify` found.
//! - [`lens`], [`advice`] and [`portrait`] look at a run by metric, by need and by executor.
//! - [`chart`] draws through plotters onto an SVG backend of our own and gives a [`picture`];
//!   [`gallery`] holds every picture of a report.
//! - [`html`], [`text`], [`markdown`], [`csv`], [`json`] and [`export`] are one format each, and
//!   [`schema`] describes the JSON; [`comparison`] is that of two runs, [`verdict`] that of a gate,
//!   [`history`] that of many runs, and [`site`] makes pages of those.
//!
//! Everything is pure: the caller reads and writes the files. The medians, intervals, ratios and
//! ranks of cells come from [`tminus_harness::rank`] and are computed nowhere else; [`samples`],
//! [`drift`] and [`tail`] show how batches, rounds and latencies spread around them, and decide
//! nothing.

mod error;
pub mod number;
pub mod escape;
pub mod words;
pub mod matrix;
pub mod growth;
pub mod sizes;
mod records;
pub mod tail;
pub mod samples;
pub mod drift;
pub mod memory;
pub mod trend;
pub mod past;
pub mod conformance;
pub mod findings;
pub mod lens;
pub mod advice;
pub mod portrait;
pub mod sources;
mod font;
mod paint;
mod svg;
pub mod picture;
pub mod chart;
pub mod gallery;
mod shell;
pub mod html;
pub mod text;
pub mod comparison;
pub mod verdict;
pub mod history;
pub mod site;
pub mod markdown;
pub mod csv;
pub mod json;
pub mod schema;
pub mod export;

pub use error::Error;

use std::thread::Builder;

use conformance::Conformance;
use gallery::Gallery;
use past::Past;
use tminus_harness::rank::Ranking;
use tminus_harness::store::Run;

/// One file of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Where it belongs, relative to the report's directory, with `/` between the parts.
    pub path: String,
    /// What it holds.
    pub bytes: Vec<u8>,
}

/// What a report shows beside its run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside<'a> {
    /// What a history says of the place where it was made.
    pub past: Option<&'a Past>,
    /// What the conformance suite found.
    pub conformance: Option<&'a Conformance>,
}

/// Every file of the report of `run`, which `ranking` ranks, but for `data.csv`, which may be
/// large: [`csv::write`] writes it.
///
/// # Errors
/// [`Error::Picture`] for a chart that cannot be made into a picture.
pub fn report(run: &Run, ranking: &Ranking, beside: &Beside<'_>) -> Result<Vec<Output>, Error> {
    let file = |path: &str, text: String| Output { path: path.into(), bytes: text.into_bytes() };
    let mut gallery = Gallery::of(run, ranking);
    if let Some(past) = beside.past {
        gallery = gallery.with_trends(&past.trends(ranking));
    }
    let texts = || {
        vec![
            file("index.html", html::page(run, ranking, &gallery, beside)),
            file("report.md", markdown::report(run, ranking)),
            file("ranking.json", json::pretty(ranking)),
            file("ranking.schema.json", schema::RANKING.into()),
        ]
    };
    // Most of the time goes into the pictures, on every core: nobody waits for the texts before.
    let (mut files, charts) = std::thread::scope(|scope| {
        let charts = Builder::new().spawn_scoped(scope, || gallery.files());
        let texts = texts();
        // A system that gives no thread: on this one, after the texts.
        (texts, charts.map_or_else(|_| gallery.files(), |charts| charts.join().expect("no panic")))
    });
    files.extend(charts?);
    Ok(files)
}

#[cfg(test)]
mod absurd;

#[cfg(test)]
mod fixture;

#[cfg(test)]
mod fixture_past;

#[cfg(test)]
mod look;
