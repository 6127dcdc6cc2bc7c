//! Flags that say how long programs are compared and how they are judged.

use std::time::Duration;

use clap::Args;
use tminus_judge::gate::Options;

use super::value;

#[derive(Args, Debug)]
pub(crate) struct Judging {
    /// Rounds before the first interim look: a child of each program for each cell [default: 40]
    #[arg(long, value_name = "N", value_parser = value::whole::<u32>(6..=10_000))]
    rounds: Option<u32>,
    /// Interim looks, each after twice the rounds of the last: cells that are decided are measured
    /// no further. With 1 every cell has `--rounds` [default: 4; with `--budget` 6]
    #[arg(long, hide_short_help = true, value_name = "N", value_parser = value::whole::<u32>(1..=8))]
    looks: Option<u32>,
    /// Time for each session, which ends there whatever is open: `5m`, `90s`
    #[arg(long, value_name = "TIME", value_parser = value::budget)]
    pub(crate) budget: Option<Duration>,
    /// The change that matters: `1%`, `0.5%` [default: 1%]
    #[arg(long, value_name = "PERCENT", value_parser = value::percent)]
    margin: Option<f64>,
    /// The regression that an open cell must not be able to hide [default: 5%]
    #[arg(long, hide_short_help = true, value_name = "PERCENT", value_parser = value::percent)]
    detect: Option<f64>,
    /// The same for cells of several workers, where it is larger [default: 8%]
    #[arg(long, hide_short_help = true, value_name = "PERCENT", value_parser = value::percent)]
    detect_many: Option<f64>,
    /// The metric that decides [default: CPU time; for memory, bytes a task]
    #[arg(long, short, hide_short_help = true, value_name = "NAME")]
    metric: Option<String>,
}

impl Judging {
    /// Returns how to judge.
    pub(crate) fn options(&self) -> Options {
        Options {
            margin: self.margin.unwrap_or(1.01),
            detect: self.detect.unwrap_or(1.05),
            detect_many: self.detect_many.unwrap_or(1.08),
            metric: self.metric.clone(),
            rounds: self.rounds.unwrap_or(40),
            looks: self.looks.unwrap_or(if self.budget.is_some() { 6 } else { 4 }),
        }
    }

    /// Returns the first flag that says how to judge, if one was given.
    pub(crate) fn flag(&self) -> Option<&'static str> {
        let given = [
            ("--rounds", self.rounds.is_some()),
            ("--looks", self.looks.is_some()),
            ("--margin", self.margin.is_some()),
            ("--detect", self.detect.is_some()),
            ("--detect-many", self.detect_many.is_some()),
            ("--metric", self.metric.is_some()),
        ];
        given.into_iter().find(|(_, is_given)| *is_given).map(|(flag, _)| flag)
    }
}
