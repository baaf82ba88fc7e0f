//! What is refused: listed where the statuses are chosen, each with a test, and written as each dialect's clients read it.
//! Must not know why anything is refused.

use std::fs;

use reqwest::Method;
use serde_json::{Value, json};

use crate::client::finish;
use crate::server::{Server, demo, root};

const KEY: &str = "shop-key-0123456789";

/// The table has a row for every `error_type` that the API's description has, and each row's tests name it.
#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_is_in_the_table_with_a_test_that_provokes_it() {
    let text = fs::read_to_string(root().join("host/src/http/reject.rs")).expect("reads");
    let mut listed = Vec::new();
    for row in text.lines().filter_map(|line| line.strip_prefix("//! | `")) {
        let cells: Vec<&str> = row.trim_end_matches(" |").split(" | ").collect();
        let [error_type, _, _, tests] = cells[..] else {
            panic!("{row} has not four cells");
        };
        let error_type = error_type.trim_end_matches('`');
        if error_type == "error_type" {
            continue;
        }
        for test in tests.split(", ") {
            let names: Vec<&str> = test.split('`').collect();
            let [_, file, _, name, _] = names[..] else {
                panic!("{test} is not a file and a test in it");
            };
            let path = root().join("host/tests/all").join(file);
            let source = fs::read_to_string(path).expect("the test's file is there");
            let begin = source.find(&format!("async fn {name}()"));
            let begin = begin.unwrap_or_else(|| panic!("{file} has no {name}"));
            let body = source[begin..].split("\n}\n").next().unwrap_or_default();
            assert!(
                body.contains(error_type),
                "{name} does not name {error_type}"
            );
        }
        listed.push(error_type.to_owned());
    }
    let document = Server::start(&demo()).get("/openapi.json").await.json();
    let types = &document["components"]["schemas"]["Error"]["properties"]["error_type"]["enum"];
    assert_eq!(json!(listed), *types);
}

/// Where an object is asked for, a list of what its fields would hold is none.
#[tokio::test(flavor = "multi_thread")]
async fn a_list_of_an_objects_values_is_refused_in_every_dialect() {
    let server = Server::start(&demo());
    let week = json!({"series": vec![5; 28]});
    let kind = "univariate_time_series";
    let series = json!({"type": kind, "name": "a", "series": vec![5; 28], "frequency": "D"});
    for (path, body) in [
        ("/predict", json!([week, null])),
        ("/v1/models/retail-demand:predict", json!([[week], null])),
        ("/v1/embeddings", json!(["retail-demand", "a", null, null])),
        (
            "/v1/timeseries/forecast",
            json!(["retail-demand", [series], {"horizon": 7}]),
        ),
        (
            "/v1/timeseries/forecast",
            json!({"model": "retail-demand", "inputs": [series], "options": [7, null]}),
        ),
        ("/v2/models/retail-demand/infer", json!([null, {}, [], []])),
        (
            "/v2/models/retail-demand/infer",
            json!({"inputs": [["static", [1, 1], "FP32", {}, [1]]]}),
        ),
        (
            "/v2/models/retail-demand/infer",
            json!({"inputs": [], "outputs": [["quantiles", {}]]}),
        ),
        ("/v2/repository/index", json!([])),
    ] {
        let answer = server.post(path, &body).await;
        assert!(
            matches!(answer.status, 400 | 422),
            "{path}: {}",
            answer.text
        );
        assert!(answer.text.contains("an object"), "{path}: {}", answer.text);
    }
}

/// The same mistakes, wherever they are made.
#[tokio::test(flavor = "multi_thread")]
async fn each_dialect_refuses_in_its_own_form() {
    let keys = format!("shop={KEY}");
    let mut server = Server::launch(&demo(), &[("MODELHOST_API_KEYS", &keys)]);
    server.wait_for("the model is live");
    let ours = |error: &Value, error_type: &str, _: u16| {
        assert!(
            error["error"].is_string() && error["error_type"] == error_type,
            "{error}"
        );
    };
    let inference = |error: &Value, _: &str, _: u16| {
        let is_alone = error.as_object().is_some_and(|error| error.len() == 1);
        assert!(is_alone && error["error"].is_string(), "{error}");
    };
    let forecast = |error: &Value, error_type: &str, status: u16| {
        let error = &error["error"];
        assert!(
            error["message"].is_string() && error["type"] == error_type,
            "{error}"
        );
        assert_eq!(error["code"], json!(status.to_string()));
    };
    let openai = |error: &Value, error_type: &str, status: u16| {
        let error = &error["error"];
        let kind = match status {
            401 => "authentication_error",
            _ => "invalid_request_error",
        };
        assert!(
            error["message"].is_string() && error["code"] == error_type,
            "{error}"
        );
        assert_eq!(error["type"], kind);
    };
    type Form<'a> = &'a dyn Fn(&Value, &str, u16);
    let dialects: [(&str, Form); 5] = [
        ("/predict", &ours),
        ("/v2/models/retail-demand/infer", &inference),
        ("/v1/models/retail-demand:predict", &inference),
        ("/v1/timeseries/forecast", &forecast),
        ("/v1/embeddings", &openai),
    ];
    let large = format!("{{\"model\": \"retail-demand\"}}{}", " ".repeat(3 << 20));
    for (path, form) in dialects {
        let cases = [
            (Method::POST, "", "{", 401, "unauthorized"),
            (Method::POST, KEY, "{", 400, "malformed"),
            (Method::POST, KEY, large.as_str(), 413, "too_large"),
            (Method::DELETE, KEY, "", 405, "method_not_allowed"),
        ];
        for (method, key, body, status, error_type) in cases {
            let request = reqwest::Client::new().request(method, format!("{}{path}", server.url));
            let request = request.header("x-api-key", key).body(body.to_owned());
            let answer = finish(request).await;
            assert_eq!(
                answer.status, status,
                "{path} {error_type}: {}",
                answer.text
            );
            form(&answer.json(), error_type, status);
        }
    }
    for (path, form) in [
        ("/nothing", dialects[0].1),
        ("/v2/models/nobody", dialects[1].1),
        ("/v1/timeseries/nothing", dialects[3].1),
        ("/v1/models/nobody", dialects[4].1),
    ] {
        let answer = server.get(path).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text);
        form(&answer.json(), "not_found", 404);
    }
}
