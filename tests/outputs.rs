//! What programs and people get from a stored run beside its page: JSON as its schema says, parts
//! of a README, comments on pull requests, tables with and without colours.

#![cfg(unix)]

#[path = "support/ends.rs"]
mod ends;
#[path = "history/made.rs"]
mod made;
mod support;

use std::fs;
use std::path::Path;

use ends::{directory, refused, said};
use made::Made;
use serde_json::Value;
use support::command;
use tminus_reports::data::schema;

#[track_caller]
fn assert_valid(schema: &str, text: &str) {
    let schema: Value = serde_json::from_str(schema).expect("JSON");
    let value: Value = serde_json::from_str(text).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<String> = validator.iter_errors(&value).map(|it| it.to_string()).collect();
    assert_eq!(errors, Vec::<String>::new(), "{text}");
}

#[test]
fn a_real_run_is_as_its_schemas_say() {
    let here = directory();
    let cells = ["squares/tasks=2/heap", "squares/tasks=2/smol/w1", "countdown/timers=2/heap"];
    said(here.path(), &[&["run", "--rounds", "1"], &cells[..]].concat());
    assert_valid(schema::RANKING, &said(here.path(), &["rank", "--json"]));
    assert_valid(
        schema::COMPARISON,
        &said(here.path(), &["compare", "latest", "latest", "--json"]),
    );
    let out = here.path().join("target/tminus");
    let entries = fs::read_dir(&out).expect("a directory").map(|it| it.expect("an entry").path());
    let (reports, files): (Vec<_>, Vec<_>) = entries.partition(|path| path.is_dir());
    let run = fs::read_to_string(&files[0]).expect("a run file");
    assert!(run.lines().count() > 3, "{run}");
    for line in run.lines() {
        assert_valid(schema::RUN, line);
    }
    let read =
        |name: &str| fs::read_to_string(reports[0].join(name)).expect("a file of the report");
    assert_valid(&read("ranking.schema.json"), &read("ranking.json"));
    for cell in cells {
        assert_plans_itself(here.path(), &reports[0], cell);
    }
}

/// The command that the page of a cell gives, of a small run, plans that cell and no other.
#[track_caller]
fn assert_plans_itself(here: &Path, report: &Path, cell: &str) {
    let pages = fs::read_dir(report.join("cells")).expect("pages of cells");
    let pages = pages.map(|it| fs::read_to_string(it.expect("an entry").path()).expect("a page"));
    let text: String = pages.collect();
    let start = format!("<pre>tminus run {cell} ");
    let command = text.split(&start).nth(1).expect("a command").split("</pre>").next();
    let flags = command.expect("its end").split(' ');
    let words: Vec<&str> = ["header", cell].into_iter().chain(flags).collect();
    let header: Value = serde_json::from_str(&said(here, &words)).expect("JSON");
    let planned = header["cells"].as_array().expect("a list").iter();
    let planned: Vec<String> = planned
        .filter(|cell| cell["twin"] != true)
        .map(|cell| {
            let workers = cell["workers"].as_u64().map(|it| format!("/w{it}")).unwrap_or_default();
            let part = |name: &str| cell[name].as_str().expect("text").to_owned();
            format!("{}/{}/{}{workers}", part("workload"), part("label"), part("executor"))
        })
        .collect();
    assert_eq!(planned, [cell]);
    assert_eq!(header["rounds"], 1, "{header}");
    // By a module that a link can be made of.
    let module = header["executors"][0]["module"].as_str().expect("text");
    assert!(module.starts_with("tminus_executors::"), "{module}");
    assert_eq!(header["provenance"]["build"]["local"]["tminus-executors"], "executors");
}

#[test]
fn a_readme_gets_its_matrix_and_its_picture_and_keeps_the_rest() {
    let here = directory();
    let run = Made::new(1, 20_000).write(here.path());
    let run = run.to_str().expect("UTF-8");
    let part = |name: &str| format!("<!-- tminus {name} -->\n<!-- tminus {name} end -->\n");
    let document = here.path().join("docs/READ ME.md");
    fs::create_dir(here.path().join("docs")).expect("a directory");
    fs::write(&document, format!("# Mine\n{}\nmiddle\n{}end", part("picture"), part("matrix")))
        .expect("a file");
    let splice = ["report", run, "--splice", "docs/READ ME.md", "*/made-*"];
    said(here.path(), &splice);
    let text = fs::read_to_string(&document).expect("text");
    assert!(text.starts_with("# Mine\n<!-- tminus picture: tminus report RUN --splice"), "{text}");
    assert!(text.ends_with("<!-- tminus matrix end -->\nend"), "{text}");
    for expected in [
        "'docs/READ ME.md' '*/made-*' -->\n\n<picture>",
        "\"(prefers-color-scheme: dark)\" srcset=\"pictures/matrix-dark.svg\"",
        "| made-0 | **1.00×** |",
        "middle\n",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(here.path().join("docs/pictures/matrix-light.svg").exists());
    said(here.path(), &splice);
    assert_eq!(fs::read_to_string(&document).expect("text"), text);
    let left: Vec<_> = fs::read_dir(here.path().join("docs")).expect("a directory").collect();
    assert_eq!(left.len(), 2, "no file of a moment stays: {left:?}");
}

#[test]
fn a_readme_without_markers_is_refused_and_stays_as_it_is() {
    let here = directory();
    let run = Made::new(1, 20_000).write(here.path());
    let run = run.to_str().expect("UTF-8");
    fs::write(here.path().join("README.md"), "# Mine\n").expect("a file");
    let line = refused(here.path(), &["report", run, "--splice", "README.md"]);
    assert!(line.starts_with("error: README.md: has no markers; put two lines"), "{line}");
    let line = refused(here.path(), &["report", run, "--splice", "missing.md"]);
    assert!(line.starts_with("error: missing.md: "), "{line}");
    let outside = ["report", run, "--splice", "README.md", "--pictures", "/tmp"];
    let line = refused(here.path(), &outside);
    assert!(line.contains("a directory below that of the Markdown file"), "{line}");
    assert_eq!(fs::read_to_string(here.path().join("README.md")).expect("text"), "# Mine\n");
    assert!(!here.path().join("pictures").exists());
}

#[test]
fn two_runs_give_a_comment_on_a_pull_request() {
    let here = directory();
    let paths = [(1, 20_000), (2, 24_000)].map(|(number, wall_ns)| {
        Made::new(number, wall_ns).write(here.path()).to_str().expect("UTF-8").to_owned()
    });
    said(here.path(), &["compare", &paths[0], &paths[1], "--markdown", "comment.md"]);
    let text = fs::read_to_string(here.path().join("comment.md")).expect("text");
    assert!(text.starts_with("<!-- tminus compare -->\n**1 of 2 cells regressed"), "{text}");
    assert!(text.contains("| regressed | squares/tasks=10/made-0 |") && !text.contains("made-1"));
}

#[test]
fn two_runs_give_a_page_or_are_refused() {
    let here = directory();
    let paths = [(1, 20_000), (2, 24_000)].map(|(number, wall_ns)| {
        Made::new(number, wall_ns).write(here.path()).to_str().expect("UTF-8").to_owned()
    });
    let compare = ["report", "--compare", &paths[0], &paths[1], "--png"];
    let printed = said(here.path(), &compare);
    let page = printed.trim_end();
    assert!(page.ends_with("made-2.compared/index.html"), "{printed}");
    let text = fs::read_to_string(page).expect("a page");
    assert!(text.contains("1 of 2 cells regressed") && text.ends_with("</html>"), "{text}");
    for file in ["comparison.json", "comparison.md", "charts/changes-dark.png"] {
        assert!(Path::new(page).with_file_name(file).exists(), "{file}");
    }
    let other = fs::read_to_string(&paths[1]).expect("text").replace("Made-up CPU", "Other CPU");
    fs::write(&paths[1], other).expect("a file");
    fs::remove_dir_all(here.path().join("made-2.compared")).expect("it is there");
    let line = refused(here.path(), &compare);
    assert!(line.contains("these runs cannot be compared"), "{line}");
    assert!(!here.path().join("made-2.compared").exists());
    said(here.path(), &[&compare[..], &["--force"]].concat());
    let text = fs::read_to_string(page).expect("a page");
    assert!(text.contains("Not comparable, forced: "), "{text}");
    let line = refused(here.path(), &["report", "--force"]);
    assert!(line.contains("--compare"), "{line}");
}

/// Formats a report of `run` with these flags; gives its page.
fn reported(here: &Path, run: &str, flags: &[&str]) -> String {
    let page = said(here, &[&["report", run], flags].concat());
    fs::read_to_string(here.join(page.trim_end())).expect("a page")
}

#[test]
fn a_report_shows_what_a_history_says_of_its_place() {
    let here = directory();
    let paths: Vec<String> = (0..20)
        .map(|number| Made::new(number, if number < 12 { 20_000 } else { 24_000 }))
        .map(|made| made.write(here.path()).display().to_string())
        .collect();
    let add: Vec<&str> = ["history", "add", "--db", "some.db"]
        .into_iter()
        .chain(paths.iter().map(String::as_str))
        .collect();
    said(here.path(), &add);
    let page = reported(here.path(), &paths[19], &["--db", "some.db"]);
    for expected in
        ["Over time", "20 runs of Made-up CPU", "This one is its run 20.", "1 change in"]
    {
        assert!(page.contains(expected), "{expected}");
    }
    assert!(page.contains("+20") && page.contains("0011") && page.contains("0012"), "its commits");
    let chart = "made-19/charts/trend-squares-tasks-10-made-0-wall-ns-per-op-light.svg";
    assert!(here.path().join(chart).exists());
    assert!(!reported(here.path(), &paths[19], &[]).contains("Over time"));
    assert!(!here.path().join("target").exists(), "nothing is made");
    let line = refused(here.path(), &["report", &paths[19], "--db", "none.db"]);
    assert!(line.contains("none.db: no history yet"), "{line}");
    let elsewhere = fs::read_to_string(&paths[3]).expect("text").replace("Made-up CPU", "Other");
    fs::write(&paths[3], elsewhere).expect("a file");
    let page = reported(here.path(), &paths[3], &["--db", "some.db"]);
    assert!(page.contains("The history has 0 runs of Other, 2 cores"), "{page}");
}

#[test]
fn a_report_shows_what_the_conformance_suite_found() {
    let here = directory();
    let cells =
        ["squares/tasks=2/heap", "squares/tasks=2/tokio-current-thread", "squares/tasks=2/deque"];
    said(here.path(), &[&["run", "--rounds", "1", "--out", "runs"], &cells[..]].concat());
    let rules =
        ["--rule", "join-gives-value,order-fifo-yields", "--executor", "heap,tokio-current-thread"];
    let verified = said(here.path(), &[&["verify", "--json"], &rules[..]].concat());
    fs::write(here.path().join("verified.json"), &verified).expect("a file");
    let page = reported(here.path(), "runs", &["--conformance", "verified.json"]);
    for expected in [
        "2 rules kept, 0 broken, 0 not promised",
        "1 rule kept, 0 broken, 1 not promised",
        "order-fifo-yields",
        "not tried beside this run",
        "--only rules --executor deque",
    ] {
        assert!(page.contains(expected), "{expected}");
    }
    assert!(!page.contains("another version than was measured"));
    let half = &verified[..verified.len() / 2];
    for (damaged, said) in [
        (half, "not what `tminus verify --json` prints: EOF"),
        ("", "not what `tminus verify --json` prints"),
        ("{\"schema\": 1, \"rules\": []}", "no rule was tried"),
    ] {
        fs::write(here.path().join("damaged.json"), damaged).expect("a file");
        let line = refused(here.path(), &["report", "runs", "--conformance", "damaged.json"]);
        assert!(line.contains("damaged.json: ") && line.contains(said), "{line}");
    }
    let line = refused(here.path(), &["report", "runs", "--conformance", "missing.json"]);
    assert!(line.contains("missing.json"), "{line}");
    let endless = ["report", "runs", "--conformance", "/dev/zero"];
    let line = refused(here.path(), &endless);
    assert!(line.contains("longer than 32 MiB"), "{line}");
}

#[test]
fn colours_are_for_terminals_and_can_be_forbidden() {
    let here = directory();
    let run = Made::new(1, 20_000).write(here.path());
    let run = run.to_str().expect("UTF-8");
    let printed = |arguments: &[&str], environment: &[(&str, &str)]| {
        let mut command = command(here.path(), &[&["rank", run], arguments].concat());
        let output = command.envs(environment.iter().copied()).output().expect("it starts");
        String::from_utf8(output.stdout).expect("text")
    };
    let plain = printed(&[], &[]);
    assert!(!plain.contains('\u{1b}') && plain.contains('●'), "{plain}");
    assert!(plain.lines().all(|line| line.chars().count() <= 80), "{plain}");
    let forced = printed(&[], &[("CLICOLOR_FORCE", "1")]);
    assert!(forced.contains("\u{1b}[32m"), "{forced}");
    assert_eq!(printed(&["--no-color"], &[("CLICOLOR_FORCE", "1")]), plain);
    assert_eq!(printed(&[], &[("NO_COLOR", "1")]), plain);
    assert!(!printed(&["--figures"], &[]).contains('●'));
}
