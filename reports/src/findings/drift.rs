//! The finding of the chart of a run's order: how far its rounds strayed from the usual.

use crate::model::drift::{Course, Drift, Point};
use crate::words::{self, number};

/// Returns the finding: the fastest and the slowest round of all cells, and the A/A pair.
#[must_use]
pub fn drift_title(drift: &Drift) -> String {
    let points = &drift.all.points;
    let by_ratio = |a: &&Point, b: &&Point| a.ratio.total_cmp(&b.ratio);
    let (Some(fast), Some(slow)) = (points.iter().min_by(by_ratio), points.iter().max_by(by_ratio))
    else {
        return "Rounds in the order of running".into();
    };
    let twin = match &drift.twin {
        Some((_, _, ratio)) => format!("; the A/A pair differs by {}", number::change(ratio)),
        None => String::new(),
    };
    format!(
        "The {} cost {} (round {}) to {} (round {}) of the usual{twin}",
        words::count(points.len() as u64, "round"),
        percent(fast.ratio),
        fast.round,
        percent(slow.ratio),
        slow.round,
    )
}

/// Describes the chart for readers who do not see it.
#[must_use]
pub fn drift_description(drift: &Drift) -> String {
    let courses: Vec<String> = drift.panels().into_iter().flatten().map(course).collect();
    let seconds = drift.elapsed_ns / 1_000_000_000;
    format!("The run took {}. {}.", words::count(seconds, "second"), courses.join(". "))
}

/// Describes one course: every round against the usual.
#[must_use]
pub fn course(course: &Course) -> String {
    let point = |point: &Point| {
        let disturbed = if point.disturbed { " disturbed" } else { "" };
        format!("{}{disturbed}", percent(point.ratio))
    };
    let points: Vec<String> = course.points.iter().map(point).collect();
    format!("{}: {}; {}", course.name, points.join(", "), words::count(course.cells as u64, "cell"))
}

/// Formats a ratio near 1 in per cent, far from it as a factor.
fn percent(ratio: f64) -> String {
    if (0.1..10.0).contains(&ratio) {
        number::percent(ratio, false)
    } else {
        format!("{}×", number::plain(ratio))
    }
}

#[cfg(test)]
mod tests {
    use tminus_judge::rank::Ratio;

    use super::*;

    fn course_of(name: &str, ratios: &[f64]) -> Course {
        let point = |(index, ratio): (usize, &f64)| Point {
            round: index as u32 + 1,
            ratio: *ratio,
            middle: None,
            disturbed: *ratio > 1.05,
        };
        let points = ratios.iter().enumerate().map(point).collect();
        Course { name: name.into(), family: None, cells: 7, points }
    }

    #[test]
    fn the_fastest_and_the_slowest_round_and_the_pair() {
        let mut drift = Drift {
            all: course_of("all cells", &[1.0, 0.994, 1.1]),
            twin: None,
            executors: Vec::new(),
            elapsed_ns: 62_000_000_000,
        };
        let title = "The 3 rounds cost 99.4 % (round 2) to 110.0 % (round 3) of the usual";
        assert_eq!(drift_title(&drift), title);
        let pair = course_of("a", &[1.0]);
        let ratio = Ratio { median: 1.002, interval: None, rounds: 3 };
        drift.twin = Some((pair.clone(), pair, ratio));
        assert_eq!(drift_title(&drift), format!("{title}; the A/A pair differs by +0.2 %"));
        assert!(
            drift_description(&drift).starts_with("The run took 62 seconds. all cells: 100.0 %")
        );
    }

    #[test]
    fn a_course_says_its_rounds() {
        assert_eq!(
            course(&course_of("heap", &[1.0, 1.1, 23.4])),
            "heap: 100.0 %, 110.0 % disturbed, 23.4× disturbed; 7 cells"
        );
    }
}
