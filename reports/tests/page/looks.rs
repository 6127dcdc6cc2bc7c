//! How the page looks and is reached: keyboard, themes, narrow screens, no scripts, hostile names,
//! barriers.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::chromium::Page;
use crate::stage::{Stage, page_of_run};

pub(crate) fn all_can_be_done_by_keyboard(page: &mut Page<'_>, stage: &Stage) {
    page.open(&stage.url);
    page.key("Tab");
    assert_eq!(page.js("document.activeElement.textContent"), "Skip to the findings");
    // Every control is met on the way, in the order of the page, and the tables scroll by key.
    let focused = "(() => { const one = document.activeElement; \
                   return one.dataset.sort || one.name || one.id; })()";
    let mut met: Vec<Value> = Vec::new();
    while page.js("document.activeElement.closest('#matrix tbody') === null") == true {
        page.key("Tab");
        met.push(page.js(focused));
        assert!(met.len() < 200, "the matrix is never reached: {met:?}");
    }
    for name in ["theme", "need", "metric", "base", "threads", "family", "can", "name", "0", "mean"]
    {
        assert!(met.iter().any(|found| found == name), "{name}: {met:?}");
    }
    let text = "document.activeElement.textContent";
    let place = "[document.activeElement.parentElement.rowIndex, document.activeElement.cellIndex]";
    let first = page.js(place);
    let tip = page.texts("#tip div");
    assert!(tip.last().is_some_and(|line| line.starts_with("n = ")), "{tip:?}");
    for key in ["ArrowDown", "ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "ArrowUp"] {
        page.key(key);
    }
    assert_eq!(page.js(place), first);
    page.key("ArrowRight");
    assert_eq!(page.js(place)[1], 2);
    assert_ne!(page.js(text), "");
    page.key("Escape");
    assert_eq!(page.js("document.querySelector('#tip').hidden"), true);
    // A head sorts by Enter and keeps the focus; a box is ticked by Space.
    page.js("document.querySelector('#matrix button[data-sort=name]').focus()");
    page.key("Enter");
    assert_eq!(page.js(focused), "name");
    assert_eq!(page.js("document.activeElement.parentElement.ariaSort"), "ascending");
    page.js("document.querySelector('#controls input[value=tokio]').focus()");
    page.key("Space");
    assert_eq!(page.js("location.search"), "?hide=tokio&sort=name");
}

pub(crate) fn the_chooser_shows_one_answer(page: &mut Page<'_>, stage: &Stage) {
    page.open(&stage.url);
    let rows =
        "[...document.querySelectorAll('#answers tbody tr')].filter((row) => !row.hidden).length";
    assert_eq!(page.js(rows), 4);
    page.click("#chooser input[value=connections]");
    page.click("#chooser input[value=one]");
    assert_eq!(page.js(rows), 1);
    let shown = page.js("document.querySelector('#answers tbody tr:not([hidden])').innerText");
    let shown = shown.as_str().expect("text");
    assert!(shown.starts_with("Many connections") && !shown.contains("×2"), "{shown}");
    assert!(shown.contains("a loop of this project"), "{shown}");
    assert_eq!(page.js("location.search"), "?need=connections&side=one");
}

pub(crate) fn tables_of_groups_sort(page: &mut Page<'_>, stage: &Stage) {
    page.open(&stage.url);
    let table = "details[open] table.sortable";
    let names = format!("{table} tbody th");
    let before = page.texts(&names);
    page.click(&format!("{table} thead th:nth-child(2) button"));
    let after = page.texts(&names);
    assert_ne!(before, after);
    page.click(&format!("{table} thead th:nth-child(6) button"));
    let factors: Vec<f64> = page
        .js(&format!(
            "[...document.querySelector({table:?}).tBodies[0].rows].map((row) => parseFloat(row.cells[5].textContent)).filter((one) => one > 0)"
        ))
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(Value::as_f64)
        .collect();
    assert!(factors.len() > 10 && factors.is_sorted(), "{factors:?}");
}

/// What a text of a table stands for: of an interval and of ranks the lower end.
fn figure(text: &str) -> Option<f64> {
    let is_digit = |letter: &char| letter.is_ascii_digit() || ".,".contains(*letter);
    let digits: String = text.chars().take_while(is_digit).filter(|it| *it != ',').collect();
    let scale = match text.rsplit(' ').next()? {
        "µs" | "k" => 1e3,
        "ms" | "M" => 1e6,
        "s" => 1e9,
        "KiB" => 1024.0,
        "MiB" => 1024.0 * 1024.0,
        _ => 1.0,
    };
    Some(digits.parse::<f64>().ok()? * scale)
}

/// Which come first are as `is_first` says, and nothing of the kind comes after them.
fn come_first<T>(all: &[T], is_first: impl Fn(&T) -> bool) -> bool {
    !all.iter().skip_while(|one| is_first(one)).any(&is_first)
}

pub(crate) fn any_column_of_a_table_sorts(page: &mut Page<'_>, stage: &Stage) {
    page.open(&stage.url);
    page.js("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
    // Both lack an executor, and have figures in two units.
    for group in [2, 6] {
        let table = format!("table[data-group='{group}']");
        let sortable = page.js(&format!(
            "[...document.querySelectorAll(\"{table} thead th\")].map((one) => one.querySelector('.sort') !== null)"
        ));
        let sortable: Vec<bool> = serde_json::from_value(sortable).expect("truths");
        let columns = (0..sortable.len()).filter(|column| sortable[*column]);
        for (column, is_down) in columns.flat_map(|column| [(column, false), (column, true)]) {
            page.click(&format!("{table} thead th:nth-child({}) button", column + 1));
            let texts = page.texts(&format!("{table} tbody tr > :nth-child({})", column + 1));
            let head =
                page.js(&format!("document.querySelector(\"{table} [aria-sort]\").cellIndex"));
            assert_eq!((head.as_u64(), texts.len()), (Some(column as u64), 18));
            let mut figures: Vec<f64> = texts.iter().filter_map(|text| figure(text)).collect();
            if figures.is_empty() {
                assert!(come_first(&texts, |text| !text.is_empty()), "{texts:?}");
                continue;
            }
            assert!(come_first(&texts, |text| figure(text).is_some()), "{texts:?}");
            if is_down {
                figures.reverse();
            }
            assert!(figures.is_sorted(), "{texts:?}");
        }
        // Of the median and of its interval.
        for column in [4, 5] {
            let texts = page.texts(&format!("{table} tbody tr > :nth-child({column})"));
            let ends = |end: &str| texts.iter().any(|text| text.ends_with(end));
            assert!(ends(" ns") && (group == 6 || ends(" µs")), "{texts:?}");
            assert!(texts.iter().any(|text| figure(text).is_none()), "{texts:?}");
        }
    }
}

pub(crate) fn what_the_reader_folds_stays_folded(page: &mut Page<'_>, stage: &Stage) {
    page.open(&stage.url);
    let closed = "details:not([open]) table.sortable";
    let group = page.js(&format!("document.querySelector({closed:?}).dataset.group"));
    let table = format!("table[data-group='{}']", group.as_str().expect("a number"));
    let open = format!("document.querySelector({table:?}).closest('details').open");
    page.js(&format!("{open} = true"));
    page.click(&format!("{table} thead th:nth-child(4) button"));
    page.js(&format!("{open} = false"));
    page.choose("#controls select[name=base]", "heap");
    page.click("#controls input[value=tokio]");
    assert_eq!(page.js(&open), false, "nothing was sorted anew");
    // It is sorted all the same, and by the factors of the view.
    assert_eq!(page.texts(&format!("{table} [aria-sort]")).len(), 1);
    let link = page.js("location.href").as_str().expect("text").to_owned();
    page.open("about:blank");
    page.open(&link);
    assert_eq!(page.js(&open), true, "a link shows what it sorts");
}

pub(crate) fn a_link_sorts_the_tables(page: &mut Page<'_>, stage: &Stage) {
    page.open(&stage.url);
    // One in an open group and one in a folded one.
    let group = |page: &mut Page<'_>, details: &str| {
        let table = format!("document.querySelector('{details} table.sortable')");
        page.js(&format!("{table}.dataset.group")).as_str().expect("a number").to_owned()
    };
    let groups = ["details[open]", "details:not([open])"].map(|details| group(page, details));
    let tables = groups.clone().map(|group| format!("table[data-group='{group}']"));
    let names = |page: &mut Page<'_>| {
        tables.clone().map(|table| {
            let rows = format!("[...document.querySelector({table:?}).tBodies[0].rows]");
            page.js(&format!("{rows}.map((row) => row.cells[1].textContent)"))
        })
    };
    let first = names(page);
    let folded = format!("document.querySelector({:?}).closest('details').open", tables[1]);
    page.js(&format!("{folded} = true"));
    page.click(&format!("{} thead th:nth-child(2) button", tables[0]));
    page.click(&format!("{} thead th:nth-child(4) button", tables[1]));
    page.click(&format!("{} thead th:nth-child(4) button", tables[1]));
    page.choose("#controls select[name=metric]", "cpu");
    let sorted = names(page);
    assert!(sorted[0] != first[0] && sorted[1] != first[1]);
    let link = page.js("location.href").as_str().expect("text").to_owned();
    for part in [format!("{}%3A1", groups[0]), format!("{}%3A-3", groups[1])] {
        assert!(link.contains(&part), "{link}");
    }
    page.open("about:blank");
    page.open(&link);
    assert_eq!(names(page), sorted);
    assert_eq!(page.js(&folded), true, "a reader sees what the link sorts");
    let heads = page
        .js("[...document.querySelectorAll('.sortable [aria-sort]')].map((one) => one.ariaSort)");
    let heads: BTreeSet<String> = serde_json::from_value(heads).expect("texts");
    assert_eq!(heads.into_iter().collect::<Vec<_>>(), ["ascending", "descending"]);
    // The controls of the matrix are not those of the tables.
    page.click("#controls button[type=reset]");
    assert_eq!(names(page), sorted);
    page.open(&format!("{}?orders=0:2,1:99,99:1,x,0:,1:--1", stage.url));
    assert_eq!(names(page), first, "no table has such a column to sort by");
}

/// Returns the luminance of the ground, 0 to 1.
pub(crate) fn ground(page: &mut Page<'_>) -> f64 {
    let color =
        page.js("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)");
    let parts: Vec<f64> = serde_json::from_value(color).expect("rgb");
    parts[..3].iter().sum::<f64>() / (3.0 * 255.0)
}

pub(crate) fn dark_as_the_system_or_the_reader_says(page: &mut Page<'_>, stage: &Stage) {
    page.prefer("dark");
    page.open(&stage.url);
    assert!(ground(page) < 0.2);
    page.click("#theme");
    assert!(ground(page) > 0.9);
    assert_eq!(page.js("location.search"), "?theme=light");
    page.click("#theme");
    assert!(ground(page) < 0.2);
    page.prefer("light");
    page.open(&stage.url);
    assert!(ground(page) > 0.9);
    page.open(&format!("{}?theme=dark", stage.url));
    assert!(ground(page) < 0.2);
}

/// With all that is folded opened: what makes the page wider than the screen; nothing where nothing
/// does.
pub(crate) fn beyond_the_screen(page: &mut Page<'_>) -> Value {
    page.js(
        "document.querySelectorAll('details').forEach((one) => { one.open = true; }); \
         document.documentElement.scrollWidth <= document.documentElement.clientWidth ? null \
         : [...document.querySelectorAll('body *')]\
         .filter((one) => !one.closest('.scroll, .defs, .skip, #tip') && one.getBoundingClientRect().right > innerWidth + 1)\
         .map((one) => one.outerHTML.slice(0, 120))",
    )
}

/// What the edge of the paper cuts off.
pub(crate) fn beyond_the_paper(page: &mut Page<'_>) -> Value {
    page.js(
        "[...document.querySelectorAll('main *')]\
         .filter((one) => !one.closest('svg') && one.getBoundingClientRect().right > innerWidth + 1)\
         .map((one) => one.outerHTML.slice(0, 120))",
    )
}

pub(crate) fn a_narrow_screen_scrolls_only_inside(page: &mut Page<'_>, stage: &Stage) {
    for width in [390, 320] {
        page.size(width, 800);
        for url in [&stage.url, &stage.hostile] {
            page.open(url);
            assert_eq!(beyond_the_screen(page), Value::Null, "{width} px");
        }
    }
}

pub(crate) fn printed_all_stays_on_the_paper(page: &mut Page<'_>, stage: &Stage) {
    // A4 without its margins, in CSS pixels.
    page.size(718, 1_000);
    page.open(&stage.url);
    page.call("Emulation.setEmulatedMedia", json!({ "media": "print" }));
    page.js("dispatchEvent(new Event('beforeprint'))");
    assert_eq!(beyond_the_paper(page), json!([]), "cut off by the edge of the paper");
    let closed = page.js(
        "[...document.querySelectorAll('.group, .card details')].filter((one) => !one.open).length",
    );
    assert_eq!(closed, 0, "they cannot be opened on paper");
    assert_eq!(page.js("document.querySelector('#controls').offsetParent"), Value::Null);
}

pub(crate) fn without_scripts_all_is_said(page: &mut Page<'_>, stage: &Stage) {
    page.call("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
    page.open(&stage.url);
    let visible =
        "[...document.querySelectorAll('form, button')].filter((one) => one.offsetParent).length";
    assert_eq!(page.js(visible), 0, "controls that do nothing");
    assert_eq!(page.texts("#answers tbody tr").len(), 4);
    assert_eq!(page.texts("table.sortable").len(), stage.ranking.groups.len());
    let text = page.texts("main").concat();
    for section in
        ["In short", "Which one for me?", "Can I trust it?", "Executors", "Left out", "Downloads"]
    {
        assert!(text.contains(section), "{section}");
    }
}

pub(crate) fn hostile_names_do_no_harm(page: &mut Page<'_>, stage: &Stage) {
    page.open(&stage.hostile);
    assert_eq!(page.js("document.scripts.length"), 2);
    assert_eq!(
        page.js("document.querySelectorAll('main script, [onclick], [onload], [onerror]').length"),
        0
    );
    assert_eq!(page.js("'ready' in document.documentElement.dataset"), true);
    let names = page.texts("#matrix tbody th");
    assert!(names.iter().any(|name| name.contains("<script>alert(1)</script>")), "{names:?}");
    page.click("#matrix button[data-sort=name]");
    page.hover("#matrix tbody td");
    let values = page.js("[...document.querySelectorAll('#controls select[name=base] option')].map((one) => one.value)");
    for value in values.as_array().expect("a list") {
        page.choose("#controls select[name=base]", value.as_str().expect("text"));
        assert_eq!(page.js("document.querySelector('#controls select[name=base]').value"), *value);
    }
    assert_eq!(page.js("document.scripts.length"), 2);
}

/// Returns the text of axe-core, where `npm ci` has installed it.
pub(crate) fn axe() -> Option<String> {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/page/node_modules/axe-core/axe.min.js");
    path.is_file().then(|| std::fs::read_to_string(path).expect("text"))
}

/// What axe-core finds in the page, with all that is folded opened.
pub(crate) fn barriers(page: &mut Page<'_>, axe: &str) -> Value {
    page.js("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
    page.js(&format!("{axe};0"));
    page.js(
        "axe.run().then((found) => found.violations.map((one) => \
         `${one.id}: ${one.help}: ${one.nodes.length}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 200) + ' ' + node.failureSummary).join(' | ')}`))",
    )
}

pub(crate) fn no_barrier_is_found(page: &mut Page<'_>, stage: &Stage, axe: &str) {
    for (scheme, width, url) in
        [("light", 1280, &stage.url), ("dark", 1280, &stage.url), ("light", 390, &stage.hostile)]
    {
        page.prefer(scheme);
        page.size(width, 900);
        page.open(url);
        assert_eq!(barriers(page, axe), json!([]), "{scheme}, {width} px");
    }
}

/// Says how long the page takes until it can be used: `scripts/page-speed RUN`.
pub(crate) fn report_speed(page: &mut Page<'_>, stage: &Stage) {
    let url = page_of_run(stage).unwrap_or_else(|| stage.url.clone());
    let mut times: Vec<f64> = Vec::new();
    for _ in 0..7 {
        page.open("about:blank");
        page.open(&url);
        let time = page.js("performance.getEntriesByName('ready')[0].startTime");
        times.push(time.as_f64().expect("marked by the page"));
    }
    times.sort_by(f64::total_cmp);
    let (median, worst) = (times[3], times[6]);
    writeln!(
        std::io::stderr(),
        "page: usable after {median:.0} ms in the middle, {worst:.0} ms at worst, of 7"
    )
    .expect("stderr");
}
