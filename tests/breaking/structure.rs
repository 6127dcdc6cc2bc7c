//! Damage to JSON that stays JSON: so that what lies behind the parser is reached.

use fastrand::Rng;
use serde_json::{Map, Value, json};

use crate::damage::TEXTS;

/// Damages one line of JSON lines, or one name wherever it stands. `None` where nothing is JSON.
pub(crate) fn damage(bytes: &[u8], rng: &mut Rng) -> Option<Vec<u8>> {
    if rng.u32(0..4) == 0 {
        return rename(bytes, rng);
    }
    let mut lines: Vec<Vec<u8>> =
        bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
    if lines.is_empty() {
        return None;
    }
    // The first line is the header, which a third of all is about.
    let at = if rng.u32(0..3) == 0 { 0 } else { rng.usize(0..lines.len()) };
    let mut value: Value = serde_json::from_slice(&lines[at]).ok()?;
    for _ in 0..rng.usize(1..=2) {
        let mut place = rng.usize(0..size(&value));
        if let Some(node) = find(&mut value, &mut place) {
            change(node, rng);
        }
    }
    lines[at] = serde_json::to_vec(&value).ok()?;
    lines[at].push(b'\n');
    Some(lines.concat())
}

/// Puts a hostile text in the place of a name of the header, in all lines.
fn rename(bytes: &[u8], rng: &mut Rng) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let header: Value = serde_json::from_str(text.lines().next()?).ok()?;
    let mut names = Vec::new();
    texts(&header, &mut names);
    names.retain(|name| !name.is_empty());
    let old = rng.choice(names)?;
    let new = TEXTS[rng.usize(0..TEXTS.len())];
    let new = if rng.bool() { format!("{old}{new}") } else { new.into() };
    Some(text.replace(&old, &new).into_bytes())
}

/// Every text of the value, as it stands in JSON, with the names of its fields.
fn texts(value: &Value, all: &mut Vec<String>) {
    let plain = |text: &str| json!(text).to_string().trim_matches('"').to_owned();
    match value {
        Value::String(text) => all.push(plain(text)),
        Value::Array(list) => list.iter().for_each(|it| texts(it, all)),
        Value::Object(fields) => fields.iter().for_each(|(name, it)| {
            all.push(plain(name));
            texts(it, all);
        }),
        _ => {}
    }
}

/// Returns how many values there are in it, with itself.
fn size(value: &Value) -> usize {
    match value {
        Value::Array(list) => 1 + list.iter().map(size).sum::<usize>(),
        Value::Object(fields) => 1 + fields.values().map(size).sum::<usize>(),
        _ => 1,
    }
}

/// Returns the value at this place, counted from 0 through all.
fn find<'a>(value: &'a mut Value, place: &mut usize) -> Option<&'a mut Value> {
    if *place == 0 {
        return Some(value);
    }
    *place -= 1;
    match value {
        Value::Array(list) => list.iter_mut().find_map(|it| find(it, place)),
        Value::Object(fields) => fields.values_mut().find_map(|it| find(it, place)),
        _ => None,
    }
}

fn change(node: &mut Value, rng: &mut Rng) {
    match node {
        Value::Null | Value::Bool(_) => *node = any(rng),
        Value::Number(number) => *node = another(number, rng),
        Value::String(text) => {
            let new: String =
                serde_json::from_str(&format!("\"{}\"", TEXTS[rng.usize(0..TEXTS.len())]))
                    .unwrap_or_default();
            *text = if rng.bool() { new } else { format!("{text}{new}") };
        }
        Value::Array(list) => change_list(list, rng),
        Value::Object(fields) => change_fields(fields, rng),
    }
}

/// Returns a number of the same kind, most often, that a run may not hold.
fn another(number: &serde_json::Number, rng: &mut Rng) -> Value {
    let whole: [u64; 10] =
        [0, 1, 2, 1023, 100_000, 4_294_967_295, 1 << 53, u64::MAX / 1000, u64::MAX - 1, u64::MAX];
    let real = [0.0, -0.0, -1.0, 5e-324, 1e-300, 0.1, 1e15, 1e300, f64::MAX, f64::MIN];
    match (rng.u32(0..8), number.as_u64()) {
        (0, _) => any(rng),
        (1..=2, Some(it)) => json!(it.wrapping_mul(rng.u64(..1000))),
        (3, Some(it)) => json!(it / 1000),
        (_, Some(_)) => json!(whole[rng.usize(0..whole.len())]),
        (_, None) => json!(real[rng.usize(0..real.len())]),
    }
}

fn change_list(list: &mut Vec<Value>, rng: &mut Rng) {
    match rng.u32(0..5) {
        0 => list.clear(),
        1 => list.reverse(),
        2 => list.truncate(1),
        3 => list.extend(list.clone()),
        _ => {
            let it = list.first().cloned().unwrap_or(Value::Null);
            list.extend(std::iter::repeat_n(it, rng.usize(1..500)));
        }
    }
}

fn change_fields(fields: &mut Map<String, Value>, rng: &mut Rng) {
    let names: Vec<String> = fields.keys().cloned().collect();
    let Some(name) = rng.choice(names) else { return };
    let value = fields.remove(&name).unwrap_or_default();
    if rng.bool() {
        let new = serde_json::from_str(&format!("\"{}\"", TEXTS[rng.usize(0..TEXTS.len())]));
        fields.insert(new.unwrap_or_default(), value);
    }
}

fn any(rng: &mut Rng) -> Value {
    let all = [
        json!(null),
        json!(true),
        json!(1),
        json!(-1),
        json!(1.5),
        json!("x"),
        json!([]),
        json!({}),
    ];
    all[rng.usize(0..all.len())].clone()
}
