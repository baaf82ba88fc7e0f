//! The page of models that compare texts: vectors, each with each, and sentences with one.
//! Knows the page's ids and the answers of the test models.

use serde_json::json;

use super::{assert_silent, bars, lines_of_texts, photograph, predict, visit};

const INPUT: &str = "#f-inputs";

/// Each text is like itself, two that say the same are more alike than others, and the table says so both ways.
#[tokio::test(flavor = "multi_thread")]
async fn texts_are_compared_each_with_each() {
    let visit = visit(
        "minilm-int8",
        "onnx/model.onnx",
        &lines_of_texts("feature-extraction", "pool-embedding"),
    )
    .await;
    let browser = &visit.browser;
    browser.write(INPUT, "The price of juice is cut.").await;
    predict(browser).await;
    let headline = browser.text("#answer .headline").await;
    assert_eq!(headline, "A vector of 384 numbers");
    photograph(browser, "feature-extraction").await;

    browser.emulate(1280, 1400, "light").await;
    browser.click("#f-inputs-lines").await;
    let texts = [
        "The price of juice is cut.",
        "Juice is cheaper this week.",
        "The spacecraft entered orbit around Mars.",
    ];
    browser.write(INPUT, &texts.join("\n")).await;
    predict(browser).await;
    let cells = browser
        .execute(
            "return [...document.querySelectorAll('#affinity tbody tr')].map((row) =>
               [...row.querySelectorAll('td[data-row]')].map((cell) => Number(cell.dataset.value)))",
        )
        .await;
    let cells: Vec<Vec<f64>> = serde_json::from_value(cells).expect("rows of numbers");
    assert_eq!(cells.iter().map(Vec::len).collect::<Vec<_>>(), [3, 3, 3]);
    for (row, line) in cells.iter().enumerate() {
        assert!((line[row] - 1.0).abs() < 1e-6, "{cells:?}");
        for (column, value) in line.iter().enumerate() {
            assert!((value - cells[column][row]).abs() < 1e-6, "{cells:?}");
        }
    }
    assert!(cells[0][1] > cells[0][2] && cells[0][1] > cells[1][2]);
    let headline = browser.text("#answer .headline").await;
    assert!(
        headline.starts_with("Texts 1 and 2 are the most alike"),
        "{headline}"
    );
    photograph(browser, "feature-extraction-lines").await;
    assert_silent(browser).await;
}

/// Enter makes room for the next sentence, and the answer has the closest first.
#[tokio::test(flavor = "multi_thread")]
async fn sentences_are_ranked_by_their_similarity_to_one() {
    let visit = visit(
        "minilm-int8",
        "onnx/model.onnx",
        &lines_of_texts("sentence-similarity", "pool-embedding"),
    )
    .await;
    let browser = &visit.browser;
    let source = "The price of juice is cut.";
    let sentences = [
        "The spacecraft entered orbit around Mars.",
        "Juice is cheaper this week.",
        "Bread is cheaper this week.",
    ];
    browser.write("#f-inputs-source_sentence", source).await;
    let row = |at: usize| format!(".sentence-list li:nth-child({}) textarea", at + 1);
    browser.write(&row(0), sentences[0]).await;
    browser.write(&row(1), &format!("{}\n", sentences[1])).await;
    browser.write(&row(2), sentences[2]).await;
    predict(browser).await;

    let request = json!({"inputs": {"source_sentence": source, "sentences": sentences}});
    let scores = visit.server.post("/", &request).await.json();
    let mut expected: Vec<(String, f64)> = sentences
        .iter()
        .zip(scores.as_array().expect("a list"))
        .map(|(text, score)| ((*text).to_owned(), score.as_f64().expect("a score")))
        .collect();
    expected.sort_by(|a, b| b.1.total_cmp(&a.1));
    assert_eq!(bars(browser).await, expected);
    assert_eq!(expected[0].0, sentences[1]);
    photograph(browser, "sentence-similarity").await;
    assert_silent(browser).await;
}
