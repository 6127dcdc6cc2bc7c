//! The flag `--workers`: how many workers executors have that take a number.

use std::str::FromStr;

use tminus_record::MAX_WORKERS;

/// The counts of workers that executors of many are planned with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WorkerCounts {
    /// One, two, four, and so on up to the cores, and twice the cores.
    Scale,
    /// These, ascending.
    These(Vec<usize>),
}

impl FromStr for WorkerCounts {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        if text == "scale" {
            return Ok(Self::Scale);
        }
        let count = |part: &str| part.parse().ok().filter(|it| (1..=MAX_WORKERS).contains(it));
        let counts: Option<Vec<usize>> = text.split(',').map(count).collect();
        let mut counts = counts.ok_or_else(|| {
            format!("expected counts from 1 to {MAX_WORKERS}, as `1,2,4`, or `scale`")
        })?;
        counts.sort_unstable();
        counts.dedup();
        Ok(Self::These(counts))
    }
}

impl WorkerCounts {
    /// Returns the counts on a machine of so many cores.
    pub(crate) fn on(&self, cores: usize) -> Vec<usize> {
        match self {
            Self::These(counts) => counts.clone(),
            Self::Scale => {
                let doubled = std::iter::successors(Some(1), |count| Some(count * 2));
                let mut counts: Vec<usize> = doubled.take_while(|count| *count < cores).collect();
                counts.extend([cores, 2 * cores]);
                counts.dedup();
                counts.retain(|count| *count <= MAX_WORKERS);
                counts
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_goes_to_the_cores_and_to_twice_as_many() {
        let on = |cores| WorkerCounts::Scale.on(cores);
        assert_eq!(on(1), [1, 2]);
        assert_eq!(on(2), [1, 2, 4]);
        assert_eq!(on(6), [1, 2, 4, 6, 12]);
        assert_eq!(on(8), [1, 2, 4, 8, 16]);
        assert_eq!(on(1_000), [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_000]);
    }

    #[test]
    fn counts_ascend_and_come_once() {
        let read = |text: &str| text.parse::<WorkerCounts>();
        assert_eq!(read("4,1,2,4"), Ok(WorkerCounts::These(vec![1, 2, 4])));
        assert_eq!(read("scale"), Ok(WorkerCounts::Scale));
        for text in ["", "0", "1,", "1025", "-1", "many", "1 2", "1,scale"] {
            let refused = read(text).expect_err(text);
            assert!(refused.starts_with("expected counts from 1 to 1024"), "{refused}");
        }
    }
}
