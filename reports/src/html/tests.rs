//! The page holds what it promises, and no name breaks out of it.

use crate::fixture;
use crate::gallery::Gallery;

fn page_of(ranking: &tminus_harness::rank::Ranking) -> String {
    let run = fixture::run_of(ranking);
    super::page(&run, ranking, &Gallery::of(&run, ranking))
}

/// Every `name="value"` of the page's own attributes.
fn values<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!(" {name}=\"");
    page.split(&start).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[test]
fn nothing_is_fetched_and_nothing_runs() {
    let page = page_of(&fixture::ranking());
    for forbidden in ["<script", "http://", "https://", "url(", "@import", " src=", "<link rel=\"s"]
    {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
}

#[test]
fn ids_are_unique_and_links_lead_somewhere() {
    let page = page_of(&fixture::ranking());
    let mut ids = values(&page, "id");
    for link in values(&page, "href").iter().filter_map(|link| link.strip_prefix('#')) {
        assert!(ids.contains(&link), "{link}");
    }
    for label in values(&page, "aria-labelledby").iter().flat_map(|ids| ids.split(' ')) {
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
    let page = super::page(&run, &ranking, &gallery);
    let known = ["data.csv", "ranking.json", "report.md"];
    for link in
        values(&page, "href").iter().filter(|link| !link.starts_with('#') && **link != "data:,")
    {
        let name = link.strip_prefix("charts/").and_then(|name| name.rsplit_once('-'));
        let picture = name
            .is_some_and(|(name, _)| gallery.charts.iter().any(|known| known.picture.name == name));
        assert!(known.contains(link) || picture, "{link}");
    }
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
    let page = page_of(&fixture::hostile());
    for forbidden in ["<script", "\u{1b}", "\u{202e}", "<!--"] {
        let around =
            page.find(forbidden).map(|at| page[..at].chars().rev().take(200).collect::<String>());
        assert_eq!(around, None, "{forbidden:?}");
    }
    assert!(page.contains("&lt;script&gt;"));
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
}
