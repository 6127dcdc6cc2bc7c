//! The time and room that a session and its children may take, as a plan keeps them: a user may
//! change them on resuming.

use std::path::Path;
use std::time::Duration;

use anyhow::ensure;
use serde::{Deserialize, Serialize};
use tminus_measure::gate::Bounds;

use super::session::is_at_its_end;
use crate::cli;

/// The time and room of a session and its children.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Allowance {
    pub(super) budget_s: Option<u64>,
    #[serde(default)]
    deadline_s: Option<u64>,
    #[serde(default)]
    memory_limit_mib: Option<u64>,
}

impl Allowance {
    pub(super) fn new(budget: Option<Duration>, bounds: &cli::Bounds) -> Self {
        Self {
            budget_s: budget.map(|budget| budget.as_secs()),
            deadline_s: bounds.deadline_s(),
            memory_limit_mib: bounds.memory_limit,
        }
    }

    /// Refuses what the command line would not take.
    ///
    /// # Errors
    /// The mistake, in one line.
    pub(super) fn check(&self) -> Result<(), String> {
        let bounds = [(self.deadline_s, 1..=86_400), (self.memory_limit_mib, 16..=1 << 40)];
        if bounds.iter().any(|(value, bounds)| value.is_some_and(|it| !bounds.contains(&it))) {
            return Err("a deadline or a memory limit that no child can have".into());
        }
        Ok(())
    }

    /// Takes what the user asks for anew of what lies in `directory` and was made by `verb`.
    ///
    /// # Errors
    /// If nothing is left to measure there.
    pub(super) fn renew(&mut self, new: &Self, directory: &Path, verb: &str) -> anyhow::Result<()> {
        let given = [
            ("--budget", new.budget_s, &mut self.budget_s),
            ("--deadline", new.deadline_s, &mut self.deadline_s),
            ("--memory-limit", new.memory_limit_mib, &mut self.memory_limit_mib),
        ];
        for (flag, new, old) in given {
            if new.is_none() || new == *old {
                continue;
            }
            ensure!(
                !is_at_its_end(directory),
                "{}: this {verb} is at its end, so {flag} changes nothing: leave it out to see the \
                 verdict",
                directory.display()
            );
            crate::cmd::say(format_args!("another {flag} from here on"));
            *old = new;
        }
        Ok(())
    }

    /// Returns the bounds of children; Ctrl-C ends them.
    ///
    /// # Errors
    /// If signals cannot be listened to.
    pub(super) fn bounds(&self) -> anyhow::Result<Bounds> {
        let of_children = cli::Bounds {
            deadline: self.deadline_s.map(Duration::from_secs),
            memory_limit: self.memory_limit_mib,
        };
        Ok(Bounds {
            deadline: of_children.deadline(),
            memory_limit_bytes: of_children.memory_limit_bytes(),
            until: None.into(),
            cancel: crate::cmd::cancel_on_ctrl_c()?,
        })
    }
}
