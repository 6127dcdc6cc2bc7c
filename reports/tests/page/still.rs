//! Pages without scripts, which are the sites of histories and two runs side by side: links,
//! themes, narrow screens, paper, keyboard, hostile names, barriers.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::chromium::Page;
use crate::looks::{barriers, beyond_the_paper, beyond_the_screen, ground};
use crate::stage::{Stage, files, url};

/// Of each kind of page some: all at the root, and the first of each folder below, of cells also
/// one that did not change.
fn pages(folder: &Path) -> Vec<PathBuf> {
    let is_page = |path: &PathBuf| path.extension().is_some_and(|end| end == "html");
    let all: Vec<PathBuf> = files(folder).into_iter().filter(is_page).collect();
    let below = |name: &str| -> Vec<&PathBuf> {
        all.iter().filter(|path| path.parent() == Some(&folder.join(name))).collect()
    };
    let changed = |path: &&&PathBuf| {
        std::fs::read_to_string(path).expect("a page").contains("Changes, with the commits")
    };
    let cells = below("cells");
    let mut some = below("");
    some.extend(below("executors").into_iter().take(2));
    some.extend(cells.iter().find(changed));
    some.extend(cells.iter().find(|path| !changed(path)));
    some.into_iter().cloned().collect()
}

/// Returns the addresses of some pages of every folder.
fn urls(stage: &Stage) -> Vec<String> {
    let all: Vec<String> =
        stage.still.iter().flat_map(|folder| pages(folder)).map(|path| url(&path)).collect();
    assert!(all.len() > 12, "{all:?}");
    all
}

pub(crate) fn links_lead_to_files(page: &mut Page<'_>, stage: &Stage) {
    let known = stage.all();
    let mut followed = 0;
    for here in urls(stage) {
        page.open(&here);
        let links = page.js("[...document.links].map((link) => link.href)");
        let links: Vec<String> = serde_json::from_value(links).expect("addresses");
        for link in &links {
            let (file, id) = link.split_once('#').unwrap_or((link, ""));
            assert!(known.iter().any(|known| known == file), "{here}: {link}");
            let text = || std::fs::read_to_string(&file["file://".len()..]).expect("text");
            assert!(id.is_empty() || text().contains(&format!(" id=\"{id}\"")), "{here}: {link}");
        }
        assert!(!links.is_empty(), "{here}");
        followed += links.len();
    }
    assert!(followed > 200, "{followed}");
}

pub(crate) fn a_reader_walks_from_the_overview_to_a_cell(page: &mut Page<'_>, stage: &Stage) {
    page.open(&url(&stage.still[0].join("index.html")));
    let ways = [
        (".bar a[href='executors.html']", "Executors"),
        ("main a[href*='tokio-current']", "tokio-current-thread"),
        ("main a[href*='cells/']", "/tokio-current-thread"),
        (".bar a[href='../trends.html']", "Trends"),
        ("main a[href*='cells/']", "countdown/"),
    ];
    for (link, title) in ways {
        page.follow(link);
        let text = page.texts("h1").concat();
        assert!(text.contains(title), "{link}: {text}");
    }
    assert_eq!(page.js("document.querySelectorAll('figure svg').length"), 2, "both places");
}

pub(crate) fn nothing_is_missing_without_scripts(page: &mut Page<'_>, stage: &Stage) {
    for here in urls(stage) {
        page.open(&here);
        assert_eq!(page.js("document.scripts.length"), 0, "{here}");
        let hidden =
            "document.querySelectorAll('[hidden], button, form, [onclick], [onerror]').length";
        assert_eq!(page.js(hidden), 0, "{here}");
        let text = page.js("document.body.innerText");
        page.call("Emulation.setScriptExecutionDisabled", json!({ "value": true }));
        page.open(&here);
        assert_eq!(page.js("document.body.innerText"), text, "{here}");
        page.call("Emulation.setScriptExecutionDisabled", json!({ "value": false }));
    }
}

pub(crate) fn a_narrow_screen_scrolls_only_inside(page: &mut Page<'_>, stage: &Stage) {
    for width in [390, 320] {
        page.size(width, 800);
        for here in urls(stage) {
            page.open(&here);
            assert_eq!(beyond_the_screen(page), Value::Null, "{here} at {width} px");
            let captions = "[...document.querySelectorAll('caption')].map((one) => { \
                            const text = document.createRange(); text.selectNodeContents(one); \
                            return Math.round(text.getBoundingClientRect().right - innerWidth); })";
            let over: Vec<i64> = serde_json::from_value(page.js(captions)).expect("widths");
            assert!(over.iter().all(|right| *right <= 0), "{here} at {width} px: {over:?}");
        }
    }
}

pub(crate) fn printed_all_stays_on_the_paper(page: &mut Page<'_>, stage: &Stage) {
    page.size(718, 1_000);
    page.call("Emulation.setEmulatedMedia", json!({ "media": "print" }));
    // Names of ten thousand letters may be cut.
    for here in stage.still[..2].iter().flat_map(|folder| pages(folder)).map(|path| url(&path)) {
        page.open(&here);
        assert_eq!(beyond_the_paper(page), json!([]), "{here}: cut off by the edge of the paper");
    }
}

pub(crate) fn dark_as_the_system_says(page: &mut Page<'_>, stage: &Stage) {
    for folder in &stage.still {
        page.prefer("dark");
        page.open(&url(&folder.join("index.html")));
        assert!(ground(page) < 0.2, "{}", folder.display());
        page.prefer("light");
        assert!(ground(page) > 0.9, "{}", folder.display());
    }
}

pub(crate) fn the_keyboard_reaches_every_link(page: &mut Page<'_>, stage: &Stage) {
    for folder in &stage.still[..2] {
        page.open(&url(&folder.join("index.html")));
        page.key("Tab");
        assert_eq!(page.js("document.activeElement.textContent"), "Skip to the contents");
        // Links, folded tables, and what scrolls.
        let stops = "[...document.querySelectorAll('a[href], summary, [tabindex=\"0\"]')]\
                     .filter((one) => one.checkVisibility())";
        let count = page.js(&format!("{stops}.length")).as_u64().expect("a number");
        for _ in 1..count {
            page.key("Tab");
        }
        assert_eq!(page.js(&format!("document.activeElement === {stops}.pop()")), true, "{count}");
    }
}

pub(crate) fn hostile_names_do_no_harm(page: &mut Page<'_>, stage: &Stage) {
    let mut seen = 0;
    for path in pages(&stage.still[2]) {
        page.open(&url(&path));
        assert_eq!(page.js("document.scripts.length"), 0);
        assert_eq!(page.js("document.querySelectorAll('iframe, object, [onload]').length"), 0);
        seen += page.texts("main").concat().matches("<script>alert(1)</script>").count();
    }
    assert!(seen > 5, "they stand there as text: {seen}");
}

/// Whatever came to stand in a page: the browser would not run it, and would send no request.
pub(crate) fn the_policy_lets_nothing_run(page: &mut Page<'_>, stage: &Stage) {
    for folder in &stage.still {
        page.open(&url(&folder.join("index.html")));
        let ran = page.js(
            "(() => { const made = document.createElement('script'); made.textContent = 'window.ran = 1'; \
             document.body.append(made); return window.ran ?? null; })()",
        );
        assert_eq!(ran, Value::Null);
        let asked = page.js("fetch('data:text/plain,x').then(() => 'an answer', () => 'refused')");
        assert_eq!(asked, "refused");
    }
}

pub(crate) fn no_barrier_is_found(page: &mut Page<'_>, stage: &Stage, axe: &str) {
    for here in urls(stage) {
        for scheme in ["light", "dark"] {
            page.prefer(scheme);
            page.open(&here);
            assert_eq!(barriers(page, axe), json!([]), "{here}, {scheme}");
        }
    }
}
