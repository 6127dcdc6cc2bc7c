//! Links to sources: to the repository at the revision of the build, and to the crates of others as
//! they were published. Each is put together here, of parts that are checked; where a part is not
//! known there is the path, or the name and version, and no link.

use tminus_record::machine::{Build, Git};

use crate::page::prelude::*;

/// Hosts of repositories, and what stands between the repository and a revision in their addresses.
const HOSTS: [(&str, &str); 3] =
    [("github.com", "blob"), ("gitlab.com", "-/blob"), ("codeberg.org", "src/commit")];

/// Returns where the source of `module` is.
pub(super) fn link(build: &Build, module: &str) -> Markup {
    let mut parts = module.split("::");
    let package = parts.next().unwrap_or("");
    if !module.split("::").all(is_name) {
        return html! { "not stored in this run" };
    }
    let file: Vec<&str> = std::iter::once("src").chain(parts).collect();
    let file = file.join("/") + if module.contains("::") { ".rs" } else { "" };
    let known = build.local.as_ref().and_then(|local| {
        local.iter().find(|(name, _)| name.replace('-', "_") == package).map(|(_, path)| path)
    });
    match known {
        Some(Some(directory)) => in_repository(build, directory, &file),
        _ => html! { code { (module) } ", " (version_of(build, package)) },
    }
}

/// Returns the path inside the repository, with its revision; a link where both are known.
fn in_repository(build: &Build, directory: &str, file: &str) -> Markup {
    let path = format!("{directory}/{file}");
    let path = path.trim_start_matches('/');
    let address = build.git.as_ref().and_then(|git| address(&build.repository, git, path));
    html! {
        @match address {
            Some(address) => a href=(address) { code { (clean(path)) } },
            None => code { (clean(path)) },
        }
        @match &build.git {
            Some(git) => {
                " at revision " code { (clean(&git.revision.chars().take(12).collect::<String>())) }
                @if git.dirty { ", with changes that were not committed" }
            }
            None => " of a build without a revision",
        }
    }
}

/// Returns the address of a file in a repository; `None` where any part is not of the form that it
/// must have.
fn address(repository: &str, git: &Git, path: &str) -> Option<String> {
    let (host, rest) = repository.strip_prefix("https://")?.split_once('/')?;
    let (_, between) = HOSTS.iter().find(|(known, _)| *known == host)?;
    let (owner, name) = rest.trim_end_matches('/').trim_end_matches(".git").split_once('/')?;
    let is_part = |text: &str| is_segment(text) && !text.starts_with('.');
    let is_revision = [40, 64].contains(&git.revision.len())
        && git.revision.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_part(owner) && is_part(name) && is_revision && path.split('/').all(is_part))
        .then(|| format!("https://{host}/{owner}/{name}/{between}/{}/{path}", git.revision))
}

/// Returns name and version of a crate, with a link to its source where it is from crates.io.
pub(super) fn package(build: &Build, name: &str, version: &str) -> Markup {
    let number = version.split(" [").next().unwrap_or(version);
    let is_published = build.local.as_ref().is_some_and(|local| !local.contains_key(name));
    let is_number = number.starts_with(|first: char| first.is_ascii_digit())
        && number.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-+".contains(&byte));
    html! {
        @if is_published && is_segment(name) && is_number {
            a href={ "https://docs.rs/crate/" (name) "/" (number) "/source/" } {
                (clean(name)) " " (clean(number))
            }
        } @else { (clean(name)) " " (clean(number)) }
    }
}

/// Returns the crate whose name in Rust is `package`, with its version.
fn version_of(build: &Build, package: &str) -> Markup {
    let found = build.crates.iter().find(|(name, _)| name.replace('-', "_") == package);
    match found {
        Some((name, version)) => html! { "in " (self::package(build, name, version)) },
        None => html! { "in a crate of its own" },
    }
}

/// Returns whether `text` is a name in Rust.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Returns whether `text` may stand between two slashes of an address.
fn is_segment(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !text.is_empty() && text.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::fixture;

    fn build() -> Build {
        fixture::run().header.provenance.build
    }

    #[test]
    fn a_source_is_linked_at_the_revision_of_the_build() {
        let revision = "fedcba9876543210fedcba9876543210fedcba98";
        let text = link(&build(), "made_executors::hand::heap").into_string();
        let address = format!(
            "<a href=\"https://github.com/example/tminus/blob/{revision}/executors/src/hand/heap.rs\">"
        );
        assert!(text.contains(&address) && text.contains("fedcba987654</code>"), "{text}");
        let gitlab = Build { repository: "https://gitlab.com/a/b.git".into(), ..build() };
        let text = link(&gitlab, "made_workloads::echo").into_string();
        assert!(
            text.contains(&format!(
                "https://gitlab.com/a/b/-/blob/{revision}/workloads/src/echo.rs"
            ))
        );
        assert!(link(&build(), "made_workloads").into_string().contains("workloads/src\""));
    }

    #[test]
    fn a_path_stands_there_where_no_link_can_be_made() {
        for repository in [
            "",
            "http://github.com/a/b",
            "https://example.com/a/b",
            "https://github.com/a",
            "https://github.com/a/b/c",
            "https://github.com/../b",
            "https://github.com/a/\"onclick=",
            "javascript:alert(1)",
        ] {
            let build = Build { repository: repository.into(), ..build() };
            let text = link(&build, "made_workloads::echo").into_string();
            assert!(!text.contains("href") && text.contains("workloads/src/echo.rs"), "{text}");
        }
        let mut unknown = build();
        unknown.git.as_mut().expect("known").revision = "main/../..".into();
        assert!(!link(&unknown, "made_workloads::echo").into_string().contains("href"));
        let text = link(&Build { git: None, ..build() }, "made_workloads::echo").into_string();
        assert!(!text.contains("href") && text.contains("without a revision"), "{text}");
        let outside = link(&build(), "mine::work").into_string();
        assert!(!outside.contains("href") && outside.contains("mine::work"), "{outside}");
        for module in ["", "a::<b>", "../../etc", "a::\u{202e}"] {
            assert_eq!(link(&build(), module).into_string(), "not stored in this run");
        }
    }

    #[test]
    fn crates_are_linked_where_they_are_known_to_be_published() {
        let text = package(&build(), "tokio", "1.54.0 [net, rt]").into_string();
        assert_eq!(text, "<a href=\"https://docs.rs/crate/tokio/1.54.0/source/\">tokio 1.54.0</a>");
        let mut patched = build();
        patched.local.as_mut().expect("known").insert("tokio".into(), None);
        let unknown = Build { local: None, ..build() };
        for (build, name, version) in [
            (&patched, "tokio", "1.54.0"),
            (&unknown, "tokio", "1.54.0"),
            (&build(), "tokio", "1.54.0, 0.3.1"),
            (&build(), "../x", "1.0.0"),
            (&build(), "tokio", "unknown"),
        ] {
            assert!(!package(build, name, version).into_string().contains("href"), "{version}");
        }
    }
}
