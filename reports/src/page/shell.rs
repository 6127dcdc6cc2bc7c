//! The shared parts of pages: the head and the rules of their style; and of those without scripts
//! the bar at the top, figures and tables. Each page holds its style and its pictures, so that it
//! can be moved, mailed and read from a disk.
//!
//! All text comes in harmless: `maud` escapes it, callers clean it. Nothing is fetched, and the
//! policy of each page holds the browser to that.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::draw::font;
use crate::draw::paint::{self, Theme};
use crate::draw::picture::Picture;

/// A page around its contents.
pub(crate) struct Shell<'a> {
    /// In the tab and as the heading.
    pub(crate) title: &'a str,
    /// The line below the heading.
    pub(crate) subtitle: &'a str,
    /// The links of the bar: address, text, whether it is this page.
    pub(crate) bar: Vec<(String, &'a str, bool)>,
    /// The line at the end.
    pub(crate) footer: &'a str,
}

impl Shell<'_> {
    /// Returns the page.
    pub(crate) fn page(&self, main: &Markup) -> String {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                (head(self.title, POLICY, &style()))
                body {
                    a.skip href="#main" { "Skip to the contents" }
                    (self.bar())
                    header { h1 { (parts(self.title)) } p.sub { (self.subtitle) } }
                    main id="main" { (main) }
                    footer { p { (self.footer) } }
                }
            }
        };
        page.into_string()
    }

    fn bar(&self) -> Markup {
        html! {
            nav.bar aria-label="Pages" {
                b { "tminus" }
                @for (address, text, is_here) in &self.bar {
                    @if *is_here { a href=(address) aria-current="page" { (text) } }
                    @else { a href=(address) { (text) } }
                }
            }
        }
    }
}

/// Nothing but what stands in the page.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// Returns the head of any page of ours: `policy` says what the page allows itself, `style` how it
/// looks.
pub(crate) fn head(title: &str, policy: &str, style: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta name="generator" content="tminus";
            meta http-equiv="Content-Security-Policy" content=(policy);
            // Without one, browsers ask the server for a picture of the site.
            link rel="icon" href="data:,";
            title { (title) }
            style { (PreEscaped(style)) }
        }
    }
}

/// The rules that all pages of ours share.
pub(crate) const BASE: &str = include_str!("css/base.css");

/// Returns a name that breaks between its parts where it is too long for a line.
fn parts(title: &str) -> Markup {
    html! {
        @for (at, part) in title.split_inclusive('/').enumerate() {
            @if at > 0 { wbr; }
            (part)
        }
    }
}

fn style() -> String {
    let (light, dark) = (paint::properties(Theme::Light), paint::properties(Theme::Dark));
    format!(
        ":root{{color-scheme:light dark;{light}--stack:{}}}\n\
         @media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n{}\n{BASE}\n{}",
        font::STACK,
        paint::page_rules(),
        include_str!("css/shell.css")
    )
}

/// Returns a chart that scrolls inside its own frame where the page is narrow, between its texts;
/// not `titled` below a sentence that says its finding already.
pub(crate) fn figure(picture: &Picture, titled: bool) -> Markup {
    html! {
        figure {
            figcaption {
                @if titled { b { (picture.title) } }
                span.sub { (picture.subtitle) }
            }
            div.scroll tabindex="0" role="region" aria-label={ "Chart: " (picture.title) } {
                (PreEscaped(picture.inline()))
            }
            @for note in &picture.notes { p.note { (note) } }
        }
    }
}

/// Returns a table that scrolls inside its own frame where the page is narrow; a head that begins
/// with `#` is of numbers.
pub(crate) fn table(caption: &str, heads: &[&str], rows: &Markup) -> Markup {
    named_table(caption, caption, heads, rows)
}

/// Does as [`table`], where others of the page have the same caption: `name` is its own.
pub(crate) fn named_table(name: &str, caption: &str, heads: &[&str], rows: &Markup) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(name) {
            table {
                caption { (caption) }
                thead {
                    tr {
                        @for head in heads {
                            @match head.strip_prefix('#') {
                                Some(head) => th.number scope="col" { (head) },
                                None => th scope="col" { (head) },
                            }
                        }
                    }
                }
                tbody { (rows) }
            }
        }
    }
}
