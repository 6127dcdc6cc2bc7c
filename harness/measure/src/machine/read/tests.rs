//! Machines that are made up below a directory, and this one.

use super::*;

/// Returns a machine with these files and CPUs.
fn made(files: &[(&str, &str)], cpus: &[usize]) -> (tempfile::TempDir, Sources) {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let sources = Sources { root: root.path().into(), cpus: cpus.to_vec() };
    (root, sources)
}

fn read(files: &[(&str, &str)], cpus: &[usize]) -> Machine {
    let (_root, sources) = made(files, cpus);
    of(&sources)
}

#[test]
fn quotas_of_both_versions_are_cores() {
    let half = |cores: Option<f64>| cores.is_some_and(|cores| (cores - 0.5).abs() < 1e-12);
    assert!(half(quota_cores("50000 100000", "")) && half(quota_cores("50000", "100000")));
    for none in [("max 100000", ""), ("-1", "100000"), ("5", ""), ("", ""), ("5 0", "")] {
        assert_eq!(quota_cores(none.0, none.1), None, "{none:?}");
    }
}

#[test]
fn a_quota_is_kept_beside_the_cpus_that_it_does_not_cut() {
    let files = [
        ("proc/self/cgroup", "0::/a/b\n"),
        ("sys/fs/cgroup/a/cpu.max", "150000 100000\n"),
        ("sys/fs/cgroup/a/b/cpu.max", "max 100000\n"),
        ("sys/fs/cgroup/a/cpu.stat", "nr_throttled 7\n"),
        ("sys/fs/cgroup/a/b/cpu.stat", "nr_throttled 0\n"),
    ];
    let machine = read(&files, &[0, 1]);
    assert_eq!((machine.cpus, machine.cpu_limit_cores), (2, Some(1.5)));
    assert_eq!(machine.throttled_count, Some(7), "of the group that has the limit");
}

#[test]
fn guests_are_not_counted_twice_and_only_the_cpus_asked_for() {
    let stat = "cpu  9 9 9 9 9 9 9 9 9 9\ncpu0 1 2 3 40 5 6 7 8 100 100\ncpu1 100 0 0 0 0 0 0 0\n";
    let first = Ticks { busy: 19, steal: 8, total: 72, cores: 1 };
    assert_eq!(ticks_of(stat, &[0]), Some(first));
    let all = Ticks { busy: 119, steal: 8, total: 172, cores: 2 };
    assert_eq!(ticks_of(stat, &[]), Some(all));
    assert_eq!(ticks_of(stat, &[0, 1]), Some(all));
    assert_eq!(ticks_of(stat, &[7]), None);
    assert_eq!(ticks_of("cpu0 1 2\n", &[]), None);
}

#[test]
fn the_governors_of_all_allowed_cpus_are_told() {
    let files: Vec<(String, &str)> = (0..4)
        .map(|cpu| {
            let path = format!("sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_governor");
            (path, if cpu == 0 { "performance\n" } else { "powersave\n" })
        })
        .collect();
    let files: Vec<(&str, &str)> =
        files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let governor = |cpus: &[usize]| read(&files, cpus).governor;
    assert_eq!(governor(&[0]).as_deref(), Some("performance"));
    assert_eq!(governor(&[1, 2]).as_deref(), Some("powersave"));
    assert_eq!(governor(&[0, 1, 2, 3]).as_deref(), Some("powersave on 3, performance on 1"));
    assert_eq!(read(&[], &[0]).governor, None);
}

const X86: &str = "processor : 0\nvendor_id\t: Maker\nmodel\t\t: 85\nmodel name\t: A CPU @ 2 GHz\n";

fn with_cpu_info(info: &str) -> Machine {
    read(&[("proc/cpuinfo", info)], &[0])
}

#[test]
fn names_are_found_where_systems_keep_them() {
    assert_eq!(with_cpu_info(X86).cpu, "A CPU @ 2 GHz");
    assert_eq!(with_cpu_info("processor : 0\ncpu\t\t: POWER9, altivec\n").cpu, "POWER9, altivec");
    assert_eq!(with_cpu_info("Hardware : x\nModel\t\t: Some Pi 4\n").cpu, "Some Pi 4");
}

#[test]
fn processors_of_arm_are_told_apart_by_their_numbers() {
    let core = |part: &str| {
        format!(
            "processor\t: 0\nBogoMIPS\t: 243.75\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\n\
             CPU architecture: 8\nCPU variant\t: 0x3\nCPU part\t: {part}\nCPU revision\t: 1\n"
        )
    };
    let name = |info: String| with_cpu_info(&info).cpu;
    let one = name(core("0xd0c"));
    assert!(one.ends_with("implementer 0x41 part 0xd0c variant 0x3 revision 1"), "{one}");
    assert_ne!(one, name(core("0xd40")));
    let both = name([core("0xd0c"), core("0xd40"), core("0xd0c")].join("\n"));
    assert!(both.contains("part 0xd0c") && both.contains(" and implementer 0x41 part 0xd40"));
    // A name that says nothing does not stand before the numbers; a board does not replace them.
    let generic = name(format!("model name : ARMv8 Processor rev 1 (v8l)\n{}", core("0xd0c")));
    assert_eq!(generic, one);
    let board = ("sys/firmware/devicetree/base/model", "linux,dummy-virt\0");
    let on_board = read(&[("proc/cpuinfo", &core("0xd0c")), board], &[0]).cpu;
    assert_eq!(on_board, one + ", linux,dummy-virt");
}

#[test]
fn a_processor_without_name_and_numbers_is_unknown() {
    let cpu = with_cpu_info("processor : 0\n").cpu;
    // A system that has `sysctl` may name its own.
    assert!(cpu == UNKNOWN || cfg!(not(target_os = "linux")), "{cpu}");
}

#[test]
fn no_hypervisor_is_only_told_by_processors_that_would_show_one() {
    let seen = |files: &[(&str, &str)]| read(files, &[0]).hypervisor;
    let flags = |flags| ("proc/cpuinfo", flags);
    assert_eq!(seen(&[flags("flags\t: fpu sse\n")]), None);
    let named = seen(&[flags("flags : fpu hypervisor\n"), ("sys/class/dmi/id/sys_vendor", "Acme")]);
    assert_eq!(named.as_deref(), Some("Acme"));
    let unnamed = seen(&[flags("flags : fpu hypervisor\n")]);
    assert_eq!(unnamed.as_deref(), Some("of unknown make"));
    let arm = flags("Features\t: fp asimd\n");
    assert_eq!(seen(&[arm]).as_deref(), Some(UNKNOWN));
    assert_eq!(seen(&[arm, ("sys/hypervisor/type", "xen\n")]).as_deref(), Some("xen"));
    assert_eq!(seen(&[arm, ("sys/class/dmi/id/sys_vendor", "QEMU\n")]).as_deref(), Some("QEMU"));
    assert_eq!(seen(&[arm, ("sys/class/dmi/id/sys_vendor", "Acme")]).as_deref(), Some(UNKNOWN));
}

#[test]
fn this_machine_can_be_read() {
    let machine = super::read();
    assert!(machine.cores >= 1 && !machine.cpu.is_empty() && !machine.kernel.is_empty());
    assert!(machine.descriptors > 0 && machine.memory_bytes > 0);
}
