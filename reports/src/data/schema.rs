//! The JSON Schemas (draft 2020-12) of what programs read, for the files in `reports/schema`.
//!
//! They are written by hand and held to real output by tests: nothing may be in an output that its
//! schema does not describe. To readers they are open: within a version fields are only added.

/// Of [`json::ranking`](crate::data::json::ranking).
pub const RANKING: &str = include_str!("../../schema/ranking.schema.json");

/// Of each line of a run file.
pub const RUN: &str = include_str!("../../schema/run.schema.json");

/// Of [`profile`](fn@crate::data::profile::profile).
pub const PROFILE: &str = include_str!("../../schema/profile.schema.json");

/// Of [`Comparison`](tminus_judge::compare::Comparison).
pub const COMPARISON: &str = include_str!("../../schema/comparison.schema.json");

/// Of [`Gate`](tminus_judge::gate::Gate).
pub const GATE: &str = include_str!("../../schema/gate.schema.json");

/// Of [`explanation`](crate::data::explain::explanation).
pub const EXPLANATION: &str = include_str!("../../schema/explanation.schema.json");

/// Of [`Versions`](tminus_judge::versions::Versions).
pub const VERSIONS: &str = include_str!("../../schema/versions.schema.json");

/// Of [`Trace`](tminus_contract::trace::Trace).
pub const TIMELINE: &str = include_str!("../../schema/timeline.schema.json");

#[cfg(test)]
mod tests {
    use jsonschema::Validator;
    use serde_json::{Value, json};
    use tminus_contract::trace::{self, Resumption, Trace};
    use tminus_judge::compare::Without;
    use tminus_judge::gate::{self, Broken, CountChange, Gate, Options, Session, Tail};
    use tminus_judge::rank::Interval;

    use super::*;
    use crate::testing::{account, fixture, releases, swept};

    /// Returns the schema, closed: no object may have a field that is not described.
    fn closed(schema: &str) -> Validator {
        let mut schema: Value = serde_json::from_str(schema).expect("a schema is JSON");
        close(&mut schema, false);
        jsonschema::validator_for(&schema).expect("a schema")
    }

    fn close(value: &mut Value, is_condition: bool) {
        match value {
            Value::Object(fields) => {
                let type_of = fields.get("type");
                let is_object = type_of.is_some_and(|it| {
                    *it == "object"
                        || it.as_array().is_some_and(|all| all.contains(&json!("object")))
                });
                if is_object && fields.contains_key("properties") && !is_condition {
                    fields.insert("additionalProperties".into(), json!(false));
                }
                for (name, field) in fields {
                    close(field, is_condition || matches!(name.as_str(), "if" | "then" | "else"));
                }
            }
            Value::Array(all) => all.iter_mut().for_each(|one| close(one, is_condition)),
            _ => {}
        }
    }

    #[track_caller]
    fn assert_valid(validator: &Validator, value: &Value) {
        let errors: Vec<String> = validator
            .iter_errors(value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(errors, Vec::<String>::new());
    }

    fn lines_of(run: &tminus_record::Run) -> Vec<Value> {
        let header = serde_json::to_value(&run.header).expect("JSON");
        let records = run.records.iter().map(|it| serde_json::to_value(it).expect("JSON"));
        std::iter::once(header).chain(records).collect()
    }

    #[test]
    fn schemas_are_schemas() {
        for schema in [RANKING, RUN, COMPARISON, GATE, VERSIONS, TIMELINE, EXPLANATION, PROFILE] {
            let value: Value = serde_json::from_str(schema).expect("JSON");
            assert!(jsonschema::meta::is_valid(&value), "{}", value["title"]);
        }
    }

    #[test]
    fn explanations_are_as_described() {
        let (validator, account) = (closed(EXPLANATION), account::account(240.0, 12.0));
        let explanation = crate::data::explain::explanation(&account);
        assert_valid(&validator, &explanation);
        let causes = explanation["causes"].as_array().expect("a list");
        let ns: f64 = causes.iter().map(|cause| cause["ns"].as_f64().expect("a number")).sum();
        let number = |name: &str| explanation[name].as_f64().expect("a number");
        assert!((ns + number("rest_ns") - number("difference_ns")).abs() < 1e-9);
        let mut spoiled = explanation.clone();
        spoiled["causes"][0]["ns"] = json!("much");
        assert!(!validator.is_valid(&spoiled));
    }

    #[test]
    fn rankings_are_as_described() {
        let validator = closed(RANKING);
        let [swept, scaled] = [swept::swept(), swept::scaled()].map(|run| fixture::rank(&run));
        assert!(!swept.crossings.is_empty() && !scaled.scalings.is_empty());
        for ranking in [fixture::ranking(), fixture::hostile(), swept, scaled] {
            assert_valid(&validator, &crate::data::json::ranking(&ranking));
        }
    }

    #[test]
    fn run_files_are_as_described() {
        let validator = closed(RUN);
        let mut lacking = fixture::run();
        lacking.header.executors[0].missing.insert("io".into(), fixture::HOSTILE.into());
        for run in [fixture::run(), lacking, fixture::run_of(&fixture::hostile())] {
            for line in lines_of(&run) {
                assert_valid(&validator, &line);
            }
        }
    }

    /// Returns a gate of a slower candidate, confirmed, with something in each of its fields.
    fn gate(text: &str) -> Gate {
        let run = fixture::measured();
        let mut candidate = run.clone();
        for sample in candidate.records.iter_mut().flat_map(|record| &mut record.samples) {
            (sample.cpu_ns, sample.wall_ns) = (sample.cpu_ns * 2, sample.wall_ns * 2);
        }
        let session = Session { baseline: run.clone(), copy: run, candidate };
        let (metric, text) = (Some("wall_ns_per_op".to_owned()), text.to_owned());
        let options =
            Options { margin: 1.01, detect: 1.05, detect_many: 1.08, metric, rounds: 12, looks: 1 };
        let flagged = gate::gate(&session, &options).expect("a verdict");
        let mut gate = gate::confirm(flagged, &session).expect("a verdict");
        let slow = gate.cells.iter().position(|cell| cell.confirmed.is_some()).expect("flagged");
        let slow = &mut gate.cells[slow];
        slow.resolution = Some([Some(Interval { low: 1.0, high: 2.0 }), None]);
        slow.tails.push(Tail { metric: text.clone(), ratio: slow.judged.ratio });
        gate.broken = [None, Some(true)].map(|again| Broken { cell: text.clone(), again }).into();
        gate.without.push(Without { cell: text.clone(), reason: text.clone() });
        for list in [&mut gate.biased, &mut gate.differences, &mut gate.lost, &mut gate.new] {
            list.push(text.clone());
        }
        let (cell, name) = (text.clone(), text.clone());
        gate.counts.changes.push(CountChange { cell, name, before: 0.0, after: 1.0 });
        gate.counts.without.insert(text, 1);
        gate
    }

    #[test]
    fn gates_are_as_described() {
        let validator = closed(GATE);
        for text in ["squares/tasks=10/heap", fixture::HOSTILE] {
            assert_valid(&validator, &serde_json::to_value(gate(text)).expect("JSON"));
        }
        let good = serde_json::to_value(gate("heap")).expect("JSON");
        let spoiled: [fn(&mut Value); 6] = [
            |all| all["schema"] = json!(2),
            |all| all["end"] = json!("perhaps"),
            |all| all["options"]["margin"] = json!(1),
            |all| all["cells"][0]["judged"]["ratio"]["rounds"] = json!(1.5),
            |all| all["cells"][0]["confirmed"] = json!({}),
            |all| all["broken"][0]["surprise"] = json!(1),
        ];
        for (index, spoil) in spoiled.iter().enumerate() {
            let mut bad = good.clone();
            spoil(&mut bad);
            assert!(!validator.is_valid(&bad), "{index}");
        }
    }

    #[test]
    fn versions_are_as_described() {
        let validator = closed(VERSIONS);
        for found in [releases::found(), releases::hostile()] {
            assert_valid(&validator, &serde_json::to_value(found).expect("JSON"));
        }
        let good = serde_json::to_value(releases::found()).expect("JSON");
        assert!(good["cells"][0]["steps"][1]["confirmed"].is_object(), "{good}");
        let spoiled: [fn(&mut Value); 6] = [
            |all| all["schema"] = json!(2),
            |all| all["crate"] = json!(null),
            |all| all["releases"][0]["version"] = json!(1),
            |all| all["cells"][0]["steps"][0]["verdict"] = json!("perhaps"),
            |all| all["cells"][0]["figures"][0]["counts"]["allocations_per_op"] = json!("2"),
            |all| all["cells"][0]["whole"]["surprise"] = json!(1),
        ];
        for (index, spoil) in spoiled.iter().enumerate() {
            let mut bad = good.clone();
            spoil(&mut bad);
            assert!(!validator.is_valid(&bad), "{index}");
        }
    }

    fn trace(task: &str) -> Trace {
        let one = |task| Resumption { task, thread: 0, start_ns: task as u64, end_ns: 9 };
        Trace {
            schema: trace::SCHEMA,
            workload: "squares".into(),
            executor: "heap".into(),
            workers: 1,
            busy_ns: 0,
            always_ready: true,
            tasks: vec![task.into(), "B".into()],
            resumptions: [0, 1].map(one).into(),
        }
    }

    #[test]
    fn timelines_are_as_described() {
        let validator = closed(TIMELINE);
        for name in ["A", fixture::HOSTILE] {
            assert_valid(&validator, &serde_json::to_value(trace(name)).expect("JSON"));
        }
        let good = serde_json::to_value(trace("A")).expect("JSON");
        for field in ["schema", "workers", "tasks", "resumptions"] {
            let mut bad = good.clone();
            bad[field] = json!(-1);
            assert!(!validator.is_valid(&bad), "{field}");
        }
        let mut bad = good;
        bad["resumptions"][0]["wait_ns"] = json!(1);
        assert!(!validator.is_valid(&bad));
    }

    #[test]
    fn what_is_not_as_described_is_told_apart() {
        let good = crate::data::json::ranking(&fixture::ranking());
        let validator = closed(RANKING);
        let spoiled: [fn(&mut Value); 6] = [
            |all| all["schema"] = json!(2),
            |all| all["cells"][0]["median"] = json!("5"),
            |all| all["cells"][0]["rank"] = json!([1]),
            |all| all["cells"][0]["reason"] = json!("ok and yet a reason"),
            |all| all["cells"][0]["surprise"] = json!(1),
            |all| {
                all["cells"][0].as_object_mut().expect("an object").remove("executor");
            },
        ];
        for (index, spoil) in spoiled.iter().enumerate() {
            let mut bad = good.clone();
            spoil(&mut bad);
            assert!(!validator.is_valid(&bad), "{index}");
        }
        let mut record = lines_of(&fixture::run()).remove(1);
        assert!(closed(RUN).is_valid(&record));
        record["samples"][0]["wall_ns"] = json!(1.5);
        assert!(!closed(RUN).is_valid(&record));
    }
}
