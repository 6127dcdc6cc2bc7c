//! The layout of every chart over the range of what may come: texts lie inside and apart, files are
//! well-formed, bytes are stable.

use tminus_contract::Family;
use tminus_judge::rank::{Group, Row, RowOutcome};

mod made;

use super::{drift, growth, load, matrix, memory, ranked, samples, scaling, tail, timeline, trend};
use crate::draw::picture::{Picture, Theme};
use crate::draw::svg::TextBox;
use crate::model::growth::Growth;
use crate::testing::fixture;
use made::{Shape, family, name};

/// Returns a group of the executors of `shape`, and a floor, one failure and one exclusion.
fn group(shape: Shape, size: u64) -> Group {
    let mut rows: Vec<Row> = Vec::new();
    let cell = |who: &str| fixture::cell("work", "tasks", size, who, None);
    rows.push(fixture::row(cell("floor"), Family::Floor, 40.0, 0.01));
    for index in 0..shape.count {
        let own = cell(&name(index, shape.length));
        let wide = 0.002 + 0.05 * shape.share(index);
        rows.push(fixture::row(own, family(index), shape.cost(index), wide));
    }
    let reason =
        "a reason that goes on and on until it has to be broken into lines, since it is long";
    for (who, outcome) in
        [("zz1", RowOutcome::Failed(reason.into())), ("zz2", RowOutcome::Excluded(reason.into()))]
    {
        rows.push(fixture::unmeasured(cell(who), Family::Other, outcome));
    }
    fixture::group("work", "Work", "resumption", "wall_ns_per_op", rows)
}

/// Returns every chart of `shape`.
fn pictures(shape: Shape) -> Vec<Picture> {
    let sizes = [10, 1_000, 100_000];
    let ranking = fixture::ranking_of(sizes.iter().map(|size| group(shape, *size)).collect());
    let mut all =
        vec![matrix::draw(&ranking, "sources"), ranked::draw(&ranking.groups[0], "sources")];
    all.extend(Growth::all(&ranking).iter().map(|growth| growth::draw(growth, "sources")));
    all.push(load::draw(&made::load(shape), "sources"));
    all.push(scaling::draw(&made::scaling(shape), "sources"));
    all.push(tail::draw(&made::tail(shape), "sources"));
    all.push(samples::draw(&made::samples(shape), "sources"));
    all.push(drift::draw(&made::drift(shape), "sources"));
    all.push(memory::draw(&made::memory(shape), "sources"));
    all.push(trend::draw(&made::trend(shape), "sources"));
    all.push(timeline::draw(&made::trace(shape), "sources"));
    assert_eq!(all.len(), 11);
    all
}

fn overlap(a: &TextBox, b: &TextBox) -> bool {
    // Boxes are as high as the line; letters that touch by less than this do not touch.
    let slack = 1.0;
    a.left + slack < b.right
        && b.left + slack < a.right
        && a.top + slack < b.bottom
        && b.top + slack < a.bottom
}

pub(super) fn assert_geometry(picture: &Picture, what: &str) {
    let (width, height) = (f64::from(picture.width), f64::from(picture.height));
    for text in &picture.boxes {
        let inside =
            text.left >= 0.0 && text.top >= 0.0 && text.right <= width && text.bottom <= height;
        assert!(inside, "{what}: {} cuts {text:?}", picture.name);
    }
    for (index, a) in picture.boxes.iter().enumerate() {
        for b in &picture.boxes[index + 1..] {
            assert!(!overlap(a, b), "{what}: {}: {a:?} and {b:?}", picture.name);
        }
    }
}

#[test]
fn nothing_overlaps_and_nothing_is_cut() {
    for count in [1, 2, 3, 6, 12, 25] {
        for length in [3, 14, 30] {
            for spread in [1.01, 1.3, 4.0, 100.0, 10_000.0] {
                for picture in pictures(Shape { count, length, spread }) {
                    let what = format!("{count} executors, {length} letters, spread {spread}");
                    assert_geometry(&picture, &what);
                }
            }
        }
    }
}

#[test]
fn names_of_thirty_letters_are_shown_in_full() {
    let all = pictures(Shape { count: 25, length: 30, spread: 100.0 });
    for picture in all.iter().filter(|picture| !picture.name.starts_with("trend")) {
        for index in 0..25 {
            let shown = picture.boxes.iter().any(|text| text.text == name(index, 30));
            assert!(shown, "{}: {}", picture.name, name(index, 30));
        }
    }
}

#[test]
fn the_made_up_run_has_room_too() {
    let ranking = fixture::ranking();
    assert_geometry(&matrix::draw(&ranking, "sources"), "matrix");
    for group in &ranking.groups {
        assert_geometry(&ranked::draw(group, "sources"), "ranked");
    }
    for growth in Growth::all(&ranking) {
        assert_geometry(&growth::draw(&growth, "sources"), "growth");
    }
}

#[test]
fn many_columns_make_a_wider_matrix() {
    let groups = |count: u64| {
        let group = |column: u64| Group {
            workload: format!("w{}", column / 3),
            title: format!("Workload number {}", column / 3),
            params: format!("tasks={},depth=100", 10u64.pow(column as u32 % 6)),
            ..group(Shape { count: 6, length: 14, spread: 40.0 }, 10)
        };
        fixture::ranking_of((0..count).map(group).collect())
    };
    for count in [1, 2, 9, 30] {
        assert_geometry(&matrix::draw(&groups(count), "sources"), &format!("{count} columns"));
    }
}

#[test]
fn odd_rankings_are_drawn() {
    let mut lone = group(Shape { count: 1, length: 3, spread: 1.0 }, 10);
    lone.rows.retain(|row| row.median.is_none());
    let mut few = group(Shape { count: 4, length: 8, spread: 3.0 }, 10);
    for row in &mut few.rows {
        (row.interval, row.rank, row.ratio) = (None, None, None);
    }
    let mut zero = group(Shape { count: 3, length: 8, spread: 3.0 }, 10);
    zero.rows[1].median = Some(0.0);
    zero.rows[2].median = Some(f64::NAN);
    for group in [lone, few, zero, fixture::hostile().groups.remove(0)] {
        assert_geometry(&ranked::draw(&group, "sources"), &group.workload);
        assert_geometry(&matrix::draw(&fixture::ranking_of(vec![group]), "sources"), "matrix");
    }
    assert_geometry(&matrix::draw(&fixture::ranking_of(Vec::new()), "sources"), "nothing");
}

#[test]
fn files_are_well_formed_with_title_description_and_unique_ids() {
    let mut all = pictures(Shape { count: 12, length: 14, spread: 40.0 });
    all.push(ranked::draw(&fixture::hostile().groups[0], fixture::HOSTILE));
    all.push(matrix::draw(&fixture::hostile(), fixture::HOSTILE));
    for picture in all {
        for theme in [Theme::Light, Theme::Dark, Theme::Auto] {
            let text = picture.file(theme);
            let document = roxmltree::Document::parse(&text).expect("well-formed");
            let root = document.root_element();
            assert_eq!(root.attribute("role"), Some("img"));
            let mut ids: Vec<&str> =
                document.descendants().filter_map(|node| node.attribute("id")).collect();
            let labels = root.attribute("aria-labelledby").expect("labelled");
            assert!(labels.split(' ').all(|label| ids.contains(&label)), "{labels}");
            let count = ids.len();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), count);
            assert!(!text.contains("NaN") && !text.contains("inf\""), "{}", picture.name);
            // Colours have names, so that every theme has its own values.
            assert!(!text.contains("fill=\"#") && !text.contains("stroke=\"#"), "{}", picture.name);
        }
    }
}

#[test]
fn hostile_names_do_no_harm_in_any_chart() {
    for length in [made::HOSTILE, 10_000] {
        for picture in pictures(Shape { count: 7, length, spread: 40.0 }) {
            assert_geometry(&picture, "hostile");
            assert!(picture.name.len() <= 80, "{}", picture.name);
            let text = picture.file(Theme::Auto);
            let document = roxmltree::Document::parse(&text).expect("well-formed");
            let known = ["svg", "title", "desc", "style", "g", "path", "rect", "circle", "text"];
            for node in document.descendants().filter(roxmltree::Node::is_element) {
                assert!(known.contains(&node.tag_name().name()), "{:?}", node.tag_name());
                let on = |name: &str| name.starts_with("on") || name.contains("href");
                assert!(!node.attributes().any(|attribute| on(attribute.name())));
            }
            let control = |letter: char| letter.is_control() && letter != '\n';
            assert!(!text.contains(control) && !text.contains('\u{202e}'), "{}", picture.name);
        }
    }
}

#[test]
fn every_series_says_its_figures_on_hover() {
    for picture in pictures(Shape { count: 6, length: 14, spread: 40.0 }) {
        let text = picture.file(Theme::Light);
        let document = roxmltree::Document::parse(&text).expect("well-formed");
        let series: Vec<_> = document
            .descendants()
            .filter(|node| node.attribute("class") == Some("series"))
            .collect();
        let least = if picture.name.starts_with("trend") { 1 } else { 6 };
        assert!(series.len() >= least, "{}", picture.name);
        for group in series {
            let title = group.children().find(|node| node.has_tag_name("title"));
            let title = title.and_then(|node| node.text()).expect("a title");
            assert!(title.contains(": "), "{title}");
        }
    }
}

#[test]
fn pictures_are_the_same_each_time() {
    let ranking = fixture::ranking();
    insta::assert_snapshot!(
        "ranked",
        ranked::draw(&ranking.groups[2], "sources").file(Theme::Light)
    );
    insta::assert_snapshot!("matrix", matrix::draw(&ranking, "sources").file(Theme::Auto));
    let growth = &Growth::all(&ranking)[1];
    insta::assert_snapshot!("growth", growth::draw(growth, "sources").file(Theme::Dark));
    let shape = Shape { count: 5, length: 8, spread: 30.0 };
    let scaling = scaling::draw(&made::scaling(shape), "sources");
    insta::assert_snapshot!("scaling", scaling.file(Theme::Dark));
    insta::assert_snapshot!("load", load::draw(&made::load(shape), "sources").file(Theme::Light));
    insta::assert_snapshot!("tail", tail::draw(&made::tail(shape), "sources").file(Theme::Light));
    insta::assert_snapshot!(
        "samples",
        samples::draw(&made::samples(shape), "sources").file(Theme::Light)
    );
    insta::assert_snapshot!(
        "order",
        drift::draw(&made::drift(shape), "sources").file(Theme::Light)
    );
    let memory = memory::draw(&made::memory(shape), "sources");
    insta::assert_snapshot!("memory", memory.file(Theme::Auto));
    let trend = trend::draw(&made::trend(Shape { count: 2, ..shape }), "sources");
    insta::assert_snapshot!("trend", trend.file(Theme::Dark));
    let timeline = timeline::draw(&made::trace(shape), "sources");
    insta::assert_snapshot!("timeline", timeline.file(Theme::Light));
}

#[test]
fn a_png_has_the_size_of_its_picture() {
    let mut group = group(Shape { count: 2, length: 3, spread: 2.0 }, 10);
    group.rows.truncate(2);
    let picture = ranked::draw(&group, "sources");
    let png = picture.png(Theme::Light, 0.25).expect("drawn");
    let number = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().expect("four bytes"));
    assert_eq!(&png[1..4], b"PNG");
    assert_eq!((number(16), number(20)), (225, picture.height / 4));
    assert_eq!(png, picture.png(Theme::Light, 0.25).expect("drawn"), "the same bytes each time");
    let silent = Picture { boxes: Vec::new(), ..picture };
    assert_ne!(png, silent.png(Theme::Light, 0.25).expect("drawn"), "its texts are drawn");
}

#[test]
#[ignore = "writes files to look at: TMINUS_REPORT_OUT=DIR"]
fn extremes_to_look_at() {
    let out = std::env::var_os("TMINUS_REPORT_OUT").expect("set TMINUS_REPORT_OUT");
    let shapes = [(1, 3, 1.01), (3, 14, 40.0), (25, 30, 10_000.0), (25, 3, 1.01)];
    for (count, length, spread) in shapes {
        for (index, picture) in pictures(Shape { count, length, spread }).iter().enumerate() {
            let png = picture.png(Theme::Dark, 2.0).expect("drawn");
            let name = format!("{index}-{count}-{length}-{spread}.png");
            std::fs::write(std::path::Path::new(&out).join(name), png).expect("written");
        }
    }
}
