//! What the program does to files: it touches its own and no others, leaves none half written,
//! makes none more readable than the umask says, waits for no pipe, and prints no name that acts on
//! a terminal.

#![cfg(unix)]

#[path = "support/ends.rs"]
mod ends;
#[path = "history/made.rs"]
mod made;
mod support;

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use ends::{directory, refused, said};
use made::Made;
use support::command;

/// Returns every file, directory and link below the directory, with what it is, holds or leads to.
fn contents(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut folders = vec![directory.to_owned()];
    let mut all = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a directory") {
            let path = entry.expect("an entry").path();
            let kind = fs::symlink_metadata(&path).expect("an entry").file_type();
            all.push(match () {
                () if kind.is_symlink() => {
                    let to = fs::read_link(&path).expect("a link");
                    (path, to.into_os_string().into_encoded_bytes())
                }
                () if kind.is_dir() => {
                    folders.push(path.clone());
                    (path, b"directory".to_vec())
                }
                () => (path.clone(), fs::read(&path).expect("a file")),
            });
        }
    }
    all.sort();
    all
}

/// A history with a few runs, and a run file.
fn history(here: &Path) {
    for number in 0..3 {
        let run = Made::new(number, 20_000).write(here);
        said(here, &["history", "add", "--db", "h.db", run.to_str().expect("UTF-8")]);
    }
}

const SITE: [&str; 4] = ["site", "site", "--db", "h.db"];

/// Returns a directory beside a site, with a file that is not the site's.
fn with_home() -> tempfile::TempDir {
    let here = directory();
    history(here.path());
    fs::create_dir(here.path().join("home")).expect("a directory");
    fs::write(here.path().join("home/precious"), "mine").expect("a file");
    here
}

type Making = fn(&Path);

#[test]
fn a_site_touches_nothing_through_a_link() {
    let hostile: [(&str, Making, &str); 6] = [
        (
            "directory",
            |site| {
                symlink("../home", site.join("cells")).expect("a link");
                fs::write(site.join(".tminus-site"), "cells/precious\n").expect("a file");
            },
            "site/cells: is a link, and may lead anywhere; remove it, or choose a new directory",
        ),
        (
            "page",
            |site| {
                fs::write(site.join(".tminus-site"), "").expect("a file");
                symlink("../home/precious", site.join("index.html")).expect("a link");
            },
            "site/index.html: is a link",
        ),
        (
            "page that goes",
            |site| {
                fs::write(site.join(".tminus-site"), "old.html\n").expect("a file");
                symlink("../home/precious", site.join("old.html")).expect("a link");
            },
            "site/old.html: is a link",
        ),
        (
            "marker",
            |site| symlink("../home/precious", site.join(".tminus-site")).expect("a link"),
            "site/.tminus-site: is a link",
        ),
        (
            "directory for a page",
            |site| {
                fs::write(site.join(".tminus-site"), "").expect("a file");
                fs::create_dir(site.join("runs.html")).expect("a directory");
            },
            "site/runs.html: is a directory where a file must be",
        ),
        (
            "file for a directory",
            |site| {
                fs::write(site.join(".tminus-site"), "").expect("a file");
                fs::write(site.join("executors"), "mine").expect("a file");
            },
            "site/executors: is a file where a directory must be",
        ),
    ];
    let here = with_home();
    for (what, make, why) in hostile {
        let site = here.path().join("site");
        fs::create_dir(&site).expect("a directory");
        make(&site);
        let before = contents(here.path());
        let line = refused(here.path(), &SITE);
        assert!(line.starts_with(&format!("error: {why}")), "{what}: {line}");
        assert_eq!(contents(here.path()), before, "{what}");
        fs::remove_dir_all(&site).expect("removed");
    }
}

#[test]
fn a_site_deletes_only_what_a_site_could_have_written() {
    let here = with_home();
    let (site, home) = (here.path().join("site"), here.path().join("home"));
    said(here.path(), &SITE);
    fs::create_dir(site.join(".git")).expect("a directory");
    let own = ["CNAME", ".git/HEAD", "mine file", "mine\u{200c}", ".hidden"];
    for name in own {
        fs::write(site.join(name), "mine").expect("a file");
    }
    // Two names of one file: only that in the site is written or goes.
    fs::hard_link(home.join("precious"), site.join("old.html")).expect("a link");
    fs::remove_file(site.join("runs.html")).expect("removed");
    fs::hard_link(home.join("precious"), site.join("runs.html")).expect("a link");
    let absolute = home.join("precious").display().to_string();
    let lines = [
        "../home/precious",
        "cells/../../home/precious",
        "./CNAME",
        ".//.git/HEAD",
        "cells/../CNAME",
        "cname",
        "old.html",
        "never-was.html",
        absolute.as_str(),
    ];
    let lines = lines.iter().chain(&own).map(|line| format!("{line}\n")).collect::<String>();
    let marker = fs::read_to_string(site.join(".tminus-site")).expect("a file");
    fs::write(site.join(".tminus-site"), lines + &marker).expect("a file");
    said(here.path(), &SITE);
    for name in own {
        assert_eq!(fs::read_to_string(site.join(name)).expect(name), "mine");
    }
    assert_eq!(fs::read_to_string(home.join("precious")).expect("a file"), "mine");
    assert!(!site.join("old.html").exists());
    assert!(fs::read_to_string(site.join("runs.html")).expect("a page").contains("<html"));
    assert_eq!(fs::read_to_string(site.join(".tminus-site")).expect("a file"), marker);
}

#[test]
fn a_report_and_the_pictures_of_a_readme_go_through_no_link() {
    let here = with_home();
    let run = Made::new(9, 20_000).write(here.path());
    let run = run.to_str().expect("UTF-8");
    fs::create_dir(here.path().join("page")).expect("a directory");
    symlink("../home", here.path().join("page/charts")).expect("a link");
    symlink("../home/precious", here.path().join("page/ranking.csv")).expect("a link");
    symlink("../home/precious", here.path().join("page/index.html")).expect("a link");
    let part = "<!-- tminus picture -->\n<!-- tminus picture end -->\n";
    fs::write(here.path().join("README.md"), part).expect("a file");
    symlink("home", here.path().join("pictures")).expect("a link");
    let before = contents(here.path());
    let line = refused(here.path(), &["report", run, "--out", "page"]);
    assert!(line.starts_with("error: page/") && line.contains(": is a link"), "{line}");
    let line = refused(here.path(), &["report", run, "--splice", "README.md"]);
    assert!(line.contains("/pictures: is a link"), "{line}");
    assert_eq!(contents(here.path()), before);
}

#[test]
fn what_a_killed_site_or_report_left_goes_with_the_next_one() {
    let here = with_home();
    // All that a kill may leave before the marker: the directory and one draft.
    let site = here.path().join("site");
    fs::create_dir(&site).expect("a directory");
    let draft = ".tminus-4000000-0.part";
    fs::write(site.join(draft), "cells/a").expect("a file");
    said(here.path(), &SITE);
    assert!(!site.join(draft).exists());
    fs::write(site.join("cells").join(draft), "<html").expect("a file");
    said(here.path(), &SITE);
    assert!(!site.join("cells").join(draft).exists());

    let run = Made::new(9, 20_000).write(here.path());
    let report = ["report", run.to_str().expect("UTF-8"), "--out", "page"];
    said(here.path(), &report);
    let before = contents(&here.path().join("page"));
    fs::write(here.path().join("page").join(draft), "<html").expect("a file");
    said(here.path(), &report);
    assert_eq!(contents(&here.path().join("page")), before);
}

#[test]
fn nothing_is_more_readable_than_the_umask_says() {
    let here = directory();
    let run = Made::new(0, 20_000).write(here.path());
    let part = "<!-- tminus picture -->\n<!-- tminus picture end -->\n";
    fs::write(here.path().join("README.md"), part).expect("a file");
    fs::set_permissions(here.path().join("README.md"), fs::Permissions::from_mode(0o664))
        .expect("a mode");
    let run = run.file_name().and_then(|name| name.to_str()).expect("UTF-8");
    let script = format!(
        "umask 077; set -e; t=$1; mkdir out; cd out
         $t history add --db d/h.db ../{run}; $t history export --db d/h.db --out exported
         $t site site --db d/h.db; $t report ../{run} --out page
         $t compare --force ../{run} ../{run} --markdown comment.md
         $t run squares/tasks=2/floor --rounds 1 --out runs
         $t report ../{run} --splice ../README.md"
    );
    let output = Command::new("sh")
        .args(["-c", &script, "sh"])
        .arg(command(here.path(), &[]).get_program())
        .current_dir(here.path())
        .output()
        .expect("a shell");
    assert!(output.status.success(), "{output:?}");
    let made = contents(&here.path().join("out"));
    assert!(made.len() > 20, "{made:?}");
    let pictures = contents(&here.path().join("pictures"));
    for (path, _) in made.into_iter().chain(pictures) {
        let mode = fs::metadata(&path).expect("an entry").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}: {mode:o}", path.display());
    }
    // A file of the user's is as it was.
    let mode = fs::metadata(here.path().join("README.md")).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o664);
}

#[test]
fn a_pipe_among_run_files_is_not_waited_for() {
    let here = directory();
    let runs = here.path().join("runs");
    fs::create_dir(&runs).expect("a directory");
    let pipe = runs.join("z.jsonl");
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRUSR).expect("a pipe");
    let line = refused(here.path(), &["rank", "runs"]);
    assert!(line.contains("no run file (*.jsonl) in this directory"), "{line}");
    Made::new(0, 20_000).write(&runs);
    assert!(said(here.path(), &["rank", "runs"]).contains("made-0"));
    let line = refused(here.path(), &["run", "--resume", "runs/z.jsonl"]);
    assert!(line.contains("z.jsonl: is no plain file"), "{line}");
    let line = refused(here.path(), &["history", "check", "--db", "runs/z.jsonl"]);
    assert!(line.contains("z.jsonl: "), "{line}");
    let run = runs.join("z.jsonl");
    fs::write(here.path().join("README.md"), "").expect("a file");
    let line = refused(here.path(), &["report", "runs", "--splice", run.to_str().expect("UTF-8")]);
    assert!(line.contains("is no plain file"), "{line}");
}

#[test]
fn no_name_of_a_file_acts_on_a_terminal() {
    let here = directory();
    let name = "a\u{1b}[31mb\u{9b}2J\u{202e}";
    let folder = here.path().join(name);
    fs::create_dir(&folder).expect("a directory");
    let run = Made::new(0, 20_000).write(&folder);
    let run = run.to_str().expect("UTF-8");
    let out = format!("{name}/out");
    let database = format!("{name}/h.db");
    fs::write(folder.join("README.md"), "<!-- tminus matrix -->\n<!-- tminus matrix end -->\n")
        .expect("a file");
    let document = format!("{name}/README.md");
    let verbs: [&[&str]; 7] = [
        &["report", run, "--out", &out],
        &["report", "--compare", run, run, "--force", "--out", &out],
        &["report", run, "--splice", &document],
        &["history", "add", run, "--db", &database],
        &["history", "export", "--out", &out, "--db", &database],
        &["history", "list", "--json", "--db", &database],
        &["site", &format!("{out}/site"), "--db", &database],
    ];
    for words in verbs {
        let printed = said(here.path(), words);
        let acts = |letter| letter != '\n' && tminus_record::text::is_harmful(letter);
        assert!(!printed.contains(acts), "{words:?}: {printed:?}");
    }
}
