//! Runs that deserve less belief than others, and what is said of them.

use tminus_judge::rank::{Interval, Ratio};
use tminus_record::FailureKind;

use super::*;
use crate::Beside;
use crate::draw::gallery::Gallery;
use crate::testing::fixture;

/// Returns the page's answer to whether the run can be trusted.
fn answer(run: &Run, ranking: &Ranking) -> String {
    let (gallery, beside) = (Gallery::of(run, ranking), Beside::default());
    super::super::section(&Book::of(run, ranking, &gallery, &beside)).into_string()
}

/// Returns the made-up run on a machine that nothing speaks against, with a pair that came out so.
fn with_pair(median: f64, low: f64, high: f64) -> (Run, Ranking) {
    let (mut run, mut ranking) = (fixture::run(), fixture::ranking());
    run.header.provenance.machine.hypervisor = None;
    let twin = ranking.twin.as_mut().expect("there");
    twin.ratio = Ratio { median, interval: Some(Interval { low, high }), rounds: 12 };
    (run, ranking)
}

#[test]
fn a_narrow_pair_about_one_speaks_for_the_run() {
    for (median, low, high) in [(1.0011, 0.9969, 1.0042), (1.0, 1.0, 1.0), (1.01, 0.96, 1.05)] {
        let (run, ranking) = with_pair(median, low, high);
        assert_eq!(pair(&run, &ranking), [""; 0]);
        let text = answer(&run, &ranking);
        assert!(text.contains("Nothing speaks against it."), "{text}");
        assert!(text.contains("differs by") && text.contains("told from none"), "{text}");
    }
}

#[test]
fn a_wide_pair_is_no_all_clear() {
    for ((median, low, high), what, limit) in [
        ((0.969, 0.878, 1.298), "may differ", "30 %"),
        // Where one takes 0.878 of the other's time, the other takes 1.139 of its.
        ((0.969, 0.878, 1.01), "may differ", "14 %"),
        ((1.03, 1.02, 1.04), "differs", "4 %"),
        ((2.0, 0.5, 40.0), "may differ", "40.0×"),
    ] {
        let (run, ranking) = with_pair(median, low, high);
        let text = answer(&run, &ranking);
        let change = number::change(&ranking.twin.as_ref().expect("there").ratio);
        let expected = format!(
            "The A/A pair {what} from itself by {change}: differences below {limit} cannot be trusted."
        );
        assert!(text.contains(&expected), "{expected}: {text}");
        assert!(!text.contains("Nothing speaks") && !text.contains("told from none"), "{text}");
    }
}

/// Returns the measured run with a pair, of which a record of this round and name ended in a
/// failure.
fn failing(fails: impl Fn(&Record) -> bool) -> (Run, Ranking) {
    let mut run = fixture::measured();
    let is_own = |cell: &&Cell| cell.id().as_str() == "squares/tasks=1000/heap";
    let own = run.header.cells.iter().find(is_own).expect("there").clone();
    let twin = Cell { twin: true, ..own.clone() };
    let records = run.records.iter().filter(|record| record.cell == own.id());
    let records: Vec<Record> =
        records.map(|record| Record { cell: twin.id(), ..record.clone() }).collect();
    run.header.cells.push(twin);
    run.records.extend(records);
    for record in run.records.iter_mut().filter(|record| fails(record)) {
        record.outcome = Outcome::Failed {
            kind: FailureKind::WrongAnswer,
            reason: "1 is not 2".into(),
            stderr: String::new(),
        };
    }
    let ranking = fixture::rank(&run);
    (run, ranking)
}

#[test]
fn a_pair_that_failed_is_told_from_none() {
    let (run, ranking) = failing(|_| false);
    assert!(ranking.twin.is_some() && pair(&run, &ranking).is_empty());

    let (run, ranking) = failing(|record| record.cell.as_str().ends_with("/aa"));
    let failed = "The A/A pair failed, so the noise of the run is unknown \
                  (squares/tasks=1000/heap/aa: 1 is not 2).";
    assert_eq!(pair(&run, &ranking), [failed]);
    let text = answer(&run, &ranking);
    assert!(text.contains("<dt>A/A pair</dt><dd>without a figure</dd>"), "{text}");

    let (run, ranking) =
        failing(|record| record.cell.as_str().ends_with("/aa") && record.round == 3);
    let failed = "The A/A pair failed in a round (squares/tasks=1000/heap/aa: 1 is not 2).";
    assert_eq!(pair(&run, &ranking), [failed]);

    let (mut run, _) = failing(|_| false);
    run.records.retain(|record| !record.cell.as_str().ends_with("/aa"));
    let ranking = fixture::rank(&run);
    assert_eq!(
        pair(&run, &ranking),
        ["No round has both of the A/A pair, so its noise is unknown."]
    );

    let run = fixture::measured();
    let ranking = fixture::rank(&run);
    assert_eq!(pair(&run, &ranking), ["The run has no A/A pair, so its noise is unknown."]);
}

/// Returns the measured run as far as `is_kept` says that it came.
fn cut(is_kept: impl Fn(&Record) -> bool) -> (Run, Ranking) {
    let mut run = fixture::measured();
    run.records.retain(is_kept);
    let ranking = fixture::rank(&run);
    (run, ranking)
}

#[test]
fn a_run_that_was_interrupted_says_so_everywhere() {
    let (run, ranking) = cut(|record| record.round < 3);
    let expected = [
        "The run stopped after 3 of 12 rounds.",
        "Fewer than six rounds give no 95 % interval and so no rank.",
    ];
    assert_eq!(rounds(&run, &ranking), expected);
    let text = answer(&run, &ranking);
    assert!(text.contains("<dd>3 of 12 rounds, standard profile</dd>"), "{text}");
    assert!(text.contains("from first to second half"), "the drift of what there is: {text}");
    let gallery = Gallery::of(&run, &ranking);
    let page = crate::page::run::page(&run, &ranking, &gallery, &Beside::default());
    let markdown = crate::data::markdown::report(&run, &ranking);
    for text in [page, markdown] {
        let all = text.matches("12 rounds").count();
        assert!(all > 0 && text.matches("3 of 12 rounds").count() == all);
    }

    let (run, ranking) =
        cut(|record| record.round < 7 || (record.round == 7 && record.position < 20));
    assert_eq!(rounds(&run, &ranking), ["The run stopped in round 8 of 12."]);
    let (run, ranking) = cut(|record| record.round < 11 || record.position > 20);
    assert_eq!(rounds(&run, &ranking), ["The run stopped in round 12 of 12."]);
    let (run, _) = cut(|_| false);
    assert_eq!(stopped(&run).as_deref(), Some("The run stopped after 0 of 12 rounds."));
}

#[test]
fn a_run_that_came_to_its_end_was_not_stopped() {
    let (run, ranking) = cut(|_| true);
    assert_eq!(rounds(&run, &ranking), [""; 0]);
    assert!(answer(&run, &ranking).contains("<dd>12 rounds, standard profile</dd>"));
    // A cell that hangs is tried once.
    let (run, ranking) = cut(|record| record.round == 0 || record.outcome == Outcome::Ok);
    assert_eq!(rounds(&run, &ranking), [""; 0]);
}

#[test]
fn what_rounds_to_nothing_has_no_sign_of_its_own() {
    let percent = super::super::percent;
    assert_eq!([0.9999, 1.0, 1.0001].map(percent), ["+0.0 %"; 3]);
    assert_eq!([0.969, 1.298].map(percent), ["-3.1 %", "+29.8 %"]);
}
