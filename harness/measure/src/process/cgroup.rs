//! Files of the cgroup that this process is in, whichever version the system has.

use std::fs;
use std::path::{Path, PathBuf};

/// A controller's file under both versions: `cpu`, `cpu.max`, `cpu.cfs_quota_us`.
pub(crate) struct GroupFile {
    pub(crate) controller: &'static str,
    pub(crate) v2: &'static str,
    pub(crate) v1: &'static str,
}

impl GroupFile {
    /// Returns where the file may be: in this process's group first, then in each group above it. A
    /// container often shows its own group at the root and names a path that does not exist.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        self.paths_below(Path::new("/"))
    }

    /// Does as [`paths`](Self::paths), for a system whose files lie below `root`.
    pub(crate) fn paths_below(&self, root: &Path) -> Vec<PathBuf> {
        let groups = fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
        self.paths_in(&groups, &root.join("sys/fs/cgroup"))
    }

    fn paths_in(&self, groups: &str, top: &Path) -> Vec<PathBuf> {
        let of_line = |line: &str| -> Option<Vec<PathBuf>> {
            let mut parts = line.splitn(3, ':').skip(1);
            let (controllers, path) = (parts.next()?, parts.next()?);
            let (root, file) = if controllers.is_empty() {
                (top.to_owned(), self.v2)
            } else if controllers.split(',').any(|controller| controller == self.controller) {
                (top.join(self.controller), self.v1)
            } else {
                return None;
            };
            let path = Path::new(path.trim_start_matches('/'));
            Some(path.ancestors().map(|group| root.join(group).join(file)).collect())
        };
        groups.lines().filter_map(of_line).flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_are_looked_at_from_the_inside_out() {
        let file = GroupFile { controller: "cpu", v2: "cpu.max", v1: "cpu.cfs_quota_us" };
        let paths = file.paths_in(
            "3:cpu,cpuacct:/a\n2:memory:/x\n0::/b/c\nrubbish\n",
            Path::new("/sys/fs/cgroup"),
        );
        let expected = [
            "/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us",
            "/sys/fs/cgroup/cpu/cpu.cfs_quota_us",
            "/sys/fs/cgroup/b/c/cpu.max",
            "/sys/fs/cgroup/b/cpu.max",
            "/sys/fs/cgroup/cpu.max",
        ];
        assert_eq!(paths, expected.map(PathBuf::from));
    }
}
