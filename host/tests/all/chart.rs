//! Charts that the server draws: by `Accept` and by `parameters.chart`, and where there are none.
//! Knows the wire; how a chart looks is for eyes.

use crate::client::finish;
use crate::server::{Server, demo};
use base64::Engine as _;
use serde_json::{Value, json};

const FIVE_WEEKS: &[u32] = &[
    12, 15, 11, 14, 19, 28, 24, 12, 15, 11, 14, 19, 28, 24, 12, 15, 11, 14, 19, 28, 24, 12, 15, 11,
    14, 19, 28, 24, 12, 15, 11, 14, 19, 28, 24,
];

fn request(parameters: Value) -> Value {
    json!({
        "inputs": {"series": FIVE_WEEKS, "start": "2017-10-02", "item": "Tea & <milk>"},
        "parameters": parameters,
    })
}

/// The forecast that a chart shows is the one that JSON has, under the same headers.
#[tokio::test(flavor = "multi_thread")]
async fn a_forecast_is_answered_as_an_image_to_who_accepts_one() {
    let server = Server::start(&demo());
    let ask = |accept: &'static str| {
        let post = reqwest::Client::new().post(format!("{}/predict", server.url));
        let body = request(json!({"quantiles": [0.1, 0.25, 0.5, 0.75, 0.9]}));
        finish(post.header("accept", accept).json(&body))
    };
    let svg = ask("image/svg+xml").await;
    assert_eq!(
        (svg.status, svg.header("content-type")),
        (200, "image/svg+xml")
    );
    assert!(
        svg.header("server-timing").contains("chart;dur="),
        "{:?}",
        svg.headers
    );
    assert_eq!(svg.header("x-model-name"), "retail-demand");
    for words in [
        "Retail demand forecast: Tea &amp; &lt;milk&gt;",
        "Units, forecast from 6 Nov to 12 Nov 2017, 50 % and 80 % intervals",
        "observed",
        "median",
        "6 Nov 2017",
    ] {
        assert!(svg.text.contains(words), "{words} is not in {}", svg.text);
    }
    // Two intervals as areas, and nothing of another host.
    assert_eq!(svg.text.matches("<polygon").count(), 2, "{}", svg.text);
    assert_eq!(svg.text.matches("http").count(), 1, "{}", svg.text);

    for accept in ["image/png", "image/*"] {
        let png = ask(accept).await;
        assert_eq!((png.status, png.header("content-type")), (200, "image/png"));
    }
    for accept in ["*/*", "application/json, image/png;q=0.9", "text/html"] {
        let json = ask(accept).await;
        assert_eq!(json.header("content-type"), "application/json", "{accept}");
        assert!(json.json()["outputs"][0].get("chart").is_none());
    }
}

/// As many charts as outputs, each a picture that can be opened; the numbers stay what they are.
#[tokio::test(flavor = "multi_thread")]
async fn charts_come_in_the_json_where_a_parameter_asks_for_them() {
    let server = Server::start(&demo());
    let plain = server.post("/predict", &request(json!({}))).await.json();
    for (name, media_type, begin) in [
        ("svg", "image/svg+xml", b"<svg".as_slice()),
        ("png", "image/png", b"\x89PNG\r\n\x1a\n".as_slice()),
    ] {
        let answer = server
            .post("/predict", &request(json!({"chart": name})))
            .await;
        let mut json = answer.json();
        let chart = json["outputs"][0]["chart"].take();
        let prefix = format!("data:{media_type};base64,");
        let encoded = chart.as_str().and_then(|uri| uri.strip_prefix(&prefix));
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(encoded.unwrap_or_else(|| panic!("{json}")))
            .expect("it is base64");
        assert!(bytes.starts_with(begin) && bytes.len() > 2000, "{name}");
        if name == "png" {
            // Width and height of the header chunk, big-endian.
            assert_eq!(bytes[16..24], [0, 0, 5, 160, 0, 0, 2, 248]);
        }
        json["outputs"][0]
            .as_object_mut()
            .expect("an output")
            .remove("chart");
        assert_eq!(json, plain);
    }
    let three =
        json!({"inputs": vec![json!({"series": FIVE_WEEKS}); 3], "parameters": {"chart": "svg"}});
    let answer = server.post("/predict", &three).await.json();
    let charts = answer["outputs"].as_array().expect("outputs").iter();
    assert_eq!(
        charts.filter(|output| output["chart"].is_string()).count(),
        3
    );
}

/// Said at the field, with what to do.
#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_drawn_is_refused() {
    let server = Server::start(&demo());
    let wrong = server
        .post("/predict", &request(json!({"chart": "gif"})))
        .await;
    let (error, _, field) = wrong.refusal(422);
    assert_eq!(field, "/parameters/chart");
    assert!(error.contains("svg") && error.contains("png"), "{error}");

    let many =
        json!({"inputs": vec![json!({"series": FIVE_WEEKS}); 17], "parameters": {"chart": "svg"}});
    let (error, _, field) = server.post("/predict", &many).await.refusal(422);
    assert_eq!(field, "/parameters/chart");
    assert!(error.contains("16"), "{error}");

    let two = json!({"inputs": vec![json!({"series": FIVE_WEEKS}); 2]});
    let post = reqwest::Client::new().post(format!("{}/predict", server.url));
    let answer = finish(post.header("accept", "image/png").json(&two)).await;
    assert_eq!(answer.refusal(422).2, "/inputs");
}

/// A model of another task says what it answers instead.
#[tokio::test(flavor = "multi_thread")]
async fn only_forecasts_are_drawn() {
    let lines = "task: text-classification\npreprocess: { plugin: tokenize-text }\npostprocess: { plugin: label-text }";
    let (server, _manifest) = crate::tasks::serve("tiny-sentiment", "onnx/model.onnx", lines);
    let post = reqwest::Client::new().post(format!("{}/predict", server.url));
    let answer = finish(
        post.header("accept", "image/png")
            .json(&json!({"inputs": "good"})),
    )
    .await;
    let (error, error_type, _) = answer.refusal(406);
    assert_eq!(error_type, "not_acceptable");
    assert!(error.contains("application/json"), "{error}");
    let asked = json!({"inputs": "good", "parameters": {"chart": "svg"}});
    assert_eq!(
        server.post("/predict", &asked).await.refusal(422).2,
        "/parameters/chart"
    );
}

/// Whatever lies in a series: gaps, one value many times, values that are far from nothing.
#[tokio::test(flavor = "multi_thread")]
async fn series_of_every_kind_are_drawn() {
    let server = Server::start(&demo());
    for series in [
        json!(vec![0; 20]),
        json!(vec![1e12; 20]),
        json!(
            (0..20)
                .map(|at| (at % 3 == 0).then_some(at))
                .collect::<Vec<_>>()
        ),
        json!((0..4000).map(|at| at % 7).collect::<Vec<_>>()),
    ] {
        for parameters in [
            json!({"chart": "png"}),
            json!({"chart": "svg", "horizon": 1}),
        ] {
            let body = json!({"inputs": {"series": series}, "parameters": parameters});
            let answer = server.post("/predict", &body).await;
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
    }
}
