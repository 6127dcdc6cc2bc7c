//! Matrices that are made up: their order, their means, and rows that leave them.

use super::*;
use crate::testing::fixture;

#[test]
fn rows_stand_by_their_mean_over_the_common_columns() {
    let matrix = Matrix::of(&fixture::ranking());
    assert!(!matrix.common.is_empty() && matrix.common.len() < matrix.columns.len());
    let competitors = matrix.rows.iter().filter(|row| !row.yardstick);
    let means: Vec<f64> = competitors.filter_map(|row| row.mean).collect();
    assert!(means.is_sorted(), "{means:?}");
    assert!(matrix.rows.iter().all(|row| row.entries.len() == matrix.columns.len()));
    assert!(matrix.rows.iter().all(|row| row.family != Family::Floor));
}

fn entry_of(level: f64) -> Entry {
    let interval = Some(Interval { low: level * 0.99, high: level * 1.01 });
    let factor = Ratio { median: level, interval, rounds: 12 };
    Entry::Ratio { factor, standing: Standing::Slower, level }
}

/// Returns a matrix of rows with so much in each column; 0 is missing.
fn made(rows: &[(&str, &[f64])]) -> Matrix {
    let row = |(name, levels): &(&str, &[f64])| MatrixRow {
        name: (*name).into(),
        executor: (*name).into(),
        family: Family::Other,
        suspect: false,
        yardstick: *name == "yardstick",
        entries: levels
            .iter()
            .map(|level| if *level > 0.0 { entry_of(*level) } else { Entry::Missing })
            .collect(),
        mean: None,
        place: None,
    };
    let mut matrix = Matrix {
        columns: Vec::new(),
        rows: rows.iter().map(row).collect(),
        common: Vec::new(),
        flips: Vec::new(),
        suspicions: Vec::new(),
        limits: Limits { margin: 1.04, floor: 1.0 },
    };
    matrix.set_order();
    matrix
}

fn order(matrix: &Matrix) -> Vec<(&str, Option<(u32, u32)>)> {
    matrix.rows.iter().map(|row| (row.name.as_str(), row.place)).collect()
}

#[test]
fn the_mean_is_geometric_and_against_the_least_of_each_column() {
    let matrix = made(&[("a", &[2.0, 8.0]), ("b", &[1.0, 9.0]), ("c", &[4.0, 0.0])]);
    assert_eq!(matrix.common, [0]);
    let means: Vec<Option<f64>> = matrix.rows.iter().map(|row| row.mean).collect();
    assert_eq!(means, [Some(1.0), Some(2.0), Some(4.0)]);
    let matrix = made(&[("a", &[2.0, 8.0]), ("b", &[1.0, 16.0])]);
    let mean = matrix.rows[0].mean.expect("a figure in both");
    assert!((mean - 2.0_f64.sqrt()).abs() < 1e-12, "{mean}");
}

#[test]
fn a_yardstick_takes_no_column_and_has_no_place() {
    let rows: [(&str, &[f64]); 3] =
        [("yardstick", &[0.1, 0.0, 0.1]), ("a", &[1.0, 3.0, 1.0]), ("b", &[1.0, 1.0, 2.0])];
    let matrix = made(&rows);
    assert_eq!(matrix.common, [0, 1, 2]);
    assert_eq!(order(&matrix), [("b", Some((1, 1))), ("a", Some((2, 2))), ("yardstick", None)]);
    // And without others it is compared like any.
    assert_eq!(made(&rows[..1]).rows[0].place, Some((1, 1)));
}

#[test]
fn who_would_change_places_without_a_third_is_tied() {
    // Without `c` the second column counts too, in which `b` is far ahead.
    let rows: [(&str, &[f64]); 3] =
        [("a", &[1.0, 9.0, 1.0]), ("b", &[2.0, 1.0, 2.0]), ("c", &[9.0, 0.0, 9.0])];
    let matrix = made(&rows);
    let pair = ["a", "b"].map(String::from);
    assert_eq!(matrix.flips, [Flip { without: "c".into(), pair }]);
    assert_eq!(order(&matrix), [("a", Some((1, 2))), ("b", Some((1, 2))), ("c", Some((3, 3)))]);
    let leaders = matrix.leaders(&matrix.rows.iter().collect::<Vec<_>>()).expect("intervals");
    assert_eq!(leaders.len(), 2);
    assert_eq!(order(&made(&rows[..2]))[0], ("b", Some((1, 1))));
}

#[test]
fn what_layout_may_do_tells_no_two_apart() {
    // 2 % in each of two columns, all known to 1 %: code that lies elsewhere does as much.
    let near = made(&[("a", &[1.0, 1.0]), ("b", &[1.02, 1.02])]);
    assert_eq!(order(&near), [("a", Some((1, 2))), ("b", Some((1, 2)))]);
    let apart = made(&[("a", &[1.0, 1.0]), ("b", &[1.1, 1.1])]);
    assert_eq!(order(&apart), [("a", Some((1, 1))), ("b", Some((2, 2)))]);
}

/// Each executor of `run` left out in turn, as if it had never been measured.
fn assert_no_third_decides(run: &tminus_record::Run) {
    let whole = Matrix::of(&fixture::rank(run));
    let is_tied = |a: &MatrixRow, b: &MatrixRow| match (a.place, b.place) {
        (Some(a), Some(b)) => a.1 >= b.0 && b.1 >= a.0,
        _ => true,
    };
    for facts in &run.header.executors {
        let mut rest = run.clone();
        rest.header.cells.retain(|cell| cell.executor != facts.id);
        rest.header.exclusions.retain(|it| it.cell.as_str().split('/').nth(2) != Some(&facts.id));
        rest.records.retain(|it| it.cell.as_str().split('/').nth(2) != Some(&facts.id));
        let rest = Matrix::of(&fixture::rank(&rest));
        let of = |name: &str| whole.rows.iter().find(|row| row.name == name).expect("there");
        for (at, first) in rest.rows.iter().enumerate() {
            for second in &rest.rows[at + 1..] {
                let (a, b) = (of(&first.name), of(&second.name));
                let place = |it: &MatrixRow| whole.rows.iter().position(|row| row == it);
                assert!(
                    place(a) < place(b) || is_tied(a, b),
                    "without {}: {} before {}",
                    facts.id,
                    a.name,
                    b.name
                );
            }
        }
    }
}

#[test]
fn no_two_change_places_without_a_third_unless_they_are_tied() {
    let run = fixture::measured();
    assert_no_third_decides(&run);
    // With cells that fail here and there, which take columns from all.
    for seed in 0..3_u64 {
        let mut run = run.clone();
        let ids: Vec<_> = run.header.cells.iter().map(tminus_record::Cell::id).collect();
        let fails = |at: usize| (at as u64 * 7_919 + seed * 104_729).is_multiple_of(23);
        let failed: Vec<_> = (0..ids.len()).filter(|at| fails(*at)).map(|at| &ids[at]).collect();
        run.records.retain(|record| !failed.contains(&&record.cell));
        assert_no_third_decides(&run);
    }
}

#[test]
fn failures_keep_their_reason() {
    let matrix = Matrix::of(&fixture::ranking());
    let row = matrix.rows.iter().find(|row| row.name == "futures-lite").expect("is there");
    let last = row.entries.last().expect("not empty");
    assert!(matches!(last, Entry::Reason(reason) if reason.starts_with("failed: hang")));
}

#[test]
fn where_more_is_better_less_is_worse() {
    let (_, ranking) = fixture::fair();
    let matrix = Matrix::of(&ranking);
    // The fixture's executors are the less fair the later they stand.
    assert_eq!(matrix.rows[0].name, "heap");
    let measured = matrix.rows.iter().filter_map(|row| row.mean);
    assert!(measured.clone().all(|mean| mean > 0.99) && measured.fold(0.0, f64::max) > 2.0);
    let threads = matrix.rows.iter().find(|row| row.name == "threads").expect("is there");
    let Entry::Ratio { factor, standing: Standing::Slower, .. } = &threads.entries[1] else {
        panic!()
    };
    let ends = factor.interval.expect("12 rounds");
    assert!(ends.low < factor.median && factor.median < ends.high, "{factor:?}");
    assert!((factor.median / 2.6 - 1.0).abs() < 0.02, "{factor:?}");
}

#[test]
fn a_missing_ratio_has_its_true_reason() {
    let (_, ranking) = fixture::fair();
    let reason = |row: &Row| match Matrix::entry(row, "jain_index_ratio") {
        Entry::Reason(reason) => reason,
        other => panic!("{other:?}"),
    };
    let named = |row: &&Row| row.cell.executor == fixture::UNFAIR_ONCE;
    let row = ranking.groups[0].rows.iter().find(named).expect("is there");
    assert!(row.rounds == fixture::ROUNDS && reason(row).contains("measured 0"));
    assert_eq!(reason(&Row { rounds: 0, ..row.clone() }), "no round gave a value");
}

#[test]
fn columns_belong_to_the_workload_with_their_id() {
    let mut ranking = fixture::ranking();
    assert_eq!(Matrix::of(&ranking).spans(), [0..4, 4..7, 7..8, 8..11]);
    for group in &mut ranking.groups {
        group.title = "Alike".into();
    }
    assert_eq!(Matrix::of(&ranking).spans(), [0..4, 4..7, 7..8, 8..11]);
}

#[test]
fn a_head_stands_over_each_category_where_there_are_several() {
    let mut matrix = Matrix::of(&fixture::ranking());
    let (spans, all) = (matrix.categories(), matrix.columns.len());
    assert_eq!((spans.len(), spans[0].start, spans[1].end), (2, 0, all));
    assert_eq!(matrix.columns[spans[1].start].id, "echo");
    matrix.columns.iter_mut().for_each(|column| column.category.clear());
    assert!(matrix.categories().is_empty());
}
