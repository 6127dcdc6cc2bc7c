//! The module that a type is declared in, for a report's link to the source.

/// Returns the module that `T` is declared in: `mine::work`.
///
/// Of a type that is made generic for another of the same crate (`hand::Loop<heap::Policy>`) it is
/// the module of the other: there the choices stand.
#[must_use]
pub fn module_of<T: ?Sized>() -> &'static str {
    module_in(std::any::type_name::<T>())
}

fn module_in(name: &str) -> &str {
    let root = name.split("::").next().unwrap_or(name);
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let mut paths = name.rsplit(|letter: char| !is_part(letter));
    let own = paths.find(|path| path.strip_prefix(root).is_some_and(|rest| rest.starts_with("::")));
    own.and_then(|path| path.rsplit_once("::")).map_or("", |(module, _)| module)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_that_of_the_choices() {
        assert_eq!(module_in("mine::work::Mine"), "mine::work");
        assert_eq!(module_in("mine::Mine"), "mine");
        assert_eq!(module_in("mine::hand::Loop<mine::heap::Policy>"), "mine::heap");
        assert_eq!(module_in("mine::hand::Loop<std::time::Duration>"), "mine::hand");
        assert_eq!(module_in("mine::Loop<mines::Policy, u8>"), "mine");
        assert_eq!(module_in("u8"), "");
        assert_eq!(module_of::<crate::Erased>(), "tminus_contract::erased");
    }
}
