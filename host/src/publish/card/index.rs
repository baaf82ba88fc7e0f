//! The numbers that a card claims (`model-index`), held against those that were measured (`evaluation.json`).
//! Must not know how they were measured: all of a result's metrics have to stand in one place there.

use serde_json::{Map, Value};

use super::{CARD, Problems};

/// Says what is missing in the index, and which numbers were not measured.
pub(super) fn check(front: &Value, evaluation: Option<&Value>, problems: &mut Problems) {
    if !front.is_object() {
        return;
    }
    let Some(models) = front["model-index"]
        .as_array()
        .filter(|list| !list.is_empty())
    else {
        problems.say(
            CARD,
            "`model-index` is missing; list the results of evaluation.json there (https://huggingface.co/docs/hub/model-cards)",
        );
        return;
    };
    for (at, model) in models.iter().enumerate() {
        let place = format!("model-index[{at}]");
        if !is_text(&model["name"]) {
            problems.say(CARD, format!("`{place}.name` is missing; name the model"));
        }
        let results = model["results"].as_array().map_or(&[][..], Vec::as_slice);
        if results.is_empty() {
            problems.say(
                CARD,
                format!("`{place}.results` is missing; list what was measured"),
            );
        }
        for (at, result) in results.iter().enumerate() {
            check_result(
                &format!("{place}.results[{at}]"),
                result,
                evaluation,
                problems,
            );
        }
    }
}

fn check_result(place: &str, result: &Value, evaluation: Option<&Value>, problems: &mut Problems) {
    for key in ["/task/type", "/dataset/name", "/dataset/type"] {
        if !result.pointer(key).is_some_and(is_text) {
            let key = key.replace('/', ".");
            problems.say(CARD, format!("`{place}{key}` is missing; the hub needs it"));
        }
    }
    let metrics = result["metrics"].as_array().map_or(&[][..], Vec::as_slice);
    if metrics.is_empty() {
        problems.say(
            CARD,
            format!("`{place}.metrics` is missing; list what was measured"),
        );
    }
    let mut claims = Vec::new();
    for (at, metric) in metrics.iter().enumerate() {
        match (metric["type"].as_str(), metric["value"].as_f64()) {
            (Some(name), Some(value)) => claims.push((name, value)),
            _ => problems.say(
                CARD,
                format!(
                    "`{place}.metrics[{at}]` needs a `type` and a number as `value`; write both"
                ),
            ),
        }
    }
    let Some(evaluation) = evaluation.filter(|_| !claims.is_empty()) else {
        return;
    };
    let mut rows = Vec::new();
    collect(evaluation, String::new(), &mut rows);
    let right = |row: &Map<String, Value>| {
        let is_right =
            |(name, value): &&(&str, f64)| row.get(*name).and_then(Value::as_f64) == Some(*value);
        claims.iter().filter(is_right).count()
    };
    // The row that was meant: the one that agrees best. Of several, the first.
    let best = rows.iter().rev().max_by_key(|(_, row)| right(row));
    match best.map(|(place, row)| (place, row, right(row))) {
        Some((_, _, right)) if right == claims.len() => {}
        Some((there, row, right)) if right > 0 => {
            for (name, value) in &claims {
                match row.get(*name).and_then(Value::as_f64) {
                    Some(measured) if measured == *value => {}
                    Some(measured) => problems.say(
                        CARD,
                        format!("`{place}` says {name} {value}, evaluation.json has {measured} at `{there}`; write what was measured"),
                    ),
                    None => problems.say(
                        CARD,
                        format!("`{place}` says {name} {value}, and evaluation.json has no `{name}` at `{there}`; measure it, or leave it out"),
                    ),
                }
            }
        }
        _ => problems.say(
            CARD,
            format!("none of the numbers of `{place}` stands in evaluation.json under its `type`; write what was measured"),
        ),
    }
}

/// Every object inside `value` with its path.
fn collect<'v>(value: &'v Value, place: String, rows: &mut Vec<(String, &'v Map<String, Value>)>) {
    let inner = |key: &str| match place.as_str() {
        "" => key.to_owned(),
        place => format!("{place}.{key}"),
    };
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                collect(value, inner(key), rows);
            }
            rows.push((place, map));
        }
        Value::Array(list) => {
            for (at, value) in list.iter().enumerate() {
                collect(value, inner(&at.to_string()), rows);
            }
        }
        _ => {}
    }
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}
