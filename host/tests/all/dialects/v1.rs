//! KServe's client, its forecasts and its version 1; and Prometheus's own parser.

use super::script;
use crate::server::{Server, demo};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn kserves_client_predicts_and_forecasts() {
    let server = Server::start(&demo());
    let said = script("clients.py", &["kserve", &server.url, "retail-demand"], "");
    assert_eq!(said["v2"], json!([true, true, true, [1, 7, 7]]));
    let predictions = said["v1"]["predictions"].as_array().expect("predictions");
    assert_eq!(predictions.len(), 2);
    let one = server
        .post("/predict", &json!({"inputs": {"series": vec![5; 28]}}))
        .await;
    assert_eq!(predictions[1], one.json()["outputs"][0]);
    assert_eq!(said["models"], json!(["retail-demand"]));
    let forecast = &said["forecast"]["outputs"][0]["content"][0];
    assert_eq!(forecast["name"], "coffee");
    assert_eq!(forecast["start_timestamp"], "2017-11-06");
    assert_eq!(forecast["mean_forecast"].as_array().map(Vec::len), Some(3));
    let levels: Vec<&String> = forecast["quantiles"]
        .as_object()
        .expect("levels")
        .keys()
        .collect();
    assert_eq!(levels, ["0.1", "0.9"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_forecast_request_is_refused_in_kserves_form() {
    let server = Server::start(&demo());
    let asked = |kind: &str, horizon: u32| {
        json!({
            "model": "retail-demand",
            "inputs": [{"type": kind, "name": "a", "series": vec![5; 28], "frequency": "D"}],
            "options": {"horizon": horizon},
        })
    };
    let path = "/v1/timeseries/forecast";
    let kind = "univariate_time_series";
    assert_eq!(server.post(path, &asked(kind, 7)).await.status, 200);
    for (body, status, param) in [
        (
            asked("multivariate_time_series", 7),
            422,
            json!("inputs.0.type"),
        ),
        (asked(kind, 700), 422, json!("parameters.horizon")),
        (json!({"model": "retail-demand"}), 400, json!(null)),
    ] {
        let answer = server.post(path, &body).await;
        assert_eq!(answer.status, status, "{}", answer.text);
        let error = &answer.json()["error"];
        assert_eq!(error["param"], param, "{error}");
        assert_eq!(error["code"], json!(status.to_string()));
    }
    let answer = server
        .post(
            "/v1/models/retail-demand:predict",
            &json!({"instances": []}),
        )
        .await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.json(),
        json!({"error": "`instances` has 0; send 1 to 1024"})
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_own_parser_reads_the_metrics() {
    let server = Server::start(&demo());
    server
        .post("/predict", &json!({"inputs": {"series": vec![5; 28]}}))
        .await;
    let families = script("clients.py", &["prometheus", &server.url, ""], "");
    assert_eq!(families["modelhost_requests"], "counter", "{families}");
    assert_eq!(
        families["modelhost_request_duration_seconds"], "histogram",
        "{families}"
    );
}
