//! Lines with fewer points that look the same: most of a picture's bytes are points of lines.

/// How far a simplified line may lie beside the full one, in pixels: less than can be seen.
const TOLERANCE: f64 = 0.3;

/// Returns the points without those that lie on the way between others (Ramer, Douglas and
/// Peucker).
pub(crate) fn simplified(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let [first, .., last] = points else { return points.to_vec() };
    let length = (last.0 - first.0).hypot(last.1 - first.1).max(1e-9);
    let beside = |point: &(f64, f64)| {
        let (dx, dy) = (last.0 - first.0, last.1 - first.1);
        (dy * (point.0 - first.0) - dx * (point.1 - first.1)).abs() / length
    };
    let inner = points.iter().enumerate().take(points.len() - 1).skip(1);
    let farthest = inner.max_by(|a, b| beside(a.1).total_cmp(&beside(b.1)));
    match farthest {
        Some((index, point)) if beside(point) > TOLERANCE => {
            let mut out = simplified(&points[..=index]);
            out.pop();
            out.extend(simplified(&points[index..]));
            out
        }
        _ => vec![*first, *last],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_its_corners_and_loses_the_rest() {
        let straight: Vec<(f64, f64)> = (0..100).map(|x| (f64::from(x), f64::from(x))).collect();
        assert_eq!(simplified(&straight), [(0.0, 0.0), (99.0, 99.0)]);
        let corner = [(0.0, 0.0), (10.0, 0.1), (20.0, 0.0), (20.0, 30.0)];
        assert_eq!(simplified(&corner), [(0.0, 0.0), (20.0, 0.0), (20.0, 30.0)]);
        assert_eq!(simplified(&[(1.0, 2.0)]), [(1.0, 2.0)]);
    }
}
