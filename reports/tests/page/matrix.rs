//! What the controls of the matrix do, held against the program's own figures.

use serde_json::Value;
use tminus_judge::rank::{Group, Rounds, Row};
use tminus_record::CellId;
use tminus_reports::words::{self, number};

use crate::chromium::Page;
use crate::stage::Stage;

/// Returns the matrix as text: a row an executor, its name first.
fn rows(page: &mut Page<'_>) -> Vec<Vec<String>> {
    let text = "[...document.querySelectorAll('#matrix tbody tr')].map((row) => \
                [...row.cells].map((cell) => cell.textContent.trim()))";
    serde_json::from_value(page.js(text)).expect("texts")
}

/// Returns the figures of the matrix, or whatever stands in a row, without the mark of what cannot
/// be told.
fn plain(text: &str) -> &str {
    text.trim_end_matches('?')
}

/// Where the geometric mean stands in a row: before the place.
fn mean(row: &[String]) -> &str {
    &row[row.len() - 2]
}

/// Returns the cells of the matrix that are framed.
fn framed(page: &mut Page<'_>) -> Value {
    page.js("[...document.querySelectorAll('#matrix tbody tr')].map((row) => \
         [...row.cells].map((cell) => cell.classList.contains('best')))")
}

/// Returns the notes below the matrix that are shown.
fn notes(page: &mut Page<'_>) -> Vec<String> {
    page.texts("#matrix-flips:not([hidden]), #matrix-below:not([hidden])")
}

fn names(page: &mut Page<'_>) -> Vec<String> {
    rows(page).into_iter().map(|mut row| row.remove(0)).collect()
}

fn address(page: &mut Page<'_>) -> String {
    page.js("location.href").as_str().expect("text").to_owned()
}

fn row<'a>(group: &'a Group, name: &str) -> Option<&'a Row> {
    group.rows.iter().find(|row| words::executor(&row.cell) == name)
}

fn id(group: &Group, name: &str) -> Option<CellId> {
    row(group, name).map(|row| row.cell.id())
}

pub(crate) fn scripts_change_nothing_at_first(page: &mut Page<'_>, stage: &Stage) {
    for url in [&stage.url, &stage.fair, &stage.gaps] {
        page.call("Emulation.setScriptExecutionDisabled", serde_json::json!({ "value": true }));
        page.open(url);
        let (without, frames, said) = (rows(page), framed(page), notes(page));
        page.call("Emulation.setScriptExecutionDisabled", serde_json::json!({ "value": false }));
        page.open(url);
        assert!(without.len() > 10 && without[0].len() == stage.ranking.groups.len() + 3);
        assert_eq!(page.js("'ready' in document.documentElement.dataset"), true);
        let with = rows(page);
        for (with, without) in with.iter().zip(&without) {
            assert_eq!(with, without);
        }
        assert_eq!(with.len(), without.len());
        assert_eq!((framed(page), notes(page)), (frames, said));
    }
    page.open(&stage.url);
    assert!(notes(page)[0].contains("so count as tied: "), "{:?}", notes(page));
    let all = rows(page).concat().join(" ");
    assert!(all.contains('?') && all.contains('–'), "{all}");
    page.open(&stage.gaps);
    // What is excluded for all keeps its column, and each of its dashes its reason.
    assert!(page.texts("#status")[0].contains("11 of 11 columns"), "{:?}", page.texts("#status"));
    page.hover("#matrix tbody tr:first-child td:nth-last-child(3)");
    let tip = page.texts("#tip div");
    assert_eq!(tip.last().map(String::as_str), Some("excluded: too few file descriptors"));
}

pub(crate) fn families_threads_and_capabilities_filter(page: &mut Page<'_>, stage: &Stage) {
    page.open(&stage.url);
    let all = names(page);
    page.click("#controls input[value=tokio]");
    let some = names(page);
    assert!(some.len() < all.len() && !some.iter().any(|name| name.starts_with("tokio")));
    page.choose("#controls select[name=threads]", "many");
    let many = names(page);
    assert!(
        !many.is_empty() && many.iter().all(|name| name.ends_with("×2") || name == "threads"),
        "{many:?}"
    );
    page.click("#controls input[value=fifo]");
    assert_eq!(names(page), [""; 0], "the made-up executors promise fairness only");
    page.click("#controls button[type=reset]");
    assert_eq!(names(page), all);
    assert_eq!(address(page), stage.url);
}

/// Returns a column of the matrix as numbers, those that were measured; what was not must stand
/// after them.
fn measured(page: &mut Page<'_>, column: usize) -> Vec<f64> {
    let texts: Vec<String> =
        rows(page).iter().map(|row| plain(&row[column]).replace(',', "")).collect();
    let mut numbers: Vec<Option<f64>> = texts.iter().map(|text| text.parse().ok()).collect();
    let count = numbers.iter().flatten().count();
    assert!(count > 10, "{texts:?}");
    numbers.truncate(count);
    numbers.into_iter().collect::<Option<_>>().unwrap_or_else(|| panic!("not last: {texts:?}"))
}

pub(crate) fn any_column_sorts(page: &mut Page<'_>, stage: &Stage) {
    page.open(&stage.url);
    let first = rows(page);
    let last = first[0].len() - 2;
    // The third column lacks an executor.
    page.click("#matrix button[data-sort='2']");
    let up = measured(page, 3);
    assert!(up.is_sorted() && up.len() < first.len(), "{up:?}");
    assert_eq!(page.js("document.querySelectorAll('#matrix th[aria-sort=ascending]').length"), 1);
    page.click("#matrix button[data-sort='2']");
    let down = measured(page, 3);
    assert!(down.iter().rev().is_sorted() && down.len() == up.len(), "{down:?}");
    page.click("#matrix button[data-sort=name]");
    let mut sorted = names(page);
    sorted.sort();
    assert_eq!(names(page), sorted);
    page.click("#matrix button[data-sort=name]");
    sorted.reverse();
    assert_eq!(names(page), sorted);
    page.click("#matrix button[data-sort=mean]");
    assert_eq!(rows(page), first);
    let up = measured(page, last);
    assert!(up.is_sorted(), "{up:?}");
    page.click("#matrix button[data-sort=mean]");
    let down = measured(page, last);
    assert!(down.iter().rev().is_sorted(), "{down:?}");
}

/// Every cell of the matrix against the ratio that the program computes.
fn assert_ratios(page: &mut Page<'_>, stage: &Stage, base: &str, metric: &str) {
    let rounds = Rounds::of(&stage.run);
    let mut seen = 0;
    for found in rows(page) {
        for (group, text) in stage.ranking.groups.iter().zip(&found[1..]) {
            let pair = id(group, &found[0]).zip(id(group, base));
            let is_ok = |name: &str| row(group, name).is_some_and(|row| row.ratio.is_some());
            let ratio = pair.and_then(|(own, base)| rounds.ratio(&own, &base, metric));
            let ratio = ratio.filter(|_| is_ok(&found[0]) && is_ok(base));
            let expected =
                ratio.map(|ratio| number::factor(&ratio).trim_end_matches('×').to_owned());
            let text = plain(text);
            assert_eq!(
                text,
                expected.unwrap_or_else(|| "–".into()),
                "{} in {}",
                found[0],
                group.params
            );
            seen += usize::from(text != "–");
        }
    }
    assert!(seen > 50, "{seen}");
}

pub(crate) fn a_baseline_gives_the_ratios_of_the_program(page: &mut Page<'_>, stage: &Stage) {
    page.open(&format!("{}?metric=memory", stage.url));
    page.choose("#controls select[name=base]", "smol/w2");
    assert_ratios(page, stage, "smol ×2", "rss_peak_bytes");
    let own = rows(page).into_iter().find(|row| row[0] == "smol ×2").expect("is there");
    assert!(own[1..own.len() - 1].iter().all(|text| text == "1.00"), "{own:?}");
    let heads = page.texts("table.sortable .factor");
    assert!(heads.iter().all(|head| head == "factor to smol ×2"), "{heads:?}");
}

pub(crate) fn a_metric_gives_the_ratios_of_the_program(page: &mut Page<'_>, stage: &Stage) {
    page.open(&format!("{}?base=heap", stage.url));
    page.choose("#controls select[name=metric]", "memory");
    assert_ratios(page, stage, "heap", "rss_peak_bytes");
    page.choose("#controls select[name=metric]", "tail");
    // Countdown in four sizes and echo in three have a tail.
    assert_eq!(rows(page)[0].len(), 10);
    assert!(page.texts("#status")[0].contains("7 of 11 columns"), "{:?}", page.texts("#status"));
    let heads = page.texts("#matrix th.over .sub");
    assert_eq!(heads, ["lateness p99, by timers", "round trip p99, by connections"]);
}

pub(crate) fn weights_give_a_weighted_geometric_mean(page: &mut Page<'_>, stage: &Stage) {
    page.open(&stage.url);
    page.js("document.querySelector('#weights').open = true");
    page.choose("input[data-workload=countdown]", "3");
    page.choose("input[data-workload=spinner]", "0");
    let matrix = rows(page);
    let workloads: Vec<&str> =
        stage.ranking.groups.iter().map(|group| group.workload.as_str()).collect();
    let counted = workloads.iter().filter(|id| **id != "spinner").count();
    assert_eq!(matrix[0].len(), counted + 3);
    // Of the medians against the least of each column, over those that nearly all have.
    let common: Vec<&Group> = stage
        .ranking
        .groups
        .iter()
        .filter(|group| group.workload != "spinner")
        .filter(|group| !group.rows.iter().any(|row| row.ratio.is_none() && !row.yardstick))
        .collect();
    let (mut sum, mut weights) = (0.0, 0.0);
    for group in &common {
        let weight = if group.workload == "countdown" { 3.0 } else { 1.0 };
        let median = |row: &Row| row.median.filter(|_| !row.cell.is_floor() && row.ratio.is_some());
        let least = group.rows.iter().filter_map(median).fold(f64::INFINITY, f64::min);
        let own = row(group, "tokio-current-thread").and_then(median).expect("measured");
        sum += weight * (own / least).ln();
        weights += weight;
    }
    let own = matrix.iter().find(|row| row[0] == "tokio-current-thread").expect("is there");
    assert_eq!(mean(own), number::plain((sum / weights).exp()));
    let status = page.texts("#status").concat();
    assert!(status.contains(&format!("weighted geometric mean over {}", common.len())), "{status}");
}

pub(crate) fn who_lacks_a_column_is_outside_the_mean(page: &mut Page<'_>, stage: &Stage) {
    // Of threads and the others of one family only: threads lacks the large sizes.
    page.open(&format!("{}?hide=hand,tokio,futures,uring&sort=mean", stage.url));
    let status = page.texts("#status").concat();
    assert!(status.contains("geometric mean over"), "{status}");
    for row in rows(page) {
        let lacks = mean(&row) == "–";
        assert_eq!(
            lacks,
            status.contains(&format!("set: {}", row[0]))
                || status.contains(&format!(", {}", row[0]))
        );
    }
}

pub(crate) fn a_link_shows_the_same_view(page: &mut Page<'_>, stage: &Stage) {
    page.open(&stage.url);
    page.choose("#controls select[name=metric]", "cpu");
    page.choose("#controls select[name=base]", "tokio-multi-thread/w2");
    page.click("#controls input[value=smol]");
    page.click("#matrix button[data-sort='1']");
    page.js("document.querySelector('#weights').open = true");
    page.choose("input[data-workload=echo]", "2.5");
    page.click("#theme");
    let (before, status) = (rows(page), page.texts("#status"));
    let controls = "JSON.stringify([...document.querySelectorAll('#controls input, #controls select')]\
                    .map((one) => one.type === 'checkbox' ? one.checked : one.value))";
    let chosen = page.js(controls);
    let link = address(page);
    assert!(link.contains("metric=cpu") && link.contains("echo%3A2.5"), "{link}");
    page.open("about:blank");
    page.open(&link);
    assert_eq!((rows(page), page.texts("#status"), page.js(controls)), (before, status, chosen));
    assert_eq!(page.js("document.documentElement.dataset.theme"), "dark");
}

/// Goes back or forward and waits until the page has heard of it.
fn travel(page: &mut Page<'_>, steps: i32) {
    page.js(&format!(
        "new Promise((done) => {{ addEventListener('popstate', () => setTimeout(done), {{ once: true }}); \
         history.go({steps}); }})"
    ));
}

pub(crate) fn back_and_forward_go_through_the_views(page: &mut Page<'_>, stage: &Stage) {
    page.open(&stage.url);
    let first = rows(page);
    page.click("#controls input[value=hand]");
    let second = rows(page);
    page.choose("#controls select[name=base]", "monoio");
    let third = rows(page);
    assert!(first != second && second != third);
    travel(page, -1);
    assert_eq!(rows(page), second);
    travel(page, -1);
    assert_eq!(rows(page), first);
    assert_eq!(page.js("document.querySelector('#controls input[value=hand]').checked"), true);
    travel(page, 2);
    assert_eq!(rows(page), third);
}

pub(crate) fn hover_shows_value_interval_and_rounds(page: &mut Page<'_>, stage: &Stage) {
    page.open(&stage.url);
    page.hover("#matrix tbody tr:nth-child(5) td:nth-child(3)");
    let tip = page.texts("#tip div");
    assert_eq!(page.js("document.querySelector('#tip').hidden"), false);
    let name = names(page)[4].clone();
    let group = &stage.ranking.groups[1];
    let row = row(group, &name).expect("measured");
    assert_eq!(tip[0], name);
    assert!(tip[2].contains("s (95 %: "), "{tip:?}");
    let ratio = row.ratio.expect("measured");
    assert!(tip[3].starts_with(&number::factor(&ratio)), "{tip:?}");
    assert_eq!(tip[4], format!("n = {} rounds in common", ratio.rounds));
    page.hover("h1");
    assert_eq!(page.js("document.querySelector('#tip').hidden"), true);
}

pub(crate) fn escape_closes_what_hover_shows(page: &mut Page<'_>, stage: &Stage) {
    page.open(&stage.url);
    let hidden = "document.querySelector('#tip').hidden";
    page.hover("#matrix tbody tr:nth-child(5) td:nth-child(3)");
    assert_eq!(page.js(hidden), false);
    assert_eq!(page.js("document.activeElement === document.body"), true);
    page.key("Escape");
    assert_eq!(page.js(hidden), true);
    page.hover("#matrix tbody tr:nth-child(5) td:nth-child(4)");
    assert_eq!(page.js(hidden), false, "the next cell has its own");
}

pub(crate) fn every_floor_has_its_factor(page: &mut Page<'_>, stage: &Stage) {
    page.open(&stage.url);
    let shown = names(page);
    assert!(!shown.iter().any(|name| name.starts_with("floor")), "{shown:?}");
    page.choose("#controls select[name=base]", "heap");
    let rounds = Rounds::of(&stage.run);
    let mut seen = Vec::new();
    for (at, group) in stage.ranking.groups.iter().enumerate() {
        for floor in group.rows.iter().filter(|row| row.cell.is_floor()) {
            let name = words::executor(&floor.cell);
            let base = id(group, "heap").expect("measured");
            let ratio = rounds.ratio(&floor.cell.id(), &base, &group.metric).expect("measured");
            let text = page.js(&format!(
                "[...document.querySelector(\"table[data-group='{at}']\").tBodies[0].rows]\
                 .find((row) => row.cells[1].textContent === {name:?}).cells[5].textContent"
            ));
            assert_eq!(text, number::factor(&ratio), "{name} in {}", group.params);
            seen.push(name);
        }
    }
    assert!(seen.contains(&"floor-boxed".into()) && seen.len() == stage.ranking.groups.len() + 1);
    // One that is chosen gives the factors to it, and is not in the matrix either.
    page.choose("#controls select[name=base]", "floor-boxed");
    assert_eq!(names(page).len(), shown.len());
}

pub(crate) fn a_nonsense_address_does_no_harm(page: &mut Page<'_>, stage: &Stage) {
    page.open(&stage.url);
    let usual = rows(page);
    let nonsense = "?metric=%3Cscript%3E&base=nobody&hide=,,x&threads=2&can=fly&sort=-99999\
                    &weights=echo:-1,countdown:NaN,x:1e999&need=%22%27&side=both&theme=pink#nowhere";
    page.open(&format!("{}{nonsense}", stage.url));
    let shown = rows(page);
    assert_eq!(shown.len(), usual.len());
    let mut sorted = shown.clone();
    sorted.sort();
    let mut expected = usual;
    expected.sort();
    assert_eq!(sorted, expected);
    assert_eq!(page.js("document.documentElement.dataset.theme ?? null"), Value::Null);
}
