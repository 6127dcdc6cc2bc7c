//! How much is run.

use serde::{Deserialize, Serialize};

/// How much is run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// Fewer cells, 6 rounds, under a minute.
    Quick,
    /// 12 rounds, under five minutes on two cores.
    #[default]
    Standard,
    /// Every decade, 20 rounds, under half an hour on two cores.
    Thorough,
    /// Each cell once, small: what `verify` runs.
    Verify,
    /// Not planned: another harness measured it.
    Imported,
}

impl Profile {
    /// Returns the rounds where the user asks for no other number.
    #[must_use]
    pub fn rounds(self) -> u32 {
        match self {
            Self::Quick => 6,
            Self::Standard => 12,
            Self::Thorough => 20,
            Self::Verify | Self::Imported => 1,
        }
    }
}
