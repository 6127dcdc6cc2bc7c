//! Many comparisons at once: what a p-value is worth when it is one of many.
//!
//! Both functions give adjusted p-values in the order of their input: reject those that are at most
//! the level wanted. They are `None` where an input is no probability.

/// Holm's step-down method: the chance of **any** false alarm among all comparisons stays below the
/// level, whatever their dependence.
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

/// Benjamini and Hochberg's step-up method: of all that are rejected, at most the level's share is
/// false on average (for independent or positively dependent comparisons).
///
/// Y. Benjamini and Y. Hochberg, *Controlling the False Discovery Rate*, Journal of the Royal
/// Statistical Society B 57 (1995).
#[must_use]
pub fn benjamini_hochberg(p_values: &[f64]) -> Option<Vec<f64>> {
    let order = ascending(p_values)?;
    let mut adjusted = vec![0.0; p_values.len()];
    let mut lowest = 1.0_f64;
    for (rank, index) in order.into_iter().enumerate().rev() {
        let share = super::as_f64(p_values.len()) / super::as_f64(rank + 1);
        lowest = lowest.min(share * p_values[index]);
        adjusted[index] = lowest;
    }
    Some(adjusted)
}

/// The places of the values from the smallest to the largest.
fn ascending(p_values: &[f64]) -> Option<Vec<usize>> {
    if !p_values.iter().all(|p| (0.0..=1.0).contains(p)) {
        return None;
    }
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    Some(order)
}
