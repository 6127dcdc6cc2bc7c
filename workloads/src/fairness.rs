//! How fairly something is shared, in one figure.

use crate::timekeeper::figure;

/// Returns Jain's fairness index of `shares`: (sum x)^2 / (n * sum x^2). It is 1 where all are
/// equal, k/n where k of n share everything equally.
///
/// R. Jain, D.-M. Chiu, W. Hawe: A Quantitative Measure of Fairness and Discrimination for Resource
/// Allocation in Shared Computer Systems. DEC Research Report TR-301, 1984.
pub(crate) fn jain(shares: &[u64]) -> f64 {
    let sum: f64 = shares.iter().map(|&share| figure(share)).sum();
    let squares: f64 = shares.iter().map(|&share| figure(share) * figure(share)).sum();
    if squares == 0.0 { 1.0 } else { sum * sum / (figure(shares.len() as u64) * squares) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_is_one_for_equals_and_the_share_of_the_served_else() {
        assert_eq!(jain(&[7, 7, 7, 7]), 1.0);
        assert_eq!(jain(&[9, 0, 0, 0]), 0.25);
        assert_eq!(jain(&[5, 5, 0, 0]), 0.5);
        // The paper's form for unequal shares: (1 + 3)^2 / (2 x (1 + 9)).
        assert_eq!(jain(&[1, 3]), 0.8);
    }
}
