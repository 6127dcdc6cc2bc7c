//! The page holds what it promises, and no name breaks out of it.

use tminus_judge::rank::Interval;

use crate::Beside;
use crate::draw::gallery::Gallery;
use crate::model::conformance::Conformance;
use crate::model::past::Past;
use crate::testing::{fixture, fixture_past, swept};

fn page_of(ranking: &tminus_judge::rank::Ranking) -> String {
    let run = fixture::run_of(ranking);
    super::page(&run, ranking, &Gallery::of(&run, ranking), &Beside::default())
}

/// Formats a page with a history of so many runs and with findings of the conformance suite.
fn page_beside(ranking: &tminus_judge::rank::Ranking, runs: i64) -> String {
    let run = fixture::run_of(ranking);
    let past = Past::of(fixture_past::log(&run, ranking, runs), &run, ranking);
    let tried = Conformance::parse(fixture_past::CONFORMANCE.as_bytes()).expect("as it is printed");
    let gallery = Gallery::of(&run, ranking).with_trends(&past.trends(ranking));
    super::page(
        &run,
        ranking,
        &gallery,
        &Beside { past: Some(&past), conformance: Some(&tried), png: false },
    )
}

/// Returns every `name="value"` of the page's own attributes.
fn values<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    page.split(&start).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

/// Returns the page without its own script, which is allowed to name what it makes.
fn without_script(page: &str) -> String {
    assert_eq!(page.matches(super::SCRIPT).count(), 1);
    page.replace(super::SCRIPT, "")
}

#[test]
fn nothing_is_fetched_and_only_its_own_script_runs() {
    let page = page_of(&fixture::ranking());
    let text = without_script(&page);
    for forbidden in [
        "http://",
        "https://",
        "url(",
        "@import",
        " src=",
        "<link rel=\"s",
        " style=",
        " onclick=",
        " onload=",
        " onerror=",
    ] {
        assert!(!markup(&text).contains(forbidden), "{forbidden}");
    }
    for forbidden in ["url(", "@import"] {
        assert!(!text.contains(forbidden), "{forbidden}");
    }
    assert_eq!(text.matches("<script").count(), 2, "its own and the data");
    for forbidden in
        ["eval(", "fetch(", "XMLHttpRequest", "innerHTML", "document.write", "import(", "</script"]
    {
        assert!(!super::SCRIPT.contains(forbidden), "{forbidden}");
    }
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
}

/// Returns the page of a run that is ranked by its records.
fn page_of_run(run: &tminus_record::Run) -> String {
    let ranking = fixture::rank(run);
    super::page(run, &ranking, &Gallery::of(run, &ranking), &Beside::default())
}

#[test]
fn a_sweep_has_its_chart_and_its_crossings() {
    let page = page_of_run(&swept::swept());
    let text = without_script(&page);
    assert!(text.contains("id=\"load-load-t\""), "the chart of load");
    assert!(!text.contains("id=\"growth-load-rate"), "which stands for that of growth");
    for part in ["Crossings", "has the lower latency p99, above it tokio-multi-thread ×2"] {
        assert!(text.contains(part), "{part}");
    }
    assert!(text.contains("of 2 pairs of the best it cannot be told"));
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
    assert!(!page_of(&fixture::ranking()).contains("Crossings"), "where there are none");
}

#[test]
fn counts_of_workers_have_their_chart() {
    let page = page_of_run(&swept::scaled());
    assert!(page.contains("id=\"scaling-work-tasks-1000-t\""));
    assert!(page.contains("more workers make smol slower and tokio-multi-thread faster"));
    assert!(page.contains("The machine has 2 cores, which shows little"));
    assert!(!page_of(&fixture::ranking()).contains("id=\"scaling-"));
}

/// Returns the tags of a page, without the text between them.
fn markup(page: &str) -> String {
    page.split('<')
        .filter_map(|part| part.split_once('>'))
        .map(|(tag, _)| tag)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn ids_are_unique_and_links_lead_somewhere() {
    for page in [page_of(&fixture::ranking()), page_beside(&fixture::ranking(), 20)] {
        assert_linked(&page);
    }
}

fn assert_linked(page: &str) {
    let mut ids = values(page, "id");
    for link in values(page, "href").iter().filter_map(|link| link.strip_prefix('#')) {
        assert!(ids.contains(&link), "{link}");
    }
    for label in values(page, "aria-labelledby").iter().flat_map(|ids| ids.split(' ')) {
        assert!(ids.contains(&label), "{label}");
    }
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

#[test]
fn every_file_that_is_linked_is_in_the_report() {
    let (run, ranking) = (fixture::run(), fixture::ranking());
    let gallery = Gallery::of(&run, &ranking);
    let page = super::page(&run, &ranking, &gallery, &Beside::default());
    let known = ["data.csv", "ranking.json", "report.md"];
    let cells = super::cells(&run, &ranking, &gallery, &Beside::default());
    let stands = |link: &str| {
        let (path, id) = link.split_once('#').unwrap_or((link, ""));
        let file = cells.iter().find(|file| file.path == path);
        file.is_some_and(|file| {
            String::from_utf8_lossy(&file.bytes)
                .contains(&format!("<h2 class=\"name\" id=\"{id}\">"))
        })
    };
    for link in
        values(&page, "href").iter().filter(|link| !link.starts_with('#') && **link != "data:,")
    {
        let name = link.strip_prefix("charts/").and_then(|name| name.rsplit_once('-'));
        let picture = name
            .is_some_and(|(name, _)| gallery.charts.iter().any(|known| known.picture.name == name));
        assert!(known.contains(link) || picture || stands(link), "{link}");
    }
}

/// Returns the pages of the cells of a ranking: path and text.
fn cells_of(ranking: &tminus_judge::rank::Ranking) -> Vec<(String, String)> {
    let run = fixture::run_of(ranking);
    let pages = super::cells(&run, ranking, &Gallery::of(&run, ranking), &Beside::default());
    let text = |bytes| String::from_utf8(bytes).expect("text");
    pages.into_iter().map(|page| (page.path, text(page.bytes))).collect()
}

#[test]
fn every_cell_has_its_samples_its_sources_and_its_command() {
    let ranking = fixture::ranking();
    let (page, cells) = (page_of(&ranking), cells_of(&ranking));
    assert_eq!(cells.len(), ranking.groups.len());
    for (at, group) in ranking.groups.iter().enumerate() {
        let (path, text) = &cells[at];
        for row in group.rows.iter().filter(|row| !row.cell.twin) {
            let name = crate::words::executor(&row.cell);
            let start = text.find(&format!("<section aria-label=\"{name}\"")).expect("a section");
            let own = &text[start..start + text[start..].find("</section>").expect("its end")];
            let id = own.split(" id=\"").nth(1).and_then(|rest| rest.split('"').next());
            let link = format!("href=\"{path}#{}\"", id.expect("an id"));
            // From the table of its group and from the matrix, which has no floors.
            let links = if row.cell.is_floor() { 1 } else { 2 };
            assert_eq!(page.matches(&link).count(), links, "{name}: {link}");
            let command = format!("<pre>tminus run {} ", row.cell.id());
            assert!(own.contains(&command) && own.contains("--seed 42"), "{own}");
            assert!(own.contains(".rs</code></a> at revision <code>fedcba987654</code>"), "{own}");
            assert_eq!(own.contains("Round by round"), row.median.is_some(), "{own}");
            // The made-up records have times by op and no distribution.
            let is_drawn = row.median.is_some() && group.metric.ends_with("_per_op");
            assert_eq!(own.contains("stroke-linecap"), is_drawn, "{own}");
        }
        let workload = format!("/workloads/src/{}.rs\"", group.workload);
        assert!(text.contains(&workload), "{workload}");
        assert_linked(text);
    }
}

#[test]
fn pages_of_cells_run_nothing_and_ask_for_nothing() {
    let hostile = fixture::hostile();
    for (path, text) in cells_of(&hostile).iter().chain(&cells_of(&fixture::ranking())) {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-./".contains(&byte);
        assert!(path.bytes().all(is_plain) && !path.contains(".."), "{path}");
        for forbidden in ["<script", " src=", " onclick", "javascript:", "url(", "@import"] {
            assert!(!markup(text).contains(forbidden), "{forbidden} in {path}");
        }
        let outside = |link: &&&str| link.contains("//");
        for link in values(text, "href").iter().filter(outside) {
            let known = ["https://github.com/example/tminus/blob/", "https://docs.rs/crate/"];
            assert!(known.iter().any(|start| link.starts_with(start)), "{link}");
        }
        assert_linked(text);
    }
}

/// Shows many batches as one value a round.
#[test]
fn a_cell_with_very_many_samples_stays_small() {
    let ranking = fixture::ranking();
    let mut run = fixture::run_of(&ranking);
    for record in &mut run.records {
        let first = record.samples.first().copied();
        record.samples.extend(first.into_iter().flat_map(|it| std::iter::repeat_n(it, 3_000)));
    }
    let pages = super::cells(&run, &ranking, &Gallery::of(&run, &ranking), &Beside::default());
    assert!(pages.iter().all(|page| page.bytes.len() < 200_000));
    assert!(String::from_utf8_lossy(&pages[0].bytes).contains("of every round, by round"));
}

#[test]
fn failures_and_exclusions_are_told_with_their_reasons() {
    let page = page_of(&fixture::ranking());
    for text in
        ["hang: no message for 10 s", "&lt;nothing&gt; comes &amp; goes", "at most 1000 tasks"]
    {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn hostile_names_stay_text() {
    let page = without_script(&page_of(&fixture::hostile()));
    for forbidden in ["<script>alert", "\u{1b}", "\u{202e}", "<!--"] {
        let around =
            page.find(forbidden).map(|at| page[..at].chars().rev().take(200).collect::<String>());
        assert_eq!(around, None, "{forbidden:?}");
    }
    // Its own, that of the data, and no third.
    assert_eq!((page.matches("<script").count(), page.matches("</script").count()), (2, 2));
    assert!(page.contains("&lt;script&gt;"));
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
}

#[test]
fn values_below_zero_are_not_drawn() {
    let mut ranking = fixture::ranking();
    let [_, best, next, ..] = ranking.groups[0].rows.as_mut_slice() else { panic!() };
    (best.median, best.interval) = (Some(-5.0), Some(Interval { low: -6.0, high: -4.0 }));
    (next.median, next.interval) = (Some(-1.0), Some(Interval { low: -2.0, high: 3.0 }));
    let page = without_script(&page_of(&ranking));
    assert!(page.contains("-5 ns") && !page.contains("NaN"));
}

#[test]
fn the_data_is_the_run_and_cannot_end_its_element() {
    for ranking in [fixture::hostile(), fixture::ranking()] {
        let page = page_of(&ranking);
        let start = page.find("<script id=\"data\" type=\"application/json\">").expect("the data");
        let data = &page[start..];
        let data = &data[data.find('>').expect("ends") + 1..data.find("</script>").expect("ends")];
        assert!(!data.contains('<') && !data.contains('\u{2028}'));
        let data: serde_json::Value = serde_json::from_str(data).expect("JSON");
        let groups = data["groups"].as_array().expect("a list");
        assert_eq!(groups.len(), ranking.groups.len());
        let executors = data["executors"].as_array().expect("a list").len();
        for cells in data["cells"].as_array().expect("a list") {
            assert_eq!(cells.as_array().expect("a list").len(), executors);
        }
    }
}

/// Returns the first two cells of each line of "Which one for me?".
fn answers_of(page: &str) -> String {
    let table = page.split("id=\"answers\"").nth(1).expect("there are answers");
    table.split("</table>").next().expect("it ends").into()
}

#[test]
fn only_what_is_best_or_equivalent_is_bold() {
    let run = fixture::measured();
    let mut ranking = fixture::rank(&run);
    let page =
        |ranking: &_| super::page(&run, ranking, &Gallery::of(&run, ranking), &Beside::default());
    assert!(answers_of(&page(&ranking)).contains("class=\"pick\""));
    // A pair that is the same and differs by a factor of ten hides everything.
    ranking.limits.floor = 10.0;
    let noisy = answers_of(&page(&ranking));
    assert!(noisy.contains("cannot tell"));
    assert!(!noisy.contains("class=\"pick\"") && !noisy.contains("<b>"), "{noisy}");
}

#[test]
fn every_round_of_a_measured_run_is_in_the_data() {
    let run = fixture::measured();
    let ranking = fixture::rank(&run);
    let gallery = Gallery::of(&run, &ranking);
    let beside = Beside::default();
    let book = super::book::Book::of(&run, &ranking, &gallery, &beside);
    let data: serde_json::Value = serde_json::from_str(&super::data::json(&book)).expect("JSON");
    let heap = book.lineup.iter().position(|(name, _)| name == "heap").expect("is there");
    let values =
        &data["cells"][0][heap][data["groups"][0]["lens"]["own"].as_u64().expect("first") as usize];
    assert_eq!(values.as_array().map(Vec::len), Some(fixture::ROUNDS as usize));
    let cell =
        ranking.groups[0].rows.iter().find(|row| row.cell.executor == "heap").expect("is there");
    for (round, value) in book.rounds.values(&cell.cell.id(), &ranking.groups[0].metric) {
        let short = values[round as usize].as_f64().expect("a number");
        assert!((short / value - 1.0).abs() < 1e-4, "{short} {value}");
    }
}

#[test]
fn the_policy_names_what_the_page_holds() {
    let page = page_of(&fixture::ranking());
    let of = |start: &str, end: &str| {
        let rest = &page[page.find(start).expect("starts") + start.len()..];
        rest[..rest.find(end).expect("ends")].to_owned()
    };
    let expected = super::policy::of(&of("<style>", "</style>"), &of("<script>", "</script>"));
    assert!(
        page.contains(&expected.replace('\'', "&#39;")) || page.contains(&expected),
        "{expected}"
    );
}

/// Elements that have no end tag.
const VOID: [&str; 5] = ["meta", "link", "input", "br", "hr"];

/// Every element is closed by its own end tag, and no attribute is left open.
fn assert_well_formed(page: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = page.strip_prefix("<!DOCTYPE html>").expect("a document type");
    while let Some(start) = rest.find('<') {
        let end = rest[start..].find('>').expect("every tag ends") + start;
        let tag = &rest[start + 1..end];
        assert_eq!(tag.matches('"').count() % 2, 0, "<{tag}>");
        let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().expect("a name");
        rest = &rest[end + 1..];
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "...{}", &rest[..rest.len().min(60)]);
        } else if matches!(name, "script" | "style") {
            let end = rest.find(&format!("</{name}>")).expect("it ends");
            rest = &rest[end + name.len() + 3..];
        } else if !tag.ends_with('/') && !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert_eq!(open, [""; 0]);
}

#[test]
fn pages_are_well_formed_whatever_the_names() {
    let run = fixture::measured();
    for ranking in [fixture::ranking(), fixture::rank(&run), fixture::hostile()] {
        assert_well_formed(&page_of(&ranking));
        assert_well_formed(&page_beside(&ranking, 20));
    }
}

/// What stands between the heading with this id and the next section.
fn section<'a>(page: &'a str, id: &str) -> &'a str {
    let start = page.find(&format!("<h2 id=\"{id}\"")).expect("the section");
    &page[start..start + page[start..].find("</section>").expect("its end")]
}

#[test]
fn whether_to_trust_a_run_is_answered_in_one_place() {
    let run = fixture::measured();
    let ranking = fixture::rank(&run);
    let gallery = Gallery::of(&run, &ranking);
    let page = super::page(&run, &ranking, &gallery, &Beside::default());
    let order = |id| section(&page, id).matches("id=\"order-t\"").count();
    assert_eq!((order("trust"), order("matrix-section")), (1, 0));
}

#[test]
fn a_history_gives_a_section_and_its_newest_changes_drawn() {
    let alone = page_of(&fixture::ranking());
    assert!(!alone.contains("Over time") && !alone.contains("id=\"history\""));
    let page = page_beside(&fixture::ranking(), 20);
    let section = section(&page, "history");
    for expected in ["20 runs of Example CPU", "This one is its run 20.", "2 changes in", "+25"] {
        assert!(section.contains(expected), "{expected}: {section}");
    }
    assert_eq!(section.matches("<svg ").count(), 2);
    assert!(page.contains("href=\"#history\"") && page.len() < 1_000_000);
    let young = page_beside(&fixture::ranking(), 1);
    assert!(young.contains("has 1 run of Example CPU") && young.contains("too few"));
}

#[test]
fn cards_say_what_came_of_the_contract() {
    let untried = page_of(&fixture::ranking());
    assert!(untried.contains("not tried beside this run"));
    assert!(untried.contains("tminus verify --only rules --executor smol-local"));
    let page = page_beside(&fixture::ranking(), 20);
    let section = section(&page, "executors");
    for expected in [
        "with 1 worker: 2 rules kept, 0 broken, 0 not promised",
        "with 2 workers: 0 rules kept, 1 broken, 1 not promised",
        "<b>wake-race, 2 workers</b>: a wake was lost",
        "with several workers only the order within a task is promised: order-fair",
        "tried in another version than was measured: smol 1.0.0",
        "not on this machine: ",
        "tminus verify --only rules --executor threads",
    ] {
        assert!(section.contains(expected), "{expected}");
    }
}

#[test]
fn workloads_with_alike_names_have_sections_of_their_own() {
    let mut ranking = fixture::ranking();
    for group in &mut ranking.groups {
        let id = match group.workload.as_str() {
            "countdown" => "a_b",
            "squares" => "a-b",
            "echo" => "a-b-2",
            other => other,
        };
        for row in &mut group.rows {
            row.cell.workload = id.into();
        }
        group.workload = id.into();
    }
    let page = page_of(&ranking);
    assert_linked(&page);
    for id in ["workload-a-b", "workload-a-b.2", "workload-a-b-2"] {
        assert!(page.contains(&format!("<h2 id=\"{id}\"")), "{id}");
    }
}

#[test]
fn who_repeats_a_run_finds_the_whole_command() {
    let (mut run, ranking) = (fixture::run(), fixture::ranking());
    let cells = run.header.cells.iter().map(|cell| cell.id().to_string());
    run.header.provenance.command.extend(cells.take(60));
    let command = run.header.provenance.command.join(" ");
    assert!((1_000..4_000).contains(&command.len()), "{}", command.len());
    let page =
        |run: &_| super::page(run, &ranking, &Gallery::of(run, &ranking), &Beside::default());
    assert!(page(&run).contains(&format!("<code>{command}</code>")));
    // One that a hostile file makes up is cut.
    run.header.provenance.command.push("x".repeat(1_000_000));
    assert!(page(&run).len() < 1_000_000);
}

/// What the script of the page computes with.
fn data_of(run: &tminus_record::Run) -> serde_json::Value {
    let ranking = fixture::rank(run);
    let (gallery, beside) = (Gallery::of(run, &ranking), Beside::default());
    let book = super::book::Book::of(run, &ranking, &gallery, &beside);
    serde_json::from_str(&super::data::json(&book)).expect("JSON")
}

fn named<'a>(data: &'a serde_json::Value, name: &str) -> Option<(usize, &'a serde_json::Value)> {
    let mut all = data["executors"].as_array().expect("a list").iter().enumerate();
    all.find(|(_, executor)| executor["name"] == name)
}

#[test]
fn what_is_missing_is_none_of_its_own() {
    let mut run = fixture::measured();
    let facts = run.header.executors.iter_mut().find(|facts| facts.id == "heap").expect("there");
    facts.missing.insert("io".into(), "it has no sockets".into());
    facts.borrows.insert("timers".into(), "async-io".into());
    let data = data_of(&run);
    let can = |name| named(&data, name).expect("there").1["can"].clone();
    assert_eq!(can("heap"), serde_json::json!(["cancel"]));
    assert_eq!(can("deque"), serde_json::json!(["timers", "io", "cancel"]));
}

#[test]
fn every_floor_is_in_the_data_and_none_in_the_matrix() {
    let run = fixture::measured_with_floors();
    let data = data_of(&run);
    for name in ["floor", "floor-boxed"] {
        let (at, executor) = named(&data, name).expect("there");
        assert_eq!(executor["family"], "floor");
        let mut groups = data["cells"].as_array().expect("a list").iter();
        assert!(groups.any(|group| group[at].is_array()), "{name} has values");
    }
    let page = page_of(&fixture::rank(&run));
    assert_eq!(section(&page, "matrix-section").matches("<th scope=\"row\">").count(), 17);
    assert!(!section(&page, "matrix-section").contains("</svg> floor"));
}

#[test]
fn a_cell_without_any_round_says_so_with_scripts_too() {
    let mut run = fixture::measured();
    run.records.retain(|record| record.cell.as_str() != "squares/tasks=10/monoio");
    let data = data_of(&run);
    let (at, _) = named(&data, "monoio").expect("there");
    let groups = data["cells"].as_array().expect("a list").iter();
    let reasons: Vec<&str> = groups.filter_map(|group| group[at].as_str()).collect();
    assert_eq!(reasons, ["no round gave a value"]);
}

/// As a made-up file may have it: then no percentage can be written.
#[test]
fn intervals_beyond_all_measure_are_told_so() {
    let mut ranking = fixture::ranking();
    let rows = ranking.groups.iter_mut().flat_map(|group| &mut group.rows);
    for ratio in rows.filter_map(|row| row.ratio.as_mut()) {
        ratio.interval = Some(Interval { low: 1e-15, high: 1e15 });
    }
    assert!(page_of(&ranking).contains("– (out of range) in the middle"));
}
