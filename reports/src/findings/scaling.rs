//! How executors scale with their workers, in sentences.

use tminus_judge::rank::{Effect, Scaled, Scaling, Speedup};

use super::{listed, sentences};
use crate::words;
use crate::words::number::{self, Unit};

/// Returns the finding of a chart of scaling with its subject: which executors more workers make
/// slower, and which faster.
#[must_use]
pub fn scaling_title(scaling: &Scaling) -> String {
    let of = |effect: Effect| -> Vec<String> {
        let own = scaling.executors.iter().filter(|it| told(it).effect == effect);
        own.map(name).collect()
    };
    let [slower, faster, open] = [Effect::Slower, Effect::Faster, Effect::CannotTell].map(of);
    let made = [(&slower, "slower"), (&faster, "faster")];
    let made = made.into_iter().filter(|(names, _)| !names.is_empty());
    let made: Vec<String> = made.map(|(names, how)| format!("{} {how}", listed(names))).collect();
    let of_open = || format!("of {} it cannot be told what more workers do", listed(&open));
    let found = match (made.is_empty(), open.is_empty()) {
        (true, _) => of_open(),
        (false, true) => format!("more workers make {}", made.join(" and ")),
        (false, false) => format!("more workers make {}; {}", made.join(" and "), of_open()),
    };
    format!("{}: {found}", words::subject(&scaling.title, &scaling.params))
}

/// Describes the chart for readers who do not see it.
#[must_use]
pub fn scaling_description(scaling: &Scaling) -> String {
    sentences(scaling.executors.iter().map(scaling_line))
}

/// Describes one executor: how many times as fast it is with each count of workers, and how much of
/// each worker it uses.
#[must_use]
pub fn scaling_line(scaled: &Scaled) -> String {
    let count = |it: &Speedup| {
        format!(
            "{} with {}, efficiency {}",
            number::factor(&it.ratio),
            words::count(it.workers as u64, "worker"),
            number::factor(&it.efficiency())
        )
    };
    let counts: Vec<String> = scaled.counts.iter().map(count).collect();
    format!("{}: {}", name(scaled), counts.join(", "))
}

/// Returns the sentence of one executor: what more workers do.
#[must_use]
pub fn scaling_told(scaled: &Scaled) -> String {
    let at = told(scaled);
    let (name, workers, change) = (name(scaled), at.workers, number::factor(&at.ratio));
    let interval = |ends| format!(" ({})", number::interval(Unit::Ratio, at.ratio.median, ends));
    let ends = at.ratio.interval.map(interval).unwrap_or_default();
    match at.effect {
        Effect::Slower => format!(
            "more workers make {name} slower: with {workers} it is {change}{ends} as fast as with one"
        ),
        Effect::Faster => {
            format!("with {workers} workers {name} is {change}{ends} as fast as with one")
        }
        Effect::CannotTell => format!(
            "whether more workers make {name} faster or slower cannot be told: with {workers} it is \
             {change}{ends} as fast as with one"
        ),
    }
}

/// Says how little a machine of few cores shows.
#[must_use]
pub fn scaling_note(scaling: &Scaling) -> String {
    match scaling.cores {
        0 => "the cores of the machine were not stored".into(),
        1 => "the machine has one core, so no two workers ever run at once".into(),
        cores @ 2..=3 => format!(
            "the machine has {cores} cores, which shows little: more workers than that share them, and \
             the threads of the system take their part"
        ),
        cores => format!("the machine has {cores} cores: more workers than that share them"),
    }
}

/// Returns the count that is told of: the first that is slower than one, else the largest.
fn told(scaled: &Scaled) -> &Speedup {
    let slower = scaled.counts.iter().find(|it| it.effect == Effect::Slower);
    slower.or(scaled.counts.last()).expect("it has counts")
}

fn name(scaled: &Scaled) -> String {
    words::executor_with(&scaled.executor, None)
}

#[cfg(test)]
mod tests {
    use tminus_contract::Family;
    use tminus_judge::rank::{Interval, Ratio};

    use super::*;

    fn scaled(name: &str, ratios: &[(usize, f64, Effect)]) -> Scaled {
        let speedup = |(workers, median, effect): &(usize, f64, Effect)| Speedup {
            workers: *workers,
            ratio: Ratio {
                median: *median,
                interval: Some(Interval { low: median * 0.95, high: median * 1.05 }),
                rounds: 12,
            },
            effect: *effect,
        };
        let counts = ratios.iter().map(speedup).collect();
        Scaled { executor: name.into(), family: Family::Smol, counts }
    }

    fn scaling(executors: Vec<Scaled>, cores: usize) -> Scaling {
        Scaling {
            workload: "work".into(),
            title: "Work".into(),
            params: "tasks=1000".into(),
            op: "frame".into(),
            cores,
            executors,
        }
    }

    #[test]
    fn what_more_workers_do_is_said_of_each() {
        use Effect::{CannotTell, Faster, Slower};
        let good = scaled("good", &[(1, 1.0, CannotTell), (2, 1.8, Faster), (4, 1.9, Faster)]);
        let bad = scaled("bad", &[(1, 1.0, CannotTell), (2, 0.8, Slower), (4, 0.6, Slower)]);
        let open = scaled("open", &[(1, 1.0, CannotTell), (2, 1.5, Faster), (4, 1.0, CannotTell)]);
        assert_eq!(
            [&good, &bad, &open].map(scaling_told),
            [
                "with 4 workers good is 1.90× (1.80 – 2.00) as fast as with one",
                "more workers make bad slower: with 2 it is 0.80× (0.76 – 0.84) as fast as with one",
                "whether more workers make open faster or slower cannot be told: with 4 it is 1.00× \
                 (0.95 – 1.05) as fast as with one",
            ]
        );
        assert_eq!(
            scaling_line(&bad),
            "bad: 1.00× with 1 worker, efficiency 1.00×, 0.80× with 2 workers, efficiency 0.40×, \
             0.60× with 4 workers, efficiency 0.150×"
        );
        let title = |all: Vec<Scaled>| scaling_title(&scaling(all, 2));
        assert_eq!(
            title(vec![good.clone(), bad, open.clone()]),
            "Work, tasks 1,000: more workers make bad slower and good faster; of open it cannot be told \
             what more workers do"
        );
        assert_eq!(title(vec![good]), "Work, tasks 1,000: more workers make good faster");
        let open = title(vec![open]);
        assert_eq!(open, "Work, tasks 1,000: of open it cannot be told what more workers do");
    }

    #[test]
    fn few_cores_are_said_to_show_little() {
        let note = |cores| scaling_note(&scaling(Vec::new(), cores));
        assert!(note(2).starts_with("the machine has 2 cores, which shows little"));
        assert_eq!(note(64), "the machine has 64 cores: more workers than that share them");
        assert!(note(1).contains("one core") && note(0).contains("not stored"));
    }
}
