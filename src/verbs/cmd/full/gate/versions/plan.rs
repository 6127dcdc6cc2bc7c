//! The plan of `versions`, as it lies in the directory: the releases, how to judge, and what their
//! programs run. The file that is read may hold anything.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, ensure};
use serde::{Deserialize, Serialize};
use tminus_judge::compare::{self, Without};
use tminus_judge::gate::{self, Options};
use tminus_judge::versions::Release;
use tminus_record::text::escape;
use tminus_record::{Cell, Header};

use super::super::allowance::Allowance;
use super::super::directory::{self, MOST_SIDES, VERSIONS};
use super::super::plan::{align, check_headers};
use super::super::query::Query;
use super::super::source::{self, Builds};
use super::releases;
use crate::cli;
use crate::patch::{self, Patch, Replacement};

/// So many of the newest releases, if the user names none.
const LAST: usize = 6;

/// The state that is needed to resume, beside the headers in the run files.
#[derive(Serialize, Deserialize)]
pub(super) struct Plan {
    schema: u32,
    #[serde(rename = "crate")]
    pub(super) name: String,
    pub(super) releases: Vec<Release>,
    pub(super) options: Options,
    #[serde(flatten)]
    pub(super) allowance: Allowance,
    /// Those of the first release that is measured, its copy, the others.
    pub(super) headers: Vec<Header>,
    /// Cells that not all of them have.
    pub(super) without: Vec<Without>,
}

impl Plan {
    /// Returns the plan in `directory`.
    ///
    /// # Errors
    /// A file that is no plan.
    pub(super) fn read(directory: &Path) -> anyhow::Result<Self> {
        directory::check(VERSIONS, directory)?;
        let path = directory.join(VERSIONS.plan);
        let at = || path.display().to_string();
        let text = fs::read(&path).with_context(at)?;
        let plan: Self = serde_json::from_slice(&text)
            .with_context(|| format!("{}: is no plan of versions", at()))?;
        ensure!(plan.schema == tminus_record::SCHEMA, "{}: of another version of tminus", at());
        plan.check().map_err(|what| anyhow!("{}: is no plan of versions: {what}", at()))?;
        Ok(plan)
    }

    /// Refuses what would not end well: versions become names of files.
    fn check(&self) -> Result<(), String> {
        patch::crate_name(&self.name)?;
        let mut distinct = BTreeSet::new();
        for Release { version, .. } in &self.releases {
            patch::version(version)?;
            if !distinct.insert(version) {
                return Err(format!("{version} stands there twice"));
            }
        }
        let count = self.measured().len();
        if count < 2 || count + 1 > MOST_SIDES || self.headers.len() != count + 1 {
            return Err(format!("{count} releases and {} headers", self.headers.len()));
        }
        self.options.check()?;
        self.allowance.check()?;
        check_headers(&self.headers, &self.options)
    }

    /// Returns the versions of the releases that are measured, in order.
    pub(super) fn measured(&self) -> Vec<String> {
        let measured = self.releases.iter().filter(|release| release.left_out.is_none());
        measured.map(|release| release.version.clone()).collect()
    }

    /// Begins in a directory of its own: finds the releases, builds their programs, and asks them.
    ///
    /// # Errors
    /// A crate without releases; fewer than two that can be measured.
    pub(super) fn begin(arguments: &cli::Versions) -> anyhow::Result<(Self, PathBuf)> {
        let name = arguments.name.clone().context("no crate is named")?;
        let options = arguments.judging.options();
        options.check().map_err(|what| anyhow!("--rounds, --looks: {what}"))?;
        let versions = versions(arguments, &name)?;
        let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..));
        let asked = Query { seed, rounds: options.most_rounds(), profile: arguments.profile };
        let (mut built, _lock) = built(arguments, &name, &versions)?;
        for release in &mut built {
            release.ask(&asked, &arguments.filters);
        }
        refuse_others(&mut built);
        let releases: Vec<Release> = built.iter().map(Built::release).collect();
        let good: Vec<(PathBuf, Header)> = built.into_iter().filter_map(Built::good).collect();
        ensure!(good.len() > 1, "fewer than two releases can be measured{}", reasons(&releases));
        let (programs, mut headers): (Vec<PathBuf>, Vec<Header>) = good.into_iter().unzip();
        if let Some(metric) = &options.metric {
            for header in &mut headers {
                gate::keep_cells_with(metric, header)?;
            }
        }
        let without = keep_common(&mut headers);
        ensure!(!headers[0].cells.is_empty(), "the releases have no such cell in common");
        headers.insert(1, headers[0].clone());
        align(&mut headers);
        let allowance = Allowance::new(arguments.judging.budget, &arguments.bounds);
        let schema = tminus_record::SCHEMA;
        let plan = Self { schema, name, releases, options, allowance, headers, without };
        let directory = directory::create(VERSIONS, &arguments.out, seed)?;
        let mut sides: Vec<&Path> = programs.iter().map(PathBuf::as_path).collect();
        sides.insert(1, sides[0]);
        directory::fill(VERSIONS, &directory, &plan, &sides)?;
        Ok((plan, directory))
    }
}

/// Returns the versions that the user asks for.
fn versions(arguments: &cli::Versions, name: &str) -> anyhow::Result<Vec<String>> {
    let named = &arguments.versions;
    if named.is_empty() {
        return releases::newest(&arguments.out, name, arguments.last.unwrap_or(LAST));
    }
    let distinct: BTreeSet<&String> = named.iter().collect();
    ensure!(distinct.len() == named.len(), "--versions: one stands there twice");
    ensure!(named.len() > 1, "--versions: one release alone shows no change");
    ensure!(named.len() < MOST_SIDES, "--versions: more than {} releases", MOST_SIDES - 1);
    Ok(named.clone())
}

/// A release with its program and what that would run, or why there is none.
struct Built {
    version: String,
    program: Result<(PathBuf, Option<Header>), String>,
}

impl Built {
    fn release(&self) -> Release {
        let left_out = self.program.as_ref().err().map(|why| escape(why));
        Release { version: self.version.clone(), left_out }
    }

    fn good(self) -> Option<(PathBuf, Header)> {
        let (path, header) = self.program.ok()?;
        Some((path, header?))
    }

    fn header(&self) -> Option<&Header> {
        self.program.as_ref().ok()?.1.as_ref()
    }

    /// Asks the program what it would run.
    fn ask(&mut self, query: &Query, filters: &cli::Filters) {
        let Ok((path, header)) = &mut self.program else { return };
        match query.header_of(path, filters) {
            Ok(found) => *header = Some(found),
            Err(why) => self.program = Err(format!("{why:#}")),
        }
    }
}

/// Builds the program of each version, unless it was before. The file is the lock of the place.
fn built(
    arguments: &cli::Versions,
    name: &str,
    versions: &[String],
) -> anyhow::Result<(Vec<Built>, File)> {
    let head = source::head()?;
    let build = source::command(&arguments.build, arguments.features.as_ref(), &[&head, &head]);
    let builds = Builds::new(&arguments.out, build, arguments.program.clone());
    let lock = builds.kept.lock()?;
    let built = versions.iter().map(|version| {
        let patch = Patch { name: name.into(), by: Replacement::Version(version.clone()) };
        let program = builds.built(&head, &[patch]).map(|path| (path, None));
        let program = program.map_err(|why| format!("{why:#}"));
        if let Err(why) = &program {
            crate::cmd::say(format_args!("{name} {version} is left out: {why}"));
        }
        Built { version: version.clone(), program }
    });
    Ok((built.collect(), lock))
}

/// Leaves out the releases whose programs cannot be compared with that of the first.
fn refuse_others(built: &mut [Built]) {
    let Some(first) = built.iter().find_map(|it| it.header().cloned()) else { return };
    for release in built {
        let Some(header) = release.header() else { continue };
        let gains = compare::gains(&first, header);
        let mut differences = compare::differences(&first, header);
        differences.retain(|it| !gains.contains(it));
        if !differences.is_empty() {
            release.program = Err(format!("not comparable: {}", differences.join("; ")));
        }
    }
}

/// Leaves to all headers the cells that all have, without floors and the A/A pair; returns the
/// others.
fn keep_common(headers: &mut [Header]) -> Vec<Without> {
    let own = |header: &Header| -> Vec<Cell> {
        let cells = header.cells.iter().filter(|cell| !cell.is_floor() && !cell.twin);
        cells.cloned().collect()
    };
    let all: Vec<Vec<Cell>> = headers.iter().map(own).collect();
    let is_common = |cell: &Cell| all.iter().all(|cells| cells.contains(cell));
    let common: Vec<Cell> = all[0].iter().filter(|cell| is_common(cell)).cloned().collect();
    headers.iter_mut().for_each(|header| header.cells.clone_from(&common));
    let others = all.iter().flatten().filter(|cell| !is_common(cell));
    let others: BTreeSet<String> = others.map(|cell| cell.id().to_string()).collect();
    let reason = "not in the programs of all releases";
    others.into_iter().map(|cell| Without { cell, reason: reason.into() }).collect()
}

/// Returns why releases are left out.
fn reasons(releases: &[Release]) -> String {
    let of = |it: &Release| Some(format!("; {}: {}", it.version, it.left_out.as_ref()?));
    releases.iter().filter_map(of).collect()
}
