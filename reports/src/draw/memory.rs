//! Memory against time, both logarithmic: what does speed cost? One workload, one size.
//!
//! Every executor has its name: beside its mark where there is room, else near it or to the right
//! of the plot, with a line to the mark. The steps join the Pareto front: nothing lies below and to
//! the left.

use tminus_contract::Family;

use super::panels::Plot;
use super::prelude::*;
use super::sheet::spread;
use super::svg::Point;
use crate::model::memory::{Memory, Spot};

const LEAST_HEIGHT: f64 = 330.0;
const LABEL: f64 = 11.0;
const LABEL_GAP: f64 = 13.5;
const LABEL_ROOM: f64 = 265.0;
/// From the middle of a mark to its name.
const BESIDE: f64 = 9.0;
/// From a name to the mark of another.
const ASIDE: f64 = 8.0;
/// Half of what a mark takes.
const MARK: f64 = 6.0;

/// Left, top, right and bottom, in pixels.
type Edges = [f64; 4];

/// The place of the name of each executor, in the order of the spots: `None` for the column.
type Names = Vec<Option<Place>>;

/// A place for a name: its left end, its right end or its middle.
type Place = (f64, f64, Align);

/// Draws the chart of `memory`; `sources` is the line below.
#[must_use]
pub fn draw(memory: &Memory, sources: &str) -> Picture {
    let mut sheet = Sheet::new(WIDTH);
    let metric = words::metric(&memory.metric, &memory.op);
    let subtitle = format!(
        "the most memory that the whole process held against {metric}: medians over rounds; both axes \
         logarithmic; the steps: no executor's median lies lower and further left"
    );
    let top = sheet.head(&findings::memory_title(memory), &subtitle);
    let top = sheet.legend(memory.spots.iter().map(|spot| spot.family), top) + 20.0;
    let height = (LABEL_GAP * memory.spots.len() as f64).max(LEAST_HEIGHT);
    let x = Axis::of(memory.spots.iter().map(|spot| spot.cost), Unit::of(&memory.metric));
    let y = Axis::of(memory.spots.iter().map(|spot| spot.bytes), Unit::Bytes);
    let left = MARGIN + 8.0 + y.labels();
    let names = font::widest(memory.spots.iter().map(|spot| &spot.name), LABEL);
    let column = names.min(LABEL_ROOM) + 16.0;
    // Half of the last tick's label stands to the right of it.
    let wide = [left, top, sheet.width - MARGIN - 16.0, top + height];
    let narrow = [left, top, sheet.width - MARGIN - column, top + height];
    let beside = |edges: Edges| {
        let plot = Plot::new(&sheet, edges, &x, &y);
        let marks = memory.spots.iter().map(|spot| plot.at((spot.cost, spot.bytes)));
        let marks: Vec<Point> = marks.collect();
        (names_beside(memory, &marks, edges), marks, plot)
    };
    let mut drawn = beside(wide);
    if drawn.0.iter().any(Option::is_none) {
        drawn = beside(narrow);
    }
    let (names, marks, plot) = drawn;
    sheet.small("memory peak", (left - 8.0, top - 12.0), Align::Left);
    plot.grid(&sheet, &metric);
    front(&sheet, memory, &plot);
    spots(&sheet, memory, &marks, &names, plot.edges);
    let name = slug(&format!("memory-{}", memory.subject));
    let bottom = top + height + 34.0;
    sheet.finish(name, findings::memory_description(memory), vec![sources.into()], bottom)
}

/// Places names near their marks, one after the other, those of the front first; where nothing else
/// is.
fn names_beside(memory: &Memory, marks: &[Point], plot: Edges) -> Names {
    let around = |(x, y): &Point| [x - MARK, y - MARK, x + MARK, y + MARK];
    let mut taken: Vec<Edges> = marks.iter().map(around).collect();
    let mut names: Names = vec![None; marks.len()];
    let mut order: Vec<usize> = (0..marks.len()).collect();
    order.sort_by_key(|index| !memory.spots[*index].on_front);
    for index in order {
        let width = font::width(&font::fit(&memory.spots[index].name, LABEL, LABEL_ROOM), LABEL);
        let is_free = |place: &Place| {
            let own = edges(place, width);
            let inside = own[0] >= plot[0] + 2.0
                && own[1] >= plot[1]
                && own[2] <= plot[2]
                && own[3] <= plot[3];
            // A name must not be taken for that of the mark behind it.
            let wide = [own[0] - ASIDE, own[1], own[2] + ASIDE, own[3]];
            let on_the_way = leader(marks[index], place);
            let crossed = |other: &Edges| on_the_way.iter().any(|dot| overlap(dot, other));
            let mut others = taken.iter().enumerate().filter(|(other, _)| *other != index);
            inside
                && !others.any(|(other, edges)| {
                    let own = if other < marks.len() { &wide } else { &own };
                    overlap(own, edges) || crossed(edges)
                })
        };
        if let Some(place) = places(marks[index]).into_iter().find(is_free) {
            taken.push(edges(&place, width));
            taken.extend(leader(marks[index], &place));
            names[index] = Some(place);
        }
    }
    names
}

/// Returns where the name of a mark may stand, the best first: around it, then a line or more away.
fn places((x, y): Point) -> Vec<Place> {
    let around = [
        (x + BESIDE, y, Align::Left),
        (x - BESIDE, y, Align::Right),
        (x, y - LABEL_GAP, Align::Center),
        (x, y + LABEL_GAP, Align::Center),
        (x + 4.0, y - LABEL_GAP, Align::Left),
        (x + 4.0, y + LABEL_GAP, Align::Left),
        (x - 4.0, y - LABEL_GAP, Align::Right),
        (x - 4.0, y + LABEL_GAP, Align::Right),
    ];
    let away = (2..=7).map(|lines| LABEL_GAP * f64::from(lines)).flat_map(|down| {
        [0.3, 1.0, 2.0].into_iter().flat_map(move |slope| {
            let beside = BESIDE + down * slope;
            [
                (x + beside, y - down, Align::Left),
                (x + beside, y + down, Align::Left),
                (x - beside, y - down, Align::Right),
                (x - beside, y + down, Align::Right),
            ]
        })
    });
    around.into_iter().chain(away).collect()
}

/// Returns the line from a mark to a name that stands a line or more away, as small squares along
/// it.
fn leader((x, y): Point, (to_x, to_y, _): &Place) -> Vec<Edges> {
    let steps = ((to_y - y).abs() / 2.0).ceil();
    if (to_y - y).abs() < LABEL_GAP * 1.5 {
        return Vec::new();
    }
    let dot = |step: i32| {
        let share = f64::from(step) / steps;
        let (x, y) = (x + (to_x - x) * share, y + (to_y - y) * share);
        [x - 1.5, y - 1.5, x + 1.5, y + 1.5]
    };
    // Those within the name and the mark are theirs.
    (3..steps as i32 - 3).map(dot).collect()
}

/// Returns the edges of a name of this width.
fn edges((x, y, align): &Place, width: f64) -> Edges {
    let left = match align {
        Align::Left => *x,
        Align::Center => x - width / 2.0,
        Align::Right => x - width,
    };
    [left, y - 6.5, left + width, y + 6.5]
}

fn overlap(a: &Edges, b: &Edges) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

/// Draws the steps from the top of the plot along the front to its right edge.
fn front(sheet: &Sheet, memory: &Memory, plot: &Plot<'_>) {
    let [_, top, right, _] = plot.edges;
    let mut steps: Vec<Point> = Vec::new();
    for spot in memory.front() {
        let (x, y) = plot.at((spot.cost, spot.bytes));
        steps.push((x, steps.last().map_or(top, |last| last.1)));
        steps.push((x, y));
    }
    if let Some(last) = steps.last().copied() {
        steps.push((right, last.1));
        sheet.dashed(&steps, Paint::Muted, 1.0, "4 3");
    }
}

fn spots(sheet: &Sheet, memory: &Memory, marks: &[Point], names: &Names, plot: Edges) {
    let away: Vec<usize> = (0..marks.len()).filter(|index| names[*index].is_none()).collect();
    let wanted: Vec<f64> = away.iter().map(|index| marks[*index].1).collect();
    let places = spread(&wanted, LABEL_GAP, plot[1], plot[3]);
    for (index, y) in away.iter().zip(&places) {
        let (x, own) = marks[*index];
        sheet.line(&[(x, own), (plot[2] + 10.0, *y)], Paint::Back, 0.75);
    }
    for (mark, place) in marks.iter().zip(names) {
        let Some(place) = place.filter(|place| !leader(*mark, place).is_empty()) else { continue };
        sheet.line(&[*mark, (place.0, place.1)], Paint::Axis, 0.75);
    }
    let mut places = places.into_iter();
    for (index, spot) in memory.spots.iter().enumerate() {
        let column = || (plot[2] + 13.0, places.next().unwrap_or(plot[1]), Align::Left);
        let (x, y, align) = names[index].unwrap_or_else(column);
        sheet.open("series", &findings::spot(memory, spot));
        sheet.mark(spot.family, marks[index], if is_floor(spot) { 0.9 } else { 1.0 });
        let name = font::fit(&spot.name, LABEL, LABEL_ROOM);
        let ink = if spot.on_front { Paint::Ink } else { Paint::Muted };
        let [left, top, right, bottom] = edges(&(x, y, align), font::width(&name, LABEL));
        // Lines to the column end behind a name that stands in their way.
        sheet.block([left - 1.0, top + 1.0, right + 1.0, bottom - 1.0], Paint::Ground);
        sheet.text_sized(&name, (x, y), align, LABEL, ink);
        sheet.close();
    }
}

fn is_floor(spot: &Spot) -> bool {
    spot.family == Family::Floor
}
