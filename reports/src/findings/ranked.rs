//! The finding of a ranking: which executor is best, by how much, at what price.

use tminus_contract::Family;
use tminus_judge::rank::{Group, Row, Standing, higher_is_better};

use super::{MAX_NAMES, listed, sentences};
use crate::words;
use crate::words::number::{self, Unit};

/// Returns the finding of a ranking with its subject: `Echo, connections 50: heap has the lowest
/// ...`.
#[must_use]
pub fn ranked_title(group: &Group) -> String {
    format!("{}: {}", words::group(group), ranked(group))
}

/// Returns the finding of a ranking: which executor is best, and how far off is the next.
#[must_use]
pub fn ranked(group: &Group) -> String {
    let ranked: Vec<&Row> = group.rows.iter().filter(|row| row.rank.is_some()).collect();
    let Some(best) = ranked.first() else {
        let measured = |row: &Row| row.median.is_some() && !row.cell.is_floor();
        return if group.rows.iter().any(measured) {
            "too few rounds to rank".into()
        } else {
            "nothing could be measured".into()
        };
    };
    let (lowest, needs) = match higher_is_better(&group.metric) {
        true => ("highest", "reaches"),
        false => ("lowest", "needs"),
    };
    let named = |standing| -> Vec<String> {
        let those = ranked.iter().filter(|row| row.standing == Some(standing));
        those.map(|row| name(row)).collect()
    };
    let (tied, open) = (named(Standing::Best), named(Standing::CannotTell));
    let next = ranked.iter().find(|row| row.standing == Some(Standing::Slower));
    let metric = words::metric(&group.metric, &group.op);
    let unit = Unit::of(&group.metric);
    let value = number::value(unit, best.median.unwrap_or(f64::NAN), best.interval);
    let lead = match tied.len() {
        _ if ranked.len() == 1 => format!("{} has a {metric} of {value}", name(best)),
        0 => format!("noise hides which is best in {metric}: {} may be, {value}", listed(&open)),
        // Its median may be that of another, which noise keeps from being best.
        1 if best.is_best() => format!("{} has the {lowest} {metric}, {value}", name(best)),
        1 => format!("{} is best or equivalent in {metric}, {value}", tied[0]),
        count if count == ranked.len() && count > MAX_NAMES => {
            format!("all {count} are about equal in {metric}, {value}")
        }
        _ => format!("{} are best or equivalent in {metric}, {value}", listed(&tied)),
    };
    let lead = match open.is_empty() || tied.is_empty() || ranked.len() == 1 {
        true => lead,
        false => format!("{lead}; noise hides it of {}", listed(&open)),
    };
    match next.and_then(|next| Some((next, next.ratio.as_ref()?))) {
        Some((next, ratio)) => {
            format!("{lead}; the next, {}, {needs} {}", name(next), number::factor(ratio))
        }
        None => lead,
    }
}

/// Does as [`ranked`], and names the nearest shipped executor where a loop of this project is best,
/// and the price of being best where another metric shows one. One or two sentences, without the
/// last full stop.
#[must_use]
pub fn in_short(group: &Group) -> String {
    let nearest = nearest_from_outside(group).map(|text| format!("; {text}"));
    let price = price(group).map(|text| format!(". {text}"));
    format!("{}{}{}", ranked(group), nearest.unwrap_or_default(), price.unwrap_or_default())
}

/// Names the shipped executor that is nearest to a loop of this project, unless that has been said:
/// it is the next anyway.
fn nearest_from_outside(group: &Group) -> Option<String> {
    let ranked: Vec<&Row> = group.rows.iter().filter(|row| row.rank.is_some()).collect();
    let own = |row: &Row| row.family == Family::Hand;
    ranked.first().filter(|best| own(best))?;
    let at = ranked.iter().position(|row| !own(row))?;
    let nearest = ranked[at];
    if nearest.standing != Some(Standing::Slower) {
        let same = ranked[..at].iter().filter(|row| row.standing == nearest.standing).count();
        let told = words::standing(nearest.standing?);
        let is_named = same < MAX_NAMES;
        return (!is_named)
            .then(|| format!("from outside this project, {}: {told}", name(nearest)));
    }
    let next = ranked.iter().position(|row| row.standing == Some(Standing::Slower));
    let said = next == Some(at);
    let factor = nearest.ratio.as_ref().map(number::factor).filter(|_| !said)?;
    Some(format!("the nearest from outside this project is {} with {factor}", name(nearest)))
}

/// From this factor on, what the best is worse in is worth a clause.
const PRICE: f64 = 3.0;

/// Returns the other metric in which the best is worst off against the best there, from [`PRICE`]
/// on: an executor that rounds its timers up saves CPU time and is late.
fn price(group: &Group) -> Option<String> {
    let ranked = || group.rows.iter().filter(|row| row.rank.is_some());
    let best = ranked().next()?;
    let value = |row: &Row, metric: &str| {
        let value = row.others.iter().find(|(known, _)| known == metric)?.1;
        (value > 0.0 && value.is_finite()).then_some(value)
    };
    // The far ends of distributions differ by chance alone.
    let tail = |metric: &str| ["p90", "p99", "p999", "max"].iter().any(|end| metric.contains(end));
    let costs = best.others.iter();
    let costs = costs.filter(|(metric, _)| !higher_is_better(metric) && !tail(metric));
    let found = costs.filter_map(|(metric, _)| {
        let own = value(best, metric)?;
        let rivals = ranked().filter_map(|row| Some((value(row, metric)?, row)));
        let (least, row) = rivals.min_by(|a, b| a.0.total_cmp(&b.0))?;
        Some((own / least, metric, own, least, row))
    });
    let worst = found.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|found| found.0 >= PRICE)?;
    let (_, metric, own, least, row) = worst;
    let unit = Unit::of(metric);
    Some(format!(
        "The {} of {}, though, is {}, that of {} {}",
        words::metric(metric, &group.op),
        name(best),
        number::value(unit, own, None),
        name(row),
        number::value(unit, least, None)
    ))
}

/// Describes the chart of a ranking for readers who do not see it.
#[must_use]
pub fn ranked_description(group: &Group) -> String {
    let rows = sentences(group.rows.iter().map(|row| self::row(group, row)));
    format!("Executors from best to worst. {rows}")
}

/// Describes one row: value, interval, factor, rank and rounds.
#[must_use]
pub fn row(group: &Group, row: &Row) -> String {
    let unit = Unit::of(&group.metric);
    let mut parts: Vec<String> = Vec::new();
    if let Some(median) = row.median {
        parts.push(number::value(unit, median, row.interval));
        if let Some(ends) = row.interval {
            parts.push(format!("95 % interval {}", number::interval(unit, median, ends)));
        }
    }
    if let Some(ratio) = &row.ratio {
        let standing = row.standing.map(|it| format!(", {}", words::standing(it)));
        parts.push(format!("{} the best{}", number::factor(ratio), standing.unwrap_or_default()));
    }
    if row.rank.is_some() {
        parts.push(format!("rank {}", words::rank(row)));
    }
    match words::reason(row) {
        Some((word, reason)) => parts.push(format!("{word}: {reason}")),
        None => parts.push(words::count(row.rounds.into(), "round")),
    }
    format!("{}: {}", name(row), parts.join(", "))
}

fn name(row: &Row) -> String {
    words::executor(&row.cell)
}

#[cfg(test)]
mod tests {
    use tminus_judge::rank::Ratio;

    use super::*;
    use crate::testing::fixture;

    fn group(medians: &[(&str, Family, f64)]) -> Group {
        let row = |(who, family, median): &(&str, Family, f64)| {
            fixture::row(fixture::cell("work", "tasks", 10, who, None), *family, *median, 0.01)
        };
        let rows = medians.iter().map(row).collect();
        fixture::group("work", "Work", "frame", "wall_ns_per_op", rows)
    }

    #[test]
    fn the_best_and_the_next() {
        let group = group(&[("a", Family::Tokio, 100.0), ("b", Family::Smol, 150.0)]);
        assert_eq!(
            ranked_title(&group),
            "Work, tasks 10: a has the lowest wall time per frame, 100 ns; the next, b, needs 1.50×"
        );
    }

    #[test]
    fn where_more_is_better_the_next_reaches_a_part() {
        let mut group = group(&[("a", Family::Tokio, 1.0), ("b", Family::Smol, 2.0)]);
        // As the real ranking sorts and compares by such a metric.
        group.metric = "jain_index_ratio".into();
        group.rows.reverse();
        for (row, ratio) in group.rows.iter_mut().zip([1.0, 0.5]) {
            row.ratio = row.ratio.map(|known| Ratio { median: ratio, interval: None, ..known });
            row.standing = Some(if ratio == 1.0 { Standing::Best } else { Standing::Slower });
        }
        let text = ranked(&group);
        assert!(text.starts_with("b has the highest jain index, 2.00; "), "{text}");
        assert!(text.ends_with("the next, a, reaches 0.500×"), "{text}");
    }

    #[test]
    fn ties_are_named_or_counted() {
        let near = |count: usize| {
            let names = ["a", "b", "c", "d", "e"];
            let rows = names.map(|name| (name, Family::Tokio, 100.0));
            let mut rows: Vec<_> = rows.into_iter().take(count).collect();
            rows.push(("z", Family::Tokio, 400.0));
            ranked(&group(&rows))
        };
        assert!(near(2).starts_with(
            "a and b are best or equivalent in wall time per frame, 100 ns; the next, z"
        ));
        assert!(near(3).starts_with("a, b and c are best or equivalent"));
        assert!(near(5).starts_with("a, b, c and 2 more are best or equivalent"));
    }

    #[test]
    fn where_noise_hides_it_nobody_is_said_to_be_best() {
        let medians = [100.0, 101.0, 102.0, 400.0].into_iter().zip(["a", "b", "c", "z"]);
        let rows: Vec<_> = medians.map(|(value, name)| (name, Family::Tokio, value)).collect();
        let mut group = group(&rows);
        group.rows[1].standing = Some(Standing::CannotTell);
        assert_eq!(
            ranked(&group),
            "a and c are best or equivalent in wall time per frame, 100 ns; noise hides it of b; the \
             next, z, needs 4.00×"
        );
        group.rows[..3].iter_mut().for_each(|row| row.standing = Some(Standing::CannotTell));
        assert_eq!(
            ranked(&group),
            "noise hides which is best in wall time per frame: a, b and c may be, 100 ns; the next, z, \
             needs 4.00×"
        );
    }

    #[test]
    fn a_few_rounds_or_none_are_no_ranking() {
        let mut one = group(&[("a", Family::Tokio, 100.0)]);
        assert_eq!(ranked(&one), "a has a wall time per frame of 100 ns");
        one.rows[0].rank = None;
        assert_eq!(ranked(&one), "too few rounds to rank");
        one.rows[0].median = None;
        assert_eq!(ranked(&one), "nothing could be measured");
        let floor = fixture::cell("work", "tasks", 10, "floor", None);
        one.rows.push(fixture::row(floor, Family::Floor, 1.0, 0.01));
        assert_eq!(ranked(&one), "nothing could be measured");
    }

    #[test]
    fn the_nearest_from_outside_is_named() {
        let group = group(&[
            ("own", Family::Hand, 100.0),
            ("b", Family::Hand, 120.0),
            ("c", Family::Smol, 300.0),
        ]);
        let text = in_short(&group);
        assert!(
            text.ends_with("; the nearest from outside this project is c with 3.00×"),
            "{text}"
        );
    }

    #[test]
    fn being_best_may_have_a_price() {
        let mut group = group(&[("late", Family::Tokio, 100.0), ("exact", Family::Smol, 300.0)]);
        for (row, value) in group.rows.iter_mut().zip([1_030_000.0, 15_000.0]) {
            row.others = vec![("cpu_ns_per_op".into(), 5.0), ("lateness_p50_ns".into(), value)];
        }
        let text = in_short(&group);
        assert!(
            text.ends_with(". The lateness p50 of late, though, is 1.03 ms, that of exact 15.0 µs"),
            "{text}"
        );
    }
}
