//! What a machine refuses is told as that, once, with the way out, and no executor is blamed.
//!
//! The machines are made of namespaces and limits. Where those are not permitted, a test says so
//! and is skipped.
#![cfg(target_os = "linux")]

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// Returns the program on a machine that `prepare` makes, a line of shell in a network namespace of
/// its own, in which loopback is down. `None` where that is not permitted.
fn on_a_machine(directory: &Path, prepare: &str, arguments: &[&str]) -> Option<Output> {
    let script = format!("{{ {prepare}; }} || exit 99; exec \"$0\" \"$@\"");
    let program = env!("CARGO_BIN_EXE_tminus");
    let mut command = Command::new("unshare");
    command.args(["-rn", "--", "sh", "-c", &script, program]).args(arguments);
    let output = command.current_dir(directory).output();
    let refused = match &output {
        Err(error) => error.to_string(),
        Ok(output) if output.status.code() == Some(99) => said(output),
        Ok(output) if said(output).starts_with("unshare: ") => said(output),
        Ok(_) => return output.ok(),
    };
    writeln!(
        std::io::stderr(),
        "NOT RUN: refusal: this machine makes no such namespace: {refused}"
    )
    .expect("stderr");
    None
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn json(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", said(output)))
}

const FEW_PORTS: &str =
    "ip link set lo up && echo 40000 40099 > /proc/sys/net/ipv4/ip_local_port_range";

#[test]
fn rules_of_sockets_cannot_be_tried_without_loopback() {
    let here = TempDir::new().expect("a directory");
    let arguments = ["verify", "--rule=io-*,starves-no-io", "--executor=heap,smol", "--json"];
    let Some(output) = on_a_machine(here.path(), "true", &arguments) else { return };
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let found = json(&output);
    let rules = found["rules"].as_array().expect("a list");
    assert!(rules.len() >= 20, "{found:#}");
    for rule in rules.iter().filter(|rule| rule["outcome"] != "not-promised") {
        assert_eq!(rule["outcome"], "excluded", "{rule:#}");
        let reason = rule["reason"].as_str().unwrap_or_default();
        assert!(reason.contains("loopback") && reason.contains("`ip link set lo up`"), "{rule:#}");
    }
}

#[test]
fn why_rules_cannot_be_tried_is_said_once() {
    let here = TempDir::new().expect("a directory");
    let arguments = ["verify", "--rule=io-echo,io-many,spawn-runs-nothing", "--executor=heap,smol"];
    let Some(output) = on_a_machine(here.path(), "true", &arguments) else { return };
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(text.matches("ip link set lo up").count(), 1, "{text}");
    assert!(text.contains("cannot be tried here: io-echo, io-many: "), "{text}");
    assert!(text.contains("1 ok, 0 failed, 0 not promised, 2 cannot be tried here"), "{text}");
}

#[test]
fn a_run_leaves_sockets_out_and_says_once_why() {
    let here = TempDir::new().expect("a directory");
    let arguments = [
        "run",
        "--workload=echo,squares",
        "--profile=quick",
        "--executor=heap,smol,floor",
        "--rounds=1",
    ];
    let Some(output) = on_a_machine(here.path(), "true", &arguments) else { return };
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    let why = "`ip link set lo up`";
    assert_eq!(said(&output).matches(why).count(), 1, "{}", said(&output));
    let text = String::from_utf8_lossy(&output.stdout).replace('\n', " ");
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(text.matches(why).count(), 1, "{text}");
    assert!(text.contains("echo/connections=10/heap, echo/connections=10/smol/w1"), "{text}");
}

#[test]
fn too_few_ports_are_the_machines_fault() {
    let here = TempDir::new().expect("a directory");
    let cells = ["list", "cells", "--workload=echo", "--profile=standard", "--json"];
    let Some(output) = on_a_machine(here.path(), FEW_PORTS, &cells) else { return };
    let planned = json(&output);
    let all = planned["exclusions"].as_array().expect("a list");
    let reason = "needs 101 ports, there are 100: widen `sysctl net.ipv4.ip_local_port_range`";
    for executor in ["heap", "floor"] {
        let cell = format!("echo/connections=100/{executor}");
        let found = all.iter().find(|it| it["cell"] == cell.as_str());
        assert_eq!(found.map(|it| &it["reason"]), Some(&Value::from(reason)), "{planned:#}");
    }
    let rules = ["verify", "--rule=io-many,io-echo", "--executor=heap", "--json"];
    let Some(output) = on_a_machine(here.path(), FEW_PORTS, &rules) else { return };
    let found = json(&output);
    let outcome = |rule: &str| {
        let all = found["rules"].as_array().expect("a list");
        all.iter().find(|it| it["rule"] == rule).cloned().unwrap_or_default()
    };
    assert_eq!(outcome("io-echo")["outcome"], "ok", "{found:#}");
    assert_eq!(outcome("io-many")["outcome"], "excluded", "{found:#}");
    let reason = outcome("io-many")["reason"].to_string();
    assert!(reason.contains("of 200 connections") && reason.contains("ip_local_port_range"));
}

#[test]
fn doctor_looks_at_loopback_and_ports() {
    let here = TempDir::new().expect("a directory");
    let check = |prepare: &str, name: &str| {
        let output = on_a_machine(here.path(), prepare, &["doctor", "--json"])?;
        let checks = json(&output)["checks"].as_array().cloned().unwrap_or_default();
        checks.into_iter().find(|check| check["name"] == name)
    };
    let Some(loopback) = check("true", "loopback") else { return };
    assert_eq!(loopback["fit"], "poor", "{loopback:#}");
    assert!(loopback["finding"].to_string().contains("ip link set lo up"), "{loopback:#}");
    let Some(ports) = check(FEW_PORTS, "ports") else { return };
    assert_eq!((&ports["fit"], &ports["finding"]), (&"poor".into(), &"100, 40000 to 40099".into()));
    let Some(loopback) = check(FEW_PORTS, "loopback") else { return };
    assert_eq!((&loopback["fit"], &loopback["finding"]), (&"good".into(), &"works".into()));
}

/// Children panic, abort, hang, or cannot be started.
#[test]
fn threads_that_the_system_refuses_are_the_machines_fault() {
    for most in 2..=4 {
        threads_are_refused(&format!("--nproc={most}"));
    }
}

/// A user that may have so many threads: the parent has two and each child one.
fn threads_are_refused(most: &str) {
    let here = TempDir::new().expect("a directory");
    let user = "--reuid=61234";
    let mut command = Command::new("setpriv");
    command.args([user, "--clear-groups", "--", "prlimit", most, "--"]);
    command.args([
        env!("CARGO_BIN_EXE_tminus"),
        "verify",
        "--json",
        "--executor=tokio-multi-thread,async-std",
    ]);
    command.args(["--rule=tasks-are-concurrent"]).current_dir(here.path());
    let output = match command.output() {
        Ok(output) if output.status.code() == Some(0) => output,
        Ok(output) if output.stdout.is_empty() => {
            return writeln!(
                std::io::stderr(),
                "NOT RUN: refusal: no other user here: {}",
                said(&output)
            )
            .expect("stderr");
        }
        Ok(output) => output,
        Err(error) => {
            return writeln!(std::io::stderr(), "NOT RUN: refusal: {error}").expect("stderr");
        }
    };
    for rule in json(&output)["rules"].as_array().expect("a list") {
        if rule["outcome"] == "ok" {
            continue;
        }
        assert_eq!(rule["outcome"], "excluded", "{rule:#}");
        assert!(rule["reason"].to_string().contains("raise `ulimit -u`"), "{rule:#}");
    }
}
