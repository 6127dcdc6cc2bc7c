//! `tminus demo`: the classic instance of a workload, live, as a person would watch it.

use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Builder;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use tminus_harness::contract::channel::{Receiver, oneshot};
use tminus_harness::contract::{Config, Workers};
use tminus_harness::error::Error;
use tminus_harness::files::replace;
use tminus_harness::plan::{Cell, Interrupt, Params, Show};
use tminus_harness::resources;
use tminus_harness::spec::Spec;
use tminus_harness::trace::{Recorder, Trace};
use tminus_reports::chart::timeline;
use tminus_reports::picture::{PNG_SCALE, Theme};

use super::{Exit, stdout};
use crate::{App, cli};

pub(super) fn run(app: &App, arguments: &cli::Demo) -> anyhow::Result<Exit> {
    let registry = app.registry();
    let cli::Demo { workload, executor, .. } = arguments;
    let known = registry.workloads.iter().map(|entry| entry.info.id);
    let found = registry
        .find_workload(workload)
        .ok_or_else(|| Error::unknown("workload", workload, known))?;
    let known = registry.executors.iter().map(|info| info.id);
    let info = registry
        .find_executor(executor)
        .ok_or_else(|| Error::unknown("executor", executor, known))?;
    if let Err(reason) = (info.available)() {
        return Err(anyhow!("{executor} cannot run here: {reason}"));
    }
    let clock = arguments.clock.into();
    registry.keeps(clock, workload, executor).map_err(Error::Usage)?;
    let entry = registry.entry(workload, executor).context("the pair is not registered")?;
    let demo = entry.demo.context("the pair has no demo")?;
    let config = Config { clock, ..Config::workers(arguments.workers.into()) };
    let cell = Cell::new(&found.info, &Params::parse(&found.info, "")?, executor, None);
    resources::prepare(&Spec::new(cell), &(entry.environment)(&config))
        .map_err(anyhow::Error::msg)?;
    let form = arguments.timeline.as_deref().map(Form::of).transpose()?;
    let recorder = form.map(|_| Recorder::new(Duration::from_micros(arguments.busy)));
    let tick = Duration::from_millis(arguments.tick);
    let stopped = Arc::new(AtomicBool::new(false));
    let stops = stopped.clone();
    let interrupt: Interrupt = Arc::new(move || interrupted(stops.clone()));
    let print = Arc::new(show);
    let show = Show { print, tick, recorder: recorder.clone(), interrupt: Some(interrupt) };
    demo(&config, show).map_err(|wrong| anyhow!("{workload} on {executor}: {wrong}"))?;
    if stopped.load(Ordering::SeqCst) {
        return Ok(Exit::Interrupted);
    }
    if let (Some(path), Some(form), Some(recorder)) = (&arguments.timeline, form, recorder) {
        let many = info.capabilities.workers == Workers::Many;
        let trace = recorder.trace(workload, executor, if many { arguments.workers } else { 1 });
        replace(path, &form.of_trace(&trace, &command(arguments))?)
            .with_context(|| path.display().to_string())?;
        writeln!(stdout(), "{}", super::shown(path))?;
    }
    Ok(Exit::Ok)
}

/// What a timeline is written as.
#[derive(Clone, Copy)]
enum Form {
    Svg(Theme),
    Png(Theme),
    Json,
}

impl Form {
    /// By the end of the file's name; before the demo, which takes its time. The theme is in the name,
    /// as in those of a report's charts; else an SVG follows its reader and a PNG is light.
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
            return Err(Error::Usage(format!(
                "the demo of {} says nothing of its tasks: try squares, countdown, yield_many or timers",
                trace.workload
            ))
            .into());
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

/// What makes the picture again.
fn command(arguments: &cli::Demo) -> String {
    let mut command =
        format!("tminus demo {} --executor {}", arguments.workload, arguments.executor);
    let unlike = |value: u64, default: u64| (value != default).then_some(value);
    let options = [
        ("--tick", unlike(arguments.tick, 1000)),
        ("--workers", unlike(arguments.workers.into(), 1)),
        ("--busy", unlike(arguments.busy, 0)),
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
    // Where no handler can be set, Ctrl-C ends the program; where there is no thread, the second one does.
    let _ = wait();
    receiver
}

/// A piece of text, at once; a reader that has gone away does not end the demo.
fn show(text: &str) {
    let mut out = stdout();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
