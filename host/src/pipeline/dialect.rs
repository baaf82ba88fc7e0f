//! Hugging Face's other ways to write a request, and the one way that plugins read: `{"inputs": …, "parameters": {…}}`.
//! Must not know any task or plugin.

use serde_json::{Map, Value};

/// Rewrites `request` where it is written in another way; whether it was.
///
/// - `table` instead of `inputs`, as `InferenceClient.tabular_classification` sends it;
/// - parameters beside `inputs`, as `InferenceClient.feature_extraction` sends them: those of `known`;
/// - `options`, which are for the queue of Hugging Face's own servers: left out.
///
/// What is left over is refused by the schema, by name.
pub(super) fn canonical(request: &mut Value, known: &Map<String, Value>) -> bool {
    let Value::Object(request) = request else {
        return false;
    };
    let mut rewritten = false;
    if !request.contains_key("inputs")
        && let Some(table) = request.remove("table")
    {
        request.insert("inputs".to_owned(), table);
        rewritten = true;
    }
    if request.get("options").is_some_and(Value::is_object) {
        request.remove("options");
        rewritten = true;
    }
    let beside: Vec<String> = request
        .keys()
        .filter(|key| known.contains_key(*key) && *key != "inputs" && *key != "parameters")
        .cloned()
        .collect();
    for name in beside {
        let value = request.remove(&name).unwrap_or_default();
        let parameters = request
            .entry("parameters")
            .or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(parameters) = parameters {
            parameters.entry(name).or_insert(value);
        }
        rewritten = true;
    }
    rewritten
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rewritten(mut request: Value) -> Value {
        let known = json!({"normalize": {}, "top_k": {}});
        canonical(&mut request, known.as_object().expect("an object"));
        request
    }

    #[test]
    fn every_way_to_write_a_request_becomes_the_same() {
        assert_eq!(
            rewritten(json!({"inputs": "a", "normalize": true, "options": {"use_cache": false}})),
            json!({"inputs": "a", "parameters": {"normalize": true}})
        );
        assert_eq!(
            rewritten(json!({"table": {"x": [1]}, "parameters": {}})),
            json!({"inputs": {"x": [1]}, "parameters": {}})
        );
    }

    #[test]
    fn what_no_stage_knows_stays_where_it_is_to_be_refused() {
        let request = json!({"inputs": "a", "wrong": 1, "parameters": {"top_k": 2}});
        assert_eq!(rewritten(request.clone()), request);
    }
}
