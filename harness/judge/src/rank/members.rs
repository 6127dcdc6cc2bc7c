//! The groups of a run: cells that share a workload and its parameters. No I/O.

use std::collections::HashMap;

use tminus_contract::params::Params;
use tminus_record::{Cell, Exclusion, Filter, Header};

/// The cells of a group, and what was left out of it.
#[derive(Default)]
pub(super) struct Members<'a> {
    pub(super) cells: Vec<&'a Cell>,
    pub(super) excluded: Vec<(Cell, &'a Exclusion)>,
}

/// Returns the groups of `header` in its order, by one look at each cell and each exclusion.
pub(super) fn members<'a>(header: &'a Header, filter: &Filter) -> Vec<Members<'a>> {
    let mut groups: Vec<Members<'_>> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut at = |name: String, groups: &mut Vec<Members<'a>>| {
        *places.entry(name).or_insert_with(|| {
            groups.push(Members::default());
            groups.len() - 1
        })
    };
    for cell in header.cells.iter().filter(|cell| filter.stored(cell)) {
        let place = at(cell.group(), &mut groups);
        if !cell.twin {
            groups[place].cells.push(cell);
        }
    }
    let mut params: HashMap<String, &Params> = HashMap::new();
    for cell in &header.cells {
        params.entry(cell.group()).or_insert(&cell.params);
    }
    for exclusion in &header.exclusions {
        let cell = cell_of(exclusion, &params);
        if let Some(cell) = cell.filter(|cell| filter.stored(cell)) {
            let place = at(cell.group(), &mut groups);
            groups[place].excluded.push((cell, exclusion));
        }
    }
    groups
}

/// Returns the cell of an exclusion, with the parameters of a cell of its group where there is one:
/// its id leaves out those that have their default.
fn cell_of(exclusion: &Exclusion, params: &HashMap<String, &Params>) -> Option<Cell> {
    let cell = Cell::from_id(&exclusion.cell)?;
    let params = params.get(&cell.group()).map_or_else(|| cell.params.clone(), |it| (*it).clone());
    Some(Cell { params, ..cell })
}
