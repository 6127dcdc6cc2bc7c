//! The plan that a program reports. It may be any program, so its answer is checked against what
//! it was asked for.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use anyhow::{anyhow, ensure};
use tminus_contract::Clock;
use tminus_measure::child::{self, Program};
use tminus_measure::store;
use tminus_record::{Filter, Header};

use crate::cli::{Filters, Size};

/// A program that does not say by then what it would run is no tminus.
const ANSWER: Duration = Duration::from_secs(30);

/// The plan that programs are asked for.
pub(super) struct Query {
    pub(super) seed: u64,
    pub(super) rounds: u32,
    pub(super) profile: Size,
}

impl Query {
    /// Returns the headers of both programs. A name that only one of them knows is kept from the
    /// other.
    ///
    /// # Errors
    /// Programs that are no tminus, or answer something else than they were asked; names that
    /// neither knows.
    pub(super) fn both(&self, paths: [&Path; 2], filters: &Filters) -> anyhow::Result<[Header; 2]> {
        match paths.map(|path| self.header_of(path, filters)) {
            [Err(refused), Ok(other)] => Ok([self.again(paths[0], filters, refused)?, other]),
            [Ok(other), Err(refused)] => Ok([other, self.again(paths[1], filters, refused)?]),
            [one, other] => Ok([one?, other?]),
        }
    }

    /// Asks a program that has `refused` the filters again, with those that it knows.
    fn again(
        &self,
        path: &Path,
        filters: &Filters,
        refused: anyhow::Error,
    ) -> anyhow::Result<Header> {
        if filters.workload.is_empty() && filters.executor.is_empty() {
            return Err(refused);
        }
        let all = self.header_of(path, &Filters::default());
        match all.ok().and_then(|all| known(&all, filters)) {
            Some(known) => self.header_of(path, &known),
            None => Err(refused),
        }
    }

    /// Returns the header of one program.
    ///
    /// # Errors
    /// As for [`both`](Self::both).
    pub(super) fn header_of(&self, path: &Path, filters: &Filters) -> anyhow::Result<Header> {
        let Self { seed, rounds, profile } = self;
        let mut words: Vec<OsString> = vec!["header".into()];
        words.extend(["--rounds".into(), rounds.to_string().into()]);
        words.extend(["--seed".into(), seed.to_string().into()]);
        words.extend(["--profile".into(), profile.name().into()]);
        words.extend(filters.words().into_iter().map(OsString::from));
        let at = || path.display().to_string();
        let answer = child::ask(&Program::new(path).arguments(words), ANSWER)
            .map_err(|reason| anyhow!("{}: did not tell what it would run: {reason}", at()))?;
        let header = store::header_of(&answer)
            .map_err(|reason| anyhow!("{}: is no tminus of this version: {reason}", at()))?;
        let is_asked = header.rounds == *rounds
            && header.seed == *seed
            && header.profile == (*profile).into()
            && header.clock == Clock::Real;
        ensure!(
            is_asked,
            "{}: was asked for {rounds} rounds of profile {} with seed {seed}, and would run {} of \
             {:?} with {} on a {:?} clock",
            at(),
            profile.name(),
            header.rounds,
            header.profile,
            header.seed,
            header.clock,
        );
        Ok(header)
    }
}

/// Returns the filters without the names that a program whose whole plan is `all` does not know.
/// `None` if it knows all of them, or none that chooses something.
fn known(all: &Header, filters: &Filters) -> Option<Filters> {
    let floors = all.workloads.iter().flat_map(|it| &it.floors).map(|(id, _)| id);
    let executors: Vec<&String> = all.executors.iter().map(|it| &it.id).chain(floors).collect();
    let is_executor = |text: &String| {
        Filter::parse(&[], std::slice::from_ref(text), &[], &[])
            .is_ok_and(|filter| executors.iter().any(|id| filter.executor(id)))
    };
    let is_workload = |text: &String| {
        Filter::parse(std::slice::from_ref(text), &[], &[], &[])
            .is_ok_and(|filter| all.workloads.iter().any(|it| filter.workload(&it.id)))
    };
    let mut known = filters.clone();
    known.executor.retain(is_executor);
    known.workload.retain(is_workload);
    let lengths = |it: &Filters| [it.executor.len(), it.workload.len()];
    let emptied = |(now, before): (usize, usize)| now == 0 && before > 0;
    let (now, before) = (lengths(&known), lengths(filters));
    (now != before && !now.into_iter().zip(before).any(emptied)).then_some(known)
}
