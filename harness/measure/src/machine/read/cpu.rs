//! The processor: what it is called, how it is clocked, and whether a hypervisor stands below it.

use super::{Sources, UNKNOWN, output};

/// Fields of /proc/cpuinfo that tell processors without a name apart, and what they are called
/// here: those of ARM, then those of RISC-V.
const IDENTITY: [(&str, &str); 7] = [
    ("CPU implementer", "implementer"),
    ("CPU part", "part"),
    ("CPU variant", "variant"),
    ("CPU revision", "revision"),
    ("mvendorid", "vendor"),
    ("marchid", "architecture"),
    ("mimpid", "implementation"),
];

/// Returns the model of the processor; [`UNKNOWN`] where nothing tells it from others.
pub(super) fn name(sources: &Sources) -> String {
    let info = sources.text("proc/cpuinfo").unwrap_or_default();
    let field = |name| field(&info, name);
    // `ARMv7 Processor rev 3 (v7l)` is many a processor.
    let named = field("model name").filter(|name| !name.starts_with("ARMv"));
    let named = named.or_else(|| field("Model")).or_else(|| field("cpu model"));
    named
        .or_else(|| field("cpu"))
        .map(str::to_owned)
        .or_else(|| identified(sources, &info))
        .or_else(|| output("sysctl", &["-n", "machdep.cpu.brand_string"]))
        .unwrap_or_else(|| UNKNOWN.into())
}

/// Returns the value of the first line of /proc/cpuinfo that is called exactly so.
fn field<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = info.lines().filter_map(|line| line.split_once(':'));
    let value = pairs.find(|(key, _)| key.trim() == name)?.1.trim();
    (!value.is_empty()).then_some(value)
}

/// Returns the numbers of each kind of core in the order of their appearance, and the board.
fn identified(sources: &Sources, info: &str) -> Option<String> {
    let mut kinds: Vec<String> = Vec::new();
    for core in info.split("\n\n") {
        let numbers = IDENTITY
            .iter()
            .filter_map(|(name, word)| field(core, name).map(|value| format!("{word} {value}")));
        let kind = numbers.collect::<Vec<_>>().join(" ");
        if !kind.is_empty() && !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    if kinds.is_empty() {
        return None;
    }
    let board = sources.text("sys/firmware/devicetree/base/model");
    let board = board.map_or_else(String::new, |board| format!(", {board}"));
    Some(format!("{} {}{board}", std::env::consts::ARCH, kinds.join(" and ")))
}

/// Returns the governors of the CPUs that this process may use: one where all have the same, else
/// each with the number of its CPUs.
pub(super) fn governor(sources: &Sources) -> Option<String> {
    let of = |cpu: &usize| {
        sources.text(format!("sys/devices/system/cpu/cpu{cpu}/cpufreq/scaling_governor"))
    };
    let cpus = if sources.cpus.is_empty() { &[0] } else { sources.cpus.as_slice() };
    let mut counts: Vec<(String, usize)> = Vec::new();
    for governor in cpus.iter().filter_map(of) {
        match counts.iter_mut().find(|(known, _)| *known == governor) {
            Some((_, count)) => *count += 1,
            None => counts.push((governor, 1)),
        }
    }
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    match counts.as_slice() {
        [] => None,
        [(governor, _)] => Some(governor.clone()),
        several => {
            let words = several.iter().map(|(governor, count)| format!("{governor} on {count}"));
            Some(words.collect::<Vec<_>>().join(", "))
        }
    }
}

pub(super) fn turbo(sources: &Sources) -> Option<bool> {
    let intel = sources.text("sys/devices/system/cpu/intel_pstate/no_turbo").map(|off| off == "0");
    intel.or_else(|| sources.text("sys/devices/system/cpu/cpufreq/boost").map(|on| on == "1"))
}

/// Returns the hypervisor; `None` if the processor shows that there is none, and [`UNKNOWN`] if it
/// shows neither: processors of ARM do not.
pub(super) fn hypervisor(sources: &Sources) -> Option<String> {
    let info = sources.text("proc/cpuinfo").unwrap_or_default();
    let vendor = || sources.text("sys/class/dmi/id/sys_vendor");
    let kind = || {
        let xen = sources.text("sys/hypervisor/type");
        xen.or_else(|| sources.text("sys/firmware/devicetree/base/hypervisor/compatible"))
    };
    match field(&info, "flags") {
        Some(flags) if flags.split_whitespace().any(|flag| flag == "hypervisor") => {
            Some(vendor().or_else(kind).unwrap_or_else(|| "of unknown make".into()))
        }
        Some(_) => None,
        None => {
            let made_up =
                vendor().filter(|vendor| ["QEMU", "VMware, Inc."].contains(&vendor.as_str()));
            kind().or(made_up).or_else(|| Some(UNKNOWN.into()))
        }
    }
}
