//! Files in directories of their own: whole, no more readable than the umask says, and nowhere
//! else.

use std::os::unix::fs::symlink;

use tempfile::TempDir;

use super::*;
use draft::is_draft;

fn here() -> TempDir {
    TempDir::new().unwrap()
}

/// Returns the names in a directory, sorted.
fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut all: Vec<String> =
        entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    all.sort();
    all
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

/// A draft of a program that was killed.
fn left_over(directory: &Path) {
    let name = ".tminus-1-0.part";
    assert!(is_draft(name.as_bytes()));
    fs::write(directory.join(name), "hal").unwrap();
}

#[test]
fn a_file_is_replaced_where_its_link_leads_and_keeps_its_mode() {
    let here = here();
    let (file, link) = (here.path().join("file"), here.path().join("link"));
    replace(&file, b"old").unwrap();
    symlink(&file, &link).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    replace(&link, b"new").unwrap();
    assert_eq!((fs::read(&file).unwrap(), mode(&file)), (b"new".to_vec(), 0o640));
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(names(here.path()), ["file", "link"]);
    replace(Path::new("/dev/null"), b"gone").unwrap();
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

#[test]
fn a_file_that_is_there_is_not_written_over() {
    let here = here();
    let file = here.path().join("new/file");
    create(&file, b"mine").unwrap();
    create(&file, b"mine").unwrap();
    assert_eq!(create(&file, b"other").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(fs::read(&file).unwrap(), b"mine");
    assert_eq!(names(&here.path().join("new")), ["file"]);
    let dangling = here.path().join("dangling");
    symlink("nowhere", &dangling).unwrap();
    assert!(create(&dangling, b"mine").is_err());
    assert!(!here.path().join("nowhere").exists());
}

#[test]
fn a_file_that_was_not_finished_never_appears() {
    let here = here();
    let failed = create_with(&here.path().join("file"), |file| {
        file.write_all(b"half")?;
        Err(io::Error::other("no space"))
    });
    assert!(failed.is_err() && names(here.path()).is_empty());
    let missing = here.path().join("missing");
    assert!(copy(&missing, &here.path().join("copy")).is_err());
    assert!(copy(here.path(), &here.path().join("copy")).is_err());
    assert!(names(here.path()).is_empty());
}

#[test]
fn a_program_is_copied_with_its_right_to_run() {
    let here = here();
    let [from, to] = ["from", "to"].map(|name| here.path().join(name));
    fs::write(&from, "program").unwrap();
    fs::set_permissions(&from, fs::Permissions::from_mode(0o700)).unwrap();
    copy(&from, &to).unwrap();
    assert_eq!((fs::read(&to).unwrap(), mode(&to)), (b"program".to_vec(), 0o700));
    assert_eq!(names(here.path()), ["from", "to"]);
}

#[test]
fn what_a_killed_program_left_goes_and_what_is_at_work_stays() {
    let here = here();
    let file = here.path().join("file");
    left_over(here.path());
    fs::write(here.path().join(".tminus-mine"), "mine").unwrap();
    let at_work = Draft::beside(&file, PLAIN).unwrap();
    let kept = |count| {
        let names = names(here.path());
        assert_eq!(
            names.iter().filter(|name| is_draft(name.as_bytes())).count(),
            count,
            "{names:?}"
        );
    };
    kept(1);
    replace(&file, b"another's").unwrap();
    kept(1);
    at_work.replace("file".as_ref()).unwrap();
    kept(0);
    assert_eq!(names(here.path()), [".tminus-mine", "file"]);
    // In a tree, wherever something is written or removed.
    fs::create_dir(here.path().join("below")).unwrap();
    fs::write(here.path().join("below/gone"), "").unwrap();
    left_over(here.path());
    left_over(&here.path().join("below"));
    let tree = Tree::open(here.path()).unwrap().unwrap();
    assert!(!tree.names().unwrap().iter().any(|name| is_draft(name.as_encoded_bytes())));
    tree.write("page", b"whole").unwrap();
    tree.remove("below/gone").unwrap();
    assert_eq!(names(here.path()), [".tminus-mine", "below", "file", "page"]);
    assert!(names(&here.path().join("below")).is_empty());
}

#[test]
fn a_tree_writes_below_its_directory_and_nowhere_else() {
    let here = here();
    let (home, site) = (here.path().join("home"), here.path().join("site"));
    fs::create_dir(&home).unwrap();
    fs::create_dir_all(site.join("folder")).unwrap();
    fs::write(home.join("precious"), "mine").unwrap();
    symlink(&home, site.join("cells")).unwrap();
    symlink("../home/precious", site.join("page")).unwrap();
    symlink("nowhere", site.join("dangling")).unwrap();
    fs::hard_link(home.join("precious"), site.join("twice")).unwrap();
    nix::unistd::mkfifo(&site.join("pipe"), nix::sys::stat::Mode::S_IRUSR).unwrap();
    let tree = Tree::open(&site).unwrap().unwrap();
    let precious = home.join("precious").display().to_string();
    let refused = [
        "../home/precious",
        &precious,
        "folder/../../home/precious",
        "cells/precious",
        "cells/new",
        "page",
        "dangling",
        "folder",
        "pipe",
        "page/below",
        "twice/below",
        "",
        ".",
        "folder/..",
    ];
    for path in refused {
        for done in [
            tree.check(path),
            tree.write(path, b"theirs"),
            tree.remove(path),
            tree.read(path, 100).map(drop),
        ] {
            let said = done.expect_err(path).to_string();
            assert!(!said.contains('\n'), "{said}");
        }
    }
    assert_eq!(names(&home), ["precious"]);
    assert_eq!(names(&site), ["cells", "dangling", "folder", "page", "pipe", "twice"]);
    // A name of the same file is replaced, not written through.
    tree.write("twice", b"theirs").unwrap();
    tree.write("folder/new/page", b"page").unwrap();
    assert_eq!(tree.read("folder/new/page", 100).unwrap().as_deref(), Some(&b"page"[..]));
    assert!(tree.read("folder/new/page", 3).is_err());
    assert_eq!(tree.read("folder/missing/page", 3).unwrap(), None);
    tree.remove("twice").unwrap();
    assert_eq!(fs::read(home.join("precious")).unwrap(), b"mine");
}
