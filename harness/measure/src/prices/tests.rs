//! Each price does its work, and is found by its id.

use std::collections::BTreeSet;

use super::*;

#[test]
fn every_price_does_its_work() {
    for price in all() {
        let mut act = stage(price.name).unwrap_or_else(|error| panic!("{}: {error}", price.name));
        act(3).unwrap_or_else(|error| panic!("{}: {error}", price.name));
        act(1).unwrap_or_else(|error| panic!("{}: {error}", price.name));
    }
}

#[test]
fn ids_of_prices_are_read_and_no_others() {
    for price in all() {
        let spec = spec(price.name, None);
        assert_eq!(spec_of(spec.id.as_str()), Some(spec.clone()));
        assert!(spec.id.as_str().parse::<tminus_record::CellId>().is_ok());
    }
    let sized = spec("allocations", Some(128));
    assert_eq!(sized.id.as_str(), "price/allocations_128/machine");
    assert_eq!(spec_of(sized.id.as_str()), Some(sized));
    for wrong in
        ["price/allocations_0/machine", "price/none/machine", "price/atomics", "price//machine"]
    {
        assert_eq!(spec_of(wrong), None, "{wrong}");
    }
    assert!(stage("none").is_err());
}

#[test]
fn each_name_stands_once() {
    let names: Vec<&str> = all().iter().map(|price| price.name).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_call_without_a_price_has_the_cheapest() {
    let of = |name: &str| of_count(name).map(|(price, is_bound)| (price.name, is_bound));
    assert_eq!(of("syscalls_write"), Some(("syscalls_write", false)));
    assert_eq!(of("syscalls_epoll_pwait2"), Some(("syscalls_epoll_wait", false)));
    assert_eq!(of("syscalls_mremap"), Some(("syscalls", true)));
    assert_eq!(of("branches"), None);
}
