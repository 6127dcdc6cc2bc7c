//! Adjusts p-values for many comparisons at once.

/// Returns p-values adjusted by Holm's step-down method, in the order of the input: of those that
/// are at most a level, the chance of **any** false alarm stays below the level, whatever their
/// dependence. `None` where an input is no probability.
///
/// S. Holm, *A Simple Sequentially Rejective Multiple Test Procedure*, Scandinavian Journal of
/// Statistics 6 (1979).
#[must_use]
pub fn holm(p_values: &[f64]) -> Option<Vec<f64>> {
    let order = ascending(p_values)?;
    let mut adjusted = vec![0.0; p_values.len()];
    let mut highest = 0.0_f64;
    for (rank, index) in order.into_iter().enumerate() {
        let left = super::as_f64(p_values.len() - rank);
        highest = highest.max((left * p_values[index]).min(1.0));
        adjusted[index] = highest;
    }
    Some(adjusted)
}

/// Returns the places of the values from the smallest to the largest.
fn ascending(p_values: &[f64]) -> Option<Vec<usize>> {
    if !p_values.iter().all(|p| (0.0..=1.0).contains(p)) {
        return None;
    }
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    Some(order)
}
