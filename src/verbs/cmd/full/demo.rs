//! `tminus demo`: the classic instance of a workload, live, as a person would watch it.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Builder;

use anyhow::{Context as _, anyhow, bail};
use tminus_contract::channel::{Receiver, oneshot};
use tminus_contract::error::{Error, Named, Result};
use tminus_contract::params::Params;
use tminus_contract::show::{Interrupt, Show};
use tminus_contract::trace::{Recorder, Trace};
use tminus_contract::{Config, ExecutorInfo, Workers};
use tminus_measure::files::replace;
use tminus_measure::process;
use tminus_measure::registry::{Registry, WorkloadEntry};
use tminus_measure::spec::Spec;
use tminus_record::Cell;
use tminus_reports::draw::picture::{PNG_SCALE, Theme};
use tminus_reports::draw::timeline;

use super::spec::workers_of;
use super::{Exit, stdout};
use crate::{Catalog, cli};

pub(super) fn run(catalog: Catalog, arguments: &cli::Demo) -> anyhow::Result<Exit> {
    let registry = catalog.registry();
    let cast = Cast::of(&registry, arguments)?;
    let config = Config { clock: arguments.clock.into(), ..Config::workers(cast.workers.into()) };
    let (workload, executor) = (cast.workload.info.id, cast.executor.id);
    let params = Params::defaults(&cast.workload.info);
    let cell = Cell::new(&cast.workload.info, &params, executor, None);
    process::prepare(&Spec::new(cell), &(cast.executor.environment)(&config))
        .map_err(anyhow::Error::msg)?;
    let form = arguments.timeline.as_deref().map(Form::of).transpose()?;
    let recorder = form.map(|_| Recorder::new(arguments.busy));
    let stopped = Arc::new(AtomicBool::new(false));
    let stops = stopped.clone();
    let interrupt: Interrupt = Arc::new(move || interrupted(stops.clone()));
    let (print, tick) = (Arc::new(show), arguments.tick);
    let show = Show { print, tick, recorder: recorder.clone(), interrupt: Some(interrupt) };
    (cast.workload.demo)(cast.executor, &config, show)
        .map_err(|wrong| anyhow!("{workload} on {executor}: {wrong}"))?;
    if stopped.load(Ordering::SeqCst) {
        return Ok(Exit::Interrupted);
    }
    if let (Some(path), Some(form), Some(recorder)) = (&arguments.timeline, form, recorder) {
        let always_ready = cast.workload.always_ready;
        let trace = recorder.trace(workload, executor, cast.workers);
        let trace = Trace { always_ready, ..trace };
        replace(path, &form.of_trace(&trace, &command(arguments, &cast))?)
            .with_context(|| path.display().to_string())?;
        writeln!(stdout(), "{}", super::shown(path))?;
    }
    Ok(Exit::Ok)
}

/// Which executor plays which workload.
struct Cast<'a> {
    workload: &'a WorkloadEntry,
    executor: &'a ExecutorInfo,
    workers: u16,
}

impl<'a> Cast<'a> {
    /// Finds what the arguments name, and refuses what does not go together before anything is
    /// played.
    fn of(registry: &'a Registry, arguments: &cli::Demo) -> anyhow::Result<Self> {
        let known = registry.workloads.iter().map(|entry| entry.info.id);
        let workload = registry
            .find_workload(&arguments.workload)
            .ok_or_else(|| Error::unknown(Named::Workload, &arguments.workload, known))?;
        let (id, of_id) = match arguments.executor.split_once('/') {
            Some((id, count)) => (id, Some(workers_of(count)?)),
            None => (arguments.executor.as_str(), None),
        };
        let known = registry.executors.iter().map(|info| info.id);
        let executor =
            registry.find_executor(id).ok_or_else(|| Error::unknown(Named::Executor, id, known))?;
        if let Err(reason) = (executor.available)() {
            bail!("{id} cannot run here: {reason}");
        }
        registry.plays(arguments.clock.into(), workload, id).map_err(Error::Usage)?;
        let workers = workers(executor, of_id, arguments.workers)?;
        Ok(Self { workload, executor, workers })
    }
}

/// Returns the number of workers that the executor's id, the flag or neither asks for.
fn workers(executor: &ExecutorInfo, of_id: Option<u16>, of_flag: Option<u16>) -> Result<u16> {
    let refused = |reason: String| Err(Error::Usage(reason));
    let id = executor.id;
    if let (Some(one), Some(other)) = (of_id, of_flag)
        && one != other
    {
        return refused(format!("`{id}/w{one}` and `--workers {other}` differ: give one of them"));
    }
    let asked = of_id.or(of_flag);
    match executor.capabilities.workers {
        Workers::Many => Ok(asked.unwrap_or(1)),
        Workers::One | Workers::PerTask if asked.is_none_or(|count| count == 1) => Ok(1),
        Workers::One => refused(format!(
            "{id} has one worker: leave the number out, or see `tminus list executors`"
        )),
        Workers::PerTask => refused(format!(
            "{id} has a worker for each task: leave the number out, or see `tminus list executors`"
        )),
    }
}

/// The format of a timeline.
#[derive(Clone, Copy)]
enum Form {
    Svg(Theme),
    Png(Theme),
    Json,
}

impl Form {
    /// Chooses the format by the end of the file's name, before the demo, which takes its time. The
    /// theme is in the name, as in those of a report's charts; otherwise an SVG follows its reader
    /// and a PNG is light.
    fn of(path: &Path) -> anyhow::Result<Self> {
        let stem = path.file_stem().unwrap_or_default().to_string_lossy();
        let theme = |usual: Theme| match () {
            () if stem.ends_with("-dark") => Theme::Dark,
            () if stem.ends_with("-light") => Theme::Light,
            () => usual,
        };
        match path.extension().and_then(|end| end.to_str()) {
            Some("svg") => Ok(Self::Svg(theme(Theme::Auto))),
            Some("png") => Ok(Self::Png(theme(Theme::Light))),
            Some("json") => Ok(Self::Json),
            _ => Err(Error::Usage(format!(
                "{}: a timeline is written as .svg, .png or .json",
                path.display()
            ))
            .into()),
        }
    }

    fn of_trace(self, trace: &Trace, command: &str) -> anyhow::Result<Vec<u8>> {
        if trace.resumptions.is_empty() {
            bail!("the demo of {} says nothing of its tasks", trace.workload);
        }
        let sources = format!("tminus {} · {command}", env!("CARGO_PKG_VERSION"));
        let picture = || timeline::draw(trace, &sources);
        Ok(match self {
            Self::Svg(theme) => picture().file(theme).into_bytes(),
            Self::Png(theme) => picture().png(theme, PNG_SCALE)?,
            Self::Json => serde_json::to_vec_pretty(trace)?,
        })
    }
}

/// Returns the command that makes the picture again.
fn command(arguments: &cli::Demo, cast: &Cast<'_>) -> String {
    let (workload, executor) = (cast.workload.info.id, cast.executor.id);
    let mut command = format!("tminus demo {workload} --executor {executor}");
    let time = |time| humantime::format_duration(time).to_string();
    let options = [
        ("--tick", (arguments.tick != cli::TICK).then(|| time(arguments.tick))),
        ("--workers", (cast.workers != 1).then(|| cast.workers.to_string())),
        ("--busy", (!arguments.busy.is_zero()).then(|| time(arguments.busy))),
    ];
    for (name, value) in options {
        command.extend(value.map(|value| format!(" {name} {value}")));
    }
    if arguments.clock == cli::ClockName::Virtual {
        command.push_str(" --clock virtual");
    }
    command + " --timeline FILE"
}

/// Gives what receives a value at Ctrl-C; a second one ends the program at once.
fn interrupted(stopped: Arc<AtomicBool>) -> Receiver<()> {
    let (sender, receiver) = oneshot();
    let wait = || {
        let cancel = super::cancel_on_ctrl_c()?;
        Builder::new().spawn(move || {
            cancel.wait();
            stopped.store(true, Ordering::SeqCst);
            sender.send(());
        })?;
        anyhow::Ok(())
    };
    // Where no handler can be set, Ctrl-C ends the program; where there is no thread, the second
    // one does.
    let _ = wait();
    receiver
}

/// Prints a piece of text at once. A reader that has gone away does not end the demo.
fn show(text: &str) {
    let mut out = stdout();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
