//! How densely values lie along a line of pixels: a Gaussian kernel estimate, for drawing only.
//!
//! B. W. Silverman, *Density Estimation for Statistics and Data Analysis*, 1986, section 3.4.2: the
//! bandwidth is 0.9 times the lesser of the standard deviation and the interquartile range over
//! 1.34, times n to the power of -1/5. It smooths rather too much, so that a second hump is one.

/// The narrowest kernel, in pixels: a finer one would draw lines that cannot be told apart.
const LEAST_BANDWIDTH: f64 = 1.5;
/// From one point of the outline to the next, in pixels.
const STEP: f64 = 1.5;
/// Beyond so many bandwidths a kernel adds nothing that can be seen.
const REACH: f64 = 3.5;
/// A hump is as high as this share of the highest, at least,
const HUMP: f64 = 0.2;
/// and the valley before it is not higher than this share of the lower of both.
const VALLEY: f64 = 0.6;

/// Returns heights from 0 to 1 along the pixels from `low` to `high`; the highest is 1. `at` are
/// the places of the values, ascending, at least two; those outside have kernels too.
pub(crate) fn outline(at: &[f64], (low, high): (f64, f64)) -> Vec<(f64, f64)> {
    let bandwidth = bandwidth(at);
    let steps = ((high - low) / STEP).floor() as usize;
    let height = |x: f64| {
        let reach = bandwidth * REACH;
        let first = at.partition_point(|value| *value < x - reach);
        let near = at[first..].iter().take_while(|value| **value <= x + reach);
        near.map(|value| (-0.5 * ((x - value) / bandwidth).powi(2)).exp()).sum::<f64>()
    };
    let all: Vec<(f64, f64)> =
        (0..=steps).map(|step| low + STEP * step as f64).map(|x| (x, height(x))).collect();
    let highest = all.iter().fold(f64::MIN_POSITIVE, |highest, point| highest.max(point.1));
    all.into_iter().map(|(x, height)| (x, height / highest)).collect()
}

fn bandwidth(at: &[f64]) -> f64 {
    let count = at.len() as f64;
    let mean = at.iter().sum::<f64>() / count;
    let variance = at.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (count - 1.0).max(1.0);
    let quartile = |share: f64| at[((count - 1.0) * share).round() as usize];
    let range = (quartile(0.75) - quartile(0.25)) / 1.34;
    (0.9 * variance.sqrt().min(range) * count.powf(-0.2)).max(LEAST_BANDWIDTH)
}

/// Returns how many humps an outline has that a valley divides.
pub(crate) fn humps(outline: &[(f64, f64)]) -> usize {
    let mut found = 0;
    // The highest since the last valley, and the lowest since the last hump.
    let (mut peak, mut valley) = (0.0f64, 0.0f64);
    let mut rising = true;
    for (_, height) in outline {
        if rising {
            peak = peak.max(*height);
            if *height < peak * VALLEY {
                found += usize::from(peak >= HUMP);
                (rising, valley) = (false, *height);
            }
        } else {
            valley = valley.min(*height);
            if *height >= HUMP && valley <= *height * VALLEY {
                (rising, peak) = (true, *height);
            }
        }
    }
    found + usize::from(rising && peak >= HUMP)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns values around a place, as a normal distribution would lie.
    fn around(place: f64, width: f64) -> impl Iterator<Item = f64> {
        (-20..=20).map(move |step| place + width * (f64::from(step) / 20.0).powi(3))
    }

    #[test]
    fn the_highest_is_where_most_values_are() {
        let values: Vec<f64> = around(100.0, 30.0).collect();
        let outline = outline(&values, (0.0, 200.0));
        let top = outline.iter().max_by(|a, b| a.1.total_cmp(&b.1)).expect("has points");
        assert!((top.0 - 100.0).abs() < 2.0 && (top.1 - 1.0).abs() < 1e-12, "{top:?}");
        assert!(outline.iter().all(|point| (0.0..=1.0).contains(&point.1)));
        assert!(outline.first().expect("has points").1 < 1e-6);
    }

    #[test]
    fn two_groups_of_values_are_two_humps() {
        let one: Vec<f64> = around(100.0, 30.0).collect();
        assert_eq!(humps(&outline(&one, (0.0, 300.0))), 1);
        let two: Vec<f64> = one.iter().copied().chain(around(220.0, 30.0)).collect();
        assert_eq!(humps(&outline(&two, (0.0, 300.0))), 2);
        let few: Vec<f64> = one.iter().copied().chain([250.0, 251.0]).collect();
        assert_eq!(humps(&outline(&few, (0.0, 300.0))), 1);
    }

    #[test]
    fn equal_values_are_a_needle() {
        let outline = outline(&[50.0; 30], (0.0, 100.0));
        assert_eq!(humps(&outline), 1);
        assert!(outline.iter().filter(|point| point.1 > 0.01).count() < 10);
    }
}
