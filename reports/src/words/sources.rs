//! The line below charts: of which program, machine and day a figure is.

use tminus_record::machine::Machine;
use tminus_record::{Profile, Run};

use crate::words::escape::clean;
use crate::words::{self, number};

/// Returns `tminus 0.1.0 · standard profile, 12 rounds · Example CPU, 2 cores, Linux 6.18 ·
/// 2026-09-21`, for example.
#[must_use]
pub fn line(run: &Run) -> String {
    let provenance = &run.header.provenance;
    let machine = &provenance.machine;
    let parts = [
        format!("tminus {}", provenance.build.version),
        format!("{} profile, {}", profile(run.header.profile), rounds(run)),
        match machine.cores {
            0 => cpu(machine),
            // Its version: the name of a build means nothing to others.
            _ => format!(
                "{}, {}",
                cpu(machine),
                machine.kernel.split('-').next().unwrap_or_default()
            ),
        },
        date(provenance.started_unix_ns),
    ];
    clean(&parts.join(" · "))
}

/// Returns `12 rounds`; `3 of 12 rounds` of a run that did not come to all that it was asked for.
#[must_use]
pub fn rounds(run: &Run) -> String {
    let (done, asked) = (run.rounds(), run.header.rounds);
    let of =
        if done < asked { format!("{} of ", number::whole(done.into())) } else { String::new() };
    format!("{of}{}", words::count(asked.into(), "round"))
}

/// Returns `Example CPU, 2 cores`, for example.
#[must_use]
pub fn cpu(machine: &Machine) -> String {
    match machine.cores {
        0 => format!("CPU {}", machine.cpu),
        cores => format!("{}, {}", machine.cpu, words::count(cores as u64, "core")),
    }
}

/// Returns the name of a profile.
#[must_use]
pub fn profile(profile: Profile) -> &'static str {
    match profile {
        Profile::Quick => "quick",
        Profile::Standard => "standard",
        Profile::Thorough => "thorough",
        Profile::Verify => "verify",
        Profile::Imported => "imported",
    }
}

/// Returns the day in UTC: `2026-09-21`. Howard Hinnant's `civil_from_days`.
#[must_use]
pub fn date(unix_ns: u64) -> String {
    let days = unix_ns / 1_000_000_000 / 86_400 + 719_468;
    let era = days / 146_097;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        let day = |seconds: u64| date(seconds * 1_000_000_000);
        assert_eq!(day(0), "1970-01-01");
        assert_eq!(day(951_782_400), "2000-02-29");
        assert_eq!(day(951_868_800), "2000-03-01");
        assert_eq!(day(1_790_000_000), "2026-09-21");
        assert_eq!(day(1_798_761_599), "2026-12-31");
    }

    #[test]
    fn the_line_names_program_machine_and_day() {
        let line = line(&crate::testing::fixture::run());
        assert!(
            line.starts_with("tminus 0.1.0 · standard profile, 12 rounds · Example CPU"),
            "{line}"
        );
        assert!(line.ends_with("2026-09-21"), "{line}");
    }
}
