//! Records in, text and pictures out; all rounding happens here.
//!
//! The modules stand in the order of the pipeline, and each imports only those before it:
//!
//! - [`words`] names things, rounds figures and makes text from data harmless.
//! - [`model`] computes what is shown; [`findings`] puts it into sentences.
//! - [`draw`] makes charts, one a file.
//! - [`data`], [`terminal`] and [`page`] are the formats: for programs, for a terminal, as HTML.
//!
//! Everything is pure: the caller reads and writes the files. The medians, intervals, ratios and
//! ranks of cells come from [`tminus_judge::rank`] and are computed nowhere else; [`model`] says
//! how batches, rounds and latencies spread around them, and decides nothing.

mod error;
pub mod words;
pub mod model;
pub mod findings;
pub mod draw;
pub mod data;
pub mod terminal;
pub mod page;

pub use error::Error;

use tminus_judge::rank::Ranking;
use tminus_record::Run;

use crate::data::{json, markdown, schema};
use crate::draw::gallery::Gallery;
use crate::model::conformance::Conformance;
use crate::model::past::Past;

/// One file of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Output {
    /// Its path, relative to the report's directory, with `/` between the parts.
    pub path: String,
    /// Its contents.
    pub bytes: Vec<u8>,
}

/// The data that a report shows beside its run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside<'a> {
    /// The history of the place where it was made.
    pub past: Option<&'a Past>,
    /// The findings of the conformance suite.
    pub conformance: Option<&'a Conformance>,
    /// Whether its charts are made as PNG too, which takes most of a report's time.
    pub png: bool,
}

/// Returns every file of the report of `run`, which `ranking` ranks, but for `data.csv`, which may
/// be large: [`data::csv::write`] writes it.
///
/// # Errors
/// Returns [`Error::Picture`] for a chart that cannot be made into a picture.
pub fn report(run: &Run, ranking: &Ranking, beside: &Beside<'_>) -> Result<Vec<Output>, Error> {
    let file = |path: &str, text: String| Output { path: path.into(), bytes: text.into_bytes() };
    let mut gallery = Gallery::of(run, ranking);
    if let Some(past) = beside.past {
        gallery = gallery.with_trends(&past.trends(ranking));
    }
    let mut files = vec![
        file("index.html", page::run::page(run, ranking, &gallery, beside)),
        file("report.md", markdown::report(run, ranking)),
        file("ranking.json", json::pretty(ranking)),
        file("ranking.schema.json", schema::RANKING.into()),
    ];
    files.extend(page::run::cells(run, ranking, &gallery, beside));
    files.extend(gallery.files(beside.png)?);
    Ok(files)
}

#[cfg(test)]
mod testing;
