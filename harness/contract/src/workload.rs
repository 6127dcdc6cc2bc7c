//! The contract of a workload: the work, its parameters, its needs, its floor.
//!
//! A workload is one file and one line in the registry. It is written against
//! [`Executor`] and knows none.

use std::fmt;
use std::future::Future;

pub use crate::info::{Budget, Info, Needs, Param, Purpose, Sizes};
use crate::params::Params;
use crate::resources::{self, Demand};
use crate::sample::Meter;
use crate::show::Show;
use crate::{Executor, Order};

/// Work that runs on any executor.
///
/// The life of a cell calls [`stage`](Self::stage) once, [`order`](Self::order) once, then
/// [`sample`](Self::sample) for warm-up, calibration and every stored sample.
pub trait Workload: Sized + Send + Sync + 'static {
    /// The names, ops, metrics and parameters that it declares.
    const INFO: Info;

    /// Whether it makes sense on [`Clock::Virtual`](crate::Clock): it waits for time and
    /// for nothing else, reads the time of [`Meter::clock`], and so do its floors. There it does
    /// not sleep, so it is measured as what is CPU-bound.
    const VIRTUAL_CLOCK: bool = false;

    /// Whether its tasks wait for nothing but their turn, so that the next one is a choice of the
    /// executor.
    const ALWAYS_READY: bool = false;

    /// The category that it is listed under, and that `--workload @CATEGORY` chooses: one of those
    /// of tminus (`classic`, `price`, `field`, `fairness`, `load`) or one of its own.
    const CATEGORY: &'static str = "own";

    /// The kinds of work for which its figures choose an executor.
    const PURPOSES: &'static [Purpose] = &[];

    /// The stage that is set before the clock starts (open connections); `()` for most.
    type Stage<E: Executor>: Send + 'static;

    /// Takes parameters that are complete and within their declared bounds.
    ///
    /// # Errors
    /// One line that says what is wrong with parameters that do not fit each other.
    fn new(params: &Params) -> Result<Self, String>;

    /// Returns what an executor must have for these parameters.
    fn needs(&self) -> Needs;

    /// Sets up what stands before the clock starts.
    fn stage<E: Executor>(
        &self,
        executor: E,
    ) -> impl Future<Output = Result<Self::Stage<E>, Wrong>> + Send;

    /// Does the work `iterations` times inside **one** timed region
    /// ([`Meter::start`] to [`Meter::stop`]) and verifies it, outside of that region where checking
    /// costs time.
    fn sample<E: Executor>(
        &self,
        executor: E,
        stage: &mut Self::Stage<E>,
        iterations: u64,
        meter: &mut Meter,
    ) -> impl Future<Output = Result<(), Wrong>> + Send;

    /// Observes the order of resumptions in a small, untimed instance: the strongest that held.
    /// `None` where the workload says nothing about order. It is compiled once, for an
    /// [`Erased`](crate::Erased) executor.
    fn order<E: Executor>(
        &self,
        executor: E,
    ) -> impl Future<Output = Result<Option<Order>, Wrong>> + Send {
        let _ = executor;
        async { Ok(None) }
    }

    /// Takes the stage down, so that nothing is left when the executor ends.
    fn close<E: Executor>(
        &self,
        executor: E,
        stage: Self::Stage<E>,
    ) -> impl Future<Output = Result<(), Wrong>> + Send {
        let _ = (executor, stage);
        async { Ok(()) }
    }

    /// Plays the classic instance live, as a person would watch it, and shows each piece of text
    /// through `show` when it happens. It is compiled once, for an
    /// [`Erased`](crate::Erased) executor; [`Executor::info`] says which one it is.
    ///
    /// # Errors
    /// The mistake; that there is no demo, unless the workload has one.
    fn demo<E: Executor>(
        executor: E,
        show: Show,
    ) -> impl Future<Output = Result<(), Wrong>> + Send + 'static {
        let _ = (executor, show);
        async { Err(Wrong::Refused("it has no demo".into())) }
    }

    /// Returns the same work in straight-line code with no executor, the best of its kind first;
    /// none where there is no such code.
    #[must_use]
    fn floors() -> Vec<FloorEntry<Self>> {
        Vec::new()
    }
}

/// The same work in straight-line code.
pub trait Floor<W>: Sized {
    /// `floor`, or `floor-` and what is different: `floor-boxed`.
    const ID: &'static str;
    /// One line: what the code does.
    const ABOUT: &'static str;

    /// Sets up what stands before the clock starts.
    ///
    /// # Errors
    /// The error.
    fn stage(workload: &W) -> Result<Self, Wrong>;

    /// Does as [`Workload::sample`].
    ///
    /// # Errors
    /// The mistake in the result.
    fn sample(&mut self, workload: &W, iterations: u64, meter: &mut Meter) -> Result<(), Wrong>;
}

/// One sample of a staged floor.
pub type FloorSample<'a, W> = Box<dyn FnMut(&W, u64, &mut Meter) -> Result<(), Wrong> + 'a>;

/// A [`Floor`] as a value.
pub struct FloorEntry<W> {
    /// [`Floor::ID`].
    pub id: &'static str,
    /// [`Floor::ABOUT`].
    pub about: &'static str,
    /// [`Floor::stage`], giving [`Floor::sample`]; one dynamic call a sample.
    pub stage: fn(&W) -> Result<FloorSample<'static, W>, Wrong>,
}

impl<W: 'static> FloorEntry<W> {
    /// Makes the floor `F`.
    #[must_use]
    pub fn of<F: Floor<W> + 'static>() -> Self {
        Self {
            id: F::ID,
            about: F::ABOUT,
            stage: |workload| {
                let mut floor = F::stage(workload)?;
                Ok(Box::new(move |workload, iterations, meter| {
                    floor.sample(workload, iterations, meter)
                }))
            },
        }
    }
}

/// Why a sample does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// A result that is not what the parameters say it must be.
    Answer(String),
    /// A weaker order than the executor declares.
    Order(String),
    /// A task panicked.
    Panic(String),
    /// An IO error: the machine's fault or the executor's, as [`Wrong::blamed`] finds out.
    Io(String),
    /// The machine refused a resource; with the way out.
    Refused(String),
}

impl Wrong {
    /// Makes a result that differs from the expected one.
    pub fn differs(what: &str, expected: impl fmt::Display, got: impl fmt::Display) -> Self {
        Self::Answer(format!("{what}: expected {expected}, got {got}"))
    }

    /// Gives a wrong answer unless both are equal.
    ///
    /// # Errors
    /// [`Wrong::Answer`] that names both.
    pub fn unless_equal<T: PartialEq + fmt::Display>(
        what: &str,
        expected: T,
        got: T,
    ) -> Result<(), Self> {
        if expected == got { Ok(()) } else { Err(Self::differs(what, expected, got)) }
    }

    /// Turns an IO error or a panic into a refusal of the machine, if the machine refuses `demand`
    /// without any executor, too. Everything else stays as it is.
    #[must_use]
    pub fn blamed(self, demand: Demand) -> Self {
        match self {
            Self::Io(_) | Self::Panic(_) => demand.refused().map_or(self, Self::Refused),
            other => other,
        }
    }
}

impl From<crate::JoinError> for Wrong {
    fn from(error: crate::JoinError) -> Self {
        match error {
            crate::JoinError::Cancelled => {
                Self::Answer("a task was cancelled that should run on".into())
            }
            error @ crate::JoinError::Panicked(_) => Self::Panic(error.message()),
        }
    }
}

impl From<std::io::Error> for Wrong {
    fn from(error: std::io::Error) -> Self {
        match resources::exhausted(&error) {
            Some((_, way_out)) => Self::Refused(format!("{error}: {way_out}")),
            None => Self::Io(format!("IO failed: {error}")),
        }
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Answer(text)
            | Self::Order(text)
            | Self::Panic(text)
            | Self::Io(text)
            | Self::Refused(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A resource that is used up needs no second try; all else is asked of the machine again.
    #[test]
    fn an_error_is_the_machines_only_where_the_machine_refuses() {
        let wrong = |errno| Wrong::from(std::io::Error::from_raw_os_error(errno));
        let (emfile, eagain, enetunreach) = (24, 11, 101);
        assert!(matches!(wrong(emfile), Wrong::Refused(reason) if reason.contains("ulimit -n")));
        for errno in [eagain, enetunreach] {
            assert!(matches!(wrong(errno), Wrong::Io(_)), "{errno}");
            // A machine that refuses nothing is not to blame.
            assert_eq!(wrong(errno).blamed(Demand::default()), wrong(errno));
        }
        let answer = Wrong::Answer("42".into());
        assert_eq!(answer.clone().blamed(Demand { threads: 1, connections: 0 }), answer);
    }
}
