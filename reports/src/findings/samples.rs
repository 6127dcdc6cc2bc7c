//! The finding of a chart of samples: how far the values of an executor lie apart.

use tminus_contract::Family;

use super::sentences;
use crate::model::samples::{Samples, Spread};
use crate::words::number::{self, Unit};

/// Returns the finding of a chart of samples with its subject: whose middle half is narrowest and
/// widest.
#[must_use]
pub fn samples_title(samples: &Samples) -> String {
    let ranked = samples.spreads.iter().filter(|spread| spread.family != Family::Floor);
    let mut widths: Vec<(f64, &str)> =
        ranked.map(|spread| (width(spread), spread.name.as_str())).collect();
    widths.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (subject, things) = (&samples.subject, plural(samples));
    let start = format!("{subject}: the middle half of the {things} spans");
    match widths.as_slice() {
        [] => format!("{subject}: {things} against their median"),
        [(only, name)] => format!("{start} {} of the median on {name}", percent(*only)),
        [(least, steady), .., (most, wild)] => format!(
            "{start} {} ({steady}) to {} ({wild}) of the median",
            percent(*least),
            percent(*most)
        ),
    }
}

/// Describes a chart of samples for readers who do not see it.
#[must_use]
pub fn samples_description(samples: &Samples) -> String {
    sentences(samples.spreads.iter().map(|spread| self::spread(samples, spread)))
}

/// Describes one row: median, middle half, extremes, and how many were disturbed.
#[must_use]
pub fn spread(samples: &Samples, spread: &Spread) -> String {
    let ends = |low: f64, high: f64| {
        format!(
            "{}× to {}×",
            number::plain(spread.quantile(low)),
            number::plain(spread.quantile(high))
        )
    };
    let disturbed = spread.values.iter().filter(|value| value.disturbed).count();
    let things = match spread.values.len() {
        1 => samples.thing().to_owned(),
        _ => plural(samples).to_owned(),
    };
    format!(
        "{}: median {}, middle half {}, all {}, {} {things}, {} disturbed",
        spread.name,
        number::value(Unit::of(&samples.metric), spread.median, None),
        ends(0.25, 0.75),
        ends(0.0, 1.0),
        number::whole(spread.values.len() as u64),
        number::whole(disturbed as u64),
    )
}

fn plural(samples: &Samples) -> &'static str {
    if samples.batches { "batches" } else { "rounds" }
}

/// Returns the range from the first to the third quartile, as a share of the median over rounds.
fn width(spread: &Spread) -> f64 {
    spread.quantile(0.75) - spread.quantile(0.25)
}

fn percent(share: f64) -> String {
    format!("{} %", number::plain(share * 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::samples::Value;

    fn samples(rows: &[(&str, [f64; 5])]) -> Samples {
        let value = |ratio: f64| Value { ratio, disturbed: ratio > 1.5 };
        let spread = |(name, ratios): &(&str, [f64; 5])| Spread {
            name: (*name).into(),
            family: Family::Tokio,
            median: 120.0,
            values: ratios.map(value).into(),
            batches: true,
        };
        Samples {
            subject: "Work, tasks 10".into(),
            workload: "work".into(),
            metric: "wall_ns_per_op".into(),
            op: "frame".into(),
            batches: true,
            spreads: rows.iter().map(spread).collect(),
        }
    }

    #[test]
    fn the_steadiest_and_the_wildest_are_named() {
        let steady = [0.98, 0.995, 1.0, 1.005, 1.1];
        let wild = [0.5, 0.75, 1.0, 1.25, 4.0];
        assert_eq!(
            samples_title(&samples(&[("b", wild), ("a", steady)])),
            "Work, tasks 10: the middle half of the batches spans 1.00 % (a) to 50.0 % (b) of the median"
        );
        assert_eq!(
            samples_title(&samples(&[("a", steady)])),
            "Work, tasks 10: the middle half of the batches spans 1.00 % of the median on a"
        );
    }

    #[test]
    fn a_row_says_its_figures() {
        let all = samples(&[("b", [0.5, 0.75, 1.0, 1.25, 4.0])]);
        assert_eq!(
            spread(&all, &all.spreads[0]),
            "b: median 120 ns, middle half 0.750× to 1.25×, all 0.500× to 4.00×, 5 batches, 1 disturbed"
        );
    }
}
