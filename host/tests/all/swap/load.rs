//! Swaps under load: every answer is right, and none is missing.
//! Must not know how long anything takes; `benches/swap.rs` measures.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::{Folder, live, manifest};

const CLIENTS: usize = 32;

/// Ten edits in a row, three of them broken on purpose, under 32 clients that never pause.
#[tokio::test(flavor = "multi_thread")]
async fn under_load_every_answer_is_that_of_one_model_and_none_is_lost() {
    let folder = Folder::new();
    folder.write("m.yaml", &manifest("double", ""));
    let mut server = live(
        &folder.path("m.yaml"),
        &[(
            "RUST_LOG",
            "warn,modelhost::registry=info,modelhost::cli=info",
        )],
    );
    let is_over = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let (url, is_over) = (format!("{}/predict", server.url), is_over.clone());
            tokio::spawn(async move { ask_on(&url, number as f64, &is_over).await })
        })
        .collect();
    let edits = [
        "triple", "nan", "double", "triple", "missing", "double", "triple", "nan", "double",
        "triple",
    ];
    let mut swaps = 0;
    for model in edits {
        folder.write("m.yaml", &manifest(model, ""));
        let expected = match model {
            "nan" | "missing" => "the new version is not served",
            _ => "the model is live",
        };
        server.wait_for(expected);
        swaps += usize::from(expected == "the model is live");
    }
    is_over.store(true, Ordering::Release);
    let mut counts = [0, 0];
    for client in clients {
        let answers = client.await.expect("a client ends by itself");
        counts = [counts[0] + answers[0], counts[1] + answers[1]];
    }
    assert!(counts[0] > CLIENTS && counts[1] > CLIENTS, "{counts:?}");
    let results = server.results().await;
    assert_eq!(
        results.iter().filter(|result| *result == "ok").count(),
        swaps + 1
    );
}

/// Asks until it is over; how many answers doubled, and how many tripled.
async fn ask_on(url: &str, number: f64, is_over: &AtomicBool) -> [usize; 2] {
    let client = reqwest::Client::new();
    let body = json!({"inputs": {"x": [[number + 1.0, 1.0]]}}).to_string();
    let mut counts = [0, 0];
    while !is_over.load(Ordering::Acquire) {
        let request = client.post(url).body(body.clone());
        let response = request.send().await.expect("every request is answered");
        let status = response.status();
        let text = response.text().await.expect("every answer is whole");
        assert_eq!(status, 200, "{text}");
        let answer: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let row = |factor: f64| json!([[(number + 1.0) * factor, factor]]);
        let y = &answer["outputs"]["y"];
        match y {
            y if *y == row(2.0) => counts[0] += 1,
            y if *y == row(3.0) => counts[1] += 1,
            other => panic!("a mixture: {other}"),
        }
    }
    counts
}
