//! The charts in the page, as many as fit: a page that holds them all would grow with the run.
//!
//! Charts that answer a question for a whole workload come first, then those of its largest size.
//! The others are a link to their file.

use std::collections::BTreeSet;

use tminus_judge::rank::Ranking;

use crate::draw::gallery::{Chart, Gallery, Kind};
use crate::page::prelude::*;
use crate::page::shell::figure;

/// Bytes of SVG in a page: with all else a standard run's stays below a megabyte and a half.
const BUDGET: usize = 340_000;

/// The charts that the page holds.
pub(super) struct Figures<'a> {
    gallery: &'a Gallery,
    inline: BTreeSet<&'a str>,
}

impl<'a> Figures<'a> {
    /// Chooses among the charts of `gallery`, which shows `ranking`.
    pub(super) fn of(ranking: &Ranking, gallery: &'a Gallery) -> Self {
        let place = |workload| sizes::largest_of(ranking, workload).map(|(at, _)| at);
        let largest: Vec<usize> = sizes::workloads(ranking).into_iter().filter_map(place).collect();
        let is_minor = |chart: &&Chart| chart.group.is_some_and(|group| !largest.contains(&group));
        let (minor, major): (Vec<&Chart>, Vec<&Chart>) =
            gallery.charts.iter().filter(|chart| !is_table(chart.kind)).partition(is_minor);
        let mut left = BUDGET;
        let mut inline = BTreeSet::new();
        for chart in major.into_iter().chain(minor) {
            let bytes = chart.picture.inline().len();
            if bytes <= left {
                left -= bytes;
                inline.insert(chart.picture.name.as_str());
            }
        }
        Self { gallery, inline }
    }

    /// Returns the charts of a kind.
    pub(super) fn of_kind(&self, kind: Kind) -> Markup {
        self.all(|chart| chart.kind == kind)
    }

    /// Returns the charts of a workload over its sizes.
    pub(super) fn of_workload(&self, workload: &str) -> Markup {
        self.all(|chart| chart.workload.as_deref() == Some(workload) && chart.group.is_none())
    }

    /// Returns the charts of the group at a place in the ranking.
    pub(super) fn of_group(&self, group: usize) -> Markup {
        self.all(|chart| chart.group == Some(group))
    }

    fn all(&self, wanted: impl Fn(&Chart) -> bool) -> Markup {
        let charts = self.gallery.charts.iter();
        let charts = charts.filter(|chart| !is_table(chart.kind) && wanted(chart));
        let (shown, linked): (Vec<&Chart>, Vec<&Chart>) =
            charts.partition(|chart| self.inline.contains(chart.picture.name.as_str()));
        html! {
            @for chart in shown { (figure(&chart.picture, true)) }
            @for chart in linked {
                p.sub {
                    "Chart in a file of its own: "
                    a href={ "charts/" (chart.picture.name) "-light.svg" } { (chart.picture.title) }
                }
            }
        }
    }
}

/// Returns whether the page has this chart as a table.
fn is_table(kind: Kind) -> bool {
    matches!(kind, Kind::Matrix | Kind::Ranked)
}
